//! References to what a template does not declare. CloudFormation refuses such a template; here they stay symbolic, with a note.

use std::collections::{BTreeMap, BTreeSet};

use super::super::interpolation::{Piece, pieces};
use super::super::node::{Node, Value};
use super::super::position::Position;
use super::super::problem::Problem;
use super::made::is_made_of_macros;
use super::resolve::function;
use super::template::Template;
use crate::text;

/// What a reference may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// `Fn::GetAtt`, `DependsOn`
    Resource,
    /// `Ref`, `Fn::Sub`
    ResourceOrParameter,
    Condition,
}

/// How many names must be declared for each that is near to none of them, before that one counts as wrong.
const ENOUGH: usize = 4;

/// How many missing names are compared with those that are there. A template that lacks more is no whole one.
const COMPARED: usize = 100;

/// A note for the first reference to each name that the template lacks: one that is almost a name it has, or one of few.
pub(super) fn undeclared(template: &Template<'_>) -> Vec<Problem> {
    if template.serverless || is_made_of_macros(template) {
        return Vec::new();
    }
    let mut references = References::default();
    for resource in template.in_order() {
        if let Some(condition) = resource.condition {
            references.condition(condition);
        }
        for node in
            resource.depends_on.iter().flat_map(|node| std::slice::from_ref(*node).iter().chain(node.elements()))
        {
            if let Some(id) = node.as_text() {
                references.add(Named::Resource, id, node.at);
            }
        }
        if let Some(properties) = resource.properties {
            references.walk(properties);
        }
    }
    for section in template.sections.iter().flat_map(|section| ["Conditions", "Outputs"].map(|name| section.get(name)))
    {
        for entry in section.into_iter().flat_map(Node::entries) {
            references.walk(&entry.value);
            if let Some(condition) = entry.value.get("Condition") {
                references.condition(condition);
            }
        }
    }
    let (declared, missing): (Vec<_>, Vec<_>) =
        references.first.iter().partition(|((named, name), _)| is_declared(template, *named, name));
    let missing: Vec<_> = (0..)
        .zip(missing)
        .map(|(n, ((named, name), at))| {
            (named, name, at, if n < COMPARED { near(template, *named, name) } else { None })
        })
        .collect();
    let strange = missing.iter().filter(|(.., near)| near.is_none()).count();
    let is_whole = declared.len() >= ENOUGH * strange;
    let mut notes = Vec::new();
    for (named, name, at, near) in missing {
        // An excerpt refers to much that stands elsewhere; a slip of the pen is one wherever it stands.
        if near.is_none() && !is_whole {
            continue;
        }
        let what = if *named == Named::Condition { "condition" } else { "resource" };
        let or = if *named == Named::ResourceOrParameter { " or parameter" } else { "" };
        let hint = near.map_or_else(String::new, |near| format!(", did you mean {}?", text::quoted(near)));
        let message = format!("the template declares no {what}{or} {}{hint}", text::quoted(name));
        notes.push(Problem::new("undeclared-reference", message).at(*at));
    }
    notes
}

fn is_declared(template: &Template<'_>, named: Named, name: &str) -> bool {
    match named {
        Named::Condition => template.conditions.contains_key(name),
        Named::ResourceOrParameter if template.parameters.contains_key(name) => true,
        Named::Resource | Named::ResourceOrParameter => {
            template.resource(name).is_some() || is_generated(template, name)
        }
    }
}

/// Whether SAM or a module makes a resource of this name from another: `FunctionRole` of `Function`.
fn is_generated(template: &Template<'_>, name: &str) -> bool {
    let makes = |kind: &str| kind.starts_with("AWS::Serverless::") || kind.ends_with("::MODULE");
    // The longest logical id that the name begins with is at or before it in their order.
    let earlier = template.ids_back_from(name).take(64);
    name.starts_with("Serverless")
        || earlier.into_iter().any(|id| name.starts_with(id) && template.kind_of(id).is_some_and(makes))
}

fn near<'t>(template: &'t Template<'_>, named: Named, name: &str) -> Option<&'t str> {
    let resources = template.ids();
    let near = match named {
        Named::Condition => text::nearest(name, template.conditions.keys().copied()),
        Named::Resource => text::nearest(name, resources),
        Named::ResourceOrParameter => text::nearest(name, resources.chain(template.parameters.keys().copied())),
    };
    near.filter(|near| !text::differ_in_digits(name, near))
}

/// The names that were referred to, each with the first place.
#[derive(Default)]
struct References<'n> {
    first: BTreeMap<(Named, &'n str), Position>,
}

impl<'n> References<'n> {
    fn add(&mut self, named: Named, name: &'n str, at: Position) {
        // Pseudo-parameters and the variables of frameworks are declared by nobody.
        if !name.contains([':', '(', '{', '$']) && !name.is_empty() {
            self.first.entry((named, name)).or_insert(at);
        }
    }

    fn condition(&mut self, node: &'n Node) {
        match &node.value {
            Value::Text(name) => self.add(Named::Condition, name, node.at),
            _ => self.walk(node),
        }
    }

    fn walk(&mut self, node: &'n Node) {
        match (&node.value, function(node)) {
            (Value::Tagged(tagged), _) => self.call(tagged.tag.trim_start_matches('!'), &tagged.node, node.at),
            (_, Some((name, argument))) => self.call(name.trim_start_matches("Fn::"), argument, node.at),
            (Value::List(elements), _) => elements.iter().for_each(|element| self.walk(element)),
            (Value::Map(entries), _) => entries.iter().for_each(|entry| self.walk(&entry.value)),
            _ => {}
        }
    }

    fn call(&mut self, name: &str, argument: &'n Node, at: Position) {
        match (name, &argument.value) {
            ("Ref", Value::Text(target)) => self.add(Named::ResourceOrParameter, target, at),
            ("GetAtt", Value::Text(target)) => self.add(Named::Resource, before_dot(target), at),
            ("GetAtt", Value::List(parts)) => match parts.first().map(|first| &first.value) {
                Some(Value::Text(id)) => self.add(Named::Resource, before_dot(id), at),
                _ => parts.iter().for_each(|part| self.walk(part)),
            },
            ("Sub", Value::Text(text)) => self.substitution(text, &BTreeSet::new(), at),
            ("Sub", Value::List(parts)) => {
                let own = parts.get(1).into_iter().flat_map(Node::entries).map(|entry| entry.name.as_str()).collect();
                if let Some(Node { value: Value::Text(text), at }) = parts.first() {
                    self.substitution(text, &own, *at);
                }
                parts.iter().skip(1).for_each(|part| self.walk(part));
            }
            ("If", Value::List(parts)) => {
                if let Some((condition, branches)) = parts.split_first() {
                    self.condition(condition);
                    for branch in branches {
                        self.walk(branch);
                    }
                }
            }
            ("Condition", Value::Text(target)) => self.add(Named::Condition, target, at),
            _ => self.walk(argument),
        }
    }

    fn substitution(&mut self, text: &'n str, own: &BTreeSet<&str>, at: Position) {
        for piece in pieces(text) {
            if let Piece::Name(name) = piece
                && !name.starts_with('!')
                && !own.contains(name)
            {
                let named = if name.contains('.') { Named::Resource } else { Named::ResourceOrParameter };
                self.add(named, before_dot(name).trim(), at);
            }
        }
    }
}

fn before_dot(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
