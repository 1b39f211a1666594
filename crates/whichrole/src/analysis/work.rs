//! How much work a question may take: a bound on time that does not depend on the machine.

use std::cell::Cell;

/// The most steps that one call of the analysis makes: tests asked for, and bytes of text tried. It takes some ten seconds.
const MOST_STEPS: u64 = 1_000_000_000;

/// The steps so far. Past the bound every question is answered "not decided".
#[derive(Debug, Default)]
pub(crate) struct Work(Cell<u64>);

impl Work {
    pub(crate) fn add(&self, steps: usize) {
        self.0.set(self.0.get().saturating_add(u64::try_from(steps).unwrap_or(u64::MAX)));
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
