//! What a template says is in it but does not hold: what macros, loops and included files make. An attachment, a tag map or a group may be
//! among it, so that what can be read is a part of the answer only.

use super::super::node::{Node, Value};
use super::super::position::Position;
use super::super::problem::{MANY, Problem};
use super::stacks::template_of;
use super::template::{Resource, Template, brought_file};
use super::world::World;
use super::{ATTACHMENT, GROUP, POOL, TAGS};
use crate::text;

/// AWS's own macros, as their names begin, that neither make nor change what is read here.
const HARMLESS: &[&str] = &[
    "AWS::Serverless-",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-",
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::ServiceCatalog",
];

/// What is made where nobody can read it.
pub(super) struct Unseen {
    pub problem: Problem,
    /// Whether a template of the same stack says something about a pool, and nothing says that this is about other things.
    pub is_near: bool,
    /// What a note of it says besides.
    pub besides: &'static str,
}

/// `Fn::ForEach::Name`
pub(super) fn is_loop(name: &str) -> bool {
    name.starts_with("Fn::ForEach")
}

pub(super) fn is_macro(name: &str) -> bool {
    is_loop(name) || name == "Fn::Transform"
}

/// Whether macros, loops or files add to a template what is written nowhere in it.
pub(super) fn is_made_of_macros(template: &Template<'_>) -> bool {
    template.sections.iter().any(|section| {
        foreign_macros(section).next().is_some()
            || section.entries().iter().any(|part| part.value.entries().iter().any(|entry| is_macro(&entry.name)))
    })
}

/// The macros that may change a whole template.
fn foreign_macros(section: &Node) -> impl Iterator<Item = &Node> {
    let transforms = section.get("Transform");
    let names = transforms.into_iter().flat_map(|node| match &node.value {
        Value::List(names) => &**names,
        _ => std::slice::from_ref(node),
    });
    names.filter(|node| match &node.value {
        Value::Text(name) => !HARMLESS.iter().any(|known| name.starts_with(known)),
        Value::Null => false,
        _ => true,
    })
}

/// What is made elsewhere and could matter for a pool, up to where nobody reads on.
pub(super) fn unseen(world: &World<'_>) -> Vec<Unseen> {
    let mut found = Vec::new();
    for (number, template) in world.templates.iter().enumerate() {
        // The files of a Serverless file are one stack.
        let is_near = template.in_order().any(|resource| is_ours(resource.kind))
            || template.unread.iter().any(|part| is_file_here(world, part));
        let mut add = |problem: Problem, is_other: bool| {
            let besides = if is_other { "; principal tags that it may make are not known here" } else { "" };
            if found.len() <= MANY {
                found.push(Unseen { problem, is_near: is_near && !is_other, besides });
            }
        };
        for section in &template.sections {
            for name in foreign_macros(section) {
                let shown = name.as_text().or_else(|| name.get("Name")?.as_text()).unwrap_or("Fn::Transform");
                add(
                    not_here(
                        &format!("the macro {} may change anything in this template", text::quoted(shown)),
                        name.at,
                    ),
                    false,
                );
            }
            for entry in section.entries().iter().filter(|entry| is_macro(&entry.name)) {
                add(made_by(&entry.name, entry.at), false);
            }
            if let Some(resources) = section.get("Resources") {
                resources_of(world, resources, &mut add);
            }
        }
        for part in &template.unread {
            if !is_file_here(world, part) {
                add(brought(part), is_file_of_others("", part));
            }
        }
        for resource in template.in_order() {
            if found.len() > MANY {
                return found;
            }
            if is_stack(resource) && !world.stacks.has_template_of(number, resource.id) {
                let message = format!("the template of the nested stack {} is not here", text::quoted(resource.id));
                let path = template_of(resource).and_then(Node::as_text).filter(|path| !path.contains("://"));
                let fix = match path {
                    Some(path) => format!("read a folder that has both this one and {}", text::quoted(path)),
                    None => "read the two together".to_owned(),
                };
                let problem = Problem::new("unresolved-value", format!("{message}; {fix}"));
                found.push(Unseen { problem: problem.at(resource.at), is_near: false, besides: "" });
            }
        }
    }
    found
}

fn resources_of(world: &World<'_>, resources: &Node, add: &mut impl FnMut(Problem, bool)) {
    if !matches!(resources.value, Value::Map(_) | Value::Null) && !is_file_here(world, resources) {
        add(brought(resources), is_file_of_others("", resources));
    }
    for entry in resources.entries() {
        if is_loop(&entry.name) {
            if entry.value.elements().get(2).is_none_or(makes_ours) {
                add(made_by(&entry.name, entry.at), false);
            }
        } else if is_macro(&entry.name) {
            add(made_by(&entry.name, entry.at), false);
        } else if !matches!(entry.value.value, Value::Map(_) | Value::Null) {
            add(brought(&entry.value), is_file_of_others(&entry.name, &entry.value));
        } else if entry.value.get("Type").is_none()
            && let Some(inner) = entry.value.entries().iter().find(|inner| is_macro(&inner.name))
        {
            add(made_by(&inner.name, inner.at), false);
        }
    }
}

