//! Finds a value of one claim that passes some tests and fails others, or proves that there is none.
//!
//! Every value that is found has been put to the tests themselves (`matching.rs`), so it is never wrong. That nothing was overlooked is
//! the argument of `layout.rs` for texts, and for arrays: each test that must hold needs one element, and those that must not bind all.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::layout::{Pieces, layouts};
use super::work::{Work, steps_of_test};
use crate::claims::Claim;
use crate::matching::Test;
use crate::pool::{Group, MatchType};
use crate::provider::ProviderKey;
use crate::semantics::{ArrayClaims, LetterCase, Semantics};
use crate::unicode::is_tag_character;

/// The steps that looking for a text in a known group's counts for.
const COST_OF_FAMILIAR: usize = 4;

/// A test of the claim that must, or must not, hold. A test that must not hold demands no value at all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literal<'t> {
    pub(crate) test: &'t Test,
    pub(crate) semantics: &'t Semantics,
    pub(crate) holds: bool,
}

impl Literal<'_> {
    pub(crate) fn accepts(&self, value: &Claim<'_>) -> bool {
        self.test.matches(value, self.semantics) == self.holds
    }

    /// The same, and counts what it takes.
    fn accepts_for(&self, value: &Claim<'_>, work: &Work) -> bool {
        work.add(steps_of_test(self.test, value, self.semantics));
        self.accepts(value)
    }
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found<T> {
    Yes(T),
    /// Proved: there is none.
    No,
    Undecided(NotDecided),
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotDecided {
    /// The search went past its bounds: 20,000 texts or 8 MiB of text for one claim, 10,000 claims, 4,096 alternatives of a condition, 4,000
    /// logins, 10,000 classes of change or 12 MiB of their requests in a comparison, 100 million steps in all.
    TooLarge,
    /// Nothing was found, and a complete search is not known: tests under several readings meet in one claim, or tests of an array's text
    /// can only be met by arrays that the search does not build.
    Incomplete,
    /// A guest would show it, and whether the pool takes guests is left to something that is not known
    /// ([`IdentityPool::guests_depend_on`](crate::IdentityPool::guests_depend_on)).
    Guests,
    /// A witness did not get from the evaluator what the analysis said. This is a fault of whichrole; please report it.
    Replay,
}

impl fmt::Display for NotDecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the search went past its bounds",
            Self::Incomplete => "no witness was found, and the search was not complete",
            Self::Guests => "whether guests are allowed is not known",
            Self::Replay => "a witness did not replay; this is a fault of whichrole, please report it",
        })
    }
}

/// The values that a claim may have.
#[derive(Debug)]
pub(crate) struct Domain<'k> {
    /// The only values there are, where they can be listed.
    pub(crate) only: Option<Vec<Claim<'static>>>,
    pub(crate) strings: bool,
    pub(crate) arrays: bool,
    /// Texts that an array's elements are taken from where they will do: the groups that are known.
    pub(crate) familiar: Familiar<'k>,
    /// The logins whose groups will do.
    pub(crate) logins: Vec<ProviderKey>,
    /// Further values to try, for tests other than rules'.
    pub(crate) more: Vec<Claim<'static>>,
    /// Whether values that are not tried might do.
    pub(crate) is_open: bool,
    pub(crate) fresh: Fresh,
}

/// The texts of known groups that elements are taken from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Familiar<'k> {
    None,
    Names(&'k [Group]),
    Roles(&'k [Group]),
}

impl<'k> Familiar<'k> {
    /// Each text with the group that has it.
    fn texts(self) -> impl Iterator<Item = (&'k str, &'k Group)> {
        let (names, roles) = match self {
            Self::None => (&[][..], &[][..]),
            Self::Names(groups) => (groups, &[][..]),
            Self::Roles(groups) => (&[][..], groups),
        };
        let roles = roles.iter().filter_map(|group| Some((group.role_arn.as_ref()?.as_str(), group)));
        names.iter().map(|group| (group.name.as_str(), group)).chain(roles)
    }
}

/// Characters that no test of the claim has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fresh {
    /// One that a session tag may have.
    pub(crate) legal: char,
    /// One that it may not.
    pub(crate) illegal: char,
}

