//! Why a request got what it got: every rule with what the token had, near misses, tags, and what would have given another role.
//!
//! This is a view of the decision: it asks the functions that decided, and decides nothing itself.

mod near;
mod want;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::claims::Claim;
use crate::decision::{Answer, Denial, InvalidToken, Source, TagFault};
use crate::eval::{Evaluator, Request};
use crate::groups::token_roles;
use crate::groups::{PREFERRED_ROLE, ROLES};
use crate::login::{Login, audience, is_newer_issuer_of};
use crate::matching::Check;
use crate::pool::{AmbiguousRoleResolution, MappingRule, MatchType, RoleMapping, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};
use crate::semantics::{NonStringClaims, RulesCustomRole, Semantics};
use crate::{issuer, saml, tags, text};

pub use near::NearMiss;
pub use want::{
    Change, ClaimsChange, ConfigurationChange, Membership, Outcome as WantedOutcome, PoolEdit, Wanted, Way, want,
};

/// An answer with all that led to it.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation<'a> {
    /// `whichrole/explanation/v1`
    pub schema: &'static str,
    /// The decision object.
    pub answer: Answer<'a>,
    /// The logins, in the order given.
    pub logins: Vec<LoginExplanation<'a>>,
    /// What the decision rests on, in sentences, each with its statement.
    pub because: Vec<Reason>,
}

/// A sentence and the statements of `docs/semantics.md` it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The statement's id, such as `R1`.
    pub statement: &'static str,
    /// The sentence.
    pub text: String,
}

/// One login, looked at by itself.
#[derive(Debug, Clone, Serialize)]
pub struct LoginExplanation<'a> {
    /// Its role-mapping key, or its login key where it has no mapping.
    pub provider: Option<String>,
    /// The type of the mapping in force; none: there is no mapping.
    pub mapping: Option<&'static str>,
    /// The mapping's role resolution; none: the mapping does not say, or there is no mapping.
    pub role_resolution: Option<AmbiguousRoleResolution>,
    /// Every rule in order; those after the deciding one were not tried.
    pub rules: Vec<RuleTrace<'a>>,
    /// The token's role claims, for a mapping of type Token.
    pub role_claims: Option<RoleClaims<'a>>,
    /// Every principal tag that is mapped, with what the token had; none where the request is denied.
    pub tags: Vec<TagTrace<'a>>,
    /// The roles that `CustomRoleArn` could have chosen with this token, under the choices in force.
    pub custom_roles: Vec<&'a str>,
    /// What is odd about this login.
    pub warnings: Vec<String>,
}

/// One rule and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleTrace<'a> {
    /// The rule's number, from 1.
    pub rule: usize,
    /// The claim it tests.
    pub claim: &'a str,
    /// Its operator.
    pub match_type: MatchType,
    /// Its value.
    pub value: &'a str,
    /// The role it gives.
    pub role: &'a str,
    /// What became of it.
    pub outcome: RuleOutcome,
    /// What the token had; none: it has no such claim.
    pub had: Option<Had<'a>>,
    /// Why it almost matched.
    pub near_misses: Vec<NearMiss>,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleOutcome {
    /// It matched and decided.
    Decided,
    /// It matches; with a chosen role, another rule decided or none.
    Matches,
    /// The claim is there and does not match.
    Differs,
    /// The token has no such claim, so the rule was passed over (R2, R3).
    ClaimAbsent,
    /// An earlier rule had decided.
    NotReached,
}

/// The role claims of a token.
#[derive(Debug, Clone, Serialize)]
pub struct RoleClaims<'a> {
    /// `cognito:preferred_role`, if it is a string that is not empty.
    pub preferred_role: Option<&'a str>,
    /// The distinct roles of `cognito:roles`.
    pub roles: Vec<&'a str>,
}

