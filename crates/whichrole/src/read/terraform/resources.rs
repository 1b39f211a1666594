//! From the trees of resources to definitions. Plans and states bring the same trees.

use std::collections::{BTreeMap, BTreeSet};

use super::elsewhere::{self, Unread};
use crate::pool::{Group, IdentityProvider, PrincipalTagMap, RoleArn};
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::api;
use crate::read::definition::Drafts;
use crate::read::node::{Entry, Node, Value};
use crate::read::places::{GroupId, Place};
use crate::read::position::Position;
use crate::read::problem::Problem;
use crate::read::shape::{self, Names, any_text, field, known_bool, known_text};
use crate::{regions, text};

/// Terraform's names. Rules stand right in the mapping; for the shape they are put one level down, under the same name.
const NAMES: Names = Names {
    kind: "type",
    resolution: "ambiguous_role_resolution",
    configuration: "mapping_rule",
    rules: "mapping_rule",
    claim: "claim",
    match_type: "match_type",
    value: "value",
    role: "role_arn",
    provider: Some("identity_provider"),
};

/// The resources that decide roles and tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pool,
    Attachment,
    Tags,
    Group,
    /// The rest stands around them, and decides nothing.
    Role,
    UserPool,
    Client,
    UsersProvider,
    PolicyDocument,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Pool,
        Self::Attachment,
        Self::Tags,
        Self::Group,
        Self::Role,
        Self::UserPool,
        Self::Client,
        Self::UsersProvider,
    ];

    pub(super) fn of(resource: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == resource)
    }

    /// The names of all that matter.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pool => "aws_cognito_identity_pool",
            Self::Attachment => "aws_cognito_identity_pool_roles_attachment",
            Self::Tags => "aws_cognito_identity_pool_provider_principal_tag",
            Self::Group => "aws_cognito_user_group",
            Self::Role => "aws_iam_role",
            Self::UserPool => "aws_cognito_user_pool",
            Self::Client => "aws_cognito_user_pool_client",
            Self::UsersProvider => "aws_cognito_identity_provider",
            Self::PolicyDocument => "aws_iam_policy_document",
        }
    }

    /// Whether it decides roles or tags, so that what cannot be read of it is a problem.
    pub(super) fn decides(self) -> bool {
        matches!(self, Self::Pool | Self::Attachment | Self::Tags | Self::Group)
    }

    /// The arguments that matter.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Pool => &[
                "allow_unauthenticated_identities",
                "allow_classic_flow",
                "developer_provider_name",
                "supported_login_providers",
                "openid_connect_provider_arns",
                "saml_provider_arns",
            ],
            Self::Attachment => &["identity_pool_id", "roles"],
            Self::Tags => &["identity_pool_id", "identity_provider_name", "principal_tags", "use_defaults"],
            Self::Group => &["name", "user_pool_id", "role_arn", "precedence"],
            Self::Role => &["name", "path", "assume_role_policy"],
            Self::UserPool => &[],
            Self::Client => &["user_pool_id", "write_attributes"],
            Self::UsersProvider => &["user_pool_id", "provider_name", "attribute_mapping"],
            Self::PolicyDocument => {
                &["source_policy_documents", "override_policy_documents", "source_json", "override_json"]
            }
        }
    }

    /// The nested blocks that matter.
    pub(super) fn blocks(self) -> &'static [&'static str] {
        match self {
            Self::Pool => &["cognito_identity_providers"],
            Self::Attachment => &["role_mapping"],
            Self::UserPool => &["schema"],
            Self::PolicyDocument => &["statement"],
            Self::Tags | Self::Group | Self::Role | Self::Client | Self::UsersProvider => &[],
        }
    }
}

/// A resource as a tree.
pub(super) struct Found {
    /// What tells apart the pools of several roots; empty when there is only one.
    pub root: String,
    pub kind: Kind,
    pub address: String,
    pub node: Node,
}

