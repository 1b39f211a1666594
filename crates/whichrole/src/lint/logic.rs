//! Rules that never decide, roles that nobody gets, values that match more or less than they seem to. What is said to be impossible was
//! proved by [`analysis`](crate::analysis); what is said to happen was put to the evaluator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rejected::role_fault;
use super::tags::missing_source;
use super::{Case, Finding, Severity};
use crate::analysis::{RuleReach, Verdict, Witness, Work, reach_within};
use crate::claims::{Claim, Claims};
use crate::groups::{self, GROUPS, ROLES};
use crate::login::TokenForm;
use crate::pool::{AmbiguousRoleResolution, Group, MappingRule, MatchType, RoleMapping, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::{Place, Position};
use crate::semantics::{ArrayClaims, Choice, LetterCase, NonStringClaims, Semantics};
use crate::{IdentityPool, Request, text};

/// Claims that every token has, so that a rule on them misses nobody.
const ALWAYS: &[&str] = &["sub", "aud", "iss", "exp", "iat", "token_use", "cognito:username", "auth_time"];

pub(super) fn run(case: &Case<'_>, found: &mut Vec<Finding>) {
    dead_rules(case, found);
    for (key, mapping) in case.solved() {
        without_effect(case, key, mapping, found);
        for (rule, n) in mapping.mapping_rules().iter().zip(1..) {
            let at = case.at_rule_field(key, n, "Value");
            let mut report = |lint, severity, message: String, at| {
                found.push(Finding::new(lint, severity, message).at(at).of(key).rule(n));
            };
            if rule.claim == "isAdmin" && rule.value == "paid" {
                let message =
                    "`isAdmin` `paid` is the example of the documentation; no token has such a claim by itself";
                report("docs-placeholder", Severity::Warning, message.to_owned(), case.at_rule(key, n));
            }
            if let Some(message) = literal_pattern(rule) {
                report("literal-pattern", Severity::Info, message, at);
            }
            if let Some((message, field)) = case_near_miss(case, rule) {
                report("case-near-miss", Severity::Info, message, case.at_rule_field(key, n, field));
            }
            misses_absent(case, key, n, rule, found);
            overlapping_groups(case, key, n, rule, found);
        }
    }
    unreachable_roles(case, found);
    groups(case, found);
}

/// `shadowed-rule`, `duplicate-rule`, `rule-never-matches`.
fn dead_rules(case: &Case<'_>, found: &mut Vec<Finding>) {
    let mut other_readings = OtherReadings { case, known: None };
    for (key, mapping) in case.solved() {
        let rules = mapping.mapping_rules();
        let mut dead: BTreeMap<usize, &RuleReach> = BTreeMap::new();
        for reach in case.reach.rules.iter().filter(|rule| &*rule.provider == key.as_str()) {
            if reach.verdict == Verdict::Dead {
                dead.insert(reach.rule, reach);
            }
        }
        let mut seen: BTreeMap<(&str, MatchType, &str), (usize, &str)> = BTreeMap::new();
        for (rule, n) in rules.iter().zip(1..) {
            let test = (rule.claim.as_str(), rule.match_type, rule.value.as_str());
            let twin = seen.get(&test).copied();
            seen.entry(test).or_insert((n, rule.role_arn.as_str()));
            if let Some(why) = missing_source(case, key, &rule.claim).filter(|_| never_offered(key)) {
                let message = format!("rule {n} tests {}, {why}", text::quoted(&rule.claim));
                let at = case.at_rule_field(key, n, "Claim");
                found.push(Finding::new("rule-never-matches", Severity::Error, message).at(at).of(key).rule(n));
                continue;
            }
            let Some(reach) = dead.get(&n) else { continue };
            let at = case.at_rule(key, n);
            if reach.blocked_by.is_empty() {
                let rests = other_readings.live_under(key, n);
                let message = never_matches(rule, n, rests.as_deref());
                found.push(Finding::new("rule-never-matches", Severity::Error, message).at(at).of(key).rule(n));
                continue;
            }
            let is_twin = twin.is_some_and(|(_, role)| role == rule.role_arn.as_str());
            let finding = if let (true, Some((twin, _))) = (is_twin, twin) {
                let message = format!("rule {n} is rule {twin} again");
                Finding::new("duplicate-rule", Severity::Warning, message)
            } else {
                shadowed(rules, rule, n, &reach.blocked_by, other_readings.live_under(key, n).as_deref())
            };
            found.push(Finding { blocked_by: reach.blocked_by.clone(), ..finding.at(at).of(key).rule(n) });
        }
    }
}

/// Providers whose tokens have a fixed set of claims.
fn never_offered(key: &ProviderKey) -> bool {
    matches!(key.kind(), ProviderKind::Facebook | ProviderKind::Amazon)
}

fn never_matches(rule: &MappingRule, n: usize, live_under: Option<&str>) -> String {
    let rests = live_under.map_or_else(String::new, |reading| format!(" (under `{reading}` it could)"));
    if groups::is_list(&rule.claim) && rule.match_type != MatchType::Contains {
        return format!(
            "rule {n} never matches: {} is a list, and only `Contains` is known to match one{rests}",
            text::quoted(&rule.claim)
        );
    }
    format!(
        "rule {n} never matches: no value of {} that its provider's tokens can have passes it{rests}",
        text::quoted(&rule.claim)
    )
}

fn shadowed(
    rules: &[MappingRule],
    rule: &MappingRule,
    n: usize,
    blocked_by: &[usize],
    live_under: Option<&str>,
) -> Finding {
    let other = blocked_by.iter().any(|by| {
        by.checked_sub(1).and_then(|at| rules.get(at)).is_some_and(|blocking| blocking.role_arn != rule.role_arn)
    });
    let numbers = blocked_by.iter().map(ToString::to_string).collect::<Vec<_>>();
    let by = match numbers.as_slice() {
        [only] => format!("rule {only} takes"),
        several => format!("rules {} together take", text::and(several)),
    };
    let role = if other { "and gives another role" } else { "and gives the same role" };
    let role = if blocked_by.len() > 1 && other { "and give other roles" } else { role };
    let rests = live_under.map_or_else(String::new, |reading| format!(" (under `{reading}` some are left)"));
    let message = format!("rule {n} never decides: {by} every login that it would match, {role}{rests}");
    Finding::new("shadowed-rule", if other { Severity::Error } else { Severity::Warning }, message)
}

/// Rules by their provider and number.
type Rules = BTreeSet<(Arc<str>, usize)>;

/// Which rules live under other choices for the questions about comparing.
struct OtherReadings<'l, 'c> {
    case: &'l Case<'c>,
    known: Option<Vec<(String, Rules)>>,
}

impl OtherReadings<'_, '_> {
    /// The first choice under which a rule that is dead by default lives.
    fn live_under(&mut self, key: &ProviderKey, rule: usize) -> Option<String> {
        let case = self.case;
        let known = self.known.get_or_insert_with(|| {
            let choices: [Choice; 6] = [
                ArrayClaims::Membership.into(),
                ArrayClaims::PerElement.into(),
                ArrayClaims::JsonText.into(),
                ArrayClaims::ListText.into(),
                NonStringClaims::JsonText.into(),
                LetterCase::Insensitive.into(),
            ];
            let work = Work::default();
            choices.into_iter().map(|choice| (choice.to_string(), live(case, choice, &work))).collect()
        });
        let rule = (key.shared_text(), rule);
        known.iter().find(|(_, live)| live.contains(&rule)).map(|(choice, _)| choice.clone())
    }
}

/// The rules that live under a choice.
fn live(case: &Case<'_>, choice: Choice, work: &Work) -> Rules {
    let evaluator = case.evaluator.under(Semantics::default().assume(choice));
    let groups = case.definition.groups.as_deref().unwrap_or_default();
    let rules = reach_within(&evaluator, groups, work).rules.into_iter();
    rules.filter(|rule| rule.verdict.witness().is_some()).map(|rule| (rule.provider, rule.rule)).collect()
}

/// Every path of a mapping gives the role that users without it would get.
fn without_effect(case: &Case<'_>, key: &ProviderKey, mapping: &RoleMapping, found: &mut Vec<Finding>) {
    let Some(default) = &case.pool().roles.authenticated else { return };
    let RoleMappingType::Rules(rules) = &mapping.mapping_type else { return };
    let falls_back = mapping.ambiguous_role_resolution == Some(AmbiguousRoleResolution::AuthenticatedRole);
    if !falls_back || rules.is_empty() || rules.iter().any(|rule| rule.role_arn != *default) {
        return;
    }
    let message = format!(
        "the mapping has no effect: every rule gives {}, which everybody else gets too",
        text::quoted(default.as_str())
    );
    found.push(Finding::new("mapping-without-effect", Severity::Warning, message).at(case.at_mapping(key)).of(key));
}

fn literal_pattern(rule: &MappingRule) -> Option<String> {
    let value = rule.value.as_str();
    let is_arn = value.starts_with("arn:") || value.starts_with("http");
    let seems = if value.contains(".*")
        || value.contains(".+")
        || value.starts_with('^')
        || value.len() > 1 && value.ends_with('$')
    {
        "a regular expression"
    } else if value.contains('*') && value.len() < 128 {
        "a wildcard"
    } else if value.contains('|') && !is_arn {
        "a choice"
    } else if value.contains(',') && !value.contains(['=', '[', '{', '"']) && !value.contains(", ") {
        "a list"
    } else {
        return None;
    };
    let shown = text::quoted(value);
    Some(format!("the value {shown} looks like {seems}; rules compare it character by character (R6)"))
}

/// A claim or value that differs from a known one in letter case alone.
fn case_near_miss(case: &Case<'_>, rule: &MappingRule) -> Option<(String, &'static str)> {
    let known_claims = [GROUPS, ROLES, "cognito:preferred_role", "cognito:username"];
    let known_claims = known_claims.iter().chain(crate::read::STANDARD);
    if let Some(known) = near_case(&rule.claim, known_claims.copied()) {
        let message = format!(
            "the claim {} differs from {} in letter case, which counts",
            text::quoted(&rule.claim),
            text::quoted(known)
        );
        return Some((message, "Claim"));
    }
    if rule.claim != GROUPS || rule.match_type == MatchType::NotEqual {
        return None;
    }
    let is_group = case.groups.contains(rule.value.as_str());
    let near = case.groups_by_lower.get(&rule.value.to_lowercase()).filter(|_| !is_group);
    near.map(|known| {
        let message = format!(
            "the value {} differs from the group {} in letter case, which counts (rests on `letter-case`)",
            text::quoted(&rule.value),
            text::quoted(known)
        );
        (message, "Value")
    })
}

/// A known word that differs in letter case alone, if none is the very word.
fn near_case<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = written.to_lowercase();
    let mut near = None;
    for word in known {
        if word == written {
            return None;
        }
        if word.to_lowercase() == lower {
            near = near.or(Some(word));
        }
    }
    near
}

