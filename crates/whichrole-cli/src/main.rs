//! The command `whichrole`. `commands/` has a file for each verb; everything it decides is decided by the library.

mod args;
mod commands;
mod failure;
mod input;
mod output;
mod render;
mod request;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::failure::{Exit, Failure};
use crate::output::Output;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return failure::usage(&error),
    };
    let mut output = Output::new(&args.global);
    let outcome = commands::run(&args, &mut output).and_then(|exit| output.finish().map(|()| exit));
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) if failure.is_broken_pipe() => Exit::Yes,
        Err(failure) => {
            report(&failure, &args, &mut output);
            failure.exit
        }
    };
    ExitCode::from(if args.global.exit_zero && exit == Exit::No { 0 } else { exit as u8 })
}

/// With `--format json` an error is JSON on stdout; otherwise it goes to stderr, with the lines of the configuration it is about.
fn report(failure: &Failure, args: &Args, output: &mut Output) {
    if args.wants_json() {
        output.discard();
        // If even this cannot be written, the exit code still tells.
        let _ = output.line(&failure.to_json()).and_then(|()| output.finish());
    } else {
        output.error(&failure.to_text());
    }
}
