//! One login of a request: which provider it belongs to, which mapping is in force for it (Q5, Q5b), and whether its token passes the
//! login checks (L1 to L4).

use std::collections::HashMap;
use std::fmt;

use crate::claims::{Claim, Claims, Value};
use crate::decision::InvalidToken;
use crate::groups::{OpenPreferredRole, PREFERRED_ROLE};
use crate::plan::{AUDIENCE, EXPIRY, ISSUER, Slots, TOKEN_USE};
use crate::pool::IdentityPool;
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

/// The provider of a login and the number of its mapping, as far as there are any.
pub(crate) type Found<'a> = (Option<LoginProvider<'a>>, Option<usize>);

/// The provider of a login: one that the configuration names, or one it does not know.
#[derive(Debug, Clone)]
pub(crate) enum LoginProvider<'a> {
    Known(&'a ProviderKey),
    Foreign(ProviderKey),
}

impl<'a> Login<'a> {
    /// The provider; `None` where the configuration names none and the token does not tell.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderKey> {
        match &self.provider {
            Some(LoginProvider::Known(key)) => Some(key),
            Some(LoginProvider::Foreign(key)) => Some(key),
            None => None,
        }
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
        match (&self.fault, clock) {
            (Some(fault), _) => Some(fault.clone()),
            (None, Some(clock)) => expiry_fault(self.slots.get(EXPIRY)?, clock),
            (None, None) => None,
        }
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
    issuer: Option<&'a str>,
    audience: Option<&'a str>,
    is_access_token: bool,
}

impl<'a> Says<'a> {
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

/// The providers that a configuration knows, each once, with its mappings and its tag map.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    pub(crate) homes: Vec<Home>,
    by_login: HashMap<(ProviderKind, String), usize>,
}

/// One login key with all that the configuration says about it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// Without a client id.
    pub(crate) key: ProviderKey,
    /// The role mappings, by index.
    pub(crate) mappings: Vec<(ProviderKey, usize)>,
}

impl Directory {
    pub(crate) fn new(pool: &IdentityPool) -> Self {
        let mut directory = Self::default();
        for (index, key) in pool.role_mappings.keys().enumerate() {
            directory.home_of(key).mappings.push((key.clone(), index));
        }
        for key in pool.principal_tags.keys() {
            directory.home_of(key);
        }
        for provider in pool.providers.iter().flatten() {
            directory.home_of(&provider.provider_name);
        }
        for key in &pool.other_providers {
            directory.home_of(key);
        }
        directory
    }

    /// The home of a key: providers of one kind that share a login key live together.
    fn home_of(&mut self, key: &ProviderKey) -> &mut Home {
        let index = (key.kind(), key.login_key().to_owned());
        let at = *self.by_login.entry(index).or_insert_with(|| {
            self.homes.push(Home { key: key.without_client(), mappings: Vec::new() });
            self.homes.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was just found or made")]
        &mut self.homes[at]
    }

    /// Finds the provider and the mapping of a token: by the name given, else by `iss`, else the only one there is.
    pub(crate) fn find<'a>(&'a self, named: Option<&ProviderKey>, says: Says<'_>) -> Result<Found<'a>, LoginError> {
        match self.home(named, says.issuer)? {
            Place::Home(home) => {
                let found = home.provider_and_mapping(named, says)?;
                match found {
                    // Another mapping may be written with references that could be this very login (Q5b).
                    (_, None) if !home.key.is_symbolic() => {
                        Ok(self.symbolic_mapping(home, named, says)?.unwrap_or(found))
                    }
                    _ => Ok(found),
                }
            }
            Place::Foreign(key) => Ok((Some(LoginProvider::Foreign(key)), None)),
            Place::Nothing => Ok((None, None)),
        }
    }

    /// The only mapping with references that fits a literal login which has no mapping of its own.
    fn symbolic_mapping<'a>(
        &'a self,
        home: &Home,
        named: Option<&ProviderKey>,
        says: Says<'_>,
    ) -> Result<Option<Found<'a>>, LoginError> {
        let client = says.audience.or_else(|| named.and_then(ProviderKey::client));
        let fits_client =
            |key: &ProviderKey| client.is_none_or(|client| key.client().is_some_and(|known| fits(known, client)));
        let fitting: Vec<&(ProviderKey, usize)> = self
            .homes
            .iter()
            .filter(|other| other.key.is_symbolic() && other.key.could_be(&home.key))
            .flat_map(|other| &other.mappings)
            .filter(|(key, _)| fits_client(key))
            .collect();
        match fitting.as_slice() {
            [] => Ok(None),
            [(key, index)] => Ok(Some((Some(LoginProvider::Known(key)), Some(*index)))),
            several => Err(several_mappings(several.iter().copied())),
        }
    }

