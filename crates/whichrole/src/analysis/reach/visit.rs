//! Goes from login to login, asks for each of its cases, and notes what that says of roles and rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{RuleReach, Verdict, Way};
use crate::analysis::blocking;
use crate::analysis::side::End;
use crate::analysis::solve::{Found, NotDecided};
use crate::analysis::space::{Ask, Known, Space, Spot};
use crate::analysis::witness::Witness;
use crate::analysis::work::Work;
use crate::groups::{GROUPS, PREFERRED_ROLE, ROLES};
use crate::pool::RoleArn;
use crate::provider::{ProviderKey, ProviderKind};
use crate::{Claim, Claims, Evaluator, Source};

/// What is found from login to login.
pub(super) struct Visit<'k> {
    known: Known<'k>,
    /// The names and the roles of the known groups that users of the login at hand may be members of.
    group_names: BTreeSet<&'k str>,
    group_roles: BTreeSet<&'k str>,
    /// Whether these depend on the login.
    has_user_pools: bool,
    pub(super) ways: BTreeMap<&'k str, Ways>,
    /// Which roles which mappings were seen to give, and by what.
    seen: BTreeSet<(&'k str, Option<Arc<str>>, Source)>,
    pub(super) rules: Vec<RuleReach>,
    /// How much was spent on who blocks whom, where that is asked for.
    blocking: Option<Work>,
    /// Whether the witnesses of rules are asked for. They can be large.
    keeps_witnesses: bool,
    /// Whether a login was not looked at, since it would have been too much.
    pub(super) passed_by: bool,
}

/// What is known of a role so far.
pub(super) struct Ways {
    pub(super) verdict: Verdict,
    /// The same of requests that take no group but those that are known, where that is not the same. Witnesses can be large.
    pub(super) known: Option<Verdict>,
    pub(super) by: Vec<Way>,
}

impl Default for Ways {
    fn default() -> Self {
        Self { verdict: Verdict::Dead, known: None, by: Vec::new() }
    }
}

impl<'k> Visit<'k> {
    pub(super) fn new(known: Known<'k>, asks_who_blocks: bool, keeps_witnesses: bool) -> Self {
        let roles = known.groups.iter().filter_map(|group| group.role_arn.as_ref());
        Self {
            known,
            group_names: known.groups.iter().map(|group| group.name.as_str()).collect(),
            group_roles: roles.map(RoleArn::as_str).collect(),
            has_user_pools: known.groups.iter().any(|group| group.user_pool.is_some()),
            ways: BTreeMap::new(),
            seen: BTreeSet::new(),
            rules: Vec::new(),
            blocking: asks_who_blocks.then(Work::default),
            keeps_witnesses,
            passed_by: false,
        }
    }

