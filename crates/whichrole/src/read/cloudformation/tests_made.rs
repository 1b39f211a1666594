//! Loops, macros, included files and nested stacks: what is unrolled, and what is refused because it stands elsewhere.

use super::tests::{one_rule, pool, problems, read_texts, shown};
use crate::ProviderKey;

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
    let keys: Vec<&str> = definition.pool.role_mappings.keys().map(ProviderKey::as_str).collect();
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
    let tagged = |at: &str| made(at).replace("`Fn::Transform`", "`!Transform`");
    assert_eq!(problems(&with(&format!("  T: !Transform {include}\n")), &[]), [tagged("4:6")]);
    let inside = with("").replace("Roles: {", &format!("'Fn::Transform': {include}, Roles: {{"));
    assert_eq!(problems(&inside, &[]), [made("3:97")]);
    let whole = with("").replace(
        "Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: r}}",
        &format!("Properties: !Transform {include}"),
    );
    assert_eq!(problems(&whole, &[]), [tagged("3:69")]);
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
fn the_default_of_a_mapping_does_not_count_where_a_macro_may_add_to_it() {
    let include = "{Name: AWS::Include, Parameters: {Location: 's3://maps/teams.yaml'}}";
    let found = |mappings: &str| {
        let mappings = format!("Mappings: {{{mappings}}}");
        let written = "!FindInMap [Teams, eu, claim, {DefaultValue: team}]";
        problems(&one_rule(&mappings, [written, "Equals", "v", "r"]), &[]).len()
    };
    assert_eq!(found("Teams: {us: {claim: x}}"), 0);
    assert_eq!(found(&format!("Fn::Transform: {include}")), 1);
    assert_eq!(found(&format!("Teams: {{us: {{claim: x}}, Fn::Transform: {include}}}")), 1);
    assert_eq!(found(&format!("Teams: {{eu: {{other: x, Fn::Transform: {include}}}}}")), 1);
    assert_eq!(found(&format!("Others: {{eu: {{claim: x, Fn::Transform: {include}}}}}")), 0);
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
    let only_files = serverless("  - ${file(roles.yml)}\n  - ${file(more/tags.yml)}\n");
    let whole = with("");
    let configuration = read_texts(&[("serverless.yml", &only_files), ("roles.yml", &whole)], &[]);
    assert_eq!(shown(&configuration.problems), [told("4:5", "more/tags.yml")], "one of its files is here, one is not");
    assert_eq!(problems(&serverless("  ${file(roles.yml)}\n"), &[]), [told("3:3", "roles.yml")]);
}

#[test]
fn a_file_about_other_things_beside_a_whole_pool_is_passed_over_with_a_note() {
    let of = |parts: &str| read_texts(&[("serverless.yml", &format!("service: app\nresources:\n{parts}"))], &[]);
    let listed = |attached: &str, file: &str| of(&format!("  - Resources:\n    {POOL}    {attached}  - {file}\n"));
    let told = |file: &str| {
        format!(
            "not-recognised what `{file}` brings is not here; {PACKAGED}; principal tags that it may make are not known here"
        )
    };
    for file in ["${file(resources/tables.yml)}", "${file(./queues.yml):Resources}", "${file(infra/stages.json)}"] {
        let configuration = listed(ATTACHED, file);
        assert_eq!(configuration.problems, [], "{file}");
        assert!(shown(&configuration.notes)[0].ends_with(&told(file)), "{:?}", configuration.notes);
        assert_eq!(listed("", file).problems.len(), 1, "the attachment may be in it");
    }
    let unclear = [
        "resources/userPool.yml",
        "cognito/all.yml",
        "tags.yml",
        "principalTags.yml",
        "resources.yml",
        "${opt:stage}.yml",
        "iam.yml",
    ];
    for file in unclear {
        assert_eq!(listed(ATTACHED, &format!("${{file({file})}}")).problems.len(), 1, "{file}");
    }
    let keyed =
        |name: &str| of(&format!("  Resources:\n  {POOL}  {ATTACHED}    {name}: ${{file(tables.yml)}}\n")).problems;
    assert_eq!(keyed("Tables"), []);
    assert_eq!(keyed("PrincipalTags").len(), 1);
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
fn where_it_is_not_known_whether_guests_are_allowed_all_else_is_read() {
    let sections = "Parameters: {Open: {Type: String}}\nConditions: {IsOpen: !Equals [!Ref Open, 'yes']}\n";
    let of = |written: &str, parameters: &[(&str, &str)]| {
        let text = format!("{sections}{}", with("").replace("false", written));
        read_texts(&[("t.yaml", &text)], parameters).usable().unwrap().choose(None).unwrap().clone()
    };
    let told = |what: &str| {
        format!(
            "4:89 unresolved-value `AllowUnauthenticatedIdentities` is `{what}`, which is not known here; pass `--param Open=…`"
        )
    };
    for (written, reference) in [("!Ref Open", "${Open}"), ("!If [IsOpen, true, false]", "${Fn::If IsOpen true false}")]
    {
        let open = of(written, &[]);
        assert_eq!(open.pool.allow_unauthenticated_identities, None);
        assert_eq!(open.pool.guests_depend_on.as_deref(), Some(reference));
        assert_eq!(shown(&Vec::from_iter(open.unknown_guests)), [told(reference)]);
        assert_eq!(open.pool.roles.authenticated, Some("r".into()), "the rest is read");
    }
    for (written, value, allowed) in [("!Ref Open", "true", true), ("!If [IsOpen, true, false]", "no", false)] {
        let known = of(written, &[("Open", value)]);
        assert_eq!(known.pool.allow_unauthenticated_identities, Some(allowed));
        assert_eq!((known.pool.guests_depend_on, known.unknown_guests), (None, None));
    }
    let serverless =
        format!("service: app\nresources:\n  Resources:\n  {POOL}").replace("false", "'${self:custom.open}'");
    let configuration = read_texts(&[("serverless.yml", &serverless)], &[]).usable().unwrap();
    let why = configuration.choose(None).unwrap().unknown_guests.clone().unwrap();
    assert!(why.message.ends_with("pass `--param self:custom.open=…`"), "{why:?}");
}

#[test]
fn another_source_may_know_whether_guests_are_allowed() {
    let text = format!("Parameters: {{Open: {{Type: String}}}}\n{}", with("").replace("false", "!Ref Open"));
    for (known, allowed) in [("true", Some(true)), (r#""${Open}""#, None)] {
        let api = format!(r#"{{"AllowUnauthenticatedIdentities": {known}}}"#);
        let configuration = read_texts(&[("t.yaml", &text), ("pool.json", &api)], &[]).usable().unwrap();
        let definition = configuration.choose(None).unwrap();
        assert_eq!(definition.pool.allow_unauthenticated_identities, allowed);
        assert_eq!(definition.unknown_guests.is_none(), allowed.is_some());
    }
}
