use proptest::prelude::*;

use crate::read::{Configuration, Definition, ReadOptions, Source, Value, WriteAttributes, read};
use crate::{AmbiguousRoleResolution, MappingRule, MatchType, PrincipalTagMap, ProviderKind, RoleMapping};

pub(super) fn read_texts(sources: &[(&str, &str)], parameters: &[(&str, &str)]) -> Configuration {
    let sources: Vec<Source> =
        sources.iter().map(|(name, text)| Source { name: (*name).to_owned(), text: (*text).to_owned() }).collect();
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    read(&sources, &ReadOptions { parameters, ..ReadOptions::default() })
}

/// The one pool of one template.
pub(super) fn pool(text: &str, parameters: &[(&str, &str)]) -> Definition {
    let configuration = read_texts(&[("template", text)], parameters).usable().unwrap();
    configuration.choose(None).unwrap().clone()
}

/// `line:column code message` of every problem.
pub(super) fn problems(text: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    shown(&read_texts(&[("template", text)], parameters).problems)
}

pub(super) fn shown(problems: &[crate::read::Problem]) -> Vec<String> {
    let place = |problem: &crate::read::Problem| {
        problem.at.map_or_else(String::new, |at| format!("{}:{} ", at.line(), at.column()))
    };
    problems.iter().map(|problem| format!("{}{} {}", place(problem), problem.code, problem.message)).collect()
}

/// An attachment with one rule, its fields in the order claim, operator, value, role.
pub(super) fn one_rule(sections: &str, [claim, operator, value, role]: [&str; 4]) -> String {
    format!(
        "{sections}
Resources:
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      RoleMappings:
        web:
          IdentityProvider: accounts.google.com
          Type: Rules
          AmbiguousRoleResolution: Deny
          RulesConfiguration:
            Rules:
              - Claim: {claim}
                MatchType: {operator}
                Value: {value}
                RoleARN: {role}
"
    )
}

/// The only rule of the only mapping, as `claim operator value role`.
pub(super) fn rule(text: &str, parameters: &[(&str, &str)]) -> String {
    let definition = pool(text, parameters);
    let mapping = definition.pool.role_mappings.values().next().unwrap();
    let rule = &mapping.mapping_rules()[0];
    format!("{} {} {} {}", rule.claim, rule.match_type, rule.value, rule.role_arn)
}

/// An attachment with a Token mapping for one provider.
fn provider(sections: &str, provider: &str, parameters: &[(&str, &str)]) -> (String, ProviderKind) {
    let text = format!(
        "{sections}
Resources:
  Users: {{Type: AWS::Cognito::UserPool}}
  Web: {{Type: AWS::Cognito::UserPoolClient}}
  Login: {{Type: AWS::IAM::OIDCProvider}}
  Corp: {{Type: AWS::IAM::SAMLProvider}}
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      RoleMappings: {{x: {{Type: Token, IdentityProvider: {provider}}}}}
"
    );
    let definition = pool(&text, parameters);
    let key = definition.pool.role_mappings.keys().next().unwrap();
    (key.as_str().to_owned(), key.kind())
}

