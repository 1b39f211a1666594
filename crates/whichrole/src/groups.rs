//! What a user pool puts into an ID token for a user's groups (section 5: G1 to G7).

use std::collections::BTreeSet;

use crate::claims::{Claim, Claims, Value};
use crate::pool::{Group, RoleArn};
use crate::semantics::{Question, Semantics};

/// The claim that lists the names of a user's groups.
pub const GROUPS: &str = "cognito:groups";
/// The claim that lists the roles of a user's groups.
pub const ROLES: &str = "cognito:roles";
/// The claim that names the role of a user's best group.
pub const PREFERRED_ROLE: &str = "cognito:preferred_role";

/// Whether a claim is a list in every token of a user pool (G1, G2), so that a proof leaves its texts out.
pub(crate) fn is_list(claim: &str) -> bool {
    matches!(claim, GROUPS | ROLES)
}

/// What is odd about groups that are no list: no token of a user pool has them so (G1), and a rule that matches a text need not match a list.
/// `cognito:roles` is read as a text too (T7), and nothing is odd about that.
pub(crate) fn oddity(value: &Claim<'_>) -> Option<&'static str> {
    let is_odd = !matches!(value, Claim::Array(_));
    is_odd.then_some("`cognito:groups` is not a list, as it is in every token of a user pool (G1)")
}

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
    /// The question it depends on.
    #[must_use]
    pub fn question(&self) -> Question {
        self.question
    }

    /// The claim under these semantics; `None`: it is not set.
    #[must_use]
    pub fn resolve(&self, semantics: &Semantics) -> Option<&Claim<'static>> {
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
            claims.set(ROLES, Claim::texts(self.roles.iter().map(ToString::to_string)));
        }
        match &self.preferred {
            PreferredRole::Unset => None,
            PreferredRole::Set(role) => {
                claims.set(PREFERRED_ROLE, role.to_string());
                None
            }
            PreferredRole::Open { question, role } => Some(OpenPreferredRole {
                question: *question,
                role: role.as_ref().map(|role| Claim::from(role.as_str().to_owned())),
            }),
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

/// What a pre-token-generation function answers: `claimsOverrideDetails`, or `claimsAndScopeOverrideDetails` of the later events (G7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreTokenGeneration {
    /// Claims to add, or to give another value.
    add_or_override: Vec<(String, Claim<'static>)>,
    /// Claims to leave out; this beats adding.
    suppress: Vec<String>,
    /// What replaces the group claims; `None`: they stay.
    groups: Option<GroupOverride>,
}

/// `groupOverrideDetails`: what takes the place of all three group claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct GroupOverride {
    groups: Vec<String>,
    roles: Vec<String>,
    preferred_role: Option<String>,
}

/// Claims that a function can neither set nor leave out. Names that begin with `cognito:` are among them too.
pub(crate) const PROTECTED: &[&str] = &[
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "sub",
    "token_use",
];

impl PreTokenGeneration {
    /// Reads the function's answer: the whole event, its `response`, or the details alone, of any version of the event. Where they
    /// tell the ID token from the access token, it is the ID token's that count.
    ///
    /// # Errors
    /// Text that is not a JSON object, as for [`Claims::from_json`].
    pub fn from_json(text: &str) -> Result<Self, crate::TokenError> {
        let whole = Claims::from_json(text)?.into_owned();
        let mut details =
            Claim::Object(whole.iter().map(|(name, value)| (name.to_owned().into(), value.clone())).collect());
        if let Some(response) = member(&details, "response") {
            details = response.clone();
        }
        let written = |name: &str| member(&details, name).filter(|details| !matches!(details, Claim::Null));
        let later = written("claimsAndScopeOverrideDetails");
        if let Some(inner) = later.or_else(|| member(&details, "claimsOverrideDetails")) {
            details = inner.clone();
        }
        let claims = member(&details, "idTokenGeneration").unwrap_or(&details);
        let object = |name: &str| match member(claims, name) {
            Some(Claim::Object(members)) => members.clone(),
            _ => Vec::new(),
        };
        let texts = |claim: Option<&Claim<'static>>| match claim {
            Some(Claim::Array(elements)) => {
                elements.iter().filter_map(Claim::as_text).map(str::to_owned).collect::<Vec<String>>()
            }
            _ => Vec::new(),
        };
        Ok(Self {
            add_or_override: object("claimsToAddOrOverride")
                .into_iter()
                .map(|(name, value)| (name.into_owned(), value))
                .collect(),
            suppress: texts(member(claims, "claimsToSuppress")),
            // An empty object or null suppresses the group claims; only a missing member leaves them.
            groups: member(&details, "groupOverrideDetails").map(|groups| GroupOverride {
                groups: texts(member(groups, "groupsToOverride")),
                roles: texts(member(groups, "iamRolesToOverride")),
                preferred_role: member(groups, "preferredRole").and_then(Claim::as_text).map(str::to_owned),
            }),
        })
    }

    /// Applies the answer to a user's claims.
    pub fn apply(&self, claims: &mut Claims<'_>) {
        let protected = |name: &str| PROTECTED.contains(&name) || name.starts_with("cognito:");
        for (name, value) in self.add_or_override.iter().filter(|(name, _)| !protected(name)) {
            claims.set(name.clone(), value.clone());
        }
        for name in self.suppress.iter().filter(|name| !protected(name)) {
            claims.remove(name);
        }
        let Some(groups) = &self.groups else { return };
        for name in [GROUPS, ROLES, PREFERRED_ROLE] {
            claims.remove(name);
        }
        if !groups.groups.is_empty() {
            claims.set(GROUPS, Claim::texts(groups.groups.iter().cloned()));
        }
        if !groups.roles.is_empty() {
            claims.set(ROLES, Claim::texts(groups.roles.iter().cloned()));
        }
        if let Some(role) = &groups.preferred_role {
            claims.set(PREFERRED_ROLE, role.clone());
        }
    }
}

