//! Decides: which role and which tags a request gets. Statements such as S3 are in `docs/semantics.md`.

use std::sync::Arc;

use crate::claims::Value;
use crate::decision::{Answer, Decision, Denial, InvalidToken, Outcome, Source};
use crate::directory::{self, Directory};
use crate::foreseen::Foreseen;
use crate::groups::{PREFERRED_ROLE, token_roles_of};
use crate::login::{self, Clock, Login, LoginError, LoginProvider, Says, TokenForm};
use crate::names::Names;
use crate::plan::{self, Plan, Slots};
use crate::pool::{AmbiguousRoleResolution, IdentityPool, PrincipalTagMap, RoleMapping};
use crate::provider::{ProviderKey, ProviderKind};
use crate::scan::Scanned;
use crate::semantics::{
    LetterCase, MissingRoleResolution, Question, Questions, RulesCustomRole, Semantics, SoleRole, UnmappedCustomRole,
};
use crate::several_logins::several_logins;
use crate::tags::MadeTags;
use crate::{Claims, saml, tags};

/// Answers requests against one identity pool under one set of choices.
///
/// ```
/// use whichrole::{Claims, Evaluator, Request, Semantics, TokenForm};
/// # use whichrole::{IdentityPool, MappingRule, MatchType, RoleMapping, ProviderKey};
/// # let mut pool = IdentityPool::default();
/// # let admin = "arn:aws:iam::111122223333:role/Admin";
/// # let rule = MappingRule::new("custom:dept", MatchType::Equals, "ops", admin);
/// # pool.role_mappings.insert(ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web"), RoleMapping::rules([rule]));
/// let evaluator = Evaluator::new(pool, Semantics::default());
/// let claims = Claims::from_json(r#"{"custom:dept":"ops"}"#)?;
/// let login = evaluator.login(None, &claims, TokenForm::Claims)?;
/// let logins = [login];
/// let answer = evaluator.answer(&Request::of(&logins));
/// assert_eq!(answer.decision.role(), Some("arn:aws:iam::111122223333:role/Admin"));
/// assert!(answer.is_certain());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Evaluator {
    pool: Arc<IdentityPool>,
    semantics: Semantics,
    pub(crate) directory: Arc<Directory>,
    foreseen: Vec<Foreseen>,
    /// One plan for each role mapping, in the pool's order.
    pub(crate) plans: Arc<[Plan]>,
    /// The claims that the checks and the rules of all mappings look at.
    pub(crate) names: Names,
}

/// Where a token belongs, and what speaks against it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) provider: Option<LoginProvider<'a>>,
    /// The role mapping in force, by index.
    pub(crate) mapping: Option<usize>,
    /// The principal-tag map in force, by index.
    pub(crate) tags: Option<usize>,
    pub(crate) fault: Option<InvalidToken>,
}

/// One call of `GetCredentialsForIdentity` (Q1).
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The logins; none: a guest.
    pub logins: &'a [Login<'a>],
    /// The role that the request chooses, if it does.
    pub custom_role_arn: Option<&'a str>,
    /// When it is made; without it L4 is not checked.
    pub clock: Option<Clock>,
}

impl<'a> Request<'a> {
    /// A request with these logins, no chosen role and no clock.
    #[must_use]
    pub fn of(logins: &'a [Login<'a>]) -> Self {
        Self { logins, custom_role_arn: None, clock: None }
    }

    /// The login that answered. `None`: a guest's request.
    pub(crate) fn answering(&self, answer: &Answer<'_>) -> Option<&'a Login<'a>> {
        let answered = answer.provider;
        self.logins.iter().find(|login| login.provider().map(ProviderKey::as_str) == answered).or(self.logins.first())
    }

    /// A guest's request.
    #[must_use]
    pub fn guest() -> Self {
        Self::of(&[])
    }

    /// The same request with a chosen role.
    #[must_use]
    pub fn choosing(mut self, custom_role_arn: Option<&'a str>) -> Self {
        self.custom_role_arn = custom_role_arn;
        self
    }

    /// The same request at a time.
    #[must_use]
    pub fn at(mut self, clock: Option<Clock>) -> Self {
        self.clock = clock;
        self
    }
}

/// A decision and the open questions on the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Path<'a> {
    pub(crate) decision: Decision<'a>,
    pub(crate) touched: Questions,
    /// Which login answered.
    pub(crate) login: Option<usize>,
}

impl<'a> Path<'a> {
    pub(crate) fn deny(denial: Denial<'a>, touched: Questions) -> Self {
        Self { decision: Decision::deny(denial), touched, login: None }
    }

