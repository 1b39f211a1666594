//! Deciding allocates nothing for a token of plain ASCII text, whatever the rules do with it.

#![expect(clippy::unwrap_used, reason = "the helpers here are tests, too")]

use allocation_counter::measure;
use whichrole::{
    AmbiguousRoleResolution, Claims, Clock, Evaluator, IdentityPool, MappingRule, MatchType, Request, RoleMapping,
    Semantics, TokenForm,
};

const TOKEN: &str = r#"{"sub":"1111-2222","iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A","aud":"web","token_use":"id",
    "exp":1767229200,"custom:dept":"engineering","email":"jane.doe@example.com","custom:team":"payments,ledger"}"#;
const KEY: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web";

/// Twenty-five rules with all operators, the most that AWS takes; only the last can match.
fn rules(last: MappingRule) -> Vec<MappingRule> {
    let claims = ["custom:dept", "email", "custom:team", "absent"].into_iter().cycle();
    let operators = [MatchType::Equals, MatchType::Contains, MatchType::StartsWith].into_iter().cycle();
    let mut rules: Vec<MappingRule> = (0..24)
        .zip(claims.zip(operators))
        .map(|(n, (claim, operator))| {
            MappingRule::new(claim, operator, format!("value-{n}"), "arn:aws:iam::111122223333:role/A")
        })
        .collect();
    rules.push(last);
    rules
}

fn pool(rules: Vec<MappingRule>, resolution: AmbiguousRoleResolution) -> IdentityPool {
    let mut pool = IdentityPool::default();
    pool.roles.authenticated = Some("arn:aws:iam::111122223333:role/Reader".into());
    pool.role_mappings.insert(KEY.into(), RoleMapping::rules(rules).resolving(resolution));
    pool
}

/// The allocations of finding the login, evaluating and answering, each; and the source of the role.
fn allocations(pool: IdentityPool, custom_role: Option<&str>) -> (String, [u64; 3]) {
    let evaluator = Evaluator::new(pool, Semantics::default());
    let claims = Claims::from_json(TOKEN).unwrap();
    let clock = Some(Clock { now: 1_767_227_400, leeway: 0 });
    let mut logins = None;
    let login = measure(|| logins = Some([evaluator.login(None, &claims, TokenForm::Jwt).unwrap()]));
    let logins = logins.unwrap();
    let request = Request::of(&logins).choosing(custom_role).at(clock);
    let mut decision = None;
    let evaluate = measure(|| decision = Some(evaluator.evaluate(&request)));
    let mut answer = None;
    let asked = measure(|| answer = Some(evaluator.answer(&request)));
    let (decision, answer) = (decision.unwrap(), answer.unwrap());
    assert_eq!(answer.decision, decision);
    let source = decision.source().map_or_else(|| decision.denial().unwrap().reason(), whichrole::Source::id);
    (source.to_owned(), [login, evaluate, asked].map(|counted| counted.count_total))
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1, 2, 3]))).count_total, 1);
}

#[test]
fn a_decision_by_rules_allocates_nothing() {
    let role = "arn:aws:iam::111122223333:role/B";
    for (last, source) in [
        (MappingRule::new("custom:dept", MatchType::Equals, "engineering", role), "rule"),
        (MappingRule::new("custom:team", MatchType::Contains, "ledger", role), "rule"),
        (MappingRule::new("email", MatchType::StartsWith, "jane.", role), "rule"),
        (MappingRule::new("email", MatchType::NotEqual, "nobody", role), "rule"),
        (MappingRule::new("absent", MatchType::NotEqual, "nobody", role), "role-resolution"),
    ] {
        let pool = pool(rules(last), AmbiguousRoleResolution::AuthenticatedRole);
        assert_eq!(allocations(pool, None), (source.to_owned(), [0, 0, 0]));
    }
}

#[test]
fn a_denial_allocates_nothing() {
    let last = MappingRule::new("custom:dept", MatchType::Equals, "nothing", "arn:aws:iam::111122223333:role/B");
    let pool = pool(rules(last), AmbiguousRoleResolution::Deny);
    assert_eq!(allocations(pool, None), ("role-resolution-denied".to_owned(), [0, 0, 0]));
}

#[test]
fn twenty_five_distinct_claims_allocate_nothing() {
    let rules = (0..25)
        .map(|n| MappingRule::new(format!("claim-{n}"), MatchType::NotEqual, "x", "arn:aws:iam::111122223333:role/B"));
    let pool = pool(rules.collect(), AmbiguousRoleResolution::AuthenticatedRole);
    assert_eq!(allocations(pool, None), ("role-resolution".to_owned(), [0, 0, 0]));
}

#[test]
fn a_login_without_a_mapping_and_a_mapping_of_type_token_allocate_nothing() {
    let mut unmapped = pool(Vec::new(), AmbiguousRoleResolution::Deny);
    let mapping = unmapped.role_mappings.remove(&KEY.into()).unwrap();
    unmapped.role_mappings.insert("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:mobile".into(), mapping);
    assert_eq!(allocations(unmapped.clone(), None), ("authenticated-role".to_owned(), [0, 0, 0]));

    let token = RoleMapping::token().resolving(AmbiguousRoleResolution::AuthenticatedRole);
    unmapped.role_mappings.insert(KEY.into(), token);
    assert_eq!(allocations(unmapped, None), ("role-resolution".to_owned(), [0, 0, 0]));
}

/// Choosing a role under Rules is an open question, so `answer` lists readings; `evaluate` still needs nothing.
#[test]
fn an_uncertain_decision_allocates_only_its_readings() {
    let role = "arn:aws:iam::111122223333:role/B";
    let last = MappingRule::new("custom:dept", MatchType::Equals, "engineering", role);
    let (source, [login, evaluate, answer]) = allocations(pool(rules(last), AmbiguousRoleResolution::Deny), Some(role));
    assert_eq!((source.as_str(), login, evaluate), ("custom-role", 0, 0));
    assert!(answer > 0);
}
