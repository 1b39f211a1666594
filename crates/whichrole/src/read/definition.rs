//! What was read: each pool with what belongs to it, and where everything stands.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::UsedNames;
use super::places::{GroupId, Place, Places};
use super::position::Position;
use super::problem::{self, Problem, ReadError};
use super::room::Room;
use super::surroundings::{MOST_ROLES, Surroundings};
use crate::pool::{Group, IdentityPool, IdentityProvider, PrincipalTagMap, RoleArn, RoleMapping, Roles};
use crate::provider::{ProviderKey, ProviderKind, fits};
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
    /// Which of the [`ReadOptions`](super::ReadOptions) that say what a name stands for were of use.
    pub used: UsedNames,
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
                let found = definitions.iter().find(|definition| definition.is_called(name));
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
    /// Why it is not known whether guests are allowed, with the place and what would make it known; `None` where it is known, or where nothing
    /// says. There is no answer for a guest then: this is the error to give. [`IdentityPool::guests_depend_on`] is set too.
    pub unknown_guests: Option<Problem>,
    /// The groups of its user pools; `None` where no source lists groups.
    pub groups: Option<Vec<Group>>,
    /// Where things stand. Things that are implied, such as a default, stand nowhere.
    pub places: Places,
}

impl Definition {
    /// Whether `--pool` with this name means this pool: its name or its id.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.pool.id.as_deref() == Some(name)
    }
}

/// Definitions in the making. Sources bring pieces in any order; a piece that names no pool goes to the only one.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    named: BTreeMap<String, Definition>,
    unnamed: Definition,
    has_unnamed: bool,
    /// Where a value stands that may be given once, by its pool and what it is.
    set_at: BTreeMap<(Option<String>, &'static str), Position>,
    /// The groups of each pool by their names, and where each is in the pool's list.
    group_numbers: HashMap<Option<String>, HashMap<String, Namesakes>>,
    /// The user pools that groups say they are of, by identity pool and id, with the first such group.
    user_pools: BTreeMap<(Option<String>, String), Position>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Problem>,
    pub(crate) surroundings: Surroundings,
    pub(crate) used: UsedNames,
    room: Room,
    /// A member that is close to `Resources`, told where nothing else is found.
    pub(crate) misspelt_section: Option<(String, Position)>,
}

/// Where groups of one name are in a list: one of each user pool, `None` where it is not said.
type Namesakes = BTreeMap<Option<ProviderKey>, usize>;

/// What to say of texts in which nothing is known.
fn nothing_known(names: &[String], misspelt: Option<(String, Position)>) -> Problem {
    let problem = |more: &str| {
        let message = format!("no known member or resource was found in the configuration{more}");
        Problem::new("no-configuration", message)
    };
    match (misspelt, names) {
        (Some((written, at)), _) => {
            problem(&format!("; did you mean `Resources` by {}?", text::quoted(&written))).at(at)
        }
        (None, [_]) => problem("").at(Position::new(0, 1, 1)),
        (None, [first, .., last]) => {
            let (first, last) = (text::quoted(first), text::quoted(last));
            problem(&format!(": {} files from {first} to {last}", names.len()))
        }
        (None, []) => problem(""),
    }
}

impl Drafts {
    /// Drafts of a configuration with at most so many parts, in files of so many bytes.
    pub(crate) fn within(parts: usize, bytes: usize) -> Self {
        Self { room: Room::new(parts, bytes), ..Self::default() }
    }

    /// The room that is left for parts.
    pub(crate) fn room(&mut self) -> &mut Room {
        &mut self.room
    }

    /// The draft of a pool; without a name, of the pool that nobody names.
    pub(crate) fn pool(&mut self, name: Option<&str>) -> &mut Definition {
        if let Some(name) = name {
            if !self.named.contains_key(name) && !self.room.take(1, None) {
                return self.room.scratch();
            }
            self.named.entry(name.to_owned()).or_default()
        } else {
            self.has_unnamed = true;
            &mut self.unnamed
        }
    }

    /// The draft of a pool, if there is one of this name.
    pub(crate) fn known(&self, name: &str) -> Option<&Definition> {
        self.named.get(name)
    }

