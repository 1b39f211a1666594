//! `whichrole test` from outside: exit codes, formats, that nothing passes by accident, and that no suite reads what it must not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers here are tests, too")]

mod broken;
mod explain;
mod harness;
mod hostile;
mod init;
mod settings;
mod whole;

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::{Folder, POOL, Ran};

const GOOD: &str = "tests:\n  - { name: eng, claims: { \"custom:dept\": eng }, expect: Staff }\n";
const BAD: &str = "tests:\n  - { name: eng, claims: { \"custom:dept\": Eng }, expect: Staff }\n";

#[test]
fn green_is_one_line() {
    let folder = Folder::new("green");
    folder.suite(GOOD);
    let ran = folder.run(&[]);
    assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (0, "ok: 1 passed in 1 suite\n", ""));
}

#[test]
fn an_empty_file_in_a_folder_is_passed_over_but_not_an_empty_folder() {
    let folder = Folder::new("empty-file");
    fs::create_dir(folder.0.join("infra")).unwrap();
    folder.write("infra/outputs.tf", "\n");
    folder.write("a.whichrole.yaml", &format!("version: 1\nconfig: infra\n{GOOD}"));
    assert!(folder.run(&[]).err.contains("is empty"));
    folder.write("infra/pool.json", POOL);
    assert_eq!(folder.run(&[]).exit, 0);
}

#[test]
fn a_failure_shows_everything_at_once_on_stdout() {
    let folder = Folder::new("failure");
    folder.suite(BAD);
    let ran = folder.run(&[]);
    assert_eq!((ran.exit, ran.err.as_str()), (1, ""));
    assert_eq!(
        ran.out,
        "FAIL eng  a.whichrole.yaml:4:58
  |
4 |   - { name: eng, claims: { \"custom:dept\": Eng }, expect: Staff }
  |                                                          ^
  role     expected arn:aws:iam::111122223333:role/Staff
                got denied (role-resolution-denied)
  decided by the role resolution, `Deny`  (pool.json:3:30)
  near miss  rule 2 (custom:dept Equals `eng`): only letter case differs
  explain    whichrole explain pool.json --claim custom:dept=Eng

failed: 0 passed, 1 failed in 1 suite
"
    );
    assert_eq!(folder.run(&["--exit-zero"]).exit, 0);
    let explain = Command::new(env!("CARGO_BIN_EXE_whichrole"))
        .args(["explain", "pool.json", "--claim", "custom:dept=Eng"])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    assert_eq!(explain.status.code(), Some(1), "the command that is shown works");
}

#[test]
fn a_failure_in_a_table_of_markdown_is_said_in_sentences() {
    let folder = Folder::new("failure-markdown");
    folder.suite(&format!(
        "{BAD}  - {{ name: later, claims: {{ \"custom:dept\": eng }}, todo: soon, expect: Staff }}\n\
         properties:\n  - {{ name: nobody, never: {{ role: Staff }} }}\n"
    ));
    let ran = folder.run(&["--format", "markdown"]);
    assert_eq!(
        ran.out,
        "### ❌ whichrole test: 0 passed, 3 failed

| case | where | what |
|---|---|---|
| `eng` | `a.whichrole.yaml:4` | role: expected `arn:aws:iam::111122223333:role/Staff`, got `denied (role-resolution-denied)`\
<br>decided by `` the role resolution, `Deny` `` (`pool.json:3:30`)\
<br>near miss: `` rule 2 (custom:dept Equals `eng`): only letter case differs ``\
<br>explain: `whichrole explain pool.json --claim custom:dept=Eng` |
| `later` | `a.whichrole.yaml:5` | this passes now; take its `todo` away |
| `nobody` | `a.whichrole.yaml:7` | `{ provider: \"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1\", \
claims: { \"custom:dept\": eng } } gets arn:aws:iam::111122223333:role/Staff`\
<br>decided by `` rule 2: custom:dept Equals `eng` `` (`pool.json:5:5`)\
<br>explain: `whichrole explain pool.json --provider cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1 \
--claim custom:dept=eng` |
"
    );
}

#[test]
fn a_faulty_suite_is_two_whatever_else_passes() {
    let folder = Folder::new("faulty");
    folder.suite(GOOD);
    folder.write(
        "b.whichrole.yaml",
        "version: 1\nconfig: pool.json\ntests:\n  - { name: a, claims: {}, expects: deny }\n",
    );
    let ran = folder.run(&[]);
    assert_eq!(ran.error(), "error: b.whichrole.yaml:4:28: unknown key of a test: `expects`, did you mean `expect`?");
    assert!(ran.err.contains("4 |   - { name: a, claims: {}, expects: deny }"));
    assert_eq!(folder.run(&["--exit-zero"]).exit, 2);
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["--format", "json"]).out).unwrap();
    assert_eq!(json["error"]["code"], "unknown-key");
    assert_eq!(json["error"]["file"], "b.whichrole.yaml");
    assert_eq!((&json["error"]["line"], &json["error"]["column"]), (&4.into(), &28.into()));
}

