//! Which requests get which role: every role and every rule, live with a shortest witness or dead with what blocks it (`who`).

mod json;
mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::side::End;
use super::solve::{Found, NotDecided};
use super::space::{Ask, Known, Space, Spot, roles_of, variants};
use super::when::{Alternative, alternatives};
use super::witness::Witness;
use super::work::Work;
use crate::groups::{GROUPS, GroupClaims, PREFERRED_ROLE, ROLES};
use crate::login::{Login, TokenForm};
use crate::pool::{Group, IdentityPool, RoleArn};
use crate::provider::{ProviderKey, fits};
use crate::read::{Problem, Surroundings};
use crate::user_pool::groups_of;
use crate::{Claims, Evaluator, Request, RoleMappingType, Source, text};
use visit::{Visit, Ways};

/// Whether something can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can, and this request shows it.
    Live(Witness),
    /// It cannot; proved.
    Dead,
    /// Nobody can tell, and this is why.
    NotDecided(NotDecided),
}

impl Verdict {
    /// The request that shows it.
    #[must_use]
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Self::Live(witness) => Some(witness),
            Self::Dead | Self::NotDecided(_) => None,
        }
    }

    /// Whether it can happen; `None` where that is not decided.
    #[must_use]
    pub fn is_live(&self) -> Option<bool> {
        match self {
            Self::Live(_) => Some(true),
            Self::Dead => Some(false),
            Self::NotDecided(_) => None,
        }
    }

    /// Adds another way in which it may happen: the smaller witness counts, and any witness more than doubt.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Live(a), Self::Live(b)) => Self::Live(if b.cmp_size(&a).is_lt() { b } else { a }),
            (Self::Live(witness), _) | (_, Self::Live(witness)) => Self::Live(witness),
            (Self::NotDecided(why), _) | (_, Self::NotDecided(why)) => Self::NotDecided(why),
            (Self::Dead, Self::Dead) => Self::Dead,
        }
    }
}

/// What can be reached in one identity pool under one set of choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Every role of the pool and of its groups, by name.
    pub roles: Vec<RoleReach>,
    /// Every rule of every mapping, in order.
    pub rules: Vec<RuleReach>,
    /// What a login without a mapping gets (S3).
    pub unmapped: Unmapped,
    /// Which known groups lead to which role.
    pub groups: Vec<GroupSets>,
    /// Which values were considered for each claim that decides something.
    pub domain: BTreeMap<String, &'static str>,
    /// What decides whether the role for guests is given to guests, where that is not known: nothing here counts them.
    pub guests_depend_on: Option<String>,
}

/// One role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleReach {
    /// The role, as written.
    pub role: Arc<str>,
    /// Whether a request that chooses no role gets it.
    pub verdict: Verdict,
    /// What gives it.
    pub by: Vec<Way>,
    /// Whether a request that chooses it gets it. Only asked where no other request does.
    pub by_custom_role: Option<Verdict>,
    /// The exact condition, if it was asked for: alternatives, each by itself enough.
    pub when: Option<Vec<Alternative>>,
    /// Whether it takes a group, or a group's role, that is not among the known ones. Never where no groups are known.
    pub unknown_groups: bool,
}

/// One way to a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The mapping; `None` for guests.
    pub provider: Option<Arc<str>>,
    /// What gives the role.
    pub source: Source,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReach {
    /// The mapping's key.
    pub provider: Arc<str>,
    /// The rule's number, counted from 1.
    pub rule: usize,
    /// The rule's role.
    pub role: Arc<str>,
    /// Whether it decides some request that then gets its role.
    pub verdict: Verdict,
    /// A smallest set of earlier rules that together leave it nothing; none where it never matches at all.
    pub blocked_by: Vec<usize>,
    /// Whether it takes a group, or a group's role, that is not among the known ones. Never where no groups are known.
    pub unknown_groups: bool,
}

/// What a login without a mapping gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// The role, if any.
    pub role: Option<String>,
    /// The reason of the denial, if there is no role.
    pub deny: Option<&'static str>,
}

/// The smallest sets of known groups whose members get a role through one mapping, having no claims but those of their groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSets {
    /// The mapping's key.
    pub provider: Arc<str>,
    /// The role.
    pub role: Arc<str>,
    /// The sets, of at most two groups; none is part of another.
    pub sets: Vec<Vec<String>>,
}

