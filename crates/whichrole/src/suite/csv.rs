//! Reads CSV (RFC 4180): commas, quotes doubled inside quotes, LF or CRLF, a byte order mark passed over, blank lines too.

use std::borrow::Cow;

use crate::read::{Position, Problem};

/// How many columns a table may have. Of more the claims of one case would take long to put together.
pub(super) const MOST_FIELDS: usize = 1_000;

/// What is wrong with a row of more columns.
pub(super) fn too_wide(at: Position) -> Problem {
    Problem::new("too-large", format!("a row of more than {MOST_FIELDS} cells")).at(at)
}

/// One field and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) at: Position,
}

/// The records of a text, one after the other. A faulty record is the last that comes.
pub(super) fn records(text: &str, source: usize) -> Records<'_> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    Records { rest, at: Position::new(source, 1, 1) }
}

pub(super) struct Records<'t> {
    rest: &'t str,
    at: Position,
}

impl<'t> Iterator for Records<'t> {
    type Item = Result<Vec<Field<'t>>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.rest.strip_prefix('\n').or_else(|| self.rest.strip_prefix("\r\n")) {
            self.rest = rest;
            self.at = self.at.after('\n');
        }
        if self.rest.is_empty() {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            if fields.len() >= MOST_FIELDS {
                self.rest = "";
                return Some(Err(too_wide(self.at)));
            }
            match self.field() {
                Ok(field) => fields.push(field),
                Err(problem) => {
                    self.rest = "";
                    return Some(Err(problem));
                }
            }
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                self.at = self.at.after(',');
            } else {
                return Some(Ok(fields));
            }
        }
    }
}

impl<'t> Records<'t> {
    /// One field, up to the comma or the end of the line.
    fn field(&mut self) -> Result<Field<'t>, Problem> {
        let at = self.at;
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
            let text = self.take(end);
            return if text.contains('"') {
                Err(Problem::new("unreadable", "a quote inside a cell; put the cell in quotes and double it").at(at))
            } else {
                self.ends(at).map(|()| Field { text: Cow::Borrowed(text), at })
            };
        };
        let mut from = 0;
        let mut doubled = false;
        let end = loop {
            let Some(found) = quoted.get(from..).and_then(|rest| rest.find('"')) else {
                return Err(Problem::new("unreadable", "the quotes of this cell are never closed").at(at));
            };
            let quote = from + found;
            if quoted.get(quote + 1..).is_some_and(|rest| rest.starts_with('"')) {
                doubled = true;
                from = quote + 2;
            } else {
                break quote;
            }
        };
        let text = quoted.get(..end).unwrap_or_default();
        self.take(end + 2);
        let text = if doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) };
        self.ends(at).map(|()| Field { text, at })
    }

    /// After a field comes a comma, the end of the line, or the end of the text.
    fn ends(&self, at: Position) -> Result<(), Problem> {
        if self.rest.is_empty() || self.rest.starts_with([',', '\n']) || self.rest.starts_with("\r\n") {
            Ok(())
        } else {
            Err(Problem::new("unreadable", "expected a comma or the end of the line after this cell").at(at))
        }
    }

    /// Moves on by some bytes, counting lines and columns.
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        for c in taken.chars() {
            self.at = self.at.after(c);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        let texts = |fields: Vec<Field<'_>>| fields.into_iter().map(|field| field.text.into_owned()).collect();
        records(text, 0).map(|record| texts(record.unwrap())).collect()
    }

    fn fault(text: &str) -> String {
        let problem = records(text, 0).find_map(Result::err).unwrap();
        let at = problem.at.unwrap();
        format!("{}:{}: {}", at.line(), at.column(), problem.message)
    }

    #[test]
    fn fields_are_split_at_commas_outside_quotes() {
        assert_eq!(read("\u{feff}a,b\r\n\r\n1,\n\"x,\"\"y\"\"\nz\",é"), [["a", "b"], ["1", ""], ["x,\"y\"\nz", "é"]]);
        assert_eq!(read(""), Vec::<Vec<String>>::new());
        let third = records("a,b\n\"x\ny\",é,z\n", 0).nth(1).unwrap().unwrap()[2].at;
        assert_eq!((third.line(), third.column()), (3, 6));
    }

    #[test]
    fn half_a_quote_is_never_guessed_at() {
        assert_eq!(fault("a\n\"b"), "2:1: the quotes of this cell are never closed");
        assert_eq!(fault("a\nb\"c"), "2:1: a quote inside a cell; put the cell in quotes and double it");
        assert_eq!(fault("a\n\"b\"c"), "2:1: expected a comma or the end of the line after this cell");
        assert_eq!(fault("a\rb"), "1:1: expected a comma or the end of the line after this cell");
    }
}
