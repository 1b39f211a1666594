//! Values as Terraform knows them while it evaluates: known, or a reference to something that only the deployment knows.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use crate::json;
use crate::read::node::{Entry, Node, Value};
use crate::read::position::Position;

/// A value and where it was written.
#[derive(Debug, Clone)]
pub(super) struct Val {
    pub at: Position,
    pub data: Data,
    /// Lists and maps inside each other.
    pub depth: u16,
    /// How many values it holds, itself included, counting shared ones as often as they occur.
    pub weight: usize,
}

/// Cheap to clone: everything large is shared.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Null,
    Bool(bool),
    /// In decimal digits, as Terraform writes a number as text.
    Number(Rc<str>),
    Text(Rc<str>),
    /// A string, number or boolean of which only the text is known, and how it is written: `==` may tell it from what has the same text.
    Untyped(Rc<Data>),
    List(Rc<[Val]>),
    /// In the order in which Terraform goes through it; elements are strings, numbers or booleans.
    Set(Rc<[Val]>),
    /// Terraform goes through maps in the order of their keys.
    Map(Rc<BTreeMap<Rc<str>, Val>>),
    Unknown(Rc<Unknown>),
}

impl Data {
    /// A text as Terraform keeps it: in normalisation form C, where `e` and a combining accent are one `é`. Without it, two spellings that
    /// Terraform takes for one would differ here, and the values that it sends to AWS would not be those that are shown.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(composed(text).as_ref().into())
    }
}

/// In normalisation form C.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Something that is not known here.
#[derive(Debug, Clone)]
pub(super) struct Unknown {
    /// An expression such as `aws_iam_role.admin.arn`, or with `is_template` a text with `${…}` in it.
    pub text: String,
    pub is_template: bool,
    /// What would make it known, for a message.
    pub missing: String,
    /// Whether Terraform could not evaluate it either, so that `try` goes on to its next argument.
    pub failed: bool,
    /// Whether it would be a text longer than those that are put together here.
    pub is_too_long: bool,
    /// What the next step of a path leads into.
    pub target: Option<Target>,
}

/// A thing in the configuration whose parts can be looked up.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// A resource or data source, or one instance of it.
    Resource { instance: usize, address: Rc<str>, key: Option<Val> },
    /// One instance of a called module.
    Module { instance: usize },
}

impl Unknown {
    pub(super) fn new(text: impl Into<String>, missing: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_template: false,
            missing: missing.into(),
            failed: false,
            is_too_long: false,
            target: None,
        }
    }

    /// As text of a configuration: `${aws_iam_role.admin.arn}`.
    pub(super) fn shown(&self) -> String {
        if self.is_template { self.text.clone() } else { format!("${{{}}}", self.text) }
    }
}

impl Val {
    pub(super) fn new(at: Position, data: Data) -> Self {
        let add = |(depth, weight): (u16, usize), inner: &Self| {
            (inner.depth.saturating_add(1).max(depth), inner.weight.saturating_add(weight))
        };
        let (depth, weight) = match &data {
            Data::List(elements) | Data::Set(elements) => elements.iter().fold((1, 1), add),
            Data::Map(entries) => entries.values().fold((1, 1), add),
            _ => (0, 1),
        };
        Self { at, data, depth, weight }
    }

    pub(super) fn text(at: Position, text: &str) -> Self {
        Self::new(at, Data::text(text))
    }

    pub(super) fn unknown(at: Position, unknown: Unknown) -> Self {
        Self::new(at, Data::Unknown(Rc::new(unknown)))
    }

    /// Not known, and not to be known either way: `try` passes over it.
    pub(super) fn failed(at: Position, text: impl Into<String>, missing: impl Into<String>) -> Self {
        Self::unknown(at, Unknown { failed: true, ..Unknown::new(text, missing) })
    }

    pub(super) fn map(at: Position, entries: impl IntoIterator<Item = (Rc<str>, Val)>) -> Self {
        Self::new(at, Data::Map(Rc::new(entries.into_iter().collect())))
    }

    pub(super) fn list(at: Position, elements: Vec<Val>) -> Self {
        Self::new(at, Data::List(elements.into()))
    }

    pub(super) fn as_unknown(&self) -> Option<&Rc<Unknown>> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// The elements of a list or a set.
    pub(super) fn elements(&self) -> Option<&Rc<[Val]>> {
        match &self.data {
            Data::List(elements) | Data::Set(elements) => Some(elements),
            _ => None,
        }
    }

    /// Its data, those of a value without a type as they are written: for what converts its argument in any case.
    pub(super) fn as_written(&self) -> &Data {
        match &self.data {
            Data::Untyped(written) => written,
            data => data,
        }
    }

