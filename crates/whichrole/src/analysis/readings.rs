//! Which conclusions another reading would change: the same question under every other choice of one open question.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{DiffOptions, Reach, Subject, diff, reach};
use crate::Evaluator;
use crate::pool::Group;
use crate::semantics::{Choice, Question, Semantics};

/// What is otherwise under another choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachReading {
    /// The choice.
    pub assume: Choice,
    /// The roles that are reachable under one of the two choices only, and whether they are under this one.
    pub roles: Vec<(String, Option<bool>)>,
    /// The rules (mapping and number) that are live under one of the two choices only, and whether they are under this one.
    pub rules: Vec<(String, usize, Option<bool>)>,
}

/// The questions that decide which role a request gets. Those about tags alone do not make a role reachable that is not otherwise.
const QUESTIONS: [Question; 8] = [
    Question::ArrayClaims,
    Question::LetterCase,
    Question::SoleRole,
    Question::MissingRoleResolution,
    Question::TagMissingClaim,
    Question::TagNonStringClaim,
    Question::TagInvalidValue,
    Question::DefaultsWithTags,
];

/// The questions that matter to requests that choose a role, too.
const CUSTOM_ROLE_QUESTIONS: [Question; 2] = [Question::RulesCustomRole, Question::UnmappedCustomRole];

fn other_choices(semantics: &Semantics, questions: impl Iterator<Item = Question>) -> Vec<Choice> {
    let open = questions.filter(|question| !semantics.assumed().contains(*question));
    open.flat_map(|question| Choice::all_of(question).filter(move |choice| *choice != semantics.choice(question)))
        .collect()
}

/// What would be otherwise in `found` under each other choice of each open question. Choices that change nothing are left out.
#[must_use]
pub fn reach_readings(found: &Reach, evaluator: &Evaluator, groups: &[Group]) -> Vec<ReachReading> {
    let choices = other_choices(evaluator.semantics(), QUESTIONS.into_iter());
    let readings = choices.into_iter().map(|assume| {
        let other = Evaluator::new(evaluator.pool().clone(), evaluator.semantics().with(assume));
        let other = reach(&other, groups);
        let roles = found.roles.iter().zip(&other.roles);
        let roles = roles.filter(|(a, b)| a.verdict.is_live() != b.verdict.is_live());
        let rules = found.rules.iter().zip(&other.rules);
        let rules = rules.filter(|(a, b)| a.verdict.is_live() != b.verdict.is_live());
        ReachReading {
            assume,
            roles: roles.map(|(_, role)| (role.role.clone(), role.verdict.is_live())).collect(),
            rules: rules.map(|(_, rule)| (rule.provider.clone(), rule.rule, rule.verdict.is_live())).collect(),
        }
    });
    readings.filter(|reading| !reading.roles.is_empty() || !reading.rules.is_empty()).collect()
}

/// The choices under which two configurations that are equal would not be proved equal.
#[must_use]
pub fn unequal_readings(before: &Subject<'_>, after: &Subject<'_>, options: &DiffOptions<'_>) -> Vec<Choice> {
    if before.pool == after.pool && before.semantics == after.semantics {
        return Vec::new();
    }
    let choices = other_choices(&before.semantics, QUESTIONS.into_iter().chain(CUSTOM_ROLE_QUESTIONS));
    let differs = |choice: &Choice| {
        let before = Subject { semantics: before.semantics.with(*choice), ..*before };
        let after = Subject { semantics: after.semantics.with(*choice), ..*after };
        diff(&before, &after, options).is_equal() != Some(true)
    };
    choices.into_iter().filter(differs).collect()
}

/// `{"assume": {"array-claims": "per-element"}, "roles": […], "rules": […]}`
impl Serialize for ReachReading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct OtherRole<'r> {
            role: &'r str,
            reachable: Option<bool>,
        }
        #[derive(Serialize)]
        struct OtherRule<'r> {
            provider: &'r str,
            rule: usize,
            live: Option<bool>,
        }
        let roles = self.roles.iter().map(|(role, reachable)| OtherRole { role, reachable: *reachable });
        let roles: Vec<OtherRole<'_>> = roles.collect();
        let rules = self.rules.iter().map(|(provider, rule, live)| OtherRule { provider, rule: *rule, live: *live });
        let rules: Vec<OtherRule<'_>> = rules.collect();
        let assume = std::collections::BTreeMap::from([(self.assume.question().id(), self.assume.id())]);
        let mut object = serializer.serialize_struct("ReachReading", 3)?;
        object.serialize_field("assume", &assume)?;
        object.serialize_field("roles", &roles)?;
        object.serialize_field("rules", &rules)?;
        object.end()
    }
}
