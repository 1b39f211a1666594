//! What was read: each pool with what belongs to it, and where everything stands.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use super::node::Position;
use super::problem::{Problem, ReadError};
use super::surroundings::Surroundings;
use crate::pool::{Group, IdentityPool, PrincipalTagMap, RoleMapping};
use crate::provider::ProviderKey;
use crate::text;

/// Everything that was read from the sources of one configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The pools, by name.
    pub definitions: Vec<Definition>,
    /// What is wrong. A configuration with problems is no ground for an answer.
    pub problems: Vec<Problem>,
    /// What was passed over, and other things worth knowing.
    pub notes: Vec<Problem>,
    /// Roles, user pools and clients of the same files.
    pub surroundings: Surroundings,
    /// The names of the sources, by number.
    pub names: Vec<String>,
}

impl Configuration {
    /// This configuration, if nothing is wrong with it.
    ///
    /// # Errors
    /// All problems at once.
    pub fn usable(self) -> Result<Self, ReadError> {
        if self.problems.is_empty() { Ok(self) } else { Err(ReadError { problems: self.problems, names: self.names }) }
    }

    /// The pool of this name, or the only one.
    ///
    /// # Errors
    /// No pool of that name, or several and no name: the message lists them.
    pub fn choose(&self, name: Option<&str>) -> Result<&Definition, ReadError> {
        let names = || self.definitions.iter().map(|definition| definition.name.as_str());
        let refuse = |problem| Err(ReadError { problems: vec![problem], names: self.names.clone() });
        match (name, self.definitions.as_slice()) {
            (None, [only]) => Ok(only),
            (None, []) => refuse(Problem::new("no-configuration", "no identity pool, role mapping or group was found")),
            (None, _) => {
                let message = format!("there are several pools; choose with `--pool`: {}", text::alternatives(names()));
                refuse(Problem::new("several-pools", message))
            }
            (Some(name), definitions) => {
                let found = definitions
                    .iter()
                    .find(|definition| definition.name == name || definition.pool.id.as_deref() == Some(name));
                let known: Vec<&str> = names().collect();
                found.map_or_else(|| refuse(Problem::unknown("unknown-pool", "pool", name, known.iter().copied())), Ok)
            }
        }
    }
}

/// One identity pool and what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    /// The name that `--pool` takes.
    pub name: String,
    /// The pool.
    pub pool: IdentityPool,
    /// The groups of its user pools; `None` where no source lists groups.
    pub groups: Option<Vec<Group>>,
    /// Where things stand. Things that are implied, such as a default, stand nowhere.
    pub places: BTreeMap<Place, Position>,
}

/// A thing that has a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The pool itself.
    Pool,
    /// The default role for users.
    AuthenticatedRole,
    /// The default role for guests.
    UnauthenticatedRole,
    /// A role mapping.
    Mapping(ProviderKey),
    /// A field of a role mapping, by AWS's name.
    MappingField(ProviderKey, &'static str),
    /// A rule, counted from 1.
    Rule(ProviderKey, usize),
    /// A field of a rule, by AWS's name.
    RuleField(ProviderKey, usize, &'static str),
    /// A principal-tag map.
    Tags(ProviderKey),
    /// One tag of a principal-tag map, by its key.
    Tag(ProviderKey, String),
    /// A group, by its name.
    Group(String),
}

/// Definitions in the making. Sources bring pieces in any order; a piece that names no pool goes to the only one.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    named: BTreeMap<String, Definition>,
    unnamed: Definition,
    has_unnamed: bool,
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Problem>,
    pub(crate) surroundings: Surroundings,
}

impl Drafts {
    /// The draft of a pool; without a name, of the pool that nobody names.
    pub(crate) fn pool(&mut self, name: Option<&str>) -> &mut Definition {
        if let Some(name) = name {
            let draft = self.named.entry(name.to_owned()).or_default();
            name.clone_into(&mut draft.name);
            draft
        } else {
            self.has_unnamed = true;
            &mut self.unnamed
        }
    }

    /// The draft of a pool, if there is one of this name.
    pub(crate) fn known(&self, name: &str) -> Option<&Definition> {
        self.named.get(name)
    }