/// Answers for all requests at once: each login that has a mapping, with its own client, and guests where they are allowed.
///
/// `groups` are the groups that are known. Witnesses use them where they can; other groups may exist.
#[must_use]
pub fn reach(evaluator: &Evaluator, groups: &[Group]) -> Reach {
    reach_of(evaluator, groups, &roles_of(evaluator.pool(), groups), &Work::default(), true, true)
}

/// As [`reach`], but for who blocks whom and for the witnesses of rules, which are empty, for several answers that together may take no more than
/// one.
pub(crate) fn reach_within(evaluator: &Evaluator, groups: &[Group], work: &Work) -> Reach {
    reach_of(evaluator, groups, &roles_of(evaluator.pool(), groups), work, false, false)
}

/// As [`reach`], for one role, with the exact condition. The role need not be one that the pool names.
#[must_use]
pub fn reach_role(evaluator: &Evaluator, groups: &[Group], role: &str) -> RoleReach {
    let mut all_roles = roles_of(evaluator.pool(), groups);
    all_roles.insert(role.into());
    let work = Work::default();
    let known = Known { groups, roles: &all_roles, work: &work };
    let found = reach_of(evaluator, groups, &all_roles, &Work::default(), false, false);
    let found = found.roles.into_iter().find(|known| *known.role == *role);
    let guests_are_known = evaluator.pool().guests_depend_on.is_none();
    let spots = spots(evaluator).into_iter().filter(|spot| guests_are_known || !spot.is_guest());
    let spots = spots.take_while(|_| !work.is_over());
    let spaces = spots.filter_map(|spot| {
        let space = Space::new(&[evaluator], &spot, &[None], known, &[])?;
        Some(alternatives(&space, role))
    });
    let mut when: Vec<Alternative> = spaces.flatten().collect();
    when.dedup();
    let nothing = RoleReach {
        role: role.into(),
        verdict: Verdict::Dead,
        by: Vec::new(),
        by_custom_role: None,
        when: None,
        unknown_groups: false,
    };
    let found = found.unwrap_or(nothing);
    if work.is_over() {
        return RoleReach { verdict: Verdict::NotDecided(NotDecided::TooLarge), ..found };
    }
    RoleReach { when: Some(when), ..found }
}

/// The role that a person means: an ARN, a reference, or a name that only one role of the pool has.
///
/// # Errors
/// A name that no role has (`Admn`), or that several have: the problem lists them.
pub fn find_role(
    pool: &IdentityPool,
    groups: &[Group],
    around: &Surroundings,
    written: &str,
) -> Result<String, Problem> {
    let roles = roles_of(pool, groups);
    let roles: Vec<RoleArn> = roles.iter().map(|role| RoleArn::from(&**role)).collect();
    let called: Vec<&RoleArn> = roles.iter().filter(|role| around.names_of(role).contains(&written)).collect();
    match called.as_slice() {
        [only] => Ok(only.as_str().to_owned()),
        [] if written.starts_with("arn:") => Ok(written.to_owned()),
        [] => {
            // The full ARNs would drown the names that people write.
            let names: BTreeSet<&str> =
                roles.iter().flat_map(|role| around.names_of(role)).filter(|name| !name.starts_with("arn:")).collect();
            Err(Problem::unknown("unknown-role", "role", written, names))
        }
        several => {
            let several = text::alternatives(several.iter().map(|role| role.as_str()));
            let message = format!("several roles are called {}: {several}", text::quoted(written));
            Err(Problem::new("ambiguous-role", message))
        }
    }
}

