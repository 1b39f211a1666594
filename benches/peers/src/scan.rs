//! The least that reading claims can cost: a scanner written by hand for these rules and this machine.
//!
//! One pass over each line checks all of it as strictly as RFC 8259 asks, UTF-8 and surrogates included, and notes where the values of
//! the claims stand that rules test. It takes every liberty that whichrole does not: unsafe code throughout, the *last* of two claims with one
//! name, no limits but depth, no login checks, no words about what is wrong with a line.

#![expect(clippy::cast_ptr_alignment, reason = "`_mm_loadu_si128` takes any address")]
#![expect(unsafe_code, reason = "the point of this file is to leave out what the compiler cannot see is superfluous")]

use std::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
};
use std::slice;

use whichrole::MatchType;

use crate::rules::Rules;

/// The bytes that must be readable before and after a line.
pub const PADDING: usize = 64;
/// Nesting below the claims object; as deep as whichrole goes.
const DEPTH: usize = 31;
const TABLE: usize = 64;

/// The rules, a table to find their claims by name, and memory that is used again.
pub struct Scanner<'r> {
    rules: &'r Rules,
    names: Names,
    found: Vec<Found>,
    /// Texts without their escapes. A text never gets longer by that, so with room for a line nothing moves.
    unescaped: Vec<u8>,
}

/// The value of a claim, by address: into the line or into `unescaped`, valid until the next line.
#[derive(Clone, Copy)]
enum Found {
    Absent,
    Text(*const u8, usize),
    Array(*const u8, usize),
}

impl<'r> Scanner<'r> {
    /// Prepares rules.
    #[must_use]
    pub fn new(rules: &'r Rules) -> Self {
        let found = vec![Found::Absent; rules.claims.len()];
        Self { rules, names: Names::new(&rules.claims), found, unescaped: Vec::new() }
    }

    /// The number of the rule that decides a line, 0 if none does, `None` if the line is no JSON object.
    ///
    /// # Panics
    /// Unless the line is followed by a line feed and has [`PADDING`] bytes on both sides.
    #[must_use]
    pub fn decide(&mut self, buffer: &[u8], start: usize, end: usize) -> Option<usize> {
        assert!(start >= PADDING && end >= start && end + PADDING <= buffer.len() && buffer[end] == b'\n');
        simdutf8::basic::from_utf8(&buffer[start..end]).ok()?;
        self.unescaped.clear();
        // In front of a name there have to be bytes to read.
        self.unescaped.resize(8, 0);
        self.unescaped.reserve(end - start);
        self.found.fill(Found::Absent);
        // SAFETY: the line is followed by a line feed and padding. No loop steps over a line feed: in strings it is a control character, and
        // elsewhere it is no part of any token and no blank. What is read beyond it, at most 16 bytes, is padding.
        unsafe {
            let mut cursor = Cursor(buffer.as_ptr().add(start));
            let whole = cursor.claims(&self.names, &mut self.found, &mut self.unescaped).is_some();
            if !whole || cursor.0 != buffer.as_ptr().add(end) {
                return None;
            }
        }
        Some(self.rules.first(|rule| match self.found[rule.slot] {
            // SAFETY: the addresses are from this line, and neither the buffer nor `unescaped` has changed.
            Found::Text(at, length) => rule.matches_text(unsafe { slice::from_raw_parts(at, length) }),
            Found::Array(at, length) => {
                let json = unsafe { slice::from_raw_parts(at, length) };
                rule.operator == MatchType::Contains && any_text(json, |text| rule.matches_text(text))
            }
            Found::Absent => false,
        }))
    }
}

/// Where a line is being read.
struct Cursor(*const u8);

impl Cursor {
    #[inline]
    unsafe fn peek(&self) -> u8 {
        unsafe { *self.0 }
    }

    #[inline]
    unsafe fn step(&mut self, bytes: usize) {
        self.0 = unsafe { self.0.add(bytes) };
    }

    #[inline]
    unsafe fn blanks(&mut self) {
        unsafe {
            while self.peek() <= b' ' && matches!(self.peek(), b' ' | b'\t' | b'\r') {
                self.step(1);
            }
        }
    }

    #[inline]
    unsafe fn expect(&mut self, byte: u8) -> Option<()> {
        unsafe {
            if self.peek() != byte {
                return None;
            }
            self.step(1);
            Some(())
        }
    }

