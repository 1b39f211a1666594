//! A suite with everything it needs: every case by name, every role resolved, every user's claims made, every evaluator prepared.

use std::collections::BTreeMap;

use crate::eval::Evaluator;
use crate::login::Clock;
use crate::pool::Group;
use crate::read::{Definition, Position, Problem};
use crate::trust::TrustPolicies;

use super::coverage::Items;
use super::model::{Row, Suite, Test};
use super::people::Person;
use super::roles::Roles;
use super::table;

/// A suite that is ready to be judged.
#[derive(Debug)]
pub struct Plan {
    pub(super) suite: Suite,
    pub(super) targets: Vec<Target>,
    /// Which semantics each test runs under; an index into each target's evaluators.
    pub(super) semantics_of: Vec<usize>,
    pub(super) cases: Vec<Case>,
    pub(super) items: Items,
    /// The other configurations of `equivalent_to`, by path.
    pub(super) others: BTreeMap<String, Definition>,
    pub(super) names: Vec<String>,
    pub(super) notes: Vec<Problem>,
}

/// A configuration that the suite runs against.
#[derive(Debug)]
pub struct Target {
    /// The label that ends the names of its cases.
    pub label: Option<String>,
    /// Its path, as the suite has it.
    pub path: String,
    /// What was read.
    pub definition: Definition,
    /// What to add to the source numbers of its positions to find their names in [`Plan::names`].
    pub(super) first_source: usize,
    /// One for each set of choices.
    pub(super) evaluators: Vec<Evaluator>,
    pub(super) users: BTreeMap<String, Person>,
    pub(super) roles: Roles,
    pub(super) groups: Option<Vec<Group>>,
    /// Whether some of them say which user pool they are of, so that it depends on the login what a name means.
    pub(super) has_user_pools: bool,
    /// Its trust policies, where an expectation asks for them.
    pub(super) policies: Option<TrustPolicies>,
}

/// One case: a row of a test, against one configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub(super) test: u32,
    pub(super) row: u32,
    pub(super) target: u32,
}

impl Plan {
    /// All cases, in the order of the suite: test by test, configuration by configuration, row by row.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> &Suite {
        &self.suite
    }

    /// The configurations.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The names of all sources, by number; the suite's is the first.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What is worth knowing though nothing is wrong.
    #[must_use]
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// The name of a case: `departments[eng]@dev`.
    #[must_use]
    pub fn case_name(&self, case: Case) -> String {
        let test = self.test(case);
        let mut name = test.name.text.clone();
        if test.many {
            name.push('[');
            name.push_str(&table::cells_name(test.cells.row(case.row as usize)));
            name.push(']');
        }
        if let Some(label) = &self.target(case).label {
            name.push('@');
            name.push_str(label);
        }
        name
    }

    /// The name of the test that a case belongs to.
    #[must_use]
    pub fn test_name(&self, case: Case) -> &str {
        &self.test(case).name.text
    }

    /// Why a case is not run, or is expected to fail.
    #[must_use]
    pub fn reason(&self, case: Case) -> Option<&str> {
        let test = self.test(case);
        test.skip.as_ref().or(test.todo.as_ref()).map(|reason| reason.text.as_str())
    }

    /// Where a case stands.
    #[must_use]
    pub fn place(&self, case: Case) -> Position {
        self.row(case).at
    }

    /// Where the expectation of a case stands.
    #[must_use]
    pub fn expectation_place(&self, case: Case) -> Position {
        self.row(case).expect_at
    }

    #[expect(clippy::indexing_slicing, reason = "cases are made by this plan, of its own tests")]
    pub(super) fn test(&self, case: Case) -> &Test {
        &self.suite.tests[case.test as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "cases are made by this plan, of its own rows")]
    pub(super) fn row(&self, case: Case) -> &Row {
        &self.test(case).rows[case.row as usize]
    }

    /// The configuration of a case.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "cases are made by this plan, of its own configurations")]
    pub fn target(&self, case: Case) -> &Target {
        &self.targets[case.target as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "there is an evaluator for the semantics of every test")]
    pub(super) fn evaluator(&self, case: Case) -> &Evaluator {
        &self.target(case).evaluators[self.semantics_of[case.test as usize]]
    }

    /// The clock of all requests.
    pub(super) fn clock(&self) -> Option<Clock> {
        self.suite.now.map(|now| Clock { now, leeway: 0 })
    }
}

impl Target {
    /// How many rules, tags and groups it has, those of the rules and tags for each set of choices.
    pub(super) fn parts(&self) -> usize {
        let pool = &self.definition.pool;
        let rules = pool.role_mappings.values().map(|mapping| mapping.mapping_rules().len() + 1).sum::<usize>();
        let tags = pool.principal_tags.values().map(|map| map.tags.len() + 1).sum::<usize>();
        (rules + tags).saturating_mul(self.evaluators.len()) + self.groups.as_ref().map_or(0, Vec::len)
    }

    /// A place in this configuration, by the numbers of [`Plan::names`].
    pub(super) fn place(&self, at: Position) -> Position {
        at.after_sources(self.first_source)
    }
}
