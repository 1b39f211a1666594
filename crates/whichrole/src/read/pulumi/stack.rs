//! Configuration that Pulumi puts over a program's defaults: that of its stack, in `Pulumi.STACK.yaml`, and of its project, in `Pulumi.yaml`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::definition::Drafts;
use super::super::interpolation::flat;
use super::super::node::{Node, Reference, Value};
use super::super::position::Position;
use super::super::problem::Problem;
use super::super::{ReadOptions, Source, api};
use crate::text;

const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

/// The texts of a configuration that are Pulumi's.
#[derive(Default)]
pub(crate) struct Texts<'s> {
    programs: Vec<(&'s str, Node)>,
    settings: Vec<Settings<'s>>,
}

/// A file of settings: of a project, or of one stack.
struct Settings<'s> {
    name: &'s str,
    node: Result<Node, Vec<Problem>>,
}

/// Whether a file is one of settings by its name: `Pulumi.yaml` or `Pulumi.STACK.yaml`.
pub(crate) fn names_settings(name: &str) -> bool {
    stack_of(name).is_some()
}

/// The stack that a file is about, empty for the project's own.
fn stack_of(name: &str) -> Option<&str> {
    let file = name.rsplit(['/', '\\', ':']).next().unwrap_or(name).strip_prefix("Pulumi")?;
    let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending))?;
    if stem.is_empty() { Some(stem) } else { stem.strip_prefix('.').filter(|stack| !stack.is_empty()) }
}

/// The folder that a file stands in.
fn folder_of(name: &str) -> &str {
    let folder = name.rsplit_once(['/', '\\', ':']).map_or("", |(folder, _)| folder);
    if folder == "." { "" } else { folder.strip_prefix("./").unwrap_or(folder) }
}

impl<'s> Texts<'s> {
    pub(crate) fn take(&mut self, source: &'s Source, node: Node) {
        self.programs.push((&source.name, node));
    }

    /// Takes a file of settings, or what is wrong with it.
    pub(crate) fn take_settings(&mut self, source: &'s Source, node: Result<Node, Vec<Problem>>) {
        self.settings.push(Settings { name: &source.name, node });
    }

    /// Reads all of them. Settings that belong to no program are passed over.
    pub(crate) fn read(self, options: &ReadOptions, drafts: &mut Drafts) {
        let mut by_folder: BTreeMap<&str, Vec<&Settings<'_>>> = BTreeMap::new();
        for settings in &self.settings {
            by_folder.entry(folder_of(settings.name)).or_default().push(settings);
        }
        let mut used_folders = BTreeSet::new();
        let mut all_are_used = false;
        for (name, node) in &self.programs {
            // The folder of the stacks may be another one; `config` said so once.
            let is_elsewhere =
                node.get("stackConfigDir").or(node.get("config")).is_some_and(|is| is.as_text().is_some());
            let stacks = if is_elsewhere {
                all_are_used = true;
                Stacks::of(node, self.settings.iter())
            } else {
                used_folders.insert(folder_of(name));
                let beside = by_folder.get(folder_of(name)).map(Vec::as_slice).unwrap_or_default();
                Stacks::of(node, beside.iter().copied())
            };
            super::read(node, &stacks, options, drafts);
            let used = stacks.used.take().into_iter();
            drafts.notes.extend(used.map(|(at, message)| Problem::new("file-of-values", message).at(at)));
        }
        for settings in self.settings {
            let is_used = all_are_used || used_folders.contains(folder_of(settings.name));
            match settings.node {
                Ok(node) if !is_used => api::read(&node, drafts),
                Ok(_) => {}
                Err(problems) if is_used => drafts.problems.extend(problems),
                Err(problems) => drafts.notes.extend(problems.into_iter().next().map(Problem::passed_over)),
            }
        }
    }
}

/// Stacks of one program; of more, nothing is taken.
const STACKS: usize = 100;

/// What the stacks of one program give.
#[derive(Default)]
pub(super) struct Stacks<'n> {
    /// The project's own `config`, where the program is in another file.
    own: Option<Values<'n>>,
    each: Vec<Values<'n>>,
    are_too_many: bool,
    /// A note for each value that was taken from a stack.
    used: RefCell<BTreeSet<(Position, String)>>,
}

/// The values of one file of settings.
struct Values<'n> {
    stack: &'n str,
    at: Position,
    by_name: BTreeMap<&'n str, (&'n Node, Position)>,
    /// Whether the stack takes values from environments as well, which are elsewhere.
    has_environments: bool,
}

