//! A role mapping, prepared: its claims numbered and its tests built, so that deciding looks nothing up by name.

use crate::claims::{Claim, Claims, Value};
use crate::matching::Test;
use crate::names::Names;
use crate::pool::{AmbiguousRoleResolution, RoleArn, RoleMapping, RoleMappingType};
use crate::provider::ProviderKey;
use crate::scan::Scanned;
use crate::semantics::{ArrayClaims, NonStringClaims, Semantics};

/// The claims that have a number in every evaluator, and which.
const NUMBERED: [&str; 6] = ["iss", "aud", "token_use", "exp", crate::groups::PREFERRED_ROLE, crate::groups::ROLES];
pub(crate) const ISSUER: usize = 0;
pub(crate) const AUDIENCE: usize = 1;
pub(crate) const TOKEN_USE: usize = 2;
pub(crate) const EXPIRY: usize = 3;
pub(crate) const PREFERRED: usize = 4;
pub(crate) const ROLES: usize = 5;

/// The numbers of the claims that an evaluator looks at; those of its rules are yet to come.
pub(crate) fn numbered() -> Names {
    let mut names = Names::default();
    for name in NUMBERED {
        names.insert(name);
    }
    names
}

/// What deciding needs of a role mapping.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) key: ProviderKey,
    /// Whether the token's role claims decide, and no rules.
    pub(crate) is_token: bool,
    pub(crate) resolution: Option<AmbiguousRoleResolution>,
    /// The role of each rule, in order. Values, which can be long, are in the tests alone.
    roles: Vec<RoleArn>,
    /// One test for each rule, in order, with the number of the claim it looks at.
    pub(crate) tests: Vec<(usize, Test)>,
}

impl Plan {
    /// Prepares a mapping; the claims of its rules get their numbers.
    pub(crate) fn new(key: &ProviderKey, mapping: &RoleMapping, names: &mut Names) -> Self {
        let rules = || mapping.mapping_rules().iter();
        Self {
            key: key.clone(),
            is_token: mapping.mapping_type == RoleMappingType::Token,
            resolution: mapping.ambiguous_role_resolution,
            roles: rules().map(|rule| rule.role_arn.clone()).collect(),
            tests: rules().map(|rule| (names.insert(&rule.claim), Test::new(rule.match_type, &rule.value))).collect(),
        }
    }

    /// The role of a rule, which are numbered from 0.
    #[inline]
    pub(crate) fn role(&self, number: usize) -> Option<&str> {
        self.roles.get(number).map(RoleArn::as_str)
    }

    /// The first test, from one on, that a text passes, or that is about something other than text; and whether it is the former. Letter case
    /// counts.
    #[inline(never)]
    pub(crate) fn skip_texts(&self, from: usize, slots: &Slots<'_>) -> Option<(usize, bool)> {
        // Which kind of slots there are is asked once, not for every test.
        match slots {
            Slots::Few(few) => self.skip(from, |slot| few.get(slot).copied().flatten().map(Value::of)),
            Slots::Scanned(token) => self.skip(from, |slot| token.value(slot)),
            other => self.skip(from, |slot| other.get(slot)),
        }
    }

    #[inline]
    fn skip<'v>(&self, from: usize, value: impl Fn(usize) -> Option<Value<'v>>) -> Option<(usize, bool)> {
        let tests = self.tests.get(from..)?.iter().enumerate();
        let mut outcomes = tests.filter_map(|(at, (slot, test))| match value(*slot)? {
            Value::Text(text) => test.holds_for(text).then_some((at, true)),
            Value::Other(_) => Some((at, false)),
        });
        outcomes.next().map(|(at, passed)| (from + at, passed))
    }

    /// Whether arrays or objects are compared as text under these choices.
    #[inline]
    pub(crate) fn takes_texts(semantics: &Semantics) -> bool {
        matches!(semantics.array_claims(), ArrayClaims::JsonText | ArrayClaims::ListText)
            || semantics.non_string_claims() == NonStringClaims::JsonText
    }

    /// Where arrays or objects are compared as text, that text, by the claim's number: made once, not for every rule that reads it.
    pub(crate) fn texts(&self, slots: &Slots<'_>, semantics: &Semantics) -> Vec<Option<Claim<'static>>> {
        let arrays = semantics.array_claims();
        let objects = semantics.non_string_claims() == NonStringClaims::JsonText;
        let text = |claim: &Claim<'_>| match (claim, arrays) {
            (Claim::Array(_), ArrayClaims::JsonText) => Some(Claim::from(claim.to_json())),
            (Claim::Array(_), ArrayClaims::ListText) => Some(Claim::from(claim.to_list_text())),
            (Claim::Object(_), _) if objects => Some(Claim::from(claim.to_json())),
            _ => None,
        };
        let most = self.tests.iter().map(|(slot, _)| *slot).max();
        let mut texts = vec![None; most.map_or(0, |most| most + 1)];
        for (slot, _) in &self.tests {
            if let (Some(made @ None), Some(Value::Other(claim))) = (texts.get_mut(*slot), slots.get(*slot)) {
                *made = text(claim);
            }
        }
        texts
    }
}

