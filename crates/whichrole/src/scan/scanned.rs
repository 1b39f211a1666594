//! What was kept of a token: texts by their numbers, and beside them the few claims that are something else.

use std::fmt;

use crate::claims::{Claim, Claims, Value};
use crate::login::TokenForm;
use crate::names::Names;

/// As many claims as the places of their texts are written down for.
const FEW: usize = 32;

/// Where in its text a token has the texts of the first claims: behind the quote before each, and before the quote behind it. Nothing begins and
/// ends with the text's first byte, so two zeros stand for a claim that is not there, or is no plain text.
pub(super) type Places = [(u32, u32); FEW];

/// The claims that a [`ClaimsScanner`](crate::ClaimsScanner) kept of one token.
///
/// `Debug` shows names only, as that of [`Claims`] does.
pub struct Scanned<'t> {
    /// The names that were looked for.
    names: &'t Names,
    text: &'t str,
    places: &'t Places,
    /// All other claims: what is no text, what was written with escapes, and what has a greater number. No number is in both.
    others: Vec<(usize, Claim<'t>)>,
    form: TokenForm,
}

impl<'t> Scanned<'t> {
    pub(super) fn new(
        names: &'t Names,
        text: &'t str,
        places: &'t Places,
        others: Vec<(usize, Claim<'t>)>,
        form: TokenForm,
    ) -> Self {
        Self { names, text, places, others, form }
    }

    /// What is left of claims that were read in full.
    pub(super) fn of_claims(names: &'t Names, claims: Claims<'t>, form: TokenForm) -> Self {
        let others = claims.into_members().filter_map(|(name, value)| Some((names.number(&name)?, value)));
        Self::new(names, "", &[(0, 0); FEW], others.collect(), form)
    }

    /// Whether the token was a JWT.
    #[must_use]
    pub fn form(&self) -> TokenForm {
        self.form
    }

    /// The names that were looked for.
    pub(crate) fn names(&self) -> &'t Names {
        self.names
    }

    /// The value of a claim by its number among the names.
    #[inline]
    pub(crate) fn value(&self, number: usize) -> Option<Value<'_>> {
        match self.places.get(number) {
            Some((start, end)) if *end != 0 => self.text.get(*start as usize..*end as usize).map(Value::Text),
            _ if self.others.is_empty() => None,
            _ => self.others.iter().find(|(other, _)| *other == number).map(|(_, claim)| Value::of(claim)),
        }
    }

    /// The value of a claim, if it was looked for.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'_>> {
        self.value(self.names.number(name)?)
    }

    /// The claims that were kept, in an order of their own.
    #[must_use]
    pub fn into_claims(self) -> Claims<'t> {
        let text = |(start, end): (u32, u32)| self.text.get(start as usize..end as usize).filter(|_| end != 0);
        let texts = self.places.iter().zip(self.names.iter());
        let texts = texts.filter_map(|(place, name)| Some((name.into(), Claim::from(text(*place)?))));
        let others = self.others.into_iter().map(|(number, value)| (self.names.name(number).into(), value));
        Claims::of_members(texts.chain(others))
    }
}

/// The names only.
impl fmt::Debug for Scanned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scanned")?;
        f.debug_set().entries(self.names.iter().filter(|name| self.get(name).is_some())).finish()
    }
}