impl Fresh {
    /// Chooses readable characters that are in none of the values, whatever the letter case.
    pub(crate) fn unlike(values: &[&str]) -> Self {
        // Values can be long, and have few different characters.
        let mut ascii = [false; 128];
        let mut used: BTreeSet<char> = BTreeSet::new();
        for c in values.iter().flat_map(|value| value.chars()) {
            match ascii.get_mut(c as usize) {
                Some(seen) => *seen = true,
                None => used.extend(c.to_lowercase()),
            }
        }
        used.extend(
            (0..128_u8).map(char::from).zip(ascii).filter(|(_, seen)| *seen).flat_map(|(c, _)| c.to_lowercase()),
        );
        let unused = |c: &char| !"aws:[]\", \\".contains(*c) && c.to_lowercase().eq([*c]) && !used.contains(c);
        let all = || ('x'..='z').chain('b'..='w').chain('0'..='9').chain('\u{e0}'..='\u{ffff}');
        let legal = all().filter(|c| is_tag_character(*c)).find(unused).unwrap_or('\u{10000}');
        let marks = || "|;!#$%&*~^".chars().chain('\u{e0}'..='\u{ffff}');
        let illegal = marks().filter(|c| !is_tag_character(*c) && !c.is_control()).find(unused).unwrap_or('\u{10ffff}');
        Self { legal, illegal }
    }
}

/// What is asked of a value.
pub(crate) struct Question<'q> {
    pub(crate) literals: &'q [Literal<'q>],
    pub(crate) domain: &'q Domain<'q>,
    /// What else it must be. It may ask whether the value will do as a tag, and what `domain.more` was made for.
    pub(crate) accept: &'q dyn Fn(&Claim<'_>) -> bool,
    /// Whether `accept` asks anything: then values that differ as tags are tried too.
    pub(crate) is_picky: bool,
    pub(crate) work: &'q Work,
}

