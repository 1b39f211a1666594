//! Templates that belong together: exports, nested stacks.

use super::tests::{one_rule, read_texts, shown};

/// The role of the only rule in a template that imports it, read together with others.
fn imported(others: &[(&str, &str)], parameters: &[(&str, &str)]) -> String {
    let app = one_rule("", ["c", "Equals", "v", "!ImportValue editors"]);
    let mut sources = vec![("app.yaml", app.as_str())];
    sources.extend(others);
    let configuration = read_texts(&sources, parameters).usable().unwrap();
    let mapping = configuration.definitions[0].pool.role_mappings.values().next().unwrap();
    mapping.mapping_rules()[0].role_arn.as_str().to_owned()
}

const STAGED: &str = "
Parameters: {Stage: {Type: String}}
Conditions: {Live: !Equals [!Ref Stage, live], Trial: !Not [!Condition Live]}
Resources: {Topic: {Type: AWS::SNS::Topic}}
Outputs:
  L: {Condition: Live, Value: live-role, Export: {Name: editors}}
  T: {Condition: Trial, Value: trial-role, Export: {Name: editors}}
";

#[test]
fn an_export_is_there_only_under_its_condition() {
    let roles = |stage| imported(&[("roles.yaml", STAGED)], &[("Stage", stage)]);
    assert_eq!((roles("live"), roles("trial")), ("live-role".into(), "trial-role".into()));
    assert_eq!(imported(&[("roles.yaml", STAGED)], &[]), "${ImportValue editors}", "nobody knows which");
    let never = STAGED.replace("!Not [!Condition Live]", "!Equals [a, b]");
    assert_eq!(imported(&[("roles.yaml", &never)], &[("Stage", "x")]), "${ImportValue editors}");
}

#[test]
fn an_import_whose_export_is_not_known_says_what_would_make_it_known() {
    let app = one_rule("", ["c", "Equals", "!ImportValue editors", "r"]);
    let told = |roles: &str, parameters: &[(&str, &str)]| {
        shown(&read_texts(&[("app.yaml", &app), ("roles.yaml", roles)], parameters).problems)
    };
    let problem = "16:24 unresolved-value `Value` is `${ImportValue editors}`, which is not known here; ";
    assert_eq!(told(STAGED, &[]), [format!("{problem}pass `--param Stage=…`")]);
    let never = STAGED.replace("!Not [!Condition Live]", "!Equals [a, b]");
    let unmet = "the template here that exports it does not under the conditions given; add the one that does, or pass";
    assert_eq!(told(&never, &[("Stage", "x")]), [format!("{problem}{unmet} `--param editors=…`")]);
}

#[test]
fn two_exports_of_one_name_are_one_value_only_where_they_agree() {
    let exporting = |value: &str| {
        format!(
            "Resources: {{T: {{Type: AWS::SNS::Topic}}}}\nOutputs: {{R: {{Value: {value}, Export: {{Name: editors}}}}}}\n"
        )
    };
    let of =
        |trial: &str, live: &str| imported(&[("live.yaml", &exporting(live)), ("trial.yaml", &exporting(trial))], &[]);
    assert_eq!(of("a", "a"), "a");
    assert_eq!(of("a", "b"), "${ImportValue editors}");
    assert_eq!(of("!GetAtt R.Arn", "!GetAtt R.Arn"), "${ImportValue editors}", "each is of its own stack");
    let others = [("live.yaml", exporting("a")), ("trial.yaml", exporting("b"))];
    let others = others.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(imported(&others, &[("editors", "c")]), "c");
}

/// A parent with a pool and the stacks it nests, each as `id: what it gives`.
fn parent(stacks: &[(&str, &str)]) -> String {
    let stacks: Vec<String> = stacks
        .iter()
        .map(|(id, gives)| {
            format!(
                "  {id}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: ./access.yaml, Parameters: {gives}}}}}\n"
            )
        })
        .collect();
    format!(
        "Parameters: {{Stage: {{Type: String}}}}
Conditions: {{Live: !Equals [!Ref Stage, live]}}
Resources:
  Users: {{Type: AWS::Cognito::UserPool}}
  Web: {{Type: AWS::Cognito::UserPoolClient}}
  Editor: {{Type: AWS::IAM::Role}}
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      AllowUnauthenticatedIdentities: false
      CognitoIdentityProviders: [{{ProviderName: !GetAtt Users.ProviderName, ClientId: !Ref Web}}]
{}",
        stacks.concat()
    )
}

