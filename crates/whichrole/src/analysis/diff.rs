//! What a change of configuration changes: every class of requests that gets something else, each with a shortest witness, or the proof
//! that there is none (`diff`).
//!
//! For each login that both sides know, every pair of cases is asked for: "case *i* decides before, case *j* decides after". That is one
//! question about at most two claims (`space.rs`). Pairs that end alike are passed over, unless the tags can differ.

mod certainty;
mod compare;
mod spots;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::ser::{Error, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use self::compare::{Classes, Example, Search, compare};
use super::condition::Condition;
use super::pairing::{Paired, Part, paired};
use super::solve::NotDecided;
use super::space::{Known, Space, Spot, roles_of};
use super::witness::{ClaimsJson, Witness};
use super::work::Work;
use crate::claims::Claims;
use crate::login::{LoginError, TokenForm};
use crate::pool::{Group, IdentityPool};
use crate::provider::ProviderKey;
use crate::read::Surroundings;
use crate::semantics::Semantics;
use crate::{Answer, Evaluator, Request};

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    /// The pool.
    pub pool: &'s IdentityPool,
    /// The groups that are known.
    pub groups: &'s [Group],
    /// The choices for what AWS leaves open.
    pub semantics: Semantics,
}

/// How two configurations are compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiffOptions<'o> {
    /// Where changes are meant to be. What changes elsewhere is in [`Diff::outside`].
    pub only: Option<&'o Condition>,
    /// References and the literals they stand for: roles, providers, clients.
    pub equal: &'o [(String, String)],
    /// What stands around the pools in the files of the first and of the second configuration: it tells the names of the roles that these
    /// refer to.
    pub around: [Option<&'o Surroundings>; 2],
}

/// What changes from one configuration to another.
#[derive(Debug, Clone)]
pub struct Diff {
    /// Requests without a chosen role: one for each distinct pair of decision, role, denial reason and, where only tags differ, tag key.
    pub changes: Vec<Change>,
    /// Requests with the same answer on both sides that is certain on one of them only. Examples: other such requests may exist.
    pub certainty_changes: Vec<Change>,
    /// Requests that choose a role.
    pub custom_role_changes: Vec<Change>,
    /// The mappings and providers that only the first configuration has.
    pub only_before: Vec<String>,
    /// The mappings and providers that only the second configuration has.
    pub only_after: Vec<String>,
    /// References that were taken for literals because of their names.
    pub matched: BTreeMap<String, String>,
    /// The references among [`Diff::matched`] whose literals have no name that the files give, but one that CloudFormation may have made.
    pub guessed: BTreeSet<String>,
    /// With [`DiffOptions::only`]: what changes outside the condition.
    pub outside: Option<Vec<Change>>,
    /// What could not be decided.
    pub not_decided: BTreeSet<NotDecided>,
    /// Whether [`Diff::certainty_changes`] are all there are. Only where nothing differs at all: otherwise they are examples.
    pub certainty_decided: bool,
    /// Whether one side does not say whether guests are allowed, or leaves it to something that is not known, has no role for them, and the
    /// other refuses them: both refuse them then, and for which reason is not compared.
    pub guests_unsaid: bool,
    /// How many steps it took to find out.
    pub(crate) steps: u64,
    /// The groups that are known of each configuration, with roles called alike.
    pub groups: [Vec<Group>; 2],
    evaluators: [Arc<Evaluator>; 2],
}

/// One class of requests that get something else.
#[derive(Debug, Clone)]
pub struct Change {
    /// A shortest request of the class. Its provider is the key of the first configuration.
    pub witness: Witness,
    /// All providers with such requests.
    pub providers: BTreeSet<Option<Arc<str>>>,
    /// What the witness got.
    pub before: Judged,
    /// What it gets.
    pub after: Judged,
}

