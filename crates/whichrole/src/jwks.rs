//! Reads a JWKS document, the file in which an issuer publishes its public keys (RFC 7517).
//!
//! Every key is checked here, before any token is seen, so that checking a signature cannot fail for a reason of the key. A key that is
//! wrong in itself makes the whole file an error, since somebody meant to publish something else. A key that is merely for another
//! purpose, or of a kind that is not supported, is set aside with a note. No message quotes the file: keys are numbered.

mod weak;

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use crate::base64url;
use crate::json::{self, Json, JsonErrorKind, JsonLimits, JsonValue, Member};
use crate::read::{Position, Problem};

use weak::{exponent_fault, is_of_small_order, modulus_faults};

/// The most keys a document may have.
const MOST_KEYS: usize = 100;

/// The public keys of an issuer, from a JWKS document.
///
/// ```
/// use whichrole::{Clock, Jwt, KeySet, NotVerified, TokenLimits};
///
/// let keys = KeySet::from_json(r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one",
///     "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)?;
/// let unsigned = Jwt::decode("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", &TokenLimits::default())?;
/// assert_eq!(keys.verify(&unsigned, Clock { now: 0, leeway: 0 }), Err(NotVerified::AlgorithmNone));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct KeySet {
    /// Invariant: no two have the same id, and at most one has none.
    keys: Vec<Key>,
    notes: Vec<Problem>,
}

/// A key that may be asked for.
#[derive(Clone)]
pub(crate) struct Key {
    id: Option<String>,
    /// Why the key was set aside, where it was.
    pub(crate) material: Result<PublicKey, &'static str>,
}

/// A public key that has passed every check.
#[derive(Clone)]
pub(crate) struct PublicKey {
    kind: KeyKind,
    /// The only algorithm the document allows for this key, if it names one.
    only: Option<Algorithm>,
    pub(crate) decoding: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl KeySet {
    /// Reads a JWKS document of at most 64 KiB and 100 keys.
    ///
    /// RSA keys of 2,048 to 4,096 bits, the curves P-256 and P-384, and Ed25519 can be used.
    ///
    /// # Errors
    /// Text that is not a JSON object with a list of `keys`; PEM; a private or secret key anywhere; a key that is wrong in itself, such as an
    /// even `n`, a point beside its curve or an `alg` of another kind of key; a `kid` given twice; keys none of which can be used. A
    /// document with an empty list is read, and verifies nothing.
    pub fn from_json(text: &str) -> Result<Self, KeySetError> {
        if text.trim_start().starts_with("-----BEGIN ") {
            let private = text.contains("PRIVATE KEY-----");
            return Err(KeySetError::of(if private { private_key() } else { not_jwks("this is PEM") }));
        }
        let document = json::parse(text, &JsonLimits::CLAIMS).map_err(|errors| KeySetError::json(text, &errors))?;
        let reader = Reader { text };
        let keys = reader.list(&document)?;
        if let Some(at) = keys.iter().find_map(private_member) {
            return Err(KeySetError::of(private_key().at(reader.position(at))));
        }
        reader.keys(keys)
    }

    /// How many keys the document has, those set aside included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the document has no keys at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that were set aside, and why.
    #[must_use]
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// The key with exactly this id; for a token that names none, the key that has none.
    pub(crate) fn key(&self, id: Option<&str>) -> Option<&Key> {
        self.keys.iter().find(|key| key.id.as_deref() == id)
    }
}

/// The number of keys only.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys)", self.keys.len())
    }
}

impl PublicKey {
    /// Whether this key may check signatures of an algorithm: of its own kind, and the one the document names if it does.
    pub(crate) fn allows(&self, algorithm: Algorithm) -> bool {
        self.kind.fits(algorithm) && self.only.is_none_or(|only| only == algorithm)
    }
}

impl KeyKind {
    fn fits(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa => matches!(
                algorithm,
                Algorithm::RS256
                    | Algorithm::RS384
                    | Algorithm::RS512
                    | Algorithm::PS256
                    | Algorithm::PS384
                    | Algorithm::PS512
            ),
            Self::P256 => algorithm == Algorithm::ES256,
            Self::P384 => algorithm == Algorithm::ES384,
            Self::Ed25519 => algorithm == Algorithm::EdDSA,
        }
    }
}

