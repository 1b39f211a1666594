//! How answers look to people.

pub mod diff;
pub mod explain;
pub mod github;
pub mod json;
pub mod junit;
pub mod lint;
pub mod markdown;
pub mod sarif;
pub mod style;
pub mod suite;
pub mod tap;
pub mod who;