/// One mapped principal tag.
#[derive(Debug, Clone, Serialize)]
pub struct TagTrace<'a> {
    /// The tag's key.
    pub key: &'a str,
    /// The claim it comes from.
    pub claim: &'a str,
    /// What the token had; none: it has no such claim.
    pub had: Option<Had<'a>>,
    /// The tag's value in the session; none: there is no such tag.
    pub value: Option<Cow<'a, str>>,
}

/// The value of a claim, to be shown: serialized as the JSON the token wrote. Only those that a rule or tag reads get here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Had<'a>(pub &'a Claim<'a>);

impl Serialize for Had<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = RawValue::from_string(self.0.to_json()).map_err(serde::ser::Error::custom)?;
        json.serialize(serializer)
    }
}

/// Explains what a request gets.
///
/// ```
/// use whichrole::{Claims, Evaluator, Request, Semantics, TokenForm, explain, read};
///
/// let pool = read::api_json(r#"{"RoleMappings": {"accounts.google.com": {"Type": "Rules", "AmbiguousRoleResolution": "Deny",
///     "RulesConfiguration": {"Rules": [{"Claim": "hd", "MatchType": "Equals", "Value": "Example.com",
///         "RoleARN": "arn:aws:iam::111122223333:role/Staff"}]}}}}"#)?;
/// let evaluator = Evaluator::new(pool, Semantics::default());
/// let claims = Claims::from_json(r#"{"hd": "example.com"}"#)?;
/// let logins = [evaluator.login(None, &claims, TokenForm::Claims)?];
///
/// let explanation = explain::explain(&evaluator, &Request::of(&logins));
/// assert_eq!(explanation.logins[0].rules[0].near_misses, [explain::NearMiss::LetterCase]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn explain<'a>(evaluator: &'a Evaluator, request: &Request<'a>) -> Explanation<'a> {
    let answer = evaluator.answer(request);
    let logins: Vec<LoginExplanation<'a>> =
        request.logins.iter().map(|login| login_explanation(evaluator, login, request)).collect();
    let because = because(evaluator, request, &answer);
    Explanation { schema: "whichrole/explanation/v1", answer, logins, because }
}

fn login_explanation<'a>(
    evaluator: &'a Evaluator,
    login: &'a Login<'a>,
    request: &Request<'a>,
) -> LoginExplanation<'a> {
    let semantics = evaluator.semantics();
    let alone = evaluator.evaluate(&Request { logins: std::slice::from_ref(login), ..*request });
    let mapping = evaluator.mapping_of(login).map(|(_, mapping)| mapping);
    let rules = mapping.map(RoleMapping::mapping_rules).unwrap_or_default();
    let deciding = alone.source().and_then(Source::rule);
    let refused = matches!(alone.denial(), Some(Denial::InvalidToken(_)));
    let rules: Vec<RuleTrace<'a>> = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| {
            rule_trace(rule, n + 1, deciding, request.custom_role_arn.is_some(), refused, login, semantics)
        })
        .collect();
    let is_token = mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token);
    LoginExplanation {
        provider: login.provider().map(|key| key.as_str().to_owned()),
        mapping: mapping.map(|_| if is_token { "Token" } else { "Rules" }),
        role_resolution: mapping.and_then(|mapping| mapping.ambiguous_role_resolution),
        role_claims: is_token.then(|| RoleClaims {
            preferred_role: login
                .claim(PREFERRED_ROLE, semantics)
                .and_then(Claim::as_text)
                .filter(|role| !role.is_empty()),
            roles: distinct(token_roles(login.claims.get(ROLES))),
        }),
        custom_roles: if refused { Vec::new() } else { custom_roles(is_token, &rules, login, semantics) },
        // A denied request has no tags, whatever the claims.
        tags: alone.role().map(|_| tag_traces(evaluator, login, &alone.tags)).unwrap_or_default(),
        rules,
        warnings: warnings(evaluator, login),
    }
}

