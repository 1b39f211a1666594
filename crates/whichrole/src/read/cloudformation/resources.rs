//! What each resource says about the pool.

use super::super::api;
use super::super::node::{Entry, Node, Value};
use super::super::places::{GroupId, Place};
use super::super::position::Position;
use super::super::problem::Problem;
use super::super::scalar;
use super::super::shape::{self, API, Names, any_text, check_members, expect_map, known_bool, wrong_kind};
use super::resolve::Resolver;
use super::template::{ATTACHMENT_PROPERTIES, Resource};
use super::{ATTACHMENT, Decides, GROUP, POOL, Reading, TAGS};
use crate::pool::{Group, IdentityProvider, PrincipalTagMap, RoleArn};
use crate::provider::{ProviderKey, ProviderKind};
use crate::text;

/// CloudFormation's names: an entry may name its provider itself.
pub(super) const CLOUDFORMATION: Names = Names { provider: Some("IdentityProvider"), ..API };

/// The properties of an identity pool. A misspelt one would be passed over, and the answer be another pool's.
const POOL_PROPERTIES: &[&str] = &[
    "AllowClassicFlow",
    "AllowUnauthenticatedIdentities",
    "CognitoEvents",
    "CognitoIdentityProviders",
    "CognitoStreams",
    "DeveloperProviderName",
    "IdentityPoolName",
    "IdentityPoolTags",
    "OpenIdConnectProviderARNs",
    "PushSync",
    "SamlProviderARNs",
    "SupportedLoginProviders",
];

