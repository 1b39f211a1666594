//! Resources as trees: arguments evaluated, nested blocks as lists, `dynamic` blocks written out.

use super::eval::{Evaluator, Named, Scope, entries, spelled};
use super::module::Declared;
use super::resources::Kind;
use super::value::{Data, Unknown, Val};
use crate::read::hcl::{Attribute, Block, ExprKind};
use crate::read::node::{Entry, Node, Value};
use crate::read::position::Position;
use crate::read::problem::Problem;
use crate::text;

/// Arguments that every resource may have.
pub(super) const META: &[&str] =
    &["count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection", "timeouts"];

/// Bytes of an argument's text that count as a step, where it comes from elsewhere.
const COPIED_IN_A_STEP: usize = 16;

impl Evaluator<'_> {
    /// One instance of a resource: the arguments that matter, and its nested blocks.
    pub(super) fn resource_node(
        &mut self,
        declared: &Declared<'_>,
        kind: Kind,
        scope: Scope<'_>,
        problems: &mut Vec<Problem>,
    ) -> Node {
        let mut entries = Vec::new();
        for (source, attribute) in declared.attributes() {
            let name = &*attribute.name;
            if kind.decides() && kind.blocks().contains(&name) {
                let message = format!("{} is a block, not an argument: write `{name} {{ … }}`", text::quoted(name));
                problems.push(Problem::new("unknown-field", message).at(attribute.at.of(source)));
            } else if kind.arguments().contains(&name) {
                entries.push(self.argument_entry(attribute, Scope { source, ..scope }));
            } else if kind.decides() && !META.contains(&name) {
                check_spelling(kind, name, attribute.at.of(source), problems);
            }
        }
        let mut blocks: Vec<(usize, &Block)> = Vec::new();
        for (source, block) in declared.blocks() {
            let name = super::module::named(block);
            if kind.decides() && kind.arguments().contains(&name) {
                let message =
                    format!("`{name} {{ … }}` without `=` is the syntax of Terraform 0.11: write `{name} = {{ … }}`");
                problems.push(Problem::new("unreadable", message).at(block.at.of(source)));
            } else if kind.blocks().contains(&name) {
                blocks.push((source, block));
            } else if kind.decides() && !META.contains(&name) {
                check_spelling(kind, name, block.at.of(source), problems);
            }
        }
        entries.extend(self.block_entries(&blocks, scope));
        Node { value: Value::map(entries), at: declared.at }
    }

    fn argument_entry(&mut self, attribute: &Attribute, scope: Scope<'_>) -> Entry {
        // A policy keeps its places; as text it would lose them.
        let written = match &attribute.value.kind {
            ExprKind::Call(call) if &*attribute.name == "assume_role_policy" && &*call.name == "jsonencode" => {
                call.arguments.first().unwrap_or(&attribute.value)
            }
            _ => &attribute.value,
        };
        let mut value = self.eval(written, scope);
        // One text can be the value of very many arguments, and each has a copy.
        let is_written_here = matches!(written.kind, ExprKind::Text(_));
        if !is_written_here && !self.spend(value.bytes() / COPIED_IN_A_STEP, value.at) {
            value = Val::unknown(value.at, Unknown::new("…", "evaluating it takes too long"));
        }
        let mut node = value.to_node();
        // What is not known is reported where it is used, what is known where it is written.
        if matches!(node.value, Value::Reference(_)) {
            node.at = attribute.value.at.of(scope.source);
        }
        Entry { name: (&*attribute.name).into(), at: attribute.at.of(scope.source), value: node }
    }

    /// One entry for each kind of block: the list of its blocks, in the order written.
    pub(super) fn block_entries(&mut self, blocks: &[(usize, &Block)], scope: Scope<'_>) -> Vec<Entry> {
        let mut lists: Vec<(&str, Position, Vec<Node>)> = Vec::new();
        for (source, block) in blocks {
            let name = super::module::named(block);
            let at = block.at.of(*source);
            let scope = Scope { source: *source, ..scope };
            let nodes = if &*block.kind == "dynamic" {
                self.dynamic(block, name, scope)
            } else {
                vec![self.block_node(block, at, scope)]
            };
            match lists.iter_mut().find(|(known, ..)| *known == name) {
                Some((.., list)) => list.extend(nodes),
                None => lists.push((name, at, nodes)),
            }
        }
        let lists = lists.into_iter();
        lists
            .map(|(name, at, nodes)| Entry { name: name.into(), at, value: Node { value: Value::list(nodes), at } })
            .collect()
    }

    fn block_node(&mut self, block: &Block, at: Position, scope: Scope<'_>) -> Node {
        let mut entries: Vec<Entry> =
            block.body.attributes.iter().map(|attribute| self.argument_entry(attribute, scope)).collect();
        let blocks: Vec<(usize, &Block)> = block.body.blocks.iter().map(|block| (scope.source, block)).collect();
        entries.extend(self.block_entries(&blocks, scope));
        Node { value: Value::map(entries), at }
    }

    /// The blocks that a `dynamic` block stands for. One that nobody can count is a reference in the list.
    fn dynamic(&mut self, block: &Block, name: &str, scope: Scope<'_>) -> Vec<Node> {
        let at = block.at.of(scope.source);
        let unknown =
            |at: Position, text: String, missing: String| vec![Node { value: Value::reference(text, missing), at }];
        let Some(for_each) = block.body.attribute("for_each") else {
            return unknown(at, name.to_owned(), "the `dynamic` block has no `for_each`".to_owned());
        };
        let Some(content) = block.body.blocks("content").next() else {
            return unknown(at, name.to_owned(), "the `dynamic` block has no `content`".to_owned());
        };
        let iterator = match block.body.attribute("iterator").map(|iterator| &iterator.value.kind) {
            Some(ExprKind::Name(iterator)) => &**iterator,
            _ => name,
        };
        let collection = self.eval(&for_each.value, scope);
        let place = for_each.value.at.of(scope.source);
        let Some(entries) = entries(&collection) else {
            return match &collection.data {
                Data::Unknown(cause) => unknown(place, cause.shown(), cause.missing.clone()),
                _ => unknown(place, spelled(&collection), "`for_each` is neither a list, a set nor a map".to_owned()),
            };
        };
        let mut nodes = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if !self.spend(1, at) {
                break;
            }
            let each = Val::map(at, [("key".into(), key), ("value".into(), value)]);
            let named = Named { name: iterator, value: each, outer: scope.names };
            let content_at = content.at.of(scope.source);
            nodes.push(self.block_node(content, content_at, Scope { names: Some(&named), ..scope }));
        }
        nodes
    }
}

/// A misspelt argument or block of a resource that matters would make what it says vanish.
fn check_spelling(kind: Kind, name: &str, at: Position, problems: &mut Vec<Problem>) {
    let known = kind.arguments().iter().chain(kind.blocks()).copied();
    if let Some(near) = text::nearest(name, known) {
        let message = format!(
            "unknown field of {}: {}, did you mean {}?",
            text::quoted(kind.name()),
            text::quoted(name),
            text::quoted(near)
        );
        problems.push(Problem::new("unknown-field", message).at(at));
    }
}
