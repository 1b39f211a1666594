//! `--against`: who gets something else under another configuration. What `diff` proves for all tokens, counted for these.

use serde::Serialize;
use whichrole::{Decision, Denial};

use crate::counts::{Count, Counts, Fault, change_of};
use crate::failure::Result;
use crate::json::json;
use crate::output::Output;

/// Counts of lines whose answers differ. Those of later lines are appended.
#[derive(Debug, Default)]
pub struct Changes {
    decided: usize,
    kinds: Counts<Kind>,
    errors: Counts<String>,
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
        self.kinds.total() == 0
    }

    pub fn add(&mut self, number: usize, before: &Decision<'_>, after: &Decision<'_>) {
        self.decided += 1;
        // A denial has no tags: what matters there is the denial.
        let tags_differ = before.role().is_some() && after.role().is_some() && before.tags != after.tags;
        let same = before.role() == after.role()
            && before.denial().map(Denial::reason) == after.denial().map(Denial::reason)
            && !tags_differ;
        if !same {
            let kind = Kind { before: Got::of(before), after: Got::of(after), tags_differ };
            self.kinds.add(&kind, number);
        }
    }

    pub fn add_error(&mut self, number: usize, code: &str) {
        self.errors.add(code, number);
    }

    /// Adds what later lines came to and forgets it there.
    pub fn append(&mut self, later: &mut Self) {
        self.decided += std::mem::take(&mut later.decided);
        self.kinds.append(&mut later.kinds);
        self.errors.append(&mut later.errors);
    }

    pub fn show(&self, as_json: bool, output: &mut Output) -> Result<()> {
        if as_json {
            output.line(&json(&Report::of(self))?);
            return Ok(());
        }
        let (changed, unread) = (self.kinds.total(), self.errors.total());
        let change = change_of(changed, self.decided, "line", "lines");
        output.text(&format!("{change}; {unread} could not be read"));
        for (kind, count) in self.kinds.sorted() {
            let tags = if kind.tags_differ { ", with other tags" } else { "" };
            let (before, after) = (kind.before.shown(), kind.after.shown());
            output.text(&format!("{:>9}  {before} → {after}{tags}  ({})", count.lines, count.shown()));
        }
        if self.kinds.others > 0 {
            output.text(&format!("{:>9}  others", self.kinds.others));
        }
        for (code, count) in self.errors.sorted() {
            output.text(&format!("{:>9}  could not be read: {code}  ({})", count.lines, count.shown()));
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
    errors: Vec<Fault>,
}

#[derive(Serialize)]
struct Change<'c> {
    before: &'c Got,
    after: &'c Got,
    tags_differ: bool,
    #[serde(flatten)]
    count: &'c Count,
}

impl<'c> Report<'c> {
    fn of(changes: &'c Changes) -> Self {
        let change = |(kind, count): (&'c Kind, &'c Count)| Change {
            before: &kind.before,
            after: &kind.after,
            tags_differ: kind.tags_differ,
            count,
        };
        Self {
            equal: changes.is_empty(),
            decided: changes.decided,
            changed: changes.kinds.total(),
            changes: changes.kinds.sorted().into_iter().map(change).collect(),
            others: changes.kinds.others,
            errors: changes.errors.faults(),
        }
    }
}
