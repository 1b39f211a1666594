//! JSON that a template puts together as text: the only way to a map whose keys are references.

use std::collections::BTreeSet;

use super::super::interpolation::{Piece, pieces};
use super::super::node::{self, Node, Value};
use super::super::position::Position;
use super::super::problem::Problem;
use super::resolve::{Resolver, function};
use crate::json::JsonLimits;
use crate::text;

impl Resolver<'_, '_> {
    /// Reads JSON from text that may hold references. Everything in it stands where the text does.
    pub(super) fn json(&self, written: &Node, of: &str, limits: &JsonLimits) -> Result<Node, Problem> {
        let at = written.at;
        let resolved = self.resolve(written);
        // An older form has the map itself.
        let Some(json) = resolved.as_written() else { return Ok(resolved) };
        let mut tree = node::from_json(json, at.numbers().0, limits).map_err(|problems| {
            let what = problems.first().map_or("not JSON", |problem| &problem.message);
            Problem::new("unreadable", format!("the JSON text of {}: {what}", text::quoted(of))).at(at)
        })?;
        self.restore(&mut tree, at, &self.references(written));
        Ok(tree)
    }

    /// The names of the references in text that a template puts together. `${` may stand in its literal parts too.
    fn references(&self, written: &Node) -> BTreeSet<String> {
        let joined = match (&written.value, function(written)) {
            (Value::Tagged(tagged), _) if tagged.tag == "!Join" => tagged.node.elements(),
            (_, Some(("Fn::Join", argument))) => argument.elements(),
            _ => &[],
        };
        let parts = match joined {
            [_, list] => list.elements(),
            _ => std::slice::from_ref(written),
        };
        let mut names = BTreeSet::new();
        for part in parts {
            if let Value::Reference(reference) = self.resolve(part).value {
                names.extend(pieces(&reference.text).into_iter().filter_map(name_of).map(str::to_owned));
            }
        }
        names
    }

    /// Sets every position to that of the text, and makes references of texts that hold some.
    fn restore(&self, node: &mut Node, at: Position, references: &BTreeSet<String>) {
        node.at = at;
        match &mut node.value {
            Value::Text(text) if text.contains("${") => {
                let missing = pieces(text)
                    .into_iter()
                    .filter_map(name_of)
                    .find(|name| references.contains(*name))
                    .map(|name| self.missing(name).missing);
                if let Some(missing) = missing {
                    node.value = Value::reference(std::mem::take(text), missing);
                }
            }
            Value::List(elements) => {
                for element in elements {
                    self.restore(element, at, references);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    entry.at = at;
                    self.restore(&mut entry.value, at, references);
                }
            }
            _ => {}
        }
    }
}

fn name_of(piece: Piece<'_>) -> Option<&str> {
    match piece {
        Piece::Name(name) => Some(name),
        Piece::Literal(_) => None,
    }
}
