//! The answer: which role and tags a request gets, or why it is denied.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::semantics::{Choice, Questions};

/// What one request gets under one set of choices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision<'a> {
    /// A role and where it came from, or a denial.
    pub outcome: Outcome<'a>,
    /// The principal tags of the session; none when denied.
    pub tags: BTreeMap<&'a str, Cow<'a, str>>,
}

/// Whether there is a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome<'a> {
    /// Credentials of this role.
    Assume {
        /// The role's ARN or reference, as written.
        role: &'a str,
        /// What chose it.
        source: Source,
    },
    /// No credentials.
    Deny(Denial<'a>),
}

/// What chose a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A rule matched; rules count from 1 (R1).
    Rule(usize),
    /// The token's `cognito:preferred_role` (T3).
    PreferredRole,
    /// The request's `CustomRoleArn`: from `cognito:roles` (T1), or through a rule (R5).
    CustomRole(Option<usize>),
    /// The mapping's role resolution said `AuthenticatedRole` (T8).
    RoleResolution,
    /// The default role: no mapping (S3), or a developer identity (S2).
    AuthenticatedRole,
    /// The guests' role (S1).
    UnauthenticatedRole,
    /// The only role in `cognito:roles` (T5).
    SoleRole,
    /// The role of a SAML assertion (S9).
    SamlRole,
}

impl Source {
    /// The word the decision object uses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Rule(_) => "rule",
            Self::PreferredRole => "preferred-role",
            Self::CustomRole(_) => "custom-role",
            Self::RoleResolution => "role-resolution",
            Self::AuthenticatedRole => "authenticated-role",
            Self::UnauthenticatedRole => "unauthenticated-role",
            Self::SoleRole => "sole-role",
            Self::SamlRole => "saml-role",
        }
    }

    /// The rule that chose, counted from 1.
    #[must_use]
    pub fn rule(self) -> Option<usize> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::CustomRole(rule) => rule,
            _ => None,
        }
    }
}

/// Why there is no role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial<'a> {
    /// The pool takes no guests (S1).
    GuestsNotAllowed,
    /// The role resolution is `Deny` (T8).
    RoleResolutionDenied,
    /// The request chose a role it may not choose (T2, R5, S9).
    CustomRoleNotAllowed,
    /// The default role that was selected is not set (S6).
    RoleNotConfigured,
    /// The token failed a login check.
    InvalidToken(InvalidToken),
    /// A principal tag failed (P5 to P7).
    TagsRejected(RejectedTag<'a>),
    /// Several logins get different answers.
    LoginsDisagree,
    /// A SAML assertion has several roles and the request chose none (S9).
    CustomRoleRequired,
}

/// Which login check a token failed (L1 to L4), or what was wrong with its signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum InvalidToken {
    /// L1.
    MissingAudience,
    /// L2.
    WrongIssuer,
    /// L3.
    UnsupportedProvider,
    /// L4; both in seconds since 1970.
    Expired {
        /// The token's `exp`.
        exp: i64,
        /// The clock.
        now: i64,
    },
    /// A clock was given and `exp` is no whole number of seconds.
    MalformedExpiry,
    /// The signature or a claim that verification demands was refused; the text says why without quoting the token.
    NotVerified(String),
}

/// The tag that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RejectedTag<'a> {
    /// The tag's key.
    pub key: &'a str,
    /// The claim it comes from.
    pub claim: &'a str,
    /// What was wrong.
    pub fault: TagFault,
}

/// What was wrong with a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagFault {
    /// The claim is absent or null (P5).
    Missing,
    /// The claim is not a string (P6).
    NotAString,
    /// The value has more than 256 characters (P4).
    TooLong,
    /// The value begins with `aws:` or has a character that STS does not allow (P4).
    Illegal,
}

impl Denial<'_> {
    /// The word the decision object uses.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::GuestsNotAllowed => "guests-not-allowed",
            Self::RoleResolutionDenied => "role-resolution-denied",
            Self::CustomRoleNotAllowed => "custom-role-not-allowed",
            Self::RoleNotConfigured => "role-not-configured",
            Self::InvalidToken(_) => "invalid-token",
            Self::TagsRejected(_) => "tags-rejected",
            Self::LoginsDisagree => "logins-disagree",
            Self::CustomRoleRequired => "custom-role-required",
        }
    }

    /// The exception that the service answers with.
    #[must_use]
    pub fn error(&self) -> &'static str {
        match self {
            Self::RoleNotConfigured | Self::TagsRejected(_) => "InvalidIdentityPoolConfigurationException",
            _ => "NotAuthorizedException",
        }
    }

    /// The service's message, where somebody has seen it.
    #[must_use]
    pub fn message(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            Self::GuestsNotAllowed => "Unauthenticated access is not supported for this identity pool.",
            Self::RoleResolutionDenied => "The ambiguous role mapping rules denied this request",
            Self::RoleNotConfigured | Self::TagsRejected(_) => {
                "Invalid identity pool configuration. Check assigned IAM roles for this pool."
            }
            Self::InvalidToken(InvalidToken::MissingAudience) => "Invalid login token. Missing a required claim: aud",
            Self::InvalidToken(InvalidToken::WrongIssuer) => "Invalid login token. Issuer doesn't match providerName",
            Self::InvalidToken(InvalidToken::UnsupportedProvider) => {
                "Token is not from a supported provider of this identity pool."
            }
            Self::InvalidToken(InvalidToken::Expired { exp, now }) => {
                return Some(Cow::Owned(format!("Invalid login token. Token expired: {exp} >= {now}")));
            }
            Self::InvalidToken(InvalidToken::MalformedExpiry | InvalidToken::NotVerified(_))
            | Self::CustomRoleNotAllowed
            | Self::LoginsDisagree
            | Self::CustomRoleRequired => return None,
        }))
    }
}

