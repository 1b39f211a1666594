//! A role mapping, prepared: its claims numbered and its tests built, so that deciding looks nothing up by name.

use std::collections::HashMap;

use crate::claims::{Claim, Claims};
use crate::groups::PREFERRED_ROLE;
use crate::matching::Test;
use crate::pool::RoleMapping;
use crate::semantics::{ArrayClaims, NonStringClaims, Semantics};

/// What deciding needs of a role mapping.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) mapping: RoleMapping,
    /// One test for each rule, in order, with the number of the claim it looks at.
    pub(crate) tests: Vec<(usize, Test)>,
    /// The distinct claims that the rules test.
    claims: Vec<String>,
    /// The number of `cognito:preferred_role` among them.
    pub(crate) preferred_role: Option<usize>,
}

impl Plan {
    pub(crate) fn new(mapping: &RoleMapping) -> Self {
        let mut claims: Vec<String> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let tests = mapping
            .mapping_rules()
            .iter()
            .map(|rule| {
                let slot = *numbers.entry(&rule.claim).or_insert_with(|| {
                    claims.push(rule.claim.clone());
                    claims.len() - 1
                });
                (slot, Test::new(rule.match_type, &rule.value))
            })
            .collect();
        let preferred_role = claims.iter().position(|name| name == PREFERRED_ROLE);
        Self { mapping: mapping.clone(), tests, claims, preferred_role }
    }

    /// The distinct claims that the rules test.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().map(String::as_str)
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
        slots.iter().take(self.claims.len()).map(|claim| text((*claim)?)).collect()
    }

    /// Looks up what a token has for each claim.
    pub(crate) fn slots<'a>(&self, claims: &'a Claims<'a>) -> Slots<'a> {
        let mut slots = Slots::default();
        if self.claims.len() > FEW {
            // As many lookups as there are claims of both sides would take a time that grows with their product.
            let by_name: HashMap<&str, &Claim<'_>> = claims.iter().collect();
            slots.many.extend(self.claims.iter().map(|name| by_name.get(name.as_str()).copied()));
            return slots;
        }
        for (slot, name) in slots.few.iter_mut().zip(&self.claims) {
            *slot = claims.get(name);
        }
        slots
    }
}

/// As many claims as the rules of a mapping can test that AWS would take.
const FEW: usize = 25;

/// What one token has for each claim of a plan, by number. Few of them need no allocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots<'a> {
    few: [Option<&'a Claim<'a>>; FEW],
    /// All of them, where they are too many for `few`.
    many: Vec<Option<&'a Claim<'a>>>,
}

impl<'a> Slots<'a> {
    pub(crate) fn as_slice(&self) -> &[Option<&'a Claim<'a>>] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }
}