/// The algorithms whose signatures are checked, by their registered names.
pub(crate) fn supported(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// A verifier for a key. Not through the crate's process-wide default, which panics when a host program turns on a second backend.
pub(crate) fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Option<Box<dyn crypto::JwtVerifier>> {
    (crypto::rust_crypto::DEFAULT_PROVIDER.verifier_factory)(&algorithm, key).ok()
}

/// A JWKS document that cannot be used, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetError {
    /// What is wrong, in the order of the text; never empty. The number of the source is always 0.
    pub problems: Vec<Problem>,
}

impl KeySetError {
    fn of(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }

    fn json(text: &str, errors: &[json::JsonError]) -> Self {
        let reader = Reader { text };
        let problem = |error: &json::JsonError| {
            let (code, message) = match &error.kind {
                // The name may be anything at all.
                JsonErrorKind::Duplicate(_) => ("duplicate-key", "a member is given twice".to_owned()),
                kind if kind.is_limit() => ("too-large", kind.to_string()),
                kind => ("unreadable", kind.to_string()),
            };
            Problem::new(code, message).at(reader.position(error.at))
        };
        Self { problems: errors.iter().map(problem).collect() }
    }

    /// A stable kebab-case code: the only problem's, else `invalid-key-set`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.problems.as_slice() {
            [only] => only.code,
            _ => "invalid-key-set",
        }
    }
}

/// `1:12: key 1: …`, a line for each problem.
impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            if let Some(at) = problem.at {
                write!(f, "{}:{}: ", at.line(), at.column())?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for KeySetError {}

fn private_key() -> Problem {
    Problem::new("private-key", "this file contains a private key; refusing")
}

fn not_jwks(found: &str) -> Problem {
    Problem::new("not-a-key-set", format!("{found}, expected a JWKS document: a JSON object with a list of `keys`"))
}

/// The place of a member that only private keys have. A shared secret (`k`) is refused later, with its own words.
fn private_member(key: &Json<'_>) -> Option<usize> {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];
    let JsonValue::Object(members) = &key.value else { return None };
    members.iter().find(|member| PRIVATE.contains(&member.name.as_ref())).map(|member| member.at)
}

/// The document being read, for the positions of its problems.
struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn position(&self, at: usize) -> Position {
        let (line, column) = json::line_and_column(self.text, at);
        Position::new(0, line, column)
    }

    /// The list of keys.
    fn list<'j, 'a>(&self, document: &'j Json<'a>) -> Result<&'j [Json<'a>], KeySetError> {
        let refuse = |problem: Problem, at: usize| Err(KeySetError::of(problem.at(self.position(at))));
        let JsonValue::Object(members) = &document.value else {
            return refuse(not_jwks("this is not a JSON object"), document.at);
        };
        let Some(keys) = members.iter().find(|member| member.name == "keys") else {
            if let Some(at) = private_member(document) {
                return refuse(private_key(), at);
            }
            let is_key = members.iter().any(|member| member.name == "kty");
            let found = if is_key { "this is a single key" } else { "there is no `keys`" };
            return refuse(not_jwks(found), document.at);
        };
        let JsonValue::Array(list) = &keys.value.value else {
            return refuse(not_jwks("`keys` is not a list"), keys.value.at);
        };
        if list.len() > MOST_KEYS {
            return refuse(Problem::new("too-large", format!("more than {MOST_KEYS} keys")), keys.value.at);
        }
        Ok(list)
    }

    fn keys(&self, list: &[Json<'_>]) -> Result<KeySet, KeySetError> {
        let mut problems = Vec::new();
        let mut set = KeySet { keys: Vec::new(), notes: Vec::new() };
        for (n, json) in list.iter().enumerate() {
            let mut reader = KeyReader { document: self, number: n + 1, json, problems: &mut problems };
            reader.check_id(list.iter().take(n));
            let Some(key) = reader.key() else { continue };
            if let Err(reason) = key.material {
                set.notes.push(reader.problem("ignored-key", reason, json.at));
            }
            set.keys.push(key);
        }
        problems.sort_by_key(|problem| problem.at);
        if !problems.is_empty() {
            return Err(KeySetError { problems });
        }
        if !set.keys.is_empty() && set.keys.iter().all(|key| key.material.is_err()) {
            let unusable = |note: &Problem| Problem { code: "no-usable-key", ..note.clone() };
            return Err(KeySetError { problems: set.notes.iter().map(unusable).collect() });
        }
        Ok(set)
    }
}

