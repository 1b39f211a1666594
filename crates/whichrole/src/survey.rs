//! What the rules of a mapping give under every combination of choices at once.
//!
//! Three questions decide whether a rule matches: `array-claims`, `non-string-claims` and `letter-case`, with thirty combinations. A rule is not
//! tried thirty times: for text there are two outcomes at most, and for an array ten. They are written down as the set of combinations
//! under which the rule matches, one bit each, and each combination ends at the first rule that has its bit. One walk over the rules
//! so gives every answer, and mostly it is over as soon as a single decision would be.

use crate::claims::{Claim, Value};
use crate::matching::{ByCase, Letters, Test, kind_question};
use crate::plan::{Plan, Slots};
use crate::pool::MatchType;
use crate::semantics::{ArrayClaims, Choice, NonStringClaims, Question, Questions, Semantics};

/// A set of combinations. The number of one is `array-claims` × 6 + `non-string-claims` × 2 + `letter-case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Combinations(u32);

const ALL: u32 = (1 << 30) - 1;
const SENSITIVE: u32 = 0x5555_5555 & ALL;
const INSENSITIVE: u32 = 0xaaaa_aaaa & ALL;
/// Of the first choice of each of the other two questions.
const FIRST_ARRAY: u32 = 0b11_1111;
const FIRST_OTHER: u32 = 0b00_0011 * 0x0104_1041;

impl Combinations {
    fn of_arrays(choice: ArrayClaims) -> Self {
        Self(FIRST_ARRAY << (choice as u32 * 6))
    }

    fn of_others(choice: NonStringClaims) -> Self {
        Self(FIRST_OTHER << (choice as u32 * 2))
    }

    /// Those of this set where a test has the outcome that letter case gives it.
    fn matching(self, outcome: ByCase) -> Self {
        let sensitive = if outcome.sensitive { SENSITIVE } else { 0 };
        let insensitive = if outcome.insensitive { INSENSITIVE } else { 0 };
        Self(self.0 & (sensitive | insensitive))
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The one in force.
    fn base(semantics: &Semantics) -> Self {
        let at = semantics.array_claims() as u32 * 6 + semantics.non_string_claims() as u32 * 2;
        Self(1 << (at + semantics.letter_case() as u32))
    }

    /// Those that leave what the user fixed as it is.
    fn possible(semantics: &Semantics) -> Self {
        let base = Self::base(semantics);
        let fixed = semantics.assumed();
        let mut all = Self(ALL);
        if fixed.contains(Question::ArrayClaims) {
            all = all.and(Self::of_arrays(semantics.array_claims()));
        }
        if fixed.contains(Question::NonStringClaims) {
            all = all.and(Self::of_others(semantics.non_string_claims()));
        }
        if fixed.contains(Question::LetterCase) {
            all = all.and(Self(if base.0 & SENSITIVE == 0 { INSENSITIVE } else { SENSITIVE }));
        }
        all
    }

    /// The smallest change of choices that leads from those in force to one of this set: the fewest questions, then those first in the table.
    pub(crate) fn nearest(self, semantics: &Semantics) -> Vec<Choice> {
        let changes = |number: u32| -> Vec<Choice> {
            let pick = |question: Question, index: u32| Choice::all_of(question).nth(index as usize);
            let choices = [
                pick(Question::ArrayClaims, number / 6),
                pick(Question::NonStringClaims, number / 2 % 3),
                pick(Question::LetterCase, number % 2),
            ];
            choices.into_iter().flatten().filter(|choice| *choice != semantics.choice(choice.question())).collect()
        };
        let all = (0..30).filter(|number| self.0 & 1 << number != 0).map(changes);
        all.min_by(|a, b| (a.len(), a).cmp(&(b.len(), b))).unwrap_or_default()
    }
}

/// Where the rules of a mapping lead.
#[derive(Debug)]
pub(crate) struct Survey {
    /// The rule that matches first, by its place, under the choices in force.
    pub(crate) base: Option<usize>,
    /// What the choices in force lean on.
    pub(crate) touched: Questions,
    /// The other rules that match first, each with the combinations where it does; `None`: no rule matches there.
    pub(crate) others: Vec<(Option<usize>, Combinations)>,
}

impl Survey {
    /// Walks the rules until every combination has found its own, or there are no more.
    pub(crate) fn of(plan: &Plan, slots: &Slots<'_>, semantics: &Semantics) -> Self {
        // Which kind of slots there are is asked once, not for every test.
        match slots {
            Slots::Few(few) => Walk::along(plan, semantics, |slot| few.get(slot).copied().flatten().map(Value::of)),
            Slots::Scanned(token) => Walk::along(plan, semantics, |slot| token.value(slot)),
            other => Walk::along(plan, semantics, |slot| other.get(slot)),
        }
    }
}

/// A survey on its way.
struct Walk {
    survey: Survey,
    base: Combinations,
    /// The combinations that have found no rule yet.
    open: Combinations,
    /// Whether the one in force is among them.
    is_open: bool,
    texts: Texts,
}

impl Walk {
    #[inline]
    fn along<'v>(plan: &Plan, semantics: &Semantics, value: impl Fn(usize) -> Option<Value<'v>>) -> Survey {
        let mut walk = Self {
            survey: Survey { base: None, touched: Questions::NONE, others: Vec::new() },
            base: Combinations::base(semantics),
            open: Combinations::possible(semantics),
            is_open: true,
            texts: Texts::default(),
        };
        let mut looks = Looks::default();
        for (number, (slot, test)) in plan.tests.iter().enumerate() {
            let Some(claim) = value(*slot) else { continue };
            let mut is_ascii = false;
            if let Value::Text(text) = claim {
                is_ascii = looks.is_ascii(*slot, text);
                // Nearly every rule is passed by here.
                if is_ascii && test.is_far(text, || looks.letters(*slot, text)) {
                    continue;
                }
            }
            walk.meet(number, *slot, test, claim, is_ascii);
            if walk.open.is_empty() {
                return walk.survey;
            }
        }
        if !walk.is_open {
            walk.survey.others.push((None, walk.open));
        }
        walk.survey
    }

