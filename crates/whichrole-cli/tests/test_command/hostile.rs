//! Suites from strangers: where they lead, what they are called, how many there are.

use std::fs;

use crate::harness::Folder;

const TEST: &str = "tests:\n  - { name: t, claims: { \"custom:dept\": eng }, expect: Staff }\n";

#[cfg(unix)]
fn pipe(folder: &Folder, name: &str) {
    let made = std::process::Command::new("mkfifo").arg(folder.0.join(name)).status().unwrap();
    assert!(made.success());
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_loops_are_never_waited_for() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("pipes");
    pipe(&folder, "a.whichrole.yaml");
    assert_eq!(folder.run(&[]).error(), "error: `a.whichrole.yaml` is not a regular file");
    assert_eq!(folder.run(&["a.whichrole.yaml"]).error(), "error: `a.whichrole.yaml` is not a regular file");
    assert_eq!(folder.run(&["/dev/zero"]).error(), "error: `/dev/zero` is not a regular file");
    assert!(folder.run(&["-"]).error().contains("standard input"));
    fs::remove_file(folder.0.join("a.whichrole.yaml")).unwrap();
    symlink("loop.whichrole.yaml", folder.0.join("loop.whichrole.yaml")).unwrap();
    assert_eq!(folder.run(&[]).error(), "error: cannot read `loop.whichrole.yaml`: too many levels of symbolic links");
    fs::remove_file(folder.0.join("loop.whichrole.yaml")).unwrap();

    // Folders that lead in circles are not followed.
    fs::create_dir(folder.0.join("sub")).unwrap();
    symlink("..", folder.0.join("sub/up")).unwrap();
    folder.suite(TEST);
    assert_eq!(folder.run(&[]).out, "ok: 1 passed in 1 suite\n");

    pipe(&folder, "fifo");
    symlink("/dev/zero", folder.0.join("zero")).unwrap();
    for (key, at) in [("config", "2:9"), ("groups", "3:9")] {
        for path in ["fifo", "zero", "/dev/stdin", "/dev/zero"] {
            let config = if key == "config" { path } else { "pool.json" };
            let groups = if key == "groups" { format!("groups: {path}\n") } else { String::new() };
            folder.write("a.whichrole.yaml", &format!("version: 1\nconfig: {config}\n{groups}{TEST}"));
            let expected = format!("error: a.whichrole.yaml:{at}: this is not a regular file or a folder");
            assert_eq!(folder.run(&[]).error(), expected, "{key}: {path}");
        }
    }
    for path in ["fifo", "sub", "zero", "/proc/self/environ"] {
        folder.suite(&format!("users: {{ u: {{ jwt: {path} }} }}\ntests:\n  - {{ name: t, user: u, expect: deny }}\n"));
        let expected = if path.starts_with('/') || path == "zero" {
            "this path leads out of the suite's folder"
        } else {
            "this is not a regular file"
        };
        assert_eq!(folder.run(&[]).error(), format!("error: a.whichrole.yaml:3:20: {expected}"), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn fixtures_do_not_leave_the_folder_by_any_kind_of_link() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("links");
    fs::create_dir(folder.0.join("suites")).unwrap();
    folder.write("secret.csv", "custom:dept,expect\neng,canary\n");
    symlink("../secret.csv", folder.0.join("suites/link.csv")).unwrap();
    symlink("..", folder.0.join("suites/up")).unwrap();
    symlink("loop.csv", folder.0.join("suites/loop.csv")).unwrap();
    symlink("../not-there", folder.0.join("suites/dangling.csv")).unwrap();
    fs::hard_link(folder.0.join("secret.csv"), folder.0.join("suites/hard.csv")).unwrap();
    for path in
        ["../secret.csv", "link.csv", "up/secret.csv", "loop.csv", "dangling.csv", "hard.csv", "\\\\host\\share\\x.csv"]
    {
        folder.write(
            "suites/a.whichrole.yaml",
            &format!("version: 1\nconfig: ../pool.json\ntests:\n  - {{ name: t, table: '{path}' }}\n"),
        );
        let ran = folder.run(&[]);
        assert!(ran.error().starts_with("error: suites/a.whichrole.yaml:4:23: this "), "{path}: {}", ran.err);
        assert!(ran.error().contains("suite's folder"), "{path}: {}", ran.err);
        assert!(!ran.err.contains("canary") && !ran.err.contains("no such file"), "{path}: {}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_are_shown_as_they_can_be() {
    let folder = Folder::new("names");
    let name = "\u{1b}[31m\n::error::x %0A.whichrole.yaml";
    folder.write(name, &format!("version: 1\nconfig: pool.json\n{}", TEST.replace("Staff", "Admin")));
    folder.write("-x.whichrole.yaml", &format!("version: 1\nconfig: pool.json\n{TEST}"));
    for format in ["text", "json", "junit", "tap", "github", "markdown"] {
        let ran = folder.run(&["--format", format]);
        assert_eq!(ran.exit, 1, "{format}: {}", ran.err);
        assert!(!ran.out.contains('\u{1b}'), "{format}");
        let ours = |line: &&str| format == "github" && line.starts_with("::error file=");
        assert!(
            ran.out.lines().all(|line| ours(&line) || !line.trim_start().starts_with("::")),
            "{format}: {}",
            ran.out
        );
    }
    assert_eq!(folder.run(&["--", "-x.whichrole.yaml"]).exit, 0);
}

#[test]
fn names_of_tests_are_shown_on_one_line_and_cut() {
    let folder = Folder::new("test-names");
    let long = "n".repeat(10_000);
    let odd = "</testcase>]]>\\e[2J\\n::error::x\\u202e 👩\u{200d}💻";
    folder.suite(&format!("tests:\n  - {{ name: \"{odd}\", claims: {{}}, expect: Staff }}\n  - {{ name: {long}, claims: {{}}, expect: Staff }}\n"));
    for format in ["text", "json", "junit", "tap", "github", "markdown"] {
        let ran = folder.run(&["--format", format]);
        assert_eq!(ran.exit, 1, "{format}");
        assert!(!ran.out.contains(['\u{1b}', '\u{202e}', '\u{200d}']), "{format}: {}", ran.out);
        if format != "json" {
            assert!(!ran.out.contains(&"n".repeat(201)), "{format}");
        }
    }
    let junit = folder.run(&["--format", "junit"]).out;
    assert_eq!(junit.matches("<testcase ").count(), junit.matches("</testcase>").count(), "{junit}");
}

#[test]
fn ten_thousand_tests_and_a_test_of_as_many_logins_take_no_time() {
    let folder = Folder::new("many-tests");
    let tests: Vec<String> = (0..10_000)
        .map(|n| format!("  - {{ name: t{n}, claims: {{ \"custom:dept\": eng }}, expect: Staff }}"))
        .collect();
    folder.suite(&format!("tests:\n{}\n", tests.join("\n")));
    assert_eq!(folder.run_with(&[], &[("CI", "true")]).out, "ok: 10000 passed in 1 suite\n");
    let users: Vec<String> = (0..10_000).map(|n| format!("  u{n}: {{ claims: {{ sub: u{n} }} }}")).collect();
    let users = users.join("\n");
    let logins: Vec<String> = (0..10_000).map(|n| format!("u{n}")).collect();
    folder
        .suite(&format!("users:\n{users}\ntests:\n  - {{ name: t, logins: [{}], expect: deny }}\n", logins.join(", ")));
    assert!(folder.run(&[]).error().contains("two logins are for the same provider"));
}

#[test]
fn a_token_that_looks_alive_is_pointed_out_and_not_shown() {
    let folder = Folder::new("alive");
    // {"alg":"none"} . {"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC","aud":"client1","exp":9999999999,"sub":"canary"}
    folder.write("live.jwt", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2NvZ25pdG8taWRwLnVzLWVhc3QtMS5hbWF6b25hd3MuY29tL3VzLWVhc3QtMV9BYkMiLCJhdWQiOiJjbGllbnQxIiwiZXhwIjo5OTk5OTk5OTk5LCJzdWIiOiJjYW5hcnkifQ.");
    folder.suite("users: { u: { jwt: live.jwt } }\ntests:\n  - { name: t, user: u, expect: deny }\n");
    let ran = folder.run(&[]);
    assert_eq!(ran.exit, 0, "{}", ran.err);
    assert_eq!(
        ran.err,
        "note: `live.jwt` looks like a token that is still good; keep such tokens out of repositories\n"
    );
}

#[test]
fn a_snapshot_that_cannot_be_written_is_two_and_leaves_nothing_behind() {
    let folder = Folder::new("snapshot-place");
    folder.suite("users:\n  eng: { claims: { \"custom:dept\": eng } }\nsnapshot: true\n");
    assert_eq!(
        folder.run_with(&["--update"], &[("CI", "1")]).error(),
        "error: `--update` is refused where `CI` is set: a snapshot is for people to look at"
    );
    assert!(!folder.0.join("a.whichrole.yaml.snap").exists());
    fs::create_dir(folder.0.join("a.whichrole.yaml.snap")).unwrap();
    assert_eq!(folder.run(&["--update"]).error(), "error: `a.whichrole.yaml.snap` is not a regular file");
    assert_eq!(folder.run(&[]).error(), "error: `a.whichrole.yaml.snap` is not a regular file");
}
