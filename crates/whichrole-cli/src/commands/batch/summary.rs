//! `--summary`: how many lines get each role, from which source, are denied for which reason, and lean on which open question.

use serde::ser::{Serialize, SerializeMap, Serializer};
use whichrole::text::counted;
use whichrole::{Answer, Denial, Question, Questions, Source};

use crate::counts::Counts;
use crate::failure::Result;
use crate::json::json;
use crate::output::Output;
use crate::render::style::{STRONG, paint};

/// Counts of lines. Those of later lines are appended, so the first line that showed something is its example.
#[derive(Debug, Default)]
pub struct Summary {
    decided: usize,
    denied: usize,
    uncertain: usize,
    roles: Counts<String>,
    sources: Counts<String>,
    reasons: Counts<String>,
    questions: Counts<String>,
    errors: Counts<String>,
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

    fn counts_mut(&mut self) -> [(&'static str, &mut Counts<String>); 5] {
        let Self { roles, sources, reasons, questions, errors, .. } = self;
        [("roles", roles), ("sources", sources), ("reasons", reasons), ("questions", questions), ("errors", errors)]
    }

    fn counts(&self) -> [(&'static str, &'static str, &Counts<String>); 5] {
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
            "{} decided: {}, {}; {}",
            counted(self.decided, "line", "lines"),
            counted(self.decided - self.denied, "gets a role", "get a role"),
            counted(self.denied, "is denied", "are denied"),
            counted(self.uncertain, "depends on an open question", "depend on an open question")
        ));
        for (title, _, counts) in self.counts() {
            let sorted = counts.sorted();
            if sorted.is_empty() {
                continue;
            }
            output.text("");
            output.text(&paint(STRONG, title));
            for (name, count) in sorted {
                let (lines, first) = (count.lines, count.first());
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
    counts: &'c Counts<String>,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let rows = self.counts.sorted().into_iter().map(|(name, count)| Row {
            key: self.name,
            name: Some(name),
            lines: count.lines,
            example: Some(count.first()),
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
