//! What the pools of a configuration have in common, indexed once: a configuration may have very many pools, and very much around them.

use std::collections::{BTreeMap, BTreeSet};

use crate::provider::ProviderKey;
use crate::read::{Attribute, Configuration, Role, Surroundings, UserPool, UserPoolClient};

/// The most references of one key that are tried as the name of a user pool.
const MOST_REFERENCES: usize = 8;

pub(super) struct Common<'c> {
    pub(super) around: &'c Surroundings,
    /// References and ids that are something else than the id of the pool at hand.
    pub(super) not_the_pool: BTreeSet<String>,
    /// Roles by their numbers.
    roles: BTreeMap<&'c str, Vec<usize>>,
    /// The first user pool of an id, by its number.
    user_pools: BTreeMap<&'c str, usize>,
    clients: BTreeMap<&'c str, &'c UserPoolClient>,
    /// The clients of a user pool, by what they call it and by their numbers.
    clients_of: BTreeMap<&'c str, Vec<usize>>,
    attributes: BTreeMap<(usize, &'c str), &'c Attribute>,
}

impl<'c> Common<'c> {
    pub(super) fn of(configuration: &'c Configuration) -> Self {
        let around = &configuration.surroundings;
        let mut not_the_pool = around.not_identity_pools();
        not_the_pool.extend(configuration.definitions.iter().filter_map(|definition| definition.pool.id.clone()));
        let mut roles: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, role) in around.roles().iter().enumerate() {
            roles.entry(role.label.as_str()).or_default().push(number);
        }
        let (mut user_pools, mut attributes) = (BTreeMap::new(), BTreeMap::new());
        for (number, pool) in around.user_pools.iter().enumerate() {
            for id in &pool.ids {
                user_pools.entry(id.as_str()).or_insert(number);
            }
            for attribute in pool.attributes.iter().flatten() {
                attributes.entry((number, attribute.name.as_str())).or_insert(attribute);
            }
        }
        let (mut clients, mut clients_of) = (BTreeMap::new(), BTreeMap::new());
        for (number, client) in around.clients.iter().enumerate() {
            for id in &client.ids {
                clients.entry(id.as_str()).or_insert(client);
            }
            if let Some(pool) = &client.user_pool {
                clients_of.entry(pool.as_str()).or_insert_with(Vec::new).push(number);
            }
        }
        Self { around, not_the_pool, roles, user_pools, clients, clients_of, attributes }
    }

    /// The roles of these labels, in their own order.
    pub(super) fn roles<'l>(&self, labels: impl IntoIterator<Item = &'l str>) -> Vec<&'c Role> {
        let numbers: BTreeSet<usize> =
            labels.into_iter().filter_map(|label| self.roles.get(label)).flatten().copied().collect();
        numbers.into_iter().filter_map(|number| self.around.roles().get(number)).collect()
    }

    /// Whether this is the id of a user pool, or refers to one.
    pub(super) fn is_user_pool(&self, id: &str) -> bool {
        self.user_pools.contains_key(id)
    }

    /// The client that a reference names.
    pub(super) fn client(&self, id: &str) -> Option<&'c UserPoolClient> {
        self.clients.get(id).copied()
    }

    /// The clients of a user pool, in their order.
    pub(super) fn clients_of(&self, pool: &UserPool) -> Vec<&'c UserPoolClient> {
        let numbers: BTreeSet<usize> =
            pool.ids.iter().filter_map(|id| self.clients_of.get(id.as_str())).flatten().copied().collect();
        numbers.into_iter().filter_map(|number| self.around.clients.get(number)).collect()
    }

    /// The user pool whose logins a key is for, as [`Surroundings::user_pool_of`] finds it.
    pub(super) fn user_pool_of(&self, key: &ProviderKey) -> Option<&'c UserPool> {
        self.number_of(key).and_then(|number| self.around.user_pools.get(number))
    }

    /// An attribute of that user pool's schema.
    pub(super) fn attribute(&self, key: &ProviderKey, name: &str) -> Option<&'c Attribute> {
        self.attributes.get(&(self.number_of(key)?, name)).copied()
    }

    fn number_of(&self, key: &ProviderKey) -> Option<usize> {
        let login = key.login_key();
        let number = |id: &str| self.user_pools.get(id).copied();
        let literal = login.match_indices('/').filter_map(|(at, _)| number(login.get(at + 1..)?));
        let ends = [".ProviderName}", ".endpoint}"].into_iter().flat_map(|end| login.match_indices(end));
        let stems = ends.filter_map(|(end, _)| login.get(..end)).flat_map(|before| {
            let starts = before.rmatch_indices("${").take(MOST_REFERENCES);
            starts.filter_map(move |(start, _)| before.get(start + 2..))
        });
        let symbolic = stems.flat_map(|stem| {
            let plain = stem.strip_suffix(".id").is_none().then(|| number(&format!("${{{stem}}}"))).flatten();
            plain.into_iter().chain(number(&format!("${{{stem}.id}}")))
        });
        let by_client = || number(self.client(key.client()?)?.user_pool.as_deref()?);
        literal.chain(symbolic).min().or_else(by_client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Position, WriteAttributes};

    #[test]
    fn the_index_finds_what_a_search_finds() {
        let at = Position::new(0, 1, 1);
        let mut configuration = Configuration::default();
        let around = &mut configuration.surroundings;
        let pools =
            [["${A}", "${t:A}"], ["${aws_user_pool.b.id}", "us-east-1_B"], ["${A}", "us-east-1_C"], ["x/y", "z"]];
        around.user_pools = pools
            .map(|ids| UserPool {
                ids: ids.map(str::to_owned).to_vec(),
                attributes: None,
                identity_providers: BTreeSet::new(),
                mapped_attributes: BTreeSet::new(),
                at,
            })
            .to_vec();
        let clients = [("${C}", Some("us-east-1_C")), ("c2", Some("${A}")), ("c3", None), ("c4", Some("nowhere"))];
        around.clients = clients
            .map(|(id, pool)| UserPoolClient {
                ids: vec![id.to_owned()],
                user_pool: pool.map(str::to_owned),
                write_attributes: WriteAttributes::All,
                at,
            })
            .to_vec();
        let common = Common::of(&configuration);
        for key in [
            "${A.ProviderName}:${C}",
            "cognito-idp.${AWS::Region}.amazonaws.com/${A}:c2",
            "cognito-idp.us-east-1.amazonaws.com/us-east-1_B:c",
            "cognito-idp.us-east-1.amazonaws.com/us-east-1_C:c",
            "cognito-idp.us-east-1.amazonaws.com/us-east-1_D:${C}",
            "${aws_user_pool.b.endpoint}:c",
            "${aws_user_pool.b.id.endpoint}:c",
            "${t:A.ProviderName}:c",
            "${X${A.ProviderName}:c",
            "cognito-idp.us-east-1.amazonaws.com/x/y:c",
            "${B.ProviderName}:c2",
            "${B.ProviderName}:c3",
            "${B.ProviderName}:c4",
            "accounts.google.com",
        ] {
            let key = ProviderKey::new(key);
            assert_eq!(common.user_pool_of(&key), configuration.surroundings.user_pool_of(&key), "{}", key.as_str());
        }
    }
}
