//! Checks the spelling of a condition, so that a suite's mistakes show before anything is proved.

use crate::text;

const OPERATORS: [&str; 6] = ["equals", "not-equal", "starts-with", "contains", "present", "absent"];

/// `CLAIM equals VALUE`, `CLAIM present`, joined by `and` and `or`.
pub(super) fn check(condition: &str) -> Result<(), String> {
    let mut words = condition.split_ascii_whitespace();
    loop {
        if words.next().is_none() {
            return Err("a condition is missing, such as `cognito:groups contains admins`".to_owned());
        }
        let operator = words.next().unwrap_or_default();
        match operator {
            "present" | "absent" => {}
            "equals" | "not-equal" | "starts-with" | "contains" => {
                if words.next().is_none() {
                    return Err(format!("`{operator}` needs a value"));
                }
            }
            other => {
                return Err(match text::nearest(other, OPERATORS) {
                    Some(near) => format!("unknown operator {}, did you mean `{near}`?", text::quoted(other)),
                    None => {
                        format!("unknown operator {}, expected {}", text::quoted(other), text::alternatives(OPERATORS))
                    }
                });
            }
        }
        match words.next() {
            None => return Ok(()),
            Some("and" | "or") => {}
            Some(other) => return Err(format!("expected `and` or `or`, found {}", text::quoted(other))),
        }
    }
}