    /// As Terraform turns it into a string: numbers and booleans too.
    pub(super) fn to_text(&self) -> Option<Rc<str>> {
        match self.as_written() {
            Data::Text(text) | Data::Number(text) => Some(text.clone()),
            Data::Bool(value) => Some(if *value { "true".into() } else { "false".into() }),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self.as_written() {
            Data::Bool(value) => Some(*value),
            Data::Text(text) if &**text == "true" => Some(true),
            Data::Text(text) if &**text == "false" => Some(false),
            _ => None,
        }
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        self.to_text().and_then(|text| text.parse().ok())
    }

    /// Whether it is a number, or a text that Terraform may convert to one. Those that are no whole numbers of 64 bits are not counted with
    /// here, and Terraform counts with them.
    pub(super) fn may_be_number(&self) -> bool {
        match self.as_written() {
            Data::Number(_) => true,
            Data::Text(text) => {
                let digits = text.trim_start_matches(['+', '-']);
                digits.eq_ignore_ascii_case("inf")
                    || digits.eq_ignore_ascii_case("infinity")
                    || (digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                        && digits
                            .bytes()
                            .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'p' | b'P' | b'+' | b'-')))
            }
            _ => false,
        }
    }

    /// The first thing in it that is not known.
    pub(super) fn first_unknown(&self) -> Option<&Rc<Unknown>> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            Data::List(elements) | Data::Set(elements) => elements.iter().find_map(Self::first_unknown),
            Data::Map(entries) => entries.values().find_map(Self::first_unknown),
            _ => None,
        }
    }

    /// Whether two values are equal; `None` where that is not known.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        let is_known = self.first_unknown().is_none() && other.first_unknown().is_none();
        if is_known { self.same(other) } else { None }
    }

    /// What `==`, `contains` and `index` say. They convert nothing, so that `1` is not `"1"`; and lists or maps of the same elements differ
    /// where their types do, such as `tolist([])` and `[]`, which values do not tell.
    pub(super) fn compares_to(&self, other: &Self) -> Option<bool> {
        let has_parts = matches!(self.data, Data::List(_) | Data::Set(_) | Data::Map(_));
        self.equals(other).filter(|equal| !(*equal && has_parts))
    }

    fn same(&self, other: &Self) -> Option<bool> {
        let all = |pairs: &mut dyn Iterator<Item = Option<bool>>| {
            let mut known = Some(true);
            for pair in pairs {
                match pair {
                    Some(false) => return Some(false),
                    None => known = None,
                    Some(true) => {}
                }
            }
            known
        };
        match (&self.data, &other.data) {
            (Data::Untyped(_), _) | (_, Data::Untyped(_)) => {
                let (ours, theirs) = (self.to_text()?, other.to_text());
                let is_same = theirs.is_some_and(|theirs| {
                    ours == theirs || decimal(&ours).is_some_and(|ours| decimal(&theirs).is_some_and(|it| it == ours))
                });
                if is_same { None } else { Some(false) }
            }
            (Data::Null, Data::Null) => Some(true),
            (Data::Bool(a), Data::Bool(b)) => Some(a == b),
            (Data::Number(a), Data::Number(b)) | (Data::Text(a), Data::Text(b)) => Some(a == b),
            (Data::List(a), Data::List(b)) | (Data::Set(a), Data::Set(b)) if a.len() == b.len() => {
                all(&mut a.iter().zip(b.iter()).map(|(a, b)| a.same(b)))
            }
            (Data::Map(a), Data::Map(b)) if a.keys().eq(b.keys()) => {
                all(&mut a.values().zip(b.values()).map(|(a, b)| a.same(b)))
            }
            _ => Some(false),
        }
    }

    /// As an expression would spell it, for the text of references.
    pub(super) fn spell(&self, out: &mut String) {
        match self.as_written() {
            Data::Null => out.push_str("null"),
            Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Data::Number(text) => out.push_str(text),
            Data::Text(text) => json::write_string(text, out),
            Data::Unknown(unknown) if unknown.is_template => {
                let _ = write!(out, "\"{}\"", unknown.text);
            }
            Data::Unknown(unknown) => out.push_str(&unknown.text),
            // Nothing is written without a type.
            Data::Untyped(_) => {}
            Data::List(elements) | Data::Set(elements) => {
                out.push('[');
                for (n, element) in elements.iter().enumerate() {
                    out.push_str(if n > 0 { ", " } else { "" });
                    element.spell(out);
                }
                out.push(']');
            }
            Data::Map(entries) => {
                out.push('{');
                for (n, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if n > 0 { ", " } else { "" });
                    json::write_string(key, out);
                    out.push_str(" = ");
                    value.spell(out);
                }
                out.push('}');
            }
        }
    }

    /// About how long a copy of it is, in bytes of text.
    pub(super) fn bytes(&self) -> usize {
        match &self.data {
            Data::Text(text) => text.len(),
            Data::List(elements) | Data::Set(elements) => elements.iter().map(Self::bytes).sum(),
            Data::Map(entries) => entries.iter().map(|(name, value)| name.len() + value.bytes()).sum(),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Untyped(_) | Data::Unknown(_) => 0,
        }
    }

    /// For the readers of shapes.
    pub(super) fn to_node(&self) -> Node {
        let value = match self.as_written() {
            Data::Null | Data::Untyped(_) => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(text) => Value::Number((**text).into()),
            Data::Text(text) => Value::text(&**text),
            Data::List(elements) | Data::Set(elements) => Value::List(elements.iter().map(Self::to_node).collect()),
            Data::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(name, value)| Entry { name: (&**name).into(), at: value.at, value: value.to_node() })
                    .collect(),
            ),
            Data::Unknown(unknown) => Value::reference(unknown.shown(), unknown.missing.clone()),
        };
        Node { value, at: self.at }
    }
}

