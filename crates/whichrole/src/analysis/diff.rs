//! What a change of configuration changes: every class of requests that gets something else, each with a shortest witness, or the proof
//! that there is none (`diff`).
//!
//! For each login that both sides know, every pair of cases is asked for: "case *i* decides before, case *j* decides after". That is one
//! question about at most two claims (`space.rs`). Pairs that end alike are passed over, unless the tags can differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::ser::{Error, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::condition::Condition;
use super::pairing::{Paired, Part, counterpart, paired};
use super::reach::accepted;
use super::solve::{Found, Fresh, NotDecided};
use super::space::{
    Ask, Atom, End, Known, Side, Space, Spot, TAGS_REJECTED, Term, Want, compare_alike, listed_clients, roles_of,
    twins, variants,
};
use super::witness::{ClaimsJson, Witness};
use crate::claims::{Claim, Claims};
use crate::login::TokenForm;
use crate::pool::{Group, IdentityPool, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};
use crate::semantics::{Question, Semantics};
use crate::{Answer, Evaluator, Request, tags};

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
    /// With [`DiffOptions::only`]: what changes outside the condition.
    pub outside: Option<Vec<Change>>,
    /// What could not be decided.
    pub not_decided: BTreeSet<NotDecided>,
}

/// One class of requests that get something else.
#[derive(Debug, Clone)]
pub struct Change {
    /// A shortest request of the class. Its provider is the key of the first configuration.
    pub witness: Witness,
    /// All providers with such requests.
    pub providers: BTreeSet<Option<String>>,
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
    witness: Witness,
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
    let part = |subject: &Subject<'_>| (subject.pool.clone(), subject.groups.to_vec());
    let Paired { before: old, after: new, matched } = {
        let (old, new) = (part(before), part(after));
        paired(Part { pool: &old.0, groups: &old.1 }, Part { pool: &new.0, groups: &new.1 }, options.equal)
    };
    let groups: Vec<Group> = old.1.iter().chain(&new.1).cloned().collect();
    let roles: BTreeSet<String> = roles_of(&old.0, &groups).union(&roles_of(&new.0, &groups)).cloned().collect();
    let (old, new) =
        (Arc::new(Evaluator::new(old.0, before.semantics)), Arc::new(Evaluator::new(new.0, after.semantics)));
    let comparison = Comparison { old: &old, new: &new, known: Known { groups: &groups, roles: &roles } };

    let mut found = Diff {
        changes: Vec::new(),
        certainty_changes: Vec::new(),
        custom_role_changes: Vec::new(),
        only_before: Vec::new(),
        only_after: Vec::new(),
        matched,
        outside: None,
        not_decided: BTreeSet::new(),
    };
    let spots = comparison.spots(&mut found.only_before, &mut found.only_after);
    let everywhere = Search { atoms: &[], outside: vec![Vec::new()] };
    let mut plain = Classes::default();
    let mut custom = Classes::default();
    comparison.search(&spots, &everywhere, &mut plain, &mut custom);
    found.not_decided.extend(plain.not_decided.union(&custom.not_decided));
    found.changes = comparison.judged(plain);
    found.custom_role_changes = comparison.judged(custom);
    found.certainty_changes = comparison.certainty(&spots);
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
    found
}

/// How many rules' requests are looked at for changes of certainty alone.
const MOST_EXAMPLES: usize = 100;

/// The conditions under which changes are looked for: any of the alternatives.
struct Search<'s> {
    atoms: &'s [Atom],
    outside: Vec<Vec<Term>>,
}

struct Comparison<'c> {
    old: &'c Arc<Evaluator>,
    new: &'c Arc<Evaluator>,
    known: Known<'c>,
}

/// Where a request ends, tags included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Final {
    end: End,
    is_rejected: bool,
}

/// What makes two changes one: guest or not, both ends, and the tag key that differs where the ends do not.
type Class = (bool, Option<String>, Final, Final, Option<String>);

#[derive(Debug, Default)]
struct Classes {
    found: BTreeMap<Class, Example>,
    not_decided: BTreeSet<NotDecided>,
}

