//! `batch`: one JSON object a line, in order, whatever the lines are (HI-97 to HI-104).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{ADMIN, Folder, Outcome, pool_of, testdata, whichrole};
use crate::schema::{check, keys};

const POOL: &str = "pools/api/app-pool.json";
const GOOD: &str = r#"{"cognito:groups":["admins"]}"#;

fn batch(input: impl AsRef<[u8]>) -> Outcome {
    whichrole(["batch", POOL]).input(input).run()
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The line numbers, those of lines that could not be read with their code.
fn numbers(outcome: &Outcome) -> String {
    let numbers = lines(outcome).into_iter().map(|line| match line.pointer("/error/code") {
        Some(code) => format!("{}:{}", line["line"], code.as_str().unwrap()),
        None => line["line"].to_string(),
    });
    numbers.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_line_gets_the_decision_that_eval_prints() {
    let outcome = batch(format!("{GOOD}\n{{\"custom:dept\":\"x\"}}\n"));
    outcome.exits(0).says("");
    for (line, claim) in outcome.stdout.lines().zip(["cognito:groups=[\"admins\"]", "custom:dept=x"]) {
        let mut decision: Value = serde_json::from_str(line).unwrap();
        check("eval", &decision);
        assert_eq!(keys(line).last().unwrap(), "line");
        decision.as_object_mut().unwrap().remove("line");
        assert_eq!(decision, whichrole(["eval", POOL, "--claim", claim, "--format", "json"]).run().json());
    }
}

#[test]
fn blank_lines_are_skipped_and_line_ends_do_not_matter() {
    let outcome = batch(format!("\n{GOOD}\r\n   \r\n\r\n{GOOD}"));
    assert_eq!(numbers(outcome.exits(0)), "2 5");
    batch("").exits(0).prints("");
    batch("\n\r\n").exits(0).prints("");
}

#[test]
fn hi_98_and_99_a_bad_line_is_an_error_object_and_the_others_are_decided() {
    let mut input = Vec::new();
    let alice = std::fs::read_to_string(testdata("tokens/alice.id.jwt")).unwrap();
    for line in ["\u{feff}{}", GOOD, "# comment", "{\"a\":", "[1]", "1", "{\"a\":1,\"a\":2}", alice.trim(), GOOD] {
        input.extend(line.as_bytes());
        input.push(b'\n');
    }
    input.extend(b"\xff\xfe\n\0\x01\x02\n{\"a\":\"\xc3");
    let outcome = batch(&input);
    outcome.exits(2).says("9 lines could not be read");
    assert_eq!(
        numbers(&outcome),
        "1:malformed-json 2 3:malformed-token 4:malformed-json 5:claims-not-an-object 6:malformed-token 7:duplicate-claim 8 9 \
         10:not-utf8 11:malformed-token 12:not-utf8"
    );
    for (line, value) in outcome.stdout.lines().zip(lines(&outcome)) {
        if let Some(error) = value.get("error") {
            assert_eq!(keys(line), ["schema", "line", "error"]);
            check("error", &serde_json::json!({ "error": error }));
        }
    }
}

#[test]
fn hi_97_a_long_line_is_passed_over_in_constant_memory() {
    let long = "x".repeat(5_000_000);
    let outcome = batch(format!("{GOOD}\n{{\"a\":\"{long}\"}}\n{GOOD}\n{long}"));
    assert_eq!(numbers(outcome.exits(2).at_once()), "1 2:too-large 3 4:too-large");
    let limits = |bytes: &str| whichrole(["batch", POOL, "--max-line-bytes", bytes]).input(format!("{GOOD}\r\n")).run();
    let length = GOOD.len();
    limits(&length.to_string()).exits(0);
    assert_eq!(
        lines(limits(&(length - 1).to_string()).exits(2))[0]["error"]["message"],
        "the line is longer than 28 bytes"
    );
}

#[test]
fn the_exit_code_tells_of_unread_lines_before_uncertain_ones() {
    let open = r#"{"cognito:groups":["sub-admins"]}"#;
    let strict = |input: &str| whichrole(["batch", POOL, "--strict"]).input(input).run();
    strict(GOOD).exits(0);
    strict(open).exits(3);
    strict(&format!("{open}\nx")).exits(2);
    batch(open).exits(0);
}

#[test]
fn fields_are_columns() {
    let fields = |fields: &str, input: &str| whichrole(["batch", POOL, "--fields", fields]).input(input).run();
    let all =
        fields("line,decision,role,source,rule,reason,certain,provider", &format!("{GOOD}\n{{\"custom:dept\":\"x\"}}"));
    let provider = crate::harness::PROVIDER;
    all.exits(0).prints(&format!(
        "1\tassume\t{ADMIN}\trule\t1\t\ttrue\t{provider}\n2\tdeny\t\t\t\trole-resolution-denied\ttrue\t{provider}\n"
    ));
    fields("rol", GOOD).refuses("unknown field `rol`, did you mean `role`?");
    fields("", GOOD).refuses("unknown field ``");
    let bad = fields("role", &format!("{GOOD}\nx\n{GOOD}"));
    assert_eq!(
        bad.exits(2).stdout.lines().nth(1).unwrap().split_once(',').unwrap().0,
        r#"{"schema":"whichrole/decision/v1""#
    );
    assert_eq!(bad.stdout.lines().count(), 3);
}

#[test]
fn hi_100_and_104_nothing_of_a_line_acts_or_leaks() {
    let folder = Folder::new();
    let pool = folder.file("pool.json", pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"Deny"}"#));
    let input: String =
        ["\\u001b]8;;http://x\\u0007", "::set-output name=a::b", "=cmd()", "x\\ty\\nz", "##[add-mask]x"]
            .map(|role| format!("{{\"ip\":\"203.0.113.7\",\"cognito:preferred_role\":\"{role}\"}}\n"))
            .concat();
    let decided = whichrole(["batch"]).arg(&pool).input(&input).run();
    decided.exits(0);
    assert!(!decided.stdout.contains("203.0.113.7"));
    assert_eq!(lines(&decided)[1]["role"], "::set-output name=a::b", "JSON says what the role is");
    let columns = whichrole(["batch", "--fields", "role,line"]).arg(&pool).input(&input).run();
    columns.exits(0).prints(
        "\\u{1b}]8;;http://x\\u{7}\t1\n\\u{3a}:set-output name=a::b\t2\n'=cmd()\t3\nx\\u{9}y\\u{a}z\t4\n##\\u{5b}add-mask]x\t5\n",
    );
}

#[test]
fn output_goes_to_a_file_that_is_not_the_input() {
    let folder = Folder::new();
    let input = folder.file("in.ndjson", GOOD);
    let output = folder.path("out.ndjson");
    whichrole(["batch", POOL]).arg(&input).arg("-o").arg(&output).run().exits(0).prints("");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), batch(GOOD).stdout);
    whichrole(["batch", POOL]).arg(&input).arg("-o").arg(&input).run().refuses("`--output` is the file that is read");
    assert_eq!(std::fs::read_to_string(&input).unwrap(), GOOD);
    assert_eq!(whichrole(["batch", POOL]).arg(&input).args(["-o", "-"]).run().stdout, batch(GOOD).stdout);
}

