//! One login of a request: whose it is, what its token says of itself, and whether that passes the login checks (L1 to L4).

use std::fmt;

use crate::claims::{Claim, Claims, Value};
use crate::decision::InvalidToken;
use crate::groups::{self, GROUPS, OpenPreferredRole, PREFERRED_ROLE};
use crate::plan::{AUDIENCE, EXPIRY, ISSUER, Slots, TOKEN_USE};
use crate::pool::{IdentityPool, IdentityProvider};
use crate::provider::{ProviderKey, ProviderKind, fits};
use crate::scan::Scanned;
use crate::semantics::{Questions, Semantics};
use crate::text;

/// How the claims of a login were given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenForm {
    /// As a claims object, perhaps written by hand: it may lack what every real token has.
    #[default]
    Claims,
    /// As a JWT.
    Jwt,
}

/// A login whose provider and mapping have been found; made by [`Evaluator::login`](crate::Evaluator::login).
#[derive(Debug, Clone)]
pub struct Login<'a> {
    /// Invariant: comes from, and indexes into, the evaluator that made this login.
    pub(crate) provider: Option<LoginProvider<'a>>,
    pub(crate) mapping: Option<usize>,
    /// None of them where the token was scanned.
    pub(crate) claims: &'a Claims<'a>,
    pub(crate) scanned: Option<&'a Scanned<'a>>,
    pub(crate) form: TokenForm,
    pub(crate) open_preferred_role: Option<&'a OpenPreferredRole>,
    /// The principal-tag map in force, by index.
    pub(crate) tags: Option<usize>,
    /// Which of the checks that need no clock (L1 to L3) the claims fail, or why the signature was refused.
    pub(crate) fault: Option<InvalidToken>,
    /// What the claims have for the checks and for the rules of every mapping.
    pub(crate) slots: Slots<'a>,
}

/// The provider of a login: one that the configuration names, or one it does not know.
#[derive(Debug, Clone)]
pub(crate) enum LoginProvider<'a> {
    Known(&'a ProviderKey),
    Foreign(ProviderKey),
}

impl LoginProvider<'_> {
    pub(crate) fn key(&self) -> &ProviderKey {
        match self {
            Self::Known(key) => key,
            Self::Foreign(key) => key,
        }
    }
}

impl<'a> Login<'a> {
    /// The provider; `None` where the configuration names none and the token does not tell.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderKey> {
        self.provider.as_ref().map(LoginProvider::key)
    }

    /// A login of no provider in particular, which therefore has no mapping (S3).
    pub(crate) fn unmapped(claims: &'a Claims<'a>) -> Self {
        let form = TokenForm::Claims;
        Self {
            provider: None,
            mapping: None,
            claims,
            scanned: None,
            form,
            open_preferred_role: None,
            tags: None,
            fault: None,
            slots: Slots::Many(Vec::new()),
        }
    }

    /// The claims of the login; none where it was made by [`Evaluator::login_of`](crate::Evaluator::login_of).
    #[must_use]
    pub fn claims(&self) -> &'a Claims<'a> {
        self.claims
    }

    /// Adds a preferred role that depends on an open question (see [`GroupClaims::write_to`](crate::GroupClaims::write_to)).
    #[must_use]
    pub fn with_open_preferred_role(mut self, open: Option<&'a OpenPreferredRole>) -> Self {
        self.open_preferred_role = open;
        self
    }

    /// A login whose token was refused for its signature: it gets nothing, whatever it claims.
    #[must_use]
    pub fn refused(mut self, why: InvalidToken) -> Self {
        self.fault = Some(why);
        self
    }

    /// Whether the token's signature was refused.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.fault, Some(InvalidToken::NotVerified(_)))
    }

    /// A claim's value. A preferred role that is open has the value of the choice in force.
    pub(crate) fn claim(&self, name: &str, semantics: &Semantics) -> Option<&'a Claim<'a>> {
        match self.open_preferred_role {
            Some(open) if name == PREFERRED_ROLE => open.resolve(semantics),
            _ => self.claims.get(name),
        }
    }

    /// The same as deciding looks at it, of a scanned token too.
    pub(crate) fn value(&self, name: &str, semantics: &Semantics) -> Option<Value<'a>> {
        match self.scanned {
            Some(scanned) if self.open_preferred_role.is_none() || name != PREFERRED_ROLE => scanned.get(name),
            _ => self.claim(name, semantics).map(Value::of),
        }
    }

    /// The question that a preferred role depends on.
    pub(crate) fn open_question(&self) -> Questions {
        self.open_preferred_role.map_or(Questions::NONE, |open| open.question.into())
    }

    /// Which check the token fails at a time (L1 to L4).
    #[inline]
    pub(crate) fn fault_at(&self, clock: Option<Clock>) -> Option<InvalidToken> {
        if self.fault.is_none() && clock.is_none() { None } else { self.some_fault_at(clock) }
    }

    #[cold]
    fn some_fault_at(&self, clock: Option<Clock>) -> Option<InvalidToken> {
        match &self.fault {
            Some(fault) => Some(fault.clone()),
            None => expiry_fault(self.slots.get(EXPIRY)?, clock?),
        }
    }

    /// What is odd about `cognito:groups` in the token, where the provider is a user pool: it is not a list (G1).
    #[must_use]
    pub fn odd_groups(&self) -> Option<&'static str> {
        let of_user_pool = self.provider().is_some_and(|key| key.kind() == ProviderKind::UserPool);
        self.claims.get(GROUPS).filter(|_| of_user_pool).and_then(groups::oddity)
    }

    /// Whether a mapping is in force for this login.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.mapping.is_some()
    }
}

