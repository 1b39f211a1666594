//! Takes a suite's tree apart: known keys, kinds of values, and one sentence for each thing that is wrong.

use crate::Claim;
use crate::read::{Node, Position, Problem, Value};
use crate::semantics::Choice;
use crate::text;

use super::model::{Cell, Written};

/// How many names are compared, over all problems of a suite, to find what somebody meant.
const MOST_COMPARISONS: usize = 100_000;

/// How many names a message lists.
const MOST_LISTED: usize = 12;

/// How many rows the tables of a suite may have, and again those of its CSV files. A row takes much more memory than its text.
const MOST_ROWS: usize = 100_000;

/// How many cells those rows may have, as many again in CSV files. An empty one takes more memory than its text.
const MOST_CELLS: usize = 2_000_000;

/// Collects problems while a tree is read.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) problems: Vec<Problem>,
    comparisons: usize,
    rows: usize,
    cells: usize,
}

impl Fields {
    /// Goes on from problems that are known already.
    pub(super) fn after(problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::default() }
    }

    /// Whether there is room for so many more rows, each of so many cells; says so where there is none, with the words for the rows that are
    /// counted.
    pub(super) fn takes_rows(&mut self, more: usize, width: usize, counted: &str, at: Position) -> bool {
        let had_room = self.rows <= MOST_ROWS && self.cells <= MOST_CELLS;
        self.rows = self.rows.saturating_add(more);
        self.cells = self.cells.saturating_add(more.saturating_mul(width));
        let has_room = self.rows <= MOST_ROWS && self.cells <= MOST_CELLS;
        if had_room && self.rows > MOST_ROWS {
            self.report("too-large", format!("more than {MOST_ROWS} {counted}"), at);
        } else if had_room && !has_room {
            self.report("too-large", format!("more than {MOST_CELLS} cells of tables"), at);
        }
        has_room
    }

    /// Whether it is still worth while to look for what somebody meant.
    pub(super) fn can_compare(&self) -> bool {
        self.comparisons <= MOST_COMPARISONS
    }

    /// A name that is not one of those known, with the nearest right spelling. Looking for it stops paying where a suite is wrong all over.
    pub(super) fn unknown(&mut self, code: &'static str, what: &str, written: &str, known: &[&str], at: Position) {
        self.comparisons = self.comparisons.saturating_add(known.len());
        let near = if self.can_compare() { text::nearest(written, known.iter().copied()) } else { None };
        let problem = if near.is_some() || (known.len() <= MOST_LISTED && !known.is_empty()) {
            Problem::unknown(code, what, written, known.iter().copied())
        } else {
            Problem::new(code, format!("unknown {what} {}", text::quoted(written)))
        };
        self.problems.push(problem.at(at));
    }

    pub(super) fn report(&mut self, code: &'static str, message: impl Into<String>, at: Position) {
        self.problems.push(Problem::new(code, message).at(at));
    }

    /// A map with none but known keys, each once. `None`: it is no map.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<&'n Node> {
        if !node.is_map() {
            self.wrong_kind(node, what, "a map");
            return None;
        }
        for entry in node.entries() {
            if !known.contains(&entry.name.as_str()) {
                let problem =
                    Problem::unknown("unknown-key", &format!("key of {what}:"), &entry.name, known.iter().copied());
                self.problems.push(problem.at(entry.at));
            }
        }
        self.unique(node);
        Some(node)
    }

    /// Reports names that a map has twice.
    pub(super) fn unique(&mut self, node: &Node) {
        let mut seen = std::collections::BTreeMap::new();
        for entry in node.entries() {
            if let Some(earlier) = seen.insert(entry.name.as_str(), entry.at.line()) {
                let message = format!("{} is given twice, first on line {earlier}", text::quoted(&entry.name));
                self.report("duplicate-key", message, entry.at);
            }
        }
    }

    pub(super) fn wrong_kind(&mut self, node: &Node, what: &str, expected: &str) {
        self.report("wrong-kind", format!("{what} is {}, expected {expected}", node.kind()), node.at);
    }

    /// A string; what YAML took for something else has to be quoted.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Written> {
        match &node.value {
            Value::Text(text) if text.is_empty() => {
                self.report("empty-value", format!("{what} is empty"), node.at);
                None
            }
            Value::Text(text) => Some(Written { text: text.to_string(), at: node.at }),
            Value::Bool(_) | Value::Number(_) | Value::Unquoted(_) => {
                self.report(
                    "wrong-kind",
                    format!("{what} is {}, expected a string; quote this value", node.kind()),
                    node.at,
                );
                None
            }
            _ => {
                self.wrong_kind(node, what, "a string");
                None
            }
        }
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Option<Vec<Written>> {
        let Value::List(elements) = &node.value else {
            self.wrong_kind(node, what, "a list");
            return None;
        };
        Some(elements.iter().filter_map(|element| self.text(element, &format!("an element of {what}"))).collect())
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        let flag = node.as_bool();
        if flag.is_none() {
            self.wrong_kind(node, what, "true or false");
        }
        flag
    }

    /// A whole number from 0 to 100.
    pub(super) fn percent(&mut self, node: &Node, what: &str) -> Option<u8> {
        let percent = match &node.value {
            Value::Number(number) => number.parse().ok().filter(|percent| *percent <= 100),
            _ => None,
        };
        if percent.is_none() {
            self.report("wrong-kind", format!("{what} is not a whole number from 0 to 100"), node.at);
        }
        percent
    }

    /// `{array-claims: membership}`
    pub(super) fn choices(&mut self, node: &Node, what: &str) -> Vec<Choice> {
        if !node.is_map() {
            self.wrong_kind(node, what, "a map of question to choice");
        }
        self.unique(node);
        let mut choices = Vec::new();
        for entry in node.entries() {
            let Some(choice) = self.text(&entry.value, "a choice") else { continue };
            match Choice::parse(&entry.name, &choice.text) {
                Ok(choice) => choices.push(choice),
                Err(message) => {
                    let at = if message.starts_with("unknown question") { entry.at } else { choice.at };
                    self.report("unknown-choice", message, at);
                }
            }
        }
        choices
    }

    /// Claims to set and to take out.
    pub(super) fn claims(&mut self, node: &Node, what: &str) -> Vec<(String, Cell)> {
        if !node.is_map() {
            self.wrong_kind(node, what, "a map of claim to value");
        }
        self.unique(node);
        node.entries()
            .iter()
            .filter_map(|entry| Some((entry.name.to_string(), self.cell(&entry.value, &text::quoted(&entry.name))?)))
            .collect()
    }

    /// A claim's value: `~` is absence, `{$json: '…'}` any JSON text. The outer `None`: it is none, and that has been reported.
    pub(super) fn cell(&mut self, node: &Node, what: &str) -> Option<Cell> {
        if let Some(json) = literal_json(node) {
            let Some(written) = json.as_text() else {
                self.wrong_kind(json, "`$json`", "JSON text in quotes");
                return None;
            };
            return match Claim::from_json(written) {
                Ok(claim) => Some(Some(claim.into_owned())),
                Err(error) => {
                    self.report("unreadable", format!("`$json`: {error}"), json.at);
                    None
                }
            };
        }
        if node.value == Value::Null { Some(None) } else { self.claim(node, what).map(Some) }
    }

    fn claim(&mut self, node: &Node, what: &str) -> Option<Claim<'static>> {
        Some(match &node.value {
            Value::Null => Claim::Null,
            Value::Bool(value) => Claim::Bool(*value),
            Value::Text(text) => Claim::from(text.to_string()),
            Value::Number(number) if is_number(number) => Claim::Number(number.to_string().into()),
            Value::Number(_) | Value::Unquoted(_) => {
                let message = format!("{what} is a word that YAML tools read differently; quote this value");
                self.report("wrong-kind", message, node.at);
                return None;
            }
            Value::List(elements) => {
                Claim::Array(elements.iter().map(|element| self.claim(element, what)).collect::<Option<_>>()?)
            }
            Value::Map(entries) => {
                self.unique(node);
                let member =
                    |entry: &crate::read::Entry| Some((entry.name.to_string().into(), self.claim(&entry.value, what)?));
                Claim::Object(entries.iter().map(member).collect::<Option<_>>()?)
            }
            Value::Reference(_) | Value::Tagged(..) => {
                self.wrong_kind(node, what, "a plain value");
                return None;
            }
        })
    }
}

/// Whether a number is written as JSON writes numbers: `010` and `0x10` are not.
pub(super) fn is_number(text: &str) -> bool {
    matches!(Claim::from_json(text), Ok(Claim::Number(number)) if number == text)
}

/// The text in `{$json: '…'}`.
fn literal_json(node: &Node) -> Option<&Node> {
    match node.entries() {
        [only] if only.name == "$json" => Some(&only.value),
        _ => None,
    }
}

/// Where the value of a key stands, else the whole.
pub(super) fn place(node: &Node, key: &str) -> Position {
    node.get(key).map_or(node.at, |value| value.at)
}