#[test]
fn no_snapshot_is_written_while_another_suite_is_faulty() {
    let folder = Folder::new("update-faulty");
    folder.suite("users:\n  eng: { claims: { \"custom:dept\": eng } }\nsnapshot: true\n");
    folder.write(
        "b.whichrole.yaml",
        "version: 1\nconfig: pool.json\ntests:\n  - { name: a, claims: {}, expects: deny }\n",
    );
    assert_eq!(folder.run(&["--update"]).exit, 2);
    assert!(!folder.0.join("a.whichrole.yaml.snap").exists());
    folder.write("b.whichrole.yaml", &format!("version: 1\nconfig: pool.json\n{GOOD}"));
    assert_eq!(folder.run(&["--update"]).exit, 0);
    assert!(folder.0.join("a.whichrole.yaml.snap").exists());
}

#[test]
fn a_report_of_all_cases_has_a_limit_and_a_report_of_failures_has_none() {
    let folder = Folder::new("long-report");
    let suite = |cells: usize| {
        let cells: Vec<String> = (0..cells).map(|n| format!("c{n}")).collect();
        let (name, cells) = ("n".repeat(50_000), cells.join(", "));
        folder.write(
            "a.whichrole.yaml",
            &format!("version: 1\nconfig: pool.json\ntests:\n  - {{ name: {name}, each: {{ sub: [{cells}] }}, expect: deny }}\n"),
        );
    };
    suite(920);
    assert_eq!(folder.run(&["--format", "json", "--exit-zero"]).exit, 0);
    suite(930);
    let refused = folder.run(&["--format", "json", "--exit-zero"]);
    let json: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!((refused.exit, json["error"]["code"].as_str()), (2, Some("too-large")), "{json}");
    assert_ne!(folder.run(&[]).exit, 2);
}

#[test]
fn nothing_to_run_is_two() {
    let folder = Folder::new("nothing");
    assert_eq!(folder.run(&[]).error(), "error: no suite was found in `.`; suites are files called `*.whichrole.yaml`");
    folder.suite(GOOD);
    assert_eq!(folder.run(&["--filter", "engg"]).error(), "error: nothing is called `engg`; `--list` prints all names");
    assert_eq!(
        folder.run(&["nope.whichrole.yaml"]).error(),
        "error: cannot read `nope.whichrole.yaml`: there is no such file"
    );
    folder.suite(&GOOD.replace("expect:", "skip: later, expect:"));
    assert_eq!(folder.run(&[]).error(), "error: no tests ran: all of them are skipped");
}