    fn home<'a>(&'a self, named: Option<&ProviderKey>, issuer: Option<&str>) -> Result<Place<'a>, LoginError> {
        if let Some(named) = named {
            return self.named(named);
        }
        if let Some(issuer) = issuer {
            let literal = || self.homes.iter().filter(|home| !home.key.is_symbolic());
            if let Some(home) = Self::only(literal().filter(|home| is_issuer_of(issuer, home.key.login_key())))? {
                return Ok(Place::Home(home));
            }
            let key = ProviderKey::of_issuer(issuer);
            if let Some(home) = Self::only(literal().filter(|home| home.key.login_key() == key.login_key()))? {
                return Ok(Place::Home(home));
            }
            if let Some(home) = self.only_fitting(&key)? {
                return Ok(Place::Home(home));
            }
            if self.homes.is_empty() {
                return Ok(Place::Foreign(key));
            }
        }
        match (self.homes.as_slice(), issuer) {
            ([], _) => Ok(Place::Nothing),
            // With an issuer that is not this provider's: of a user pool or an OIDC provider L2 will say so; elsewhere nothing would.
            ([only], None) => Ok(Place::Home(only)),
            ([only], Some(_)) if matches!(only.key.kind(), ProviderKind::UserPool | ProviderKind::Oidc) => {
                Ok(Place::Home(only))
            }
            (_, None) => Err(LoginError::SeveralProviders { candidates: self.keys() }),
            (_, Some(_)) => Err(LoginError::UnknownIssuer { known: self.keys() }),
        }
    }

    /// The provider that a person named by its mapping key, tag key or login key; the most exact reading of the name counts.
    fn named<'a>(&'a self, named: &ProviderKey) -> Result<Place<'a>, LoginError> {
        let is_written = |home: &&Home| {
            home.key.as_str() == named.as_str() || home.mappings.iter().any(|(key, _)| key.as_str() == named.as_str())
        };
        let same_login = |home: &&Home| home.key.login_key() == named.login_key();
        let same_kind = |home: &&Home| home.key.kind() == named.kind() && same_login(home);
        if let Some(home) = Self::only(self.homes.iter().filter(is_written))? {
            return Ok(Place::Home(home));
        }
        if let Some(home) = Self::only(self.homes.iter().filter(same_kind))? {
            return Ok(Place::Home(home));
        }
        if let Some(home) = Self::only(self.homes.iter().filter(same_login))? {
            return Ok(Place::Home(home));
        }
        // A reference that the configuration does not have stands for nothing in it.
        if !named.is_symbolic()
            && let Some(home) = self.only_fitting(named)?
        {
            return Ok(Place::Home(home));
        }
        if self.homes.is_empty() && !named.is_symbolic() || is_well_known(named) {
            return Ok(Place::Foreign(named.clone()));
        }
        Err(LoginError::UnknownProvider { written: named.as_str().to_owned(), known: self.keys() })
    }

    /// The symbolic provider that a literal key could be (Q5b).
    fn only_fitting(&self, key: &ProviderKey) -> Result<Option<&Home>, LoginError> {
        Self::only(self.homes.iter().filter(|home| home.key.is_symbolic() && home.key.could_be(key)))
    }

    /// The only one of several homes; two are one too many.
    fn only<'a>(mut homes: impl Iterator<Item = &'a Home>) -> Result<Option<&'a Home>, LoginError> {
        let first = homes.next();
        let rest: Vec<&Home> = homes.collect();
        match (first, rest.as_slice()) {
            (Some(first), [_, ..]) => {
                let candidates = std::iter::once(first).chain(rest).flat_map(Home::keys).collect();
                Err(LoginError::SeveralProviders { candidates })
            }
            (only, _) => Ok(only),
        }
    }

    /// All keys a person may name, mapping keys where there are any.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.homes.iter().flat_map(Home::keys).collect()
    }
}

