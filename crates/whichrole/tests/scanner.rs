//! The scanner of many tokens and the reader of one give the same claims, the same decisions and the same words about what is wrong, on every
//! line: real ones, odd ones, and real ones with something broken.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers here are tests, too")]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use proptest::prelude::*;
use whichrole::{
    AmbiguousRoleResolution, Claims, ClaimsScanner, Clock, Evaluator, IdentityPool, JsonLimits, Jwt, Login, LoginError,
    MappingRule, MatchType, PrincipalTagMap, ProviderKey, Request, RoleMapping, Semantics, TokenError, TokenForm,
    TokenLimits,
};

const KEY: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web";

/// Lines that are right, each for another reason.
const GOOD: &[&str] = &[
    "{}",
    " {\t\"sub\" : \"1\" , \"a\" : [ ] , \"b\" : { } } \r",
    r#"{"sub":"1111","iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A","aud":"web","token_use":"id","exp":1767229200,"custom:dept":"engineering","cognito:groups":["admins","staff"],"email":"jane.doe@example.com"}"#,
    r#"{"custom:dept":"l\u00e9gal","email":"\ud83d\ude00\"\\\/\b\f\n\r\t\u0000","x":"\ud83d\ude00\u00e9"}"#,
    r#"{"custom\u003adept":"ops","s\u0075b":null,"aud":["web",7],"exp":1.0}"#,
    r#"{"identities":[{"userId":"1","primary":true},{"userId":"2","primary":false}],"cognito:groups":[{"a":[1,{"a":null}]},"x",[],"[]"]}"#,
    r#"{"exp":-0,"a":0.1e-400,"b":1E+400,"c":[12345678901234567890,-1,0,10.5],"d":true,"e":false,"f":null}"#,
    r#"{"custom:dept":"ольга","é":"e\u0301","e\u0301":"é","":"","custom:dépt":"\u001f"}"#,
    r#"{"cognito:roles":["arn:aws:iam::111122223333:role/A"],"cognito:preferred_role":"arn:aws:iam::111122223333:role/B"}"#,
];

/// Lines that are wrong, each for another reason.
const BAD: &[&str] = &[
    "",
    " ",
    "null",
    "[]",
    "{",
    "{}}",
    "{} x",
    "{}{}",
    "\u{feff}{}",
    r#"{"sub":1,}"#,
    r#"{"sub":1 "aud":2}"#,
    r#"{"sub":1,"sub":1}"#,
    r#"{"sub":1,"s\u0075b":2}"#,
    r#"{"x":{"y":1,"y":2}}"#,
    r#"{"x":[{"y":1},{"y":1,"z":{"y":1},"y":2}]}"#,
    r#"{"x":"\ud800"}"#,
    r#"{"x":"\udc00\ud800"}"#,
    r#"{"x":"\ud800\u0041"}"#,
    r#"{"x":"\ud800\ux"}"#,
    r#"{"x":"\q"}"#,
    r#"{"x":"\u12g4"}"#,
    r#"{"x":"\u+123"}"#,
    r#"{"x":"\"#,
    r#"{"x":"\u12"#,
    "{\"x\":\"\u{1}\"}",
    "{\"x\":\"a\tb\"}",
    "{\"x\u{0}\":1}",
    r#"{"x":01}"#,
    r#"{"x":1.}"#,
    r#"{"x":.5}"#,
    r#"{"x":+1}"#,
    r#"{"x":1e}"#,
    r#"{"x":-}"#,
    r#"{"x":1a}"#,
    r#"{"x":NaN}"#,
    r#"{"x":tru}"#,
    r#"{"x":truefalse}"#,
    r#"{"x":'a'}"#,
    "{x:1}",
    r#"{"x":1]"#,
    r#"{"x":[1}"#,
    r#"{"x":[1,]}"#,
    r#"{"x":/**/1}"#,
    r#"{"x""y"}"#,
    "a.b.c",
];

