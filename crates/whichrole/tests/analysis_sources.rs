//! The analysis against brute force where roles come from elsewhere than a rule: mappings of type Token, role resolution, guests, chosen
//! roles, a mapping that goes; and rules under the readings that compare an array's text.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects in the shortest way")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::Config;
use whichrole::analysis::{Diff, DiffOptions, Proof, Subject, Verdict, diff, equivalent, reach};
use whichrole::{
    AmbiguousRoleResolution, ArrayClaims, Choice, Claim, Claims, Evaluator, IdentityPool, MappingRule, MatchType,
    PrincipalTagMap, ProviderKey, Question, Request, RoleMapping, RoleMappingType, Semantics, TokenForm,
};

const PROVIDER: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web";
const LOGIN: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example";
const ROLES: [&str; 3] = ["A", "B", "C"];

fn resolution() -> impl Strategy<Value = Option<AmbiguousRoleResolution>> {
    prop::sample::select(vec![
        None,
        Some(AmbiguousRoleResolution::Deny),
        Some(AmbiguousRoleResolution::AuthenticatedRole),
    ])
}

fn some_role() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("A"), Some("B"), Some("C")])
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[kl]", Just("dept".to_owned()), 0..=1)
}

/// A pool whose one mapping, if it has one, is of type Token or has rules.
fn any_pool() -> impl Strategy<Value = IdentityPool> {
    let rule = (prop::sample::select(MatchType::ALL.to_vec()), "[ab]{1,2}", prop::sample::select(ROLES.to_vec()))
        .prop_map(|(operator, value, role)| MappingRule::new("dept", operator, value, role));
    let rules = prop::collection::vec(rule, 1..=2).prop_map(|rules| Some(RoleMappingType::Rules(rules)));
    let mapping = prop_oneof![3 => Just(Some(RoleMappingType::Token)), 2 => rules, 1 => Just(None)];
    let guests = prop::sample::select(vec![None, Some(true), Some(false)]);
    (mapping, resolution(), some_role(), some_role(), guests, tags()).prop_map(
        |(mapping_type, ambiguous_role_resolution, default, guest, guests, tags)| {
            let mut pool = IdentityPool::default();
            pool.roles.authenticated = default.map(Into::into);
            pool.roles.unauthenticated = guest.map(Into::into);
            pool.allow_unauthenticated_identities = guests;
            if let Some(mapping_type) = mapping_type {
                pool.role_mappings
                    .insert(ProviderKey::new(PROVIDER), RoleMapping { mapping_type, ambiguous_role_resolution });
            }
            if !tags.is_empty() {
                pool.principal_tags.insert(ProviderKey::new(LOGIN), PrincipalTagMap { use_defaults: false, tags });
            }
            pool
        },
    )
}

fn semantics() -> impl Strategy<Value = Semantics> {
    let questions = [
        Question::ArrayClaims,
        Question::LetterCase,
        Question::SoleRole,
        Question::MissingRoleResolution,
        Question::RulesCustomRole,
        Question::UnmappedCustomRole,
        Question::TagMissingClaim,
        Question::TagNonStringClaim,
    ];
    let choices = questions.map(|question| prop::sample::select(Choice::all_of(question).collect::<Vec<_>>()));
    choices.prop_map(|choices| choices.into_iter().fold(Semantics::default(), Semantics::assume))
}

/// Every token with a few values of each claim that can matter; `None` is a guest.
fn requests() -> Vec<Option<Claims<'static>>> {
    let role = |role: &str| Some(Claim::from(role.to_owned()));
    let preferred = [None, role(""), role("A"), role("B"), role("C"), role("other")];
    let some = |roles: &[&'static str]| Some(Claim::texts(roles.to_vec()));
    let roles = [
        None,
        some(&[]),
        some(&["A"]),
        some(&["B"]),
        some(&["C"]),
        some(&["other"]),
        some(&["A", "B"]),
        some(&["B", "C"]),
    ];
    let text = |text: &'static str| Some(Claim::from(text));
    let dept = [
        None,
        text(""),
        text("a"),
        text("b"),
        text("ab"),
        text("ba"),
        text("aa"),
        text("bb"),
        text("xa"),
        text("ax"),
        text("xb"),
        text("bx"),
        text("x"),
        text("a|"),
        text("b|"),
        text("|"),
        some(&[]),
        some(&["a"]),
        some(&["ab"]),
        some(&["ba", "x"]),
    ];
    let mut all = vec![None];
    for preferred in &preferred {
        for roles in &roles {
            for dept in &dept {
                let mut claims = Claims::default();
                for (name, value) in [("cognito:preferred_role", preferred), ("cognito:roles", roles), ("dept", dept)] {
                    if let Some(value) = value {
                        claims.set(name, value.clone());
                    }
                }
                all.push(Some(claims));
            }
        }
    }
    all
}

