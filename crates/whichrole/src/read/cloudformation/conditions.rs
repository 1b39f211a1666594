//! Conditions, and `Fn::If`, which chooses by them.

use super::super::node::{Node, Value};
use super::super::position::Position;
use super::super::problem::Problem;
use super::concat::{Concat, describe};
use super::resolve::{Resolver, function, too_large};
use crate::text;

/// How many conditions may stand on each other.
const CONDITIONS: usize = 64;

/// What a condition comes to.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Known(bool),
    /// What would make it known.
    Unknown(String),
}

impl Resolver<'_, '_> {
    /// `Fn::If`
    pub(super) fn choose(&self, condition: &Node, yes: &Node, no: &Node, at: Position) -> Node {
        match self.decided(condition) {
            Truth::Known(true) => self.walk(yes),
            Truth::Known(false) => self.walk(no),
            Truth::Unknown(missing) => {
                let (yes, no) = (self.walk(yes), self.walk(no));
                if yes.value == no.value {
                    return Node { at, ..yes };
                }
                let shown = condition.as_text().map_or_else(|| "this condition".to_owned(), text::quoted);
                self.world.note_undecided(Problem::unresolved(&format!("{shown} is not known here"), &missing).at(at));
                let text = format!("${{Fn::If {} {} {}}}", describe(condition), describe(&yes), describe(&no));
                if self.world.pay(text.len(), at) {
                    Node { value: Value::reference(text, missing), at }
                } else {
                    too_large(at)
                }
            }
        }
    }

    /// The branch of an `Fn::If` whose condition is known; any other node is its own branch.
    pub(super) fn branch<'b>(&self, node: &'b Node) -> &'b Node {
        let argument = match (&node.value, function(node)) {
            (Value::Tagged(tagged), _) if tagged.tag == "!If" => &tagged.node,
            (_, Some(("Fn::If", argument))) => argument,
            _ => return node,
        };
        let [condition, yes, no] = argument.elements() else { return node };
        match self.decided(condition) {
            Truth::Known(true) => self.branch(yes),
            Truth::Known(false) => self.branch(no),
            Truth::Unknown(_) => node,
        }
    }

    /// What the first argument of `Fn::If` comes to: a condition by name, or one written there.
    fn decided(&self, condition: &Node) -> Truth {
        match &condition.value {
            Value::Text(name) => self.condition(name),
            _ => self.truth(condition),
        }
    }

    /// Whether what names this condition, or none, is made.
    pub(super) fn is_made(&self, condition: Option<&Node>) -> Truth {
        let condition = condition.and_then(Node::as_text).map_or(Truth::Known(true), |name| self.condition(name));
        match (self.is_deployed(), condition) {
            (Truth::Known(false), _) | (_, Truth::Known(false)) => Truth::Known(false),
            (Truth::Known(true), condition) => condition,
            (unknown @ Truth::Unknown(_), _) => unknown,
        }
    }

    /// A condition by name.
    pub(super) fn condition(&self, name: &str) -> Truth {
        let key = (self.number, name.to_owned());
        if let Some(known) = self.world.conditions.borrow().get(&key) {
            return known
                .clone()
                .unwrap_or_else(|| Truth::Unknown("conditions stand on each other in a circle".to_owned()));
        }
        let declared = self.template().and_then(|template| template.conditions.get(name).copied());
        let truth = match declared {
            None => Truth::Unknown(format!("the template has no condition {}", text::quoted(name))),
            Some(node) if self.conditions >= CONDITIONS => {
                let message = format!("more than {CONDITIONS} conditions stand on each other");
                self.world.note_too_large(message.clone(), node.at);
                return Truth::Unknown(message);
            }
            Some(node) => {
                self.world.conditions.borrow_mut().insert(key.clone(), None);
                Self { conditions: self.conditions + 1, ..*self }.truth(node)
            }
        };
        self.world.conditions.borrow_mut().insert(key, Some(truth.clone()));
        truth
    }

    /// What a condition's body comes to.
    fn truth(&self, node: &Node) -> Truth {
        let unknown = || Truth::Unknown("only CloudFormation can evaluate this condition".to_owned());
        let (name, argument) = match (&node.value, function(node)) {
            (Value::Tagged(tagged), _) => (tagged.tag.trim_start_matches('!'), &tagged.node),
            (_, Some((name, argument))) => (name.trim_start_matches("Fn::"), argument),
            (Value::Map(entries), None) => match &**entries {
                [only] if only.name == "Condition" => ("Condition", &only.value),
                _ => return unknown(),
            },
            _ => return unknown(),
        };
        match (name, argument.elements()) {
            ("Condition", _) => argument.as_text().map_or_else(unknown, |name| self.condition(name)),
            ("Equals", [a, b]) => self.equal(a, b),
            ("Not", [only]) => match self.truth(only) {
                Truth::Known(value) => Truth::Known(!value),
                unknown @ Truth::Unknown(_) => unknown,
            },
            ("And", parts) => self.all(parts, true),
            ("Or", parts) => self.all(parts, false),
            _ => unknown(),
        }
    }

    /// `And` (`whole` true) or `Or`: the first part that is not `whole` decides, else an unknown one, else `whole`.
    fn all(&self, parts: &[Node], whole: bool) -> Truth {
        let mut result = Truth::Known(whole);
        for part in parts {
            match self.truth(part) {
                Truth::Known(value) if value != whole => return Truth::Known(value),
                Truth::Known(_) => {}
                unknown @ Truth::Unknown(_) => result = unknown,
            }
        }
        result
    }

    fn equal(&self, a: &Node, b: &Node) -> Truth {
        let (mut left, mut right) = (Concat::default(), Concat::default());
        if !left.push(&self.resolve(a)) || !right.push(&self.resolve(b)) {
            return Truth::Unknown("a list or map is compared".to_owned());
        }
        match left.missing.or(right.missing) {
            Some(_) if left.text == right.text => Truth::Known(true),
            Some(missing) => Truth::Unknown(missing),
            None => Truth::Known(left.text == right.text),
        }
    }
}
