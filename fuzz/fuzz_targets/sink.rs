//! Text from anybody on its way to a terminal, a build server, a report or a comment: the last step of every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whichrole::read::Position;
use whichrole::text::{quoted, quoted_whole, visible, visible_json};

/// The renderers of the command, which is no library.
#[allow(dead_code, missing_docs, reason = "only their last steps are called")]
#[path = "../../crates/whichrole-cli/src/render"]
mod render {
    pub mod github;
    pub mod json;
    pub mod junit;
    pub mod markdown;
    pub mod style;
    pub mod suite;
    pub mod tap;
}

#[allow(dead_code, missing_docs, reason = "only their last steps are called")]
#[path = "../../crates/whichrole-cli/src/json.rs"]
mod json;
#[allow(dead_code, missing_docs, reason = "only their last steps are called")]
#[path = "../../crates/whichrole-cli/src/pieces.rs"]
mod pieces;

/// What the renderers need of the rest of the command.
mod args {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Format {
        Text,
        Json,
        Junit,
        Tap,
    }
}
mod failure {
    #[derive(Debug)]
    pub struct Failure;

    impl Failure {
        pub fn new(_code: &str, _message: impl Into<String>) -> Self {
            Self
        }
    }

    pub type Result<T> = std::result::Result<T, Failure>;
}

use args::Format;
use render::suite::{Entry, Mismatch, Run, Status, Summary};

fuzz_target!(|text: &str| {
    whichrole_fuzz::is_safe_line(&visible(text));
    for name in [quoted(text), quoted_whole(text)] {
        whichrole_fuzz::is_safe_line(&name);
        assert_eq!(name.matches('`').count(), 2);
    }
    assert!(quoted(text).chars().count() <= 64 * 11 + 3);

    let json = serde_json::to_string(text).expect("JSON");
    let shown = visible_json(&json);
    whichrole_fuzz::is_safe(&shown);
    assert_eq!(serde_json::from_str::<String>(&shown).expect("JSON"), text, "what it says stays");

    code_span(&render::markdown::code(text));
    let run = run_with(text, Format::Text);
    for line in render::markdown::suites(&run) {
        whichrole_fuzz::is_safe_line(&line);
    }
    for line in render::suite::text(&run) {
        whichrole_fuzz::is_safe_line(&anstream::adapter::strip_str(&line).to_string());
    }
    let annotations = render::github::annotations(&run);
    assert_eq!(annotations.iter().filter(|line| line.starts_with("::")).count(), 1);
    assert!(annotations.iter().all(|line| !line.contains(['\n', '\r']) && !line.contains("##[")));
    let tap = whole(&render::tap::tap(run_with(text, Format::Tap)));
    assert_eq!(tap.lines().count(), 9, "{tap}");
    tap.split('\n').for_each(whichrole_fuzz::is_safe_line);
    xml(&whole(&render::junit::junit(run_with(text, Format::Junit))));
    let json = whole(&render::json::run(run_with(text, Format::Json)).expect("it is written"));
    whichrole_fuzz::is_safe(&json);
    let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(read["suites"][0]["cases"][0]["name"], text, "what it says stays");
});

fn whole(text: &pieces::Pieces) -> String {
    text.iter().collect()
}

/// A run with one failed case, in which the text stands wherever text from outside can.
fn run_with(text: &str, format: Format) -> Run {
    let mut entry = Entry::new(text.to_owned(), Status::Fail, Position::new(0, 1, 1));
    entry.file = Some(text.to_owned());
    entry.tell().mismatches = vec![Mismatch { what: "role", expected: visible(text), got: visible(text) }];
    let mut run = Run::new(format);
    run.summary = Summary { cases: 1, failed: 1, ..Summary::default() };
    let mut suite = run.suite(text);
    suite.add(entry).expect("it is written");
    run.add(suite).expect("it is written");
    run
}

/// One code span and nothing else, as a cell of a table: a pipe ends the cell unless a backslash that is itself not escaped is before it.
fn code_span(span: &str) {
    let fence = span.chars().take_while(|c| *c == '`').count();
    let inner = &span[fence..span.len() - fence.min(span.len() - fence)];
    assert!(!inner.split(|c| c != '`').any(|run| run.len() == fence), "{span:?}");
    let mut escaped = false;
    for c in span.chars() {
        assert!(c != '|' || escaped, "{span:?}");
        escaped = c == '\\' && !escaped;
    }
}

/// Well-formed as far as text from outside could spoil it: known elements only, no bare `&`, no character that XML cannot hold.
fn xml(document: &str) {
    let rest = document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration");
    for part in rest.split('<').skip(1) {
        let name: String = part.trim_start_matches('/').chars().take_while(char::is_ascii_lowercase).collect();
        assert!(["testsuites", "testsuite", "testcase", "failure"].contains(&name.as_str()), "{part}");
        assert_eq!(part.matches('>').count(), 1, "{part}");
        let quotes = part.split('>').next().unwrap_or_default().matches('"').count();
        assert_eq!(quotes % 2, 0, "{part}");
    }
    for part in rest.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;", "#10;"].iter().any(|entity| part.starts_with(entity)), "{part}");
    }
    assert!(!document.chars().any(|c| c.is_control() && c != '\n' || matches!(c, '\u{fffe}' | '\u{ffff}')));
}