/// As many claims as most evaluators look at. A login is moved, so this must not be much.
const FEW: usize = 12;
/// As many as need no memory of their own, being known by where they stand in the token.
const SOME: usize = 64;
/// Where no claim stands.
const NOWHERE: u8 = u8::MAX;

/// What one token has for each claim that an evaluator looks at, by number.
#[derive(Debug, Clone)]
pub(crate) enum Slots<'a> {
    Few([Option<&'a Claim<'a>>; FEW]),
    /// Where they are too many for `Few`: where each stands among the claims.
    Some(&'a Claims<'a>, [u8; SOME]),
    /// Where they are too many for that, or the claims are.
    Many(Vec<Option<&'a Claim<'a>>>),
    /// What a scanner kept under the numbers that the evaluator gave it: nobody looks at names.
    Scanned(&'a Scanned<'a>),
    /// What a scanner kept for another evaluator: its number for each of ours.
    Others(&'a Scanned<'a>, Vec<Option<usize>>),
}

impl<'a> Slots<'a> {
    /// Looks at each claim of a token once.
    #[inline]
    pub(crate) fn of(names: &Names, claims: &'a Claims<'a>) -> Self {
        let mut few = [None; FEW];
        if names.len() > FEW {
            return Self::of_many(names, claims);
        }
        fill(&mut few, names, claims);
        Self::Few(few)
    }

    #[inline(never)]
    fn of_many(names: &Names, claims: &'a Claims<'a>) -> Self {
        if names.len() <= SOME && claims.len() <= usize::from(NOWHERE) {
            let mut places = [NOWHERE; SOME];
            for (at, (mark, name, _)) in (0..NOWHERE).zip(claims.marked()) {
                if let Some(place) = names.number_marked(mark, name).and_then(|number| places.get_mut(number)) {
                    *place = at;
                }
            }
            return Self::Some(claims, places);
        }
        let mut many = vec![None; names.len()];
        fill(&mut many, names, claims);
        Self::Many(many)
    }

    /// The same for what a scanner kept of a token.
    #[inline]
    pub(crate) fn of_scanned(names: &Names, token: &'a Scanned<'a>) -> Self {
        if token.names().extend(names) {
            Self::Scanned(token)
        } else {
            Self::Others(token, names.iter().map(|name| token.names().number(name)).collect())
        }
    }

    /// What the token has for a claim.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more, and every login asks three times")]
    pub(crate) fn get(&self, number: usize) -> Option<Value<'a>> {
        match self {
            Self::Few(few) => few.get(number).copied().flatten().map(Value::of),
            Self::Scanned(token) => token.value(number),
            Self::Some(..) | Self::Many(_) | Self::Others(..) => self.get_of_many(number),
        }
    }

    #[inline(never)]
    fn get_of_many(&self, number: usize) -> Option<Value<'a>> {
        match self {
            Self::Some(claims, places) => claims.at(usize::from(*places.get(number)?)).map(Value::of),
            Self::Many(many) => many.get(number).copied().flatten().map(Value::of),
            Self::Others(token, numbers) => token.value((*numbers.get(number)?)?),
            Self::Few(_) | Self::Scanned(_) => None,
        }
    }

    /// The text of a claim that is a string.
    #[inline]
    pub(crate) fn text(&self, number: usize) -> Option<&'a str> {
        self.get(number).and_then(Value::as_text)
    }
}

fn fill<'a>(slots: &mut [Option<&'a Claim<'a>>], names: &Names, claims: &'a Claims<'a>) {
    for (mark, name, value) in claims.marked() {
        if let Some(slot) = names.number_marked(mark, name).and_then(|number| slots.get_mut(number)) {
            *slot = Some(value);
        }
    }
}
