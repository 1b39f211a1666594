//! Texts with `${…}` and `%{…}` in them: strings in quotes, heredocs, and strings of the JSON syntax.

use super::expression::ForIntro;
use super::{Expr, ExprKind, Fault, Parser, Part};
use crate::text;

/// How a text is written, which decides its escapes and its end.
#[derive(Clone, Copy)]
enum Form {
    /// `"…"`, with backslash escapes.
    Quoted,
    /// Lines up to the byte `end`, each without so many blanks at its begin.
    Heredoc { end: usize, indent: usize },
    /// All of the text, whose escapes are resolved already.
    Whole,
}

/// What ended a run of pieces: the end of the text, or the directive that closes the one we are in.
#[derive(PartialEq, Eq)]
enum Stop {
    End,
    Else,
    EndIf,
    EndFor,
}

impl Parser<'_> {
    /// A string in quotes.
    pub(super) fn quoted(&mut self) -> Result<Expr, Fault> {
        let at = self.at;
        self.bump();
        let parts = self.template(Form::Quoted)?;
        Ok(Expr { at, kind: of_parts(parts) })
    }

    /// A string in quotes without templates, as names and labels are.
    pub(super) fn plain_string(&mut self, what: &str) -> Result<Box<str>, Fault> {
        let at = self.at;
        match self.quoted()?.kind {
            ExprKind::Text(text) => Ok(text),
            _ => Err(Fault { at, code: "unreadable", message: format!("{what} has `${{` in it") }),
        }
    }

    pub(super) fn whole_template(&mut self) -> Result<Expr, Fault> {
        let at = self.at;
        let parts = self.template(Form::Whole)?;
        Ok(Expr { at, kind: of_parts(parts) })
    }

    /// `<<NAME` or `<<-NAME`, lines, and a line with the name alone.
    pub(super) fn heredoc(&mut self) -> Result<Expr, Fault> {
        let at = self.at;
        self.pass("<<".len());
        let dedent = self.passes("-");
        let name = self.word().ok_or_else(|| self.unexpected("a name after `<<`"))?.to_owned();
        self.passes("\r");
        self.expect("\n")?;
        let mut length = 0;
        let mut indent = usize::MAX;
        let mut closed = false;
        for line in self.rest().split_inclusive('\n') {
            if line.trim() == name {
                closed = true;
                break;
            }
            length += line.len();
            if !line.trim().is_empty() {
                indent = indent.min(line.chars().take_while(|c| matches!(c, ' ' | '\t')).count());
            }
        }
        if !closed {
            let message = format!("the text never ends; expected a line with {} alone", text::quoted(&name));
            return Err(Fault { at, code: "unreadable", message });
        }
        let indent = if dedent && indent != usize::MAX { indent } else { 0 };
        let parts = self.template(Form::Heredoc { end: self.offset + length, indent })?;
        self.blanks(false)?;
        self.expect(&name)?;
        Ok(Expr { at, kind: of_parts(parts) })
    }

    fn template(&mut self, form: Form) -> Result<Vec<Part>, Fault> {
        let outer = std::mem::replace(&mut self.strip_next, false);
        let (parts, stop) = self.parts(form)?;
        self.strip_next = outer;
        match stop {
            Stop::End => Ok(parts),
            Stop::Else | Stop::EndIf => Err(self.fault("there is no `%{if}` that this belongs to")),
            Stop::EndFor => Err(self.fault("there is no `%{for}` that this belongs to")),
        }
    }

    fn parts(&mut self, form: Form) -> Result<(Vec<Part>, Stop), Fault> {
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = String::new();
        let mut line_begins = matches!(form, Form::Heredoc { .. });
        loop {
            if line_begins {
                self.skip_indent(form);
                line_begins = false;
            }
            if self.is_end(form) {
                if matches!(form, Form::Quoted) {
                    self.expect("\"")?;
                }
                push_literal(&mut parts, &mut literal);
                return Ok((parts, Stop::End));
            }
            if self.passes("$${") {
                self.push_text("${", &mut literal);
            } else if self.passes("%%{") {
                self.push_text("%{", &mut literal);
            } else if self.rest().starts_with("${") || self.rest().starts_with("%{") {
                self.count()?;
                let is_value = self.peek() == Some('$');
                self.pass(2);
                if self.passes("~") {
                    literal.truncate(literal.trim_end().len());
                }
                self.strip_next = false;
                push_literal(&mut parts, &mut literal);
                if is_value {
                    let value = self.expression(true)?;
                    self.close()?;
                    parts.push(Part::Value(value));
                } else if let Some(stop) = self.directive(form, &mut parts)? {
                    return Ok((parts, stop));
                }
            } else if let (Form::Quoted, Some('\\')) = (form, self.peek()) {
                let escaped = self.escape()?;
                self.push_text(escaped.encode_utf8(&mut [0; 4]), &mut literal);
            } else {
                let Some(c) = self.peek() else { continue };
                if c == '\n' {
                    if matches!(form, Form::Quoted) {
                        return Err(self.fault("a string in quotes ends on its line"));
                    }
                    line_begins = matches!(form, Form::Heredoc { .. });
                }
                self.bump();
                self.push_text(c.encode_utf8(&mut [0; 4]), &mut literal);
            }
        }
    }

    /// What follows `%{`. One that closes a directive is handed to the caller.
    fn directive(&mut self, form: Form, parts: &mut Vec<Part>) -> Result<Option<Stop>, Fault> {
        self.blanks(true)?;
        let word = self.word().ok_or_else(|| self.unexpected("`if` or `for`"))?;
        let stop = match word {
            "else" => Some(Stop::Else),
            "endif" => Some(Stop::EndIf),
            "endfor" => Some(Stop::EndFor),
            _ => None,
        };
        if stop.is_some() {
            self.close()?;
            return Ok(stop);
        }
        self.enter()?;
        match word {
            "if" => {
                let condition = self.expression(true)?;
                self.close()?;
                let (then, stop) = self.parts(form)?;
                let (otherwise, stop) = if stop == Stop::Else { self.parts(form)? } else { (Vec::new(), stop) };
                if stop != Stop::EndIf {
                    return Err(self.fault("expected `%{endif}`"));
                }
                parts.push(Part::If { condition, then: then.into(), otherwise: otherwise.into() });
            }
            "for" => {
                let ForIntro { key_name: key, value_name: value, over } = self.for_intro()?;
                self.close()?;
                let (body, stop) = self.parts(form)?;
                if stop != Stop::EndFor {
                    return Err(self.fault("expected `%{endfor}`"));
                }
                parts.push(Part::For { key, value, over, body: body.into() });
            }
            _ => return Err(self.fault("expected `if` or `for` after `%{`")),
        }
        self.depth -= 1;
        Ok(None)
    }

    /// The end of `${…` or `%{…`.
    fn close(&mut self) -> Result<(), Fault> {
        self.blanks(true)?;
        self.strip_next = self.passes("~");
        self.expect("}")
    }

    fn is_end(&self, form: Form) -> bool {
        match form {
            Form::Quoted => matches!(self.peek(), Some('"') | None),
            Form::Heredoc { end, .. } => self.offset >= end,
            Form::Whole => self.peek().is_none(),
        }
    }

    fn skip_indent(&mut self, form: Form) {
        if let Form::Heredoc { end, indent } = form {
            // A line of nothing but blanks stays as it is.
            let line = self.rest().split('\n').next().unwrap_or_default();
            if line.trim().is_empty() {
                return;
            }
            for _ in 0..indent {
                if self.offset < end && matches!(self.peek(), Some(' ' | '\t')) {
                    self.bump();
                }
            }
        }
    }

    fn push_text(&mut self, text: &str, literal: &mut String) {
        if self.strip_next && text.chars().all(char::is_whitespace) {
            return;
        }
        self.strip_next = false;
        literal.push_str(text);
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let fault = self.fault("not an escape that strings have");
        self.bump();
        let letter = self.peek();
        self.bump();
        let digits = match letter {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some('"') => return Ok('"'),
            Some('\\') => return Ok('\\'),
            Some('u') => 4,
            Some('U') => 8,
            _ => return Err(fault),
        };
        let hex = self.rest().get(..digits).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        self.pass(digits);
        code.ok_or(fault)
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Text(std::mem::take(literal).into()));
    }
}

