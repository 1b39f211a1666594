//! `--init` writes a suite that is green at once and notices every small change.

use std::fs;
use std::path::Path;

use crate::harness::Folder;

/// A suite for a configuration covers all there is, and passes where it stands.
fn is_green(folder: &Folder, config: &str, more: &[&str]) -> String {
    let name = format!("suites/{}.whichrole.yaml", config.replace('/', "_"));
    fs::create_dir_all(folder.0.join("suites")).unwrap();
    let mut args = vec!["--init", config, "-o", &name];
    args.extend(more);
    let ran = folder.run(&args);
    assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (0, "", ""), "{config}");
    let text = fs::read_to_string(folder.0.join(&name)).unwrap();
    // Who reads the name alone is told the role, not the number of a rule that may be another tomorrow.
    let numbered = |name: &str| {
        name.match_indices("rule ").any(|(at, word)| name[at + word.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    assert!(!text.lines().filter(|line| line.starts_with("  - name: ")).any(numbered), "{text}");
    let ran = folder.run(&[&name, "--threshold", "100", "--mutants"]);
    assert_eq!(ran.exit, 0, "{config}: {}{}\n{text}", ran.out, ran.err);
    assert!(ran.out.contains("  100% ("), "{config}: {}\n{text}", ran.out);
    assert!(!ran.out.contains("not noticed"), "{config}: {}", ran.out);
    text
}

#[test]
fn configurations_of_every_format_are_covered() {
    let folder = Folder::new("init-formats");
    let pools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/pools");
    for format in ["api", "cloudformation", "terraform", "pulumi"] {
        let target = folder.0.join(format);
        fs::create_dir(&target).unwrap();
        for entry in fs::read_dir(pools.join(format)).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
            }
        }
    }
    let text = is_green(&folder, "pool.json", &[]);
    assert!(text.contains("config: \"../pool.json\"\n"), "{text}");
    assert!(text.contains("coverage: { rules: 100, outcomes: 90, mutants: 90 }"), "{text}");
    is_green(&folder, "api", &[]);
}

#[test]
fn groups_are_members_and_providers_are_users() {
    let folder = Folder::new("init-groups");
    folder.write("pool.json", r#"[
      {"IdentityPoolId": "us-east-1:app", "Roles": {"authenticated": "arn:aws:iam::111122223333:role/Reader", "unauthenticated": "arn:aws:iam::111122223333:role/Guest"},
       "RoleMappings": {
         "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web": {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"},
         "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:tools": {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [
           {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "admins", "RoleARN": "arn:aws:iam::111122223333:role/Admin"}]}},
         "accounts.google.com": {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [
           {"Claim": "hd", "MatchType": "Equals", "Value": "example.com", "RoleARN": "arn:aws:iam::111122223333:role/Reader"}]}}}},
      {"Groups": [{"GroupName": "admins", "RoleArn": "arn:aws:iam::111122223333:role/Admin", "Precedence": 1},
                  {"GroupName": "readers", "RoleArn": "arn:aws:iam::111122223333:role/Reader", "Precedence": 2}, {"GroupName": "no role"}]}]"#);
    let text = is_green(&folder, "pool.json", &[]);
    for part in [
        "  google: { provider: accounts.google.com }\n  tools: { provider: \"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:tools\" }\n  web: ",
        "  - name: Admin as the preferred role of a member of admins (user web)\n    user: web\n    groups: [admins]\n    expect: { role: Admin, by: preferred-role }\n",
        "  - name: Admin if a member of admins chooses it (user web)\n    user: web\n    groups: [admins]\n    custom_role_arn: Admin\n    expect: { role: Admin, by: custom-role }\n",
        "  - name: Reader without a role in the token (user web)\n    user: web\n    expect: { role: Reader, by: role-resolution }\n",
        "  - name: \"Admin if cognito:groups Contains admins (user tools)\"\n    user: tools\n    groups: [admins]\n",
        "  - name: \"Reader for a member of `no role` (user web)\"\n    user: web\n    groups: [no role]\n",
        "  - name: Admin for a member of all groups (user web)\n    user: web\n    groups: [admins, readers, no role]\n    expect: { role: Admin, by: preferred-role }",
        "  - name: Guest for a guest\n    user: guest\n",
        "  - name: \"denied if cognito:groups is [admin] (user tools)\"\n    # not if rule 1 (Admin) compares with `admin`\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_rule_that_no_token_meets_gets_no_test_that_says_it_does() {
    let folder = Folder::new("init-equals");
    folder.write("pool.json", &crate::harness::POOL.replace("Contains", "Equals"));
    let ran = folder.run(&["--init", "pool.json"]);
    assert_eq!(ran.exit, 0, "{}", ran.err);
    assert!(ran.out.contains("# no token can show: rule 1 decides"), "{}", ran.out);
    assert!(!ran.out.contains("by: rule 1") && !ran.out.contains("rules: 100"), "{}", ran.out);
}

