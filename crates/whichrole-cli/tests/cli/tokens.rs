//! Hostile tokens and claims through the command (HI-01 to HI-40). What is wrong is named; nothing of the token is.

use crate::harness::{Folder, PROVIDER, base64url, eval, jwt, pool_of, testdata, whichrole};

const POOL: &str = "pools/api/app-pool.json";
const HEADER: &str = r#"{"alg":"RS256","kid":"1"}"#;

/// What `eval` says about a token on standard input; every command that takes tokens says the same.
fn refuses(input: impl AsRef<[u8]>, error: &str) {
    let input = input.as_ref();
    let outcome = eval(input);
    outcome.refuses(&format!("standard input: {error}")).at_once();
    let decode = whichrole(["token", "decode"]).input(input).run();
    assert_eq!(decode.refuses("").stderr, outcome.stderr);
    if !input.contains(&b'\n') && !input.trim_ascii().is_empty() {
        let batch = whichrole(["batch", POOL, "--max-line-bytes", "200000000"]).input(input).run();
        assert_eq!(batch.exits(2).json()["error"]["message"], error);
    }
}

/// The same for claims, where the place is known.
fn refuses_claims(input: impl AsRef<[u8]>, error: &str) {
    eval(input).refuses(&format!("standard input:{error}")).at_once();
}

#[test]
fn hi_01_to_04_a_token_has_three_parts() {
    refuses("", "no token given");
    refuses(" \r\n\t", "no token given");
    refuses("abc", "expected 3 parts, found 1");
    refuses("a.b", "expected 3 parts, found 2");
    refuses("a.b.c.d", "expected 3 parts, found 4");
    let encrypted = format!("a.b.c.{}.d", base64url(b"{\"sub\":\"1\"}"));
    refuses(&encrypted, "encrypted token (JWE) is not supported; a refresh token is one");
    refuses("...", "expected 3 parts, found 4");
    refuses(".e30.x", "the header of the token is empty");
    refuses("e30..x", "the claims part of the token is empty");
    let unsigned = format!("{}.{}.", base64url(HEADER.as_bytes()), base64url(b"{}"));
    whichrole(["token", "decode"])
        .input(unsigned)
        .run()
        .exits(0)
        .prints("{}\n")
        .says("warning: the token is not signed: its signature is empty");
}

