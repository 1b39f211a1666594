//! The keys of role mappings: which AWS takes, and which it rejects with `… is not a valid RoleMapping ProviderName or is not a configured provider`.
//! And those of principal-tag maps, whose tags nobody gets where they name no provider of the pool.

use std::collections::BTreeSet;

use super::{Case, Finding, Severity, rejected};
use crate::pool::IdentityPool;
use crate::provider::{ProviderKey, ProviderKind, fits};
use crate::read::Position;
use crate::{regions, text};

/// The most entries of a pool's list of providers that a key is compared with one by one.
const MOST_SEARCHED: usize = 1_000;

/// The providers that a pool lists, to look them up.
pub(super) struct Listed<'c> {
    /// User pools by login key, with the client.
    clients: BTreeSet<(&'c str, Option<&'c str>)>,
    has_references: bool,
    others: BTreeSet<&'c ProviderKey>,
    has_symbolic_others: bool,
}

impl<'c> Listed<'c> {
    pub(super) fn of(pool: &'c IdentityPool) -> Self {
        let clients: BTreeSet<_> = pool
            .providers
            .iter()
            .flatten()
            .map(|provider| (provider.provider_name.login_key(), provider.client_id.as_deref()))
            .collect();
        let is_reference = |text: &str| text.contains("${");
        Self {
            has_references: clients
                .iter()
                .any(|(login, client)| is_reference(login) || client.is_some_and(is_reference)),
            clients,
            others: pool.other_providers.iter().collect(),
            has_symbolic_others: pool.other_providers.iter().any(ProviderKey::is_symbolic),
        }
    }

    /// Whether a user pool is listed by this very name, with this client if there is one.
    fn has(&self, login: &'c str, client: Option<&'c str>) -> bool {
        match client {
            Some(_) => self.clients.contains(&(login, client)),
            None => self.clients.range((login, None)..).next().is_some_and(|(listed, _)| *listed == login),
        }
    }
}

/// The providers that go by one name everywhere.
const SOCIAL: [&str; 6] = [
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
    "appleid.apple.com",
    "api.twitter.com",
    "www.digits.com",
];

/// What a key is for: the key of a user pool has a client for a role mapping (Q3), and none for a principal-tag map (Q4).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Mapping,
    Tags,
}

impl Use {
    /// The right key of a user pool, for a message; `None` where the client that it has is not known.
    fn key(self, provider: &str, client: Option<&str>) -> Option<String> {
        Some(match self {
            Self::Mapping => text::quoted_whole(&format!("{provider}:{}", client?)),
            Self::Tags => text::quoted_whole(provider),
        })
    }
}

/// What is wrong with the key of a role mapping (Q2, Q3); at most one thing.
pub(super) fn mapping_key(case: &Case<'_>, key: &ProviderKey, found: &mut Vec<Finding>) {
    check(case, key, Use::Mapping, case.at_mapping(key), found);
}

/// What is wrong with the key of a principal-tag map (Q2, Q4); at most one thing.
pub(super) fn tag_key(case: &Case<'_>, key: &ProviderKey, found: &mut Vec<Finding>) {
    check(case, key, Use::Tags, case.at_tags(key), found);
}

fn check(case: &Case<'_>, key: &ProviderKey, of: Use, at: Option<Position>, found: &mut Vec<Finding>) {
    let client = || match of {
        Use::Mapping => has_no_client(case, key),
        Use::Tags => has_client(key),
    };
    let fault = is_url(key, of)
        .or_else(|| is_developer(key, of))
        .or_else(|| is_no_provider(case, key, of))
        .or_else(client)
        .or_else(|| has_other_region(key))
        .or_else(|| is_elsewhere(case, key, of));
    if let Some((lint, severity, message)) = fault {
        found.push(Finding::new(lint, severity, message).at(at).of(key));
    }
}

/// `<provider>`, `$PROVIDER`, `{{provider}}`, `PROVIDER_NAME`.
fn is_placeholder(key: &str) -> bool {
    let is_shouted = key.contains('_') && key.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_shouted || rejected::is_placeholder(key)
}

const NOT_CONFIGURED: &str = "provider-not-configured";
const WITHOUT_CLIENT: &str = "provider-without-client";