/// The principal-tag map of a provider (Q4), by its number: the one of its login key, else the only one with references that could be its.
/// A key with a client id names no provider here.
pub(crate) fn tag_map(pool: &IdentityPool, provider: &ProviderKey) -> Result<Option<usize>, LoginError> {
    let numbered = || pool.principal_tags.keys().enumerate().filter(|(_, key)| key.client().is_none());
    let written = numbered().find(|(_, key)| key.as_str() == provider.tag_key());
    let same = numbered().find(|(_, key)| key.kind() == provider.kind() && key.login_key() == provider.login_key());
    if let Some((index, _)) = written.or(same) {
        return Ok(Some(index));
    }
    // One whose provider has a mapping of its own is that provider's.
    let is_taken = |key: &ProviderKey| pool.role_mappings.keys().any(|other| other.login_key() == key.login_key());
    let mut fitting = numbered().filter(|(_, key)| key.could_be(provider) && !is_taken(key));
    match (fitting.next(), fitting.next()) {
        (Some((_, first)), Some((_, second))) => {
            let candidates = [first, second].map(|key| key.as_str().to_owned()).to_vec();
            Err(LoginError::SeveralProviders { candidates })
        }
        (only, _) => Ok(only.map(|(index, _)| index)),
    }
}

enum Place<'a> {
    Home(&'a Home),
    Foreign(ProviderKey),
    Nothing,
}

impl Home {
    fn keys(&self) -> Vec<String> {
        if self.mappings.is_empty() {
            vec![self.key.as_str().to_owned()]
        } else {
            self.mappings.iter().map(|(key, _)| key.as_str().to_owned()).collect()
        }
    }

    /// Q5, Q5b: the mapping of the token's client; without `aud` the one named, or the only one.
    fn provider_and_mapping<'a>(
        &'a self,
        named: Option<&ProviderKey>,
        says: Says<'_>,
    ) -> Result<Found<'a>, LoginError> {
        let known = |(key, index): &'a (ProviderKey, usize)| (Some(LoginProvider::Known(key)), Some(*index));
        let unmapped = || (Some(LoginProvider::Known(&self.key)), None);
        let exact = named.and_then(|named| self.mappings.iter().find(|(key, _)| key.as_str() == named.as_str()));
        if self.key.kind() != ProviderKind::UserPool {
            // Two ARNs can share an issuer.
            return match (exact, self.mappings.as_slice()) {
                (Some(exact), _) | (None, [exact]) => Ok(known(exact)),
                (None, []) => Ok(unmapped()),
                (None, several) => Err(several_mappings(several.iter())),
            };
        }
        let Some(client) = says.audience else {
            return match (exact, named.and_then(ProviderKey::client), self.mappings.as_slice()) {
                (Some(exact), _, _) => Ok(known(exact)),
                // A reference that the configuration does not have stands for nothing in it.
                (None, Some(client), _) if client.contains("${") => Err(LoginError::UnknownProvider {
                    written: named.map_or("", ProviderKey::as_str).to_owned(),
                    known: self.keys(),
                }),
                (None, Some(client), _) => self.of_client(client, None).map(|found| found.map_or_else(unmapped, known)),
                (None, None, []) => Ok(unmapped()),
                (None, None, [only]) => Ok(known(only)),
                (None, None, several) => Err(several_mappings(several.iter())),
            };
        };
        self.of_client(client, exact).map(|found| found.map_or_else(unmapped, known))
    }

    /// The mapping of a client: the one that names it, else the one with a reference that a person named, else the only one with a
    /// reference. The client itself is literal, whatever it looks like.
    fn of_client<'a>(
        &'a self,
        client: &str,
        named: Option<&'a (ProviderKey, usize)>,
    ) -> Result<Option<&'a (ProviderKey, usize)>, LoginError> {
        let is_reference = |(key, _): &&(ProviderKey, usize)| {
            key.is_symbolic() && key.client().is_some_and(|known| known.contains("${"))
        };
        let literal = self.mappings.iter().find(|mapping| !is_reference(mapping) && mapping.0.client() == Some(client));
        let fitting = || {
            let fits = |(key, _): &&(ProviderKey, usize)| key.client().is_some_and(|known| fits(known, client));
            self.mappings.iter().filter(is_reference).filter(fits)
        };
        if literal.is_some() {
            return Ok(literal);
        }
        if let Some(named) = named.filter(|named| fitting().any(|mapping| mapping.1 == named.1)) {
            return Ok(Some(named));
        }
        let mut all = fitting();
        match (all.next(), all.next()) {
            (Some(_), Some(_)) => Err(several_mappings(fitting())),
            (only, _) => Ok(only),
        }
    }
}

