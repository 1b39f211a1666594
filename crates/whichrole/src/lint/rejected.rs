//! What AWS rejects, and what its documentation demands. Faults of spelling and shape were found by the readers.

use std::collections::BTreeMap;

use super::{Case, Finding, MOST_MAPPINGS_SOLVED, MOST_RULES_SOLVED, Severity, providers};
use crate::pool::{IdentityPool, RoleArn, RoleMappingType};
use crate::provider::ProviderKey;
use crate::read::{Place, Position};
use crate::{regions, text};

/// Rules of one mapping, mappings of one pool, tags of one map (R11, P4).
const MOST_RULES: usize = 25;
const MOST_MAPPINGS: usize = 10;
const MOST_TAGS: usize = 50;

pub(super) fn run(case: &Case<'_>, found: &mut Vec<Finding>) {
    too_many_mappings(case, found);
    for (key, mapping) in &case.pool().role_mappings {
        providers::mapping_key(case, key, found);
        mapping_shape(case, key, found);
        for (rule, n) in mapping.mapping_rules().iter().zip(1..) {
            claim_name(case, key, n, &rule.claim, found);
            value_length(case, key, n, &rule.value, found);
        }
    }
    roles(case, found);
    tag_limits(case, found);
}

fn too_many_mappings(case: &Case<'_>, found: &mut Vec<Finding>) {
    let keys = case.pool().role_mappings.keys();
    let mut mappings: Vec<(Option<Position>, &ProviderKey)> = keys.map(|key| (case.at_mapping(key), key)).collect();
    mappings.sort();
    if let Some((at, key)) = mappings.get(MOST_MAPPINGS) {
        let beyond = if mappings.len() > MOST_MAPPINGS_SOLVED {
            format!("; which rules never decide was looked at for {MOST_MAPPINGS_SOLVED} of them")
        } else {
            String::new()
        };
        let message =
            format!("the pool has {} role mappings; AWS takes at most {MOST_MAPPINGS}{beyond}", mappings.len());
        found.push(Finding::new("too-many-mappings", Severity::Error, message).at(*at).of(key));
    }
}

fn mapping_shape(case: &Case<'_>, key: &ProviderKey, found: &mut Vec<Finding>) {
    let Some(mapping) = case.pool().role_mappings.get(key) else { return };
    if mapping.ambiguous_role_resolution.is_none() {
        let message = "the mapping has no `AmbiguousRoleResolution`, which AWS documents as required; \
                       what it does without is not documented (`missing-role-resolution`)";
        found
            .push(Finding::new("missing-role-resolution", Severity::Warning, message).at(case.at_mapping(key)).of(key));
    }
    match &mapping.mapping_type {
        RoleMappingType::Rules(rules) if rules.is_empty() => {
            let message = "the mapping is of type `Rules` and has none";
            found
                .push(Finding::new("rules-without-rules", Severity::Warning, message).at(case.at_mapping(key)).of(key));
        }
        RoleMappingType::Rules(rules) if rules.len() > MOST_RULES => {
            let beyond = if rules.len() > MOST_RULES_SOLVED {
                format!("; which of those behind the first {MOST_RULES_SOLVED} never decide was not looked at")
            } else {
                String::new()
            };
            let message = format!("the mapping has {} rules; AWS takes at most {MOST_RULES}{beyond}", rules.len());
            let at = case.at_rule(key, MOST_RULES + 1);
            found.push(Finding::new("too-many-rules", Severity::Error, message).at(at).of(key).rule(MOST_RULES + 1));
        }
        RoleMappingType::Token if case.place(&Place::Rule(key.clone(), 1)).is_some() => {
            let message = "the mapping is of type `Token` and has rules, which it never looks at";
            let at = case.at_mapping_field(key, "RulesConfiguration");
            found.push(Finding::new("token-with-rules", Severity::Warning, message).at(at).of(key));
        }
        RoleMappingType::Rules(_) | RoleMappingType::Token => {}
    }
}

fn claim_name(case: &Case<'_>, key: &ProviderKey, rule: usize, claim: &str, found: &mut Vec<Finding>) {
    let length = claim.chars().count();
    let why = if length == 0 {
        "is empty".to_owned()
    } else if length > 64 {
        format!("has {length} characters; AWS takes at most 64")
    } else if claim.chars().any(char::is_whitespace) {
        "has a blank in it, which AWS rejects".to_owned()
    } else if text::visible(claim) != claim {
        "has characters in it that cannot be seen, which AWS rejects".to_owned()
    } else {
        return;
    };
    let message = format!("the claim name {} {why}", text::quoted(claim));
    let at = case.at_rule_field(key, rule, "Claim");
    found.push(Finding::new("claim-name", Severity::Error, message).at(at).of(key).rule(rule));
}

