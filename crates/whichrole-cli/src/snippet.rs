//! Source lines with a caret, for people.

use std::collections::BTreeMap;

use whichrole::read::{Position, may_be_shown};
use whichrole::text;

/// Every so many characters of a text the place is noted, so that finding one takes no longer in a long text or a long line.
const APART: usize = 1_024;
/// What is shown of a line before the column, and in all.
const BEFORE: usize = 60;
const WIDTH: usize = 100;

/// Texts in which places are looked up, however many. Every source line that is shown comes from here; a text that may not be shown has none.
pub struct Snippets<'t> {
    texts: Vec<&'t str>,
    marks: BTreeMap<usize, Vec<Mark>>,
}

/// A place of a text, as people count and as strings do.
#[derive(Clone, Copy)]
struct Mark {
    /// Line and column, counted from 1.
    place: (usize, usize),
    offset: usize,
}

impl Mark {
    const START: Self = Self { place: (1, 1), offset: 0 };

    /// Goes on by one character.
    fn pass(&mut self, c: char) {
        self.offset += c.len_utf8();
        let (line, column) = self.place;
        self.place = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
}

impl<'t> Snippets<'t> {
    pub fn new(texts: &'t [impl AsRef<str>]) -> Self {
        Self { texts: texts.iter().map(AsRef::as_ref).collect(), marks: BTreeMap::new() }
    }

    /// The source line of a place with a caret under the column, cut to what a terminal shows; nothing where there is no such line.
    pub fn at(&mut self, at: Position) -> String {
        let (source, line, column) = at.numbers();
        let column = column.saturating_sub(1);
        let skip = column.saturating_sub(BEFORE);
        let Some(part) = self.part(source, (line.max(1), skip + 1)) else { return String::new() };
        let visible = |length: usize| {
            let plain = |c: char| if c == '\t' { ' ' } else { c };
            text::visible(&part.chars().take(length).map(plain).collect::<String>())
        };
        let (before, shown) = (visible(column - skip), visible(WIDTH));
        let number = at.line().to_string();
        let margin = " ".repeat(number.len());
        format!("{margin} |\n{number} | {shown}\n{margin} | {}^", " ".repeat(before.chars().count()))
    }

    /// What is shown of a line from a place on; `None` where there is no such line.
    fn part(&mut self, source: usize, place: (usize, usize)) -> Option<&'t str> {
        let text = text::without_mark(self.texts.get(source)?);
        // Without a mark there is no place to be found.
        let marks =
            self.marks.entry(source).or_insert_with(|| if may_be_shown(text) { marks(text) } else { Vec::new() });
        let before = marks.partition_point(|mark| mark.place <= place).checked_sub(1)?;
        let mut here = *marks.get(before)?;
        for c in text.get(here.offset..)?.chars() {
            let is_at_end = here.place.0 == place.0 && c == '\n';
            if here.place == place || is_at_end {
                break;
            }
            here.pass(c);
        }
        let is_line = here.place.0 == place.0 && (here.offset < text.len() || here.place.1 > 1);
        let rest = text.get(here.offset..).filter(|_| is_line)?;
        // Two more, so that a line end of two characters is seen whole.
        let end = rest.char_indices().nth(WIDTH + 2).map_or(rest.len(), |(end, _)| end);
        Some(rest.get(..end)?.lines().next().unwrap_or_default())
    }
}

fn marks(text: &str) -> Vec<Mark> {
    let mut here = Mark::START;
    let mut marks = vec![here];
    for (n, c) in text.chars().enumerate() {
        if n % APART == 0 && n > 0 {
            marks.push(here);
        }
        here.pass(c);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, by going through the text each time.
    fn slowly(text: &str, line: usize, column: usize) -> String {
        let Some(found) = text.lines().nth(line - 1) else { return String::new() };
        let column = column - 1;
        let skip = column.saturating_sub(BEFORE);
        let part = |length: usize| text::visible(&found.chars().skip(skip).take(length).collect::<String>());
        let margin = " ".repeat(line.to_string().len());
        let (shown, caret) = (part(WIDTH), " ".repeat(part(column - skip).chars().count()));
        format!("{margin} |\n{line} | {shown}\n{margin} | {caret}^")
    }

    #[test]
    fn every_place_of_every_text_is_found() {
        let long = "aé𝄞".repeat(APART);
        let many = "x\n".repeat(2 * APART);
        let texts = [
            "",
            "\n",
            "a",
            "a\n",
            "a\n\nb",
            "a\r\nbc\r\n",
            "a\r",
            "a\u{7}\u{200b}b\n",
            &long,
            &many,
            &format!("{long}\r\n{many}{long}\n"),
        ]
        .map(str::to_owned);
        let mut snippets = Snippets::new(&texts);
        assert_eq!(snippets.at(Position::new(2, 1, 1)), "", "nothing shows that it is a configuration");
        snippets.marks = texts.iter().map(|text| marks(text)).enumerate().collect();
        for (source, text) in texts.iter().enumerate() {
            let lines = text.lines().count() + 2;
            for line in (1..=lines).rev().step_by(1 + lines / 50) {
                let columns = text.lines().nth(line - 1).map_or(0, |line| line.chars().count()) + 3;
                for column in (1..=columns).step_by(1 + columns / 50) {
                    let found = snippets.at(Position::new(source, line, column));
                    assert_eq!(found, slowly(text, line, column), "text {source}, {line}:{column}");
                }
            }
        }
        assert_eq!(snippets.at(Position::new(texts.len(), 1, 1)), "");
    }
}
