//! Why a request did not get a certain role, and the smallest change that gives it: of the claims, of the user's groups, of the configuration.

mod membership;
mod reconfigure;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;

pub use self::membership::Membership;
pub use self::reconfigure::{ConfigurationChange, PoolEdit};
use crate::analysis::{Edit, Found, Verdict, Witness, changed, nearest, reach, reach_role};
use crate::claims::{Claim, Claims};
use crate::decision::InvalidToken;
use crate::eval::{Evaluator, Request};
use crate::groups::{PREFERRED_ROLE, ROLES};
use crate::login::Login;
use crate::pool::{AmbiguousRoleResolution, Group, MappingRule, MatchType, RoleMappingType};
use crate::provider::ProviderKey;
use crate::semantics::SeveralLogins;
use crate::several_logins::several_candidates;
use crate::text;

/// What stands between a request and a role.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    /// The role that was wanted.
    pub role: String,
    /// Whether the request gets it as it is.
    pub given: bool,
    /// Every way in which this pool gives the role to this login, and what is in the way. Empty for guests and for several logins.
    pub ways: Vec<Way>,
    /// The smallest change of claims that gives it.
    #[serde(flatten)]
    pub claims: ClaimsChange,
    /// Whether choosing the role with `CustomRoleArn` gives it, with the claims as they are.
    pub by_custom_role: bool,
    /// The smallest change of claims that lets the request choose the role with `CustomRoleArn`, where it has chosen none.
    pub choosing: Option<ClaimsChange>,
    /// Where no token of this provider gets the role: a request of another one, or of a guest, that does.
    pub elsewhere: Option<Witness>,
    /// Which of the known groups to join and to leave.
    pub membership: Option<Membership>,
    /// The smallest change of the configuration that gives the role to this very request.
    pub configuration: Option<ConfigurationChange>,
}

/// One way in which a pool gives a role.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    /// What would give it: `rule 2`, `preferred-role`, `role-resolution`, ….
    pub by: String,
    /// What it takes, or what is in the way.
    pub needs: String,
}

/// The smallest change of claims, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimsChange {
    /// Whether there is one.
    pub outcome: Outcome,
    /// What changes. It has been put to the evaluator.
    pub changes: Vec<Change>,
    /// Whether the answer to the changed request is certain; none where there is none.
    pub certain: Option<bool>,
}

/// Whether some change of claims gives a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The request gets the role as it is.
    Given,
    /// It takes a change, and this is a smallest one.
    Change,
    /// Proved: whatever the claims, no token of these providers and clients gets it.
    Impossible,
    /// A guest has no claims to change.
    NoToken,
    /// The token is refused for what no claim can mend: its signature, or a client that the pool does not list (L3).
    Refused,
    /// The request chooses another role, so it gets that or none.
    OtherRoleChosen,
    /// Nobody can tell: the search went past its bounds, or several logins would have to agree in their tags too.
    NotDecided,
}

/// One claim to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The provider of the token that has it, where the request has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The claim.
    pub claim: String,
    /// Its new value as JSON; none: the claim must go.
    pub value: Option<String>,
}

/// Looks for what would give `role` to a request. `groups` are the groups that are known.
#[must_use]
pub fn want<'a>(evaluator: &'a Evaluator, request: &Request<'a>, role: &str, groups: &[Group]) -> Wanted {
    let given = evaluator.evaluate(request).role() == Some(role);
    let choosing = request.custom_role_arn.is_none().then(|| request.choosing(Some(role)));
    let by_custom_role = choosing.as_ref().is_some_and(|request| evaluator.evaluate(request).role() == Some(role));
    let claims = if given {
        ClaimsChange { outcome: Outcome::Given, changes: Vec::new(), certain: None }
    } else {
        smallest(evaluator, request, role, groups)
    };
    let is_refused = claims.outcome == Outcome::Refused;
    let choosing = choosing
        .filter(|_| !given && !by_custom_role)
        .map(|request| smallest(evaluator, &request, role, groups))
        .filter(|choosing| choosing.outcome == Outcome::Change);
    let elsewhere = (claims.outcome == Outcome::Impossible && request.custom_role_arn.is_none())
        .then(|| reach_role(evaluator, groups, role).verdict.witness().cloned())
        .flatten();
    Wanted {
        role: role.to_owned(),
        given,
        ways: match request.logins {
            [login] => ways(evaluator, login, role, groups, request.custom_role_arn.is_some()),
            _ => Vec::new(),
        },
        by_custom_role,
        choosing,
        elsewhere,
        membership: if given || is_refused { None } else { membership::smallest(evaluator, request, role, groups) },
        configuration: if given || is_refused { None } else { reconfigure::smallest(evaluator, request, role) },
        claims,
    }
}

