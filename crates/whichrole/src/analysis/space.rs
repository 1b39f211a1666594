//! All requests of one login, on one configuration or on two at once: what decides, and which claims lead where.
//!
//! A mapping is a list of *cases*, each a test of one claim, and the first that holds decides. So "case *k* decides" asks of case *k*'s
//! claim that it pass one test and fail the earlier tests of the same claim. Other claims are left out, since an absent claim passes no
//! test (R2, R3). With two configurations, each adds its case. Claims never depend on each other, so each is solved by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::solve::{Domain, Found, Fresh, Literal, NotDecided, Question};
use crate::claims::{Claim, Claims};
use crate::eval::token_roles;
use crate::groups::{GROUPS, PREFERRED_ROLE, ROLES};
use crate::login::{Login, TokenForm};
use crate::matching::Test;
use crate::pool::{Group, IdentityPool, MatchType, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind, fits};
use crate::semantics::{
    ArrayClaims, Question as Open, Questions, RulesCustomRole, Semantics, SoleRole, TagMissingClaim,
};
use crate::{Decision, Denial, Evaluator, Request, saml, tags};

/// Where a request ends on one side, its tags apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Role(String),
    /// A role that the token names and no configuration knows.
    Named,
    /// The denial's reason.
    Deny(&'static str),
}

/// The reason of a denial for tags.
pub(crate) const TAGS_REJECTED: &str = "tags-rejected";

/// One way in which a mapping decides.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) claim: usize,
    pub(crate) test: CaseTest,
    pub(crate) end: End,
    /// The rule's number, counted from 1.
    pub(crate) rule: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum CaseTest {
    /// As a rule compares, under the semantics of its side.
    Rule(Test),
    /// As a mapping of type Token compares: character for character.
    Exact(Test),
    /// `cognito:roles` has exactly one role: this one, or one that no configuration knows.
    Sole(Option<String>),
    /// `cognito:roles` has this role.
    Has(String),
    /// The assertion has exactly one role: this one, or one that no configuration knows.
    SamlOne(Option<String>),
    /// The assertion has several roles, this one among them.
    SamlHas(String),
    /// The assertion has several roles.
    SamlSeveral,
}

impl CaseTest {
    fn key(&self) -> (u8, Option<MatchType>, &str) {
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
    fn holds(&self, claim: &Claim<'_>) -> bool {
        let saml = || {
            let mut claims = Claims::default();
            claims.set(saml::ROLE_ATTRIBUTE, claim.clone().into_owned());
            saml::roles(&claims).unwrap_or_default().into_iter().map(str::to_owned).collect::<Vec<String>>()
        };
        match self {
            Self::Rule(_) | Self::Exact(_) => false,
            Self::Sole(wanted) => {
                let roles: BTreeSet<&str> = token_roles(Some(claim)).collect();
                roles.len() == 1 && wanted.as_ref().is_none_or(|wanted| roles.contains(wanted.as_str()))
            }
            Self::Has(role) => token_roles(Some(claim)).any(|known| known == role),
            Self::SamlOne(wanted) => {
                let roles = saml();
                roles.len() == 1 && wanted.as_ref().is_none_or(|wanted| roles.contains(wanted))
            }
            Self::SamlHas(role) => saml().contains(role),
            Self::SamlSeveral => saml().len() > 1,
        }
    }
}

impl Case {
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
    pub(crate) cases: Vec<Case>,
    /// Where a request ends when no case holds.
    pub(crate) otherwise: End,
    /// Tag key to claim.
    pub(crate) tags: BTreeMap<String, usize>,
    /// The cases of each claim, ascending.
    by_claim: Vec<Vec<usize>>,
}

impl Side<'_> {
    /// Where a case ends; the number after the last is "no case holds".
    pub(crate) fn end(&self, case: usize) -> &End {
        self.cases.get(case).map_or(&self.otherwise, |case| &case.end)
    }

