//! What the files say about a pool's roles and app clients: who may assume a role, and which attributes users may change themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::eval::{AFTER_APPLY, Evaluator, Scope};
use super::value::{Data, Unknown, Val};
use crate::json::JsonLimits;
use crate::pool::RoleArn;
use crate::read::definition::{Definition, Drafts, Place};
use crate::read::node::{self, Entry, Node, Position, Reference, Value};

/// The resources that are looked up here, and the attribute by which pools refer to them.
pub(super) const ROLE: (&str, &str) = ("aws_iam_role", ".arn");
pub(super) const CLIENT: (&str, &str) = ("aws_cognito_user_pool_client", ".id");

/// Policies and lists of attributes, by what pools call their role or client.
#[derive(Default)]
pub(super) struct Surroundings {
    pub trust: BTreeMap<String, Node>,
    /// An attribute list that is empty is one that is not given: that is how the provider sends it.
    pub clients: BTreeMap<String, (Position, Vec<String>)>,
}

impl Surroundings {
    /// Adds to every pool what belongs to it.
    pub(super) fn add_to(&self, drafts: &mut Drafts) {
        for definition in drafts.all_named() {
            for role in roles(definition) {
                if let Some(policy) = self.trust.get(role.as_str()) {
                    definition.trust.insert(role, policy.clone());
                }
            }
            for id in clients(definition) {
                if let Some((at, names)) = self.clients.get(&id) {
                    definition.places.insert(Place::Client(id.clone()), *at);
                    definition.write_attributes.insert(id, Some(names.clone()).filter(|names| !names.is_empty()));
                }
            }
        }
    }
}

fn roles(definition: &Definition) -> BTreeSet<RoleArn> {
    definition.roles().cloned().collect()
}

fn clients(definition: &Definition) -> BTreeSet<String> {
    let listed = definition.pool.providers.iter().flatten().filter_map(|provider| provider.client_id.as_deref());
    let mapped = definition.pool.role_mappings.keys().filter_map(|key| key.client());
    listed.chain(mapped).map(str::to_owned).collect()
}

/// The roles and clients that modules declare, by address without key: the module's number and the address inside it.
pub(super) type Addresses = BTreeMap<String, (usize, String)>;

/// Evaluates the policies and lists of those roles and clients that pools refer to.
pub(super) fn of_modules(addresses: &Addresses, evaluator: &mut Evaluator<'_>, drafts: &mut Drafts) -> Surroundings {
    let mut named_roles = BTreeSet::new();
    let mut named_clients = BTreeSet::new();
    for definition in drafts.all_named() {
        named_roles.extend(roles(definition));
        named_clients.extend(clients(definition));
    }
    let mut surroundings = Surroundings::default();
    for role in named_roles {
        let found = attribute(role.as_str(), ROLE, "assume_role_policy", addresses, evaluator);
        if let Some(policy) = found.and_then(|(instance, value)| policy(&value, instance, evaluator)) {
            surroundings.trust.insert(role.0, policy);
        }
    }
    for client in named_clients {
        let Some((_, value)) = attribute(&client, CLIENT, "write_attributes", addresses, evaluator) else { continue };
        let names = match &value.data {
            Data::List(names) | Data::Set(names) => {
                names.iter().map(|name| name.to_text().map(|name| name.to_string())).collect::<Option<Vec<_>>>()
            }
            Data::Null => Some(Vec::new()),
            _ => None,
        };
        // A list that is not known says nothing.
        if let Some(names) = names {
            surroundings.clients.insert(client, (value.at, names));
        }
    }
    surroundings
}

/// The value of an attribute of what a text refers to, with the module it is in; null where it is not written.
fn attribute(
    text: &str,
    (kind, ending): (&str, &str),
    name: &str,
    addresses: &Addresses,
    evaluator: &mut Evaluator<'_>,
) -> Option<(usize, Val)> {
    let full = text.strip_prefix("${")?.strip_suffix('}')?.strip_suffix(ending)?;
    let (base, key) = match full.strip_suffix(']').filter(|_| !addresses.contains_key(full)) {
        Some(indexed) => {
            let (base, key) = indexed.rsplit_once('[')?;
            (base, Some(key))
        }
        None => (full, None),
    };
    let (instance, address) = addresses.get(base)?;
    let declared = evaluator.module(*instance)?.resources.get(address)?;
    if declared.kind != kind {
        return None;
    }
    let Some(written) = declared.attribute(name) else {
        return Some((*instance, Val::new(declared.at, Data::Null)));
    };
    let at = written.value.at.of(written.source);
    let key = key.map(|key| match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
        Some(text) => Val::text(at, text),
        None => Val::new(at, Data::Number(key.into())),
    });
    let resource = Rc::new(Unknown::new(full, AFTER_APPLY));
    let value = evaluator.resource_attribute(*instance, address, key.as_ref(), name, &resource, at);
    // What depends on other values shows where the attribute is written.
    Some((*instance, Val { at, ..value }))
}