    /// A whole line: blanks, the claims object, blanks.
    unsafe fn claims(&mut self, names: &Names, found: &mut [Found], unescaped: &mut Vec<u8>) -> Option<()> {
        unsafe {
            self.blanks();
            self.expect(b'{')?;
            self.blanks();
            if self.peek() == b'}' {
                self.step(1);
                self.blanks();
                return Some(());
            }
            loop {
                self.expect(b'"')?;
                let name = self.0;
                let escaped = self.string()?;
                let length = self.0.offset_from_unsigned(name) - 1;
                let slot = if escaped {
                    let (name, length) = unescape_into(unescaped, slice::from_raw_parts(name, length));
                    names.find(name, length)
                } else {
                    names.find(name, length)
                };
                self.blanks();
                self.expect(b':')?;
                self.blanks();
                match slot {
                    Some(slot) => *found.get_unchecked_mut(slot) = self.claim(unescaped)?,
                    None => self.value(DEPTH)?,
                }
                self.blanks();
                if self.peek() == b',' {
                    self.step(1);
                    self.blanks();
                    continue;
                }
                self.expect(b'}')?;
                self.blanks();
                return Some(());
            }
        }
    }

    /// The value of a claim that a rule tests.
    unsafe fn claim(&mut self, unescaped: &mut Vec<u8>) -> Option<Found> {
        unsafe {
            let at = self.0;
            if self.peek() == b'"' {
                self.step(1);
                let escaped = self.string()?;
                let (text, length) = (at.add(1), self.0.offset_from_unsigned(at) - 2);
                if escaped {
                    let (text, length) = unescape_into(unescaped, slice::from_raw_parts(text, length));
                    return Some(Found::Text(text, length));
                }
                return Some(Found::Text(text, length));
            }
            self.value(DEPTH)?;
            let length = self.0.offset_from_unsigned(at);
            Some(match *at {
                b'[' => Found::Array(at, length),
                b'{' | b'n' => Found::Absent,
                _ => Found::Text(at, length),
            })
        }
    }

    /// Any value, checked and skipped.
    unsafe fn value(&mut self, depth: usize) -> Option<()> {
        unsafe {
            match self.peek() {
                b'"' => {
                    self.step(1);
                    self.string().map(drop)
                }
                b'{' => self.nested(depth, b'}', |cursor| {
                    cursor.expect(b'"')?;
                    cursor.string()?;
                    cursor.blanks();
                    cursor.expect(b':')?;
                    cursor.blanks();
                    cursor.value(depth - 1)
                }),
                b'[' => self.nested(depth, b']', |cursor| cursor.value(depth - 1)),
                b't' => self.word(b"true"),
                b'f' => {
                    self.step(1);
                    self.word(b"alse")
                }
                b'n' => self.word(b"null"),
                _ => self.number(),
            }
        }
    }

    #[inline]
    unsafe fn nested(&mut self, depth: usize, close: u8, item: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        unsafe {
            if depth == 0 {
                return None;
            }
            self.step(1);
            self.blanks();
            if self.peek() == close {
                self.step(1);
                return Some(());
            }
            loop {
                item(self)?;
                self.blanks();
                if self.peek() == b',' {
                    self.step(1);
                    self.blanks();
                    continue;
                }
                return self.expect(close);
            }
        }
    }

    #[inline]
    unsafe fn word(&mut self, word: &[u8; 4]) -> Option<()> {
        unsafe {
            if self.0.cast::<[u8; 4]>().read() != *word {
                return None;
            }
            self.step(4);
            Some(())
        }
    }

    unsafe fn number(&mut self) -> Option<()> {
        unsafe {
            if self.peek() == b'-' {
                self.step(1);
            }
            if self.peek() == b'0' {
                self.step(1);
            } else {
                self.digits()?;
            }
            if self.peek() == b'.' {
                self.step(1);
                self.digits()?;
            }
            if matches!(self.peek(), b'e' | b'E') {
                self.step(1);
                if matches!(self.peek(), b'+' | b'-') {
                    self.step(1);
                }
                self.digits()?;
            }
            Some(())
        }
    }

    #[inline]
    unsafe fn digits(&mut self) -> Option<()> {
        unsafe {
            if !self.peek().is_ascii_digit() {
                return None;
            }
            while self.peek().is_ascii_digit() {
                self.step(1);
            }
            Some(())
        }
    }

