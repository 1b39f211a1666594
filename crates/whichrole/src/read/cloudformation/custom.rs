//! Role mappings that a custom resource attaches or puts together.

use super::super::node::{Entry, Node, Value};
use super::super::problem::Problem;
use super::super::shape::{Names, any_text};
use super::resolve::{Resolver, function};
use super::resources::CLOUDFORMATION;
use super::template::Resource;
use super::{Decides, Reading};
use crate::text;

/// The CDK's way to a map with references for keys.
const CFN_JSON: &str = "Custom::AWSCDKCfnJson";

/// The CDK's way to a call of an AWS API.
const SDK_CALL: &str = "Custom::AWS";

impl<'n> Reading<'_, 'n> {
    /// The `RoleMappings` of an attachment: a map or list, or the attribute of a custom resource that makes one.
    pub(super) fn mappings_property(&mut self, resolver: Resolver<'_, 'n>, node: &Node, pool: &str, names: &Names) {
        let node = resolver.branch(node);
        let Some(target) = attribute(node) else {
            self.mappings(resolver, resolver.resolve(node), pool, names);
            return;
        };
        let id = target.split('.').next().unwrap_or_default();
        let maker = resolver.template().and_then(|template| template.resource(id)).copied();
        let made = maker.and_then(|maker| self.made_by(resolver, &maker));
        if let (Some(maker), Some(made)) = (maker, made) {
            self.understood.insert((resolver.number(), maker.id.to_owned()));
            self.mappings(resolver, made, pool, &CLOUDFORMATION);
            return;
        }
        let what = match maker {
            Some(maker) => format!("{} is a {}, which is not understood", text::quoted(id), text::quoted(maker.kind)),
            None => format!("there is no resource {} here", text::quoted(id)),
        };
        let message = format!("`RoleMappings` is {}, and {what}", text::quoted(&format!("${{{target}}}")));
        self.drafts.problems.push(Problem::new("unresolved-value", message).at(node.at));
    }

    /// Reads a custom resource that attaches roles or tags itself.
    pub(super) fn custom(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        if !resource.is_custom() || resource.kind == CFN_JSON {
            return;
        }
        let Some(properties) = resource.properties else { return };
        let has = |name: &str| resource.property(name).is_some();
        if let Some(call) = resource.property("Create").or_else(|| resource.property("Update")) {
            self.sdk_call(resolver, resource, call);
        } else if has("IdentityPoolId") && (has("RoleMappings") || has("Roles")) {
            self.understood.insert((resolver.number(), resource.id.to_owned()));
            if self.is_whole(resource) && self.exists(resolver, resource, Decides::Mapping) {
                self.attach(resolver, resource, properties, &rule_names(resource));
            }
        }
    }

    /// A call of an AWS API by the CDK's `AwsCustomResource`: JSON text, or in older versions a map.
    fn sdk_call(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>, call: &Node) {
        let call = match resolver.json(call, resource.id, &self.options.json) {
            Ok(call) => call,
            Err(problem) => {
                self.drafts.notes.push(problem);
                return;
            }
        };
        if call.get("action").is_none() && resource.kind != SDK_CALL {
            return;
        }
        let action = call.get("action").and_then(Node::as_text).unwrap_or_default();
        let is = |name: &str| action.trim_end_matches("Command").eq_ignore_ascii_case(name);
        // Any other call is none that changes what is read here, but for that which changes a pool itself.
        if !is("updateIdentityPool") {
            self.understood.insert((resolver.number(), resource.id.to_owned()));
        }
        let sets_roles = is("setIdentityPoolRoles");
        if !sets_roles && !is("setPrincipalTagAttributeMap")
            || !self.is_whole(resource)
            || !self.exists(resolver, resource, Decides::Mapping)
        {
            return;
        }
        let Some(parameters) = call.get("parameters") else { return };
        if sets_roles {
            self.attach(resolver, resource, parameters, &CLOUDFORMATION);
        } else {
            self.tag_map(resolver, resource, parameters);
        }
    }

    /// Reads a mapping made by a custom resource that no attachment here uses: the attachment may be in another file.
    pub(super) fn loose_mapping(&mut self, resolver: Resolver<'_, 'n>, resource: &Resource<'n>) {
        let is_known = self.understood.contains(&(resolver.number(), resource.id.to_owned()));
        let direct = resource.property("IdentityPoolId").is_some();
        if is_known || direct || resource.kind == CFN_JSON || resource.kind == SDK_CALL {
            return;
        }
        if let Some(made) = self.made_by(resolver, resource)
            && self.exists(resolver, resource, Decides::Mapping)
        {
            self.understood.insert((resolver.number(), resource.id.to_owned()));
            let bare = self
                .attached
                .keys()
                .find(|pool| self.drafts.known(pool).is_some_and(|draft| draft.pool.role_mappings.is_empty()));
            let pool = bare.cloned().unwrap_or_else(|| self.pool_of(resolver, None, resource.id, resource.at));
            self.attached.entry(pool.clone()).or_insert_with(|| resource.id.to_owned());
            let message = format!(
                "no attachment here uses {}; it is read as the mapping of {}",
                text::quoted(resource.id),
                text::quoted(&pool)
            );
            self.drafts.notes.push(Problem::new("pool-elsewhere", message).at(resource.at));
            self.mappings(resolver, made, &pool, &CLOUDFORMATION);
        }
    }

    /// The role mappings that a custom resource makes: a resolved map or list.
    fn made_by(&mut self, resolver: Resolver<'_, 'n>, maker: &Resource<'n>) -> Option<Node> {
        if !maker.is_custom() {
            return None;
        }
        if maker.kind == CFN_JSON {
            return match resolver.json(maker.property("Value")?, maker.id, &self.options.json) {
                Ok(json) => Some(json),
                Err(problem) => {
                    self.drafts.problems.push(problem);
                    Some(Node { value: Value::Null, at: maker.at })
                }
            };
        }
        if let Some(mappings) = maker.property("RoleMappings") {
            return Some(resolver.resolve(mappings));
        }
        if let Some(entries) = maker.property("Entries") {
            let entries = resolver.resolve(entries);
            let pairs = entries.elements().iter().filter_map(|pair| {
                let (key, value) = (pair.get("Key")?, pair.get("Value")?);
                Some(Entry { name: key.as_written()?.into(), at: key.at, value: value.clone() })
            });
            return Some(Node { value: Value::Map(pairs.collect()), at: entries.at });
        }
        let is_mapping = matches!(maker.property("Type").and_then(Node::as_text), Some("Token" | "Rules"))
            && maker.property("IdentityProvider").is_some();
        let properties = maker.properties.filter(|_| is_mapping)?;
        let Node { value: Value::Map(entries), at } = resolver.resolve(properties) else { return None };
        let entries = entries.into_iter().filter(|entry| entry.name != "ServiceToken");
        let only = Node { value: Value::map(entries), at };
        Some(Node { value: Value::list([only]), at })
    }

    /// One entry of a list of mappings; its provider is `IdentityProvider`, or a user pool and a client.
    pub(super) fn list_entry(&mut self, mut element: Node) -> Option<Entry> {
        let mut name = String::new();
        if let (Some(pool), Some(client)) = (element.get("UserPool"), element.get("ClientId")) {
            let pool = any_text(pool, "`UserPool`", self.drafts)?;
            let client = any_text(client, "`ClientId`", self.drafts)?;
            // A pool's id begins with its region.
            let region =
                pool.split_once('_').filter(|_| !pool.contains("${")).map_or("${AWS::Region}", |(region, _)| region);
            name = format!("cognito-idp.{region}.${{AWS::URLSuffix}}/{pool}:{client}");
            for named in ["UserPool", "ClientId"] {
                element.take(named);
            }
        } else if element.get("IdentityProvider").is_none() {
            let message = "this role mapping names no provider";
            self.drafts.problems.push(Problem::new("unknown-field", message).at(element.at));
            return None;
        }
        Some(Entry { name: name.into(), at: element.at, value: element })
    }
}

