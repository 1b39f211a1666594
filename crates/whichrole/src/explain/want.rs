//! Why a request did not get a certain role, and the smallest change that gives it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::claims::{Claim, Claims};
use crate::eval::{Evaluator, Request};
use crate::groups::{GROUPS, PREFERRED_ROLE, ROLES};
use crate::login::Login;
use crate::pool::{AmbiguousRoleResolution, MatchType, RoleMappingType};
use crate::text;

/// What stands between a request and a role.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    /// The role that was wanted.
    pub role: String,
    /// Whether the request gets it as it is.
    pub given: bool,
    /// Every way in which this pool gives the role to this login, and what is in the way.
    pub ways: Vec<Way>,
    /// The smallest change of claims that gives the role, checked by evaluating it; none was found where this is empty and `given` is false.
    pub changes: Vec<Change>,
    /// Whether choosing the role with `CustomRoleArn` gives it, with the claims as they are.
    pub by_custom_role: bool,
}

/// One way in which a pool gives a role.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    /// What would give it: `rule 2`, `preferred-role`, `role-resolution`, ….
    pub by: String,
    /// What it takes, or what is in the way.
    pub needs: String,
}

/// One claim to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The claim.
    pub claim: String,
    /// Its new value as JSON; none: the claim must go.
    pub value: Option<String>,
}

/// How many changes are tried before the search is given up: with more rules than AWS allows there would be no end to it.
const MOST_TRIALS: usize = 1_000;

/// Looks for what would give `role` to a request with one login.
#[must_use]
pub fn want<'a>(evaluator: &'a Evaluator, request: &Request<'a>, role: &str) -> Wanted {
    let given = evaluator.evaluate(request).role() == Some(role);
    let by_custom_role = evaluator.evaluate(&request.choosing(Some(role))).role() == Some(role);
    let (ways, changes) = match request.logins {
        [login] => {
            let ways = ways(evaluator, login, role);
            // No claims help a token whose signature was refused.
            let hopeless = given || login.is_refused();
            let changes = if hopeless { Vec::new() } else { smallest_change(evaluator, request, login, role) };
            (ways, changes)
        }
        _ => (Vec::new(), Vec::new()),
    };
    Wanted { role: role.to_owned(), given, ways, changes, by_custom_role }
}

fn ways(evaluator: &Evaluator, login: &Login<'_>, role: &str) -> Vec<Way> {
    let mut ways = Vec::new();
    let mut way = |by: String, needs: String| ways.push(Way { by, needs });
    let pool = evaluator.pool();
    let is_default = pool.roles.authenticated.as_ref().is_some_and(|default| default.as_str() == role);
    let Some((_, mapping)) = evaluator.mapping_of(login) else {
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
            for (n, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.role_arn.as_str() == role) {
                let earlier: Vec<String> = rules
                    .iter()
                    .take(n)
                    .enumerate()
                    .filter(|(_, earlier)| {
                        earlier.check_claim(login.claim(&earlier.claim, evaluator.semantics()), evaluator.semantics())
                            == crate::Check::Matches
                    })
                    .map(|(n, _)| (n + 1).to_string())
                    .collect();
                let test =
                    format!("claim {} {} {}", text::quoted(&rule.claim), rule.match_type, text::quoted(&rule.value));
                let blocked = if earlier.is_empty() {
                    String::new()
                } else {
                    format!(", and no match of rule {}", earlier.join(", "))
                };
                way(format!("rule {}", n + 1), format!("{test}{blocked}"));
            }
        }
    }
    if is_default && mapping.ambiguous_role_resolution == Some(AmbiguousRoleResolution::AuthenticatedRole) {
        way("role-resolution".to_owned(), "a token that no rule and no role claim decides".to_owned());
    }
    ways
}