    /// A rule whose claim the token has.
    #[inline(never)]
    fn meet(&mut self, number: usize, slot: usize, test: &Test, claim: Value<'_>, is_ascii: bool) {
        let matching = match claim {
            Value::Text(text) => match test.both_of(text, is_ascii) {
                ByCase::NEITHER => return,
                outcome => Combinations(ALL).matching(outcome),
            },
            Value::Other(claim @ Claim::Array(elements)) => array(test, claim, elements, self.texts.of(slot)),
            Value::Other(other) => scalar(test, other, self.texts.of(slot)),
        };
        if self.is_open {
            if let Value::Other(claim) = claim {
                self.survey.touched = self.survey.touched.union(kind_question(claim));
            }
            // The two combinations that differ in letter case only stand side by side.
            let base = self.base.0;
            let pair = base | (base & SENSITIVE) << 1 | (base & INSENSITIVE) >> 1;
            if !matches!((matching.0 & pair).count_ones(), 0 | 2) {
                self.survey.touched.insert(Question::LetterCase);
            }
        }
        let ending = self.open.and(matching);
        if ending.is_empty() {
            return;
        }
        self.open = self.open.without(matching);
        if self.is_open && !ending.and(self.base).is_empty() {
            self.is_open = false;
            self.survey.base = Some(number);
        } else {
            self.survey.others.push((Some(number), ending));
        }
    }
}

