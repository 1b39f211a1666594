//! `whichrole batch`: one decision for every line, in order, streaming.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};

use whichrole::{Answer, Denial, Evaluator, ProviderKey, Request, TokenLimits};

use crate::args::{ChoiceArgs, ConfigArgs};
use crate::failure::{Exit, Failure, Report, Result};
use crate::input::{self, Loaded};
use crate::output::Output;
use crate::request;

/// The fields that `--fields` takes.
const FIELDS: &[&str] = &["line", "decision", "role", "source", "rule", "reason", "certain", "provider"];

pub fn run(
    config: &ConfigArgs,
    lines: Option<&OsStr>,
    fields: &[String],
    longest: usize,
    choices: &ChoiceArgs,
    output: &mut Output,
) -> Result<Exit> {
    for field in fields {
        if !FIELDS.contains(&field.as_str()) {
            let problem = whichrole::read::Problem::unknown("usage", "field", field, FIELDS.iter().copied());
            return Err(Failure::new("usage", problem.message));
        }
    }
    let name = lines.unwrap_or("-".as_ref());
    input::refuse_two_stdins([config.config.as_os_str(), name])?;
    if output.goes_to(name) {
        return Err(Failure::new("usage", "`--output` is the file that is read"));
    }
    let semantics = request::semantics(&choices.assume)?;
    let clock = request::clock(&choices.clock)?;
    let loaded = Loaded::read(config)?;
    let definition = loaded.definition(config.pool.as_deref(), output)?;
    let evaluator = Evaluator::new(definition.pool.clone(), semantics);
    let provider = request::provider(choices);
    let limits = choices.limits.limits();
    let batch = Batch { evaluator: &evaluator, provider: provider.as_ref(), choices, clock, limits, fields };

    let mut reader = BufReader::with_capacity(256 * 1024, input::open(name)?);
    let mut tally = Tally::default();
    output.streaming()?;
    let mut line = Vec::new();
    for number in 1_usize.. {
        if reader.buffer().is_empty() {
            output.flush()?;
        }
        let length = match next_line(&mut reader, &mut line, longest) {
            Ok(None) => break,
            Ok(Some(length)) => length,
            Err(error) => {
                // What was read is decided; the rest is this error.
                output.line(&error_line(number, &Failure::io(&error, "read", &input::shown(name)).report)?)?;
                tally.unread += 1;
                break;
            }
        };
        if length <= longest && line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let result = if length > longest {
            Err(Box::new(Report::new("too-large", format!("the line is longer than {longest} bytes"))))
        } else {
            batch.decide(&line, number)
        };
        match result {
            Ok((text, certain)) => {
                tally.uncertain += usize::from(!certain);
                output.line(&text)?;
            }
            Err(report) => {
                tally.unread += 1;
                output.line(&error_line(number, &report)?)?;
            }
        }
    }
    output.finish()?;
    if tally.unread > 0 {
        output.note(&format!("{} could not be read", count(tally.unread, "line")));
        return Ok(Exit::CouldNotAnswer);
    }
    Ok(if choices.strict && tally.uncertain > 0 { Exit::NotCertain } else { Exit::Yes })
}

#[derive(Default)]
struct Tally {
    unread: usize,
    uncertain: usize,
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Reads the next line without its end into `line`, keeping at most `longest` bytes; returns its length, or `None` at the end.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>, longest: usize) -> io::Result<Option<usize>> {
    line.clear();
    let mut length = 0;
    let mut any = false;
    loop {
        let buffer = match reader.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            break;
        }
        any = true;
        let (part, end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (buffer.get(..at).unwrap_or_default(), Some(at + 1)),
            None => (buffer, None),
        };
        let room = (longest + 1).saturating_sub(line.len());
        line.extend_from_slice(part.get(..room).unwrap_or(part));
        length += part.len();
        let used = end.unwrap_or(buffer.len());
        reader.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') && length <= longest + 1 {
        line.pop();
        length -= 1;
    }
    Ok(any.then_some(length))
}

struct Batch<'b> {
    evaluator: &'b Evaluator,
    provider: Option<&'b ProviderKey>,
    choices: &'b ChoiceArgs,
    clock: Option<whichrole::Clock>,
    limits: TokenLimits,
    fields: &'b [String],
}

impl Batch<'_> {
    /// The text for one line, and whether its answer is certain.
    fn decide(&self, line: &[u8], number: usize) -> std::result::Result<(String, bool), Box<Report>> {
        let given = request::parse_token(line, &self.limits).map_err(|error| {
            let column = error.position().map(|(_, column)| column);
            Box::new(Report { column, ..Report::new(error.code(), error.to_string()) })
        })?;
        let login = given.login(self.evaluator, self.provider).map_err(|failure| failure.report)?;
        let logins = [login];
        let request = Request::of(&logins).choosing(self.choices.custom_role_arn.as_deref()).at(self.clock);
        let answer = self.evaluator.answer(&request);
        let text = if self.fields.is_empty() { numbered(&answer, number) } else { self.columns(&answer, number) };
        Ok((text, answer.is_certain()))
    }

    fn columns(&self, answer: &Answer<'_>, number: usize) -> String {
        let decision = &answer.decision;
        let columns: Vec<String> = self
            .fields
            .iter()
            .map(|field| {
                let text = match field.as_str() {
                    "line" => number.to_string(),
                    "decision" => if decision.role().is_some() { "assume" } else { "deny" }.to_owned(),
                    "role" => decision.role().unwrap_or_default().to_owned(),
                    "source" => decision.source().map(whichrole::Source::id).unwrap_or_default().to_owned(),
                    "rule" => decision
                        .source()
                        .and_then(whichrole::Source::rule)
                        .map(|rule| rule.to_string())
                        .unwrap_or_default(),
                    "reason" => decision.denial().map(Denial::reason).unwrap_or_default().to_owned(),
                    "certain" => answer.is_certain().to_string(),
                    _ => answer.provider.unwrap_or_default().to_owned(),
                };
                cell(&text)
            })
            .collect();
        columns.join("\t")
    }
}

/// Text that is one cell, whatever program shows the table: what a spreadsheet would take for a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let text = whichrole::text::visible(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// The decision object with its line number at the end.
fn numbered(answer: &Answer<'_>, number: usize) -> String {
    let mut text = whichrole::text::visible_json(&serde_json::to_string(answer).unwrap_or_default());
    text.truncate(text.len().saturating_sub(1));
    text + ",\"line\":" + &number.to_string() + "}"
}

/// A line that could not be read.
fn error_line(number: usize, report: &Report) -> Result<String> {
    #[derive(serde::Serialize)]
    struct Unread<'r> {
        schema: &'static str,
        line: usize,
        error: &'r Report,
    }
    let unread = Unread { schema: Answer::SCHEMA, line: number, error: report };
    let text = serde_json::to_string(&unread).map_err(|error| Failure::new("internal", error.to_string()))?;
    Ok(whichrole::text::visible_json(&text))
}
