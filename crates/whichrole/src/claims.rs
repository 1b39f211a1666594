//! The claims of a token, as the token wrote them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use crate::json::{self, Json, JsonLimits, JsonValue};
use crate::names::Mark;
use crate::token::TokenError;

/// The claims of one token or assertion: names and values, in the order written.
///
/// No name occurs twice, and numbers keep the text they were written with (R9). `Debug` shows names only, and there is no
/// `Display`: claims are about people.
///
/// ```
/// use whichrole::{Claim, Claims};
///
/// let claims = Claims::from_json(r#"{"sub":"1111","cognito:groups":["admins"]}"#)?;
/// assert_eq!(claims.get("sub"), Some(&Claim::from("1111")));
/// # Ok::<(), whichrole::TokenError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Claims<'a> {
    /// Invariant: no two names are equal.
    members: Vec<Member<'a>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Member<'a> {
    name: Cow<'a, str>,
    value: Claim<'a>,
    /// That of the name, by which most questions for it are answered.
    mark: Mark,
}

/// The value of a claim.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written: `1.0` is not `1` (R9).
    Number(Cow<'a, str>),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Claim<'a>>),
    /// An object, its members in the order written.
    Object(Vec<(Cow<'a, str>, Claim<'a>)>),
}

/// The value of a claim as deciding looks at it: nearly always text, wherever that stands.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Other(&'a Claim<'a>),
}

impl<'a> Value<'a> {
    #[inline]
    pub(crate) fn of(claim: &'a Claim<'a>) -> Self {
        match claim {
            Claim::Text(text) => Self::Text(text),
            other => Self::Other(other),
        }
    }

    /// The text of a string.
    #[inline]
    pub(crate) fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

impl<'a> Claims<'a> {
    /// No claims at all.
    pub(crate) const NONE: &'static Claims<'static> = &Claims { members: Vec::new() };

    /// Reads a claims object from JSON text. Strings without escapes are borrowed from it.
    ///
    /// # Errors
    /// Anything but one JSON object: `[]`, `{"a":1}x`, a lone surrogate, a name given twice (`{"a":1,"\u0061":2}`), or an object
    /// over the limits of [`JsonLimits::CLAIMS`].
    pub fn from_json(text: &'a str) -> Result<Self, TokenError> {
        Self::from_json_within(text, &JsonLimits::CLAIMS)
    }

    /// Reads a claims object within the caller's limits.
    ///
    /// # Errors
    /// As [`Claims::from_json`].
    pub fn from_json_within(text: &'a str, limits: &JsonLimits) -> Result<Self, TokenError> {
        if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return Err(TokenError::no_token());
        }
        if text.len() > limits.bytes {
            return Err(TokenError::claims_too_large(limits.bytes));
        }
        let json = json::parse(text, limits).map_err(|errors| TokenError::claims_json(text, &errors))?;
        Self::of_object(json).ok_or_else(TokenError::claims_not_an_object)
    }

    /// The claims of a JSON object; `None` for any other value.
    pub(crate) fn of_object(json: Json<'a>) -> Option<Self> {
        let JsonValue::Object(members) = json.value else { return None };
        Some(Self::of_members(members.into_iter().map(|member| (member.name, member.value.into()))))
    }

    /// Claims whose names are known to differ.
    pub(crate) fn of_members(members: impl IntoIterator<Item = (Cow<'a, str>, Claim<'a>)>) -> Self {
        Self { members: members.into_iter().map(|(name, value)| Member::new(name, value)).collect() }
    }

    /// All claims in the order written.
    pub(crate) fn into_members(self) -> impl Iterator<Item = (Cow<'a, str>, Claim<'a>)> {
        self.members.into_iter().map(|member| (member.name, member.value))
    }

