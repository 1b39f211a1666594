//! A template's sections: parameters, mappings, conditions, resources, exports. Serverless files hold one under `resources`.

use std::collections::BTreeMap;

use super::super::api;
use super::super::node::{Entry, Node, Value};
use super::super::position::Position;
use super::exports::Export;
use super::made::is_macro;
use super::resolve::function;

/// The properties that say which roles a pool gives.
pub(super) const ATTACHMENT_PROPERTIES: &[&str] = &["IdentityPoolId", "RoleMappings", "Roles"];

/// A template, indexed.
pub(super) struct Template<'n> {
    /// The file's name without folder and endings: what the stack is called in messages and references.
    pub stem: String,
    /// The name of its file, with the folder.
    pub name: String,
    /// The maps that together are the template.
    pub sections: Vec<&'n Node>,
    /// The parts of a Serverless file's `resources` that stand elsewhere.
    pub unread: Vec<&'n Node>,
    /// Whether every `${…}` in plain text is a variable (Serverless).
    pub serverless: bool,
    pub parameters: BTreeMap<&'n str, &'n Node>,
    /// First-level mappings and their top-level keys.
    pub mappings: BTreeMap<(&'n str, &'n str), &'n Node>,
    pub conditions: BTreeMap<&'n str, &'n Node>,
    /// In the order written. Of those with one logical id each is the last.
    resources: Vec<Resource<'n>>,
    /// Their numbers in the order of their logical ids: there can be very many.
    by_id: Vec<usize>,
    pub exports: Vec<Export<'n>>,
    pub outputs: BTreeMap<&'n str, &'n Node>,
}

/// A resource of a template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'n> {
    pub id: &'n str,
    pub kind: &'n str,
    /// Where its logical id stands.
    pub at: Position,
    /// Where its type stands.
    pub kind_at: Position,
    pub condition: Option<&'n Node>,
    pub depends_on: Option<&'n Node>,
    pub properties: Option<&'n Node>,
    pub whole: &'n Node,
}

impl Resource<'_> {
    pub(super) fn property(&self, name: &str) -> Option<&Node> {
        self.properties?.get(name).filter(|value| value.value != Value::Null)
    }

    /// Whether the template's author, not AWS, says what this does.
    pub(super) fn is_custom(&self) -> bool {
        self.kind.starts_with("Custom::") || self.kind == "AWS::CloudFormation::CustomResource"
    }
}

/// Whether a tree is a template, or holds one.
pub(super) fn recognises(node: &Node) -> bool {
    node.get("AWSTemplateFormatVersion").is_some()
        || sections(node).iter().any(|section| {
            section.get("Resources").is_some_and(|resources| {
                resources.entries().iter().any(|entry| entry.value.get("Type").and_then(Node::as_text).is_some())
            })
        })
        || node.get("service").is_some() && elsewhere(node).next().is_some()
        || is_part(node)
}

/// The parts of a Serverless file's `resources` that stand in other files.
fn elsewhere(node: &Node) -> impl Iterator<Item = &Node> {
    let parts = node.get("resources").into_iter().flat_map(|resources| match &resources.value {
        Value::List(parts) => &**parts,
        _ => std::slice::from_ref(resources),
    });
    parts.filter(|part| part.as_text().is_some_and(|text| text.contains("${")))
}

/// The file that Serverless brings in: `roles.yml` of `${file(roles.yml):key}`.
pub(super) fn brought_file(node: &Node) -> Option<&str> {
    let path = node.as_text()?.strip_prefix("${file(")?.split(')').next()?;
    (!path.contains("${")).then_some(path)
}

/// Whether a tree is a part of a template: the properties of an attachment or its bare `RoleMappings`, in a form that the API lacks.
fn is_part(node: &Node) -> bool {
    // What only the API's documents have would be lost, such as the providers beside the mappings that `show` prints.
    let is_more = |name: &str| !ATTACHMENT_PROPERTIES.contains(&name) && api::is_member(name);
    if node.get("RoleMappings").is_some() && node.entries().iter().any(|entry| is_more(&entry.name)) {
        return false;
    }
    let mappings = node.get("RoleMappings").unwrap_or(node);
    let is_mapping = |node: &Node| {
        ["Type", "AmbiguousRoleResolution", "RulesConfiguration"].iter().any(|field| node.get(field).is_some())
    };
    let parts = mappings.entries().iter().map(|entry| &entry.value).chain(mappings.elements());
    let mut parts = parts.filter(|part| part.is_map()).peekable();
    parts.peek().is_some()
        && parts.clone().all(is_mapping)
        && (parts.any(|part| part.get("IdentityProvider").is_some()) || has_functions(node))
}

/// The whole template around a part of one.
pub(super) fn whole(node: Node) -> Node {
    let at = node.at;
    if !is_part(&node) || !sections(&node).is_empty() {
        return node;
    }
    let map = |entries: Vec<(&str, Node)>| {
        let entries = entries.into_iter().map(|(name, value)| Entry { name: name.into(), at, value });
        Node { value: Value::Map(entries.collect()), at }
    };
    let properties = if node.get("RoleMappings").is_some() { node } else { map(vec![("RoleMappings", node)]) };
    let kind = Node { value: Value::text(super::ATTACHMENT), at };
    map(vec![("Resources", map(vec![("pool", map(vec![("Type", kind), ("Properties", properties)]))]))])
}

