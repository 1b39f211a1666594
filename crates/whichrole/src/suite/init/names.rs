//! What the tests of a first suite are called: the answer, and what the request is about. Numbers of rules are left to the expectations, for they
//! say nothing to whoever reads only that a test has failed, and change when a rule is added.

use super::First;
use crate::claims::Claim;
use crate::pool::{MappingRule, RoleArn, RoleMappingType};
use crate::suite::coverage::{Item, ItemKind};
use crate::suite::roles;
use crate::suite::witness::Witness;
use crate::text::{quoted, visible};

impl First<'_> {
    /// What the request is about that covers an item, as it follows the answer in the name of a test.
    pub(super) fn about(&self, item: &Item, witness: &Witness) -> String {
        let mapping = self.evaluator.pool().role_mappings.get(&item.provider);
        match &item.kind {
            ItemKind::Rule(number, _) => {
                let rule = mapping.and_then(|mapping| mapping.mapping_rules().get(number.checked_sub(1)?));
                let words =
                    |rule: &MappingRule| format!("if {} {} {}", bare(&rule.claim), rule.match_type, bare(&rule.value));
                rule.map(words).unwrap_or_default()
            }
            ItemKind::Denial if witness.custom_role_arn.is_some() => self.words(witness),
            ItemKind::ClaimAbsent(..) | ItemKind::RoleResolution | ItemKind::Denial => {
                let by_token = mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token);
                let nothing =
                    if by_token { "without a role in the token" } else { "without a claim that a rule reads" };
                nothing.to_owned()
            }
            ItemKind::PreferredRole => "as the preferred role of the token".to_owned(),
            ItemKind::CustomRole => "if the request chooses it".to_owned(),
            ItemKind::Tag(key, claim) => format!("with tag {} of claim {}", bare(key), bare(claim)),
        }
    }

    /// A request in words: `if custom:dept is news and the request chooses Admin`.
    pub(super) fn words(&self, witness: &Witness) -> String {
        let claim = |(name, value): (&str, &Claim<'_>)| {
            let value = match value {
                Claim::Text(text) => bare(text),
                Claim::Array(elements) if elements.iter().all(|element| element.as_text().is_some()) => {
                    let elements: Vec<String> = elements.iter().filter_map(Claim::as_text).map(bare).collect();
                    format!("[{}]", elements.join(", "))
                }
                other => quoted(&other.to_json()),
            };
            format!("{} is {value}", bare(name))
        };
        let mut parts: Vec<String> = witness.claims.iter().map(claim).collect();
        if let Some(role) = &witness.custom_role_arn {
            parts.push(format!("the request chooses {}", self.called(role)));
        }
        match (parts.is_empty(), &witness.provider) {
            (false, _) => format!("if {}", parts.join(" and ")),
            (true, None) => "for a guest".to_owned(),
            (true, Some(_)) => "without any claim".to_owned(),
        }
    }

    /// What a role is called in the name of a test.
    pub(super) fn called(&self, role: &str) -> String {
        let known = &self.target.roles;
        visible(&if known.has(role) {
            known.short_name(role)
        } else {
            roles::called(&RoleArn(role.to_owned())).to_owned()
        })
    }
}

/// A name or value in the name of a test: without quotes where it is a word, so that a shell takes the name for what it is.
pub(super) fn bare(value: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@' | '+');
    let is_short = (1..=64).contains(&value.len());
    if is_short && value.chars().all(is_word) { value.to_owned() } else { quoted(value) }
}
