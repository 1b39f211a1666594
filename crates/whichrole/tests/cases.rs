//! The conformance cases of `testdata/cases`: what the semantics say, case by case, in the format that any implementation can read.
#![cfg(feature = "yaml")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers here are tests, too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use whichrole::read::{ReadOptions, Source, read};
use whichrole::suite::{Brought, NeedKind, Plan, Suite, Tally, Verdict};
use whichrole::{Choice, Question};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/cases")
}

fn plan(path: &Path) -> Plan {
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let suite = Suite::read(&Source { name: path.display().to_string(), text: text(path) });
    let mut brought = Brought::default();
    for need in suite.needs() {
        let written = need.path.text.clone();
        let text = text(&folder().join(&written));
        match need.kind {
            NeedKind::Config => {
                let source = Source { name: written.clone(), text };
                brought.config(written, read(&[source], &ReadOptions::default()));
            }
            NeedKind::Token => brought.token(written, text),
            NeedKind::Groups | NeedKind::Table => panic!("{written}: the cases keep groups and tables in place"),
        }
    }
    suite.plan(brought).unwrap_or_else(|error| panic!("{error}"))
}

fn plans() -> Vec<Plan> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".whichrole.yaml"));
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| plan(path)).collect()
}

#[test]
fn every_case_gets_what_the_semantics_say() {
    let mut wrong = Vec::new();
    for plan in plans() {
        for case in plan.cases() {
            if plan.judge(*case, &mut Tally::default()).verdict != Verdict::Pass {
                wrong.push(format!(
                    "{}: {}\n{:#?}",
                    plan.suite().name,
                    plan.case_name(*case),
                    plan.failure(*case).map(|failure| failure.mismatches)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_statement_and_every_choice_has_a_case() {
    let names: Vec<String> = plans()
        .iter()
        .flat_map(|plan| plan.suite().tests.iter().map(|test| test.name.text.clone()).collect::<Vec<_>>())
        .collect();
    let words: BTreeSet<&str> = names.iter().flat_map(|name| name.split(' ').take(2)).collect();
    let ranges = [('Q', 7), ('L', 4), ('S', 9), ('T', 8), ('R', 11), ('G', 7), ('P', 9)];
    let statements =
        ranges.iter().flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number}")));
    let choices = Question::ALL.iter().flat_map(|question| Choice::all_of(*question)).map(|choice| choice.to_string());
    let missing: Vec<String> = statements
        .chain(["Q5b".to_owned(), "P2b".to_owned(), "P4b".to_owned()])
        .chain(choices)
        .filter(|id| !words.contains(id.as_str()))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
