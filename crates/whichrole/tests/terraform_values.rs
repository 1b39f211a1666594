//! What Terraform makes of values on their way to a resource: what variables are given, their types and the defaults in them, and the types
//! that values share. A value that is not certain here must not decide anything.

#![cfg(feature = "hcl")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers here are tests, too")]

use whichrole::read::{Configuration, ReadOptions, Source, read};

/// A module `login` that is given `arguments`, declares `declared` and has one rule with `value`.
fn called(arguments: &str, declared: &str, value: &str) -> Configuration {
    let main = format!("module \"login\" {{\n  source = \"./login\"\n{arguments}\n}}\n");
    read_files(&[("main.tf", &main), ("login/main.tf", &login(declared, value))])
}

/// The attachment of a pool with one rule, beside other declarations.
fn login(declared: &str, value: &str) -> String {
    format!(
        r#"{declared}
resource "aws_cognito_identity_pool" "app" {{}}
resource "aws_cognito_identity_pool_roles_attachment" "app" {{
  identity_pool_id = aws_cognito_identity_pool.app.id
  role_mapping {{
    identity_provider         = "accounts.google.com"
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"
    mapping_rule {{
      claim      = "department"
      match_type = "Equals"
      value      = {value}
      role_arn   = "arn:aws:iam::111122223333:role/Clerk"
    }}
  }}
}}
"#
    )
}

fn read_files(files: &[(&str, &str)]) -> Configuration {
    let sources: Vec<Source> =
        files.iter().map(|(name, text)| Source { name: (*name).into(), text: (*text).into() }).collect();
    read(&sources, &ReadOptions::default())
}

/// The rule's value, or the first problem.
fn value(configuration: &Configuration) -> Result<String, String> {
    match configuration.problems.first() {
        Some(problem) => Err(problem.message.clone()),
        None => {
            let pool = &configuration.choose(None).unwrap().pool;
            Ok(pool.role_mappings.values().next().unwrap().mapping_rules()[0].value.clone())
        }
    }
}

mod variables_that_are_not_nullable {
    use super::*;

    const GUESTS: &str = r#"variable "guests" {
  type     = bool
  default  = true
  nullable = false
}
variable "defaults" {
  type     = bool
  default  = false
  nullable = false
}
resource "aws_cognito_identity_pool" "app" {
  allow_unauthenticated_identities = var.guests
}
resource "aws_cognito_identity_pool_provider_principal_tag" "app" {
  identity_pool_id       = aws_cognito_identity_pool.app.id
  identity_provider_name = "accounts.google.com"
  use_defaults           = var.defaults
}
"#;

    #[test]
    fn take_their_default_for_null_that_a_call_gives() {
        let main = "module \"login\" {\n source = \"./login\"\n guests = null\n defaults = null\n}\n";
        let configuration = read_files(&[("main.tf", main), ("login/main.tf", GUESTS)]);
        let pool = &configuration.choose(None).unwrap().pool;
        assert_eq!(pool.allow_unauthenticated_identities, Some(true));
        assert!(!pool.principal_tags.values().next().unwrap().use_defaults);
    }

    #[test]
    fn take_their_default_for_null_that_a_file_of_values_or_the_command_line_gives() {
        let declared = "variable \"unit\" {\n type = string\n default = \"sales\"\n nullable = false\n}";
        let main = login(declared, "coalesce(var.unit, \"none\")");
        let configuration = read_files(&[("main.tf", &main), ("terraform.tfvars", "unit = null\n")]);
        assert_eq!(value(&configuration).as_deref(), Ok("sales"));
        let declared = "variable \"unit\" {\n default = [\"sales\"]\n type = list(string)\n nullable = false\n}";
        let sources = vec![Source { name: "main.tf".into(), text: login(declared, "try(var.unit[0], \"none\")") }];
        let variables = [("unit".to_owned(), "null".to_owned())].into();
        let configuration = read(&sources, &ReadOptions { variables, ..ReadOptions::default() });
        assert_eq!(value(&configuration).as_deref(), Ok("sales"));
    }

    #[test]
    fn have_their_default_in_the_type_of_the_variable() {
        let declared = "variable \"unit\" {\n type = object({ no = optional(number, 7) })\n default = {}\n nullable = \"false\"\n}";
        assert_eq!(value(&called("unit = null", declared, "tostring(var.unit.no)")).as_deref(), Ok("7"));
    }

    #[test]
    fn are_null_where_they_may_be() {
        let declared = "variable \"unit\" {\n default = \"sales\"\n}";
        let shown = "var.unit == null ? \"null\" : \"some\"";
        assert_eq!(value(&called("unit = null", declared, shown)).as_deref(), Ok("null"));
        let declared = "variable \"unit\" {\n default = \"sales\"\n nullable = true\n}";
        assert_eq!(value(&called("unit = null", declared, shown)).as_deref(), Ok("null"));
    }

    #[test]
    fn are_not_known_without_a_default_and_no_fallback_hides_it() {
        let declared = "variable \"unit\" {\n nullable = false\n}";
        for shown in ["var.unit", "coalesce(var.unit, \"none\")", "try(var.unit.no, \"none\")"] {
            let read = value(&called("unit = null", declared, shown));
            assert!(read.as_ref().is_err_and(|problem| problem.contains("`nullable = false`")), "{shown}: {read:?}");
        }
    }
}

