//! One configuration's part of a space: its cases in order, and where a request ends that none of them decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::solve::{Found, NotDecided};
use super::space::{Known, Spot};
use super::work::{steps_of_login, steps_of_test};
use crate::claims::{Claim, Claims};
use crate::groups::token_roles;
use crate::groups::{PREFERRED_ROLE, ROLES};
use crate::login::{Login, LoginError, TokenForm};
use crate::matching::Test;
use crate::names::Names;
use crate::pool::{MatchType, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};
use crate::semantics::{ArrayClaims, LetterCase, RulesCustomRole, Semantics, SoleRole, TagMissingClaim};
use crate::{Decision, Denial, Evaluator, Outcome, Request, Source, saml, tags};

/// The steps that making a tag counts for.
const COST_OF_TAG: usize = 4;

/// Where a request ends on one side, its tags apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Role(Arc<str>),
    /// A role that the token names and no configuration knows.
    Named,
    /// The denial's reason.
    Deny(&'static str),
}

/// The reason of a denial for tags.
pub(crate) const TAGS_REJECTED: &str = "tags-rejected";

/// One way in which a mapping decides.
#[derive(Debug)]
pub(crate) struct Case<'e> {
    pub(crate) claim: usize,
    pub(crate) test: CaseTest<'e>,
    pub(crate) end: End,
    /// The rule's number, counted from 1.
    pub(crate) rule: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum CaseTest<'e> {
    /// As a rule compares, under the semantics of its side.
    Rule(&'e Test),
    /// As a mapping of type Token compares: character for character.
    Exact(Test),
    /// `cognito:roles` has exactly one role: this one, or one that no configuration knows.
    Sole(Option<Arc<str>>),
    /// `cognito:roles` has this role.
    Has(String),
    /// The assertion has exactly one role: this one, or one that no configuration knows.
    SamlOne(Option<Arc<str>>),
    /// The assertion has several roles, this one among them.
    SamlHas(String),
    /// The assertion has several roles.
    SamlSeveral,
}

/// What two identical tests have in common, and no others.
type TestKey<'t> = (u8, Option<MatchType>, &'t str);

impl CaseTest<'_> {
    pub(crate) fn key(&self) -> TestKey<'_> {
        match self {
            Self::Rule(test) => (0, Some(test.match_type()), test.value()),
            Self::Exact(test) => (1, Some(test.match_type()), test.value()),
            Self::Sole(role) => (2, None, role.as_deref().unwrap_or_default()),
            Self::Has(role) => (3, None, role),
            Self::SamlOne(role) => (4, None, role.as_deref().unwrap_or_default()),
            Self::SamlHas(role) => (5, None, role),
            Self::SamlSeveral => (6, None, ""),
        }
    }

    /// Whether a claim passes a test that is not a rule's.
    pub(crate) fn holds(&self, claim: &Claim<'_>) -> bool {
        let saml = || {
            let mut claims = Claims::default();
            claims.set(saml::ROLE_ATTRIBUTE, claim.clone().into_owned());
            saml::roles(&claims).unwrap_or_default().into_iter().map(str::to_owned).collect::<Vec<String>>()
        };
        match self {
            Self::Rule(_) | Self::Exact(_) => false,
            Self::Sole(wanted) => {
                let mut roles = token_roles(Some(claim));
                roles.next().is_some_and(|first| {
                    wanted.as_ref().is_none_or(|wanted| **wanted == *first) && roles.all(|role| role == first)
                })
            }
            Self::Has(role) => token_roles(Some(claim)).any(|known| known == role),
            Self::SamlOne(wanted) => {
                let roles = saml();
                roles.len() == 1 && wanted.as_ref().is_none_or(|wanted| roles.iter().any(|role| **role == **wanted))
            }
            Self::SamlHas(role) => saml().contains(role),
            Self::SamlSeveral => saml().len() > 1,
        }
    }
}

