//! The command line: the commands here, the arguments they share and those of the larger ones in files of their own.

mod batch;
mod config;
mod lint;
mod prove;
mod request;
mod test;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub use self::batch::BatchArgs;
pub use self::config::{ConfigArgs, ReadArgs};
pub use self::lint::{FailOn, LintArgs};
pub use self::prove::{DiffArgs, ProofArgs};
pub use self::request::{ChoiceArgs, ClockArgs, RequestArgs, TokenLimitArgs};
pub use self::test::TestArgs;
pub use self::token::TokenCommand;

/// Which IAM role and which principal tags does a token get from an Amazon Cognito identity pool, and why?
#[derive(Debug, Parser)]
#[command(name = "whichrole", version, propagate_version = true, max_term_width = 100)]
#[command(before_help = "\
Examples:
  whichrole eval pool.json token.jwt              the role, nothing else
  whichrole explain pool.json token.jwt           why: every rule tried, near misses, certainty
  whichrole eval pool.json --claim custom:dept=eng
  whichrole eval template.yaml --member admins    a user of these groups
  whichrole decode 'Invalid identity pool configuration. Check assigned IAM roles for this pool.'")]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, ClapArgs)]
pub struct Global {
    /// How results are written; all but `text` and `json` are for `test`, `lint` or `diff`
    #[arg(long, global = true, help_heading = GLOBAL, value_enum)]
    pub format: Option<Format>,
    /// Write results to this file instead of standard output
    #[arg(short, long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    pub output: Option<OsString>,
    /// When to use colours; the variable `NO_COLOR` is respected
    #[arg(long, global = true, help_heading = GLOBAL, value_enum, default_value = "auto")]
    pub color: Color,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub quiet: bool,
    /// Say more, such as which files were passed over
    #[arg(short, long, global = true, help_heading = GLOBAL, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Exit with 0 where it would be 1 (never where it would be 2 or 3)
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub exit_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    // Ordinary comments: what is said about one value makes every page of help twice as long.
    // XML as JUnit writes it.
    Junit,
    // Version 14.
    Tap,
    // Annotations for GitHub Actions.
    Github,
    // For summaries and comments.
    Markdown,
    // SARIF 2.1.0.
    Sarif,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the role that a token gets, and nothing else
    #[command(before_help = "\
Examples:
  whichrole eval pool.json token.jwt
  whichrole eval pool.json --claim custom:dept=eng --claim 'cognito:groups=[\"admins\"]'
  whichrole eval pool.json --member admins,staff --groups groups.json
  whichrole eval pool.json --guest --format json
  pass show alice-token | whichrole eval pool.json -")]
    Eval {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        request: RequestArgs,
    },
    /// Explain a decision: every rule tried, near misses, tags, certainty
    #[command(before_help = "\
Examples:
  whichrole explain pool.json token.jwt
  whichrole explain pool.json token.jwt --want arn:aws:iam::111122223333:role/Admin")]
    Explain {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        request: RequestArgs,
        /// Say why the token does not get this role, and the smallest change that gives it
        #[arg(long, value_name = "ROLE")]
        want: Option<String>,
    },
    /// Decide every line of a file: claims objects or compact JWTs, one a line
    #[command(before_help = "\
Examples:
  whichrole batch pool.json users.ndjson
  whichrole batch pool.json users.ndjson --summary
  whichrole batch old.json users.ndjson --against new.json
  whichrole batch pool.json logins.log --pointer /request/idToken --fields line,role
  jq -c '.[]' users.json | whichrole batch pool.json - --fields role,source")]
    Batch(BatchArgs),
    /// Find faults: what AWS rejects, what can never match, what users can give themselves, what STS refuses
    #[command(before_help = "\
Examples:
  whichrole lint infra/
  whichrole lint template.yaml --format sarif -o lint.sarif
  whichrole lint main.tf --fix
  whichrole lint --explain shadowed-rule")]
    Lint(LintArgs),
    /// Run suites: files `*.whichrole.yaml`, or all of a folder
    #[command(before_help = "\
Examples:
  whichrole test                                       every suite below the current folder
  whichrole test roles.whichrole.yaml --filter 'admins*'
  whichrole test --format junit -o report.xml
  whichrole test --init template.yaml -o roles.whichrole.yaml")]
    Test(TestArgs),
    /// Prove which tokens get a role: every role and rule, reachable with an example or dead
    #[command(before_help = "\
Examples:
  whichrole who pool.json
  whichrole who template.yaml Admin
  whichrole who pool.json --assume array-claims=membership --format json")]
    Who {
        #[command(flatten)]
        config: ConfigArgs,
        /// Only this role, and the exact condition for it: an ARN, a reference, or a name
        #[arg(value_name = "ROLE")]
        role: Option<String>,
        #[command(flatten)]
        proof: ProofArgs,
    },
    /// Prove which tokens get something else: every change of role, tags or denial, with an example
    #[command(before_help = "\
Examples:
  whichrole diff git:main:pool.json pool.json
  whichrole diff old.json new.json --only 'cognito:groups contains admins'
  whichrole diff template.yaml deployed.json --map '${AdminRole.Arn}=arn:aws:iam::111122223333:role/Admin'
  whichrole diff old.json new.json --users users.ndjson --format markdown")]
    Diff(DiffArgs),
    /// Print what was read from a configuration, as canonical API JSON
    #[command(before_help = "\
Examples:
  whichrole show template.yaml
  whichrole show infra/ | whichrole eval - --claim custom:dept=eng")]
    Show {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Make, decode or verify tokens
    #[command(
        subcommand,
        before_help = "\
Examples:
  whichrole token make --groups groups.json --member admins
  whichrole token decode token.jwt
  whichrole token verify token.jwt --jwks jwks.json --now now"
    )]
    Token(TokenCommand),
    /// Name the likely causes of one of Cognito's error messages
    #[command(before_help = "\
