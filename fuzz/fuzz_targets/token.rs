//! A compact JWT from anybody: decoded in full or refused without a word of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whichrole::{Claims, Jwt, TokenLimits};

fuzz_target!(|text: &str| {
    let limits = TokenLimits::default();
    match Jwt::decode(text, &limits) {
        Ok(jwt) => {
            assert!(text.len() <= limits.bytes + 64, "whatever surrounds it is passed over");
            let json = jwt.claims().to_json();
            assert_eq!(Claims::from_json_within(&json, &limits.json).as_ref(), Ok(jwt.claims()));
            assert!(text.contains(jwt.signed_text()));
            assert!(
                !format!("{jwt:?}").contains(&text.trim()[..20.min(text.trim().len())]),
                "nothing of it in debug output"
            );
        }
        Err(error) => {
            let message = error.to_string();
            whichrole_fuzz::is_safe_line(&message);
            assert!(message.len() < 600, "{message}");
            for part in text.split(['.', '\n', ' ']).filter(|part| part.len() >= 24) {
                assert!(!message.contains(part), "{message}");
            }
        }
    }
});
