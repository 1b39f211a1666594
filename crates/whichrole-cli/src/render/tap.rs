//! TAP version 14: a line for each case, what is wrong in a YAML block.

use whichrole::text::visible_json;

use crate::render::suite::{Run, Status, shown_name};

/// The document. In a suite of very many cases each line counts, so none is kept by itself.
pub fn tap(run: &Run) -> String {
    let entries: usize = run.suites.iter().map(|suite| suite.cases.len()).sum();
    let mut out = format!("TAP version 14\n1..{entries}");
    let mut line = |line: String| out.extend(["\n", &line]);
    let mut number = 0;
    for suite in &run.suites {
        for entry in &suite.cases {
            number += 1;
            let name = escaped(&shown_name(&entry.name));
            let reason = escaped(&shown_name(entry.reason.as_deref().unwrap_or_default()));
            line(match entry.status {
                Status::Pass => format!("ok {number} - {name}"),
                Status::Fail | Status::TodoPassed => format!("not ok {number} - {name}"),
                Status::Skip => format!("ok {number} - {name} # SKIP {reason}"),
                Status::Todo => format!("not ok {number} - {name} # TODO {reason}"),
            });
            if entry.status.is_failure() {
                let quoted = |text: &str| visible_json(serde_json::to_string(text).unwrap_or_default());
                let at = format!("{}:{}:{}", entry.file(suite), entry.line, entry.column);
                line(format!("  ---\n  at: {}\n  details:", quoted(&at)));
                entry.details().iter().for_each(|detail| line(format!("    - {}", quoted(detail))));
                line("  ...".to_owned());
            }
        }
    }
    out
}

/// `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
