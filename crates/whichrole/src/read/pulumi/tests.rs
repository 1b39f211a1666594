use std::fmt::Write as _;

use proptest::prelude::*;

use crate::read::{Configuration, Definition, ReadOptions, Source, read};
use crate::{ProviderKey, ProviderKind};

fn read_text(text: &str, parameters: &[(&str, &str)]) -> Configuration {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let source = Source { name: "Pulumi.yaml".to_owned(), text: text.to_owned() };
    read(&[source], &ReadOptions { parameters, ..ReadOptions::default() })
}

fn file(name: &str, parameters: &[(&str, &str)]) -> Definition {
    let path = format!("{}/../../testdata/pools/pulumi/{name}", env!("CARGO_MANIFEST_DIR"));
    let configuration = read_text(&std::fs::read_to_string(path).unwrap(), parameters);
    let mut definition = configuration.usable().unwrap().choose(None).unwrap().clone();
    assert_eq!(definition.name, "AppPool");
    definition.places = crate::read::Places::default();
    definition
}

fn problems(text: &str) -> Vec<String> {
    let problems = read_text(text, &[]).problems;
    let shown = |problem: &crate::read::Problem| {
        let at = problem.at.unwrap();
        format!("{}:{} {} {}", at.line(), at.column(), problem.code, problem.message)
    };
    problems.iter().map(shown).collect()
}

/// A program with one mapping, whose rules are given.
fn program(rules: &str) -> String {
    format!(
        "resources:\n  A:\n    type: aws:cognito:IdentityPoolRoleAttachment\n    properties:\n      roleMappings:\n        - \
         identityProvider: accounts.google.com\n          type: Rules\n          mappingRules: {rules}\n"
    )
}

#[test]
fn every_spelling_of_one_program_reads_the_same() {
    let plain = file("program.yaml", &[]);
    assert_eq!(plain, file("long-types.yaml", &[]));
    let (key, mapping) = plain.pool.role_mappings.first_key_value().unwrap();
    assert_eq!((key.as_str(), key.kind()), ("${Users.endpoint}:${Web.id}", ProviderKind::UserPool));
    let rules: Vec<String> = mapping
        .mapping_rules()
        .iter()
        .map(|rule| format!("{} {} {} {}", rule.claim, rule.match_type, rule.value, rule.role_arn))
        .collect();
    assert_eq!(
        rules,
        [
            "cognito:groups Contains admins ${Admin.arn}",
            "custom:dept Equals news ${Editor.arn}",
            "email StartsWith press@ ${Editor.arn}"
        ]
    );
    let tags = plain.pool.principal_tags.first_key_value().unwrap();
    assert_eq!((tags.0.as_str(), tags.0.kind()), ("${Users.endpoint}", ProviderKind::UserPool));
    assert!(!tags.1.use_defaults && tags.1.tags.len() == 2);
}

#[test]
fn the_state_of_the_stack_is_the_program_with_its_values() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let (admin, editor, reader, guest) = (role("Admin"), role("Editor"), role("Reader"), role("Guest"));
    let mut program = file(
        "program.yaml",
        &[
            ("Admin.arn", &admin),
            ("Editor.arn", &editor),
            ("Reader.arn", &reader),
            ("Guest.arn", &guest),
            ("Users.endpoint", "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example"),
            ("Web.id", "client1"),
            ("AppPool.id", "eu-west-1:11111111-2222-3333-4444-555555555555"),
        ],
    );
    // The program leaves it to the provider's default.
    program.pool.allow_classic_flow = Some(false);
    assert_eq!(program, file("stack-export.json", &[]));
}

#[test]
fn what_is_not_known_or_not_right_is_named_with_its_place() {
    let rules = "[{claim: '${who}', matchtype: Equals, value: \"$${x}\", roleArn: '${R.arn}'}]";
    assert_eq!(
        problems(&program(rules)),
        [
            "8:26 unknown-field rule 1 has no `matchType`",
            "8:34 unresolved-value `claim` is `${who}`, which is not known here; pass `--param who=…`",
            "8:44 unknown-field unknown field of a rule: `matchtype`, did you mean `matchType`?",
        ]
    );
    let secret = r#"{"deployment": {"resources": [{"urn": "a::b", "type": "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
        "inputs": {"roleMappings": [{"identityProvider": "accounts.google.com", "type": "Rules", "mappingRules": [
            {"claim": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"},
             "matchType": "Equals", "value": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
             "roleArn": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": "\"arn\""}}]}]}}]}}"#;
    let found = problems(secret);
    assert!(found[0].contains("it is a secret; export the stack with `--show-secrets`"), "{found:?}");
    assert!(found[1].contains("the state does not have it; update the stack first"), "{found:?}");
}