/// The app client of a user pool's token: `aud`, a string or the first string of an array (Q5).
#[must_use]
pub fn audience<'a>(claims: &'a Claims<'_>) -> Option<&'a str> {
    audience_of(claims.get("aud")?)
}

fn audience_of<'a>(aud: &'a Claim<'_>) -> Option<&'a str> {
    match aud {
        Claim::Text(aud) => Some(aud),
        Claim::Array(elements) => elements.iter().find_map(Claim::as_text),
        _ => None,
    }
}

/// What a token says of itself: for whom it is and from whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Says<'a> {
    pub(crate) issuer: Option<&'a str>,
    pub(crate) audience: Option<&'a str>,
    pub(crate) is_access_token: bool,
}

impl<'a> Says<'a> {
    #[inline]
    pub(crate) fn of(slots: &Slots<'a>) -> Self {
        let audience = match slots.get(AUDIENCE) {
            Some(Value::Other(aud)) => audience_of(aud),
            text => text.and_then(Value::as_text),
        };
        Self { issuer: slots.text(ISSUER), audience, is_access_token: slots.text(TOKEN_USE) == Some("access") }
    }
}

/// Why a token belongs to no login of this configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginError {
    /// The provider named is none that the configuration could mean.
    UnknownProvider {
        /// What was written.
        written: String,
        /// The keys the configuration knows.
        known: Vec<String>,
    },
    /// The token's `iss` names no provider of the configuration, and nothing else tells whose it is.
    UnknownIssuer {
        /// The keys the configuration knows.
        known: Vec<String>,
    },
    /// Several providers could be meant, and neither `iss` nor the caller says which.
    SeveralProviders {
        /// Their keys.
        candidates: Vec<String>,
    },
    /// The provider has several mappings, and neither `aud` nor the caller says which client's.
    SeveralMappings {
        /// Their keys.
        candidates: Vec<String>,
    },
}

impl LoginError {
    /// A stable kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownProvider { .. } => "unknown-provider",
            Self::UnknownIssuer { .. } => "unknown-issuer",
            Self::SeveralProviders { .. } => "several-providers",
            Self::SeveralMappings { .. } => "several-mappings",
        }
    }

    /// The keys to choose from.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        match self {
            Self::UnknownProvider { known, .. } | Self::UnknownIssuer { known } => known,
            Self::SeveralProviders { candidates } | Self::SeveralMappings { candidates } => candidates,
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |keys: &[String]| text::alternatives(keys.iter().map(String::as_str));
        match self {
            Self::UnknownProvider { written, known } => {
                write!(f, "unknown provider {}", text::quoted(written))?;
                match text::nearest(written, known.iter().map(String::as_str)) {
                    Some(near) => write!(f, ", did you mean {}?", text::quoted_whole(near)),
                    None if known.is_empty() => Ok(()),
                    None => write!(f, ", expected {}", list(known)),
                }
            }
            Self::UnknownIssuer { known } => {
                write!(f, "the token's `iss` is not a provider of this configuration; choose one: {}", list(known))
            }
            Self::SeveralProviders { candidates } => {
                write!(f, "the token does not say which provider it is for; choose one: {}", list(candidates))
            }
            Self::SeveralMappings { candidates } => {
                write!(
                    f,
                    "the provider has several mappings and the token's `aud` does not decide; choose one: {}",
                    list(candidates)
                )
            }
        }
    }
}