fn reach_of(
    evaluator: &Evaluator,
    groups: &[Group],
    all_roles: &BTreeSet<Arc<str>>,
    work: &Work,
    asks_who_blocks: bool,
    keeps_witnesses: bool,
) -> Reach {
    let known = Known { groups, roles: all_roles, work };
    let mut visit = Visit::new(known, asks_who_blocks, keeps_witnesses);
    let mut domain = BTreeMap::new();
    let spots = spots(evaluator);
    for spot in &spots {
        if work.is_over() {
            visit.pass_by(evaluator, spot);
            continue;
        }
        let Some(space) = Space::new(&[evaluator], spot, &[None], known, &[]) else { continue };
        note_domain(&space, !groups.is_empty(), &mut domain);
        visit.look(&space);
    }
    let Visit { mut ways, rules, passed_by, .. } = visit;
    let of_groups = known;
    let roles = all_roles
        .iter()
        .map(|role| {
            let Ways { verdict, known, by } = ways.remove(&**role).unwrap_or_default();
            let verdict = if passed_by { verdict.or(Verdict::NotDecided(NotDecided::TooLarge)) } else { verdict };
            let has_unknown = known.as_ref().is_some_and(|known| known.witness().is_none());
            let unknown_groups = verdict.witness().is_some() && has_unknown;
            // Among witnesses those of known groups count.
            let verdict = known.filter(|known| known.witness().is_some()).unwrap_or(verdict);
            let by_custom_role = (verdict.is_live() != Some(true)).then(|| custom(evaluator, &spots, of_groups, role));
            RoleReach { role: role.clone(), verdict, by, by_custom_role, when: None, unknown_groups }
        })
        .collect();
    let pool = evaluator.pool();
    Reach {
        roles,
        rules,
        unmapped: unmapped(evaluator),
        groups: group_sets(evaluator, groups),
        domain,
        guests_depend_on: pool.guests_depend_on.clone().filter(|_| pool.roles.unauthenticated.is_some()),
    }
}

/// Each login that has a mapping, and guests.
pub(crate) fn spots(evaluator: &Evaluator) -> Vec<Spot> {
    let pool = evaluator.pool();
    let guest = Spot { keys: vec![None], ..Spot::default() };
    let mapped = pool.role_mappings.keys().map(|key| Spot { keys: vec![Some(key.clone())], ..Spot::default() });
    mapped.flat_map(|spot| variants(spot, &[evaluator])).chain([guest]).collect()
}

/// Whether a request that chooses this role gets it.
fn custom(evaluator: &Evaluator, spots: &[Spot], known: Known<'_>, role: &str) -> Verdict {
    let mut verdict = Verdict::Dead;
    for spot in spots {
        if known.work.is_over() {
            return verdict.or(Verdict::NotDecided(NotDecided::TooLarge));
        }
        let Some(space) = Space::new(&[evaluator], spot, &[Some(role)], known, &[]) else { continue };
        let Some(side) = space.sides.first() else { continue };
        for target in 0..=side.cases.len() {
            if !matches!(side.end(target), End::Role(given) if **given == *role) {
                continue;
            }
            // Any of the role's rules will do, so none needs to be avoided.
            let ask = Ask { targets: vec![target], fine: vec![0], ..Ask::default() };
            verdict = verdict.or(match space.find(&ask).known_of(side) {
                Found::Yes(claims) => Verdict::Live(Witness {
                    provider: side.key.as_ref().map(ProviderKey::shared_text),
                    claims,
                    custom_role_arn: Some(role.to_owned()),
                }),
                Found::No => Verdict::Dead,
                Found::Undecided(why) => Verdict::NotDecided(why),
            });
        }
    }
    verdict
}

/// S3, and L3 where the pool lists its providers and each has a mapping.
fn unmapped(evaluator: &Evaluator) -> Unmapped {
    if has_mappings_for_all(evaluator.pool()) {
        return Unmapped { role: None, deny: Some("invalid-token") };
    }
    let nothing = Claims::default();
    let logins = [Login::unmapped(&nothing)];
    let decision = evaluator.evaluate(&Request::of(&logins));
    Unmapped { role: decision.role().map(str::to_owned), deny: decision.denial().map(crate::Denial::reason) }
}

/// Whether a pool lists its providers, and no login of these is without a mapping.
fn has_mappings_for_all(pool: &IdentityPool) -> bool {
    let Some(providers) = &pool.providers else { return false };
    let fit = |a: &str, b: &str| fits(a, b) || fits(b, a);
    let keys: BTreeSet<&str> = pool.role_mappings.keys().map(ProviderKey::as_str).collect();
    // Most are written alike; the others are looked for one by one.
    let logins: BTreeSet<(&str, Option<&str>)> =
        pool.role_mappings.keys().map(|key| (key.login_key(), key.client())).collect();
    let symbolic: Vec<&ProviderKey> = pool.role_mappings.keys().filter(|key| key.is_symbolic()).collect();
    let is_mapped = |login: &str, client: Option<&str>| {
        let is_fitting = |key: &ProviderKey| {
            fit(key.login_key(), login)
                && (key.client() == client || matches!((key.client(), client), (Some(a), Some(b)) if fit(a, b)))
        };
        logins.contains(&(login, client))
            || if login.contains("${") || client.is_some_and(|client| client.contains("${")) {
                pool.role_mappings.keys().any(is_fitting)
            } else {
                symbolic.iter().any(|key| is_fitting(key))
            }
    };
    pool.other_providers.iter().all(|known| keys.contains(known.as_str()))
        && providers.iter().all(|known| is_mapped(known.provider_name.login_key(), known.client_id.as_deref()))
}

