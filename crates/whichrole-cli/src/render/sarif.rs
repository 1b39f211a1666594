//! SARIF 2.1.0, for code scanning.

use serde_json::{Value, json};
use whichrole::lint::{Finding, LINTS, Severity};
use whichrole::text;

use crate::commands::lint::Linted;
use crate::failure::{Failure, Result};

/// Results of one run that viewers still take.
const MOST_RESULTS: usize = 5_000;

/// The log: one run, with all lints as its rules.
pub fn log(linted: &[Linted]) -> Result<String> {
    let all = linted.iter().flat_map(|one| one.findings.iter().map(|finding| (finding, one.names.as_slice())));
    let total = linted.iter().map(|one| one.findings.len()).sum::<usize>();
    let results: Vec<Value> = all.take(MOST_RESULTS).map(|(finding, names)| result(finding, names)).collect();
    let mut notifications = Vec::new();
    if total > MOST_RESULTS {
        let message = text::counted(total - MOST_RESULTS, "more finding is left out", "more findings are left out");
        notifications.push(json!({"level": "note", "message": {"text": message}}));
    }
    let rules: Vec<Value> = LINTS
        .iter()
        .map(|lint| {
            json!({
                "id": lint.id,
                "shortDescription": {"text": lint.title()},
                "helpUri": format!("https://github.com/whichrole/whichrole/blob/main/docs/lints/{}.md", lint.id),
                "help": {"text": lint.page, "markdown": lint.page},
                "defaultConfiguration": {"level": level(lint.severity)},
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "whichrole",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/whichrole/whichrole",
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "results": results,
        }],
    });
    let json = serde_json::to_string_pretty(&log)
        .map_err(|_| Failure::new("unwritable", "the findings cannot be written as SARIF"))?;
    Ok(text::visible_json(json))
}

fn result(finding: &Finding, names: &[String]) -> Value {
    let index = LINTS.iter().position(|lint| lint.id == finding.lint);
    let mut result = json!({
        "ruleId": finding.lint,
        "level": level(finding.severity),
        "message": {"text": text::visible(&finding.message)},
        "locations": [],
    });
    if let (Some(index), Some(object)) = (index, result.as_object_mut()) {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    if let (Some(at), Some(object)) = (finding.at, result.as_object_mut()) {
        let uri = uri(at.name_in(names).unwrap_or_default());
        let location = json!({"physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": at.line(), "startColumn": at.column()},
        }});
        object.insert("locations".to_owned(), json!([location]));
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A relative reference, or the `file:` URI of an absolute path: whatever is in the name, it is a path.
fn uri(name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    let drive = matches!(name.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    let root = match name {
        _ if drive => "file:///",
        absolute if absolute.starts_with('/') => "file://",
        _ => "",
    };
    let mut uri = String::with_capacity(root.len() + name.len());
    uri.push_str(root);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' => uri.push('/'),
            b':' if drive && uri.len() == root.len() + 1 => uri.push(':'),
            other => {
                uri.push('%');
                for digit in [other >> 4, other & 15] {
                    uri.extend(char::from_digit(digit.into(), 16).map(|c| c.to_ascii_uppercase()));
                }
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_more_than_a_path() {
        assert_eq!(uri("./a b/é.tf"), "a%20b/%C3%A9.tf");
        assert_eq!(uri("file:///etc/passwd"), "file%3A///etc/passwd");
        assert_eq!(uri("/srv/a b.tf"), "file:///srv/a%20b.tf");
        assert_eq!(uri("C:\\infra\\main.tf"), "file:///C:/infra/main.tf");
        assert_eq!(uri("../infra/main.tf"), "../infra/main.tf");
    }
}
