//! An identity pool that takes logins of two user pools, `a` and `b`, each with a group `admins` of its own role, and a group `only` in the second:
//! whatever it is written in, a member's groups are those of the login's own user pool.

#![cfg(test)]
#![cfg(all(feature = "yaml", feature = "hcl"))]

use std::collections::BTreeMap;

use whichrole::analysis::{Diff, DiffOptions, Subject, diff, reach};
use whichrole::explain::want;
use whichrole::read::{Configuration, Definition, ReadOptions, Source, canonical, read};
use whichrole::suite::{self, Brought, Suite, Tally, Verdict};
use whichrole::{Claims, Evaluator, GroupClaims, ProviderKey, Request, Semantics, TokenForm, find_group};

const CLOUDFORMATION: &str = "
Resources:
  A: {Type: AWS::Cognito::UserPool}
  B: {Type: AWS::Cognito::UserPool}
  InA: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: admins, UserPoolId: !Ref A, RoleArn: RoleA, Precedence: 1}}
  InB: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: admins, UserPoolId: !Ref B, RoleArn: RoleB, Precedence: 1}}
  Only: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: only, UserPoolId: !Ref B, RoleArn: Only, Precedence: 0}}
  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: false}}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      RoleMappings:
        a: {IdentityProvider: !Sub '${A.ProviderName}:web', Type: Token, AmbiguousRoleResolution: Deny}
        b: {IdentityProvider: !Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${B}:web', Type: Token, AmbiguousRoleResolution: Deny}
";

const TERRAFORM: &str = r#"
resource "aws_cognito_user_pool" "a" { name = "a" }
resource "aws_cognito_user_pool" "b" { name = "b" }
resource "aws_cognito_user_group" "in_b" {
  name = "admins"
  user_pool_id = aws_cognito_user_pool.b.id
  role_arn = "RoleB"
  precedence = 1
}
resource "aws_cognito_user_group" "in_a" {
  name = "admins"
  user_pool_id = aws_cognito_user_pool.a.id
  role_arn = "RoleA"
  precedence = 1
}
resource "aws_cognito_user_group" "only" {
  name = "only"
  user_pool_id = aws_cognito_user_pool.b.id
  role_arn = "Only"
  precedence = 0
}
resource "aws_cognito_identity_pool" "p" {
  identity_pool_name = "p"
  allow_unauthenticated_identities = false
}
resource "aws_cognito_identity_pool_roles_attachment" "p" {
  identity_pool_id = aws_cognito_identity_pool.p.id
  roles = {}
  role_mapping {
    identity_provider = "${aws_cognito_user_pool.a.endpoint}:web"
    type = "Token"
    ambiguous_role_resolution = "Deny"
  }
  role_mapping {
    identity_provider = "cognito-idp.eu-west-1.amazonaws.com/${aws_cognito_user_pool.b.id}:web"
    type = "Token"
    ambiguous_role_resolution = "Deny"
  }
}
"#;

const PULUMI: &str = "
name: app
runtime: yaml
resources:
  a: {type: 'aws:cognito:UserPool'}
  b: {type: 'aws:cognito:UserPool'}
  inA: {type: 'aws:cognito:UserGroup', properties: {name: admins, userPoolId: '${a.id}', precedence: 1, roleArn: RoleA}}
  inB: {type: 'aws:cognito:UserGroup', properties: {name: admins, userPoolId: '${b.id}', precedence: 1, roleArn: RoleB}}
  only: {type: 'aws:cognito:UserGroup', properties: {name: only, userPoolId: '${b.id}', precedence: 0, roleArn: Only}}
  pool: {type: 'aws:cognito:IdentityPool', properties: {identityPoolName: app, allowUnauthenticatedIdentities: false}}
  attachment:
    type: aws:cognito:IdentityPoolRoleAttachment
    properties:
      identityPoolId: '${pool.id}'
      roles: {}
      roleMappings:
        - {identityProvider: '${a.endpoint}:web', type: Token, ambiguousRoleResolution: Deny}
        - {identityProvider: '${b.endpoint}:web', type: Token, ambiguousRoleResolution: Deny}
";

/// `get-identity-pool-roles` and `list-groups` of either user pool, in files of their own.
const API: [&str; 3] = [
    r#"{"IdentityPoolId": "eu-west-1:11111111-2222-3333-4444-555555555555", "Roles": {}, "RoleMappings": {
        "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A:web": {"Type": "Token", "AmbiguousRoleResolution": "Deny"},
        "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_B:web": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}}"#,
    r#"{"Groups": [{"GroupName": "admins", "UserPoolId": "eu-west-1_A", "RoleArn": "RoleA", "Precedence": 1}]}"#,
    r#"{"Groups": [{"GroupName": "admins", "UserPoolId": "eu-west-1_B", "RoleArn": "RoleB", "Precedence": 1},
                    {"GroupName": "only", "UserPoolId": "eu-west-1_B", "RoleArn": "Only", "Precedence": 0}]}"#,
];

