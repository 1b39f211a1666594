//! `whichrole decode`: the likely causes of Cognito's opaque messages.

use whichrole::messages::{Match, causes};

use crate::args::Args;
use crate::failure::{Exit, Failure, Result};
use crate::input;
use crate::json::json;
use crate::output::Output;

/// Bytes of a message, with whatever a tool wrote around it.
const MESSAGE_BYTES: usize = 64 * 1024;

pub fn run(args: &Args, message: &str, output: &mut Output) -> Result<Exit> {
    let matches = match message {
        "-" => causes(&input::file(message, MESSAGE_BYTES)?),
        message => causes(message),
    };
    if matches.is_empty() {
        return Err(Failure::new("unknown-message", "this is none of the messages that whichrole knows"));
    }
    if args.wants_json() {
        output.line(&json(&serde_json::json!({ "matches": matches }))?);
        return Ok(Exit::Yes);
    }
    for (n, Match { message, causes, .. }) in matches.iter().enumerate() {
        if n > 0 {
            output.line("");
        }
        output.text(message);
        for (rank, cause) in causes.iter().enumerate() {
            output.text(&format!("  {}. {} ({})", rank + 1, cause.text, cause.statement));
            output.text(&format!("     {}", cause.check));
        }
    }
    Ok(Exit::Yes)
}
