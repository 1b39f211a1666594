//! API and CLI JSON: what `get-identity-pool-roles`, `describe-identity-pool`, `get-principal-tag-attribute-map`, `list-groups`
//! and their neighbours print, and what `set-identity-pool-roles` takes.

use std::collections::{BTreeMap, BTreeSet};

use super::cloudformation::surroundings::attributes;
use super::definition::{Drafts, Place};
use super::node::{Entry, Node, Value};
use super::policy;
use super::problem::Problem;
use super::shape::{self, API, any_text, expect_map, field, known_bool, known_text};
use super::surroundings::{Role, UserPool, UserPoolClient};
use crate::json::JsonLimits;
use crate::pool::{Group, IdentityProvider, PrincipalTagMap, RoleArn};
use crate::provider::ProviderKey;
use crate::text;

/// Members of these documents that have no part in the decision.
const WITHOUT_PART: &[&str] = &[
    "ResponseMetadata",
    "Whichrole",
    "IdentityPoolTags",
    "IdentityPoolName",
    "NextToken",
    "CognitoStreams",
    "CognitoEvents",
    "PushSync",
];

/// The members of a document that are read, with what reads them.
const READ: &[&str] = &[
    "IdentityPoolId",
    "Roles",
    "RoleMappings",
    "AllowUnauthenticatedIdentities",
    "AllowClassicFlow",
    "CognitoIdentityProviders",
    "IdentityProviderName",
    "PrincipalTags",
    "UseDefaults",
    "Groups",
    "Group",
    "SupportedLoginProviders",
    "OpenIdConnectProviderARNs",
    "SamlProviderARNs",
    "DeveloperProviderName",
    "PrincipalTagMaps",
    "Role",
    "UserPool",
    "UserPoolClient",
];

/// Whether a tree looks like one of these documents.
pub(crate) fn recognises(node: &Node) -> bool {
    node.entries().iter().any(|entry| READ.contains(&entry.name.as_str())) || is_bare_map(node)
}

/// Reads one document into the drafts.
pub(crate) fn read(node: &Node, drafts: &mut Drafts) {
    if let Value::List(documents) = &node.value {
        let (known, others): (Vec<&Node>, Vec<&Node>) =
            documents.iter().partition(|node| matches!(node.value, Value::List(_)) || recognises(node));
        for document in known {
            read(document, drafts);
        }
        if let Some(first) = others.first() {
            let message = format!("nothing is known in {} of the documents, so they were passed over", others.len());
            drafts.notes.push(Problem::new("not-recognised", message).at(first.at));
        }
        return;
    }
    let is_lone = node.get(API.kind).and_then(Node::as_text).is_some_and(|kind| matches!(kind, "Token" | "Rules"))
        || node.get(API.configuration).is_some_and(|configuration| configuration.get(API.rules).is_some());
    if is_lone && !is_bare_map(node) {
        lone_mapping(node, drafts);
        return;
    }
    if !recognises(node) {
        drafts.notes.push(Problem::new("not-recognised", "nothing in it is known, so it was passed over").at(node.at));
        return;
    }
    if is_bare_map(node) {
        let (mappings, others) = node.entries().iter().cloned().partition(|entry| entry.value.is_map());
        let others: Vec<Entry> = others;
        drafts.notes.extend(others.iter().map(passed_over));
        role_mappings(&Node { value: Value::Map(mappings), at: node.at }, None, drafts);
        return;
    }
    let pool = field(node, "IdentityPoolId").and_then(|id| any_text(id, "`IdentityPoolId`", drafts));
    let pool = pool.as_deref();
    if let Some(id) = pool {
        drafts.pool(pool).pool.id = Some(id.to_owned());
        drafts.pool(pool).places.entry(Place::Pool).or_insert(node.at);
    }
    if node.get("IdentityProviderName").is_some() {
        principal_tags(node, pool, drafts);
    }
    for entry in node.entries() {
        let value = &entry.value;
        match entry.name.as_str() {
            _ if value.value == Value::Null => {}
            "Roles" if matches!(value.value, Value::Map(_)) => default_roles(value, pool, drafts),
            "RoleMappings" if expect_map(value, "`RoleMappings`", drafts) => role_mappings(value, pool, drafts),
            "AllowUnauthenticatedIdentities" => {
                drafts.pool(pool).pool.allow_unauthenticated_identities =
                    known_bool(value, "`AllowUnauthenticatedIdentities`", drafts);
            }
            "AllowClassicFlow" => {
                drafts.pool(pool).pool.allow_classic_flow = known_bool(value, "`AllowClassicFlow`", drafts);
            }
            // Our own: several tag maps in one document, as `canonical` writes them.
            "PrincipalTagMaps" => {
                for map in value.elements() {
                    principal_tags(map, pool, drafts);
                }
            }
            "CognitoIdentityProviders" => providers(value, pool, drafts),
            "SupportedLoginProviders" => {
                let keys = value.entries().iter().map(|entry| ProviderKey::new(entry.name.clone()));
                drafts.pool(pool).pool.other_providers.extend(keys);
            }
            "OpenIdConnectProviderARNs" | "SamlProviderARNs" => {
                let keys = value.elements().iter().filter_map(Node::as_text).map(ProviderKey::new);
                drafts.pool(pool).pool.other_providers.extend(keys);
            }
            // Its logins go by one fixed key, whatever the developer called the provider (Q2).
            "DeveloperProviderName" => {
                drafts.pool(pool).pool.other_providers.push(ProviderKey::new("cognito-identity.amazonaws.com"));
            }
            "Groups" => {
                drafts.pool(pool).groups.get_or_insert_with(Vec::new);
                for group in value.elements() {
                    read_group(group, pool, drafts);
                }
            }
            "Group" => read_group(value, pool, drafts),
            "Roles" => {
                for role in value.elements() {
                    read_role(role, drafts);
                }
            }
            "Role" => read_role(value, drafts),
            "UserPool" => read_user_pool(value, drafts),
            "UserPoolClient" => read_client(value, drafts),
            name if READ.contains(&name) || WITHOUT_PART.contains(&name) => {}
            name if name.starts_with('_') => drafts.notes.push(passed_over(entry)),
            // It may be a slip of the pen, such as `RoleMapping`, so it has a code of its own.
            _ => drafts.notes.push(Problem { code: "unknown-member", ..passed_over(entry) }),
        }
    }
}

