//! `whichrole.toml`: what a project allows, and what counts as a failure. It is looked for in the given folder only, or beside the given
//! file, and names no programs.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use serde::Deserialize;
use whichrole::lint::{Allow, Finding, LINTS, Severity, lint_named};
use whichrole::read::{Position, Problem};
use whichrole::text;

use crate::failure::{Failure, Report, Result};
use crate::input;

const NAME: &str = "whichrole.toml";
const BYTES: usize = 1024 * 1024;

/// The settings in force.
#[derive(Default)]
pub struct Settings {
    /// The file; `None` where there is none.
    pub path: Option<String>,
    pub text: String,
    /// What `whichrole test` runs where it is given no paths.
    pub paths: Option<Vec<String>>,
    pub fail_on: Option<Severity>,
    pub allow: Vec<Allow>,
    /// The line of each entry of `allow`.
    lines: Vec<usize>,
    /// Whether a whole folder was given.
    pub is_for_folder: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    paths: Option<toml::Spanned<Vec<toml::Spanned<String>>>>,
    fail_on: Option<Written>,
    #[serde(default)]
    allow: Vec<toml::Spanned<Entry>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    Info,
    Warning,
    Error,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    lint: String,
    place: String,
    because: String,
}

impl Settings {
    /// The settings in a folder that is given, or beside a file that is.
    pub fn beside(config: &OsStr) -> Result<Self> {
        if config == "-" {
            return Ok(Self::default());
        }
        let given = Path::new(config);
        let is_for_folder = given.is_dir();
        let folder = if is_for_folder { Some(given) } else { given.parent() };
        let path = folder.map_or_else(|| Path::new(NAME).to_path_buf(), |folder| folder.join(NAME));
        Self::at(&path, is_for_folder)
    }

    /// The settings in the current folder.
    pub fn here() -> Result<Self> {
        Self::at(Path::new(NAME), true)
    }

    fn at(path: &Path, is_for_folder: bool) -> Result<Self> {
        match path.symlink_metadata() {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::io(&error, "read", &path.to_string_lossy())),
        }
        let is_regular = path.is_file();
        let path = path.to_string_lossy().into_owned();
        // A pipe would keep us waiting.
        if !is_regular {
            let message = format!("{} is not a regular file", text::quoted(&path));
            return Err(Failure::new("not-a-regular-file", message));
        }
        let text = input::file(&path, BYTES)?;
        Self::read(path, text, is_for_folder)
    }

    fn read(path: String, text: String, is_for_folder: bool) -> Result<Self> {
        let fault = |message: String, offset: Option<usize>| {
            let line = offset.map(|offset| line_of(&text, offset));
            let report = Report::new("invalid-settings", message);
            Failure::of(Report { file: Some(text::visible(&path)), line, ..report })
        };
        let file: File = toml::from_str(&text).map_err(|error| {
            let message = "the settings are not TOML, or have something in them other than `paths` (a list), \
                           `fail-on` (`info`, `warning` or `error`) and `allow` with `lint`, `place` and `because`";
            fault(message.to_owned(), error.span().map(|span| span.start))
        })?;
        let mut allow = Vec::new();
        let mut lines = Vec::new();
        for entry in file.allow {
            let start = entry.span().start;
            let entry = entry.into_inner();
            if lint_named(&entry.lint).is_none() {
                let known = LINTS.iter().map(|lint| lint.id);
                return Err(fault(Problem::unknown("", "lint", &entry.lint, known).message, Some(start)));
            }
            if entry.because.trim().is_empty() || entry.place.trim().is_empty() {
                return Err(fault("an entry of `allow` needs its place and its reason".to_owned(), Some(start)));
            }
            lines.push(line_of(&text, start));
            allow.push(Allow { lint: entry.lint, place: entry.place, because: entry.because });
        }
        let mut paths = None;
        if let Some(written) = file.paths {
            let start = written.span().start;
            if written.get_ref().is_empty() {
                return Err(fault("`paths` is empty, so there would be nothing to test".to_owned(), Some(start)));
            }
            let outside = written.get_ref().iter().find(|path| input::inside(path.get_ref()).is_none());
            if let Some(path) = outside {
                let message =
                    format!("{} leads out of the folder of these settings", text::quoted_whole(path.get_ref()));
                return Err(fault(message, Some(path.span().start)));
            }
            paths = Some(written.into_inner().into_iter().map(toml::Spanned::into_inner).collect());
        }
        let fail_on = file.fail_on.map(|written| match written {
            Written::Info => Severity::Info,
            Written::Warning => Severity::Warning,
            Written::Error => Severity::Error,
        });
        Ok(Self { path: Some(path), text, paths, fail_on, allow, lines, is_for_folder })
    }

    /// The finding for an entry that nothing needs; `source` is the number that these settings go by.
    pub fn unused(&self, entry: usize, source: usize) -> Option<Finding> {
        let allow = self.allow.get(entry)?;
        let line = self.lines.get(entry).copied().unwrap_or(1);
        let message =
            format!("nothing at {} needs {} to be allowed", text::quoted(&allow.place), text::quoted(&allow.lint));
        Some(Finding {
            lint: "unused-allow",
            severity: Severity::Warning,
            message,
            at: Some(Position::new(source, line, 1)),
            pool: None,
            provider: None,
            rule: None,
            witness: None,
            blocked_by: Vec::new(),
            fix: None,
        })
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}
