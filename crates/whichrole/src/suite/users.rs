//! The users of a suite: who extends whom, and which names tests may call.

use std::collections::{BTreeMap, BTreeSet};

use crate::text;

use super::fields::Fields;
use super::model::{Cell, Column, Suite, Test, User, Written};

/// How many users may extend each other in a row.
const DEEPEST: usize = 64;

/// How many claims all users may have, each those of whom it extends as well.
const MOST_CLAIMS: usize = 200_000;

/// How much longer all names of claims and their texts may be, with those of whom each extends, than those that are written.
const MOST_INHERITED: usize = 16 * 1024 * 1024;

/// Finds users that extend nobody known or each other, contradictions within a user, and tests that call unknown users.
pub(super) fn check(suite: &Suite, fields: &mut Fields) {
    let by_name: BTreeMap<&str, &User> = suite.users.iter().map(|user| (user.name.text.as_str(), user)).collect();
    let known: Vec<&str> = by_name.keys().copied().collect();
    let claims = |user: &User| chain(user, &by_name).map(|layer| layer.claims.len()).sum::<usize>();
    if let Some(first) = suite.users.first()
        && suite.users.iter().map(claims).sum::<usize>() > MOST_CLAIMS
    {
        let message = format!("the users have more than {MOST_CLAIMS} claims, those that they extend included");
        fields.report("too-large", message, first.name.at);
    }
    let own: BTreeMap<&str, usize> = suite.users.iter().map(|user| (user.name.text.as_str(), bytes(user))).collect();
    let inherited = |user: &User| {
        let ancestors = chain(user, &by_name).skip(1);
        ancestors
            .filter_map(|user| own.get(user.name.text.as_str()))
            .fold(0_usize, |sum, more| sum.saturating_add(*more))
    };
    if let Some(first) = suite.users.first()
        && suite.users.iter().map(inherited).fold(0_usize, usize::saturating_add) > MOST_INHERITED
    {
        let message =
            format!("the users extend more than {MOST_INHERITED} bytes of claims, each counted for every user");
        fields.report("too-large", message, first.name.at);
    }
    let mut too_deep = false;
    for user in &suite.users {
        if let Some(parent) = user.extends.as_ref().filter(|parent| !by_name.contains_key(parent.text.as_str())) {
            fields.unknown("unknown-user", "user", &parent.text, &known, parent.at);
        }
        if let Some(cycle) = cycle(user, &by_name) {
            fields.report("extends-cycle", format!("users extend each other: {cycle}"), user.name.at);
        } else if !too_deep && is_too_deep(user, &by_name) {
            too_deep = true;
            fields.report("too-large", format!("users extend each other more than {DEEPEST} deep"), user.name.at);
        }
        let is_guest = chain(user, &by_name).any(|user| user.guest.is_some());
        let signs_in = chain(user, &by_name).any(|user| {
            !user.claims.is_empty() || user.groups.is_some() || user.jwt.is_some() || user.provider.is_some()
        });
        if is_guest && signs_in {
            let message = "a guest has no claims, groups, token or provider";
            fields.report("contradiction", message, user.name.at);
        }
    }
    for test in &suite.tests {
        for login in test.logins.iter().filter(|login| !by_name.contains_key(login.text.as_str())) {
            if known.is_empty() {
                let message = format!(
                    "unknown user {}; `users` says who there is, a guest by `{{ guest: true }}`",
                    text::quoted(&login.text)
                );
                fields.report("unknown-user", message, login.at);
                continue;
            }
            fields.unknown("unknown-user", "user", &login.text, &known, login.at);
        }
        let is_guest = |name: &Written| {
            by_name.get(name.text.as_str()).is_some_and(|user| chain(user, &by_name).any(|user| user.guest.is_some()))
        };
        if (test.logins.len() > 1 || brings_claims(test))
            && let Some(guest) = test.logins.iter().find(|name| is_guest(name))
        {
            fields.report("contradiction", "a guest has no login, so no claims and no other logins", guest.at);
        }
        check_rows(test, &by_name, fields);
    }
}

