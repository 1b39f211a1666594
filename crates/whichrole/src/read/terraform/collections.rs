//! Functions over lists, sets and maps.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use super::eval::spelled;
use super::functions::{NoValue, Outcome, bounded, failed, integer, known_text, list, map, to_type};
use super::value::{Data, Unknown, Val};
use super::{texts, unify};
use crate::read::Position;

pub(super) fn apply(name: &str, arguments: &[Val], at: Position) -> Outcome {
    let argument = |n: usize| arguments.get(n).ok_or_else(|| failed("an argument is missing"));
    match name {
        "length" => length(argument(0)?),
        "keys" | "values" | "merge" | "lookup" | "zipmap" => maps(name, arguments, at),
        "element" => {
            let elements = list(argument(0)?)?;
            let n = usize::try_from(integer(argument(1)?)?)
                .map_err(|_| NoValue::Opaque("a negative index is not evaluated here: write the value".into()))?;
            let n = n.checked_rem(elements.len()).ok_or_else(|| failed("the list is empty"))?;
            elements.get(n).map(|element| element.data.clone()).ok_or(NoValue::Unknown)
        }
        "one" => match list(argument(0)?)? {
            [] => Ok(Data::Null),
            [only] => Ok(only.data.clone()),
            _ => Err(failed("there are several elements")),
        },
        "contains" => {
            let wanted = no_null(argument(1)?)?;
            let equal = list(argument(0)?)?.iter().map(|element| element.compares_to(wanted));
            let equal: Vec<Option<bool>> = equal.collect();
            match (equal.contains(&Some(true)), equal.contains(&None)) {
                (true, _) => Ok(Data::Bool(true)),
                (false, false) => Ok(Data::Bool(false)),
                (false, true) => Err(NoValue::Unknown),
            }
        }
        "index" => {
            let wanted = no_null(argument(1)?)?;
            for (n, element) in no_set(argument(0)?)?.iter().enumerate() {
                if element.compares_to(wanted).ok_or(NoValue::Unknown)? {
                    return Ok(Data::Number(n.to_string().into()));
                }
            }
            Err(failed("there is no such element"))
        }
        "alltrue" | "anytrue" => {
            let values = list(argument(0)?)?.iter().map(|element| element.as_bool().ok_or(NoValue::Unknown));
            let values: Vec<bool> = values.collect::<Result<_, _>>()?;
            Ok(Data::Bool(if name == "alltrue" { values.iter().all(|v| *v) } else { values.iter().any(|v| *v) }))
        }
        _ => lists(name, arguments, at),
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
    // Whether 9 or 10 comes first, and whether two are one, depends on their type.
    if elements.len() > 1 && elements.iter().any(|element| matches!(element.data, Data::Untyped(_))) {
        return Val::unknown(at, Unknown::new("toset([…])", unify::SEVERAL));
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
            let mut is_tuple = false;
            for argument in arguments {
                let elements = no_set(argument)?;
                is_tuple |= unify::is_tuple(elements);
                all.extend_from_slice(elements);
            }
            // Lists get one type together, unless one of them is a tuple: then each element keeps its own.
            if !is_tuple {
                are_alike(all.iter())?;
                if !unify::are_of_one_shape(all.iter()) {
                    all = all.iter().map(unify::without_types).collect();
                }
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
            of(kept.map(known_string).collect::<Result<_, _>>()?)
        }
        "distinct" => {
            let elements = list(first()?)?;
            are_alike(elements.iter())?;
            let has_parts =
                elements.iter().any(|element| matches!(element.data, Data::List(_) | Data::Set(_) | Data::Map(_)));
            if has_parts && !unify::are_of_one_shape(elements.iter()) {
                return Err(NoValue::Opaque(unify::SEVERAL.into()));
            }
            // References are compared by their text: two that are spelled alike are one.
            let mut seen = BTreeSet::new();
            let kept = list(first()?)?.iter().filter(|element| seen.insert(spelled(element)));
            of(kept.cloned().collect())
        }
        "reverse" if !is_set => of(list(first()?)?.iter().rev().cloned().collect()),
        "sort" => {
            let mut sorted: Vec<Val> = list(first()?)?.iter().map(known_string).collect::<Result<_, _>>()?;
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
        "range" => of(range(arguments, at)?),
        "coalescelist" => {
            for argument in arguments {
                if !list(argument)?.is_empty() {
                    return Ok(argument.data.clone());
                }
            }
            Err(failed("all of its arguments are empty"))
        }
        "setunion" | "setintersection" | "setsubtract" => {
            for argument in arguments {
                list(argument)?;
            }
            are_alike(arguments.iter().filter_map(Val::elements).flat_map(|elements| elements.iter()))?;
            let mut kept = list(first()?)?.to_vec();
            for other in arguments.iter().skip(1) {
                let other = list(other)?;
                if name == "setunion" {
                    kept.extend_from_slice(other);
                } else {
                    let names: BTreeSet<String> = other.iter().map(spelled).collect();
                    kept.retain(|element| names.contains(&spelled(element)) == (name == "setintersection"));
                }
            }
            to_type("toset", &Val::list(at, kept))
        }
        _ => Err(NoValue::Elsewhere),
    }
}

/// The numbers from a start, which they have in them, to an end, which they have not.
fn range(arguments: &[Val], at: Position) -> Result<Vec<Val>, NoValue> {
    let numbers = arguments.iter().map(integer).collect::<Result<Vec<_>, _>>()?;
    // Without a step it goes up or down, whichever leads to the end.
    let towards = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, end, step) = match *numbers {
        [end] => (0, end, towards(0, end)),
        [start, end] => (start, end, towards(start, end)),
        [_, _, 0] => return Err(failed("the step is zero")),
        [start, end, step] if step > 0 && end < start => return Err(failed("the end is less than the start")),
        [start, end, step] if step < 0 && end > start => return Err(failed("the end is more than the start")),
        [start, end, step] => (start, end, step),
        _ => return Err(failed("it takes one to three numbers")),
    };
    let count = end.abs_diff(start).div_ceil(step.unsigned_abs());
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    bounded(count)?;
    let numbers = std::iter::successors(Some(start), |n| n.checked_add(step)).take(count);
    Ok(numbers.map(|n| Val::new(at, Data::Number(n.to_string().into()))).collect())
}

/// An element of what has to be a list of strings: numbers and booleans become some.
fn known_string(element: &Val) -> Result<Val, NoValue> {
    match &element.data {
        Data::Unknown(_) => Err(NoValue::Unknown),
        Data::Null => Err(failed("an element is null")),
        _ => {
            let text = element.to_text().ok_or_else(|| failed("an element is not a text"))?;
            Ok(Val::new(element.at, Data::Text(text)))
        }
    }
}

/// The elements of what has to be in an order.
fn no_set(value: &Val) -> Result<&[Val], NoValue> {
    if matches!(value.data, Data::Set(_)) { Err(failed("a set is no list; use `tolist`")) } else { list(value) }
}

fn no_null(value: &Val) -> Result<&Val, NoValue> {
    if matches!(value.data, Data::Null) { Err(failed("an argument is null")) } else { Ok(value) }
}

/// Functions that compare elements make them all of one type first; that is left to Terraform.
fn are_alike<'v>(elements: impl Iterator<Item = &'v Val>) -> Result<(), NoValue> {
    let known: Vec<&Val> = elements.filter(|one| !matches!(one.data, Data::Null | Data::Unknown(_))).collect();
    let kinds: HashSet<_> = known.iter().map(|element| std::mem::discriminant(&element.data)).collect();
    let is_open = known.len() > 1 && known.iter().any(|element| matches!(element.data, Data::Untyped(_)));
    if kinds.len() > 1 || is_open { Err(NoValue::Opaque(unify::SEVERAL.into())) } else { Ok(()) }
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
            let entries = map(first)?;
            match (entries.get(&key), arguments.get(2)) {
                (Some(found), _) => Ok(found.data.clone()),
                // In a map, but not in an object, the default is made what the elements are.
                (None, Some(default)) => Ok(match &default.data {
                    Data::Text(_) => match entries.values().next().map(|first| &first.data) {
                        Some(Data::Text(_)) => default.clone(),
                        _ => unify::without_any_type(default),
                    },
                    _ if unify::are_of_one_shape(entries.values().chain([default])) && !entries.is_empty() => {
                        default.clone()
                    }
                    _ if unify::is_object(entries) => default.clone(),
                    _ => unify::without_any_type(default),
                }
                .data),
                (None, None) => Err(failed("there is no such key")),
            }
        }
        _ => {
            let values = list(arguments.get(1).ok_or_else(|| failed("an argument is missing"))?)?;
            if list(first)?.len() != values.len() {
                return Err(failed("there are not as many keys as values"));
            }
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
        Data::Untyped(_) => return Err(NoValue::Opaque("whether it is a text is not known: write the value".into())),
        Data::List(elements) | Data::Set(elements) => elements.len(),
        Data::Map(entries) => entries.len(),
        Data::Text(text) => {
            texts::of_single_characters(text)?;
            text.chars().count()
        }
        _ => return Err(failed("it has no length")),
    };
    Ok(Data::Number(count.to_string().into()))
}
