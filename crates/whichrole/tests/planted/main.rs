//! A fault planted somewhere in a correct configuration is named, with its line; the configuration without it has no warning.
//!
//! Configurations are made at random from a seed (`model`), spoilt in one way (`faults`) and written in three formats (`render`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "the helpers here are tests, too"
)]

mod faults;
mod model;
mod render;

use std::fmt::Write as _;

use whichrole::lint::{self, Finding, LINTS, Severity};
use whichrole::read::{ReadOptions, Source, read};

use faults::FAULTS;
use model::{Model, Random};
use render::{FORMATS, Format, Text};

/// Configurations for each fault and format.
const SEEDS: u64 = 3;

fn findings(format: &Format, text: &Text) -> Vec<Finding> {
    let name = format.name.to_owned();
    let options = ReadOptions { folders_are_whole: true, ..ReadOptions::default() };
    let configuration = read(&[Source { name: name.clone(), text: text.to_string() }], &options);
    let found = lint::lint(&configuration).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    lint::allow(found, &[text.to_string()], &[name], &[]).0
}

fn shown(found: &[Finding]) -> String {
    let line = |f: &Finding| {
        format!("  {:?} {} {}: {}\n", f.at.map(whichrole::read::Position::line), f.severity.name(), f.lint, f.message)
    };
    found.iter().map(line).collect()
}

#[test]
fn a_correct_configuration_has_no_warning() {
    for seed in 0..40 {
        for format in FORMATS {
            let text = (format.write)(&Model::random(&mut Random::new(seed)));
            let found = findings(format, &text);
            let bad = found.iter().filter(|f| f.severity > Severity::Info).count();
            assert_eq!(bad, 0, "seed {seed}:\n{}{text}", shown(&found));
        }
    }
}

#[test]
fn a_planted_fault_is_named_with_its_line() {
    let mut missed = String::new();
    for fault in FAULTS {
        let mut planted = 0;
        for seed in 0..SEEDS {
            for format in FORMATS {
                let mut random = Random::new(1000 + seed);
                let mut model = Model::random(&mut random);
                let Some(tag) = (fault.plant)(&mut model, format, &mut random) else { continue };
                let text = (format.write)(&model);
                let line = text.line_of(&tag).unwrap_or_else(|| panic!("{} has no line {tag}\n{text}", fault.lint));
                let found = findings(format, &text);
                planted += 1;
                if !found.iter().any(|f| f.lint == fault.lint && f.at.is_some_and(|at| at.numbers().1 == line)) {
                    writeln!(missed, "{} in {} of seed {seed}, line {line}:", fault.lint, format.name).unwrap();
                    write!(missed, "  {}\n{}", text.lines[line - 1].1, shown(&found)).unwrap();
                }
            }
        }
        assert!(planted > 0, "{} was never planted", fault.lint);
    }
    assert!(missed.is_empty(), "{missed}");
}

#[test]
fn every_lint_has_a_fault() {
    for lint in LINTS {
        assert!(FAULTS.iter().any(|fault| fault.lint == lint.id), "{}", lint.id);
    }
}
