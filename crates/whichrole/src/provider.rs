//! The names that identity providers go by: login keys, role-mapping keys and principal-tag keys (Q2 to Q5b).

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// What kind of identity provider a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderKind {
    /// An Amazon Cognito user pool.
    UserPool,
    /// Sign in with Google.
    Google,
    /// Facebook Login.
    Facebook,
    /// Login with Amazon.
    Amazon,
    /// Sign in with Apple.
    Apple,
    /// Twitter (Digits).
    Twitter,
    /// An OpenID Connect provider in IAM.
    Oidc,
    /// A SAML provider in IAM.
    Saml,
    /// The account's own backend (developer-authenticated identities).
    Developer,
    /// A reference that does not show what it refers to.
    Unknown,
}

/// What comes before the issuer in the ARN of an OIDC provider.
const OIDC_ARN: &str = ":oidc-provider/";

/// The key of a provider: where a login, a role mapping or a principal-tag map belongs.
///
/// A key may hold references such as `${Users.ProviderName}:${Web}`; those stand for values nobody knows yet (Q5b).
///
/// ```
/// use whichrole::{ProviderKey, ProviderKind};
///
/// let key = ProviderKey::new("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc:client1");
/// assert_eq!(key.kind(), ProviderKind::UserPool);
/// assert_eq!(key.login_key(), "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc");
/// assert_eq!(key.client(), Some("client1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderKey {
    text: SharedText,
    kind: ProviderKind,
    /// Invariant: false for what a token says of itself, whatever characters it has in it.
    symbolic: bool,
    /// Where the login key is in the text. Invariant: follows from the other fields; what comes after it is `:` and a client id.
    login: (usize, usize),
}

/// A text that many places share: cloning it copies nothing, and comparing it with its own clone reads nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SharedText(Arc<str>);

impl Ord for SharedText {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for SharedText {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ProviderKey {
    /// Reads a key; its kind shows in its text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::of_kind(kind_of(&text), text)
    }

    /// The key that a token's issuer names. A token cannot bring references: `${` in it is nothing but two characters; and no issuer is a
    /// SAML provider or the developer's own backend.
    #[must_use]
    pub fn of_issuer(issuer: &str) -> Self {
        let text = login_key_of_issuer(issuer);
        let kind = match kind_of(&text) {
            ProviderKind::UserPool if !text.starts_with("cognito-idp.") => ProviderKind::Oidc,
            ProviderKind::Unknown | ProviderKind::Saml | ProviderKind::Developer => ProviderKind::Oidc,
            kind => kind,
        };
        Self::from_parts(text, kind, false)
    }

    /// A key of a kind that the caller knows better than the text shows, such as a reference to an OIDC provider.
    pub fn of_kind(kind: ProviderKind, text: impl Into<String>) -> Self {
        let text = text.into();
        let symbolic = text.contains("${");
        Self::from_parts(text, kind, symbolic)
    }

    fn from_parts(text: String, kind: ProviderKind, symbolic: bool) -> Self {
        let login = match kind {
            ProviderKind::UserPool => {
                let colon = if symbolic { colon_outside_references(&text) } else { text.find(':') };
                (0, colon.unwrap_or(text.len()))
            }
            ProviderKind::Oidc => (text.find(OIDC_ARN).map_or(0, |at| at + OIDC_ARN.len()), text.len()),
            _ => (0, text.len()),
        };
        Self { text: SharedText(text.into()), kind, symbolic, login }
    }

    /// The key without its client id.
    pub(crate) fn without_client(&self) -> Self {
        if self.tag_key() == self.as_str() {
            return self.clone();
        }
        Self::from_parts(self.tag_key().to_owned(), self.kind, self.is_login_symbolic())
    }

    /// Whether the key without its client id has a reference in it.
    pub(crate) fn is_login_symbolic(&self) -> bool {
        self.symbolic && self.tag_key().contains("${")
    }

    /// The key as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text.0
    }

