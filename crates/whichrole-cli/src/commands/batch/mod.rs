//! `whichrole batch`: one decision for every line, in order, streaming.

mod against;
mod columns;
mod decide;
mod pointer;
mod summary;
mod threads;

use std::ffi::OsStr;
use std::sync::Arc;

use whichrole::text::counted;
use whichrole::{Evaluator, Semantics};

use self::against::Changes;
use self::columns::Column;
use self::decide::{Batch, Results, Want, Worker};
use self::pointer::Pointer;
use self::summary::Summary;
use crate::args::{Args, BatchArgs};
use crate::failure::{Exit, Failure, Result};
use crate::input::{self, Loaded};
use crate::lines::Lines;
use crate::output::Output;
use crate::progress::Progress;
use crate::request;

pub fn run(args: &Args, asked: &BatchArgs, output: &mut Output) -> Result<Exit> {
    let columns = asked.fields.iter().map(|field| Column::named(field)).collect::<Result<Vec<_>>>()?;
    let pointer = asked.pointer.as_deref().map(Pointer::parse).transpose()?;
    let name = asked.lines.as_deref().unwrap_or("-".as_ref());
    let against = asked.against.as_deref();
    input::refuse_two_stdins([asked.config.config.as_os_str(), name].into_iter().chain(against))?;
    if output.goes_to(name) {
        return Err(Failure::new("usage", "`--output` is the file that is read"));
    }
    let semantics = request::semantics(&asked.choices.assume)?;
    let clock = request::clock(&asked.choices.clock)?;
    let (ours, other) = evaluators(asked, semantics, output)?;
    let want = match other {
        Some(other) => Want::Changes(Box::new(other)),
        None if asked.summary => Want::Summary,
        None if columns.is_empty() => Want::Decisions,
        None => Want::Columns(columns),
    };
    let batch = Arc::new(Batch {
        evaluator: ours,
        want,
        pointer,
        provider: request::provider(&asked.choices),
        custom_role_arn: asked.choices.custom_role_arn.clone(),
        clock,
        limits: asked.choices.limits.limits(),
        longest: asked.max_line_bytes,
        name: input::shown(name),
        is_strict: asked.choices.strict,
    });
    let results = decide_all(&batch, name, asked.threads, output)?;

    match &batch.want {
        Want::Changes(_) => results.changes.show(args.wants_json(), output)?,
        Want::Summary => results.summary.show(args.wants_json(), output)?,
        Want::Decisions | Want::Columns(_) => {}
    }
    let unread = results.unread;
    if unread > 0 {
        output.note(&format!("{} could not be read", counted(unread, "line", "lines")));
        return Ok(Exit::CouldNotAnswer);
    }
    Ok(match () {
        () if batch.is_strict && results.uncertain > 0 => Exit::NotCertain,
        () if results.changes.is_empty() => Exit::Yes,
        () => Exit::No,
    })
}

/// What decides each line, and what else with `--against`.
fn evaluators(asked: &BatchArgs, semantics: Semantics, output: &Output) -> Result<(Evaluator, Option<Evaluator>)> {
    let options = asked.config.read.options()?;
    let ours = Loaded::of_revision(&asked.config.config, &options)?;
    let other = asked.against.as_deref().map(|other| Loaded::of_revision(other, &options)).transpose()?;
    let sides: Vec<&Loaded> = [&ours].into_iter().chain(&other).collect();
    input::show_notes(&sides, output);
    let definition = ours.choose(asked.config.pool.as_deref())?;
    let groups = definition.groups.as_deref().unwrap_or_default();
    request::note_custom_role(&asked.choices, &definition.pool, groups, output);
    let evaluator = |loaded: &Loaded| -> Result<Evaluator> {
        let definition = loaded.choose(asked.config.pool.as_deref())?;
        Ok(Evaluator::new(definition.pool.clone(), semantics))
    };
    Ok((evaluator(&ours)?, other.as_ref().map(evaluator).transpose()?))
}

/// Puts every line of the input to the batch.
fn decide_all(batch: &Arc<Batch>, name: &OsStr, threads: Option<usize>, output: &mut Output) -> Result<Results> {
    let bytes = input::length(name);
    let lines = Lines::new(input::open(name)?, batch.longest);
    let streams = matches!(batch.want, Want::Decisions | Want::Columns(_));
    let sink = if streams { output.stream()? } else { Box::new(std::io::sink()) };
    let results = Results { sink, unread: 0, uncertain: 0, summary: Summary::default(), changes: Changes::default() };
    let workers = (0..threads::count(threads, bytes)).map(|_| Worker::new(Arc::clone(batch))).collect();
    let progress = Progress::of_bytes(bytes, output.shows_progress());
    let results = threads::run(lines, results, workers, |read| progress.at(read));
    drop(progress);
    results.map_err(|error| output.write_failure(&error))
}
