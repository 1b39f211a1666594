//! How answers look to people.

pub mod explain;
mod style;