/// Puts resources together: attachments, tag maps and groups to the pools they belong to. What is not read and may belong to one of them is a
/// problem.
pub(super) fn build(found: Vec<Found>, unread: &[Unread], drafts: &mut Drafts) {
    let mut building = Building::default();
    for one in found.iter().filter(|one| one.kind == Kind::Pool) {
        building.pool(one, drafts);
    }
    let mut groups = Vec::new();
    for one in found {
        match one.kind {
            Kind::Attachment => building.attachment(one, drafts),
            Kind::Tags => building.tags(&one, drafts),
            Kind::Group => groups.push(one),
            _ => {}
        }
    }
    for one in groups {
        building.group(&one, drafts);
    }
    elsewhere::settle(unread, &building.pools, |pool| building.attachments.contains_key(pool), drafts);
}

#[derive(Default)]
struct Building {
    /// The name of each pool by what `identity_pool_id` may say: its reference, and in states its id.
    pools: BTreeMap<String, String>,
    /// Where each pool's attachment stands.
    attachments: BTreeMap<String, (String, Position)>,
    /// The identity pools that mention a user pool, by its address or id.
    users: BTreeMap<String, BTreeSet<String>>,
}

impl Building {
    fn pool(&mut self, found: &Found, drafts: &mut Drafts) {
        let node = &found.node;
        let name = format!("{}{}", found.root, found.address);
        let reference = format!("${{{}.id}}", found.address);
        self.pools.insert(format!("{}{reference}", found.root), name.clone());
        let id = field(node, "id").and_then(Node::as_text).filter(|id| !id.is_empty());
        if let Some(id) = id {
            self.pools.insert(format!("{}{id}", found.root), name.clone());
        }
        let guests = match field(node, "allow_unauthenticated_identities") {
            None => Some(false),
            flag => shape::guests_flag((flag, "`allow_unauthenticated_identities`"), Some(&name), drafts),
        };
        // It has no part in the decision, so it may be unknown.
        let classic = match field(node, "allow_classic_flow") {
            Some(Node { value: Value::Reference(_), .. }) => None,
            Some(flag) => known_bool(flag, "`allow_classic_flow`", drafts),
            None => Some(false),
        };
        let mut providers = Vec::new();
        let clients = node.get("cognito_identity_providers").cloned();
        let clients = known_blocks(clients, "client of a user pool", drafts).0;
        let clients = if drafts.room().take(clients.len(), Some(node.at)) { clients } else { Vec::new() };
        for provider in clients {
            let Some(key) = field(&provider, "provider_name").and_then(|key| any_text(key, "`provider_name`", drafts))
            else {
                continue;
            };
            let provider_name = ProviderKey::of_kind(ProviderKind::UserPool, provider_key(&key).as_str());
            self.note_user_pool(&provider_name, &name);
            let client_id = field(&provider, "client_id").and_then(|client| any_text(client, "`client_id`", drafts));
            providers.push(IdentityProvider { provider_name, client_id });
        }
        let mut others = Vec::new();
        if let Some(logins) = field(node, "supported_login_providers")
            && shape::expect_map(logins, "`supported_login_providers`", drafts)
        {
            others.extend(drafts.room().entries(logins).iter().map(|entry| ProviderKey::new(entry.name.to_string())));
        }
        for (name, what) in
            [("openid_connect_provider_arns", "an OpenID Connect provider"), ("saml_provider_arns", "a SAML provider")]
        {
            let Some(list) = field(node, name) else { continue };
            if !matches!(list.value, Value::List(_)) {
                drafts.problems.push(shape::wrong_kind(list, &format!("`{name}`"), "a list"));
            }
            others.extend(
                drafts
                    .room()
                    .elements(list)
                    .iter()
                    .filter_map(|arn| any_text(arn, what, drafts))
                    .map(|arn| provider_key(&arn)),
            );
        }
        // Its logins go by one fixed key, whatever the developer called the provider (Q2).
        if field(node, "developer_provider_name").is_some_and(|name| name.as_text() != Some("")) {
            others.push(ProviderKey::new("cognito-identity.amazonaws.com"));
        }
        let draft = drafts.pool(Some(&name));
        draft.pool.id = Some(id.map_or(reference, str::to_owned));
        draft.pool.allow_unauthenticated_identities = guests;
        draft.pool.allow_classic_flow = classic;
        draft.pool.providers = Some(providers);
        draft.pool.other_providers = others;
        draft.places.set(Place::Pool, node.at);
    }

