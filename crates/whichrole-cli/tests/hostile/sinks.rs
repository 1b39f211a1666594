//! Hostile values on their way out: wherever a value can stand, in every format of every command (HI-136 to HI-144).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};

use crate::harness::{Call, Folder, Outcome, PROVIDER, whichrole};

/// Values that would act on a terminal, a build server, a document or a comment, written as JSON.
const HOSTILE: &[&str] = &[
    "\\u001b[2J\\u001b[H",
    "\\u001b]0;x\\u0007",
    "\\u001b]52;c;eA==\\u0007",
    "\\u001b]8;;http://x\\u001b\\\\y",
    "\\u009b31m",
    "a\\rb",
    "a\\b\\b\\b\\b",
    "\\u202ex\\u2066",
    "a\\u200bb\\ufeff",
    "\\udb40\\udc41x",
    "e\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301",
    "a\\n::add-mask::a",
    "  ::error::x",
    "::stop-commands::t",
    "x ##[add-mask]y",
    "%0A::warning::",
    "]]><a b='c'>&amp;\\\"",
    "a\\u0000\\u000b\\ufffe",
    "[x](http://evil) ![](http://evil/?c=) <img src=x>",
    "a|b\\\\|![](http://evil)",
    "`x` ``` @org/team #1",
    "ok 1 - y # SKIP\\nnot ok 2",
    "=cmd|' /C calc'!A0",
    "{{constructor}}${x}",
];

/// A value with all files that have it wherever a value can stand.
struct Case {
    folder: Folder,
    value: String,
    root: PathBuf,
}

impl Case {
    fn new(written: &str) -> Self {
        let value: String = serde_json::from_str(&format!("\"{written}\"")).unwrap();
        let folder = Folder::new();
        let root = folder.path(".");
        let rule = |operator: &str, role: &str| json!({"Claim": value, "MatchType": operator, "Value": value, "RoleARN": role});
        let pool = json!({
            "IdentityPoolId": value,
            "Roles": {"authenticated": value, "unauthenticated": format!("{value}g")},
            "RoleMappings": {
                PROVIDER: {"Type": "Rules", "AmbiguousRoleResolution": "Deny",
                    "RulesConfiguration": {"Rules": [rule("NotEqual", "arn:aws:iam::111122223333:role/Other"), rule("Equals", &value)]}},
                value.as_str(): {"Type": "Token", "AmbiguousRoleResolution": "Deny"},
            },
            "Groups": [{"GroupName": value, "RoleArn": value, "Precedence": 1}],
        });
        folder.file("pool.json", pool.to_string());
        let faulty = pool.to_string().replace("\"NotEqual\"", &serde_json::to_string(&value).unwrap());
        folder.file("faulty.json", faulty.replace("\"Claim\"", &serde_json::to_string(&format!("{value}c")).unwrap()));
        folder.file("claims.json", json!({value.as_str(): value, "aud": value, "sub": value}).to_string());
        folder.file("users.ndjson", json!({value.as_str(): value}).to_string());
        let name = |suffix: &str| format!("{value}{suffix}");
        let suite = json!({
            "version": 1, "config": "pool.json", "provider": PROVIDER,
            "roles": {value.as_str(): "arn:aws:iam::111122223333:role/Other"},
            "users": {value.as_str(): {"claims": {value.as_str(): value}}},
            "tests": [
                {"name": name("1"), "user": value, "expect": {"role": value, "tags": {value.as_str(): value}}},
                {"name": name("2"), "user": value, "expect": "deny", "skip": value},
                {"name": name("3"), "user": value, "expect": "deny", "todo": value},
                {"name": name("4"), "claims": {value.as_str(): "x"}, "expect": {"role": value, "by": "rule 2"}},
                {"name": name("5"), "expect": "deny", "provider": PROVIDER,
                    "claims": {"a": value, "b": [value, {value.as_str(): value}]}, "custom_role_arn": value},
            ],
            "properties": [{"name": name("6"), "never": {"role": value}}, {"name": name("7"), "live": "all"}],
            "coverage": {"rules": 100},
        });
        // Suites are read as YAML, which has no control characters but escaped ones.
        let suite = whichrole::text::visible_json(suite.to_string());
        folder.file("s.whichrole.json", &suite);
        folder.file("faulty.whichrole.json", suite.replace("\"user\"", &serde_json::to_string(&value).unwrap()));
        Self { folder, value, root }
    }

