//! What a run of suites found, ready to be written in any format; and the text that people read.
//!
//! A run may have hundreds of thousands of cases. Formats that list them all get each as it is judged ([`SuiteReport::add`]), and nothing is
//! kept but the text; the others keep what fails.

use std::fmt::Write as _;

use serde::Serialize;
use whichrole::read::Position;
use whichrole::text::visible;

use crate::args::Format;
use crate::pieces::Pieces;
use crate::render::style::{BAD, DIM, GOOD, STRONG, paint};
use crate::render::{json, junit, tap};

/// The longest name that is shown whole.
const LONGEST_NAME: usize = 200;

/// A run.
#[derive(Debug)]
pub struct Run {
    pub summary: Summary,
    /// The suites; none where the format lists all cases.
    pub suites: Vec<SuiteReport>,
    /// The suites as text, where the format lists all cases.
    pub written: Pieces,
    /// How many cases are listed.
    pub listed: usize,
    pub seconds: f64,
    /// Bytes of what is told of failures.
    pub told: usize,
    format: Format,
}

/// How many cases, and what became of them.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Summary {
    pub cases: usize,
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    pub todo: usize,
    /// Passed, and the answer depends on an open question.
    pub uncertain: usize,
    /// Stopped at the first failure, as asked: what comes after it was not run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

/// One suite. What is serialized comes after its cases.
#[derive(Debug, Serialize)]
pub struct SuiteReport {
    #[serde(skip)]
    pub file: String,
    /// What fails; nothing where the format lists all cases.
    #[serde(skip)]
    pub failures: Vec<Entry>,
    /// The cases as text, where the format lists all cases.
    #[serde(skip)]
    pub written: Pieces,
    /// What became of the cases that are listed.
    #[serde(skip)]
    pub listed: Listed,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutants: Option<MutantReport>,
    /// Why nobody looked at mutants, though somebody wanted to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutants_skipped: Option<String>,
    #[serde(skip)]
    pub seconds: f64,
    #[serde(skip)]
    format: Format,
}

/// Cases that are listed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Listed {
    /// How many of the run come before this suite's.
    pub before: usize,
    pub entries: usize,
    pub failures: usize,
    pub skipped: usize,
}

/// What became of one thing that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Pass,
    Fail,
    Skip,
    Todo,
    TodoPassed,
}

/// A case, a property, a goal of coverage, or the snapshot.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub name: String,
    pub status: Status,
    pub certain: bool,
    pub line: u32,
    pub column: u32,
    /// The file where it stands, if that is not the suite itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why it was skipped or is expected to fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What there is to tell; of most that pass, nothing.
    #[serde(flatten)]
    told: Option<Box<Told>>,
    #[serde(skip)]
    pub seconds: f64,
}

/// What there is to tell of a thing that was judged: what is wrong, and why.
#[derive(Debug, Default, Serialize)]
pub struct Told {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mismatches: Vec<Mismatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Decider>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<String>,
    /// A command that explains the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<String>,
    /// The decision object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Box<serde_json::value::RawValue>>,
    /// Lines for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(skip)]
    pub snippet: String,
}

#[derive(Debug, Serialize)]
pub struct Mismatch {
    pub what: &'static str,
    pub expected: String,
    pub got: String,
}

#[derive(Debug, Serialize)]
pub struct Decider {
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// A share that was reached.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Share {
    pub covered: usize,
    pub total: usize,
    pub percent: u8,
}

#[derive(Debug, Serialize)]
pub struct CoverageReport {
    pub rules: Share,
    pub outcomes: Share,
    pub tags: Share,
    pub uncovered: Vec<Uncovered>,
    /// Whether anybody asked to see it.
    #[serde(skip)]
    pub shown: bool,
}

#[derive(Debug, Serialize)]
pub struct Uncovered {
    pub what: String,
    /// Whether it is a rule that no token can reach.
    pub dead: bool,
    pub provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The keys of a test that would cover it, as YAML.
    pub test: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct MutantReport {
    pub share: Share,
    /// Changes that change nothing.
    pub equivalent: usize,
    /// Changes that no case noticed, with no request known that would.
    pub undecided: usize,
    /// Changes that there was no time for; they count as not noticed.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_tried: usize,
    pub survivors: Vec<Survivor>,
    /// Whether anybody asked to see it, or has to.
    #[serde(skip)]
    pub shown: bool,
}

#[derive(Debug, Serialize)]
pub struct Survivor {
    pub change: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// A test that kills it.
    pub test: String,
}

impl Run {
    pub fn new(format: Format) -> Self {
        let (summary, written) = (Summary::default(), Pieces::default());
        Self { summary, suites: Vec::new(), written, listed: 0, seconds: 0.0, told: 0, format }
    }