fn member<'c>(claim: &'c Claim<'static>, name: &str) -> Option<&'c Claim<'static>> {
    match claim {
        Claim::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    }
}

/// The roles in `cognito:roles`: the string elements of an array, or the parts of a comma-separated string (T7).
pub(crate) fn token_roles<'a>(claim: Option<&'a Claim<'a>>) -> impl Iterator<Item = &'a str> {
    token_roles_of(claim.map(Value::of))
}

/// The same of what deciding looks at.
pub(crate) fn token_roles_of(claim: Option<Value<'_>>) -> impl Iterator<Item = &str> {
    let (elements, text) = match claim {
        Some(Value::Other(Claim::Array(elements))) => (elements.as_slice(), ""),
        Some(Value::Text(text)) => (&[][..], text),
        _ => (&[][..], ""),
    };
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    elements.iter().filter_map(Claim::as_text).chain(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, role: &str, precedence: i64) -> Group {
        Group {
            role_arn: (!role.is_empty()).then(|| role.into()),
            precedence: u64::try_from(precedence).ok(),
            ..Group::named(name)
        }
    }

    /// Groups as `name:role:precedence`, -1 for null.
    fn preferred_of(groups: &[(&str, &str, i64)]) -> String {
        let groups: Vec<Group> = groups.iter().map(|(name, role, rank)| group(name, role, *rank)).collect();
        match GroupClaims::of(&groups.iter().collect::<Vec<_>>()).preferred {
            PreferredRole::Unset => "unset".into(),
            PreferredRole::Set(role) => role.to_string(),
            PreferredRole::Open { question, role } => {
                format!("{}? {}", role.map_or("unset".into(), |r| r.to_string()), question.id())
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

    fn after(answer: &str, claims: &str) -> String {
        let mut claims = Claims::from_json(claims).unwrap();
        PreTokenGeneration::from_json(answer).unwrap().apply(&mut claims);
        claims.to_json()
    }

    #[test]
    fn a_pre_token_function_changes_what_g7_lets_it_change() {
        let claims = r#"{"sub":"1","custom:dept":"eng","cognito:groups":["a"],"cognito:roles":["A"],"cognito:preferred_role":"A"}"#;
        let both = r#"{"claimsToAddOrOverride":{"custom:dept":"ops","x":"1","sub":"2","cognito:groups":"z"},"claimsToSuppress":["x","sub"]}"#;
        assert_eq!(after(both, claims), claims.replace("eng", "ops"));
        let groups = r#"{"response":{"claimsOverrideDetails":{"groupOverrideDetails":{"groupsToOverride":["b"],"preferredRole":"B"}}}}"#;
        let replaced = r#"{"sub":"1","custom:dept":"eng","cognito:groups":["b"],"cognito:preferred_role":"B"}"#;
        assert_eq!(after(groups, claims), replaced);
        for nothing in ["null", "{}"] {
            let answer = format!(r#"{{"groupOverrideDetails":{nothing}}}"#);
            assert_eq!(after(&answer, claims), r#"{"sub":"1","custom:dept":"eng"}"#);
        }
        assert_eq!(after("{}", claims), claims);
    }

    #[test]
    fn a_later_event_says_it_for_each_token() {
        let claims = r#"{"sub":"1","custom:dept":"eng","cognito:groups":["a"]}"#;
        let details = r#"{"idTokenGeneration":{"claimsToAddOrOverride":{"custom:dept":"ops"},"claimsToSuppress":["x"]},
            "accessTokenGeneration":{"claimsToAddOrOverride":{"custom:dept":"no"},"claimsToSuppress":["custom:dept"]},
            "groupOverrideDetails":{"groupsToOverride":["b"]}}"#;
        let changed = r#"{"sub":"1","custom:dept":"ops","cognito:groups":["b"]}"#;
        assert_eq!(after(details, claims), changed);
        let event =
            format!(r#"{{"response":{{"claimsOverrideDetails":null,"claimsAndScopeOverrideDetails":{details}}}}}"#);
        assert_eq!(after(&event, claims), changed);
        let nothing = r#"{"response":{"claimsAndScopeOverrideDetails":null}}"#;
        assert_eq!(after(nothing, claims), claims);
        let only_access = r#"{"claimsAndScopeOverrideDetails":{"idTokenGeneration":null,"accessTokenGeneration":{"claimsToSuppress":["custom:dept"]}}}"#;
        assert_eq!(after(only_access, claims), claims);
    }
}
