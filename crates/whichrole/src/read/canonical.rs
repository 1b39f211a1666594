//! What was read, as API JSON in a stable order. It can be read again.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::definition::{Configuration, Definition};
use super::problem::Problem;
use crate::pool::{Group, MappingRule, RoleMapping, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};
use crate::text;

/// Definitions as canonical API JSON: one object for one pool, a list for several.
#[derive(Debug)]
pub struct Canonical<'c> {
    configuration: &'c Configuration,
    definitions: &'c [Definition],
}

/// Prepares definitions of a configuration to be serialized as API JSON.
#[must_use]
pub fn canonical<'c>(configuration: &'c Configuration, definitions: &'c [Definition]) -> Canonical<'c> {
    Canonical { configuration, definitions }
}

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = |definition| Document { configuration: self.configuration, definition };
        match self.definitions {
            [only] => document(only).serialize(serializer),
            [] => document(&Definition::default()).serialize(serializer),
            several => {
                let mut list = serializer.serialize_seq(Some(several.len()))?;
                for definition in several {
                    list.serialize_element(&document(definition))?;
                }
                list.end()
            }
        }
    }
}

struct Document<'d> {
    configuration: &'d Configuration,
    definition: &'d Definition,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pool = &self.definition.pool;
        let mut map = serializer.serialize_map(None)?;
        if let Some(id) = &pool.id {
            map.serialize_entry("IdentityPoolId", id)?;
        }
        for (name, value) in [
            ("AllowUnauthenticatedIdentities", pool.allow_unauthenticated_identities),
            ("AllowClassicFlow", pool.allow_classic_flow),
        ] {
            if let Some(value) = value {
                map.serialize_entry(name, &value)?;
            }
        }
        if let Some(reference) = &pool.guests_depend_on {
            map.serialize_entry("AllowUnauthenticatedIdentities", reference)?;
        }
        if let Some(providers) = &pool.providers {
            let providers: Vec<_> = providers
                .iter()
                .map(|provider| Provider {
                    provider_name: provider.provider_name.as_str(),
                    client_id: provider.client_id.as_deref(),
                })
                .collect();
            map.serialize_entry("CognitoIdentityProviders", &providers)?;
        }
        write_other_providers(&pool.other_providers, &mut map)?;
        let roles: BTreeMap<&str, &str> =
            [("authenticated", &pool.roles.authenticated), ("unauthenticated", &pool.roles.unauthenticated)]
                .into_iter()
                .filter_map(|(name, role)| Some((name, role.as_ref()?.as_str())))
                .collect();
        map.serialize_entry("Roles", &roles)?;
        map.serialize_entry("RoleMappings", &Mappings(&pool.role_mappings))?;
        if !pool.principal_tags.is_empty() {
            let maps: Vec<_> = pool
                .principal_tags
                .iter()
                .map(|(key, map)| TagMap {
                    identity_provider_name: key.as_str(),
                    use_defaults: map.use_defaults,
                    principal_tags: &map.tags,
                })
                .collect();
            map.serialize_entry("PrincipalTagMaps", &maps)?;
        }
        if let Some(groups) = &self.definition.groups {
            map.serialize_entry("Groups", &groups.iter().map(WrittenGroup).collect::<Vec<_>>())?;
        }
        map.serialize_entry("Whichrole", &Remarks::of(self.configuration, self.definition))?;
        map.end()
    }
}

