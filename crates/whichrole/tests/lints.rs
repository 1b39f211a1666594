//! Every lint finds its bad files, at the marked line, and leaves its good files alone: `testdata/lint/<id>/{bad,good}{,-what}.*`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers here are tests, too")]

use std::fs;
use std::path::{Path, PathBuf};

use whichrole::lint::{self, Finding, LINTS, Severity};
use whichrole::read::{ReadOptions, Source, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/lint")
}

/// The findings of one file, what its comments allow left out.
fn findings(path: &Path) -> (Vec<Finding>, String) {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let configuration = read(&[Source { name: name.clone(), text: text.clone() }], &ReadOptions::default());
    let found = lint::lint(&configuration).unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display()));
    let (found, _) = lint::allow(found, std::slice::from_ref(&text), &[name], &[]);
    (found, text)
}

fn files(id: &str, stem: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder().join(id))
        .unwrap_or_else(|_| panic!("no folder for {id}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            // `bad-region.tf` is another bad file.
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            name.split('-').next() == Some(stem)
        })
        .collect();
    files.sort();
    files
}

fn shown(found: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let line = finding.at.map_or(0, whichrole::read::Position::line);
        format!("  {line}: {} {}: {}\n", finding.severity.name(), finding.lint, finding.message)
    };
    found.iter().map(line).collect()
}

#[test]
fn bad_files_have_the_fault_at_the_marked_line() {
    let mut faults = String::new();
    for lint in LINTS {
        let files = files(lint.id, "bad");
        assert!(files.len() >= 2, "{} has only {files:?}", lint.id);
        for path in files {
            let (found, text) = findings(&path);
            let mut lines: Vec<usize> =
                found.iter().filter(|f| f.lint == lint.id).filter_map(|f| f.at.map(|at| at.numbers().1)).collect();
            lines.dedup();
            let marked: Vec<usize> =
                (1..).zip(text.lines()).filter(|(_, line)| line.ends_with("# here")).map(|(n, _)| n).collect();
            if lines.is_empty() || (!marked.is_empty() && lines != marked) {
                faults.extend([path.display().to_string(), format!(" expects {marked:?}:\n"), shown(&found)]);
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn good_files_have_no_warning_or_error() {
    let mut faults = String::new();
    for lint in LINTS {
        for path in files(lint.id, "good") {
            let (found, _) = findings(&path);
            let bad: Vec<Finding> = found
                .into_iter()
                .filter(|finding| finding.lint == lint.id || finding.severity >= Severity::Warning)
                // Guests who get a role of their own are the better of two evils.
                .filter(|finding| !(lint.id == "same-role-for-guests" && finding.lint == "guest-role"))
                .collect();
            if !bad.is_empty() {
                faults.extend([path.display().to_string(), ":\n".to_owned(), shown(&bad)]);
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_lint_has_a_whole_page() {
    for lint in LINTS {
        assert!(lint.page.starts_with(&format!("# {}\n\n", lint.id)), "{}", lint.id);
        for part in ["## What it finds", "## Why it matters", "## Bad", "## Good", "## How to fix it", "## Evidence"] {
            assert!(lint.page.contains(part), "{} lacks {part}", lint.id);
        }
        let severity = format!("**Severity:** {}", lint.severity.name());
        assert!(lint.page.contains(&severity), "{} is {severity}", lint.id);
        assert!(lint.title().ends_with('.'), "{}", lint.id);
    }
}

#[test]
fn no_folder_is_without_its_lint() {
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(lint::lint_named(&name).is_some(), "{name}");
    }
}

/// Nobody may take what was not looked at for fine.
#[test]
fn of_very_many_rules_it_is_said_how_many_were_looked_at() {
    let message = |count: usize| {
        let rule = |n| {
            format!(
                r#"{{"Claim":"a","MatchType":"Equals","Value":"{n}","RoleARN":"arn:aws:iam::111122223333:role/R"}}"#
            )
        };
        let rules: Vec<String> = (0..count).map(rule).collect();
        let text = format!(
            r#"{{"RoleMappings":{{"accounts.google.com":{{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{{"Rules":[{}]}}}}}}}}"#,
            rules.join(",")
        );
        let configuration = read(&[Source { name: "p.json".to_owned(), text }], &ReadOptions::default());
        let found = lint::lint(&configuration).unwrap();
        found.into_iter().find(|finding| finding.lint == "too-many-rules").map(|finding| finding.message)
    };
    assert_eq!(message(100).unwrap(), "the mapping has 100 rules; AWS takes at most 25");
    assert_eq!(
        message(101).unwrap(),
        "the mapping has 101 rules; AWS takes at most 25; which of those behind the first 100 never decide was not looked at"
    );
}
