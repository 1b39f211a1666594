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
    /// Its first 24 bytes, and which bits of them there are.
    words: [u64; 3],
    masks: [u64; 3],
    pub(super) hash: u64,
    /// Its number among the wanted ones, if it is one.
    pub(super) wanted: Option<usize>,
}

impl Name {
    fn new(written: Box<[u8]>, name: &str, wanted: &Names) -> Self {
        let padded = |byte: &dyn Fn(u8) -> u8| {
            let mut padded = [0; 24];
            padded.iter_mut().zip(&written).for_each(|(to, from)| *to = byte(*from));
            words(&padded)
        };
        let (words, masks) = (padded(&|byte| byte), padded(&|_| 0xff));
        Self { words, masks, hash: hash(name.as_bytes()), wanted: wanted.number(name), written }
    }

    /// The byte behind the name, if it is at this place.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "it is asked for every member of every line, and a call costs as much as it does"
    )]
    pub(super) fn behind(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let is_here = match rest.first_chunk() {
            Some(first) => {
                // Without a loop, which would be in memory.
                let ([here1, here2, here3], [mask1, mask2, mask3]) = (words(first), self.masks);
                let [word1, word2, word3] = self.words;
                (here1 & mask1 ^ word1) | (here2 & mask2 ^ word2) | (here3 & mask3 ^ word3) == 0
                    && (self.written.len() <= 24 || rest.starts_with(&self.written))
            }
            None => rest.starts_with(&self.written),
        };
        is_here.then(|| at + self.written.len())
    }
}

#[inline]
fn words(bytes: &[u8; 24]) -> [u64; 3] {
    let mut words = [0; 3];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

impl Usual {
    /// The names from a place on.
    #[inline]
    pub(super) fn from(&self, place: usize) -> &[Name] {
        self.names.get(place..).unwrap_or_default()
    }

    /// The place of the name that is in the text here, if it is the one at `from` or not far behind, and the byte behind its colon.
    pub(super) fn find(&self, from: usize, bytes: &[u8], at: usize) -> Option<(usize, &Name, usize)> {
        (from..)
            .zip(self.from(from))
            .take(AHEAD + 1)
            .find_map(|(place, name)| Some((place, name, name.behind(bytes, at)?)))
    }

    /// Puts a name that was not found at `at`, if it is to be kept in mind and is not there in another place.
    pub(super) fn learn(&mut self, at: usize, name: &str, wanted: &Names) -> bool {
        let is_plain = !name.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let written: Box<[u8]> = format!("\"{name}\":").into_bytes().into();
        let is_new = self.names.len() < MOST && is_plain && self.names.iter().all(|known| known.written != written);
        if is_new && at <= self.names.len() {
            self.names.insert(at, Name::new(written, name, wanted));
        }
        is_new
    }

    /// The names before a place.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &Name> {
        self.names.iter().take(at)
    }
}
