//! How much work a question may take: a bound on time that does not depend on the machine.

use std::cell::Cell;

use crate::claims::Claim;
use crate::matching::{LONGEST_PREPARED, Test};
use crate::pool::MatchType;
use crate::semantics::LetterCase;
use crate::{Evaluator, Semantics};

/// The most steps that one call of the analysis makes: tests asked for, and bytes of text tried. They take about a second.
const MOST_STEPS: u64 = 100_000_000;

/// About how many places finding a login looks at.
pub(crate) fn steps_of_login(evaluator: &Evaluator) -> usize {
    evaluator.directory.most_mappings + evaluator.pool().principal_tags.len() + evaluator.names.len() / 8
}

/// About how long putting a test to a value takes: how many times as long as to a short text.
pub(crate) fn steps_of_test(test: &Test, value: &Claim<'_>, semantics: &Semantics) -> usize {
    let steps =
        |claim: &Claim<'_>| claim.as_text().map_or(1, |text| steps_of_text(test, text, semantics.letter_case()));
    match value {
        Claim::Array(elements) => 1 + elements.iter().map(steps).sum::<usize>(),
        other => steps(other),
    }
}

/// The same for a text.
fn steps_of_text(test: &Test, text: &str, case: LetterCase) -> usize {
    let (text, value) = (text.as_bytes(), test.value().as_bytes());
    let begin_alike = || {
        let start = |text: &[u8]| text.get(..16.min(text.len()).min(value.len())).map(<[u8]>::to_ascii_lowercase);
        start(text) == start(value)
    };
    match (test.match_type(), case) {
        (MatchType::Contains, LetterCase::Sensitive) if text.len() < value.len() => 1,
        (MatchType::Contains, LetterCase::Sensitive) if text.len() == value.len() => 1 + text.len() / 256,
        (MatchType::Contains, LetterCase::Sensitive) if value.len() > LONGEST_PREPARED => 1 + text.len() / 2,
        (MatchType::Contains, LetterCase::Sensitive) => 1 + text.len() / 8,
        (MatchType::Contains, LetterCase::Insensitive) if value.is_ascii() && text.len() <= value.len() => {
            1 + text.len() / 256
        }
        (MatchType::Contains, LetterCase::Insensitive) if text.len().saturating_mul(3) < value.len() => 1,
        (MatchType::Contains, LetterCase::Insensitive) => 1 + (text.len() + value.len()) / 4,
        (_, LetterCase::Sensitive) => 1 + text.len().min(value.len()) / 256,
        (_, LetterCase::Insensitive) if text.len().min(value.len()) < 64 || !begin_alike() => 1,
        (_, LetterCase::Insensitive) => 1 + text.len().min(value.len()) / 8,
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
        let roles = BTreeSet::from(["R".into()]);
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
