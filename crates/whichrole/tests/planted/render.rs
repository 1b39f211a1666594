//! Writes a model as a template, as Terraform or as API JSON. Lines have tags by which faults find them.

use std::fmt;

use crate::model::{Mapping, Model, Named, Provider, REGION, Role, Rule, USERS};

pub struct Format {
    /// The file's name.
    pub name: &'static str,
    pub write: fn(&Model) -> Text,
    /// Whether roles, user pools and clients are in the file.
    pub has_resources: bool,
}

pub const FORMATS: &[Format] = &[
    Format { name: "template.yaml", write: cloudformation, has_resources: true },
    Format { name: "main.tf", write: terraform, has_resources: true },
    Format { name: "pool.json", write: api, has_resources: false },
];

/// Lines with their tags.
#[derive(Default)]
pub struct Text {
    pub lines: Vec<(String, String)>,
}

impl Text {
    fn add(&mut self, tag: impl Into<String>, line: impl Into<String>) {
        self.lines.push((tag.into(), line.into()));
    }

    fn plain(&mut self, lines: &str) {
        for line in lines.lines() {
            self.add("", line);
        }
    }

    pub fn line_of(&self, tag: &str) -> Option<usize> {
        self.lines.iter().position(|(known, _)| known == tag).map(|n| n + 1)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(_, line)| writeln!(f, "{line}"))
    }
}

fn literal_arn(role: &Named) -> String {
    match role {
        Named::Role(name) => format!("arn:aws:iam::111122223333:role/{name}"),
        Named::RoleName(name) => name.clone(),
        Named::Literal(text) => text.clone(),
        Named::Undeclared | Named::Elsewhere => "elsewhere".to_owned(),
    }
}

/// A mapping is tagged with its number (from the second on), what is in it with what it is, rules by their number.
fn tag_of(mapping: usize, what: &str) -> String {
    if mapping == 0 { what.to_owned() } else { format!("{what} {}", mapping + 1) }
}

fn cloudformation(model: &Model) -> Text {
    let mut text = Text::default();
    text.plain("AWSTemplateFormatVersion: \"2010-09-09\"\nResources:");
    let filler = |text: &mut Text, n: usize| text.plain(&format!("  Topic{n}:\n    Type: AWS::SNS::Topic"));
    (0..model.fillers.0).for_each(|n| filler(&mut text, n));
    let writes = model.write_attributes.join(", ");
    text.plain(&format!(
        "  Users:\n    Type: AWS::Cognito::UserPool\n    Properties:\n      Schema:\n        - Name: dept\n          \
         AttributeDataType: String\n          Mutable: true\n  Web:\n    Type: AWS::Cognito::UserPoolClient\n    \
         Properties:\n      UserPoolId: !Ref Users\n      WriteAttributes: [{writes}]\n  Mobile:\n    \
         Type: AWS::Cognito::UserPoolClient\n    Properties:\n      UserPoolId: !Ref Users\n      WriteAttributes: [name]\n  \
         Manage:\n    Type: AWS::IAM::ManagedPolicy"
    ));
    for (n, group) in model.groups.iter().enumerate() {
        text.add(format!("group {}", group.name), format!("  Group{n}:"));
        text.plain("    Type: AWS::Cognito::UserPoolGroup\n    Properties:\n      UserPoolId: !Ref Users");
        text.add("", format!("      GroupName: {}", group.name));
        text.plain(&group.precedence.map_or_else(String::new, |number| format!("      Precedence: {number}")));
        if let Some(role) = &group.role {
            text.add(format!("role of group {}", group.name), format!("      RoleArn: {}", cfn_name(role)));
        }
    }
    text.add("pool", "  Pool:");
    text.plain(&format!(
        "    Type: AWS::Cognito::IdentityPool\n    Properties:\n      AllowUnauthenticatedIdentities: {}\n      \
         AllowClassicFlow: {}\n      CognitoIdentityProviders:",
        model.guests, model.classic
    ));
    let clients = std::iter::once("!Ref Web".to_owned()).chain((0..model.more_clients).map(|n| format!("client{n}")));
    for client in clients {
        text.plain(&format!("        - ProviderName: !GetAtt Users.ProviderName\n          ClientId: {client}"));
    }
    let kind = model
        .attachment_type
        .map_or("AWS::Cognito::IdentityPoolRoleAttachment", |_| "AWS::Cognito::IdentityPoolRoleAttachmnt");
    if let Some(comment) = model.comment {
        text.add("comment", format!("  # {comment}"));
    }
    text.add("", "  Attachment:");
    text.add("attachment type", format!("    Type: {kind}"));
    text.plain("    Properties:\n      IdentityPoolId: !Ref Pool\n      Roles:");
    text.add("authenticated", format!("        {}: {}", model.authenticated_key, cfn_name(&model.authenticated)));
    if let Some(guests) = &model.unauthenticated {
        text.add("unauthenticated", format!("        unauthenticated: {}", cfn_name(guests)));
    }
    if !model.mappings.is_empty() {
        text.plain("      RoleMappings:");
    }
    for (n, mapping) in model.mappings.iter().enumerate() {
        cfn_mapping(&mut text, n, mapping);
    }
    if model.second_attachment {
        text.add("second attachment", "  Another:");
        text.plain(
            "    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: !Ref Pool",
        );
    }
    if let Some(tags) = &model.tags {
        text.add("tags", "  Tags:");
        text.plain(&format!(
            "    Type: AWS::Cognito::IdentityPoolPrincipalTag\n    Properties:\n      IdentityPoolId: !Ref Pool\n      \
             IdentityProviderName: {}\n      UseDefaults: {}\n      PrincipalTags:",
            cfn_provider(&tags.provider),
            tags.use_defaults
        ));
        for (tag, claim) in &tags.pairs {
            text.add(format!("tag {tag}"), format!("        {tag:?}: {claim:?}"));
        }
    }
    for role in &model.roles {
        cfn_role(&mut text, role);
    }
    (100..100 + model.fillers.1).for_each(|n| filler(&mut text, n));
    text
}

