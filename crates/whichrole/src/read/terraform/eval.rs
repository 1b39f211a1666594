//! Evaluates expressions as far as the files tell: what is known becomes a value, the rest a reference that says what is missing.
//!
//! Nothing is read from outside, time and memory are bounded by a count of steps, and recursion by a depth.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::functions::NoValue;
use super::module::Module;
use super::names::{Instance, Key, Undeclared};
use super::unify;
use super::value::{Data, TEXT, TextBuilder, Unknown, Val, add_missing, decimal};
use crate::read::Position;
use crate::read::hcl::{BinaryOp, Expr, ExprKind, For, HclLimits, Part, UnaryOp};
use crate::read::problem::Problem;

/// Expressions inside each other, through locals, variables, outputs and attributes.
const DEPTH: usize = 180;
/// Lists and maps inside each other, in one value.
const VALUE_DEPTH: u16 = 64;
/// Why a calculation has no result here.
pub(super) const NOT_COUNTED: &str = "only whole numbers of 64 bits are counted with here: write the value";
/// Why two values that are spelled alike are not compared.
const NOT_COMPARED: &str = "they are equal only if their types are, which these files do not tell: compare what `tostring` makes of them, or the `length` of lists";
/// What only Terraform can tell.
pub(super) const AFTER_APPLY: &str =
    "only the deployment knows it: write the value, or read a plan or the state instead of these files";

