//! Texts that stand where a configuration belongs and are something else: tokens, claims, key sets. Two arguments are soon swapped, and what such
//! a text says is for nobody who reads an error.
//!
//! The names in a text tell what it is, so that the answer is the same for a text that cannot be read.

use super::position::Position;
use super::problem::Problem;
use crate::groups::PROTECTED;
use crate::text;
use crate::token::looks_like_token;

/// Names that only configurations and suites have.
const CERTAIN: &[&str] = &[
    "AWSTemplateFormatVersion",
    "AmbiguousRoleResolution",
    "AllowUnauthenticatedIdentities",
    "AssumeRolePolicyDocument",
    "CognitoIdentityProviders",
    "DeveloperProviderName",
    "GroupName",
    "IdentityPoolId",
    "IdentityPoolName",
    "IdentityProviderName",
    "MatchType",
    "OpenIdConnectProviderARNs",
    "PrincipalTagMaps",
    "PrincipalTags",
    "Properties",
    "Resources",
    "RoleARN",
    "RoleArn",
    "RoleMappings",
    "RulesConfiguration",
    "SamlProviderARNs",
    "SupportedLoginProviders",
    "UseDefaults",
    "UserPoolClient",
    "planned_values",
    "resource_changes",
    "terraform_version",
    "urn",
];

/// Names that begin configurations and suites, and may be claims too.
const LIKELY: &[&str] = &[
    "Conditions",
    "Group",
    "Groups",
    "Mappings",
    "Outputs",
    "Parameters",
    "Role",
    "Roles",
    "Rules",
    "Transform",
    "Type",
    "UserPool",
    "config",
    "data",
    "deployment",
    "expect",
    "functions",
    "groups",
    "locals",
    "module",
    "output",
    "properties",
    "prove",
    "provider",
    "resource",
    "resources",
    "runtime",
    "service",
    "terraform",
    "tests",
    "users",
    "variable",
    "variables",
    "version",
];

/// Claims of many tokens, besides those that no function may change and `cognito:` and `custom:` ones.
const CLAIMS: &[&str] = &[
    "email",
    "email_verified",
    "event_id",
    "family_name",
    "given_name",
    "phone_number",
    "phone_number_verified",
    "preferred_username",
    "upn",
];

/// What a text is, as far as its names tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Configuration,
    Token,
    Claims,
    KeySet,
    Unknown,
}

/// Whether an error may show lines of this text. Only what is a configuration or a suite by its names is shown, and nothing in which there is
/// a token.
#[must_use]
pub fn may_be_shown(text: &str) -> bool {
    kind(text) == Kind::Configuration && !has_token(text)
}

/// What is wrong with a text that is a token, claims or a key set, and stands where something else belongs.
pub(crate) fn problem(text: &str, wanted: &str, source: usize) -> Option<Problem> {
    let (code, what) = match kind(text) {
        Kind::Token => ("looks-like-token", "a token"),
        Kind::Claims => ("looks-like-claims", "claims"),
        Kind::KeySet => ("looks-like-keys", "a key set"),
        Kind::Configuration | Kind::Unknown => return None,
    };
    let message = format!("this looks like {what}, not like {wanted}; were two arguments swapped?");
    Some(Problem::new(code, message).at(Position::new(source, 1, 1)))
}

/// Stops at the first name that is certain, which configurations have near their beginning.
fn kind(text: &str) -> Kind {
    let text = text::without_mark(text).trim_start();
    if begins_with_token(text) {
        return Kind::Token;
    }
    let (mut claims, mut is_likely, mut has_keys) = (0, false, false);
    for (name, is_outer) in names(text) {
        match name {
            // Two claims are before all else in no configuration.
            Name::Block if claims < 2 => return Kind::Configuration,
            Name::Member(name) if claims < 2 && CERTAIN.contains(&name) => return Kind::Configuration,
            Name::Block | Name::Assigned | Name::Member("Type") => is_likely = true,
            Name::Member("kty") => has_keys = true,
            Name::Member(name) if is_outer && is_claim(name) => claims += 1,
            Name::Member(name) => is_likely |= is_outer && LIKELY.contains(&name),
        }
    }
    match (claims, is_likely) {
        _ if has_keys => Kind::KeySet,
        (0, true) => Kind::Configuration,
        _ if has_token(text) => Kind::Token,
        (0, false) => Kind::Unknown,
        _ => Kind::Claims,
    }
}

