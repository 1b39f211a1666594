//! `whichrole test --init CONFIG`: writes a first suite.

use std::ffi::OsStr;
use std::path::{Component, Path};

use whichrole::read::ReadOptions;
use whichrole::suite;

use crate::args::{Args, TestArgs};
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
    let loaded = Loaded::of(config, &ReadOptions::default())?;
    let definition = loaded.definition(asked.pool.as_deref(), output)?;
    let path = from_folder_of(args.global.output.as_deref(), config);
    let text = suite::init(definition, &path, asked.pool.as_deref());
    output.line(text.trim_end())?;
    Ok(Exit::Yes)
}

/// The configuration's path from where the suite will stand.
fn from_folder_of(suite: Option<&OsStr>, config: &str) -> String {
    let folder = suite.and_then(|suite| Path::new(suite).parent()).filter(|folder| !folder.as_os_str().is_empty());
    let Some(folder) = folder.filter(|_| !Path::new(config).is_absolute()) else { return config.to_owned() };
    let parts: Vec<Component<'_>> = folder.components().filter(|part| *part != Component::CurDir).collect();
    if parts.iter().all(|part| matches!(part, Component::Normal(_))) {
        let mut config: Vec<Component<'_>> =
            Path::new(config).components().filter(|part| *part != Component::CurDir).collect();
        let shared = parts.iter().zip(&config).take_while(|(a, b)| a == b).count();
        config.drain(..shared);
        let up = parts.iter().skip(shared).map(|_| "..".to_owned());
        let down = config.iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
        return up.chain(down).collect::<Vec<_>>().join("/");
    }
    // A way up from the working folder has to be undone by its name, which only the file system knows.
    std::fs::canonicalize(config).map_or_else(|_| config.to_owned(), |path| path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_finds_its_configuration() {
        assert_eq!(from_folder_of(None, "infra/pool.json"), "infra/pool.json");
        assert_eq!(from_folder_of(Some("app.whichrole.yaml".as_ref()), "./pool.json"), "./pool.json");
        assert_eq!(
            from_folder_of(Some("tests/roles/app.whichrole.yaml".as_ref()), "infra/pool.json"),
            "../../infra/pool.json"
        );
        assert_eq!(from_folder_of(Some("infra/app.whichrole.yaml".as_ref()), "infra/pool.json"), "pool.json");
        assert_eq!(from_folder_of(Some("tests/a.yaml".as_ref()), "/pool.json"), "/pool.json");
    }
}