    /// A suite of which nothing is known so far.
    pub fn suite(&self, file: &str) -> SuiteReport {
        SuiteReport {
            file: file.to_owned(),
            failures: Vec::new(),
            written: Pieces::default(),
            listed: Listed { before: self.listed, ..Listed::default() },
            coverage: None,
            mutants: None,
            mutants_skipped: None,
            seconds: 0.0,
            format: self.format,
        }
    }

    /// Adds a suite that is complete.
    pub fn add(&mut self, suite: SuiteReport) -> crate::failure::Result<()> {
        self.listed += suite.listed.entries;
        self.seconds += suite.seconds;
        match self.format {
            Format::Json => json::add_suite(suite, &mut self.written)?,
            Format::Junit => junit::add_suite(suite, &mut self.written),
            Format::Tap => self.written.append(suite.written),
            _ => self.suites.push(suite),
        }
        Ok(())
    }
}

impl SuiteReport {
    /// Adds a case, after those that stand before it.
    pub fn add(&mut self, mut entry: Entry) -> crate::failure::Result<()> {
        self.listed.entries += 1;
        self.listed.failures += usize::from(entry.status.is_failure());
        self.listed.skipped += usize::from(entry.is_set_aside());
        match self.format {
            Format::Json => json::add_case(self, &entry)?,
            Format::Junit => junit::add_case(self, &entry),
            Format::Tap => tap::add_case(self, &entry),
            _ if entry.status.is_failure() => {
                // Nobody is shown more of it.
                if let Some((rest, _)) = entry.name.char_indices().nth(LONGEST_NAME + 1) {
                    entry.name.truncate(rest);
                    entry.name.shrink_to_fit();
                }
                self.failures.push(entry);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Status {
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::TodoPassed)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Todo => "todo",
            Self::TodoPassed => "todo-passed",
        }
    }
}

impl Entry {
    /// A thing of this name and what became of it, of which nothing is told so far.
    pub fn new(name: String, status: Status, at: Position) -> Self {
        let (line, column) = (at.line(), at.column());
        Self { name, status, certain: true, line, column, file: None, reason: None, told: None, seconds: 0.0 }
    }

    /// Whether it was not run, or is known to fail.
    pub fn is_set_aside(&self) -> bool {
        matches!(self.status, Status::Skip | Status::Todo)
    }

    /// What is told.
    pub fn told(&self) -> Option<&Told> {
        self.told.as_deref()
    }

    /// About the memory that it takes, without its name.
    pub fn bytes(&self) -> usize {
        let Some(told) = self.told() else { return size_of::<Self>() };
        let texts = [&told.near_miss, &told.explain].into_iter().flatten().chain(&told.notes).map(String::len);
        let mismatches =
            told.mismatches.iter().map(|found| size_of::<Mismatch>() + found.expected.len() + found.got.len());
        let decision = told.decision.as_ref().map_or(0, |decision| decision.get().len());
        let decider = told.decided_by.as_ref().map_or(0, |decider| decider.what.len());
        let all = texts.chain(mismatches).sum::<usize>() + decision + decider + told.snippet.len();
        size_of::<Self>() + size_of::<Told>() + all
    }

    /// What is told, to add to it.
    pub fn tell(&mut self) -> &mut Told {
        self.told.get_or_insert_default()
    }

    /// The file where it stands.
    pub fn file<'e>(&'e self, suite: &'e str) -> &'e str {
        self.file.as_deref().unwrap_or(suite)
    }

    /// What is wrong, in lines without colours.
    pub fn details(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.status == Status::TodoPassed {
            lines.push("this passes now; take its `todo` away".to_owned());
        }
        let Some(told) = self.told() else { return lines };
        for mismatch in &told.mismatches {
            lines.push(format!("{:<8} expected {}", mismatch.what, mismatch.expected));
            lines.push(format!("{:<8}      got {}", "", mismatch.got));
        }
        lines.extend(told.notes.iter().cloned());
        if let Some(decider) = &told.decided_by {
            let place = decider.place().map(|place| format!("  ({place})"));
            lines.push(format!("decided by {}{}", decider.what, place.unwrap_or_default()));
        }
        lines.extend(told.near_miss.iter().map(|miss| format!("near miss  {miss}")));
        lines.extend(told.explain.iter().map(|command| format!("explain    {command}")));
        lines
    }
}

impl Decider {
    /// `file:line:column`, where it stands anywhere.
    pub fn place(&self) -> Option<String> {
        let (file, line, column) = (self.file.as_ref()?, self.line?, self.column?);
        Some(format!("{}:{line}:{column}", visible(file)))
    }
}

/// A name on one line, cut where it is too long to read.
pub fn shown_name(name: &str) -> String {
    let mut short: String = name.chars().take(LONGEST_NAME).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    visible(&short)
}

impl Summary {
    /// `31 passed, 2 failed, 1 skipped`
    pub fn words(&self) -> String {
        let mut words = vec![format!("{} passed", self.passed)];
        for (count, word) in [(self.failed, "failed"), (self.skipped, "skipped"), (self.todo, "todo")] {
            if count > 0 {
                words.push(format!("{count} {word}"));
            }
        }
        if self.uncertain > 0 {
            words.push(format!("{} of the passes uncertain", self.uncertain));
        }
        words.join(", ")
    }

