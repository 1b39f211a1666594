//! A claims object from anybody. What we read, a lenient reader reads too, and as the same thing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use whichrole::{Claim, Claims};

fuzz_target!(|text: &str| {
    match Claims::from_json(text) {
        Ok(claims) => {
            let json = claims.to_json();
            assert_eq!(Claims::from_json(&json).as_ref(), Ok(&claims), "what is written is read back");
            // A number may be too large for the other reader; that is its own limit.
            if let Ok(Value::Object(other)) = serde_json::from_str::<Value>(text) {
                assert_eq!(other.len(), claims.iter().count());
                for (name, claim) in claims.iter() {
                    assert!(same(claim, &other[name]), "{name}");
                }
            }
            let shown = format!("{claims:?}");
            for (_, claim) in claims.iter() {
                let Some(value) = claim.as_text().filter(|value| value.len() > 12) else { continue };
                let in_names = claims.iter().any(|(name, _)| format!("{name:?}").contains(value));
                assert!(in_names || !shown.contains(value), "no values in debug output");
            }
        }
        Err(error) => whichrole_fuzz::is_safe_line(&error.to_string()),
    }
});

fn same(claim: &Claim<'_>, value: &Value) -> bool {
    match (claim.as_text(), value) {
        (Some(text), Value::String(other)) => text == other,
        (None, Value::String(_)) | (Some(_), _) => false,
        (None, Value::Array(_)) => claim.kind() == "an array",
        (None, Value::Object(_)) => claim.kind() == "an object",
        (None, Value::Null) => claim.to_json() == "null",
        (None, Value::Bool(other)) => claim.to_json() == other.to_string(),
        (None, Value::Number(_)) => claim.kind() == "a number",
    }
}