#[test]
fn every_spelling_of_one_pool_reads_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/pools/cloudformation");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    let definitions = files.iter().map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let configuration = read_texts(&[(name, &std::fs::read_to_string(path).unwrap())], &[]);
        assert_eq!(shown(&configuration.problems), [""; 0], "{name}");
        let mut definition = configuration.choose(None).unwrap().clone();
        assert_eq!(definition.name, "AppPool", "{name}");
        // Not every file has these.
        definition.places = crate::read::Places::default();
        (name.to_owned(), definition)
    });
    let definitions: Vec<_> = definitions.collect();
    let expected = &definitions.iter().find(|(name, _)| name == "plain.yaml").unwrap().1;
    for (name, definition) in &definitions {
        assert_eq!(definition, expected, "{name}");
    }
    let pool = &expected.pool;
    assert_eq!(pool.id.as_deref(), Some("${AppPool}"));
    assert_eq!(pool.allow_unauthenticated_identities, Some(true));
    let listed = &pool.providers.as_ref().unwrap()[0];
    assert_eq!((listed.provider_name.as_str(), listed.client_id.as_deref()), ("${Users.ProviderName}", Some("${Web}")));
    assert_eq!(pool.roles.authenticated, Some("${Reader.Arn}".into()));
    assert_eq!(pool.roles.unauthenticated, Some("${Guest.Arn}".into()));
    let mapping = RoleMapping::rules([
        MappingRule::new("cognito:groups", MatchType::Contains, "admins", "${Admin.Arn}"),
        MappingRule::new("custom:dept", MatchType::Equals, "news", "${Editor.Arn}"),
        MappingRule::new("email", MatchType::StartsWith, "press@", "${Editor.Arn}"),
    ]);
    let mapping = mapping.resolving(AmbiguousRoleResolution::Deny);
    assert_eq!(pool.role_mappings, [("${Users.ProviderName}:${Web}".into(), mapping)].into());
    let tags = [("department".to_owned(), "custom:dept".to_owned()), ("user".to_owned(), "sub".to_owned())];
    let tags = PrincipalTagMap { use_defaults: false, tags: tags.into() };
    assert_eq!(pool.principal_tags, [("${Users.ProviderName}".into(), tags)].into());
    let groups: Vec<_> =
        expected.groups.iter().flatten().map(|group| (group.name.as_str(), group.precedence)).collect();
    assert_eq!(groups, [("admins", Some(0)), ("writers", Some(10)), ("readers", None)]);
}

#[test]
fn one_user_pool_has_one_key() {
    let key = |written: &str| provider("", written, &[]).0;
    for written in [
        "!Sub '${Users.ProviderName}:${Web}'",
        "!Join [':', [!GetAtt Users.ProviderName, !Ref Web]]",
        "!Join ['', [!GetAtt [Users, ProviderName], ':', !GetAtt Web.ClientId]]",
        "{'Fn::Sub': ['${p}:${c}', {p: !GetAtt Users.ProviderName, c: !Ref Web}]}",
        "!Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${Users}:${Web}'",
        "!Sub 'cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${Users}:${Web}'",
        "!Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${Users.UserPoolId}:${Web.ClientId}'",
    ] {
        assert_eq!(key(written), "${Users.ProviderName}:${Web}", "{written}");
    }
    let spelled_out = "!Sub 'cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}'";
    let there = "cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}";
    assert_eq!(key(spelled_out), there, "the pool is in the region of its stack");
    let another = [("AWS::Region", "eu-west-1")];
    assert_eq!(provider("", spelled_out, &another).0, "cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}");
    let not_here = spelled_out.replace("${Users}", "${Others}");
    assert_eq!(key(&not_here), "cognito-idp.us-east-1.amazonaws.com/${Others}:${Web}", "perhaps of another region");
    let region = [("AWS::Region", "us-east-1")];
    for written in [
        spelled_out,
        "!Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${Users}:${Web}'",
        "!Sub '${Users.ProviderName}:${Web}'",
    ] {
        assert_eq!(provider("", written, &region).0, there, "{written}");
        let (id, name) = ("us-east-1_A1", "cognito-idp.us-east-1.amazonaws.com/us-east-1_A1");
        let known = format!("{name}:${{Web}}");
        assert_eq!(provider("", written, &[("Users", id), ("Users.ProviderName", name)]).0, known, "{written}");
        assert_eq!(provider("", written, &[("Users", id)]).0, known, "{written}");
    }
    let of_id = "!Sub 'cognito-idp.${AWS::Region}.amazonaws.com/eu-west-1_A1:${Web}'";
    assert_eq!(key(of_id), "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A1:${Web}", "an id begins with its region");
    let china = [("AWS::Region", "cn-north-1")];
    assert_eq!(
        provider("", "!Sub '${Users.ProviderName}:${Web}'", &china).0,
        "cognito-idp.cn-north-1.amazonaws.com.cn/${Users}:${Web}"
    );
    for unknown in ["us-iso-east-1", "<region>"] {
        let written = "!Sub '${Users.ProviderName}:${Web}'";
        assert_eq!(provider("", written, &[("AWS::Region", unknown)]).0, "${Users.ProviderName}:${Web}", "{unknown}");
    }
}