/// The smallest request of a class so far.
#[derive(Debug)]
struct Example {
    witness: Witness,
    size: (usize, usize, String),
    keys: [Option<ProviderKey>; 2],
    providers: BTreeSet<Option<String>>,
}

impl Classes {
    fn note(&mut self, class: Class, witness: Witness, spot: &Spot) {
        let size = witness.size();
        let mut providers = BTreeSet::from([witness.provider.clone()]);
        if let Some(known) = self.found.get_mut(&class) {
            known.providers.append(&mut providers);
            if (&size, &witness.provider) >= (&known.size, &known.witness.provider) {
                return;
            }
            providers = std::mem::take(&mut known.providers);
        }
        let keys = [spot.keys.first().cloned().flatten(), spot.keys.get(1).cloned().flatten()];
        self.found.insert(class, Example { witness, size, keys, providers });
    }

    /// Whether a witness of at least this size would change nothing.
    fn has_smaller(&self, class: &Class, provider: Option<&str>, least: (usize, usize)) -> bool {
        self.found.get(class).is_some_and(|known| {
            (known.size.0, known.size.1) <= least && known.providers.iter().any(|known| known.as_deref() == provider)
        })
    }

    fn merge(&mut self, other: Self) {
        self.found.extend(other.found);
        self.not_decided.extend(other.not_decided);
    }
}

impl<'c> Comparison<'c> {
    fn evaluators(&self) -> [&'c Evaluator; 2] {
        [self.old, self.new]
    }

    /// The logins to compare. What only one side knows goes to the lists.
    fn spots(&self, only_before: &mut Vec<String>, only_after: &mut Vec<String>) -> Vec<Spot> {
        let (old, new) = (self.old.pool(), self.new.pool());
        let old_keys: Vec<&ProviderKey> = old.role_mappings.keys().collect();
        let new_keys: Vec<&ProviderKey> = new.role_mappings.keys().collect();
        let mut pairs: Vec<[ProviderKey; 2]> = Vec::new();
        for (n, (here, there, other, only)) in
            [(&old_keys, &new_keys, self.new, &mut *only_before), (&new_keys, &old_keys, self.old, &mut *only_after)]
                .into_iter()
                .enumerate()
        {
            for key in here {
                match counterpart(key, here, there) {
                    Some(found) if n == 0 => pairs.push([(*key).clone(), found.clone()]),
                    Some(_) => {}
                    None => {
                        only.push(key.as_str().to_owned());
                        if knows(other, key) {
                            pairs.push([(*key).clone(), (*key).clone()]);
                        }
                    }
                }
            }
        }
        let mut spots = Vec::new();
        let spot = |pair: [ProviderKey; 2], given: Vec<(String, String)>| Spot {
            keys: pair.map(Some).to_vec(),
            given,
            user_id: None,
        };
        for pair in &pairs {
            spots.push(spot(pair.clone(), Vec::new()));
            let [a, b] = pair;
            let is_listed = listed_clients(old, a).is_some() || listed_clients(new, b).is_some();
            let literal = [a, b].into_iter().filter_map(ProviderKey::client).find(|client| !client.contains("${"));
            if let (true, Some(client)) = (is_listed && old.providers != new.providers, literal) {
                spots.push(spot(pair.clone(), vec![("aud".to_owned(), client.to_owned())]));
            }
        }
        self.unmapped_spots(&pairs, &mut spots, only_before, only_after);
        let mut spots: Vec<Spot> = spots.into_iter().flat_map(|spot| variants(spot, &self.evaluators())).collect();
        spots.push(Spot { keys: vec![None, None], ..Spot::default() });
        spots
    }

