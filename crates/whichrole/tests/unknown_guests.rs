//! A pool that leaves it to something unknown whether guests are allowed: nothing is claimed of guests, and all else as before.
#![expect(clippy::panic, reason = "the helpers here are tests, too")]

use whichrole::analysis::{
    Condition, Diff, DiffOptions, NotDecided, Proof, Subject, Verdict, all_live, diff, never, reach, reach_role,
};
use whichrole::lint::{Severity, lint};
use whichrole::read::{ReadOptions, Source, api_json, canonical, read};
use whichrole::{Evaluator, IdentityPool, Semantics};

const ENG: &str = "arn:aws:iam::111122223333:role/Eng";
const GUEST: &str = "arn:aws:iam::111122223333:role/Guest";

/// A pool of one rule, with a role for guests; `guests` is what it says of them, as JSON.
fn text(guests: &str, role: Option<&str>) -> String {
    let role = role.map(|role| format!(r#", "unauthenticated": "{role}""#)).unwrap_or_default();
    format!(
        r#"{{"AllowUnauthenticatedIdentities": {guests},
            "Roles": {{"authenticated": "arn:aws:iam::111122223333:role/User"{role}}},
            "RoleMappings": {{"graph.facebook.com": {{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {{
              "Rules": [{{"Claim": "dept", "MatchType": "Equals", "Value": "eng", "RoleARN": "{ENG}"}}]}}}}}}}}"#
    )
}

fn pool(guests: &str, role: Option<&str>) -> IdentityPool {
    let source = Source { name: "pool.json".to_owned(), text: text(guests, role) };
    let configuration = read(&[source], &ReadOptions::default());
    let [definition] = configuration.definitions.as_slice() else { panic!("{:?}", configuration.problems) };
    assert_eq!(configuration.problems, []);
    assert_eq!(definition.unknown_guests.is_some(), definition.pool.guests_depend_on.is_some());
    definition.pool.clone()
}

const UNKNOWN: &str = r#""${var.guests}""#;

fn compared(before: &IdentityPool, after: &IdentityPool) -> Diff {
    let side = |pool| Subject { pool, groups: &[], semantics: Semantics::default() };
    diff(&side(before), &side(after), &DiffOptions::default())
}

#[test]
fn the_role_of_guests_is_not_decided_and_other_roles_are() {
    let evaluator = Evaluator::new(pool(UNKNOWN, Some(GUEST)), Semantics::default());
    let found = reach(&evaluator, &[]);
    assert_eq!(found.guests_depend_on.as_deref(), Some("${var.guests}"));
    let verdict = |role: &str| &found.roles.iter().find(|known| *known.role == *role).unwrap().verdict;
    assert_eq!(*verdict(GUEST), Verdict::NotDecided(NotDecided::Guests));
    assert_eq!(verdict(ENG).is_live(), Some(true));
    assert_eq!(*verdict("arn:aws:iam::111122223333:role/User"), Verdict::Dead);
    assert_eq!(all_live(&evaluator, &[]), Proof::Proved);
    assert_eq!(reach_role(&evaluator, &[], GUEST).when, Some(Vec::new()), "no condition is known");
}

#[test]
fn a_role_that_guests_may_get_besides_is_live_by_what_is_known() {
    let evaluator = Evaluator::new(pool(UNKNOWN, Some(ENG)), Semantics::default());
    let role = reach_role(&evaluator, &[], ENG);
    assert_eq!(role.verdict.is_live(), Some(true));
    assert!(role.by.iter().chain(&reach(&evaluator, &[]).roles[0].by).all(|way| way.provider.is_some()), "{role:?}");
    assert_eq!(never(&evaluator, &[], ENG, Some(&condition("dept equals eng"))), Proof::NotDecided(NotDecided::Guests));
}

