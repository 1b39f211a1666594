//! The custom resource by which Amplify (Gen 1) sets the roles of a pool whose users are in groups.
//!
//! Its function is the same in all versions: it replaces the default roles and all mappings of the pool, by the two roles it is given and by
//! one mapping for each app client, which goes by the token.

use super::super::node::{Entry, Node, Value};
use super::concat::Concat;
use super::resolve::{Resolver, referred};
use super::resources::CLOUDFORMATION;
use super::template::Resource;
use super::{ATTACHMENT, Decides, Reading};

const CALLOUT: &str = "Custom::LambdaCallout";

/// What sets the roles of a pool in place of its attachment.
pub(super) struct RoleMap<'n> {
    template: usize,
    id: &'n str,
    depends_on: Option<&'n Node>,
}

/// Whether this is Amplify's, by what it is given.
fn sets_roles(resource: &Resource<'_>) -> bool {
    let has = |name: &str| resource.property(name).is_some();
    resource.kind == CALLOUT
        && ["identityPoolId", "userPoolId", "region", "AuthRoleArn", "UnauthRoleArn"].into_iter().all(has)
        && CLIENTS.into_iter().any(has)
}

/// Whether this is the one that puts a pool's id into the trust policies of Amplify's two roles, and does no more.
pub(super) fn sets_trust(resource: &Resource<'_>) -> bool {
    let has = |name: &str| resource.property(name).is_some();
    resource.kind == CALLOUT && ["idpId", "authRoleName", "unauthRoleName"].into_iter().all(has)
}

const CLIENTS: [&str; 2] = ["appClientIDWeb", "appClientID"];

impl<'n> Reading<'_, 'n> {
    /// Reads Amplify's custom resource as the call that it makes.
    pub(super) fn amplify(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if !sets_roles(resource) || !self.is_whole(resource) || !self.exists(resolver, resource, Decides::Mapping) {
            return;
        }
        let at = resource.at;
        let entry = |name: &str, value: Node| Entry { name: name.into(), at: value.at, value };
        let text = |text: &str| Node { value: Value::text(text), at };
        let property = |name: &str| resource.property(name).map(|node| given(resolver, node));
        let roles = [("authenticated", "AuthRoleArn"), ("unauthenticated", "UnauthRoleArn")];
        let roles = roles.into_iter().filter_map(|(kind, name)| Some(entry(kind, property(name)?)));
        let mut mappings: Vec<Entry> = Vec::new();
        for name in CLIENTS {
            let Some(client) = property(name) else { continue };
            let (region, users) = (property("region"), property("userPoolId"));
            let parts = [Some(text("cognito-idp.")), region, Some(text(".amazonaws.com/")), users, Some(text(":"))];
            let mut key = Concat::default();
            for part in parts.iter().flatten().chain([&client]) {
                key.push(part);
            }
            let key = key.node(client.at);
            let is_known =
                |other: &Entry| other.value.get("IdentityProvider").map(|node| &node.value) == Some(&key.value);
            if client.as_text() == Some("") || mappings.iter().any(is_known) {
                continue;
            }
            let fields = [
                entry("IdentityProvider", key),
                entry("Type", text("Token")),
                entry("AmbiguousRoleResolution", text("AuthenticatedRole")),
            ];
            mappings.push(Entry { name: name.into(), at: client.at, value: Node { value: Value::map(fields), at } });
        }
        let map = |entries: Vec<Entry>| Node { value: Value::map(entries), at };
        let mut call = vec![entry("Roles", map(roles.collect())), entry("RoleMappings", map(mappings))];
        call.extend(property("identityPoolId").map(|id| entry("IdentityPoolId", id)));
        let pool = self.attach(resolver, resource, &map(call), &CLOUDFORMATION);
        self.understood.insert((resolver.number(), resource.id.to_owned()));
        let role_map = RoleMap { template: resolver.number(), id: resource.id, depends_on: resource.depends_on };
        self.role_maps.entry(pool).or_insert(role_map);
    }

    /// What sets the roles of a pool after an attachment did, and so replaces it. That a pool's id reaches another template means that the
    /// pool's own is deployed, with the attachment in it.
    pub(super) fn replaced_by(&self, pool: &str, number: usize, attachment: &Resource<'n>) -> Option<&'n str> {
        let map = self.role_maps.get(pool).filter(|_| attachment.kind == ATTACHMENT)?;
        let is_awaited = || {
            let names =
                map.depends_on.into_iter().flat_map(|node| std::slice::from_ref(node).iter().chain(node.elements()));
            names.into_iter().any(|name| name.as_text() == Some(attachment.id))
        };
        let is_after = if map.template == number { is_awaited() } else { self.homes.get(pool) == Some(&number) };
        is_after.then_some(map.id)
    }
}

/// A property's value. Amplify gives its parameters their own names for defaults, which stand for nothing.
fn given(resolver: Resolver<'_, '_>, node: &Node) -> Node {
    let resolved = resolver.resolve(node);
    match referred(node) {
        Some(name) if resolved.as_text() == Some(name) => {
            Node { value: Value::Reference(Box::new(resolver.missing(name))), at: node.at }
        }
        _ => resolved,
    }
}
