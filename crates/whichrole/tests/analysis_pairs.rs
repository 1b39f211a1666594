//! `diff` asks for pairs of rules, and for few of very many: what it passes over must not be missed.

use std::collections::{BTreeMap, BTreeSet};

use whichrole::analysis::{Change, DiffOptions, Subject, diff};
use whichrole::{
    AmbiguousRoleResolution, IdentityPool, MappingRule, MatchType, PrincipalTagMap, RoleMapping, Semantics,
};

/// Pairs of rules that cannot lead to a shorter witness than is known are passed over.
#[test]
fn of_many_pairs_of_rules_the_shortest_witness_is_found() {
    let mut state = 7_usize;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let texts = |length: usize| {
        (0..3_usize.pow(u32::try_from(length).unwrap())).map(move |n| {
            (0..length).map(|at| ["a", "b", "x"][n / 3_usize.pow(u32::try_from(at).unwrap()) % 3]).collect::<String>()
        })
    };
    for _ in 0..20 {
        let mut rules: Vec<(String, String)> = (0..12)
            .map(|n| {
                let value = (0..3 + n % 3).map(|_| ["a", "b"][next(2)]).collect();
                (value, format!("R{}", next(3)))
            })
            .collect();
        let written = |rules: &[(String, String)]| {
            let rules =
                rules.iter().map(|(value, role)| MappingRule::new("c", MatchType::Contains, value, role.as_str()));
            let mapping = RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::Deny);
            IdentityPool { role_mappings: [("accounts.google.com".into(), mapping)].into(), ..IdentityPool::default() }
        };
        let before = rules.clone();
        let by = next(11) + 1;
        rules.rotate_left(by);
        let role = |rules: &[(String, String)], text: &str| {
            rules.iter().find(|(value, _)| text.contains(value)).map(|(_, role)| role.clone())
        };
        // The fewest characters for each pair of roles.
        let mut shortest = BTreeMap::new();
        for text in (0..8).flat_map(texts) {
            let ends = (role(&before, &text), role(&rules, &text));
            if ends.0 != ends.1 {
                shortest.entry(ends).or_insert(text.len());
            }
        }
        let pools = [written(&before), written(&rules)];
        let [old, new] = pools.each_ref().map(|pool| Subject { pool, groups: &[], semantics: Semantics::default() });
        let found = diff(&old, &new, &DiffOptions::default());
        assert!(found.not_decided.is_empty());
        let changes = found.changes.iter().map(|change| {
            let length = change.witness.claims.get("c").unwrap().as_text().unwrap().len();
            ((change.before.role.clone(), change.after.role.clone()), length)
        });
        let changes: BTreeMap<_, _> = changes.filter(|(_, length)| *length < 8).collect();
        assert_eq!(changes, shortest, "{before:?} {by}");
    }
}

/// Of a pool with many rules and tags, a change of one rule is a question about that rule.
#[test]
fn one_changed_rule_among_very_many_is_found_and_proved_to_be_all() {
    let pool = |changed: usize| {
        let rules = (0..1_000).map(|n| {
            let value = if n == changed { "other".to_owned() } else { format!("v{n}") };
            MappingRule::new(format!("c{n}"), MatchType::Equals, value, format!("R{n}"))
        });
        let mapping = RoleMapping::rules(rules).resolving(AmbiguousRoleResolution::Deny);
        let mut pool = IdentityPool::default();
        pool.role_mappings.insert("accounts.google.com".into(), mapping);
        let tags = (0..1_000).map(|n| (format!("t{n}"), format!("c{n}"))).collect();
        pool.principal_tags.insert("accounts.google.com".into(), PrincipalTagMap { use_defaults: false, tags });
        pool
    };
    let [old, new] = [pool(1_000), pool(7)];
    let [old, new] = [&old, &new].map(|pool| Subject { pool, groups: &[], semantics: Semantics::default() });
    let found = diff(&old, &new, &DiffOptions::default());
    assert!(found.not_decided.is_empty(), "{:?}", found.not_decided);
    let roles = |change: &Change| {
        let roles = [change.before.role.clone(), change.after.role.clone()];
        assert_eq!(change.witness.claims.iter().filter(|(name, _)| *name == "c7").count(), 1, "{:?}", change.witness);
        roles.map(Option::unwrap_or_default)
    };
    // A token that no longer gets R7 may get the role of any later rule, or none; where its tags are rejected it gets none either way, for
    // another reason. And the reverse.
    let (denied, given): (Vec<[String; 2]>, Vec<[String; 2]>) =
        found.changes.iter().map(roles).partition(|roles| roles.iter().all(String::is_empty));
    assert!(given.iter().all(|roles| roles.contains(&"R7".to_owned())));
    assert_eq!((given.len(), denied.len()), (2 * (1_000 - 7), 2));
    let chosen: Vec<[String; 2]> = found.custom_role_changes.iter().map(roles).collect();
    let [none, role] = ["", "R7"].map(str::to_owned);
    let expected =
        [[role.clone(), none.clone()], [none.clone(), role], [none.clone(), none.clone()], [none.clone(), none]];
    assert_eq!(chosen.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
}