    /// The same, for whoever keeps it: nothing is copied.
    pub(crate) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text.0)
    }

    /// What kind of provider this is.
    #[must_use]
    pub fn kind(&self) -> ProviderKind {
        self.kind
    }

    /// Whether a part of the key is a reference.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        self.symbolic
    }

    /// The app client id of a user pool's role-mapping key (Q3).
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.as_str().get(self.login.1 + 1..)
    }

    /// The key under which a login of this provider is sent (Q2): without a client id, and for an OIDC provider's ARN its issuer.
    #[must_use]
    pub fn login_key(&self) -> &str {
        self.as_str().get(self.login.0..self.login.1).unwrap_or_default()
    }

    /// The key of this provider's principal-tag map (Q4).
    #[must_use]
    pub fn tag_key(&self) -> &str {
        self.as_str().get(..self.login.1).unwrap_or_default()
    }

    /// Whether a login's key could be this one of the configuration: a reference fits whatever it could stand for (Q5b).
    #[must_use]
    pub fn could_be(&self, login: &Self) -> bool {
        fits(self.login_key(), login.login_key()) && (self.kind == login.kind || self.kind == ProviderKind::Unknown)
    }
}

impl fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&str> for ProviderKey {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// The login key that belongs to the issuer of a token (`iss`), as far as the issuer alone tells.
#[must_use]
pub fn login_key_of_issuer(issuer: &str) -> String {
    let host_and_path = issuer.strip_prefix("https://").unwrap_or(issuer);
    match host_and_path.strip_prefix("issuer-cognito-idp.") {
        Some(rest) => format!("cognito-idp.{rest}"),
        None => match host_and_path {
            "www.facebook.com" | "facebook.com" => "graph.facebook.com".to_owned(),
            _ => host_and_path.to_owned(),
        },
    }
}

/// Whether a text of the configuration could be a literal text once every reference in it has a value. References stand for one or more
/// characters; the literal text is taken as it is, whatever it looks like.
#[must_use]
pub fn fits(configured: &str, literal: &str) -> bool {
    configured == literal || (configured.contains("${") && fits_pattern(configured, literal))
}

/// Matches literal text against text with references: the literal pieces must occur in order, anchored at both ends.
fn fits_pattern(pattern: &str, literal: &str) -> bool {
    let pieces = literal_pieces(pattern);
    let (Some((first, rest)), true) = (pieces.split_first(), pieces.len() > 1) else { return pattern == literal };
    let Some((last, middle)) = rest.split_last() else { return false };
    let Some(mut left) = literal.strip_prefix(first) else { return false };
    for piece in middle {
        // At least one character for the reference, then the nearest place where the piece stands.
        let Some(found) =
            left.char_indices().skip(1).find(|(at, _)| left.get(*at..).is_some_and(|l| l.starts_with(piece)))
        else {
            return false;
        };
        left = left.get(found.0 + piece.len()..).unwrap_or_default();
    }
    left.len() > last.len() && left.ends_with(last)
}

/// The literal text between the references of `pattern`, one more piece than there are references.
fn literal_pieces(pattern: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in pattern.char_indices() {
        match c {
            '{' if depth > 0 => depth += 1,
            '{' if previous == '$' => {
                depth = 1;
                pieces.push(pattern.get(start..at - 1).unwrap_or_default());
            }
            '}' if depth > 0 => {
                depth -= 1;
                start = at + 1;
            }
            _ => {}
        }
        previous = c;
    }
    pieces.push(if depth == 0 { pattern.get(start..).unwrap_or_default() } else { "" });
    pieces
}

/// The first colon outside references; a user pool's login key has none. What has a `/` after it is no client id but a host's port.
fn colon_outside_references(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if previous == '$' || depth > 0 => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                let client = text.get(at + 1..).unwrap_or_default();
                return literal_pieces(client).iter().all(|piece| !piece.contains('/')).then_some(at);
            }
            _ => {}
        }
        previous = c;
    }
    None
}

/// `cognito-identity.amazonaws.com`, and its namesakes in other partitions.
fn is_developer(text: &str) -> bool {
    let host = text.strip_suffix(".cn").unwrap_or(text);
    ["cognito-identity.", "cognito-identity-us-gov."].iter().any(|start| host.starts_with(start))
        && host.ends_with("amazonaws.com")
}

