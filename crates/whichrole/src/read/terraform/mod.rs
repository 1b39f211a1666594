//! Terraform and OpenTofu: modules in their own language or its JSON form (here), plans and states (`plan`).
//!
//! Files become modules (`module`), expressions are evaluated as far as the files tell (`eval`, with `names`, `paths` and
//! `functions`), the resources that matter become trees (`blocks`), and trees become definitions (`resources`), which plans
//! (`plan`, `written`) share.

mod blocks;
mod collections;
mod elsewhere;
mod eval;
mod functions;
mod json_syntax;
mod module;
mod names;
mod paths;
mod plan;
mod resources;
mod runs;
mod surroundings;
mod texts;
mod types;
mod unify;
mod value;
mod variables;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Drafts;
use super::format::Format;
use super::hcl;
use super::node::{Node, Value};
use super::policy;
use super::position::Position;
use super::problem::Problem;
use super::{ReadOptions, Source};
use crate::json::JsonLimits;
use crate::text;
use elsewhere::{Maker, Passed};
use eval::{Evaluator, Scope};
use module::{Declared, File, Module, join};
use names::{Instances, each_name};
use resources::{Found, Kind};

pub(super) use json_syntax::recognises as is_json_syntax;
pub(super) use plan::recognises as is_plan;

/// The texts of a configuration that are Terraform's.
#[derive(Default)]
pub(super) struct Texts<'s> {
    files: Vec<Text<'s>>,
    plans: Vec<(&'s str, Node)>,
}

/// One file of a module.
struct Text<'s> {
    source: usize,
    name: &'s str,
    syntax: Syntax<'s>,
}

/// A text in one of the two syntaxes.
enum Syntax<'s> {
    Native(&'s str),
    Json(Node),
}

impl<'s> Texts<'s> {
    /// Takes a text in Terraform's own language; `false` for any other.
    pub(super) fn take_native(&mut self, source: &'s Source, number: usize, format: Option<Format>) -> bool {
        let is_native = match format {
            Some(Format::Terraform) => !text::without_mark(&source.text).trim_start().starts_with('{'),
            Some(_) => false,
            None => recognises(&source.name, &source.text),
        };
        if is_native {
            self.files.push(Text { source: number, name: &source.name, syntax: Syntax::Native(&source.text) });
        }
        is_native
    }

    pub(super) fn take_json(&mut self, source: &'s Source, number: usize, node: Node) {
        self.files.push(Text { source: number, name: &source.name, syntax: Syntax::Json(node) });
    }

    pub(super) fn take_plan(&mut self, source: &'s Source, node: Node) {
        self.plans.push((&source.name, node));
    }

    /// Reads all of them. Plans and states count only where there are no modules, for both say the same.
    pub(super) fn read(self, options: &ReadOptions, drafts: &mut Drafts) {
        let has_modules =
            self.files.iter().any(|file| !file.name.ends_with(".tfvars") && !file.name.ends_with(".tfvars.json"));
        for (name, plan) in self.plans {
            if has_modules {
                let message = format!("{} was passed over, because the Terraform files are there", text::quoted(name));
                drafts.notes.push(Problem::new("not-recognised", message).at(plan.at));
            } else {
                plan::read(plan, drafts);
            }
        }
        if !self.files.is_empty() {
            read(self.files, options, drafts);
        }
    }
}

/// Whether a text is Terraform's language rather than another: by its name's ending, else by its first word.
fn recognises(name: &str, text: &str) -> bool {
    if [".tf", ".tofu", ".tfvars"].iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let mut rest = text::without_mark(text).trim_start();
    loop {
        rest = match rest {
            comment if comment.starts_with('#') || comment.starts_with("//") => {
                comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start()
            }
            comment if comment.starts_with("/*") => comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start(),
            _ => break,
        };
    }
    let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
    let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
    let after = after.trim_start_matches([' ', '\t']);
    match word {
        "resource" | "data" | "variable" | "module" | "output" | "provider" => after.starts_with('"'),
        "locals" | "terraform" => after.starts_with('{'),
        _ => false,
    }
}

