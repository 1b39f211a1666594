//! What names stand for: locals, outputs, resources and modules. Variables are in `variables`.

use std::rc::Rc;

use super::eval::{AFTER_APPLY, Evaluator, Named, Scope, spelled};
use super::module::{Declared, Module, join};
use super::unify;
use super::value::{Data, Target, Unknown, Val};
use crate::read::Position;
use crate::read::hcl::ExprKind;
use crate::read::problem::Problem;
use crate::text;

/// Modules inside each other.
const MODULE_DEPTH: usize = 20;
/// Instances of all modules together.
const MODULES: usize = 1_000;
/// Instances of one resource.
const INSTANCES: usize = 10_000;

/// A module in use: a folder's declarations with the arguments of one call.
pub(super) struct Instance<'f> {
    pub(super) module: &'f Module<'f>,
    /// `module.auth.` before every address, empty for a root.
    prefix: String,
    pub(super) call: Option<ModuleCall<'f>>,
    depth: usize,
}

#[derive(Clone)]
pub(super) struct ModuleCall<'f> {
    pub(super) from: usize,
    pub(super) name: String,
    pub(super) block: &'f Declared<'f>,
    pub(super) key: Option<(Repeat, Val, Val)>,
}

/// What is declared and differs by a slip of the pen.
fn near<'f>(missing: &Undeclared<'f>) -> Option<&'f str> {
    let module = missing.module;
    let (kind, name) = missing.address.rsplit_once('.')?;
    let names: Vec<&str> = match missing.what {
        "variable" => module.variables.keys().map(String::as_str).collect(),
        "local value" => module.locals.keys().map(String::as_str).collect(),
        "module" => module.calls.keys().map(String::as_str).collect(),
        _ => {
            let of_kind = |address: &'f String| address.rsplit_once('.').filter(|(known, _)| *known == kind);
            module.resources.keys().filter_map(of_kind).map(|(_, name)| name).collect()
        }
    };
    text::nearest(name, names).filter(|near| !text::differ_in_digits(name, near))
}

/// References to nothing that are remembered.
const MISSES: usize = 100;

/// How a block is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Count,
    ForEach,
}

/// The instances that a block stands for.
pub(super) enum Instances {
    One,
    /// Each with its key and, for `for_each`, its value.
    Several(Repeat, Vec<(Val, Val)>),
    Unknown(Rc<Unknown>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Variable(usize, String),
    Local(usize, String),
    Output(usize, String),
    Resource(usize, String),
    Attribute(usize, String),
    Module(usize, String),
}

/// Something that was referred to and that the module does not declare.
pub(super) struct Undeclared<'f> {
    module: &'f Module<'f>,
    what: &'static str,
    address: String,
    at: Position,
}

impl<'f> Evaluator<'f> {
    pub(super) fn miss(&mut self, instance: usize, what: &'static str, address: String, at: Position) {
        if let Some(module) = self.module(instance)
            && self.undeclared.len() < MISSES
            && !self.undeclared.iter().any(|known| known.address == address && known.module.folder == module.folder)
        {
            self.undeclared.push(Undeclared { module, what, address, at });
        }
    }

