//! The arguments of `lint`.

use std::ffi::OsString;

use clap::{Args as ClapArgs, ValueEnum};

use super::config::ReadArgs;

/// What to look at, and what counts.
#[derive(Debug, ClapArgs)]
pub struct LintArgs {
    /// Files or folders, each a configuration of its own, or `-` for standard input
    #[arg(value_name = "CONFIG", required_unless_present = "explain")]
    pub configs: Vec<OsString>,
    /// Print the page of this lint
    #[arg(long, value_name = "LINT", conflicts_with_all = ["configs", "fix"])]
    pub explain: Option<String>,
    /// Exit with 1 for findings of this severity and worse [default: warning]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub fail_on: Option<FailOn>,
    /// Mend what is safe to mend: misspelt fields and words, a missing `sts:TagSession`
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Info,
    Warning,
    Error,
}