/// Reads all files of a configuration together.
fn read(texts: Vec<Text<'_>>, options: &ReadOptions, drafts: &mut Drafts) {
    let limits = &options.hcl;
    let texts = without_twins_of_tofu(texts, drafts);
    let mut files = Vec::new();
    let mut natives = BTreeMap::new();
    for text in texts {
        if let Syntax::Native(native) = text.syntax {
            natives.insert(text.source, native.lines().collect());
        }
        let body = match text.syntax {
            Syntax::Native(native) => hcl::parse(native, text.source, limits),
            Syntax::Json(node) => json_syntax::body(&node, text.name, limits),
        };
        match body {
            Ok(body) => files.push(File { source: text.source, name: text.name.to_owned(), body }),
            Err(problems) => drafts.problems.extend(problems),
        }
    }
    let mut modules = module::modules(&files, &mut drafts.problems);
    let roots = roots(&mut modules);
    let mut reading = Reading {
        evaluator: Evaluator::new(&modules, &options.variables, *limits),
        natives,
        found: Vec::new(),
        around: Vec::new(),
        passed: Vec::new(),
        notes: Vec::new(),
        problems: Vec::new(),
    };
    for root in &roots {
        if let Some(module) = modules.get(root) {
            let instance = reading.evaluator.add_root(module);
            let (first, first_passed) = (reading.found.len(), reading.passed.len());
            reading.module(instance);
            if roots.len() > 1 && prefix_twins(&mut reading.found, first, root) {
                for passed in reading.passed.iter_mut().skip(first_passed) {
                    passed.root = format!("{root}/");
                }
            }
        }
    }
    let (mut notes, problems) = (std::mem::take(&mut reading.notes), std::mem::take(&mut reading.problems));
    notes.extend(undeclared(&roots, &modules, &reading.evaluator, &mut drafts.used.variables));
    notes.extend(
        roots.iter().filter_map(|root| modules.get(root)).flat_map(|root| reading.evaluator.named_values(root)),
    );
    let evaluated = std::mem::take(&mut reading.evaluator.problems);
    if evaluated.iter().any(|problem| problem.code == "too-large") {
        // What was evaluated after that says nothing.
        drafts.problems.extend(evaluated.into_iter().filter(|problem| problem.code == "too-large"));
        return;
    }
    drafts.problems.extend(evaluated);
    drafts.problems.extend(problems);
    let unread = reading.unread();
    drafts.problems.extend(reading.evaluator.limit_met().cloned());
    let found = std::mem::take(&mut reading.found);
    if found.is_empty() && drafts.problems.is_empty() && drafts.is_empty() {
        let mut message = "no identity pool, role attachment or group is declared in these files".to_owned();
        if roots.is_empty() {
            message.push_str(", which only give values to variables");
        }
        for note in &notes {
            message.push_str("; ");
            message.push_str(&note.message);
        }
        drafts.problems.push(Problem::new("no-configuration", message));
    }
    drafts.notes.extend(notes);
    resources::build(found, &unread, drafts);
    // What is wrong in policies and schemas decides no mapping.
    for (instance, address, kind, declared) in std::mem::take(&mut reading.around) {
        reading.resource(instance, address, kind, declared);
    }
    // Past a limit nothing more of that is known, and no decision needs it.
    if let Some(problem) = reading.evaluator.limit_met() {
        drafts.note(problem.clone());
    }
    surroundings::build(&reading.found, drafts);
    for note in reading.evaluator.notes_of_undeclared(options.folders_are_whole) {
        drafts.note(note);
    }
}

/// OpenTofu, which alone reads `main.tofu`, leaves out a `main.tf` beside it.
fn without_twins_of_tofu<'s>(texts: Vec<Text<'s>>, drafts: &mut Drafts) -> Vec<Text<'s>> {
    let names: BTreeSet<&str> = texts.iter().map(|text| text.name).collect();
    let (left_out, kept): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| {
        let twin = |ending: &str, other: &str| text.name.strip_suffix(ending).map(|stem| format!("{stem}{other}"));
        twin(".tf", ".tofu")
            .or_else(|| twin(".tf.json", ".tofu.json"))
            .is_some_and(|twin| names.contains(twin.as_str()))
    });
    for text in left_out {
        let message = format!(
            "{} was passed over, as OpenTofu does beside a file of that name that ends in `tofu`; for Terraform read the folder without that file",
            text::quoted(text.name)
        );
        drafts.note(Problem::new("not-recognised", message).at(Position::new(text.source, 1, 1)));
    }
    kept
}

/// A note for each `--var` that no root declares or asks for; all others are put into `used`.
fn undeclared(
    roots: &[String],
    modules: &BTreeMap<String, Module<'_>>,
    evaluator: &Evaluator<'_>,
    used: &mut BTreeSet<String>,
) -> Vec<Problem> {
    let declared: BTreeSet<&str> = roots
        .iter()
        .filter_map(|root| modules.get(root))
        .flat_map(|module| module.variables.keys().map(String::as_str))
        .collect();
    let is_known = |name: &&String| declared.contains(name.as_str()) || evaluator.asked_for(name);
    let (known, unknown): (Vec<&String>, Vec<&String>) = evaluator.variables.keys().partition(is_known);
    used.extend(known.into_iter().cloned());
    unknown
        .into_iter()
        .map(|name| {
            if declared.is_empty() {
                let message = format!("unknown variable {}: the files declare none", text::quoted(name));
                return Problem::new("unknown-variable", message);
            }
            Problem::unknown("unknown-variable", "variable", name, declared.iter().copied())
        })
        .collect()
}

