//! Near misses: why a rule almost matched.

use serde::Serialize;

use crate::claims::{Claim, Claims};
use crate::matching::Check;
use crate::pool::{MappingRule, MatchType};
use crate::semantics::{ArrayClaims, LetterCase, Semantics};
use crate::text;

/// Why a rule almost matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum NearMiss {
    /// It would match if letter case did not count.
    LetterCase,
    /// The two look alike and differ in characters that cannot be seen or told apart; the code points of the first difference.
    InvisibleDifference {
        /// What the token has there, such as `U+200B`; empty: nothing.
        token: String,
        /// What the rule has there.
        rule: String,
    },
    /// They differ only in blanks at the ends.
    Blanks,
    /// The claim begins with the value: `StartsWith` would match.
    Prefix,
    /// The value stands somewhere in the claim: `Contains` would match.
    Substring,
    /// One is the plural of the other.
    SingularPlural,
    /// An element of the array is the value, but this operator does not look into arrays: `Contains` would match.
    Element,
    /// The value is part of an element of the array, and elements are compared whole.
    PartOfElement,
    /// The token has no such claim, but one of almost this name.
    ClaimName {
        /// The claim the token has.
        has: String,
    },
    /// The value has a wildcard, a pattern or a list in it, which AWS takes literally.
    LiteralPattern,
}

impl NearMiss {
    /// A sentence for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::LetterCase => "only letter case differs".to_owned(),
            Self::InvisibleDifference { token, rule } => {
                let name = |point: &str| if point.is_empty() { "nothing".to_owned() } else { point.to_owned() };
                format!("they look alike, but the token has {} where the rule has {}", name(token), name(rule))
            }
            Self::Blanks => "only blanks at the ends differ".to_owned(),
            Self::Prefix => "the claim begins with the value: `StartsWith` would match".to_owned(),
            Self::Substring => "the value stands inside the claim: `Contains` would match".to_owned(),
            Self::SingularPlural => "one is the plural of the other".to_owned(),
            Self::Element => "an element of the array is the value: `Contains` would match".to_owned(),
            Self::PartOfElement => "the value is part of an element of the array, which is not enough".to_owned(),
            Self::ClaimName { has } => format!("the token has a claim {}", text::quoted(has)),
            Self::LiteralPattern => "wildcards, patterns and lists are taken literally".to_owned(),
        }
    }
}

/// Looks for reasons why a rule that did not match almost did.
pub(super) fn near_misses(
    rule: &MappingRule,
    had: Option<&Claim<'_>>,
    claims: &Claims<'_>,
    semantics: &Semantics,
) -> Vec<NearMiss> {
    let mut found = Vec::new();
    let Some(claim) = had else {
        found.extend(similar_claim(&rule.claim, claims).map(|has| NearMiss::ClaimName { has }));
        return found;
    };
    let matches =
        |rule: &MappingRule, semantics: &Semantics| rule.check_claim(Some(claim), semantics) == Check::Matches;
    if rule.match_type == MatchType::NotEqual {
        return found;
    }
    if matches(rule, &semantics.with(LetterCase::Insensitive.into())) {
        found.push(NearMiss::LetterCase);
        return found;
    }
    let texts: Vec<&str> = match claim {
        Claim::Text(text) => vec![text.as_ref()],
        Claim::Array(elements) => elements.iter().filter_map(Claim::as_text).collect(),
        _ => Vec::new(),
    };
    let value = rule.value.as_str();
    if matches!(claim, Claim::Array(_))
        && rule.match_type != MatchType::Contains
        && semantics.array_claims() != ArrayClaims::PerElement
        && texts.contains(&value)
    {
        found.push(NearMiss::Element);
        return found;
    }
    for text in texts {
        let miss = if text.trim() == value.trim() {
            Some(NearMiss::Blanks)
        } else if skeleton(text) == skeleton(value) {
            Some(invisible(text, value))
        } else if is_plural(text, value) || is_plural(value, text) {
            Some(NearMiss::SingularPlural)
        } else if !value.is_empty() && text.contains(value) && matches!(claim, Claim::Array(_)) {
            Some(NearMiss::PartOfElement)
        } else if !value.is_empty() && text.starts_with(value) {
            Some(NearMiss::Prefix)
        } else if !value.is_empty() && text.contains(value) {
            Some(NearMiss::Substring)
        } else {
            None
        };
        if let Some(miss) = miss.filter(|miss| !found.contains(miss)) {
            found.push(miss);
        }
    }
    if found.is_empty() && (value.contains('*') || value.contains(',') || value.contains('|')) {
        found.push(NearMiss::LiteralPattern);
    }
    found
}

