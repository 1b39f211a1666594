//! What most tokens say of themselves, and where that leads: asked once, when an evaluator is made, instead of for every token.

use crate::eval::{Evaluator, Place};
use crate::login::{LoginProvider, Says, TokenForm};
use crate::provider::{ProviderKey, ProviderKind};

/// Clients whose tokens are foreseen; each costs a comparison for a token that is none of theirs.
const FEW: usize = 8;

/// The ID tokens of one client of a user pool.
#[derive(Debug, Clone)]
pub(crate) struct Foreseen {
    issuer: String,
    audience: String,
    provider: ProviderKey,
    mapping: Option<usize>,
    tags: Option<usize>,
}

impl Foreseen {
    /// The tokens that an evaluator will most likely be asked about, those of its first mappings, as far as nothing speaks against them.
    pub(crate) fn of(evaluator: &Evaluator) -> Vec<Self> {
        let keys = evaluator.pool().role_mappings.keys();
        let user_pools = keys.filter(|key| key.kind() == ProviderKind::UserPool && !key.is_symbolic());
        user_pools.take(FEW).filter_map(|key| Self::ask(evaluator, key)).collect()
    }

    fn ask(evaluator: &Evaluator, key: &ProviderKey) -> Option<Self> {
        let (issuer, audience) = (format!("https://{}", key.login_key()), key.client()?.to_owned());
        let says = Says { issuer: Some(&issuer), audience: Some(&audience), is_access_token: false };
        // The form of a token matters only where it has no audience.
        let place = evaluator.place(None, TokenForm::Jwt, says).ok()?;
        let (Some(LoginProvider::Known(provider)), None) = (place.provider, place.fault) else { return None };
        let (provider, mapping, tags) = (provider.clone(), place.mapping, place.tags);
        Some(Self { issuer, audience, provider, mapping, tags })
    }

    /// Whether a token says this.
    #[inline]
    pub(crate) fn says(&self, says: Says<'_>) -> bool {
        !says.is_access_token && says.audience == Some(&self.audience) && says.issuer == Some(&self.issuer)
    }

    #[inline]
    pub(crate) fn place(&self) -> Place<'_> {
        let provider = Some(LoginProvider::Known(&self.provider));
        Place { provider, mapping: self.mapping, tags: self.tags, fault: None }
    }
}
