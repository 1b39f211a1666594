//! What the header of a JWT says about its signature, and what of it whichrole does not follow.
//!
//! A header is written by whoever made the token, so nothing in it is trusted: it names an algorithm and a key, and that is all.

use std::fmt::Write as _;

use crate::claims::Claims;
use crate::token::Jwt;

/// Members that change what the signature or the claims mean. A verified token must not have them.
pub(crate) const EXTENSIONS: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// Members that bring or point to a key. The key of a token is never taken from the token.
const KEYS: [&str; 4] = ["jwk", "jku", "x5u", "x5c"];

/// The signature algorithms that have a registered name, whether whichrole can check them or not.
const REGISTERED: [&str; 16] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519",
    "Ed448", "HS256", "HS384", "HS512",
];

impl Jwt {
    /// What a person should know about this token before trusting an answer about it, one sentence each: there is no signature, the header asks
    /// for something that is not done, or this is not an ID token.
    ///
    /// ```
    /// use whichrole::{Jwt, TokenLimits};
    ///
    /// let unsigned = Jwt::decode("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", &TokenLimits::default())?;
    /// assert_eq!(unsigned.warnings(), ["the token is not signed: its `alg` is none"]);
    /// # Ok::<(), whichrole::TokenError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        match algorithm(self.header()) {
            Err(fault) => warnings.push(fault),
            Ok(name) if is_none(name) => warnings.push("the token is not signed: its `alg` is none".to_owned()),
            Ok(name) if !REGISTERED.contains(&name) => {
                warnings.push(format!("the token's `alg` is not a signature algorithm: {}", shown(name)));
            }
            Ok(_) => {}
        }
        if self.signature().is_empty() && !algorithm(self.header()).is_ok_and(is_none) {
            warnings.push("the token is not signed: its signature is empty".to_owned());
        }
        let present = |names: &[&'static str]| -> Vec<&'static str> {
            names.iter().copied().filter(|name| self.header().get(name).is_some()).collect()
        };
        for name in present(&EXTENSIONS) {
            warnings.push(format!("the token's header has `{name}`, which is not supported"));
        }
        for name in present(&KEYS) {
            warnings.push(format!("the key in the token's header (`{name}`) is ignored"));
        }
        if is_access_token(self.claims()) {
            warnings.push("this is an access token; an identity pool takes the ID token".to_owned());
        }
        warnings
    }
}

/// The name of the algorithm, or what is wrong with it.
pub(crate) fn algorithm<'h>(header: &'h Claims<'_>) -> Result<&'h str, String> {
    text(header, "alg")?.ok_or_else(|| "the token's header has no `alg`".to_owned())
}

/// A member of the header that is a string if it is there.
pub(crate) fn text<'h>(header: &'h Claims<'_>, name: &str) -> Result<Option<&'h str>, String> {
    match header.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_text()
            .map(Some)
            .ok_or_else(|| format!("`{name}` in the token's header is {}, expected a string", value.kind())),
    }
}

/// Whether an algorithm's name is a spelling of `none`.
pub(crate) fn is_none(algorithm: &str) -> bool {
    algorithm.eq_ignore_ascii_case("none")
}

/// Whether these are the claims of an access token: it says so, or it has the client where an ID token has the audience.
pub(crate) fn is_access_token(claims: &Claims<'_>) -> bool {
    match claims.text("token_use") {
        Some(token_use) => token_use == "access",
        None => claims.get("aud").is_none() && claims.get("client_id").is_some(),
    }
}

/// An algorithm's name for a message: in backticks, at most 32 characters, all but letters, digits, `-` and `_` as `\u{…}`.
pub(crate) fn shown(algorithm: &str) -> String {
    const SHOWN: usize = 32;
    let mut out = String::new();
    for c in algorithm.chars() {
        let mut escaped = String::new();
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            escaped.push(c);
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
        }
        if out.len() + escaped.len() >= SHOWN {
            out.push('…');
            break;
        }
        out.push_str(&escaped);
    }
    format!("`{out}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(header: &str, claims: &str) -> Vec<String> {
        Jwt::of_parts(header, claims, b"signature").warnings()
    }

    const ID_TOKEN: &str = r#"{"token_use":"id","aud":"client"}"#;

    #[test]
    fn a_plain_token_has_no_warnings() {
        assert_eq!(warnings(r#"{"alg":"RS256","kid":"a"}"#, ID_TOKEN), [""; 0]);
    }

    #[test]
    fn a_token_without_signature_is_noticed() {
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"None"}"#, r#"{"alg":"nOnE"}"#] {
            assert_eq!(warnings(header, ID_TOKEN), ["the token is not signed: its `alg` is none"]);
        }
        assert_eq!(
            Jwt::of_parts(r#"{"alg":"RS256"}"#, ID_TOKEN, b"").warnings(),
            ["the token is not signed: its signature is empty"]
        );
    }

    #[test]
    fn odd_algorithms_are_shown_escaped_and_short() {
        assert_eq!(warnings("{}", ID_TOKEN), ["the token's header has no `alg`"]);
        assert_eq!(
            warnings(r#"{"alg":256}"#, ID_TOKEN),
            ["`alg` in the token's header is a number, expected a string"]
        );
        let named = |name: &str| warnings(&format!(r#"{{"alg":"{name}"}}"#), ID_TOKEN).join("; ");
        assert_eq!(named("rs256"), "the token's `alg` is not a signature algorithm: `rs256`");
        assert_eq!(named("RS256 "), "the token's `alg` is not a signature algorithm: `RS256\\u{20}`");
        assert_eq!(
            named("\\u001b[2J\\n::add-mask::x"),
            "the token's `alg` is not a signature algorithm: `\\u{1b}\\u{5b}2J\\u{a}\\u{3a}\\u{3a}…`"
        );
        let long = named(&"x".repeat(10_000));
        assert_eq!(long, format!("the token's `alg` is not a signature algorithm: `{}…`", "x".repeat(31)));
    }

    #[test]
    fn what_a_header_asks_for_in_vain_is_named_without_its_value() {
        let header = r#"{"alg":"RS256","crit":["exp"],"b64":false,"zip":"DEF","enc":"x","jwk":{},"jku":"http://169.254.169.254/",
            "x5u":"http://evil","x5c":[]}"#;
        let warnings = warnings(header, ID_TOKEN);
        assert_eq!(warnings.len(), 8);
        assert_eq!(warnings[0], "the token's header has `crit`, which is not supported");
        assert_eq!(warnings[5], "the key in the token's header (`jku`) is ignored");
        assert!(!warnings.concat().contains("169") && !warnings.concat().contains("evil"));
    }

    #[test]
    fn an_access_token_is_noticed() {
        let access = "this is an access token; an identity pool takes the ID token";
        assert_eq!(warnings(r#"{"alg":"RS256"}"#, r#"{"token_use":"access","aud":"x"}"#), [access]);
        assert_eq!(warnings(r#"{"alg":"RS256"}"#, r#"{"client_id":"x"}"#), [access]);
    }
}
