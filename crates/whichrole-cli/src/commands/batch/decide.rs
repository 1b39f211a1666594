//! Decides the lines of a block.

use std::io::{self, Write};
use std::sync::Arc;

use whichrole::{Answer, ClaimsScanner, Clock, Evaluator, Login, ProviderKey, Request, Scanned, TokenLimits};

use super::against::Changes;
use super::columns::{Column, Row};
use super::pointer::Pointer;
use super::summary::Summary;
use super::threads::{Turn, Work};
use crate::failure::{Failure, Report};
use crate::lines::{Block, split};
use crate::request;

/// Bytes of results that a thread holds back until its turn has come.
const HELD: usize = 512 * 1024;

/// What every line is asked.
pub struct Batch {
    pub evaluator: Evaluator,
    pub want: Want,
    pub pointer: Option<Pointer>,
    pub provider: Option<ProviderKey>,
    pub custom_role_arn: Option<String>,
    pub clock: Option<Clock>,
    pub limits: TokenLimits,
    /// Bytes of a line.
    pub longest: usize,
    /// Of the input, for people.
    pub name: String,
    /// Whether it matters that an answer is uncertain.
    pub is_strict: bool,
}

/// What is made of the lines.
pub enum Want {
    /// A decision object for each.
    Decisions,
    /// A row for each.
    Columns(Vec<Column>),
    /// Counts of what they get.
    Summary,
    /// Counts of who gets something else from the other evaluator.
    Changes(Box<Evaluator>),
}

/// What the lines came to, so far.
pub struct Results {
    pub sink: Box<dyn Write + Send>,
    pub unread: usize,
    pub uncertain: usize,
    pub summary: Summary,
    pub changes: Changes,
}

/// One thread's tools.
pub struct Worker {
    batch: Arc<Batch>,
    scanner: ClaimsScanner,
    /// Finds what the pointer begins with.
    outer: ClaimsScanner,
    part: Part,
}

/// What the lines of a block came to, or of a part of it.
#[derive(Default)]
struct Part {
    text: String,
    unread: usize,
    uncertain: usize,
    summary: Summary,
    changes: Changes,
}

impl Worker {
    pub fn new(batch: Arc<Batch>) -> Self {
        let other = match &batch.want {
            Want::Changes(other) => Some(other.as_ref()),
            _ => None,
        };
        let scanner = ClaimsScanner::new([&batch.evaluator].into_iter().chain(other), batch.limits);
        let outer = ClaimsScanner::keeping(batch.pointer.as_ref().map(Pointer::first), batch.limits);
        Self { batch, scanner, outer, part: Part::default() }
    }
}

impl Work for Worker {
    type Results = Results;

    fn block(&mut self, block: Block, buffer: &[u8], turn: &mut Turn<'_, Results>) -> io::Result<()> {
        let Self { batch, scanner, outer, part } = self;
        match block {
            Block::End => {}
            Block::TooLong(number) => part.error(batch, number, &batch.too_long()),
            Block::Unreadable(number, error) => {
                // What was read is decided; the rest is this error.
                part.error(batch, number, &Failure::io(&error, "read", &batch.name).report);
            }
            Block::Lines { first, length } => {
                let block = buffer.get(..length).unwrap_or_default();
                // To look at all lines at once is faster than to look at each, and mostly enough.
                let text = simdutf8::basic::from_utf8(block).ok();
                for (number, place) in split(block, first) {
                    let line = block.get(place.clone()).unwrap_or_default();
                    if line.len() <= batch.longest && line.iter().all(u8::is_ascii_whitespace) {
                        continue;
                    }
                    let text = match text {
                        Some(text) => text.get(place),
                        None => std::str::from_utf8(line).ok(),
                    };
                    let judged = if line.len() > batch.longest {
                        Err(Box::new(batch.too_long()))
                    } else if let Some(text) = text {
                        batch.judge(text, number, scanner, outer, part)
                    } else {
                        // The reader of single tokens says what is wrong.
                        Err(Box::new(batch.unreadable(line)))
                    };
                    if let Err(report) = judged {
                        part.error(batch, number, &report);
                    }
                    if part.text.len() > HELD {
                        part.hand_in(batch, turn)?;
                    }
                }
            }
        }
        part.hand_in(batch, turn)
    }
}

impl Part {
    fn error(&mut self, batch: &Batch, number: usize, report: &Report) {
        self.unread += 1;
        match batch.want {
            Want::Decisions | Want::Columns(_) => write_error(number, report, &mut self.text),
            Want::Summary => self.summary.add_error(number, &report.code),
            Want::Changes(_) => self.changes.add_error(number, &report.code),
        }
    }

