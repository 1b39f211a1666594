//! Whether a role's trust policy lets Cognito assume the role (section 8: A1 to A6).
//!
//! In the enhanced flow Cognito calls `sts:AssumeRoleWithWebIdentity`, and `sts:TagSession` when principal tags are mapped. Policies may
//! hold references that only the deployment knows; where one of those decides, the answer says so.

mod condition;
mod decided;
mod pattern;

use std::collections::BTreeSet;

use crate::pool::PrincipalTagMap;
use crate::provider::ProviderKey;
use crate::read::{Configuration, Definition, Node, Position, Value};
use crate::{regions, text};
pub use decided::TrustPolicies;
use pattern::{Known, Text};

/// The call that Cognito makes for one role.
#[derive(Debug, Clone, Copy)]
pub struct AssumeCall<'a> {
    /// The identity pool's id, or a reference to it. `None`: it is not known.
    pub pool: Option<&'a str>,
    /// References that are known to be something else than the identity pool's id, such as `${Users}`.
    pub not_the_pool: &'a BTreeSet<String>,
    /// The role's ARN, or a reference to it. `None`: it is not known.
    pub role: Option<&'a str>,
    /// Who signed in.
    pub caller: Caller<'a>,
    /// Whether principal tags go along (P10).
    pub session_tags: bool,
}

/// Who gets the role.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Nobody in particular.
    Guest,
    /// A user, with the provider if it is known.
    User(Option<&'a ProviderKey>),
}

/// What STS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The role can be assumed.
    Allowed,
    /// It cannot; what stands in the way in the statement that comes closest. Never empty.
    Refused(Vec<Objection>),
    /// It depends on something that nobody knows yet.
    Unknown(Objection),
}

impl Verdict {
    /// What stands in the way, or what it depends on. Where the statement is for somebody else altogether, its action and conditions say
    /// nothing.
    #[must_use]
    pub fn objections(&self) -> Vec<&Objection> {
        let all = match self {
            Self::Allowed => &[],
            Self::Refused(objections) => objections.as_slice(),
            Self::Unknown(objection) => std::slice::from_ref(objection),
        };
        let principal = all.iter().any(|objection| objection.kind == ObjectionKind::Principal);
        all.iter().filter(|objection| !principal || objection.kind == ObjectionKind::Principal).collect()
    }
}

/// Something in a trust policy that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What it is about.
    pub kind: ObjectionKind,
    /// A sentence.
    pub message: String,
    /// Where it stands.
    pub at: Position,
}

/// What an objection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectionKind {
    /// Who may assume the role (A1).
    Principal,
    /// `sts:AssumeRoleWithWebIdentity` (A2).
    Action,
    /// `sts:TagSession` (P10).
    TagSession,
    /// `cognito-identity.amazonaws.com:aud` (A3).
    Audience,
    /// `cognito-identity.amazonaws.com:amr` (A3).
    Amr,
    /// `aws:SourceIp` (A5).
    SourceIp,
    /// Another condition.
    Condition,
    /// A statement that denies.
    Denied,
    /// There is no statement to look at.
    Unreadable,
}

/// What becomes of one part of a statement.
pub(crate) enum Outcome {
    Yes,
    No(Objection),
    Unknown(Objection),
}

const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";
const TAG_SESSION: &str = "sts:TagSession";

/// Asks a trust policy whether Cognito may assume the role.
///
/// ```
/// use std::collections::BTreeSet;
/// use whichrole::{read, trust};
///
/// let policy = read::policy(r#"{"Statement": [{"Effect": "Allow",
///     "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRole",
///     "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1a2b"}}}]}"#)?;
/// let call = trust::AssumeCall {
///     pool: Some("us-east-1:1a2b"), not_the_pool: &BTreeSet::new(), role: None,
///     caller: trust::Caller::User(None), session_tags: false,
/// };
/// let trust::Verdict::Refused(objections) = trust::assume(&policy, &call) else { panic!() };
/// assert_eq!(objections[0].kind, trust::ObjectionKind::Action);
/// # Ok::<(), read::ReadError>(())
/// ```
#[must_use]
pub fn assume(policy: &Node, call: &AssumeCall<'_>) -> Verdict {
    let assumed = for_action(policy, ASSUME, call);
    if !call.session_tags || matches!(assumed, Verdict::Refused(_)) {
        return assumed;
    }
    match (assumed, for_action(policy, TAG_SESSION, call)) {
        // What is open about the one does not help where the other is refused.
        (Verdict::Allowed, tagged) | (_, tagged @ Verdict::Refused(_)) => tagged,
        (assumed, _) => assumed,
    }
}

/// Whether logins of a principal-tag map get tags.
pub(crate) fn is_active(map: &PrincipalTagMap) -> bool {
    map.use_defaults || !map.tags.is_empty()
}

