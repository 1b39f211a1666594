//! Reads configurations: text to a tree (`node`), the tree to definitions (`api` and its neighbours), all problems at once.
//!
//! No file is opened here: the caller brings names and texts, and everything that belongs together comes in one call.

mod api;
mod calls;
mod canonical;
mod cloudformation;
mod definition;
mod format;
#[cfg(feature = "hcl")]
mod hcl;
mod interpolation;
mod misplaced;
mod node;
mod places;
mod policy;
mod position;
mod problem;
mod pulumi;
mod room;
mod scalar;
mod shape;
mod surroundings;
#[cfg(feature = "hcl")]
mod terraform;
mod texts;
#[cfg(feature = "yaml")]
mod yaml;

pub use canonical::{Canonical, canonical};
pub use cloudformation::named_files;
pub use definition::{Configuration, Definition};
pub use format::Format;
#[cfg(feature = "hcl")]
pub use hcl::HclLimits;
pub(crate) use interpolation::{Piece, pieces};
pub use misplaced::may_be_shown;
pub(crate) use misplaced::problem as misplaced;
pub(crate) use node::from_json;
pub use node::{Entry, Node, Reference, Tagged, Value};
pub use places::{GroupId, Place, Places};
pub use policy::policy;
pub use position::Position;
pub(crate) use problem::MANY;
pub use problem::{Problem, ReadError, Respelling};
pub(crate) use surroundings::STANDARD;
pub use surroundings::{Attribute, Role, RoleName, Surroundings, UserPool, UserPoolClient, WriteAttributes};
pub use texts::Text;
#[cfg(feature = "yaml")]
pub use yaml::YamlLimits;
#[cfg(feature = "yaml")]
pub(crate) use yaml::from_yaml;

use std::collections::{BTreeMap, BTreeSet};

use crate::IdentityPool;
use crate::json::JsonLimits;
use crate::text;

/// A text and the name it goes by in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A file's path, or another name for people.
    pub name: String,
    /// The text.
    pub text: String,
}

/// How configurations are read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Limits for each JSON text.
    pub json: JsonLimits,
    /// Limits for each YAML text.
    #[cfg(feature = "yaml")]
    pub yaml: YamlLimits,
    /// Limits for each Terraform text, and for evaluating all of them.
    #[cfg(feature = "hcl")]
    pub hcl: HclLimits,
    /// The format of every text; `None`: it shows in each text.
    pub format: Option<Format>,
    /// CloudFormation parameters by name. Anything else that only a deployment knows can be given too: `AWS::Region`, `Admin.Arn`,
    /// `self:custom.stage`.
    pub parameters: BTreeMap<String, String>,
    /// Terraform variables of the root module by name, as after `--var`: text, or an expression where the variable's type asks for one.
    pub variables: BTreeMap<String, String>,
    /// How many rules, principal tags, providers and pools there may be, all together, and three times as many groups.
    pub parts: usize,
    /// Whether each folder's files are all here, so that what none of them declares is declared nowhere. A lone Terraform file may have
    /// others beside it.
    pub folders_are_whole: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            json: JsonLimits::CONFIG,
            #[cfg(feature = "yaml")]
            yaml: YamlLimits::CONFIG,
            #[cfg(feature = "hcl")]
            hcl: HclLimits::default(),
            format: None,
            parameters: BTreeMap::new(),
            variables: BTreeMap::new(),
            parts: room::PARTS,
            folders_are_whole: false,
        }
    }
}

/// The parameters and variables of the options that some text declares or asks for. What no text does is among the notes, with its code
/// `unused-parameter` or `unknown-variable`, if there is a text that could.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsedNames {
    /// The parameters of templates.
    pub parameters: BTreeSet<String>,
    /// The variables of Terraform.
    pub variables: BTreeSet<String>,
}

