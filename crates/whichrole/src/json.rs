//! Reads JSON strictly, keeping what was written: where every value begins, how numbers were spelled, which names were given twice.
//!
//! Tokens, claims and configurations all come through here, so that all three are judged by the same rules: RFC 8259 without
//! extensions, no lone surrogates, no duplicate names, and limits on depth, members, names and numbers that the caller sets.

use std::borrow::Cow;
use std::fmt;

use crate::read::MANY;

/// How large a JSON document may be. Counts are for the whole document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Bytes of the whole text.
    pub bytes: usize,
    /// Arrays and objects inside each other; `{}` alone is 1.
    pub depth: usize,
    /// Members of all objects together, and elements of all arrays together.
    pub members: usize,
    /// Bytes of one member name.
    pub name: usize,
    /// Bytes of one number's text.
    pub number: usize,
}

/// Large files have a member for at least so many bytes, if not much else is in them than members; the memory for them has its limit in this.
const BYTES_OF_A_MEMBER: usize = 22;

impl JsonLimits {
    /// The limits for tokens and claims: 64 KiB, depth 32, 10,000 members, names and numbers of 1,024 bytes.
    pub const CLAIMS: Self = Self { bytes: 64 * 1024, depth: 32, members: 10_000, name: 1024, number: 1024 };
    /// The limits for configuration files: 16 MiB, depth 128, 762,600 members.
    pub const CONFIG: Self = Self {
        bytes: 16 * 1024 * 1024,
        depth: 128,
        members: 16 * 1024 * 1024 / BYTES_OF_A_MEMBER,
        name: 64 * 1024,
        number: 1024,
    };

    /// The same limits for texts of so many bytes, with more members where there is room for more.
    #[must_use]
    pub fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, members: self.members.max(bytes / BYTES_OF_A_MEMBER), ..self }
    }
}

/// A JSON value and the byte at which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Json<'a> {
    pub at: usize,
    pub value: JsonValue<'a>,
}

/// What a value is, over any kind of tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsonValue<'a, V = Json<'a>, M = Member<'a>> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<V>),
    Object(Vec<M>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member<'a> {
    pub at: usize,
    pub name: Cow<'a, str>,
    pub value: Json<'a>,
}

/// Makes a tree of what is read. Large texts become the tree that is wanted at once, since two trees take the memory of both.
pub(crate) trait Build<'a> {
    /// Where something stands.
    type Place: Copy;
    type Value;
    type Member;

    /// The place of a byte. It is asked for in the order of the text.
    fn place(&mut self, at: usize) -> Self::Place;
    fn value(&mut self, at: Self::Place, value: JsonValue<'a, Self::Value, Self::Member>) -> Self::Value;
    fn member(&mut self, at: Self::Place, name: Cow<'a, str>, value: Self::Value) -> Self::Member;
    fn name(member: &Self::Member) -> (&str, Self::Place);
}

/// Builds a [`Json`].
struct Borrowing;

impl<'a> Build<'a> for Borrowing {
    type Place = usize;
    type Value = Json<'a>;
    type Member = Member<'a>;

    fn place(&mut self, at: usize) -> usize {
        at
    }

    fn value(&mut self, at: usize, value: JsonValue<'a>) -> Json<'a> {
        Json { at, value }
    }

    fn member(&mut self, at: usize, name: Cow<'a, str>, value: Json<'a>) -> Member<'a> {
        Member { at, name, value }
    }

    fn name<'m>(member: &'m Member<'a>) -> (&'m str, usize) {
        (&member.name, member.at)
    }
}

