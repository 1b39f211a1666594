//! One tree for every syntax: values with the place they were written.

use std::borrow::Cow;

use crate::json::{self, Build, Faults, JsonErrorKind, JsonLimits, JsonValue};

use super::position::Position;
use super::problem::Problem;
use super::texts::Text;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it begins.
    pub at: Position,
}

/// A value of any of the syntaxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as written.
    Number(Text),
    /// A text that is all there.
    Text(Text),
    /// An unquoted word of YAML that some tools take for a string and others for a boolean, a number or a date: `yes`, `010`, `12:30`.
    Unquoted(Text),
    /// A text of which a part is known only after deployment, or only with a parameter that was not given.
    Reference(Box<Reference>),
    /// A list. It has no room for more, which would be most of the memory of small ones.
    List(Box<[Node]>),
    /// A map, its entries in the order written. A name may occur twice; readers report it.
    Map(Box<[Entry]>),
    /// A value with a YAML tag, such as `!Ref`.
    Tagged(Box<Tagged>),
}

/// A value with a YAML tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The tag, such as `!Ref`.
    pub tag: Text,
    /// The value.
    pub node: Node,
}

/// A text with parts that nobody knows yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The text, each unknown part written as `${…}`.
    pub text: String,
    /// What would make it known, for a message: ``pass `--param Stage=…` ``.
    pub missing: String,
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Text,
    /// Where the name stands.
    pub at: Position,
    /// The value.
    pub value: Node,
}

impl Value {
    /// A text that is all there.
    pub(crate) fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    /// A list.
    pub(crate) fn list(elements: impl IntoIterator<Item = Node>) -> Self {
        Self::List(tight(elements.into_iter().collect()))
    }

    /// A map.
    pub(crate) fn map(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self::Map(tight(entries.into_iter().collect()))
    }

    /// A text with parts that nobody knows yet.
    pub(crate) fn reference(text: impl Into<String>, missing: impl Into<String>) -> Self {
        Self::Reference(Box::new(Reference { text: text.into(), missing: missing.into() }))
    }

    /// A value with a YAML tag.
    pub(crate) fn tagged(tag: impl Into<Text>, node: Node) -> Self {
        Self::Tagged(Box::new(Tagged { tag: tag.into(), node }))
    }
}

impl Entry {
    /// The value, in whose place nothing is left.
    pub(crate) fn take_value(&mut self) -> Node {
        let Node { value, at } = &mut self.value;
        Node { value: std::mem::replace(value, Value::Null), at: *at }
    }
}

impl Node {
    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none for anything else.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// The value of a map's entry.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| *entry.name == *name).map(|entry| &entry.value)
    }

    /// Takes an entry's value out of a map.
    pub(crate) fn take(&mut self, name: &str) -> Option<Self> {
        let Value::Map(entries) = &mut self.value else { return None };
        let number = entries.iter().position(|entry| *entry.name == *name)?;
        let mut rest = std::mem::take(entries).into_vec();
        let taken = rest.remove(number).value;
        *entries = rest.into();
        Some(taken)
    }

    /// A text that is all there.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, with its unknown parts as `${…}` where it has some.
    #[must_use]
    pub fn as_written(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Reference(reference) => Some(&reference.text),
            _ => None,
        }
    }

    /// A boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// What kind of value this is, for people.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::Unquoted(_) => "a word that YAML tools read differently",
            Value::Reference(_) => "a reference",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Tagged(..) => "a tagged value",
        }
    }
}

/// Reads JSON text into a tree. Duplicate names are all reported; any other fault is the only one.
pub(crate) fn from_json(text: &str, source: usize, limits: &JsonLimits) -> Result<Node, Vec<Problem>> {
    json::build(text, limits, Nodes { source, cursor: Cursor::new(text) }).map_err(|faults| match faults {
        Faults::One(error) => vec![problem(&error.kind, Cursor::new(text).position(source, error.at))],
        Faults::Duplicates(mut found) => {
            found.sort_by_key(|(at, _)| *at);
            found.iter().map(|(at, kind)| problem(kind, *at)).collect()
        }
    })
}

fn problem(kind: &JsonErrorKind, at: Position) -> Problem {
    let code = match kind {
        JsonErrorKind::Duplicate(_) => "duplicate-key",
        _ if kind.is_limit() => "too-large",
        _ => "unreadable",
    };
    Problem::new(code, kind.to_string()).at(at)
}

/// Builds nodes of what JSON text has.
struct Nodes<'t> {
    source: usize,
    cursor: Cursor<'t>,
}

impl<'t> Build<'t> for Nodes<'t> {
    type Place = Position;
    type Value = Node;
    type Member = Entry;

    fn place(&mut self, at: usize) -> Position {
        self.cursor.position(self.source, at)
    }

    fn value(&mut self, at: Position, value: JsonValue<'t, Node, Entry>) -> Node {
        let value = match value {
            JsonValue::Null => Value::Null,
            JsonValue::Bool(value) => Value::Bool(value),
            JsonValue::Number(number) => Value::Number(number.into()),
            JsonValue::Text(text) => Value::text(text),
            JsonValue::Array(elements) => Value::list(elements),
            JsonValue::Object(members) => Value::map(members),
        };
        Node { value, at }
    }

    fn member(&mut self, at: Position, name: Cow<'t, str>, value: Node) -> Entry {
        Entry { name: name.into(), at, value }
    }

    fn name(member: &Entry) -> (&str, Position) {
        (&member.name, member.at)
    }
}

/// The same without room for more. A short list moves: where it grew up is left whole for the next one, which a cut would leave too small
/// for anything.
fn tight<T>(list: Vec<T>) -> Box<[T]> {
    const SHORT: usize = 64;
    if list.len() == list.capacity() || list.len() > SHORT {
        return list.into();
    }
    let mut exact = Vec::with_capacity(list.len());
    exact.extend(list);
    exact.into()
}

/// Turns byte offsets into lines and columns. Where offsets ascend, the work is in proportion to the way between them.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    pub(crate) fn position(&mut self, source: usize, at: usize) -> Position {
        if at < self.at {
            (self.at, self.line, self.column) = (0, 1, 1);
        }
        for c in self.text.get(self.at..at).unwrap_or_default().chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = at;
        Position::new(source, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let node = from_json("{\n  \"é\": [1,\n  {\"b\": null}]}", 7, &JsonLimits::CONFIG).unwrap();
        let list = node.get("é").unwrap();
        assert_eq!(list.at, Position::new(7, 2, 8));
        let entry = &list.elements()[1].entries()[0];
        assert_eq!((entry.at.line(), entry.at.column(), entry.value.at.column()), (3, 4, 9));
    }
}
