//! The few colours there are. The output strips them where they are not wanted.

use anstream::adapter::strip_str;
use clap::builder::styling::{AnsiColor, Style};

pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const WARN: Style = AnsiColor::Yellow.on_default();
pub const STRONG: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

/// Text in a style. The text itself cannot smuggle styles in.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{}{style:#}", strip_str(text))
}
