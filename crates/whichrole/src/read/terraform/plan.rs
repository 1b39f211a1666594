//! Plans and states: what `terraform show -json` prints, and `terraform.tfstate` itself.
//!
//! A plan leaves out what is known only after apply. The plan's own copy of the configuration then tells which reference stands
//! there, but only for blocks that are written out: `dynamic` ones are missing from it. Role mappings are a set, so a planned one is
//! paired with a written one only where no other fits.

use std::collections::BTreeMap;

use super::elsewhere::{Maker, Unread};
use super::resources::{self, Found, Kind};
use super::runs;
use super::surroundings;
use super::written::{Configuration, Written, embed, is_complete, pair};
use crate::read::definition::Drafts;
use crate::read::node::{Entry, Node, Value};
use crate::read::position::Position;
use crate::read::problem::Problem;

const MISSING: &str =
    "it is known only after apply: read the Terraform files instead of the plan, or the state after applying";

/// Whether a tree is a plan or a state.
pub(in crate::read) fn recognises(node: &Node) -> bool {
    let is_shown = node.get("format_version").is_some()
        && ["planned_values", "values", "terraform_version"].iter().any(|name| node.get(name).is_some());
    let is_raw = matches!(node.get("version").map(|version| &version.value), Some(Value::Number(_)))
        && node.get("terraform_version").is_some()
        && (node.get("resources").is_some() || node.get("modules").is_some());
    is_shown || is_raw
}

/// Reads one plan or state.
pub(in crate::read) fn read(mut node: Node, drafts: &mut Drafts) {
    let mut found = Vec::new();
    let mut unread = Vec::new();
    if node.get("format_version").is_some() {
        let plan = Plan {
            changes: node
                .get("resource_changes")
                .into_iter()
                .flat_map(Node::elements)
                .filter(|change| change.get("deposed").is_none())
                .filter_map(|change| Some((change.get("address")?.as_text()?, change.get("change")?)))
                .collect(),
            written: Configuration::of(&node),
        };
        let values = node.get("planned_values").or(node.get("values"));
        if let Some(root) = values.and_then(|values| values.get("root_module")) {
            plan.module(root, &mut found, &mut unread, drafts);
        }
    } else {
        raw_state(&mut node, &mut found, &mut unread, drafts);
    }
    let decides = found.iter().any(|one| one.kind.decides());
    if !decides && drafts.problems.is_empty() && drafts.is_empty() {
        let message = "no identity pool, role attachment or group is in this plan or state";
        drafts.problems.push(Problem::new("no-configuration", message).at(node.at));
    }
    name_the_only_pool(&mut found);
    surroundings::build(&found, drafts);
    resources::build(found, &unread, drafts);
}

/// Where a plan does not say which pool something belongs to, and there is only one, it is that one.
fn name_the_only_pool(found: &mut [Found]) {
    let mut pools = found.iter().filter(|one| one.kind == Kind::Pool).map(|one| one.address.clone());
    let (Some(pool), None) = (pools.next(), pools.next()) else { return };
    for one in found {
        let unnamed = format!("${{{}.identity_pool_id}}", one.address);
        if let Value::Map(entries) = &mut one.node.value
            && let Some(entry) = entries.iter_mut().find(|entry| entry.name == "identity_pool_id")
            && let Value::Reference(reference) = &mut entry.value.value
            && reference.text == unnamed
        {
            reference.text = format!("${{{pool}.id}}");
        }
    }
}

