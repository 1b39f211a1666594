//! Very much of something: it takes memory and time in proportion, or is refused.

use std::fmt::Write as _;
use std::fs;

use crate::harness::{Folder, base64url, jwt, testdata, whichrole};

const MEMORY: usize = 64 * 1024 * 1024;

/// HI-97, HI-101: the memory of `batch` does not grow with the number of lines or of different values; the limit is far below the input.
#[test]
fn hi_101_a_long_stream_of_different_values_needs_no_memory() {
    let mut input = String::new();
    for n in 0..150_000 {
        writeln!(input, "{{\"custom:dept\":\"{n}\",\"{n}\":\"{}\"}}", "x".repeat(500)).unwrap();
    }
    let outcome =
        whichrole(["batch", "pools/api/app-pool.json", "--fields", "line"]).input(&input).within(MEMORY, 200).run();
    assert!(input.len() > MEMORY);
    assert_eq!(outcome.exits(0).stdout.lines().count(), 150_000);
}

/// HI-97: neither does it with the length of a line.
#[test]
fn hi_97_a_line_larger_than_memory_is_passed_over() {
    let input = format!("{{\"custom:dept\":\"news\"}}\n{}\n{{\"custom:dept\":\"news\"}}", "x".repeat(200_000_000));
    let outcome = whichrole(["batch", "pools/api/app-pool.json"]).input(input).within(MEMORY, 60).run();
    assert_eq!(outcome.exits(2).stdout.lines().count(), 3);
    assert!(outcome.stdout.lines().nth(1).unwrap().contains("\"too-large\""));
}

/// HI-103: a file that ends in the middle of a line.
#[test]
fn hi_103_what_was_read_is_decided_and_the_rest_is_an_error() {
    let outcome =
        whichrole(["batch", "pools/api/app-pool.json"]).input("{\"custom:dept\":\"news\"}\n{\"custom:de").run();
    assert_eq!(outcome.exits(2).stdout.lines().count(), 2);
    assert!(outcome.stdout.lines().next().unwrap().contains("role/Editor"));
    assert!(outcome.stdout.lines().nth(1).unwrap().contains("\"error\""));
}

/// HI-113: a hundred thousand cases, each with a name of its own.
#[test]
fn hi_113_a_hundred_thousand_cases_are_judged() {
    let folder = Folder::new();
    folder.file("pool.json", fs::read(testdata("pools/api/app-pool.json")).unwrap());
    let mut suite =
        "version: 1\nconfig: pool.json\ntests:\n  - name: t\n    table:\n      - [ \"custom:dept\", expect ]\n"
            .to_owned();
    for n in 0..100_000 {
        writeln!(suite, "      - [ d{n}, deny ]").unwrap();
    }
    folder.file("s.whichrole.yaml", suite);
    let call = whichrole(["test", "--threads=2"]).folder(&folder.path(".")).within(512 * 1024 * 1024, 300);
    call.run().exits(0).prints("ok: 100000 passed in 1 suite\n");
}

/// HI-108: folders that lead in a circle.
#[cfg(unix)]
#[test]
fn hi_108_a_circle_of_folders_is_walked_once() {
    let folder = Folder::new();
    fs::create_dir(folder.path("a")).unwrap();
    std::os::unix::fs::symlink("..", folder.path("a/up")).unwrap();
    whichrole(["test"]).folder(&folder.path(".")).run().refuses("no suite was found").at_once();
    whichrole(["show", "."]).folder(&folder.path(".")).run().refuses("`.` has no configuration files in it").at_once();
}

/// HI-114: a token that may still be good does not belong into a repository.
#[test]
fn hi_114_a_live_token_among_fixtures_is_noted_without_a_word_of_it() {
    let folder = Folder::new();
    folder.file("pool.json", fs::read(testdata("pools/api/app-pool.json")).unwrap());
    let claims = format!(
        r#"{{"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1","aud":"1example23456789","exp":{},"sub":"c4n4ry"}}"#,
        9_000_000_000_u64
    );
    folder.file("live.jwt", jwt(r#"{"alg":"RS256"}"#, claims));
    let suite = "version: 1\nconfig: pool.json\nusers: { u: { jwt: live.jwt } }\ntests:\n  - { name: t, user: u, expect: deny }\n";
    folder.file("s.whichrole.yaml", suite);
    let outcome = whichrole(["test"]).folder(&folder.path(".")).run();
    outcome.exits(0).mentions("note: `live.jwt` looks like a token that is still good");
    assert!(!outcome.stderr.contains("c4n4ry") && !outcome.stderr.contains(&base64url(b"c4n4ry")[..6]));
}

/// HI-115: a snapshot is refused where CI is set, and written whole or not at all.
#[test]
fn hi_115_a_snapshot_is_written_whole_or_not_at_all() {
    let folder = Folder::new();
    folder.file("pool.json", fs::read(testdata("pools/api/app-pool.json")).unwrap());
    let suite = "version: 1\nconfig: pool.json\nsnapshot: true\nusers: { u: { claims: { \"custom:dept\": news } } }\n\
                 tests:\n  - { name: t, user: u, expect: Editor }\n";
    folder.file("s.whichrole.yaml", suite);
    let update = || whichrole(["test", "--update"]).folder(&folder.path("."));
    update().env("CI", "true").run().refuses("`--update` is refused where `CI` is set");
    update().run().exits(0);
    let names: Vec<_> = fs::read_dir(folder.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "no other file is left: {names:?}");
    let snapshot = names.iter().find(|name| name.to_string_lossy().ends_with(".snap")).unwrap();
    // Where the file cannot be written, the old one stays.
    fs::remove_file(folder.path(snapshot)).unwrap();
    fs::create_dir(folder.path(snapshot)).unwrap();
    update().run().exits(2);
}