fn passed_over(entry: &Entry) -> Problem {
    Problem::new("not-recognised", format!("{} was passed over", text::quoted(&entry.name))).at(entry.at)
}

/// A bare `RoleMappings` map: whatever is a map in it is a role mapping.
fn is_bare_map(node: &Node) -> bool {
    let mut maps = node.entries().iter().filter(|entry| entry.value.is_map()).peekable();
    maps.peek().is_some() && maps.all(|entry| is_mapping(&entry.value))
}

/// A role mapping, by its fields.
fn is_mapping(node: &Node) -> bool {
    [API.kind, API.resolution].iter().any(|field| node.get(field).is_some_and(|value| !value.is_map()))
        || node.get(API.configuration).is_some_and(|configuration| configuration.get(API.rules).is_some())
}

/// One role mapping alone: what is wrong with it, and that it lacks its provider.
fn lone_mapping(node: &Node, drafts: &mut Drafts) {
    let mut scratch = Drafts::default();
    let without_remarks = node.entries().iter().filter(|entry| !entry.name.starts_with('_')).cloned().collect();
    let mapping = Node { value: Value::Map(without_remarks), at: node.at };
    shape::role_mapping(&mapping, &ProviderKey::new(""), None, &API, &mut scratch);
    let message = "this role mapping does not say whose it is; put it into a map, under the key of its provider";
    drafts.problems.push(Problem::new("unknown-field", message).at(node.at));
    drafts.problems.append(&mut scratch.problems);
}

pub(crate) fn default_roles(node: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    for entry in node.entries() {
        let place = match entry.name.as_str() {
            "authenticated" => Place::AuthenticatedRole,
            "unauthenticated" => Place::UnauthenticatedRole,
            other => {
                let problem =
                    Problem::unknown("roles-key", "default role", other, ["authenticated", "unauthenticated"]);
                drafts.problems.push(problem.at(entry.at));
                continue;
            }
        };
        let Some(role) = field(node, &entry.name).and_then(|role| any_text(role, "a default role", drafts)) else {
            continue;
        };
        let draft = drafts.pool(pool);
        let slot = match place {
            Place::AuthenticatedRole => &mut draft.pool.roles.authenticated,
            _ => &mut draft.pool.roles.unauthenticated,
        };
        let differs = slot.as_ref().is_some_and(|old| old.as_str() != role);
        *slot = Some(RoleArn(role));
        draft.places.insert(place, entry.value.at);
        if differs {
            let message = format!("the {} role is given twice", entry.name);
            drafts.problems.push(Problem::new("duplicate-key", message).at(entry.at));
        }
    }
    drafts.pool(pool);
}

