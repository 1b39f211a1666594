//! The arguments of `token`.

use std::ffi::OsString;

use clap::Subcommand;

use super::request::{ClockArgs, TokenLimitArgs};

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
