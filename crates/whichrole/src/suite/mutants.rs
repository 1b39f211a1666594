//! Mutants: the configuration with one small mistake in it. A suite that does not notice leaves that mistake untested.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::analysis::{DiffOptions, Subject, diff};
use crate::eval::Evaluator;
use crate::pool::{
    AmbiguousRoleResolution, Group, IdentityPool, MappingRule, MatchType, RoleArn, RoleMapping, RoleMappingType,
};
use crate::provider::ProviderKey;
use crate::read::{Place, Position};
use crate::semantics::Semantics;
use crate::text::{counted, quoted, visible};

use super::plan::{Case, Plan};
use super::roles::told_apart;
use super::witness::Witness;

/// A configuration with one small change. The changed pool is made only where it is looked at: a pool with many rules has very many.
pub struct Mutant<'p> {
    /// The configuration that was changed, by its number among [`Plan::targets`].
    pub target: usize,
    /// Where the changed thing stands, by the numbers of [`Plan::names`].
    pub at: Option<Position>,
    /// The provider whose mapping or tag map was changed; `None`: something of the whole pool.
    pub provider: Option<ProviderKey>,
    pool: &'p IdentityPool,
    words: Words<'p>,
    edit: Edit<'p, IdentityPool>,
    /// Whether there is time for this one.
    is_tried: bool,
}

impl Mutant<'_> {
    /// The change, in words.
    #[must_use]
    pub fn change(&self) -> String {
        (self.words)()
    }

    /// The changed pool.
    #[must_use]
    pub fn pool(&self) -> IdentityPool {
        edited(self.pool, &self.edit)
    }
}

impl fmt::Debug for Mutant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutant").field("change", &self.change()).field("at", &self.at).finish_non_exhaustive()
    }
}

/// How much work the mutants of one configuration may be: a proof for each takes about the square of the rules. For a pool of 250 rules,
/// the most that AWS takes, that is 8,000, and it has some 1,500.
const MOST_WORK: usize = 500_000_000;

/// How many changes there is time for of a pool of this size.
pub(super) fn most(size: usize) -> usize {
    MOST_WORK / size.saturating_mul(size).max(1)
}

/// The rules and tags of a pool, which every look at it goes through; long texts count for several.
pub(super) fn size(pool: &IdentityPool) -> usize {
    let rules: usize = pool.role_mappings.values().map(|mapping| mapping.mapping_rules().len() + 1).sum();
    let texts = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| rule.value.len());
    let texts: usize = texts.sum();
    rules + texts / 256 + pool.principal_tags.values().map(|map| map.tags.len()).sum::<usize>()
}

/// What became of a mutant.
#[derive(Debug, Clone)]
pub enum Fate {
    /// This case noticed.
    Killed(Case),
    /// No case noticed, though this request gets something else.
    Survived(Box<Witness>),
    /// It is no change: every request gets the same.
    Equivalent,
    /// No case noticed, and no request is known that would.
    Undecided,
    /// Nobody looked: the pool has so many rules that all of its changes would take too long.
    NotTried,
}

/// What a case notices of a change.
enum Notice {
    /// Another role, denial or tag.
    Answer,
    /// Something else about the same answer, such as the number of the rule that decided.
    Other,
}

/// `1 other changes nothing`, `7 others change nothing`: what is said of changes that make no difference.
#[must_use]
pub fn others_change_nothing(count: usize) -> String {
    counted(count, "other changes nothing", "others change nothing")
}