fn cfn_mapping(text: &mut Text, number: usize, mapping: &Mapping) {
    text.add(tag_of(number, "mapping"), format!("        users{number}:"));
    text.add("", format!("          IdentityProvider: {}", cfn_provider(&mapping.provider)));
    text.add(tag_of(number, "type"), format!("          Type: {}", mapping.kind));
    if let Some(resolution) = &mapping.resolution {
        text.add(tag_of(number, "resolution"), format!("          AmbiguousRoleResolution: {resolution}"));
    }
    if mapping.instead {
        text.add("rules", "          RulesConfiguration: none");
        return;
    }
    if !mapping.rules.is_empty() {
        text.add("rules", "          RulesConfiguration:");
        text.add("", "            Rules:");
    }
    for (rule, n) in mapping.rules.iter().zip(1..) {
        text.add(tag_of(number, &format!("rule {n}")), format!("              - Claim: {:?}", rule.claim));
        if rule.claim_twice {
            text.add("again", format!("                Claim: {:?}", rule.claim));
        }
        text.add(format!("match type {n}"), format!("                MatchType: {}", rule.match_type));
        let value = match &rule.value {
            Named::Literal(value) => format!("{value:?}"),
            _ => "!ImportValue Somewhere".to_owned(),
        };
        text.add(format!("value {n}"), format!("                Value: {value}"));
        text.add(
            format!("role {n}"),
            format!("                {}: {}", rule.role_field.map_or("RoleARN", |_| "RoleArn"), cfn_name(&rule.role)),
        );
    }
}

fn cfn_name(role: &Named) -> String {
    match role {
        Named::Role(name) => format!("!GetAtt {name}.Arn"),
        Named::RoleName(name) => format!("!Ref {name}"),
        Named::Literal(text) => format!("{text:?}"),
        Named::Undeclared => "!GetAtt Roel.Arn".to_owned(),
        Named::Elsewhere => "!Ref Manage".to_owned(),
    }
}

fn cfn_provider(provider: &Provider) -> String {
    match provider {
        Provider::Client("web") => "!Sub \"${Users.ProviderName}:${Web}\"".to_owned(),
        Provider::Client(_) => "!Sub \"${Users.ProviderName}:${Mobile}\"".to_owned(),
        Provider::WithoutClient => "!GetAtt Users.ProviderName".to_owned(),
        Provider::Url => "!GetAtt Users.ProviderURL".to_owned(),
        Provider::Literal(text) if text.starts_with(':') => format!("!Sub \"${{Users.ProviderName}}{text}\""),
        Provider::Literal(text) => format!("{text:?}"),
    }
}