Examples:
  whichrole decode 'Invalid identity pool configuration. Check assigned IAM roles for this pool.'
  aws cognito-identity get-credentials-for-identity ... 2>&1 | whichrole decode -")]
    Decode {
        /// The message, or `-` for standard input
        #[arg(value_name = "AWS ERROR TEXT")]
        message: String,
    },
    /// Print the JSON Schema of an output or a file format
    #[command(before_help = "\
Examples:
  whichrole schema eval > decision.schema.json")]
    Schema {
        /// Which schema
        #[arg(value_enum)]
        which: Schema,
    },
    /// Print shell completions
    #[command(before_help = "\
Examples:
  whichrole completions bash > ~/.local/share/bash-completion/completions/whichrole
  whichrole completions zsh > ~/.zfunc/_whichrole
  whichrole completions fish > ~/.config/fish/completions/whichrole.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages to a folder
    #[command(before_help = "\
Examples:
  whichrole man ~/.local/share/man/man1")]
    Man {
        /// The folder; it is made if need be
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// The decision object of `eval` and `batch`
    Eval,
    /// The output of `explain`
    Explain,
    /// Suites: files `*.whichrole.yaml`
    Suite,
    /// The output of `test`
    Test,
    /// The output of `lint`
    Lint,
    /// The output of `who`
    Who,
    /// The output of `diff`
    Diff,
    /// Errors with `--format json`
    Error,
}

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";
/// The heading of the options for limits.
const LIMITS: &str = "Limits";

/// Levels of nesting: as many as the readers can go down on a small stack.
fn depth(written: &str) -> Result<usize, String> {
    let levels = written.parse().ok().filter(|levels| (1..=512).contains(levels));
    levels.ok_or_else(|| "expected 1–512 levels".to_owned())
}

/// A number of bytes.
fn bytes(written: &str) -> Result<usize, String> {
    written.parse().map_err(|_| format!("expected 0–{} bytes", usize::MAX))
}

impl Args {
    /// Whether errors are wanted as JSON.
    pub fn wants_json(&self) -> bool {
        self.global.format == Some(Format::Json)
    }
}
