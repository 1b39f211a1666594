//! The least that can be done: a loop over rules that someone wrote for these rules only.

use memchr::memmem::Finder;
use whichrole::{Claim, Claims, MappingRule, MatchType};

/// Rules with their claims numbered and their operators resolved.
///
/// It checks no token, knows no open question, treats arrays as `contains-element` does and all other claims that are not text as absent.
#[derive(Debug)]
pub struct ByHand {
    claims: Vec<String>,
    rules: Vec<(usize, Test, String)>,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would make the loop slower")]
enum Test {
    Equals(String),
    NotEqual(String),
    StartsWith(String),
    Contains(Finder<'static>),
}

/// What the token has for a claim.
#[derive(Debug)]
pub enum Slot<'a> {
    /// Nothing to compare with.
    Absent,
    /// Text.
    Text(&'a str),
    /// The text elements of an array.
    Texts(Vec<&'a str>),
}

impl ByHand {
    /// Prepares rules.
    #[must_use]
    pub fn new(rules: &[MappingRule]) -> Self {
        let mut claims: Vec<String> = Vec::new();
        let rules = rules
            .iter()
            .map(|rule| {
                let slot = claims.iter().position(|claim| *claim == rule.claim).unwrap_or_else(|| {
                    claims.push(rule.claim.clone());
                    claims.len() - 1
                });
                let value = rule.value.clone();
                let test = match rule.match_type {
                    MatchType::Equals => Test::Equals(value),
                    MatchType::NotEqual => Test::NotEqual(value),
                    MatchType::StartsWith => Test::StartsWith(value),
                    MatchType::Contains => Test::Contains(Finder::new(value.as_bytes()).into_owned()),
                };
                (slot, test, rule.role_arn.as_str().to_owned())
            })
            .collect();
        Self { claims, rules }
    }

    /// Looks the claims up.
    #[must_use]
    pub fn resolve<'a>(&self, claims: &'a Claims<'_>) -> Vec<Slot<'a>> {
        let slot = |name: &String| match claims.get(name) {
            Some(Claim::Text(text)) => Slot::Text(text),
            Some(Claim::Array(elements)) => Slot::Texts(elements.iter().filter_map(Claim::as_text).collect()),
            _ => Slot::Absent,
        };
        self.claims.iter().map(slot).collect()
    }

    /// The number of the first rule that matches, from 1, and its role.
    #[must_use]
    pub fn decide(&self, slots: &[Slot<'_>]) -> Option<(usize, &str)> {
        let matches = |(slot, test, _): &(usize, Test, String)| match (slots.get(*slot), test) {
            (Some(Slot::Text(text)), Test::Equals(value)) => text == value,
            (Some(Slot::Text(text)), Test::NotEqual(value)) => text != value,
            (Some(Slot::Text(text)), Test::StartsWith(value)) => text.starts_with(value),
            (Some(Slot::Text(text)), Test::Contains(finder)) => finder.find(text.as_bytes()).is_some(),
            (Some(Slot::Texts(texts)), Test::Contains(finder)) => {
                texts.iter().any(|text| finder.find(text.as_bytes()).is_some())
            }
            _ => false,
        };
        let at = self.rules.iter().position(matches)?;
        self.rules.get(at).map(|(_, _, role)| (at + 1, role.as_str()))
    }
}