    /// Logins without a mapping on either side (S3): of each listed client, each other provider, and of some other client of a user pool.
    fn unmapped_spots(
        &self,
        pairs: &[[ProviderKey; 2]],
        spots: &mut Vec<Spot>,
        only_before: &mut Vec<String>,
        only_after: &mut Vec<String>,
    ) {
        let mut logins: BTreeMap<String, (ProviderKey, BTreeSet<String>)> = BTreeMap::new();
        for evaluator in self.evaluators() {
            let pool = evaluator.pool();
            for listed in pool.providers.iter().flatten() {
                let key = ProviderKey::of_kind(listed.provider_name.kind(), listed.provider_name.login_key());
                let (_, clients) = logins.entry(key.as_str().to_owned()).or_insert_with(|| (key, BTreeSet::new()));
                clients.extend(listed.client_id.clone());
            }
            let others = pool.other_providers.iter().chain(pool.principal_tags.keys()).chain(pool.role_mappings.keys());
            for key in others {
                let login = ProviderKey::of_kind(key.kind(), key.tag_key());
                logins.entry(login.login_key().to_owned()).or_insert_with(|| (login, BTreeSet::new()));
            }
        }
        if logins.is_empty() {
            // Whatever the login, S3 answers.
            let any = ProviderKey::new("accounts.google.com");
            spots.push(Spot { keys: vec![Some(any.clone()), Some(any)], ..Spot::default() });
        }
        for (login, (key, mut clients)) in logins {
            let is_paired = pairs.iter().flatten().any(|paired| paired.login_key() == login);
            match (knows(self.old, &key), knows(self.new, &key)) {
                (true, true) => {}
                // A symbolic provider and its literal are one provider, and a mapping on one side only is listed already.
                _ if is_paired => continue,
                (was, _) => {
                    let only = if was { &mut *only_before } else { &mut *only_after };
                    let is_listed = only.iter().any(|listed| ProviderKey::new(listed.as_str()).login_key() == login);
                    let counterpart = self.evaluators().iter().any(|evaluator| {
                        evaluator.provider_keys().iter().any(|other| {
                            let other = ProviderKey::new(other.as_str());
                            other.login_key() != login
                                && other.is_symbolic() != key.is_symbolic()
                                && (other.could_be(&key) || key.could_be(&other))
                        })
                    });
                    if !is_listed && !counterpart {
                        only.push(key.as_str().to_owned());
                    }
                    continue;
                }
            }
            if key.kind() != ProviderKind::UserPool {
                if !is_paired {
                    spots.push(Spot { keys: vec![Some(key.clone()), Some(key)], ..Spot::default() });
                }
                continue;
            }
            if self.evaluators().iter().all(|evaluator| evaluator.pool().providers.is_none()) {
                let mapped: Vec<&str> = pairs.iter().flatten().filter_map(ProviderKey::client).collect();
                clients.insert(format!("another-client-{}", Fresh::unlike(mapped.iter().copied()).legal));
            }
            for client in clients {
                let is_mapped =
                    pairs.iter().flatten().any(|pair| pair.login_key() == login && pair.client() == Some(&client));
                if !is_mapped {
                    let given = vec![("aud".to_owned(), client)];
                    spots.push(Spot { keys: vec![Some(key.clone()), Some(key.clone())], given, user_id: None });
                }
            }
        }
    }

    fn search(&self, spots: &[Spot], search: &Search<'_>, plain: &mut Classes, custom: &mut Classes) {
        for spot in spots.iter().filter(|spot| !self.is_untouched(spot)) {
            let space =
                |role: Option<&str>| Space::new(&self.evaluators(), spot, &[role, role], self.known, search.atoms);
            if let Some(space) = space(None) {
                compare(&space, spot, search, plain);
            }
            for role in self.choosable(spot) {
                if let Some(space) = space(Some(&role)) {
                    compare(&space, spot, search, custom);
                }
            }
        }
    }

    /// Whether everything that decides for this login is the same text on both sides.
    fn is_untouched(&self, spot: &Spot) -> bool {
        let (old, new) = (self.old.pool(), self.new.pool());
        if self.old.semantics() != self.new.semantics()
            || old.roles != new.roles
            || old.providers != new.providers
            || old.allow_unauthenticated_identities != new.allow_unauthenticated_identities
        {
            return false;
        }
        match spot.keys.as_slice() {
            [Some(a), Some(b)] => {
                a == b
                    && old.role_mappings.get(a) == new.role_mappings.get(b)
                    && old.principal_tags == new.principal_tags
                    && old.role_mappings.keys().eq(new.role_mappings.keys())
            }
            _ => true,
        }
    }