/// `terraform.tfstate`, in which everything is known.
fn raw_state(node: &mut Node, found: &mut Vec<Found>, unread: &mut Vec<Unread>, drafts: &mut Drafts) {
    let version = node.get("version").map_or(node.at, |version| version.at);
    if !matches!(node.get("version").map(|version| &version.value), Some(Value::Number(version)) if &**version == "4") {
        let message = "only states of version 4 are read, which Terraform writes since 0.12";
        drafts.problems.push(Problem::new("unreadable", message).at(version));
        return;
    }
    for mut resource in elements(node.take("resources")) {
        let instances = resource.take("instances");
        let text = |name: &str| resource.get(name).and_then(Node::as_text);
        let (Some("managed"), Some(kind), Some(name)) = (text("mode"), text("type"), text("name")) else { continue };
        let module = text("module").map_or(String::new(), |module| format!("{module}."));
        let Some(kind) = Kind::of(kind) else {
            if let Some(maker) = Maker::of(kind) {
                let name = format!("{module}{kind}.{name}");
                let attributes = elements(instances).into_iter().filter_map(|mut one| one.take("attributes"));
                unread.extend(
                    attributes
                        .map(|values| Unread::planned(name.clone(), maker.clone(), &values, resource.at, Vec::new())),
                );
            }
            continue;
        };
        for mut instance in elements(instances) {
            let (Some(attributes), None) = (instance.take("attributes"), instance.get("deposed")) else { continue };
            let key = match instance.get("index_key").map(|key| &key.value) {
                Some(Value::Number(number)) => format!("[{number}]"),
                Some(Value::Text(text)) => {
                    let mut key = String::from("[");
                    crate::json::write_string(text, &mut key);
                    key + "]"
                }
                _ => String::new(),
            };
            let address = format!("{module}{}.{name}{key}", kind.name());
            found.push(Found { root: String::new(), kind, address, node: without_empty(attributes) });
        }
    }
}

struct Plan<'n> {
    /// The change of each resource, by address; none in a state.
    changes: BTreeMap<&'n str, &'n Node>,
    written: Configuration<'n>,
}

impl<'n> Plan<'n> {
    fn module(&self, module: &'n Node, found: &mut Vec<Found>, unread: &mut Vec<Unread>, drafts: &mut Drafts) {
        for resource in module.get("resources").into_iter().flat_map(Node::elements) {
            let text = |name: &str| resource.get(name).and_then(Node::as_text);
            // What was replaced and is yet to be destroyed decides nothing.
            if text("deposed_key").is_some() {
                continue;
            }
            let (Some("managed"), Some(kind), Some(name), Some(address)) =
                (text("mode"), text("type"), text("name"), text("address"))
            else {
                continue;
            };
            let Some(values) = resource.get("values") else { continue };
            if let Some(maker) = Maker::of(kind) {
                let written = self.written.find(address, kind, name);
                // The configuration of a plan says what a resource runs, and what it is given that is known only after apply.
                let runs = written.as_ref().is_none_or(|written| runs::runs_as_written(kind, written));
                let references = written.map(|written| written.all_references()).unwrap_or_default();
                let one = Unread::planned(address.to_owned(), maker, values, resource.at, references);
                unread.extend(runs.then_some(one));
            }
            let Some(kind) = Kind::of(kind) else { continue };
            let unknown = self.changes.get(address).and_then(|change| change.get("after_unknown"));
            let written = self.written.find(address, kind.name(), name);
            let mut naming = Naming { written, address, notes: &mut drafts.notes };
            let node = naming.resource(values, unknown, kind);
            found.push(Found { root: String::new(), kind, address: address.to_owned(), node });
        }
        for child in module.get("child_modules").into_iter().flat_map(Node::elements) {
            self.module(child, found, unread, drafts);
        }
    }
}

/// Gives names to what one resource leaves unknown.
struct Naming<'p, 'n> {
    written: Option<Written<'p, 'n>>,
    address: &'p str,
    notes: &'p mut Vec<Problem>,
}

