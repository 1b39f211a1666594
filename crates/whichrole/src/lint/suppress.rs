//! Findings that somebody looked at and allows: in a comment, with the reason, or in the project's settings.
//!
//! A comment `# whichrole: allow(<lint>) because <reason>` covers its own line, or the next line with something on it where it stands
//! alone. `//` does as well as `#`. JSON has no comments; there the settings are the place.

use super::{Finding, LINTS, Severity, lint_named, sort};
use crate::read::{Position, Problem};
use crate::text;

/// An entry of `allow` in `whichrole.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The lint.
    pub lint: String,
    /// Where: a file (`template.yaml`), a line (`template.yaml:12`), a pool or a provider.
    pub place: String,
    /// Why.
    pub because: String,
}

/// A comment that allows.
struct Comment {
    lint: String,
    at: Position,
    /// The line it covers.
    line: usize,
    used: bool,
}

const MARK: &str = "whichrole: allow(";

/// Takes out what is allowed, and adds what is wrong with the allowances: one that nothing needed, one without a reason.
///
/// `texts` and `names` are those of the sources, by number. Entries of settings that nothing needed are returned by their number.
#[must_use]
pub fn allow(
    mut findings: Vec<Finding>,
    texts: &[String],
    names: &[String],
    entries: &[Allow],
) -> (Vec<Finding>, Vec<usize>) {
    let mut comments = Vec::new();
    let mut faults = Vec::new();
    for (source, text) in texts.iter().enumerate() {
        if is_json(names.get(source).map_or("", String::as_str), text) {
            continue;
        }
        read_comments(source, text, &mut comments, &mut faults);
    }
    let mut used = vec![false; entries.len()];
    findings.retain(|finding| {
        let by_comment = finding.at.is_some_and(|at| {
            let covers = |comment: &&mut Comment| {
                comment.at.source() == at.source() && comment.line == at.numbers().1 && comment.lint == finding.lint
            };
            comments.iter_mut().filter(covers).map(|comment| comment.used = true).count() > 0
        });
        let mut by_entry = false;
        for (entry, used) in entries.iter().zip(&mut used) {
            if entry.lint == finding.lint && is_place(&entry.place, finding, names) {
                (*used, by_entry) = (true, true);
            }
        }
        !by_comment && !by_entry
    });
    for comment in comments.iter().filter(|comment| !comment.used) {
        let message = format!("nothing here needs {} to be allowed", text::quoted(&comment.lint));
        faults.push(Finding::new("unused-allow", Severity::Warning, message).at(Some(comment.at)));
    }
    findings.append(&mut faults);
    sort(&mut findings);
    (findings, used.iter().enumerate().filter(|(_, used)| !**used).map(|(n, _)| n).collect())
}

fn is_json(name: &str, text: &str) -> bool {
    let is_yaml = [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending));
    !is_yaml && text.trim_start().starts_with(['{', '['])
}

fn is_place(place: &str, finding: &Finding, names: &[String]) -> bool {
    if finding.pool.as_deref() == Some(place) || finding.provider.as_deref() == Some(place) {
        return true;
    }
    let Some(at) = finding.at else { return false };
    let Some(name) = at.name_in(names) else { return false };
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) => (file, Some(line)),
        _ => (place, None),
    };
    let file = file.strip_prefix("./").unwrap_or(file);
    let name = name.strip_prefix("./").unwrap_or(name);
    let is_file = name == file || name.strip_suffix(file).is_some_and(|folder| folder.ends_with('/'));
    is_file && !file.is_empty() && line.is_none_or(|line| line == at.line().to_string())
}

fn read_comments(source: usize, text: &str, comments: &mut Vec<Comment>, faults: &mut Vec<Finding>) {
    let lines: Vec<&str> = text::without_mark(text).lines().collect();
    // The next line with something on it, for each line; from the end, so that it takes one pass.
    let mut next = vec![0; lines.len()];
    let mut after = 0;
    for (n, line) in lines.iter().enumerate().rev() {
        if let Some(slot) = next.get_mut(n) {
            *slot = after;
        }
        let trimmed = line.trim_start();
        if !trimmed.is_empty() && !trimmed.starts_with('#') && !trimmed.starts_with("//") {
            after = n + 1;
        }
    }
    for (n, line) in lines.iter().enumerate() {
        let Some(found) = line.find(MARK) else { continue };
        let before = line.get(..found).unwrap_or_default();
        let lead = before.trim_end();
        let Some(code) = lead.strip_suffix('#').or_else(|| lead.strip_suffix("//")) else { continue };
        let column = code.chars().count() + 1;
        let at = Position::new(source, n + 1, column);
        let covered = if code.trim().is_empty() { next.get(n).copied().unwrap_or_default() } else { n + 1 };
        let rest = line.get(found + MARK.len()..).unwrap_or_default();
        let mut fault = |message: String| {
            faults.push(Finding::new("unused-allow", Severity::Warning, message).at(Some(at)));
        };
        let Some((lints, reason)) = rest.split_once(')') else {
            fault("the comment is not closed; write `whichrole: allow(<lint>) because <reason>`".to_owned());
            continue;
        };
        let reason = reason.trim().strip_prefix("because").map(str::trim);
        if reason.is_none_or(str::is_empty) {
            fault("nothing is allowed without a reason; write `because` and the reason after it".to_owned());
            continue;
        }
        for lint in lints.split(',').map(str::trim) {
            if lint_named(lint).is_none() {
                fault(Problem::unknown("unused-allow", "lint", lint, LINTS.iter().map(|lint| lint.id)).message);
            } else {
                comments.push(Comment { lint: lint.to_owned(), at, line: covered, used: false });
            }
        }
    }
}
