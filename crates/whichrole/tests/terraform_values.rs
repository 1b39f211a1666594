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
    if let Some(problem) = configuration.problems.first() {
        return Err(problem.message.clone());
    }
    let pool = &configuration.choose(None).unwrap().pool;
    Ok(pool.role_mappings.values().next().unwrap().mapping_rules()[0].value.clone())
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

mod types_in_common {
    use super::*;

    /// What `expression` says where the module declares this.
    fn says(declared: &str, expression: &str) -> Result<String, String> {
        value(&called("", declared, &format!("{expression} ? \"yes\" : \"no\"")))
    }

    fn any(kind: &str, default: &str) -> String {
        format!("variable \"v\" {{\n type = {kind}\n default = {default}\n}}")
    }

    #[test]
    fn make_a_string_of_what_stands_beside_one() {
        for expression in [
            r#"(true ? 1 : "x") == "1""#,
            r#"(false ? "x" : true) == "true""#,
            r#"coalesce(1, "x") == "1""#,
            r#"coalesce(null, 1, "x") == "1""#,
            r#"[for n in range(3) : n == 1 ? n : "x"][1] == "1""#,
            r#"tolist(["x", 1])[1] == "1""#,
        ] {
            assert_eq!(says("", expression).as_deref(), Ok("yes"), "{expression}");
        }
        for (kind, default, expression) in [
            ("map(any)", r#"{ a = "x", b = 1 }"#, r#"var.v.b == "1""#),
            ("list(any)", r#"["x", 1]"#, r#"var.v[1] == "1""#),
            ("set(any)", r#"["x", 1]"#, r#"contains(var.v, "1")"#),
            ("object({ a = list(any) })", r#"{ a = ["x", true] }"#, r#"var.v.a[1] == "true""#),
        ] {
            assert_eq!(says(&any(kind, default), expression).as_deref(), Ok("yes"), "{kind}");
        }
    }

    #[test]
    fn leave_alone_what_is_alike() {
        for expression in [
            "(true ? 1 : 2) == 1",
            "(true ? 1 : null) == 1",
            "(true ? [1] : [])[0] == 1",
            "(true ? [1, 2] : [3])[0] == 1",
            "(true ? { a = true } : {}).a == true",
            r#"(true ? { a = 1, b = "x" } : { a = 2, b = "y" }).a == 1"#,
            r#"[1, "x"][0] == 1"#,
            "coalesce(1, 2) == 1",
            r#"(true ? "x" : 1) == "x""#,
            r#"lookup({ a = 1, b = "x" }, "c", 2) == 2"#,
            "lookup({ a = 1 }, \"c\", 2) == 2",
            r#"lookup({ a = "x" }, "c", "true") == "true""#,
        ] {
            assert_eq!(says("", expression).as_deref(), Ok("yes"), "{expression}");
        }
        assert_eq!(says(&any("map(any)", "{ a = 1, b = 2 }"), "var.v.a == 1").as_deref(), Ok("yes"));
        assert_eq!(says(&any("any", "{ a = 1, b = \"x\" }"), "var.v.a == 1").as_deref(), Ok("yes"));
    }

    #[test]
    fn that_are_not_known_are_not_compared() {
        let nothing = "resource \"x_y\" \"z\" {\n level = \"5\"\n on = true\n}\n";
        for expression in [
            r#"(true ? [1] : ["x"])[0] == "1""#,
            "(true ? [1] : [\"x\"])[0] == 1",
            r#"(true ? 1 : x_y.z.id) == "1""#,
            r#"(true ? { a = 1 } : { a = "x" }).a == "1""#,
            r#"(true ? { a = 1, b = "x" } : {}).a == "1""#,
            r#"contains(true ? [1] : ["x"], 1)"#,
            r#"coalesce(1, x_y.z.id) == "1""#,
            r#"lookup({ a = "x" }, "b", 1) == "1""#,
            "lookup({ a = 1 }, \"b\", \"2\") == 2",
            r#"tolist([{ a = 1 }, { a = "x" }])[0].a == "1""#,
            r#"concat([{ a = 1 }], [{ a = "x" }])[0].a == "1""#,
            "x_y.z.level == 5",
            "x_y.z.level == \"5\"",
            "x_y.z.on == true",
            r#"jsonencode(true ? [1] : ["x"]) == "[1]""#,
            r#"length(toset(true ? [9, 10] : ["x", "y"])) == 2"#,
            // Whether its order is a set's is not known either.
            r#"length(true ? ["b", "a"] : toset(["c"])) == 2"#,
        ] {
            let said = says(nothing, expression);
            assert!(
                said.as_ref().is_err_and(|problem| problem.contains("is not known here")),
                "{expression}: {said:?}"
            );
        }
        let objects = any("map(any)", r#"{ a = { x = 1 }, b = { x = "s" } }"#);
        assert!(says(&objects, r#"var.v.a.x == "1""#).is_err());
    }

    #[test]
    fn matter_to_nothing_but_a_comparison() {
        for (expression, expected) in [
            (r#"(true ? [1] : ["x"])[0]"#, "1"),
            (r#""${(true ? [1] : ["x"])[0]}""#, "1"),
            (r#"tostring((true ? [1] : ["x"])[0])"#, "1"),
            (r#"(true ? [2] : ["x"])[0] + 1"#, "3"),
            (r#"-(true ? [2] : ["x"])[0]"#, "-2"),
            (r#"(true ? [true] : ["x"])[0] ? "yes" : "no""#, "yes"),
            (r#"(true ? [1] : ["x"])[0] == "2" ? "yes" : "no""#, "no"),
            (r#"(true ? [1] : ["x"])[0] != 2 ? "yes" : "no""#, "yes"),
            (r#"tostring((true ? [1] : ["x"])[0]) == "1" ? "yes" : "no""#, "yes"),
            (r#"format("%d", (true ? [1] : ["x"])[0])"#, "1"),
            (r#"join(",", true ? [1] : ["x"])"#, "1"),
            (r#"join(",", true ? toset(["b", "a"]) : [])"#, "a,b"),
            (r#"{ "1" = "yes" }[(true ? [1] : ["x"])[0]]"#, "yes"),
        ] {
            assert_eq!(value(&called("", "", expression)).as_deref(), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn that_nothing_has_are_failures() {
        for expression in ["true ? 1 : false", "true ? 1 : []", "true ? [\"x\"] : \"y\"", "coalesce(1, true)"] {
            let said = value(&called("", "", &format!("try({expression}, \"refused\")")));
            assert_eq!(said.as_deref(), Ok("refused"), "{expression}");
        }
    }
}
