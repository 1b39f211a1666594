//! `whichrole test`: runs suites.

mod init;
mod inside;
mod judge;
mod load;
mod report;
mod retry;
mod snapshot;
mod watch;

use std::time::Instant;

use whichrole::read::Problem;
use whichrole::suite::{Glob, Plan};
use whichrole::text;

use crate::args::{Args, Format, TestArgs};
use crate::commands::eval::json;
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;
use crate::progress::Progress;
use crate::render::suite::{Run, Summary};
use crate::render::{github, junit, markdown, suite, tap};

/// The `schema` member of the JSON that is printed.
const SCHEMA: &str = "whichrole/test/v1";

pub fn run(args: &Args, asked: &TestArgs, output: &mut Output) -> Result<Exit> {
    if let Some(config) = &asked.init {
        return init::run(args, asked, config, output);
    }
    if asked.update && std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        return Err(Failure::new(
            "update-in-ci",
            "`--update` is refused where `CI` is set: a snapshot is for people to look at",
        ));
    }
    refuse_goals_of_a_part(asked)?;
    if asked.watch {
        return watch::run(args, asked, output);
    }
    once(args, asked, output).map(|(exit, _)| exit)
}

/// What is about all cases of a suite says nothing of some of them, and would pass by accident.
fn refuse_goals_of_a_part(asked: &TestArgs) -> Result<()> {
    if asked.filter.is_empty() {
        return Ok(());
    }
    let of_all = [
        ("--coverage", asked.coverage),
        ("--threshold", asked.threshold.is_some()),
        ("--mutants", asked.mutants),
        ("--update", asked.update),
    ];
    match of_all.iter().find(|(_, is_asked)| *is_asked) {
        Some((flag, _)) => {
            Err(Failure::new("usage", format!("`{flag}` is about all cases of a suite; leave out `--filter`")))
        }
        None => Ok(()),
    }
}

/// One run, and the files it depended on.
fn once(args: &Args, asked: &TestArgs, output: &mut Output) -> Result<(Exit, Vec<std::path::PathBuf>)> {
    let mut files = Vec::new();
    let mut loaded = Vec::new();
    let options = asked.read.options()?;
    let roots = load::roots(&asked.paths)?;
    if let Some(settings) = roots.settings {
        let paths: Vec<String> = roots.paths.iter().map(|path| text::quoted(path)).collect();
        output.note(&format!("note: {} says to test {}", text::quoted(&settings), paths.join(", ")));
        files.push(settings.into());
    }
    for path in load::find(&roots.paths)? {
        let mut suite = load::load(&path, &options)?;
        suite.notes.iter().for_each(|note| output.note(note));
        files.append(&mut suite.files);
        loaded.push(suite);
    }
    let exit = judged(args, asked, loaded, output)?;
    Ok((exit, files))
}

/// A suite that is sound, with the texts that snippets are taken from.
struct Sound {
    plan: Plan,
    path: String,
    texts: Vec<String>,
}

fn judged(args: &Args, asked: &TestArgs, loaded: Vec<load::Loaded>, output: &mut Output) -> Result<Exit> {
    let suites = sound(loaded)?;
    for suite in &suites {
        for note in suite.plan.notes() {
            let report = crate::failure::Report::of_problem(note, suite.plan.names());
            let sentence = format!("note: {}", report.sentence());
            // What the suite itself says to no effect is most likely a mistake.
            if note.at.is_some_and(|at| at.source() == 0) { output.note(&sentence) } else { output.detail(&sentence) }
        }
    }
    let filters: Vec<Glob> = asked.filter.iter().map(|pattern| Glob::new(pattern)).collect();
    if asked.list {
        return list(&suites, &filters, output);
    }

    let threads = asked.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut run = Run { schema: SCHEMA, summary: Summary::default(), suites: Vec::new() };
    let mut problems = Problems::default();
    let options = report::Options {
        asked,
        filters: &filters,
        all_cases: matches!(args.global.format, Some(Format::Json | Format::Junit | Format::Tap)),
        threads,
        progress: output.shows_progress(),
    };
    for sound in &suites {
        let cases = judge::selected(&sound.plan, &filters);
        let start = Instant::now();
        let bar = Progress::of_things(cases.len(), "cases", &sound.path, options.progress);
        let judgement = judge::judge(&sound.plan, &cases, asked.fail_fast, threads, &bar);
        drop(bar);
        let unanswerable = judge::unanswerable(&sound.plan, &judgement);
        if !unanswerable.is_empty() {
            problems.add(&unanswerable, sound.plan.names(), &sound.texts);
            continue;
        }
        let (report, missing) = report::suite(sound, &judgement, &options, start, &mut run.summary)?;
        problems.add(missing.as_slice(), sound.plan.names(), &sound.texts);
        if args.global.verbose > 0 {
            for result in judgement.results.iter().filter(|result| !result.judged.certain) {
                output.note(&format!("note: uncertain: {}", suite::shown_name(&sound.plan.case_name(result.case))));
            }
        }
        run.suites.push(report);
        if run.summary.stopped {
            break;
        }
    }
    problems.none()?;
    let judged = run.summary.passed + run.summary.failed + run.summary.todo;
    if judged == 0 {
        return Err(if filters.is_empty() {
            Failure::new("no-tests-ran", "no tests ran: all of them are skipped")
        } else {
            let message = format!(
                "nothing is called {}; `--list` prints all names",
                text::alternatives(asked.filter.iter().map(String::as_str))
            );
            Failure::new("filter-matches-nothing", message)
        });
    }
    write(args, &run, output)?;
    if run.summary.uncertain > 0 && args.global.verbose > 0 {
        output.note("note: an answer is uncertain where AWS does not say what happens; `whichrole explain` shows the other answers");
    }
    Ok(match run.summary {
        Summary { failed: 1.., .. } => Exit::No,
        Summary { uncertain: 1.., .. } if asked.strict => Exit::NotCertain,
        _ => Exit::Yes,
    })
}

