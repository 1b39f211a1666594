//! Configurations of another revision: `git:REVISION:PATH`, read with `git cat-file`, which runs no filters and changes nothing.

use std::ffi::OsStr;
use std::process::Command;

use whichrole::read::Source;
use whichrole::text;

use crate::failure::{Failure, Result};
use crate::input::is_configuration;

/// The most files of one folder.
const FILES: usize = 10_000;

/// The revision and the path of `git:REVISION:PATH`.
pub fn parse(config: &OsStr) -> Option<(&str, &str)> {
    config.to_str()?.strip_prefix("git:")?.split_once(':')
}

/// The texts of a file or folder as it was in a revision. The path is relative to the current folder.
pub fn sources(revision: &str, path: &str, limit: usize) -> Result<Vec<Source>> {
    if revision.is_empty() || path.is_empty() || revision.starts_with('-') {
        return Err(Failure::new("usage", "expected `git:REVISION:PATH`, such as `git:main:pool.json`"));
    }
    let path = path.trim_end_matches('/');
    let object = format!("{revision}:./{path}");
    if git(&["cat-file", "-t", &object])? == b"tree\n" {
        return folder(revision, path, limit);
    }
    Ok(vec![file(revision, path, limit)?])
}

fn folder(revision: &str, path: &str, limit: usize) -> Result<Vec<Source>> {
    let listed = git(&["ls-tree", "-r", "-z", "--name-only", &format!("{revision}:./{path}")])?;
    let names = String::from_utf8_lossy(&listed).into_owned();
    let mut sources = Vec::new();
    for inner in names.split('\0').filter(|name| !name.is_empty()) {
        let parts: Vec<&str> = inner.split('/').collect();
        let Some((name, folders)) = parts.split_last() else { continue };
        let is_hidden = parts.iter().any(|part| part.starts_with('.') || *part == "node_modules");
        let in_assembly = folders.last().is_some_and(|folder| folder.starts_with("assembly-"));
        if is_hidden || !is_configuration(name, folders.len(), in_assembly) {
            continue;
        }
        if sources.len() == FILES {
            let message = format!("{} has more than {FILES} files in it", text::quoted_whole(path));
            return Err(Failure::new("too-many-files", message));
        }
        sources.push(file(revision, &format!("{path}/{inner}"), limit)?);
    }
    if sources.is_empty() {
        let message = format!("{} has no configuration files in it", text::quoted_whole(&format!("{revision}:{path}")));
        return Err(Failure::new("no-configuration", message));
    }
    Ok(sources)
}

fn file(revision: &str, path: &str, limit: usize) -> Result<Source> {
    let object = format!("{revision}:./{path}");
    let name = format!("{revision}:{path}");
    let shown = text::quoted_whole(&name);
    let size = String::from_utf8_lossy(&git(&["cat-file", "-s", &object])?).trim().parse::<usize>();
    if size.is_ok_and(|size| size > limit) {
        return Err(Failure::new("too-large", format!("{shown} is larger than {limit} bytes")));
    }
    let bytes = git(&["cat-file", "blob", &object])?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new("not-utf8", format!("{shown} is not UTF-8 text")))?;
    if text.trim().is_empty() {
        return Err(Failure::new("empty", format!("{shown} is empty")));
    }
    Ok(Source { name, text })
}

/// What git prints. Its own words of complaint are about names that the caller gave.
fn git(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new("git").args(["--no-pager", "--no-optional-locks"]).args(arguments).output();
    let output = output.map_err(|error| Failure::io(&error, "run", "git"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or_default();
        let first = first.strip_prefix("fatal: ").unwrap_or(first);
        return Err(Failure::new("git", format!("git: {}", text::visible(first))));
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_and_a_path_are_told_apart() {
        assert_eq!(parse(OsStr::new("git:HEAD~1:infra/pool.json")), Some(("HEAD~1", "infra/pool.json")));
        assert_eq!(parse(OsStr::new("git:pool.json")), None);
        assert_eq!(parse(OsStr::new("pool.json")), None);
        assert!(sources("-x", "pool.json", 10).is_err());
    }
}
