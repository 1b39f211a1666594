//! Which JWKS documents are accepted, which of their keys are set aside, and what is said about the others.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers here are tests, too")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use whichrole::{KeySet, KeySetError};

const USER_POOL: &str = include_str!("../../../testdata/tokens/jwks.json");
const ALL_KINDS: &str = include_str!("../../../testdata/tokens/algorithms/jwks.json");

/// A good key of each kind. The points are the generators of their curves, so nobody's.
const P256: &str = r#""kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU""#;
const ED25519: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An odd number of so many bits.
fn modulus(bits: usize) -> Vec<u8> {
    let mut n = vec![0xa5; bits.div_ceil(8)];
    n[0] = 1 << ((bits - 1) % 8);
    n
}

fn rsa(n: &[u8], e: &[u8]) -> String {
    format!(r#""kty":"RSA","n":"{}","e":"{}""#, base64(n), base64(e))
}

fn good_rsa() -> String {
    rsa(&modulus(2048), &[1, 0, 1])
}

/// The document with these keys, each with an id of its own.
fn document<S: AsRef<str>>(keys: &[S]) -> String {
    let keys: Vec<String> =
        keys.iter().enumerate().map(|(n, key)| format!(r#"{{"kid":"id{n}",{}}}"#, key.as_ref())).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn refused(text: &str) -> KeySetError {
    KeySet::from_json(text).expect_err(text)
}

/// The code and the sentences of the refusal of one key.
fn refused_key(key: &str) -> (&'static str, Vec<String>) {
    let error = refused(&document(&[key]));
    let sentences = error.problems.iter().map(|problem| problem.message.replace("key 1: ", "")).collect();
    (error.problems[0].code, sentences)
}

/// Why a key is set aside that stands beside a good one.
fn ignored(key: &str) -> String {
    let keys = KeySet::from_json(&document(&[ED25519, key])).expect(key);
    let [note] = keys.notes() else { panic!("one note is expected for {key}") };
    assert_eq!(note.code, "ignored-key");
    note.message.replace("key 2: ", "")
}

#[test]
fn good_keys_of_every_kind_are_accepted() {
    for text in [USER_POOL, ALL_KINDS, &document(&[P256, ED25519, &good_rsa()])] {
        let keys = KeySet::from_json(text).unwrap();
        assert!(keys.notes().is_empty());
        assert_eq!(format!("{keys:?}"), format!("KeySet({} keys)", keys.len()));
    }
    for bits in [2048, 2049, 3072, 4096] {
        assert!(KeySet::from_json(&document(&[rsa(&modulus(bits), &[3])])).is_ok(), "{bits}");
    }
}

#[test]
fn a_key_set_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<KeySet>();
}

/// HI-41
#[test]
fn a_document_is_an_object_with_a_list_of_keys() {
    let expected = "expected a JWKS document: a JSON object with a list of `keys`";
    for (text, found) in [
        ("{}", "1:1: there is no `keys`"),
        ("[]", "1:1: this is not a JSON object"),
        ("null", "1:1: this is not a JSON object"),
        (r#"{"keys":{}}"#, "1:9: `keys` is not a list"),
        (&format!("\n {{{ED25519}}}"), "2:2: this is a single key"),
    ] {
        let error = refused(text);
        assert_eq!((error.code(), error.to_string()), ("not-a-key-set", format!("{found}, {expected}")));
    }
    assert!(KeySet::from_json(r#"{"keys":[]}"#).unwrap().is_empty());
    assert_eq!(refused(r#"{"keys":[7]}"#).to_string(), "1:10: key 1: not a JSON object");
}

/// HI-41, HI-52
#[test]
fn a_document_has_limits() {
    let keys = |count: usize| document(&vec![ED25519; count]);
    assert_eq!(KeySet::from_json(&keys(100)).unwrap().len(), 100);
    assert_eq!(
        (refused(&keys(101)).code(), refused(&keys(101)).to_string()),
        ("too-large", "1:9: more than 100 keys".into())
    );
    let long = document(&[rsa(&modulus(8 * 75_000), &[1, 0, 1])]);
    assert_eq!(
        (refused(&long).code(), refused(&long).to_string()),
        ("too-large", "1:1: larger than 65536 bytes".into())
    );
    let padded = |length: usize| format!("{}{}", USER_POOL, " ".repeat(length - USER_POOL.len()));
    assert!(KeySet::from_json(&padded(65_536)).is_ok());
    assert_eq!(refused(&padded(65_537)).code(), "too-large");
    assert_eq!(refused(&"[".repeat(60_000)).to_string(), "1:33: nested deeper than 32");
}

#[test]
fn faults_of_the_json_have_a_place_and_quote_nothing() {
    for (text, fault) in [
        ("", "unreadable: 1:1: the JSON text ends in the middle"),
        ("secret", "unreadable: 1:1: expected a JSON value"),
        ("{\"keys\": [],\n \"secret\": 1, \"secret\": 2}", "duplicate-key: 2:15: a member is given twice"),
        ("\u{feff}{}", "unreadable: 1:1: begins with a byte order mark"),
    ] {
        let error = refused(text);
        assert_eq!(format!("{}: {error}", error.code()), fault);
    }
}

/// HI-42
#[test]
fn two_keys_with_one_id_are_refused() {
    for other in [ED25519, P256, r#""kty":"EC","use":"enc""#] {
        let text = format!(r#"{{"keys":[{{"kid":"a",{ED25519}}},{{"kid":"\u0061",{other}}}]}}"#);
        let error = refused(&text);
        assert_eq!(error.code(), "duplicate-key-id");
        assert!(error.to_string().contains("key 2: duplicate key id: `kid` is the same as that of key 1"), "{error}");
    }
    let nameless = refused(&format!(r#"{{"keys":[{{{ED25519}}},{{{P256}}}]}}"#));
    assert!(nameless.to_string().ends_with("key 2: duplicate key id: neither this key nor key 1 has a `kid`"));
    assert_eq!(refused_key(r#""kid2":1,"kty":5"#), ("invalid-key", vec!["`kty` is not a string".into()]));
    assert_eq!(
        refused(&format!(r#"{{"keys":[{{"kid":5,{ED25519}}}]}}"#)).to_string(),
        "1:17: key 1: `kid` is not a string"
    );
}

/// HI-43, HI-49
#[test]
fn shared_secrets_are_refused_alone_and_among_others() {
    for secret in [r#""kty":"oct","k":"c2VjcmV0""#, r#""kty":"oct","k":"""#, r#""kty":"oct","alg":"HS256""#] {
        let fault = "a shared secret (`oct`); only public keys are accepted";
        assert_eq!(refused_key(secret), ("shared-secret", vec![fault.into()]));
        assert_eq!(refused(&document(&[&good_rsa(), secret])).code(), "shared-secret");
    }
}

/// HI-44
#[test]
fn an_ed25519_key_is_a_point_of_32_bytes() {
    for length in [0, 3, 31, 33] {
        let (_, faults) = refused_key(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, base64(&vec![7; length])));
        assert_eq!(faults, [format!("`x` of an Ed25519 key must be 32 bytes, found {length}")]);
    }
    let key = |x: [u8; 32]| refused_key(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, base64(&x))).1.concat();
    let mut two = [0; 32];
    two[0] = 2;
    assert_eq!(key(two), "`x` is not a point on the curve");
    assert_eq!(refused_key(r#""kty":"OKP","crv":"Ed25519""#).1, ["`x` is missing"]);
    assert_eq!(refused_key(r#""kty":"OKP","x":"AA""#).1, ["`crv` is missing"]);
}

/// Everything signed verifies under such a key, with a signature anybody can make.
#[test]
fn an_ed25519_key_is_no_point_of_small_order() {
    let of_bytes = |first: u8, middle: u8, last: u8| {
        let mut x = [middle; 32];
        (x[0], x[31]) = (first, last);
        x
    };
    let order_8 = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ]
    .map(|hex| std::array::from_fn(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()));
    let others = [of_bytes(0, 0, 0), of_bytes(0, 0, 0x80), of_bytes(1, 0, 0), of_bytes(0xec, 0xff, 0x7f)];
    for x in order_8.into_iter().chain(others) {
        let (code, faults) = refused_key(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, base64(&x)));
        assert_eq!(
            (code, faults.concat().as_str()),
            ("invalid-key", "`x` is a point of small order: anyone could sign for it")
        );
    }
}

/// HI-45
#[test]
fn an_rsa_key_has_2048_to_4096_bits_and_a_usual_exponent() {
    let faults = |n: &[u8], e: &[u8]| refused_key(&rsa(n, e)).1.join("; ");
    for (bits, e) in [(2048, vec![3]), (4096, vec![0xff; 4])] {
        let set = format!("{{\"keys\":[{{\"kid\":\"1\",{}}}]}}", rsa(&modulus(bits), &e));
        assert_eq!(
            KeySet::from_json(&set).map(|keys| keys.len()).map_err(|error| error.to_string()),
            Ok(1),
            "{bits} {e:?}"
        );
    }
    for bits in [512, 1024, 2040, 2047] {
        assert_eq!(faults(&modulus(bits), &[1, 0, 1]), "`n` is shorter than 2048 bits");
    }
    for bits in [4097, 8192] {
        assert_eq!(faults(&modulus(bits), &[1, 0, 1]), "`n` is longer than 4096 bits");
    }
    let mut even = modulus(2048);
    even[255] = 2;
    assert_eq!(faults(&even, &[1, 0, 1]), "`n` is even");
    assert_eq!(faults(&[&[0], modulus(2048).as_slice()].concat(), &[1, 0, 1]), "`n` begins with a zero byte");
    assert_eq!(faults(&[], &[1, 0, 1]), "`n` is shorter than 2048 bits; `n` is even");
    for (e, fault) in [
        (vec![1], "`e` is less than 3"),
        (vec![2], "`e` is less than 3"),
        (vec![0], "`e` is empty or begins with a zero byte"),
        (vec![], "`e` is empty or begins with a zero byte"),
        (vec![0, 1, 0, 1], "`e` is empty or begins with a zero byte"),
        (vec![1, 0, 0], "`e` is even"),
        (vec![1, 0, 0, 0, 1], "`e` is longer than 32 bits"),
        (vec![0xff; 256], "`e` is longer than 32 bits"),
    ] {
        assert_eq!(faults(&modulus(2048), &e), fault);
    }
    assert_eq!(refused_key(r#""kty":"RSA""#).1, ["`n` is missing", "`e` is missing"]);
    let faults = refused_key(r#""kty":"RSA","n":7,"e":"AQ==""#).1;
    assert_eq!(faults, ["`n` is not a string", "`e` is not base64url"]);
}

/// HI-54
#[test]
fn an_rsa_key_of_the_faulty_chips_is_refused() {
    // 65537 to the power of 128 is such a power modulo every prime.
    let mut power = vec![1_u8];
    for _ in 0..128 {
        let shifted = [power.as_slice(), &[0, 0]].concat();
        let mut carry = 0;
        let mut sum: Vec<u8> = (0..shifted.len())
            .map(|n| {
                let below = power.len().checked_sub(n + 1).map_or(0, |at| u32::from(power[at]));
                carry += u32::from(shifted[shifted.len() - 1 - n]) + below;
                let [byte, ..] = carry.to_le_bytes();
                carry >>= 8;
                byte
            })
            .collect();
        sum.reverse();
        power = sum;
    }
    let (code, faults) = refused_key(&rsa(&power, &[1, 0, 1]));
    assert_eq!(code, "invalid-key");
    assert_eq!(faults, ["`n` has the fingerprint of ROCA (CVE-2017-15361): its private key can be found"]);
}

/// HI-46
#[test]
fn an_elliptic_curve_key_is_a_point_of_the_right_size_on_its_curve() {
    let key = |crv: &str, x: &[u8], y: &[u8]| {
        refused_key(&format!(r#""kty":"EC","crv":"{crv}","x":"{}","y":"{}""#, base64(x), base64(y))).1
    };
    assert_eq!(
        key("P-256", &[1; 33], &[1; 31]),
        [
            "`x` of a key on this curve must be 32 bytes, found 33",
            "`y` of a key on this curve must be 32 bytes, found 31"
        ]
    );
    assert_eq!(key("P-384", &[1; 32], &[1; 32]).len(), 2);
    for (crv, length) in [("P-256", 32), ("P-384", 48)] {
        for byte in [0, 1, 0xff] {
            assert_eq!(
                key(crv, &vec![byte; length], &vec![byte; length]),
                ["`x` and `y` are not a point on the curve"]
            );
        }
    }
    assert_eq!(refused_key(r#""kty":"EC","crv":"P-256","x":"AA""#).1.len(), 2);
    assert_eq!(ignored(r#""kty":"EC","crv":"P-521","x":"AA","y":"AA""#), "unsupported curve `P-521`");
    assert_eq!(ignored(r#""kty":"EC","crv":"secp256k1","x":"AA","y":"AA""#), "unsupported curve `secp256k1`");
    assert_eq!(ignored(r#""kty":"OKP","crv":"Ed448","x":"AA""#), "unsupported curve `Ed448`");
    assert_eq!(ignored(r#""kty":"OKP","crv":"\u001b[2J","x":"AA""#), "unsupported curve");
}

/// HI-46
#[test]
fn an_alg_of_another_kind_of_key_is_refused() {
    let fault = ("invalid-key", vec!["`alg` is not for this kind of key".to_owned()]);
    for (key, algorithms) in [
        (P256, ["ES384", "RS256", "HS256"]),
        (ED25519, ["ES256", "PS256", "none"]),
        (&good_rsa(), ["ES256", "HS512", "EdDSA"]),
    ] {
        for algorithm in algorithms {
            assert_eq!(refused_key(&format!(r#""alg":"{algorithm}",{key}"#)), fault);
        }
    }
    assert_eq!(refused_key(&format!(r#""alg":5,{P256}"#)).1, ["`alg` is not a string"]);
    let encryption = format!(r#""alg":"RSA-OAEP",{}"#, good_rsa());
    assert_eq!(ignored(&encryption), "its `alg` is not one that can be verified by this build");
}

/// HI-47
#[test]
fn a_key_for_another_purpose_is_set_aside() {
    assert_eq!(ignored(&format!(r#""use":"enc",{P256}"#)), "its `use` is not `sig`");
    assert_eq!(ignored(&format!(r#""key_ops":["encrypt"],{P256}"#)), "its `key_ops` do not have `verify`");
    assert_eq!(ignored(&format!(r#""key_ops":[],{P256}"#)), "its `key_ops` do not have `verify`");
    assert!(KeySet::from_json(&document(&[format!(r#""use":"sig","key_ops":["verify"],{P256}"#)])).is_ok());
    assert_eq!(refused_key(&format!(r#""use":5,{P256}"#)).1, ["`use` is not a string"]);
    for operations in [r#""verify""#, "[5]", "{}", "null"] {
        let faults = refused_key(&format!(r#""key_ops":{operations},{P256}"#)).1;
        assert_eq!(faults, ["`key_ops` is not a list of strings"]);
    }
}

#[test]
fn a_set_of_which_no_key_can_be_used_is_refused_with_every_reason() {
    let error = refused(&document(&[r#""kty":"AKP""#, &format!(r#""use":"enc",{P256}"#)]));
    assert_eq!(error.code(), "invalid-key-set");
    assert_eq!(error.problems[0].code, "no-usable-key");
    let reasons: Vec<&str> = error.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(reasons, ["key 1: this kind of key (`kty`) is not supported", "key 2: its `use` is not `sig`"]);
}

/// HI-48
#[test]
fn a_private_key_is_refused_whatever_else_is_wrong() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        for text in [
            document(&[&good_rsa(), &format!(r#""kty":5,"{member}":"c2VjcmV0""#)]),
            format!(r#"{{"kty":"RSA","{member}":"c2VjcmV0"}}"#),
        ] {
            let error = refused(&text);
            assert_eq!(error.code(), "private-key");
            assert!(error.to_string().ends_with(": this file contains a private key; refusing"), "{error}");
        }
    }
}

/// HI-48, HI-50, HI-51
#[test]
fn pem_is_refused_by_its_first_line_alone() {
    for kind in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let error = refused(&format!("\r\n-----BEGIN {kind}-----\r\nc2VjcmV0\r\n-----END {kind}-----\r\n"));
        assert_eq!(error.to_string(), "this file contains a private key; refusing");
    }
    for (kind, length) in [("PUBLIC KEY", 1), ("CERTIFICATE", 111_000), ("PUBLIC KEY", 10_000_000)] {
        let error = refused(&format!("-----BEGIN {kind}-----\n{}", "MIAw".repeat(length / 4)));
        assert_eq!(error.code(), "not-a-key-set");
        assert!(error.to_string().starts_with("this is PEM, expected a JWKS document"));
    }
    assert_eq!(refused("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A").code(), "unreadable");
}

/// HI-52
#[test]
fn what_a_key_brings_besides_is_not_looked_at() {
    let chain = vec![format!("\"{}\"", "A".repeat(100)); 300].join(",");
    let key = format!(r#""x5c":[{chain}],"x5u":"http://169.254.169.254/","future":{{"a":[]}},{P256}"#);
    assert!(KeySet::from_json(&document(&[key])).unwrap().notes().is_empty());
    assert_eq!(ignored(r#""kty":"AKP","pub":"AA","alg":"ML-DSA-44""#), "this kind of key (`kty`) is not supported");
}

#[test]
fn all_problems_of_all_keys_are_reported_with_their_places() {
    let text = "{\"keys\": [\n  {\"kid\": \"a\", \"kty\": \"RSA\", \"n\": \"AQ\", \"e\": \"A=\"},\n  {\"kty\": \"EC\"},\n  {}\n]}";
    let error = refused(text);
    assert_eq!(
        error.to_string(),
        "2:35: key 1: `n` is shorter than 2048 bits\n2:46: key 1: `e` is not base64url\n3:3: key 2: `crv` is missing\n\
         4:3: key 3: duplicate key id: neither this key nor key 2 has a `kid`\n4:3: key 3: `kty` is missing"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = KeySet::from_json(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_key_makes_reading_panic_or_is_quoted(
        kind in prop::sample::select(vec!["RSA", "EC", "OKP", "oct", "AKP"]),
        curve in prop::sample::select(vec!["P-256", "P-384", "P-521", "Ed25519"]),
        names in prop::collection::vec(prop::sample::select(vec!["n", "e", "x", "y", "k", "use", "alg", "kid", "key_ops"]), 0..6),
        values in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..70).prop_map(|bytes| format!("\"canary{}\"", base64(&bytes))),
            prop::collection::vec(any::<u8>(), 32).prop_map(|bytes| format!("\"{}\"", base64(&bytes))),
            Just("\"canary\\u001b\"".to_owned()),
            Just("[\"canary\"]".to_owned()),
            Just("-1e9".to_owned()),
        ], 6),
    ) {
        let members: Vec<String> =
            names.iter().zip(&values).map(|(name, value)| format!(",\"{name}\":{value}")).collect();
        let members = members.concat();
        let text = format!(r#"{{"keys":[{{"kty":"{kind}","crv":"{curve}"{members}}}]}}"#);
        if let Err(error) = KeySet::from_json(&text) {
            prop_assert!(!error.to_string().contains("canary"), "{}", error);
        }
    }
}
