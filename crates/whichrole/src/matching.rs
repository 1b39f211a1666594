//! Compares a rule with the value of a claim: the only place that does. Statements such as R3 are in `docs/semantics.md`.

use std::borrow::Cow;

use memchr::memmem;

use crate::claims::{Claim, Claims, Value};
use crate::pool::{MappingRule, MatchType};
use crate::search::Search;
use crate::semantics::{ArrayClaims, LetterCase, NonStringClaims, Question, Questions, Semantics};

/// What became of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The token has no such claim, so the rule was not evaluated (R2, R3).
    ClaimAbsent,
    /// The rule matches.
    Matches,
    /// The claim is there and the rule does not match it.
    Differs,
}

impl MappingRule {
    /// Checks this rule against claims. A rule never matches a claim the token lacks, not even with `NotEqual` (R2, R3).
    #[must_use]
    pub fn check(&self, claims: &Claims<'_>, semantics: &Semantics) -> Check {
        self.check_claim(claims.get(&self.claim), semantics)
    }

    /// Checks this rule against the value of its claim.
    pub(crate) fn check_claim(&self, claim: Option<&Claim<'_>>, semantics: &Semantics) -> Check {
        match claim {
            None => Check::ClaimAbsent,
            Some(claim) if Test::new(self.match_type, &self.value).matches(claim, semantics) => Check::Matches,
            Some(_) => Check::Differs,
        }
    }
}

/// An operator and its value, ready to be compared often.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    match_type: MatchType,
    /// Whether `value` is.
    is_ascii: bool,
    /// Whether `value` has a letter that is none of ASCII whatever its case.
    is_foreign: bool,
    value: Box<str>,
    /// `value` in lower case, where that is another text and not a long one: that is made where it is asked for, which seldom happens.
    lower: Option<Box<str>>,
    /// How many bytes longer than `value` a text that passes can be, in the arithmetic that wraps around: a shorter one counts as very long.
    longer: usize,
    /// Of `value`, if it is ASCII.
    letters: Letters,
    /// For `Contains`, unless the value is very long: what is prepared holds it once more, and takes no longer to prepare than to search.
    search: Option<Search>,
}

/// The longest value, in bytes, that is kept in lower case as well.
const LONGEST_LOWER: usize = 256;
/// The longest value, in bytes, for which a search is prepared.
pub(crate) const LONGEST_PREPARED: usize = 65_536;

/// Which letters a text of ASCII has, whatever their case: a bit for each, which digits and signs share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letters(u32);

impl Letters {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |letters, byte| letters | 1 << (byte & 31)))
    }

    /// Whether none of those is missing.
    #[inline]
    fn have(self, those: Self) -> bool {
        those.0 & !self.0 == 0
    }
}

/// What a test says about a text when letter case counts, and when it does not (`letter-case`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByCase {
    pub(crate) sensitive: bool,
    pub(crate) insensitive: bool,
}

impl ByCase {
    pub(crate) const NEITHER: Self = Self { sensitive: false, insensitive: false };

    pub(crate) fn or(self, other: Self) -> Self {
        Self { sensitive: self.sensitive | other.sensitive, insensitive: self.insensitive | other.insensitive }
    }

    pub(crate) fn not(self) -> Self {
        Self { sensitive: !self.sensitive, insensitive: !self.insensitive }
    }
}

impl Test {
    pub(crate) fn new(match_type: MatchType, value: &str) -> Self {
        let lower = if value.len() > LONGEST_LOWER { value.into() } else { lower(value) };
        Self {
            match_type,
            is_ascii: value.is_ascii(),
            is_foreign: is_foreign(value),
            value: value.into(),
            lower: (*lower != *value).then(|| lower.into()),
            longer: match match_type {
                MatchType::Equals => 0,
                MatchType::StartsWith | MatchType::Contains => usize::MAX - value.len(),
                MatchType::NotEqual => usize::MAX,
            },
            letters: Letters::of(value),
            search: (match_type == MatchType::Contains && value.len() <= LONGEST_PREPARED).then(|| Search::new(value)),
        }
    }