    /// Whether nothing was read so far.
    #[cfg(feature = "hcl")]
    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.has_unnamed
    }

    /// Adds a role mapping; a provider given twice is a problem.
    pub(crate) fn add_mapping(&mut self, pool: Option<&str>, key: ProviderKey, mapping: RoleMapping, at: Position) {
        let draft = self.pool(pool);
        let earlier = draft.places.get(&Place::Mapping(key.clone())).copied();
        match draft.pool.role_mappings.entry(key) {
            Slot::Vacant(slot) => {
                slot.insert(mapping);
            }
            Slot::Occupied(slot) => {
                let key = text::quoted_whole(slot.key().as_str());
                let message = format!("provider {key} has a role mapping already{}", on_line(earlier, at));
                self.problems.push(Problem::new("duplicate-provider", message).at(at));
            }
        }
    }

    /// Adds a principal-tag map; a provider given twice is a problem.
    pub(crate) fn add_tags(&mut self, pool: Option<&str>, key: ProviderKey, map: PrincipalTagMap, at: Position) {
        let draft = self.pool(pool);
        let earlier = draft.places.get(&Place::Tags(key.clone())).copied();
        if draft.pool.principal_tags.contains_key(&key) {
            let message = format!(
                "provider {} has a principal-tag map already{}",
                text::quoted_whole(key.as_str()),
                on_line(earlier, at)
            );
            self.problems.push(Problem::new("duplicate-provider", message).at(at));
        } else {
            draft.places.insert(Place::Tags(key.clone()), at);
            draft.pool.principal_tags.insert(key, map);
        }
    }

    /// Adds a group; a name given twice is a problem.
    pub(crate) fn add_group(&mut self, pool: Option<&str>, group: Group, at: Position) {
        let draft = self.pool(pool);
        let groups = draft.groups.get_or_insert_with(Vec::new);
        if let Slot::Vacant(place) = draft.places.entry(Place::Group(group.name.clone())) {
            place.insert(at);
            groups.push(group);
        } else if groups.iter().any(|known| known.name == group.name && *known != group) {
            let message = format!("group {} is given twice", text::quoted(&group.name));
            self.problems.push(Problem::new("duplicate-key", message).at(at));
        }
    }

    /// Puts the pieces together.
    pub(crate) fn finish(mut self, names: Vec<String>) -> Configuration {
        if self.has_unnamed {
            match self.named.len() {
                0 => {
                    "pool".clone_into(&mut self.unnamed.name);
                    self.named.insert(String::new(), self.unnamed);
                }
                1 => {
                    if let Some(only) = self.named.values_mut().next() {
                        merge(only, self.unnamed, &mut self.problems);
                    }
                }
                _ => {
                    // Groups belong to user pools, which may serve every pool of the configuration; the rest needs a name.
                    let groups = self.unnamed.groups.take();
                    for draft in self.named.values_mut() {
                        if draft.groups.is_none() {
                            draft.groups.clone_from(&groups);
                        }
                    }
                    if self.unnamed.pool != IdentityPool::default() {
                        let message =
                            "a role mapping, default role or tag map does not say which of several pools it belongs to";
                        self.problems.push(Problem::new("several-pools", message));
                    }
                }
            }
        }
        let definitions: Vec<Definition> = self.named.into_values().collect();
        if definitions.is_empty() && self.problems.is_empty() {
            self.problems
                .push(Problem::new("no-configuration", "no known member or resource was found in the configuration"));
        }
        self.problems.sort_by_key(|problem| problem.at);
        Configuration {
            definitions,
            problems: self.problems,
            notes: self.notes,
            surroundings: self.surroundings,
            names,
        }
    }
}

fn on_line(earlier: Option<Position>, at: Position) -> String {
    match earlier {
        Some(earlier) if earlier.source == at.source => format!(", on line {}", earlier.line),
        _ => String::new(),
    }
}

/// Joins the pieces that name no pool to the only pool there is.
fn merge(into: &mut Definition, from: Definition, problems: &mut Vec<Problem>) {
    let pool = from.pool;
    let target = &mut into.pool;
    let mut twice = |what: &str| problems.push(Problem::new("duplicate-key", format!("{what} given twice")));
    for (slot, value, what) in [
        (&mut target.roles.authenticated, pool.roles.authenticated, "the authenticated role is"),
        (&mut target.roles.unauthenticated, pool.roles.unauthenticated, "the unauthenticated role is"),
    ] {
        match (&slot, value) {
            (Some(old), Some(new)) if *old != new => twice(what),
            (None, Some(new)) => *slot = Some(new),
            _ => {}
        }
    }
    for (slot, value, what) in [
        (
            &mut target.allow_unauthenticated_identities,
            pool.allow_unauthenticated_identities,
            "AllowUnauthenticatedIdentities is",
        ),
        (&mut target.allow_classic_flow, pool.allow_classic_flow, "AllowClassicFlow is"),
    ] {
        match (&slot, value) {
            (Some(old), Some(new)) if *old != new => twice(what),
            (None, Some(new)) => *slot = Some(new),
            _ => {}
        }
    }
    if target.providers.is_none() {
        target.providers = pool.providers;
    }
    target.other_providers.extend(pool.other_providers);
    for (key, mapping) in pool.role_mappings {
        if target.role_mappings.insert(key.clone(), mapping).is_some() {
            twice(&format!("the role mapping of {} is", text::quoted_whole(key.as_str())));
        }
    }
    for (key, map) in pool.principal_tags {
        if target.principal_tags.insert(key.clone(), map).is_some() {
            twice(&format!("the principal-tag map of {} is", text::quoted_whole(key.as_str())));
        }
    }
    match (&mut into.groups, from.groups) {
        (Some(groups), Some(more)) => groups.extend(more),
        (None, more) => into.groups = more,
        (Some(_), None) => {}
    }
    into.places.extend(from.places);
}
