//! CloudFormation's intrinsic functions. What only a deployment knows becomes a [`Value::Reference`] whose text names it: `${Admin.Arn}`.

use std::collections::BTreeMap;

use super::super::interpolation::{Piece, flat, pieces};
use super::super::node::{Entry, Node, Reference, Value};
use super::super::position::Position;
use super::super::problem::Problem;
use super::super::scalar;
use super::concat::{self, Concat, describe, to_json};
use super::exports::Exported;
use super::stacks::Passed;
use super::template::Template;
use super::world::{VALUES_OF_A_NAME, World};
use crate::text;

/// Evaluates functions in the tree of one template.
#[derive(Clone, Copy)]
pub(super) struct Resolver<'w, 'n> {
    pub world: &'w World<'n>,
    pub(super) number: usize,
    /// Whether this is already what a reference led to. References lead one step.
    pub(super) led: bool,
    /// How many conditions stand on the one being worked out.
    pub(super) conditions: usize,
    /// How many nested stacks references have led through.
    pub(super) stacks: usize,
}

impl<'w, 'n> Resolver<'w, 'n> {
    pub(super) fn new(world: &'w World<'n>, number: usize) -> Self {
        Self { world, number, led: false, conditions: 0, stacks: 0 }
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn template(&self) -> Option<&'w Template<'n>> {
        self.world.templates.get(self.number)
    }

    /// The tree with every function replaced by its value or a reference.
    pub(super) fn resolve(&self, node: &Node) -> Node {
        let resolved = self.walk(node);
        if is_no_value(&resolved) { Node { value: Value::Null, at: node.at } } else { resolved }
    }

    /// The same, where `AWS::NoValue` still is to be taken out.
    pub(super) fn walk(&self, node: &Node) -> Node {
        let at = node.at;
        if !self.world.keep(1, at) {
            return too_large(at);
        }
        // What a reference led to may be led to again and again.
        let weight = 1 + node.as_text().map_or(0, str::len);
        if (self.led || self.stacks > 0) && !self.world.pay(weight, at) {
            return too_large(at);
        }
        let value = match &node.value {
            Value::Text(text) => return self.plain_text(text, at),
            Value::List(elements) => {
                let elements = elements.iter().take_while(|_| self.world.is_within_limits());
                Value::list(elements.map(|element| self.walk(element)).filter(|e| !is_no_value(e)))
            }
            Value::Map(entries) => {
                if let Some((name, argument)) = function(node) {
                    return self.call(name, argument, at);
                }
                let entries = entries.iter().take_while(|_| self.world.is_within_limits());
                Value::map(entries.filter_map(|entry| self.entry(entry)))
            }
            Value::Tagged(tagged) => return self.call(tagged.tag.trim_start_matches('!'), &tagged.node, at),
            other => other.clone(),
        };
        Node { value, at }
    }

    fn entry(&self, entry: &Entry) -> Option<Entry> {
        let value = self.walk(&entry.value);
        if is_no_value(&value) {
            return None;
        }
        let name = match self.plain_text(&entry.name, entry.at).value {
            Value::Text(name) => name,
            Value::Reference(reference) => reference.text.into(),
            _ => entry.name.clone(),
        };
        Some(Entry { name, at: entry.at, value })
    }

    /// The value as text, references written as `${…}`; `None` for lists and maps.
    pub(super) fn text(&self, node: &Node) -> Option<String> {
        let mut out = Concat::default();
        out.push(&self.resolve(node)).then_some(out.text)
    }

    fn call(&self, name: &str, argument: &Node, at: Position) -> Node {
        let name = name.trim_start_matches("Fn::");
        match (name, &argument.value) {
            ("Ref", Value::Text(target)) => self.reference(target, at),
            ("GetAtt", Value::Text(target)) => self.attribute(target, at),
            ("GetAtt", Value::List(parts)) => {
                let parts: Option<Vec<String>> = parts.iter().map(|part| self.text(part)).collect();
                match parts {
                    Some(parts) => self.attribute(&parts.join("."), at),
                    None => self.opaque(name, argument, at),
                }
            }
            ("Sub", Value::Text(text)) => self.substitute(text, &BTreeMap::new(), at),
            ("Sub", Value::List(parts)) => match &**parts {
                [Node { value: Value::Text(text), .. }, variables] => {
                    let variables = variables.entries().iter();
                    let own = variables.map(|entry| (entry.name.as_str(), self.resolve(&entry.value))).collect();
                    self.substitute(text, &own, at)
                }
                [Node { value: Value::Text(text), .. }] => self.substitute(text, &BTreeMap::new(), at),
                _ => self.opaque(name, argument, at),
            },
            ("If", Value::List(parts)) => match &**parts {
                [condition, yes, no] => self.choose(condition, yes, no, at),
                _ => self.opaque(name, argument, at),
            },
            _ => {
                let resolved = self.resolve(argument);
                let found = match name {
                    "Join" => self.join(&resolved),
                    "Select" => select(&resolved),
                    "Split" => self.split(&resolved),
                    "FindInMap" => self.find_in_map(&resolved),
                    "ImportValue" => self.import(&resolved, at),
                    "Length" => match &resolved.value {
                        Value::List(elements) => Some(Value::Number(elements.len().to_string().into())),
                        _ => None,
                    },
                    "ToJsonString" => Some(to_json(&resolved)),
                    _ => None,
                };
                found.map_or_else(|| self.opaque(name, &resolved, at), |value| Node { value, at })
            }
        }
    }

    /// `Ref`
    fn reference(&self, name: &str, at: Position) -> Node {
        if name == "AWS::NoValue" {
            return Node { value: Value::tagged(NO_VALUE, Node { value: Value::Null, at }), at };
        }
        let declared = self.template().and_then(|template| template.parameters.get(name));
        let kind = declared.and_then(|parameter| parameter.get("Type")).and_then(Node::as_text).unwrap_or_default();
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        // The default of such a parameter is the path of its value.
        let stored = kind.starts_with("AWS::SSM::");
        let default = declared.filter(|_| !stored).and_then(|parameter| parameter.get("Default"));
        let passed = declared.map_or(Passed::Nothing, |_| self.passed(name, is_list));
        let value = match passed {
            Passed::Nothing => match (self.world.given(name), default.map(|default| &default.value)) {
                (Some(given), _) => Some(given.to_owned()),
                // Which text it is depends on who reads it.
                (None, Some(word @ Value::Unquoted(_))) if !is_list => return Node { value: word.clone(), at },
                (None, _) => default.and_then(scalar::sent),
            },
            // The path of a value, too.
            Passed::Value(_) if stored => self.world.given(name).map(str::to_owned),
            Passed::Value(Value::Text(text)) => Some(text.to_string()),
            Passed::Value(value) => match (self.world.given(name), &value) {
                (Some(given), Value::Reference(_)) => Some(given.to_owned()),
                _ => return Node { value, at },
            },
            Passed::Unknown(missing) => match self.world.given(name) {
                Some(given) => Some(given.to_owned()),
                None => return Node { value: Value::reference(format!("${{{}}}", flat(name)), missing), at },
            },
        };
        if let Some(value) = value {
            if !self.world.pay(value.len(), at) {
                return too_large(at);
            }
            let value = if is_list {
                let parts = value.split(',').map(|part| Node { value: concat::known_or_looked_up(part.trim()), at });
                Value::List(parts.collect())
            } else {
                concat::known_or_looked_up(&value)
            };
            return Node { value, at };
        }
        self.group_name(name).map_or_else(|| self.unknown(name, at), |node| Node { at, ..node })
    }

    /// `Ref` of a group is the group's name.
    fn group_name(&self, id: &str) -> Option<Node> {
        let group = self.template()?.resource(id).filter(|resource| resource.kind == "AWS::Cognito::UserPoolGroup")?;
        let led = Self { led: true, ..*self };
        if self.led { None } else { Some(led.resolve(group.property("GroupName")?)) }
    }

    /// `Fn::GetAtt`, its two parts joined by a dot.
    fn attribute(&self, target: &str, at: Position) -> Node {
        if let Some(value) = self.world.given(target) {
            return self.paid(value, at);
        }
        if let Some(value) = self.output(target) {
            return Node { value, at };
        }
        // Attributes that are the same as `Ref`, so that one thing has one name.
        if let Some((id, attribute)) = target.split_once('.') {
            let kind = self.template().and_then(|template| template.kind_of(id));
            if matches!(
                (kind, attribute),
                (Some("AWS::Cognito::UserPool"), "UserPoolId")
                    | (Some("AWS::Cognito::UserPoolClient"), "ClientId")
                    | (Some("AWS::Cognito::IdentityPool"), "Id")
                    | (Some("AWS::IAM::OIDCProvider"), "Arn")
            ) {
                return self.unknown(id, at);
            }
        }
        self.unknown(target, at)
    }

    /// `Fn::Sub`: own variables first, then parameters, resources and their attributes.
    fn substitute(&self, text: &str, own: &BTreeMap<&str, Node>, at: Position) -> Node {
        let mut out = Concat::default();
        for piece in pieces(text) {
            match piece {
                Piece::Literal(literal) => out.text.push_str(literal),
                Piece::Name(name) => {
                    // `${!Name}` is the text `${Name}`.
                    if let Some(literal) = name.strip_prefix('!') {
                        out.text.extend(["${", literal, "}"]);
                        continue;
                    }
                    let value = match own.get(name) {
                        Some(value) => value.clone(),
                        None if name.contains('.') && !is_variable(name) => self.attribute(name, at),
                        None => self.reference(name, at),
                    };
                    let before = out.text.len();
                    self.note_disputed(&value);
                    if !out.push(&value) {
                        out.push(&self.unknown(name, at));
                    }
                    if !self.world.pay(out.text.len().saturating_sub(before), at) {
                        return too_large(at);
                    }
                }
            }
        }
        out.node(at)
    }

    fn join(&self, argument: &Node) -> Option<Value> {
        let [Node { value: Value::Text(between), .. }, Node { value: Value::List(parts), .. }] = argument.elements()
        else {
            return None;
        };
        let mut out = Concat::default();
        for (n, part) in parts.iter().enumerate() {
            if n > 0 {
                out.text.push_str(between);
            }
            self.note_disputed(part);
            if !out.push(part) {
                return None;
            }
        }
        self.world.pay(out.text.len(), argument.at).then(|| out.node(argument.at).value)
    }

    /// A word that tools read differently is lost in a longer text, so that it is told of here.
    fn note_disputed(&self, part: &Node) {
        if let Value::Unquoted(word) = &part.value {
            let message = format!("{} is {}; quote it", text::quoted(word), part.kind());
            self.world.note_undecided(Problem::new("unreadable", message).at(part.at));
        }
    }

    fn split(&self, argument: &Node) -> Option<Value> {
        let [delimiter, whole] = argument.elements() else { return None };
        let (delimiter, whole) = (delimiter.as_text()?, whole.as_text()?);
        if delimiter.is_empty() || !self.world.pay(whole.len(), argument.at) {
            return None;
        }
        let at = argument.at;
        Some(Value::List(whole.split(delimiter).map(|part| Node { value: Value::text(part), at }).collect()))
    }

    fn find_in_map(&self, argument: &Node) -> Option<Value> {
        let [map, top, second, ..] = argument.elements() else { return None };
        let (map, top, second) = (scalar::sent(map)?, scalar::sent(top)?, scalar::sent(second)?);
        let found = self.template()?.mappings.get(&(map.as_str(), top.as_str()));
        let value = found
            .filter(|entries| self.world.pay(entries.entries().len(), argument.at))
            .and_then(|entries| entries.get(&second));
        let default = argument.elements().get(3).and_then(|options| options.get("DefaultValue"));
        let found = match value {
            Some(value) => value,
            // What a macro adds to the mapping comes before the default.
            None if self.template()?.may_map_more(&map, &top) => return None,
            None => default?,
        };
        let weight: usize = found.elements().iter().chain([found]).map(|node| node.as_text().map_or(1, str::len)).sum();
        self.world.pay(weight, argument.at).then(|| self.mapped(found).value)
    }

    /// What stands in a mapping is literal; functions there are not followed.
    fn mapped(&self, node: &Node) -> Node {
        match &node.value {
            Value::Map(_) | Value::Tagged(..) => self.opaque("FindInMap", node, node.at),
            Value::List(elements) => {
                Node { value: Value::list(elements.iter().map(|element| self.mapped(element))), at: node.at }
            }
            Value::Text(text) => Node { value: concat::known_or_looked_up(text), at: node.at },
            _ => node.clone(),
        }
    }

    fn import(&self, name: &Node, at: Position) -> Option<Value> {
        let mut text = Concat::default();
        if !text.push(name) {
            return None;
        }
        if let Some(value) = text.missing.is_none().then(|| self.world.given(&text.text)).flatten() {
            return Some(self.paid(value, at).value);
        }
        let unknown = if self.led {
            format!("pass {}", parameter(&text.text))
        } else {
            match self.exported(&text.text, at) {
                Exported::Value(value) => return Some(value),
                Exported::Unknown(missing) => missing,
            }
        };
        let missing = text.missing.unwrap_or(unknown);
        let text = format!("${{ImportValue {}}}", flat(&text.text));
        self.world.pay(text.len(), at).then_some(Value::reference(text, missing))
    }

    /// A value of this template as another one sees it: `${Users}` is `${Auth:Users}`.
    pub(super) fn abroad(&self, node: Node) -> Value {
        let reference = match node.value {
            Value::Reference(reference) => reference,
            Value::List(elements) => {
                let elements = elements.into_iter().map(|node| Node { at: node.at, value: self.abroad(node) });
                return Value::list(elements);
            }
            known => return known,
        };
        let stem = self.template().map_or("", |template| &template.stem);
        let mut text = String::new();
        for piece in pieces(&reference.text) {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Name(name) if is_variable(name) => text.extend(["${", name, "}"]),
                Piece::Name(name) => text.extend(["${", stem, ":", name, "}"]),
            }
        }
        Value::reference(text, reference.missing)
    }

