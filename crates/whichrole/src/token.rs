//! Takes a token apart: a compact JWT or a claims object, decoded strictly. Nothing of the token reaches a message.

use std::fmt;

use crate::base64url;
use crate::claims::Claims;
use crate::json::{self, JsonError, JsonErrorKind, JsonLimits};
use crate::text;

/// How large a token may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLimits {
    /// Bytes of a compact JWT: 50,000.
    pub bytes: usize,
    /// The limits of its header and its claims.
    pub json: JsonLimits,
}

impl Default for TokenLimits {
    fn default() -> Self {
        Self { bytes: 50_000, json: JsonLimits::CLAIMS }
    }
}

/// What is wrong with the text of a token or of claims. The message quotes nothing but the names of claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError {
    code: &'static str,
    message: String,
    /// One-based, for claims given as JSON text.
    position: Option<(usize, usize)>,
}

impl TokenError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), position: None }
    }

    pub(crate) fn no_token() -> Self {
        Self::new("no-token", "no token given")
    }

    /// Bytes that are not UTF-8 text.
    #[must_use]
    pub fn not_utf8() -> Self {
        Self::new("not-utf8", "the token is not UTF-8 text")
    }

    /// A text of more than `limit` bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new("token-too-large", format!("the token is larger than {limit} bytes"))
    }

    /// A claims object of more than `limit` bytes.
    #[must_use]
    pub fn claims_too_large(limit: usize) -> Self {
        Self::new("token-too-large", format!("the claims are larger than {limit} bytes"))
    }

    pub(crate) fn claims_not_an_object() -> Self {
        Self::new("claims-not-an-object", "claims are not a JSON object")
    }

    /// For claims given as JSON text, where line and column are of use.
    pub(crate) fn claims_json(json: &str, errors: &[JsonError]) -> Self {
        let Some(first) = errors.first() else { return Self::claims_not_an_object() };
        Self { position: Some(json::line_and_column(json, first.at)), ..Self::json("claims", errors) }
    }

    /// For a part of a JWT: positions inside base64url are of no use to anyone.
    fn json(part: &str, errors: &[JsonError]) -> Self {
        const NAMES: usize = 10;
        let duplicates: Vec<String> = errors
            .iter()
            .take(NAMES)
            .filter_map(|error| match &error.kind {
                JsonErrorKind::Duplicate(name) => Some(claim_name(name)),
                _ => None,
            })
            .collect();
        if !duplicates.is_empty() {
            let names = duplicates.join(", ");
            let more = if errors.len() > NAMES { format!(" and {} more", errors.len() - NAMES) } else { String::new() };
            return Self::new("duplicate-claim", format!("{part}: {names}{more} given twice"));
        }
        let Some(first) = errors.first() else { return Self::claims_not_an_object() };
        let code = if first.kind.is_limit() { "token-too-large" } else { "malformed-json" };
        Self::new(code, format!("{part}: {}", first.kind))
    }

    /// A stable kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Line and column, one-based, where the claims were given as JSON text.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }
}

/// A claim's name for a message: quoted if it is printable, else only counted.
fn claim_name(name: &str) -> String {
    if text::visible(name) == name { text::quoted(name) } else { "a claim with unprintable characters".to_owned() }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TokenError {}

/// A compact JWT, decoded and not verified.
///
/// `Debug` shows its size only.
#[derive(Clone)]
pub struct Jwt {
    header: Claims<'static>,
    claims: Claims<'static>,
    signed: String,
    signature: Vec<u8>,
}

impl Jwt {
    /// Decodes a compact JWT: three parts of unpadded base64url, the first two JSON objects without duplicate names.
    ///
    /// Blanks around it, a `Bearer ` before it and quotes around it are passed over. The signature may be empty.
    ///
    /// # Errors
    /// An empty text; one, two, four or more parts (five are an encrypted token); `=`, `+`, `/` or blanks inside; a header or claims that are
    /// not a JSON object; a claim given twice; more than the limits allow.
    pub fn decode(text: &str, limits: &TokenLimits) -> Result<Self, TokenError> {
        let text = trim(text);
        if text.is_empty() {
            return Err(TokenError::no_token());
        }
        if text.len() > limits.bytes {
            return Err(TokenError::too_large(limits.bytes));
        }
        // Two JWTs, a line each, have five parts as an encrypted token has.
        if text.lines().filter(|line| line.matches('.').count() == 2).count() > 1 {
            let message = "there is more than one token; `whichrole batch` takes one a line";
            return Err(TokenError::new("several-tokens", message));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(match parts.len() {
                5 => {
                    TokenError::new("encrypted-token", "encrypted token (JWE) is not supported; a refresh token is one")
                }
                found => TokenError::new("malformed-token", format!("expected 3 parts, found {found}")),
            });
        };
        for (part, name) in [(header, "header"), (payload, "claims part")] {
            if part.is_empty() {
                return Err(TokenError::new("malformed-token", format!("the {name} of the token is empty")));
            }
        }
        let decoded = |part: &str, number: usize| {
            base64url::decode(part).map_err(|at| {
                TokenError::new("malformed-token", format!("not base64url at offset {at} of part {number}"))
            })
        };
        let object = |part: &str, number: usize, name: &str, code: &'static str| {
            let bytes = decoded(part, number)?;
            let text =
                std::str::from_utf8(&bytes).map_err(|_| TokenError::new("not-utf8", format!("{name} not UTF-8")))?;
            let json = json::parse(text, &limits.json)
                .map_err(|errors| TokenError::json(name.split(' ').next().unwrap_or(name), &errors))?;
            Claims::of_object(json)
                .map(Claims::into_owned)
                .ok_or_else(|| TokenError::new(code, format!("{name} not a JSON object")))
        };
        let header_claims = object(header, 1, "header is", "header-not-an-object")?;
        let claims = object(payload, 2, "claims are", "claims-not-an-object")?;
        let signature = decoded(signature, 3)?;
        Ok(Self { header: header_claims, claims, signed: format!("{header}.{payload}"), signature })
    }

    /// The header's members.
    #[must_use]
    pub fn header(&self) -> &Claims<'static> {
        &self.header
    }

    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &Claims<'static> {
        &self.claims
    }

    /// The claims alone.
    #[must_use]
    pub fn into_claims(self) -> Claims<'static> {
        self.claims
    }

    /// The signature's bytes; empty where the token has none.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The text that the signature is over.
    #[must_use]
    pub fn signed_text(&self) -> &str {
        &self.signed
    }
}