#[test]
fn the_kind_of_a_provider_shows_in_what_it_refers_to() {
    for (written, kind) in [
        ("!Ref Login", ProviderKind::Oidc),
        ("!GetAtt Login.Arn", ProviderKind::Oidc),
        ("!Ref Corp", ProviderKind::Saml),
        ("!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/login.example.com'", ProviderKind::Oidc),
        ("!GetAtt Users.ProviderURL", ProviderKind::UserPool),
        ("!Ref Users", ProviderKind::UserPool),
        ("graph.facebook.com", ProviderKind::Facebook),
        ("!ImportValue provider", ProviderKind::Unknown),
    ] {
        assert_eq!(provider("", written, &[]).1, kind, "{written}");
    }
    let pool_given = "Parameters: {PoolId: {Type: String}}";
    let written = "!Sub 'cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${PoolId}:${Web}'";
    assert_eq!(provider(pool_given, written, &[]).0, "cognito-idp.${AWS::Region}.amazonaws.com/${PoolId}:${Web}");
    let all = [("AWS::Region", "eu-west-1"), ("PoolId", "eu-west-1_A"), ("Web", "client")];
    assert_eq!(provider(pool_given, written, &all).0, "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A:client");
}

#[test]
fn parameters_decide_what_is_written_and_defaults_what_is_not_given() {
    let sections = "Parameters: {Group: {Type: String, Default: admins}, Claim: {Type: String}}";
    let text = one_rule(sections, ["!Ref Claim", "Contains", "!Sub 'team-${Group}'", "!GetAtt Admin.Arn"]);
    assert_eq!(rule(&text, &[("Claim", "cognito:groups")]), "cognito:groups Contains team-admins ${Admin.Arn}");
    assert_eq!(rule(&text, &[("Claim", "x"), ("Group", "y"), ("Admin.Arn", "arn")]), "x Contains team-y arn");
    assert_eq!(
        problems(&text, &[]),
        ["14:24 unresolved-value `Claim` is `${Claim}`, which is not known here; pass `--param Claim=…`"]
    );
}

#[test]
fn what_only_a_deployment_knows_is_a_problem_in_a_claim_operator_or_value() {
    let text = one_rule(
        "Parameters: {Path: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /group}}",
        ["!GetAtt X.Name", "!ImportValue op", "!Ref Path", "!ImportValue role"],
    );
    assert_eq!(
        problems(&text, &[]),
        [
            "14:24 unresolved-value `Claim` is `${X.Name}`, which is not known here; pass `--param X.Name=…`",
            "15:28 unresolved-value match type is `${ImportValue op}`, which is not known here; no template here exports \
             it; add the one that does, or pass `--param op=…`",
            "16:24 unresolved-value `Value` is `${Path}`, which is not known here; pass `--param Path=…`",
        ]
    );
    assert_eq!(rule(&text, &[("X.Name", "c"), ("op", "Equals"), ("Path", "v")]), "c Equals v ${ImportValue role}");
    let text = one_rule("", ["email", "Equals", "'{{resolve:ssm:/a:1}}'", "x"]);
    assert!(problems(&text, &[])[0].contains("only a deployment can look up `{{resolve:ssm:/a:1}}`"));
}