    /// A note for each reference to what its module does not declare. Of a file that may have others beside it, only a lone slip of the
    /// pen counts: everything else that it refers to is there.
    pub(super) fn notes_of_undeclared(&self, is_whole: bool) -> Vec<Problem> {
        let all: Vec<(&Undeclared<'_>, Option<&str>)> =
            self.undeclared.iter().map(|missing| (missing, near(missing))).collect();
        let declared = self.known.keys().filter(|key| matches!(key, Key::Resource(..))).count();
        let are_slips = declared >= 2 && all.iter().all(|(_, near)| near.is_some());
        if !is_whole && !are_slips {
            return Vec::new();
        }
        let note = |(missing, near): (&Undeclared<'_>, Option<&str>)| {
            let hint = near.map_or_else(String::new, |near| format!(", did you mean {}?", text::quoted(near)));
            let message = format!("no {} {} is declared{hint}", missing.what, text::quoted(&missing.address));
            Problem::new("undeclared-reference", message).at(missing.at)
        };
        all.into_iter().map(note).collect()
    }

    /// Puts a folder to use as a root.
    pub(super) fn add_root(&mut self, module: &'f Module<'f>) -> usize {
        self.instances.push(Instance { module, prefix: String::new(), call: None, depth: 0 });
        self.instances.len() - 1
    }

    /// Whether a root's variable was asked for.
    pub(super) fn asked_for(&self, name: &str) -> bool {
        let is_root = |instance: usize| self.instances.get(instance).is_some_and(|instance| instance.call.is_none());
        self.known
            .keys()
            .any(|key| matches!(key, Key::Variable(instance, asked) if asked == name && is_root(*instance)))
    }

    pub(super) fn module(&self, instance: usize) -> Option<&'f Module<'f>> {
        self.instances.get(instance).map(|instance| instance.module)
    }

    pub(super) fn prefix(&self, instance: usize) -> &str {
        self.instances.get(instance).map_or("", |instance| &instance.prefix)
    }

    pub(super) fn local(&mut self, instance: usize, name: &str, at: Position) -> Val {
        let Some(written) = self.module(instance).and_then(|module| module.locals.get(name).copied()) else {
            self.miss(instance, "local value", format!("local.{name}"), at);
            let text = format!("{}local.{name}", self.prefix(instance));
            let missing = format!("give the file that declares {}", text::quoted(&format!("local.{name}")));
            return Val::unknown(at, Unknown::new(text, missing));
        };
        self.once(
            Key::Local(instance, name.to_owned()),
            &format!("local.{name}"),
            written.at.of(written.source),
            |this| this.eval(written.value, Scope { instance, source: written.source, names: None }),
        )
    }

    pub(super) fn output(&mut self, instance: usize, name: &str, at: Position) -> Val {
        let path = format!("{}{name}", self.prefix(instance));
        let declared = self.module(instance).and_then(|module| module.outputs.get(name));
        let Some(written) = declared.and_then(|output| output.attribute("value")) else {
            return Val::failed(at, path, format!("the module has no output {}", text::quoted(name)));
        };
        self.once(Key::Output(instance, name.to_owned()), &path, at, |this| {
            this.eval(written.value, Scope { instance, source: written.source, names: None })
        })
    }

    /// What `TYPE.NAME` stands for: one resource, or a list or map of its instances.
    pub(super) fn resource(&mut self, instance: usize, address: &str, at: Position) -> Val {
        let full = format!("{}{address}", self.prefix(instance));
        let is_data = address.starts_with("data.");
        let declared = self.module(instance).and_then(|module| module.resources.get(address));
        let Some(declared) = declared else {
            self.miss(instance, if is_data { "data source" } else { "resource" }, address.to_owned(), at);
            let missing = if is_data {
                AFTER_APPLY.to_owned()
            } else {
                // Whether the attribute is one that a file writes cannot be seen from here.
                format!("give the file that declares {}; if {AFTER_APPLY}", text::quoted(address))
            };
            return Val::unknown(at, Unknown::new(full, missing));
        };
        self.once(Key::Resource(instance, address.to_owned()), &full, at, |this| {
            let one = |key: Option<Val>, text: String| {
                let target = Target::Resource { instance, address: address.into(), key };
                Val::unknown(at, Unknown { target: Some(target), ..Unknown::new(text, AFTER_APPLY) })
            };
            match this.instances_of(instance, declared) {
                Instances::One | Instances::Unknown(_) => one(None, full.clone()),
                Instances::Several(repeat, keys) => {
                    let each = keys.into_iter().map(|(key, _)| {
                        let address = format!("{full}[{}]", spelled(&key));
                        let name = key.to_text().unwrap_or_default();
                        (name, one(Some(key), address))
                    });
                    match repeat {
                        Repeat::ForEach => Val::map(at, each.collect::<Vec<_>>()),
                        Repeat::Count => Val::list(at, each.map(|(_, value)| value).collect()),
                    }
                }
            }
        })
    }

    /// An attribute that the file writes has the value written; the others are for the deployment to tell.
    pub(super) fn resource_attribute(
        &mut self,
        instance: usize,
        address: &str,
        key: Option<&Val>,
        name: &str,
        resource: &Rc<Unknown>,
        at: Position,
    ) -> Val {
        let computed = self.extend(resource, &format!(".{name}"), at);
        let Some(declared) = self.module(instance).and_then(|module| module.resources.get(address)) else {
            return computed;
        };
        // What `terraform_data` gives out is what it takes in.
        let written_name = if declared.kind == "terraform_data" && name == "output" { "input" } else { name };
        let Some(written) = declared.attribute(written_name) else { return computed };
        let path = spelled(&computed);
        let value = self.once(Key::Attribute(instance, path.clone()), &path, at, |this| {
            let each = key.and_then(|key| this.each_of(instance, declared, key, at));
            let value = this.eval(written.value, Scope { instance, source: written.source, names: each.as_ref() });
            // Resources give their arguments types, which are nowhere here; this one takes any.
            if declared.kind == "terraform_data" { value } else { unify::without_any_type(&value) }
        });
        if matches!(value.data, Data::Null) { computed } else { value }
    }

    fn each_of(
        &mut self,
        instance: usize,
        declared: &'f Declared<'f>,
        key: &Val,
        at: Position,
    ) -> Option<Named<'static>> {
        match self.instances_of(instance, declared) {
            Instances::Several(repeat, keys) => {
                let (key, value) = keys.into_iter().find(|(known, _)| known.to_text() == key.to_text())?;
                Some(each_name(repeat, &key, &value, at))
            }
            _ => None,
        }
    }