    /// The value of a claim. Names are literal and case-sensitive (Q7).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Claim<'a>> {
        self.members.iter().find(|member| member.name == name).map(|member| &member.value)
    }

    /// Sets a claim, replacing the value it had.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Claim<'a>>) {
        let (name, value) = (name.into(), value.into());
        match self.members.iter_mut().find(|member| member.name == name) {
            Some(member) => member.value = value,
            None => self.members.push(Member::new(name, value)),
        }
    }

    /// Takes a claim out.
    pub fn remove(&mut self, name: &str) -> Option<Claim<'a>> {
        let at = self.members.iter().position(|member| member.name == name)?;
        Some(self.members.remove(at).value)
    }

    /// All claims in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Claim<'a>)> {
        self.members.iter().map(|member| (member.name.as_ref(), &member.value))
    }

    /// All claims with the marks of their names.
    #[inline]
    pub(crate) fn marked(&self) -> impl Iterator<Item = (Mark, &str, &Claim<'a>)> {
        self.members.iter().map(|member| (member.mark, member.name.as_ref(), &member.value))
    }

    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The value of the claim that stands at a place, counted from 0.
    #[inline]
    pub(crate) fn at(&self, place: usize) -> Option<&Claim<'a>> {
        self.members.get(place).map(|member| &member.value)
    }

    /// Whether there are no claims at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The claims as compact JSON, numbers as written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_object(self.iter(), &mut out);
        out
    }

    /// Claims that borrow nothing.
    #[must_use]
    pub fn into_owned(self) -> Claims<'static> {
        Claims::of_members(owned_members(self.into_members()))
    }

    /// The same claims, borrowed: cheap to change without a copy of every text.
    pub(crate) fn borrowed(&self) -> Claims<'_> {
        Claims::of_members(self.iter().map(|(name, value)| (Cow::Borrowed(name), value.borrowed())))
    }

    /// The text of a claim that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Claim::as_text)
    }
}

impl<'a> Member<'a> {
    fn new(name: Cow<'a, str>, value: Claim<'a>) -> Self {
        let mark = Mark::of(&name);
        Self { name, value, mark }
    }
}

/// Bytes that the text of most arrays has room in.
const TEXT: usize = 128;

impl<'a> Claim<'a> {
    /// The text of a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The claims that an object is; `None` for any other value, or where a name occurs twice.
    #[must_use]
    pub fn into_claims(self) -> Option<Claims<'a>> {
        match self {
            Self::Object(members) if has_distinct_names(&members) => Some(Claims::of_members(members)),
            _ => None,
        }
    }

    /// An array of strings.
    pub fn texts<I: IntoIterator<Item = T>, T: Into<Cow<'a, str>>>(items: I) -> Self {
        Self::Array(items.into_iter().map(|item| Self::Text(item.into())).collect())
    }

    /// Reads any JSON value.
    ///
    /// # Errors
    /// Text that is not one JSON value within [`JsonLimits::CLAIMS`].
    pub fn from_json(text: &'a str) -> Result<Self, TokenError> {
        Self::from_json_within(text, &JsonLimits::CLAIMS)
    }

    /// Reads any JSON value within the caller's limits.
    pub(crate) fn from_json_within(text: &'a str, limits: &JsonLimits) -> Result<Self, TokenError> {
        json::parse(text, limits).map(Self::from).map_err(|errors| TokenError::claims_json(text, &errors))
    }

    /// The value as compact JSON: no blanks, members as written, numbers as written, strings escaped only where JSON demands.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(TEXT);
        self.write_json(&mut out);
        out
    }

    /// The value as `[a, b]` for arrays: strings bare, all else as compact JSON. This is how an attribute with several values
    /// arrives flattened (G8).
    pub(crate) fn to_list_text(&self) -> String {
        let Self::Array(elements) = self else { return self.to_json() };
        let mut out = String::with_capacity(TEXT);
        out.push('[');
        for (n, element) in elements.iter().enumerate() {
            if n > 0 {
                out.push_str(", ");
            }
            match element {
                Self::Text(text) => out.push_str(text),
                other => other.write_json(&mut out),
            }
        }
        out.push(']');
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(number),
            Self::Text(text) => json::write_string(text, out),
            Self::Array(elements) => {
                out.push('[');
                for (n, element) in elements.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    element.write_json(out);
                }
                out.push(']');
            }
            Self::Object(members) => write_object(members.iter().map(|(name, value)| (name.as_ref(), value)), out),
        }
    }

    /// A value that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Claim<'static> {
        match self {
            Self::Null => Claim::Null,
            Self::Bool(value) => Claim::Bool(value),
            Self::Number(number) => Claim::Number(Cow::Owned(number.into_owned())),
            Self::Text(text) => Claim::Text(Cow::Owned(text.into_owned())),
            Self::Array(elements) => Claim::Array(elements.into_iter().map(Claim::into_owned).collect()),
            Self::Object(members) => Claim::Object(owned_members(members).collect()),
        }
    }

    /// The same value, borrowed.
    pub(crate) fn borrowed(&self) -> Claim<'_> {
        match self {
            Self::Null => Claim::Null,
            Self::Bool(value) => Claim::Bool(*value),
            Self::Number(number) => Claim::Number(Cow::Borrowed(number)),
            Self::Text(text) => Claim::Text(Cow::Borrowed(text)),
            Self::Array(elements) => Claim::Array(elements.iter().map(Claim::borrowed).collect()),
            Self::Object(members) => Claim::Object(
                members.iter().map(|(name, value)| (Cow::Borrowed(name.as_ref()), value.borrowed())).collect(),
            ),
        }
    }

    /// What kind of value this is, for people: `a string`, `an array`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

