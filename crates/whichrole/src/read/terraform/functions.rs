//! Terraform's functions, those that need nothing but their arguments. Nothing is opened and no clock or environment is asked.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::eval::{Evaluator, Scope, spelled};
use super::value::{Data, TextBuilder, Unknown, Val, add_missing, decimal};
use crate::json::{self, Json, JsonLimits, JsonValue};
use crate::read::hcl::Call;
use crate::read::node::Position;
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
type Outcome = Result<Data, NoValue>;

enum NoValue {
    /// An argument is not known.
    Unknown,
    /// Terraform would refuse it too.
    Failed(String),
    /// It is not evaluated here.
    Opaque(String),
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
            return self.first_that_works(arguments, at);
        }
        let weight = arguments.iter().fold(0_usize, |weight, argument| weight.saturating_add(argument.weight));
        // These look at no more than one element, however large the rest is.
        let is_quick = matches!(name, "lookup" | "element" | "length" | "coalesce");
        if !self.spend(if is_quick { 0 } else { weight / 4 }, at) {
            return Val::unknown(at, Unknown::new("…", "evaluating it takes too long"));
        }
        match apply(name, &arguments, at) {
            Ok(data) => {
                let value = Val::new(at, data);
                let length = match &value.data {
                    Data::Text(text) => text.len() / 64,
                    _ if is_quick => 1,
                    _ => value.weight,
                };
                self.spend(length, at);
                value
            }
            Err(NoValue::Unknown) => self.opaque_call(name, &arguments, String::new(), false, at),
            Err(NoValue::Failed(why)) => self.opaque_call(name, &arguments, why, true, at),
            Err(NoValue::Opaque(why)) => self.opaque_call(name, &arguments, why, false, at),
        }
    }

    /// `try`: the first argument that Terraform can evaluate.
    fn first_that_works(&mut self, arguments: Vec<Val>, at: Position) -> Val {
        let mut last = None;
        for argument in arguments {
            if !argument.first_unknown().is_some_and(|unknown| unknown.failed) {
                return argument;
            }
            last = Some(argument);
        }
        last.unwrap_or_else(|| Val::failed(at, "try()", "it has no arguments"))
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
        "lower" => Ok(text_of(known_text(argument(0)?)?.to_lowercase())),
        "upper" => Ok(text_of(known_text(argument(0)?)?.to_uppercase())),
        "title" => Ok(text_of(title(&known_text(argument(0)?)?))),
        "trimspace" => Ok(text_of(known_text(argument(0)?)?.trim())),
        "chomp" => Ok(text_of(known_text(argument(0)?)?.trim_end_matches(['\n', '\r']))),
        "strrev" => Ok(text_of(known_text(argument(0)?)?.chars().rev().collect::<String>())),
        "trim" => {
            let set: Vec<char> = known_text(argument(1)?)?.chars().collect();
            Ok(text_of(known_text(argument(0)?)?.trim_matches(&*set)))
        }
        "trimprefix" | "trimsuffix" | "startswith" | "endswith" | "strcontains" => {
            let (text, part) = (known_text(argument(0)?)?, known_text(argument(1)?)?);
            Ok(match name {
                "trimprefix" => text_of(text.strip_prefix(&*part).unwrap_or(&text)),
                "trimsuffix" => text_of(text.strip_suffix(&*part).unwrap_or(&text)),
                "startswith" => Data::Bool(text.starts_with(&*part)),
                "endswith" => Data::Bool(text.ends_with(&*part)),
                _ => Data::Bool(text.contains(&*part)),
            })
        }
        "replace" => {
            let (text, from, to) = (known_text(argument(0)?)?, known_text(argument(1)?)?, known_text(argument(2)?)?);
            if from.len() > 1 && from.starts_with('/') && from.ends_with('/') {
                return Err(NoValue::Opaque("patterns are not evaluated here: write the value".into()));
            }
            bounded(text.len().saturating_mul(to.len().max(1)))?;
            Ok(text_of(text.replace(&*from, &to)))
        }
        "substr" => substr(&known_text(argument(0)?)?, integer(argument(1)?)?, integer(argument(2)?)?),
        "split" => {
            let (separator, text) = (known_text(argument(0)?)?, known_text(argument(1)?)?);
            let parts: Vec<Val> = match (&*separator, &*text) {
                (_, "") => vec![Val::text(at, "")],
                ("", text) => text.chars().map(|c| Val::text(at, c.encode_utf8(&mut [0; 4]))).collect(),
                (separator, text) => text.split(separator).map(|part| Val::text(at, part)).collect(),
            };
            Ok(Data::List(parts.into()))
        }
        "join" => join(arguments, at),
        "format" => format(arguments, at),
        "formatlist" => Err(NoValue::Opaque("`formatlist` is not evaluated here: use `for` and `format`".into())),
        "jsonencode" => {
            let mut text = TextBuilder::default();
            encode(argument(0)?, &mut text);
            Ok(text.finish(at).data)
        }
        "jsondecode" => decode(&known_text(argument(0)?)?, at),
        "length" => length(argument(0)?),
        "concat" | "flatten" | "compact" | "distinct" | "reverse" | "sort" | "slice" | "range" | "coalescelist"
        | "setunion" | "setintersection" | "setsubtract" | "setproduct" | "chunklist" => lists(name, arguments, at),
        "element" => {
            let elements = list(argument(0)?)?;
            let n = usize::try_from(integer(argument(1)?)?).map_err(|_| failed("the index is negative"))?;
            let n = n.checked_rem(elements.len()).ok_or_else(|| failed("the list is empty"))?;
            elements.get(n).map(|element| element.data.clone()).ok_or(NoValue::Unknown)
        }
        "one" => match list(argument(0)?)? {
            [] => Ok(Data::Null),
            [only] => Ok(only.data.clone()),
            _ => Err(failed("there are several elements")),
        },
        "contains" => {
            let equal: Vec<Option<bool>> =
                list(argument(0)?)?.iter().map(|element| Ok(element.equals(argument(1)?))).collect::<Result<_, _>>()?;
            match (equal.contains(&Some(true)), equal.contains(&None)) {
                (true, _) => Ok(Data::Bool(true)),
                (false, false) => Ok(Data::Bool(false)),
                (false, true) => Err(NoValue::Unknown),
            }
        }
        "index" => {
            let wanted = argument(1)?;
            for (n, element) in list(argument(0)?)?.iter().enumerate() {
                if element.equals(wanted).ok_or(NoValue::Unknown)? {
                    return Ok(Data::Number(n.to_string().into()));
                }
            }
            Err(failed("there is no such element"))
        }
        "alltrue" | "anytrue" => {
            let values: Vec<bool> = list(argument(0)?)?
                .iter()
                .map(|element| element.as_bool().ok_or(NoValue::Unknown))
                .collect::<Result<_, _>>()?;
            Ok(Data::Bool(if name == "alltrue" { values.iter().all(|v| *v) } else { values.iter().any(|v| *v) }))
        }
        "coalesce" => {
            for argument in arguments {
                match &argument.data {
                    Data::Unknown(_) => return Err(NoValue::Unknown),
                    Data::Null => {}
                    Data::Text(text) if text.is_empty() => {}
                    _ => return Ok(argument.data.clone()),
                }
            }
            Err(failed("all of its arguments are null or empty"))
        }
        "max" | "min" => {
            let numbers = arguments.iter().map(integer).collect::<Result<Vec<_>, _>>()?;
            let best = if name == "max" { numbers.into_iter().max() } else { numbers.into_iter().min() };
            best.map(|n| Data::Number(n.to_string().into())).ok_or_else(|| failed("an argument is missing"))
        }
        "keys" | "values" | "merge" | "lookup" | "zipmap" => maps(name, arguments, at),
        name if NEVER.contains(&name) => Err(NoValue::Opaque(format!(
            "`{name}` is never evaluated, because it asks for more than these files: write the value"
        ))),
        name => Err(NoValue::Opaque(format!("{} is not evaluated here: write the value", text::quoted(name)))),
    }
}

