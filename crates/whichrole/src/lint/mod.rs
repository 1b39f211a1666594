//! Faults in configurations: what AWS rejects, what can never match, what a user can give himself, what STS will refuse.
//!
//! Each lint has a page, `docs/lints/<id>.md`. Nothing is reported on a guess: what rests on logic was proved by [`analysis`](crate::analysis),
//! and what rests on a choice that AWS leaves open says so.

mod catalogue;
mod common;
mod fix;
mod logic;
mod open;
mod providers;
mod rejected;
mod security;
mod suppress;
mod tags;
mod trust_policies;

pub use catalogue::{LINTS, Lint, lint_named};
pub use fix::{Fix, apply_fixes};
pub use suppress::{Allow, allow};

use common::Common;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::ser::SerializeStruct as _;

use crate::analysis::{Reach, Witness, reach};
use crate::pool::{Group, IdentityPool, RoleMapping, RoleMappingType};
use crate::provider::ProviderKey;
use crate::read::{Configuration, Definition, GroupId, Place, Position, Problem, Surroundings};
use crate::{Evaluator, Semantics};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Most likely not what was meant.
    Warning,
    /// AWS rejects it, or nobody can get what the file promises.
    Error,
}

impl Severity {
    /// All three, the mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The lint's id.
    pub lint: &'static str,
    /// How bad it is, which may differ from the lint's usual severity.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// Where it shows.
    pub at: Option<Position>,
    /// The pool.
    pub pool: Option<String>,
    /// The mapping or tag map, by its provider.
    pub provider: Option<String>,
    /// The rule, counted from 1.
    pub rule: Option<usize>,
    /// A request that shows it.
    pub witness: Option<Witness>,
    /// The rules that leave this one nothing, counted from 1.
    pub blocked_by: Vec<usize>,
    /// A change of the text that is safe.
    pub fix: Option<Fix>,
}

impl Finding {
    fn new(lint: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            lint,
            severity,
            message: message.into(),
            at: None,
            pool: None,
            provider: None,
            rule: None,
            witness: None,
            blocked_by: Vec::new(),
            fix: None,
        }
    }

    fn at(mut self, at: Option<Position>) -> Self {
        self.at = at;
        self
    }

    fn of(mut self, key: &ProviderKey) -> Self {
        self.provider = Some(key.as_str().to_owned());
        self
    }

    fn rule(mut self, rule: usize) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The page of this finding's lint, on the web.
    #[must_use]
    pub fn docs(&self) -> String {
        format!("https://github.com/whichrole/whichrole/blob/main/docs/lints/{}.md", self.lint)
    }
}

/// Everything that was found in a configuration, in the order of the text; `Err` holds the problems that are no lint's: a configuration
/// that is too large, or in which nothing is known.
///
/// # Errors
/// Problems that leave nothing to look at.
pub fn lint(configuration: &Configuration) -> Result<Vec<Finding>, Vec<Problem>> {
    let (known, others): (Vec<&Problem>, Vec<&Problem>) =
        configuration.problems.iter().partition(|problem| lint_named(problem.code).is_some());
    if !others.is_empty() {
        return Err(others.into_iter().cloned().collect());
    }
    // Other commands go on with a reference that names nothing; no deployment does.
    let undeclared = configuration.notes.iter().filter(|note| note.code == "undeclared-reference");
    let mut findings: Vec<Finding> = known.into_iter().chain(undeclared).map(of_problem).collect();
    let mut common = Common::of(configuration);
    let mut sorted = 0;
    for definition in &configuration.definitions {
        let own = definition.pool.id.as_deref().and_then(|id| common.not_the_pool.take(id));
        let case = Case::new(configuration, definition, &common);
        for family in [rejected::run, logic::run, open::run, security::run, trust_policies::run, tags::run] {
            let mut found = Vec::new();
            family(&case, &mut found);
            findings
                .extend(found.into_iter().map(|finding| Finding { pool: Some(definition.name.clone()), ..finding }));
        }
        common.not_the_pool.extend(own);
        // Pools that share a role say the same of it, each again.
        if findings.len() > 2 * sorted + MOST_UNSORTED {
            sort(&mut findings);
            sorted = findings.len();
        }
    }
    sort(&mut findings);
    Ok(findings)
}

