//! What programs rely on that have the library inside: small stacks, many threads, no way out to the machine, no values in debug output.

#![expect(clippy::unwrap_used, reason = "the helpers here are tests, too")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use whichrole::explain::explain;
use whichrole::read::{ReadOptions, Source, read};
use whichrole::{Choice, Claim, Claims, Evaluator, Jwt, KeySet, Question, Request, Semantics, TokenForm, TokenLimits};

const POOL: &str = include_str!("../../../testdata/pools/api/app-pool.json");
const KEYS: &str = include_str!("../../../testdata/tokens/jwks.json");
const TOKEN: &str = include_str!("../../../testdata/tokens/alice.id.jwt");

/// Claims as deep and as wide as the limits allow, with everything under names that rules and tags read.
fn deepest() -> String {
    let deep = |open: &str, close: &str| format!("{}\"admins\"{}", open.repeat(31), close.repeat(31));
    format!(
        r#"{{"cognito:groups":{},"custom:dept":{},"email":["{}"],"sub":{}}}"#,
        deep("[", "]"),
        deep("{\"a\":", "}"),
        "x\",\"".repeat(9_000),
        "1".repeat(1024),
    )
}

fn evaluator() -> Evaluator {
    let pool = whichrole::read::api_json(POOL).unwrap();
    Evaluator::new(pool, Semantics::default())
}

/// The whole way from texts to a written answer.
fn answered(claims: &str, evaluator: &Evaluator) -> String {
    let claims = Claims::from_json(claims).unwrap();
    let logins = [evaluator.login(None, &claims, TokenForm::Claims).unwrap()];
    let request = Request::of(&logins).choosing(Some("arn:aws:iam::111122223333:role/Editor"));
    let explained = explain(evaluator, &request);
    let answer = evaluator.answer(&request);
    assert_eq!(explained.answer, answer);
    serde_json::to_string(&answer).unwrap()
}

#[test]
fn evaluation_needs_no_more_than_256_kib_of_stack() {
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(|| {
        let evaluator = evaluator();
        let deep = answered(&deepest(), &evaluator);
        for question in [Question::ArrayClaims, Question::NonStringClaims] {
            for choice in Choice::all_of(question) {
                let other = Evaluator::new(evaluator.pool().clone(), Semantics::default().assume(choice));
                answered(&deepest(), &other);
            }
        }
        Jwt::decode(TOKEN.trim(), &TokenLimits::default()).unwrap();
        deep
    });
    assert_eq!(thread.unwrap().join().unwrap(), answered(&deepest(), &evaluator()));
}

/// Configurations nest deeper than claims may; 2 MiB is what a thread has where nobody asks for more, and this build is not optimized.
#[test]
fn reading_needs_no_more_stack_than_a_thread_has() {
    let read_all = || {
        for (name, text) in [
            ("x.json", format!("{}{}", "[".repeat(128), "]".repeat(128))),
            ("x.json", format!("{}1{}", "{\"a\":".repeat(128), "}".repeat(128))),
            ("x.json", format!("{}{}", "[".repeat(129), "]".repeat(129))),
            ("x.yaml", format!("a: {}{}", "[".repeat(63), "]".repeat(63))),
            ("x.yaml", "- ".repeat(60) + "x"),
            ("x.tf", format!("locals {{\n a = {}1{}\n}}\n", "[".repeat(62), "]".repeat(62))),
            ("x.tf", format!("locals {{\n a = {}1\n}}\n", "!".repeat(61))),
            ("x.tf", format!("locals {{\n a = {}1{}\n}}\n", "\"${".repeat(30), "}\"".repeat(30))),
        ] {
            let _ = read(&[Source { name: name.to_owned(), text }], &ReadOptions::default());
        }
    };
    thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(read_all).unwrap().join().unwrap();
}

#[test]
fn sixty_four_threads_share_one_evaluator() {
    let evaluator = Arc::new(evaluator());
    let claims = [r#"{"cognito:groups":["admins"]}"#, r#"{"custom:dept":"news"}"#, r#"{"email":["x"]}"#, "{}"];
    let expected: Vec<String> = claims.iter().map(|claims| answered(claims, &evaluator)).collect();
    let threads: Vec<_> = (0..64)
        .map(|n| {
            let evaluator = Arc::clone(&evaluator);
            thread::spawn(move || (0..50).map(|m| answered(claims[(n + m) % 4], &evaluator)).collect::<Vec<_>>())
        })
        .collect();
    for (n, thread) in threads.into_iter().enumerate() {
        for (m, answer) in thread.join().unwrap().into_iter().enumerate() {
            assert_eq!(answer, expected[(n + m) % 4]);
        }
    }
}

/// No file, socket, process, variable, clock, thread or global state: the source says so itself.
#[test]
fn the_library_has_no_way_out() {
    let forbidden = [
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::time",
        "std::os",
        "std::io",
        "SystemTime",
        "Instant::now",
        "env!(",
        "option_env!",
        "static mut",
        "thread_local",
        "OnceLock",
        "LazyLock",
        "Mutex",
        "println!",
        "eprintln!",
        "dbg!",
        "unsafe ",
        "extern \"",
    ];
    let mut files = 0;
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        // Tests are at the bottom.
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            let found = forbidden.iter().find(|word| line.contains(*word));
            assert_eq!(found, None, "{}: {line}", file.display());
        }
        files += 1;
    }
    assert!(files > 50);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if name != "tests.rs" && path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

#[test]
fn hi_149_debug_output_has_no_values() {
    const SECRET: &str = "s3cr3tV4lue";
    let text = format!(
        r#"{{"sub":"{SECRET}","cognito:groups":["{SECRET}"],"custom:dept":{{"{SECRET}":"{SECRET}"}},"email":"{SECRET}","n":7777777777}}"#
    );
    let claims = Claims::from_json(&text).unwrap();
    let evaluator = evaluator();
    let login = evaluator.login(None, &claims, TokenForm::Claims).unwrap();
    let logins = [login.clone()];
    let request = Request::of(&logins);
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &text);
    let jwt = Jwt::decode(&format!("e30.{encoded}.c2ln"), &TokenLimits::default()).unwrap();
    let faults: Vec<String> = ["{\"a\":\"s3cr3tV4lue\" x}", "{\"s3cr3tV4lue", "s3cr3tV4lue"]
        .iter()
        .map(|text| format!("{:?}", Claims::from_json(text).unwrap_err()))
        .collect();
    let shown = [
        format!("{claims:?} {:?} {:?}", claims.get("sub"), claims.get("custom:dept")),
        format!("{login:?} {request:?} {jwt:?} {:?}", jwt.clone().into_claims()),
        format!("{:?} {:?}", Claim::from(SECRET.to_owned()), Claim::from_json(&text)),
        format!("{:?}", KeySet::from_json(KEYS).unwrap()),
        format!("{:?}", Jwt::decode(TOKEN.trim(), &TokenLimits::default()).unwrap()),
        faults.concat(),
        format!("{claims:#?} {login:#?} {request:#?} {jwt:#?}"),
    ];
    for shown in shown {
        for part in [SECRET, "7777777777", &encoded[10..30], &TOKEN[..30], "6NcGOJx2sMoW67ip"] {
            assert!(!shown.contains(part), "{part} in {shown}");
        }
    }
}
