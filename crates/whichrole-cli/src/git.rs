//! Configurations of another revision: `git:REVISION:PATH`, read with `git cat-file`, which runs no filters and changes nothing.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use whichrole::read::{ReadOptions, Source};
use whichrole::text;

use crate::failure::{Failure, Result};
use crate::input::{self, is_configuration};
use crate::named;

/// The mode of symbolic links.
const LINK: &str = "120000";

/// The folders of a path that are looked at for a submodule.
const FOLDERS: usize = 64;

/// The most files of one folder.
const FILES: usize = 10_000;

/// The revision and the path of `git:REVISION:PATH`.
pub fn parse(config: &OsStr) -> Option<(&str, &str)> {
    config.to_str()?.strip_prefix("git:")?.split_once(':')
}

/// The texts of a file or folder as it was in a revision. The path is relative to the current folder.
pub fn sources(revision: &str, path: &str, options: &ReadOptions) -> Result<Vec<Source>> {
    if revision.is_empty() || path.is_empty() || revision.starts_with('-') {
        return Err(Failure::new("usage", "expected `git:REVISION:PATH`, such as `git:main:pool.json`"));
    }
    let path = path.trim_end_matches('/');
    let object = format!("{revision}:./{path}");
    let kind = git(&["cat-file", "-t", &object]);
    let kind = kind.map_err(|failure| inside_submodule(revision, path).unwrap_or(failure))?;
    if kind == b"tree\n" { folder(revision, path, options) } else { file(revision, path, options.json.bytes) }
}

/// Where a path leads into a submodule: that repository has the files, not this one.
fn inside_submodule(revision: &str, path: &str) -> Option<Failure> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).take(FOLDERS);
    let (module, commit, rest) = ends.filter(|end| *end > 0).find_map(|end| {
        let (module, rest) = path.split_at_checked(end)?;
        let listed = git(&["ls-tree", "-z", revision, "--", module]).ok()?;
        let listed = String::from_utf8_lossy(&listed);
        let (commit, _) = listed.strip_prefix("160000 commit ")?.split_once('\t')?;
        Some((module, commit.to_owned(), rest.trim_start_matches('/')))
    })?;
    let rest = if rest.is_empty() { "." } else { rest };
    let inside = text::quoted_whole(&format!("git:{commit}:{rest}"));
    let module = text::quoted_whole(module);
    let message =
        format!("{module} is a submodule, whose files are in a repository of its own: from there it is {inside}");
    Some(Failure::new("git", message))
}

fn folder(revision: &str, path: &str, options: &ReadOptions) -> Result<Vec<Source>> {
    // Without `--full-tree` git would show only what lies under the name that the current folder has in the repository.
    let listed = git(&["ls-tree", "--full-tree", "-r", "-z", "--long", &format!("{revision}:./{path}")])?;
    let listed = String::from_utf8_lossy(&listed);
    let mut blobs = Vec::new();
    // What templates may name.
    let mut others = BTreeMap::new();
    for (blob, inner) in listed.split('\0').filter_map(Blob::listed) {
        let parts: Vec<&str> = inner.split('/').collect();
        let Some((name, folders)) = parts.split_last() else { continue };
        let is_hidden = parts.iter().any(|part| part.starts_with('.') || *part == "node_modules");
        let in_assembly = folders.last().is_some_and(|folder| folder.starts_with("assembly-"));
        if is_hidden || !is_configuration(name, folders.len(), in_assembly) {
            others.insert(inner.to_owned(), Blob { name: format!("{revision}:{path}/{inner}"), ..blob });
            continue;
        }
        if blobs.len() == FILES {
            let message = format!("{} has more than {FILES} files in it", text::quoted_whole(path));
            return Err(Failure::new("too-many-files", message));
        }
        let blob = Blob { name: format!("{revision}:{path}/{inner}"), ..blob };
        blob.is_no_link()?;
        // As on the disk, an empty file is no part of a configuration.
        if blob.size > 0 {
            blobs.push(blob);
        }
    }
    if blobs.is_empty() {
        let message = format!("{} has no configuration files in it", text::quoted_whole(&format!("{revision}:{path}")));
        return Err(Failure::new("no-configuration", message));
    }
    let limit = options.json.bytes;
    let mut sources = read(blobs, limit)?;
    named::add(&mut sources, &format!("{revision}:{path}/"), options, |inner| {
        let Some(blob) = others.remove(inner) else { return Ok(None) };
        blob.is_no_link()?;
        Ok(read(vec![blob], limit)?.pop().map(|source| source.text))
    })?;
    Ok(sources)
}

