//! Resources that run or deploy something when Terraform applies, and arguments that Terraform leaves as they are.
//!
//! Very many things are given a pool's id to hand it on: outputs, parameters, policies, the environment of a function, a web page. Only
//! what runs at the deployment itself can set the pool's roles there.

use super::module::{Declared, named};
use super::resources::Kind;
use super::written::Written;
use crate::read::calls;
use crate::read::hcl::{Expr, ExprKind, Step};
use crate::read::position::Position;
use crate::read::problem::Problem;
use crate::text;

/// Resources that do nothing but run something, by their provisioners.
const RUNNERS: [&str; 2] = ["null_resource", "terraform_data"];

/// Resources and data that run something themselves.
const DEPLOYMENTS: &[&str] = &[
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_instances",
    "aws_cloudformation_stack_set",
    "aws_cloudformation_stack_set_instance",
    "aws_lambda_invocation",
    "awscc_cloudformation_stack",
    "awscc_cloudformation_stack_set",
    "external",
    "shell_script",
];

/// Whether a resource, by its type alone, may run something; in a state nothing tells more.
pub(super) fn is_deployment(kind: &str) -> bool {
    DEPLOYMENTS.contains(&kind) || RUNNERS.contains(&kind)
}

/// Whether a resource or data source in a file runs something.
pub(super) fn runs(declared: &Declared<'_>) -> bool {
    DEPLOYMENTS.contains(&declared.kind) || commands(declared).next().is_some()
}

/// Whether a resource of a plan runs something, as the plan's own configuration has it.
pub(super) fn runs_as_written(kind: &str, written: &Written<'_, '_>) -> bool {
    !RUNNERS.contains(&kind) || written.provisioners.is_some()
}

/// Whether all arguments of a block are of what it runs, rather than of a thing beside it.
pub(super) fn is_all_of_it(declared: &Declared<'_>) -> bool {
    is_deployment(declared.kind) || commands(declared).next().is_none()
}

/// The expressions of the commands that a resource runs, each with its source.
pub(super) fn commands<'f>(declared: &Declared<'f>) -> impl Iterator<Item = (usize, &'f Expr)> {
    let is_command = |name: &str| matches!(name, "local-exec" | "remote-exec");
    let blocks = declared
        .blocks()
        .filter(move |(_, block)| named(block) == "provisioner" && block.label(0).is_some_and(is_command));
    let blocks = blocks
        .flat_map(|(source, block)| block.body.attributes.iter().map(move |attribute| (source, &attribute.value)));
    // In JSON a provisioner is an argument, under the name of its kind.
    let written = declared.attributes().filter(|(_, attribute)| &*attribute.name == "provisioner");
    blocks.chain(written.map(|(source, attribute)| (source, &attribute.value)))
}

/// A note where Terraform leaves what decides as it is (`ignore_changes`), so that the files do not tell what is deployed.
pub(super) fn ignored(declared: &Declared<'_>, kind: Kind, address: &str) -> Option<Problem> {
    let in_blocks = declared.blocks().filter(|(_, block)| named(block) == "lifecycle");
    let in_blocks = in_blocks.filter_map(|(source, block)| {
        let written = block.body.attribute("ignore_changes")?;
        Some((&written.value, written.at.of(source)))
    });
    let in_json = declared.attribute("lifecycle").and_then(|lifecycle| {
        let lifecycles = match &lifecycle.value.kind {
            ExprKind::List(list) => &**list,
            _ => std::slice::from_ref(lifecycle.value),
        };
        lifecycles.iter().find_map(|one| {
            let ExprKind::Object(entries) = &one.kind else { return None };
            let (_, value) = entries.iter().find(|(key, _)| name_of(key) == Some("ignore_changes"))?;
            Some((value, value.at.of(lifecycle.source)))
        })
    });
    let (written, at): (&Expr, Position) = in_blocks.chain(in_json).last()?;
    let names: Vec<&str> = match &written.kind {
        ExprKind::List(list) => list.iter().filter_map(name_of).collect(),
        _ => name_of(written).into_iter().collect(),
    };
    let matters = |name: &&str| *name == "all" || kind.arguments().contains(name) || kind.blocks().contains(name);
    let names: Vec<String> = names.into_iter().filter(matters).map(text::quoted).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "Terraform does not change {} of {} once it is there (`ignore_changes`): what is deployed may differ from these files",
        names.join(", "),
        text::quoted(address)
    );
    Some(Problem::new("ignored-changes", message).at(at))
}

/// The first name of a path: `role_mapping` of `role_mapping[0].type`. JSON and old files have it in a string.
fn name_of(expression: &Expr) -> Option<&str> {
    match &expression.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Text(text) => Some(calls::first_name(text)),
        ExprKind::Path(path) => {
            let (root, _): &(Expr, Vec<Step>) = path;
            name_of(root)
        }
        _ => None,
    }
}
