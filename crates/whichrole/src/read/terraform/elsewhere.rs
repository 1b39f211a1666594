//! What may decide roles or tags of a pool and is not read: modules that are not here, resources of the `awscc` provider, and what runs something
//! at a deployment.
//!
//! Most modules that are given a pool's id only hand it on, to a web page or a trust policy. So one is taken for the maker of what is missing
//! only where something is: a pool without an attachment, or files that are nowhere, or a module that speaks of tags.

use std::collections::{BTreeMap, BTreeSet};

use super::Reading;
use super::blocks::META;
use super::eval::{Evaluator, Scope};
use super::module::Declared;
use super::names::{Instances, each_name};
use super::resources::Kind;
use super::runs;
use super::value::{Data, Val};
use crate::read::calls;
use crate::read::definition::Drafts;
use crate::read::hcl::{Expr, ExprKind};
use crate::read::node::Node;
use crate::read::position::Position;
use crate::read::problem::Problem;
use crate::text;

/// Bytes in which pools are looked for, each counted for each pool.
const MOST_COMPARED: usize = 64 * 1024 * 1024;

/// Arguments of a module that it does not get.
const NOT_GIVEN: &[&str] = &["source", "version", "providers"];

/// A block that is not read, before it is known what it is given.
pub(super) struct Passed<'f> {
    pub root: String,
    pub instance: usize,
    pub name: String,
    pub declared: &'f Declared<'f>,
    pub maker: Maker,
}

/// What makes, or may make, something for a pool.
#[derive(Clone)]
pub(super) enum Maker {
    Module {
        /// Why it is not read and what to do.
        missing: String,
        is_local: bool,
    },
    Attachment,
    Tags,
    /// Something that runs or deploys what is not read, when Terraform applies.
    Deployment,
}

/// A block that is not read, and what it is given.
pub(super) struct Unread {
    root: String,
    name: String,
    at: Position,
    /// The texts and references; none where nobody knows.
    given: Option<Vec<String>>,
    maker: Maker,
    speaks_of_tags: bool,
}

impl Maker {
    /// What a block in a file makes.
    pub(super) fn of_block(declared: &Declared<'_>) -> Option<Self> {
        match Self::of(declared.kind) {
            None | Some(Self::Deployment) => runs::runs(declared).then_some(Self::Deployment),
            other => other,
        }
    }

    /// What a resource of another provider makes.
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "awscc_cognito_identity_pool_role_attachment" => Some(Self::Attachment),
            "awscc_cognito_identity_pool_principal_tag" => Some(Self::Tags),
            _ => runs::is_deployment(kind).then_some(Self::Deployment),
        }
    }
}

impl Reading<'_> {
    /// What the blocks that are not read are given. It is no use of a variable or a name: nobody is told about those.
    pub(super) fn unread(&mut self) -> Vec<Unread> {
        let passed = std::mem::take(&mut self.passed);
        let misses = self.evaluator.undeclared.len();
        let unread = passed.into_iter().filter_map(|passed| self.evaluator.given(passed)).collect();
        self.evaluator.undeclared.truncate(misses);
        unread
    }
}

impl Evaluator<'_> {
    /// `None` where there is no instance of the block.
    fn given(&mut self, passed: Passed<'_>) -> Option<Unread> {
        let Passed { root, instance, name, declared, maker } = passed;
        let mut given = Vec::new();
        match self.instances_of(instance, declared) {
            Instances::Several(_, keys) if keys.is_empty() => return None,
            Instances::Several(repeat, keys) => {
                for (key, value) in keys {
                    let each = each_name(repeat, &key, &value, declared.at);
                    self.arguments_of(declared, Scope { instance, source: 0, names: Some(&each) }, &mut given);
                }
            }
            Instances::One | Instances::Unknown(_) => {
                self.arguments_of(declared, Scope { instance, source: 0, names: None }, &mut given);
            }
        }
        // What a pool's own provisioner runs names it so.
        if declared.kind == Kind::Pool.name() && given.iter().any(|text| mentions(text, "self")) {
            given.push(format!("${{{name}}}"));
        }
        let speaks_of_tags = speaks_of_tags(&name, declared);
        Some(Unread { root, name, at: declared.at, given: Some(given), maker, speaks_of_tags })
    }

    fn arguments_of(&mut self, declared: &Declared<'_>, scope: Scope<'_>, given: &mut Vec<String>) {
        for (source, expression) in runs::commands(declared) {
            self.given_by(expression, Scope { source, ..scope }, given);
        }
        if !runs::is_all_of_it(declared) {
            return;
        }
        for (source, attribute) in declared.attributes() {
            let name = &*attribute.name;
            if META.contains(&name) || NOT_GIVEN.contains(&name) {
                continue;
            }
            self.given_by(&attribute.value, Scope { source, ..scope }, given);
        }
    }

    fn given_by(&mut self, expression: &Expr, scope: Scope<'_>, given: &mut Vec<String>) {
        let value = self.eval(expression, scope);
        if self.spend(value.weight, value.at) {
            texts(&value, given);
        }
    }
}

