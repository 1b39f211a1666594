//! Which login of several answers a request (Q1).

use crate::decision::Denial;
use crate::eval::{Path, Request};
use crate::login::Login;
use crate::provider::ProviderKey;
use crate::semantics::{Question, Questions, Semantics, SeveralLogins};

/// Q1 with several logins. Those that would be mapped answer; where none would be, the first by provider name does.
#[inline(never)]
pub(crate) fn several_logins<'a>(
    logins: &'a [Login<'a>],
    request: &Request<'a>,
    semantics: &Semantics,
    pick: usize,
    mut alone: impl FnMut(&'a Login<'a>) -> Path<'a>,
) -> Path<'a> {
    // One bad token fails the whole request, before any role is chosen.
    let fault = by_provider(logins).into_iter().find_map(|at| Some((at, logins.get(at)?.fault_at(request.clock)?)));
    if let Some((at, fault)) = fault {
        return Path { login: Some(at), ..Path::deny(Denial::InvalidToken(fault), Questions::NONE) };
    }
    let mut answers = |at: usize| -> Option<Path<'a>> { Some(Path { login: Some(at), ..alone(logins.get(at)?) }) };
    let candidates = several_candidates(logins);
    let path = if logins.iter().filter(|login| login.is_mapped()).count() < 2 {
        candidates.first().and_then(|&at| answers(at))
    } else {
        let paths: Vec<Path<'a>> = candidates.iter().filter_map(|&at| answers(at)).collect();
        let touched = paths.iter().fold(Question::SeveralLogins.into(), |all: Questions, path| all.union(path.touched));
        let agree = || {
            paths
                .iter()
                .zip(paths.iter().skip(1))
                .all(|(a, b)| a.decision.role() == b.decision.role() && a.decision.tags == b.decision.tags)
        };
        match semantics.several_logins() {
            SeveralLogins::MustAgree if !agree() => Some(Path::deny(Denial::LoginsDisagree, touched)),
            SeveralLogins::MustAgree => paths.into_iter().next().map(|path| Path { touched, ..path }),
            SeveralLogins::AnyOne => paths.into_iter().nth(pick).map(|path| Path { touched, ..path }),
        }
    };
    // There is always a candidate, since there are several logins.
    path.unwrap_or_else(|| Path::deny(Denial::LoginsDisagree, Questions::NONE))
}

/// The logins in the order of their provider names.
fn by_provider(logins: &[Login<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..logins.len()).collect();
    let name = |at: &usize| logins.get(*at).and_then(Login::provider).map(ProviderKey::login_key);
    order.sort_by(|a, b| name(a).cmp(&name(b)));
    order
}

/// The logins that may answer, by provider name: the mapped ones, or all where none is mapped.
pub(crate) fn several_candidates(logins: &[Login<'_>]) -> Vec<usize> {
    let mut order = by_provider(logins);
    if logins.iter().any(Login::is_mapped) {
        order.retain(|at| logins.get(*at).is_some_and(Login::is_mapped));
    }
    order
}