    /// How often a block with `count` or `for_each` is there.
    pub(super) fn instances_of(&mut self, instance: usize, declared: &Declared<'_>) -> Instances {
        let scope = |source| Scope { instance, source, names: None };
        if let Some(count) = declared.attribute("count") {
            let value = self.eval(count.value, scope(count.source));
            let Some(n) = value.as_integer().and_then(|n| usize::try_from(n).ok()) else {
                return Instances::Unknown(why_unknown(&value, "`count` is not a number of instances"));
            };
            if let Some(too_many) = self.too_many_instances(n, value.at) {
                return too_many;
            }
            let keys = (0..n).map(|n| {
                let key = Val::new(value.at, Data::Number(n.to_string().into()));
                (key.clone(), key)
            });
            return Instances::Several(Repeat::Count, keys.collect());
        }
        if let Some(for_each) = declared.attribute("for_each") {
            let value = self.eval(for_each.value, scope(for_each.source));
            let keys: Vec<(Val, Val)> = match &value.data {
                Data::Map(entries) => {
                    entries.iter().map(|(key, value)| (Val::text(value.at, key), value.clone())).collect()
                }
                Data::Set(elements) => elements.iter().map(|element| (element.clone(), element.clone())).collect(),
                _ => return Instances::Unknown(why_unknown(&value, "`for_each` is neither a map nor a set")),
            };
            return self.too_many_instances(keys.len(), value.at).unwrap_or(Instances::Several(Repeat::ForEach, keys));
        }
        Instances::One
    }

    fn too_many_instances(&mut self, count: usize, at: Position) -> Option<Instances> {
        (count > INSTANCES).then(|| {
            let message = format!("more than {INSTANCES} instances");
            self.problem_once("too-large", message.clone(), at);
            Instances::Unknown(Rc::new(Unknown::new("…", message)))
        })
    }

