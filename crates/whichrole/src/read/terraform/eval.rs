//! Evaluates expressions as far as the files tell: what is known becomes a value, the rest a reference that says what is missing.
//!
//! Nothing is read from outside, time and memory are bounded by a count of steps, and recursion by a depth.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::module::{Declared, Module, Written, join};
use super::types;
use super::value::{Data, Target, TextBuilder, Unknown, Val, add_missing, decimal};
use crate::read::hcl::{BinaryOp, Expr, ExprKind, For, HclLimits, Part, Step, UnaryOp, parse_expression};
use crate::read::node::Position;
use crate::read::problem::Problem;
use crate::text;

/// Expressions inside each other, through locals, variables, outputs and attributes.
const DEPTH: usize = 180;
/// Lists and maps inside each other, in one value.
const VALUE_DEPTH: u16 = 64;
/// Modules inside each other.
const MODULE_DEPTH: usize = 20;
/// Instances of one resource, or of all modules together.
const INSTANCES: usize = 10_000;

/// What only Terraform can tell.
pub(super) const AFTER_APPLY: &str =
    "only the deployment knows it: write the value, or read a plan or the state instead of these files";

pub(super) struct Evaluator<'f> {
    modules: &'f BTreeMap<String, Module<'f>>,
    variables: &'f BTreeMap<String, String>,
    limits: HclLimits,
    instances: Vec<Instance<'f>>,
    /// What was evaluated already; `None` while it is being evaluated.
    known: BTreeMap<Key, Option<Val>>,
    depth: usize,
    steps: usize,
    pub problems: Vec<Problem>,
}

/// A module in use: a folder's declarations with the arguments of one call.
struct Instance<'f> {
    module: &'f Module<'f>,
    /// `module.auth.` before every address, empty for a root.
    prefix: String,
    call: Option<ModuleCall<'f>>,
    depth: usize,
}

#[derive(Clone)]
struct ModuleCall<'f> {
    from: usize,
    name: String,
    block: &'f Declared<'f>,
    key: Option<(Repeat, Val, Val)>,
}

/// How a block is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Count,
    ForEach,
}

/// The instances that a block stands for.
pub(super) enum Instances {
    One,
    /// Each with its key and, for `for_each`, its value.
    Several(Repeat, Vec<(Val, Val)>),
    Unknown(Rc<Unknown>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Variable(usize, String),
    Local(usize, String),
    Output(usize, String),
    Resource(usize, String),
    Attribute(usize, String),
    Module(usize, String),
}

/// Where an expression stands: the module, the file, and the names that `for`, `each` and `dynamic` brought.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub instance: usize,
    pub source: usize,
    pub names: Option<&'s Named<'s>>,
}

pub(super) struct Named<'s> {
    pub name: &'s str,
    pub value: Val,
    pub outer: Option<&'s Named<'s>>,
}

impl Scope<'_> {
    fn lookup(&self, name: &str) -> Option<Val> {
        let mut names = self.names;
        while let Some(named) = names {
            if named.name == name {
                return Some(named.value.clone());
            }
            names = named.outer;
        }
        None
    }
}

impl<'f> Evaluator<'f> {
    pub(super) fn new(
        modules: &'f BTreeMap<String, Module<'f>>,
        variables: &'f BTreeMap<String, String>,
        limits: HclLimits,
    ) -> Self {
        Self {
            modules,
            variables,
            limits,
            instances: Vec::new(),
            known: BTreeMap::new(),
            depth: 0,
            steps: 0,
            problems: Vec::new(),
        }
    }

    /// Puts a folder to use as a root.
    pub(super) fn add_root(&mut self, module: &'f Module<'f>) -> usize {
        self.instances.push(Instance { module, prefix: String::new(), call: None, depth: 0 });
        self.instances.len() - 1
    }

    pub(super) fn module(&self, instance: usize) -> Option<&'f Module<'f>> {
        self.instances.get(instance).map(|instance| instance.module)
    }

    pub(super) fn prefix(&self, instance: usize) -> &str {
        self.instances.get(instance).map_or("", |instance| &instance.prefix)
    }

    pub(super) fn eval(&mut self, expr: &Expr, scope: Scope<'_>) -> Val {
        let at = expr.at.of(scope.source);
        self.deeper(at, |this| this.evaluate(expr, scope, at))
    }

