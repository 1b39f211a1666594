//! The logins and the chosen roles that two configurations are compared for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Comparison;
use crate::Evaluator;
use crate::analysis::pairing::counterpart;
use crate::analysis::solve::Fresh;
use crate::analysis::space::{Spot, listed_clients, variants};
use crate::login::is_listed;
use crate::pool::{IdentityPool, MappingRule, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};

impl Comparison<'_> {
    /// The logins to compare. What only one side knows goes to the lists.
    pub(super) fn spots(&self, only_before: &mut Vec<String>, only_after: &mut Vec<String>) -> Vec<Spot> {
        let (old, new) = (self.old.pool(), self.new.pool());
        let old_keys: Vec<&ProviderKey> = old.role_mappings.keys().collect();
        let new_keys: Vec<&ProviderKey> = new.role_mappings.keys().collect();
        let mut pairs: Vec<[ProviderKey; 2]> = Vec::new();
        for (n, (here, there, other, only)) in
            [(&old_keys, &new_keys, self.new, &mut *only_before), (&new_keys, &old_keys, self.old, &mut *only_after)]
                .into_iter()
                .enumerate()
        {
            for key in here {
                match counterpart(key, here, there) {
                    Some(found) if n == 0 => pairs.push([(*key).clone(), found.clone()]),
                    Some(_) => {}
                    None => {
                        only.push(key.as_str().to_owned());
                        // What its tokens get on the other side follows from S3, unless a mapping there may be this one by another name.
                        let could_be_there = there.iter().any(|other| {
                            other.is_symbolic() != key.is_symbolic() && (other.could_be(key) || key.could_be(other))
                        });
                        if knows(other, key) || !could_be_there {
                            pairs.push([(*key).clone(), (*key).clone()]);
                        }
                    }
                }
            }
        }
        let mut spots = Vec::new();
        let spot = |pair: [ProviderKey; 2], given: Vec<(String, String)>| Spot {
            keys: pair.map(Some).to_vec(),
            given,
            user_id: None,
        };
        for pair in &pairs {
            let [a, b] = pair;
            let has_list = listed_clients(old, a).is_some() || listed_clients(new, b).is_some();
            let literal = [a, b].into_iter().filter_map(ProviderKey::client).find(|client| !client.contains("${"));
            // A side that lists its providers refuses the tokens of others (L3), which shows where they say whose they are.
            let refuses = |pool: &IdentityPool, key: &ProviderKey| match (&pool.providers, literal) {
                (Some(listed), Some(client)) => {
                    !pool.role_mappings.contains_key(key) && !is_listed(listed, key, client)
                }
                _ => false,
            };
            if !refuses(old, a) && !refuses(new, b) {
                spots.push(spot(pair.clone(), Vec::new()));
            }
            if let (true, Some(client)) = (has_list && old.providers != new.providers, literal) {
                spots.push(spot(pair.clone(), vec![("aud".to_owned(), client.to_owned())]));
            }
        }
        self.unmapped_spots(&pairs, &mut spots, only_before, only_after);
        let mut spots: Vec<Spot> = spots.into_iter().flat_map(|spot| variants(spot, &self.evaluators())).collect();
        spots.push(Spot { keys: vec![None, None], ..Spot::default() });
        spots
    }

    /// Logins without a mapping on either side (S3): of each listed client, each other provider, and of some other client of a user pool.
    fn unmapped_spots(
        &self,
        pairs: &[[ProviderKey; 2]],
        spots: &mut Vec<Spot>,
        only_before: &mut Vec<String>,
        only_after: &mut Vec<String>,
    ) {
        let mut logins: BTreeMap<String, (ProviderKey, BTreeSet<String>)> = BTreeMap::new();
        for evaluator in self.evaluators() {
            let pool = evaluator.pool();
            for listed in pool.providers.iter().flatten() {
                let key = ProviderKey::of_kind(listed.provider_name.kind(), listed.provider_name.login_key());
                let (_, clients) = logins.entry(key.as_str().to_owned()).or_insert_with(|| (key, BTreeSet::new()));
                clients.extend(listed.client_id.clone());
            }
            let others = pool.other_providers.iter().chain(pool.principal_tags.keys()).chain(pool.role_mappings.keys());
            for key in others {
                let login = ProviderKey::of_kind(key.kind(), key.tag_key());
                logins.entry(login.login_key().to_owned()).or_insert_with(|| (login, BTreeSet::new()));
            }
        }
        // Whether the configurations leave it open who may log in.
        let is_open = self.evaluators().iter().all(|evaluator| evaluator.pool().providers.is_none());
        for (login, (key, mut clients)) in logins {
            let is_paired = pairs.iter().flatten().any(|paired| paired.login_key() == login);
            match (knows(self.old, &key), knows(self.new, &key)) {
                (true, true) => {}
                // A symbolic provider and its literal are one provider, and a mapping on one side only is listed already.
                _ if is_paired => continue,
                (was, _) => {
                    let only = if was { &mut *only_before } else { &mut *only_after };
                    let is_listed = only.iter().any(|listed| ProviderKey::new(listed.as_str()).login_key() == login);
                    let counterpart = self.evaluators().iter().any(|evaluator| {
                        evaluator.provider_keys().iter().any(|other| {
                            let other = ProviderKey::new(other.as_str());
                            other.login_key() != login
                                && other.is_symbolic() != key.is_symbolic()
                                && (other.could_be(&key) || key.could_be(&other))
                        })
                    });
                    if counterpart {
                        continue;
                    }
                    if !is_listed {
                        only.push(key.as_str().to_owned());
                    }
                }
            }
            if key.kind() != ProviderKind::UserPool {
                if !is_paired {
                    spots.push(Spot { keys: vec![Some(key.clone()), Some(key)], ..Spot::default() });
                }
                continue;
            }
            if is_open {
                let mapped: Vec<&str> = pairs.iter().flatten().filter_map(ProviderKey::client).collect();
                clients.insert(format!("another-client-{}", Fresh::unlike(&mapped).legal));
            }
            for client in clients {
                let is_mapped =
                    pairs.iter().flatten().any(|pair| pair.login_key() == login && pair.client() == Some(&client));
                if !is_mapped {
                    // A token cannot bring a reference.
                    let literal = (!client.contains("${")).then_some(client);
                    let given = literal.map(|client| ("aud".to_owned(), client)).into_iter().collect();
                    spots.push(Spot { keys: vec![Some(key.clone()), Some(key.clone())], given, user_id: None });
                }
            }
        }
        let is_mapped = |spot: &Spot| {
            spot.given.is_empty()
                && pairs.iter().any(|pair| spot.keys.first().cloned().flatten().as_ref() == pair.first())
        };
        if is_open && spots.iter().all(is_mapped) {
            // Whoever may log in without a mapping: S3 answers, and does not ask whose login it is.
            let key = ["accounts.google.com", "graph.facebook.com", "www.amazon.com"].map(ProviderKey::new);
            if let Some(key) = key.into_iter().find(|key| !self.evaluators().into_iter().any(|known| knows(known, key)))
            {
                spots.push(Spot { keys: vec![Some(key.clone()), Some(key)], ..Spot::default() });
            }
        }
    }

    /// Whether everything that decides for this login is the same text on both sides.
    pub(super) fn is_untouched(&self, spot: &Spot) -> bool {
        let (old, new) = (self.old.pool(), self.new.pool());
        if !self.same_for_guests {
            return false;
        }
        match spot.keys.as_slice() {
            [Some(a), Some(b)] => {
                self.same_beside_mappings && a == b && old.role_mappings.get(a) == new.role_mappings.get(b)
            }
            _ => true,
        }
    }

    /// The roles that a mapping of rules gives to whoever chooses them under the same conditions on both sides, with the same tags. Of a change of
    /// one rule among very many these are nearly all.
    pub(super) fn chosen_alike(&self, spot: &Spot) -> BTreeSet<&str> {
        let (old, new) = (self.old.pool(), self.new.pool());
        let same_logins = self.same_beside_mappings
            && self.old.semantics() == self.new.semantics()
            && old.providers == new.providers
            && old.other_providers == new.other_providers
            // A login of another client has no mapping, so it gets a default role.
            && (spot.given.is_empty() || old.roles == new.roles);
        let [Some(a), Some(b)] = spot.keys.as_slice() else { return BTreeSet::new() };
        let (Some(a), Some(b)) = (old.role_mappings.get(a), new.role_mappings.get(b).filter(|_| a == b && same_logins))
        else {
            return BTreeSet::new();
        };
        if a.mapping_type == RoleMappingType::Token || b.mapping_type == RoleMappingType::Token {
            return BTreeSet::new();
        }
        let [a, b] = [a, b].map(|mapping| {
            let mut rules: BTreeMap<&str, Vec<&MappingRule>> = BTreeMap::new();
            for rule in mapping.mapping_rules() {
                rules.entry(rule.role_arn.as_str()).or_default().push(rule);
            }
            rules
        });
        a.into_iter().filter(|(role, rules)| b.get(role) == Some(rules)).map(|(role, _)| role).collect()
    }

    /// The roles worth choosing: those that the mappings know, and one that nobody knows.
    pub(super) fn choosable(&self, spot: &Spot) -> BTreeSet<Arc<str>> {
        let mut roles = BTreeSet::from(["arn:aws:iam::111122223333:role/any-other".into()]);
        for (evaluator, key) in self.evaluators().into_iter().zip(&spot.keys) {
            let Some(mapping) = key.as_ref().and_then(|key| evaluator.pool().role_mappings.get(key)) else { continue };
            match &mapping.mapping_type {
                RoleMappingType::Rules(rules) => roles.extend(rules.iter().map(|rule| rule.role_arn.shared_text())),
                RoleMappingType::Token => {
                    let groups = self
                        .known
                        .groups
                        .iter()
                        .filter(|group| spot.keys.iter().flatten().any(|login| group.could_be_of(login)));
                    roles.extend(groups.filter_map(|group| Some(group.role_arn.as_ref()?.shared_text())));
                }
            }
        }
        roles
    }
}

/// Whether a configuration knows a login apart from its mappings.
fn knows(evaluator: &Evaluator, key: &ProviderKey) -> bool {
    evaluator
        .provider_keys()
        .iter()
        .any(|known| ProviderKey::of_kind(key.kind(), known.as_str()).login_key() == key.login_key())
}