/// Why a text is not the JSON we accept, and the byte at which that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub at: usize,
    pub kind: JsonErrorKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonErrorKind {
    TooLarge(usize),
    TooDeep(usize),
    TooManyMembers(usize),
    NameTooLong(usize),
    NumberTooLong(usize),
    ByteOrderMark,
    Expected(&'static str),
    Trailing,
    Ends,
    ControlCharacter,
    BadEscape,
    LoneSurrogate,
    BadNumber,
    Duplicate(String),
}

impl JsonErrorKind {
    /// Whether this is a limit of ours rather than a fault of the text.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::TooLarge(_)
                | Self::TooDeep(_)
                | Self::TooManyMembers(_)
                | Self::NameTooLong(_)
                | Self::NumberTooLong(_)
        )
    }
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "larger than {limit} bytes"),
            Self::TooDeep(limit) => write!(f, "nested deeper than {limit}"),
            Self::TooManyMembers(limit) => write!(f, "more than {limit} members"),
            Self::NameTooLong(limit) => write!(f, "a name longer than {limit} bytes"),
            Self::NumberTooLong(limit) => write!(f, "a number longer than {limit} characters"),
            Self::ByteOrderMark => f.write_str("begins with a byte order mark"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Trailing => f.write_str("something follows the end of the JSON value"),
            Self::Ends => f.write_str("the JSON text ends in the middle"),
            Self::ControlCharacter => f.write_str("a control character inside a string must be escaped"),
            Self::BadEscape => f.write_str("not a JSON escape"),
            Self::LoneSurrogate => f.write_str("half of a surrogate pair stands alone"),
            Self::BadNumber => f.write_str("not a JSON number"),
            Self::Duplicate(name) => write!(f, "{} is given twice", crate::text::quoted(name)),
        }
    }
}

/// What is wrong with a text: one fault of syntax or size, or names that are given twice, each with its place.
pub(crate) enum Faults<P> {
    One(JsonError),
    Duplicates(Vec<(P, JsonErrorKind)>),
}

/// Reads one JSON document. All duplicate names are reported; any other fault is the only one.
pub(crate) fn parse<'a>(text: &'a str, limits: &JsonLimits) -> Result<Json<'a>, Vec<JsonError>> {
    build(text, limits, Borrowing).map_err(|faults| match faults {
        Faults::One(error) => vec![error],
        Faults::Duplicates(found) => found.into_iter().map(|(at, kind)| JsonError { at, kind }).collect(),
    })
}

/// Reads one JSON document into a tree of the caller's.
pub(crate) fn build<'a, B: Build<'a>>(
    text: &'a str,
    limits: &JsonLimits,
    tree: B,
) -> Result<B::Value, Faults<B::Place>> {
    if text.len() > limits.bytes {
        return Err(Faults::One(JsonError { at: 0, kind: JsonErrorKind::TooLarge(limits.bytes) }));
    }
    let mut reader = Reader::new(text, limits, tree);
    if text.starts_with('\u{feff}') {
        return Err(Faults::One(reader.error(JsonErrorKind::ByteOrderMark)));
    }
    let whole = reader.document().map_err(Faults::One)?;
    if reader.duplicates.is_empty() { Ok(whole) } else { Err(Faults::Duplicates(reader.duplicates)) }
}

/// The string whose opening quote is at this byte, and the byte after it.
pub(crate) fn string_at(text: &str, at: usize) -> Option<(String, usize)> {
    let mut reader = Reader { at, ..Reader::new(text, &JsonLimits::CLAIMS, Borrowing) };
    let string = reader.string().ok()?.into_owned();
    Some((string, reader.at))
}

/// The first byte, from `at` on, that does not stand for itself in a string: a quote, a backslash or a control character; or the end.
#[inline]
pub(crate) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    const SPACES: u64 = u64::from_ne_bytes([b' '; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    // Eight bytes at a time; the highest bit of each tells. What a byte borrows from the next one can be wrong only behind one that is right,
    // and the first is all that counts.
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let is_control = |word: u64| word.wrapping_sub(SPACES) & !word;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let stops = (is_zero(word ^ QUOTES) | is_zero(word ^ BACKSLASHES) | is_control(word)) & HIGHEST;
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
        at += 1;
    }
    at
}

struct Reader<'a, 'l, B: Build<'a>> {
    tree: B,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: &'l JsonLimits,
    depth: usize,
    members: usize,
    elements: usize,
    duplicates: Vec<(B::Place, JsonErrorKind)>,
}