fn cfn_role(text: &mut Text, role: &Role) {
    let tag = |what: &str| format!("{what} of {}", role.name);
    text.add("", format!("  {}:", role.name));
    text.plain("    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:");
    text.add(tag("statement"), "          - Effect: Allow");
    text.add(tag("principal"), format!("            Principal: {{ Federated: {} }}", role.principal));
    text.add(tag("action"), format!("            Action: [{}]", role.actions.join(", ")));
    if !role.condition {
        return;
    }
    text.add(tag("condition"), "            Condition:");
    if role.source_ip {
        text.add(tag("ip"), "              IpAddress: { \"aws:SourceIp\": 10.0.0.0/8 }");
    }
    if let Some(aud) = role.aud {
        let aud = if aud == "pool" { "!Ref Pool" } else { "!Ref Users" };
        text.add(
            tag("aud"),
            format!("              StringEquals: {{ \"cognito-identity.amazonaws.com:aud\": {aud} }}"),
        );
    }
    if let Some(amr) = role.amr {
        let line = format!("              ForAnyValue:StringLike: {{ \"cognito-identity.amazonaws.com:amr\": {amr} }}");
        text.add(tag("amr"), line);
    }
    if role.aud.is_none() && role.amr.is_none() && !role.source_ip {
        text.add("", "              Bool: { \"aws:SecureTransport\": true }");
    }
}

fn terraform(model: &Model) -> Text {
    let mut text = Text::default();
    let filler = |text: &mut Text, n: usize| {
        text.plain(&format!("resource \"aws_sns_topic\" \"topic{n}\" {{\n  name = \"t{n}\"\n}}"));
    };
    (0..model.fillers.0).for_each(|n| filler(&mut text, n));
    let writes: Vec<String> = model.write_attributes.iter().map(|name| format!("{name:?}")).collect();
    text.plain(&format!(
        "resource \"aws_cognito_user_pool\" \"users\" {{\n  name = \"users\"\n  schema {{\n    name = \"dept\"\n    \
         attribute_data_type = \"String\"\n    mutable = true\n  }}\n}}\nresource \"aws_cognito_user_pool_client\" \"web\" {{\n  \
         name = \"web\"\n  user_pool_id = aws_cognito_user_pool.users.id\n  write_attributes = [{}]\n}}\n\
         resource \"aws_cognito_user_pool_client\" \"mobile\" {{\n  name = \"mobile\"\n  user_pool_id = \
         aws_cognito_user_pool.users.id\n  write_attributes = [\"name\"]\n}}\nresource \"aws_iam_policy\" \"manage\" {{\n}}",
        writes.join(", ")
    ));
    for (n, group) in model.groups.iter().enumerate() {
        text.add(format!("group {}", group.name), format!("resource \"aws_cognito_user_group\" \"group{n}\" {{"));
        text.plain(&format!("  user_pool_id = aws_cognito_user_pool.users.id\n  name = {:?}", group.name));
        text.plain(&group.precedence.map_or_else(String::new, |number| format!("  precedence = {number}")));
        if let Some(role) = &group.role {
            text.add(format!("role of group {}", group.name), format!("  role_arn = {}", tf_name(role)));
        }
        text.plain("}");
    }
    text.add("pool", "resource \"aws_cognito_identity_pool\" \"pool\" {");
    text.plain(&format!(
        "  identity_pool_name = \"pool\"\n  allow_unauthenticated_identities = {}\n  allow_classic_flow = {}",
        model.guests, model.classic
    ));
    let web = "aws_cognito_user_pool_client.web.id".to_owned();
    for client in std::iter::once(web).chain((0..model.more_clients).map(|n| format!("\"client{n}\""))) {
        text.plain(&format!(
            "  cognito_identity_providers {{\n    provider_name = aws_cognito_user_pool.users.endpoint\n    client_id = {client}\n  }}"
        ));
    }
    text.plain("}");
    if let Some(comment) = model.comment {
        text.add("comment", format!("# {comment}"));
    }
    let kind = model.attachment_type.unwrap_or("aws_cognito_identity_pool_roles_attachment");
    text.add("attachment type", format!("resource \"{kind}\" \"attachment\" {{"));
    text.plain("  identity_pool_id = aws_cognito_identity_pool.pool.id\n  roles = {");
    text.add("authenticated", format!("    {} = {}", model.authenticated_key, tf_name(&model.authenticated)));
    if let Some(guests) = &model.unauthenticated {
        text.add("unauthenticated", format!("    unauthenticated = {}", tf_name(guests)));
    }
    text.plain("  }");
    for (n, mapping) in model.mappings.iter().enumerate() {
        tf_mapping(&mut text, n, mapping);
    }
    text.plain("}");
    if model.second_attachment {
        text.add("second attachment", "resource \"aws_cognito_identity_pool_roles_attachment\" \"another\" {");
        text.plain("  identity_pool_id = aws_cognito_identity_pool.pool.id\n  roles = {}\n}");
    }
    if let Some(tags) = &model.tags {
        text.add("tags", "resource \"aws_cognito_identity_pool_provider_principal_tag\" \"tags\" {");
        text.plain(&format!(
            "  identity_pool_id = aws_cognito_identity_pool.pool.id\n  identity_provider_name = {}\n  use_defaults = {}\n  principal_tags = {{",
            tf_provider(&tags.provider),
            tags.use_defaults
        ));
        for (tag, claim) in &tags.pairs {
            text.add(format!("tag {tag}"), format!("    {tag:?} = {claim:?}"));
        }
        text.plain("  }\n}");
    }
    for role in &model.roles {
        tf_role(&mut text, role);
    }
    (100..100 + model.fillers.1).for_each(|n| filler(&mut text, n));
    text
}

