//! One type for values that stand side by side: the branches of a condition, the arguments of `coalesce`, the elements of a list.
//!
//! Beside a string, a number or boolean becomes one, and then `==` tells it from the number it was. Where these files do not tell whether that
//! happens, the value is kept without its type ([`Data::Untyped`]), and what asks for the type is not evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::functions::{NoValue, failed};
use super::value::{Data, Val};

/// What does not go together, as Terraform finds.
const NOTHING_IN_COMMON: &str = "its elements have no type in common";
/// What may go together, and is not followed here.
pub(super) const SEVERAL: &str = "its elements are of several types: write the value";

/// The kinds of value that Terraform converts into each other, or never.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Text,
    Number,
    Bool,
    List,
    Set,
    Map,
    /// Not known, null, or without its type: it may be a string among numbers.
    Open,
}

fn kind(value: &Val) -> Kind {
    match &value.data {
        Data::Text(_) => Kind::Text,
        Data::Number(_) => Kind::Number,
        Data::Bool(_) => Kind::Bool,
        Data::List(_) => Kind::List,
        Data::Set(_) => Kind::Set,
        Data::Map(_) => Kind::Map,
        Data::Null | Data::Unknown(_) | Data::Untyped(_) => Kind::Open,
    }
}

/// What kinds there are among some values.
struct Kinds(BTreeSet<Kind>);

impl Kinds {
    fn of<'v>(values: impl Iterator<Item = &'v Val>) -> Self {
        Self(values.map(kind).collect())
    }

    fn has(&self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }

    fn has_any(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.has(*kind))
    }

    /// Whether they keep types of their own, and so stand in a tuple or an object.
    fn are_of_several_types(&self) -> bool {
        self.agree().is_err() || (self.has(Kind::Text) && self.has_any(&[Kind::Number, Kind::Bool]))
    }

    /// Whether they have a type in common.
    fn agree(&self) -> Result<(), NoValue> {
        if self.has_any(&[Kind::List, Kind::Set, Kind::Map]) && self.has_any(&[Kind::Text, Kind::Number, Kind::Bool]) {
            return Err(failed(NOTHING_IN_COMMON));
        }
        if self.has(Kind::Map) && self.has_any(&[Kind::List, Kind::Set]) {
            return Err(NoValue::Opaque("lists and maps stand beside each other in it".into()));
        }
        // Only a string makes both of them one type.
        let needs_text = self.has(Kind::Number) && self.has(Kind::Bool) && !self.has(Kind::Text);
        match (needs_text, self.has(Kind::Open)) {
            (true, true) => Err(NoValue::Opaque(SEVERAL.into())),
            (true, false) => Err(failed(NOTHING_IN_COMMON)),
            (false, _) => Ok(()),
        }
    }
}

/// Whether the elements are of types that no list has.
pub(super) fn is_tuple(elements: &[Val]) -> bool {
    Kinds::of(elements.iter()).are_of_several_types()
}

/// Whether the entries are of types that no map has.
pub(super) fn is_object(entries: &BTreeMap<Rc<str>, Val>) -> bool {
    Kinds::of(entries.values()).are_of_several_types()
}

/// The elements of a list, set or map, which have one type: a string among numbers or booleans makes strings of them. Others do not mix.
pub(super) fn of_one_type(elements: Vec<Val>) -> Result<Vec<Val>, NoValue> {
    let kinds = Kinds::of(elements.iter());
    kinds.agree()?;
    if kinds.has(Kind::Text) {
        return Ok(elements.iter().map(as_text).collect());
    }
    let is_settled = elements.len() < 2 || (!kinds.has(Kind::Open) && are_of_one_shape(elements.iter()));
    Ok(if is_settled { elements } else { elements.iter().map(without_types).collect() })
}

