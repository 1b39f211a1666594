//! What holds for all requests, not for one: which roles can be reached, what a change changes, and what can be proved.
//!
//! The answers are exact within a stated domain (`docs/analysis.md`), and every claim that something can happen comes with a request that
//! shows it, which has been put to the evaluator. Where an answer is not known the result says so.

mod blocking;
mod condition;
mod diff;
mod domain;
mod layout;
mod nearest;
mod pairing;
mod property;
mod reach;
mod readings;
mod side;
mod solve;
mod space;
mod when;
mod witness;
mod work;

pub(crate) use blocking::smallest_hitting;
pub use condition::{Condition, ConditionError};
pub use diff::{Change, Diff, DiffOptions, Judged, Subject, diff};
pub(crate) use nearest::{Edit, changed, nearest};
pub use property::{Proof, all_live, always, equivalent, never};
pub(crate) use reach::reach_within;
pub use reach::{GroupSets, Reach, RoleReach, RuleReach, Unmapped, Verdict, Way, find_role, reach, reach_role};
pub use readings::{ReachReading, reach_readings, unequal_readings};
pub(crate) use solve::Found;
pub use solve::NotDecided;
pub use when::{Alternative, Constraint};
pub(crate) use witness::ClaimsJson;
pub use witness::Witness;
pub(crate) use work::{Work, steps_of_login};