    pub(crate) fn match_type(&self) -> MatchType {
        self.match_type
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// `value` in lower case.
    fn lower(&self) -> Cow<'_, str> {
        match &self.lower {
            Some(lower) => Cow::Borrowed(lower),
            None if self.value.len() > LONGEST_LOWER => lower(&self.value),
            None => Cow::Borrowed(&self.value),
        }
    }

    /// Whether the claim passes the test, and which open questions that touches; `letter-case` is looked for only with `ASK`. `text` is what
    /// is compared in the claim's place, where that was made.
    pub(crate) fn matches_asking<const ASK: bool>(
        &self,
        claim: Value<'_>,
        text: Option<&Claim<'_>>,
        semantics: &Semantics,
        touched: &mut Questions,
    ) -> bool {
        let claim = match claim {
            Value::Text(text) => {
                let both = self.both(text);
                if ASK && both.sensitive != both.insensitive {
                    touched.insert(Question::LetterCase);
                }
                return if semantics.letter_case() == LetterCase::Sensitive {
                    both.sensitive
                } else {
                    both.insensitive
                };
            }
            Value::Other(claim) => claim,
        };
        *touched = touched.union(kind_question(claim));
        let compared = text.unwrap_or(claim);
        if ASK && self.differs_by_case(compared, semantics) {
            touched.insert(Question::LetterCase);
        }
        self.matches(compared, semantics)
    }

    /// Whether the claim passes the test under these semantics (R6 to R10).
    pub(crate) fn matches(&self, claim: &Claim<'_>, semantics: &Semantics) -> bool {
        match claim {
            Claim::Text(text) => self.matches_text(text, semantics),
            Claim::Array(elements) => self.matches_array(claim, elements, semantics),
            other => self.matches_other(other, semantics),
        }
    }

