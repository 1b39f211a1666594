//! Values that come from elsewhere in a template: one thing in several spellings, and texts that nobody knows for certain.

use super::tests::{one_rule, pool, problems, read_texts, rule};
use crate::ProviderKey;
use crate::read::Place;

#[test]
fn one_user_pool_spelled_twice_is_one_provider() {
    let of = |region: &str| {
        format!(
            "
Resources:
  Users: {{Type: AWS::Cognito::UserPool}}
  Pool: {{Type: AWS::Cognito::IdentityPool}}
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      RoleMappings: {{a: {{Type: Token, IdentityProvider: !Sub 'cognito-idp.us-east-1.amazonaws.com/${{Users}}:web'}}}}
  Tags:
    Type: AWS::Cognito::IdentityPoolPrincipalTag
    Properties: {{IdentityPoolId: !Ref Pool, UseDefaults: true,
      IdentityProviderName: !Sub 'cognito-idp.{region}.amazonaws.com/${{Users}}'}}
"
        )
    };
    for region in ["us-east-1", "${AWS::Region}"] {
        let pool = pool(&of(region), &[]).pool;
        let login = "cognito-idp.us-east-1.amazonaws.com/${Users}";
        assert_eq!(pool.role_mappings.keys().next().unwrap().as_str(), format!("{login}:web"));
        assert_eq!(pool.principal_tags.keys().next().unwrap().as_str(), login, "{region}");
    }
    let told = "providers of one stack name user pools of it in two regions, `us-east-1` and `eu-west-1`; pass `--param AWS::Region=…`";
    assert_eq!(problems(&of("eu-west-1"), &[]), [format!("10:3 unresolved-value {told}")]);
    let given = pool(&of("eu-west-1"), &[("AWS::Region", "us-east-1")]).pool;
    assert_eq!(given.principal_tags.keys().next().unwrap().as_str(), "cognito-idp.eu-west-1.amazonaws.com/${Users}");
}

#[test]
fn a_dynamic_reference_is_one_however_its_text_is_made() {
    let sections = "
Parameters: {Team: {Type: String, Default: news}, Stored: {Type: String, Default: '{{resolve:ssm:/teams/1}}'},
    List: {Type: CommaDelimitedList, Default: 'x,{{resolve:ssm:/teams/2}}'}}
Mappings: {M: {a: {b: '{{resolve:ssm:/teams/3}}', l: ['{{resolve:ssm:/teams/4}}']}}}
Conditions:
  Made: !Equals [!Sub '{{resolve:ssm:/teams/${Team}}}', a]
  Kept: !Equals [!Ref Stored, a]";
    for (written, shown) in [
        ("!Sub '{{resolve:ssm:/${Team}/a}}'", "${resolve:ssm:/news/a}"),
        ("!Sub '{{resolve:ssm:/${Team}}}'", "${resolve:ssm:/news}"),
        ("!Sub '{{resolve:ssm:/${Other}}}-x'", "${resolve:ssm:/<Other>}-x"),
        ("!Sub ['${t}', {t: !Ref Stored}]", "${resolve:ssm:/teams/1}"),
        ("!Join ['', ['{{resolve:ssm:', !Ref Team, '}}']]", "${resolve:ssm:news}"),
        ("!Join ['', ['{{resolve', ':ssm:a}}']]", "${resolve:ssm:a}"),
        ("!Ref Stored", "${resolve:ssm:/teams/1}"),
        ("!Select [1, !Ref List]", "${resolve:ssm:/teams/2}"),
        ("!FindInMap [M, a, b]", "${resolve:ssm:/teams/3}"),
        ("!Select [0, !FindInMap [M, a, l]]", "${resolve:ssm:/teams/4}"),
    ] {
        let found = problems(&one_rule(sections, [written, "Equals", written, "r"]), &[]);
        let expected = |what: &str| format!("`{what}` is `{shown}`, which is not known here; ");
        assert_eq!(found.len(), 2, "{written}: {found:?}");
        assert!(found[0].contains(&expected("Claim")) && found[1].contains(&expected("Value")), "{written}: {found:?}");
        let role = rule(&one_rule(sections, ["c", "Equals", "v", written]), &[]);
        assert_eq!(role, format!("c Equals v {shown}"));
    }
    for condition in ["Made", "Kept"] {
        let written = format!("!If [{condition}, a, b]");
        let found = problems(&one_rule(sections, ["c", "Equals", &written, "r"]), &[]);
        assert!(found.len() == 1 && found[0].contains("only a deployment can look up"), "{condition}: {found:?}");
    }
    let given = [("Team", "{{resolve:ssm:/x}}")];
    assert_eq!(rule(&one_rule(sections, ["c", "Equals", "v", "!Ref Team"]), &given), "c Equals v ${resolve:ssm:/x}");
}