/// The texts and references of a value.
fn texts(value: &Val, out: &mut Vec<String>) {
    match &value.data {
        Data::Unknown(unknown) => out.push(unknown.shown()),
        Data::Text(text) => out.push((**text).to_owned()),
        Data::List(elements) | Data::Set(elements) => elements.iter().for_each(|element| texts(element, out)),
        Data::Map(entries) => entries.values().for_each(|entry| texts(entry, out)),
        _ => {}
    }
}

/// Whether the names that the author chose say that a module makes principal tags. An argument `tags` says nothing, nor does the word
/// `tagging`: those are the tags of resources. Nor does the name of a module that makes nothing of AWS.
fn speaks_of_tags(name: &str, declared: &Declared<'_>) -> bool {
    let is_about = |text: &str| {
        let words: BTreeSet<String> =
            text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect();
        let has = |word: &str| words.contains(word);
        ["tag", "tags", "abac", "principaltag", "principaltags"].into_iter().any(has)
            || (has("tagging") && has("principal"))
    };
    let source = match declared.attribute("source").map(|source| &source.value.kind) {
        Some(ExprKind::Text(source)) => Some(source),
        _ => None,
    };
    let is_named_so = is_about(name) || source.is_some_and(|source| is_about(source));
    (is_named_so && !source.is_some_and(|source| is_of_another_provider(source)))
        || declared.attributes().any(|(_, attribute)| {
            let name = attribute.name.to_ascii_lowercase();
            name.contains("principal_tag") || name.contains("attribute_map")
        })
}

/// Whether a source is an address of a registry, `[HOST/]NAMESPACE/NAME/PROVIDER`, whose provider is not AWS's.
fn is_of_another_provider(source: &str) -> bool {
    let address = source.split("//").next().unwrap_or_default();
    let is_word = |part: &&str| part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let parts: Vec<&str> = address.split('/').collect();
    let named = match parts.as_slice() {
        [host, named @ ..] if named.len() == 3 && host.contains('.') && !host.starts_with('.') => named,
        named if named.len() == 3 => named,
        _ => return false,
    };
    named.iter().all(|part| !part.is_empty() && is_word(part))
        && named.last().is_some_and(|provider| !provider.contains("aws"))
}

/// Says what the unread leaves open about the pools that it is given: names by the text of their reference or their id. That says more than the
/// note that it was passed over.
pub(super) fn settle(
    unread: &[Unread],
    pools: &BTreeMap<String, String>,
    has_attachment: impl Fn(&str) -> bool,
    drafts: &mut Drafts,
) {
    let bytes = unread.iter().fold(0_usize, |bytes, one| bytes.saturating_add(one.size()));
    if let Some(first) = unread.first()
        && bytes.saturating_mul(pools.len()) > MOST_COMPARED
    {
        let message = "too many pools, and too much that is given to modules that are not read";
        drafts.problems.push(Problem::new("too-large", message).at(first.at));
        return;
    }
    for one in unread {
        let of_root = pools.iter().filter_map(|(id, pool)| Some((id.strip_prefix(one.root.as_str())?, pool)));
        let given: BTreeSet<&String> = of_root.filter(|(id, _)| one.is_given(id)).map(|(_, pool)| pool).collect();
        let is_its_note = |note: &Problem| note.at == Some(one.at);
        for pool in given {
            match one.missing_of(pool, has_attachment(pool)) {
                Ok(more) if matches!(one.maker, Maker::Deployment) => {
                    drafts.note(Problem::new("not-recognised", more).at(one.at));
                }
                Ok(more) => {
                    let notes = drafts.notes.iter_mut().filter(|note| is_its_note(note));
                    notes.for_each(|note| note.message.push_str(&more));
                }
                Err(problem) => {
                    drafts.notes.retain(|note| !is_its_note(note));
                    drafts.problems.push(problem);
                }
            }
        }
    }
}

