//! The smallest set of earlier rules that leaves a dead rule nothing.
//!
//! Every request that the rule would decide, were it alone, is taken by some earlier rules. A set blocks the rule when it takes all of those
//! requests. So: guess a smallest set that takes every request seen so far; ask for a request that the set does not take; if there is none,
//! the guess is the answer, and no smaller set could be; else note who takes that request, and guess again.

use std::collections::BTreeSet;

use super::side::CaseTest;
use super::solve::Found;
use super::space::{Ask, Space};
use super::work::Work;
use crate::claims::Claims;

/// How many guesses, and how many steps for one guess. Past either the set is one that no rule can be left out of, perhaps not a smallest.
const MOST_GUESSES: usize = 500;
const MOST_STEPS: usize = 100_000;
/// The most steps for all rules of one answer. Past it the set is every earlier rule on the same claim.
const MOST_WORK: u64 = 100_000_000;
/// The steps that a guess counts for besides, and a rule of such a set: as many of these are made as memory and a reader can take.
const COST_OF_GUESS: usize = 10;
const COST_OF_NAMED: usize = 100;

/// The numbers of the blocking rules, counted from 1. Empty where the rule matches nothing, even alone; `None` where the search has taken so
/// long, for this rule and those before it, that not even every earlier rule can be named. `spent` is how long, and grows.
pub(crate) fn smallest(space: &Space<'_>, ask: &Ask, target: usize, spent: &Work) -> Option<Vec<usize>> {
    if spent.steps() > 2 * MOST_WORK {
        return None;
    }
    // Whether a rule is dead has been decided; who blocks it must not use up what the next rule's answer needs.
    let before = space.work.steps();
    let is_over = || (space.work.steps() - before).saturating_add(spent.steps()) > MOST_WORK;
    let set = search(space, ask, target, spent, &is_over);
    if is_over() {
        spent.add(COST_OF_NAMED * set.len());
    }
    spent.add_steps(space.work.steps() - before);
    space.work.reset(before);
    Some(set.iter().map(|case| case + 1).collect())
}

fn search(space: &Space<'_>, ask: &Ask, target: usize, spent: &Work, is_over: &dyn Fn() -> bool) -> BTreeSet<usize> {
    let Some(side) = space.sides.first() else { return BTreeSet::new() };
    let Some(case) = side.cases.get(target) else { return BTreeSet::new() };
    // What a set lets through, as far as that is known; `None` where it blocks.
    let passing = |set: &BTreeSet<usize>| {
        spent.add(COST_OF_GUESS);
        match space.claims_past(ask, set) {
            Found::Yes(claims) => Some(Some(claims)),
            Found::No => None,
            Found::Undecided(_) => Some(None),
        }
    };
    let takers = |claims: Option<Claims<'_>>| claims.map(|claims| takers(space, ask, target, &claims, spent));
    // Rules on other claims have nothing to compare.
    let before = side.cases_before(target, case.claim);
    let earlier = || before.iter().copied().collect::<BTreeSet<usize>>();
    let mut passed = Vec::new();
    // None and one, which is what it mostly is, then what hits all that these let through.
    for guess in std::iter::once(BTreeSet::new()).chain(before.iter().map(|rule| BTreeSet::from([*rule]))) {
        match passing(&guess) {
            None => return guess,
            Some(_) if is_over() => return earlier(),
            Some(claims) => passed.push(claims),
        }
    }
    let mut seen: Vec<BTreeSet<usize>> = Vec::new();
    for claims in passed {
        if is_over() {
            return earlier();
        }
        seen.push(takers(claims).unwrap_or_default());
    }
    for _ in 0..MOST_GUESSES {
        let mut steps = MOST_STEPS;
        let guess = hitting(&seen, &mut steps);
        spent.add((MOST_STEPS - steps) * seen.len());
        let Some(guess) = guess.filter(|_| !is_over()) else { break };
        let Some(claims) = passing(&guess) else { return guess };
        let Some(takers) = takers(claims).filter(|takers| !takers.is_empty()) else { break };
        seen.push(takers);
    }
    // Too hard: leave out what can be left out.
    let mut set = earlier();
    for rule in before.iter().copied().take_while(|_| !is_over()) {
        set.remove(&rule);
        if passing(&set).is_some() {
            set.insert(rule);
        }
    }
    set
}

/// The earlier rules that match these claims.
fn takers(space: &Space<'_>, ask: &Ask, target: usize, claims: &Claims<'_>, spent: &Work) -> BTreeSet<usize> {
    let Some(side) = space.sides.first() else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    // Only claims that are asked about have values.
    for claim in space.visited(ask) {
        let Some(value) = space.names.get(claim).and_then(|name| claims.get(name)) else { continue };
        let cases = side.cases_before(target, claim);
        let matches = |at: &usize| match side.cases.get(*at).map(|case| &case.test) {
            Some(CaseTest::Rule(test)) => test.matches(value, side.evaluator.semantics()),
            _ => false,
        };
        found.extend(cases.iter().copied().filter(matches));
        spent.add(cases.len());
    }
    spent.add(found.len());
    found
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
