//! The command `whichrole`. `commands/` has a file for each verb; everything it decides is decided by the library.

// Tests may cut their own texts.
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod args;
mod commands;
mod counts;
mod failure;
mod git;
mod input;
mod json;
mod lines;
mod named;
mod output;
mod pieces;
mod progress;
mod render;
mod request;
mod settings;
mod snippet;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::failure::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Err(failure) = input::refuse_tokens(&words) {
        Output::early().failure(&failure, usage::wants_json(&words));
        return ExitCode::from(failure.exit as u8);
    }
    let args = match Args::try_parse_from(&words) {
        Ok(args) => args,
        Err(error) => return usage::answer(error, usage::wants_json(&words)),
    };
    let mut output = Output::new(&args.global);
    let outcome = commands::run(&args, &mut output).and_then(|exit| output.finish().map(|()| exit));
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) if failure.is_broken_pipe() => Exit::Yes,
        Err(failure) => {
            output.failure(&failure, args.wants_json());
            failure.exit
        }
    };
    ExitCode::from(if args.global.exit_zero && exit == Exit::No { 0 } else { exit as u8 })
}