/// References and ids that are something else than the id of this pool.
pub(crate) fn not_the_pool(configuration: &Configuration, definition: &Definition) -> BTreeSet<String> {
    let mut others = configuration.surroundings.not_identity_pools();
    let pools = configuration.definitions.iter().filter(|other| other.name != definition.name);
    others.extend(pools.filter_map(|other| other.pool.id.clone()));
    if let Some(id) = &definition.pool.id {
        others.remove(id);
    }
    others
}

/// What a statement leaves open that it should test: it lets Cognito assume the role, but for any pool, or for guests as well as users.
#[must_use]
pub fn untested(policy: &Node) -> Vec<Objection> {
    let mut found = Vec::new();
    for statement in statements(policy).unwrap_or_default() {
        let admits = effect(statement) != Effect::Deny
            && names_cognito(statement)
            && !matches!(action(statement, ASSUME), Outcome::No(_));
        if !admits {
            continue;
        }
        let at = statement.at;
        match statement.get("Condition") {
            None => found.push(Objection {
                kind: ObjectionKind::Condition,
                message: "the statement for Cognito has no condition; IAM refuses to save it".to_owned(),
                at,
            }),
            Some(block) if block.is_map() => {
                // In YAML a map begins at its first entry, which is another line.
                let named = statement.entries().iter().find(|entry| entry.name == "Condition");
                let at = named.map_or(block.at, |entry| entry.at);
                let keys = [(ObjectionKind::Audience, "aud"), (ObjectionKind::Amr, "amr")];
                for (kind, key) in keys {
                    let is_known = block.entries().iter().all(|operator| operator.value.is_map());
                    if is_known && !condition::mentions(block, key) && !condition::mentions(block, "sub") {
                        let message = match key {
                            "aud" => {
                                "the role does not test `cognito-identity.amazonaws.com:aud`: \
                                      every identity pool, also of other accounts, may assume it"
                            }
                            _ => {
                                "the role does not test `cognito-identity.amazonaws.com:amr`: guests may assume it like users"
                            }
                        };
                        found.push(Objection { kind, message: message.to_owned(), at });
                    }
                }
            }
            Some(_) => {}
        }
    }
    found
}

/// What each action wants of one statement, and of all of them.
fn for_action(policy: &Node, wanted: &str, call: &AssumeCall<'_>) -> Verdict {
    let Some(statements) = statements(policy) else {
        return Verdict::Unknown(Objection {
            kind: ObjectionKind::Unreadable,
            message: "the trust policy is not known here".to_owned(),
            at: policy.at,
        });
    };
    let mut closest: Option<Vec<Objection>> = None;
    let mut unknown: Option<Objection> = None;
    let mut open_denial: Option<Objection> = None;
    let mut allowed = false;
    for statement in statements {
        let outcomes = statement_outcomes(statement, wanted, call);
        let mut refused = Vec::new();
        let mut open = None;
        for outcome in outcomes {
            match outcome {
                Outcome::Yes => {}
                Outcome::No(objection) => refused.push(objection),
                Outcome::Unknown(objection) => open = open.or(Some(objection)),
            }
        }
        let effect = effect(statement);
        if effect == Effect::Unclear && refused.is_empty() {
            unknown = unknown.or_else(|| Some(unclear_effect(statement)));
        }
        if effect == Effect::Unclear && (refused.is_empty() || !has_open_effect(statement)) {
            // It may deny; and with a word that is none, there is no such policy.
            open_denial = open_denial.or_else(|| Some(unclear_effect(statement)));
        }
        if effect == Effect::Deny {
            match (refused.is_empty(), open) {
                (true, None) => {
                    return Verdict::Refused(vec![Objection {
                        kind: ObjectionKind::Denied,
                        message: format!("a statement denies {}", text::quoted(wanted)),
                        at: statement.at,
                    }]);
                }
                (true, Some(open)) => open_denial = open_denial.or(Some(open)),
                (false, _) => {}
            }
            continue;
        }
        match (refused.is_empty(), open) {
            (true, _) if effect == Effect::Unclear => {}
            (true, None) => allowed = true,
            (true, Some(open)) => unknown = unknown.or(Some(open)),
            (false, _) => {
                if closest.as_ref().is_none_or(|known| distance(&refused) < distance(known)) {
                    closest = Some(refused);
                }
            }
        }
    }
    // An open statement that denies matters where another one may allow; one that allows matters where no other does.
    match (allowed, open_denial, unknown) {
        (true, None, _) => Verdict::Allowed,
        (true, Some(open), _) | (false, _, Some(open)) => Verdict::Unknown(open),
        (false, _, None) => Verdict::Refused(closest.unwrap_or_else(|| {
            vec![Objection {
                kind: ObjectionKind::Unreadable,
                message: "no statement allows anything".to_owned(),
                at: policy.at,
            }]
        })),
    }
}