/// What one side answers to the witness of a change.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The role, if any.
    pub role: Option<String>,
    /// The rule that chose it.
    pub rule: Option<usize>,
    /// The word for what chose it.
    pub source: Option<&'static str>,
    /// The reason of the denial, if there is no role.
    pub deny: Option<&'static str>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    evaluator: Arc<Evaluator>,
    key: Option<ProviderKey>,
    witness: Arc<Witness>,
}

impl Judged {
    /// The whole answer, readings included, which takes longer than the decision that is kept.
    ///
    /// ```
    /// # use whichrole::analysis::{DiffOptions, Subject, diff};
    /// # use whichrole::{IdentityPool, Semantics};
    /// let (before, mut after) = (IdentityPool::default(), IdentityPool::default());
    /// after.roles.unauthenticated = Some("arn:aws:iam::111122223333:role/Guest".into());
    /// let side = |pool| Subject { pool, groups: &[], semantics: Semantics::default() };
    /// let found = diff(&side(&before), &side(&after), &DiffOptions::default());
    /// let is_certain = found.changes[0].after.answer(|answer| answer.is_certain());
    /// assert_eq!(is_certain, Some(true));
    /// ```
    pub fn answer<T>(&self, read: impl FnOnce(&Answer<'_>) -> T) -> Option<T> {
        let logins = logins(&self.evaluator, self.key.as_ref(), &self.witness.claims)?;
        let request = Request::of(&logins).choosing(self.witness.custom_role_arn.as_deref());
        Some(read(&self.evaluator.answer(&request)))
    }
}

impl Diff {
    /// Whether no request gets anything else: `Some(true)` only where that is proved, `None` where nothing was found and something could
    /// not be decided.
    #[must_use]
    pub fn is_equal(&self) -> Option<bool> {
        let lists = [&self.only_before, &self.only_after];
        if !self.changes.is_empty() || !self.custom_role_changes.is_empty() || lists.iter().any(|list| !list.is_empty())
        {
            return Some(false);
        }
        self.not_decided.is_empty().then_some(true)
    }

    /// What both configurations answer to one user, whose token may have other claims after the change since it is made from other groups.
    /// The provider is found by name, by the token's issuer, or because there is only one.
    ///
    /// # Errors
    /// As [`Evaluator::login`], for either configuration.
    pub fn judge(
        &self,
        named: Option<&ProviderKey>,
        before: &Claims<'static>,
        after: &Claims<'static>,
    ) -> Result<[Judged; 2], LoginError> {
        let [old, new] = &self.evaluators;
        let judged = |evaluator: &Arc<Evaluator>, claims: &Claims<'static>| {
            let key = match (evaluator.login(named, claims, TokenForm::Claims), named) {
                (Ok(login), _) => login.provider().cloned(),
                // The configuration that does not know the provider has no mapping for it.
                (Err(LoginError::UnknownProvider { .. }), Some(named)) => Some(named.clone()),
                (Err(error), _) => return Err(error),
            };
            let provider = key.as_ref().map(ProviderKey::shared_text);
            let witness = Arc::new(Witness { provider, claims: claims.clone(), custom_role_arn: None });
            judge(evaluator, key.as_ref(), &witness)
                .ok_or(LoginError::UnknownIssuer { known: evaluator.provider_keys() })
        };
        Ok([judged(old, before)?, judged(new, after)?])
    }

    /// The names of a login on either side, by which its groups are found there; none where a side cannot tell whose login it is.
    #[must_use]
    pub fn login_names(&self, named: Option<&ProviderKey>, claims: &Claims<'_>) -> [Vec<ProviderKey>; 2] {
        self.evaluators.each_ref().map(|evaluator| match evaluator.login_names(named, claims, TokenForm::Claims) {
            Ok(names) => names,
            Err(LoginError::UnknownProvider { .. }) => named.into_iter().cloned().collect(),
            Err(_) => Vec::new(),
        })
    }

    /// With [`DiffOptions::only`]: whether nothing changes outside the condition, in the same sense.
    #[must_use]
    pub fn is_confined(&self) -> Option<bool> {
        let outside = self.outside.as_ref()?;
        if !outside.is_empty() || !self.only_before.is_empty() || !self.only_after.is_empty() {
            return Some(false);
        }
        self.not_decided.is_empty().then_some(true)
    }
}