    /// The roles worth choosing: those that the mappings know, and one that nobody knows.
    fn choosable(&self, spot: &Spot) -> BTreeSet<String> {
        let mut roles = BTreeSet::from(["arn:aws:iam::111122223333:role/any-other".to_owned()]);
        for (evaluator, key) in self.evaluators().into_iter().zip(&spot.keys) {
            let Some(mapping) = key.as_ref().and_then(|key| evaluator.pool().role_mappings.get(key)) else { continue };
            match &mapping.mapping_type {
                RoleMappingType::Rules(rules) => roles.extend(rules.iter().map(|rule| rule.role_arn.0.clone())),
                RoleMappingType::Token => {
                    roles.extend(self.known.groups.iter().filter_map(|group| Some(group.role_arn.as_ref()?.0.clone())));
                }
            }
        }
        roles
    }

    /// Puts each witness to both sides and writes the answers out.
    fn judged(&self, classes: Classes) -> Vec<Change> {
        let mut changes: Vec<Change> = classes
            .found
            .into_values()
            .filter_map(|Example { witness, keys, providers, .. }| {
                let [a, b] = &keys;
                let before = judge(self.old, a.as_ref(), &witness)?;
                let after = judge(self.new, b.as_ref(), &witness)?;
                Some(Change { witness, providers, before, after })
            })
            .collect();
        changes.sort_by_cached_key(|change| (change.witness.size(), change.witness.provider.clone()));
        changes
    }

    /// Requests that each rule of either side decides, and their like, whose answers agree but for their certainty. The first
    /// [`MOST_EXAMPLES`] of them.
    fn certainty(&self, spots: &[Spot]) -> Vec<Change> {
        type Key = (Option<String>, Option<&'static str>, bool);
        let mut found: BTreeMap<Key, Change> = BTreeMap::new();
        let mut left = MOST_EXAMPLES;
        for spot in spots.iter().filter(|spot| !self.is_untouched(spot)) {
            let keys = [spot.keys.first().cloned().flatten(), spot.keys.get(1).cloned().flatten()];
            for claims in self.examples(spot, &mut left) {
                let provider = keys.first().cloned().flatten().map(|key| key.as_str().to_owned());
                let witness = Witness { provider: provider.clone(), claims, custom_role_arn: None };
                let Some(key) = self.differ_in_certainty(&keys, &witness) else { continue };
                let mut providers = BTreeSet::from([provider]);
                if let Some(known) = found.get_mut(&key) {
                    known.providers.append(&mut providers);
                    if witness.cmp_size(&known.witness).is_ge() {
                        continue;
                    }
                    providers.clone_from(&known.providers);
                }
                let [a, b] = &keys;
                if let (Some(before), Some(after)) =
                    (judge(self.old, a.as_ref(), &witness), judge(self.new, b.as_ref(), &witness))
                {
                    found.insert(key, Change { witness, providers, before, after });
                }
            }
        }
        found.into_values().collect()
    }

    /// Whether the answers to a request agree but for their certainty: the role or reason, and whether it was certain.
    fn differ_in_certainty(
        &self,
        keys: &[Option<ProviderKey>; 2],
        witness: &Witness,
    ) -> Option<(Option<String>, Option<&'static str>, bool)> {
        let mut certain = Vec::new();
        let mut decisions = Vec::new();
        let [old, new] = self.evaluators();
        let [a, b] = keys;
        let (old_logins, new_logins) =
            (logins(old, a.as_ref(), &witness.claims)?, logins(new, b.as_ref(), &witness.claims)?);
        for (evaluator, logins) in [(old, &old_logins), (new, &new_logins)] {
            let answer = evaluator.answer(&Request::of(logins));
            certain.push(answer.is_certain());
            decisions.push(answer.decision);
        }
        let [before, after] = decisions.as_slice() else { return None };
        let reason = |decision: &crate::Decision<'_>| decision.denial().map(crate::Denial::reason);
        let agree = before.role() == after.role() && reason(before) == reason(after) && before.tags == after.tags;
        (agree && certain.first() != certain.last())
            .then(|| (before.role().map(str::to_owned), reason(before), certain.first() == Some(&true)))
    }

    /// For each rule of either side a request that it decides; as a text, as an array, in the other letter case. No more than are `left`.
    fn examples(&self, spot: &Spot, left: &mut usize) -> Vec<Claims<'static>> {
        let mut examples: Vec<Claims<'static>> = vec![Claims::default()];
        for (n, evaluator) in self.evaluators().into_iter().enumerate() {
            let alone = Spot { keys: spot.keys.iter().skip(n).take(1).cloned().collect(), ..spot.clone() };
            let Some(space) = Space::new(&[evaluator], &alone, &[None], self.known, &[]) else { continue };
            let Some(side) = space.sides.first() else { continue };
            for (target, case) in side.cases.iter().enumerate() {
                if case.rule.is_none() {
                    continue;
                }
                let Some(less) = left.checked_sub(1) else { return examples };
                *left = less;
                let ask = Ask { targets: vec![target], ..Ask::default() };
                let Found::Yes(claims) = space.find(&ask) else { continue };
                let Some(name) = space.names.get(case.claim) else { continue };
                if let Some(text) = claims.get(name).and_then(Claim::as_text).map(str::to_owned) {
                    let other_case =
                        if text.chars().any(char::is_lowercase) { text.to_uppercase() } else { text.to_lowercase() };
                    for like in [Claim::texts([text]), Claim::from(other_case)] {
                        let mut changed = claims.clone();
                        changed.set(name.clone(), like);
                        examples.push(changed);
                    }
                }
                examples.push(claims);
            }
        }
        examples
    }
}

