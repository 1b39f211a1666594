//! The smallest set of earlier rules that leaves a dead rule nothing.
//!
//! Every request that the rule would decide, were it alone, is taken by some earlier rules. A set blocks the rule when it takes all of those
//! requests. So: guess a smallest set that takes every request seen so far; ask for a request that the set does not take; if there is none,
//! the guess is the answer, and no smaller set could be; else note who takes that request, and guess again.

use std::collections::BTreeSet;

use super::side::Side;
use super::solve::Found;
use super::space::{Ask, Space};
use super::work::Work;
use crate::claims::Claims;

/// How many guesses, and how many steps for one guess. Past either the set is one that no rule can be left out of, perhaps not a smallest.
const MOST_GUESSES: usize = 500;
const MOST_STEPS: usize = 100_000;
/// The most steps for all rules of one answer that go into a smallest set. Past it the set is the first that is found, perhaps with rules in it
/// that are not needed.
const MOST_WORK: u64 = 50_000_000;
/// The steps that a guess counts for besides the tests that it asks for, and a rule of a set.
const COST_OF_GUESS: usize = 200;
const COST_OF_MEMBER: usize = 8;

/// The numbers of the blocking rules, counted from 1. Empty where the rule matches nothing, even alone; `None` where the search for any such set,
/// for this rule and those before it, went past the bound. `spent` is how long it took, and grows.
pub(crate) fn smallest(space: &Space<'_>, ask: &Ask, target: usize, spent: &Work) -> Option<Vec<usize>> {
    let side = space.sides.first()?;
    // Whether a rule is dead has been decided; who blocks it must not use up what the next rule's answer needs.
    let before = space.work.steps();
    space.work.reset(spent.steps());
    let set = Search { space, side, ask, target }.smallest();
    spent.reset(space.work.steps());
    space.work.reset(before);
    Some(set?.iter().map(|case| case + 1).collect())
}

struct Search<'s, 'e> {
    space: &'s Space<'e>,
    side: &'s Side<'e>,
    ask: &'s Ask,
    target: usize,
}

impl Search<'_, '_> {
    fn smallest(&self) -> Option<BTreeSet<usize>> {
        let Some(first) = self.past(&BTreeSet::new()) else { return Some(BTreeSet::new()) };
        // One, which is what it mostly is, then what hits all that these let through.
        let mut passed = Vec::new();
        for one in self.comparable().filter(|at| self.takes(*at, &first)) {
            let guess = BTreeSet::from([one]);
            match self.past(&guess) {
                None => return Some(guess),
                Some(_) if self.is_over() => return self.any(),
                Some(claims) => passed.push(claims),
            }
        }
        let takers = |claims: &Claims<'_>| {
            let takers: BTreeSet<usize> = self.takers(claims).collect();
            self.space.work.add(COST_OF_MEMBER * takers.len());
            takers
        };
        let passed = std::iter::once(&first).chain(&passed).take_while(|_| !self.is_over());
        let mut seen: Vec<BTreeSet<usize>> = passed.map(takers).collect();
        for _ in 0..MOST_GUESSES {
            let mut steps = MOST_STEPS;
            let guess = if self.is_over() { None } else { hitting(&seen, &mut steps) };
            self.space.work.add((MOST_STEPS - steps) * seen.len());
            let Some(guess) = guess else { break };
            let Some(claims) = self.past(&guess) else { return Some(guess) };
            let takers = takers(&claims);
            if takers.is_empty() {
                break;
            }
            seen.push(takers);
        }
        // Too hard: leave out what can be left out.
        let mut set = self.any()?;
        for rule in set.clone().into_iter().take_while(|_| !self.is_over()) {
            set.remove(&rule);
            if self.past(&set).is_some() {
                set.insert(rule);
            }
        }
        Some(set)
    }

    fn is_over(&self) -> bool {
        self.space.work.steps() > MOST_WORK
    }

    /// A set that blocks: who takes what the others let through joins them. `None` where that is too much.
    fn any(&self) -> Option<BTreeSet<usize>> {
        let mut set = BTreeSet::new();
        while let Some(claims) = self.past(&set) {
            let taker = self.takers(&claims).find(|taker| !set.contains(taker));
            match taker {
                Some(taker) => {
                    set.insert(taker);
                }
                None if self.space.work.is_over() => return None,
                // What these let through is not known.
                None => return Some(self.comparable().collect()),
            }
        }
        Some(set)
    }

    /// What a set lets through, nothing where that is not known; `None` where it blocks.
    fn past(&self, set: &BTreeSet<usize>) -> Option<Claims<'static>> {
        self.space.work.add(COST_OF_GUESS);
        match self.space.claims_past(self.ask, set) {
            Found::Yes(claims) => Some(claims),
            Found::No => None,
            Found::Undecided(_) => Some(Claims::default()),
        }
    }

    /// The earlier rules on the same claim: those on others have nothing to compare.
    fn comparable(&self) -> impl Iterator<Item = usize> {
        self.earlier(self.side.cases.get(self.target).map(|case| case.claim))
    }

    fn earlier(&self, claim: Option<usize>) -> impl Iterator<Item = usize> {
        let cases = claim.map(|claim| self.side.cases_of(claim)).unwrap_or_default();
        cases.iter().copied().take_while(|at| *at < self.target)
    }

    /// The earlier rules that match these claims. Only claims that are asked about have values.
    fn takers(&self, claims: &Claims<'_>) -> impl Iterator<Item = usize> {
        let visited = self.space.visited(self.ask).into_iter();
        visited.flat_map(|claim| self.earlier(Some(claim))).filter(|at| self.takes(*at, claims))
    }

    fn takes(&self, at: usize, claims: &Claims<'_>) -> bool {
        let claim = self.side.cases.get(at).and_then(|case| self.space.names.get(case.claim));
        let value = claim.and_then(|name| claims.get(name));
        self.space.work.add(value.map_or(1, |value| self.side.steps_of_case(at, value)));
        value.is_some_and(|value| self.side.holds(at, value))
    }
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