/// A few thousand lines: decided, denied, uncertain, broken, with odd letters, with other line ends.
fn many() -> String {
    let kinds = [
        GOOD,
        r#"{"cognito:groups":["sub-admins"],"name":"José \u00e9"}"#,
        r#"{"custom:dept":"x"}"#,
        r#"{"cust\u006fm:dept":"x","sub":"1"}"#,
        "",
        r#"{"a":1,"a":2}"#,
        "{\"custom:dept\":\"x\"}\r",
        r#"{"email":"m\u00fcller@example.com","custom:dept":"Eng"}"#,
    ];
    (0..9_000).map(|n| kinds[n * 7 % kinds.len()].to_owned() + &" ".repeat(n % 90) + "\n").collect()
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let input = many();
    for more in [&[][..], &["--fields", "line,role,reason,certain"], &["--summary"], &["--strict"]] {
        let run = |threads: &str| {
            whichrole(["batch", POOL, "--threads", threads]).args(more).input(&input).run().exits(2).stdout.clone()
        };
        let one = run("1");
        assert!(one.len() > 300, "{one:?}");
        for threads in ["2", "3", "16"] {
            assert!(run(threads) == one, "{threads} threads, {more:?}");
        }
    }
    for threads in ["0", "257", "-1", "x"] {
        let refused = whichrole(["batch", POOL, &format!("--threads={threads}")]).run();
        refused.exits(2).mentions("--threads");
    }
}

