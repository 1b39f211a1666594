//! Lines of a file, in a buffer with room on both sides.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::scan::PADDING;

/// As much as whichrole reads at once.
const CHUNK: usize = 256 * 1024;

/// Calls `line` with the buffer and where in it a line starts and ends, for every line of a file. There are [`PADDING`] bytes before and after
/// it, and a line feed at its end.
pub fn for_each(path: &Path, mut line: impl FnMut(&mut [u8], usize, usize)) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; PADDING + CHUNK + PADDING];
    let mut filled = PADDING;
    loop {
        if buffer.len() - PADDING == filled {
            buffer.resize(buffer.len() + CHUNK, 0);
        }
        let room = buffer.len() - PADDING;
        let read = file.read(&mut buffer[filled..room])?;
        filled += read;
        if read == 0 && filled > PADDING {
            // The last line has no end.
            buffer[filled] = b'\n';
            filled += 1;
            buffer.resize(filled + PADDING, 0);
        }
        let mut start = PADDING;
        while let Some(length) = memchr::memchr(b'\n', &buffer[start..filled]) {
            line(&mut buffer, start, start + length);
            start += length + 1;
        }
        buffer.copy_within(start..filled, PADDING);
        filled -= start - PADDING;
        if read == 0 {
            return Ok(());
        }
    }
}
