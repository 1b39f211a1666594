//! Exit codes are the same everywhere: 0 yes, 1 no, 2 could not answer, 3 not certain; and what `--format json` prints for each.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::harness::{ADMIN, Folder, PROVIDER, whichrole};
use crate::schema::{check, keys};

const POOL: &str = "pools/api/app-pool.json";
const ALICE: &str = "tokens/alice.id.jwt";
/// Whether `[admins]` is text or a list is what AWS leaves open, so this answer is not certain.
const OPEN: &str = r#"cognito:groups=["sub-admins"]"#;

#[test]
fn eval_and_explain_say_yes_no_and_not_certain() {
    for verb in ["eval", "explain"] {
        let with = |arguments: &[&str]| whichrole([verb, POOL]).args(arguments).run();
        with(&[ALICE]).exits(0);
        with(&["--claim", "custom:dept=x"]).exits(1);
        with(&["--claim", "custom:dept=x", "--exit-zero"]).exits(0);
        with(&["--guest"]).exits(0);
        with(&["--claim", OPEN]).exits(0);
        with(&["--claim", OPEN, "--strict"]).exits(3);
        with(&["--claim", OPEN, "--strict", "--exit-zero"]).exits(3);
        with(&["--claim", OPEN, "--strict", "--assume", "array-claims=membership"]).exits(1);
        with(&[ALICE, "--strict"]).exits(0);
        with(&[]).exits(2);
        with(&["nowhere.jwt"]).exits(2);
        with(&["nowhere.jwt", "--exit-zero"]).exits(2);
    }
}

#[test]
fn eval_prints_the_role_and_nothing_else() {
    whichrole(["eval", POOL, ALICE]).run().exits(0).prints(&format!("{ADMIN}\n")).says("");
    whichrole(["eval", POOL, "--claim", "custom:dept=x"]).run().exits(1).prints("").says(
        "denied (role-resolution-denied): NotAuthorizedException: The ambiguous role mapping rules denied this request",
    );
}

#[test]
fn the_other_commands_use_the_same_codes() {
    let folder = Folder::new();
    let exits = |code: i32, arguments: &[&str]| whichrole(arguments).run().exits(code).took;
    exits(0, &["show", POOL]);
    exits(2, &["show", ALICE]);
    exits(0, &["token", "make", "--member", "admins", "--groups", "pools/api/groups.json"]);
    exits(2, &["token", "make", "--member", "admin", "--groups", "pools/api/groups.json"]);
    exits(0, &["token", "decode", ALICE]);
    exits(2, &["token", "decode", POOL.replace("app-pool", "nowhere").as_str()]);
    let verify = ["token", "verify", ALICE, "--jwks", "tokens/jwks.json", "--now"];
    exits(0, &[&verify[..], &["2026-01-01T00:30:00Z"]].concat());
    exits(1, &[&verify[..], &["2036-01-01T00:00:00Z"]].concat());
    exits(0, &[&verify[..], &["2036-01-01T00:00:00Z", "--exit-zero"]].concat());
    exits(2, &["token", "verify", ALICE, "--jwks", "tokens/jwks.json"]);
    exits(0, &["decode", "Invalid identity pool configuration. Check assigned IAM roles for this pool."]);
    exits(2, &["decode", "hello"]);
    exits(0, &["schema", "eval"]);
    exits(2, &["schema", "nothing"]);
    exits(0, &["completions", "bash"]);
    exits(2, &["completions", "tcsh"]);
    exits(0, &["man", folder.path("man").to_str().unwrap()]);
    exits(2, &["man", "/dev/null/x"]);
    exits(0, &["--version"]);
    exits(2, &[]);
    exits(2, &["token"]);
    exits(2, &["evil"]);
}

#[test]
fn a_decision_is_as_its_schema_says_in_the_order_of_the_contract() {
    let order = [
        "schema",
        "decision",
        "role",
        "source",
        "rule",
        "deny",
        "tags",
        "certain",
        "assumptions",
        "readings",
        "provider",
        "signature",
    ];
    for arguments in [
        vec![ALICE],
        vec!["--guest"],
        vec!["--claim", "custom:dept=x"],
        vec!["--claim", OPEN],
        vec![ALICE, "--jwks", "tokens/jwks.json", "--now", "2026-01-01T00:30:00Z"],
        vec![ALICE, "--jwks", "tokens/jwks.json", "--now", "2036-01-01T00:00:00Z"],
        vec![ALICE, "--custom-role-arn", "arn:aws:iam::111122223333:role/Other"],
    ] {
        let eval = whichrole(["eval", "pools/api", "--format", "json"]).args(&arguments).run();
        check("eval", &eval.json());
        assert_eq!(keys(&eval.stdout), order, "{arguments:?}");
        let explain = whichrole(["explain", "pools/api", "--format", "json"]).args(&arguments).run();
        check("explain", &explain.json());
        assert_eq!(explain.code, eval.code);
        assert_eq!(explain.json()["answer"], eval.json());
    }
}