    /// What to say of the rest, where it was not run.
    pub fn rest(&self) -> &'static str {
        if self.stopped { "; stopped at the first failure, the rest was not run" } else { "" }
    }
}

/// A run for people: failures, what was asked for, and one line at the end.
pub fn text(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for suite in &run.suites {
        for entry in &suite.failures {
            lines.push(format!(
                "{} {}  {}",
                paint(BAD, "FAIL"),
                paint(STRONG, &shown_name(&entry.name)),
                paint(DIM, &format!("{}:{}:{}", visible(entry.file(&suite.file)), entry.line, entry.column))
            ));
            lines.extend(entry.told().iter().flat_map(|told| told.snippet.lines()).map(str::to_owned));
            lines.extend(entry.details().into_iter().map(|line| format!("  {line}")));
            lines.push(String::new());
        }
        if let Some(coverage) = suite.coverage.as_ref().filter(|coverage| coverage.shown) {
            coverage_lines(suite, coverage, &mut lines);
        }
        if let Some(mutants) = suite.mutants.as_ref().filter(|mutants| mutants.shown) {
            mutant_lines(suite, mutants, &mut lines);
        }
        if let Some(why) = &suite.mutants_skipped {
            lines.push(format!("{} {}  {why}", paint(STRONG, "mutants"), visible(&suite.file)));
            lines.push(String::new());
        }
    }
    let suites = run.suites.len();
    let (mark, plural) = (
        if run.summary.failed > 0 { paint(BAD, "failed:") } else { paint(GOOD, "ok:") },
        if suites == 1 { "" } else { "s" },
    );
    lines.push(format!("{mark} {} in {suites} suite{plural}{}", run.summary.words(), run.summary.rest()));
    lines
}

fn coverage_lines(suite: &SuiteReport, coverage: &CoverageReport, lines: &mut Vec<String>) {
    lines.push(format!(
        "{} {}  rules {}, outcomes {}, tags {}",
        paint(STRONG, "coverage"),
        visible(&suite.file),
        coverage.rules.words(),
        coverage.outcomes.words(),
        coverage.tags.words()
    ));
    for uncovered in &coverage.uncovered {
        let place = match (&uncovered.file, uncovered.line) {
            (Some(file), Some(line)) => format!("  {}:{line}", visible(file)),
            _ => String::new(),
        };
        lines.push(format!("  not covered: {}{}", uncovered.what, paint(DIM, &place)));
        match &uncovered.test {
            Some(test) => lines.push(format!("    {} {test}", paint(DIM, "would be by"))),
            None if uncovered.dead => lines.push(format!("    {}", paint(DIM, "dead: no token can reach it"))),
            None => lines.push(format!("    {}", paint(DIM, "no token was found that would"))),
        }
    }
    lines.push(String::new());
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn mutant_lines(suite: &SuiteReport, mutants: &MutantReport, lines: &mut Vec<String>) {
    let mut left_out = String::new();
    if mutants.equivalent > 0 {
        left_out = format!(", {} (proved)", whichrole::suite::others_change_nothing(mutants.equivalent));
    }
    if mutants.undecided > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(left_out, ", {} without a known difference left out", mutants.undecided);
    }
    if mutants.not_tried > 0 {
        let _ = write!(left_out, ", {} not tried: the pool has too many rules", mutants.not_tried);
    }
    lines.push(format!(
        "{} {}  {} noticed{left_out}",
        paint(STRONG, "mutants"),
        visible(&suite.file),
        mutants.share.words()
    ));
    for survivor in &mutants.survivors {
        let place = match (&survivor.file, survivor.line) {
            (Some(file), Some(line)) => format!("  {}:{line}", visible(file)),
            _ => String::new(),
        };
        lines.push(format!("  not noticed: {}{}", survivor.change, paint(DIM, &place)));
        lines.extend(survivor.test.lines().map(|line| format!("  {line}")));
    }
    lines.push(String::new());
}

impl Share {
    pub fn words(&self) -> String {
        format!("{}% ({} of {})", self.percent, self.covered, self.total)
    }
}
