//! Resources that run or deploy something when a stack is updated, and properties that Pulumi leaves as they are.
//!
//! What hands a pool's id on is given it very often, and decides nothing. What runs may set the pool's roles, and nobody reads it.

use std::collections::BTreeMap;

use super::super::calls;
use super::super::definition::Drafts;
use super::super::interpolation::{Piece, pieces};
use super::super::node::Node;
use super::super::problem::Problem;
use super::Resource;
use crate::text;

/// Bytes in which pools are looked for, each counted for each pool.
const MOST_COMPARED: usize = 64 * 1024 * 1024;

/// The kind of all these resources.
pub(super) const DEPLOYMENT: &str = "command, invocation or stack";

/// Whether a type, in its three parts, is of something that runs at a deployment.
pub(super) fn is_deployment(package: &str, module: &str, name: &str) -> bool {
    match (package, module) {
        ("command", "local" | "remote") => name == "Command",
        ("aws", "lambda") => name == "Invocation",
        ("aws" | "aws-native", "cloudformation") => name.starts_with("Stack"),
        _ => false,
    }
}

/// Says what such resources leave open about the pools that they are given; pools are named by their ids.
pub(super) fn settle(
    resources: &[Resource],
    pools: &BTreeMap<String, String>,
    attached: &BTreeMap<String, String>,
    drafts: &mut Drafts,
) {
    let mut compared = 0_usize;
    for resource in resources.iter().filter(|resource| resource.kind == DEPLOYMENT) {
        let mut given = Vec::new();
        calls::texts(&resource.properties, &mut given);
        let bytes: usize = given.iter().map(String::len).sum();
        compared = compared.saturating_add(bytes.saturating_mul(pools.len()));
        if compared > MOST_COMPARED {
            let message = "too many pools, and too much that is given to commands and stacks";
            drafts.problems.push(Problem::new("too-large", message).at(resource.at));
            return;
        }
        let sets_roles = given.iter().any(|text| calls::calls_or_makes(text));
        for (id, pool) in pools {
            if !given.iter().any(|text| mentions(text, id, pool)) {
                continue;
            }
            match calls::given_a_pool(&resource.name, pool, attached.contains_key(pool), sets_roles) {
                Ok(note) => drafts.note(Problem::new("not-recognised", note).at(resource.at)),
                Err(message) => drafts.problems.push(Problem::new("unresolved-value", message).at(resource.at)),
            }
        }
    }
}

/// A note where Pulumi leaves what decides as it is (`ignoreChanges`), so that the program does not tell what is deployed.
pub(super) fn ignored(program: &Node, resource: &Resource) -> Option<Problem> {
    let written = program.get("resources")?.get(&resource.name)?.get("options")?.get("ignoreChanges")?;
    let of_kind: &[&str] = match resource.kind.as_str() {
        "IdentityPoolRoleAttachment" => &["identityPoolId", "roleMappings", "roles"],
        "IdentityPoolProviderPrincipalTag" => {
            &["identityPoolId", "identityProviderName", "principalTags", "useDefaults"]
        }
        "IdentityPool" => &["allowUnauthenticatedIdentities", "cognitoIdentityProviders", "supportedLoginProviders"],
        "UserGroup" => &["name", "precedence", "roleArn"],
        _ => return None,
    };
    let names = written.elements().iter().filter_map(Node::as_text).map(calls::first_name);
    let names: Vec<String> = names.filter(|name| *name == "*" || of_kind.contains(name)).map(text::quoted).collect();
    let message = format!(
        "Pulumi does not change {} of {} once it is there (`ignoreChanges`): what is deployed may differ from this program",
        names.join(", "),
        text::quoted(&resource.name)
    );
    (!names.is_empty()).then(|| Problem::new("ignored-changes", message).at(written.at))
}

/// Whether a text has a pool's id in it, or anything else of the pool.
fn mentions(text: &str, id: &str, pool: &str) -> bool {
    let is_of_pool = |piece: Piece<'_>| match piece {
        Piece::Name(name) => calls::first_name(name) == pool,
        Piece::Literal(literal) => !id.is_empty() && literal.contains(id),
    };
    pieces(text).into_iter().any(is_of_pool)
}