fn file(revision: &str, path: &str, limit: usize) -> Result<Vec<Source>> {
    let listed = git(&["ls-tree", "-z", "--long", revision, "--", path])?;
    let name = format!("{revision}:{path}");
    let listed = String::from_utf8_lossy(&listed);
    let (blob, _) = listed.split('\0').find_map(Blob::listed).ok_or_else(|| unreadable(&name))?;
    let blob = Blob { name, ..blob };
    blob.is_no_link()?;
    read(vec![blob], limit)
}

/// A file of a revision.
struct Blob {
    id: String,
    size: usize,
    /// Whether it is a symbolic link, whose text is the path it leads to.
    is_link: bool,
    /// What it goes by in messages.
    name: String,
}

impl Blob {
    /// A line of `git ls-tree --long`, with the path: mode, type, id and size, a tab, and the path. Submodules are no files.
    fn listed(line: &str) -> Option<(Self, &str)> {
        let (about, path) = line.split_once('\t')?;
        let mut words = about.split_ascii_whitespace();
        let (mode, "blob", id, size) = (words.next()?, words.next()?, words.next()?, words.next()?) else {
            return None;
        };
        let (id, size) = (id.to_owned(), size.parse().ok()?);
        Some((Self { id, size, is_link: mode == LINK, name: String::new() }, path))
    }

    fn is_no_link(&self) -> Result<()> {
        if self.is_link {
            let message = format!("{} is a symbolic link; name what it leads to", text::quoted_whole(&self.name));
            return Err(Failure::new("not-a-regular-file", message));
        }
        Ok(())
    }
}

/// Reads files, all through one process: thousands of them would take minutes.
fn read(blobs: Vec<Blob>, limit: usize) -> Result<Vec<Source>> {
    if let Some(large) = blobs.iter().find(|blob| blob.size > limit) {
        let message = format!("{} is larger than {limit} bytes", text::quoted_whole(&large.name));
        return Err(Failure::new("too-large", message));
    }
    let io = |error| Failure::io(&error, "run", "git");
    let mut git = command(&["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(io)?;
    let (Some(mut ask), Some(answer)) = (git.stdin.take(), git.stdout.take()) else { return Ok(Vec::new()) };
    let mut answer = BufReader::new(answer);
    let mut sources = Vec::with_capacity(blobs.len());
    for Blob { id, size, name, .. } in blobs {
        writeln!(ask, "{id}").and_then(|()| ask.flush()).map_err(io)?;
        let mut about = String::new();
        answer.read_line(&mut about).map_err(io)?;
        if about.trim_end() != format!("{id} blob {size}") {
            return Err(unreadable(&name));
        }
        // The line break after it is no part of the file.
        let mut bytes = vec![0; size + 1];
        answer.read_exact(&mut bytes).map_err(io)?;
        bytes.truncate(size);
        let text = input::text_of(bytes, &name)?;
        sources.push(Source { name, text });
    }
    drop(ask);
    git.wait().map_err(io)?;
    Ok(sources)
}

fn unreadable(name: &str) -> Failure {
    Failure::new("git", format!("git cannot read {}", text::quoted_whole(name)))
}

/// A path is a path, whatever it begins with.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"]).args(arguments);
    command
}

/// What git prints. Its own words of complaint are about names that the caller gave.
fn git(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = command(arguments).output().map_err(|error| Failure::io(&error, "run", "git"))?;
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
        assert!(sources("-x", "pool.json", &ReadOptions::default()).is_err());
    }
}
