//! Reads a suite: its text becomes a tree, the tree a [`Suite`], and everything that is wrong is said at once.

use std::collections::BTreeMap;

use crate::read::{Node, Position, Problem, Source, Value, misplaced};
#[cfg(feature = "yaml")]
use crate::read::{YamlLimits, from_yaml};
use crate::text;

use super::clock;
use super::fields::{Fields, place};
use super::model::{ConfigPath, CoverageGoals, Expectation, Expected, Property, PropertyClaim, Suite, User, Written};
use super::{prove, read_tests, users};

/// The keys of a suite.
const KEYS: &[&str] = &[
    "version",
    "config",
    "pool",
    "provider",
    "now",
    "assume",
    "groups",
    "roles",
    "users",
    "tests",
    "properties",
    "snapshot",
    "coverage",
];

/// The largest suite, in bytes: 64 MiB.
const LARGEST: usize = 64 * 1024 * 1024;

impl Suite {
    /// Reads a suite from YAML or JSON. Never fails: what is wrong is in [`Suite::problems`], all of it, so that the files a faulty
    /// suite names can still be checked in the same run.
    #[must_use]
    pub fn read(source: &Source) -> Self {
        let mut suite = Self { name: source.name.clone(), ..Self::default() };
        let tree = tree(&source.text);
        let has_keys = |node: &Node| node.entries().iter().any(|entry| KEYS.contains(&entry.name.as_str()));
        // What is no suite at all is not told what a suite is like: its words may be secrets.
        let misplaced = if tree.as_ref().is_ok_and(has_keys) { None } else { misplaced(&source.text, "a suite", 0) };
        match tree {
            _ if misplaced.is_some() => suite.problems = misplaced.into_iter().collect(),
            Ok(node) => fill(&mut suite, node),
            Err(problems) => suite.problems = problems,
        }
        suite
    }
}

/// YAML; and JSON where this is built without YAML.
fn tree(text: &str) -> Result<Node, Vec<Problem>> {
    #[cfg(feature = "yaml")]
    {
        let limits = YamlLimits { bytes: LARGEST, ..YamlLimits::CONFIG };
        from_yaml(text, 0, &limits)
    }
    #[cfg(not(feature = "yaml"))]
    {
        let limits = crate::json::JsonLimits { depth: 64, ..crate::json::JsonLimits::CONFIG.with_bytes(LARGEST) };
        crate::read::from_json(text, 0, &limits)
    }
}

fn fill(suite: &mut Suite, mut root: Node) {
    let mut fields = Fields::default();
    if fields.map(&root, "a suite", KEYS).is_some() {
        let has_tests = root.get("tests").is_some_and(|node| !node.elements().is_empty());
        // The tests are most of the tree, so each goes as soon as it has been read.
        if let Some(tests) = root.take("tests") {
            let (tests, expectations) = read_tests::tests(tests, &mut fields);
            (suite.tests, suite.expectations) = (tests, expectations);
        }
        let root = &root;
        version(root, &mut fields);
        suite.configs = configs(root, &mut fields);
        let mut text = |key: &str| root.get(key).and_then(|node| fields.text(node, &format!("`{key}`")));
        (suite.pool, suite.provider, suite.groups) = (text("pool"), text("provider"), text("groups"));
        suite.now = root.get("now").and_then(|node| now(node, &mut fields));
        suite.assume = root.get("assume").map(|node| fields.choices(node, "`assume`")).unwrap_or_default();
        suite.roles = root.get("roles").map(|node| aliases(node, &mut fields)).unwrap_or_default();
        suite.users = root.get("users").map(|node| read_users(node, &mut fields)).unwrap_or_default();
        suite.properties = root.get("properties").map(|node| properties(node, &mut fields)).unwrap_or_default();
        let snapshot = root.get("snapshot").filter(|node| fields.flag(node, "`snapshot`") == Some(true));
        suite.snapshot = snapshot.map(|node| node.at);
        suite.coverage = root.get("coverage").map(|node| coverage(node, &mut fields)).unwrap_or_default();
        users::check(suite, &mut fields);
        unique_names(suite, &mut fields);
        has_something_to_judge(suite, has_tests, root, &mut fields);
    }
    suite.problems = fields.problems;
    // Of what was read in part nothing else can be said.
    if suite.problems.iter().any(|problem| problem.code == "too-large") {
        suite.problems.retain(|problem| problem.code == "too-large");
    }
    suite.problems.sort_by_key(|problem| problem.at);
}