/// The decimal digits of a number as written: `010` is `10`, `1.50e3` is `1500`. `None` where that would be very long.
pub(super) fn decimal(written: &str) -> Option<String> {
    let (sign, unsigned) = written.strip_prefix('-').map_or(("", written), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.bytes().any(|byte| !byte.is_ascii_digit()) || exponent.abs() > 1000 {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let (whole, fraction) = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => (format!("{digits}{}", "0".repeat(point - digits.len())), String::new()),
        Ok(point) => {
            let (whole, fraction) = digits.split_at_checked(point)?;
            (whole.to_owned(), fraction.to_owned())
        }
        Err(_) => (String::new(), "0".repeat(usize::try_from(-point).ok()?) + &digits),
    };
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let dot = if fraction.is_empty() { "" } else { "." };
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    Some(format!("{sign}{whole}{dot}{fraction}"))
}

/// Joins texts, known or not, to one text; the unknown ones stay in it as `${…}`. A very long text is not built.
#[derive(Default)]
pub(super) struct TextBuilder {
    text: String,
    unknown: Option<Unknown>,
    is_too_long: bool,
}

/// Bytes of a text that is put together from others.
pub(super) const TEXT: usize = 1024 * 1024;

impl TextBuilder {
    pub(super) fn push_str(&mut self, text: &str) {
        self.is_too_long |= self.text.len() + text.len() > TEXT;
        if !self.is_too_long {
            self.text.push_str(text);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Adds a value; `false` if it is not one that Terraform turns into text.
    pub(super) fn push(&mut self, value: &Val) -> bool {
        match (&value.data, value.to_text()) {
            (_, Some(text)) => self.push_str(&text),
            (Data::Unknown(unknown), _) => {
                self.push_str(&unknown.shown());
                match &mut self.unknown {
                    None => self.unknown = Some((**unknown).clone()),
                    Some(first) => {
                        first.failed |= unknown.failed;
                        add_missing(&mut first.missing, &unknown.missing);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn finish(self, at: Position) -> Val {
        match self.unknown {
            _ if self.is_too_long => {
                let unknown = Unknown::new("…", format!("a text longer than {TEXT} bytes"));
                Val::unknown(at, Unknown { is_too_long: true, ..unknown })
            }
            Some(first) => Val::unknown(at, Unknown { text: self.text, is_template: true, target: None, ..first }),
            None => Val::text(at, &self.text),
        }
    }
}

/// Adds what else is missing, once, and not without end.
pub(super) fn add_missing(missing: &mut String, more: &str) {
    if !more.is_empty() && !missing.contains(more) && missing.len() < 400 {
        if !missing.is_empty() {
            missing.push_str("; ");
        }
        missing.push_str(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_text_that_terraform_sends() {
        for (written, sent) in [
            ("0", "0"),
            ("010", "10"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("12.5e1", "125"),
            ("25e-1", "2.5"),
            ("5e-3", "0.005"),
            ("-0.0", "0"),
            ("-7", "-7"),
            ("100", "100"),
        ] {
            assert_eq!(decimal(written).as_deref(), Some(sent), "{written}");
        }
        assert_eq!(decimal("1e9999"), None);
        assert_eq!(decimal("0x10"), None);
    }
}
