//! The texts that have some pieces in them and nothing else of note: the only texts that a search for a witness has to look at.
//!
//! Why so few suffice. Let a text pass some tests (has prefix *p*, contains *s*, …) and fail others. Mark one occurrence of each piece
//! that it must have. Replace every unmarked character by a *fresh* one, which occurs in no test at all, and shrink each run of fresh
//! characters to one. The marked pieces are still there. Nothing new matches: an occurrence of any other value holds no fresh character,
//! so it lies in a run of marked characters, and that run was in the old text too. And the text got no longer. So if any text will do, one
//! of these does, and a shortest one is among them: the pieces in some order, each inside, overlapping, touching or one fresh character
//! after what came before, with or without a fresh character at either end.

/// The most texts, and the most bytes of text, that one search looks at. Past either it gives up and says so.
pub(crate) const MOST_LAYOUTS: usize = 20_000;
/// See [`MOST_LAYOUTS`].
pub(crate) const MOST_BYTES: usize = 8 << 20;
/// The most pieces that are put into every order.
const MOST_PIECES: usize = 6;

/// What a text must have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces<'p> {
    /// What it begins with, if anything is demanded.
    pub(crate) start: Option<&'p str>,
    /// What it has somewhere.
    pub(crate) inside: Vec<&'p str>,
    /// What it ends with, if anything is demanded.
    pub(crate) end: Option<&'p str>,
}

/// There are more layouts than the bounds allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// All layouts, the shortest first; among equals those with the fewest fresh characters.
pub(crate) fn layouts(pieces: &Pieces<'_>, fresh: char) -> Result<Vec<String>, TooMany> {
    // A piece inside another needs no place of its own; a piece given twice needs one.
    let mut inside: Vec<&str> = Vec::new();
    for (at, piece) in pieces.inside.iter().enumerate() {
        let within = |other: &str| other.contains(piece);
        let elsewhere = pieces
            .inside
            .iter()
            .enumerate()
            .any(|(n, other)| n != at && within(other) && (other.len() > piece.len() || n < at));
        if !elsewhere && !pieces.start.is_some_and(within) && !pieces.end.is_some_and(within) {
            inside.push(piece);
        }
    }
    let longest = pieces.start.iter().chain(&inside).map(|piece| piece.len()).max();
    if inside.len() > MOST_PIECES || longest.is_some_and(|longest| longest > MOST_BYTES) {
        return Err(TooMany);
    }
    let mut layouts = Layouts { fresh, end: pieces.end, anchored: pieces.start.is_some(), found: Vec::new(), bytes: 0 };
    match pieces.start {
        Some(start) => layouts.grow(start.to_owned(), &inside)?,
        None if inside.is_empty() => layouts.grow(String::new(), &inside)?,
        None => {
            for (at, first) in inside.iter().enumerate() {
                layouts.grow((*first).to_owned(), &without(&inside, at))?;
            }
        }
    }
    let length = |text: &String| if text.is_ascii() { text.len() } else { text.chars().count() };
    let filler = |text: &String| text.chars().filter(|c| *c == fresh).count();
    let mut found: Vec<(usize, String)> = layouts.found.into_iter().map(|text| (length(&text), text)).collect();
    found.sort_unstable_by(|(n, a), (m, b)| n.cmp(m).then_with(|| filler(a).cmp(&filler(b))).then_with(|| a.cmp(b)));
    found.dedup();
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

struct Layouts<'p> {
    fresh: char,
    end: Option<&'p str>,
    anchored: bool,
    found: Vec<String>,
    bytes: usize,
}

