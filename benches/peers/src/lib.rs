//! whichrole beside what people would use instead: policy engines for one decision, JSON readers for a file of claims.
//!
//! Everything here gives the same answers as whichrole, which is checked before it is timed, and has been given the best form that its
//! documentation offers: compiled policies, claims already looked up, buffers used again.

pub mod engines;
pub mod lines;
pub mod one_decision;
pub mod readers;
pub mod rules;
pub mod scan;
mod seed;
