//! Which tokens a key set verifies, and what is said about the others.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers here are tests, too"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::EllipticCurve;
use jsonwebtoken::{Algorithm, EncodingKey, crypto::rust_crypto::DEFAULT_PROVIDER as CRYPTO};
use proptest::prelude::*;
use whichrole::{Clock, InvalidToken, Jwt, KeySet, NotVerified, TokenLimits};

const USER_POOL: &str = include_str!("../../../testdata/tokens/jwks.json");
const ALICE: &str = include_str!("../../../testdata/tokens/alice.id.jwt");
const ALL_KINDS: &str = include_str!("../../../testdata/tokens/algorithms/jwks.json");
const ALL_ALGORITHMS: [(&str, &str); 9] = [
    ("RS256", include_str!("../../../testdata/tokens/algorithms/RS256.jwt")),
    ("RS384", include_str!("../../../testdata/tokens/algorithms/RS384.jwt")),
    ("RS512", include_str!("../../../testdata/tokens/algorithms/RS512.jwt")),
    ("PS256", include_str!("../../../testdata/tokens/algorithms/PS256.jwt")),
    ("PS384", include_str!("../../../testdata/tokens/algorithms/PS384.jwt")),
    ("PS512", include_str!("../../../testdata/tokens/algorithms/PS512.jwt")),
    ("ES256", include_str!("../../../testdata/tokens/algorithms/ES256.jwt")),
    ("ES384", include_str!("../../../testdata/tokens/algorithms/ES384.jwt")),
    ("EdDSA", include_str!("../../../testdata/tokens/algorithms/EdDSA.jwt")),
];

/// Half an hour after the tokens were made; they are good for an hour from 1767225600.
const DURING: Clock = Clock { now: 1_767_227_400, leeway: 0 };
const HEADER: &str = r#"{"alg":"EdDSA","kid":"test"}"#;
const CLAIMS: &str = r#"{"iss":"https://idp.example","aud":"client","exp":1767229200}"#;

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn jwt(text: &str) -> Jwt {
    Jwt::decode(text, &TokenLimits::default()).unwrap()
}

/// A private key that is no secret, so that tests can sign any header and claims.
fn ed25519() -> Vec<u8> {
    let before = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    [before.as_slice(), &[7; 32]].concat()
}