#[test]
fn functions_are_evaluated_where_their_inputs_are_known() {
    let sections = "
Parameters: {Stage: {Type: String, Default: prod}, List: {Type: CommaDelimitedList, Default: 'a, b,c'}}
Mappings: {M: {prod: {x: found, l: [p, q]}}}";
    for (written, value) in [
        ("!FindInMap [M, !Ref Stage, x]", "found"),
        ("!Select [1, !FindInMap [M, prod, l]]", "q"),
        ("!Select [2, !Ref List]", "c"),
        ("!Select ['1', !Split ['-', a-b-c]]", "b"),
        ("!Join ['+', !Ref List]", "a+b+c"),
        ("!Sub 'x${!Stage}y'", "x${Stage}y"),
        ("!Sub ['${Stage}-${own}', {own: !Select [0, !Ref List]}]", "prod-a"),
        ("{'Fn::ToJsonString': {a: [1, !Ref Stage]}}", r#"{"a":[1,"prod"]}"#),
        ("{'Fn::Length': [1, 2, 3]}", "3"),
        ("'${Stage}'", "${Stage}"),
    ] {
        let text = one_rule(sections, ["c", "Equals", written, "r"]);
        assert_eq!(rule(&text, &[]), format!("c Equals {value} r"), "{written}");
    }
    for written in ["!Base64 x", "!FindInMap [M, prod, y]", "!Select [9, !Ref List]", "!GetAZs ''", "!Cidr [a, b, c]"] {
        let text = one_rule(sections, ["c", "Equals", written, "r"]);
        let found = problems(&text, &[]);
        assert!(found.len() == 1 && found[0].contains("has no value here"), "{written}: {found:?}");
    }
}

#[test]
fn different_references_stay_different() {
    let text = one_rule("", ["c", "Equals", "v", "!Select [0, !Split [':', !GetAtt A.Arn]]"]);
    let other = one_rule("", ["c", "Equals", "v", "!Select [1, !Split [':', !GetAtt A.Arn]]"]);
    assert_ne!(rule(&text, &[]), rule(&other, &[]));
}

#[test]
fn conditions_choose_and_unknown_ones_are_named() {
    let sections = "
Parameters: {Stage: {Type: String}, Flag: {Type: String, Default: 'yes'}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Flagged: {'Fn::Equals': [{Ref: Flag}, 'yes']}
  Both: !And [!Condition Prod, {Condition: Flagged}]
  Either: !Or [!Condition Prod, !Condition Flagged]
  Neither: !Not [!Condition Either]
  Circle: !Not [!Condition Circle]";
    let value = |written: &str, stage: &str| {
        let text = one_rule(sections, ["c", "Equals", written, "r"]);
        rule(&text, &[("Stage", stage)]).split(' ').nth(2).unwrap().to_owned()
    };
    assert_eq!((value("!If [Both, a, b]", "prod"), value("!If [Both, a, b]", "test")), ("a".into(), "b".into()));
    let unknown = |written: &str| problems(&one_rule(sections, ["c", "Equals", written, "r"]), &[]);
    assert_eq!(
        unknown("!If [Both, a, b]"),
        ["24:24 unresolved-value `Both` is not known here; pass `--param Stage=…`"]
    );
    assert_eq!(unknown("!If [Either, a, b]"), [""; 0], "true whatever the stage is");
    assert_eq!(unknown("!If [Neither, a, b]"), [""; 0]);
    assert_eq!(unknown("!If [Prod, a, a]"), [""; 0], "both ways the same");
    assert!(unknown("!If [Circle, a, b]")[0].contains("conditions stand on each other in a circle"));
    assert!(unknown("!If [Absent, a, b]")[0].contains("the template has no condition `Absent`"));
    let role = one_rule(sections, ["c", "Equals", "v", "!If [Prod, !GetAtt A.Arn, !GetAtt B.Arn]"]);
    assert_eq!(problems(&role, &[]).len(), 1, "a role that a condition decides is not a name for a role");
}

#[test]
fn a_conditional_attachment_is_there_or_not_or_a_problem() {
    let text = "
Parameters: {On: {Type: String}}
Conditions: {IsOn: !Equals [!Ref On, 'true']}
Resources:
  Pool: {Type: AWS::Cognito::IdentityPool}
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Condition: IsOn
    Properties: {IdentityPoolId: !Ref Pool, RoleMappings: {accounts.google.com: {Type: Token}}}
";
    assert_eq!(pool(text, &[("On", "true")]).pool.role_mappings.len(), 1);
    assert_eq!(pool(text, &[("On", "false")]).pool.role_mappings.len(), 0);
    assert_eq!(
        problems(text, &[]),
        ["6:3 unresolved-value `Att` depends on the condition `IsOn`, which is not known here; pass `--param On=…`"]
    );
}

#[test]
fn unquoted_rule_values_are_sent_as_yaml_1_1_reads_them_and_other_fields_are_problems() {
    for (written, sent) in
        [("no", "false"), ("010", "8"), ("0x10", "16"), ("12:30", "750"), ("7", "7"), ("true", "true")]
    {
        let text = one_rule("", ["c", "Equals", written, "r"]);
        assert_eq!(rule(&text, &[]), format!("c Equals {sent} r"));
        let notes = shown(&read_texts(&[("t", &text)], &[]).notes);
        assert_eq!(notes, [format!("16:24 unquoted-value the value is not quoted, and is sent as `{sent}`")]);
    }
    let found = problems(&one_rule("", ["yes", "no", "~", "010"]), &[]);
    assert_eq!(
        found,
        [
            "14:24 unreadable `Claim` is a word that YAML tools read differently, expected a string; quote this value",
            "15:28 unknown-match-type match type is a word that YAML tools read differently, expected `Equals`, \
             `Contains`, `StartsWith` or `NotEqual`",
            "16:24 unreadable `Value` is null, expected a string; quote this value if its text is meant",
            "17:26 unreadable `RoleARN` is a word that YAML tools read differently, expected a string; quote this value",
        ]
    );
}

#[test]
fn unknown_fields_are_all_reported_with_the_nearest_spelling() {
    let text = r#"{"Resources": {
  "J": {"Type": "Custom::AWSCDKCfnJson", "Properties": {"Value": {"Fn::Join": ["", [
    "{\"accounts.google.com\":{\"type\":\"Token\"},\"", {"Fn::GetAtt": ["U", "ProviderName"]}, ":x\":{\"Type\":\"Rules\",",
    "\"RulesConfiguration\":{\"Rules\":[{\"claim\":\"sub\",\"MatchType\":\"Equals\",\"Value\":\"", {"Ref": "V"},
    "\",\"RoleArn\":\"r\"}]}}}"]]}}},
  "Att": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": {
    "RoleMappings": {"Fn::GetAtt": ["J", "Value"]}}}}}"#;
    let found = problems(text, &[]);
    for message in [
        "2:66 unknown-field unknown field of a role mapping: `type`, did you mean `Type`?",
        "2:66 unknown-field unknown field of a rule: `claim`, did you mean `Claim`?",
        "2:66 unknown-field unknown field of a rule: `RoleArn`, did you mean `RoleARN`?",
        "2:66 unresolved-value `Value` is `${V}`, which is not known here; pass `--param V=…`",
    ] {
        assert!(found.iter().any(|problem| problem == message), "{message}: {found:#?}");
    }
}