fn several_mappings<'a>(mappings: impl Iterator<Item = &'a (ProviderKey, usize)>) -> LoginError {
    LoginError::SeveralMappings { candidates: mappings.map(|(key, _)| key.as_str().to_owned()).collect() }
}

/// Whether a provider exists apart from any configuration, so that naming it asks a real question (S2, S3).
fn is_well_known(key: &ProviderKey) -> bool {
    let text = key.as_str();
    !key.is_symbolic()
        && match key.kind() {
            ProviderKind::UserPool => text.split_once(".amazonaws.com").is_some_and(|(_, path)| {
                let path = path.strip_prefix(".cn").unwrap_or(path);
                path.strip_prefix('/').is_some_and(|pool| pool.split(':').next().is_some_and(|id| id.contains('_')))
            }),
            ProviderKind::Oidc | ProviderKind::Saml => text.starts_with("arn:"),
            ProviderKind::Unknown => false,
            _ => true,
        }
}

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
pub(crate) fn fault(login: &Login<'_>, says: Says<'_>, pool: &IdentityPool) -> Option<InvalidToken> {
    let key = login.provider();
    let kind = key.map(ProviderKey::kind);
    let is_user_pool = kind == Some(ProviderKind::UserPool);
    let Says { issuer, audience, is_access_token } = says;
    // Only user pools issue access tokens of this kind, so a provider that could be anything is one.
    let could_be_user_pool = is_user_pool || kind == Some(ProviderKind::Unknown);
    if could_be_user_pool && is_access_token || is_user_pool && login.form == TokenForm::Jwt && audience.is_none() {
        return Some(InvalidToken::MissingAudience);
    }
    // A reference stands for values nobody knows yet, which nothing in a token can contradict (Q5b).
    if let Some(key) = key.filter(|key| !key.is_symbolic() || !key.login_key().contains("${")) {
        if matches!(kind, Some(ProviderKind::UserPool | ProviderKind::Oidc))
            && issuer.is_some_and(|issuer| !is_issuer_of(issuer, key.login_key()))
        {
            return Some(InvalidToken::WrongIssuer);
        }
        if let (true, Some(providers), Some(client)) = (is_user_pool, &pool.providers, audience) {
            let accepts = |known: &crate::IdentityProvider| {
                fits(known.provider_name.login_key(), key.login_key())
                    && known.client_id.as_deref().is_none_or(|known| fits(known, client))
            };
            if !providers.iter().any(accepts) {
                return Some(InvalidToken::UnsupportedProvider);
            }
        }
    }
    None
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