/// A template of one literal piece is a text.
fn of_parts(mut parts: Vec<Part>) -> ExprKind {
    match parts.as_mut_slice() {
        [] => ExprKind::Text("".into()),
        [Part::Text(text)] => ExprKind::Text(std::mem::take(text)),
        _ => ExprKind::Template(parts.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HclLimits, parse};
    use super::*;

    fn value(text: &str) -> ExprKind {
        parse(text, 0, &HclLimits::default()).unwrap().attributes.remove(0).value.kind
    }

    fn literal(text: &str) -> String {
        match value(text) {
            ExprKind::Text(text) => text.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(literal(r#"a = "x\n\"\\\u00e9\U0001F600 $${y} %%{z} $ %""#), "x\n\"\\é😀 ${y} %{z} $ %");
        assert_eq!(literal("a = \"\""), "");
    }

    #[test]
    fn heredocs_keep_their_lines_and_lose_their_indent() {
        assert_eq!(literal("a = <<E\n  x\\n\n y\n  E\nb = 1"), "  x\\n\n y\n");
        assert_eq!(literal("a = <<-E\n    x\n\n  y\n  E\n"), "  x\n\ny\n");
        assert_eq!(literal("a = <<-E\n    a\n  \n       \n    b\n    E\n"), "a\n  \n       \nb\n");
        assert_eq!(literal("a = <<E\r\nx\r\nE\r\n"), "x\r\n");
        assert_eq!(literal("a = <<E\nE"), "");
    }

    #[test]
    fn pieces_know_their_strip_marks() {
        let ExprKind::Template(parts) = value("a = \"x ${~ y ~} \\n z %{ if a ~} b %{ else }c%{ endif }\"") else {
            panic!("not a template");
        };
        let [Part::Text(x), Part::Value(_), Part::Text(z), Part::If { then, otherwise, .. }] = &*parts else {
            panic!("{parts:?}");
        };
        assert_eq!((&**x, &**z), ("x", "z "));
        assert!(matches!(&then[..], [Part::Text(b)] if &**b == "b "));
        assert!(matches!(&otherwise[..], [Part::Text(c)] if &**c == "c"));
    }
}
