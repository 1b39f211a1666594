//! The pieces of a login, each by itself. Which provider and which mapping a token gets stands in `tests/logins.rs` and in the cases.

use super::*;
use crate::semantics::{Choice, Question};
use crate::{ClaimsScanner, Evaluator, TokenLimits};

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn an_error_says_which_keys_there_are_to_choose_from() {
    let unknown =
        |written: &str, known: &[&str]| LoginError::UnknownProvider { written: written.to_owned(), known: keys(known) };
    let [two, both] = [["a.example", "b.example"], ["`a.example`", "`b.example`"]];
    let both = both.join(" or ");
    for (error, code, known, message) in [
        (unknown("x", &[]), "unknown-provider", &[][..], "unknown provider `x`".to_owned()),
        (unknown("x", &two), "unknown-provider", &two, format!("unknown provider `x`, expected {both}")),
        (
            unknown("a.exmaple", &two),
            "unknown-provider",
            &two,
            "unknown provider `a.exmaple`, did you mean `a.example`?".to_owned(),
        ),
        (
            LoginError::UnknownIssuer { known: keys(&two) },
            "unknown-issuer",
            &two,
            format!("the token's `iss` is not a provider of this configuration; choose one: {both}"),
        ),
        (
            LoginError::SeveralProviders { candidates: keys(&two) },
            "several-providers",
            &two,
            format!("the token does not say which provider it is for; choose one: {both}"),
        ),
        (
            LoginError::SeveralMappings { candidates: keys(&two) },
            "several-mappings",
            &two,
            format!("the provider has several mappings and the token's `aud` does not decide; choose one: {both}"),
        ),
    ] {
        assert_eq!((error.code(), error.keys(), error.to_string()), (code, &keys(known)[..], message));
    }
}

/// L2.
#[test]
fn an_issuer_has_two_forms_and_one_that_is_newer() {
    let pool = "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A";
    for (issuer, is_issuer, is_newer) in [
        ("https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A", true, false),
        ("cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A", true, false),
        ("https://issuer-cognito-idp.cn-north-1.amazonaws.com/cn-north-1_A", true, true),
        ("issuer-cognito-idp.cn-north-1.amazonaws.com/cn-north-1_A", false, false),
        ("https://issuer-cognito-idp.cn-north-1.amazonaws.com/cn-north-1_B", false, false),
        ("http://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A", false, false),
        ("", false, false),
    ] {
        assert_eq!((is_issuer_of(issuer, pool), is_newer_issuer_of(issuer, pool)), (is_issuer, is_newer), "{issuer}");
    }
    assert!(!is_newer_issuer_of("https://issuer-cognito-idp.x", "login.example.com"));
}

/// L4.
#[test]
fn a_token_expires_when_its_time_is_up_for_good() {
    let claim = |json: &'static str| Claim::from_json(json).unwrap();
    let fault = |json, now, leeway| expiry_fault(Value::of(&claim(json)), Clock { now, leeway });
    let expired = |exp, now| Some(InvalidToken::Expired { exp, now });
    assert_eq!(fault("1000", 1000, 0), expired(1000, 1000));
    assert_eq!(fault("1001", 1000, 0), None);
    assert_eq!(fault("700", 1000, 300), expired(700, 1000));
    assert_eq!(fault("701", 1000, 300), None);
    assert_eq!(fault("-5", -4, 0), expired(-5, -4));
    assert_eq!(fault("-5", -6, 0), None);
    assert_eq!(fault("123456789012345678901234567890", i64::MAX - 1, 0), None);
    assert_eq!(fault("-123456789012345678901234567890", i64::MIN, 300), expired(i64::MIN, i64::MIN));
    for json in ["1000.0", "1e3", "\"1000\"", "true", "null", "[]"] {
        assert_eq!(fault(json, 0, 0), Some(InvalidToken::MalformedExpiry), "{json}");
    }
}

#[test]
fn a_login_has_the_preferred_role_that_is_open_in_place_of_the_token_s() {
    let text = r#"{"sub":"1","cognito:preferred_role":"mine"}"#;
    let open = OpenPreferredRole { question: Question::NullPrecedence, role: Some(Claim::from("open")) };
    let evaluator = Evaluator::new(IdentityPool::default(), Semantics::default());
    let mut scanner = ClaimsScanner::keeping(["sub", PREFERRED_ROLE], TokenLimits::default());
    let scanned = scanner.read(text).unwrap();
    let claims = Claims::from_json(text).unwrap();
    let read = evaluator.login(None, &claims, TokenForm::Claims).unwrap();
    assert_eq!(read.claims(), &claims);
    let other = Choice::all_of(open.question).nth(1).unwrap();
    for login in [read, evaluator.login_of(None, &scanned).unwrap()] {
        let value = |login: &Login<'_>, name: &str, semantics: &Semantics| {
            login.value(name, semantics).and_then(Value::as_text).map(str::to_owned)
        };
        let [default, other] = [Semantics::default(), Semantics::default().assume(other)];
        assert_eq!(value(&login, PREFERRED_ROLE, &default).as_deref(), Some("mine"));
        assert_eq!(login.open_question(), Questions::NONE);
        let login = login.with_open_preferred_role(Some(&open));
        assert_eq!(value(&login, "sub", &default).as_deref(), Some("1"));
        assert_eq!(value(&login, PREFERRED_ROLE, &default).as_deref(), Some("open"));
        assert_eq!(value(&login, PREFERRED_ROLE, &other), None);
        assert_eq!(login.open_question(), open.question.into());
    }
}

#[test]
fn the_audience_is_a_text_or_the_first_text_of_an_array() {
    for (aud, expected) in
        [(r#""web""#, Some("web")), (r#"[7,"web","x"]"#, Some("web")), ("[]", None), ("7", None), ("{}", None)]
    {
        let text = format!(r#"{{"aud":{aud}}}"#);
        let claims = Claims::from_json(&text).unwrap();
        assert_eq!(audience(&claims), expected, "{aud}");
    }
    assert_eq!(audience(Claims::NONE), None);
}

#[test]
fn a_login_that_was_refused_gets_nothing_whatever_it_claims() {
    let login = || Login::unmapped(Claims::NONE);
    let refused = InvalidToken::NotVerified("no key".to_owned());
    assert_eq!((login().is_refused(), login().is_mapped(), login().fault_at(None)), (false, false, None));
    let login = login().refused(refused.clone());
    assert!(login.is_refused());
    assert_eq!(login.fault_at(Some(Clock { now: 0, leeway: 0 })), Some(refused));
}
