//! CloudFormation templates: written by hand, by SAM, the CDK, Amplify or Serverless; several of them together.
//!
//! A pool goes by the logical id of its `AWS::Cognito::IdentityPool`; where that is in no template here, by that of its attachment. What
//! only a deployment knows stays a reference (`${Admin.Arn}`), which `ReadOptions::parameters` may give a value.

mod amplify;
mod cfn_json;
mod concat;
mod conditions;
mod custom;
mod declared;
mod exports;
mod handed;
mod loops;
mod made;
mod named;
mod provider;
mod region;
mod resolve;
mod resources;
mod stacks;
pub(crate) mod surroundings;
mod template;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_handed;
#[cfg(test)]
mod tests_made;
#[cfg(test)]
mod tests_together;
#[cfg(test)]
mod tests_values;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Drafts;
use super::node::Node;
use super::position::Position;
use super::problem::Problem;
use super::{ReadOptions, Source};
use crate::text;
use amplify::RoleMap;
use conditions::Truth;
use handed::Handed;
use loops::{Loops, MayBeNested};
use resolve::Resolver;
use template::{Resource, Template};
use world::World;

pub use named::named_files;

/// Whether a tree is a template, or holds one.
pub(crate) fn recognises(node: &Node) -> bool {
    template::recognises(node)
}

/// The resource types of Cognito, for slips of the pen.
const KNOWN: &[&str] = &[
    POOL,
    ATTACHMENT,
    TAGS,
    GROUP,
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolIdentityProvider",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::Cognito::UserPoolRiskConfigurationAttachment",
    "AWS::Cognito::UserPoolUICustomizationAttachment",
    "AWS::Cognito::UserPoolUser",
    "AWS::Cognito::UserPoolUserToGroupAttachment",
    "AWS::Cognito::LogDeliveryConfiguration",
    "AWS::Cognito::ManagedLoginBranding",
    "AWS::Cognito::Terms",
];
const POOL: &str = "AWS::Cognito::IdentityPool";
const ATTACHMENT: &str = "AWS::Cognito::IdentityPoolRoleAttachment";
const TAGS: &str = "AWS::Cognito::IdentityPoolPrincipalTag";
const GROUP: &str = "AWS::Cognito::UserPoolGroup";

/// Reads templates, each with the number of its source, into the drafts.
pub(crate) fn read(templates: Vec<(usize, Node)>, sources: &[Source], options: &ReadOptions, drafts: &mut Drafts) {
    if templates.is_empty() {
        return;
    }
    let mut templates: Vec<(usize, Node)> =
        templates.into_iter().map(|(number, node)| (number, template::whole(node))).collect();
    let may_be_nested = if templates.len() > 1 { MayBeNested::Yes } else { MayBeNested::No };
    let mut loops = Loops::new(&options.parameters);
    for (_, template) in &mut templates {
        loops.unroll(template, may_be_nested);
    }
    let name_of = |number: usize| sources.get(number).map_or("", |source| source.name.as_str());
    let bytes = templates.iter().filter_map(|(number, _)| sources.get(*number)).map(|source| source.text.len()).sum();
    let mut indexed: Vec<Template<'_>> =
        templates.iter().map(|(number, node)| Template::new(node, name_of(*number))).collect();
    tell_apart(&mut indexed);
    if !drafts.room().is_enough(count_of_pools(&indexed)) {
        return;
    }
    let world = World::new(indexed, options, bytes);
    let problems_before = drafts.problems.len();
    let pools = names_of_pools(&world.templates);
    let mut reading = Reading {
        world: &world,
        options,
        homes: pools.iter().map(|((number, _), name)| (name.clone(), *number)).collect(),
        pools,
        elsewhere: BTreeMap::new(),
        attached: BTreeMap::new(),
        role_maps: BTreeMap::new(),
        understood: BTreeSet::new(),
        explained: BTreeSet::new(),
        calling: BTreeMap::new(),
        handed: Vec::new(),
        drafts,
    };
    for part in [
        Reading::pool,
        Reading::amplify,
        Reading::attachment,
        Reading::custom,
        Reading::loose_mapping,
        Reading::handed,
        Reading::tags,
        Reading::group,
        Reading::surroundings,
        Reading::identity_provider,
    ] {
        for (number, template) in world.templates.iter().enumerate() {
            for resource in template.in_order() {
                part(&mut reading, Resolver::new(&world, number), resource);
            }
        }
    }
    // Conditions inside trust policies decide no mapping.
    world.take_undecided();
    reading.conclude();
    reading.spell_out_regions();
    drafts.notes.extend(world.unused());
    drafts.used.parameters.extend(options.parameters.keys().filter(|name| world.asks_for(name)).cloned());
    if let Some(too_large) = world.take_too_large() {
        drafts.problems.truncate(problems_before);
        drafts.problems.push(too_large);
    }
    keep_first_at_each_place(&mut drafts.problems, problems_before);
}

