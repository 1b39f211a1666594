//! Answers and expectations in a few words, for people.

use std::fmt::Write as _;

use crate::decision::{Answer, Outcome, Source};
use crate::text::visible;
use crate::trust::{Objection, Verdict};

use super::model::{By, Expectation, Expected, ExpectedTags};
use super::plan::{Case, Plan, Target};

pub(super) fn expected_in_words(target: &Target, expected: &Expected) -> String {
    match expected {
        Expected::Any => "any answer".to_owned(),
        Expected::Role(role) => target.roles.shown(target.roles.get(&role.text).unwrap_or(&role.text)),
        Expected::Deny(None) => "denied".to_owned(),
        Expected::Deny(Some(reason)) => format!("denied ({reason})"),
    }
}

pub(super) fn outcome_in_words(target: &Target, answer: &Answer<'_>) -> String {
    match &answer.decision.outcome {
        Outcome::Assume { role, .. } => target.roles.shown(role),
        Outcome::Deny(denial) => format!("denied ({})", denial.reason()),
    }
}

pub(super) fn source_in_words(source: Option<Source>) -> String {
    match source {
        None => "nothing: it was denied".to_owned(),
        Some(Source::Rule(rule)) => format!("rule {rule}"),
        Some(Source::CustomRole(Some(rule))) => format!("custom-role by rule {rule}"),
        Some(other) => other.id().to_owned(),
    }
}

/// What STS says of a role, each objection with its place.
pub(super) fn verdict_in_words(plan: &Plan, target: &Target, verdict: Option<&Verdict>) -> String {
    let Some(verdict) = verdict else {
        return "not known: no role was given whose trust policy is in the configuration".to_owned();
    };
    let place = |objection: &Objection| {
        let at = target.place(objection.at);
        let name = at.name_in(&plan.names).unwrap_or_default();
        format!("{} ({}:{}:{})", objection.message, visible(name), at.line(), at.column())
    };
    let objections: Vec<String> = verdict.objections().into_iter().map(place).collect();
    match verdict {
        Verdict::Allowed => "STS would accept".to_owned(),
        Verdict::Refused(_) => format!("STS would refuse: {}", objections.join("; ")),
        Verdict::Unknown(_) => format!("not known: {}", objections.join("; ")),
    }
}

pub(super) fn tags_in_words(answer: &Answer<'_>) -> String {
    in_words(answer.decision.tags.iter().map(|(key, value)| (*key, Some(value.as_ref()))))
}

/// `{department: eng, team: ~}`
pub(super) fn in_words<'t>(tags: impl Iterator<Item = (&'t str, Option<&'t str>)>) -> String {
    let mut out = String::from("{");
    for (number, (key, value)) in tags.enumerate() {
        let comma = if number > 0 { ", " } else { "" };
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{comma}{}: {}", visible(key), value.map_or_else(|| "~".to_owned(), visible));
    }
    out.push('}');
    out
}

impl By {
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Rule(rule) => format!("rule {rule}"),
            Self::Source(id, Some(rule)) => format!("{id} by rule {rule}"),
            Self::Source(id, None) => id.to_owned(),
        }
    }
}

impl ExpectedTags {
    pub(super) fn in_words(&self) -> String {
        let tags = in_words(self.tags.iter().map(|(key, value)| (key.as_str(), value.as_deref())));
        if self.subset { format!("at least {tags}") } else { tags }
    }
}

impl Expectation {
    /// The expectation in a few words, as a suite would write it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = Vec::new();
        match &self.outcome {
            Expected::Any => {}
            Expected::Role(role) => words.push(visible(&role.text)),
            Expected::Deny(None) => words.push("deny".to_owned()),
            Expected::Deny(Some(reason)) => words.push(format!("deny ({reason})")),
        }
        words.extend(self.by.map(|by| format!("by {}", by.in_words())));
        words.extend(self.tags.as_ref().map(|tags| format!("tags {}", tags.in_words())));
        words.extend(self.certain.map(|certain| if certain { "certain" } else { "uncertain" }.to_owned()));
        words.extend(self.assumable.map(|assumable| if assumable { "assumable" } else { "not assumable" }.to_owned()));
        words.join(", ")
    }
}

impl Plan {
    /// What a case gets, in a few words: for lists and tables.
    #[must_use]
    pub fn answer_in_words(&self, case: Case) -> Option<String> {
        let target = self.target(case);
        self.asked(case, |evaluator, request| outcome_in_words(target, &evaluator.answer(request))).ok()
    }

    /// What a case expects, in a few words.
    #[must_use]
    pub fn expected_in_words(&self, case: Case) -> String {
        self.suite.expectations.get(self.row(case).expect).map(Expectation::in_words).unwrap_or_default()
    }
}
