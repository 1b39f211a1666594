//! How answers look to people.

pub mod explain;
pub mod github;
pub mod lint;
pub mod junit;
pub mod markdown;
mod style;
pub mod sarif;
pub mod suite;
pub mod tap;
