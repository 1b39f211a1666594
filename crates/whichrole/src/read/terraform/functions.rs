//! Terraform's functions, those that need nothing but their arguments. Nothing is opened and no clock or environment is asked.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::eval::{Evaluator, NOT_COUNTED, Scope};
use super::value::{Data, Unknown, Val, add_missing, decimal};
use super::{collections, texts, unify};
use crate::read::Position;
use crate::read::hcl::Call;
use crate::text;

/// Functions whose result is not in the files.
const NEVER: &[&str] = &[
    "abspath",
    "bcrypt",
    "dirname",
    "basename",
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "filesha512",
    "pathexpand",
    "plantimestamp",
    "rsadecrypt",
    "templatefile",
    "timestamp",
    "uuid",
];

/// What a function gives: a value, or why there is none.
pub(super) type Outcome = Result<Data, NoValue>;

pub(super) enum NoValue {
    /// An argument is not known.
    Unknown,
    /// Terraform would refuse it too.
    Failed(String),
    /// It is not evaluated here.
    Opaque(String),
    /// The function is of another group.
    Elsewhere,
}

impl Evaluator<'_> {
    pub(super) fn call(&mut self, call: &Call, scope: Scope<'_>, at: Position) -> Val {
        let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
        let mut arguments: Vec<Val> = call.arguments.iter().map(|argument| self.eval(argument, scope)).collect();
        if call.expand_last
            && let Some(last) = arguments.pop()
        {
            match last.elements() {
                Some(elements) => arguments.extend(elements.iter().cloned()),
                None => return self.opaque_call(name, &[last], String::new(), false, at),
            }
        }
        if name == "try" {
            return first_that_works(arguments, at);
        }
        let weight = arguments.iter().fold(0_usize, |weight, argument| weight.saturating_add(argument.weight));
        // These look at no more than one element, however large the rest is.
        let is_quick = match name {
            "element" | "length" => true,
            "lookup" => arguments.get(2).is_none_or(|default| matches!(default.data, Data::Null | Data::Text(_))),
            _ => false,
        };
        if !self.spend(if is_quick { 0 } else { weight / 4 }, at) {
            return Val::unknown(at, Unknown::new("…", "evaluating it takes too long"));
        }
        match apply(name, &arguments, at) {
            Ok(data) => {
                let value = Val::new(at, data);
                let length = match &value.data {
                    Data::Text(text) => text.len() / 64,
                    _ if is_quick => value.weight / 16,
                    _ => value.weight,
                };
                self.spend(length, at);
                value
            }
            Err(NoValue::Unknown | NoValue::Elsewhere) => self.opaque_call(name, &arguments, String::new(), false, at),
            Err(NoValue::Failed(why)) => self.opaque_call(name, &arguments, why, true, at),
            Err(NoValue::Opaque(why)) => self.opaque_call(name, &arguments, why, false, at),
        }
    }

    fn opaque_call(&mut self, name: &str, arguments: &[Val], why: String, failed: bool, at: Position) -> Val {
        let weight = arguments.iter().fold(0_usize, |weight, argument| weight.saturating_add(argument.weight));
        if !self.spend(weight / 4, at) {
            return Val::unknown(at, Unknown::new("…", "evaluating it takes too long"));
        }
        let mut text = format!("{name}(");
        let mut missing = why;
        let mut inherited = false;
        for (n, argument) in arguments.iter().enumerate() {
            text.push_str(if n > 0 { ", " } else { "" });
            argument.spell(&mut text);
            if let Some(unknown) = argument.first_unknown() {
                add_missing(&mut missing, &unknown.missing);
                inherited |= unknown.failed;
            }
        }
        text.push(')');
        self.spend(text.len() / 64, at);
        Val::unknown(at, Unknown { failed: failed || inherited, ..Unknown::new(text, missing) })
    }
}

/// `try`: the first argument that Terraform can evaluate.
fn first_that_works(arguments: Vec<Val>, at: Position) -> Val {
    let mut last = None;
    for argument in arguments {
        if !argument.first_unknown().is_some_and(|unknown| unknown.failed) {
            return argument;
        }
        last = Some(argument);
    }
    last.unwrap_or_else(|| Val::failed(at, "try()", "it has no arguments"))
}