/// Whether a word is more likely a compact JWT than anything else: its first part decodes to the beginning of a JSON object.
#[must_use]
pub fn looks_like_token(word: &str) -> bool {
    let word = word.trim().trim_start_matches("Bearer ").trim_start_matches(['"', '\'']);
    let parts = word.split('.').count();
    let begins_object = matches!(
        word.as_bytes().get(..3),
        Some(
            [b'e', b'y', b'A'..=b'D' | b'I'..=b'L']
            | [b'e', b'3', b'0'..=b'3']
            | [b'e', b'w', b'k'..=b'r' | b'0'..=b'3'],
        )
    );
    word.starts_with("eyJ") || (begins_object && matches!(parts, 3 | 5)) || (word.len() > 300 && parts == 3)
}

#[cfg(test)]
impl Jwt {
    /// A token that nobody signed, for tests of what its parts say.
    pub(crate) fn of_parts(header: &str, claims: &str, signature: &[u8]) -> Self {
        let read = |json: &str| Claims::from_json(json).unwrap().into_owned();
        Self { header: read(header), claims: read(claims), signed: String::new(), signature: signature.to_vec() }
    }
}

/// The size only.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwt({} bytes)", self.signed.len() + self.signature.len())
    }
}

/// The token without blanks around it, a `Bearer ` before it or quotes around it.
#[must_use]
pub(crate) fn trim(text: &str) -> &str {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let text = text.strip_prefix("Bearer ").unwrap_or(text).trim_matches([' ', '\t', '\r', '\n']);
    match text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner,
        None => text.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')).unwrap_or(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_header() {
        for token in ["eyJhbGciOiJub25lIn0.e30.", "e30.e30.", "Bearer eyJhbGciOiJub25lIn0", "\"eyJh\"", "ewogIn0.e30.x"]
        {
            assert!(looks_like_token(token), "{token}");
        }
        for other in ["alice.id.jwt", "e.g.x", "ex.tar.gz", "./token", "pool.json", "-", "eyes.json"] {
            assert!(!looks_like_token(other), "{other}");
        }
    }

    fn encode(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            for n in 0..=chunk.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63]));
            }
        }
        out
    }

    fn jwt(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", encode(header.as_bytes()), encode(claims.as_bytes()))
    }

    fn refused(text: &str) -> String {
        let error = Jwt::decode(text, &TokenLimits::default()).unwrap_err();
        format!("{}: {error}", error.code())
    }

    #[test]
    fn a_token_is_taken_apart() {
        let token = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"1"}"#);
        for text in [token.clone(), format!(" Bearer {token}\r\n"), format!("\"{token}\"")] {
            let jwt = Jwt::decode(&text, &TokenLimits::default()).unwrap();
            assert_eq!(jwt.claims().to_json(), r#"{"sub":"1"}"#);
            assert_eq!(jwt.signature(), b"sig");
        }
        let whole = Jwt::decode(&token, &TokenLimits::default()).unwrap();
        assert_eq!(format!("{whole:?}"), "Jwt(39 bytes)");
        assert_eq!(whole.header().to_json(), r#"{"alg":"RS256"}"#);
        assert_eq!(format!("{}.c2ln", whole.signed_text()), token);
        assert_eq!(whole.into_claims().to_json(), r#"{"sub":"1"}"#);
        let unsigned = token.strip_suffix("c2ln").unwrap();
        assert!(Jwt::decode(unsigned, &TokenLimits::default()).unwrap().signature().is_empty());
    }

    #[test]
    fn blanks_a_scheme_and_quotes_around_a_token_are_passed_over() {
        for text in ["a.b.c", " \ta.b.c\r\n", "Bearer a.b.c", "Bearer \t\"a.b.c\" ", "'a.b.c'"] {
            assert_eq!(trim(text), "a.b.c", "{text:?}");
        }
        for text in ["'a.b.c", "a.b.c\"", "\"a.b.c'", "\"", "bearer a.b.c"] {
            assert_eq!(trim(text), text);
        }
    }

    #[test]
    fn a_token_of_the_size_of_the_limit_is_read_and_no_larger_one() {
        let token = jwt("{}", r#"{"sub":"1"}"#);
        let within = |bytes| Jwt::decode(&token, &TokenLimits { bytes, ..TokenLimits::default() }).map(|_| ());
        assert_eq!(within(token.len()), Ok(()));
        assert_eq!(within(token.len() + 1), Ok(()));
        assert_eq!(within(token.len() - 1), Err(TokenError::too_large(token.len() - 1)));
        assert_eq!(within(token.len() - 2), Err(TokenError::too_large(token.len() - 2)));
        assert_eq!(TokenLimits::default().bytes, 50_000);
        assert_eq!(refused(&jwt("{}", &"[".repeat(33))), "token-too-large: claims: nested deeper than 32");
    }

    #[test]
    fn a_position_is_given_where_a_person_can_see_it() {
        let error = Claims::from_json("{\n \"a\": x}").unwrap_err();
        assert_eq!((error.code(), error.position()), ("malformed-json", Some((2, 7))));
        assert_eq!(error.to_string(), "claims: expected a JSON value");
        let error = Jwt::decode(&jwt("{}", "{\n \"a\": x}"), &TokenLimits::default()).unwrap_err();
        assert_eq!((error.code(), error.position()), ("malformed-json", None));
        let error = TokenError::not_utf8();
        assert_eq!((error.code(), error.to_string().as_str()), ("not-utf8", "the token is not UTF-8 text"));
    }

    #[test]
    fn faults_are_named_without_quoting_the_token() {
        let header = r#"{"alg":"RS256"}"#;
        assert_eq!(refused(" "), "no-token: no token given");
        assert_eq!(refused("abc"), "malformed-token: expected 3 parts, found 1");
        assert_eq!(refused("a.b.c.d"), "malformed-token: expected 3 parts, found 4");
        assert_eq!(
            refused("a.b.c.d.e"),
            "encrypted-token: encrypted token (JWE) is not supported; a refresh token is one"
        );
        assert_eq!(refused(".e30.x"), "malformed-token: the header of the token is empty");
        assert_eq!(refused("e30..x"), "malformed-token: the claims part of the token is empty");
        assert_eq!(refused("e30.e3=0.x"), "malformed-token: not base64url at offset 2 of part 2");
        assert_eq!(refused(&jwt("[]", "{}")), "header-not-an-object: header is not a JSON object");
        assert_eq!(refused(&jwt(header, "[]")), "claims-not-an-object: claims are not a JSON object");
        assert_eq!(refused(&format!("{}._w.x", encode(header.as_bytes()))), "not-utf8: claims are not UTF-8");
        assert_eq!(refused(&jwt(header, r#"{"role":1,"r\u006fle":2}"#)), "duplicate-claim: claims: `role` given twice");
        assert_eq!(refused(&jwt(r#"{"alg":1,"alg":2}"#, "{}")), "duplicate-claim: header: `alg` given twice");
        let line = jwt(header, "{}");
        assert_eq!(
            refused(&format!("{line}\r\n{line}\n")),
            "several-tokens: there is more than one token; `whichrole batch` takes one a line"
        );
        let twice = |count: usize| {
            let members = (0..count).map(|n| format!(r#""c{n}":1,"c{n}":2"#)).collect::<Vec<_>>().join(",");
            refused(&jwt(header, &format!("{{{members}}}")))
        };
        assert!(twice(10).ends_with(", `c9` given twice"));
        assert!(twice(11).ends_with(", `c9` and 1 more given twice"));
        assert!(twice(12).ends_with(", `c9` and 2 more given twice"));
        assert_eq!(
            refused(&jwt(header, r#"{"\u001b":1,"\u001b":2}"#)),
            "duplicate-claim: claims: a claim with unprintable characters given twice"
        );
        assert_eq!(refused(&"a".repeat(50_001)), "token-too-large: the token is larger than 50000 bytes");
    }

    #[test]
    fn a_long_word_of_three_parts_is_taken_for_a_token_whatever_it_begins_with() {
        let word = |length: usize| format!("{}.b.c", "a".repeat(length - 4));
        assert!(looks_like_token(&word(301)));
        assert!(!looks_like_token(&word(300)));
        assert!(!looks_like_token(&word(299)));
        assert!(!looks_like_token(&"a".repeat(400)));
        assert!(!looks_like_token("a.b.c"));
        assert!(looks_like_token("e30.e30."), "an empty header");
        assert!(!looks_like_token("e30.e30"));
    }
}