    fn hand_in(&mut self, batch: &Batch, turn: &mut Turn<'_, Results>) -> io::Result<()> {
        // Nearly always there is nothing to make visible, and many bytes at once can say so.
        let is_plain = || self.text.bytes().fold(true, |plain, byte| plain & matches!(byte, 0..0x7f if byte != b'#'));
        // Cells were made visible one by one.
        if matches!(batch.want, Want::Decisions) && !is_plain() {
            self.text = whichrole::text::visible_json(std::mem::take(&mut self.text));
        }
        turn.hand_in(|results| {
            results.unread += std::mem::take(&mut self.unread);
            results.uncertain += std::mem::take(&mut self.uncertain);
            results.summary.append(&mut self.summary);
            results.changes.append(&mut self.changes);
            results.sink.write_all(self.text.as_bytes())?;
            self.text.clear();
            results.sink.flush()
        })
    }
}

impl Batch {
    fn too_long(&self) -> Report {
        Report::new("too-large", format!("the line is longer than {} bytes", self.longest))
    }

    /// What is wrong with a line that is not text.
    fn unreadable(&self, line: &[u8]) -> Report {
        match request::parse_token(line, &self.limits) {
            Err(error) => Report::new(error.code(), error.to_string()),
            Ok(_) => Report::default(),
        }
    }

    /// Decides a line and notes what came of it.
    fn judge(
        &self,
        line: &str,
        number: usize,
        scanner: &mut ClaimsScanner,
        outer: &mut ClaimsScanner,
        part: &mut Part,
    ) -> Result<(), Box<Report>> {
        let found = match &self.pointer {
            None => None,
            Some(pointer) => Some(pointer.find(line, outer)?),
        };
        let token = match &found {
            None => scanner.read(line).map_err(|error| request::in_line(&error))?,
            Some(found) => found.read(scanner)?,
        };
        self.decide(&token, number, part)
    }

    fn decide(&self, token: &Scanned<'_>, number: usize, part: &mut Part) -> Result<(), Box<Report>> {
        let login = self.login(&self.evaluator, token)?;
        let request = self.request(std::slice::from_ref(&login));
        match &self.want {
            Want::Decisions => {
                let answer = self.evaluator.answer(&request);
                part.uncertain += usize::from(!answer.is_certain());
                write_numbered(&answer, number, &mut part.text);
            }
            Want::Columns(columns) => {
                let provider = login.provider();
                let row = if self.is_strict || columns.contains(&Column::Certain) {
                    let answer = self.evaluator.answer(&request);
                    Row { certain: answer.is_certain(), decision: answer.decision, provider, number }
                } else {
                    Row { certain: true, decision: self.evaluator.evaluate(&request), provider, number }
                };
                part.uncertain += usize::from(!row.certain);
                row.write(columns, &mut part.text);
            }
            Want::Summary => {
                let answer = self.evaluator.answer(&request);
                part.uncertain += usize::from(!answer.is_certain());
                part.summary.add(number, &answer);
            }
            Want::Changes(other) => {
                let login = self.login(other, token)?;
                let theirs = self.request(std::slice::from_ref(&login));
                if self.is_strict {
                    let is_certain = self.evaluator.answer(&request).is_certain() && other.answer(&theirs).is_certain();
                    part.uncertain += usize::from(!is_certain);
                }
                part.changes.add(number, &self.evaluator.evaluate(&request), &other.evaluate(&theirs));
            }
        }
        Ok(())
    }

    fn login<'a>(&'a self, evaluator: &'a Evaluator, token: &'a Scanned<'a>) -> Result<Login<'a>, Box<Report>> {
        let login = evaluator.login_of(self.provider.as_ref(), token);
        login.map_err(|error| Box::new(Report::new(error.code(), error.to_string())))
    }

    fn request<'a>(&'a self, logins: &'a [Login<'a>]) -> Request<'a> {
        Request::of(logins).choosing(self.custom_role_arn.as_deref()).at(self.clock)
    }
}

/// The decision object with its line number at the end.
fn write_numbered(answer: &Answer<'_>, number: usize, out: &mut String) {
    answer.write_json(out);
    out.pop();
    out.push_str(",\"line\":");
    write_number(number, out);
    out.push_str("}\n");
}

/// Digits, without the machinery of `format!`.
pub fn write_number(number: usize, out: &mut String) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        // One digit always fits.
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(digits.get(digits.len() - used..).unwrap_or_default()).unwrap_or_default());
}

/// A line that could not be read.
fn write_error(number: usize, report: &Report, out: &mut String) {
    #[derive(serde::Serialize)]
    struct Unread<'r> {
        schema: &'static str,
        line: usize,
        error: &'r Report,
    }
    let unread = Unread { schema: Answer::SCHEMA, line: number, error: report };
    // Names as keys and text as values: nothing that could fail.
    out.push_str(&whichrole::text::visible_json(serde_json::to_string(&unread).unwrap_or_default()));
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are() {
        for number in [0, 7, 10, 99, 100, 123_456_789, usize::MAX] {
            let mut out = String::new();
            write_number(number, &mut out);
            assert_eq!(out, number.to_string());
        }
    }
}