impl Case<'_> {
    /// A text of ASCII that a string or an array of strings which passes the test has in it as it is; `None` where none is known.
    pub(crate) fn must_have(&self, evaluator: &Evaluator) -> Option<&str> {
        let CaseTest::Rule(test) = &self.test else { return None };
        let semantics = evaluator.semantics();
        let by_text = matches!(semantics.array_claims(), ArrayClaims::JsonText | ArrayClaims::ListText);
        let is_in = test.match_type() != MatchType::NotEqual && semantics.letter_case() == LetterCase::Sensitive;
        (is_in && !by_text && test.value().is_ascii()).then_some(test.value())
    }

    /// How many characters a value that passes the test has at least, its own quotes apart.
    pub(crate) fn needs(&self, semantics: &Semantics) -> usize {
        match &self.test {
            CaseTest::Rule(test) if test.match_type() != MatchType::NotEqual => {
                let value = test.value();
                let characters = value.chars().count().min(value.to_lowercase().chars().count());
                // Where an array's text is compared, its quotes or brackets may be part of the value.
                match semantics.array_claims() {
                    ArrayClaims::JsonText | ArrayClaims::ListText => characters.saturating_sub(2),
                    _ => characters,
                }
            }
            _ => 0,
        }
    }
}

/// One configuration's part of a space.
#[derive(Debug)]
pub(crate) struct Side<'e> {
    pub(crate) evaluator: &'e Evaluator,
    /// The login's provider as this side names it; `None` for guests.
    pub(crate) key: Option<ProviderKey>,
    /// The role that the request chooses.
    pub(crate) custom: Option<String>,
    pub(crate) cases: Vec<Case<'e>>,
    /// Where a request ends when no case holds.
    pub(crate) otherwise: End,
    /// Tag key to claim.
    pub(crate) tags: BTreeMap<String, usize>,
    /// The claims of tags.
    pub(crate) tag_claims: BTreeSet<usize>,
    /// The cases of each claim, ascending.
    pub(crate) by_claim: Vec<Vec<usize>>,
}

impl Side<'_> {
    /// Where a case ends; the number after the last is "no case holds".
    pub(crate) fn end(&self, case: usize) -> &End {
        self.cases.get(case).map_or(&self.otherwise, |case| &case.end)
    }

    pub(crate) fn cases_of(&self, claim: usize) -> &[usize] {
        self.by_claim.get(claim).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a case holds of a value of its claim.
    pub(crate) fn holds(&self, case: usize, value: &Claim<'_>) -> bool {
        match self.cases.get(case).map(|case| &case.test) {
            Some(CaseTest::Rule(test)) => test.matches(value, self.evaluator.semantics()),
            Some(CaseTest::Exact(test)) => test.matches(value, &EXACT),
            Some(special) => special.holds(value),
            None => false,
        }
    }

    /// About how many steps it takes to put a case to a value of its claim.
    pub(crate) fn steps_of_case(&self, case: usize, value: &Claim<'_>) -> usize {
        match self.cases.get(case).map(|case| &case.test) {
            Some(CaseTest::Rule(test)) => steps_of_test(test, value, self.evaluator.semantics()),
            Some(CaseTest::Exact(test)) => steps_of_test(test, value, &EXACT),
            Some(_) | None => 1,
        }
    }

    /// About how many steps the evaluator makes for a request with these claims, `names` being those of all. It looks at each case until one
    /// decides.
    pub(crate) fn steps(&self, claims: &Claims<'_>, names: &[String], target: usize) -> usize {
        let values = self.by_claim.iter().zip(names).filter(|(cases, _)| !cases.is_empty());
        let values = values.filter_map(|(cases, name)| Some((cases, claims.get(name)?)));
        let compared = values.map(|(cases, value)| -> usize {
            cases.iter().take_while(|at| **at <= target).map(|at| self.steps_of_case(*at, value)).sum()
        });
        steps_of_login(self.evaluator)
            + self.cases.len()
            + compared.sum::<usize>()
            + self.tags.len() * (COST_OF_TAG + claims.iter().count() / 2)
    }
}

impl<T> Found<T> {
    /// The same, as far as it is known: what a guest shows counts only where it is known whether guests are allowed.
    pub(crate) fn known_of(self, side: &Side<'_>) -> Self {
        let is_open = side.key.is_none() && side.evaluator.pool().guests_depend_on.is_some();
        match self {
            Self::Yes(_) if is_open => Self::Undecided(NotDecided::Guests),
            found => found,
        }
    }
}