/// The folders that no other folder calls. Files of values to be named with `-var-file` serve all of them where they stand in a folder of
/// their own.
fn roots(modules: &mut BTreeMap<String, Module<'_>>) -> Vec<String> {
    let mut called = BTreeSet::new();
    for module in modules.values() {
        for call in module.calls.values() {
            if let Some(hcl::ExprKind::Text(path)) = call.attribute("source").map(|source| &source.value.kind) {
                called.insert(join(&module.folder, path));
            }
        }
    }
    let has_declarations = |module: &Module<'_>| {
        !(module.resources.is_empty()
            && module.calls.is_empty()
            && module.variables.is_empty()
            && module.locals.is_empty())
    };
    let mut roots: Vec<String> =
        modules.values().filter(|module| has_declarations(module)).map(|module| module.folder.clone()).collect();
    if roots.iter().any(|folder| !called.contains(folder)) {
        roots.retain(|folder| !called.contains(folder));
    }
    let shared: Vec<_> = modules
        .values()
        .filter(|module| !has_declarations(module))
        .flat_map(|module| module.values.iter().map(|(name, written)| (name.clone(), written.clone())))
        .collect();
    for root in &roots {
        if let Some(module) = modules.get_mut(root) {
            for (name, written) in &shared {
                // Terraform reads `terraform.tfvars` and the like in the root's own folder only.
                let (named, automatic): (Vec<_>, Vec<_>) = written.iter().partition(|value| value.is_optional);
                module.values.entry(name.clone()).or_default().splice(0..0, named);
                module.of_other_folders.entry(name.clone()).or_default().extend(automatic);
            }
        }
    }
    roots
}

/// Two roots may use one address; then the later one's is named with its folder.
fn prefix_twins(found: &mut [Found], first: usize, folder: &str) -> bool {
    let (earlier, new) = found.split_at_mut(first.min(found.len()));
    let known: BTreeSet<&str> = earlier.iter().map(|found| found.address.as_str()).collect();
    let are_twins = new.iter().any(|found| known.contains(found.address.as_str()));
    if are_twins {
        for found in new {
            found.root = format!("{folder}/");
        }
    }
    are_twins
}

/// Resources whose names are near to one that matters.
const OTHERS: &[&str] = &["aws_iam_user", "aws_iam_group", "aws_iam_policy", "aws_iam_role_policy", "aws_cognito_user"];

