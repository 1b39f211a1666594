//! Which provider a token belongs to, and which mapping and which principal-tag map are in force for it (Q4, Q5, Q5b).

use std::collections::HashMap;
use std::sync::Arc;

use crate::login::{LoginError, LoginProvider, Says, TokenForm, is_issuer_of, lacks_audience};
use crate::pool::IdentityPool;
use crate::provider::{ProviderKey, ProviderKind, fits};

/// The provider of a login and the number of its mapping, as far as there are any.
pub(crate) type Found<'a> = (Option<LoginProvider<'a>>, Option<usize>);

/// The providers that a configuration knows, each once, with its mappings and its tag map.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) homes: Vec<Home>,
    /// The homes of each key as it is written: their own keys and those of their mappings.
    by_text: HashMap<Arc<str>, Vec<usize>>,
    /// The most mappings that one home has.
    pub(crate) most_mappings: usize,
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
        // Providers of one kind that share a login key live together.
        let mut by_login = HashMap::new();
        for (number, key) in pool.keys().enumerate() {
            let at = *by_login.entry((key.kind(), key.login_key())).or_insert_with(|| {
                directory.homes.push(Home { key: key.without_client(), mappings: Vec::new() });
                directory.homes.len() - 1
            });
            if let Some(home) = directory.homes.get_mut(at).filter(|_| number < pool.role_mappings.len()) {
                home.mappings.push((key.clone(), number));
            }
        }
        for (number, home) in directory.homes.iter().enumerate() {
            directory.most_mappings = directory.most_mappings.max(home.mappings.len());
            for key in std::iter::once(&home.key).chain(home.mappings.iter().map(|(key, _)| key)) {
                let homes = directory.by_text.entry(key.shared_text()).or_default();
                if homes.last() != Some(&number) {
                    homes.push(number);
                }
            }
        }
        directory
    }

    /// Finds the provider and the mapping of a token: by the name given, else by `iss`, else the only one there is.
    pub(crate) fn find<'a>(
        &'a self,
        named: Option<&ProviderKey>,
        form: TokenForm,
        says: Says<'_>,
    ) -> Result<Found<'a>, LoginError> {
        match self.home(named, says.issuer)? {
            Place::Home(home) => match self.mapping(home, named, says) {
                // A token that gets nothing from any of them needs none (L1).
                Err(LoginError::SeveralMappings { .. }) if lacks_audience(home.key.kind(), form, says) => {
                    Ok((Some(LoginProvider::Known(&home.key)), None))
                }
                found => found,
            },
            Place::Foreign(key) => Ok((Some(LoginProvider::Foreign(key)), None)),
            Place::Nothing => Ok((None, None)),
        }
    }

    /// The mapping of a login whose provider is known.
    fn mapping<'a>(
        &'a self,
        home: &'a Home,
        named: Option<&ProviderKey>,
        says: Says<'_>,
    ) -> Result<Found<'a>, LoginError> {
        let found = home.provider_and_mapping(named, says)?;
        match found {
            // Another mapping may be written with references that could be this very login (Q5b).
            (_, None) if !home.key.is_symbolic() => Ok(self.symbolic_mapping(home, named, says)?.unwrap_or(found)),
            _ => Ok(found),
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
        let written = self.by_text.get(named.as_str()).into_iter().flatten();
        let same_login = |home: &&Home| home.key.login_key() == named.login_key();
        let same_kind = |home: &&Home| home.key.kind() == named.kind() && same_login(home);
        if let Some(home) = Self::only(written.filter_map(|number| self.homes.get(*number)))? {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_exists_without_a_configuration_is_well_known() {
        for (key, expected) in [
            ("accounts.google.com", true),
            ("www.amazon.com", true),
            ("cognito-identity.amazonaws.com", true),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_A", true),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:client", true),
            ("cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A", true),
            ("cognito-idp.us-east-1.amazonaws.com/no-pool-id", false),
            ("cognito-idp.us-east-1.amazonaws.com/no-pool-id:client_1", false),
            ("cognito-idp.us-east-1.amazonaws.com_a", false),
            ("arn:aws:iam::111122223333:oidc-provider/login.example.com", true),
            ("arn:aws:iam::111122223333:saml-provider/corp", true),
            ("login.example.com", false),
            ("arn:aws:iam::${AWS::AccountId}:oidc-provider/login.example.com", false),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:${Web}", false),
            ("${Users.ProviderName}", false),
            ("${Users}", false),
        ] {
            assert_eq!(is_well_known(&ProviderKey::new(key)), expected, "{key}");
        }
        assert!(!is_well_known(&ProviderKey::of_kind(ProviderKind::Unknown, "x")));
    }
}