#[test]
fn hi_05_what_surrounds_a_token_is_passed_over() {
    let token = jwt(HEADER, r#"{"sub":"1"}"#);
    let decode = |input: String| whichrole(["token", "decode"]).input(input).run();
    for input in [token.clone(), format!("{token}\n"), format!("  {token}\r\n")] {
        decode(input).exits(0).prints("{\n  \"sub\": \"1\"\n}\n").says("");
    }
    for input in [format!("Bearer {token}"), format!("\"{token}\"\n"), format!("'{token}'")] {
        let note = "warning: the token has `Bearer ` or quotes around it, which were passed over";
        decode(input).exits(0).prints("{\n  \"sub\": \"1\"\n}\n").says(note);
    }
}

#[test]
fn hi_06_base64url_has_one_spelling() {
    let payload = base64url(b"{\"a\":\"??>>\"}");
    for (n, wrong) in [" ", "\t", "=", "+", "/"].into_iter().enumerate() {
        let token = format!("e30.{}{wrong}{}.x", &payload[..n], &payload[n..]);
        refuses(token, &format!("not base64url at offset {n} of part 2"));
    }
    eval(format!("e30.{}\n{}.eHg", &payload[..3], &payload[3..])).refuses("standard input: not base64url at offset 3");
    refuses("e31.e30.eA", "not base64url at offset 2 of part 1");
}

#[test]
fn hi_07_a_token_over_the_limit_is_read_no_further() {
    let fits = |claims: usize| jwt(HEADER, format!(r#"{{"a":"{}"}}"#, "x".repeat(claims)));
    let most = (0..4).map(|n| fits(37_400 + n)).find(|token| token.len() <= 50_000).unwrap();
    whichrole(["token", "decode"]).input(most).run().exits(0);
    refuses("a".repeat(50_001), "the token is larger than 50000 bytes");
    refuses(vec![b'a'; 100_000_000], "the token is larger than 50000 bytes");
    refuses([b"{\"a\":\"".as_slice(), &vec![0xc3; 70_000]].concat(), "the claims are larger than 65536 bytes");
}

#[test]
fn a_flag_moves_the_limits_of_a_token() {
    let claims = format!(r#"{{"a":"{}"}}"#, "x".repeat(100_000));
    let decode = |flags: &[&str], input: &str| whichrole(["token", "decode"]).args(flags).input(input).run();
    decode(&["--max-token-bytes", "200000"], &claims).exits(0);
    decode(&["--max-token-bytes", "200000"], &jwt(HEADER, &claims)).exits(0);
    decode(&["--max-token-bytes", "20"], &claims).refuses("standard input: the claims are larger than 20 bytes");
    for bytes in ["99999999999999999999", "-1", "20k"] {
        for limit in ["--max-token-bytes", "--max-config-bytes", "--max-line-bytes"] {
            let range = format!("expected 0–{} bytes", usize::MAX);
            whichrole(["batch", POOL, limit, bytes]).run().exits(2).mentions(&range);
        }
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(511), "]".repeat(511));
    decode(&["--max-token-depth", "512"], &deep).exits(0);
    decode(&["--max-token-depth", "511"], &deep).refuses("standard input:1:516: claims: nested deeper than 511");
    decode(&["--max-token-depth", "513"], &deep).exits(2).mentions("expected 1–512 levels");
}

#[test]
fn hi_08_a_token_and_the_name_of_a_file_are_told_apart() {
    let token = jwt(HEADER, r#"{"sub":"canary"}"#);
    let plain = "a token on the command line is visible to others; use a file, `-` or `--token-env`";
    for arguments in [
        vec!["eval", POOL, &token],
        vec!["eval", &token],
        vec!["batch", POOL, &token],
        vec!["token", "decode", &token],
        vec!["token", "verify", "x", "--jwks", &token],
        vec!["eval", POOL, "--token-env", &token],
        vec!["decode", "a", &token],
        vec![&token],
    ] {
        whichrole(&arguments).run().refuses(plain).at_once();
    }
    whichrole(["eval", POOL, &format!("--tok={token}")]).run().refuses(plain);
    whichrole(["eval", POOL, &format!("Bearer {token}")]).run().refuses(plain);
    let json = whichrole(["eval", POOL, &token, "--format", "json"]).run();
    assert_eq!(json.exits(2).json()["error"]["code"], "token-on-command-line");
    whichrole(["eval", POOL, r#"{"sub":"canary"}"#]).run().refuses("claims or a configuration on the command line");

    let file = testdata("tokens/alice.id.jwt");
    whichrole(["eval", POOL, "--token-env", "T"])
        .env("T", &file)
        .run()
        .refuses("expected 3 parts, found")
        .mentions("the variable holds the name of a file");
    whichrole(["eval", POOL, "--token-env", "T"]).run().refuses("the environment variable `T` is not set");
    whichrole(["eval", POOL, "--token-env", "T"]).env("T", "").run().refuses("no token given");
    whichrole(["token", "decode", "--token-env", "T"]).env("T", token).run().exits(0).says("");
}

#[test]
fn hi_09_to_11_header_and_claims_are_json_objects() {
    for wrong in ["[]", "null", "1", "\"x\""] {
        refuses(jwt(wrong, "{}"), "header is not a JSON object");
        refuses(jwt(HEADER, wrong), "claims are not a JSON object");
    }
    refuses(jwt("x", "{}"), "header: expected a JSON value");
    refuses(jwt(HEADER, "x"), "claims: expected a JSON value");
    refuses(jwt(HEADER, "\u{feff}{}"), "claims: begins with a byte order mark");
    for bytes in [b"\xff\xfe{\0}\0".as_slice(), b"{\"a\":\"\xff\"}", b"{\"a\":\"\xc0\xaf\"}"] {
        refuses(jwt(HEADER, bytes), "claims are not UTF-8");
    }
    refuses(b"{\"a\":\"\xff\"}", "the token is not UTF-8 text");
    refuses_claims("[1]", " claims are not a JSON object");
    refuses_claims("\u{feff}{}", "1:1: claims: begins with a byte order mark");
}

#[test]
fn hi_12_to_15_json_is_read_strictly() {
    refuses_claims("{\"a\":\n \"\\ud800\"}", "2:3: claims: half of a surrogate pair stands alone");
    refuses_claims("{\"a\":\"\t\"}", "1:7: claims: a control character inside a string must be escaped");
    for (input, error) in [
        ("{} x", "1:4: claims: something follows"),
        ("{}{}", "1:3: claims: something follows"),
        ("{/**/}", "1:2: claims: expected"),
        ("{\"a\":1,}", "1:8: claims: expected"),
        ("{\"a\":NaN}", "1:6: claims: expected"),
        ("{\"a\":Infinity}", "1:6: claims: expected"),
        ("{\"a\":0x1}", "1:6: claims: not a JSON number"),
        ("{'a':1}", "1:2: claims: expected"),
    ] {
        refuses_claims(input, error);
    }
    let decoded = whichrole(["token", "decode"]).input(r#"{"a\u0000":"\u0000"}"#).run();
    decoded.exits(0).prints("{\n  \"a\\u0000\": \"\\u0000\"\n}\n");
}

#[test]
fn hi_16_and_17_depth_and_size_have_limits() {
    let arrays = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    whichrole(["token", "decode"]).input(arrays(31)).run().exits(0);
    for depth in [32, 128, 30_000] {
        refuses_claims(arrays(depth), "1:37: claims: nested deeper than 32");
    }
    refuses("x".repeat(1_000_000), "the token is larger than 50000 bytes");
    refuses("[".repeat(1_000_000), "the claims are larger than 65536 bytes");
    refuses("{\"a\":".repeat(1_000_000), "the claims are larger than 65536 bytes");
    let raised =
        whichrole(["eval", POOL, "-", "--max-token-bytes", "10000000"]).input("{\"a\":".repeat(1_000_000)).run();
    raised.refuses("standard input:1:161: claims: nested deeper than 32").at_once();

    let members = (0..10_001).map(|n| format!("\"{n:x}\":1")).collect::<Vec<_>>().join(",");
    let many = whichrole(["token", "decode", "--max-token-bytes", "1000000"]).input(format!("{{{members}}}")).run();
    many.exits(2).mentions("more than 10000 members").at_once();
    let long = "x".repeat(49_000);
    whichrole(["token", "decode"]).input(format!(r#"{{"a":"{long}"}}"#)).run().exits(0);
    refuses_claims(format!(r#"{{"{long}":"a"}}"#), "1:2: claims: a name longer than 1024 bytes");
}

#[test]
fn hi_18_a_claim_given_twice_is_refused_by_name() {
    for claims in [
        r#"{"role":"s3cret","role":"s3cret"}"#,
        r#"{"role":"s3cret","role":"other"}"#,
        r#"{"role":"s3cret","r\u006fle":"other"}"#,
        r#"{"x":{"role":1,"role":"s3cret"}}"#,
    ] {
        let outcome = eval(claims);
        outcome.exits(2).mentions("claims: `role` given twice");
        assert!(!outcome.stderr.contains("s3cret"));
        refuses(jwt(HEADER, claims), "claims: `role` given twice");
    }
    refuses(jwt(r#"{"alg":"RS256","alg":"none"}"#, "{}"), "header: `alg` given twice");
    refuses_claims("{\"\\u001b\":1,\"\\u001b\":2}", "1:13: claims: a claim with unprintable characters given twice");
    let json = whichrole(["eval", POOL, "-", "--format", "json"]).input(r#"{"a":1,"a":2}"#).run();
    assert_eq!(json.exits(2).json()["error"]["code"], "duplicate-claim");
}

#[test]
fn hi_19_to_21_claims_stay_as_they_were_written() {
    let claims = "{\n  \"é\": 1,\n  \"e\u{301}\": 2,\n  \"n\": [1.0, 1e2, -0, 0.1e-400, 1e400, 9007199254740993]\n}\n";
    whichrole(["token", "decode"]).input(claims).run().exits(0).prints(&claims.replace(", ", ","));
    refuses_claims(format!("{{\"a\":{}}}", "1".repeat(40_000)), "1:6: claims: a number longer than 1024 characters");
}

#[test]
fn hi_23_groups_may_be_anything() {
    let many: Vec<String> = (0..9_999).map(|n| format!("\"g{n}\"")).collect();
    for groups in ["\"admins\"", "[]", "[\"admins\",\"admins\"]", "[1,null,{}]", &format!("[{}]", many.join(","))] {
        let outcome = whichrole(["eval", POOL, "-", "--max-token-bytes", "200000"])
            .input(format!("{{\"cognito:groups\":{groups}}}"))
            .run();
        assert!(matches!(outcome.code, Some(0 | 1)), "{groups:.40}: {}", outcome.stderr);
        outcome.at_once();
    }
    let more = format!("{{\"cognito:groups\":[{},1,2]}}", many.join(","));
    whichrole(["eval", POOL, "-", "--max-token-bytes", "200000"]).input(more).run().exits(2).mentions("10000");
}

#[test]
fn groups_that_are_no_list_are_odd_in_a_token_of_a_user_pool() {
    let folder = Folder::new();
    let rules = r#"{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{"Rules":[
        {"Claim":"cognito:groups","MatchType":"Equals","Value":"admins","RoleARN":"arn:aws:iam::111122223333:role/Admin"}]}}"#;
    let pool = folder.file("pool.json", pool_of(rules));
    let oddity = "`cognito:groups` is not a list, as it is in every token of a user pool (G1)";
    let ask = |command: &str, claim: &str| whichrole([command]).arg(&pool).args(["--claim", claim]).run();
    ask("eval", "cognito:groups=admins").exits(0).says(&format!("warning: {oddity}"));
    let explained = ask("explain", "cognito:groups=admins");
    assert!(explained.exits(0).stdout.contains(oddity), "{}", explained.stdout);
    let listed = ask("eval", "cognito:groups=[\"admins\"]");
    assert!(!listed.exits(1).stderr.contains("G1"), "{}", listed.stderr);
}

#[test]
fn what_is_odd_about_a_login_is_said_beside_its_role() {
    let folder = Folder::new();
    let pool = folder.file("pool.json", pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"AuthenticatedRole"}"#));
    let newer = r#"{"iss":"https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1"}"#;
    let eval = |claims: &str| whichrole(["eval"]).arg(&pool).arg("-").input(claims).run();
    eval(newer)
        .exits(0)
        .says("warning: the token has the newer form of issuer, whose effect AWS does not document (L2)");
    eval(r#"{"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1"}"#).exits(0).says("");
}

#[test]
fn an_access_token_is_refused_whichever_client_is_meant() {
    let access = r#"{"token_use":"access","client_id":"1"}"#;
    let config = testdata("cases/configs/symbolic.json");
    let eval = whichrole(["eval"]).arg(&config).arg("-").input(access).run();
    eval.exits(1)
        .prints("")
        .says("denied (invalid-token): NotAuthorizedException: Invalid login token. Missing a required claim: aud");
}

#[test]
fn hi_24_a_preferred_role_is_given_as_written_and_shown_escaped() {
    let folder = Folder::new();
    let pool = folder.file("pool.json", pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"Deny"}"#));
    let eval = |role: &str| {
        let claims = format!("{{\"cognito:preferred_role\":{role}}}");
        whichrole(["eval"]).arg(&pool).arg("-").input(claims).run()
    };
    let warning = "warning: `cognito:preferred_role` is not an ARN (T3)";
    eval("\"root\"").exits(0).prints("root\n").says(warning);
    eval("\"\\u001b[2J\\nx\"").exits(0).prints("\\u{1b}[2J\\u{a}x\n").says(warning);
    eval("\"::add-mask::x\"").exits(0).prints("\\u{3a}:add-mask::x\n").says(warning);
    eval("\"arn:aws:iam::999999999999:role/Elsewhere\"")
        .exits(0)
        .prints("arn:aws:iam::999999999999:role/Elsewhere\n")
        .says("");
    assert_eq!(eval(&format!("\"{}\"", "r".repeat(2049))).exits(0).stdout.len(), 2050);
}

#[test]
fn hi_25_to_30_a_header_is_not_trusted() {
    let warns = |header: &str, warning: &str| {
        whichrole(["token", "decode"]).input(jwt(header, "{}")).run().exits(0).mentions(&format!("warning: {warning}"));
        let verify = ["token", "verify", "-", "--jwks", "tokens/jwks.json", "--now", "2026-01-01T00:00:00Z"];
        whichrole(verify).input(jwt(header, "{}")).run().exits(1).prints("").mentions("not verified: ");
    };
    for none in ["none", "None", "nOnE"] {
        warns(&format!(r#"{{"alg":"{none}"}}"#), "the token is not signed: its `alg` is none");
    }
    warns("{}", "the token's header has no `alg`");
    warns(r#"{"alg":["RS256"]}"#, "`alg` in the token's header is an array, expected a string");
    warns("{\"alg\":\"x\\u001b[2J\\n::add-mask::\"}", "the token's `alg` is not a signature algorithm: `x\\u{1b}");
    warns(r#"{"alg":"RS256","crit":["exp"]}"#, "the token's header has `crit`, which is not supported");
    warns(r#"{"alg":"RS256","jku":"http://169.254.169.254/"}"#, "the key in the token's header (`jku`) is ignored");
    let verify = ["token", "verify", "-", "--jwks", "tokens/jwks.json", "--now", "2026-01-01T00:00:00Z"];
    for kid in ["../../etc/passwd", "' OR 1=1", "x\\u0000y", "http://evil"] {
        let header = format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#);
        whichrole(verify).input(jwt(&header, "{}")).run().exits(1).prints("").says("not verified: no key with this id");
    }
}

#[test]
fn hi_31_to_39_a_token_that_does_not_verify_gets_nothing() {
    let alice = std::fs::read_to_string(testdata("tokens/alice.id.jwt")).unwrap();
    let (signed, _) = alice.trim().rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", base64url(&[1; 256]));
    let eval = |token: &str, extra: &[&str]| {
        let arguments = ["eval", POOL, "-", "--jwks", "tokens/jwks.json", "--now", "2026-01-01T00:30:00Z"];
        whichrole(arguments).args(extra).input(token).run()
    };
    eval(&alice, &[]).exits(0);
    eval(&forged, &[]).exits(1).prints("").mentions("denied (invalid-token)");
    eval(&forged, &["--exit-zero"]).exits(0).prints("");
    let json = eval(&forged, &["--format", "json"]);
    assert_eq!(json.exits(1).json()["role"], serde_json::Value::Null);
    eval(&jwt(HEADER, r#"{"sub":"1"}"#), &[]).exits(1).prints("");
    eval(r#"{"sub":"1"}"#, &[]).refuses("`--jwks` needs a JWT: a claims object has no signature");
    eval(&alice, &["--claim", "custom:dept=other"]).refuses("`--jwks` is about what the token says");
    let access = std::fs::read_to_string(testdata("tokens/alice.access.jwt")).unwrap();
    eval(&access, &[]).exits(1).prints("").mentions("this is an access token");
}

#[test]
fn hi_40_several_tokens_are_the_logins_of_one_request() {
    let alice = "tokens/alice.id.jwt";
    whichrole(["eval", POOL, alice, alice]).run().refuses("two tokens are for the same provider");
    let token = jwt(HEADER, "{}");
    let lines = format!("{token}\n").repeat(100);
    eval(&lines).refuses("standard input: there is more than one token; `whichrole batch` takes one a line");
    whichrole(["eval", POOL, "-", "-"]).run().refuses("`-` is given twice");
    whichrole(["eval", "-", "-"]).run().refuses("`-` is given twice");
    whichrole(["batch", "-"]).run().refuses("`-` is given twice");
    whichrole(["token", "verify", "--jwks", "-", "--now", "now"]).run().refuses("`-` is given twice");
}

#[test]
fn claims_on_the_command_line_are_what_they_look_like() {
    let make = |claims: &[&str]| {
        let arguments = claims.iter().flat_map(|claim| ["--claim", claim]);
        whichrole(["token", "make"]).args(arguments).run()
    };
    let makes = |claim: &str, shown: &str| {
        make(&[claim]).exits(0).prints(&format!("{{\n  {shown}\n}}\n")).says("");
    };
    makes("a=eng", r#""a": "eng""#);
    makes("a=", r#""a": """#);
    makes("a==b=c", r#""a": "=b=c""#);
    makes("a=true", r#""a": true"#);
    makes("a=1", r#""a": "1""#);
    makes("a=null", r#""a": "null""#);
    makes("a:=1.0", r#""a": 1.0"#);
    makes("a:=\"1\"", r#""a": "1""#);
    makes("a=[\"x\"]", r#""a": ["x"]"#);
    makes("a=[x]", r#""a": "[x]""#);
    makes("custom:dept=a:=b", r#""custom:dept": "a:=b""#);
    makes("a\u{1b}=\u{202e}", r#""a\u001b": "\u202e""#);
    makes("a=\u{1b}[2J\n::add-mask::x", r#""a": "\u001b[2J\n::add-mask::x""#);
    make(&[]).exits(0).prints("{}\n");
    make(&["a"]).refuses("`--claim` takes NAME=VALUE or NAME:=JSON");
    make(&["=a"]).refuses("`--claim` takes NAME=VALUE or NAME:=JSON; this one has no name");
    make(&[":=1"]).refuses("`--claim` takes NAME=VALUE or NAME:=JSON; this one has no name");
    make(&["a:=x"]).refuses("claim `a`: claims: expected a JSON value");
    make(&["a=1", "a=2"]).refuses("claim `a` is given twice");
    make(&[&format!("a={}", "[".repeat(100_000))]).refuses("claim `a`: claims: ").at_once();
    whichrole(["eval", POOL, "--claim", "cognito:groups=[\"x\"]", "--member", "y"])
        .run()
        .refuses("claim `cognito:groups` is given twice");
    let unknown = ["eval", "pools/api", "--member", "admin", "--provider", PROVIDER];
    whichrole(unknown).run().refuses("unknown group `admin`, did you mean `admins`?");
}

/// AWS compares the whole text, and so is the request answered; whoever wrote a name is told the ARN.
#[test]
fn a_custom_role_that_is_no_arn_is_answered_and_hinted_at() {
    let editor = "arn:aws:iam::111122223333:role/Editor";
    let eval = |role: &str, more: &[&str]| {
        let claim = ["--claim", "custom:dept=news", "--custom-role-arn", role];
        whichrole(["eval", POOL]).args(claim).args(more).run()
    };
    for (role, hint) in [
        ("Editor", format!("; did you mean `{editor}`?\n")),
        ("role/Editor", format!("; did you mean `{editor}`?\n")),
        ("editr", format!("; did you mean `{editor}`?\n")),
        ("Nobody", "\n".to_owned()),
    ] {
        let warning = format!("warning: `--custom-role-arn` `{role}` is not an ARN{hint}");
        let answer = eval(role, &[]);
        assert_eq!(
            answer.exits(1).stderr.strip_prefix(&warning),
            eval(role, &["-q"]).stderr.get(..),
            "{}",
            answer.stderr
        );
        let batch = whichrole(["batch", POOL, "--custom-role-arn", role]).input("{}").run();
        assert_eq!(batch.exits(0).stderr, warning);
    }
    assert!(!eval(editor, &[]).stderr.contains("warning"));
    assert!(!eval("arn:aws:iam::111122223333:role/Editr", &[]).stderr.contains("warning"));
}
