//! Cuts the input into blocks of whole lines. However large it is and however long its lines are, no more of it is kept than a block and a
//! line.

use std::io::{self, Read};
use std::ops::Range;

/// Bytes that are read at once.
pub const BLOCK: usize = 256 * 1024;

/// The lines of an input, read a block at a time.
pub struct Lines {
    input: Box<dyn Read + Send>,
    /// A line may have so many bytes, its end not counted.
    longest: usize,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    /// The number of the next line.
    number: usize,
    is_over: bool,
    /// All bytes so far.
    pub read: u64,
}

/// What comes next in an input.
#[derive(Debug)]
pub enum Block {
    /// So many bytes of the buffer are whole lines, the first of this number. The last one may lack its end.
    Lines {
        first: usize,
        length: usize,
    },
    /// The line of this number is too long; nothing of it was kept.
    TooLong(usize),
    /// From the line of this number on the input could not be read.
    Unreadable(usize, io::Error),
    End,
}

impl Lines {
    pub fn new(input: Box<dyn Read + Send>, longest: usize) -> Self {
        Self { input, longest, rest: Vec::new(), number: 1, is_over: false, read: 0 }
    }

    /// Reads the next lines into the buffer: as many as there are, without waiting for more.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Block {
        if self.is_over {
            return Block::End;
        }
        buffer.resize(buffer.len().max(BLOCK + self.rest.len()), 0);
        let mut filled = self.rest.len();
        if let Some(start) = buffer.get_mut(..filled) {
            start.copy_from_slice(&self.rest);
        }
        self.rest.clear();
        // What is new in the buffer, and whether the beginning of its first line was let go of.
        let mut new = 0..filled;
        let mut is_cut = false;
        loop {
            let bytes = buffer.get(new.clone()).unwrap_or_default();
            let end = if is_cut { memchr::memchr(b'\n', bytes) } else { memchr::memrchr(b'\n', bytes) };
            if let Some(at) = end {
                let end = new.start + at + 1;
                self.rest.extend_from_slice(buffer.get(end..filled).unwrap_or_default());
                let first = self.number;
                if is_cut {
                    self.number += 1;
                    return Block::TooLong(first);
                }
                self.number += count(b'\n', buffer.get(..end).unwrap_or_default());
                return Block::Lines { first, length: end };
            }
            if filled == buffer.len() {
                // A line end may follow `\r`, so a line of just the right length has one byte more.
                if filled > self.longest + 1 {
                    is_cut = true;
                    filled = 0;
                } else {
                    buffer.resize((filled * 2).min(self.longest + 2), 0);
                }
            }
            let read = match self.input.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    new = filled..filled;
                    continue;
                }
                Err(error) => {
                    self.is_over = true;
                    return Block::Unreadable(self.number, error);
                }
            };
            if read == 0 {
                self.is_over = true;
                return match (is_cut, filled) {
                    (true, _) => Block::TooLong(self.number),
                    (false, 0) => Block::End,
                    (false, length) => Block::Lines { first: self.number, length },
                };
            }
            self.read += read as u64;
            new = filled..filled + read;
            filled = new.end;
        }
    }
}

/// How often a byte occurs. As many times as a chunk is long fit in a byte, and bytes are added many at a time: that takes less than half of
/// what `memchr_iter(…).count()` takes.
fn count(byte: u8, bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<192>();
    let small =
        |chunk: &[u8]| usize::from(chunk.iter().fold(0_u8, |count, found| count.wrapping_add((*found == byte).into())));
    chunks.iter().map(|chunk| small(chunk)).sum::<usize>() + small(rest)
}

/// The lines of a block: their numbers, and where they are without their ends.
pub fn split(block: &[u8], first: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let mut start = 0;
    (first..).map_while(move |number| {
        let rest = block.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length)?;
        let line = start..start + line.strip_suffix(b"\r").unwrap_or(line).len();
        start += length + 1;
        Some((number, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the next bytes, at most so many at once, and fails at the end if it is to.
    struct Dripping {
        bytes: Vec<u8>,
        at_once: usize,
        fails: bool,
    }

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.bytes.is_empty() && self.fails {
                return Err(io::Error::other("gone"));
            }
            let count = self.at_once.min(buffer.len()).min(self.bytes.len());
            for (to, from) in buffer.iter_mut().zip(self.bytes.drain(..count)) {
                *to = from;
            }
            Ok(count)
        }
    }

    /// What is read of an input: `number:length` of each line.
    fn read(text: &str, at_once: usize, longest: usize, fails: bool) -> String {
        let input = Dripping { bytes: text.as_bytes().to_vec(), at_once, fails };
        let mut lines = Lines::new(Box::new(input), longest);
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        loop {
            match lines.next(&mut buffer) {
                Block::Lines { first, length } => {
                    let split = split(&buffer[..length], first);
                    found.extend(split.map(|(number, line)| format!("{number}:{}", line.len())));
                }
                Block::TooLong(number) => found.push(format!("{number}:long")),
                Block::Unreadable(number, _) => found.push(format!("{number}:gone")),
                Block::End => break,
            }
        }
        found.join(" ")
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let long = "x".repeat(BLOCK * 3);
        for at_once in [1, 2, 3, 7, 1000, BLOCK, BLOCK * 8] {
            assert_eq!(read("a\nbb\r\n\r\n\nccc", at_once, 10, false), "1:1 2:2 3:0 4:0 5:3");
            assert_eq!(read("", at_once, 10, false), "");
            assert_eq!(read("\n", at_once, 10, false), "1:0");
            assert_eq!(read("a\nb", at_once, 10, true), "1:1 2:gone");
        }
        for at_once in [999, BLOCK, BLOCK * 8] {
            assert_eq!(read(&format!("{long}\nb\nc\n{long}\nd\n"), at_once, 10, false), "1:long 2:1 3:1 4:long 5:1");
            assert_eq!(read(&format!("a\n{long}\nb\n{long}"), at_once, 10, false), "1:1 2:long 3:1 4:long");
            let whole = format!("1:{} 2:1", long.len());
            assert_eq!(read(&format!("{long}\r\nb"), at_once, long.len(), false), whole);
            assert_eq!(read(&format!("{long}\nb"), at_once, long.len(), false), whole);
        }
    }
}
