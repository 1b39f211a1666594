//! What one template exports and another imports.

use super::super::node::{Node, Value};
use super::super::position::Position;
use super::conditions::Truth;
use super::resolve::{Resolver, parameter};

/// An export as a template declares it, nothing of it resolved.
#[derive(Clone, Copy)]
pub(super) struct Export<'n> {
    pub name: &'n Node,
    pub value: &'n Node,
    pub condition: Option<&'n Node>,
}

/// What the exports of one name come to.
pub(super) enum Exported {
    Value(Value),
    /// What would make it known.
    Unknown(String),
}

impl Resolver<'_, '_> {
    /// The value that the templates here export by this name. A region has one export of a name, so that several with different values
    /// are of different stages or regions, and nobody says which is meant.
    pub(super) fn exported(&self, name: &str, at: Position) -> Exported {
        let exports = self.world.exports(name);
        let mut found: Option<Node> = None;
        for (number, export) in exports {
            if !self.world.pay(1, at) {
                break;
            }
            let there = Self { number: *number, led: true, ..*self };
            match there.is_made(export.condition) {
                Truth::Known(true) => {}
                Truth::Known(false) => continue,
                Truth::Unknown(missing) => return Exported::Unknown(missing),
            }
            let value = there.resolve(export.value);
            let value = if *number == self.number { value.value } else { there.abroad(value) };
            let value = Node { value, at };
            if found
                .as_ref()
                .is_some_and(|known| known.as_written().is_none() || known.as_written() != value.as_written())
            {
                let missing = format!("it is exported here with different values; pass {}", parameter(name));
                return Exported::Unknown(missing);
            }
            found = Some(value);
        }
        found.map_or_else(
            || {
                let exporting = if exports.is_empty() {
                    "no template here exports it"
                } else {
                    "the template here that exports it does not under the conditions given"
                };
                Exported::Unknown(format!("{exporting}; add the one that does, or pass {}", parameter(name)))
            },
            |node| Exported::Value(node.value),
        )
    }
}
