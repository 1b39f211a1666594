//! How many parts a configuration may have. A part takes much more memory than its text.

use super::definition::Definition;
use super::node::{Entry, Node};
use super::position::Position;
use super::problem::Problem;

/// How many rules, principal tags, providers and pools a configuration may have, all together. AWS takes 25 rules for a
/// provider, and ten providers.
pub(crate) const PARTS: usize = 10_000;

/// How much text the parts may have beyond what the files are long. References make it many times as long as what is written; and what
/// is said of a part names its provider and its pool.
const FREE_TEXT: usize = 8 * 1024 * 1024;

/// A group takes less, and AWS takes 10,000 in a user pool.
const GROUPS_OF_A_PART: usize = 3;

/// The room that is left for parts, and the first that had none.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    parts: usize,
    groups: usize,
    most_text: usize,
    text: usize,
    pub(crate) fault: Option<Problem>,
    /// What is said of pools that have no room; nobody reads it.
    scratch: Box<Definition>,
}

impl Default for Room {
    fn default() -> Self {
        Self::new(PARTS, 0)
    }
}

impl Room {
    /// Room for so many parts, and three times as many groups, of files of so many bytes.
    pub(crate) fn new(parts: usize, bytes: usize) -> Self {
        let text = bytes.saturating_add(FREE_TEXT);
        Self {
            most: parts,
            parts,
            groups: parts.saturating_mul(GROUPS_OF_A_PART),
            most_text: text,
            text,
            fault: None,
            scratch: Box::default(),
        }
    }

    /// Whether there is room for so many more parts; takes it.
    pub(crate) fn take(&mut self, more: usize, at: Option<Position>) -> bool {
        spend(&mut self.parts, more) || self.refuse_parts(at)
    }

    /// Whether there is room for so many parts, which are taken later.
    pub(crate) fn is_enough(&mut self, parts: usize) -> bool {
        parts <= self.parts || self.refuse_parts(None)
    }

    /// The elements of a list of parts, if there is room for all.
    pub(crate) fn elements<'n>(&mut self, list: &'n Node) -> &'n [Node] {
        if self.take(list.elements().len(), Some(list.at)) { list.elements() } else { &[] }
    }

    /// The entries of a map of parts, if there is room for all.
    pub(crate) fn entries<'n>(&mut self, map: &'n Node) -> &'n [Entry] {
        if self.take(map.entries().len(), Some(map.at)) { map.entries() } else { &[] }
    }

    /// Whether there is room for another group; takes it.
    pub(crate) fn take_group(&mut self, at: Position) -> bool {
        let most = self.most.saturating_mul(GROUPS_OF_A_PART);
        spend(&mut self.groups, 1) || self.refuse(most, "groups, counted in each pool of theirs", Some(at))
    }

    /// Whether there is room for the texts of another rule, tag or group; takes it.
    pub(crate) fn take_text(&mut self, texts: &[&str], at: Position) -> bool {
        let bytes = texts.iter().map(|text| text.len()).sum();
        let what = "bytes of text in rules, principal tags and groups, each with its provider and pool";
        spend(&mut self.text, bytes) || self.refuse(self.most_text, what, Some(at))
    }

    /// What takes the place of a pool that has no room.
    pub(crate) fn scratch(&mut self) -> &mut Definition {
        *self.scratch = Definition::default();
        &mut self.scratch
    }

    fn refuse_parts(&mut self, at: Option<Position>) -> bool {
        self.refuse(self.most, "rules, principal tags, providers and pools", at)
    }

    pub(crate) fn refuse(&mut self, most: usize, what: &str, at: Option<Position>) -> bool {
        let problem = Problem::new("too-large", format!("more than {most} {what}"));
        self.fault.get_or_insert(Problem { at, ..problem });
        false
    }
}

/// Takes from what is left, unless it is less.
fn spend(left: &mut usize, amount: usize) -> bool {
    let rest = left.checked_sub(amount);
    *left = rest.unwrap_or(*left);
    rest.is_some()
}