impl<'n> Reading<'_, 'n> {
    pub(super) fn pool(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if resource.kind != POOL || !self.is_whole(resource) || !self.exists(resolver, resource, Decides::Less) {
            return;
        }
        let Some(name) = self.pools.get(&(resolver.number(), resource.id)).cloned() else { return };
        if let Some(properties) = resource.properties {
            check_members(properties, "an identity pool", POOL_PROPERTIES, self.drafts);
        }
        let draft = self.drafts.pool(Some(&name));
        draft.pool.id = Some(resolver.missing(resource.id).text);
        draft.places.set(Place::Pool, resource.at);
        let property = |name: &str| resource.property(name).map(|value| resolver.resolve(value));
        let flag = |name: &str| property(name).map(as_sent);
        shape::pool_flags(
            (flag("AllowUnauthenticatedIdentities").as_ref(), "`AllowUnauthenticatedIdentities`"),
            (flag("AllowClassicFlow").as_ref(), "`AllowClassicFlow`"),
            Some(&name),
            self.drafts,
        );
        if let Some(list) = property("CognitoIdentityProviders") {
            self.user_pools(resolver, &list, &name);
        }
        let mut others = Vec::new();
        if let Some(logins) = property("SupportedLoginProviders") {
            others.extend(
                self.drafts.room().entries(&logins).iter().map(|entry| ProviderKey::new(entry.name.to_string())),
            );
            others.extend(unknown_list(&logins));
        }
        for list in ["OpenIdConnectProviderARNs", "SamlProviderARNs"] {
            let list = property(list);
            others.extend(list.as_ref().and_then(unknown_list));
            let arns = list.as_ref().map(|list| self.drafts.room().elements(list));
            for arn in arns.unwrap_or_default() {
                let text = any_text(arn, "a provider", self.drafts);
                others.extend(text.map(|text| self.key(resolver, &text, resolver.number(), arn.at)));
            }
        }
        // Its logins go by one fixed key, whatever the developer called the provider (Q2).
        if property("DeveloperProviderName").is_some() {
            others.push(ProviderKey::new("cognito-identity.amazonaws.com"));
        }
        self.drafts.pool(Some(&name)).pool.other_providers.extend(others);
        self.report_undecided(Decides::Less);
    }

    fn user_pools(&mut self, resolver: Resolver<'_, 'n>, list: &Node, pool: &str) {
        if let Value::Reference(reference) = &list.value {
            self.drafts.notes.push(shape::not_known(list, "`CognitoIdentityProviders`", reference));
            return;
        }
        let mut providers = Vec::new();
        for node in self.drafts.room().elements(list) {
            let known = ["ClientId", "ProviderName", "ServerSideTokenCheck"];
            check_members(node, "a provider of the pool", &known, self.drafts);
            let Some(name) = node.get("ProviderName").and_then(|name| any_text(name, "`ProviderName`", self.drafts))
            else {
                continue;
            };
            let client_id = node.get("ClientId").and_then(|client| any_text(client, "`ClientId`", self.drafts));
            let provider_name = self.key(resolver, &name, resolver.number(), node.at);
            providers.push(IdentityProvider { provider_name, client_id });
        }
        self.drafts.pool(Some(pool)).pool.providers = Some(providers);
    }

    /// The key of a provider as the template of its pool sees it.
    fn key(&mut self, resolver: Resolver<'_, 'n>, text: &str, pool: usize, at: Position) -> ProviderKey {
        let key = resolver.provider(text, pool);
        if let Some([a, b]) = self.world.take_two_regions() {
            let message = format!(
                "providers of one stack name user pools of it in two regions, {} and {}",
                text::quoted(&a),
                text::quoted(&b)
            );
            self.drafts.problems.push(Problem::unresolved(&message, "pass `--param AWS::Region=…`").at(at));
        }
        key
    }

    pub(super) fn attachment(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if resource.kind != ATTACHMENT || !self.is_whole(resource) || !self.exists(resolver, resource, Decides::Mapping)
        {
            return;
        }
        let Some(properties) = resource.properties else { return };
        check_members(properties, "a role attachment", ATTACHMENT_PROPERTIES, self.drafts);
        self.attach(resolver, resource, properties, &CLOUDFORMATION);
    }

    /// Reads roles and mappings of whatever attaches them to a pool, and gives its name.
    pub(super) fn attach(
        &mut self,
        resolver: Resolver<'_, 'n>,
        resource: &Resource<'n>,
        properties: &Node,
        names: &Names,
    ) -> String {
        let pool = self.pool_of(resolver, properties.get("IdentityPoolId"), resource.id, resource.at);
        if let Some(later) = self.replaced_by(&pool, resolver.number(), resource) {
            let message =
                format!("{} sets the roles of the pool after this, and replaces all of them", text::quoted(later));
            self.drafts.note(Problem::new("two-attachments", message).at(resource.at));
            return pool;
        }
        if resource.kind != ATTACHMENT {
            self.explained.insert(resolver.number());
        }
        if let Some(earlier) = self.attached.insert(pool.clone(), resource.id.to_owned()) {
            self.drafts.problems.push(shape::two_attachments(&earlier, resource.id).at(resource.at));
        }
        self.drafts.pool(Some(&pool)).places.add(Place::Pool, resource.at);
        if let Some(roles) = properties.get("Roles") {
            let roles = resolver.resolve(roles);
            self.report_undecided(Decides::Mapping);
            if roles.value != Value::Null && expect_map(&roles, "`Roles`", self.drafts) {
                api::default_roles(&roles, Some(&pool), self.drafts);
            }
        }
        if let Some(mappings) = properties.get("RoleMappings") {
            self.mappings_property(resolver, mappings, &pool, names);
        }
        pool
    }

    /// Reads resolved role mappings: a map by provider or label, or a list whose entries name their provider.
    pub(super) fn mappings(&mut self, resolver: Resolver<'_, 'n>, mappings: Node, pool: &str, names: &Names) {
        self.report_undecided(Decides::Mapping);
        match mappings.value {
            Value::Null => {}
            Value::Map(entries) => {
                for entry in entries {
                    self.mapping(resolver, entry, pool, names);
                }
            }
            Value::List(elements) => {
                for element in elements {
                    if let Some(entry) = self.list_entry(element) {
                        self.mapping(resolver, entry, pool, names);
                    }
                }
            }
            _ => self.drafts.problems.push(wrong_kind(&mappings, "`RoleMappings`", "a map")),
        }
    }

    fn mapping(&mut self, resolver: Resolver<'_, 'n>, entry: Entry, pool: &str, names: &Names) {
        let provider = match entry.value.get("IdentityProvider").filter(|node| node.value != Value::Null) {
            Some(node) => any_text(node, "`IdentityProvider`", self.drafts),
            None => Some(entry.name.to_string()),
        };
        let Some(provider) = provider else { return };
        let key = self.key(resolver, &provider, self.home(pool, resolver), entry.at);
        let mut value = entry.value;
        self.send_rule_values(&mut value);
        self.drafts.pool(Some(pool)).places.add(Place::Mapping(key.clone()), entry.at);
        if let Some(mapping) = shape::role_mapping(&value, &key, Some(pool), names, self.drafts) {
            self.drafts.add_mapping(Some(pool), key, mapping, entry.at);
        }
    }

    /// Makes texts of rule values that are not: the deployer does it too.
    fn send_rule_values(&mut self, mapping: &mut Node) {
        let rules = get_mut(mapping, "RulesConfiguration").and_then(|configuration| get_mut(configuration, "Rules"));
        let Some(Node { value: Value::List(rules), .. }) = rules else { return };
        for value in rules.iter_mut().filter_map(|rule| get_mut(rule, "Value")) {
            if let (Value::Number(_) | Value::Bool(_) | Value::Unquoted(_), Some(sent)) =
                (&value.value, scalar::sent(value))
            {
                let message = format!("the value is not quoted, and is sent as {}", text::quoted(&sent));
                self.drafts.notes.push(Problem::new("unquoted-value", message).at(value.at));
                value.value = Value::text(sent);
            }
        }
    }

    pub(super) fn tags(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if resource.kind != TAGS || !self.is_whole(resource) || !self.exists(resolver, resource, Decides::Mapping) {
            return;
        }
        if let Some(properties) = resource.properties {
            check_members(
                properties,
                "a principal-tag map",
                &["IdentityPoolId", "IdentityProviderName", "PrincipalTags", "UseDefaults"],
                self.drafts,
            );
        }
        let Some(properties) = resource.properties else { return };
        self.tag_map(resolver, resource, &resolver.resolve(properties));
    }

    /// Reads a resolved principal-tag map.
    pub(super) fn tag_map(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>, properties: &Node) {
        self.report_undecided(Decides::Mapping);
        let pool = self.pool_of(resolver, properties.get("IdentityPoolId"), resource.id, resource.at);
        let Some(name) = properties.get("IdentityProviderName") else {
            let message = format!("{} has no `IdentityProviderName`", text::quoted(resource.id));
            self.drafts.problems.push(Problem::new("unknown-field", message).at(resource.at));
            return;
        };
        let Some(name) = any_text(name, "`IdentityProviderName`", self.drafts) else { return };
        let key = self.key(resolver, &name, self.home(&pool, resolver), resource.at);
        let flag = properties.get("UseDefaults").filter(|flag| flag.value != Value::Null);
        let use_defaults = flag.and_then(|flag| known_bool(flag, "`UseDefaults`", self.drafts)).unwrap_or(false);
        let tags = shape::field(properties, "PrincipalTags");
        let tags = tags.filter(|map| expect_map(map, "`PrincipalTags`", self.drafts));
        let tags = tags.map(|map| shape::tags(map, &key, Some(&pool), self.drafts)).unwrap_or_default();
        self.drafts.add_tags(Some(&pool), key, PrincipalTagMap { use_defaults, tags }, resource.at);
    }

    pub(super) fn group(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if resource.kind != GROUP || !self.is_whole(resource) || !self.exists(resolver, resource, Decides::Less) {
            return;
        }
        if let Some(properties) = resource.properties {
            check_members(
                properties,
                "a group",
                &["Description", "GroupName", "Precedence", "RoleArn", "UserPoolId"],
                self.drafts,
            );
        }
        let property = |name: &str| resource.property(name).map(|value| resolver.resolve(value));
        let name = property("GroupName");
        self.report_undecided(Decides::Less);
        let name = match name.as_ref().map(|name| &name.value) {
            Some(Value::Text(name) | Value::Number(name)) => name.to_string(),
            Some(Value::Unquoted(_)) => {
                self.drafts.problems.extend(name.map(|name| wrong_kind(&name, "`GroupName`", "a string")));
                return;
            }
            // A group that nobody can name yet is in no token we can write down.
            Some(Value::Reference(reference)) => {
                let name = name.as_ref().map_or(resource.at, |name| name.at);
                let message = format!("the name of this group is not known here; {}", reference.missing);
                self.drafts.notes.push(Problem::new("unresolved-value", message).at(name));
                return;
            }
            _ => {
                let message = format!("the group {} has no `GroupName`", text::quoted(resource.id));
                self.drafts.notes.push(Problem::new("unresolved-value", message).at(resource.at));
                return;
            }
        };
        let role = property("RoleArn");
        let role_at = role.as_ref().map(|role| role.at);
        let role_arn = role.and_then(|role| any_text(&role, "`RoleArn`", self.drafts)).map(RoleArn::from);
        let precedence = property("Precedence").and_then(|precedence| {
            let number = scalar::sent(&precedence).and_then(|text| text.parse().ok());
            if number.is_none() {
                self.drafts.problems.push(wrong_kind(&precedence, "`Precedence`", "a whole number of 0 or more"));
            }
            number
        });
        let users = property("UserPoolId");
        let id = users.as_ref().and_then(|id| any_text(id, "`UserPoolId`", self.drafts)).filter(|id| !id.is_empty());
        for pool in self.pools_with_users_of(users.as_ref(), resolver) {
            let home = pool.as_deref().map_or(resolver.number(), |pool| self.home(pool, resolver));
            let user_pool = id.as_deref().map(|id| self.user_pool(resolver, id, home, resource.at));
            let group = Group { name: name.clone(), role_arn: role_arn.clone(), precedence, user_pool };
            let id = GroupId::of(&group);
            self.drafts.add_group(pool.as_deref(), group, resource.at);
            self.drafts.group_role_at(pool.as_deref(), id, role_at);
        }
    }

    /// The key of a user pool by its id, as the template of an identity pool sees it.
    fn user_pool(&mut self, resolver: Resolver<'_, 'n>, id: &str, pool: usize, at: Position) -> ProviderKey {
        if id.contains("${") {
            let key = self.key(resolver, &format!("cognito-idp.${{AWS::Region}}.amazonaws.com/{id}"), pool, at);
            // Its provider's name may be given where its id is not.
            let name = key.as_str().strip_prefix("${").and_then(|name| name.strip_suffix('}'));
            name.and_then(|name| self.world.given(name)).map_or(key, ProviderKey::of_user_pool)
        } else {
            ProviderKey::of_user_pool(id)
        }
    }

    /// The identity pools that take logins of a user pool; all of them where that does not show.
    fn pools_with_users_of(&mut self, user_pool: Option<&Node>, resolver: Resolver<'_, 'n>) -> Vec<Option<String>> {
        let names: Vec<String> = self.pools.values().chain(self.elsewhere.values()).cloned().collect();
        if names.is_empty() {
            return vec![None];
        }
        let provider = user_pool.and_then(|node| match &node.value {
            Value::Reference(reference) => {
                let (name, rest) = super::provider::reference(&reference.text)?;
                (rest.is_empty() && resolver.kind_of(name).is_some()).then(|| format!("${{{name}.ProviderName}}"))
            }
            _ => None,
        });
        let all = names.iter().cloned().map(Some).collect();
        let Some(provider) = provider else { return all };
        let homes = &self.homes;
        let taking = |drafts: &mut super::Drafts, name: &str| {
            let provider = resolver.seen_from(homes.get(name).copied().unwrap_or(resolver.number()), &provider);
            let pool = &drafts.pool(Some(name)).pool;
            let listed = pool.providers.iter().flatten().map(|provider| &provider.provider_name);
            listed.chain(pool.role_mappings.keys()).any(|key| key.login_key() == provider)
        };
        let those: Vec<Option<String>> = names.into_iter().filter(|name| taking(self.drafts, name)).map(Some).collect();
        if those.is_empty() { all } else { those }
    }
}

/// A value as CloudFormation sends it, where that is a text.
fn as_sent(node: Node) -> Node {
    Node { value: scalar::sent(&node).map_or(node.value, Value::text), at: node.at }
}

/// What stands for providers that nobody knows yet.
fn unknown_list(node: &Node) -> Option<ProviderKey> {
    match &node.value {
        Value::Reference(reference) => Some(ProviderKey::of_kind(ProviderKind::Unknown, reference.text.clone())),
        _ => None,
    }
}

fn get_mut<'m>(node: &'m mut Node, name: &str) -> Option<&'m mut Node> {
    let Value::Map(entries) = &mut node.value else { return None };
    entries.iter_mut().find(|entry| entry.name == name).map(|entry| &mut entry.value)
}
