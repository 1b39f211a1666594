//! A role mapping, prepared: its claims numbered and its tests built, so that deciding looks nothing up by name.

use crate::claims::{Claim, Claims};
use crate::groups::PREFERRED_ROLE;
use crate::matching::Test;
use crate::pool::RoleMapping;

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
        let tests = mapping
            .mapping_rules()
            .iter()
            .map(|rule| {
                let slot = claims.iter().position(|known| *known == rule.claim).unwrap_or_else(|| {
                    claims.push(rule.claim.clone());
                    claims.len() - 1
                });
                (slot, Test::new(rule.match_type, &rule.value))
            })
            .collect();
        let preferred_role = claims.iter().position(|name| name == PREFERRED_ROLE);
        Self { mapping: mapping.clone(), tests, claims, preferred_role }
    }

    /// Looks up what a token has for each claim.
    pub(crate) fn slots<'a>(&self, claims: &'a Claims<'a>) -> Slots<'a> {
        let mut slots = Slots::default();
        if self.claims.len() > slots.few.len() {
            slots.many.resize(self.claims.len(), None);
        }
        for (slot, name) in slots.as_mut_slice().iter_mut().zip(&self.claims) {
            *slot = claims.get(name);
        }
        slots
    }
}

/// What one token has for each claim of a plan, by number. A mapping that AWS would take has at most 25, and those need no allocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots<'a> {
    few: [Option<&'a Claim<'a>>; 25],
    /// All of them, where they are too many for `few`.
    many: Vec<Option<&'a Claim<'a>>>,
}

impl<'a> Slots<'a> {
    pub(crate) fn as_slice(&self) -> &[Option<&'a Claim<'a>>] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }

    fn as_mut_slice(&mut self) -> &mut [Option<&'a Claim<'a>>] {
        if self.many.is_empty() { &mut self.few } else { &mut self.many }
    }
}