fn value_length(case: &Case<'_>, key: &ProviderKey, rule: usize, value: &str, found: &mut Vec<Finding>) {
    let length = value.chars().count();
    if (1..=128).contains(&length) {
        return;
    }
    let message = format!("the value has {length} characters; AWS takes 1 to 128");
    let at = case.at_rule_field(key, rule, "Value");
    found.push(Finding::new("value-length", Severity::Error, message).at(at).of(key).rule(rule));
}

/// A role that the configuration names, with its place.
pub(super) struct NamedRole<'c> {
    pub role: &'c RoleArn,
    pub at: Option<Position>,
    pub provider: Option<&'c ProviderKey>,
    pub rule: Option<usize>,
    pub what: String,
}

/// Every role that the pool and its groups name.
pub(super) fn named_roles<'c>(case: &Case<'c>) -> Vec<NamedRole<'c>> {
    let mut named = Vec::new();
    let roles = &case.pool().roles;
    for (role, place, what) in [
        (&roles.authenticated, Place::AuthenticatedRole, "the authenticated role"),
        (&roles.unauthenticated, Place::UnauthenticatedRole, "the guests' role"),
    ] {
        if let Some(role) = role {
            let at = case.place(&place).or_else(|| case.at_pool());
            named.push(NamedRole { role, at, provider: None, rule: None, what: what.to_owned() });
        }
    }
    for (key, mapping) in &case.pool().role_mappings {
        for (rule, n) in mapping.mapping_rules().iter().zip(1..) {
            // A value that stands elsewhere, such as the name of a role, is not where the fault is.
            let rule_at = case.at_rule(key, n);
            let at = case.at_rule_field(key, n, "RoleARN").filter(|at| {
                rule_at.is_none_or(|rule| rule.source() == at.source() && rule <= *at && at.line() < rule.line() + 20)
            });
            let at = at.or(rule_at);
            let what = format!("the role of rule {n}");
            named.push(NamedRole { role: &rule.role_arn, at, provider: Some(key), rule: Some(n), what });
        }
    }
    for group in case.definition.groups.iter().flatten() {
        if let Some(role) = &group.role_arn {
            let what = format!("the role of group {}", text::quoted(&group.name));
            named.push(NamedRole { role, at: case.at_group_role(group), provider: None, rule: None, what });
        }
    }
    named
}

fn roles(case: &Case<'_>, found: &mut Vec<Finding>) {
    let mut accounts: Vec<(String, NamedRole<'_>)> = Vec::new();
    for named in named_roles(case) {
        let fault = role_fault(case, named.role.as_str());
        let is_known = fault.is_none();
        if let Some((lint, why)) = fault {
            let message = format!("{} is {}, {why}", named.what, text::quoted(named.role.as_str()));
            // What somebody is still to fill in is no fault of the rest of the file.
            let is_open = lint == "role-arn" && is_placeholder(named.role.as_str());
            let severity = if is_open { Severity::Info } else { Severity::Error };
            let finding = Finding::new(lint, severity, message).at(named.at);
            found.push(Finding {
                provider: named.provider.map(|key| key.as_str().to_owned()),
                rule: named.rule,
                ..finding
            });
        }
        if let (true, Some(account)) = (is_known, RoleArn::account_in(named.role.as_str())) {
            accounts.push((account.to_owned(), named));
        }
    }
    other_account(&accounts, found);
}

/// Whether a text stands for one that is still to be filled in: `<authRole>`, `$ROLE_ARN`, `{{role}}`, `ROLE_ARN`, `arn:aws:iam::ACCOUNT_ID:role/A`.
/// A reference such as `${Admin}` says what it stands for.
pub(super) fn is_placeholder(role: &str) -> bool {
    let is_marked = (role.starts_with('$') && !role.starts_with("${"))
        || [("<", ">"), ("{{", "}}"), ("__", "__"), ("%", "%")].iter().any(|(open, close)| {
            role.split_once(open).is_some_and(|(_, rest)| rest.find(close).is_some_and(|length| length > 0))
        });
    let is_shouted = |part: &str| {
        part.chars().any(|c| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '-'))
    };
    is_marked || (is_shouted(role) && role.contains("ARN")) || role.split(':').nth(4).is_some_and(is_shouted)
}