    fn evaluate(&mut self, expr: &Expr, scope: Scope<'_>, at: Position) -> Val {
        match &expr.kind {
            ExprKind::Null => Val::new(at, Data::Null),
            ExprKind::Bool(value) => Val::new(at, Data::Bool(*value)),
            ExprKind::Number(written) => match decimal(written) {
                Some(number) => Val::new(at, Data::Number(number.into())),
                None => Val::failed(at, &**written, "the number is out of range"),
            },
            ExprKind::Text(text) => Val::text(at, text),
            ExprKind::Template(parts) => match &**parts {
                [Part::Value(only)] => self.eval(only, scope),
                parts => {
                    let mut text = TextBuilder::default();
                    match self.template(parts, scope, &mut text) {
                        Ok(()) => text.finish(at),
                        Err(unknown) => unknown,
                    }
                }
            },
            ExprKind::List(elements) => {
                Val::list(at, elements.iter().map(|element| self.eval(element, scope)).collect())
            }
            ExprKind::Object(items) => self.object(items, scope, at),
            ExprKind::Name(name) => {
                scope.lookup(name).unwrap_or_else(|| Val::failed(at, &**name, "nothing of that name is known here"))
            }
            ExprKind::Path(path) => {
                let (root, steps) = &**path;
                let (value, used) = match &root.kind {
                    ExprKind::Name(name) => self.root(name, steps, scope, at),
                    _ => (self.eval(root, scope), 0),
                };
                self.walk(value, steps.get(used..).unwrap_or_default(), scope, at)
            }
            ExprKind::Call(call) => self.call(call, scope, at),
            ExprKind::Unary(operator, operand) => {
                let value = self.eval(operand, scope);
                unary(*operator, &value, at)
            }
            ExprKind::Chain(chain) => {
                let mut left = self.eval(&chain.0, scope);
                for (operator, operand) in &chain.1 {
                    let right = self.eval(operand, scope);
                    left = self.binary(&left, *operator, &right, at);
                }
                left
            }
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.eval(condition, scope);
                match condition.as_bool() {
                    Some(true) => self.eval(then, scope),
                    Some(false) => self.eval(otherwise, scope),
                    None => {
                        let (then, otherwise) = (self.eval(then, scope), self.eval(otherwise, scope));
                        if then.equals(&otherwise) == Some(true) {
                            return then;
                        }
                        self.opaque(at, &[("", &condition), (" ? ", &then), (" : ", &otherwise)], "", &[&condition])
                    }
                }
            }
            ExprKind::For(each) => self.for_each(each, scope, at),
        }
    }

    /// Adds the pieces of a template to a text; an error is the value that stands for the whole.
    fn template(&mut self, parts: &[Part], scope: Scope<'_>, out: &mut TextBuilder) -> Result<(), Val> {
        for part in parts {
            let before = out.len();
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(expr) => {
                    let value = self.eval(expr, scope);
                    if !out.push(&value) {
                        let at = expr.at.of(scope.source);
                        return Err(Val::failed(at, spelled(&value), "it cannot be a part of a text"));
                    }
                }
                Part::If { condition, then, otherwise } => {
                    let value = self.eval(condition, scope);
                    match value.as_bool() {
                        Some(true) => self.template(then, scope, out)?,
                        Some(false) => self.template(otherwise, scope, out)?,
                        None => return Err(self.unknown_from(&value, "%{if …}")),
                    }
                }
                Part::For { key, value, over, body } => {
                    let collection = self.eval(over, scope);
                    let Some(entries) = entries(&collection) else {
                        return Err(self.unknown_from(&collection, "%{for …}"));
                    };
                    for (k, v) in entries {
                        if !self.spend(1, collection.at) {
                            break;
                        }
                        let key = Named { name: key.as_deref().unwrap_or("\0"), value: k, outer: scope.names };
                        let value = Named { name: value, value: v, outer: Some(&key) };
                        self.template(body, Scope { names: Some(&value), ..scope }, out)?;
                    }
                }
            }
            if !self.spend((out.len() - before) / 64, Position::default()) {
                break;
            }
        }
        Ok(())
    }

    fn object(&mut self, items: &[(Expr, Expr)], scope: Scope<'_>, at: Position) -> Val {
        let mut entries: Vec<(Rc<str>, Val)> = Vec::with_capacity(items.len());
        let mut unknown_key = None;
        for (key, value) in items {
            let key = match &key.kind {
                ExprKind::Name(name) => Val::text(key.at.of(scope.source), name),
                _ => self.eval(key, scope),
            };
            let value = self.eval(value, scope);
            match key.to_text() {
                Some(key) => entries.push((key, value)),
                None => unknown_key = Some(key),
            }
        }
        match unknown_key {
            Some(key) => self.unknown_from(&key, "{ … }"),
            None => Val::map(at, entries),
        }
    }

    /// The value of the first names of a path, and how many steps they took.
    fn root(&mut self, name: &str, steps: &[Step], scope: Scope<'_>, at: Position) -> (Val, usize) {
        if let Some(value) = scope.lookup(name) {
            return (value, 0);
        }
        let attr = |n: usize| match steps.get(n) {
            Some(Step::Attr(name)) => Some(&**name),
            _ => None,
        };
        match (name, attr(0), attr(1)) {
            ("var", Some(variable), _) => (self.variable(scope.instance, variable, at), 1),
            ("local", Some(local), _) => (self.local(scope.instance, local, at), 1),
            ("module", Some(module), _) => (self.module_value(scope.instance, module, at), 1),
            ("data", Some(kind), Some(name)) => (self.resource(scope.instance, &format!("data.{kind}.{name}"), at), 2),
            ("path" | "terraform" | "self", ..) => {
                (Val::unknown(at, Unknown::new(name, "it depends on where and how Terraform runs")), 0)
            }
            ("each" | "count", ..) => (Val::failed(at, name, format!("`{name}` means nothing here")), 0),
            (kind, Some(name), _) => (self.resource(scope.instance, &format!("{kind}.{name}"), at), 1),
            (name, None, _) => (Val::failed(at, name, "nothing of that name is known here"), 0),
        }
    }

    fn walk(&mut self, value: Val, steps: &[Step], scope: Scope<'_>, at: Position) -> Val {
        let mut value = value;
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            rest = after;
            value = match step {
                Step::Attr(name) => self.attr(&value, name, at),
                Step::Index(index) => {
                    let index = self.eval(index, scope);
                    self.index(&value, &index, at)
                }
                Step::AttrSplat | Step::FullSplat => {
                    let taken = match step {
                        Step::FullSplat => after.len(),
                        _ => after.iter().take_while(|step| matches!(step, Step::Attr(_))).count(),
                    };
                    let (along, left) = after.split_at_checked(taken).unwrap_or((after, &[]));
                    rest = left;
                    self.splat(&value, along, scope, at)
                }
            };
            if !self.spend(1, at) {
                break;
            }
        }
        value
    }

    fn splat(&mut self, value: &Val, along: &[Step], scope: Scope<'_>, at: Position) -> Val {
        let elements: Vec<Val> = match &value.data {
            Data::List(elements) | Data::Set(elements) => elements.to_vec(),
            Data::Null => Vec::new(),
            // A resource or module that is not repeated counts as a list of one.
            Data::Unknown(unknown) if unknown.target.is_none() => {
                let mut text = format!("{}[*]", unknown.text);
                for step in along {
                    if let Step::Attr(name) = step {
                        text.push('.');
                        text.push_str(name);
                    }
                }
                return Val::unknown(at, Unknown::new(text, unknown.missing.clone()));
            }
            _ => vec![value.clone()],
        };
        self.deeper(at, |this| {
            Val::list(at, elements.into_iter().map(|element| this.walk(element, along, scope, at)).collect())
        })
    }

    fn attr(&mut self, value: &Val, name: &str, at: Position) -> Val {
        match &value.data {
            Data::Map(entries) => entries.get(name).cloned().unwrap_or_else(|| {
                Val::failed(at, format!("{{…}}.{name}"), format!("there is no {} in it", text::quoted(name)))
            }),
            Data::Unknown(unknown) => {
                let target = unknown.target.clone();
                match target {
                    Some(Target::Resource { instance, address, key }) => {
                        self.resource_attribute(instance, &address, key.as_ref(), name, unknown, at)
                    }
                    Some(Target::Module { instance }) => self.output(instance, name, at),
                    None => self.extend(unknown, &format!(".{name}"), at),
                }
            }
            _ => Val::failed(at, format!("….{name}"), format!("what has no attributes has no {}", text::quoted(name))),
        }
    }

    fn index(&mut self, value: &Val, index: &Val, at: Position) -> Val {
        if let Data::Unknown(unknown) = &value.data {
            let mut spelling = String::from("[");
            index.spell(&mut spelling);
            spelling.push(']');
            let mut extended = self.extend(unknown, &spelling, at);
            if let (Data::Unknown(extended), Some(Target::Resource { instance, address, key: None }), None) =
                (&mut extended.data, &unknown.target, index.first_unknown())
            {
                let target =
                    Target::Resource { instance: *instance, address: address.clone(), key: Some(index.clone()) };
                Rc::make_mut(extended).target = Some(target);
            }
            return extended;
        }
        if index.as_unknown().is_some() {
            return self.opaque(at, &[("…[", index)], "]", &[index]);
        }
        let found = match (&value.data, index.as_integer(), index.to_text()) {
            (Data::Map(entries), _, Some(key)) => entries.get(&key).cloned(),
            (Data::List(elements), Some(n), _) => usize::try_from(n).ok().and_then(|n| elements.get(n).cloned()),
            _ => None,
        };
        found.unwrap_or_else(|| {
            Val::failed(
                at,
                format!("…[{}]", spelled(index)),
                format!("there is no element {}", text::quoted(&spelled(index))),
            )
        })
    }

    /// A reference one step longer.
    fn extend(&mut self, unknown: &Rc<Unknown>, step: &str, at: Position) -> Val {
        self.spend((unknown.text.len() + step.len()) / 64, at);
        let text =
            if unknown.is_template { format!("\"{}\"{step}", unknown.text) } else { format!("{}{step}", unknown.text) };
        Val::unknown(at, Unknown { text, is_template: false, target: None, ..(**unknown).clone() })
    }

    fn binary(&mut self, left: &Val, operator: BinaryOp, right: &Val, at: Position) -> Val {
        self.spend(left.weight.saturating_add(right.weight) / 16, at);
        let known = match operator {
            BinaryOp::And if left.as_bool() == Some(false) || right.as_bool() == Some(false) => Some(false),
            BinaryOp::Or if left.as_bool() == Some(true) || right.as_bool() == Some(true) => Some(true),
            BinaryOp::And => left.as_bool().zip(right.as_bool()).map(|(a, b)| a && b),
            BinaryOp::Or => left.as_bool().zip(right.as_bool()).map(|(a, b)| a || b),
            BinaryOp::Equal => left.equals(right),
            BinaryOp::NotEqual => left.equals(right).map(|equal| !equal),
            _ => {
                let numbers = left.as_integer().zip(right.as_integer());
                if let Some(result) = numbers.and_then(|(a, b)| arithmetic(a, operator, b)) {
                    return Val::new(at, result);
                }
                None
            }
        };
        match known {
            Some(value) => Val::new(at, Data::Bool(value)),
            None => self.opaque(at, &[("", left), (&format!(" {} ", operator.name()), right)], "", &[left, right]),
        }
    }

    fn for_each(&mut self, each: &For, scope: Scope<'_>, at: Position) -> Val {
        let collection = self.eval(&each.over, scope);
        let Some(entries) = entries(&collection) else {
            return self.unknown_from(&collection, "[for …]");
        };
        let mut elements = Vec::new();
        let mut map: BTreeMap<Rc<str>, Vec<Val>> = BTreeMap::new();
        for (key, value) in entries {
            if !self.spend(1, at) {
                break;
            }
            let key = Named { name: each.key_name.as_deref().unwrap_or("\0"), value: key, outer: scope.names };
            let value = Named { name: &each.value_name, value, outer: Some(&key) };
            let inner = Scope { names: Some(&value), ..scope };
            if let Some(condition) = &each.condition {
                let condition = self.eval(condition, inner);
                match condition.as_bool() {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return self.unknown_from(&condition, "[for … if …]"),
                }
            }
            let made = self.eval(&each.value, inner);
            match &each.key {
                None => elements.push(made),
                Some(key) => {
                    let key = self.eval(key, inner);
                    match key.to_text() {
                        Some(key) => map.entry(key).or_default().push(made),
                        None => return self.unknown_from(&key, "{for …}"),
                    }
                }
            }
        }
        if each.key.is_none() {
            return Val::list(at, elements);
        }
        if !each.group && map.values().any(|values| values.len() > 1) {
            return Val::failed(at, "{for …}", "two of its keys are the same");
        }
        let entries = map.into_iter().filter_map(|(key, mut values)| {
            let value = if each.group { Some(Val::list(at, values)) } else { values.pop() };
            value.map(|value| (key, value))
        });
        Val::map(at, entries.collect::<Vec<_>>())
    }

    /// A variable's value: for a root from `--var`, then files of values, for a module from its call, else its default.
    fn variable(&mut self, instance: usize, name: &str, at: Position) -> Val {
        self.once(Key::Variable(instance, name.to_owned()), &format!("var.{name}"), at, |this| {
            let Some((module, call)) = this.instances.get(instance).map(|i| (i.module, i.call.clone())) else {
                return Val::failed(at, name, "");
            };
            let declared = module.variables.get(name);
            let kind = declared.and_then(|declared| declared.attribute("type"));
            let given = match &call {
                Some(call) => this.argument(call, name),
                None => this.root_value(module, name, kind, at),
            };
            let default = || declared.and_then(|declared| declared.attribute("default"));
            let value = match given {
                Some(value) => value,
                None => match default() {
                    Some(default) => this.eval(default.value, Scope { instance, source: default.source, names: None }),
                    None => {
                        let missing = match &call {
                            Some(call) => format!(
                                "the call of module {} does not give {}",
                                text::quoted(&call.name),
                                text::quoted(name)
                            ),
                            None => format!("pass `--var {}=…`", text::visible(name)),
                        };
                        let text = format!("{}var.{name}", this.prefix(instance));
                        Val::unknown(at, Unknown::new(text, missing))
                    }
                },
            };
            match kind {
                Some(kind) => types::convert(&value, kind.value, kind.source, this),
                None => value,
            }
        })
    }

    fn argument(&mut self, call: &ModuleCall<'f>, name: &str) -> Option<Val> {
        if ["source", "version", "providers", "count", "for_each", "depends_on"].contains(&name) {
            return None;
        }
        let written = call.block.attribute(name)?;
        let at = written.at.of(written.source);
        let each = call.key.as_ref().map(|(repeat, key, value)| each_name(*repeat, key, value, at));
        Some(self.eval(written.value, Scope { instance: call.from, source: written.source, names: each.as_ref() }))
    }

    fn root_value(
        &mut self,
        module: &'f Module<'f>,
        name: &str,
        kind: Option<Written<'f>>,
        at: Position,
    ) -> Option<Val> {
        let scope = |source| Scope { instance: usize::MAX, source, names: None };
        if let Some(text) = self.variables.get(name) {
            let is_text = match kind.map(|kind| &kind.value.kind) {
                Some(ExprKind::Name(kind)) => &**kind == "string",
                Some(_) => false,
                // Without a type Terraform takes a string; brackets are never meant so.
                None => !text.trim_start().starts_with(['[', '{']),
            };
            let place = module.variables.get(name).map_or(at, |declared| declared.at);
            return Some(if is_text {
                Val::text(place, text)
            } else {
                match parse_expression(text, place.source, &self.limits) {
                    Ok(expr) => at_place(self.eval(&expr, scope(place.source)), place),
                    Err(_) if matches!(kind.map(|kind| &kind.value.kind), Some(ExprKind::Name(any)) if &**any == "any") => {
                        Val::text(place, text)
                    }
                    Err(_) => {
                        let message = format!("the value of `--var {}` cannot be read", text::visible(name));
                        self.problems.push(Problem::new("unreadable", message));
                        return None;
                    }
                }
            });
        }
        let written = module.values.get(name)?;
        let last = *written.last()?;
        let value = self.eval(last.value, scope(last.source));
        if last.is_optional {
            for other in written.iter().rev().skip(1).take_while(|other| other.is_optional) {
                let other = self.eval(other.value, scope(other.source));
                if value.equals(&other) != Some(true) {
                    let missing = format!(
                        "several files of values give it differently: read one of them, or pass `--var {}=…`",
                        text::visible(name)
                    );
                    return Some(Val::unknown(at, Unknown::new(format!("var.{name}"), missing)));
                }
            }
        }
        Some(value)
    }

    fn local(&mut self, instance: usize, name: &str, at: Position) -> Val {
        let Some(written) = self.module(instance).and_then(|module| module.locals.get(name).copied()) else {
            let text = format!("{}local.{name}", self.prefix(instance));
            let missing = format!("give the file that declares {}", text::quoted(&format!("local.{name}")));
            return Val::unknown(at, Unknown::new(text, missing));
        };
        self.once(
            Key::Local(instance, name.to_owned()),
            &format!("local.{name}"),
            written.at.of(written.source),
            |this| this.eval(written.value, Scope { instance, source: written.source, names: None }),
        )
    }

    fn output(&mut self, instance: usize, name: &str, at: Position) -> Val {
        let path = format!("{}{name}", self.prefix(instance));
        let declared = self.module(instance).and_then(|module| module.outputs.get(name));
        let Some(written) = declared.and_then(|output| output.attribute("value")) else {
            return Val::failed(at, path, format!("the module has no output {}", text::quoted(name)));
        };
        self.once(Key::Output(instance, name.to_owned()), &path, at, |this| {
            this.eval(written.value, Scope { instance, source: written.source, names: None })
        })
    }

    /// What `TYPE.NAME` stands for: one resource, or a list or map of its instances.
    fn resource(&mut self, instance: usize, address: &str, at: Position) -> Val {
        let full = format!("{}{address}", self.prefix(instance));
        let is_data = address.starts_with("data.");
        let declared = self.module(instance).and_then(|module| module.resources.get(address));
        let Some(declared) = declared else {
            let missing = if is_data {
                AFTER_APPLY.to_owned()
            } else {
                format!("give the file that declares {}", text::quoted(address))
            };
            return Val::unknown(at, Unknown::new(full, missing));
        };
        self.once(Key::Resource(instance, address.to_owned()), &full, at, |this| {
            let one = |key: Option<Val>, text: String| {
                let target = Target::Resource { instance, address: address.into(), key };
                Val::unknown(at, Unknown { target: Some(target), ..Unknown::new(text, AFTER_APPLY) })
            };
            match this.instances_of(instance, declared) {
                Instances::One | Instances::Unknown(_) => one(None, full.clone()),
                Instances::Several(repeat, keys) => {
                    let each = keys.into_iter().map(|(key, _)| {
                        let address = format!("{full}[{}]", spelled(&key));
                        let name = key.to_text().unwrap_or_default();
                        (name, one(Some(key), address))
                    });
                    match repeat {
                        Repeat::ForEach => Val::map(at, each.collect::<Vec<_>>()),
                        Repeat::Count => Val::list(at, each.map(|(_, value)| value).collect()),
                    }
                }
            }
        })
    }

    /// An attribute that the file writes has the value written; the others are for the deployment to tell.
    fn resource_attribute(
        &mut self,
        instance: usize,
        address: &str,
        key: Option<&Val>,
        name: &str,
        resource: &Rc<Unknown>,
        at: Position,
    ) -> Val {
        let computed = self.extend(resource, &format!(".{name}"), at);
        let Some(declared) = self.module(instance).and_then(|module| module.resources.get(address)) else {
            return computed;
        };
        // What `terraform_data` gives out is what it takes in.
        let written_name = if declared.kind == "terraform_data" && name == "output" { "input" } else { name };
        let Some(written) = declared.attribute(written_name) else { return computed };
        let path = spelled(&computed);
        let value = self.once(Key::Attribute(instance, path.clone()), &path, at, |this| {
            let each = key.and_then(|key| this.each_of(instance, declared, key, at));
            this.eval(written.value, Scope { instance, source: written.source, names: each.as_ref() })
        });
        if matches!(value.data, Data::Null) { computed } else { value }
    }

    fn each_of(
        &mut self,
        instance: usize,
        declared: &'f Declared<'f>,
        key: &Val,
        at: Position,
    ) -> Option<Named<'static>> {
        match self.instances_of(instance, declared) {
            Instances::Several(repeat, keys) => {
                let (key, value) = keys.into_iter().find(|(known, _)| known.to_text() == key.to_text())?;
                Some(each_name(repeat, &key, &value, at))
            }
            _ => None,
        }
    }

    /// How often a block with `count` or `for_each` is there.
    pub(super) fn instances_of(&mut self, instance: usize, declared: &Declared<'_>) -> Instances {
        let scope = |source| Scope { instance, source, names: None };
        if let Some(count) = declared.attribute("count") {
            let value = self.eval(count.value, scope(count.source));
            if let Some(n) = value.as_integer().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= INSTANCES) {
                let keys = (0..n).map(|n| {
                    let key = Val::new(value.at, Data::Number(n.to_string().into()));
                    (key.clone(), key)
                });
                return Instances::Several(Repeat::Count, keys.collect());
            }
            return Instances::Unknown(self.why_unknown(&value, "`count` is not a number of instances"));
        }
        if let Some(for_each) = declared.attribute("for_each") {
            let value = self.eval(for_each.value, scope(for_each.source));
            let keys: Option<Vec<(Val, Val)>> = match &value.data {
                Data::Map(entries) => {
                    Some(entries.iter().map(|(key, value)| (Val::text(value.at, key), value.clone())).collect())
                }
                Data::Set(elements) => {
                    Some(elements.iter().map(|element| (element.clone(), element.clone())).collect())
                }
                _ => None,
            };
            return match keys {
                Some(keys) if keys.len() <= INSTANCES => Instances::Several(Repeat::ForEach, keys),
                _ => Instances::Unknown(self.why_unknown(&value, "`for_each` is neither a map nor a set")),
            };
        }
        Instances::One
    }

    fn module_value(&mut self, instance: usize, name: &str, at: Position) -> Val {
        let full = format!("{}module.{name}", self.prefix(instance));
        self.once(Key::Module(instance, name.to_owned()), &full, at, |this| {
            let Some(caller) = this.module(instance) else { return Val::failed(at, name, "") };
            let Some(block) = caller.calls.get(name) else {
                let missing = format!("give the file that calls module {}", text::quoted(name));
                return Val::unknown(at, Unknown::new(full.clone(), missing));
            };
            let source = block.attribute("source").and_then(|source| match &source.value.kind {
                ExprKind::Text(text) => Some(&**text),
                _ => None,
            });
            let Some(path) = source.filter(|path| path.starts_with("./") || path.starts_with("../")) else {
                let from = source.map_or(String::new(), |source| format!(" ({})", text::quoted(source)));
                let missing = format!("module {} comes from elsewhere{from} and is not read", text::quoted(name));
                return Val::unknown(at, Unknown::new(full.clone(), missing));
            };
            let folder = join(&caller.folder, path);
            let Some(module) = this.modules.get(&folder) else {
                let missing =
                    format!("give the files of module {} in {} too", text::quoted(name), text::quoted(&folder));
                return Val::unknown(at, Unknown::new(full.clone(), missing));
            };
            let depth = this.instances.get(instance).map_or(0, |caller| caller.depth) + 1;
            let one = |this: &mut Self, text: String, key: Option<(Repeat, Val, Val)>| {
                let call = ModuleCall { from: instance, name: name.to_owned(), block, key };
                this.instances.push(Instance { module, prefix: format!("{text}."), call: Some(call), depth });
                let target = Target::Module { instance: this.instances.len() - 1 };
                Val::unknown(at, Unknown { target: Some(target), ..Unknown::new(text, AFTER_APPLY) })
            };
            if depth > MODULE_DEPTH || this.instances.len() > INSTANCES {
                this.problem_once(
                    "cycle",
                    format!("modules call each other without end, through {}", text::quoted(name)),
                    block.at,
                );
                return Val::unknown(at, Unknown::new(full.clone(), "modules call each other without end"));
            }
            match this.instances_of(instance, block) {
                Instances::One => one(this, full.clone(), None),
                Instances::Unknown(unknown) => Val::unknown(at, Unknown::new(full.clone(), unknown.missing.clone())),
                Instances::Several(repeat, keys) => {
                    let each: Vec<(Rc<str>, Val)> = keys
                        .into_iter()
                        .map(|(key, value)| {
                            let text = format!("{full}[{}]", spelled(&key));
                            (key.to_text().unwrap_or_default(), one(this, text, Some((repeat, key, value))))
                        })
                        .collect();
                    match repeat {
                        Repeat::ForEach => Val::map(at, each),
                        Repeat::Count => Val::list(at, each.into_iter().map(|(_, value)| value).collect()),
                    }
                }
            }
        })
    }

    /// The instances of a called module, or what is missing to know them.
    pub(super) fn called(&mut self, instance: usize, name: &str, at: Position) -> Result<Vec<usize>, Rc<Unknown>> {
        let value = self.module_value(instance, name, at);
        let of = |value: &Val| match value.as_unknown().map(|unknown| (&unknown.target, unknown)) {
            Some((Some(Target::Module { instance }), _)) => Ok(*instance),
            Some((_, unknown)) => Err(unknown.clone()),
            None => Err(Rc::new(Unknown::new(name, ""))),
        };
        match &value.data {
            Data::List(elements) => elements.iter().map(of).collect(),
            Data::Map(entries) => entries.values().map(of).collect(),
            _ => of(&value).map(|one| vec![one]),
        }
    }

    /// Evaluates a thing once; a thing that needs itself is a problem.
    fn once(&mut self, key: Key, shown: &str, at: Position, evaluate: impl FnOnce(&mut Self) -> Val) -> Val {
        match self.known.get(&key) {
            Some(Some(value)) => return value.clone(),
            Some(None) => {
                self.problem_once("cycle", format!("{} refers to itself: a cycle", text::quoted(shown)), at);
                return Val::unknown(at, Unknown::new(shown, "it refers to itself"));
            }
            None => {}
        }
        self.known.insert(key.clone(), None);
        let value = self.deeper(at, evaluate);
        self.known.insert(key, Some(value.clone()));
        value
    }

    /// One level deeper, unless that is too deep or too much already.
    fn deeper(&mut self, at: Position, evaluate: impl FnOnce(&mut Self) -> Val) -> Val {
        if self.depth >= DEPTH {
            self.problem_once("too-large", format!("values depend on each other more than {DEPTH} levels deep"), at);
            return Val::unknown(at, Unknown::new("…", "it depends on too many levels of other values"));
        }
        if !self.spend(1, at) {
            return Val::unknown(at, Unknown::new("…", "evaluating it takes too long"));
        }
        self.depth += 1;
        let value = evaluate(self);
        self.depth -= 1;
        if value.depth > VALUE_DEPTH {
            self.problem_once("too-large", format!("a value is nested deeper than {VALUE_DEPTH}"), at);
            return Val::unknown(at, Unknown::new("…", "it is nested too deeply"));
        }
        value
    }

    /// Counts work; `false` when it was enough.
    pub(super) fn spend(&mut self, steps: usize, at: Position) -> bool {
        self.steps = self.steps.saturating_add(steps);
        let limit = self.limits.steps;
        let enough = self.steps > limit;
        if enough {
            self.problem_once("too-large", format!("evaluating the configuration takes more than {limit} steps"), at);
        }
        !enough
    }

    fn problem_once(&mut self, code: &'static str, message: String, at: Position) {
        let is_known = |problem: &Problem| problem.code == code && (code == "too-large" || problem.message == message);
        if !self.problems.iter().any(is_known) {
            self.problems.push(Problem::new(code, message).at(at));
        }
    }

    /// A result that is not known because `causes` are not; spelled as `pieces`, each a word and a value.
    pub(super) fn opaque(&mut self, at: Position, pieces: &[(&str, &Val)], end: &str, causes: &[&Val]) -> Val {
        let weight = pieces.iter().fold(0_usize, |weight, (_, value)| weight.saturating_add(value.weight));
        if !self.spend(weight / 4, at) {
            return Val::unknown(at, Unknown::new("…", "evaluating it takes too long"));
        }
        let mut text = String::new();
        for (word, value) in pieces {
            text.push_str(word);
            value.spell(&mut text);
        }
        text.push_str(end);
        self.spend(text.len() / 64, at);
        let mut missing = String::new();
        let mut failed = true;
        for unknown in causes.iter().filter_map(|cause| cause.first_unknown()) {
            add_missing(&mut missing, &unknown.missing);
            failed &= unknown.failed;
        }
        if missing.is_empty() {
            "it cannot be evaluated".clone_into(&mut missing);
        }
        Val::unknown(at, Unknown { failed, ..Unknown::new(text, missing) })
    }

    /// What stands for something whose parts are not known, for the reason that `cause` is not.
    pub(super) fn unknown_from(&mut self, cause: &Val, text: &str) -> Val {
        match cause.first_unknown() {
            Some(unknown) => {
                let text = if unknown.is_template { text.to_owned() } else { unknown.text.clone() };
                Val::unknown(
                    cause.at,
                    Unknown { failed: unknown.failed, ..Unknown::new(text, unknown.missing.clone()) },
                )
            }
            None => Val::failed(cause.at, text, "it cannot be evaluated"),
        }
    }

    fn why_unknown(&mut self, value: &Val, otherwise: &str) -> Rc<Unknown> {
        value.first_unknown().cloned().unwrap_or_else(|| Rc::new(Unknown::new(spelled(value), otherwise)))
    }
}

