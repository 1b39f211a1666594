//! The table users × roles × tags that is kept beside a suite, and how it changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::decision::Answer;
use crate::eval::{Evaluator, Request};
use crate::text::visible;

use super::ask::Signer;
use super::people::Person;
use super::plan::{Plan, Target};
use super::words::{outcome_in_words, source_in_words, tags_in_words};

/// The first line of every snapshot.
const FIRST_LINE: &str = "# users, roles and tags; written by `whichrole test --update`";

/// A row of the table that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotChange {
    /// The user, `@` and the configuration's label where there are several.
    pub user: String,
    /// The row as the snapshot has it; `None`: the user is new.
    pub before: Option<String>,
    /// The row as it is; `None`: the user is gone.
    pub after: Option<String>,
}

impl Plan {
    /// The table as it is now: a line for each user and configuration, its cells separated by tabs.
    #[must_use]
    pub fn snapshot(&self) -> String {
        let mut out = format!("{FIRST_LINE}\nuser\trole\tby\ttags\tcertain\n");
        for user in &self.suite.users {
            for target in &self.targets {
                let label = target.label.as_ref().map(|label| format!("@{label}")).unwrap_or_default();
                let row = self.snapshot_row(target, &user.name.text);
                // Writing to a `String` cannot fail.
                let _ = writeln!(out, "{}{}\t{row}", visible(&user.name.text), visible(&label));
            }
        }
        out
    }

    /// The rows that differ from a snapshot, in the order of the table, then the rows that are gone.
    ///
    /// # Errors
    /// A text that is no snapshot, in a sentence.
    pub fn snapshot_changes(&self, before: &str) -> Result<Vec<SnapshotChange>, String> {
        let mut lines = before.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err("this is no snapshot; `whichrole test --update` writes a new one".to_owned());
        }
        let split = |line: &str| {
            let (user, row) = line.split_once('\t')?;
            Some((user.to_owned(), row.to_owned()))
        };
        let mut known: BTreeMap<String, String> = lines.skip(1).filter_map(split).collect();
        let mut changes = Vec::new();
        for (user, after) in self.snapshot().lines().skip(2).filter_map(split) {
            let before = known.remove(&user);
            if before.as_ref() != Some(&after) {
                changes.push(SnapshotChange { user, before, after: Some(after) });
            }
        }
        changes.extend(known.into_iter().map(|(user, before)| SnapshotChange {
            user,
            before: Some(before),
            after: None,
        }));
        Ok(changes)
    }

    fn snapshot_row(&self, target: &Target, user: &str) -> String {
        let (Some(person), Some(evaluator)) = (target.users.get(user), target.evaluators.first()) else {
            return "no such user".to_owned();
        };
        self.asked_by(person, (target, evaluator), |answer| {
            let certain = if answer.is_certain() { "certain" } else { "uncertain" };
            let by = match answer.decision.source() {
                Some(source) => source_in_words(Some(source)),
                None => "-".to_owned(),
            };
            format!("{}\t{by}\t{}\t{certain}", outcome_in_words(target, answer), tags_in_words(answer))
        })
        .unwrap_or_else(|why| format!("not answerable: {why}\t-\t{{}}\t-"))
    }

    /// The answer for a user alone.
    fn asked_by<R>(
        &self,
        person: &Person,
        (target, evaluator): (&Target, &Evaluator),
        then: impl FnOnce(&Answer<'_>) -> R,
    ) -> Result<R, String> {
        if person.guest {
            return Ok(then(&evaluator.answer(&Request::guest().at(self.clock()))));
        }
        let mut signer = Signer::of(person, self.provider());
        signer.join(evaluator, target).map_err(|why| visible(&why.message))?;
        let login = evaluator.login(signer.provider.as_deref(), &signer.claims, signer.form);
        let login = login.map_err(|error| visible(&error.to_string()))?;
        let logins = [login.with_open_preferred_role(signer.open.as_deref())];
        Ok(then(&evaluator.answer(&Request::of(&logins).at(self.clock()))))
    }
}
