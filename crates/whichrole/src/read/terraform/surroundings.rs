//! Roles, user pools, clients and identity providers of Terraform files, plans and states, for lint.

use std::collections::BTreeSet;

use super::resources::{Found, Kind};
use crate::json::JsonLimits;
use crate::read::cloudformation::surroundings::text;
use crate::read::definition::Drafts;
use crate::read::node::{Entry, Node, Value};
use crate::read::policy;
use crate::read::position::Position;
use crate::read::shape::field;
use crate::read::surroundings::{Attribute, Role, RoleName, UserPool, UserPoolClient};

/// Adds what stands around the pools; identity providers come last, when the user pools are known.
pub(super) fn build(found: &[Found], drafts: &mut Drafts) {
    for one in found {
        let node = &one.node;
        let reference = |attribute: &str| format!("${{{}.{attribute}}}", one.address);
        let literal = |name: &str| field(node, name).and_then(Node::as_text).map(str::to_owned);
        let around = &mut drafts.surroundings;
        match one.kind {
            Kind::Role => {
                let trust = field(node, "assume_role_policy");
                let names = [Some(reference("name")), Some(reference("id")), literal("name")];
                around.add_role(Role {
                    label: one.address.clone(),
                    arns: [Some(reference("arn")), literal("arn")].into_iter().flatten().map(Into::into).collect(),
                    names: names.into_iter().flatten().map(Into::into).collect(),
                    name: RoleName::written(literal("name")),
                    trust: trust.and_then(|trust| policy::document(trust, &JsonLimits::CONFIG)),
                    at: node.at,
                });
            }
            Kind::UserPool => around.user_pools.push(UserPool {
                ids: [Some(reference("id")), literal("id")].into_iter().flatten().collect(),
                attributes: schema(node),
                identity_providers: BTreeSet::new(),
                mapped_attributes: BTreeSet::new(),
                at: node.at,
            }),
            Kind::Client => around.clients.push(UserPoolClient {
                ids: [Some(reference("id")), literal("id")].into_iter().flatten().collect(),
                user_pool: field(node, "user_pool_id").and_then(text),
                write_attributes: UserPoolClient::writes(field(node, "write_attributes")),
                at: node.at,
            }),
            _ => {}
        }
    }
    for one in found.iter().filter(|one| one.kind == Kind::UsersProvider) {
        let pool = field(&one.node, "user_pool_id").and_then(text).unwrap_or_default();
        let name = field(&one.node, "provider_name").and_then(Node::as_text);
        let mapped = field(&one.node, "attribute_mapping").map(Node::entries).unwrap_or_default();
        for known in drafts.surroundings.user_pools.iter_mut().filter(|known| known.ids.contains(&pool)) {
            known.identity_providers.extend(name.map(str::to_owned));
            known.mapped_attributes.extend(mapped.iter().map(|entry| entry.name.to_string()));
        }
    }
}

/// The attributes of the `schema` blocks. One that does not say whether it can change cannot.
fn schema(node: &Node) -> Option<Vec<Attribute>> {
    let Some(blocks) = field(node, "schema") else { return Some(Vec::new()) };
    blocks
        .elements()
        .iter()
        .map(|block| {
            let mutable = match block.get("mutable").map(|flag| &flag.value) {
                None | Some(Value::Null) => Some(false),
                Some(Value::Bool(flag)) => Some(*flag),
                Some(_) => None,
            };
            Some(Attribute::of_schema(block.get("name")?.as_text()?, mutable))
        })
        .collect()
}

/// The policy that an `aws_iam_policy_document` stands for; `None` where it takes parts from elsewhere.
pub(super) fn policy_document(node: &Node) -> Option<Node> {
    let others = ["source_policy_documents", "override_policy_documents", "source_json", "override_json"];
    if others.iter().any(|name| field(node, name).is_some()) {
        return None;
    }
    let statements = field(node, "statement")?;
    let list = statements.elements().iter().map(statement).collect::<Option<Vec<Node>>>()?;
    let list = Node { value: Value::list(list), at: statements.at };
    Some(map(node.at, vec![entry("Statement", node.at, list)]))
}

fn statement(block: &Node) -> Option<Node> {
    if !block.is_map() {
        return None;
    }
    let at = block.at;
    let mut entries = Vec::new();
    if field(block, "effect").is_none() {
        entries.push(entry("Effect", at, Node { value: Value::text("Allow"), at }));
    }
    for (name, aws) in [("effect", "Effect"), ("actions", "Action"), ("not_actions", "NotAction")] {
        if let Some(value) = field(block, name) {
            entries.push(entry(aws, value.at, value.clone()));
        }
    }
    for (name, aws) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        let Some(blocks) = field(block, name) else { continue };
        let mut principals = Vec::new();
        for principal in blocks.elements() {
            let (kind, names) = (field(principal, "type")?, field(principal, "identifiers")?);
            principals.push(entry(kind.as_text()?, principal.at, names.clone()));
        }
        // `type = "*"` is everybody.
        let everybody = principals.iter().any(|principal| principal.name == "*");
        let first = blocks.elements().first().map_or(blocks.at, |first| first.at);
        let value = if everybody { Node { value: Value::text("*"), at: first } } else { map(first, principals) };
        entries.push(entry(aws, first, value));
    }
    if let Some(conditions) = field(block, "condition") {
        let mut operators = Vec::new();
        for condition in conditions.elements() {
            let (test, variable) = (field(condition, "test")?, field(condition, "variable")?);
            let key = entry(variable.as_text()?, variable.at, field(condition, "values")?.clone());
            operators.push(entry(test.as_text()?, condition.at, map(condition.at, vec![key])));
        }
        let first = conditions.elements().first().map_or(conditions.at, |first| first.at);
        entries.push(entry("Condition", first, map(first, operators)));
    }
    Some(map(at, entries))
}

fn map(at: Position, entries: Vec<Entry>) -> Node {
    Node { value: Value::map(entries), at }
}

fn entry(name: &str, at: Position, value: Node) -> Entry {
    Entry { name: name.into(), at, value }
}
