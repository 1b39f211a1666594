//! What suites say, how they judge, and that none passes by accident.
#![cfg(feature = "yaml")]
#![expect(clippy::panic, clippy::expect_used, reason = "the helpers here are tests, too")]

use whichrole::read::{ReadError, ReadOptions, Source, read};
use whichrole::suite::{Brought, NeedKind, Plan, Suite, Tally, Verdict};

const WEB: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1";

/// Three rules, tags, groups.
const POOL: &str = r#"[
  {"IdentityPoolId": "us-east-1:app", "Roles": {"authenticated": "arn:aws:iam::111122223333:role/Staff"},
   "RoleMappings": {"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1": {
     "Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [
       {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "admins", "RoleARN": "arn:aws:iam::111122223333:role/Admin"},
       {"Claim": "custom:dept", "MatchType": "Equals", "Value": "eng", "RoleARN": "arn:aws:iam::111122223333:role/Staff"},
       {"Claim": "custom:dept", "MatchType": "NotEqual", "Value": "ops", "RoleARN": "arn:aws:iam::111122223333:role/Guest"}]}}}},
  {"IdentityPoolId": "us-east-1:app", "IdentityProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC",
   "PrincipalTags": {"department": "custom:dept"}},
  {"Groups": [{"GroupName": "admins", "RoleArn": "arn:aws:iam::111122223333:role/Admin", "Precedence": 1},
              {"GroupName": "readers"}]}
]"#;

fn plan_with(suite: &str, bring: impl FnOnce(&mut Brought)) -> Result<Plan, ReadError> {
    let suite = Suite::read(&Source { name: "app.whichrole.yaml".into(), text: suite.into() });
    let mut brought = Brought::default();
    for need in suite.needs() {
        if need.kind == NeedKind::Config {
            let source = Source { name: need.path.text.clone(), text: POOL.into() };
            brought.config(need.path.text.clone(), read(&[source], &ReadOptions::default()));
        }
    }
    bring(&mut brought);
    suite.plan(brought)
}