#[test]
fn a_question_that_cannot_be_asked_is_two() {
    let folder = Folder::new("unanswerable");
    folder.write(
        "pool.json",
        &POOL.replace("\"RoleMappings\": {", "\"RoleMappings\": {\"accounts.google.com\": {\"Type\": \"Token\"}, "),
    );
    folder.suite(GOOD);
    let error = folder.run(&[]);
    assert!(
        error.error().contains("a.whichrole.yaml:4:13: the token does not say which provider it is for"),
        "{}",
        error.err
    );
}

#[test]
fn uncertain_passes_are_counted_and_three_with_strict() {
    let folder = Folder::new("uncertain");
    folder.suite("tests:\n  - { name: arrays, claims: { \"cognito:groups\": [admins-eu] }, expect: Admin }\n");
    let ran = folder.run(&[]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, "ok: 1 passed, 1 of the passes uncertain in 1 suite\n"));
    assert_eq!(folder.run(&["--strict"]).exit, 3);
    assert_eq!(folder.run(&["--strict", "--exit-zero"]).exit, 3);
    assert!(folder.run(&["-v"]).err.contains("note: uncertain: arrays"));
    folder.suite(
        "tests:\n  - { name: arrays, claims: { \"cognito:groups\": [admins-eu] }, expect: Admin }\n  \
         - { name: wrong, claims: {}, expect: Admin }\n",
    );
    let exits = |args: &[&str]| folder.run(args).exit;
    assert_eq!([exits(&["--strict"]), exits(&["--exit-zero"]), exits(&["--strict", "--exit-zero"])], [1, 0, 3]);
}

#[test]
fn filters_lists_and_failing_fast() {
    let folder = Folder::new("filter");
    folder.suite(
        "tests:\n  - name: dept\n    table:\n      - [\"custom:dept\", expect]\n      - [eng, Staff]\n      - [ops, Staff]\n      - [hr, Staff]\n",
    );
    assert_eq!(
        folder.run(&["--list"]).out,
        "a.whichrole.yaml: dept[eng]\na.whichrole.yaml: dept[ops]\na.whichrole.yaml: dept[hr]\n"
    );
    assert_eq!(folder.run(&["--filter", "dept[e*]"]).exit, 0);
    assert!(folder.run(&["--filter", "dept"]).out.ends_with("failed: 1 passed, 2 failed in 1 suite\n"));
    assert!(
        folder
            .run(&["--fail-fast"])
            .out
            .ends_with("failed: 1 passed, 1 failed in 1 suite; stopped at the first failure, the rest was not run\n")
    );
}

#[test]
fn failing_fast_shows_one_failure_and_runs_nothing_after_it() {
    let folder = Folder::new("fail-fast");
    let rest = "properties:\n  - { name: nobody, never: { role: Staff } }\ncoverage: { rules: 100, mutants: 100 }\n";
    folder.suite(&format!("{BAD}{rest}"));
    folder.write("b.whichrole.yaml", &format!("version: 1\nconfig: pool.json\n{BAD}"));
    for threads in ["1", "5"] {
        let out = folder.run(&["--fail-fast", "--threads", threads]).out;
        assert_eq!(out.matches("FAIL ").count(), 1, "{out}");
        let last = "failed: 0 passed, 1 failed in 1 suite; stopped at the first failure, the rest was not run";
        assert_eq!(out.lines().last(), Some(last));
    }
    // A property, and a goal, is a failure like any other.
    folder.suite(&format!("{GOOD}{rest}"));
    let out = folder.run(&["--fail-fast"]).out;
    assert!(out.starts_with("FAIL nobody") && out.matches("FAIL ").count() == 1, "{out}");
    folder.suite(&format!("{GOOD}coverage: {{ rules: 100, outcomes: 100, mutants: 100 }}\n"));
    let out = folder.run(&["--fail-fast"]).out;
    assert!(out.starts_with("FAIL coverage of rules") && out.matches("FAIL ").count() == 1, "{out}");
    // Where nothing fails all of it is run.
    folder.suite(GOOD);
    folder.write("b.whichrole.yaml", &format!("version: 1\nconfig: pool.json\n{GOOD}"));
    assert_eq!(folder.run(&["--fail-fast"]).out, "ok: 2 passed in 2 suites\n");
}

