//! Functions that make texts, and JSON. What is not known stays in a joined text as a reference.

use std::rc::Rc;

use super::eval::{NOT_COUNTED, spelled};
use super::functions::{NoValue, Outcome, bounded, failed, integer, known_text, list, text_of};
use super::unify;
use super::value::{Data, TextBuilder, Unknown, Val, composed, decimal};
use crate::json::{self, Json, JsonLimits, JsonValue};
use crate::read::Position;
use crate::text;

pub(super) fn apply(name: &str, arguments: &[Val], at: Position) -> Outcome {
    let argument = |n: usize| arguments.get(n).ok_or_else(|| failed("an argument is missing"));
    match name {
        "lower" => known_text(argument(0)?)?.chars().map(lower).collect::<Result<String, _>>().map(text_of),
        "upper" => known_text(argument(0)?)?.chars().map(upper).collect::<Result<String, _>>().map(text_of),
        "title" => title(&known_text(argument(0)?)?).map(text_of),
        "trimspace" => Ok(text_of(known_text(argument(0)?)?.trim())),
        "chomp" => Ok(text_of(known_text(argument(0)?)?.trim_end_matches(['\n', '\r']))),
        "strrev" => {
            let text = known_text(argument(0)?)?;
            of_single_characters(&text)?;
            Ok(text_of(text.chars().rev().collect::<String>()))
        }
        "trim" => {
            let set: Vec<char> = known_text(argument(1)?)?.chars().collect();
            bounded(set.len())?;
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
        "substr" => {
            let text = known_text(argument(0)?)?;
            of_single_characters(&text)?;
            Ok(text_of(substr(&text, integer(argument(1)?)?, integer(argument(2)?)?)))
        }
        "split" => {
            let (separator, text) = (known_text(argument(0)?)?, known_text(argument(1)?)?);
            bounded(text.len())?;
            let parts: Vec<Val> = if separator.is_empty() {
                text.chars().map(|c| Val::text(at, c.encode_utf8(&mut [0; 4]))).collect()
            } else {
                text.split(&*separator).map(|part| Val::text(at, part)).collect()
            };
            Ok(Data::List(parts.into()))
        }
        "join" => join(arguments, at),
        "format" => format(arguments, at),
        "jsonencode" => {
            let mut text = TextBuilder::default();
            encode(argument(0)?, &mut text);
            Ok(text.finish(at).data)
        }
        "jsondecode" => decode(&known_text(argument(0)?)?, at),
        _ => Err(NoValue::Elsewhere),
    }
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
            let plain = pieces.next().filter(|_| piece.is_empty()).ok_or_else(|| failed("a verb has no letter"))?;
            text.push_str("%");
            text.push_str(plain);
            continue;
        };
        let (value, rest) = values.split_first().ok_or_else(|| failed("an argument is missing"))?;
        values = rest;
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let width = piece.get(..digits).unwrap_or_default();
        if value.as_unknown().is_none() {
            fits(verb, value)?;
        }
        match (verb, width, value.to_text()) {
            ('s' | 'v' | 'd' | 't', "", _) => {
                if !text.push(value) {
                    return Err(failed("an argument is not a text"));
                }
            }
            ('q', "", Some(plain)) => {
                text.push_str(&encoded(&plain));
            }
            ('d', width, Some(number)) if width.len() < 4 && !number.starts_with('-') => {
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
    if !values.is_empty() {
        return Err(failed("there are more arguments than verbs"));
    }
    Ok(text.finish(at).data)
}

/// Whether a known value is one that `format` takes for a verb.
fn fits(verb: char, value: &Val) -> Result<(), NoValue> {
    let is_plain = |text: &str| decimal(text).is_some_and(|number| number == text);
    match (verb, value.as_written()) {
        (_, Data::Null) => Err(NoValue::Opaque("`null` is not formatted here: write the value".into())),
        ('v', Data::List(_) | Data::Set(_) | Data::Map(_)) => {
            Err(NoValue::Opaque("lists and maps are not formatted here: write the value".into()))
        }
        ('d', Data::Number(number)) if number.contains('.') => Err(failed("a number for `%d` is not whole")),
        ('d', Data::Text(text)) if is_plain(text) && !text.contains('.') => Ok(()),
        ('d', Data::Text(_)) if value.may_be_number() => Err(NoValue::Opaque(NOT_COUNTED.into())),
        ('d', Data::Text(_) | Data::Bool(_)) => Err(failed("an argument for `%d` is not a number")),
        ('t', Data::Number(_)) => Err(failed("an argument for `%t` is not a boolean")),
        ('t', Data::Text(_)) if value.as_bool().is_none() => Err(failed("an argument for `%t` is not a boolean")),
        _ => Ok(()),
    }
}

fn substr(text: &str, offset: i64, length: i64) -> String {
    let chars: Vec<char> = text.chars().collect();
    let begin = if offset < 0 {
        // What would begin before the text begins with it.
        chars.len().saturating_sub(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX))
    } else {
        usize::try_from(offset).unwrap_or(usize::MAX)
    };
    let tail = chars.get(begin..).unwrap_or_default();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    tail.iter().take(length).collect()
}

/// Terraform counts what a reader sees as one character, be it of several; of those that are one by themselves, these are sure.
pub(super) fn of_single_characters(text: &str) -> Result<(), NoValue> {
    let is_single =
        |c: char| matches!(c, '\0'..='\u{2ff}' | '\u{370}'..='\u{3ff}' | '\u{4e00}'..='\u{9fff}') && c != '\r';
    // A line end of Windows is one character; a soft hyphen is none.
    if text.chars().all(|c| is_single(c) && c != '\u{ad}') || text.is_ascii() && !text.contains("\r\n") {
        Ok(())
    } else {
        Err(NoValue::Opaque("characters of this text are not counted here: write the value".into()))
    }
}

/// The first letter of each word in upper case. Words end at whatever is no letter, digit or `_`.
fn title(text: &str) -> Result<String, NoValue> {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        // Two letters in one have a third case.
        if matches!(c, '\u{1c4}'..='\u{1cc}' | '\u{1f1}'..='\u{1f3}' | '\u{10d0}'..='\u{10ff}') {
            return Err(special(c));
        }
        out.push(if begins { upper(c)? } else { c });
        // Beyond ASCII only blanks part words.
        begins = if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { c.is_whitespace() };
    }
    Ok(out)
}