/// The statement that names Cognito and the right action comes closest.
fn distance(refused: &[Objection]) -> (usize, usize) {
    let weight = |objection: &Objection| match objection.kind {
        ObjectionKind::Principal => 4,
        ObjectionKind::Action => 2,
        _ => 1,
    };
    (refused.iter().map(weight).sum(), refused.len())
}

fn statement_outcomes(statement: &Node, wanted: &str, call: &AssumeCall<'_>) -> Vec<Outcome> {
    let mut outcomes = vec![principal(statement, Place::of(call)), action(statement, wanted)];
    if let Some(block) = statement.get("Condition") {
        outcomes.extend(condition::outcomes(block, call));
    }
    outcomes
}

/// The statements of a policy: a list or a single one. `None` where they are not known.
fn statements(policy: &Node) -> Option<Vec<&Node>> {
    let list = policy.get("Statement")?;
    match &list.value {
        Value::List(elements) => elements.iter().all(Node::is_map).then(|| elements.iter().collect()),
        Value::Map(_) => Some(vec![list]),
        _ => None,
    }
}

/// What a statement does when all of it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
    /// It says neither, or a reference says it. IAM tells large letters from small ones, and refuses other words.
    Unclear,
}

fn effect(statement: &Node) -> Effect {
    match statement.get("Effect").and_then(Node::as_text) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => Effect::Unclear,
    }
}

/// Whether only the deployment knows the effect.
fn has_open_effect(statement: &Node) -> bool {
    statement.get("Effect").is_some_and(|effect| matches!(effect.value, Value::Reference(_)))
}

fn unclear_effect(statement: &Node) -> Objection {
    let message = match statement.get("Effect") {
        None => "the statement has no `Effect`; IAM refuses to save it",
        Some(_) if has_open_effect(statement) => "nobody knows yet whether the statement allows or denies",
        Some(_) => "the `Effect` of the statement is neither `Allow` nor `Deny`; IAM refuses to save it",
    };
    Objection { kind: ObjectionKind::Unreadable, message: message.to_owned(), at: statement.at }
}

/// Where Cognito calls STS, as far as the pool's id and the role's ARN tell.
#[derive(Debug, Clone, Copy, Default)]
struct Place<'a> {
    /// Such as `aws-cn`.
    partition: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(call: &AssumeCall<'a>) -> Self {
        let is_region = |region: &&str| region.split('-').count() >= 3 && regions::is_written_as_one(region);
        let region = call.pool.and_then(|id| id.split_once(':')).map(|(region, _)| region).filter(is_region);
        let of_region = region.and_then(regions::partition);
        let of_role = call.role.and_then(|arn| arn.strip_prefix("arn:")).and_then(|rest| rest.split_once(':'));
        let of_role = of_role.map(|(partition, _)| partition).filter(|name| regions::is_partition(name));
        Self { partition: of_region.or(of_role), region }
    }
}

/// The names of Cognito as a principal and before condition keys (A1), which differ between the partitions of AWS.
fn is_cognito(name: &str, place: Place<'_>) -> Known {
    let name = name.replace("${AWS::URLSuffix}", "amazonaws.com");
    let name = name.replace("${data.aws_partition.current.dns_suffix}", "amazonaws.com");
    let in_china = name.strip_prefix("cognito-identity.").and_then(|rest| rest.strip_suffix(".amazonaws.com.cn"));
    let is_region = |region: &str| !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let (partition, region) = match (name.as_str(), in_china) {
        ("cognito-identity.amazonaws.com", _) => ("aws", None),
        ("cognito-identity-us-gov.amazonaws.com", _) => ("aws-us-gov", Some("us-gov-west-1")),
        ("cognito-identity.us-gov-east-1.amazonaws.com", _) => ("aws-us-gov", Some("us-gov-east-1")),
        (_, Some(region)) if is_region(region) => ("aws-cn", Some(region)),
        _ => return Known::No,
    };
    match (place.partition, place.region, region) {
        // Whether other partitions know the usual name as well is not written down.
        (Some(known), ..) if known != partition && partition == "aws" => Known::Unknown,
        (Some(known), ..) if known != partition => Known::No,
        (Some(_), Some(known), Some(region)) if known != region => Known::No,
        _ => Known::Yes,
    }
}

/// Whether the statement is about Cognito and not about everybody.
fn names_cognito(statement: &Node) -> bool {
    let federated = statement.get("Principal").and_then(|principal| principal.get("Federated"));
    federated
        .and_then(condition::list)
        .is_some_and(|names| names.iter().any(|name| is_cognito(name, Place::default()) == Known::Yes))
}

