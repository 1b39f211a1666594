//! Roles, user pools, clients and identity providers of a program or a state, for lint.

use std::collections::BTreeSet;

use super::super::cloudformation::surroundings::text;
use super::super::definition::Drafts;
use super::super::node::{Node, Value};
use super::super::policy;
use super::super::shape::field;
use super::super::surroundings::{Attribute, Role, RoleName, UserPool, UserPoolClient};
use super::Resource;
use crate::json::JsonLimits;

/// Adds what stands around the pools; identity providers come last, when the user pools are known.
pub(super) fn build(resources: &[Resource], limits: &JsonLimits, drafts: &mut Drafts) {
    for resource in resources {
        let reference = |property: &str| format!("${{{}.{property}}}", resource.name);
        let literal = |property: &str| field(&resource.properties, property).and_then(Node::as_text).map(str::to_owned);
        let ids = || vec![reference("id"), resource.id.clone()];
        let around = &mut drafts.surroundings;
        match resource.kind.as_str() {
            "Role" => {
                let trust = field(&resource.properties, "assumeRolePolicy");
                let names = [Some(reference("name")), Some(reference("id")), literal("name")];
                around.add_role(Role {
                    label: resource.name.clone(),
                    arns: [Some(reference("arn")), literal("arn")].into_iter().flatten().map(Into::into).collect(),
                    names: names.into_iter().flatten().map(Into::into).collect(),
                    name: RoleName::written(literal("name")),
                    trust: trust.and_then(|trust| policy::document(trust, limits)),
                    at: resource.at,
                });
            }
            "Policy" => around.policies.extend(std::iter::once(reference("arn")).chain(literal("arn"))),
            "UserPool" => around.user_pools.push(UserPool {
                ids: ids(),
                attributes: schema(&resource.properties),
                identity_providers: BTreeSet::new(),
                mapped_attributes: BTreeSet::new(),
                at: resource.at,
            }),
            "UserPoolClient" => around.clients.push(UserPoolClient {
                ids: ids(),
                user_pool: field(&resource.properties, "userPoolId").and_then(text),
                write_attributes: UserPoolClient::writes(field(&resource.properties, "writeAttributes")),
                at: resource.at,
            }),
            _ => {}
        }
    }
    for resource in resources.iter().filter(|resource| resource.kind == "IdentityProvider") {
        let pool = field(&resource.properties, "userPoolId").and_then(text).unwrap_or_default();
        let name = field(&resource.properties, "providerName").and_then(Node::as_text);
        let mapped = field(&resource.properties, "attributeMapping").map(Node::entries).unwrap_or_default();
        for known in drafts.surroundings.user_pools.iter_mut().filter(|known| known.ids.contains(&pool)) {
            known.identity_providers.extend(name.map(str::to_owned));
            known.mapped_attributes.extend(mapped.iter().map(|entry| entry.name.to_string()));
        }
    }
}

/// The attributes of `schemas`; `None` where one is not known. One that does not say whether it can change cannot.
fn schema(properties: &Node) -> Option<Vec<Attribute>> {
    let Some(list) = field(properties, "schemas") else { return Some(Vec::new()) };
    list.elements()
        .iter()
        .map(|attribute| {
            let mutable = match attribute.get("mutable").map(|flag| &flag.value) {
                None | Some(Value::Null) => Some(false),
                Some(Value::Bool(flag)) => Some(*flag),
                Some(_) => return None,
            };
            Some(Attribute::of_schema(attribute.get("name")?.as_text()?, mutable))
        })
        .collect()
}