    fn cases_of(&self, claim: usize) -> &[usize] {
        self.by_claim.get(claim).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What a tag's claim must come to on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Want {
    /// No fault: a value, or nothing.
    Fine,
    Fault,
    Nothing,
    Value,
    ValueOtherThan(String),
}

impl Want {
    fn is_met(&self, claim: Option<&Claim<'_>>, semantics: &Semantics) -> bool {
        let mut touched = Questions::NONE;
        match (self, tags::value(claim, semantics, &mut touched)) {
            (Self::Fine, Ok(_)) | (Self::Fault, Err(_)) | (Self::Nothing, Ok(None)) | (Self::Value, Ok(Some(_))) => {
                true
            }
            (Self::ValueOtherThan(other), Ok(Some(value))) => *value != **other,
            _ => false,
        }
    }
}

/// A test of a condition.
#[derive(Debug)]
pub(crate) enum Atom {
    Test(String, Test),
    Present(String),
}

impl Atom {
    pub(crate) fn claim(&self) -> &str {
        match self {
            Self::Test(claim, _) | Self::Present(claim) => claim,
        }
    }
}

/// An atom that must, or must not, hold.
pub(crate) type Term = (usize, bool);

/// What is asked of the claims.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    /// Which case decides, for each side.
    pub(crate) targets: Vec<usize>,
    /// What tags' claims must come to: claim, side, what.
    pub(crate) wants: Vec<(usize, usize, Want)>,
    pub(crate) terms: Vec<Term>,
}

/// All requests of one login.
#[derive(Debug)]
pub(crate) struct Space<'e> {
    pub(crate) sides: Vec<Side<'e>>,
    pub(crate) names: Vec<String>,
    domains: Vec<Domain>,
    /// Claims that must be there, and those that must not.
    forced: BTreeSet<usize>,
    banned: BTreeSet<usize>,
    atoms: &'e [Atom],
    atom_claims: Vec<usize>,
}

/// Which login a space is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spot {
    /// The provider's key, as each side names it; `None` for guests.
    pub(crate) keys: Vec<Option<ProviderKey>>,
    /// Claims with fixed values.
    pub(crate) given: Vec<(String, String)>,
    /// Whether the token has a `user_id`; `None` where that does not matter (P2).
    pub(crate) user_id: Option<bool>,
}

/// What is known besides the pools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'k> {
    pub(crate) groups: &'k [Group],
    /// All roles of all configurations in question.
    pub(crate) roles: &'k BTreeSet<String>,
}

/// The claim that Login with Amazon's access token names the user by.
const USER_ID: &str = "user_id";

impl<'e> Space<'e> {
    /// The space of a login on one or several configurations; `None` where one of them does not know the login.
    pub(crate) fn new(
        evaluators: &[&'e Evaluator],
        spot: &Spot,
        customs: &[Option<&str>],
        known: Known<'_>,
        atoms: &'e [Atom],
    ) -> Option<Self> {
        let mut names: Vec<String> = Vec::new();
        let mut sides = Vec::new();
        for (n, evaluator) in evaluators.iter().enumerate() {
            let key = spot.keys.get(n)?.as_ref();
            let custom = customs.get(n).copied().flatten();
            sides.push(side(evaluator, key, spot, custom, known, &mut names)?);
        }
        let atom_claims = atoms.iter().map(|atom| intern(&mut names, atom.claim())).collect();
        let given: Vec<usize> = spot.given.iter().map(|(name, _)| intern(&mut names, name)).collect();
        let user_id = spot.user_id.map(|_| intern(&mut names, USER_ID));
        for side in &mut sides {
            side.by_claim = vec![Vec::new(); names.len()];
            for (at, case) in side.cases.iter().enumerate() {
                if let Some(cases) = side.by_claim.get_mut(case.claim) {
                    cases.push(at);
                }
            }
        }
        let mut forced: BTreeSet<usize> = given.into_iter().collect();
        let mut banned = BTreeSet::new();
        match (spot.user_id, user_id) {
            (Some(true), Some(claim)) => {
                forced.insert(claim);
            }
            (Some(false), Some(claim)) => {
                banned.insert(claim);
            }
            _ => {}
        }
        let domains =
            names.iter().enumerate().map(|(claim, name)| domain(claim, name, &sides, spot, known, atoms)).collect();
        Some(Self { sides, names, domains, forced, banned, atoms, atom_claims })
    }

    /// Finds the claims of a request that ends as asked. They have been put to the evaluators of all sides.
    pub(crate) fn find(&self, ask: &Ask) -> Found<Claims<'static>> {
        let found = self.claims_for(ask, |_| true);
        let Found::Yes(claims) = &found else { return found };
        let is_rejected = |n: usize| ask.wants.iter().any(|(_, side, want)| *side == n && *want == Want::Fault);
        let mut sides = self.sides.iter().zip(&ask.targets).enumerate();
        let replays = sides.all(|(n, (side, target))| side.replays(claims, *target, is_rejected(n)));
        if replays { found } else { Found::Undecided(NotDecided::Replay) }
    }

