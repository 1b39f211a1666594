//! The suite with everything in it, `testdata/suites/whole`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Folder, Ran};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/suites/whole")
}

fn run(args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
    command.arg("test").args(args).current_dir(root()).env_remove("CI").env_remove("GITHUB_STEP_SUMMARY");
    Ran::of(command.output().unwrap())
}

#[test]
fn it_passes_and_is_quiet() {
    let ran = run(&[]);
    assert_eq!(
        (ran.exit, ran.out.as_str(), ran.err.as_str()),
        (0, "ok: 59 passed, 2 skipped, 2 todo, 8 of the passes uncertain in 1 suite\n", "")
    );
    assert_eq!(run(&["--strict"]).exit, 3);
}

#[test]
fn every_case_has_a_name_that_can_be_asked_for() {
    let listed = run(&["--list"]).out;
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_once(": ")).map(|(_, name)| name).collect();
    for name in [
        "admins are admins@dev",
        "departments[eng]@prod",
        "departments[[eng, ops]]@dev",
        "who may choose[bob, admin]@prod",
        "same as development",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert_eq!(run(&["--filter", "departments[[]eng, ops]]@dev"]).exit, 2, "a bracket is a bracket");
    assert_eq!(
        run(&["--filter", "departments[[eng, ops]]@dev"]).out,
        "ok: 1 passed, 1 of the passes uncertain in 1 suite\n"
    );
    assert_eq!(
        run(&["--filter", "*@prod"]).out,
        "ok: 24 passed, 1 skipped, 1 todo, 4 of the passes uncertain in 1 suite\n"
    );
}

#[test]
fn every_case_is_in_the_formats_for_machines_on_any_number_of_threads() {
    let json: serde_json::Value = serde_json::from_str(&run(&["--format", "json"]).out).unwrap();
    assert_eq!(json["suites"][0]["cases"].as_array().unwrap().len(), 63);
    let junit = run(&["--format", "junit"]).out;
    assert_eq!(junit.matches("<testcase ").count(), 63);
    assert_eq!(junit.matches("<skipped message=\"skip: the rule comes next month\"/>").count(), 2);
    assert!(junit.contains("file=\"suites/departments.csv\" line=\"2\""), "{junit}");
    assert_eq!(run(&["--format", "tap"]).out.lines().filter(|line| line.contains("ok ")).count(), 63);
    for format in ["text", "json", "tap", "github", "markdown"] {
        let of = |threads: &str| run(&["--format", format, "--mutants", "--coverage", "--threads", threads]).out;
        assert_eq!(of("1"), of("7"), "{format}");
    }
}

#[test]
fn a_row_of_the_snapshot_that_changes_shows_before_and_after() {
    let folder = Folder::new("whole-snapshot");
    copy(&root(), &folder.0);
    fs::remove_file(folder.0.join("pool.json")).unwrap();
    let dev = fs::read_to_string(folder.0.join("dev.json")).unwrap();
    folder.write("dev.json", &dev.replace("\"Value\": \"eng\"", "\"Value\": \"engineering\""));
    let ran = folder.run(&[]);
    assert_eq!(ran.exit, 1);
    let before = "snapshot expected bob@dev  arn:aws:iam::111122223333:role/Staff (staff)  rule 2  {department: eng, user: 1111}  certain";
    let after = "              got bob@dev  denied (role-resolution-denied)  -  {}  certain";
    assert!(ran.out.contains(before) && ran.out.contains(after), "{}", ran.out);
    assert!(ran.out.contains("1 of the rows changed; if that is right, run with `--update`"), "{}", ran.out);
    assert!(ran.out.contains("same as development@prod"), "{}", ran.out);
    assert_eq!(folder.run_with(&["--update"], &[("CI", "1")]).exit, 2);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
