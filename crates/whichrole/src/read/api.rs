//! API and CLI JSON: what `get-identity-pool-roles`, `describe-identity-pool`, `get-principal-tag-attribute-map`, `list-groups`
//! and their neighbours print, and what `set-identity-pool-roles` takes.

use std::collections::BTreeSet;

use super::cloudformation::surroundings::attributes;
use super::definition::Drafts;
use super::node::{Entry, Node, Value};
use super::places::{GroupId, Place};
use super::policy;
use super::problem::{Problem, Respelling};
use super::shape::{self, API, any_text, check_members, expect_list, expect_map, field, known_bool, known_text};
use super::surroundings::{Role, RoleName, UserPool, UserPoolClient};
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

/// The members that change answers. To pass over one because it is misspelt would be to answer another question.
const DECIDING: &[&str] = &[
    "Roles",
    "RoleMappings",
    "AllowUnauthenticatedIdentities",
    "CognitoIdentityProviders",
    "PrincipalTags",
    "UseDefaults",
];

/// Whether a tree looks like one of these documents.
pub(crate) fn recognises(node: &Node) -> bool {
    node.entries().iter().any(|entry| READ.contains(&entry.name.as_str()) || is_mapping(&entry.value))
        || is_bare_map(node)
}

/// Whether a member of this name is known.
pub(crate) fn is_member(name: &str) -> bool {
    READ.contains(&name) || WITHOUT_PART.contains(&name)
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
            drafts.note(Problem::new("not-recognised", message).at(first.at));
        }
    } else if is_bare_map(node) {
        let (mappings, others): (Vec<Entry>, Vec<Entry>) =
            node.entries().iter().cloned().partition(|entry| entry.value.is_map());
        for entry in &others {
            unknown_member(entry, drafts);
        }
        role_mappings(&Node { value: Value::map(mappings), at: node.at }, None, drafts);
    } else if is_lone_mapping(node) {
        lone_mapping(node, drafts);
    } else if recognises(node) {
        document(node, drafts);
    } else {
        drafts.note(Problem::new("not-recognised", "nothing in it is known, so it was passed over").at(node.at));
        // Written as AWS writes it, and misspelt: hardly the document of something else.
        for entry in
            node.entries().iter().filter(|entry| entry.name.len() > 8 && entry.name.starts_with(char::is_uppercase))
        {
            unknown_member(entry, drafts);
        }
    }
}

/// Reads a document with members that are known.
fn document(node: &Node, drafts: &mut Drafts) {
    let pool = field(node, "IdentityPoolId").and_then(|id| any_text(id, "`IdentityPoolId`", drafts));
    let pool = pool.as_deref();
    if let Some(id) = pool {
        drafts.pool(pool).pool.id = Some(id.to_owned());
        drafts.pool(pool).places.add(Place::Pool, node.at);
    }
    let has_tags =
        ["IdentityProviderName", "PrincipalTags", "UseDefaults"].iter().any(|name| field(node, name).is_some());
    if has_tags {
        principal_tags(node, pool, drafts);
    }
    for entry in node.entries().iter().filter(|entry| entry.value.value != Value::Null) {
        member(entry, pool, drafts);
    }
}

