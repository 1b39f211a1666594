//! `whichrole diff`: which tokens get something else.

mod equal;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use whichrole::analysis::{Change, Condition, Diff, DiffOptions, NotDecided, Subject, diff, unequal_readings};
use whichrole::read::Definition;
use whichrole::{Choice, ProviderKey, Semantics};

pub use self::users::Users;

use crate::args::{Args, DiffArgs, Format};
use crate::commands::who;
use crate::failure::{Exit, Failure, Result};
use crate::input::{self, Loaded};
use crate::json::long_json;
use crate::output::Output;
use crate::{render, request};

/// What is printed: all pools together.
#[derive(Debug, Serialize)]
pub struct Report {
    pub equal: Option<bool>,
    /// Whether a pool has several mappings, so that a rule's number does not tell which rule is meant.
    #[serde(skip)]
    pub several_mappings: bool,
    pub changes: Vec<Change>,
    pub certainty_changes: Vec<Change>,
    pub custom_role_changes: Vec<Change>,
    /// Whether there are no other changes of certainty alone.
    pub certainty_decided: bool,
    /// Whether it is not said on one side that guests are refused, as they are on both.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guests_unsaid: bool,
    pub only_before: Vec<String>,
    pub only_after: Vec<String>,
    pub matched: BTreeMap<String, String>,
    /// The references among these whose literals only look like a name made of theirs.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub guessed: BTreeSet<String>,
    /// What changes outside `--only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<Vec<Change>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_decided: Vec<String>,
    /// Other choices under which the two are not equal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unequal_under: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
}

pub fn run(args: &Args, asked: &DiffArgs, output: &mut Output) -> Result<Exit> {
    let names = [Some(asked.old.as_os_str()), Some(asked.new.as_os_str()), asked.users.as_deref()];
    input::refuse_two_stdins(names.into_iter().flatten())?;
    let semantics = request::semantics(&asked.proof.assume)?;
    let only = match &asked.only {
        Some(written) => Some(
            Condition::parse(written).map_err(|error| Failure::new("condition", format!("in `--only`, {error}")))?,
        ),
        None => None,
    };
    let read = asked.read.options()?;
    let (old, new) = (Loaded::of_revision(&asked.old, &read)?, Loaded::of_revision(&asked.new, &read)?);
    let equal = equal::equal(&asked.map, [&old, &new])?;
    let around = [&old, &new].map(|side| Some(&side.configuration.surroundings));
    let options = DiffOptions { only: only.as_ref(), equal: &equal, around };

    let mut report = Report::empty(only.is_some());
    let mut depends: Vec<Choice> = Vec::new();
    let mut all = Vec::new();
    input::show_notes(&[&old, &new], output);
    for (a, b) in pools(&old, &new, asked.pool.as_deref(), &mut report)? {
        report.several_mappings |= [a, b].iter().any(|side| side.pool.role_mappings.len() > 1);
        let groups = |definition: &Definition| who::groups(&asked.proof, definition.groups.as_deref());
        let (old_groups, new_groups) = (groups(a)?, groups(b)?);
        let before = subject(a, &old_groups, semantics);
        let after = subject(b, &new_groups, semantics);
        let found = diff(&before, &after, &options);
        let is_equal = found.is_equal() == Some(true);
        if found.not_decided.contains(&NotDecided::Guests) {
            let notes = [old.note_on_guests(a), new.note_on_guests(b)];
            notes.iter().flatten().for_each(|note| output.note(note));
        }
        if asked.users.is_some() {
            all.push(found.clone());
        }
        report.add(found);
        // What was proved with is gone by now, and the other readings take as much again.
        if is_equal {
            depends.extend(unequal_readings(&before, &after, &options));
        }
    }
    report.unequal_under = depends.iter().map(ToString::to_string).collect();
    report.equal = report.is_equal();
    if let Some(file) = &asked.users {
        let [found] = all.as_slice() else {
            return Err(Failure::new("several-pools", "`--users` are the users of one pool; choose it with `--pool`"));
        };
        let provider = asked.provider.as_deref().map(ProviderKey::new);
        report.users = Some(users::count(file, provider.as_ref(), found, &semantics, output)?);
    }
    match args.global.format {
        Some(Format::Json) => output.document(long_json(&report)?),
        Some(Format::Markdown) => output.lines(&render::diff::markdown(&report)),
        // Nothing is different, and that is all that standard output is for.
        _ if report.equal == Some(true) && report.users.is_none() && report.outside.is_none() => {
            render::diff::text(&report).iter().filter(|line| !line.is_empty()).for_each(|line| output.note(line));
        }
        _ => output.texts(&render::diff::text(&report)),
    }
    for note in render::diff::notes(&report) {
        output.note(&note);
    }
    Ok(exit(&report, asked.proof.strict))
}