pub(super) struct Evaluator<'f> {
    pub(super) modules: &'f BTreeMap<String, Module<'f>>,
    pub(super) variables: &'f BTreeMap<String, String>,
    pub(super) limits: HclLimits,
    pub(super) instances: Vec<Instance<'f>>,
    /// What was evaluated already; `None` while it is being evaluated.
    pub(super) known: BTreeMap<Key, Option<Val>>,
    /// What was referred to and is declared nowhere.
    pub(super) undeclared: Vec<Undeclared<'f>>,
    depth: usize,
    steps: usize,
    pub problems: Vec<Problem>,
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
    pub(super) fn lookup(&self, name: &str) -> Option<Val> {
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
            undeclared: Vec::new(),
            depth: 0,
            steps: 0,
            problems: Vec::new(),
        }
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
                None => too_large(at, written),
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
                    Some(true) => self.branch(then, otherwise, scope, at),
                    Some(false) => self.branch(otherwise, then, scope, at),
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

    /// The branch that a condition takes, in the type that both branches have in common.
    fn branch(&mut self, taken: &Expr, other: &Expr, scope: Scope<'_>, at: Position) -> Val {
        let value = self.eval(taken, scope);
        // A null that is written so is of any type. What stands beside a string becomes one.
        if matches!(value.data, Data::Null | Data::Unknown(_) | Data::Text(_)) || matches!(other.kind, ExprKind::Null) {
            return value;
        }
        let misses = self.undeclared.len();
        let beside = self.eval(other, scope);
        self.undeclared.truncate(misses);
        self.spend(value.weight.saturating_add(beside.weight) / 4, at);
        let is_bare = matches!(&other.kind, ExprKind::List(elements) if elements.is_empty())
            || matches!(&other.kind, ExprKind::Object(items) if items.is_empty());
        // `[]` and `{}` are of any list's or map's type; a list beside them is one of one type.
        let unified = match (&value.data, is_bare) {
            (Data::List(elements) | Data::Set(elements), true) if matches!(beside.data, Data::List(_)) => {
                if unify::are_of_one_shape(elements.iter()) {
                    Ok(value)
                } else {
                    Ok(unify::without_types(&value))
                }
            }
            (Data::Map(entries), true) if matches!(beside.data, Data::Map(_)) => {
                if unify::are_of_one_shape(entries.values()) { Ok(value) } else { Ok(unify::without_types(&value)) }
            }
            _ => unify::taken(&value, std::slice::from_ref(&beside)),
        };
        match unified {
            Ok(value) => value,
            Err(NoValue::Opaque(why)) => Val::unknown(at, Unknown::new("… ? … : …", why)),
            Err(_) => Val::failed(at, "… ? … : …", "its two results have no type in common"),
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
                        None => return Err(unknown_from(&value, "%{if …}")),
                    }
                }
                Part::For { key, value, over, body } => {
                    let collection = self.eval(over, scope);
                    let Some(entries) = entries(&collection) else {
                        return Err(unknown_from(&collection, "%{for …}"));
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
            Some(key) => unknown_from(&key, "{ … }"),
            None => Val::map(at, entries),
        }
    }

    fn binary(&mut self, left: &Val, operator: BinaryOp, right: &Val, at: Position) -> Val {
        self.spend(left.weight.saturating_add(right.weight) / 16, at);
        let known = match operator {
            BinaryOp::And if left.as_bool() == Some(false) || right.as_bool() == Some(false) => Some(false),
            BinaryOp::Or if left.as_bool() == Some(true) || right.as_bool() == Some(true) => Some(true),
            BinaryOp::And => left.as_bool().zip(right.as_bool()).map(|(a, b)| a && b),
            BinaryOp::Or => left.as_bool().zip(right.as_bool()).map(|(a, b)| a || b),
            BinaryOp::Equal => left.compares_to(right),
            BinaryOp::NotEqual => left.compares_to(right).map(|equal| !equal),
            _ => {
                let numbers = left.as_integer().zip(right.as_integer());
                if let Some(result) = numbers.and_then(|(a, b)| arithmetic(a, operator, b)) {
                    return Val::new(at, result);
                }
                None
            }
        };
        if let Some(value) = known {
            return Val::new(at, Data::Bool(value));
        }
        let made = self.opaque(at, &[("", left), (&format!(" {} ", operator.name()), right)], "", &[left, right]);
        let is_logic = matches!(operator, BinaryOp::And | BinaryOp::Or);
        match &made.data {
            Data::Unknown(unknown)
                if matches!(operator, BinaryOp::Equal | BinaryOp::NotEqual)
                    && left.first_unknown().or(right.first_unknown()).is_none() =>
            {
                Val::unknown(at, Unknown::new(unknown.text.clone(), NOT_COMPARED))
            }
            // Terraform counts with fractions, however large.
            Data::Unknown(unknown) if !is_logic && left.may_be_number() && right.may_be_number() => {
                Val::unknown(at, Unknown::new(unknown.text.clone(), NOT_COUNTED))
            }
            _ => made,
        }
    }

    fn for_each(&mut self, each: &For, scope: Scope<'_>, at: Position) -> Val {
        let collection = self.eval(&each.over, scope);
        let Some(entries) = entries(&collection) else {
            return unknown_from(&collection, "[for …]");
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
                    None => return unknown_from(&condition, "[for … if …]"),
                }
            }
            let made = self.eval(&each.value, inner);
            match &each.key {
                None => elements.push(made),
                Some(key) => {
                    let key = self.eval(key, inner);
                    match key.to_text() {
                        Some(key) => map.entry(key).or_default().push(made),
                        None => return unknown_from(&key, "{for …}"),
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

    /// One level deeper, unless that is too deep or too much already.
    pub(super) fn deeper(&mut self, at: Position, evaluate: impl FnOnce(&mut Self) -> Val) -> Val {
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
        if value.as_unknown().is_some_and(|unknown| unknown.is_too_long) {
            self.problem_once("too-large", format!("a text is put together that is longer than {TEXT} bytes"), at);
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

    /// Whether so much was evaluated that the rest is not worth it.
    pub(super) fn met_a_limit(&self) -> bool {
        self.limit_met().is_some()
    }

    /// The limit that was met.
    pub(super) fn limit_met(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.code == "too-large")
    }

    pub(super) fn problem_once(&mut self, code: &'static str, message: String, at: Position) {
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

/// What stands for something whose parts are not known, for the reason that `cause` is not.
pub(super) fn unknown_from(cause: &Val, text: &str) -> Val {
    match cause.first_unknown() {
        Some(unknown) => {
            let text = if unknown.is_template { text.to_owned() } else { unknown.text.clone() };
            Val::unknown(cause.at, Unknown { failed: unknown.failed, ..Unknown::new(text, unknown.missing.clone()) })
        }
        None => Val::failed(cause.at, text, "it cannot be evaluated"),
    }
}

pub(super) fn spelled(value: &Val) -> String {
    let mut text = String::new();
    value.spell(&mut text);
    text
}

fn unary(operator: UnaryOp, value: &Val, at: Position) -> Val {
    match (operator, value.as_bool(), value.as_written()) {
        (UnaryOp::Not, Some(value), _) => Val::new(at, Data::Bool(!value)),
        // Terraform writes `-0`, which equals 0.
        (UnaryOp::Negate, _, Data::Number(number)) if &**number == "0" => {
            Val::unknown(at, Unknown::new("-0", "the sign of zero is not kept here: write 0"))
        }
        (UnaryOp::Negate, _, Data::Number(number)) => match decimal(&format!("-{number}").replace("--", "")) {
            Some(number) => Val::new(at, Data::Number(number.into())),
            None => Val::unknown(at, Unknown::new(format!("-{number}"), NOT_COUNTED)),
        },
        (UnaryOp::Negate, _, Data::Text(_)) if value.may_be_number() => {
            Val::unknown(at, Unknown::new(format!("-{}", spelled(value)), NOT_COUNTED))
        }
        (_, _, Data::Unknown(unknown)) => {
            let sign = if operator == UnaryOp::Not { "!" } else { "-" };
            let text = format!("{sign}{}", spelled(value));
            Val::unknown(at, Unknown { failed: unknown.failed, ..Unknown::new(text, unknown.missing.clone()) })
        }
        _ => Val::failed(at, spelled(value), "it cannot be evaluated"),
    }
}

fn too_large(at: Position, written: &str) -> Val {
    Val::unknown(at, Unknown::new(written, "the number is out of range"))
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
