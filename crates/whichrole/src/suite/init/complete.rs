//! A smallest suite that notices every small change of a configuration (`test --init --complete`).
//!
//! The candidates are the tests of a first suite and the requests by which the proofs tell each changed configuration from the one there is.
//! A test notices a change where it expects something else. Tests that only one change needs are kept, tests and changes that others cover
//! are left out, and among what is left a smallest choice is searched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Draft, First};
use crate::analysis::{DiffOptions, Subject, diff, smallest_hitting};
use crate::eval::Evaluator;
use crate::pool::IdentityPool;
use crate::read::Definition;
use crate::suite::coverage::Items;
use crate::suite::mutants::{self, Change};
use crate::suite::plan::Target;
use crate::suite::witness::Witness;
use crate::text::counted;

/// How much work the changes of a configuration may be: each is tried on about as many tests as there are changes, and a test looks at every
/// rule.
const MOST_WORK: usize = 100_000_000;
/// How many steps the proofs of all changes together may take, which is some seconds. Past it no further change is tried.
const MOST_STEPS: u64 = 400_000_000;
/// The most requests that are kept of each comparison.
const MOST_WITNESSES: usize = 6;

/// What came of the search.
struct Choice {
    tests: BTreeSet<usize>,
    /// Whether no smaller choice of the candidates notices as much.
    is_smallest: bool,
}

/// A smallest suite that notices every small change that makes a difference, as YAML. `config` and `pool` are as for
/// [`init`](super::init()).
///
/// Every test in it passes when it is written. It is smallest among the requests that were looked at, and says so where it is only minimal:
/// no test of it can be left out.
#[must_use]
pub fn complete(definition: Definition, config: &str, pool: Option<&str>) -> String {
    complete_within(definition, config, pool, MOST_STEPS)
}

fn complete_within(definition: Definition, config: &str, pool: Option<&str>, most_steps: u64) -> String {
    let target = Target::alone(definition, config);
    let Some(evaluator) = target.evaluators.first() else { return String::new() };
    let mut first = First::new(evaluator, &target);
    for item in &Items::of(std::slice::from_ref(&target)).all {
        first.cover(item);
    }
    first.missing.clear();
    first.guest();
    let changes = mutants::changes(evaluator.pool());
    let all_changes = changes.len();
    let size = mutants::size(evaluator.pool());
    let most = (MOST_WORK / size.max(1)).isqrt().min(mutants::most(size));
    let mut tried = 0;
    let mut steps = 0;
    let mut equivalent = 0;
    let mut open: Vec<String> = Vec::new();
    let mut told_apart = Vec::new();
    for change in changes.iter().take(most) {
        if steps > most_steps {
            break;
        }
        tried += 1;
        let pool = change.of(evaluator.pool());
        match first.tell_apart(&pool, &change.words(), &mut steps) {
            Some(true) => told_apart.push(change),
            Some(false) => equivalent += 1,
            None => open.push(change.words()),
        }
    }
    let is_whole = tried == all_changes;
    let bare = Evaluator::new(without_tags(evaluator.pool()), *evaluator.semantics());
    let today = first.drafts.iter().map(|draft| [first.expected(draft, &bare), first.expected(draft, evaluator)]);
    let today: Vec<[Option<String>; 2]> = today.collect();
    let noticed_by: Vec<BTreeSet<usize>> = told_apart.iter().map(|change| first.who_notices(change, &today)).collect();
    let unnoticed = noticed_by.iter().filter(|tests| tests.is_empty()).count();
    let choice = smallest_choice(noticed_by);
    let candidates = first.drafts.len();
    let guest = first.drafts.iter().find(|draft| draft.witness.provider.is_none()).or(first.drafts.first()).cloned();
    let mut at = 0..;
    first.drafts.retain(|_| at.next().is_some_and(|at| choice.tests.contains(&at)));

    let mut out = super::head(config, pool);
    let (tests, all) = (first.drafts.len(), told_apart.len() - unnoticed);
    let how = if choice.is_smallest { "the fewest" } else { "none of them can be left out" };
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "# {} ({how}, of {} looked at) {} {} of the configuration; {} (proved).",
        counted(tests, "test", "tests"),
        counted(candidates, "request", "requests"),
        if tests == 1 { "notices" } else { "notice" },
        counted(all, "small change", "small changes"),
        mutants::others_change_nothing(equivalent)
    );
    let _ = writeln!(out, "# The small changes that are tried: {}.", mutants::KINDS);
    if !is_whole {
        let _ = writeln!(
            out,
            "# There are {all_changes} such changes, and only the first {tried} were tried: it would take too long."
        );
    }
    for change in open {
        let _ = writeln!(out, "# not decided whether it changes anything: {}", crate::text::visible(&change));
    }
    if tests == 0 {
        // A suite has tests: this one at least says what a guest gets, or where that is not known what some token does.
        first.drafts.extend(guest);
    }
    first.write(&mut out);
    if is_whole && unnoticed == 0 && all > 0 {
        out.push_str("coverage: { mutants: 100 }\n");
    }
    out
}