/// How many findings are kept before what is said twice is left out.
const MOST_UNSORTED: usize = 10_000;

/// Order of the text, then of the catalogue; what is said twice of one place is left out.
pub(crate) fn sort(findings: &mut Vec<Finding>) {
    let place = |finding: &Finding| (finding.at, LINTS.iter().position(|lint| lint.id == finding.lint));
    let mut placed: Vec<_> = findings.drain(..).map(|finding| (place(&finding), finding)).collect();
    placed.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| rest(one).cmp(&rest(other))));
    let (mut here, mut said) = (None, BTreeSet::new());
    placed.retain(|(place, finding)| {
        if here != Some(*place) {
            (here, said) = (Some(*place), BTreeSet::new());
        }
        finding.at.is_none() || said.insert(finding.message.clone())
    });
    findings.extend(placed.into_iter().map(|(_, finding)| finding));
}

/// What orders findings of one place.
fn rest(finding: &Finding) -> impl Ord + '_ {
    (&finding.pool, &finding.provider, finding.rule, &finding.message)
}

/// A file that is not even text, with the reason and the place at which reading ended.
#[must_use]
pub fn unreadable(reason: impl Into<String>, at: Option<Position>) -> Finding {
    Finding::new("unreadable", Severity::Error, reason).at(at)
}

/// A fault that reading found.
fn of_problem(problem: &Problem) -> Finding {
    let lint = lint_named(problem.code).map_or("unreadable", |lint| lint.id);
    let fix = problem.respelling.as_ref().zip(problem.at);
    Finding {
        fix: fix.map(|(respelling, at)| Fix::Respell {
            at,
            written: respelling.written.clone(),
            right: respelling.right.clone(),
        }),
        ..Finding::new(lint, Severity::Error, problem.message.clone()).at(problem.at)
    }
}

/// The rules of one mapping, and the mappings of one pool, that logic looks at: a multiple of what AWS takes.
const MOST_RULES_SOLVED: usize = 100;
const MOST_MAPPINGS_SOLVED: usize = 50;
/// The requests of one pool that are put to the evaluator besides, and the names that are compared. A user pool has at most 10,000 groups.
const MOST_STEPS: usize = 1_000_000;

/// One pool with what the lints ask again and again.
pub(crate) struct Case<'c> {
    configuration: &'c Configuration,
    common: &'c Common<'c>,
    definition: &'c Definition,
    /// Decides without principal tags: those have lints of their own.
    evaluator: Evaluator,
    reach: Reach,
    /// The names of all groups, and one of those that are the same in lower case by that.
    groups: BTreeSet<&'c str>,
    groups_by_lower: BTreeMap<String, &'c str>,
    listed: providers::Listed<'c>,
    /// The partitions of the user pools whose logins are mapped, each with a region.
    partitions: Vec<(&'c str, &'static str)>,
    /// How many steps are left of [`MOST_STEPS`].
    left: Cell<usize>,
}

impl<'c> Case<'c> {
    fn new(configuration: &'c Configuration, definition: &'c Definition, common: &'c Common<'c>) -> Self {
        let mut pool = IdentityPool { principal_tags: BTreeMap::new(), ..definition.pool.clone() };
        if let Some(beyond) = pool.role_mappings.keys().nth(MOST_MAPPINGS_SOLVED).cloned() {
            pool.role_mappings.split_off(&beyond);
        }
        for mapping in pool.role_mappings.values_mut() {
            // What decides a rule stands before it, so leaving out the last ones changes nothing for the others.
            if let RoleMappingType::Rules(rules) = &mut mapping.mapping_type {
                rules.truncate(MOST_RULES_SOLVED);
            }
        }
        let evaluator = Evaluator::new(pool, Semantics::default());
        let groups: BTreeSet<&str> = definition.groups.iter().flatten().map(|group| group.name.as_str()).collect();
        let groups_by_lower = groups.iter().rev().map(|name| (name.to_lowercase(), *name)).collect();
        let reach = reach(&evaluator, definition.groups.as_deref().unwrap_or_default());
        Self {
            configuration,
            common,
            definition,
            evaluator,
            reach,
            groups,
            groups_by_lower,
            listed: providers::Listed::of(&definition.pool),
            partitions: rejected::partitions(&definition.pool),
            left: Cell::new(MOST_STEPS),
        }
    }