struct Reading<'f> {
    evaluator: Evaluator<'f>,
    /// The lines of the texts in Terraform's own language, by source.
    natives: BTreeMap<usize, Vec<&'f str>>,
    found: Vec<Found>,
    /// What stands around the pools, to be evaluated last.
    around: Vec<(usize, &'f str, Kind, &'f Declared<'f>)>,
    /// What is not read and may decide all the same.
    passed: Vec<Passed<'f>>,
    notes: Vec<Problem>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    /// The resources of a module in use, and of the modules it calls.
    fn module(&mut self, instance: usize) {
        let Some(module) = self.evaluator.module(instance) else { return };
        for (address, declared) in &module.resources {
            if let Some(maker) = Maker::of_block(declared) {
                let name = format!("{}{address}", self.evaluator.prefix(instance));
                self.passed.push(Passed { root: String::new(), instance, name, declared, maker });
            }
            if address.starts_with("data.") {
                continue;
            }
            match Kind::of(declared.kind) {
                Some(kind) if kind.decides() => self.resource(instance, address, kind, declared),
                Some(kind) => self.around.push((instance, address, kind, declared)),
                None => self.look_at_unknown(declared),
            }
        }
        for (name, call) in &module.calls {
            if self.evaluator.met_a_limit() {
                return;
            }
            match self.evaluator.called(instance, name, call.at) {
                Ok(instances) => {
                    for called in instances {
                        self.module(called);
                    }
                }
                Err(unknown) => {
                    let what = text::quoted(&format!("module.{name}"));
                    let message = format!("{what} was passed over: {}", unknown.missing);
                    let is_local = matches!(call.attribute("source").map(|source| &source.value.kind),
                            Some(hcl::ExprKind::Text(path)) if path.starts_with('.'));
                    if is_local && call.attribute("count").or(call.attribute("for_each")).is_some() {
                        let message = format!("whether {what} is there is not known");
                        self.problems.push(Problem::unresolved(&message, &unknown.missing).at(call.at));
                    } else {
                        let maker = Maker::Module { missing: unknown.missing.clone(), is_local };
                        let name = format!("{}module.{name}", self.evaluator.prefix(instance));
                        self.passed.push(Passed { root: String::new(), instance, name, declared: call, maker });
                        self.notes.push(Problem::new("not-recognised", message).at(call.at));
                    }
                }
            }
        }
    }

    fn resource(&mut self, instance: usize, address: &str, kind: Kind, declared: &Declared<'_>) {
        let address = format!("{}{address}", self.evaluator.prefix(instance));
        self.notes.extend(runs::ignored(declared, kind, &address).filter(|_| kind.decides()));
        match self.evaluator.instances_of(instance, declared) {
            Instances::One => self.add(instance, address, kind, declared, None),
            Instances::Several(repeat, keys) => {
                for (key, value) in keys {
                    let address = format!("{address}[{}]", eval::spelled(&key));
                    let each = each_name(repeat, &key, &value, declared.at);
                    self.add(instance, address, kind, declared, Some(&each));
                }
            }
            // Nobody knows which of them is meant, so none is.
            Instances::Unknown(_) if !kind.decides() => {}
            Instances::Unknown(unknown) => {
                let message = format!("how often {} is there is not known", text::quoted(&address));
                let written = declared.attribute("count").or(declared.attribute("for_each"));
                let at = written.map_or(declared.at, |written| written.value.at.of(written.source));
                self.problems.push(Problem::unresolved(&message, &unknown.missing).at(at));
            }
        }
    }

    fn add(
        &mut self,
        instance: usize,
        address: String,
        kind: Kind,
        declared: &Declared<'_>,
        each: Option<&eval::Named<'_>>,
    ) {
        let scope = Scope { instance, source: declared.at.numbers().0, names: each };
        let mut node = self.evaluator.resource_node(declared, kind, scope, &mut self.problems);
        if kind == Kind::Role {
            self.place_policy(instance, &mut node);
        }
        self.found.push(Found { root: String::new(), kind, address, node });
    }

    /// Puts the document in the place of a reference to it, and the tree of a heredoc in the place of its text.
    fn place_policy(&mut self, instance: usize, role: &mut Node) {
        let Value::Map(entries) = &mut role.value else { return };
        let Some(entry) = entries.iter_mut().find(|entry| entry.name == "assume_role_policy") else { return };
        let native = self.natives.get(&entry.value.at.numbers().0);
        if let Some(tree) = native.and_then(|native| policy::heredoc(&entry.value, native, &JsonLimits::CONFIG)) {
            entry.value = tree;
            return;
        }
        let Value::Reference(reference) = &entry.value.value else { return };
        let address =
            reference.text.strip_prefix("${").and_then(|text| text.strip_suffix(".json}")).unwrap_or_default();
        let address = address.strip_prefix(self.evaluator.prefix(instance)).unwrap_or_default();
        let declared = self.evaluator.module(instance).and_then(|module| module.resources.get(address));
        let Some(declared) = declared.filter(|declared| declared.kind == Kind::PolicyDocument.name()) else { return };
        if declared.attribute("count").or(declared.attribute("for_each")).is_some() {
            return;
        }
        let scope = Scope { instance, source: declared.at.numbers().0, names: None };
        let document = self.evaluator.resource_node(declared, Kind::PolicyDocument, scope, &mut self.problems);
        if let Some(policy) = surroundings::policy_document(&document) {
            entry.value = policy;
        }
    }

    /// A resource that does not exist, but looks as if it were meant to decide roles.
    fn look_at_unknown(&mut self, declared: &Declared<'_>) {
        let misspelt = declared.kind.starts_with("aws_") && !OTHERS.contains(&declared.kind);
        let near = Some(declared.kind).filter(|_| misspelt);
        if let Some(near) = near.and_then(|kind| text::nearest(kind, Kind::names())) {
            let message =
                format!("unknown resource type {}, did you mean {}?", text::quoted(declared.kind), text::quoted(near));
            self.problems.push(Problem::new("unknown-resource-type", message).at(declared.at));
            return;
        }
        let has_mapping = declared.blocks().any(|(_, block)| module::named(block) == "role_mapping")
            || declared.attribute("role_mapping").is_some();
        if has_mapping && declared.kind.starts_with("aws_cognito_") {
            let message = format!(
                "there is no resource {}; role mappings belong to {}",
                text::quoted(declared.kind),
                text::quoted(Kind::Attachment.name())
            );
            self.problems.push(Problem::new("unknown-resource-type", message).at(declared.at));
        } else if declared.kind.starts_with("awscc_cognito_identity_pool") {
            let message = format!(
                "{} was passed over: only resources of the `aws` provider are read",
                text::quoted(declared.kind)
            );
            self.notes.push(Problem::new("not-recognised", message).at(declared.at));
        }
    }
}