/// A policy from its JSON text, or from the policy document that it refers to.
fn policy(value: &Val, instance: usize, evaluator: &mut Evaluator<'_>) -> Option<Node> {
    match &value.data {
        Data::Text(text) => from_text(text, value.at),
        Data::Unknown(unknown) if unknown.is_template => from_text(&unknown.text, value.at),
        Data::Unknown(unknown) => {
            let address = unknown.text.strip_suffix(".json")?;
            let start = address.find("data.aws_iam_policy_document.")?;
            let (prefix, address) = address.split_at_checked(start)?;
            // Documents of other modules have been passed through variables; only those of this one are followed.
            (prefix == evaluator.prefix(instance)).then(|| document(address, instance, evaluator))?
        }
        _ => None,
    }
}

/// Reads JSON text; a string with `${…}` in it is a reference.
pub(super) fn from_text(text: &str, at: Position) -> Option<Node> {
    let limits = JsonLimits { bytes: 1024 * 1024, members: 100_000, ..JsonLimits::CLAIMS };
    node::from_json(text, at.source, &limits).ok().map(|node| placed(node, at))
}

fn placed(node: Node, at: Position) -> Node {
    let value = match node.value {
        Value::Text(text) if text.contains("${") => {
            Value::Reference(Reference { text, missing: AFTER_APPLY.to_owned() })
        }
        Value::List(elements) => Value::List(elements.into_iter().map(|element| placed(element, at)).collect()),
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|entry| Entry { at, value: placed(entry.value, at), ..entry });
            Value::Map(entries.collect())
        }
        other => other,
    };
    Node { value, at }
}

/// An `aws_iam_policy_document` as the policy that it makes.
fn document(address: &str, instance: usize, evaluator: &mut Evaluator<'_>) -> Option<Node> {
    let declared = evaluator.module(instance)?.resources.get(address)?;
    // Documents put together from others are not followed.
    if ["source_json", "override_json", "source_policy_documents", "override_policy_documents"]
        .iter()
        .any(|name| declared.attribute(name).is_some())
    {
        return None;
    }
    let blocks: Vec<_> = declared.blocks().filter(|(_, block)| super::module::named(block) == "statement").collect();
    let scope = Scope { instance, source: declared.at.source, names: None };
    let written = evaluator.block_entries(&blocks, scope);
    let at = declared.at;
    let statements: Option<Vec<Node>> =
        written.iter().flat_map(|entry| entry.value.elements()).map(statement).collect();
    let entries = vec![entry("Statement", Node { value: Value::List(statements?), at })];
    Some(Node { value: Value::Map(entries), at })
}

/// One `statement` block; `None` where nobody can count its parts.
fn statement(block: &Node) -> Option<Node> {
    if !block.is_map() {
        return None;
    }
    let at = block.at;
    let mut entries = Vec::new();
    let effect = block.get("effect").cloned().unwrap_or(Node { value: Value::Text("Allow".into()), at });
    entries.push(entry("Effect", effect));
    for (written, name) in [("actions", "Action"), ("not_actions", "NotAction")] {
        entries.extend(block.get(written).map(|list| entry(name, list.clone())));
    }
    for (written, name) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        let Some(blocks) = block.get(written) else { continue };
        let mut principals: Vec<Entry> = Vec::new();
        for principal in blocks.elements() {
            let kind = principal.get("type")?.as_text()?.to_owned();
            let mut identifiers = principal.get("identifiers")?.elements().to_vec();
            match principals.iter_mut().find(|known| known.name == kind) {
                Some(Entry { value: Node { value: Value::List(known), .. }, .. }) => known.append(&mut identifiers),
                _ => principals.push(entry(&kind, Node { value: Value::List(identifiers), at: principal.at })),
            }
        }
        entries.push(entry(name, Node { value: Value::Map(principals), at: blocks.at }));
    }
    if let Some(blocks) = block.get("condition") {
        let mut tests: Vec<Entry> = Vec::new();
        for condition in blocks.elements() {
            let (test, variable) = (condition.get("test")?.as_text()?, condition.get("variable")?.as_text()?);
            let values = condition.get("values")?.clone();
            let variable = entry(variable, values);
            match tests.iter_mut().find(|known| known.name == test) {
                Some(Entry { value: Node { value: Value::Map(known), .. }, .. }) => known.push(variable),
                _ => tests.push(entry(test, Node { value: Value::Map(vec![variable]), at: condition.at })),
            }
        }
        entries.push(entry("Condition", Node { value: Value::Map(tests), at: blocks.at }));
    }
    Some(Node { value: Value::Map(entries), at })
}

fn entry(name: &str, value: Node) -> Entry {
    Entry { name: name.to_owned(), at: value.at, value }
}
