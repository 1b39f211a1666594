//! `explain --want` against brute force: the change of claims is one of as few claims as can be, and "impossible" is true.

#![expect(clippy::unwrap_used, reason = "a test says what it expects in the shortest way")]

use proptest::prelude::*;
use proptest::test_runner::Config;
use whichrole::explain::{Wanted, WantedOutcome, want};
use whichrole::{
    AmbiguousRoleResolution, ArrayClaims, Choice, Claim, Claims, Clock, Evaluator, Group, IdentityPool, LetterCase,
    MappingRule, MatchType, PrincipalTagMap, ProviderKey, Question, Request, RoleMapping, RoleMappingType, Semantics,
    TokenForm,
};

const PROVIDER: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web";
const LOGIN: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example";

fn arn(role: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{role}")
}

fn pool(rules: Vec<MappingRule>, resolution: AmbiguousRoleResolution) -> IdentityPool {
    let mut pool = IdentityPool::default();
    pool.roles.authenticated = Some("A".into());
    pool.role_mappings.insert(ProviderKey::new(PROVIDER), RoleMapping::rules(rules).resolving(resolution));
    pool
}

fn rule() -> impl Strategy<Value = MappingRule> {
    let claim = prop::sample::select(vec!["dept", "team"]);
    let operator = prop::sample::select(MatchType::ALL.to_vec());
    (claim, operator, "[ab]{1,2}", prop::sample::select(vec!["A", "B", "C"]))
        .prop_map(|(claim, operator, value, role)| MappingRule::new(claim, operator, value, role))
}

fn tagged_pool() -> impl Strategy<Value = IdentityPool> {
    let how = prop::sample::select(AmbiguousRoleResolution::ALL.to_vec());
    let tags =
        prop::collection::btree_map("[kl]", prop::sample::select(vec!["dept".to_owned(), "team".to_owned()]), 0..=1);
    (prop::collection::vec(rule(), 0..=5), how, tags).prop_map(|(rules, how, tags)| {
        let mut pool = pool(rules, how);
        pool.principal_tags.insert(ProviderKey::new(LOGIN), PrincipalTagMap { use_defaults: false, tags });
        pool
    })
}

fn semantics() -> impl Strategy<Value = Semantics> {
    let arrays =
        prop::sample::select(vec![ArrayClaims::ContainsElement, ArrayClaims::Membership, ArrayClaims::PerElement]);
    let case = prop::sample::select(vec![LetterCase::Sensitive, LetterCase::Insensitive]);
    let tags = prop::sample::select(Choice::all_of(Question::TagMissingClaim).collect::<Vec<_>>());
    (arrays, case, tags).prop_map(|(arrays, case, tags)| Semantics::default().assume(arrays).assume(case).assume(tags))
}

/// Absence, texts of up to three characters over two letters of the rules and one that they lack, and arrays of up to two short ones.
fn values() -> Vec<Option<Claim<'static>>> {
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..3 {
        last = last.iter().flat_map(|text| ["a", "b", "x"].map(|c| format!("{text}{c}"))).collect();
        texts.extend(last.iter().cloned());
    }
    let short: Vec<String> = texts.iter().filter(|text| text.len() < 3).cloned().collect();
    let one = short.iter().map(|a| Claim::texts([a.clone()]));
    let two = short.iter().flat_map(|a| short.iter().map(move |b| Claim::texts([a.clone(), b.clone()])));
    let arrays = std::iter::once(Claim::Array(vec![])).chain(one).chain(two);
    std::iter::once(None)
        .chain(texts.iter().cloned().map(|text| Some(Claim::from(text))))
        .chain(arrays.map(Some))
        .collect()
}

fn token(dept: Option<Claim<'static>>, team: Option<Claim<'static>>) -> Claims<'static> {
    let mut claims = Claims::default();
    for (name, value) in [("dept", dept), ("team", team)] {
        if let Some(value) = value {
            claims.set(name, value);
        }
    }
    claims
}

fn role_of(evaluator: &Evaluator, claims: &Claims<'_>, custom: Option<&str>) -> Option<String> {
    let logins = [evaluator.login(Some(&ProviderKey::new(PROVIDER)), claims, TokenForm::Claims).unwrap()];
    evaluator.evaluate(&Request::of(&logins).choosing(custom)).role().map(str::to_owned)
}

fn wanted(evaluator: &Evaluator, claims: &Claims<'static>, role: &str, groups: &[Group]) -> Wanted {
    let logins = [evaluator.login(Some(&ProviderKey::new(PROVIDER)), claims, TokenForm::Claims).unwrap()];
    want(evaluator, &Request::of(&logins), role, groups)
}

