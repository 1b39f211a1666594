//! `--summary`: how many lines get each role, from which source, are denied for which reason, and lean on which open question.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use whichrole::{Answer, Denial, Question, Questions, Source};

use crate::commands::eval::json;
use crate::failure::Result;
use crate::output::Output;
use crate::render::style::{STRONG, paint};

/// Different names that are counted apart. Roles can come from tokens, and tokens can be made up.
const NAMES: usize = 1_000;

/// Counts of lines. Those of later lines are appended, so the first line that showed something is its example.
#[derive(Debug, Default)]
pub struct Summary {
    decided: usize,
    denied: usize,
    uncertain: usize,
    roles: Counts,
    sources: Counts,
    reasons: Counts,
    questions: Counts,
    errors: Counts,
}

/// How many lines have each name, and the number of the first.
#[derive(Debug, Default)]
pub struct Counts {
    names: BTreeMap<String, (usize, usize)>,
    /// Lines with names that are too many to be counted apart.
    others: usize,
}

impl Counts {
    fn add(&mut self, name: &str, number: usize) {
        match self.names.get_mut(name) {
            Some((lines, _)) => *lines += 1,
            None => self.insert(name.to_owned(), (1, number)),
        }
    }

    fn insert(&mut self, name: String, (lines, first): (usize, usize)) {
        if let Some((known, _)) = self.names.get_mut(&name) {
            *known += lines;
        } else if self.names.len() == NAMES {
            self.others += lines;
        } else {
            self.names.insert(name, (lines, first));
        }
    }

    /// Adds counts of later lines and forgets them there.
    fn append(&mut self, later: &mut Self) {
        self.others += std::mem::take(&mut later.others);
        // In the order of lines, so that it is always the same names that are too many.
        let mut names: Vec<_> = std::mem::take(&mut later.names).into_iter().collect();
        names.sort_by_key(|(_, (_, first))| *first);
        for (name, counts) in names {
            self.insert(name, counts);
        }
    }

    /// Most lines first.
    fn sorted(&self) -> Vec<(&str, usize, usize)> {
        let mut names: Vec<_> =
            self.names.iter().map(|(name, (lines, first))| (name.as_str(), *lines, *first)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        names
    }
}

impl Summary {
    pub fn add(&mut self, number: usize, answer: &Answer<'_>) {
        let decision = &answer.decision;
        self.decided += 1;
        if let (Some(role), source) = (decision.role(), decision.source()) {
            self.roles.add(role, number);
            self.sources.add(source.map(Source::id).unwrap_or_default(), number);
        } else {
            self.denied += 1;
            self.reasons.add(decision.denial().map(Denial::reason).unwrap_or_default(), number);
        }
        if !answer.is_certain() {
            self.uncertain += 1;
            let choices = answer.readings.iter().flat_map(|reading| &reading.assume);
            let questions: Questions = choices.map(|choice| choice.question()).collect();
            questions.iter().map(Question::id).for_each(|question| self.questions.add(question, number));
        }
    }

    pub fn add_error(&mut self, number: usize, code: &str) {
        self.errors.add(code, number);
    }

    /// Adds what later lines came to and forgets it there.
    pub fn append(&mut self, later: &mut Self) {
        self.decided += std::mem::take(&mut later.decided);
        self.denied += std::mem::take(&mut later.denied);
        self.uncertain += std::mem::take(&mut later.uncertain);
        for ((_, ours), (_, theirs)) in self.counts_mut().into_iter().zip(later.counts_mut()) {
            ours.append(theirs);
        }
    }

    fn counts_mut(&mut self) -> [(&'static str, &mut Counts); 5] {
        let Self { roles, sources, reasons, questions, errors, .. } = self;
        [("roles", roles), ("sources", sources), ("reasons", reasons), ("questions", questions), ("errors", errors)]
    }

    fn counts(&self) -> [(&'static str, &'static str, &Counts); 5] {
        [
            ("roles", "role", &self.roles),
            ("sources", "source", &self.sources),
            ("reasons", "reason", &self.reasons),
            ("questions", "question", &self.questions),
            ("errors", "code", &self.errors),
        ]
    }

    pub fn show(&self, as_json: bool, output: &mut Output) -> Result<()> {
        if as_json {
            output.line(&json(self)?);
            return Ok(());
        }
        output.text(&format!(
            "{} lines decided: {} get a role, {} are denied; {} depend on an open question",
            self.decided,
            self.decided - self.denied,
            self.denied,
            self.uncertain
        ));
        for (title, _, counts) in self.counts() {
            let sorted = counts.sorted();
            if sorted.is_empty() {
                continue;
            }
            output.text("");
            output.text(&paint(STRONG, title));
            for (name, lines, first) in sorted {
                output.text(&format!("{lines:>9}  {}  (line {first})", whichrole::text::visible(name)));
            }
            if counts.others > 0 {
                output.text(&format!("{:>9}  others", counts.others));
            }
        }
        Ok(())
    }
}

/// `{"decided":…,"roles":[{"role":…,"lines":…,"example":…}],…}`
impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("decided", &self.decided)?;
        map.serialize_entry("denied", &self.denied)?;
        map.serialize_entry("uncertain", &self.uncertain)?;
        for (title, name, counts) in self.counts() {
            map.serialize_entry(title, &Rows { name, counts })?;
        }
        map.end()
    }
}

struct Rows<'c> {
    name: &'static str,
    counts: &'c Counts,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let rows = self.counts.sorted().into_iter().map(|(name, lines, first)| Row {
            key: self.name,
            name: Some(name),
            lines,
            example: Some(first),
        });
        let others = (self.counts.others > 0).then_some(Row {
            key: self.name,
            name: None,
            lines: self.counts.others,
            example: None,
        });
        serializer.collect_seq(rows.chain(others))
    }
}

/// One name; without it, all that were too many.
struct Row<'c> {
    key: &'static str,
    name: Option<&'c str>,
    lines: usize,
    example: Option<usize>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(self.key, &self.name)?;
        map.serialize_entry("lines", &self.lines)?;
        map.serialize_entry("example", &self.example)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_first_thousand_are_counted_together() {
        let mut all = Counts::default();
        for block in 0..3 {
            let mut later = Counts::default();
            for n in 0..600 {
                later.add(&format!("{}", (block * 400 + n) % 1_500), block * 600 + n);
            }
            all.append(&mut later);
            assert!(later.names.is_empty());
        }
        assert_eq!((all.names.len(), all.others), (1_000, 400));
        assert_eq!(all.names["450"], (2, 450), "two lines, the first of them the 450th");
    }
}
