//! The smallest change of the configuration that gives a role to one request as it is.
//!
//! Every edit of a list is tried: one field of a rule that gives the role, such a rule moved to the front, a new rule for something that the
//! token has, the role resolution, the deciding rule given the role or removed, the mapping removed, a tag removed, a default role, guests.
//! Then pairs of edits in different places. Of those that are equally many, the one that changes the fewest classes of requests (`diff`) is
//! preferred, and then the one that stands first here.

use serde::Serialize;

use crate::analysis::{DiffOptions, Subject, diff};
use crate::claims::Claim;
use crate::eval::{Evaluator, Request};
use crate::groups::GROUPS;
use crate::login::Login;
use crate::pool::{
    AmbiguousRoleResolution, IdentityPool, MappingRule, MatchType, RoleArn, RoleMapping, RoleMappingType,
};
use crate::provider::ProviderKey;
use crate::text::quoted;

/// How much is tried: edits times rules, so that even a configuration far beyond AWS's limits is done in a second.
const MOST_WORK: usize = 400_000;
/// The most edits that are put together in pairs.
const MOST_PAIRED: usize = 60;
/// The most changes whose consequences are compared, and the most rules for which they are.
const MOST_COMPARED: usize = 24;
/// See [`MOST_COMPARED`].
const MOST_RULES_COMPARED: usize = 250;
/// The most claims of a token that new rules are made from.
const MOST_NEW_RULES: usize = 8;
/// Claims that are other ones in the next token, or say nothing about a user.
const VOLATILE: [&str; 17] = [
    "exp",
    "iat",
    "nbf",
    "auth_time",
    "jti",
    "origin_jti",
    "event_id",
    "at_hash",
    "nonce",
    "iss",
    "aud",
    "azp",
    "token_use",
    "cognito:roles",
    "cognito:preferred_role",
    "c_hash",
    "s_hash",
];

/// A change of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigurationChange {
    /// The edits; it takes all of them.
    pub edits: Vec<PoolEdit>,
    /// How many classes of requests get something else by it, this one's among them; none where that was not looked at.
    pub classes: Option<usize>,
    /// Whether every edit of the list was tried, so that no smaller change of these kinds exists.
    pub smallest: bool,
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolEdit {
    /// The mapping or tag map that it is made in; none: the pool's own settings.
    pub provider: Option<String>,
    /// What it comes to: ``rule 2 compares with `eng` ``.
    pub change: String,
}

/// An edit that can be made.
struct Edit {
    place: Option<ProviderKey>,
    change: String,
    make: Box<dyn Fn(&mut IdentityPool)>,
}

/// `None`: no such change was found.
pub(super) fn smallest(evaluator: &Evaluator, request: &Request<'_>, role: &str) -> Option<ConfigurationChange> {
    if request.custom_role_arn.is_some_and(|chosen| chosen != role) {
        return None;
    }
    let edits = edits(evaluator, request, role);
    let pool = evaluator.pool();
    let rules: usize = pool.role_mappings.values().map(|mapping| mapping.mapping_rules().len()).sum();
    let mut left = MOST_WORK;
    let mut gives = |edits: &[&Edit]| {
        left = left.checked_sub(rules + 20)?;
        let mut pool = pool.clone();
        for edit in edits {
            (edit.make)(&mut pool);
        }
        let changed = Evaluator::new(pool, *evaluator.semantics());
        Some(gives_role(&changed, request, role))
    };
    let mut found: Vec<Vec<&Edit>> = Vec::new();
    let mut all_tried = true;
    for edit in &edits {
        match gives(&[edit]) {
            Some(true) => found.push(vec![edit]),
            Some(false) => {}
            None => all_tried = false,
        }
    }
    if found.is_empty() {
        for (n, one) in edits.iter().enumerate().take(MOST_PAIRED) {
            for other in edits.iter().take(MOST_PAIRED).skip(n + 1) {
                if one.place == other.place && one.place.is_some() {
                    continue;
                }
                match gives(&[one, other]) {
                    Some(true) => found.push(vec![one, other]),
                    Some(false) => {}
                    None => all_tried = false,
                }
            }
        }
        all_tried &= edits.len() <= MOST_PAIRED;
    }
    let compared = found.into_iter().take(MOST_COMPARED).map(|edits| {
        let classes = (rules <= MOST_RULES_COMPARED).then(|| classes(evaluator, &edits));
        (classes, edits)
    });
    let (classes, edits) = compared.min_by_key(|(classes, _)| *classes)?;
    let edits = edits.into_iter().map(|edit| PoolEdit {
        provider: edit.place.as_ref().map(|key| key.as_str().to_owned()),
        change: edit.change.clone(),
    });
    Some(ConfigurationChange { edits: edits.collect(), classes, smallest: all_tried })
}