    /// R8, `array-claims`. Only string elements count.
    fn matches_array(&self, claim: &Claim<'_>, elements: &[Claim<'_>], semantics: &Semantics) -> bool {
        let mut texts = elements.iter().filter_map(Claim::as_text);
        match (semantics.array_claims(), self.match_type) {
            (ArrayClaims::ContainsElement | ArrayClaims::PerElement, MatchType::Contains)
            | (ArrayClaims::PerElement, MatchType::Equals | MatchType::StartsWith) => {
                texts.any(|text| self.matches_text(text, semantics))
            }
            (ArrayClaims::Membership, MatchType::Contains) => texts.any(|text| self.equals(text, semantics)),
            (ArrayClaims::PerElement, MatchType::NotEqual) => !texts.any(|text| self.equals(text, semantics)),
            (ArrayClaims::ContainsElement | ArrayClaims::Membership, _) => false,
            (ArrayClaims::JsonText, _) => self.matches_text(&claim.to_json(), semantics),
            (ArrayClaims::ListText, _) => self.matches_text(&claim.to_list_text(), semantics),
        }
    }

    /// R9, `non-string-claims`: booleans, numbers, objects and null.
    fn matches_other(&self, claim: &Claim<'_>, semantics: &Semantics) -> bool {
        match (semantics.non_string_claims(), claim) {
            (NonStringClaims::Never, _) => false,
            (_, Claim::Number(number)) => self.matches_text(number, semantics),
            (_, Claim::Bool(value)) => self.matches_text(if *value { "true" } else { "false" }, semantics),
            (NonStringClaims::JsonText, other) => self.matches_text(&other.to_json(), semantics),
            // An object never matches, and null is absent.
            (NonStringClaims::Text, _) => false,
        }
    }

    /// R6, R7, R10: text against text, literally.
    fn matches_text(&self, text: &str, semantics: &Semantics) -> bool {
        match semantics.letter_case() {
            LetterCase::Sensitive => self.holds_for(text),
            LetterCase::Insensitive => match self.match_type {
                MatchType::Equals => self.agrees(text, Extent::Whole),
                MatchType::NotEqual => !self.agrees(text, Extent::Whole),
                MatchType::StartsWith => self.agrees(text, Extent::Start),
                // Each character of ASCII in lower case comes of a byte of the text at least.
                MatchType::Contains if self.is_ascii && text.len() <= self.value.len() => {
                    text.len() == self.value.len() && self.agrees(text, Extent::Whole)
                }
                // Lower case is at most half as long again, and at least a third.
                MatchType::Contains if text.len().saturating_mul(9) < self.value.len().saturating_mul(2) => false,
                MatchType::Contains => lower(text).contains(&*self.lower()),
            },
        }
    }

    /// Whether a text is the value, or begins with it, whatever the letter case.
    fn agrees(&self, text: &str, extent: Extent) -> bool {
        agree(text, &self.value, extent).unwrap_or_else(|| {
            let (text, value) = (lower(text), self.lower());
            match extent {
                Extent::Whole => text == value,
                Extent::Start => text.starts_with(&*value),
            }
        })
    }

    /// R6, R7: text against text as it is. Most texts have another length or another first byte than the value, which takes no call to see.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call for each rule costs half as much again as all of this")]
    pub(crate) fn holds_for(&self, text: &str) -> bool {
        let (text, value) = (text.as_bytes(), self.value.as_bytes());
        if self.has_other_length(text) {
            return false;
        }
        match self.match_type {
            MatchType::Equals => text == value,
            MatchType::NotEqual => text.len() != value.len() || text != value,
            MatchType::StartsWith => (value.is_empty() || text.first() == value.first()) && text.starts_with(value),
            MatchType::Contains if text.len() == value.len() => text == value,
            MatchType::Contains => match &self.search {
                Some(search) => search.is_in(text),
                None => memmem::find(text, value).is_some(),
            },
        }
    }

    /// Whether a text is too short or too long to pass.
    #[inline]
    fn has_other_length(&self, text: &[u8]) -> bool {
        text.len().wrapping_sub(self.value.len()) > self.longer
    }

    /// Whether a text of ASCII is so unlike the value that the test fails in any letter case, as far as takes no call to see. Most texts have
    /// another length or another letter at one of their ends, or lack a letter of the value. `letters` are those of the text.
    #[inline]
    pub(crate) fn is_far(&self, text: &str, letters: impl FnOnce() -> Letters) -> bool {
        let (text, value) = (text.as_bytes(), self.value.as_bytes());
        let alike = |one: Option<&u8>, other: Option<&u8>| match (one, other) {
            (Some(one), Some(other)) => one | 0x20 == other | 0x20,
            _ => true,
        };
        self.is_ascii
            && (self.has_other_length(text)
                || match self.match_type {
                    MatchType::Equals => !alike(text.first(), value.first()) || !alike(text.last(), value.last()),
                    MatchType::NotEqual => false,
                    MatchType::StartsWith => !alike(text.first(), value.first()),
                    MatchType::Contains => !letters().have(self.letters),
                })
    }

    /// Both outcomes for a text at once (R6, R7, R10).
    pub(crate) fn both(&self, text: &str) -> ByCase {
        // What is long is compared as it comes, and going through it to know whether it is ASCII takes longer than most comparisons.
        if text.len() > SHORT { self.both_of_long(text) } else { self.both_of(text, text.is_ascii()) }
    }

    /// The same where it is known whether the text is ASCII.
    pub(crate) fn both_of(&self, text: &str, is_ascii: bool) -> ByCase {
        if is_ascii && self.is_foreign {
            return self.both_of_another();
        }
        // What a long text costs here grows with the value, too; that is bounded as long as the text is.
        if !self.is_ascii || !is_ascii || text.len() > SHORT {
            let is_whole = matches!(self.match_type, MatchType::Equals | MatchType::NotEqual);
            if is_whole && self.is_ascii && is_foreign(text) {
                return self.both_of_another();
            }
            return self.both_of_long(text);
        }
        match self.match_type {
            MatchType::Equals => ascii_equal(text.as_bytes(), self.value.as_bytes()),
            MatchType::NotEqual => ascii_equal(text.as_bytes(), self.value.as_bytes()).not(),
            MatchType::StartsWith => text
                .as_bytes()
                .get(..self.value.len())
                .map_or(ByCase::NEITHER, |start| ascii_equal(start, self.value.as_bytes())),
            MatchType::Contains if text.len() < self.value.len() => ByCase::NEITHER,
            MatchType::Contains => self
                .search
                .as_ref()
                .map_or(ByCase::NEITHER, |search| search.both(text.as_bytes(), self.value.as_bytes())),
        }
    }

    fn both_of_long(&self, text: &str) -> ByCase {
        ByCase {
            sensitive: self.holds_for(text),
            insensitive: self.matches_text(text, &Semantics::default().with(LetterCase::Insensitive.into())),
        }
    }

    /// Both outcomes for a text that neither is the value nor has it in it, whatever the letter case.
    fn both_of_another(&self) -> ByCase {
        if self.match_type == MatchType::NotEqual { ByCase::NEITHER.not() } else { ByCase::NEITHER }
    }

    /// Whether an element is the value, whatever the operator, both ways at once.
    pub(crate) fn both_equal(&self, text: &str) -> ByCase {
        if self.is_ascii && text.is_ascii() {
            return ascii_equal(text.as_bytes(), self.value.as_bytes());
        }
        ByCase { sensitive: text == &*self.value, insensitive: self.agrees(text, Extent::Whole) }
    }

    /// Whether an element is the value, whatever the operator.
    fn equals(&self, text: &str, semantics: &Semantics) -> bool {
        match semantics.letter_case() {
            LetterCase::Sensitive => text == &*self.value,
            LetterCase::Insensitive => self.agrees(text, Extent::Whole),
        }
    }

    /// Whether letter case changes the outcome of the test as a whole: only there does `letter-case` arise.
    pub(crate) fn differs_by_case(&self, claim: &Claim<'_>, semantics: &Semantics) -> bool {
        if let Claim::Text(text) = claim {
            let both = self.both(text);
            return both.sensitive != both.insensitive;
        }
        let under = |case: LetterCase| self.matches(claim, &semantics.with(case.into()));
        under(LetterCase::Sensitive) != under(LetterCase::Insensitive)
    }
}

