//! Which IAM role and which principal tags does a token get from an Amazon Cognito identity pool, and why?
//!
//! The decision is pure: no files, network, clock or environment. Where AWS does not say what happens, the answer says so: it names the
//! open questions it leaned on ([`Answer::assumptions`]) and what other choices would give ([`Answer::readings`]).
//!
//! ```
//! use whichrole::*;
//!
//! let pool = read::api_json(r#"{
//!     "Roles": {"authenticated": "arn:aws:iam::111122223333:role/Reader"},
//!     "RoleMappings": {"cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web": {
//!         "Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole",
//!         "RulesConfiguration": {"Rules": [{
//!             "Claim": "cognito:groups", "MatchType": "Contains", "Value": "admin",
//!             "RoleARN": "arn:aws:iam::111122223333:role/Admin"}]}}}
//! }"#)?;
//! let evaluator = Evaluator::new(pool, Semantics::default());
//!
//! let claims = Claims::from_json(r#"{"sub": "1111", "cognito:groups": ["administrators"]}"#)?;
//! let logins = [evaluator.login(None, &claims, TokenForm::Claims)?];
//! let answer = evaluator.answer(&Request::of(&logins));
//!
//! assert_eq!(answer.decision.role(), Some("arn:aws:iam::111122223333:role/Admin"));
//! assert!(!answer.is_certain(), "AWS does not say how Contains compares an array");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Tests may cut their own texts.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod analysis;
mod base64url;
mod claims;
mod decision;
mod decision_json;
mod directory;
mod eval;
pub mod explain;
mod foreseen;
mod groups;
mod header;
mod issuer;
mod json;
#[cfg(feature = "jwt-verify")]
mod jwks;
pub mod lint;
mod login;
mod matching;
pub mod messages;
mod names;
mod plan;
mod pool;
mod provider;
pub mod read;
mod readings;
mod regions;
mod saml;
mod scan;
mod search;
mod semantics;
mod several_logins;
mod spelling;
pub mod suite;
mod survey;
mod tags;
pub mod text;
mod token;
pub mod trust;
mod unicode;
mod user_pool;
#[cfg(feature = "jwt-verify")]
mod verify;

pub use claims::{Claim, Claims};
pub use decision::{
    Answer, Decision, Denial, InvalidToken, Outcome, Reading, RejectedTag, Signature, Source, TagFault,
};
pub use eval::{Evaluator, Request};
pub use groups::{GROUPS, GroupClaims, OpenPreferredRole, PREFERRED_ROLE, PreTokenGeneration, PreferredRole, ROLES};
pub use json::JsonLimits;
#[cfg(feature = "jwt-verify")]
pub use jwks::{KeySet, KeySetError};
pub use login::{Clock, Login, LoginError, TokenForm, audience};
pub use matching::Check;
pub use pool::{
    AmbiguousRoleResolution, Group, IdentityPool, IdentityProvider, MappingRule, MatchType, PrincipalTagMap, RoleArn,
    RoleMapping, RoleMappingType, Roles,
};
pub use provider::{ProviderKey, ProviderKind};
pub use scan::{ClaimsScanner, Scanned};
pub use semantics::{
    ArrayClaims, Choice, DefaultsWithTags, LetterCase, MissingRoleResolution, NonStringClaims, NullPrecedence,
    Question, Questions, RolelessGroup, RulesCustomRole, Semantics, SeveralLogins, SoleRole, TagInvalidValue,
    TagMissingClaim, TagNonStringClaim, UnmappedCustomRole,
};
pub use token::{Jwt, TokenError, TokenLimits, looks_like_token};
pub use user_pool::find_group;
#[cfg(feature = "jwt-verify")]
pub use verify::NotVerified;
