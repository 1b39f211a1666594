//! An identity pool as it was written: plain data in AWS's own terms. What the data means is decided in `eval.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::provider::ProviderKey;

/// The part of an Amazon Cognito identity pool that decides which role and which principal tags a login gets.
///
/// ```
/// use whichrole::{IdentityPool, MappingRule, MatchType, RoleMapping, ProviderKey};
///
/// let mut pool = IdentityPool::default();
/// pool.roles.authenticated = Some("arn:aws:iam::111122223333:role/Reader".into());
/// pool.role_mappings.insert(
///     ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web"),
///     RoleMapping::rules([MappingRule::new(
///         "cognito:groups", MatchType::Contains, "admins", "arn:aws:iam::111122223333:role/Admin",
///     )]),
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityPool {
    /// The pool's id, such as `us-east-1:1a2b…`, or a reference to it.
    pub id: Option<String>,
    /// Whether guests may get credentials. `None`: the configuration does not say (S1), or it does and that is not known, as
    /// [`guests_depend_on`](Self::guests_depend_on) tells.
    pub allow_unauthenticated_identities: Option<bool>,
    /// What decides whether guests may get credentials, where the configuration leaves that to something that is not known, such as
    /// `${var.guests}`. The flag is `None` then, and an [`Evaluator`](crate::Evaluator) takes it as it takes any other: **do not ask it about
    /// guests**. Answers for tokens do not depend on it, and what is proved for all requests says where it does.
    pub guests_depend_on: Option<String>,
    /// Whether the basic (classic) flow is open. It has no part in the decision.
    pub allow_classic_flow: Option<bool>,
    /// The identity providers the pool accepts. `None`: the configuration does not list them, so L3 is not checked.
    pub providers: Option<Vec<IdentityProvider>>,
    /// The other providers that the pool lists: social, OIDC, SAML and developer.
    pub other_providers: Vec<ProviderKey>,
    /// The default roles.
    pub roles: Roles,
    /// The role mapping of each provider, at most one each.
    pub role_mappings: BTreeMap<ProviderKey, RoleMapping>,
    /// The principal-tag map of each provider. A user pool's key has no client id here (Q4).
    pub principal_tags: BTreeMap<ProviderKey, PrincipalTagMap>,
}

impl IdentityPool {
    /// Every key of a provider that the pool names, with repetitions: those of the mappings first, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &ProviderKey> {
        let listed = self.providers.iter().flatten().map(|provider| &provider.provider_name);
        self.role_mappings.keys().chain(self.principal_tags.keys()).chain(listed).chain(&self.other_providers)
    }
}

/// The default roles of an identity pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// For users who signed in.
    pub authenticated: Option<RoleArn>,
    /// For guests.
    pub unauthenticated: Option<RoleArn>,
}

/// One user pool client that an identity pool accepts (an entry of `CognitoIdentityProviders`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// The login key, without a client id: `cognito-idp.<region>.amazonaws.com/<poolId>`.
    pub provider_name: ProviderKey,
    /// The app client id, or a reference to it.
    pub client_id: Option<String>,
}

/// How one provider's logins get their role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping {
    /// By the token's role claims, or by rules.
    pub mapping_type: RoleMappingType,
    /// What happens when the mapping names no single role (T8). `None`: the configuration does not say.
    pub ambiguous_role_resolution: Option<AmbiguousRoleResolution>,
}

impl RoleMapping {
    /// A mapping by the token's `cognito:preferred_role` and `cognito:roles` claims, without a role resolution.
    #[must_use]
    pub fn token() -> Self {
        Self { mapping_type: RoleMappingType::Token, ambiguous_role_resolution: None }
    }

    /// A mapping by rules, in order, without a role resolution.
    #[must_use]
    pub fn rules(rules: impl IntoIterator<Item = MappingRule>) -> Self {
        Self { mapping_type: RoleMappingType::Rules(rules.into_iter().collect()), ambiguous_role_resolution: None }
    }

    /// The same mapping with a role resolution.
    #[must_use]
    pub fn resolving(mut self, resolution: AmbiguousRoleResolution) -> Self {
        self.ambiguous_role_resolution = Some(resolution);
        self
    }

    /// The rules; none for a mapping of type Token.
    #[must_use]
    pub fn mapping_rules(&self) -> &[MappingRule] {
        match &self.mapping_type {
            RoleMappingType::Token => &[],
            RoleMappingType::Rules(rules) => rules,
        }
    }
}

/// The type of a role mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleMappingType {
    /// The token's role claims decide (section 3 of the semantics).
    Token,
    /// The first rule that matches decides (section 4).
    Rules(Vec<MappingRule>),
}

/// One rule of a role mapping: a test of one claim, and the role it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingRule {
    /// The claim's name, taken literally (Q7).
    pub claim: String,
    /// How the claim is compared.
    pub match_type: MatchType,
    /// What it is compared with.
    pub value: String,
    /// The role of a login that matches.
    pub role_arn: RoleArn,
}

impl MappingRule {
    /// Builds a rule from its four parts.
    pub fn new(
        claim: impl Into<String>,
        match_type: MatchType,
        value: impl Into<String>,
        role_arn: impl Into<RoleArn>,
    ) -> Self {
        Self { claim: claim.into(), match_type, value: value.into(), role_arn: role_arn.into() }
    }
}