fn rule_trace<'a>(
    rule: &'a MappingRule,
    number: usize,
    deciding: Option<usize>,
    all_are_tried: bool,
    none_is_tried: bool,
    login: &Login<'a>,
    semantics: &Semantics,
) -> RuleTrace<'a> {
    let had = login.claim(&rule.claim, semantics);
    let check = rule.check_claim(had, semantics);
    let outcome = match check {
        _ if none_is_tried => RuleOutcome::NotReached,
        _ if !all_are_tried && deciding.is_some_and(|deciding| number > deciding) => RuleOutcome::NotReached,
        _ if deciding == Some(number) => RuleOutcome::Decided,
        Check::Matches => RuleOutcome::Matches,
        Check::Differs => RuleOutcome::Differs,
        Check::ClaimAbsent => RuleOutcome::ClaimAbsent,
    };
    let near_misses = match outcome {
        RuleOutcome::Differs | RuleOutcome::ClaimAbsent => near::near_misses(rule, had, login.claims, semantics),
        _ => Vec::new(),
    };
    RuleTrace {
        rule: number,
        claim: &rule.claim,
        match_type: rule.match_type,
        value: &rule.value,
        role: rule.role_arn.as_str(),
        outcome,
        had: had.map(Had),
        near_misses,
    }
}

