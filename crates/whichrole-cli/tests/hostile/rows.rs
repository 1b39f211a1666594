//! The rows of `testdata/hostile/rows.json`: what goes in, and what comes out.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::canary::is_absent;
use crate::harness::{Call, Folder, Outcome, base64url, testdata, whichrole};

/// What the rows call their secret.
const SECRET: &str = "c4n4ry";
/// Memory besides four times the input.
const MEMORY: usize = 64 * 1024 * 1024;
/// Seconds of processor time; a build without optimization is given ten times as many.
const SECONDS: u64 = if cfg!(debug_assertions) { 20 } else { 2 };

#[test]
fn every_row_is_answered_as_the_list_says() {
    let (folder, rows) = (Folder::new(), rows());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let (number, Some(row)) = next_of(&rows, &next) {
            let answer = std::panic::catch_unwind(|| Row { value: row }.check(&folder, number));
            if answer.is_err() {
                wrong.push(format!("{} {}", row["id"], row["what"]));
            }
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} rows: {wrong:#?}", wrong.len());
}

/// The row whose turn it is, with its number.
fn next_of<'r>(rows: &'r [Value], next: &AtomicUsize) -> (usize, Option<&'r Value>) {
    let number = next.fetch_add(1, Ordering::Relaxed);
    (number, rows.get(number))
}

/// All rows of the file.
pub fn rows() -> Vec<Value> {
    let text = fs::read_to_string(testdata("hostile/rows.json")).unwrap();
    let Value::Array(rows) = serde_json::from_str(&text).unwrap() else { panic!("the rows are a list") };
    rows
}

struct Row<'r> {
    value: &'r Value,
}

impl Row<'_> {
    fn text(&self, key: &str) -> &str {
        self.value[key].as_str().unwrap_or_default()
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.value["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap())
    }

    fn check(&self, folder: &Folder, number: usize) {
        let about = format!("{} {}", self.text("id"), self.text("what"));
        let name = number.to_string();
        let root = folder.path(&name);
        fs::create_dir_all(&root).unwrap();
        for (name, from) in [
            ("pool.json", "pools/api/app-pool.json"),
            ("jwks.json", "tokens/jwks.json"),
            ("id.jwt", "tokens/alice.id.jwt"),
        ] {
            fs::copy(testdata(from), root.join(name)).unwrap();
        }
        let mut size = 0;
        for (name, content) in self.value["files"].as_object().into_iter().flatten() {
            let content = bytes(content);
            size += content.len();
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), content).unwrap();
        }
        let input = bytes(self.value.get("stdin").unwrap_or(&Value::Null));
        size += input.len();
        let run = |call: Call| call.folder(&root).within(MEMORY + 4 * size, SECONDS).input(&input).run();

        let text = run(whichrole(self.words()));
        let exit = i32::try_from(self.value["exit"].as_i64().unwrap()).unwrap();
        assert_eq!(text.code, Some(exit), "{about}: {}{}", text.stdout, text.stderr);
        is_absent(SECRET, &text, &about);
        let stdout = self.text("prints");
        assert!(text.stdout.contains(stdout), "{about}: {stdout} is not in {}", text.stdout);
        let said = self.text("says");
        assert!(text.stderr.contains(said), "{about}: {said} is not in {}", text.stderr);
        // A batch prints its errors in their lines; the format is JSON whatever is asked for. What takes seconds without optimization is asked
        // once.
        let is_batch = self.words().next() == Some("batch");
        if is_batch || self.value["json"] == false || self.words().any(|word| word.starts_with("--format")) {
            return;
        }
        let json = run(whichrole(self.words()).arg("--format=json"));
        assert_eq!(json.code, Some(exit), "{about}: {}", json.stderr);
        is_absent(SECRET, &json, &about);
        match exit {
            // An answer that leaves something open is an answer.
            2 if !stdout.is_empty() => assert!(json.stdout.contains("the search went past its bounds"), "{about}"),
            2 => self.is_refusal(&text, &json, &about),
            1 if self.words().next() == Some("lint") => self.finds(&json, &about),
            1 if self.words().next() == Some("eval") => {
                assert_eq!(text.stdout, "", "{about}");
                let decision = json.json();
                assert_eq!((&decision["decision"], &decision["role"]), (&"deny".into(), &Value::Null), "{about}");
            }
            _ => {}
        }
        fs::remove_dir_all(&root).unwrap();
    }

    /// An error and nothing else: as text on stderr, as an object on stdout.
    fn is_refusal(&self, text: &Outcome, json: &Outcome, about: &str) {
        text.refuses("");
        let error = &json.json()["error"];
        let code = error["code"].as_str().unwrap();
        assert_eq!(code, self.text("code"), "{about}");
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{code}");
        let first = if error["problems"][0].is_object() { &error["problems"][0] } else { error };
        let message = first["message"].as_str().unwrap();
        assert!(message.contains(self.text("says")), "{about}: {message}");
        assert!(!message.starts_with(char::is_uppercase) || message.starts_with("Ed"), "{about}: {message}");
        if let Some(at) = self.value["at"].as_array() {
            let place = [&first["line"], &first["column"]];
            assert!(at.iter().zip(place).all(|(wanted, found)| wanted == found), "{about}: {at:?}, found {place:?}");
        }
    }

    fn finds(&self, json: &Outcome, about: &str) {
        let findings = json.json();
        for lint in self.value["finds"].as_array().unwrap() {
            let found = findings["findings"].as_array().unwrap();
            assert!(found.iter().any(|finding| finding["lint"] == *lint), "{about}: no {lint}");
        }
    }
}

/// What a row writes as text, as a list of parts (`["x", 1000]` is a part many times, `{n}` in it the number of each), in hexadecimal, or as
/// a JWT of header, claims and signature; or the name of a file of the test data.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Array(parts) => parts.iter().flat_map(part).collect(),
        Value::Object(object) => {
            let (kind, value) = object.iter().next().unwrap();
            match kind.as_str() {
                "hex" => hex(value.as_str().unwrap()),
                "data" => fs::read(testdata(value.as_str().unwrap())).unwrap(),
                "jwt" => {
                    let part = |n: usize| base64url(&bytes(&value[n]));
                    let signature = value.get(2).map_or_else(|| b"c2ln".to_vec(), bytes);
                    [format!("{}.{}.", part(0), part(1)).into_bytes(), signature].concat()
                }
                other => panic!("unknown kind of input: {other}"),
            }
        }
        other => panic!("no input: {other}"),
    }
}

fn part(part: &Value) -> Vec<u8> {
    match part.as_array().map(Vec::as_slice) {
        Some([Value::String(what), Value::Number(times)]) if what.contains("{n}") => {
            (0..times.as_u64().unwrap()).flat_map(|n| what.replace("{n}", &n.to_string()).into_bytes()).collect()
        }
        Some([what, Value::Number(times)]) => bytes(what).repeat(usize::try_from(times.as_u64().unwrap()).unwrap()),
        _ => bytes(part),
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
