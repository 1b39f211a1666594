//! All requests of one login, on one configuration or on two at once: what decides, and which claims lead where.
//!
//! A mapping is a list of *cases*, each a test of one claim, and the first that holds decides. So "case *k* decides" asks of case *k*'s
//! claim that it pass one test and fail the earlier tests of the same claim. Other claims are left out, since an absent claim passes no
//! test (R2, R3). With two configurations, each adds its case. Claims never depend on each other, so each is solved by itself.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::domain::domain;
use super::side::{CaseTest, EXACT, Side, USER_ID, side};
use super::solve::{Domain, Found, Literal, NotDecided, Question};
use super::work::Work;
use crate::claims::{Claim, Claims};
use crate::json::JsonLimits;
use crate::login::TokenForm;
use crate::matching::Test;
use crate::names::Names;
use crate::pool::{Group, IdentityPool, RoleArn, RoleMapping};
use crate::provider::{ProviderKey, ProviderKind, fits};
use crate::semantics::{Question as Open, Questions, Semantics};
use crate::{Evaluator, tags};

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
    /// Whether no claim can be both under the same choices.
    fn excludes(&self, other: &Self) -> bool {
        match self {
            Self::Fault => *other != Self::Fault,
            Self::Nothing => matches!(other, Self::Value | Self::ValueOtherThan(_)),
            Self::Fine | Self::Value | Self::ValueOtherThan(_) => false,
        }
    }

    pub(crate) fn is_met(&self, claim: Option<&Claim<'_>>, semantics: &Semantics) -> bool {
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
    Test(String, Box<Test>),
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

/// What claims must come to as tags: of each claim, on which side and what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wants(BTreeMap<usize, Vec<(usize, Want)>>);

impl Wants {
    fn of(&self, claim: usize) -> &[(usize, Want)] {
        self.0.get(&claim).map(Vec::as_slice).unwrap_or_default()
    }
}

impl FromIterator<(usize, usize, Want)> for Wants {
    fn from_iter<I: IntoIterator<Item = (usize, usize, Want)>>(wants: I) -> Self {
        let mut all = Self::default();
        for (claim, side, want) in wants {
            all.0.entry(claim).or_default().push((side, want));
        }
        all
    }
}

/// What is asked of the claims.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    /// Which case decides, for each side.
    pub(crate) targets: Vec<usize>,
    /// The sides whose tags must not be rejected: each claim comes to a value, or to nothing.
    pub(crate) fine: Vec<usize>,
    /// What else tags' claims must come to.
    pub(crate) wants: Wants,
    pub(crate) terms: Vec<Term>,
}

/// All requests of one login.
#[derive(Debug)]
pub(crate) struct Space<'e> {
    pub(crate) sides: Vec<Side<'e>>,
    pub(crate) names: Vec<String>,
    pub(crate) domains: Vec<Domain<'e>>,
    /// Claims that must be there, and those that must not.
    forced: BTreeSet<usize>,
    banned: BTreeSet<usize>,
    atoms: &'e [Atom],
    atom_claims: Vec<usize>,
    pub(crate) work: &'e Work,
}

/// What is asked of one claim.
pub(crate) struct Posed<'p> {
    literals: Vec<Literal<'p>>,
    specials: Vec<(&'p CaseTest<'p>, bool)>,
    wants: Vec<(&'p Semantics, &'p Want)>,
    must_be: bool,
    must_not_be: bool,
}

impl Posed<'_> {
    /// Whether a value, or its absence, is what is asked.
    pub(crate) fn accepts(&self, value: Option<&Claim<'_>>) -> bool {
        match value {
            None => !self.must_be && self.wants.iter().all(|(semantics, want)| want.is_met(None, semantics)),
            Some(value) => {
                !self.must_not_be
                    && self.literals.iter().all(|literal| literal.accepts(value))
                    && self.accepts_beside_tests(value)
            }
        }
    }

    fn accepts_beside_tests(&self, value: &Claim<'_>) -> bool {
        self.wants.iter().all(|(semantics, want)| want.is_met(Some(value), semantics))
            && self.specials.iter().all(|(test, holds)| test.holds(value) == *holds)
    }

    /// Whether one and the same test must hold and must not, or the claim must and must not do as a tag; most questions about two like
    /// configurations end here.
    fn contradicts_itself(&self) -> bool {
        let contradicts = |holding: &Literal<'_>| {
            self.literals.iter().any(|other| {
                !other.holds
                    && other.test.match_type() == holding.test.match_type()
                    && other.test.value() == holding.test.value()
                    && other.semantics == holding.semantics
            })
        };
        let alike = |a: &Semantics, b: &Semantics| {
            [Open::TagMissingClaim, Open::TagNonStringClaim, Open::TagInvalidValue]
                .into_iter()
                .all(|open| a.choice(open) == b.choice(open))
        };
        let disagree =
            |(a, one): &(&Semantics, &Want)| self.wants.iter().any(|(b, other)| alike(a, b) && one.excludes(other));
        self.literals.iter().filter(|literal| literal.holds).any(contradicts) || self.wants.iter().any(disagree)
    }
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

