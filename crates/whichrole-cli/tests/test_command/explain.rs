//! The command that a failure shows is pasted into a shell, and must ask the very same question.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Folder, Ran};

/// Runs a command line as it was printed, in a shell that finds the command.
fn in_shell(folder: &Folder, line: &str) -> Ran {
    let binary = Path::new(env!("CARGO_BIN_EXE_whichrole")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let shell = if line.contains("<(") || line.contains("$'") { "bash" } else { "sh" };
    Ran::of(Command::new(shell).args(["-c", line]).current_dir(&folder.0).env("PATH", path).output().unwrap())
}

/// Every failure's answer, and the command that explains it.
fn failures(ran: &Ran) -> Vec<(String, String)> {
    let suites: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    let cases = suites["suites"][0]["cases"].as_array().unwrap();
    let failed = cases.iter().filter(|case| case["status"] == "fail");
    failed.map(|case| (case["decision"].to_string(), case["explain"].as_str().unwrap_or_default().to_owned())).collect()
}

#[cfg(unix)]
#[test]
fn the_command_runs_as_printed_and_gets_the_same_answer() {
    let folder = Folder::new("explain it");
    folder.write("-pools.json", r#"[
      {"IdentityPoolId": "us-east-1:one", "Roles": {"authenticated": "arn:aws:iam::111122223333:role/Staff", "unauthenticated": "arn:aws:iam::111122223333:role/Guest"},
       "RoleMappings": {
         "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web": {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [
           {"Claim": "custom:dept", "MatchType": "Equals", "Value": "eng", "RoleARN": "arn:aws:iam::111122223333:role/Staff"},
           {"Claim": "custom:motto", "MatchType": "Contains", "Value": "it's", "RoleARN": "arn:aws:iam::111122223333:role/Motto"},
           {"Claim": "a=b", "MatchType": "Equals", "Value": "1", "RoleARN": "arn:aws:iam::111122223333:role/Odd"},
           {"Claim": "flags", "MatchType": "Contains", "Value": "x", "RoleARN": "arn:aws:iam::111122223333:role/Flag"}]}},
         "accounts.google.com": {"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": {"Rules": [
           {"Claim": "hd", "MatchType": "Equals", "Value": "example.com", "RoleARN": "arn:aws:iam::111122223333:role/Staff"}]}}}},
      {"IdentityPoolId": "us-east-1:two", "RoleMappings": {"accounts.google.com": {"Type": "Token"}}}]"#);
    fs::create_dir(folder.0.join("the tokens")).unwrap();
    folder.write("the tokens/real's.json", r#"{"iss": "https://accounts.google.com", "hd": "example.com"}"#);
    // Every test expects what it does not get.
    folder.write(
        "a.whichrole.yaml",
        r#"version: 1
config: ./-pools.json
pool: us-east-1:one
provider: cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web
now: 2026-01-01T00:00:00Z
assume: { array-claims: membership }
users:
  visitor: { guest: true }
  real: { jwt: "the tokens/real's.json", provider: accounts.google.com }
tests:
  - { name: plain, claims: { "custom:dept": eng }, expect: deny }
  - { name: quotes, claims: { "custom:motto": "it's \"$HOME\" `x` \\n" }, expect: deny }
  - { name: control, claims: { "custom:motto": "it's\e[31m\t\u202e" }, expect: deny }
  - { name: an odd name, claims: { "a=b": "1" }, expect: deny }
  - { name: text that looks like JSON, claims: { flags: "[\"x\"]" }, expect: deny }
  - { name: an array, claims: { flags: [x, "y z"] }, expect: deny }
  - { name: a boolean, claims: { flags: true }, expect: Staff }
  - { name: a number, claims: { flags: { $json: "1.50" } }, expect: Staff }
  - { name: nothing, claims: {}, expect: Staff }
  - { name: too late, claims: { "custom:dept": eng, exp: 1767225600 }, expect: Staff }
  - { name: chosen, claims: { "custom:dept": eng }, custom_role_arn: Odd, expect: Odd }
  - { name: other choice, assume: { array-claims: contains-element }, claims: { flags: [ax] }, expect: deny }
  - { name: another provider, provider: accounts.google.com, claims: { hd: example.com }, expect: deny }
  - { name: a file, user: real, expect: deny }
  - { name: a guest, user: visitor, expect: Staff }
"#,
    );
    let ran = folder.run(&["--format", "json"]);
    assert_eq!(ran.exit, 1, "{}", ran.out);
    let failures = failures(&ran);
    assert_eq!(failures.len(), 15, "{}", ran.out);
    for (decision, command) in failures {
        gets_the_same(&folder, &decision, &command);
    }
    // Several logins, of which one is a file.
    folder.write(
        "a.whichrole.yaml",
        r#"version: 1
config: ./-pools.json
pool: us-east-1:one
users:
  real: { jwt: "the tokens/real's.json" }
  google: { claims: { iss: "https://accounts.google.com", hd: example.com } }
  pool: { claims: { iss: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", aud: web, "custom:motto": it's } }
tests:
  - { name: claims, logins: [google, pool], expect: Odd }
  - { name: a file, logins: [real, pool], expect: Odd }
"#,
    );
    let ran = folder.run(&["--format", "json"]);
    let failures = self::failures(&ran);
    assert_eq!((ran.exit, failures.len()), (1, 2), "{}", ran.out);
    for (decision, command) in failures {
        gets_the_same(&folder, &decision, &command);
    }
}

/// Asks again in a shell, for people and for scripts.
#[cfg(unix)]
fn gets_the_same(folder: &Folder, decision: &str, command: &str) {
    assert!(command.contains("whichrole explain ./-pools.json"), "{command}");
    let shown = in_shell(folder, command);
    assert!(shown.exit < 2, "{command}\n{}", shown.err);
    assert!(shown.out.lines().count() > 1, "{command}\n{}", shown.out);
    let again = in_shell(folder, &format!("{} --format json", command.replace("whichrole explain", "whichrole eval")));
    let again: serde_json::Value =
        serde_json::from_str(&again.out).unwrap_or_else(|_| panic!("{command}: {}", again.err));
    let first: serde_json::Value = serde_json::from_str(decision).unwrap();
    for member in ["decision", "role", "source", "rule", "deny", "tags", "certain", "readings"] {
        assert_eq!(again[member], first[member], "{member} of {command}");
    }
}

#[cfg(unix)]
#[test]
fn the_command_reads_the_configuration_as_the_run_did() {
    let folder = Folder::new("explain-param");
    folder.write("template.yaml", "Parameters: { Dept: { Type: String } }\nResources:\n  Roles:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: x\n      RoleMappings:\n        google:\n          IdentityProvider: accounts.google.com\n          Type: Rules\n          AmbiguousRoleResolution: Deny\n          RulesConfiguration: { Rules: [{ Claim: dept, MatchType: Equals, Value: !Ref Dept, RoleARN: \"arn:aws:iam::111122223333:role/Staff\" }] }\n");
    let test = "tests:\n  - { name: t, claims: { dept: \"e n\" }, expect: deny }\n";
    folder.write("a.whichrole.yaml", &format!("version: 1\nconfig: template.yaml\n{test}"));
    assert!(folder.run(&[]).error().contains("pass `--param Dept=…`"));
    let ran = folder.run(&["--param", "Dept=e n", "--input-format", "cloudformation", "--format", "json"]);
    let [(_, command)] = &failures(&ran)[..] else { panic!("{}", ran.out) };
    assert!(command.ends_with("--input-format cloudformation --param 'Dept=e n'"), "{command}");
    assert_eq!(in_shell(&folder, command).exit, 0);
    let other = folder.run(&["--input-format", "terraform"]);
    assert_eq!(other.exit, 2, "{}", other.out);
    assert_eq!(folder.run(&["--param", "Dept=e n", "--max-config-bytes", "10"]).exit, 2);
}

#[cfg(unix)]
#[test]
fn configurations_to_compare_with_take_the_same_options() {
    let folder = Folder::new("equivalent-param");
    let main = |variable: &str| {
        format!(
            "variable \"dept\" {{}}\nresource \"aws_cognito_identity_pool_roles_attachment\" \"main\" {{\n  identity_pool_id = \"us-east-1:x\"\n  roles = {{}}\n  role_mapping {{\n    identity_provider = \"accounts.google.com\"\n    type = \"Rules\"\n    ambiguous_role_resolution = \"Deny\"\n    mapping_rule {{\n      claim = \"dept\"\n      match_type = \"Equals\"\n      value = {variable}\n      role_arn = \"arn:aws:iam::111122223333:role/Staff\"\n    }}\n  }}\n}}\n"
        )
    };
    folder.write("one.tf", &main("var.dept"));
    folder.write("two.tf", &main("upper(var.dept)"));
    folder.write(
        "a.whichrole.yaml",
        "version: 1\nconfig: one.tf\nproperties:\n  - { name: same, equivalent_to: two.tf }\n",
    );
    assert_eq!(folder.run(&["--var", "dept=ENG"]).exit, 0);
    assert_eq!(folder.run(&["--var", "dept=eng"]).exit, 1);
    assert_eq!(folder.run(&[]).exit, 2);
}
