//! What every fuzz target checks besides that nothing panics.

use whichrole::lint::{Shown, lint};
use whichrole::read::{Configuration, Problem, ReadOptions, Source, canonical, read};
use whichrole::{Claims, Evaluator, Request, Semantics, TokenForm};

/// Text that reaches people has nothing in it that acts on a terminal or a build server.
pub fn is_safe(text: &str) {
    let hidden = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    assert!(!text.chars().any(hidden), "{text:?}");
    assert!(!text.contains("##["), "{text:?}");
}

/// The same for text that is a line of its own.
pub fn is_safe_line(text: &str) {
    is_safe(text);
    assert!(!text.trim_start().starts_with("::"), "{text:?}");
}

/// Every problem is a safe sentence with a place inside the text.
pub fn problems_are_sentences(problems: &[Problem], sources: usize) {
    for problem in problems {
        is_safe_line(&problem.message);
        assert!(!problem.message.is_empty());
        assert!(problem.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit()));
        if let Some(at) = problem.at {
            assert!((at.source() as usize) < sources && at.line() > 0 && at.column() > 0, "{problem:?}");
        }
    }
}

/// Reads one text under this name and looks at everything that can be said of it.
pub fn read_named(name: &str, text: &str, options: &ReadOptions) -> Configuration {
    let sources = [Source { name: name.to_owned(), text: text.to_owned() }];
    let configuration = read(&sources, options);
    problems_are_sentences(&configuration.problems, 1);
    problems_are_sentences(&configuration.notes, 1);
    if let Ok(findings) = lint(&configuration) {
        for finding in &findings {
            is_safe_line(&finding.message);
            let shown = Shown { finding, names: &configuration.names };
            serde_json::to_string(&shown).expect("a finding can be written");
        }
    }
    let shown = serde_json::to_string(&canonical(&configuration, &configuration.definitions)).expect("JSON");
    if configuration.problems.is_empty() {
        is_read_back(&configuration, &shown);
        for definition in &configuration.definitions {
            let evaluator = Evaluator::new(definition.pool.clone(), Semantics::default());
            let claims = Claims::from_json(CLAIMS).expect("the claims are JSON");
            if let Ok(login) = evaluator.login(None, &claims, TokenForm::Claims) {
                let logins = [login];
                let _ = evaluator.answer(&Request::of(&logins));
            }
            let _ = evaluator.answer(&Request::guest());
        }
    }
    configuration
}

const CLAIMS: &str =
    r#"{"sub":"1","aud":"web","cognito:groups":["admins","b"],"custom:dept":"eng","n":1.0,"b":true,"z":null}"#;

/// What `show` prints says the same when it is read again, as JSON and as YAML. That a reference is one to a user pool can be lost, since only
/// the files around it say so; what is printed is the same all the same.
fn is_read_back(configuration: &Configuration, shown: &str) {
    let parsed = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        if let Some(pool) = value.as_object_mut() {
            pool.remove("Whichrole");
        }
        value
    };
    for name in ["shown.json", "shown.yaml"] {
        let sources = [Source { name: name.to_owned(), text: shown.to_owned() }];
        let again = read(&sources, &ReadOptions::default());
        // Of several pools one without an id would become a part of another.
        if again.problems.is_empty() && configuration.definitions.len() == 1 {
            let printed = serde_json::to_string(&canonical(&again, &again.definitions)).expect("JSON");
            assert_eq!(parsed(shown), parsed(&printed));
        }
    }
}