    /// The rest of a string after its first quote, and whether there are escapes in it.
    #[inline]
    unsafe fn string(&mut self) -> Option<bool> {
        unsafe {
            let quote = _mm_set1_epi8(b'"'.cast_signed());
            let backslash = _mm_set1_epi8(b'\\'.cast_signed());
            let control = _mm_set1_epi8(0x1f);
            let mut escaped = false;
            loop {
                let bytes = _mm_loadu_si128(self.0.cast::<__m128i>());
                let ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
                let ends = _mm_or_si128(ends, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
                let mask = _mm_movemask_epi8(ends);
                if mask == 0 {
                    self.step(16);
                    continue;
                }
                self.step(mask.trailing_zeros() as usize);
                match self.peek() {
                    b'"' => {
                        self.step(1);
                        return Some(escaped);
                    }
                    b'\\' => {
                        escaped = true;
                        self.escape()?;
                    }
                    _ => return None,
                }
            }
        }
    }

    #[cold]
    unsafe fn escape(&mut self) -> Option<()> {
        unsafe {
            match *self.0.add(1) {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.step(2),
                b'u' => match self.unit()? {
                    0xD800..=0xDBFF if *self.0 == b'\\' && *self.0.add(1) == b'u' => {
                        (0xDC00..=0xDFFF).contains(&self.unit()?).then_some(())?;
                    }
                    0xD800..=0xDFFF => return None,
                    _ => {}
                },
                _ => return None,
            }
            Some(())
        }
    }

    /// `\uXXXX`, the first two bytes known.
    unsafe fn unit(&mut self) -> Option<u32> {
        unsafe {
            let mut unit = 0;
            for at in 2..6 {
                unit = unit << 4 | char::from(*self.0.add(at)).to_digit(16)?;
            }
            self.step(6);
            Some(unit)
        }
    }
}

/// Names in a table without collisions, found by their length and last bytes.
struct Names {
    known: Vec<Vec<u8>>,
    multiplier: u64,
    /// The number of the name in a place, plus one.
    table: [u8; TABLE],
}

impl Names {
    fn new(names: &[String]) -> Self {
        let padded: Vec<Vec<u8>> = names.iter().map(|name| [&[0; 8], name.as_bytes()].concat()).collect();
        let mut multiplier = 0x9E37_79B9_7F4A_7C15_u64;
        loop {
            let mut table = [0; TABLE];
            let free = padded.iter().zip(1..).all(|(name, number)| {
                // SAFETY: there are eight bytes before the name.
                let place = place(unsafe { tail(name.as_ptr().add(8), name.len() - 8) }, name.len() - 8, multiplier);
                std::mem::replace(&mut table[place], number) == 0
            });
            if free {
                return Self { known: names.iter().map(|name| name.clone().into_bytes()).collect(), multiplier, table };
            }
            multiplier = multiplier.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(2);
        }
    }

    #[inline]
    unsafe fn find(&self, name: *const u8, length: usize) -> Option<usize> {
        unsafe {
            let number = self.table[place(tail(name, length), length, self.multiplier)];
            let slot = usize::from(number).checked_sub(1)?;
            (self.known.get_unchecked(slot).as_slice() == slice::from_raw_parts(name, length)).then_some(slot)
        }
    }
}

/// The last eight bytes of a name, or all of it; eight bytes before it are readable.
#[inline]
unsafe fn tail(name: *const u8, length: usize) -> u64 {
    let bytes = unsafe { name.add(length).sub(8).cast::<u64>().read_unaligned() };
    if length >= 8 { bytes } else { bytes.checked_shr(64 - 8 * u32::try_from(length).unwrap_or(0)).unwrap_or(0) }
}

#[inline]
fn place(tail: u64, length: usize, multiplier: u64) -> usize {
    ((tail ^ length as u64).wrapping_mul(multiplier) >> 58) as usize
}

/// Adds a text without its escapes; the text has been checked, and there is room for it.
#[cold]
fn unescape_into(unescaped: &mut Vec<u8>, text: &[u8]) -> (*const u8, usize) {
    let start = unescaped.len();
    unescape(text, unescaped);
    (unescaped[start..].as_ptr(), unescaped.len() - start)
}

fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let unit =
        |digits: &[u8]| digits.iter().fold(0, |unit, digit| unit << 4 | char::from(*digit).to_digit(16).unwrap_or(0));
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (byte, used) = match rest[at + 1] {
            b'u' => {
                let mut code = unit(&rest[at + 2..at + 6]);
                let mut used = 6;
                if (0xD800..0xDC00).contains(&code) {
                    code = 0x10000 + ((code - 0xD800) << 10) + (unit(&rest[at + 8..at + 12]) - 0xDC00);
                    used = 12;
                }
                let letter = char::from_u32(code).unwrap_or_default();
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[at + used..];
                continue;
            }
            b'b' => (8, 2),
            b'f' => (12, 2),
            b'n' => (b'\n', 2),
            b'r' => (b'\r', 2),
            b't' => (b'\t', 2),
            other => (other, 2),
        };
        out.push(byte);
        rest = &rest[at + used..];
    }
    out.extend_from_slice(rest);
}

/// Whether one of the strings of an array passes; the array has been checked.
fn any_text(json: &[u8], passes: impl Fn(&[u8]) -> bool) -> bool {
    let mut depth = 0;
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b'"' => {
                let start = at + 1;
                at = start;
                while json[at] != b'"' {
                    at += if json[at] == b'\\' { 2 } else { 1 };
                }
                let text = &json[start..at];
                let escaped = memchr::memchr(b'\\', text).is_some();
                let found = depth == 1
                    && if escaped {
                        let mut out = Vec::new();
                        unescape(text, &mut out);
                        passes(&out)
                    } else {
                        passes(text)
                    };
                if found {
                    return true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}