/// The state of reading.
struct Reading<'r, 'n> {
    world: &'r World<'n>,
    options: &'r ReadOptions,
    /// The names of the pools in these templates, by template and logical id.
    pools: BTreeMap<(usize, &'n str), String>,
    /// The number of the template that each pool is in; of one that is elsewhere, that of the first that names it.
    homes: BTreeMap<String, usize>,
    /// The names of other pools, by what refers to them.
    elsewhere: BTreeMap<String, String>,
    /// The attachment of each pool: a pool has one.
    attached: BTreeMap<String, String>,
    /// What sets the roles of a pool after its attachment.
    role_maps: BTreeMap<String, RoleMap<'n>>,
    /// Custom resources whose part in the answer is known, by template and logical id.
    understood: BTreeSet<(usize, String)>,
    /// The templates in which a custom resource sets roles in a way we know.
    explained: BTreeSet<usize>,
    /// The templates that were searched for calls that set roles, and whether there are any.
    calling: BTreeMap<usize, bool>,
    /// Custom resources that do something to an identity pool, but not in a way we know.
    handed: Vec<Handed>,
    drafts: &'r mut Drafts,
}

impl<'n> Reading<'_, 'n> {
    /// Whether a resource is there; one whose condition is not known is, with a problem or, where it decides no mapping, a note.
    fn exists(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>, decides: Decides) -> bool {
        match resolver.is_made(resource.condition) {
            Truth::Known(exists) => exists,
            Truth::Unknown(missing) => {
                let of =
                    resource.condition.and_then(Node::as_text).map_or("of a nested stack".to_owned(), text::quoted);
                let message =
                    format!("{} depends on the condition {of}, which is not known here", text::quoted(resource.id));
                let problem = Problem::unresolved(&message, &missing).at(resource.at);
                match decides {
                    Decides::Mapping => self.drafts.problems.push(problem),
                    Decides::Less => self.drafts.notes.push(problem),
                }
                true
            }
        }
    }

    /// Whether all of a resource is written here; what is made elsewhere is a problem.
    fn is_whole(&mut self, resource: &Resource<'n>) -> bool {
        let unseen = made::unseen_in(resource);
        let is_whole = unseen.is_none();
        self.drafts.problems.extend(unseen);
        is_whole
    }

    /// Reports the conditions that decided what was just read.
    fn report_undecided(&mut self, decides: Decides) {
        let undecided = self.world.take_undecided();
        match decides {
            Decides::Mapping => self.drafts.problems.extend(undecided),
            Decides::Less => self.drafts.notes.extend(undecided),
        }
    }

    /// The name of the pool that an attachment or tag map belongs to.
    fn pool_of(&mut self, resolver: Resolver<'_, 'n>, id: Option<&Node>, owner: &str, at: Position) -> String {
        let written = id.and_then(|id| resolver.text(id));
        if let Some((name, "")) = written.as_deref().and_then(provider::reference)
            && let Some((number, id)) = resolver.home_of(name)
            && let Some(name) = self.pools.get(&(number, id))
        {
            return name.clone();
        }
        // A part of a template may name a pool that stands in another part.
        if let Some((id, "")) = written.as_deref().and_then(provider::reference)
            && resolver.template().is_some_and(|part| part.resource(id).is_none() && !part.parameters.contains_key(id))
        {
            let mut of_this_id = self.pools.iter().filter(|((_, known), _)| *known == id);
            if let (Some((_, name)), None) = (of_this_id.next(), of_this_id.next()) {
                return name.clone();
            }
        }
        let literal = written.as_deref().is_some_and(|text| !text.contains("${"));
        if !literal && self.world.stacks.are_several(resolver.number()) {
            let message = format!(
                "{} is in a template that several nested stacks use, and nobody knows here of which pool it is",
                text::quoted(owner)
            );
            self.drafts.problems.push(Problem::new("unresolved-value", message).at(at));
        }
        let mut elsewhere = self.pools.iter().filter(|((number, _), _)| *number != resolver.number());
        if let (false, 1, Some((_, name))) = (literal, self.pools.len(), elsewhere.next()) {
            let message =
                format!("{} is taken to belong to the only pool, {}", text::quoted(owner), text::quoted(name));
            let name = name.clone();
            self.drafts.notes.push(Problem::new("pool-elsewhere", message).at(at));
            return name;
        }
        let key = written.clone().unwrap_or_else(|| format!("{}/{owner}", resolver.number()));
        let taken = |name: &str| self.pools.values().chain(self.elsewhere.values()).any(|known| known == name);
        let stem = resolver.template().map_or("", |template| &template.stem);
        let fresh = if taken(owner) { format!("{stem}/{owner}") } else { owner.to_owned() };
        let name = self.elsewhere.entry(key).or_insert(fresh).clone();
        self.homes.entry(name.clone()).or_insert(resolver.number());
        if let Some(id) = written {
            self.drafts.pool(Some(&name)).pool.id = Some(id);
        }
        name
    }

