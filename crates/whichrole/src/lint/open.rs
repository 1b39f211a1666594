//! Where the answer for some user depends on what AWS does not say.

use std::collections::BTreeSet;

use super::{Case, Finding, Severity};
use crate::analysis::Witness;
use crate::login::TokenForm;
use crate::semantics::Question;
use crate::{Answer, Decision, ProviderKey, Request, text};

/// One finding for each mapping and question, with the first request that shows it.
pub(super) fn run(case: &Case<'_>, found: &mut Vec<Finding>) {
    let mut said: BTreeSet<(String, Question)> = BTreeSet::new();
    let by_rule = case.reach.rules.iter().map(|rule| (rule.verdict.witness(), Some(rule.rule)));
    let by_role = case.reach.roles.iter().map(|role| (role.verdict.witness(), None));
    for (witness, rule) in by_rule.chain(by_role) {
        let Some(witness) = witness else { continue };
        let Some(key) = witness.provider.as_deref().map(ProviderKey::new) else { continue };
        let key = case.pool().role_mappings.keys().find(|known| known.as_str() == key.as_str());
        let Some(key) = key else { continue };
        let Ok(login) = case.evaluator.login(Some(key), &witness.claims, TokenForm::Claims) else { continue };
        let logins = [login];
        let answer = case.evaluator.answer(&Request::of(&logins));
        for (question, message) in open_questions(&answer) {
            if !said.insert((key.as_str().to_owned(), question)) {
                continue;
            }
            let at = rule.map_or_else(|| case.at_mapping(key), |rule| case.at_rule(key, rule));
            let finding = Finding::new("depends-on-open-question", Severity::Info, message).at(at).of(key);
            let witness = Witness { provider: witness.provider.clone(), ..witness.clone() };
            found.push(Finding { rule, witness: Some(witness), ..finding });
        }
    }
}

/// The questions on which an answer depends by themselves, each with both outcomes.
fn open_questions(answer: &Answer<'_>) -> Vec<(Question, String)> {
    let mut questions = Vec::new();
    for reading in &answer.readings {
        let [only] = reading.assume.as_slice() else { continue };
        if questions.iter().any(|(known, _)| *known == only.question()) {
            continue;
        }
        let default = only.question().choices().first().copied().unwrap_or_default();
        let message = format!(
            "AWS leaves open `{}`: with `{default}` a user {}, with `{}` the same user {}",
            only.question().id(),
            gets(&answer.decision),
            only.id(),
            gets(&reading.decision)
        );
        questions.push((only.question(), message));
    }
    questions
}

fn gets(decision: &Decision<'_>) -> String {
    decision.role().map_or_else(|| "is denied".to_owned(), |role| format!("gets {}", text::quoted(role)))
}
