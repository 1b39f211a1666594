//! What the tests of a first suite are called: the answer, and what the request is about. Numbers of rules are left to the expectations, for they
//! say nothing to whoever reads only that a test has failed, and change when a rule is added.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, First};
use crate::claims::Claim;
use crate::pool::{MappingRule, RoleArn, RoleMappingType};
use crate::suite::coverage::{Item, ItemKind};
use crate::suite::roles;
use crate::text::{quoted_whole, visible};

/// How many characters of a value the name of a test has: all that AWS allows in a rule or in the name of a group.
const SHOWN: usize = 128;

impl First<'_> {
    /// What the request is about that covers an item, as it follows the answer in the name of a test.
    pub(super) fn about(&self, item: &Item, draft: &Draft<'_>) -> String {
        let mapping = self.evaluator.pool().role_mappings.get(&item.provider);
        match &item.kind {
            ItemKind::Rule(number, _) => {
                let rule = mapping.and_then(|mapping| mapping.mapping_rules().get(number.checked_sub(1)?));
                let words =
                    |rule: &MappingRule| format!("if {} {} {}", bare(&rule.claim), rule.match_type, bare(&rule.value));
                rule.map(words).unwrap_or_default()
            }
            ItemKind::Denial if draft.witness.custom_role_arn.is_some() => self.words(draft),
            ItemKind::ClaimAbsent(..) | ItemKind::RoleResolution | ItemKind::Denial => {
                let by_token = mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token);
                let nothing =
                    if by_token { "without a role in the token" } else { "without a claim that a rule reads" };
                nothing.to_owned()
            }
            ItemKind::PreferredRole => match draft.groups.as_slice() {
                [] => "as the preferred role of the token".to_owned(),
                _ => format!("as the preferred role of {}", draft.member_of()),
            },
            ItemKind::CustomRole => match draft.groups.as_slice() {
                [] => self.words(draft),
                _ => format!("if {} chooses it", draft.member_of()),
            },
            ItemKind::Tag(key, claim) => format!("with tag {} of claim {}", bare(key), bare(claim)),
        }
    }

    /// A request in words: `if custom:dept is news and the request chooses Admin`, or `chooses it` where that is the role it gets.
    pub(super) fn words(&self, draft: &Draft<'_>) -> String {
        let witness = &draft.witness;
        let claim = |(name, value): (&str, &Claim<'_>)| {
            let value = match value {
                Claim::Text(text) => bare(text),
                Claim::Array(elements) if elements.iter().all(|element| element.as_text().is_some()) => {
                    let elements: Vec<String> = elements.iter().filter_map(Claim::as_text).map(bare).collect();
                    format!("[{}]", elements.join(", "))
                }
                other => quoted_whole(&shortened(&other.to_json())),
            };
            format!("{} is {value}", bare(name))
        };
        let mut parts: Vec<String> = witness.claims.iter().map(claim).collect();
        if let Some(role) = &witness.custom_role_arn {
            let gets_it = draft.ask(self.evaluator, |answer| answer.decision.role() == Some(role)) == Some(true);
            let chosen = if gets_it { "it".to_owned() } else { self.called(role) };
            parts.push(format!("the request chooses {chosen}"));
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
        visible(&if known.has(role) { known.short_name(role) } else { roles::called(&RoleArn::from(role)).to_owned() })
    }
}

/// The names of tests, all different. Where there are several providers each says whose token it is about, by the user the suite has for it.
pub(super) fn of<'d>(
    drafts: impl IntoIterator<Item = &'d Draft<'d>>,
    users: &BTreeMap<&str, String>,
) -> Vec<Cow<'d, str>> {
    let mut taken = BTreeSet::new();
    // The last number of a name that several would have.
    let mut numbers: BTreeMap<Cow<'d, str>, usize> = BTreeMap::new();
    let name = |draft: &'d Draft<'d>| -> Cow<'d, str> {
        let user = draft.witness.provider.as_ref().and_then(|key| users.get(key.as_str()));
        let name = user.map_or(Cow::from(&draft.name), |user| format!("{} (user {user})", draft.name).into());
        if taken.insert(name.clone()) {
            return name;
        }
        let number = numbers.entry(name.clone()).or_insert(1);
        loop {
            *number += 1;
            let unique = Cow::from(format!("{name} ({number})"));
            if taken.insert(unique.clone()) {
                return unique;
            }
        }
    };
    drafts.into_iter().map(name).collect()
}

/// A name or value in the name of a test: without quotes where it is a word, so that a shell takes the name for what it is.
pub(super) fn bare(value: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@' | '+');
    let is_short = (1..=SHOWN).contains(&value.len());
    if is_short && value.chars().all(is_word) { value.to_owned() } else { quoted_whole(&shortened(value)) }
}

/// The beginning and the end of a long text: values that share the one are often told apart by the other.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= SHOWN {
        return text.to_owned();
    }
    let half = SHOWN / 2;
    let beginning = text.chars().take(half);
    beginning.chain(['…']).chain(text.chars().skip(count - half)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_names_as_a_whole_if_aws_takes_them() {
        let long = "x".repeat(SHOWN);
        assert_eq!(bare(&long), long);
        assert_eq!(bare("a b"), "`a b`");
        let [one, other] = ["1", "2"].map(|end| bare(&format!("{}{long}{end}", "é".repeat(64))));
        assert_eq!(one, format!("`{}…{}1`", "é".repeat(64), "x".repeat(63)));
        assert_ne!(one, other);
    }
}
