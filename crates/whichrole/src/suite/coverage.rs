//! What a suite has seen of its configurations: which rules decided, which outcomes came, which tags were made.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::{self, Verdict, steps_of_login};
use crate::decision::{Answer, Denial, Outcome, Source};
use crate::eval::{Evaluator, Request};
use crate::pool::{MappingRule, RoleMappingType};
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::{Place, Position};
use crate::semantics::{DefaultsWithTags, Semantics};
use crate::text::{quoted, visible};

use super::plan::{Plan, Target};
use super::witness::{self, Witness};

/// Something of a configuration that a suite can cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// The configuration, by its number among [`Plan::targets`].
    pub target: usize,
    /// The provider whose mapping or tag map it belongs to.
    pub provider: ProviderKey,
    /// Where it stands, by the numbers of [`Plan::names`].
    pub at: Option<Position>,
}

/// What can be covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// This rule decides, for the role it gives.
    Rule(usize, Arc<str>),
    /// This rule is passed over because its claim is absent.
    ClaimAbsent(usize, String),
    /// No rule and no claim decides, so the role resolution does.
    RoleResolution,
    /// A login of this provider is denied.
    Denial,
    /// The token's preferred role decides.
    PreferredRole,
    /// The request chooses its role.
    CustomRole,
    /// This tag is made, from this claim.
    Tag(String, String),
}

impl ItemKind {
    /// The item in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Rule(number, role) => format!("rule {number} decides ({})", visible(role)),
            Self::ClaimAbsent(rule, claim) => format!("rule {rule} is passed over: no claim {}", quoted(claim)),
            Self::RoleResolution => "the role resolution decides".to_owned(),
            Self::Denial => "a login is denied".to_owned(),
            Self::PreferredRole => "the preferred role decides".to_owned(),
            Self::CustomRole => "the request chooses its role".to_owned(),
            Self::Tag(key, claim) => format!("tag {} is made of claim {}", quoted(key), quoted(claim)),
        }
    }
}

/// All that can be covered.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) all: Vec<Item>,
    /// For each configuration, for each of its mappings.
    mappings: Vec<Vec<MappingItems>>,
    /// The items of each tag key of a configuration, ascending.
    by_tag: BTreeMap<(usize, String), Vec<usize>>,
}

/// The items of one mapping, by number.
#[derive(Debug, Clone, Copy)]
struct MappingItems {
    rules: usize,
    absent: usize,
    resolution: usize,
    denial: usize,
    preferred: Option<usize>,
    custom: Option<usize>,
}

impl Items {
    pub(super) fn of(targets: &[Target]) -> Self {
        let mut items = Self::default();
        for (number, target) in targets.iter().enumerate() {
            let pool = &target.definition.pool;
            let mut mappings = Vec::new();
            for (key, mapping) in &pool.role_mappings {
                let place = |place: Place| target.definition.places.get(&place).map(|at| target.place(at));
                let mut add = |kind: ItemKind, at: Option<Position>| {
                    items.all.push(Item { kind, target: number, provider: key.clone(), at });
                    items.all.len() - 1
                };
                let rule_place = |rule: usize| place(Place::Rule(key.clone(), rule));
                let whole = place(Place::Mapping(key.clone()));
                let rules = mapping.mapping_rules();
                let first = |added: Vec<usize>| added.first().copied().unwrap_or_default();
                let deciding = (1..).zip(rules);
                let deciding: Vec<usize> = deciding
                    .map(|(n, rule)| add(ItemKind::Rule(n, rule.role_arn.shared_text()), rule_place(n)))
                    .collect();
                let absent = (1..).zip(rules);
                let absent: Vec<usize> =
                    absent.map(|(n, rule)| add(ItemKind::ClaimAbsent(n, rule.claim.clone()), rule_place(n))).collect();
                let is_token = mapping.mapping_type == RoleMappingType::Token;
                let resolution = place(Place::MappingField(key.clone(), "AmbiguousRoleResolution")).or(whole);
                mappings.push(MappingItems {
                    rules: first(deciding),
                    absent: first(absent),
                    resolution: add(ItemKind::RoleResolution, resolution),
                    denial: add(ItemKind::Denial, whole),
                    preferred: is_token.then(|| add(ItemKind::PreferredRole, whole)),
                    custom: (is_token || !rules.is_empty()).then(|| add(ItemKind::CustomRole, whole)),
                });
            }
            items.mappings.push(mappings);
            items.tags(number, target);
        }
        items
    }

