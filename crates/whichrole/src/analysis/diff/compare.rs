//! Asks for every pair of cases of two mappings, and keeps a smallest request for each class of changes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::analysis::side::{End, Side, TAGS_REJECTED, twins};
use crate::analysis::solve::{Found, NotDecided};
use crate::analysis::space::{Ask, Atom, Space, Spot, Term, Want, compare_alike};
use crate::analysis::witness::Witness;
use crate::claims::Claim;
use crate::provider::ProviderKey;
use crate::semantics::Question;
use crate::tags;

/// The most classes of change that are listed. Past it what is listed is there, and that it is all is not decided.
const MOST_CLASSES: usize = 10_000;
/// The most characters that their requests take together, in the same sense.
const MOST_CHARACTERS: usize = 12 << 20;
/// The steps that putting a question together counts for.
const COST_OF_ASKING: usize = 32;

/// The conditions under which changes are looked for: any of the alternatives.
pub(super) struct Search<'s> {
    pub(super) atoms: &'s [Atom],
    pub(super) outside: Vec<Vec<Term>>,
}

/// Where a request ends, tags included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Final {
    end: End,
    is_rejected: bool,
}

/// What makes two changes one: guest or not, both ends, and the tag key that differs where the ends do not.
pub(super) type Class = (bool, Option<String>, Final, Final, Option<String>);

#[derive(Debug, Default)]
pub(super) struct Classes {
    pub(super) found: BTreeMap<Class, Example>,
    /// How many characters the examples take.
    characters: usize,
    pub(super) not_decided: BTreeSet<NotDecided>,
}

/// The smallest request of a class so far.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) witness: Witness,
    pub(super) size: (usize, usize),
    pub(super) keys: [Option<ProviderKey>; 2],
    pub(super) providers: BTreeSet<Option<Arc<str>>>,
}

impl Classes {
    pub(super) fn note(&mut self, class: Class, witness: Witness, spot: &Spot) {
        let keys = [spot.keys.first().cloned().flatten(), spot.keys.get(1).cloned().flatten()];
        let providers = BTreeSet::from([witness.provider.clone()]);
        self.keep(class, Example { size: witness.extent(), witness, keys, providers });
    }

    /// Keeps the smaller of two examples, and the providers of both.
    fn keep(&mut self, class: Class, mut example: Example) {
        match self.found.entry(class) {
            Entry::Vacant(place) => {
                self.characters += example.size.1;
                place.insert(example);
            }
            Entry::Occupied(known) => {
                let known = known.into_mut();
                let order = example.size.cmp(&known.size).then_with(|| example.witness.cmp_size(&known.witness));
                if order.is_lt() {
                    self.characters = self.characters - known.size.1 + example.size.1;
                    std::mem::swap(known, &mut example);
                }
                known.providers.append(&mut example.providers);
            }
        }
    }

    /// Whether a witness of at least this size would change nothing. Where there is a smaller one, whose size is given, `is_larger` may know
    /// better than `least` that every other is larger.
    fn has_smaller(
        &self,
        class: &Class,
        provider: Option<&str>,
        least: (usize, usize),
        is_larger: impl FnOnce((usize, usize)) -> bool,
    ) -> bool {
        self.found.get(class).is_some_and(|known| {
            known.providers.iter().any(|known| known.as_deref() == provider)
                && (known.size <= least || is_larger(known.size))
        })
    }

    pub(super) fn merge(&mut self, other: Self) {
        other.found.into_iter().for_each(|(class, example)| self.keep(class, example));
        self.not_decided.extend(other.not_decided);
    }
}

