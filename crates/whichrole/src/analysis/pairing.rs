//! Which role and which provider of one configuration is which of another: by text, by what was said to be equal, by name where that is
//! unique, and by what a reference may stand for.

use std::collections::{BTreeMap, BTreeSet};

use crate::pool::{Group, IdentityPool, RoleArn};
use crate::provider::{ProviderKey, fits};

/// One configuration: a pool and the groups that are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'p> {
    pub(crate) pool: &'p IdentityPool,
    pub(crate) groups: &'p [Group],
}

/// Two configurations that call one role by one name.
#[derive(Debug)]
pub(crate) struct Paired {
    pub(crate) before: (IdentityPool, Vec<Group>),
    pub(crate) after: (IdentityPool, Vec<Group>),
    /// Reference to literal, where a name decided.
    pub(crate) matched: BTreeMap<String, String>,
}

/// Writes for each reference what it stands for, in both configurations.
pub(crate) fn paired(before: Part<'_>, after: Part<'_>, equal: &[(String, String)]) -> Paired {
    let said =
        |text: &str| equal.iter().fold(text.to_owned(), |text, (reference, literal)| text.replace(reference, literal));
    let before = rewritten(before, &said, &said);
    let after = rewritten(after, &said, &said);
    let roles = |part: &(IdentityPool, Vec<Group>)| super::space::roles_of(&part.0, &part.1);
    let matched = match_by_name(&roles(&before), &roles(&after));
    let named = |text: &str| matched.get(text).cloned().unwrap_or_else(|| text.to_owned());
    let same = |text: &str| text.to_owned();
    let part = |part: &(IdentityPool, Vec<Group>)| rewritten(Part { pool: &part.0, groups: &part.1 }, &named, &same);
    Paired { before: part(&before), after: part(&after), matched }
}

/// Symbolic roles of either side that have the name of exactly one literal role of the other, which has no other namesake.
fn match_by_name(before: &BTreeSet<String>, after: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut matched = BTreeMap::new();
    for (here, there) in [(before, after), (after, before)] {
        let symbolic = || here.iter().filter(|role| role.contains("${") && !there.contains(*role));
        let literal = || there.iter().filter(|role| !role.contains("${") && !here.contains(*role));
        for reference in symbolic() {
            let mut namesakes = literal().filter(|role| is_named(reference, role));
            let (Some(only), None) = (namesakes.next(), namesakes.next()) else { continue };
            if symbolic().filter(|other| is_named(other, only)).count() == 1 {
                matched.insert(reference.clone(), only.clone());
            }
        }
    }
    matched
}

/// Whether a literal role has the name that a reference shows: the same name, or the one that CloudFormation makes of a logical id
/// (`Stack-AdminRole-1A2B3C`).
fn is_named(reference: &str, literal: &str) -> bool {
    let Some(name) = RoleArn::from(literal).role_name().map(str::to_owned) else { return false };
    let Some(shown) = shown_name(reference) else { return false };
    let parts: Vec<&str> = name.split('-').collect();
    name == shown || parts.iter().skip(1).rev().skip(1).any(|part| *part == shown)
}

/// `AdminRole` of `${AdminRole.Arn}`, `admin` of `${aws_iam_role.admin.arn}`, `Admin` of `arn:aws:iam::${AWS::AccountId}:role/Admin`.
fn shown_name(reference: &str) -> Option<&str> {
    if let Some(name) = reference.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next())
        && !name.contains("${")
    {
        return Some(name);
    }
    let inner = reference.strip_prefix("${")?.strip_suffix('}')?;
    let mut parts = inner.split('.');
    match parts.next()? {
        "aws_iam_role" => parts.next(),
        name => Some(name),
    }
}

