//! The exact condition under which a request gets a role, as alternatives that are each enough.
//!
//! A role is given when one of its cases holds and no earlier case of *another* role does. Each case of the role is therefore one
//! alternative: its own test, and the tests that must fail. Tests that must fail and could not hold anyway are left out, and so are
//! alternatives that nothing satisfies or that another one covers.

use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::side::{CaseTest, End, Side};
use super::solve::Found;
use super::space::{Ask, Space};
use crate::pool::MatchType;
use crate::text;

/// One alternative: all constraints on all claims hold. Claims that are not named do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The mapping's key; `None` for guests.
    pub provider: Option<String>,
    /// The constraints of each claim.
    pub claims: BTreeMap<String, Vec<Constraint>>,
}

/// One test of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// The operator, as in conditions: `equals`, `not-equal`, `starts-with`, `contains`, or `is-the-only-role`.
    pub operator: &'static str,
    /// What the claim is compared with.
    pub value: String,
    /// Whether the test must hold, or must not. One that must not hold is satisfied by an absent claim.
    pub holds: bool,
}

/// The word that conditions use for an operator.
pub(crate) fn operator(match_type: MatchType) -> &'static str {
    match match_type {
        MatchType::Equals => "equals",
        MatchType::NotEqual => "not-equal",
        MatchType::StartsWith => "starts-with",
        MatchType::Contains => "contains",
    }
}

/// Past this many tests the tests of one alternative are compared in pairs only, and past this many alternatives they are not compared.
const MOST_COMPARED: usize = 48;

/// A case that must, or must not, hold.
type Test = (usize, bool);

/// The alternatives of one login. Where that is too much work there are none, and the work is over.
pub(crate) fn alternatives(space: &Space<'_>, role: &str) -> Vec<Alternative> {
    let Some(side) = space.sides.first() else { return Vec::new() };
    let gives = |at: usize| matches!(side.end(at), End::Role(known) if **known == *role);
    let mut found: Vec<Vec<Test>> = Vec::new();
    for target in (0..=side.cases.len()).filter(|at| gives(*at)) {
        if space.work.is_over() {
            return Vec::new();
        }
        space.work.add(target);
        let own = side.cases.get(target).map(|_| (target, true));
        let others = (0..target).filter(|at| !gives(*at)).map(|at| (at, false));
        let tests: Vec<Test> = own.into_iter().chain(others).collect();
        if is_possible(space, side, &tests) {
            found.push(simplified(space, side, tests));
        }
    }
    if found.len() <= MOST_COMPARED {
        // From the end: of two that say the same, the first stays.
        for at in (0..found.len()).rev() {
            let covered = found.get(at).is_some_and(|one| {
                found.iter().enumerate().any(|(n, other)| n != at && is_covered(space, side, one, other))
            });
            if covered {
                found.remove(at);
            }
        }
    }
    let provider = side.key.as_ref().map(|key| key.as_str().to_owned());
    found
        .into_iter()
        .map(|tests| Alternative { provider: provider.clone(), claims: constraints(space, side, &tests) })
        .collect()
}

/// Whether some claims satisfy the tests. Where that is not decided they count as possible.
fn is_possible(space: &Space<'_>, side: &Side<'_>, tests: &[Test]) -> bool {
    let mut by_claim: BTreeMap<usize, Vec<(usize, usize, bool)>> = BTreeMap::new();
    for (at, holds) in tests {
        if let Some(case) = side.cases.get(*at) {
            by_claim.entry(case.claim).or_default().push((0, *at, *holds));
        }
    }
    by_claim.into_iter().all(|(claim, cases)| space.value_of(claim, &cases, &Ask::default()) != Found::No)
}

/// Leaves out the tests that follow from the others.
fn simplified(space: &Space<'_>, side: &Side<'_>, mut tests: Vec<Test>) -> Vec<Test> {
    let few = tests.len() <= MOST_COMPARED;
    // The last first: what comes later is more special, as a rule.
    let mut at = tests.len();
    while at > 0 {
        at -= 1;
        let Some((case, false)) = tests.get(at).copied().filter(|_| !space.work.is_over()) else { continue };
        space.work.add(tests.len());
        let mut others: Vec<Test> =
            tests.iter().enumerate().filter(|(n, test)| *n != at && (few || test.1)).map(|(_, test)| *test).collect();
        others.push((case, true));
        if !is_possible(space, side, &others) {
            tests.remove(at);
        }
    }
    tests
}

/// Whether whatever satisfies `one` satisfies `other`.
fn is_covered(space: &Space<'_>, side: &Side<'_>, one: &[Test], other: &[Test]) -> bool {
    other.iter().all(|(case, holds)| {
        let mut contrary = one.to_vec();
        contrary.push((*case, !holds));
        one.contains(&(*case, *holds)) || !is_possible(space, side, &contrary)
    })
}

fn constraints(space: &Space<'_>, side: &Side<'_>, tests: &[Test]) -> BTreeMap<String, Vec<Constraint>> {
    let mut claims: BTreeMap<String, Vec<Constraint>> = BTreeMap::new();
    for (at, holds) in tests {
        let Some(case) = side.cases.get(*at) else { continue };
        let Some(name) = space.names.get(case.claim) else { continue };
        let (operator, value) = match &case.test {
            CaseTest::Rule(test) => (operator(test.match_type()), test.value().to_owned()),
            CaseTest::Exact(test) => (operator(test.match_type()), test.value().to_owned()),
            CaseTest::Sole(role) | CaseTest::SamlOne(role) => {
                ("is-the-only-role", role.as_deref().unwrap_or("*").to_owned())
            }
            CaseTest::Has(role) | CaseTest::SamlHas(role) => ("contains", role.clone()),
            CaseTest::SamlSeveral => ("has-several-roles", String::new()),
        };
        claims.entry(name.clone()).or_default().push(Constraint { operator, value, holds: *holds });
    }
    claims
}

impl Alternative {
    /// The alternative in words: ``cognito:groups contains `admins` and not starts-with `x` ``.
    #[must_use]
    pub fn words(&self) -> String {
        let terms = self.terms();
        if terms.is_empty() { "always".to_owned() } else { terms.join(" and ") }
    }

    /// What must hold together, each in words: ``not custom:dept starts-with `x` ``. There can be hundreds.
    #[must_use]
    pub fn terms(&self) -> Vec<String> {
        let words = |claim: &str, constraint: &Constraint| {
            let not = if constraint.holds { "" } else { "not " };
            format!("{not}{} {} {}", text::visible(claim), constraint.operator, text::quoted(&constraint.value))
        };
        let claims = self.claims.iter();
        claims.flat_map(|(claim, all)| all.iter().map(move |constraint| words(claim, constraint))).collect()
    }
}

/// `{"cognito:groups": [{"contains": "admins"}, {"not": {"starts-with": "x"}}]}`
impl Serialize for Alternative {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct All<'c>(&'c [Constraint]);
        impl Serialize for All<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut list = serializer.serialize_seq(Some(self.0.len()))?;
                for constraint in self.0 {
                    let test = BTreeMap::from([(constraint.operator, constraint.value.as_str())]);
                    if constraint.holds {
                        list.serialize_element(&test)?;
                    } else {
                        list.serialize_element(&BTreeMap::from([("not", test)]))?;
                    }
                }
                list.end()
            }
        }
        let mut map = serializer.serialize_map(Some(self.claims.len()))?;
        for (claim, constraints) in &self.claims {
            map.serialize_entry(claim, &All(constraints))?;
        }
        map.end()
    }
}
