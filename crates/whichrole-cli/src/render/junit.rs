//! JUnit XML, as CI systems read it: every case, with its seconds, file and line.

use std::fmt::Write as _;

use whichrole::text::visible;

use crate::pieces::Pieces;
use crate::render::suite::{Entry, Run, Status, SuiteReport, shown_name};

/// The longest text of one element, in bytes.
const LONGEST: usize = 8 * 1024;

/// The document.
pub fn junit(run: Run) -> Pieces {
    let summary = run.summary;
    let mut out = Pieces::from(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"whichrole\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.6}\">\n",
        summary.cases,
        summary.failed,
        summary.skipped + summary.todo,
        run.seconds,
    ));
    out.append(run.written);
    out.push("</testsuites>");
    out
}

/// Adds a suite whose cases are written.
pub fn add_suite(suite: SuiteReport, out: &mut Pieces) {
    let file = escaped(&suite.file);
    out.push(&format!(
        "  <testsuite name=\"{file}\" file=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.6}\">\n",
        suite.listed.entries, suite.listed.failures, suite.listed.skipped, suite.seconds,
    ));
    out.append(suite.written);
    out.push("  </testsuite>\n");
}

/// Writes a case of a suite.
pub fn add_case(suite: &mut SuiteReport, entry: &Entry) {
    let mut out = format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6}\"",
        escaped(&shown_name(&entry.name)),
        escaped(&suite.file),
        escaped(entry.file(&suite.file)),
        entry.line,
        entry.seconds,
    );
    // Writing to a `String` cannot fail.
    let _ = match entry.status {
        Status::Pass => out.write_str("/>\n"),
        Status::Skip | Status::Todo => {
            let reason = escaped(entry.reason.as_deref().unwrap_or_default());
            writeln!(out, ">\n      <skipped message=\"{}: {reason}\"/>\n    </testcase>", entry.status.word())
        }
        Status::Fail | Status::TodoPassed => {
            let details = entry.details();
            let message = match entry.told().and_then(|told| told.mismatches.first()) {
                Some(first) => format!("{}: expected {}, got {}", first.what, first.expected, first.got),
                None => details.first().cloned().unwrap_or_default(),
            };
            writeln!(
                out,
                ">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>",
                escaped(&message),
                entry.status.word(),
                escaped(&details.join("\n")),
            )
        }
    };
    suite.written.push(&out);
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