/// How a rule compares a claim with its value (R6, R7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MatchType {
    /// The claim is the value.
    Equals,
    /// The claim has the value somewhere in it.
    Contains,
    /// The claim begins with the value.
    StartsWith,
    /// The claim is there and is not the value (R3).
    NotEqual,
}

impl MatchType {
    /// All four, in the order of AWS's documentation.
    pub const ALL: [Self; 4] = [Self::Equals, Self::Contains, Self::StartsWith, Self::NotEqual];

    /// The spelling that AWS accepts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "Equals",
            Self::Contains => "Contains",
            Self::StartsWith => "StartsWith",
            Self::NotEqual => "NotEqual",
        }
    }
}

/// What a mapping does when it names no single role (T8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AmbiguousRoleResolution {
    /// The default authenticated role.
    AuthenticatedRole,
    /// No credentials.
    Deny,
}

impl AmbiguousRoleResolution {
    /// Both, in the order of AWS's documentation.
    pub const ALL: [Self; 2] = [Self::AuthenticatedRole, Self::Deny];

    /// The spelling that AWS accepts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthenticatedRole => "AuthenticatedRole",
            Self::Deny => "Deny",
        }
    }
}

/// Which claims become which principal tags, for one provider (P1, P2b).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrincipalTagMap {
    /// Whether the default tags `username` and `client` are made (P2).
    pub use_defaults: bool,
    /// Tag key to claim name.
    pub tags: BTreeMap<String, String>,
}

/// A group of a user pool, as far as it decides a user's claims (section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// The group's role, if it has one.
    pub role_arn: Option<RoleArn>,
    /// Lower is better, 0 the best; `None` comes after every number (G3).
    pub precedence: Option<u64>,
    /// The login key of its user pool ([`ProviderKey::of_user_pool`]): only who logs in there can be a member. `None`: it is not said.
    pub user_pool: Option<ProviderKey>,
}

impl Group {
    /// A group without a role, of a user pool that is not said.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), role_arn: None, precedence: None, user_pool: None }
    }

    /// Whether its members get the same claims as those of another group of its name.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.role_arn == other.role_arn && self.precedence == other.precedence
    }
}

/// A role's ARN, or a reference to a role such as `${AdminRole.Arn}`.
///
/// Compared and shown as written. Nothing is checked here: an odd ARN is evaluated, and found by lint. A clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleArn(Arc<str>);

impl RoleArn {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, for whoever keeps it: nothing is copied.
    pub(crate) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// Whether any part of it is a reference (`${…}`) that only the deployment can resolve.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        self.0.contains("${")
    }

    /// What people may call the role: its text; the name in its ARN; of a reference the logical id or the address, and its last part.
    ///
    /// ```
    /// let role = whichrole::RoleArn::from("${aws_iam_role.admin.arn}");
    /// assert_eq!(role.names(), ["${aws_iam_role.admin.arn}", "aws_iam_role.admin", "admin"]);
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names = vec![self.as_str()];
        names.extend(self.role_name().filter(|name| !name.contains("${")));
        let inside = self.as_str().strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(inside) = inside.filter(|inside| !inside.contains("${")) {
            let address = inside.strip_suffix(".Arn").or_else(|| inside.strip_suffix(".arn")).unwrap_or(inside);
            names.push(address);
            if let Some((_, last)) = address.rsplit_once('.') {
                names.push(last);
            }
        }
        names.retain(|name| !name.is_empty());
        names.dedup();
        names
    }

    /// The role's name without its path: the text after the last `/` of an ARN.
    #[must_use]
    pub fn role_name(&self) -> Option<&str> {
        Self::name_in(&self.0)
    }

    /// The same of an ARN that is a mere text.
    #[must_use]
    pub fn name_in(arn: &str) -> Option<&str> {
        let (_, path) = arn.split_once(":role/")?;
        path.rsplit('/').next()
    }

    /// The path of a role's ARN: `/`, or what stands before the name, `/team/`.
    pub(crate) fn path_in(arn: &str) -> Option<&str> {
        let (_, path) = arn.split_once(":role")?;
        path.rfind('/').and_then(|end| path.get(..=end))
    }

    /// The account of an ARN, where it is written out: twelve digits.
    pub(crate) fn account_in(arn: &str) -> Option<&str> {
        let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for RoleArn {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for RoleArn {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for MatchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for AmbiguousRoleResolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_known_where_all_of_it_is_written_out() {
        for (arn, account) in [
            ("arn:aws:iam::111122223333:role/A", Some("111122223333")),
            ("arn:aws-cn:iam::111122223333:role/${Name}", Some("111122223333")),
            ("arn:aws:iam::${AWS::AccountId}:role/A", None),
            ("arn:${AWS::Partition}:iam::111122223333:role/A", None),
            ("arn:aws:iam::1111:role/A", None),
            ("arn:aws:iam::ACCOUNT-ID-1:role/A", None),
            ("111122223333", None),
        ] {
            assert_eq!(RoleArn::account_in(arn), account, "{arn}");
        }
    }
}
