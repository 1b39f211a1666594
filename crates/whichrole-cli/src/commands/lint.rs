//! `whichrole lint`: what is wrong with configurations, and what is doubtful.

use std::{fs, io};

use whichrole::lint::{self, Finding, Fix, LINTS, Severity, lint_named};
use whichrole::read::{Position, Problem};

use crate::args::{Args, ConfigArgs, FailOn, Format, LintArgs};
use crate::failure::{Exit, Failure, Result};
use crate::input::{self, Loaded};
use crate::output::{self, Output};
use crate::render;
use crate::settings::Settings;

/// The findings of one configuration, with the texts they are about.
pub struct Linted {
    pub findings: Vec<Finding>,
    pub names: Vec<String>,
    pub texts: Vec<String>,
    /// Options that nothing asks for. The other notes of a configuration are findings here, or say less than one.
    unused: Vec<String>,
}

pub fn run(args: &Args, asked: &LintArgs, output: &mut Output) -> Result<Exit> {
    if let Some(id) = &asked.explain {
        let Some(lint) = lint_named(id) else {
            let problem = Problem::unknown("unknown-lint", "lint", id, LINTS.iter().map(|lint| lint.id));
            return Err(Failure::new(problem.code, problem.message));
        };
        output.line(lint.page.trim_end());
        return Ok(Exit::Yes);
    }
    let mut linted = Vec::new();
    let mut fail_on = asked.fail_on.map(severity);
    for config in &asked.configs {
        let settings = Settings::beside(config)?;
        if let Some(path) = &settings.path {
            output.note(&format!("note: {} is in force", whichrole::text::visible(path)));
        }
        fail_on = fail_on.or(settings.fail_on);
        let config = ConfigArgs { config: config.clone(), pool: None, read: asked.read.clone() };
        let mut found = look(&config, &settings)?;
        if asked.fix && mend(&found, &config, output)? {
            found = look(&config, &settings)?;
        }
        found.unused.iter().for_each(|note| output.note(note));
        linted.push(found);
    }
    match args.global.format {
        Some(Format::Json) => output.document(render::lint::json(&linted)?),
        Some(Format::Sarif) => output.line(&render::sarif::log(&linted)?),
        Some(Format::Github) => {
            output.lines(&render::lint::annotations(&linted));
        }
        _ => {
            output.texts(&render::lint::lines(&linted));
        }
    }
    output.note(&render::lint::summary(&linted));
    let fail_on = fail_on.unwrap_or(Severity::Warning);
    let fails = linted.iter().flat_map(|one| &one.findings).any(|finding| finding.severity >= fail_on);
    Ok(if fails { Exit::No } else { Exit::Yes })
}

fn severity(fail_on: FailOn) -> Severity {
    match fail_on {
        FailOn::Info => Severity::Info,
        FailOn::Warning => Severity::Warning,
        FailOn::Error => Severity::Error,
    }
}

/// Reads and lints one configuration.
fn look(config: &ConfigArgs, settings: &Settings) -> Result<Linted> {
    let mut not_text = Vec::new();
    let mut keep = |failure: Failure| {
        not_text.push(failure.report);
        Ok(())
    };
    let loaded = Loaded::of_texts(&config.config, &config.read.options()?, &mut keep)?;
    let findings = match lint::lint(&loaded.configuration) {
        Ok(findings) => findings,
        // The configuration may be in what could not be read.
        Err(problems) if !not_text.is_empty() && problems.iter().all(|one| one.code == "no-configuration") => {
            Vec::new()
        }
        Err(problems) => return Err(loaded.failure(&problems)),
    };
    let unused_options = loaded.unused_options().map(|note| format!("note: {}", note.message)).collect();
    let Loaded { configuration, mut texts } = loaded;
    let mut names = configuration.names;
    let (mut findings, unused) = lint::allow(findings, &texts, &names, &settings.allow);
    if let (Some(path), true) = (&settings.path, settings.is_for_folder) {
        // An entry may be about a file that was not given, but not where the whole folder was.
        findings.extend(unused.iter().filter_map(|n| settings.unused(*n, names.len())));
        names.push(path.clone());
        texts.push(settings.text.clone());
    }
    for report in not_text {
        let at = report.line.zip(report.column).map(|(line, column)| Position::new(names.len(), line, column));
        findings.push(lint::unreadable(report.message, at));
        names.push(report.file.unwrap_or_default());
        texts.push(String::new());
    }
    Ok(Linted { findings, names, texts, unused: unused_options })
}

/// Writes what can be mended; whether anything was.
fn mend(linted: &Linted, config: &ConfigArgs, output: &Output) -> Result<bool> {
    let fixes: Vec<&Fix> = linted.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    if config.config == "-" {
        return Err(Failure::new("usage", "`--fix` changes files, and standard input is none"));
    }
    let mut total = 0;
    for (source, (name, text)) in linted.names.iter().zip(&linted.texts).enumerate() {
        let (mended, count) = lint::apply_fixes(text, source, &fixes);
        // A name that cannot be written as text, or a file that has changed since, is left alone.
        if count == 0 {
            continue;
        }
        let now = match fs::read(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            now => now.map_err(|error| Failure::io(&error, "read", name))?,
        };
        if now == text.as_bytes() {
            output::replace(name, &mended)?;
            total += count;
        }
    }
    if total > 0 {
        let what = if total == 1 { "1 fault was".to_owned() } else { format!("{total} faults were") };
        output
            .note(&format!("note: {what} mended in {}", whichrole::text::quoted_whole(&input::shown(&config.config))));
    }
    Ok(total > 0)
}
