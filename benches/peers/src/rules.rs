//! The rules as everything here but whichrole has them: claims numbered, operators resolved, arrays as `contains-element` does.

use std::borrow::Cow;

use memchr::memmem::Finder;
use whichrole::{MappingRule, MatchType};

/// Rules with their claims numbered.
#[derive(Debug)]
pub struct Rules {
    /// The distinct claims, in the order in which rules first name them.
    pub claims: Vec<String>,
    /// The rules in order.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Which of the claims it tests.
    pub slot: usize,
    /// How.
    pub operator: MatchType,
    /// With what.
    pub value: String,
    /// The role it gives.
    pub role: String,
    finder: Finder<'static>,
}

/// What a token has for a claim.
#[derive(Debug, Clone, Default)]
pub enum Slot<'a> {
    /// Nothing to compare with.
    #[default]
    Absent,
    /// Text: a string, or a number or boolean as written.
    Text(Cow<'a, str>),
    /// The strings of an array.
    Texts(Vec<Cow<'a, str>>),
}

impl Rules {
    /// Prepares rules.
    #[must_use]
    pub fn new(rules: &[MappingRule]) -> Self {
        let mut claims: Vec<String> = Vec::new();
        let rules = rules
            .iter()
            .map(|rule| Rule {
                slot: claims.iter().position(|claim| *claim == rule.claim).unwrap_or_else(|| {
                    claims.push(rule.claim.clone());
                    claims.len() - 1
                }),
                operator: rule.match_type,
                value: rule.value.clone(),
                role: rule.role_arn.0.clone(),
                finder: Finder::new(rule.value.as_bytes()).into_owned(),
            })
            .collect();
        Self { claims, rules }
    }

    /// The number of the first rule that matches, from 1; 0 if none does.
    #[must_use]
    pub fn decide(&self, slots: &[Slot<'_>]) -> usize {
        self.first(|rule| match &slots[rule.slot] {
            Slot::Text(text) => rule.matches_text(text.as_bytes()),
            Slot::Texts(texts) => {
                rule.operator == MatchType::Contains && texts.iter().any(|text| rule.matches_text(text.as_bytes()))
            }
            Slot::Absent => false,
        })
    }

    /// The number of the first rule that passes, from 1; 0 if none does.
    #[inline]
    pub fn first(&self, passes: impl Fn(&Rule) -> bool) -> usize {
        self.rules.iter().position(passes).map_or(0, |at| at + 1)
    }

    /// The role of a rule by its number from 1; nothing for 0.
    #[must_use]
    pub fn role(&self, number: usize) -> &str {
        number.checked_sub(1).map_or("", |at| &self.rules[at].role)
    }
}

impl Rule {
    /// Compares a text with the rule's value.
    #[inline]
    #[must_use]
    pub fn matches_text(&self, text: &[u8]) -> bool {
        match self.operator {
            MatchType::Equals => text == self.value.as_bytes(),
            MatchType::NotEqual => text != self.value.as_bytes(),
            MatchType::StartsWith => text.starts_with(self.value.as_bytes()),
            MatchType::Contains => self.finder.find(text).is_some(),
        }
    }
}
