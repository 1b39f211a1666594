//! User pools whose region is known: their keys say it, so that a login of another region is none of theirs (Q5b).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::definition::Definition;
use super::Reading;
use super::provider::{reference, user_pool_login};
use super::resolve::Resolver;
use super::world::World;
use crate::provider::{ProviderKey, ProviderKind};
use crate::regions;

impl Reading<'_, '_> {
    /// Spells the region out in the key of every user pool where it is known, once all of them are read: `${Users.ProviderName}:${Web}` is
    /// `cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}` there.
    pub(super) fn spell_out_regions(&mut self) {
        let regions = Regions::of(self.world);
        for (name, home) in &self.homes {
            if self.drafts.known(name).is_none() {
                continue;
            }
            let resolver = Resolver::new(self.world, *home);
            respell(self.drafts.pool(Some(name)), &|key| regions.spelled_out(resolver, key));
        }
    }
}

/// The region of each stack, as far as it is known.
struct Regions<'w, 'n> {
    world: &'w World<'n>,
    /// By template. A nested stack is in the region of the one that it is in.
    noted: BTreeMap<usize, String>,
}

impl<'w, 'n> Regions<'w, 'n> {
    fn of(world: &'w World<'n>) -> Self {
        let mut noted = world.noted_regions();
        let mut beside: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (parent, child) in world.stacks.nested() {
            beside.entry(parent).or_default().insert(child);
            beside.entry(child).or_default().insert(parent);
        }
        let mut next: VecDeque<usize> = noted.keys().copied().collect();
        while let Some(template) = next.pop_front() {
            let Some(region) = noted.get(&template).cloned() else { continue };
            for other in beside.get(&template).into_iter().flatten() {
                if !noted.contains_key(other) {
                    noted.insert(*other, region.clone());
                    next.push_back(*other);
                }
            }
        }
        Self { world, noted }
    }

    /// The key with its region, as the template of its identity pool sees it; `None` where that is not known.
    fn spelled_out(&self, resolver: Resolver<'w, 'n>, key: &ProviderKey) -> Option<ProviderKey> {
        let (name, rest) = reference(key.as_str())?;
        let pool = name.strip_suffix(".ProviderName")?;
        let (home, id) = resolver.home_of(pool)?;
        let template = self.world.templates.get(home)?;
        let region = match template.kind_of(id) {
            Some("AWS::Cognito::UserPool") => {
                self.world.given("AWS::Region").or_else(|| self.noted.get(&home).map(String::as_str))?
            }
            // A part of a template may leave the pool out, which is of the same stack nevertheless.
            None if !template.parameters.contains_key(id) => self.world.given("AWS::Region")?,
            _ => return None,
        };
        let login = user_pool_login(region, &format!("${{{pool}}}")).filter(|_| regions::is_written_as_one(region))?;
        Some(ProviderKey::of_kind(ProviderKind::UserPool, format!("{login}{rest}")))
    }
}

/// Gives the providers of a pool other keys. None of these may be there already.
fn respell(draft: &mut Definition, spelled: &impl Fn(&ProviderKey) -> Option<ProviderKey>) {
    let again = |key: ProviderKey| spelled(&key).unwrap_or(key);
    let pool = &mut draft.pool;
    pool.role_mappings =
        std::mem::take(&mut pool.role_mappings).into_iter().map(|(key, it)| (again(key), it)).collect();
    pool.principal_tags =
        std::mem::take(&mut pool.principal_tags).into_iter().map(|(key, it)| (again(key), it)).collect();
    for provider in pool.providers.iter_mut().flatten() {
        if let Some(spelled) = spelled(&provider.provider_name) {
            provider.provider_name = spelled;
        }
    }
    for key in &mut pool.other_providers {
        if let Some(spelled) = spelled(key) {
            *key = spelled;
        }
    }
    for user_pool in draft.groups.iter_mut().flatten().filter_map(|group| group.user_pool.as_mut()) {
        if let Some(spelled) = spelled(user_pool) {
            *user_pool = spelled;
        }
    }
    draft.places.respell(spelled);
}
