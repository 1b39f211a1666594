//! What other choices would give: explores every combination of choices for the questions touched on any path.

use std::collections::BTreeMap;

use crate::decision::{Answer, Decision, Reading, Signature, Source};
use crate::eval::{Evaluator, Path, Request};
use crate::login::Login;
use crate::provider::ProviderKey;
use crate::semantics::{Choice, Question, Questions, Semantics, SeveralLogins};
use crate::several_logins::several_candidates;
use crate::survey::Survey;
use crate::tags::{MadeTags, TagsOrFault};

impl Evaluator {
    /// Decides, and says which open questions that touched and what other choices would give.
    #[must_use]
    pub fn answer<'a>(&'a self, request: &Request<'a>) -> Answer<'a> {
        let (path, readings) = self.surveyed(request).unwrap_or_else(|| {
            let path = self.decide::<true>(request, self.semantics(), 0);
            let readings = explore(self, request, &path);
            (path, readings)
        });
        let provider = path.login.and_then(|at| request.logins.get(at)).and_then(Login::provider);
        Answer {
            provider: provider.map(ProviderKey::as_str),
            assumptions: path.touched.without(self.semantics().assumed()),
            decision: path.decision,
            readings,
            signature: Signature::Unchecked,
        }
    }

    /// The answer to the plainest of requests, and to nearly all: one login with a mapping of type Rules, and no chosen role. What the rules
    /// give and what the tags are do not depend on each other, so each is worked out for its own questions.
    fn surveyed<'a>(&'a self, request: &Request<'a>) -> Option<(Path<'a>, Vec<Reading<'a>>)> {
        let ([login], None) = (request.logins, request.custom_role_arn) else { return None };
        if login.open_preferred_role.is_some() || login.fault_at(request.clock).is_some() {
            return None;
        }
        let plan = self.plans.get(login.mapping?)?;
        if plan.is_token {
            return None;
        }
        let semantics = self.semantics();
        let survey = Survey::of(plan, &login.slots, semantics);
        let role =
            |end: Option<usize>, semantics: &Semantics, touched| match end.and_then(|at| Some((at, plan.role(at)?))) {
                Some((at, role)) => Path::assume(role, Source::Rule(at + 1), touched),
                None => self.resolve(plan, semantics, touched),
            };
        let mut path = role(survey.base, semantics, survey.touched);
        if login.tags.is_some() {
            path.add_tags(|| self.tags_alone(login, semantics));
        }
        path.login = Some(0);
        let open = path.touched.without(semantics.assumed());
        if survey.others.is_empty() && open.without(RULE_QUESTIONS.iter().copied().collect()).is_empty() {
            return Some((path, Vec::new()));
        }

        let mut roles = Vec::new();
        let mut ends = vec![(survey.base, Vec::new())];
        ends.extend(survey.others.iter().map(|(end, where_)| (*end, where_.nearest(semantics))));
        for (end, changes) in ends {
            let found = role(end, semantics, Questions::NONE);
            for other in Choice::all_of(Question::MissingRoleResolution) {
                let is_open = found.touched.contains(Question::MissingRoleResolution)
                    && !semantics.assumed().contains(Question::MissingRoleResolution);
                if is_open && other != semantics.choice(Question::MissingRoleResolution) {
                    let found = role(end, &semantics.with(other), Questions::NONE);
                    roles.push((found.decision, changes.iter().copied().chain([other]).collect()));
                }
            }
            roles.push((found.decision, changes));
        }
        let tags = if roles.iter().any(|(decision, _)| decision.role().is_some()) {
            self.tags_under_every_choice(login)
        } else {
            Vec::new()
        };
        let mut readings = Vec::new();
        for (decision, changes) in roles {
            if decision.role().is_none() || tags.is_empty() {
                note(&mut readings, &path.decision, decision, changes);
                continue;
            }
            for (made, more) in &tags {
                let mut other = Path { decision: decision.clone(), touched: Questions::NONE, login: None };
                other.add_tags(|| Some((made.clone(), Questions::NONE)));
                note(&mut readings, &path.decision, other.decision, changes.iter().chain(more).copied().collect());
            }
        }
        readings.sort_by(|a, b| (a.assume.len(), &a.assume).cmp(&(b.assume.len(), &b.assume)));
        Some((path, readings))
    }

    /// The tags of a login, if any are mapped, under every combination of choices for the questions that they touch, each with the choices that
    /// differ from those in force.
    fn tags_under_every_choice<'a>(&'a self, login: &'a Login<'a>) -> Vec<(TagsOrFault<'a>, Vec<Choice>)> {
        let mut all = Vec::new();
        let mut waiting = vec![(*self.semantics(), self.semantics().assumed(), Vec::new())];
        while let Some((semantics, settled, changes)) = waiting.pop() {
            let Some((made, touched)) = self.tags_alone(login, &semantics) else { return all };
            let Some(question) = touched.without(settled).iter().next() else {
                all.push((made, changes));
                continue;
            };
            for choice in Choice::all_of(question) {
                let changed = (choice != self.semantics().choice(question)).then_some(choice);
                let changes = changes.iter().copied().chain(changed).collect();
                waiting.push((semantics.with(choice), settled.union(question.into()), changes));
            }
        }
        all
    }
}

