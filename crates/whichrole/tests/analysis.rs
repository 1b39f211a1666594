//! What the analysis says of pools that people write. `analysis_brute_force.rs` has the random ones.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects in the shortest way")]

use whichrole::analysis::{Condition, NotDecided};
use whichrole::analysis::{
    Diff, DiffOptions, Proof, RoleReach, Subject, Verdict, always, diff, equivalent, never, reach, reach_role,
};
use whichrole::read::{Configuration, ReadOptions, Source};
use whichrole::{ArrayClaims, Choice, Evaluator, Group, IdentityPool, IdentityProvider, Semantics, SoleRole};

const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const READER: &str = "arn:aws:iam::111122223333:role/Reader";
const GUEST: &str = "arn:aws:iam::111122223333:role/Guest";

fn read(text: &str) -> IdentityPool {
    let source = Source { name: "pool.json".to_owned(), text: text.to_owned() };
    let configuration: Configuration = whichrole::read::read(&[source], &ReadOptions::default());
    configuration.usable().unwrap().choose(None).unwrap().pool.clone()
}

/// A pool with one mapping; the rules as `claim operator value role`, the type Token where there are none.
fn pool(rules: &[&str]) -> IdentityPool {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| {
            let words: Vec<&str> = rule.split(' ').collect();
            let [claim, operator, value, name] = words.as_slice() else { panic!("{rule}") };
            let role = role(name);
            format!(r#"{{"Claim":"{claim}","MatchType":"{operator}","Value":"{value}","RoleARN":"{role}"}}"#)
        })
        .collect();
    let mapping = if rules.is_empty() {
        r#""Type":"Token""#.to_owned()
    } else {
        format!(r#""Type":"Rules","RulesConfiguration":{{"Rules":[{}]}}"#, rules.join(","))
    };
    read(&format!(
        r#"{{"IdentityPoolId":"us-east-1:0000","Roles":{{"authenticated":"{READER}","unauthenticated":"{GUEST}"}},
        "RoleMappings":{{"cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web":
        {{"AmbiguousRoleResolution":"Deny",{mapping}}}}}}}"#
    ))
}

fn group(name: &str, role: Option<&str>) -> Group {
    Group { role_arn: role.map(Into::into), precedence: Some(1), ..Group::named(name) }
}

fn side(pool: &IdentityPool, semantics: Semantics) -> Subject<'_> {
    Subject { pool, groups: &[], semantics }
}

fn compare(before: &IdentityPool, after: &IdentityPool) -> Diff {
    diff(&side(before, Semantics::default()), &side(after, Semantics::default()), &DiffOptions::default())
}

/// `before -> after {claims}` for each change.
fn lines(found: &Diff) -> Vec<String> {
    let short = |role: &Option<String>, deny: Option<&str>| match role {
        Some(role) => role.rsplit('/').next().unwrap().to_owned(),
        None => deny.unwrap().to_owned(),
    };
    let line = |change: &whichrole::analysis::Change| {
        let (before, after) = (&change.before, &change.after);
        let (before, after) = (short(&before.role, before.deny), short(&after.role, after.deny));
        format!("{before} -> {after} {}", change.witness.claims.to_json())
    };
    found.changes.iter().map(line).collect()
}

fn rules_of(pool: &IdentityPool, semantics: Semantics) -> Vec<String> {
    let evaluator = Evaluator::new(pool.clone(), semantics);
    reach(&evaluator, &[])
        .rules
        .iter()
        .map(|rule| match &rule.verdict {
            Verdict::Live(witness) => witness.claims.to_json(),
            Verdict::Dead => format!("dead {:?}", rule.blocked_by),
            Verdict::NotDecided(why) => why.to_string(),
        })
        .collect()
}

