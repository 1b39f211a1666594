//! `Fn::ForEach`, unrolled before anything else is read. One whose collection is not known stays as it is.

use std::collections::{BTreeMap, HashSet};

use super::super::node::{Entry, Node, Value};
use super::super::scalar;
use super::made::is_loop;

/// How much loops may write, in bytes, all together. CloudFormation takes a template of a megabyte.
const WRITTEN: usize = 4 * 1024 * 1024;

/// What a value counts for besides its text.
const WEIGHT: usize = 64;

/// Unrolls loops.
pub(super) struct Loops<'p> {
    left: usize,
    given: &'p BTreeMap<String, String>,
}

impl<'p> Loops<'p> {
    pub(super) fn new(given: &'p BTreeMap<String, String>) -> Self {
        Self { left: WRITTEN, given }
    }

    /// Unrolls the loops of a template. The parameters of one that may be nested in a stack are not known yet.
    pub(super) fn unroll(&mut self, template: &mut Node, may_be_nested: MayBeNested) {
        if !has_loop(template) {
            return;
        }
        let parameters = template.get("Parameters").filter(|_| may_be_nested == MayBeNested::No).cloned();
        self.walk(template, parameters.as_ref());
    }

    fn walk(&mut self, node: &mut Node, parameters: Option<&Node>) {
        match &mut node.value {
            Value::List(elements) => elements.iter_mut().for_each(|element| self.walk(element, parameters)),
            Value::Tagged(tagged) => self.walk(&mut tagged.node, parameters),
            Value::Map(entries) => {
                if entries.iter().any(|entry| is_loop(&entry.name)) {
                    *entries = self.map(std::mem::take(entries), parameters);
                }
                for entry in entries.iter_mut().filter(|entry| !is_loop(&entry.name)) {
                    self.walk(&mut entry.value, parameters);
                }
            }
            _ => {}
        }
    }

    /// A map's entries with those that its loops make. A loop that would make a name twice stays.
    fn map(&mut self, written: Box<[Entry]>, parameters: Option<&Node>) -> Box<[Entry]> {
        let mut names: HashSet<String> = written.iter().map(|entry| entry.name.to_string()).collect();
        let mut all = Vec::new();
        for entry in written {
            let made = if is_loop(&entry.name) { self.made(&entry.value, parameters) } else { None };
            match made {
                Some(made) if made.iter().all(|entry| names.insert(entry.name.to_string())) => all.extend(made),
                _ => all.push(entry),
            }
        }
        all.into()
    }

    fn made(&mut self, arguments: &Node, parameters: Option<&Node>) -> Option<Vec<Entry>> {
        let [identifier, collection, body] = arguments.elements() else { return None };
        let identifier = identifier.as_text()?;
        let mut made = Vec::new();
        for item in self.items(collection, parameters)? {
            let round = Round { identifier, item: &item };
            for entry in body.entries() {
                let value = round.node(&entry.value, &mut self.left)?;
                if is_loop(&entry.name) {
                    made.extend(self.made(&value, parameters)?);
                } else {
                    made.push(Entry { name: round.text(&entry.name).into(), at: entry.at, value });
                }
            }
        }
        Some(made)
    }

    /// The texts that a loop runs over: a list of them, or a parameter that is one.
    fn items(&self, collection: &Node, parameters: Option<&Node>) -> Option<Vec<String>> {
        let item = |node: &Node| match &node.value {
            Value::Unquoted(_) => None,
            _ => scalar::sent(node).filter(|text| !text.contains(['{', '}'])),
        };
        if let Value::List(elements) = &collection.value {
            return elements.iter().map(item).collect();
        }
        let parameter = parameters?.get(referred(collection)?)?;
        let kind = parameter.get("Type").and_then(Node::as_text)?;
        if kind != "CommaDelimitedList" && !kind.starts_with("List<") {
            return None;
        }
        let given = self.given.get(referred(collection)?).cloned();
        let list = given.or_else(|| parameter.get("Default").and_then(scalar::sent))?;
        (!list.contains(['{', '}'])).then(|| list.split(',').map(|part| part.trim().to_owned()).collect())
    }
}

/// Whether a template may be that of a nested stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MayBeNested {
    Yes,
    No,
}

fn has_loop(node: &Node) -> bool {
    match &node.value {
        Value::List(elements) => elements.iter().any(has_loop),
        Value::Tagged(tagged) => has_loop(&tagged.node),
        Value::Map(entries) => entries.iter().any(|entry| is_loop(&entry.name) || has_loop(&entry.value)),
        _ => false,
    }
}

/// The target of a `Ref`.
fn referred(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Tagged(tagged) if tagged.tag == "!Ref" => tagged.node.as_text(),
        Value::Map(entries) => match &**entries {
            [only] if only.name == "Ref" => only.value.as_text(),
            _ => None,
        },
        _ => None,
    }
}

/// One round of a loop.
struct Round<'r> {
    identifier: &'r str,
    item: &'r str,
}

impl Round<'_> {
    /// A copy with the item for the identifier; `None` where too much is written.
    fn node(&self, node: &Node, left: &mut usize) -> Option<Node> {
        let weight = WEIGHT + node.as_text().map_or(0, str::len) + self.item.len();
        *left = left.checked_sub(weight)?;
        if referred(node) == Some(self.identifier) {
            return Some(Node { value: Value::text(self.item), at: node.at });
        }
        let value = match &node.value {
            Value::Text(text) => Value::text(self.text(text)),
            Value::List(elements) => {
                Value::List(elements.iter().map(|element| self.node(element, left)).collect::<Option<_>>()?)
            }
            Value::Map(entries) => {
                let copy = |entry: &Entry, left: &mut usize| {
                    *left = left.checked_sub(entry.name.len())?;
                    let value = self.node(&entry.value, left)?;
                    Some(Entry { name: self.text(&entry.name).into(), at: entry.at, value })
                };
                Value::Map(entries.iter().map(|entry| copy(entry, left)).collect::<Option<_>>()?)
            }
            Value::Tagged(tagged) => Value::tagged(tagged.tag.clone(), self.node(&tagged.node, left)?),
            other => other.clone(),
        };
        Some(Node { value, at: node.at })
    }

    /// `${Identifier}` is the item; `&{Identifier}` what of it may stand in a logical id.
    fn text(&self, text: &str) -> String {
        if !text.contains(self.identifier) {
            return text.to_owned();
        }
        let plain: String = self.item.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{}}}", self.identifier), self.item)
            .replace(&format!("&{{{}}}", self.identifier), &plain)
    }
}
