//! Judges cases: asks the evaluator, and compares its answer with what the suite expects.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::claims::{Claim, Claims};
use crate::decision::{Answer, Denial, Outcome, Source};
use crate::eval::{Evaluator, Request};
use crate::explain::{LoginExplanation, explain};
use crate::groups::{GROUPS, OpenPreferredRole, PREFERRED_ROLE, ROLES};
use crate::login::{Login, LoginError, TokenForm};
use crate::pool::RoleMappingType;
use crate::provider::ProviderKey;
use crate::read::{Place, Position};
use crate::semantics::Choice;
use crate::text::{quoted, visible};

use super::coverage::Tally;
use super::model::{By, Cell, Column, Expectation, Expected, ExpectedTags};
use super::plan::{Case, Person, Plan, Target};

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
    /// `role`, `by`, `tags` or `certain`.
    pub what: &'static str,
    /// What was expected, for people.
    pub expected: String,
    /// What came, for people.
    pub got: String,
}

/// Why a case failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Everything that is not as expected.
    pub mismatches: Vec<Mismatch>,
    /// What decided, and where it stands.
    pub decided_by: Option<Decider>,
    /// Why another rule almost matched.
    pub near_miss: Option<String>,
    /// The decision object, as JSON.
    pub answer: String,
    /// The request, for a command that explains it.
    pub retry: Option<Retry>,
}

/// The part of a configuration that decided.
#[derive(Debug, Clone)]
pub struct Decider {
    /// What it is, in words.
    pub what: String,
    /// Where it stands, by the numbers of [`Plan::names`]. Defaults of AWS stand nowhere.
    pub at: Option<Position>,
}

/// A request as the arguments of `whichrole explain` that ask it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// The configuration's path, from the suite's folder.
    pub config: String,
    /// The path of the user's token, from the suite's folder, where the request has nothing else.
    pub token: Option<String>,
    /// The other arguments.
    pub options: Vec<String>,
}

