//! `whichrole test`: runs suites.

mod init;
mod inside;
mod judge;
mod load;
mod report;
mod retry;
mod snapshot;
mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use whichrole::read::Problem;
use whichrole::suite::{Glob, Plan};
use whichrole::text;

use crate::args::{Args, Format, TestArgs};
use crate::failure::{Exit, Failure, Result, SNIPPETS};
use crate::output::Output;
use crate::progress::Progress;
use crate::render::suite::Run;
use crate::render::{github, json, junit, markdown, suite, tap};

/// Bytes that the cases of a run may take where the format lists all of them, besides twice the files that were read: the memory for them.
const LONGEST_REPORT: usize = 44 * 1024 * 1024;

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
fn once(args: &Args, asked: &TestArgs, output: &mut Output) -> Result<(Exit, BTreeSet<PathBuf>)> {
    let mut files = BTreeSet::new();
    let options = asked.read.options()?;
    let roots = load::roots(&asked.paths)?;
    if let Some(settings) = roots.settings {
        let paths: Vec<String> = roots.paths.iter().map(|path| text::quoted(path)).collect();
        output.note(&format!("note: {} says to test {}", text::quoted(&settings), paths.join(", ")));
        files.insert(settings.into());
    }
    let paths = load::find(&roots.paths)?;
    // No snapshot is written while any suite is faulty.
    if asked.update && paths.len() > 1 {
        let mut problems = Problems::default();
        for path in &paths {
            sound(load::load(path, &options)?, &mut problems);
        }
        problems.none()?;
    }
    // Each suite is judged as soon as it is read, and then let go: there may be thousands. What it says is kept until all are sound.
    let mut running = Running::new(args, asked, output);
    let mut unsound = Problems::default();
    for (number, path) in paths.iter().enumerate() {
        let mut loaded = load::load(path, &options)?;
        loaded.notes.iter().for_each(|note| running.output.note(note));
        files.extend(std::mem::take(&mut loaded.files));
        running.bytes = running.bytes.saturating_add(loaded.bytes);
        if let Some(sound) = sound(loaded, &mut unsound)
            && unsound.is_empty()
        {
            running.learn(&sound);
            if number + 1 == paths.len() {
                running.tell();
            }
            running.judge(&sound);
        }
    }
    unsound.none()?;
    running.tell();
    running.end().map(|exit| (exit, files))
}

/// A suite that is sound, with the texts that snippets are taken from.
struct Sound {
    plan: Plan,
    path: String,
    texts: Vec<Arc<str>>,
}

/// A suite, unless something is wrong with it.
fn sound(loaded: load::Loaded, problems: &mut Problems) -> Option<Sound> {
    let load::Loaded { path, plan, texts, .. } = loaded;
    // A configuration may be there several times.
    let texts_of = |names: &[String]| -> Vec<Arc<str>> {
        names.iter().map(|name| texts.get(name).cloned().unwrap_or_default()).collect()
    };
    match plan {
        Ok(plan) => {
            let texts = texts_of(plan.names());
            Some(Sound { plan, path, texts })
        }
        Err(error) => {
            problems.add(&error.problems, &error.names, &texts_of(&error.names));
            None
        }
    }
}

/// A run of suites, one after the other.
struct Running<'r> {
    args: &'r Args,
    asked: &'r TestArgs,
    output: &'r mut Output,
    filters: Vec<Glob>,
    threads: usize,
    run: Run,
    /// Bytes of all files that were read.
    bytes: usize,
    /// What the suites have to say, until it is told; none afterwards.
    notes: Option<Vec<String>>,
    /// The answers that are uncertain, as long as notes are not told.
    uncertain: Vec<String>,
    /// Questions that could not be asked, and snapshots that are missing.
    problems: Problems,
    /// Why judging went no further.
    failed: Option<Failure>,
    /// Whether anything was listed, where names are asked for.
    listed: bool,
}

impl<'r> Running<'r> {
    fn new(args: &'r Args, asked: &'r TestArgs, output: &'r mut Output) -> Self {
        Self {
            args,
            asked,
            output,
            filters: asked.filter.iter().map(|pattern| Glob::new(pattern)).collect(),
            threads: asked.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
            run: Run::new(args.global.format.unwrap_or(Format::Text)),
            bytes: 0,
            notes: Some(Vec::new()),
            uncertain: Vec::new(),
            problems: Problems::default(),
            failed: None,
            listed: false,
        }
    }

    /// Keeps what a suite has to say, if anybody hears it.
    fn learn(&mut self, suite: &Sound) {
        let Some(notes) = &mut self.notes else { return };
        for note in suite.plan.notes() {
            // What the suite itself says to no effect is most likely a mistake.
            if self.output.is_verbose() || note.at.is_some_and(|at| at.source() == 0) {
                let report = crate::failure::Report::of_problem(note, suite.plan.names());
                notes.push(format!("note: {}", report.sentence()));
            }
        }
    }

    /// Tells what was kept: all suites are sound. From now on everything is told at once.
    fn tell(&mut self) {
        for note in self.notes.take().unwrap_or_default().iter().chain(&std::mem::take(&mut self.uncertain)) {
            self.output.note(note);
        }
    }