/// `each` or `count`, for the blocks they repeat.
pub(super) fn each_name(repeat: Repeat, key: &Val, value: &Val, at: Position) -> Named<'static> {
    match repeat {
        Repeat::ForEach => {
            let each = [("key".into(), key.clone()), ("value".into(), value.clone())];
            Named { name: "each", value: Val::map(at, each), outer: None }
        }
        Repeat::Count => Named { name: "count", value: Val::map(at, [("index".into(), key.clone())]), outer: None },
    }
}

/// What `for` and `dynamic` go through: keys and values, in Terraform's order.
pub(super) fn entries(collection: &Val) -> Option<Vec<(Val, Val)>> {
    match &collection.data {
        Data::List(elements) => Some(
            elements
                .iter()
                .enumerate()
                .map(|(n, element)| (Val::new(element.at, Data::Number(n.to_string().into())), element.clone()))
                .collect(),
        ),
        Data::Set(elements) => Some(elements.iter().map(|element| (element.clone(), element.clone())).collect()),
        Data::Map(entries) => {
            Some(entries.iter().map(|(key, value)| (Val::text(value.at, key), value.clone())).collect())
        }
        _ => None,
    }
}

pub(super) fn spelled(value: &Val) -> String {
    let mut text = String::new();
    value.spell(&mut text);
    text
}