    /// The claims that put a request at the targets if, of the cases before them, only those that `counts` names are there.
    pub(crate) fn claims_for(&self, ask: &Ask, counts: impl Fn(usize) -> bool) -> Found<Claims<'static>> {
        let mut claims = Claims::default();
        let mut undecided = None;
        for claim in self.visited(ask) {
            let mut cases = Vec::new();
            for (n, (side, target)) in self.sides.iter().zip(&ask.targets).enumerate() {
                let reached = side.cases_of(claim).iter().take_while(|at| *at <= target);
                cases.extend(reached.filter(|at| *at == target || counts(**at)).map(|at| (n, *at, at == target)));
            }
            match self.value_of(claim, &cases, ask) {
                Found::Yes(None) => {}
                Found::Yes(Some(value)) => {
                    if let Some(name) = self.names.get(claim) {
                        claims.set(name.clone(), value);
                    }
                }
                Found::No => return Found::No,
                Found::Undecided(why) => undecided = Some(why),
            }
        }
        undecided.map_or(Found::Yes(claims), Found::Undecided)
    }

    /// The claims that cannot just be left out.
    fn visited(&self, ask: &Ask) -> BTreeSet<usize> {
        let positives =
            self.sides.iter().zip(&ask.targets).filter_map(|(side, at)| side.cases.get(*at)).map(|case| case.claim);
        let tags = ask.wants.iter().map(|(claim, ..)| *claim);
        let terms = ask.terms.iter().filter_map(|(atom, _)| self.atom_claims.get(*atom).copied());
        positives.chain(tags).chain(terms).chain(self.forced.iter().copied()).collect()
    }

    /// A value for one claim, `None` meaning that it is left out. `cases` are sides' cases on this claim that must, or must not, hold.
    pub(crate) fn value_of(
        &self,
        claim: usize,
        cases: &[(usize, usize, bool)],
        ask: &Ask,
    ) -> Found<Option<Claim<'static>>> {
        let mut literals: Vec<Literal<'_>> = Vec::new();
        let mut specials: Vec<(&CaseTest, bool)> = Vec::new();
        let mut must_be = self.forced.contains(&claim);
        for (side, at, holds) in cases.iter().copied() {
            let Some(side) = self.sides.get(side) else { continue };
            let Some(case) = side.cases.get(at) else { continue };
            must_be |= holds;
            match &case.test {
                CaseTest::Rule(test) => literals.push(Literal { test, semantics: side.evaluator.semantics(), holds }),
                CaseTest::Exact(test) => literals.push(Literal { test, semantics: &EXACT, holds }),
                special => specials.push((special, holds)),
            }
        }
        let mut must_not_be = self.banned.contains(&claim);
        for (atom, holds) in &ask.terms {
            match self.atoms.get(*atom) {
                Some(Atom::Test(_, test)) if self.atom_claims.get(*atom) == Some(&claim) => {
                    if let Some(side) = self.sides.first() {
                        literals.push(Literal { test, semantics: side.evaluator.semantics(), holds: *holds });
                        must_be |= holds;
                    }
                }
                Some(Atom::Present(_)) if self.atom_claims.get(*atom) == Some(&claim) => {
                    must_be |= holds;
                    must_not_be |= !holds;
                }
                _ => {}
            }
        }
        let wants: Vec<(&Semantics, &Want)> = ask
            .wants
            .iter()
            .filter(|(tagged, ..)| *tagged == claim)
            .filter_map(|(_, side, want)| Some((self.sides.get(*side)?.evaluator.semantics(), want)))
            .collect();
        let met = |value: Option<&Claim<'_>>| wants.iter().all(|(semantics, want)| want.is_met(value, semantics));
        if must_be && must_not_be {
            return Found::No;
        }
        if !must_be && met(None) {
            return Found::Yes(None);
        }
        let Some(domain) = self.domains.get(claim).filter(|_| !must_not_be) else { return Found::No };
        // The identical test cannot both hold and not hold; most questions about two like configurations end here.
        let contradicts = |holding: &Literal<'_>| {
            literals.iter().any(|other| {
                !other.holds
                    && other.test.match_type() == holding.test.match_type()
                    && other.test.value() == holding.test.value()
                    && other.semantics == holding.semantics
            })
        };
        if literals.iter().filter(|literal| literal.holds).any(contradicts) {
            return Found::No;
        }
        let accept = |value: &Claim<'_>| {
            met(Some(value))
                && specials.iter().all(|(test, holds)| test.holds(value) == *holds)
                && self.may_be(claim, value)
        };
        let is_picky = !wants.is_empty() || !specials.is_empty();
        let question = Question { literals: &literals, domain, accept: &accept, is_picky };
        match question.solve() {
            Found::Yes(value) => Found::Yes(Some(value)),
            Found::No => Found::No,
            Found::Undecided(why) => Found::Undecided(why),
        }
    }

    /// Whether a value leaves the login what it is: an ID token of this client (L1, Q5).
    fn may_be(&self, claim: usize, value: &Claim<'_>) -> bool {
        let Some(name @ ("token_use" | "aud")) = self.names.get(claim).map(String::as_str) else { return true };
        let mut claims = Claims::default();
        claims.set(name, value.clone());
        self.sides.iter().all(|side| {
            let Some(key) = &side.key else { return true };
            if name == "token_use" {
                return key.kind() != ProviderKind::UserPool || value.as_text() != Some("access");
            }
            let without = Claims::default();
            let mapping = |claims: &Claims<'_>| {
                side.evaluator.login(Some(key), claims, TokenForm::Claims).ok().map(|login| login.mapping)
            };
            key.kind() != ProviderKind::UserPool || mapping(&claims) == mapping(&without)
        })
    }
}