impl<'n> Naming<'_, 'n> {
    fn resource(&mut self, values: &Node, unknown: Option<&Node>, kind: Kind) -> Node {
        let mut entries: Vec<Entry> = values.entries().to_vec();
        for name in kind.arguments() {
            let Some(unknown) = unknown.and_then(|unknown| unknown.get(name)) else { continue };
            let expression = self.written.as_ref().and_then(|written| written.expressions.get(name));
            let known = values.get(name);
            let at = known.map_or(values.at, |known| known.at);
            let value = match &unknown.value {
                Value::Bool(true) if name.ends_with("_arns") => self.all_of(expression, name, at),
                Value::Bool(true) => {
                    let place = format!("{}.{name}", self.address);
                    self.reference(expression, &place, at)
                }
                Value::Map(members) if !members.is_empty() => self.members(known, members, expression, name, at),
                _ => continue,
            };
            set(&mut entries, name, value);
        }
        for name in kind.blocks() {
            let unknown = unknown.and_then(|unknown| unknown.get(name));
            if let Some(Value::Bool(true)) = unknown.map(|unknown| &unknown.value) {
                let text = format!("${{{}.{name}}}", self.address);
                let value = Value::list([not_known(text, values.at)]);
                set(&mut entries, name, Node { value, at: values.at });
            } else if let Some(planned) = values.get(name) {
                let value = Node { value: Value::list(self.blocks(planned, unknown, name)), at: planned.at };
                set(&mut entries, name, value);
            }
        }
        Node { value: Value::map(entries), at: values.at }
    }

    /// A map of which some members are not known. One reference for one member is its name; more cannot be told apart.
    fn members(
        &mut self,
        known: Option<&Node>,
        unknown: &[Entry],
        expression: Option<&Node>,
        name: &str,
        at: Position,
    ) -> Node {
        let mut entries: Vec<Entry> = known.map(Node::entries).unwrap_or_default().to_vec();
        let missing: Vec<&Entry> = unknown.iter().filter(|member| member.value.as_bool() == Some(true)).collect();
        for member in &missing {
            let mut place = format!("{}.{name}[", self.address);
            crate::json::write_string(&member.name, &mut place);
            place.push(']');
            let expression = expression.filter(|_| missing.len() == 1);
            let value = self.reference(expression, &place, at);
            set(&mut entries, &member.name, value);
        }
        if missing.len() > 1 {
            let message = format!(
                "the plan does not say which reference belongs to which of `{name}`; they are named by their place: read the Terraform files to see them by name"
            );
            self.notes.push(Problem::new("unnamed-role", message).at(at));
        }
        Node { value: Value::map(entries), at }
    }

    /// A list of which nothing is known but what it refers to.
    fn all_of(&self, expression: Option<&Node>, name: &str, at: Position) -> Node {
        let references = match (&self.written, expression) {
            (Some(written), Some(expression)) => written.references(expression),
            _ => Vec::new(),
        };
        if references.is_empty() {
            return not_known(format!("${{{}.{name}}}", self.address), at);
        }
        let elements = references.into_iter().map(|reference| not_known(format!("${{{reference}}}"), at));
        Node { value: Value::List(elements.collect()), at }
    }

    /// The blocks of a set, each paired with the written one if only one fits.
    fn blocks(&mut self, planned: &Node, unknown: Option<&Node>, name: &str) -> Vec<Node> {
        let written = self.written.as_ref().and_then(|written| written.expressions.get(name));
        let written: Vec<&'n Node> = written.into_iter().flat_map(Node::elements).collect();
        let planned = planned.elements();
        let pairs = pair(planned, &written);
        let mut blocks = Vec::new();
        for (n, block) in planned.iter().enumerate() {
            let unknown = unknown.and_then(|unknown| unknown.elements().get(n));
            let written = pairs.get(n).copied().flatten();
            let place = format!("{}.{name}[{n}]", self.address);
            let mut entries = without_empty(block.clone()).entries().to_vec();
            for field in unknown.into_iter().flat_map(Node::entries).filter(|field| field.value.as_bool() == Some(true))
            {
                let expression = written.and_then(|written| written.get(&field.name));
                let place = format!("{place}.{}", field.name);
                let value = match field.name.as_str() {
                    "identity_provider" | "provider_name" => self.provider(expression, &place, block.at),
                    "mapping_rule" => {
                        let text = format!("${{{place}}}");
                        Node { value: Value::list([not_known(text, block.at)]), at: block.at }
                    }
                    _ => self.reference(expression, &place, block.at),
                };
                set(&mut entries, &field.name, value);
            }
            if let Some(rules) = block.get("mapping_rule").filter(|rules| !rules.elements().is_empty()) {
                let unknown =
                    unknown.and_then(|unknown| unknown.get("mapping_rule")).filter(|u| u.as_bool() != Some(true));
                if let Some(unknown) = unknown {
                    let written = written.and_then(|written| written.get("mapping_rule"));
                    let value = Node { value: Value::list(self.rules(rules, unknown, written, &place)), at: rules.at };
                    set(&mut entries, "mapping_rule", value);
                }
            }
            blocks.push(Node { value: Value::map(entries), at: block.at });
        }
        blocks
    }

    /// The rules of one mapping, in order. Those of `dynamic` blocks are not among the written ones, so their roles have no name.
    fn rules(&mut self, planned: &Node, unknown: &Node, written: Option<&'n Node>, place: &str) -> Vec<Node> {
        let written: Vec<&Node> = written.into_iter().flat_map(Node::elements).collect();
        let pairs = embed(planned.elements(), &written);
        let mut rules = Vec::new();
        let mut unnamed = 0;
        for (n, rule) in planned.elements().iter().enumerate() {
            let written = pairs.get(n).copied().flatten();
            let mut entries = rule.entries().to_vec();
            let unknown = unknown.elements().get(n).into_iter().flat_map(Node::entries);
            for field in unknown.filter(|field| field.value.as_bool() == Some(true)) {
                let expression = written.and_then(|written| written.get(&field.name));
                let place = format!("{place}.mapping_rule[{n}].{}", field.name);
                if field.name == "role_arn" && self.name_of(expression).is_none() {
                    unnamed += 1;
                }
                let value = self.reference(expression, &place, rule.at);
                set(&mut entries, &field.name, value);
            }
            rules.push(Node { value: Value::map(entries), at: rule.at });
        }
        if unnamed > 0 {
            let message = format!(
                "the plan does not say which roles {unnamed} of the rules give, because it leaves `dynamic` blocks out; they are named by their place: read the Terraform files to see them by name"
            );
            self.notes.push(Problem::new("unnamed-role", message).at(planned.at));
        }
        rules
    }

    fn reference(&self, expression: Option<&Node>, place: &str, at: Position) -> Node {
        let name = self.name_of(expression).unwrap_or_else(|| place.to_owned());
        not_known(format!("${{{name}}}"), at)
    }

    /// The one thing that an expression refers to.
    fn name_of(&self, expression: Option<&Node>) -> Option<String> {
        let references = self.written.as_ref()?.references(expression?);
        match references.as_slice() {
            [only] if is_complete(only) => Some(only.clone()),
            _ => None,
        }
    }

    /// A user pool and its client are one provider, whatever else its text is made of.
    fn provider(&self, expression: Option<&Node>, place: &str, at: Position) -> Node {
        let references = match (&self.written, expression) {
            (Some(written), Some(expression)) => written.references(expression),
            _ => Vec::new(),
        };
        let only = |part: &str, endings: &[&str]| {
            let mut fitting = references.iter().filter(|reference| reference.contains(part));
            let owner = fitting.next().and_then(|one| endings.iter().find_map(|ending| one.strip_suffix(ending)));
            if fitting.next().is_some() { None } else { owner }
        };
        let pool = only("aws_cognito_user_pool.", &[".endpoint", ".id"]);
        let client = only("aws_cognito_user_pool_client.", &[".id"]);
        let is_rest = |reference: &&String| {
            ![
                "aws_cognito_user_pool.",
                "aws_cognito_user_pool_client.",
                "var.",
                "local.",
                "data.aws_region.",
                "data.aws_partition.",
            ]
            .iter()
            .any(|known| reference.contains(known))
        };
        match (pool, client, references.iter().find(is_rest)) {
            (Some(pool), Some(client), None) => not_known(format!("${{{pool}.endpoint}}:${{{client}.id}}"), at),
            (Some(pool), None, None) if !references.iter().any(|r| r.contains("aws_cognito_user_pool_client.")) => {
                not_known(format!("${{{pool}.endpoint}}"), at)
            }
            _ => self.reference(expression, place, at),
        }
    }
}