    /// Text outside `Fn::Sub`: literal, but for dynamic references and the variables of Serverless.
    fn plain_text(&self, text: &str, at: Position) -> Node {
        let serverless = self.template().is_some_and(|template| template.serverless);
        let literal = || Node { value: concat::known_or_looked_up(text), at };
        if !text.contains("${") {
            return literal();
        }
        let parts = pieces(text);
        let is_ours = |name: &str| serverless || is_variable(name) && !name.starts_with("AWS::");
        if !parts.iter().any(|piece| matches!(piece, Piece::Name(name) if is_ours(name))) {
            return literal();
        }
        self.substitute(text, &BTreeMap::new(), at)
    }

    fn paid(&self, value: &str, at: Position) -> Node {
        if self.world.pay(value.len(), at) {
            Node { value: concat::known_or_looked_up(value), at }
        } else {
            too_large(at)
        }
    }

    fn unknown(&self, name: &str, at: Position) -> Node {
        if !self.world.keep(VALUES_OF_A_NAME, at) {
            return too_large(at);
        }
        Node { value: Value::Reference(Box::new(self.missing(name))), at }
    }

    /// The reference for a name nothing was given for.
    pub(super) fn missing(&self, name: &str) -> Reference {
        let id = name.split('.').next().unwrap_or(name);
        let deployed = self.template().is_some_and(|template| template.resource(id).is_some());
        let when = if deployed { "a deployment decides it; " } else { "" };
        let missing = format!("{when}pass {}", parameter(name));
        // A text that grows may take twice its length, and there can be thousands with long names.
        Reference { text: ["${", &flat(name), "}"].concat(), missing }
    }

