//! What a suite says to no effect: claims that nothing reads and roles that nothing gives. Mostly they are misspelt, and then a test would
//! pass that tests nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::groups::{self, GROUPS, PREFERRED_ROLE, ROLES};
use crate::pool::{RoleMapping, RoleMappingType};
use crate::read::{Position, Problem};
use crate::text::{nearest, quoted};

use super::fields::Fields;
use super::model::{Cell, Column, PropertyClaim, Suite};
use super::plan::Target;

/// Headings that are no claims.
const HEADINGS: [&str; 5] = ["user", "custom_role_arn", "groups", "provider", "expect"];

/// Claims of every token, which people write down though no rule reads them.
const USUAL: [&str; 22] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "azp",
    "amr",
    "acr",
    "nonce",
    "auth_time",
    "at_hash",
    "token_use",
    "client_id",
    "scope",
    "username",
    "email",
    "email_verified",
    "name",
    "phone_number",
    "user_id",
];

/// Reports headings that are hardly meant to be claims, and notes claims and roles that are close to one that counts, and groups that are no list.
pub(super) fn check(suite: &Suite, targets: &[Target], fields: &mut Fields, notes: &mut Vec<Problem>) {
    let read = read_claims(targets);
    for test in &suite.tests {
        for column in &test.columns {
            let Column::Claim(name) = column else { continue };
            if read.contains(name.as_str()) || USUAL.contains(&name.as_str()) {
                continue;
            }
            if let Some(meant) = nearest(name, HEADINGS) {
                let message = format!("{} would be a claim that nothing reads; did you mean `{meant}`?", quoted(name));
                fields.report("unknown-key", message, test.name.at);
            }
        }
    }
    for (name, at) in written_claims(suite) {
        if read.contains(name) || USUAL.contains(&name) {
            continue;
        }
        if let Some(meant) = nearest(name, read.iter().copied()) {
            let message = format!("nothing reads claim {}; did you mean {}?", quoted(name), quoted(meant));
            notes.push(Problem::new("unread-claim", message).at(at));
        }
    }
    notes.extend(odd_groups(suite));
    for property in &suite.properties {
        let PropertyClaim::Never { role, .. } = &property.claim else { continue };
        let gives = |target: &Target| {
            let any = |mapping: &RoleMapping| mapping.mapping_type == RoleMappingType::Token;
            target.roles.get(&role.text).is_none_or(|arn| target.roles.has(arn))
                || target.definition.pool.role_mappings.values().any(any)
        };
        if !targets.is_empty() && !targets.iter().any(gives) {
            let message = format!("nothing here gives {}, so this holds of itself", quoted(&role.text));
            notes.push(Problem::new("unknown-role", message).at(role.at));
        }
    }
}

/// Groups that are written as something else than a list, once for each user and test, and what would make the list.
fn odd_groups(suite: &Suite) -> impl Iterator<Item = Problem> {
    let odd = |claims: &[(String, Cell)]| {
        let mut groups = claims.iter().filter(|(name, _)| name == GROUPS).filter_map(|(_, value)| value.as_ref());
        groups.find_map(groups::oddity)
    };
    let users = suite.users.iter().filter_map(move |user| Some((odd(&user.claims)?, user.name.at)));
    let tests = suite.tests.iter().filter_map(move |test| {
        let column = test.columns.iter().position(|column| matches!(column, Column::Claim(name) if name == GROUPS));
        let cells = || (0..test.rows.len()).filter_map(move |row| test.cells.get(row, column?));
        let oddity = test.claims.as_deref().and_then(odd);
        let oddity = oddity.or_else(|| cells().find_map(|cell| groups::oddity(&cell)));
        Some((oddity?, test.name.at))
    });
    users.chain(tests).map(|(oddity, at)| {
        Problem::new("odd-claim", format!("{oddity}; `groups: […]` makes the claims of groups as a user pool does"))
            .at(at)
    })
}

/// Every claim that some configuration reads.
fn read_claims(targets: &[Target]) -> BTreeSet<&str> {
    let mut read = BTreeSet::from([GROUPS, ROLES, PREFERRED_ROLE, crate::saml::ROLE_ATTRIBUTE]);
    for pool in targets.iter().map(|target| &target.definition.pool) {
        let rules = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules);
        read.extend(rules.map(|rule| rule.claim.as_str()));
        read.extend(pool.principal_tags.values().flat_map(|map| map.tags.values()).map(String::as_str));
    }
    read
}

/// Every claim that the suite sets, and who sets it first.
fn written_claims(suite: &Suite) -> BTreeMap<&str, Position> {
    let mut written = BTreeMap::new();
    let mut add = |name, at| {
        written.entry(name).or_insert(at);
    };
    for user in &suite.users {
        user.claims.iter().for_each(|(name, _)| add(name.as_str(), user.name.at));
    }
    for test in &suite.tests {
        test.claims.iter().flatten().for_each(|(name, _)| add(name.as_str(), test.name.at));
        for column in &test.columns {
            if let Column::Claim(name) = column {
                add(name, test.name.at);
            }
        }
    }
    written
}
