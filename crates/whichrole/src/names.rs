//! Finds a claim's name among a fixed few. It costs two loads, one multiplication and a look at one place, and so less than comparing it with
//! them in turn.

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

    /// Where a table of this many places is looked at first; the number of places is a power of two.
    #[inline]
    fn home(self, places: usize) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(23) ^ self.length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The upper bits are the mixed ones, and a table has far fewer places than they can tell apart.
        usize::try_from(mixed >> 40).unwrap_or_default() & places.wrapping_sub(1)
    }
}

/// The most names that are looked up in the table.
const MANY: usize = 1_000;

/// Names, each with a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// By number.
    all: Vec<Box<str>>,
    /// The lengths that names have, as far as they are below 64; of longer ones the last bit tells.
    lengths: u64,
    /// Open addressing. At least three of four places are free.
    table: Vec<Option<(Key, usize)>>,
    /// Instead of the table where there are more than [`MANY`]: names can be chosen so that the table would find none of them fast.
    many: BTreeMap<Box<str>, usize>,
    /// The same for clones: what has a number in the one has it in the other, until either gets more names.
    origin: Arc<()>,
}

impl Names {
    /// The number of a name, which is one more than the last where it is new.
    pub(crate) fn insert(&mut self, name: &str) -> usize {
        if let Some(number) = self.number(name) {
            return number;
        }
        self.all.push(name.into());
        self.lengths |= 1 << name.len().min(63);
        if self.all.len() > MANY {
            if self.many.is_empty() {
                self.many.extend(self.all.iter().cloned().zip(0..));
                self.table = Vec::new();
            } else {
                self.many.insert(name.into(), self.all.len() - 1);
            }
        } else if self.all.len() * 4 > self.table.len() {
            self.table = vec![None; self.all.len().next_power_of_two() * 8];
            for number in 0..self.all.len() {
                self.place(number);
            }
        } else {
            self.place(self.all.len() - 1);
        }
        self.all.len() - 1
    }

    fn place(&mut self, number: usize) {
        let Some(name) = self.all.get(number) else { return };
        let key = Key::of(name.as_bytes());
        let mut at = key.home(self.table.len());
        while let Some(Some(_)) = self.table.get(at) {
            at = (at + 1) & (self.table.len() - 1);
        }
        if let Some(place) = self.table.get_mut(at) {
            *place = Some((key, number));
        }
    }

    /// The number of a name.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "it is called for every claim of every token, and a call costs as much as it does"
    )]
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        if self.lengths & 1 << name.len().min(63) == 0 {
            return None;
        }
        let key = Key::of(name.as_bytes());
        let mut at = key.home(self.table.len());
        while let Some(Some((known, number))) = self.table.get(at) {
            if *known == key && (name.len() <= 16 || self.all.get(*number).is_some_and(|known| **known == *name)) {
                return Some(*number);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        self.many.get(name).copied()
    }

    /// The name with a number; nothing where there is none.
    #[inline]
    pub(crate) fn name(&self, number: usize) -> &str {
        self.all.get(number).map_or("", AsRef::as_ref)
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
        self.all.iter().map(AsRef::as_ref)
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
        let all: Vec<String> = (0..2 * MANY).map(|n| format!("custom:claim-{}{n}", "x".repeat(n % 40))).collect();
        let mut names = Names::default();
        assert_eq!(names.number("sub"), None);
        for (n, name) in all.iter().enumerate() {
            assert_eq!((names.number(name), names.insert(name), names.insert(name)), (None, n, n));
        }
        for (n, name) in all.iter().enumerate() {
            assert_eq!(names.number(name), Some(n));
        }
        assert_eq!(names.len(), 2 * MANY);
        assert_eq!(names.number("custom:claim-"), None);
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
