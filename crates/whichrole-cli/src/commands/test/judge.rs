//! Judges the cases of a suite on as many threads as there are; the outcome is the same on any number of them.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use whichrole::read::Problem;
use whichrole::suite::{Case, Fate, Glob, Judged, Mutant, Plan, Tally, Verdict};

use crate::commands::test::Sound;
use crate::commands::test::report::Options;
use crate::progress::Progress;

/// Cases that one thread takes at a time.
const CHUNK: usize = 1024;

/// What became of a case.
#[derive(Clone, Copy)]
pub struct Result {
    pub judged: Judged,
    /// How long it took, in millionths of a second.
    micros: u32,
}

impl Result {
    fn new(judged: Judged, time: Duration) -> Self {
        Self { judged, micros: u32::try_from(time.as_micros()).unwrap_or(u32::MAX) }
    }

    pub fn seconds(self) -> f64 {
        f64::from(self.micros) / 1e6
    }
}

/// What became of the cases that were asked for; with `--fail-fast` of the first of them.
pub struct Judgement<'p> {
    cases: Cow<'p, [Case]>,
    results: Vec<Result>,
    pub tally: Tally,
}

impl Judgement<'_> {
    /// Each case that was judged, in order.
    pub fn results(&self) -> impl Iterator<Item = (Case, Result)> {
        self.cases.iter().copied().zip(self.results.iter().copied())
    }
}

/// The cases that the filters let through; all where there is no filter.
pub fn selected<'p>(plan: &'p Plan, filters: &[Glob]) -> Cow<'p, [Case]> {
    if filters.is_empty() {
        return Cow::Borrowed(plan.cases());
    }
    let fits = |case: &Case| {
        filters.iter().any(|glob| glob.matches(&plan.case_name(*case)) || glob.matches(plan.test_name(*case)))
    };
    plan.cases().iter().copied().filter(fits).collect()
}

/// Judges cases, in order; with `fail_fast` none after the first that fails.
pub fn judge<'p>(
    plan: &Plan,
    cases: Cow<'p, [Case]>,
    fail_fast: bool,
    threads: usize,
    progress: &Progress,
) -> Judgement<'p> {
    let (mut results, mut tally) = (Vec::with_capacity(cases.len()), Tally::default());
    let chunks: Vec<&[Case]> = cases.chunks(CHUNK).collect();
    // A few rounds of chunks at a time, so that failing fast does not judge everything first.
    let rounds = if fail_fast { chunks.chunks(threads.max(1)) } else { chunks.chunks(chunks.len().max(1)) };
    'all: for round in rounds {
        for (part, covered) in in_parallel(round, threads, |chunk| {
            let judged = judge_chunk(plan, chunk, fail_fast);
            progress.advance(chunk.len());
            judged
        }) {
            let failed = part.iter().any(|result: &Result| is_failure(result.judged.verdict));
            results.extend(part);
            tally.add(&covered);
            if fail_fast && failed {
                break 'all;
            }
        }
    }
    Judgement { cases, results, tally }
}

fn judge_chunk(plan: &Plan, cases: &[Case], fail_fast: bool) -> (Vec<Result>, Tally) {
    let mut results = Vec::with_capacity(cases.len());
    let mut tally = Tally::default();
    for case in cases {
        let start = Instant::now();
        let judged = plan.judge(*case, &mut tally);
        results.push(Result::new(judged, start.elapsed()));
        if fail_fast && is_failure(judged.verdict) {
            break;
        }
    }
    (results, tally)
}

/// Whether a verdict makes the run fail.
pub fn is_failure(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::TodoPassed)
}

/// Tries every mutant on the cases that passed.
pub fn try_mutants<'s>(sound: &'s Sound, judgement: &Judgement<'_>, options: &Options<'_>) -> Vec<(Mutant<'s>, Fate)> {
    let plan = &sound.plan;
    let passes = |(_, result): &(Case, Result)| result.judged.verdict == Verdict::Pass;
    let passing: Vec<Case> = judgement.results().filter(passes).map(|(case, _)| case).collect();
    let mutants = plan.mutants();
    let progress = Progress::of_things(mutants.len(), "mutants", &sound.path, options.progress);
    let fates = in_parallel(&mutants, options.threads, |mutant| {
        let fate = plan.try_mutant(mutant, &passing);
        progress.advance(1);
        fate
    });
    mutants.into_iter().zip(fates).collect()
}

/// Questions that could not be asked: each once for each test and reason, where the first such case stands.
pub fn unanswerable(plan: &Plan, judgement: &Judgement<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (case, _) in judgement.results().filter(|(_, result)| result.judged.verdict == Verdict::Unanswerable) {
        if let Some(why) = plan.unanswerable(case)
            && seen.insert((plan.test_name(case).to_owned(), why.message.clone()))
        {
            problems.push(Problem::new(why.code, why.message).at(plan.place(case)));
        }
    }
    problems
}

/// Maps items on several threads; the results come in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], threads: usize, map: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads.clamp(1, items.len().max(1));
    if threads == 1 {
        return items.iter().map(map).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((number, item)) = {
            let number = next.fetch_add(1, Ordering::Relaxed);
            items.get(number).map(|item| (number, item))
        } {
            done.push((number, map(item)));
        }
        done
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                // A panic there is a panic here.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, result)| result).collect()
}