fn subject<'s>(definition: &'s Definition, groups: &'s [whichrole::Group], semantics: Semantics) -> Subject<'s> {
    Subject { pool: &definition.pool, groups, semantics }
}

/// The pools to compare: the one asked for, the only one of each side, or all that have the same name.
fn pools<'l>(
    old: &'l Loaded,
    new: &'l Loaded,
    pool: Option<&str>,
    report: &mut Report,
) -> Result<Vec<(&'l Definition, &'l Definition)>> {
    let (many, others) = (&old.configuration.definitions, &new.configuration.definitions);
    if pool.is_some() || (many.len() <= 1 && others.len() <= 1) {
        return Ok(vec![(old.choose(pool)?, new.choose(pool)?)]);
    }
    for loaded in [old, new] {
        if !loaded.configuration.problems.is_empty() {
            return Err(loaded.failure(&loaded.configuration.problems));
        }
    }
    let [old, new] = [many, others].map(|definitions| -> BTreeMap<&str, &'l Definition> {
        definitions.iter().map(|definition| (definition.name.as_str(), definition)).collect()
    });
    let mut pairs = Vec::new();
    for definition in many {
        match new.get(definition.name.as_str()) {
            Some(other) => pairs.push((definition, *other)),
            None => report.only_before.push(definition.name.clone()),
        }
    }
    let unknown = others.iter().filter(|definition| !old.contains_key(definition.name.as_str()));
    report.only_after.extend(unknown.map(|definition| definition.name.clone()));
    if pairs.is_empty() {
        let message = "no pool of one side has the name of a pool of the other; choose with `--pool`";
        return Err(Failure::new("several-pools", message));
    }
    Ok(pairs)
}

impl Report {
    fn empty(has_condition: bool) -> Self {
        Self {
            equal: None,
            several_mappings: false,
            changes: Vec::new(),
            certainty_changes: Vec::new(),
            custom_role_changes: Vec::new(),
            certainty_decided: true,
            guests_unsaid: false,
            only_before: Vec::new(),
            only_after: Vec::new(),
            matched: BTreeMap::new(),
            guessed: BTreeSet::new(),
            outside: has_condition.then(Vec::new),
            not_decided: Vec::new(),
            unequal_under: Vec::new(),
            users: None,
        }
    }

    fn add(&mut self, found: Diff) {
        self.changes.extend(found.changes);
        self.certainty_changes.extend(found.certainty_changes);
        self.certainty_decided &= found.certainty_decided;
        self.guests_unsaid |= found.guests_unsaid;
        self.custom_role_changes.extend(found.custom_role_changes);
        self.only_before.extend(found.only_before);
        self.only_after.extend(found.only_after);
        self.matched.extend(found.matched);
        self.guessed.extend(found.guessed);
        if let Some(outside) = &mut self.outside {
            outside.extend(found.outside.into_iter().flatten());
        }
        self.not_decided.extend(found.not_decided.iter().map(ToString::to_string));
    }

    fn is_equal(&self) -> Option<bool> {
        let lists = self.only_before.is_empty() && self.only_after.is_empty();
        if !lists || !self.changes.is_empty() || !self.custom_role_changes.is_empty() {
            return Some(false);
        }
        self.not_decided.is_empty().then_some(true)
    }

    /// With `--only`: whether nothing changes outside the condition.
    pub fn is_confined(&self) -> Option<bool> {
        let outside = self.outside.as_ref()?;
        if !outside.is_empty() || !self.only_before.is_empty() || !self.only_after.is_empty() {
            return Some(false);
        }
        self.not_decided.is_empty().then_some(true)
    }
}

fn exit(report: &Report, strict: bool) -> Exit {
    if report.users.as_ref().is_some_and(|users| users.unread > 0) {
        return Exit::CouldNotAnswer;
    }
    let answer = if report.outside.is_some() { report.is_confined() } else { report.equal };
    match answer {
        Some(true) if strict && !(report.unequal_under.is_empty() && report.guessed.is_empty()) => Exit::NotCertain,
        Some(true) => Exit::Yes,
        Some(false) => Exit::No,
        None => Exit::CouldNotAnswer,
    }
}
