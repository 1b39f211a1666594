//! Role configurations as unit tests: suites of expectations, judged by the same evaluator that answers everything else.
//!
//! Nothing here opens a file. A suite is read from its text ([`Suite::read`]), says which files it needs ([`Suite::needs`]), and with their
//! contents becomes a [`Plan`]: every case by name, ready to be judged one by one, in any order, on any number of threads.
//!
//! ```
//! use whichrole::read::{self, ReadOptions, Source};
//! use whichrole::suite::{Brought, Suite, Tally, Verdict};
//!
//! let suite = Suite::read(&Source { name: "app.whichrole.json".into(), text: r#"{
//!     "version": 1, "config": "pool.json",
//!     "tests": [{"name": "engineers", "claims": {"custom:dept": "eng"}, "expect": "Engineer"}]}"#.into() });
//! let pool = Source { name: "pool.json".into(), text: r#"{"RoleMappings": {"accounts.google.com": {
//!     "Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [{
//!         "Claim": "custom:dept", "MatchType": "Equals", "Value": "eng",
//!         "RoleARN": "arn:aws:iam::111122223333:role/Engineer"}]}}}}"#.into() };
//!
//! let mut brought = Brought::default();
//! brought.config("pool.json", read::read(&[pool], &ReadOptions::default()));
//! let plan = suite.plan(brought)?;
//! let judged = plan.judge(plan.cases()[0], &mut Tally::default());
//! assert_eq!(judged.verdict, Verdict::Pass);
//! # Ok::<(), read::ReadError>(())
//! ```

mod ask;
mod cells;
mod clock;
mod coverage;
mod csv;
mod failure;
mod fields;
mod gather;
mod glob;
mod idle;
mod init;
mod label;
mod model;
mod mutants;
mod people;
mod plan;
mod prove;
mod read;
mod read_tests;
mod roles;
mod run;
mod snapshot;
mod table;
mod users;
mod witness;
mod words;
mod yaml;

pub use ask::Unanswerable;
pub use cells::Cells;
pub use coverage::{Coverage, Item, ItemKind, Measure, Tally, Uncovered};
pub use failure::{Decider, Failure, Retry, RetryToken};
pub use gather::Brought;
pub use glob::Glob;
pub use init::{complete, init};
pub use model::{
    By, Cell, Column, ConfigPath, CoverageGoals, Expectation, Expected, ExpectedTags, Need, NeedKind, Property,
    PropertyClaim, Row, Suite, Test, User, Written,
};
pub use mutants::{Fate, Mutant, others_change_nothing};
pub use plan::{Case, Plan, Target};
pub use prove::Proved;
pub use run::{Judged, Mismatch, Verdict};
pub use snapshot::SnapshotChange;
pub use witness::Witness;