/// The value that is taken where the others could have been, in the type that all of them have in common.
pub(super) fn taken(value: &Val, others: &[Val]) -> Result<Val, NoValue> {
    let kinds = Kinds::of(others.iter().chain([value]));
    kinds.agree()?;
    if kinds.has(Kind::Set) && kinds.has(Kind::List) && value.weight > 1 {
        return Err(NoValue::Opaque("a list stands beside a set: use `tolist` or `toset` for both".into()));
    }
    let is_primitive = matches!(kind(value), Kind::Number | Kind::Bool) || matches!(value.data, Data::Untyped(_));
    Ok(match &value.data {
        Data::Null | Data::Unknown(_) | Data::Text(_) => value.clone(),
        _ if is_primitive && kinds.has(Kind::Text) => as_text(value),
        _ if are_of_one_shape([value].into_iter().chain(others)) => value.clone(),
        _ => without_types(value),
    })
}

/// Whether values are of one type as far as types count here.
pub(super) fn are_of_one_shape<'v>(values: impl Iterator<Item = &'v Val> + Clone) -> bool {
    // Enough for what people write; beyond that the values count as different.
    let weight = values.clone().fold(0_usize, |weight, value| weight.saturating_add(value.weight));
    let mut left = weight.saturating_mul(4);
    let mut rest = values;
    let Some(first) = rest.next() else { return true };
    rest.all(|value| are_alike(first, value, &mut left))
}

fn are_alike(a: &Val, b: &Val, left: &mut usize) -> bool {
    let Some(less) = left.checked_sub(1) else { return false };
    *left = less;
    match (&a.data, &b.data) {
        (Data::Null, Data::Null) => true,
        (Data::List(a), Data::List(b)) | (Data::Set(a), Data::Set(b)) if a.len() == b.len() => {
            a.iter().zip(b.iter()).all(|(a, b)| are_alike(a, b, left))
        }
        // Lists of different lengths have one type for all elements.
        (Data::List(a), Data::List(b)) | (Data::Set(a), Data::Set(b)) => {
            !b.is_empty()
                && a.first().is_some_and(|first| a.iter().chain(b.iter()).all(|one| are_alike(first, one, left)))
        }
        (Data::Map(a), Data::Map(b)) if a.keys().eq(b.keys()) => {
            a.values().zip(b.values()).all(|(a, b)| are_alike(a, b, left))
        }
        (Data::Map(a), Data::Map(b)) => {
            let mut all = a.values().chain(b.values());
            !b.is_empty() && a.values().next().is_some_and(|first| all.all(|one| are_alike(first, one, left)))
        }
        _ => kind(a) == kind(b) && kind(a) != Kind::Open,
    }
}

fn as_text(value: &Val) -> Val {
    match value.to_text() {
        Some(text) => Val::new(value.at, Data::Text(text)),
        None => value.clone(),
    }
}

/// The value with numbers and booleans that may be strings, however deep.
pub(super) fn without_types(value: &Val) -> Val {
    map_primitives(value, &|data| matches!(data, Data::Number(_) | Data::Bool(_)))
}

/// The value with strings that may be numbers or booleans, and the reverse: an attribute has the type that its resource gives it.
pub(super) fn without_any_type(value: &Val) -> Val {
    let is_open = |data: &Data| match data {
        Data::Number(_) | Data::Bool(_) => true,
        Data::Text(text) => matches!(&**text, "true" | "false") || value_is_number(text),
        _ => false,
    };
    map_primitives(value, &is_open)
}

fn value_is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && Val::text(crate::read::Position::default(), text).may_be_number()
}

fn map_primitives(value: &Val, is_open: &impl Fn(&Data) -> bool) -> Val {
    let inner = |elements: &Rc<[Val]>| elements.iter().map(|element| map_primitives(element, is_open)).collect();
    let data = match &value.data {
        data if is_open(data) => Data::Untyped(Rc::new(data.clone())),
        Data::List(elements) => Data::List(inner(elements)),
        Data::Set(elements) => Data::Set(inner(elements)),
        Data::Map(entries) => Data::Map(Rc::new(
            entries.iter().map(|(key, entry)| (key.clone(), map_primitives(entry, is_open))).collect(),
        )),
        data => data.clone(),
    };
    Val::new(value.at, data)
}
