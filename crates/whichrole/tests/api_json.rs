//! Reading API and CLI JSON: what is one configuration, what contradicts itself, what is misspelt. Nothing that decides is passed over.

use whichrole::read::{Configuration, Place, ReadOptions, Source, canonical, read};
use whichrole::{ProviderKind, RoleMappingType};

const ROLE: &str = "arn:aws:iam::111122223333:role";
const POOL: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC";

/// Reads documents in which `$A` stands for the path of a role, `$P` for a user pool and `$M` for a role mapping.
fn of(documents: &[&str]) -> Configuration {
    let mapping = r#"{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [
        {"Claim": "sub", "MatchType": "NotEqual", "Value": "x", "RoleARN": "$A/Rule"}]}}"#;
    let sources: Vec<Source> = documents
        .iter()
        .enumerate()
        .map(|(number, text)| Source {
            name: format!("{number}.json"),
            text: text.replace("$M", mapping).replace("$A", ROLE).replace("$P", POOL),
        })
        .collect();
    read(&sources, &ReadOptions::default())
}

/// What is wrong, as `code: message`.
fn problems(documents: &[&str]) -> Vec<String> {
    of(documents).problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
}

fn notes(documents: &[&str]) -> Vec<String> {
    let configuration = of(documents);
    assert_eq!(configuration.problems, [], "{documents:?}");
    configuration.notes.into_iter().map(|note| note.message).collect()
}

#[track_caller]
fn one_problem(documents: &[&str], expected: &str) {
    assert_eq!(problems(documents), [expected], "{documents:?}");
}

#[track_caller]
fn fine(documents: &[&str]) -> Configuration {
    let configuration = of(documents);
    assert_eq!(configuration.problems, [], "{documents:?}");
    configuration
}

/// Two documents of one pool, and the second once more without the pool's name: both must say the same.
#[track_caller]
fn contradiction(first: &str, second: &str, expected: &str) {
    let named = |members: &str| format!(r#"{{"IdentityPoolId": "us-east-1:1", {members}}}"#);
    one_problem(&[&named(first), &named(second)], expected);
    one_problem(&[&named(first), &format!("{{{second}}}")], expected);
    one_problem(&[&format!("{{{second}}}"), &named(first)], expected);
    fine(&[&named(first), &named(first), &format!("{{{first}}}")]);
}

#[test]
fn documents_of_one_pool_must_agree() {
    contradiction(
        r#""AllowUnauthenticatedIdentities": false"#,
        r#""AllowUnauthenticatedIdentities": true"#,
        "duplicate-key: `AllowUnauthenticatedIdentities` is given twice, with different values, in another file",
    );
    contradiction(
        r#""AllowClassicFlow": false"#,
        r#""AllowClassicFlow": true"#,
        "duplicate-key: `AllowClassicFlow` is given twice, with different values, in another file",
    );
    contradiction(
        r#""Roles": {"unauthenticated": "$A/Guest"}"#,
        r#""Roles": {"unauthenticated": "$A/Other"}"#,
        "duplicate-key: the unauthenticated role is given twice, with different values, in another file",
    );
    contradiction(
        r#""CognitoIdentityProviders": [{"ProviderName": "$P", "ClientId": "c1"}]"#,
        r#""CognitoIdentityProviders": [{"ProviderName": "$P", "ClientId": "c2"}]"#,
        "duplicate-key: `CognitoIdentityProviders` is given twice, with different values, in another file",
    );
    contradiction(
        r#""Groups": [{"GroupName": "admins", "RoleArn": "$A/X"}]"#,
        r#""Groups": [{"GroupName": "admins", "RoleArn": "$A/Y"}]"#,
        "duplicate-key: group `admins` is given twice, in another file",
    );
}

#[test]
fn what_is_not_contradictory_is_put_together() {
    let named = r#"{"IdentityPoolId": "us-east-1:1", "OpenIdConnectProviderARNs": ["${One}", "${Two}"],
        "CognitoIdentityProviders": [{"ProviderName": "$P", "ClientId": "a"}, {"ProviderName": "$P", "ClientId": "b"}],
        "Groups": [{"GroupName": "one"}]}"#;
    let unnamed = r#"{"OpenIdConnectProviderARNs": ["${Two}", "${Three}"], "Roles": {"authenticated": "$A/User"},
        "CognitoIdentityProviders": [{"ProviderName": "$P", "ClientId": "b"}, {"ProviderName": "$P", "ClientId": "a"}],
        "Groups": [{"GroupName": "one"}, {"GroupName": "two"}]}"#;
    let configuration = fine(&[named, unnamed]);
    let [definition] = configuration.definitions.as_slice() else { panic!("one pool") };
    let others: Vec<&str> = definition.pool.other_providers.iter().map(whichrole::ProviderKey::as_str).collect();
    assert_eq!(others, ["${One}", "${Two}", "${Three}"]);
    assert_eq!(definition.pool.providers.as_ref().map(Vec::len), Some(2));
    assert!(definition.pool.roles.authenticated.is_some());
    let groups: Vec<&str> = definition.groups.iter().flatten().map(|group| group.name.as_str()).collect();
    assert_eq!(groups, ["one", "two"]);
}