#[test]
fn dollars_and_brackets_in_json_text_are_references_only_where_the_template_has_some() {
    let text = r#"{"Resources": {
  "J": {"Type": "Custom::AWSCDKCfnJson", "Properties": {"Value": {"Fn::Join": ["", [
    "{\"", {"Fn::GetAtt": ["U", "ProviderName"]}, ":x\":{\"Type\":\"Rules\",\"RulesConfiguration\":{\"Rules\":[",
    "{\"Claim\":\"sub\",\"MatchType\":\"Equals\",\"Value\":\"${a}\",\"RoleARN\":\"", {"Ref": "R"}, "\"}]}}}"]]}}},
  "Att": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": {
    "RoleMappings": {"Fn::GetAtt": ["J", "Value"]}}}}}"#;
    let configuration = read_texts(&[("t.json", text)], &[]).usable().unwrap();
    let (key, mapping) = configuration.definitions[0].pool.role_mappings.first_key_value().unwrap();
    assert_eq!(key.as_str(), "${U.ProviderName}:x");
    let [rule] = mapping.mapping_rules() else { panic!("{mapping:?}") };
    assert_eq!((rule.value.as_str(), rule.role_arn.as_str()), ("${a}", "${R}"));
}

#[test]
fn json_text_that_is_none_and_custom_resources_nobody_knows_are_problems() {
    let of = |kind: &str, value: &str| {
        let text = format!(
            "Resources:\n  X: {{Type: '{kind}', Properties: {{Value: '{value}'}}}}\n  Att:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    \
             Properties:\n      RoleMappings: !GetAtt X.Value\n"
        );
        problems(&text, &[])
    };
    assert_eq!(
        of("Custom::AWSCDKCfnJson", "{"),
        ["2:58 unreadable the JSON text of `X`: the JSON text ends in the middle"]
    );
    assert_eq!(
        of("Custom::Magic", "{}"),
        ["6:21 unresolved-value `RoleMappings` is `${X.Value}`, and `X` is a `Custom::Magic`, which is not understood"]
    );
    let lone = "Resources: {X: {Type: Custom::Magic, Properties: {IdentityPoolId: p}}}";
    assert_eq!(
        problems(lone, &[])[0],
        "1:13 unresolved-value `X` is a `Custom::Magic`, which is not understood; what it does to the pool is missing here; read what `aws cognito-identity get-identity-pool-roles` prints instead"
    );
}

