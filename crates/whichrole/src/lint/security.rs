//! What a user can give himself, and what guests get.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Finding, Severity};
use crate::pool::AmbiguousRoleResolution;
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::{Place, Position, UserPool, UserPoolClient, WriteAttributes};
use crate::text;

pub(super) fn run(case: &Case<'_>, found: &mut Vec<Finding>) {
    writable(case, found);
    guests(case, found);
    resolution(case, found);
    classic_flow(case, found);
}

/// A claim that selects a role or becomes a tag.
struct Selecting<'c> {
    key: &'c ProviderKey,
    claim: &'c str,
    rule: Option<usize>,
    what: String,
    at: Option<Position>,
}

fn writable(case: &Case<'_>, found: &mut Vec<Finding>) {
    let mut selecting = Vec::new();
    for (key, mapping) in &case.pool().role_mappings {
        // Rules by one claim are one fault; it shows at the first.
        let mut by_claim: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (rule, n) in mapping.mapping_rules().iter().zip(1..) {
            by_claim.entry(&rule.claim).or_default().push(n);
        }
        for (claim, rules) in by_claim {
            let Some(first) = rules.first().copied() else { continue };
            let what = match rules.as_slice() {
                [only] => format!("rule {only} gives a role by"),
                several => format!("rules {} give roles by", and(several)),
            };
            selecting.push(Selecting {
                key,
                claim,
                rule: Some(first),
                what,
                at: case.at_rule_field(key, first, "Claim"),
            });
        }
    }
    for (key, map) in &case.pool().principal_tags {
        for (tag, claim) in &map.tags {
            let what = format!("the tag {} is made from", text::quoted(tag));
            selecting.push(Selecting { key, claim, rule: None, what, at: case.at_tag(key, tag) });
        }
    }
    for one in selecting.iter().filter(|one| one.key.kind() == ProviderKind::UserPool) {
        user_writable(case, one, found);
    }
}

/// `1, 2 and 3`
fn and(numbers: &[usize]) -> String {
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    text::and(&words)
}

/// How a client lets its users change an attribute.
enum Write {
    /// It lists it.
    Listed(Position),
    /// It lists nothing, so all attributes that can change may be changed.
    Unrestricted,
}

fn user_writable(case: &Case<'_>, one: &Selecting<'_>, found: &mut Vec<Finding>) {
    let is_attribute = one.claim.starts_with("custom:") || is_writable_standard(one.claim);
    if !is_attribute {
        return;
    }
    let users = case.common.user_pool_of(one.key);
    let Some(write) = write(case, one, users) else { return };
    let shown = text::quoted(one.claim);
    let mapped = users.is_some_and(|users| users.mapped_attributes.contains(one.claim));
    let advice = if mapped {
        "; an identity provider fills it in, so it must stay writable: see that no access token has the scope \
         `aws.cognito.signin.user.admin`"
    } else {
        "; leave it out of the client's write attributes"
    };
    let finding = |lint, severity, message: String| {
        let finding = Finding::new(lint, severity, message).at(one.at).of(one.key);
        Finding { rule: one.rule, ..finding }
    };
    if one.claim == "email" && one.rule.is_some() {
        let message = format!(
            "{} {shown}, which users of this client may change to any address, and nothing tests `email_verified`",
            one.what
        );
        found.push(finding("unverified-email", Severity::Warning, message));
    }
    match write {
        Write::Listed(at) => {
            let message = format!(
                "{} {shown}, and the client's write attributes list it (line {}): a signed-in user can set it himself{advice}",
                one.what,
                at.line()
            );
            found.push(finding("user-writable-claim", Severity::Error, message));
        }
        Write::Unrestricted if one.claim != "email" => {
            let message = format!(
                "{} {shown}, and the client does not restrict its write attributes: a signed-in user can set it \
                 himself{advice}",
                one.what
            );
            found.push(finding("user-writable-claim", Severity::Warning, message));
        }
        Write::Unrestricted => {}
    }
}

