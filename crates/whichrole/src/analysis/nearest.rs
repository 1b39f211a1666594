//! The smallest change of a token's claims after which a request gets a role, or the proof that there is none.
//!
//! Each case that gives the role is looked at by itself: it must decide, so its own test must hold and every earlier one fail. What that asks
//! of one claim is independent of all others. A claim that is as asked stays; any other has to change, whatever it changes to. So the
//! number of claims to change is exact, and the smallest over all cases is the answer. Among the cases that ask for equally many, the texts
//! that go and come are counted (a text is a claim's value or an element of an array), and then the characters of those that come.

use super::side::End;
use super::solve::{Found, NotDecided};
use super::space::{Ask, Known, Posed, Space, Spot, roles_of};
use super::work::Work;
use crate::claims::{Claim, Claims};
use crate::login::{Login, audience};
use crate::provider::ProviderKind;
use crate::{Evaluator, Group};

/// A claim and its new value; `None`: it goes.
pub(crate) type Edit = (String, Option<Claim<'static>>);

/// How much changes: claims, texts that go or come, characters of those that come.
type Size = (usize, usize, usize);

/// The smallest change of the claims of one login after which the request that it makes by itself gets `role`. The provider and its app
/// client stay. The login's own fault, if it has one, is not looked at.
pub(crate) fn nearest(
    evaluator: &Evaluator,
    login: &Login<'_>,
    groups: &[Group],
    custom: Option<&str>,
    role: &str,
) -> Found<Vec<Edit>> {
    let mut roles = roles_of(evaluator.pool(), groups);
    roles.insert(role.into());
    let work = Work::default();
    let known = Known { groups, roles: &roles, work: &work };
    let key = match evaluator.mapping_of(login) {
        Some((key, _)) => Some(key),
        None => login.provider(),
    };
    // The client decides which mapping is in force (Q5), so it stays.
    let is_user_pool = login.provider().is_some_and(|key| key.kind() == ProviderKind::UserPool);
    let client = audience(login.claims).filter(|_| is_user_pool);
    let given: Vec<(String, String)> = client.map(|client| ("aud".to_owned(), client.to_owned())).into_iter().collect();
    let user_id = login.claims.get(super::side::USER_ID).is_some();
    let is_amazon = key.is_some_and(|key| key.kind() == ProviderKind::Amazon);
    let spot = Spot { keys: vec![key.cloned()], given, user_id: is_amazon.then_some(user_id) };
    let space = key.and_then(|_| Space::new(&[evaluator], &spot, &[custom], known, &[]));
    let Some(space) = space else {
        // The configuration does not know the login, so S3 answers whatever the claims are.
        let is_default = evaluator.pool().roles.authenticated.as_ref().is_some_and(|default| default.as_str() == role);
        return if is_default && custom.is_none() { Found::Yes(Vec::new()) } else { Found::No };
    };
    smallest(&space, role, |name| login.claim(name, evaluator.semantics()))
}

fn smallest<'a>(space: &Space<'_>, role: &str, had: impl Fn(&str) -> Option<&'a Claim<'a>>) -> Found<Vec<Edit>> {
    let Some(side) = space.sides.first() else { return Found::No };
    let mut best: Option<(Size, Vec<Edit>)> = None;
    let mut undecided: Option<(usize, NotDecided)> = None;
    for target in (0..=side.cases.len()).filter(|at| matches!(side.end(*at), End::Role(given) if **given == *role)) {
        if space.work.is_over() {
            undecided = Some((0, NotDecided::TooLarge));
            break;
        }
        let ask = Ask { targets: vec![target], fine: vec![0], ..Ask::default() };
        let posed = |claim: usize| {
            let reached = side.cases_of(claim).iter().copied().take_while(|at| *at <= target);
            let cases: Vec<(usize, usize, bool)> = reached.map(|at| (0, at, at == target)).collect();
            space.posed(claim, &cases, &ask)
        };
        let to_change: Vec<(usize, &String)> =
            space.names.iter().enumerate().filter(|(claim, name)| !posed(*claim).accepts(had(name.as_str()))).collect();
        if best.as_ref().is_some_and(|(size, _)| size.0 < to_change.len()) {
            continue;
        }
        let mut size = (to_change.len(), 0, 0);
        let mut edits = Some(Vec::new());
        for (claim, name) in &to_change {
            match change(space, *claim, &posed(*claim), had(name.as_str())) {
                Found::Yes(((texts, characters), value)) => {
                    size = (size.0, size.1 + texts, size.2 + characters);
                    if let Some(edits) = &mut edits {
                        edits.push(((*name).clone(), value));
                    }
                }
                Found::No => {
                    edits = None;
                    break;
                }
                Found::Undecided(why) => {
                    undecided = undecided.into_iter().chain([(to_change.len(), why)]).min();
                    edits = None;
                    break;
                }
            }
        }
        if let Some(edits) = edits
            && best.as_ref().is_none_or(|(known, _)| size < *known)
        {
            best = Some((size, edits));
        }
    }
    match (best, undecided) {
        // A change of fewer claims might do, and nobody can tell.
        (Some((size, _)), Some((claims, why))) if claims < size.0 => Found::Undecided(why),
        (Some((_, edits)), _) => Found::Yes(edits),
        (None, Some((_, why))) => Found::Undecided(why),
        (None, None) => Found::No,
    }
}

/// The smallest change of one claim: it goes, some of its elements do, or it has another value. With how much that is.
type Changed = ((usize, usize), Option<Claim<'static>>);

fn change(space: &Space<'_>, claim: usize, posed: &Posed<'_>, had: Option<&Claim<'_>>) -> Found<Changed> {
    let gone = (had.is_some() && posed.accepts(None)).then_some(None);
    let edited = match had {
        Some(Claim::Array(elements)) => space.edited_array(claim, posed, elements).map(Some),
        _ => None,
    };
    let (new, why) = match space.present_value(claim, posed) {
        Found::Yes(value) => (Some(Some(value)), None),
        Found::No => (None, None),
        Found::Undecided(why) => (None, Some(why)),
    };
    // Among equals a claim goes rather than being emptied.
    let all = gone.into_iter().chain(edited).chain(new).map(|value| (size(had, value.as_ref()), value));
    match (all.min_by_key(|(size, _)| *size), why) {
        (Some(smallest), _) => Found::Yes(smallest),
        (None, Some(why)) => Found::Undecided(why),
        (None, None) => Found::No,
    }
}

/// How many texts go or come, and how many characters of JSON come.
fn size(had: Option<&Claim<'_>>, new: Option<&Claim<'_>>) -> (usize, usize) {
    let texts = |claim: Option<&Claim<'_>>| -> Vec<String> {
        match claim {
            None => Vec::new(),
            Some(Claim::Array(elements)) => elements.iter().map(Claim::to_json).collect(),
            Some(other) => vec![other.to_json()],
        }
    };
    let (mut gone, mut come) = (texts(had), Vec::new());
    for text in texts(new) {
        match gone.iter().position(|known| *known == text) {
            Some(at) => drop(gone.remove(at)),
            None => come.push(text),
        }
    }
    (gone.len() + come.len(), come.iter().map(|text| text.chars().count()).sum())
}

/// The claims of a login after a change.
pub(crate) fn changed(claims: &Claims<'_>, edits: &[Edit]) -> Claims<'static> {
    let mut changed = claims.clone().into_owned();
    for (name, value) in edits {
        match value {
            Some(value) => changed.set(name.clone(), value.clone()),
            None => drop(changed.remove(name)),
        }
    }
    changed
}