fn condition(written: &str) -> Condition {
    Condition::parse(written).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn nobody_gets_a_role_is_not_proved_of_the_role_of_guests_alone() {
    let proof = |guests: &str, role: &str| {
        never(&Evaluator::new(pool(guests, Some(GUEST)), Semantics::default()), &[], role, None)
    };
    assert_eq!(proof(UNKNOWN, GUEST), Proof::NotDecided(NotDecided::Guests));
    assert_eq!(proof("false", GUEST), Proof::Proved);
    assert!(matches!(proof("true", GUEST), Proof::Refuted(_)));
    assert_eq!(proof(UNKNOWN, "arn:aws:iam::111122223333:role/User"), Proof::Proved);
}

#[test]
fn what_two_pools_leave_to_one_reference_is_the_same_on_both() {
    let open = pool(UNKNOWN, Some(GUEST));
    assert_eq!(compared(&open, &open).is_equal(), Some(true));
    let mut users = open.clone();
    users.roles.authenticated = Some(GUEST.into());
    let found = compared(&open, &users);
    assert!(found.not_decided.is_empty(), "guests get the same, if anything: {found:?}");
    assert_eq!(found.is_equal(), Some(false));
    let found = compared(&open, &pool(UNKNOWN, Some(ENG)));
    assert_eq!((found.is_equal(), found.changes.len()), (None, 0), "it may be that no guest gets either role");
    assert_eq!(found.not_decided, [NotDecided::Guests].into());
}

#[test]
fn what_one_side_leaves_open_is_not_equal_to_what_the_other_says() {
    let open = pool(UNKNOWN, Some(GUEST));
    for other in ["true", "false", r#""${var.others}""#] {
        for (one, two) in [(&open, &pool(other, Some(GUEST))), (&pool(other, Some(GUEST)), &open)] {
            let found = compared(one, two);
            assert_eq!((found.is_equal(), found.certainty_decided), (None, false), "{other}");
            assert_eq!(found.not_decided, [NotDecided::Guests].into());
        }
    }
    // A change that a token shows is shown, whatever is open.
    let mut tokens = pool("true", Some(GUEST));
    tokens.role_mappings.clear();
    assert_eq!(compared(&open, &tokens).is_equal(), Some(false));
}

#[test]
fn without_a_role_for_guests_they_are_refused_and_the_reason_is_not_compared() {
    let open = pool(UNKNOWN, None);
    for other in [pool("true", None), pool("false", None), pool("false", Some(GUEST)), pool(r#""${var.others}""#, None)]
    {
        for (one, two) in [(&open, &other), (&other, &open)] {
            let found = compared(one, two);
            assert_eq!((found.is_equal(), found.guests_unsaid), (Some(true), true), "{other:?}");
        }
    }
    assert_eq!(compared(&open, &pool("true", Some(GUEST))).is_equal(), None);
    assert_eq!(reach(&Evaluator::new(open, Semantics::default()), &[]).guests_depend_on, None, "it decides no role");
}

#[test]
fn what_is_shown_can_be_read_again_and_says_what_is_open() {
    let source = Source { name: "pool.json".to_owned(), text: text(UNKNOWN, Some(GUEST)) };
    let configuration = read(&[source], &ReadOptions::default());
    let shown = serde_json::to_string(&canonical(&configuration, &configuration.definitions)).unwrap();
    assert!(
        shown.contains(
            r#""Unresolved":[{"Place":"pool.json:1:36","Message":"`AllowUnauthenticatedIdentities` is `${var.guests}`"#
        ),
        "{shown}"
    );
    let again = read(&[Source { name: "again.json".to_owned(), text: shown }], &ReadOptions::default());
    assert_eq!(again.definitions[0].pool, configuration.definitions[0].pool);
    // One pool alone has no place for it.
    let refused = api_json(&text(UNKNOWN, Some(GUEST))).unwrap_err();
    assert_eq!(refused.code(), "unresolved-value");
}

#[test]
fn lints_neither_take_guests_for_allowed_nor_for_refused() {
    let findings = |guests: &str, role: &str| {
        let source = Source { name: "pool.json".to_owned(), text: text(guests, Some(role)) };
        let findings = lint(&read(&[source], &ReadOptions::default())).unwrap_or_else(|error| panic!("{error:?}"));
        let of_guests =
            findings.into_iter().filter(|found| found.lint.contains("guest") || found.message.contains("/Guest"));
        of_guests.map(|found| (found.lint, found.severity)).collect::<Vec<_>>()
    };
    assert_eq!(findings("true", GUEST), [("guest-role", Severity::Warning)]);
    assert_eq!(findings("false", GUEST), [("role-unreachable", Severity::Warning)]);
    assert_eq!(findings(UNKNOWN, GUEST), []);
    assert_eq!(findings("true", ENG), [("same-role-for-guests", Severity::Error)]);
    assert_eq!(findings(UNKNOWN, ENG), [("same-role-for-guests", Severity::Warning)]);
}
