//! Changes of a text that are safe: the right spelling of a word, a missing `sts:TagSession`. Nothing else in the text changes.

use crate::read::Position;
use crate::text;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// A word gets its right spelling.
    Respell {
        /// Where the word stands, with its quote if it has one.
        at: Position,
        /// The word.
        written: String,
        /// Its right spelling.
        right: String,
    },
    /// `sts:TagSession` is allowed where `sts:AssumeRoleWithWebIdentity` is.
    AllowTagSession {
        /// Where that action stands.
        at: Position,
        /// That action.
        written: String,
        /// Whether it stands in a list.
        in_list: bool,
    },
}

const TAG_SESSION: &str = "sts:TagSession";

impl Fix {
    /// Where it applies.
    #[must_use]
    pub fn at(&self) -> Position {
        match self {
            Self::Respell { at, .. } | Self::AllowTagSession { at, .. } => *at,
        }
    }
}

/// A text with the fixes of one source applied, and how many could be. One whose word does not stand there as it is, because it was put
/// together from parts or written with escapes, is left alone.
#[must_use]
pub fn apply_fixes(text: &str, source: usize, fixes: &[&Fix]) -> (String, usize) {
    let mut fixes: Vec<&Fix> = fixes.iter().filter(|fix| fix.at().numbers().0 == source).copied().collect();
    fixes.sort_by_key(|fix| fix.at());
    fixes.dedup_by_key(|fix| fix.at());
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut applied) = (0, 0);
    let mut lines = LineStarts { line: 0, offset: text.len() - text::without_mark(text).len() };
    for fix in fixes {
        let Some(offset) = lines.offset(text, fix.at()) else { continue };
        if offset < copied {
            continue;
        }
        let Some((from, to, new)) = replacement(text, offset, fix) else { continue };
        out.push_str(text.get(copied..from).unwrap_or_default());
        out.push_str(&new);
        copied = to;
        applied += 1;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    (out, applied)
}

/// What stands between two offsets, and what takes its place.
fn replacement(text: &str, offset: usize, fix: &Fix) -> Option<(usize, usize, String)> {
    let (written, quote) = match fix {
        Fix::Respell { written, .. } | Fix::AllowTagSession { written, .. } => {
            let quote = text.get(offset..)?.chars().next().filter(|c| matches!(c, '"' | '\''));
            (written, quote)
        }
    };
    let start = offset + usize::from(quote.is_some());
    let end = start.checked_add(written.len())?;
    if text.get(start..end)? != written {
        return None;
    }
    let after = text.get(end..)?.chars().next();
    match quote {
        Some(quote) if after != Some(quote) => return None,
        None if after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) => return None,
        _ => {}
    }
    let (from, to) = (offset, end + usize::from(quote.is_some()));
    let quoted = |word: &str| quote.map_or_else(|| word.to_owned(), |quote| format!("{quote}{word}{quote}"));
    let new = match fix {
        Fix::Respell { right, .. } => quoted(right),
        Fix::AllowTagSession { in_list: false, .. } => format!("[{}, {}]", quoted(written), quoted(TAG_SESSION)),
        Fix::AllowTagSession { in_list: true, .. } => {
            let line = text.get(..offset)?.rsplit('\n').next()?;
            let is_block = line.trim_start().strip_prefix("- ").is_some_and(|rest| rest.trim().is_empty());
            let between = if is_block { format!("\n{line}") } else { ", ".to_owned() };
            format!("{}{between}{}", quoted(written), quoted(TAG_SESSION))
        }
    };
    Some((from, to, new))
}

/// Finds offsets of places that ascend, in time proportional to the text.
struct LineStarts {
    line: usize,
    offset: usize,
}

impl LineStarts {
    fn offset(&mut self, text: &str, at: Position) -> Option<usize> {
        let (_, line, column) = at.numbers();
        while self.line + 1 < line {
            let next = text.get(self.offset..)?.find('\n')?;
            self.offset += next + 1;
            self.line += 1;
        }
        let line = text.get(self.offset..)?;
        line.char_indices().nth(column.checked_sub(1)?).map(|(column, _)| self.offset + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position::new(0, line, column)
    }

    fn respell(line: usize, column: usize, written: &str, right: &str) -> Fix {
        Fix::Respell { at: at(line, column), written: written.to_owned(), right: right.to_owned() }
    }

    #[test]
    fn words_get_their_right_spelling_and_nothing_else_changes() {
        let text = "é: { MatchType: contains } # contains\r\nType: \"rules\"\n";
        let fixes = [respell(1, 17, "contains", "Contains"), respell(2, 7, "rules", "Rules")];
        let (fixed, applied) = apply_fixes(text, 0, &fixes.iter().collect::<Vec<_>>());
        assert_eq!(fixed, "é: { MatchType: Contains } # contains\r\nType: \"Rules\"\n");
        assert_eq!(applied, 2);
    }

    #[test]
    fn a_byte_order_mark_stays_and_has_no_column() {
        let fix = respell(1, 7, "contains", "Contains");
        let (fixed, applied) = apply_fixes("\u{feff}Type: contains\r\n", 0, &[&fix]);
        assert_eq!((fixed.as_str(), applied), ("\u{feff}Type: Contains\r\n", 1));
    }

    #[test]
    fn what_does_not_stand_there_is_left_alone() {
        for (text, fix) in [
            ("Type: containsX", respell(1, 7, "contains", "Contains")),
            ("Type: \"contains x\"", respell(1, 7, "contains", "Contains")),
            ("Type", respell(9, 1, "contains", "Contains")),
            ("Type", respell(1, 40, "contains", "Contains")),
        ] {
            assert_eq!(apply_fixes(text, 0, &[&fix]), (text.to_owned(), 0));
        }
        let elsewhere = respell(1, 1, "a", "b");
        assert_eq!(apply_fixes("a", 1, &[&elsewhere]).1, 0);
    }

    #[test]
    fn the_tag_session_action_is_added_in_the_way_the_file_is_written() {
        let assume = "sts:AssumeRoleWithWebIdentity";
        let fix =
            |line, column, in_list| Fix::AllowTagSession { at: at(line, column), written: assume.to_owned(), in_list };
        for (text, fix, expected) in [
            (
                format!("\"Action\": \"{assume}\","),
                fix(1, 11, false),
                format!("\"Action\": [\"{assume}\", \"sts:TagSession\"],"),
            ),
            (format!("Action: {assume}\n"), fix(1, 9, false), format!("Action: [{assume}, sts:TagSession]\n")),
            (
                format!("Action = [\"{assume}\"]"),
                fix(1, 11, true),
                format!("Action = [\"{assume}\", \"sts:TagSession\"]"),
            ),
            (
                format!("Action:\n  - '{assume}'\nX: 1\n"),
                fix(2, 5, true),
                format!("Action:\n  - '{assume}'\n  - 'sts:TagSession'\nX: 1\n"),
            ),
        ] {
            assert_eq!(apply_fixes(&text, 0, &[&fix]).0, expected);
        }
    }
}
