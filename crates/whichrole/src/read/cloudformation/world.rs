//! Everything that references may lead to: the templates, what they export, and the parameters that were given.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::super::position::Position;
use super::super::problem::Problem;
use super::conditions::Truth;
use super::exports::Export;
use super::resolve::Resolver;
use super::stacks::Stacks;
use super::template::Template;
use crate::read::ReadOptions;
use crate::text;

/// How much text references may produce, beyond a multiple of what was read.
const FREE: usize = 1024 * 1024;

/// How much more than what was read that multiple may be.
const MOST_MORE: usize = 16 * 1024 * 1024;

/// How many values there may be for each part that a configuration may have, and as how many a name counts that nobody knows yet.
const VALUES_OF_A_PART: usize = 25;
pub(super) const VALUES_OF_A_NAME: usize = 10;

pub(super) struct World<'n> {
    pub templates: Vec<Template<'n>>,
    given: &'n BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
    /// Exports by name, each with the number of its template.
    exports: BTreeMap<String, Vec<(usize, Export<'n>)>>,
    pub(super) stacks: Stacks<'n>,
    /// Whether templates of nested stacks are deployed, by number; `None` while that is being worked out.
    pub(super) deployed: RefCell<BTreeMap<usize, Option<Truth>>>,
    /// What conditions came to, by template and name; `None` while one is being worked out.
    pub(super) conditions: RefCell<BTreeMap<(usize, String), Option<Truth>>>,
    left: Cell<usize>,
    budget: usize,
    values_left: Cell<usize>,
    values: usize,
    /// The region of each template as a provider spells it out, and the first two that differ.
    regions: RefCell<BTreeMap<usize, String>>,
    two_regions: RefCell<Option<[String; 2]>>,
    /// The first limit that was met.
    too_large: RefCell<Option<Problem>>,
    /// Conditions that decided something and are not known.
    undecided: RefCell<Vec<Problem>>,
}

impl<'n> World<'n> {
    pub(super) fn new(templates: Vec<Template<'n>>, options: &'n ReadOptions, bytes: usize) -> Self {
        let values = options.parts.saturating_mul(VALUES_OF_A_PART);
        let budget = bytes.saturating_mul(10).min(bytes.saturating_add(MOST_MORE)).saturating_add(FREE);
        let mut world = Self {
            templates,
            given: &options.parameters,
            used: RefCell::default(),
            exports: BTreeMap::new(),
            stacks: Stacks::default(),
            deployed: RefCell::default(),
            conditions: RefCell::default(),
            left: Cell::new(budget),
            budget,
            values_left: Cell::new(values),
            values,
            regions: RefCell::default(),
            two_regions: RefCell::default(),
            too_large: RefCell::default(),
            undecided: RefCell::default(),
        };
        world.stacks = Stacks::find(&world.templates, |number, url| Resolver::new(&world, number).text(url));
        // What was worked out without the nested stacks is worked out again.
        world.conditions.take();
        world.take_undecided();
        let mut exports: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (number, template) in world.templates.iter().enumerate() {
            for export in &template.exports {
                if let Some(name) = Resolver::new(&world, number).text(export.name) {
                    exports.entry(name).or_default().push((number, *export));
                }
            }
        }
        world.exports = exports;
        world
    }

    /// The value that was given for a name: a parameter, or anything else that is only known after deployment.
    pub(super) fn given(&self, name: &str) -> Option<&'n str> {
        let value = self.given.get(name)?;
        self.used.borrow_mut().insert(name.to_owned());
        Some(value)
    }

    /// The exports of a name, each with the number of its template.
    pub(super) fn exports(&self, name: &str) -> &[(usize, Export<'n>)] {
        self.exports.get(name).map_or(&[], Vec::as_slice)
    }

    /// Pays for work or text whose amount the input could multiply; false when the budget is used up.
    pub(super) fn pay(&self, amount: usize, at: Position) -> bool {
        let has_left = spend(&self.left, amount);
        if !has_left {
            self.note_too_large(format!("references produce more than {} bytes of text", self.budget), at);
        }
        has_left
    }

    /// Pays for values that are kept once they are resolved; false when there are too many.
    pub(super) fn keep(&self, values: usize, at: Position) -> bool {
        let has_left = spend(&self.values_left, values);
        if !has_left {
            self.note_too_large(format!("more than {} values in templates have to be resolved", self.values), at);
        }
        has_left
    }

    /// Whether no limit was met: what is resolved after one says nothing.
    pub(super) fn is_within_limits(&self) -> bool {
        self.too_large.borrow().is_none()
    }

    pub(super) fn note_too_large(&self, message: String, at: Position) {
        self.too_large.borrow_mut().get_or_insert_with(|| Problem::new("too-large", message).at(at));
    }

    /// The limit that was met, if one was: what was read after it says nothing.
    pub(super) fn take_too_large(&self) -> Option<Problem> {
        self.too_large.take()
    }

    /// Remembers the region in which a template is deployed.
    pub(super) fn note_region(&self, template: usize, region: &str) {
        let mut regions = self.regions.borrow_mut();
        let known = regions.entry(template).or_insert_with(|| region.to_owned());
        if known != region {
            self.two_regions.borrow_mut().get_or_insert_with(|| [known.clone(), region.to_owned()]);
        }
    }

    /// The region of each template that a provider spells out.
    pub(super) fn noted_regions(&self) -> BTreeMap<usize, String> {
        self.regions.borrow().clone()
    }

    /// Two regions of one template, since the last call.
    pub(super) fn take_two_regions(&self) -> Option<[String; 2]> {
        self.two_regions.take()
    }

    pub(super) fn note_undecided(&self, problem: Problem) {
        self.undecided.borrow_mut().push(problem);
    }

    /// The conditions that were not known since the last call.
    pub(super) fn take_undecided(&self) -> Vec<Problem> {
        self.undecided.take()
    }

    /// Whether a template declares a parameter of this name, or something asked for it. The parameters of a nested template are its
    /// stack's to give.
    pub(super) fn asks_for(&self, name: &str) -> bool {
        let declares = |(number, template): (usize, &Template<'_>)| {
            template.parameters.contains_key(name) && !self.stacks.are_nesting(number)
        };
        self.used.borrow().contains(name) || self.templates.iter().enumerate().any(declares)
    }

    /// Parameters that were given and nothing asked for: mostly a slip of the pen.
    pub(super) fn unused(&self) -> Vec<Problem> {
        let declared: BTreeSet<&str> =
            self.templates.iter().flat_map(|template| template.parameters.keys().copied()).collect();
        let unused = self.given.keys().filter(|name| !self.asks_for(name));
        unused
            .map(|name| {
                if declared.contains(name.as_str()) {
                    let message = format!("a nested stack decides {}, or nothing refers to it", text::quoted(name));
                    return Problem::new("unused-parameter", message);
                }
                let near = text::nearest(name, declared.iter().copied())
                    .map_or_else(String::new, |near| format!(", did you mean {}?", text::quoted(near)));
                Problem::new("unused-parameter", format!("nothing refers to {}{near}", text::quoted(name)))
            })
            .collect()
    }
}

/// Takes from what is left; false where it was less.
fn spend(left: &Cell<usize>, amount: usize) -> bool {
    let before = left.get();
    left.set(before.saturating_sub(amount));
    before >= amount
}