    fn tags(&mut self, number: usize, target: &Target) {
        let semantics = target.evaluators.first().map(|evaluator| *evaluator.semantics()).unwrap_or_default();
        for (provider, map) in &target.definition.pool.principal_tags {
            for (key, claim) in tag_sources(provider, map, &semantics) {
                let places = &target.definition.places;
                let at = places.get(&Place::Tag(provider.clone(), key.clone()));
                let at = at.or_else(|| places.get(&Place::Tags(provider.clone())));
                let at = at.map(|at| target.place(at));
                self.by_tag.entry((number, key.clone())).or_default().push(self.all.len());
                self.all.push(Item { kind: ItemKind::Tag(key, claim), target: number, provider: provider.clone(), at });
            }
        }
    }
}

/// Tag key to claim name, under the choices of the suite.
fn tag_sources(provider: &ProviderKey, map: &crate::PrincipalTagMap, semantics: &Semantics) -> Vec<(String, String)> {
    let owned = |key: &str, claim: &str| (key.to_owned(), claim.to_owned());
    let custom = || map.tags.iter().map(|(key, claim)| owned(key, claim));
    let defaults = || match provider.kind() {
        ProviderKind::Saml => vec![owned("username", crate::tags::SAML_NAME_IDENTIFIER)],
        _ => vec![owned("client", "aud"), owned("username", "sub")],
    };
    match (map.use_defaults, map.tags.is_empty(), semantics.defaults_with_tags()) {
        (false, _, _) | (true, false, DefaultsWithTags::CustomOnly) => custom().collect(),
        (true, true, _) | (true, false, DefaultsWithTags::DefaultsOnly) => defaults(),
        (true, false, DefaultsWithTags::Merge) => {
            let mut all: BTreeMap<_, _> = defaults().into_iter().collect();
            all.extend(custom());
            all.into_iter().collect()
        }
    }
}

/// Which items some cases have covered. Tallies of parts of a suite add up, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(Vec<u64>);

impl Tally {
    fn cover(&mut self, item: usize) {
        let word = item / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (item % 64);
        }
    }

    fn has(&self, item: usize) -> bool {
        self.0.get(item / 64).is_some_and(|bits| bits & (1 << (item % 64)) != 0)
    }

    /// Adds what another tally has.
    pub fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    /// Notes what one answer covers.
    pub(super) fn note(
        &mut self,
        items: &Items,
        target: usize,
        evaluator: &Evaluator,
        request: &Request<'_>,
        answer: &Answer<'_>,
    ) {
        let Some(login) = request.answering(answer) else { return };
        if let Some(key) = login.provider() {
            for tag in answer.decision.tags.keys() {
                let of_tag = items.by_tag.get(&(target, tag.to_string()));
                let is_of_login = |item: &&usize| items.all.get(**item).is_some_and(|item| item.provider.could_be(key));
                if let Some(found) = of_tag.and_then(|items| items.iter().copied().find(|item| is_of_login(&item))) {
                    self.cover(found);
                }
            }
        }
        let of_mapping = login.mapping.and_then(|number| items.mappings.get(target)?.get(number));
        let (Some(of_mapping), Some((_, mapping))) = (of_mapping, evaluator.mapping_of(login)) else { return };
        let rules = mapping.mapping_rules();
        let mut reached = 0;
        match &answer.decision.outcome {
            Outcome::Assume { source, .. } => {
                if let Some(rule) = source.rule() {
                    self.cover(of_mapping.rules + rule - 1);
                    reached = rule;
                }
                match source {
                    Source::RoleResolution => {
                        self.cover(of_mapping.resolution);
                        reached = rules.len();
                    }
                    Source::PreferredRole => of_mapping.preferred.into_iter().for_each(|item| self.cover(item)),
                    Source::CustomRole(_) => {
                        of_mapping.custom.into_iter().for_each(|item| self.cover(item));
                        reached = rules.len();
                    }
                    _ => {}
                }
            }
            Outcome::Deny(denial) => {
                self.cover(of_mapping.denial);
                match denial {
                    Denial::RoleResolutionDenied | Denial::RoleNotConfigured => {
                        self.cover(of_mapping.resolution);
                        reached = rules.len();
                    }
                    Denial::CustomRoleNotAllowed => reached = rules.len(),
                    _ => {}
                }
            }
        }
        let is_absent = |rule: &MappingRule| login.claim(&rule.claim, evaluator.semantics()).is_none();
        for (number, _) in rules.iter().take(reached).enumerate().filter(|(_, rule)| is_absent(rule)) {
            self.cover(of_mapping.absent + number);
        }
    }
}

/// How much of one kind is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// How many are.
    pub covered: usize,
    /// How many there are.
    pub total: usize,
}

