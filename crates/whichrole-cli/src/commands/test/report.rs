//! Turns the judgement of a suite into what renderers show: cases, properties, the snapshot, coverage and mutants.

use std::time::Instant;

use whichrole::read::{Position, Problem};
use whichrole::suite::{Failure as CaseFailure, Fate, Glob, Measure, Plan, Verdict, Written};
use whichrole::text::visible;

use crate::args::TestArgs;
use crate::commands::test::judge::{self, Judgement};
use crate::commands::test::retry::command;
use crate::commands::test::{Sound, snapshot};
use crate::failure::{Failure, Result};
use crate::render::suite::{
    CoverageReport, Decider, Entry, Mismatch, MutantReport, Run, Share, Status, SuiteReport, Summary, Survivor,
    Uncovered,
};
use crate::snippet::Snippets;

/// The most failures of a suite that are told in full; the rest is counted.
const MOST_TOLD: usize = 1000;
/// Bytes of what is told of the failures of a run; what comes after so much is counted, too.
const MOST_TOLD_BYTES: usize = 8 * 1024 * 1024;

/// What was asked for.
pub struct Options<'o> {
    /// The command line.
    pub asked: &'o TestArgs,
    /// The names of the cases that are wanted; none: all.
    pub filters: &'o [Glob],
    /// Whether the format lists cases that pass.
    pub all_cases: bool,
    pub threads: usize,
    /// Bytes that the cases may take, where the format lists all.
    pub room: usize,
    /// Whether somebody watches.
    pub progress: bool,
}

/// Adds the report of one suite to a run, and its numbers to the summary. Tells what is wrong with its snapshot.
pub fn suite(
    sound: &Sound,
    judgement: &Judgement<'_>,
    options: &Options<'_>,
    start: Instant,
    run: &mut Run,
) -> Result<Option<Problem>> {
    let plan = &sound.plan;
    let mut report = run.suite(&sound.path);
    let summary = &mut run.summary;
    let mut missing = None;
    let mut told = 0;
    let mut snippets = Snippets::new(&sound.texts);
    for (case, result) in judgement.results() {
        let status = status(result.judged.verdict);
        count(status, result.judged.certain, summary);
        told += usize::from(status.is_failure());
        let is_told = status.is_failure() && told <= MOST_TOLD && run.told <= MOST_TOLD_BYTES;
        if !options.all_cases && !is_told {
            continue;
        }
        let mut entry = Entry::new(plan.case_name(case), status, plan.place(case));
        entry.certain = result.judged.certain;
        entry.seconds = result.seconds();
        entry.reason = plan.reason(case).map(visible);
        if plan.place(case).source() != 0 {
            entry.file = plan.place(case).name_in(plan.names()).map(str::to_owned);
        }
        if is_told {
            let at = plan.expectation_place(case);
            (entry.line, entry.column) = (at.line(), at.column());
            entry.tell().snippet = if at.source() == 0 { snippets.at(at) } else { String::new() };
            if let Some(failure) = plan.failure(case) {
                explain(&mut entry, failure, sound, options);
            }
            run.told += entry.bytes();
        }
        report.add(entry)?;
        if run.written.bytes().saturating_add(report.written.bytes()) > options.room {
            let message =
                format!("the report of all cases is larger than {} bytes; test fewer suites at once", options.room);
            return Err(Failure::new("too-large", message));
        }
    }
    // After a failure nothing else is looked at where somebody wants to hear of the first only.
    let goes_on = |summary: &Summary| !options.asked.fail_fast || summary.failed == 0;
    if goes_on(summary) {
        properties(sound, options, summary, &mut report)?;
    }
    if options.filters.is_empty() && goes_on(summary) {
        if let Some(at) = plan.suite().snapshot {
            let mut entry = Entry::new("snapshot".to_owned(), Status::Pass, at);
            let checked = snapshot::check(sound, options.asked.update, &mut entry)?;
            missing = checked.map(|why| Problem::new("no-snapshot", why).at(at));
            entry.tell().snippet = if entry.status.is_failure() { snippets.at(at) } else { String::new() };
            add(entry, summary, &mut report)?;
        }
        if goes_on(summary) {
            coverage(sound, judgement, options, summary, &mut report)?;
        }
        if goes_on(summary) {
            mutants(sound, judgement, options, summary, &mut report)?;
        }
    }
    summary.stopped = !goes_on(summary);
    report.seconds = start.elapsed().as_secs_f64();
    run.add(report)?;
    Ok(missing)
}