#[test]
fn a_provider_or_pool_given_twice_is_a_problem() {
    let text = "
Resources:
  Pool: {Type: AWS::Cognito::IdentityPool}
  A: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool, RoleMappings: {
    a: {Type: Token, IdentityProvider: !Sub '${U.ProviderName}:${C}'},
    b: {Type: Token, IdentityProvider: !Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${U}:${C}'}}}}
  B: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool}}
";
    assert_eq!(
        problems(text, &[]),
        [
            "6:5 duplicate-provider provider `${U.ProviderName}:${C}` has a role mapping already, on line 5",
            "7:3 two-attachments the pool has two attachments, `A` and `B`; the one deployed last replaces the other",
        ]
    );
}

#[test]
fn templates_together_share_exports_and_keep_their_names_apart() {
    let users = r#"{"Resources": {"U": {"Type": "AWS::Cognito::UserPool"}, "IP": {"Type": "AWS::Cognito::IdentityPool"}},
        "Outputs": {"O": {"Value": {"Fn::GetAtt": ["U", "ProviderName"]}, "Export": {"Name": "Users:Name"}},
                    "P": {"Value": {"Ref": "IP"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-Pool"}}},
                    "G": {"Value": "admins", "Export": {"Name": "group"}}}}"#;
    let app = r#"{"Resources": {"Att": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": {
        "IdentityPoolId": {"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-Pool"}},
        "RoleMappings": {"x": {"Type": "Rules", "IdentityProvider": {"Fn::Join": [":", [{"Fn::ImportValue": "Users:Name"}, "web"]]},
            "RulesConfiguration": {"Rules": [{"Claim": "c", "MatchType": "Equals", "Value": {"Fn::ImportValue": "group"},
                "RoleARN": {"Fn::GetAtt": ["U", "Arn"]}}]}}}}}}}"#;
    let other = r#"{"Resources": {"IP": {"Type": "AWS::Cognito::IdentityPool"}}}"#;
    let manifest = r#"{"version": "36.0.0", "artifacts": {}}"#;
    let sources = [
        ("cdk.out/Users.template.json", users),
        ("cdk.out/App.template.json", app),
        ("cdk.out/Other.template.json", other),
        ("cdk.out/manifest.json", manifest),
    ];
    let configuration = read_texts(&sources, &[]).usable().unwrap();
    let names: Vec<&str> = configuration.definitions.iter().map(|definition| definition.name.as_str()).collect();
    assert_eq!(names, ["Other/IP", "Users/IP"]);
    let (key, mapping) = configuration.definitions[1].pool.role_mappings.first_key_value().unwrap();
    assert_eq!((key.as_str(), key.kind()), ("${U.ProviderName}:web", ProviderKind::UserPool));
    assert_eq!(mapping.mapping_rules()[0].value, "admins");
    assert_eq!(mapping.mapping_rules()[0].role_arn.as_str(), "${U.Arn}", "of another template");
    assert!(configuration.notes.iter().any(|note| note.code == "not-recognised"));
}

