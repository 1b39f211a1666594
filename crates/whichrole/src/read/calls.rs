//! What names and texts tell of things that set the roles or tags of a pool and that nobody reads: code, commands, custom resources.

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