fn status(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Fail | Verdict::Unanswerable => Status::Fail,
        Verdict::Skipped => Status::Skip,
        Verdict::Todo => Status::Todo,
        Verdict::TodoPassed => Status::TodoPassed,
    }
}

fn count(status: Status, certain: bool, summary: &mut Summary) {
    summary.cases += 1;
    match status {
        Status::Pass => {
            summary.passed += 1;
            summary.uncertain += usize::from(!certain);
        }
        Status::Fail | Status::TodoPassed => summary.failed += 1,
        Status::Skip => summary.skipped += 1,
        Status::Todo => summary.todo += 1,
    }
}

fn add(entry: Entry, summary: &mut Summary, report: &mut SuiteReport) -> Result<()> {
    count(entry.status, entry.certain, summary);
    report.add(entry)
}

/// What was expected, what came, and how to look closer.
fn explain(entry: &mut Entry, failure: CaseFailure, sound: &Sound, options: &Options<'_>) {
    let told = entry.tell();
    told.mismatches = failure
        .mismatches
        .into_iter()
        .map(|mismatch| Mismatch { what: mismatch.what, expected: mismatch.expected, got: mismatch.got })
        .collect();
    told.decided_by = failure.decided_by.map(|decider| shown_decider(decider, sound));
    told.near_miss = failure.near_miss;
    told.explain = failure.retry.map(|retry| command(&retry, &sound.path, &options.asked.read));
    told.decision = serde_json::value::RawValue::from_string(failure.answer).ok();
}

fn shown_decider(decider: whichrole::suite::Decider, sound: &Sound) -> Decider {
    Decider {
        what: decider.what,
        file: decider.at.and_then(|at| at.name_in(sound.plan.names()).map(str::to_owned)),
        line: decider.at.map(Position::line),
        column: decider.at.map(Position::column),
    }
}

fn properties(sound: &Sound, options: &Options<'_>, summary: &mut Summary, report: &mut SuiteReport) -> Result<()> {
    let plan = &sound.plan;
    let mut snippets = Snippets::new(&sound.texts);
    let fits =
        |name: &Written| options.filters.is_empty() || options.filters.iter().any(|glob| glob.matches(&name.text));
    for proved in plan.prove(&|property| fits(&property.name)) {
        let holds = proved.refuted.is_empty() && proved.undecided.is_none();
        let mut entry = Entry::new(proved.name, if holds { Status::Pass } else { Status::Fail }, proved.at);
        let told = entry.tell();
        told.decided_by = proved.decided_by.map(|decider| shown_decider(decider, sound));
        told.explain = proved.retry.map(|retry| command(&retry, &sound.path, &options.asked.read));
        told.notes = proved.refuted.into_iter().chain(proved.undecided).collect();
        told.snippet = if holds { String::new() } else { snippets.at(proved.at) };
        add(entry, summary, report)?;
        if options.asked.fail_fast && !holds {
            break;
        }
    }
    Ok(())
}

fn coverage(
    sound: &Sound,
    judgement: &Judgement<'_>,
    options: &Options<'_>,
    summary: &mut Summary,
    report: &mut SuiteReport,
) -> Result<()> {
    let plan = &sound.plan;
    let goals = plan.suite().coverage;
    let wanted = options.asked.coverage
        || options.asked.threshold.is_some()
        || goals.rules.is_some()
        || goals.outcomes.is_some()
        || goals.tags.is_some();
    if !wanted {
        return Ok(());
    }
    let found = plan.coverage(&judgement.tally);
    let mut missed = false;
    for (what, measure, goal) in [
        ("rules", found.rules, goals.rules),
        ("outcomes", found.outcomes, goals.outcomes),
        ("tags", found.tags, goals.tags),
    ] {
        let Some(goal) = goal.max(options.asked.threshold) else { continue };
        let reached = measure.reaches(goal);
        missed |= !reached;
        let status = if reached { Status::Pass } else { Status::Fail };
        let mut entry = Entry::new(format!("coverage of {what}"), status, place_of_goals(plan));
        if !reached {
            entry.tell().snippet = Snippets::new(&sound.texts).at(place_of_goals(plan));
            entry.tell().mismatches.push(Mismatch {
                what: "coverage",
                expected: format!("{goal}% of {what}"),
                got: share(measure).words(),
            });
        }
        add(entry, summary, report)?;
        if options.asked.fail_fast && !reached {
            break;
        }
    }
    let uncovered =
        found.uncovered.iter().map(|whichrole::suite::Uncovered { item, witness, names_provider, is_dead }| {
            let config = plan.targets().get(item.target).and_then(|target| target.label.clone());
            Uncovered {
                what: item.kind.in_words(),
                dead: *is_dead,
                provider: item.provider.as_str().to_owned(),
                config,
                file: item.at.and_then(|at| at.name_in(plan.names()).map(str::to_owned)),
                line: item.at.map(Position::line),
                test: witness.as_ref().map(|witness| format!("{{ {} }}", witness.to_yaml(*names_provider).join(", "))),
            }
        });
    report.coverage = Some(CoverageReport {
        rules: share(found.rules),
        outcomes: share(found.outcomes),
        tags: share(found.tags),
        uncovered: uncovered.collect(),
        shown: options.asked.coverage || missed,
    });
    Ok(())
}

