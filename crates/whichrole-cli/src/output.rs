//! Where results go: stdout or a file, at the end and whole; everything else to stderr.

use std::borrow::Cow;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use crate::args::{Color, Global};
use crate::failure::{Failure, Result};
use crate::pieces::Pieces;

/// The results of a command. Nothing is written before [`Output::finish`], unless the command streams.
pub struct Output {
    text: Pieces,
    /// Whether lines are written as they come, so that nothing is left to write at the end.
    streams: bool,
    /// A file; `None` for standard output.
    path: Option<OsString>,
    color: ColorChoice,
    notes: Notes,
    /// Whether people's terminals show nothing but ASCII.
    ascii: bool,
}

/// How much is said beside results and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notes {
    None,
    Some,
    All,
}

impl Output {
    pub fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            path: global.output.clone().filter(|path| path != "-"),
            color,
            notes: match (global.quiet, global.verbose) {
                (true, _) => Notes::None,
                (false, 0) => Notes::Some,
                (false, _) => Notes::All,
            },
            ..Self::early()
        }
    }

    /// The output before the command line is understood.
    pub fn early() -> Self {
        Self {
            text: Pieces::default(),
            streams: false,
            path: None,
            color: ColorChoice::Auto,
            notes: Notes::Some,
            ascii: locale_is_ascii(),
        }
    }

    /// Adds a line to the results, as it is: data for other programs.
    pub fn line(&mut self, line: &str) {
        self.text.push(line);
        self.text.push("\n");
    }

    /// Adds lines to the results that may be very many: they are not copied.
    pub fn document(&mut self, lines: impl Into<Pieces>) {
        self.text.append(lines.into());
        self.text.push("\n");
    }

    /// Adds a line for people to the results, in letters that their terminals have.
    pub fn text(&mut self, line: &str) {
        let line = self.spelled(line).into_owned();
        self.line(&line);
    }

    /// Adds several lines for other programs.
    pub fn lines(&mut self, lines: &[String]) {
        for line in lines {
            self.line(line);
        }
    }

    /// Adds several lines for people.
    pub fn texts(&mut self, lines: &[String]) {
        for line in lines {
            self.text(line);
        }
    }

    /// Where results go that are written as they come.
    pub fn stream(&mut self) -> Result<Box<dyn Write + Send>> {
        self.streams = true;
        Ok(match &self.path {
            Some(path) => Box::new(File::create(path).map_err(|error| self.write_failure(&error))?),
            None => Box::new(io::stdout()),
        })
    }

    /// Whether results go to this very file.
    pub fn goes_to(&self, name: &OsStr) -> bool {
        let real = |name: &OsStr| fs::canonicalize(name).ok();
        self.path.as_deref().is_some_and(|path| real(path).is_some() && real(path) == real(name))
    }

    /// Writes what there is. Colours are kept only where they are wanted.
    pub fn finish(&mut self) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        if self.streams || (text.is_empty() && self.path.is_none()) {
            return Ok(());
        }
        let written = if let Some(path) = &self.path {
            File::create(path).and_then(|mut file| {
                text.iter().try_for_each(|piece| file.write_all(strip_str(piece).to_string().as_bytes()))
            })
        } else {
            let mut stdout = AutoStream::new(io::stdout(), self.color).lock();
            text.iter().try_for_each(|piece| stdout.write_all(piece.as_bytes())).and_then(|()| stdout.flush())
        };
        written.map_err(|error| self.write_failure(&error))
    }

    /// Something that did not stop the command but is worth knowing.
    pub fn note(&self, note: &str) {
        if self.notes != Notes::None {
            self.error(note);
        }
    }

    /// Whether somebody watches a bar: stderr is a terminal that can go back to the start of a line, this is no build server, and results
    /// do not come in between.
    pub fn shows_progress(&self) -> bool {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let among_results = self.streams && self.path.is_none() && io::stdout().is_terminal();
        self.notes != Notes::None && io::stderr().is_terminal() && !among_results && !is_set("CI") && !is_dumb
    }

    /// Something that only those want to know who ask.
    pub fn detail(&self, note: &str) {
        if self.is_verbose() {
            self.note(note);
        }
    }

    pub fn is_verbose(&self) -> bool {
        self.notes == Notes::All
    }

    /// A line on stderr. That stderr is closed is nothing to fail for.
    pub fn error(&self, line: &str) {
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        let _ = writeln!(stderr, "{}", self.spelled(line));
    }

    /// Forgets results that were not written.
    pub fn discard(&mut self) {
        self.text = Pieces::default();
    }

    /// Why there is no result. As JSON it goes to stdout even where results go to a file: the file may be what is wrong.
    pub fn failure(&mut self, failure: &Failure, json: bool) {
        self.discard();
        let written = json && writeln!(io::stdout().lock(), "{}", failure.to_json()).is_ok();
        // That standard output cannot be written may be what is wrong.
        if !written {
            self.error(&failure.to_text());
        }
    }

    pub fn write_failure(&self, error: &io::Error) -> Failure {
        let name = self.path.as_ref().map_or(Cow::Borrowed("standard output"), |path| path.to_string_lossy());
        Failure::io(error, "write", &name)
    }

    /// Text in letters that the locale has.
    fn spelled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.ascii { Cow::Owned(ascii(text)) } else { Cow::Borrowed(text) }
    }
}

/// Replaces a file as a whole: either the old text is there or the new one.
pub fn replace(path: &str, text: &str) -> Result<()> {
    let fail = |error: io::Error| Failure::io(&error, "write", path);
    // A link stays a link, and a file keeps who may read it.
    let target = fs::canonicalize(path).unwrap_or_else(|_| Path::new(path).to_path_buf());
    let mut name = target.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = target.with_file_name(name);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(fail)?;
    let old = fs::metadata(&target).map(|metadata| metadata.permissions());
    let permitted = old.map_or(Ok(()), |permissions| file.set_permissions(permissions));
    let written = permitted.and_then(|()| file.write_all(text.as_bytes())).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, &target)) {
        // The half-written file is of no use to anybody.
        let _ = fs::remove_file(&temporary);
        return Err(fail(error));
    }
    Ok(())
}

/// Whether the locale is set to something that is not UTF-8, or to nothing, which is the same.
fn locale_is_ascii() -> bool {
    if cfg!(windows) {
        return false;
    }
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os).find(|value| !value.is_empty());
    let locale = set.unwrap_or_default().to_string_lossy().to_lowercase();
    !locale.contains("utf-8") && !locale.contains("utf8")
}

/// Text without any character that is not ASCII: our own marks as signs that look alike, everything else as `\u{…}`.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '✓' => out.push('+'),
            '✗' => out.push('x'),
            '·' => out.push('.'),
            '→' => out.push_str("->"),
            '…' => out.push_str("..."),
            '–' => out.push('-'),
            c if c.is_ascii() => out.push(c),
            // Writing to a `String` cannot fail.
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_likeness_in_ascii() {
        assert_eq!(ascii("✓ ✗ · → … 0–300 \u{1b}[1mé"), "+ x . -> ... 0-300 \u{1b}[1m\\u{e9}");
    }
}
