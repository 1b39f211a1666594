//! The analysis against brute force: on random pools over a small alphabet, whatever one of them finds the other finds too.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test says what it expects in the shortest way"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::Config;
use whichrole::analysis::{Condition, DiffOptions, Proof, Subject, Verdict, always, diff, never, reach, reach_role};
use whichrole::{
    AmbiguousRoleResolution, ArrayClaims, Choice, Claim, Claims, Evaluator, IdentityPool, LetterCase, MappingRule,
    MatchType, PrincipalTagMap, ProviderKey, Question, Request, RoleMapping, Semantics, TagMissingClaim,
    TagNonStringClaim, TokenForm,
};

const PROVIDER: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web";
const LOGIN: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example";
const GROUPS: &str = "cognito:groups";

/// All texts over `a`, `b` and a character that no rule has, up to a length.
fn texts(longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|text| ["a", "b", "x"].map(|c| format!("{text}{c}"))).collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Arrays of up to two elements of up to three characters.
fn arrays() -> Vec<Claim<'static>> {
    arrays_of(&texts(3))
}

/// Arrays of up to two elements of up to two characters.
fn small_arrays() -> Vec<Claim<'static>> {
    arrays_of(&texts(2))
}

fn arrays_of(elements: &[String]) -> Vec<Claim<'static>> {
    let one = elements.iter().map(|a| Claim::texts([a.clone()]));
    let two = elements.iter().flat_map(|a| elements.iter().map(move |b| Claim::texts([a.clone(), b.clone()])));
    std::iter::once(Claim::Array(Vec::new())).chain(one).chain(two).collect()
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Groups,
}

impl Kind {
    fn claim(self) -> &'static str {
        match self {
            Self::Text => "dept",
            Self::Groups => GROUPS,
        }
    }

    fn values(self) -> Vec<Claim<'static>> {
        match self {
            // Values have up to two characters, so a witness for two of them has at most 2 + 1 + 2, and one before and after.
            Self::Text => texts(6).into_iter().map(Claim::from).collect(),
            Self::Groups => arrays(),
        }
    }
}

fn rule(claim: &'static str, longest: &'static str) -> impl Strategy<Value = MappingRule> {
    let operator = prop::sample::select(MatchType::ALL.to_vec());
    (operator, longest, prop::sample::select(vec!["A", "B", "C"]))
        .prop_map(move |(operator, value, role)| MappingRule::new(claim, operator, value, role))
}

fn pool(rules: Vec<MappingRule>, resolution: AmbiguousRoleResolution) -> IdentityPool {
    let mut pool = IdentityPool::default();
    pool.roles.authenticated = Some("A".into());
    pool.role_mappings.insert(ProviderKey::new(PROVIDER), RoleMapping::rules(rules).resolving(resolution));
    pool
}

fn resolution() -> impl Strategy<Value = AmbiguousRoleResolution> {
    prop::sample::select(AmbiguousRoleResolution::ALL.to_vec())
}

fn rules_pool(claim: &'static str, most: usize) -> impl Strategy<Value = IdentityPool> {
    (prop::collection::vec(rule(claim, "[ab]{1,2}"), 0..=most), resolution()).prop_map(|(rules, how)| pool(rules, how))
}

fn semantics() -> impl Strategy<Value = Semantics> {
    let arrays =
        prop::sample::select(vec![ArrayClaims::ContainsElement, ArrayClaims::Membership, ArrayClaims::PerElement]);
    let case = prop::sample::select(vec![LetterCase::Sensitive, LetterCase::Insensitive]);
    (arrays, case).prop_map(|(arrays, case)| Semantics::default().assume(arrays).assume(case))
}

/// Role, denial reason, rule.
type Outcome = (Option<String>, Option<&'static str>, Option<usize>);

fn outcome(evaluator: &Evaluator, claims: &Claims<'_>, custom: Option<&str>) -> Outcome {
    let logins = [evaluator.login(Some(&ProviderKey::new(PROVIDER)), claims, TokenForm::Claims).unwrap()];
    let decision = evaluator.evaluate(&Request::of(&logins).choosing(custom));
    (
        decision.role().map(str::to_owned),
        decision.denial().map(whichrole::Denial::reason),
        decision.source().and_then(whichrole::Source::rule),
    )
}

fn tokens(kind: Kind) -> Vec<Claims<'static>> {
    let with = |value: Claim<'static>| {
        let mut claims = Claims::default();
        claims.set(kind.claim(), value);
        claims
    };
    std::iter::once(Claims::default()).chain(kind.values().into_iter().map(with)).collect()
}