#[test]
fn mutants_are_not_looked_at_where_cases_fail_and_it_says_so() {
    let folder = Folder::new("mutants-skipped");
    folder.suite(&format!("{BAD}coverage: {{ mutants: 90 }}\n"));
    let out = folder.run(&[]).out;
    assert!(out.contains("mutants a.whichrole.yaml  not looked at, because 1 case fails\n"), "{out}");
    assert!(out.ends_with("failed: 0 passed, 1 failed, 1 skipped in 1 suite\n"), "{out}");
    let of = |format: &str| folder.run(&["--format", format]).out;
    let json: serde_json::Value = serde_json::from_str(&of("json")).unwrap();
    let suite = &json["suites"][0];
    assert_eq!(suite["mutants_skipped"], "not looked at, because 1 case fails");
    assert_eq!(suite["cases"][1]["name"], "coverage of mutants");
    assert_eq!((&suite["cases"][1]["status"], &json["summary"]["skipped"]), (&"skip".into(), &1.into()));
    assert!(of("tap").contains("ok 2 - coverage of mutants # SKIP not looked at, because 1 case fails"));
    assert!(of("junit").contains("<skipped message=\"skip: not looked at, because 1 case fails\"/>"));
    assert!(of("github").contains("::notice file=a.whichrole.yaml,title=mutants::not looked at"));
    assert!(of("markdown").contains("mutants not looked at, because 1 case fails"));
    // Asked for on the command line it is no goal, but no less worth a word.
    folder.suite(BAD);
    assert!(folder.run(&["--mutants"]).out.contains("not looked at, because 1 case fails"));
}