/// The question that a claim raises by its kind wherever a rule tests it, where it is no text (R8, R9).
pub(crate) fn kind_question(claim: &Claim<'_>) -> Questions {
    match claim {
        Claim::Array(_) => Question::ArrayClaims.into(),
        _ => Question::NonStringClaims.into(),
    }
}

fn ascii_equal(text: &[u8], value: &[u8]) -> ByCase {
    if text.len() != value.len() {
        return ByCase::NEITHER;
    }
    let sensitive = text == value;
    ByCase { sensitive, insensitive: sensitive || text.eq_ignore_ascii_case(value) }
}

/// Whether a text has a character that is none of ASCII in lower case either: all but one are not, which is the sign for kelvin.
fn is_foreign(text: &str) -> bool {
    text.chars().any(|c| !c.is_ascii() && c != '\u{212a}')
}

/// The longest text, in bytes, for which both cases are compared at once.
const SHORT: usize = 1024;

/// How much of a text has to be the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Start,
}

/// Whether a text is a value in lower case, or begins with it, found out no further than they agree. `None` where a sigma leaves it open:
/// what a capital one becomes depends on what is around it.
fn agree(text: &str, value: &str, extent: Extent) -> Option<bool> {
    let alike = text
        .bytes()
        .zip(value.bytes())
        .take_while(|(one, other)| one.is_ascii() && other.is_ascii() && one.eq_ignore_ascii_case(other));
    let alike = alike.count();
    let (text, value) = (text.get(alike..)?.chars(), value.get(alike..)?.chars());
    let (mut text, mut value) = (text.flat_map(char::to_lowercase), value.flat_map(char::to_lowercase));
    let is_sigma = |c| matches!(c, 'σ' | 'ς');
    let mut is_open = false;
    loop {
        match (text.next(), value.next()) {
            (one, None) => {
                let is_it = extent == Extent::Start || one.is_none();
                return (!is_open || !is_it).then_some(is_it);
            }
            (Some(one), Some(other)) if is_sigma(one) && is_sigma(other) => is_open = true,
            (Some(one), Some(other)) if one == other => {}
            _ => return Some(false),
        }
    }
}

/// Lower case as `str::to_lowercase` makes it, borrowed where nothing changes.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

#[cfg(test)]
mod tests;
