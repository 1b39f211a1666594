//! A system that fails: files that cannot be read, disks that are full, readers that go away, input that comes a byte at a time. What a
//! failing system call does at each single place is tried by `testdata/hostile/faults.py`.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::harness::{Folder, testdata, whichrole};

/// Every command that prints, in a folder that has what it needs.
const COMMANDS: &[&str] = &[
    "eval pool.json --claim custom:dept=news",
    "eval pool.json --claim custom:dept=news --format=json",
    "explain pool.json --claim custom:dept=news",
    "explain pool.json --claim custom:dept=news --format=json",
    "batch pool.json lines",
    "batch pool.json lines --fields role",
    "test",
    "test --format=json",
    "test --format=junit",
    "test --format=tap",
    "test --format=github",
    "test --format=markdown",
    "test --list",
    "test --init pool.json",
    "lint weak.json --exit-zero",
    "lint pool.json --format=json",
    "lint pool.json --format=sarif",
    "lint --explain shadowed-rule",
    "who pool.json",
    "who pool.json --format=json",
    "diff pool.json other.json",
    "diff pool.json other.json --format=json",
    "diff pool.json other.json --format=markdown",
    "show pool.json",
    "token make --claim a=b",
    "token decode id.jwt",
    "token verify id.jwt --jwks jwks.json --now 2026-01-01T00:30:00Z",
    "decode Unauthenticated_access_is_not_supported_for_this_identity_pool.",
    "schema eval",
    "completions bash",
    "--help",
    "eval --help",
    "--version",
];

/// The words of a command line; a blank inside a word is written as `_`.
fn words(line: &str) -> impl Iterator<Item = String> {
    line.split(' ').map(|word| word.replace('_', " "))
}

fn furnished() -> (Folder, PathBuf) {
    let folder = Folder::new();
    for (name, from) in
        [("pool.json", "pools/api/app-pool.json"), ("jwks.json", "tokens/jwks.json"), ("id.jwt", "tokens/alice.id.jwt")]
    {
        folder.file(name, fs::read(testdata(from)).unwrap());
    }
    let pool = fs::read_to_string(testdata("pools/api/app-pool.json")).unwrap();
    folder.file("other.json", pool.replace("\"news\"", "\"press\""));
    folder.file("weak.json", r#"{"RoleMappings":{"accounts.google.com":{"Type":"Rules"}}}"#);
    folder.file("lines", "{\"custom:dept\":\"news\"}\n".repeat(3));
    folder.file(
        "s.whichrole.yaml",
        "version: 1\nconfig: pool.json\ntests:\n  - { name: t, claims: { \"custom:dept\": news }, expect: Editor }\n",
    );
    let path = folder.path(".");
    (folder, path)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_whatever_is_printed() {
    let (_folder, root) = furnished();
    for line in COMMANDS {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        let output = command.args(words(line)).current_dir(&root).stdout(full).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains("cannot write `standard output`: no space left on device"), "{line}: {said}");
    }
    for line in COMMANDS.iter().filter(|line| !line.contains("--help") && !line.contains("--version")) {
        let outcome = whichrole(words(line)).args(["-o", "/dev/full"]).folder(&root).run();
        assert!(outcome.code == Some(2), "{line}: {}{}", outcome.stdout, outcome.stderr);
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let (_folder, root) = furnished();
    for line in COMMANDS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        command.args(words(line)).current_dir(&root).stdin(Stdio::null());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        assert!(!said.contains("error"), "{line}: {said}");
    }
}

/// Reading `/proc/self/mem` from its beginning fails with EIO, whoever reads.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_read_is_never_taken_for_empty() {
    let (folder, root) = furnished();
    std::os::unix::fs::symlink("/proc/self/mem", folder.path("broken.json")).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", folder.path("broken.whichrole.yaml")).unwrap();
    folder.file(
        "c.whichrole.yaml",
        "version: 1\nconfig: broken.json\ntests:\n  - { name: t, claims: {}, expect: deny }\n",
    );
    for line in [
        "eval broken.json --guest",
        "eval pool.json broken.json",
        "explain pool.json broken.json",
        "batch pool.json broken.json",
        "batch broken.json lines",
        "test broken.whichrole.yaml",
        "test c.whichrole.yaml",
        "lint broken.json",
        "who broken.json",
        "diff pool.json broken.json",
        "diff broken.json pool.json",
        "diff pool.json other.json --users broken.json",
        "show broken.json",
        "show .",
        "token decode broken.json",
        "token verify id.jwt --jwks broken.json --now now",
        "token make --member a --groups broken.json",
        "token make --pre-token broken.json",
        "eval pool.json id.jwt --jwks broken.json --now now",
    ] {
        for format in ["--format=text", "--format=json"] {
            let outcome = whichrole(words(line)).arg(format).folder(&root).run();
            outcome.exits(2);
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(said.contains("input/output error"), "{line}: {said}");
        }
    }
}