fn version(root: &Node, fields: &mut Fields) {
    match root.get("version").map(|node| (&node.value, node.at)) {
        Some((Value::Number(number), _)) if &**number == "1" => {}
        Some((_, at)) => fields.report("unsupported-version", "this is not `version: 1`, the only one there is", at),
        None => fields.report("missing-key", "the suite has no `version`; write `version: 1`", root.at),
    }
}

/// One path, or a map of label to path.
fn configs(root: &Node, fields: &mut Fields) -> Vec<ConfigPath> {
    let Some(node) = root.get("config") else {
        fields.report("missing-key", "the suite has no `config`; name the configuration it is about", root.at);
        return Vec::new();
    };
    if !node.is_map() {
        let path = fields.text(node, "`config`");
        return path.map(|path| ConfigPath { label: None, path }).into_iter().collect();
    }
    fields.unique(node);
    if node.entries().is_empty() {
        fields.report("empty-suite", "`config` names no configuration", node.at);
    }
    let labelled = node.entries().iter().filter_map(|entry| {
        let path = fields.text(&entry.value, "the path of a configuration")?;
        Some(ConfigPath { label: Some(entry.name.to_string()), path })
    });
    labelled.collect()
}

fn now(node: &Node, fields: &mut Fields) -> Option<i64> {
    // A time without quotes is a date to some YAML tools; here only one thing can be meant.
    let written = match &node.value {
        Value::Unquoted(text) => Written { text: text.to_string(), at: node.at },
        _ => fields.text(node, "`now`")?,
    };
    let seconds = clock::seconds(&written.text);
    if seconds.is_none() {
        fields.report("wrong-kind", "`now` is no time such as `2026-01-01T00:00:00Z`", written.at);
    }
    seconds
}

fn aliases(node: &Node, fields: &mut Fields) -> BTreeMap<String, Written> {
    if !node.is_map() {
        fields.wrong_kind(node, "`roles`", "a map of alias to role");
    }
    fields.unique(node);
    let mut aliases = BTreeMap::new();
    for entry in node.entries() {
        if matches!(entry.name.as_str(), "deny" | "uncertain") {
            let message = format!("`{}` cannot be an alias: in `expect` it means something else", entry.name);
            fields.report("reserved-name", message, entry.at);
        }
        if let Some(role) = fields.text(&entry.value, "a role") {
            aliases.insert(entry.name.to_string(), role);
        }
    }
    aliases
}

/// Each user takes much more memory than its text.
const MOST_USERS: usize = 10_000;

fn read_users(node: &Node, fields: &mut Fields) -> Vec<User> {
    if !node.is_map() {
        fields.wrong_kind(node, "`users`", "a map of name to user");
    }
    fields.unique(node);
    let mut users = Vec::new();
    if let Some(first) = node.entries().get(MOST_USERS) {
        fields.report("too-large", format!("more than {MOST_USERS} users"), first.at);
        return users;
    }
    for entry in node.entries() {
        let keys = &["extends", "claims", "groups", "jwt", "guest", "provider"];
        let Some(map) = fields.map(&entry.value, "a user", keys) else { continue };
        let mut text = |key: &str| map.get(key).and_then(|node| fields.text(node, &format!("`{key}`")));
        users.push(User {
            name: Written { text: entry.name.to_string(), at: entry.at },
            extends: text("extends"),
            jwt: text("jwt"),
            provider: text("provider"),
            claims: map.get("claims").map(|node| fields.claims(node, "`claims`")).unwrap_or_default(),
            groups: map.get("groups").and_then(|node| fields.texts(node, "`groups`")),
            guest: map.get("guest").filter(|node| fields.flag(node, "`guest`") == Some(true)).map(|node| node.at),
        });
    }
    users
}

fn properties(node: &Node, fields: &mut Fields) -> Vec<Property> {
    let Value::List(elements) = &node.value else {
        fields.wrong_kind(node, "`properties`", "a list");
        return Vec::new();
    };
    elements.iter().filter_map(|element| property(element, fields)).collect()
}