fn length(claims: &Claims<'_>) -> usize {
    claims.iter().map(|(_, value)| 1 + value.to_json().chars().count()).sum()
}

fn check_reach(pool: IdentityPool, semantics: Semantics, tokens: &[Claims<'static>], is_text: bool) {
    let evaluator = Evaluator::new(pool.clone(), semantics);
    let found = reach(&evaluator, &[]);
    let mut by_rule: BTreeMap<usize, usize> = BTreeMap::new();
    let mut roles = BTreeSet::new();
    let mut chosen = BTreeSet::new();
    for claims in tokens {
        let (role, _, rule) = outcome(&evaluator, claims, None);
        if let Some(rule) = rule {
            let shortest = by_rule.entry(rule).or_insert(usize::MAX);
            *shortest = length(claims).min(*shortest);
        }
        roles.extend(role);
        for custom in ["A", "B", "C"] {
            chosen.extend(outcome(&evaluator, claims, Some(custom)).0);
        }
    }
    for rule in &found.rules {
        match (&rule.verdict, by_rule.get(&rule.rule)) {
            (Verdict::Live(witness), shortest) => {
                assert_eq!(outcome(&evaluator, &witness.claims, None).2, Some(rule.rule));
                let is_array = witness.claims.iter().any(|(_, value)| matches!(value, Claim::Array(_)));
                if is_text && !is_array {
                    assert_eq!(Some(&length(&witness.claims)), shortest, "rule {} of {pool:?}", rule.rule);
                }
                assert!(rule.blocked_by.is_empty());
            }
            (Verdict::Dead, shortest) => {
                assert_eq!(shortest, None, "rule {} of {pool:?}", rule.rule);
                // What blocks texts may let an array through.
                let mut all = tokens.to_vec();
                if is_text {
                    all.extend(small_arrays().into_iter().map(|array| {
                        let mut claims = Claims::default();
                        claims.set("dept", array);
                        claims
                    }));
                }
                check_blocking(&pool, rule.rule, &rule.blocked_by, semantics, &all);
            }
            (Verdict::NotDecided(why), _) => panic!("{why}: rule {} of {pool:?}", rule.rule),
        }
    }
    for role in &found.roles {
        assert_ne!(role.verdict.is_live(), None);
        if roles.contains(&*role.role) {
            assert_eq!(role.verdict.is_live(), Some(true), "{} of {pool:?}", role.role);
        }
        if chosen.contains(&*role.role) && role.verdict == Verdict::Dead {
            assert!(role.by_custom_role.as_ref().unwrap().witness().is_some(), "{} of {pool:?}", role.role);
        }
        if let Some(witness) = role.by_custom_role.as_ref().and_then(Verdict::witness) {
            assert_eq!(outcome(&evaluator, &witness.claims, Some(&role.role)).0.as_deref(), Some(&*role.role));
        }
        check_when(&evaluator, &role.role, tokens);
    }
}

/// The blocking set blocks, and no smaller set does.
fn check_blocking(pool: &IdentityPool, rule: usize, blocked_by: &[usize], semantics: Semantics, tokens: &[Claims<'_>]) {
    let rules = pool.role_mappings.values().next().unwrap().mapping_rules();
    let key = |set: u32| {
        let kept = (0..rule - 1).filter(|at| set & (1 << at) != 0).chain([rule - 1]);
        let kept: Vec<MappingRule> = kept.map(|at| rules[at].clone()).collect();
        let last = kept.len();
        let evaluator = Evaluator::new(self::pool(kept, AmbiguousRoleResolution::Deny), semantics);
        tokens.iter().all(|claims| outcome(&evaluator, claims, None).2 != Some(last))
    };
    let set = blocked_by.iter().fold(0, |set, rule| set | 1 << (rule - 1));
    assert!(key(set), "rule {rule} of {pool:?} is not blocked by {blocked_by:?}");
    for smaller in 0..1_u32 << (rule - 1) {
        if (smaller.count_ones() as usize) < blocked_by.len() {
            assert!(!key(smaller), "rule {rule} of {pool:?} is blocked by {smaller:b} already");
        }
    }
}

/// A request gets the role exactly where one of the alternatives holds.
fn check_when(evaluator: &Evaluator, role: &str, tokens: &[Claims<'_>]) {
    let when = reach_role(evaluator, &[], role).when.unwrap();
    let operators: BTreeMap<&str, MatchType> = [
        ("equals", MatchType::Equals),
        ("not-equal", MatchType::NotEqual),
        ("starts-with", MatchType::StartsWith),
        ("contains", MatchType::Contains),
    ]
    .into();
    for claims in tokens {
        let holds = when.iter().filter(|alternative| alternative.provider.is_some()).any(|alternative| {
            alternative.claims.iter().all(|(claim, constraints)| {
                constraints.iter().all(|constraint| {
                    let rule = MappingRule::new(claim, operators[constraint.operator], &constraint.value, "x");
                    (rule.check(claims, evaluator.semantics()) == whichrole::Check::Matches) == constraint.holds
                })
            })
        });
        let gets = outcome(evaluator, claims, None).0.as_deref() == Some(role);
        assert_eq!(holds, gets, "{role} for {} under {when:?} in {:?}", claims.to_json(), evaluator.pool());
    }
}

type Pair = ((Option<String>, Option<&'static str>), (Option<String>, Option<&'static str>));

fn pairs(old: &Evaluator, new: &Evaluator, tokens: &[Claims<'static>], custom: Option<&str>) -> BTreeMap<Pair, usize> {
    let mut found: BTreeMap<Pair, usize> = BTreeMap::new();
    for claims in tokens {
        let short = |(role, deny, _): Outcome| (role, deny);
        let pair = (short(outcome(old, claims, custom)), short(outcome(new, claims, custom)));
        if pair.0 != pair.1 {
            let shortest = found.entry(pair).or_insert(usize::MAX);
            *shortest = length(claims).min(*shortest);
        }
    }
    found
}

fn check_diff(
    before: IdentityPool,
    after: IdentityPool,
    semantics: Semantics,
    tokens: &[Claims<'static>],
    is_text: bool,
) {
    let subject = |pool| Subject { pool, groups: &[], semantics };
    let found = diff(&subject(&before), &subject(&after), &DiffOptions::default());
    assert!(found.not_decided.is_empty(), "{:?}: {before:?} {after:?}", found.not_decided);
    let (old, new) = (Evaluator::new(before.clone(), semantics), Evaluator::new(after.clone(), semantics));
    let brute = pairs(&old, &new, tokens, None);
    let mut reported: BTreeMap<Pair, usize> = BTreeMap::new();
    let mut has_array = false;
    for change in &found.changes {
        assert_eq!(change.witness.provider.as_deref(), Some(PROVIDER));
        has_array |= change.witness.claims.iter().any(|(_, value)| matches!(value, Claim::Array(_)));
        let short = |(role, deny, _): Outcome| (role, deny);
        let pair =
            (short(outcome(&old, &change.witness.claims, None)), short(outcome(&new, &change.witness.claims, None)));
        assert_eq!(pair.0, (change.before.role.clone(), change.before.deny));
        assert_eq!(pair.1, (change.after.role.clone(), change.after.deny));
        assert_ne!(pair.0, pair.1);
        assert_eq!(reported.insert(pair, length(&change.witness.claims)), None, "a class is reported once");
    }
    if is_text && !has_array {
        assert_eq!(reported, brute, "{before:?} {after:?}");
    } else {
        for pair in brute.keys() {
            assert!(reported.contains_key(pair), "{pair:?}: {before:?} {after:?}");
        }
    }
    let customs = ["A", "B", "C", "other"];
    let any_custom = customs.iter().any(|custom| !pairs(&old, &new, tokens, Some(custom)).is_empty());
    if any_custom {
        assert!(!found.custom_role_changes.is_empty(), "{before:?} {after:?}");
    }
    for change in &found.custom_role_changes {
        let custom = change.witness.custom_role_arn.as_deref();
        assert_ne!(outcome(&old, &change.witness.claims, custom).0, outcome(&new, &change.witness.claims, custom).0);
    }
    if found.is_equal() == Some(true) {
        assert!(brute.is_empty() && !any_custom);
    }
}

fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn who_agrees_with_brute_force_on_texts(pool in rules_pool("dept", 5), semantics in semantics()) {
        check_reach(pool, semantics, &tokens(Kind::Text), true);
    }

    #[test]
    fn who_agrees_with_brute_force_on_group_arrays(pool in rules_pool(GROUPS, 4), semantics in semantics()) {
        check_reach(pool, semantics, &tokens(Kind::Groups), false);
    }

    #[test]
    fn diff_agrees_with_brute_force_on_texts(a in rules_pool("dept", 4), b in rules_pool("dept", 4), semantics in semantics()) {
        check_diff(a, b, semantics, &tokens(Kind::Text), true);
    }

    #[test]
    fn diff_agrees_with_brute_force_on_group_arrays(a in rules_pool(GROUPS, 3), b in rules_pool(GROUPS, 3), semantics in semantics()) {
        check_diff(a, b, semantics, &tokens(Kind::Groups), false);
    }
}

/// Tokens with two claims of few values, for rules and tags that use both.
fn two_claims() -> Vec<Claims<'static>> {
    let values = || {
        let texts = texts(3).into_iter().map(|text| Some(Claim::from(text)));
        let odd = [
            Some(Claim::from("a|")),
            Some(Claim::from("b|")),
            Some(Claim::from("|")),
            Some(Claim::texts(["a"])),
            Some(Claim::Array(vec![])),
        ];
        std::iter::once(None).chain(texts).chain(odd)
    };
    values()
        .flat_map(|dept| values().map(move |team| (dept.clone(), team)))
        .map(|(dept, team)| {
            let mut claims = Claims::default();
            if let Some(dept) = dept {
                claims.set("dept", dept);
            }
            if let Some(team) = team {
                claims.set("team", team);
            }
            claims
        })
        .collect()
}

fn tagged_pool() -> impl Strategy<Value = IdentityPool> {
    let rule = prop::sample::select(vec!["dept", "team"]).prop_flat_map(|claim| rule(claim, "[ab]"));
    let tags =
        prop::collection::btree_map("[kl]", prop::sample::select(vec!["dept".to_owned(), "team".to_owned()]), 0..=2);
    (prop::collection::vec(rule, 0..=3), resolution(), tags).prop_map(|(rules, how, tags)| {
        let mut pool = pool(rules, how);
        pool.principal_tags.insert(ProviderKey::new(LOGIN), PrincipalTagMap { use_defaults: false, tags });
        pool
    })
}

fn tag_semantics() -> impl Strategy<Value = Semantics> {
    let questions = [Question::TagMissingClaim, Question::TagNonStringClaim, Question::TagInvalidValue];
    let choices = questions.map(|question| prop::sample::select(Choice::all_of(question).collect::<Vec<_>>()));
    choices.prop_map(|choices| choices.into_iter().fold(Semantics::default(), Semantics::assume))
}

type Full = (Option<String>, Option<&'static str>, BTreeMap<String, String>);

fn full(evaluator: &Evaluator, claims: &Claims<'_>) -> Full {
    let logins = [evaluator.login(Some(&ProviderKey::new(PROVIDER)), claims, TokenForm::Claims).unwrap()];
    let decision = evaluator.evaluate(&Request::of(&logins));
    let tags = decision.tags.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect();
    (decision.role().map(str::to_owned), decision.denial().map(whichrole::Denial::reason), tags)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn diff_agrees_with_brute_force_on_tags(a in tagged_pool(), b in tagged_pool(), semantics in tag_semantics()) {
        let subject = |pool| Subject { pool, groups: &[], semantics };
        let found = diff(&subject(&a), &subject(&b), &DiffOptions::default());
        prop_assert!(found.not_decided.is_empty());
        let (old, new) = (Evaluator::new(a.clone(), semantics), Evaluator::new(b.clone(), semantics));
        // Without tags' values, of which there is no end: where they differ, by which keys.
        let class = |before: &Full, after: &Full| {
            let keys: BTreeSet<String> = before.2.keys().chain(after.2.keys())
                .filter(|key| before.2.get(*key) != after.2.get(*key)).cloned().collect();
            ((before.0.clone(), before.1), (after.0.clone(), after.1), keys)
        };
        let mut reported = BTreeSet::new();
        for change in &found.changes {
            let (before, after) = (full(&old, &change.witness.claims), full(&new, &change.witness.claims));
            prop_assert_ne!(&before, &after);
            let (from, to, keys) = class(&before, &after);
            if from == to {
                reported.extend(keys.into_iter().map(|key| (from.clone(), to.clone(), Some(key))));
            } else {
                reported.insert((from, to, None));
            }
        }
        for claims in two_claims() {
            let (before, after) = (full(&old, &claims), full(&new, &claims));
            if before != after {
                let (from, to, keys) = class(&before, &after);
                if from == to {
                    for key in keys {
                        prop_assert!(reported.contains(&(from.clone(), to.clone(), Some(key.clone()))), "{} {key} {a:?} {b:?}", claims.to_json());
                    }
                } else {
                    prop_assert!(reported.contains(&(from, to, None)), "{} {a:?} {b:?}", claims.to_json());
                }
            }
        }
    }

    #[test]
    fn who_agrees_with_brute_force_on_tags(pool in tagged_pool(), semantics in tag_semantics()) {
        let evaluator = Evaluator::new(pool.clone(), semantics);
        let tokens = two_claims();
        let live: BTreeSet<usize> = tokens.iter().filter_map(|claims| outcome(&evaluator, claims, None).2).collect();
        for rule in reach(&evaluator, &[]).rules {
            prop_assert_ne!(rule.verdict.is_live(), None);
            if live.contains(&rule.rule) {
                prop_assert_eq!(rule.verdict.is_live(), Some(true), "rule {} of {:?} {:?}", rule.rule, pool, semantics);
            }
        }
    }

    #[test]
    fn properties_agree_with_brute_force(pool in tagged_pool(), condition in condition()) {
        let evaluator = Evaluator::new(pool.clone(), Semantics::default());
        let condition = Condition::parse(&condition).unwrap();
        let tokens = two_claims();
        let holds = |claims: &Claims<'_>| condition.holds(claims, evaluator.semantics());
        for role in ["A", "B"] {
            let gets = |claims: &Claims<'_>, custom: Option<&str>| outcome(&evaluator, claims, custom).0.as_deref() == Some(role);
            let leak = tokens.iter().find(|claims| (gets(claims, None) || gets(claims, Some(role))) && !holds(claims));
            match never(&evaluator, &[], role, Some(&condition)) {
                Proof::Proved => prop_assert!(leak.is_none(), "{role} {condition} {} {pool:?}", leak.unwrap().to_json()),
                Proof::Refuted(witness) if witness.provider.is_some() => {
                    prop_assert!(gets(&witness.claims, witness.custom_role_arn.as_deref()) && !holds(&witness.claims));
                }
                Proof::Refuted(_) => prop_assert!(!holds(&Claims::default())),
                Proof::NotDecided(why) => prop_assert!(false, "{why}"),
            }
            let miss = tokens.iter().find(|claims| holds(claims) && !gets(claims, None));
            match always(&evaluator, &[], role, Some(&condition)) {
                Proof::Proved => prop_assert!(miss.is_none(), "{role} {condition} {} {pool:?}", miss.unwrap().to_json()),
                Proof::Refuted(witness) => prop_assert!(holds(&witness.claims) && !gets(&witness.claims, None)),
                Proof::NotDecided(why) => prop_assert!(false, "{why}"),
            }
        }
    }

    #[test]
    fn only_agrees_with_brute_force(a in tagged_pool(), b in tagged_pool(), condition in condition()) {
        let semantics = Semantics::default();
        let condition = Condition::parse(&condition).unwrap();
        let subject = |pool| Subject { pool, groups: &[], semantics };
        let found = diff(&subject(&a), &subject(&b), &DiffOptions { only: Some(&condition), ..DiffOptions::default() });
        let (old, new) = (Evaluator::new(a.clone(), semantics), Evaluator::new(b.clone(), semantics));
        let outside = found.outside.as_ref().unwrap();
        for change in outside {
            prop_assert!(!condition.holds(&change.witness.claims, &semantics));
        }
        let leak = two_claims().into_iter().find(|claims| !condition.holds(claims, &semantics) && full(&old, claims) != full(&new, claims));
        if let Some(leak) = leak {
            prop_assert_eq!(found.is_confined(), Some(false), "{} {} {:?} {:?}", leak.to_json(), condition, a, b);
        }
    }
}

fn condition() -> impl Strategy<Value = String> {
    let test = (
        prop::sample::select(vec!["dept", "team"]),
        prop::sample::select(vec!["equals", "not-equal", "starts-with", "contains"]),
        "[ab]{1,2}",
    )
        .prop_map(|(claim, operator, value)| format!("{claim} {operator} {value}"));
    let there = (prop::sample::select(vec!["dept", "team"]), prop::sample::select(vec!["present", "absent"]))
        .prop_map(|(claim, operator)| format!("{claim} {operator}"));
    let tests = prop::collection::vec(prop_oneof![3 => test, 1 => there], 1..=3);
    (tests, prop::collection::vec(prop::sample::select(vec![" and ", " or "]), 3)).prop_map(|(tests, joins)| {
        tests
            .iter()
            .zip(std::iter::once("").chain(joins))
            .fold(String::new(), |all, (test, join)| format!("{all}{join}{test}"))
    })
}

/// `TagMissingClaim` and `TagNonStringClaim` are named here so that a new choice of theirs is looked at.
#[test]
fn the_tag_choices_are_those_the_searches_know() {
    assert_eq!(Choice::all_of(Question::TagMissingClaim).count(), 2);
    assert_eq!(Choice::all_of(Question::TagNonStringClaim).count(), 3);
    assert_eq!(Choice::all_of(Question::TagInvalidValue).count(), 2);
    let choices = [Choice::from(TagMissingClaim::Omit), Choice::from(TagNonStringClaim::Fail)];
    assert_eq!(choices.map(Choice::id), ["omit", "fail"]);
}

/// Claims with a meaning of their own, at providers of every kind: what is said to be dead is decided by no value that `docs/analysis.md`
/// counts among the claim's.
#[test]
fn no_value_of_a_special_claim_is_left_out() {
    const SAML_ROLES: &str = "https://aws.amazon.com/SAML/Attributes/Role";
    let keys = [
        PROVIDER,
        "${Users.ProviderName}:${Web}",
        "accounts.google.com",
        "graph.facebook.com",
        "arn:aws:iam::111122223333:oidc-provider/login.example.com",
        "arn:aws:iam::111122223333:saml-provider/corp",
    ];
    let names = ["aud", "iss", "token_use", "sub", SAML_ROLES, GROUPS, "cognito:roles", "cognito:preferred_role"];
    let is_list = |name: &str| matches!(name, GROUPS | "cognito:roles");
    let words = ["", "a", "ab", "web", "id", "access", LOGIN, "login.example.com"];
    for key in keys.map(ProviderKey::new) {
        let is_user_pool = key.as_str() == PROVIDER;
        for (name, value) in names.iter().flat_map(|name| words.map(|value| (*name, value))) {
            let texts = words.iter().filter(|_| !is_list(name)).map(|text| Claim::from((*text).to_owned()));
            let pairs = words
                .iter()
                .flat_map(|first| words.map(|second| Claim::texts([(*first).to_owned(), second.to_owned()])));
            let arrays = words.iter().map(|text| Claim::texts([(*text).to_owned()])).chain(pairs);
            // The one client as the one text, and an issuer that is a text.
            let is_bound = |value: &Claim<'_>| match name {
                "aud" if is_user_pool => matches!(value, Claim::Array(texts) if texts.len() > 1),
                "iss" if is_user_pool || key.as_str().contains("oidc") => matches!(value, Claim::Array(_)),
                _ => false,
            };
            let values: Vec<Claim<'static>> = texts.chain(arrays).filter(|value| !is_bound(value)).collect();
            for (first, second) in MatchType::ALL.iter().flat_map(|first| MatchType::ALL.map(|second| (*first, second)))
            {
                let rules = vec![MappingRule::new(name, first, "a", "A"), MappingRule::new(name, second, value, "B")];
                let mut pool = IdentityPool::default();
                pool.role_mappings
                    .insert(key.clone(), RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::Deny));
                let evaluator = Evaluator::new(pool, Semantics::default());
                let proved = reach(&evaluator, &[]).rules;
                for claim in &values {
                    let mut claims = Claims::default();
                    claims.set(name, claim.clone());
                    let Ok(login) = evaluator.login(Some(&key), &claims, TokenForm::Claims) else { continue };
                    let decided = evaluator.evaluate(&Request::of(&[login])).source().and_then(whichrole::Source::rule);
                    let Some(rule) = decided else { continue };
                    let verdict = &proved.iter().find(|reach| reach.rule == rule).unwrap().verdict;
                    assert!(
                        !matches!(verdict, Verdict::Dead),
                        "{key} {name} {first:?} a, {second:?} {value}: {}",
                        claim.to_json()
                    );
                }
            }
        }
    }
}
