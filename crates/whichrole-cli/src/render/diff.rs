//! What a change of configuration changes, as text and as a comment on a pull request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use whichrole::RoleArn;
use whichrole::analysis::{Change, Judged};
use whichrole::text::{counted, visible};

use crate::commands::diff::{Report, Users};
use crate::counts::{Fault, change_of};
use crate::render::markdown::code;
use crate::render::style::{BAD, DIM, GOOD, STRONG, paint};
use crate::render::who::example;

/// Line by line, each class of change a line, and a summary; nothing where the two are equal.
pub fn text(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    let names = Names::of(report);
    let mut section = |title: &str, about: Vec<String>| {
        if !about.is_empty() {
            if !title.is_empty() {
                lines.push(String::new());
                lines.push(paint(STRONG, title));
            }
            lines.extend(about);
        }
    };
    let described = |changes: &[Change]| names.folded(changes).iter().map(|line| names.describe(line)).collect();
    section("", described(&report.changes));
    section("requests that choose a role", described(&report.custom_role_changes));
    let certainty = report.certainty_changes.iter().map(|change| names.describe_certainty(change)).collect();
    section("the same answer, of another certainty (examples; there may be more)", certainty);
    section("outside the condition", described(report.outside.as_deref().unwrap_or_default()));
    if !report.only_before.is_empty() || !report.only_after.is_empty() {
        lines.push(String::new());
    }
    let before = report.only_before.iter().map(|key| (paint(BAD, "only before:"), key));
    let after = report.only_after.iter().map(|key| (paint(GOOD, "only after:"), key));
    for (words, key) in before.chain(after) {
        lines.push(format!("{words} {}", visible(key)));
        lines.extend(names.consequences(report, key).into_iter().map(|change| format!("  {change}")));
    }
    if let Some(users) = &report.users {
        lines.push(String::new());
        lines.push(changed(users));
        for class in &users.classes {
            let tags = if class.tags_differ { ", with other tags" } else { "" };
            let (before, after) = (names.short(&class.before), names.short(&class.after));
            let first = paint(DIM, &format!("first on line {}", class.line));
            lines.push(format!("  {:>7}  {before} → {after}{tags}  {first}", class.users));
        }
        if users.others > 0 {
            lines.push(format!("  {:>7}  others", users.others));
        }
        for Fault { code, count } in &users.errors {
            lines.push(format!("  {:>7}  could not be read: {code}  {}", count.lines, paint(DIM, &count.shown())));
        }
    }
    while lines.first().is_some_and(String::is_empty) {
        lines.remove(0);
    }
    if report.equal != Some(true) || !lines.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(paint(STRONG, &summary(report)));
    }
    lines
}

/// How many users change, and how many could not be asked about.
fn changed(users: &Users) -> String {
    let change = change_of(users.changed, users.total, "user", "users");
    match users.unread {
        0 => change,
        lines => format!("{change}; {} could not be read", counted(lines, "line", "lines")),
    }
}

