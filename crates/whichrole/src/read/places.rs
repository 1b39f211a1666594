//! Where the parts of a pool stand.

use std::collections::BTreeMap;

use super::position::Position;
use super::shape::API;
use crate::pool::Group;
use crate::provider::ProviderKey;

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
    /// A group.
    Group(GroupId),
    /// Where a group names its role.
    GroupRole(GroupId),
}

/// What tells a group from all others: two user pools can have groups of one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupId {
    /// The group's name.
    pub name: String,
    /// Its user pool, where that is said.
    pub user_pool: Option<ProviderKey>,
}

impl GroupId {
    /// The id of a group.
    #[must_use]
    pub fn of(group: &Group) -> Self {
        Self { name: group.name.clone(), user_pool: group.user_pool.clone() }
    }
}

/// The places of things. A pool can have very many of some, so each is kept in little memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The pool and its default roles.
    pool: [Slot; 3],
    providers: BTreeMap<ProviderKey, OfProvider>,
    /// Each group and its role.
    groups: BTreeMap<GroupId, [Slot; 2]>,
}

/// The place of one thing, if it has one.
type Slot = Option<Position>;

/// The places of what belongs to one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OfProvider {
    /// The mapping and its fields.
    mapping: [Slot; 4],
    /// Each rule and its fields.
    rules: Vec<[Slot; 5]>,
    tag_map: Slot,
    tags: BTreeMap<String, Slot>,
}

impl Places {
    /// The place of a thing.
    #[must_use]
    pub fn get(&self, place: &Place) -> Option<Position> {
        let of = |key| self.providers.get(key);
        match place {
            Place::Pool => self.pool[0],
            Place::AuthenticatedRole => self.pool[1],
            Place::UnauthenticatedRole => self.pool[2],
            Place::Mapping(key) => of(key)?.mapping[0],
            Place::MappingField(key, field) => *of(key)?.mapping.get(field_of_mapping(field)?)?,
            Place::Rule(key, number) => of(key)?.rules.get(number.checked_sub(1)?)?[0],
            Place::RuleField(key, number, field) => {
                *of(key)?.rules.get(number.checked_sub(1)?)?.get(field_of_rule(field)?)?
            }
            Place::Tags(key) => of(key)?.tag_map,
            Place::Tag(key, tag) => *of(key)?.tags.get(tag)?,
            Place::Group(group) => self.groups.get(group)?[0],
            Place::GroupRole(group) => self.groups.get(group)?[1],
        }
    }

    /// Sets the place of a thing.
    pub(crate) fn set(&mut self, place: Place, at: Position) {
        if let Some(slot) = self.slot(place) {
            *slot = Some(at);
        }
    }

    /// Sets the place of a thing that has none yet.
    pub(crate) fn add(&mut self, place: Place, at: Position) {
        if let Some(slot) = self.slot(place) {
            slot.get_or_insert(at);
        }
    }

    fn slot(&mut self, place: Place) -> Option<&mut Slot> {
        match place {
            Place::Pool => self.pool.get_mut(0),
            Place::AuthenticatedRole => self.pool.get_mut(1),
            Place::UnauthenticatedRole => self.pool.get_mut(2),
            Place::Mapping(key) => self.of(key).mapping.first_mut(),
            Place::MappingField(key, field) => self.of(key).mapping.get_mut(field_of_mapping(field)?),
            Place::Rule(key, number) => self.of(key).rule(number)?.first_mut(),
            Place::RuleField(key, number, field) => self.of(key).rule(number)?.get_mut(field_of_rule(field)?),
            Place::Tags(key) => Some(&mut self.of(key).tag_map),
            Place::Tag(key, tag) => Some(self.of(key).tags.entry(tag).or_default()),
            Place::Group(group) => self.groups.entry(group).or_default().first_mut(),
            Place::GroupRole(group) => self.groups.entry(group).or_default().last_mut(),
        }
    }

