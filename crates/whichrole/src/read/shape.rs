//! The shapes that the API, CloudFormation and other readers share: role mappings, rules, tag maps. A reader brings a tree whose
//! references are already [`Value::Reference`]s.

use std::collections::BTreeMap;

use super::definition::Drafts;
use super::node::{Entry, Node, Reference, Value};
use super::places::Place;
use super::problem::Problem;
use crate::pool::{AmbiguousRoleResolution, MappingRule, MatchType, RoleArn, RoleMapping, RoleMappingType};
use crate::provider::ProviderKey;
use crate::text;

/// The names that a format gives to the fields of mappings and rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub kind: &'static str,
    pub resolution: &'static str,
    pub configuration: &'static str,
    pub rules: &'static str,
    pub claim: &'static str,
    pub match_type: &'static str,
    pub value: &'static str,
    pub role: &'static str,
    /// A field of the mapping that names the provider, where the format has one.
    pub provider: Option<&'static str>,
}

/// The API's names.
pub(crate) const API: Names = Names {
    kind: "Type",
    resolution: "AmbiguousRoleResolution",
    configuration: "RulesConfiguration",
    rules: "Rules",
    claim: "Claim",
    match_type: "MatchType",
    value: "Value",
    role: "RoleARN",
    provider: None,
};

/// Reads one role mapping; what is wrong goes to the drafts' problems. `key` is the provider's, for places.
pub(crate) fn role_mapping(
    node: &Node,
    key: &ProviderKey,
    pool: Option<&str>,
    names: &Names,
    drafts: &mut Drafts,
) -> Option<RoleMapping> {
    let problems_before = drafts.problems.len();
    if !expect_map(node, "a role mapping", drafts) || !drafts.room().take(1, Some(node.at)) {
        return None;
    }
    let mut known = vec![names.kind, names.resolution, names.configuration];
    known.extend(names.provider);
    check_fields(node, "role mapping", &known, drafts);

    let kind = field(node, names.kind);
    if kind.is_none() {
        drafts.problems.push(
            Problem::new("unknown-mapping-type", format!("the role mapping has no `{}`", names.kind)).at(node.at),
        );
    }
    let is_rules = kind.and_then(|kind| {
        choice(kind, "mapping type", "unknown-mapping-type", &["Token", "Rules"], drafts).map(|index| index == 1)
    });
    let resolution = field(node, names.resolution).and_then(|written| {
        let index =
            choice(written, "role resolution", "unknown-role-resolution", &["AuthenticatedRole", "Deny"], drafts)?;
        AmbiguousRoleResolution::ALL.get(index).copied()
    });
    let rules = match field(node, names.configuration) {
        Some(configuration) if expect_map(configuration, &format!("`{}`", names.configuration), drafts) => {
            check_fields(configuration, "rules configuration", &[names.rules], drafts);
            match field(configuration, names.rules) {
                Some(list) => rules(list, key, pool, names, drafts),
                None => Vec::new(),
            }
        }
        _ => Vec::new(),
    };
    note_places(node, key, pool, names, drafts);
    if drafts.problems.len() > problems_before {
        return None;
    }
    let mapping_type = if is_rules? { RoleMappingType::Rules(rules) } else { RoleMappingType::Token };
    Some(RoleMapping { mapping_type, ambiguous_role_resolution: resolution })
}

fn note_places(node: &Node, key: &ProviderKey, pool: Option<&str>, names: &Names, drafts: &mut Drafts) {
    let places = &mut drafts.pool(pool).places;
    places.add(Place::Mapping(key.clone()), node.at);
    for (field, name) in
        [(names.kind, API.kind), (names.resolution, API.resolution), (names.configuration, API.configuration)]
    {
        if let Some(entry) = node.entries().iter().find(|entry| entry.name == field) {
            // In YAML a map begins at its first entry, which is another line.
            let at = if entry.value.is_map() { entry.at } else { entry.value.at };
            places.add(Place::MappingField(key.clone(), name), at);
        }
    }
}

/// Reads a list of rules, in order.
pub(crate) fn rules(
    list: &Node,
    key: &ProviderKey,
    pool: Option<&str>,
    names: &Names,
    drafts: &mut Drafts,
) -> Vec<MappingRule> {
    if !matches!(list.value, Value::List(_)) {
        drafts.problems.push(wrong_kind(list, &format!("`{}`", names.rules), "a list"));
        return Vec::new();
    }
    let mut rules = Vec::new();
    for (n, node) in drafts.room().elements(list).iter().enumerate() {
        rules.extend(rule(node, n + 1, key, pool, names, drafts));
        if drafts.has_many_problems() {
            break;
        }
    }
    rules
}