/// The most sets of groups that are put to the evaluator for one mapping, and the most comparisons with rules for all mappings together.
const MOST_GROUP_SETS: usize = 5_000;
const MOST_GROUP_CHECKS: usize = 12_000_000;

fn group_sets(evaluator: &Evaluator, groups: &[Group]) -> Vec<GroupSets> {
    let mut found = Vec::new();
    if groups.is_empty() {
        return found;
    }
    // What does not depend on rules counts as some.
    let checks: usize = evaluator.pool().role_mappings.values().map(|mapping| mapping.mapping_rules().len() + 16).sum();
    let most = MOST_GROUP_SETS.min(MOST_GROUP_CHECKS / checks.max(1));
    // For each mapping, each group is asked whether it is of the login's user pool.
    let most_mappings = MOST_GROUP_CHECKS / groups.len();
    for key in evaluator.pool().role_mappings.keys().take(most_mappings) {
        let groups = groups_of(groups, key);
        let ones = groups.iter().map(|group| vec![*group]);
        let twos = groups.iter().enumerate().flat_map(|(n, a)| groups.iter().skip(n + 1).map(|b| vec![*a, *b]));
        let sets = std::iter::once(Vec::new()).chain(ones).chain(twos).take(most);
        let mut by_role: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for set in sets {
            let names: Vec<String> = set.iter().map(|group| group.name.clone()).collect();
            let Some(role) = role_of_members(evaluator, key, &set) else { continue };
            let known = by_role.entry(role).or_default();
            if !known.iter().any(|smaller| smaller.iter().all(|name| names.contains(name))) {
                known.push(names);
            }
        }
        found.extend(by_role.into_iter().map(|(role, sets)| GroupSets {
            provider: key.shared_text(),
            role: role.into(),
            sets,
        }));
    }
    found
}

fn role_of_members(evaluator: &Evaluator, key: &ProviderKey, set: &[&Group]) -> Option<String> {
    let mut claims = Claims::default();
    let open = GroupClaims::of(set).write_to(&mut claims);
    let logins = [evaluator.login(Some(key), &claims, TokenForm::Claims).ok()?.with_open_preferred_role(open.as_ref())];
    evaluator.evaluate(&Request::of(&logins)).role().map(str::to_owned)
}

/// Says which values were considered for the claims of a space.
fn note_domain(space: &Space<'_>, knows_groups: bool, domain: &mut BTreeMap<String, &'static str>) {
    let is_token = space.sides.iter().any(|side| {
        let key = side.key.as_ref();
        key.and_then(|key| side.evaluator.pool().role_mappings.get(key))
            .is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token)
    });
    for (name, of_claim) in space.names.iter().zip(&space.domains) {
        let values = match name.as_str() {
            GROUPS | ROLES if knows_groups => {
                "absent, or any array of strings: the known groups first, and what takes another is marked"
            }
            GROUPS | ROLES => "absent, or any array of strings: no groups are known",
            PREFERRED_ROLE if is_token && knows_groups => {
                "absent, or any string: a role that no known group has is marked"
            }
            PREFERRED_ROLE if is_token => "absent, or any string: the token may name any role",
            "aud" if of_claim.only.is_some() => "absent, or this login's client, as a string or alone in an array",
            "iss" if of_claim.only.is_some() => "absent, or this login's issuer",
            _ => "absent, any string, or an array of strings where no string will do",
        };
        let of_others = domain.get(name).filter(|said| matches!(name.as_str(), "aud" | "iss") && **said != values);
        let values = of_others.map_or(
            values,
            |_| "absent, what makes it this login's, or for other providers any string or array of strings",
        );
        domain.insert(name.clone(), values);
    }
}