fn is_claim(name: &str) -> bool {
    PROTECTED.contains(&name) || CLAIMS.contains(&name) || name.starts_with("cognito:") || name.starts_with("custom:")
}

/// Whether a character may be part of a token.
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Whether the first word is a token, whole or not, in any of the alphabets of base64.
fn begins_with_token(text: &str) -> bool {
    let first = text.strip_prefix("Bearer ").unwrap_or(text).split_whitespace().next().unwrap_or_default();
    let word = first.trim_matches(['"', '\'']);
    looks_like_token(word) && word.chars().all(|c| is_of_token(c) || matches!(c, '+' | '/' | '='))
}

/// Whether there is a whole token in a text: what a login answers, or a line of a log.
fn has_token(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), "eyJ").any(|at| {
        let (before, rest) = text.split_at_checked(at).unwrap_or_default();
        let begins_word = !before.ends_with(is_of_token);
        let word = if begins_word { rest.split(|c| !is_of_token(c)).next() } else { None };
        word.is_some_and(|word| word.contains('.'))
    })
}

/// A name in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name<'t> {
    /// `"name":` of JSON, `name:` of YAML.
    Member(&'t str),
    /// `name "…" {` or `name {` of HCL.
    Block,
    /// `name = …` of HCL.
    Assigned,
}

/// The names of a text, and whether each is of an outermost map: every one of JSON, and of other texts those at the beginning of a line.
fn names(text: &str) -> impl Iterator<Item = (Name<'_>, bool)> {
    let is_json = text.starts_with(['{', '[']);
    let members = is_json.then_some(Members { rest: text, depth: 0 }).into_iter().flatten();
    let lines = (!is_json).then(|| text.lines().filter_map(name_of_line)).into_iter().flatten();
    members.chain(lines)
}

/// The names of a JSON text that nobody has read yet.
struct Members<'t> {
    rest: &'t str,
    /// Maps around the rest.
    depth: i64,
}

impl<'t> Iterator for Members<'t> {
    type Item = (Name<'t>, bool);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (before, string) = self.rest.split_once('"')?;
            for byte in before.bytes() {
                self.depth += i64::from(byte == b'{') - i64::from(byte == b'}');
            }
            let (inner, after) = string.split_at_checked(end_of_string(string)?)?;
            self.rest = after.get(1..)?;
            if self.rest.trim_start().starts_with(':') {
                return Some((Name::Member(inner), self.depth == 1));
            }
        }
    }
}

