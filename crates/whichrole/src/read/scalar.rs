//! Unquoted words of YAML, which two versions of YAML and their tools read in different ways.

use super::node::{Node, Value};

/// What an unquoted scalar means, where all YAML tools agree; [`Value::Unquoted`] where they do not.
#[cfg(feature = "yaml")]
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.into()),
        _ if is_disputed(text) => Value::Unquoted(text.into()),
        _ => Value::text(text),
    }
}

/// The string that CloudFormation and its neighbours send where a string is wanted and the template has another scalar. They read
/// YAML 1.1, without its timestamps.
pub(crate) fn sent(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.to_string()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.to_owned()),
        Value::Unquoted(text) => Some(yaml_1_1(text)),
        _ => None,
    }
}

/// A decimal number without leading zeros, exponent or other ornaments.
#[cfg(feature = "yaml")]
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    all_digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(all_digits)
}

/// Words that YAML 1.1, YAML 1.2 or a tool in use takes for a boolean, a number or a date, and another one for a string.
#[cfg(feature = "yaml")]
fn is_disputed(text: &str) -> bool {
    is_old_boolean(text).is_some()
        || matches!(text, "y" | "Y" | "n" | "N")
        || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
            && (is_odd_number(text) || is_sexagesimal(text) || is_date(text))
}

/// `yes` and `no`, `on` and `off`: booleans in YAML 1.1.
fn is_old_boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// `010`, `0x10`, `0o10`, `0b1`, `1e3`, `+1`, `.5`, `1.`, `1_000`, `.inf`, `.nan`
#[cfg(feature = "yaml")]
fn is_odd_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some((prefix, rest)) = unsigned.split_at_checked(2)
        && matches!(prefix, "0x" | "0o" | "0b")
    {
        return !rest.is_empty() && rest.chars().all(|c| c.is_ascii_hexdigit() || c == '_');
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(mantissa, exponent)| {
        (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    digits(whole)
        && digits(fraction)
        && (whole.starts_with(|c: char| c.is_ascii_digit()) || fraction.starts_with(|c: char| c.is_ascii_digit()))
        && exponent.is_none_or(all_digits)
}

/// `12:30` and `190:20:30`: numbers to the base of 60 in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.strip_prefix(['+', '-']).unwrap_or(text).split(':');
    let Some(first) = parts.next() else { return false };
    let mut rest = parts.peekable();
    let minutes = |part: &str| (1..=2).contains(&part.len()) && all_digits(part) && part < "60";
    (first.len() <= 6)
        && all_digits(first)
        && rest.peek().is_some()
        && rest.all(|part| minutes(part) || part.len() == 1 && all_digits(part))
}

/// `2024-01-01`, alone or with a time.
#[cfg(feature = "yaml")]
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let year = parts.next().is_some_and(|year| year.len() == 4 && all_digits(year));
    let month = parts.next().is_some_and(|month| (1..=2).contains(&month.len()) && all_digits(month));
    let day = parts.next().is_some_and(|rest| {
        let day = rest.split(['T', 't', ' ', '\t']).next().unwrap_or_default();
        (1..=2).contains(&day.len()) && all_digits(day)
    });
    year && month && day
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A disputed word as YAML 1.1 reads it, written as a string again.
fn yaml_1_1(text: &str) -> String {
    if let Some(value) = is_old_boolean(text) {
        return if value { "true" } else { "false" }.to_owned();
    }
    let (sign, unsigned) = match text.split_at_checked(1) {
        Some(("-", rest)) => ("-", rest),
        Some(("+", rest)) => ("", rest),
        _ => ("", text),
    };
    let plain: String = unsigned.chars().filter(|c| *c != '_').collect();
    let number = if let Some(hex) = plain.strip_prefix("0x") {
        u64::from_str_radix(hex, 16).ok()
    } else if let Some(binary) = plain.strip_prefix("0b") {
        u64::from_str_radix(binary, 2).ok()
    } else if plain.len() > 1 && plain.starts_with('0') && all_digits(&plain) {
        u64::from_str_radix(&plain, 8).ok()
    } else if all_digits(&plain) {
        return format!("{sign}{plain}");
    } else if is_sexagesimal(&plain) {
        plain.split(':').try_fold(0_u64, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))
    } else {
        None
    };
    number.map_or_else(|| text.to_owned(), |number| format!("{sign}{number}"))
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use super::*;
    use crate::read::Position;

    #[test]
    fn words_that_yaml_tools_dispute_are_told_apart() {
        for text in [
            "yes",
            "No",
            "ON",
            "off",
            "y",
            "010",
            "0x1F",
            "0o17",
            "0b1",
            "1e3",
            "1.5E-3",
            "+1",
            ".5",
            "1.",
            "1_000",
            "12:30",
            "190:20:30",
            "2024-01-01",
            "2024-1-1T00:00:00Z",
            ".inf",
            "-.INF",
            ".nan",
        ] {
            assert_eq!(plain(text), Value::Unquoted(text.into()), "{text}");
        }
        for text in ["0", "12", "-3", "1.50", "-0.5", "123456789012"] {
            assert_eq!(plain(text), Value::Number(text.into()), "{text}");
        }
        for text in [
            "admins",
            "yesterday",
            "0x",
            "0xZZ",
            "1.2.3",
            "12:",
            "a:b",
            "us-east-1",
            "2024-01",
            "-",
            "+",
            ".",
            "...",
            "e5",
            "1e",
            "arn:aws:iam::111122223333:role/A",
            "12-34",
            "é1",
            "0é",
            "1_",
            "10.0.0.0/8",
        ] {
            let expected = if text == "1_" { Value::Unquoted(text.into()) } else { Value::text(text) };
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn the_deployer_sends_what_yaml_1_1_says() {
        for (text, sends) in [
            ("yes", "true"),
            ("OFF", "false"),
            ("y", "y"),
            ("010", "8"),
            ("-010", "-8"),
            ("089", "089"),
            ("0x10", "16"),
            ("0b11", "3"),
            ("12:30", "750"),
            ("1:00:01", "3601"),
            ("1_000", "1000"),
            ("+7", "7"),
            ("1e3", "1e3"),
            ("2024-01-01", "2024-01-01"),
        ] {
            let node = Node { value: Value::Unquoted(text.into()), at: Position::default() };
            assert_eq!(sent(&node).as_deref(), Some(sends), "{text}");
        }
    }
}
