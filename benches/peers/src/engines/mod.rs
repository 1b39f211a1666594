//! Policy engines, each with the rules written in its own language.

mod casbin;
mod cedar;
mod cel;
mod naive;
mod regorus;
mod rhai;

pub use self::casbin::Casbin;
pub use self::cedar::Cedar;
pub use self::cel::Cel;
pub use self::naive::Naive;
pub use self::regorus::{Interpreter, Machine};
pub use self::rhai::Rhai;

use crate::rules::Rules;

/// A policy engine with its policy loaded.
pub trait Engine {
    /// What the engine is asked with.
    type Request<'c>;

    /// Loads the rules.
    fn prepare(rules: &Rules) -> Self;

    /// Builds a request from the texts of the claims that the rules test, in the order of [`Rules::claims`].
    fn request<'c>(&self, texts: &[Option<&'c str>]) -> Self::Request<'c>;

    /// The number of the first rule that matches, from 1; 0 if none does. The request stays as it is; only Rhai wants more than to look.
    fn decide(&mut self, request: &mut Self::Request<'_>) -> usize;
}
