//! Results as JSON, on several lines and safe to print.

use std::io::{self, Write};

use crate::failure::{Failure, Result};
use crate::pieces::{PIECE, Pieces};

/// Results as JSON for people to read.
pub fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map(whichrole::text::visible_json).map_err(|error| Failure::new("internal", error.to_string()))
}

/// The same of what may be long.
pub fn long_json<T: serde::Serialize>(value: &T) -> Result<Pieces> {
    let mut json = Json::default();
    let written = serde_json::to_writer_pretty(&mut json, value).map_err(io::Error::from);
    let written = written.and_then(|()| json.take(json.pending.len()));
    written.map_err(|error| Failure::new("internal", error.to_string()))?;
    Ok(json.lines)
}

/// JSON on its way into a long text. Line by line it is made safe to print: no text of JSON has the end of a line in it.
#[derive(Default)]
struct Json {
    /// What is not yet a whole line, or few of them.
    pending: Vec<u8>,
    lines: Pieces,
}

impl Json {
    fn take(&mut self, bytes: usize) -> io::Result<()> {
        let rest = self.pending.split_off(bytes);
        let lines = std::mem::replace(&mut self.pending, rest);
        let lines = String::from_utf8(lines).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.lines.push(&whichrole::text::visible_json(lines));
        Ok(())
    }
}

impl Write for Json {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let before = self.pending.len();
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE
            && let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n')
        {
            self.take(before + end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