/// Terraform changes the case of each character by itself: a letter becomes a letter.
fn upper(c: char) -> Result<char, NoValue> {
    single(c, c.to_uppercase())
}

fn lower(c: char) -> Result<char, NoValue> {
    single(c, c.to_lowercase())
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> Result<char, NoValue> {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(special(c)),
    }
}

fn special(c: char) -> NoValue {
    NoValue::Opaque(format!(
        "the case of {} is not changed here: write the value",
        text::quoted(c.encode_utf8(&mut [0; 4]))
    ))
}

/// JSON as Terraform writes it, with `<`, `>` and `&` escaped.
fn encode(value: &Val, out: &mut TextBuilder) {
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Bool(_) | Data::Number(_) => {
            out.push(value);
        }
        Data::Text(text) => out.push_str(&encoded(text)),
        // A text has quotes, and a number has none.
        Data::Untyped(_) => {
            out.push(&Val::unknown(value.at, Unknown::new(spelled(value), unify::SEVERAL)));
        }
        Data::Unknown(unknown) => {
            // Its own quotes are escaped, so that the text stays JSON.
            let escaped = encoded(&unknown.shown());
            let inner = escaped.get(1..escaped.len().saturating_sub(1)).unwrap_or_default().to_owned();
            let template = Unknown { text: inner, is_template: true, target: None, ..(**unknown).clone() };
            out.push_str("\"");
            out.push(&Val::unknown(value.at, template));
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
                None => return Val::unknown(at, Unknown::new("jsondecode(…)", "the number is out of range")),
            },
            JsonValue::Text(text) => Data::text(&text),
            JsonValue::Array(elements) => Data::List(elements.into_iter().map(|json| value_of(json, at)).collect()),
            JsonValue::Object(members) => {
                let entries = members
                    .into_iter()
                    .map(|member| (composed(&member.name).as_ref().into(), value_of(member.value, at)));
                Data::Map(Rc::new(entries.collect()))
            }
        };
        Val::new(at, data)
    }
    let limits = JsonLimits { bytes: 1024 * 1024, members: 100_000, ..JsonLimits::CLAIMS };
    match json::parse(text, &limits) {
        Ok(json) => Ok(value_of(json, at).data),
        // What is JSON after all is more than is read here.
        Err(_) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => {
            Err(NoValue::Opaque("JSON with keys given twice, or as large, is not evaluated here".into()))
        }
        Err(_) => Err(failed("the text is not JSON")),
    }
}
