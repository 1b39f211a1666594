//! One pass over one line. It accepts only what the reader in `json.rs` accepts, and gives up on whatever it is not sure of.

use std::borrow::Cow;

use super::seen::Seen;
use super::usual::Usual;
use crate::claims::Claim;
use crate::json::{self, JsonLimits};
use crate::names::{Names, hash};

/// Claims that room is made for. More than these would be a piece of memory that takes longer to get.
const ROOM: usize = 18;

/// What is mixed into the names of the outermost object.
const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;

/// The members of an object.
pub(super) type Members<'t> = Vec<(Cow<'t, str>, Claim<'t>)>;

/// `ESCAPED`: there is a backslash in it somewhere. There is no control character.
pub(super) struct Line<'t, 's, const ESCAPED: bool> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    limits: &'s JsonLimits,
    /// The names of every object in the line, each mixed with its object's number.
    seen: &'s mut Seen,
    /// Levels that may still be entered.
    levels: usize,
    objects: u64,
    members: usize,
    elements: usize,
}

/// How the names of a line follow the usual ones.
#[derive(Default)]
struct Order {
    /// The place of the usual name that comes next.
    next: usize,
    /// The usual names that the line has had, a bit for each place.
    passed: u64,
    /// Whether there was a name that is not a usual one in its place. From then on names are noted in `seen`.
    is_lost: bool,
}

/// `None` everywhere: not by me.
impl<'t, 's, const ESCAPED: bool> Line<'t, 's, ESCAPED> {
    pub(super) fn new(text: &'t str, limits: &'s JsonLimits, seen: &'s mut Seen) -> Self {
        seen.forget();
        let bytes = text.as_bytes();
        Self { text, bytes, at: 0, limits, seen, levels: limits.depth, objects: 0, members: 0, elements: 0 }
    }

    /// The whole line: one object, of which the wanted members are kept.
    pub(super) fn claims(mut self, wanted: &Names, usual: &mut Usual) -> Option<Members<'t>> {
        let mut kept = Members::with_capacity(wanted.len().min(ROOM));
        let mut order = Order::default();
        self.blanks();
        if self.next()? != b'{' {
            return None;
        }
        self.levels = self.levels.checked_sub(1)?;
        self.objects += 1;
        self.blanks();
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                self.members += 1;
                if self.members > self.limits.members {
                    return None;
                }
                let rest = self.bytes.get(self.at..)?;
                let name = if let Some((place, name, length)) = usual.find(order.next, rest) {
                    order.next = place + 1;
                    order.passed |= 1 << place;
                    if order.is_lost && !self.seen.is_new(name.hash ^ FIRST) {
                        return None;
                    }
                    let start = self.at + 1;
                    self.at += length;
                    if name.is_wanted { Some(Cow::Borrowed(self.text.get(start..self.at - 2)?)) } else { None }
                } else {
                    let name = self.unusual_name(&mut order, wanted, usual)?;
                    wanted.number(&name).map(|_| name)
                };
                self.blanks();
                match name {
                    Some(name) if self.peek()? == b'"' => kept.push((name, Claim::Text(self.string()?))),
                    Some(name) => kept.push((name, self.value()?)),
                    None => self.skip()?,
                }
                self.blanks();
                match self.next()? {
                    b',' => self.blanks(),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.blanks();
        (self.at == self.bytes.len()).then_some(kept)
    }

