//! What other choices would give: explores every combination of choices for the questions touched on any path.

use std::collections::BTreeMap;

use crate::decision::{Answer, Decision, Reading, Signature};
use crate::eval::{Evaluator, Path, Request, several_candidates};
use crate::login::Login;
use crate::provider::ProviderKey;
use crate::semantics::{Choice, Question, Questions, Semantics, SeveralLogins};
use crate::tags::MadeTags;

impl Evaluator {
    /// Decides, and says which open questions that touched and what other choices would give.
    #[must_use]
    pub fn answer<'a>(&'a self, request: &Request<'a>) -> Answer<'a> {
        let path = self.decide::<true>(request, self.semantics(), 0);
        let assumptions = path.touched.without(self.semantics().assumed());
        let readings = explore(self, request, &path);
        let provider = path.login.and_then(|at| request.logins.get(at)).and_then(Login::provider);
        Answer {
            provider: provider.map(ProviderKey::as_str),
            decision: path.decision,
            assumptions,
            readings,
            signature: Signature::Unchecked,
        }
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
        if decision.same_answer(self.answer) {
            return;
        }
        let mut assume = changes.to_vec();
        assume.sort_unstable();
        match self.readings.iter_mut().find(|known| known.decision.same_answer(&decision)) {
            Some(known) if (known.assume.len(), &known.assume) > (assume.len(), &assume) => {
                *known = Reading { assume, decision };
            }
            Some(_) => {}
            None => self.readings.push(Reading { assume, decision }),
        }
    }
}
