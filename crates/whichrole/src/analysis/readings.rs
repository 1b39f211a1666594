//! Which conclusions another reading would change: the same question under every other choice of one open question.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::reach::reach_within;
use super::work::Work;
use super::{DiffOptions, Reach, Subject, diff};
use crate::Evaluator;
use crate::pool::{Group, IdentityPool, RoleMapping, RoleMappingType};
use crate::semantics::{Choice, Question, Semantics};

/// What is otherwise under another choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachReading {
    /// The choice.
    pub assume: Choice,
    /// The roles that are reachable under one of the two choices only, and whether they are under this one.
    pub roles: Vec<(Arc<str>, Option<bool>)>,
    /// The rules (mapping and number) that are live under one of the two choices only, and whether they are under this one.
    pub rules: Vec<(Arc<str>, usize, Option<bool>)>,
}

/// The other choices of the questions that are open and can matter to this pool.
fn other_choices(pool: &IdentityPool, semantics: &Semantics, is_about_custom_roles: bool) -> Vec<Choice> {
    let mappings = || pool.role_mappings.values();
    let is_token = |mapping: &RoleMapping| mapping.mapping_type == RoleMappingType::Token;
    let has_rules = mappings().any(|mapping| !mapping.mapping_rules().is_empty());
    let has_tags = !pool.principal_tags.is_empty();
    let matters = |question: Question| match question {
        Question::ArrayClaims | Question::LetterCase => has_rules,
        Question::SoleRole => mappings().any(is_token),
        Question::MissingRoleResolution => mappings().any(|mapping| mapping.ambiguous_role_resolution.is_none()),
        Question::TagMissingClaim | Question::TagNonStringClaim | Question::TagInvalidValue => has_tags,
        Question::DefaultsWithTags => pool.principal_tags.values().any(|map| map.use_defaults && !map.tags.is_empty()),
        Question::RulesCustomRole => is_about_custom_roles && has_rules,
        Question::UnmappedCustomRole => is_about_custom_roles,
        // Texts stand for booleans and numbers; and the rest is about several logins and about groups.
        Question::NonStringClaims | Question::SeveralLogins | Question::NullPrecedence | Question::RolelessGroup => {
            false
        }
    };
    let open = Question::ALL.iter().copied().filter(|question| !semantics.assumed().contains(*question));
    let choices = open.filter(|question| matters(*question)).flat_map(Choice::all_of);
    choices.filter(|choice| *choice != semantics.choice(choice.question())).collect()
}

/// What would be otherwise in `found` under each other choice of each open question. Choices that change nothing are left out.
#[must_use]
pub fn reach_readings(found: &Reach, evaluator: &Evaluator, groups: &[Group]) -> Vec<ReachReading> {
    let choices = other_choices(evaluator.pool(), evaluator.semantics(), false);
    let work = Work::default();
    let readings = choices.into_iter().map(|assume| {
        let other = evaluator.under(evaluator.semantics().with(assume));
        let other = reach_within(&other, groups, &work);
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
    let choices: BTreeSet<Choice> =
        [before, after].into_iter().flat_map(|side| other_choices(side.pool, &before.semantics, true)).collect();
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
