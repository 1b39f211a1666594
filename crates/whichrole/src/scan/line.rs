//! One pass over one line. It accepts only what the reader in `json.rs` accepts, and gives up on whatever it is not sure of.

use std::borrow::Cow;

use super::quotes::Quotes;
use super::scanned::Places;
use super::seen::Seen;
use super::usual::Usual;
use crate::claims::Claim;
use crate::json::{self, JsonLimits};
use crate::names::{Names, hash};

/// What is mixed into the names of the outermost object.
const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;

/// The members of an object.
type Members<'t> = Vec<(Cow<'t, str>, Claim<'t>)>;

/// A line without control characters, and how far it was read.
pub(super) struct Line<'t, 's> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// The next backslash; where there is none, no place at all.
    backslash: usize,
    limits: &'s JsonLimits,
    quotes: &'s Quotes,
    /// The names of every object in the line, each mixed with its object's number.
    seen: &'s mut Seen,
    /// Levels that may still be entered.
    levels: usize,
    objects: u64,
}

/// Claims with their numbers.
pub(super) type Others<'t> = Vec<(usize, Claim<'t>)>;

/// What is kept of a line.
struct Kept<'t, 'k> {
    wanted: &'k Names,
    places: &'k mut Places,
    others: Others<'t>,
}

impl<'t> Kept<'t, '_> {
    /// Keeps a text that stands in the line as it is.
    #[inline]
    fn set_text(&mut self, number: usize, line: &'t str, start: usize, end: usize) -> Option<()> {
        match self.places.get_mut(number) {
            Some(place) => *place = (u32::try_from(start).ok()?, u32::try_from(end).ok()?),
            None => self.add_text(number, line.get(start..end)?),
        }
        Some(())
    }

    fn add_number(&mut self, number: usize, text: &'t str) {
        self.others.push((number, Claim::Number(Cow::Borrowed(text))));
    }

    #[cold]
    fn add_text(&mut self, number: usize, text: &'t str) {
        self.others.push((number, Claim::from(text)));
    }
}

/// How the names of a line follow the usual ones.
#[derive(Default)]
struct Order {
    /// The place of the usual name that comes next.
    next: usize,
    /// The usual names before it that the line did not have, a bit for each place.
    missing: u64,
    /// Whether there was a name that is not a usual one in its place. From then on names are noted in `seen`.
    is_lost: bool,
}

impl Order {
    /// The name at a place, the next one or behind it, was there.
    #[inline]
    fn has(&mut self, place: usize) {
        while self.next < place {
            self.missing |= 1 << (self.next % 64);
            self.next += 1;
        }
        self.next = place + 1;
    }
}

/// `None` everywhere: not by me.
impl<'t, 's> Line<'t, 's> {
    pub(super) fn new(text: &'t str, limits: &'s JsonLimits, quotes: &'s Quotes, seen: &'s mut Seen) -> Self {
        seen.forget();
        let bytes = text.as_bytes();
        let backslash = memchr::memchr(b'\\', bytes).unwrap_or(usize::MAX);
        Self { text, bytes, at: 0, backslash, limits, quotes, seen, levels: limits.depth, objects: 0 }
    }