    /// Asks for each case of a login.
    pub(super) fn look(&mut self, space: &Space<'_>) {
        let Some(side) = space.sides.first() else { return };
        if let (true, Some(login)) = (self.has_user_pools, &side.key) {
            self.known.work.add(self.known.groups.len());
            let groups = || self.known.groups.iter().filter(|group| group.could_be_of(login));
            self.group_names = groups().map(|group| group.name.as_str()).collect();
            self.group_roles = groups().filter_map(|group| group.role_arn.as_ref()).map(RoleArn::as_str).collect();
        }
        let provider = side.key.as_ref().map(ProviderKey::shared_text);
        let first = self.first_rule(provider.as_deref());
        let mut ask = Ask { fine: vec![0], ..Ask::default() };
        for target in 0..=side.cases.len() {
            ask.targets = vec![target];
            let rule = side.cases.get(target).and_then(|case| case.rule);
            let End::Role(role) = side.end(target) else { continue };
            let mut verdict = match space.find(&ask).known_of(side) {
                Found::Yes(claims) => {
                    Verdict::Live(Witness { provider: provider.clone(), claims, custom_role_arn: None })
                }
                Found::No => Verdict::Dead,
                Found::Undecided(why) => Verdict::NotDecided(why),
            };
            let is_unknown =
                verdict.witness().is_some_and(|witness| self.takes_unknown_groups(side.key.as_ref(), &witness.claims));
            if let (Some(provider), Some(rule)) = (&provider, rule) {
                let known = self.rules.get_mut(first..).unwrap_or_default();
                let known = known.binary_search_by_key(&rule, |known| known.rule).ok().and_then(|at| known.get_mut(at));
                if let Some(known) = known {
                    // The same login with another kind of token.
                    let before = std::mem::replace(&mut known.verdict, Verdict::Dead);
                    known.verdict = before.or(verdict.clone());
                    if known.verdict != Verdict::Dead {
                        known.blocked_by.clear();
                    }
                } else {
                    let blocked_by = match &self.blocking {
                        Some(spent) if verdict == Verdict::Dead => blocking::smallest(space, &ask, target, spent),
                        _ => Some(Vec::new()),
                    };
                    if blocked_by.is_none() {
                        verdict = Verdict::NotDecided(NotDecided::TooLarge);
                    }
                    let verdict = match &verdict {
                        Verdict::Live(_) if !self.keeps_witnesses => {
                            Verdict::Live(Witness { provider: None, claims: Claims::default(), custom_role_arn: None })
                        }
                        verdict => verdict.clone(),
                    };
                    self.rules.push(RuleReach {
                        provider: provider.clone(),
                        rule,
                        role: role.clone(),
                        verdict,
                        blocked_by: blocked_by.unwrap_or_default(),
                        unknown_groups: is_unknown,
                    });
                }
            }
            let Some(role) = self.known.roles.get(role) else { continue };
            let ways = self.ways.entry(role).or_default();
            if let Verdict::Live(witness) = &verdict
                && let Some(source) = rule.map(Source::Rule).or_else(|| side.source(&witness.claims))
                && self.seen.insert((role, provider.clone(), source))
            {
                ways.by.push(Way { provider: provider.clone(), source });
            }
            match &mut ways.known {
                None if is_unknown => ways.known = Some(ways.verdict.clone()),
                Some(known) if !is_unknown => *known = std::mem::replace(known, Verdict::Dead).or(verdict.clone()),
                _ => {}
            }
            ways.verdict = std::mem::replace(&mut ways.verdict, Verdict::Dead).or(verdict);
        }
    }

    /// Where the rules of a mapping begin among those found: the last ones are its own if another kind of its tokens was looked at.
    fn first_rule(&self, provider: Option<&str>) -> usize {
        let other = self.rules.iter().rposition(|known| Some(&*known.provider) != provider);
        other.map_or(0, |other| other + 1)
    }

    /// Says of a login that would be too much that nothing of it is decided.
    pub(super) fn pass_by(&mut self, evaluator: &Evaluator, spot: &Spot) {
        self.passed_by = true;
        let Some(key) = spot.keys.first().and_then(Option::as_ref) else { return };
        let Some(mapping) = evaluator.pool().role_mappings.get(key) else { return };
        let first = self.first_rule(Some(key.as_str()));
        let undecided = || Verdict::NotDecided(NotDecided::TooLarge);
        for known in self.rules.iter_mut().skip(first).filter(|known| known.verdict == Verdict::Dead) {
            known.verdict = undecided();
            known.blocked_by.clear();
        }
        if self.rules.len() > first {
            return;
        }
        self.rules.extend(mapping.mapping_rules().iter().zip(1..).map(|(rule, number)| RuleReach {
            provider: key.shared_text(),
            rule: number,
            role: rule.role_arn.shared_text(),
            verdict: undecided(),
            blocked_by: Vec::new(),
            unknown_groups: false,
        }));
    }

    /// Whether a token of a user pool has a group, or a role of groups, that is not among those that are known.
    fn takes_unknown_groups(&self, provider: Option<&ProviderKey>, claims: &Claims<'_>) -> bool {
        let is_user_pool =
            provider.is_some_and(|key| matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Unknown));
        if self.known.groups.is_empty() || !is_user_pool {
            return false;
        }
        let names = claims.get(GROUPS).map(texts).unwrap_or_default();
        let mut roles = [ROLES, PREFERRED_ROLE].into_iter().filter_map(|claim| claims.get(claim)).flat_map(texts);
        names.into_iter().any(|name| !self.group_names.contains(name))
            || roles.any(|role| !self.group_roles.contains(role))
    }
}

/// The texts of a claim: its own, or those of its elements.
fn texts<'c>(claim: &'c Claim<'_>) -> Vec<&'c str> {
    match claim {
        Claim::Array(elements) => elements.iter().filter_map(Claim::as_text).collect(),
        other => other.as_text().into_iter().collect(),
    }
}