impl Unread {
    /// A resource of a plan or state. What is known only after apply is left out of it.
    pub(super) fn planned(name: String, maker: Maker, values: &Node, at: Position, references: Vec<String>) -> Self {
        let given = if matches!(maker, Maker::Deployment) {
            let mut all = references;
            calls::texts(values, &mut all);
            Some(all)
        } else {
            values.get("identity_pool_id").and_then(Node::as_text).map(|id| vec![id.to_owned()])
        };
        Self { root: String::new(), name, at, given, maker, speaks_of_tags: false }
    }

    /// Bytes to look through for one pool.
    fn size(&self) -> usize {
        self.given.iter().flatten().map(String::len).sum()
    }

    /// Whether this is given a pool, which goes by `id`: the text of its reference, or its id itself.
    fn is_given(&self, id: &str) -> bool {
        let inner = id.strip_prefix("${").and_then(|id| id.strip_suffix('}'));
        let owner = inner.map_or(id, |inner| inner.strip_suffix(".id").unwrap_or(inner));
        let Some(given) = &self.given else { return true };
        !owner.is_empty() && given.iter().any(|given| mentions(given, owner))
    }

    /// Whether what this is given says that it sets roles or tags.
    fn sets_roles(&self) -> bool {
        self.given.iter().flatten().any(|text| calls::calls_or_makes(text))
    }

    /// What to say of a pool that this is given: a problem where what it makes is missing, else what to add to the note.
    fn missing_of(&self, pool: &str, has_attachment: bool) -> Result<String, Problem> {
        let (name, shown) = (text::quoted(&self.name), text::quoted(pool));
        let only_aws = "only resources of the `aws` provider are read; write it as";
        let message = match &self.maker {
            Maker::Attachment => {
                format!(
                    "{name} attaches the roles of {shown}, and {only_aws} {}",
                    text::quoted(Kind::Attachment.name())
                )
            }
            Maker::Tags => {
                format!("{name} makes principal tags of {shown}, and {only_aws} {}", text::quoted(Kind::Tags.name()))
            }
            Maker::Deployment => match calls::given_a_pool(&self.name, pool, has_attachment, self.sets_roles()) {
                Ok(note) => return Ok(note),
                Err(message) => message,
            },
            Maker::Module { missing, is_local } => {
                let what = match has_attachment {
                    false => "role attachment",
                    true if *is_local || self.speaks_of_tags => "principal tags",
                    true => {
                        return Ok(format!(
                            "; it is given the id of {shown}, and principal tags that it may make are not known here"
                        ));
                    }
                };
                let or = if *is_local { "" } else { "; read a plan or the state, which have what it makes" };
                format!("{name} is given the id of {shown} and may make its {what}; {missing}{or}")
            }
        };
        Err(Problem::new("unresolved-value", message).at(self.at))
    }
}

/// Whether a text names this thing, not one whose name is longer.
fn mentions(text: &str, thing: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(thing).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + thing.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(|c| is_word(c) || c == '.') && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_mentioned_by_its_whole_name() {
        let pool = "aws_cognito_identity_pool.app";
        for text in [
            "${aws_cognito_identity_pool.app.id}",
            "${aws_cognito_identity_pool.app}",
            "x/${md5(aws_cognito_identity_pool.app.arn)}",
        ] {
            assert!(mentions(text, pool), "{text}");
        }
        for text in [
            "${aws_cognito_identity_pool.apps.id}",
            "${module.m.aws_cognito_identity_pool.app.id}",
            "${data.aws_cognito_identity_pool.app.id}",
            "${aws_cognito_identity_pool.app-2.id}",
        ] {
            assert!(!mentions(text, pool), "{text}");
        }
    }
}
