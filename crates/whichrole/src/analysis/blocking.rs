//! The smallest set of earlier rules that leaves a dead rule nothing.
//!
//! Every request that the rule would decide, were it alone, is taken by some earlier rules. A set blocks the rule when it takes all of those
//! requests. So: guess a smallest set that takes every request seen so far; ask for a request that the set does not take; if there is none,
//! the guess is the answer, and no smaller set could be; else note who takes that request, and guess again.

use std::collections::BTreeSet;

use super::side::CaseTest;
use super::solve::Found;
use super::space::{Ask, Space};
use crate::claims::Claims;

/// How many guesses, and how many steps for one guess. Past either the set is one that no rule can be left out of, perhaps not a smallest.
const MOST_GUESSES: usize = 500;
const MOST_STEPS: usize = 100_000;

/// The numbers of the blocking rules, counted from 1. Empty where the rule matches nothing, even alone.
pub(crate) fn smallest(space: &Space<'_>, ask: &Ask, target: usize) -> Vec<usize> {
    let blocks = |set: &BTreeSet<usize>| match space.claims_for(ask, |case| set.contains(&case)) {
        Found::Yes(claims) => Some(takers(space, target, &claims)),
        Found::No => None,
        Found::Undecided(_) => Some(BTreeSet::new()),
    };
    let mut seen: Vec<BTreeSet<usize>> = Vec::new();
    let mut set = Some(BTreeSet::new());
    for _ in 0..MOST_GUESSES {
        let Some(guess) = set.filter(|_| !space.work.is_over()) else { break };
        match blocks(&guess) {
            None => return numbered(&guess),
            Some(takers) if takers.is_empty() => break,
            Some(takers) => seen.push(takers),
        }
        let mut steps = MOST_STEPS;
        set = hitting(&seen, &mut steps);
        space.work.add((MOST_STEPS - steps) * seen.len());
    }
    // Too hard: leave out what can be left out.
    let mut set: BTreeSet<usize> = (0..target).collect();
    for rule in (0..target).take_while(|_| !space.work.is_over()) {
        set.remove(&rule);
        if blocks(&set).is_some() {
            set.insert(rule);
        }
    }
    numbered(&set)
}

fn numbered(set: &BTreeSet<usize>) -> Vec<usize> {
    set.iter().map(|case| case + 1).collect()
}

/// The earlier rules that match these claims.
fn takers(space: &Space<'_>, target: usize, claims: &Claims<'_>) -> BTreeSet<usize> {
    let Some(side) = space.sides.first() else { return BTreeSet::new() };
    let matches = |at: &usize| {
        let Some(case) = side.cases.get(*at) else { return false };
        let value = space.names.get(case.claim).and_then(|name| claims.get(name));
        match (&case.test, value) {
            (CaseTest::Rule(test), Some(value)) => test.matches(value, side.evaluator.semantics()),
            _ => false,
        }
    };
    (0..target).filter(matches).collect()
}

/// A smallest set that has a member in each of `sets`; `None` where finding it takes too long.
pub(crate) fn smallest_hitting(sets: &[BTreeSet<usize>]) -> Option<BTreeSet<usize>> {
    hitting(sets, &mut { MOST_STEPS })
}

fn hitting(sets: &[BTreeSet<usize>], steps: &mut usize) -> Option<BTreeSet<usize>> {
    for size in 1..=sets.len() {
        let mut chosen = BTreeSet::new();
        match hit(sets, size, &mut chosen, steps) {
            Some(true) => return Some(chosen),
            Some(false) => {}
            None => return None,
        }
    }
    None
}

/// Chooses at most `left` more. Depth is bounded by the number of steps that `left` allows.
fn hit(sets: &[BTreeSet<usize>], left: usize, chosen: &mut BTreeSet<usize>, steps: &mut usize) -> Option<bool> {
    *steps = steps.checked_sub(1)?;
    let Some(missed) = sets.iter().find(|set| set.is_disjoint(chosen)) else { return Some(true) };
    if left == 0 {
        return Some(false);
    }
    for candidate in missed {
        chosen.insert(*candidate);
        if hit(sets, left - 1, chosen, steps)? {
            return Some(true);
        }
        chosen.remove(candidate);
    }
    Some(false)
}
