//! Values as text: joined, as JSON, or described in one line.

use super::super::interpolation::flat;
use super::super::node::{Node, Value};
use super::super::position::Position;
use super::super::scalar;
use crate::{json, text};

/// A text in the making.
#[derive(Default)]
pub(super) struct Concat {
    pub text: String,
    pub missing: Option<String>,
}

impl Concat {
    /// Adds a scalar; false for a list or map.
    pub(super) fn push(&mut self, node: &Node) -> bool {
        if let Value::Reference(reference) = &node.value {
            self.text.push_str(&reference.text);
            self.missing.get_or_insert_with(|| reference.missing.clone());
            return true;
        }
        match scalar::sent(node) {
            Some(text) => self.text.push_str(&text),
            None => return false,
        }
        true
    }

    pub(super) fn node(self, at: Position) -> Node {
        let value = match (known_or_looked_up(&self.text), self.missing) {
            // No parameter makes it known.
            (looked_up @ Value::Reference(_), _) => looked_up,
            (_, Some(missing)) => Value::reference(self.text, missing),
            (value, None) => value,
        };
        Node { value, at }
    }
}

/// How a dynamic reference begins. CloudFormation looks for it in what its functions have put together.
const LOOKED_UP: &str = "{{resolve:";

/// A text as a value: a reference where it has dynamic references, each written as `${resolve:…}`. One that is not closed may be closed by
/// what it is joined with.
pub(super) fn known_or_looked_up(text: &str) -> Value {
    if !text.contains(LOOKED_UP) {
        return Value::text(text);
    }
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(LOOKED_UP) {
        let Some(end) = after.find("}}") else { break };
        // `{{resolve:ssm:/${Stage}}}` ends with the last of its brackets.
        let more = after.get(end + 2..).unwrap_or_default();
        let end = end + more.len() - more.trim_start_matches('}').len();
        shown.push_str(before);
        shown.extend(["${resolve:", &flat(after.get(..end).unwrap_or_default()), "}"]);
        rest = after.get(end + 2..).unwrap_or_default();
    }
    shown.push_str(rest);
    Value::reference(shown, format!("only a deployment can look up {}", text::quoted(text)))
}

/// `Fn::ToJsonString`
pub(super) fn to_json(node: &Node) -> Value {
    fn write(node: &Node, out: &mut String, missing: &mut Option<String>) {
        match &node.value {
            Value::Null | Value::Tagged(..) => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => out.push_str(number),
            Value::Text(text) | Value::Unquoted(text) => json::write_string(text, out),
            Value::Reference(reference) => {
                missing.get_or_insert_with(|| reference.missing.clone());
                json::write_string(&reference.text, out);
            }
            Value::List(elements) => {
                out.push('[');
                for (n, element) in elements.iter().enumerate() {
                    out.push_str(if n > 0 { "," } else { "" });
                    write(element, out, missing);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for (n, entry) in entries.iter().enumerate() {
                    out.push_str(if n > 0 { "," } else { "" });
                    json::write_string(&entry.name, out);
                    out.push(':');
                    write(&entry.value, out, missing);
                }
                out.push('}');
            }
        }
    }
    let mut out = Concat::default();
    write(node, &mut out.text, &mut out.missing);
    out.node(node.at).value
}

/// A value in one line, different for different values.
pub(super) fn describe(node: &Node) -> String {
    match &node.value {
        Value::List(elements) => format!("[{}]", elements.iter().map(describe).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|entry| format!("{}: {}", flat(&entry.name), describe(&entry.value))).collect();
            format!("<{}>", entries.join(", "))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, describe(&tagged.node)),
        Value::Reference(reference) => flat(&reference.text),
        _ => flat(&scalar::sent(node).unwrap_or_default()),
    }
}
