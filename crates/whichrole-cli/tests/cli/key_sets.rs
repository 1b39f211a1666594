//! Key sets through the command; what makes a key good or bad is tested row by row in the library.

use crate::harness::{Folder, testdata, whichrole};

fn verify(keys: &[u8]) -> crate::harness::Outcome {
    let folder = Folder::new();
    let file = folder.file("jwks.json", keys);
    let arguments = ["token", "verify", "tokens/alice.id.jwt", "--now", "2026-01-01T00:30:00Z", "--jwks"];
    whichrole(arguments).arg(&file).run()
}

#[test]
fn hi_41_a_key_set_has_keys_and_limits() {
    for wrong in ["[]", "{}", "{\"keys\":{}}", "x", "null"] {
        verify(wrong.as_bytes()).refuses("").at_once();
    }
    verify(b"").exits(2).mentions("is empty");
    verify(b"\xff").exits(2).mentions("is not UTF-8 text");
    verify(b"{\"keys\":[]}").exits(1).mentions("not verified: ");
    verify(&vec![b' '; 65_537]).exits(2).mentions("is larger than 65536 bytes");
    verify(&vec![b'['; 60_000]).refuses("").at_once();
    let many = format!("{{\"keys\":[{}]}}", vec!["{}"; 101].join(","));
    verify(many.as_bytes()).exits(2).mentions("100 keys");
}

#[test]
fn hi_48_a_private_key_is_refused_without_a_word_of_it() {
    let public = std::fs::read_to_string(testdata("tokens/jwks.json")).unwrap();
    let private = public.replacen("\"n\"", "\"d\":\"c2VjcmV0Y2FuYXJ5\",\"n\"", 1);
    assert_ne!(public, private);
    let outcome = verify(private.as_bytes());
    outcome.exits(2).mentions("private");
    assert!(!outcome.stderr.contains("c2VjcmV0") && !outcome.stderr.contains(" | "));
    verify(b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0Y2FuYXJ5\n-----END PRIVATE KEY-----\n").exits(2);
}

#[test]
fn hi_53_keys_are_not_fetched() {
    for url in ["https://example.com/jwks.json", "HTTP://169.254.169.254/", "file:///etc/passwd"] {
        let arguments = ["token", "verify", "tokens/alice.id.jwt", "--now", "now", "--jwks", url];
        whichrole(arguments).run().refuses("whichrole does not fetch keys; download it first");
    }
}

#[test]
fn a_key_set_may_come_from_standard_input() {
    let keys = std::fs::read(testdata("tokens/jwks.json")).unwrap();
    let arguments = ["token", "verify", "tokens/alice.id.jwt", "--now", "2026-01-01T00:30:00Z", "--jwks", "-"];
    whichrole(arguments).input(&keys).run().exits(0).prints("verified\n");
    let json = whichrole(arguments).arg("--format=json").input(&keys).run();
    assert_eq!(json.exits(0).json(), serde_json::json!({"verified": true, "why": null}));
    whichrole(["token", "verify", "--jwks", "tokens/jwks.json", "--now", "2026-01-01T00:30:00Z"])
        .input(std::fs::read(testdata("tokens/alice.id.jwt")).unwrap())
        .run()
        .exits(0);
}