fn read_files(texts: &[&str], extension: &str, parameters: &[(&str, &str)]) -> Configuration {
    let sources: Vec<Source> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| Source { name: format!("{n}.{extension}"), text: (*text).to_owned() })
        .collect();
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let configuration = read(&sources, &ReadOptions { parameters, ..ReadOptions::default() });
    assert_eq!(configuration.problems, [], "{texts:?}");
    configuration
}

/// The same configuration in every form, by the name of the form.
fn forms() -> BTreeMap<&'static str, Configuration> {
    BTreeMap::from([
        ("CloudFormation", read_files(&[CLOUDFORMATION], "yaml", &[])),
        ("CloudFormation in a region", read_files(&[CLOUDFORMATION], "yaml", &[("AWS::Region", "eu-west-1")])),
        (
            "CloudFormation, deployed",
            read_files(&[CLOUDFORMATION], "yaml", &[("A", "eu-west-1_A"), ("B", "eu-west-1_B")]),
        ),
        ("Terraform", read_files(&[TERRAFORM], "tf", &[])),
        ("Pulumi", read_files(&[PULUMI], "yaml", &[])),
        ("Pulumi, deployed", {
            let id = |pool: &str| format!("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_{pool}");
            read_files(&[PULUMI], "yaml", &[("a.endpoint", &id("A")), ("b.endpoint", &id("B"))])
        }),
        ("API", read_files(&API, "json", &[])),
    ])
}

fn only(configuration: &Configuration) -> &Definition {
    let [definition] = configuration.definitions.as_slice() else { panic!("one identity pool") };
    definition
}

/// The keys of both mappings: that of `a`, and that of `b`.
fn keys(definition: &Definition) -> [ProviderKey; 2] {
    let keys: Vec<ProviderKey> = definition.pool.role_mappings.keys().cloned().collect();
    keys.try_into().expect("two mappings")
}

/// The role of a member of one group, or the code of what is wrong.
fn role(definition: &Definition, key: &ProviderKey, group: &str) -> String {
    let evaluator = Evaluator::new(definition.pool.clone(), Semantics::default());
    let mut claims = Claims::default();
    let names = evaluator.login_names(Some(key), &claims, TokenForm::Claims).unwrap();
    let group = match find_group(definition.groups.as_deref().unwrap(), group, &names) {
        Ok(group) => group,
        Err(problem) => return problem.code.to_owned(),
    };
    assert_eq!(GroupClaims::of(&[group]).write_to(&mut claims), None);
    let logins = [evaluator.login(Some(key), &claims, TokenForm::Claims).unwrap()];
    evaluator.evaluate(&Request::of(&logins)).role().unwrap_or("denied").to_owned()
}

#[test]
fn a_member_gets_the_role_of_the_login_s_own_user_pool() {
    for (form, configuration) in forms() {
        let definition = only(&configuration);
        assert_eq!(definition.groups.as_ref().map(Vec::len), Some(3), "{form}");
        let [a, b] = keys(definition);
        let roles = [(&a, "admins"), (&b, "admins"), (&a, "only"), (&b, "only")]
            .map(|(key, group)| role(definition, key, group));
        assert_eq!(roles, ["RoleA", "RoleB", "unknown-group", "Only"], "{form}");
    }
}

#[test]
fn what_was_read_is_shown_with_the_user_pools_and_read_again() {
    for (form, configuration) in forms() {
        let shown = serde_json::to_string(&canonical(&configuration, &configuration.definitions)).unwrap();
        let again = read_files(&[&shown], "json", &[]);
        assert_eq!(only(&again).groups, only(&configuration).groups, "{form}");
    }
}