/// What a user with these claims gets through a mapping: the role, and the rule that gave it.
fn decide(case: &Case<'_>, key: &ProviderKey, claims: &Claims<'static>) -> Option<(Option<String>, Option<usize>)> {
    if !case.pay(1) {
        return None;
    }
    let logins = [case.evaluator.login(Some(key), claims, TokenForm::Claims).ok()?];
    let decision = case.evaluator.evaluate(&Request::of(&logins));
    let rule = decision.source().and_then(crate::Source::rule);
    Some((decision.role().map(str::to_owned), rule))
}

fn witness(key: &ProviderKey, claims: Claims<'static>) -> Witness {
    Witness { provider: Some(key.shared_text()), claims, custom_role_arn: None }
}

/// A `NotEqual` rule is passed over for users who lack the claim (R3).
fn misses_absent(case: &Case<'_>, key: &ProviderKey, n: usize, rule: &MappingRule, found: &mut Vec<Finding>) {
    if rule.match_type != MatchType::NotEqual || ALWAYS.contains(&rule.claim.as_str()) || groups::is_list(&rule.claim) {
        return;
    }
    let nothing = Claims::default();
    let Some((role, _)) = decide(case, key, &nothing) else { return };
    if role.as_deref() == Some(rule.role_arn.as_str()) {
        return;
    }
    let gets = role.map_or_else(|| "is denied".to_owned(), |role| format!("gets {}", text::quoted(&role)));
    let message =
        format!("rule {n} does not match users without {}: such a user {gets} (R3)", text::quoted(&rule.claim));
    let finding = Finding::new("not-equal-misses-absent", Severity::Warning, message);
    found.push(Finding { witness: Some(witness(key, nothing)), ..finding.at(case.at_rule(key, n)).of(key).rule(n) });
}

