//! Roles, user pools, clients and identity providers of a template, for lint.

use std::collections::BTreeSet;

use super::super::node::{Node, Value};
use super::super::policy;
use super::super::surroundings::{Attribute, Role, RoleName, UserPool, UserPoolClient};
use super::Reading;
use super::resolve::Resolver;
use super::template::Resource;

impl<'n> Reading<'_, 'n> {
    /// Reads a resource that stands around the pools. What its conditions say is left aside.
    pub(super) fn surroundings(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        let property = |name: &str| resource.property(name).map(|value| resolver.resolve(value));
        // Other templates refer to it with the template's name before it.
        let stem = resolver.template().map_or("", |template| template.stem.as_str());
        // Templates that are read together name each other's resources with the template's name before them.
        let is_alone = resolver.world.templates.len() == 1;
        let called = |what: String| -> Vec<String> {
            let elsewhere = if is_alone { None } else { Some(format!("${{{stem}:{what}}}")) };
            std::iter::once(format!("${{{what}}}")).chain(elsewhere).collect()
        };
        let ids = || called(resource.id.to_owned());
        let attributes_of = |name: &str| called(format!("{}.{name}", resource.id));
        let around = &mut self.drafts.surroundings;
        match resource.kind {
            "AWS::IAM::Role" => {
                let trust = property("AssumeRolePolicyDocument");
                let mut names = ids();
                let declared = property("RoleName");
                let written = declared.as_ref().and_then(Node::as_text).map(str::to_owned);
                names.extend(written.clone());
                let names = names.into_iter().map(Into::into).collect();
                around.add_role(Role {
                    label: resource.id.to_owned(),
                    arns: attributes_of("Arn").into_iter().map(Into::into).collect(),
                    names,
                    name: if declared.is_some() { RoleName::written(written) } else { RoleName::FromLogicalId },
                    trust: trust.and_then(|trust| policy::document(&trust, &self.options.json)),
                    at: resource.at,
                });
            }
            "AWS::IAM::ManagedPolicy" => around.policies.extend(ids().into_iter().chain(attributes_of("PolicyArn"))),
            "AWS::IAM::Policy" => around.policies.extend(ids().into_iter().chain(attributes_of("Id"))),
            "AWS::Cognito::UserPool" => around.user_pools.push(UserPool {
                ids: ids(),
                attributes: property("Schema").and_then(|schema| attributes(&schema, "Name", "Mutable")),
                identity_providers: BTreeSet::new(),
                mapped_attributes: BTreeSet::new(),
                at: resource.at,
            }),
            "AWS::Cognito::UserPoolClient" => around.clients.push(UserPoolClient {
                ids: ids(),
                user_pool: property("UserPoolId").as_ref().and_then(text),
                write_attributes: UserPoolClient::writes(property("WriteAttributes").as_ref()),
                at: resource.at,
            }),
            _ => {}
        }
    }

    /// Adds an identity provider to its user pool, once all of those are known.
    pub(super) fn identity_provider(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if resource.kind != "AWS::Cognito::UserPoolIdentityProvider" {
            return;
        }
        let property = |name: &str| resource.property(name).map(|value| resolver.resolve(value));
        let pool = property("UserPoolId").as_ref().and_then(text).unwrap_or_default();
        let name = property("ProviderName").as_ref().and_then(Node::as_text).map(str::to_owned);
        let mapped = property("AttributeMapping");
        let pools = &mut self.drafts.surroundings.user_pools;
        for known in pools.iter_mut().filter(|known| known.ids.contains(&pool)) {
            known.identity_providers.extend(name.clone());
            known.mapped_attributes.extend(mapped.iter().flat_map(Node::entries).map(|entry| entry.name.to_string()));
        }
    }
}

/// The attributes of a schema; `None` where one is not known.
pub(crate) fn attributes(schema: &Node, name: &str, mutable: &str) -> Option<Vec<Attribute>> {
    schema
        .elements()
        .iter()
        .map(|attribute| {
            let written = attribute.get(name)?.as_text()?;
            let mutable = match attribute.get(mutable).map(|flag| (&flag.value, flag.as_text())) {
                None | Some((Value::Null, _)) => None,
                Some((Value::Bool(flag), _)) => Some(*flag),
                Some((_, Some("true"))) => Some(true),
                Some((_, Some("false"))) => Some(false),
                Some(_) => return None,
            };
            Some(Attribute::of_schema(written, mutable))
        })
        .collect()
}

/// A text, or the reference that stands for it.
pub(crate) fn text(node: &Node) -> Option<String> {
    node.as_written().map(str::to_owned)
}