    /// The name of the pool that a resource belongs to.
    fn pool_of(&mut self, found: &Found, drafts: &mut Drafts) -> Option<String> {
        let Some(id) = field(&found.node, "identity_pool_id") else {
            let message = format!("{} has no `identity_pool_id`", text::quoted(&found.address));
            drafts.problems.push(Problem::new("unknown-field", message).at(found.node.at));
            return None;
        };
        let id = any_text(id, "`identity_pool_id`", drafts)?;
        if let Some(name) = self.pools.get(&format!("{}{id}", found.root)) {
            return Some(name.clone());
        }
        let name = id.strip_prefix("${").and_then(|id| id.strip_suffix('}')).filter(|id| !id.contains("${"));
        let name = name.map_or(id.as_str(), |name| name.strip_suffix(".id").unwrap_or(name));
        let full = format!("{}{name}", found.root);
        let draft = drafts.pool(Some(&full));
        draft.pool.id.get_or_insert_with(|| id.clone());
        self.pools.insert(format!("{}{id}", found.root), full.clone());
        Some(full)
    }

    fn attachment(&mut self, found: Found, drafts: &mut Drafts) {
        let Some(pool) = self.pool_of(&found, drafts) else { return };
        let mut node = found.node;
        if let Some((address, at)) = self.attachments.get(&pool).cloned() {
            // They come in the order of their names; the fault shows at the one that is written later.
            let (first, later) =
                if at <= node.at { ((address, at), node.at) } else { ((found.address.clone(), node.at), at) };
            let (address, at) = first;
            let message = format!(
                "{} has two role attachments, of which the one applied last replaces the other; {} on line {} is the other",
                text::quoted(&pool),
                text::quoted(&address),
                at.line()
            );
            drafts.problems.push(Problem::new("two-attachments", message).at(later));
            return;
        }
        self.attachments.insert(pool.clone(), (found.address, node.at));
        drafts.pool(Some(&pool)).places.add(Place::Pool, node.at);
        match field(&node, "roles") {
            Some(roles) if shape::expect_map(roles, "`roles`", drafts) => {
                api::default_roles(roles, Some(&pool), drafts);
            }
            _ => {}
        }
        let mappings = entry_mut(&mut node, "role_mapping").map(Entry::take_value);
        for mapping in known_blocks(mappings, "role mapping", drafts).0 {
            self.mapping(mapping, &pool, drafts);
        }
    }

    fn mapping(&mut self, mut node: Node, pool: &str, drafts: &mut Drafts) {
        let Some(provider) = field(&node, "identity_provider") else {
            let problem = Problem::new("unknown-field", "the role mapping has no `identity_provider`");
            drafts.problems.push(problem.at(node.at));
            return;
        };
        let Some(key) = any_text(provider, "`identity_provider`", drafts).map(|key| provider_key(&key)) else { return };
        self.note_user_pool(&key, pool);
        let mut is_complete = true;
        if let Some(entry) = entry_mut(&mut node, NAMES.rules) {
            let at = entry.value.at;
            let (mut rules, all) = known_blocks(Some(entry.take_value()), "rule", drafts);
            is_complete = all;
            for rule in &mut rules {
                send_as_text(rule, drafts);
            }
            let list = Node { value: Value::list(rules), at };
            entry.value.value = Value::map([Entry { name: entry.name.clone(), at: entry.at, value: list }]);
        }
        let mapping = shape::role_mapping(&node, &key, Some(pool), &NAMES, drafts);
        if let Some(mapping) = mapping.filter(|_| is_complete) {
            drafts.add_mapping(Some(pool), key, mapping, node.at);
        }
    }