impl Plan {
    /// Every mutant of every configuration, in the order of the text.
    #[must_use]
    pub fn mutants(&self) -> Vec<Mutant<'_>> {
        let mut mutants = Vec::new();
        for (number, target) in self.targets.iter().enumerate() {
            let pool = &target.definition.pool;
            let most = most(size(pool));
            for (n, change) in changes(pool).into_iter().enumerate() {
                let at = target.definition.places.get(&change.place).map(|at| target.place(at));
                let Change { provider, words, edit, .. } = change;
                let provider = provider.cloned();
                mutants.push(Mutant { target: number, at, provider, pool, words, edit, is_tried: n < most });
            }
        }
        mutants
    }

    /// Tries a mutant on the cases that pass, and if none notices proves whether there is anything to notice. `passing` are the cases that
    /// pass on the configuration as it is.
    #[must_use]
    pub fn try_mutant(&self, mutant: &Mutant<'_>, passing: &[Case]) -> Fate {
        if !mutant.is_tried {
            return Fate::NotTried;
        }
        let Some(target) = self.targets.get(mutant.target) else { return Fate::Undecided };
        let changed = Evaluator::new(mutant.pool(), Semantics::default());
        let evaluators: Vec<Evaluator> =
            target.evaluators.iter().map(|evaluator| changed.under(*evaluator.semantics())).collect();
        let mut by_number = None;
        for case in passing.iter().filter(|case| case.target as usize == mutant.target) {
            let evaluator = self.semantics_of.get(case.test as usize).and_then(|number| evaluators.get(*number));
            match evaluator.and_then(|evaluator| self.notices(*case, evaluator)) {
                Some(Notice::Answer) => return Fate::Killed(*case),
                Some(Notice::Other) => by_number = by_number.or(Some(*case)),
                None => {}
            }
        }
        let Some(original) = target.evaluators.first() else { return Fate::Undecided };
        // Rules that only have other numbers now give nobody anything else, whoever notices.
        match (by_number, difference(original, changed.pool(), target.groups.as_deref().unwrap_or_default())) {
            (_, Fate::Equivalent) => Fate::Equivalent,
            (Some(case), _) => Fate::Killed(case),
            (None, fate) => fate,
        }
    }

    /// What a case notices of a changed configuration, if it does not pass on it.
    fn notices(&self, case: Case, evaluator: &Evaluator) -> Option<Notice> {
        let met = self.asked_of(case, evaluator, |evaluator, request| {
            let found = self.mismatches(case, evaluator, request, &evaluator.answer(request));
            let is_answer = found.iter().any(|mismatch| matches!(mismatch.what, "role" | "tags"));
            (!found.is_empty()).then_some(if is_answer { Notice::Answer } else { Notice::Other })
        });
        // A question that can no longer be asked is answered by nobody.
        met.unwrap_or(Some(Notice::Answer))
    }

    /// A row that kills a surviving mutant, ready to be pasted below `tests:`.
    #[must_use]
    pub fn killing_row(&self, mutant: &Mutant<'_>, witness: &Witness) -> Option<String> {
        let target = self.targets.get(mutant.target)?;
        let name = format!("not if {}", mutant.change());
        super::init::row(
            &name,
            witness,
            target.evaluators.first()?,
            &target.roles,
            self.names_provider(target, witness),
        )
    }
}

/// What becomes of a change that no case has noticed.
pub(super) fn difference(original: &Evaluator, changed: &IdentityPool, groups: &[Group]) -> Fate {
    let subject = |pool| Subject { pool, groups, semantics: *original.semantics() };
    let found = diff(&subject(original.pool()), &subject(changed), &DiffOptions::default());
    match (found.changes.first().or(found.custom_role_changes.first()), found.is_equal()) {
        (Some(change), _) => Fate::Survived(Box::new(change.witness.clone().into())),
        (None, Some(true)) => Fate::Equivalent,
        (None, _) => Fate::Undecided,
    }
}

type Words<'p> = Box<dyn Fn() -> String + Send + Sync + 'p>;
type Edit<'p, T> = Box<dyn Fn(&mut T) + Send + Sync + 'p>;

/// One small change of a pool, with the provider whose mapping or tag map it is about. It is made, and put into words, when that is asked for:
/// a pool with many rules has very many.
pub(super) struct Change<'p> {
    pub(super) provider: Option<&'p ProviderKey>,
    words: Words<'p>,
    place: Place,
    edit: Edit<'p, IdentityPool>,
}

impl Change<'_> {
    pub(super) fn words(&self) -> String {
        (self.words)()
    }

    /// The pool with the change.
    pub(super) fn of(&self, pool: &IdentityPool) -> IdentityPool {
        edited(pool, &self.edit)
    }
}

