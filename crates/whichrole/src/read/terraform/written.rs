//! A plan's own copy of the configuration: which references stand where, and which planned block comes from which written one.

use std::collections::BTreeMap;

use crate::read::node::{Node, Value};

/// Sets larger than this are not paired; AWS takes ten mappings. No more references of one expression are looked at either.
const PAIRED: usize = 50;
/// Expressions followed for one name, through the arguments of modules.
const FOLLOWED: usize = 500;

/// The modules as they are written, by their names from the root.
pub(super) struct Configuration<'n> {
    modules: BTreeMap<Vec<String>, Module<'n>>,
}

#[derive(Default)]
struct Module<'n> {
    /// The arguments of the call, none for the root.
    arguments: Option<&'n Node>,
    /// The expressions of each resource, by type and name.
    resources: BTreeMap<(&'n str, &'n str), &'n Node>,
    /// The provisioners of those that have some.
    provisioners: BTreeMap<(&'n str, &'n str), &'n Node>,
}

impl<'n> Configuration<'n> {
    pub(super) fn of(plan: &'n Node) -> Self {
        let mut configuration = Self { modules: BTreeMap::new() };
        if let Some(root) = plan.get("configuration").and_then(|configuration| configuration.get("root_module")) {
            configuration.add(root, None, Vec::new());
        }
        configuration
    }

    fn add(&mut self, module: &'n Node, arguments: Option<&'n Node>, path: Vec<String>) {
        for call in module.get("module_calls").into_iter().flat_map(Node::entries) {
            if let Some(inner) = call.value.get("module") {
                let mut path = path.clone();
                path.push(call.name.to_string());
                self.add(inner, call.value.get("expressions"), path);
            }
        }
        let all = |part: &'static str| {
            module.get("resources").into_iter().flat_map(Node::elements).filter_map(move |resource| {
                let text = |name: &str| resource.get(name).and_then(Node::as_text);
                Some(((text("type")?, text("name")?), resource.get(part)?))
            })
        };
        let (resources, provisioners) = (all("expressions").collect(), all("provisioners").collect());
        self.modules.insert(path, Module { arguments, resources, provisioners });
    }

    /// The resource as it is written.
    pub(super) fn find(&self, address: &str, kind: &str, name: &str) -> Option<Written<'_, 'n>> {
        let (path, prefixes): (Vec<String>, Vec<String>) = module_path(address).into_iter().unzip();
        let module = self.modules.get(&path)?;
        let expressions = module.resources.get(&(kind, name))?;
        let provisioners = module.provisioners.get(&(kind, name)).copied();
        Some(Written { expressions, provisioners, configuration: self, path, prefixes })
    }
}

/// A resource as it is written.
pub(super) struct Written<'c, 'n> {
    pub expressions: &'n Node,
    pub provisioners: Option<&'n Node>,
    configuration: &'c Configuration<'n>,
    /// The modules it is in, each with the prefix of its addresses: `module.auth.`, with keys.
    path: Vec<String>,
    prefixes: Vec<String>,
}

impl Written<'_, '_> {
    /// The references of an expression, each as long as it is written, as addresses from the root.
    pub(super) fn references(&self, expression: &Node) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(expression, self.path.len(), &mut { FOLLOWED }, &mut found);
        found
    }

    /// The references of all its expressions, those of its provisioners too, as texts.
    pub(super) fn all_references(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open: Vec<&Node> = std::iter::once(self.expressions).chain(self.provisioners).collect();
        let mut left = FOLLOWED;
        while let Some(node) = open.pop() {
            self.collect(node, self.path.len(), &mut left, &mut found);
            open.extend(node.elements());
            open.extend(node.entries().iter().filter(|entry| entry.name != "references").map(|entry| &entry.value));
        }
        found.iter().map(|reference| format!("${{{reference}}}")).collect()
    }

    /// `depth`: how many modules the expression is in.
    fn collect(&self, expression: &Node, depth: usize, left: &mut usize, found: &mut Vec<String>) {
        let all: Vec<&str> =
            expression.get("references").into_iter().flat_map(Node::elements).filter_map(Node::as_text).collect();
        // Every reference is followed by its shorter forms: `a.b.id`, `a.b`.
        let is_prefix =
            |short: &str, long: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with(['.', '[']));
        let mut longest: Vec<&str> = Vec::new();
        for reference in all.iter().take(PAIRED) {
            if !all.iter().any(|other| is_prefix(reference, other)) && !longest.contains(reference) {
                longest.push(reference);
            }
        }
        for reference in longest {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return;
            }
            let argument = reference.strip_prefix("var.").filter(|name| !name.contains(['.', '[']));
            let passed = argument.and_then(|name| {
                let module = self.configuration.modules.get(self.path.get(..depth)?)?;
                module.arguments?.get(name)
            });
            match (passed, depth.checked_sub(1)) {
                // A variable of a module is what its call gives.
                (Some(passed), Some(around)) => self.collect(passed, around, left, found),
                (_, within) => {
                    let prefix = within.and_then(|within| self.prefixes.get(within)).map_or("", String::as_str);
                    found.push(format!("{prefix}{reference}"));
                }
            }
        }
    }
}

