//! Asks the question of a case: who signs in, with which claims and groups, choosing which role.

use std::borrow::Cow;

use crate::claims::{Claim, Claims};
use crate::eval::{Evaluator, Request};
use crate::groups::{GroupClaims, OpenPreferredRole, PREFERRED_ROLE};
use crate::login::{Login, LoginError, TokenForm};
use crate::pool::Group;
use crate::provider::ProviderKey;
use crate::read::Problem;
use crate::user_pool::find_group;

use super::model::Column;
use super::people::{OF_GROUPS, Person, overwrite};
use super::plan::{Case, Plan, Target};

/// Why a question could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswerable {
    /// A stable kebab-case code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl From<LoginError> for Unanswerable {
    fn from(error: LoginError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl From<Problem> for Unanswerable {
    fn from(problem: Problem) -> Self {
        Self { code: problem.code, message: problem.message }
    }
}

/// One login in the making.
pub(super) struct Signer<'p> {
    pub(super) claims: Claims<'p>,
    pub(super) open: Option<Cow<'p, OpenPreferredRole>>,
    pub(super) form: TokenForm,
    pub(super) provider: Option<Cow<'p, ProviderKey>>,
    /// The groups of whoever signs in, and which of the claims of groups come from them.
    groups: Vec<Cow<'p, str>>,
    from_groups: [bool; 3],
}

impl Plan {
    /// Why the question of a case cannot be asked; `None` if it can.
    #[must_use]
    pub fn unanswerable(&self, case: Case) -> Option<Unanswerable> {
        self.asked(case, |_, _| ()).err()
    }

    /// Puts the request of a case together and hands it on.
    pub(super) fn asked<R>(
        &self,
        case: Case,
        then: impl FnOnce(&Evaluator, &Request<'_>) -> R,
    ) -> Result<R, Unanswerable> {
        self.asked_of(case, self.evaluator(case), then)
    }

    /// The same with another evaluator than the suite's own: a changed configuration.
    pub(super) fn asked_of<R>(
        &self,
        case: Case,
        evaluator: &Evaluator,
        then: impl FnOnce(&Evaluator, &Request<'_>) -> R,
    ) -> Result<R, Unanswerable> {
        let (test, target) = (self.test(case), self.target(case));
        let in_row = |column: &Column| {
            let number = test.columns.iter().position(|known| known == column)?;
            test.cells.text(case.row as usize, number)
        };
        let user = in_row(&Column::User);
        let names = user.into_iter().chain(test.logins.iter().map(|login| login.text.as_str()));
        let people: Vec<&Person> = names.filter_map(|name| target.users.get(name)).collect();
        let mut signers: Vec<Signer<'_>> = match people.as_slice() {
            [] => vec![self.signer(case, None)],
            [guest] if guest.guest => Vec::new(),
            [only] => vec![self.signer(case, Some(only))],
            several => several.iter().map(|person| Signer::of(person, self.provider())).collect(),
        };
        let mut logins = Vec::with_capacity(signers.len());
        for signer in &mut signers {
            signer.join(evaluator, target)?;
        }
        for signer in &signers {
            let login = evaluator.login(signer.provider.as_deref(), &signer.claims, signer.form)?;
            logins.push(login.with_open_preferred_role(signer.open.as_deref()));
        }
        refuse_twins(&logins)?;
        let custom = match in_row(&Column::CustomRoleArn) {
            Some(role) => Some(role),
            None => test.custom_role_arn.as_ref().map(|role| role.text.as_str()),
        };
        let custom = custom.and_then(|written| target.roles.get(written));
        Ok(then(evaluator, &Request::of(&logins).choosing(custom).at(self.clock())))
    }

    pub(super) fn provider(&self) -> Option<ProviderKey> {
        self.suite.provider.as_ref().map(|key| ProviderKey::new(key.text.clone()))
    }

    /// The only login of a case: its user's, as far as the test and its row leave it.
    fn signer<'p>(&'p self, case: Case, person: Option<&'p Person>) -> Signer<'p> {
        let (test, target) = (self.test(case), self.target(case));
        let mut signer = match person {
            Some(person) => Signer::of(person, self.provider()),
            None => Signer {
                claims: Claims::default(),
                open: None,
                form: TokenForm::Claims,
                provider: self.provider().map(Cow::Owned),
                groups: Vec::new(),
                from_groups: [false; 3],
            },
        };
        let groups_of_row = test.columns.iter().position(|column| *column == Column::Groups);
        let groups_of_row = groups_of_row.and_then(|number| test.cells.get(case.row as usize, number));
        let groups: Option<Vec<&str>> = match &groups_of_row {
            Some(Claim::Array(names)) => Some(names.iter().filter_map(Claim::as_text).collect()),
            _ => test.groups.as_ref().map(|names| names.iter().map(|name| name.text.as_str()).collect()),
        };
        if let Some(groups) = groups {
            let mut member = Person::default();
            member.join(groups.into_iter(), target.groups.as_deref());
            signer.take_groups(&mut member.claims, member.open.as_ref(), [true; 3]);
            signer.groups = member.groups.into_iter().flatten().map(Cow::Owned).collect();
        }
        for (name, cell) in test.claims.iter().flatten() {
            signer.edit(name, cell.as_ref().map(Claim::borrowed));
        }
        if let Some(provider) = &test.provider {
            signer.provider = Some(Cow::Owned(ProviderKey::new(provider.text.clone())));
        }
        for (column, cell) in test.columns.iter().zip(test.cells.row(case.row as usize)) {
            match (column, cell) {
                (Column::Claim(name), cell) => signer.edit(name, cell),
                (Column::Provider, Some(Claim::Text(key))) => {
                    signer.provider = Some(Cow::Owned(ProviderKey::new(key.as_ref())));
                }
                _ => {}
            }
        }
        signer
    }

    /// The provider that a case names, as far as it does.
    pub(super) fn signer_key(&self, case: Case) -> Option<ProviderKey> {
        self.signer(case, self.user(case)).provider.map(Cow::into_owned)
    }

    /// The user of a case that has one.
    pub(super) fn user(&self, case: Case) -> Option<&Person> {
        let test = self.test(case);
        let user = test.columns.iter().position(|column| *column == Column::User);
        let user = user.and_then(|number| test.cells.text(case.row as usize, number));
        let user = user.or_else(|| test.logins.first().map(|login| login.text.as_str()));
        user.and_then(|name| self.target(case).users.get(name))
    }
}

impl<'p> Signer<'p> {
    pub(super) fn of(person: &'p Person, default: Option<ProviderKey>) -> Self {
        Self {
            groups: person.groups.iter().flatten().map(|name| Cow::Borrowed(name.as_str())).collect(),
            from_groups: person.from_groups,
            claims: person.claims.borrowed(),
            open: person.open.as_ref().map(Cow::Borrowed),
            form: person.form,
            provider: person.provider.as_ref().map(Cow::Borrowed).or_else(|| default.map(Cow::Owned)),
        }
    }