/// The whole of it in a line.
fn summary(report: &Report) -> String {
    let count = |number: usize, one: &str, many: &str| {
        (number > 0).then(|| if number == 1 { format!("one {one}") } else { format!("{number} {many}") })
    };
    let only = report.only_before.len() + report.only_after.len();
    let parts = [
        count(report.changes.len(), "class of change", "classes of change"),
        count(
            report.custom_role_changes.len(),
            "class among requests that choose a role",
            "classes among requests that choose a role",
        ),
        count(only, "provider or mapping on one side only", "providers or mappings on one side only"),
        count(report.certainty_changes.len(), "example of another certainty", "examples of another certainty"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let found = match (parts.is_empty(), report.equal) {
        (false, _) => parts.join("; "),
        (true, Some(_)) => "no token gets anything else (proved)".to_owned(),
        (true, None) => "no change was found".to_owned(),
    };
    let confined = match (&report.outside, report.is_confined()) {
        (None, _) => "",
        (Some(_), Some(true)) => "; nothing changes outside the condition (proved)",
        (Some(_), Some(false)) => "; not confined to the condition",
        (Some(_), None) => "; whether it is confined to the condition is not decided",
    };
    let open = if report.not_decided.is_empty() { "" } else { "; not everything is decided" };
    format!("{found}{confined}{open}")
}

/// A line about one or several classes of change.
struct Line<'c> {
    before: String,
    after: String,
    change: &'c Change,
    classes: usize,
}

/// What stands for the role of a mapping of type Token.
const ANY_PREFERRED: &str = "any preferred role";

/// How roles are called: by their names where these tell them apart, else in full.
struct Names {
    ambiguous: BTreeSet<String>,
    several_providers: bool,
}

impl Names {
    fn of(report: &Report) -> Self {
        let lists = [&report.changes, &report.custom_role_changes, &report.certainty_changes];
        let changes = || lists.into_iter().flatten().chain(report.outside.iter().flatten());
        let mut by_name: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let judged = changes().flat_map(|change| [&change.before, &change.after]);
        let roles = judged.filter_map(|judged| judged.role.as_deref());
        let of_users = report.users.iter().flat_map(|users| &users.classes);
        let of_users = of_users.flat_map(|class| [class.before.as_str(), class.after.as_str()]);
        for role in roles.chain(of_users) {
            if let Some(name) = name_of(role) {
                by_name.entry(name.to_owned()).or_default().insert(role.to_owned());
            }
        }
        let ambiguous = by_name.into_iter().filter(|(_, roles)| roles.len() > 1).map(|(name, _)| name).collect();
        let providers: BTreeSet<&Option<Arc<str>>> = changes().flat_map(|change| &change.providers).collect();
        Self { ambiguous, several_providers: report.several_mappings || providers.len() > 1 }
    }

    fn short(&self, role: &str) -> String {
        visible(name_of(role).filter(|name| !self.ambiguous.contains(*name)).unwrap_or(role))
    }

    /// `Admin (rule 2)`, as far as it is known.
    fn got(&self, judged: &Judged) -> String {
        match (&judged.role, judged.rule) {
            (Some(role), Some(rule)) => format!("{} (rule {rule})", self.short(role)),
            (Some(role), None) => format!("{} ({})", self.short(role), judged.source.unwrap_or_default()),
            (None, _) => format!("denied ({})", judged.deny.unwrap_or_default()),
        }
    }

    /// A line for each class. Where a token may prefer any role, each known role is a class of its own, and so is any other: these are
    /// one line.
    fn folded<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Vec<Line<'c>> {
        let mut lines: Vec<Line<'c>> = Vec::new();
        for change in changes {
            let (before, after) = (self.got(&change.before), self.got(&change.after));
            let prefers = |judged: &Judged| judged.source == Some("preferred-role");
            let (before, after) = match (prefers(&change.before), prefers(&change.after)) {
                (true, false) => (ANY_PREFERRED.to_owned(), after),
                (false, true) => (before, ANY_PREFERRED.to_owned()),
                _ => (before, after),
            };
            let is_like = |line: &&mut Line<'_>| {
                (&line.before, &line.after) == (&before, &after)
                    && line.change.providers == change.providers
                    && (before == ANY_PREFERRED || after == ANY_PREFERRED)
            };
            match lines.iter_mut().find(is_like) {
                Some(line) => line.classes += 1,
                None => lines.push(Line { before, after, change, classes: 1 }),
            }
        }
        for line in lines.iter_mut().filter(|line| line.classes == 1) {
            (line.before, line.after) = (self.got(&line.change.before), self.got(&line.change.after));
        }
        lines
    }

    /// `before → after  {a token}`, and what else there is to say.
    fn describe(&self, line: &Line<'_>) -> String {
        let Line { before, after, change, classes } = line;
        let mut line = format!("{} → {}  {}", paint(BAD, before), paint(GOOD, after), example(&change.witness));
        if *classes > 1 {
            let _ = write!(line, " and {} like it", classes - 1);
        }
        if let Some(role) = &change.witness.custom_role_arn {
            let _ = write!(line, " choosing {}", self.short(role));
        }
        if changes_tags(change) {
            let _ = write!(line, "  tags {} → {}", tags(&change.before), tags(&change.after));
        }
        if let Some((provider, more)) = self.provider(change) {
            let _ = write!(line, "  {}", paint(DIM, &format!("{provider}{more}")));
        }
        line
    }

    /// Whose tokens a class is of, and how many more providers have it, where there are several.
    fn provider(&self, change: &Change) -> Option<(String, String)> {
        let provider = change.witness.provider.as_ref().filter(|_| self.several_providers)?;
        let more = change.providers.len().saturating_sub(1);
        Some((visible(provider), if more > 0 { format!(" and {more} more") } else { String::new() }))
    }

    /// The cell for the provider, where there are several.
    fn provider_cell(&self, change: &Change) -> String {
        if !self.several_providers {
            return String::new();
        }
        let provider = self.provider(change).map(|(provider, more)| format!("{}{more}", code(&provider)));
        format!(" {} |", provider.unwrap_or_default())
    }

    /// The row of a class, with a cell for the provider where there are several.
    fn row(&self, line: &Line<'_>) -> String {
        let Line { before, after, change, classes } = line;
        let mut row = format!("| {} | {} |", code(before), code(after));
        row += &self.provider_cell(change);
        let _ = write!(row, " {}", code(&example(&change.witness)));
        if *classes > 1 {
            let _ = write!(row, " and {} like it", classes - 1);
        }
        if let Some(role) = &change.witness.custom_role_arn {
            let _ = write!(row, " choosing {}", code(&self.short(role)));
        }
        if changes_tags(change) {
            let _ = write!(row, ", tags {} → {}", code(&tags(&change.before)), code(&tags(&change.after)));
        }
        row + " |"
    }

    fn describe_certainty(&self, change: &Change) -> String {
        let when = when_certain(change);
        format!("{}: certain {when}  {}", paint(STRONG, &self.got(&change.after)), example(&change.witness))
    }

    /// The row of an answer of another certainty.
    fn row_of_certainty(&self, change: &Change) -> String {
        let (answer, token) = (code(&self.got(&change.after)), code(&example(&change.witness)));
        format!("| {answer} | {} |{} {token} |", when_certain(change), self.provider_cell(change))
    }

    /// What a mapping on one side only changes for the tokens of its login.
    fn consequences(&self, report: &Report, key: &str) -> Vec<String> {
        let whose = |change: &&Change| change.providers.iter().flatten().any(|provider| **provider == *key);
        let lines = self.folded(report.changes.iter().filter(whose));
        lines.into_iter().map(|line| format!("{} → {}", line.before, line.after)).collect()
    }
}