impl Question<'_> {
    /// A shortest value. Strings come before arrays.
    pub(crate) fn solve(&self) -> Found<Claim<'static>> {
        if let Some(only) = &self.domain.only {
            return only.iter().find(|value| self.passes(value)).cloned().map_or(Found::No, Found::Yes);
        }
        let strings = if self.domain.strings { self.strings() } else { Found::No };
        if let Found::Yes(_) = strings {
            return strings;
        }
        if let Some(value) = self.domain.more.iter().find(|value| self.passes(value)) {
            return Found::Yes(value.clone());
        }
        match if self.domain.arrays { self.arrays() } else { Found::No } {
            Found::No if self.domain.is_open && strings == Found::No => Found::Undecided(NotDecided::Incomplete),
            Found::No => strings,
            arrays => arrays,
        }
    }

    fn passes(&self, value: &Claim<'_>) -> bool {
        self.literals.iter().all(|literal| literal.accepts_for(value, self.work)) && (self.accept)(value)
    }

    fn strings(&self) -> Found<Claim<'static>> {
        let cases =
            distinct(self.literals.iter().map(|literal| literal.semantics.letter_case()), LetterCase::default());
        let mut outcome = if cases.len() > 1 { Found::Undecided(NotDecided::Incomplete) } else { Found::No };
        for case in cases {
            let values: Vec<Piece<'_>> = self.literals.iter().filter_map(|literal| Piece::of(literal, case)).collect();
            match self.texts(&values, "", "") {
                Err(_) => outcome = Found::Undecided(NotDecided::TooLarge),
                Ok(texts) => {
                    let found = texts.into_iter().map(Claim::from).find(|value| self.passes(value));
                    if let Some(value) = found {
                        return Found::Yes(value);
                    }
                }
            }
        }
        outcome
    }

    /// All texts worth a look that have the pieces and stand between `open` and `close`.
    fn texts(&self, pieces: &[Piece<'_>], open: &str, close: &str) -> Result<Vec<String>, super::layout::TooMany> {
        if let Some(exact) = pieces.iter().find(|piece| piece.place == Place::Whole) {
            let text = &*exact.text;
            let fits = text.len() >= open.len() + close.len() && text.starts_with(open) && text.ends_with(close);
            // As written first: it reads better than its lower case.
            let texts = std::iter::once(exact.written).chain((text != exact.written).then_some(text));
            return Ok(if fits { texts.map(str::to_owned).collect() } else { Vec::new() });
        }
        let fresh = self.domain.fresh;
        let inside: Vec<&str> =
            pieces.iter().filter(|piece| piece.place == Place::Inside).map(|piece| &*piece.text).collect();
        let starts: Vec<&str> =
            pieces.iter().filter(|piece| piece.place == Place::Start).map(|piece| &*piece.text).collect();
        let lay = |reserved: &str, more: &str| {
            let all = || starts.iter().copied().chain([open, reserved]).filter(|start| !start.is_empty());
            let longest = all().max_by_key(|start| start.len());
            if !all().all(|start| longest.is_some_and(|longest| longest.starts_with(start))) {
                return Ok(Vec::new());
            }
            let more = (!more.is_empty()).then_some(more);
            let pieces = Pieces {
                start: longest,
                inside: inside.iter().copied().chain(more).collect(),
                end: (!close.is_empty()).then_some(close),
            };
            layouts(&pieces, fresh.legal)
        };
        let mut texts = lay("", "")?;
        if self.is_picky {
            let illegal = fresh.illegal.to_string();
            texts.extend(lay("", &illegal)?);
            texts.extend(lay("aws:", "")?);
        }
        self.work.add(texts.iter().map(String::len).sum());
        // `[` and `]` are two characters, and so are the quotes within.
        texts.retain(|text| text.len() >= open.len() + close.len());
        Ok(texts)
    }

    fn arrays(&self) -> Found<Claim<'static>> {
        let modes =
            self.literals.iter().map(|literal| (literal.semantics.array_claims(), literal.semantics.letter_case()));
        let modes = distinct(modes, Default::default());
        let several = modes.len() > 1;
        let mut outcome = if several { Found::Undecided(NotDecided::Incomplete) } else { Found::No };
        for (mode, case) in modes {
            let found = match mode {
                ArrayClaims::ContainsElement | ArrayClaims::Membership | ArrayClaims::PerElement => {
                    self.by_elements(mode, case)
                }
                ArrayClaims::JsonText | ArrayClaims::ListText => self.by_text(mode, case),
            };
            match found {
                Found::Yes(_) => return found,
                Found::Undecided(why) => outcome = Found::Undecided(why),
                Found::No => {}
            }
        }
        outcome
    }

    /// Where tests look at the elements: one element for each test that must hold, all of them clear of those that must not.
    fn by_elements(&self, mode: ArrayClaims, case: LetterCase) -> Found<Claim<'static>> {
        let elements = match self.elements(mode, case, &[]) {
            Found::Yes(elements) => elements,
            Found::No => return Found::No,
            Found::Undecided(why) => return Found::Undecided(why),
        };
        let fresh = self.domain.fresh;
        let all = || elements.iter().map(|element| Claim::from(element.clone()));
        let extra = |text: char| Claim::from(text.to_string());
        let mut candidates = vec![Claim::Array(all().collect())];
        if self.is_picky {
            candidates.push(Claim::Array(std::iter::once(extra(fresh.legal)).chain(all()).collect()));
            candidates.push(Claim::Array(std::iter::once(extra(fresh.illegal)).chain(all()).collect()));
            candidates.push(Claim::Array(std::iter::once(Claim::Array(Vec::new())).chain(all()).collect()));
            candidates.push(Claim::Array(all().chain([extra(fresh.legal)]).collect()));
            candidates.push(Claim::Array(all().chain([extra(fresh.legal), extra(fresh.illegal)]).collect()));
            for more in &self.domain.more {
                if let Claim::Array(more) = more {
                    candidates.push(Claim::Array(all().chain(more.iter().cloned()).collect()));
                    // A tag may be made of the first element.
                    let first = std::iter::once(extra(fresh.legal));
                    candidates.push(Claim::Array(first.chain(all()).chain(more.iter().cloned()).collect()));
                }
            }
        }
        candidates.into_iter().find(|value| self.passes(value)).map_or(Found::No, Found::Yes)
    }

    /// The elements that an array needs besides those it has: one for each test that must hold and none of them passes.
    fn elements(&self, mode: ArrayClaims, case: LetterCase, has: &[&str]) -> Found<Vec<String>> {
        let mut needs: Vec<Piece<'_>> = Vec::new();
        for literal in self.literals {
            match (mode, literal.test.match_type(), literal.holds) {
                (ArrayClaims::ContainsElement, MatchType::Contains, _) | (ArrayClaims::PerElement, _, _) => {
                    needs.extend(Piece::of(literal, case));
                }
                (ArrayClaims::Membership, MatchType::Contains, true) => {
                    needs.extend(Piece::of(literal, case).map(|piece| Piece { place: Place::Whole, ..piece }));
                }
                // No array passes the other tests.
                (_, _, true) => return Found::No,
                (_, _, false) => {}
            }
        }
        // The longest first: its element may serve others too.
        needs.sort_by_key(|need| std::cmp::Reverse(need.text.len()));
        let mut elements: Vec<String> = Vec::new();
        for need in &needs {
            self.work.add(has.len() + elements.len());
            if has.iter().any(|element| need.is_in(element, case))
                || elements.iter().any(|element| need.is_in(element, case))
            {
                continue;
            }
            let familiar = self.domain.familiar.texts().inspect(|_| self.work.add(COST_OF_FAMILIAR));
            let is_of_login = |group: &Group| self.domain.logins.iter().any(|login| group.could_be_of(login));
            let mut familiar: Vec<&str> = familiar
                .filter(|(text, group)| need.is_in(text, case) && is_of_login(group))
                .map(|(text, _)| text)
                .collect();
            familiar.sort_by_key(|name| name.chars().count());
            let Ok(texts) = self.texts(std::slice::from_ref(need), "", "") else {
                return Found::Undecided(NotDecided::TooLarge);
            };
            match familiar.into_iter().map(str::to_owned).chain(texts).find(|element| self.is_clear(element)) {
                Some(element) => elements.push(element),
                None => return Found::No,
            }
        }
        Found::Yes(elements)
    }

    /// An array with as few elements gone and added as will do: those that no test forbids stay, in their order, and what is missing comes
    /// after them. `None` where elements are not what tests look at, or where that array is not what is asked.
    pub(crate) fn edited(&self, had: &[Claim<'_>]) -> Option<Claim<'static>> {
        let first = self.literals.first()?;
        let (mode, case) = (first.semantics.array_claims(), first.semantics.letter_case());
        let is_alike =
            |literal: &Literal<'_>| literal.semantics.array_claims() == mode && literal.semantics.letter_case() == case;
        let by_text = matches!(mode, ArrayClaims::JsonText | ArrayClaims::ListText);
        if by_text || !self.domain.arrays || self.domain.only.is_some() || !self.literals.iter().all(is_alike) {
            return None;
        }
        let stays = |element: &&Claim<'_>| element.as_text().is_none_or(|text| self.is_clear(text));
        let kept: Vec<&Claim<'_>> = had.iter().filter(stays).collect();
        let texts: Vec<&str> = kept.iter().filter_map(|element| element.as_text()).collect();
        let Found::Yes(more) = self.elements(mode, case, &texts) else { return None };
        let kept = kept.into_iter().map(|element| element.clone().into_owned());
        let array = Claim::Array(kept.chain(more.into_iter().map(Claim::from)).collect());
        self.passes(&array).then_some(array)
    }

    /// Whether an element may stand in an array that must fail some tests.
    fn is_clear(&self, element: &str) -> bool {
        self.work.add(self.literals.len());
        let alone = Claim::texts([element.to_owned()]);
        self.literals.iter().all(|literal| match (literal.test.match_type(), literal.holds) {
            // No element may equal the value; and one that equals it is asked for, which binds no other.
            (MatchType::NotEqual, false) => true,
            (MatchType::NotEqual, true) | (_, false) => literal.accepts_for(&alone, self.work),
            (_, true) => true,
        })
    }

    /// Where tests look at the array's text. The texts that stand between the brackets are searched as strings are; each is read back.
    fn by_text(&self, mode: ArrayClaims, case: LetterCase) -> Found<Claim<'static>> {
        let empty = Claim::Array(Vec::new());
        if self.passes(&empty) {
            return Found::Yes(empty);
        }
        let pieces: Vec<Piece<'_>> = self.literals.iter().filter_map(|literal| Piece::of(literal, case)).collect();
        let (open, close) = if mode == ArrayClaims::ListText { ("[", "]") } else { ("[\"", "\"]") };
        let Ok(texts) = self.texts(&pieces, open, close) else { return Found::Undecided(NotDecided::TooLarge) };
        let mut outcome = Found::No;
        for text in texts {
            if let Some(array) = array_of_text(&text, mode)
                && self.passes(&array)
            {
                return Found::Yes(array);
            }
            // As a text it would do. No array has that text, but one with a longer text may do as well.
            let text = Claim::from(text);
            if self.literals.iter().all(|literal| literal.accepts_for(&text, self.work)) {
                outcome = Found::Undecided(NotDecided::Incomplete);
            }
        }
        outcome
    }
}

