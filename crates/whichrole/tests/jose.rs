//! Good tokens of every algorithm, changed in every way that has ever made a library accept what it must not: the classes of the public
//! vectors for JSON Web Signatures and Keys, made here from our own tokens.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers here are tests, too")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use whichrole::{Clock, Jwt, KeySet, TokenLimits};

const KEYS: &str = include_str!("../../../testdata/tokens/algorithms/jwks.json");
const TOKENS: [(&str, &str); 9] = [
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
const DURING: Clock = Clock { now: 1_767_227_400, leeway: 0 };

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn is_verified(token: &str, keys: &KeySet) -> bool {
    Jwt::decode(token, &TokenLimits::default()).is_ok_and(|jwt| keys.verify(&jwt, DURING).is_ok())
}

/// A token in its parts, decoded.
struct Parts {
    header: String,
    claims: String,
    signature: Vec<u8>,
    algorithm: &'static str,
}

fn joined(header: &str, claims: &str, signature: &[u8]) -> String {
    format!("{}.{}.{}", encode(header), encode(claims), encode(signature))
}

impl Parts {
    fn of(algorithm: &'static str, token: &str) -> Self {
        let parts: Vec<Vec<u8>> = token.trim().split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let text = |n: usize| String::from_utf8(parts[n].clone()).unwrap();
        Self { header: text(0), claims: text(1), signature: parts[2].clone(), algorithm }
    }

    fn token(&self) -> String {
        joined(&self.header, &self.claims, &self.signature)
    }

    fn signed(&self, signature: impl AsRef<[u8]>) -> String {
        joined(&self.header, &self.claims, signature.as_ref())
    }

    fn headed(&self, header: &str) -> String {
        joined(header, &self.claims, &self.signature)
    }

    /// Every token that is not this one.
    fn forgeries(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let mut add = |class: &str, token: String| all.push((format!("{} {class}", self.algorithm), token));
        let token = self.token();
        let text: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = [text[0], text[1], text[2]];

        // Parts that are missing, empty, too many, in another order.
        add("no signature", format!("{header}.{claims}."));
        add("no signature and no dot", format!("{header}.{claims}"));
        add("no claims", format!("{header}..{signature}"));
        add("no claims and no dot", format!("{header}.{signature}"));
        add("no header", format!(".{claims}.{signature}"));
        add("no header and no dot", format!("{claims}.{signature}"));
        add("claims alone", format!(".{claims}."));
        add("nothing", String::new());
        add("an empty part more", format!("{token}."));
        add("a part more", format!("{token}.{signature}"));
        add("a part before", format!("{header}.{token}"));
        add("another order", format!("{claims}.{header}.{signature}"));
        let flattened =
            format!(r#"{{"protected":"{header}","payload":"{claims}","signature":"{signature}","header":{{"x":1}}}}"#);
        add("the JSON serialization", flattened);

        // Every byte of the signature, the first and last bits of it, and of header and claims.
        for at in 0..self.signature.len() {
            let mut changed = self.signature.clone();
            changed[at] ^= 1 << (at % 8);
            add("a bit of the signature", self.signed(changed));
        }
        add(
            "other claims",
            joined(&self.header, &self.claims.replacen("\"sub\":\"", "\"sub\":\"x", 1), &self.signature),
        );
        add("a blank in the claims", joined(&self.header, &format!("{} ", self.claims), &self.signature));
        add("a blank in the header", self.headed(&format!("{} ", self.header)));
        add("a member in the header", self.headed(&self.header.replacen('{', "{\"x\":1,", 1)));

        // Signatures of another length or form.
        let half = self.signature.len() / 2;
        let (r, s) = self.signature.split_at(half);
        add("cut", self.signed(&self.signature[1..]));
        add("cut at its end", self.signed(&self.signature[..self.signature.len() - 1]));
        add("a zero before", self.signed([&[0], self.signature.as_slice()].concat()));
        add("a zero after", self.signed([self.signature.as_slice(), &[0]].concat()));
        add("twice", self.signed([self.signature.as_slice(), &self.signature].concat()));
        add("zeros", self.signed(vec![0; self.signature.len()]));
        add("ones", self.signed(vec![0xff; self.signature.len()]));
        add("one", self.signed([vec![0; self.signature.len() - 1], vec![1]].concat()));
        add("half zero", self.signed([vec![0; half], s.to_vec()].concat()));
        add("other half zero", self.signed([r.to_vec(), vec![0; half]].concat()));
        add("halves turned round", self.signed([s, r].concat()));
        add("a very long one", self.signed(vec![1; 20_000]));
        add("as ASN.1", self.signed(asn1(r, s)));
        add(
            "as hexadecimal",
            self.signed(self.signature.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect::<Vec<u8>>()),
        );

        // Another spelling of the same bytes.
        add("padded", format!("{header}.{claims}.{}", URL_SAFE.encode(&self.signature) + "="));
        let standard = STANDARD.encode(&self.signature);
        if standard.contains(['+', '/', '=']) {
            add("the other alphabet", format!("{header}.{claims}.{standard}"));
        }
        add("a line end inside", format!("{header}.{claims}.{}\n{}", &signature[..10], &signature[10..]));
        add("a blank inside", format!("{header}.{} {}.{signature}", &claims[..8], &claims[8..]));

        // Another algorithm, another key, a key of its own, an extension.
        for other in
            ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "ES256K", "ES512", "RS1", "RSA-OAEP", "dir"]
        {
            add(&format!("alg {other}"), self.headed(&self.header.replace(self.algorithm, other)));
            add(
                &format!("alg {other}, no signature"),
                self.headed(&self.header.replace(self.algorithm, other)).replace(signature, ""),
            );
        }
        for (other, _) in TOKENS.iter().filter(|(other, _)| *other != self.algorithm) {
            add(&format!("alg {other}"), self.headed(&self.header.replace(self.algorithm, other)));
        }
        for spelling in
            [self.algorithm.to_lowercase(), format!("{} ", self.algorithm), format!("{}\\u0000", self.algorithm)]
        {
            if spelling != self.algorithm {
                add("alg misspelt", self.headed(&self.header.replace(self.algorithm, &spelling)));
            }
        }
        for wrong in ["1", "null", "true", "[\"RS256\"]", "{}"] {
            let header = self.header.replace(&format!("\"{}\"", self.algorithm), wrong);
            add("alg of a wrong type", self.headed(&header));
        }
        for member in [
            r#""crit":["exp"]"#,
            r#""crit":[]"#,
            r#""crit":["b64"],"b64":false"#,
            r#""b64":false"#,
            r#""zip":"DEF""#,
            r#""enc":"A128GCM""#,
            r#""alg":"none""#,
            r#""jwk":{"kty":"oct","k":"AAAA"}"#,
            r#""jku":"https://example.com/jwks.json""#,
            r#""x5c":["MIIB"]"#,
        ] {
            add(member, self.headed(&self.header.replacen('{', &format!("{{{member},"), 1)));
        }
        for kid in ["", "RSA", "rsa ", "unknown", "../rsa", "rsa\\u0000"] {
            let other = format!(r#"{{"alg":"{}","kid":"{kid}"}}"#, self.algorithm);
            add("another kid", self.headed(&other));
        }
        all
    }
}

/// The two numbers of a signature as OpenSSL writes them.
fn asn1(r: &[u8], s: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
        let mut digits = bytes[start..].to_vec();
        if digits[0] >= 0x80 {
            digits.insert(0, 0);
        }
        [vec![2, u8::try_from(digits.len() % 128).unwrap()], digits].concat()
    };
    let inner = [number(r), number(s)].concat();
    [vec![0x30, u8::try_from(inner.len() % 128).unwrap()], inner].concat()
}

#[test]
fn no_forgery_of_a_token_is_verified() {
    let keys = KeySet::from_json(KEYS).unwrap();
    let mut count = 0;
    for (algorithm, token) in TOKENS {
        assert!(is_verified(token.trim(), &keys), "{algorithm}");
        let parts = Parts::of(algorithm, token);
        assert_eq!(parts.token(), token.trim(), "{algorithm}");
        for (class, forgery) in parts.forgeries() {
            assert_ne!(forgery, token.trim(), "{class}");
            assert!(!is_verified(&forgery, &keys), "{class}: {forgery}");
            count += 1;
        }
    }
    assert!(count > 2_000, "{count}");
}

/// With a public exponent of 3 anybody can make a number whose cube begins as a padded hash does: sloppy readers of the padding stop there.
#[test]
fn a_signature_that_only_begins_as_it_should_is_refused() {
    let (modulus, token, whole) = include_str!("jose/cube_root.txt")
        .trim()
        .split_once('\n')
        .map(|(n, rest)| {
            let (token, whole) = rest.split_once('\n').unwrap();
            (n, token, whole)
        })
        .unwrap();
    let key = format!(r#"{{"keys":[{{"kid":"test","kty":"RSA","alg":"RS256","n":"{modulus}","e":"Aw"}}]}}"#);
    let keys = KeySet::from_json(&key).unwrap();
    for forged in [token, whole] {
        let jwt = Jwt::decode(forged, &TokenLimits::default()).unwrap();
        assert_eq!(keys.verify(&jwt, DURING).unwrap_err().to_string(), "signature does not match");
    }
}

/// The key set may hold a key of any kind: none of the others verifies the token, and none that is changed does.
#[test]
fn no_other_key_verifies_a_token() {
    let document: serde_json::Value = serde_json::from_str(KEYS).unwrap();
    let keys = document["keys"].as_array().unwrap();
    let mut refused = 0;
    for (algorithm, token) in TOKENS {
        let jwt = Jwt::decode(token.trim(), &TokenLimits::default()).unwrap();
        let id = jwt.header().get("kid").unwrap().as_text().unwrap();
        for key in keys {
            for member in ["n", "e", "x", "y", "crv", "kty", "alg", "use", "key_ops"] {
                let mut changed = key.clone();
                changed["kid"] = id.into();
                let new = match key.get(member).and_then(serde_json::Value::as_str) {
                    Some(text) if ["n", "x", "y"].contains(&member) => {
                        let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
                        let middle = bytes.len() / 2;
                        bytes[middle] ^= 1;
                        encode(bytes)
                    }
                    Some("AQAB") => "Aw".to_owned(),
                    Some(_) => "other".to_owned(),
                    None if member == "use" => "enc".to_owned(),
                    None => continue,
                };
                changed[member] = if member == "key_ops" { serde_json::json!(["encrypt"]) } else { new.into() };
                let changed = KeySet::from_json(&serde_json::json!({ "keys": [changed] }).to_string());
                assert!(!changed.is_ok_and(|keys| keys.verify(&jwt, DURING).is_ok()), "{algorithm}: {member} of {key}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