    fn of(&mut self, key: ProviderKey) -> &mut OfProvider {
        self.providers.entry(key).or_default()
    }

    /// Gives the providers, and the user pools of groups, other keys, none of which is there already.
    pub(crate) fn respell(&mut self, spelled: &impl Fn(&ProviderKey) -> Option<ProviderKey>) {
        let providers = std::mem::take(&mut self.providers);
        self.providers = providers.into_iter().map(|(key, of)| (spelled(&key).unwrap_or(key), of)).collect();
        let groups = std::mem::take(&mut self.groups).into_iter().map(|(group, at)| {
            let spelled = group.user_pool.as_ref().and_then(spelled);
            (GroupId { user_pool: spelled.or(group.user_pool), name: group.name }, at)
        });
        self.groups = groups.collect();
    }

    /// Adds the places of things that have none yet.
    pub(crate) fn join(&mut self, from: Self) {
        join(&mut self.pool, &from.pool);
        for (key, from) in from.providers {
            let known = self.of(key);
            join(&mut known.mapping, &from.mapping);
            for (rule, number) in from.rules.iter().zip(1..) {
                if let Some(known) = known.rule(number) {
                    join(known, rule);
                }
            }
            known.tag_map = known.tag_map.or(from.tag_map);
            for (tag, at) in from.tags {
                let known = known.tags.entry(tag).or_default();
                *known = known.or(at);
            }
        }
        for (name, group) in from.groups {
            join(self.groups.entry(name).or_default(), &group);
        }
    }
}

impl OfProvider {
    fn rule(&mut self, number: usize) -> Option<&mut [Slot; 5]> {
        if self.rules.len() < number {
            self.rules.resize(number, [None; 5]);
        }
        self.rules.get_mut(number.checked_sub(1)?)
    }
}

fn join(known: &mut [Slot], from: &[Slot]) {
    for (known, at) in known.iter_mut().zip(from) {
        *known = known.or(*at);
    }
}

/// The number of a field's slot, the first being that of the whole.
fn field_of_mapping(field: &str) -> Option<usize> {
    [API.kind, API.resolution, API.configuration].iter().position(|known| *known == field).map(|number| number + 1)
}

fn field_of_rule(field: &str) -> Option<usize> {
    [API.claim, API.match_type, API.value, API.role].iter().position(|known| *known == field).map(|number| number + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_of_a_thing_stays() {
        let key = || ProviderKey::new("p");
        let things = || {
            [
                Place::Pool,
                Place::Mapping(key()),
                Place::MappingField(key(), "Type"),
                Place::Rule(key(), 2),
                Place::RuleField(key(), 2, "Value"),
                Place::Tag(key(), "t".to_owned()),
                Place::Group(GroupId::of(&Group::named("g"))),
                Place::GroupRole(GroupId::of(&Group::named("g"))),
            ]
        };
        let (mut first, mut second) = (Places::default(), Places::default());
        for (thing, line) in things().into_iter().zip(1..) {
            second.add(thing, Position::new(0, line + 10, 1));
        }
        for (thing, line) in things().into_iter().zip(1..).step_by(2) {
            first.add(thing.clone(), Position::new(0, line, 1));
            first.add(thing, Position::new(0, 99, 1));
        }
        first.set(Place::Tags(key()), Position::new(0, 98, 1));
        first.set(Place::Tags(key()), Position::new(0, 8, 1));
        first.join(second);
        assert_eq!(first.get(&Place::Tags(key())).unwrap().line(), 8);
        let lines = things().map(|thing| first.get(&thing).map(Position::line));
        assert_eq!(lines, [1, 12, 3, 14, 5, 16, 7, 18].map(Some));
        for nothing in [Place::Rule(key(), 0), Place::Rule(key(), 1), Place::Rule(key(), 3), Place::AuthenticatedRole] {
            assert_eq!(first.get(&nothing), None, "{nothing:?}");
        }
    }
}
