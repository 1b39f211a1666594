//! Who signs in: the claims of a suite's users, from those they extend, their tokens, their groups and what is written.

use std::collections::BTreeMap;

use crate::claims::Claims;
use crate::groups::{GROUPS, GroupClaims, OpenPreferredRole, PREFERRED_ROLE, ROLES};
use crate::login::TokenForm;
use crate::pool::Group;
use crate::provider::ProviderKey;
use crate::token::{Jwt, TokenError, TokenLimits};

use super::model::{Cell, Suite, User};
use super::plan::Target;
use super::users;

/// Who signs in: claims and where they came from.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) claims: Claims<'static>,
    pub(super) open: Option<OpenPreferredRole>,
    pub(super) form: TokenForm,
    pub(super) provider: Option<ProviderKey>,
    pub(super) guest: bool,
    /// The groups that it was made a member of.
    pub(super) groups: Option<Vec<String>>,
    /// Which of [`OF_GROUPS`] come from these groups.
    pub(super) from_groups: [bool; 3],
    /// The file of the token, where the claims are what it has and nothing else.
    pub(super) token: Option<String>,
}

/// The claims that groups make.
pub(super) const OF_GROUPS: [&str; 3] = [GROUPS, ROLES, PREFERRED_ROLE];

/// The tokens of users, decoded, by their paths.
pub(super) type Tokens = BTreeMap<String, (Claims<'static>, TokenForm)>;

/// A compact JWT, or a claims object.
pub(super) fn decode(text: &str) -> Result<(Claims<'static>, TokenForm), TokenError> {
    if text.trim_start().starts_with('{') {
        Ok((Claims::from_json(text)?.into_owned(), TokenForm::Claims))
    } else {
        Ok((Jwt::decode(text, &TokenLimits::default())?.into_claims(), TokenForm::Jwt))
    }
}

/// Makes the claims of every user, as far as the suite is sound.
pub(super) fn people(suite: &Suite, target: &Target, tokens: &Tokens) -> BTreeMap<String, Person> {
    let by_name: BTreeMap<&str, &User> = suite.users.iter().map(|user| (user.name.text.as_str(), user)).collect();
    let mut people = BTreeMap::new();
    for user in &suite.users {
        let mut person = Person::default();
        let mut chain: Vec<&User> = users::chain(user, &by_name).collect();
        chain.reverse();
        for layer in chain {
            if let Some((claims, form)) = layer.jwt.as_ref().and_then(|path| tokens.get(&path.text)) {
                person.form = *form;
                person.open = None;
                person.token = layer.jwt.as_ref().filter(|_| person.claims.is_empty()).map(|path| path.text.clone());
                for (name, value) in claims.iter() {
                    person.claims.set(name.to_owned(), value.clone());
                    overwrite(&mut person.from_groups, name);
                }
            }
            if let Some(groups) = &layer.groups {
                person.join(groups.iter().map(|group| group.text.as_str()), target.groups.as_deref());
            }
            person.edit(&layer.claims);
            person.guest |= layer.guest.is_some();
            if let Some(provider) = &layer.provider {
                person.provider = Some(ProviderKey::new(provider.text.clone()));
            }
        }
        people.insert(user.name.text.clone(), person);
    }
    people
}

impl Person {
    /// Makes this person a member of exactly these groups, of whatever user pool. Which it is shows with the login (`Signer::join`).
    pub(super) fn join<'n>(&mut self, names: impl Iterator<Item = &'n str>, known: Option<&[Group]>) {
        let names: Vec<&str> = names.collect();
        let found = |name: &str| known.into_iter().flatten().find(|group| group.name == name).cloned();
        let groups: Vec<Group> = names.iter().map(|name| found(name).unwrap_or_else(|| Group::named(*name))).collect();
        for claim in OF_GROUPS {
            self.claims.remove(claim);
        }
        self.token = None;
        self.open = GroupClaims::of(&groups.iter().collect::<Vec<_>>()).write_to(&mut self.claims);
        self.groups = Some(names.into_iter().map(str::to_owned).collect());
        self.from_groups = [true; 3];
    }

    fn edit(&mut self, claims: &[(String, Cell)]) {
        for (name, cell) in claims {
            self.token = None;
            overwrite(&mut self.from_groups, name);
            if name == PREFERRED_ROLE {
                self.open = None;
            }
            match cell {
                Some(value) => self.claims.set(name.clone(), value.clone()),
                None => {
                    self.claims.remove(name);
                }
            }
        }
    }
}

/// Notes that a claim has a value of its own.
pub(super) fn overwrite(from_groups: &mut [bool; 3], name: &str) {
    for (is_from_groups, claim) in from_groups.iter_mut().zip(OF_GROUPS) {
        *is_from_groups &= claim != name;
    }
}
