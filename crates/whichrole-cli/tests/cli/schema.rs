//! Checks values against the JSON Schemas that the command prints: the few words of JSON Schema that they use, and no other.

use serde_json::{Map, Value};

use crate::harness::whichrole;

/// Panics unless the value is as the schema of this name says.
pub fn check(name: &str, value: &Value) {
    let schema = printed(name);
    if let Err(why) = fits(value, &schema, &schema) {
        panic!("not as schema `{name}` says: {why}\n{value:#}");
    }
}

/// The schema of this name.
pub fn printed(name: &str) -> Value {
    whichrole(["schema", name]).run().exits(0).json()
}

/// Whether a value is as a schema says, and why not.
pub fn fits(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    let holds = |schema: &Value| fits(value, schema, root).is_ok();
    let size = |count: Option<usize>| count.and_then(|count| i64::try_from(count).ok());
    for (word, wanted) in schema.as_object().unwrap() {
        let fine = match word.as_str() {
            // Editors look at formats; a wrong `now` is a problem of its own.
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                fits(value, target, root)?;
                true
            }
            "type" => types(wanted).any(|name| is(value, name)),
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "oneOf" => wanted.as_array().unwrap().iter().filter(|one| holds(one)).count() == 1,
            "anyOf" => wanted.as_array().unwrap().iter().any(holds),
            "allOf" => wanted.as_array().unwrap().iter().all(holds),
            "not" => !holds(wanted),
            "if" => {
                if holds(wanted) {
                    fits(value, &schema["then"], root)?;
                }
                true
            }
            "then" => schema.get("if").is_some(),
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= wanted.as_i64().unwrap()),
            "minLength" => {
                size(value.as_str().map(|text| text.chars().count())) >= wanted.as_i64() || !value.is_string()
            }
            "minItems" => size(value.as_array().map(Vec::len)) >= wanted.as_i64() || !value.is_array(),
            "minProperties" => size(value.as_object().map(Map::len)) >= wanted.as_i64() || !value.is_object(),
            "uniqueItems" => {
                value.as_array().is_none_or(|all| all.iter().enumerate().all(|(n, one)| !all[..n].contains(one)))
            }
            "contains" => value.as_array().is_none_or(|all| all.iter().any(|one| fits(one, wanted, root).is_ok())),
            "prefixItems" => {
                for (item, wanted) in value.as_array().into_iter().flatten().zip(wanted.as_array().unwrap()) {
                    fits(item, wanted, root)?;
                }
                true
            }
            "propertyNames" => value.as_object().is_none_or(|object| {
                object.keys().all(|name| fits(&Value::String(name.clone()), wanted, root).is_ok())
            }),
            "dependentRequired" => value.as_object().is_none_or(|object| {
                let pairs = wanted.as_object().unwrap().iter().filter(|(name, _)| object.contains_key(*name));
                pairs
                    .flat_map(|(_, names)| names.as_array().unwrap())
                    .all(|name| object.contains_key(name.as_str().unwrap()))
            }),
            "pattern" => value.as_str().is_none_or(|text| matches(text, wanted.as_str().unwrap())),
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    fits(item, wanted, root)?;
                }
                true
            }
            "required" => value.as_object().is_none_or(|object| {
                wanted.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
            }),
            "properties" | "additionalProperties" => {
                members(value, schema, root)?;
                true
            }
            other => panic!("the checker does not know `{other}`"),
        };
        if !fine {
            return Err(format!("{word}: {wanted} does not hold for {value}"));
        }
    }
    Ok(())
}

/// The patterns there are, by hand.
fn matches(text: &str, pattern: &str) -> bool {
    match pattern {
        "^[a-z0-9]+(-[a-z0-9]+)*$" => {
            let part = |part: &str| !part.is_empty() && part.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9'));
            text.split('-').all(part)
        }
        "^[^$]" => text.chars().next().is_some_and(|c| c != '$'),
        sources if sources.starts_with("^(rule [1-9][0-9]*|custom-role by rule [1-9][0-9]*|preferred-role|") => {
            let number = text.strip_prefix("custom-role by ").unwrap_or(text).strip_prefix("rule ");
            match number {
                Some(number) => !number.starts_with('0') && number.parse::<u32>().is_ok(),
                None => sources.trim_end_matches(")$").split('|').skip(2).any(|source| source == text),
            }
        }
        other => panic!("the checker does not know the pattern `{other}`"),
    }
}

fn members(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, member) in value.as_object().into_iter().flatten() {
        match (properties.get(name), schema.get("additionalProperties")) {
            (Some(schema), _) => fits(member, schema, root).map_err(|why| format!("{name}: {why}"))?,
            (None, Some(Value::Bool(false))) => return Err(format!("`{name}` is one too many")),
            (None, Some(schema @ Value::Object(_))) => fits(member, schema, root)?,
            (None, _) => {}
        }
    }
    Ok(())
}

fn types(wanted: &Value) -> impl Iterator<Item = &str> {
    std::slice::from_ref(wanted).iter().chain(wanted.as_array().into_iter().flatten()).filter_map(Value::as_str)
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    }
}

/// The keys of the outermost object, in the order written.
pub fn keys(json: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let (mut depth, mut chars, mut text) = (0, json.chars().peekable(), None::<String>);
    while let Some(c) = chars.next() {
        match (&mut text, c) {
            (Some(inside), '\\') => inside.extend(chars.next()),
            (Some(_), '"') => {
                let name = text.take().unwrap();
                if depth == 1 && chars.peek() == Some(&':') {
                    keys.push(name);
                }
            }
            (Some(inside), c) => inside.push(c),
            (None, '"') => text = Some(String::new()),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            _ => {}
        }
    }
    keys
}

#[test]
fn the_checker_sees_faults() {
    let schema = serde_json::json!({"type": ["object", "null"], "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": "integer", "minimum": 1}}});
    let holds = |value: Value| fits(&value, &schema, &schema).is_ok();
    assert!(holds(serde_json::json!({"a": 1})) && holds(Value::Null));
    for wrong in
        [serde_json::json!({"a": 0}), serde_json::json!({}), serde_json::json!({"a": 1, "b": 1}), serde_json::json!([])]
    {
        assert!(!holds(wrong));
    }
    assert_eq!(keys(r#"{"a":{"x":1},"b":["c",{"d":1}],"e\"":"f"}"#), ["a", "b", "e\""]);
}