#[test]
fn names_and_comments_tell_long_values_and_roles_of_one_name_apart() {
    let folder = Folder::new("init-alike");
    let rule = |value: &str, role: &str| {
        format!(
            r#"{{"Claim": "custom:team", "MatchType": "Equals", "Value": "{value}", "RoleARN": "arn:aws:iam::{role}"}}"#
        )
    };
    let [one, other] = ["1", "2"].map(|end| "x".repeat(127) + end);
    let rules = [
        rule(&one, "111122223333:role/A"),
        rule(&other, "111122223333:role/team/A"),
        rule("b", "111122223333:role/B"),
        rule("c", "444455556666:role/B"),
    ];
    folder.write(
        "pool.json",
        &format!(
            r#"{{"RoleMappings": {{"accounts.google.com": {{"Type": "Rules", "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {{"Rules": [{}]}}}}}}}}"#,
            rules.join(", ")
        ),
    );
    let text = is_green(&folder, "pool.json", &[]);
    for part in [
        &format!("arn:aws:iam::111122223333:role/A if custom:team Equals {one}\""),
        &format!("arn:aws:iam::111122223333:role/team/A if custom:team Equals {other}\""),
        "# not if rule 1 (role/A) says StartsWith\n",
        "# not if rule 2 (role/team/A) says StartsWith\n",
        "# not if rule 3 (111122223333:role/B) says StartsWith\n",
        "# not if rule 4 (444455556666:role/B) says StartsWith\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("(2)"), "{text}");
}

#[test]
fn roles_that_are_made_up_have_arns() {
    let folder = Folder::new("init-made-up");
    folder.write(
        "pool.json",
        r#"{"Roles": {"authenticated": "arn:aws:iam::111122223333:role/A"},
            "RoleMappings": {"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}},
            "PrincipalTagMaps": [{"IdentityProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC",
                "PrincipalTags": {"groups": "cognito:groups", "role": "cognito:preferred_role", "x": "custom:x"}}]}"#,
    );
    for more in [&[][..], &["--complete"]] {
        let mut args = vec!["--init", "pool.json", "-o", "a.whichrole.yaml"];
        args.extend(more);
        assert_eq!(folder.run(&args).exit, 0);
        let ran = folder.run(&[]);
        assert_eq!(ran.exit, 0, "{}{}", ran.out, ran.err);
        let text = fs::read_to_string(folder.0.join("a.whichrole.yaml")).unwrap();
        assert!(!text.contains("role: example") && !text.contains("role: x"), "{text}");
        fs::remove_file(folder.0.join("a.whichrole.yaml")).unwrap();
    }
}

#[test]
fn pools_parameters_and_paths_are_taken_over() {
    let folder = Folder::new("init-pool");
    let pool = crate::harness::POOL;
    let named = |id: &str| pool.replacen('{', &format!("{{\"IdentityPoolId\": \"us-east-1:{id}\", "), 1);
    folder.write("pools.json", &format!("[{}, {}]", named("one"), named("two")));
    assert!(folder.run(&["--init", "pools.json"]).error().contains("choose with `--pool`"));
    let text = is_green(&folder, "pools.json", &["--pool", "us-east-1:two"]);
    assert!(text.contains("pool: \"us-east-1:two\"\n"), "{text}");

    let here = folder.0.canonicalize().unwrap();
    let ran = folder.run(&["--init", here.join("pool.json").to_str().unwrap()]);
    assert!(ran.out.contains("\nconfig: \"pool.json\"\n") || ran.out.contains("\nconfig: pool.json\n"), "{}", ran.out);
    let ran = folder.run(&["--init", "pool.json", "--input-format", "api-json"]);
    assert!(ran.out.contains("\n# To be run with: --input-format api-json\nversion: 1\n"), "{}", ran.out);
}

#[test]
fn where_no_change_makes_a_difference_the_smallest_suite_says_what_a_guest_gets() {
    let folder = Folder::new("init-nothing");
    folder.write("groups.json", r#"{"Groups": [{"GroupName": "admins"}]}"#);
    let ran = folder.run(&["--init", "groups.json", "--complete", "-o", "g.whichrole.yaml"]);
    assert_eq!((ran.exit, ran.err.as_str()), (0, ""));
    assert_eq!(folder.run(&["g.whichrole.yaml"]).out, "ok: 1 passed in 1 suite\n");
}

#[test]
fn a_first_suite_replaces_nothing() {
    let folder = Folder::new("init-there");
    folder.write("a.whichrole.yaml", "mine");
    let ran = folder.run(&["--init", "pool.json", "-o", "a.whichrole.yaml"]);
    assert_eq!(ran.error(), "error: `a.whichrole.yaml` is there already; a first suite replaces nothing");
    assert_eq!(fs::read_to_string(folder.0.join("a.whichrole.yaml")).unwrap(), "mine");
    let ran = folder.run(&["--init", "pool.json", "-o", "roles.yaml"]);
    assert!(ran.exit == 0 && ran.err.contains("finds files called `*.whichrole.yaml` only"), "{}", ran.err);
    assert_eq!(folder.run(&["--init", "-"]).exit, 2);
}