    fn tags(&mut self, found: &Found, drafts: &mut Drafts) {
        let Some(pool) = self.pool_of(found, drafts) else { return };
        let node = &found.node;
        let Some(key) = field(node, "identity_provider_name") else {
            let message = format!("{} has no `identity_provider_name`", text::quoted(&found.address));
            drafts.problems.push(Problem::new("unknown-field", message).at(node.at));
            return;
        };
        let Some(key) = any_text(key, "`identity_provider_name`", drafts).map(|key| provider_key(&key)) else { return };
        let problems_before = drafts.problems.len();
        let use_defaults = match field(node, "use_defaults") {
            Some(flag) => known_bool(flag, "`use_defaults`", drafts).unwrap_or_default(),
            // The provider's default (P2b).
            None => true,
        };
        let map = field(node, "principal_tags").filter(|map| shape::expect_map(map, "`principal_tags`", drafts));
        let entries = map.map(|map| drafts.room().entries(map)).unwrap_or_default();
        // What is null is not set.
        let entries = entries.iter().filter(|entry| entry.value.value != Value::Null);
        let tags = shape::tags_of(entries, &key, Some(&pool), drafts);
        if drafts.problems.len() == problems_before {
            self.note_user_pool(&key, &pool);
            drafts.add_tags(Some(&pool), key, PrincipalTagMap { use_defaults, tags }, node.at);
        }
    }

    fn group(&mut self, found: &Found, drafts: &mut Drafts) {
        let node = &found.node;
        let Some(name) = field(node, "name") else {
            let message = format!("{} has no `name`", text::quoted(&found.address));
            drafts.problems.push(Problem::new("unknown-field", message).at(node.at));
            return;
        };
        let Some(name) = known_text(name, "`name` of a group", drafts) else { return };
        let role = field(node, "role_arn").and_then(|role| any_text(role, "`role_arn`", drafts));
        let precedence = match field(node, "precedence") {
            None => None,
            Some(written) => {
                let number = match &written.value {
                    Value::Number(number) => number.parse::<u64>().ok(),
                    Value::Text(text) => text.parse().ok(),
                    _ => None,
                };
                if number.is_none() {
                    drafts.problems.push(shape::wrong_kind(written, "`precedence`", "a whole number of 0 or more"));
                    return;
                }
                number
            }
        };
        let user_pool = field(node, "user_pool_id").and_then(|id| any_text(id, "`user_pool_id`", drafts));
        let user_pool = user_pool.unwrap_or_default();
        let group = Group {
            name,
            role_arn: role.filter(|role| !role.is_empty()).map(RoleArn::from),
            precedence,
            user_pool: Some(&user_pool).filter(|id| !id.is_empty()).map(|id| users_key(id)),
        };
        let role_at = node.entries().iter().find(|entry| entry.name == "role_arn").map(|entry| entry.at);
        for pool in self.pools_with(&user_pool) {
            drafts.add_group(pool.as_deref(), group.clone(), node.at);
            drafts.group_role_at(pool.as_deref(), GroupId::of(&group), role_at);
        }
    }

    fn note_user_pool(&mut self, provider: &ProviderKey, pool: &str) {
        let login = provider.login_key();
        let id = login.strip_prefix("cognito-idp.").and_then(|rest| rest.split_once('/')).map_or(login, |(_, id)| id);
        self.users.entry(owner(id).to_owned()).or_default().insert(pool.to_owned());
    }

    /// The identity pools that mention a user pool; where none does, the one that nobody names.
    fn pools_with(&self, user_pool: &str) -> Vec<Option<String>> {
        match self.users.get(owner(user_pool)) {
            Some(pools) if !user_pool.is_empty() => pools.iter().cloned().map(Some).collect(),
            _ => vec![None],
        }
    }
}

/// What an attribute belongs to: `${aws_cognito_user_pool.main.id}` to `aws_cognito_user_pool.main`. Other texts are their own.
fn owner(text: &str) -> &str {
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    inner.and_then(|inner| inner.rsplit_once('.')).map_or(text, |(owner, _)| owner)
}

/// An entry of a map that is not null.
fn entry_mut<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Entry> {
    let Value::Map(entries) = &mut node.value else { return None };
    entries.iter_mut().find(|entry| entry.name == name && entry.value.value != Value::Null)
}