    /// Judges a suite, unless something stopped the run.
    fn judge(&mut self, suite: &Sound) {
        if self.failed.is_none() && !self.run.summary.stopped {
            if self.asked.list {
                self.list(suite);
            } else {
                self.failed = self.report(suite).err();
            }
        }
    }

    fn report(&mut self, sound: &Sound) -> Result<()> {
        let options = report::Options {
            asked: self.asked,
            filters: &self.filters,
            all_cases: matches!(self.args.global.format, Some(Format::Json | Format::Junit | Format::Tap)),
            threads: self.threads,
            room: LONGEST_REPORT.saturating_add(self.bytes.saturating_mul(2)),
            progress: self.output.shows_progress(),
        };
        let cases = judge::selected(&sound.plan, &self.filters);
        let start = Instant::now();
        let bar = Progress::of_things(cases.len(), "cases", &sound.path, options.progress);
        let judgement = judge::judge(&sound.plan, cases, self.asked.fail_fast, self.threads, &bar);
        drop(bar);
        let unanswerable = judge::unanswerable(&sound.plan, &judgement);
        if !unanswerable.is_empty() {
            self.problems.add(&unanswerable, sound.plan.names(), &sound.texts);
            return Ok(());
        }
        let missing = report::suite(sound, &judgement, &options, start, &mut self.run)?;
        self.problems.add(missing.as_slice(), sound.plan.names(), &sound.texts);
        if self.args.global.verbose > 0 {
            for (case, _) in judgement.results().filter(|(_, result)| !result.judged.certain) {
                let note = format!("note: uncertain: {}", suite::shown_name(&sound.plan.case_name(case)));
                if self.notes.is_none() { self.output.note(&note) } else { self.uncertain.push(note) }
            }
        }
        Ok(())
    }

    /// The names of all cases and properties.
    fn list(&mut self, suite: &Sound) {
        let filters = &self.filters;
        let properties = suite.plan.suite().properties.iter().map(|property| property.name.text.clone());
        let properties = properties.filter(|name| filters.is_empty() || filters.iter().any(|glob| glob.matches(name)));
        let cases = judge::selected(&suite.plan, filters);
        let cases = cases.iter().map(|case| suite.plan.case_name(*case));
        for name in cases.chain(properties) {
            self.listed = true;
            self.output.line(&format!("{}: {}", text::visible(&suite.path), suite::shown_name(&name)));
        }
    }

    /// Writes what became of it all.
    fn end(self) -> Result<Exit> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        if self.asked.list {
            let nothing = || Failure::new("filter-matches-nothing", "nothing has such a name");
            return if self.listed { Ok(Exit::Yes) } else { Err(nothing()) };
        }
        self.problems.none()?;
        let summary = self.run.summary;
        if summary.passed + summary.failed + summary.todo == 0 {
            return Err(if self.filters.is_empty() {
                Failure::new("no-tests-ran", "no tests ran: all of them are skipped")
            } else {
                let message = format!(
                    "nothing is called {}; `--list` prints all names",
                    text::alternatives(self.asked.filter.iter().map(String::as_str))
                );
                Failure::new("filter-matches-nothing", message)
            });
        }
        write(self.args, self.run, self.output)?;
        if summary.uncertain > 0 && self.args.global.verbose > 0 {
            self.output.note("note: an answer is uncertain where AWS does not say what happens; `whichrole explain` shows the other answers");
        }
        let is_open = summary.uncertain > 0 && self.asked.strict;
        Ok(match summary.failed {
            // `--exit-zero` forgives failures, not doubts.
            1.. if !(is_open && self.args.global.exit_zero) => Exit::No,
            _ if is_open => Exit::NotCertain,
            _ => Exit::Yes,
        })
    }
}

/// Problems of several suites, their sources numbered through.
#[derive(Default)]
struct Problems {
    found: Vec<Problem>,
    names: Vec<String>,
    texts: Vec<Arc<str>>,
}

impl Problems {
    fn add(&mut self, problems: &[Problem], names: &[String], texts: &[Arc<str>]) {
        if problems.is_empty() {
            return;
        }
        let first = self.names.len();
        // Texts are for the first few.
        let has_texts = self.found.len() < SNIPPETS;
        self.texts.extend(texts.iter().map(|text| if has_texts { text.clone() } else { Arc::default() }));
        self.names.extend_from_slice(names);
        self.found.extend(problems.iter().map(|problem| {
            let at = problem.at.map(|at| at.after_sources(first));
            Problem { at, ..problem.clone() }
        }));
    }

    fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn none(&self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        Err(Failure::of_problems(&self.found, &self.names, &self.texts))
    }
}

fn write(args: &Args, run: Run, output: &mut Output) -> Result<()> {
    match args.global.format.unwrap_or(Format::Text) {
        Format::Json => output.document(json::run(run)?),
        Format::Junit => output.document(junit::junit(run)),
        Format::Tap => output.document(tap::tap(run)),
        Format::Markdown => output.lines(&markdown::suites(&run)),
        Format::Github => {
            job_summary(&markdown::suites(&run).join("\n"))?;
            output.lines(&github::annotations(&run));
        }
        Format::Text if args.global.quiet && run.summary.failed == 0 => {}
        // SARIF is refused before.
        Format::Text | Format::Sarif => output.texts(&suite::text(&run)),
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
