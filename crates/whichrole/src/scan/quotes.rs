//! Where the quotes of a line are. They are all looked for at once, before anything is read: a bit for each byte, so that the end of a string
//! is no loop but a look at one number.

/// The quotes of a line, escaped ones among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Quotes {
    /// A bit for each byte, 64 bytes a number.
    bits: Vec<u64>,
}

impl Quotes {
    /// Looks at a line; `None` if it has a control character. Outside of strings that may be a blank, but hardly ever is; inside it is a
    /// mistake.
    #[inline]
    pub(super) fn look(&mut self, line: &[u8]) -> Option<()> {
        let (chunks, rest) = line.as_chunks::<64>();
        let mut least = Least::default();
        self.bits.clear();
        self.bits.extend(chunks.iter().map(|chunk| look(chunk, &mut least)));
        let mut last = [b' '; 64];
        last.get_mut(..rest.len())?.copy_from_slice(rest);
        self.bits.push(look(&last, &mut least));
        (!least.is_control()).then_some(())
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

/// The smallest byte so far, of each place in a vector.
#[cfg(feature = "simd")]
struct Least(wide::u8x16);

#[cfg(feature = "simd")]
impl Default for Least {
    fn default() -> Self {
        Self(wide::u8x16::splat(u8::MAX))
    }
}

#[cfg(feature = "simd")]
impl Least {
    fn is_control(&self) -> bool {
        self.0.reduce_min() < b' '
    }
}

/// The quotes of 64 bytes, with vectors of sixteen, which every processor of the larger kind has.
#[cfg(feature = "simd")]
#[inline]
fn look(chunk: &[u8; 64], least: &mut Least) -> u64 {
    let mut quotes = 0;
    for (n, bytes) in chunk.as_chunks::<16>().0.iter().enumerate() {
        let bytes = wide::u8x16::new(*bytes);
        quotes |= u64::from(bytes.simd_eq(wide::u8x16::splat(b'"')).to_bitmask()) << (n * 16);
        least.0 = least.0.min(bytes);
    }
    quotes
}

/// The smallest byte so far.
#[cfg(not(feature = "simd"))]
struct Least(u8);

#[cfg(not(feature = "simd"))]
impl Default for Least {
    fn default() -> Self {
        Self(u8::MAX)
    }
}

#[cfg(not(feature = "simd"))]
impl Least {
    fn is_control(&self) -> bool {
        self.0 < b' '
    }
}

/// The quotes of 64 bytes, with eight at once in a number.
#[cfg(not(feature = "simd"))]
#[inline]
fn look(chunk: &[u8; 64], least: &mut Least) -> u64 {
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
    least.0 = chunk.iter().fold(least.0, |least, byte| least.min(*byte));
    quotes
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
