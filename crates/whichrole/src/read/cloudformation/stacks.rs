//! Nested stacks: the template of each, what it gives that template for parameters, and what it hands back as outputs.

use std::collections::BTreeMap;

use super::super::node::{Node, Value};
use super::super::scalar;
use super::conditions::Truth;
use super::named::names;
use super::resolve::{Resolver, parameter};
use super::template::{Resource, Template, file_name};
use crate::text;

/// How many stacks may be nested in each other.
const NESTED: usize = 6;

/// A nested stack whose template is here.
pub(super) struct Stack<'n> {
    parent: usize,
    /// Its logical id there.
    id: &'n str,
    parameters: Option<&'n Node>,
    condition: Option<&'n Node>,
}

/// The nested stacks of some templates.
#[derive(Default)]
pub(super) struct Stacks<'n> {
    /// The stacks of each template that is nested, by its number.
    of: BTreeMap<usize, Vec<Stack<'n>>>,
    /// The template of each stack, by the number of the parent and the logical id there.
    template: BTreeMap<(usize, &'n str), usize>,
}

/// What stacks give a parameter.
pub(super) enum Passed {
    /// Nothing, so that its default counts.
    Nothing,
    Value(Value),
    /// What would make it known.
    Unknown(String),
}

impl<'n> Stacks<'n> {
    /// Finds the template of each nested stack by the name of its file: `TemplateURL` is the address of a copy.
    pub(super) fn find(templates: &[Template<'n>], url: impl Fn(usize, &Node) -> Option<String>) -> Self {
        let mut by_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, template) in templates.iter().enumerate() {
            by_file.entry(without_ending(file_name(&template.name))).or_default().push(number);
        }
        let mut stacks = Self::default();
        for (parent, template) in templates.iter().enumerate() {
            for resource in template.in_order() {
                let Some(url) = template_of(resource).and_then(|written| url(parent, written)) else { continue };
                let written = without_ending(url.rsplit(['/', '\\', '}']).next().unwrap_or_default());
                let found = by_file.get(written).map_or(&[][..], Vec::as_slice);
                let names = names(&template.name, &url);
                let is_named = |number: &&usize| {
                    let child = templates.get(**number).map_or("", |child| &child.name);
                    names.iter().any(|name| without_ending(name) == without_ending(child))
                };
                let beside = |number: &&usize| {
                    templates.get(**number).is_some_and(|t| folder(&t.name) == folder(&template.name))
                };
                let Some(child) = found.iter().find(is_named).or(found.iter().find(beside)).or(found.first()) else {
                    continue;
                };
                if *child == parent {
                    continue;
                }
                stacks.template.insert((parent, resource.id), *child);
                stacks.of.entry(*child).or_default().push(Stack {
                    parent,
                    id: resource.id,
                    parameters: resource.properties.and_then(|properties| properties.get("Parameters")),
                    condition: resource.condition,
                });
            }
        }
        stacks
    }

    /// The templates of each nested stack and of the one that it is in.
    pub(super) fn nested(&self) -> impl Iterator<Item = (usize, usize)> {
        self.template.iter().map(|((parent, _), child)| (*parent, *child))
    }

    /// Whether the template of a nested stack is here.
    pub(super) fn has_template_of(&self, parent: usize, id: &str) -> bool {
        self.template.contains_key(&(parent, id))
    }

    /// Whether a template is that of a nested stack.
    pub(super) fn are_nesting(&self, template: usize) -> bool {
        !self.of(template).is_empty()
    }

    /// Whether a template is that of several nested stacks, so that what it declares is there several times.
    pub(super) fn are_several(&self, template: usize) -> bool {
        self.of(template).len() > 1
    }

    fn of(&self, template: usize) -> &[Stack<'n>] {
        self.of.get(&template).map_or(&[], Vec::as_slice)
    }
}

