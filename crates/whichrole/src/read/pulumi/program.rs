//! Programs in YAML: `${resource.property}`, variables, configuration and a few functions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::super::ReadOptions;
use super::super::interpolation::{Piece, flat, pieces};
use super::super::node::{Entry, Node, Reference, Value};
use super::super::position::Position;
use super::super::problem::Problem;
use super::super::scalar;
use super::stack::{self, Stacks};
use super::{Resource, kind_of, too_many};
use crate::text;

/// How many variables may stand on each other, and how much references may make of one program: values and bytes.
const STEPS: usize = 8;
const BUDGET: usize = 4 * 1024 * 1024;

/// Whether a tree is a program: resources whose types have colons.
pub(super) fn recognises(node: &Node) -> bool {
    node.get("resources").is_some_and(|resources| {
        let is_type = |kind: &str| kind.split(':').count() >= 2 && !kind.contains("::");
        resources.entries().iter().any(|entry| entry.value.get("type").and_then(Node::as_text).is_some_and(is_type))
    })
}

/// The resources with their properties resolved, and the limit that was met, if one was.
pub(super) fn resources(node: &Node, stacks: &Stacks<'_>, options: &ReadOptions) -> (Vec<Resource>, Option<Problem>) {
    let entries = |section: &str| node.get(section).map(Node::entries).unwrap_or_default();
    let by_name = |section| entries(section).iter().map(|entry| (entry.name.as_str(), &entry.value)).collect();
    let mut configuration: BTreeMap<&str, &Node> = by_name("config");
    configuration.extend(by_name("configuration"));
    let program = Program {
        resources: by_name("resources"),
        variables: by_name("variables"),
        configuration,
        stacks,
        options,
        left: Cell::new(BUDGET),
        too_large: RefCell::default(),
    };
    let ours =
        entries("resources").iter().filter_map(|entry| Some((entry, kind_of(entry.value.get("type")?.as_text()?)?)));
    if let Some(problem) = too_many(ours.clone().map(|(entry, _)| entry.at), options) {
        return (Vec::new(), Some(problem));
    }
    let resources = ours.map(|(entry, kind)| {
        let properties = match entry.value.get("properties") {
            Some(properties) => program.resolve(properties, STEPS),
            None => Node { value: Value::Null, at: entry.at },
        };
        let id = program.named(&format!("{}.id", entry.name), entry.at, STEPS);
        let id = id.as_written().unwrap_or_default().to_owned();
        Resource { name: entry.name.to_string(), kind: kind.to_owned(), at: entry.at, id, properties }
    });
    (resources.collect(), program.too_large.take())
}

/// Attachments of another package, whose shapes differ: name, type and place.
pub(super) fn foreign(node: &Node) -> impl Iterator<Item = (&str, &str, Position)> {
    node.get("resources").into_iter().flat_map(Node::entries).filter_map(|entry| {
        let kind = entry.value.get("type")?.as_text()?;
        let attaches =
            ["IdentityPoolRoleAttachment", "IdentityPoolPrincipalTag"].iter().any(|name| kind.ends_with(name));
        (attaches && kind_of(kind).is_none()).then_some((entry.name.as_str(), kind, entry.at))
    })
}

struct Program<'n> {
    resources: BTreeMap<&'n str, &'n Node>,
    variables: BTreeMap<&'n str, &'n Node>,
    configuration: BTreeMap<&'n str, &'n Node>,
    stacks: &'n Stacks<'n>,
    options: &'n ReadOptions,
    left: Cell<usize>,
    too_large: RefCell<Option<Problem>>,
}

