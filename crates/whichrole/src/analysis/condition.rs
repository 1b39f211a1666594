//! Conditions on claims, as people write them: `cognito:groups contains admins and custom:dept equals ops or email absent`.

use std::fmt;

use super::space::Atom;
use super::when::operator;
use crate::claims::{Claim, Claims};
use crate::matching::Test;
use crate::pool::MatchType;
use crate::semantics::Semantics;
use crate::text;

/// A condition on the claims of a request. Each test means what a mapping rule with that operator means, under the same choices.
///
/// ```
/// use whichrole::analysis::Condition;
/// use whichrole::{Claims, Semantics};
///
/// let condition = Condition::parse("cognito:groups contains admins or custom:dept equals 'site ops'")?;
/// let claims = Claims::from_json(r#"{"cognito:groups":["admins"]}"#)?;
/// assert!(condition.holds(&claims, &Semantics::default()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// One of these must hold, all tests of it.
    any: Vec<Vec<ClaimTest>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ClaimTest {
    claim: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Compare(MatchType, String),
    Present,
    Absent,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    /// Where, in characters, counted from 1.
    pub column: usize,
    /// What, in a sentence.
    pub message: String,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for ConditionError {}

/// The words that may follow a claim.
const OPERATORS: [&str; 6] = ["equals", "not-equal", "starts-with", "contains", "present", "absent"];

/// The most alternatives that the opposite of a condition may have.
const MOST_ALTERNATIVES: usize = 4_096;

impl Condition {
    /// Reads a condition. `and` binds tighter than `or`; a value or claim with blanks stands in quotes of either kind.
    ///
    /// # Errors
    /// The first thing that is wrong, with its column: `cognito:groups contain admins` (an unknown operator), `email equals` (no value),
    /// `a present b absent` (no `and` or `or` between).
    pub fn parse(written: &str) -> Result<Self, ConditionError> {
        let words = words(written)?;
        let mut words = words.into_iter().peekable();
        let end = written.chars().count() + 1;
        let missing =
            |what: &str| ConditionError { column: end, message: format!("expected {what}, but the condition ends") };
        let mut any = vec![Vec::new()];
        loop {
            let claim = words.next().ok_or_else(|| missing("a claim"))?;
            let operator = words.next().ok_or_else(|| missing(&text::alternatives(OPERATORS)))?;
            let compare = MatchType::ALL.into_iter().find(|known| self::operator(*known) == operator.text);
            let kind = match (compare, operator.text.as_str()) {
                (Some(match_type), _) => {
                    Kind::Compare(match_type, words.next().ok_or_else(|| missing("a value"))?.text)
                }
                (None, "present") => Kind::Present,
                (None, "absent") => Kind::Absent,
                (None, other) => return Err(unknown("operator", other, operator.column, &OPERATORS)),
            };
            if let Some(all) = any.last_mut() {
                all.push(ClaimTest { claim: claim.text, kind });
            }
            match words.next() {
                None => return Ok(Self { any }),
                Some(word) if word.text == "and" && !word.is_quoted => {}
                Some(word) if word.text == "or" && !word.is_quoted => any.push(Vec::new()),
                Some(word) => return Err(unknown("word", &word.text, word.column, &["and", "or"])),
            }
        }
    }

    /// Whether claims satisfy it.
    #[must_use]
    pub fn holds(&self, claims: &Claims<'_>, semantics: &Semantics) -> bool {
        self.any.iter().any(|all| all.iter().all(|test| test.holds(claims.get(&test.claim), semantics)))
    }

    /// The tests, each once per place where it stands.
    pub(crate) fn atoms(&self) -> Vec<Atom> {
        self.any
            .iter()
            .flatten()
            .map(|test| match &test.kind {
                Kind::Compare(match_type, value) => {
                    Atom::Test(test.claim.clone(), Box::new(Test::new(*match_type, value)))
                }
                Kind::Present | Kind::Absent => Atom::Present(test.claim.clone()),
            })
            .collect()
    }

    /// The condition as alternatives of atoms.
    pub(crate) fn alternatives(&self) -> Vec<Vec<(usize, bool)>> {
        let mut at = 0..;
        let mut term = |test: &ClaimTest| (at.next().unwrap_or_default(), test.kind != Kind::Absent);
        self.any.iter().map(|all| all.iter().map(&mut term).collect()).collect()
    }

    /// The opposite as alternatives of atoms; `None` where there are too many.
    pub(crate) fn opposite(&self) -> Option<Vec<Vec<(usize, bool)>>> {
        let mut found: Vec<Vec<(usize, bool)>> = vec![Vec::new()];
        for all in self.alternatives() {
            let mut next = Vec::new();
            for before in &found {
                for (atom, holds) in &all {
                    let mut one = before.clone();
                    one.push((*atom, !holds));
                    next.push(one);
                }
            }
            if next.len() > MOST_ALTERNATIVES {
                return None;
            }
            found = next;
        }
        Some(found)
    }
}

impl ClaimTest {
    fn holds(&self, claim: Option<&Claim<'_>>, semantics: &Semantics) -> bool {
        match (&self.kind, claim) {
            (Kind::Present, claim) => claim.is_some(),
            (Kind::Absent, claim) => claim.is_none(),
            (Kind::Compare(..), None) => false,
            (Kind::Compare(match_type, value), Some(claim)) => Test::new(*match_type, value).matches(claim, semantics),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, all) in self.any.iter().enumerate() {
            if n > 0 {
                f.write_str(" or ")?;
            }
            for (n, test) in all.iter().enumerate() {
                let and = if n > 0 { " and " } else { "" };
                let claim = text::visible(&test.claim);
                match &test.kind {
                    Kind::Compare(match_type, value) => {
                        write!(f, "{and}{claim} {} {}", operator(*match_type), text::quoted(value))?;
                    }
                    Kind::Present => write!(f, "{and}{claim} present")?,
                    Kind::Absent => write!(f, "{and}{claim} absent")?,
                }
            }
        }
        Ok(())
    }
}

struct Word {
    text: String,
    column: usize,
    is_quoted: bool,
}

/// Splits at blanks; quotes hold a word together.
fn words(written: &str) -> Result<Vec<Word>, ConditionError> {
    let mut words = Vec::new();
    let mut chars = written.chars().zip(1..).peekable();
    while let Some((c, column)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut word = Word { text: String::new(), column, is_quoted: matches!(c, '"' | '\'') };
        if word.is_quoted {
            loop {
                match chars.next() {
                    Some((next, _)) if next == c => break,
                    Some((next, _)) => word.text.push(next),
                    None => {
                        return Err(ConditionError {
                            column,
                            message: "the quote that opens here is not closed".to_owned(),
                        });
                    }
                }
            }
        } else {
            word.text.push(c);
            while let Some((next, _)) = chars.next_if(|(next, _)| !next.is_whitespace()) {
                word.text.push(next);
            }
        }
        words.push(word);
    }
    Ok(words)
}

fn unknown(what: &str, written: &str, column: usize, known: &[&str]) -> ConditionError {
    let message = match text::nearest(written, known.iter().copied()) {
        Some(near) => format!("unknown {what} {}, did you mean `{near}`?", text::quoted(written)),
        None => {
            format!("unknown {what} {}, expected {}", text::quoted(written), text::alternatives(known.iter().copied()))
        }
    };
    ConditionError { column, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, claims: &str) -> bool {
        Condition::parse(condition).unwrap().holds(&Claims::from_json(claims).unwrap(), &Semantics::default())
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let condition = "a equals 1 or b present and c starts-with x";
        assert!(holds(condition, r#"{"a":"1"}"#));
        assert!(holds(condition, r#"{"b":null,"c":"xy"}"#));
        assert!(!holds(condition, r#"{"b":"","c":"y"}"#));
    }

    #[test]
    fn tests_mean_what_rules_mean() {
        assert!(!holds("dept not-equal ops", "{}"), "R3");
        assert!(holds("dept absent", "{}"));
        assert!(holds("cognito:groups contains adm", r#"{"cognito:groups":["admins"]}"#));
        assert!(holds("dept equals 'site ops'", r#"{"dept":"site ops"}"#));
        assert!(holds("dept equals and", r#"{"dept":"and"}"#));
    }

    #[test]
    fn an_error_says_where_and_what_was_meant() {
        let error = |written| Condition::parse(written).unwrap_err().to_string();
        assert_eq!(error("groups contain x"), "column 8: unknown operator `contain`, did you mean `contains`?");
        assert_eq!(error("a equals"), "column 9: expected a value, but the condition ends");
        assert_eq!(error("a present b absent"), "column 11: unknown word `b`, expected `and` or `or`");
        assert_eq!(error("a equals 'x"), "column 10: the quote that opens here is not closed");
        assert_eq!(error(""), "column 1: expected a claim, but the condition ends");
        assert_eq!(error("a present and"), "column 14: expected a claim, but the condition ends");
    }

    #[test]
    fn the_opposite_holds_exactly_where_the_condition_does_not() {
        let condition = Condition::parse("a present and b equals x or c absent").unwrap();
        assert_eq!(condition.alternatives(), [vec![(0, true), (1, true)], vec![(2, false)]]);
        assert_eq!(condition.opposite().unwrap(), [vec![(0, false), (2, true)], vec![(1, false), (2, true)]]);
    }
}
