//! The limits of `docs/limits.md` that the command holds: what is exactly as large is taken, and what is one larger is refused. Those of
//! the library are in its own tests.

use std::fmt::Write as _;
use std::fs;

use crate::harness::{Call, Folder, Outcome, git, has_git, pool_with_rules, testdata, whichrole};

const MIB: usize = 1024 * 1024;
const POOL: &str = "pools/api/app-pool.json";
const SUITE: &str = "version: 1\nconfig: pool.json\ntests:\n  - { name: t, user: u, expect: deny }\nusers: { u: { claims: { a: b } } }\n";

/// `code: message` of an error, or nothing.
fn refusal(call: Call) -> Option<String> {
    let outcome = call.arg("--format=json").run();
    let json = outcome.json();
    let error = json.get("error")?;
    outcome.exits(2);
    Some(format!("{}: {}", error["code"].as_str().unwrap(), error["message"].as_str().unwrap()))
}

fn with_pool() -> Folder {
    let folder = Folder::new();
    folder.file("pool.json", fs::read(testdata(POOL)).unwrap());
    folder
}

#[test]
fn a_folder_has_10000_files() {
    let folder = with_pool();
    for n in 1..10_000 {
        folder.file(format!("{n}.yaml"), "a: b");
    }
    let show = || whichrole(["show", "."]).folder(&folder.path("."));
    assert_eq!(refusal(show()), None);
    folder.file("one.more.yaml", "a: b");
    assert_eq!(refusal(show()).unwrap(), "too-many-files: `.` has more than 10000 files in it");
}

#[test]
fn a_folder_of_a_revision_has_10000_files() {
    if !has_git() {
        return;
    }
    let folder = with_pool();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let root = folder.path(".");
    let git = |arguments: &[&str]| git(&root, arguments);
    git(&["init", "-q"]);
    for n in 1..10_000 {
        folder.file(format!("{n}.yaml"), "a: b");
    }
    git(&["add", "."]);
    git(&["commit", "-qm", "x"]);
    let diff = || whichrole(["diff", "git:HEAD:.", "pool.json"]).env("PATH", &path).folder(&folder.path("."));
    assert_eq!(refusal(diff()), None);
    folder.file("one.more.yaml", "a: b");
    git(&["add", "."]);
    git(&["commit", "-qm", "y"]);
    assert_eq!(refusal(diff()).unwrap(), "too-many-files: `.` has more than 10000 files in it");
}

#[test]
fn folders_are_64_deep() {
    let folder = with_pool();
    let mut deep = folder.path(".");
    for _ in 0..64 {
        deep.push("f");
        fs::create_dir(&deep).unwrap();
    }
    folder.file("s.whichrole.yaml", SUITE);
    let show = || whichrole(["show", "."]).folder(&folder.path("."));
    let test = || whichrole(["test"]).folder(&folder.path("."));
    assert_eq!((refusal(show()), refusal(test())), (None, None));
    fs::create_dir(deep.join("f")).unwrap();
    for refusal in [refusal(show()).unwrap(), refusal(test()).unwrap()] {
        assert!(refusal.starts_with("too-many-files: `"), "{refusal}");
        assert!(refusal.ends_with("/f` is more than 64 folders deep"), "{refusal}");
    }
}

#[test]
fn a_run_has_10000_suites() {
    let folder = with_pool();
    for n in 1..=10_000 {
        folder.file(format!("{n}.whichrole.yaml"), "");
    }
    let test = || whichrole(["test"]).folder(&folder.path("."));
    assert!(refusal(test()).unwrap().starts_with("empty: "), "each is read, and says what is wrong with it");
    folder.file("one.more.whichrole.yaml", "");
    assert_eq!(refusal(test()).unwrap(), "too-many-files: more than 10000 suites");
}

#[test]
fn a_suite_has_64_mib() {
    let folder = with_pool();
    let test = |bytes: usize| {
        folder.file("s.whichrole.yaml", format!("{SUITE}#{}", "x".repeat(bytes - SUITE.len() - 1)));
        whichrole(["test"]).folder(&folder.path(".")).run()
    };
    test(64 * MIB).exits(0);
    test(64 * MIB + 1).refuses("`s.whichrole.yaml` is larger than 67108864 bytes");
}

