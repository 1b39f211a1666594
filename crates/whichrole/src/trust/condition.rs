//! The condition block of a trust statement, with the keys as Cognito's call brings them (A3, A5).

use std::collections::BTreeSet;

use super::pattern::{Known, Text};
use super::{AssumeCall, Caller, Objection, ObjectionKind, Outcome, Place, is_cognito};
use crate::provider::ProviderKind;
use crate::read::{Node, Position, Value};
use crate::text;

/// What the call brings for one condition key.
enum Brought {
    Absent,
    One(Text),
    /// A key with several values, all listed.
    Several(Vec<Text>),
    /// `aws:SourceIp`: no condition that wants an address holds in the enhanced flow (A5).
    Never,
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    Any,
    All,
}

/// A condition operator, taken apart.
struct Operator {
    quantifier: Quantifier,
    if_exists: bool,
    base: String,
}

impl Operator {
    fn of(written: &str) -> Self {
        let lower = written.to_lowercase();
        let (quantifier, rest) = if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Quantifier::Any, rest)
        } else if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Quantifier::All, rest)
        } else {
            (Quantifier::None, lower.as_str())
        };
        let (base, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |base| (base, true));
        Self { quantifier, if_exists, base: base.to_owned() }
    }

    /// Whether the operator holds when its values do not match.
    fn is_negated(&self) -> bool {
        self.base.contains("not")
    }
}

/// Every test of a condition block, in the order written.
pub(super) fn outcomes(block: &Node, call: &AssumeCall<'_>) -> Vec<Outcome> {
    if !block.is_map() {
        return vec![Outcome::Unknown(unknown(block.at, "the condition block is not known here"))];
    }
    let mut outcomes = Vec::new();
    for operator in block.entries() {
        let parsed = Operator::of(&operator.name);
        if !operator.value.is_map() {
            outcomes.push(Outcome::Unknown(unknown(operator.at, "a condition is not known here")));
        }
        for key in operator.value.entries() {
            outcomes.push(test(&parsed, &operator.name, &key.name, &key.value, key.at, call));
        }
    }
    outcomes
}

/// Whether a condition block tests a key of Cognito's, whatever the operator: `aud`, `amr`.
pub(super) fn mentions(block: &Node, suffix: &str) -> bool {
    block
        .entries()
        .iter()
        .flat_map(|operator| operator.value.entries())
        .any(|key| is_key(&key.name, suffix, Place::default()) == Known::Yes)
}

fn test(operator: &Operator, written: &str, key: &str, values: &Node, at: Position, call: &AssumeCall<'_>) -> Outcome {
    let kind = kind_of(key);
    let shown = text::quoted(key);
    let no = |message: String| Outcome::No(Objection { kind, message, at: values.at });
    let open = |message: &str| Outcome::Unknown(Objection { kind, message: format!("{message} {shown}"), at });
    let Some(values) = list(values) else { return open("nobody knows yet what the policy wants for") };
    let brought = brought(key, call);
    if operator.base == "null" {
        let wants_absent = match values.as_slice() {
            [only] if only.eq_ignore_ascii_case("true") => true,
            [only] if only.eq_ignore_ascii_case("false") => false,
            _ => return open("it is not known whether the policy wants"),
        };
        return match brought {
            Brought::Unknown | Brought::Never => open("it is not known whether STS sees"),
            Brought::Absent if wants_absent => Outcome::Yes,
            Brought::Absent => no(format!("the policy wants {shown}, which Cognito's call does not bring")),
            Brought::One(_) | Brought::Several(_) if wants_absent => {
                no(format!("the policy wants no {shown}, and Cognito's call brings it"))
            }
            Brought::One(_) | Brought::Several(_) => Outcome::Yes,
        };
    }
    let wants = || quoted_list(&values);
    let elements = match brought {
        Brought::Never if operator.is_negated() || operator.if_exists => {
            return open("it is not known which address STS sees for");
        }
        Brought::Never => return no(source_ip()),
        Brought::Unknown => return open("only the call itself shows"),
        // Whether `IfExists` counts together with `ForAnyValue:` is not written down.
        Brought::Absent if operator.quantifier == Quantifier::Any && operator.if_exists => {
            return open("it is not known whether `IfExists` counts here, on");
        }
        Brought::Absent => {
            let holds = match operator.quantifier {
                Quantifier::All => true,
                Quantifier::Any => false,
                Quantifier::None => operator.if_exists || operator.is_negated(),
            };
            return if holds { Outcome::Yes } else { no(absent(key, &wants())) };
        }
        Brought::One(value) => vec![value],
        Brought::Several(_) if operator.quantifier == Quantifier::None => {
            let why = format!(
                "{} without `ForAnyValue:` compares one value, and the call brings several for",
                text::quoted(written)
            );
            return open(&why);
        }
        Brought::Several(values) => values,
    };
    let Some(comparison) = Comparison::of(&operator.base) else {
        return open("this operator is not one that can be worked out here, on");
    };
    let patterns: Vec<Text> = values.iter().map(|value| comparison.pattern(value)).collect();
    let each = elements.iter().map(|element| comparison.holds(&patterns, element, call));
    let result = match operator.quantifier {
        Quantifier::Any => any(each),
        Quantifier::All | Quantifier::None => all(each),
    };
    match result {
        Known::Yes => Outcome::Yes,
        Known::Unknown => open("nobody knows yet whether the policy's value is that of"),
        Known::No => no(differs(key, operator, &wants(), call)),
    }
}

