//! A bar for whoever waits at a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// How far a long piece of work is. It is shown on standard error where that is a terminal, and nowhere else.
#[derive(Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Of an input of so many bytes, if that is known: how much was read, how fast, and how long the rest will take.
    pub fn of_bytes(bytes: Option<u64>, output: &Output) -> Self {
        if !output.shows_progress() {
            return Self(None);
        }
        let template = match bytes {
            Some(_) => "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{spinner} {bytes}, {bytes_per_sec}",
        };
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr_with_hz(10));
        // The templates are ours, and one that could not be read would only look different.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("##-"));
        bar.enable_steady_tick(Duration::from_millis(500));
        Self(Some(bar))
    }

    /// So much is done.
    pub fn at(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done);
        }
    }

    /// Nothing is left to wait for; the bar goes away.
    pub fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
