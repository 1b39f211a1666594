//! Markdown: for job summaries and comments on pull requests.

use crate::render::suite::{Entry, Mismatch, Run, Status, shown_name};

/// The lines.
pub fn suites(run: &Run) -> Vec<String> {
    let mark = if run.summary.failed > 0 { "❌" } else { "✅" };
    let mut lines =
        vec![format!("### {mark} whichrole test: {}{}", run.summary.words(), run.summary.rest()), String::new()];
    let failures = run.suites.iter().flat_map(|suite| suite.failures.iter().map(move |entry| (suite, entry)));
    let mut failures = failures.peekable();
    if failures.peek().is_some() {
        lines.extend(["| case | where | what |".to_owned(), "|---|---|---|".to_owned()]);
    }
    for (suite, entry) in failures {
        let place = format!("{}:{}", entry.file(&suite.file), entry.line);
        let what = details(entry).join("<br>");
        lines.push(format!("| {} | {} | {what} |", code(&shown_name(&entry.name)), code(&place)));
    }
    for suite in &run.suites {
        if let Some(coverage) = suite.coverage.as_ref().filter(|coverage| coverage.shown) {
            lines.extend([
                String::new(),
                format!(
                    "{} covers {} of rules, {} of outcomes, {} of tags",
                    code(&suite.file),
                    coverage.rules.words(),
                    coverage.outcomes.words(),
                    coverage.tags.words()
                ),
            ]);
            lines.extend(coverage.uncovered.iter().map(|item| format!("- not covered: {}", code(&item.what))));
        }
        if let Some(mutants) = suite.mutants.as_ref().filter(|mutants| mutants.shown) {
            lines
                .extend([String::new(), format!("{} notices {} of changes", code(&suite.file), mutants.share.words())]);
            lines.extend(mutants.survivors.iter().map(|survivor| format!("- not noticed: {}", code(&survivor.change))));
        }
        if let Some(why) = &suite.mutants_skipped {
            lines.extend([String::new(), format!("{}: mutants {why}", code(&suite.file))]);
        }
    }
    lines
}

/// What is wrong, in sentences. What is not ours stands in code spans.
fn details(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    if entry.status == Status::TodoPassed {
        lines.push("this passes now; take its `todo` away".to_owned());
    }
    let mismatch =
        |found: &Mismatch| format!("{}: expected {}, got {}", found.what, code(&found.expected), code(&found.got));
    let Some(told) = entry.told() else { return lines };
    lines.extend(told.mismatches.iter().map(mismatch));
    lines.extend(told.notes.iter().map(|note| code(note)));
    lines.extend(told.decided_by.iter().map(|decider| {
        let place = decider.place().map(|place| format!(" ({})", code(&place)));
        format!("decided by {}{}", code(&decider.what), place.unwrap_or_default())
    }));
    lines.extend(told.near_miss.iter().map(|miss| format!("near miss: {}", code(miss))));
    lines.extend(told.explain.iter().map(|command| format!("explain: {}", code(command))));
    lines
}

/// A code span, in which nothing is a link, an image, a mention or a column. After a backslash a pipe would end a cell of a table whether it
/// is escaped or not.
pub fn code(text: &str) -> String {
    let visible = whichrole::text::visible(text).replace("\\|", "\\\\u{7c}").replace('|', "\\|");
    let longest = visible.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if visible.contains('`') { format!("{fence} {visible} {fence}") } else { format!("{fence}{visible}{fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_inside_its_span() {
        assert_eq!(code("![x](http://evil) @team"), "`![x](http://evil) @team`");
        assert_eq!(code("a``b|c"), "``` a``b\\|c ```");
        assert_eq!(code("a\\|![](http://evil)"), "`a\\\\u{7c}![](http://evil)`");
        assert_eq!(code(""), "``");
    }
}