/// A comparison of texts.
#[derive(Clone, Copy)]
struct Comparison {
    wildcards: bool,
    ignore_case: bool,
    negated: bool,
}

impl Comparison {
    fn of(base: &str) -> Option<Self> {
        let negated = base.contains("not");
        match base.replace("not", "").as_str() {
            "stringequals" => Some(Self { wildcards: false, ignore_case: false, negated }),
            "stringequalsignorecase" => Some(Self { wildcards: false, ignore_case: true, negated }),
            "stringlike" | "arnlike" | "arnequals" => Some(Self { wildcards: true, ignore_case: false, negated }),
            "bool" => Some(Self { wildcards: false, ignore_case: true, negated: false }),
            _ => None,
        }
    }

    fn pattern(self, value: &str) -> Text {
        let text = if self.wildcards { Text::pattern(value) } else { Text::plain(value) };
        if self.ignore_case { text.lower() } else { text }
    }

    /// Whether one value of the call passes: it is one of the policy's, or with a negated operator none of them.
    fn holds(self, patterns: &[Text], element: &Text, call: &AssumeCall<'_>) -> Known {
        let element = if self.ignore_case { element.clone().lower() } else { element.clone() };
        let matched = any(patterns.iter().map(|pattern| {
            // What is known to be something else is not the pool.
            let other = pattern.reference().is_some_and(|name| call.not_the_pool.contains(&format!("${{{name}}}")));
            if other && is_pool(&element, call) { Known::No } else { pattern.matches(&element) }
        }));
        match (matched, self.negated) {
            (Known::Unknown, _) => Known::Unknown,
            (Known::Yes, false) | (Known::No, true) => Known::Yes,
            (Known::No, false) | (Known::Yes, true) => Known::No,
        }
    }
}

fn is_pool(element: &Text, call: &AssumeCall<'_>) -> bool {
    call.pool.is_some_and(|pool| *element == Text::plain(pool).looking_like("*:*") || *element == Text::plain(pool))
}

fn any(each: impl Iterator<Item = Known>) -> Known {
    each.fold(Known::No, |so_far, one| match (so_far, one) {
        (Known::Yes, _) | (_, Known::Yes) => Known::Yes,
        (Known::Unknown, _) | (_, Known::Unknown) => Known::Unknown,
        (Known::No, Known::No) => Known::No,
    })
}

fn all(each: impl Iterator<Item = Known>) -> Known {
    each.fold(Known::Yes, |so_far, one| match (so_far, one) {
        (Known::No, _) | (_, Known::No) => Known::No,
        (Known::Unknown, _) | (_, Known::Unknown) => Known::Unknown,
        (Known::Yes, Known::Yes) => Known::Yes,
    })
}

fn brought(key: &str, call: &AssumeCall<'_>) -> Brought {
    let lower = key.to_lowercase();
    let place = Place::of(call);
    for suffix in ["aud", "amr", "sub"] {
        match (is_key(key, suffix, place), suffix) {
            (Known::No, _) => {}
            (Known::Unknown, _) => return Brought::Unknown,
            (Known::Yes, "aud") => {
                return call.pool.map_or(Brought::Unknown, |pool| Brought::One(Text::plain(pool).looking_like("*:*")));
            }
            (Known::Yes, "amr") => return Brought::Several(amr(call)),
            (Known::Yes, _) => return Brought::One(Text::plain("${the user's identity id}").looking_like("*:*")),
        }
    }
    let tag_keys = lower == "aws:tagkeys" || lower.starts_with("aws:requesttag/");
    match lower.as_str() {
        "aws:sourceip" => Brought::Never,
        _ if tag_keys && !call.session_tags => Brought::Absent,
        "sts:externalid"
        | "aws:multifactorauthpresent"
        | "aws:multifactorauthage"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:principalarn"
        | "aws:principalorgid"
        | "aws:principalaccount"
        | "aws:sourceaccount"
        | "aws:sourcearn"
        | "aws:username" => Brought::Absent,
        _ if is_foreign(&lower) => Brought::Absent,
        _ => Brought::Unknown,
    }
}

