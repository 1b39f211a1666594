//! Where the quotes of a line are. They are all looked for at once, before anything is read: a bit for each byte, so that the end of a string
//! is no loop but a look at one number.

/// The quotes of a line, escaped ones among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Quotes {
    /// A bit for each byte, 64 bytes a number.
    bits: Vec<u64>,
}

/// The quotes of 64 bytes, and whether there are control characters among them.
type Look = (u64, bool);

impl Quotes {
    /// Looks at a line; `None` if it has a control character. Outside of strings that may be a blank, but hardly ever is; inside it is a
    /// mistake.
    #[inline]
    pub(super) fn look(&mut self, line: &[u8]) -> Option<()> {
        let (chunks, rest) = line.as_chunks::<64>();
        self.bits.clear();
        self.bits.reserve(chunks.len() + 1);
        let mut has_control = false;
        for chunk in chunks {
            let (quotes, control) = look(chunk);
            self.bits.push(quotes);
            has_control |= control;
        }
        let mut last = [b' '; 64];
        last.get_mut(..rest.len())?.copy_from_slice(rest);
        let (quotes, control) = look(&last);
        self.bits.push(quotes);
        (!has_control && !control).then_some(())
    }

    /// The first quote from a byte on.
    #[inline]
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let mut at = from / 64;
        let mut word = self.bits.get(at)? >> (from % 64) << (from % 64);
        while word == 0 {
            at += 1;
            word = *self.bits.get(at)?;
        }
        Some(at * 64 + word.trailing_zeros() as usize)
    }
}

/// With vectors of sixteen bytes, which every processor of the larger kind has.
#[cfg(feature = "simd")]
#[inline]
fn look(chunk: &[u8; 64]) -> Look {
    use wide::u8x16;

    let mut quotes = 0;
    let mut controls = u8x16::splat(0);
    for (n, bytes) in chunk.as_chunks::<16>().0.iter().enumerate() {
        let bytes = u8x16::new(*bytes);
        quotes |= u64::from(bytes.simd_eq(u8x16::splat(b'"')).to_bitmask()) << (n * 16);
        controls |= bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    }
    (quotes, controls.any())
}

/// With eight bytes at once in a number.
#[cfg(not(feature = "simd"))]
#[inline]
fn look(chunk: &[u8; 64]) -> Look {
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    const PLACES: u64 = 0x0102_0408_1020_4080;
    let mut quotes = 0;
    for (n, bytes) in chunk.as_chunks::<8>().0.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes) ^ QUOTES;
        // The highest bit of each byte is what is left of a byte that is not zero; no byte borrows from another.
        let others = ((word & LOW) + LOW) | word | LOW;
        // Those bits, one from each byte, moved together.
        quotes |= ((!others >> 7).wrapping_mul(PLACES) >> 56) << (n * 8);
    }
    (quotes, chunk.iter().fold(0, |any, byte| any | u8::from(*byte < b' ')) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quote_is_found_and_nothing_else() {
        let mut quotes = Quotes::default();
        for length in [0, 1, 7, 8, 63, 64, 65, 127, 128, 200] {
            for around in [b' ', b'!', b'#', 0x7f, 0x80, 0xa2, 0xff] {
                let mut bytes = vec![around; length];
                for at in (0..length).step_by(3) {
                    bytes[at] = b'"';
                    for second in (at + 1..length).step_by(5) {
                        bytes[second] = b'"';
                        assert_eq!(quotes.look(&bytes), Some(()));
                        let found: Vec<usize> = (0..=length).filter_map(|from| quotes.next(from)).collect();
                        let expected = |from| (from..length).find(|at| bytes[*at] == b'"');
                        assert_eq!(found, (0..=length).filter_map(expected).collect::<Vec<_>>());
                        bytes[second] = around;
                    }
                    for control in [0, b'\n', 0x1f] {
                        bytes[at] = control;
                        assert_eq!(quotes.look(&bytes), None);
                    }
                    bytes[at] = around;
                }
            }
        }
    }
}
