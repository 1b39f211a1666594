//! Custom resources that are handed an identity pool: Amplify's, which is read, and those of which nobody knows what they do.

use super::tests::{problems, read_texts, shown};
use crate::{AmbiguousRoleResolution, ProviderKey};

const POOL: &str = "  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: false}}\n";
const ATTACHED: &str = "  Att: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: r}}}\n";
const FIX: &str = "; read what `aws cognito-identity get-identity-pool-roles` prints instead";

/// The problems and notes of a template with a pool, its attachment and one more resource.
fn beside(attached: &str, resource: &str) -> (Vec<String>, Vec<String>) {
    let configuration = read_texts(&[("t.yaml", &format!("Resources:\n{POOL}{attached}  {resource}\n"))], &[]);
    (shown(&configuration.problems), shown(&configuration.notes))
}

#[test]
fn a_pool_is_handed_over_under_any_name_and_at_any_depth() {
    for properties in [
        "identityPoolId: !Ref Pool",
        "Pool: !Ref Pool",
        "Settings: {auth: [{id: !Sub '${AWS::Region}/${Pool}'}]}",
        "Pool: {'Fn::GetAtt': [Pool, Id]}",
        "Pool: !Base64 {Ref: Pool}",
        "identity_pool_id: us-east-1:1",
    ] {
        for kind in ["Custom::Magic", "AWS::CloudFormation::CustomResource"] {
            let resource = format!("X: {{Type: '{kind}', Properties: {{{properties}}}}}");
            let told = |place: &str| {
                format!(
                    "{place} unresolved-value `X` is a `{kind}`, which is not understood; what it does to the pool is missing here"
                )
            };
            assert_eq!(beside("", &resource).0, [told("3:3") + FIX], "{properties}");
            assert_eq!(beside(ATTACHED, &resource), (vec![], vec![told("4:3")]), "{properties}");
        }
    }
}

#[test]
fn what_probably_sets_roles_is_a_problem_even_beside_an_attachment() {
    for (id, kind, more) in [
        ("RoleMapFunctionInput", "Custom::LambdaCallout", ""),
        ("X", "Custom::SetIdentityPoolRoles", ""),
        ("X", "Custom::Magic", ", role_mappings: {}"),
        ("X", "Custom::Magic", ", Call: cognito-identity:SetIdentityPoolRoles"),
    ] {
        let resource = format!("{id}: {{Type: '{kind}', Properties: {{P: !Ref Pool{more}}}}}");
        let (found, notes) = beside(ATTACHED, &resource);
        assert_eq!((found.len(), notes.len()), (1, 0), "{resource}");
        assert!(found[0].ends_with(FIX), "{found:?}");
    }
    let input = "X: {Type: 'Custom::Magic', Properties: {ServiceToken: !GetAtt F.Arn, P: !Ref Pool}}";
    let function =
        |code: &str| format!("\n  F: {{Type: AWS::Lambda::Function, Properties: {{Code: {{ZipFile: '{code}'}}}}}}");
    for (code, count) in [("c.set_identity_pool_roles(", 1), ("new SetIdentityPoolRolesCommand(", 1), ("print(1)", 0)] {
        assert_eq!(beside(ATTACHED, &(input.to_owned() + &function(code))).0.len(), count, "{code}");
    }
    // The roles that the API gives are those that hold.
    let api = r#"{"Roles": {"authenticated": "r"}}"#;
    let text = format!("Resources:\n{POOL}  {}\n", input.to_owned() + &function("setIdentityPoolRoles("));
    let configuration = read_texts(&[("t.yaml", &text), ("roles.json", api)], &[]);
    assert_eq!((shown(&configuration.problems).len(), configuration.notes.len()), (0, 1));
}

#[test]
fn what_is_about_other_things_is_passed_over() {
    for resource in [
        "X: {Type: 'Custom::Magic', Properties: {Other: !Ref Users}}",
        "X: {Type: 'Custom::S3AutoDeleteObjects', Properties: {BucketName: x}}",
        "X: {Type: 'Custom::CDKBucketDeployment', Properties: {SourceMarkers: [{'<<marker:0xbaba:0>>': !Ref Pool}]}}",
        "X: {Type: 'Custom::AWS', Properties: {Create: !Sub '{\"service\": \"SSM\", \"action\": \"putParameter\", \"parameters\": {\"Value\": \"${Pool}\"}}'}}",
        "X: {Type: 'Custom::LambdaCallout', Properties: {idpId: !Ref Pool, region: r, authRoleName: a, unauthRoleName: b}}",
        "X: {Type: AWS::SSM::Parameter, Properties: {Value: !Ref Pool}}",
    ] {
        assert_eq!(beside(ATTACHED, resource), (vec![], vec![]), "{resource}");
        assert_eq!(beside("", resource), (vec![], vec![]), "{resource}");
    }
}