/// The target of `Fn::GetAtt`, its parts joined by a dot.
fn attribute(node: &Node) -> Option<String> {
    let argument = match (&node.value, function(node)) {
        (Value::Tagged(tagged), _) if tagged.tag == "!GetAtt" => &tagged.node,
        (_, Some(("Fn::GetAtt", argument))) => argument,
        _ => return None,
    };
    match &argument.value {
        Value::Text(target) => Some(target.to_string()),
        Value::List(parts) => {
            parts.iter().map(Node::as_text).collect::<Option<Vec<&str>>>().map(|parts| parts.join("."))
        }
        _ => None,
    }
}

/// Custom resources that spell a rule's role as the rest of CloudFormation does.
fn rule_names(resource: &Resource<'_>) -> Names {
    let mappings = resource.property("RoleMappings").map(Node::elements).unwrap_or_default();
    let rules = mappings.iter().filter_map(|mapping| mapping.get("RulesConfiguration")?.get("Rules"));
    let mut rules = rules.flat_map(Node::elements).peekable();
    let other =
        rules.peek().is_some() && rules.all(|rule| rule.get("RoleArn").is_some() && rule.get("RoleARN").is_none());
    Names { role: if other { "RoleArn" } else { CLOUDFORMATION.role }, ..CLOUDFORMATION }
}