const ACCESS: &str = "
Parameters: {PoolId: {Type: String}, UsersId: {Type: String}, WebId: {Type: String}, Role: {Type: String},
    Team: {Type: String, Default: sports}, Stage: {Type: String, Default: live}}
Conditions: {IsLive: !Equals [!Ref Stage, live]}
Resources:
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref PoolId
      Roles: {authenticated: !If [IsLive, live-role, trial-role]}
      RoleMappings:
        users:
          IdentityProvider: !Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${UsersId}:${WebId}'
          Type: Rules
          AmbiguousRoleResolution: AuthenticatedRole
          RulesConfiguration: {Rules: [{Claim: team, MatchType: Equals, Value: !Ref Team, RoleARN: !Ref Role}]}
";
const GIVES: &str =
    "{PoolId: !Ref Pool, UsersId: !Ref Users, WebId: !Ref Web, Role: !GetAtt Editor.Arn, Team: news, Stage: trial}";

/// `default role | provider | value role` of the pool.
fn nested(root: &str, parameters: &[(&str, &str)]) -> String {
    let configuration = read_texts(&[("access.yaml", ACCESS), ("root.yaml", root)], parameters).usable().unwrap();
    let pool = &configuration.choose(None).unwrap().pool;
    let (key, mapping) = pool.role_mappings.first_key_value().unwrap();
    let rule = &mapping.mapping_rules()[0];
    format!("{} | {} | {} {}", pool.roles.authenticated.as_ref().unwrap(), key.as_str(), rule.value, rule.role_arn)
}

#[test]
fn a_nested_template_has_the_parameters_that_its_stack_gives() {
    let root = parent(&[("Access", GIVES)]);
    let key = "${Users.ProviderName}:${Web}";
    assert_eq!(nested(&root, &[]), format!("trial-role | {key} | news ${{root:Editor.Arn}}"));
    // What a stack gives is not the reader's to change; what it passes on is.
    assert_eq!(nested(&root, &[("Team", "x")]), nested(&root, &[]));
    assert_eq!(nested(&root, &[("Editor.Arn", "arn")]), format!("trial-role | {key} | news arn"));
    let defaults = parent(&[("Access", &GIVES.replace(", Team: news, Stage: trial", ""))]);
    assert_eq!(nested(&defaults, &[]), format!("live-role | {key} | sports ${{root:Editor.Arn}}"));
    let passed_on = parent(&[("Access", &GIVES.replace("Stage: trial", "Stage: !Ref Stage"))]);
    assert!(nested(&passed_on, &[("Stage", "live")]).starts_with("live-role"));
    assert!(nested(&passed_on, &[("Stage", "test")]).starts_with("trial-role"));
    let unknown = shown(&read_texts(&[("access.yaml", ACCESS), ("root.yaml", &passed_on)], &[]).problems);
    assert_eq!(unknown, ["10:30 unresolved-value `IsLive` is not known here; pass `--param Stage=…`"]);
}

#[test]
fn the_template_of_a_stack_is_found_by_its_file() {
    let root = parent(&[("Access", GIVES)]);
    let expected = nested(&root, &[]);
    for url in
        ["https://example.com/templates/access.json", "!Sub 'https://${Bucket}.example.com/${Prefix}access.yaml'"]
    {
        assert_eq!(nested(&root.replace("./access.yaml", url), &[]), expected, "{url}");
    }
    let application = root.replace("AWS::CloudFormation::Stack", "AWS::Serverless::Application");
    assert_eq!(nested(&application.replace("TemplateURL", "Location"), &[]), expected);
    let cdk = root.replace(
        "Properties: {TemplateURL: ./access.yaml,",
        "Metadata: {'aws:asset:path': access.json}, Properties: {TemplateURL: !Sub 'https://${Bucket}/${Hash}.json',",
    );
    assert_eq!(nested(&cdk, &[]), expected);
}