impl<'n> Resolver<'_, 'n> {
    /// Whether this template is deployed: one that only nested stacks use is where one of them is.
    pub(super) fn is_deployed(&self) -> Truth {
        let stacks = self.world.stacks.of(self.number);
        if stacks.is_empty() || self.stacks >= NESTED {
            return Truth::Known(true);
        }
        if let Some(known) = self.world.deployed.borrow().get(&self.number) {
            return known.clone().unwrap_or(Truth::Known(true));
        }
        self.world.deployed.borrow_mut().insert(self.number, None);
        let mut result = Truth::Known(false);
        for stack in stacks {
            match self.parent(stack).is_made(stack.condition) {
                Truth::Known(true) => {
                    result = Truth::Known(true);
                    break;
                }
                Truth::Known(false) => {}
                unknown @ Truth::Unknown(_) => result = unknown,
            }
        }
        self.world.deployed.borrow_mut().insert(self.number, Some(result.clone()));
        result
    }

    /// What the stacks of this template give a parameter of it, as this template sees it.
    pub(super) fn passed(&self, name: &str, is_list: bool) -> Passed {
        let stacks = self.world.stacks.of(self.number);
        if self.stacks >= NESTED && !stacks.is_empty() {
            return Passed::Unknown(format!("more than {NESTED} stacks are nested in each other"));
        }
        let mut found: Option<(&Stack<'n>, Option<Node>)> = None;
        for stack in stacks {
            let parent = self.parent(stack);
            if !self.world.pay(1, stack.parameters.map(|node| node.at).unwrap_or_default())
                || matches!(parent.is_made(stack.condition), Truth::Known(false))
            {
                continue;
            }
            let value = match stack.parameters.map(|node| (node, &node.value)) {
                None => None,
                Some((map, Value::Map(entries))) if !entries.iter().any(|entry| entry.name.starts_with("Fn::")) => {
                    let value = map.get(name).map(|value| parent.resolve(value));
                    value.filter(|value| value.value != Value::Null)
                }
                Some(_) => {
                    let id = text::quoted(stack.id);
                    return Passed::Unknown(format!("the nested stack {id} does not say here what it gives"));
                }
            };
            let value = value.map(|node| Node { at: node.at, value: parent.abroad(node) });
            match &found {
                Some((earlier, known)) if !are_same(known.as_ref(), value.as_ref()) => {
                    let (a, b) = (text::quoted(earlier.id), text::quoted(stack.id));
                    return Passed::Unknown(format!(
                        "the nested stacks {a} and {b} give it different values; pass {}",
                        parameter(name)
                    ));
                }
                Some(_) => {}
                None => found = Some((stack, value)),
            }
        }
        match found.and_then(|(_, value)| value) {
            None => Passed::Nothing,
            Some(node) => match (scalar::sent(&node), node.value) {
                (_, value @ (Value::Unquoted(_) | Value::Reference(_))) => Passed::Value(value),
                (Some(text), _) => Passed::Value(Value::text(text)),
                (_, value @ Value::List(_)) if is_list => Passed::Value(value),
                _ => Passed::Unknown(format!("a nested stack gives it no text; pass {}", parameter(name))),
            },
        }
    }

    /// An output of a nested stack, from `Stack.Outputs.Name`. Where several stacks share the template, its resources are not those of one.
    pub(super) fn output(&self, target: &str) -> Option<Value> {
        let (id, output) = target.split_once(".Outputs.")?;
        let number = *self.world.stacks.template.get(&(self.number, id))?;
        if self.stacks >= NESTED || self.world.stacks.are_several(number) {
            return None;
        }
        let there = Self { number, stacks: self.stacks + 1, ..*self };
        let output = there.template()?.outputs.get(output)?;
        if !matches!(there.is_made(output.get("Condition")), Truth::Known(true)) {
            return None;
        }
        let value = there.resolve(output.get("Value")?);
        value.as_written()?;
        Some(there.abroad(value))
    }

    fn parent(&self, stack: &Stack<'n>) -> Self {
        Self { number: stack.parent, stacks: self.stacks + 1, ..*self }
    }
}

/// Where a nested stack says what its template is.
pub(super) fn template_of<'n>(resource: &Resource<'n>) -> Option<&'n Node> {
    let property = |name| resource.properties?.get(name);
    match resource.kind {
        // The CDK keeps the name of the file, which its address lacks.
        "AWS::CloudFormation::Stack" => resource
            .whole
            .get("Metadata")
            .and_then(|metadata| metadata.get("aws:asset:path"))
            .or_else(|| property("TemplateURL")),
        "AWS::Serverless::Application" => property("Location"),
        _ => None,
    }
}

fn are_same(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let text = |node: &Node| node.as_written().map(str::to_owned).or_else(|| scalar::sent(node));
            match (&a.value, &b.value) {
                (Value::List(a), Value::List(b)) => {
                    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| are_same(Some(a), Some(b)))
                }
                _ => text(a).is_some() && text(a) == text(b),
            }
        }
        _ => false,
    }
}

fn folder(path: &str) -> &str {
    path.get(..path.len().saturating_sub(file_name(path).len())).unwrap_or_default()
}

/// A stack may be written as YAML and deployed as JSON.
fn without_ending(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(name, _)| name)
}