#[test]
fn where_it_is_not_known_whether_guests_are_allowed_all_else_is_read() {
    let pool = |flags: &str| {
        format!(
            "name: app\nruntime: yaml\nconfig: {{on: {{type: boolean}}}}\nresources:\n  pool:\n    type: aws:cognito:IdentityPool\n    \
             properties: {{identityPoolName: x, {flags}}}\n"
        )
    };
    let text = pool("allowUnauthenticatedIdentities: \"${on}\"");
    let configuration = read_text(&text, &[]);
    assert_eq!(configuration.problems, []);
    let open = configuration.choose(None).unwrap();
    assert_eq!(open.pool.guests_depend_on.as_deref(), Some("${on}"));
    let why = open.unknown_guests.as_ref().unwrap();
    assert!(why.message.starts_with("`allowUnauthenticatedIdentities` is `${on}`, which is not known here"));
    let known = read_text(&text, &[("on", "true")]);
    assert_eq!(known.choose(None).unwrap().pool.allow_unauthenticated_identities, Some(true));
    assert_eq!(known.choose(None).unwrap().unknown_guests, None);
    // The classic flow decides nothing.
    assert_eq!(read_text(&pool("allowClassicFlow: \"${on}\""), &[]).problems, []);
}

#[test]
fn the_shapes_of_other_packages_are_not_guessed() {
    let text = "resources:\n  A:\n    type: aws-native:cognito:IdentityPoolRoleAttachment\n";
    assert_eq!(
        problems(text),
        ["2:3 unresolved-value `A` is a `aws-native:cognito:IdentityPoolRoleAttachment`, which is not understood"]
    );
}

/// A program with a pool, with or without its attachment, and one more resource.
fn beside(attached: bool, more: &str) -> Configuration {
    let attachment = "  roles:\n    type: aws:cognito:IdentityPoolRoleAttachment\n    properties: {identityPoolId: \"${pool.id}\", roles: {authenticated: r}}\n";
    let attachment = if attached { attachment } else { "" };
    read_text(
        &format!(
            "resources:\n  pool:\n    type: aws:cognito:IdentityPool\n    properties: {{identityPoolName: x, allowUnauthenticatedIdentities: false}}\n{attachment}  x: {{{more}}}\n"
        ),
        &[],
    )
}

#[test]
fn what_runs_at_a_deployment_may_set_the_roles_of_a_pool_that_it_is_given() {
    let all = |call: &str| {
        [
            format!("type: command:local:Command, properties: {{create: \"{call} ${{pool.id}}\"}}"),
            format!(
                "type: 'command:remote:Command', properties: {{create: {call}, environment: {{POOL: \"${{pool.id}}\"}}}}"
            ),
            format!(
                "type: aws:lambda/invocation:Invocation, properties: {{functionName: '{call}', input: {{fn::toJSON: {{p: \"${{pool.id}}\"}}}}}}"
            ),
            format!(
                "type: aws:cloudformation:Stack, properties: {{templateBody: '{call}', parameters: {{Pool: \"${{pool.id}}\"}}}}"
            ),
        ]
    };
    for resource in all("run") {
        let [problem] = &beside(false, &resource).problems[..] else { panic!("{resource}") };
        assert!(problem.message.starts_with("`x` is given the id of `pool` and may set its roles"), "{problem:?}");
        let attached = beside(true, &resource);
        assert_eq!(attached.problems, [], "{resource}");
        let [note] = &attached.notes[..] else { panic!("{resource}") };
        assert_eq!(note.message, "`x` is given the id of `pool` and does with it what is not known here");
        assert_eq!(beside(false, &resource.replace("pool.id", "users.id")).problems, []);
    }
    for resource in all("aws cognito-identity set-identity-pool-roles")
        .into_iter()
        .chain(all("AWS::Cognito::IdentityPoolRoleAttachment"))
    {
        let [problem] = &beside(true, &resource).problems[..] else { panic!("{resource}") };
        assert!(problem.message.contains("and sets its roles"), "{problem:?}");
    }
    let handed_on = "type: aws:ssm:Parameter, properties: {value: \"${pool.id}\"}";
    assert_eq!((beside(false, handed_on).problems, beside(false, handed_on).notes), (vec![], vec![]));
    let state = r#"{"deployment": {"resources": [
        {"urn": "urn:pulumi:p::s::aws:cognito/identityPool:IdentityPool::pool", "type": "aws:cognito/identityPool:IdentityPool", "id": "eu-west-1:1", "outputs": {"allowUnauthenticatedIdentities": false}},
        {"urn": "urn:pulumi:p::s::command:local:Command::x", "type": "command:local:Command", "id": "x", "outputs": {"create": "./x eu-west-1:1"}}]}}"#;
    assert_eq!(problems(state).len(), 1);
}

