//! What clap has to say: help and version as they are, usage errors as every other error.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use whichrole::text;

use crate::failure::{Exit, Failure};
use crate::output::Output;

/// Whether errors are wanted as JSON, on a command line that was not understood.
pub fn wants_json(words: &[OsString]) -> bool {
    words.windows(2).any(|pair| matches!(pair, [option, value] if option == "--format" && value == "json"))
        || words.iter().any(|word| word == "--format=json")
}

/// Prints what clap has to say; the exit code is that of a question which could not be answered, unless help was wanted.
pub fn answer(error: clap::Error, json: bool) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print() {
            // A closed pipe is no reason to fail.
            Err(fault) if fault.kind() != std::io::ErrorKind::BrokenPipe => {
                let failure = Failure::io(&fault, "write", "standard output");
                Output::early().failure(&failure, false);
                ExitCode::from(failure.exit as u8)
            }
            _ => ExitCode::SUCCESS,
        };
    }
    let error = presentable(error);
    if json {
        Output::early().failure(&Failure::new("usage", message(&error)), true);
    } else {
        let _ = error.print();
    }
    ExitCode::from(Exit::CouldNotAnswer as u8)
}

/// The error with the words of the command line made visible, and without tips that repeat them as they are.
fn presentable(mut error: clap::Error) -> clap::Error {
    let plain = |word: &str| {
        let quoted = text::quoted(word);
        quoted.trim_matches('`').to_owned()
    };
    let written: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(word) => Some((kind, ContextValue::String(plain(word)))),
            ContextValue::Strings(words) if kind == ContextKind::InvalidArg => {
                Some((kind, ContextValue::Strings(words.iter().map(|word| plain(word)).collect())))
            }
            _ => None,
        })
        .filter(|(kind, value)| error.get(*kind) != Some(value))
        .collect();
    if !written.is_empty() {
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in written {
        error.insert(kind, value);
    }
    error
}

/// The first paragraph, in one line.
fn message(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "no command is given; `--help` lists them".to_owned();
    }
    let rendered = error.render().to_string();
    let paragraph: Vec<&str> = rendered.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let paragraph = paragraph.join(" ");
    text::visible(paragraph.strip_prefix("error: ").unwrap_or(&paragraph))
}
