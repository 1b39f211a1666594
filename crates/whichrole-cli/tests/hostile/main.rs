//! Hostile inputs, hostile values on their way out, secrets that must not get out, and a system that fails. The rows such as HI-16 are listed
//! in `testdata/hostile`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers here are tests, too")]

mod canary;
#[path = "../cli/harness.rs"]
#[expect(dead_code, reason = "the tests of single commands need more of it")]
mod harness;
mod issuers;
mod limits;
mod list;
mod rows;
mod scale;
mod sinks;
mod system;