/// `Contains` on groups matches parts of names: of groups that are known, and of the one each identity provider adds (G9).
fn overlapping_groups(case: &Case<'_>, key: &ProviderKey, n: usize, rule: &MappingRule, found: &mut Vec<Finding>) {
    if rule.claim != GROUPS
        || rule.match_type != MatchType::Contains
        || rule.value.is_empty()
        || n > super::MOST_RULES_SOLVED
    {
        return;
    }
    let groups = || case.definition.groups.iter().flatten().filter(|group| group.could_be_of(key));
    let has_group = |name: &str| case.groups.contains(name) && groups().any(|group| group.name == name);
    let mut others: Vec<(String, String)> = Vec::new();
    if has_group(&rule.value) {
        let names: BTreeSet<&String> = groups().map(|group| &group.name).collect();
        let hit = names.into_iter().filter(|name| **name != rule.value && name.contains(&rule.value));
        others.extend(hit.map(|name| (name.clone(), format!("members of {} match it too", text::quoted(name)))));
    }
    let users = case.common.user_pool_of(key);
    for idp in users.iter().flat_map(|users| &users.identity_providers) {
        let pool = users.and_then(|users| users.ids.first()).map_or("", String::as_str);
        if format!("_{idp}").contains(&rule.value) && !has_group(&format!("{pool}_{idp}")) {
            let message = format!(
                "all users of the identity provider {} match it, being in the group `<user pool>_{}`",
                text::quoted(idp),
                text::visible(idp)
            );
            let pool = if pool.contains("${") { "us-east-1_Example" } else { pool };
            others.push((format!("{pool}_{idp}"), message));
        }
    }
    for (name, why) in others {
        let mut claims = Claims::default();
        claims.set(GROUPS, Claim::texts([name]));
        // An earlier rule may be meant for those.
        if decide(case, key, &claims).is_none_or(|(_, by)| by != Some(n)) {
            continue;
        }
        let message = format!(
            "rule {n} looks for {} anywhere in the names of groups: {why} (rests on `array-claims`)",
            text::quoted(&rule.value)
        );
        let finding = Finding::new("overlapping-groups", Severity::Warning, message);
        let at = case.at_rule_field(key, n, "Value");
        found.push(Finding { witness: Some(witness(key, claims)), ..finding.at(at).of(key).rule(n) });
        break;
    }
}

