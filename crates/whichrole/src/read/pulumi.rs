//! Pulumi: programs in YAML, and the state that `pulumi stack export` prints.
//!
//! A pool goes by its resource's name. What only a deployment knows stays a reference, `${admin.arn}`, which
//! `ReadOptions::parameters` may give a value.

mod program;
mod runs;
mod stack;
mod state;
mod surroundings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::ReadOptions;
use super::api;
use super::definition::Drafts;
use super::interpolation::{Piece, pieces};
use super::node::{Entry, Node, Value};
use super::places::{GroupId, Place};
use super::position::Position;
use super::problem::Problem;
use super::shape::{self, Names, any_text, expect_map, known_bool, wrong_kind};
use crate::pool::{Group, IdentityProvider, PrincipalTagMap, RoleArn};
use crate::provider::{ProviderKey, ProviderKind};
use crate::text;
use stack::Stacks;

pub(crate) use stack::{Texts, names_settings};

/// Pulumi's names. The rules stand right in the mapping; `wrap_rules` puts them where others have them.
const NAMES: Names = Names {
    kind: "type",
    resolution: "ambiguousRoleResolution",
    configuration: "mappingRules",
    rules: "mappingRules",
    claim: "claim",
    match_type: "matchType",
    value: "value",
    role: "roleArn",
    provider: Some("identityProvider"),
};

/// A resource whose properties are resolved.
struct Resource {
    name: String,
    /// The type without package and module: `IdentityPool`.
    kind: String,
    at: Position,
    /// What the `id` of this resource is: a reference in a program, the id itself in state.
    id: String,
    properties: Node,
}

/// How many resources there may be for each part that a configuration may have.
const RESOURCES_OF_A_PART: usize = 5;

/// What to say where there are more resources of the types that matter than are read; each is copied.
fn too_many(mut places: impl Iterator<Item = Position>, options: &ReadOptions) -> Option<Problem> {
    let most = options.parts.saturating_mul(RESOURCES_OF_A_PART);
    let at = places.nth(most)?;
    Some(Problem::new("too-large", format!("more than {most} resources that matter")).at(at))
}

/// Whether a tree is a program or a state.
pub(crate) fn recognises(node: &Node) -> bool {
    program::recognises(node) || state::recognises(node)
}

/// Reads a program, with what its stacks give, or a state into the drafts.
fn read(node: &Node, stacks: &Stacks<'_>, options: &ReadOptions, drafts: &mut Drafts) {
    let (mut resources, too_large) = if state::recognises(node) {
        state::resources(node, options)
    } else {
        program::resources(node, stacks, options)
    };
    if let Some(too_large) = too_large {
        // What was read after that says nothing.
        drafts.problems.push(too_large);
        return;
    }
    let kinds = resources.iter().map(|resource| (resource.name.clone(), resource.kind.clone())).collect();
    for (name, kind, at) in program::foreign(node) {
        let message = format!("{} is a {}, which is not understood", text::quoted(name), text::quoted(kind));
        drafts.problems.push(Problem::new("unresolved-value", message).at(at));
    }
    let pools: Vec<&Resource> = resources.iter().filter(|resource| resource.kind == "IdentityPool").collect();
    let mut reading = Reading {
        kinds,
        pools: pools.iter().map(|pool| (pool.id.clone(), pool.name.clone())).collect(),
        elsewhere: BTreeMap::new(),
        attached: BTreeMap::new(),
        given: &options.parameters,
        drafts,
    };
    for resource in &mut resources {
        reading.drafts.notes.extend(runs::ignored(node, resource));
        match resource.kind.as_str() {
            "IdentityPool" => reading.pool(resource),
            "IdentityPoolRoleAttachment" => reading.attachment(resource),
            "IdentityPoolProviderPrincipalTag" => reading.tags(resource),
            "UserGroup" => reading.group(resource),
            _ => {}
        }
    }
    let Reading { pools, attached, .. } = reading;
    runs::settle(&resources, &pools, &attached, drafts);
    surroundings::build(&resources, &options.json, drafts);
}

struct Reading<'d> {
    kinds: BTreeMap<String, String>,
    /// The names of the pools by their ids.
    pools: BTreeMap<String, String>,
    /// The names given to pools that are not here, by their ids.
    elsewhere: BTreeMap<String, String>,
    /// The attachment of each pool: a pool has one.
    attached: BTreeMap<String, String>,
    /// What names stand for, as far as that was given.
    given: &'d BTreeMap<String, String>,
    drafts: &'d mut Drafts,
}