/// The questions that a survey of the rules answers.
const RULE_QUESTIONS: &[Question] = &[Question::ArrayClaims, Question::NonStringClaims, Question::LetterCase];

/// Keeps an answer that differs from `answer`, with the smallest change of choices that gives it.
fn note<'a>(readings: &mut Vec<Reading<'a>>, answer: &Decision<'a>, decision: Decision<'a>, mut assume: Vec<Choice>) {
    if decision.same_answer(answer) {
        return;
    }
    assume.sort_unstable();
    match readings.iter_mut().find(|known| known.decision.same_answer(&decision)) {
        Some(known) if (known.assume.len(), &known.assume) > (assume.len(), &assume) => {
            *known = Reading { assume, decision };
        }
        Some(_) => {}
        None => readings.push(Reading { assume, decision }),
    }
}

/// The distinct answers other than the one of `start`, each with the smallest change of choices that gives it: the fewest questions, then
/// those first in the table. Fewest changes come first.
fn explore<'a>(evaluator: &'a Evaluator, request: &Request<'a>, start: &Path<'a>) -> Vec<Reading<'a>> {
    let semantics = *evaluator.semantics();
    if request.logins.len() < 2 && start.touched.without(semantics.assumed()).is_empty() {
        return Vec::new();
    }
    let mut explorer = Explorer {
        evaluator,
        request,
        base: semantics,
        answer: &start.decision,
        readings: Vec::new(),
        roles: BTreeMap::new(),
        tags: BTreeMap::new(),
    };
    explorer.visit(start.clone(), semantics, semantics.assumed(), &mut Vec::new());
    explorer.readings.sort_by(|a, b| (a.assume.len(), &a.assume).cmp(&(b.assume.len(), &b.assume)));
    explorer.readings
}

struct Explorer<'e, 'a> {
    evaluator: &'a Evaluator,
    request: &'e Request<'a>,
    base: Semantics,
    answer: &'e Decision<'a>,
    readings: Vec<Reading<'a>>,
    /// What each login gets alone, by the choices that its role depends on. Few of the combinations differ in those.
    roles: BTreeMap<(usize, Semantics), Path<'a>>,
    /// The tags of each login, by the choices that they depend on.
    tags: BTreeMap<(usize, Semantics), Option<MadeTags<'a>>>,
}

/// The questions that tags depend on.
const TAG_QUESTIONS: &[Question] = &[
    Question::TagMissingClaim,
    Question::TagNonStringClaim,
    Question::TagInvalidValue,
    Question::DefaultsWithTags,
    Question::NullPrecedence,
    Question::RolelessGroup,
];

/// The questions that the role of a login alone does not depend on.
const NOT_ROLE_QUESTIONS: &[Question] = &[
    Question::TagMissingClaim,
    Question::TagNonStringClaim,
    Question::TagInvalidValue,
    Question::DefaultsWithTags,
    Question::SeveralLogins,
];