/// Roles that are named and that no request gets.
fn unreachable_roles(case: &Case<'_>, found: &mut Vec<Finding>) {
    let pool = case.pool();
    let is_dead = |role: &str| {
        let reach = case.reach.roles.iter().find(|known| &*known.role == role);
        reach.is_some_and(|reach| {
            reach.verdict == Verdict::Dead
                && reach.by_custom_role.as_ref().is_none_or(|custom| *custom == Verdict::Dead)
        })
    };
    if !case.is_whole() {
        return;
    }
    if let Some(role) = &pool.roles.unauthenticated
        && pool.allow_unauthenticated_identities == Some(false)
        && is_dead(role.as_str())
    {
        let at = case.place(&Place::UnauthenticatedRole).or_else(|| case.at_pool());
        let message = format!("nobody gets {}: the pool allows no guests", text::quoted(role.as_str()));
        found.push(Finding::new("role-unreachable", Severity::Warning, message).at(at));
    }
    if let Some(role) = &pool.roles.authenticated
        && is_dead(role.as_str())
        && every_login_is_mapped(pool)
    {
        let at = case.place(&Place::AuthenticatedRole).or_else(|| case.at_pool());
        let is_open = pool.role_mappings.values().any(|mapping| mapping.ambiguous_role_resolution.is_none());
        let rests = if is_open { " (rests on `missing-role-resolution`)" } else { "" };
        let message = format!(
            "nobody gets {}: every provider has a mapping, and none falls back to the authenticated role{rests}",
            text::quoted(role.as_str())
        );
        found.push(Finding::new("role-unreachable", Severity::Info, message).at(at));
    }
}