impl<'a, 'l, B: Build<'a>> Reader<'a, 'l, B> {
    fn new(text: &'a str, limits: &'l JsonLimits, tree: B) -> Self {
        let bytes = text.as_bytes();
        Self { tree, text, bytes, at: 0, limits, depth: 0, members: 0, elements: 0, duplicates: Vec::new() }
    }

    fn document(&mut self) -> Result<B::Value, JsonError> {
        self.blanks();
        let value = self.value()?;
        self.blanks();
        if self.at < self.bytes.len() { Err(self.error(JsonErrorKind::Trailing)) } else { Ok(value) }
    }

    fn value(&mut self) -> Result<B::Value, JsonError> {
        let at = self.tree.place(self.at);
        let value = match self.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => JsonValue::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => JsonValue::Number(self.number()?),
            Some(b't') => self.word("true", JsonValue::Bool(true))?,
            Some(b'f') => self.word("false", JsonValue::Bool(false))?,
            Some(b'n') => self.word("null", JsonValue::Null)?,
            Some(_) => return Err(self.error(JsonErrorKind::Expected("a JSON value"))),
            None => return Err(self.error(JsonErrorKind::Ends)),
        };
        Ok(self.tree.value(at, value))
    }

    fn object(&mut self) -> Result<JsonValue<'a, B::Value, B::Member>, JsonError> {
        self.enter()?;
        let mut members = Vec::new();
        if !self.next_is(b'}') {
            loop {
                self.blanks();
                let at = self.at;
                if self.peek() != Some(b'"') {
                    return Err(self.unexpected("a member name in double quotes"));
                }
                let name = self.string()?;
                if name.len() > self.limits.name {
                    return Err(JsonError { at, kind: JsonErrorKind::NameTooLong(self.limits.name) });
                }
                self.members += 1;
                if self.members > self.limits.members {
                    return Err(JsonError { at, kind: JsonErrorKind::TooManyMembers(self.limits.members) });
                }
                if !self.next_is(b':') {
                    return Err(self.unexpected("`:` after the member name"));
                }
                let place = self.tree.place(at);
                self.blanks();
                let value = self.value()?;
                members.push(self.tree.member(place, name, value));
                if self.next_is(b',') {
                    continue;
                }
                if self.next_is(b'}') {
                    break;
                }
                return Err(self.unexpected("`,` or `}`"));
            }
        }
        self.depth -= 1;
        self.note_duplicates(&members);
        Ok(JsonValue::Object(members))
    }

    fn array(&mut self) -> Result<JsonValue<'a, B::Value, B::Member>, JsonError> {
        self.enter()?;
        let mut elements = Vec::new();
        if !self.next_is(b']') {
            loop {
                self.blanks();
                self.elements += 1;
                if self.elements > self.limits.members {
                    return Err(self.error(JsonErrorKind::TooManyMembers(self.limits.members)));
                }
                elements.push(self.value()?);
                if self.next_is(b',') {
                    continue;
                }
                if self.next_is(b']') {
                    break;
                }
                return Err(self.unexpected("`,` or `]`"));
            }
        }
        self.depth -= 1;
        Ok(JsonValue::Array(elements))
    }

    /// Passes the opening bracket and counts the level.
    fn enter(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.error(JsonErrorKind::TooDeep(self.limits.depth)));
        }
        self.at += 1;
        Ok(())
    }

    /// Few members are compared with each other; many are sorted first, so that the work stays near linear. Nobody reads thousands of
    /// errors, and each takes more memory than the text it is about.
    fn note_duplicates(&mut self, members: &[B::Member]) {
        let mut again: Vec<usize> = Vec::new();
        let name = |n: usize| members.get(n).map(B::name);
        if members.len() <= 16 {
            for (n, member) in members.iter().enumerate() {
                if members.iter().take(n).any(|earlier| B::name(earlier).0 == B::name(member).0) {
                    again.push(n);
                }
            }
        } else {
            // Their numbers alone: names beside them would take as much memory as some objects.
            let mut sorted: Vec<u32> = (0..).zip(members).map(|(number, _)| number).collect();
            let named = |number: &u32| members.get(*number as usize).map(|member| B::name(member).0);
            sorted.sort_unstable_by_key(|number| (named(number), *number));
            let pairs = sorted.iter().zip(sorted.iter().skip(1));
            again.extend(pairs.filter(|(one, other)| named(one) == named(other)).map(|(_, later)| *later as usize));
            again.sort_unstable();
        }
        let room = (MANY + 1).saturating_sub(self.duplicates.len());
        let found = again.into_iter().take(room).filter_map(name);
        self.duplicates.extend(found.map(|(name, at)| (at, JsonErrorKind::Duplicate(name.to_owned()))));
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at + 1;
        self.at = plain_end(self.bytes, start);
        match self.peek() {
            Some(b'"') => {
                let text = self.slice(start, self.at);
                self.at += 1;
                Ok(Cow::Borrowed(text))
            }
            Some(b'\\') => self.escaped(start).map(Cow::Owned),
            Some(_) => Err(self.error(JsonErrorKind::ControlCharacter)),
            None => Err(self.error(JsonErrorKind::Ends)),
        }
    }

    /// The rest of a string that has an escape in it. `start` is its first byte; we stand on the first backslash.
    fn escaped(&mut self, start: usize) -> Result<String, JsonError> {
        // Room for as much again, and a few words: most texts are short.
        let mut out = String::with_capacity(2 * (self.at - start) + 32);
        out.push_str(self.slice(start, self.at));
        loop {
            let plain = self.at;
            self.at = plain_end(self.bytes, plain);
            out.push_str(self.slice(plain, self.at));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.error(JsonErrorKind::ControlCharacter)),
                None => return Err(self.error(JsonErrorKind::Ends)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let at = self.at;
        self.at += 1;
        let letter = self.peek().ok_or(JsonError { at: self.at, kind: JsonErrorKind::Ends })?;
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4(at)?;
                let code = match first {
                    0xd800..=0xdbff => {
                        let lone = JsonError { at, kind: JsonErrorKind::LoneSurrogate };
                        if self.peek() != Some(b'\\') || self.bytes.get(self.at + 1) != Some(&b'u') {
                            return Err(lone);
                        }
                        self.at += 2;
                        let second = self.hex4(at)?;
                        if !(0xdc00..=0xdfff).contains(&second) {
                            return Err(lone);
                        }
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    code => code,
                };
                char::from_u32(code).ok_or(JsonError { at, kind: JsonErrorKind::LoneSurrogate })?
            }
            _ => return Err(JsonError { at, kind: JsonErrorKind::BadEscape }),
        })
    }

    fn hex4(&mut self, escape_at: usize) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or(JsonError { at: escape_at, kind: JsonErrorKind::BadEscape })?;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at;
        let bad = JsonError { at: start, kind: JsonErrorKind::BadNumber };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(bad),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(bad);
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(bad);
            }
            self.digits();
        }
        if self.at - start > self.limits.number {
            return Err(JsonError { at: start, kind: JsonErrorKind::NumberTooLong(self.limits.number) });
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return Err(bad);
        }
        Ok(self.slice(start, self.at))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn word(
        &mut self,
        word: &'static str,
        value: JsonValue<'a, B::Value, B::Member>,
    ) -> Result<JsonValue<'a, B::Value, B::Member>, JsonError> {
        if self.bytes.get(self.at..self.at + word.len()) != Some(word.as_bytes()) {
            return Err(self.error(JsonErrorKind::Expected("a JSON value")));
        }
        self.at += word.len();
        Ok(value)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Skips blanks and passes `byte` if it is the next one.
    fn next_is(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Both ends are always next to an ASCII byte, so this is never empty by accident.
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn unexpected(&self, what: &'static str) -> JsonError {
        self.error(if self.at < self.bytes.len() { JsonErrorKind::Expected(what) } else { JsonErrorKind::Ends })
    }

    fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { at: self.at, kind }
    }
}

/// The line and column, one-based and in characters, of a byte.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Writes a string as JSON, escaping only what JSON demands: `"`, `\` and U+0000 to U+001F, in their short forms where they exist.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    // Most texts stand for themselves, and without a way out of the loop many bytes are looked at in one step.
    if text.bytes().fold(true, |plain, byte| plain & !matches!(byte, 0..b' ' | b'"' | b'\\')) {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut rest = text;
    while let Some((plain, odd)) = rest.split_at_checked(plain_end(rest.as_bytes(), 0)) {
        out.push_str(plain);
        let mut chars = odd.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Nothing else ends what is plain: a control character without a short form.
            c => {
                out.push_str("\\u00");
                for digit in [u32::from(c) >> 4, u32::from(c) & 15] {
                    out.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
