//! What the benchmarks decide: one token, mappings of any number of rules, and a loop written by hand to compare with.

mod by_hand;
pub mod directory;

pub use by_hand::ByHand;

use whichrole::{AmbiguousRoleResolution, IdentityPool, MappingRule, MatchType, RoleMapping};

/// The role-mapping key of the only provider.
pub const PROVIDER: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01:1example23456789abcdefghij";

/// The claims of an ID token as a user pool makes them, all of them ASCII. What the rules test is text; `cognito:groups` is an array, as
/// in every real token, and only [`group_rules`] look at it.
pub const CLAIMS: &str = r#"{"sub":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","cognito:groups":["developers","on-call","eu-west","payments-readers"],"email_verified":true,"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01","phone_number_verified":false,"cognito:username":"jane.doe","custom:department":"engineering","origin_jti":"11111111-2222-4333-8444-555555555555","custom:tenant":"tenant-0042","aud":"1example23456789abcdefghij","event_id":"66666666-7777-4888-8999-000000000000","token_use":"id","auth_time":1767225600,"name":"Jane Doe","custom:teams":"[payments, checkout, ledger]","phone_number":"+15555550100","exp":1767229200,"iat":1767225600,"jti":"99999999-aaaa-4bbb-8ccc-dddddddddddd","email":"jane.doe@example.com"}"#;

/// The claims that the rules test, with what the token has and something it has not.
const TESTED: [(&str, &str, &str); 5] = [
    ("custom:department", "engineering", "accounting"),
    ("email", "jane.doe@example.com", "john.doe@example.com"),
    ("custom:teams", "[payments, checkout, ledger]", "logistics"),
    ("custom:tenant", "tenant-0042", "tenant-1138"),
    ("cognito:username", "jane.doe", "corp_"),
];

/// Where the first rule that matches stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The first rule.
    Start,
    /// The last rule.
    End,
    /// No rule.
    None,
}

impl Match {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Start, Self::End, Self::None];

    /// For the names of benchmarks.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
            Self::None => "none",
        }
    }
}

/// Rules over five claims with all four operators.
#[must_use]
pub fn rules(count: usize, matching: Match) -> Vec<MappingRule> {
    let operators = [MatchType::Equals, MatchType::Contains, MatchType::StartsWith, MatchType::NotEqual];
    let rules = (0..count).zip(TESTED.iter().cycle()).zip(operators.iter().cycle());
    rules
        .map(|((n, (claim, same, other)), operator)| {
            let matches = (matching == Match::Start && n == 0) || (matching == Match::End && n + 1 == count);
            let value = if matches == (*operator == MatchType::NotEqual) { other } else { same };
            // A rule that does not match tests another value each time, except `NotEqual`: there is but one value it fails for.
            let value = if value == other { format!("{other}{n}") } else { (*value).to_owned() };
            MappingRule::new(*claim, *operator, value, format!("arn:aws:iam::111122223333:role/Role{n}"))
        })
        .collect()
}

/// `Contains` rules on the array of groups, as most configurations have them.
#[must_use]
pub fn group_rules(count: usize, matching: Match) -> Vec<MappingRule> {
    (0..count)
        .map(|n| {
            let matches = (matching == Match::Start && n == 0) || (matching == Match::End && n + 1 == count);
            let value = if matches { "payments".to_owned() } else { format!("admins-{n}") };
            MappingRule::new(
                "cognito:groups",
                MatchType::Contains,
                value,
                format!("arn:aws:iam::111122223333:role/Role{n}"),
            )
        })
        .collect()
}

/// A pool with one mapping of these rules, and `Deny` where none matches.
#[must_use]
pub fn pool(rules: Vec<MappingRule>) -> IdentityPool {
    let mut pool = IdentityPool::default();
    pool.roles.authenticated = Some("arn:aws:iam::111122223333:role/Reader".into());
    pool.role_mappings.insert(PROVIDER.into(), RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::Deny));
    pool
}