/// Whether a tree calls a function anywhere.
fn has_functions(node: &Node) -> bool {
    match &node.value {
        Value::Tagged(..) => true,
        Value::List(elements) => elements.iter().any(has_functions),
        Value::Map(entries) => function(node).is_some() || entries.iter().any(|entry| has_functions(&entry.value)),
        Value::Text(text) => text.contains("${self:"),
        _ => false,
    }
}

/// The maps that together are the template: the tree itself, or what Serverless keeps under `resources`.
fn sections(node: &Node) -> Vec<&Node> {
    if node.get("Resources").is_some() || node.get("AWSTemplateFormatVersion").is_some() {
        return vec![node];
    }
    match node.get("resources") {
        Some(list @ Node { value: Value::List(_), .. }) => {
            list.elements().iter().filter(|part| part.is_map()).collect()
        }
        Some(map) => vec![map],
        None => Vec::new(),
    }
}

impl<'n> Template<'n> {
    pub(super) fn new(node: &'n Node, name: &str) -> Self {
        let sections = sections(node);
        let serverless = !sections.first().is_some_and(|first| std::ptr::eq(*first, node));
        let entries =
            |section: &'static str| sections.iter().filter_map(move |part| part.get(section)).flat_map(Node::entries);
        let by_name = |section| entries(section).map(|entry: &Entry| (entry.name.as_str(), &entry.value)).collect();
        let mappings = entries("Mappings")
            .flat_map(|map| map.value.entries().iter().map(|top| ((map.name.as_str(), top.name.as_str()), &top.value)));
        let exports = entries("Outputs").filter_map(|Entry { value: output, .. }| {
            let name = output.get("Export")?.get("Name")?;
            Some(Export { name, value: output.get("Value")?, condition: output.get("Condition") })
        });
        let mut resources: Vec<Resource<'_>> = entries("Resources").map(resource).collect();
        let id = |number: &usize| resources.get(*number).map(|resource| resource.id);
        let mut by_id: Vec<usize> = (0..resources.len()).rev().collect();
        by_id.sort_by_key(id);
        by_id.dedup_by_key(|number| id(number));
        if by_id.len() < resources.len() {
            resources = resources.iter().filter_map(|one| find(&resources, &by_id, one.id)).copied().collect();
        }
        Self {
            unread: elsewhere(node).filter(|_| serverless).collect(),
            stem: stem(name).to_owned(),
            name: name.to_owned(),
            serverless,
            parameters: by_name("Parameters"),
            mappings: mappings.collect(),
            conditions: by_name("Conditions"),
            resources,
            by_id,
            exports: exports.collect(),
            outputs: by_name("Outputs"),
            sections,
        }
    }

    /// The resources in the order written.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Resource<'n>> {
        self.resources.iter()
    }

    pub(super) fn resource(&self, id: &str) -> Option<&Resource<'n>> {
        find(&self.resources, &self.by_id, id)
    }

    /// The logical ids at or before one in their own order, the last first.
    pub(super) fn ids_back_from(&self, id: &str) -> impl Iterator<Item = &'n str> {
        let end = self.by_id.partition_point(|number| self.id_of(*number) <= id);
        self.by_id.get(..end).unwrap_or_default().iter().rev().map(|number| self.id_of(*number))
    }

    /// All logical ids in their own order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'n str> {
        self.by_id.iter().map(|number| self.id_of(*number))
    }

    fn id_of(&self, number: usize) -> &'n str {
        self.resources.get(number).map_or("", |resource| resource.id)
    }

    /// Whether a mapping may have more keys than are written here.
    pub(super) fn may_map_more(&self, map: &str, top: &str) -> bool {
        let within =
            self.mappings.get(&(map, top)).is_some_and(|node| node.entries().iter().any(|e| is_macro(&e.name)));
        within || self.mappings.keys().any(|(known, top)| is_macro(known) || *known == map && is_macro(top))
    }

    pub(super) fn kind_of(&self, id: &str) -> Option<&'n str> {
        self.resource(id).map(|resource| resource.kind)
    }
}

/// The resource of a logical id.
fn find<'t, 'n>(resources: &'t [Resource<'n>], by_id: &[usize], id: &str) -> Option<&'t Resource<'n>> {
    let id_of = |number: &usize| resources.get(*number).map_or("", |resource| resource.id);
    let place = by_id.binary_search_by_key(&id, id_of).ok()?;
    resources.get(*by_id.get(place)?)
}

fn resource(entry: &Entry) -> Resource<'_> {
    Resource {
        id: &entry.name,
        kind: entry.value.get("Type").and_then(Node::as_text).unwrap_or_default(),
        at: entry.at,
        kind_at: entry.value.get("Type").map_or(entry.at, |kind| kind.at),
        condition: entry.value.get("Condition"),
        depends_on: entry.value.get("DependsOn"),
        properties: entry.value.get("Properties"),
        whole: &entry.value,
    }
}

/// `cdk.out/Auth.template.json` is `Auth`.
fn stem(name: &str) -> &str {
    let file = file_name(name);
    file.split('.').next().unwrap_or(file)
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
