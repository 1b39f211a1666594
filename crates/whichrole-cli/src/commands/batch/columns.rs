//! Rows of `--fields`.

use whichrole::{Decision, Denial, ProviderKey, Source};

use super::decide::write_number;
use crate::failure::{Failure, Result};

/// A column that `--fields` can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Line,
    Decision,
    Role,
    Source,
    Rule,
    Reason,
    Certain,
    Provider,
}

const COLUMNS: &[(&str, Column)] = &[
    ("line", Column::Line),
    ("decision", Column::Decision),
    ("role", Column::Role),
    ("source", Column::Source),
    ("rule", Column::Rule),
    ("reason", Column::Reason),
    ("certain", Column::Certain),
    ("provider", Column::Provider),
];

impl Column {
    pub fn named(name: &str) -> Result<Self> {
        COLUMNS.iter().find(|(known, _)| *known == name).map(|(_, column)| *column).ok_or_else(|| {
            let known = COLUMNS.iter().map(|(known, _)| *known);
            Failure::new("usage", whichrole::read::Problem::unknown("usage", "field", name, known).message)
        })
    }
}

/// What the columns can show of a line.
pub struct Row<'a> {
    pub number: usize,
    pub decision: Decision<'a>,
    /// Means nothing unless it was asked for.
    pub certain: bool,
    pub provider: Option<&'a ProviderKey>,
}

impl Row<'_> {
    pub fn write(&self, columns: &[Column], out: &mut String) {
        let decision = &self.decision;
        for (n, column) in columns.iter().enumerate() {
            if n > 0 {
                out.push('\t');
            }
            match column {
                Column::Line => write_number(self.number, out),
                Column::Decision => out.push_str(if decision.role().is_some() { "assume" } else { "deny" }),
                Column::Role => write_cell(decision.role().unwrap_or_default(), out),
                Column::Source => out.push_str(decision.source().map(Source::id).unwrap_or_default()),
                Column::Rule => {
                    if let Some(rule) = decision.source().and_then(Source::rule) {
                        write_number(rule, out);
                    }
                }
                Column::Reason => out.push_str(decision.denial().map(Denial::reason).unwrap_or_default()),
                Column::Certain => out.push_str(if self.certain { "true" } else { "false" }),
                Column::Provider => write_cell(self.provider.map(ProviderKey::as_str).unwrap_or_default(), out),
            }
        }
        out.push('\n');
    }
}

/// Text that is one cell, whatever program shows the table: what a spreadsheet would take for a formula begins with an apostrophe.
fn write_cell(text: &str, out: &mut String) {
    // Nearly every cell is an ARN. Without a way out of the loop, many bytes are looked at in one step.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & matches!(byte, b'!'..=b'~' if byte != b'#'));
    if is_plain && !text.starts_with(['=', '+', '-', '@', ':']) {
        out.push_str(text);
        return;
    }
    let text = whichrole::text::visible(text);
    if text.starts_with(['=', '+', '-', '@']) {
        out.push('\'');
    }
    out.push_str(&text);
}