fn plan(suite: &str) -> Plan {
    plan_with(suite, |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// Every case and what became of it, a line each.
fn results(plan: &Plan) -> Vec<String> {
    let mut tally = Tally::default();
    plan.cases()
        .iter()
        .map(|case| {
            let judged = plan.judge(*case, &mut tally);
            let certain = if judged.certain { "" } else { " (uncertain)" };
            format!("{}: {:?}{certain}", plan.case_name(*case), judged.verdict)
        })
        .collect()
}

/// The problems of a suite, without the name of the file.
fn problems(suite: &str) -> Vec<String> {
    let error = plan_with(suite, |_| {}).expect_err("the suite has no problem");
    error.to_string().lines().map(|line| line.replace("app.whichrole.yaml:", "")).collect()
}

/// A suite with these tests.
fn tests(tests: &str) -> String {
    format!(
        "version: 1\nconfig: pool.json\nusers:\n  base: {{ claims: {{ sub: \"1\" }} }}\n  eng: {{ extends: base, claims: {{ \"custom:dept\": eng }} }}\ntests:\n{tests}"
    )
}

#[test]
fn everything_in_the_format_works_together() {
    let suite = format!(
        r#"
version: 1
config: {{dev: dev.json, prod: prod.json}}
pool: us-east-1:app
provider: {WEB}
now: 2026-01-01T00:00:00Z
assume: {{ array-claims: membership }}
roles:
  admin: arn:aws:iam::111122223333:role/Admin
users:
  base:  {{ claims: {{ sub: "1111", token_use: id }} }}
  alice: {{ extends: base, groups: [admins] }}
  bob:   {{ extends: base, claims: {{ "custom:dept": eng }} }}
  real:  {{ jwt: fixtures/redacted.jwt }}
  visitor: {{ guest: true }}
tests:
  - name: admins are admins
    user: alice
    expect: {{ role: admin, by: rule 1, tags: {{}} }}
  - name: departments
    user: base
    table:
      - [ "custom:dept", expect ]
      - [ eng          , Staff ]
      - [ ops          , {{ deny: role-resolution-denied }} ]
      - [ ~            , deny ]
      - [ [eng, ops]   , deny ]
  - name: who may choose
    each: {{ user: [alice, bob], custom_role_arn: [~, admin] }}
    expect:
      - {{ when: {{ user: alice }}, role: admin }}
      - {{ when: {{ user: bob, custom_role_arn: ~ }}, role: Staff, tags: {{ department: eng, $subset: true }} }}
      - {{ otherwise: {{ deny: custom-role-not-allowed }} }}
  - {{ name: guests, user: visitor, expect: {{ deny: role-not-configured }} }}
  - {{ name: a real token, user: real, expect: {{ role: Guest, by: rule 3 }} }}
  - {{ name: later, user: bob, expect: admin, todo: not yet }}
  - {{ name: never, user: bob, expect: admin, skip: no time }}
"#
    );
    // {"alg":"none"} . {"sub":"1","aud":"client1","custom:dept":"hr"}
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwiYXVkIjoiY2xpZW50MSIsImN1c3RvbTpkZXB0IjoiaHIifQ.";
    let plan = plan_with(&suite, |brought| brought.token("fixtures/redacted.jwt", jwt.into())).unwrap();
    let expected = |name: &str| {
        format!(
            "admins are admins{name}: Pass (uncertain)
departments[eng]{name}: Pass
departments[ops]{name}: Pass
departments[~]{name}: Pass
departments[[eng, ops]]{name}: Pass
who may choose[alice, ~]{name}: Pass
who may choose[alice, admin]{name}: Pass (uncertain)
who may choose[bob, ~]{name}: Pass
who may choose[bob, admin]{name}: Pass
guests{name}: Pass
a real token{name}: Pass
later{name}: Todo
never{name}: Skipped"
        )
    };
    let lines = results(&plan);
    let of = |label: &str| lines.iter().filter(|line| line.contains(label)).cloned().collect::<Vec<_>>().join("\n");
    // What is certain is the evaluator's business; here the verdicts count.
    let verdicts = |text: String| text.replace(" (uncertain)", "");
    assert_eq!(verdicts(of("@dev")), verdicts(expected("@dev")));
    assert_eq!(verdicts(of("@prod")), verdicts(expected("@prod")));
    assert_eq!(lines.len(), 26);
}

#[test]
fn uncertainty_can_be_expected_and_certainty_demanded() {
    let suite = tests(
        r#"
  - name: arrays
    user: base
    table:
      - [ "cognito:groups", expect ]
      - [ [admins-eu], uncertain ]
      - [ [admins], { role: Admin, certain: true } ]
      - [ admins, { role: Admin, certain: true } ]
"#,
    )
    .replace("users:", "assume: { tag-missing-claim: omit }\nusers:");
    let plan = plan(&suite);
    assert_eq!(
        results(&plan),
        ["arrays[[admins-eu]]: Pass (uncertain)", "arrays[[admins]]: Pass", "arrays[admins]: Pass"]
    );
}

#[test]
fn a_failure_says_what_decided_where_and_how_to_ask_again() {
    let suite = tests(
        r#"  - { name: wrong role, user: eng, expect: { role: Admin, by: rule 1, tags: { department: ops } } }
  - { name: wrong tag, user: eng, expect: { role: Staff, tags: { department: ops } } }
  - { name: near, user: eng, claims: { "custom:dept": Eng }, expect: Staff }
"#,
    );
    let plan = plan(&suite);
    let failure = |n: usize| plan.failure(plan.cases()[n]).unwrap();
    let said = |n: usize| -> Vec<String> {
        failure(n).mismatches.iter().map(|m| format!("{}: {} | {}", m.what, m.expected, m.got)).collect()
    };
    assert_eq!(
        said(0),
        ["role: arn:aws:iam::111122223333:role/Admin | arn:aws:iam::111122223333:role/Staff", "by: rule 1 | rule 2"]
    );
    assert_eq!(said(1), ["tags: {department: ops} | {department: eng}"]);
    let decider = failure(0).decided_by.unwrap();
    let at = decider.at.unwrap();
    assert_eq!(decider.what, "rule 2: custom:dept Equals `eng`");
    assert_eq!((at.name_in(plan.names()).unwrap(), at.line()), ("pool.json", 6));
    assert_eq!(failure(2).near_miss.unwrap(), "rule 2 (custom:dept Equals `eng`): only letter case differs");
    let retry = failure(0).retry.unwrap();
    assert_eq!(retry.config, "pool.json");
    assert_eq!(retry.options, ["--claim", "custom:dept=eng"], "claims that nothing reads are left out");
    assert!(failure(0).answer.contains(r#""rule":2"#));
}

#[test]
fn a_todo_that_passes_fails() {
    let plan = plan(&tests("  - { name: done, user: eng, expect: Staff, todo: fix the pool }"));
    assert_eq!(results(&plan), ["done: TodoPassed"]);
}

#[test]
fn a_role_goes_by_alias_arn_or_name() {
    for role in ["Staff", "arn:aws:iam::111122223333:role/Staff"] {
        assert_eq!(results(&plan(&tests(&format!("  - {{ name: a, user: eng, expect: {role} }}")))), ["a: Pass"]);
    }
    assert_eq!(
        problems(&tests("  - { name: a, user: eng, expect: staf }")),
        ["7:35: unknown role `staf`, did you mean `Staff`?"]
    );
}

#[test]
fn users_that_extend_each_other_are_refused() {
    let suite = "version: 1\nconfig: pool.json\nusers:\n  a: { extends: b }\n  b: { extends: c }\n  c: { extends: a }\n  d: { extends: d }\n  e: { extends: alcie }\n  alice: {}\ntests:\n  - { name: t, user: a, expect: deny }";
    assert_eq!(
        problems(suite),
        [
            "4:3: users extend each other: `a` → `b` → `c` → `a`",
            "7:3: users extend each other: `d` → `d`",
            "8:17: unknown user `alcie`, did you mean `alice`?",
        ]
    );
}

#[test]
fn the_whole_text_is_checked_at_once() {
    let suite = "version: 2\nconfgi: pool.json\nusers:\n  a: { claim: {} }\ntests:\n  - { name: t, usr: a, expect: deny }\n  - { name: t, user: b, expct: deny, skip: }";
    assert_eq!(
        problems(suite),
        [
            "1:1: the suite has no `config`; name the configuration it is about",
            "1:10: this is not `version: 1`, the only one there is",
            "2:1: unknown key of a suite: `confgi`, did you mean `config`?",
            "4:8: unknown key of a user: `claim`, did you mean `claims`?",
            "6:16: unknown key of a test: `usr`, did you mean `user`?",
            "7:13: name `t` is taken already, on line 6",
            "7:22: unknown user `b`, did you mean `a`?",
            "7:25: unknown key of a test: `expct`, did you mean `expect`?",
            "7:42: `skip` needs its reason: `skip: because …`",
        ]
    );
}

#[expect(clippy::too_many_lines, reason = "a table of mistakes")]
/// Each of these would pass, or pass for the wrong reason, if it were let through.
#[test]
fn nothing_passes_by_accident() {
    for (test, expected) in [
        ("- { name: t, user: eng }", "7:5: the test has no `expect`, so it would test nothing"),
        ("- { name: t, user: eng, expect: {} }", "7:35: this expects nothing; give it a `role` or `deny`"),
        ("- { name: t, user: eng, expect: { role: Staff, deny: true } }", "7:43: a denial has no `role`"),
        (
            "- { name: t, user: eng, expect: { rolle: Staff } }",
            "7:37: unknown key of `expect`: `rolle`, did you mean `role`?",
        ),
        (
            "- { name: t, user: eng, expect: ~ }",
            "7:35: `expect` is null, expected a role, `deny`, `uncertain` or a map",
        ),
        (
            "- { name: t, user: eng, expect: no }",
            "7:35: `expect` is a word that YAML tools read differently, expected a role, `deny`, `uncertain` or a map",
        ),
        (
            "- { name: t, user: eng, expect: { deny: resolution-denied } }",
            "7:43: unknown reason `resolution-denied`, expected `guests-not-allowed`, `role-resolution-denied`, `custom-role-not-allowed`, `role-not-configured`, `invalid-token`, `tags-rejected`, `logins-disagree` or `custom-role-required`",
        ),
        (
            "- { name: t, user: eng, expect: { role: Staff, by: rule two } }",
            "7:54: unknown source `rule two`, expected `rule N`, `preferred-role`, `custom-role`, `role-resolution`, `authenticated-role`, `unauthenticated-role`, `sole-role` or `saml-role`",
        ),
        (
            "- { name: t, user: eng, expect: { role: Staff, by: rule 0 } }",
            "7:54: unknown source `rule 0`, did you mean `rule N`?",
        ),
        (
            "- { name: t, user: eng, expect: { role: Staff, tags: { $subset: true } } }",
            "7:56: `$subset: true` without any tag expects nothing",
        ),
        (
            "- { name: t, user: eng, expect: { role: Staff, tags: { $subst: true, a: b } } }",
            "7:58: unknown key of `tags`: `$subst`, did you mean `$subset`?",
        ),
        ("- { name: t, user: eng, expect: { role: deny } }", "7:43: `deny` is no role; write `expect: deny`"),
        ("- { name: t, user: eng, skip: true, expect: Staff }", "7:33: `skip` needs its reason: `skip: because …`"),
        ("- { name: t, user: eng, todo: , expect: Staff }", "7:31: `todo` needs its reason: `todo: because …`"),
        ("- { name: '', user: eng, expect: Staff }", "7:13: `name` is empty"),
        ("- { user: eng, expect: Staff }", "7:5: a test has no `name`"),
        (
            "- { name: t, user: eng, claims: { a: 0x10 }, expect: Staff }",
            "7:40: `a` is a word that YAML tools read differently; quote this value",
        ),
        (
            "- { name: t, user: eng, groups: [admin], expect: Staff }",
            "7:36: unknown group `admin`, did you mean `admins`?",
        ),
        (
            "- { name: t, user: eng, provider: accounts.gogle.com, expect: Staff }",
            "7:37: unknown provider `accounts.gogle.com`, expected `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1`",
        ),
        (
            "- { name: t, user: eng, assume: { array-claim: membership }, expect: Staff }",
            "7:37: unknown question `array-claim`, did you mean `array-claims`?",
        ),
        (
            "- { name: t, user: eng, custom_role_arn: Admn, expect: Staff }",
            "7:44: unknown role `Admn`, did you mean `Admin`?",
        ),
        ("- { name: t, user: base, table: [], expect: Staff }", "7:35: the table is empty"),
        (
            "- { name: t, user: base, table: [[\"custom:dept\", expect]] }",
            "7:35: the table has no rows below its headings",
        ),
        ("- { name: t, user: base, table: [[\"custom:dept\"], [eng]] }", "7:36: the table has no column `expect`"),
        (
            "- { name: t, user: base, table: [[\"custom:dept\", expects], [eng, Staff]] }",
            "7:52: the table has no column `expect`; did you mean `expect` by `expects`?",
        ),
        ("- { name: t, user: base, table: [[expect], [Staff]] }", "7:36: the table has no column but `expect`"),
        ("- { name: t, user: base, table: [[a, expect], [eng]] }", "7:49: the row has 1 cell, the headings are 2"),
        ("- { name: t, user: base, table: [[a, a, expect], [x, y, deny]] }", "7:40: column `a` is given twice"),
        (
            "- { name: t, user: base, table: [[a, expect], [x, deny], [x, Staff]] }",
            "7:60: this row is there already, on line 7",
        ),
        ("- { name: t, user: base, table: [[user, expect], [eng, Staff]] }", "7:22: `user` is set by the rows already"),
        ("- { name: t, table: [[user, expect], [engi, Staff]] }", "7:40: unknown user `engi`, did you mean `eng`?"),
        (
            "- { name: t, each: { user: [eng, base] }, expect: [{ when: { user: eng }, role: Staff }] }",
            "7:53: no entry covers `base`; add one, or `otherwise`",
        ),
        (
            "- { name: t, each: { user: [eng, base] }, expect: [{ when: { user: eng }, role: Staff }, { when: { user: [eng, base] }, deny: true }] }",
            "7:92: cell `eng` is covered twice, first on line 7",
        ),
        (
            "- { name: t, each: { user: [eng] }, expect: [{ when: { user: base }, role: Staff }, { otherwise: deny }] }",
            "7:64: unknown value of `user`: `base`, expected `eng`",
        ),
        (
            "- { name: t, each: { user: [eng] }, expect: [{ when: { usr: eng }, role: Staff }] }",
            "7:58: unknown key of `when`: `usr`, did you mean `user`?",
        ),
        (
            "- { name: t, each: { user: [eng] }, expect: [{ role: Staff }] }",
            "7:48: an entry has neither `when` nor `otherwise`",
        ),
        ("- { name: t, each: { user: [] }, expect: Staff }", "7:30: `user` has no values"),
        ("- { name: t, each: { user: [eng, eng] }, expect: Staff }", "7:36: this value is there already"),
        (
            "- { name: t, logins: [], expect: deny }",
            "7:24: `logins` names nobody; a guest is a user with `guest: true`",
        ),
    ] {
        let found = problems(&tests(&format!("  {test}")));
        assert_eq!(found, [expected], "{test}");
    }
}

#[test]
fn a_suite_that_would_judge_nothing_is_refused() {
    for (suite, expected) in [
        ("version: 1\nconfig: pool.json", "1:1: the suite has no tests, no properties and no snapshot of users"),
        (
            "version: 1\nconfig: pool.json\ntests: []",
            "1:1: the suite has no tests, no properties and no snapshot of users",
        ),
        (
            "version: 1\nconfig: {}\ntests:\n  - { name: t, claims: {a: b}, expect: deny }",
            "2:9: `config` names no configuration",
        ),
        (
            "config: pool.json\ntests:\n  - { name: t, claims: {a: b}, expect: deny }",
            "1:1: the suite has no `version`; write `version: 1`",
        ),
        (
            "version: 1\nconfig: pool.json\npool: other\ntests:\n  - { name: t, claims: {a: b}, expect: deny }",
            "3:7: unknown pool `other`, expected `us-east-1:app`",
        ),
        (
            "version: 1\nconfig: pool.json\nnow: soon\ntests:\n  - { name: t, claims: {a: b}, expect: deny }",
            "3:6: `now` is no time such as `2026-01-01T00:00:00Z`",
        ),
        (
            "version: 1\nconfig: pool.json\nroles: { deny: Staff }\ntests:\n  - { name: t, claims: {a: b}, expect: deny }",
            "3:10: `deny` cannot be an alias: in `expect` it means something else",
        ),
        (
            "version: 1\nconfig: pool.json\ncoverage: { rules: 101 }\ntests:\n  - { name: t, claims: {a: b}, expect: deny }",
            "3:20: `rules` is not a whole number from 0 to 100",
        ),
        (
            "version: 1\nconfig: pool.json\nproperties:\n  - { name: p, never: Admin, unless: \"cognito:groups has admins\" }",
            "4:38: column 16: unknown operator `has`, expected `equals`, `not-equal`, `starts-with`, `contains`, `present` or `absent`",
        ),
        ("version: 1\nconfig: pool.json\nproperties:\n  - { name: p, live: al }", "4:22: `live` can only be `all`"),
        (
            "version: 1\nconfig: pool.json\nproperties:\n  - { name: p, always: Staff, unless: \"a present\" }",
            "4:39: `unless` goes with `never` only",
        ),
        (
            "version: 1\nconfig: pool.json\nusers:\n  g: { guest: true, claims: { a: b } }\ntests:\n  - { name: t, user: g, expect: deny }",
            "4:3: a guest has no claims, groups, token or provider",
        ),
        (
            "version: 1\nconfig: pool.json\nusers:\n  g: { guest: true }\ntests:\n  - { name: t, user: g, claims: { a: b }, expect: deny }",
            "6:22: a guest has no login, so no claims and no other logins",
        ),
    ] {
        let found = problems(suite);
        assert_eq!(found, [expected], "{suite}");
    }
}

#[test]
fn files_that_cannot_be_brought_are_reported_where_they_are_named() {
    let suite = "version: 1\nconfig: pool.json\ngroups: groups.json\nusers:\n  real: { jwt: ../secret.jwt }\ntests:\n  - { name: t, user: real, table: rows.csv }";
    let error = plan_with(suite, |brought| {
        brought.fault(NeedKind::Token, "../secret.jwt", "outside-folder", "this path leads out of the suite's folder");
        brought.table("rows.csv", "custom:dept,expect\neng,Stuff\n\"ops\n".into());
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "app.whichrole.yaml:3:9: this file was not brought
app.whichrole.yaml:5:16: this path leads out of the suite's folder
rows.csv:2:5: unknown role `Stuff`, did you mean `Staff`?
rows.csv:3:1: the quotes of this cell are never closed"
    );
}

#[test]
fn a_csv_table_is_a_table() {
    let suite = tests("  - { name: csv, user: base, table: rows.csv }");
    let csv = "custom:dept,cognito:groups,expect\r\neng,~,Staff\r\nops,\"[\"\"admins\"\"]\",Admin\r\n~,~,deny\r\n12,~,Guest\r\n";
    let plan = plan_with(&suite, |brought| brought.table("rows.csv", csv.into())).unwrap();
    let names: Vec<String> = results(&plan).iter().map(|line| line.replace(" (uncertain)", "")).collect();
    assert_eq!(names, ["csv[eng, ~]: Pass", "csv[ops, [admins]]: Pass", "csv[~, ~]: Pass", "csv[\"12\", ~]: Pass"]);
    assert_eq!(plan.place(plan.cases()[1]).line(), 3);
}

#[test]
fn coverage_counts_what_decided_and_shows_a_token_for_the_rest() {
    let plan = plan(&tests("  - { name: a, user: eng, expect: Staff }\n  - { name: b, user: base, expect: deny }"));
    let mut tally = Tally::default();
    for case in plan.cases() {
        assert_eq!(plan.judge(*case, &mut tally).verdict, Verdict::Pass);
    }
    let coverage = plan.coverage(&tally);
    assert_eq!((coverage.rules.covered, coverage.rules.total, coverage.rules.percent()), (1, 3, 33));
    assert_eq!((coverage.outcomes.covered, coverage.outcomes.total), (6, 9));
    assert_eq!((coverage.tags.covered, coverage.tags.total), (1, 1));
    let uncovered: Vec<String> = coverage
        .uncovered
        .iter()
        .map(|found| {
            format!(
                "{} <- {}",
                found.item.kind.in_words(),
                found.witness.as_ref().map_or("none".into(), |w| w.to_yaml(false).join(", "))
            )
        })
        .collect();
    assert_eq!(
        uncovered,
        [
            "rule 1 decides (arn:aws:iam::111122223333:role/Admin) <- claims: { \"cognito:groups\": [admins] }",
            "rule 3 decides (arn:aws:iam::111122223333:role/Guest) <- claims: { \"custom:dept\": other }",
            "the request chooses its role <- claims: { \"cognito:groups\": [admins] }, custom_role_arn: \"arn:aws:iam::111122223333:role/Admin\"",
        ]
    );
}

#[test]
fn a_snapshot_changes_row_by_row() {
    let plan = plan(&tests("  - { name: a, user: eng, expect: Staff }"));
    let snapshot = plan.snapshot();
    assert_eq!(
        snapshot,
        "# users, roles and tags; written by `whichrole test --update`\n\
         user\trole\tby\ttags\tcertain\n\
         base\tdenied (role-resolution-denied)\t-\t{}\tcertain\n\
         eng\tarn:aws:iam::111122223333:role/Staff\trule 2\t{department: eng}\tcertain\n"
    );
    assert_eq!(plan.snapshot_changes(&snapshot), Ok(vec![]));
    let other = snapshot.replace("Staff", "Admin").replace("base", "old");
    let changes = plan.snapshot_changes(&other).unwrap();
    let users: Vec<_> = changes.iter().map(|c| (c.user.as_str(), c.before.is_some(), c.after.is_some())).collect();
    assert_eq!(users, [("base", false, true), ("eng", true, true), ("old", true, false)]);
    assert!(plan.snapshot_changes("version: 1").is_err());
}

#[test]
fn a_first_suite_passes_and_covers() {
    let configuration = read(&[Source { name: "pool.json".into(), text: POOL.into() }], &ReadOptions::default());
    let text = whichrole::suite::init(configuration.definitions[0].clone(), "pool.json", None);
    let plan = plan(&text);
    let mut tally = Tally::default();
    for case in plan.cases() {
        assert_eq!(plan.judge(*case, &mut tally).verdict, Verdict::Pass, "{}\n{text}", plan.case_name(*case));
    }
    let coverage = plan.coverage(&tally);
    assert!(coverage.uncovered.is_empty(), "{:?}\n{text}", coverage.uncovered);
}

/// `deny` and `uncertain` say something else in a suite, so a role of that name is written whole.
#[test]
fn a_first_suite_names_roles_that_are_called_like_an_expectation() {
    let rule = |claim: &str, role: &str| {
        format!(
            r#"{{"Claim": "{claim}", "MatchType": "Equals", "Value": "x", "RoleARN": "arn:aws:iam::111122223333:role/{role}"}}"#
        )
    };
    let rules = [rule("a", "deny"), rule("b", "uncertain"), rule("c", "R")].join(",");
    let pool = format!(
        r#"{{"RoleMappings": {{"graph.facebook.com": {{"Type": "Rules", "RulesConfiguration": {{"Rules": [{rules}]}}}}}}}}"#
    );
    let source = || Source { name: "pool.json".into(), text: pool.clone() };
    let configuration = read(&[source()], &ReadOptions::default());
    let suite = whichrole::suite::init(configuration.definitions[0].clone(), "pool.json", None);
    assert!(suite.contains("role: R,") && suite.contains("role/deny"), "{suite}");
    let plan = plan_with(&suite, |brought| brought.config("pool.json", read(&[source()], &ReadOptions::default())));
    let plan = plan.unwrap_or_else(|error| panic!("{error}\n{suite}"));
    assert!(results(&plan).iter().all(|result| result.contains("Pass")), "{suite}");
}

/// A suite may not be so many times a configuration that its cases alone fill the memory.
#[test]
fn cases_are_300000() {
    let problems = |rows: usize| {
        let configs = (0..5).map(|n| format!("  c{n}: pool.json\n")).collect::<Vec<_>>().concat();
        let rows = (0..rows).map(|n| format!("  - [{n}x, deny]\n")).collect::<Vec<_>>().concat();
        let suite =
            format!("version: 1\nconfig:\n{configs}tests:\n- name: t\n  table:\n  - [\"custom:dept\", expect]\n{rows}");
        plan_with(&suite, |_| {}).map(|plan| plan.cases().len()).map_err(|error| error.to_string())
    };
    assert_eq!(problems(60_000), Ok(300_000));
    let refusal = "app.whichrole.yaml:1:1: more than 300000 cases: each row for each configuration";
    assert_eq!(problems(60_001), Err(refusal.to_owned()));
}

/// Of very many changes some are not tried, and then nobody is told that they were noticed.
#[test]
fn mutants_of_very_many_rules_are_not_all_tried() {
    use whichrole::suite::Fate;
    let rules: Vec<String> = (0..1_000)
        .map(|n| format!(r#"{{"Claim": "a", "MatchType": "Equals", "Value": "{n}", "RoleARN": "arn:aws:iam::111122223333:role/R{n}"}}"#))
        .collect();
    let pool = format!(
        r#"{{"RoleMappings": {{"graph.facebook.com": {{"Type": "Rules", "RulesConfiguration": {{"Rules": [{}]}}}}}}}}"#,
        rules.join(",")
    );
    let plan = plan_with(&tests("  - { name: a, claims: { a: \"0\" }, expect: R0 }"), |brought| {
        let source = Source { name: "pool.json".into(), text: pool };
        brought.config("pool.json", read(&[source], &ReadOptions::default()));
    });
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let mutants = plan.mutants();
    // A thousand rules, a mapping and eleven times 256 bytes: the square of 1,012 goes 488 times into 500 million.
    assert_eq!(mutants.len(), 5_000);
    assert!(matches!(plan.try_mutant(&mutants[0], plan.cases()), Fate::Killed(_)), "rule 1 is gone");
    assert!(!matches!(plan.try_mutant(&mutants[487], &[]), Fate::NotTried));
    assert!(matches!(plan.try_mutant(&mutants[488], plan.cases()), Fate::NotTried));
}

#[test]
fn mutants_are_killed_by_suites_that_look_and_shown_where_they_survive() {
    use whichrole::suite::Fate;
    let plan = plan(&tests("  - { name: a, user: eng, expect: Staff }\n  - { name: b, user: base, expect: deny }"));
    let survivors: Vec<String> = plan
        .mutants()
        .iter()
        .filter_map(|mutant| match plan.try_mutant(mutant, plan.cases()) {
            Fate::Survived(witness) => {
                let row = plan.killing_row(mutant, &witness).unwrap();
                // The row passes now, and would fail on the mutant.
                let with_row = self::plan(&tests(&row));
                assert_eq!(with_row.judge(with_row.cases()[0], &mut Tally::default()).verdict, Verdict::Pass, "{row}");
                let killed = with_row.try_mutant(mutant, with_row.cases());
                assert!(matches!(killed, Fate::Killed(_)), "{} {row}", mutant.change());
                Some(mutant.change())
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        survivors,
        [
            "the authenticated role is arn:aws:iam::111122223333:role/Admin",
            "rule 1 (Admin) is gone",
            "rules 1 (Admin) and 2 (Staff) are swapped",
            "rule 1 (Admin) says Equals",
            "rule 1 (Admin) compares with `admins-x`",
            "rule 1 (Admin) compares with `admin`",
            "rule 1 (Admin) gives arn:aws:iam::111122223333:role/Guest",
            "rule 2 (Staff) says StartsWith",
            "rule 3 (Guest) is gone",
            "rule 3 (Guest) says Equals",
            "rule 3 (Guest) compares with `ops-x`",
            "rule 3 (Guest) gives arn:aws:iam::111122223333:role/Admin",
            "tag `department` is made of claim `sub`",
        ]
    );
}

#[test]
fn filters_match_whole_names() {
    let plan =
        plan(&tests("  - { name: a, user: base, table: [[\"custom:dept\", expect], [eng, Staff], [ops, deny]] }"));
    let glob = whichrole::suite::Glob::new("a[o*]");
    let found: Vec<String> =
        plan.cases().iter().map(|case| plan.case_name(*case)).filter(|name| glob.matches(name)).collect();
    assert_eq!(found, ["a[ops]"]);
}

/// The pool, and the trust policies of two of its roles: the staff's lacks `sts:TagSession`.
fn with_trust(actions_of_staff: &str) -> String {
    let role = |name: &str, actions: &str| {
        format!(
            r#"{{"Role": {{"RoleName": "{name}", "Arn": "arn:aws:iam::111122223333:role/{name}", "AssumeRolePolicyDocument":
               {{"Statement": [{{"Effect": "Allow", "Principal": {{"Federated": "cognito-identity.amazonaws.com"}},
                 "Action": {actions},
                 "Condition": {{"StringEquals": {{"cognito-identity.amazonaws.com:aud": "us-east-1:app"}},
                   "ForAnyValue:StringLike": {{"cognito-identity.amazonaws.com:amr": "authenticated"}}}}}}]}}}}}}"#
        )
    };
    let whole = role("Admin", r#"["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]"#);
    POOL.replacen('[', &format!("[{whole}, {},", role("Staff", actions_of_staff)), 1)
}

#[test]
fn a_case_may_ask_whether_sts_would_let_cognito_assume_the_role() {
    let suite = tests(
        r#"
  - { name: admin, claims: { "cognito:groups": [admins] }, expect: { role: Admin, assumable: true } }
  - { name: not admin, claims: { "cognito:groups": [admins] }, expect: { role: Admin, assumable: false } }
  - { name: staff, claims: { "custom:dept": eng }, expect: { role: Staff, assumable: false } }
  - { name: not staff, claims: { "custom:dept": eng }, expect: { role: Staff, assumable: true } }
  - { name: unknown, claims: { "custom:dept": it }, expect: { role: Guest, assumable: true } }
  - { name: unknown too, claims: { "custom:dept": it }, expect: { role: Guest, assumable: false } }
  - { name: denied, claims: { "custom:dept": ops }, expect: { assumable: false } }"#,
    );
    let plan = plan_with(&suite, |brought| {
        let text = with_trust("\"sts:AssumeRoleWithWebIdentity\"");
        brought.config("pool.json", read(&[Source { name: "pool.json".into(), text }], &ReadOptions::default()));
    });
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let passed: Vec<String> =
        results(&plan).into_iter().filter_map(|line| Some(line.split_once(": Pass")?.0.to_owned())).collect();
    // What nobody knows is neither.
    assert_eq!(passed, ["admin", "staff"]);
    let got = |case: usize| {
        let failure = plan.failure(plan.cases()[case]).unwrap_or_else(|| panic!("case {case} passes"));
        failure.mismatches.iter().map(|mismatch| format!("{}: {}", mismatch.what, mismatch.got)).collect::<Vec<_>>()
    };
    assert_eq!(got(1), ["assumable: STS would accept"]);
    assert_eq!(got(3), ["assumable: STS would refuse: the statement does not allow `sts:TagSession` (pool.json:7:28)"]);
    let nowhere = "assumable: not known: no role was given whose trust policy is in the configuration";
    assert_eq!([got(4), got(5), got(6)], [[nowhere], [nowhere], [nowhere]]);
    assert_eq!(
        problems(&tests("  - { name: a, claims: {}, expect: { deny: true, assumable: false } }")),
        ["7:61: a denial has no `assumable`"]
    );
}
