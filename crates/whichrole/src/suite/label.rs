//! Short names for providers, which become names of users in a first suite.

use std::collections::{BTreeMap, BTreeSet};

use crate::provider::ProviderKey;

/// The name of the user that every first suite has.
const GUEST: &str = "guest";

/// A short name for each provider, all different.
pub(super) fn of<'k>(keys: &BTreeSet<&'k ProviderKey>) -> BTreeMap<&'k str, String> {
    let mut taken = BTreeSet::from([GUEST.to_owned()]);
    let mut labels = BTreeMap::new();
    for key in keys {
        let name = short(key);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
        taken.insert(free.clone());
        labels.insert(key.as_str(), free);
    }
    labels
}

/// `google`, the client of a user pool, or the last name in the key.
pub(super) fn short(key: &ProviderKey) -> String {
    let known = match key.login_key() {
        "accounts.google.com" => Some("google"),
        "graph.facebook.com" => Some("facebook"),
        "www.amazon.com" => Some("amazon"),
        "appleid.apple.com" => Some("apple"),
        "api.twitter.com" => Some("twitter"),
        "cognito-identity.amazonaws.com" => Some("developer"),
        _ => None,
    };
    if let Some(known) = known {
        return known.to_owned();
    }
    let text = key.client().unwrap_or(key.login_key());
    // `${aws_cognito_user_pool_client.web.id}` is `web`; `${UserPool.ProviderName}` is `UserPool`.
    let inside = text.rsplit_once("${").map_or(text, |(_, inside)| inside.trim_end_matches('}'));
    let named = |suffix: &str| inside.strip_suffix(suffix);
    let named = [".id", ".endpoint", ".ProviderName", ".arn"].into_iter().find_map(named).unwrap_or(inside);
    let last = named.rsplit(['/', ':', '.']).find(|part| !part.is_empty()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let label: String = last.chars().map(plain).collect();
    if label.starts_with(|c: char| c.is_ascii_alphabetic()) { label } else { format!("user-{label}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_called_by_what_people_know_it_as() {
        for (key, label) in [
            ("accounts.google.com", "google"),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web", "web"),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:1h57", "user-1h57"),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", "us-east-1_AbC"),
            ("${UserPool.ProviderName}:${WebClient}", "WebClient"),
            ("${aws_cognito_user_pool.pool.endpoint}:${aws_cognito_user_pool_client.web.id}", "web"),
            ("arn:aws:iam::111122223333:saml-provider/corp", "corp"),
        ] {
            assert_eq!(short(&ProviderKey::new(key)), label, "{key}");
        }
        let (web, other) = (ProviderKey::new("a.example/x"), ProviderKey::new("b.example/x"));
        let labels = of(&BTreeSet::from([&web, &other]));
        assert_eq!(labels.into_values().collect::<Vec<_>>(), ["x", "x-2"]);
    }
}