fn member(entry: &Entry, pool: Option<&str>, drafts: &mut Drafts) {
    let value = &entry.value;
    match entry.name.as_str() {
        // `list-roles` of IAM prints a list.
        "Roles" if matches!(value.value, Value::List(_)) => {
            for role in value.elements() {
                read_role(role, drafts);
            }
        }
        "Roles" => {
            if expect_map(value, "`Roles`", drafts) {
                default_roles(value, pool, drafts);
            }
        }
        "RoleMappings" if is_lone_mapping(value) => lone_mapping(value, drafts),
        "RoleMappings" => {
            if expect_map(value, "`RoleMappings`", drafts) {
                role_mappings(value, pool, drafts);
            }
        }
        "AllowUnauthenticatedIdentities" => {
            match value.as_text() {
                // So `canonical` writes a flag that was not known.
                Some(reference) if reference.contains("${") => {
                    let message = "`AllowUnauthenticatedIdentities` is";
                    let message = format!("{message} {}, which is not known here", text::quoted(reference));
                    let why = Problem::unresolved(&message, "write `true` or `false`").at(value.at);
                    drafts.leave_guests_open(pool, reference, why);
                }
                _ => {
                    if let Some(allowed) = known_bool(value, "`AllowUnauthenticatedIdentities`", drafts) {
                        drafts.set_guests(pool, allowed, value.at);
                    }
                }
            }
        }
        "AllowClassicFlow" => {
            if let Some(open) = known_bool(value, "`AllowClassicFlow`", drafts) {
                drafts.set_classic_flow(pool, open, value.at);
            }
        }
        // Our own: several tag maps in one document, as `canonical` writes them.
        "PrincipalTagMaps" => {
            expect_list(value, "`PrincipalTagMaps`", drafts);
            for map in value.elements() {
                if expect_map(map, "a principal-tag map", drafts) {
                    check_members(map, "a principal-tag map", TAG_MAP, drafts);
                    principal_tags(map, pool, drafts);
                }
            }
        }
        "CognitoIdentityProviders" => providers(value, pool, drafts),
        "SupportedLoginProviders" => {
            expect_map(value, "`SupportedLoginProviders`", drafts);
            let logins = drafts.room().entries(value);
            let keys = logins.iter().map(|entry| ProviderKey::new(entry.name.to_string()));
            drafts.pool(pool).pool.other_providers.extend(keys);
        }
        name @ ("OpenIdConnectProviderARNs" | "SamlProviderARNs") => {
            expect_list(value, &text::quoted(name), drafts);
            for arn in drafts.room().elements(value) {
                if let Some(arn) = any_text(arn, "the ARN of a provider", drafts) {
                    drafts.pool(pool).pool.other_providers.push(ProviderKey::new(arn));
                }
            }
        }
        // Its logins go by one fixed key, whatever the developer called the provider (Q2).
        "DeveloperProviderName" => {
            if any_text(value, "`DeveloperProviderName`", drafts).is_some_and(|name| !name.is_empty()) {
                drafts.pool(pool).pool.other_providers.push(ProviderKey::new("cognito-identity.amazonaws.com"));
            }
        }
        "Groups" => {
            if expect_list(value, "`Groups`", drafts) {
                drafts.pool(pool).groups.get_or_insert_with(Vec::new);
            }
            for group in value.elements() {
                if drafts.has_many_problems() {
                    break;
                }
                read_group(group, pool, drafts);
            }
        }
        "Group" => read_group(value, pool, drafts),
        "Role" if ["authenticated", "unauthenticated"].iter().all(|name| value.get(name).is_none()) => {
            read_role(value, drafts);
        }
        "Role" => unknown_member(entry, drafts),
        "UserPool" => read_user_pool(value, drafts),
        "UserPoolClient" => read_client(value, drafts),
        name if is_member(name) => {}
        _ if is_mapping(value) => {
            let message = format!(
                "{} looks like a role mapping, but role mappings belong into `RoleMappings`",
                text::quoted(&entry.name)
            );
            drafts.problems.push(Problem::new("unknown-field", message).at(entry.at));
        }
        _ => unknown_member(entry, drafts),
    }
}

fn passed_over(entry: &Entry) -> Problem {
    Problem::new("not-recognised", format!("{} was passed over", text::quoted(&entry.name))).at(entry.at)
}

/// AWS may add members any time, so one that is not known is a note; but not if it is one that decides, misspelt.
fn unknown_member(entry: &Entry, drafts: &mut Drafts) {
    let name = text::quoted(&entry.name);
    match text::nearest(&entry.name, READ.iter().copied().filter(|known| entry.name != **known)) {
        Some(near) if DECIDING.contains(&near) => {
            let message = format!("unknown member {name}, did you mean {}?", text::quoted(near));
            let respelling = Some(Box::new(Respelling { written: entry.name.to_string(), right: near.to_owned() }));
            drafts.problems.push(Problem { respelling, ..Problem::new("unknown-field", message).at(entry.at) });
        }
        Some(near) => {
            let message = format!("{name} was passed over, did you mean {}?", text::quoted(near));
            drafts.note(Problem::new("unknown-member", message).at(entry.at));
        }
        None if entry.name.starts_with('_') => drafts.note(passed_over(entry)),
        None => drafts.note(Problem { code: "unknown-member", ..passed_over(entry) }),
    }
}

/// A bare `RoleMappings` map: no member is one of a document, and whatever is a map in it is a role mapping, if perhaps a faulty one.
fn is_bare_map(node: &Node) -> bool {
    let entries = node.entries();
    let mut maps = entries.iter().map(|entry| &entry.value).filter(|value| value.is_map()).peekable();
    !entries.iter().any(|entry| is_member(&entry.name))
        && !is_mapping(node)
        && maps.peek().is_some()
        && (entries.iter().any(|entry| is_mapping(&entry.value)) || maps.all(has_mapping_field))
}

/// A role mapping, as its fields alone show.
fn is_mapping(node: &Node) -> bool {
    let kind = node.get(API.kind).and_then(Node::as_text);
    kind.is_some_and(|kind| ["Token", "Rules"].iter().any(|known| known.eq_ignore_ascii_case(kind)))
        || node.get(API.resolution).is_some_and(|value| !value.is_map())
        || has_rules(node)
}

fn has_mapping_field(node: &Node) -> bool {
    [API.kind, API.resolution].iter().any(|field| node.get(field).is_some_and(|value| !value.is_map()))
        || has_rules(node)
}

fn has_rules(node: &Node) -> bool {
    node.get(API.configuration).is_some_and(|configuration| configuration.get(API.rules).is_some())
}

