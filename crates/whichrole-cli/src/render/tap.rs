//! TAP version 14: a line for each case, what is wrong in a YAML block.

use whichrole::text::visible_json;

use crate::pieces::Pieces;
use crate::render::suite::{Entry, Run, Status, SuiteReport, shown_name};

/// The document.
pub fn tap(run: Run) -> Pieces {
    let mut out = Pieces::from(format!("TAP version 14\n1..{}", run.listed));
    out.append(run.written);
    out
}

/// Writes a case of a suite.
pub fn add_case(suite: &mut SuiteReport, entry: &Entry) {
    let number = suite.listed.before + suite.listed.entries;
    let name = escaped(&shown_name(&entry.name));
    let reason = escaped(&shown_name(entry.reason.as_deref().unwrap_or_default()));
    let mut line = |line: String| {
        suite.written.push("\n");
        suite.written.push(&line);
    };
    line(match entry.status {
        Status::Pass => format!("ok {number} - {name}"),
        Status::Fail | Status::TodoPassed => format!("not ok {number} - {name}"),
        Status::Skip => format!("ok {number} - {name} # SKIP {reason}"),
        Status::Todo => format!("not ok {number} - {name} # TODO {reason}"),
    });
    if entry.status.is_failure() {
        let quoted = |text: &str| visible_json(serde_json::to_string(text).unwrap_or_default());
        let at = format!("{}:{}:{}", entry.file(&suite.file), entry.line, entry.column);
        line(format!("  ---\n  at: {}\n  details:", quoted(&at)));
        entry.details().iter().for_each(|detail| line(format!("    - {}", quoted(detail))));
        line("  ...".to_owned());
    }
}

/// `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