    pub(crate) fn assume(role: &'a str, source: Source, touched: Questions) -> Self {
        let outcome = Outcome::Assume { role, source };
        Self { decision: Decision { outcome, tags: tags::Tags::new() }, touched, login: None }
    }

    /// A path that found a role goes on to the tags; one that fails denies the request.
    pub(crate) fn add_tags(&mut self, tags: impl FnOnce() -> Option<MadeTags<'a>>) {
        if self.decision.role().is_some()
            && let Some((tags, touched)) = tags()
        {
            self.touched = self.touched.union(touched);
            match tags {
                Ok(tags) => self.decision.tags = tags,
                Err(rejected) => self.decision = Decision::deny(Denial::TagsRejected(rejected)),
            }
        }
    }
}

impl Evaluator {
    /// Prepares a pool. The work is proportional to its size; deciding afterwards allocates only for tags and odd claims.
    ///
    /// A pool in an [`Arc`] is shared, not copied.
    #[must_use]
    pub fn new(pool: impl Into<Arc<IdentityPool>>, semantics: Semantics) -> Self {
        let pool = pool.into();
        let mut names = plan::numbered();
        let plans = pool.role_mappings.iter().map(|(key, mapping)| Plan::new(key, mapping, &mut names)).collect();
        let mut evaluator =
            Self { directory: Arc::new(Directory::new(&pool)), foreseen: Vec::new(), plans, names, pool, semantics };
        evaluator.foreseen = Foreseen::of(&evaluator);
        evaluator
    }

    /// The same pool under other choices. What is prepared does not depend on them, so it is shared.
    #[must_use]
    pub fn under(&self, semantics: Semantics) -> Self {
        Self { semantics, ..self.clone() }
    }

    /// The pool that is evaluated.
    #[must_use]
    pub fn pool(&self) -> &IdentityPool {
        &self.pool
    }

    /// The choices in force.
    #[must_use]
    pub fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    /// The names of all claims that finding a login, deciding and making tags can look at. Some occur more than once.
    pub fn claims_read(&self) -> impl Iterator<Item = &str> {
        self.names.iter().chain(self.other_claims_read())
    }

    /// The names that the checks and the rules look at, numbered, and then all others.
    pub(crate) fn names_read(&self) -> Names {
        let mut names = self.names.clone();
        for name in self.other_claims_read() {
            names.insert(name);
        }
        names
    }

    fn other_claims_read(&self) -> impl Iterator<Item = &str> {
        let tags = self.pool.principal_tags.values().flat_map(|map| map.tags.values().map(String::as_str));
        tags.chain(tags::CLAIMS_READ.iter().copied()).chain([saml::ROLE_ATTRIBUTE])
    }

    /// The keys that a login may name, for messages.
    #[must_use]
    pub fn provider_keys(&self) -> Vec<String> {
        self.directory.keys()
    }

