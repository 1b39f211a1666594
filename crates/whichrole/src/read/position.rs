//! Where something stands.

use std::fmt;
use std::num::NonZeroU64;

/// Where something stands: a source by its number, a line and a column. Lines and columns count from 1; columns count characters.
///
/// Trees have two for each of their entries, so all three numbers share eight bytes. A line or column beyond 16,777,215 is shown as that; a
/// file of 16 MiB has none. A source from 32,767 on has that number and no name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// From the highest bit: 15 for the source, 24 for the line, 24 for the column, and one that is always set, so that there is room for "none".
pub struct Position(NonZeroU64);

const SOURCE: Field = Field { shift: 49, most: (1 << 15) - 1 };
const LINE: Field = Field { shift: 25, most: (1 << 24) - 1 };
const COLUMN: Field = Field { shift: 1, most: (1 << 24) - 1 };

/// The place of one of the numbers among the bits.
struct Field {
    shift: u32,
    most: u64,
}

impl Field {
    fn put(&self, number: usize) -> u64 {
        u64::try_from(number).unwrap_or(u64::MAX).min(self.most) << self.shift
    }

    fn get(&self, position: Position) -> u32 {
        u32::try_from((position.0.get() >> self.shift) & self.most).unwrap_or(u32::MAX)
    }
}

impl Position {
    /// The place of these numbers.
    #[must_use]
    pub fn new(source: usize, line: usize, column: usize) -> Self {
        Self(NonZeroU64::MIN | SOURCE.put(source) | LINE.put(line) | COLUMN.put(column))
    }

    /// The number of its source among those that were read.
    #[must_use]
    pub fn source(self) -> u32 {
        SOURCE.get(self)
    }

    /// Its line.
    #[must_use]
    pub fn line(self) -> u32 {
        LINE.get(self)
    }

    /// Its column.
    #[must_use]
    pub fn column(self) -> u32 {
        COLUMN.get(self)
    }

    /// Its source, line and column.
    #[must_use]
    pub fn numbers(self) -> (usize, usize, usize) {
        let wide = |number| usize::try_from(number).unwrap_or(usize::MAX);
        (wide(self.source()), wide(self.line()), wide(self.column()))
    }

    /// The same place, where the sources are numbered on from this number.
    #[must_use]
    pub fn after_sources(self, number: usize) -> Self {
        let (source, line, column) = self.numbers();
        Self::new(source + number, line, column)
    }

    /// The place behind one more character.
    pub(crate) fn after(self, c: char) -> Self {
        let (source, line, column) = self.numbers();
        if c == '\n' { Self::new(source, line + 1, 1) } else { Self::new(source, line, column + 1) }
    }

    /// The name of its source, among those that were read.
    #[must_use]
    pub fn name_in(self, names: &[String]) -> Option<&str> {
        let has_own_number = u64::from(self.source()) < SOURCE.most;
        names.get(self.numbers().0).filter(|_| has_own_number).map(String::as_str)
    }
}

impl Default for Position {
    fn default() -> Self {
        Self::new(0, 0, 0)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, line, column) = self.numbers();
        write!(f, "Position({source}, {line}, {column})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_numbers_share_eight_bytes() {
        for numbers in [(0, 0, 0), (7, 2, 8), (32_767, 16_777_215, 16_777_215), (1, 0, 16_777_215)] {
            let (source, line, column) = numbers;
            assert_eq!(Position::new(source, line, column).numbers(), numbers);
        }
        assert_eq!(Position::new(40_000, 1 << 24, usize::MAX).numbers(), (32_767, 16_777_215, 16_777_215));
        let names = vec![String::from("x"); 40_000];
        let named = |source| Position::new(source, 1, 1).name_in(&names).is_some();
        assert_eq!([named(32_766), named(32_767), named(39_999)], [true, false, false]);
        assert_eq!(size_of::<Option<Position>>(), 8);
    }

    #[test]
    fn places_are_in_the_order_of_their_sources_lines_and_columns() {
        let ascending = [(0, 1, 9), (0, 2, 1), (0, 2, 2), (1, 1, 1)].map(|(s, l, c)| Position::new(s, l, c));
        assert!(ascending.is_sorted());
    }
}
