//! What `pulumi stack export` prints: every value is there, but for secrets and what a preview could not know.

use super::super::ReadOptions;
use super::super::node::{Entry, Node, Value};
use super::super::problem::Problem;
use super::{Resource, kind_of, too_many};

/// The name under which Pulumi says what kind of special value a map is, and its mark for secrets.
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
/// What stands for a string that is not known yet.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// Whether a tree is a stack's state.
pub(super) fn recognises(node: &Node) -> bool {
    list(node).is_some_and(|resources| resources.elements().iter().any(|resource| resource.get("urn").is_some()))
}

fn list(node: &Node) -> Option<&Node> {
    let latest = || node.get("checkpoint")?.get("latest");
    node.get("deployment").or_else(latest)?.get("resources")
}

/// The resources that are to stay, or that there are too many.
pub(super) fn resources(node: &Node, options: &ReadOptions) -> (Vec<Resource>, Option<Problem>) {
    let ours = list(node).map(Node::elements).unwrap_or_default().iter().filter_map(|resource| {
        let stays = resource.get("delete").and_then(Node::as_bool) != Some(true);
        let kind = kind_of(resource.get("type")?.as_text()?)?;
        stays.then_some((resource, kind))
    });
    if let Some(problem) = too_many(ours.clone().map(|(resource, _)| resource.at), options) {
        return (Vec::new(), Some(problem));
    }
    let resources = ours.filter_map(|(resource, kind)| {
        let name = resource.get("urn")?.as_text()?.rsplit("::").next()?;
        let known = |field: &str| resource.get(field).filter(|properties| !properties.entries().is_empty());
        let properties = known("outputs").or_else(|| known("inputs"));
        let null = Node { value: Value::Null, at: resource.at };
        Some(Resource {
            name: name.to_owned(),
            kind: kind.to_owned(),
            at: resource.at,
            id: resource.get("id").and_then(Node::as_text).unwrap_or_default().to_owned(),
            properties: properties.map_or(null, |properties| plain(properties, name)),
        })
    });
    (resources.collect(), None)
}

/// The tree with special values replaced by references.
fn plain(node: &Node, owner: &str) -> Node {
    let reference = |what: &str, missing: &str| {
        // The place tells two of them apart.
        let text = format!("${{{owner}.{what} {}:{}}}", node.at.line(), node.at.column());
        Value::reference(text, missing.to_owned())
    };
    let value = match &node.value {
        Value::Text(text) if text == UNKNOWN => {
            reference("unknown", "the state does not have it; update the stack first")
        }
        Value::List(elements) => Value::List(elements.iter().map(|element| plain(element, owner)).collect()),
        Value::Map(_) if node.get(SIGNATURE).and_then(Node::as_text) == Some(SECRET) => {
            // With `--show-secrets` the value is there, as JSON text.
            let shown = node.get("plaintext").and_then(Node::as_text);
            match shown.and_then(|json| serde_json::from_str::<String>(json).ok()) {
                Some(text) => Value::text(text),
                None => reference("secret", "it is a secret; export the stack with `--show-secrets`"),
            }
        }
        Value::Map(entries) => Value::Map(
            entries.iter().map(|entry| Entry { value: plain(&entry.value, owner), ..entry.clone() }).collect(),
        ),
        other => other.clone(),
    };
    Node { value, at: node.at }
}
