//! `whichrole decode`: the likely causes of Cognito's opaque messages.

use whichrole::messages::{Match, causes};

use crate::args::Args;
use crate::commands::eval::json;
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;

pub fn run(args: &Args, message: &str, output: &mut Output) -> Result<Exit> {
    let matches = causes(message);
    if matches.is_empty() {
        return Err(Failure::new("unknown-message", "this is none of the messages that whichrole knows"));
    }
    if args.wants_json() {
        output.line(&json(&serde_json::json!({ "matches": matches }))?)?;
        return Ok(Exit::Yes);
    }
    for (n, Match { message, causes, .. }) in matches.iter().enumerate() {
        if n > 0 {
            output.line("")?;
        }
        output.line(message)?;
        for (rank, cause) in causes.iter().enumerate() {
            output.line(&format!("  {}. {} ({})", rank + 1, cause.text, cause.statement))?;
            output.line(&format!("     {}", cause.check))?;
        }
    }
    Ok(Exit::Yes)
}