impl First<'_> {
    /// Adds the requests that tell a changed configuration from the one there is. Whether there are any; `None` where that is not decided.
    /// `steps` is how long all of that took, and grows.
    fn tell_apart(&mut self, changed: &IdentityPool, change: &str, steps: &mut u64) -> Option<bool> {
        let groups = self.target.groups.as_deref().unwrap_or_default();
        let subject = |pool| Subject { pool, groups, semantics: *self.evaluator.semantics() };
        let found = diff(&subject(self.evaluator.pool()), &subject(changed), &DiffOptions::default());
        let is_equal = found.is_equal();
        *steps = steps.saturating_add(found.steps);
        let witnesses = found.changes.iter().chain(&found.custom_role_changes).take(MOST_WITNESSES);
        for witness in witnesses.map(|change| Witness::from(change.witness.clone())) {
            self.add_noticing(change, Draft::of(witness).with_arns(self.evaluator, &self.target.roles));
        }
        is_equal.map(|is_equal| !is_equal)
    }

    /// What a test expects of a configuration.
    fn expected(&self, draft: &Draft<'_>, evaluator: &Evaluator) -> Option<String> {
        draft.decided(evaluator, |decision| self.expectation(decision))
    }

    /// The tests that expect something else of a changed configuration than of the one there is, which is what they expect `today`, without
    /// tags and with them. Tags do not depend on the role (P8) and take long to make, so a change of rules is tried without them first.
    fn who_notices(&self, change: &Change<'_>, today: &[[Option<String>; 2]]) -> BTreeSet<usize> {
        let mutant = &Evaluator::new(change.of(self.evaluator.pool()), *self.evaluator.semantics());
        let same_tags = mutant.pool().principal_tags == self.evaluator.pool().principal_tags;
        let bare = same_tags.then(|| Evaluator::new(without_tags(mutant.pool()), *mutant.semantics()));
        let changed = change.provider;
        let concerns = |draft: &Draft<'_>| {
            let Some(changed) = changed else { return true };
            draft.witness.provider.as_ref().is_some_and(|key| key.login_key() == changed.login_key())
                // Several references can mean one provider.
                || draft.witness.provider.as_ref().is_some_and(|key| key.is_symbolic() || changed.is_symbolic())
        };
        let notices = |(draft, [role, whole]): (&Draft<'_>, &[Option<String>; 2])| {
            concerns(draft)
                && bare.as_ref().is_none_or(|bare| *role != self.expected(draft, bare))
                && *whole != self.expected(draft, mutant)
        };
        self.drafts.iter().zip(today).enumerate().filter(|(_, one)| notices(*one)).map(|(at, _)| at).collect()
    }
}

fn without_tags(pool: &IdentityPool) -> IdentityPool {
    IdentityPool { principal_tags: BTreeMap::new(), ..pool.clone() }
}