fn key_set() -> KeySet {
    let x = (CRYPTO.key_utils.ed_pub_components_from_private_key)(&ed25519(), &EllipticCurve::Ed25519).unwrap();
    let key = format!(r#"{{"kid":"test","kty":"OKP","crv":"Ed25519","x":"{}"}}"#, base64(&x));
    KeySet::from_json(&format!(r#"{{"keys":[{key}]}}"#)).unwrap()
}

fn sign(algorithm: Algorithm, key: &EncodingKey, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", base64(header.as_bytes()), base64(claims.as_bytes()));
    let signature = (CRYPTO.signer_factory)(&algorithm, key).unwrap().try_sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", base64(&signature))
}

/// What becomes of a token with a good signature over this header and these claims.
fn verdict_at(header: &str, claims: &str, clock: Clock) -> Result<(), NotVerified> {
    let token = sign(Algorithm::EdDSA, &EncodingKey::from_ed_der(&ed25519()), header, claims);
    key_set().verify(&jwt(&token), clock)
}

fn refused_header(header: &str) -> String {
    verdict_at(header, CLAIMS, DURING).expect_err(header).to_string()
}

fn refused_claims(claims: &str) -> String {
    verdict_at(HEADER, claims, DURING).expect_err(claims).to_string()
}

/// The parts of a token, the signature decoded.
fn parts(token: &str) -> (&str, &str, Vec<u8>) {
    let parts: Vec<&str> = token.trim().split('.').collect();
    (parts[0], parts[1], URL_SAFE_NO_PAD.decode(parts[2]).unwrap())
}

#[test]
fn every_supported_algorithm_is_verified_with_its_own_key_only() {
    let keys = KeySet::from_json(ALL_KINDS).unwrap();
    for (name, token) in ALL_ALGORITHMS {
        assert_eq!(keys.verify(&jwt(token), DURING), Ok(()), "{name}");
        let (_, claims, signature) = parts(token);
        for other in ["rsa", "p256", "p384", "ed25519"] {
            let header = format!(r#"{{"alg":"{name}","kid":"{other}"}}"#);
            let moved = format!("{}.{claims}.{}", base64(header.as_bytes()), base64(&signature));
            let reason = keys.verify(&jwt(&moved), DURING).unwrap_err().to_string();
            let is_same_kind = jwt(token).header().get("kid") == Some(&other.into());
            assert_eq!(reason == "signature does not match", is_same_kind, "{name} with {other}: {reason}");
        }
    }
}

#[test]
fn the_tokens_of_a_user_pool_are_verified() {
    let keys = KeySet::from_json(USER_POOL).unwrap();
    let bob = include_str!("../../../testdata/tokens/bob.id.jwt");
    assert_eq!([ALICE, bob].map(|token| keys.verify(&jwt(token), DURING)), [Ok(()), Ok(())]);
    assert!(jwt(ALICE).warnings().is_empty());
}

/// HI-38
#[test]
fn an_access_token_is_refused_by_name() {
    let access = jwt(include_str!("../../../testdata/tokens/alice.access.jwt"));
    let keys = KeySet::from_json(USER_POOL).unwrap();
    assert_eq!(keys.verify(&access, DURING), Err(NotVerified::AccessToken));
    assert_eq!(NotVerified::AccessToken.to_string(), "this is an access token, expected an ID token");
    assert_eq!(refused_claims(&CLAIMS.replace('}', r#","token_use":"access"}"#)), NotVerified::AccessToken.to_string());
}

/// HI-25
#[test]
fn alg_none_is_never_accepted() {
    for name in ["none", "None", "nOnE", "NONE"] {
        assert_eq!(refused_header(&format!(r#"{{"alg":"{name}","kid":"test"}}"#)), "alg none is never accepted");
        let bare = format!("{}.{}.", base64(format!(r#"{{"alg":"{name}"}}"#).as_bytes()), base64(CLAIMS.as_bytes()));
        assert_eq!(key_set().verify(&jwt(&bare), DURING), Err(NotVerified::AlgorithmNone));
    }
    let (header, claims, _) = parts(ALICE);
    let stripped = jwt(&format!("{header}.{claims}."));
    assert_eq!(KeySet::from_json(USER_POOL).unwrap().verify(&stripped, DURING), Err(NotVerified::Signature));
}

/// HI-26
#[test]
fn a_public_key_is_never_a_shared_secret() {
    let n = USER_POOL.split("\"n\": \"").nth(1).unwrap().split('"').next().unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(n).unwrap();
    let key = USER_POOL.lines().nth(2).unwrap().trim().trim_end_matches(',');
    let keys = KeySet::from_json(USER_POOL).unwrap();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts(ALICE).1).unwrap()).unwrap();
    for secret in [modulus.as_slice(), n.as_bytes(), key.as_bytes(), USER_POOL.as_bytes(), b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = format!(r#"{{"alg":"{algorithm:?}","kid":"example-id-tokens"}}"#);
            let forged = sign(algorithm, &EncodingKey::from_secret(secret), &header, &claims);
            let reason = keys.verify(&jwt(&forged), DURING).unwrap_err();
            assert_eq!(reason.to_string(), format!("alg not allowed for this key: `{algorithm:?}`"));
        }
    }
}

/// HI-27
#[test]
fn an_alg_that_is_not_supported_is_refused_and_shown_escaped() {
    let named = |name: &str| refused_header(&format!(r#"{{"alg":"{name}","kid":"test"}}"#));
    for name in ["ES512", "ES256K", "rs256", "eddsa", ""] {
        assert_eq!(named(name), format!("alg `{name}` cannot be verified by this build"));
    }
    assert_eq!(named("RS256 "), "alg `RS256\\u{20}` cannot be verified by this build");
    assert_eq!(named(&"x".repeat(10_240)), format!("alg `{}…` cannot be verified by this build", "x".repeat(31)));
    assert_eq!(
        named("\\u001b[0m\\n::add-mask::"),
        "alg `\\u{1b}\\u{5b}0m\\u{a}\\u{3a}\\u{3a}…` cannot be verified by this build"
    );
    assert_eq!(refused_header(r#"{"kid":"test"}"#), "the token's header has no `alg`");
    for (value, kind) in [("256", "a number"), (r#"["EdDSA"]"#, "an array"), ("null", "null")] {
        let reason = refused_header(&format!(r#"{{"alg":{value},"kid":"test"}}"#));
        assert_eq!(reason, format!("`alg` in the token's header is {kind}, expected a string"));
    }
}

#[test]
fn an_alg_other_than_the_one_the_key_set_names_is_refused() {
    let only = ALL_KINDS.replace(r#""kid": "rsa","#, r#""kid": "rsa", "alg": "RS256","#);
    let keys = KeySet::from_json(&only).unwrap();
    for (name, token) in &ALL_ALGORITHMS[1..6] {
        let reason = keys.verify(&jwt(token), DURING).unwrap_err();
        assert_eq!(reason, NotVerified::AlgorithmNotAllowed(format!("`{name}`")));
    }
    assert_eq!(keys.verify(&jwt(ALL_ALGORITHMS[0].1), DURING), Ok(()));
}

/// HI-28
#[test]
fn a_header_that_changes_the_meaning_is_refused() {
    for member in [r#""crit":["exp"]"#, r#""crit":[]"#, r#""b64":false"#, r#""zip":"DEF""#, r#""enc":null"#] {
        let name = member.split('"').nth(1).unwrap();
        let reason = refused_header(&format!(r#"{{"alg":"EdDSA","kid":"test",{member}}}"#));
        assert_eq!(reason, format!("unsupported critical or extension header `{name}`"));
    }
}

/// HI-29
#[test]
fn a_key_is_found_by_exactly_its_id() {
    for id in [
        "../../etc/passwd",
        "' OR 1=1",
        "test\\u0000",
        "TEST",
        "test ",
        "",
        "https://evil.example/",
        &"k".repeat(30_000),
    ] {
        assert_eq!(refused_header(&format!(r#"{{"alg":"EdDSA","kid":"{id}"}}"#)), "no key with this id");
    }
    assert_eq!(refused_header(r#"{"alg":"EdDSA"}"#), "no key with this id: the token's header has no `kid`");
    for (value, kind) in [("1", "a number"), (r#"["test"]"#, "an array"), ("null", "null")] {
        let reason = refused_header(&format!(r#"{{"alg":"EdDSA","kid":{value}}}"#));
        assert_eq!(reason, format!("`kid` in the token's header is {kind}, expected a string"));
    }
    assert_eq!(verdict_at(r#"{"alg":"EdDSA","kid":"\u0074est"}"#, CLAIMS, DURING), Ok(()));
}

/// HI-41
#[test]
fn an_empty_key_set_verifies_nothing() {
    let empty = KeySet::from_json(r#"{"keys":[]}"#).unwrap();
    assert_eq!(empty.verify(&jwt(ALICE), DURING), Err(NotVerified::UnknownKey));
}

#[test]
fn a_token_without_kid_is_for_the_key_without_kid() {
    let nameless = ALL_KINDS.replace(r#""kid": "ed25519", "#, "");
    let keys = KeySet::from_json(&nameless).unwrap();
    let token = sign(Algorithm::EdDSA, &EncodingKey::from_ed_der(&ed25519()), r#"{"alg":"EdDSA"}"#, CLAIMS);
    assert_eq!(keys.verify(&jwt(&token), DURING), Err(NotVerified::Signature), "the key was found and is another");
    assert_eq!(keys.verify(&jwt(ALL_ALGORITHMS[8].1), DURING), Err(NotVerified::UnknownKey));
}

/// HI-47
#[test]
fn a_key_set_aside_says_why_and_hides_no_other() {
    let encryption =
        ALL_KINDS.replace(r#""kid": "p256", "kty": "EC", "use": "sig""#, r#""kid": "p256", "kty": "EC", "use": "enc""#);
    let keys = KeySet::from_json(&encryption).unwrap();
    let verdicts =
        ALL_ALGORITHMS.map(|(_, token)| keys.verify(&jwt(token), DURING).map_err(|reason| reason.to_string()));
    let refused = "the key with this id cannot be used: its `use` is not `sig`".to_owned();
    assert_eq!(verdicts.iter().filter(|verdict| verdict.is_ok()).count(), 8);
    assert_eq!(verdicts[6], Err(refused));
}

/// HI-30
#[test]
fn a_key_that_the_token_brings_is_ignored() {
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let brought = format!(r#""jwk":{key},"jku":"http://169.254.169.254/","x5u":"file:///etc/passwd","x5c":["AA"]"#);
    assert_eq!(verdict_at(&format!(r#"{{"alg":"EdDSA","kid":"test",{brought}}}"#), CLAIMS, DURING), Ok(()));
    assert_eq!(refused_header(&format!(r#"{{"alg":"EdDSA","kid":"other",{brought}}}"#)), "no key with this id");
}

/// HI-31, HI-32
#[test]
fn aud_is_a_string_or_a_list_of_strings() {
    let claims = |aud: &str| format!(r#"{{"iss":"i","exp":1767229200,"aud":{aud}}}"#);
    for aud in ["\"client\"", r#"["client"]"#, r#"["other","client"]"#] {
        assert_eq!(verdict_at(HEADER, &claims(aud), DURING), Ok(()), "{aud}");
    }
    for aud in ["7", "{}", "null", "[]", r#"["client",1]"#, r#"["client",null]"#, r#"[["client"]]"#] {
        assert_eq!(refused_claims(&claims(aud)), "the token's `aud` is not a string or a list of strings", "{aud}");
    }
    assert_eq!(refused_claims(r#"{"iss":"i","exp":1767229200}"#), "the token has no `aud`");
}

/// HI-33
#[test]
fn iss_is_a_string() {
    for iss in ["7", "null", r#"["evil","good"]"#, "{}"] {
        let claims = format!(r#"{{"iss":{iss},"exp":1767229200,"aud":"a"}}"#);
        assert_eq!(refused_claims(&claims), "the token's `iss` is not a string");
    }
    assert_eq!(refused_claims(r#"{"exp":1767229200,"aud":"a"}"#), "the token has no `iss`");
}

/// HI-35
#[test]
fn exp_is_a_whole_number_of_seconds_after_the_clock() {
    let claims = |exp: &str| format!(r#"{{"iss":"i","aud":"a","exp":{exp}}}"#);
    for exp in [
        "\"never\"",
        "\"1767229200\"",
        "1767229200.0",
        "1767229200.5",
        "1.7672292e9",
        "-1",
        "1e300",
        "253402300800",
        "9223372036854775807",
        "18446744073709551616",
        "[1767229200]",
        "{}",
        "null",
        "true",
    ] {
        let reason = refused_claims(&claims(exp));
        assert_eq!(reason, "the token's `exp` is not a whole number of seconds since 1970", "{exp}");
    }
    assert_eq!(refused_claims(r#"{"iss":"i","aud":"a"}"#), "the token has no `exp`");
    assert_eq!(refused_claims(&claims("0")), "the token has expired (`exp`)");
    assert_eq!(verdict_at(HEADER, &claims("253402300799"), DURING), Ok(()));

    let at = |now: i64, leeway: u16| verdict_at(HEADER, CLAIMS, Clock { now, leeway });
    assert_eq!(at(1_767_229_199, 0), Ok(()));
    assert_eq!(at(1_767_229_200, 0), Err(NotVerified::Expired { exp: 1_767_229_200, now: 1_767_229_200 }));
    assert_eq!(at(1_767_229_499, 300), Ok(()));
    assert!(at(1_767_229_500, 300).is_err());
    assert!(at(i64::MIN, 300).is_ok() && at(i64::MAX, 300).is_err());
}

/// HI-36
#[test]
fn nbf_is_not_after_the_clock() {
    let claims = |more: &str| CLAIMS.replace('}', &format!(",{more}}}"));
    let at = |more: &str, leeway: u16| verdict_at(HEADER, &claims(more), Clock { leeway, ..DURING });
    assert_eq!(at(r#""nbf":1767227400"#, 0), Ok(()));
    assert_eq!(at(r#""nbf":1767227401"#, 0), Err(NotVerified::NotYetValid));
    assert_eq!(at(r#""nbf":1767227700"#, 300), Ok(()));
    assert_eq!(at(r#""nbf":1767227701"#, 300), Err(NotVerified::NotYetValid));
    let mistyped = refused_claims(&claims(r#""nbf":"never""#));
    assert_eq!(mistyped, "the token's `nbf` is not a whole number of seconds since 1970");
    assert_eq!(at(r#""iat":1867227400"#, 0), Ok(()), "when it was made is not asked");
}

/// HI-39
#[test]
fn every_wrong_signature_gets_the_same_answer() {
    let keys = KeySet::from_json(ALL_KINDS).unwrap();
    let verdict = |header: &str, claims: &str, signature: &[u8]| {
        keys.verify(&jwt(&format!("{header}.{claims}.{}", base64(signature))), DURING)
    };
    for (name, token) in ALL_ALGORITHMS {
        let (header, claims, good) = parts(token);
        assert_eq!(verdict(header, claims, &good), Ok(()));
        let flipped = |at: usize| {
            let mut signature = good.clone();
            signature[at] ^= 1;
            signature
        };
        let half = good.len() / 2;
        let mut wrong = vec![
            flipped(0),
            flipped(half),
            flipped(good.len() - 1),
            good[..good.len() - 1].to_vec(),
            good[1..].to_vec(),
            [good.as_slice(), &[0]].concat(),
            [&[0], good.as_slice()].concat(),
            [&good[half..], &good[..half]].concat(),
            vec![0; good.len()],
            vec![0xff; good.len()],
            vec![1],
            Vec::new(),
            vec![7; 30_000],
        ];
        if name.starts_with("ES") {
            wrong.push(der(&good));
            wrong.push([&[0; 32], &good[half..]].concat());
            wrong.push([&good[..half], &vec![0; half]].concat());
        }
        for signature in wrong {
            assert_eq!(verdict(header, claims, &signature), Err(NotVerified::Signature), "{name} {signature:?}");
        }
        let tampered = base64(&[URL_SAFE_NO_PAD.decode(claims).unwrap(), b" ".to_vec()].concat());
        assert_eq!(verdict(header, &tampered, &good), Err(NotVerified::Signature));
    }
    assert_eq!(NotVerified::Signature.to_string(), "signature does not match");
}

/// An ECDSA signature as most libraries write it outside of JWTs.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let sign = if number[0] & 0x80 == 0 { &[][..] } else { &[0][..] };
        [&[2, u8::try_from(sign.len() + number.len()).unwrap()], sign, number].concat()
    };
    let (r, s) = signature.split_at(signature.len() / 2);
    let both = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()], both.as_slice()].concat()
}

/// An RSA signature plus the modulus is the same number to arithmetic; it is not the same signature.
#[test]
fn an_rsa_signature_is_below_the_modulus() {
    let n = ALL_KINDS.split("\"n\": \"").nth(1).unwrap().split('"').next().unwrap();
    let n = URL_SAFE_NO_PAD.decode(n).unwrap();
    let keys = KeySet::from_json(ALL_KINDS).unwrap();
    for (name, token) in &ALL_ALGORITHMS[..6] {
        let (header, claims, signature) = parts(token);
        let mut carry = 0;
        let mut sum: Vec<u8> = signature
            .iter()
            .rev()
            .zip(n.iter().rev())
            .map(|(a, b)| {
                carry += u16::from(*a) + u16::from(*b);
                let [byte, _] = carry.to_le_bytes();
                carry >>= 8;
                byte
            })
            .collect();
        sum.extend(u8::try_from(carry));
        sum.reverse();
        let sum = if sum[0] == 0 { &sum[1..] } else { &sum[..] };
        let token = format!("{header}.{claims}.{}", base64(sum));
        assert_eq!(keys.verify(&jwt(&token), DURING), Err(NotVerified::Signature), "{name}");
    }
}

#[test]
fn a_refusal_is_a_denial_of_the_decision() {
    let expired = NotVerified::Expired { exp: 1, now: 2 };
    assert_eq!(InvalidToken::from(expired), InvalidToken::Expired { exp: 1, now: 2 });
    let text = "signature does not match".to_owned();
    assert_eq!(InvalidToken::from(NotVerified::Signature), InvalidToken::NotVerified(text));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Jwt::decode(&String::from_utf8_lossy(&bytes), &TokenLimits::default());
    }

    #[test]
    fn no_header_and_claims_make_verification_panic_or_pass(
        header in prop::collection::vec(any::<u8>(), 0..60),
        members in prop::collection::vec(prop::sample::select(vec![
            r#""alg":"EdDSA""#, r#""alg":"RS256""#, r#""alg":"HS256""#, r#""alg":[]"#, r#""kid":"test""#, r#""kid":"canary""#,
            r#""kid":null"#, r#""crit":["canary"]"#, r#""jwk":{"k":"canary"}"#, r#""x":1"#,
        ]), 0..4),
        claims in prop::sample::select(vec!["{}", CLAIMS, r#"{"exp":"canary"}"#]),
        signature in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        for header in [header, format!("{{{}}}", members.join(",")).into_bytes()] {
            let token = format!("{}.{}.{}", base64(&header), base64(claims.as_bytes()), base64(&signature));
            match Jwt::decode(&token, &TokenLimits::default()) {
                Ok(jwt) => {
                    let verdict = key_set().verify(&jwt, DURING);
                    prop_assert!(verdict.is_err());
                    let shown = format!("{verdict:?} {jwt:?} {:?}", jwt.warnings());
                    prop_assert!(!shown.contains("canary"), "{}", shown);
                }
                Err(error) => prop_assert!(!error.to_string().contains("canary")),
            }
        }
    }

    #[test]
    fn no_other_spelling_of_a_token_is_verified(at in any::<prop::sample::Index>(), other in "[A-Za-z0-9_.=-]") {
        let keys = KeySet::from_json(USER_POOL).unwrap();
        let good = ALICE.trim();
        let at = at.index(good.len());
        prop_assume!(good[at..=at] != other);
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        if let Ok(jwt) = Jwt::decode(&changed, &TokenLimits::default()) {
            prop_assert!(keys.verify(&jwt, DURING).is_err());
        }
    }
}