    /// The template whose view of a pool's providers counts: the pool's own, or where that is not here, that of its attachment.
    fn home(&self, pool: &str, resolver: Resolver<'_, 'n>) -> usize {
        self.homes.get(pool).copied().unwrap_or(resolver.number())
    }

    /// What can be said only when everything was read.
    fn conclude(&mut self) {
        self.conclude_handed();
        let has_roles = |pool: &String| self.attached.contains_key(pool) || self.drafts.has_roles(Some(pool));
        let here: Vec<&String> = self.pools.values().filter(|pool| self.drafts.known(pool).is_some()).collect();
        let is_attached = self.drafts.has_roles(None)
            || here.iter().all(|pool| has_roles(pool)) && !(here.is_empty() && self.attached.is_empty());
        for unseen in made::unseen(self.world) {
            if unseen.is_near || !is_attached {
                self.drafts.problems.push(unseen.problem);
            } else {
                let message = unseen.problem.message + unseen.besides;
                self.drafts.note(Problem { code: "not-recognised", message, ..unseen.problem });
            }
        }
        for resource in self.world.templates.iter().flat_map(Template::in_order) {
            if resource.kind.starts_with("AWS::Cognito::") && !KNOWN.contains(&resource.kind) {
                let problem =
                    Problem::unknown("unknown-resource-type", "resource type", resource.kind, KNOWN.iter().copied());
                if problem.respelling.is_some() {
                    self.drafts.problems.push(problem.at(resource.kind_at));
                } else {
                    // AWS may add types any time.
                    let message = format!("unknown resource type {}", text::quoted(resource.kind));
                    self.drafts.notes.push(Problem::new("not-recognised", message).at(resource.at));
                }
            }
        }
        for template in &self.world.templates {
            for note in declared::undeclared(template) {
                self.drafts.note(note);
            }
        }
    }
}

/// What a resource decides.
#[derive(Clone, Copy)]
enum Decides {
    Mapping,
    /// Groups, and which logins the pool takes.
    Less,
}

fn count_of_pools(templates: &[Template<'_>]) -> usize {
    templates.iter().flat_map(Template::in_order).filter(|resource| resource.kind == POOL).count()
}

/// Templates whose files have one name, in several folders or with several endings, go by the whole of it.
fn tell_apart(templates: &mut [Template<'_>]) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for template in templates.iter() {
        *uses.entry(template.stem.clone()).or_default() += 1;
    }
    for template in templates.iter_mut().filter(|template| uses.get(&template.stem).is_some_and(|uses| *uses > 1)) {
        template.stem.clone_from(&template.name);
    }
}

/// Pools go by their logical ids; those that several templates use get the template's name before it.
fn names_of_pools<'n>(templates: &[Template<'n>]) -> BTreeMap<(usize, &'n str), String> {
    let pools = || {
        templates.iter().enumerate().flat_map(|(number, template)| {
            let pools = template.in_order().filter(|resource| resource.kind == POOL);
            pools.map(move |pool| (number, template, pool.id))
        })
    };
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for (.., id) in pools() {
        *uses.entry(id).or_default() += 1;
    }
    let name = |template: &Template<'_>, id: &str| match uses.get(id) {
        Some(0 | 1) | None => id.to_owned(),
        Some(_) => format!("{}/{id}", template.stem),
    };
    pools().map(|(number, template, id)| ((number, id), name(template, id))).collect()
}

/// One fault can show in two ways at one place; the first says more.
fn keep_first_at_each_place(problems: &mut Vec<Problem>, from: usize) {
    let mut seen = BTreeSet::new();
    let mut number = 0;
    problems.retain(|problem| {
        number += 1;
        number <= from || problem.code != "unresolved-value" || problem.at.is_none_or(|at| seen.insert(at))
    });
}