    /// The mappings that logic looks at.
    fn solved(&self) -> impl Iterator<Item = (&'c ProviderKey, &'c RoleMapping)> {
        self.definition.pool.role_mappings.iter().take(MOST_MAPPINGS_SOLVED)
    }

    fn pool(&self) -> &'c IdentityPool {
        &self.definition.pool
    }

    fn surroundings(&self) -> &'c Surroundings {
        &self.configuration.surroundings
    }

    /// Pays for requests that are put to the evaluator, or names that are compared; false where there were too many.
    fn pay(&self, steps: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(steps));
        left >= steps
    }

    /// Whether everything could be read: what is missing then is missing from the files.
    fn is_whole(&self) -> bool {
        self.configuration.problems.is_empty()
    }

    /// Whether the files say which roles the pool has.
    fn is_attached(&self) -> bool {
        let roles = &self.pool().roles;
        roles.authenticated.is_some() || roles.unauthenticated.is_some() || !self.pool().role_mappings.is_empty()
    }

    /// Whether some mapping of type Token may be that of a group's user pool.
    fn has_token_mapping(&self, group: &Group) -> bool {
        let mut mappings = self.pool().role_mappings.iter();
        mappings.any(|(key, mapping)| mapping.mapping_type == RoleMappingType::Token && group.could_be_of(key))
    }

    fn place(&self, place: &Place) -> Option<Position> {
        self.definition.places.get(place)
    }

    fn at_pool(&self) -> Option<Position> {
        self.place(&Place::Pool)
    }

    fn at_mapping(&self, key: &ProviderKey) -> Option<Position> {
        self.place(&Place::Mapping(key.clone()))
    }

    fn at_mapping_field(&self, key: &ProviderKey, field: &'static str) -> Option<Position> {
        self.place(&Place::MappingField(key.clone(), field)).or_else(|| self.at_mapping(key))
    }

    fn at_rule(&self, key: &ProviderKey, rule: usize) -> Option<Position> {
        self.place(&Place::Rule(key.clone(), rule)).or_else(|| self.at_mapping(key))
    }

    fn at_rule_field(&self, key: &ProviderKey, rule: usize, field: &'static str) -> Option<Position> {
        self.place(&Place::RuleField(key.clone(), rule, field)).or_else(|| self.at_rule(key, rule))
    }

    fn at_tags(&self, key: &ProviderKey) -> Option<Position> {
        self.place(&Place::Tags(key.clone()))
    }

    fn at_tag(&self, key: &ProviderKey, tag: &str) -> Option<Position> {
        self.place(&Place::Tag(key.clone(), tag.to_owned())).or_else(|| self.at_tags(key))
    }

    fn at_group_role(&self, group: &Group) -> Option<Position> {
        self.place(&Place::GroupRole(GroupId::of(group))).or_else(|| self.at_group(group))
    }

    fn at_group(&self, group: &Group) -> Option<Position> {
        self.place(&Place::Group(GroupId::of(group)))
    }
}

/// A finding with the names of the sources, as JSON has it.
pub struct Shown<'f> {
    /// The finding.
    pub finding: &'f Finding,
    /// The names of the sources, by number.
    pub names: &'f [String],
}

impl Shown<'_> {
    /// The file it is in.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.finding.at.and_then(|at| at.name_in(self.names))
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finding = self.finding;
        let witness = finding.witness.as_ref().map(|witness| crate::analysis::ClaimsJson(&witness.claims));
        let mut object = serializer.serialize_struct("Finding", 12)?;
        object.serialize_field("lint", finding.lint)?;
        object.serialize_field("severity", &finding.severity)?;
        object.serialize_field("file", &self.file())?;
        object.serialize_field("line", &finding.at.map(Position::line))?;
        object.serialize_field("column", &finding.at.map(Position::column))?;
        object.serialize_field("pool", &finding.pool)?;
        object.serialize_field("provider", &finding.provider)?;
        object.serialize_field("rule", &finding.rule)?;
        object.serialize_field("message", &finding.message)?;
        object.serialize_field("witness", &witness)?;
        object.serialize_field("blocked_by", &finding.blocked_by)?;
        object.serialize_field("docs", &finding.docs())?;
        object.end()
    }
}