/// Compares two configurations for all requests: each login that either knows, guests, and requests that choose a role.
#[must_use]
pub fn diff(before: &Subject<'_>, after: &Subject<'_>, options: &DiffOptions<'_>) -> Diff {
    let Paired { before: mut old, after: mut new, matched, guessed } = {
        let [old_around, new_around] = options.around;
        let old = Part { pool: before.pool, groups: before.groups, around: old_around };
        let new = Part { pool: after.pool, groups: after.groups, around: new_around };
        paired(old, new, options.equal)
    };
    let guests_unsaid = agree_on_refused_guests(&mut old.0, &mut new.0);
    let guests = Guests::of(&old.0, &new.0);
    let groups: Vec<Group> = old.1.iter().chain(&new.1).cloned().collect();
    let roles: BTreeSet<Arc<str>> = roles_of(&old.0, &groups).union(&roles_of(&new.0, &groups)).cloned().collect();
    let (old_groups, new_groups) = (old.1, new.1);
    let (old, new) =
        (Arc::new(Evaluator::new(old.0, before.semantics)), Arc::new(Evaluator::new(new.0, after.semantics)));
    let work = Work::default();
    let comparison = Comparison::new(&old, &new, Known { groups: &groups, roles: &roles, work: &work });

    let mut found = Diff {
        changes: Vec::new(),
        certainty_changes: Vec::new(),
        custom_role_changes: Vec::new(),
        only_before: Vec::new(),
        only_after: Vec::new(),
        matched,
        guessed,
        outside: None,
        not_decided: BTreeSet::new(),
        certainty_decided: false,
        guests_unsaid,
        steps: 0,
        groups: [old_groups, new_groups],
        evaluators: [Arc::clone(&old), Arc::clone(&new)],
    };
    let has_too_many_logins = comparison.has_too_many_logins();
    let is_too_large = has_too_many_logins && (old.pool() != new.pool() || old.semantics() != new.semantics());
    if is_too_large {
        found.not_decided.insert(NotDecided::TooLarge);
    }
    let spots =
        if has_too_many_logins { Vec::new() } else { comparison.spots(&mut found.only_before, &mut found.only_after) };
    let everywhere = Search { atoms: &[], outside: vec![Vec::new()] };
    let (of_guests, spots): (Vec<Spot>, Vec<Spot>) =
        spots.into_iter().partition(|spot| spot.is_guest() && guests != Guests::Known);
    if guests == Guests::Apart || comparison.differs(&of_guests, &everywhere) {
        found.not_decided.insert(NotDecided::Guests);
    }
    let mut plain = Classes::default();
    let mut custom = Classes::default();
    comparison.search(&spots, &everywhere, &mut plain, &mut custom);
    found.not_decided.extend(plain.not_decided.union(&custom.not_decided));
    found.changes = comparison.judged(plain);
    found.custom_role_changes = comparison.judged(custom);
    found.certainty_changes = comparison.certainty(&spots);
    found.certainty_decided =
        !is_too_large && guests != Guests::Apart && spots.iter().all(|spot| comparison.is_untouched(spot));
    if let Some(condition) = options.only {
        let atoms = condition.atoms();
        let mut outside = Classes::default();
        match condition.opposite() {
            None => {
                outside.not_decided.insert(NotDecided::TooLarge);
            }
            Some(terms) => {
                let search = Search { atoms: &atoms, outside: terms };
                let mut custom = Classes::default();
                comparison.search(&spots, &search, &mut outside, &mut custom);
                outside.merge(custom);
            }
        }
        found.not_decided.extend(&outside.not_decided);
        found.outside = Some(comparison.judged(outside));
    }
    found.steps = work.steps();
    found
}

