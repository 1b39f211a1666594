//! A bar on stderr for whoever waits at a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that is shorter shows nothing.
const DELAY: Duration = Duration::from_millis(400);

/// How far something has come, shown where that is wanted: [`crate::output::Output::shows_progress`]. Threads may report at once; when it is dropped the bar goes away, and what is printed next takes its
/// place.
#[derive(Debug)]
pub struct Progress {
    /// None where nobody would see it.
    bar: Option<ProgressBar>,
    start: Instant,
    is_shown: AtomicBool,
}

impl Progress {
    /// Of an input of so many bytes, if that is known: how much was read, how fast, and how long the rest will take.
    pub fn of_bytes(bytes: Option<u64>, is_wanted: bool) -> Self {
        let template = match bytes {
            Some(_) => "[{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go",
            None => "{bytes}, {bytes_per_sec}",
        };
        Self::new(bytes, template, is_wanted)
    }

    /// Of so many things of a suite, such as `cases`.
    pub fn of_things(count: usize, things: &str, suite: &str, is_wanted: bool) -> Self {
        let template = "{prefix} [{bar:30}] {human_pos} of {human_len} {msg}, {eta} to go";
        let progress = Self::new(Some(u64::try_from(count).unwrap_or(u64::MAX)), template, is_wanted);
        if let Some(bar) = &progress.bar {
            bar.set_prefix(whichrole::text::visible(suite));
            bar.set_message(things.to_owned());
        }
        progress
    }

    fn new(length: Option<u64>, template: &str, is_wanted: bool) -> Self {
        let bar = is_wanted.then(|| {
            let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
            // Plain letters: they are in every locale. A template that could not be read would only look different.
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style.progress_chars("=> ")),
                Err(_) => bar,
            }
        });
        Self { bar, start: Instant::now(), is_shown: AtomicBool::new(false) }
    }

    /// So many more are done.
    pub fn advance(&self, count: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(u64::try_from(count).unwrap_or(u64::MAX));
            self.show(bar);
        }
    }

    /// So much is done in all.
    pub fn at(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            self.show(bar);
        }
    }

    fn show(&self, bar: &ProgressBar) {
        if self.start.elapsed() > DELAY && !self.is_shown.swap(true, Ordering::Relaxed) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
