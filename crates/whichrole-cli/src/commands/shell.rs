//! `whichrole completions` and `whichrole man`.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;

use crate::args::Args;
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;

pub fn completions(shell: clap_complete::Shell, output: &mut Output) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "whichrole", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Yes)
}

pub fn man(folder: &Path) -> Result<Exit> {
    let shown = folder.to_string_lossy();
    fs::create_dir_all(folder).map_err(|error| Failure::io(&error, "make", &shown))?;
    clap_mangen::generate_to(Args::command(), folder).map_err(|error| Failure::io(&error, "write to", &shown))?;
    Ok(Exit::Yes)
}