/// Whether a configuration knows a login apart from its mappings.
fn knows(evaluator: &Evaluator, key: &ProviderKey) -> bool {
    evaluator
        .provider_keys()
        .iter()
        .any(|known| ProviderKey::of_kind(key.kind(), known.as_str()).login_key() == key.login_key())
}

fn logins<'a>(
    evaluator: &'a Evaluator,
    key: Option<&ProviderKey>,
    claims: &'a Claims<'a>,
) -> Option<Vec<crate::Login<'a>>> {
    Some(match key {
        Some(key) => vec![evaluator.login(Some(key), claims, TokenForm::Claims).ok()?],
        None => Vec::new(),
    })
}

/// The decision on a witness.
fn judge(evaluator: &Arc<Evaluator>, key: Option<&ProviderKey>, witness: &Witness) -> Option<Judged> {
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
        witness: witness.clone(),
    })
}

/// Asks for every pair of cases that end differently.
fn compare(space: &Space<'_>, spot: &Spot, search: &Search<'_>, classes: &mut Classes) {
    let [old, new] = space.sides.as_slice() else { return };
    let alike = compare_alike(old.evaluator.semantics(), new.evaluator.semantics());
    let (old_twins, new_twins) = if alike { (twins(old, new), twins(new, old)) } else { (Vec::new(), Vec::new()) };
    let latest = |twins: &[usize], at: usize| twins.get(at).copied().unwrap_or(usize::MAX);
    let tags_agree = old.tags == new.tags
        && [Question::TagMissingClaim, Question::TagNonStringClaim, Question::TagInvalidValue]
            .into_iter()
            .all(|question| old.evaluator.semantics().choice(question) == new.evaluator.semantics().choice(question));
    for i in 0..=old.cases.len() {
        for j in 0..=new.cases.len().min(latest(&old_twins, i)) {
            if i > latest(&new_twins, j) {
                continue;
            }
            let pair = Pair { space, search, targets: [i, j] };
            let same = old.end(i) == new.end(j);
            let is_role = |side: &Side<'_>, at| matches!(side.end(at), End::Role(_) | End::Named);
            if same && is_role(old, i) && !tags_agree {
                pair.tag_changes(spot, classes);
            }
            for before in finals(old, i) {
                for after in finals(new, j) {
                    // Where both get a role and the tags are the same, they are rejected on both sides or on neither.
                    let one_rejected =
                        before.is_rejected != after.is_rejected && tags_agree && is_role(old, i) && is_role(new, j);
                    let both_rejected = before.is_rejected && after.is_rejected;
                    if before != after && !both_rejected && !one_rejected {
                        pair.ends(&before, &after, spot, classes);
                    }
                }
            }
        }
    }
}