/// The smallest change of the claims of a request that does not get the role.
fn smallest(evaluator: &Evaluator, request: &Request<'_>, role: &str, groups: &[Group]) -> ClaimsChange {
    let none = |outcome| ClaimsChange { outcome, changes: Vec::new(), certain: None };
    if request.logins.is_empty() {
        return none(Outcome::NoToken);
    }
    if request.custom_role_arn.is_some_and(|chosen| chosen != role) {
        return none(Outcome::OtherRoleChosen);
    }
    // First a token that is refused is put right.
    let mut edits: Vec<Vec<Edit>> = Vec::new();
    for login in request.logins {
        match repairs(evaluator, request, login) {
            Some(repairs) => edits.push(repairs),
            None => return none(Outcome::Refused),
        }
    }
    let right: Vec<Claims<'static>> =
        request.logins.iter().zip(&edits).map(|(login, edits)| changed(login.claims, edits)).collect();
    let Some(logins) = found_again(evaluator, request.logins, &right, &edits) else { return none(Outcome::NotDecided) };
    for at in who_must_get_it(evaluator, &logins) {
        let (Some(login), Some(edits)) = (logins.get(at), edits.get_mut(at)) else { continue };
        match nearest(evaluator, login, groups, request.custom_role_arn, role) {
            Found::Yes(found) => edits.extend(found),
            Found::No => return none(Outcome::Impossible),
            Found::Undecided(_) => return none(Outcome::NotDecided),
        }
    }
    let claims: Vec<Claims<'static>> =
        request.logins.iter().zip(&edits).map(|(login, edits)| changed(login.claims, edits)).collect();
    let Some(logins) = found_again(evaluator, request.logins, &claims, &edits) else {
        return none(Outcome::NotDecided);
    };
    let answer = evaluator.answer(&Request { logins: &logins, ..*request });
    if answer.decision.role() != Some(role) {
        return none(Outcome::NotDecided);
    }
    let several = request.logins.len() > 1;
    let changes = request.logins.iter().zip(edits).flat_map(|(login, edits)| {
        let provider = login.provider().filter(|_| several).map(|key| key.as_str().to_owned());
        edits.into_iter().map(move |(claim, value)| Change {
            provider: provider.clone(),
            claim,
            value: value.as_ref().map(Claim::to_json),
        })
    });
    ClaimsChange { outcome: Outcome::Change, changes: changes.collect(), certain: Some(answer.is_certain()) }
}

/// The same logins with other claims. A preferred role that was open stays so unless it is changed.
fn found_again<'a>(
    evaluator: &'a Evaluator,
    logins: &[Login<'a>],
    claims: &'a [Claims<'a>],
    edits: &[Vec<Edit>],
) -> Option<Vec<Login<'a>>> {
    let again = logins.iter().zip(claims).zip(edits).map(|((login, claims), edits)| {
        let open = login.open_preferred_role.filter(|_| edits.iter().all(|(claim, _)| claim != PREFERRED_ROLE));
        Some(evaluator.login(login.provider(), claims, login.form).ok()?.with_open_preferred_role(open))
    });
    again.collect()
}