impl std::error::Error for LoginError {}

/// Whether an issuer is a login key's: with or without `https://`, or a user pool's newer form (L2).
pub(crate) fn is_issuer_of(issuer: &str, login_key: &str) -> bool {
    let host_and_path = issuer.strip_prefix("https://").unwrap_or(issuer);
    host_and_path == login_key || is_newer_issuer_of(issuer, login_key)
}

/// `https://issuer-cognito-idp.<region>.amazonaws.com/<poolId>`: its effect is undocumented; accepted with a warning (L2).
pub(crate) fn is_newer_issuer_of(issuer: &str, login_key: &str) -> bool {
    let (Some(newer), Some(login)) =
        (issuer.strip_prefix("https://issuer-cognito-idp."), login_key.strip_prefix("cognito-idp."))
    else {
        return false;
    };
    // There is one form for all partitions.
    newer == login.replacen(".amazonaws.com.cn/", ".amazonaws.com/", 1)
}

/// When the request is made, for L4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Seconds of grace, 0 to 300.
    pub leeway: u16,
}

/// Checks a token as the service does before any role is chosen: L1 to L3, in that order, each only where the claim it needs is there. L4
/// needs a clock, see [`Login::fault_at`].
pub(crate) fn fault(
    key: Option<&ProviderKey>,
    form: TokenForm,
    says: Says<'_>,
    pool: &IdentityPool,
) -> Option<InvalidToken> {
    let kind = key.map(ProviderKey::kind);
    let is_user_pool = kind == Some(ProviderKind::UserPool);
    if kind.is_some_and(|kind| lacks_audience(kind, form, says)) {
        return Some(InvalidToken::MissingAudience);
    }
    let Says { issuer, audience, .. } = says;
    // A reference stands for values nobody knows yet, which nothing in a token can contradict (Q5b).
    if let Some(key) = key.filter(|key| !key.is_symbolic() || !key.login_key().contains("${")) {
        if matches!(kind, Some(ProviderKind::UserPool | ProviderKind::Oidc))
            && issuer.is_some_and(|issuer| !is_issuer_of(issuer, key.login_key()))
        {
            return Some(InvalidToken::WrongIssuer);
        }
        if let (true, Some(providers), Some(client)) = (is_user_pool, &pool.providers, audience)
            && !is_listed(providers, key, client)
        {
            return Some(InvalidToken::UnsupportedProvider);
        }
    }
    None
}

/// Whether a token is not for the identity pool, whatever its client: an access token, or a user pool's JWT without `aud` (L1).
pub(crate) fn lacks_audience(kind: ProviderKind, form: TokenForm, says: Says<'_>) -> bool {
    match kind {
        ProviderKind::UserPool => says.is_access_token || form == TokenForm::Jwt && says.audience.is_none(),
        // Only user pools issue access tokens of this kind, so a provider that could be anything is one.
        ProviderKind::Unknown => says.is_access_token,
        _ => false,
    }
}

/// Whether a list of providers has the user pool of a key, with this client (L3).
pub(crate) fn is_listed(providers: &[IdentityProvider], key: &ProviderKey, client: &str) -> bool {
    providers.iter().any(|known| {
        fits(known.provider_name.login_key(), key.login_key())
            && known.client_id.as_deref().is_none_or(|known| fits(known, client))
    })
}

/// L4. A missing `exp` passes; one that is no whole number of seconds does not.
fn expiry_fault(exp: Value<'_>, clock: Clock) -> Option<InvalidToken> {
    let Value::Other(Claim::Number(text)) = exp else { return Some(InvalidToken::MalformedExpiry) };
    let Some(exp) = whole_seconds(text) else { return Some(InvalidToken::MalformedExpiry) };
    let latest = clock.now.saturating_sub(i64::from(clock.leeway));
    (exp <= latest).then_some(InvalidToken::Expired { exp, now: clock.now })
}

/// A whole number, held at the ends of `i64` where it is beyond them.
fn whole_seconds(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

#[cfg(test)]
mod tests;