fn gives_role(evaluator: &Evaluator, request: &Request<'_>, role: &str) -> bool {
    let again = request.logins.iter().map(|login| {
        let found = evaluator.login(login.provider(), login.claims, login.form).ok()?;
        Some(found.with_open_preferred_role(login.open_preferred_role))
    });
    let Some(logins) = again.collect::<Option<Vec<Login<'_>>>>() else { return false };
    let request = Request { logins: &logins, custom_role_arn: request.custom_role_arn, clock: request.clock };
    evaluator.evaluate(&request).role() == Some(role)
}

/// How many classes of requests an edit changes.
fn classes(evaluator: &Evaluator, edits: &[&Edit]) -> usize {
    let mut changed = evaluator.pool().clone();
    for edit in edits {
        (edit.make)(&mut changed);
    }
    let subject = |pool| Subject { pool, groups: &[], semantics: *evaluator.semantics() };
    diff(&subject(evaluator.pool()), &subject(&changed), &DiffOptions::default()).changes.len()
}

/// Every edit worth a try, those that touch the least first.
fn edits(evaluator: &Evaluator, request: &Request<'_>, role: &str) -> Vec<Edit> {
    let mut edits = Edits(Vec::new());
    for login in request.logins {
        if let Some((key, mapping)) = evaluator.mapping_of(login) {
            mapping_edits(evaluator, login, (key, mapping), role, &mut edits);
        }
        let map = login.tags.and_then(|at| evaluator.pool().principal_tags.iter().nth(at));
        for (key, tag) in
            map.iter().flat_map(|(key, map)| map.tags.keys().map(move |tag| ((*key).clone(), tag.clone())))
        {
            edits.add(Some(key.clone()), format!("tag {} is gone", quoted(&tag)), move |pool| {
                if let Some(map) = pool.principal_tags.get_mut(&key) {
                    map.tags.remove(&tag);
                }
            });
        }
    }
    let arn = RoleArn::from(role);
    if request.logins.is_empty() {
        edits.add(None, format!("the unauthenticated role is {}", quoted(role)), move |pool| {
            pool.roles.unauthenticated = Some(arn.clone());
        });
        edits.add(None, "guests are allowed".to_owned(), |pool| {
            (pool.allow_unauthenticated_identities, pool.guests_depend_on) = (Some(true), None);
        });
    } else {
        edits.add(None, format!("the authenticated role is {}", quoted(role)), move |pool| {
            pool.roles.authenticated = Some(arn.clone());
        });
    }
    edits.0
}

struct Edits(Vec<Edit>);

impl Edits {
    fn add(&mut self, place: Option<ProviderKey>, change: String, make: impl Fn(&mut IdentityPool) + 'static) {
        self.0.push(Edit { place, change, make: Box::new(make) });
    }

    fn add_to_mapping(&mut self, key: &ProviderKey, change: String, make: impl Fn(&mut RoleMapping) + 'static) {
        let at = key.clone();
        self.add(Some(key.clone()), change, move |pool| {
            if let Some(mapping) = pool.role_mappings.get_mut(&at) {
                make(mapping);
            }
        });
    }

    fn add_to_rules(&mut self, key: &ProviderKey, change: String, make: impl Fn(&mut Vec<MappingRule>) + 'static) {
        self.add_to_mapping(key, change, move |mapping| {
            if let RoleMappingType::Rules(rules) = &mut mapping.mapping_type {
                make(rules);
            }
        });
    }

    /// Writes rule `at`, counted from 0, anew.
    fn rewrite(&mut self, key: &ProviderKey, at: usize, change: &str, new: MappingRule) {
        self.add_to_rules(key, format!("rule {} {change}", at + 1), move |rules| {
            if let Some(rule) = rules.get_mut(at) {
                *rule = new.clone();
            }
        });
    }
}