/// Asks for every pair of cases that end differently.
pub(super) fn compare(space: &Space<'_>, spot: &Spot, search: &Search<'_>, classes: &mut Classes) {
    let [old, new] = space.sides.as_slice() else { return };
    let alike = compare_alike(old.evaluator.semantics(), new.evaluator.semantics());
    let (old_twins, new_twins) = if alike { (twins(old, new), twins(new, old)) } else { (Vec::new(), Vec::new()) };
    let latest = |twins: &[usize], at: usize| twins.get(at).copied().unwrap_or(usize::MAX);
    let tags = Tags::of(old, new);
    let tags_agree = tags.are_alike && old.tags == new.tags;
    for i in 0..=old.cases.len() {
        if space.work.is_over() || classes.found.len() > MOST_CLASSES {
            classes.not_decided.insert(NotDecided::TooLarge);
            return;
        }
        for j in 0..=new.cases.len().min(latest(&old_twins, i)) {
            space.work.add(1);
            if i > latest(&new_twins, j) {
                continue;
            }
            let pair = Pair { space, search, tags: &tags, targets: [i, j] };
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
    let rejected = can_be_rejected.then_some(Final { end: End::Deny(TAGS_REJECTED), is_rejected: true });
    std::iter::once(Final { end, is_rejected: false }).chain(rejected).collect()
}

/// Which tags two sides make, as far as that can make a difference.
struct Tags<'s> {
    /// Whether one and the same claim comes to the same on both sides.
    are_alike: bool,
    /// The keys that are not certain to come to the same, with the claim on each side.
    keys: Vec<(&'s String, [Option<usize>; 2])>,
    /// For each side the claims of its tags, and of these the ones that can be a fault while all of the other side is fine.
    faults: [[Vec<usize>; 2]; 2],
}

impl<'s> Tags<'s> {
    fn of(old: &'s Side<'_>, new: &'s Side<'_>) -> Self {
        let are_alike = [Question::TagMissingClaim, Question::TagNonStringClaim, Question::TagInvalidValue]
            .into_iter()
            .all(|question| old.evaluator.semantics().choice(question) == new.evaluator.semantics().choice(question));
        let keys: BTreeSet<&String> = old.tags.keys().chain(new.tags.keys()).collect();
        let claims = |key: &String| [old, new].map(|side| side.tags.get(key).copied());
        let keys = keys.into_iter().map(|key| (key, claims(key)));
        let faults = |side: &Side<'_>, other: &Side<'_>| {
            let alone = side.tag_claims.iter().filter(|claim| !are_alike || !other.tag_claims.contains(claim));
            [side.tag_claims.iter().copied().collect(), alone.copied().collect()]
        };
        Self {
            are_alike,
            keys: keys.filter(|(_, [before, after])| !are_alike || before != after).collect(),
            faults: [faults(old, new), faults(new, old)],
        }
    }
}

/// One pair of cases.
struct Pair<'p, 'e> {
    space: &'p Space<'e>,
    search: &'p Search<'p>,
    tags: &'p Tags<'p>,
    targets: [usize; 2],
}

impl Pair<'_, '_> {
    /// The pair ends in two different ways.
    fn ends(&self, before: &Final, after: &Final, spot: &Spot, classes: &mut Classes) {
        let mut ends = [before, after].into_iter().enumerate();
        let fine = ends.clone().filter(|(_, end)| !end.is_rejected && !matches!(end.end, End::Deny(_)));
        let fine: Vec<usize> = fine.map(|(n, _)| n).collect();
        let rejected = ends.rfind(|(_, end)| end.is_rejected);
        let Some((n, _)) = rejected else { return self.ask(&fine, &[], (before, after, None), spot, classes) };
        // Each tag by itself can be the fault.
        let claims = self.tags.faults.get(n).and_then(|claims| claims.get(usize::from(!fine.is_empty())));
        for claim in claims.into_iter().flatten() {
            if self.is_over(classes) {
                return;
            }
            self.ask(&fine, &[(*claim, n, Want::Fault)], (before, after, None), spot, classes);
        }
    }

    /// Counts what is put together for one question; whether that was too much.
    fn is_over(&self, classes: &mut Classes) -> bool {
        self.space.work.add(COST_OF_ASKING);
        let is_over = self.space.work.is_over();
        if is_over {
            classes.not_decided.insert(NotDecided::TooLarge);
        }
        is_over
    }

    /// The pair ends alike, but a tag differs.
    fn tag_changes(&self, spot: &Spot, classes: &mut Classes) {
        let [old, new] = self.space.sides.as_slice() else { return };
        let end = |side: &Side<'_>, at| Final { end: side.end(at).clone(), is_rejected: false };
        let ends = (&end(old, self.targets[0]), &end(new, self.targets[1]));
        for (key, claims) in &self.tags.keys {
            let asks: Vec<Vec<(usize, usize, Want)>> = match *claims {
                [Some(claim), None] => vec![vec![(claim, 0, Want::Value)]],
                [None, Some(claim)] => vec![vec![(claim, 1, Want::Value)]],
                [Some(a), Some(b)] => {
                    let mut asks = vec![
                        vec![(a, 0, Want::Value), (b, 1, Want::Nothing)],
                        vec![(a, 0, Want::Nothing), (b, 1, Want::Value)],
                    ];
                    if a != b {
                        asks.extend(self.two_values(a, b));
                    }
                    asks
                }
                [None, None] => Vec::new(),
            };
            for wants in asks {
                if self.is_over(classes) {
                    return;
                }
                self.ask(&[0, 1], &wants, (ends.0, ends.1, Some(*key)), spot, classes);
            }
        }
    }

    /// Two claims that both have a value, and not the same: whatever the first may be, the second may be something else, or the first may
    /// be something else than the second.
    fn two_values(&self, a: usize, b: usize) -> Vec<Vec<(usize, usize, Want)>> {
        let value = |claim: usize, side: usize| {
            let asks = self.search.outside.iter().map(|terms| Ask {
                targets: self.targets.to_vec(),
                fine: vec![0, 1],
                wants: [(a, 0, Want::Value), (b, 1, Want::Value)].into_iter().collect(),
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
        fine: &[usize],
        wants: &[(usize, usize, Want)],
        (before, after, key): (&Final, &Final, Option<&String>),
        spot: &Spot,
        classes: &mut Classes,
    ) {
        let [old, _] = self.space.sides.as_slice() else { return };
        let class = (old.key.is_none(), old.custom.clone(), before.clone(), after.clone(), key.cloned());
        let provider = old.key.as_ref().map(ProviderKey::as_str);
        if classes.characters > MOST_CHARACTERS {
            classes.not_decided.insert(NotDecided::TooLarge);
            return;
        }
        let least = self.least(&[]);
        let is_larger = |known| known < self.least(wants) || self.is_longer(known, least);
        if classes.has_smaller(&class, provider, least, is_larger) {
            return;
        }
        for terms in &self.search.outside {
            let ask = Ask {
                targets: self.targets.to_vec(),
                fine: fine.to_vec(),
                wants: wants.iter().cloned().collect(),
                terms: terms.clone(),
            };
            match self.space.find(&ask) {
                Found::Yes(claims) => {
                    let provider = old.key.as_ref().map(ProviderKey::shared_text);
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
    fn least(&self, wants: &[(usize, usize, Want)]) -> (usize, usize) {
        let mut claims: BTreeMap<usize, usize> = BTreeMap::new();
        let absent = |side: usize, want: &Want| {
            self.space.sides.get(side).is_none_or(|side| want.is_met(None, side.evaluator.semantics()))
        };
        let present = wants.iter().filter(|(_, side, want)| !absent(*side, want));
        claims.extend(present.map(|(claim, ..)| (*claim, 0)));
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

    /// Whether any witness has as many claims as one that is known, and more characters: the values that one claim must have are no part of
    /// each other, and do not overlap so far. `least` is what [`Pair::least`] says.
    fn is_longer(&self, known: (usize, usize), least: (usize, usize)) -> bool {
        let [old, new] = self.space.sides.as_slice() else { return false };
        let cases = (old.cases.get(self.targets[0]), new.cases.get(self.targets[1]));
        let (Some(a), Some(b)) = cases else { return false };
        let (Some(one), Some(other)) = (a.must_have(old.evaluator), b.must_have(new.evaluator)) else { return false };
        let Some(to_spare) = known.1.checked_sub(least.1).filter(|_| a.claim == b.claim && known.0 <= least.0) else {
            return false;
        };
        self.space.work.add((one.len() + other.len()) / 32);
        // Where both fit into so much, they have at least so much in common.
        let Some(common) = one.len().min(other.len()).checked_sub(to_spare).filter(|common| *common > 0) else {
            return false;
        };
        let meets = |text: &str, next: &str| next.get(..common).is_none_or(|start| text.contains(start));
        !meets(one, other) && !meets(other, one)
    }
}