fn property(node: &Node, fields: &mut Fields) -> Option<Property> {
    const CLAIMS: [&str; 4] = ["never", "always", "live", "equivalent_to"];
    let keys = ["name", "never", "unless", "always", "when", "live", "equivalent_to"];
    let map = fields.map(node, "a property", &keys)?;
    let name = read_tests::name(map, "a property", fields);
    let said: Vec<&str> = CLAIMS.into_iter().filter(|key| map.get(key).is_some()).collect();
    let [said] = said[..] else {
        let message = format!(
            "a property says one thing: {}, here {}",
            text::alternatives(CLAIMS),
            match said.as_slice() {
                [] => "none".to_owned(),
                several => several.iter().map(|key| text::quoted(key)).collect::<Vec<_>>().join(" and "),
            }
        );
        fields.report("wrong-kind", message, node.at);
        return None;
    };
    for (condition, only_with) in [("unless", "never"), ("when", "always")] {
        if map.get(condition).is_some() && said != only_with {
            let message = format!("`{condition}` goes with `{only_with}` only");
            fields.report("contradiction", message, place(map, condition));
        }
    }
    let condition = |key: &str, fields: &mut Fields| {
        let written = map.get(key).and_then(|node| fields.text(node, &format!("`{key}`")))?;
        match prove::condition(&written.text) {
            Ok(condition) => Some(condition),
            Err(message) => {
                fields.report("unreadable-condition", message, written.at);
                None
            }
        }
    };
    let value = map.get(said)?;
    let claim = match said {
        "never" => PropertyClaim::Never { role: role(value, fields)?, unless: condition("unless", fields) },
        "always" => PropertyClaim::Always { role: role(value, fields)?, when: condition("when", fields) },
        "live" => {
            let word = fields.text(value, "`live`")?;
            if word.text != "all" {
                fields.report("wrong-kind", "`live` can only be `all`", word.at);
            }
            PropertyClaim::LiveAll(value.at)
        }
        _ => PropertyClaim::EquivalentTo(fields.text(value, "`equivalent_to`")?),
    };
    Some(Property { name: name?, claim })
}

/// The role that a property is about: its name, or `{role: …}`.
fn role(node: &Node, fields: &mut Fields) -> Option<Written> {
    let Expectation { outcome, by, tags, certain, assumable, at } = read_tests::expectation(node, fields)?;
    match outcome {
        Expected::Role(role) if by.is_none() && tags.is_none() && certain.is_none() && assumable.is_none() => {
            Some(role)
        }
        _ => {
            fields.report("wrong-kind", "a property is about a role, nothing else: `{ role: admin }`", at);
            None
        }
    }
}

fn coverage(node: &Node, fields: &mut Fields) -> CoverageGoals {
    let Some(map) = fields.map(node, "`coverage`", &["rules", "outcomes", "tags", "mutants"]) else {
        return CoverageGoals::default();
    };
    let mut goal = |key: &str| map.get(key).and_then(|node| fields.percent(node, &format!("`{key}`")));
    CoverageGoals {
        rules: goal("rules"),
        outcomes: goal("outcomes"),
        tags: goal("tags"),
        mutants: goal("mutants"),
        at: Some(node.at),
    }
}

/// Tests and properties share the names that `--filter` takes.
fn unique_names(suite: &Suite, fields: &mut Fields) {
    let mut seen: BTreeMap<&str, Position> = BTreeMap::new();
    let names = suite.tests.iter().map(|test| &test.name).chain(suite.properties.iter().map(|property| &property.name));
    for name in names {
        if let Some(earlier) = seen.insert(&name.text, name.at) {
            let message = format!("name {} is taken already, on line {}", text::quoted(&name.text), earlier.line());
            fields.report("duplicate-name", message, name.at);
        }
    }
}

fn has_something_to_judge(suite: &Suite, has_tests: bool, root: &Node, fields: &mut Fields) {
    let has_properties = root.get("properties").is_some_and(|node| !node.elements().is_empty());
    if !has_tests && !has_properties && (suite.snapshot.is_none() || suite.users.is_empty()) {
        fields.report("empty-suite", "the suite has no tests, no properties and no snapshot of users", root.at);
    }
}