#[test]
fn a_rule_is_live_with_the_shortest_witness_or_dead_with_the_smallest_blocking_set() {
    let pool = pool(&[
        "dept StartsWith eng A",
        "dept Equals eng-ops B",
        "dept Contains ng C",
        "dept NotEqual x D",
        "dept Equals x E",
        "dept Contains y F",
        "cognito:groups Equals admins G",
    ]);
    assert_eq!(
        rules_of(&pool, Semantics::default()),
        [
            r#"{"dept":"eng"}"#,
            "dead [1]",
            r#"{"dept":"ng"}"#,
            r#"{"dept":""}"#,
            r#"{"dept":"x"}"#,
            // No text is left, but an array is never unequal under this reading.
            r#"{"dept":["y"]}"#,
            "dead []",
        ]
    );
    let per_element = Semantics::default().assume(ArrayClaims::PerElement);
    assert_eq!(rules_of(&pool, per_element).last().unwrap(), r#"{"cognito:groups":["admins"]}"#);
}

#[test]
fn of_very_many_earlier_rules_each_that_matters_counts() {
    let others: Vec<String> = (0..100).map(|n| format!("dept Equals other{n} A")).collect();
    let last = [
        "dept StartsWith eng B",
        "dept Equals eng-ops C",
        "dept Equals ng D",
        "dept StartsWith ng E",
        "dept Contains ng F",
        "dept NotEqual x G",
        "dept NotEqual y H",
        "dept StartsWith zz I",
    ];
    let rules: Vec<&str> = others.iter().map(String::as_str).chain(last).collect();
    assert_eq!(
        rules_of(&pool(&rules), Semantics::default())[100..],
        [
            r#"{"dept":"eng"}"#,
            "dead [101]",
            r#"{"dept":"ng"}"#,
            r#"{"dept":"ngb"}"#,
            r#"{"dept":"bng"}"#,
            r#"{"dept":""}"#,
            r#"{"dept":"x"}"#,
            "dead [106]",
        ]
    );
}

#[test]
fn two_rules_can_block_one_together() {
    let pool = pool(&["dept Equals z Z", "dept NotEqual ops A", "dept Equals ops B", "dept StartsWith op C"]);
    assert_eq!(rules_of(&pool, Semantics::default())[3], "dead [2, 3]");
}

#[test]
fn arrays_are_searched_under_every_reading() {
    let pool = pool(&["cognito:groups Contains adm A", "cognito:groups Contains b B", "cognito:groups StartsWith [ C"]);
    for (reading, expected) in [
        (ArrayClaims::ContainsElement, [r#"["adm"]"#, r#"["b"]"#, "dead []"]),
        (ArrayClaims::Membership, [r#"["adm"]"#, r#"["b"]"#, "dead []"]),
        (ArrayClaims::PerElement, [r#"["adm"]"#, r#"["b"]"#, r#"["["]"#]),
        (ArrayClaims::JsonText, [r#"["adm"]"#, r#"["b"]"#, r"[]"]),
        (ArrayClaims::ListText, [r#"["adm"]"#, r#"["b"]"#, r"[]"]),
    ] {
        let expected = expected.map(|value| {
            if value.starts_with('[') { format!(r#"{{"cognito:groups":{value}}}"#) } else { value.to_owned() }
        });
        assert_eq!(rules_of(&pool, Semantics::default().assume(reading)), expected, "{reading:?}");
    }
}

#[test]
fn where_the_text_of_an_array_is_beyond_the_search_the_answer_is_not_decided() {
    // `["` opens a second element that no candidate closes.
    let pool = pool(&[r#"cognito:groups Contains a\",\"b A"#, r#"cognito:groups Contains q\", B"#]);
    let json_text = Semantics::default().assume(ArrayClaims::JsonText);
    assert_eq!(
        rules_of(&pool, json_text),
        [r#"{"cognito:groups":["a","b"]}"#.to_owned(), NotDecided::Incomplete.to_string()]
    );
}

#[test]
fn letter_case_is_folded_as_the_comparison_folds_it() {
    let pool = pool(&["dept Equals ADMIN A", "dept Equals admin B", "dept Contains İ C"]);
    let insensitive = Semantics::default().assume(Choice::parse("letter-case", "insensitive").unwrap());
    assert_eq!(rules_of(&pool, insensitive), [r#"{"dept":"ADMIN"}"#, "dead [1]", "{\"dept\":\"i\u{307}\"}"]);
}

#[test]
fn witnesses_use_known_groups_where_they_can() {
    let pool = pool(&["cognito:groups Contains adm Admin", "cognito:groups Contains ghost A"]);
    let groups = [group("site-admins", None), group("staff", None)];
    let found = reach(&Evaluator::new(pool, Semantics::default()), &groups);
    let witness = |at: usize| found.rules[at].verdict.witness().unwrap().claims.to_json();
    assert_eq!(witness(0), r#"{"cognito:groups":["site-admins"]}"#);
    assert_eq!(witness(1), r#"{"cognito:groups":["ghost"]}"#, "a group nobody has told us of may exist");
    assert_eq!(found.groups.len(), 1);
    assert_eq!((&*found.groups[0].role, &found.groups[0].sets), (ADMIN, &vec![vec!["site-admins".to_owned()]]));
}

fn role<'r>(roles: &'r [RoleReach], name: &str) -> &'r RoleReach {
    roles.iter().find(|role| *role.role == *name).unwrap()
}

#[test]
fn a_token_mapping_gives_any_role_that_the_token_names() {
    let groups = [group("admins", Some(ADMIN))];
    let found = reach(&Evaluator::new(pool(&[]), Semantics::default()), &groups);
    let admin = role(&found.roles, ADMIN);
    assert_eq!(admin.verdict.witness().unwrap().claims.to_json(), format!(r#"{{"cognito:preferred_role":"{ADMIN}"}}"#));
    assert_eq!(admin.by[0].source.id(), "preferred-role");
    assert_eq!(role(&found.roles, GUEST).by.len(), 2, "as a guest, and by naming it");
    assert_eq!(found.unmapped.role.as_deref(), Some(READER));
    let sole = reach(&Evaluator::new(pool(&[]), Semantics::default().assume(SoleRole::UseIt)), &groups);
    assert_eq!(role(&sole.roles, ADMIN).by.len(), 2);
}

#[test]
fn what_only_a_chosen_role_gives_is_kept_apart() {
    let pool = pool(&["dept Contains a Reader", "dept Equals xa Admin"]);
    let found = reach(&Evaluator::new(pool, Semantics::default()), &[]);
    let admin = role(&found.roles, ADMIN);
    assert_eq!(admin.verdict, Verdict::Dead);
    let custom = admin.by_custom_role.as_ref().unwrap().witness().unwrap();
    assert_eq!(custom.claims.to_json(), r#"{"dept":"xa"}"#);
    let json = serde_json::to_value(admin).unwrap();
    assert_eq!(json["reachable"], false);
    assert_eq!(json["by_custom_role"], true);
    assert_eq!(json["custom_witness"]["claims"]["dept"], "xa");
}

#[test]
fn the_condition_of_a_role_leaves_out_what_follows() {
    let pool = pool(&[
        "dept Equals ops Admin",
        "dept StartsWith eng Reader",
        "team Equals core Admin",
        "dept Contains eng-lead Admin",
        "dept Equals zzz Admin",
        "dept Equals ops Admin",
    ]);
    let evaluator = Evaluator::new(pool, Semantics::default());
    let when = reach_role(&evaluator, &[], ADMIN).when.unwrap();
    let words: Vec<String> = when.iter().map(whichrole::analysis::Alternative::words).collect();
    assert_eq!(
        words,
        [
            "dept equals `ops`",
            "not dept starts-with `eng` and team equals `core`",
            "dept contains `eng-lead` and not dept starts-with `eng`",
            "dept equals `zzz`",
        ]
    );
    let guest = reach_role(&evaluator, &[], GUEST);
    assert_eq!(guest.when.unwrap()[0].words(), "always");
    let nobody = reach_role(&evaluator, &[], "arn:aws:iam::111122223333:role/Nobody");
    assert_eq!((nobody.verdict, nobody.when), (Verdict::Dead, Some(Vec::new())));
}

#[test]
fn rules_in_another_order_are_equal_exactly_where_no_token_meets_both() {
    let before = pool(&["dept Equals a A", "dept Equals b B", "dept Contains c C"]);
    let apart = pool(&["dept Equals b B", "dept Equals a A", "dept Contains c C"]);
    assert_eq!(compare(&before, &apart).is_equal(), Some(true));
    let meeting = pool(&["dept Contains c C", "dept Equals a A", "dept Equals b B"]);
    assert_eq!(compare(&before, &meeting).is_equal(), Some(true));
    let wider = pool(&["dept Contains a A", "dept Equals b B", "dept Contains c C"]);
    assert_eq!(
        lines(&compare(&before, &wider)),
        [r#"C -> A {"dept":"ac"}"#, r#"role-resolution-denied -> A {"dept":"ax"}"#]
    );
}

#[test]
fn a_dead_rule_matters_only_to_requests_that_choose_its_role() {
    let before = pool(&["dept Contains a A", "dept Equals xa B"]);
    let after = pool(&["dept Contains a A"]);
    let found = compare(&before, &after);
    assert!(found.changes.is_empty());
    assert_eq!(found.custom_role_changes.len(), 1);
    assert_eq!(found.custom_role_changes[0].witness.claims.to_json(), r#"{"dept":"xa"}"#);
    assert_eq!(found.custom_role_changes[0].after.deny, Some("custom-role-not-allowed"));
    assert_eq!(found.is_equal(), Some(false));
}

#[test]
fn changes_of_defaults_guests_and_resolution_are_changes() {
    let before = pool(&["dept Equals a A"]);
    let mut after = before.clone();
    after.roles.unauthenticated = None;
    after.roles.authenticated = Some(ADMIN.into());
    assert_eq!(
        lines(&compare(&before, &after)),
        ["Guest -> role-not-configured {}", r#"Reader -> Admin {"aud":"another-client-x"}"#],
        "the mapping denies, so only a login without one gets the default role"
    );
    let mut closed = before.clone();
    closed.allow_unauthenticated_identities = Some(false);
    assert_eq!(lines(&compare(&before, &closed)), ["Guest -> guests-not-allowed {}"]);
}

#[test]
fn a_mapping_on_one_side_only_is_listed_and_what_it_changes_too() {
    let mut before = pool(&["dept Equals a A"]);
    let mut after = before.clone();
    after.role_mappings.clear();
    let key = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example:web";
    let expected = ["role-resolution-denied -> Reader {}", r#"A -> Reader {"dept":"a"}"#];
    let found = compare(&before, &after);
    assert_eq!((found.only_before.as_slice(), found.is_equal()), (&[key.to_owned()][..], Some(false)));
    assert_eq!(lines(&found), expected);
    // It is the same where the pool lists its clients.
    for listed in ["web", "web,app"] {
        let (login, _) = key.rsplit_once(':').unwrap();
        let listed = listed
            .split(',')
            .map(|client| IdentityProvider { provider_name: login.into(), client_id: Some(client.to_owned()) });
        let listed: Vec<IdentityProvider> = listed.collect();
        before.providers = Some(listed.clone());
        after.providers = Some(listed);
        assert_eq!(lines(&compare(&before, &after)), expected);
        assert_eq!(compare(&after, &before).changes.len(), 2);
    }
}

#[test]
fn clients_that_the_pool_no_longer_lists_change() {
    let pool = |clients: &[&str]| {
        let login = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example";
        let listed: Vec<String> =
            clients.iter().map(|id| format!(r#"{{"ProviderName":"{login}","ClientId":"{id}"}}"#)).collect();
        read(&format!(
            r#"{{"IdentityPoolId":"x","AllowUnauthenticatedIdentities":false,"CognitoIdentityProviders":[{}],
            "Roles":{{"authenticated":"{READER}"}},
            "RoleMappings":{{"{login}:web":{{"Type":"Token","AmbiguousRoleResolution":"AuthenticatedRole"}}}}}}"#,
            listed.join(",")
        ))
    };
    assert_eq!(compare(&pool(&["web"]), &pool(&["web"])).is_equal(), Some(true));
    let found = compare(&pool(&["web", "app"]), &pool(&["app"]));
    assert!(lines(&found).contains(&r#"Reader -> invalid-token {"aud":"web"}"#.to_owned()), "{:?}", lines(&found));
}

#[test]
fn tags_are_compared_by_key() {
    let mut before = pool(&["dept Equals a A", "cognito:groups Contains b B"]);
    let login = whichrole::ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_Example");
    let map = |tags: &[(&str, &str)]| whichrole::PrincipalTagMap {
        use_defaults: false,
        tags: tags.iter().map(|(key, claim)| ((*key).to_owned(), (*claim).to_owned())).collect(),
    };
    before.principal_tags.insert(login.clone(), map(&[("dept", "dept"), ("who", "sub")]));
    let mut after = before.clone();
    after.principal_tags.insert(login, map(&[("dept", "dept"), ("who", "email"), ("all", "cognito:groups")]));
    let found = compare(&before, &after);
    assert_eq!(
        lines(&found),
        [
            // An array cannot be a tag, so rule 2 gives its role no longer.
            r#"B -> tags-rejected {"cognito:groups":["b"]}"#,
            r#"A -> A {"dept":"a","sub":""}"#,
            r#"tags-rejected -> A {"dept":"a","sub":"|"}"#,
            r#"A -> tags-rejected {"dept":"a","email":"|"}"#,
            // Logins of the user pool's other clients have no mapping, but tags.
            r#"Reader -> Reader {"sub":"","aud":"another-client-x"}"#,
            r#"tags-rejected -> Reader {"sub":"|","aud":"another-client-x"}"#,
            r#"Reader -> tags-rejected {"email":"|","aud":"another-client-x"}"#,
        ]
    );
}

#[test]
fn answers_that_become_uncertain_are_kept_apart() {
    let before = pool(&["dept Equals a A", "dept Equals b A"]);
    let after = pool(&["dept Equals a A", "dept Contains b A"]);
    let found = compare(&before, &after);
    assert!(!found.changes.is_empty());
    let quiet = pool(&["cognito:groups Contains admins A"]);
    let loud = pool(&["cognito:groups Contains admins A", "cognito:groups NotEqual x B"]);
    let found = compare(&quiet, &loud);
    assert!(found.changes.is_empty(), "under the default reading an array is never unequal");
    assert!(!found.certainty_changes.is_empty());
    assert_eq!(found.is_equal(), Some(true), "and so B cannot be asked for either");
}

#[test]
fn only_proves_that_nothing_else_changes() {
    let before = pool(&["dept Equals a A"]);
    let after = pool(&["dept StartsWith a A"]);
    let confined = |condition: &str| {
        let condition = Condition::parse(condition).unwrap();
        let options = DiffOptions { only: Some(&condition), ..DiffOptions::default() };
        diff(&side(&before, Semantics::default()), &side(&after, Semantics::default()), &options).is_confined()
    };
    assert_eq!(confined("dept starts-with a"), Some(true));
    assert_eq!(confined("dept present"), Some(true));
    assert_eq!(confined("dept starts-with ab or dept contains x"), Some(false));
    assert_eq!(confined("dept absent"), Some(false));
}

#[test]
fn a_template_is_compared_with_what_is_deployed() {
    let deployed = pool(&["dept Equals a Stack-AdminRole-1A2B3C"]);
    let mut template = deployed.clone();
    let mapping = template.role_mappings.pop_first().unwrap().1;
    template.role_mappings.insert(whichrole::ProviderKey::new("${Users.ProviderName}:${Web}"), mapping);
    for mapping in template.role_mappings.values_mut() {
        if let whichrole::RoleMappingType::Rules(rules) = &mut mapping.mapping_type {
            rules[0].role_arn = "${AdminRole.Arn}".into();
        }
    }
    let found = compare(&template, &deployed);
    assert_eq!(found.is_equal(), Some(true), "{found:?}");
    assert_eq!(found.matched.len(), 1);
    template.roles.authenticated = Some("${Other.Arn}".into());
    assert_eq!(compare(&template, &deployed).is_equal(), Some(false));
    let equal = [("${Other.Arn}".to_owned(), READER.to_owned())];
    let options = DiffOptions { equal: &equal, ..DiffOptions::default() };
    let proof = equivalent(&side(&template, Semantics::default()), &side(&deployed, Semantics::default()), &options);
    assert!(matches!(proof, Proof::Proved));
}

#[test]
fn one_pool_is_compared_under_two_readings() {
    let pool = pool(&["cognito:groups Contains adm A"]);
    let membership = Semantics::default().assume(ArrayClaims::Membership);
    let found = diff(&side(&pool, Semantics::default()), &side(&pool, membership), &DiffOptions::default());
    assert_eq!(lines(&found), [r#"A -> role-resolution-denied {"cognito:groups":["admx"]}"#]);
}

#[test]
fn token_mappings_are_compared() {
    let token = pool(&[]);
    let mut lenient = token.clone();
    for mapping in lenient.role_mappings.values_mut() {
        mapping.ambiguous_role_resolution = Some(whichrole::AmbiguousRoleResolution::AuthenticatedRole);
    }
    assert_eq!(lines(&compare(&token, &lenient)), ["role-resolution-denied -> Reader {}"]);
    let rules = pool(&["dept Equals a Admin"]);
    let found = compare(&rules, &token);
    assert_eq!(found.not_decided.len(), 0);
    let all = lines(&found);
    assert_eq!(all[0], r#"Admin -> role-resolution-denied {"dept":"a"}"#);
    assert!(all.contains(&format!(r#"role-resolution-denied -> Admin {{"cognito:preferred_role":"{ADMIN}"}}"#)));
}

#[test]
fn properties_hold_for_every_token_or_are_refuted_by_one() {
    let pool = pool(&["cognito:groups Contains admins Admin", "dept Equals ops Reader"]);
    let evaluator = Evaluator::new(pool, Semantics::default());
    let never = |condition: &str| never(&evaluator, &[], ADMIN, Some(&Condition::parse(condition).unwrap()));
    assert_eq!(never("cognito:groups contains admins"), Proof::Proved);
    assert_eq!(never("cognito:groups contains min or dept equals ops"), Proof::Proved);
    let Proof::Refuted(witness) = never("cognito:groups contains adminsx") else { panic!("not refuted") };
    assert_eq!(witness.claims.to_json(), r#"{"cognito:groups":["admins"]}"#);
    let always = |role, condition: &str| always(&evaluator, &[], role, Some(&Condition::parse(condition).unwrap()));
    assert_eq!(always(ADMIN, "cognito:groups contains admins"), Proof::Proved);
    let Proof::Refuted(witness) = always(READER, "dept equals ops") else { panic!("not refuted") };
    assert_eq!(witness.claims.to_json(), r#"{"cognito:groups":["admins"],"dept":"ops"}"#);
    assert_eq!(always(READER, "dept equals ops and cognito:groups absent"), Proof::Proved);
}

#[test]
fn a_search_past_its_bounds_is_not_decided() {
    let value = |n: usize| format!("{}{n}{}", "a".repeat(100), "a".repeat(100));
    let rules: Vec<String> = (0..7).map(|n| format!("dept Contains {} Admin", value(n))).collect();
    let pool = pool(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    // An array is never unequal, so a text is asked for, with seven pieces in any order.
    let pieces: Vec<String> = (0..7).map(|n| format!("dept contains {}", value(n))).collect();
    let condition = Condition::parse(&format!("{} and dept not-equal x", pieces.join(" and "))).unwrap();
    let evaluator = Evaluator::new(pool, Semantics::default());
    let proof = always(&evaluator, &[], READER, Some(&condition));
    assert_eq!(proof, Proof::NotDecided(NotDecided::TooLarge));
}
