//! `--against`: who gets something else under another configuration. What `diff` proves for all tokens, counted for these.

use std::collections::BTreeMap;

use serde::Serialize;
use whichrole::{Decision, Denial};

use crate::commands::eval::json;
use crate::failure::Result;
use crate::output::Output;

/// Different changes that are counted apart. Roles can come from tokens, and tokens can be made up.
const CHANGES: usize = 1_000;
/// Lines that are named for each change.
const EXAMPLES: usize = 10;

/// Counts of lines whose answers differ. Those of later lines are appended.
#[derive(Debug, Default)]
pub struct Changes {
    decided: usize,
    changed: usize,
    kinds: BTreeMap<Kind, Lines>,
    /// Lines with changes that are too many to be counted apart.
    others: usize,
    errors: BTreeMap<String, Lines>,
}

/// What is changed into what: roles, or reasons of denials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    before: Got,
    after: Got,
    tags_differ: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Got {
    role: Option<String>,
    deny: Option<&'static str>,
}

/// How many lines, and the first of them.
#[derive(Debug, Default, Serialize)]
struct Lines {
    lines: usize,
    examples: Vec<usize>,
}

impl Lines {
    fn append(&mut self, later: Self) {
        self.lines += later.lines;
        let room = EXAMPLES - self.examples.len();
        self.examples.extend(later.examples.into_iter().take(room));
    }

    fn one(number: usize) -> Self {
        Self { lines: 1, examples: vec![number] }
    }

    /// `3 7 9 …`
    fn shown(&self) -> String {
        let numbers: Vec<String> = self.examples.iter().map(ToString::to_string).collect();
        let more = if self.lines > self.examples.len() { ", …" } else { "" };
        format!("line{} {}{more}", if self.lines == 1 { "" } else { "s" }, numbers.join(", "))
    }
}

impl Got {
    fn of(decision: &Decision<'_>) -> Self {
        Self { role: decision.role().map(str::to_owned), deny: decision.denial().map(Denial::reason) }
    }

    fn shown(&self) -> String {
        match (&self.role, self.deny) {
            (Some(role), _) => whichrole::text::visible(role),
            (None, reason) => format!("denied ({})", reason.unwrap_or_default()),
        }
    }
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.changed == 0
    }

    pub fn add(&mut self, number: usize, before: &Decision<'_>, after: &Decision<'_>) {
        self.decided += 1;
        let tags_differ = before.tags != after.tags;
        let same = before.role() == after.role()
            && before.denial().map(Denial::reason) == after.denial().map(Denial::reason)
            && !tags_differ;
        if !same {
            self.changed += 1;
            let kind = Kind { before: Got::of(before), after: Got::of(after), tags_differ };
            self.insert(kind, Lines::one(number));
        }
    }

    pub fn add_error(&mut self, number: usize, code: &str) {
        self.errors.entry(code.to_owned()).or_default().append(Lines::one(number));
    }

    fn insert(&mut self, kind: Kind, lines: Lines) {
        if self.kinds.len() < CHANGES || self.kinds.contains_key(&kind) {
            self.kinds.entry(kind).or_default().append(lines);
        } else {
            self.others += lines.lines;
        }
    }

    /// Adds what later lines came to and forgets it there.
    pub fn append(&mut self, later: &mut Self) {
        self.decided += std::mem::take(&mut later.decided);
        self.changed += std::mem::take(&mut later.changed);
        self.others += std::mem::take(&mut later.others);
        // In the order of lines, so that it is always the same changes that are too many.
        let mut kinds: Vec<_> = std::mem::take(&mut later.kinds).into_iter().collect();
        kinds.sort_by(|(_, a), (_, b)| a.examples.first().cmp(&b.examples.first()));
        for (kind, lines) in kinds {
            self.insert(kind, lines);
        }
        for (code, lines) in std::mem::take(&mut later.errors) {
            self.errors.entry(code).or_default().append(lines);
        }
    }

    /// Most lines first.
    fn sorted(&self) -> Vec<(&Kind, &Lines)> {
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by(|a, b| b.1.lines.cmp(&a.1.lines).then(a.0.cmp(b.0)));
        kinds
    }

    /// In text nothing, where nothing changes.
    pub fn show(&self, as_json: bool, output: &mut Output) -> Result<()> {
        if as_json {
            output.line(&json(&Report::of(self))?);
            return Ok(());
        }
        if !self.is_empty() {
            output.text(&format!("{} of {} lines change", self.changed, self.decided));
        }
        for (kind, lines) in self.sorted() {
            let tags = if kind.tags_differ { ", with other tags" } else { "" };
            let (before, after) = (kind.before.shown(), kind.after.shown());
            output.text(&format!("{:>9}  {before} → {after}{tags}  ({})", lines.lines, lines.shown()));
        }
        if self.others > 0 {
            output.text(&format!("{:>9}  others", self.others));
        }
        for (code, lines) in &self.errors {
            output.text(&format!("{:>9}  could not be read: {code}  ({})", lines.lines, lines.shown()));
        }
        Ok(())
    }
}

/// As `--format json` shows it.
#[derive(Serialize)]
struct Report<'c> {
    equal: bool,
    decided: usize,
    changed: usize,
    changes: Vec<Change<'c>>,
    /// Lines with changes beyond those.
    others: usize,
    errors: Vec<Fault<'c>>,
}

#[derive(Serialize)]
struct Change<'c> {
    before: &'c Got,
    after: &'c Got,
    tags_differ: bool,
    #[serde(flatten)]
    lines: &'c Lines,
}

#[derive(Serialize)]
struct Fault<'c> {
    code: &'c str,
    #[serde(flatten)]
    lines: &'c Lines,
}

impl<'c> Report<'c> {
    fn of(changes: &'c Changes) -> Self {
        let change = |(kind, lines): (&'c Kind, &'c Lines)| Change {
            before: &kind.before,
            after: &kind.after,
            tags_differ: kind.tags_differ,
            lines,
        };
        Self {
            equal: changes.is_empty(),
            decided: changes.decided,
            changed: changes.changed,
            changes: changes.sorted().into_iter().map(change).collect(),
            others: changes.others,
            errors: changes.errors.iter().map(|(code, lines)| Fault { code, lines }).collect(),
        }
    }
}
