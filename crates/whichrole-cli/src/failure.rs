//! Exit codes, and errors as people and scripts get them.

use std::io;

use serde::Serialize;
use whichrole::read::Problem;
use whichrole::text;

use crate::snippet::Snippets;

/// How the command ends; the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A role was chosen, nothing was found, everything passed.
    Yes = 0,
    /// Denied, failed, found, different.
    No = 1,
    /// The question could not be answered.
    CouldNotAnswer = 2,
    /// `--strict`, and the answer depends on an open question.
    NotCertain = 3,
}

/// Problems that are shown with their source line.
pub const SNIPPETS: usize = 20;
/// Problems that are shown to people one by one.
const SENTENCES: usize = 1_000;

/// Why the question could not be answered.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub report: Box<Report>,
    /// Lines for people, such as source lines with a caret; empty where there are none.
    snippets: Vec<String>,
    broken_pipe: bool,
}

pub type Result<T> = std::result::Result<T, Failure>;

/// An error as `--format json` shows it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Report>,
}

#[derive(Serialize)]
struct Envelope<'r> {
    error: &'r Report,
}

impl Report {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), ..Self::default() }
    }

    /// A problem of a configuration or suite, with its file.
    pub fn of_problem(problem: &Problem, names: &[String]) -> Self {
        let report = Self::new(problem.code, problem.message.clone());
        match problem.at {
            Some(at) => {
                let file = at.name_in(names).map(text::visible);
                let (_, line, column) = at.numbers();
                Self { file, line: Some(line), column: Some(column), ..report }
            }
            None => report,
        }
    }

    /// `file:line:column: message`, as far as they are known.
    pub fn sentence(&self) -> String {
        let mut place = String::new();
        if let Some(file) = &self.file {
            place.push_str(file);
            place.push(':');
        }
        for number in [self.line, self.column].into_iter().flatten() {
            place.push_str(&number.to_string());
            place.push(':');
        }
        if place.is_empty() { self.message.clone() } else { format!("{place} {}", self.message) }
    }

    pub fn to_json(&self) -> String {
        text::visible_json(serde_json::to_string(&Envelope { error: self }).unwrap_or_default())
    }
}

impl Failure {
    /// The question could not be answered.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::of(Report::new(code, message))
    }

    pub fn of(report: Report) -> Self {
        Self { exit: Exit::CouldNotAnswer, report: Box::new(report), snippets: Vec::new(), broken_pipe: false }
    }

    /// Several problems of one configuration or suite, with the source lines they are about.
    pub fn of_problems(problems: &[Problem], names: &[String], texts: &[impl AsRef<str>]) -> Self {
        let reports: Vec<Report> = problems.iter().map(|problem| Report::of_problem(problem, names)).collect();
        let mut lines = Snippets::new(texts);
        let snippet = |problem: &Problem| problem.at.map(|at| lines.at(at)).unwrap_or_default();
        let snippets = problems.iter().take(SNIPPETS).map(snippet).collect();
        let report = match reports.as_slice() {
            [only] => Report { problems: reports.clone(), ..only.clone() },
            _ => Report {
                problems: reports.clone(),
                ..Report::new("invalid-configuration", format!("{} problems in the configuration", reports.len()))
            },
        };
        Self { snippets, ..Self::of(report) }
    }

    /// A file that cannot be read or written. The system's own text is plain enough, and says nothing of the content.
    pub fn io(error: &io::Error, doing: &str, name: &str) -> Self {
        let why = match error.kind() {
            io::ErrorKind::NotFound if doing == "write" => "its folder does not exist".to_owned(),
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
            _ => error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase(),
        };
        let message = format!("cannot {doing} {}: {why}", text::quoted_whole(name));
        Self { broken_pipe: error.kind() == io::ErrorKind::BrokenPipe, ..Self::new("io", message) }
    }

    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    pub fn to_json(&self) -> String {
        self.report.to_json()
    }

    /// A line for each problem, the first ones with the source line below.
    pub fn to_text(&self) -> String {
        let reports = if self.report.problems.is_empty() {
            std::slice::from_ref(self.report.as_ref())
        } else {
            &self.report.problems
        };
        let mut lines = Vec::new();
        for (n, report) in reports.iter().enumerate().take(SENTENCES) {
            lines.push(format!("error: {}", report.sentence()));
            lines.extend(self.snippets.get(n).filter(|snippet| !snippet.is_empty()).cloned());
        }
        if reports.len() > SENTENCES {
            let more = text::counted(reports.len() - SENTENCES, "more problem", "more problems");
            lines.push(format!("and {more}; `--format json` lists them all"));
        }
        lines.join("\n")
    }
}