#[test]
fn other_files_of_a_folder_are_no_problem_unless_they_may_belong_to_it() {
    let template = one_rule("", ["c", "Equals", "v", "r"]);
    let with = |text: &str| read_texts(&[("template.yaml", template.as_str()), ("other.yml", text)], &[]);
    for text in ["a: !reference [x]", "a: 1\n---\nb: 2\n", "a: [", "{", "[1, 2]", "just text"] {
        let configuration = with(text);
        assert_eq!(shown(&configuration.problems), [""; 0], "{text}");
        assert_eq!(configuration.notes.len(), 1, "{text}");
    }
    assert_eq!(with("Type: AWS::Cognito::IdentityPool\na: [").problems.len(), 1);
}

#[test]
fn roles_bring_their_trust_policies_and_clients_what_their_users_may_write() {
    let text = include_str!("../../../../../testdata/pools/cloudformation/plain.yaml");
    let around = read_texts(&[("plain.yaml", text)], &[]).usable().unwrap().surroundings;
    let roles: Vec<&str> = around.roles().iter().map(|role| role.label.as_str()).collect();
    assert_eq!(roles.len(), 4, "{roles:?}");
    let policy = around.role("${Admin.Arn}").unwrap().trust.as_ref().unwrap();
    let statement = &policy.get("Statement").unwrap().elements()[0];
    let audience = statement.get("Condition").unwrap().get("StringEquals").unwrap().entries()[0].value.value.clone();
    let Value::Reference(audience) = audience else { panic!("{audience:?}") };
    assert_eq!(audience.text, "${AppPool}");
    let WriteAttributes::Listed(names) = &around.client("${Web}").unwrap().write_attributes else { panic!() };
    assert_eq!(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["name"]);
    assert_eq!(around.client("${Web}").unwrap().user_pool.as_deref(), Some("${Users}"));
}

#[test]
fn a_known_condition_leads_to_the_json_it_chooses() {
    let text = r#"{"Conditions": {"On": {"Fn::Equals": ["a", "a"]}}, "Resources": {
        "J": {"Type": "Custom::AWSCDKCfnJson", "Properties": {"Value": "{\"accounts.google.com\":{\"Type\":\"Token\"}}"}},
        "Att": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": {
            "RoleMappings": {"Fn::If": ["On", {"Fn::GetAtt": ["J", "Value"]}, {"Ref": "AWS::NoValue"}]}}}}}"#;
    assert_eq!(pool(text, &[]).pool.role_mappings.len(), 1);
}

#[test]
fn no_value_takes_away() {
    let text = "Resources: {Att: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {
        Roles: {authenticated: a, unauthenticated: !Ref AWS::NoValue}, RoleMappings: !Ref AWS::NoValue}}}";
    let pool = pool(text, &[]).pool;
    assert_eq!((pool.roles.unauthenticated, pool.role_mappings.len()), (None, 0));
}

#[test]
fn a_parameter_that_nothing_refers_to_is_noted() {
    let text = one_rule("Parameters: {Stage: {Type: String, Default: x}}", ["c", "Equals", "!Ref Stage", "r"]);
    let notes = shown(&read_texts(&[("t", &text)], &[("Stge", "y")]).notes);
    assert_eq!(notes, ["unused-parameter nothing refers to `Stge`, did you mean `Stage`?"]);
}

#[test]
fn parts_of_templates_are_read_too() {
    let properties =
        "IdentityPoolId: us-east-1:1\nRoleMappings:\n  web: {IdentityProvider: accounts.google.com, Type: Token}\n";
    let definition = pool(properties, &[]);
    assert_eq!(definition.pool.id.as_deref(), Some("us-east-1:1"));
    assert_eq!(definition.pool.role_mappings.keys().next().unwrap().kind(), ProviderKind::Google);
    let api = "Roles: {authenticated: arn}\nRoleMappings:\n  accounts.google.com: {Type: Token}\n";
    assert_eq!(pool(api, &[]).pool.role_mappings.len(), 1, "the API's shape, written as YAML");
}