/// A smallest set of tests that has one of each of `noticed_by`, as far as that is possible.
fn smallest_choice(noticed_by: Vec<BTreeSet<usize>>) -> Choice {
    let mut left: Vec<BTreeSet<usize>> = noticed_by.into_iter().filter(|tests| !tests.is_empty()).collect();
    let all = left.clone();
    let mut kept = BTreeSet::new();
    loop {
        let before = (left.len(), left.iter().map(BTreeSet::len).sum::<usize>());
        // Who notices the one change notices the other: that one is no question of its own.
        left.sort_by_key(BTreeSet::len);
        let mut needed: Vec<BTreeSet<usize>> = Vec::new();
        for tests in left {
            if !needed.iter().any(|fewer| fewer.is_subset(&tests)) {
                needed.push(tests);
            }
        }
        left = needed;
        // A test that notices no more than another does is not needed.
        let tests: BTreeSet<usize> = left.iter().flatten().copied().collect();
        let notices = |test: usize| -> BTreeSet<usize> {
            left.iter().enumerate().filter(|(_, tests)| tests.contains(&test)).map(|(at, _)| at).collect()
        };
        let notices: Vec<(usize, BTreeSet<usize>)> = tests.iter().map(|test| (*test, notices(*test))).collect();
        let is_covered = |(test, mine): &(usize, BTreeSet<usize>)| {
            notices.iter().any(|(other, theirs)| {
                other != test && mine.is_subset(theirs) && (mine.len() < theirs.len() || other < test)
            })
        };
        let covered: BTreeSet<usize> = notices.iter().filter(|one| is_covered(one)).map(|(test, _)| *test).collect();
        for tests in &mut left {
            tests.retain(|test| !covered.contains(test));
        }
        kept.extend(left.iter().filter(|tests| tests.len() == 1).flatten().copied());
        left.retain(|tests| tests.is_disjoint(&kept));
        if before == (left.len(), left.iter().map(BTreeSet::len).sum()) {
            break;
        }
    }
    if left.is_empty() {
        return Choice { tests: kept, is_smallest: true };
    }
    if let Some(rest) = smallest_hitting(&left) {
        kept.extend(rest);
        return Choice { tests: kept, is_smallest: true };
    }
    Choice { tests: minimal(kept, left, &all), is_smallest: false }
}

/// Whoever notices the most of what is left, again and again; then without those that turn out not to be needed.
fn minimal(mut kept: BTreeSet<usize>, mut left: Vec<BTreeSet<usize>>, all: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    while !left.is_empty() {
        let tests: BTreeSet<usize> = left.iter().flatten().copied().collect();
        let count = |test: &usize| left.iter().filter(|tests| tests.contains(test)).count();
        // Of equals the first.
        let Some(best) = tests.into_iter().rev().max_by_key(count) else { break };
        kept.insert(best);
        left.retain(|tests| !tests.contains(&best));
    }
    for test in kept.clone() {
        kept.remove(&test);
        if all.iter().any(|tests| tests.is_disjoint(&kept)) {
            kept.insert(test);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sets: &[&[usize]]) -> Vec<BTreeSet<usize>> {
        sets.iter().map(|set| set.iter().copied().collect()).collect()
    }

    #[test]
    fn the_choice_is_smallest() {
        let choice = smallest_choice(sets(&[&[0, 1], &[1, 2], &[2, 3], &[3, 4], &[0, 4], &[]]));
        assert_eq!((choice.tests.len(), choice.is_smallest), (3, true), "a ring of five takes three");
        let choice = smallest_choice(sets(&[&[7], &[7, 1], &[2, 3], &[3]]));
        assert_eq!((choice.tests, choice.is_smallest), (BTreeSet::from([3, 7]), true));
        assert!(smallest_choice(Vec::new()).tests.is_empty());
    }

    #[test]
    fn a_minimal_choice_has_nothing_to_spare() {
        // The greedy one takes 0 first, and does not need it in the end.
        let all = sets(&[&[0, 1], &[0, 1], &[0, 2], &[0, 2], &[1, 3], &[2, 4]]);
        let chosen = minimal(BTreeSet::new(), all.clone(), &all);
        assert!(all.iter().all(|tests| !tests.is_disjoint(&chosen)));
        for test in &chosen {
            let without: BTreeSet<usize> = chosen.iter().copied().filter(|other| other != test).collect();
            assert!(all.iter().any(|tests| tests.is_disjoint(&without)), "{test} could be left out");
        }
    }

    /// Past the bound no further change is tried, and nobody is told that all are noticed.
    #[test]
    fn past_the_bound_no_further_change_is_tried() {
        let rules = [r#"{"Claim": "a", "MatchType": "Equals", "Value": "x", "RoleARN": "arn:aws:iam::111122223333:role/R"}"#;
            2];
        let text = format!(
            r#"{{"RoleMappings": {{"graph.facebook.com": {{"Type": "Rules", "RulesConfiguration": {{"Rules": [{}]}}}}}}}}"#,
            rules.join(",")
        );
        let source = crate::read::Source { name: "pool.json".into(), text };
        let configuration = crate::read::read(&[source], &crate::read::ReadOptions::default());
        let definition = configuration.definitions.first().unwrap();
        let whole = complete(definition.clone(), "pool.json", None);
        assert!(whole.contains("coverage: { mutants: 100 }") && !whole.contains("too long"), "{whole}");
        let part = complete_within(definition.clone(), "pool.json", None, 0);
        assert!(part.contains("and only the first 1 were tried: it would take too long"), "{part}");
        assert!(!part.contains("coverage"), "{part}");
    }
}