#[test]
fn unquoted_words_are_disputed_wherever_they_come_from() {
    let sections = "Parameters: {Word: {Type: String, Default: yes}, Number: {Type: String, Default: 010}, Plain: {Type: Number, Default: 7}}";
    let found = problems(&one_rule(sections, ["!Ref Word", "Equals", "v", "!Ref Number"]), &[]);
    assert_eq!(
        found,
        [
            "14:24 unreadable `Claim` is a word that YAML tools read differently, expected a string; quote this value",
            "17:26 unreadable `RoleARN` is a word that YAML tools read differently, expected a string; quote this value",
        ]
    );
    let told = |written: &str, word: &str| {
        let text = one_rule(sections, ["c", "Equals", "v", written]);
        let found = problems(&text, &[]);
        let told = format!("`{word}` is a word that YAML tools read differently; quote it");
        assert!(found.len() == 1 && found[0].ends_with(&told), "{written}: {found:?}");
    };
    told("!Join ['/', [role, yes]]", "yes");
    told("!Sub 'role/${Number}'", "010");
    told("!Sub ['role/${n}', {n: 0x10}]", "0x10");
    // A value is what CloudFormation sends.
    assert_eq!(rule(&one_rule(sections, ["c", "Equals", "!Ref Word", "r"]), &[]), "c Equals true r");
    let known = one_rule(sections, ["!Ref Plain", "Equals", "!Sub '${Plain}-${Plain}'", "!Join ['', [r, 1, true]]"]);
    assert_eq!(rule(&known, &[]), "7 Equals 7-7 r1true");
    assert_eq!(rule(&one_rule(sections, ["!Ref Word", "Equals", "v", "r"]), &[("Word", "yes")]), "yes Equals v r");
}

#[test]
fn a_region_is_that_of_a_whole_stack_wherever_it_is_said() {
    let parts = [
        "  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {CognitoIdentityProviders: [
    {ProviderName: !GetAtt Users.ProviderName, ClientId: !Ref Web},
    {ProviderName: !Sub 'cognito-idp.eu-west-1.amazonaws.com/${Old}', ClientId: old}]}}",
        "  Att: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool, RoleMappings: {
    a: {Type: Token, IdentityProvider: !Sub 'cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}'},
    b: {Type: Token, IdentityProvider: !Sub 'cognito-idp.eu-west-1.amazonaws.com/${Old}:old'},
    c: {Type: Token, IdentityProvider: !Sub '${More.ProviderName}:${Web}'}}}}",
        "  Tags: {Type: AWS::Cognito::IdentityPoolPrincipalTag, Properties: {IdentityPoolId: !Ref Pool, UseDefaults: true,
    IdentityProviderName: !Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${Users}'}}",
        "  Users: {Type: AWS::Cognito::UserPool}
  More: {Type: AWS::Cognito::UserPool}
  Web: {Type: AWS::Cognito::UserPoolClient}",
    ];
    for first in 0..parts.len() {
        let mut parts = parts;
        parts.rotate_left(first);
        let text = format!("Parameters: {{Old: {{Type: String}}}}\nResources:\n{}\n", parts.join("\n"));
        let definition = pool(&text, &[]);
        let (users, more, old) = (
            "cognito-idp.us-east-1.amazonaws.com/${Users}",
            "cognito-idp.us-east-1.amazonaws.com/${More}",
            "cognito-idp.eu-west-1.amazonaws.com/${Old}",
        );
        let keys: Vec<_> = definition.pool.role_mappings.keys().map(ProviderKey::as_str).collect();
        assert_eq!(keys, [format!("{old}:old"), format!("{more}:${{Web}}"), format!("{users}:${{Web}}")], "{first}");
        let providers = definition.pool.providers.iter().flatten();
        assert_eq!(providers.map(|one| one.provider_name.as_str()).collect::<Vec<_>>(), [users, old]);
        assert_eq!(definition.pool.principal_tags.keys().map(ProviderKey::as_str).collect::<Vec<_>>(), [users]);
        for key in definition.pool.role_mappings.keys() {
            assert!(definition.places.get(&Place::Mapping(key.clone())).is_some(), "{key}");
        }
        assert!(definition.places.get(&Place::Tags(users.into())).is_some());
    }
}

#[test]
fn nested_stacks_are_in_one_region_and_others_in_theirs() {
    let users = "Resources: {Users: {Type: AWS::Cognito::UserPool}, Web: {Type: AWS::Cognito::UserPoolClient}}
Outputs: {Id: {Value: !Ref Users}, Web: {Value: !Ref Web}}";
    let root = |region: &str| {
        format!(
            "Resources:
  Auth: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: ./auth.yaml}}}}
  Pool: {{Type: AWS::Cognito::IdentityPool}}
  Att: {{Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {{IdentityPoolId: !Ref Pool, RoleMappings: {{
    a: {{Type: Token, IdentityProvider: !Sub 'cognito-idp.{region}.amazonaws.com/${{Auth.Outputs.Id}}:${{Auth.Outputs.Web}}'}}}}}}}}
"
        )
    };
    let own = |region: &str| {
        format!(
            "Resources:
  Own: {{Type: AWS::Cognito::IdentityPool}}
  Users: {{Type: AWS::Cognito::UserPool}}
  Att: {{Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {{IdentityPoolId: !Ref Own, RoleMappings: {{
    a: {{Type: Token, IdentityProvider: !Sub 'cognito-idp.{region}.amazonaws.com/${{Users}}:web'}},
    b: {{Type: Token, IdentityProvider: !Sub '${{Users.ProviderName}}:app'}}}}}}}}
"
        )
    };
    let texts = [("root.yaml", root("us-east-1")), ("auth.yaml", users.to_owned()), ("own.yaml", own("eu-west-1"))];
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let read = read_texts(&texts, &[]).usable().unwrap();
    let keys = |pool: &str| -> Vec<String> {
        let mappings = &read.choose(Some(pool)).unwrap().pool.role_mappings;
        mappings.keys().map(ToString::to_string).collect()
    };
    assert_eq!(keys("Pool"), ["cognito-idp.us-east-1.amazonaws.com/${auth:Users}:${auth:Web}"]);
    let eu = "cognito-idp.eu-west-1.amazonaws.com/${Users}";
    assert_eq!(keys("Own"), [format!("{eu}:app"), format!("{eu}:web")]);
}
