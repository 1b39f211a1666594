//! What people read, as it is: explanations and errors. `cargo insta review` after a change that is meant.

use crate::harness::{Folder, Outcome, pool_of, pool_with_rules, whichrole};

fn shown(outcome: &Outcome) -> String {
    let code = outcome.code.unwrap();
    let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("--- {name}\n{text}") };
    format!("exit code {code}\n{}{}", part("stdout", &outcome.stdout), part("stderr", &outcome.stderr))
}

fn explain(arguments: &[&str]) -> String {
    shown(&whichrole(["explain", "pools/api"]).args(arguments).run())
}

fn explain_pool(pool: &str, arguments: &[&str]) -> String {
    shown(&whichrole(["explain", "-"]).args(arguments).input(pool).run())
}

#[test]
fn explanations() {
    insta::assert_snapshot!("explain_rule", explain(&["tokens/alice.id.jwt"]));
    insta::assert_snapshot!("explain_second_rule", explain(&["tokens/bob.id.jwt"]));
    insta::assert_snapshot!(
        "explain_denied_with_near_misses",
        explain(&["--claim", "custom:dept=News ", "--claim", "cognito:group=admins"])
    );
    insta::assert_snapshot!("explain_not_certain", explain(&["--claim", r#"cognito:groups=["sub-admins"]"#]));
    insta::assert_snapshot!(
        "explain_assumed",
        explain(&["--claim", r#"cognito:groups=["sub-admins"]"#, "--assume", "array-claims=membership"])
    );
    insta::assert_snapshot!("explain_guest", explain(&["--guest"]));
    insta::assert_snapshot!("explain_member", explain(&["--member", "writers,readers"]));
    insta::assert_snapshot!(
        "explain_want",
        explain(&["--claim", "custom:dept=sport", "--want", "arn:aws:iam::111122223333:role/Editor"])
    );
    insta::assert_snapshot!(
        "explain_want_given",
        explain(&["tokens/alice.id.jwt", "--want", "arn:aws:iam::111122223333:role/Admin"])
    );
    insta::assert_snapshot!(
        "explain_want_nowhere",
        explain(&["tokens/alice.id.jwt", "--want", "arn:aws:iam::111122223333:role/Nowhere"])
    );
    insta::assert_snapshot!(
        "explain_custom_role",
        explain(&["tokens/alice.id.jwt", "--custom-role-arn", "arn:aws:iam::111122223333:role/Editor"])
    );
    insta::assert_snapshot!("explain_access_token", explain(&["tokens/alice.access.jwt"]));
    insta::assert_snapshot!("explain_expired", explain(&["tokens/alice.id.jwt", "--now", "2036-01-01T00:00:00Z"]));
    insta::assert_snapshot!(
        "explain_not_verified",
        explain(&["tokens/alice.id.jwt", "--jwks", "tokens/algorithms/jwks.json", "--now", "2026-01-01T00:30:00Z"])
    );
    let token = pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"AuthenticatedRole"}"#);
    insta::assert_snapshot!("explain_token_mapping", explain_pool(&token, &["--claim", "sub=1"]));
    insta::assert_snapshot!(
        "explain_preferred_role",
        explain_pool(
            &token,
            &[
                "--claim",
                "cognito:preferred_role=arn:aws:iam::111122223333:role/Writer",
                "--claim",
                r#"cognito:roles=["arn:aws:iam::111122223333:role/Writer","arn:aws:iam::111122223333:role/Reader"]"#
            ]
        )
    );
    insta::assert_snapshot!("explain_no_rules", explain_pool(&pool_with_rules(""), &["--claim", "sub=1"]));
}

#[test]
fn the_roles_that_may_be_chosen_are_those_of_the_choices_in_force() {
    let choosable = |assume: &str| {
        let claim = r#"cognito:groups=["sub-admins"]"#;
        let arguments = ["explain", "pools/api", "--claim", claim, "--format", "json", "--assume", assume];
        let roles = whichrole(arguments).run().json()["logins"][0]["custom_roles"].clone();
        roles
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role.as_str().unwrap().replace("arn:aws:iam::111122223333:role/", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(choosable("array-claims=json-text"), ["Admin"]);
    assert_eq!(choosable("array-claims=membership"), [""; 0]);
    assert_eq!(choosable("rules-custom-role=any-rule"), ["Admin", "Editor"]);
    assert_eq!(choosable("rules-custom-role=refuse"), [""; 0]);
}

#[test]
fn errors() {
    let folder = Folder::new();
    let show = |text: &str| {
        let file = folder.file("pool.json", text);
        let outcome = whichrole(["show"]).arg(&file).run();
        shown(&outcome).replace(folder.path("").to_str().unwrap(), "")
    };
    let rule = r#"{"Claim":"dept","MatchType":"Equal","Valu":"x","RoleARN":"r"}"#;
    insta::assert_snapshot!("error_several_problems", show(&pool_with_rules(rule).replace(',', ",\n  ")));
    insta::assert_snapshot!("error_long_line", show(&pool_with_rules(&format!("{rule},{rule}"))));
    insta::assert_snapshot!("error_tabs_and_hidden_characters", show("{\"Roles\":{},\n\t\t\"\u{202e}é\":\t\u{1b}x}"));
    insta::assert_snapshot!("error_not_json", show("{\n  \"Roles\": {\"authenticated\": }\n}"));
    insta::assert_snapshot!("error_end", show("{\"Roles\":\n"));
    insta::assert_snapshot!(
        "error_provider_twice",
        show("[{\"RoleMappings\":{\"a\":{\"Type\":\"Token\"}}},\n {\"RoleMappings\":{\"a\":{\"Type\":\"Token\"}}}]")
    );
    insta::assert_snapshot!("error_no_command", shown(&whichrole(["eval"]).run()));
    insta::assert_snapshot!("error_unknown_option", shown(&whichrole(["eval", "x", "--gest"]).run()));
    insta::assert_snapshot!(
        "error_claims_have_no_snippet",
        shown(&whichrole(["eval", "pools/api", "-"]).input("{\n  \"sub\": secret }").run())
    );
}

#[test]
fn causes_of_messages() {
    let decode = |text: &str| shown(&whichrole(["decode", text]).run());
    insta::assert_snapshot!(
        "decode_invalid_configuration",
        decode("Invalid identity pool configuration. Check assigned IAM roles for this pool.")
    );
    insta::assert_snapshot!("decode_unknown", decode("hello"));
    let message = "An error occurred (NotAuthorizedException) when calling the GetCredentialsForIdentity operation: \
                   Unauthenticated access is not supported for this identity pool.";
    assert_eq!(
        whichrole(["decode", "-"]).input(message).run().exits(0).stdout,
        whichrole(["decode", message]).run().stdout
    );
    whichrole(["decode", "-"]).run().refuses("`standard input` is empty");
}

#[test]
fn show_prints_what_show_can_read() {
    let first = whichrole(["show", "pools/api"]).run();
    insta::assert_snapshot!("show", first.exits(0).stdout);
    let second = whichrole(["show", "-"]).input(&first.stdout).run();
    second.exits(0).prints(&first.stdout).says("");
}
