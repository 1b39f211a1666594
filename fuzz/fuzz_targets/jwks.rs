//! A key set from anybody. No key but the right one verifies the token.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use whichrole::{Clock, Jwt, KeySet, TokenLimits};

const TOKEN: &str = include_str!("../../testdata/tokens/alice.id.jwt");
const KEYS: &str = include_str!("../../testdata/tokens/jwks.json");

static JWT: LazyLock<Jwt> = LazyLock::new(|| Jwt::decode(TOKEN.trim(), &TokenLimits::default()).expect("a token"));

/// The modulus of the key that signed the token.
static MODULI: LazyLock<Vec<String>> = LazyLock::new(|| {
    let keys: serde_json::Value = serde_json::from_str(KEYS).expect("JSON");
    let keys = keys["keys"].as_array().expect("keys").clone();
    keys.iter().filter_map(|key| key["n"].as_str().map(str::to_owned)).collect()
});

fuzz_target!(|text: &str| {
    let clock = Clock { now: 1_767_227_400, leeway: 0 };
    match KeySet::from_json(text) {
        Ok(keys) => {
            assert!(keys.len() <= 100);
            whichrole_fuzz::problems_are_sentences(keys.notes(), 1);
            if let Err(why) = keys.verify(&JWT, clock) {
                whichrole_fuzz::is_safe_line(&why.to_string());
            } else {
                assert!(MODULI.iter().any(|n| text.replace("\\", "").contains(n) || text.contains("\\u")), "{text}");
            }
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            whichrole_fuzz::problems_are_sentences(&error.problems, 1);
        }
    }
});