fn edited(pool: &IdentityPool, edit: &Edit<'_, IdentityPool>) -> IdentityPool {
    let mut pool = pool.clone();
    edit(&mut pool);
    pool
}

/// The kinds of small changes, for people.
pub(super) const KINDS: &str = "a rule is gone, two neighbours are swapped, another operator, value or role, a value shortened by a \
                                character, another role resolution, another claim for a tag, another default role, guests let in or not";

/// Every small change of a pool.
pub(super) fn changes(pool: &IdentityPool) -> Vec<Change<'_>> {
    // The first other one by name is taken, so that mutants stay the same from run to run.
    let rules = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| &rule.role_arn);
    let roles: BTreeSet<&RoleArn> = rules.chain(&pool.roles.authenticated).chain(&pool.roles.unauthenticated).collect();
    let other_role = |role: &RoleArn| roles.iter().find(|other| **other != role).copied();
    let names = told_apart(roles.iter().copied());

    let mut changes = defaults(pool, other_role);
    for (key, mapping) in &pool.role_mappings {
        for (index, rule) in mapping.mapping_rules().iter().enumerate() {
            changes.extend(of_rule(key, mapping.mapping_rules(), index, other_role(&rule.role_arn), &names));
        }
        let resolution = match mapping.ambiguous_role_resolution {
            Some(AmbiguousRoleResolution::AuthenticatedRole) => AmbiguousRoleResolution::Deny,
            Some(AmbiguousRoleResolution::Deny) | None => AmbiguousRoleResolution::AuthenticatedRole,
        };
        changes.push(Change {
            provider: Some(key),
            words: Box::new(move || format!("the role resolution is {resolution}")),
            place: Place::MappingField(key.clone(), "AmbiguousRoleResolution"),
            edit: Box::new(move |pool| {
                if let Some(mapping) = pool.role_mappings.get_mut(key) {
                    mapping.ambiguous_role_resolution = Some(resolution);
                }
            }),
        });
    }
    for (key, map) in &pool.principal_tags {
        for (tag, claim) in &map.tags {
            let other = if claim == "sub" { "email" } else { "sub" };
            changes.push(Change {
                provider: Some(key),
                words: Box::new(move || format!("tag {} is made of claim {}", quoted(tag), quoted(other))),
                place: Place::Tag(key.clone(), tag.clone()),
                edit: Box::new(move |pool| {
                    if let Some(map) = pool.principal_tags.get_mut(key) {
                        map.tags.insert(tag.clone(), other.to_owned());
                    }
                }),
            });
        }
    }
    changes
}