impl Measure {
    /// The share in percent, rounded down, so that 100 means all; 100 where there is nothing to cover.
    #[must_use]
    pub fn percent(self) -> u8 {
        (self.covered * 100).checked_div(self.total).map_or(100, |percent| u8::try_from(percent).unwrap_or(100))
    }

    /// Whether a share is reached.
    #[must_use]
    pub fn reaches(self, percent: u8) -> bool {
        self.covered * 100 >= self.total * usize::from(percent)
    }
}

/// What is covered, and what is not.
#[derive(Debug)]
pub struct Coverage<'p> {
    /// Rules that decided some case, of all rules.
    pub rules: Measure,
    /// Outcomes that some case had: rules that decided, rules passed over, role resolutions, denials, preferred and chosen roles.
    pub outcomes: Measure,
    /// Tags that some case got.
    pub tags: Measure,
    /// What is not covered, in the order of the configurations.
    pub uncovered: Vec<Uncovered<'p>>,
}

/// Something that no case covers.
#[derive(Debug)]
pub struct Uncovered<'p> {
    /// What it is.
    pub item: &'p Item,
    /// A request that would cover it, where one was found.
    pub witness: Option<Witness>,
    /// Whether a test that makes this request has to name its provider.
    pub names_provider: bool,
    /// Whether it is a rule that no request can reach; proved.
    pub is_dead: bool,
}

/// The steps that the search for witnesses takes in all, a rule or a tag of a request each. Configurations that AWS takes need a small part.
const MOST_STEPS: usize = 100_000_000;

/// Witnesses of a suite's items.
pub(super) struct Witnesses {
    left: usize,
    /// What was proved of the rules of a target, where it was asked for: by provider and number.
    proved: BTreeMap<usize, BTreeMap<(Arc<str>, usize), Verdict>>,
}

impl Witnesses {
    pub(super) fn new() -> Self {
        Self { left: MOST_STEPS, proved: BTreeMap::new() }
    }

    /// A request that covers an item of a target, if one is found; and whether it is a rule that none can reach.
    pub(super) fn show(&mut self, target: &Target, item: &Item) -> (Option<Witness>, bool) {
        let Some(evaluator) = target.evaluators.first() else { return (None, false) };
        let rules =
            evaluator.pool().role_mappings.get(&item.provider).map_or(0, |mapping| mapping.mapping_rules().len());
        let tags = evaluator.pool().principal_tags.values().map(|map| map.tags.len()).max().unwrap_or_default();
        // To make a tag takes much longer than to pass over a rule, and what is found is asked several times.
        let steps = steps_of_login(evaluator) + rules + 24 * tags;
        if self.left < steps {
            return (None, false);
        }
        self.left -= steps;
        let by_trial = witness::of(evaluator, &item.provider, &item.kind);
        let ItemKind::Rule(number, _) = item.kind else { return (by_trial, false) };
        if by_trial.is_some() {
            return (by_trial, false);
        }
        let proved = self.proved.entry(item.target).or_insert_with(|| {
            let rules = analysis::reach(evaluator, target.groups.as_deref().unwrap_or_default()).rules;
            rules.into_iter().map(|rule| ((rule.provider, rule.rule), rule.verdict)).collect()
        });
        match proved.get(&(item.provider.shared_text(), number)) {
            Some(Verdict::Live(found)) => (Some(found.clone().into()), false),
            Some(Verdict::Dead) => (None, true),
            Some(Verdict::NotDecided(_)) | None => (None, false),
        }
    }
}

impl Plan {
    /// What the judged cases cover. Each witness has been tried on the evaluator.
    #[must_use]
    pub fn coverage(&self, tally: &Tally) -> Coverage<'_> {
        let mut coverage = Coverage {
            rules: Measure { covered: 0, total: 0 },
            outcomes: Measure { covered: 0, total: 0 },
            tags: Measure { covered: 0, total: 0 },
            uncovered: Vec::new(),
        };
        let mut witnesses = Witnesses::new();
        for (number, item) in self.items.all.iter().enumerate() {
            let covered = tally.has(number);
            let count = |measure: &mut Measure| {
                measure.total += 1;
                measure.covered += usize::from(covered);
            };
            match item.kind {
                ItemKind::Rule(..) => {
                    count(&mut coverage.rules);
                    count(&mut coverage.outcomes);
                }
                ItemKind::Tag(..) => count(&mut coverage.tags),
                _ => count(&mut coverage.outcomes),
            }
            if !covered && let Some(target) = self.targets.get(item.target) {
                let (witness, is_dead) = witnesses.show(target, item);
                let names_provider = witness.as_ref().is_some_and(|witness| self.names_provider(target, witness));
                coverage.uncovered.push(Uncovered { item, witness, names_provider, is_dead });
            }
        }
        coverage
    }
}
