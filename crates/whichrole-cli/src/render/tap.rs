//! TAP version 14: a line for each case, what is wrong in a YAML block.

use whichrole::text::visible_json;

use crate::render::suite::{Run, Status, shown_name};

/// The lines.
pub fn tap(run: &Run) -> Vec<String> {
    let entries: usize = run.suites.iter().map(|suite| suite.cases.len()).sum();
    let mut lines = vec!["TAP version 14".to_owned(), format!("1..{entries}")];
    let mut number = 0;
    for suite in &run.suites {
        for entry in &suite.cases {
            number += 1;
            let name = escaped(&shown_name(&entry.name));
            let reason = escaped(&shown_name(entry.reason.as_deref().unwrap_or_default()));
            lines.push(match entry.status {
                Status::Pass => format!("ok {number} - {name}"),
                Status::Fail | Status::TodoPassed => format!("not ok {number} - {name}"),
                Status::Skip => format!("ok {number} - {name} # SKIP {reason}"),
                Status::Todo => format!("not ok {number} - {name} # TODO {reason}"),
            });
            if entry.status.is_failure() {
                let quoted = |text: &str| visible_json(serde_json::to_string(text).unwrap_or_default());
                lines.push("  ---".to_owned());
                lines.push(format!(
                    "  at: {}",
                    quoted(&format!("{}:{}:{}", entry.file(suite), entry.line, entry.column))
                ));
                lines.push("  details:".to_owned());
                lines.extend(entry.details().iter().map(|line| format!("    - {}", quoted(line))));
                lines.push("  ...".to_owned());
            }
        }
    }
    lines
}

/// `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