    /// Finds the provider of a token, by its name if one is given (a login key or a mapping key), else by the token's `iss`, else the only
    /// one there is; and the mapping that is in force for it (Q5, Q5b).
    ///
    /// # Errors
    /// A name that the configuration does not know (`nope`), or several candidates: two providers and claims without `iss`; two
    /// clients of one user pool and claims without `aud`.
    #[inline]
    pub fn login<'a>(
        &'a self,
        named: Option<&ProviderKey>,
        claims: &'a Claims<'a>,
        form: TokenForm,
    ) -> Result<Login<'a>, LoginError> {
        self.login_with(named, form, claims, None, Slots::of(&self.names, claims))
    }

    /// The same for a token that was scanned. Such a login is for deciding only: [`Evaluator::evaluate`] and [`Evaluator::answer`].
    ///
    /// # Errors
    /// As [`Evaluator::login`].
    #[inline]
    pub fn login_of<'a>(
        &'a self,
        named: Option<&ProviderKey>,
        token: &'a Scanned<'a>,
    ) -> Result<Login<'a>, LoginError> {
        self.login_with(named, token.form(), Claims::NONE, Some(token), Slots::of_scanned(&self.names, token))
    }

    #[inline]
    fn login_with<'a>(
        &'a self,
        named: Option<&ProviderKey>,
        form: TokenForm,
        claims: &'a Claims<'a>,
        scanned: Option<&'a Scanned<'a>>,
        slots: Slots<'a>,
    ) -> Result<Login<'a>, LoginError> {
        let says = Says::of(&slots);
        let foreseen = if named.is_none() { self.foreseen.iter().find(|usual| usual.says(says)) } else { None };
        let Place { provider, mapping, tags, fault } = match foreseen {
            Some(usual) => usual.place(),
            None => self.place(named, form, says)?,
        };
        Ok(Login { provider, mapping, claims, scanned, form, open_preferred_role: None, tags, fault, slots })
    }

    /// Finds the provider and all that depends on it, and checks the token.
    pub(crate) fn place<'a>(
        &'a self,
        named: Option<&ProviderKey>,
        form: TokenForm,
        says: Says<'_>,
    ) -> Result<Place<'a>, LoginError> {
        let named = named.map(|named| self.spelled_here(named));
        let (provider, mut mapping) = self.directory.find(named.as_deref(), form, says)?;
        let key = provider.as_ref().map(LoginProvider::key);
        let mut tags = None;
        if key.map(ProviderKey::kind) == Some(ProviderKind::Developer) {
            // It has neither mapping nor claims (S2), and gets no tags from a map (P9).
            mapping = None;
        } else if let Some(key) = key.filter(|_| !self.pool.principal_tags.is_empty()) {
            tags = directory::tag_map(&self.pool, key)?;
        }
        let fault = login::fault(key, form, says, &self.pool);
        Ok(Place { provider, mapping, tags, fault })
    }

    /// The same login with other claims; its mapping stays, whatever client they name.
    pub(crate) fn with_claims<'a>(&'a self, login: &Login<'a>, claims: &'a Claims<'a>) -> Login<'a> {
        let slots = Slots::of(&self.names, claims);
        let mut login = Login { claims, slots, scanned: None, open_preferred_role: None, ..login.clone() };
        login.fault = login::fault(login.provider(), login.form, Says::of(&login.slots), &self.pool);
        login
    }

    /// Decides, without asking what the decision leaned on. Prefer [`Evaluator::answer`] unless every microsecond counts: this one does
    /// not tell you where AWS is silent.
    #[must_use]
    #[inline]
    pub fn evaluate<'a>(&'a self, request: &Request<'a>) -> Decision<'a> {
        self.decide::<false>(request, &self.semantics, 0).decision
    }

    /// The role mapping in force for a login, with its key.
    #[must_use]
    pub fn mapping_of(&self, login: &Login<'_>) -> Option<(&ProviderKey, &RoleMapping)> {
        self.pool.role_mappings.get_key_value(&self.plan_of(login)?.key)
    }

    pub(crate) fn plan_of(&self, login: &Login<'_>) -> Option<&Plan> {
        self.plans.get(login.mapping?)
    }

    /// The principal-tag map of a login's provider (Q4).
    #[must_use]
    pub fn tag_map_of(&self, login: &Login<'_>) -> Option<&PrincipalTagMap> {
        self.pool.principal_tags.values().nth(login.tags?)
    }

    /// The one decision path. `pick` is the login that answers where any one may (`several-logins`). With `ASK`, `letter-case` is looked
    /// for too; it costs a second comparison of each rule reached.
    #[inline]
    pub(crate) fn decide<'a, const ASK: bool>(
        &'a self,
        request: &Request<'a>,
        semantics: &Semantics,
        pick: usize,
    ) -> Path<'a> {
        self.decide_by(request, semantics, pick, |login| {
            if login.tags.is_none() {
                self.role_alone::<ASK>(login, request, semantics)
            } else {
                self.role_and_tags::<ASK>(login, request, semantics)
            }
        })
    }

    /// The decision, given what each login gets alone.
    #[inline]
    pub(crate) fn decide_by<'a>(
        &'a self,
        request: &Request<'a>,
        semantics: &Semantics,
        pick: usize,
        mut alone: impl FnMut(&'a Login<'a>) -> Path<'a>,
    ) -> Path<'a> {
        match request.logins {
            [] => self.guest(request, semantics),
            [only] => {
                let mut path = alone(only);
                path.login = Some(0);
                path
            }
            several => several_logins(several, request, semantics, pick, alone),
        }
    }

    /// S1.
    #[cold]
    fn guest<'a>(&'a self, request: &Request<'a>, semantics: &Semantics) -> Path<'a> {
        if self.pool.allow_unauthenticated_identities == Some(false) {
            return Path::deny(Denial::GuestsNotAllowed, Questions::NONE);
        }
        default_role(self.pool.roles.unauthenticated.as_ref(), Source::UnauthenticatedRole, request, semantics)
    }

    /// The role of one login by itself: the checks, then the sources of roles.
    #[inline]
    pub(crate) fn role_alone<'a, const ASK: bool>(
        &'a self,
        login: &'a Login<'a>,
        request: &Request<'a>,
        semantics: &Semantics,
    ) -> Path<'a> {
        match login.fault_at(request.clock) {
            Some(fault) => Path::deny(Denial::InvalidToken(fault), Questions::NONE),
            None => self.role_of::<ASK>(login, request, semantics),
        }
    }

    #[inline(never)]
    fn role_and_tags<'a, const ASK: bool>(
        &'a self,
        login: &'a Login<'a>,
        request: &Request<'a>,
        semantics: &Semantics,
    ) -> Path<'a> {
        let mut path = self.role_alone::<ASK>(login, request, semantics);
        path.add_tags(|| self.tags_alone(login, semantics));
        path
    }

    /// The tags of one login by itself, if any are mapped; they do not depend on the role (P8).
    pub(crate) fn tags_alone<'a>(&'a self, login: &'a Login<'a>, semantics: &Semantics) -> Option<MadeTags<'a>> {
        self.tag_map_of(login).map(|map| tags::tags(map, login, semantics))
    }

    /// Section 2: which source of roles applies.
    #[inline]
    fn role_of<'a, const ASK: bool>(
        &'a self,
        login: &'a Login<'a>,
        request: &Request<'a>,
        semantics: &Semantics,
    ) -> Path<'a> {
        match login.mapping.and_then(|at| self.plans.get(at)) {
            None => {
                let default = self.pool.roles.authenticated.as_ref();
                if login.provider().map(ProviderKey::kind) == Some(ProviderKind::Saml)
                    && let Some(roles) = login.value(saml::ROLE_ATTRIBUTE, semantics).and_then(saml::roles_of)
                {
                    return saml_role(&roles, request);
                }
                default_role(default, Source::AuthenticatedRole, request, semantics)
            }
            Some(plan) if plan.is_token => self.token(plan, login, request, semantics),
            Some(plan) => self.rules::<ASK>(plan, login, request, semantics),
        }
    }

    /// Section 3.
    #[inline(never)]
    fn token<'a>(
        &'a self,
        plan: &Plan,
        login: &'a Login<'a>,
        request: &Request<'a>,
        semantics: &Semantics,
    ) -> Path<'a> {
        let roles = login.slots.get(plan::ROLES);
        if let Some(custom) = request.custom_role_arn {
            return match token_roles_of(roles).find(|role| *role == custom) {
                Some(role) => Path::assume(role, Source::CustomRole(None), Questions::NONE),
                None => Path::deny(Denial::CustomRoleNotAllowed, Questions::NONE),
            };
        }
        let mut touched = login.open_question();
        let preferred = login.value(PREFERRED_ROLE, semantics).and_then(Value::as_text).filter(|role| !role.is_empty());
        if let Some(role) = preferred {
            return Path::assume(role, Source::PreferredRole, touched);
        }
        let mut distinct = token_roles_of(roles);
        if let Some(first) = distinct.next()
            && distinct.all(|role| role == first)
        {
            touched.insert(Question::SoleRole);
            if semantics.sole_role() == SoleRole::UseIt {
                return Path::assume(first, Source::SoleRole, touched);
            }
        }
        self.resolve(plan, semantics, touched)
    }

    /// Section 4: the first rule that matches. Where all claims that rules test are text and nothing is open about them, which is nearly
    /// always, this is all there is to do.
    #[inline]
    fn rules<'a, const ASK: bool>(
        &'a self,
        plan: &'a Plan,
        login: &'a Login<'a>,
        request: &Request<'a>,
        semantics: &Semantics,
    ) -> Path<'a> {
        let mut next = 0;
        if !ASK && request.custom_role_arn.is_none() && is_plain(login, semantics) {
            match plan.skip_texts(0, &login.slots) {
                None => return self.resolve(plan, semantics, Questions::NONE),
                Some((number, passed)) => {
                    if passed && let Some(role) = plan.role(number) {
                        return Path::assume(role, Source::Rule(number + 1), Questions::NONE);
                    }
                    next = number;
                }
            }
        }
        self.rules_from::<ASK>(next, plan, login, request, semantics)
    }

    /// The same from one rule on, whatever there is to mind.
    #[inline(never)]
    fn rules_from<'a, const ASK: bool>(
        &'a self,
        mut next: usize,
        plan: &'a Plan,
        login: &'a Login<'a>,
        request: &Request<'a>,
        semantics: &Semantics,
    ) -> Path<'a> {
        // What arrays and objects are compared as.
        let texts = if Plan::takes_texts(semantics) { plan.texts(&login.slots, semantics) } else { Vec::new() };
        let slots = &login.slots;
        // A preferred role that is open has its value from the choice in force; no claim has this number otherwise.
        let open = login.open_preferred_role.map_or(usize::MAX, |_| plan::PREFERRED);
        let is_plain = !ASK && is_plain(login, semantics);
        let mut touched = Questions::NONE;
        let mut chosen = None;
        loop {
            let found = if is_plain { plan.skip_texts(next, slots) } else { Some((next, false)) };
            let Some((number, passed)) = found else { break };
            let (Some((slot, test)), Some(role)) = (plan.tests.get(number), plan.role(number)) else { break };
            next = number + 1;
            let mut claim = slots.get(*slot);
            let mut text = texts.get(*slot).and_then(Option::as_ref);
            if *slot == open {
                touched = touched.union(login.open_question());
                claim = login.value(PREFERRED_ROLE, semantics);
                text = None;
            }
            if !passed && !claim.is_some_and(|claim| test.matches_asking::<ASK>(claim, text, semantics, &mut touched)) {
                continue;
            }
            match request.custom_role_arn {
                None => return Path::assume(role, Source::Rule(number + 1), touched),
                Some(custom) if chosen.is_none() && role == custom => chosen = Some(number),
                Some(_) => {}
            }
        }
        let Some(custom) = request.custom_role_arn else { return self.resolve(plan, semantics, touched) };
        touched.insert(Question::RulesCustomRole);
        let chosen = match semantics.rules_custom_role() {
            RulesCustomRole::MatchingRule => chosen,
            RulesCustomRole::AnyRule => (0..plan.tests.len()).find(|number| plan.role(*number) == Some(custom)),
            RulesCustomRole::Refuse => None,
        };
        match chosen.and_then(|number| Some((number, plan.role(number)?))) {
            Some((number, role)) => Path::assume(role, Source::CustomRole(Some(number + 1)), touched),
            None => Path::deny(Denial::CustomRoleNotAllowed, touched),
        }
    }

    /// T8, S6.
    pub(crate) fn resolve<'a>(&'a self, plan: &Plan, semantics: &Semantics, mut touched: Questions) -> Path<'a> {
        let resolution = plan.resolution.unwrap_or_else(|| {
            touched.insert(Question::MissingRoleResolution);
            match semantics.missing_role_resolution() {
                MissingRoleResolution::Deny => AmbiguousRoleResolution::Deny,
                MissingRoleResolution::AuthenticatedRole => AmbiguousRoleResolution::AuthenticatedRole,
            }
        });
        match (resolution, &self.pool.roles.authenticated) {
            (AmbiguousRoleResolution::Deny, _) => Path::deny(Denial::RoleResolutionDenied, touched),
            (AmbiguousRoleResolution::AuthenticatedRole, Some(role)) => {
                Path::assume(role.as_str(), Source::RoleResolution, touched)
            }
            (AmbiguousRoleResolution::AuthenticatedRole, None) => Path::deny(Denial::RoleNotConfigured, touched),
        }
    }
}

