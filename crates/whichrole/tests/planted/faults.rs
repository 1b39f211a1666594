//! One way to spoil a configuration for each lint.

use crate::model::{Group, Model, Named, Provider, Random, Rule, rule};
use crate::render::Format;

pub struct Fault {
    pub lint: &'static str,
    /// Spoils the model and says at which line, by its tag; `None` where the format cannot have the fault.
    pub plant: fn(&mut Model, &Format, &mut Random) -> Option<String>,
}

/// Adds a rule at a random place from `first` on, counted from 1.
fn insert(model: &mut Model, random: &mut Random, first: usize, new: Rule) -> String {
    let rules = &mut model.mapping().rules;
    let n = first + random.below(rules.len() + 2 - first);
    rules.insert(n - 1, new);
    format!("rule {n}")
}

/// A rule that no other one touches, and its number.
fn fresh(model: &mut Model, random: &mut Random, new: Rule) -> usize {
    insert(model, random, 1, new).trim_start_matches("rule ").parse().unwrap()
}

/// The line at which a claim of a rule stands: in the template it begins the rule.
fn claim_line(format: &Format, n: usize) -> String {
    if format.name == "template.yaml" { format!("rule {n}") } else { format!("claim {n}") }
}

fn if_resources(format: &Format, tag: impl Into<String>) -> Option<String> {
    format.has_resources.then(|| tag.into())
}

fn group(name: &str, precedence: Option<u32>, role: &str) -> Group {
    Group { name: name.to_owned(), precedence, role: Some(Named::Role(role.to_owned())) }
}

/// Spoils the trust policy of a role that some rule gives.
fn trust(
    model: &mut Model,
    format: &Format,
    random: &mut Random,
    what: &str,
    spoil: impl FnOnce(&mut crate::model::Role),
) -> Option<String> {
    let (name, role) = model.used_role(random);
    spoil(role);
    if_resources(format, format!("{what} of {name}"))
}

