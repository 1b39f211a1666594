//! What is wrong with a configuration: all of it at once, each with its place.

use std::fmt;

use super::position::Position;
use crate::text;

/// Something wrong, or worth knowing, in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable kebab-case code; where lint knows the fault, the lint's id.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// Where it shows, if it shows in one place.
    pub at: Option<Position>,
    /// The right spelling of what stands there, where the fault is one of spelling.
    pub respelling: Option<Box<Respelling>>,
}

/// A word and its right spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respelling {
    /// The word as written.
    pub written: String,
    /// The word as AWS spells it.
    pub right: String,
}

impl Problem {
    /// A problem without a place.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None, respelling: None }
    }

    /// A value that is not known here, with what would make it known.
    pub(crate) fn unresolved(message: &str, missing: &str) -> Self {
        Self::new("unresolved-value", format!("{message}; {missing}"))
    }

    /// The note that a file with this problem was passed over.
    pub(crate) fn passed_over(self) -> Self {
        Self { code: "not-recognised", message: format!("the file was passed over: {}", self.message), ..self }
    }

    /// The same problem at a place.
    #[must_use]
    pub fn at(mut self, at: Position) -> Self {
        self.at = Some(at);
        self
    }

    /// A name that is not one of those known, with the nearest right spelling or all of them.
    pub fn unknown<'k>(
        code: &'static str,
        what: &str,
        written: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) -> Self {
        let near = text::nearest(written, known.clone());
        let message = match near {
            Some(near) => {
                format!("unknown {what} {}, did you mean {}?", text::quoted(written), text::quoted_whole(near))
            }
            None => format!("unknown {what} {}, expected {}", text::quoted(written), text::alternatives(known)),
        };
        let respelling =
            near.map(|right| Box::new(Respelling { written: written.to_owned(), right: right.to_owned() }));
        Self { respelling, ..Self::new(code, message) }
    }
}

/// How many problems are told one by one.
const TOLD: usize = 100;

/// Readers stop looking for more after so many problems, so beyond it nobody knows the number.
pub(crate) const MANY: usize = 1000;

/// The first problems, and a last one that says how many more there are. Where the others are all of one
/// kind the last has its code, so that who passes over that kind passes over it.
pub(crate) fn first_of(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > TOLD {
        let others = problems.split_off(TOLD);
        let number =
            if TOLD + others.len() > MANY { format!("more than {}", MANY - TOLD) } else { others.len().to_string() };
        let code = match others.first() {
            Some(first) if others.iter().all(|other| other.code == first.code) => first.code,
            _ => "too-many-problems",
        };
        problems.push(Problem::new(code, format!("… and {number} more")));
    }
    problems
}

/// A configuration that cannot be used, with all its problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong, in the order of the text; never empty.
    pub problems: Vec<Problem>,
    /// The names of the sources, by number.
    pub names: Vec<String>,
}

impl ReadError {
    /// A stable kebab-case code: the only problem's, else `invalid-configuration`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.problems.as_slice() {
            [only] => only.code,
            _ => "invalid-configuration",
        }
    }
}

/// `pool.json:14:22: unknown match type …`, a line for each problem.
impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            if let Some(at) = problem.at {
                let name = at.name_in(&self.names).unwrap_or_default();
                write!(f, "{}:{}:{}: ", text::visible(name), at.line(), at.column())?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ReadError {}