/// Where a case can end: its role, or a denial for its tags.
fn finals(side: &Side<'_>, case: usize) -> Vec<Final> {
    let end = side.end(case).clone();
    let can_be_rejected = !side.tags.is_empty() && !matches!(end, End::Deny(_));
    let rejected = can_be_rejected.then(|| Final { end: End::Deny(TAGS_REJECTED), is_rejected: true });
    std::iter::once(Final { end, is_rejected: false }).chain(rejected).collect()
}

/// One pair of cases.
struct Pair<'p, 'e> {
    space: &'p Space<'e>,
    search: &'p Search<'p>,
    targets: [usize; 2],
}

impl Pair<'_, '_> {
    /// The pair ends in two different ways.
    fn ends(&self, before: &Final, after: &Final, spot: &Spot, classes: &mut Classes) {
        let mut wants: Vec<Vec<(usize, usize, Want)>> = vec![Vec::new()];
        for (n, end) in [before, after].into_iter().enumerate() {
            let Some(side) = self.space.sides.get(n) else { continue };
            if end.is_rejected {
                let claims: BTreeSet<usize> = side.tags.values().copied().collect();
                wants = wants
                    .iter()
                    .flat_map(|want| {
                        claims.iter().map(move |claim| {
                            want.iter().cloned().chain([(*claim, n, Want::Fault)]).collect::<Vec<_>>()
                        })
                    })
                    .collect();
            } else if !matches!(end.end, End::Deny(_)) {
                let fine = accepted(self.space, n);
                wants.iter_mut().for_each(|want| want.extend(fine.iter().cloned()));
            }
        }
        for want in wants {
            self.ask(want, (before, after, None), spot, classes);
        }
    }

    /// The pair ends alike, but a tag differs.
    fn tag_changes(&self, spot: &Spot, classes: &mut Classes) {
        let [old, new] = self.space.sides.as_slice() else { return };
        let end = |side: &Side<'_>, at| Final { end: side.end(at).clone(), is_rejected: false };
        let ends = (&end(old, self.targets[0]), &end(new, self.targets[1]));
        let fine: Vec<(usize, usize, Want)> =
            accepted(self.space, 0).into_iter().chain(accepted(self.space, 1)).collect();
        for key in old.tags.keys().chain(new.tags.keys()).collect::<BTreeSet<&String>>() {
            let pair = (old.tags.get(key).copied(), new.tags.get(key).copied());
            let asks: Vec<Vec<(usize, usize, Want)>> = match pair {
                (Some(claim), None) => vec![vec![(claim, 0, Want::Value)]],
                (None, Some(claim)) => vec![vec![(claim, 1, Want::Value)]],
                (Some(a), Some(b)) => {
                    let mut asks = vec![
                        vec![(a, 0, Want::Value), (b, 1, Want::Nothing)],
                        vec![(a, 0, Want::Nothing), (b, 1, Want::Value)],
                    ];
                    if a != b {
                        asks.extend(self.two_values(&fine, a, b));
                    }
                    asks
                }
                (None, None) => Vec::new(),
            };
            for mut want in asks {
                want.extend(fine.iter().cloned());
                self.ask(want, (ends.0, ends.1, Some(key)), spot, classes);
            }
        }
    }

