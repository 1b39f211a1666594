//! A bar on stderr for runs that take a while, where somebody watches.

use std::env;
use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Global;

/// A run that is shorter shows nothing.
const DELAY: Duration = Duration::from_millis(400);

/// How far something has come. Threads may report at once.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    /// Whether anybody would see it.
    is_wanted: bool,
    is_shown: AtomicBool,
}

/// Whether somebody watches: stderr is a terminal that can go back to the start of a line, and this is no build server.
pub fn is_wanted(global: &Global) -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !global.quiet && !is_set("CI") && !is_dumb
}

impl Progress {
    /// Nothing has been done yet of `count` things, such as `cases`.
    pub fn new(is_wanted: bool, count: usize, things: &str, suite: &str) -> Self {
        let bar = ProgressBar::hidden();
        bar.set_length(u64::try_from(count).unwrap_or(u64::MAX));
        // Plain letters: they are in every locale.
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} [{bar:30}] {human_pos} of {human_len} {msg}, {eta} to go")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(whichrole::text::visible(suite));
        bar.set_message(things.to_owned());
        Self { bar, start: Instant::now(), is_wanted, is_shown: AtomicBool::new(false) }
    }

    /// So many more are done.
    pub fn advance(&self, count: usize) {
        if !self.is_wanted {
            return;
        }
        self.bar.inc(u64::try_from(count).unwrap_or(u64::MAX));
        if self.start.elapsed() > DELAY && !self.is_shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    /// The bar goes away; what is printed next takes its place.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
