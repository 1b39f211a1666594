//! Counts the lines of an input by what came of them.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde::Serialize;
use whichrole::text::counted;

/// Different kinds that are counted apart. Roles can come from tokens, and tokens can be made up.
const KINDS: usize = 1_000;
/// Lines that are named for each.
const EXAMPLES: usize = 10;

/// How many lines there are of each kind, and the first of them. Those of later lines are appended.
#[derive(Debug)]
pub struct Counts<K> {
    kinds: BTreeMap<K, Count>,
    /// Lines of kinds that are too many to be counted apart.
    pub others: usize,
}

/// How many lines, and the first of them.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    pub lines: usize,
    pub examples: Vec<usize>,
}

/// Lines that could not be read for one reason, as `--format json` shows them.
#[derive(Debug, Serialize)]
pub struct Fault {
    pub code: String,
    #[serde(flatten)]
    pub count: Count,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { kinds: BTreeMap::new(), others: 0 }
    }
}

impl<K: Ord> Counts<K> {
    /// Counts one line, which comes after all that were counted.
    pub fn add<Q: Ord + ToOwned<Owned = K> + ?Sized>(&mut self, kind: &Q, number: usize)
    where
        K: Borrow<Q>,
    {
        match self.kinds.get_mut(kind) {
            Some(count) => count.add(number),
            None => self.insert(kind.to_owned(), Count { lines: 1, examples: vec![number] }),
        }
    }

    fn insert(&mut self, kind: K, later: Count) {
        if let Some(count) = self.kinds.get_mut(&kind) {
            count.append(later);
        } else if self.kinds.len() == KINDS {
            self.others += later.lines;
        } else {
            self.kinds.insert(kind, later);
        }
    }

    /// Adds counts of later lines and forgets them there.
    pub fn append(&mut self, later: &mut Self) {
        self.others += std::mem::take(&mut later.others);
        // In the order of lines, so that it is always the same kinds that are too many.
        let mut kinds: Vec<_> = std::mem::take(&mut later.kinds).into_iter().collect();
        kinds.sort_by_key(|(_, count)| count.first());
        for (kind, count) in kinds {
            self.insert(kind, count);
        }
    }

    /// Most lines first.
    pub fn sorted(&self) -> Vec<(&K, &Count)> {
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(count.lines));
        kinds
    }

    /// All lines.
    pub fn total(&self) -> usize {
        self.others + self.kinds.values().map(|count| count.lines).sum::<usize>()
    }
}

impl Counts<String> {
    /// Where the kinds are the codes of errors.
    pub fn faults(&self) -> Vec<Fault> {
        self.sorted().into_iter().map(|(code, count)| Fault { code: code.clone(), count: count.clone() }).collect()
    }
}

impl Count {
    fn add(&mut self, number: usize) {
        self.lines += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(number);
        }
    }

    fn append(&mut self, later: Self) {
        self.lines += later.lines;
        let room = EXAMPLES - self.examples.len();
        self.examples.extend(later.examples.into_iter().take(room));
    }

    /// The number of the first line; 0 where there is none.
    pub fn first(&self) -> usize {
        self.examples.first().copied().unwrap_or_default()
    }

    /// `lines 3, 7, 9, …`
    pub fn shown(&self) -> String {
        let numbers: Vec<String> = self.examples.iter().map(ToString::to_string).collect();
        let more = if self.lines > self.examples.len() { ", …" } else { "" };
        format!("line{} {}{more}", if self.lines == 1 { "" } else { "s" }, numbers.join(", "))
    }
}

/// `2 of 5 lines change`, `1 of 5 lines changes`
pub fn change_of(changed: usize, all: usize, one: &str, many: &str) -> String {
    let verb = if changed == 1 || all == 1 { "changes" } else { "change" };
    format!("{changed} of {} {verb}", counted(all, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_beyond_the_first_thousand_are_counted_together() {
        let mut all: Counts<String> = Counts::default();
        for block in 0..3 {
            let mut later = Counts::default();
            for n in 0..600 {
                later.add(format!("{}", (block * 400 + n) % 1_500).as_str(), block * 600 + n);
            }
            all.append(&mut later);
            assert!(later.kinds.is_empty());
        }
        assert_eq!((all.kinds.len(), all.others, all.total()), (1_000, 400, 1_800));
        assert_eq!(all.kinds["450"], Count { lines: 2, examples: vec![450, 650] });
    }

    #[test]
    fn one_changes_and_several_change() {
        let lines = |changed, all| change_of(changed, all, "line", "lines");
        assert_eq!(lines(0, 0), "0 of 0 lines change");
        assert_eq!(lines(0, 1), "0 of 1 line changes");
        assert_eq!(lines(1, 1), "1 of 1 line changes");
        assert_eq!(lines(1, 2), "1 of 2 lines changes");
        assert_eq!(lines(2, 2), "2 of 2 lines change");
    }

    #[test]
    fn the_first_ten_lines_of_a_kind_are_named() {
        let mut counts: Counts<String> = Counts::default();
        (1..=9).for_each(|number| counts.add("a", number));
        let mut later = Counts::default();
        (10..=12).for_each(|number| later.add("a", number));
        later.add("b", 13);
        counts.append(&mut later);
        let shown: Vec<String> =
            counts.sorted().iter().map(|(kind, count)| format!("{kind} {}", count.shown())).collect();
        assert_eq!(shown, ["a lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …", "b line 13"]);
    }
}