/// Whether the pool takes no login that has no mapping (S3).
fn every_login_is_mapped(pool: &IdentityPool) -> bool {
    let Some(providers) = &pool.providers else { return false };
    let logins: BTreeSet<(&str, Option<&str>)> =
        pool.role_mappings.keys().map(|key| (key.login_key(), key.client())).collect();
    let is_mapped = |login, client| logins.contains(&(login, client));
    !pool.role_mappings.is_empty()
        && providers.iter().all(|provider| is_mapped(provider.provider_name.login_key(), provider.client_id.as_deref()))
        && pool.other_providers.iter().all(|key| pool.role_mappings.contains_key(key))
}

/// What the roles and precedences of groups lead to (G3 to G5, S3).
fn groups(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Some(groups) = &case.definition.groups else { return };
    let with_role = groups.iter().filter(|group| group.role_arn.is_some());
    let (with_role, ignored): (Vec<&Group>, Vec<&Group>) = with_role.partition(|group| case.has_token_mapping(group));
    if case.is_whole() && case.is_attached() {
        let is_role =
            |group: &&Group| group.role_arn.as_ref().is_some_and(|role| role_fault(case, role.as_str()).is_none());
        for group in ignored.into_iter().filter(is_role) {
            ignored_role(case, group, found);
        }
    }
    // A user has groups of one user pool.
    let mut by_precedence: BTreeMap<(Option<&ProviderKey>, Option<u64>), Vec<&Group>> = BTreeMap::new();
    for group in &with_role {
        by_precedence.entry((group.user_pool.as_ref(), group.precedence)).or_default().push(group);
    }
    for ((_, precedence), tied) in &by_precedence {
        let roles: BTreeSet<_> = tied.iter().filter_map(|group| group.role_arn.as_ref()).collect();
        let mut placed: Vec<(Option<Position>, &str)> =
            tied.iter().map(|group| (case.at_group(group), group.name.as_str())).collect();
        placed.sort_unstable();
        if let (true, [_, (at, _), ..]) = (roles.len() > 1, placed.as_slice()) {
            let names: Vec<String> = placed.iter().take(4).map(|(_, name)| text::quoted(name)).collect();
            let which =
                precedence.map_or_else(|| "have no precedence".to_owned(), |p| format!("have the precedence {p}"));
            let message = format!(
                "the groups {} {which} and different roles: a member of two gets neither, but what the role resolution says (G4)",
                text::and(&names)
            );
            found.push(Finding::new("ambiguous-precedence", Severity::Warning, message).at(*at));
        }
    }
    for group in with_role.iter().filter(|group| group.precedence.is_none()) {
        let message = format!(
            "the group {} has a role and no precedence: whether its members' tokens name the role is not certain \
             (rests on `null-precedence`)",
            text::quoted(&group.name)
        );
        found.push(Finding::new("null-precedence", Severity::Warning, message).at(case.at_group(group)));
    }
}

/// A group's role counts only under a mapping of type Token; harmless where a rule gives its members the same role.
fn ignored_role(case: &Case<'_>, group: &Group, found: &mut Vec<Finding>) {
    let Some(role) = &group.role_arn else { return };
    let mut claims = Claims::default();
    claims.set(GROUPS, Claim::texts([group.name.clone()]));
    let mut keys = case.solved().map(|(key, _)| key).filter(|key| group.could_be_of(key));
    let same = |key: &ProviderKey| {
        decide(case, key, &claims).is_some_and(|(given, _)| given.as_deref() == Some(role.as_str()))
    };
    if keys.any(same) || case.pool().roles.authenticated.as_ref() == Some(role) || !case.pay(1) {
        return;
    }
    let why = if case.pool().role_mappings.is_empty() {
        "the identity pool has no role mapping"
    } else if case.pool().role_mappings.values().any(|mapping| mapping.mapping_type == RoleMappingType::Token) {
        "no role mapping of their user pool is of type `Token`"
    } else {
        "no role mapping is of type `Token`"
    };
    let message = format!(
        "members of {} do not get the group's role {}: {why}",
        text::quoted(&group.name),
        text::quoted(role.as_str())
    );
    let finding = Finding::new("group-role-without-token-mapping", Severity::Warning, message);
    found.push(finding.at(case.at_group(group)));
}