fn has_distinct_names(members: &[(Cow<'_, str>, Claim<'_>)]) -> bool {
    let names: HashSet<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.len() == members.len()
}

fn owned_members<'a>(
    members: impl IntoIterator<Item = (Cow<'a, str>, Claim<'a>)>,
) -> impl Iterator<Item = (Cow<'static, str>, Claim<'static>)> {
    members.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
}

fn write_object<'m, 'a: 'm>(members: impl Iterator<Item = (&'m str, &'m Claim<'a>)>, out: &mut String) {
    out.push('{');
    for (n, (name, value)) in members.enumerate() {
        if n > 0 {
            out.push(',');
        }
        json::write_string(name, out);
        out.push(':');
        value.write_json(out);
    }
    out.push('}');
}

impl<'a> From<Json<'a>> for Claim<'a> {
    fn from(json: Json<'a>) -> Self {
        match json.value {
            JsonValue::Null => Self::Null,
            JsonValue::Bool(value) => Self::Bool(value),
            JsonValue::Number(number) => Self::Number(Cow::Borrowed(number)),
            JsonValue::Text(text) => Self::Text(text),
            JsonValue::Array(elements) => Self::Array(elements.into_iter().map(Self::from).collect()),
            JsonValue::Object(members) => {
                Self::Object(members.into_iter().map(|member| (member.name, member.value.into())).collect())
            }
        }
    }
}

impl<'a> From<&'a str> for Claim<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Claim<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Claim<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Names only: values are about people.
impl fmt::Debug for Claims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims")?;
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// The kind only.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Value(a string)"),
            Self::Other(claim) => write!(f, "Value({})", claim.kind()),
        }
    }
}