/// Whether a test, or the snapshot, is about a guest.
pub(super) fn asks_for_guests(suite: &Suite) -> bool {
    let by_name: BTreeMap<&str, &User> = suite.users.iter().map(|user| (user.name.text.as_str(), user)).collect();
    let is_guest = |user: &User| chain(user, &by_name).any(|user| user.guest.is_some());
    let guests: BTreeSet<&str> =
        suite.users.iter().filter(|user| is_guest(user)).map(|user| user.name.text.as_str()).collect();
    let is_about_one = |test: &Test| {
        let column = test.columns.iter().position(|column| *column == Column::User);
        let mut in_rows = (0..test.rows.len()).filter_map(|row| test.cells.text(row, column?));
        test.logins.iter().any(|login| guests.contains(login.text.as_str()))
            || in_rows.any(|name| guests.contains(name))
    };
    !guests.is_empty() && (suite.snapshot.is_some() || suite.tests.iter().any(is_about_one))
}

/// How long the claims of a user are.
fn bytes(user: &User) -> usize {
    let value =
        |cell: &Cell| cell.as_ref().map_or(0, |claim| claim.as_text().map_or_else(|| claim.to_json().len(), str::len));
    user.claims.iter().map(|(name, cell)| name.len() + value(cell)).sum()
}

/// Whether a test says anything about a token.
fn brings_claims(test: &Test) -> bool {
    let column = |column: &Column| matches!(column, Column::Claim(_) | Column::Groups | Column::Provider);
    test.claims.is_some() || test.groups.is_some() || test.provider.is_some() || test.columns.iter().any(column)
}

/// Finds rows that call unknown users.
pub(super) fn check_rows(test: &Test, by_name: &BTreeMap<&str, &User>, fields: &mut Fields) {
    let Some(column) = test.columns.iter().position(|column| *column == Column::User) else { return };
    let known: Vec<&str> = by_name.keys().copied().collect();
    let mut reported = BTreeSet::new();
    for (number, row) in test.rows.iter().enumerate() {
        let Some(name) = test.cells.text(number, column).filter(|name| !reported.contains(name)) else { continue };
        match by_name.get(name) {
            None => {
                fields.unknown("unknown-user", "user", name, &known, row.at);
                reported.insert(name);
            }
            Some(user) if brings_claims(test) && chain(user, by_name).any(|user| user.guest.is_some()) => {
                let message = format!("{} is a guest, who has no claims", text::quoted(name));
                fields.report("contradiction", message, row.at);
                reported.insert(name);
            }
            Some(_) => {}
        }
    }
}

/// A user, then whom it extends, and so on; ends where it goes too deep, as it does where it goes round.
pub(super) fn chain<'u>(user: &'u User, by_name: &BTreeMap<&str, &'u User>) -> impl Iterator<Item = &'u User> {
    let next = |user: &&'u User| by_name.get(user.extends.as_ref()?.text.as_str()).copied();
    std::iter::successors(Some(user), next).take(DEEPEST + 1)
}

/// Whether there are more ancestors than anybody would want. Going round is another matter.
fn is_too_deep(user: &User, by_name: &BTreeMap<&str, &User>) -> bool {
    let distinct: BTreeSet<&str> = chain(user, by_name).map(|user| user.name.text.as_str()).collect();
    distinct.len() > DEEPEST
}

/// `a → b → a`, told once: by the member of the cycle that comes first by name.
fn cycle(user: &User, by_name: &BTreeMap<&str, &User>) -> Option<String> {
    let start = user.name.text.as_str();
    let mut path = vec![text::quoted(start)];
    for ancestor in chain(user, by_name).skip(1) {
        let name = ancestor.name.text.as_str();
        path.push(text::quoted(name));
        if name == start {
            return Some(path.join(" → "));
        }
        if name < start {
            return None;
        }
    }
    None
}