    /// Whether a pool has roles, or without a name, the pool that nobody names.
    pub(crate) fn has_roles(&self, name: Option<&str>) -> bool {
        let draft = name.map_or(Some(&self.unnamed), |name| self.named.get(name));
        draft.is_some_and(|Definition { pool, .. }| !pool.role_mappings.is_empty() || pool.roles != Roles::default())
    }

    /// Whether nothing was read so far.
    #[cfg(feature = "hcl")]
    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.has_unnamed
    }

    /// Whether there are so many problems that nobody reads on: each more costs time and memory.
    pub(crate) fn has_many_problems(&self) -> bool {
        self.problems.len() > problem::MANY
    }

    /// Adds a note, unless there are so many that nobody reads on.
    pub(crate) fn note(&mut self, note: Problem) {
        if self.notes.len() <= problem::MANY {
            self.notes.push(note);
        }
    }

    /// Sets what a pool has one of. Given again it must be the same.
    pub(crate) fn set_once<T>(
        &mut self,
        pool: Option<&str>,
        what: &'static str,
        (value, at): (T, Position),
        slot: impl FnOnce(&mut IdentityPool) -> &mut Option<T>,
        same: impl FnOnce(&T, &T) -> bool,
    ) {
        let key = (pool.map(str::to_owned), what);
        let earlier = self.set_at.get(&key).copied();
        let slot = slot(&mut self.pool(pool).pool);
        match slot {
            None => {
                *slot = Some(value);
                self.set_at.insert(key, at);
            }
            Some(known) if same(known, &value) => {}
            Some(_) => {
                let message = format!("{what} is given twice, with different values{}", where_else(earlier, at));
                self.problems.push(Problem::new("duplicate-key", message).at(at));
            }
        }
    }

    /// Sets a default role.
    pub(crate) fn set_role(&mut self, pool: Option<&str>, place: Place, role: RoleArn, at: Position) {
        if place == Place::AuthenticatedRole {
            let what = "the authenticated role";
            self.set_once(pool, what, (role, at), |p| &mut p.roles.authenticated, PartialEq::eq);
        } else {
            let what = "the unauthenticated role";
            self.set_once(pool, what, (role, at), |p| &mut p.roles.unauthenticated, PartialEq::eq);
        }
        self.pool(pool).places.add(place, at);
    }

    /// Sets whether guests are allowed.
    pub(crate) fn set_guests(&mut self, pool: Option<&str>, allowed: bool, at: Position) {
        let what = "`AllowUnauthenticatedIdentities`";
        self.set_once(pool, what, (allowed, at), |p| &mut p.allow_unauthenticated_identities, PartialEq::eq);
    }

    /// Notes that whether guests are allowed is left to `reference`, which is not known. Another source may know.
    pub(crate) fn leave_guests_open(&mut self, pool: Option<&str>, reference: &str, why: Problem) {
        let at = why.at.unwrap_or_default();
        if self.room.take_text(&[reference], at) {
            let draft = self.pool(pool);
            draft.pool.guests_depend_on = Some(reference.to_owned());
            draft.unknown_guests = Some(why);
        }
    }

    /// Sets whether the classic flow is open.
    pub(crate) fn set_classic_flow(&mut self, pool: Option<&str>, open: bool, at: Position) {
        self.set_once(pool, "`AllowClassicFlow`", (open, at), |p| &mut p.allow_classic_flow, PartialEq::eq);
    }

    /// Sets the user pools that are accepted; their order means nothing.
    pub(crate) fn set_providers(&mut self, pool: Option<&str>, providers: Vec<IdentityProvider>, at: Position) {
        let same = |a: &Vec<IdentityProvider>, b: &Vec<IdentityProvider>| {
            let set = |list: &[IdentityProvider]| -> HashSet<(ProviderKey, Option<String>)> {
                list.iter().map(|one| (one.provider_name.clone(), one.client_id.clone())).collect()
            };
            set(a) == set(b)
        };
        self.set_once(pool, "`CognitoIdentityProviders`", (providers, at), |p| &mut p.providers, same);
    }

    /// Adds a role mapping; a provider given twice is a problem.
    pub(crate) fn add_mapping(&mut self, pool: Option<&str>, key: ProviderKey, mapping: RoleMapping, at: Position) {
        let draft = self.pool(pool);
        let earlier = draft.places.get(&Place::Mapping(key.clone()));
        match draft.pool.role_mappings.entry(key) {
            Slot::Vacant(slot) => {
                slot.insert(mapping);
            }
            Slot::Occupied(slot) => {
                let key = text::quoted_whole(slot.key().as_str());
                let message = format!("provider {key} has a role mapping already{}", where_else(earlier, at));
                self.problems.push(Problem::new("duplicate-provider", message).at(at));
            }
        }
    }

    /// Adds a principal-tag map; a provider given twice is a problem.
    pub(crate) fn add_tags(&mut self, pool: Option<&str>, key: ProviderKey, map: PrincipalTagMap, at: Position) {
        if self.room.take(1, Some(at)) {
            self.put_tags(pool, key, map, at);
        }
    }

    fn put_tags(&mut self, pool: Option<&str>, key: ProviderKey, map: PrincipalTagMap, at: Position) {
        let draft = self.pool(pool);
        let earlier = draft.places.get(&Place::Tags(key.clone()));
        if draft.pool.principal_tags.contains_key(&key) {
            let message = format!(
                "provider {} has a principal-tag map already{}",
                text::quoted_whole(key.as_str()),
                where_else(earlier, at)
            );
            self.problems.push(Problem::new("duplicate-provider", message).at(at));
        } else {
            draft.places.set(Place::Tags(key.clone()), at);
            draft.pool.principal_tags.insert(key, map);
        }
    }

    /// Adds a group; another group of its name in its user pool is a problem.
    pub(crate) fn add_group(&mut self, pool: Option<&str>, group: Group, at: Position) {
        let role = group.role_arn.as_ref().map_or("", RoleArn::as_str);
        let users = group.user_pool.as_ref().map_or("", ProviderKey::as_str);
        if self.room.take_group(at) && self.room.take_text(&[&group.name, role, users, pool.unwrap_or_default()], at) {
            self.put_group(pool, group, at);
        }
    }

    fn put_group(&mut self, pool: Option<&str>, mut group: Group, at: Position) {
        // Templates write the empty text where there is no role.
        group.role_arn = group.role_arn.filter(|role| !role.as_str().is_empty());
        if let Some(known) = self.contradiction(pool, &group) {
            let earlier = self.pool(pool).places.get(&Place::Group(known));
            self.problems.push(group_twice(&group.name, earlier, at));
            return;
        }
        let id = GroupId::of(&group);
        let next = self.pool(pool).groups.get_or_insert_with(Vec::new).len();
        let numbers = self.group_numbers.entry(pool.map(str::to_owned)).or_default();
        if let Slot::Vacant(slot) = numbers.entry(id.name.clone()).or_default().entry(id.user_pool.clone()) {
            slot.insert(next);
            let draft = self.pool(pool);
            draft.groups.get_or_insert_with(Vec::new).push(group);
            draft.places.add(Place::Group(id), at);
        }
    }

    /// Remembers where a group names its role; of two such places, the first.
    pub(crate) fn group_role_at(&mut self, pool: Option<&str>, group: GroupId, at: Option<Position>) {
        if let Some(at) = at {
            self.pool(pool).places.add(Place::GroupRole(group), at);
        }
    }

    /// A group of the same name that cannot be there besides: it is of the same user pool, or one of the two does not say of which it is, and
    /// they are not alike.
    fn contradiction(&self, pool: Option<&str>, group: &Group) -> Option<GroupId> {
        let known = self.group_numbers.get(&pool.map(str::to_owned))?.get(&group.name)?;
        let draft = match pool {
            Some(pool) => self.named.get(pool)?,
            None => &self.unnamed,
        };
        let groups = draft.groups.as_deref().unwrap_or_default();
        let differs = |number: &usize| groups.get(*number).filter(|known| !known.is_like(group));
        let found = if group.user_pool.is_some() {
            [&group.user_pool, &None].into_iter().filter_map(|users| known.get(users)).find_map(differs)
        } else if known.contains_key(&None) {
            known.get(&None).and_then(differs)
        } else {
            known.values().find_map(differs)
        };
        found.map(GroupId::of)
    }

    /// Remembers which user pool a group is of.
    pub(crate) fn group_is_of(&mut self, pool: Option<&str>, user_pool: String, at: Position) {
        if self.user_pools.len() < USER_POOLS {
            self.user_pools.entry((pool.map(str::to_owned), user_pool)).or_insert(at);
        }
    }

    /// Puts the pieces together.
    pub(crate) fn finish(mut self, names: Vec<String>) -> Configuration {
        if self.has_unnamed {
            let unnamed = std::mem::take(&mut self.unnamed);
            let pools: Vec<String> = self.named.keys().cloned().collect();
            match pools.as_slice() {
                [] => {
                    self.named.insert(String::new(), Definition { name: "pool".to_owned(), ..unnamed });
                }
                [only] => self.join(only, unnamed),
                several => {
                    self.share_groups(several, &unnamed);
                    if unnamed.pool != IdentityPool::default() {
                        let message =
                            "a role mapping, default role or tag map does not say which of several pools it belongs to";
                        self.problems.push(Problem::new("several-pools", message));
                    }
                }
            }
        }
        self.note_foreign_groups();
        // The one that nobody names has a name already.
        let named = self.named.into_iter();
        let named = named.map(|(name, draft)| if draft.name.is_empty() { Definition { name, ..draft } } else { draft });
        let mut definitions: Vec<Definition> = named.collect();
        for definition in &mut definitions {
            let mut seen = HashSet::new();
            definition.pool.other_providers.retain(|key| seen.insert(key.clone()));
            if definition.pool.allow_unauthenticated_identities.is_some() {
                (definition.pool.guests_depend_on, definition.unknown_guests) = (None, None);
            }
        }
        if definitions.is_empty() && self.problems.is_empty() {
            self.problems.push(nothing_known(&names, self.misspelt_section));
        }
        if self.surroundings.too_many_roles {
            self.room.refuse(MOST_ROLES, "roles", None);
        }
        if let Some(too_large) = self.room.fault {
            // Nothing else can be said of what was read in part.
            (self.problems, self.notes) = (vec![too_large], Vec::new());
        }
        self.problems.sort_by_key(|problem| problem.at);
        let (problems, notes) = (problem::first_of(self.problems), problem::first_of(self.notes));
        Configuration { definitions, problems, notes, surroundings: self.surroundings, names, used: self.used }
    }

    /// Joins the pieces that name no pool to the only pool there is, each as if it had named it.
    fn join(&mut self, only: &str, from: Definition) {
        let pool = Some(only);
        let set_at = |drafts: &Self, what| drafts.set_at.get(&(None, what)).copied().unwrap_or_default();
        let place = |place: &Place| from.places.get(place).unwrap_or_default();
        let IdentityPool { roles, role_mappings, principal_tags, providers, other_providers, .. } = from.pool;
        for (role, name) in
            [(roles.authenticated, Place::AuthenticatedRole), (roles.unauthenticated, Place::UnauthenticatedRole)]
        {
            if let Some(role) = role {
                let at = place(&name);
                self.set_role(pool, name, role, at);
            }
        }
        if let Some(allowed) = from.pool.allow_unauthenticated_identities {
            self.set_guests(pool, allowed, set_at(self, "`AllowUnauthenticatedIdentities`"));
        }
        if let (Some(reference), Some(why)) = (from.pool.guests_depend_on, from.unknown_guests) {
            self.leave_guests_open(pool, &reference, why);
        }
        if let Some(open) = from.pool.allow_classic_flow {
            self.set_classic_flow(pool, open, set_at(self, "`AllowClassicFlow`"));
        }
        if let Some(providers) = providers {
            self.set_providers(pool, providers, set_at(self, "`CognitoIdentityProviders`"));
        }
        self.pool(pool).pool.other_providers.extend(other_providers);
        for (key, mapping) in role_mappings {
            let at = place(&Place::Mapping(key.clone()));
            self.add_mapping(pool, key, mapping, at);
        }
        for (key, map) in principal_tags {
            let at = place(&Place::Tags(key.clone()));
            self.put_tags(pool, key, map, at);
        }
        if let Some(groups) = from.groups {
            self.pool(pool).groups.get_or_insert_with(Vec::new);
            for group in groups {
                let at = place(&Place::Group(GroupId::of(&group)));
                self.put_group(pool, group, at);
            }
        }
        self.pool(pool).places.join(from.places);
    }

    /// Groups that name no identity pool are of user pools, which may serve every one of them: they go to each that has no groups, and
    /// must not contradict the groups of the others.
    fn share_groups(&mut self, pools: &[String], from: &Definition) {
        let Some(groups) = &from.groups else { return };
        if pools.len().saturating_mul(groups.len()) > SHARED_GROUPS {
            let message = format!("{} groups for each of {} pools are too many", groups.len(), pools.len());
            self.problems.push(Problem::new("too-large", message));
            return;
        }
        for pool in pools {
            let has_own = self.named.get(pool).is_some_and(|draft| draft.groups.is_some());
            if !has_own {
                self.pool(Some(pool)).groups = Some(Vec::new());
            }
            for group in groups {
                let id = GroupId::of(group);
                let at = from.places.get(&Place::Group(id.clone())).unwrap_or_default();
                if !has_own {
                    self.put_group(Some(pool), group.clone(), at);
                    let role_at = from.places.get(&Place::GroupRole(id.clone()));
                    self.group_role_at(Some(pool), id, role_at);
                } else if let Some(known) = self.contradiction(Some(pool), group) {
                    let earlier = self.named.get(pool).and_then(|draft| draft.places.get(&Place::Group(known)));
                    self.problems.push(group_twice(&group.name, earlier, at));
                }
            }
        }
    }

    /// Notes groups of a user pool whose logins the identity pool does not take.
    fn note_foreign_groups(&mut self) {
        let only = if self.named.len() == 1 { self.named.values().next() } else { None };
        for ((pool, user_pool), at) in &self.user_pools {
            let asked: Vec<&Definition> = match pool {
                Some(pool) => self.named.get(pool).into_iter().collect(),
                None => only.map_or_else(|| self.named.values().collect(), |only| vec![only]),
            };
            let mut keys = asked.iter().flat_map(|definition| user_pool_keys(&definition.pool)).peekable();
            if keys.peek().is_some() && !keys.any(|key| could_be_user_pool(key, user_pool)) {
                let message =
                    format!("a group is of user pool {}, which no provider here names", text::quoted(user_pool));
                self.notes.push(Problem::new("foreign-group", message).at(*at));
            }
        }
    }
}

