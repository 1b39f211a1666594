//! `whichrole test --init CONFIG`: writes a first suite.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Component, Path};

use whichrole::suite;
use whichrole::text::quoted;

use crate::args::{Args, TestArgs};
use crate::commands::test::load;
use crate::commands::test::retry::quoted_for_shell;
use crate::failure::{Exit, Failure, Result};
use crate::input::Loaded;
use crate::output::Output;

pub fn run(args: &Args, asked: &TestArgs, config: &str, output: &mut Output) -> Result<Exit> {
    if config == "-" {
        return Err(Failure::new(
            "usage",
            "a suite names its configuration by path, so `--init` cannot read standard input",
        ));
    }
    let mut loaded = Loaded::of(config, &asked.read.options()?)?;
    let definition = loaded.definition(asked.pool.as_deref(), output)?;
    if definition.pool.role_mappings.is_empty() {
        // Without a mapping a first suite is about guests alone.
        loaded.refuse_unknown_guests(definition)?;
    }
    let definition = loaded.take(asked.pool.as_deref())?;
    // The files can be large, and nothing is said of them any more.
    drop(loaded);
    let written = args.global.output.as_deref().filter(|path| *path != "-");
    if let Some(suite) = written.filter(|suite| Path::new(suite).exists()) {
        let message = format!("{} is there already; a first suite replaces nothing", quoted(&suite.to_string_lossy()));
        return Err(Failure::new("file-exists", message));
    }
    let path = from_folder_of(written, config);
    let write = if asked.complete { suite::complete } else { suite::init };
    let mut text = write(definition, &path, asked.pool.as_deref());
    if let words @ [_, ..] = asked.read.words().as_slice() {
        let words: Vec<String> = words.iter().map(|word| quoted_for_shell(word)).collect();
        text = text.replacen("version: 1", &format!("# To be run with: {}\nversion: 1", words.join(" ")), 1);
    }
    text.truncate(text.trim_end().len());
    output.document(text);
    hint(written, output);
    Ok(Exit::Yes)
}

/// What somebody who tries this for the first time may not know.
fn hint(written: Option<&OsStr>, output: &Output) {
    match written {
        None if io::stdout().is_terminal() => {
            output.note("note: `-o roles.whichrole.yaml` writes this where `whichrole test` finds it");
        }
        Some(path) if !load::is_suite(&path.to_string_lossy()) => {
            output.note("note: `whichrole test` finds files called `*.whichrole.yaml` only; others have to be named");
        }
        _ => {}
    }
}

/// The configuration's path from where the suite will stand.
fn from_folder_of(suite: Option<&OsStr>, config: &str) -> String {
    let folder = suite.and_then(|suite| Path::new(suite).parent()).filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // An absolute path holds on one machine only, so within the working folder it becomes a relative one.
    let here = std::env::current_dir().unwrap_or_default();
    let config = Path::new(config);
    let config = config.strip_prefix(&here).unwrap_or(config);
    if folder
        .components()
        .chain(config.components())
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return way(folder, config);
    }
    let shown = config.to_string_lossy();
    if config.is_absolute() {
        return shown.into_owned();
    }
    // A way up from the working folder has to be undone by its name, which only the file system knows.
    match (fs::canonicalize(folder), fs::canonicalize(config)) {
        (Ok(folder), Ok(config)) => way(&folder, &config),
        _ => shown.into_owned(),
    }
}

/// The way from a folder to a file, where both begin at the same place and neither leads up.
fn way(folder: &Path, file: &Path) -> String {
    let parts = |path: &'_ Path| -> Vec<String> {
        let named = path.components().filter(|part| matches!(part, Component::Normal(_)));
        named.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (from, to) = (parts(folder), parts(file));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| "..".to_owned());
    let way: Vec<String> = up.chain(to.into_iter().skip(shared)).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_finds_its_configuration() {
        assert_eq!(from_folder_of(None, "infra/pool.json"), "infra/pool.json");
        assert_eq!(from_folder_of(Some("app.whichrole.yaml".as_ref()), "./pool.json"), "pool.json");
        assert_eq!(from_folder_of(Some("tests/a.whichrole.yaml".as_ref()), "tests"), ".");
        let here = std::env::current_dir().unwrap().join("infra/pool.json");
        assert_eq!(
            from_folder_of(Some("tests/a.whichrole.yaml".as_ref()), here.to_str().unwrap()),
            "../infra/pool.json"
        );
        assert_eq!(
            from_folder_of(Some("tests/roles/app.whichrole.yaml".as_ref()), "infra/pool.json"),
            "../../infra/pool.json"
        );
        assert_eq!(from_folder_of(Some("infra/app.whichrole.yaml".as_ref()), "infra/pool.json"), "pool.json");
        assert_eq!(from_folder_of(Some("tests/a.yaml".as_ref()), "/pool.json"), "/pool.json");
    }
}