fn pool() -> IdentityPool {
    let role = |n: usize| format!("arn:aws:iam::111122223333:role/R{n}");
    let rules = [
        ("custom:dept", MatchType::Equals, "ops"),
        ("cognito:groups", MatchType::Contains, "admin"),
        ("email", MatchType::StartsWith, "jane"),
        ("exp", MatchType::Contains, "17"),
        ("identities", MatchType::Contains, "1"),
        ("custom:dept", MatchType::NotEqual, "Ops"),
    ];
    let rules = rules.into_iter().enumerate();
    let rules = rules.map(|(n, (claim, operator, value))| MappingRule::new(claim, operator, value, role(n)));
    let mut pool = IdentityPool::default();
    pool.roles.authenticated = Some("arn:aws:iam::111122223333:role/Reader".into());
    pool.role_mappings
        .insert(KEY.into(), RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::AuthenticatedRole));
    let token = RoleMapping::token().resolving(AmbiguousRoleResolution::Deny);
    pool.role_mappings.insert("accounts.google.com".into(), token);
    let tags = BTreeMap::from([("department".to_owned(), "custom:dept".to_owned())]);
    pool.principal_tags
        .insert("cognito-idp.us-east-1.amazonaws.com/us-east-1_A".into(), PrincipalTagMap { use_defaults: true, tags });
    pool
}

fn evaluator() -> Evaluator {
    Evaluator::new(pool(), Semantics::default())
}

/// What the reader of one token says, and of which form it takes the token to be.
fn one(text: &str, limits: &TokenLimits) -> Result<(Claims<'static>, TokenForm), TokenError> {
    if text.trim_start().starts_with(['{', '[', '\u{feff}']) {
        Ok((Claims::from_json_within(text, &limits.json)?.into_owned(), TokenForm::Claims))
    } else {
        Ok((Jwt::decode(text, limits)?.into_claims(), TokenForm::Jwt))
    }
}

/// Holds the scanner to the reader on one line; says whether the line was good.
fn agree(scanner: &mut ClaimsScanner, evaluator: &Evaluator, limits: &TokenLimits, text: &str) -> bool {
    let names: Vec<&str> = evaluator.claims_read().collect();
    match (one(text, limits), scanner.read(text)) {
        (Err(expected), Err(found)) => {
            assert_eq!(found, expected, "{text}");
            false
        }
        (Ok((all, form)), Ok(kept)) => {
            assert_eq!(kept.form(), form);
            let other = Evaluator::new(pool(), Semantics::default());
            for provider in [None, Some(ProviderKey::new(KEY)), Some(ProviderKey::new("accounts.google.com"))] {
                let clock = Some(Clock { now: 1_767_229_200, leeway: 0 });
                let answer = |evaluator: &Evaluator, login: Result<Login<'_>, LoginError>| match login {
                    Ok(login) => {
                        let logins = [login];
                        let request = Request::of(&logins);
                        let json = |request| serde_json::to_string(&evaluator.answer(&request)).unwrap();
                        json(request) + &json(request.at(clock)) + &json(request.choosing(Some("x")))
                    }
                    Err(error) => error.to_string(),
                };
                let expected = answer(evaluator, evaluator.login(provider.as_ref(), &all, form));
                assert_eq!(answer(evaluator, evaluator.login_of(provider.as_ref(), &kept)), expected, "{text}");
                // One that the scanner was not made for finds the claims by their names.
                assert_eq!(answer(&other, other.login_of(provider.as_ref(), &kept)), expected, "{text}");
            }
            let kept = kept.into_claims();
            let wanted: Vec<_> = all.iter().filter(|(name, _)| names.contains(name)).collect();
            assert_eq!(kept.iter().count(), wanted.len(), "{text}");
            assert!(wanted.into_iter().all(|(name, claim)| kept.get(name) == Some(claim)), "{text}");
            true
        }
        (expected, found) => panic!("reader {expected:?}, scanner {found:?}: {text}"),
    }
}

fn jwt(header: &str, claims: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(header), encode(claims), encode("some signature"))
}

