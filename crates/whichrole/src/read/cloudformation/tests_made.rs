//! Loops, macros, included files and nested stacks: what is unrolled, and what is refused because it stands elsewhere.

use super::tests::{pool, problems, read_texts, shown};

const POOL: &str = "  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: false}}\n";
const ATTACHED: &str = "  Att: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: r}}}\n";
const PROCESSED: &str = "read the template that `aws cloudformation get-template --template-stage Processed` prints";
const PACKAGED: &str = "read the template that `serverless package` writes";

/// A template with a pool, its attachment and more resources.
fn with(more: &str) -> String {
    format!("Resources:\n{POOL}{ATTACHED}{more}")
}

#[test]
fn loops_are_unrolled_wherever_they_stand() {
    let text = "
Parameters: {Teams: {Type: CommaDelimitedList, Default: 'news, sports'}}
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  Pool: {Type: AWS::Cognito::IdentityPool}
  Fn::ForEach::Attachments:
    - Id
    - [one]
    - Att${Id}:
        Type: AWS::Cognito::IdentityPoolRoleAttachment
        Properties:
          IdentityPoolId: !Ref Pool
          Roles: {authenticated: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${Id}'}
          RoleMappings:
            Fn::ForEach::Logins:
              - Login
              - [accounts.google.com, graph.facebook.com]
              - m&{Login}: {IdentityProvider: !Ref Login, Type: Token, AmbiguousRoleResolution: Deny}
  Fn::ForEach::Teams:
    - Team
    - !Ref Teams
    - Fn::ForEach::Levels:
        - Level
        - [1, 2]
        - '${Team}${Level}':
            Type: AWS::Cognito::UserPoolGroup
            Properties: {GroupName: '${Team}-${Level}', UserPoolId: !Ref Users, RoleArn: {'Fn::GetAtt': ['${Team}Role', Arn]}}
  Tags:
    Type: AWS::Cognito::IdentityPoolPrincipalTag
    Properties:
      IdentityPoolId: !Ref Pool
      IdentityProviderName: accounts.google.com
      PrincipalTags: {'Fn::ForEach::Tags': [Tag, [team, level], {'${Tag}': 'custom:${Tag}'}], user: sub}
";
    let definition = pool(text, &[]);
    assert_eq!(definition.pool.roles.authenticated, Some("arn:aws:iam::${AWS::AccountId}:role/one".into()));
    let keys: Vec<&str> = definition.pool.role_mappings.keys().map(|key| key.as_str()).collect();
    assert_eq!(keys, ["accounts.google.com", "graph.facebook.com"]);
    let groups = definition.groups.iter().flatten();
    let groups: Vec<(&str, &str)> =
        groups.map(|group| (group.name.as_str(), group.role_arn.as_ref().unwrap().as_str())).collect();
    let (news, sports) = ("${newsRole.Arn}", "${sportsRole.Arn}");
    assert_eq!(groups, [("news-1", news), ("news-2", news), ("sports-1", sports), ("sports-2", sports)]);
    let tags = &definition.pool.principal_tags.values().next().unwrap().tags;
    let tags: Vec<(&str, &str)> = tags.iter().map(|(tag, claim)| (tag.as_str(), claim.as_str())).collect();
    assert_eq!(tags, [("level", "custom:level"), ("team", "custom:team"), ("user", "sub")]);
    assert_eq!(pool(text, &[("Teams", "x")]).groups.unwrap().len(), 2);
}

#[test]
fn a_loop_that_cannot_be_unrolled_is_a_problem_where_it_could_matter() {
    let group = "{'G${Id}': {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: !Ref Id}}}";
    let of =
        |collection: &str, body: &str| problems(&with(&format!("  Fn::ForEach::X: [Id, {collection}, {body}]\n")), &[]);
    let told = format!("4:3 unresolved-value what `Fn::ForEach::X` makes is not known here; {PROCESSED}");
    assert_eq!(of("!Split [',', !Ref Names]", group), [told.as_str()]);
    assert_eq!(of("[a, b]", &group.replace("G${Id}", "G")), [told.as_str()], "one name twice");
    assert_eq!(of("[010]", group), [told.as_str()], "a word that tools read differently");
    assert_eq!(of("!Split [',', !Ref Names]", "{'T${Id}': {Type: AWS::SNS::Topic}}"), [""; 0]);
    let many = vec!["x"; 3000].join(", ");
    let body = format!(
        "{{'T${{Id}}': {{Type: AWS::SNS::Topic, A: [{many}]}}, 'G${{Id}}': {{Type: AWS::Cognito::UserPoolGroup}}}}"
    );
    let items: Vec<String> = (0..1000).map(|n| format!("a{n}")).collect();
    assert_eq!(of(&format!("[{}]", items.join(", ")), &body), [told.as_str()], "too much");
    let inside =
        with("").replace("Roles: {authenticated: r}", "Roles: {'Fn::ForEach::R': [R, !Ref Names, {'${R}': r}]}");
    let told = format!("3:105 unresolved-value what `Fn::ForEach::R` makes is not known here; {PROCESSED}");
    assert_eq!(problems(&inside, &[]), [told]);
}

#[test]
fn what_macros_and_includes_make_is_a_problem() {
    let include = "{Name: AWS::Include, Parameters: {Location: 's3://templates/tags.yaml'}}";
    let made = |at: &str| format!("{at} unresolved-value what `Fn::Transform` makes is not known here; {PROCESSED}");
    assert_eq!(problems(&with(&format!("  Fn::Transform: {include}\n")), &[]), [made("4:3")]);
    assert_eq!(problems(&with(&format!("  T: {{'Fn::Transform': {include}}}\n")), &[]), [made("4:7")]);
    assert_eq!(problems(&with(&format!("Fn::Transform: {include}\n")), &[]), [made("4:1")]);
    assert_eq!(problems(&with(&format!("  T: !Transform {include}\n")), &[]), [made("4:6")]);
    let inside = with("").replace("Roles: {", &format!("'Fn::Transform': {include}, Roles: {{"));
    assert_eq!(problems(&inside, &[]), [made("3:97")]);
    let whole = with("").replace(
        "Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: r}}",
        &format!("Properties: !Transform {include}"),
    );
    assert_eq!(problems(&whole, &[]), [made("3:69")]);
    let anything = |what: &str, at: &str| {
        format!("{at} unresolved-value the macro `{what}` may change anything in this template; {PROCESSED}")
    };
    let macros = |names: &str| problems(&format!("Transform: {names}\n{}", with("")), &[]);
    assert_eq!(macros("[Ours, AWS::Serverless-2016-10-31]"), [anything("Ours", "1:13")]);
    assert_eq!(macros(include), [anything("AWS::Include", "1:12")]);
    assert_eq!(macros("[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]"), [""; 0]);
    // What is included into something else is of no matter.
    let api = format!(
        "  Api: {{Type: AWS::Serverless::Api, Properties: {{DefinitionBody: {{'Fn::Transform': {include}}}}}}}\n"
    );
    assert_eq!(problems(&with(&api), &[]), [""; 0]);
}

#[test]
fn a_file_that_serverless_brings_is_read_or_a_problem() {
    let serverless = |parts: &str| format!("service: app\nresources:\n{parts}");
    let told =
        |at: &str, file: &str| format!("{at} unresolved-value what `${{file({file})}}` brings is not here; {PACKAGED}");
    let listed = serverless(
        &format!("  - Resources:\n    {}    {}  - ${{file(tags.yml)}}\n", &POOL, &ATTACHED)
            .replace("\n      ", "\n      "),
    );
    assert_eq!(problems(&listed, &[]), [told("6:5", "tags.yml")]);
    let keyed = serverless(&format!("  Resources:\n  {POOL}  {ATTACHED}    Tags: ${{file(./tags.yml)}}\n"));
    assert_eq!(problems(&keyed, &[]), [told("6:11", "./tags.yml")]);
    let split = serverless(&format!("  - Resources:\n    {POOL}  - ${{file(./roles.yml)}}\n"));
    let roles = format!("Resources:\n{ATTACHED}");
    let configuration = read_texts(&[("app/serverless.yml", &split), ("app/roles.yml", &roles)], &[]).usable().unwrap();
    assert_eq!(configuration.choose(None).unwrap().pool.roles.authenticated, Some("r".into()));
    assert_eq!(problems(&split, &[]), [told("5:5", "./roles.yml")]);
}

#[test]
fn a_nested_stack_that_is_not_here_is_a_problem_where_nothing_attaches_roles() {
    let stack =
        "  Access: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://example.com/access.yaml'}}\n";
    let told = "the template of the nested stack `Access` is not here; read the two together";
    assert_eq!(problems(&format!("Resources:\n{POOL}{stack}"), &[]), [format!("3:3 unresolved-value {told}")]);
    let attached = read_texts(&[("t.yaml", &with(stack))], &[]).usable().unwrap();
    assert_eq!(shown(&attached.notes), [format!("4:3 not-recognised {told}")]);
    for kind in ["AWS::Serverless::Application", "Our::Login::Pool::MODULE"] {
        let text = format!("Resources:\n{POOL}{}", stack.replace("AWS::CloudFormation::Stack", kind));
        assert_eq!(problems(&text, &[]), [format!("3:3 unresolved-value {told}")], "{kind}");
    }
    let roles = r#"{"Roles": {"authenticated": "r"}}"#;
    let both = read_texts(&[("t.yaml", &format!("Resources:\n{POOL}{stack}")), ("roles.json", roles)], &[]);
    assert_eq!(shown(&both.problems), [""; 0]);
}

#[test]
fn whether_guests_are_allowed_must_be_known() {
    let of = |written: &str, parameters: &[(&str, &str)]| {
        let sections = "Parameters: {Open: {Type: String}}\nConditions: {IsOpen: !Equals [!Ref Open, 'yes']}\n";
        problems(&format!("{sections}{}", with("").replace("false", written)), parameters)
    };
    let told = |what: &str| {
        format!(
            "4:89 unresolved-value `AllowUnauthenticatedIdentities` is `{what}`, which is not known here; pass `--param Open=…`"
        )
    };
    assert_eq!(of("!Ref Open", &[]), [told("${Open}")]);
    assert_eq!(of("!If [IsOpen, true, false]", &[]), [told("${Fn::If IsOpen true false}")]);
    assert_eq!(of("!Ref Open", &[("Open", "true")]), [""; 0]);
    assert_eq!(of("!If [IsOpen, true, false]", &[("Open", "no")]), [""; 0]);
}
