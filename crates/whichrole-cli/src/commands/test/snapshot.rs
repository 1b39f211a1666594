//! Compares and writes the snapshot beside a suite.

use std::fs;
use std::io;

use crate::commands::test::Sound;
use crate::failure::{Failure, Result};
use crate::input;
use crate::output;
use crate::render::suite::{Entry, Mismatch, Status};

/// Bytes of one snapshot.
const SNAPSHOT_BYTES: usize = 64 * 1024 * 1024;

/// Compares the snapshot of a suite with what users get now, or writes it; says why there is none to compare with.
pub fn check(sound: &Sound, update: bool, entry: &mut Entry) -> Result<Option<String>> {
    let path = format!("{}.snap", sound.path);
    let before = match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::io(&error, "read", &path)),
        Ok(metadata) if metadata.is_file() => Some(input::file(&path, SNAPSHOT_BYTES)?),
        Ok(_) => {
            let message = format!("{} is not a regular file", whichrole::text::quoted(&path));
            return Err(Failure::new("not-a-regular-file", message));
        }
    };
    if update {
        let now = sound.plan.snapshot();
        if before.as_ref() != Some(&now) {
            output::replace(&path, &now)?;
        }
        return Ok(None);
    }
    let shown = whichrole::text::quoted(&path);
    let Some(before) = before else {
        return Ok(Some(format!("{shown} is missing; `--update` writes it")));
    };
    let changes = match sound.plan.snapshot_changes(&before) {
        Ok(changes) => changes,
        Err(why) => return Ok(Some(format!("{shown}: {why}"))),
    };
    if !changes.is_empty() {
        entry.status = Status::Fail;
        entry
            .tell()
            .notes
            .push(format!("{} of the rows changed; if that is right, run with `--update`", changes.len()));
    }
    for change in changes {
        let row = |row: Option<String>| row.map_or_else(|| "no such user".to_owned(), |row| row.replace('\t', "  "));
        entry.tell().mismatches.push(Mismatch {
            what: "snapshot",
            expected: format!("{}  {}", change.user, row(change.before)),
            got: format!("{}  {}", change.user, row(change.after)),
        });
    }
    Ok(None)
}
