//! What names and texts tell of things that set the roles or tags of a pool and that nobody reads: code, commands, custom resources; and what to
//! say of them.

use super::node::{Node, Value};
use crate::text;

/// What the names of such things say, in small letters and without anything between the words.
const NAMES: &[&str] = &[
    "rolemap",
    "rolesmap",
    "poolrole",
    "cognitorole",
    "roleattach",
    "rolesattach",
    "attachrole",
    "setrole",
    "principaltag",
];

/// The calls of AWS that do it, in the same spelling.
const CALLS: &[&str] = &["setidentitypoolroles", "setprincipaltagattributemap"];

/// The resources of `CloudFormation` that do it.
const RESOURCES: &[&str] = &["identitypoolroleattachment", "identitypoolprincipaltag"];

/// A name in small letters, without anything between its words.
pub(super) fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether the author named something for setting roles or tags.
pub(super) fn is_named_for_roles(name: &str) -> bool {
    let name = squeezed(name);
    NAMES.iter().any(|word| name.contains(word))
}

/// Whether code, a policy or a command speaks of a call that sets roles or tags: `set-identity-pool-roles`, `set_identity_pool_roles`.
pub(super) fn calls(text: &str) -> bool {
    let text = squeezed(text);
    CALLS.iter().any(|call| text.contains(call))
}

/// Whether a text makes such a call or, as a template, such a resource.
pub(super) fn calls_or_makes(text: &str) -> bool {
    let text = squeezed(text);
    CALLS.iter().chain(RESOURCES).any(|word| text.contains(word))
}

/// The texts in what a file says of a resource.
pub(super) fn texts(node: &Node, out: &mut Vec<String>) {
    match &node.value {
        Value::List(elements) => elements.iter().for_each(|element| texts(element, out)),
        Value::Map(entries) => entries.iter().for_each(|entry| texts(&entry.value, out)),
        _ => out.extend(node.as_written().map(str::to_owned)),
    }
}

/// What to say of something that runs at a deployment and is given a pool's id. An error where it may be what sets the pool's roles, since
/// nothing else that is read does or since it says so.
pub(super) fn given_a_pool(name: &str, pool: &str, has_attachment: bool, sets_roles: bool) -> Result<String, String> {
    let given = format!("{} is given the id of {}", text::quoted(name), text::quoted(pool));
    if has_attachment && !sets_roles {
        return Ok(format!("{given} and does with it what is not known here"));
    }
    let may = if sets_roles { "sets" } else { "may set" };
    Err(format!(
        "{given} and {may} its roles or principal tags where nobody can read it; read what `aws cognito-identity get-identity-pool-roles` prints instead"
    ))
}

/// The first name of a path to something inside a resource: `role_mapping` of `role_mapping[0].type`.
pub(super) fn first_name(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}
