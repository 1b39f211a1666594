//! What variables stand for: what a call, `--var`, or a file of values gives them, their type and their default.

use super::eval::{Evaluator, Scope};
use super::module::{Declared, Module, Written};
use super::names::{Key, ModuleCall, each_name};
use super::types;
use super::value::{Data, Unknown, Val};
use crate::read::Position;
use crate::read::hcl::{Expr, ExprKind, parse_expression};
use crate::read::problem::Problem;
use crate::text;

/// The name of the workspace, in files and after `--var`.
const WORKSPACE: &str = "terraform.workspace";

impl<'f> Evaluator<'f> {
    /// A variable's value: for a root from `--var`, then files of values, for a module from its call, else its default.
    pub(super) fn variable(&mut self, instance: usize, name: &str, at: Position) -> Val {
        self.once(Key::Variable(instance, name.to_owned()), &format!("var.{name}"), at, |this| {
            let Some((module, call)) = this.instances.get(instance).map(|i| (i.module, i.call.clone())) else {
                return Val::failed(at, name, "");
            };
            let declared = module.variables.get(name);
            if declared.is_none() {
                this.miss(instance, "variable", format!("var.{name}"), at);
            }
            let kind = declared.and_then(|declared| declared.attribute("type"));
            let given = match &call {
                Some(call) => this.argument(call, name),
                None => this.root_value(module, name, kind, at),
            };
            let value = match (given, kind) {
                (Some(given), Some(kind)) => types::convert(&given, kind.value, kind.source, this),
                (Some(given), None) => given,
                (None, _) => this.without_value(instance, declared, name, call.as_ref(), at),
            };
            // With `nullable = false` a null is no value: the default takes its place.
            match (&value.data, declared) {
                (Data::Null, Some(declared)) if !this.is_nullable(declared) => {
                    let default = this.default_of(instance, declared);
                    default.filter(|default| !matches!(default.data, Data::Null)).unwrap_or_else(|| {
                        let missing = "it is `nullable = false`, and what it is given is null";
                        Val::unknown(at, Unknown::new(format!("{}var.{name}", this.prefix(instance)), missing))
                    })
                }
                _ => value,
            }
        })
    }

    /// The workspace, which `--var` gives like a variable of the root: no file says it.
    pub(super) fn workspace(&mut self, at: Position) -> Val {
        self.once(Key::Variable(0, WORKSPACE.to_owned()), WORKSPACE, at, |this| match this.variables.get(WORKSPACE) {
            Some(name) => Val::text(at, name),
            None => Val::unknown(at, Unknown::new(WORKSPACE, format!("pass `--var {WORKSPACE}=…`"))),
        })
    }

    /// The default, in the variable's type; where there is none, what to do about it.
    fn without_value(
        &mut self,
        instance: usize,
        declared: Option<&'f Declared<'f>>,
        name: &str,
        call: Option<&ModuleCall<'f>>,
        at: Position,
    ) -> Val {
        if let Some(default) = declared.and_then(|declared| self.default_of(instance, declared)) {
            return default;
        }
        let missing = match call {
            Some(call) => {
                let (module, name) = (text::quoted(&call.name), text::quoted(name));
                format!("the call of module {module} does not give {name}")
            }
            None => format!("pass `--var {}=…`", text::visible(name)),
        };
        Val::unknown(at, Unknown::new(format!("{}var.{name}", self.prefix(instance)), missing))
    }

    fn default_of(&mut self, instance: usize, declared: &Declared<'f>) -> Option<Val> {
        let default = declared.attribute("default")?;
        let value = self.eval(default.value, Scope { instance, source: default.source, names: None });
        Some(match declared.attribute("type") {
            Some(kind) => types::convert(&value, kind.value, kind.source, self),
            None => value,
        })
    }

    fn is_nullable(&mut self, declared: &Declared<'f>) -> bool {
        declared.attribute("nullable").is_none_or(|nullable| {
            let scope = Scope { instance: usize::MAX, source: nullable.source, names: None };
            self.eval(nullable.value, scope).as_bool() != Some(false)
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
            let place = module.variables.get(name).map_or(at, |declared| declared.at);
            return Some(self.passed(name, text, kind.map(|kind| kind.value), place));
        }
        let written = module.values.get(name)?;
        if let Some(last) = written.iter().rfind(|value| !value.is_optional) {
            return Some(self.eval(last.value, scope(last.source)));
        }
        if has_default(module, name) {
            return None;
        }
        let last = *written.last()?;
        let value = self.eval(last.value, scope(last.source));
        for other in written.iter().rev().skip(1) {
            let other = self.eval(other.value, scope(other.source));
            if value.equals(&other) != Some(true) {
                let missing = format!(
                    "several files of values give it differently: read one of them, or pass `--var {}=…`",
                    text::visible(name)
                );
                return Some(Val::unknown(at, Unknown::new(format!("var.{name}"), missing)));
            }
        }
        Some(value)
    }

    /// A note for each value that was asked for and stands in a file that Terraform does not read by itself.
    pub(super) fn named_values(&self, module: &Module<'f>) -> Vec<Problem> {
        let is_open = |name: &str| self.asked_for(name) && !self.variables.contains_key(name);
        let mut notes = Vec::new();
        for (name, written) in module.values.iter().filter(|(name, _)| is_open(name)) {
            let is_passed_over = has_default(module, name) || written.iter().any(|value| !value.is_optional);
            let (shown, name) = (text::quoted(name), text::visible(name));
            let message = if is_passed_over {
                format!(
                    "this value of {shown} was passed over: Terraform reads the file only where `-var-file` names it; pass `--var {name}=…`"
                )
            } else {
                format!("{shown} has this value, which Terraform reads only where `-var-file` names the file")
            };
            let named = written.iter().filter(|value| value.is_optional);
            notes.extend(
                named.map(|value| Problem::new("file-of-values", message.clone()).at(value.at.of(value.source))),
            );
        }
        for (name, written) in module.of_other_folders.iter().filter(|(name, _)| is_open(name)) {
            let message = format!(
                "this value of {} was passed over: Terraform reads the file only in the folder it stands in; pass `--var {}=…`",
                text::quoted(name),
                text::visible(name)
            );
            notes.extend(
                written
                    .iter()
                    .map(|value| Problem::new("file-of-values", message.clone()).at(value.at.of(value.source))),
            );
        }
        notes
    }

    /// The value of `--var`: a text, or an expression where the type asks for one. It stands where its variable is declared.
    fn passed(&mut self, name: &str, text: &str, kind: Option<&Expr>, at: Position) -> Val {
        let kind = kind.map(|kind| &kind.kind);
        let is_text = match kind {
            Some(ExprKind::Name(kind)) => &**kind == "string",
            Some(_) => false,
            // Without a type Terraform takes a string; brackets are never meant so.
            None => !text.trim_start().starts_with(['[', '{']),
        };
        if is_text {
            return Val::text(at, text);
        }
        match parse_expression(text, at.numbers().0, &self.limits) {
            Ok(expr) => {
                let value = self.eval(&expr, Scope { instance: usize::MAX, source: at.numbers().0, names: None });
                Val { at, ..value }
            }
            Err(_) if matches!(kind, Some(ExprKind::Name(any)) if &**any == "any") => Val::text(at, text),
            Err(_) => {
                let missing = format!("the value of `--var {}` is no expression of its type", text::visible(name));
                Val::unknown(at, Unknown::new(format!("var.{name}"), missing))
            }
        }
    }
}

fn has_default(module: &Module<'_>, name: &str) -> bool {
    module.variables.get(name).is_some_and(|declared| declared.attribute("default").is_some())
}