fn tf_mapping(text: &mut Text, number: usize, mapping: &Mapping) {
    text.add(tag_of(number, "mapping"), "  role_mapping {");
    text.add("", format!("    identity_provider = {}", tf_provider(&mapping.provider)));
    text.add(tag_of(number, "type"), format!("    type = {:?}", mapping.kind));
    if let Some(resolution) = &mapping.resolution {
        text.add(tag_of(number, "resolution"), format!("    ambiguous_role_resolution = {resolution:?}"));
    }
    if mapping.instead {
        text.add("rules", "    mapping_rule = \"none\"");
        text.plain("  }");
        return;
    }
    for (rule, n) in mapping.rules.iter().zip(1..) {
        text.add(tag_of(number, &format!("rule {n}")), "    mapping_rule {");
        text.add(format!("claim {n}"), format!("      claim = {:?}", rule.claim));
        if rule.claim_twice {
            text.add("again", format!("      claim = {:?}", rule.claim));
        }
        text.add(format!("match type {n}"), format!("      match_type = {:?}", rule.match_type));
        let value = match &rule.value {
            Named::Literal(value) => format!("{value:?}"),
            _ => "aws_iam_policy.manage.description".to_owned(),
        };
        text.add(format!("value {n}"), format!("      value = {value}"));
        text.add(
            format!("role {n}"),
            format!("      {} = {}", rule.role_field.map_or("role_arn", |_| "role_arm"), tf_name(&rule.role)),
        );
        text.plain("    }");
    }
    text.plain("  }");
}

fn tf_name(role: &Named) -> String {
    match role {
        Named::Role(name) => format!("aws_iam_role.{}.arn", name.to_lowercase()),
        Named::RoleName(name) => format!("aws_iam_role.{}.name", name.to_lowercase()),
        Named::Literal(text) => format!("{text:?}"),
        Named::Undeclared => "aws_iam_role.roel.arn".to_owned(),
        Named::Elsewhere => "aws_iam_policy.manage.arn".to_owned(),
    }
}

fn tf_provider(provider: &Provider) -> String {
    let users = "${aws_cognito_user_pool.users.endpoint}";
    match provider {
        Provider::Client(client) => format!("\"{users}:${{aws_cognito_user_pool_client.{client}.id}}\""),
        Provider::WithoutClient => "aws_cognito_user_pool.users.endpoint".to_owned(),
        Provider::Url => format!("\"https://{USERS}\""),
        Provider::Literal(text) if text.starts_with(':') => format!("\"{users}{text}\""),
        Provider::Literal(text) => format!("{text:?}"),
    }
}

fn tf_role(text: &mut Text, role: &Role) {
    let tag = |what: &str| format!("{what} of {}", role.name);
    let quoted = |words: &[&str]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
    text.add("", format!("resource \"aws_iam_role\" \"{}\" {{", role.name.to_lowercase()));
    text.plain("  assume_role_policy = jsonencode({\n    Version = \"2012-10-17\"");
    text.add(tag("statement"), "    Statement = [{");
    text.add("", "      Effect = \"Allow\"");
    text.add(tag("principal"), format!("      Principal = {{ Federated = {:?} }}", role.principal));
    text.add(tag("action"), format!("      Action = [{}]", quoted(&role.actions)));
    if role.condition {
        text.add(tag("condition"), "      Condition = {");
        if role.source_ip {
            text.add(tag("ip"), "        IpAddress = { \"aws:SourceIp\" = \"10.0.0.0/8\" }");
        }
        if let Some(aud) = role.aud {
            let aud =
                if aud == "pool" { "aws_cognito_identity_pool.pool.id" } else { "aws_cognito_user_pool.users.id" };
            text.add(
                tag("aud"),
                format!("        StringEquals = {{ \"cognito-identity.amazonaws.com:aud\" = {aud} }}"),
            );
        }
        if let Some(amr) = role.amr {
            let line =
                format!("        \"ForAnyValue:StringLike\" = {{ \"cognito-identity.amazonaws.com:amr\" = {amr:?} }}");
            text.add(tag("amr"), line);
        }
        if role.aud.is_none() && role.amr.is_none() && !role.source_ip {
            text.add("", "        Bool = { \"aws:SecureTransport\" = \"true\" }");
        }
        text.plain("      }");
    }
    text.plain("    }]\n  })\n}");
}