fn kind_of(text: &str) -> ProviderKind {
    // Also through modules and data sources: `${module.login.aws_cognito_user_pool.main.endpoint}`.
    let refers_to = |resource: &str| text.contains("${") && text.contains(resource);
    match text {
        "accounts.google.com" => ProviderKind::Google,
        "graph.facebook.com" => ProviderKind::Facebook,
        "www.amazon.com" => ProviderKind::Amazon,
        "appleid.apple.com" => ProviderKind::Apple,
        "api.twitter.com" | "www.digits.com" => ProviderKind::Twitter,
        _ if is_developer(text) => ProviderKind::Developer,
        _ if text.starts_with("cognito-idp.") => ProviderKind::UserPool,
        _ if text.contains(OIDC_ARN) || refers_to("aws_iam_openid_connect_provider.") => ProviderKind::Oidc,
        _ if text.contains(":saml-provider/") || refers_to("aws_iam_saml_provider.") => ProviderKind::Saml,
        _ if text.contains(".ProviderName}") || refers_to("aws_cognito_user_pool.") => ProviderKind::UserPool,
        // Only a user pool's key has a client after a colon.
        _ if text.contains("${") && !text.starts_with("arn:") && colon_outside_references(text).is_some() => {
            ProviderKind::UserPool
        }
        _ if text.contains("${") => ProviderKind::Unknown,
        _ => ProviderKind::Oidc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_its_kind_login_and_client() {
        let key = |text: &str| ProviderKey::new(text);
        assert_eq!(key("${Users.ProviderName}:${Web}").kind(), ProviderKind::UserPool);
        assert_eq!(key("${Users.ProviderName}:${Web}").client(), Some("${Web}"));
        assert_eq!(key("cognito-idp.${AWS::Region}.amazonaws.com/${Users}:${Web}").client(), Some("${Web}"));
        assert_eq!(key("cognito-idp.${AWS::Region}.amazonaws.com/${Users}").client(), None);
        assert_eq!(
            key("cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A:c").login_key(),
            "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A"
        );
        let oidc = key("arn:aws:iam::111122223333:oidc-provider/login.example.com/tenant");
        assert_eq!((oidc.kind(), oidc.login_key()), (ProviderKind::Oidc, "login.example.com/tenant"));
        assert_eq!(oidc.tag_key(), oidc.as_str());
        let saml = key("arn:aws:iam::111122223333:saml-provider/corp");
        assert_eq!(
            (saml.kind(), saml.login_key()),
            (ProviderKind::Saml, "arn:aws:iam::111122223333:saml-provider/corp")
        );
    }

    #[test]
    fn a_reference_fits_what_it_may_stand_for() {
        assert!(fits("cognito-idp.${R}.amazonaws.com/${U}", "cognito-idp.us-east-1.amazonaws.com/us-east-1_A"));
        assert!(!fits("cognito-idp.${R}.amazonaws.com/${U}", "accounts.google.com"));
        assert!(!fits("cognito-idp.${R}.amazonaws.com/${U}", "cognito-idp.us-east-1.amazonaws.com/"));
        assert!(fits("${Web}", "client1"));
        assert!(!fits("a", "b"));
        let users = ProviderKey::new("${Users.ProviderName}:${Web}");
        assert!(users.could_be(&"cognito-idp.us-east-1.amazonaws.com/us-east-1_A".into()));
        assert!(!users.could_be(&"accounts.google.com".into()));
        assert!(!fits("client1", "${x}"), "only the configuration has references");
        assert!(fits("a${x{y}z}b", "a1b"), "references may hold braces");
        assert_eq!(ProviderKey::new("${Host}:8443/x").kind(), ProviderKind::Unknown);
        assert_eq!(ProviderKey::of_issuer("https://${Users.ProviderName}").kind(), ProviderKind::Oidc);
        assert_eq!(ProviderKey::of_issuer("arn:aws:iam::1:saml-provider/x").kind(), ProviderKind::Oidc);
    }

    #[test]
    fn an_issuer_names_its_login() {
        for (issuer, login) in [
            (
                "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
                "cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
            ),
            (
                "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
                "cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
            ),
            ("accounts.google.com", "accounts.google.com"),
            ("https://login.example.com/tenant", "login.example.com/tenant"),
        ] {
            assert_eq!(login_key_of_issuer(issuer), login);
        }
    }
}
