//! Requests with the same answer on both sides that is certain on one of them only.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Comparison, judge, logins};
use crate::Request;
use crate::analysis::solve::Fresh;
use crate::analysis::space::Spot;
use crate::analysis::witness::Witness;
use crate::claims::{Claim, Claims};
use crate::provider::ProviderKey;

/// How many rules' requests are looked at for changes of certainty alone.
const MOST_EXAMPLES: usize = 100;

impl Comparison<'_> {
    /// Requests with the values that rules test, and their like, whose answers agree but for their certainty. The first
    /// [`MOST_EXAMPLES`] of them.
    pub(super) fn certainty(&self, spots: &[Spot]) -> Vec<Change> {
        type Key = (Option<String>, Option<&'static str>, bool);
        let mut found: BTreeMap<Key, Change> = BTreeMap::new();
        let mut left = MOST_EXAMPLES;
        for spot in spots.iter().filter(|spot| !self.is_untouched(spot)) {
            let keys = [spot.keys.first().cloned().flatten(), spot.keys.get(1).cloned().flatten()];
            for claims in self.examples(spot, &mut left) {
                let provider = keys.first().cloned().flatten().map(|key| key.as_str().to_owned());
                let witness = Witness { provider: provider.clone(), claims, custom_role_arn: None };
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
                    found.insert(key, Change { witness, providers, before, after });
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

    /// Requests with the value of each rule of either side: as a text, as an array, in the other letter case; and with another value.
    /// No more than are `left`.
    fn examples(&self, spot: &Spot, left: &mut usize) -> Vec<Claims<'static>> {
        let mut examples: Vec<Claims<'static>> = vec![Claims::default()];
        for (evaluator, key) in self.evaluators().into_iter().zip(&spot.keys) {
            let Some(mapping) = key.as_ref().and_then(|key| evaluator.pool().role_mappings.get(key)) else { continue };
            for rule in mapping.mapping_rules() {
                let Some(less) = left.checked_sub(1) else { return examples };
                *left = less;
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
                for value in values {
                    let mut claims = Claims::default();
                    claims.set(rule.claim.clone(), value);
                    examples.push(claims);
                }
            }
        }
        examples
    }
}