    pub(super) fn module_value(&mut self, instance: usize, name: &str, at: Position) -> Val {
        let full = format!("{}module.{name}", self.prefix(instance));
        self.once(Key::Module(instance, name.to_owned()), &full, at, |this| {
            let Some(caller) = this.module(instance) else { return Val::failed(at, name, "") };
            let Some(block) = caller.calls.get(name) else {
                this.miss(instance, "module", format!("module.{name}"), at);
                let missing = format!("give the file that calls module {}", text::quoted(name));
                return Val::unknown(at, Unknown::new(full.clone(), missing));
            };
            let source = block.attribute("source").and_then(|source| match &source.value.kind {
                ExprKind::Text(text) => Some(&**text),
                _ => None,
            });
            let Some(path) = source.filter(|path| path.starts_with("./") || path.starts_with("../")) else {
                let from = source.map_or(String::new(), |source| format!(" ({})", text::quoted(source)));
                let missing = format!("module {} comes from elsewhere{from} and is not read", text::quoted(name));
                return Val::unknown(at, Unknown::new(full.clone(), missing));
            };
            let folder = join(&caller.folder, path);
            let Some(module) = this.modules.get(&folder) else {
                let missing =
                    format!("give the files of module {} in {} too", text::quoted(name), text::quoted(&folder));
                return Val::unknown(at, Unknown::new(full.clone(), missing));
            };
            let depth = this.instances.get(instance).map_or(0, |caller| caller.depth) + 1;
            let one = |this: &mut Self, text: String, key: Option<(Repeat, Val, Val)>| {
                let call = ModuleCall { from: instance, name: name.to_owned(), block, key };
                this.instances.push(Instance { module, prefix: format!("{text}."), call: Some(call), depth });
                let target = Target::Module { instance: this.instances.len() - 1 };
                Val::unknown(at, Unknown { target: Some(target), ..Unknown::new(text, AFTER_APPLY) })
            };
            if this.is_inside(instance, module) {
                let message = format!("modules call each other without end: a cycle through {}", text::quoted(name));
                this.problem_once("cycle", message, block.at);
                return Val::unknown(at, Unknown::new(full.clone(), "modules call each other without end"));
            }
            if depth > MODULE_DEPTH {
                this.problem_once("too-large", format!("more than {MODULE_DEPTH} modules inside each other"), block.at);
                return Val::unknown(at, Unknown::new(full.clone(), "there are too many modules inside each other"));
            }
            let instances = this.instances_of(instance, block);
            let more = if let Instances::Several(_, keys) = &instances { keys.len() } else { 1 };
            // The root is none of those that are called.
            if this.instances.len() + more > MODULES + 1 {
                this.problem_once("too-large", format!("more than {MODULES} modules"), block.at);
                return Val::unknown(at, Unknown::new(full.clone(), "there are too many modules"));
            }
            match instances {
                Instances::One => one(this, full.clone(), None),
                Instances::Unknown(unknown) => Val::unknown(at, Unknown::new(full.clone(), unknown.missing.clone())),
                Instances::Several(repeat, keys) => {
                    let each: Vec<(Rc<str>, Val)> = keys
                        .into_iter()
                        .map(|(key, value)| {
                            let text = format!("{full}[{}]", spelled(&key));
                            (key.to_text().unwrap_or_default(), one(this, text, Some((repeat, key, value))))
                        })
                        .collect();
                    match repeat {
                        Repeat::ForEach => Val::map(at, each),
                        Repeat::Count => Val::list(at, each.into_iter().map(|(_, value)| value).collect()),
                    }
                }
            }
        })
    }

    /// Whether an instance is of this module, or called from one that is.
    fn is_inside(&self, instance: usize, module: &Module<'_>) -> bool {
        let caller = |number: &usize| self.instances.get(*number)?.call.as_ref().map(|call| call.from);
        std::iter::successors(Some(instance), caller)
            .any(|number| self.instances.get(number).is_some_and(|instance| instance.module.folder == module.folder))
    }

    /// The instances of a called module, or what is missing to know them.
    pub(super) fn called(&mut self, instance: usize, name: &str, at: Position) -> Result<Vec<usize>, Rc<Unknown>> {
        let value = self.module_value(instance, name, at);
        let of = |value: &Val| match value.as_unknown().map(|unknown| (&unknown.target, unknown)) {
            Some((Some(Target::Module { instance }), _)) => Ok(*instance),
            Some((_, unknown)) => Err(unknown.clone()),
            None => Err(Rc::new(Unknown::new(name, ""))),
        };
        match &value.data {
            Data::List(elements) => elements.iter().map(of).collect(),
            Data::Map(entries) => entries.values().map(of).collect(),
            _ => of(&value).map(|one| vec![one]),
        }
    }

    /// Evaluates a thing once; a thing that needs itself is a problem.
    pub(super) fn once(&mut self, key: Key, shown: &str, at: Position, evaluate: impl FnOnce(&mut Self) -> Val) -> Val {
        match self.known.get(&key) {
            Some(Some(value)) => return value.clone(),
            Some(None) => {
                self.problem_once("cycle", format!("{} refers to itself: a cycle", text::quoted(shown)), at);
                return Val::unknown(at, Unknown::new(shown, "it refers to itself"));
            }
            None => {}
        }
        self.known.insert(key.clone(), None);
        let value = self.deeper(at, evaluate);
        self.known.insert(key, Some(value.clone()));
        value
    }
}

fn why_unknown(value: &Val, otherwise: &str) -> Rc<Unknown> {
    value.first_unknown().cloned().unwrap_or_else(|| Rc::new(Unknown::new(spelled(value), otherwise)))
}

/// `each` or `count`, for the blocks they repeat.
pub(super) fn each_name(repeat: Repeat, key: &Val, value: &Val, at: Position) -> Named<'static> {
    match repeat {
        Repeat::ForEach => {
            let each = [("key".into(), key.clone()), ("value".into(), value.clone())];
            Named { name: "each", value: Val::map(at, each), outer: None }
        }
        Repeat::Count => Named { name: "count", value: Val::map(at, [("index".into(), key.clone())]), outer: None },
    }
}
