//! Terraform's JSON syntax (`*.tf.json`, `*.tfvars.json`): the same blocks and arguments, with expressions in strings.

use crate::read::hcl::{self, At, Attribute, Block, Body, Expr, ExprKind, HclLimits};
use crate::read::node::{Node, Value};
use crate::read::position::Position;
use crate::read::problem::Problem;

/// Nested blocks that matter; everything else in a resource is an argument.
const BLOCKS: &[&str] = &["role_mapping", "mapping_rule", "cognito_identity_providers", "dynamic", "content"];

/// Whether a tree is a file in this syntax.
pub(in crate::read) fn recognises(node: &Node) -> bool {
    const KNOWN: &[&str] =
        &["//", "data", "locals", "module", "output", "provider", "resource", "terraform", "variable"];
    let is_declaration = |name: &str| matches!(name, "resource" | "module" | "variable" | "locals" | "data");
    node.entries().iter().any(|entry| is_declaration(&entry.name))
        && node.entries().iter().all(|entry| KNOWN.contains(&entry.name.as_str()))
}

pub(super) fn body(node: &Node, name: &str, limits: &HclLimits) -> Result<Body, Vec<Problem>> {
    if let Some(at) = first_beyond(node, &mut limits.nodes.clone()) {
        let message = format!("more than {} arguments and values", limits.nodes);
        return Err(vec![Problem::new("too-large", message).at(at)]);
    }
    let mut converting =
        Converting { limits: *limits, is_literal: name.ends_with(".tfvars.json"), problems: Vec::new() };
    let body = if converting.is_literal {
        Body { attributes: converting.attributes(node, |_| true), blocks: Vec::new() }
    } else {
        converting.file(node)
    };
    if converting.problems.is_empty() { Ok(body) } else { Err(converting.problems) }
}

/// Where the first member or element stands for which none is left.
fn first_beyond(node: &Node, left: &mut usize) -> Option<Position> {
    let members = node.entries().iter().map(|entry| (entry.at, &entry.value));
    members.chain(node.elements().iter().map(|element| (element.at, element))).find_map(|(at, value)| {
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => return Some(at),
        }
        first_beyond(value, left)
    })
}

struct Converting {
    limits: HclLimits,
    /// Whether strings are what they say, without templates: in files of values, and in defaults of variables.
    is_literal: bool,
    problems: Vec<Problem>,
}

impl Converting {
    fn file(&mut self, node: &Node) -> Body {
        let mut body = Body::default();
        for entry in node.entries() {
            let kind = entry.name.as_str();
            let labels = match kind {
                "resource" | "data" => 2,
                "variable" | "output" | "module" => 1,
                "locals" => 0,
                _ => continue,
            };
            for node in one_or_many(&entry.value) {
                self.labelled(kind, labels, &mut Vec::new(), node, At::from_position(entry.at), &mut body.blocks);
            }
        }
        body
    }

    /// Blocks whose labels are the names of nested objects.
    fn labelled(
        &mut self,
        kind: &str,
        missing: usize,
        labels: &mut Vec<Box<str>>,
        node: &Node,
        at: At,
        blocks: &mut Vec<Block>,
    ) {
        if missing == 0 {
            self.is_literal = kind == "variable";
            let mut body = self.block_body(node, kind == "resource");
            if self.is_literal {
                self.read_types(&mut body);
            }
            self.is_literal = false;
            blocks.push(Block { kind: kind.into(), labels: labels.clone(), at, body });
            return;
        }
        for entry in node.entries().iter().filter(|entry| entry.name != "//") {
            labels.push(entry.name.as_str().into());
            for inner in one_or_many(&entry.value) {
                self.labelled(kind, missing - 1, labels, inner, At::from_position(entry.at), blocks);
            }
            labels.pop();
        }
    }

    fn block_body(&mut self, node: &Node, has_blocks: bool) -> Body {
        let is_block = |name: &str| has_blocks && BLOCKS.contains(&name);
        let attributes = self.attributes(node, |name| !is_block(name));
        let mut blocks = Vec::new();
        for entry in node.entries().iter().filter(|entry| is_block(&entry.name)) {
            let at = At::from_position(entry.at);
            for inner in one_or_many(&entry.value) {
                if entry.name == "dynamic" {
                    self.labelled_dynamic(inner, &mut blocks);
                } else {
                    let at = if matches!(entry.value.value, Value::List(_)) { At::from_position(inner.at) } else { at };
                    let body = self.block_body(inner, true);
                    blocks.push(Block { kind: entry.name.as_str().into(), labels: Vec::new(), at, body });
                }
            }
        }
        Body { attributes, blocks }
    }

    /// The type of a variable is an expression in a string.
    fn read_types(&mut self, body: &mut Body) {
        for attribute in body.attributes.iter_mut().filter(|attribute| &*attribute.name == "type") {
            if let ExprKind::Text(written) = &attribute.value.kind
                && let bare = written.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or(written)
                && let Ok(kind) = hcl::parse_expression(bare, 0, &self.limits)
            {
                attribute.value.kind = kind.kind;
            }
        }
    }

    fn labelled_dynamic(&mut self, node: &Node, blocks: &mut Vec<Block>) {
        for entry in node.entries() {
            for inner in one_or_many(&entry.value) {
                let mut body = self.block_body(inner, true);
                // The iterator is a bare name in the native syntax.
                for attribute in body.attributes.iter_mut().filter(|attribute| &*attribute.name == "iterator") {
                    if let ExprKind::Text(name) = &mut attribute.value.kind {
                        attribute.value.kind = ExprKind::Name(std::mem::take(name));
                    }
                }
                let labels = vec![entry.name.as_str().into()];
                blocks.push(Block { kind: "dynamic".into(), labels, at: At::from_position(entry.at), body });
            }
        }
    }

    fn attributes(&mut self, node: &Node, is_wanted: impl Fn(&str) -> bool) -> Vec<Attribute> {
        let wanted = node.entries().iter().filter(|entry| entry.name != "//" && is_wanted(&entry.name));
        wanted
            .map(|entry| Attribute {
                name: entry.name.as_str().into(),
                at: At::from_position(entry.at),
                value: self.expression(&entry.value),
            })
            .collect()
    }

    fn expression(&mut self, node: &Node) -> Expr {
        let at = At::from_position(node.at);
        let kind = match &node.value {
            Value::Bool(value) => ExprKind::Bool(*value),
            Value::Number(written) => match written.strip_prefix('-') {
                Some(positive) => {
                    let positive = Expr { at, kind: ExprKind::Number(positive.into()) };
                    ExprKind::Unary(hcl::UnaryOp::Negate, Box::new(positive))
                }
                None => ExprKind::Number((**written).into()),
            },
            Value::Text(text) => return self.string(text, node),
            Value::List(elements) => ExprKind::List(elements.iter().map(|element| self.expression(element)).collect()),
            Value::Map(entries) => {
                let items = entries.iter().map(|entry| {
                    let name = Node { value: Value::Null, at: entry.at };
                    (self.string(&entry.name, &name), self.expression(&entry.value))
                });
                ExprKind::Object(items.collect())
            }
            _ => ExprKind::Null,
        };
        Expr { at, kind }
    }

    fn string(&mut self, text: &str, node: &Node) -> Expr {
        if self.is_literal {
            return Expr { at: At::from_position(node.at), kind: ExprKind::Text(text.into()) };
        }
        hcl::parse_json_string(text, node.at, &self.limits).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Expr { at: At::from_position(node.at), kind: ExprKind::Null }
        })
    }
}

fn one_or_many(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(elements) => elements,
        _ => std::slice::from_ref(node),
    }
}
