//! Says in what an issuer differs from the one that a provider has. The comparison itself is exact and is made elsewhere (L2).

use crate::login::{Login, is_issuer_of};
use crate::provider::{ProviderKey, ProviderKind, fits, login_key_of_issuer};

/// What is wrong with the issuer of a login that L2 refuses.
pub(crate) fn difference_of(login: &Login<'_>) -> Option<&'static str> {
    let key = login.provider()?;
    let issuer = login.claims.text("iss")?;
    let is_compared = matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Oidc)
        && !ProviderKey::of_kind(key.kind(), key.login_key()).is_symbolic();
    (is_compared && !is_issuer_of(issuer, key.login_key())).then(|| difference(issuer, key.login_key()))
}

/// Whether an issuer cannot be that of a provider whose key has references in it, whatever they stand for: what is written out beside them is
/// another text. Nothing is refused for it (Q5b).
pub(crate) fn is_elsewhere(login: &Login<'_>) -> bool {
    let (Some(key), Some(issuer)) = (login.provider(), login.claims.text("iss")) else { return false };
    let is_compared = matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Oidc) && key.is_login_symbolic();
    let issued = login_key_of_issuer(issuer);
    // The newer form has one host for all partitions.
    let of_all_partitions = key.login_key().replacen(".amazonaws.com.cn/", ".amazonaws.com/", 1);
    is_compared && !fits(key.login_key(), &issued) && !fits(&of_all_partitions, &issued)
}

/// Which part of `issuer` is not that of the provider with this login key, as a sentence about the issuer that quotes nothing of it.
fn difference(issuer: &str, login_key: &str) -> &'static str {
    if issuer.trim() != issuer {
        return "it has blanks around it";
    }
    let Some(written) = without_scheme(issuer) else { return "its scheme is not `https`" };
    if written.trim_end_matches('/') == login_key {
        return "it ends with a slash";
    }
    let (authority, path) = host_and_path(written);
    let (expected_host, expected_path) = host_and_path(login_key);
    if authority.contains('@') {
        return "it has a user name before the host";
    }
    if authority != expected_host {
        return match (region(authority), region(expected_host)) {
            _ if authority.eq_ignore_ascii_case(expected_host) => "its host has other upper and lower case letters",
            (Some(_), Some(_)) => "its region is another",
            _ if authority.starts_with(expected_host) => "its host only begins as the provider's does",
            _ if !authority.is_ascii() || authority.contains("xn--") => {
                "its host has letters other than those of ASCII"
            }
            _ => "its host is another",
        };
    }
    match region(expected_host) {
        _ if path.eq_ignore_ascii_case(expected_path) => "its path has other upper and lower case letters",
        Some(_) => "its user pool is another",
        None => "its path is another",
    }
}

/// What follows `https://`, or all of an issuer without a scheme; `None` with another scheme.
fn without_scheme(issuer: &str) -> Option<&str> {
    match issuer.split_once("://") {
        Some(("https", rest)) => Some(rest),
        Some((scheme, _)) if !scheme.contains('/') => None,
        _ => Some(issuer),
    }
}

fn host_and_path(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or((text, ""))
}

/// The region of a user pool's host.
fn region(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".cn").unwrap_or(host);
    host.strip_prefix("cognito-idp.")?.strip_suffix(".amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Claims, Evaluator, IdentityPool, ProviderKey, Semantics, TokenForm};

    /// Q5b
    #[test]
    fn an_issuer_may_fit_no_value_of_a_reference() {
        let fits_nothing = |provider: &str, issuer: &str| {
            let pool = IdentityPool { other_providers: vec![provider.into()], ..IdentityPool::default() };
            let evaluator = Evaluator::new(pool, Semantics::default());
            let mut claims = Claims::default();
            claims.set("iss", issuer.to_owned());
            let login = evaluator.login(Some(&ProviderKey::new(provider)), &claims, TokenForm::Jwt).unwrap();
            is_elsewhere(&login)
        };
        let pool = "cognito-idp.us-east-1.amazonaws.com/${Users}";
        assert!(!fits_nothing(pool, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1"));
        assert!(!fits_nothing(pool, "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1"));
        assert!(fits_nothing(pool, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE1"));
        assert!(fits_nothing(pool, "https://accounts.google.com"));
        assert!(!fits_nothing(
            "${Users.ProviderName}",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE1"
        ));
        assert!(!fits_nothing("accounts.google.com", "https://elsewhere.example"), "no reference");
    }

    /// L2
    #[test]
    fn only_an_issuer_that_is_refused_has_a_difference() {
        let evaluator = Evaluator::new(IdentityPool::default(), Semantics::default());
        let difference = |provider: &str, issuer: &str| {
            let mut claims = Claims::default();
            claims.set("iss", issuer.to_owned());
            let login = evaluator.login(Some(&ProviderKey::new(provider)), &claims, TokenForm::Jwt).unwrap();
            difference_of(&login)
        };
        let pool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1";
        assert_eq!(difference(pool, &format!("https://{pool}")), None);
        assert_eq!(difference(pool, &format!("https://issuer-{pool}")), None);
        assert_eq!(difference(pool, &format!("https://{pool}/")), Some("it ends with a slash"));
        assert_eq!(difference("accounts.google.com", "https://elsewhere.example"), None, "L2 is not for Google");
    }

    /// HI-34
    #[test]
    fn the_part_that_differs_is_named() {
        let pool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1";
        for (issuer, expected) in [
            ("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1/", "it ends with a slash"),
            ("http://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1", "its scheme is not `https`"),
            ("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1 ", "it has blanks around it"),
            (
                "https://COGNITO-IDP.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
                "its host has other upper and lower case letters",
            ),
            ("https://cognito-idp.eu-west-1.amazonaws.com/us-east-1_EXAMPLE1", "its region is another"),
            ("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another1", "its user pool is another"),
            (
                "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example1",
                "its path has other upper and lower case letters",
            ),
            (
                "https://cognito-idp.us-east-1.amazonaws.com.evil/us-east-1_EXAMPLE1",
                "its host only begins as the provider's does",
            ),
            (
                "https://cognito-idp.us-east-1.amazonaws.com@evil/us-east-1_EXAMPLE1",
                "it has a user name before the host",
            ),
            (
                "https://c\u{43e}gnito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
                "its host has letters other than those of ASCII",
            ),
            ("", "its host is another"),
        ] {
            assert_eq!(difference(issuer, pool), expected, "{issuer}");
        }
        assert_eq!(difference("https://idp.example/b", "idp.example/a"), "its path is another");
        assert_eq!(difference("https://other.example/a", "idp.example/a"), "its host is another");
    }
}
