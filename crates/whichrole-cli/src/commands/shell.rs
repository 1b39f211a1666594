//! `whichrole completions` and `whichrole man`.

use std::path::Path;
use std::{fs, io};

use clap::CommandFactory as _;

use crate::args::Args;
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;

pub fn completions(shell: clap_complete::Shell, output: &mut Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "whichrole", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end());
    Exit::Yes
}

pub fn man(folder: &Path) -> Result<Exit> {
    let shown = folder.to_string_lossy();
    fs::create_dir_all(folder).map_err(|error| Failure::io(&error, "make", &shown))?;
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    pages(command, folder).map_err(|error| Failure::io(&error, "write to", &shown))?;
    Ok(Exit::Yes)
}

/// A page for each command below this one and for itself, each written in one piece.
fn pages(command: clap::Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()).cloned() {
        pages(below, folder)?;
    }
    let page = clap_mangen::Man::new(command);
    let mut text = Vec::new();
    page.render(&mut text)?;
    fs::write(folder.join(page.get_filename()), text)
}