#[test]
fn changes_that_change_nothing_are_not_counted_whoever_notices_them() {
    let folder = Folder::new("mutants-renumbered");
    let rule = |value: &str, role: &str| {
        format!(
            r#"{{"Claim":"custom:dept","MatchType":"Equals","Value":"{value}","RoleARN":"arn:aws:iam::111122223333:role/{role}"}}"#
        )
    };
    let rules = [rule("a", "A"), rule("b", "B"), rule("c", "B")].join(",");
    let key = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1";
    folder.write(
        "three.json",
        &format!(r#"{{"IdentityPoolId":"us-east-1:11111111-1111-1111-1111-111111111111","RoleMappings":{{"{key}":{{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{{"Rules":[{rules}]}}}}}}}}"#),
    );
    let written = folder.run(&["--init", "three.json", "--complete", "-o", "three.whichrole.yaml"]);
    assert_eq!(written.exit, 0, "{}", written.err);
    let text = fs::read_to_string(folder.0.join("three.whichrole.yaml")).unwrap();
    let count = |text: &str, before: &str| -> usize {
        let end = text.find(before).unwrap_or_else(|| panic!("{before}: {text}"));
        text[..end].rsplit(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty()).unwrap().parse().unwrap()
    };
    let (real, none) = (count(&text, " small changes"), count(&text, " others change nothing (proved)"));
    assert!(text.contains("by: rule 2") && none >= 1, "{text}");
    let out = folder.run(&["three.whichrole.yaml", "--mutants"]).out;
    let expected = format!("100% ({real} of {real}) noticed, {none} others change nothing (proved)");
    assert!(out.contains(&expected), "{expected}\n{out}");
}

#[test]
fn what_is_about_all_cases_does_not_go_with_some_of_them() {
    let folder = Folder::new("filtered-goals");
    folder.suite(GOOD);
    for flags in [&["--coverage"][..], &["--threshold", "100"], &["--mutants"], &["--update"]] {
        let ran = folder.run(&[flags, &["--filter", "*"]].concat());
        let refusal = format!("error: `{}` is about all cases of a suite; leave out `--filter`", flags[0]);
        assert_eq!((ran.exit, ran.error()), (2, refusal.as_str()));
    }
    // Goals that the suite sets are for runs of all of it.
    folder.suite(&format!("{GOOD}coverage: {{ rules: 100, mutants: 100 }}\n"));
    assert_eq!((folder.run(&["--filter", "*"]).exit, folder.run(&[]).exit), (0, 1));
}

#[test]
fn coverage_is_enforced_with_and_without_a_flag() {
    let folder = Folder::new("coverage");
    folder.suite(&format!("{GOOD}coverage: {{ rules: 100 }}\n"));
    let ran = folder.run(&[]);
    assert_eq!(ran.exit, 1);
    assert!(ran.out.contains("expected 100% of rules\n                got 50% (1 of 2)"), "{}", ran.out);
    assert!(ran.out.contains("would be by { claims: { \"cognito:groups\": [admins] } }"), "{}", ran.out);
    folder.suite(GOOD);
    assert_eq!(folder.run(&["--coverage"]).exit, 0);
    assert_eq!(folder.run(&["--threshold", "51"]).exit, 1);
    assert_eq!(folder.run(&["--threshold", "101"]).exit, 2);
}

#[test]
fn a_rule_that_no_configuration_has_is_an_unknown_name() {
    let folder = Folder::new("no-such-rule");
    folder.suite("tests:\n  - { name: t, claims: { \"custom:dept\": eng }, expect: { role: Staff, by: rule 9 } }\n");
    let ran = folder.run(&[]);
    assert_eq!(ran.exit, 2);
    assert_eq!(ran.error(), "error: a.whichrole.yaml:4:56: there is no rule 9; a provider has at most 2 rules");
}

#[test]
fn logins_are_users() {
    let folder = Folder::new("logins");
    for (logins, found) in [("{ eng: 1 }", "a map"), ("[{ user: eng }]", "a map"), ("eng", "a string")] {
        folder.suite(&format!("tests:\n  - {{ name: t, logins: {logins}, expect: deny }}\n"));
        let ran = folder.run(&[]);
        let error = ran.error();
        let expected = format!("expected a list of users, such as `logins: [alice, partner]`, found {found}");
        assert!(error.ends_with(&expected), "{error}");
    }
}

#[test]
fn a_configuration_in_which_nothing_is_known_is_named() {
    let folder = Folder::new("nothing-known");
    folder.suite(GOOD);
    folder.write("pool.json", "{ \"Resorces\": { \"P\": { \"Type\": \"AWS::Cognito::IdentityPool\" } } }");
    let expected = "error: pool.json:1:3: no known member or resource was found in the configuration; did you mean `Resources` by \
                    `Resorces`?";
    assert_eq!(folder.run(&[]).error(), expected);
    folder.write("pool.json", "{}");
    let expected = "error: pool.json:1:1: no known member or resource was found in the configuration";
    assert_eq!(folder.run(&[]).error(), expected);
}

#[test]
fn mutants_that_survive_come_with_a_row() {
    let folder = Folder::new("mutants");
    folder.suite(GOOD);
    let ran = folder.run(&["--mutants"]);
    assert_eq!(ran.exit, 0);
    assert!(ran.out.contains("not noticed: rule 1 (Admin) is gone  pool.json:4"), "{}", ran.out);
    assert!(ran.out.contains("    - name: not if rule 1 (Admin) is gone"), "{}", ran.out);
    folder.suite(&format!("{GOOD}coverage: {{ mutants: 90 }}\n"));
    assert_eq!(folder.run(&[]).exit, 1);
}

#[test]
fn snapshots_are_written_on_demand_and_never_in_ci() {
    let folder = Folder::new("snapshot");
    folder.suite("users:\n  eng: { claims: { \"custom:dept\": eng } }\nsnapshot: true\n");
    let missing = "error: a.whichrole.yaml:5:11: `a.whichrole.yaml.snap` is missing; `--update` writes it";
    assert_eq!(folder.run(&[]).error(), missing);
    // One that is missing does not hide another, and a part of a suite is not compared with it.
    folder.write("b.whichrole.yaml", &format!("version: 1\nconfig: pool.json\nsnapshot: true\n{GOOD}"));
    let both = folder.run(&[]);
    assert_eq!((both.exit, both.err.matches("is missing; `--update` writes it").count()), (2, 2), "{}", both.err);
    assert_eq!(folder.run(&["b.whichrole.yaml", "--filter", "*"]).exit, 0);
    fs::remove_file(folder.0.join("b.whichrole.yaml")).unwrap();
    assert_eq!(folder.run_with(&["--update"], &[("CI", "true")]).exit, 2);
    assert_eq!(folder.run(&["--update"]).exit, 0);
    let snapshot = fs::read_to_string(folder.0.join("a.whichrole.yaml.snap")).unwrap();
    assert!(snapshot.ends_with("eng\tarn:aws:iam::111122223333:role/Staff\trule 2\t{}\tcertain\n"), "{snapshot}");
    assert_eq!(folder.run_with(&[], &[("CI", "true")]).exit, 0);
    folder.write("pool.json", &POOL.replace("role/Staff", "role/Other"));
    let ran = folder.run(&[]);
    assert_eq!(ran.exit, 1);
    assert!(ran.out.contains("expected eng  arn:aws:iam::111122223333:role/Staff  rule 2"), "{}", ran.out);
    assert!(ran.out.contains("got eng  arn:aws:iam::111122223333:role/Other  rule 2"), "{}", ran.out);
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "no temporary file stays: {left:?}");
}