/// A claim that the token has under almost the name wanted: with or without `custom:`, in other case, or a slip away.
fn similar_claim(wanted: &str, claims: &Claims<'_>) -> Option<String> {
    let bare =
        |name: &str| name.strip_prefix("custom:").or(name.strip_prefix("cognito:")).unwrap_or(name).to_lowercase();
    let names = || claims.iter().map(|(name, _)| name);
    names()
        .find(|name| bare(name) == bare(wanted))
        .or_else(|| names().find(|name| is_plural(&bare(name), &bare(wanted)) || is_plural(&bare(wanted), &bare(name))))
        .or_else(|| text::nearest(wanted, names()))
        .map(str::to_owned)
}

fn is_plural(many: &str, one: &str) -> bool {
    !one.is_empty()
        && (many
            .strip_prefix(one)
            .is_some_and(|rest| rest.eq_ignore_ascii_case("s") || rest.eq_ignore_ascii_case("es")))
}

/// The text without what cannot be seen, look-alike letters folded: enough to notice that two texts look the same.
fn skeleton(text: &str) -> String {
    text.chars()
        .filter(|c| {
            text::visible(c.encode_utf8(&mut [0; 4])).chars().count() == 1 && !matches!(c, '\u{300}'..='\u{36f}')
        })
        .map(|c| match c {
            'а' | 'á' | 'à' | 'â' | 'ä' | 'å' | 'ã' => 'a',
            'е' | 'é' | 'è' | 'ê' | 'ë' => 'e',
            'о' | 'ό' | 'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ο' => 'o',
            'р' => 'p',
            'с' | 'ç' => 'c',
            'х' => 'x',
            'у' | 'ý' => 'y',
            'і' | 'í' | 'ì' | 'î' | 'ï' => 'i',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            '\u{a0}' => ' ',
            'А' => 'A',
            'В' => 'B',
            'Е' => 'E',
            'М' => 'M',
            'О' => 'O',
            'Т' => 'T',
            other => other,
        })
        .collect()
}

fn invisible(token: &str, rule: &str) -> NearMiss {
    let point = |c: Option<char>| c.map(|c| format!("U+{:04X}", u32::from(c))).unwrap_or_default();
    let (mut a, mut b) = (token.chars(), rule.chars());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return NearMiss::Blanks,
            (x, y) if x != y => return NearMiss::InvisibleDifference { token: point(x), rule: point(y) },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(rule: (&str, MatchType, &str), claims: &str) -> Vec<NearMiss> {
        let rule = MappingRule::new(rule.0, rule.1, rule.2, "r");
        let claims = Claims::from_json(claims).unwrap();
        near_misses(&rule, claims.get(&rule.claim), &claims, &Semantics::default())
    }

    #[test]
    fn each_kind_of_near_miss_is_named() {
        use MatchType::{Contains, Equals, StartsWith};
        assert_eq!(near(("d", Equals, "Admin"), r#"{"d":"admin"}"#), [NearMiss::LetterCase]);
        assert_eq!(near(("d", Equals, "admin"), r#"{"d":"admin "}"#), [NearMiss::Blanks]);
        assert_eq!(near(("d", Equals, "admin"), r#"{"d":"admins"}"#), [NearMiss::SingularPlural]);
        assert_eq!(near(("d", Contains, "admins"), r#"{"d":["x","admin"]}"#), [NearMiss::SingularPlural]);
        assert_eq!(near(("d", Equals, "eng"), r#"{"d":"eng-east"}"#), [NearMiss::Prefix]);
        assert_eq!(near(("d", StartsWith, "east"), r#"{"d":"eng-east"}"#), [NearMiss::Substring]);
        assert_eq!(near(("d", Equals, "eng"), r#"{"d":["eng"]}"#), [NearMiss::Element]);
        assert_eq!(
            near(("dept", Equals, "eng"), r#"{"custom:dept":"eng"}"#),
            [NearMiss::ClaimName { has: "custom:dept".into() }]
        );
        assert_eq!(
            near(("custom:dept", Equals, "eng"), r#"{"Dept":"eng"}"#),
            [NearMiss::ClaimName { has: "Dept".into() }]
        );
        assert_eq!(
            near(("cognito:group", Equals, "e"), r#"{"cognito:groups":["e"]}"#),
            [NearMiss::ClaimName { has: "cognito:groups".into() }]
        );
        assert_eq!(near(("d", Equals, "a*"), r#"{"d":"abc"}"#), [NearMiss::LiteralPattern]);
        assert_eq!(
            near(("d", Equals, "admin"), "{\"d\":\"\u{430}dmin\"}"),
            [NearMiss::InvisibleDifference { token: "U+0430".into(), rule: "U+0061".into() }]
        );
        assert_eq!(
            near(("d", Equals, "admin"), "{\"d\":\"ad\u{200b}min\"}"),
            [NearMiss::InvisibleDifference { token: "U+200B".into(), rule: "U+006D".into() }]
        );
        assert_eq!(near(("d", Equals, "admin"), r#"{"d":"cook"}"#), []);
    }
}