#[test]
fn what_pulumi_leaves_as_it_is_may_differ_and_a_note_says_so() {
    let of = |ignored: &str| {
        let more = format!(
            "type: aws:cognito:IdentityPoolRoleAttachment, properties: {{identityPoolId: \"${{pool.id}}\", roles: {{authenticated: r}}}}, options: {{ignoreChanges: {ignored}}}"
        );
        let configuration = beside(false, &more);
        assert_eq!(configuration.problems, []);
        configuration.notes.into_iter().map(|note| note.message).collect::<Vec<_>>()
    };
    let told = "Pulumi does not change `roles`, `roleMappings` of `x` once it is there (`ignoreChanges`): what is deployed may differ from this program";
    assert_eq!(of("[roles, 'roleMappings[0].type', tags]"), [told]);
    assert_eq!(of("[tags]"), [""; 0]);
}

#[test]
fn a_dollar_before_a_reference_makes_it_text() {
    let definition =
        read_text(&program("[{claim: c, matchType: Equals, value: \"$${x}-${y}\", roleArn: r}]"), &[("y", "z")]);
    let definition = definition.usable().unwrap().choose(None).unwrap().clone();
    let rule = &definition.pool.role_mappings[&ProviderKey::new("accounts.google.com")].mapping_rules()[0];
    assert_eq!(rule.value, "${x}-z");
}

#[test]
fn variables_in_a_circle_end() {
    let text = format!(
        "variables:\n  a: ${{b}}${{b}}\n  b: ${{a}}${{a}}\n{}",
        program("[{claim: '${a}', matchType: Equals, value: v, roleArn: r}]")
    );
    let found = problems(&text);
    assert!(found.len() == 1 && found[0].contains("more than 8 variables stand on each other"), "{found:?}");
}

#[test]
fn variables_cannot_expand_without_bounds() {
    let mut variables = String::from("variables:\n");
    for n in 0..8 {
        let next = format!("${{v{}}}", n + 1);
        writeln!(variables, "  v{n}: {}", next.repeat(200)).unwrap();
    }
    let text = format!("{variables}{}", program("[{claim: '${v0}', matchType: Equals, value: v, roleArn: r}]"));
    let found = problems(&text);
    assert!(found.len() == 1 && found[0].contains("too-large references produce more than 4194304 bytes"), "{found:?}");
}

proptest! {
    #[test]
    fn random_programs_never_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["${", "}", "a", "a.b", "$", "fn::join: ", "fn::select: ", "[", "]", ", ", "0", "{", "'"]),
            0..20,
        )
    ) {
        let _ = read_text(&program(&format!("[{{claim: {}}}]", pieces.concat())), &[]);
    }
}

#[test]
fn two_dollars_are_one_wherever_they_stand() {
    let rule = |value: &str| format!("{{claim: c, matchType: Equals, value: \"{value}\", roleArn: r}}");
    let rules = ["x$$y", "$$${y}", "$$$${y}", "a$", "$${y}$$"].map(rule).join(", ");
    let configuration = read_text(&program(&format!("[{rules}]")), &[("y", "z")]).usable().unwrap();
    let mapping = &configuration.choose(None).unwrap().pool.role_mappings[&ProviderKey::new("accounts.google.com")];
    let values: Vec<&str> = mapping.mapping_rules().iter().map(|rule| rule.value.as_str()).collect();
    assert_eq!(values, ["x$y", "$z", "$${y}", "a$", "${y}$"]);
}

