//! A role mapping, prepared: its claims numbered and its tests built, so that deciding looks nothing up by name.

use crate::claims::{Claim, Claims};
use crate::matching::Test;
use crate::names::Names;
use crate::pool::RoleMapping;
use crate::semantics::{ArrayClaims, NonStringClaims, Semantics};

/// The claims that have a number in every evaluator, and which.
const NUMBERED: [&str; 6] = ["iss", "aud", "token_use", "exp", crate::groups::PREFERRED_ROLE, crate::groups::ROLES];
pub(crate) const ISSUER: usize = 0;
pub(crate) const AUDIENCE: usize = 1;
pub(crate) const TOKEN_USE: usize = 2;
pub(crate) const EXPIRY: usize = 3;
pub(crate) const PREFERRED: usize = 4;

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
    pub(crate) mapping: RoleMapping,
    /// One test for each rule, in order, with the number of the claim it looks at.
    pub(crate) tests: Vec<(usize, Test)>,
}

impl Plan {
    /// Prepares a mapping; the claims of its rules get their numbers.
    pub(crate) fn new(mapping: &RoleMapping, names: &mut Names) -> Self {
        let tests = mapping.mapping_rules().iter();
        let tests = tests.map(|rule| (names.insert(&rule.claim), Test::new(rule.match_type, &rule.value))).collect();
        Self { mapping: mapping.clone(), tests }
    }

    /// Where arrays or objects are compared as text, that text, by the claim's number: made once, not for every rule that reads it.
    pub(crate) fn texts(&self, slots: &[Option<&Claim<'_>>], semantics: &Semantics) -> Vec<Option<Claim<'static>>> {
        let arrays = semantics.array_claims();
        let objects = semantics.non_string_claims() == NonStringClaims::JsonText;
        if !objects && !matches!(arrays, ArrayClaims::JsonText | ArrayClaims::ListText) {
            return Vec::new();
        }
        let text = |claim: &Claim<'_>| match (claim, arrays) {
            (Claim::Array(_), ArrayClaims::JsonText) => Some(Claim::from(claim.to_json())),
            (Claim::Array(_), ArrayClaims::ListText) => Some(Claim::from(claim.to_list_text())),
            (Claim::Object(_), _) if objects => Some(Claim::from(claim.to_json())),
            _ => None,
        };
        let mut texts = vec![None; slots.len()];
        for (slot, _) in &self.tests {
            if let (Some(made @ None), Some(Some(claim))) = (texts.get_mut(*slot), slots.get(*slot)) {
                *made = text(claim);
            }
        }
        texts
    }
}

/// As many claims as need no memory of their own: those of the checks, and of 25 rules.
const FEW: usize = 32;

/// What one token has for each claim that an evaluator looks at, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots<'a> {
    few: [Option<&'a Claim<'a>>; FEW],
    /// All of them, where they are too many for `few`.
    many: Vec<Option<&'a Claim<'a>>>,
}

impl<'a> Slots<'a> {
    /// Looks at each claim of a token once.
    pub(crate) fn of(names: &Names, claims: &'a Claims<'a>) -> Self {
        let mut slots = Self::default();
        if names.len() > FEW {
            slots.many.resize(names.len(), None);
        }
        let all = if slots.many.is_empty() { &mut slots.few[..] } else { &mut slots.many };
        if let Some(numbered) = claims.numbered(names) {
            // A number that is none of ours belongs to a claim that only somebody else looks at.
            for (number, value) in numbered.filter(|(number, _)| *number < names.len()) {
                if let Some(slot) = all.get_mut(number) {
                    *slot = Some(value);
                }
            }
        } else {
            for (name, value) in claims.iter() {
                if let Some(slot) = names.number(name).and_then(|number| all.get_mut(number)) {
                    *slot = Some(value);
                }
            }
        }
        slots
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Option<&'a Claim<'a>>] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }

    /// What the token has for a claim.
    #[inline]
    pub(crate) fn get(&self, number: usize) -> Option<&'a Claim<'a>> {
        self.as_slice().get(number).copied().flatten()
    }
}
