//! Searches for the value of a `Contains` rule. Claims are short, and for short texts a search that begins at once is faster than one that is
//! clever.

use memchr::memmem::Finder;

use crate::matching::ByCase;

/// Texts up to this length are searched here; longer ones are better left to `memchr`.
const SHORT: usize = 64;

/// Letters, the most frequent first.
const LETTERS: &[u8; 26] = b"etaoinsrlhdcumpfgwybvkxjqz";

/// A prepared search.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// The byte of the value that a text most likely lacks, in lower case, and where it stands.
    rare: u8,
    at: usize,
    finder: Box<Finder<'static>>,
}

impl Search {
    pub(crate) fn new(value: &str) -> Self {
        // Letters by how rare they are, then digits and signs, which names in capital letters and numbers have many of.
        let rarity = |byte: u8| match LETTERS.iter().position(|letter| *letter == byte.to_ascii_lowercase()) {
            Some(place) => place,
            None if byte.is_ascii_digit() || b"-_.:/@ ".contains(&byte) => 8,
            None => 20,
        };
        let rarest = value.bytes().enumerate().max_by_key(|(_, byte)| rarity(*byte));
        let (at, rare) = rarest.unwrap_or_default();
        Self { rare: folded(rare), at, finder: Box::new(Finder::new(value.as_bytes()).into_owned()) }
    }

    /// Whether the text has the value in it.
    pub(crate) fn is_in(&self, text: &[u8], value: &[u8]) -> bool {
        if text.len() > SHORT {
            return self.finder.find(text).is_some();
        }
        let mut found = value.is_empty();
        self.candidates(text, |start| {
            found |= at(text, start, value).is_some_and(|here| here == value);
            found
        });
        found
    }

    /// The same for ASCII texts, with and without letter case.
    #[inline]
    pub(crate) fn both(&self, text: &[u8], value: &[u8]) -> ByCase {
        if value.is_empty() {
            return ByCase { sensitive: true, insensitive: true };
        }
        let mut found = ByCase::NEITHER;
        self.candidates(text, |start| {
            if let Some(here) = at(text, start, value) {
                found.sensitive = here == value;
                found.insensitive |= found.sensitive || here.eq_ignore_ascii_case(value);
            }
            found.sensitive
        });
        found
    }

    /// Calls `look` where the value could begin, until it returns true: wherever its rare byte, or one that looks like it, is where it should be.
    #[inline]
    fn candidates(&self, text: &[u8], mut look: impl FnMut(usize) -> bool) {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
        const CASE: u64 = u64::from_ne_bytes([0x20; 8]);
        let rare = u64::from_ne_bytes([self.rare; 8]);
        let mut from = 0;
        loop {
            let rest = text.get(from..).unwrap_or_default();
            let (word, is_last) = match rest.first_chunk::<8>() {
                Some(word) => (u64::from_le_bytes(*word), false),
                None => (rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)), true),
            };
            // The highest bit of each byte that is the rare one; a false one, behind a true one, is only looked at in vain, and so is what lies
            // behind the end of the text.
            let word = (word | CASE) ^ rare;
            let mut hits = word.wrapping_sub(ONES) & !word & HIGHEST;
            while hits != 0 {
                let hit = from + hits.trailing_zeros() as usize / 8;
                if hit.checked_sub(self.at).is_some_and(&mut look) {
                    return;
                }
                hits &= hits - 1;
            }
            if is_last {
                return;
            }
            from += 8;
        }
    }
}

/// As a byte is compared in the first place.
fn folded(byte: u8) -> u8 {
    byte | 0x20
}

/// As many bytes of a text as the value has.
#[inline]
fn at<'t>(text: &'t [u8], start: usize, value: &[u8]) -> Option<&'t [u8]> {
    text.get(start..)?.get(..value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_the_standard_library_finds() {
        let texts = [
            "",
            "a",
            "aB",
            "abcabd",
            "ABCABD",
            "xxxxxxxxab",
            "0123456789abcdef",
            "é-ab-é",
            "\u{0} \u{0} @`@`",
            "zqzqzqQz",
        ];
        for base in texts {
            for repeat in [1, 2, 5, 9] {
                let text = base.repeat(repeat);
                for value in
                    ["", "a", "B", "ab", "abd", "bc", "Bd", "89ab", "é", "-é", "\u{0}", "@`", "q", "qz", "QZ", "zqzq"]
                {
                    let search = Search::new(value);
                    assert_eq!(
                        search.is_in(text.as_bytes(), value.as_bytes()),
                        text.contains(value),
                        "{value:?} in {text:?}"
                    );
                    if text.is_ascii() && value.is_ascii() {
                        let both = search.both(text.as_bytes(), value.as_bytes());
                        assert_eq!(both.sensitive, text.contains(value));
                        let (text, value) = (text.to_lowercase(), value.to_lowercase());
                        assert_eq!(both.insensitive, text.contains(&value), "{value:?} in {text:?}");
                    }
                }
            }
        }
    }
}
