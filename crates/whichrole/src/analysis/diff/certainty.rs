//! Requests with the same answer on both sides that is certain on one of them only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Change, Comparison, judge, logins};
use crate::Request;
use crate::analysis::solve::Fresh;
use crate::analysis::space::Spot;
use crate::analysis::witness::Witness;
use crate::claims::{Claim, Claims};
use crate::pool::MappingRule;
use crate::provider::ProviderKey;

/// How many rules' requests are looked at for changes of certainty alone.
const MOST_EXAMPLES: usize = 100;
/// How many bytes of them, for each rule that they are put to.
const MOST_BYTES: usize = 20_000_000;

impl Comparison<'_> {
    /// Requests with the values that rules test, and their like, whose answers agree but for their certainty. The first
    /// [`MOST_EXAMPLES`] of them.
    pub(super) fn certainty(&self, spots: &[Spot]) -> Vec<Change> {
        type Key = (Option<String>, Option<&'static str>, bool);
        let mut found: BTreeMap<Key, Change> = BTreeMap::new();
        let mut left = (MOST_EXAMPLES, MOST_BYTES);
        for spot in spots.iter().filter(|spot| !self.is_untouched(spot)) {
            let keys = [spot.keys.first().cloned().flatten(), spot.keys.get(1).cloned().flatten()];
            let rules = self.examples(spot, &mut left);
            for claims in std::iter::once(Claims::default()).chain(rules.into_iter().flat_map(of_rule)) {
                let provider = keys.first().cloned().flatten().map(|key| key.shared_text());
                let witness = Arc::new(Witness { provider: provider.clone(), claims, custom_role_arn: None });
                let Some(key) = self.differ_in_certainty(&keys, &witness) else { continue };
                let mut providers = BTreeSet::from([provider]);
                if let Some(known) = found.get_mut(&key) {
                    known.providers.append(&mut providers);
                    if witness.cmp_size(&known.witness).is_ge() {
                        continue;
                    }
                    providers.clone_from(&known.providers);
                }
                let [a, b] = &keys;
                if let (Some(before), Some(after)) =
                    (judge(self.old, a.as_ref(), &witness), judge(self.new, b.as_ref(), &witness))
                {
                    found.insert(key, Change { witness: Witness::clone(&witness), providers, before, after });
                }
            }
        }
        found.into_values().collect()
    }

    /// Whether the answers to a request agree but for their certainty: the role or reason, and whether it was certain.
    fn differ_in_certainty(
        &self,
        keys: &[Option<ProviderKey>; 2],
        witness: &Witness,
    ) -> Option<(Option<String>, Option<&'static str>, bool)> {
        let mut certain = Vec::new();
        let mut decisions = Vec::new();
        let [old, new] = self.evaluators();
        let [a, b] = keys;
        let (old_logins, new_logins) =
            (logins(old, a.as_ref(), &witness.claims)?, logins(new, b.as_ref(), &witness.claims)?);
        for (evaluator, logins) in [(old, &old_logins), (new, &new_logins)] {
            let answer = evaluator.answer(&Request::of(logins));
            certain.push(answer.is_certain());
            decisions.push(answer.decision);
        }
        let [before, after] = decisions.as_slice() else { return None };
        let reason = |decision: &crate::Decision<'_>| decision.denial().map(crate::Denial::reason);
        let agree = before.role() == after.role() && reason(before) == reason(after) && before.tags == after.tags;
        (agree && certain.first() != certain.last())
            .then(|| (before.role().map(str::to_owned), reason(before), certain.first() == Some(&true)))
    }

    /// The rules of either side whose values make examples. No more, and of no more bytes, than are `left`.
    fn examples(&self, spot: &Spot, left: &mut (usize, usize)) -> Vec<&MappingRule> {
        let mut examples = Vec::new();
        for (evaluator, key) in self.evaluators().into_iter().zip(&spot.keys) {
            let Some(mapping) = key.as_ref().and_then(|key| evaluator.pool().role_mappings.get(key)) else { continue };
            let rules = mapping.mapping_rules();
            for rule in rules {
                let bytes = left.1.checked_sub(rule.value.len().saturating_mul(rules.len()));
                let (Some(less), Some(bytes)) = (left.0.checked_sub(1), bytes) else { return examples };
                *left = (less, bytes);
                examples.push(rule);
            }
        }
        examples
    }
}

/// Requests with the value of a rule: as a text, as an array, in the other letter case; and with another value.
fn of_rule(rule: &MappingRule) -> impl Iterator<Item = Claims<'static>> {
    let value = &rule.value;
    let upper = value.to_uppercase();
    let other_case = if upper == *value { value.to_lowercase() } else { upper };
    let other = Fresh::unlike(&[value]).legal.to_string();
    let values = [
        Claim::from(value.clone()),
        Claim::from(other_case),
        Claim::from(other.clone()),
        Claim::texts([value.clone()]),
        Claim::texts([other]),
    ];
    values.into_iter().map(|value| {
        let mut claims = Claims::default();
        claims.set(rule.claim.clone(), value);
        claims
    })
}