impl Layouts<'_> {
    /// Adds each of the remaining pieces in every order and at every place. At most [`MOST_PIECES`] deep.
    fn grow(&mut self, text: String, rest: &[&str]) -> Result<(), TooMany> {
        if rest.is_empty() {
            return self.finish(&text);
        }
        for (at, piece) in rest.iter().enumerate() {
            let left = without(rest, at);
            if text.contains(piece) {
                // Whatever comes after can only make it longer.
                return self.grow(text, &left);
            }
            for joined in self.joined(&text, piece)? {
                self.grow(joined, &left)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, text: &str) -> Result<(), TooMany> {
        let mut ended = Vec::new();
        if let Some(end) = self.end {
            ended.extend(self.joined(text, end)?);
            if text.ends_with(end) {
                self.count(text.len())?;
                ended.push(text.to_owned());
            }
        } else {
            ended.push(text.to_owned());
            ended.push(format!("{text}{}", self.fresh));
        }
        for text in ended {
            self.count(text.len())?;
            if !self.anchored {
                self.found.push(format!("{}{text}", self.fresh));
            }
            self.found.push(text);
        }
        Ok(())
    }

    /// `piece` after `text`: overlapping as far as the two agree, touching, or one fresh character later.
    fn joined(&mut self, text: &str, piece: &str) -> Result<Vec<String>, TooMany> {
        let mut joined = Vec::new();
        for overlap in overlaps(text, piece) {
            self.count(text.len() + piece.len())?;
            joined.push(format!("{text}{}", piece.get(overlap..).unwrap_or_default()));
        }
        self.count(2 * (text.len() + piece.len()))?;
        joined.push(format!("{text}{piece}"));
        joined.push(format!("{text}{}{piece}", self.fresh));
        Ok(joined)
    }

    fn count(&mut self, bytes: usize) -> Result<(), TooMany> {
        self.bytes += bytes;
        if self.bytes > MOST_BYTES || self.found.len() > MOST_LAYOUTS { Err(TooMany) } else { Ok(()) }
    }
}

fn without<'p>(pieces: &[&'p str], at: usize) -> Vec<&'p str> {
    pieces.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, piece)| *piece).collect()
}

/// How many of the last bytes of `text` can be the first of `piece`: every length, the longest first, none for no overlap. Both are UTF-8,
/// so an overlap never splits a character.
fn overlaps(text: &str, piece: &str) -> Vec<usize> {
    let piece = piece.as_bytes();
    let Some(first) = piece.first() else { return Vec::new() };
    let tail = text.as_bytes();
    let tail = tail.get(tail.len().saturating_sub(piece.len())..).unwrap_or_default();
    if !tail.contains(first) {
        return Vec::new();
    }
    // The failure function of Knuth, Morris and Pratt: how long a border each prefix of the piece has.
    let at = |table: &[usize], n: usize| table.get(n).copied().unwrap_or_default();
    let mut borders = vec![0_usize];
    let follow = |borders: &[usize], mut matched: usize, byte: u8| {
        while matched > 0 && piece.get(matched) != Some(&byte) {
            matched = at(borders, matched - 1);
        }
        if piece.get(matched) == Some(&byte) { matched + 1 } else { 0 }
    };
    for byte in piece.iter().skip(1) {
        let next = follow(&borders, borders.last().copied().unwrap_or_default(), *byte);
        borders.push(next);
    }
    let mut matched = tail.iter().fold(0, |matched, byte| follow(&borders, matched, *byte));
    let mut found = Vec::new();
    while matched > 0 {
        if matched < piece.len() {
            found.push(matched);
        }
        matched = at(&borders, matched - 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(start: Option<&str>, inside: &[&str], end: Option<&str>) -> Vec<String> {
        layouts(&Pieces { start, inside: inside.to_vec(), end }, 'x').unwrap()
    }

    #[test]
    fn pieces_overlap_touch_or_stand_apart() {
        assert_eq!(of(None, &[], None), ["", "x", "xx"]);
        assert_eq!(of(None, &["ab"], None), ["ab", "abx", "xab", "xabx"]);
        assert_eq!(of(Some("ab"), &["ba"], None), ["aba", "abba", "abax", "abbax", "abxba", "abxbax"]);
        assert_eq!(of(Some("["), &[], Some("]")), ["[]", "[x]"]);
        assert_eq!(of(Some("abc"), &["b", "bc"], None), ["abc", "abcx"]);
    }

    #[test]
    fn every_overlap_is_found() {
        assert_eq!(overlaps("xaa", "aaa"), [2, 1]);
        assert_eq!(overlaps("abab", "abab"), [2]);
        assert_eq!(overlaps("é", "é"), [0_usize; 0]);
        assert_eq!(overlaps("aé", "éb"), ["é".len()]);
        assert_eq!(overlaps("abc", "abd"), [0_usize; 0]);
    }

    #[test]
    fn a_search_over_the_bounds_says_so() {
        let periodic: Vec<String> = (0..6).map(|n| format!("{}{n}{}", "a".repeat(300), "a".repeat(300))).collect();
        let pieces = Pieces { inside: periodic.iter().map(String::as_str).collect(), ..Pieces::default() };
        assert_eq!(layouts(&pieces, 'x'), Err(TooMany));
    }
}
