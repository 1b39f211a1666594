//! Judges cases: asks the evaluator, and compares its answer with what the suite expects.

use crate::decision::{Answer, Source};
use crate::eval::{Evaluator, Request};
use crate::semantics::Choice;
use crate::trust;

use super::coverage::Tally;
use super::model::{By, Expected, ExpectedTags};
use super::plan::{Case, Plan, Target};
use super::words::{expected_in_words, outcome_in_words, source_in_words, tags_in_words, verdict_in_words};

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It got what was expected.
    Pass,
    /// It did not; [`Plan::failure`] says how.
    Fail,
    /// It was not run.
    Skipped,
    /// It failed, as its `todo` says it would.
    Todo,
    /// It has a `todo` and passed: time to take the `todo` away.
    TodoPassed,
    /// The question could not even be asked; [`Plan::unanswerable`] says why.
    Unanswerable,
}

/// A judged case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// What became of it.
    pub verdict: Verdict,
    /// Whether the answer rests on nothing that AWS leaves open.
    pub certain: bool,
}

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// `role`, `by`, `tags`, `certain` or `assumable`.
    pub what: &'static str,
    /// What was expected, for people.
    pub expected: String,
    /// What came, for people.
    pub got: String,
}

impl Plan {
    /// Judges one case, and notes in the tally what it covers.
    #[must_use]
    pub fn judge(&self, case: Case, tally: &mut Tally) -> Judged {
        let test = self.test(case);
        if test.skip.is_some() {
            return Judged { verdict: Verdict::Skipped, certain: true };
        }
        let judged = self.asked(case, |evaluator, request| {
            let answer = evaluator.answer(request);
            if test.todo.is_none() {
                tally.note(&self.items, case.target as usize, evaluator, request, &answer);
            }
            (self.mismatches(case, evaluator, request, &answer).is_empty(), answer.is_certain())
        });
        match judged {
            Err(_) => Judged { verdict: Verdict::Unanswerable, certain: true },
            Ok((meets, certain)) => {
                let verdict = match (meets, test.todo.is_some()) {
                    (true, false) => Verdict::Pass,
                    (false, false) => Verdict::Fail,
                    (true, true) => Verdict::TodoPassed,
                    (false, true) => Verdict::Todo,
                };
                Judged { verdict, certain }
            }
        }
    }

    /// Everything that is not as expected.
    pub(super) fn mismatches(
        &self,
        case: Case,
        evaluator: &Evaluator,
        request: &Request<'_>,
        answer: &Answer<'_>,
    ) -> Vec<Mismatch> {
        let row = self.row(case);
        let Some(expectation) = self.suite.expectations.get(row.expect) else { return Vec::new() };
        let target = self.target(case);
        let mut found = Vec::new();
        let role_differs = !has_outcome(target, &expectation.outcome, answer);
        if role_differs {
            let expected = expected_in_words(target, &expectation.outcome);
            found.push(Mismatch { what: "role", expected, got: outcome_in_words(target, answer) });
        }
        if let Some(by) = expectation.by.filter(|by| !by.is(answer.decision.source())) {
            let got = source_in_words(answer.decision.source());
            found.push(Mismatch { what: "by", expected: by.in_words(), got });
        }
        // The tags of a denial are nothing to compare.
        if let Some(expected) = expectation.tags.as_ref().filter(|expected| !role_differs && !expected.fit(answer)) {
            found.push(Mismatch { what: "tags", expected: expected.in_words(), got: tags_in_words(answer) });
        }
        if let Some(certain) = expectation.certain.filter(|certain| *certain != answer.is_certain()) {
            let word = |certain| if certain { "certain" } else { "uncertain" };
            let got = if certain {
                let readings: Vec<String> = answer
                    .readings
                    .iter()
                    .map(|reading| {
                        let choices: Vec<String> = reading.assume.iter().map(Choice::to_string).collect();
                        choices.join(" and ")
                    })
                    .collect();
                format!("uncertain: other answers with {}", readings.join("; "))
            } else {
                word(true).to_owned()
            };
            found.push(Mismatch { what: "certain", expected: word(certain).to_owned(), got });
        }
        if let Some(assumable) = expectation.assumable {
            let policies = target.policies.as_ref();
            let verdict = policies.and_then(|policies| policies.of_answer(evaluator, request, answer));
            // What is not known is neither.
            let is_so = match &verdict {
                Some(trust::Verdict::Allowed) => assumable,
                Some(trust::Verdict::Refused(_)) => !assumable,
                Some(trust::Verdict::Unknown(_)) | None => false,
            };
            if !is_so {
                let expected = if assumable { "STS accepts the role" } else { "STS refuses the role" }.to_owned();
                let got = verdict_in_words(self, target, verdict.as_ref());
                found.push(Mismatch { what: "assumable", expected, got });
            }
        }
        found
    }
}

fn has_outcome(target: &Target, expected: &Expected, answer: &Answer<'_>) -> bool {
    match expected {
        Expected::Any => true,
        Expected::Role(role) => {
            target.roles.get(&role.text).is_some_and(|wanted| answer.decision.role() == Some(wanted))
        }
        Expected::Deny(None) => answer.decision.denial().is_some(),
        Expected::Deny(Some(reason)) => answer.decision.denial().is_some_and(|denial| denial.reason() == *reason),
    }
}

impl By {
    fn is(self, source: Option<Source>) -> bool {
        match self {
            Self::Rule(rule) => source == Some(Source::Rule(rule)),
            Self::Source(id, rule) => {
                source.is_some_and(|source| source.id() == id && (rule.is_none() || source.rule() == rule))
            }
        }
    }
}

impl ExpectedTags {
    fn fit(&self, answer: &Answer<'_>) -> bool {
        let got = &answer.decision.tags;
        let all_there =
            self.tags.iter().all(|(key, value)| got.get(key.as_str()).map(AsRef::as_ref) == value.as_deref());
        let none_else = || got.keys().all(|key| self.tags.contains_key(*key));
        all_there && (self.subset || none_else())
    }
}
