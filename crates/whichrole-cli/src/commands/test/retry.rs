//! The command line that asks the question of a case again.

use std::fmt::Write as _;
use std::path::Path;

use whichrole::suite::{Retry, RetryToken};
use whichrole::text::visible;

use crate::args::ReadArgs;
use crate::commands::test::load;

/// The command that explains an answer, ready to be pasted into a shell. It reads the configuration as the suite's run did.
pub fn command(retry: &Retry, suite: &str, read: &ReadArgs) -> String {
    let folder = Path::new(suite).parent().unwrap_or(Path::new(""));
    let quoted = |word: &str| quoted_for_shell(word);
    let mut words = vec!["whichrole".to_owned(), "explain".to_owned()];
    words.push(quoted(&load::named(&folder.join(&retry.config))));
    let mut piped = String::new();
    for token in &retry.tokens {
        words.push(match token {
            RetryToken::File(path) => quoted(&load::named(&folder.join(path))),
            RetryToken::Claims(json) if retry.tokens.len() == 1 => {
                piped = format!("printf %s {} | ", quoted(json));
                "-".to_owned()
            }
            RetryToken::Claims(json) => format!("<(printf %s {})", quoted(json)),
        });
    }
    words.extend(retry.options.iter().chain(&read.words()).map(|word| quoted(word)));
    format!("{piped}{}", words.join(" "))
}

/// A word as a POSIX shell takes it. What cannot be shown as itself is written with `$'…'`.
pub fn quoted_for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | ',' | '@' | '+');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if visible(word) == word {
        return format!("'{}'", word.replace('\'', "'\\''"));
    }
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            // What is harmless alone may not be where it stands.
            c if visible(&c.to_string()) == c.to_string() && !(c == '[' && out.ends_with("##")) => out.push(c),
            c => {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_shell_as_they_are() {
        assert_eq!(quoted_for_shell("custom:dept=eng"), "custom:dept=eng");
        assert_eq!(quoted_for_shell("cognito:groups:=[\"a b\"]"), "'cognito:groups:=[\"a b\"]'");
        assert_eq!(quoted_for_shell("it's"), "'it'\\''s'");
        assert_eq!(quoted_for_shell("a\u{1b}'"), "$'a\\U0000001b\\''");
        assert_eq!(quoted_for_shell("x ##[y]"), "$'x ##\\U0000005by]'");
        assert_eq!(quoted_for_shell(""), "''");
    }
}