fn apply(name: &str, arguments: &[Val], at: Position) -> Outcome {
    let argument = |n: usize| arguments.get(n).ok_or_else(|| failed("an argument is missing"));
    match name {
        "can" => match argument(0)?.first_unknown() {
            None => Ok(Data::Bool(true)),
            Some(unknown) if unknown.failed => Ok(Data::Bool(false)),
            Some(_) => Err(NoValue::Unknown),
        },
        "sensitive" | "nonsensitive" | "ephemeralasnull" => Ok(argument(0)?.data.clone()),
        "tostring" | "tonumber" | "tobool" | "tolist" | "toset" | "tomap" => to_type(name, argument(0)?),
        "coalesce" => {
            for (n, argument) in arguments.iter().enumerate() {
                match &argument.data {
                    Data::Unknown(_) => return Err(NoValue::Unknown),
                    Data::Null => {}
                    Data::Text(text) if text.is_empty() => {}
                    _ => {
                        let (before, after) = arguments.split_at_checked(n).unwrap_or_default();
                        let others: Vec<Val> = before.iter().chain(after.iter().skip(1)).cloned().collect();
                        return unify::taken(argument, &others).map(|taken| taken.data);
                    }
                }
            }
            Err(failed("all of its arguments are null or empty"))
        }
        "max" | "min" => {
            let numbers = arguments.iter().map(integer).collect::<Result<Vec<_>, _>>()?;
            let best = if name == "max" { numbers.into_iter().max() } else { numbers.into_iter().min() };
            best.map(|n| Data::Number(n.to_string().into())).ok_or_else(|| failed("an argument is missing"))
        }
        name if NEVER.contains(&name) => Err(NoValue::Opaque(format!(
            "`{name}` is never evaluated, because it asks for more than these files: write the value"
        ))),
        name => match texts::apply(name, arguments, at) {
            Err(NoValue::Elsewhere) => match collections::apply(name, arguments, at) {
                Err(NoValue::Elsewhere) => {
                    Err(NoValue::Opaque(format!("{} is not evaluated here: write the value", text::quoted(name))))
                }
                outcome => outcome,
            },
            outcome => outcome,
        },
    }
}

pub(super) fn to_type(name: &str, value: &Val) -> Outcome {
    if value.as_unknown().is_some() {
        return Err(NoValue::Unknown);
    }
    let wrong = || failed(&format!("`{name}` cannot convert it"));
    match (name, &value.data) {
        (_, Data::Null) => Ok(Data::Null),
        ("tostring", _) => value.to_text().map(Data::Text).ok_or_else(wrong),
        ("tonumber", _) => {
            let number = value.to_text().and_then(|text| decimal(&text));
            match number {
                Some(number) => Ok(Data::Number(number.into())),
                None if value.may_be_number() => Err(NoValue::Opaque(NOT_COUNTED.into())),
                None => Err(wrong()),
            }
        }
        ("tobool", _) => value.as_bool().map(Data::Bool).ok_or_else(wrong),
        ("tolist", Data::List(elements) | Data::Set(elements)) => {
            Ok(Data::List(unify::of_one_type(elements.to_vec())?.into()))
        }
        ("toset", Data::List(elements) | Data::Set(elements)) => {
            let made = collections::set(value.at, unify::of_one_type(elements.to_vec())?);
            match &made.data {
                Data::Unknown(unknown) if !unknown.missing.is_empty() => Err(NoValue::Opaque(unknown.missing.clone())),
                Data::Unknown(_) => Err(NoValue::Unknown),
                _ => Ok(made.data),
            }
        }
        ("tomap", Data::Map(entries)) => {
            let values = unify::of_one_type(entries.values().cloned().collect())?;
            Ok(Data::Map(Rc::new(entries.keys().cloned().zip(values).collect())))
        }
        _ => Err(wrong()),
    }
}

pub(super) fn known_text(value: &Val) -> Result<Rc<str>, NoValue> {
    match (value.to_text(), value.as_unknown()) {
        (Some(text), _) => Ok(text),
        (None, Some(_)) => Err(NoValue::Unknown),
        (None, None) => Err(failed("an argument is not a text")),
    }
}

pub(super) fn integer(value: &Val) -> Result<i64, NoValue> {
    match (value.as_integer(), value.as_unknown()) {
        (Some(number), _) => Ok(number),
        (None, Some(_)) => Err(NoValue::Unknown),
        (None, None) if value.may_be_number() => Err(NoValue::Opaque(NOT_COUNTED.into())),
        (None, None) => Err(failed("an argument is not a number")),
    }
}

pub(super) fn list(value: &Val) -> Result<&[Val], NoValue> {
    match (value.elements(), value.as_unknown()) {
        (Some(elements), _) => Ok(elements),
        (None, Some(_)) => Err(NoValue::Unknown),
        (None, None) => Err(failed("an argument is not a list")),
    }
}

pub(super) fn map(value: &Val) -> Result<&BTreeMap<Rc<str>, Val>, NoValue> {
    match &value.data {
        Data::Map(entries) => Ok(entries),
        Data::Unknown(_) => Err(NoValue::Unknown),
        _ => Err(failed("an argument is not a map")),
    }
}

pub(super) fn bounded(size: usize) -> Result<(), NoValue> {
    if size > 100_000 { Err(NoValue::Opaque("the result is too large to evaluate".into())) } else { Ok(()) }
}

pub(super) fn text_of(text: impl AsRef<str>) -> Data {
    Data::text(text.as_ref())
}

pub(super) fn failed(why: &str) -> NoValue {
    NoValue::Failed(why.to_owned())
}