    /// Two claims that both have a value, and not the same: whatever the first may be, the second may be something else, or the first may
    /// be something else than the second.
    fn two_values(&self, fine: &[(usize, usize, Want)], a: usize, b: usize) -> Vec<Vec<(usize, usize, Want)>> {
        let value = |claim: usize, side: usize| {
            let mut wants = fine.to_vec();
            wants.extend([(a, 0, Want::Value), (b, 1, Want::Value)]);
            let asks = self.search.outside.iter().map(|terms| Ask {
                targets: self.targets.to_vec(),
                wants: wants.clone(),
                terms: terms.clone(),
            });
            let found = asks.filter_map(|ask| match self.space.find(&ask) {
                Found::Yes(claims) => claims.get(self.space.names.get(claim)?).cloned(),
                _ => None,
            });
            let semantics = self.space.sides.get(side)?.evaluator.semantics();
            let mut touched = crate::Questions::NONE;
            let values: Vec<Claim<'static>> = found.collect();
            values.first().and_then(|value| Some(tags::value(Some(value), semantics, &mut touched).ok()??.into_owned()))
        };
        let mut asks = Vec::new();
        if let Some(first) = value(a, 0) {
            asks.push(vec![(a, 0, Want::Value), (b, 1, Want::ValueOtherThan(first))]);
        }
        if let Some(second) = value(b, 1) {
            asks.push(vec![(a, 0, Want::ValueOtherThan(second)), (b, 1, Want::Value)]);
        }
        asks
    }

    fn ask(
        &self,
        wants: Vec<(usize, usize, Want)>,
        (before, after, key): (&Final, &Final, Option<&String>),
        spot: &Spot,
        classes: &mut Classes,
    ) {
        let [old, _] = self.space.sides.as_slice() else { return };
        let class = (old.key.is_none(), old.custom.clone(), before.clone(), after.clone(), key.cloned());
        let provider = old.key.as_ref().map(ProviderKey::as_str);
        if classes.has_smaller(&class, provider, self.least()) {
            return;
        }
        for terms in &self.search.outside {
            let ask = Ask { targets: self.targets.to_vec(), wants: wants.clone(), terms: terms.clone() };
            match self.space.find(&ask) {
                Found::Yes(claims) => {
                    let provider = provider.map(str::to_owned);
                    let witness = Witness { provider, claims, custom_role_arn: old.custom.clone() };
                    classes.note(class.clone(), witness, spot);
                }
                Found::No => {}
                Found::Undecided(why) => {
                    classes.not_decided.insert(why);
                }
            }
        }
    }

    /// What a witness of this pair takes at least: claims, and characters as JSON.
    fn least(&self) -> (usize, usize) {
        let mut claims: BTreeMap<usize, usize> = BTreeMap::new();
        for (side, target) in self.space.sides.iter().zip(self.targets) {
            if let Some(case) = side.cases.get(target) {
                let needed = claims.entry(case.claim).or_default();
                *needed = case.needs(side.evaluator.semantics()).max(*needed);
            }
        }
        // Two braces; for each claim its name and value in quotes, and a colon; commas between.
        let members = claims.iter().map(|(claim, value)| {
            self.space.names.get(*claim).map_or(0, |name| name.chars().count()) + value + "\"\":\"\"".len()
        });
        (claims.len(), 2 + members.sum::<usize>() + claims.len().saturating_sub(1))
    }
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
        let mut object = serializer.serialize_struct("Diff", 9)?;
        object.serialize_field("equal", &self.is_equal())?;
        object.serialize_field("changes", &self.changes)?;
        object.serialize_field("certainty_changes", &self.certainty_changes)?;
        object.serialize_field("custom_role_changes", &self.custom_role_changes)?;
        object.serialize_field("only_before", &self.only_before)?;
        object.serialize_field("only_after", &self.only_after)?;
        object.serialize_field("matched", &self.matched)?;
        if let Some(outside) = &self.outside {
            object.serialize_field("outside", outside)?;
        }
        if !self.not_decided.is_empty() {
            let why: Vec<String> = self.not_decided.iter().map(ToString::to_string).collect();
            object.serialize_field("not_decided", &why)?;
        }
        object.end()
    }
}