    /// The value as a name that a file system takes.
    fn file_name(&self, ending: &str) -> String {
        self.value.replace(['/', '\0'], "_") + ending
    }

    fn call(&self, words: &[&str]) -> Call {
        whichrole(words).folder(&self.root)
    }
}

#[test]
fn hi_136_to_138_no_value_acts_whatever_the_command_and_the_format() {
    let mut runs = 0;
    for written in HOSTILE {
        let case = Case::new(written);
        let value = case.value.as_str();
        // An argument cannot hold a NUL.
        let word = value.replace('\0', "");
        let other = case.file_name(".json");
        std::fs::copy(case.folder.path("pool.json"), case.folder.path(&other)).unwrap();
        let other = format!("./{other}");
        let commands: Vec<Vec<&str>> = vec![
            vec!["eval", "pool.json", "claims.json", "--provider", PROVIDER],
            vec!["eval", "pool.json", "--guest"],
            vec!["eval", "pool.json", "claims.json"],
            vec!["eval", "faulty.json", "claims.json"],
            vec!["eval", "pool.json", "claims.json", "--provider", PROVIDER, "--custom-role-arn", &word],
            vec!["eval", &other, "claims.json", "--provider", &word],
            vec!["eval", "pool.json", "--pool", &word, "--member", &word, "--provider", PROVIDER],
            vec!["explain", "pool.json", "claims.json", "--provider", PROVIDER],
            vec!["explain", "pool.json", "claims.json", "--provider", PROVIDER, "--want", &word],
            vec!["batch", "pool.json", "users.ndjson", "--provider", PROVIDER],
            vec!["batch", "pool.json", "users.ndjson", "--provider", PROVIDER, "--fields", "role,rule,reason,provider"],
            vec!["show", "pool.json"],
            vec!["show", "faulty.json"],
            vec!["show", &other],
            vec!["show", &word],
            vec!["who", "pool.json"],
            vec!["who", "pool.json", "Other"],
            vec!["who", "pool.json", &word],
            vec!["token", "make", "--claim", &word, "--member", &word, "--config", "pool.json"],
            vec!["token", "decode", "claims.json"],
            vec!["decode", &word],
            vec![&word],
            vec!["eval", "pool.json", "--assume", &word],
            vec!["eval", "pool.json", "--guest", "--now", &word],
            vec!["eval", "pool.json", "--guest", "--var", &word, "--param", &word],
            vec!["lint", "--explain", &word],
            vec!["test", &word],
            vec!["test", "--filter", &word, "s.whichrole.json"],
        ];
        for words in commands {
            case.call(&words).run();
            let json = case.call(&words).arg("--format=json").run();
            for line in json.stdout.lines().filter(|_| words[0] == "batch" && !words.contains(&"--fields")) {
                serde_json::from_str::<Value>(line).unwrap();
            }
            if words[0] != "batch" && json.stdout.starts_with('{') {
                json.json();
            }
            runs += 2;
        }
        for words in
            [["diff", "pool.json", "claims.json"], ["diff", "pool.json", &other], ["diff", &other, "faulty.json"]]
        {
            for format in ["text", "json", "markdown"] {
                case.call(&words).args(["--format", format]).run();
                runs += 1;
            }
        }
        case.call(&["completions", &word]).run();
        case.call(&["schema", &word]).run();
    }
    assert!(runs > 1000, "{runs}");
}