/// Reads texts that together are one configuration: the outputs of several API calls, say.
///
/// Problems are in the result, so that `show` and `lint` can go on; [`Configuration::usable`] turns them into an error.
#[must_use]
pub fn read(sources: &[Source], options: &ReadOptions) -> Configuration {
    let bytes = sources.iter().map(|source| source.text.len()).sum();
    let mut drafts = definition::Drafts::within(options.parts, bytes);
    let names = sources.iter().map(|source| source.name.clone()).collect();
    if let [only] = sources
        && let Some(problem) = misplaced::problem(&only.text, "a configuration", 0)
    {
        drafts.problems.push(problem);
        return drafts.finish(names);
    }
    let mut templates = Vec::new();
    let mut programs = pulumi::Texts::default();
    #[cfg(feature = "hcl")]
    let mut terraform = terraform::Texts::default();
    for (number, source) in sources.iter().enumerate() {
        #[cfg(feature = "hcl")]
        if terraform.take_native(source, number, options.format) {
            continue;
        }
        let node = match tree(source, number, options) {
            Ok(node) => node,
            Err(problems)
                if sources.len() > 1 && pulumi::names_settings(&source.name) && !is_about_cognito(&source.text) =>
            {
                programs.take_settings(source, Err(problems));
                continue;
            }
            Err(problems) if sources.len() == 1 || is_about_cognito(&source.text) => {
                drafts.problems.extend(problems);
                continue;
            }
            Err(problems) => {
                drafts.notes.extend(problems.into_iter().next().map(Problem::passed_over));
                continue;
            }
        };
        match options.format.or_else(|| Format::of(&node)) {
            Some(Format::CloudFormation) => templates.push((number, node)),
            Some(Format::Pulumi) if pulumi::recognises(&node) || !pulumi::names_settings(&source.name) => {
                programs.take(source, node);
            }
            #[cfg(feature = "hcl")]
            Some(Format::TerraformPlan) => terraform.take_plan(source, node),
            #[cfg(feature = "hcl")]
            Some(Format::Terraform) => terraform.take_json(source, number, node),
            #[cfg(feature = "hcl")]
            None if [".tf.json", ".tofu.json", ".tfvars.json"].iter().any(|ending| source.name.ends_with(ending)) => {
                terraform.take_json(source, number, node);
            }
            None | Some(Format::Pulumi) if pulumi::names_settings(&source.name) => {
                programs.take_settings(source, Ok(node));
            }
            format => {
                if format.is_none() && drafts.misspelt_section.is_none() {
                    let misspelt = node.entries().iter().find(|e| text::nearest(&e.name, ["Resources"]).is_some());
                    drafts.misspelt_section = misspelt.map(|entry| (entry.name.to_string(), entry.at));
                }
                api::read(&node, &mut drafts);
            }
        }
    }
    programs.read(options, &mut drafts);
    cloudformation::read(templates, sources, options, &mut drafts);
    #[cfg(feature = "hcl")]
    terraform.read(options, &mut drafts);
    drafts.finish(names)
}

/// Whether a file that cannot be read may belong to the configuration. A folder has other files too.
fn is_about_cognito(text: &str) -> bool {
    ["ognito", "RoleMapping", "roleMapping", "role_mapping", "IdentityPool", "PrincipalTag", "GroupName"]
        .iter()
        .any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// Reads JSON or YAML. What begins with a bracket is JSON, unless its name says YAML.
fn tree(source: &Source, number: usize, options: &ReadOptions) -> Result<Node, Vec<Problem>> {
    let written = text::without_mark(&source.text);
    #[cfg(feature = "yaml")]
    {
        let named = [".yaml", ".yml"].iter().any(|ending| source.name.ends_with(ending));
        let bracket = written.trim_start().starts_with(['{', '[']);
        if !bracket {
            return from_yaml(written, number, &options.yaml);
        }
        if named {
            let json = from_json(written, number, &options.json);
            return json.or_else(|_| from_yaml(written, number, &options.yaml));
        }
    }
    from_json(written, number, &options.json)
}

/// Reads one pool from API JSON: the output of `get-identity-pool-roles`, the input of `set-identity-pool-roles`, or a bare `RoleMappings`
/// map.
///
/// # Errors
/// Text that is not JSON, an unknown field or enum value inside a mapping or rule (`"MatchType": "contains"`), a name given twice, a
/// configuration with several pools or none, or one that leaves open whether guests are allowed.
pub fn api_json(text: &str) -> Result<IdentityPool, ReadError> {
    let sources = [Source { name: "json".to_owned(), text: text.to_owned() }];
    let configuration = read(&sources, &ReadOptions::default()).usable()?;
    let definition = configuration.choose(None)?;
    match &definition.unknown_guests {
        None => Ok(definition.pool.clone()),
        Some(why) => Err(ReadError { problems: vec![why.clone()], names: configuration.names.clone() }),
    }
}
