//! Nothing of a token or of claims shows in an error, in any spelling, however much is asked for (HI-146 to HI-148).

use std::fmt::Write as _;

use crate::harness::{Folder, base64url, jwt, whichrole};

const POOL: &str = "pools/api/app-pool.json";
const CANARY: &str = "c4n4ryV4lue-9";

/// The canary as it is, and as a careless program might write it.
fn spellings() -> Vec<String> {
    let hex = CANARY.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let percent = CANARY.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").unwrap();
        out
    });
    let mut all = vec![CANARY.to_owned(), CANARY.chars().rev().collect(), hex.to_uppercase(), hex, percent];
    // In base64 the same bytes look different at each of three offsets; the outer letters mix with what surrounds them.
    for offset in 0..3 {
        let encoded = base64url(format!("{}{CANARY}", "x".repeat(offset)).as_bytes());
        let inner = encoded[4..encoded.len() - 4].to_owned();
        all.push(inner.replace('-', "+").replace('_', "/"));
        all.push(inner);
    }
    all
}

fn leaks_nothing(stdout: &str, stderr: &str) {
    for spelling in spellings() {
        assert!(!stderr.contains(&spelling), "{spelling} in: {stderr}");
        assert!(!stdout.contains(&spelling), "{spelling} in: {stdout}");
    }
}

/// Tokens and claims that have the canary in a value, and are wrong in one way each; or right, and denied.
fn inputs() -> Vec<String> {
    let header = format!(r#"{{"alg":"RS256","kid":"{CANARY}"}}"#);
    let good = format!(r#"{{"sub":"{CANARY}","iss":"https://{CANARY}","aud":"{CANARY}","exp":"{CANARY}"}}"#);
    let token = jwt(&header, &good);
    let mut inputs = vec![
        good.clone(),
        token.clone(),
        format!("{token}."),
        format!("{token}.x.y"),
        format!("{token}\n{token}"),
        token.replacen('.', "", 1),
        format!("{token}="),
        token[..token.len() - 20].to_owned(),
        jwt(&format!(r#"{{"alg":"{CANARY}#"}}"#).replace(CANARY, "x"), &good),
        jwt(&format!(r#"{{"alg":"RS256","jku":"{CANARY}","crit":["{CANARY}"]}}"#), &good),
        format!("{} x", good),
        good.replace(",\"aud", ",,\"aud"),
        good.replace("\"}", ""),
        good.replace("\"aud\"", "\"iss\""),
        good.replace("\"aud\"", CANARY),
        good.replace("\"sub\":", "\"sub\":tru"),
        format!("[\"{CANARY}\"]"),
        format!("\"{CANARY}\""),
        CANARY.to_owned(),
        format!("{{\"a\":{}\"{CANARY}\"", "[".repeat(40)),
        format!("{{\"a\":\"{CANARY}{}\"}}", "x".repeat(70_000)),
    ];
    inputs.extend([jwt(&header, format!("[\"{CANARY}\"]")), jwt(&format!("\"{CANARY}\""), &good)]);
    inputs
}

#[test]
fn hi_146_no_error_holds_a_word_of_the_token() {
    let folder = Folder::new();
    for (n, input) in inputs().iter().enumerate() {
        let file = folder.file(format!("{n}.txt"), input);
        let file = file.to_str().unwrap();
        for arguments in [
            vec!["eval", POOL, file],
            vec!["eval", POOL, "--token-env", "T"],
            vec!["eval", POOL, file, "--format", "json"],
            vec!["batch", POOL, file],
            vec!["token", "verify", file, "--jwks", "tokens/jwks.json", "--now", "now"],
            vec!["token", "verify", file, "--jwks", "tokens/jwks.json", "--now", "now", "--format", "json"],
            vec!["token", "verify", "tokens/alice.id.jwt", "--now", "now", "--jwks", file],
            vec!["eval", POOL, "--member", "x", "--groups", file, "--now", "now", "--claim", "iss=x"],
        ] {
            let call = whichrole(&arguments).arg("-vvv").env("T", input.trim());
            let call = call.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("DEBUG", "1");
            let outcome = call.run();
            // Groups are configuration, where a source line may show; there the file is not a token.
            if !arguments.contains(&"--groups") {
                leaks_nothing(&outcome.stdout, &outcome.stderr);
            }
        }
    }
}

#[test]
fn hi_147_an_answer_without_explanation_has_no_claim_values() {
    let call = |arguments: &[&str]| {
        let claims = format!(
            r#"{{"custom:dept":"{CANARY}","email":"{CANARY}","cognito:groups":["{CANARY}"],"sub":"{CANARY}"}}"#
        );
        whichrole(arguments).input(claims).run()
    };
    for arguments in [
        vec!["eval", POOL, "-"],
        vec!["eval", POOL, "-", "--format=json"],
        vec!["batch", POOL, "-"],
        vec!["eval", POOL, "-", "-vvv"],
    ] {
        let outcome = call(&arguments);
        leaks_nothing(&outcome.stdout, &outcome.stderr);
    }
    let explained = call(&["explain", POOL, "-"]);
    assert!(explained.stdout.contains(CANARY), "explain shows what the rules read");
    assert!(!explained.stdout.contains("sub"), "and nothing else");
}

#[test]
fn hi_148_a_token_among_the_arguments_is_not_repeated() {
    let token = jwt(r#"{"alg":"RS256"}"#, format!(r#"{{"sub":"{CANARY}"}}"#));
    for arguments in [
        vec!["eval", POOL, &token],
        vec!["eval", &token, POOL],
        vec!["evil", &token],
        vec!["eval", POOL, "--nothing", &token],
        vec!["eval", POOL, "--provider", &token],
        vec!["eval", POOL, "--jwks", &token],
        vec!["eval", POOL, "-o", &token],
        vec!["eval", POOL, "--now", &token],
        vec!["token", "decode", "--token-env", &token],
        vec!["token", "make", "--pre-token", &token],
    ] {
        for json in [false, true] {
            let outcome = whichrole(&arguments).args(json.then_some("--format=json")).run();
            outcome.exits(2);
            leaks_nothing(&outcome.stdout, &outcome.stderr);
            assert!(!outcome.stderr.contains(&token[..20]) && !outcome.stdout.contains(&token[..20]));
        }
    }
}