impl Spot {
    /// Whether it is about guests, who have no login.
    pub(crate) fn is_guest(&self) -> bool {
        self.keys.iter().all(Option::is_none)
    }
}

/// What is known besides the pools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'k> {
    pub(crate) groups: &'k [Group],
    /// All roles of all configurations in question.
    pub(crate) roles: &'k BTreeSet<Arc<str>>,
    /// How much has been done.
    pub(crate) work: &'k Work,
}

/// The steps that a case or a claim of a space counts for: it takes about as long to set up as so many tests take to be asked for.
const COST_OF_CASE: usize = 16;
/// The same of a tag on one side.
const COST_OF_TAG: usize = 48;
/// The cases of a claim that a search for its value begins with. A mapping that AWS takes has no more.
const FIRST_CASES: usize = 32;

impl<'e> Space<'e> {
    /// The space of a login on one or several configurations; `None` where one of them does not know the login.
    pub(crate) fn new(
        evaluators: &[&'e Evaluator],
        spot: &Spot,
        customs: &[Option<&str>],
        known: Known<'e>,
        atoms: &'e [Atom],
    ) -> Option<Self> {
        let mut names = Names::default();
        let mut sides = Vec::new();
        for (n, evaluator) in evaluators.iter().enumerate() {
            let key = spot.keys.get(n)?.as_ref();
            let custom = customs.get(n).copied().flatten();
            sides.push(side(evaluator, key, spot, custom, known, &mut names)?);
        }
        let atom_claims = atoms.iter().map(|atom| names.insert(atom.claim())).collect();
        let given: Vec<usize> = spot.given.iter().map(|(name, _)| names.insert(name)).collect();
        let user_id = spot.user_id.map(|_| names.insert(USER_ID));
        let names: Vec<String> = names.iter().map(str::to_owned).collect();
        for side in &mut sides {
            side.by_claim = vec![Vec::new(); names.len()];
            for (at, case) in side.cases.iter().enumerate() {
                if let Some(cases) = side.by_claim.get_mut(case.claim) {
                    cases.push(at);
                }
            }
        }
        let cases: usize = sides.iter().map(|side: &Side<'_>| side.cases.len()).sum();
        let tags: usize = sides.iter().map(|side: &Side<'_>| side.tags.len()).sum();
        known.work.add(COST_OF_CASE * (cases + names.len() + 8) + COST_OF_TAG * tags);
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
        Some(Self { sides, names, domains, forced, banned, atoms, atom_claims, work: known.work })
    }

    /// Finds the claims of a request that ends as asked. They have been put to the evaluators of all sides.
    pub(crate) fn find(&self, ask: &Ask) -> Found<Claims<'static>> {
        let found = self.claims_for(ask);
        let Found::Yes(claims) = &found else { return found };
        let is_rejected = |n: usize| ask.wants.0.values().flatten().any(|want| *want == (n, Want::Fault));
        let mut sides = self.sides.iter().zip(&ask.targets).enumerate();
        let replays = sides.all(|(n, (side, target))| {
            self.work.add(side.steps(claims, &self.names, *target));
            side.replays(claims, *target, is_rejected(n))
        });
        if replays { found } else { Found::Undecided(NotDecided::Replay) }
    }

    fn claims_for(&self, ask: &Ask) -> Found<Claims<'static>> {
        self.claims_with(ask, |claim| {
            let mut cases = Vec::new();
            for (n, (side, target)) in self.sides.iter().zip(&ask.targets).enumerate() {
                let reached = side.cases_of(claim).iter().take_while(|at| *at <= target);
                cases.extend(reached.map(|at| (n, *at, at == target)));
            }
            cases
        })
    }

    /// The claims that put a request at the target of the first side if, of the cases before it, there were only these.
    pub(crate) fn claims_past(&self, ask: &Ask, before: &BTreeSet<usize>) -> Found<Claims<'static>> {
        self.claims_with(ask, |claim| {
            let (Some(side), Some(target)) = (self.sides.first(), ask.targets.first()) else { return Vec::new() };
            let is_of_claim = |at: &usize| side.cases.get(*at).is_some_and(|case| case.claim == claim);
            let cases = before.iter().chain([target]).copied().filter(is_of_claim);
            cases.map(|at| (0, at, at == *target)).collect()
        })
    }

