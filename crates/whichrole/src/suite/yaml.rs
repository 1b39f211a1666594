//! Writes the little YAML that people paste into suites.

use crate::claims::{Claim, Claims};
use crate::json;

/// A string: bare where every YAML reader takes it for that string, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ' ' | '(' | ')' | '=' | '+');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(bare)
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "deny" | "uncertain"
        );
    if plain { text.to_owned() } else { quoted(text) }
}

/// A string in double quotes. JSON's escapes are YAML's; what YAML does not allow as itself is escaped too.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    json::write_string(text, &mut out);
    crate::text::visible_json(out)
}

/// `{ "custom:dept": eng }`
pub(super) fn claims(claims: &Claims<'_>) -> String {
    if claims.is_empty() {
        return "{}".to_owned();
    }
    let members: Vec<String> =
        claims.iter().map(|(name, value)| format!("{}: {}", scalar(name), claim(value))).collect();
    format!("{{ {} }}", members.join(", "))
}

/// A claim's value; `null` is written so that it is not taken for absence.
pub(super) fn claim(value: &Claim<'_>) -> String {
    match value {
        Claim::Text(text) => scalar(text),
        Claim::Bool(value) => value.to_string(),
        Claim::Array(elements) if elements.iter().all(|element| element.as_text().is_some()) => {
            let elements: Vec<String> = elements.iter().filter_map(Claim::as_text).map(scalar).collect();
            format!("[{}]", elements.join(", "))
        }
        other => format!("{{ $json: {} }}", quoted(&other.to_json())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_mistaken_stands_without_quotes() {
        for (text, written) in [
            ("eng", "eng"),
            ("a b-c_d", "a b-c_d"),
            ("custom:dept", "\"custom:dept\""),
            ("no", "\"no\""),
            ("Deny", "\"Deny\""),
            ("1e3", "\"1e3\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("x ", "\"x \""),
            ("\u{85}\u{feff}\"", "\"\\u0085\\ufeff\\\"\""),
        ] {
            assert_eq!(scalar(text), written);
        }
        let json = r#"{"a":["x","1"],"b":null,"c":[1],"d":true}"#;
        assert_eq!(
            claims(&Claims::from_json(json).unwrap()),
            r#"{ a: [x, "1"], b: { $json: "null" }, c: { $json: "[1]" }, d: true }"#
        );
    }
}
