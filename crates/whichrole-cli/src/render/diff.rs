//! What a change of configuration changes, as text and as a comment on a pull request.

use whichrole::analysis::{Change, Judged};
use whichrole::text::visible;

use crate::commands::diff::Report;
use crate::render::markdown::code;
use crate::render::style::{BAD, DIM, GOOD, STRONG, paint};
use crate::render::who::example;

/// Line by line; nothing where the two are equal.
pub fn text(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &report.changes {
        describe(change, &mut lines);
    }
    let mut section = |title: &str, changes: &[Change], describe: fn(&Change, &mut Vec<String>)| {
        if !changes.is_empty() {
            lines.push(String::new());
            lines.push(paint(STRONG, title));
            for change in changes {
                describe(change, &mut lines);
            }
        }
    };
    section("requests that choose a role", &report.custom_role_changes, describe);
    section("the same answer, of another certainty (examples)", &report.certainty_changes, describe_certainty);
    section("outside the condition", report.outside.as_deref().unwrap_or_default(), describe);
    for key in &report.only_before {
        lines.push(format!("{} {}", paint(BAD, "only before:"), visible(key)));
    }
    for key in &report.only_after {
        lines.push(format!("{} {}", paint(GOOD, "only after:"), visible(key)));
    }
    if let Some(users) = &report.users {
        lines.push(String::new());
        lines.push(format!("{} of {} users change", users.changed, users.total));
        for class in &users.classes {
            let tags = if class.tags_differ { ", with other tags" } else { "" };
            lines.push(format!("  {:>7}  {} → {}{tags}", class.users, visible(&class.before), visible(&class.after)));
        }
    }
    while lines.first().is_some_and(String::is_empty) {
        lines.remove(0);
    }
    lines
}

/// What is not a result: what was taken for what, and what is open.
pub fn notes(report: &Report) -> Vec<String> {
    let matched = report.matched.iter().map(|(reference, literal)| {
        format!("note: {} is taken for {} by its name", visible(reference), visible(literal))
    });
    let open = report.not_decided.iter().map(|why| format!("note: not decided: {why}"));
    let depends = (!report.unequal_under.is_empty())
        .then(|| format!("note: equal, but not proved so under {}", report.unequal_under.join(", ")));
    matched.chain(open).chain(depends).collect()
}

fn describe(change: &Change, lines: &mut Vec<String>) {
    let (before, after) = (got(&change.before), got(&change.after));
    lines.push(format!("{} → {}", paint(BAD, &before), paint(GOOD, &after)));
    let custom = change.witness.custom_role_arn.as_ref();
    let custom = custom.map(|role| format!(" choosing {}", visible(role))).unwrap_or_default();
    lines.push(format!("  for example {}{custom}", example(&change.witness)));
    if change.before.tags != change.after.tags && change.before.role.is_some() && change.after.role.is_some() {
        lines.push(format!("  tags {} → {}", tags(&change.before), tags(&change.after)));
    }
    if let Some(provider) = &change.witness.provider {
        let more = change.providers.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(paint(DIM, &format!("  {}{more}", visible(provider))));
    }
}

fn describe_certainty(change: &Change, lines: &mut Vec<String>) {
    let is_certain = change.before.answer(|answer| answer.readings.is_empty()) == Some(true);
    let words = if is_certain { "certain before, not after" } else { "certain after, not before" };
    lines.push(format!("{}: {words}", paint(STRONG, &got(&change.after))));
    lines.push(format!("  for example {}", example(&change.witness)));
}

/// `Admin (rule 2)`, as far as it is known.
fn got(judged: &Judged) -> String {
    match (&judged.role, judged.rule) {
        (Some(role), Some(rule)) => format!("{} (rule {rule})", visible(role)),
        (Some(role), None) => format!("{} ({})", visible(role), judged.source.unwrap_or_default()),
        (None, _) => format!("denied ({})", judged.deny.unwrap_or_default()),
    }
}

fn tags(judged: &Judged) -> String {
    let tags: Vec<String> =
        judged.tags.iter().map(|(key, value)| format!("{}={:?}", visible(key), visible(value))).collect();
    if tags.is_empty() { "none".to_owned() } else { tags.join(" ") }
}

/// A comment on a pull request.
pub fn markdown(report: &Report) -> Vec<String> {
    let count = report.changes.len() + report.custom_role_changes.len();
    let title = match (report.equal, report.is_confined()) {
        (Some(true), _) => "✅ whichrole diff: no token gets anything else (proved)".to_owned(),
        (None, _) => "❔ whichrole diff: not decided".to_owned(),
        (Some(false), Some(true)) => {
            format!("✅ whichrole diff: {} of change, none outside the condition (proved)", classes(count))
        }
        (Some(false), _) => format!("⚠️ whichrole diff: {} of change", classes(count)),
    };
    let mut lines = vec![format!("### {title}"), String::new()];
    let tables = [
        ("", report.changes.as_slice()),
        ("Requests that choose a role", report.custom_role_changes.as_slice()),
        ("The same answer, of another certainty", report.certainty_changes.as_slice()),
        ("Outside the condition", report.outside.as_deref().unwrap_or_default()),
    ];
    for (title, changes) in tables {
        if changes.is_empty() {
            continue;
        }
        if !title.is_empty() {
            lines.extend([String::new(), format!("**{title}**"), String::new()]);
        }
        lines.extend(["| before | after | for example |".to_owned(), "|---|---|---|".to_owned()]);
        for change in changes {
            let custom = change.witness.custom_role_arn.as_ref();
            let custom = custom.map(|role| format!(" choosing {}", code(role))).unwrap_or_default();
            let example = code(&example(&change.witness));
            let (before, after) = (code(&got(&change.before)), code(&got(&change.after)));
            lines.push(format!("| {before} | {after} | {example}{custom} |"));
        }
    }
    lines.extend(report.only_before.iter().map(|key| format!("- only before: {}", code(key))));
    lines.extend(report.only_after.iter().map(|key| format!("- only after: {}", code(key))));
    if let Some(users) = &report.users {
        lines.extend([String::new(), format!("{} of {} users change.", users.changed, users.total)]);
        for class in &users.classes {
            lines.push(format!("- {}: {} → {}", class.users, code(&class.before), code(&class.after)));
        }
    }
    lines
}

fn classes(count: usize) -> String {
    if count == 1 { "one class".to_owned() } else { format!("{count} classes") }
}
