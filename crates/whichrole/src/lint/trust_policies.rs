//! Roles that Cognito cannot assume, or that others than meant can (A1 to A6), as far as their trust policies are in the files.

use std::collections::BTreeSet;

use super::{Case, Finding, Fix, Severity};
use crate::pool::{AmbiguousRoleResolution, RoleMappingType};
use crate::provider::ProviderKey;
use crate::read::{Node, Position, Role, Value};
use crate::text;
use crate::trust::{self, AssumeCall, Caller, Objection, ObjectionKind, Verdict};

/// A way in which a role is used.
struct Use<'c> {
    role: &'c str,
    caller: Caller<'c>,
    session_tags: bool,
    as_what: String,
}

pub(super) fn run(case: &Case<'_>, found: &mut Vec<Finding>) {
    let mut said: BTreeSet<(&'static str, Position)> = BTreeSet::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for one in uses(case) {
        let Some(role) = case.surroundings().role(one.role) else { continue };
        used.insert(role.label.as_str());
        let Some(policy) = &role.trust else { continue };
        let call = AssumeCall {
            pool: case.pool().id.as_deref(),
            not_the_pool: &case.common.not_the_pool,
            role: Some(one.role),
            caller: one.caller,
            session_tags: one.session_tags,
        };
        let verdict = trust::assume(policy, &call);
        if !matches!(verdict, Verdict::Refused(_)) {
            continue;
        }
        for objection in verdict.objections() {
            let lint = lint_of(objection.kind);
            if !said.insert((lint, objection.at)) {
                continue;
            }
            let message =
                format!("{}, {}, cannot be assumed: {}", text::quoted(&role.label), one.as_what, objection.message);
            let fix = if objection.kind == ObjectionKind::TagSession { tag_session(policy, objection) } else { None };
            let finding = Finding::new(lint, Severity::Error, message).at(Some(objection.at));
            found.push(Finding { fix, ..finding });
        }
    }
    for role in case.common.roles(used) {
        untested(role, &mut said, found);
    }
}

/// What a policy that lets Cognito in should test and does not.
fn untested(role: &Role, said: &mut BTreeSet<(&'static str, Position)>, found: &mut Vec<Finding>) {
    let Some(policy) = &role.trust else { return };
    for objection in trust::untested(policy) {
        let (lint, severity) = match objection.kind {
            ObjectionKind::Audience => ("trust-aud", Severity::Warning),
            ObjectionKind::Amr => ("trust-amr", Severity::Warning),
            // IAM refuses to save it (A4).
            _ => ("trust-no-condition", Severity::Error),
        };
        if said.insert((lint, objection.at)) {
            let message = format!("{}: {}", text::quoted(&role.label), objection.message);
            found.push(Finding::new(lint, severity, message).at(Some(objection.at)));
        }
    }
}

fn lint_of(kind: ObjectionKind) -> &'static str {
    match kind {
        ObjectionKind::Principal | ObjectionKind::Denied | ObjectionKind::Unreadable => "trust-principal",
        ObjectionKind::Action => "trust-action",
        ObjectionKind::TagSession => "trust-tag-session",
        ObjectionKind::Audience => "trust-aud",
        ObjectionKind::Amr => "trust-amr",
        ObjectionKind::SourceIp => "trust-source-ip",
        ObjectionKind::Condition => "trust-no-condition",
    }
}

/// Every role that a request can get, and how.
fn uses<'c>(case: &Case<'c>) -> Vec<Use<'c>> {
    let pool = case.pool();
    let mut uses = Vec::new();
    let mut default_tags = false;
    let solved: BTreeSet<&ProviderKey> = case.solved().map(|(key, _)| key).collect();
    let active = pool.principal_tags.iter().filter(|(_, map)| trust::is_active(map));
    let tagged: BTreeSet<&str> = active.map(|(key, _)| key.tag_key()).collect();
    let mapped: BTreeSet<&str> = pool.role_mappings.keys().map(ProviderKey::tag_key).collect();
    for (key, mapping) in &pool.role_mappings {
        let session_tags = tagged.contains(key.tag_key());
        let caller = Caller::User(Some(key));
        for (rule, n) in mapping.mapping_rules().iter().zip(1..) {
            let as_what = format!("the role of rule {n}");
            uses.push(Use { role: rule.role_arn.as_str(), caller, session_tags, as_what });
        }
        if mapping.mapping_type == RoleMappingType::Token && solved.contains(key) {
            for group in case.definition.groups.iter().flatten().filter(|group| group.could_be_of(key)) {
                if let Some(role) = &group.role_arn {
                    let as_what = format!("the role of group {}", text::quoted(&group.name));
                    uses.push(Use { role: role.as_str(), caller, session_tags, as_what });
                }
            }
        }
        let falls_back = mapping.ambiguous_role_resolution == Some(AmbiguousRoleResolution::AuthenticatedRole);
        default_tags |= falls_back && session_tags;
    }
    default_tags |= tagged.difference(&mapped).next().is_some();
    if let Some(role) = &pool.roles.authenticated {
        let as_what = "the authenticated role".to_owned();
        uses.push(Use { role: role.as_str(), caller: Caller::User(None), session_tags: default_tags, as_what });
    }
    if let Some(role) = &pool.roles.unauthenticated
        && pool.allow_unauthenticated_identities != Some(false)
    {
        let as_what = "the guests' role".to_owned();
        uses.push(Use { role: role.as_str(), caller: Caller::Guest, session_tags: false, as_what });
    }
    uses
}

/// The element of a statement's actions after which `sts:TagSession` belongs.
fn tag_session(policy: &Node, objection: &Objection) -> Option<Fix> {
    let statements = policy.get("Statement")?;
    let each = match &statements.value {
        Value::List(elements) => elements,
        _ => std::slice::from_ref(statements),
    };
    let actions =
        each.iter().filter_map(|statement| statement.get("Action")).find(|action| action.at == objection.at)?;
    let is_action =
        |node: &&Node| node.as_text().is_some_and(|text| text.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity"));
    let (action, in_list) = match &actions.value {
        Value::List(elements) => (elements.iter().find(is_action)?, true),
        _ => (Some(actions).filter(is_action)?, false),
    };
    Some(Fix::AllowTagSession { at: action.at, written: action.as_text()?.to_owned(), in_list })
}
