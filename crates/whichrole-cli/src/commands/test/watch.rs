//! `--watch`: runs again whenever a file changes that the last run depended on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::args::{Args, TestArgs};
use crate::failure::{Exit, Result};
use crate::output::Output;

/// How often files are looked at. Looking is cheap, works on every file system, and needs nothing from the system.
const PAUSE: Duration = Duration::from_millis(300);

pub fn run(args: &Args, asked: &TestArgs, output: &mut Output) -> Result<Exit> {
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    loop {
        match super::once(args, asked, output) {
            Ok((_, depended_on)) => files = depended_on,
            // A suite that is being written is faulty most of the time.
            Err(failure) => {
                output.discard();
                output.error(&failure.to_text());
            }
        }
        output.finish()?;
        // After a failure the files of the last good run still tell when to try again; with none, the paths themselves do.
        let paths = if files.is_empty() { asked.paths.iter().map(PathBuf::from).collect() } else { files.clone() };
        let before = stamps(&paths, asked);
        output.note("watching for changes; stop with Ctrl-C");
        while stamps(&paths, asked) == before {
            thread::sleep(PAUSE);
        }
    }
}

/// When each file was last written, and how long it is; suites that appear or go count too.
fn stamps(files: &BTreeSet<PathBuf>, asked: &TestArgs) -> BTreeMap<PathBuf, Option<(SystemTime, u64)>> {
    let suites = super::load::roots(&asked.paths).and_then(|roots| super::load::find(&roots.paths)).unwrap_or_default();
    let all = files.iter().cloned().chain(suites.into_iter().map(PathBuf::from));
    all.map(|path| {
        let stamp = fs::metadata(&path).ok().and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
        (path, stamp)
    })
    .collect()
}