type Fault = (&'static str, Severity, String);

fn is_url(key: &ProviderKey, of: Use) -> Option<Fault> {
    let text = key.as_str();
    let is_attribute = text.contains(".ProviderURL}");
    if !(text.starts_with("https://") || text.starts_with("http://") || is_attribute) {
        return None;
    }
    let name = text.trim_start_matches("https://").trim_start_matches("http://");
    let name = text::quoted_whole(name);
    let instead = match (is_attribute, of) {
        (true, Use::Mapping) => "use the user pool's `ProviderName` and its client".to_owned(),
        (true, Use::Tags) => "use the user pool's `ProviderName`".to_owned(),
        (false, Use::Mapping) => format!("write {name}, and for a user pool `:` and the client after it"),
        (false, Use::Tags) => format!("write {name}"),
    };
    let message = format!("{} is a URL, not the key of a provider; {instead}", text::quoted_whole(text));
    Some(("provider-is-url", Severity::Error, message))
}

fn is_developer(key: &ProviderKey, of: Use) -> Option<Fault> {
    let message = match of {
        Use::Mapping => {
            "developer-authenticated identities cannot have a role mapping; they get the authenticated role"
        }
        Use::Tags => "developer-authenticated identities get no tags from a principal-tag map",
    };
    (key.kind() == ProviderKind::Developer).then(|| ("provider-developer", Severity::Error, message.to_owned()))
}

/// A key that names no provider at all, such as `Provider` or `login.example.com`; the bare id of a user pool, too, unless its client is
/// missing as well.
fn is_no_provider(case: &Case<'_>, key: &ProviderKey, of: Use) -> Option<Fault> {
    let text = key.as_str();
    let shown = text::quoted_whole(text);
    let fault = |why: String| Some((NOT_CONFIGURED, Severity::Error, format!("{shown} {why}")));
    if is_bare_pool(case, key.login_key()) {
        let pool = text::quoted_whole(key.login_key());
        let name = format!("cognito-idp.<region>.amazonaws.com/{}", key.login_key());
        let right = of.key(&name, key.client().filter(|client| !client.is_empty()))?;
        return fault(format!("is no key: {pool} is the id of a user pool, not its provider name; write {right}"));
    }
    // What somebody is still to fill in is no fault of the file.
    let is_open = key.is_symbolic() || is_placeholder(text);
    let is_host_alone = key.kind() == ProviderKind::UserPool && !text.contains(['/', '$']);
    let is_suspect = key.kind() == ProviderKind::Oidc || is_host_alone;
    if !is_suspect || is_open || text.contains(":oidc-provider/") {
        return None;
    }
    if let Some((pool, client)) = bare_pool_id(text) {
        let right = of.key(&provider_name(pool), client)?;
        return fault(format!("is the id of a user pool, not the key of a provider; write {right}"));
    }
    let meant = text::nearest(text, SOCIAL).map(|near| format!("did you mean {}?", text::quoted(near)));
    let hint = meant.unwrap_or_else(|| {
        let user_pool = if of == Use::Mapping { "<pool>:<client>" } else { "<pool>" };
        format!(
            "write `cognito-idp.<region>.amazonaws.com/{user_pool}`, the name of a social provider such as \
             `accounts.google.com`, or the ARN of an OIDC or SAML provider in IAM"
        )
    });
    fault(format!("is not the key of a provider; {hint}"))
}

/// A user pool with a client, where none is wanted.
fn has_client(key: &ProviderKey) -> Option<Fault> {
    let message = format!(
        "{} has a client id; a principal-tag map goes by the user pool alone, {}",
        text::quoted(key.as_str()),
        text::quoted(key.tag_key())
    );
    let has_one = key.kind() == ProviderKind::UserPool && key.client().is_some();
    has_one.then_some(("tag-provider-with-client", Severity::Error, message))
}

/// A user pool without its client, whether by its provider name or its bare id.
fn has_no_client(case: &Case<'_>, key: &ProviderKey) -> Option<Fault> {
    let shown = text::quoted_whole(key.as_str());
    let without = |message: String| Some((WITHOUT_CLIENT, Severity::Error, message));
    if let Some((pool, None)) = bare_pool_id(key.as_str()) {
        let right = text::quoted_whole(&format!("{}:<client>", provider_name(pool)));
        return without(format!("{shown} is the bare id of a user pool, without its client; write {right}"));
    }
    if key.client().is_some_and(|client| !client.is_empty()) {
        return None;
    }
    if is_bare_pool(case, key.as_str()) {
        let right = text::quoted_whole(&format!("cognito-idp.<region>.amazonaws.com/{}:<client>", key.as_str()));
        return without(format!("{shown} is the bare id of a user pool, without its client; write {right}"));
    }
    if key.kind() != ProviderKind::UserPool {
        return None;
    }
    without(format!("{shown} names a user pool without a client; write `:` and the app client id after it"))
}

/// Whether a reference stands for the id of a user pool in the files.
fn is_bare_pool(case: &Case<'_>, text: &str) -> bool {
    text.starts_with("${") && case.common.is_user_pool(text)
}

/// `eu-west-1_Abc` or `eu-west-1_Abc:client`: the id of a user pool, and the client if there is one.
fn bare_pool_id(text: &str) -> Option<(&str, Option<&str>)> {
    let (pool, client) = text.split_once(':').map_or((text, None), |(pool, client)| (pool, Some(client)));
    let (region, id) = pool.split_once('_')?;
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
    (regions::is_written_as_one(region) && is_id).then_some((pool, client.filter(|client| !client.is_empty())))
}

/// The provider name of the user pool with this id (Q2).
fn provider_name(pool: &str) -> String {
    let region = pool.split('_').next().unwrap_or_default();
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("cognito-idp.{region}.amazonaws.com{china}/{pool}")
}

/// A user pool's key whose region is not that of its pool, or none that AWS has.
fn has_other_region(key: &ProviderKey) -> Option<Fault> {
    let (host, pool) = key.login_key().strip_prefix("cognito-idp.")?.split_once('/')?;
    let shown = text::quoted_whole(key.as_str());
    // References, `<region>` and `$POOL` are for somebody to fill in.
    let region = host.split('.').next().filter(|region| regions::is_written_as_one(region))?;
    let written = pool.split("${").next().unwrap_or_default();
    let of_pool = written.split_once('_').map(|(of_pool, _)| of_pool).filter(|of| regions::is_written_as_one(of));
    if let Some(of_pool) = of_pool.filter(|of_pool| *of_pool != region) {
        let message = format!(
            "{shown} names the region {}, and its user pool is of {}; the two must be the same",
            text::quoted(region),
            text::quoted(of_pool)
        );
        return Some((NOT_CONFIGURED, Severity::Error, message));
    }
    if regions::is_known(region) {
        return None;
    }
    let near = regions::nearest(region);
    let hint = near.map_or_else(String::new, |near| format!(", did you mean {}?", text::quoted(near)));
    let message = format!("{shown} names the region {}, which is none that is known{hint}", text::quoted(region));
    Some((NOT_CONFIGURED, Severity::Warning, message))
}

/// A provider that the pool does not have.
fn is_elsewhere(case: &Case<'_>, key: &ProviderKey, of: Use) -> Option<Fault> {
    let then = match of {
        Use::Mapping => "AWS rejects the mapping",
        Use::Tags => "nobody gets these tags",
    };
    let shown = text::quoted_whole(key.as_str());
    let message = format!("{shown} is not among the providers of the identity pool; {then}");
    (is_configured(case, key, of) == Some(false)).then_some((NOT_CONFIGURED, Severity::Error, message))
}

/// Whether the pool lists the provider of a key; `None` where the list, or what a reference stands for, is not known.
fn is_configured(case: &Case<'_>, key: &ProviderKey, of: Use) -> Option<bool> {
    let pool = case.pool();
    if key.kind() == ProviderKind::Unknown {
        return None;
    }
    if key.kind() != ProviderKind::UserPool {
        // Only a pool that is itself in the files lists its providers.
        let says_who = pool.allow_unauthenticated_identities.is_some() || pool.guests_depend_on.is_some();
        let is_here = pool.providers.is_some() || says_who;
        let is_listed = case.listed.others.contains(key);
        let is_open = key.is_symbolic() || case.listed.has_symbolic_others;
        return if is_listed {
            Some(true)
        } else if !is_here || is_open {
            None
        } else {
            Some(false)
        };
    }
    let listed = pool.providers.as_ref()?;
    let client = if of == Use::Mapping { Some(key.client()?) } else { None };
    if case.listed.has(key.login_key(), client) {
        return Some(true);
    }
    // A list that AWS would not take is not searched for what its references may stand for, key by key.
    if listed.len() > MOST_SEARCHED {
        let is_literal = !key.is_symbolic() && !case.listed.has_references;
        return is_literal.then_some(false);
    }
    let mut open = false;
    for provider in listed {
        let login = same(case, provider.provider_name.login_key(), key.login_key());
        let is_its = |client| provider.client_id.as_deref().map_or(Some(false), |id| same(case, id, client));
        let client = client.map_or(Some(true), is_its);
        match (login, client) {
            (Some(true), Some(true)) => return Some(true),
            (Some(false), _) | (_, Some(false)) => {}
            _ => open = true,
        }
    }
    if open { None } else { Some(false) }
}

/// Whether two texts are one thing once the references in them are known.
fn same(case: &Case<'_>, a: &str, b: &str) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    match (a.contains("${"), b.contains("${")) {
        (false, false) => Some(false),
        (true, false) if !fits(a, b) => Some(false),
        (false, true) if !fits(b, a) => Some(false),
        // Two clients of one configuration are two.
        (true, true) => {
            let clients = case.common.client(a).zip(case.common.client(b)).map(|(a, b)| a.ids == b.ids);
            clients.filter(|same| !same)
        }
        _ => None,
    }
}
