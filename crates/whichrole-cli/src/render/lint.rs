//! Findings for people, for scripts and for GitHub Actions.

use serde::Serialize;
use whichrole::lint::{Finding, Severity, Shown};
use whichrole::text;

use crate::commands::lint::Linted;
use crate::failure::{Failure, Result};
use crate::render::github::{data, property};
use crate::render::style::{BAD, DIM, STRONG, WARN, paint};
use crate::snippet::Snippets;

/// A line for each finding, with the source line below it.
pub fn lines(linted: &[Linted]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in linted {
        let mut snippets = Snippets::new(&one.texts);
        for finding in &one.findings {
            let place = place(finding, &one.names);
            let style = match finding.severity {
                Severity::Error => BAD,
                Severity::Warning => WARN,
                Severity::Info => DIM,
            };
            let severity = paint(style, finding.severity.name());
            let message = text::visible(&finding.message);
            lines.push(format!("{place}{severity}: {message} {}", paint(DIM, &format!("[{}]", finding.lint))));
            let source = finding.at.map(|at| snippets.at(at)).filter(|source| !source.is_empty());
            lines.extend(source);
            if let Some(witness) = &finding.witness {
                let claims = text::visible_json(witness.claims.to_json());
                lines.push(format!("  {} {claims}", paint(STRONG, "for example")));
            }
        }
    }
    lines
}

/// `file:line:column: `
fn place(finding: &Finding, names: &[String]) -> String {
    let Some(at) = finding.at else { return String::new() };
    let name = at.name_in(names).map(text::visible).unwrap_or_default();
    format!("{name}:{}:{}: ", at.line(), at.column())
}

/// How many there are of each severity.
pub fn summary(linted: &[Linted]) -> String {
    let count = |severity| linted.iter().flat_map(|one| &one.findings).filter(|f| f.severity == severity).count();
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")]
        .into_iter()
        .filter_map(|(severity, word)| match count(severity) {
            0 => None,
            1 => Some(format!("1 {word}")),
            n => Some(format!("{n} {word}s")),
        });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "nothing found".to_owned() } else { words.join(", ") }
}

#[derive(Serialize)]
struct Findings<'l> {
    findings: Vec<Shown<'l>>,
}

/// `{"findings": […]}`
pub fn json(linted: &[Linted]) -> Result<String> {
    let findings =
        linted.iter().flat_map(|one| one.findings.iter().map(|finding| Shown { finding, names: &one.names })).collect();
    let json = serde_json::to_string(&Findings { findings })
        .map_err(|_| Failure::new("unwritable", "the findings cannot be written as JSON"))?;
    Ok(text::visible_json(json))
}

/// Annotations of GitHub Actions.
pub fn annotations(linted: &[Linted]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in linted {
        for finding in &one.findings {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let place = finding.at.map_or_else(String::new, |at| {
                let name = at.name_in(&one.names).map(text::visible).unwrap_or_default();
                format!("file={},line={},col={},", property(&name), at.line(), at.column())
            });
            let message = text::visible(&finding.message);
            lines.push(format!("::{command} {place}title={}::{}", property(finding.lint), data(&message)));
        }
    }
    lines
}