/// The combinations under which a test matches an array (R8). `json` and `list` are the texts that two of the choices compare.
fn array(test: &Test, claim: &Claim<'_>, elements: &[Claim<'_>], texts: &mut [Option<String>; 2]) -> Combinations {
    let texts_of = || elements.iter().filter_map(Claim::as_text);
    let any = |look: &dyn Fn(&str) -> ByCase| texts_of().fold(ByCase::NEITHER, |all, text| all.or(look(text)));
    let some_matches = || any(&|text| test.both(text));
    let some_equals = || any(&|text| test.both_equal(text));
    let (contains, member, each) = match test.match_type() {
        MatchType::Contains => {
            let outcome = some_matches();
            (outcome, some_equals(), outcome)
        }
        MatchType::Equals | MatchType::StartsWith => (ByCase::NEITHER, ByCase::NEITHER, some_matches()),
        MatchType::NotEqual => (ByCase::NEITHER, ByCase::NEITHER, some_equals().not()),
    };
    let [json, list] = texts;
    let json = test.both(json.get_or_insert_with(|| claim.to_json()));
    let list = test.both(list.get_or_insert_with(|| claim.to_list_text()));
    [
        (ArrayClaims::ContainsElement, contains),
        (ArrayClaims::Membership, member),
        (ArrayClaims::PerElement, each),
        (ArrayClaims::JsonText, json),
        (ArrayClaims::ListText, list),
    ]
    .into_iter()
    .map(|(choice, outcome)| Combinations::of_arrays(choice).matching(outcome))
    .fold(Combinations(0), Combinations::or)
}

/// The combinations under which a test matches a number, boolean, object or null (R9).
fn scalar(test: &Test, claim: &Claim<'_>, [json, _]: &mut [Option<String>; 2]) -> Combinations {
    let as_json = test.both(json.get_or_insert_with(|| claim.to_json()));
    let as_text = if matches!(claim, Claim::Number(_) | Claim::Bool(_)) { as_json } else { ByCase::NEITHER };
    let text = Combinations::of_others(NonStringClaims::Text).matching(as_text);
    text.or(Combinations::of_others(NonStringClaims::JsonText).matching(as_json))
}

/// What is known of texts, found out once for each of the first claims.
#[derive(Default)]
struct Looks {
    known: u32,
    ascii: u32,
    letters: [Option<Letters>; 32],
}

impl Looks {
    #[inline]
    fn is_ascii(&mut self, slot: usize, text: &str) -> bool {
        if slot >= self.letters.len() {
            return text.is_ascii();
        }
        let bit = 1 << slot;
        if self.known & bit == 0 {
            self.known |= bit;
            self.ascii |= if is_ascii(text.as_bytes()) { bit } else { 0 };
        }
        self.ascii & bit != 0
    }

    #[inline]
    fn letters(&mut self, slot: usize, text: &str) -> Letters {
        match self.letters.get_mut(slot) {
            Some(known) => *known.get_or_insert_with(|| Letters::of(text)),
            None => Letters::of(text),
        }
    }
}

/// The same as the method of slices, in fewer steps where they are short.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<8>() else { return text.iter().fold(0, |all, byte| all | byte) < 0x80 };
    let (words, _) = text.as_chunks::<8>();
    let all = words.iter().fold(u64::from_ne_bytes(*last), |all, word| all | u64::from_ne_bytes(*word));
    all & 0x8080_8080_8080_8080 == 0
}

/// The texts that arrays and objects are compared as, made once for each claim.
#[derive(Default)]
struct Texts(Vec<(usize, [Option<String>; 2])>);

impl Texts {
    /// The compact JSON and the list text of a claim, as far as they were made.
    fn of(&mut self, slot: usize) -> &mut [Option<String>; 2] {
        let at = self.0.iter().position(|(known, _)| *known == slot).unwrap_or_else(|| {
            self.0.push((slot, [None, None]));
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was just found or made")]
        &mut self.0[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_ascii_as_the_standard_library_says() {
        for length in 0..40 {
            let mut text = vec![b'a'; length];
            assert!(is_ascii(&text));
            for at in 0..length {
                text[at] = 0x80;
                assert!(!is_ascii(&text), "{length} {at}");
                text[at] = b'a';
            }
        }
    }
}
