//! Where results go: stdout or a file, at the end and whole; everything else to stderr.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use crate::args::{Color, Global};
use crate::failure::{Failure, Result};

/// The results of a command. Nothing is written before [`Output::finish`], unless the command streams.
pub struct Output {
    text: String,
    stream: Option<BufWriter<Box<dyn Write>>>,
    path: Option<String>,
    color: ColorChoice,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            text: String::new(),
            stream: None,
            path: global.output.clone(),
            color,
            quiet: global.quiet,
            verbose: global.verbose > 0,
        }
    }

    /// Adds a line to the results.
    pub fn line(&mut self, line: &str) -> Result<()> {
        if let Some(stream) = &mut self.stream {
            let written = stream.write_all(line.as_bytes()).and_then(|()| stream.write_all(b"\n"));
            return written.map_err(|error| self.write_failure(&error));
        }
        self.text.push_str(line);
        self.text.push('\n');
        Ok(())
    }

    /// From here on lines are written as they come.
    pub fn streaming(&mut self) -> Result<()> {
        let target: Box<dyn Write> = match &self.path {
            Some(path) => Box::new(File::create(path).map_err(|error| self.write_failure(&error))?),
            None => Box::new(io::stdout().lock()),
        };
        self.stream = Some(BufWriter::with_capacity(64 * 1024, target));
        Ok(())
    }

    /// Writes what there is. Colours are kept only where they are wanted.
    pub fn finish(&mut self) -> Result<()> {
        if let Some(mut stream) = self.stream.take() {
            return stream.flush().map_err(|error| self.write_failure(&error));
        }
        let text = std::mem::take(&mut self.text);
        if text.is_empty() && self.path.is_none() {
            return Ok(());
        }
        let written = if let Some(path) = &self.path {
            std::fs::write(path, strip_str(&text).to_string())
        } else {
            let mut stdout = AutoStream::new(io::stdout(), self.color).lock();
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        };
        written.map_err(|error| self.write_failure(&error))
    }

    /// Forgets results that were not written.
    pub fn discard(&mut self) {
        self.text.clear();
    }

    /// Something that did not stop the command but is worth knowing.
    pub fn note(&self, note: &str) {
        if !self.quiet {
            self.error(note);
        }
    }

    /// What is being done, for whoever waits; the next line takes its place.
    pub fn progress(&self, doing: &str) {
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        let _ = write!(stderr, "{doing}\r").and_then(|()| stderr.flush());
    }

    /// Something that only those want to know who ask.
    pub fn detail(&self, note: &str) {
        if self.verbose {
            self.note(note);
        }
    }

    /// A line on stderr. That stderr is closed is nothing to fail for.
    pub fn error(&self, line: &str) {
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        let _ = writeln!(stderr, "{line}");
    }

    fn write_failure(&self, error: &io::Error) -> Failure {
        Failure::io(error, "write", self.path.as_deref().unwrap_or("standard output"))
    }
}
