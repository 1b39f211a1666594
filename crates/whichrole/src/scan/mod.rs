//! Reads tokens by the million: one pass over each, which checks everything that [`Claims::from_json`] checks and keeps only the claims that a
//! decision reads.
//!
//! There are two readers, and one truth. The pass in `line.rs` accepts a text or gives up; where it gives up, for whatever reason, the
//! reader of single tokens judges, and its words are the only ones a person ever sees. So the pass has no errors of its own, and all it has
//! to be is careful: never to accept what the reader refuses, and to read the same claims. `tests/scanner.rs` and the fuzz target `scan`
//! hold the two equal.

mod line;
mod quotes;
mod scanned;
mod seen;
mod usual;

use self::line::{Line, Others};
use self::quotes::Quotes;
use self::scanned::Places;
pub use self::scanned::Scanned;
use self::seen::Seen;
use self::usual::Usual;
use crate::base64url::Decoder;
use crate::claims::Claims;
use crate::eval::Evaluator;
use crate::json;
use crate::login::TokenForm;
use crate::names::Names;
use crate::token::{Jwt, TokenError, TokenLimits};

/// Reads many tokens, and of each only the claims that some evaluators look at.
///
/// ```
/// use whichrole::*;
///
/// let mut pool = IdentityPool::default();
/// let rule = MappingRule::new("custom:dept", MatchType::Equals, "ops", "arn:aws:iam::111122223333:role/Ops");
/// let key = ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web");
/// pool.role_mappings.insert(key, RoleMapping::rules([rule]));
/// let evaluator = Evaluator::new(pool, Semantics::default());
///
/// let mut scanner = ClaimsScanner::new([&evaluator], TokenLimits::default());
/// let token = scanner.read(r#"{"sub":"1111","custom:dept":"ops","email":"jane@example.com"}"#)?;
/// let logins = [evaluator.login_of(None, &token)?];
/// assert!(evaluator.evaluate(&Request::of(&logins)).role().is_some());
///
/// let claims = token.into_claims();
/// assert_eq!(claims.get("custom:dept"), Some(&Claim::from("ops")));
/// assert_eq!(claims.get("email"), None, "no rule and no tag is about it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ClaimsScanner {
    wanted: Names,
    limits: TokenLimits,
    quotes: Quotes,
    seen: Seen,
    /// The names that lines have had, in their order.
    usual: Usual,
    /// Where the texts of the last token are.
    places: Places,
    decoder: Decoder,
    /// The claims part of the last JWT, decoded.
    payload: Vec<u8>,
    /// The last header that was good, as it stood in its JWT: most tokens of a day have the same.
    header: String,
}