/// What a key has as its id; null where it has none.
fn id<'j, 'a>(key: &'j Json<'a>) -> Option<&'j JsonValue<'a>> {
    let JsonValue::Object(members) = &key.value else { return None };
    Some(members.iter().find(|member| member.name == "kid").map_or(&JsonValue::Null, |member| &member.value.value))
}

/// One key being read.
struct KeyReader<'r, 'p> {
    document: &'r Reader<'r>,
    /// From 1.
    number: usize,
    json: &'r Json<'r>,
    problems: &'p mut Vec<Problem>,
}

impl<'r> KeyReader<'r, '_> {
    /// Reports an id that an earlier key has. Having none counts as an id.
    fn check_id<'j>(&mut self, mut earlier: impl Iterator<Item = &'j Json<'j>>) {
        let Some(own) = id(self.json) else { return };
        let Some(first) = earlier.position(|earlier| id(earlier) == Some(own)) else { return };
        let fault = match own {
            JsonValue::Null => format!("duplicate key id: neither this key nor key {} has a `kid`", first + 1),
            _ => format!("duplicate key id: `kid` is the same as that of key {}", first + 1),
        };
        self.report("duplicate-key-id", &fault, self.json.at);
    }

    /// The key; `None` if a problem was reported.
    fn key(&mut self) -> Option<Key> {
        let before = self.problems.len();
        let JsonValue::Object(_) = self.json.value else {
            self.report("invalid-key", "not a JSON object", self.json.at);
            return None;
        };
        let id = self.text("kid").map(str::to_owned);
        let kind = self.required_text("kty");
        let purpose = self.purpose();
        let material = match kind {
            Some("RSA") => purpose.and_then(|()| self.rsa()),
            Some("EC") => purpose.and_then(|()| self.elliptic_curve()),
            Some("OKP") => purpose.and_then(|()| self.octet_key_pair()),
            Some("oct") => {
                self.report("shared-secret", "a shared secret (`oct`); only public keys are accepted", self.json.at);
                Err("a shared secret")
            }
            _ => Err("this kind of key (`kty`) is not supported"),
        };
        (self.problems.len() == before).then_some(Key { id, material })
    }

    /// Whether the key is for checking signatures.
    fn purpose(&mut self) -> Result<(), &'static str> {
        let key_use = self.text("use");
        let operations = match self.member("key_ops").map(|member| &member.value) {
            None => None,
            Some(Json { value: JsonValue::Array(operations), .. })
                if operations.iter().all(|operation| matches!(operation.value, JsonValue::Text(_))) =>
            {
                Some(operations)
            }
            Some(other) => {
                self.report("invalid-key", "`key_ops` is not a list of strings", other.at);
                None
            }
        };
        if key_use.is_some_and(|key_use| key_use != "sig") {
            return Err("its `use` is not `sig`");
        }
        let is_verify = |operation: &Json<'_>| matches!(&operation.value, JsonValue::Text(name) if name == "verify");
        if operations.is_some_and(|operations| !operations.iter().any(is_verify)) {
            return Err("its `key_ops` do not have `verify`");
        }
        Ok(())
    }

    /// The only algorithm the key allows, if it names one.
    fn only(&mut self, kind: KeyKind) -> Result<Option<Algorithm>, &'static str> {
        let Some(name) = self.text("alg") else { return Ok(None) };
        match supported(name) {
            Some(algorithm) if kind.fits(algorithm) => Ok(Some(algorithm)),
            None if !matches!(name, "ES512" | "HS256" | "HS384" | "HS512" | "none") => {
                Err("its `alg` is not one that can be verified by this build")
            }
            _ => {
                let at = self.member("alg").map_or(self.json.at, |member| member.value.at);
                self.report("invalid-key", "`alg` is not for this kind of key", at);
                Err("its `alg` is not for this kind of key")
            }
        }
    }

    fn rsa(&mut self) -> Result<PublicKey, &'static str> {
        let only = self.only(KeyKind::Rsa)?;
        let modulus = self.bytes("n");
        let exponent = self.bytes("e");
        for (name, fault) in modulus
            .iter()
            .flat_map(|n| modulus_faults(n).map(|fault| ("n", fault)))
            .chain(exponent.iter().filter_map(|e| Some(("e", exponent_fault(e)?))))
        {
            let at = self.member(name).map_or(self.json.at, |member| member.value.at);
            self.report("invalid-key", fault, at);
        }
        let (Some(n), Some(e)) = (modulus, exponent) else { return Err("`n` or `e` is missing") };
        Ok(PublicKey { kind: KeyKind::Rsa, only, decoding: DecodingKey::from_rsa_raw_components(&n, &e) })
    }

    fn elliptic_curve(&mut self) -> Result<PublicKey, &'static str> {
        let (kind, algorithm, length) = match self.required_text("crv") {
            Some("P-256") => (KeyKind::P256, Algorithm::ES256, 32),
            Some("P-384") => (KeyKind::P384, Algorithm::ES384, 48),
            Some("P-521") => return Err("unsupported curve `P-521`"),
            Some("secp256k1") => return Err("unsupported curve `secp256k1`"),
            _ => return Err("unsupported curve"),
        };
        let only = self.only(kind)?;
        let coordinates = ["x", "y"].map(|name| self.bytes_of_length(name, length, "a key on this curve"));
        let [Some(x), Some(y)] = coordinates else { return Err("a coordinate is wrong") };
        // An uncompressed point as SEC 1 writes it.
        let decoding = DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat());
        if verifier(algorithm, &decoding).is_none() {
            self.report("invalid-key", "`x` and `y` are not a point on the curve", self.json.at);
        }
        Ok(PublicKey { kind, only, decoding })
    }

    fn octet_key_pair(&mut self) -> Result<PublicKey, &'static str> {
        match self.required_text("crv") {
            Some("Ed25519") => {}
            Some("Ed448") => return Err("unsupported curve `Ed448`"),
            _ => return Err("unsupported curve"),
        }
        let only = self.only(KeyKind::Ed25519)?;
        let x = self.bytes_of_length("x", 32, "an Ed25519 key").ok_or("`x` is wrong")?;
        let decoding = DecodingKey::from_ed_der(&x);
        if verifier(Algorithm::EdDSA, &decoding).is_none() {
            self.report("invalid-key", "`x` is not a point on the curve", self.json.at);
        } else if is_of_small_order(&x) {
            self.report("invalid-key", "`x` is a point of small order: anyone could sign for it", self.json.at);
        }
        Ok(PublicKey { kind: KeyKind::Ed25519, only, decoding })
    }

    fn member(&self, name: &str) -> Option<&'r Member<'r>> {
        let JsonValue::Object(members) = &self.json.value else { return None };
        members.iter().find(|member| member.name == name)
    }

    /// A member that is a string if it is there.
    fn text(&mut self, name: &str) -> Option<&'r str> {
        let member = self.member(name)?;
        let JsonValue::Text(text) = &member.value.value else {
            self.report("invalid-key", &format!("`{name}` is not a string"), member.value.at);
            return None;
        };
        Some(text)
    }

    fn required_text(&mut self, name: &str) -> Option<&'r str> {
        if self.member(name).is_none() {
            self.report("invalid-key", &format!("`{name}` is missing"), self.json.at);
        }
        self.text(name)
    }

    fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let text = self.required_text(name)?;
        let bytes = base64url::decode(text).ok();
        if bytes.is_none() {
            let at = self.member(name).map_or(self.json.at, |member| member.value.at);
            self.report("invalid-key", &format!("`{name}` is not base64url"), at);
        }
        bytes
    }

    fn bytes_of_length(&mut self, name: &str, length: usize, what: &str) -> Option<Vec<u8>> {
        let bytes = self.bytes(name)?;
        if bytes.len() == length {
            return Some(bytes);
        }
        let at = self.member(name).map_or(self.json.at, |member| member.value.at);
        let fault = format!("`{name}` of {what} must be {length} bytes, found {}", bytes.len());
        self.report("invalid-key", &fault, at);
        None
    }

    fn report(&mut self, code: &'static str, fault: &str, at: usize) {
        let problem = self.problem(code, fault, at);
        self.problems.push(problem);
    }

    fn problem(&self, code: &'static str, fault: &str, at: usize) -> Problem {
        Problem::new(code, format!("key {}: {fault}", self.number)).at(self.document.position(at))
    }
}