fn rewritten(
    part: Part<'_>,
    role: &dyn Fn(&str) -> String,
    provider: &dyn Fn(&str) -> String,
) -> (IdentityPool, Vec<Group>) {
    let mut pool = part.pool.clone();
    let arn = |written: &RoleArn| RoleArn(role(written.as_str()));
    let key = |written: &ProviderKey| match provider(written.as_str()) {
        text if text == written.as_str() => written.clone(),
        text if text.contains("${") => ProviderKey::of_kind(written.kind(), text),
        text => ProviderKey::new(text),
    };
    pool.roles.authenticated = pool.roles.authenticated.as_ref().map(arn);
    pool.roles.unauthenticated = pool.roles.unauthenticated.as_ref().map(arn);
    for listed in pool.providers.iter_mut().flatten() {
        listed.provider_name = key(&listed.provider_name);
        listed.client_id = listed.client_id.as_deref().map(provider);
    }
    pool.other_providers = pool.other_providers.iter().map(key).collect();
    pool.principal_tags = pool.principal_tags.iter().map(|(of, map)| (key(of), map.clone())).collect();
    pool.role_mappings = pool
        .role_mappings
        .into_iter()
        .map(|(of, mut mapping)| {
            if let crate::RoleMappingType::Rules(rules) = &mut mapping.mapping_type {
                for rule in rules {
                    rule.role_arn = arn(&rule.role_arn);
                }
            }
            (key(&of), mapping)
        })
        .collect();
    let groups = part.groups.iter().map(|group| Group { role_arn: group.role_arn.as_ref().map(arn), ..group.clone() });
    (pool, groups.collect())
}

/// The key by which the other side knows a mapping: the same text, or the only one that fits it and nothing else here.
pub(crate) fn counterpart<'k>(
    key: &ProviderKey,
    here: &[&ProviderKey],
    there: &[&'k ProviderKey],
) -> Option<&'k ProviderKey> {
    if let Some(same) = there.iter().find(|other| other.as_str() == key.as_str()) {
        return Some(same);
    }
    // One of the two may have references where the other has what they stand for.
    let fits_in = |a: &ProviderKey, b: &ProviderKey| {
        a.could_be(b) && fits(a.client().unwrap_or_default(), b.client().unwrap_or_default())
    };
    let could_be = |a: &ProviderKey, b: &ProviderKey| a.as_str() != b.as_str() && (fits_in(a, b) || fits_in(b, a));
    let free_there = there.iter().filter(|other| !here.iter().any(|known| known.as_str() == other.as_str()));
    let mut fitting = free_there.filter(|other| could_be(key, other));
    let (Some(only), None) = (fitting.next(), fitting.next()) else { return None };
    let free_here = here.iter().filter(|known| !there.iter().any(|other| other.as_str() == known.as_str()));
    (free_here.filter(|known| could_be(known, only)).count() == 1).then_some(*only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_matched_by_a_unique_name() {
        let set = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect::<BTreeSet<String>>();
        let admin = "arn:aws:iam::111122223333:role/Prod-AdminRole-1A2B";
        let matched =
            match_by_name(&set(&["${AdminRole.Arn}", "${UserRole.Arn}"]), &set(&[admin, "arn:aws:iam::1:role/U"]));
        assert_eq!(matched, BTreeMap::from([("${AdminRole.Arn}".to_owned(), admin.to_owned())]));
        let two = set(&["arn:aws:iam::1:role/admin", "arn:aws:iam::2:role/admin"]);
        assert_eq!(match_by_name(&set(&["${aws_iam_role.admin.arn}"]), &two), BTreeMap::new(), "two namesakes");
    }

    #[test]
    fn a_symbolic_provider_is_matched_by_what_fits_it() {
        let symbolic = ProviderKey::new("${Users.ProviderName}:${Web}");
        let literal = ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web");
        let other = ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:app");
        assert_eq!(counterpart(&symbolic, &[&symbolic], &[&literal]), Some(&literal));
        assert_eq!(counterpart(&literal, &[&literal], &[&symbolic]), Some(&symbolic));
        assert_eq!(counterpart(&symbolic, &[&symbolic], &[&literal, &other]), None, "either could be meant");
    }
}
