//! `whichrole token`: claims from groups, claims from a JWT, signatures against a key set.

use std::ffi::OsStr;

use whichrole::read::ReadOptions;
use whichrole::{Claim, Claims, Group, PreTokenGeneration, ProviderKey};

use crate::args::{Args, TokenCommand, TokenLimitArgs};
use crate::failure::{Exit, Failure, Result};
use crate::input::{self, Loaded};
use crate::json::json;
use crate::output::Output;
use crate::request::{self, Given, Signatures, groups_of_file};

pub fn run(args: &Args, command: &TokenCommand, output: &mut Output) -> Result<Exit> {
    match command {
        TokenCommand::Make { member, groups, config, pool, claims, pre_token, assume } => {
            let files = [groups.as_deref(), config.as_deref(), pre_token.as_deref()];
            input::refuse_two_stdins(files.into_iter().flatten())?;
            let known = match (groups, config) {
                (Some(file), _) => groups_of_file(file)?,
                (None, Some(config)) => Some(groups_of_configuration(config, pool.as_deref())?),
                (None, None) => None,
            };
            make(member, known.as_deref(), claims, pre_token.as_deref(), assume, output)
        }
        TokenCommand::Decode { token, token_env, limits } => {
            let given = jwt(token.as_deref(), token_env.as_deref(), limits)?;
            for warning in given.warnings() {
                output.note(&format!("warning: {warning}"));
            }
            Ok(print(&given.claims, output))
        }
        TokenCommand::Verify { token, token_env, limits, jwks, clock } => {
            if token_env.is_none() {
                input::refuse_two_stdins([token.as_deref().unwrap_or("-".as_ref()), jwks])?;
            }
            let given = jwt(token.as_deref(), token_env.as_deref(), limits)?;
            for warning in given.warnings() {
                output.note(&format!("warning: {warning}"));
            }
            let clock = request::clock(clock)?;
            match Signatures::check(Some(jwks), std::slice::from_ref(&given), clock, output)? {
                Signatures::Refused(refused) => {
                    let why = refused.first().map(|(_, why)| why.to_string()).unwrap_or_default();
                    if args.wants_json() {
                        output.line(&json(&serde_json::json!({"verified": false, "why": why}))?);
                    } else {
                        output.error(&format!("not verified: {why}"));
                    }
                    Ok(Exit::No)
                }
                _ if args.wants_json() => {
                    output.line(&json(&serde_json::json!({"verified": true, "why": null}))?);
                    Ok(Exit::Yes)
                }
                _ => {
                    output.line("verified");
                    Ok(Exit::Yes)
                }
            }
        }
    }
}

fn make(
    member: &[String],
    known: Option<&[Group]>,
    written: &[String],
    pre_token: Option<&OsStr>,
    assume: &[String],
    output: &mut Output,
) -> Result<Exit> {
    let semantics = request::semantics(assume)?;
    let mut claims = Claims::default();
    request::set_claims(&mut claims, written)?;
    if !member.is_empty() {
        // There is no identity pool here that could tell whose login it is.
        let issuer = claims.get("iss").and_then(Claim::as_text);
        let logins: Vec<ProviderKey> = issuer.map(ProviderKey::of_issuer).into_iter().collect();
        let open = request::add_groups(&mut claims, member, known, &logins)?;
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
        let answer = PreTokenGeneration::from_json(&text)
            .map_err(|error| request::token_failure(&error, Some(&input::shown(file))))?;
        answer.apply(&mut claims);
    }
    Ok(print(&claims, output))
}

/// The groups of one pool, of a configuration that is good in every other respect too: of a faulty one some may be missing.
fn groups_of_configuration(config: &OsStr, pool: Option<&str>) -> Result<Vec<Group>> {
    let loaded = Loaded::of(config, &ReadOptions::default())?;
    let problems: Vec<_> =
        loaded.configuration.problems.iter().filter(|problem| problem.code != "unresolved-value").cloned().collect();
    if !problems.is_empty() {
        return Err(loaded.failure(&problems));
    }
    let definition = loaded.configuration.choose(pool).map_err(|error| loaded.failure(&error.problems))?;
    definition.groups.clone().ok_or_else(|| {
        let name = whichrole::text::quoted_whole(&input::shown(config));
        Failure::new("no-groups", format!("{name} has no groups in it"))
    })
}

fn jwt(token: Option<&OsStr>, token_env: Option<&str>, limits: &TokenLimitArgs) -> Result<Given> {
    let limits = limits.limits();
    match (token, token_env) {
        (Some(name), None) => request::token(name, &limits),
        (None, Some(name)) => request::token_of_environment(name, &limits),
        (None, None) => request::token("-".as_ref(), &limits),
        (Some(_), Some(_)) => Err(Failure::new("usage", "give a TOKEN or `--token-env`, not both")),
    }
}

/// Claims, indented, numbers as written.
fn print(claims: &Claims<'_>, output: &mut Output) -> Exit {
    if claims.is_empty() {
        output.line("{}");
        return Exit::Yes;
    }
    let raw = |claim: &Claim<'_>| serde_json::value::RawValue::from_string(claim.to_json()).ok();
    let mut lines = Vec::new();
    for (name, claim) in claims.iter() {
        let value = raw(claim).map(|value| value.get().to_owned()).unwrap_or_default();
        lines.push(format!("  {}: {value}", serde_json::Value::from(name)));
    }
    output.line(&whichrole::text::visible_json(format!("{{\n{}\n}}", lines.join(",\n"))));
    Exit::Yes
}