fn write_other_providers<M: SerializeMap>(keys: &[ProviderKey], map: &mut M) -> Result<(), M::Error> {
    let of = |kind: ProviderKind| keys.iter().filter(move |key| key.kind() == kind).map(ProviderKey::as_str);
    // A reference may be to a provider of any kind; which list it is in changes nothing when it is read again.
    let oidc: &[ProviderKind] = &[ProviderKind::Oidc, ProviderKind::UserPool, ProviderKind::Unknown];
    for (name, kinds) in [("OpenIdConnectProviderARNs", oidc), ("SamlProviderARNs", &[ProviderKind::Saml])] {
        let keys: Vec<&str> = kinds.iter().copied().flat_map(of).collect();
        if !keys.is_empty() {
            map.serialize_entry(name, &keys)?;
        }
    }
    let social: BTreeMap<&str, &str> = [
        ProviderKind::Google,
        ProviderKind::Facebook,
        ProviderKind::Amazon,
        ProviderKind::Apple,
        ProviderKind::Twitter,
    ]
    .into_iter()
    .flat_map(of)
    .map(|key| (key, ""))
    .collect();
    if !social.is_empty() {
        map.serialize_entry("SupportedLoginProviders", &social)?;
    }
    if let Some(key) = of(ProviderKind::Developer).next() {
        map.serialize_entry("DeveloperProviderName", key)?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Provider<'d> {
    provider_name: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'d str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TagMap<'d> {
    identity_provider_name: &'d str,
    use_defaults: bool,
    principal_tags: &'d BTreeMap<String, String>,
}

struct WrittenGroup<'d>(&'d Group);

impl Serialize for WrittenGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("GroupName", &self.0.name)?;
        if let Some(user_pool) = &self.0.user_pool {
            map.serialize_entry("UserPoolId", user_pool.user_pool_id())?;
        }
        if let Some(role) = &self.0.role_arn {
            map.serialize_entry("RoleArn", role)?;
        }
        if let Some(precedence) = self.0.precedence {
            map.serialize_entry("Precedence", &precedence)?;
        }
        map.end()
    }
}

struct Mappings<'d>(&'d BTreeMap<ProviderKey, RoleMapping>);

impl Serialize for Mappings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, mapping)| (key.as_str(), Mapping(mapping))))
    }
}

struct Mapping<'d>(&'d RoleMapping);

impl Serialize for Mapping<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let rules = match &self.0.mapping_type {
            RoleMappingType::Token => None,
            RoleMappingType::Rules(rules) => Some(rules),
        };
        map.serialize_entry("Type", if rules.is_some() { "Rules" } else { "Token" })?;
        if let Some(resolution) = self.0.ambiguous_role_resolution {
            map.serialize_entry("AmbiguousRoleResolution", resolution.name())?;
        }
        if let Some(rules) = rules {
            let rules: Vec<_> = rules.iter().map(Rule::of).collect();
            map.serialize_entry("RulesConfiguration", &BTreeMap::from([("Rules", rules)]))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rule<'d> {
    claim: &'d str,
    match_type: &'d str,
    value: &'d str,
    #[serde(rename = "RoleARN")]
    role: &'d str,
}

impl<'d> Rule<'d> {
    fn of(rule: &'d MappingRule) -> Self {
        Self {
            claim: &rule.claim,
            match_type: rule.match_type.name(),
            value: &rule.value,
            role: rule.role_arn.as_str(),
        }
    }
}

/// What a reader of the output should know besides: it has no part when the output is read again.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remarks<'d> {
    /// References that only the deployment can resolve.
    symbolic: Vec<&'d str>,
    /// Values that must be known and are not.
    unresolved: Vec<Remark>,
    /// What was passed over, and other notes.
    notes: Vec<Remark>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remark {
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    message: String,
}

impl<'d> Remarks<'d> {
    fn of(configuration: &'d Configuration, definition: &'d Definition) -> Self {
        let pool = &definition.pool;
        let roles = pool
            .role_mappings
            .values()
            .flat_map(RoleMapping::mapping_rules)
            .map(|rule| &rule.role_arn)
            .chain(pool.roles.authenticated.as_ref())
            .chain(pool.roles.unauthenticated.as_ref())
            .chain(definition.groups.iter().flatten().filter_map(|group| group.role_arn.as_ref()))
            .filter(|role| role.is_symbolic())
            .map(crate::RoleArn::as_str);
        let providers = pool
            .role_mappings
            .keys()
            .chain(pool.principal_tags.keys())
            .filter(|key| key.is_symbolic())
            .map(ProviderKey::as_str);
        let mut symbolic: Vec<&str> = roles.chain(providers).collect();
        symbolic.sort_unstable();
        symbolic.dedup();
        let remark = |problem: &Problem| Remark {
            place: problem.at.map(|at| {
                let name = at.name_in(&configuration.names).unwrap_or_default();
                format!("{}:{}:{}", text::visible(name), at.line(), at.column())
            }),
            message: problem.message.clone(),
        };
        Self {
            symbolic,
            unresolved: configuration.problems.iter().chain(&definition.unknown_guests).map(remark).collect(),
            notes: configuration.notes.iter().map(remark).collect(),
        }
    }
}
