//! Whether STS lets Cognito assume the role that a request gets, as far as the role's trust policy is in the files.

use std::collections::BTreeSet;

use super::{AssumeCall, Caller, Verdict, assume, not_the_pool};
use crate::decision::Answer;
use crate::eval::{Evaluator, Request};
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::{Configuration, Definition, Surroundings};

/// The trust policies that are in the files of a configuration, as one of its pools sees them.
#[derive(Debug, Clone)]
pub struct TrustPolicies {
    surroundings: Surroundings,
    pool: Option<String>,
    not_the_pool: BTreeSet<String>,
}

impl TrustPolicies {
    /// Those of a configuration.
    #[must_use]
    pub fn of(configuration: &Configuration, definition: &Definition) -> Self {
        Self {
            surroundings: configuration.surroundings.clone(),
            pool: definition.pool.id.clone(),
            not_the_pool: not_the_pool(configuration, definition),
        }
    }

    /// Asks the trust policy of a role. `None`: it is not in the files.
    #[must_use]
    pub fn assume_role(&self, role: &str, caller: Caller<'_>, session_tags: bool) -> Option<Verdict> {
        let policy = self.surroundings.role(role)?.trust.as_ref()?;
        let pool = self.pool.as_deref();
        Some(assume(
            policy,
            &AssumeCall { pool, not_the_pool: &self.not_the_pool, role: Some(role), caller, session_tags },
        ))
    }

    /// Asks the trust policy of the role that a request got. `None`: it got none, or the policy is not in the files.
    #[must_use]
    pub fn of_answer(&self, evaluator: &Evaluator, request: &Request<'_>, answer: &Answer<'_>) -> Option<Verdict> {
        let role = answer.decision.role()?;
        let Some(login) = request.answering(answer) else {
            return self.assume_role(role, Caller::Guest, false);
        };
        let provider = login.provider();
        // Developer identities have no tags (P9).
        let is_developer = provider.is_some_and(|key| key.kind() == ProviderKind::Developer);
        let session_tags = !is_developer && evaluator.tag_map_of(login).is_some_and(super::is_active);
        let named: Option<&ProviderKey> = provider.filter(|key| key.kind() != ProviderKind::Unknown);
        self.assume_role(role, Caller::User(named), session_tags)
    }
}
