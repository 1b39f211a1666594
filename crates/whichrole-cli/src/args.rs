//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

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
  jq -c '.[]' users.json | whichrole batch pool.json - --fields role,source")]
    Batch {
        #[command(flatten)]
        config: ConfigArgs,
        /// The lines; standard input if left out or `-`
        #[arg(value_name = "FILE")]
        lines: Option<OsString>,
        /// Print just these, separated by tabs: line, decision, role, source, rule, reason, certain, provider
        #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
        fields: Vec<String>,
        /// The largest line in bytes; a longer one is skipped and reported
        #[arg(long, value_name = "BYTES", default_value_t = 65_536, help_heading = LIMITS)]
        max_line_bytes: usize,
        #[command(flatten)]
        choices: ChoiceArgs,
    },
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
    /// Errors with `--format json`
    Error,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Print the claims that a member of groups gets
    #[command(before_help = "\
Examples:
  whichrole token make --groups groups.json --member admins,staff
  whichrole token make --config template.yaml --member admins --claim sub=1111 > alice.json")]
    Make {
        /// The groups a user is a member of
        #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
        member: Vec<String>,
        /// The user pool's groups (`list-groups` output)
        #[arg(long, value_name = "FILE")]
        groups: Option<OsString>,
        /// A configuration that has the groups
        #[arg(long, value_name = "CONFIG", conflicts_with = "groups")]
        config: Option<OsString>,
        /// The pool whose groups are meant, where the configuration has several
        #[arg(long, value_name = "NAME", requires = "config")]
        pool: Option<String>,
        /// A claim; the value is an array, object or boolean if it parses as one, else a string (`NAME:=JSON` for any JSON)
        #[arg(long = "claim", value_name = "NAME=VALUE")]
        claims: Vec<String>,
        /// What a pre-token-generation function answers (`claimsOverrideDetails`)
        #[arg(long, value_name = "FILE")]
        pre_token: Option<OsString>,
        /// Fix an open question
        #[arg(long, value_name = "QUESTION=CHOICE")]
        assume: Vec<String>,
    },
    /// Print the claims of a JWT, without verifying it
    #[command(before_help = "\
Examples:
  whichrole token decode token.jwt
  whichrole token decode --token-env ID_TOKEN")]
    Decode {
        /// A file with a compact JWT; standard input if left out or `-`
        #[arg(value_name = "TOKEN")]
        token: Option<OsString>,
        /// Take the token from this environment variable
        #[arg(long, value_name = "NAME")]
        token_env: Option<String>,
        #[command(flatten)]
        limits: TokenLimitArgs,
    },
    /// Verify a JWT's signature, issuer, audience and times
    #[command(before_help = "\
Examples:
  whichrole token verify token.jwt --jwks jwks.json --now now")]
    Verify {
        /// A file with a compact JWT; standard input if left out or `-`
        #[arg(value_name = "TOKEN")]
        token: Option<OsString>,
        /// Take the token from this environment variable
        #[arg(long, value_name = "NAME")]
        token_env: Option<String>,
        #[command(flatten)]
        limits: TokenLimitArgs,
        /// The key set (a JWKS file)
        #[arg(long, value_name = "FILE")]
        jwks: OsString,
        #[command(flatten)]
        clock: ClockArgs,
    },
}

/// What to test, and how.
#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct TestArgs {
    /// Suites, or folders to search for them; left out, the current one
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Run only cases and tests of this name (`*` any text, `?` any character); may be repeated
    #[arg(long, value_name = "GLOB")]
    pub filter: Vec<String>,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Run again whenever a file changes that matters
    #[arg(long, conflicts_with_all = ["update", "list", "init"])]
    pub watch: bool,
    /// Show what is covered, and a token for whatever is not
    #[arg(long)]
    pub coverage: bool,
    /// Fail if less than this percentage of rules, outcomes or tags is covered
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub threshold: Option<u8>,
    /// Change the configuration one small thing at a time and see whether the suite notices
    #[arg(long)]
    pub mutants: bool,
    /// Write snapshots; refused where CI is set
    #[arg(long)]
    pub update: bool,
    /// Print the names of all cases
    #[arg(long)]
    pub list: bool,
    /// Print a first suite for this configuration, with the answers of today
    #[arg(long, value_name = "CONFIG", conflicts_with_all = ["paths", "filter", "list", "update"])]
    pub init: Option<String>,
    /// The pool for --init, if there are several
    #[arg(long, value_name = "NAME", requires = "init")]
    pub pool: Option<String>,
    /// Exit with 3 when a case passes whose answer depends on an open question
    #[arg(long)]
    pub strict: bool,
    /// How many threads judge cases; left out, as many as the machine has
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=256))]
    pub threads: Option<usize>,
}

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
    /// Count the users of this file, a claims object or compact JWT a line, in each class of change
    #[arg(long, value_name = "FILE")]
    pub users: Option<OsString>,
    /// A parameter of a template, or anything else that only its deployment knows (`AWS::Region`, `Admin.Arn`)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// A variable of the Terraform root module: text, or an expression where its type asks for one (`groups=["a","b"]`)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    #[command(flatten)]
    pub proof: ProofArgs,
    #[command(flatten)]
    pub limits: ConfigLimitArgs,
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