/// Keys that tokens of other providers bring, when they go to STS directly, and slips such as `amazon.com` for `amazonaws.com`.
fn is_foreign(lower: &str) -> bool {
    let Some((provider, claim)) = lower.rsplit_once(':') else { return false };
    let has_host = provider.contains('.') && !provider.contains("${") && !provider.starts_with("aws:");
    (has_host && matches!(claim, "aud" | "amr" | "sub" | "oaud" | "app_id" | "user_id" | "id" | "azp" | "email"))
        || provider == "saml"
}

/// The values of `amr`: the kind of identity and, for users, how they signed in (A3).
fn amr(call: &AssumeCall<'_>) -> Vec<Text> {
    let provider = match call.caller {
        Caller::Guest => return vec![Text::plain("unauthenticated")],
        Caller::User(provider) => provider,
    };
    let mut values = vec![Text::plain("authenticated")];
    match provider {
        Some(key) if key.kind() == ProviderKind::UserPool => {
            let login = key.login_key();
            values.push(Text::plain(login).looking_like("cognito-idp.*"));
            let subject = format!("{login}:CognitoSignIn:${{the user's sub}}");
            values.push(Text::plain(&subject).looking_like("cognito-idp.*:CognitoSignIn:*"));
        }
        Some(key) => {
            let login = key.login_key();
            values.push(Text::plain(login).looking_like("*"));
            values.push(Text::plain(&format!("{login}${{more}}")));
        }
        // Every provider's name has a host in it.
        None => values.push(Text::plain("${the provider}").looking_like("*.*")),
    }
    values
}

/// Whether a condition key is Cognito's `aud`, `amr` or `sub`.
fn is_key(key: &str, suffix: &str, place: Place<'_>) -> Known {
    match key.rsplit_once(':') {
        Some((provider, name)) if name.eq_ignore_ascii_case(suffix) => match is_cognito(provider, place) {
            Known::No => is_cognito(&provider.to_lowercase(), place),
            known => known,
        },
        _ => Known::No,
    }
}

fn kind_of(key: &str) -> ObjectionKind {
    let lower = key.to_lowercase();
    if lower == "aws:sourceip" {
        ObjectionKind::SourceIp
    } else if lower.ends_with(":aud") {
        ObjectionKind::Audience
    } else if lower.ends_with(":amr") {
        ObjectionKind::Amr
    } else {
        ObjectionKind::Condition
    }
}

fn source_ip() -> String {
    "no condition on `aws:SourceIp` holds in the enhanced flow: it is Cognito that calls STS".to_owned()
}

fn absent(key: &str, wants: &str) -> String {
    let host = key.rsplit_once(':').map_or(key, |(host, _)| host);
    let hint = if host.contains("cognito-identity") {
        "; the name is `cognito-identity.amazonaws.com`".to_owned()
    } else {
        String::new()
    };
    format!("the policy wants {wants} for {}, which Cognito's call does not bring{hint}", text::quoted(key))
}

fn differs(key: &str, operator: &Operator, wants: &str, call: &AssumeCall<'_>) -> String {
    let not = if operator.is_negated() { "anything but " } else { "" };
    let is = match (kind_of(key), call.caller) {
        (ObjectionKind::Audience, _) => {
            let id = call.pool.map_or_else(String::new, |id| format!(", {}", text::quoted(id)));
            format!("the identity pool's id{id}")
        }
        (ObjectionKind::Amr, Caller::Guest) => "`unauthenticated`".to_owned(),
        (ObjectionKind::Amr, Caller::User(_)) => "`authenticated` and the provider".to_owned(),
        _ => "something else".to_owned(),
    };
    format!("the policy wants {not}{wants} for {}, and it is {is}", text::quoted(key))
}

fn quoted_list(values: &[String]) -> String {
    let distinct: BTreeSet<&str> = values.iter().map(String::as_str).take(4).collect();
    text::alternatives(distinct)
}

/// The texts of a scalar or a list; `None` where one is not a text.
pub(super) fn list(node: &Node) -> Option<Vec<String>> {
    let scalar = |node: &Node| match &node.value {
        Value::Text(text) | Value::Number(text) | Value::Unquoted(text) => Some(text.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Reference(reference) => Some(reference.text.clone()),
        _ => None,
    };
    match &node.value {
        Value::List(elements) => elements.iter().map(scalar).collect(),
        _ => scalar(node).map(|only| vec![only]),
    }
}

fn unknown(at: Position, message: &str) -> Objection {
    Objection { kind: ObjectionKind::Condition, message: message.to_owned(), at }
}