#[test]
fn two_stacks_of_one_template_must_agree_on_what_they_give() {
    let pool_and_role =
        "{PoolId: !Ref Pool, UsersId: !Ref Users, WebId: !Ref Web, Role: !GetAtt Editor.Arn, Team: news}";
    let same = parent(&[("A", pool_and_role), ("B", pool_and_role)]);
    assert!(nested(&same, &[]).ends_with("news ${root:Editor.Arn}"));
    let other = pool_and_role.replace("news", "sports");
    let different = parent(&[("A", pool_and_role), ("B", &other)]);
    let found = shown(&read_texts(&[("access.yaml", ACCESS), ("root.yaml", &different)], &[]).problems);
    let told = "the nested stacks `A` and `B` give it different values; pass `--param Team=…`";
    assert_eq!(found, [format!("16:80 unresolved-value `Value` is `${{Team}}`, which is not known here; {told}")]);
    assert!(nested(&different, &[("Team", "x")]).contains("| x "));
}

#[test]
fn two_stacks_of_one_template_may_be_of_different_pools() {
    let root = parent(&[("A", GIVES), ("B", &GIVES.replace("!Ref Pool", "!ImportValue pool"))]);
    let told = shown(&read_texts(&[("access.yaml", ACCESS), ("root.yaml", &root)], &[]).problems);
    assert_eq!(
        told,
        [
            "6:3 unresolved-value `Att` is in a template that several nested stacks use, and nobody knows here of which pool it is"
        ]
    );
}

#[test]
fn a_nested_template_is_there_where_its_stack_is() {
    let root = parent(&[("Access", GIVES)]);
    let root = root.replace("  Access: {Type", "  Access: {Condition: Live, Type");
    assert!(nested(&root, &[("Stage", "live")]).starts_with("trial-role"));
    let told = |stage: &[(&str, &str)]| read_texts(&[("access.yaml", ACCESS), ("root.yaml", &root)], stage);
    let without = told(&[("Stage", "test")]).usable().unwrap();
    assert_eq!(without.choose(None).unwrap().pool.roles.authenticated, None);
    assert_eq!(
        shown(&told(&[]).problems),
        [
            "6:3 unresolved-value `Att` depends on the condition of a nested stack, which is not known here; pass `--param Stage=…`"
        ]
    );
}

#[test]
fn an_output_of_a_nested_stack_is_what_its_template_says() {
    let root = "
Resources:
  Login: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: login.yaml, Parameters: {Team: news}}}
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !GetAtt Login.Outputs.PoolId
      RoleMappings:
        users:
          IdentityProvider: !Sub '${Login.Outputs.Provider}:web'
          Type: Rules
          AmbiguousRoleResolution: Deny
          RulesConfiguration: {Rules: [{Claim: team, MatchType: Equals, Value: !GetAtt Login.Outputs.Team, RoleARN: r}]}
";
    let login = "
Parameters: {Team: {Type: String}}
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  Pool: {Type: AWS::Cognito::IdentityPool}
Outputs: {PoolId: {Value: !Ref Pool}, Provider: {Value: !GetAtt Users.ProviderName}, Team: {Value: !Ref Team}}
";
    let configuration = read_texts(&[("login.yaml", login), ("root.yaml", root)], &[]).usable().unwrap();
    let definition = configuration.choose(None).unwrap();
    let (key, mapping) = definition.pool.role_mappings.first_key_value().unwrap();
    assert_eq!((definition.name.as_str(), key.as_str()), ("Pool", "${Users.ProviderName}:web"));
    assert_eq!(mapping.mapping_rules()[0].value, "news");
    assert_eq!(shown(&configuration.notes), [""; 0]);
}

#[test]
fn stacks_that_nest_each_other_end() {
    let circle = |other: &str, more: &str| {
        format!(
            "Parameters: {{P: {{Type: String}}}}\nResources:\n  S: {{Type: AWS::CloudFormation::Stack, Properties: \
             {{TemplateURL: {other}, Parameters: {{P: !Sub '${{P}}${{P}}'}}}}}}\n{more}"
        )
    };
    let a = one_rule("", ["c", "Equals", "!Ref P", "r"]);
    let a = circle("b.yaml", a.trim_start().trim_start_matches("Resources:\n"));
    let configuration = read_texts(&[("a.yaml", &a), ("b.yaml", &circle("a.yaml", ""))], &[]);
    assert!(configuration.problems[0].message.contains("stacks are nested"), "{:?}", configuration.problems);
}