/// The changes of one rule.
fn of_rule<'p>(
    key: &'p ProviderKey,
    rules: &'p [MappingRule],
    index: usize,
    other_role: Option<&'p RoleArn>,
    names: &BTreeMap<&'p RoleArn, &'p str>,
) -> Vec<Change<'p>> {
    let Some(rule) = rules.get(index) else { return Vec::new() };
    let number = index + 1;
    // A number alone says little to whoever does not see the rules.
    let name_of = |rule: &'p MappingRule| names.get(&rule.role_arn).copied().unwrap_or(rule.role_arn.as_str());
    let name = name_of(rule);
    let this = move || format!("rule {number} ({})", visible(name));
    let mut changes = Vec::new();
    let mut rewrite = |words: Words<'p>, place: Place, edit: Edit<'p, Vec<MappingRule>>| {
        let edit = Box::new(move |pool: &mut IdentityPool| {
            if let Some(mapping) = pool.role_mappings.get_mut(key)
                && let RoleMappingType::Rules(rules) = &mut mapping.mapping_type
            {
                edit(rules);
            }
        });
        changes.push(Change { provider: Some(key), words, place, edit });
    };
    let place = |field: &'static str| Place::RuleField(key.clone(), number, field);
    let gone = Box::new(move |rules: &mut Vec<MappingRule>| {
        rules.remove(index);
    });
    rewrite(Box::new(move || format!("{} is gone", this())), Place::Rule(key.clone(), number), gone);
    // Equal neighbours are no change.
    if let Some(next) = rules.get(index + 1).filter(|next| *next != rule) {
        let next = name_of(next);
        let words =
            move || format!("rules {number} ({}) and {} ({}) are swapped", visible(name), number + 1, visible(next));
        rewrite(Box::new(words), Place::Rule(key.clone(), number), Box::new(move |rules| rules.swap(index, index + 1)));
    }
    let other = near_operator(rule.match_type);
    let words = Box::new(move || format!("{} says {other}", this()));
    rewrite(words, place("MatchType"), Box::new(move |rules| set(rules, index, |rule| rule.match_type = other)));
    let longer = move || format!("{}-x", rule.value);
    let words = Box::new(move || format!("{} compares with {}", this(), quoted(&longer())));
    rewrite(words, place("Value"), Box::new(move |rules| set(rules, index, |rule| rule.value = longer())));
    // A shorter text is found in more values: whoever typed it so would let more people in.
    if let Some(value) = shortened(rule) {
        let words = move || format!("{} compares with {}", this(), quoted(value));
        rewrite(
            Box::new(words),
            place("Value"),
            Box::new(move |rules| set(rules, index, |rule| value.clone_into(&mut rule.value))),
        );
    }
    if let Some(role) = other_role {
        let words = Box::new(move || format!("{} gives {}", this(), visible(role.as_str())));
        rewrite(words, place("RoleARN"), Box::new(move |rules| set(rules, index, |rule| rule.role_arn = role.clone())));
    }
    changes
}

/// The changes that concern the whole pool: the default roles, and whether guests are let in.
fn defaults<'p>(pool: &'p IdentityPool, other_role: impl Fn(&RoleArn) -> Option<&'p RoleArn>) -> Vec<Change<'p>> {
    let mut changes = Vec::new();
    let mut change = |words: Words<'p>, place: Place, edit: Edit<'p, IdentityPool>| {
        changes.push(Change { provider: None, words, place, edit });
    };
    if let Some(allowed) = pool.allow_unauthenticated_identities {
        let words = if allowed { "guests are not let in" } else { "guests are let in" };
        let edit = Box::new(move |pool: &mut IdentityPool| pool.allow_unauthenticated_identities = Some(!allowed));
        change(Box::new(move || words.to_owned()), Place::Pool, edit);
    }
    if let Some(role) = pool.roles.authenticated.as_ref().and_then(&other_role) {
        let words = Box::new(move || format!("the authenticated role is {}", visible(role.as_str())));
        change(words, Place::AuthenticatedRole, Box::new(|pool| pool.roles.authenticated = Some(role.clone())));
    }
    // Where it is not known whether guests are allowed nobody can test what they get.
    let of_guests = pool.roles.unauthenticated.as_ref().filter(|_| pool.guests_depend_on.is_none());
    if let Some(role) = of_guests.and_then(&other_role) {
        let words = Box::new(move || format!("the unauthenticated role is {}", visible(role.as_str())));
        change(words, Place::UnauthenticatedRole, Box::new(|pool| pool.roles.unauthenticated = Some(role.clone())));
    }
    changes
}

/// The value of a rule that looks for a part of a claim, without its last character. An empty one is no value.
fn shortened(rule: &MappingRule) -> Option<&str> {
    let (at, _) = rule.value.char_indices().next_back().filter(|(at, _)| *at > 0)?;
    let looks_for_part = matches!(rule.match_type, MatchType::Contains | MatchType::StartsWith);
    rule.value.get(..at).filter(|_| looks_for_part)
}

fn set(rules: &mut [MappingRule], index: usize, edit: impl FnOnce(&mut MappingRule)) {
    if let Some(rule) = rules.get_mut(index) {
        edit(rule);
    }
}

/// The operator that is most easily confused with another.
fn near_operator(operator: MatchType) -> MatchType {
    match operator {
        MatchType::Equals => MatchType::StartsWith,
        MatchType::StartsWith => MatchType::Contains,
        MatchType::Contains | MatchType::NotEqual => MatchType::Equals,
    }
}