impl<'a> Decision<'a> {
    /// A decision without credentials.
    #[must_use]
    pub fn deny(denial: Denial<'a>) -> Self {
        Self { outcome: Outcome::Deny(denial), tags: BTreeMap::new() }
    }

    /// The role, if there is one.
    #[must_use]
    pub fn role(&self) -> Option<&'a str> {
        match self.outcome {
            Outcome::Assume { role, .. } => Some(role),
            Outcome::Deny(_) => None,
        }
    }

    /// What chose the role, if there is one.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        match self.outcome {
            Outcome::Assume { source, .. } => Some(source),
            Outcome::Deny(_) => None,
        }
    }

    /// Why there is no role, if there is none.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial<'a>> {
        match &self.outcome {
            Outcome::Assume { .. } => None,
            Outcome::Deny(denial) => Some(denial),
        }
    }

    /// Whether two decisions are one answer: the same role, source, rule, denial reason and tags.
    #[must_use]
    pub fn same_answer(&self, other: &Self) -> bool {
        self.role() == other.role()
            && self.source() == other.source()
            && self.denial().map(Denial::reason) == other.denial().map(Denial::reason)
            && self.tags == other.tags
    }
}

/// A decision with everything it leaned on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The decision under the choices in force.
    pub decision: Decision<'a>,
    /// The open questions that the decision touched.
    pub assumptions: Questions,
    /// The other answers that other choices would give. None: the answer is certain.
    pub readings: Vec<Reading<'a>>,
    /// The role-mapping key of the login that answered; `None` for guests.
    pub provider: Option<&'a str>,
    /// Whether the token's signature was checked.
    pub signature: Signature,
}

/// Another answer, and the smallest change of choices that gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The choices that differ from those in force.
    pub assume: Vec<Choice>,
    /// What the request gets then.
    pub decision: Decision<'a>,
}

/// Whether a token's signature was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signature {
    /// It was not looked at.
    #[default]
    Unchecked,
    /// It was verified against a key set.
    Verified,
}

impl Answer<'_> {
    /// The `schema` member of the decision object.
    pub const SCHEMA: &'static str = "whichrole/decision/v1";

    /// Whether every choice of every question on every path gives this same answer.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.readings.is_empty()
    }
}

/// The members that a decision has wherever it is shown, in the contract's order.
struct Fields<'d, 'a>(&'d Decision<'a>);

impl Fields<'_, '_> {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let decision = self.0;
        map.serialize_entry("decision", if decision.role().is_some() { "assume" } else { "deny" })?;
        map.serialize_entry("role", &decision.role())?;
        map.serialize_entry("source", &decision.source().map(Source::id))?;
        map.serialize_entry("rule", &decision.source().and_then(Source::rule))?;
        map.serialize_entry("deny", &decision.denial())?;
        map.serialize_entry("tags", &decision.tags)
    }
}

impl Serialize for Denial<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Denial", 3)?;
        object.serialize_field("reason", self.reason())?;
        object.serialize_field("error", self.error())?;
        object.serialize_field("message", &self.message())?;
        object.end()
    }
}

/// The decision alone: `decision`, `role`, `source`, `rule`, `deny`, `tags`.
impl Serialize for Decision<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(6))?;
        Fields(self).write(&mut map)?;
        map.end()
    }
}

impl Serialize for Reading<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("assume", &Choices(&self.assume))?;
        Fields(&self.decision).write(&mut map)?;
        map.end()
    }
}

/// The decision object (`whichrole/decision/v1`).
impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(12))?;
        map.serialize_entry("schema", Self::SCHEMA)?;
        Fields(&self.decision).write(&mut map)?;
        map.serialize_entry("certain", &self.is_certain())?;
        map.serialize_entry("assumptions", &self.assumptions.ids())?;
        map.serialize_entry("readings", &self.readings)?;
        map.serialize_entry("provider", &self.provider)?;
        map.serialize_entry("signature", self.signature.id())?;
        map.end()
    }
}

impl Signature {
    /// The word the decision object uses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Verified => "verified",
        }
    }
}

/// `{"array-claims": "json-text"}`
struct Choices<'c>(&'c [Choice]);

impl Serialize for Choices<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|choice| (choice.question().id(), choice.id())))
    }
}
