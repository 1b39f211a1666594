//! Requests that show something: a rule at work, a role resolution, a tag. Made by trial, so each one shown has been evaluated; that none is
//! found proves nothing.

use crate::analysis;
use crate::claims::{Claim, Claims};
use crate::decision::{Decision, Denial, Outcome, Source};
use crate::eval::{Evaluator, Request};
use crate::groups::{self, PREFERRED_ROLE, ROLES};
use crate::login::{Login, TokenForm};
use crate::pool::{MappingRule, MatchType, RoleMapping, RoleMappingType};
use crate::provider::ProviderKey;

use super::coverage::ItemKind;
use super::yaml;

/// A request in as few words as possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The provider of the login; `None`: a guest.
    pub provider: Option<ProviderKey>,
    /// The claims of its token.
    pub claims: Claims<'static>,
    /// The role that the request chooses.
    pub custom_role_arn: Option<String>,
}

impl From<analysis::Witness> for Witness {
    fn from(witness: analysis::Witness) -> Self {
        let analysis::Witness { provider, claims, custom_role_arn } = witness;
        Self { provider: provider.map(|key| ProviderKey::new(&*key)), claims, custom_role_arn }
    }
}

/// A role that no configuration has.
const FOREIGN_ROLE: &str = "arn:aws:iam::111122223333:role/Other";

impl Witness {
    fn with(key: &ProviderKey, claims: Claims<'static>) -> Self {
        Self { provider: Some(key.clone()), claims, custom_role_arn: None }
    }

    fn choosing(self, role: &str) -> Self {
        Self { custom_role_arn: Some(role.to_owned()), ..self }
    }