#[test]
fn only_the_pool_that_is_handed_over_lacks_its_roles() {
    let two = |pool: &str| {
        problems(
            &format!(
                "Resources:\n{POOL}{ATTACHED}  Other: {{Type: AWS::Cognito::IdentityPool}}\n  X: {{Type: 'Custom::Magic', Properties: {{P: !Ref {pool}}}}}\n"
            ),
            &[],
        )
    };
    assert_eq!(two("Pool"), [""; 0]);
    assert_eq!(two("Other").len(), 1);
}

/// Amplify's three templates: the stack, its users and its groups.
fn amplify(client: &str) -> [(&'static str, String); 3] {
    let root = format!(
        "AWSTemplateFormatVersion: 2010-09-09\nResources:
  auth: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: 'https://example.com/auth.yaml'}}}}
  groups:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://example.com/groups.yaml
      Parameters:
        PoolId: !GetAtt auth.Outputs.PoolId
        Users: !GetAtt auth.Outputs.Users
        Web: !GetAtt auth.Outputs.Web
        Client: {client}
        Auth: arn:aws:iam::111122223333:role/Auth
"
    );
    let users = format!(
        "Resources:\n{POOL}{ATTACHED}  Users: {{Type: AWS::Cognito::UserPool}}\n  Web: {{Type: AWS::Cognito::UserPoolClient}}
Outputs: {{PoolId: {{Value: !Ref Pool}}, Users: {{Value: !Ref Users}}, Web: {{Value: !Ref Web}}}}\n"
    );
    let groups = "Parameters: {PoolId: {Type: String, Default: PoolId}, Users: {Type: String, Default: Users}, Web: {Type: String}, Client: {Type: String}, Auth: {Type: String}}
Resources:
  Admins: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: Admins, UserPoolId: !Ref Users, RoleArn: arn:aws:iam::111122223333:role/Admins}}
  RoleMapFunctionInput:
    Type: Custom::LambdaCallout
    Properties: {ServiceToken: x, identityPoolId: !Ref PoolId, userPoolId: !Ref Users, region: !Ref AWS::Region, appClientIDWeb: !Ref Web, appClientID: !Ref Client, AuthRoleArn: !Ref Auth, UnauthRoleArn: guest, env: dev}
";
    [("root.yaml", root), ("auth.yaml", users), ("groups.yaml", groups.to_owned())]
}

#[test]
fn amplify_replaces_the_attachment_by_mappings_that_go_by_the_token() {
    for (client, keys) in [
        ("other", vec!["${Users.ProviderName}:${Web}", "${Users.ProviderName}:other"]),
        ("''", vec!["${Users.ProviderName}:${Web}"]),
        ("!GetAtt auth.Outputs.Web", vec!["${Users.ProviderName}:${Web}"]),
    ] {
        let texts = amplify(client);
        let sources: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let configuration = read_texts(&sources, &[]).usable().unwrap();
        let pool = &configuration.choose(None).unwrap().pool;
        assert_eq!(pool.roles.authenticated, Some("arn:aws:iam::111122223333:role/Auth".into()));
        assert_eq!(pool.roles.unauthenticated, Some("guest".into()));
        assert_eq!(pool.role_mappings.keys().map(ProviderKey::as_str).collect::<Vec<_>>(), keys, "{client}");
        for mapping in pool.role_mappings.values() {
            assert_eq!(mapping.ambiguous_role_resolution, Some(AmbiguousRoleResolution::AuthenticatedRole));
            assert!(mapping.mapping_rules().is_empty());
        }
        let notes = shown(&configuration.notes);
        assert_eq!(
            notes,
            [
                "3:3 two-attachments `RoleMapFunctionInput` sets the roles of the pool after this, and replaces all of them"
            ]
        );
    }
}

#[test]
fn which_of_amplify_and_an_attachment_comes_last_must_be_known() {
    let [.., (_, groups)] = amplify("x");
    let resources = groups.split_once("Resources:\n").unwrap().1.replace("!Ref PoolId", "!Ref Pool");
    let of = |more: &str| problems(&format!("Resources:\n{POOL}{ATTACHED}{resources}{more}"), &[]);
    assert!(of("").iter().any(|problem| problem.contains("two-attachments")), "{:?}", of(""));
    assert!(of("    DependsOn: [Att]\n").is_empty(), "{:?}", of("    DependsOn: [Att]\n"));
}

#[test]
fn amplifys_groups_alone_are_of_the_pool_that_their_parameter_names() {
    let [.., (_, groups)] = amplify("x");
    let configuration = read_texts(&[("groups.yaml", &groups)], &[]).usable().unwrap();
    let pool = &configuration.choose(None).unwrap().pool;
    assert_eq!(pool.id.as_deref(), Some("${PoolId}"), "its default stands for nothing");
    let keys: Vec<&str> = pool.role_mappings.keys().map(ProviderKey::as_str).collect();
    assert_eq!(keys[1], "cognito-idp.${AWS::Region}.amazonaws.com/${Users}:${Web}");
}