    /// A name of the outermost object that is not the usual one, with its colon.
    #[cold]
    fn unusual_name(&mut self, order: &mut Order, wanted: &Names, usual: &mut Usual) -> Option<Cow<'t, str>> {
        if !order.is_lost {
            order.is_lost = true;
            for (place, name) in usual.before(order.next).enumerate() {
                if order.passed & 1 << place != 0 && !self.seen.is_new(name.hash ^ FIRST) {
                    return None;
                }
            }
        }
        let name = self.name(FIRST)?;
        if usual.learn(order.next, &name, wanted) {
            order.next += 1;
        }
        Some(name)
    }

    /// A name that its object has not had, with its colon. `object` is mixed into its hash.
    #[inline]
    fn name(&mut self, object: u64) -> Option<Cow<'t, str>> {
        if self.peek()? != b'"' {
            return None;
        }
        let name = self.string()?;
        if name.len() > self.limits.name || !self.seen.is_new(hash(name.as_bytes()) ^ object) {
            return None;
        }
        self.blanks();
        (self.next()? == b':').then_some(name)
    }

    /// An object, on whose bracket we stand, inside another value; `member` reads or skips each value.
    fn object(&mut self, mut member: impl FnMut(&mut Self, Cow<'t, str>) -> Option<()>) -> Option<()> {
        self.levels = self.levels.checked_sub(1)?;
        self.at += 1;
        self.objects += 1;
        let object = self.objects.wrapping_mul(FIRST);
        self.blanks();
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                self.members += 1;
                if self.members > self.limits.members {
                    return None;
                }
                let name = self.name(object)?;
                self.blanks();
                member(self, name)?;
                self.blanks();
                match self.next()? {
                    b',' => self.blanks(),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.levels += 1;
        Some(())
    }

    /// An array on whose bracket we stand.
    fn array(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.levels = self.levels.checked_sub(1)?;
        self.at += 1;
        self.blanks();
        if self.peek()? == b']' {
            self.at += 1;
        } else {
            loop {
                self.elements += 1;
                if self.elements > self.limits.members {
                    return None;
                }
                element(self)?;
                self.blanks();
                match self.next()? {
                    b',' => self.blanks(),
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.levels += 1;
        Some(())
    }

    /// A value that nobody wants, checked all the same.
    fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.skip_string(),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            b'{' => self.object(|line, _| line.skip()),
            b'[' => self.array(Self::skip),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => None,
        }
    }

    fn value(&mut self) -> Option<Claim<'t>> {
        Some(match self.peek()? {
            b'"' => Claim::Text(self.string()?),
            b'-' | b'0'..=b'9' => Claim::Number(Cow::Borrowed(self.number()?)),
            b'{' => {
                let mut members = Members::new();
                self.object(|line, name| {
                    members.push((name, line.value()?));
                    Some(())
                })?;
                Claim::Object(members)
            }
            b'[' => {
                let mut elements = Vec::new();
                self.array(|line| {
                    elements.push(line.value()?);
                    Some(())
                })?;
                Claim::Array(elements)
            }
            b't' => self.word(b"true").map(|()| Claim::Bool(true))?,
            b'f' => self.word(b"false").map(|()| Claim::Bool(false))?,
            b'n' => self.word(b"null").map(|()| Claim::Null)?,
            _ => return None,
        })
    }

    /// A string on whose quote we stand.
    #[inline]
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at + 1;
        let end = self.plain_end(start)?;
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            self.text.get(start..end).map(Cow::Borrowed)
        } else {
            self.unescaped().map(Cow::Owned)
        }
    }

    #[inline]
    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at = self.plain_end(self.at)?;
            if self.peek()? == b'"' {
                break;
            }
            self.skip_escape()?;
        }
        self.at += 1;
        Some(())
    }

    /// The next quote, or backslash, from a place on.
    #[inline]
    fn plain_end(&self, mut at: usize) -> Option<usize> {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
        const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
        const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
        // As `json::plain_end` does it, with less to look for.
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
        while let Some(word) = self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*word);
            let backslashes = if ESCAPED { is_zero(word ^ BACKSLASHES) } else { 0 };
            let stops = (is_zero(word ^ QUOTES) | backslashes) & HIGHEST;
            if stops != 0 {
                return Some(at + stops.trailing_zeros() as usize / 8);
            }
            at += 8;
        }
        let rest = self.bytes.get(at..)?;
        rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|length| at + length)
    }

    /// An escape on whose backslash we stand.
    fn skip_escape(&mut self) -> Option<()> {
        self.at += 2;
        match self.bytes.get(self.at - 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
            b'u' => match self.hex4()? {
                0xd800..=0xdbff => {
                    if self.bytes.get(self.at..self.at + 2)? != b"\\u" {
                        return None;
                    }
                    self.at += 2;
                    if !(0xdc00..=0xdfff).contains(&self.hex4()?) {
                        return None;
                    }
                }
                0xdc00..=0xdfff => return None,
                _ => {}
            },
            _ => return None,
        }
        Some(())
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
    }

    /// A string with escapes is the reader's to make.
    #[cold]
    fn unescaped(&mut self) -> Option<String> {
        let (text, end) = json::string_at(self.text, self.at)?;
        self.at = end;
        Some(text)
    }

    fn number(&mut self) -> Option<&'t str> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        if self.at - start > self.limits.number {
            return None;
        }
        self.text.get(start..self.at)
    }

    fn some_digits(&mut self) -> Option<()> {
        self.peek()?.is_ascii_digit().then(|| self.digits())
    }

    #[inline]
    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.bytes.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    #[inline]
    fn blanks(&mut self) {
        // There are no other blanks left.
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}
