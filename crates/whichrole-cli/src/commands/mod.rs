//! A file for each verb.

mod batch;
mod decode;
pub mod diff;
mod eval;
mod explain;
mod schema;
mod shell;
mod show;
mod test;
mod token;
mod who;

use crate::args::{Args, Command, Format};
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;

/// Runs the command that was asked for.
pub fn run(args: &Args, output: &mut Output) -> Result<Exit> {
    let is_known = match (args.global.format, &args.command) {
        (None | Some(Format::Text | Format::Json), _) | (_, Command::Test(_)) => true,
        (Some(Format::Markdown), Command::Diff(_)) => true,
        _ => false,
    };
    if !is_known {
        let markdown = if matches!(args.command, Command::Diff(_)) { ", `markdown`" } else { "" };
        let message = format!("this command has no such format; it has `text`{markdown} and `json`");
        return Err(Failure::new("usage", message));
    }
    match &args.command {
        Command::Eval { config, request } => eval::run(args, config, request, output),
        Command::Explain { config, request, want } => explain::run(args, config, request, want.as_deref(), output),
        Command::Batch { config, lines, fields, max_line_bytes, choices } => {
            batch::run(config, lines.as_deref(), fields, *max_line_bytes, choices, output)
        }
        Command::Who { config, role, proof } => who::run(args, config, role.as_deref(), proof, output),
        Command::Diff(asked) => diff::run(args, asked, output),
        Command::Show { config } => show::run(config, output),
        Command::Test(asked) => test::run(args, asked, output),
        Command::Token(command) => token::run(args, command, output),
        Command::Decode { message } => decode::run(args, message, output),
        Command::Schema { which } => schema::run(*which, output),
        Command::Completions { shell } => shell::completions(*shell, output),
        Command::Man { folder } => shell::man(folder),
    }
}