/// The suites fail where the value matters, so that it shows; and every format is what it says it is.
#[test]
fn hi_141_and_142_reports_of_suites_stay_what_they_are() {
    for written in HOSTILE {
        let case = Case::new(written);
        let test =
            |format: &str| case.call(&["test", "s.whichrole.json", "--coverage", "--mutants", "--format", format]);
        test("text").run().exits(1);
        assert!(test("json").run().exits(1).json()["summary"]["failed"].as_u64().unwrap() > 2);
        xml(&test("junit").run().exits(1).stdout);
        tap(&test("tap").run().exits(1).stdout);
        let annotated = test("github").annotations();
        annotations(annotated.exits(1), "error|notice");
        markdown(&test("markdown").run().exits(1).stdout);
        for format in ["text", "json"] {
            let faulty = case.call(&["test", "faulty.whichrole.json", "--format", format]).run();
            faulty.exits(2);
        }
        case.call(&["test", "s.whichrole.json", "--list"]).run().exits(0);

        // The same under a name that is the value.
        let name = case.file_name(".whichrole.json");
        std::fs::copy(case.folder.path("s.whichrole.json"), case.folder.path(&name)).unwrap();
        std::fs::remove_file(case.folder.path("faulty.whichrole.json")).unwrap();
        for format in ["text", "json", "junit", "tap", "markdown"] {
            let outcome = case.call(&["test", ".", "--format", format]).run();
            match format {
                "junit" => xml(&outcome.exits(1).stdout),
                "tap" => tap(&outcome.exits(1).stdout),
                "markdown" => markdown(&outcome.exits(1).stdout),
                _ => {}
            }
        }
        annotations(case.call(&["test", ".", "--format", "github"]).annotations().exits(1), "error|notice");
    }
}

/// HI-141: a value of 5 MB is cut in the report.
#[test]
fn a_value_of_5_mb_does_not_fill_a_report() {
    let folder = Folder::new();
    let long = "x".repeat(5_000_000);
    folder.file("pool.json", crate::harness::pool_with_rules(&rule(&long)));
    let suite = json!({"version": 1, "config": "pool.json", "tests": [
        {"name": "t", "claims": {"a": long}, "expect": "deny"}]});
    folder.file("s.whichrole.json", suite.to_string());
    for format in ["junit", "text"] {
        let outcome = whichrole(["test", "--format", format]).folder(&folder.path(".")).run();
        let longest = outcome.exits(1).stdout.lines().map(str::len).max().unwrap();
        // The command that explains the answer is there to be pasted, so in text it is whole.
        assert!(format == "text" || longest < 20_000, "{format}: {longest}");
    }
}

fn rule(value: &str) -> String {
    json!({"Claim": "a", "MatchType": "Equals", "Value": value, "RoleARN": "arn:aws:iam::111122223333:role/Long"})
        .to_string()
}

/// HI-144: findings in SARIF and as annotations, with the value as the name of the file too.
#[test]
fn hi_144_findings_stay_what_they_are() {
    for written in HOSTILE {
        let case = Case::new(written);
        let name = case.file_name(".json");
        std::fs::copy(case.folder.path("pool.json"), case.folder.path(&name)).unwrap();
        let name = format!("./{name}");
        for config in ["pool.json", "faulty.json", &name] {
            case.call(&["lint", config]).run().exits(1);
            case.call(&["lint", config, "--format=json"]).run().exits(1).json();
            let annotated = case.call(&["lint", config, "--format=github"]).annotations();
            annotations(annotated.exits(1), "error|warning|notice");
            let log = case.call(&["lint", config, "--format=sarif"]).run().exits(1).json();
            sarif(&log);
        }
    }
}

#[test]
fn hi_144_no_more_findings_than_viewers_take() {
    let folder = Folder::new();
    let pools: Vec<Value> = (0..90)
        .map(|n| json!({"IdentityPoolId": format!("us-east-1:{n}"), "RoleMappings": {"accounts.google.com": {"Type": "Rules",
            "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": (0..80).map(|rule|
                json!({"Claim": "a b", "MatchType": "Equals", "Value": rule.to_string(), "RoleARN": "x"})).collect::<Vec<_>>()}}}}))
        .collect();
    let file = folder.file("pools.json", Value::from(pools).to_string());
    let log = whichrole(["lint", "--format=sarif"]).arg(&file).run().exits(1).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5000);
    let note = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(note.as_str().unwrap().ends_with("more findings are left out"), "{note}");
}