/// The blocks of a list that are known; for each that is not, a problem, and `false`.
fn known_blocks(list: Option<Node>, what: &str, drafts: &mut Drafts) -> (Vec<Node>, bool) {
    let elements = match list {
        None | Some(Node { value: Value::Null, .. }) => Vec::new(),
        Some(Node { value: Value::List(elements), .. }) => elements.into_vec(),
        Some(other) => vec![other],
    };
    let count = elements.len();
    let known: Vec<Node> = elements
        .into_iter()
        .filter(|element| {
            let Value::Reference(reference) = &element.value else { return true };
            let message = format!("how many {what}s {} gives is not known", text::quoted(&reference.text));
            drafts.problems.push(Problem::unresolved(&message, &reference.missing).at(element.at));
            false
        })
        .collect();
    let is_complete = known.len() == count;
    (known, is_complete)
}

/// A number or boolean as a rule's value is what Terraform sends as text.
fn send_as_text(rule: &mut Node, drafts: &mut Drafts) {
    let Value::Map(entries) = &mut rule.value else { return };
    for entry in entries.iter_mut().filter(|entry| entry.name == NAMES.value) {
        let sent = match &entry.value.value {
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => continue,
        };
        let message =
            format!("`value` is {}; Terraform sends it as the text {}", entry.value.kind(), text::quoted(&sent));
        drafts.notes.push(Problem::new("unquoted-value", message).at(entry.value.at));
        entry.value.value = Value::text(sent);
    }
}

/// A provider's key, with the ways to write one user pool made one: `cognito-idp.${region}.amazonaws.com/${pool.id}` is the pool's
/// `endpoint`.
pub(super) fn provider_key(written: &str) -> ProviderKey {
    ProviderKey::new(by_endpoint(written).unwrap_or_else(|| written.to_owned()))
}

/// The key of a user pool by its id, spelled as [`provider_key`] does.
fn users_key(id: &str) -> ProviderKey {
    if id.contains("${") {
        ProviderKey::of_kind(
            ProviderKind::UserPool,
            provider_key(&format!("cognito-idp.${{region}}.amazonaws.com/{id}")).as_str(),
        )
    } else {
        ProviderKey::of_user_pool(id)
    }
}

fn by_endpoint(written: &str) -> Option<String> {
    let rest = written.strip_prefix("cognito-idp.")?;
    let slash = rest.find("/${")?;
    let (host, path) = rest.split_at_checked(slash)?;
    if !(host.contains(".amazonaws.com") || host.contains("dns_suffix")) {
        return None;
    }
    // A region that AWS does not have must stay to be seen.
    let region = host.split('.').next().unwrap_or_default();
    if regions::is_written_as_one(region) && !regions::is_known(region) {
        return None;
    }
    let path = path.strip_prefix("/${")?;
    let (owner, after) = path.split_once(".id}")?;
    let is_user_pool = owner.contains("aws_cognito_user_pool.") && !owner.contains("${");
    let is_whole = after.is_empty() || after.starts_with(':');
    (is_user_pool && is_whole).then(|| format!("${{{owner}.endpoint}}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_pool_has_one_key_however_it_is_written() {
        for written in [
            "${aws_cognito_user_pool.main.endpoint}:${aws_cognito_user_pool_client.web.id}",
            "cognito-idp.${var.region}.amazonaws.com/${aws_cognito_user_pool.main.id}:${aws_cognito_user_pool_client.web.id}",
            "cognito-idp.eu-west-1.amazonaws.com/${aws_cognito_user_pool.main.id}:${aws_cognito_user_pool_client.web.id}",
            "cognito-idp.${var.region}.${data.aws_partition.current.dns_suffix}/${aws_cognito_user_pool.main.id}:${aws_cognito_user_pool_client.web.id}",
        ] {
            let key = provider_key(written);
            assert_eq!(key.login_key(), "${aws_cognito_user_pool.main.endpoint}", "{written}");
            assert_eq!(key.client(), Some("${aws_cognito_user_pool_client.web.id}"));
        }
        for other in [
            "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A:c",
            "cognito-idp.${var.r}.amazonaws.com/${var.id}:c",
            "cognito-idp.us-central-1.amazonaws.com/${aws_cognito_user_pool.main.id}:c",
            "x",
        ] {
            assert_eq!(provider_key(other).as_str(), other);
        }
    }
}