impl ClaimsScanner {
    /// A scanner that keeps every claim that any of the evaluators could look at.
    pub fn new<'e>(evaluators: impl IntoIterator<Item = &'e Evaluator>, limits: TokenLimits) -> Self {
        let mut evaluators = evaluators.into_iter();
        // The claims get the numbers of the first evaluator, which then need not look at their names again.
        let mut wanted = evaluators.next().map(Evaluator::names_read).unwrap_or_default();
        for name in evaluators.flat_map(Evaluator::claims_read) {
            wanted.insert(name);
        }
        Self::of_names(wanted, limits)
    }

    /// A scanner that keeps these members.
    #[must_use]
    pub fn keeping<'n>(names: impl IntoIterator<Item = &'n str>, limits: TokenLimits) -> Self {
        let mut wanted = Names::default();
        for name in names {
            wanted.insert(name);
        }
        Self::of_names(wanted, limits)
    }

    fn of_names(wanted: Names, limits: TokenLimits) -> Self {
        Self {
            wanted,
            limits,
            quotes: Quotes::default(),
            seen: Seen::default(),
            usual: Usual::default(),
            places: Places::default(),
            decoder: Decoder::default(),
            payload: Vec::new(),
            header: String::new(),
        }
    }

    /// Reads a claims object or a compact JWT: an object begins with a bracket, which no JWT does. Only the wanted claims are in the result.
    ///
    /// # Errors
    /// Those of [`Claims::from_json`] and [`Jwt::decode`], word for word.
    #[inline]
    pub fn read<'t>(&'t mut self, text: &'t str) -> Result<Scanned<'t>, TokenError> {
        if text.starts_with('{') || text.trim_start().starts_with(['{', '[', '\u{feff}']) {
            self.claims(text)
        } else {
            self.jwt(text)
        }
    }

    /// Reads a claims object.
    ///
    /// # Errors
    /// Those of [`Claims::from_json_within`].
    #[inline]
    pub fn claims<'t>(&'t mut self, text: &'t str) -> Result<Scanned<'t>, TokenError> {
        let Self { wanted, limits, quotes, seen, usual, places, .. } = self;
        match scan(text, wanted, limits, quotes, seen, usual, places) {
            Some(others) => Ok(Scanned::new(wanted, text, places, others, TokenForm::Claims)),
            None => Claims::from_json_within(text, &limits.json)
                .map(|claims| Scanned::of_claims(wanted, claims, TokenForm::Claims)),
        }
    }

    /// Keeps of claims what [`ClaimsScanner::claims`] keeps of their text.
    #[must_use]
    pub fn keep<'t>(&'t self, claims: Claims<'t>) -> Scanned<'t> {
        Scanned::of_claims(&self.wanted, claims, TokenForm::Claims)
    }

    /// Reads the claims of a compact JWT, whose signature is not looked at beyond its spelling.
    fn jwt<'t>(&'t mut self, text: &'t str) -> Result<Scanned<'t>, TokenError> {
        let is_decoded = self.decode(text).is_some();
        let Self { wanted, limits, quotes, seen, usual, places, payload, .. } = self;
        let payload = if is_decoded { from_utf8(payload) } else { "" };
        match scan(payload, wanted, limits, quotes, seen, usual, places) {
            Some(others) => Ok(Scanned::new(wanted, payload, places, others, TokenForm::Jwt)),
            None => Jwt::decode(text, limits).map(|jwt| Scanned::of_claims(wanted, jwt.into_claims(), TokenForm::Jwt)),
        }
    }

    /// Decodes the claims part into `payload`; `None` where anything about the token is out of the ordinary.
    fn decode(&mut self, text: &str) -> Option<()> {
        if text.len() > self.limits.bytes {
            return None;
        }
        let dot = memchr::memchr(b'.', text.as_bytes())?;
        let (header, rest) = (text.get(..dot)?, text.get(dot + 1..)?);
        let dot = memchr::memchr(b'.', rest.as_bytes())?;
        let (payload, signature) = (rest.get(..dot)?, rest.get(dot + 1..)?);
        if header != self.header {
            self.decoder.decode(header, &mut self.payload)?;
            let json = json::parse(std::str::from_utf8(&self.payload).ok()?, &self.limits.json).ok()?;
            Claims::of_object(json)?;
            header.clone_into(&mut self.header);
        }
        (!header.is_empty() && !payload.is_empty()).then_some(())?;
        // Only to see that it can be. A third dot is no character of a signature.
        self.decoder.decode(signature, &mut self.payload)?;
        self.decoder.decode(payload, &mut self.payload)
    }
}

/// The text that bytes are; none if they are no text.
fn from_utf8(bytes: &[u8]) -> &str {
    #[cfg(feature = "simd")]
    let text = simdutf8::basic::from_utf8(bytes).ok();
    #[cfg(not(feature = "simd"))]
    let text = std::str::from_utf8(bytes).ok();
    text.unwrap_or_default()
}

#[inline]
fn scan<'t>(
    text: &'t str,
    wanted: &Names,
    limits: &TokenLimits,
    quotes: &mut Quotes,
    seen: &mut Seen,
    usual: &mut Usual,
    places: &mut Places,
) -> Option<Others<'t>> {
    // No member and no element takes fewer than two bytes with what separates it from the next: so these limits need not be watched.
    if text.len() > limits.json.bytes || text.len() / 2 > limits.json.members {
        return None;
    }
    quotes.look(text.as_bytes())?;
    Line::new(text, &limits.json, quotes, seen).claims(wanted, usual, places)
}

/// The names only: what is left of the last token is nobody's business.
impl std::fmt::Debug for ClaimsScanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClaimsScanner")?;
        f.debug_set().entries(self.wanted.iter()).finish()
    }
}