fn role_mappings(node: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    drafts.pool(pool);
    for entry in node.entries() {
        let key = ProviderKey::new(entry.name.clone());
        let known = drafts.pool(pool).pool.role_mappings.contains_key(&key);
        if let Some(mapping) = shape::role_mapping(&entry.value, &key, pool, &API, drafts) {
            drafts.add_mapping(pool, key, mapping, entry.at);
        } else if known {
            drafts
                .problems
                .push(Problem::new("duplicate-provider", "this provider has a role mapping already").at(entry.at));
        }
    }
}

fn providers(list: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    let mut providers = Vec::new();
    for node in list.elements() {
        let Some(name) = field(node, "ProviderName").and_then(|name| any_text(name, "`ProviderName`", drafts)) else {
            continue;
        };
        let client_id = field(node, "ClientId").and_then(|client| any_text(client, "`ClientId`", drafts));
        providers.push(IdentityProvider { provider_name: ProviderKey::new(name), client_id });
    }
    drafts.pool(pool).pool.providers = Some(providers);
}

fn principal_tags(node: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    let Some(key) = field(node, "IdentityProviderName").and_then(|key| any_text(key, "`IdentityProviderName`", drafts))
    else {
        return;
    };
    let key = ProviderKey::new(key);
    let use_defaults =
        field(node, "UseDefaults").and_then(|flag| known_bool(flag, "`UseDefaults`", drafts)).unwrap_or(false);
    let mut tags = BTreeMap::new();
    for entry in field(node, "PrincipalTags").into_iter().flat_map(Node::entries) {
        if let Some(claim) = known_text(&entry.value, "the claim of a principal tag", drafts) {
            drafts.pool(pool).places.insert(Place::Tag(key.clone(), entry.name.clone()), entry.at);
            tags.insert(entry.name.clone(), claim);
        }
    }
    drafts.add_tags(pool, key, PrincipalTagMap { use_defaults, tags }, node.at);
}

/// A role of `get-role` or `list-roles`.
fn read_role(node: &Node, drafts: &mut Drafts) {
    let text = |name: &str| field(node, name).and_then(Node::as_text).map(str::to_owned);
    let (Some(name), Some(arn)) = (text("RoleName"), text("Arn")) else { return };
    let trust = field(node, "AssumeRolePolicyDocument").and_then(|trust| policy::document(trust, &JsonLimits::CONFIG));
    drafts.surroundings.add_role(Role { label: name.clone(), arns: vec![arn], names: vec![name], trust, at: node.at });
}

/// A user pool of `describe-user-pool`.
fn read_user_pool(node: &Node, drafts: &mut Drafts) {
    let Some(id) = field(node, "Id").and_then(Node::as_text) else { return };
    let schema = field(node, "SchemaAttributes");
    drafts.surroundings.user_pools.push(UserPool {
        ids: vec![id.to_owned()],
        attributes: schema.and_then(|schema| attributes(schema, "Name", "Mutable")),
        identity_providers: BTreeSet::new(),
        mapped_attributes: BTreeSet::new(),
        at: node.at,
    });
}

/// A client of `describe-user-pool-client`.
fn read_client(node: &Node, drafts: &mut Drafts) {
    let text = |name: &str| field(node, name).and_then(Node::as_text).map(str::to_owned);
    let Some(id) = text("ClientId") else { return };
    drafts.surroundings.clients.push(UserPoolClient {
        ids: vec![id],
        user_pool: text("UserPoolId"),
        write_attributes: UserPoolClient::writes(field(node, "WriteAttributes")),
        at: node.at,
    });
}

fn read_group(node: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    let Some(name) = field(node, "GroupName").and_then(|name| known_text(name, "`GroupName`", drafts)) else {
        drafts.problems.push(Problem::new("unknown-field", "a group has no `GroupName`").at(node.at));
        return;
    };
    let role_arn =
        field(node, "RoleArn").and_then(|role| any_text(role, "`RoleArn`", drafts)).filter(|role| !role.is_empty());
    let precedence = match field(node, "Precedence") {
        None => None,
        Some(Node { value: Value::Number(number), .. }) if number.parse::<u64>().is_ok() => number.parse().ok(),
        Some(other) => {
            drafts
                .problems
                .push(Problem::new("unreadable", "`Precedence` is not a whole number of 0 or more").at(other.at));
            None
        }
    };
    drafts.add_group(pool, Group { name, role_arn: role_arn.map(RoleArn), precedence }, node.at);
}
