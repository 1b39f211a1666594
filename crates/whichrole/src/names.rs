//! Finds a claim's name among a fixed few. It costs one hash and one comparison, and so less than looking at them in turn.

/// Names, each with a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// By number.
    names: Vec<Box<str>>,
    /// Open addressing: the hash of a name and its number. At least three of four places are free; the length is a power of two.
    table: Vec<Option<(u64, usize)>>,
}

impl Names {
    /// The number of a name, which is one more than the last where it is new.
    pub(crate) fn insert(&mut self, name: &str) -> usize {
        let hash = hash(name.as_bytes());
        if let Some(number) = self.number(hash, name.as_bytes()) {
            return number;
        }
        self.names.push(name.into());
        if self.names.len() * 4 > self.table.len() {
            self.table = vec![None; (self.names.len() * 4).next_power_of_two() * 2];
            for number in 0..self.names.len() {
                self.place(number);
            }
        } else {
            self.place(self.names.len() - 1);
        }
        self.names.len() - 1
    }

    fn place(&mut self, number: usize) {
        let Some(name) = self.names.get(number) else { return };
        let hash = hash(name.as_bytes());
        let mut at = self.home(hash);
        while let Some(Some(_)) = self.table.get(at) {
            at = (at + 1) & (self.table.len() - 1);
        }
        if let Some(place) = self.table.get_mut(at) {
            *place = Some((hash, number));
        }
    }

    /// The number of the name with these bytes and this hash.
    #[inline]
    pub(crate) fn number(&self, hash: u64, name: &[u8]) -> Option<usize> {
        let mut at = self.home(hash);
        while let Some(Some((known, number))) = self.table.get(at) {
            if *known == hash && self.names.get(*number).is_some_and(|known| known.as_bytes() == name) {
                return Some(*number);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        None
    }

    /// Where a hash is looked for first.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        // The length fits in a few bits, so nothing that counts is cut off.
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits are of use")]
        let hash = hash as usize;
        hash & self.table.len().wrapping_sub(1)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }
}

/// Mixes all bytes of a name into 64 bits. It is fast, and nobody may rely on it being hard to fool: equal hashes are always followed by a look
/// at the names.
#[inline]
pub(crate) fn hash(name: &[u8]) -> u64 {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(first), Some(last)) => (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()),
            _ => (name.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
        },
    };
    let mut mixed = mix((name.len() as u64).wrapping_mul(0xa076_1d64_78bd_642f), first);
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
        let all: Vec<String> = (0..300).map(|n| format!("custom:claim-{}{n}", "x".repeat(n % 40))).collect();
        let mut names = Names::default();
        let number = |names: &Names, name: &str| names.number(hash(name.as_bytes()), name.as_bytes());
        assert_eq!(number(&names, "sub"), None);
        for (n, name) in all.iter().enumerate() {
            assert_eq!((number(&names, name), names.insert(name), names.insert(name)), (None, n, n));
        }
        for (n, name) in all.iter().enumerate() {
            assert_eq!(number(&names, name), Some(n));
        }
        assert_eq!(names.len(), 300);
        assert_eq!(number(&names, "custom:claim-"), None);
    }

    #[test]
    fn names_that_differ_anywhere_hash_differently() {
        let long = "a".repeat(60);
        let mut hashes = BTreeSet::from([hash(b"")]);
        for length in 1..60 {
            for at in 0..length {
                let mut name = long.as_bytes()[..length].to_vec();
                name[at] = b'b';
                assert!(hashes.insert(hash(&name)), "{length} {at}");
            }
            assert!(hashes.insert(hash(&long.as_bytes()[..length])));
        }
    }
}