impl Program<'_> {
    fn resolve(&self, node: &Node, steps: usize) -> Node {
        let at = node.at;
        let value = match &node.value {
            Value::Text(text) => return self.interpolate(text, at, steps),
            Value::List(elements) => Value::List(elements.iter().map(|element| self.resolve(element, steps)).collect()),
            Value::Map(entries) => match &**entries {
                [only] if only.name.to_ascii_lowercase().starts_with("fn::") => {
                    return self.call(&only.name.to_ascii_lowercase(), &only.value, at, steps);
                }
                _ => Value::Map(
                    entries
                        .iter()
                        .map(|entry| Entry { value: self.resolve(&entry.value, steps), ..entry.clone() })
                        .collect(),
                ),
            },
            other => other.clone(),
        };
        Node { value, at }
    }

    fn call(&self, name: &str, argument: &Node, at: Position, steps: usize) -> Node {
        let resolved = self.resolve(argument, steps);
        let value = match (name, resolved.elements()) {
            ("fn::secret", _) => Some(resolved.value.clone()),
            // A policy is read from the tree as from its text.
            ("fn::tojson", _) if resolved.is_map() => Some(resolved.value.clone()),
            ("fn::join", [between, parts]) => {
                let between = between.as_text().unwrap_or_default();
                let mut text = String::new();
                let mut missing = None;
                let mut whole = matches!(parts.value, Value::List(_));
                for (n, part) in parts.elements().iter().enumerate() {
                    text.push_str(if n > 0 { between } else { "" });
                    whole &= append(part, &mut text, &mut missing);
                }
                whole.then(|| text_or_reference(text, missing))
            }
            ("fn::select", [index, parts]) => scalar::sent(index)
                .and_then(|index| index.parse::<usize>().ok())
                .and_then(|index| parts.elements().get(index))
                .map(|part| part.value.clone()),
            ("fn::split", [between, whole]) => match (between.as_text(), whole.as_text()) {
                (Some(between), Some(whole)) if !between.is_empty() => {
                    let parts = whole.split(between).map(|part| Node { value: Value::text(part), at });
                    Some(Value::List(parts.collect()))
                }
                _ => None,
            },
            _ => None,
        };
        let value = value.unwrap_or_else(|| {
            let missing = format!("{} has no value here", text::quoted(name));
            // The place tells two calls apart.
            Value::reference(format!("${{{name} {}:{}}}", at.line(), at.column()), missing)
        });
        Node { value, at }
    }

    fn interpolate(&self, text: &str, at: Position, steps: usize) -> Node {
        if !text.contains('$') {
            return Node { value: Value::text(text), at };
        }
        let mut out = String::new();
        let mut missing = None;
        // `$$` is a literal `$` wherever it stands.
        for (n, part) in text.split("$$").enumerate() {
            out.push_str(if n > 0 { "$" } else { "" });
            for piece in pieces(part) {
                match piece {
                    Piece::Literal(literal) => out.push_str(literal),
                    // What is nothing but a reference may stand for a list or map.
                    Piece::Name(name) if name.len() + 3 == text.len() => return self.named(name, at, steps),
                    Piece::Name(name) => {
                        let value = self.named(name, at, steps);
                        if !append(&value, &mut out, &mut missing) {
                            let reference = unknown(name);
                            out.push_str(&reference.text);
                            missing.get_or_insert(reference.missing);
                        }
                    }
                }
            }
        }
        Node { value: text_or_reference(out, missing), at }
    }

    /// A variable, a configuration value, or a property that a resource was given literally.
    fn named(&self, name: &str, at: Position, steps: usize) -> Node {
        let node = self.looked_up(name, at, steps);
        let weight = node.as_written().map_or_else(|| weight(&node), |text| text.len() + 1);
        let left = self.left.get();
        self.left.set(left.saturating_sub(weight));
        if left >= weight {
            return node;
        }
        self.note_too_large(format!("references produce more than {BUDGET} bytes of text"), at);
        Node { value: Value::reference("${…}", "the references of this program expand to too much text"), at }
    }

    fn looked_up(&self, name: &str, at: Position, steps: usize) -> Node {
        if let Some(value) = self.options.parameters.get(name) {
            return Node { value: Value::text(value.clone()), at };
        }
        if steps == 0 && self.variables.contains_key(name) {
            self.note_too_large(format!("more than {STEPS} variables stand on each other"), at);
        }
        // Nothing more is looked up once the budget is spent.
        let steps = if self.left.get() == 0 { 0 } else { steps };
        if steps > 0 {
            if let Some(node) = self.variables.get(name) {
                return Node { at, ..self.resolve(node, steps - 1) };
            }
            if let Some(setting) = self.configuration.get(name) {
                if let Some(value) = self.stacks.value(name, at) {
                    return value;
                }
                if let Some(text) = scalar::sent(stack::setting(setting)) {
                    return Node { value: Value::text(text), at };
                }
            }
            let property = name.split_once('.').and_then(|(id, property)| {
                self.resources.get(id)?.get("properties")?.get(property)?.as_text().filter(|text| !text.contains("${"))
            });
            if let Some(text) = property {
                return Node { value: Value::text(text.replace("$$", "$")), at };
            }
        }
        Node { value: Value::Reference(Box::new(unknown(name))), at }
    }

    fn note_too_large(&self, message: String, at: Position) {
        self.too_large.borrow_mut().get_or_insert_with(|| Problem::new("too-large", message).at(at));
    }
}

/// How many values a tree has.
fn weight(node: &Node) -> usize {
    let inner: usize = node.elements().iter().map(weight).sum();
    inner
        + node.entries().iter().map(|entry| weight(&entry.value)).sum::<usize>()
        + node.as_text().map_or(1, |text| text.len() + 1)
}

fn unknown(name: &str) -> Reference {
    let missing = format!("pass {}", text::quoted(&format!("--param {name}=…")));
    Reference { text: format!("${{{}}}", flat(name)), missing }
}

/// Adds a scalar to a text; false for a list or map.
fn append(node: &Node, text: &mut String, missing: &mut Option<String>) -> bool {
    match &node.value {
        Value::Reference(reference) => {
            text.push_str(&reference.text);
            missing.get_or_insert_with(|| reference.missing.clone());
            true
        }
        Value::Unquoted(word) => {
            text.push_str(word);
            true
        }
        _ => scalar::sent(node).map(|scalar| text.push_str(&scalar)).is_some(),
    }
}

fn text_or_reference(text: String, missing: Option<String>) -> Value {
    match missing {
        Some(missing) => Value::reference(text, missing),
        None => Value::text(text),
    }
}
