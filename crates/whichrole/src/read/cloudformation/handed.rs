//! Custom resources that are handed an identity pool, and of which nobody here knows what they do with it.
//!
//! The name of the property says nothing: what counts is that the pool occurs in it. One that probably sets the roles of the pool makes them
//! unknown, even where an attachment stands beside it, since nobody knows which of the two comes last.

use std::collections::BTreeSet;

use super::super::calls;
use super::super::interpolation::{Piece, pieces};
use super::super::node::{Entry, Node, Value};
use super::super::problem::Problem;
use super::resolve::Resolver;
use super::template::Resource;
use super::{Decides, Reading, amplify};
use crate::text;

/// Custom resources of the CDK and of Amplify that do nothing to a pool: they copy files (with the pool's id in a web page's settings), pass
/// values on, or look something up.
const OTHERS: &[&str] = &[
    "Custom::AWSCDKCfnJson",
    "Custom::AWSCDKOpenIdConnectProvider",
    "Custom::AmplifyAssetDeployment",
    "Custom::AmplifyRefAuth",
    "Custom::CDKBucketDeployment",
    "Custom::CDKECRDeployment",
    "Custom::CrossRegionExportReader",
    "Custom::CrossRegionExportWriter",
    "Custom::DescribeCognitoUserPoolClient",
    "Custom::ECRAutoDeleteImages",
    "Custom::LogRetention",
    "Custom::S3AutoDeleteObjects",
    "Custom::S3BucketNotifications",
    "Custom::UserPoolCloudFrontDomainName",
    "Custom::VpcRestrictDefaultSG",
];

/// A custom resource that is handed a pool.
pub(super) struct Handed {
    problem: Problem,
    /// The pools; none where only the name of a property tells that there is one.
    pools: BTreeSet<String>,
    sets_roles: bool,
}

impl<'n> Reading<'_, 'n> {
    pub(super) fn handed(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        let Some(properties) = resource.properties.filter(|_| resource.is_custom()) else { return };
        if OTHERS.contains(&resource.kind)
            || amplify::sets_trust(resource)
            || self.understood.contains(&(resolver.number(), resource.id.to_owned()))
        {
            return;
        }
        let mut pools = BTreeSet::new();
        let resolved = resolver.resolve(properties);
        // What is not known decides nothing here.
        self.world.take_undecided();
        self.pools_in(resolver, &resolved, &mut pools);
        let names_one = || properties.entries().iter().any(|entry| calls::squeezed(&entry.name) == "identitypoolid");
        if pools.is_empty() && !names_one() || !self.exists(resolver, resource, Decides::Less) {
            return;
        }
        let sets_roles = calls::is_named_for_roles(resource.id)
            || calls::is_named_for_roles(resource.kind)
            || has_name_of_roles(properties)
            || has_call(properties)
            || self.is_in_a_template_that_sets_roles(resolver);
        self.handed.push(Handed { problem: not_understood(resource), pools, sets_roles });
    }

    /// The pools that a resolved tree refers to.
    fn pools_in(&self, resolver: Resolver<'_, 'n>, node: &Node, found: &mut BTreeSet<String>) {
        match &node.value {
            Value::Reference(reference) => {
                let names = pieces(&reference.text).into_iter().filter_map(|piece| match piece {
                    Piece::Name(name) => Some(name),
                    Piece::Literal(_) => None,
                });
                for name in names {
                    // `Auth:Pool.Id` is of `Auth:Pool`; a function without a value here has its arguments in its name.
                    let id = name.find(':').unwrap_or_default();
                    let end = name.get(id..).and_then(|id| id.find('.')).map_or(name.len(), |end| id + end);
                    let whole = name.get(..end).unwrap_or_default();
                    for name in std::iter::once(whole).chain(name.split(|c: char| !c.is_alphanumeric())) {
                        let home = resolver.home_of(name);
                        found.extend(home.and_then(|home| self.pools.get(&home)).cloned());
                    }
                }
            }
            Value::List(elements) => elements.iter().for_each(|element| self.pools_in(resolver, element, found)),
            Value::Map(entries) => entries.iter().for_each(|entry| self.pools_in(resolver, &entry.value, found)),
            _ => {}
        }
    }

    /// Whether the code or the policies of a template speak of the calls that set roles, and no custom resource that is read explains it.
    fn is_in_a_template_that_sets_roles(&mut self, resolver: Resolver<'_, 'n>) -> bool {
        let number = resolver.number();
        let Some(template) = resolver.template().filter(|_| !self.explained.contains(&number)) else { return false };
        let calls = || template.in_order().any(|resource| has_call(resource.whole));
        *self.calling.entry(number).or_insert_with(calls)
    }

    /// Says of each what it leaves open.
    pub(super) fn conclude_handed(&mut self) {
        for Handed { mut problem, pools, sets_roles } in std::mem::take(&mut self.handed) {
            let has_roles = |pool: &String| self.attached.contains_key(pool) || self.drafts.has_roles(Some(pool));
            let is_told = self.drafts.has_roles(None);
            // What the API says of a pool is what holds, whoever set it.
            let is_settled = is_told || !pools.is_empty() && pools.iter().all(|pool| !self.attached.contains_key(pool));
            let are_missing =
                !is_told && if pools.is_empty() { self.attached.is_empty() } else { !pools.iter().all(has_roles) };
            if are_missing || sets_roles && !is_settled {
                let fix = "; read what `aws cognito-identity get-identity-pool-roles` prints instead";
                problem.message.push_str(fix);
                self.drafts.problems.push(problem);
            } else {
                self.drafts.note(problem);
            }
        }
    }
}

fn has_name_of_roles(node: &Node) -> bool {
    let within = |entry: &Entry| calls::is_named_for_roles(&entry.name) || has_name_of_roles(&entry.value);
    match &node.value {
        Value::Map(entries) => entries.iter().any(within),
        Value::List(elements) => elements.iter().any(has_name_of_roles),
        _ => false,
    }
}

/// Whether a call that sets roles or tags is spoken of anywhere in a tree: in code, policies or calls.
fn has_call(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => calls::calls(text),
        Value::Map(entries) => entries.iter().any(|entry| has_call(&entry.value)),
        Value::List(elements) => elements.iter().any(has_call),
        Value::Tagged(tagged) => has_call(&tagged.node),
        _ => false,
    }
}

fn not_understood(resource: &Resource<'_>) -> Problem {
    let message = format!(
        "{} is a {}, which is not understood; what it does to the pool is missing here",
        text::quoted(resource.id),
        text::quoted(resource.kind)
    );
    Problem::new("unresolved-value", message).at(resource.at)
}