#[test]
fn a_verified_answer_says_so() {
    let eval = |now: &str| {
        let arguments = ["eval", POOL, ALICE, "--format", "json", "--jwks", "tokens/jwks.json", "--now", now];
        whichrole(arguments).run()
    };
    let good = eval("2026-01-01T00:30:00Z").exits(0).json();
    assert_eq!((&good["signature"], &good["role"]), (&json!("verified"), &json!(ADMIN)));
    let late = eval("2036-01-01T00:00:00Z").exits(1).json();
    assert_eq!(late["deny"]["reason"], "invalid-token");
    assert_eq!((&late["role"], &late["tags"], &late["certain"]), (&json!(null), &json!({}), &json!(true)));
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let code = |arguments: &[&str]| {
        let outcome = whichrole(arguments).args(["--format", "json"]).run();
        outcome.exits(2).says("");
        let error = outcome.json();
        check("error", &error);
        assert_eq!(outcome.stdout.lines().count(), 1);
        error["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(&[]), "usage");
    assert_eq!(code(&["evil"]), "usage");
    assert_eq!(code(&["eval"]), "usage");
    assert_eq!(code(&["token"]), "usage");
    assert_eq!(code(&["eval", POOL]), "usage");
    assert_eq!(code(&["eval", POOL, "--leeway", "301"]), "usage");
    assert_eq!(code(&["eval", POOL, "--now", "soon", "--guest"]), "usage");
    assert_eq!(code(&["eval", POOL, "--assume", "x=y", "--guest"]), "unknown-choice");
    assert_eq!(code(&["eval", POOL, "--pool", "x", "--guest"]), "unknown-pool");
    assert_eq!(code(&["eval", POOL, "--provider", "x", "--claim", "a=b"]), "unknown-provider");
    assert_eq!(code(&["eval", "nowhere.json", "--guest"]), "io");
    assert_eq!(code(&["eval", ALICE, "--guest"]), "looks-like-token");
    assert_eq!(code(&["batch", POOL, "nowhere.ndjson"]), "io");
    assert_eq!(code(&["show", "nowhere.json"]), "io");
    assert_eq!(code(&["token", "decode", "nowhere.jwt"]), "io");
    assert_eq!(code(&["decode", "hello"]), "unknown-message");
    assert_eq!(code(&["man", "/dev/null/x"]), "io");
}

#[test]
fn a_usage_error_in_json_says_all_of_it() {
    let error = whichrole(["eval", "--format=json"]).run();
    assert_eq!(
        error.exits(2).stdout,
        "{\"error\":{\"code\":\"usage\",\"message\":\"the following required arguments were not provided: <CONFIG>\"}}\n"
    );
    whichrole(["eval", POOL, "--guest", "--leeway", "1e9"])
        .run()
        .refuses("invalid value '1e9' for '--leeway <SECONDS>': expected 0–300 seconds");
    for wrong in ["-1", "301", "18446744073709551615"] {
        whichrole(["eval", POOL, "--guest", "--leeway", wrong]).run().exits(2).mentions("0–300");
    }
    for right in ["0", "300"] {
        whichrole(["eval", POOL, "--guest", "--now", "2026-01-01T00:00:00Z", "--leeway", right]).run().exits(0);
    }
}

#[test]
fn errors_of_a_configuration_have_their_places_and_their_keys_in_order() {
    let folder = Folder::new();
    let file = folder.file("pool.json", "{\"RoleMappings\":{\"a\":{\n  \"Type\":\"Rule\",\"x\":1}}}");
    let outcome = whichrole(["show", "--format", "json"]).arg(&file).run();
    let error = outcome.exits(2).json();
    check("error", &error);
    assert_eq!(error["error"]["code"], "invalid-configuration");
    assert_eq!(error["error"]["problems"][0]["code"], "unknown-mapping-type");
    assert_eq!(error["error"]["problems"][1]["code"], "unknown-field");
    assert_eq!(error["error"]["problems"][1]["line"], 2);
    let problems = outcome.stdout.split_once("\"problems\":[").unwrap().1;
    assert_eq!(keys(problems.split_inclusive('}').next().unwrap()), ["code", "message", "file", "line", "column"]);
}

#[test]
fn a_broken_pipe_is_quiet_success() {
    for arguments in
        [vec!["eval", POOL, ALICE], vec!["schema", "explain"], vec!["eval", POOL, ALICE, "--format", "json"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_whichrole"))
            .current_dir(crate::harness::testdata(""))
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let full = ["eval", POOL, ALICE, "-o", "/dev/full"];
    whichrole(full).run().refuses("cannot write `/dev/full`: no space left on device");
    let json = whichrole(full).args(["--format", "json"]).run();
    assert_eq!(json.exits(2).json()["error"]["code"], "io");
    whichrole(["batch", POOL, "-o", "/dev/full"]).input("{}").run().refuses("cannot write `/dev/full`");
    let nowhere = ["test", "--init", POOL, "-o", "no-such-folder/roles.whichrole.yaml"];
    whichrole(nowhere).run().refuses("cannot write `no-such-folder/roles.whichrole.yaml`: its folder does not exist");
}

#[test]
fn quiet_leaves_results_and_errors() {
    let open = ["eval", POOL, "--claim", OPEN];
    whichrole(open).run().mentions("note: not certain");
    whichrole(open).args(["-q"]).run().exits(0).says("");
    whichrole(["eval", POOL, "--claim", "custom:dept=x", "-q"]).run().exits(1).mentions("denied");
    whichrole(["eval", "nowhere.json", "--guest", "-q"]).run().refuses("cannot read `nowhere.json`");
}

#[test]
fn several_candidates_are_listed() {
    let folder = Folder::new();
    let other = PROVIDER.replace("EXAMPLE1", "EXAMPLE2");
    let pool = format!(r#"{{"RoleMappings":{{"{PROVIDER}":{{"Type":"Token"}},"{other}":{{"Type":"Token"}}}}}}"#);
    let file = folder.file("pool.json", pool);
    let outcome = whichrole(["eval"]).arg(&file).args(["--claim", "a=b"]).run();
    outcome.refuses("the token does not say which provider it is for").mentions(PROVIDER).mentions(&other);
    for key in [PROVIDER, PROVIDER.rsplit_once(':').unwrap().0] {
        let named =
            whichrole(["eval"]).arg(&file).args(["--claim", "a=b", "--provider", key, "--format", "json"]).run();
        assert_eq!(named.json()["provider"], PROVIDER);
    }
}

#[test]
fn explain_says_what_sts_would_say_where_the_trust_policy_is_there() {
    let member = ["--claim", "cognito:groups=[\"admins\"]"];
    for (config, accepts, said) in [
        (
            "lint/trust-tag-session/bad.yaml",
            Some(false),
            "STS would refuse: the statement does not allow `sts:TagSession` (lint/trust-tag-session/bad.yaml:67:21)",
        ),
        ("lint/trust-tag-session/good.yaml", Some(true), "STS would accept: "),
        ("lint/trust-action/bad.tf", Some(false), "STS would refuse: the statement allows `sts:AssumeRole`;"),
        ("lint/trust-aud/bad.json", Some(false), "STS would refuse: the policy wants `us-east-1_Example`"),
    ] {
        let text = whichrole(["explain", config]).args(member).run();
        assert!(text.exits(0).stdout.contains(said), "{config}: {}", text.stdout);
        let json = whichrole(["explain", config, "--format", "json"]).args(member).run().json();
        check("explain", &json);
        assert_eq!(json["sts"]["accepts"].as_bool(), accepts, "{config}");
        assert_eq!(json["sts"]["because"].as_array().unwrap().is_empty(), accepts == Some(true));
    }
    // Nothing is said of a role whose policy nobody has shown, and nothing where no role was given.
    let silent = whichrole(["explain", "pools/api", ALICE]).run();
    assert!(!silent.exits(0).stdout.contains("STS"), "{}", silent.stdout);
    let denied = whichrole(["explain", "lint/trust-action/bad.tf", "--claim", "a=b", "--format", "json"]).run();
    assert!(denied.exits(1).json()["sts"].is_null());
}