/// XML 1.0 with the elements of JUnit and nothing else.
fn xml(text: &str) {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let names: BTreeSet<&str> =
        document.descendants().filter(roxmltree::Node::is_element).map(|node| node.tag_name().name()).collect();
    assert!(names.is_subset(&["testsuites", "testsuite", "testcase", "failure", "skipped"].into()), "{names:?}");
    for node in document.descendants() {
        let texts = node.attributes().map(|attribute| attribute.value()).chain(node.text());
        for text in texts {
            assert!(text.len() <= 9 * 1024 && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }
}

/// Every line is one that TAP 14 has.
fn tap(text: &str) {
    assert!(text.starts_with("TAP version 14\n1.."), "{text}");
    for line in text.lines().skip(2) {
        let known = ["ok ", "not ok ", "  ---", "  ...", "  at: \"", "  details:", "    - \""]
            .iter()
            .any(|begin| line.starts_with(begin));
        assert!(known, "{line:?}");
        let directives = line.replace("\\\\", "").replace("\\#", "");
        let directives = directives.matches(" # ").count();
        assert!(!line.contains("ok ") || line.starts_with(' ') || directives <= 1, "{line:?}");
    }
}

/// Every line that begins with `::` is one of our own commands, whole and encoded.
fn annotations(outcome: &Outcome, kinds: &str) {
    let mut count = 0;
    for line in outcome.stdout.lines().chain(outcome.stderr.lines()) {
        let Some(command) = line.trim_start().strip_prefix("::") else { continue };
        count += 1;
        assert!(line.starts_with("::"), "{line}");
        let (head, data) = command.split_once("::").unwrap();
        let (kind, properties) = head.split_once(' ').unwrap();
        assert!(kinds.split('|').any(|known| known == kind), "{line}");
        for property in properties.split(',') {
            let (name, value) = property.split_once('=').unwrap_or_else(|| panic!("{line}"));
            assert!(["file", "line", "col", "title"].contains(&name), "{line}");
            assert!(!value.contains(':'), "{line}");
        }
        for encoded in data.split('%').skip(1).chain(properties.split('%').skip(1)) {
            assert!(["25", "0A", "0D", "3A", "2C"].iter().any(|code| encoded.starts_with(code)), "{line}");
        }
    }
    assert!(count > 0, "{}", outcome.stdout);
}

/// Nothing is rendered but our own headings, tables, lists and code: no link, image or HTML, and no cell too many.
fn markdown(text: &str) {
    let mut cells = 0;
    let mut code = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock) => panic!("{event:?} in {text}"),
            Event::InlineHtml(html) => assert_eq!(&*html, "<br>", "{text}"),
            Event::Start(Tag::TableRow | Tag::TableHead) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(pulldown_cmark::TagEnd::TableRow) => assert_eq!(cells, 3, "{text}"),
            Event::Code(_) => code = true,
            Event::Text(plain) => {
                assert!(!plain.contains(['@', '#', '`']) && !plain.contains("http"), "{plain}: {text}");
            }
            _ => {}
        }
    }
    assert!(code, "{text}");
    // GitHub's own rule for cells: a pipe ends one unless an odd number of backslashes is before it.
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let mut escaped = false;
        let ends = row.chars().filter(|c| {
            let is_end = *c == '|' && !escaped;
            escaped = *c == '\\' && !escaped;
            is_end
        });
        assert_eq!(ends.count(), 4, "{row}");
    }
}

/// Messages are text, places are relative paths, and rules are ours.
fn sarif(log: &Value) {
    let run = &log["runs"][0];
    let rules: BTreeSet<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    for result in run["results"].as_array().unwrap() {
        assert!(rules.contains(result["ruleId"].as_str().unwrap()));
        assert_eq!(result["message"].as_object().unwrap().keys().collect::<Vec<_>>(), ["text"]);
        for location in result["locations"].as_array().unwrap() {
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
            assert!(uri.chars().all(plain) && !Path::new(uri).is_absolute(), "{uri}");
        }
    }
}
