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
    pub(super) hash: u64,
    pub(super) is_wanted: bool,
}

impl Usual {
    /// The place of the name that `rest` begins with, at `from` or not far behind, and the bytes it takes with its quotes and its colon.
    #[inline]
    pub(super) fn find(&self, from: usize, rest: &[u8]) -> Option<(usize, &Name, usize)> {
        let names = self.names.get(from..)?.iter().take(AHEAD).enumerate();
        names.map(|(n, name)| (from + n, name, name.written.len())).find(|(_, name, _)| rest.starts_with(&name.written))
    }

    /// Puts a name that was not found at `at`, if it is to be kept in mind and is not there in another place.
    pub(super) fn learn(&mut self, at: usize, name: &str, wanted: &Names) -> bool {
        let is_plain = !name.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let written: Box<[u8]> = format!("\"{name}\":").into_bytes().into();
        let is_new = self.names.len() < MOST && is_plain && self.names.iter().all(|known| known.written != written);
        if is_new && at <= self.names.len() {
            let is_wanted = wanted.number(name).is_some();
            self.names.insert(at, Name { written, hash: hash(name.as_bytes()), is_wanted });
        }
        is_new
    }

    /// The names before a place.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &Name> {
        self.names.iter().take(at)
    }
}