impl Side<'_> {
    /// What the evaluator says of these claims.
    pub(crate) fn decide<T>(&self, claims: &Claims<'_>, read: impl FnOnce(&Decision<'_>) -> T) -> Option<T> {
        let logins: Vec<Login<'_>> = match &self.key {
            Some(key) => vec![login(self.evaluator, key, claims)?],
            None => Vec::new(),
        };
        Some(read(&self.evaluator.evaluate(&Request::of(&logins).choosing(self.custom.as_deref()))))
    }

    /// What chooses the role that these claims get.
    pub(crate) fn source(&self, claims: &Claims<'_>) -> Option<Source> {
        self.decide(claims, |decision| match decision.outcome {
            Outcome::Assume { source, .. } => Some(source),
            Outcome::Deny(_) => None,
        })?
    }

    /// Whether the evaluator agrees that this case decides.
    pub(crate) fn replays(&self, claims: &Claims<'_>, target: usize, is_rejected: bool) -> bool {
        let agrees = |decision: &Decision<'_>| {
            let reason = decision.denial().map(Denial::reason);
            let rule = self.cases.get(target).and_then(|case| case.rule);
            let right_rule =
                rule.is_none() || decision.source().and_then(Source::rule) == rule || self.custom.is_some();
            match self.end(target) {
                End::Role(_) | End::Named if is_rejected => reason == Some(TAGS_REJECTED),
                End::Role(role) => decision.role() == Some(role) && right_rule,
                End::Named => decision.role().is_some(),
                End::Deny(expected) => reason == Some(expected),
            }
        };
        self.decide(claims, agrees).unwrap_or(false)
    }
}

/// The semantics that mappings of type Token compare by.
pub(crate) static EXACT: Semantics = Semantics::DEFAULT;

/// The claim that Login with Amazon's access token names the user by.
pub(crate) const USER_ID: &str = "user_id";

/// One side: its cases in order, what comes after them, its tags.
pub(crate) fn side<'e>(
    evaluator: &'e Evaluator,
    key: Option<&ProviderKey>,
    spot: &Spot,
    custom: Option<&str>,
    known: Known<'_>,
    names: &mut Names,
) -> Option<Side<'e>> {
    let mut side = Side {
        evaluator,
        key: key.cloned(),
        custom: custom.map(str::to_owned),
        cases: Vec::new(),
        otherwise: End::Deny(""),
        tags: BTreeMap::new(),
        tag_claims: BTreeSet::new(),
        by_claim: Vec::new(),
    };
    let semantics = evaluator.semantics();
    // Tags are asked for apart, so here no missing claim may fail.
    let lenient = semantics.with(TagMissingClaim::Omit.into());
    let Some(key) = key else {
        let path = evaluator.decide::<false>(&Request::guest().choosing(custom), &lenient, 0);
        side.otherwise = end_of(&path.decision);
        return Some(side);
    };
    let mut claims = Claims::default();
    for (name, value) in &spot.given {
        claims.set(name.clone(), value.clone());
    }
    let login = login(evaluator, key, &claims)?;
    if login.fault.is_some() {
        side.otherwise = End::Deny("invalid-token");
        return Some(side);
    }
    let nothing = Claims::default();
    {
        let logins = [evaluator.with_claims(&login, &nothing)];
        let path = evaluator.decide::<false>(&Request::of(&logins).choosing(custom), &lenient, 0);
        side.otherwise = end_of(&path.decision);
    }
    let kind = login.provider().map(ProviderKey::kind);
    match evaluator.mapping_of(&login).filter(|_| kind != Some(ProviderKind::Developer)) {
        Some((_, mapping)) => match &mapping.mapping_type {
            RoleMappingType::Token => token_cases(&mut side, semantics, known, names),
            RoleMappingType::Rules(rules) => {
                let tests = evaluator.plan_of(&login).map(|plan| plan.tests.as_slice()).unwrap_or_default();
                for (at, (rule, (_, test))) in rules.iter().zip(tests).enumerate() {
                    let chosen = custom.is_none_or(|custom| {
                        semantics.rules_custom_role() == RulesCustomRole::MatchingRule
                            && rule.role_arn.as_str() == custom
                    });
                    if chosen {
                        side.cases.push(Case {
                            claim: names.insert(&rule.claim),
                            test: CaseTest::Rule(test),
                            end: End::Role(rule.role_arn.shared_text()),
                            rule: Some(at + 1),
                        });
                    }
                }
            }
        },
        None if kind == Some(ProviderKind::Saml) => saml_cases(&mut side, known, names),
        None => {}
    }
    if kind != Some(ProviderKind::Developer)
        && let Some(map) = evaluator.tag_map_of(&login)
    {
        let mut shape = Claims::default();
        if spot.user_id == Some(true) {
            shape.set(USER_ID, "");
        }
        let shaped = evaluator.with_claims(&login, &shape);
        for (key, claim) in tags::sources(map, &shaped, semantics).0 {
            let claim = names.insert(claim);
            side.tags.insert(key.to_owned(), claim);
            side.tag_claims.insert(claim);
        }
    }
    Some(side)
}

