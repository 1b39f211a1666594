//! One pass over one line. It accepts only what the reader in `json.rs` accepts, and gives up on whatever it is not sure of.

use std::borrow::Cow;

use super::seen::Seen;
use crate::claims::Claim;
use crate::json::{self, JsonLimits};
use crate::names::{self, Names};

/// Claims that room is made for. More than these would be a piece of memory that takes longer to get.
const ROOM: usize = 18;

/// The members of an object.
pub(super) type Members<'t> = Vec<(Cow<'t, str>, Claim<'t>)>;

pub(super) struct Line<'t, 's> {
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

/// `None` everywhere: not by me.
impl<'t, 's> Line<'t, 's> {
    pub(super) fn new(text: &'t str, limits: &'s JsonLimits, seen: &'s mut Seen) -> Self {
        seen.forget();
        let bytes = text.as_bytes();
        Self { text, bytes, at: 0, limits, seen, levels: limits.depth, objects: 0, members: 0, elements: 0 }
    }

    /// The whole line: one object, of which the wanted members are kept.
    pub(super) fn claims(mut self, wanted: &Names) -> Option<Members<'t>> {
        // A control character may only stand between values, and hardly ever does. Without a way out of the loop, many bytes are looked at in
        // one step; and nobody has to look again.
        if self.bytes.iter().fold(false, |any, byte| any | (*byte < b' ')) {
            return None;
        }
        let mut kept = Members::with_capacity(wanted.len().min(ROOM));
        self.blanks();
        if self.peek()? != b'{' {
            return None;
        }
        self.object(|line, hash, name| {
            if wanted.number(hash, name.as_bytes()).is_some() {
                kept.push((name, line.value()?));
                Some(())
            } else {
                line.skip()
            }
        })?;
        self.blanks();
        (self.at == self.bytes.len()).then_some(kept)
    }

    /// An object on whose bracket we stand; `member` reads or skips each value.
    #[inline]
    fn object(&mut self, mut member: impl FnMut(&mut Self, u64, Cow<'t, str>) -> Option<()>) -> Option<()> {
        self.levels = self.levels.checked_sub(1)?;
        self.at += 1;
        self.objects += 1;
        let object = self.objects.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.blanks();
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                if self.peek()? != b'"' {
                    return None;
                }
                let name = self.string()?;
                self.members += 1;
                let hash = names::hash(name.as_bytes());
                if name.len() > self.limits.name
                    || self.members > self.limits.members
                    || !self.seen.is_new(hash ^ object)
                {
                    return None;
                }
                self.blanks();
                if self.peek()? != b':' {
                    return None;
                }
                self.at += 1;
                self.blanks();
                member(self, hash, name)?;
                self.blanks();
                let next = self.peek()?;
                self.at += 1;
                match next {
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
    #[inline]
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
                let next = self.peek()?;
                self.at += 1;
                match next {
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
            b'{' => self.object(|line, _, _| line.skip()),
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
                self.object(|line, _, name| {
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

    /// The next quote or backslash.
    #[inline]
    fn plain_end(&self, at: usize) -> Option<usize> {
        memchr::memchr2(b'"', b'\\', self.bytes.get(at..)?).map(|length| at + length)
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
}
