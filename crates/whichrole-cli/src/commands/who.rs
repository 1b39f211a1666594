//! `whichrole who`: exactly which tokens get a role.

use std::collections::BTreeSet;

use serde::Serialize;
use whichrole::analysis::{Alternative, Reach, ReachReading, RoleReach, Verdict, reach, reach_readings, reach_role};
use whichrole::{Evaluator, Group};

use crate::args::{Args, ConfigArgs, ProofArgs};
use crate::failure::{Exit, Result};
use crate::input::Loaded;
use crate::json::long_json;
use crate::output::Output;
use crate::{render, request};

/// What is printed as JSON: the answer, and what other readings would make of it.
#[derive(Serialize)]
struct Whole<'w> {
    #[serde(flatten)]
    reach: &'w Reach,
    readings: &'w [ReachReading],
    /// The condition of the role that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'w [Alternative]>,
}

pub fn run(
    args: &Args,
    config: &ConfigArgs,
    role: Option<&str>,
    proof: &ProofArgs,
    output: &mut Output,
) -> Result<Exit> {
    let semantics = request::semantics(&proof.assume)?;
    let mut loaded = Loaded::read(config)?;
    let definition = loaded.definition(config.pool.as_deref(), output)?;
    let on_guests = loaded.note_on_guests(definition);
    let groups = groups(proof, definition.groups.as_deref())?;
    let asked = role.map(|role| loaded.find_role(&definition.pool, &groups, role)).transpose()?;
    let definition = loaded.take(config.pool.as_deref())?;
    // The files can be large, and nothing is said of them any more.
    drop(loaded);
    let evaluator = Evaluator::new(definition.pool, semantics);
    let mut found = reach(&evaluator, &groups);
    let mut readings = reach_readings(&found, &evaluator, &groups);
    if let Some(role) = &asked {
        narrow(&mut found, &mut readings, reach_role(&evaluator, &groups, role));
    }
    if let (Some(of_guests), Some(note)) = (&evaluator.pool().roles.unauthenticated, on_guests)
        && asked.as_deref().is_none_or(|role| role == of_guests.as_str())
    {
        output.note(&note);
    }
    let has_several = evaluator.pool().role_mappings.len() > 1;
    // What is shown can be large, too.
    drop(evaluator);
    let when = asked.as_ref().and(found.roles.first()).and_then(|role| role.when.as_deref());
    if args.wants_json() {
        output.document(long_json(&Whole { reach: &found, readings: &readings, when })?);
    } else {
        let lines = match (found.roles.as_slice(), &asked) {
            ([only], Some(_)) => render::who::role(only, &found, &readings, has_several),
            _ => render::who::table(&found, &readings),
        };
        output.texts(&lines);
    }
    Ok(exit(&found, asked.is_some(), proof.strict && !readings.is_empty()))
}

/// Leaves of an answer what is about one role.
fn narrow(found: &mut Reach, readings: &mut Vec<ReachReading>, role: RoleReach) {
    found.rules.retain(|rule| rule.role == role.role);
    found.groups.retain(|sets| sets.role == role.role);
    let rules: BTreeSet<(&str, usize)> = found.rules.iter().map(|rule| (&*rule.provider, rule.rule)).collect();
    for reading in readings.iter_mut() {
        reading.roles.retain(|(known, _)| *known == role.role);
        reading.rules.retain(|(provider, number, _)| rules.contains(&(&**provider, *number)));
    }
    readings.retain(|reading| !reading.roles.is_empty() || !reading.rules.is_empty());
    found.roles = vec![role];
}

fn exit(found: &Reach, is_one: bool, depends: bool) -> Exit {
    let open = |verdict: &Verdict| matches!(verdict, Verdict::NotDecided(_));
    let of_role = |role: &RoleReach| open(&role.verdict) || role.by_custom_role.as_ref().is_some_and(open);
    if found.roles.iter().any(of_role) || found.rules.iter().any(|rule| open(&rule.verdict)) {
        return Exit::CouldNotAnswer;
    }
    match found.roles.first() {
        _ if depends => Exit::NotCertain,
        Some(role) if is_one && role.verdict == Verdict::Dead => Exit::No,
        _ => Exit::Yes,
    }
}

/// The groups that are known: of the file given, else of the configuration.
pub fn groups(proof: &ProofArgs, found: Option<&[Group]>) -> Result<Vec<Group>> {
    Ok(match &proof.groups {
        Some(file) => request::groups_of_file(file)?.unwrap_or_default(),
        None => found.unwrap_or_default().to_vec(),
    })
}