/// A role mapping in the place of a map of them.
fn is_lone_mapping(node: &Node) -> bool {
    is_mapping(node) && node.get(API.kind).is_none_or(|kind| !kind.is_map())
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
        if drafts.has_many_problems() {
            break;
        }
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
        if role.is_empty() {
            let message = format!("the {} role is empty, which is as if it were not set", entry.name);
            drafts.note(Problem::new("empty-role", message).at(entry.value.at));
            continue;
        }
        drafts.set_role(pool, place, RoleArn::from(role), entry.value.at);
    }
    drafts.pool(pool);
}

fn role_mappings(node: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    drafts.pool(pool);
    for entry in node.entries() {
        let key = ProviderKey::new(entry.name.to_string());
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
    if !expect_list(list, "`CognitoIdentityProviders`", drafts) {
        return;
    }
    let mut providers = Vec::new();
    for node in drafts.room().elements(list) {
        if !expect_map(node, "an entry of `CognitoIdentityProviders`", drafts) {
            continue;
        }
        check_members(node, "an identity provider", &["ProviderName", "ClientId", "ServerSideTokenCheck"], drafts);
        let Some(name) = field(node, "ProviderName") else {
            drafts
                .problems
                .push(Problem::new("unknown-field", "an identity provider has no `ProviderName`").at(node.at));
            continue;
        };
        let Some(name) = any_text(name, "`ProviderName`", drafts) else { continue };
        let client_id = field(node, "ClientId").and_then(|client| any_text(client, "`ClientId`", drafts));
        providers.push(IdentityProvider { provider_name: ProviderKey::new(name), client_id });
    }
    drafts.set_providers(pool, providers, list.at);
}

/// The members of a principal-tag map.
const TAG_MAP: &[&str] =
    &["IdentityPoolId", "IdentityProviderName", "UseDefaults", "PrincipalTags", "ResponseMetadata"];

fn principal_tags(node: &Node, pool: Option<&str>, drafts: &mut Drafts) {
    let Some(key) = field(node, "IdentityProviderName") else {
        let message = "a principal-tag map has no `IdentityProviderName`";
        drafts.problems.push(Problem::new("unknown-field", message).at(node.at));
        return;
    };
    let Some(key) = any_text(key, "`IdentityProviderName`", drafts) else { return };
    let key = ProviderKey::new(key);
    let use_defaults =
        field(node, "UseDefaults").and_then(|flag| known_bool(flag, "`UseDefaults`", drafts)).unwrap_or(false);
    let tags = field(node, "PrincipalTags").filter(|map| expect_map(map, "`PrincipalTags`", drafts));
    let tags = tags.map(|map| shape::tags(map, &key, pool, drafts)).unwrap_or_default();
    drafts.add_tags(pool, key, PrincipalTagMap { use_defaults, tags }, node.at);
}

/// The members of a group, as `list-groups` prints them.
const GROUP: &[&str] =
    &["GroupName", "RoleArn", "Precedence", "UserPoolId", "Description", "CreationDate", "LastModifiedDate"];

/// A role of `get-role` or `list-roles`.
fn read_role(node: &Node, drafts: &mut Drafts) {
    let text = |name: &str| field(node, name).and_then(Node::as_text).map(str::to_owned);
    let (Some(name), Some(arn)) = (text("RoleName"), text("Arn")) else { return };
    let trust = field(node, "AssumeRolePolicyDocument").and_then(|trust| policy::document(trust, &JsonLimits::CONFIG));
    drafts.surroundings.add_role(Role {
        label: name.clone(),
        path: RoleArn::path_in(&arn).map(str::to_owned),
        arns: vec![arn.into()],
        names: vec![name.as_str().into()],
        name: RoleName::Literal(name),
        trust,
        at: node.at,
    });
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
    if !expect_map(node, "a group", drafts) {
        return;
    }
    check_members(node, "a group", GROUP, drafts);
    let Some(name) = field(node, "GroupName") else {
        drafts.problems.push(Problem::new("unknown-field", "a group has no `GroupName`").at(node.at));
        return;
    };
    let Some(name) = known_text(name, "`GroupName`", drafts) else { return };
    let role_arn = field(node, "RoleArn").and_then(|role| any_text(role, "`RoleArn`", drafts));
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
    let users = field(node, "UserPoolId").and_then(|id| any_text(id, "`UserPoolId`", drafts));
    let user_pool = users.as_deref().filter(|id| !id.is_empty()).map(ProviderKey::of_user_pool);
    if let Some(users) = users {
        drafts.group_is_of(pool, users, node.at);
    }
    let group = Group { name, role_arn: role_arn.map(RoleArn::from), precedence, user_pool };
    drafts.group_role_at(pool, GroupId::of(&group), field(node, "RoleArn").map(|role| role.at));
    drafts.add_group(pool, group, node.at);
}
