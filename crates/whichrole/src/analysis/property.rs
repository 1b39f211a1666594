//! Statements about all requests, proved or refuted (the `properties` of a suite).

use std::collections::BTreeSet;

use super::condition::Condition;
use super::reach::{Verdict, reach, spots};
use super::side::End;
use super::solve::{Found, NotDecided};
use super::space::{Ask, Known, Space, Spot, Want, listed_clients, roles_of};
use super::witness::Witness;
use super::work::Work;
use super::{Diff, DiffOptions, RuleReach, Subject, diff};
use crate::pool::Group;
use crate::provider::{ProviderKey, ProviderKind};
use crate::{Evaluator, IdentityPool};

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof<R> {
    /// It holds for every request.
    Proved,
    /// It does not, and this shows it.
    Refuted(R),
    /// Nobody can tell, and this is why.
    NotDecided(NotDecided),
}

/// No request gets `role` unless it satisfies the condition. Requests that choose a role and guests count, and so do the logins of
/// clients that the pool lists without a mapping.
#[must_use]
pub fn never(evaluator: &Evaluator, groups: &[Group], role: &str, unless: Option<&Condition>) -> Proof<Witness> {
    let (atoms, alternatives) = match unless {
        None => (Vec::new(), Some(vec![Vec::new()])),
        Some(condition) => (condition.atoms(), condition.opposite()),
    };
    let Some(alternatives) = alternatives else { return Proof::NotDecided(NotDecided::TooLarge) };
    let mut roles = roles_of(evaluator.pool(), groups);
    roles.insert(role.into());
    let work = Work::default();
    let known = Known { groups, roles: &roles, work: &work };
    let mut verdict = Verdict::Dead;
    for spot in spots(evaluator).into_iter().chain(unmapped(evaluator)) {
        for custom in [None, Some(role)] {
            if work.is_over() {
                verdict = verdict.or(Verdict::NotDecided(NotDecided::TooLarge));
                break;
            }
            let Some(space) = Space::new(&[evaluator], &spot, &[custom], known, &atoms) else { continue };
            let Some(side) = space.sides.first() else { continue };
            for target in
                (0..=side.cases.len()).filter(|at| matches!(side.end(*at), End::Role(given) if **given == *role))
            {
                for terms in &alternatives {
                    let (targets, terms) = (vec![target], terms.clone());
                    let ask = Ask { targets, fine: vec![0], terms, ..Ask::default() };
                    verdict = verdict.or(asked(&space, &ask));
                }
            }
        }
    }
    proof(verdict)
}

/// Every token that satisfies the condition gets `role`. Requests that choose a role are left out, since one that chooses a role it may not
/// have is always denied; guests have no token.
#[must_use]
pub fn always(evaluator: &Evaluator, groups: &[Group], role: &str, when: Option<&Condition>) -> Proof<Witness> {
    let (atoms, alternatives) =
        when.map_or_else(|| (Vec::new(), vec![Vec::new()]), |condition| (condition.atoms(), condition.alternatives()));
    let mut roles = roles_of(evaluator.pool(), groups);
    roles.insert(role.into());
    let work = Work::default();
    let known = Known { groups, roles: &roles, work: &work };
    let mut verdict = Verdict::Dead;
    let tokens = spots(evaluator).into_iter().filter(|spot| spot.keys.iter().any(Option::is_some));
    for spot in tokens.chain(unmapped(evaluator)) {
        if work.is_over() {
            verdict = verdict.or(Verdict::NotDecided(NotDecided::TooLarge));
            break;
        }
        let Some(space) = Space::new(&[evaluator], &spot, &[None], known, &atoms) else { continue };
        let Some(side) = space.sides.first() else { continue };
        for target in 0..=side.cases.len() {
            let gives = matches!(side.end(target), End::Role(given) if **given == *role);
            // Which sides' tags must be fine, and which claim must be the fault of a tag.
            let rejected = || side.tag_claims.iter().map(|claim| (Vec::new(), Some(*claim)));
            let wants: Vec<(Vec<usize>, Option<usize>)> = match (gives, side.end(target)) {
                // The role is lost only where the tags are rejected.
                (true, _) => rejected().collect(),
                (false, End::Deny(_)) => vec![(Vec::new(), None)],
                // Another role, or none for its tags: either will do.
                (false, _) => std::iter::once((vec![0], None)).chain(rejected()).collect(),
            };
            for (fine, fault) in wants {
                for terms in &alternatives {
                    let wants = fault.map(|claim| (claim, 0, Want::Fault)).into_iter().collect();
                    let ask = Ask { targets: vec![target], fine: fine.clone(), wants, terms: terms.clone() };
                    verdict = verdict.or(asked(&space, &ask));
                }
            }
        }
    }
    proof(verdict)
}

