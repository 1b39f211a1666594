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

/// Compares the snapshot of a suite with what users get now, or writes it.
pub fn check(sound: &Sound, update: bool, entry: &mut Entry) -> Result<()> {
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
        return Ok(());
    }
    let Some(before) = before else {
        return Err(Failure::new(
            "no-snapshot",
            format!("{} is missing; `--update` writes it", whichrole::text::quoted(&path)),
        ));
    };
    let changes = sound
        .plan
        .snapshot_changes(&before)
        .map_err(|why| Failure::new("no-snapshot", format!("{}: {why}", whichrole::text::quoted(&path))))?;
    if !changes.is_empty() {
        entry.status = Status::Fail;
        entry.notes.push(format!("{} of the rows changed; if that is right, run with `--update`", changes.len()));
    }
    for change in changes {
        let row = |row: Option<String>| row.map_or_else(|| "no such user".to_owned(), |row| row.replace('\t', "  "));
        entry.mismatches.push(Mismatch {
            what: "snapshot",
            expected: format!("{}  {}", change.user, row(change.before)),
            got: format!("{}  {}", change.user, row(change.after)),
        });
    }
    Ok(())
}