/// The logins whose answers count: all that are mapped where they must agree, else the first.
fn who_must_get_it(evaluator: &Evaluator, logins: &[Login<'_>]) -> Vec<usize> {
    let mut who = if logins.len() == 1 { vec![0] } else { several_candidates(logins) };
    let mapped = logins.iter().filter(|login| login.is_mapped()).count();
    if mapped < 2 || evaluator.semantics().several_logins() == SeveralLogins::AnyOne {
        who.truncate(1);
    }
    who
}

/// How long a token that has expired is given, in seconds.
const ONE_HOUR: i64 = 3_600;

/// What a token that fails the login checks needs to pass them (L1, L2, L4); `None` where no claim helps.
fn repairs(evaluator: &Evaluator, request: &Request<'_>, login: &Login<'_>) -> Option<Vec<Edit>> {
    if login.is_refused() {
        return None;
    }
    let mut edits: Vec<Edit> = Vec::new();
    // Each check is passed once it is put right, and there are four.
    for _ in 0..4 {
        let claims = changed(login.claims, &edits);
        let again = evaluator.login(login.provider(), &claims, login.form).ok()?;
        let mut set = |claim: &str, value: Claim<'static>| edits.push((claim.to_owned(), Some(value)));
        match again.fault_at(request.clock) {
            None => return Some(edits),
            Some(InvalidToken::WrongIssuer) => {
                set("iss", Claim::from(format!("https://{}", login.provider()?.login_key())));
            }
            Some(InvalidToken::MissingAudience) => {
                if claims.get("token_use").and_then(Claim::as_text) == Some("access") {
                    set("token_use", Claim::from("id"));
                } else {
                    let client = login.provider().and_then(ProviderKey::client).filter(|id| !id.contains("${"))?;
                    set("aud", Claim::from(client.to_owned()));
                }
            }
            Some(InvalidToken::Expired { .. } | InvalidToken::MalformedExpiry) => {
                let until = request.clock?.now.saturating_add(ONE_HOUR);
                set("exp", Claim::Number(Cow::Owned(until.to_string())));
            }
            Some(InvalidToken::UnsupportedProvider | InvalidToken::NotVerified(_)) => return None,
        }
    }
    None
}

/// The most rules that are told as ways to a role; AWS takes 25.
const MOST_RULES_SHOWN: usize = 250;

fn ways(evaluator: &Evaluator, login: &Login<'_>, role: &str, groups: &[Group], chooses: bool) -> Vec<Way> {
    let mut ways = Vec::new();
    let mut way = |by: String, needs: String| ways.push(Way { by, needs });
    let pool = evaluator.pool();
    let is_default = pool.roles.authenticated.as_ref().is_some_and(|default| default.as_str() == role);
    let Some((key, mapping)) = evaluator.mapping_of(login) else {
        if is_default {
            way("authenticated-role".to_owned(), "it is what a login without a mapping gets".to_owned());
        }
        return ways;
    };
    match &mapping.mapping_type {
        RoleMappingType::Token => {
            way(
                PREFERRED_ROLE.to_owned(),
                format!(
                    "a token whose `{PREFERRED_ROLE}` is this role, so a group that has it and the best precedence"
                ),
            );
            way(
                "CustomRoleArn".to_owned(),
                format!("a token whose `{ROLES}` has this role, and a request that chooses it"),
            );
        }
        RoleMappingType::Rules(rules) => {
            // A request that chooses the role may get it by a rule that is dead for all others.
            let gives_it = rules.iter().any(|rule| rule.role_arn.as_str() == role);
            let reach = if gives_it && !chooses { reach(evaluator, groups).rules } else { Vec::new() };
            let dead = reach.iter().filter(|known| &*known.provider == key.as_str() && known.verdict == Verdict::Dead);
            let dead: BTreeSet<usize> = dead.map(|known| known.rule).collect();
            let is_live =
                |(n, rule): &(usize, &MappingRule)| rule.role_arn.as_str() == role && !dead.contains(&(n + 1));
            let live: Vec<(usize, &MappingRule)> = rules.iter().enumerate().filter(is_live).collect();
            for (n, rule) in live.iter().copied().take(MOST_RULES_SHOWN) {
                let semantics = evaluator.semantics();
                let matches = |earlier: &MappingRule, claim: Option<&Claim<'_>>| {
                    earlier.check_claim(claim, semantics) == crate::Check::Matches
                };
                // The value that this rule asks for, where it asks for one.
                let value = (rule.match_type != MatchType::NotEqual).then(|| Claim::from(rule.value.clone()));
                let is_in_the_way = |earlier: &MappingRule| {
                    matches(earlier, login.claim(&earlier.claim, semantics))
                        || (earlier.claim == rule.claim
                            && value.as_ref().is_some_and(|value| matches(earlier, Some(value))))
                };
                let earlier: Vec<String> = rules
                    .iter()
                    .take(n)
                    .enumerate()
                    .filter(|(_, earlier)| earlier.role_arn != rule.role_arn && is_in_the_way(earlier))
                    .map(|(n, _)| (n + 1).to_string())
                    .collect();
                let test =
                    format!("claim {} {} {}", text::quoted(&rule.claim), rule.match_type, text::quoted(&rule.value));
                let blocked = match earlier.as_slice() {
                    [] => String::new(),
                    [only] => format!(", and no match of rule {only}"),
                    several => format!(", and no match of rules {}", text::and(several)),
                };
                way(format!("rule {}", n + 1), format!("{test}{blocked}"));
            }
            if live.len() > MOST_RULES_SHOWN {
                let more = text::counted(live.len() - MOST_RULES_SHOWN, "more rule", "more rules");
                way(more, "only the first are listed".to_owned());
            }
        }
    }
    if is_default && mapping.ambiguous_role_resolution == Some(AmbiguousRoleResolution::AuthenticatedRole) {
        way("role-resolution".to_owned(), "a token that no rule and no role claim decides".to_owned());
    }
    ways
}
