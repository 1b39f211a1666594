//! Checks the signature of a token, and the claims without which a signature means nothing.
//!
//! The cryptography is a dependency's; every decision about a token is made here. The token chooses neither the key nor how it is used: its
//! `kid` is looked up literally, and its `alg` has to fit the key that was found.

use std::fmt;

use crate::claims::{Claim, Claims};
use crate::decision::InvalidToken;
use crate::header::{self, EXTENSIONS};
use crate::jwks::{KeySet, PublicKey, supported, verifier};
use crate::login::Clock;
use crate::token::Jwt;
use jsonwebtoken::{Algorithm, DecodingKeyKind};

/// The last second of the year 9999. What is later is no time.
const LATEST: i64 = 253_402_300_799;

/// Why a token was not verified. No message quotes a claim, a key id or any other value of the token but `alg`, shortened and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotVerified {
    /// The token's `alg` is `none`, in any spelling.
    AlgorithmNone,
    /// `alg` or `kid` in the header is not what it has to be; the text says how.
    Header(String),
    /// `alg` is registered, or not, and in any case not one that is checked; the text is the name, safe to print.
    UnsupportedAlgorithm(String),
    /// The header has a member that changes what the signature means: `crit`, `b64`, `zip` or `enc`.
    UnsupportedHeader(&'static str),
    /// The key set has no key with the token's `kid`.
    UnknownKey,
    /// The key set has the key, for another purpose or of a kind that is not supported; the text says which.
    UnusableKey(&'static str),
    /// The key is of another kind than `alg`, or the key set names another algorithm for it; the text is the name, safe to print.
    AlgorithmNotAllowed(String),
    /// The signature does not match, whatever the reason.
    Signature,
    /// The token is an access token.
    AccessToken,
    /// A claim is missing or of the wrong type; the text says which.
    Claim(String),
    /// The clock is before the token's `nbf`.
    NotYetValid,
    /// The clock is at or after the token's `exp` (L4); both in seconds since 1970.
    Expired {
        /// The token's `exp`.
        exp: i64,
        /// The clock.
        now: i64,
    },
}

impl KeySet {
    /// Checks a token: its header, its signature, and that `iss`, `aud` and `exp` are there and well typed.
    ///
    /// RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and `EdDSA` (Ed25519) can be checked. `iss` has to be a string, `aud` a string
    /// or an array of strings, `exp` a whole number of seconds after the clock; `nbf`, if it is there, one not after it. Whom the token is
    /// for and who issued it is for the evaluator to say (L2, L3).
    ///
    /// # Errors
    /// Everything else. The first reason is given, in the order header, key, signature, claims; a signature that does not match has
    /// one reason, however it fails to.
    pub fn verify(&self, jwt: &Jwt, clock: Clock) -> Result<(), NotVerified> {
        let name = header::algorithm(jwt.header()).map_err(NotVerified::Header)?;
        if header::is_none(name) {
            return Err(NotVerified::AlgorithmNone);
        }
        if let Some(extension) = EXTENSIONS.iter().find(|extension| jwt.header().get(extension).is_some()) {
            return Err(NotVerified::UnsupportedHeader(extension));
        }
        let id = header::text(jwt.header(), "kid").map_err(NotVerified::Header)?;
        let is_shared_secret = matches!(name, "HS256" | "HS384" | "HS512");
        let algorithm = supported(name);
        if algorithm.is_none() && !is_shared_secret {
            return Err(NotVerified::UnsupportedAlgorithm(header::shown(name)));
        }
        let found = self.key(id).ok_or_else(|| match id {
            Some(_) => NotVerified::UnknownKey,
            None => NotVerified::Header("no key with this id: the token's header has no `kid`".to_owned()),
        })?;
        let key = found.material.as_ref().map_err(|reason| NotVerified::UnusableKey(reason))?;
        let algorithm = algorithm
            .filter(|algorithm| key.allows(*algorithm))
            .ok_or_else(|| NotVerified::AlgorithmNotAllowed(header::shown(name)))?;
        check_signature(key, algorithm, jwt)?;
        check_claims(jwt.claims(), clock)
    }
}

fn check_signature(key: &PublicKey, algorithm: Algorithm, jwt: &Jwt) -> Result<(), NotVerified> {
    // An RSA signature is a number below the modulus. Not every path of the crate looks.
    if let DecodingKeyKind::RsaModulusExponent { n, .. } = key.decoding.kind()
        && (jwt.signature().len() != n.len() || jwt.signature() >= n.as_slice())
    {
        return Err(NotVerified::Signature);
    }
    let verifier = verifier(algorithm, &key.decoding).ok_or(NotVerified::Signature)?;
    verifier
        .verify(jwt.signed_text().as_bytes(), &jwt.signature().to_vec())
        // The crate's reason is dropped: it can hold bytes of the token, and an attacker learns from it.
        .map_err(|_| NotVerified::Signature)
}

fn check_claims(claims: &Claims<'_>, clock: Clock) -> Result<(), NotVerified> {
    if header::is_access_token(claims) {
        return Err(NotVerified::AccessToken);
    }
    let wrong = |name: &str, expected: &str| {
        Err(NotVerified::Claim(match claims.get(name) {
            None => format!("the token has no `{name}`"),
            Some(_) => format!("the token's `{name}` is not {expected}"),
        }))
    };
    if claims.text("iss").is_none() {
        return wrong("iss", "a string");
    }
    let is_audience = match claims.get("aud") {
        Some(Claim::Text(_)) => true,
        Some(Claim::Array(list)) => !list.is_empty() && list.iter().all(|element| element.as_text().is_some()),
        _ => false,
    };
    if !is_audience {
        return wrong("aud", "a string or a list of strings");
    }
    let seconds = "a whole number of seconds since 1970";
    let Some(exp) = claims.get("exp").and_then(time) else { return wrong("exp", seconds) };
    let leeway = i64::from(clock.leeway);
    if exp <= clock.now.saturating_sub(leeway) {
        return Err(NotVerified::Expired { exp, now: clock.now });
    }
    let Some(nbf) = claims.get("nbf") else { return Ok(()) };
    match time(nbf) {
        None => wrong("nbf", seconds),
        Some(nbf) if nbf > clock.now.saturating_add(leeway) => Err(NotVerified::NotYetValid),
        Some(_) => Ok(()),
    }
}

/// A time between 1970 and 9999, written as a whole number: `1767225600`, not `1.7672256e9`.
fn time(claim: &Claim<'_>) -> Option<i64> {
    let Claim::Number(text) = claim else { return None };
    text.parse().ok().filter(|seconds| (0..=LATEST).contains(seconds))
}

impl fmt::Display for NotVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmNone => f.write_str("alg none is never accepted"),
            Self::Header(fault) | Self::Claim(fault) => f.write_str(fault),
            Self::UnsupportedAlgorithm(name) => write!(f, "alg {name} cannot be verified by this build"),
            Self::UnsupportedHeader(name) => write!(f, "unsupported critical or extension header `{name}`"),
            Self::UnknownKey => f.write_str("no key with this id"),
            Self::UnusableKey(reason) => write!(f, "the key with this id cannot be used: {reason}"),
            Self::AlgorithmNotAllowed(name) => write!(f, "alg not allowed for this key: {name}"),
            Self::Signature => f.write_str("signature does not match"),
            Self::AccessToken => f.write_str("this is an access token, expected an ID token"),
            Self::NotYetValid => f.write_str("the token is not valid yet (`nbf`)"),
            Self::Expired { .. } => f.write_str("the token has expired (`exp`)"),
        }
    }
}

impl std::error::Error for NotVerified {}

/// The denial that a token gets which was not verified.
impl From<NotVerified> for InvalidToken {
    fn from(reason: NotVerified) -> Self {
        match reason {
            NotVerified::Expired { exp, now } => Self::Expired { exp, now },
            other => Self::NotVerified(other.to_string()),
        }
    }
}