/// The login of a provider. One that the configuration does not know has no mapping there (S3), even where its key is a reference.
pub(crate) fn login<'a>(evaluator: &'a Evaluator, key: &ProviderKey, claims: &'a Claims<'a>) -> Option<Login<'a>> {
    match evaluator.login(Some(key), claims, TokenForm::Claims) {
        Ok(login) => Some(login),
        Err(LoginError::UnknownProvider { .. }) => Some(Login::unmapped(claims)),
        Err(_) => None,
    }
}

fn end_of(decision: &Decision<'_>) -> End {
    match (decision.role(), decision.denial()) {
        (Some(role), _) => End::Role(role.into()),
        (None, denial) => End::Deny(denial.map_or("", Denial::reason)),
    }
}

/// Section 3 as cases: the preferred role, one that is known or any other; then the sole role, where it counts.
fn token_cases(side: &mut Side<'_>, semantics: &Semantics, known: Known<'_>, names: &mut Names) {
    let mut push = |name: &str, test: CaseTest<'static>, end: End| {
        let claim = names.insert(name);
        side.cases.push(Case { claim, test, end, rule: None });
    };
    if let Some(custom) = &side.custom {
        push(ROLES, CaseTest::Has(custom.clone()), End::Role(custom.as_str().into()));
        return;
    }
    for role in known.roles.iter().filter(|role| !role.is_empty()) {
        push(PREFERRED_ROLE, CaseTest::Exact(Test::new(MatchType::Equals, role)), End::Role(role.clone()));
    }
    push(PREFERRED_ROLE, CaseTest::Exact(Test::new(MatchType::NotEqual, "")), End::Named);
    if semantics.sole_role() == SoleRole::UseIt {
        for role in known.roles {
            push(ROLES, CaseTest::Sole(Some(role.clone())), End::Role(role.clone()));
        }
        push(ROLES, CaseTest::Sole(None), End::Named);
    }
}

/// S9 as cases.
fn saml_cases(side: &mut Side<'_>, known: Known<'_>, names: &mut Names) {
    let claim = names.insert(saml::ROLE_ATTRIBUTE);
    let mut push = |test: CaseTest<'static>, end: End| side.cases.push(Case { claim, test, end, rule: None });
    for role in known.roles {
        push(CaseTest::SamlOne(Some(role.clone())), End::Role(role.clone()));
    }
    push(CaseTest::SamlOne(None), End::Named);
    match side.custom.clone() {
        Some(custom) => {
            let role = custom.as_str().into();
            push(CaseTest::SamlHas(custom), End::Role(role));
            push(CaseTest::SamlSeveral, End::Deny("custom-role-not-allowed"));
        }
        None => push(CaseTest::SamlSeveral, End::Deny("custom-role-required")),
    }
}

/// For each case of one side, the first identical case of the other. That one holds whenever it does, so nothing later can decide there.
pub(crate) fn twins(a: &Side<'_>, b: &Side<'_>) -> Vec<usize> {
    let mut first: BTreeMap<(usize, TestKey<'_>), usize> = BTreeMap::new();
    for (at, case) in b.cases.iter().enumerate() {
        first.entry((case.claim, case.test.key())).or_insert(at);
    }
    let twin = |case: &Case<'_>| first.get(&(case.claim, case.test.key())).copied().unwrap_or(usize::MAX);
    a.cases.iter().map(twin).collect()
}