fn rule(
    node: &Node,
    number: usize,
    key: &ProviderKey,
    pool: Option<&str>,
    names: &Names,
    drafts: &mut Drafts,
) -> Option<MappingRule> {
    if !expect_map(node, "a rule", drafts) {
        return None;
    }
    let fields = [names.claim, names.match_type, names.value, names.role];
    check_fields(node, "rule", &fields, drafts);
    let places = &mut drafts.pool(pool).places;
    places.add(Place::Rule(key.clone(), number), node.at);
    for (field, name) in fields.iter().zip([API.claim, API.match_type, API.value, API.role]) {
        if let Some(value) = node.get(field) {
            places.add(Place::RuleField(key.clone(), number, name), value.at);
        }
    }
    let mut required = |name: &'static str| {
        let found = field(node, name);
        match node.get(name) {
            Some(null) if found.is_none() => drafts.problems.push(wrong_kind(null, &format!("`{name}`"), "a string")),
            None => drafts
                .problems
                .push(Problem::new("unknown-field", format!("rule {number} has no `{name}`")).at(node.at)),
            Some(_) => {}
        }
        found
    };
    let (claim, match_type, value, role) =
        (required(names.claim), required(names.match_type), required(names.value), required(names.role));
    let claim = claim.and_then(|node| known_text(node, &format!("`{}`", names.claim), drafts));
    let match_type = match_type.and_then(|node| {
        let index = choice(node, "match type", "unknown-match-type", &MatchType::ALL.map(MatchType::name), drafts)?;
        MatchType::ALL.get(index).copied()
    });
    let value = value.and_then(|node| known_text(node, &format!("`{}`", names.value), drafts));
    let role = role.and_then(|node| any_text(node, &format!("`{}`", names.role), drafts));
    let (claim, match_type, value, role) = (claim?, match_type?, value?, role?);
    let texts = [&claim, &value, &role, key.as_str(), pool.unwrap_or_default()];
    drafts.room().take_text(&texts, node.at).then_some(MappingRule {
        claim,
        match_type,
        value,
        role_arn: RoleArn::from(role),
    })
}

/// Reads the tags of a principal-tag map.
pub(crate) fn tags(map: &Node, key: &ProviderKey, pool: Option<&str>, drafts: &mut Drafts) -> BTreeMap<String, String> {
    tags_of(drafts.room().entries(map), key, pool, drafts)
}

/// The same of entries that there is room for.
pub(crate) fn tags_of<'n>(
    entries: impl IntoIterator<Item = &'n Entry>,
    key: &ProviderKey,
    pool: Option<&str>,
    drafts: &mut Drafts,
) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for entry in entries {
        if let Some(claim) = known_text(&entry.value, "the claim of a principal tag", drafts)
            && drafts.room().take_text(&[&entry.name, &claim, key.as_str(), pool.unwrap_or_default()], entry.at)
        {
            drafts.pool(pool).places.set(Place::Tag(key.clone(), entry.name.to_string()), entry.at);
            tags.insert(entry.name.to_string(), claim);
        }
    }
    tags
}

/// A field that is there and not null.
pub(crate) fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.get(name).filter(|value| value.value != Value::Null)
}

/// Reports every field that is none of `known`, and every one given twice.
pub(crate) fn check_fields(node: &Node, what: &str, known: &[&str], drafts: &mut Drafts) {
    for entry in node.entries() {
        if drafts.has_many_problems() {
            break;
        }
        if !known.contains(&entry.name.as_str()) {
            let problem =
                Problem::unknown("unknown-field", &format!("field of a {what}:"), &entry.name, known.iter().copied());
            drafts.problems.push(problem.at(entry.at));
        }
    }
}

/// Reports every misspelt member. AWS may add others any time; those are notes.
pub(crate) fn check_members(node: &Node, what: &str, known: &[&str], drafts: &mut Drafts) {
    for entry in node.entries().iter().filter(|entry| !known.contains(&entry.name.as_str())) {
        if drafts.has_many_problems() {
            break;
        }
        let name = text::quoted(&entry.name);
        if let Some(near) = text::nearest(&entry.name, known.iter().copied()) {
            let message = format!("unknown field of {what}: {name}, did you mean {}?", text::quoted(near));
            drafts.problems.push(Problem::new("unknown-field", message).at(entry.at));
        } else {
            let message = format!("{name} of {what} was passed over");
            drafts.note(Problem::new("not-recognised", message).at(entry.at));
        }
    }
}

/// A text that must be known now: a claim, an operator, a value.
pub(crate) fn known_text(node: &Node, what: &str, drafts: &mut Drafts) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.to_string()),
        Value::Reference(reference) => {
            drafts.problems.push(not_known(node, what, reference));
            None
        }
        _ => {
            drafts.problems.push(wrong_kind(node, what, "a string"));
            None
        }
    }
}