    /// The whole line: one object, of which the wanted members are kept.
    pub(super) fn claims(mut self, wanted: &Names, usual: &mut Usual, places: &mut Places) -> Option<Others<'t>> {
        *places = Places::default();
        let mut kept = Kept { wanted, places, others: Others::with_capacity(8) };
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
            while self.usual_members(&mut kept, &mut order, usual)? && self.member(&mut kept, &mut order, usual)? {}
        }
        self.blanks();
        (self.at == self.bytes.len()).then_some(kept.others)
    }

    /// As many members as come in the most usual way: the usual name, then at once a text without escapes, a number, or a word that nobody
    /// wants, then at once a comma or the end. Before and behind we stand where a name should begin; or behind the end, which is said.
    #[inline(never)]
    fn usual_members(&mut self, kept: &mut Kept<'t, '_>, order: &mut Order, usual: &Usual) -> Option<bool> {
        let (bytes, quotes, backslash) = (self.bytes, self.quotes, self.backslash);
        let mut at = self.at;
        for name in usual.from(if order.is_lost { usize::MAX } else { order.next }) {
            let Some(value) = name.behind(bytes, at) else { break };
            let first = bytes.get(value)?;
            let end = match first {
                b'"' => match quotes.next(value + 1)? {
                    quote if quote < backslash => quote + 1,
                    _ => break,
                },
                _ => match plain_end(bytes, value, self.limits.number) {
                    Some(end) if name.wanted.is_none() || first.is_ascii_digit() => end,
                    _ => break,
                },
            };
            let Some(next @ (b',' | b'}')) = bytes.get(end) else { break };
            match name.wanted {
                Some(number) if *first == b'"' => kept.set_text(number, self.text, value + 1, end - 1)?,
                Some(number) => kept.add_number(number, self.text.get(value..end)?),
                None => {}
            }
            at = end + 1;
            order.next += 1;
            if *next == b'}' {
                self.at = at;
                return Some(false);
            }
        }
        self.at = at;
        Some(true)
    }

    /// A member of the outermost object, however it comes, and what follows it: whether that is a comma.
    fn member(&mut self, kept: &mut Kept<'t, '_>, order: &mut Order, usual: &mut Usual) -> Option<bool> {
        let number = if let Some((place, name, behind)) = usual.find(order.next, self.bytes, self.at) {
            order.has(place);
            if order.is_lost && !self.seen.is_new(name.hash ^ FIRST) {
                return None;
            }
            self.at = behind;
            name.wanted
        } else {
            let name = self.unusual_name(order, kept.wanted, usual)?;
            kept.wanted.number(&name)
        };
        self.blanks();
        match number {
            Some(number) => kept.others.push((number, self.value()?)),
            None => self.skip()?,
        }
        self.blanks();
        match self.next()? {
            b',' => {
                self.blanks();
                Some(true)
            }
            b'}' => Some(false),
            _ => None,
        }
    }

    /// A name of the outermost object that is not the usual one, with its colon.
    fn unusual_name(&mut self, order: &mut Order, wanted: &Names, usual: &mut Usual) -> Option<Cow<'t, str>> {
        if !order.is_lost {
            order.is_lost = true;
            for (place, name) in usual.before(order.next).enumerate() {
                if order.missing & 1 << (place % 64) == 0 && !self.seen.is_new(name.hash ^ FIRST) {
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
    #[inline]
    fn skip(&mut self) -> Option<()> {
        if self.peek()? == b'"' { self.skip_string() } else { self.skip_other() }
    }

    fn skip_other(&mut self) -> Option<()> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.number().map(drop),
            b'{' => self.object(|line, _| line.skip()),
            b'[' => self.array(Self::skip),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => None,
        }
    }

    #[inline]
    fn value(&mut self) -> Option<Claim<'t>> {
        if self.peek()? == b'"' { self.string().map(Claim::Text) } else { self.other_value() }
    }

    fn other_value(&mut self) -> Option<Claim<'t>> {
        Some(match self.peek()? {
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
                let mut elements = Vec::with_capacity(8);
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
        let end = self.quotes.next(start)?;
        if end > self.backslash {
            return self.unescaped().map(Cow::Owned);
        }
        self.at = end + 1;
        self.text.get(start..end).map(Cow::Borrowed)
    }

    #[inline]
    fn skip_string(&mut self) -> Option<()> {
        let end = self.quotes.next(self.at + 1)?;
        if end > self.backslash {
            return self.skip_escaped();
        }
        self.at = end + 1;
        Some(())
    }

    /// A string in which there is an escape.
    #[cold]
    fn skip_escaped(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let end = self.quotes.next(self.at)?;
            if end < self.backslash {
                self.at = end + 1;
                return Some(());
            }
            self.at = self.backslash;
            self.skip_escape()?;
            self.next_backslash();
        }
    }

    /// A string in which there is an escape is the reader's to make.
    #[cold]
    fn unescaped(&mut self) -> Option<String> {
        let (text, end) = json::string_at(self.text, self.at)?;
        self.at = end;
        self.next_backslash();
        Some(text)
    }

    fn next_backslash(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.backslash = memchr::memchr(b'\\', rest).map_or(usize::MAX, |length| self.at + length);
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
        self.at = digits_end(self.bytes, self.at);
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

/// The byte behind a whole number or a word, if one is here.
#[inline]
fn plain_end(bytes: &[u8], at: usize, longest: usize) -> Option<usize> {
    let end = match bytes.get(at)? {
        // One zero alone is a number, too, but a zero more would not be.
        b'1'..=b'9' => digits_end(bytes, at),
        b't' if bytes.get(at..at + 4)? == b"true" => at + 4,
        b'f' if bytes.get(at..at + 5)? == b"false" => at + 5,
        b'n' if bytes.get(at..at + 4)? == b"null" => at + 4,
        _ => return None,
    };
    (end - at <= longest).then_some(end)
}

/// The first byte from one on that is no digit.
#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    // Eight at a time: all of the upper half, and still so when six is added to each.
    const UPPER: u64 = u64::from_ne_bytes([0xf0; 8]);
    const DIGITS: u64 = u64::from_ne_bytes([b'0'; 8]);
    const SIXES: u64 = u64::from_ne_bytes([6; 8]);
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        if word & UPPER != DIGITS || word.wrapping_add(SIXES) & UPPER != DIGITS {
            break;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}