    /// A function whose value nobody knows before the deployment.
    fn opaque(&self, name: &str, argument: &Node, at: Position) -> Node {
        let text = format!("${{Fn::{name} {}}}", describe(argument));
        let missing = first_missing(argument)
            .unwrap_or_else(|| format!("{} has no value here", text::quoted(&format!("Fn::{name}"))));
        if self.world.pay(text.len(), at) { Node { value: Value::reference(text, missing), at } } else { too_large(at) }
    }
}

/// What stands for what would be too much. Nobody is told of it: there is an error already.
pub(super) fn too_large(at: Position) -> Node {
    Node { value: Value::Null, at }
}

/// Marks what `AWS::NoValue` takes away.
const NO_VALUE: &str = "AWS::NoValue";

fn is_no_value(node: &Node) -> bool {
    matches!(&node.value, Value::Tagged(tagged) if tagged.tag == NO_VALUE)
}

/// The function that a map with one entry calls.
pub(super) fn function(node: &Node) -> Option<(&str, &Node)> {
    match node.entries() {
        [only] if only.name == "Ref" || only.name.starts_with("Fn::") && !only.name.starts_with("Fn::ForEach") => {
            Some((&only.name, &only.value))
        }
        _ => None,
    }
}

/// The name that a `Ref` is of.
pub(super) fn referred(node: &Node) -> Option<&str> {
    match (&node.value, function(node)) {
        (Value::Tagged(tagged), _) if tagged.tag == "!Ref" => tagged.node.as_text(),
        (_, Some(("Ref", argument))) => argument.as_text(),
        _ => None,
    }
}

fn select(argument: &Node) -> Option<Value> {
    let [index, Node { value: Value::List(elements), .. }] = argument.elements() else { return None };
    let index: usize = scalar::sent(index)?.parse().ok()?;
    elements.get(index).map(|element| element.value.clone())
}

/// Whether a name is a pseudo-parameter or a variable with a source (`self:custom.stage`), rather than a logical id.
fn is_variable(name: &str) -> bool {
    name.contains([':', '('])
}

/// What the first reference in a tree wants.
fn first_missing(node: &Node) -> Option<String> {
    match &node.value {
        Value::Reference(reference) => Some(reference.missing.clone()),
        Value::List(elements) => elements.iter().find_map(first_missing),
        Value::Map(entries) => entries.iter().find_map(|entry| first_missing(&entry.value)),
        _ => None,
    }
}

/// `` `--param NAME=…` ``
pub(super) fn parameter(name: &str) -> String {
    text::quoted(&format!("--param {name}=…"))
}
