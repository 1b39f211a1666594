//! `--pointer`: where in a line of a log the token is (RFC 6901).

use std::borrow::Cow;

use whichrole::{Claim, Claims, ClaimsScanner, Scanned};

use crate::failure::{Failure, Report, Result};
use crate::request::in_line;

/// A JSON Pointer with at least one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    written: String,
    first: String,
    rest: Vec<String>,
}

/// What stands where the pointer points.
#[derive(Debug)]
pub enum Found<'t> {
    Text(Cow<'t, str>),
    Object(Claims<'t>),
}

impl Pointer {
    pub fn parse(written: &str) -> Result<Self> {
        let wrong = || {
            let message =
                "`--pointer` takes a JSON Pointer such as `/request/idToken`, with `~0` for `~` and `~1` for `/`";
            Failure::new("usage", message)
        };
        let steps = written.strip_prefix('/').ok_or_else(wrong)?.split('/');
        let mut steps = steps.map(|step| unescaped(step).ok_or_else(wrong)).collect::<Result<Vec<_>>>()?;
        let first = steps.remove(0);
        Ok(Self { written: written.to_owned(), first, rest: steps })
    }

    /// The member of the line that it goes through first.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Finds what a line has there. `outer` keeps the first member.
    pub fn find<'t>(&self, line: &'t str, outer: &'t mut ClaimsScanner) -> std::result::Result<Found<'t>, Box<Report>> {
        let token = outer.claims(line).map_err(|error| in_line(&error))?;
        let mut found = token.into_claims().remove(&self.first);
        for step in &self.rest {
            found = found.and_then(|value| member(value, step));
        }
        match found {
            Some(Claim::Text(text)) => Ok(Found::Text(text)),
            Some(claim @ Claim::Object(_)) => {
                claim.into_claims().map(Found::Object).ok_or_else(|| self.nothing().into())
            }
            _ => Err(self.nothing().into()),
        }
    }

    fn nothing(&self) -> Report {
        let pointer = whichrole::text::quoted(&self.written);
        Report::new("no-token", format!("there is no string and no object at {pointer}"))
    }
}

impl<'t> Found<'t> {
    /// Reads the token.
    pub fn read<'s>(&'s self, scanner: &'s mut ClaimsScanner) -> std::result::Result<Scanned<'s>, Box<Report>>
    where
        't: 's,
    {
        match self {
            // A place within the string is none within the line, so it is not said.
            Self::Text(text) => {
                scanner.read(text).map_err(|error| Box::new(Report::new(error.code(), error.to_string())))
            }
            Self::Object(claims) => Ok(scanner.keep(claims.clone())),
        }
    }
}

/// What an object or an array has under a name or number.
fn member<'t>(value: Claim<'t>, step: &str) -> Option<Claim<'t>> {
    match value {
        Claim::Object(members) => members.into_iter().find(|(name, _)| name == step).map(|(_, value)| value),
        Claim::Array(elements) => {
            let is_number = step == "0" || !step.starts_with('0') && step.bytes().all(|byte| byte.is_ascii_digit());
            let number: usize = is_number.then(|| step.parse().ok())??;
            elements.into_iter().nth(number)
        }
        _ => None,
    }
}

/// A step with `~1` and `~0` put back; `None` where another `~` stands in it.
fn unescaped(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (c, rest) = match part.strip_prefix('1') {
            Some(rest) => ('/', rest),
            None => ('~', part.strip_prefix('0')?),
        };
        out.push(c);
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use whichrole::TokenLimits;

    fn find(pointer: &str, line: &str) -> String {
        let pointer = Pointer::parse(pointer).unwrap();
        let mut outer = ClaimsScanner::keeping([pointer.first()], TokenLimits::default());
        match pointer.find(line, &mut outer) {
            Ok(Found::Text(text)) => text.into_owned(),
            Ok(Found::Object(claims)) => claims.to_json(),
            Err(report) => report.message,
        }
    }

    #[test]
    fn a_pointer_goes_through_objects_and_arrays() {
        let line = r#"{"a":{"b":["x",{"c/d":"y","~e":"z","":"w"}]},"n":1,"":"v"}"#;
        assert_eq!(find("/a/b/0", line), "x");
        assert_eq!(find("/a/b/1/c~1d", line), "y");
        assert_eq!(find("/a/b/1/~0e", line), "z");
        assert_eq!(find("/a/b/1/", line), "w");
        assert_eq!(find("/", line), "v");
        assert_eq!(find("/a/b/1", line), r#"{"c/d":"y","~e":"z","":"w"}"#);
        for pointer in ["/a/b", "/n", "/a/b/2", "/a/b/00", "/a/b/+0", "/a/b/-", "/x", "/n/x"] {
            assert_eq!(find(pointer, line), format!("there is no string and no object at `{pointer}`"));
        }
        assert_eq!(find("/a", "{\"a\":\"x\"}x"), "claims: something follows the end of the JSON value");
        for wrong in ["", "a", "/~", "/~2", "a/b"] {
            assert!(Pointer::parse(wrong).is_err(), "{wrong}");
        }
    }
}