    /// What a pool gives for this request, if the request can be asked of it.
    pub(super) fn try_on<R>(
        &self,
        evaluator: &Evaluator,
        then: impl FnOnce(&[Login<'_>], &Decision<'_>) -> R,
    ) -> Option<R> {
        self.ask(evaluator, |request| then(request.logins, &evaluator.evaluate(request)))
    }

    /// The request, if it can be asked of a pool.
    pub(super) fn ask<R>(&self, evaluator: &Evaluator, then: impl FnOnce(&Request<'_>) -> R) -> Option<R> {
        let logins = match &self.provider {
            None => Vec::new(),
            Some(key) => vec![evaluator.login(Some(key), &self.claims, TokenForm::Claims).ok()?],
        };
        Some(then(&Request::of(&logins).choosing(self.custom_role_arn.as_deref())))
    }

    /// Whether a test has to name the provider: nothing else would lead to the same mapping.
    pub(super) fn needs_provider(&self, evaluator: &Evaluator) -> bool {
        self.needs_provider_beside(evaluator, None)
    }

    /// The same where a suite names a provider for every login that does not.
    pub(super) fn needs_provider_beside(&self, evaluator: &Evaluator, default: Option<&ProviderKey>) -> bool {
        let Some(key) = &self.provider else { return false };
        let mapping = |named| evaluator.login(named, &self.claims, TokenForm::Claims).ok().map(|login| login.mapping);
        mapping(default) != mapping(Some(key))
    }

    /// The keys of a test that makes this request, each as YAML: `claims: { "custom:dept": eng }`. A guest's calls a user `guest`.
    #[must_use]
    pub fn to_yaml(&self, with_provider: bool) -> Vec<String> {
        let mut keys = Vec::new();
        match &self.provider {
            None => keys.push("user: guest".to_owned()),
            Some(key) if with_provider => keys.push(format!("provider: {}", yaml::scalar(key.as_str()))),
            Some(_) => {}
        }
        if self.provider.is_some() {
            keys.push(format!("claims: {}", yaml::claims(&self.claims)));
        }
        keys.extend(self.custom_role_arn.as_ref().map(|role| format!("custom_role_arn: {}", yaml::scalar(role))));
        keys
    }
}

/// A request that covers an item, if one is found.
pub(super) fn of(evaluator: &Evaluator, provider: &ProviderKey, kind: &ItemKind) -> Option<Witness> {
    let shows = |witness: Witness, fits: &dyn Fn(&Decision<'_>) -> bool| {
        let found = witness.try_on(evaluator, |logins, decision| {
            let in_force = logins.first().and_then(|login| evaluator.mapping_of(login)).map(|(key, _)| key);
            in_force == Some(provider) && fits(decision)
        });
        (found == Some(true)).then_some(witness)
    };
    let mapping = evaluator.pool().role_mappings.get(provider);
    let rules = mapping.map(RoleMapping::mapping_rules).unwrap_or_default();
    let nothing = || Witness::with(provider, Claims::default());
    match kind {
        ItemKind::Rule(number, _) => rule(evaluator, provider, *number),
        ItemKind::ClaimAbsent(number, _) => {
            // Without any claim every rule is passed over; some pools take more to get as far.
            let reached = |decision: &Decision<'_>| match decision.source() {
                Some(source) => source.rule().is_none_or(|rule| rule > *number),
                None => matches!(
                    decision.denial(),
                    Some(Denial::RoleResolutionDenied | Denial::RoleNotConfigured | Denial::CustomRoleNotAllowed)
                ),
            };
            shows(nothing(), &reached)
        }
        ItemKind::RoleResolution => shows(nothing(), &|decision| {
            decision.source() == Some(Source::RoleResolution)
                || matches!(decision.denial(), Some(Denial::RoleResolutionDenied | Denial::RoleNotConfigured))
        }),
        ItemKind::Denial => {
            let denied = |decision: &Decision<'_>| decision.denial().is_some();
            shows(nothing(), &denied).or_else(|| shows(nothing().choosing(FOREIGN_ROLE), &denied))
        }
        ItemKind::PreferredRole => {
            let role = evaluator.pool().roles.authenticated.as_ref().map_or(FOREIGN_ROLE, |role| role.as_str());
            let mut claims = Claims::default();
            claims.set(PREFERRED_ROLE, role.to_owned());
            shows(Witness::with(provider, claims), &|decision| decision.source() == Some(Source::PreferredRole))
        }
        ItemKind::CustomRole => {
            let chosen = |decision: &Decision<'_>| matches!(decision.source(), Some(Source::CustomRole(_)));
            if mapping?.mapping_type == RoleMappingType::Token {
                let mut claims = Claims::default();
                claims.set(ROLES, Claim::texts([FOREIGN_ROLE]));
                return shows(Witness::with(provider, claims).choosing(FOREIGN_ROLE), &chosen);
            }
            (1..).zip(rules).find_map(|(number, tested)| {
                let witness = rule(evaluator, provider, number)?;
                shows(witness.choosing(tested.role_arn.as_str()), &chosen)
            })
        }
        ItemKind::Tag(key, claim) => tag(evaluator, provider, key, claim),
    }
}

/// A request for which one rule decides: one claim, with a value made from the rule.
pub(super) fn rule(evaluator: &Evaluator, provider: &ProviderKey, number: usize) -> Option<Witness> {
    let rule = evaluator.pool().role_mappings.get(provider)?.mapping_rules().get(number.checked_sub(1)?)?;
    candidates(rule).into_iter().find_map(|value| {
        let mut claims = Claims::default();
        claims.set(rule.claim.clone(), value);
        let witness = Witness::with(provider, claims);
        let decides = witness.try_on(evaluator, |logins, decision| {
            let in_force = logins.first().and_then(|login| evaluator.mapping_of(login)).map(|(key, _)| key);
            in_force == Some(provider) && decision.source() == Some(Source::Rule(number))
        });
        (decides == Some(true)).then_some(witness)
    })
}

/// Values that could match a rule, the most readable first, of those that its claim may have: what a proof leaves out is no witness either.
fn candidates(rule: &MappingRule) -> Vec<Claim<'static>> {
    let value = rule.value.as_str();
    let texts: Vec<String> = match rule.match_type {
        MatchType::Equals => vec![value.to_owned()],
        MatchType::StartsWith => vec![value.to_owned(), format!("{value}-x"), format!("{value}1")],
        MatchType::Contains => {
            vec![value.to_owned(), format!("{value}-x"), format!("x-{value}"), format!("x-{value}-x")]
        }
        MatchType::NotEqual => vec!["other".to_owned(), format!("not-{value}"), "x".to_owned()],
    };
    let arrays = texts.iter().map(|text| Claim::texts([text.clone()])).collect::<Vec<_>>();
    let texts = texts.iter().map(|text| Claim::from(text.clone()));
    if groups::is_list(&rule.claim) { arrays } else { texts.chain(arrays).collect() }
}

/// A request that gets a tag: its claim, and whatever gets a role.
fn tag(evaluator: &Evaluator, provider: &ProviderKey, key: &str, claim: &str) -> Option<Witness> {
    let mappings = evaluator.pool().role_mappings.iter().filter(|(known, _)| known.could_be(provider));
    let of_rules = mappings.flat_map(|(known, mapping)| {
        (1..=mapping.mapping_rules().len()).filter_map(|number| rule(evaluator, known, number))
    });
    let mut preferred = Claims::default();
    preferred.set(PREFERRED_ROLE, FOREIGN_ROLE);
    let plain = [Witness::with(provider, Claims::default()), Witness::with(provider, preferred)];
    plain.into_iter().chain(of_rules).find_map(|mut witness| {
        if witness.claims.get(claim).is_none() {
            // The client of a user pool's token decides which mapping is in force.
            let client = witness.provider.as_ref().and_then(ProviderKey::client).filter(|_| claim == "aud");
            let client = client.filter(|client| !client.contains("${")).map(str::to_owned);
            let value = client.unwrap_or_else(|| "example".to_owned());
            let value = if groups::is_list(claim) { Claim::texts([value]) } else { value.into() };
            witness.claims.set(claim.to_owned(), value);
        }
        let has = witness.try_on(evaluator, |_, decision| {
            matches!(decision.outcome, Outcome::Assume { .. }) && decision.tags.contains_key(key)
        });
        (has == Some(true)).then_some(witness)
    })
}