/// Whether texts are all that comparing a claim of text with a rule looks at.
#[inline]
fn is_plain(login: &Login<'_>, semantics: &Semantics) -> bool {
    login.open_preferred_role.is_none() && semantics.letter_case() == LetterCase::Sensitive
}

/// A default role where there is no mapping (S1, S2, S3, S6), minding `unmapped-custom-role`.
fn default_role<'a>(
    role: Option<&'a crate::RoleArn>,
    source: Source,
    request: &Request<'a>,
    semantics: &Semantics,
) -> Path<'a> {
    let mut touched = Questions::NONE;
    if request.custom_role_arn.is_some() {
        touched.insert(Question::UnmappedCustomRole);
        if semantics.unmapped_custom_role() == UnmappedCustomRole::Deny {
            return Path::deny(Denial::CustomRoleNotAllowed, touched);
        }
    }
    match role {
        Some(role) => Path::assume(role.as_str(), source, touched),
        None => Path::deny(Denial::RoleNotConfigured, touched),
    }
}

/// S9: the role of a SAML assertion.
fn saml_role<'a>(roles: &[&'a str], request: &Request<'a>) -> Path<'a> {
    match (roles, request.custom_role_arn) {
        ([only], _) => Path::assume(only, Source::SamlRole, Questions::NONE),
        (_, None) => Path::deny(Denial::CustomRoleRequired, Questions::NONE),
        (several, Some(custom)) => match several.iter().find(|role| **role == custom) {
            Some(role) => Path::assume(role, Source::SamlRole, Questions::NONE),
            None => Path::deny(Denial::CustomRoleNotAllowed, Questions::NONE),
        },
    }
}

#[cfg(test)]
mod tests;