impl<'a> Explorer<'_, 'a> {
    /// The decision under other choices; what a login gets alone is worked out once for the choices that matter to it.
    fn decide(&mut self, semantics: &Semantics, pick: usize) -> Path<'a> {
        let (evaluator, request) = (self.evaluator, self.request);
        let for_tags = semantics.only(TAG_QUESTIONS.iter().copied().collect());
        let not_role: Questions = NOT_ROLE_QUESTIONS.iter().copied().collect();
        let all: Questions = Question::ALL.iter().copied().collect();
        let for_role = semantics.only(all.without(not_role));
        let (roles, tags) = (&mut self.roles, &mut self.tags);
        evaluator.decide_by(request, semantics, pick, |login| {
            let at = request.logins.iter().position(|other| std::ptr::eq(other, login)).unwrap_or_default();
            let role =
                roles.entry((at, for_role)).or_insert_with(|| evaluator.role_alone::<true>(login, request, semantics));
            let mut path = role.clone();
            path.add_tags(|| {
                tags.entry((at, for_tags)).or_insert_with(|| evaluator.tags_alone(login, semantics)).clone()
            });
            path
        })
    }

    /// `path` is what `semantics` gives; `settled` are the questions already chosen for; `changes` the choices that differ from the base.
    fn visit(&mut self, path: Path<'a>, semantics: Semantics, settled: Questions, changes: &mut Vec<Choice>) {
        let Some(question) = path.touched.without(settled).iter().next() else {
            self.note_other_logins(&semantics, changes);
            self.note(path.decision, changes);
            return;
        };
        let settled = settled.union(question.into());
        for choice in Choice::all_of(question) {
            if choice == self.base.choice(question) {
                self.visit(path.clone(), semantics, settled, changes);
            } else {
                let other = semantics.with(choice);
                let path = self.decide(&other, 0);
                changes.push(choice);
                self.visit(path, other, settled, changes);
                changes.pop();
            }
        }
    }

    /// Where any one login may answer, each login's answer is a reading; without any change of choices where that was fixed.
    fn note_other_logins(&mut self, semantics: &Semantics, changes: &[Choice]) {
        if self.request.logins.len() < 2 || semantics.several_logins() != SeveralLogins::AnyOne {
            return;
        }
        for pick in 1..several_candidates(self.request.logins).len() {
            let path = self.decide(semantics, pick);
            if path.touched.contains(Question::SeveralLogins) {
                self.note(path.decision, changes);
            }
        }
    }

    fn note(&mut self, decision: Decision<'a>, changes: &[Choice]) {
        note(&mut self.readings, self.answer, decision, changes.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;
    use crate::pool::{IdentityPool, MappingRule, MatchType, PrincipalTagMap, RoleMapping};
    use crate::{AmbiguousRoleResolution, Claims, TokenForm};

    const VALUES: &[&str] = &[
        "\"ops\"",
        "\"OPS\"",
        "\"dev-ops\"",
        "\"\"",
        "\"\\u212a\"",
        "\"k\"",
        "\"a;b\"",
        "null",
        "true",
        "1",
        "1E5",
        "{\"a\":\"ops\"}",
        "[]",
        "[\"ops\"]",
        "[\"Ops\",\"dev\"]",
        "[\"dev-ops\",1,null]",
        "[1,\"ops, dev\"]",
        "[{\"a\":1}]",
        "\"a long text, longer than what is searched in the short way, with OPS near its end: dev-Ops\"",
    ];
    const WANTED: &[&str] = &[
        "ops",
        "Ops",
        "OPS",
        "dev",
        "",
        "\u{212a}",
        "K",
        "k",
        "null",
        "true",
        "1",
        "1e5",
        "[\"ops\"]",
        "[ops]",
        "[",
        "\"ops",
        "{\"a\":\"ops\"}",
        "NEAR ITS",
        "s, d",
    ];
    const CLAIMS: &[&str] = &["a", "b", "c"];

    fn rule() -> impl Strategy<Value = MappingRule> {
        (select(CLAIMS), select(&MatchType::ALL), select(WANTED), 0..3)
            .prop_map(|(claim, operator, value, role)| MappingRule::new(claim, operator, value, format!("role{role}")))
    }

    fn semantics() -> impl Strategy<Value = Semantics> {
        subsequence(Question::ALL.to_vec(), 0..4).prop_flat_map(|questions| {
            let choices = questions.into_iter().map(|question| select(Choice::all_of(question).collect::<Vec<_>>()));
            choices
                .collect::<Vec<_>>()
                .prop_map(|choices| choices.into_iter().fold(Semantics::default(), Semantics::assume))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

        /// The short way and the way through every combination give the same answer, the same assumptions and the same readings.
        #[test]
        fn a_survey_is_what_exploring_finds(
            rules in prop::collection::vec(rule(), 0..6),
            values in prop::collection::vec(select(VALUES), 3),
            present in subsequence(CLAIMS.to_vec(), 0..=3),
            tags in subsequence(CLAIMS.to_vec(), 0..=3),
            use_defaults: bool,
            resolution in select(vec![None, Some(AmbiguousRoleResolution::Deny), Some(AmbiguousRoleResolution::AuthenticatedRole)]),
            has_role: bool,
            semantics in semantics(),
        ) {
            let mut pool = IdentityPool::default();
            pool.roles.authenticated = has_role.then(|| "reader".into());
            let mapping = RoleMapping { ambiguous_role_resolution: resolution, ..RoleMapping::rules(rules) };
            pool.role_mappings.insert("accounts.google.com".into(), mapping);
            let tags: BTreeMap<String, String> = tags.iter().map(|claim| (format!("tag-{claim}"), (*claim).to_owned())).collect();
            pool.principal_tags.insert("accounts.google.com".into(), PrincipalTagMap { use_defaults, tags });
            let evaluator = Evaluator::new(pool, semantics);
            let members = present.iter().zip(&values).map(|(name, value)| format!("\"{name}\":{value}"));
            let json = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
            let claims = Claims::from_json(&json).unwrap();
            let logins = [evaluator.login(None, &claims, TokenForm::Claims).unwrap()];
            let request = Request::of(&logins);

            let (found, readings) = evaluator.surveyed(&request).unwrap();
            let path = evaluator.decide::<true>(&request, evaluator.semantics(), 0);
            prop_assert_eq!(&found.decision, &path.decision);
            prop_assert_eq!(&evaluator.evaluate(&request), &path.decision);
            prop_assert_eq!(found.touched, path.touched);
            prop_assert_eq!(readings, explore(&evaluator, &request, &path));
        }
    }
}