/// T1, R5, S9: what the token would allow the request to choose.
fn custom_roles<'a>(is_token: bool, rules: &[RuleTrace<'a>], login: &Login<'a>, semantics: &Semantics) -> Vec<&'a str> {
    if is_token {
        return distinct(token_roles(login.claims.get(ROLES)));
    }
    if login.is_mapped() {
        // Every rule counts here, those after the deciding one too.
        return distinct(rules.iter().filter_map(|trace| {
            let rule = MappingRule::new(trace.claim, trace.match_type, trace.value, trace.role);
            let may = match semantics.rules_custom_role() {
                RulesCustomRole::AnyRule => true,
                RulesCustomRole::Refuse => false,
                RulesCustomRole::MatchingRule => {
                    rule.check_claim(trace.had.map(|had| had.0), semantics) == Check::Matches
                }
            };
            may.then_some(trace.role)
        }));
    }
    match login.provider().map(ProviderKey::kind) {
        Some(ProviderKind::Saml) => saml::roles(login.claims).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn tag_traces<'a>(evaluator: &'a Evaluator, login: &'a Login<'a>, made: &tags::Tags<'a>) -> Vec<TagTrace<'a>> {
    let Some(map) = evaluator.tag_map_of(login) else { return Vec::new() };
    let (sources, _) = tags::sources(map, login, evaluator.semantics());
    sources
        .into_iter()
        .map(|(key, claim)| TagTrace {
            key,
            claim,
            had: login.claim(claim, evaluator.semantics()).map(Had),
            value: made.get(key).cloned(),
        })
        .collect()
}

/// What is odd about a login, without being a reason to deny it, and can be told without a word of its token.
#[must_use]
pub fn cautions(evaluator: &Evaluator, login: &Login<'_>) -> Vec<&'static str> {
    let mut cautions = Vec::new();
    let Some(key) = login.provider() else { return cautions };
    if login.claims.text("iss").is_some_and(|issuer| is_newer_issuer_of(issuer, key.login_key())) {
        cautions.push("the token has the newer form of issuer, whose effect AWS does not document (L2)");
    }
    let mapping = evaluator.mapping_of(login).map(|(_, mapping)| mapping);
    if mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token)
        && key.kind() != ProviderKind::UserPool
    {
        cautions.push("a mapping of type Token is offered for user pools only (S4)");
    }
    if mapping.is_some() && key.kind() == ProviderKind::UserPool && key.client().is_none() {
        cautions.push("the mapping's key has no app client, so AWS would refuse it; no token could meet it (Q3)");
    }
    if key.is_symbolic()
        && key.kind() == ProviderKind::UserPool
        && login
            .claims
            .text("iss")
            .is_some_and(|issuer| ProviderKey::of_issuer(issuer).kind() != ProviderKind::UserPool)
    {
        cautions.push("the token's `iss` is not a user pool's; whether it is this one's cannot be checked against a reference (Q5b)");
    }
    if key.kind() == ProviderKind::Saml {
        if mapping.is_some() && login.claims.get(saml::ROLE_ATTRIBUTE).is_some() {
            cautions
                .push("the assertion names roles and there is a mapping too; AWS does not document which wins (S9)");
        }
        if evaluator.tag_map_of(login).is_some_and(|map| map.use_defaults) {
            cautions.push("AWS does not document the keys of the default tags of a SAML provider (P2)");
        }
    }
    cautions
}

/// What is odd about a login, without being a reason to deny it.
fn warnings(evaluator: &Evaluator, login: &Login<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let Some(key) = login.provider() else { return warnings };
    if let Some(difference) = issuer::difference_of(login) {
        warnings.push(format!("the token's `iss` is not this provider's: {difference} (L2)"));
    }
    if issuer::is_elsewhere(login) {
        let key = text::quoted(key.login_key());
        warnings.push(format!(
            "the token's `iss` does not fit {key}; a key with references in it is not compared (Q5b, L2)"
        ));
    }
    warnings.extend(cautions(evaluator, login).into_iter().map(str::to_owned));
    let mapping = evaluator.mapping_of(login);
    if mapping.is_none()
        && let Some(client) = audience(login.claims)
        && key.kind() == ProviderKind::UserPool
    {
        let others: Vec<&str> = evaluator
            .pool()
            .role_mappings
            .keys()
            .filter(|known| known.login_key() == key.login_key())
            .filter_map(ProviderKey::client)
            .collect();
        if !others.is_empty() {
            warnings.push(format!(
                "the token is for app client {}; the mapping of this user pool is for {} (Q5)",
                text::quoted(client),
                text::alternatives(others)
            ));
        }
    }
    warnings.extend(login.odd_groups().map(str::to_owned));
    for role in [login.claim(PREFERRED_ROLE, evaluator.semantics()).and_then(Claim::as_text)].into_iter().flatten() {
        if !role.starts_with("arn:") && !role.contains("${") && !role.is_empty() {
            warnings.push("`cognito:preferred_role` is not an ARN (T3)".to_owned());
        }
    }
    warnings
}

/// The sentences that lead from the request to the answer.
fn because(evaluator: &Evaluator, request: &Request<'_>, answer: &Answer<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut say = |statement, text: String| reasons.push(Reason { statement, text });
    let pool = evaluator.pool();
    let decided_by = request
        .logins
        .iter()
        .find(|login| login.provider().map(ProviderKey::as_str) == answer.provider)
        .or(request.logins.first());
    let mapping = decided_by.and_then(|login| evaluator.mapping_of(login)).map(|(_, mapping)| mapping);
    if request.logins.len() > 1 {
        say("Q1", format!("the request has {} logins", request.logins.len()));
    }
    let is_token = mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token);
    if let Some(source) = answer.decision.source() {
        let is_developer = decided_by.and_then(Login::provider).map(ProviderKey::kind) == Some(ProviderKind::Developer);
        let (statement, text) = role_reason(source, is_token, is_developer);
        say(statement, text);
        if source == Source::PreferredRole {
            say("S8", "a group's role replaces the default role; it does not add to it".to_owned());
        }
    }
    if let Some(denial) = answer.decision.denial() {
        let (statement, text) = denial_reason(denial, mapping, request.logins.is_empty());
        say(statement, text);
        if matches!(denial, Denial::TagsRejected(tag) if tag.fault == TagFault::Illegal) {
            let note = "AWS's own examples of default tags hold `|` and `;`, which its session tags forbid";
            say("P7", note.to_owned());
        }
    }
    if pool.roles.authenticated.is_none() && pool.roles.unauthenticated.is_none() && !request.logins.is_empty() {
        say("S6", "the configuration sets no default roles".to_owned());
    }
    if evaluator.semantics().non_string_claims() == NonStringClaims::Never {
        say("R9", "only strings and arrays can match, as assumed".to_owned());
    }
    reasons
}

/// What a role rests on.
fn role_reason(source: Source, is_token: bool, is_developer: bool) -> (&'static str, String) {
    let (statement, text) = match source {
        Source::Rule(rule) => return ("R1", format!("rule {rule} is the first that matches")),
        Source::CustomRole(Some(rule)) => {
            return ("R5", format!("the request chose this role, and it is the role of rule {rule}"));
        }
        Source::PreferredRole => ("T3", "the token's `cognito:preferred_role` names this role"),
        Source::CustomRole(None) => ("T1", "the request chose this role, and `cognito:roles` has it"),
        Source::RoleResolution if is_token => {
            ("T8", "the token names no single role, and the role resolution is `AuthenticatedRole`")
        }
        Source::RoleResolution => ("R4", "no rule matches, and the role resolution is `AuthenticatedRole`"),
        Source::AuthenticatedRole if is_developer => ("S2", "a developer identity gets the default role"),
        Source::AuthenticatedRole => ("S3", "there is no role mapping for this login, so it gets the default role"),
        Source::UnauthenticatedRole => ("S1", "a guest gets the role for guests"),
        Source::SoleRole => ("T5", "the token names one role and no preferred one"),
        Source::SamlRole => ("S9", "the assertion names this role"),
    };
    (statement, text.to_owned())
}

/// What a denial rests on.
fn denial_reason(denial: &Denial<'_>, mapping: Option<&RoleMapping>, is_guest: bool) -> (&'static str, String) {
    let is_token = mapping.is_some_and(|mapping| mapping.mapping_type == RoleMappingType::Token);
    let (statement, text) = match denial {
        Denial::GuestsNotAllowed => ("S1", "the pool takes no guests"),
        Denial::RoleResolutionDenied => {
            let why = if is_token { "the token names no single role" } else { "no rule matches" };
            let resolution = match mapping.and_then(|mapping| mapping.ambiguous_role_resolution) {
                Some(_) => "the role resolution is `Deny`",
                None => "the mapping has no role resolution, which is taken as `Deny`",
            };
            return ("T8", format!("{why}, and {resolution}"));
        }
        Denial::CustomRoleNotAllowed => {
            let statement = match mapping {
                Some(_) if is_token => "T2",
                Some(_) => "R5",
                None => "S3",
            };
            (statement, "the request chose a role that it may not choose")
        }
        Denial::RoleNotConfigured if is_guest => ("S6", "the pool's unauthenticated role is not set"),
        Denial::RoleNotConfigured => ("S6", "the pool's authenticated role is not set"),
        Denial::InvalidToken(fault) => match fault {
            InvalidToken::MissingAudience => {
                ("L1", "this is an access token, or it has no `aud`: an ID token is needed")
            }
            InvalidToken::WrongIssuer => ("L2", "the token's `iss` is not this provider's"),
            InvalidToken::UnsupportedProvider => ("L3", "the pool does not list this user pool and app client"),
            InvalidToken::Expired { .. } => ("L4", "the token has expired"),
            InvalidToken::MalformedExpiry => ("L4", "the token's `exp` is not a whole number of seconds"),
            InvalidToken::NotVerified(why) => return ("L1", why.clone()),
        },
        Denial::TagsRejected(tag) => {
            let (statement, fault) = match tag.fault {
                TagFault::Missing => ("P5", "is absent"),
                TagFault::NotAString => ("P6", "is not a string"),
                TagFault::TooLong => ("P7", "is longer than 256 characters"),
                TagFault::Illegal => ("P7", "has a character that session tags may not have"),
            };
            let text = format!("tag {}: claim {} {fault}", text::quoted(tag.key), text::quoted(tag.claim));
            return (statement, text);
        }
        Denial::LoginsDisagree => ("Q1", "the logins get different answers"),
        Denial::CustomRoleRequired => ("S9", "the assertion names several roles and the request chose none"),
    };
    (statement, text.to_owned())
}

/// Each once, in the order of their first.
fn distinct<'a>(items: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(*item)).collect()
}
