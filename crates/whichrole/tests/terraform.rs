//! Terraform configurations as people write them, and as an enemy would. Rows such as HI-81 are those of the acceptance list of
//! hostile inputs.

#![cfg(feature = "hcl")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers here are tests, too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use whichrole::read::{Configuration, Definition, Format, GroupId, Place, ReadOptions, Source, WriteAttributes, read};
use whichrole::{
    AmbiguousRoleResolution, Group, IdentityPool, IdentityProvider, MatchType, ProviderKey, ProviderKind, RoleArn,
    RoleMapping, RoleMappingType,
};

const POOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/pools");

fn folder(path: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut open = vec![Path::new(POOLS).join(path)];
    while let Some(place) = open.pop() {
        if place.is_dir() {
            open.extend(fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
        } else if place.extension().is_none_or(|ending| ending != "md") {
            sources.push(Source { name: place.to_str().unwrap().into(), text: fs::read_to_string(&place).unwrap() });
        }
    }
    assert!(!sources.is_empty(), "{path} is there");
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources
}

fn files(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(name, text)| Source { name: (*name).into(), text: (*text).into() }).collect()
}

fn read_text(text: &str) -> Configuration {
    read(&files(&[("main.tf", text)]), &ReadOptions::default())
}

fn with_variables(text: &str, variables: &[(&str, &str)]) -> Configuration {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    read(&files(&[("main.tf", text)]), &ReadOptions { variables, ..ReadOptions::default() })
}

/// `line:column code: message` for each problem.
fn problems(configuration: &Configuration) -> Vec<String> {
    configuration
        .problems
        .iter()
        .map(|problem| {
            let place = problem.at.map_or(String::new(), |at| format!("{}:{} ", at.line(), at.column()));
            format!("{place}{}: {}", problem.code, problem.message)
        })
        .collect()
}

fn pool(configuration: &Configuration) -> &Definition {
    assert_eq!(problems(configuration), Vec::<String>::new());
    configuration.choose(None).unwrap()
}

/// An attachment with one mapping of these rules.
fn rules(rules: &str) -> String {
    format!(
        r#"resource "aws_cognito_identity_pool_roles_attachment" "main" {{
  identity_pool_id = aws_cognito_identity_pool.main.id
  roles            = {{ authenticated = "arn:aws:iam::111122223333:role/Reader" }}
  role_mapping {{
    identity_provider         = "accounts.google.com"
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"
    {rules}
  }}
}}
"#
    )
}

/// One rule with this as its value.
fn valued(value: &str) -> String {
    rules(&format!(
        "mapping_rule {{\n claim = \"c\"\n match_type = \"Equals\"\n role_arn = \"r\"\n value = {value}\n }}"
    ))
}

/// The text that an expression gives, or the first problem with it.
fn value(expression: &str) -> Result<String, String> {
    let configuration = read_text(&valued(expression));
    match configuration.problems.first() {
        Some(problem) => Err(problem.message.clone()),
        None => Ok(configuration.choose(None).unwrap().pool.role_mappings.values().next().unwrap().mapping_rules()[0]
            .value
            .clone()),
    }
}

/// The workspace is given like a variable, though no file declares it.
#[test]
fn the_workspace_can_be_given() {
    let text = valued("\"app-${terraform.workspace}\"");
    let open = read_text(&text);
    assert!(problems(&open)[0].ends_with("which is not known here; pass `--var terraform.workspace=…`"), "{open:?}");
    let given = [("terraform.workspace", "prod")];
    let known = with_variables(&text, &given);
    assert_eq!(pool(&known).pool.role_mappings.values().next().unwrap().mapping_rules()[0].value, "app-prod");
    assert!(known.notes.iter().all(|note| note.code != "unknown-variable"), "{:?}", known.notes);
    assert!(known.used.variables.contains("terraform.workspace"));
    let unused = with_variables(&valued("\"x\""), &given);
    assert!(unused.notes.iter().any(|note| note.code == "unknown-variable"), "{:?}", unused.notes);
    // `-0` is text that no number here has.
    assert!(value("\"${-0}\"").is_err());
    assert_eq!(value("\"${-1}\""), Ok("-1".to_owned()));
}