type Got = (Option<String>, Option<&'static str>, BTreeMap<String, String>);

fn got(evaluator: &Evaluator, claims: Option<&Claims<'_>>, custom: Option<&str>) -> Got {
    got_from(PROVIDER, evaluator, claims, custom)
}

fn got_from(provider: &str, evaluator: &Evaluator, claims: Option<&Claims<'_>>, custom: Option<&str>) -> Got {
    let logins = claims
        .map(|claims| evaluator.login(Some(&ProviderKey::new(provider)), claims, TokenForm::Claims).unwrap())
        .into_iter()
        .collect::<Vec<_>>();
    let decision = evaluator.evaluate(&Request::of(&logins).choosing(custom));
    let tags = decision.tags.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect();
    (decision.role().map(str::to_owned), decision.denial().map(whichrole::Denial::reason), tags)
}

fn check_reach(pool: &IdentityPool, semantics: Semantics) {
    let evaluator = Evaluator::new(pool.clone(), semantics);
    let found = reach(&evaluator, &[]);
    // A login without a mapping is said apart.
    let is_mapped = !pool.role_mappings.is_empty();
    let requests: Vec<_> = requests().into_iter().filter(|claims| claims.is_none() || is_mapped).collect();
    let reached: BTreeSet<String> =
        requests.iter().filter_map(|claims| got(&evaluator, claims.as_ref(), None).0).collect();
    for role in &found.roles {
        match &role.verdict {
            Verdict::Live(witness) => {
                let claims = witness.provider.as_ref().map(|_| &witness.claims);
                assert_eq!(got(&evaluator, claims, None).0.as_deref(), Some(&*role.role), "{pool:?} {semantics:?}");
            }
            Verdict::Dead => {
                assert!(!reached.contains(&*role.role), "{} of {pool:?} {semantics:?}", role.role);
                let chosen = requests
                    .iter()
                    .any(|claims| got(&evaluator, claims.as_ref(), Some(&role.role)).0.as_deref() == Some(&*role.role));
                let custom = role.by_custom_role.as_ref().unwrap();
                assert!(!chosen || custom.witness().is_some(), "{} of {pool:?} {semantics:?}", role.role);
                if let Some(witness) = custom.witness() {
                    let claims = witness.provider.as_ref().map(|_| &witness.claims);
                    assert_eq!(got(&evaluator, claims, Some(&role.role)).0.as_deref(), Some(&*role.role));
                }
            }
            Verdict::NotDecided(why) => panic!("{why}: {} of {pool:?} {semantics:?}", role.role),
        }
    }
}

/// Who asks, and what is chosen: what changes for a guest is one class, what changes for a token another.
type Class = (bool, (Option<String>, Option<&'static str>), (Option<String>, Option<&'static str>));

/// A role that no mapping knows stands for all others that a request may choose, so for these it counts only whether there is a role.
fn chosen(class: Class, custom: Option<&str>) -> Class {
    let named = |role: Option<String>| if custom.is_some() { role.map(|_| "a role".to_owned()) } else { role };
    (class.0, (named(class.1.0), class.1.1), (named(class.2.0), class.2.1))
}

fn classes(old: &Evaluator, new: &Evaluator, custom: Option<&str>) -> BTreeSet<Class> {
    let both = |claims: Option<&Claims<'_>>| (got(old, claims, custom), got(new, claims, custom));
    let all = requests().into_iter().map(|claims| (claims.is_none(), both(claims.as_ref())));
    all.filter(|(_, (before, after))| before != after)
        .map(|(is_guest, (before, after))| (is_guest, (before.0, before.1), (after.0, after.1)))
        .collect()
}

fn check_diff(before: &IdentityPool, after: &IdentityPool, semantics: Semantics) -> Diff {
    let subject = |pool| Subject { pool, groups: &[], semantics };
    let found = diff(&subject(before), &subject(after), &DiffOptions::default());
    assert!(found.not_decided.is_empty(), "{:?}: {before:?} {after:?}", found.not_decided);
    let (old, new) = (Evaluator::new(before.clone(), semantics), Evaluator::new(after.clone(), semantics));
    let mut reported = BTreeSet::new();
    let mut reported_custom = BTreeSet::new();
    for (changes, classes) in [(&found.changes, &mut reported), (&found.custom_role_changes, &mut reported_custom)] {
        for change in changes {
            let claims = change.witness.provider.as_ref().map(|_| &change.witness.claims);
            let custom = change.witness.custom_role_arn.as_deref();
            let provider = change.witness.provider.as_deref().unwrap_or(PROVIDER);
            let (was, is) = (got_from(provider, &old, claims, custom), got_from(provider, &new, claims, custom));
            assert_ne!(was, is, "{before:?} {after:?}");
            assert_eq!((&was.0, was.1, &was.2), (&change.before.role, change.before.deny, &change.before.tags));
            assert_eq!((&is.0, is.1, &is.2), (&change.after.role, change.after.deny, &change.after.tags));
            classes.insert(chosen((claims.is_none(), (was.0, was.1), (is.0, is.1)), custom));
        }
    }
    // A role that neither pool knows goes by any name.
    let is_known = |role: &str| {
        [before, after].into_iter().any(|pool| {
            let defaults = [&pool.roles.authenticated, &pool.roles.unauthenticated].into_iter().flatten();
            let rules = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| &rule.role_arn);
            defaults.chain(rules).any(|known| known.as_str() == role)
        })
    };
    let plain = |class: &Class| {
        let named = |role: &Option<String>| {
            role.as_ref().map(|role| if role == "a role" || is_known(role) { role.clone() } else { "?".to_owned() })
        };
        (class.0, (named(&class.1.0), class.1.1), (named(&class.2.0), class.2.1))
    };
    // Where one pool does not say whether guests are allowed, and both refuse them, the reason is not compared.
    let unsaid = |class: &Class| found.guests_unsaid && class.0;
    let brute = classes(&old, &new, None);
    let brute: BTreeSet<Class> = brute.iter().filter(|class| !unsaid(class)).map(plain).collect();
    let shown: BTreeSet<Class> = reported.iter().map(plain).collect();
    assert!(brute.is_subset(&shown), "{brute:?} {shown:?} {before:?} {after:?} {semantics:?}");
    for custom in [ROLES[0], ROLES[1], ROLES[2], "other"] {
        let brute = classes(&old, &new, Some(custom)).into_iter().filter(|class| !unsaid(class));
        let brute = brute.map(|class| chosen(class, Some(custom)));
        let brute: BTreeSet<Class> = brute.map(|class| plain(&class)).collect();
        let shown: BTreeSet<Class> = reported_custom.iter().map(plain).collect();
        assert!(brute.is_subset(&shown), "choosing {custom}: {brute:?} {shown:?} {before:?} {after:?} {semantics:?}");
    }
    found
}