pub const FAULTS: &[Fault] = &[
    Fault {
        lint: "unknown-match-type",
        plant: |model, _, random| {
            let wrong = (*random.pick(&["equals", "contains", "Contain", "Startswith", "NotEquals"])).to_owned();
            let (n, rule) = model.any_rule(random);
            rule.match_type = wrong;
            Some(format!("match type {n}"))
        },
    },
    Fault {
        lint: "unknown-mapping-type",
        plant: |model, _, random| {
            (*random.pick(&["rules", "Rule", "token"])).clone_into(&mut model.mapping().kind);
            Some("type".to_owned())
        },
    },
    Fault {
        lint: "unknown-role-resolution",
        plant: |model, _, random| {
            model.mapping().resolution = Some((*random.pick(&["deny", "Denied", "Authenticated"])).to_owned());
            Some("resolution".to_owned())
        },
    },
    Fault {
        lint: "too-many-rules",
        plant: |model, _, _| {
            let rules = &mut model.mapping().rules;
            for n in rules.len()..27 {
                rules.push(rule("custom:dept", "Equals", &format!("0{n}"), "RoleB"));
            }
            Some("rule 26".to_owned())
        },
    },
    Fault {
        lint: "too-many-mappings",
        plant: |model, _, _| {
            model.more_clients = 10;
            for n in 0..10 {
                let mut more = model.mapping().clone();
                more.provider = Provider::Literal(format!(":client{n}"));
                model.mappings.push(more);
            }
            Some("mapping 11".to_owned())
        },
    },
    Fault {
        lint: "claim-name",
        plant: |model, format, random| {
            let wrong = random.pick(&["cognito groups", &"x".repeat(65), ""]).to_string();
            let n = fresh(model, random, rule(&wrong, "Equals", "x", "RoleB"));
            Some(claim_line(format, n))
        },
    },
    Fault {
        lint: "value-length",
        plant: |model, _, random| {
            let wrong = random.pick(&["x".repeat(129), String::new()]).clone();
            let n = fresh(model, random, rule("custom:dept", "Equals", &wrong, "RoleB"));
            Some(format!("value {n}"))
        },
    },
    Fault {
        lint: "role-arn",
        plant: |model, format, random| {
            let literal =
                random.pick(&["Admin", "arn:aws:iam::111122223333:user/alice", "arn:aws-cn:iam::111122223333:role/A"]);
            let (name, rule) = (model.roles[1].name.clone(), model.any_rule(random));
            rule.1.role =
                if format.has_resources { Named::RoleName(name) } else { Named::Literal((*literal).to_owned()) };
            Some(format!("role {}", rule.0))
        },
    },
    Fault {
        lint: "roles-key",
        plant: |model, _, random| {
            model.authenticated_key = *random.pick(&["authentcated", "Authenticated", "default"]);
            Some("authenticated".to_owned())
        },
    },
    Fault {
        lint: "provider-without-client",
        plant: |model, _, _| {
            model.mapping().provider = Provider::WithoutClient;
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "provider-is-url",
        plant: |model, _, _| {
            model.mapping().provider = Provider::Url;
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "provider-developer",
        plant: |model, _, _| {
            model.mapping().provider = Provider::Literal("cognito-identity.amazonaws.com".to_owned());
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "provider-not-configured",
        plant: |model, _, _| {
            model.mapping().provider = Provider::Client("mobile");
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "duplicate-provider",
        plant: |model, format, _| {
            let again = model.mapping().clone();
            model.mappings.push(again);
            // In the API's map it is a name that stands twice.
            if_resources(format, "mapping 2")
        },
    },
    Fault {
        lint: "two-attachments",
        plant: |model, format, _| {
            model.second_attachment = true;
            if_resources(format, "second attachment")
        },
    },
    Fault {
        lint: "unknown-field",
        plant: |model, _, random| {
            let (n, rule) = model.any_rule(random);
            rule.role_field = Some("RoleArn");
            Some(format!("role {n}"))
        },
    },
    Fault {
        lint: "unknown-resource-type",
        plant: |model, format, _| {
            model.attachment_type = Some("aws_cognito_identity_pool_role_attachment");
            if_resources(format, "attachment type")
        },
    },
    Fault {
        lint: "undeclared-reference",
        plant: |model, format, random| {
            let (n, rule) = model.any_rule(random);
            rule.role = Named::Undeclared;
            if_resources(format, format!("role {n}"))
        },
    },
    Fault {
        lint: "unreadable",
        plant: |model, format, _| {
            model.mapping().instead = true;
            (format.name != "main.tf").then(|| "rules".to_owned())
        },
    },
    Fault {
        lint: "duplicate-key",
        plant: |model, _, random| {
            model.any_rule(random).1.claim_twice = true;
            Some("again".to_owned())
        },
    },
    Fault {
        lint: "unresolved-value",
        plant: |model, format, random| {
            let (n, rule) = model.any_rule(random);
            rule.value = Named::Elsewhere;
            if_resources(format, format!("value {n}"))
        },
    },
    Fault {
        lint: "tag-limits",
        plant: |model, format, random| {
            let tag = if random.below(2) == 0 { "x".repeat(129) } else { "long".to_owned() };
            let claim = if tag == "long" { "x".repeat(257) } else { "sub".to_owned() };
            if_resources(format, model.tag(&tag, &claim))
        },
    },
    Fault {
        lint: "missing-role-resolution",
        plant: |model, _, _| {
            model.mapping().resolution = None;
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "rules-without-rules",
        plant: |model, _, _| {
            model.mapping().rules.clear();
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "token-with-rules",
        plant: |model, format, _| {
            "Token".clone_into(&mut model.mapping().kind);
            Some(if format.name == "main.tf" { "rule 1" } else { "rules" }.to_owned())
        },
    },
    Fault {
        lint: "shadowed-rule",
        plant: |model, _, random| {
            let (n, earlier) = model.any_rule(random);
            let Named::Literal(word) = earlier.value.clone() else { return None };
            // Some start with it and some are in it; neither passes for the whole value that Equals wants.
            if earlier.match_type == "Equals" {
                return None;
            }
            let shadowed = rule(&earlier.claim.clone(), &earlier.match_type.clone(), &format!("{word}x"), "RoleA");
            Some(insert(model, random, n + 1, shadowed))
        },
    },
    Fault {
        lint: "rule-never-matches",
        plant: |model, _, random| {
            let operator = *random.pick(&["Equals", "StartsWith"]);
            Some(insert(model, random, 1, rule("cognito:groups", operator, "owners", "RoleB")))
        },
    },
    Fault {
        lint: "duplicate-rule",
        plant: |model, _, random| {
            let (n, twin) = model.any_rule(random);
            let twin = twin.clone();
            Some(insert(model, random, n + 1, twin))
        },
    },
    Fault {
        lint: "mapping-without-effect",
        plant: |model, _, _| {
            let mapping = model.mapping();
            mapping.resolution = Some("AuthenticatedRole".to_owned());
            for rule in &mut mapping.rules {
                rule.role = Named::Role("RoleA".to_owned());
            }
            Some("mapping".to_owned())
        },
    },
    Fault {
        lint: "role-unreachable",
        plant: |model, _, _| {
            model.unauthenticated = Some(Named::Literal("arn:aws:iam::111122223333:role/Guest".to_owned()));
            Some("unauthenticated".to_owned())
        },
    },
    Fault {
        lint: "not-equal-misses-absent",
        plant: |model, _, random| {
            let end = model.mapping().rules.len() + 1;
            Some(insert(model, random, end, rule("custom:team", "NotEqual", "guests", "RoleB")))
        },
    },
    Fault {
        lint: "overlapping-groups",
        plant: |model, format, random| {
            let (at, word) = (random.below(model.mapping().rules.len() + 1), "owners");
            model.mapping().rules.insert(at, rule("cognito:groups", "Contains", word, "RoleB"));
            model.groups.push(Group { name: word.to_owned(), precedence: Some(2), role: None });
            model.groups.push(Group { name: format!("co-{word}"), precedence: Some(3), role: None });
            if_resources(format, format!("value {}", at + 1))
        },
    },
    Fault {
        lint: "literal-pattern",
        plant: |model, _, random| {
            let value = *random.pick(&["own*", "own.*", "^owners$", "owners,makers"]);
            let n = fresh(model, random, rule("custom:dept", "Equals", value, "RoleB"));
            Some(format!("value {n}"))
        },
    },
    Fault {
        lint: "case-near-miss",
        plant: |model, format, random| {
            let n = fresh(model, random, rule("Cognito:Groups", "Contains", "owners", "RoleB"));
            Some(claim_line(format, n))
        },
    },
    Fault {
        lint: "ambiguous-precedence",
        plant: |model, format, random| {
            model.by_token();
            let at = random.below(model.groups.len() + 1);
            model.groups.insert(at, group("owners", Some(7), "RoleA"));
            model.groups.insert(random.below(at + 1), group("makers", Some(7), "RoleB"));
            // The one that is written later.
            if_resources(format, "group owners")
        },
    },
    Fault {
        lint: "null-precedence",
        plant: |model, format, random| {
            model.by_token();
            let at = random.below(model.groups.len() + 1);
            model.groups.insert(at, group("owners", None, "RoleB"));
            if_resources(format, "group owners")
        },
    },
    Fault {
        lint: "group-role-without-token-mapping",
        plant: |model, format, random| {
            let at = random.below(model.groups.len() + 1);
            model.groups.insert(at, group("owners", Some(3), "RoleB"));
            if_resources(format, "group owners")
        },
    },
    Fault {
        lint: "docs-placeholder",
        plant: |model, _, random| Some(insert(model, random, 1, rule("isAdmin", "Equals", "paid", "RoleB"))),
    },
    Fault {
        lint: "depends-on-open-question",
        plant: |model, format, random| {
            // Whether it is enough that a group's name contains the value is open.
            model.groups.push(Group { name: "owners".to_owned(), precedence: Some(2), role: None });
            if_resources(format, insert(model, random, 1, rule("cognito:groups", "Contains", "owner", "RoleB")))
        },
    },
    Fault {
        lint: "user-writable-claim",
        plant: |model, format, random| {
            model.mapping().rules.retain(|rule| rule.claim != "custom:dept");
            model.tags = None;
            model.write_attributes.push("custom:dept");
            let n = fresh(model, random, rule("custom:dept", "Equals", "owners", "RoleB"));
            if_resources(format, claim_line(format, n))
        },
    },
    Fault {
        lint: "unverified-email",
        plant: |model, format, random| {
            model.write_attributes.push("email");
            let n = fresh(model, random, rule("email", "Equals", "boss@example.com", "RoleB"));
            if_resources(format, claim_line(format, n))
        },
    },
    Fault {
        lint: "guest-role",
        plant: |model, _, _| {
            model.guests = true;
            model.unauthenticated = Some(Named::Literal("arn:aws:iam::111122223333:role/Guest".to_owned()));
            Some("unauthenticated".to_owned())
        },
    },
    Fault {
        lint: "same-role-for-guests",
        plant: |model, _, random| {
            model.guests = true;
            model.unauthenticated = Some(model.any_rule(random).1.role.clone());
            Some("unauthenticated".to_owned())
        },
    },
    Fault {
        lint: "role-resolution-authenticated",
        plant: |model, _, _| {
            model.mapping().resolution = Some("AuthenticatedRole".to_owned());
            Some("resolution".to_owned())
        },
    },
    Fault {
        lint: "classic-flow-open",
        plant: |model, _, _| {
            model.classic = true;
            model.mappings.clear();
            Some("pool".to_owned())
        },
    },
    Fault {
        lint: "trust-principal",
        plant: |model, format, random| {
            trust(model, format, random, "principal", |role| role.principal = "cognito-identity.amazon.com")
        },
    },
    Fault {
        lint: "trust-action",
        plant: |model, format, random| {
            trust(model, format, random, "action", |role| role.actions = vec!["sts:AssumeRole", "sts:TagSession"])
        },
    },
    Fault {
        lint: "trust-aud",
        plant: |model, format, random| trust(model, format, random, "aud", |role| role.aud = Some("users")),
    },
    Fault {
        lint: "trust-aud",
        plant: |model, format, random| trust(model, format, random, "condition", |role| role.aud = None),
    },
    Fault {
        lint: "trust-amr",
        plant: |model, format, random| trust(model, format, random, "amr", |role| role.amr = Some("unauthenticated")),
    },
    Fault {
        lint: "trust-amr",
        plant: |model, format, random| {
            trust(model, format, random, "amr", |role| role.amr = Some("graph.facebook.com"))
        },
    },
    Fault {
        lint: "trust-amr",
        plant: |model, format, random| trust(model, format, random, "condition", |role| role.amr = None),
    },
    Fault {
        lint: "trust-tag-session",
        plant: |model, format, random| {
            model.tag("dept", "custom:dept");
            trust(model, format, random, "action", |role| role.actions.truncate(1))
        },
    },
    Fault {
        lint: "trust-source-ip",
        plant: |model, format, random| trust(model, format, random, "ip", |role| role.source_ip = true),
    },
    Fault {
        lint: "trust-no-condition",
        plant: |model, format, random| trust(model, format, random, "statement", |role| role.condition = false),
    },
    Fault {
        lint: "role-other-account",
        plant: |model, _, random| {
            for rule in &mut model.mapping().rules {
                rule.role = Named::Literal("arn:aws:iam::111122223333:role/A".to_owned());
            }
            let other = Rule {
                role: Named::Literal("arn:aws:iam::444455556666:role/B".to_owned()),
                ..rule("a", "Equals", "b", "")
            };
            model.authenticated = Named::Literal("arn:aws:iam::111122223333:role/C".to_owned());
            let n = fresh(model, random, other);
            Some(format!("role {n}"))
        },
    },
    Fault {
        lint: "group-role-is-policy",
        plant: |model, format, random| {
            let at = random.below(model.groups.len() + 1);
            let policy = Group { role: Some(Named::Elsewhere), ..group("owners", Some(3), "") };
            model.groups.insert(at, policy);
            if_resources(format, "role of group owners")
        },
    },
    Fault {
        lint: "tag-missing-source",
        plant: |model, format, random| {
            let claim = *random.pick(&["groups", "username", "custom:depth", "scope"]);
            if_resources(format, model.tag("team", claim))
        },
    },
    Fault {
        lint: "tag-non-string",
        plant: |model, format, random| {
            let claim = *random.pick(&["cognito:groups", "email_verified", "identities"]);
            if_resources(format, model.tag("team", claim))
        },
    },
    Fault {
        lint: "tag-defaults-with-custom",
        plant: |model, format, _| {
            model.tag("team", "custom:dept");
            model.tags.as_mut()?.use_defaults = true;
            if_resources(format, "tags")
        },
    },
    Fault {
        lint: "tag-charset",
        plant: |model, format, random| {
            let tag = *random.pick(&["aws:team", "team|x", "team*", "AWS:x"]);
            if_resources(format, model.tag(tag, "custom:dept"))
        },
    },
    Fault {
        lint: "tag-key-collision",
        plant: |model, format, _| {
            // Keys go by their order; the later one is named.
            model.tag("Who", "custom:dept");
            if_resources(format, "tag who")
        },
    },
    Fault {
        lint: "tag-provider-with-client",
        plant: |model, format, _| {
            model.tag("team", "custom:dept");
            model.tags.as_mut()?.provider = Provider::Client("web");
            if_resources(format, "tags")
        },
    },
    Fault {
        lint: "unused-allow",
        plant: |model, format, random| {
            let comments = [
                "whichrole: allow(guest-role) because nothing here needs it",
                "whichrole: allow(guest-role)",
                "whichrole: allow(gest-role) because it is misspelt",
            ];
            model.comment = Some(*random.pick(&comments));
            if_resources(format, "comment")
        },
    },
];
