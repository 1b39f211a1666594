//! Principal tags that will be missing, refused or other than meant (section 6).

use std::collections::BTreeMap;

use super::{Case, Finding, Severity, providers};
use crate::provider::{ProviderKey, ProviderKind};
use crate::text;
use crate::unicode::is_tag_character;

/// Claims of a user pool's ID token that are lists, and those that are booleans.
const LISTS: &[&str] = &["cognito:groups", "cognito:roles", "identities"];
const BOOLEANS: &[&str] = &["email_verified", "phone_number_verified"];

pub(super) fn run(case: &Case<'_>, found: &mut Vec<Finding>) {
    for (key, map) in &case.pool().principal_tags {
        providers::tag_key(case, key, found);
        if map.use_defaults && !map.tags.is_empty() {
            let message = "the map asks for the default tags and has its own; AWS does not say which of them count, and \
                           the console offers one or the other (rests on `defaults-with-tags`)";
            found.push(
                Finding::new("tag-defaults-with-custom", Severity::Warning, message).at(case.at_tags(key)).of(key),
            );
        }
        collisions(case, key, map.tags.keys(), found);
        for (tag, claim) in &map.tags {
            one(case, key, tag, claim, found);
        }
    }
}

fn collisions<'t>(
    case: &Case<'_>,
    key: &ProviderKey,
    tags: impl Iterator<Item = &'t String>,
    found: &mut Vec<Finding>,
) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for tag in tags {
        if let Some(earlier) = seen.insert(tag.to_lowercase(), tag) {
            let message = format!(
                "the tags {} and {} differ in letter case alone; STS takes them for one and refuses both",
                text::quoted(earlier),
                text::quoted(tag)
            );
            found.push(Finding::new("tag-key-collision", Severity::Error, message).at(case.at_tag(key, tag)).of(key));
        }
    }
}

fn one(case: &Case<'_>, key: &ProviderKey, tag: &str, claim: &str, found: &mut Vec<Finding>) {
    let at = case.at_tag(key, tag);
    let mut report = |lint, severity, message: String| found.push(Finding::new(lint, severity, message).at(at).of(key));
    if tag.to_lowercase().starts_with("aws:") {
        let message = format!("the tag {} begins with `aws:`, which is AWS's own", text::quoted(tag));
        report("tag-charset", Severity::Error, message);
    } else if let Some(bad) = tag.chars().find(|c| !is_tag_character(*c)) {
        let message = format!(
            "the tag {} has {} in it, which STS does not take",
            text::quoted(tag),
            text::quoted(&bad.to_string())
        );
        report("tag-charset", Severity::Error, message);
    }
    if let Some(why) = missing_source(case, key, claim) {
        let message = format!("the tag {} comes from the claim {}, {why}", text::quoted(tag), text::quoted(claim));
        report("tag-missing-source", Severity::Warning, message);
    } else if key.kind() == ProviderKind::UserPool && (LISTS.contains(&claim) || BOOLEANS.contains(&claim)) {
        let (kind, then) = if LISTS.contains(&claim) {
            (
                "a list",
                "users who have it are refused, or get the tag not as it is meant (rests on `tag-non-string-claim`)",
            )
        } else {
            ("a boolean", "whether it becomes a tag is not documented (rests on `tag-non-string-claim`)")
        };
        let message =
            format!("the tag {} comes from {}, which is {kind}; {then}", text::quoted(tag), text::quoted(claim));
        report("tag-non-string", Severity::Warning, message);
    }
    if tag == "test" && claim == "value" {
        let message = "the tag `test` from the claim `value` is the example of the documentation".to_owned();
        report("docs-placeholder", Severity::Warning, message);
    }
}

/// Why a token of this provider does not have a claim.
pub(super) fn missing_source(case: &Case<'_>, key: &ProviderKey, claim: &str) -> Option<String> {
    match key.kind() {
        ProviderKind::Facebook | ProviderKind::Amazon => {
            let offered =
                ["iss", "aud", "sub"].contains(&claim) || key.kind() == ProviderKind::Amazon && claim == "user_id";
            (!offered).then(|| "and this provider offers nothing but `iss`, `aud` and `sub`".to_owned())
        }
        ProviderKind::UserPool => missing_in_user_pool(case, key, claim),
        _ => None,
    }
}

/// Claims that no ID token of a user pool has. A function may add other claims, so only what is surely a slip counts.
fn missing_in_user_pool(case: &Case<'_>, key: &ProviderKey, claim: &str) -> Option<String> {
    let instead = match claim {
        "username" => Some("`cognito:username`"),
        "groups" | "cognito:group" => Some("`cognito:groups`"),
        "client_id" => Some("`aud`"),
        "scope" => None,
        _ => return missing_attribute(case, key, claim),
    };
    Some(match instead {
        Some(instead) => format!("which a user pool's ID token lacks; it has {instead}"),
        None => "which only access tokens have".to_owned(),
    })
}

fn missing_attribute(case: &Case<'_>, key: &ProviderKey, claim: &str) -> Option<String> {
    let attributes = case.common.user_pool_of(key)?.attributes.as_ref()?;
    let has = |name: &str| case.common.attribute(key, name).is_some();
    let with_prefix = format!("custom:{claim}");
    if !claim.contains(':') && has(&with_prefix) && !crate::read::STANDARD.contains(&claim) {
        return Some(format!("which the user pool calls {}", text::quoted(&with_prefix)));
    }
    let is_custom = claim.starts_with("custom:") && !attributes.is_empty();
    (is_custom && !has(claim)).then(|| {
        let names = attributes.iter().map(|attribute| attribute.name.as_str());
        let near = case.pay(attributes.len()).then(|| text::nearest(claim, names)).flatten();
        let near = near.map_or_else(String::new, |near| format!(", did you mean {}?", text::quoted(near)));
        format!("which the user pool's schema does not have{near}")
    })
}