/// One pool, two attachments of roles, by their names.
pub(crate) fn two_attachments(earlier: &str, later: &str) -> Problem {
    let message = format!(
        "the pool has two attachments, {} and {}; the one deployed last replaces the other",
        text::quoted(earlier),
        text::quoted(later)
    );
    Problem::new("two-attachments", message)
}

/// A value that would have to be known and is not.
pub(crate) fn not_known(node: &Node, what: &str, reference: &Reference) -> Problem {
    let message = format!("{what} is {}, which is not known here", text::quoted(&reference.text));
    Problem::unresolved(&message, &reference.missing).at(node.at)
}

/// Reads the flags of a pool, each with what it is called. Whether guests are allowed decides their answer, so it is kept why that is not
/// known; the classic flow has no part in any.
pub(crate) fn pool_flags(
    guests: (Option<&Node>, &str),
    classic_flow: (Option<&Node>, &str),
    pool: Option<&str>,
    drafts: &mut Drafts,
) {
    if let Some(allowed) = guests_flag(guests, pool, drafts) {
        drafts.pool(pool).pool.allow_unauthenticated_identities = Some(allowed);
    }
    match flag(classic_flow, drafts) {
        Ok(open @ Some(_)) => drafts.pool(pool).pool.allow_classic_flow = open,
        Ok(None) => {}
        Err(note) => drafts.notes.push(note),
    }
}

/// Whether guests are allowed. What is not known is no fault of the file: it leaves open what guests get, and nothing else.
pub(crate) fn guests_flag(
    (node, what): (Option<&Node>, &str),
    pool: Option<&str>,
    drafts: &mut Drafts,
) -> Option<bool> {
    match (flag((node, what), drafts), node.map(|node| &node.value)) {
        (Err(why), Some(Value::Reference(reference))) => {
            drafts.leave_guests_open(pool, &reference.text, why);
            None
        }
        (flag, _) => flag.ok().flatten(),
    }
}

/// A flag that is given, or what to say of one that is not known.
fn flag((node, what): (Option<&Node>, &str), drafts: &mut Drafts) -> Result<Option<bool>, Problem> {
    let Some(node) = node else { return Ok(None) };
    match &node.value {
        Value::Reference(reference) => Err(not_known(node, what, reference)),
        _ => Ok(known_bool(node, what, drafts)),
    }
}

/// A text that may be a reference: a role, a provider.
pub(crate) fn any_text(node: &Node, what: &str, drafts: &mut Drafts) -> Option<String> {
    let text = node.as_written();
    if text.is_none() {
        drafts.problems.push(wrong_kind(node, what, "a string"));
    }
    text.map(str::to_owned)
}

/// A boolean that must be known now.
pub(crate) fn known_bool(node: &Node, what: &str, drafts: &mut Drafts) -> Option<bool> {
    match (&node.value, node.as_text()) {
        (Value::Bool(value), _) => Some(*value),
        (_, Some("true" | "True")) => Some(true),
        (_, Some("false" | "False")) => Some(false),
        _ => {
            drafts.problems.push(wrong_kind(node, what, "true or false"));
            None
        }
    }
}

/// One of several words, by its number.
fn choice(node: &Node, what: &str, code: &'static str, words: &[&str], drafts: &mut Drafts) -> Option<usize> {
    if !matches!(node.value, Value::Text(_) | Value::Reference(_)) {
        let message = format!("{what} is {}, expected {}", node.kind(), text::alternatives(words.iter().copied()));
        drafts.problems.push(Problem::new(code, message).at(node.at));
        return None;
    }
    let written = known_text(node, what, drafts)?;
    let found = words.iter().position(|word| *word == written);
    if found.is_none() {
        drafts.problems.push(Problem::unknown(code, what, &written, words.iter().copied()).at(node.at));
    }
    found
}

pub(crate) fn expect_map(node: &Node, what: &str, drafts: &mut Drafts) -> bool {
    let is_map = node.is_map();
    if !is_map {
        drafts.problems.push(wrong_kind(node, what, "a map"));
    }
    is_map
}

pub(crate) fn expect_list(node: &Node, what: &str, drafts: &mut Drafts) -> bool {
    let is_list = matches!(node.value, Value::List(_));
    if !is_list {
        drafts.problems.push(wrong_kind(node, what, "a list"));
    }
    is_list
}

pub(crate) fn wrong_kind(node: &Node, what: &str, expected: &str) -> Problem {
    let message = format!("{what} is {}, expected {expected}", node.kind());
    let hint = match &node.value {
        Value::Reference(reference) => return Problem::unresolved(&message, &reference.missing).at(node.at),
        Value::Unquoted(_) | Value::Number(_) | Value::Bool(_) if expected == "a string" => {
            "; quote this value".to_owned()
        }
        Value::Null if expected == "a string" => "; quote this value if its text is meant".to_owned(),
        _ => String::new(),
    };
    Problem::new("unreadable", format!("{message}{hint}")).at(node.at)
}