/// A value that came from the command line shows where its variable is declared.
fn at_place(value: Val, at: Position) -> Val {
    Val { at, ..value }
}

fn unary(operator: UnaryOp, value: &Val, at: Position) -> Val {
    match (operator, value.as_bool(), &value.data) {
        (UnaryOp::Not, Some(value), _) => Val::new(at, Data::Bool(!value)),
        (UnaryOp::Negate, _, Data::Number(number)) => match decimal(&format!("-{number}").replace("--", "")) {
            Some(number) => Val::new(at, Data::Number(number.into())),
            None => Val::failed(at, spelled(value), "it cannot be evaluated"),
        },
        (_, _, Data::Unknown(unknown)) => {
            let sign = if operator == UnaryOp::Not { "!" } else { "-" };
            let text = format!("{sign}{}", spelled(value));
            Val::unknown(at, Unknown { failed: unknown.failed, ..Unknown::new(text, unknown.missing.clone()) })
        }
        _ => Val::failed(at, spelled(value), "it cannot be evaluated"),
    }
}

/// Whole numbers, as configurations count with; what leaves them is not evaluated.
fn arithmetic(a: i64, operator: BinaryOp, b: i64) -> Option<Data> {
    let number = match operator {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide if a.checked_rem(b) == Some(0) => a.checked_div(b),
        BinaryOp::Remainder => a.checked_rem(b),
        BinaryOp::Less => return Some(Data::Bool(a < b)),
        BinaryOp::LessOrEqual => return Some(Data::Bool(a <= b)),
        BinaryOp::Greater => return Some(Data::Bool(a > b)),
        BinaryOp::GreaterOrEqual => return Some(Data::Bool(a >= b)),
        _ => None,
    };
    number.map(|number| Data::Number(number.to_string().into()))
}