/// What the service's own calls print about the pool. It knows no reference; groups, roles, clients and tags are in other calls.
fn api(model: &Model) -> Text {
    let mut text = Text::default();
    text.add("pool", "{");
    text.plain(&format!(
        " \"IdentityPoolId\": \"{REGION}:11111111-2222-3333-4444-555555555555\",\n \"IdentityPoolName\": \"pool\",\n \
         \"AllowUnauthenticatedIdentities\": {},\n \"AllowClassicFlow\": {},\n \"CognitoIdentityProviders\": [",
        model.guests, model.classic
    ));
    let clients = std::iter::once("web".to_owned()).chain((0..model.more_clients).map(|n| format!("client{n}")));
    let listed: Vec<String> =
        clients.map(|client| format!("  {{\"ProviderName\": \"{USERS}\", \"ClientId\": \"{client}\"}}")).collect();
    text.plain(&listed.join(",\n"));
    text.plain(" ],\n \"Roles\": {");
    let comma = if model.unauthenticated.is_some() { "," } else { "" };
    text.add(
        "authenticated",
        format!("  \"{}\": \"{}\"{comma}", model.authenticated_key, literal_arn(&model.authenticated)),
    );
    if let Some(guests) = &model.unauthenticated {
        text.add("unauthenticated", format!("  \"unauthenticated\": \"{}\"", literal_arn(guests)));
    }
    text.plain(" },\n \"RoleMappings\": {");
    for (n, mapping) in model.mappings.iter().enumerate() {
        text.add(tag_of(n, "mapping"), format!("  \"{}\": {{", api_provider(&mapping.provider)));
        if let Some(resolution) = &mapping.resolution {
            text.add(tag_of(n, "resolution"), format!("   \"AmbiguousRoleResolution\": \"{resolution}\","));
        }
        if mapping.instead {
            text.add("rules", "   \"RulesConfiguration\": \"none\",");
        } else if !mapping.rules.is_empty() {
            text.add("rules", "   \"RulesConfiguration\": {\"Rules\": [");
            for (at, rule) in mapping.rules.iter().enumerate() {
                api_rule(&mut text, n, at + 1, rule, at + 1 < mapping.rules.len());
            }
            text.plain("   ]},");
        }
        text.add(tag_of(n, "type"), format!("   \"Type\": \"{}\"", mapping.kind));
        text.plain(if n + 1 < model.mappings.len() { "  }," } else { "  }" });
    }
    text.plain(" }");
    text.plain("}");
    text
}

fn api_rule(text: &mut Text, mapping: usize, n: usize, rule: &Rule, more: bool) {
    text.add(tag_of(mapping, &format!("rule {n}")), "    {");
    text.add(format!("claim {n}"), format!("     \"Claim\": {:?},", rule.claim));
    if rule.claim_twice {
        text.add("again", format!("     \"Claim\": {:?},", rule.claim));
    }
    text.add(format!("match type {n}"), format!("     \"MatchType\": \"{}\",", rule.match_type));
    let value = if let Named::Literal(value) = &rule.value { value.as_str() } else { "elsewhere" };
    text.add(format!("value {n}"), format!("     \"Value\": {value:?},"));
    let field = rule.role_field.unwrap_or("RoleARN");
    text.add(format!("role {n}"), format!("     \"{field}\": \"{}\"", literal_arn(&rule.role)));
    text.plain(if more { "    }," } else { "    }" });
}

fn api_provider(provider: &Provider) -> String {
    match provider {
        Provider::Client(client) => format!("{USERS}:{client}"),
        Provider::WithoutClient => USERS.to_owned(),
        Provider::Url => format!("https://{USERS}:web"),
        Provider::Literal(text) if text.starts_with(':') => format!("{USERS}{text}"),
        Provider::Literal(text) => text.clone(),
    }
}
