//! What templates say about a pool's roles and app clients: who may assume a role, and which attributes users may change themselves.

use std::collections::BTreeSet;

use super::super::definition::{Definition, Place};
use super::super::node::{Node, Value};
use super::Reading;
use super::provider::reference;
use super::resolve::Resolver;
use super::template::Resource;
use crate::pool::RoleArn;

impl Reading<'_, '_> {
    /// Looks up the roles and clients of every pool in the template that the pool, or its attachment, stands in.
    pub(super) fn surroundings(&mut self) {
        let homes = self.homes.clone();
        for definition in self.drafts.all_named() {
            let Some(number) = homes.get(&definition.name) else { continue };
            let resolver = Resolver::new(self.world, *number);
            trust(resolver, definition);
            clients(resolver, definition);
        }
        // Conditions inside trust policies decide no mapping.
        self.world.take_undecided();
    }
}

fn trust(resolver: Resolver<'_, '_>, definition: &mut Definition) {
    let roles: BTreeSet<RoleArn> = definition.roles().cloned().collect();
    for role in roles {
        let policy = resource(resolver, role.as_str(), "Arn", "AWS::IAM::Role")
            .and_then(|(home, resource)| Some(home.resolve(resource.property("AssumeRolePolicyDocument")?)));
        if let Some(policy) = policy {
            definition.trust.insert(role, policy);
        }
    }
}

fn clients(resolver: Resolver<'_, '_>, definition: &mut Definition) {
    let listed = definition.pool.providers.iter().flatten().filter_map(|provider| provider.client_id.as_deref());
    let mapped = definition.pool.role_mappings.keys().filter_map(|key| key.client());
    let ids: BTreeSet<String> = listed.chain(mapped).map(str::to_owned).collect();
    for id in ids {
        let Some((home, resource)) = resource(resolver, &id, "", "AWS::Cognito::UserPoolClient") else { continue };
        let list = resource.property("WriteAttributes").map(|list| home.resolve(list));
        let at = list.as_ref().map_or(resource.at, |list| list.at);
        let names = match list {
            None => None,
            Some(Node { value: Value::List(names), .. }) => {
                Some(names.iter().filter_map(Node::as_text).map(str::to_owned).collect())
            }
            // A list that is not known says nothing.
            Some(_) => continue,
        };
        definition.places.insert(Place::Client(id.clone()), at);
        definition.write_attributes.insert(id, names);
    }
}

/// The resource of this type that a text refers to by this attribute, with the template it stands in.
fn resource<'w, 'n>(
    resolver: Resolver<'w, 'n>,
    text: &str,
    attribute: &str,
    kind: &str,
) -> Option<(Resolver<'w, 'n>, &'w Resource<'n>)> {
    let (name, "") = reference(text)? else { return None };
    let (id, found) = name.rsplit_once('.').unwrap_or((name, ""));
    let (number, id) = resolver.home_of(id)?;
    // Several pools may share a role, so the work is paid for.
    let home = Resolver { led: true, ..Resolver::new(resolver.world, number) };
    let resource = home.template()?.resources.get(id)?;
    (found == attribute && resource.kind == kind).then_some((home, resource))
}
