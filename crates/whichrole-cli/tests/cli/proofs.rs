//! `who` and `diff` from outside: what they print, how they end, and where they read from.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::harness::{ADMIN, Folder, Outcome, git, has_git, pool_of, pool_with_rules, whichrole};
use crate::schema;

const POOL: &str = "pools/api/app-pool.json";

fn rule(claim: &str, operator: &str, value: &str, role: &str) -> String {
    let role = format!("arn:aws:iam::111122223333:role/{role}");
    format!(r#"{{"Claim":"{claim}","MatchType":"{operator}","Value":"{value}","RoleARN":"{role}"}}"#)
}

/// Two pools that differ in the order of two rules.
fn swapped(folder: &Folder) -> [std::path::PathBuf; 2] {
    let admins = rule("cognito:groups", "Contains", "admins", "Admin");
    let eng = rule("custom:dept", "StartsWith", "eng", "Eng");
    let lead = rule("custom:dept", "Equals", "eng-lead", "Lead");
    [
        folder.file("old.json", pool_with_rules(&[admins.clone(), eng.clone(), lead.clone()].join(","))),
        folder.file("new.json", pool_with_rules(&[admins, lead, eng].join(","))),
    ]
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// As [`json`], of `who` or `diff`, which is as the schema says.
fn checked(name: &str, outcome: &Outcome) -> Value {
    let value = json(outcome);
    schema::check(name, &value);
    value
}

#[test]
fn who_says_of_every_role_and_rule_whether_a_token_gets_it() {
    let folder = Folder::new();
    let [old, _] = swapped(&folder);
    let outcome = whichrole(["who"]).arg(&old).run();
    outcome.exits(0);
    insta::assert_snapshot!("who", outcome.stdout);
    let all = checked("who", whichrole(["who", "--format", "json"]).arg(&old).run().exits(0));
    assert_eq!(all["rules"][1]["witness"]["claims"]["custom:dept"], "eng");
    assert_eq!(all["rules"][2]["live"], false);
    assert_eq!(all["rules"][2]["blocked_by"], serde_json::json!([2]));
    assert_eq!(all["roles"][0]["role"], ADMIN);
    assert_eq!(all["roles"][0]["by"], serde_json::json!([{"source": "rule", "rule": 1}]));
}

#[test]
fn who_of_one_role_gives_the_exact_condition() {
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let outcome = whichrole(["who"]).arg(&new).arg("Eng").run();
    outcome.exits(0);
    insta::assert_snapshot!("who_role", outcome.stdout);
    let eng = checked("who", whichrole(["who", "--format", "json"]).arg(&new).arg("Eng").run().exits(0));
    let expected = serde_json::json!([{"custom:dept": [{"starts-with": "eng"}, {"not": {"equals": "eng-lead"}}],
        "cognito:groups": [{"not": {"contains": "admins"}}]}]);
    assert_eq!(eng["when"], expected);
    // Nobody gets this one, unless the request asks for it.
    let lead = checked("who", whichrole(["who", "--format", "json"]).arg(&old).arg("Lead").run().exits(1));
    assert_eq!(lead["roles"][0]["by_custom_role"], true);
    assert_eq!(lead["roles"][0]["custom_witness"]["claims"]["custom:dept"], "eng-lead");
    whichrole(["who"]).arg(&old).arg("Lead").arg("--exit-zero").run().exits(0);
    let unknown = whichrole(["who"]).arg(&old).arg("Leed").run();
    unknown.exits(2);
    assert_eq!(unknown.stderr, "error: unknown role `Leed`, did you mean `Lead`?\n");
}

#[test]
fn who_tells_the_first_twenty_of_what_is_not_decided_and_of_claims_and_counts_the_rest() {
    let folder = Folder::new();
    // The quotation mark ends the first of two elements, which is no array that the search tries.
    let open = (0..25).map(|n| rule("cognito:groups", "Contains", &format!(r#"q{n}\","#), &format!("Open{n:02}")));
    let live = (0..25).map(|n| rule(&format!("custom:c{n:02}"), "Equals", "x", &format!("Live{n:02}")));
    let pool = folder.file("pool.json", pool_with_rules(&open.chain(live).collect::<Vec<_>>().join(",")));
    let who = |more: &[&str]| whichrole(["who", "--assume", "array-claims=json-text"]).arg(&pool).args(more).run();
    let text = who(&[]);
    let lines: Vec<&str> = text.exits(2).stdout.lines().collect();
    let count = |is: &dyn Fn(&str) -> bool| lines.iter().filter(|line| is(line)).count();
    assert_eq!(count(&|line| line.starts_with("arn:") && line.contains(" not decided: ")), 20);
    assert_eq!(count(&|line| line.starts_with("  rule ") && line.contains(" not decided: ")), 20);
    // What is decided is told of every role and every rule.
    assert_eq!(count(&|line| line.starts_with("arn:") && line.contains(" by rule ")), 25);
    assert_eq!(count(&|line| line.starts_with("  rule ") && line.contains(" live ")), 25);
    assert_eq!(count(&|line| line.starts_with("  custom:c") || line.starts_with("  cognito:groups: ")), 20);
    for rest in ["and 5 more not decided", "  and 5 more not decided", "  and 6 more"] {
        let rest = format!("{rest}; `--format json` has them all");
        assert_eq!(count(&|line| line == rest), 1, "{rest}: {}", text.stdout);
    }
    let all = checked("who", who(&["--format", "json"]).exits(2));
    assert_eq!((all["rules"].as_array().unwrap().len(), all["domain"].as_object().unwrap().len()), (50, 26));
}

#[test]
fn diff_prints_one_line_for_each_class_of_change_and_nothing_where_there_is_none() {
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let outcome = whichrole(["diff"]).arg(&old).arg(&new).run();
    outcome.exits(1);
    insta::assert_snapshot!("diff", outcome.stdout);
    let markdown = whichrole(["diff", "--format", "markdown"]).arg(&old).arg(&new).run();
    markdown.exits(1);
    insta::assert_snapshot!("diff_markdown", markdown.stdout);
    assert_eq!(whichrole(["diff"]).arg(&old).arg(&old).run().exits(0).stdout, "");
    let found = checked("diff", whichrole(["diff", "--format", "json"]).arg(&old).arg(&new).run().exits(1));
    assert_eq!(found["equal"], false);
    assert_eq!(found["changes"][0]["witness"], serde_json::json!({"custom:dept": "eng-lead"}));
    assert_eq!(found["changes"][0]["before"]["schema"], "whichrole/decision/v1");
    assert_eq!(found["changes"][0]["after"]["rule"], 2);
    for empty in ["certainty_changes", "custom_role_changes", "only_before", "only_after"] {
        assert_eq!(found[empty], serde_json::json!([]), "{empty}");
    }
}

#[test]
fn a_comment_names_the_provider_of_each_class_where_there_are_several() {
    let folder = Folder::new();
    let mapping = |value: &str, role: &str| {
        let rule = rule("email", "Equals", value, role);
        format!(r#"{{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{{"Rules":[{rule}]}}}}"#)
    };
    let pool = |google: &str, apple: &str| {
        let (google, apple) = (mapping("x|y", google), mapping("x", apple));
        format!(r#"{{"RoleMappings":{{"accounts.google.com":{google},"appleid.apple.com":{apple}}}}}"#)
    };
    let diff = |old: String, new: String| {
        let (old, new) = (folder.file("old.json", old), folder.file("new.json", new));
        whichrole(["diff", "--format", "markdown"]).arg(old).arg(new).run().exits(1).stdout.clone()
    };
    let markdown = diff(pool("A", "B"), pool("A", "C"));
    let row = "| `B (rule 1)` | `C (rule 1)` | `appleid.apple.com` | `{\"email\":\"x\"}` |\n";
    assert!(markdown.contains("| before | after | provider | for example |\n|---|---|---|---|\n"), "{markdown}");
    assert!(markdown.contains(row), "{markdown}");
    let markdown = diff(pool("A", "B"), pool("D", "C"));
    assert!(
        markdown.contains(row) && markdown.contains("| `accounts.google.com` | `{\"email\":\"x\\|y\"}` |"),
        "{markdown}"
    );
    // Where the role is the same the tags are what changes.
    let tagged = |name: &str, claim: &str| {
        let inside = folder.path(name);
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("pool.json"), pool("A", "B").replacen('{', r#"{"IdentityPoolId":"us-east-1:1","#, 1))
            .unwrap();
        let tags = format!(
            r#""IdentityProviderName":"appleid.apple.com","UseDefaults":false,"PrincipalTags":{{"t":"{claim}"}}"#
        );
        fs::write(inside.join("tags.json"), format!(r#"{{"IdentityPoolId":"us-east-1:1",{tags}}}"#)).unwrap();
        inside
    };
    let outcome =
        whichrole(["diff", "--format", "markdown"]).arg(tagged("sub", "sub")).arg(tagged("email", "email")).run();
    let row = "| `B (rule 1)` | `B (rule 1)` | `appleid.apple.com` | `{\"email\":\"x\"}`, tags `none` → `t=\"x\"` |\n";
    assert!(outcome.exits(1).stdout.contains(row), "{}", outcome.stdout);
}

#[test]
fn only_turns_the_question_into_whether_anything_else_changes() {
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let only = |condition: &str| whichrole(["diff", "--only", condition]).arg(&old).arg(&new).run();
    only("custom:dept equals eng-lead").exits(0);
    only("custom:dept starts-with eng-l and custom:dept not-equal eng-x").exits(0);
    let outside = only("custom:dept equals ops or cognito:groups absent and custom:dept contains x");
    outside.exits(1);
    assert!(outside.stdout.contains("outside the condition"), "{}", outside.stdout);
    let wrong = only("custom:dept equal x");
    wrong.exits(2);
    assert_eq!(wrong.stderr, "error: in `--only`, column 13: unknown operator `equal`, did you mean `equals`?\n");
}

#[test]
fn map_and_names_equate_a_template_with_what_is_deployed() {
    let folder = Folder::new();
    let template = pool_with_rules(
        &rule("custom:dept", "Equals", "ops", "X").replace("arn:aws:iam::111122223333:role/X", "${OpsRole.Arn}"),
    );
    let deployed = pool_with_rules(&rule("custom:dept", "Equals", "ops", "Stack-OpsRole-1A2B"));
    let (template, deployed) = (folder.file("template.json", template), folder.file("deployed.json", deployed));
    let by_name = whichrole(["diff"]).arg(&template).arg(&deployed).run();
    by_name.exits(0);
    assert!(by_name.stderr.contains("is taken for"), "{}", by_name.stderr);
    assert!(by_name.stderr.contains("a guess"), "{}", by_name.stderr);
    whichrole(["diff", "--strict", "-q"]).arg(&template).arg(&deployed).run().exits(3);
    let other = folder.file("other.json", pool_with_rules(&rule("custom:dept", "Equals", "ops", "Other")));
    whichrole(["diff"]).arg(&template).arg(&other).run().exits(1);
    let map = "--map=${OpsRole.Arn}=arn:aws:iam::111122223333:role/Other";
    whichrole(["diff", map]).arg(&template).arg(&other).run().exits(0);
    let map = |map: &str| whichrole(["diff", "--map", map]).arg(&template).arg(&other).run();
    map("OpsRole.Arn=arn:aws:iam::111122223333:role/Other").exits(0);
    for (wrong, says) in [
        ("${OpsRol.Arn}=arn:aws:iam::111122223333:role/Other", "did you mean `${OpsRole.Arn}`?"),
        ("OpsRole.Arn=", "stands for nothing"),
        ("OpsRole.Arn=Other", "is no role's ARN"),
    ] {
        let outcome = map(wrong);
        outcome.exits(2);
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
}

#[test]
fn what_nothing_of_either_side_refers_to_is_said_once() {
    let folder = Folder::new();
    let template = "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: { AllowUnauthenticatedIdentities: false }\n";
    let old = folder.file("old.yaml", template);
    let new = folder.file("new.yaml", template);
    let deployed =
        folder.file("deployed.json", r#"{"IdentityPoolId": "us-east-1:1", "AllowUnauthenticatedIdentities": false}"#);
    let notes = "note: nothing refers to `Other`\nnote: nothing refers to `Stage`";
    let params = ["--param", "Stage=x", "--param", "Other=y"];
    for new in [&new, &deployed] {
        whichrole(["diff"]).arg(&old).arg(new).args(params).run().exits(0).says(notes);
        whichrole(["diff"]).arg(new).arg(&old).args(params).run().exits(0).says(notes);
        let against = whichrole(["batch"]).arg(&old).arg("-").arg("--against").arg(new).args(params);
        against.input("").run().exits(0).says(notes);
    }
}

#[test]
fn users_are_counted_by_class() {
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let lines =
        "{\"custom:dept\":\"eng-lead\"}\n\n{\"custom:dept\":\"eng\"}\r\n{\"custom:dept\":\"eng-lead\",\"sub\":\"1\"}";
    let users = folder.file("users.ndjson", lines);
    let call = || whichrole(["diff", "--format", "json", "--users"]).arg(&users).arg(&old).arg(&new);
    let found = checked("diff", call().run().exits(1));
    assert_eq!((&found["users"]["total"], &found["users"]["changed"]), (&Value::from(3), &Value::from(2)));
    assert_eq!((&found["users"]["classes"][0]["users"], &found["users"]["classes"][0]["line"]), (&2.into(), &1.into()));
}

#[test]
fn a_line_of_users_that_cannot_be_read_is_named_and_the_others_are_compared() {
    let folder = Folder::new();
    let [old, _] = swapped(&folder);
    let diff = |lines: &str, more: &[&str]| {
        let users = folder.file("users.ndjson", lines);
        let users = users.file_name().unwrap();
        let root = old.parent().unwrap();
        whichrole(["diff", "old.json", "new.json"]).arg("--users").arg(users).args(more).folder(root).run()
    };
    let lead = r#"{"custom:dept":"eng-lead"}"#;
    let lines = [lead, "nonsense", "{\"a\":}", r#"{"Groups":[1]}"#, lead, "\u{0}\u{ff}", "{}"].join("\n");
    let outcome = diff(&lines, &[]);
    outcome.exits(2).says(
        "error: users.ndjson:2: expected 3 parts, found 1\n\
         error: users.ndjson:3:6: claims: expected a JSON value\n\
         error: users.ndjson:4: expected the groups as names, or as objects with a `GroupName`\n\
         error: users.ndjson:6: expected 3 parts, found 1",
    );
    let counted = "2 of 3 users change; 4 lines could not be read";
    assert!(outcome.stdout.contains(counted), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("        2  Eng → Lead  first on line 1\n"), "{}", outcome.stdout);
    let markdown = diff(&lines, &["--format", "markdown"]);
    assert!(markdown.exits(2).stdout.contains(&format!("\n{counted}.\n")), "{}", markdown.stdout);
    let unread = "\n- 2: could not be read (`malformed-token`), lines 2, 6\n";
    assert!(markdown.stdout.contains(unread), "{}", markdown.stdout);
    assert!(
        outcome.stdout.contains("        2  could not be read: malformed-token  lines 2, 6\n"),
        "{}",
        outcome.stdout
    );
    let users = checked("diff", diff(&lines, &["--format", "json"]).exits(2))["users"].clone();
    assert_eq!((&users["total"], &users["changed"], &users["unread"]), (&3.into(), &2.into(), &4.into()));
    assert_eq!(users["errors"][0], serde_json::json!({"code": "malformed-token", "lines": 2, "examples": [2, 6]}));
    // However many there are, the first twenty are named.
    let many = diff(&format!("{}{lead}\n", "x\n".repeat(1_000)), &[]);
    assert_eq!(many.exits(2).stderr.matches("error: ").count(), 20);
    many.mentions("users.ndjson:20: ").mentions("and 980 more lines that could not be read\n");
    assert!(many.stdout.contains("1 of 1 user changes; 1000 lines could not be read"), "{}", many.stdout);
    diff(&format!("{}{lead}\n", "x\n".repeat(20)), &[])
        .exits(2)
        .mentions("users.ndjson:20: expected 3 parts, found 1\n");
    // That two sides are equal does not make a line that was not compared equal.
    whichrole(["diff", "old.json", "old.json", "--users", "users.ndjson"]).folder(old.parent().unwrap()).run().exits(2);
}

/// From a folder inside the repository, `..` and names of folders mean what they mean to the shell; links are not taken for texts.
#[cfg(unix)]
#[test]
fn a_revision_is_read_from_any_folder_and_links_are_refused() {
    if !has_git() {
        return;
    }
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let root = old.parent().unwrap();
    for (inner, file) in [("infra", &old), ("mods", &new), ("mods/infra", &old), ("infra/pools", &new)] {
        fs::create_dir_all(root.join(inner)).unwrap();
        fs::copy(file, root.join(inner).join("pool.json")).unwrap();
    }
    fs::write(root.join("infra/pools/empty.json"), "").unwrap();
    for link in ["link.json", ":link.json"] {
        std::os::unix::fs::symlink("old.json", root.join(link)).unwrap();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let git = |arguments: &[&str]| git(root, arguments);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "x"]);
    let diff = |within: &str, before: &str, after: &str| {
        let mut call = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        let output =
            call.current_dir(root.join(within)).env("PATH", &path).args(["diff", before, after]).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(diff("infra", "git:HEAD:pools", "pools").0, 0);
    assert_eq!(diff("infra", "git:HEAD:pools", "pool.json").0, 1);
    assert_eq!(diff("infra", "git:HEAD:../mods/infra", "../infra/pool.json").0, 0);
    assert_eq!(diff("infra", "git:HEAD:../infra/pools", "../mods/pool.json").0, 0);
    let (code, said) = diff(".", "git:HEAD:link.json", "old.json");
    assert_eq!(
        (code, said.lines().next()),
        (2, Some("error: `HEAD:link.json` is a symbolic link; name what it leads to"))
    );
    assert_eq!(diff(".", "git:HEAD:.", ".").0, 2, "in a folder too");
    assert_eq!(diff("mods", "git:HEAD:../link.json", "../old.json").0, 2);
    assert_eq!(diff(".", "git:HEAD::link.json", "old.json").0, 2, "whatever its name begins with");
    assert_eq!(diff("infra", "git:HEAD:../mods/pool.json", "../new.json").0, 0);
}

#[test]
fn a_revision_is_compared_with_the_working_tree() {
    if !has_git() {
        return;
    }
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let root = old.parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let git = |arguments: &[&str]| git(root, arguments);
    git(&["init", "-q"]);
    git(&["add", "old.json"]);
    git(&["commit", "-qm", "x"]);
    fs::copy(&new, &old).unwrap();
    let diff = |revision: &str| {
        let mut call = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        call.current_dir(root).env("PATH", &path).args(["diff", revision, "old.json"]);
        call.output().unwrap()
    };
    assert_eq!(diff("git:HEAD:old.json").status.code(), Some(1));
    fs::remove_file(&new).unwrap();
    let folder_then = Command::new(env!("CARGO_BIN_EXE_whichrole"))
        .current_dir(root)
        .env("PATH", &path)
        .args(["diff", "git:HEAD:.", "."])
        .output()
        .unwrap();
    assert_eq!(folder_then.status.code(), Some(1), "{}", String::from_utf8_lossy(&folder_then.stderr));
    assert_eq!(diff("git:HEAD:none.json").status.code(), Some(2));
    assert_eq!(diff("git:-x:old.json").status.code(), Some(2));
}

#[test]
fn strict_ends_with_3_where_another_reading_changes_the_conclusion() {
    let folder = Folder::new();
    let pool = folder.file("pool.json", pool_with_rules(&rule("cognito:groups", "Equals", "admins", "Admin")));
    let outcome = whichrole(["who", "--strict"]).arg(&pool).run();
    outcome.exits(3);
    assert!(outcome.stdout.contains("under array-claims=per-element: rule 1 is live"), "{}", outcome.stdout);
    whichrole(["who", "--strict", "--assume", "array-claims=per-element", "--assume", "letter-case=sensitive"])
        .arg(&pool)
        .run()
        .exits(0);
    let without = folder.file("without.json", pool_with_rules(&rule("custom:x", "Equals", "y", "Admin")));
    whichrole(["diff"]).arg(&pool).arg(&without).run().exits(1);
}

#[test]
fn every_configuration_of_the_test_data_is_equal_to_itself() {
    for pool in [POOL, "pools/api"] {
        whichrole(["diff", pool, pool]).run().exits(0);
        whichrole(["who", pool]).run().exits(0);
    }
}

#[test]
fn users_of_a_groups_export_get_the_tokens_that_their_groups_make() {
    let folder = Folder::new();
    let [old, new] = swapped(&folder);
    let lines = [
        r#"{"user":"lee","groups":["staff"],"claims":{"custom:dept":"eng-lead"}}"#,
        r#"{"Groups":[{"GroupName":"admins","Precedence":1}],"UserAttributes":[{"Name":"custom:dept","Value":"eng-lead"}]}"#,
        r#"{"Groups":[],"UserAttributes":[{"Name":"custom:dept","Value":"eng-lead"}]}"#,
    ];
    let users = folder.file("users.ndjson", lines.join("\n"));
    let found = checked(
        "diff",
        whichrole(["diff", "--format", "json", "--users"]).arg(&users).arg(&old).arg(&new).run().exits(1),
    );
    let class = &found["users"]["classes"][0];
    assert_eq!((&found["users"]["total"], &class["users"], &class["line"]), (&3.into(), &2.into(), &1.into()));
    // Where groups are known, a name that none of them has is a slip.
    let groups = folder.file("groups.json", r#"{"Groups":[{"GroupName":"admins","Precedence":1}]}"#);
    let slip = whichrole(["diff", "--users"]).arg(&users).arg("--groups").arg(&groups).arg(&old).arg(&new).run();
    slip.exits(2).mentions("users.ndjson:1: unknown group `staff`");
    // A member that is misspelt makes no claims of a user.
    for slip in [
        r#"{"user":"x","groups":"admins"}"#,
        r#"{"user":"x","group":["admins"]}"#,
        r#"{"groups":["admins"]}"#,
        r#"{"group":["admins"]}"#,
        r#"{"claims":{"custom:dept":"eng-lead"}}"#,
        r#"{"user":"x","groups":["admins"],"department":"eng"}"#,
        r#"{"user":"x","groups":["admins"],"claim":{"sub":"1"}}"#,
    ] {
        let users = folder.file("users.ndjson", slip);
        let outcome = whichrole(["diff", "--users"]).arg(&users).arg(&old).arg(&new).run();
        outcome
            .exits(2)
            .mentions("users.ndjson:1: expected a user as `{\"user\": …, \"groups\": […], \"claims\": {…}}`");
    }
}

#[test]
fn a_mapping_that_goes_says_what_its_tokens_get_now() {
    let folder = Folder::new();
    let rules = rule("cognito:groups", "Contains", "admins", "Admin");
    let old = folder.file("old.json", pool_with_rules(&rules));
    let roles = r#"{"Roles":{"authenticated":"arn:aws:iam::111122223333:role/Reader"},"RoleMappings":{}}"#;
    let new = folder.file("new.json", roles);
    let outcome = whichrole(["diff"]).arg(&old).arg(&new).run();
    outcome.exits(1);
    assert!(outcome.stdout.contains("only before: "), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("Admin (rule 1) → Reader (authenticated-role)"), "{}", outcome.stdout);
    let found = checked("diff", whichrole(["diff", "--format", "json"]).arg(&old).arg(&new).run().exits(1));
    assert_eq!(found["changes"][0]["after"]["source"], "authenticated-role");
}

#[test]
fn what_a_deployment_does_not_say_about_guests_is_no_drift() {
    let folder = Folder::new();
    let rules = rule("cognito:groups", "Contains", "admins", "Admin");
    let deployed = folder.file("deployed.json", pool_with_rules(&rules));
    let known = pool_with_rules(&rules).replacen('{', "{\"AllowUnauthenticatedIdentities\": false,", 1);
    let known = folder.file("known.json", known);
    whichrole(["diff"]).arg(&known).arg(&deployed).run().exits(0).mentions("the reason is not compared");
    let found = whichrole(["diff", "--format", "json"]).arg(&known).arg(&deployed).run();
    assert_eq!(checked("diff", found.exits(0))["guests_unsaid"], true);
    let open = pool_with_rules(&rules).replacen('{', "{\"AllowUnauthenticatedIdentities\": true,", 1);
    let open = folder.file("open.json", open);
    whichrole(["diff"]).arg(&open).arg(&known).run().exits(1);
}

/// Whether guests are allowed is left to a variable: tokens are answered, and nothing is claimed of guests.
#[test]
fn what_is_not_known_of_guests_is_refused_or_not_decided() {
    let folder = Folder::new();
    let text = |guests: &str, role: &str| {
        format!(
            "variable \"guests\" {{}}\nresource \"aws_cognito_identity_pool\" \"app\" {{\n  \
             allow_unauthenticated_identities = {guests}\n}}\n\
             resource \"aws_cognito_identity_pool_roles_attachment\" \"app\" {{\n  \
             identity_pool_id = aws_cognito_identity_pool.app.id\n  roles = {{\n    \
             authenticated = \"arn:aws:iam::111122223333:role/User\"\n    \
             unauthenticated = \"arn:aws:iam::111122223333:role/{role}\"\n  }}\n}}\n"
        )
    };
    let open = folder.file("open.tf", text("var.guests", "Guest"));
    let call = |words: &[&str]| whichrole([words[0]]).arg(&open).args(&words[1..]).run();
    let why = "`allow_unauthenticated_identities` is `${var.guests}`, which is not known here; pass `--var guests=…`";

    let answer = call(&["eval", "--claim", "a=b", "--strict"]);
    assert_eq!(
        (answer.exits(0).stdout.as_str(), answer.stderr.as_str()),
        ("arn:aws:iam::111122223333:role/User\n", "")
    );
    for command in ["eval", "explain"] {
        call(&[command, "--guest"]).exits(2).mentions(&format!("open.tf:3:38: {why}"));
    }
    call(&["eval", "--guest", "--var", "guests=true"]).exits(0);
    call(&["eval", "--guest", "--var", "guests=false"]).exits(1);
    whichrole(["batch"]).arg(&open).arg("-").input("{}").run().exits(0);

    call(&["who"]).exits(2).mentions("note: nothing is said of guests: ").mentions(why);
    let found = checked("who", call(&["who", "--format", "json"]).exits(2));
    assert_eq!(found["guests_depend_on"], "${var.guests}");
    assert_eq!(found["roles"][0]["reachable"], Value::Null);
    assert_eq!(call(&["who", "User"]).exits(1).stderr, "", "it is another role");

    whichrole(["diff"]).arg(&open).arg(&open).run().exits(0);
    let other = folder.file("other.tf", text("var.guests", "Other"));
    let found = whichrole(["diff", "--format", "json"]).arg(&open).arg(&other).run();
    found.exits(2).mentions("note: nothing is said of guests: ");
    assert_eq!(checked("diff", &found)["not_decided"][0], "whether guests are allowed is not known");

    let suite = |rest: &str| folder.file("s.whichrole.yaml", format!("version: 1\nconfig: open.tf\n{rest}"));
    let run = |rest: &str| whichrole(["test"]).arg(suite(rest)).run();
    let token = "tests: [{ name: token, claims: { a: b }, expect: User }]\n";
    run(token).exits(0);
    run("users: { v: { guest: true } }\ntests: [{ name: v, user: v, expect: Guest }]\n").exits(2).mentions(why);
    let never = format!("{token}properties: [{{ name: closed, never: {{ role: Guest }} }}]\n");
    let proof = run(&never);
    let said = format!("not decided: whether guests are allowed is not known: {why}");
    assert!(proof.exits(1).stdout.contains(&said), "{}", proof.stdout);
    whichrole(["test", "--init"]).arg(&open).run().exits(2).mentions(why);
}

/// A first suite says that it is not about guests, and passes.
#[test]
fn a_first_suite_leaves_out_guests_of_whom_nobody_knows() {
    let folder = Folder::new();
    let rules = rule("cognito:groups", "Contains", "admins", "Admin");
    let open = pool_with_rules(&rules).replacen('{', "{\"AllowUnauthenticatedIdentities\": \"${Guests}\",", 1);
    folder.file("pool.json", open);
    for more in [&["--init", "pool.json"][..], &["--init", "pool.json", "--complete"]] {
        let first = whichrole(["test"]).args(more).folder(&folder.path("")).run();
        let text = &first.exits(0).stdout;
        assert!(text.contains("# no test is about guests: whether they are allowed is left to ${Guests}"), "{text}");
        assert!(!text.contains("guest: true"), "{text}");
        let suite = folder.file("first.whichrole.yaml", text);
        whichrole(["test", "--mutants"]).arg(suite).run().exits(0);
    }
}

#[test]
fn a_line_of_users_may_be_so_long_and_no_longer() {
    let folder = Folder::new();
    let pool = folder.file("pool.json", pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"Deny"}"#));
    let users = |bytes: usize| {
        let line = format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        let users = folder.file("users.ndjson", format!("\n{{}}\n{line}\n"));
        whichrole(["diff"]).arg(&pool).arg(&pool).arg("--users").arg(users).run()
    };
    assert!(users(65_536).exits(0).stdout.contains("0 of 2 users change"));
    users(65_537).exits(2).mentions("users.ndjson:3: the line is longer than 65536 bytes");
    users(5_000_000).exits(2).mentions("users.ndjson:3: the line is longer than 65536 bytes");
}

#[test]
fn a_role_goes_by_the_name_that_its_file_gives_it() {
    let folder = Folder::new();
    let template = "Resources:\n  Boss: { Type: AWS::IAM::Role, Properties: { RoleName: BossRole } }\n  \
         Pool: { Type: AWS::Cognito::IdentityPool, Properties: { AllowUnauthenticatedIdentities: false } }\n  \
         Roles:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    \
         Properties: { IdentityPoolId: !Ref Pool, Roles: { authenticated: !GetAtt Boss.Arn } }\n";
    let module = "resource \"aws_iam_role\" \"boss\" { name = \"BossRole\" }\nresource \"aws_cognito_identity_pool\" \"pool\" {}\n\
         resource \"aws_cognito_identity_pool_roles_attachment\" \"roles\" {\n  \
         identity_pool_id = aws_cognito_identity_pool.pool.id\n  roles = { authenticated = aws_iam_role.boss.arn }\n}\n";
    for (name, text, role) in [("t.yaml", template, "${Boss.Arn}"), ("m.tf", module, "${aws_iam_role.boss.arn}")] {
        let config = folder.file(name, text);
        let when = whichrole(["who"]).arg(&config).args(["BossRole", "--format", "json"]).run();
        assert_eq!(json(&when)["roles"][0]["role"], role);
        let claims = folder.file("claims.json", "{}");
        whichrole(["explain"]).arg(&config).arg(&claims).args(["--want", "BossRole"]).run().exits(0);
        whichrole(["who"]).arg(&config).arg("BosRole").run().exits(2).mentions("did you mean `BossRole`?");
        let suite = format!("version: 1\nconfig: {name}\ntests:\n  - {{ name: a, claims: {{}}, expect: BossRole }}\n");
        let suite = folder.file(format!("{name}.whichrole.yaml"), suite);
        whichrole(["test"]).arg(&suite).run().exits(0);
    }
}