/// Where a string of JSON ends.
fn end_of_string(string: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', string.as_bytes().get(from..)?)?;
        if string.as_bytes().get(at) == Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

fn name_of_line(line: &str) -> Option<(Name<'_>, bool)> {
    let is_outer = !line.starts_with([' ', '\t']);
    let mut line = line.trim_start();
    while let Some(element) = line.strip_prefix("- ") {
        line = element.trim_start();
    }
    let line = line.trim_start_matches(['{', '"', '\'', ' ']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    // A name of YAML may have colons in it, which blanks do not follow.
    let is_end = |(at, c): (usize, char)| {
        !(is_part(c) || (c == ':' && line.get(at + 1..).is_some_and(|s| s.starts_with(is_part))))
    };
    let end = line.char_indices().find(|found| is_end(*found)).map_or(line.len(), |(end, _)| end);
    let (name, after) = line.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    let is_spaced = after.starts_with([' ', '\t']);
    let after = after.trim_start_matches(['"', '\'']).trim_start();
    let name = if after.starts_with(':') {
        Name::Member(name)
    } else if is_spaced && LIKELY.contains(&name) && after.starts_with(['"', '{']) {
        Name::Block
    } else if is_spaced && after.starts_with("= ") {
        // Base64 ends in this, too, but has no blank before it.
        Name::Assigned
    } else {
        return None;
    };
    Some((name, is_outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln";

    #[test]
    fn a_text_is_told_by_its_names() {
        for (text, expected) in [
            (TOKEN, Kind::Token),
            (&format!(" Bearer {TOKEN}\n"), Kind::Token),
            (&format!("\"{TOKEN}\""), Kind::Token),
            (&format!("{TOKEN}\n{TOKEN}\n"), Kind::Token),
            (&format!("# of alice\nid: {TOKEN}\n"), Kind::Token),
            (&format!(r#"{{"AuthenticationResult": {{"IdToken": "{TOKEN}", "ExpiresIn": 3600}}}}"#), Kind::Token),
            (&format!("{TOKEN}="), Kind::Token),
            (&TOKEN.replacen('.', "", 1), Kind::Token),
            (r#"{"sub":"1"}"#, Kind::Claims),
            (r#"{"email":"a"}"#, Kind::Claims),
            (r#"{"sub":"1","address":{"Type":"home"}}"#, Kind::Claims),
            (r#"[{"sub":"1"}]"#, Kind::Claims),
            (r#"{"a":{"sub":"1"}}"#, Kind::Unknown),
            (r#"{"custom:dept":"a","tenant":"b"}"#, Kind::Claims),
            (r#"{"cognito:groups":["RoleMappings"]}"#, Kind::Claims),
            (r#"{"sub":"1","exp":2,"Roles":["a"],"Groups":[]}"#, Kind::Claims),
            ("{\"sub\":\"1\"}\n{\"sub\":\"2\"}\n", Kind::Claims),
            (r#"{"sub":"1","name":"no end"#, Kind::Claims),
            (r#"{"sub":"1","x":"{\"RoleMappings\":{}}"}"#, Kind::Claims),
            ("sub: 1\nemail: a\n", Kind::Claims),
            ("- cognito:groups: [a]\n", Kind::Claims),
            (r#"{"keys":[{"kty":"RSA","kid":"1"}]}"#, Kind::KeySet),
            (r#"{"kty":"RSA"}"#, Kind::KeySet),
            ("", Kind::Unknown),
            ("PASSWORD=secret\n", Kind::Unknown),
            ("-----BEGIN PUBLIC KEY-----\nMIIB=\nA==\n", Kind::Unknown),
            (r#"{"name":"x","tenant":["y"]}"#, Kind::Unknown),
            (r#"["RoleMappings", ":"]"#, Kind::Unknown),
        ] {
            assert_eq!(kind(text), expected, "{text}");
            assert!(!may_be_shown(text), "{text}");
        }
    }

    #[test]
    fn configurations_are_shown_however_broken() {
        for text in [
            r#"{"RoleMappings" : {"#,
            r#"{"accounts.google.com": {"Type": "Tokn"}}"#,
            r#"{"Groups": [1]}"#,
            r#"{"Roles": {"authenticated": 1}, "x": {"sub": "sub"}}"#,
            r#"{"PrincipalTags": {"sub": "sub", "aud": "aud", "iss": "iss"}}"#,
            "\u{feff}Resources:\n\tPool: 1\n",
            "# a comment\nservice: x\ncustom:\n  a: b\n",
            "resource \"aws_cognito_identity_pool\" \"p\" {\n",
            "locals {\n",
            "x = [\n",
            "version: 1\nusers: { u: { claims: { sub: 1, aud: 2 } } }\n",
            "- RoleARN: x\n",
            &format!(r#"{{"RoleMappings":{{"a.b.c":{:?}}}}}"#, "x".repeat(400)),
            "Resources:\n  UserData: eyJhIjoxfQ\n",
            "tests:\n  - claims:\n      sub: 1\n      aud: 1\n      iss: 1\n",
            r#"{"version": 1, "tests": [{"claims": {"sub": 1, "aud": 1, "iss": 1}}]}"#,
        ] {
            assert!(may_be_shown(text), "{text}");
            assert_eq!(problem(text, "a configuration", 0), None, "{text}");
        }
        assert!(!may_be_shown(&format!("Resources:\n  A: {TOKEN}\n")), "but not with a token in it");
        assert_eq!(problem(&format!("Resources:\n  A: {TOKEN}\n"), "a configuration", 0), None);
    }
}
