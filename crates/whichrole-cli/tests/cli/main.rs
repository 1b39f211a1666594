//! The command `whichrole` from outside: what it prints, how it ends, and what never shows. Rows such as HI-16 are those of the project's list
//! of hostile inputs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers here are tests, too")]

mod batch;
mod configurations;
mod differences;
mod exit_codes;
#[expect(dead_code, reason = "the tests of hostile inputs need more of it")]
mod harness;
mod help;
mod key_sets;
mod outputs;
mod proofs;
mod redaction;
mod schema;
mod suite_schema;
mod texts;
mod tokens;