fn to_type(name: &str, value: &Val) -> Outcome {
    if value.as_unknown().is_some() {
        return Err(NoValue::Unknown);
    }
    let wrong = || failed(&format!("`{name}` cannot convert it"));
    match (name, &value.data) {
        (_, Data::Null) => Ok(Data::Null),
        ("tostring", _) => value.to_text().map(Data::Text).ok_or_else(wrong),
        ("tonumber", _) => {
            let number = value.to_text().and_then(|text| decimal(&text));
            number.map(|number| Data::Number(number.into())).ok_or_else(wrong)
        }
        ("tobool", _) => value.as_bool().map(Data::Bool).ok_or_else(wrong),
        ("tolist", Data::List(elements) | Data::Set(elements)) => Ok(Data::List(elements.clone())),
        ("toset", Data::List(elements) | Data::Set(elements)) => {
            let made = set(value.at, elements.to_vec());
            match &made.data {
                Data::Unknown(unknown) if !unknown.missing.is_empty() => Err(NoValue::Opaque(unknown.missing.clone())),
                Data::Unknown(_) => Err(NoValue::Unknown),
                _ => Ok(made.data),
            }
        }
        ("tomap", Data::Map(_)) => Ok(value.data.clone()),
        _ => Err(wrong()),
    }
}

