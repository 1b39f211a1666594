//! Lines from anybody, and tokens with them for claims, one after the other. The scanner of many tokens, which remembers what the lines before
//! were like, keeps what the reader of one reads, decides the same, and says the same where something is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whichrole::{
    AmbiguousRoleResolution, Claims, ClaimsScanner, Evaluator, IdentityPool, Jwt, Login, LoginError, MappingRule,
    MatchType, Request, RoleMapping, Semantics, TokenForm, TokenLimits,
};

/// More than the scanner remembers names, so that a short text can fill its memory.
const MOST_LINES: usize = 80;

fuzz_target!(|text: &str| {
    let limits = TokenLimits::default();
    let evaluator = evaluator();
    let mut scanner = ClaimsScanner::new([&evaluator], limits);
    // The whole text may be one object over several lines.
    let lines = [text].into_iter().chain(text.lines().take(MOST_LINES));
    for line in lines.flat_map(|line| [line.to_owned(), token(line)]) {
        let expected = if line.trim_start().starts_with(['{', '[', '\u{feff}']) {
            Claims::from_json(&line).map(|claims| (claims.into_owned(), TokenForm::Claims))
        } else {
            Jwt::decode(&line, &limits).map(|jwt| (jwt.into_claims(), TokenForm::Jwt))
        };
        match (expected, scanner.read(&line)) {
            (Err(expected), Err(found)) => assert_eq!(found, expected),
            (Ok((all, form)), Ok(kept)) => {
                assert_eq!(kept.form(), form);
                let whole = answer(&evaluator, evaluator.login(None, &all, form));
                assert_eq!(answer(&evaluator, evaluator.login_of(None, &kept)), whole);
                let kept = kept.into_claims();
                let wanted: Vec<&str> = evaluator.claims_read().collect();
                let wanted: Vec<_> = all.iter().filter(|(name, _)| wanted.contains(name)).collect();
                assert_eq!(kept.iter().count(), wanted.len());
                assert!(wanted.into_iter().all(|(name, claim)| kept.get(name) == Some(claim)));
            }
            (expected, found) => panic!("reader {expected:?}, scanner {found:?}"),
        }
    }
});

fn evaluator() -> Evaluator {
    let rules = [
        ("a", MatchType::Contains, "a"),
        ("cognito:groups", MatchType::StartsWith, "\u{e9}"),
        ("custom:dept", MatchType::NotEqual, "A"),
    ];
    let rules =
        rules.map(|(claim, operator, value)| MappingRule::new(claim, operator, value, format!("role of {claim}")));
    let mut pool = IdentityPool::default();
    let key = "cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web";
    pool.role_mappings.insert(key.into(), RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::Deny));
    Evaluator::new(pool, Semantics::default())
}

fn answer(evaluator: &Evaluator, login: Result<Login<'_>, LoginError>) -> String {
    match login {
        Ok(login) => {
            let logins = [login];
            let answer = evaluator.answer(&Request::of(&logins));
            let (mut written, serialized) = (String::new(), serde_json::to_string(&answer).unwrap());
            answer.write_json(&mut written);
            assert_eq!(written, serialized, "there are two writers");
            written
        }
        Err(error) => error.to_string(),
    }
}

fn token(claims: &str) -> String {
    format!("{}.{}.eA", encode(b"{}"), encode(claims.as_bytes()))
}

fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        out.extend((0..=chunk.len()).map(|n| char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63])));
    }
    out
}
