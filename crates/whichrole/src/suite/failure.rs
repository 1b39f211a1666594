//! Why a case failed: what was expected and what came, what decided and where it stands, and how to ask again.

use std::collections::BTreeMap;

use crate::claims::{Claim, Claims};
use crate::decision::{Answer, Denial, Outcome, Source};
use crate::eval::{Evaluator, Request};
use crate::explain::{LoginExplanation, explain};
use crate::groups::{PREFERRED_ROLE, ROLES};
use crate::login::{Login, TokenForm};
use crate::pool::RoleMappingType;
use crate::read::{Place, Position};
use crate::text::{quoted, visible};

use super::model::{Column, Expected};
use super::plan::{Case, Plan, Target};
use super::run::Mismatch;
use super::witness::Witness;

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
    /// A token for each login that the options do not make.
    pub tokens: Vec<RetryToken>,
    /// The other arguments.
    pub options: Vec<String>,
}

/// A token of a request that is asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryToken {
    /// A file, by its path from the suite's folder: the case adds nothing to it.
    File(String),
    /// Claims, as JSON.
    Claims(String),
}

impl Plan {
    /// Why a case fails; `None` if it does not. The case is evaluated again, so that passing cases cost nothing.
    #[must_use]
    pub fn failure(&self, case: Case) -> Option<Failure> {
        let failure = self.asked(case, |evaluator, request| {
            let explanation = explain(evaluator, request);
            let mismatches = self.mismatches(case, evaluator, request, &explanation.answer);
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
        let mut tokens = Vec::new();
        let mut options = Vec::new();
        if let Some(pool) = &self.suite.pool {
            say(&mut options, &["--pool", &pool.text]);
        }
        match request.logins {
            [] => say(&mut options, &["--guest"]),
            [login] => {
                if let Some(key) = self.signer_key(case) {
                    say(&mut options, &["--provider", key.as_str()]);
                }
                let claims = read_claims(evaluator, login);
                match self.only_token(case) {
                    Some(path) => tokens.push(RetryToken::File(path)),
                    None => match claim_words(&claims) {
                        Some(words) => options.extend(words),
                        None => tokens.push(RetryToken::Claims(json(&claims))),
                    },
                }
            }
            several => {
                for (login, user) in several.iter().zip(&test.logins) {
                    // On one command line every token finds its own provider.
                    let found = evaluator.login(None, login.claims(), TokenForm::Claims).ok()?;
                    if found.mapping != login.mapping || found.provider() != login.provider() {
                        return None;
                    }
                    let token = target.users.get(&user.text).and_then(|person| person.token.clone());
                    let claims = || RetryToken::Claims(json(&read_claims(evaluator, login)));
                    tokens.push(token.map_or_else(claims, RetryToken::File));
                }
            }
        }
        if let Some(role) = request.custom_role_arn {
            say(&mut options, &["--custom-role-arn", role]);
        }
        let mut chosen = BTreeMap::new();
        for choice in self.suite.assume.iter().chain(&test.assume) {
            chosen.insert(choice.question().id(), choice);
        }
        for choice in chosen.values() {
            say(&mut options, &["--assume", &choice.to_string()]);
        }
        if request.clock.is_some()
            && let Some(now) = self.suite.now
        {
            say(&mut options, &["--now", &super::clock::rfc3339(now)]);
        }
        Some(Retry { config: target.path.clone(), tokens, options })
    }

    /// Why a request that refutes a property gets what it gets: what decided, and the arguments that ask it again.
    pub(super) fn look_closer(
        &self,
        target: &Target,
        evaluator: &Evaluator,
        witness: &Witness,
    ) -> (Option<Decider>, Option<Retry>) {
        let mut options = Vec::new();
        let mut tokens = Vec::new();
        if let Some(pool) = &self.suite.pool {
            say(&mut options, &["--pool", &pool.text]);
        }
        match &witness.provider {
            None => say(&mut options, &["--guest"]),
            Some(key) => {
                say(&mut options, &["--provider", key.as_str()]);
                let claims: Vec<(&str, &Claim<'_>)> = witness.claims.iter().collect();
                match claim_words(&claims) {
                    Some(words) => options.extend(words),
                    None => tokens.push(RetryToken::Claims(json(&claims))),
                }
            }
        }
        if let Some(role) = &witness.custom_role_arn {
            say(&mut options, &["--custom-role-arn", role]);
        }
        for choice in &self.suite.assume {
            say(&mut options, &["--assume", &choice.to_string()]);
        }
        let decided_by = witness.ask(evaluator, |request| {
            let answer = evaluator.answer(request);
            decider(target, evaluator, request, &answer)
        });
        (decided_by.flatten(), Some(Retry { config: target.path.clone(), tokens, options }))
    }

    /// The path of the user's token, if the case adds nothing to it.
    fn only_token(&self, case: Case) -> Option<String> {
        let test = self.test(case);
        let adds = |column: &Column| matches!(column, Column::Claim(_) | Column::Groups);
        let untouched = test.claims.is_none() && test.groups.is_none() && !test.columns.iter().any(adds);
        self.user(case).filter(|_| untouched)?.token.clone()
    }
}

fn say(options: &mut Vec<String>, words: &[&str]) {
    options.extend(words.iter().map(|word| (*word).to_owned()));
}

/// Claims as options. A name with `=` in it, or no claim at all, is nothing that `--claim` can say.
fn claim_words(claims: &[(&str, &Claim<'_>)]) -> Option<Vec<String>> {
    if claims.is_empty() || claims.iter().any(|(name, _)| name.contains('=')) {
        return None;
    }
    let word = |(name, value): &(&str, &Claim<'_>)| match value {
        Claim::Text(plain) if !name.ends_with(':') && !looks_like_json(plain) => format!("{name}={plain}"),
        other => format!("{name}:={}", other.to_json()),
    };
    Some(claims.iter().flat_map(|claim| ["--claim".to_owned(), word(claim)]).collect())
}

/// The rule, role resolution or default that decided.
fn decider(target: &Target, evaluator: &Evaluator, request: &Request<'_>, answer: &Answer<'_>) -> Option<Decider> {
    let login = request.answering(answer);
    let mapping = login.and_then(|login| evaluator.mapping_of(login));
    let at = |place: &Place| target.definition.places.get(place).map(|at| target.place(at));
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

/// Claims as a JSON object.
fn json(claims: &[(&str, &Claim<'_>)]) -> String {
    let mut object = Claims::default();
    for (name, value) in claims {
        object.set((*name).to_owned(), value.borrowed());
    }
    object.to_json()
}

/// Whether the command line would take a text for something else.
fn looks_like_json(text: &str) -> bool {
    matches!(Claim::from_json(text), Ok(Claim::Array(_) | Claim::Object(_) | Claim::Bool(_)))
}