fn mapping_edits(
    evaluator: &Evaluator,
    login: &Login<'_>,
    (key, mapping): (&ProviderKey, &RoleMapping),
    role: &str,
    edits: &mut Edits,
) {
    let semantics = evaluator.semantics();
    let matches =
        |rule: &MappingRule| rule.check_claim(login.claim(&rule.claim, semantics), semantics) == crate::Check::Matches;
    let rules = mapping.mapping_rules();
    let decider = rules.iter().position(matches);
    let of_role = || rules.iter().enumerate().filter(|(_, rule)| rule.role_arn.as_str() == role);
    for (n, rule) in of_role() {
        for value in texts_of(login.claim(&rule.claim, semantics)) {
            let value = if rule.match_type == MatchType::NotEqual { format!("not-{value}") } else { value };
            let change = format!("compares with {}", quoted(&value));
            edits.rewrite(key, n, &change, MappingRule { value, ..rule.clone() });
        }
        for match_type in MatchType::ALL.into_iter().filter(|other| *other != rule.match_type) {
            edits.rewrite(key, n, &format!("says {match_type}"), MappingRule { match_type, ..rule.clone() });
        }
        for (claim, _) in login.claims.iter().filter(|(name, _)| *name != rule.claim) {
            let changed = MappingRule { claim: claim.to_owned(), ..rule.clone() };
            if matches(&changed) {
                edits.rewrite(key, n, &format!("tests claim {}", quoted(claim)), changed);
            }
        }
    }
    for (n, rule) in of_role() {
        if let Some(to) = decider.filter(|to| *to < n && matches(rule)) {
            let moved = rule.clone();
            edits.add_to_rules(key, format!("rule {} stands before rule {}", n + 1, to + 1), move |rules| {
                if n < rules.len() {
                    rules.remove(n);
                    rules.insert(to, moved.clone());
                }
            });
        }
    }
    if matches!(mapping.mapping_type, RoleMappingType::Rules(_)) {
        let at = decider.unwrap_or(rules.len());
        for rule in new_rules(login, role) {
            let (number, claim, value) = (at + 1, quoted(&rule.claim), quoted(&rule.value));
            let test = format!("claim {claim} {} {value}", rule.match_type);
            edits.add_to_rules(key, format!("a new rule {number}: {test} gives {}", quoted(role)), move |rules| {
                rules.insert(at.min(rules.len()), rule.clone());
            });
        }
    }
    for to in AmbiguousRoleResolution::ALL.into_iter().filter(|to| mapping.ambiguous_role_resolution != Some(*to)) {
        edits.add_to_mapping(key, format!("the role resolution is {to}"), move |mapping| {
            mapping.ambiguous_role_resolution = Some(to);
        });
    }
    if let Some((at, rule)) = decider.and_then(|at| Some((at, rules.get(at)?))) {
        let change = format!("gives {}", quoted(role));
        edits.rewrite(key, at, &change, MappingRule { role_arn: RoleArn::from(role), ..rule.clone() });
        edits.add_to_rules(key, format!("rule {} is gone", at + 1), move |rules| {
            if at < rules.len() {
                rules.remove(at);
            }
        });
    }
    let at = key.clone();
    edits.add(Some(key.clone()), "the role mapping is gone".to_owned(), move |pool| {
        pool.role_mappings.remove(&at);
    });
}

/// Rules that this token meets and few others do: its groups first, then custom attributes, then the rest.
fn new_rules(login: &Login<'_>, role: &str) -> Vec<MappingRule> {
    let rank = |name: &str| (name != GROUPS, !name.starts_with("custom:"), name.to_owned());
    let mut claims: Vec<(&str, &Claim<'_>)> =
        login.claims.iter().filter(|(name, _)| !VOLATILE.contains(name)).collect();
    claims.sort_by_key(|(name, _)| rank(name));
    let rules = claims.into_iter().flat_map(|(name, claim)| {
        let operator = if matches!(claim, Claim::Array(_)) { MatchType::Contains } else { MatchType::Equals };
        texts_of(Some(claim)).into_iter().map(move |value| MappingRule::new(name, operator, value, role))
    });
    rules.filter(|rule| !rule.value.is_empty()).take(MOST_NEW_RULES).collect()
}

/// What a rule could compare a claim with.
fn texts_of(claim: Option<&Claim<'_>>) -> Vec<String> {
    match claim {
        Some(Claim::Array(elements)) => elements.iter().filter_map(Claim::as_text).map(str::to_owned).collect(),
        Some(Claim::Text(text)) => vec![text.clone().into_owned()],
        Some(number @ (Claim::Number(_) | Claim::Bool(_))) => vec![number.to_json()],
        _ => Vec::new(),
    }
}