/// Whether users may change the attribute through the mapping's client, or through some client of the pool where the key names none.
fn write(case: &Case<'_>, one: &Selecting<'_>, users: Option<&UserPool>) -> Option<Write> {
    let clients: Vec<&UserPoolClient> = if let Some(client) = one.key.client() {
        case.common.client(client).into_iter().collect()
    } else {
        users.map(|users| case.common.clients_of(users)).unwrap_or_default()
    };
    let listed = clients.iter().find_map(|client| match &client.write_attributes {
        WriteAttributes::Listed(names) => {
            names.iter().find(|(name, _)| name == one.claim).map(|(_, at)| Write::Listed(*at))
        }
        _ => None,
    });
    let attribute = case.common.attribute(one.key, one.claim);
    let is_fixed = attribute.is_some_and(|attribute| attribute.mutable == Some(false));
    if is_fixed {
        return None;
    }
    listed.or_else(|| {
        let unrestricted = clients.iter().any(|client| client.write_attributes == WriteAttributes::All);
        // Nobody can tell whether an attribute can change that no schema here has.
        let is_known = attribute.is_some() || (users.is_some() && !one.claim.starts_with("custom:"));
        (unrestricted && is_known).then_some(Write::Unrestricted)
    })
}

/// Standard attributes that users may change unless something keeps them from it.
fn is_writable_standard(claim: &str) -> bool {
    crate::read::STANDARD.contains(&claim)
        && !["sub", "email_verified", "phone_number_verified", "updated_at"].contains(&claim)
}

fn guests(case: &Case<'_>, found: &mut Vec<Finding>) {
    let pool = case.pool();
    let Some(guests) = &pool.roles.unauthenticated else { return };
    let at = case.place(&Place::UnauthenticatedRole).or_else(|| case.at_pool());
    if pool.allow_unauthenticated_identities == Some(false) {
        return;
    }
    let mut others: BTreeSet<&str> = BTreeSet::new();
    others.extend(pool.roles.authenticated.iter().map(crate::RoleArn::as_str));
    others.extend(
        pool.role_mappings.values().flat_map(crate::RoleMapping::mapping_rules).map(|rule| rule.role_arn.as_str()),
    );
    others.extend(
        case.definition.groups.iter().flatten().filter_map(|g| g.role_arn.as_ref()).map(crate::RoleArn::as_str),
    );
    if others.contains(guests.as_str()) {
        let guests = text::quoted(guests.as_str());
        let (severity, message) = match &pool.guests_depend_on {
            None => (Severity::Error, format!("guests get {guests}, the role of users who signed in")),
            Some(reference) => (
                Severity::Warning,
                format!(
                    "guests, if {} allows them, get {guests}, the role of users who signed in",
                    text::quoted(reference)
                ),
            ),
        };
        found.push(Finding::new("same-role-for-guests", severity, message).at(at));
    } else if pool.allow_unauthenticated_identities == Some(true) {
        let message = format!("anyone on the internet gets {} without signing in", text::quoted(guests.as_str()));
        found.push(Finding::new("guest-role", Severity::Warning, message).at(at));
    }
}

fn resolution(case: &Case<'_>, found: &mut Vec<Finding>) {
    let Some(role) = &case.pool().roles.authenticated else { return };
    for (key, mapping) in &case.pool().role_mappings {
        if mapping.ambiguous_role_resolution == Some(AmbiguousRoleResolution::AuthenticatedRole) {
            let message = format!("a user for whom the mapping names no role gets {}", text::quoted(role.as_str()));
            let at = case.at_mapping_field(key, "AmbiguousRoleResolution");
            found.push(Finding::new("role-resolution-authenticated", Severity::Info, message).at(at).of(key));
        }
    }
}

/// The basic flow lets an app choose among all roles that trust the pool; role mappings close it (P11).
fn classic_flow(case: &Case<'_>, found: &mut Vec<Finding>) {
    let pool = case.pool();
    if !pool.role_mappings.is_empty() || !case.is_whole() {
        return;
    }
    // Terraform and the console close it unless told otherwise; a template that says nothing leaves it to the service.
    let is_template =
        pool.id.as_deref().is_some_and(|id| id.starts_with("${") && !id.contains("aws_cognito_identity_pool"));
    let is_unset = pool.allow_classic_flow.is_none()
        && is_template
        && (pool.allow_unauthenticated_identities.is_some() || pool.guests_depend_on.is_some())
        && case.is_attached();
    let how = match pool.allow_classic_flow {
        Some(true) => "the basic (classic) flow is on",
        None if is_unset => "`AllowClassicFlow` is not set to `false`",
        _ => return,
    };
    let message = format!(
        "{how}, and there is no role mapping: an app may ask for any role that trusts the pool, whatever the pool's own roles are"
    );
    found.push(Finding::new("classic-flow-open", Severity::Warning, message).at(case.at_pool()));
}
