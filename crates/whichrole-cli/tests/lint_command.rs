//! `whichrole lint` from outside: formats, exit codes, what is allowed, what is mended.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "the helpers here are tests, too")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

const BAD: &str = "\
Resources:
  Pool:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: us-east-1:1a2b
      RoleMappings:
        users:
          IdentityProvider: cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web
          Type: Rules
          AmbiguousRoleResolution: Deny
          RulesConfiguration:
            Rules:
              - { Claim: dept, MatchType: StartsWith, Value: eng, RoleARN: 'arn:aws:iam::111122223333:role/A' }
              - { Claim: dept, MatchType: Equals, Value: engine, RoleARN: 'arn:aws:iam::111122223333:role/B' }
";

/// A folder of its own for each test, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("whichrole-lint-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Exit code, stdout, stderr.
    fn lint(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        let output = command.arg("lint").args(args).current_dir(&self.0).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, args: &[&str]) -> (i32, Vec<Value>) {
        let (exit, out, err) = self.lint(&[args, &["--format", "json"]].concat());
        let all: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        (exit, all["findings"].as_array().unwrap_or_else(|| panic!("{out}")).clone())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn lints(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["lint"].as_str().unwrap()).collect()
}

#[test]
fn findings_are_json_with_every_field_in_its_order() {
    let folder = Folder::new("json");
    folder.write("bad.yaml", BAD);
    let (exit, out, _) = folder.lint(&["bad.yaml", "--format", "json"]);
    assert_eq!(exit, 1);
    let expected = concat!(
        r#"{"findings":[{"lint":"shadowed-rule","severity":"error","file":"bad.yaml","line":14,"column":17,"pool":"Pool","#,
        r#""provider":"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web","rule":2,"#,
        r#""message":"rule 2 never decides: rule 1 takes every login that it would match, and gives another role","#,
        r#""witness":null,"blocked_by":[1],"#,
        r#""docs":"https://github.com/whichrole/whichrole/blob/main/docs/lints/shadowed-rule.md"}]}"#,
        "\n"
    );
    assert_eq!(out, expected);
}

#[test]
fn text_shows_the_line_and_github_annotates_it() {
    let folder = Folder::new("text");
    folder.write("bad.yaml", BAD);
    let (exit, out, err) = folder.lint(&["bad.yaml"]);
    assert_eq!(exit, 1);
    assert!(out.starts_with("bad.yaml:14:17: error: rule 2 never decides"), "{out}");
    assert!(out.contains("[shadowed-rule]\n") && out.contains("14 |               - { Claim: dept"), "{out}");
    assert_eq!(err, "1 error\n");
    let (_, out, _) = folder.lint(&["bad.yaml", "--format", "github"]);
    assert!(out.starts_with("::error file=bad.yaml,line=14,col=17,title=shadowed-rule::rule 2"), "{out}");
}