#[test]
fn a_table_and_a_snapshot_have_64_mib() {
    let folder = with_pool();
    folder.file("s.whichrole.yaml", SUITE.replace("expect: deny", "table: t.csv").replace("user: u, ", ""));
    let table = |bytes: usize| {
        let (head, tail) = ("a,expect\n\"", "\",deny\n");
        folder.file("t.csv", format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len())));
        whichrole(["test", "-q"]).folder(&folder.path(".")).run()
    };
    table(64 * MIB).exits(0);
    table(64 * MIB + 1).refuses("s.whichrole.yaml:4:23: this file is larger than 67108864 bytes");

    folder.file("s.whichrole.yaml", SUITE.replace("version: 1\n", "version: 1\nsnapshot: true\n"));
    let test = |flag: &str| whichrole(["test", flag]).folder(&folder.path(".")).run();
    test("--update").exits(0);
    let snapshot = fs::read_to_string(folder.path("s.whichrole.yaml.snap")).unwrap();
    let longer = |bytes: usize| {
        folder.file("s.whichrole.yaml.snap", format!("{snapshot}{}", "x".repeat(bytes - snapshot.len())))
    };
    // Read, and not what users get.
    longer(64 * MIB);
    assert!(!test("-q").stderr.contains("larger than"));
    longer(64 * MIB + 1);
    test("-q").refuses("`s.whichrole.yaml.snap` is larger than 67108864 bytes");
}

#[test]
fn each_has_100000_cells_and_users_extend_each_other_64_deep() {
    let folder = with_pool();
    let test = |users: usize, cells: usize| -> Outcome {
        let mut suite = "version: 1\nconfig: pool.json\nusers:\n  u1: { claims: { a: b } }\n".to_owned();
        for n in 2..=users {
            writeln!(suite, "  u{n}: {{ extends: u{} }}", n - 1).unwrap();
        }
        let axis = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>().join(",");
        let each = format!("\"custom:x\": [{}], \"custom:y\": [{}]", axis(100), axis(cells / 100));
        writeln!(suite, "tests:\n  - {{ name: t, user: u{users}, each: {{ {each} }}, expect: deny }}").unwrap();
        folder.file("s.whichrole.yaml", suite);
        whichrole(["test", "--list", "-q"]).folder(&folder.path(".")).run()
    };
    test(64, 100).exits(0);
    test(65, 100).refuses("s.whichrole.yaml:68:3: users extend each other more than 64 deep");
    test(1, 100_000).exits(0);
    test(1, 100_100).refuses("s.whichrole.yaml:6:");
}

#[test]
fn a_line_of_a_batch_has_65536_bytes() {
    let line = |bytes: usize| format!("{{}}{}\r\n{{}}", " ".repeat(bytes - 2));
    let batch = |bytes: usize| whichrole(["batch", POOL]).input(line(bytes)).run();
    assert_eq!(batch(65_536).exits(0).stdout.lines().count(), 2);
    let longer = batch(65_537);
    let lines: Vec<&str> = longer.exits(2).stdout.lines().collect();
    assert!(lines[0].contains("\"code\":\"too-large\"") && lines[1].contains("\"decision\""), "{lines:?}");
}

#[test]
fn ten_thousand_claims_are_given_on_the_command_line() {
    let eval = |count: usize| {
        let claims = (0..count).map(|n| format!("--claim={n}=x"));
        whichrole(["eval", POOL]).args(claims).run()
    };
    eval(10_000).exits(1).mentions("denied (role-resolution-denied)");
    eval(10_001).refuses("`--claim` is given more than 10000 times");
}