/// A set: each element once, in the order in which Terraform goes through it.
pub(super) fn set(at: Position, elements: Vec<Val>) -> Val {
    if let Some(unknown) = elements.iter().find_map(Val::as_unknown) {
        return Val::unknown(at, Unknown::new(format!("toset([{}])", unknown.text), unknown.missing.clone()));
    }
    if elements.iter().any(|element| element.to_text().is_none()) {
        let missing = "a set of lists or objects has no order that these files tell: use a list or a map";
        return Val::unknown(at, Unknown::new("toset([…])", missing));
    }
    // Elements have one type; a string among them makes strings of all.
    let are_texts = elements.iter().any(|element| matches!(element.data, Data::Text(_)));
    let mut sorted: Vec<Val> = elements
        .into_iter()
        .map(|element| match element.to_text() {
            Some(text) if are_texts => Val::new(element.at, Data::Text(text)),
            _ => element,
        })
        .collect();
    let number = |value: &Val| value.to_text().and_then(|text| text.parse::<f64>().ok());
    sorted.sort_by(|a, b| match (are_texts, number(a), number(b)) {
        (false, Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.to_text().cmp(&b.to_text()),
    });
    sorted.dedup_by(|a, b| a.equals(b) == Some(true));
    Val::new(at, Data::Set(sorted.into()))
}

fn lists(name: &str, arguments: &[Val], at: Position) -> Outcome {
    let first = || arguments.first().ok_or_else(|| failed("an argument is missing"));
    let of = |elements: Vec<Val>| Ok(Data::List(elements.into()));
    let is_set = name.starts_with("set") || arguments.first().is_some_and(|first| matches!(first.data, Data::Set(_)));
    match name {
        "concat" => {
            let mut all = Vec::new();
            for argument in arguments {
                all.extend_from_slice(list(argument)?);
            }
            of(all)
        }
        "flatten" => {
            let mut flat = Vec::new();
            flatten(list(first()?)?, &mut flat)?;
            of(flat)
        }
        "compact" => {
            let kept = list(first()?)?.iter().filter(|element| match &element.data {
                Data::Null => false,
                Data::Text(text) => !text.is_empty(),
                _ => true,
            });
            let kept: Vec<Val> = kept.cloned().collect();
            if kept.iter().any(|element| element.as_unknown().is_some()) { Err(NoValue::Unknown) } else { of(kept) }
        }
        "distinct" => {
            // References are compared by their text: two that are spelled alike are one.
            let mut seen = std::collections::BTreeSet::new();
            let kept = list(first()?)?.iter().filter(|element| seen.insert(spelled(element)));
            of(kept.cloned().collect())
        }
        "reverse" if !is_set => of(list(first()?)?.iter().rev().cloned().collect()),
        "sort" => {
            let mut sorted = list(first()?)?.to_vec();
            if sorted.iter().any(|element| element.to_text().is_none()) {
                return Err(NoValue::Unknown);
            }
            sorted.sort_by_key(Val::to_text);
            of(sorted)
        }
        "slice" => {
            let elements = list(first()?)?;
            let bound = |n: usize| {
                let value = arguments.get(n).ok_or_else(|| failed("an argument is missing"))?;
                usize::try_from(integer(value)?).map_err(|_| failed("an index is negative"))
            };
            let part = elements.get(bound(1)?..bound(2)?).ok_or_else(|| failed("an index is outside the list"))?;
            of(part.to_vec())
        }
        "range" => {
            let numbers = arguments.iter().map(integer).collect::<Result<Vec<_>, _>>()?;
            let (start, end, step) = match *numbers {
                [end] => (0, end, 1),
                [start, end] => (start, end, 1),
                [start, end, step] if step > 0 => (start, end, step),
                _ => return Err(NoValue::Opaque("such a `range` is not evaluated here".into())),
            };
            let count = usize::try_from(end.saturating_sub(start).max(0) / step).unwrap_or(usize::MAX);
            bounded(count)?;
            let step = usize::try_from(step).unwrap_or(1);
            of((start..end).step_by(step).map(|n| Val::new(at, Data::Number(n.to_string().into()))).collect())
        }
        "coalescelist" => {
            for argument in arguments {
                if !list(argument)?.is_empty() {
                    return Ok(argument.data.clone());
                }
            }
            Err(failed("all of its arguments are empty"))
        }
        "setunion" | "setintersection" | "setsubtract" => {
            let mut kept = list(first()?)?.to_vec();
            for other in arguments.iter().skip(1) {
                let other = list(other)?;
                if name == "setunion" {
                    kept.extend_from_slice(other);
                } else {
                    let names: std::collections::BTreeSet<String> = other.iter().map(spelled).collect();
                    kept.retain(|element| names.contains(&spelled(element)) == (name == "setintersection"));
                }
            }
            to_type("toset", &Val::list(at, kept))
        }
        _ => Err(NoValue::Opaque(format!("`{name}` is not evaluated here: write the value"))),
    }
}

/// Lists in lists become one. An element that is not known could be a list.
fn flatten(elements: &[Val], out: &mut Vec<Val>) -> Result<(), NoValue> {
    for element in elements {
        match &element.data {
            Data::List(inner) | Data::Set(inner) => flatten(inner, out)?,
            Data::Unknown(_) => return Err(NoValue::Unknown),
            _ => out.push(element.clone()),
        }
    }
    Ok(())
}

fn maps(name: &str, arguments: &[Val], at: Position) -> Outcome {
    let first = arguments.first().ok_or_else(|| failed("an argument is missing"))?;
    match name {
        "keys" => Ok(Data::List(map(first)?.keys().map(|key| Val::text(at, key)).collect())),
        "values" => Ok(Data::List(map(first)?.values().cloned().collect())),
        "merge" => {
            let mut merged: BTreeMap<Rc<str>, Val> = BTreeMap::new();
            for argument in arguments.iter().filter(|argument| !matches!(argument.data, Data::Null)) {
                merged.extend(map(argument)?.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            Ok(Data::Map(Rc::new(merged)))
        }
        "lookup" => {
            let key = known_text(arguments.get(1).ok_or_else(|| failed("an argument is missing"))?)?;
            match map(first)?.get(&key).or(arguments.get(2)) {
                Some(found) => Ok(found.data.clone()),
                None => Err(failed("there is no such key")),
            }
        }
        _ => {
            let values = list(arguments.get(1).ok_or_else(|| failed("an argument is missing"))?)?;
            let mut made = BTreeMap::new();
            for (key, value) in list(first)?.iter().zip(values) {
                made.insert(known_text(key)?, value.clone());
            }
            Ok(Data::Map(Rc::new(made)))
        }
    }
}

fn length(value: &Val) -> Outcome {
    let count = match &value.data {
        Data::Unknown(_) => return Err(NoValue::Unknown),
        Data::List(elements) | Data::Set(elements) => elements.len(),
        Data::Map(entries) => entries.len(),
        Data::Text(text) => text.chars().count(),
        _ => return Err(failed("it has no length")),
    };
    Ok(Data::Number(count.to_string().into()))
}

/// Unknown texts stay in the result as references.
fn join(arguments: &[Val], at: Position) -> Outcome {
    let (separator, lists) = arguments.split_first().ok_or_else(|| failed("an argument is missing"))?;
    let separator = known_text(separator)?;
    let mut text = TextBuilder::default();
    let mut is_first = true;
    for argument in lists {
        for element in list(argument)? {
            text.push_str(if is_first { "" } else { &separator });
            is_first = false;
            if !text.push(element) {
                return Err(failed("an element is not a text"));
            }
        }
    }
    Ok(text.finish(at).data)
}

/// `%s`, `%v`, `%d`, `%t`, `%q` and `%%`, and a width as in `%03d`; what is not known stays in the text as a reference.
fn format(arguments: &[Val], at: Position) -> Outcome {
    let (pattern, mut values) = arguments.split_first().ok_or_else(|| failed("an argument is missing"))?;
    let pattern = known_text(pattern)?;
    let mut text = TextBuilder::default();
    let mut pieces = pattern.split('%');
    text.push_str(pieces.next().unwrap_or_default());
    while let Some(piece) = pieces.next() {
        let Some(verb) = piece.trim_start_matches(|c: char| c.is_ascii_digit()).chars().next() else {
            // Two signs in a row are one, and what follows them is plain.
            text.push_str("%");
            text.push_str(pieces.next().unwrap_or_default());
            continue;
        };
        let (value, rest) = values.split_first().ok_or_else(|| failed("an argument is missing"))?;
        values = rest;
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let width = piece.get(..digits).unwrap_or_default();
        match (verb, width, value.to_text()) {
            ('s' | 'v' | 'd' | 't', "", _) => {
                if !text.push(value) {
                    return Err(failed("an argument is not a text"));
                }
            }
            ('q', "", Some(plain)) => {
                let mut quoted = String::new();
                json::write_string(&plain, &mut quoted);
                text.push_str(&quoted);
            }
            ('d', width, Some(number)) if width.len() < 4 => {
                let fill = if width.starts_with('0') { "0" } else { " " };
                let missing = width.parse::<usize>().unwrap_or(0).saturating_sub(number.len());
                text.push_str(&fill.repeat(missing));
                text.push_str(&number);
            }
            _ => {
                return Err(NoValue::Opaque(format!(
                    "the verb {} is not evaluated here",
                    text::quoted(&format!("%{width}{verb}"))
                )));
            }
        }
        text.push_str(piece.get(digits + verb.len_utf8()..).unwrap_or_default());
    }
    Ok(text.finish(at).data)
}

fn substr(text: &str, offset: i64, length: i64) -> Outcome {
    let chars: Vec<char> = text.chars().collect();
    let begin = if offset < 0 {
        let back = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        chars.len().checked_sub(back)
    } else {
        usize::try_from(offset).ok()
    };
    let tail = begin.and_then(|begin| chars.get(begin..)).unwrap_or_default();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(text_of(tail.iter().take(length).collect::<String>()))
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        begins = !(c.is_alphanumeric() || c == '_' || c == '\'');
    }
    out
}

/// JSON as Terraform writes it, with `<`, `>` and `&` escaped.
fn encode(value: &Val, out: &mut TextBuilder) {
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Bool(_) | Data::Number(_) => {
            out.push(value);
        }
        Data::Text(text) => out.push_str(&encoded(text)),
        Data::Unknown(_) => {
            out.push_str("\"");
            out.push(value);
            out.push_str("\"");
        }
        Data::List(elements) | Data::Set(elements) => {
            out.push_str("[");
            for (n, element) in elements.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                encode(element, out);
            }
            out.push_str("]");
        }
        Data::Map(entries) => {
            out.push_str("{");
            for (n, (key, entry)) in entries.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                out.push_str(&encoded(key));
                out.push_str(":");
                encode(entry, out);
            }
            out.push_str("}");
        }
    }
}