/// On which side an answer is certain that is the same on both.
fn when_certain(change: &Change) -> &'static str {
    let is_before = change.before.answer(|answer| answer.readings.is_empty()) == Some(true);
    if is_before { "before, not after" } else { "after, not before" }
}

/// The name of a role's ARN.
fn name_of(role: &str) -> Option<&str> {
    RoleArn::name_in(role).filter(|_| role.starts_with("arn:"))
}

/// What is not a result: what was taken for what, and what is open.
pub fn notes(report: &Report) -> Vec<String> {
    let matched = report.matched.iter().map(|(reference, literal)| {
        let (reference_shown, literal) = (visible(reference), visible(literal));
        if report.guessed.contains(reference) {
            format!("note: {reference_shown} is taken for {literal}, a guess by its logical id; `--map` makes sure")
        } else {
            format!("note: {reference_shown} is taken for {literal} by its name")
        }
    });
    let guests = report.guests_unsaid.then(|| {
        "note: one side does not say whether guests are allowed; both refuse them, and the reason is not compared"
            .to_owned()
    });
    let open = report.not_decided.iter().map(|why| format!("note: not decided: {why}"));
    let depends = (!report.unequal_under.is_empty())
        .then(|| format!("note: equal, but not proved so under {}", report.unequal_under.join(", ")));
    matched.chain(guests).chain(open).chain(depends).collect()
}

/// Whether a role comes with other tags.
fn changes_tags(change: &Change) -> bool {
    change.before.tags != change.after.tags && change.before.role.is_some() && change.after.role.is_some()
}

fn tags(judged: &Judged) -> String {
    let tags: Vec<String> =
        judged.tags.iter().map(|(key, value)| format!("{}={:?}", visible(key), visible(value))).collect();
    if tags.is_empty() { "none".to_owned() } else { tags.join(" ") }
}

/// The title of what only a reading tells apart.
const CERTAINTY: &str = "The same answer, of another certainty (examples; there may be more)";

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
    let names = Names::of(report);
    let tables = [
        ("", report.changes.as_slice()),
        ("Requests that choose a role", report.custom_role_changes.as_slice()),
        (CERTAINTY, report.certainty_changes.as_slice()),
        ("Outside the condition", report.outside.as_deref().unwrap_or_default()),
    ];
    for (title, changes) in tables {
        if changes.is_empty() {
            continue;
        }
        if !title.is_empty() {
            // Below the heading there is an empty line already.
            let before = lines.last().filter(|line| !line.is_empty()).map(|_| String::new());
            lines.extend(before.into_iter().chain([format!("**{title}**"), String::new()]));
        }
        let columns = if title == CERTAINTY { "answer | certain" } else { "before | after" };
        let (provider, rule) = if names.several_providers { (" provider |", "---|") } else { ("", "") };
        lines.extend([format!("| {columns} |{provider} for example |"), format!("|---|---|{rule}---|")]);
        if title == CERTAINTY {
            lines.extend(changes.iter().map(|change| names.row_of_certainty(change)));
        } else {
            lines.extend(names.folded(changes).iter().map(|line| names.row(line)));
        }
    }
    for (words, keys) in [("only before", &report.only_before), ("only after", &report.only_after)] {
        for key in keys {
            let changes: Vec<String> =
                names.consequences(report, key).iter().map(|change| format!(" {}", code(change))).collect();
            lines.push(format!("- {words}: {}{}", code(key), changes.join(",")));
        }
    }
    if let Some(users) = &report.users {
        lines.extend([String::new(), format!("{}.", changed(users))]);
        for class in &users.classes {
            let (before, after) = (code(&names.short(&class.before)), code(&names.short(&class.after)));
            let tags = if class.tags_differ { " with other tags" } else { "" };
            lines.push(format!("- {}: {before} → {after}{tags}, first on line {}", class.users, class.line));
        }
        if users.others > 0 {
            lines.push(format!("- {}: others", users.others));
        }
        lines.extend(users.errors.iter().map(|Fault { code: why, count }| {
            format!("- {}: could not be read ({}), {}", count.lines, code(why), count.shown())
        }));
    }
    lines
}

fn classes(count: usize) -> String {
    if count == 1 { "one class".to_owned() } else { format!("{count} classes") }
}
