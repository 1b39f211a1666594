//! What the files of one folder declare together, as Terraform joins them.

use std::collections::BTreeMap;

use crate::read::Position;
use crate::read::hcl::{At, Attribute, Block, Body, Expr};
use crate::read::problem::Problem;
use crate::text;

/// One file, parsed.
pub(super) struct File {
    pub source: usize,
    pub name: String,
    pub body: Body,
}

/// The declarations of one folder. Names are addresses without the module's own prefix: `aws_iam_role.admin`, `data.aws_region.current`.
#[derive(Default)]
pub(super) struct Module<'f> {
    pub folder: String,
    pub resources: BTreeMap<String, Declared<'f>>,
    pub variables: BTreeMap<String, Declared<'f>>,
    pub outputs: BTreeMap<String, Declared<'f>>,
    pub calls: BTreeMap<String, Declared<'f>>,
    pub locals: BTreeMap<String, Written<'f>>,
    /// Values of variables from files such as `terraform.tfvars`, the strongest last.
    pub values: BTreeMap<String, Vec<Written<'f>>>,
    /// Values from files that Terraform reads by itself, but for another folder.
    pub of_other_folders: BTreeMap<String, Vec<Written<'f>>>,
}

/// A block, with what override files put over it.
pub(super) struct Declared<'f> {
    pub kind: &'f str,
    pub at: Position,
    bodies: Vec<(usize, &'f Body)>,
}

/// An expression and the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct Written<'f> {
    pub source: usize,
    pub at: At,
    pub value: &'f Expr,
    /// Whether the file counts only when it is named on the command line.
    pub is_optional: bool,
}

impl<'f> Declared<'f> {
    pub(super) fn attribute(&self, name: &str) -> Option<Written<'f>> {
        self.bodies.iter().rev().find_map(|(source, body)| {
            body.attribute(name).map(|attribute| Written {
                source: *source,
                at: attribute.at,
                value: &attribute.value,
                is_optional: false,
            })
        })
    }

    /// The attributes, those of override files instead of those they override.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (usize, &'f Attribute)> {
        self.bodies.iter().enumerate().flat_map(move |(n, (source, body))| {
            let over = self.bodies.get(n + 1..).unwrap_or_default();
            body.attributes
                .iter()
                .filter(|attribute| over.iter().all(|(_, later)| later.attribute(&attribute.name).is_none()))
                .map(|attribute| (*source, attribute))
        })
    }

    /// The nested blocks; an override file that has blocks of a kind replaces all of that kind.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, &'f Block)> {
        self.bodies.iter().enumerate().flat_map(move |(n, (source, body))| {
            let over = self.bodies.get(n + 1..).unwrap_or_default();
            body.blocks
                .iter()
                .filter(|block| over.iter().all(|(_, later)| later.blocks.iter().all(|new| named(new) != named(block))))
                .map(|block| (*source, block))
        })
    }
}

/// What a block makes, be it written out or dynamic.
pub(super) fn named(block: &Block) -> &str {
    if &*block.kind == "dynamic" { block.label(0).unwrap_or_default() } else { &block.kind }
}

/// Joins the files of each folder.
pub(super) fn modules<'f>(files: &'f [File], problems: &mut Vec<Problem>) -> BTreeMap<String, Module<'f>> {
    let mut modules: BTreeMap<String, Module<'f>> = BTreeMap::new();
    let mut ordered: Vec<&File> = files.iter().collect();
    // Override files come last, and files of values in the order in which Terraform reads them.
    ordered.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    for file in ordered {
        let folder = folder_of(&file.name);
        let module = modules.entry(folder.clone()).or_default();
        module.folder = folder;
        if is_values(file) {
            for attribute in &file.body.attributes {
                module.values.entry(attribute.name.to_string()).or_default().push(Written {
                    source: file.source,
                    at: attribute.at,
                    value: &attribute.value,
                    is_optional: is_optional(&file.name),
                });
            }
            continue;
        }
        for attribute in &file.body.attributes {
            let message = format!("{} stands outside all blocks", text::quoted(&attribute.name));
            problems.push(Problem::new("unreadable", message).at(attribute.at.of(file.source)));
        }
        for block in &file.body.blocks {
            declare(module, file, block, problems);
        }
    }
    modules
}