/// A file of a folder that cannot be looked at is not left out in silence: a link to nothing, a circle of links.
#[cfg(unix)]
#[test]
fn a_folder_is_read_whole_or_not_at_all() {
    let (folder, _) = furnished();
    fs::create_dir(folder.path("infra")).unwrap();
    fs::copy(folder.path("pool.json"), folder.path("infra/pool.json")).unwrap();
    let infra = folder.path("infra");
    whichrole(["show"]).arg(&infra).run().exits(0);
    for target in ["nowhere", "circle.json"] {
        let link = infra.join("circle.json");
        std::os::unix::fs::symlink(target, &link).unwrap();
        whichrole(["show"]).arg(&infra).run().exits(2).mentions("cannot read");
        whichrole(["eval", "--guest"]).arg(&infra).run().exits(2);
        fs::remove_file(&link).unwrap();
    }
    let settings = infra.join("whichrole.toml");
    std::os::unix::fs::symlink("whichrole.toml", &settings).unwrap();
    whichrole(["lint"]).arg(&infra).run().exits(2).mentions("whichrole.toml");
}

/// Short reads: a pipe that gives one byte at a time.
#[test]
fn input_that_comes_a_byte_at_a_time_is_read_to_its_end() {
    let (_folder, root) = furnished();
    let pool = fs::read_to_string(testdata("pools/api/app-pool.json")).unwrap();
    let token = fs::read_to_string(testdata("tokens/alice.id.jwt")).unwrap();
    let claims = "{\"custom:dept\":\"news\"}";
    for (line, input) in [
        ("eval - --claim custom:dept=news", pool.as_str()),
        ("eval pool.json -", token.as_str()),
        ("eval pool.json -", claims),
        ("batch pool.json -", &format!("{claims}\n{claims}\n{claims}")),
        ("token decode -", token.as_str()),
    ] {
        let whole = whichrole(words(line)).folder(&root).input(input).run();
        let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        command.args(words(line)).current_dir(&root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for byte in input.as_bytes() {
            stdin.write_all(&[*byte]).unwrap();
        }
        drop(stdin);
        let mut printed = String::new();
        child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        assert_eq!((child.wait().unwrap().code(), printed), (whole.code, whole.stdout), "{line}");
    }
}

/// A pipe among the files of a folder would keep us waiting for its other end.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_passed_over() {
    let (folder, _) = furnished();
    fs::create_dir(folder.path("infra")).unwrap();
    fs::copy(folder.path("pool.json"), folder.path("infra/pool.json")).unwrap();
    let made = Command::new("mkfifo").arg(folder.path("infra/pipe.json")).status().unwrap();
    assert!(made.success());
    whichrole(["show"]).arg(folder.path("infra")).run().exits(0).at_once();
}

/// Nothing but the answer is left behind: no temporary files, no caches.
#[test]
fn hi_150_no_command_writes_what_it_was_not_asked_to() {
    let (folder, root) = furnished();
    let before = listing(&root);
    let home = folder.path("home");
    fs::create_dir(&home).unwrap();
    for line in COMMANDS {
        whichrole_for_github(line, &root, &home);
    }
    fs::remove_dir(&home).expect("the home folder is empty");
    assert_eq!(listing(&root), before);
}

fn whichrole_for_github(line: &str, root: &std::path::Path, home: &std::path::Path) {
    let call = whichrole(words(line)).folder(root).env("HOME", home).env("TMPDIR", home).env("XDG_CACHE_HOME", home);
    if line.contains("github") { drop(call.annotations()) } else { drop(call.run()) }
}

fn listing(folder: &std::path::Path) -> Vec<(PathBuf, u64)> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), File::open(&path).unwrap().metadata().unwrap().len()))
        .collect();
    names.sort();
    names
}