/// Pairs the blocks of a set with those written: where counts agree, a block that fits only one is that one.
pub(super) fn pair<'n>(planned: &[Node], written: &[&'n Node]) -> Vec<Option<&'n Node>> {
    let mut pairs: Vec<Option<&Node>> = vec![None; planned.len()];
    if planned.len() != written.len() || planned.len() > PAIRED {
        return pairs;
    }
    let mut free: Vec<&Node> = written.to_vec();
    loop {
        let mut progress = false;
        for (block, pair) in planned.iter().zip(pairs.iter_mut()).filter(|(_, pair)| pair.is_none()) {
            let mut fitting = free.iter().enumerate().filter(|(_, written)| fits(block, written));
            if let (Some((n, only)), None) = (fitting.next(), fitting.next()) {
                *pair = Some(only);
                free.remove(n);
                progress = true;
            }
        }
        if !progress {
            return pairs;
        }
    }
}

/// Whether a planned block can come from a written one: what is written as a constant is what is planned.
fn fits(planned: &Node, written: &Node) -> bool {
    written.entries().iter().all(|entry| match (&entry.value.value, entry.value.get("constant_value")) {
        (Value::List(rules), _) => {
            let rules: Vec<&Node> = rules.iter().collect();
            let planned = planned.get(&entry.name).map(Node::elements).unwrap_or_default();
            rules.is_empty() || leftmost(planned, &rules).is_some()
        }
        (_, Some(constant)) => planned.get(&entry.name).is_some_and(|value| same(value, constant)),
        _ => true,
    })
}

/// For each planned rule the written one it comes from, where that is certain. Both keep their order, and between the written ones
/// there may be rules of `dynamic` blocks.
pub(super) fn embed<'n>(planned: &[Node], written: &[&'n Node]) -> Vec<Option<&'n Node>> {
    let mut pairs = vec![None; planned.len()];
    let (Some(first), Some(last)) = (leftmost(planned, written), rightmost(planned, written)) else { return pairs };
    for ((written, first), last) in written.iter().zip(first).zip(last) {
        if first == last
            && let Some(pair) = pairs.get_mut(first)
        {
            *pair = Some(*written);
        }
    }
    pairs
}

fn leftmost(planned: &[Node], written: &[&Node]) -> Option<Vec<usize>> {
    let mut left = planned.iter().enumerate();
    written.iter().map(|written| left.find(|(_, rule)| fits(rule, written)).map(|(n, _)| n)).collect()
}

fn rightmost(planned: &[Node], written: &[&Node]) -> Option<Vec<usize>> {
    let mut left = planned.iter().enumerate().rev();
    let found: Option<Vec<usize>> =
        written.iter().rev().map(|written| left.find(|(_, rule)| fits(rule, written)).map(|(n, _)| n)).collect();
    found.map(|mut found| {
        found.reverse();
        found
    })
}

/// Equal but for their places.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name && same(&a.value, &b.value))
        }
        (a, b) => a == b,
    }
}

/// Whether a reference leads to a value, rather than to a whole resource or module.
pub(super) fn is_complete(reference: &str) -> bool {
    let mut rest = reference;
    while let Some((_, after)) = module_step(rest) {
        rest = after;
    }
    let names = rest.split('.').count();
    match rest.split('.').next() {
        Some("each" | "count" | "self" | "path" | "terraform") => false,
        Some("var" | "local") => names >= 2,
        Some("data") => names >= 4,
        // What a module gives out.
        _ if rest.len() < reference.len() && names == 1 => !rest.is_empty(),
        _ => names >= 3,
    }
}

/// The modules of an address, each with the prefix up to and with it.
fn module_path(address: &str) -> Vec<(String, String)> {
    let mut path = Vec::new();
    let mut rest = address;
    while let Some((name, after)) = module_step(rest) {
        let prefix = address.get(..address.len() - after.len()).unwrap_or_default();
        path.push((name.to_owned(), prefix.to_owned()));
        rest = after;
    }
    path
}

/// `module.name["key"].rest` gives `name` and `rest`.
fn module_step(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("module.")?;
    let length = rest.find(['.', '['])?;
    let (name, mut after) = rest.split_at_checked(length)?;
    if after.starts_with('[') {
        let mut in_quotes = false;
        let mut escaped = false;
        let end = after.char_indices().find(|(_, c)| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_quotes = !in_quotes,
                ']' => return !in_quotes,
                _ => {}
            }
            false
        })?;
        after = after.get(end.0 + 1..)?;
    }
    Some((name, after.strip_prefix('.')?))
}
