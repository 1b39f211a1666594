//! Notes which names a line has had. It may call a new name old, never an old one new.

/// Names that are noted, at most.
const MOST: usize = 160;
/// Places for them; a power of two.
const PLACES: usize = 512;

/// The hashes of names, in a table that is never cleared: what an earlier line left there counts as nothing.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The line that wrote here last, and the upper half of its hash.
    table: Box<[(u32, u32); PLACES]>,
    line: u32,
    names: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self { table: Box::new([(0, 0); PLACES]), line: 0, names: 0 }
    }
}

impl Seen {
    /// Begins another line.
    pub(super) fn forget(&mut self) {
        self.names = 0;
        self.line = self.line.wrapping_add(1);
        if self.line == 0 {
            self.table.fill((0, 0));
            self.line = 1;
        }
    }

    /// Notes a name. `false` where it may have been there before, or where there are too many to tell.
    #[inline]
    pub(super) fn is_new(&mut self, hash: u64) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "the hash is cut in two halves")]
        let (mut at, tail) = (hash as usize, (hash >> 32) as u32);
        self.names += 1;
        if self.names > MOST {
            return false;
        }
        loop {
            at &= PLACES - 1;
            let Some(place) = self.table.get_mut(at) else { return false };
            if place.0 != self.line {
                *place = (self.line, tail);
                return true;
            }
            if place.1 == tail {
                return false;
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once_a_line() {
        let mut seen = Seen { line: u32::MAX - 2, ..Seen::default() };
        for _ in 0..6 {
            seen.forget();
            for n in 0..MOST as u64 {
                // All begin at the same place.
                assert!(seen.is_new(n << 32));
            }
            assert!(!seen.is_new(1_u64 << 63), "one too many");
            seen.forget();
            assert!(seen.is_new(7 << 32 | 9));
            assert!(seen.is_new(8 << 32 | 9));
            assert!(!seen.is_new(7 << 32 | 9));
        }
    }
}