/// The configuration to read.
#[derive(Debug, ClapArgs)]
pub struct ConfigArgs {
    /// A file or folder (API JSON, a template, Terraform), or `-` for standard input
    #[arg(value_name = "CONFIG")]
    pub config: OsString,
    /// The pool, if there are several
    #[arg(long, value_name = "NAME")]
    pub pool: Option<String>,
    /// The format of the configuration, where it does not show: api-json, cloudformation, terraform, terraform-plan or pulumi
    #[arg(long, value_name = "FORMAT", value_parser = input_format)]
    pub input_format: Option<whichrole::read::Format>,
    /// A parameter of a template, or anything else that only its deployment knows (`AWS::Region`, `Admin.Arn`)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// A variable of the Terraform root module: text, or an expression where its type asks for one (`groups=["a","b"]`)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    #[command(flatten)]
    pub limits: ConfigLimitArgs,
}

/// How large a configuration may be.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct ConfigLimitArgs {
    /// The largest configuration file in bytes [default: 16777216]
    #[arg(long, value_name = "BYTES", help_heading = LIMITS)]
    pub max_config_bytes: Option<usize>,
    /// How deep a configuration may nest, 1 to 512 [default: 128 in JSON, 64 in YAML]
    #[arg(long, value_name = "LEVELS", value_parser = depth, help_heading = LIMITS)]
    pub max_config_depth: Option<usize>,
}

/// How large a token or claims object may be.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct TokenLimitArgs {
    /// The largest token or claims object in bytes [default: 50000 for a JWT, 65536 for claims]
    #[arg(long, value_name = "BYTES", help_heading = LIMITS)]
    pub max_token_bytes: Option<usize>,
    /// How deep claims may nest, 1 to 512 [default: 32]
    #[arg(long, value_name = "LEVELS", value_parser = depth, help_heading = LIMITS)]
    pub max_token_depth: Option<usize>,
}

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
    /// A parameter of a template, or anything else that only its deployment knows (`AWS::Region`, `Admin.Arn`)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// A variable of the Terraform root module: text, or an expression where its type asks for one (`groups=["a","b"]`)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    #[command(flatten)]
    pub limits: ConfigLimitArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Info,
    Warning,
    Error,
}

/// The request to decide.
#[derive(Debug, ClapArgs)]
pub struct RequestArgs {
    /// Files with a compact JWT or a claims object, or `-`; several are the logins of one request
    #[arg(value_name = "TOKEN")]
    pub tokens: Vec<OsString>,
    /// Take a token from this environment variable
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
    /// A claim; the value is an array, object or boolean if it parses as one, else a string (`NAME:=JSON` for any JSON)
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    pub claims: Vec<String>,
    /// The groups the user is a member of
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    pub member: Vec<String>,
    /// The user pool's groups (`list-groups` output); left out, those found in CONFIG
    #[arg(long, value_name = "FILE", requires = "member")]
    pub groups: Option<OsString>,
    /// Ask for a guest, who has no token
    #[arg(long, conflicts_with_all = ["tokens", "token_env", "claims", "member"])]
    pub guest: bool,
    /// Verify the tokens' signatures against this key set (a JWKS file); needs --now
    #[arg(long, value_name = "FILE", requires = "now")]
    pub jwks: Option<OsString>,
    #[command(flatten)]
    pub choices: ChoiceArgs,
}

/// What goes with a request, whatever its logins.
#[derive(Debug, ClapArgs)]
pub struct ChoiceArgs {
    /// The provider of the login: a login key or a role-mapping key
    #[arg(long, value_name = "KEY")]
    pub provider: Option<String>,
    /// The role that the request chooses
    #[arg(long, value_name = "ARN")]
    pub custom_role_arn: Option<String>,
    /// Fix an open question (`array-claims=membership`); may be repeated
    #[arg(long, value_name = "QUESTION=CHOICE")]
    pub assume: Vec<String>,
    /// Exit with 3 when the answer depends on an open question
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub clock: ClockArgs,
    #[command(flatten)]
    pub limits: TokenLimitArgs,
}

/// When the request is made.
#[derive(Debug, ClapArgs)]
pub struct ClockArgs {
    /// The time of the request: an RFC 3339 time, or `now`; without it expiry is not checked
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Seconds of grace after expiry, 0 to 300
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = leeway, allow_negative_numbers = true)]
    pub leeway: u16,
}

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";
/// The heading of the options for limits.
const LIMITS: &str = "Limits";

/// Seconds of grace: more than five minutes hide a wrong clock.
fn leeway(written: &str) -> Result<u16, String> {
    written.parse().ok().filter(|seconds| *seconds <= 300).ok_or_else(|| "expected 0–300 seconds".to_owned())
}

/// Levels of nesting: as many as the readers can go down on a small stack.
fn input_format(written: &str) -> Result<whichrole::read::Format, String> {
    whichrole::read::Format::named(written).ok_or_else(|| {
        let names = whichrole::read::Format::ALL.map(whichrole::read::Format::name);
        format!("expected {}", whichrole::text::alternatives(names))
    })
}

fn depth(written: &str) -> Result<usize, String> {
    let levels = written.parse().ok().filter(|levels| (1..=512).contains(levels));
    levels.ok_or_else(|| "expected 1–512 levels".to_owned())
}

impl Args {
    /// Whether errors are wanted as JSON.
    pub fn wants_json(&self) -> bool {
        self.global.format == Some(Format::Json)
    }
}