/// What the service prints of a pool's roles does not say whether guests are allowed, and a file may leave that to something that is not known.
/// Where such a side has no role for them and the other refuses them too, for which reason is no difference.
/// Whether that is so.
fn agree_on_refused_guests(old: &mut IdentityPool, new: &mut IdentityPool) -> bool {
    let refuse = |unsaid: &mut IdentityPool, said: &IdentityPool| {
        let is_open = unsaid.guests_depend_on.is_some() && unsaid.guests_depend_on != said.guests_depend_on;
        let refuses =
            said.allow_unauthenticated_identities == Some(false) || (is_open && said.roles.unauthenticated.is_none());
        let is_unsaid =
            unsaid.allow_unauthenticated_identities.is_none() && unsaid.roles.unauthenticated.is_none() && refuses;
        if is_unsaid {
            unsaid.allow_unauthenticated_identities = said.allow_unauthenticated_identities;
            unsaid.guests_depend_on.clone_from(&said.guests_depend_on);
        }
        is_unsaid
    };
    refuse(old, new) || refuse(new, old)
}

/// What is known of whether guests are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guests {
    /// Whatever each side says of it.
    Known,
    /// Both sides leave it to one and the same reference, so it is the same on both. If guests are refused they are refused alike, so what
    /// is alike where they are allowed is alike.
    Alike,
    /// A side leaves it to what the other does not.
    Apart,
}

impl Guests {
    fn of(old: &IdentityPool, new: &IdentityPool) -> Self {
        match (&old.guests_depend_on, &new.guests_depend_on) {
            (None, None) => Self::Known,
            (a, b) if a == b => Self::Alike,
            _ => Self::Apart,
        }
    }
}

struct Comparison<'c> {
    old: &'c Arc<Evaluator>,
    new: &'c Arc<Evaluator>,
    known: Known<'c>,
    /// Whether all that decides for guests is the same on both sides, and whether what stands beside the mappings is.
    same_for_guests: bool,
    same_beside_mappings: bool,
}

/// The most logins that two configurations are compared for, many times what AWS takes: each is looked for among all of the other side.
const MOST_LOGINS: usize = 4_000;

impl<'c> Comparison<'c> {
    fn new(old: &'c Arc<Evaluator>, new: &'c Arc<Evaluator>, known: Known<'c>) -> Self {
        let (before, after) = (old.pool(), new.pool());
        let same_for_guests = old.semantics() == new.semantics()
            && before.roles == after.roles
            && before.providers == after.providers
            && before.allow_unauthenticated_identities == after.allow_unauthenticated_identities;
        let same_beside_mappings =
            before.principal_tags == after.principal_tags && before.role_mappings.keys().eq(after.role_mappings.keys());
        Self { old, new, known, same_for_guests, same_beside_mappings }
    }

    fn has_too_many_logins(&self) -> bool {
        let logins = |evaluator: &Evaluator| evaluator.provider_keys().len() + evaluator.pool().principal_tags.len();
        self.evaluators().into_iter().map(logins).sum::<usize>() > MOST_LOGINS
    }

    fn evaluators(&self) -> [&'c Evaluator; 2] {
        [self.old, self.new]
    }

    fn search(&self, spots: &[Spot], search: &Search<'_>, plain: &mut Classes, custom: &mut Classes) {
        for spot in spots.iter().filter(|spot| !self.is_untouched(spot)) {
            let space =
                |role: Option<&str>| Space::new(&self.evaluators(), spot, &[role, role], self.known, search.atoms);
            if let Some(space) = space(None) {
                compare(&space, spot, search, plain);
            }
            let alike = self.chosen_alike(spot);
            for role in self.choosable(spot).into_iter().filter(|role| !alike.contains(&**role)) {
                if self.known.work.is_over() {
                    custom.not_decided.insert(NotDecided::TooLarge);
                    break;
                }
                if let Some(space) = space(Some(&role)) {
                    compare(&space, spot, search, custom);
                }
            }
        }
    }