/// Every line of a batch is what `eval` prints for it, whatever goes with the request.
#[test]
fn what_goes_with_a_request_goes_with_every_line() {
    let folder = Folder::new();
    let alice = std::fs::read_to_string(testdata("tokens/alice.id.jwt")).unwrap();
    let tokens = [GOOD, r#"{"cognito:groups":["sub-admins"],"exp":1}"#, r#"{"custom:dept":["eng"]}"#, alice.trim()];
    for more in [
        &["--assume", "array-claims=membership"][..],
        &["--now", "2026-01-01T00:00:00Z", "--leeway", "7"],
        &["--custom-role-arn", ADMIN],
        &["--provider", crate::harness::PROVIDER],
        &["--max-token-depth", "1"],
    ] {
        let batch = whichrole(["batch", POOL]).args(more).input(tokens.join("\n")).run();
        for (line, token) in lines(&batch).into_iter().zip(tokens) {
            let file = folder.file("token", token);
            let eval = whichrole(["eval", POOL, "--format", "json"]).args(more).arg(&file).run();
            let mut expected: Value = serde_json::from_str(&eval.stdout).unwrap();
            let mut found = line.clone();
            found.as_object_mut().unwrap().remove("line");
            if let Some(error) = expected.get_mut("error") {
                let error = error.as_object_mut().unwrap();
                error.remove("file");
                error.remove("line");
                assert_eq!(found["error"]["code"], error["code"], "{more:?} {token}");
                assert_eq!(found["error"]["message"], error["message"]);
            } else {
                assert_eq!(found, expected, "{more:?} {token}");
            }
        }
    }
}

#[test]
fn a_token_is_found_where_the_pointer_points() {
    let alice = std::fs::read_to_string(testdata("tokens/alice.id.jwt")).unwrap();
    let log =
        |token: &str| format!(r#"{{"at":"12:00","ip":"203.0.113.7","request":{{"headers":[{{"idToken":{token}}}]}}}}"#);
    let input = [
        log(&format!("\"{}\"", alice.trim())),
        log(&format!("\"Bearer {}\"", alice.trim())),
        log(&serde_json::to_string(GOOD).unwrap()),
        log(GOOD),
        log("7"),
        r#"{"request":{}}"#.to_owned(),
        log("\"a.b.c\""),
        r#"{"request":1,"request":2}"#.to_owned(),
        alice.trim().to_owned(),
    ];
    let found = whichrole(["batch", POOL, "--pointer", "/request/headers/0/idToken"]).input(input.join("\n")).run();
    assert_eq!(
        numbers(found.exits(2)),
        "1 2 3 4 5:no-token 6:no-token 7:malformed-token 8:duplicate-claim 9:malformed-json"
    );
    assert!(!found.stdout.contains("203.0.113.7"));
    let bare = batch(format!("{alice}\n{alice}\n{GOOD}\n{GOOD}"));
    let found: Vec<&str> = found.stdout.lines().take(4).collect();
    let bare = bare.stdout.replace("\"line\":3}", "\"line\":2}").replace("\"line\":5}", "\"line\":3}");
    let without_line = |line: &str| line.rsplit_once(",\"line\"").unwrap().0.to_owned();
    assert_eq!(
        found.iter().map(|line| without_line(line)).collect::<Vec<_>>(),
        bare.lines().map(without_line).collect::<Vec<_>>()
    );
    whichrole(["batch", POOL, "--pointer", "request"]).input("{}").run().refuses("`--pointer` takes a JSON Pointer");
}

#[test]
fn a_summary_counts_and_gives_examples() {
    let input = [
        r#"{"custom:dept":"x"}"#,
        GOOD,
        "",
        r#"{"cognito:groups":["sub-admins"]}"#,
        "oops",
        r#"{"custom:dept":"y"}"#,
        "{\"a\":1,\"a\":1}",
        GOOD,
    ];
    let summary = |more: &[&str]| whichrole(["batch", POOL, "--summary"]).args(more).input(input.join("\n")).run();
    let text = summary(&[]);
    text.exits(2).says("2 lines could not be read").prints(&format!(
        "5 lines decided: 3 get a role, 2 are denied; 1 depends on an open question\n\n\
         roles\n        3  {ADMIN}  (line 2)\n\nsources\n        3  rule  (line 2)\n\n\
         reasons\n        2  role-resolution-denied  (line 1)\n\nquestions\n        1  array-claims  (line 4)\n\n\
         errors\n        1  duplicate-claim  (line 7)\n        1  malformed-token  (line 5)\n"
    ));
    let json = summary(&["--format", "json"]);
    assert_eq!(
        keys(&json.exits(2).stdout),
        ["decided", "denied", "uncertain", "roles", "sources", "reasons", "questions", "errors"]
    );
    assert_eq!(json.json()["roles"], serde_json::json!([{"role": ADMIN, "lines": 3, "example": 2}]));
    assert_eq!(json.json()["questions"], serde_json::json!([{"question": "array-claims", "lines": 1, "example": 4}]));
    summary(&["--fields", "role"]).exits(2).prints("");
    whichrole(["batch", POOL, "--summary", "--strict"]).input(input[3]).run().exits(3);
}

#[test]
fn against_another_configuration_the_changes_are_counted() {
    let folder = Folder::new();
    let rule = |value: &str, role: &str| {
        format!(
            r#"{{"Claim":"custom:dept","MatchType":"StartsWith","Value":"{value}","RoleARN":"arn:aws:iam::111122223333:role/{role}"}}"#
        )
    };
    let pool = |rules: &[String]| crate::harness::pool_with_rules(&rules.join(","));
    let old = folder.file("old.json", pool(&[rule("eng", "Eng"), rule("ops", "Ops")]));
    let new = folder.file("new.json", pool(&[rule("eng-lead", "Lead"), rule("eng", "Eng")]));
    let users: String = ["eng", "eng-lead", "ops", "x", "ops-2", "eng-lead"]
        .map(|dept| format!("{{\"custom:dept\":\"{dept}\"}}\n"))
        .concat();
    let against = |users: &str, old: &std::path::Path, new: &std::path::Path, more: &[&str]| {
        whichrole(["batch"]).arg(old).arg("-").arg("--against").arg(new).args(more).input(users).run()
    };
    let text = against(&users, &old, &new, &[]);
    text.exits(1).says("").prints(
        "4 of 6 lines change; 0 could not be read\n        2  arn:aws:iam::111122223333:role/Eng → arn:aws:iam::111122223333:role/Lead  (lines 2, 6)\n        \
         2  arn:aws:iam::111122223333:role/Ops → denied (role-resolution-denied)  (lines 3, 5)\n",
    );
    let json = against(&users, &old, &new, &["--format", "json"]).exits(1).json();
    assert_eq!((&json["equal"], &json["changed"]), (&Value::Bool(false), &4.into()));
    assert_eq!(
        json["changes"][1],
        serde_json::json!({"before": {"role": "arn:aws:iam::111122223333:role/Ops", "deny": null},
            "after": {"role": null, "deny": "role-resolution-denied"}, "tags_differ": false, "lines": 2, "examples": [3, 5]})
    );
    against(&users, &old, &old, &[]).exits(0).prints("0 of 6 lines change; 0 could not be read\n");
    against("{\"custom:dept\":\"x\"}", &old, &new, &[]).exits(0).prints("0 of 1 line changes; 0 could not be read\n");
    against("", &old, &new, &[]).exits(0).prints("0 of 0 lines change; 0 could not be read\n");
    against(&users, &old, &new, &["--exit-zero"]).exits(0);
    let unread =
        "0 of 6 lines change; 2 could not be read\n        2  could not be read: malformed-token  (lines 1, 8)\n";
    against(&format!("x\n{users}x"), &old, &old, &[]).exits(2).says("2 lines could not be read").prints(unread);
    against(r#"{"custom:dept":["eng"]}"#, &old, &old, &["--strict"]).exits(3);
}

/// HI-101
#[test]
fn hi_101_roles_that_tokens_make_up_are_counted_within_bounds() {
    let folder = Folder::new();
    let pool = folder.file("pool.json", pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"Deny"}"#));
    let lines: Vec<String> = (0..3_000).map(|n| format!("{{\"cognito:preferred_role\":\"r{n}\"}}\n")).collect();
    let input = lines.concat();
    let summary = whichrole(["batch", "--summary", "--format", "json"]).arg(&pool).input(&input).run().exits(0).json();
    let roles = summary["roles"].as_array().unwrap();
    assert_eq!((roles.len(), &roles[1000]), (1001, &serde_json::json!({"role": null, "lines": 2000, "example": null})));
}

fn running() -> Child {
    Command::new(env!("CARGO_BIN_EXE_whichrole"))
        .args(["batch", POOL])
        .current_dir(testdata(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_decision_is_there_before_the_next_line_comes() {
    let mut child = running();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 1..=3 {
        writeln!(stdin, "{GOOD}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with(&format!("\"line\":{number}}}\n")));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn hi_102_a_reader_that_goes_away_ends_it_quietly() {
    let mut child = running();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || while writeln!(stdin, "{GOOD}").is_ok() {});
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    writer.join().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

/// A shell reports an end by signal as 128 and the signal's number, which is what users see.
#[cfg(unix)]
#[test]
fn hi_102_interrupted_it_ends_as_a_shell_expects() {
    use std::os::unix::process::ExitStatusExt as _;
    // What a shell runs in the background ignores interrupts, and so does what that starts.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        if ignored.is_some_and(|ignored| ignored & (1 << (number - 1)) != 0) {
            continue;
        }
        let mut child = running();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{GOOD}").unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut first = [0; 1];
        stdout.read_exact(&mut first).unwrap();
        // The shell's own `kill`: not every system has it as a program.
        let kill = Command::new("/bin/sh").args(["-c", &format!("kill -s {signal} {}", child.id())]).status().unwrap();
        assert!(kill.success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("\"line\":1}\n"), "whole lines only: {rest}");
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.signal(), output.stderr), (Some(number), Vec::new()));
    }
}