proptest! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]

    #[test]
    fn who_agrees_with_brute_force_on_every_source(pool in any_pool(), semantics in semantics()) {
        check_reach(&pool, semantics);
    }

    #[test]
    fn diff_agrees_with_brute_force_on_every_source(a in any_pool(), b in any_pool(), semantics in semantics()) {
        let found = check_diff(&a, &b, semantics);
        let subject = |pool| Subject { pool, groups: &[], semantics };
        let proof = equivalent(&subject(&a), &subject(&b), &DiffOptions::default());
        prop_assert_eq!(matches!(proof, Proof::Proved), found.is_equal() == Some(true));
    }

    #[test]
    fn rules_agree_with_brute_force_where_an_array_is_compared_as_text(
        rules in prop::collection::vec(
            (prop::sample::select(MatchType::ALL.to_vec()), r#"[ab\["]{1,2}"#, prop::sample::select(ROLES.to_vec())), 1..=3),
        by_json in any::<bool>(),
    ) {
        let choice = if by_json { ArrayClaims::JsonText } else { ArrayClaims::ListText };
        let semantics = Semantics::default().assume(choice);
        let rules = rules.into_iter().map(|(operator, value, role)| MappingRule::new("cognito:groups", operator, value, role));
        let mut pool = IdentityPool::default();
        pool.role_mappings.insert(ProviderKey::new(PROVIDER), RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::Deny));
        let evaluator = Evaluator::new(pool.clone(), semantics);
        let mut live = BTreeSet::new();
        let words = ["", "a", "b", "x", "ab", "ba", "aa", "bb", "[", "[a", "a[", "\"", "a\"", "\"a", "b\"", "\"b"];
        let one = words.iter().map(|a| vec![*a]);
        let two = words.iter().flat_map(|a| words.iter().map(move |b| vec![*a, *b]));
        for array in std::iter::once(Vec::new()).chain(one).chain(two) {
            let mut claims = Claims::default();
            claims.set("cognito:groups", Claim::texts(array));
            let logins = [evaluator.login(Some(&ProviderKey::new(PROVIDER)), &claims, TokenForm::Claims).unwrap()];
            live.extend(evaluator.evaluate(&Request::of(&logins)).source().and_then(whichrole::Source::rule));
        }
        for rule in reach(&evaluator, &[]).rules {
            // What is live may need a longer array, and what is not decided claims nothing.
            if rule.verdict == Verdict::Dead {
                prop_assert!(!live.contains(&rule.rule), "rule {} of {:?}", rule.rule, pool);
            }
        }
    }
}
