//! What comes into the project from others: crates, actions, tokens. SC-1 to SC-4 are rows of the project's list of hostile inputs; SC-1, a lock
//! file that does not fit the manifests, fails every `--locked` step of `.ci/run`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers here are tests, too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table(path: &str) -> Table {
    toml::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// The crates of Cargo.lock, with what each depends on; those of the workspace come last.
fn locked() -> (BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
    let (mut crates, mut ours) = (BTreeMap::<String, BTreeSet<String>>::new(), BTreeSet::new());
    for package in table("Cargo.lock")["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        match package.get("source").and_then(Value::as_str) {
            None => drop(ours.insert(name.to_owned())),
            source => {
                assert_eq!(source, Some(REGISTRY), "`{name}` comes from somewhere else");
                assert_eq!(package["checksum"].as_str().unwrap().len(), 64, "`{name}` has no checksum");
            }
        }
        let needs = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        // `name`, or `name version` where there are several.
        let needs = needs.map(|need| need.as_str().unwrap().split(' ').next().unwrap().to_owned());
        crates.entry(name.to_owned()).or_default().extend(needs);
    }
    (crates, ours)
}

/// What the manifests of the library and the command ask for, tests left out, and all that it needs in turn.
fn shipped(crates: &BTreeMap<String, BTreeSet<String>>, ours: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let manifests = ["crates/whichrole/Cargo.toml", "crates/whichrole-cli/Cargo.toml"].map(table);
    let mut next: Vec<String> = manifests
        .iter()
        .flat_map(|manifest| {
            assert!(
                !manifest.contains_key("build-dependencies") && !manifest.contains_key("target"),
                "look at these, too"
            );
            manifest["dependencies"].as_table().unwrap().keys().cloned()
        })
        .filter(|name| !ours.contains(name))
        .collect();
    while let Some(name) = next.pop() {
        next.extend(crates[&name].iter().filter(|need| !found.contains(*need)).cloned());
        found.insert(name);
    }
    found
}

#[test]
fn a_new_crate_needs_a_reviewed_line() {
    // SC-2
    let (crates, ours) = locked();
    let allowed = table("supply-chain/allow.toml");
    let lines = |section: &str| -> BTreeSet<String> {
        let section = allowed[section].as_table().unwrap();
        assert!(section.values().all(|why| why.as_str().is_some_and(|why| !why.is_empty())), "each line says why");
        section.keys().cloned().collect()
    };
    let shipped = shipped(&crates, &ours);
    let others: BTreeSet<String> =
        crates.keys().filter(|name| !ours.contains(*name) && !shipped.contains(*name)).cloned().collect();
    assert!(shipped.len() > 50 && !others.is_empty());
    for (section, found) in [("shipped", shipped), ("tests", others)] {
        let lines = lines(section);
        let (new, gone): (Vec<_>, Vec<_>) = (found.difference(&lines).collect(), lines.difference(&found).collect());
        assert!(
            new.is_empty() && gone.is_empty(),
            "supply-chain/allow.toml, [{section}]: no line for {new:?}, and no crate for the lines {gone:?}"
        );
    }
}

#[test]
fn every_step_of_ci_heeds_the_lock_file() {
    // SC-1
    for script in [".ci/run", ".ci/release", ".ci/pre-commit", "action.yml"] {
        let text = fs::read_to_string(root().join(script)).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let builds = ["clippy", "test", "doc", "build", "install", "run"].map(|verb| format!("cargo {verb} "));
            let asks = line.contains("--version");
            if builds.iter().any(|verb| line.contains(verb)) && !asks {
                assert!(line.contains("--locked"), "{script}: {line}");
            }
        }
    }
}

#[test]
fn every_action_is_pinned_by_its_hash() {
    // SC-3
    let mut files = vec![root().join("action.yml"), root().join("docs/ci.md"), root().join("README.md")];
    files.extend(fs::read_dir(root().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path()));
    let mut pinned = 0;
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Some((_, used)) = line.split_once("uses: ") else { continue };
            // Whoever copies it from our docs fills in the commit.
            if used == "whichrole/whichrole@<commit>" {
                continue;
            }
            let shown = format!("{}: {line}", file.display());
            let (action, version) = used.split_once(" # v").expect(&shown);
            let (_, hash) = action.split_once('@').expect(&shown);
            assert!(hash.len() == 40 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{shown}");
            assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{shown}");
            pinned += 1;
        }
    }
    assert!(pinned >= 3);
}

#[test]
fn inputs_of_the_action_never_become_part_of_a_script() {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let mut script = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if script.is_some_and(|at| indent <= at && !line.is_empty()) {
            script = None;
        }
        if line.trim_start().starts_with("run:") {
            script = Some(indent);
        }
        assert!(script.is_none() || !line.contains("${{"), "{line}");
    }
}

fn tracked(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![root().join(folder)];
    while let Some(folder) = next.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { next.push(path) } else { found.push(path) }
        }
    }
    found
}

#[test]
fn no_key_that_could_sign_a_token_is_stored() {
    // SC-4
    let files = tracked("testdata");
    assert!(files.len() > 100);
    // The hostile inputs hold what looks like private keys, to see it refused. They are made-up bytes and sign nothing.
    for file in files.into_iter().filter(|file| !file.components().any(|part| part.as_os_str() == "hostile")) {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(!text.contains("PRIVATE KEY-----"), "{}", file.display());
        // A private JSON Web Key has the members of its public one, and `d`, or `k` where it is a secret.
        let is_key = packed.contains("\"kty\":");
        assert!(!is_key || !["\"d\":", "\"k\":"].iter().any(|member| packed.contains(member)), "{}", file.display());
    }
}

#[test]
fn no_token_of_the_test_data_is_somebodys() {
    // SC-4
    let mut tokens = 0;
    for file in tracked("testdata").into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "jwt")) {
        let output =
            Command::new(env!("CARGO_BIN_EXE_whichrole")).args(["token", "decode"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", file.display());
        let claims = String::from_utf8(output.stdout).unwrap();
        let issuer = claims.split_once("\"iss\": \"").map_or("", |(_, rest)| rest.split('"').next().unwrap());
        let made_up = issuer.is_empty() || issuer.ends_with("_EXAMPLE1") || issuer.contains(".example");
        assert!(made_up, "{}: issued by {issuer}", file.display());
        tokens += 1;
    }
    assert!(tokens >= 5);
}