/// The kind only.
impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({})", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_order_are_kept_as_written() {
        let text = r#"{"z":1.0,"a":[1e2,-0,{"y":"\u001f\u00e9\/","x":null}],"t":true}"#;
        let claims = Claims::from_json(text).unwrap();
        assert_eq!(claims.to_json(), r#"{"z":1.0,"a":[1e2,-0,{"y":"\u001fé/","x":null}],"t":true}"#);
        assert_eq!(claims.get("a").unwrap().to_list_text(), r#"[1e2, -0, {"y":"\u001fé/","x":null}]"#);
    }

    #[test]
    fn a_claim_is_found_set_and_taken_out_by_its_name() {
        let mut claims = Claims::from_json(r#"{"a":"1","b":[true],"A":null}"#).unwrap();
        assert_eq!((claims.text("a"), claims.text("b"), claims.text("c")), (Some("1"), None, None));
        assert_eq!(claims.get("A"), Some(&Claim::Null), "names are case-sensitive (Q7)");
        claims.set("b", false);
        claims.set("c", "3".to_owned());
        assert_eq!(claims.remove("a"), Some(Claim::from("1")));
        assert_eq!(claims.remove("a"), None);
        assert_eq!(claims.to_json(), r#"{"b":false,"A":null,"c":"3"}"#);
        let members: Vec<(&str, String)> = claims.iter().map(|(name, claim)| (name, claim.to_json())).collect();
        assert_eq!(members, [("b", "false".to_owned()), ("A", "null".to_owned()), ("c", r#""3""#.to_owned())]);
        assert_eq!(claims.borrowed(), claims);
        let members: Vec<(Cow<'_, str>, Claim<'_>)> = claims.clone().into_members().collect();
        assert_eq!(Claim::Object(members).into_claims(), Some(claims));
        assert!(Claims::from_json("{}").unwrap().is_empty());
        assert!(!Claims::from_json(r#"{"a":1}"#).unwrap().is_empty());
    }

    #[test]
    fn only_an_object_with_distinct_names_is_claims() {
        let member = |name: &'static str| (Cow::Borrowed(name), Claim::Bool(true));
        assert!(Claim::Object(vec![member("a"), member("b")]).into_claims().is_some());
        assert!(Claim::Object(vec![member("a"), member("b"), member("a")]).into_claims().is_none());
        assert!(Claim::texts(["a"]).into_claims().is_none());
    }

    #[test]
    fn a_copy_says_the_same() {
        let text = r#"[null,true,-1.50,"x\n",[],["a","b"],{},{"a":{"b":1},"c":2}]"#;
        let claim = Claim::from_json(text).unwrap();
        assert_eq!(claim.to_json(), text);
        assert_eq!(claim.borrowed(), claim);
        assert_eq!(claim.clone().into_owned(), claim);
        assert_eq!(claim.to_list_text(), "[null, true, -1.50, x\n, [], [\"a\",\"b\"], {}, {\"a\":{\"b\":1},\"c\":2}]");
        assert_eq!(Claim::texts(["a", "b"]).to_list_text(), "[a, b]");
        assert_eq!(Claim::from("a").to_list_text(), r#""a""#, "no array");
        let Claim::Array(elements) = &claim else { panic!("{claim:?}") };
        let kinds: Vec<&str> = elements.iter().map(Claim::kind).collect();
        let [array, object] = ["an array", "an object"];
        assert_eq!(kinds, ["null", "a boolean", "a number", "a string", array, array, object, object]);
    }

    #[test]
    fn claims_of_the_size_of_the_limit_are_read_and_no_larger_ones() {
        let limits = JsonLimits { bytes: 10, ..JsonLimits::CLAIMS };
        let refused = |text| Claims::from_json_within(text, &limits).unwrap_err();
        assert!(Claims::from_json_within(r#"{"a":"bc"}"#, &limits).is_ok());
        assert_eq!(refused(r#"{"a":"bcd"}"#), TokenError::claims_too_large(10));
        assert_eq!(refused(r#"{"a":"bcde"}"#), TokenError::claims_too_large(10));
        assert_eq!(refused(" \t\r\n").code(), "no-token");
        assert_eq!(refused("[]").code(), "claims-not-an-object");
    }

    #[test]
    fn debug_shows_no_values() {
        let claims = Claims::from_json(r#"{"sub":"secret","n":["secret"]}"#).unwrap();
        assert_eq!(format!("{claims:?} {:?}", claims.get("n")), r#"Claims{"sub", "n"} Some(Claim(an array))"#);
        let values: Vec<Value<'_>> = claims.iter().map(|(_, claim)| Value::of(claim)).collect();
        assert_eq!(format!("{values:?}"), "[Value(a string), Value(an array)]");
        assert_eq!(values.iter().map(|value| value.as_text()).collect::<Vec<_>>(), [Some("secret"), None]);
    }
}
