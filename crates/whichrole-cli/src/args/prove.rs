//! The arguments of `who` and `diff`.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use super::config::ReadArgs;

/// What two configurations are compared for.
#[derive(Debug, ClapArgs)]
pub struct DiffArgs {
    /// The configuration before: a file, a folder, `-`, or `git:REVISION:PATH`
    #[arg(value_name = "OLD")]
    pub old: OsString,
    /// The configuration after
    #[arg(value_name = "NEW")]
    pub new: OsString,
    /// The pool, if there are several; left out, pools are compared by name
    #[arg(long, value_name = "NAME")]
    pub pool: Option<String>,
    /// Prove that nothing outside this condition changes (`CLAIM equals|not-equal|starts-with|contains VALUE`, `CLAIM present|absent`,
    /// joined by `and` and `or`)
    #[arg(long, value_name = "CONDITION")]
    pub only: Option<String>,
    /// What a reference of either side stands for; may be repeated
    #[arg(long = "map", value_name = "REFERENCE=LITERAL")]
    pub map: Vec<String>,
    /// Count the users of this file in each class of change: a claims object, a compact JWT or a user with groups a line
    #[arg(long, value_name = "FILE")]
    pub users: Option<OsString>,
    /// The provider of those users, where their tokens do not tell
    #[arg(long, value_name = "KEY", requires = "users")]
    pub provider: Option<String>,
    #[command(flatten)]
    pub proof: ProofArgs,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// Under which choices something is proved.
#[derive(Debug, ClapArgs)]
pub struct ProofArgs {
    /// The user pool's groups (`list-groups` output); left out, those found in the configuration
    #[arg(long, value_name = "FILE")]
    pub groups: Option<OsString>,
    /// Fix an open question (`array-claims=membership`); may be repeated
    #[arg(long, value_name = "QUESTION=CHOICE")]
    pub assume: Vec<String>,
    /// Exit with 3 when the answer depends on an open question
    #[arg(long)]
    pub strict: bool,
}