#[test]
fn flags_have_ranges() {
    let eval = |flag: &str| whichrole(["eval", POOL, "-", "--now=now", flag]).input("{}").run();
    for (fits, outside, range) in [
        (["--leeway=0", "--leeway=300"], ["--leeway=-1", "--leeway=301"], "0–300"),
        (["--max-token-depth=1", "--max-token-depth=512"], ["--max-token-depth=0", "--max-token-depth=513"], "1–512"),
        (
            ["--max-config-depth=7", "--max-config-depth=512"],
            ["--max-config-depth=0", "--max-config-depth=513"],
            "1–512",
        ),
    ] {
        for flag in fits {
            eval(flag).exits(1).mentions("denied");
        }
        for flag in outside {
            eval(flag).exits(2).mentions(range);
        }
    }
}

#[test]
fn other_files_have_limits_too() {
    let folder = with_pool();
    let run = |name: &str, bytes: usize, begin: &str, call: Call| {
        folder.file(name, format!("{begin}{}", " ".repeat(bytes - begin.len())));
        let outcome = call.folder(&folder.path(".")).run();
        fs::remove_file(folder.path(name)).unwrap();
        outcome
    };
    let settings = "fail-on = \"warning\"\n";
    run("whichrole.toml", MIB, settings, whichrole(["lint", "pool.json", "--exit-zero"])).exits(0);
    run("whichrole.toml", MIB + 1, settings, whichrole(["lint", "pool.json", "--exit-zero"]))
        .refuses("`whichrole.toml` is larger than 1048576 bytes");
    let message = "Invalid identity pool configuration. Check assigned IAM roles for this pool.";
    let decode = |bytes: usize| {
        let text = format!("{message}{}", " ".repeat(bytes - message.len()));
        whichrole(["decode", "-"]).input(text).run()
    };
    decode(65_536).exits(0);
    decode(65_537).refuses("`standard input` is larger than 65536 bytes");
    let users = |bytes: usize| {
        folder.file("users", format!("{{\"sub\":\"1\"}}{}\r\n", " ".repeat(bytes - 11)));
        whichrole(["diff", "pool.json", "pool.json", "--users", "users"]).folder(&folder.path(".")).run()
    };
    users(65_536).exits(0);
    users(65_537).exits(2).says("error: users:1: the line is longer than 65536 bytes");
}

#[test]
fn what_is_shown_has_limits() {
    let folder = Folder::new();
    let show = |members: &str, rules: usize, flag: &str| {
        let rule = r#"{"Claim":"c","MatchType":"equal","Value":"v","RoleARN":"r"}"#;
        let pool = pool_with_rules(&vec![rule; rules].join(",\n")).replacen('{', &format!("{{{members}"), 1);
        whichrole(["eval", "pool.json", "--claim=a=b", flag])
            .folder(folder.file("pool.json", pool).parent().unwrap())
            .run()
    };
    for (problems, sentences, snippets) in [(20, 20, 20), (21, 21, 20), (100, 100, 20), (101, 101, 20)] {
        let text = show("", problems, "--format=text").exits(2).stderr.clone();
        let carets = text.lines().filter(|line| line.ends_with(" ^")).count();
        assert_eq!((text.matches("error: ").count(), carets), (sentences, snippets), "{problems}: {text}");
        // The last line stands for all that come after a hundred.
        assert_eq!(text.contains("… and 1 more"), problems == 101, "{problems}: {text}");
    }
    let notes = |count: usize, flag: &str| {
        let members: String = (0..count).map(|n| format!("\"x{n}\":1,")).collect::<Vec<_>>().concat();
        let outcome = show(&members, 0, flag);
        (outcome.stderr.matches(" was passed over").count(), outcome.stderr.contains("1 more note; `-v` shows it"))
    };
    assert_eq!((notes(10, "-q"), notes(10, "--strict")), ((0, false), (10, false)));
    assert_eq!((notes(11, "--strict"), notes(11, "-v")), ((10, true), (11, false)));
    let named = |length: usize| {
        let claim = format!(r#""{}":1,"#, "n".repeat(length));
        show(&claim, 0, "--strict").stderr.lines().next().unwrap_or_default().to_owned()
    };
    assert!(named(64).contains(&format!("`{}`", "n".repeat(64))), "{}", named(64));
    assert!(named(65).contains(&format!("`{}…`", "n".repeat(64))), "{}", named(65));
}