impl Side<'_> {
    /// What the evaluator says of these claims.
    pub(crate) fn decide<T>(&self, claims: &Claims<'_>, read: impl FnOnce(&Decision<'_>) -> T) -> Option<T> {
        let logins: Vec<Login<'_>> = match &self.key {
            Some(key) => vec![self.evaluator.login(Some(key), claims, TokenForm::Claims).ok()?],
            None => Vec::new(),
        };
        Some(read(&self.evaluator.evaluate(&Request::of(&logins).choosing(self.custom.as_deref()))))
    }

    /// Whether the evaluator agrees that this case decides.
    fn replays(&self, claims: &Claims<'_>, target: usize, is_rejected: bool) -> bool {
        let agrees = |decision: &Decision<'_>| {
            let reason = decision.denial().map(Denial::reason);
            let rule = self.cases.get(target).and_then(|case| case.rule);
            let right_rule =
                rule.is_none() || decision.source().and_then(crate::Source::rule) == rule || self.custom.is_some();
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
static EXACT: std::sync::LazyLock<Semantics> = std::sync::LazyLock::new(Semantics::default);

fn intern(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

/// One side: its cases in order, what comes after them, its tags.
fn side<'e>(
    evaluator: &'e Evaluator,
    key: Option<&ProviderKey>,
    spot: &Spot,
    custom: Option<&str>,
    known: Known<'_>,
    names: &mut Vec<String>,
) -> Option<Side<'e>> {
    let mut side = Side {
        evaluator,
        key: key.cloned(),
        custom: custom.map(str::to_owned),
        cases: Vec::new(),
        otherwise: End::Deny(""),
        tags: BTreeMap::new(),
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
    let login = evaluator.login(Some(key), &claims, TokenForm::Claims).ok()?;
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
                for (at, rule) in rules.iter().enumerate() {
                    let chosen = custom.is_none_or(|custom| {
                        semantics.rules_custom_role() == RulesCustomRole::MatchingRule
                            && rule.role_arn.as_str() == custom
                    });
                    if chosen {
                        side.cases.push(Case {
                            claim: intern(names, &rule.claim),
                            test: CaseTest::Rule(Test::new(rule.match_type, &rule.value)),
                            end: End::Role(rule.role_arn.0.clone()),
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
            side.tags.insert(key.to_owned(), intern(names, claim));
        }
    }
    Some(side)
}

fn end_of(decision: &Decision<'_>) -> End {
    match (decision.role(), decision.denial()) {
        (Some(role), _) => End::Role(role.to_owned()),
        (None, denial) => End::Deny(denial.map_or("", Denial::reason)),
    }
}

/// Section 3 as cases: the preferred role, one that is known or any other; then the sole role, where it counts.
fn token_cases(side: &mut Side<'_>, semantics: &Semantics, known: Known<'_>, names: &mut Vec<String>) {
    let mut push = |name: &str, test: CaseTest, end: End| {
        let claim = intern(names, name);
        side.cases.push(Case { claim, test, end, rule: None });
    };
    if let Some(custom) = &side.custom {
        push(ROLES, CaseTest::Has(custom.clone()), End::Role(custom.clone()));
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
fn saml_cases(side: &mut Side<'_>, known: Known<'_>, names: &mut Vec<String>) {
    let claim = intern(names, saml::ROLE_ATTRIBUTE);
    let mut push = |test: CaseTest, end: End| side.cases.push(Case { claim, test, end, rule: None });
    for role in known.roles {
        push(CaseTest::SamlOne(Some(role.clone())), End::Role(role.clone()));
    }
    push(CaseTest::SamlOne(None), End::Named);
    match side.custom.clone() {
        Some(custom) => {
            push(CaseTest::SamlHas(custom.clone()), End::Role(custom));
            push(CaseTest::SamlSeveral, End::Deny("custom-role-not-allowed"));
        }
        None => push(CaseTest::SamlSeveral, End::Deny("custom-role-required")),
    }
}

/// The values that a claim may have (see `docs/analysis.md`).
fn domain(claim: usize, name: &str, sides: &[Side<'_>], spot: &Spot, known: Known<'_>, atoms: &[Atom]) -> Domain {
    let cases = || sides.iter().flat_map(|side| side.cases_of(claim).iter().filter_map(|at| side.cases.get(*at)));
    let mut values: Vec<&str> = cases().map(|case| case.test.key().2).collect();
    values.extend(atoms.iter().filter_map(|atom| match atom {
        Atom::Test(of, test) if of == name => Some(test.value()),
        _ => None,
    }));
    if name == "aud" {
        let mappings = sides.iter().flat_map(|side| side.evaluator.pool().role_mappings.keys());
        values.extend(mappings.filter_map(ProviderKey::client));
    }
    let fresh = Fresh::unlike(values.iter().copied());
    let has_exact = cases().any(|case| matches!(case.test, CaseTest::Exact(_)));
    let has_special = cases().any(|case| !matches!(case.test, CaseTest::Rule(_) | CaseTest::Exact(_)));
    let is_always_array = name == GROUPS || name == ROLES;
    let mut domain = Domain {
        only: only(name, spot),
        strings: !is_always_array && name != saml::ROLE_ATTRIBUTE,
        arrays: name != "aud" && name != saml::ROLE_ATTRIBUTE && !has_exact,
        familiar: match name {
            GROUPS => known.groups.iter().map(|group| group.name.clone()).collect(),
            ROLES => known.groups.iter().filter_map(|group| Some(group.role_arn.as_ref()?.0.clone())).collect(),
            _ => Vec::new(),
        },
        more: Vec::new(),
        is_open: has_special && cases().any(|case| matches!(case.test, CaseTest::Rule(_) | CaseTest::Exact(_))),
        fresh,
    };
    for case in cases() {
        let pair = |role: &str| format!("{role},arn:aws:iam::111122223333:saml-provider/{}", fresh.legal);
        let other = || fresh.legal.to_string();
        match &case.test {
            CaseTest::Sole(role) => domain.more.push(Claim::texts([role.clone().unwrap_or_else(other)])),
            CaseTest::Has(role) => domain.more.push(Claim::texts([role.clone()])),
            CaseTest::SamlOne(role) => domain.more.push(pair(role.as_deref().unwrap_or(&other())).into()),
            CaseTest::SamlHas(role) => domain.more.push(Claim::texts([pair(role), pair(&other())])),
            CaseTest::SamlSeveral => domain.more.push(Claim::texts([pair(&other()), pair(&other().repeat(2))])),
            CaseTest::Rule(_) | CaseTest::Exact(_) => {}
        }
    }
    domain
}

/// The values of a claim that has only a few: what the request fixes, and what makes it this login (L2, Q5).
fn only(name: &str, spot: &Spot) -> Option<Vec<Claim<'static>>> {
    if let Some((_, value)) = spot.given.iter().find(|(given, _)| given == name) {
        return Some(vec![value.clone().into()]);
    }
    let keys = || spot.keys.iter().flatten();
    match name {
        "iss" => {
            let strict = keys().find(|key| {
                matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Oidc)
                    && !ProviderKey::of_kind(key.kind(), key.login_key()).is_symbolic()
            })?;
            let key = strict.login_key();
            let newer = (strict.kind() == ProviderKind::UserPool).then(|| format!("https://issuer-{key}"));
            let issuers = [format!("https://{key}"), key.to_owned()].into_iter().chain(newer);
            Some(issuers.map(Claim::from).collect())
        }
        "aud" => {
            let client = keys()
                .filter(|key| key.kind() == ProviderKind::UserPool)
                .find_map(|key| key.client().filter(|client| !client.contains("${")))?;
            Some(vec![client.to_owned().into(), Claim::texts([client.to_owned()])])
        }
        _ => None,
    }
}

/// All roles that a pool and its groups name.
pub(crate) fn roles_of(pool: &IdentityPool, groups: &[Group]) -> BTreeSet<String> {
    let defaults = [&pool.roles.authenticated, &pool.roles.unauthenticated].into_iter().flatten();
    let rules = pool.role_mappings.values().flat_map(|mapping| mapping.mapping_rules()).map(|rule| &rule.role_arn);
    let groups = groups.iter().filter_map(|group| group.role_arn.as_ref());
    defaults.chain(rules).chain(groups).map(|role| role.0.clone()).collect()
}

/// The variants of a login that differ in what its default tags are made from (P2).
pub(crate) fn variants(spot: Spot, evaluators: &[&Evaluator]) -> Vec<Spot> {
    let is_amazon = spot.keys.iter().flatten().any(|key| key.kind() == ProviderKind::Amazon);
    let defaults =
        || evaluators.iter().flat_map(|evaluator| evaluator.pool().principal_tags.values()).any(|map| map.use_defaults);
    if is_amazon && defaults() {
        vec![Spot { user_id: Some(false), ..spot.clone() }, Spot { user_id: Some(true), ..spot }]
    } else {
        vec![spot]
    }
}

/// The app clients that a pool's own list of providers has for a login, where it has a list.
pub(crate) fn listed_clients<'p>(pool: &'p IdentityPool, key: &ProviderKey) -> Option<Vec<&'p str>> {
    let providers = pool.providers.as_ref()?;
    let of_login = providers.iter().filter(|provider| fits(provider.provider_name.login_key(), key.login_key()));
    Some(of_login.filter_map(|provider| provider.client_id.as_deref()).collect())
}

/// Whether an open question is answered alike on both sides; where it is, identical tests are one test.
pub(crate) fn compare_alike(a: &Semantics, b: &Semantics) -> bool {
    [Open::ArrayClaims, Open::NonStringClaims, Open::LetterCase]
        .into_iter()
        .all(|open| a.choice(open) == b.choice(open))
}

/// For each case of one side, the first identical case of the other. That one holds whenever it does, so nothing later can decide there.
pub(crate) fn twins(a: &Side<'_>, b: &Side<'_>) -> Vec<usize> {
    let mut first: BTreeMap<(usize, (u8, Option<MatchType>, &str)), usize> = BTreeMap::new();
    for (at, case) in b.cases.iter().enumerate() {
        first.entry((case.claim, case.test.key())).or_insert(at);
    }
    let twin = |case: &Case| first.get(&(case.claim, case.test.key())).copied().unwrap_or(usize::MAX);
    a.cases.iter().map(twin).collect()
}