/// How many groups are copied to pools that have none, in all.
const SHARED_GROUPS: usize = 100_000;

/// How many user pools of groups are looked for among the providers.
const USER_POOLS: usize = 100;

/// Every key by which a pool names a provider that may be a user pool.
fn user_pool_keys(pool: &IdentityPool) -> impl Iterator<Item = &ProviderKey> {
    let listed = pool.providers.iter().flatten().map(|provider| &provider.provider_name);
    listed
        .chain(pool.role_mappings.keys())
        .chain(pool.principal_tags.keys())
        .filter(|key| matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Unknown))
}

/// Whether a key may name the user pool of this id. Ids begin with their region.
fn could_be_user_pool(key: &ProviderKey, id: &str) -> bool {
    let login = key.login_key();
    if !key.is_symbolic() {
        return login.rsplit('/').next() == Some(id) || id.contains("${");
    }
    let region = id.split('_').next().unwrap_or_default();
    id.contains("${")
        || ["amazonaws.com", "amazonaws.com.cn"]
            .iter()
            .any(|domain| fits(login, &format!("cognito-idp.{region}.{domain}/{id}")))
}

fn group_twice(name: &str, earlier: Option<Position>, at: Position) -> Problem {
    let message = format!("group {} is given twice{}", text::quoted(name), where_else(earlier, at));
    Problem::new("duplicate-key", message).at(at)
}

fn where_else(earlier: Option<Position>, at: Position) -> String {
    match earlier {
        Some(earlier) if earlier.source() == at.source() => format!(", on line {}", earlier.line()),
        Some(_) => ", in another file".to_owned(),
        None => String::new(),
    }
}