    /// A value for each claim that cannot just be left out, given the cases of it that must, or must not, hold.
    fn claims_with(&self, ask: &Ask, cases_of: impl Fn(usize) -> Vec<(usize, usize, bool)>) -> Found<Claims<'static>> {
        if self.work.is_over() {
            return Found::Undecided(NotDecided::TooLarge);
        }
        let mut claims = Vec::new();
        let mut undecided = None;
        let needed = self.needed(ask);
        for claim in self.visited(ask) {
            if !needed.contains(&claim) && self.may_lack(claim, ask) {
                self.work.add(1);
                continue;
            }
            match self.value_of(claim, &cases_of(claim), ask) {
                Found::Yes(None) => {}
                Found::Yes(Some(value)) => {
                    claims.extend(self.names.get(claim).map(|name| (Cow::Owned(name.clone()), value)));
                }
                Found::No => return Found::No,
                Found::Undecided(why) => undecided = Some(why),
            }
        }
        match undecided {
            Some(why) => Found::Undecided(why),
            None if claims.len() > JsonLimits::CLAIMS.members => Found::Undecided(NotDecided::TooLarge),
            None => Found::Yes(Claims::of_members(claims)),
        }
    }

    /// The claims that cannot just be left out. Those of tags mostly can, and there may be very many.
    pub(super) fn visited(&self, ask: &Ask) -> BTreeSet<usize> {
        let sides = ask.fine.iter().filter_map(|side| self.sides.get(*side));
        let demanding = sides.filter(|side| !Want::Fine.is_met(None, side.evaluator.semantics()));
        let demanded = demanding.flat_map(|side| side.tag_claims.iter().copied());
        self.needed(ask).into_iter().chain(ask.wants.0.keys().copied()).chain(demanded).collect()
    }

    /// What a claim must come to as a tag, and on which side.
    fn wants_of<'p>(&'p self, claim: usize, ask: &'p Ask) -> impl Iterator<Item = (&'p Side<'e>, &'p Want)> {
        let fine = ask.fine.iter().map(|side| (side, &Want::Fine));
        let fine =
            fine.filter(move |(side, _)| self.sides.get(**side).is_some_and(|side| side.tag_claims.contains(&claim)));
        let all = fine.chain(ask.wants.of(claim).iter().map(|(side, want)| (side, want)));
        all.filter_map(|(side, want)| Some((self.sides.get(*side)?, want)))
    }

    /// The claims of which something else is asked than what they come to as tags.
    fn needed(&self, ask: &Ask) -> BTreeSet<usize> {
        let positives =
            self.sides.iter().zip(&ask.targets).filter_map(|(side, at)| side.cases.get(*at)).map(|case| case.claim);
        let terms = ask.terms.iter().filter_map(|(atom, _)| self.atom_claims.get(*atom).copied());
        positives.chain(terms).chain(self.forced.iter().copied()).collect()
    }

    /// Whether no tags ask for a claim to be there.
    fn may_lack(&self, claim: usize, ask: &Ask) -> bool {
        self.wants_of(claim, ask).all(|(side, want)| want.is_met(None, side.evaluator.semantics()))
    }

    /// A value for one claim, `None` meaning that it is left out. `cases` are sides' cases on this claim that must, or must not, hold.
    ///
    /// Of very many that must not hold hardly any matters. So the first are asked for, and of the others only those that hold of a value that
    /// was found: what they leave is a shortest value for all, and where it is none there is none.
    pub(crate) fn value_of(
        &self,
        claim: usize,
        cases: &[(usize, usize, bool)],
        ask: &Ask,
    ) -> Found<Option<Claim<'static>>> {
        self.work.add(cases.len());
        let mut asked = Vec::new();
        let mut others = Vec::new();
        for case in cases {
            if case.2 || asked.len() < FIRST_CASES { asked.push(*case) } else { others.push(*case) }
        }
        loop {
            if self.work.is_over() {
                return Found::Undecided(NotDecided::TooLarge);
            }
            let found = self.value_for(claim, &self.posed(claim, &asked, ask));
            let Found::Yes(Some(value)) = &found else { return found };
            let holds = |(side, at, _): &(usize, usize, bool)| {
                self.sides.get(*side).is_some_and(|side| {
                    self.work.add(side.steps_of_case(*at, value));
                    side.holds(*at, value)
                })
            };
            match others.iter().position(holds) {
                Some(other) => asked.push(others.swap_remove(other)),
                None => return found,
            }
        }
    }

    fn value_for(&self, claim: usize, posed: &Posed<'_>) -> Found<Option<Claim<'static>>> {
        if posed.must_be && posed.must_not_be {
            return Found::No;
        }
        if posed.accepts(None) {
            return Found::Yes(None);
        }
        match self.present_value(claim, posed) {
            Found::Yes(value) => Found::Yes(Some(value)),
            Found::No => Found::No,
            Found::Undecided(why) => Found::Undecided(why),
        }
    }

    /// A shortest value for a claim that has to be there.
    pub(crate) fn present_value(&self, claim: usize, posed: &Posed<'_>) -> Found<Claim<'static>> {
        self.with_question(claim, posed, |question| Some(question.solve())).unwrap_or(Found::No)
    }

    /// What a token has, an array, with as few elements gone and added as will do; `None` where that is not known to help.
    pub(crate) fn edited_array(&self, claim: usize, posed: &Posed<'_>, had: &[Claim<'_>]) -> Option<Claim<'static>> {
        self.with_question(claim, posed, |question| question.edited(had))
    }

    fn with_question<T>(
        &self,
        claim: usize,
        posed: &Posed<'_>,
        ask: impl FnOnce(&Question<'_>) -> Option<T>,
    ) -> Option<T> {
        if posed.must_not_be || posed.contradicts_itself() {
            return None;
        }
        let domain = self.domains.get(claim)?;
        let accept = |value: &Claim<'_>| {
            self.work.add(posed.specials.len());
            posed.accepts_beside_tests(value) && self.may_be(claim, value)
        };
        let is_picky = !posed.wants.is_empty()
            || !posed.specials.is_empty()
            // The first text of an array says for whom the token is (Q5).
            || self.names.get(claim).is_some_and(|name| name == "aud");
        ask(&Question { literals: &posed.literals, domain, accept: &accept, is_picky, work: self.work })
    }

    /// What is asked of one claim, of all that is asked.
    pub(crate) fn posed<'p>(&'p self, claim: usize, cases: &[(usize, usize, bool)], ask: &'p Ask) -> Posed<'p> {
        self.work.add(cases.len() + 1);
        let mut posed = Posed {
            literals: Vec::new(),
            specials: Vec::new(),
            wants: Vec::new(),
            must_be: self.forced.contains(&claim),
            must_not_be: self.banned.contains(&claim),
        };
        for (side, at, holds) in cases.iter().copied() {
            let Some(side) = self.sides.get(side) else { continue };
            let Some(case) = side.cases.get(at) else { continue };
            posed.must_be |= holds;
            match &case.test {
                CaseTest::Rule(test) => {
                    posed.literals.push(Literal { test, semantics: side.evaluator.semantics(), holds });
                }
                CaseTest::Exact(test) => posed.literals.push(Literal { test, semantics: &EXACT, holds }),
                special => posed.specials.push((special, holds)),
            }
        }
        // What must hold is met by fewer values, so it is asked first.
        posed.specials.sort_by_key(|(_, holds)| !holds);
        for (atom, holds) in &ask.terms {
            match self.atoms.get(*atom) {
                Some(Atom::Test(_, test)) if self.atom_claims.get(*atom) == Some(&claim) => {
                    if let Some(side) = self.sides.first() {
                        posed.literals.push(Literal { test, semantics: side.evaluator.semantics(), holds: *holds });
                        posed.must_be |= holds;
                    }
                }
                Some(Atom::Present(_)) if self.atom_claims.get(*atom) == Some(&claim) => {
                    posed.must_be |= holds;
                    posed.must_not_be |= !holds;
                }
                _ => {}
            }
        }
        posed.wants.extend(self.wants_of(claim, ask).map(|(side, want)| (side.evaluator.semantics(), want)));
        posed
    }

    /// Whether a value leaves the login what it is: an ID token of this client (L1, Q5).
    fn may_be(&self, claim: usize, value: &Claim<'_>) -> bool {
        if self.forced.contains(&claim) {
            return true;
        }
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

/// All roles that a pool and its groups name.
pub(crate) fn roles_of(pool: &IdentityPool, groups: &[Group]) -> BTreeSet<Arc<str>> {
    let defaults = [&pool.roles.authenticated, &pool.roles.unauthenticated].into_iter().flatten();
    let rules = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| &rule.role_arn);
    let groups = groups.iter().filter_map(|group| group.role_arn.as_ref());
    defaults.chain(rules).chain(groups).map(RoleArn::shared_text).collect()
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
