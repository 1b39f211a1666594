//! What one writes first: `serde_json::Value`, and a claim looked up by name for each rule.

use serde_json::{Map, Value};
use whichrole::MatchType;

use super::Engine;
use crate::rules::Rules;

/// Rules as they were read.
pub struct Naive {
    claims: Vec<String>,
    rules: Vec<(String, MatchType, String)>,
}

impl Engine for Naive {
    type Request<'c> = Value;

    fn prepare(rules: &Rules) -> Self {
        let rule = |rule: &crate::rules::Rule| (rules.claims[rule.slot].clone(), rule.operator, rule.value.clone());
        Self { claims: rules.claims.clone(), rules: rules.rules.iter().map(rule).collect() }
    }

    fn request(&self, texts: &[Option<&str>]) -> Value {
        let members = self.claims.iter().zip(texts).filter_map(|(name, text)| Some((name.clone(), (*text)?.into())));
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn decide(&mut self, request: &mut Value) -> usize {
        let matches = |(claim, operator, value): &(String, MatchType, String)| {
            let Some(text) = request.get(claim).and_then(Value::as_str) else { return false };
            match operator {
                MatchType::Equals => text == value,
                MatchType::NotEqual => text != value,
                MatchType::StartsWith => text.starts_with(value.as_str()),
                MatchType::Contains => text.contains(value.as_str()),
            }
        };
        self.rules.iter().position(matches).map_or(0, |at| at + 1)
    }
}