#[test]
fn sarif_names_its_rules_and_places() {
    let folder = Folder::new("sarif");
    folder.write("bad file.yaml", BAD);
    let (exit, out, _) = folder.lint(&["bad file.yaml", "--format", "sarif"]);
    assert_eq!(exit, 1);
    let log: Value = serde_json::from_str(&out).unwrap();
    let run = &log["runs"][0];
    let result = &run["results"][0];
    assert_eq!((log["version"].as_str(), result["level"].as_str()), (Some("2.1.0"), Some("error")));
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!((rule["id"].as_str(), result["ruleId"].as_str()), (Some("shadowed-rule"), Some("shadowed-rule")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "bad%20file.yaml");
    assert_eq!((place["region"]["startLine"].as_u64(), place["region"]["startColumn"].as_u64()), (Some(14), Some(17)));
}

#[test]
fn what_counts_as_failure_can_be_chosen() {
    let folder = Folder::new("fail-on");
    let warning = BAD.replace("role/B", "role/A");
    folder.write("warning.yaml", &warning);
    for (args, expected) in [
        (&["warning.yaml"][..], 1),
        (&["warning.yaml", "--fail-on", "error"], 0),
        (&["warning.yaml", "--fail-on", "info"], 1),
        (&["warning.yaml", "--exit-zero"], 0),
        (&["warning.yaml", "--fail-on", "never"], 2),
        (&["missing.yaml"], 2),
        (&[], 2),
    ] {
        assert_eq!(folder.lint(args).0, expected, "{args:?}");
    }
    folder.write("whichrole.toml", "fail-on = \"error\"\n");
    assert_eq!(folder.lint(&["warning.yaml"]).0, 0);
    assert_eq!(folder.lint(&["warning.yaml", "--fail-on", "warning"]).0, 1, "the command line counts more");
}

#[test]
fn faulty_configurations_are_findings_but_for_those_in_which_nothing_is_known() {
    let folder = Folder::new("faulty");
    folder.write("bad.yaml", &BAD.replace("Type: Rules", "Type: rules").replace("StartsWith", "startswith"));
    let (exit, found) = folder.json(&["bad.yaml"]);
    assert_eq!((exit, lints(&found)), (1, vec!["unknown-mapping-type", "unknown-match-type"]));
    folder.write("broken.json", "{\"RoleMappings\": ");
    let (exit, found) = folder.json(&["broken.json"]);
    assert_eq!((exit, lints(&found)), (1, vec!["unreadable"]));
    folder.write("other.json", "{\"name\": 1}");
    let (exit, out, _) = folder.lint(&["other.json", "--format", "json"]);
    assert_eq!(exit, 2);
    assert!(out.starts_with("{\"error\":{\"code\":\"no-configuration\""), "{out}");
}

#[test]
fn a_file_that_is_no_text_is_a_finding_beside_those_of_the_others() {
    let folder = Folder::new("no-text");
    folder.write("bad.yaml", BAD);
    fs::write(folder.0.join("broken.json"), b"{\n  \"a\": \"\xff\"}").unwrap();
    let (exit, found) = folder.json(&["."]);
    assert_eq!((exit, lints(&found)), (1, vec!["shadowed-rule", "unreadable"]));
    assert_eq!(found[1]["line"].as_u64().zip(found[1]["column"].as_u64()), Some((2, 9)));
    let (exit, found) = folder.json(&["broken.json"]);
    assert_eq!((exit, lints(&found)), (1, vec!["unreadable"]));
    let (_, out, _) = folder.lint(&["broken.json"]);
    assert_eq!(out, "broken.json:2:9: error: `broken.json` is not UTF-8 text [unreadable]\n");
}

#[test]
fn comments_and_settings_allow_with_a_reason() {
    let folder = Folder::new("allow");
    let line = "              - { Claim: dept, MatchType: Equals";
    let with = |comment: &str| BAD.replace(line, &format!("              {comment}\n{line}"));
    folder.write("allowed.yaml", &with("# whichrole: allow(shadowed-rule) because it is moved next week"));
    assert_eq!(folder.json(&["allowed.yaml"]), (0, vec![]));
    folder.write("same-line.yaml", &BAD.replace("role/B' }", "role/B' } # whichrole: allow(shadowed-rule) because so"));
    assert_eq!(folder.json(&["same-line.yaml"]), (0, vec![]));
    for (comment, expected) in [
        ("# whichrole: allow(shadowed-rule)", vec!["unused-allow", "shadowed-rule"]),
        ("# whichrole: allow(shadowed-rule) because", vec!["unused-allow", "shadowed-rule"]),
        ("# whichrole: allow(shadowed-rules) because x", vec!["unused-allow", "shadowed-rule"]),
        ("# whichrole: allow(guest-role) because x", vec!["unused-allow", "shadowed-rule"]),
        ("# whichrole: allow(shadowed-rule, guest-role) because x", vec!["unused-allow"]),
    ] {
        folder.write("a.yaml", &with(comment));
        let (exit, found) = folder.json(&["a.yaml"]);
        assert_eq!((exit, lints(&found)), (1, expected), "{comment}");
    }
    let project = Folder::new("allow-toml");
    project.write("bad.yaml", BAD);
    let entry = |lint: &str, place: &str| {
        format!("allow = [{{ lint = \"{lint}\", place = \"{place}\", because = \"it is moved next week\" }}]\n")
    };
    for place in ["bad.yaml", "bad.yaml:14", "Pool"] {
        project.write("whichrole.toml", &entry("shadowed-rule", place));
        assert_eq!(project.json(&["."]), (0, vec![]), "{place}");
    }
    project.write("whichrole.toml", &entry("shadowed-rule", "bad.yaml:13"));
    let (_, found) = project.json(&["."]);
    assert_eq!(lints(&found), ["shadowed-rule", "unused-allow"]);
    assert_eq!(found[1]["file"], "./whichrole.toml");
    for broken in ["allow = 1", "x = 1", "allow = [{ lint = \"shadowed-rules\", place = \"a\", because = \"b\" }]", "["]
    {
        project.write("whichrole.toml", broken);
        assert_eq!(project.lint(&["."]).0, 2, "{broken}");
    }
}

#[test]
fn what_is_safe_is_mended_and_nothing_else_changes() {
    let folder = Folder::new("fix");
    let good = BAD.replace("StartsWith", "Contains").replace("Value: eng,", "Value: x,");
    let bad = good.replace("Contains", "contains").replace("Type: Rules", "Type: \"rules\"").replace("Deny", "deny");
    folder.write("bad.yaml", &bad.replace('\n', "\r\n"));
    let (exit, _, err) = folder.lint(&["bad.yaml", "--fix"]);
    assert_eq!(exit, 0, "{err}");
    let expected = good.replace("Type: Rules", "Type: \"Rules\"").replace('\n', "\r\n");
    assert_eq!(folder.read("bad.yaml"), expected);
    let (exit, _, err) = folder.lint(&["bad.yaml", "--fix"]);
    assert_eq!((exit, err.as_str()), (0, "nothing found\n"));

    let terraform = include_str!("../../../testdata/lint/trust-tag-session/bad.tf").replace("  # here", "");
    folder.write("main.tf", &terraform);
    assert_eq!(folder.lint(&["main.tf"]).0, 1);
    assert_eq!(folder.lint(&["main.tf", "--fix"]).0, 0);
    let good = include_str!("../../../testdata/lint/trust-tag-session/good.tf");
    assert_eq!(folder.read("main.tf"), good);
}

#[test]
fn a_page_can_be_printed() {
    let folder = Folder::new("explain");
    let (exit, out, _) = folder.lint(&["--explain", "shadowed-rule"]);
    assert_eq!(exit, 0);
    assert!(out.starts_with("# shadowed-rule\n\n"), "{out}");
    let (exit, _, err) = folder.lint(&["--explain", "shadow-rule"]);
    assert_eq!(exit, 2);
    assert!(err.contains("`shadowed-rule`"), "{err}");
}

#[test]
fn several_configurations_are_looked_at_one_by_one() {
    let folder = Folder::new("several");
    folder.write("a.yaml", BAD);
    folder.write("b.yaml", BAD);
    let (exit, found) = folder.json(&["a.yaml", "b.yaml"]);
    assert_eq!((exit, found.len()), (1, 2));
    assert_eq!((found[0]["file"].as_str(), found[1]["file"].as_str()), (Some("a.yaml"), Some("b.yaml")));
}

#[test]
fn options_that_nothing_asks_for_are_noted_once() {
    let folder = Folder::new("unused-options");
    folder.write("bad.yaml", BAD);
    let (exit, out, err) = folder.lint(&["bad.yaml", "--param", "Stage=dev", "--fix"]);
    assert_eq!((exit, err.matches("note: nothing refers to `Stage`").count()), (1, 1), "{out}{err}");
    folder.write("main.tf", "variable \"stage\" {\n}\nresource \"aws_cognito_identity_pool\" \"p\" {\n}\n");
    let (exit, out, err) = folder.lint(&["main.tf", "--var", "stge=dev"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(err.contains("note: unknown variable `stge`, did you mean `stage`?"), "{err}");
    assert!(!folder.lint(&["main.tf", "--var", "stage=dev"]).2.contains("unknown variable"));
}

/// Whoever copies one of the examples gets roles that Cognito can assume, and only for those whom they are for.
#[test]
fn the_trust_policies_of_the_examples_are_sound() {
    let folder = Folder::new("examples");
    let pools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/pools");
    let mut examples = 0;
    for kind in ["cloudformation", "pulumi", "terraform"] {
        let entries = fs::read_dir(pools.join(kind)).unwrap().map(|entry| entry.unwrap().path());
        // Two spellings of one state are no configuration together.
        let wanted = |path: &PathBuf| !path.ends_with("README.md") && !path.ends_with("state");
        for path in entries.filter(wanted) {
            let (_, findings) = folder.json(&[path.to_str().unwrap()]);
            let trust = |found: &&Value| found["lint"].as_str().unwrap().starts_with("trust-");
            assert_eq!(findings.iter().find(trust), None, "{}", path.display());
            examples += 1;
        }
    }
    assert!(examples >= 19, "{examples}");
}

#[test]
fn a_byte_order_mark_is_read_and_kept_in_every_syntax() {
    let json = r#"{"IdentityPoolId": "p", "RoleMappings": {"accounts.google.com": {"Type": "rules", "RulesConfiguration": {"Rules": []}}}}"#;
    let yaml = BAD.replace("Type: Rules", "Type: rules");
    for (name, text, column) in
        [("pool.json", json, json.find("\"rules\"").unwrap() + 1), ("pool.yaml", yaml.as_str(), 17)]
    {
        let folder = Folder::new(&format!("mark-{}", name.replace('.', "-")));
        folder.write(name, &format!("\u{feff}{text}"));
        let (_, _, err) = folder.lint(&[name]);
        let (_, found) = folder.json(&[name]);
        let respelt = found.iter().find(|finding| finding["message"].as_str().unwrap().contains("`rules`"));
        assert_eq!(respelt.unwrap_or_else(|| panic!("{found:?}{err}"))["column"], column, "{found:?}");
        folder.lint(&[name, "--fix"]);
        assert_eq!(
            folder.read(name),
            format!("\u{feff}{}", text.replace("\"rules\"", "\"Rules\"").replace("Type: rules", "Type: Rules"))
        );
    }
}
