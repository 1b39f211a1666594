//! How much work a question may take: a bound on time that does not depend on the machine.

use std::cell::Cell;

use crate::claims::Claim;
use crate::matching::Test;
use crate::{Evaluator, Semantics};

/// The most steps that one call of the analysis makes: tests asked for, and bytes of text tried. They take about a second.
const MOST_STEPS: u64 = 100_000_000;

/// About how many places finding a login looks at.
pub(crate) fn steps_of_login(evaluator: &Evaluator) -> usize {
    evaluator.directory.most_mappings + evaluator.pool().principal_tags.len() + evaluator.names.len() / 8
}

/// About how long putting a test to a value takes: how many times as long as to a short text.
pub(crate) fn steps_of_test(test: &Test, value: &Claim<'_>, semantics: &Semantics) -> usize {
    let steps = |claim: &Claim<'_>| claim.as_text().map_or(1, |text| test.steps(text, semantics.letter_case()));
    match value {
        Claim::Array(elements) => 1 + elements.iter().map(steps).sum::<usize>(),
        other => steps(other),
    }
}

/// The steps so far. Past the bound every question is answered "not decided".
#[derive(Debug, Default)]
pub(crate) struct Work(Cell<u64>);

impl Work {
    pub(crate) fn add(&self, steps: usize) {
        self.add_steps(u64::try_from(steps).unwrap_or(u64::MAX));
    }

    pub(crate) fn add_steps(&self, steps: u64) {
        self.reset(self.steps().saturating_add(steps));
    }

    pub(crate) fn steps(&self) -> u64 {
        self.0.get()
    }

    /// Forgets what was done since there were this many steps.
    pub(crate) fn reset(&self, steps: u64) {
        self.0.set(steps);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.get() > MOST_STEPS
    }

    /// Makes it so, for tests of what happens then.
    #[cfg(test)]
    pub(crate) fn spent() -> Self {
        Self(Cell::new(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::analysis::solve::{Found, NotDecided};
    use crate::analysis::space::{Ask, Known, Space, Spot};
    use crate::{IdentityPool, MappingRule, MatchType, ProviderKey, RoleMapping};

    #[test]
    fn past_the_bound_nothing_is_decided() {
        let mut pool = IdentityPool::default();
        let key = ProviderKey::new("accounts.google.com");
        let rule = MappingRule::new("hd", MatchType::Equals, "example.com", "R");
        pool.role_mappings.insert(key.clone(), RoleMapping::rules([rule]));
        let evaluator = Evaluator::new(pool, Semantics::default());
        let roles = BTreeSet::from(["R".to_owned()]);
        let find = |work: &Work| {
            let known = Known { groups: &[], roles: &roles, work };
            let spot = Spot { keys: vec![Some(key.clone())], ..Spot::default() };
            let space = Space::new(&[&evaluator], &spot, &[None], known, &[]).unwrap();
            space.find(&Ask { targets: vec![0], ..Ask::default() })
        };
        assert!(matches!(find(&Work::default()), Found::Yes(_)));
        assert_eq!(find(&Work::spent()), Found::Undecided(NotDecided::TooLarge));
    }
}