/// Why a role is no role's ARN.
pub(super) fn role_fault(case: &Case<'_>, role: &str) -> Option<(&'static str, String)> {
    let around = case.surroundings();
    if around.policies.contains(role) || role.contains(":policy/") || role.starts_with("${aws_iam_policy.") {
        return Some(("group-role-is-policy", "which is a policy and not a role".to_owned()));
    }
    let is_reference = role.starts_with("${") && role.ends_with('}') && role.matches("${").count() == 1;
    if is_reference {
        if around.role(role).is_none() && around.role_by_name(role).is_some() {
            return Some(("role-arn", "which is the role's name; its ARN is wanted".to_owned()));
        }
        let of_role = role.strip_prefix("${aws_iam_role.").and_then(|rest| rest.strip_suffix('}'));
        if let Some((_, attribute)) = of_role.and_then(|rest| rest.rsplit_once('.'))
            && matches!(attribute, "name" | "id" | "unique_id")
        {
            return Some(("role-arn", "which is not the role's ARN; use `.arn`".to_owned()));
        }
        return None;
    }
    let parts = split_outside_references(role);
    let is = |n: usize, good: &dyn Fn(&str) -> bool| parts.get(n).is_some_and(|part| part.contains("${") || good(part));
    let is_arn = parts.len() >= 6
        && is(0, &|part| part == "arn")
        && is(1, &regions::is_partition)
        && is(2, &|part| part == "iam")
        && is(3, &str::is_empty)
        && is(4, &|part| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.get(5).is_some_and(|part| {
            part.starts_with("${") || part.strip_prefix("role/").is_some_and(|name| !name.is_empty())
        });
    if parts.first().is_some_and(|first| first.contains("${")) {
        return None;
    }
    if !is_arn {
        let hint = "not the ARN of a role: `arn:aws:iam::<account>:role/<name>`";
        return Some(("role-arn", hint.to_owned()));
    }
    let length = role.chars().count();
    if !role.contains("${") && !(20..=2048).contains(&length) {
        return Some(("role-arn", format!("which has {length} characters; AWS takes 20 to 2048")));
    }
    if role.contains(['*', '?']) || role.chars().any(char::is_whitespace) || text::visible(role) != role {
        return Some(("role-arn", "which has characters in it that no role's ARN has".to_owned()));
    }
    let partition = parts.get(1).copied().unwrap_or_default();
    let elsewhere = case.partitions.iter().find(|(_, right)| !partition.contains("${") && *right != partition);
    elsewhere.map(|(region, right)| {
        ("role-arn", format!("of another partition than {}: `{right}` is wanted", text::quoted(region)))
    })
}

/// The partitions that user pools' keys name, each with the region that does so first.
pub(super) fn partitions(pool: &IdentityPool) -> Vec<(&str, &'static str)> {
    let mut found: Vec<(&str, &'static str)> = Vec::new();
    for key in pool.role_mappings.keys() {
        let region = key.as_str().strip_prefix("cognito-idp.").and_then(|rest| rest.split('.').next());
        let partition = region.and_then(|region| Some((region, regions::partition(region)?)));
        if let Some((region, partition)) = partition
            && found.iter().all(|(_, known)| *known != partition)
        {
            found.push((region, partition));
        }
    }
    found
}

/// Splits at colons that stand outside `${…}`.
fn split_outside_references(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut previous) = (0_usize, 0, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '{' if previous == '$' || depth > 0 => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
        previous = c;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Roles of two accounts: one of them is not the pool's (S7).
fn other_account(named: &[(String, NamedRole<'_>)], found: &mut Vec<Finding>) {
    let mut accounts: BTreeMap<&str, usize> = BTreeMap::new();
    for (account, _) in named {
        *accounts.entry(account.as_str()).or_default() += 1;
    }
    if accounts.len() < 2 {
        return;
    }
    // The account most roles are in counts as the pool's; among equals the first.
    let mut home = "";
    for (account, _) in named {
        if home.is_empty() || accounts.get(account.as_str()) > accounts.get(home) {
            home = account;
        }
    }
    for (account, named) in named {
        if account != home {
            let message = format!(
                "{} is in account {account} and the others are in {home}; the enhanced flow takes only roles of the \
                 identity pool's own account",
                named.what
            );
            let finding = Finding::new("role-other-account", Severity::Error, message).at(named.at);
            found.push(Finding {
                provider: named.provider.map(|key| key.as_str().to_owned()),
                rule: named.rule,
                ..finding
            });
        }
    }
}

fn tag_limits(case: &Case<'_>, found: &mut Vec<Finding>) {
    for (key, map) in &case.pool().principal_tags {
        if map.tags.len() > MOST_TAGS {
            let message = format!("the map has {} tags; AWS takes at most {MOST_TAGS}", map.tags.len());
            found.push(Finding::new("tag-limits", Severity::Error, message).at(case.at_tags(key)).of(key));
        }
        for (tag, claim) in &map.tags {
            let (tag_length, claim_length) = (tag.chars().count(), claim.chars().count());
            let message = if !(1..=128).contains(&tag_length) {
                format!("the tag key has {tag_length} characters; AWS takes 1 to 128")
            } else if !(1..=256).contains(&claim_length) {
                format!("the claim name of tag {} has {claim_length} characters; AWS takes 1 to 256", text::quoted(tag))
            } else {
                continue;
            };
            found.push(Finding::new("tag-limits", Severity::Error, message).at(case.at_tag(key, tag)).of(key));
        }
    }
}