    /// Makes the claims of the groups again, now that it shows whose login it is: two user pools can have groups of one name.
    pub(super) fn join(&mut self, evaluator: &Evaluator, target: &Target) -> Result<(), Unanswerable> {
        let Some(known) = target.groups.as_deref().filter(|_| target.has_user_pools) else { return Ok(()) };
        if self.groups.is_empty() || self.from_groups == [false; 3] {
            return Ok(());
        }
        let logins = evaluator.login_names(self.provider.as_deref(), &self.claims, self.form)?;
        let groups = self.groups.iter().map(|name| find_group(known, name, &logins));
        let groups = groups.collect::<Result<Vec<&Group>, Problem>>()?;
        let mut claims = Claims::default();
        let open = GroupClaims::of(&groups).write_to(&mut claims);
        self.take_groups(&mut claims, open.as_ref(), self.from_groups);
        Ok(())
    }

    /// Takes over those claims of groups that are to be replaced.
    fn take_groups(&mut self, from: &mut Claims<'_>, open: Option<&OpenPreferredRole>, replaced: [bool; 3]) {
        for (claim, _) in OF_GROUPS.into_iter().zip(replaced).filter(|(_, is_replaced)| *is_replaced) {
            match from.remove(claim) {
                Some(value) => self.claims.set(claim, value.into_owned()),
                None => {
                    self.claims.remove(claim);
                }
            }
            if claim == PREFERRED_ROLE {
                self.open = open.cloned().map(Cow::Owned);
            }
        }
        self.from_groups = replaced;
    }

    fn edit(&mut self, name: &'p str, cell: Option<Claim<'p>>) {
        overwrite(&mut self.from_groups, name);
        if name == PREFERRED_ROLE {
            self.open = None;
        }
        match cell {
            Some(value) => self.claims.set(name, value),
            None => {
                self.claims.remove(name);
            }
        }
    }
}

/// Two tokens of one provider are two requests.
fn refuse_twins(logins: &[Login<'_>]) -> Result<(), Unanswerable> {
    for (number, login) in logins.iter().enumerate() {
        let key = |login: &Login<'_>| login.provider().map(|key| key.login_key().to_owned());
        if logins.iter().take(number).any(|earlier| key(earlier) == key(login)) {
            let message = "two logins are for the same provider; a request has one login for each";
            return Err(Unanswerable { code: "contradiction", message: message.to_owned() });
        }
    }
    Ok(())
}