/// Whether a loop's body makes something that is read here, or says not what it makes.
fn makes_ours(body: &Node) -> bool {
    body.entries().is_empty()
        || body.entries().iter().any(|entry| {
            if is_loop(&entry.name) {
                return entry.value.elements().get(2).is_none_or(makes_ours);
            }
            entry.value.get("Type").and_then(Node::as_text).is_none_or(|kind| {
                is_ours(kind)
                    || kind.contains("${")
                    || ["Custom::", "AWS::CloudFormation::", "AWS::Serverless::Application"]
                        .iter()
                        .any(|known| kind.starts_with(known))
                    || kind.ends_with("::MODULE")
            })
        })
}

fn is_ours(kind: &str) -> bool {
    [POOL, ATTACHMENT, TAGS, GROUP].contains(&kind)
}

/// Whether a resource stands for a whole template.
fn is_stack(resource: &Resource<'_>) -> bool {
    matches!(resource.kind, "AWS::CloudFormation::Stack" | "AWS::Serverless::Application")
        || resource.kind.ends_with("::MODULE")
}

/// What of a resource's own parts is made elsewhere: its answer would be a partial one.
pub(super) fn unseen_in(resource: &Resource<'_>) -> Option<Problem> {
    let own = resource.whole.entries().iter().find(|entry| is_macro(&entry.name));
    if let Some(own) = own {
        return Some(made_by(&own.name, own.at));
    }
    let properties = resource.properties?;
    match &properties.value {
        Value::Map(entries) if !entries.iter().any(|entry| is_macro(&entry.name)) => macro_in(properties),
        Value::Map(_) => macro_in(properties).or_else(|| {
            let entry = properties.entries().first()?;
            Some(made_by(&entry.name, entry.at))
        }),
        Value::Null => None,
        _ => Some(brought(properties)),
    }
}

/// The first macro or loop that adds entries to a map. One that is a whole value is a reference.
fn macro_in(node: &Node) -> Option<Problem> {
    match &node.value {
        Value::Map(entries) => entries.iter().find_map(|entry| {
            let adds = is_loop(&entry.name) || is_macro(&entry.name) && entries.len() > 1;
            if adds { Some(made_by(&entry.name, entry.at)) } else { macro_in(&entry.value) }
        }),
        Value::List(elements) => elements.iter().find_map(macro_in),
        Value::Tagged(tagged) => macro_in(&tagged.node),
        _ => None,
    }
}

fn made_by(name: &str, at: Position) -> Problem {
    not_here(&format!("what {} makes is not known here", text::quoted(name)), at)
}

/// What stands where a map should be: a file of Serverless, or a function.
fn brought(node: &Node) -> Problem {
    let Some(written) = node.as_text() else {
        let name = match &node.value {
            Value::Tagged(tagged) => tagged.tag.to_string(),
            _ => node.kind().to_owned(),
        };
        return made_by(&name, node.at);
    };
    let message = format!("what {} brings is not here", text::quoted(written));
    let fix = "read the template that `serverless package` writes";
    Problem::new("unresolved-value", format!("{message}; {fix}")).at(node.at)
}

fn not_here(message: &str, at: Position) -> Problem {
    let fix = "read the template that `aws cloudformation get-template --template-stage Processed` prints";
    Problem::new("unresolved-value", format!("{message}; {fix}")).at(at)
}

/// Words in the names of files and resources that make something for pools and logins, or may: wherever they stand in the name.
const OF_LOGINS: &[&str] =
    &["abac", "access", "auth", "cognito", "federat", "group", "iam", "ident", "login", "pool", "role", "sso", "user"];

/// Whether this is a file of Serverless whose name, and that of the resource it is, says that it is about other things: tables, queues. Beside
/// roles it is passed over with a note, as a module of Terraform is.
fn is_file_of_others(resource: &str, node: &Node) -> bool {
    let Some(written) = node.as_text().and_then(|text| text.strip_prefix("${file(")) else { return false };
    let Some((path, _)) = written.split_once(')') else { return false };
    let names = format!("{resource}/{path}");
    let lower = names.to_ascii_lowercase();
    let is_tag = |word: &str| matches!(word, "tag" | "tags" | "principaltags" | "principaltag");
    let of_tags = lower.split(|c: char| !c.is_ascii_alphanumeric()).any(is_tag) || names.contains("Tag");
    // A name such as `resources.yml` says nothing, and one with a variable in it is not known.
    let stem = path.rsplit(['/', '\\']).next().unwrap_or_default().split('.').next().unwrap_or_default();
    let says_nothing =
        ["", "resources", "resource", "stack", "main", "index", "all", "common", "template", "cloudformation", "aws"];
    let is_plain = !path.contains("${") && !says_nothing.contains(&stem.to_ascii_lowercase().as_str());
    is_plain && !of_tags && !OF_LOGINS.iter().any(|word| lower.contains(word))
}

/// Whether the file that Serverless brings in is read too, as a template of its own.
fn is_file_here(world: &World<'_>, node: &Node) -> bool {
    let Some(path) = brought_file(node) else { return false };
    let path = path.strip_prefix("./").unwrap_or(path);
    let is_it =
        |name: &str| name.strip_suffix(path).is_some_and(|folder| folder.is_empty() || folder.ends_with(['/', '\\']));
    !path.is_empty() && world.templates.iter().any(|template| is_it(&template.name))
}
