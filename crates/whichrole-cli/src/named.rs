//! Adds to a folder's files those of its inner folders that its templates name: nested stacks, and what Serverless brings in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use whichrole::read::{ReadOptions, Source, named_files};
use whichrole::text;

use crate::failure::{Failure, Result};
use crate::input::{CONFIG_FILES, check_depth, file, inside, shown};

/// Adds every file that a template here names and that is inside the folder, whose name all names begin with; and what those name in turn.
/// `open` gives the text of a file inside by its path from the folder, or nothing where there is none.
pub fn add(
    sources: &mut Vec<Source>,
    folder: &str,
    options: &ReadOptions,
    mut open: impl FnMut(&str) -> Result<Option<String>>,
) -> Result<()> {
    let mut known: BTreeSet<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut next = 0;
    while let Some(source) = sources.get(next) {
        next += 1;
        for names in named_files(source, options) {
            for name in names {
                if known.contains(&name) {
                    break;
                }
                let Some(path) = name.strip_prefix(folder).filter(|path| inside(path).is_some()) else { continue };
                check_depth(Path::new(&name), path.matches('/').count().saturating_sub(1))?;
                let Some(text) = open(path)? else { continue };
                if sources.len() == CONFIG_FILES {
                    let message = format!("{} has more than {CONFIG_FILES} files in it", text::quoted_whole(folder));
                    return Err(Failure::new("too-many-files", message));
                }
                known.insert(name.clone());
                sources.push(Source { name, text });
                break;
            }
        }
    }
    Ok(())
}

/// The text of a file inside a folder, or nothing where there is none. Links are refused: what they lead to may be anywhere.
pub fn open(folder: &Path, path: &str, limit: usize) -> Result<Option<String>> {
    let mut full = folder.to_owned();
    for part in Path::new(path) {
        full.push(part);
        let name = shown(full.as_os_str());
        match fs::symlink_metadata(&full) {
            Ok(metadata) if metadata.is_symlink() => {
                let message =
                    format!("{} is a symbolic link, and a template names what it leads to", text::quoted_whole(&name));
                return Err(Failure::new("not-a-regular-file", message));
            }
            Ok(_) => {}
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(Failure::io(&error, "read", &name)),
        }
    }
    if !full.is_file() {
        return Ok(None);
    }
    file(&full, limit).map(Some)
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}