#[test]
fn both_read_the_same_lines() {
    let (evaluator, limits) = (evaluator(), TokenLimits::default());
    let mut scanner = ClaimsScanner::new([&evaluator], limits);
    for _ in 0..2 {
        for (lines, good) in [(GOOD, true), (BAD, false)] {
            for line in lines {
                assert_eq!(agree(&mut scanner, &evaluator, &limits, line), good, "{line}");
                let token = jwt(r#"{"alg":"RS256"}"#, line);
                assert_eq!(agree(&mut scanner, &evaluator, &limits, &token), good, "{line} in a JWT");
                assert!(!agree(&mut scanner, &evaluator, &limits, &jwt(line, "[]")));
            }
        }
    }
}

#[test]
fn a_token_is_spelled_in_one_way() {
    let (evaluator, limits) = (evaluator(), TokenLimits::default());
    let mut scanner = ClaimsScanner::new([&evaluator], limits);
    let token = jwt(r#"{"alg":"RS256"}"#, GOOD[2]);
    let dots: Vec<usize> = token.match_indices('.').map(|(at, _)| at).collect();
    for at in (0..token.len()).step_by(3).chain([dots[0] - 1, dots[0] + 1, dots[1] - 1, dots[1], dots[1] + 1]) {
        for other in ["", "=", "+", "/", ".", "B", "-", " ", "\n", "é", "\"", "Bearer "] {
            let text = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            agree(&mut scanner, &evaluator, &limits, &text);
            agree(&mut scanner, &evaluator, &limits, &token);
        }
    }
    for text in
        [format!("Bearer {token}"), format!("\"{token}\" "), format!("{token}\r"), token.clone() + "\n" + &token]
    {
        agree(&mut scanner, &evaluator, &limits, &text);
    }
}

/// HI-16, HI-17, HI-21
#[test]
fn both_have_the_same_limits() {
    let evaluator = evaluator();
    let small = JsonLimits { bytes: 3_000, depth: 4, members: 30, name: 20, number: 8 };
    for json in [JsonLimits::CLAIMS, small] {
        let limits = TokenLimits { bytes: json.bytes, json };
        let mut scanner = ClaimsScanner::new([&evaluator], limits);
        for wanted in ["sub", "x"] {
            for (what, most, line) in [
                (
                    "depth",
                    json.depth,
                    (|n| format!("{}1{}", "[".repeat(n - 1), "]".repeat(n - 1))) as fn(usize) -> String,
                ),
                ("depth", json.depth, |n| format!("{}1{}", "{\"a\":".repeat(n - 1), "}".repeat(n - 1))),
                ("number", json.number, |n| "1".repeat(n)),
                ("number", json.number, |n| format!("-0.{}", "1".repeat(n - 3))),
                ("elements", json.members, |n| format!("[{}1]", "1,".repeat(n - 1))),
                ("name", json.name, |n| format!("{{\"{}\":1}}", "n".repeat(n))),
                ("name", json.name, |n| format!("{{\"{}\\u0061\":1}}", "n".repeat(n - 1))),
                ("members", json.members - 1, |n| {
                    format!("{{{}}}", (0..n).map(|n| format!("\"{n}\":{n}")).collect::<Vec<_>>().join(","))
                }),
            ] {
                for n in most - 1..=most + 1 {
                    let value = line(n);
                    for line in [format!("{{\"{wanted}\":{value}}}"), format!("{{\"{wanted}\":{value},\"y\":\"\"}}")] {
                        let more = usize::from(what == "members" && line.contains("\"y\""));
                        let fits = n + more <= most && line.len() <= json.bytes;
                        // A name that stands where it usually does is read in another way.
                        for _ in 0..2 {
                            assert_eq!(agree(&mut scanner, &evaluator, &limits, &line), fits, "{what} {n} of {most}");
                        }
                    }
                }
            }
        }
        let long = |bytes: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(agree(&mut scanner, &evaluator, &limits, &long(json.bytes)));
        assert!(!agree(&mut scanner, &evaluator, &limits, &long(json.bytes + 1)));
        let token = jwt("{}", &long(json.bytes - 500));
        assert_eq!(agree(&mut scanner, &evaluator, &limits, &token), token.len() <= limits.bytes);
    }
}

/// Lines with few and with very many names, all different or two of them equal.
#[test]
fn one_name_too_many_is_found_among_any_number() {
    let (evaluator, limits) = (evaluator(), TokenLimits::default());
    let mut scanner = ClaimsScanner::new([&evaluator], limits);
    for count in [2, 16, 17, 100, 159, 160, 161, 162, 600] {
        let members: Vec<String> =
            (0..count).map(|n| format!("\"custom:claim_{n}\":{{\"custom:claim_0\":1}}")).collect();
        let line = format!("{{{}}}", members.join(","));
        assert!(agree(&mut scanner, &evaluator, &limits, &line));
        for again in [0, count / 2, count - 1] {
            let line = format!("{{{},\"custom:claim_{again}\":1}}", members.join(","));
            assert!(!agree(&mut scanner, &evaluator, &limits, &line));
        }
    }
}

/// Something that could break a line, at a place in it.
#[derive(Debug, Clone)]
enum Damage {
    Insert(String),
    Remove(usize),
    Replace(char),
    Copy(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces = prop::sample::select(vec![
        "\"",
        "\\",
        "\\u00",
        "\\ud83d",
        "\\ude00",
        "\\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "0",
        "1",
        "-",
        ".",
        "e",
        "null",
        "true",
        " ",
        "\t",
        "\u{1}",
        "\u{feff}",
        "é",
        "\"sub\":1,",
        "\"x\":{},",
        "é\u{301}",
    ]);
    prop_oneof![
        pieces.prop_map(|piece| Damage::Insert(piece.to_owned())),
        (1..20_usize).prop_map(Damage::Remove),
        any::<char>().prop_map(Damage::Replace),
        prop::char::range(' ', '~').prop_map(Damage::Replace),
        (1..40_usize).prop_map(Damage::Copy),
    ]
}

fn damaged(line: &str, place: prop::sample::Index, damage: &Damage) -> String {
    let mut chars: Vec<char> = line.chars().collect();
    let at = place.index(chars.len() + 1);
    match damage {
        Damage::Insert(text) => drop(chars.splice(at..at, text.chars())),
        Damage::Remove(count) => drop(chars.drain(at..(at + count).min(line.chars().count()))),
        Damage::Replace(with) => chars.get_mut(at).into_iter().for_each(|c| *c = *with),
        Damage::Copy(count) => chars.extend_from_within(at..(at + count).min(line.chars().count())),
    }
    chars.into_iter().collect()
}

/// Any JSON object, odd spellings included.
fn json() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["sub", "custom:dept", "s\\u0075b", "x", "cognito:groups", "email", "é", ""]);
    let text = "([a-z\"\\\\/ é\u{1f}]|\\\\u00e9|\\\\ud83d\\\\ude00|\\\\n){0,12}";
    let leaf = prop_oneof![
        text.prop_map(|text| format!("\"{text}\"")),
        "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?",
        prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ];
    let value = leaf.prop_recursive(3, 24, 4, move |inner| {
        let name = prop::sample::select(vec!["a", "b", "\\u0061"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(", "))),
            prop::collection::vec((name, inner), 0..3).prop_map(|members| object(&members)),
        ]
    });
    prop::collection::vec((name, value), 0..6).prop_map(|members| object(&members))
}

fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_line_is_broken_for_both(
        line in prop::sample::select(GOOD),
        damages in prop::collection::vec((any::<prop::sample::Index>(), damage()), 1..4),
        as_jwt: bool,
    ) {
        let (evaluator, limits) = (evaluator(), TokenLimits::default());
        let mut scanner = ClaimsScanner::new([&evaluator], limits);
        let line = damages.iter().fold(line.to_owned(), |line, (place, damage)| damaged(&line, *place, damage));
        let line = if as_jwt { jwt("{}", &line) } else { line };
        agree(&mut scanner, &evaluator, &limits, &line);
    }

    #[test]
    fn any_object_is_the_same_for_both(line in json(), as_jwt: bool) {
        let (evaluator, limits) = (evaluator(), TokenLimits::default());
        let mut scanner = ClaimsScanner::new([&evaluator], limits);
        let line = if as_jwt { jwt("{}", &line) } else { line };
        agree(&mut scanner, &evaluator, &limits, &line);
    }
}