/// Every rule decides some request, as in [`reach`]. Refuted by the dead rules.
#[must_use]
pub fn all_live(evaluator: &Evaluator, groups: &[Group]) -> Proof<Vec<RuleReach>> {
    let rules = reach(evaluator, groups).rules;
    let open = rules.iter().find_map(|rule| match rule.verdict {
        Verdict::NotDecided(why) => Some(why),
        _ => None,
    });
    let dead: Vec<RuleReach> = rules.into_iter().filter(|rule| rule.verdict == Verdict::Dead).collect();
    match open {
        _ if !dead.is_empty() => Proof::Refuted(dead),
        Some(why) => Proof::NotDecided(why),
        None => Proof::Proved,
    }
}

/// Two configurations answer every request alike. Refuted by what differs.
#[must_use]
pub fn equivalent(one: &Subject<'_>, other: &Subject<'_>, options: &DiffOptions<'_>) -> Proof<Box<Diff>> {
    let found = diff(one, other, options);
    match (found.is_equal(), found.not_decided.first()) {
        (Some(true), _) => Proof::Proved,
        (None, Some(why)) => Proof::NotDecided(*why),
        _ => Proof::Refuted(Box::new(found)),
    }
}

fn asked(space: &Space<'_>, ask: &Ask) -> Verdict {
    let Some(side) = space.sides.first() else { return Verdict::Dead };
    match space.find(ask).known_of(side) {
        Found::Yes(claims) => Verdict::Live(Witness {
            provider: side.key.as_ref().map(ProviderKey::shared_text),
            claims,
            custom_role_arn: side.custom.clone(),
        }),
        Found::No => Verdict::Dead,
        Found::Undecided(why) => Verdict::NotDecided(why),
    }
}

fn proof(counterexample: Verdict) -> Proof<Witness> {
    match counterexample {
        Verdict::Live(witness) => Proof::Refuted(witness),
        Verdict::Dead => Proof::Proved,
        Verdict::NotDecided(why) => Proof::NotDecided(why),
    }
}

/// The logins without a mapping that the pool is known to accept: listed clients, other listed providers.
fn unmapped(evaluator: &Evaluator) -> Vec<Spot> {
    let pool: &IdentityPool = evaluator.pool();
    let mut spots = Vec::new();
    let mut seen = BTreeSet::new();
    for listed in pool.providers.iter().flatten() {
        let key = ProviderKey::of_kind(ProviderKind::UserPool, listed.provider_name.login_key());
        for client in listed_clients(pool, &key).into_iter().flatten() {
            let mapped = pool.role_mappings.keys().any(|known| known.could_be(&key) && known.client() == Some(client));
            if !mapped && seen.insert((key.clone(), client)) {
                let given = vec![("aud".to_owned(), client.to_owned())];
                spots.push(Spot { keys: vec![Some(key.clone())], given, user_id: None });
            }
        }
    }
    for key in &pool.other_providers {
        if !pool.role_mappings.keys().any(|known| known.login_key() == key.login_key()) {
            spots.push(Spot { keys: vec![Some(key.clone())], ..Spot::default() });
        }
    }
    spots
}
