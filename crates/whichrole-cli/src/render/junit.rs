//! JUnit XML, as CI systems read it: every case, with its seconds, file and line.

use std::fmt::Write as _;

use whichrole::text::visible;

use crate::render::suite::{Entry, Run, Status, SuiteReport, shown_name};

/// The longest text of one element, in bytes.
const LONGEST: usize = 8 * 1024;

/// The document.
pub fn junit(run: &Run) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let seconds: f64 = run.suites.iter().map(|suite| suite.seconds).sum();
    let summary = &run.summary;
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"whichrole\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds:.6}\">",
        summary.cases,
        summary.failed,
        summary.skipped + summary.todo,
    );
    for suite in &run.suites {
        write_suite(&mut out, suite);
    }
    out.push_str("</testsuites>");
    out
}

fn write_suite(out: &mut String, suite: &SuiteReport) {
    let count = |fits: &dyn Fn(&Entry) -> bool| suite.cases.iter().filter(|entry| fits(entry)).count();
    let file = escaped(&suite.file);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{file}\" file=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.6}\">",
        suite.cases.len(),
        count(&|entry| entry.status.is_failure()),
        count(&|entry| matches!(entry.status, Status::Skip | Status::Todo)),
        suite.seconds,
    );
    for entry in &suite.cases {
        let _ = write!(
            out,
            "    <testcase name=\"{}\" classname=\"{file}\" file=\"{}\" line=\"{}\" time=\"{:.6}\"",
            escaped(&shown_name(&entry.name)),
            escaped(entry.file(suite)),
            entry.line,
            entry.seconds,
        );
        match entry.status {
            Status::Pass => out.push_str("/>\n"),
            Status::Skip | Status::Todo => {
                let reason = entry.reason.as_deref().unwrap_or_default();
                let _ = writeln!(
                    out,
                    ">\n      <skipped message=\"{}: {}\"/>\n    </testcase>",
                    entry.status.word(),
                    escaped(reason)
                );
            }
            Status::Fail | Status::TodoPassed => {
                let details = entry.details();
                let message = match entry.told().and_then(|told| told.mismatches.first()) {
                    Some(first) => format!("{}: expected {}, got {}", first.what, first.expected, first.got),
                    None => details.first().cloned().unwrap_or_default(),
                };
                let _ = writeln!(
                    out,
                    ">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>",
                    escaped(&message),
                    entry.status.word(),
                    escaped(&details.join("\n")),
                );
            }
        }
    }
    out.push_str("  </testsuite>\n");
}

/// Text for XML 1.0: what XML cannot hold becomes U+FFFD, what readers would not see is made visible, and no text is longer than 8 KiB.
fn escaped(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST).map(|c| if is_xml(c) { c } else { '\u{fffd}' }).collect();
    let lines: Vec<String> = cut.split('\n').map(visible).collect();
    let mut out = String::new();
    for c in lines.join("\n").chars() {
        if out.len() > LONGEST {
            out.push('…');
            break;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c => out.push(c),
        }
    }
    out
}

/// Whether readers of XML take a character as it is; not all that XML 1.0 allows.
fn is_xml(c: char) -> bool {
    c == '\n' || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_the_document() {
        assert_eq!(
            escaped("]]><a b=\"&\">\u{0}\u{b}\u{1b}\u{fffe}\n"),
            "]]&gt;&lt;a b=&quot;&amp;&quot;&gt;\u{fffd}\u{fffd}\u{fffd}\u{fffd}&#10;"
        );
        assert_eq!(escaped("a\u{202e}b\n::x"), "a\\u{202e}b&#10;\\u{3a}:x");
        assert!(escaped(&"x".repeat(5_000_000)).len() < LONGEST + 10);
    }
}
