//! How answers look to people.

pub mod diff;
pub mod explain;
pub mod github;
pub mod junit;
pub mod markdown;
mod style;
pub mod suite;
pub mod tap;
pub mod who;