/// What was replaced and is still there stands beside its successor in what `terraform show -json` prints.
#[test]
fn deposed_objects_are_not_live() {
    let object = |role: &str, more: &str| {
        format!(
            r#"{{"address":"aws_cognito_identity_pool_roles_attachment.m","mode":"managed","type":"aws_cognito_identity_pool_roles_attachment",
            "name":"m","values":{{"identity_pool_id":"p","roles":{{"authenticated":"arn:aws:iam::111122223333:role/{role}"}}}}{more}}}"#
        )
    };
    let state = |objects: &[String]| {
        let objects = objects.join(",");
        let text = format!(r#"{{"format_version":"1.0","values":{{"root_module":{{"resources":[{objects}]}}}}}}"#);
        read(&files(&[("state.json", &text)]), &ReadOptions::default())
    };
    let (live, old) = (object("Live", ""), object("Old", r#","deposed_key":"abcd1234""#));
    for objects in [[live.clone(), old.clone()], [old.clone(), live]] {
        let configuration = state(&objects);
        let role = pool(&configuration).pool.roles.authenticated.clone().unwrap();
        assert_eq!(role.as_str(), "arn:aws:iam::111122223333:role/Live");
    }
    assert!(problems(&state(&[old]))[0].contains("no-configuration"));
}

mod one_pool_in_many_spellings {
    use super::*;

    /// Puts what is deployed in the place of references.
    fn deployed(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (reference, after) = after.split_once('}').unwrap();
            out.push_str(before);
            let name = |name: &str| reference.contains(name);
            out.push_str(match () {
                () if name("aws_cognito_user_pool_client.web") => "1example23456789",
                () if name("aws_cognito_user_pool.users") && reference.ends_with(".endpoint") => {
                    "cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1"
                }
                () if name("aws_cognito_identity_pool.app_pool") => "us-east-1:11111111-2222-3333-4444-555555555555",
                () if name("aws_iam_role") && name("admin") => "arn:aws:iam::111122223333:role/Admin",
                () if name("aws_iam_role") && name("editor") => "arn:aws:iam::111122223333:role/Editor",
                // A first plan does not tell the two default roles apart.
                () if name("reader") || name("roles[\"authenticated\"]") => "arn:aws:iam::111122223333:role/Reader",
                () if name("guest") || name("roles[\"unauthenticated\"]") => "arn:aws:iam::111122223333:role/Guest",
                () => panic!("unexpected reference {reference}"),
            });
            rest = after;
        }
        out + rest
    }

    fn key(key: &ProviderKey) -> ProviderKey {
        ProviderKey::new(deployed(key.as_str()))
    }

    fn role(role: &RoleArn) -> RoleArn {
        RoleArn::from(deployed(role.as_str()))
    }

    fn in_the_account(definition: &Definition) -> (IdentityPool, Vec<Group>) {
        let mut pool = definition.pool.clone();
        pool.id = pool.id.map(|id| deployed(&id));
        pool.roles.authenticated = pool.roles.authenticated.as_ref().map(role);
        pool.roles.unauthenticated = pool.roles.unauthenticated.as_ref().map(role);
        let providers = pool.providers.iter().flatten().map(|provider| IdentityProvider {
            provider_name: key(&provider.provider_name),
            client_id: provider.client_id.as_deref().map(deployed),
        });
        pool.providers = Some(providers.collect());
        pool.principal_tags = pool.principal_tags.iter().map(|(name, tags)| (key(name), tags.clone())).collect();
        pool.role_mappings = pool.role_mappings.iter().map(|(name, m)| (key(name), m.clone())).collect();
        for mapping in pool.role_mappings.values_mut() {
            if let RoleMappingType::Rules(rules) = &mut mapping.mapping_type {
                for rule in rules {
                    rule.role_arn = role(&rule.role_arn);
                }
            }
        }
        let mut groups = definition.groups.clone().unwrap();
        for group in &mut groups {
            group.role_arn = group.role_arn.as_ref().map(role);
            // The API's lists of one user pool's groups need not say which it is.
            let user_pool = group.user_pool.take().as_ref().map(key);
            assert!(user_pool.is_none_or(|known| known == ProviderKey::of_user_pool("us-east-1_EXAMPLE1")));
        }
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        (pool, groups)
    }

    #[test]
    fn all_of_them_are_equal() {
        let from_api = read(&folder("api"), &ReadOptions::default());
        let expected = in_the_account(pool(&from_api));
        assert_eq!(expected.0.role_mappings.values().next().unwrap().mapping_rules().len(), 3);
        assert_eq!(expected.1.len(), 3);
        let spellings = [
            "plain",
            "locals",
            "variables",
            "dynamic",
            "module",
            "json",
            "override",
            "plan/plan.json",
            "state/state.json",
            "state/terraform.tfstate",
        ];
        for spelling in spellings {
            let configuration = read(&folder(&format!("terraform/{spelling}")), &ReadOptions::default());
            assert_eq!(in_the_account(pool(&configuration)), expected, "{spelling}");
        }
    }

    #[test]
    fn their_names_are_addresses() {
        for (spelling, name) in [
            ("plain", "aws_cognito_identity_pool.app_pool"),
            ("dynamic", "aws_cognito_identity_pool.app_pool[0]"),
            ("module", "module.identity[0].aws_cognito_identity_pool.app_pool"),
            ("state/terraform.tfstate", "aws_cognito_identity_pool.app_pool"),
        ] {
            let configuration = read(&folder(&format!("terraform/{spelling}")), &ReadOptions::default());
            assert_eq!(pool(&configuration).name, name);
        }
    }

    #[test]
    fn everything_knows_its_place() {
        let sources = folder("terraform/plain");
        let configuration = read(&sources, &ReadOptions::default());
        let definition = pool(&configuration);
        let key = definition.pool.role_mappings.keys().next().unwrap().clone();
        let line = |place: Place| {
            let (source, line, _) = definition.places.get(&place).unwrap().numbers();
            sources[source].text.lines().nth(line - 1).unwrap().trim().to_owned()
        };
        assert_eq!(line(Place::Pool), "resource \"aws_cognito_identity_pool\" \"app_pool\" {");
        assert_eq!(line(Place::AuthenticatedRole), "authenticated   = aws_iam_role.reader.arn");
        assert_eq!(line(Place::Mapping(key.clone())), "role_mapping {");
        assert_eq!(line(Place::Rule(key.clone(), 2)), "mapping_rule {");
        assert_eq!(line(Place::RuleField(key.clone(), 3, "Value")), "value      = \"press@\"");
        assert_eq!(line(Place::RuleField(key.clone(), 3, "RoleARN")), "role_arn   = aws_iam_role.editor.arn");
        assert_eq!(line(Place::MappingField(key, "AmbiguousRoleResolution")), "ambiguous_role_resolution = \"Deny\"");
        let writers = definition.groups.iter().flatten().find(|group| group.name == "writers").unwrap();
        assert_eq!(line(Place::Group(GroupId::of(writers))), "resource \"aws_cognito_user_group\" \"writers\" {");
    }

    #[test]
    fn they_say_who_may_assume_a_role_and_what_users_may_change() {
        // A first plan cannot say which of two default roles is which, so it names neither.
        for spelling in ["plain", "state/state.json", "state/terraform.tfstate"] {
            let configuration = read(&folder(&format!("terraform/{spelling}")), &ReadOptions::default());
            let around = &configuration.surroundings;
            let role = pool(&configuration).pool.roles.authenticated.as_ref().unwrap();
            assert!(around.roles().iter().all(|role| role.trust.is_some()), "{spelling}");
            if !spelling.starts_with("plan/") {
                assert!(around.role(role.as_str()).is_some(), "{spelling}: {role}");
            }
            let client = &around.clients[0];
            assert!(client.ids.iter().any(|id| deployed(id) == "1example23456789"), "{spelling}: {client:?}");
            if spelling == "plain" {
                let WriteAttributes::Listed(names) = &client.write_attributes else { panic!("{client:?}") };
                assert_eq!(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["name"]);
            }
        }
    }

    #[test]
    fn a_plan_beside_the_files_it_was_made_from_says_nothing_new() {
        let mut sources = folder("terraform/plain");
        sources.extend(folder("terraform/state/terraform.tfstate"));
        let configuration = read(&sources, &ReadOptions::default());
        assert_eq!(configuration.definitions.len(), 1);
        assert_eq!(pool(&configuration).pool.roles.authenticated, Some("${aws_iam_role.reader.arn}".into()));
        assert!(configuration.notes[0].message.contains("was passed over, because the Terraform files are there"));
    }
}

mod what_is_missing {
    use super::*;

    #[test]
    fn a_value_names_the_variable_to_pass_and_is_known_once_it_is_passed() {
        let text = valued("lower(\"${var.team}-x\")");
        assert_eq!(
            problems(&read_text(&text)),
            [
                "12:10 unresolved-value: `value` is `${lower(\"${var.team}-x\")}`, which is not known here; pass `--var team=…`"
            ]
        );
        let configuration = with_variables(&text, &[("team", "A")]);
        assert_eq!(pool(&configuration).pool.role_mappings.values().next().unwrap().mapping_rules()[0].value, "a-x");
    }

    #[test]
    fn variables_of_other_types_are_passed_as_expressions() {
        let text = rules(
            r#"dynamic "mapping_rule" {
            for_each = var.names
            content {
              claim = "email"
              match_type = "Equals"
              value = mapping_rule.value
              role_arn = "r"
            }
          }"#,
        );
        let values = |configuration: &Configuration| -> Vec<String> {
            let mappings = &pool(configuration).pool.role_mappings;
            mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| rule.value.clone()).collect()
        };
        for declared in ["", "variable \"names\" { type = set(string) }", "variable \"names\" {\n default = [\"x\"]\n}"]
        {
            let configuration = with_variables(&format!("{declared}\n{text}"), &[("names", r#"["b", "a", "b"]"#)]);
            let expected: &[&str] = if declared.contains("set") { &["a", "b"] } else { &["b", "a", "b"] };
            assert_eq!(values(&configuration), expected, "{declared}");
        }
        assert_eq!(
            problems(&with_variables(
                &format!("variable \"names\" {{ type = list(string) }}\n{text}"),
                &[("names", "[")]
            )),
            [
                "10:24 unresolved-value: how many rules `${var.names}` gives is not known; the value of `--var names` is no expression of its type"
            ]
        );
    }

    #[test]
    fn a_variable_that_nothing_declares_is_noted() {
        let text = format!("{}variable \"region\" {{}}", rules(""));
        let configuration = with_variables(&text, &[("regoin", "eu-west-1"), ("region", "eu-west-1")]);
        assert_eq!(configuration.notes.len(), 1);
        assert_eq!(configuration.notes[0].message, "unknown variable `regoin`, did you mean `region`?");
    }

    #[test]
    fn files_of_values_count_in_terraform_s_order() {
        let main = valued("var.x") + "variable \"x\" { default = \"default\" }";
        let value = |extra: &[(&str, &str)], variables: &[(&str, &str)]| {
            let mut all = vec![("env/main.tf", main.as_str())];
            all.extend(extra);
            let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let configuration = read(&files(&all), &ReadOptions { variables, ..ReadOptions::default() });
            let found = problems(&configuration);
            if found.is_empty() {
                pool(&configuration).pool.role_mappings.values().next().unwrap().mapping_rules()[0].value.clone()
            } else {
                found.join("\n")
            }
        };
        let terraform = ("env/terraform.tfvars", "x = \"terraform\"");
        let auto = ("env/b.auto.tfvars", "x = \"auto\"");
        let json = ("env/c.auto.tfvars.json", "{\"x\": \"json\"}");
        let named = ("env/prod.tfvars", "x = \"prod\"");
        assert_eq!(value(&[], &[]), "default");
        assert_eq!(value(&[terraform], &[]), "terraform");
        assert_eq!(value(&[auto, terraform], &[]), "auto");
        assert_eq!(value(&[json, auto, terraform], &[]), "json");
        assert_eq!(value(&[terraform, named, auto], &[]), "auto");
        assert_eq!(value(&[terraform, named, auto], &[("x", "argument")]), "argument");
    }

    #[test]
    fn files_that_terraform_does_not_read_by_itself_only_fill_gaps_and_are_noted() {
        let (bare, defaulted) = ("variable \"x\" {}", "variable \"x\" { default = \"default\" }");
        let asked = |variable: &str, extra: &[(&str, &str)]| {
            let main = valued("var.x") + variable;
            let mut all = vec![("env/main.tf", main.as_str())];
            all.extend(extra);
            let configuration = read(&files(&all), &ReadOptions::default());
            let notes: Vec<String> = configuration.notes.iter().map(|note| note.message.clone()).collect();
            let value = if let Some(problem) = configuration.problems.first() {
                problem.message.clone()
            } else {
                let mapping = configuration.choose(None).unwrap().pool.role_mappings.values().next().unwrap();
                mapping.mapping_rules()[0].value.clone()
            };
            (value, notes.join("\n"))
        };
        let used = "`x` has this value, which Terraform reads only where `-var-file` names the file";
        let passed_over = "this value of `x` was passed over: Terraform reads the file only where `-var-file` names it; pass `--var x=…`";
        let elsewhere = "this value of `x` was passed over: Terraform reads the file only in the folder it stands in; pass `--var x=…`";
        let automatic = ("env/terraform.tfvars", "x = \"terraform\"");
        for named in ["env/prod.tfvars", "env/prod.tfvars.json", "values/prod.tfvars"] {
            let text = if named.ends_with("json") { "{\"x\": \"prod\"}" } else { "x = \"prod\"" };
            let named = (named, text);
            assert_eq!(asked(bare, &[named]), ("prod".into(), used.into()), "{named:?}");
            assert_eq!(asked(defaulted, &[named]), ("default".into(), passed_over.into()), "{named:?}");
            assert_eq!(asked(bare, &[named, automatic]), ("terraform".into(), passed_over.into()), "{named:?}");
        }
        for foreign in ["env/sub/terraform.tfvars", "env/sub/a.auto.tfvars", "terraform.tfvars", "other/a.auto.tfvars"]
        {
            let foreign = (foreign, "x = \"foreign\"");
            assert_eq!(asked(defaulted, &[foreign]), ("default".into(), elsewhere.into()), "{foreign:?}");
            assert!(asked(bare, &[foreign]).0.contains("pass `--var x=…`"), "{foreign:?}");
        }
        let (prod, dev) = (("env/prod.tfvars", "x = \"prod\""), ("env/dev.tfvars", "x = \"dev\""));
        assert!(asked(bare, &[prod, dev]).0.contains("several files of values give it differently"));
        assert_eq!(
            asked("variable \"y\" { default = 1 }\nvariable \"x\" { default = \"1\" }", &[("env/z.tfvars", "y = 2")]).1,
            ""
        );
    }

    #[test]
    fn strings_of_json_values_and_defaults_are_no_templates() {
        let literal = "a${1 + 1}$${y}%{if}";
        let values = format!("{{\"x\": \"{literal}\"}}");
        let default = format!("{{\"variable\": {{\"x\": {{\"type\": \"string\", \"default\": \"{literal}\"}}}}}}");
        let main = valued("var.x");
        let declared = main.clone() + "variable \"x\" {}";
        for all in [
            vec![("main.tf", declared.as_str()), ("terraform.tfvars.json", &values)],
            vec![("main.tf", &main), ("variables.tf.json", &default)],
        ] {
            let configuration = read(&files(&all), &ReadOptions::default());
            let mapping = pool(&configuration).pool.role_mappings.values().next().unwrap();
            assert_eq!(mapping.mapping_rules()[0].value, literal);
        }
    }

    #[test]
    fn what_another_file_declares_is_asked_for() {
        for (expression, missing) in [
            ("aws_cognito_user_group.a.name", "give the file that declares `aws_cognito_user_group.a`"),
            ("local.x", "give the file that declares `local.x`"),
            ("module.x.y", "give the file that calls module `x`"),
            ("data.aws_region.current.name", "only the deployment knows it"),
            ("path.module", "it depends on where and how Terraform runs"),
            ("each.key", "`each` means nothing here"),
            ("unheard_of", "nothing of that name is known here"),
        ] {
            let message = value(expression).unwrap_err();
            assert!(message.contains(missing), "{expression}: {message}");
        }
    }

    #[test]
    fn roles_and_providers_may_be_references() {
        let text = r#"
resource "aws_cognito_identity_pool_roles_attachment" "a" {
  identity_pool_id = var.pool
  roles = { authenticated = module.roles.arns["reader"], unauthenticated = null }
  role_mapping {
    identity_provider = aws_iam_openid_connect_provider.login.arn
    type              = "Token"
  }
}
module "roles" { source = "git::https://example.com/roles.git" }
"#;
        let configuration = read_text(text);
        let definition = pool(&configuration);
        assert_eq!(definition.name, "var.pool");
        assert_eq!(definition.pool.id.as_deref(), Some("${var.pool}"));
        assert_eq!(definition.pool.roles.authenticated, Some("${module.roles.arns[\"reader\"]}".into()));
        assert_eq!(definition.pool.roles.unauthenticated, None);
        let (key, mapping) = definition.pool.role_mappings.iter().next().unwrap();
        assert_eq!((key.kind(), key.as_str()), (ProviderKind::Oidc, "${aws_iam_openid_connect_provider.login.arn}"));
        assert_eq!(mapping.ambiguous_role_resolution, None);
        assert_eq!(configuration.notes.len(), 1, "the module that is not read is said");
    }

    #[test]
    fn a_pool_that_only_a_remote_module_declares_is_no_pool() {
        let configuration = read_text("module \"identity\" {\n source = \"example/identity/aws\"\n}");
        assert_eq!(configuration.problems[0].code, "no-configuration");
        assert!(
            configuration.problems[0]
                .message
                .contains("module `identity` comes from elsewhere (`example/identity/aws`)")
        );
    }

    #[test]
    fn of_a_flag_that_decides_it_is_kept_why_it_is_not_known() {
        let pool = |flag: &str| format!("resource \"aws_cognito_identity_pool\" \"p\" {{\n {flag} = var.flag\n}}");
        let open = read_text(&pool("allow_unauthenticated_identities"));
        assert_eq!(problems(&open), [""; 0], "all else is known");
        let open = super::pool(&open);
        assert_eq!(open.pool.allow_unauthenticated_identities, None);
        assert_eq!(open.pool.guests_depend_on.as_deref(), Some("${var.flag}"));
        let why = open.unknown_guests.as_ref().unwrap();
        assert_eq!(why.at.map(|at| (at.line(), at.column())), Some((2, 37)));
        assert_eq!(
            why.message,
            "`allow_unauthenticated_identities` is `${var.flag}`, which is not known here; pass `--var flag=…`"
        );
        let configuration = read_text(&pool("allow_classic_flow"));
        assert_eq!(super::pool(&configuration).pool.allow_classic_flow, None);
        assert_eq!(super::pool(&configuration).pool.allow_unauthenticated_identities, Some(false));
    }
}

mod what_is_made_elsewhere {
    use super::*;

    const POOL: &str = "resource \"aws_cognito_identity_pool\" \"app\" {}\n";
    const ATTACHMENT: &str = r#"resource "aws_cognito_identity_pool_roles_attachment" "app" {
  identity_pool_id = aws_cognito_identity_pool.app.id
  roles            = { authenticated = "arn:aws:iam::111122223333:role/Clerk" }
}
"#;

    fn refusals(rest: &str) -> Vec<String> {
        problems(&read_text(&format!("{POOL}{rest}")))
    }

    #[test]
    fn by_awscc_for_a_pool_that_is_read_is_refused() {
        let attachment = r#"resource "awscc_cognito_identity_pool_role_attachment" "app" {
  identity_pool_id = aws_cognito_identity_pool.app.id
}
"#;
        assert_eq!(
            refusals(attachment),
            ["2:1 unresolved-value: `awscc_cognito_identity_pool_role_attachment.app` attaches the roles of \
                `aws_cognito_identity_pool.app`, and only resources of the `aws` provider are read; write it as \
                `aws_cognito_identity_pool_roles_attachment`"]
        );
        let tags = r#"resource "awscc_cognito_identity_pool_principal_tag" "app" {
  identity_pool_id = local.pool
}
locals { pool = aws_cognito_identity_pool.app.id }
"#;
        let refused = refusals(&format!("{ATTACHMENT}{tags}"));
        assert!(refused[0].contains("makes principal tags of `aws_cognito_identity_pool.app`"), "{refused:?}");
        // One that is not there makes nothing, and neither does one for another pool.
        let absent = tags.replace("{\n  identity", "{\n  count = 0\n  identity");
        let other = tags.replace("aws_cognito_identity_pool.app.id", "awscc_cognito_identity_pool.app.id");
        for rest in [absent, other] {
            assert_eq!(refusals(&format!("{ATTACHMENT}{rest}")), [""; 0], "{rest}");
        }
    }

    #[test]
    fn by_awscc_in_a_state_or_plan_is_refused() {
        let state = |id: &str| {
            format!(
                r#"{{"version": 4, "terraform_version": "1.9.0", "resources": [
{{"mode": "managed", "type": "aws_cognito_identity_pool", "name": "app", "instances": [{{"attributes": {{"id": "eu-west-1:1"}}}}]}},
{{"mode": "managed", "type": "awscc_cognito_identity_pool_role_attachment", "name": "app",
 "instances": [{{"attributes": {{"identity_pool_id": "{id}"}}}}]}}]}}"#
            )
        };
        let plan = |id: &str| {
            format!(
                r#"{{"format_version": "1.2", "planned_values": {{"root_module": {{"resources": [
{{"mode": "managed", "type": "aws_cognito_identity_pool", "name": "app", "address": "aws_cognito_identity_pool.app", "values": {{"id": "eu-west-1:1"}}}},
{{"mode": "managed", "type": "awscc_cognito_identity_pool_role_attachment", "name": "app",
 "address": "awscc_cognito_identity_pool_role_attachment.app", "values": {{{id}}}}}]}}}}}}"#
            )
        };
        let read_json = |text: &str| problems(&read(&files(&[("x.json", text)]), &ReadOptions::default()));
        let known = r#""identity_pool_id": "eu-west-1:1""#;
        for text in [state("eu-west-1:1"), plan(known), plan("")] {
            let refused = read_json(&text);
            assert!(
                refused.len() == 1 && refused[0].contains("attaches the roles of `aws_cognito_identity_pool.app`"),
                "{refused:?}"
            );
        }
        for text in [state("eu-west-1:2"), plan(&known.replace(":1", ":2"))] {
            assert_eq!(read_json(&text), [""; 0]);
        }
    }

    #[test]
    fn by_a_module_that_is_given_a_pool_without_an_attachment_is_refused() {
        let remote =
            "module \"roles\" {\n source = \"corp/cognito/aws\"\n pool = aws_cognito_identity_pool.app.id\n}\n";
        assert_eq!(
            refusals(remote),
            [
                "2:1 unresolved-value: `module.roles` is given the id of `aws_cognito_identity_pool.app` and may make its \
                role attachment; module `roles` comes from elsewhere (`corp/cognito/aws`) and is not read; read a plan or the \
                state, which have what it makes"
            ]
        );
        let missing = remote.replace("corp/cognito/aws", "./roles");
        let refused = refusals(&missing);
        assert!(refused[0].ends_with("give the files of module `roles` in `roles` too"), "{refused:?}");
        let nested = remote.replace(
            "pool = aws_cognito_identity_pool.app.id",
            "for_each = toset([\"a\"])\n settings = { a = [aws_cognito_identity_pool.app] }",
        );
        assert_eq!(refusals(&nested).len(), 1);
        for unconcerned in ["\"x\"", "aws_cognito_identity_pool.apps.id", "aws_cognito_user_pool.app.id"] {
            let other = remote.replace("aws_cognito_identity_pool.app.id", unconcerned);
            assert_eq!(refusals(&other), [""; 0], "{unconcerned}");
        }
        assert_eq!(refusals(&remote.replace("{\n source", "{\n count = 0\n source")), [""; 0]);
    }

    #[test]
    fn by_a_module_beside_an_attachment_is_refused_where_it_may_be_a_tag_map() {
        let call = |name: &str, source: &str, argument: &str| {
            format!(
                "{ATTACHMENT}module \"{name}\" {{\n source = \"{source}\"\n {argument} = aws_cognito_identity_pool.app.id\n}}\n"
            )
        };
        for tags in [
            call("tags", "git::https://example.com/x.git", "pool"),
            call("access", "corp/principal-tags/aws", "pool"),
            call("access", "corp/access/aws", "principal_tag_pool"),
            call("principal_tagging", "git::https://example.com/x.git", "pool"),
            call("tags", "registry.example.com/corp/tags/awscc", "pool"),
            // What a module gets says more than its provider.
            call("tags", "corp/label/null", "principal_tags"),
            // Its files can be given.
            call("access", "./access", "pool"),
        ] {
            let refused = refusals(&tags);
            assert!(refused.len() == 1 && refused[0].contains("may make its principal tags"), "{tags}{refused:?}");
        }
        for of_resources in [
            call("tagging", "git::https://example.com/x.git", "pool"),
            call("tags", "corp/label/null", "pool"),
            call("label", "registry.example.com/corp/tags/null//modules/x", "pool"),
        ] {
            let configuration = read_text(&format!("{POOL}{of_resources}"));
            assert_eq!(problems(&configuration), [""; 0], "{of_resources}");
            let [note] = configuration.notes.as_slice() else { panic!("{of_resources}") };
            assert!(note.message.ends_with("principal tags that it may make are not known here"), "{note:?}");
        }
        let trusted = call("clerk", "corp/role/aws", "identity_pool_id")
            .replace(" source = \"corp", " tags = {}\n source = \"corp");
        let configuration = read_text(&format!("{POOL}{trusted}"));
        assert_eq!(problems(&configuration), [""; 0]);
        let notes: Vec<&str> = configuration.notes.iter().map(|note| note.message.as_str()).collect();
        assert_eq!(
            notes,
            [
                "`module.clerk` was passed over: module `clerk` comes from elsewhere (`corp/role/aws`) and is not read; it is given the id of \
              `aws_cognito_identity_pool.app`, and principal tags that it may make are not known here"
            ]
        );
    }

    /// Things that run something at a deployment, given a pool's id: what says that it sets roles, and what says nothing.
    fn deployments(call: &str) -> [String; 6] {
        let id = "aws_cognito_identity_pool.app.id";
        [
            format!(
                "resource \"null_resource\" \"x\" {{\n provisioner \"local-exec\" {{\n command = \"{call} ${{{id}}}\"\n }}\n}}\n"
            ),
            format!(
                "resource \"terraform_data\" \"x\" {{\n triggers_replace = [{id}]\n provisioner \"local-exec\" {{\n command = \"{call} ${{self.triggers_replace[0]}}\"\n }}\n}}\n"
            ),
            format!(
                "resource \"aws_iam_role\" \"x\" {{\n provisioner \"local-exec\" {{\n command = \"{call}\"\n environment = {{ POOL = {id} }}\n }}\n}}\n"
            ),
            format!(
                "resource \"aws_lambda_invocation\" \"x\" {{\n function_name = \"{call}\"\n input = jsonencode({{ pool = {id} }})\n}}\n"
            ),
            format!(
                "data \"aws_lambda_invocation\" \"x\" {{\n function_name = \"{call}\"\n input = jsonencode({{ pool = {id} }})\n}}\n"
            ),
            format!(
                "resource \"aws_cloudformation_stack\" \"x\" {{\n parameters = {{ Pool = {id} }}\n template_body = jsonencode({{ Type = \"{call}\" }})\n}}\n"
            ),
        ]
    }

    #[test]
    fn by_what_runs_at_a_deployment_is_refused_where_the_roles_are_missing_or_it_sets_them() {
        for block in deployments("run") {
            let refused = refusals(&block);
            assert_eq!(refused.len(), 1, "{block}");
            assert!(
                refused[0].contains("x` is given the id of `aws_cognito_identity_pool.app` and may set its roles")
                    && refused[0].ends_with("read what `aws cognito-identity get-identity-pool-roles` prints instead"),
                "{refused:?}"
            );
            let beside = read_text(&format!("{POOL}{ATTACHMENT}{block}"));
            assert_eq!(problems(&beside), [""; 0], "{block}");
            let [note] = beside.notes.as_slice() else { panic!("{:?}", beside.notes) };
            assert_eq!(note.code, "not-recognised");
            assert!(note.message.ends_with("and does with it what is not known here"), "{note:?}");
            let other = block.replace("aws_cognito_identity_pool.app.id", "aws_cognito_user_pool.app.id");
            assert_eq!(refusals(&other), [""; 0], "{other}");
        }
        for call in ["aws cognito-identity set-identity-pool-roles", "AWS::Cognito::IdentityPoolRoleAttachment"] {
            for block in deployments(call) {
                let refused = refusals(&format!("{ATTACHMENT}{block}"));
                assert!(refused.len() == 1 && refused[0].contains("and sets its roles"), "{block}{refused:?}");
            }
        }
        let own = "resource \"aws_cognito_identity_pool\" \"own\" {\n provisioner \"local-exec\" {\n command = \"./x ${self.id}\"\n }\n}\n";
        assert_eq!(refusals(own).len(), 1);
        let json = r#"{"resource": {"aws_cognito_identity_pool": {"app": {}}, "null_resource": {"x": {"provisioner":
            [{"local-exec": {"command": "./x ${aws_cognito_identity_pool.app.id}"}}]}}}}"#;
        assert_eq!(problems(&read(&files(&[("main.tf.json", json)]), &ReadOptions::default())).len(), 1);
    }

    #[test]
    fn but_not_by_what_only_hands_a_pool_on() {
        let id = "aws_cognito_identity_pool.app.id";
        for block in [
            format!("output \"pool\" {{\n value = {id}\n}}\n"),
            format!("resource \"aws_ssm_parameter\" \"x\" {{\n value = {id}\n}}\n"),
            format!(
                "resource \"aws_lambda_function\" \"x\" {{\n environment {{\n variables = {{ POOL = {id} }}\n }}\n}}\n"
            ),
            format!(
                "resource \"aws_iam_policy\" \"x\" {{\n policy = jsonencode({{ Resource = {id}, Action = \"cognito-identity:SetIdentityPoolRoles\" }})\n}}\n"
            ),
            format!("resource \"local_file\" \"x\" {{\n content = templatefile(\"x.js\", {{ pool = {id} }})\n}}\n"),
            format!("resource \"null_resource\" \"x\" {{\n triggers = {{ pool = {id} }}\n}}\n"),
            format!(
                "resource \"aws_s3_object\" \"x\" {{\n content = {id}\n provisioner \"local-exec\" {{\n command = \"npm run build\"\n }}\n}}\n"
            ),
            format!(
                "resource \"null_resource\" \"x\" {{\n count = 0\n provisioner \"local-exec\" {{\n command = {id}\n }}\n}}\n"
            ),
        ] {
            for attachment in ["", ATTACHMENT] {
                let configuration = read_text(&format!("{POOL}{attachment}{block}"));
                assert_eq!((problems(&configuration).len(), configuration.notes.len()), (0, 0), "{block}");
            }
        }
    }

    #[test]
    fn by_a_deployment_in_a_state_or_plan_is_refused() {
        let state = |kind: &str, values: &str| {
            format!(
                r#"{{"version": 4, "terraform_version": "1.9.0", "resources": [
{{"mode": "managed", "type": "aws_cognito_identity_pool", "name": "app", "instances": [{{"attributes": {{"id": "eu-west-1:1"}}}}]}},
{{"mode": "managed", "type": "{kind}", "name": "x", "instances": [{{"attributes": {values}}}]}}]}}"#
            )
        };
        let plan = |provisioners: &str| {
            format!(
                r#"{{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {{"root_module": {{"resources": [
{{"mode": "managed", "type": "aws_cognito_identity_pool", "name": "app", "address": "aws_cognito_identity_pool.app", "values": {{}}}},
{{"mode": "managed", "type": "null_resource", "name": "x", "address": "null_resource.x", "values": {{}}}}]}}}},
"configuration": {{"root_module": {{"resources": [{{"type": "null_resource", "name": "x", "expressions":
{{"triggers": {{"references": ["aws_cognito_identity_pool.app.id", "aws_cognito_identity_pool.app"]}}}}{provisioners}}}]}}}}}}"#
            )
        };
        let count = |text: &str| problems(&read(&files(&[("x.json", text)]), &ReadOptions::default())).len();
        assert_eq!(count(&state("aws_lambda_invocation", r#"{"input": "{\"pool\": \"eu-west-1:1\"}"}"#)), 1);
        assert_eq!(count(&state("aws_lambda_invocation", r#"{"input": "{\"pool\": \"eu-west-1:12\"}"}"#)), 0);
        assert_eq!(count(&state("aws_ssm_parameter", r#"{"value": "eu-west-1:1"}"#)), 0);
        assert_eq!(count(&plan(r#", "provisioners": [{"type": "local-exec", "expressions": {"command": {}}}]"#)), 1);
        assert_eq!(count(&plan("")), 0, "it runs nothing");
    }

    #[test]
    fn by_a_module_inside_a_module_is_refused_with_its_whole_name() {
        let call = "module \"login\" {\n source = \"./login\"\n}\n";
        let inner = format!(
            "{POOL}module \"roles\" {{\n source = \"corp/cognito/aws\"\n pool = aws_cognito_identity_pool.app.id\n}}\n"
        );
        let configuration = read(&files(&[("main.tf", call), ("login/main.tf", &inner)]), &ReadOptions::default());
        let found = problems(&configuration);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains(
                "`module.login.module.roles` is given the id of `module.login.aws_cognito_identity_pool.app`"
            ),
            "{found:?}"
        );
    }
}

mod mistakes {
    use super::*;

    #[test]
    fn are_all_reported_with_the_right_spelling() {
        let text = rules(
            "mapping_rule {\n claim = \"c\"\n match_typ = \"Equals\"\n value = \"v\"\n role_arn = \"r\"\n }\n\
             mapping_rule {\n claim = 1\n match_type = \"equals\"\n value = \"v\"\n role_arn = true\n extra {}\n }",
        );
        assert_eq!(
            problems(&read_text(&text)),
            [
                "8:5 unknown-field: rule 1 has no `match_type`",
                "10:2 unknown-field: unknown field of a rule: `match_typ`, did you mean `match_type`?",
                "15:10 unreadable: `claim` is a number, expected a string; quote this value",
                "16:15 unknown-match-type: unknown match type `equals`, did you mean `Equals`?",
                "18:13 unreadable: `role_arn` is a boolean, expected a string; quote this value",
                "19:2 unknown-field: unknown field of a rule: `extra`, expected `claim`, `match_type`, `value` or `role_arn`",
            ]
        );
    }

    #[test]
    fn in_names_of_blocks_do_not_make_mappings_vanish() {
        let attachment = |inner: &str| {
            format!(
                "resource \"aws_cognito_identity_pool_roles_attachment\" \"a\" {{\n identity_pool_id = \"p\"\n {inner}\n}}"
            )
        };
        for (inner, expected) in [
            ("role_mappings {}", "did you mean `role_mapping`?"),
            ("role_maping {}", "did you mean `role_mapping`?"),
            ("role_mapping = []", "`role_mapping` is a block, not an argument: write `role_mapping { … }`"),
            ("role = {}", "did you mean `roles`?"),
            ("roles {\n \"authenticated\" = \"r\"\n }", "is the syntax of Terraform 0.11: write `roles = { … }`"),
            ("roles {\n authenticated = \"r\"\n }", "is the syntax of Terraform 0.11: write `roles = { … }`"),
            ("roles = { admin = \"r\" }", "unknown default role `admin`"),
            ("role_mapping {\n type = \"Token\"\n }", "the role mapping has no `identity_provider`"),
            ("dynamic \"role_mapping\" {\n content {}\n }", "the `dynamic` block has no `for_each`"),
            ("dynamic \"role_mapping\" {\n for_each = []\n }", "the `dynamic` block has no `content`"),
            (
                "dynamic \"role_mapping\" {\n for_each = 1\n content {}\n }",
                "`for_each` is neither a list, a set nor a map",
            ),
        ] {
            let found = problems(&read_text(&attachment(inner)));
            assert!(found.len() == 1 && found[0].contains(expected), "{inner}: {found:?}");
        }
        let invented = "resource \"aws_cognito_identity_pool_roles\" \"a\" {\n role_mapping {}\n}";
        assert!(
            problems(&read_text(invented))[0]
                .contains("role mappings belong to `aws_cognito_identity_pool_roles_attachment`")
        );
    }

    #[test]
    fn one_pool_has_one_attachment_and_one_mapping_for_each_provider() {
        let twice = format!("{}{}", rules(""), rules("").replace("\"main\"", "\"other\""));
        let found = problems(&read_text(&twice));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("11:1 two-attachments: `aws_cognito_identity_pool.main` has two role attachments"),
            "{found:?}"
        );
        let mapping =
            |provider: &str| format!("role_mapping {{\n identity_provider = \"{provider}\"\n type = \"Token\"\n }}\n");
        let both = format!(
            "resource \"aws_cognito_identity_pool_roles_attachment\" \"a\" {{\n identity_pool_id = \"p\"\n {}{}}}",
            mapping("${aws_cognito_user_pool.u.endpoint}:${aws_cognito_user_pool_client.c.id}"),
            mapping(
                "cognito-idp.eu-west-1.amazonaws.com/${aws_cognito_user_pool.u.id}:${aws_cognito_user_pool_client.c.id}"
            ),
        );
        let found = problems(&read_text(&both));
        assert!(found.len() == 1 && found[0].contains("has a role mapping already, on line 3"), "{found:?}");
    }

    #[test]
    fn in_the_syntax_stop_the_file_only() {
        let sources = files(&[("a.tf", "resource {"), ("b.tf", &rules(""))]);
        let configuration = read(&sources, &ReadOptions::default());
        assert_eq!(configuration.problems.len(), 1);
        assert_eq!(configuration.definitions.len(), 1);
    }
}

mod expressions {
    use super::*;

    #[test]
    fn are_evaluated_as_terraform_does() {
        for (expression, expected) in [
            (r#""a${1 + 2 * 3}b""#, "a7b"),
            (r#"true && !false ? "yes" : "no""#, "yes"),
            (r#"false && var.unknown == 1 ? "yes" : "no""#, "no"),
            ("1 == 1.0 ? \"same\" : \"other\"", "same"),
            ("1 == \"1\" ? \"same\" : \"other\"", "other"),
            (r#"join(",", [for n in [3, 1, 2] : n * 2 if n != 1])"#, "6,4"),
            (r#"join(",", [for i, v in ["a", "b"] : "${i}${v}"])"#, "0a,1b"),
            (r#"join(",", [for k, v in { b = 1, a = 2 } : "${k}${v}"])"#, "a2,b1"),
            (r#"join(",", { for v in ["x", "y", "xx"] : substr(v, 0, 1) => v... }["x"])"#, "x,xx"),
            (r#"{ a = { b = ["c"] } }.a.b[0]"#, "c"),
            (r#"{ a = { b = ["c"] } }["a"]["b"].0"#, "c"),
            (r#"join("", [{ n = "a" }, { n = "b" }][*].n)"#, "ab"),
            (r#"join("", [{ n = "a" }, { n = "b" }].*.n)"#, "ab"),
            (r#"join("", "x"[*])"#, "x"),
            (r#"join(",", toset(["b", "a", "b"]))"#, "a,b"),
            (r#"join(",", toset([10, 9, 1]))"#, "1,9,10"),
            (r#"join(",", concat(["a"], ["b", "c"]))"#, "a,b,c"),
            (r#"join(",", flatten([["a"], [["b"], []], "c"]))"#, "a,b,c"),
            (r#"join(",", distinct(["a", "b", "a"]))"#, "a,b"),
            (r#"join(",", compact(["a", "", null]))"#, "a"),
            (r#"join(",", sort(["b", "a"]))"#, "a,b"),
            (r#"join(",", reverse(["b", "a"]))"#, "a,b"),
            (r#"join(",", slice(["a", "b", "c"], 1, 3))"#, "b,c"),
            (r#"join(",", range(3))"#, "0,1,2"),
            (r#"join(",", range(-3))"#, "0,-1,-2"),
            (r#"join(",", range(2, 0))"#, "2,1"),
            (r#"join(",", range(1, -1))"#, "1,0"),
            (r#"join(",", range(2, 2))"#, ""),
            (r#"join(",", range(0, 5, 2))"#, "0,2,4"),
            (r#"join(",", range(0, 6, 2))"#, "0,2,4"),
            (r#"join(",", range(5, 0, -2))"#, "5,3,1"),
            (r#"join(",", range(4, 0, -2))"#, "4,2"),
            (r#"try(join(",", range(1, 5, 0)), "error")"#, "error"),
            (r#"try(join(",", range(5, 1, 1)), "error")"#, "error"),
            (r#"try(join(",", range(1, 5, -1)), "error")"#, "error"),
            (r#"try(format("100%"), "error")"#, "error"),
            (r#"try(format("%5%d", 1), "error")"#, "error"),
            (r#"format("100%%")"#, "100%"),
            ("format(\"%q\", \"<&>\u{2028}\\\"\")", "\"\\u003c\\u0026\\u003e\\u2028\\\"\""),
            (r#"join(",", keys({ b = 1, a = 2 }))"#, "a,b"),
            (r#"join(",", values({ b = 1, a = 2 }))"#, "2,1"),
            (r#"join(",", values(zipmap(["x", "y"], [1, 2])))"#, "1,2"),
            (r#"join(",", setsubtract(["a", "b"], ["a"]))"#, "b"),
            (r#"join(",", setunion(["b"], ["a"]))"#, "a,b"),
            (r#"join(",", setintersection(["b", "a"], ["a"]))"#, "a"),
            (r#"merge({ a = "x" }, { a = "y" }).a"#, "y"),
            (r#"lookup({ a = "x" }, "b", "z")"#, "z"),
            (r#"element(["a", "b"], 3)"#, "b"),
            (r#"coalesce("", null, "x")"#, "x"),
            (r#"try({}.a, "fallback")"#, "fallback"),
            (r#"can({}.a) ? "yes" : "no""#, "no"),
            (r#"contains(["a"], "a") ? "yes" : "no""#, "yes"),
            // Nothing is converted to compare it, but strings are made where a list of them is wanted.
            (r#"contains([1, "2"], "1") ? "yes" : "no""#, "no"),
            (r#"contains([1, "2"], 1) ? "yes" : "no""#, "yes"),
            (r#"contains(tolist([1, "2"]), "1") ? "yes" : "no""#, "yes"),
            (r#"contains(compact([1, ""]), "1") ? "yes" : "no""#, "yes"),
            (r#"contains(sort([2, 10]), 10) ? "yes" : join(",", sort([2, 10]))"#, "10,2"),
            (r#"index([1, "1", true], "1")"#, "1"),
            (r#"contains([[1]], [2]) ? "yes" : "no""#, "no"),
            (r#"jsonencode(concat([1, "a"], ["1"]))"#, r#"[1,"a","1"]"#),
            ("jsonencode(concat([1], [2], []))", "[1,2]"),
            (r#"length(["a", "b"])"#, "2"),
            (r#"length("é漢")"#, "2"),
            (r#"index(["a", "b"], "b")"#, "1"),
            (r#"alltrue([true, "true"]) ? "yes" : "no""#, "yes"),
            (r#"anytrue([]) ? "yes" : "no""#, "no"),
            ("max(1, 3, 2) - min(4, 5)", "-1"),
            (r#"upper(lower("ÀB"))"#, "ÀB"),
            (r#"title("hello wide_world o'neil a.b-c 3d")"#, "Hello Wide_world O'Neil A.B-C 3d"),
            (r#"lower("ΟΔΟΣ")"#, "οδοσ"),
            (r#"substr("eng", -5, 2)"#, "en"),
            (r#"substr("admins", -10, 5)"#, "admin"),
            (r#"substr("eng", 5, 2)"#, ""),
            (r#"length("a\n")"#, "2"),
            (r#"trimspace("  a b\n")"#, "a b"),
            (r#"trim("xxaxx", "x")"#, "a"),
            (r#"trimprefix("role/a", "role/")"#, "a"),
            (r#"trimsuffix("a.tf", ".tf")"#, "a"),
            (r#"replace("a-b-c", "-", "_")"#, "a_b_c"),
            (r#"substr("hello", 1, 3)"#, "ell"),
            (r#"substr("hello", -2, -1)"#, "lo"),
            (r#"strrev("abc")"#, "cba"),
            (r#"chomp("a\n\n")"#, "a"),
            (r#"startswith("abc", "ab") ? "yes" : "no""#, "yes"),
            (r#"split(",", "a,b")[1]"#, "b"),
            (r#"format("%s-%03d-%v%%", "a", 7, true)"#, "a-007-true%"),
            (r#"jsonencode({ b = [1, true, null], a = "<&>" })"#, r#"{"a":"\u003c\u0026\u003e","b":[1,true,null]}"#),
            (r#"jsondecode("{\"a\": [1.50]}").a[0]"#, "1.5"),
            ("tostring(010)", "10"),
            (r#"tonumber("5") + 1"#, "6"),
            (r#"sensitive("x")"#, "x"),
            ("-5 * -1", "5"),
            ("7 % 4", "3"),
            ("\"${\"nested ${\"deeper\"}\"}\"", "nested deeper"),
            ("<<EOT\n %{ for n in [1, 2] ~}\n${n}\n%{ endfor ~}\nEOT\n", " 1\n2\n"),
            (r#""%{ if 1 < 2 }less%{ else }more%{ endif }""#, "less"),
        ] {
            assert_eq!(value(expression), Ok(expected.to_owned()), "{expression}");
        }
    }

    #[test]
    fn compose_the_accents_of_every_text() {
        let composed = "caf\u{e9}";
        for expression in [
            "\"cafe\u{301}\"",
            r#""cafe\u0301""#,
            r#""cafe${"\u0301"}""#,
            r#"join("\u0301", ["cafe", ""])"#,
            r#"format("%s%s", "cafe", "\u0301")"#,
            r#"jsondecode("{\"e\u0301\":\"cafe\u0301\"}")["\u00e9"]"#,
            r#"replace("cafe!", "!", "\u0301")"#,
            r#"{ "e\u0301" = "cafe\u0301" }["\u00e9"]"#,
            r#""cafe\u0301" == "caf\u00e9" ? "caf\u00e9" : "differs""#,
            "chomp(<<E\ncafe\u{301}\nE\n)",
        ] {
            assert_eq!(value(expression).as_deref(), Ok(composed), "{expression}");
        }
        let main = valued("var.x") + "variable \"x\" {}";
        let passed = with_variables(&main, &[("x", "cafe\u{301}")]);
        assert_eq!(problems(&passed), Vec::<String>::new());
        let values = read(
            &files(&[("main.tf", &main), ("terraform.tfvars.json", r#"{"x": "cafe\u0301"}"#)]),
            &ReadOptions::default(),
        );
        for configuration in [passed, values] {
            let mapping = configuration.choose(None).unwrap().pool.role_mappings.values().next().unwrap();
            assert_eq!(mapping.mapping_rules()[0].value, composed);
        }
    }

    #[test]
    fn that_terraform_can_evaluate_and_this_cannot_are_no_failures() {
        for expression in [
            "10 * 1.5",
            "7 / 2",
            "5 % 0",
            "1.5 > 1 ? \"a\" : \"b\"",
            "max(1.5, 2)",
            "tonumber(\"1.5\") + 1",
            "tonumber(\"+5\")",
            "9223372036854775807 + 1",
            "-\"5\"",
            "1e2000",
            "tonumber(\"1e2000\")",
            "jsondecode(\"[1e2000]\")[0]",
            "jsondecode(\"{\\\"a\\\":\\\"x\\\",\\\"a\\\":\\\"y\\\"}\").a",
            "element([\"a\", \"b\"], -1)",
            "format(\"%v\", [1])",
            "format(\"%05d\", -7)",
        ] {
            let tried = format!("try({expression}, \"d\")");
            assert!(value(&tried).is_err_and(|message| message.contains("not known here")), "{tried}");
            let can = format!("can({expression}) ? \"yes\" : \"no\"");
            assert!(value(&can).is_err(), "{can}");
        }
    }

    #[test]
    fn that_terraform_refuses_are_failures() {
        for expression in [
            r#"format("%d", "x")"#,
            r#"format("%d", 1.5)"#,
            r#"format("%d", true)"#,
            r#"format("%s", "a", "b")"#,
            r#"format("%s", ["a"])"#,
            r#"format("%t", "x")"#,
            r#"format("%t", 1)"#,
            r#"zipmap(["a"], ["b", "c"])["a"]"#,
            r#"zipmap(["a", "b"], ["c"])["a"]"#,
            r#"tolist(["a", {}])[0]"#,
            r"tolist([1, true])[0]",
            r#"tomap({ a = "x", b = [1] }).a"#,
            r#"tonumber("x")"#,
            r#"tonumber("5x")"#,
            r#"jsondecode("x")"#,
            r#"1 + "x""#,
        ] {
            assert!(value(expression).is_err(), "{expression}");
            assert_eq!(value(&format!("try({expression}, \"d\")")).as_deref(), Ok("d"), "{expression}");
        }
        for (expression, expected) in [
            (r#"format("%d", "12")"#, "12"),
            (r#"format("%t", "true")"#, "true"),
            (r#"format("%s", 1.5)"#, "1.5"),
            (r#"tolist(["a", 1])[1] == "1" ? "text" : "number""#, "text"),
            (r#"tomap({ a = "x", b = 1 }).b == "1" ? "text" : "number""#, "text"),
        ] {
            assert_eq!(value(expression).as_deref(), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn that_fail_say_why() {
        for (expression, why) in [
            ("{}.a", "there is no `a` in it"),
            ("[1][3]", "there is no element `3`"),
            ("\"x${[]}\"", "it cannot be a part of a text"),
            ("element([], 0)", "the list is empty"),
            ("lookup({}, \"a\")", "there is no such key"),
            (r#"upper("straße")"#, "the case of `ß` is not changed here"),
            (r#"lower("İ")"#, "the case of `İ` is not changed here"),
            (r#"title("ǆ")"#, "the case of `ǆ` is not changed here"),
            (r#"length("x\u0323\u0307")"#, "characters of this text are not counted here"),
            (r#"substr("👩\u200d💻x", 0, 1)"#, "characters of this text are not counted here"),
            (r#"strrev("🇩🇪")"#, "characters of this text are not counted here"),
            (r#"length("a\r\n")"#, "characters of this text are not counted here"),
            (r#"join(",", distinct([1, "1"]))"#, "its elements are of several types"),
            (r#"join(",", concat([1], ["1"]))"#, "its elements are of several types"),
            (r#"join(",", concat(["a"], toset(["b"])))"#, "a set is no list; use `tolist`"),
            (r#"index(toset(["b"]), "b")"#, "a set is no list; use `tolist`"),
            (r#"contains(["b"], null) ? "x" : "y""#, "an argument is null"),
            (r#"[] == tolist([]) ? "x" : "y""#, "they are equal only if their types are"),
            (r#"contains([[1]], [1]) ? "x" : "y""#, "is not known"),
            (r#"join(",", setsubtract([1, "2"], ["1"]))"#, "its elements are of several types"),
            (r#"join(",", setunion([1], ["1"]))"#, "its elements are of several types"),
            ("md5(\"x\")", "`md5` is not evaluated here: write the value"),
            ("replace(\"x\", \"/x/\", \"y\")", "patterns are not evaluated here"),
            ("7 / 2", "only whole numbers of 64 bits are counted with here: write the value"),
            ("toset([[]])", "a set of lists or objects has no order"),
            ("1e400", "1"),
        ] {
            match value(expression) {
                Err(message) => assert!(message.contains(why), "{expression}: {message}"),
                Ok(value) => assert!(value.starts_with(why) && value.len() == 401, "{expression}: {value}"),
            }
        }
    }

    #[test]
    fn numbers_and_booleans_are_sent_as_text_with_a_note() {
        for (written, sent) in [("010", "10"), ("1.50", "1.5"), ("1e3", "1000"), ("true", "true")] {
            let configuration = read_text(&valued(written));
            let rule = &pool(&configuration).pool.role_mappings.values().next().unwrap().mapping_rules()[0];
            assert_eq!(rule.value, sent);
            assert_eq!(configuration.notes[0].code, "unquoted-value");
        }
    }

    #[test]
    fn attributes_of_resources_have_the_value_that_is_written() {
        let text = valued("aws_cognito_user_group.g[\"ops\"].name")
            + "resource \"aws_cognito_user_group\" \"g\" {\n for_each = { ops = \"Operators\" }\n name = each.value\n user_pool_id = \"u\"\n}";
        let configuration = read_text(&text);
        assert_eq!(
            pool(&configuration).pool.role_mappings.values().next().unwrap().mapping_rules()[0].value,
            "Operators"
        );
    }

    #[test]
    fn names_of_for_and_dynamic_do_not_leak() {
        let text = rules(
            r#"dynamic "mapping_rule" {
            for_each = [for each in ["a"] : { each = each }]
            iterator = var
            content {
              claim = "c"
              match_type = "Equals"
              role_arn = "r"
              value = "${var.value.each}${var.key}"
            }
          }
          mapping_rule {
            claim = "c"
            match_type = "Equals"
            role_arn = "r"
            value = var.value
          }"#,
        );
        assert_eq!(problems(&read_text(&text)).len(), 1, "outside the block `var` is Terraform's again");
        let configuration = with_variables(&text, &[("value", "v")]);
        let mapping = pool(&configuration).pool.role_mappings.values().next().unwrap().clone();
        let values: Vec<&str> = mapping.mapping_rules().iter().map(|rule| rule.value.as_str()).collect();
        assert_eq!(values, ["a0", "v"]);
    }
}

mod trust {
    use super::*;
    use whichrole::read::{Node, Value};

    /// The policy of the default role, whose `assume_role_policy` this is.
    fn policy(written: &str) -> Option<Node> {
        let text = format!(
            r#"
resource "aws_cognito_identity_pool" "p" {{}}
resource "aws_cognito_identity_pool_roles_attachment" "a" {{
  identity_pool_id = aws_cognito_identity_pool.p.id
  roles            = {{ authenticated = aws_iam_role.r["x"].arn }}
}}
resource "aws_iam_role" "r" {{
  for_each           = {{ x = "authenticated" }}
  assume_role_policy = {written}
}}
data "aws_iam_policy_document" "d" {{
  statement {{
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {{
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }}
    condition {{
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.p.id]
    }}
    dynamic "condition" {{
      for_each = ["authenticated"]
      content {{
        test     = "ForAnyValue:StringLike"
        variable = "cognito-identity.amazonaws.com:amr"
        values   = [condition.value]
      }}
    }}
  }}
}}
locals {{
  trust = jsonencode({{ Statement = local.statements }})
  statements = [{{
    Effect = "Allow", Action = ["sts:AssumeRoleWithWebIdentity"], Principal = {{ Federated = ["cognito-identity.amazonaws.com"] }},
    Condition = {{
      StringEquals = {{ "cognito-identity.amazonaws.com:aud" = [aws_cognito_identity_pool.p.id] }}
      "ForAnyValue:StringLike" = {{ "cognito-identity.amazonaws.com:amr" = ["authenticated"] }}
    }}
  }}]
}}"#
        );
        let configuration = read_text(&text);
        configuration.surroundings.roles().iter().find_map(|role| role.trust.clone())
    }

    /// The tree without places, maps by name.
    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Text(text) => format!("{text:?}"),
            Value::Reference(reference) => format!("<{}>", reference.text),
            Value::List(elements) => format!("[{}]", elements.iter().map(shown).collect::<Vec<_>>().join(",")),
            Value::Map(entries) => {
                let mut entries: Vec<String> =
                    entries.iter().map(|entry| format!("{}:{}", entry.name, shown(&entry.value))).collect();
                entries.sort();
                format!("{{{}}}", entries.join(","))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn is_read_from_documents_texts_and_jsonencode_alike() {
        let expected = "{Statement:[{Action:[\"sts:AssumeRoleWithWebIdentity\"],Condition:{\
            ForAnyValue:StringLike:{cognito-identity.amazonaws.com:amr:[\"authenticated\"]},\
            StringEquals:{cognito-identity.amazonaws.com:aud:[<${aws_cognito_identity_pool.p.id}>]}},\
            Effect:\"Allow\",Principal:{Federated:[\"cognito-identity.amazonaws.com\"]}}]}";
        let heredoc = r#"<<-EOT
    { "Statement": [{ "Effect": "Allow", "Action": ["sts:AssumeRoleWithWebIdentity"],
      "Principal": { "Federated": ["cognito-identity.amazonaws.com"] },
      "Condition": { "StringEquals": { "cognito-identity.amazonaws.com:aud": ["${aws_cognito_identity_pool.p.id}"] },
        "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": ["${each.value}"] } } }] }
    EOT
"#;
        for written in [
            "data.aws_iam_policy_document.d.json",
            "local.trust",
            "jsonencode({ Statement = local.statements })",
            heredoc,
        ] {
            let policy = policy(written).unwrap();
            assert_eq!(shown(&policy), expected, "{written}");
            assert!(policy.at.line() > 1);
        }
    }

    #[test]
    fn is_left_out_where_it_is_not_known() {
        for written in ["file(\"trust.json\")", "var.trust", "data.aws_iam_policy_document.other.json", "\"no policy\""]
        {
            assert_eq!(policy(written), None, "{written}");
        }
    }
}

mod modules {
    use super::*;

    #[test]
    fn are_found_by_their_path_and_may_be_called_many_times() {
        let main = r#"
module "env" {
  for_each = { dev = "Deny", prod = "AuthenticatedRole" }
  source   = "../modules/./identity"
  resolution = each.value
}"#;
        let identity = r#"
variable "resolution" {}
resource "aws_cognito_identity_pool" "p" { identity_pool_name = "p" }
resource "aws_cognito_identity_pool_roles_attachment" "a" {
  identity_pool_id = aws_cognito_identity_pool.p.id
  role_mapping {
    identity_provider = "accounts.google.com"
    type = "Rules"
    ambiguous_role_resolution = var.resolution
  }
}"#;
        let sources = files(&[("live/main.tf", main), ("modules/identity/main.tf", identity)]);
        let configuration = read(&sources, &ReadOptions::default());
        assert_eq!(problems(&configuration), Vec::<String>::new());
        let resolutions: BTreeMap<&str, _> = configuration
            .definitions
            .iter()
            .map(|d| (d.name.as_str(), d.pool.role_mappings.values().next().unwrap().ambiguous_role_resolution))
            .collect();
        assert_eq!(
            resolutions,
            BTreeMap::from([
                ("module.env[\"dev\"].aws_cognito_identity_pool.p", Some(AmbiguousRoleResolution::Deny)),
                ("module.env[\"prod\"].aws_cognito_identity_pool.p", Some(AmbiguousRoleResolution::AuthenticatedRole)),
            ])
        );
        let alone = read(&sources[..1], &ReadOptions::default());
        assert!(alone.problems[0].message.contains("give the files of module `env` in `modules/identity` too"));
    }

    #[test]
    fn leave_out_a_file_that_has_a_twin_for_open_tofu() {
        let pool = |guests: bool| {
            format!(
                "resource \"aws_cognito_identity_pool\" \"app\" {{\n allow_unauthenticated_identities = {guests}\n}}\n"
            )
        };
        let json =
            r#"{"resource": {"aws_cognito_identity_pool": {"app": {"allow_unauthenticated_identities": true}}}}"#;
        let other = json.replace("true", "false");
        for (left_out, left_text, read_name, read_text) in [
            ("main.tf", pool(false), "main.tofu", pool(true)),
            ("main.tf", "broken {".to_owned(), "main.tofu", pool(true)),
            ("main.tf.json", other, "main.tofu.json", json.to_owned()),
        ] {
            let sources = files(&[(left_out, &left_text), (read_name, &read_text)]);
            let configuration = read(&sources, &ReadOptions::default());
            assert_eq!(pool_of(&configuration), Some(true), "{left_out}");
            assert!(
                configuration.notes[0].message.starts_with(&format!("`{left_out}` was passed over, as OpenTofu does"))
            );
        }
        let sources = files(&[("a/main.tf", &pool(false)), ("main.tofu", &pool(true))]);
        assert_eq!(read(&sources, &ReadOptions::default()).notes, []);
        // Each of the two syntaxes has twins of its own kind only.
        let sources = files(&[("main.tf", &pool(false)), ("main.tofu.json", json)]);
        let message = read(&sources, &ReadOptions::default()).problems[0].message.clone();
        assert!(message.contains("declared twice"), "{message}");
    }

    fn pool_of(configuration: &Configuration) -> Option<bool> {
        pool(configuration).pool.allow_unauthenticated_identities
    }

    #[test]
    fn that_nobody_calls_are_roots_of_their_own() {
        let pool = "resource \"aws_cognito_identity_pool\" \"p\" {\n allow_unauthenticated_identities = var.guests\n}";
        let sources = files(&[
            ("dev/main.tf", pool),
            ("dev/terraform.tfvars", "guests = true"),
            ("prod/main.tf", pool),
            ("prod/terraform.tfvars", "guests = false"),
        ]);
        let configuration = read(&sources, &ReadOptions::default());
        let pools: Vec<_> = configuration
            .definitions
            .iter()
            .map(|d| (d.name.as_str(), d.pool.allow_unauthenticated_identities))
            .collect();
        assert_eq!(
            pools,
            [("aws_cognito_identity_pool.p", Some(true)), ("prod/aws_cognito_identity_pool.p", Some(false))]
        );
    }

    #[test]
    fn groups_belong_to_the_pool_that_knows_their_user_pool() {
        let pool = |name: &str| {
            format!(
                "resource \"aws_cognito_identity_pool\" \"{name}\" {{\n cognito_identity_providers {{\n provider_name = aws_cognito_user_pool.{name}.endpoint\n client_id = \"c\"\n }}\n}}\n\
                 resource \"aws_cognito_user_group\" \"{name}\" {{\n name = \"admins\"\n user_pool_id = aws_cognito_user_pool.{name}.id\n role_arn = \"arn:{name}\"\n}}\n"
            )
        };
        let configuration = read_text(&(pool("a") + &pool("b")));
        assert_eq!(problems(&configuration), Vec::<String>::new());
        for (definition, role) in configuration.definitions.iter().zip(["arn:a", "arn:b"]) {
            let groups = definition.groups.as_deref().unwrap();
            assert_eq!((groups.len(), groups[0].role_arn.as_ref().unwrap().as_str()), (1, role));
        }
    }
}

mod plans {
    use super::*;

    fn plan(role_mapping: &str, unknown: &str, written: &str) -> Configuration {
        let address = "aws_cognito_identity_pool_roles_attachment.a";
        let kind = "aws_cognito_identity_pool_roles_attachment";
        let text = format!(
            r#"{{"format_version": "1.2",
              "planned_values": {{"root_module": {{"resources": [{{"address": "{address}", "mode": "managed", "type": "{kind}", "name": "a",
                 "values": {{"identity_pool_id": "p", "roles": {{}}, "role_mapping": {role_mapping}}}}}]}}}},
              "resource_changes": [{{"address": "{address}", "change": {{"after_unknown": {{"role_mapping": {unknown}}}}}}}],
              "configuration": {{"root_module": {{"resources": [{{"type": "{kind}", "name": "a", "expressions": {{"role_mapping": {written}}}}}]}}}}}}"#
        );
        read(&files(&[("plan.json", &text)]), &ReadOptions::default())
    }

    const TOKEN: &str = r#"{"type": "Token", "ambiguous_role_resolution": "Deny", "mapping_rule": []}"#;

    fn written(pool: &str) -> String {
        format!(
            r#"{{"type": {{"constant_value": "Token"}}, "ambiguous_role_resolution": {{"constant_value": "Deny"}},
               "identity_provider": {{"references": ["aws_cognito_user_pool.{pool}.endpoint", "aws_cognito_user_pool.{pool}",
                 "aws_cognito_user_pool_client.{pool}.id", "aws_cognito_user_pool_client.{pool}"]}}}}"#
        )
    }

    #[test]
    fn a_mapping_of_a_set_is_named_only_where_one_written_block_fits() {
        let unknown = r#"[{"identity_provider": true}]"#;
        let one = plan(&format!("[{TOKEN}]"), unknown, &format!("[{}]", written("u")));
        let keys: Vec<&str> = pool(&one).pool.role_mappings.keys().map(ProviderKey::as_str).collect();
        assert_eq!(keys, ["${aws_cognito_user_pool.u.endpoint}:${aws_cognito_user_pool_client.u.id}"]);
        // Two planned mappings that are alike could each come from either block.
        let two = plan(
            &format!("[{TOKEN}, {TOKEN}]"),
            r#"[{"identity_provider": true}, {"identity_provider": true}]"#,
            &format!("[{}, {}]", written("u"), written("v")),
        );
        assert!(pool(&two).pool.role_mappings.keys().all(|key| key.as_str().contains(".role_mapping[")));
        // One that a dynamic block made is not among those written.
        let dynamic = plan(&format!("[{TOKEN}]"), unknown, "[]");
        assert!(
            pool(&dynamic)
                .pool
                .role_mappings
                .keys()
                .all(|key| key.as_str().contains(".role_mapping[0].identity_provider"))
        );
    }

    #[test]
    fn rules_of_dynamic_blocks_have_no_named_role_and_the_others_do() {
        let rule = |value: &str| format!(r#"{{"claim": "c", "match_type": "Equals", "value": "{value}"}}"#);
        let mapping = format!(
            r#"[{{"type": "Rules", "identity_provider": "accounts.google.com", "ambiguous_role_resolution": "Deny", "mapping_rule": [{}, {}, {}]}}]"#,
            rule("x"),
            rule("y"),
            rule("z")
        );
        let unknown = r#"[{"mapping_rule": [{"role_arn": true}, {"role_arn": true}, {"role_arn": true}]}]"#;
        let written = r#"[{"type": {"constant_value": "Rules"}, "identity_provider": {"constant_value": "accounts.google.com"}, "mapping_rule": [
            {"claim": {"constant_value": "c"}, "value": {"constant_value": "z"},
             "role_arn": {"references": ["aws_iam_role.last.arn", "aws_iam_role.last"]}}]}]"#;
        let configuration = plan(&mapping, unknown, written);
        let mapping = pool(&configuration).pool.role_mappings.values().next().unwrap().clone();
        let roles: Vec<&str> = mapping.mapping_rules().iter().map(|rule| rule.role_arn.as_str()).collect();
        let place = "${aws_cognito_identity_pool_roles_attachment.a.role_mapping[0].mapping_rule";
        assert_eq!(
            roles,
            [&format!("{place}[0].role_arn}}"), &format!("{place}[1].role_arn}}"), "${aws_iam_role.last.arn}"]
        );
        assert!(
            configuration.notes[0].message.contains("which roles 2 of the rules give"),
            "{:?}",
            configuration.notes
        );
    }

    #[test]
    fn a_value_known_only_after_apply_points_at_the_files() {
        let mapping = r#"[{"type": "Rules", "identity_provider": "accounts.google.com", "mapping_rule": [{"claim": "c", "match_type": "Equals", "role_arn": "r"}]}]"#;
        let configuration = plan(mapping, r#"[{"mapping_rule": [{"value": true}]}]"#, "[]");
        assert_eq!(configuration.problems[0].code, "unresolved-value");
        assert!(configuration.problems[0].message.contains("read the Terraform files instead of the plan"));
        let configuration = plan("[]", "true", "[]");
        assert!(
            configuration.problems[0].message.starts_with("how many role mappings"),
            "{:?}",
            configuration.problems
        );
    }

    #[test]
    fn references_inside_modules_lead_out_through_their_arguments() {
        let text = r#"{"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [{"address": "module.m[\"a.b\"]", "resources": [
            {"address": "module.m[\"a.b\"].aws_cognito_identity_pool_roles_attachment.a", "mode": "managed",
             "type": "aws_cognito_identity_pool_roles_attachment", "name": "a", "values": {"role_mapping": [], "roles": {}}}]}]}},
          "resource_changes": [{"address": "module.m[\"a.b\"].aws_cognito_identity_pool_roles_attachment.a",
            "change": {"after_unknown": {"identity_pool_id": true, "roles": {"authenticated": true}}}}],
          "configuration": {"root_module": {"module_calls": {"m": {"expressions": {"pool": {"references": ["aws_cognito_identity_pool.p.id", "aws_cognito_identity_pool.p"]}},
            "module": {"resources": [{"type": "aws_cognito_identity_pool_roles_attachment", "name": "a", "expressions": {
              "identity_pool_id": {"references": ["var.pool"]},
              "roles": {"references": ["aws_iam_role.r.arn", "aws_iam_role.r"]}}}]}}}}}}"#;
        let configuration = read(&files(&[("plan.json", text)]), &ReadOptions::default());
        let definition = pool(&configuration);
        assert_eq!(definition.name, "aws_cognito_identity_pool.p");
        assert_eq!(definition.pool.roles.authenticated, Some("${module.m[\"a.b\"].aws_iam_role.r.arn}".into()));
    }

    #[test]
    fn old_states_and_plans_without_pools_are_refused() {
        for (text, expected) in [
            (r#"{"version": 3, "terraform_version": "0.11.14", "modules": []}"#, "only states of version 4 are read"),
            (r#"{"version": 4, "terraform_version": "1.9.0", "resources": []}"#, "is in this plan or state"),
            (r#"{"format_version": "1.2", "planned_values": {}}"#, "is in this plan or state"),
        ] {
            let found = problems(&read(&files(&[("x.json", text)]), &ReadOptions::default()));
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        }
    }
}

mod hostile {
    use super::*;

    fn code(text: &str) -> &'static str {
        read_text(text).problems.first().map_or("", |problem| problem.code)
    }

    #[test]
    fn hi_78_nesting_is_refused() {
        for open in ["[", "(", "{a=", "\"${", "f(", "!", "-", "a ? b : ", "\"%{if a}", "[for x in "] {
            for count in [65, 5_000, 100_000] {
                let code = code(&valued(&open.repeat(count)));
                assert!(code == "too-large" || code == "unreadable", "{open} {count}: {code}");
            }
        }
        assert_eq!(code(&"b {\n".repeat(100_000)), "too-large");
        assert_eq!(code(&valued(&format!("{}1{}", "[".repeat(60), "]".repeat(60)))), "unreadable", "deep, but no text");
    }

    #[test]
    fn hi_79_long_chains_are_no_deeper_than_short_ones() {
        assert_eq!(value(&format!("1{}", " + 1".repeat(20_000))), Ok("20001".into()));
        assert_eq!(code(&valued(&format!("a.b{}", "[0]".repeat(100_000)))), "too-large");
        assert_eq!(code(&valued(&format!("\"x\"{}", "[*]".repeat(100_000)))), "too-large");
    }

    #[test]
    fn hi_80_nothing_outside_is_asked() {
        for call in [
            "file(\"/etc/passwd\")",
            "templatefile(\"/etc/passwd\", {})",
            "jsondecode(file(\"/etc/passwd\")).a",
            "timestamp()",
            "uuid()",
        ] {
            let message = value(call).unwrap_err();
            assert!(message.contains("is never evaluated"), "{message}");
        }
        assert!(value("try(file(\"x\"), \"y\")").is_err(), "a file that is there would win");
    }

    #[test]
    fn hi_81_what_is_not_known_is_named_and_cycles_are() {
        let dynamic = rules("dynamic \"mapping_rule\" {\n for_each = var.rules\n content {}\n }");
        assert_eq!(
            problems(&read_text(&dynamic)),
            ["9:13 unresolved-value: how many rules `${var.rules}` gives is not known; pass `--var rules=…`"]
        );
        for meta in ["count", "for_each"] {
            let text = rules("").replace("identity_pool_id", &format!("{meta} = var.n\n  identity_pool_id"));
            let found = problems(&read_text(&text));
            assert!(found.len() == 1 && found[0].contains("is not known; pass `--var n=…`"), "{found:?}");
        }
        let cycle = valued("local.a") + "locals {\n a = local.b\n b = \"${local.a}\"\n}";
        let found = problems(&read_text(&cycle));
        assert!(
            found[0].contains("cycle: `local.a` refers to itself") || found[1].contains("refers to itself: a cycle"),
            "{found:?}"
        );
        let sources = files(&[
            ("main.tf", "module \"m\" {\n source = \"./m\"\n}"),
            ("m/main.tf", "module \"m\" {\n source = \"../m\"\n}"),
        ]);
        assert_eq!(read(&sources, &ReadOptions::default()).problems[0].code, "cycle");
    }

    #[test]
    fn hi_81_long_chains_of_locals_are_refused_in_either_order() {
        let chain = |reverse: bool| -> String {
            let mut locals: Vec<String> = (0..5_000).map(|n| format!("l{n} = [local.l{}]", n + 1)).collect();
            if reverse {
                locals.reverse();
            }
            format!("{}locals {{\n{}\nl5000 = \"x\"\n}}", valued("jsonencode(local.l0)"), locals.join("\n"))
        };
        assert_eq!(code(&chain(false)), "too-large");
        assert_eq!(code(&chain(true)), "too-large");
        // Evaluated one by one, each from the one before: the value itself grows deep.
        let rule = |n: usize| {
            format!(
                "mapping_rule {{\n claim = \"c\"\n match_type = \"Equals\"\n role_arn = \"r\"\n value = length(local.l{n})\n }}\n"
            )
        };
        let rules_of: Vec<String> = (0..500).map(rule).collect();
        let locals: Vec<String> = (1..500).map(|n| format!("l{n} = [local.l{}]", n - 1)).collect();
        let text = format!("{}locals {{\nl0 = \"x\"\n{}\n}}", rules(&rules_of.concat()), locals.join("\n"));
        assert_eq!(code(&text), "too-large");
    }

    #[test]
    fn values_that_double_are_refused() {
        for doubling in [
            "\"${local.l@}${local.l@}\"",
            "[local.l@, local.l@]",
            "concat(local.l@, local.l@)",
            "{ a = local.l@, b = local.l@ }",
        ] {
            let begin = if doubling.starts_with("concat") { "[\"x\"]" } else { "\"x\"" };
            let locals: Vec<String> =
                (1..30).map(|n| format!("l{n} = {}", doubling.replace('@', &(n - 1).to_string()))).collect();
            let text = format!("{}locals {{\nl0 = {begin}\n{}\n}}", valued("jsonencode(local.l29)"), locals.join("\n"));
            let configuration = read_text(&text);
            let found = problems(&configuration);
            let refusal =
                if doubling.starts_with('"') { "that is longer than 1048576 bytes" } else { "takes more than" };
            assert!(found.len() == 1 && found[0].contains(refusal), "{doubling}: {found:?}");
        }
        let nested = "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]";
        assert_eq!(code(&valued(&format!("length({nested})"))), "too-large");
        assert_eq!(code(&rules("").replace("identity_pool_id", "count = 9999999\n  identity_pool_id")), "too-large");
    }

    #[test]
    fn hi_82_broken_texts_are_refused_with_a_place() {
        for (text, expected) in [
            ("a = 1\na = 2", "2:1 duplicate-key: `a` is given twice"),
            ("x {\n a = <<E\n", "2:6 unreadable: the text never ends; expected a line with `E` alone"),
            ("x {\n a = \"\\u{110000}\"\n}", "2:7 unreadable: not an escape that strings have"),
            ("x {\r\n a = 1\r\n a = 2\n}", "3:2 duplicate-key: `a` is given twice"),
        ] {
            assert_eq!(problems(&read_text(text))[0], expected);
        }
        let large = format!("# {}\n{}", "x".repeat(2 * 1024 * 1024), rules(""));
        pool(&read_text(&large));
        let larger = format!("# {}\n", "x".repeat(4 * 1024 * 1024));
        assert_eq!(code(&larger), "too-large");
    }

    #[test]
    fn hi_83_what_a_text_holds_is_shown_escaped() {
        let text = rules(
            "mapping_rule {\n claim = \"c\"\n match_type = <<E\n::error::x\u{1b}[2J\nE\n value = \"v\"\n role_arn = \"r\"\n }",
        );
        let found = problems(&read_text(&text));
        assert!(found[0].contains("unknown match type `\\u{3a}:error::x\\u{1b}[2J\\u{a}`"), "{found:?}");
        assert!(found.iter().all(|message| !message.contains(['\u{1b}', '\n'])));
        let named = "resource \"aws_cognito_identity_pool\" \"a\u{1b}\" {\n \u{1b}";
        assert!(problems(&read_text(named)).iter().all(|message| !message.contains('\u{1b}')));
    }

    #[test]
    fn hi_84_keys_of_objects_are_given_once() {
        let found = problems(&read_text(&valued("jsonencode({ a = 1, \"a\" = 2 })")));
        assert!(found[0].ends_with("duplicate-key: `a` is given twice"), "{found:?}");
    }

    #[test]
    fn little_stack_is_enough_for_the_deepest_texts() {
        let deep = valued(&format!("{}\"x\"{}", "try(".repeat(60), ")".repeat(60)))
            + "locals {\n"
            + &(0..300)
                .map(|n| format!("l{n} = try(try(try({{ a = local.l{} }}.a)))", n + 1))
                .collect::<Vec<_>>()
                .join("\n")
            + "\n"
            + "}\n"
            + "resource \"aws_cognito_user_group\" \"g\" {\n name = local.l0\n}";
        let thread = std::thread::Builder::new().stack_size(1024 * 1024);
        let codes = thread.spawn(move || code(&deep)).unwrap().join().unwrap();
        assert_eq!(codes, "too-large");
    }

    #[test]
    fn a_forced_format_is_believed() {
        let options = ReadOptions { format: Some(Format::Terraform), ..ReadOptions::default() };
        let sources = [Source { name: "standard input".into(), text: rules("") }];
        assert_eq!(read(&sources, &options).problems, []);
        assert_eq!(read(&sources, &ReadOptions::default()).problems, [], "and it shows without");
        let json =
            [Source { name: "x".into(), text: "{\"resource\": {\"aws_cognito_identity_pool\": {\"p\": {}}}}".into() }];
        assert_eq!(read(&json, &options).definitions.len(), 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = read(&files(&[("main.tf", &text), ("x.tfvars", &text), ("y.tf.json", &text)]), &ReadOptions::default());
        }

        #[test]
        fn no_text_of_its_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
            let text = valued(&words.concat()) + &words.join(" ");
            let _ = read_text(&text);
            let _ = read_text(&words.join("\n"));
        }

        #[test]
        fn no_plan_makes_it_panic(words in prop::collection::vec(prop::sample::select(PLAN_WORDS), 0..40)) {
            let text = format!("{{\"format_version\": \"1\", \"planned_values\": {{{}}}}}", words.concat());
            let _ = read(&files(&[("plan.json", &text)]), &ReadOptions::default());
        }
    }

    const WORDS: &[&str] = &[
        "\"",
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "%{if ",
        "%{for x in ",
        "%{endif}",
        "%{endfor}",
        "%{else}",
        "~}",
        "<<E\n",
        "<<-E\n",
        "\nE\n",
        "\\",
        "\\u00e9",
        "$${",
        "=",
        "==",
        "=>",
        "->",
        ",",
        ".",
        "...",
        "*",
        "[*]",
        ".*",
        "?",
        ":",
        "!",
        "-",
        "+",
        "/",
        "//",
        "/*",
        "*/",
        "#",
        "&&",
        "||",
        "<",
        "<=",
        "%",
        " ",
        "\n",
        "\r\n",
        "\t",
        "a",
        "var.x",
        "local.x",
        "locals {",
        "x = local.x",
        "each.key",
        "count.index",
        "for a in ",
        "for a, b in ",
        " if ",
        "in",
        "null",
        "true",
        "1",
        "1e5",
        "0.5",
        "9999999999999999999",
        "f(",
        "join(",
        "merge(",
        "try(",
        "format(\"%s\",",
        "range(",
        "toset(",
        "element(",
        "substr(\"é\",",
        "jsondecode(\"[1]\")",
        "resource \"aws_cognito_identity_pool\" \"p\" {\n",
        "resource \"aws_cognito_user_group\" \"g\" {\n",
        "name = ",
        "count = ",
        "for_each = ",
        "dynamic \"role_mapping\" {\n",
        "content {\n",
        "module \"m\" {\n source = \"./\"\n",
        "aws_cognito_identity_pool.p",
        "module.m",
        "data.a.b",
        "é",
        "\u{1b}",
        "\u{feff}",
        "\0",
    ];

    const PLAN_WORDS: &[&str] = &[
        "\"root_module\":",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"resources\":",
        "\"address\":",
        "\"module.a[\\\"\"",
        "\"values\":",
        "true",
        "null",
        "1",
        "\"mode\": \"managed\"",
        "\"type\": \"aws_cognito_identity_pool_roles_attachment\"",
        "\"name\": \"a\"",
        "\"role_mapping\":",
        "\"mapping_rule\":",
        "\"roles\":",
        "\"child_modules\":",
        "{\"mode\": \"managed\", \"type\": \"aws_cognito_user_group\", \"name\": \"a\", \"address\": \"a\", \"values\": {}}",
    ];
}

#[test]
fn the_match_types_are_those_of_the_pool() {
    let all = rules(
        &MatchType::ALL
            .map(|kind| {
                format!(
                    "mapping_rule {{\n claim = \"c\"\n match_type = \"{kind}\"\n value = \"v\"\n role_arn = \"r\"\n }}"
                )
            })
            .join("\n"),
    );
    let configuration = read_text(&all);
    let mapping = pool(&configuration).pool.role_mappings.values().next().unwrap().clone();
    assert_eq!(mapping.mapping_rules().iter().map(|rule| rule.match_type).collect::<Vec<_>>(), MatchType::ALL);
}

#[test]
fn what_terraform_leaves_as_it_is_may_differ_and_a_note_says_so() {
    let of = |kind: &str, ignored: &str| {
        let text = format!(
            "resource \"aws_cognito_identity_pool\" \"app\" {{}}\nresource \"{kind}\" \"x\" {{\n  identity_pool_id = \
             aws_cognito_identity_pool.app.id\n  identity_provider_name = \"accounts.google.com\"\n  lifecycle {{\n    ignore_changes = {ignored}\n  }}\n}}\n"
        );
        let configuration = read_text(&text.replace(
            if kind.ends_with("attachment") { "  identity_provider_name = \"accounts.google.com\"\n" } else { "-" },
            "",
        ));
        assert_eq!(problems(&configuration), [""; 0]);
        configuration.notes.iter().map(|note| note.message.clone()).collect::<Vec<_>>()
    };
    let attachment = "aws_cognito_identity_pool_roles_attachment";
    let told = |kind: &str, names: &str| {
        format!(
            "Terraform does not change {names} of `{kind}.x` once it is there (`ignore_changes`): what is deployed may differ from these files"
        )
    };
    assert_eq!(of(attachment, "[roles, role_mapping[0].type]"), [told(attachment, "`roles`, `role_mapping`")]);
    assert_eq!(of(attachment, "all"), [told(attachment, "`all`")]);
    assert_eq!(of(attachment, "[tags]"), [""; 0]);
    let tags = "aws_cognito_identity_pool_provider_principal_tag";
    assert_eq!(of(tags, "[\"principal_tags\"]"), [told(tags, "`principal_tags`")]);
}
