//! Searches for the value of a `Contains` rule: as it is, or for both answers of `letter-case` at once.

use memchr::memmem::Finder;

use crate::matching::ByCase;

/// Letters, the most frequent first.
const LETTERS: &[u8; 26] = b"etaoinsrlhdcumpfgwybvkxjqz";

/// A prepared search.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// The byte of the value that a text most likely lacks, and where it stands.
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
        Self { rare, at, finder: Box::new(Finder::new(value.as_bytes()).into_owned()) }
    }

    /// Whether the text has the value in it.
    #[inline]
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }

    /// The same for ASCII texts, with and without letter case. What it costs grows with the value, too, so the text must not be long.
    pub(crate) fn both(&self, text: &[u8], value: &[u8]) -> ByCase {
        let (lower, upper) = (self.rare.to_ascii_lowercase(), self.rare.to_ascii_uppercase());
        let find = |bytes: &[u8]| memchr::memchr2(lower, upper, bytes);
        let mut insensitive = false;
        let sensitive = self.look(text, value, find, |here| {
            insensitive |= here.eq_ignore_ascii_case(value);
            here == value
        });
        ByCase { sensitive, insensitive: insensitive | sensitive }
    }

    /// Looks wherever the value could begin, which is where its rare byte is found, until `is_it` says so.
    #[inline]
    fn look(
        &self,
        text: &[u8],
        value: &[u8],
        find: impl Fn(&[u8]) -> Option<usize>,
        mut is_it: impl FnMut(&[u8]) -> bool,
    ) -> bool {
        if value.is_empty() {
            return true;
        }
        let mut start = 0;
        // The rare byte of a value that begins at `start` or behind it.
        while let Some(hit) = text.get(start + self.at..).and_then(&find) {
            let Some(here) = text.get(start + hit..).and_then(|rest| rest.get(..value.len())) else { return false };
            if is_it(here) {
                return true;
            }
            start += hit + 1;
        }
        false
    }
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
                    assert_eq!(search.is_in(text.as_bytes()), text.contains(value), "{value:?} in {text:?}");
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
