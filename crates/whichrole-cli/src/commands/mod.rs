//! A file for each verb.

mod batch;
mod decode;
pub mod diff;
mod eval;
pub mod explain;
pub mod lint;
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
    let own = matches!(args.global.format, None | Some(Format::Text | Format::Json));
    let has_others = match args.command {
        Command::Test(_) => args.global.format != Some(Format::Sarif),
        Command::Lint(_) => matches!(args.global.format, Some(Format::Github | Format::Sarif)),
        Command::Diff(_) => args.global.format == Some(Format::Markdown),
        _ => false,
    };
    if !own && !has_others {
        return Err(Failure::new(
            "usage",
            "this command has no such format; all have `text` and `json`, `diff` also `markdown`, `lint` also `github` and `sarif`, \
             `test` all but `sarif`",
        ));
    }
    match &args.command {
        Command::Eval { config, request } => eval::run(args, config, request, output),
        Command::Explain { config, request, want } => explain::run(args, config, request, want.as_deref(), output),
        Command::Batch(asked) => batch::run(args, asked, output),
        Command::Who { config, role, proof } => who::run(args, config, role.as_deref(), proof, output),
        Command::Diff(asked) => diff::run(args, asked, output),
        Command::Show { config } => show::run(config, output),
        Command::Lint(asked) => lint::run(args, asked, output),
        Command::Test(asked) => test::run(args, asked, output),
        Command::Token(command) => token::run(args, command, output),
        Command::Decode { message } => decode::run(args, message, output),
        Command::Schema { which } => Ok(schema::run(*which, output)),
        Command::Completions { shell } => Ok(shell::completions(*shell, output)),
        Command::Man { folder } => shell::man(folder),
    }
}
