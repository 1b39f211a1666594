//! Makes the tokens of `testdata/tokens/` and the key sets that verify them: `cargo run -p whichrole --example make_tokens`.
//!
//! The private keys are made here, used, and forgotten when this ends. Running it again therefore changes every signature and key, and
//! nothing else.

use std::error::Error;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::EllipticCurve;
use jsonwebtoken::{Algorithm, EncodingKey, crypto::rust_crypto::DEFAULT_PROVIDER as CRYPTO};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::rand_core::{OsRng, RngCore as _};
use rsa::traits::PublicKeyParts as _;

/// What both of Alice's tokens and Bob's say: two users of one user pool, who signed in at 2026-01-01T00:00:00Z for an hour.
const POOL: &str = r#""iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1""#;
const TIMES: &str = r#""auth_time":1767225600,"iat":1767225600,"exp":1767229200"#;

fn main() -> Result<(), Box<dyn Error>> {
    let tokens = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tokens");
    user_pool(&tokens)?;
    algorithms(&tokens.join("algorithms"))
}

/// As a user pool does it: one key signs ID tokens, another access tokens.
fn user_pool(folder: &Path) -> Result<(), Box<dyn Error>> {
    let id_key = Key::rsa("example-id-tokens")?;
    let access_key = Key::rsa("example-access-tokens")?;
    let alice = r#""sub":"a1111111-1111-4111-8111-111111111111","cognito:groups":["admins"]"#;
    let alice_id = format!(
        r#"{{{alice},"email_verified":true,{POOL},"cognito:username":"alice","cognito:preferred_role":"arn:aws:iam::111122223333:role/Admin","origin_jti":"a2222222-2222-4222-8222-222222222222","cognito:roles":["arn:aws:iam::111122223333:role/Admin"],"aud":"1example23456789","event_id":"a3333333-3333-4333-8333-333333333333","token_use":"id",{TIMES},"custom:dept":"news","jti":"a4444444-4444-4444-8444-444444444444","email":"press@example.com"}}"#
    );
    let bob_id = format!(
        r#"{{"sub":"b1111111-1111-4111-8111-111111111111","email_verified":true,{POOL},"cognito:username":"bob","origin_jti":"b2222222-2222-4222-8222-222222222222","aud":"1example23456789","event_id":"b3333333-3333-4333-8333-333333333333","token_use":"id",{TIMES},"custom:dept":"sports","jti":"b4444444-4444-4444-8444-444444444444","email":"bob@example.com"}}"#
    );
    let alice_access = format!(
        r#"{{{alice},{POOL},"client_id":"1example23456789","origin_jti":"a2222222-2222-4222-8222-222222222222","event_id":"a3333333-3333-4333-8333-333333333333","token_use":"access","scope":"aws.cognito.signin.user.admin",{TIMES},"jti":"a5555555-5555-4555-8555-555555555555","username":"alice"}}"#
    );
    fs::create_dir_all(folder)?;
    fs::write(folder.join("alice.id.jwt"), id_key.token(Algorithm::RS256, &alice_id)?)?;
    fs::write(folder.join("bob.id.jwt"), id_key.token(Algorithm::RS256, &bob_id)?)?;
    fs::write(folder.join("alice.access.jwt"), access_key.token(Algorithm::RS256, &alice_access)?)?;
    let only_rs256 = |key: &Key| key.jwk.replace(r#""kty""#, r#""alg": "RS256", "kty""#);
    fs::write(folder.join("jwks.json"), jwks(&[only_rs256(&id_key), only_rs256(&access_key)]))?;
    Ok(())
}

/// One token for each algorithm that can be checked, all with the same claims.
fn algorithms(folder: &Path) -> Result<(), Box<dyn Error>> {
    let claims = format!(r#"{{"sub":"1",{POOL},"aud":"1example23456789","token_use":"id",{TIMES}}}"#);
    let keys = [Key::rsa("rsa")?, Key::p256("p256")?, Key::p384("p384")?, Key::ed25519("ed25519")?];
    let [rsa, p256, p384, ed25519] = &keys;
    fs::create_dir_all(folder)?;
    for (key, algorithm) in [
        (rsa, Algorithm::RS256),
        (rsa, Algorithm::RS384),
        (rsa, Algorithm::RS512),
        (rsa, Algorithm::PS256),
        (rsa, Algorithm::PS384),
        (rsa, Algorithm::PS512),
        (p256, Algorithm::ES256),
        (p384, Algorithm::ES384),
        (ed25519, Algorithm::EdDSA),
    ] {
        fs::write(folder.join(format!("{algorithm:?}.jwt")), key.token(algorithm, &claims)?)?;
    }
    fs::write(folder.join("jwks.json"), jwks(&keys.map(|key| key.jwk)))?;
    Ok(())
}

fn jwks(keys: &[String]) -> String {
    format!("{{\n  \"keys\": [\n    {}\n  ]\n}}\n", keys.join(",\n    "))
}

/// A private key and what is published of it.
struct Key {
    id: &'static str,
    private: EncodingKey,
    jwk: String,
}

impl Key {
    fn rsa(id: &'static str) -> Result<Self, Box<dyn Error>> {
        let key = RsaPrivateKey::new(&mut OsRng, 2048)?;
        let (n, e) = (base64(&key.n().to_bytes_be()), base64(&key.e().to_bytes_be()));
        let private = EncodingKey::from_rsa_der(key.to_pkcs1_der()?.as_bytes());
        Ok(Self {
            id,
            private,
            jwk: format!(r#"{{"kid": "{id}", "kty": "RSA", "use": "sig", "e": "{e}", "n": "{n}"}}"#),
        })
    }

    fn p256(id: &'static str) -> Result<Self, Box<dyn Error>> {
        let before = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";
        Self::elliptic_curve(id, Algorithm::ES256, "P-256", &pkcs8(before, 32)?)
    }

    fn p384(id: &'static str) -> Result<Self, Box<dyn Error>> {
        let before = "304e020100301006072a8648ce3d020106052b81040022043730350201010430";
        Self::elliptic_curve(id, Algorithm::ES384, "P-384", &pkcs8(before, 48)?)
    }

    fn elliptic_curve(id: &'static str, algorithm: Algorithm, curve: &str, der: &[u8]) -> Result<Self, Box<dyn Error>> {
        let (_, x, y) = (CRYPTO.key_utils.ec_pub_components_from_private_key)(der, algorithm)?;
        let (x, y) = (base64(&x), base64(&y));
        let jwk = format!(r#"{{"kid": "{id}", "kty": "EC", "use": "sig", "crv": "{curve}", "x": "{x}", "y": "{y}"}}"#);
        Ok(Self { id, private: EncodingKey::from_ec_der(der), jwk })
    }

    fn ed25519(id: &'static str) -> Result<Self, Box<dyn Error>> {
        let der = pkcs8("302e020100300506032b657004220420", 32)?;
        let x = base64(&(CRYPTO.key_utils.ed_pub_components_from_private_key)(&der, &EllipticCurve::Ed25519)?);
        let jwk = format!(r#"{{"kid": "{id}", "kty": "OKP", "use": "sig", "crv": "Ed25519", "x": "{x}"}}"#);
        Ok(Self { id, private: EncodingKey::from_ed_der(&der), jwk })
    }

    fn token(&self, algorithm: Algorithm, claims: &str) -> Result<String, Box<dyn Error>> {
        let header = format!(r#"{{"kid":"{}","alg":"{algorithm:?}"}}"#, self.id);
        let signed = format!("{}.{}", base64(header.as_bytes()), base64(claims.as_bytes()));
        let signature = (CRYPTO.signer_factory)(&algorithm, &self.private)?.try_sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}\n", base64(&signature)))
    }
}

/// A new private key of so many random bytes in PKCS #8, after the bytes that say what it is for.
fn pkcs8(before: &str, length: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut der = Vec::new();
    for pair in before.as_bytes().chunks(2) {
        der.push(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
    }
    let mut secret = vec![0; length];
    OsRng.try_fill_bytes(&mut secret)?;
    der.extend(secret);
    Ok(der)
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