fn mutants(
    sound: &Sound,
    judgement: &Judgement<'_>,
    options: &Options<'_>,
    summary: &mut Summary,
    report: &mut SuiteReport,
) -> Result<()> {
    let plan = &sound.plan;
    let goal = plan.suite().coverage.mutants;
    if !options.asked.mutants && goal.is_none() {
        return Ok(());
    }
    // A suite that fails notices everything.
    let failing = judgement.results().filter(|(_, result)| judge::is_failure(result.judged.verdict)).count();
    if failing > 0 {
        let cases = if failing == 1 { "1 case fails".to_owned() } else { format!("{failing} cases fail") };
        let why = format!("not looked at, because {cases}");
        if goal.is_some() {
            let mut entry = Entry::new("coverage of mutants".to_owned(), Status::Skip, place_of_goals(plan));
            entry.reason = Some(why.clone());
            add(entry, summary, report)?;
        }
        report.mutants_skipped = Some(why);
        return Ok(());
    }
    let fates = judge::try_mutants(sound, judgement, options);
    let mut found = MutantReport {
        share: Share { covered: 0, total: 0, percent: 0 },
        equivalent: 0,
        undecided: 0,
        not_tried: 0,
        survivors: Vec::new(),
        shown: options.asked.mutants,
    };
    let mut measure = Measure { covered: 0, total: 0 };
    for (mutant, fate) in &fates {
        match fate {
            Fate::Equivalent => found.equivalent += 1,
            Fate::Undecided => found.undecided += 1,
            // Nobody knows that they are noticed.
            Fate::NotTried => {
                found.not_tried += 1;
                measure.total += 1;
            }
            Fate::Killed(_) => {
                measure.covered += 1;
                measure.total += 1;
            }
            Fate::Survived(witness) => {
                measure.total += 1;
                found.survivors.push(Survivor {
                    change: mutant.change(),
                    file: mutant.at.and_then(|at| at.name_in(plan.names()).map(str::to_owned)),
                    line: mutant.at.map(Position::line),
                    test: plan.killing_row(mutant, witness).unwrap_or_default(),
                });
            }
        }
    }
    found.share = share(measure);
    found.shown |= goal.is_some_and(|goal| !measure.reaches(goal));
    if let Some(goal) = goal {
        let status = if measure.reaches(goal) { Status::Pass } else { Status::Fail };
        let mut entry = Entry::new("coverage of mutants".to_owned(), status, place_of_goals(plan));
        if status == Status::Fail {
            entry.tell().snippet = Snippets::new(&sound.texts).at(place_of_goals(plan));
            let expected = format!("{goal}% of mutants noticed");
            entry.tell().mismatches.push(Mismatch { what: "coverage", expected, got: found.share.words() });
        }
        add(entry, summary, report)?;
    }
    report.mutants = Some(found);
    Ok(())
}

/// Where a suite sets its goals; its beginning where only the command line does.
fn place_of_goals(plan: &Plan) -> Position {
    plan.suite().coverage.at.unwrap_or(Position::new(0, 1, 1))
}

fn share(measure: Measure) -> Share {
    Share { covered: measure.covered, total: measure.total, percent: measure.percent() }
}