/// A pool whose mapping gives a role that it cannot have, by a claim that its users may change.
const WITH_ROLES: &str = r#"name: app
runtime: yaml
resources:
  users:
    type: aws:cognito:UserPool
    properties: { schemas: [{ name: dept, attributeDataType: String, mutable: true }] }
  web:
    type: aws:cognito/userPoolClient:UserPoolClient
    properties: { userPoolId: "${users.id}", writeAttributes: [name, "custom:dept"] }
  pool:
    type: aws:cognito:IdentityPool
    properties:
      cognitoIdentityProviders: [{ providerName: "${users.endpoint}", clientId: "${web.id}" }]
  admin:
    type: aws:iam:Role
    properties:
      assumeRolePolicy:
        fn::toJSON:
          Statement:
            - Effect: Allow
              Principal: { Federated: cognito-identity.amazonaws.com }
              Action: sts:AssumeRole
              Condition:
                StringEquals: { "cognito-identity.amazonaws.com:aud": "${pool.id}" }
                ForAnyValue:StringLike: { "cognito-identity.amazonaws.com:amr": authenticated }
  reader:
    type: aws:iam/role:Role
    properties:
      assumeRolePolicy: |
        {"Statement": {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
          "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {
          "StringEquals": {"cognito-identity.amazonaws.com:aud": "${users.id}"},
          "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}}
  attach:
    type: aws:cognito:IdentityPoolRoleAttachment
    properties:
      identityPoolId: ${pool.id}
      roles: { authenticated: "${reader.arn}" }
      roleMappings:
        - identityProvider: ${users.endpoint}:${web.id}
          ambiguousRoleResolution: AuthenticatedRole
          type: Rules
          mappingRules:
            - { claim: "custom:dept", matchType: Equals, roleArn: "${admin.arn}", value: eng }
"#;

fn faults(text: &str) -> Vec<(&'static str, u32)> {
    let sources = [Source { name: "Pulumi.yaml".to_owned(), text: text.to_owned() }];
    let found = crate::lint::lint(&read(&sources, &ReadOptions::default())).unwrap();
    let found = found.into_iter().filter(|finding| finding.severity > crate::lint::Severity::Info);
    found.map(|finding| (finding.lint, finding.at.unwrap().line())).collect()
}

#[test]
fn roles_and_clients_stand_around_the_pool() {
    assert_eq!(faults(WITH_ROLES), [("trust-action", 22), ("trust-aud", 30), ("user-writable-claim", 44)]);
    let good = WITH_ROLES
        .replace("sts:AssumeRole\n", "sts:AssumeRoleWithWebIdentity\n")
        .replace("\"${users.id}\"}", "\"${pool.id}\"}")
        .replace(", \"custom:dept\"]", "]");
    assert_eq!(faults(&good), []);
}

mod stacks {
    use super::*;

    const PROJECT: &str =
        "name: shop\nruntime: yaml\nconfig:\n  unit: {type: string, default: toys}\n  area: {type: string}\n";

    /// A project with one rule whose value is that of `unit`, and other files.
    fn with(others: &[(&str, &str)]) -> Configuration {
        let rules =
            "[{claim: unit, matchType: Equals, value: '${unit}', roleArn: 'arn:aws:iam::111122223333:role/Clerk'}]";
        let program = format!("{PROJECT}{}", program(rules));
        let others = others.iter().map(|(name, text)| Source { name: (*name).into(), text: (*text).into() });
        let sources: Vec<Source> = others.chain([Source { name: "infra/Pulumi.yaml".into(), text: program }]).collect();
        read(&sources, &ReadOptions::default())
    }

    fn value(configuration: &Configuration) -> Result<&str, &str> {
        if let Some(problem) = configuration.problems.first() {
            return Err(&problem.message);
        }
        let pool = &configuration.definitions[0].pool;
        Ok(pool.role_mappings.values().next().unwrap().mapping_rules()[0].value.as_str())
    }

    #[test]
    fn give_values_that_override_the_defaults() {
        let configuration = with(&[("infra/Pulumi.dev.yaml", "config:\n  shop:unit: books\n  other:unit: wine\n")]);
        assert_eq!(value(&configuration), Ok("books"));
        assert_eq!(configuration.notes[0].message, "`unit` has this value, that of the stack `dev`");
        assert_eq!(configuration.notes[0].at.unwrap().line(), 2);
        for (written, taken) in [("5", "5"), ("true", "true"), ("'1.50'", "1.50")] {
            let stack = format!("config:\n  shop:unit: {written}\n");
            assert_eq!(value(&with(&[("infra/Pulumi.dev.yaml", &stack)])), Ok(taken));
        }
    }

    #[test]
    fn leave_the_default_where_they_say_nothing_or_are_of_another_folder() {
        for other in [
            ("infra/Pulumi.dev.yaml", "config:\n  other:unit: books\n"),
            ("infra/Pulumi.dev.yaml", "encryptionsalt: v1:abc\n"),
            ("Pulumi.dev.yaml", "config:\n  shop:unit: books\n"),
        ] {
            assert_eq!(value(&with(&[other])), Ok("toys"), "{other:?}");
        }
    }

    #[test]
    fn that_do_not_tell_a_value_leave_it_unknown() {
        for (stack, why) in [
            ("config:\n  shop:unit:\n    secure: abc\n", "its value is encrypted; pass `--param unit=…`"),
            ("config:\n  shop:unit: [a]\n", "its value is no text; pass `--param unit=…`"),
            ("config:\n  shop:unit: 010\n", "its value is not quoted, and tools read it differently"),
            ("config:\n  shop:unit: 1.50\n", "its value is not quoted, and tools read it differently"),
            ("environment:\n  - shop/dev\n", "the environments of the stack are not read"),
        ] {
            let configuration = with(&[("infra/Pulumi.dev.yaml", stack)]);
            assert!(value(&configuration).is_err_and(|message| message.contains(why)), "{configuration:?}");
        }
        let broken = with(&[("infra/Pulumi.dev.yaml", "config: [\n")]);
        assert!(value(&broken).is_err());
    }

    #[test]
    fn that_differ_leave_it_unknown_and_those_that_agree_do_not() {
        let books = ("infra/Pulumi.dev.yaml", "config:\n  shop:unit: books\n");
        for other in ["config:\n  shop:unit: wine\n", "config: {}\n", "config:\n  shop:unit: {secure: abc}\n"] {
            let configuration = with(&[books, ("infra/Pulumi.prod.yaml", other)]);
            let why =
                "the stacks `dev` and `prod` differ in it: read the file of one of them, or pass `--param unit=…`";
            assert!(value(&configuration).is_err_and(|message| message.contains(why)), "{configuration:?}");
        }
        assert_eq!(value(&with(&[books, ("infra/Pulumi.prod.yaml", books.1)])), Ok("books"));
        let both = [("infra/Pulumi.dev.yaml", "config: {}\n"), ("infra/Pulumi.prod.yaml", "config: {}\n")];
        assert_eq!(value(&with(&both)), Ok("toys"));
    }

    #[test]
    fn belong_to_a_program_in_another_file_of_the_project() {
        let rules = "[{claim: unit, matchType: Equals, value: '${unit}${area}', roleArn: 'arn:aws:iam::111122223333:role/Clerk'}]";
        let main = format!(
            "configuration:\n  unit: {{type: string, default: toys}}\n  area: {{type: string}}\n{}",
            program(rules)
        );
        let project = PROJECT.replace("area: {type: string}", "area: {type: string, default: east}");
        let named = |name: &str, text: &str| Source { name: name.into(), text: text.into() };
        let mut sources = vec![named("Main.yaml", &main), named("Pulumi.yaml", &project)];
        assert_eq!(value(&read(&sources, &ReadOptions::default())), Ok("toyseast"));
        sources.push(named("Pulumi.dev.yaml", "config:\n  shop:area: west\n"));
        assert_eq!(value(&read(&sources, &ReadOptions::default())), Ok("toyswest"));
    }

    #[test]
    fn without_a_program_are_passed_over() {
        let sources = [
            Source { name: "Pulumi.yaml".into(), text: "name: shop\nruntime: nodejs\n".into() },
            Source { name: "Pulumi.dev.yaml".into(), text: "config:\n  shop:unit: books\n".into() },
        ];
        let configuration = read(&sources, &ReadOptions::default());
        assert_eq!(configuration.problems[0].code, "no-configuration");
        assert_eq!(configuration.notes.len(), 2);
    }
}
