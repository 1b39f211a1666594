//! What a user pool puts into an ID token for a user's groups (section 5: G1 to G7).

use std::collections::BTreeSet;

use crate::claims::{Claim, Claims};
use crate::pool::{Group, RoleArn};
use crate::semantics::{Question, Semantics};

/// The claim that lists the names of a user's groups.
pub const GROUPS: &str = "cognito:groups";
/// The claim that lists the roles of a user's groups.
pub const ROLES: &str = "cognito:roles";
/// The claim that names the role of a user's best group.
pub const PREFERRED_ROLE: &str = "cognito:preferred_role";

/// The claims that a user's groups lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupClaims {
    /// The names of the groups: ascending precedence, then name (G1).
    pub groups: Vec<String>,
    /// The distinct roles of the groups, in the same order (G2).
    pub roles: Vec<RoleArn>,
    /// The preferred role (G3 to G6).
    pub preferred: PreferredRole,
}

/// Whether groups lead to a `cognito:preferred_role` claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreferredRole {
    /// They do not.
    Unset,
    /// They do.
    Set(RoleArn),
    /// AWS leaves it open: under the default choice it is this role (or unset), under the other choice it is unset.
    Open {
        /// The question that arose.
        question: Question,
        /// The role under the default choice.
        role: Option<RoleArn>,
    },
}

/// A `cognito:preferred_role` that depends on an open question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPreferredRole {
    pub(crate) question: Question,
    pub(crate) role: Option<Claim<'static>>,
}

impl OpenPreferredRole {
    /// The claim under these semantics.
    pub(crate) fn resolve(&self, semantics: &Semantics) -> Option<&Claim<'static>> {
        let default = Semantics::default().choice(self.question);
        if semantics.choice(self.question) == default { self.role.as_ref() } else { None }
    }
}

impl GroupClaims {
    /// The claims of a user who is a member of exactly these groups.
    #[must_use]
    pub fn of(member_of: &[&Group]) -> Self {
        let mut groups: Vec<&Group> = member_of.to_vec();
        groups.sort_by_key(|group| (Rank::of(group), &group.name));
        groups.dedup_by_key(|group| &group.name);

        let mut seen = BTreeSet::new();
        let roles: Vec<RoleArn> =
            groups.iter().filter_map(|group| group.role_arn.clone()).filter(|role| seen.insert(role.clone())).collect();
        Self {
            preferred: preferred(&groups, &roles),
            groups: groups.iter().map(|group| group.name.clone()).collect(),
            roles,
        }
    }

    /// Writes the claims into a token's claims. A preferred role that is open is returned, not written.
    pub fn write_to(&self, claims: &mut Claims<'_>) -> Option<OpenPreferredRole> {
        if !self.groups.is_empty() {
            claims.set(GROUPS, Claim::texts(self.groups.iter().cloned()));
        }
        if !self.roles.is_empty() {
            claims.set(ROLES, Claim::texts(self.roles.iter().map(|role| role.0.clone())));
        }
        match &self.preferred {
            PreferredRole::Unset => None,
            PreferredRole::Set(role) => {
                claims.set(PREFERRED_ROLE, role.0.clone());
                None
            }
            PreferredRole::Open { question, role } => {
                Some(OpenPreferredRole { question: *question, role: role.clone().map(|role| Claim::from(role.0)) })
            }
        }
    }
}

/// Ascending precedence, null after every number (G3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Number(u64),
    Null,
}

impl Rank {
    fn of(group: &Group) -> Self {
        group.precedence.map_or(Self::Null, Self::Number)
    }
}

/// G3 to G6, for groups sorted by rank and their distinct roles.
fn preferred(groups: &[&Group], roles: &[RoleArn]) -> PreferredRole {
    match roles {
        [] => PreferredRole::Unset,
        [only] => {
            let ranked = groups.iter().any(|group| group.role_arn.is_some() && group.precedence.is_some());
            if ranked {
                PreferredRole::Set(only.clone())
            } else {
                PreferredRole::Open { question: Question::NullPrecedence, role: Some(only.clone()) }
            }
        }
        _ => {
            let best = groups.iter().filter(|group| group.role_arn.is_some()).map(|group| Rank::of(group)).min();
            let mut at_best =
                groups.iter().filter(|group| Some(Rank::of(group)) == best).filter_map(|group| group.role_arn.as_ref());
            // A tie between different roles leaves it unset (G4).
            let role = at_best.next().filter(|first| at_best.all(|other| other == *first)).cloned();
            let strictly_best = groups.first().filter(|first| {
                first.role_arn.is_none() && groups.iter().skip(1).all(|other| Rank::of(first) < Rank::of(other))
            });
            match (strictly_best, role) {
                (Some(_), role) => PreferredRole::Open { question: Question::RolelessGroup, role },
                (None, Some(role)) => PreferredRole::Set(role),
                (None, None) => PreferredRole::Unset,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, role: &str, precedence: i64) -> Group {
        Group {
            name: name.into(),
            role_arn: (!role.is_empty()).then(|| role.into()),
            precedence: u64::try_from(precedence).ok(),
        }
    }

    /// Groups as `name:role:precedence`, -1 for null.
    fn preferred_of(groups: &[(&str, &str, i64)]) -> String {
        let groups: Vec<Group> = groups.iter().map(|(name, role, rank)| group(name, role, *rank)).collect();
        match GroupClaims::of(&groups.iter().collect::<Vec<_>>()).preferred {
            PreferredRole::Unset => "unset".into(),
            PreferredRole::Set(role) => role.0,
            PreferredRole::Open { question, role } => {
                format!("{}? {}", role.map_or("unset".into(), |r| r.0), question.id())
            }
        }
    }

    #[test]
    fn the_preferred_role_follows_g3_to_g6() {
        assert_eq!(preferred_of(&[]), "unset");
        assert_eq!(preferred_of(&[("a", "", 1)]), "unset");
        assert_eq!(preferred_of(&[("a", "A", 1)]), "A");
        assert_eq!(preferred_of(&[("a", "A", -1)]), "A? null-precedence");
        assert_eq!(preferred_of(&[("a", "A", -1), ("b", "A", 3)]), "A");
        assert_eq!(preferred_of(&[("a", "A", 5), ("b", "B", 0)]), "B");
        assert_eq!(preferred_of(&[("a", "A", -1), ("b", "B", 9)]), "B");
        assert_eq!(preferred_of(&[("a", "A", 1), ("b", "B", 1)]), "unset");
        assert_eq!(preferred_of(&[("a", "A", 1), ("b", "A", 1), ("c", "C", 2)]), "A");
        assert_eq!(preferred_of(&[("a", "A", -1), ("b", "B", -1)]), "unset");
        assert_eq!(preferred_of(&[("x", "", 0), ("a", "A", 1), ("b", "B", 2)]), "A? roleless-group");
        assert_eq!(preferred_of(&[("x", "", 1), ("a", "A", 1), ("b", "B", 2)]), "A");
        assert_eq!(preferred_of(&[("x", "", 0), ("a", "A", 1)]), "A");
    }

    #[test]
    fn groups_and_roles_are_ordered_by_precedence_then_name() {
        let groups = [group("z", "A", 1), group("b", "B", -1), group("a", "A", -1), group("m", "", 0)];
        let claims = GroupClaims::of(&groups.iter().collect::<Vec<_>>());
        assert_eq!(claims.groups, ["m", "z", "a", "b"]);
        assert_eq!(claims.roles, [RoleArn::from("A"), RoleArn::from("B")]);
    }
}
