//! Suites with one mistake each, in `testdata/suites/broken`. The first line of each says what is wrong with it and where; were a mistake let
//! through, the suite would pass, or pass for the wrong reason.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Folder, Ran};

#[test]
fn every_mistake_is_two_and_says_where_and_what_was_meant() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/suites/broken");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.rsplit_once('.').is_some_and(|(_, ending)| ending == "yaml"))
        .collect();
    names.sort();
    assert!(names.len() > 80, "the folder has lost its suites: {names:?}");
    let mut wrong = Vec::new();
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        let expected = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
        // Mistakes in a table stand in its file.
        let place = if expected.split(':').next().is_some_and(|file| file.rsplit('.').next() == Some("csv")) {
            ""
        } else {
            &name
        };
        let expected = format!("error: {place}{}{expected}", if place.is_empty() { "" } else { ":" });
        let output = Command::new(env!("CARGO_BIN_EXE_whichrole")).args(["test", &name]).current_dir(&folder).output();
        let ran = Ran::of(output.unwrap());
        let errors: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error: ")).collect();
        if (ran.exit, ran.out.as_str(), errors.as_slice()) != (2, "", &[expected.as_str()]) {
            wrong.push(format!("{name}: exit {}, {:?}, expected {expected:?}", ran.exit, ran.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_todo_that_passes_fails_and_one_that_fails_does_not() {
    let folder = Folder::new("todo");
    folder.suite("tests:\n  - { name: done, claims: { \"custom:dept\": eng }, expect: Staff, todo: mend the pool }\n");
    let ran = folder.run(&[]);
    assert_eq!(ran.exit, 1);
    assert!(ran.out.contains("  this passes now; take its `todo` away"), "{}", ran.out);
    folder.suite("tests:\n  - { name: open, claims: { \"custom:dept\": ops }, expect: Staff, todo: mend the pool }\n");
    let ran = folder.run(&[]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, "ok: 0 passed, 1 todo in 1 suite\n"));
}

#[test]
fn what_a_suite_says_to_no_effect_is_pointed_out() {
    let folder = Folder::new("idle");
    folder.suite(
        "tests:\n  - { name: t, claims: { \"custom:detp\": eng }, expect: deny }\nproperties:\n  - { name: p, never: \"arn:aws:iam::111122223333:role/Amdin\" }\n",
    );
    let ran = folder.run(&[]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, "ok: 2 passed in 1 suite\n"));
    assert_eq!(
        ran.err,
        "note: a.whichrole.yaml:4:13: nothing reads claim `custom:detp`; did you mean `custom:dept`?
note: a.whichrole.yaml:6:23: nothing here gives `arn:aws:iam::111122223333:role/Amdin`, so this holds of itself\n"
    );
    assert_eq!(folder.run(&["-q"]).err, "");
}

#[test]
fn groups_that_no_token_has_so_are_pointed_out() {
    let folder = Folder::new("odd-groups");
    let suite = |groups: &str| {
        folder.suite(&format!(
            "users:
  u: {{ claims: {{ \"cognito:groups\": {groups} }} }}
tests:
  - {{ name: a, user: u, expect: uncertain }}
  - {{ name: b, claims: {{ \"cognito:groups\": {groups} }}, expect: uncertain }}
  - {{ name: c, table: [[\"cognito:groups\", \"custom:dept\", expect], [{groups}, a, uncertain], [{groups}, b, uncertain]] }}
"
        ));
        folder.run(&[]).err
    };
    let note = |place: &str| {
        format!(
            "note: a.whichrole.yaml:{place}: `cognito:groups` is not a list, as it is in every token of a user pool (G1); \
             `groups: […]` makes the claims of groups as a user pool does\n"
        )
    };
    assert_eq!(suite("admins"), ["4:3", "7:13", "8:13"].map(note).concat());
    assert_eq!(suite("[admins]"), "");
    assert_eq!(suite("~"), "");
}

#[test]
fn the_groups_of_several_pools_are_not_mixed() {
    let folder = Folder::new("several-groups");
    let groups = |pool: &str, name: &str| {
        format!(r#"{{"IdentityPoolId": "us-east-1:{pool}", "Groups": [{{"GroupName": "{name}"}}]}}"#)
    };
    folder.write("groups.json", &format!("[{}, {}]", groups("one", "a"), groups("two", "b")));
    let suite = "groups: groups.json\ntests:\n  - { name: t, claims: {}, groups: [a], expect: deny }\n";
    folder.suite(suite);
    let ran = folder.run(&[]);
    let expected = "error: a.whichrole.yaml:3:9: `groups.json` has groups of several pools; choose with `pool`: `us-east-1:one` or `us-east-1:two`";
    assert_eq!(ran.error(), expected);
    folder.write("pool.json", &crate::harness::POOL.replacen('{', "{\"IdentityPoolId\": \"us-east-1:one\", ", 1));
    folder.suite(&format!("pool: us-east-1:one\n{suite}"));
    assert_eq!(folder.run(&[]).exit, 0);
    folder.suite(&format!("pool: us-east-1:one\n{}", suite.replace("[a]", "[b]")));
    assert!(folder.run(&[]).error().contains("unknown group `b`"));
}