mod defaults_in_types {
    use super::*;

    const UNIT: &str = r#"variable "unit" {
  type = object({
    head  = optional(object({ name = optional(string, "kim") }), {})
    desks = optional(list(object({ no = optional(string, "1") })), [{}])
    lead  = optional(object({ name = optional(string, "lee") }))
  })
  default = {}
}"#;

    #[test]
    fn are_applied_to_defaults_as_well() {
        for arguments in ["", "unit = {}", "unit = { head = null }", "unit = { head = {} }", "unit = { desks = [{}] }"]
        {
            for (shown, expected) in [
                ("try(var.unit.head.name, \"none\")", "kim"),
                ("lookup(var.unit.head, \"name\", \"none\")", "kim"),
                ("try(var.unit.desks[0].no, \"none\")", "1"),
                ("var.unit.lead == null ? \"nobody\" : \"somebody\"", "nobody"),
            ] {
                assert_eq!(value(&called(arguments, UNIT, shown)).as_deref(), Ok(expected), "{arguments}: {shown}");
            }
        }
    }

    #[test]
    fn give_way_to_what_is_given() {
        let given = "unit = { head = { name = \"ann\" }, desks = [{ no = 2 }], lead = {} }";
        let shown = "\"${var.unit.head.name} ${var.unit.desks[0].no} ${var.unit.lead.name}\"";
        assert_eq!(value(&called(given, UNIT, shown)).as_deref(), Ok("ann 2 lee"));
    }

    #[test]
    fn decide_rules_as_in_terraform() {
        let declared = r#"variable "rules" {
  type = map(object({
    role = string
    when = optional(object({ claim = optional(string, "unit"), match = optional(string, "Contains") }), {})
  }))
}
resource "aws_cognito_identity_pool" "app" {}
resource "aws_cognito_identity_pool_roles_attachment" "app" {
  identity_pool_id = aws_cognito_identity_pool.app.id
  role_mapping {
    identity_provider         = "accounts.google.com"
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"
    dynamic "mapping_rule" {
      for_each = var.rules
      content {
        claim      = try(mapping_rule.value.when.claim, "email")
        match_type = lookup(mapping_rule.value.when, "match", "Equals")
        value      = mapping_rule.key
        role_arn   = mapping_rule.value.role
      }
    }
  }
}
"#;
        let main = "module \"login\" {\n source = \"./login\"\n rules = { a = { role = \"r\", when = {} }, b = { role = \"s\" } }\n}\n";
        let configuration = read_files(&[("main.tf", main), ("login/main.tf", declared)]);
        let pool = &configuration.choose(None).unwrap().pool;
        for rule in pool.role_mappings.values().next().unwrap().mapping_rules() {
            assert_eq!((rule.claim.as_str(), rule.match_type.name()), ("unit", "Contains"), "{}", rule.value);
        }
    }

    #[test]
    fn of_tuples_are_in_the_type_of_their_place() {
        let declared = "variable \"unit\" {\n type = tuple([string, number])\n}";
        let shown = "var.unit[0] == \"1\" && var.unit[1] == 2 ? \"right\" : \"wrong\"";
        assert_eq!(value(&called("unit = [1, \"2\"]", declared, shown)).as_deref(), Ok("right"));
    }
}