impl Reading<'_> {
    fn pool(&mut self, resource: &Resource) {
        let name = Some(resource.name.as_str());
        let property = |name: &str| shape::field(&resource.properties, name);
        self.drafts.pool(name).places.set(Place::Pool, resource.at);
        self.drafts.pool(name).pool.id = Some(resource.id.clone());
        // The provider's default, as in Terraform.
        self.drafts.pool(name).pool.allow_classic_flow = Some(false);
        shape::pool_flags(
            (property("allowUnauthenticatedIdentities"), "`allowUnauthenticatedIdentities`"),
            (property("allowClassicFlow"), "`allowClassicFlow`"),
            name,
            self.drafts,
        );
        if let Some(list) = property("cognitoIdentityProviders") {
            let mut providers = Vec::new();
            for node in self.drafts.room().elements(list) {
                let Some(key) = node.get("providerName").and_then(|key| any_text(key, "`providerName`", self.drafts))
                else {
                    continue;
                };
                let client_id = node.get("clientId").and_then(|client| any_text(client, "`clientId`", self.drafts));
                providers.push(IdentityProvider { provider_name: self.provider(&key), client_id });
            }
            self.drafts.pool(name).pool.providers = Some(providers);
        }
        let mut others: Vec<ProviderKey> = Vec::new();
        for entry in property("supportedLoginProviders").into_iter().flat_map(|map| self.drafts.room().entries(map)) {
            others.push(ProviderKey::new(entry.name.to_string()));
        }
        for list in ["openidConnectProviderArns", "samlProviderArns"] {
            for arn in property(list).map(|list| self.drafts.room().elements(list)).unwrap_or_default() {
                let arn = any_text(arn, "a provider", self.drafts);
                others.extend(arn.map(|arn| self.provider(&arn)));
            }
        }
        // Its logins go by one fixed key, whatever the developer called the provider (Q2).
        if property("developerProviderName").is_some_and(|name| name.as_text() != Some("")) {
            others.push(ProviderKey::new("cognito-identity.amazonaws.com"));
        }
        self.drafts.pool(name).pool.other_providers.extend(others);
    }

    /// Takes the mappings out of the resource: there can be very many rules in them.
    fn attachment(&mut self, resource: &mut Resource) {
        let pool = self.pool_of(resource);
        if let Some(earlier) = self.attached.insert(pool.clone(), resource.name.clone()) {
            self.drafts.problems.push(shape::two_attachments(&earlier, &resource.name).at(resource.at));
        }
        self.drafts.pool(Some(&pool)).places.add(Place::Pool, resource.at);
        if let Some(roles) = shape::field(&resource.properties, "roles")
            && expect_map(roles, "`roles`", self.drafts)
        {
            api::default_roles(roles, Some(&pool), self.drafts);
        }
        let mappings = resource.properties.take("roleMappings").filter(|mappings| mappings.value != Value::Null);
        let Some(mappings) = mappings else { return };
        let Value::List(mappings) = mappings.value else {
            self.drafts.problems.push(wrong_kind(&mappings, "`roleMappings`", "a list"));
            return;
        };
        for mut mapping in mappings {
            let Some(provider) = shape::field(&mapping, "identityProvider") else {
                let message = "this role mapping names no provider";
                self.drafts.problems.push(Problem::new("unknown-field", message).at(mapping.at));
                continue;
            };
            let Some(provider) = any_text(provider, "`identityProvider`", self.drafts) else { continue };
            let key = self.provider(&provider);
            wrap_rules(&mut mapping);
            if let Some(read) = shape::role_mapping(&mapping, &key, Some(&pool), &NAMES, self.drafts) {
                self.drafts.add_mapping(Some(&pool), key, read, mapping.at);
            }
        }
    }

    fn tags(&mut self, resource: &Resource) {
        let pool = self.pool_of(resource);
        let Some(provider) = shape::field(&resource.properties, "identityProviderName") else {
            let message = format!("{} has no `identityProviderName`", text::quoted(&resource.name));
            self.drafts.problems.push(Problem::new("unknown-field", message).at(resource.at));
            return;
        };
        let Some(provider) = any_text(provider, "`identityProviderName`", self.drafts) else { return };
        let key = self.provider(&provider);
        // The provider's default differs from the API's.
        let use_defaults = shape::field(&resource.properties, "useDefaults")
            .map_or(Some(true), |flag| known_bool(flag, "`useDefaults`", self.drafts))
            .unwrap_or_default();
        let tags = shape::field(&resource.properties, "principalTags");
        let tags = tags.map(|map| shape::tags(map, &key, Some(&pool), self.drafts)).unwrap_or_default();
        self.drafts.add_tags(Some(&pool), key, PrincipalTagMap { use_defaults, tags }, resource.at);
    }

    fn group(&mut self, resource: &Resource) {
        let property = |name: &str| shape::field(&resource.properties, name);
        let Some(name) = property("name").and_then(Node::as_text).map(str::to_owned) else {
            let message = format!("the name of the group {} is not known here", text::quoted(&resource.name));
            self.drafts.notes.push(Problem::new("unresolved-value", message).at(resource.at));
            return;
        };
        let role_at = property("roleArn").map(|role| role.at);
        let role_arn = property("roleArn").and_then(|role| any_text(role, "`roleArn`", self.drafts)).map(RoleArn::from);
        let precedence = match property("precedence") {
            Some(Node { value: Value::Number(number), .. }) if number.parse::<u64>().is_ok() => number.parse().ok(),
            None => None,
            Some(other) => {
                self.drafts.problems.push(wrong_kind(other, "`precedence`", "a whole number of 0 or more"));
                None
            }
        };
        let users = property("userPoolId").and_then(|id| any_text(id, "`userPoolId`", self.drafts));
        let user_pool = users.filter(|id| !id.is_empty()).map(|id| self.user_pool(&id));
        let pools = self.pools.values().cloned().map(Some);
        let pools: Vec<Option<String>> = if pools.len() == 0 { vec![None] } else { pools.collect() };
        let group = Group { name, role_arn, precedence, user_pool };
        for pool in pools {
            self.drafts.add_group(pool.as_deref(), group.clone(), resource.at);
            self.drafts.group_role_at(pool.as_deref(), GroupId::of(&group), role_at);
        }
    }

    /// The key of a user pool by its id, spelled as that of its provider.
    fn user_pool(&self, id: &str) -> ProviderKey {
        if id.contains("${") {
            let key = self.provider(&format!("cognito-idp.${{region}}.amazonaws.com/{id}"));
            let given = key.as_str().strip_prefix("${").and_then(|name| self.given.get(name.strip_suffix('}')?));
            given.map_or_else(
                || ProviderKey::of_kind(ProviderKind::UserPool, key.as_str()),
                |given| ProviderKey::of_user_pool(given),
            )
        } else {
            ProviderKey::of_user_pool(id)
        }
    }

    fn pool_of(&mut self, resource: &Resource) -> String {
        let id = shape::field(&resource.properties, "identityPoolId");
        let id = id.and_then(|id| any_text(id, "`identityPoolId`", self.drafts)).unwrap_or_default();
        if let Some(name) = self.pools.get(&id) {
            return name.clone();
        }
        let name = self.elsewhere.entry(id.clone()).or_insert_with(|| resource.name.clone()).clone();
        self.drafts.pool(Some(&name)).pool.id = Some(id).filter(|id| !id.is_empty());
        name
    }

    /// The key of a provider: `cognito-idp.${region}.amazonaws.com/${users.id}` is `${users.endpoint}`.
    fn provider(&self, written: &str) -> ProviderKey {
        let parts = pieces(written);
        let kind = |name: &str| name.split_once('.').and_then(|(id, _)| self.kinds.get(id)).map(String::as_str);
        if let [
            Piece::Literal("cognito-idp."),
            Piece::Name(_),
            Piece::Literal(".amazonaws.com/"),
            Piece::Name(pool),
            rest @ ..,
        ] = parts.as_slice()
            && let Some(id) = pool.strip_suffix(".id")
            && kind(pool) == Some("UserPool")
        {
            let rest = rest.iter().map(|piece| match piece {
                Piece::Literal(literal) => (*literal).to_owned(),
                Piece::Name(name) => format!("${{{name}}}"),
            });
            return self.provider(&format!("${{{id}.endpoint}}{}", rest.collect::<String>()));
        }
        let [Piece::Name(name)] = parts.as_slice() else { return ProviderKey::new(written) };
        match (kind(name), name.rsplit('.').next()) {
            (Some("OpenIdConnectProvider"), _) => ProviderKey::of_kind(ProviderKind::Oidc, written),
            (Some("SamlProvider"), _) => ProviderKey::of_kind(ProviderKind::Saml, written),
            (Some("UserPool"), _) | (_, Some("endpoint")) => ProviderKey::of_kind(ProviderKind::UserPool, written),
            _ => ProviderKey::new(written),
        }
    }
}

/// Puts the rules of a mapping inside a map of their own.
fn wrap_rules(mapping: &mut Node) {
    let Value::Map(entries) = &mut mapping.value else { return };
    for entry in entries.iter_mut().filter(|entry| entry.name == NAMES.rules && entry.value.value != Value::Null) {
        let inner = Entry { name: NAMES.rules.into(), at: entry.at, value: entry.take_value() };
        entry.value.value = Value::map([inner]);
    }
}

/// `aws:cognito/identityPool:IdentityPool`, or the short `aws:cognito:IdentityPool`, is `IdentityPool`; what runs something goes by one
/// name; the rest of other packages has none.
fn kind_of(kind: &str) -> Option<&str> {
    let mut parts = kind.split(':');
    let (package, module, name) = (parts.next()?, parts.next()?, parts.next()?);
    let module = module.split('/').next().unwrap_or(module);
    if runs::is_deployment(package, module, name) {
        return Some(runs::DEPLOYMENT);
    }
    (package == "aws" && matches!(module, "cognito" | "iam")).then_some(name)
}