/// The array of strings that has this text.
fn array_of_text(text: &str, mode: ArrayClaims) -> Option<Claim<'static>> {
    if mode == ArrayClaims::JsonText {
        let Ok(array @ Claim::Array(_)) = Claim::from_json(text) else { return None };
        let Claim::Array(elements) = &array else { return None };
        let is_its_text = elements.iter().all(|element| element.as_text().is_some()) && array.to_json() == text;
        return is_its_text.then(|| array.into_owned());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    if inner.is_empty() {
        return Some(Claim::Array(Vec::new()));
    }
    Some(Claim::texts(inner.split(", ").map(str::to_owned)))
}

/// A text that a value must have, as the comparison sees it.
#[derive(Debug, Clone)]
struct Piece<'t> {
    place: Place,
    text: Cow<'t, str>,
    written: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Start,
    Inside,
}

impl<'t> Piece<'t> {
    /// The piece that a literal asks for; `None` where it only forbids.
    fn of(literal: &Literal<'t>, case: LetterCase) -> Option<Self> {
        let place = match (literal.test.match_type(), literal.holds) {
            (MatchType::Equals, true) | (MatchType::NotEqual, false) => Place::Whole,
            (MatchType::StartsWith, true) => Place::Start,
            (MatchType::Contains, true) => Place::Inside,
            _ => return None,
        };
        let written = literal.test.value();
        Some(Self { place, text: in_case(written, case), written })
    }

    fn is_in(&self, text: &str, case: LetterCase) -> bool {
        let text = in_case(text, case);
        match self.place {
            Place::Whole => text == self.text,
            Place::Start => text.starts_with(&*self.text),
            Place::Inside => text.contains(&*self.text),
        }
    }
}

fn in_case(text: &str, case: LetterCase) -> Cow<'_, str> {
    match case {
        LetterCase::Sensitive => text.into(),
        LetterCase::Insensitive => text.to_lowercase().into(),
    }
}

/// The distinct items in the order they come; the default where there is none.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>, default: T) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    if seen.is_empty() {
        seen.push(default);
    }
    seen
}