    /// Whether any of these logins may get something else.
    fn differs(&self, spots: &[Spot], search: &Search<'_>) -> bool {
        let (mut plain, mut custom) = (Classes::default(), Classes::default());
        self.search(spots, search, &mut plain, &mut custom);
        plain.merge(custom);
        !plain.found.is_empty() || !plain.not_decided.is_empty()
    }

    /// Puts each witness to both sides and writes the answers out.
    fn judged(&self, classes: Classes) -> Vec<Change> {
        let changes = classes.found.into_values().filter_map(|Example { witness, size, keys, providers }| {
            let [a, b] = &keys;
            let shared = Arc::new(witness);
            let before = judge(self.old, a.as_ref(), &shared)?;
            let after = judge(self.new, b.as_ref(), &shared)?;
            Some((size, Change { witness: Witness::clone(&shared), providers, before, after }))
        });
        let mut changes: Vec<((usize, usize), Change)> = changes.collect();
        changes.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.witness.cmp_size(&other.witness)));
        changes.into_iter().map(|(_, change)| change).collect()
    }
}

fn logins<'a>(
    evaluator: &'a Evaluator,
    key: Option<&ProviderKey>,
    claims: &'a Claims<'a>,
) -> Option<Vec<crate::Login<'a>>> {
    Some(match key {
        Some(key) => vec![super::side::login(evaluator, key, claims)?],
        None => Vec::new(),
    })
}

/// The decision on a witness.
fn judge(evaluator: &Arc<Evaluator>, key: Option<&ProviderKey>, witness: &Arc<Witness>) -> Option<Judged> {
    let logins = logins(evaluator, key, &witness.claims)?;
    let decision = evaluator.evaluate(&Request::of(&logins).choosing(witness.custom_role_arn.as_deref()));
    Some(Judged {
        role: decision.role().map(str::to_owned),
        rule: decision.source().and_then(crate::Source::rule),
        source: decision.source().map(crate::Source::id),
        deny: decision.denial().map(crate::Denial::reason),
        tags: decision.tags.iter().map(|(key, value)| ((*key).to_owned(), value.clone().into_owned())).collect(),
        evaluator: Arc::clone(evaluator),
        key: key.cloned(),
        witness: Arc::clone(witness),
    })
}

impl Serialize for Judged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.answer(|answer| answer.serialize(serializer)).unwrap_or_else(|| Err(S::Error::custom("the login is gone")))
    }
}

/// `{"provider", "witness": {…claims…}, "before": {decision object}, "after": {decision object}}`
impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("provider", &self.witness.provider)?;
        map.serialize_entry("witness", &ClaimsJson(&self.witness.claims))?;
        if let Some(custom) = &self.witness.custom_role_arn {
            map.serialize_entry("custom_role_arn", custom)?;
        }
        map.serialize_entry("before", &self.before)?;
        map.serialize_entry("after", &self.after)?;
        map.serialize_entry("providers", &self.providers)?;
        map.end()
    }
}

impl Serialize for Diff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Diff", 10)?;
        object.serialize_field("equal", &self.is_equal())?;
        object.serialize_field("changes", &self.changes)?;
        object.serialize_field("certainty_changes", &self.certainty_changes)?;
        object.serialize_field("certainty_decided", &self.certainty_decided)?;
        object.serialize_field("custom_role_changes", &self.custom_role_changes)?;
        object.serialize_field("only_before", &self.only_before)?;
        object.serialize_field("only_after", &self.only_after)?;
        object.serialize_field("matched", &self.matched)?;
        if !self.guessed.is_empty() {
            object.serialize_field("guessed", &self.guessed)?;
        }
        if let Some(outside) = &self.outside {
            object.serialize_field("outside", outside)?;
        }
        if self.guests_unsaid {
            object.serialize_field("guests_unsaid", &true)?;
        }
        if !self.not_decided.is_empty() {
            let why: Vec<String> = self.not_decided.iter().map(ToString::to_string).collect();
            object.serialize_field("not_decided", &why)?;
        }
        object.end()
    }
}
