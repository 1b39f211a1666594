//! Resources that run or deploy something when a stack is updated, and properties that Pulumi leaves as they are.
//!
//! What hands a pool's id on is given it very often, and decides nothing. What runs may set the pool's roles, and nobody reads it.

use std::collections::BTreeMap;

use super::super::calls;
use super::super::definition::Drafts;
use super::super::interpolation::{Piece, pieces};
use super::super::node::{Node, Value};
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
        texts(&resource.properties, &mut given);
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
            let told = format!("{} is given the id of {}", text::quoted(&resource.name), text::quoted(pool));
            if attached.contains_key(pool) && !sets_roles {
                let message = format!("{told} and does with it what is not known here");
                drafts.note(Problem::new("not-recognised", message).at(resource.at));
            } else {
                let may = if sets_roles { "sets" } else { "may set" };
                let message = format!(
                    "{told} and {may} its roles or principal tags where nobody can read it; read what `aws cognito-identity get-identity-pool-roles` prints instead"
                );
                drafts.problems.push(Problem::new("unresolved-value", message).at(resource.at));
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
    let first = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
    let names = written.elements().iter().filter_map(Node::as_text).map(first);
    let names: Vec<String> =
        names.filter(|name| name == "*" || of_kind.contains(&name.as_str())).map(|name| text::quoted(&name)).collect();
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
        Piece::Name(name) => name.split(['.', '[']).next() == Some(pool),
        Piece::Literal(literal) => !id.is_empty() && literal.contains(id),
    };
    pieces(text).into_iter().any(is_of_pool)
}

fn texts(node: &Node, out: &mut Vec<String>) {
    match &node.value {
        Value::List(elements) => elements.iter().for_each(|element| texts(element, out)),
        Value::Map(entries) => entries.iter().for_each(|entry| texts(&entry.value, out)),
        _ => out.extend(node.as_written().map(str::to_owned)),
    }
}
