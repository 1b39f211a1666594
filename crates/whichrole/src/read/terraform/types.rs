//! What a variable's `type` does to its value.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::eval::{Evaluator, NOT_COUNTED, Scope, spelled};
use super::functions::NoValue;
use super::value::{Data, Unknown, Val, composed, decimal};
use super::{collections, unify};
use crate::read::Position;
use crate::read::hcl::{Expr, ExprKind};

/// Converts a value as Terraform does. What does not fit stays as it is: Terraform's own checks are not repeated here.
pub(super) fn convert(value: &Val, kind: &Expr, source: usize, evaluator: &mut Evaluator<'_>) -> Val {
    if value.as_unknown().is_some() || matches!(value.data, Data::Null) || !evaluator.spend(1, value.at) {
        return value.clone();
    }
    let data = match &kind.kind {
        ExprKind::Name(name) => match (&**name, value.to_text()) {
            ("string", Some(text)) => Data::Text(text),
            ("number", Some(text)) => match decimal(&text) {
                Some(number) => Data::Number(number.into()),
                None if value.may_be_number() => {
                    return Val::unknown(value.at, Unknown::new(spelled(value), NOT_COUNTED));
                }
                None => return value.clone(),
            },
            ("bool", _) => match value.as_bool() {
                Some(value) => Data::Bool(value),
                None => return value.clone(),
            },
            _ => return value.clone(),
        },
        ExprKind::Call(call) => match (&*call.name, call.arguments.first(), &value.data) {
            ("list", Some(inner), Data::List(elements) | Data::Set(elements)) => {
                let elements = elements.iter().map(|element| convert(element, inner, source, evaluator)).collect();
                match in_one_type(elements, inner, evaluator) {
                    Ok(elements) => Data::List(elements.into()),
                    Err(why) => return unfit(value, &why),
                }
            }
            ("set", Some(inner), Data::List(elements) | Data::Set(elements)) => {
                let elements = elements.iter().map(|element| convert(element, inner, source, evaluator)).collect();
                return match in_one_type(elements, inner, evaluator) {
                    Ok(elements) => collections::set(value.at, elements),
                    Err(why) => unfit(value, &why),
                };
            }
            ("map", Some(inner), Data::Map(entries)) => {
                let converted = entries.values().map(|entry| convert(entry, inner, source, evaluator)).collect();
                match in_one_type(converted, inner, evaluator) {
                    Ok(converted) => Data::Map(Rc::new(entries.keys().cloned().zip(converted).collect())),
                    Err(why) => return unfit(value, &why),
                }
            }
            ("tuple", Some(Expr { kind: ExprKind::List(kinds), .. }), Data::List(elements)) => {
                let mut kinds = kinds.iter();
                let convert_next = |element: &Val| match kinds.next() {
                    Some(kind) => convert(element, kind, source, evaluator),
                    None => element.clone(),
                };
                Data::List(elements.iter().map(convert_next).collect())
            }
            ("object", Some(Expr { kind: ExprKind::Object(attributes), .. }), Data::Map(entries)) => {
                Data::Map(Rc::new(object(entries, attributes, value, source, evaluator)))
            }
            ("optional", Some(inner), _) => return convert(value, inner, source, evaluator),
            _ => return value.clone(),
        },
        _ => return value.clone(),
    };
    Val::new(value.at, data)
}

/// Elements whose type says `any` get the one that they have in common.
fn in_one_type(elements: Vec<Val>, kind: &Expr, evaluator: &mut Evaluator<'_>) -> Result<Vec<Val>, NoValue> {
    if has_any(kind, evaluator) { unify::of_one_type(elements) } else { Ok(elements) }
}

fn has_any(kind: &Expr, evaluator: &mut Evaluator<'_>) -> bool {
    if !evaluator.spend(1, Position::default()) {
        return false;
    }
    match &kind.kind {
        ExprKind::Name(name) => &**name == "any",
        // The second argument of `optional` is a value.
        ExprKind::Call(call) => call.arguments.first().is_some_and(|inner| has_any(inner, evaluator)),
        ExprKind::Object(attributes) => attributes.iter().any(|(_, inner)| has_any(inner, evaluator)),
        ExprKind::List(kinds) => kinds.iter().any(|inner| has_any(inner, evaluator)),
        _ => false,
    }
}

/// What Terraform would refuse, or what is not followed here.
fn unfit(value: &Val, why: &NoValue) -> Val {
    let missing = match why {
        NoValue::Failed(why) | NoValue::Opaque(why) => why.clone(),
        NoValue::Unknown | NoValue::Elsewhere => String::new(),
    };
    Val::unknown(value.at, Unknown::new("…", missing))
}

/// An object has the attributes of its type and no others; one that is optional may be null or have a default.
fn object(
    entries: &BTreeMap<Rc<str>, Val>,
    attributes: &[(Expr, Expr)],
    whole: &Val,
    source: usize,
    evaluator: &mut Evaluator<'_>,
) -> BTreeMap<Rc<str>, Val> {
    let mut converted = BTreeMap::new();
    for (name, kind) in attributes {
        let (ExprKind::Name(name) | ExprKind::Text(name)) = &name.kind else { continue };
        let name = composed(name);
        let given = entries.get(&*name).filter(|given| !matches!(given.data, Data::Null));
        let value = match (given, &kind.kind) {
            (Some(given), _) => convert(given, kind, source, evaluator),
            (None, ExprKind::Call(call)) if &*call.name == "optional" => match call.arguments.get(1) {
                // A default is of the attribute's type, whose own attributes may have defaults again.
                Some(default) => {
                    let default = evaluator.eval(default, Scope { instance: usize::MAX, source, names: None });
                    convert(&default, kind, source, evaluator)
                }
                None => Val::new(whole.at, Data::Null),
            },
            (None, _) => match entries.get(&*name) {
                Some(null) => null.clone(),
                None => continue,
            },
        };
        converted.insert(Rc::from(&*name), value);
    }
    converted
}
