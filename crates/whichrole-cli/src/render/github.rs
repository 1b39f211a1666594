//! Annotations of GitHub Actions: a line for each failure.

use whichrole::text::visible;

use crate::render::suite::{Run, shown_name};

/// The lines; the last is for people.
pub fn annotations(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for suite in &run.suites {
        for entry in &suite.failures {
            let message = entry.details().join("\n");
            lines.push(format!(
                "::error file={},line={},col={},title={}::{}",
                property(&visible(entry.file(&suite.file))),
                entry.line,
                entry.column,
                property(&shown_name(&entry.name)),
                data(&message)
            ));
        }
        if let Some(why) = &suite.mutants_skipped {
            lines.push(format!("::notice file={},title=mutants::{}", property(&visible(&suite.file)), data(why)));
        }
    }
    let mark = if run.summary.failed > 0 { "failed" } else { "ok" };
    lines.push(format!("{mark}: {}{}", run.summary.words(), run.summary.rest()));
    lines
}

/// The text of a command.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace("##[", "#\u{200a}#[")
}

/// The value of a property of a command.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_never_becomes_a_command() {
        assert_eq!(data("a\n::add-mask::b%0A ##[x]"), "a%0A::add-mask::b%250A #\u{200a}#[x]");
        assert_eq!(property("x,y::z\r"), "x%2Cy%3A%3Az%0D");
    }
}
