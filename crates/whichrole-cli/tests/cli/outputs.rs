//! Where output goes and in which letters: colours, locales, narrow terminals, hostile values (HI-136 to HI-138, HI-145).

use crate::harness::{Folder, Outcome, pool_with_rules, whichrole};

const POOL: &str = "pools/api/app-pool.json";
const ALICE: &str = "tokens/alice.id.jwt";

/// Values that would act on a terminal or a build server, written as JSON.
const HOSTILE: &[&str] = &[
    "\\u001b[2J\\u001b[H",
    "\\u001b]0;x\\u0007",
    "\\u001b]52;c;eA==\\u0007",
    "\\u001b]8;;http://x\\u001b\\\\\\\\",
    "\\u009b31m",
    "\\r",
    "\\b\\b\\b\\b",
    "\\u202ex",
    "\\u2066x",
    "\\u200b",
    "\\ufeff",
    "\\udb40\\udc41",
    "\\n::add-mask::a",
    "  ::error::x",
    "::stop-commands::t",
    "x ##[add-mask]y",
    "%0A::warning::",
];

#[test]
fn hi_136_to_138_hostile_values_are_shown_escaped_wherever_they_stand() {
    let folder = Folder::new();
    // What holds for every output is checked with each call.
    for (n, value) in HOSTILE.iter().enumerate() {
        let rule = format!(r#"{{"Claim":"{value}","MatchType":"Equals","Value":"{value}","RoleARN":"{value}"}}"#);
        let other = rule.replace("Equals", "NotEqual");
        let pool = folder.file(format!("{n}.json"), pool_with_rules(&format!("{other},{rule}")));
        let claims = format!("{{\"{value}\":\"{value}\",\"x{value}\":1}}");
        let call = |verb: &str, flags: &[&str]| {
            whichrole([verb]).arg(&pool).arg("-").args(flags).input(&claims).run().exits(0).at_once().took
        };
        call("eval", &[]);
        call("eval", &["--format", "json"]);
        call("explain", &[]);
        call("explain", &["--format", "json"]);
        call("explain", &["--want", "arn:::error::x"]);
        call("batch", &[]);
        call("batch", &["--fields", "role,rule"]);
        whichrole(["show"]).arg(&pool).run().exits(0);
        whichrole(["who"]).arg(&pool).run().exits(0);
        whichrole(["who"]).arg(&pool).args(["--format", "json"]).run().exits(0);
        for format in ["text", "json", "markdown"] {
            whichrole(["diff", POOL, "--format", format]).arg(&pool).run().exits(1);
        }
        whichrole(["token", "decode"]).input(&claims).run().exits(0);
        let wrong = rule.replace("Equals", value);
        let wrong = folder.file("wrong.json", pool_with_rules(&wrong).replace("\"Claim\"", &format!("\"{value}\"")));
        whichrole(["show"]).arg(&wrong).run().exits(2);
        whichrole(["show", "--format", "json"]).arg(&wrong).run().exits(2);
        let raw: String = serde_json::from_str(&format!("\"{value}\"")).unwrap();
        for arguments in [
            ["eval", "pools/api", "--guest", "--pool"],
            ["eval", POOL, "--claim=a=b", "--provider"],
            ["eval", POOL, "--claim=a=b", "--assume"],
            ["eval", POOL, "--guest", "--now"],
            ["eval", POOL, "--guest", "--format"],
            ["token", "make", "--groups=pools/api/groups.json", "--member"],
            ["batch", POOL, "nowhere", "--fields"],
            ["token", "verify", ALICE, "--jwks"],
        ] {
            whichrole(arguments).arg(&raw).run().exits(2);
            whichrole(arguments).args([&raw, "--format=json"]).run().exits(2);
        }
        whichrole(["decode", &raw]).run().exits(2);
        whichrole([&raw]).run().exits(2);
    }
}

#[test]
fn zalgo_is_cut() {
    let claims = format!("{{\"custom:dept\":\"e{}\"}}", "\u{301}".repeat(1000));
    let outcome = whichrole(["explain", POOL, "-"]).input(claims).run();
    assert_eq!(outcome.exits(1).stdout.matches('\u{301}').count(), 8);
}

fn explain(variables: &[(&str, &str)], flags: &[&str]) -> Outcome {
    let call = whichrole(["explain", POOL, ALICE]).args(flags);
    variables.iter().fold(call, |call, (name, value)| call.env(name, value)).run()
}

#[test]
fn hi_145_colours_are_for_terminals_that_want_them() {
    let plain = explain(&[], &[]);
    assert!(!plain.stdout.contains('\u{1b}'), "a pipe is no terminal");
    for variables in [("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "1"), ("CLICOLOR", "1")] {
        assert_eq!(explain(&[variables], &[]).stdout, plain.stdout, "{variables:?}");
    }
    assert_eq!(explain(&[], &["--color", "never"]).stdout, plain.stdout);
    let coloured = explain(&[("NO_COLOR", "1")], &["--color", "always"]);
    assert!(coloured.stdout.contains("\u{1b}[32m"));
    let folder = Folder::new();
    let file = folder.path("explanation.txt");
    explain(&[], &["--color", "always", "-o", file.to_str().unwrap()]).exits(0).prints("");
    assert_eq!(std::fs::read_to_string(file).unwrap(), plain.stdout);
}

#[test]
fn hi_145_a_locale_without_utf_8_gets_ascii() {
    let marks = |variables: &[(&str, &str)]| explain(variables, &[]).stdout.contains('→');
    assert!(marks(&[]));
    assert!(marks(&[("LC_ALL", "en_US.utf8")]));
    assert!(marks(&[("LC_ALL", ""), ("LC_CTYPE", ""), ("LANG", "de_DE.UTF-8")]));
    for variables in [
        vec![("LC_ALL", "C")],
        vec![("LC_ALL", "de_DE.ISO-8859-1")],
        vec![("LC_ALL", ""), ("LC_CTYPE", "POSIX"), ("LANG", "de_DE.UTF-8")],
        vec![("LC_ALL", "")],
    ] {
        let outcome = explain(&variables, &[]);
        assert!(outcome.stdout.is_ascii(), "{variables:?}: {}", outcome.stdout);
        assert!(outcome.stdout.contains("+ 1  cognito:groups Contains \"admins\" -> arn:aws:iam"));
    }
    let error = whichrole(["show", "é…"]).env("LC_ALL", "C").run();
    error.refuses("cannot read `\\u{e9}...`: there is no such file");
    let json = whichrole(["token", "make", "--claim", "a=é"]).env("LC_ALL", "C").run();
    json.exits(0).prints("{\n  \"a\": \"é\"\n}\n");
}

#[test]
fn hi_145_a_terminal_of_one_column_gets_help() {
    for verb in ["eval", "explain", "batch", "token"] {
        whichrole([verb, "--help"]).env("COLUMNS", "1").run().exits(0).at_once();
    }
}

#[test]
fn results_go_to_a_file_whole() {
    let folder = Folder::new();
    let file = folder.path("role.txt");
    let output = ["-o", file.to_str().unwrap()];
    whichrole(["eval", POOL, ALICE]).args(output).run().exits(0).prints("").says("");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "arn:aws:iam::111122223333:role/Admin\n");
    whichrole(["eval", "nowhere.json", ALICE]).args(output).run().exits(2);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "arn:aws:iam::111122223333:role/Admin\n",
        "an error is no result"
    );
    let json = whichrole(["eval", "nowhere.json", ALICE, "--format=json"]).args(output).run();
    assert_eq!(json.exits(2).json()["error"]["code"], "io");
    whichrole(["eval", POOL, "--claim", "custom:dept=x"]).args(output).run().exits(1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "", "a denial is no role");
    whichrole(["eval", POOL, ALICE, "-o", "-"]).run().prints("arn:aws:iam::111122223333:role/Admin\n");
}

#[test]
fn equal_input_gives_equal_bytes() {
    for arguments in [vec!["explain", "pools/api", ALICE, "--format", "json"], vec!["show", "pools/api"]] {
        let first = whichrole(&arguments).run();
        assert_eq!(first.exits(0).stdout, whichrole(&arguments).run().stdout);
    }
}

#[test]
fn findings_are_as_the_schema_of_lint_says() {
    let (mut files, mut findings) = (0, 0);
    for folder in std::fs::read_dir(crate::harness::testdata("lint")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let outcome = whichrole(["lint", "--exit-zero", "--format", "json"]).arg(file.unwrap().path()).run();
            let value = outcome.exits(0).json();
            crate::schema::check("lint", &value);
            files += 1;
            findings += value["findings"].as_array().unwrap().len();
        }
    }
    assert!(files > 300 && findings > 300, "{findings} in {files} files");
}
