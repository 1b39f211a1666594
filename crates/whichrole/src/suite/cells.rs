//! The cells of a table. There may be millions, so they are kept as one text, and what stands in several rows is kept once where `each`
//! says so.

use std::borrow::Cow;

use crate::Claim;
use crate::json::JsonLimits;

use super::model::Cell;

/// The cells of the rows of a test: for each row a value, or its absence, for each column.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    /// How many columns there are.
    width: usize,
    /// The values one after the other: nothing for absence, a quote and the text of a string, JSON of everything else.
    texts: String,
    /// Where each value ends.
    ends: Vec<u32>,
    /// The value of each cell, row by row.
    values: Vec<u32>,
}

/// What JSON of our own was checked for when it was read.
const READ_BEFORE: JsonLimits =
    JsonLimits { bytes: usize::MAX, depth: 1024, members: usize::MAX, name: usize::MAX, number: usize::MAX };

/// A number of a value, or a place in the text of all: tables are far smaller than 4 GiB.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Cells {
    /// No rows yet, of so many columns.
    pub(super) fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds a value that rows may have; its number.
    pub(super) fn learn(&mut self, value: &Cell) -> u32 {
        match value {
            None => {}
            Some(Claim::Text(text)) => self.texts.extend(["\"", text]),
            Some(other) => self.texts.push_str(&other.to_json()),
        }
        self.ends.push(narrow(self.texts.len()));
        narrow(self.ends.len() - 1)
    }

    /// Adds a row of values that were learned.
    pub(super) fn add(&mut self, row: impl IntoIterator<Item = u32>) {
        self.values.extend(row);
    }

    /// Adds a row of its own values.
    pub(super) fn add_row(&mut self, row: &[Cell]) {
        for cell in row {
            let value = self.learn(cell);
            self.values.push(value);
        }
    }

    /// Gives back the room for more.
    pub(super) fn finished(mut self) -> Self {
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.values.shrink_to_fit();
        self
    }

    /// The cells of a row, one for each column; rows are counted from 0.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Option<Claim<'_>>> {
        let start = row.saturating_mul(self.width);
        let values = self.values.get(start..start.saturating_add(self.width)).unwrap_or_default();
        values.iter().map(|value| self.value(*value))
    }

    /// One cell; `None`: the claim is absent, or there is no such cell.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> Option<Claim<'_>> {
        self.value(self.number(row, column)?)
    }

    /// The text of a cell that is a string.
    pub(super) fn text(&self, row: usize, column: usize) -> Option<&str> {
        self.written(self.number(row, column)?).strip_prefix('"')
    }

    fn number(&self, row: usize, column: usize) -> Option<u32> {
        self.values.get(row.checked_mul(self.width)?.checked_add(column)?).copied().filter(|_| column < self.width)
    }

    fn written(&self, value: u32) -> &str {
        let end = |value: usize| self.ends.get(value).map(|end| *end as usize);
        let value = value as usize;
        let start = value.checked_sub(1).and_then(end).unwrap_or_default();
        end(value).and_then(|end| self.texts.get(start..end)).unwrap_or_default()
    }

    fn value(&self, value: u32) -> Option<Claim<'_>> {
        let written = self.written(value);
        match written.strip_prefix('"') {
            Some(text) => Some(Claim::Text(Cow::Borrowed(text))),
            None if written.is_empty() => None,
            // It was a value when it was learned.
            None => Some(Claim::from_json_within(written, &READ_BEFORE).unwrap_or(Claim::Null)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_they_were() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let json = ["null", "true", "-1.50e3", r#"["a",1,{"b":null,"ü\u0001\"":[]}]"#, "{}", "[]", deep.as_str()];
        let mut rows: Vec<Vec<Cell>> = json
            .iter()
            .map(|json| {
                let value = Claim::from_json_within(json, &READ_BEFORE).unwrap().into_owned();
                vec![Some(value), None, Some(Claim::from((*json).to_owned()))]
            })
            .collect();
        rows.push(["", "\"", "\n\u{0}ü"].map(|text| Some(Claim::from(text))).to_vec());
        let mut cells = Cells::new(3);
        for row in &rows {
            cells.add_row(row);
        }
        let cells = cells.finished();
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(cells.row(number).collect::<Vec<_>>(), *row);
            for (column, cell) in row.iter().enumerate() {
                assert_eq!(cells.get(number, column), *cell);
                assert_eq!(cells.text(number, column), cell.as_ref().and_then(Claim::as_text));
            }
        }
        assert_eq!(cells.get(0, 3), None);
        assert_eq!(cells.row(rows.len()).count(), 0);
    }

    #[test]
    fn rows_share_values() {
        let mut cells = Cells::new(2);
        let (a, absent) = (cells.learn(&Some(Claim::from("a"))), cells.learn(&None));
        cells.add([a, absent]);
        cells.add([absent, a]);
        let a = Some(Claim::from("a"));
        assert_eq!(cells.row(0).collect::<Vec<_>>(), [a.clone(), None]);
        assert_eq!(cells.row(1).collect::<Vec<_>>(), [None, a]);
    }
}
