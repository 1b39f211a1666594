//! Which principal tags a login gets (section 6: P1 to P9).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::claims::{Claim, Value};
use crate::decision::{RejectedTag, TagFault};
use crate::groups::PREFERRED_ROLE;
use crate::login::Login;
use crate::pool::PrincipalTagMap;
use crate::provider::ProviderKind;
use crate::semantics::{
    DefaultsWithTags, Question, Questions, Semantics, TagInvalidValue, TagMissingClaim, TagNonStringClaim,
};
use crate::unicode::is_tag_character;

/// The claim that names the subject of a SAML assertion.
pub(crate) const SAML_NAME_IDENTIFIER: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";

/// The claims that the default tags look at (P2).
pub(crate) const CLAIMS_READ: &[&str] = &["sub", "aud", "user_id", SAML_NAME_IDENTIFIER];

/// The most code points a session tag's value may have (P4).
const LONGEST_VALUE: usize = 256;

pub(crate) type Tags<'a> = BTreeMap<&'a str, Cow<'a, str>>;

/// The tags of a login, or the one that failed.
pub(crate) type TagsOrFault<'a> = Result<Tags<'a>, RejectedTag<'a>>;

/// The same with the open questions on the way.
pub(crate) type MadeTags<'a> = (TagsOrFault<'a>, Questions);

/// Makes the tags of one login, and says which open questions that touched. Keys go in code-point order; the first failure ends it
/// (P4b).
pub(crate) fn tags<'a>(map: &'a PrincipalTagMap, login: &'a Login<'a>, semantics: &Semantics) -> MadeTags<'a> {
    if !map.use_defaults {
        // They stand in order already, and there can be many.
        return made(
            map.tags.iter().map(|(key, claim)| (key.as_str(), claim.as_str())),
            login,
            semantics,
            Questions::NONE,
        );
    }
    let (sources, touched) = sources(map, login, semantics);
    made(sources.into_iter(), login, semantics, touched)
}

fn made<'a>(
    sources: impl Iterator<Item = (&'a str, &'a str)>,
    login: &'a Login<'a>,
    semantics: &Semantics,
    mut touched: Questions,
) -> MadeTags<'a> {
    let mut tags = Tags::new();
    for (key, claim) in sources {
        if claim == PREFERRED_ROLE
            && let Some(open) = login.open_preferred_role
        {
            touched.insert(open.question);
        }
        match value_of(login.value(claim, semantics), semantics, &mut touched) {
            Ok(Some(value)) => {
                tags.insert(key, value);
            }
            Ok(None) => {}
            Err(fault) => return (Err(RejectedTag { key, claim, fault }), touched),
        }
    }
    (Ok(tags), touched)
}

/// Tag key to claim name, under the choice for maps that have both defaults and tags of their own (P1 to P3).
pub(crate) fn sources<'a>(
    map: &'a PrincipalTagMap,
    login: &Login<'_>,
    semantics: &Semantics,
) -> (BTreeMap<&'a str, &'a str>, Questions) {
    let custom =
        || -> Vec<(&'a str, &'a str)> { map.tags.iter().map(|(key, claim)| (key.as_str(), claim.as_str())).collect() };
    let defaults = || defaults(login, semantics);
    match (map.use_defaults, map.tags.is_empty()) {
        (false, _) => (custom().into_iter().collect(), Questions::NONE),
        (true, true) => (defaults().into_iter().collect(), Questions::NONE),
        (true, false) => {
            let sources = match semantics.defaults_with_tags() {
                DefaultsWithTags::DefaultsOnly => defaults().into_iter().collect(),
                DefaultsWithTags::Merge => defaults().into_iter().chain(custom()).collect(),
                DefaultsWithTags::CustomOnly => custom().into_iter().collect(),
            };
            (sources, Question::DefaultsWithTags.into())
        }
    }
}

/// The default tags (P2).
fn defaults(login: &Login<'_>, semantics: &Semantics) -> Vec<(&'static str, &'static str)> {
    let kind = login.provider().map(crate::ProviderKey::kind);
    let username = match kind {
        Some(ProviderKind::Saml) => SAML_NAME_IDENTIFIER,
        // Its access token names the user `user_id`; its ID token, as everybody's, `sub`.
        Some(ProviderKind::Amazon) if login.value("user_id", semantics).is_some() => "user_id",
        _ => "sub",
    };
    let client = (kind != Some(ProviderKind::Saml)).then_some(("client", "aud"));
    client.into_iter().chain([("username", username)]).collect()
}