#[test]
fn properties_are_proved_or_refuted() {
    let folder = Folder::new("properties");
    folder.suite(
        "properties:
  - { name: only admins, never: { role: Admin }, unless: \"cognito:groups contains admins\" }
  - { name: all live, live: all }
  - { name: same, equivalent_to: pool.json }
  - { name: engineers are staff, always: { role: Staff }, when: \"custom:dept equals eng and cognito:groups absent\" }
  - { name: nobody, never: { role: Staff } }
",
    );
    let ran = folder.run(&["--format", "tap"]);
    assert_eq!(ran.exit, 1);
    let verdicts: Vec<&str> = ran.out.lines().filter(|line| line.contains("ok ")).collect();
    assert_eq!(
        verdicts,
        ["ok 1 - only admins", "ok 2 - all live", "ok 3 - same", "ok 4 - engineers are staff", "not ok 5 - nobody"]
    );
    let out = folder.run(&["--filter", "nobody"]).out;
    assert!(out.contains("\"custom:dept\": eng"), "{out}");
    assert!(out.contains("decided by rule 2: custom:dept Equals `eng`  (pool.json:"), "{out}");
    assert!(out.contains("explain    whichrole explain pool.json --provider "), "{out}");
}

#[test]
fn a_first_suite_is_green() {
    let folder = Folder::new("init");
    fs::create_dir(folder.0.join("tests")).unwrap();
    let ran = folder.run(&["--init", "pool.json", "-o", "tests/a.whichrole.yaml"]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, ""));
    assert!(fs::read_to_string(folder.0.join("tests/a.whichrole.yaml")).unwrap().contains("config: \"../pool.json\""));
    assert_eq!(folder.run(&["--threshold", "100"]).exit, 0);
}

#[test]
fn every_format_is_what_it_says() {
    let folder = Folder::new("formats");
    folder.suite(&format!("{BAD}  - {{ name: \"<&]]>\\e[31m\", claims: {{}}, skip: \"no | time\", expect: deny }}\n"));
    let run = |format: &str| folder.run(&["--format", format]);
    for format in ["json", "junit", "tap", "github", "markdown", "text"] {
        let ran = run(format);
        assert_eq!(ran.exit, 1, "{format}");
        assert!(!ran.out.contains('\u{1b}'), "{format}");
    }
    let json: serde_json::Value = serde_json::from_str(&run("json").out).unwrap();
    assert_eq!(json["schema"], "whichrole/test/v1");
    assert_eq!(json["suites"][0]["cases"][0]["decision"]["deny"]["reason"], "role-resolution-denied");
    assert_eq!(json["suites"][0]["cases"][1]["status"], "skip");
    let junit = run("junit").out;
    assert!(junit.contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{junit}");
    assert!(junit.contains("name=\"&lt;&amp;]]&gt;\\u{1b}[31m\""), "{junit}");
    assert!(run("tap").out.starts_with("TAP version 14\n1..2\nnot ok 1 - eng\n"));
    let github = run("github").out;
    assert!(github.starts_with("::error file=a.whichrole.yaml,line=4,col=58,title=eng::role "), "{github}");
    folder.run_with(&["--format", "github"], &[("GITHUB_STEP_SUMMARY", "summary.md")]);
    assert!(
        fs::read_to_string(folder.0.join("summary.md"))
            .unwrap()
            .starts_with("### ❌ whichrole test: 0 passed, 1 failed, 1 skipped")
    );
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let folder = Folder::new("threads");
    let expect = |n: usize| if n.is_multiple_of(7) { "Admin" } else { "deny" };
    let rows: Vec<String> = (0..5000).map(|n| format!("      - [u{n}, {}]", expect(n))).collect();
    let rows = rows.join("\n");
    folder.suite(&format!("tests:\n  - name: many\n    table:\n      - [sub, expect]\n{rows}\n"));
    let of = |threads: &str, format: &str| folder.run(&["--threads", threads, "--format", format]).out;
    for format in ["text", "json"] {
        assert_eq!(of("1", format), of("5", format));
    }
    let fast = |threads: &str| folder.run(&["--threads", threads, "--fail-fast"]).out;
    assert_eq!(fast("1"), fast("5"));
}

#[cfg(unix)]
#[test]
fn fixtures_stay_inside_the_folder() {
    let folder = Folder::new("fixtures");
    fs::create_dir(folder.0.join("suites")).unwrap();
    folder.write("secret.jwt", "canary");
    std::os::unix::fs::symlink("../secret.jwt", folder.0.join("suites/link.jwt")).unwrap();
    for path in ["../secret.jwt", "/etc/passwd", "~/.aws/credentials", "C:\\secret", "link.jwt", "../nothing"] {
        let suite = format!(
            "version: 1\nconfig: ../pool.json\nusers:\n  real: {{ jwt: '{path}' }}\ntests:\n  - {{ name: t, user: real, expect: deny }}\n"
        );
        folder.write("suites/a.whichrole.yaml", &suite);
        let ran = folder.run(&[]);
        let expected = "error: suites/a.whichrole.yaml:4:16: this path leads out of the suite's folder";
        assert_eq!(ran.error(), expected, "{path}");
        assert!(!ran.err.contains("canary"));
    }
}

#[test]
fn a_token_that_cannot_be_read_is_not_quoted() {
    let folder = Folder::new("token");
    folder.write("bad.jwt", "canary.canary.canary");
    folder.suite("users:\n  real: { jwt: bad.jwt }\ntests:\n  - { name: t, user: real, expect: deny }\n");
    let ran = folder.run(&[]);
    assert_eq!(ran.error(), "error: a.whichrole.yaml:4:16: `bad.jwt`: not base64url at offset 5 of part 1");
    assert!(!ran.err.contains("canary"));
}

#[test]
fn the_conformance_cases_pass() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/cases");
    let ran = Ran::of(Command::new(env!("CARGO_BIN_EXE_whichrole")).arg("test").arg(cases).output().unwrap());
    assert_eq!(ran.exit, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn the_schemas_are_json() {
    for which in ["suite", "test"] {
        let output = Command::new(env!("CARGO_BIN_EXE_whichrole")).args(["schema", which]).output().unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}