fn principal(statement: &Node, place: Place<'_>) -> Outcome {
    let is_negated = statement.get("Principal").is_none();
    let Some(principal) = statement.get("Principal").or_else(|| statement.get("NotPrincipal")) else {
        return Outcome::No(Objection {
            kind: ObjectionKind::Principal,
            message: "the statement names no principal; it must be `\"Federated\": \"cognito-identity.amazonaws.com\"`"
                .to_owned(),
            at: statement.at,
        });
    };
    let named = includes_cognito(principal, place);
    let no = |message: String| Outcome::No(Objection { kind: ObjectionKind::Principal, message, at: principal.at });
    match (named, is_negated) {
        (Known::Unknown, _) => Outcome::Unknown(Objection {
            kind: ObjectionKind::Principal,
            message: "nobody knows yet whether the principal is Cognito".to_owned(),
            at: principal.at,
        }),
        (Known::Yes, false) | (Known::No, true) => Outcome::Yes,
        (Known::Yes, true) => no("`NotPrincipal` leaves Cognito out".to_owned()),
        (Known::No, false) => no(format!(
            "the role trusts {}, not `\"Federated\": \"cognito-identity.amazonaws.com\"`",
            described(principal)
        )),
    }
}

fn includes_cognito(principal: &Node, place: Place<'_>) -> Known {
    match &principal.value {
        Value::Text(text) if text == "*" => Known::Yes,
        Value::Map(entries) => {
            let mut result = Known::No;
            for entry in entries {
                let Some(names) = condition::list(&entry.value) else { return Known::Unknown };
                for name in names {
                    let known = match entry.name.as_str() {
                        // IAM takes it for the same as `"*"`: everybody.
                        "AWS" if name == "*" => Known::Yes,
                        // What a wildcard means here is not written down.
                        "Federated" if name == "*" => Known::Unknown,
                        "Federated" if is_cognito(&name, place) != Known::No => is_cognito(&name, place),
                        "Federated" if name.contains("${") => {
                            // A reference to another provider is not Cognito.
                            let other =
                                ["oidc", "saml", "openid"].iter().any(|word| name.to_lowercase().contains(word));
                            if other { Known::No } else { Known::Unknown }
                        }
                        _ => Known::No,
                    };
                    match known {
                        Known::Yes => return Known::Yes,
                        Known::Unknown => result = Known::Unknown,
                        Known::No => {}
                    }
                }
            }
            result
        }
        Value::Text(_) => Known::No,
        _ => Known::Unknown,
    }
}

/// `"Service": "ec2.amazonaws.com"`, for a message.
fn described(principal: &Node) -> String {
    let shown = match &principal.value {
        Value::Map(entries) => entries.first().map(|entry| {
            let first = condition::list(&entry.value).and_then(|names| names.into_iter().next()).unwrap_or_default();
            format!("\"{}\": \"{first}\"", entry.name)
        }),
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    };
    shown.map_or_else(|| "nobody".to_owned(), |shown| text::quoted(&shown))
}

fn action(statement: &Node, wanted: &str) -> Outcome {
    let kind = if wanted == TAG_SESSION { ObjectionKind::TagSession } else { ObjectionKind::Action };
    let is_negated = statement.get("Action").is_none();
    let Some(actions) = statement.get("Action").or_else(|| statement.get("NotAction")) else {
        let message = "the statement names no action".to_owned();
        return Outcome::No(Objection { kind, message, at: statement.at });
    };
    let unknown = || {
        let message = format!("nobody knows yet whether the actions include {}", text::quoted(wanted));
        Outcome::Unknown(Objection { kind, message, at: actions.at })
    };
    let Some(written) = condition::list(actions) else { return unknown() };
    let target = Text::plain(&wanted.to_lowercase());
    let mut named = Known::No;
    for pattern in &written {
        match Text::pattern(&pattern.to_lowercase()).matches(&target) {
            Known::Yes => {
                named = Known::Yes;
                break;
            }
            Known::Unknown => named = Known::Unknown,
            Known::No => {}
        }
    }
    match (named, is_negated) {
        (Known::Unknown, _) => unknown(),
        (Known::Yes, false) | (Known::No, true) => Outcome::Yes,
        (Known::Yes, true) => {
            let message = format!("`NotAction` leaves out {}", text::quoted(wanted));
            Outcome::No(Objection { kind, message, at: actions.at })
        }
        (Known::No, false) => {
            let is_classic = wanted == ASSUME && written.iter().any(|word| word.eq_ignore_ascii_case("sts:AssumeRole"));
            let message = if is_classic {
                format!("the statement allows `sts:AssumeRole`; what Cognito calls is `{ASSUME}`")
            } else {
                format!("the statement does not allow `{wanted}`")
            };
            Outcome::No(Objection { kind, message, at: actions.at })
        }
    }
}

#[cfg(test)]
mod tests;