/// The value of one tag: `None` where it is left out.
pub(crate) fn value<'a>(
    claim: Option<&'a Claim<'a>>,
    semantics: &Semantics,
    touched: &mut Questions,
) -> Result<Option<Cow<'a, str>>, TagFault> {
    value_of(claim.map(Value::of), semantics, touched)
}

fn value_of<'a>(
    claim: Option<Value<'a>>,
    semantics: &Semantics,
    touched: &mut Questions,
) -> Result<Option<Cow<'a, str>>, TagFault> {
    let text = match claim {
        None | Some(Value::Other(Claim::Null)) => {
            touched.insert(Question::TagMissingClaim);
            return match semantics.tag_missing_claim() {
                TagMissingClaim::Omit => Ok(None),
                TagMissingClaim::Fail => Err(TagFault::Missing),
            };
        }
        Some(Value::Text(text)) => text,
        Some(Value::Other(other)) => {
            touched.insert(Question::TagNonStringClaim);
            match (semantics.tag_non_string_claim(), other) {
                (TagNonStringClaim::Omit, _) => return Ok(None),
                (TagNonStringClaim::FirstElement, Claim::Array(elements)) => match elements.first() {
                    None => return Ok(None),
                    Some(first) => scalar(first).ok_or(TagFault::NotAString)?,
                },
                (_, other) => scalar(other).ok_or(TagFault::NotAString)?,
            }
        }
    };
    match fault(text) {
        None => Ok(Some(Cow::Borrowed(text))),
        Some(fault) => {
            touched.insert(Question::TagInvalidValue);
            match semantics.tag_invalid_value() {
                TagInvalidValue::Fail => Err(fault),
                TagInvalidValue::Omit => Ok(None),
            }
        }
    }
}

/// The text of a string, boolean or number.
fn scalar<'a>(claim: &'a Claim<'a>) -> Option<&'a str> {
    match claim {
        Claim::Text(text) | Claim::Number(text) => Some(text),
        Claim::Bool(value) => Some(if *value { "true" } else { "false" }),
        Claim::Null | Claim::Array(_) | Claim::Object(_) => None,
    }
}

/// What STS would object to in a tag's value (P4).
pub(crate) fn fault(value: &str) -> Option<TagFault> {
    // A text of few bytes has few characters, too.
    let is_long = value.as_bytes().get(LONGEST_VALUE).is_some() && value.chars().nth(LONGEST_VALUE).is_some();
    if is_long {
        Some(TagFault::TooLong)
    } else if value.starts_with("aws:") || !value.chars().all(is_tag_character) {
        Some(TagFault::Illegal)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_at_most_256_code_points_that_sts_allows() {
        for (value, expected) in [
            ("x".repeat(256), None),
            ("x".repeat(257), Some(TagFault::TooLong)),
            ("漢".repeat(256), None),
            ("漢".repeat(257), Some(TagFault::TooLong)),
            ("|".repeat(257), Some(TagFault::TooLong)),
            ("a|b".to_owned(), Some(TagFault::Illegal)),
            ("aws:x".to_owned(), Some(TagFault::Illegal)),
            ("xaws:".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(fault(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_value_is_a_text_or_what_the_choices_make_of_the_claim() {
        let mut touched = Questions::NONE;
        let mut made = |json: Option<&str>| {
            let claim = json.map(|json| Claim::from_json(json).unwrap());
            value(claim.as_ref(), &Semantics::default(), &mut touched).map(|made| made.map(Cow::into_owned))
        };
        assert_eq!(made(Some("\"blue\"")), Ok(Some("blue".to_owned())));
        assert_eq!(made(Some("1.0")), Ok(Some("1.0".to_owned())));
        assert_eq!(made(Some("[\"blue\"]")), Err(TagFault::NotAString));
        assert_eq!((made(Some("null")), made(None)), (Ok(None), Ok(None)));
        let questions = [Question::TagNonStringClaim, Question::TagMissingClaim];
        assert_eq!(touched, questions.into_iter().collect());
    }
}
