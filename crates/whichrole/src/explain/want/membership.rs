//! Which known groups a user would have to join or leave: every set of them is tried, those closest to the present one first.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::claims::{Claim, Claims};
use crate::eval::{Evaluator, Request};
use crate::groups::{GROUPS, GroupClaims, PREFERRED_ROLE, ROLES};
use crate::pool::Group;
use crate::provider::ProviderKind;
use crate::user_pool::groups_of;

/// The most sets of groups that are tried.
const MOST_SETS: usize = 5_000;

/// The smallest change of a user's groups that gives a role, all other claims as they are; or that there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// Whether a change was found. It has been put to the evaluator.
    pub found: bool,
    /// The groups to join.
    pub join: Vec<String>,
    /// The groups to leave.
    pub leave: Vec<String>,
    /// Where none was found: whether every set of known groups was tried, up to 5,000 sets.
    pub all_tried: bool,
}

/// `None` where groups have nothing to do with it: none are known, or it is not one login of a user pool.
pub(super) fn smallest(
    evaluator: &Evaluator,
    request: &Request<'_>,
    role: &str,
    groups: &[Group],
) -> Option<Membership> {
    let [login] = request.logins else { return None };
    let provider = login.provider()?;
    if groups.is_empty() || !matches!(provider.kind(), ProviderKind::UserPool | ProviderKind::Unknown) {
        return None;
    }
    let groups = groups_of(groups, provider);
    let now: BTreeSet<&str> = match login.claims.get(GROUPS) {
        Some(Claim::Array(names)) => names.iter().filter_map(Claim::as_text).collect(),
        _ => BTreeSet::new(),
    };
    let unknown: Vec<Group> = now
        .iter()
        .filter(|name| groups.iter().all(|group| group.name != **name))
        .map(|name| Group::named(*name))
        .collect();
    let gives = |switched: &[usize]| {
        let is_member = |at: usize, group: &Group| now.contains(group.name.as_str()) != switched.contains(&at);
        let members = groups.iter().enumerate().filter(|(at, group)| is_member(*at, group)).map(|(_, group)| *group);
        let members: Vec<&Group> = members.chain(&unknown).collect();
        let mut claims: Claims<'_> = login.claims.clone();
        for name in [GROUPS, ROLES, PREFERRED_ROLE] {
            claims.remove(name);
        }
        let open = GroupClaims::of(&members).write_to(&mut claims);
        let Ok(found) = evaluator.login(login.provider(), &claims, login.form) else { return false };
        let logins = [found.with_open_preferred_role(open.as_ref())];
        let request = Request { logins: &logins, custom_role_arn: request.custom_role_arn, clock: request.clock };
        evaluator.evaluate(&request).role() == Some(role)
    };
    let mut left = MOST_SETS;
    for size in 0..=groups.len() {
        let mut switched: Vec<usize> = (0..size).collect();
        loop {
            let Some(less) = left.checked_sub(1) else {
                return Some(Membership { found: false, join: Vec::new(), leave: Vec::new(), all_tried: false });
            };
            left = less;
            if gives(&switched) {
                let names = switched.iter().filter_map(|at| Some(groups.get(*at)?.name.clone()));
                let (leave, join) = names.partition(|name| now.contains(name.as_str()));
                return Some(Membership { found: true, join, leave, all_tried: false });
            }
            if !next(&mut switched, groups.len()) {
                break;
            }
        }
    }
    Some(Membership { found: false, join: Vec::new(), leave: Vec::new(), all_tried: true })
}

/// The next choice of as many numbers below `end`, in order; `false` after the last.
fn next(chosen: &mut [usize], end: usize) -> bool {
    let size = chosen.len();
    for at in (0..size).rev() {
        let Some(number) = chosen.get(at).copied() else { return false };
        if number + (size - at) < end {
            for (later, value) in chosen.iter_mut().skip(at).zip(number + 1..) {
                *later = value;
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_made_once() {
        let mut chosen = vec![0, 1];
        let mut all = vec![chosen.clone()];
        while next(&mut chosen, 4) {
            all.push(chosen.clone());
        }
        assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert!(!next(&mut [], 4), "there is one empty choice");
    }
}