/// The claims after the changes.
fn after(claims: &Claims<'static>, wanted: &whichrole::explain::ClaimsChange) -> Claims<'static> {
    let mut claims = claims.clone();
    for change in &wanted.changes {
        match &change.value {
            Some(value) => claims.set(change.claim.clone(), Claim::from_json(value).unwrap().into_owned()),
            None => drop(claims.remove(&change.claim)),
        }
    }
    claims
}

proptest! {
    #![proptest_config(Config { cases: 30, failure_persistence: None, ..Config::default() })]

    #[test]
    fn as_few_claims_change_as_can_be(
        pool in tagged_pool(),
        semantics in semantics(),
        at in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let evaluator = Evaluator::new(pool.clone(), semantics);
        let values = values();
        let (dept, team) = (at.0.get(&values).clone(), at.1.get(&values).clone());
        let now = token(dept.clone(), team.clone());
        for role in ["A", "B", "C"] {
            let gets = |dept: &Option<Claim<'static>>, team: &Option<Claim<'static>>| {
                role_of(&evaluator, &token(dept.clone(), team.clone()), None).as_deref() == Some(role)
            };
            let brute = if gets(&dept, &team) {
                Some(0)
            } else if values.iter().any(|value| gets(value, &team) || gets(&dept, value)) {
                Some(1)
            } else if values.iter().any(|a| values.iter().step_by(3).any(|b| gets(a, b))) {
                Some(2)
            } else {
                None
            };
            let found = wanted(&evaluator, &now, role, &[]);
            prop_assert_eq!(found.given, brute == Some(0));
            match found.claims.outcome {
                WantedOutcome::Given => prop_assert_eq!(brute, Some(0)),
                WantedOutcome::Change => {
                    let changes = found.claims.changes.len();
                    prop_assert!(brute.is_none_or(|brute| changes <= brute), "{changes} for {role} of {} in {pool:?}", now.to_json());
                    prop_assert!(changes == 2 || brute == Some(1), "{role} of {} in {pool:?}", now.to_json());
                    prop_assert_eq!(role_of(&evaluator, &after(&now, &found.claims), None), Some(role.to_owned()));
                }
                WantedOutcome::Impossible => prop_assert_eq!(brute, None, "{} of {} in {:?}", role, now.to_json(), pool),
                other => prop_assert!(false, "{other:?} for {role} of {} in {pool:?}", now.to_json()),
            }
            if let Some(choosing) = &found.choosing {
                prop_assert_eq!(role_of(&evaluator, &after(&now, choosing), Some(role)), Some(role.to_owned()));
            }
            if found.claims.outcome == WantedOutcome::Impossible {
                prop_assert_eq!(found.elsewhere, None, "there is one provider, and guests get nothing");
            }
        }
    }
}

fn example() -> Evaluator {
    let mut pool = pool(
        vec![
            MappingRule::new("cognito:groups", MatchType::Contains, "admins", arn("Admin")),
            MappingRule::new("dept", MatchType::StartsWith, "eng", arn("Eng")),
            MappingRule::new("dept", MatchType::Equals, "engineer", arn("Dead")),
        ],
        AmbiguousRoleResolution::Deny,
    );
    pool.role_mappings.insert(ProviderKey::new("accounts.google.com"), RoleMapping::rules([]));
    Evaluator::new(pool, Semantics::default())
}

fn changes(wanted: &Wanted) -> Vec<(&str, Option<&str>)> {
    wanted.claims.changes.iter().map(|change| (change.claim.as_str(), change.value.as_deref())).collect()
}

#[test]
fn elements_that_may_stay_do() {
    let claims = Claims::from_json(r#"{"cognito:groups":["users","superadmins","staff"],"dept":"engine"}"#).unwrap();
    let found = wanted(&example(), &claims, &arn("Eng"), &[]);
    assert_eq!(changes(&found), [("cognito:groups", Some(r#"["users","staff"]"#))]);
    let claims = Claims::from_json(r#"{"cognito:groups":["users"]}"#).unwrap();
    let found = wanted(&example(), &claims, &arn("Admin"), &[]);
    assert_eq!(changes(&found), [("cognito:groups", Some(r#"["users","admins"]"#))]);
}

#[test]
fn what_no_token_gets_is_proved_and_what_the_configuration_needs_is_said() {
    let claims = Claims::from_json(r#"{"dept":"engineer"}"#).unwrap();
    let found = wanted(&example(), &claims, &arn("Dead"), &[]);
    assert_eq!(found.claims.outcome, WantedOutcome::Impossible);
    assert!(found.by_custom_role, "rule 3 matches, so a request may choose its role");
    let configuration = found.configuration.unwrap();
    assert_eq!(configuration.edits[0].change, "rule 3 stands before rule 2");
    assert_eq!((configuration.edits.len(), configuration.classes, configuration.smallest), (1, Some(1), true));
}

#[test]
fn groups_to_join_and_to_leave_are_found_by_trying_all() {
    let mut pool = IdentityPool::default();
    let mapping = RoleMapping {
        mapping_type: RoleMappingType::Token,
        ambiguous_role_resolution: Some(AmbiguousRoleResolution::Deny),
    };
    pool.role_mappings.insert(ProviderKey::new(PROVIDER), mapping);
    let evaluator = Evaluator::new(pool, Semantics::default());
    let group = |name: &str, precedence| Group {
        role_arn: Some(arn(name).as_str().into()),
        precedence: Some(precedence),
        ..Group::named(name)
    };
    let groups = [group("admins", 1), group("staff", 5), group("guests", 9)];
    let member = Claims::from_json(&format!(
        r#"{{"cognito:groups":["admins"],"cognito:roles":["{0}"],"cognito:preferred_role":"{0}"}}"#,
        arn("admins")
    ))
    .unwrap()
    .into_owned();
    let found = wanted(&evaluator, &member, &arn("guests"), &groups);
    assert_eq!(changes(&found), [("cognito:preferred_role", Some(format!("\"{}\"", arn("guests")).as_str()))]);
    let membership = found.membership.unwrap();
    assert_eq!((membership.join, membership.leave), (vec!["guests".to_owned()], vec!["admins".to_owned()]));
    let none = wanted(&evaluator, &member, &arn("nobody"), &groups).membership.unwrap();
    assert_eq!((none.found, none.all_tried), (false, true));
}

#[test]
fn several_logins_have_to_agree() {
    let mut pool = IdentityPool::default();
    let rules = |claim: &str| {
        RoleMapping::rules([MappingRule::new(claim, MatchType::Equals, "yes", arn("Yes"))])
            .resolving(AmbiguousRoleResolution::Deny)
    };
    pool.role_mappings.insert(ProviderKey::new("accounts.google.com"), rules("g"));
    pool.role_mappings.insert(ProviderKey::new("graph.facebook.com"), rules("f"));
    let evaluator = Evaluator::new(pool, Semantics::default());
    let (one, two) = (Claims::from_json(r#"{"g":"no"}"#).unwrap(), Claims::default());
    let login = |key: &str, claims| evaluator.login(Some(&ProviderKey::new(key)), claims, TokenForm::Claims).unwrap();
    let logins = [login("accounts.google.com", &one), login("graph.facebook.com", &two)];
    let found = want(&evaluator, &Request::of(&logins), &arn("Yes"), &[]);
    let changes: Vec<_> =
        found.claims.changes.iter().map(|change| (change.provider.as_deref(), change.claim.as_str())).collect();
    assert_eq!(changes, [(Some("accounts.google.com"), "g"), (Some("graph.facebook.com"), "f")]);
}

#[test]
fn a_refused_token_is_put_right_first_and_a_guest_has_no_claims() {
    let evaluator = example();
    let claims = Claims::from_json(r#"{"token_use":"access","exp":5,"dept":"x"}"#).unwrap();
    let logins = [evaluator.login(Some(&ProviderKey::new(PROVIDER)), &claims, TokenForm::Claims).unwrap()];
    let request = Request::of(&logins).at(Some(Clock { now: 1_000, leeway: 0 }));
    let found = want(&evaluator, &request, &arn("Eng"), &[]);
    let expected = [("token_use", Some("\"id\"")), ("exp", Some("4600")), ("dept", Some("\"eng\""))];
    assert_eq!(changes(&found), expected);
    let guest = want(&evaluator, &Request::guest(), &arn("Eng"), &[]);
    assert_eq!(guest.claims.outcome, WantedOutcome::NoToken);
    assert_eq!(guest.configuration.unwrap().edits[0].change, format!("the unauthenticated role is `{}`", arn("Eng")));
    let other = want(&evaluator, &request.choosing(Some("other")), &arn("Eng"), &[]);
    assert_eq!((other.claims.outcome, other.configuration), (WantedOutcome::OtherRoleChosen, None));
}