/// What a file says about one name.
#[derive(PartialEq, Eq)]
enum Given {
    Text(String),
    Nothing,
    Unknown(&'static str),
}

impl<'n> Stacks<'n> {
    fn of(program: &'n Node, settings: impl Iterator<Item = &'n Settings<'n>> + Clone) -> Self {
        if settings.clone().nth(STACKS + 1).is_some() {
            return Self { are_too_many: true, ..Self::default() };
        }
        let readable = settings.filter_map(|settings| Some((stack_of(settings.name)?, settings.node.as_ref().ok()?)));
        let own = readable.clone().find(|(stack, _)| stack.is_empty());
        let name = |node: &'n Node| node.get("name").and_then(Node::as_text);
        let project = name(program).or_else(|| name(own?.1));
        Self {
            own: own.map(|(stack, node)| Values::of(stack, node, project)),
            each: readable
                .filter(|(stack, _)| !stack.is_empty())
                .map(|(stack, node)| Values::of(stack, node, project))
                .collect(),
            ..Self::default()
        }
    }

    /// The value of a setting that the program declares; `None` where its default counts.
    pub(super) fn value(&self, name: &str, at: Position) -> Option<Node> {
        let pass = format!("pass {}", text::quoted(&format!("--param {name}=…")));
        let unknown = |why: &str| {
            let reference = Reference { text: format!("${{{}}}", flat(name)), missing: format!("{why}{pass}") };
            Some(Node { value: Value::Reference(Box::new(reference)), at })
        };
        if self.are_too_many {
            return unknown("there are too many stacks: ");
        }
        let mut stacks = self.each.iter().map(|values| (values, values.given(name)));
        let first = stacks.next();
        if let Some((values, given)) = &first
            && let Some((other, _)) = stacks.find(|(_, other)| other != given)
        {
            let (one, other) = (text::quoted(values.stack), text::quoted(other.stack));
            return unknown(&format!("the stacks {one} and {other} differ in it: read the file of one of them, or "));
        }
        let given = match first {
            Some((values, Given::Text(text))) => {
                let place = values.by_name.get(name).map_or(values.at, |(_, at)| *at);
                let message =
                    format!("{} has this value, that of the stack {}", text::quoted(name), text::quoted(values.stack));
                self.used.borrow_mut().insert((place, message));
                Given::Text(text)
            }
            Some((_, Given::Nothing)) | None => self.own.as_ref().map_or(Given::Nothing, |own| own.given(name)),
            Some((_, unknown)) => unknown,
        };
        match given {
            Given::Text(text) => Some(Node { value: Value::text(text), at }),
            Given::Unknown(why) => unknown(why),
            Given::Nothing => None,
        }
    }
}

impl<'n> Values<'n> {
    /// Names without a namespace are in that of the project. Where nobody knows the project, any namespace may be it.
    fn of(stack: &'n str, node: &'n Node, project: Option<&str>) -> Self {
        let mut by_name = BTreeMap::new();
        for entry in node.get("config").map(Node::entries).unwrap_or_default() {
            let (name, value) = (entry.name.as_str(), (&entry.value, entry.at));
            by_name.insert(name, value);
            if let Some((space, local)) = name.split_once(':')
                && project.is_none_or(|project| project == space)
            {
                by_name.insert(local, value);
            }
        }
        Self { stack, at: node.at, by_name, has_environments: node.get("environment").is_some() }
    }

    fn given(&self, name: &str) -> Given {
        match self.by_name.get(name) {
            Some((value, _)) if self.stack.is_empty() => match setting(value) {
                // Declared, and no more.
                Node { value: Value::Map(_), .. } => Given::Nothing,
                value => given(value),
            },
            Some((value, _)) => given(value),
            None if self.has_environments => Given::Unknown("the environments of the stack are not read; "),
            None => Given::Nothing,
        }
    }
}

/// What a setting of a project says: the value itself, or in a declaration its `value` or `default`.
pub(super) fn setting(written: &Node) -> &Node {
    written.get("default").or_else(|| written.get("value")).unwrap_or(written)
}

/// Whole numbers, booleans and texts are what all YAML tools agree on.
fn given(value: &Node) -> Given {
    match &value.value {
        Value::Text(text) => Given::Text(text.to_string()),
        Value::Number(number) if !number.contains('.') && number.len() < 16 => Given::Text(number.to_string()),
        Value::Bool(value) => Given::Text(value.to_string()),
        Value::Map(_) if value.get("secure").is_some() => Given::Unknown("its value is encrypted; "),
        Value::Map(_) | Value::List(_) => Given::Unknown("its value is no text; "),
        _ => Given::Unknown("its value is not quoted, and tools read it differently; "),
    }
}