/// Why a question could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswerable {
    /// A stable kebab-case code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl From<LoginError> for Unanswerable {
    fn from(error: LoginError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

/// One login in the making.
struct Signer<'p> {
    claims: Claims<'p>,
    open: Option<Cow<'p, OpenPreferredRole>>,
    form: TokenForm,
    provider: Option<Cow<'p, ProviderKey>>,
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
            (self.mismatches(case, &answer).is_empty(), answer.is_certain())
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

    /// Why a case fails; `None` if it does not. The case is evaluated again, so that passing cases cost nothing.
    #[must_use]
    pub fn failure(&self, case: Case) -> Option<Failure> {
        let failure = self.asked(case, |evaluator, request| {
            let explanation = explain(evaluator, request);
            let mismatches = self.mismatches(case, &explanation.answer);
            (!mismatches.is_empty()).then(|| Failure {
                decided_by: decider(self.target(case), evaluator, request, &explanation.answer),
                near_miss: self.near_miss(case, &explanation.logins),
                answer: serde_json::to_string(&explanation.answer).unwrap_or_default(),
                retry: self.retry(case, evaluator, request),
                mismatches,
            })
        });
        failure.ok().flatten()
    }

    /// Why the question of a case cannot be asked; `None` if it can.
    #[must_use]
    pub fn unanswerable(&self, case: Case) -> Option<Unanswerable> {
        self.asked(case, |_, _| ()).err()
    }

    /// What a case gets, in a few words: for lists and tables.
    #[must_use]
    pub fn answer_in_words(&self, case: Case) -> Option<String> {
        let target = self.target(case);
        self.asked(case, |evaluator, request| outcome_in_words(target, &evaluator.answer(request))).ok()
    }

    /// Puts the request of a case together and hands it on.
    fn asked<R>(&self, case: Case, then: impl FnOnce(&Evaluator, &Request<'_>) -> R) -> Result<R, Unanswerable> {
        self.asked_of(case, self.evaluator(case), then)
    }

    /// The same with another evaluator than the suite's own: a changed configuration.
    pub(super) fn asked_of<R>(
        &self,
        case: Case,
        evaluator: &Evaluator,
        then: impl FnOnce(&Evaluator, &Request<'_>) -> R,
    ) -> Result<R, Unanswerable> {
        let (test, row, target) = (self.test(case), self.row(case), self.target(case));
        let in_row = |column: &Column| {
            let number = test.columns.iter().position(|known| known == column)?;
            row.cells.get(number)?.as_ref()
        };
        let user = in_row(&Column::User).and_then(Claim::as_text);
        let names = user.into_iter().chain(test.logins.iter().map(|login| login.text.as_str()));
        let people: Vec<&Person> = names.filter_map(|name| target.users.get(name)).collect();
        let signers: Vec<Signer<'_>> = match people.as_slice() {
            [] => vec![self.signer(case, None)],
            [guest] if guest.guest => Vec::new(),
            [only] => vec![self.signer(case, Some(only))],
            several => several.iter().map(|person| Signer::of(person, self.provider())).collect(),
        };
        let mut logins = Vec::with_capacity(signers.len());
        for signer in &signers {
            let login = evaluator.login(signer.provider.as_deref(), &signer.claims, signer.form)?;
            logins.push(login.with_open_preferred_role(signer.open.as_deref()));
        }
        refuse_twins(&logins)?;
        let custom = match in_row(&Column::CustomRoleArn) {
            Some(role) => role.as_text(),
            None => test.custom_role_arn.as_ref().map(|role| role.text.as_str()),
        };
        let custom = custom.and_then(|written| target.roles.get(written));
        Ok(then(evaluator, &Request::of(&logins).choosing(custom).at(self.clock())))
    }

    pub(super) fn provider(&self) -> Option<ProviderKey> {
        self.suite.provider.as_ref().map(|key| ProviderKey::new(key.text.clone()))
    }

    /// The only login of a case: its user's, as far as the test and its row leave it.
    fn signer<'p>(&'p self, case: Case, person: Option<&'p Person>) -> Signer<'p> {
        let (test, row, target) = (self.test(case), self.row(case), self.target(case));
        let mut signer = match person {
            Some(person) => Signer::of(person, self.provider()),
            None => Signer {
                claims: Claims::default(),
                open: None,
                form: TokenForm::Claims,
                provider: self.provider().map(Cow::Owned),
            },
        };
        let cells = || test.columns.iter().zip(&row.cells);
        let groups_of_row = cells().find_map(|(column, cell)| match (column, cell) {
            (Column::Groups, Some(Claim::Array(names))) => Some(names.iter().filter_map(Claim::as_text).collect()),
            _ => None,
        });
        let groups: Option<Vec<&str>> = groups_of_row
            .or_else(|| test.groups.as_ref().map(|names| names.iter().map(|name| name.text.as_str()).collect()));
        if let Some(groups) = groups {
            let mut member = Person::default();
            member.join(groups.into_iter(), target.groups.as_deref());
            for claim in [GROUPS, ROLES, PREFERRED_ROLE] {
                match member.claims.remove(claim) {
                    Some(value) => signer.claims.set(claim, value),
                    None => {
                        signer.claims.remove(claim);
                    }
                }
            }
            signer.open = member.open.map(Cow::Owned);
        }
        for (name, cell) in test.claims.iter().flatten() {
            signer.edit(name, cell);
        }
        if let Some(provider) = &test.provider {
            signer.provider = Some(Cow::Owned(ProviderKey::new(provider.text.clone())));
        }
        for (column, cell) in cells() {
            match (column, cell) {
                (Column::Claim(name), cell) => signer.edit(name, cell),
                (Column::Provider, Some(Claim::Text(key))) => {
                    signer.provider = Some(Cow::Owned(ProviderKey::new(key.as_ref())));
                }
                _ => {}
            }
        }
        signer
    }

    /// Everything that is not as expected.
    pub(super) fn mismatches(&self, case: Case, answer: &Answer<'_>) -> Vec<Mismatch> {
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
        found
    }

    /// The near miss of the rule that gives what was expected, else of any rule that was tried.
    fn near_miss(&self, case: Case, logins: &[LoginExplanation<'_>]) -> Option<String> {
        let expected =
            self.suite.expectations.get(self.row(case).expect).and_then(|expectation| match &expectation.outcome {
                Expected::Role(role) => self.target(case).roles.get(&role.text),
                Expected::Any | Expected::Deny(_) => None,
            });
        let misses =
            || logins.iter().flat_map(|login| &login.rules).filter_map(|rule| Some((rule, rule.near_misses.first()?)));
        let wanted = misses().find(|(rule, _)| Some(rule.role) == expected);
        let (rule, miss) = wanted.or_else(|| misses().next())?;
        let claim = visible(rule.claim);
        Some(format!("rule {} ({claim} {} {}): {}", rule.rule, rule.match_type, quoted(rule.value), miss.sentence()))
    }

    /// The arguments that ask this again. Only claims that a rule, a tag or a check reads are among them.
    fn retry(&self, case: Case, evaluator: &Evaluator, request: &Request<'_>) -> Option<Retry> {
        let (test, target) = (self.test(case), self.target(case));
        let mut retry = Retry { config: target.path.clone(), token: None, options: Vec::new() };
        let mut guest = false;
        let mut options = Vec::new();
        let mut option = |name: &str, value: &str| options.extend([format!("--{name}"), value.to_owned()]);
        if let Some(pool) = &self.suite.pool {
            option("pool", &pool.text);
        }
        match request.logins {
            [] => guest = true,
            [login] => {
                if let Some(key) = self.signer_key(case) {
                    option("provider", key.as_str());
                }
                retry.token = self.only_token(case);
                for (name, value) in read_claims(evaluator, login).into_iter().filter(|_| retry.token.is_none()) {
                    match value {
                        Claim::Text(plain) if !looks_like_json(plain) => option("claim", &format!("{name}={plain}")),
                        other => option("claim", &format!("{name}:={}", other.to_json())),
                    }
                }
            }
            // One command line has one set of claims.
            _ => return None,
        }
        if let Some(role) = request.custom_role_arn {
            option("custom-role-arn", role);
        }
        for choice in self.suite.assume.iter().chain(&test.assume) {
            option("assume", &choice.to_string());
        }
        if request.clock.is_some()
            && let Some(now) = self.suite.now
        {
            option("now", &super::clock::rfc3339(now));
        }
        if guest {
            options.push("--guest".to_owned());
        }
        retry.options = options;
        Some(retry)
    }

    /// The provider that a case names, as far as it does.
    fn signer_key(&self, case: Case) -> Option<ProviderKey> {
        self.signer(case, self.user(case)).provider.map(Cow::into_owned)
    }

    /// The path of the user's token, if the case adds nothing to it.
    fn only_token(&self, case: Case) -> Option<String> {
        let test = self.test(case);
        let adds = |column: &Column| matches!(column, Column::Claim(_) | Column::Groups);
        let untouched = test.claims.is_none() && test.groups.is_none() && !test.columns.iter().any(adds);
        self.user(case).filter(|_| untouched)?.token.clone()
    }

    /// The user of a case that has one.
    fn user(&self, case: Case) -> Option<&Person> {
        let (test, row) = (self.test(case), self.row(case));
        let user = test.columns.iter().zip(&row.cells).find(|(column, _)| **column == Column::User);
        let user = user.and_then(|(_, cell)| cell.as_ref()).and_then(Claim::as_text);
        let user = user.or_else(|| test.logins.first().map(|login| login.text.as_str()));
        user.and_then(|name| self.target(case).users.get(name))
    }
}

impl<'p> Signer<'p> {
    fn of(person: &'p Person, default: Option<ProviderKey>) -> Self {
        Self {
            claims: person.claims.borrowed(),
            open: person.open.as_ref().map(Cow::Borrowed),
            form: person.form,
            provider: person.provider.as_ref().map(Cow::Borrowed).or_else(|| default.map(Cow::Owned)),
        }
    }

    fn edit(&mut self, name: &'p str, cell: &'p Cell) {
        if name == PREFERRED_ROLE {
            self.open = None;
        }
        match cell {
            Some(value) => self.claims.set(name, value.borrowed()),
            None => {
                self.claims.remove(name);
            }
        }
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

    pub(super) fn in_words(self) -> String {
        match self {
            Self::Rule(rule) => format!("rule {rule}"),
            Self::Source(id, Some(rule)) => format!("{id} by rule {rule}"),
            Self::Source(id, None) => id.to_owned(),
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

    fn in_words(&self) -> String {
        let tags = in_words(self.tags.iter().map(|(key, value)| (key.as_str(), value.as_deref())));
        if self.subset { format!("at least {tags}") } else { tags }
    }
}

/// The rule, role resolution or default that decided.
fn decider(target: &Target, evaluator: &Evaluator, request: &Request<'_>, answer: &Answer<'_>) -> Option<Decider> {
    let login = answering(request, answer);
    let mapping = login.and_then(|login| evaluator.mapping_of(login));
    let at = |place: &Place| target.definition.places.get(place).map(|at| target.place(*at));
    let default = |what: &str, place: Place| Some(Decider { what: what.to_owned(), at: at(&place) });
    match (&answer.decision.outcome, mapping) {
        (Outcome::Assume { source, .. }, Some((key, mapping))) if source.rule().is_some() => {
            let number = source.rule()?;
            let rule = mapping.mapping_rules().get(number.checked_sub(1)?)?;
            let (claim, value) = (visible(&rule.claim), quoted(&rule.value));
            let what = format!("rule {number}: {claim} {} {value}", rule.match_type);
            Some(Decider { what, at: at(&Place::Rule(key.clone(), number)) })
        }
        (
            Outcome::Assume { source: Source::RoleResolution, .. } | Outcome::Deny(Denial::RoleResolutionDenied),
            Some((key, _)),
        ) => {
            let field = at(&Place::MappingField(key.clone(), "AmbiguousRoleResolution"));
            let what = match (&answer.decision.outcome, field) {
                (Outcome::Assume { .. }, _) => "the role resolution, `AuthenticatedRole`",
                (_, Some(_)) => "the role resolution, `Deny`",
                (_, None) => "no role resolution, which is taken as `Deny`",
            };
            let at = field.or_else(|| at(&Place::Mapping(key.clone())));
            Some(Decider { what: what.to_owned(), at })
        }
        (Outcome::Assume { source: Source::AuthenticatedRole, .. }, _) => {
            default("the default role for users: no role mapping applies", Place::AuthenticatedRole)
        }
        (Outcome::Assume { source: Source::UnauthenticatedRole, .. }, _) => {
            default("the default role for guests", Place::UnauthenticatedRole)
        }
        (Outcome::Assume { source: Source::PreferredRole, .. }, Some((key, _))) => {
            let what = "the token's `cognito:preferred_role`, by a mapping of type Token";
            default(what, Place::Mapping(key.clone()))
        }
        (Outcome::Assume { source, .. }, Some((key, _))) => {
            default(&format!("{}, by this mapping", source.id()), Place::Mapping(key.clone()))
        }
        (Outcome::Deny(Denial::TagsRejected(tag)), _) => {
            let map = login.and_then(Login::provider).and_then(|key| {
                let tags = &target.definition.pool.principal_tags;
                tags.keys().find(|known| known.could_be(key))
            });
            let what = format!("tag {} of claim {}", quoted(tag.key), quoted(tag.claim));
            let place = map.and_then(|map| {
                at(&Place::Tag(map.clone(), tag.key.to_owned())).or_else(|| at(&Place::Tags(map.clone())))
            });
            Some(Decider { what, at: place })
        }
        (Outcome::Deny(denial), Some((key, _))) => default(denial.reason(), Place::Mapping(key.clone())),
        _ => None,
    }
}

/// Two tokens of one provider are two requests.
fn refuse_twins(logins: &[Login<'_>]) -> Result<(), Unanswerable> {
    for (number, login) in logins.iter().enumerate() {
        let key = |login: &Login<'_>| login.provider().map(|key| key.login_key().to_owned());
        if logins.iter().take(number).any(|earlier| key(earlier) == key(login)) {
            let message = "two logins are for the same provider; a request has one login for each";
            return Err(Unanswerable { code: "contradiction", message: message.to_owned() });
        }
    }
    Ok(())
}

/// The login that answered.
pub(super) fn answering<'r, 'a>(request: &'r Request<'a>, answer: &Answer<'_>) -> Option<&'r Login<'a>> {
    let answered = answer.provider;
    request.logins.iter().find(|login| login.provider().map(ProviderKey::as_str) == answered).or(request.logins.first())
}

/// The claims that a rule of the mapping in force, a tag or a login check reads.
fn read_claims<'l>(evaluator: &Evaluator, login: &'l Login<'_>) -> Vec<(&'l str, &'l Claim<'l>)> {
    let mapping = evaluator.mapping_of(login).map(|(_, mapping)| mapping);
    let tags = evaluator.tag_map_of(login);
    let by_token = mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token);
    let is_read = |name: &str| {
        matches!(name, "iss" | "aud" | "token_use" | "exp" | crate::saml::ROLE_ATTRIBUTE)
            || (by_token && matches!(name, ROLES | PREFERRED_ROLE))
            || mapping.is_some_and(|mapping| mapping.mapping_rules().iter().any(|rule| rule.claim == name))
            || tags.is_some_and(|map| {
                map.tags.values().any(|claim| claim == name)
                    || (map.use_defaults && matches!(name, "sub" | "user_id" | crate::tags::SAML_NAME_IDENTIFIER))
            })
    };
    let claims = login.claims().iter().filter(|(name, _)| is_read(name));
    // What the groups leave open is shown as the choice in force has it.
    let semantics = evaluator.semantics();
    let open = login.open_preferred_role.and_then(|open| open.resolve(semantics)).map(|role| (PREFERRED_ROLE, role));
    claims.chain(open.filter(|(name, _)| is_read(name))).collect()
}

/// Whether the command line would take a text for something else.
fn looks_like_json(text: &str) -> bool {
    matches!(Claim::from_json(text), Ok(Claim::Array(_) | Claim::Object(_) | Claim::Bool(_)))
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

fn expected_in_words(target: &Target, expected: &Expected) -> String {
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

pub(super) fn tags_in_words(answer: &Answer<'_>) -> String {
    in_words(answer.decision.tags.iter().map(|(key, value)| (*key, Some(value.as_ref()))))
}

/// `{department: eng, team: ~}`
fn in_words<'t>(tags: impl Iterator<Item = (&'t str, Option<&'t str>)>) -> String {
    let mut out = String::from("{");
    for (number, (key, value)) in tags.enumerate() {
        let comma = if number > 0 { ", " } else { "" };
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{comma}{}: {}", visible(key), value.map_or_else(|| "~".to_owned(), visible));
    }
    out.push('}');
    out
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
        words.join(", ")
    }
}

impl Plan {
    /// What a case expects, in a few words.
    #[must_use]
    pub fn expected_in_words(&self, case: Case) -> String {
        self.suite.expectations.get(self.row(case).expect).map(Expectation::in_words).unwrap_or_default()
    }
}
