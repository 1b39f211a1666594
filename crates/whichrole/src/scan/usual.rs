//! The names that lines usually have, in their usual order. Lines of one file are alike: a name that stands where the last line had it need not
//! be read, only compared; and names that come in the order of a list in which none occurs twice do not occur twice either.

use crate::names::{Names, hash};

/// Names that are kept in mind. A file whose lines have nothing in common is read the slower way.
const MOST: usize = 64;
/// Names of other lines that are passed over to find one.
const AHEAD: usize = 4;

/// A list of names in which none occurs twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Usual {
    names: Vec<Name>,
}

#[derive(Debug, Clone)]
pub(super) struct Name {
    /// `"name":`, as most lines have it.
    written: Box<[u8]>,
    /// Its first, its second and its last eight bytes, where it has so many.
    words: [u64; 3],
    pub(super) hash: u64,
    /// Its number among the wanted ones, if it is one.
    pub(super) wanted: Option<usize>,
}

/// The first, the second and the last eight bytes.
#[inline]
fn words(bytes: &[u8]) -> [u64; 3] {
    let word = |word: Option<&[u8; 8]>| word.map_or(0, |word| u64::from_le_bytes(*word));
    [word(bytes.first_chunk()), word(bytes.get(8..).and_then(<[u8]>::first_chunk)), word(bytes.last_chunk())]
}

impl Name {
    /// The byte behind the name, if it is at this place.
    #[inline]
    fn at(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let behind = at + self.written.len();
        let here = bytes.get(at..behind)?;
        let is_here = match here.len() {
            // Three loads say everything about so many bytes.
            8..=24 => words(here) == self.words,
            _ => here == &*self.written,
        };
        is_here.then_some(behind)
    }
}

impl Usual {
    /// The place of the name that is in the text here, if it is the one at `from` or not far behind, and the byte behind its colon.
    #[inline]
    pub(super) fn find(&self, from: usize, bytes: &[u8], at: usize) -> Option<(usize, &Name, usize)> {
        let name = self.names.get(from)?;
        match name.at(bytes, at) {
            Some(behind) => Some((from, name, behind)),
            None => self.find_ahead(from, bytes, at),
        }
    }

    fn find_ahead(&self, from: usize, bytes: &[u8], at: usize) -> Option<(usize, &Name, usize)> {
        let mut names = self.names.iter().enumerate().skip(from + 1).take(AHEAD);
        names.find_map(|(place, name)| Some((place, name, name.at(bytes, at)?)))
    }

    /// Puts a name that was not found at `at`, if it is to be kept in mind and is not there in another place.
    pub(super) fn learn(&mut self, at: usize, name: &str, wanted: &Names) -> bool {
        let is_plain = !name.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let written: Box<[u8]> = format!("\"{name}\":").into_bytes().into();
        let is_new = self.names.len() < MOST && is_plain && self.names.iter().all(|known| known.written != written);
        if is_new && at <= self.names.len() {
            let words = words(&written);
            self.names.insert(at, Name { written, words, hash: hash(name.as_bytes()), wanted: wanted.number(name) });
        }
        is_new
    }

    /// The names before a place.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &Name> {
        self.names.iter().take(at)
    }
}