fn encoded(text: &str) -> String {
    let mut plain = String::new();
    json::write_string(text, &mut plain);
    [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")]
        .iter()
        .fold(plain, |text, (c, escape)| text.replace(*c, escape))
}

fn decode(text: &str, at: Position) -> Outcome {
    fn value_of(json: Json<'_>, at: Position) -> Val {
        let data = match json.value {
            JsonValue::Null => Data::Null,
            JsonValue::Bool(value) => Data::Bool(value),
            JsonValue::Number(written) => match decimal(written) {
                Some(number) => Data::Number(number.into()),
                None => return Val::failed(at, "jsondecode(…)", "the number is out of range"),
            },
            JsonValue::Text(text) => Data::Text((&*text).into()),
            JsonValue::Array(elements) => Data::List(elements.into_iter().map(|json| value_of(json, at)).collect()),
            JsonValue::Object(members) => {
                let entries = members.into_iter().map(|member| ((&*member.name).into(), value_of(member.value, at)));
                Data::Map(Rc::new(entries.collect()))
            }
        };
        Val::new(at, data)
    }
    let limits = JsonLimits { bytes: 1024 * 1024, members: 100_000, ..JsonLimits::CLAIMS };
    match json::parse(text, &limits) {
        Ok(json) => Ok(value_of(json, at).data),
        Err(_) => Err(failed("the text is not JSON")),
    }
}

fn known_text(value: &Val) -> Result<Rc<str>, NoValue> {
    match (value.to_text(), value.as_unknown()) {
        (Some(text), _) => Ok(text),
        (None, Some(_)) => Err(NoValue::Unknown),
        (None, None) => Err(failed("an argument is not a text")),
    }
}

fn integer(value: &Val) -> Result<i64, NoValue> {
    match (value.as_integer(), value.as_unknown()) {
        (Some(number), _) => Ok(number),
        (None, Some(_)) => Err(NoValue::Unknown),
        (None, None) => Err(failed("an argument is not a whole number")),
    }
}

fn list(value: &Val) -> Result<&[Val], NoValue> {
    match (value.elements(), value.as_unknown()) {
        (Some(elements), _) => Ok(elements),
        (None, Some(_)) => Err(NoValue::Unknown),
        (None, None) => Err(failed("an argument is not a list")),
    }
}

fn map(value: &Val) -> Result<&BTreeMap<Rc<str>, Val>, NoValue> {
    match &value.data {
        Data::Map(entries) => Ok(entries),
        Data::Unknown(_) => Err(NoValue::Unknown),
        _ => Err(failed("an argument is not a map")),
    }
}

fn bounded(size: usize) -> Result<(), NoValue> {
    if size > 100_000 { Err(NoValue::Opaque("the result is too large to evaluate".into())) } else { Ok(()) }
}

fn text_of(text: impl AsRef<str>) -> Data {
    Data::Text(text.as_ref().into())
}

fn failed(why: &str) -> NoValue {
    NoValue::Failed(why.to_owned())
}