/// Tries changes of one claim, then of one claim with those removed that an earlier rule matches, and keeps the first that an evaluation
/// confirms.
fn smallest_change(evaluator: &Evaluator, request: &Request<'_>, login: &Login<'_>, role: &str) -> Vec<Change> {
    let named = login.provider().cloned();
    let tried = std::cell::Cell::new(0_usize);
    let gives = |changes: &BTreeMap<&str, Option<Claim<'static>>>| {
        tried.set(tried.get() + 1);
        let mut claims: Claims<'_> = login.claims.clone();
        for (name, value) in changes {
            match value {
                Some(value) => claims.set(name.to_string(), value.clone()),
                None => drop(claims.remove(name)),
            }
        }
        // Other claims can lead to another mapping (Q5), so the login is found again.
        let Ok(changed) = evaluator.login(named.as_ref(), &claims, login.form) else { return false };
        let open = login.open_preferred_role.filter(|_| !changes.contains_key(PREFERRED_ROLE));
        let logins = [changed.with_open_preferred_role(open)];
        let request = Request { logins: &logins, custom_role_arn: request.custom_role_arn, clock: request.clock };
        evaluator.evaluate(&request).role() == Some(role)
    };
    let shown = |changes: &BTreeMap<&str, Option<Claim<'static>>>| {
        changes
            .iter()
            .map(|(claim, value)| Change { claim: (*claim).to_owned(), value: value.as_ref().map(Claim::to_json) })
            .collect::<Vec<_>>()
    };
    let mut candidates: Vec<BTreeMap<&str, Option<Claim<'static>>>> = Vec::new();
    let Some((_, mapping)) = evaluator.mapping_of(login) else { return Vec::new() };
    match &mapping.mapping_type {
        RoleMappingType::Token => {
            candidates.push(BTreeMap::from([(PREFERRED_ROLE, Some(Claim::from(role.to_owned())))]));
            candidates.push(BTreeMap::from([(PREFERRED_ROLE, None)]));
            candidates.push(BTreeMap::from([(PREFERRED_ROLE, None), (ROLES, None)]));
        }
        RoleMappingType::Rules(rules) => {
            let mut tested: Vec<&str> = rules.iter().map(|rule| rule.claim.as_str()).collect();
            tested.sort_unstable();
            tested.dedup();
            for rule in rules.iter().filter(|rule| rule.role_arn.as_str() == role) {
                for value in values_for(rule.match_type, &rule.value, login.claims.get(&rule.claim), &rule.claim) {
                    candidates.push(BTreeMap::from([(rule.claim.as_str(), Some(value))]));
                }
            }
            for claim in &tested {
                candidates.push(BTreeMap::from([(*claim, None)]));
            }
            let single = candidates.len();
            for n in 0..single.min(MOST_TRIALS) {
                if candidates.len() > MOST_TRIALS {
                    break;
                }
                for claim in &tested {
                    if let Some(candidate) = candidates.get(n).filter(|candidate| !candidate.contains_key(claim)) {
                        let mut both = candidate.clone();
                        both.insert(claim, None);
                        candidates.push(both);
                    }
                }
            }
            let all_gone: BTreeMap<&str, Option<Claim<'static>>> = tested.iter().map(|claim| (*claim, None)).collect();
            for n in 0..single.min(MOST_TRIALS / 10) {
                if let Some(candidate) = candidates.get(n) {
                    let mut whole = all_gone.clone();
                    whole.extend(candidate.clone());
                    candidates.push(whole);
                }
            }
        }
    }
    candidates
        .into_iter()
        .map(|mut changes| {
            changes.retain(|name, value| value.is_some() || login.claims.get(name).is_some());
            changes
        })
        .filter(|changes| !changes.is_empty())
        .take_while(|_| tried.get() < MOST_TRIALS)
        .find(|changes| gives(changes))
        .map(|changes| shown(&changes))
        .unwrap_or_default()
}

/// Values of a claim that pass a test; where the token has an array, the array with one more element.
fn values_for(op: MatchType, value: &str, had: Option<&Claim<'_>>, claim: &str) -> Vec<Claim<'static>> {
    let text = if op == MatchType::NotEqual { format!("not-{value}") } else { value.to_owned() };
    let text = Claim::from(text);
    match had {
        Some(Claim::Array(elements)) => {
            let mut longer: Vec<Claim<'static>> = elements.iter().cloned().map(Claim::into_owned).collect();
            longer.push(text.clone());
            vec![Claim::Array(longer), text]
        }
        None if claim == GROUPS => vec![Claim::Array(vec![text.clone()]), text],
        _ => vec![text],
    }
}