/// It was taken for a part of a template, and lost its providers and guests.
#[test]
fn what_is_shown_of_a_pool_is_no_part_of_a_template_whatever_its_names_look_like() {
    let shown = r#"{"IdentityPoolId": "us-east-1:1", "AllowUnauthenticatedIdentities": false,
        "CognitoIdentityProviders": [{"ProviderName": "cognito-idp.us-east-1.amazonaws.com/${self:-1_A", "ClientId": "web"}],
        "Roles": {"authenticated": "arn"}, "RoleMappings": {"accounts.google.com": {"Type": "Token"}},
        "Groups": [{"GroupName": "a"}], "Whichrole": {"Symbolic": [], "Unresolved": [], "Notes": []}}"#;
    let definition = pool(shown, &[]);
    assert_eq!(definition.pool.providers.as_ref().map(Vec::len), Some(1));
    assert_eq!(definition.pool.allow_unauthenticated_identities, Some(false));
    assert_eq!(definition.groups.as_ref().map(Vec::len), Some(1));
}

#[test]
fn references_cannot_expand_without_bounds() {
    let long = "x".repeat(1_000_000);
    let rule = "{Claim: !Sub '${P}${P}${P}${P}${P}${P}${P}${P}', MatchType: Equals, Value: v, RoleARN: r}";
    let text = format!(
        "Parameters: {{P: {{Type: String, Default: {long}}}}}\nResources: {{A: {{Type: AWS::Cognito::IdentityPoolRoleAttachment, \
         Properties: {{RoleMappings: {{x: {{Type: Rules, RulesConfiguration: {{Rules: [{}]}}}}}}}}}}}}",
        vec![rule; 300].join(", ")
    );
    let found = problems(&text, &[]);
    assert!(found.len() == 1 && found[0].contains("references produce more than"), "{found:?}");
    let name = format!("!Join ['', [{}]]", vec!["''"; 5_000].join(", "));
    let groups = vec!["!Ref G"; 2_000].join(", ");
    let text = format!(
        "Resources:\n  G: {{Type: AWS::Cognito::UserPoolGroup, Properties: {{GroupName: {name}}}}}\n  A: {{Type: \
         AWS::Cognito::IdentityPoolRoleAttachment, Properties: {{Roles: [{groups}]}}}}"
    );
    assert!(!problems(&text, &[]).is_empty());
    let circle = "Resources:\n  A: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: !Ref A}}\n";
    assert!(read_texts(&[("t", circle)], &[]).definitions.len() <= 1);
    let chain = |count: usize| {
        let mut conditions: Vec<String> = (1..count).map(|n| format!("  C{}: !Not [!Condition C{n}]", n - 1)).collect();
        conditions.push(format!("  C{}: !Equals [a, a]", count - 1));
        let sections = format!("Conditions:\n{}", conditions.join("\n"));
        one_rule(&sections, ["c", "Equals", "!If [C0, a, b]", "r"])
    };
    let found = problems(&chain(5_000), &[]);
    assert!(found[0].contains("more than 64 conditions stand on each other"), "{found:?}");
}

proptest! {
    #[test]
    fn random_functions_never_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "!Ref A", "!Sub ", "'${A", "${", "}'", "!Join ", "['', ", "[", "]", ", ", "!If ", "!GetAtt ", "A.B", "{", "}",
                "Fn::Sub: ", "!Select ", "0", "!Split ", "':'", "!FindInMap ", "!ImportValue ", "x",
            ]),
            0..20,
        )
    ) {
        let written = pieces.concat();
        let text = one_rule("Conditions: {A: !Condition A}", [&written, "Equals", &written, &written]);
        let _ = read_texts(&[("t", &text)], &[("A", "b")]);
    }
}
