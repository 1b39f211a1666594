//! What request to decide.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use super::{LIMITS, bytes, depth};

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

/// How large a token or claims object may be.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct TokenLimitArgs {
    /// The largest token or claims object in bytes [default: 50000 for a JWT, 65536 for claims]
    #[arg(long, value_name = "BYTES", value_parser = bytes, allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_token_bytes: Option<usize>,
    /// How deep claims may nest, 1 to 512 [default: 32]
    #[arg(long, value_name = "LEVELS", value_parser = depth, help_heading = LIMITS)]
    pub max_token_depth: Option<usize>,
}

/// Seconds of grace: more than five minutes hide a wrong clock.
fn leeway(written: &str) -> Result<u16, String> {
    written.parse().ok().filter(|seconds| *seconds <= 300).ok_or_else(|| "expected 0–300 seconds".to_owned())
}
