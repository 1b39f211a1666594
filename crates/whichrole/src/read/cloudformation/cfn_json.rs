//! JSON that a template puts together as text: the only way to a map whose keys are references.

use super::super::interpolation::{Piece, pieces};
use super::super::node::{self, Node, Position, Reference, Value};
use super::super::problem::Problem;
use super::resolve::Resolver;
use crate::json::JsonLimits;
use crate::text;

impl Resolver<'_, '_> {
    /// Reads JSON from text that may hold references. Everything in it stands where the text does.
    pub(super) fn json(&self, written: &Node, of: &str, limits: &JsonLimits) -> Result<Node, Problem> {
        let at = written.at;
        let resolved = self.resolve(written);
        let json = match &resolved.value {
            Value::Text(text) => text,
            Value::Reference(reference) => &reference.text,
            // An older form has the map itself.
            _ => return Ok(resolved),
        };
        let mut tree = node::from_json(json, at.source, limits).map_err(|problems| {
            let what = problems.first().map_or("not JSON", |problem| &problem.message);
            Problem::new("unreadable", format!("the JSON text of {}: {what}", text::quoted(of))).at(at)
        })?;
        self.restore(&mut tree, at);
        Ok(tree)
    }

    /// Sets every position to that of the text, and makes references of texts that hold some.
    fn restore(&self, node: &mut Node, at: Position) {
        node.at = at;
        match &mut node.value {
            Value::Text(text) if text.contains("${") => {
                let missing = pieces(text).into_iter().find_map(|piece| match piece {
                    Piece::Name(name) => Some(self.missing(name).missing),
                    Piece::Literal(_) => None,
                });
                if let Some(missing) = missing {
                    node.value = Value::Reference(Reference { text: std::mem::take(text), missing });
                }
            }
            Value::List(elements) => {
                for element in elements {
                    self.restore(element, at);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    entry.at = at;
                    self.restore(&mut entry.value, at);
                }
            }
            _ => {}
        }
    }
}