fn declare<'f>(module: &mut Module<'f>, file: &'f File, block: &'f Block, problems: &mut Vec<Problem>) {
    let (first, second) = (block.label(0), block.label(1));
    let (map, address) = match (&*block.kind, first, second) {
        ("resource", Some(kind), Some(name)) => (&mut module.resources, format!("{kind}.{name}")),
        ("data", Some(kind), Some(name)) => (&mut module.resources, format!("data.{kind}.{name}")),
        ("variable", Some(name), None) => (&mut module.variables, name.to_owned()),
        ("output", Some(name), None) => (&mut module.outputs, name.to_owned()),
        ("module", Some(name), None) => (&mut module.calls, name.to_owned()),
        ("locals", None, None) => {
            for attribute in &block.body.attributes {
                let written =
                    Written { source: file.source, at: attribute.at, value: &attribute.value, is_optional: false };
                let earlier = module.locals.insert(attribute.name.to_string(), written);
                if earlier.is_some() && !is_override(&file.name) {
                    let message = format!("{} is given twice", text::quoted(&format!("local.{}", attribute.name)));
                    problems.push(Problem::new("duplicate-key", message).at(attribute.at.of(file.source)));
                }
            }
            return;
        }
        ("resource" | "data" | "variable" | "output" | "module" | "locals", ..) => {
            let message = format!("the block {} has the wrong number of labels", text::quoted(&block.kind));
            problems.push(Problem::new("unreadable", message).at(block.at.of(file.source)));
            return;
        }
        // `provider`, `terraform`, `moved` and whatever comes: none has a part here.
        _ => return,
    };
    let kind = first.unwrap_or_default();
    let at = block.at.of(file.source);
    match map.get_mut(&address) {
        None => {
            map.insert(address, Declared { kind, at, bodies: vec![(file.source, &block.body)] });
        }
        Some(earlier) if is_override(&file.name) => earlier.bodies.push((file.source, &block.body)),
        Some(_) => {
            let message = format!("{} is declared twice", text::quoted(&address));
            problems.push(Problem::new("duplicate-key", message).at(at));
        }
    }
}

/// Whether a file gives values to variables: by its name, or because it has nothing but arguments.
fn is_values(file: &File) -> bool {
    let name = file.name.as_str();
    has_ending(name, ".tfvars")
        || has_ending(name, ".tfvars.json")
        || (file.body.blocks.is_empty() && !file.body.attributes.is_empty() && !is_override(name))
}

fn is_override(name: &str) -> bool {
    let stem = file_name(name).split('.').next().unwrap_or_default();
    stem == "override" || stem.ends_with("_override")
}

/// Whether Terraform leaves the file out unless it is named with `-var-file`.
fn is_optional(name: &str) -> bool {
    let file = file_name(name);
    let is_automatic = matches!(file, "terraform.tfvars" | "terraform.tfvars.json")
        || has_ending(file, ".auto.tfvars")
        || has_ending(file, ".auto.tfvars.json");
    !is_automatic
}

fn rank(name: &str) -> u8 {
    let file = file_name(name);
    match () {
        () if file == "terraform.tfvars" => 1,
        () if file == "terraform.tfvars.json" => 2,
        () if has_ending(file, ".auto.tfvars") || has_ending(file, ".auto.tfvars.json") => 3,
        () if has_ending(file, ".tfvars") || has_ending(file, ".tfvars.json") => 4,
        () if is_override(file) => 5,
        () => 0,
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.len() > ending.len() && name.ends_with(ending)
}

fn file_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn folder_of(name: &str) -> String {
    join("", name.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder))
}

/// A path from a folder, without `.` and, where that is possible, `..`.
pub(super) fn join(folder: &str, path: &str) -> String {
    let absolute = if path.starts_with('/') || (folder.starts_with('/') && !path.is_empty()) { "/" } else { "" };
    let folder = if path.starts_with('/') { "" } else { folder };
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split(['/', '\\']).chain(path.split(['/', '\\'])) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    format!("{absolute}{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_on_disk() {
        assert_eq!(join("", "./a/./b"), "a/b");
        assert_eq!(join("env/dev", "../../modules/auth"), "modules/auth");
        assert_eq!(join("env", "../../x"), "../x");
        assert_eq!(join("/srv/tf", "./m"), "/srv/tf/m");
        assert_eq!(folder_of("./main.tf"), "");
        assert_eq!(folder_of("/srv/tf/main.tf"), "/srv/tf");
        assert_eq!(folder_of("a\\b\\main.tf"), "a/b");
    }
}
