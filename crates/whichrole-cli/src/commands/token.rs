//! `whichrole token`: claims from groups, claims from a JWT, signatures against a key set.

use whichrole::read::{ReadOptions, read};
use whichrole::{Claims, PreTokenGeneration, TokenLimits};

use crate::args::{Args, TokenCommand};
use crate::commands::eval::json;
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;
use crate::request::{self, Given, Signatures};
use crate::{input, request::groups_of_file};

pub fn run(args: &Args, command: &TokenCommand, output: &mut Output) -> Result<Exit> {
    match command {
        TokenCommand::Make { member, groups, config, claims, pre_token, assume } => {
            make(member, groups.as_deref(), config.as_deref(), claims, pre_token.as_deref(), assume, output)
        }
        TokenCommand::Decode { token, token_env } => {
            let given = jwt(token.as_deref(), token_env.as_deref())?;
            for warning in given.warnings() {
                output.note(&format!("warning: {warning}"));
            }
            print(&given.claims, output)
        }
        TokenCommand::Verify { token, token_env, jwks, clock } => {
            let given = jwt(token.as_deref(), token_env.as_deref())?;
            for warning in given.warnings() {
                output.note(&format!("warning: {warning}"));
            }
            let clock = request::clock(clock)?;
            match Signatures::check(Some(jwks), std::slice::from_ref(&given), clock, output)? {
                Signatures::Refused(refused) => {
                    let why = refused.first().map(|(_, why)| why.to_string()).unwrap_or_default();
                    if args.wants_json() {
                        output.line(&json(&serde_json::json!({"verified": false, "why": why}))?)?;
                    } else {
                        output.error(&format!("not verified: {why}"));
                    }
                    Ok(Exit::No)
                }
                _ if args.wants_json() => {
                    output.line(&json(&serde_json::json!({"verified": true, "why": null}))?)?;
                    Ok(Exit::Yes)
                }
                _ => {
                    output.line("verified")?;
                    Ok(Exit::Yes)
                }
            }
        }
    }
}

fn make(
    member: &[String],
    groups: Option<&str>,
    config: Option<&str>,
    written: &[String],
    pre_token: Option<&str>,
    assume: &[String],
    output: &mut Output,
) -> Result<Exit> {
    let semantics = request::semantics(assume)?;
    let known = match (groups, config) {
        (Some(file), _) => groups_of_file(file)?,
        (None, Some(config)) => {
            let configuration = read(&input::sources(config)?, &ReadOptions::default());
            configuration.definitions.into_iter().find_map(|definition| definition.groups)
        }
        (None, None) => None,
    };
    let mut claims = Claims::default();
    request::set_claims(&mut claims, written)?;
    if !member.is_empty() {
        let open = request::add_groups(&mut claims, member, known.as_deref())?;
        if let Some(open) = &open {
            if !semantics.assumed().contains(open.question()) {
                let id = open.question().id();
                output.note(&format!("note: `cognito:preferred_role` depends on the open question `{id}`"));
            }
            if let Some(role) = open.resolve(&semantics) {
                claims.set(whichrole::PREFERRED_ROLE, role.clone());
            }
        }
    }
    if let Some(file) = pre_token {
        let text = input::file(file, ReadOptions::default().json.bytes)?;
        let answer =
            PreTokenGeneration::from_json(&text).map_err(|error| request::token_failure(&error, Some(file)))?;
        answer.apply(&mut claims);
    }
    print(&claims, output)
}

fn jwt(token: Option<&str>, token_env: Option<&str>) -> Result<Given> {
    let limits = TokenLimits::default();
    match (token, token_env) {
        (Some(name), None) => request::token(name, &limits),
        (None, Some(name)) => request::token_of_environment(name, &limits),
        (None, None) => request::token("-", &limits),
        (Some(_), Some(_)) => Err(Failure::new("usage", "give a TOKEN or `--token-env`, not both")),
    }
}

/// Claims, indented, numbers as written.
fn print(claims: &Claims<'_>, output: &mut Output) -> Result<Exit> {
    let raw = |claim: &whichrole::Claim<'_>| serde_json::value::RawValue::from_string(claim.to_json()).ok();
    let mut lines = Vec::new();
    for (name, claim) in claims.iter() {
        let value = raw(claim).map(|value| value.get().to_owned()).unwrap_or_default();
        lines.push(format!("  {}: {value}", serde_json::Value::from(name)));
    }
    output.line(&whichrole::text::visible_json(&format!("{{\n{}\n}}", lines.join(",\n"))))?;
    Ok(Exit::Yes)
}