/// All suites, or everything that is wrong with any of them.
fn sound(loaded: Vec<load::Loaded>) -> Result<Vec<Sound>> {
    let mut suites = Vec::new();
    let mut problems = Problems::default();
    for load::Loaded { path, plan, texts, .. } in loaded {
        let texts_of = |names: &[String]| -> Vec<String> {
            names.iter().map(|name| texts.get(name).cloned().unwrap_or_default()).collect()
        };
        match plan {
            Ok(plan) => {
                let texts = texts_of(plan.names());
                suites.push(Sound { plan, path, texts });
            }
            Err(error) => problems.add(&error.problems, &error.names, &texts_of(&error.names)),
        }
    }
    problems.none()?;
    Ok(suites)
}

/// Problems of several suites, their sources numbered through.
#[derive(Default)]
struct Problems {
    found: Vec<Problem>,
    names: Vec<String>,
    texts: Vec<String>,
}

impl Problems {
    fn add(&mut self, problems: &[Problem], names: &[String], texts: &[String]) {
        let first = self.names.len();
        self.found.extend(problems.iter().map(|problem| {
            let at = problem.at.map(|at| at.after_sources(first));
            Problem { at, ..problem.clone() }
        }));
        self.names.extend_from_slice(names);
        self.texts.extend_from_slice(texts);
    }

    fn none(&self) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        Err(Failure::of_problems(&self.found, &self.names, &self.texts))
    }
}

/// The names of all cases and properties.
fn list(suites: &[Sound], filters: &[Glob], output: &mut Output) -> Result<Exit> {
    let mut any = false;
    for suite in suites {
        let properties = suite.plan.suite().properties.iter().map(|property| property.name.text.clone());
        let properties = properties.filter(|name| filters.is_empty() || filters.iter().any(|glob| glob.matches(name)));
        let cases = judge::selected(&suite.plan, filters).into_iter().map(|case| suite.plan.case_name(case));
        for name in cases.chain(properties) {
            any = true;
            output.line(&format!("{}: {}", text::visible(&suite.path), suite::shown_name(&name)));
        }
    }
    if any { Ok(Exit::Yes) } else { Err(Failure::new("filter-matches-nothing", "nothing has such a name")) }
}

fn write(args: &Args, run: &Run, output: &mut Output) -> Result<()> {
    match args.global.format.unwrap_or(Format::Text) {
        Format::Json => output.document(json(run)?),
        Format::Junit => output.document(junit::junit(run)),
        Format::Tap => output.document(tap::tap(run)),
        Format::Markdown => output.lines(&markdown::suites(run)),
        Format::Github => {
            job_summary(&markdown::suites(run).join("\n"))?;
            output.lines(&github::annotations(run));
        }
        Format::Text if args.global.quiet && run.summary.failed == 0 => {}
        // SARIF is refused before.
        Format::Text | Format::Sarif => output.texts(&suite::text(run)),
    }
    Ok(())
}

/// GitHub Actions shows what is appended to this file.
fn job_summary(markdown: &str) -> Result<()> {
    use std::io::Write as _;
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let shown = path.to_string_lossy().into_owned();
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| writeln!(file, "{markdown}")).map_err(|error| Failure::io(&error, "write", &shown))
}