#[test]
fn groups_without_a_pool_go_to_every_pool_that_has_none() {
    let first = r#"{"IdentityPoolId": "us-east-1:1", "Groups": [{"GroupName": "admins", "RoleArn": "$A/X"}]}"#;
    let second = r#"{"IdentityPoolId": "us-east-1:2"}"#;
    let groups = |role: &str| format!(r#"{{"Groups": [{{"GroupName": "admins", "RoleArn": "$A/{role}"}}]}}"#);
    let configuration = fine(&[first, second, &groups("X")]);
    let counts: Vec<_> = configuration.definitions.iter().map(|one| one.groups.as_ref().map(Vec::len)).collect();
    assert_eq!(counts, [Some(1), Some(1)]);
    one_problem(&[first, second, &groups("Y")], "duplicate-key: group `admins` is given twice, in another file");
}

#[test]
fn groups_say_which_user_pool_they_are_of() {
    let of_pools = |role: &str| {
        format!(
            r#"{{"Groups": [
                {{"GroupName": "g", "RoleArn": "$A/X", "UserPoolId": "us-east-1_AbC", "CreationDate": 1, "LastModifiedDate": 2}},
                {{"GroupName": "g", "RoleArn": "$A/{role}", "UserPoolId": "us-east-1_Other", "Description": "d"}}]}}"#
        )
    };
    let [definition] = &fine(&[&of_pools("Y")]).definitions[..] else { panic!("one pool") };
    let groups: Vec<(&str, &str)> = definition
        .groups
        .iter()
        .flatten()
        .map(|group| {
            (group.user_pool.as_ref().unwrap().as_str(), group.role_arn.as_ref().unwrap().role_name().unwrap())
        })
        .collect();
    assert_eq!(
        groups,
        [
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", "X"),
            ("cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", "Y")
        ],
        "two user pools may have groups of one name"
    );
    let unsaid = |role: &str| format!(r#"{{"Groups": [{{"GroupName": "g", "RoleArn": "$A/{role}"}}]}}"#);
    fine(&[&of_pools("X"), &unsaid("X")]);
    for files in [[of_pools("Y"), unsaid("X")], [unsaid("X"), of_pools("Y")]] {
        // It may be either pool's, and one of the two contradicts it.
        one_problem(&[&files[0], &files[1]], "duplicate-key: group `g` is given twice, in another file");
    }
    one_problem(
        &[&of_pools("X").replace("_Other", "_AbC").replacen("$A/X", "$A/Y", 1)],
        "duplicate-key: group `g` is given twice, on line 2",
    );
    let mapping = |key: &str| format!(r#"{{"RoleMappings": {{"{key}": $M}}}}"#);
    let foreign = ["a group is of user pool `us-east-1_Other`, which no provider here names"];
    assert_eq!(notes(&[&of_pools("X"), &mapping("$P:c1")]), foreign);
    assert_eq!(notes(&[&of_pools("X"), &mapping("cognito-idp.us-east-1.amazonaws.com/${Users}:c1")]), [""; 0]);
    assert_eq!(notes(&[&of_pools("X"), &mapping("${Provider}")]), [""; 0]);
    assert_eq!(notes(&[&of_pools("X")]), [""; 0], "no provider is named at all");
}

#[test]
fn a_mapping_without_its_provider_is_no_map_of_mappings() {
    let lone =
        "unknown-field: this role mapping does not say whose it is; put it into a map, under the key of its provider";
    one_problem(&[r#"{"IdentityPoolId": "us-east-1:1", "RoleMappings": $M}"#], lone);
    one_problem(&[r#"{"RoleMappings": $M}"#], lone);
    one_problem(&["$M"], lone);
}

#[test]
fn a_mapping_beside_the_members_of_a_document_is_not_passed_over() {
    let astray =
        format!("unknown-field: `{POOL}:c1` looks like a role mapping, but role mappings belong into `RoleMappings`");
    for beside in [
        r#""AllowUnauthenticatedIdentities": false"#,
        r#""Roles": {"authenticated": "$A/User"}"#,
        r#""IdentityPoolName": "shop""#,
    ] {
        one_problem(&[&format!(r#"{{{beside}, "$P:c1": $M}}"#)], &astray);
    }
}

#[test]
fn a_bare_map_of_mappings_is_read() {
    let configuration = fine(&[r#"{"$P:c1": $M, "accounts.google.com": {"Type": "Token"}, "Comment": "ours"}"#]);
    assert_eq!(configuration.definitions[0].pool.role_mappings.len(), 2);
    assert_eq!(configuration.notes[0].message, "`Comment` was passed over");
    let faulty = problems(&[r#"{"$P:c1": $M, "accounts.google.com": {"Typ": "Token"}}"#]);
    assert_eq!(faulty.len(), 2, "{faulty:?}");
    assert_eq!(faulty[1], "unknown-field: unknown field of a role mapping: `Typ`, did you mean `Type`?");
    let near = problems(&[r#"{"$P:c1": $M, "AllowUnauthenticatedIdentites": false}"#]);
    assert_eq!(near.len(), 1, "{near:?}");
}

#[test]
fn members_of_the_wrong_kind_are_problems() {
    for (document, expected) in [
        (r#"{"CognitoIdentityProviders": {}}"#, "`CognitoIdentityProviders` is a map, expected a list"),
        (r#"{"CognitoIdentityProviders": "$P"}"#, "`CognitoIdentityProviders` is a string, expected a list"),
        (
            r#"{"CognitoIdentityProviders": ["$P"]}"#,
            "an entry of `CognitoIdentityProviders` is a string, expected a map",
        ),
        (r#"{"Roles": "$A/User"}"#, "`Roles` is a string, expected a map"),
        (r#"{"RoleMappings": []}"#, "`RoleMappings` is a list, expected a map"),
        (r#"{"IdentityProviderName": "$P", "PrincipalTags": ["a"]}"#, "`PrincipalTags` is a list, expected a map"),
        (r#"{"PrincipalTagMaps": {}}"#, "`PrincipalTagMaps` is a map, expected a list"),
        (r#"{"PrincipalTagMaps": ["a"]}"#, "a principal-tag map is a string, expected a map"),
        (r#"{"SupportedLoginProviders": []}"#, "`SupportedLoginProviders` is a list, expected a map"),
        (r#"{"SamlProviderARNs": "a"}"#, "`SamlProviderARNs` is a string, expected a list"),
        (
            r#"{"OpenIdConnectProviderARNs": [1]}"#,
            "the ARN of a provider is a number, expected a string; quote this value",
        ),
        (
            r#"{"DeveloperProviderName": true}"#,
            "`DeveloperProviderName` is a boolean, expected a string; quote this value",
        ),
        (r#"{"Groups": {}}"#, "`Groups` is a map, expected a list"),
        (r#"{"Groups": ["admins"]}"#, "a group is a string, expected a map"),
    ] {
        one_problem(&[document], &format!("unreadable: {expected}"));
    }
}

#[test]
fn a_misspelt_member_that_decides_is_a_problem() {
    let beside = |members: &str| format!(r#"{{"IdentityPoolId": "us-east-1:1", {members}}}"#);
    for (written, meant) in [
        ("RoleMapings", "RoleMappings"),
        ("roles", "Roles"),
        ("AllowUnauthenticatedIdentites", "AllowUnauthenticatedIdentities"),
        ("CognitoIdentityProvider", "CognitoIdentityProviders"),
        ("PrincipalTag", "PrincipalTags"),
        ("UseDefault", "UseDefaults"),
    ] {
        let expected = format!("unknown-field: unknown member `{written}`, did you mean `{meant}`?");
        one_problem(&[&beside(&format!(r#""{written}": true"#))], &expected);
    }
    one_problem(
        &[&beside(r#""Role": {"authenticated": "$A/User"}"#)],
        "unknown-field: unknown member `Role`, did you mean `Roles`?",
    );
    let misspelt_alone = problems(&[r#"{"RoleMapings": {"$P:c1": $M}}"#]);
    assert_eq!(misspelt_alone, ["unknown-field: unknown member `RoleMapings`, did you mean `RoleMappings`?"]);
    assert_eq!(
        notes(&[&beside(r#""SamlProviderARN": [], "Future": 1"#)]),
        ["`SamlProviderARN` was passed over, did you mean `SamlProviderARNs`?", "`Future` was passed over"]
    );
    let roles_of_iam = r#"{"Roles": [{"RoleName": "a"}]}"#;
    assert_eq!(notes(&[&beside(r#""Roles": {}"#), roles_of_iam]), [""; 0], "they are for lint");
}

#[test]
fn misspelt_fields_of_parts_are_problems_and_further_ones_are_notes() {
    let provider = |fields: &str| format!(r#"{{"CognitoIdentityProviders": [{{{fields}}}]}}"#);
    one_problem(
        &[&provider(r#""ProviderName": "$P", "ClientID": "c1""#)],
        "unknown-field: unknown field of an identity provider: `ClientID`, did you mean `ClientId`?",
    );
    one_problem(&[&provider(r#""ClientId": "c1""#)], "unknown-field: an identity provider has no `ProviderName`");
    fine(&[&provider(r#""ProviderName": "$P", "ClientId": "c1", "ServerSideTokenCheck": false"#)]);
    assert_eq!(
        notes(&[&provider(r#""ProviderName": "$P", "Future": 1"#)]),
        ["`Future` of an identity provider was passed over"]
    );
    one_problem(
        &[r#"{"Groups": [{"GroupName": "a", "RoleARN": "$A/X"}]}"#],
        "unknown-field: unknown field of a group: `RoleARN`, did you mean `RoleArn`?",
    );
    one_problem(
        &[r#"{"IdentityProviderName": "$P", "UseDefault": true, "PrincipalTags": {}}"#],
        "unknown-field: unknown member `UseDefault`, did you mean `UseDefaults`?",
    );
    one_problem(
        &[r#"{"PrincipalTagMaps": [{"IdentityProviderName": "$P", "UseDefault": true}]}"#],
        "unknown-field: unknown field of a principal-tag map: `UseDefault`, did you mean `UseDefaults`?",
    );
    one_problem(
        &[r#"{"PrincipalTags": {"a": "b"}}"#],
        "unknown-field: a principal-tag map has no `IdentityProviderName`",
    );
}

#[test]
fn an_empty_default_role_is_not_set() {
    let documents = [r#"{"Roles": {"authenticated": "", "unauthenticated": "$A/Guest"}}"#];
    assert_eq!(notes(&documents), ["the authenticated role is empty, which is as if it were not set"]);
    assert_eq!(fine(&documents).definitions[0].pool.roles.authenticated, None);
}

#[test]
fn what_is_shown_can_be_read_again() {
    let configuration = fine(&[r#"{"OpenIdConnectProviderARNs": ["${Param}"], "SamlProviderARNs": ["${Other}"],
        "SupportedLoginProviders": {"login.example.com": "x", "accounts.google.com": "y"}, "Roles": {}}"#]);
    let kinds: Vec<ProviderKind> =
        configuration.definitions[0].pool.other_providers.iter().map(whichrole::ProviderKey::kind).collect();
    assert!(kinds.contains(&ProviderKind::Unknown));
    let shown = serde_json::to_string(&canonical(&configuration, &configuration.definitions)).unwrap();
    let again = fine(&[&shown]);
    let sorted = |configuration: &Configuration| {
        let mut pool = configuration.definitions[0].pool.clone();
        pool.other_providers.sort();
        pool
    };
    assert_eq!(sorted(&again), sorted(&configuration));
}

#[test]
fn very_many_problems_are_told_by_the_first() {
    let rule = r#"{"Claim": "a", "MatchType": "Regex", "Value": "b", "RoleARN": "$A/X"}"#;
    let rules = vec![rule; 5000].join(",\n");
    let bad = format!(
        r#"{{"RoleMappings": {{"$P:c1": {{"Type": "Rules", "RulesConfiguration": {{"Rules": [{rules}]}}}}}}}}"#
    );
    let told = problems(&[&bad]);
    assert_eq!(told.len(), 101);
    assert_eq!(told[100], "unknown-match-type: … and more than 900 more");

    let names = vec![r#""k": 1"#; 300].join(",\n");
    let twice = problems(&[&format!("{{{names}}}")]);
    assert_eq!(twice[0], "duplicate-key: `k` is given twice");
    assert_eq!(twice[100], "duplicate-key: … and 199 more");

    let configuration = of(&[&format!("{{{names}}}")]);
    let lines: Vec<_> = configuration.problems.iter().take(3).filter_map(|problem| Some(problem.at?.line())).collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn a_long_key_is_kept_once_however_many_rules_it_has() {
    let key = format!("accounts.google.com/{}", "k".repeat(15_000));
    let rule = r#"{"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": "$A/X"}"#;
    let rules = vec![rule; 500].join(",");
    let configuration = fine(&[&format!(
        r#"{{"RoleMappings": {{"{key}": {{"Type": "Rules", "RulesConfiguration": {{"Rules": [{rules}]}}}}}}}}"#
    )]);
    let definition = &configuration.definitions[0];
    let (known, mapping) = definition.pool.role_mappings.first_key_value().unwrap();
    assert!(matches!(&mapping.mapping_type, RoleMappingType::Rules(rules) if rules.len() == 500));
    assert!(definition.places.get(&Place::RuleField(known.clone(), 500, "RoleARN")).is_some());
    assert!(std::ptr::eq(known.as_str(), known.clone().as_str()));
}