/// States write an optional text that is not set as an empty one.
fn without_empty(node: Node) -> Node {
    let is_unset = |entry: &Entry| {
        matches!(entry.name.as_str(), "ambiguous_role_resolution" | "role_arn") && entry.value.as_text() == Some("")
    };
    let Value::Map(entries) = node.value else { return node };
    let mut entries = entries.into_vec();
    entries.retain(|entry| !is_unset(entry));
    for entry in entries.iter_mut().filter(|entry| entry.name == "role_mapping") {
        if let Value::List(list) = &mut entry.value.value {
            *list = std::mem::take(list).into_iter().map(without_empty).collect();
        }
    }
    Node { value: Value::Map(entries.into()), at: node.at }
}

/// The elements of a list that is there.
fn elements(list: Option<Node>) -> Box<[Node]> {
    match list {
        Some(Node { value: Value::List(elements), .. }) => elements,
        _ => Box::default(),
    }
}

fn not_known(text: String, at: Position) -> Node {
    Node { value: Value::reference(text, MISSING.to_owned()), at }
}

fn set(entries: &mut Vec<Entry>, name: &str, value: Node) {
    match entries.iter_mut().find(|entry| entry.name == name) {
        Some(entry) => entry.value = value,
        None => entries.push(Entry { name: name.into(), at: value.at, value }),
    }
}
