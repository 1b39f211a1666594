//! Finds a claim's name among a fixed few, for less than comparing it with them in turn: most other names are told by their length and their
//! ends, and the rest by two loads more.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A name as a few numbers. Names of up to sixteen bytes with the same numbers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    /// The first and the last eight bytes, which may overlap; of names that have fewer, all of them.
    first: u64,
    last: u64,
    length: usize,
}

impl Key {
    #[inline]
    fn of(name: &[u8]) -> Self {
        let (first, last) = if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else if let [first, second, .., last] = *name {
            (u64::from_le_bytes([first, second, last, 0, 0, 0, 0, 0]), 0)
        } else {
            (name.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0)
        };
        Self { first, last, length: name.len() }
    }
}

/// One of 256 marks, which depends on a name's length and its ends. It costs less than comparing names, and most names that differ have
/// different ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u8);

impl Mark {
    #[inline]
    pub(crate) fn of(name: &str) -> Self {
        let [first, .., last] = *name.as_bytes() else { return Self(0) };
        #[expect(clippy::cast_possible_truncation, reason = "any eight bits will do")]
        let length = name.len() as u8;
        Self(first.wrapping_add(last.wrapping_mul(2)).wrapping_add(length.wrapping_mul(8)))
    }
}

/// A mark that no name has.
const NOBODY: u8 = u8::MAX;
/// A mark that several names have, or one with a larger number than fits.
const SEVERAL: u8 = u8::MAX - 1;

/// Names, each with a number.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// By number.
    all: Vec<(Key, Arc<str>)>,
    /// The number of the name that has a mark, by mark.
    marks: [u8; 256],
    /// The number of each name, for where the marks do not tell. Names can be chosen so that they tell nothing, and finding one must not take
    /// longer for it, so this is no table of hashes.
    numbers: BTreeMap<Arc<str>, usize>,
    /// The same for clones: what has a number in the one has it in the other, until either gets more names.
    origin: Arc<()>,
}

impl Default for Names {
    fn default() -> Self {
        Self { all: Vec::new(), marks: [NOBODY; 256], numbers: BTreeMap::new(), origin: Arc::default() }
    }
}

impl Names {
    /// The number of a name, which is one more than the last where it is new.
    pub(crate) fn insert(&mut self, name: &str) -> usize {
        if let Some(number) = self.number(name) {
            return number;
        }
        let number = self.all.len();
        let text: Arc<str> = name.into();
        self.all.push((Key::of(name.as_bytes()), Arc::clone(&text)));
        if let Some(marked) = self.marks.get_mut(usize::from(Mark::of(name).0)) {
            *marked = match u8::try_from(number) {
                Ok(number) if *marked == NOBODY && number < SEVERAL => number,
                _ => SEVERAL,
            };
        }
        self.numbers.insert(text, number);
        number
    }

    /// The number of a name.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "it is called for every claim of every token, and a call costs as much as it does"
    )]
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.number_marked(Mark::of(name), name)
    }

    /// The same, given the name's mark.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) fn number_marked(&self, mark: Mark, name: &str) -> Option<usize> {
        let number = *self.marks.get(usize::from(mark.0))?;
        if number >= SEVERAL {
            return if number == SEVERAL { self.look_up(name) } else { None };
        }
        self.is(number.into(), Key::of(name.as_bytes()), name).then_some(number.into())
    }

    /// Whether this name has this number.
    #[inline]
    fn is(&self, number: usize, key: Key, name: &str) -> bool {
        let Some((known, text)) = self.all.get(number) else { return false };
        *known == key && (name.len() <= 16 || **text == *name)
    }

    #[inline(never)]
    fn look_up(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The name with a number; nothing where there is none.
    #[inline]
    pub(crate) fn name(&self, number: usize) -> &str {
        self.all.get(number).map_or("", |(_, name)| name)
    }

    /// Whether a name of these has the same number as there, as long as these are clones of those with more names, or those themselves.
    #[inline]
    pub(crate) fn extend(&self, those: &Self) -> bool {
        Arc::ptr_eq(&self.origin, &those.origin)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(_, name)| name.as_ref())
    }
}

/// Mixes all bytes of a name into 64 bits. It is fast, and nobody may rely on it being hard to fool: equal hashes are always followed by a look
/// at the names.
pub(crate) fn hash(name: &[u8]) -> u64 {
    let Key { first, last, length } = Key::of(name);
    let mut mixed = mix((length as u64).wrapping_mul(0xa076_1d64_78bd_642f), first);
    // What the first and the last eight bytes leave out, and some of them again.
    let mut at = 8;
    while let Some(word) = name.get(at..).and_then(<[u8]>::first_chunk) {
        mixed = mix(mixed, u64::from_le_bytes(*word));
        at += 8;
    }
    mix(mixed, last)
}

#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let mixed = (a ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let all: Vec<String> = (0..600).map(|n| format!("custom:claim-{}{n}", "x".repeat(n % 40))).collect();
        let mut names = Names::default();
        assert_eq!(names.number("sub"), None);
        for (n, name) in all.iter().enumerate() {
            assert_eq!((names.number(name), names.insert(name), names.insert(name)), (None, n, n));
        }
        for (n, name) in all.iter().enumerate() {
            assert_eq!(names.number(name), Some(n));
        }
        assert_eq!(names.len(), 600);
        assert_eq!(names.number("custom:claim-"), None);
    }

    /// These have one mark between them: their ends and their length are the same.
    #[test]
    fn names_with_one_mark_are_told_apart() {
        let all = ["custom:role", "custom:rule", "custom:rote"];
        let mut names = Names::default();
        for (number, name) in all.into_iter().enumerate() {
            assert!(Mark::of(name) == Mark::of("custom:rope"));
            assert_eq!((names.number(name), names.insert(name)), (None, number));
        }
        assert_eq!(all.map(|name| names.number(name)), [Some(0), Some(1), Some(2)]);
        assert_eq!(names.number("custom:rope"), None);
    }

    /// All names of one length that differ in one byte, and those of every other length.
    #[test]
    fn names_that_differ_anywhere_are_different() {
        let long = "a".repeat(60);
        let mut hashes = BTreeSet::from([hash(b"")]);
        let mut names = Names::default();
        names.insert("");
        for length in 1..60 {
            for at in 0..length {
                let mut name = long.as_bytes()[..length].to_vec();
                name[at] = b'b';
                assert!(hashes.insert(hash(&name)), "{length} {at}");
                let count = names.len();
                assert_eq!(names.insert(std::str::from_utf8(&name).unwrap()), count);
            }
            assert!(hashes.insert(hash(&long.as_bytes()[..length])));
            assert_eq!(names.number(&long[..length]), None);
        }
    }
}