#[test]
fn who_lists_for_each_login_what_its_members_get() {
    for (form, configuration) in forms() {
        let definition = only(&configuration);
        let groups = definition.groups.as_deref().unwrap();
        let [a, b] = keys(definition);
        let evaluator = Evaluator::new(definition.pool.clone(), Semantics::default());
        let found = reach(&evaluator, groups);
        let sets: Vec<(&str, &str, Vec<String>)> = found
            .groups
            .iter()
            .map(|sets| {
                (sets.provider.as_ref(), sets.role.as_ref(), sets.sets.iter().map(|set| set.join("+")).collect())
            })
            .collect();
        let set = |name: &str| vec![name.to_owned()];
        let expected = [
            (a.as_str(), "RoleA", set("admins")),
            (b.as_str(), "Only", set("only")),
            (b.as_str(), "RoleB", set("admins")),
        ];
        assert_eq!(sets, expected, "{form}");
        for (provider, role, sets) in sets {
            assert_eq!(self::role(definition, &provider.into(), &sets[0]), role, "{form}: who and eval agree");
        }
        // A token may name any role; that of another user pool's group is none of its own.
        for (role, provider) in [("RoleA", &a), ("RoleB", &b), ("Only", &b)] {
            let reach = found.roles.iter().find(|reach| &*reach.role == role).unwrap();
            let witness = reach.verdict.witness().unwrap();
            assert_eq!(witness.provider.as_deref(), Some(provider.as_str()), "{form}: {role}");
        }
    }
}

#[test]
fn what_it_would_take_asks_for_groups_of_the_login_s_own_user_pool() {
    for (form, configuration) in forms() {
        let definition = only(&configuration);
        let groups = definition.groups.as_deref().unwrap();
        let evaluator = Evaluator::new(definition.pool.clone(), Semantics::default());
        let join = |key: &ProviderKey, role: &str| {
            let claims = Claims::default();
            let logins = [evaluator.login(Some(key), &claims, TokenForm::Claims).unwrap()];
            let membership = want(&evaluator, &Request::of(&logins), role, groups).membership.unwrap();
            if membership.found { membership.join } else { vec![format!("none; all tried: {}", membership.all_tried)] }
        };
        let [a, b] = keys(definition);
        assert_eq!(join(&b, "RoleB"), ["admins"], "{form}");
        assert_eq!(join(&b, "Only"), ["only"], "{form}");
        assert_eq!(join(&a, "RoleB"), ["none; all tried: true"], "{form}");
    }
}

#[test]
fn a_first_suite_has_the_members_of_either_user_pool_and_passes() {
    for (form, configuration) in forms() {
        let text = suite::init(only(&configuration).clone(), "pool", None);
        for role in ["RoleA", "RoleB", "Only"] {
            assert!(text.contains(&format!("role: {role}, by: preferred-role")), "{form}: {role}\n{text}");
        }
        let mut brought = Brought::default();
        brought.config("pool", configuration.clone());
        let suite = Suite::read(&Source { name: "first.whichrole.yaml".to_owned(), text: text.clone() });
        let plan = suite.plan(brought).unwrap_or_else(|error| panic!("{form}: {error}\n{text}"));
        for case in plan.cases() {
            let judged = plan.judge(*case, &mut Tally::default());
            assert_eq!(judged.verdict, Verdict::Pass, "{form}: {}\n{text}", plan.case_name(*case));
        }
    }
}

#[test]
fn a_suite_s_user_has_no_group_of_another_user_pool() {
    for (form, configuration) in forms() {
        let [a, _] = keys(only(&configuration));
        let text = format!(
            "version: 1\nconfig: pool\nprovider: '{a}'\ntests:\n  - {{name: t, groups: [only], expect: {{role: Only}}}}\n"
        );
        let mut brought = Brought::default();
        brought.config("pool", configuration);
        let plan = Suite::read(&Source { name: "s.whichrole.yaml".to_owned(), text }).plan(brought).unwrap();
        let why = plan.unanswerable(plan.cases()[0]).unwrap();
        assert_eq!(why.code, "unknown-group", "{form}: {}", why.message);
        assert_ne!(plan.judge(plan.cases()[0], &mut Tally::default()).verdict, Verdict::Pass, "{form}");
    }
}

fn subject(definition: &Definition) -> Subject<'_> {
    let groups = definition.groups.as_deref().unwrap();
    Subject { pool: &definition.pool, groups, semantics: Semantics::default() }
}

#[test]
fn two_configurations_are_compared_with_each_side_s_groups() {
    let [template, deployed] = [&[][..], &[("A", "eu-west-1_A"), ("B", "eu-west-1_B")]]
        .map(|given| read_files(&[CLOUDFORMATION], "yaml", given));
    let [old, new] = [only(&template), only(&deployed)];
    let equal = [("${A.ProviderName}", "A"), ("${B.ProviderName}", "B")];
    let equal =
        equal.map(|(name, id)| (name.to_owned(), format!("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_{id}")));
    let found: Diff = diff(&subject(old), &subject(new), &DiffOptions { equal: &equal, ..DiffOptions::default() });
    assert_eq!(found.is_equal(), Some(true));
    let [was, is] = &found.groups;
    assert_eq!(was, is, "what a reference is said to be holds for groups too");
    let [was, is] =
        found.login_names(Some(&"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_B".into()), &Claims::default());
    assert_eq!(was, is);
}
