//! Reads the tests of a suite, and what they expect.

use std::collections::BTreeMap;

use crate::read::{Node, Position, Problem, Value};
use crate::text;

use super::cells::Cells;
use super::fields::{Fields, place};
use super::model::{By, Cell, Column, Expectation, Expected, ExpectedTags, Row, Test, Written};
use super::table;

/// A test takes much more memory than its text, and than a row of a table.
const MOST_TESTS: usize = 25_000;

const KEYS: &[&str] = &[
    "name",
    "user",
    "logins",
    "claims",
    "groups",
    "provider",
    "custom_role_arn",
    "assume",
    "table",
    "each",
    "expect",
    "skip",
    "todo",
];

/// The reasons of a denial, as the decision object names them.
const REASONS: [&str; 8] = [
    "guests-not-allowed",
    "role-resolution-denied",
    "custom-role-not-allowed",
    "role-not-configured",
    "invalid-token",
    "tags-rejected",
    "logins-disagree",
    "custom-role-required",
];

/// The sources of a role, as the decision object names them; a rule is named with its number.
const SOURCES: [&str; 7] = [
    "preferred-role",
    "custom-role",
    "role-resolution",
    "authenticated-role",
    "unauthenticated-role",
    "sole-role",
    "saml-role",
];

/// All tests, and the expectations they refer to.
pub(super) fn tests(node: Node, fields: &mut Fields) -> (Vec<Test>, Vec<Expectation>) {
    if !matches!(node.value, Value::List(_)) {
        fields.wrong_kind(&node, "`tests`", "a list");
    }
    let Value::List(elements) = node.value else { return Default::default() };
    if let Some(first) = elements.get(MOST_TESTS) {
        fields.report(
            "too-large",
            format!("more than {MOST_TESTS} tests; many that are alike go into a table"),
            first.at,
        );
        return Default::default();
    }
    let mut expectations = Expectations::default();
    let tests = elements.into_iter().filter_map(|element| test(&element, fields, &mut expectations)).collect();
    (tests, expectations.all)
}

fn test(node: &Node, fields: &mut Fields, expectations: &mut Expectations) -> Option<Test> {
    let problems = fields.problems.len();
    let map = fields.map(node, "a test", KEYS)?;
    let name = name(map, "a test", fields);
    let mut reason = |key: &str| {
        let node = map.get(key)?;
        let is_blank = node.as_text().is_some_and(|text| text.trim().is_empty());
        if is_blank || node.value == Value::Null || node.value == Value::Bool(true) {
            fields.report("missing-reason", format!("`{key}` needs its reason: `{key}: because …`"), node.at);
            return None;
        }
        fields.text(node, &format!("`{key}`"))
    };
    let (skip, todo) = (reason("skip"), reason("todo"));
    if skip.is_some() && todo.is_some() {
        fields.report("contradiction", "a test is either `skip` or `todo`", place(map, "todo"));
    }
    let mut word = |key: &str| map.get(key).and_then(|node| fields.text(node, &format!("`{key}`")));
    let (user, provider) = (word("user"), word("provider"));
    let custom_role_arn = map
        .get("custom_role_arn")
        .filter(|node| node.value != Value::Null)
        .and_then(|node| fields.text(node, "`custom_role_arn`"));
    let logins = map.get("logins").and_then(|node| logins(node, fields));
    if let (Some(user), Some(_)) = (&user, &logins) {
        fields.report("contradiction", "a test has either a `user` or several `logins`", user.at);
    }
    let mut test = Test {
        name: name.unwrap_or_else(|| Written { text: String::new(), at: node.at }),
        logins: user.into_iter().chain(logins.into_iter().flatten()).collect(),
        claims: map.get("claims").map(|node| fields.claims(node, "`claims`")),
        groups: map.get("groups").and_then(|node| fields.texts(node, "`groups`")),
        provider,
        custom_role_arn,
        assume: map.get("assume").map(|node| fields.choices(node, "`assume`")).unwrap_or_default(),
        columns: Vec::new(),
        rows: Vec::new(),
        cells: Cells::default(),
        file: None,
        many: false,
        expect: None,
        skip,
        todo,
    };
    if map.get("logins").is_some_and(|node| matches!(&node.value, Value::List(logins) if logins.is_empty())) {
        let message = "`logins` names nobody; a guest is a user with `guest: true`";
        fields.report("missing-key", message, place(map, "logins"));
    }
    rows(map, &mut test, fields, expectations);
    // The columns of a CSV file are not known yet; and what a misspelled key leaves out is no second mistake.
    if test.file.is_none() && fields.problems.len() == problems {
        check_login(&test, fields);
    }
    Some(test)
}

/// A plain test is a table of one row without cells.
fn rows(map: &Node, test: &mut Test, fields: &mut Fields, expectations: &mut Expectations) {
    let (table, each, expect) = (map.get("table"), map.get("each"), map.get("expect"));
    test.many = table.is_some() || each.is_some();
    if let (Some(_), Some(each)) = (table, each) {
        fields.report("contradiction", "a test has either a `table` or `each`", each.at);
    } else if let Some(each) = each {
        let Some(expect) = expect else {
            fields.report("missing-key", "`each` has no `expect`", map.at);
            return;
        };
        (test.columns, test.rows, test.cells) = table::each(each, expect, fields, expectations).unwrap_or_default();
    } else {
        test.expect = expect.and_then(|node| expectations.read(node, fields));
        match table {
            Some(file) if matches!(file.value, Value::Text(_)) => test.file = fields.text(file, "`table`"),
            Some(table) => {
                (test.columns, test.rows, test.cells) =
                    table::inline(table, test.expect, fields, expectations).unwrap_or_default();
            }
            None if expect.is_none() && map.entries().iter().all(|entry| KEYS.contains(&entry.name.as_str())) => {
                fields.report("missing-key", "the test has no `expect`, so it would test nothing", map.at);
            }
            None => {
                let expect_at = place(map, "expect");
                let row = |expect| Row { at: test.name.at, expect_at, expect };
                test.rows = test.expect.map(row).into_iter().collect();
            }
        }
    }
}

/// Somebody has to sign in, in one way.
pub(super) fn check_login(test: &Test, fields: &mut Fields) {
    let sets = |column: &Column| test.columns.contains(column);
    let has_claims = test.claims.is_some() || test.groups.is_some();
    let has_claim_column = test.columns.iter().any(|column| matches!(column, Column::Claim(_) | Column::Groups));
    if test.logins.is_empty() && !sets(&Column::User) && !has_claims && !has_claim_column {
        let message = "the test does not say who signs in: give it a `user`, or `claims`";
        fields.report("missing-key", message, test.name.at);
    }
    let groups = test.groups.as_ref().map(|groups| groups.first().map_or(test.name.at, |first| first.at));
    for (column, written) in [
        (Column::User, test.logins.first().map(|login| login.at)),
        (Column::CustomRoleArn, test.custom_role_arn.as_ref().map(|role| role.at)),
        (Column::Groups, groups),
        (Column::Provider, test.provider.as_ref().map(|provider| provider.at)),
    ] {
        if let Some(at) = written.filter(|_| sets(&column)) {
            fields.report("contradiction", format!("`{}` is set by the rows already", column.heading()), at);
        }
    }
    if let [first, _, ..] = test.logins.as_slice()
        && (has_claims || has_claim_column || test.provider.is_some() || sets(&Column::Provider))
    {
        let message = "claims, groups and provider of several logins belong to their users";
        fields.report("contradiction", message, first.at);
    }
}

/// A name that people can call.
pub(super) fn name(map: &Node, what: &str, fields: &mut Fields) -> Option<Written> {
    let Some(node) = map.get("name") else {
        fields.report("missing-key", format!("{what} has no `name`"), map.at);
        return None;
    };
    let name = fields.text(node, "`name`")?;
    if name.text.trim().is_empty() {
        fields.report("empty-value", "`name` is blank", name.at);
    }
    Some(name)
}

/// Expectations, each read once: a table of a hundred thousand rows has a handful.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    pub(super) all: Vec<Expectation>,
    words: BTreeMap<String, usize>,
}

impl Expectations {
    /// Goes on from the expectations of a suite that has been read.
    pub(super) fn after(all: Vec<Expectation>) -> Self {
        Self { all, words: BTreeMap::new() }
    }

    /// The number of an expectation.
    pub(super) fn read(&mut self, node: &Node, fields: &mut Fields) -> Option<usize> {
        if let Some(known) = node.as_text().and_then(|word| self.words.get(word)) {
            return Some(*known);
        }
        let expectation = expectation(node, fields)?;
        let number = self.add(expectation);
        if let Some(word) = node.as_text() {
            self.words.insert(word.to_owned(), number);
        }
        Some(number)
    }

    /// The number of an expectation that is one word.
    pub(super) fn word(&mut self, word: &str, at: Position) -> usize {
        if let Some(known) = self.words.get(word) {
            return *known;
        }
        let number = self.add(of_word(word, at));
        self.words.insert(word.to_owned(), number);
        number
    }

    pub(super) fn add(&mut self, expectation: Expectation) -> usize {
        self.all.push(expectation);
        self.all.len() - 1
    }
}

const EXPECTATION_KEYS: [&str; 6] = ["role", "deny", "by", "tags", "certain", "assumable"];

/// `deny`, `uncertain`, a role, or a map.
pub(super) fn expectation(node: &Node, fields: &mut Fields) -> Option<Expectation> {
    match &node.value {
        Value::Map(_) => {
            let problems = fields.problems.len();
            let map = fields.map(node, "`expect`", &EXPECTATION_KEYS)?;
            if fields.problems.len() > problems { None } else { of_map(map, fields) }
        }
        Value::Text(word) if !word.is_empty() => Some(of_word(word, node.at)),
        _ => {
            fields.wrong_kind(node, "`expect`", "a role, `deny`, `uncertain` or a map");
            None
        }
    }
}

fn of_word(word: &str, at: Position) -> Expectation {
    let (outcome, certain) = match word {
        "deny" => (Expected::Deny(None), None),
        "uncertain" => (Expected::Any, Some(false)),
        role => (Expected::Role(Written { text: role.to_owned(), at }), None),
    };
    Expectation { outcome, by: None, tags: None, certain, assumable: None, at }
}

/// The expectation in a map; keys that are not its own have been looked at.
fn of_map(map: &Node, fields: &mut Fields) -> Option<Expectation> {
    let problems = fields.problems.len();
    let role = map.get("role").and_then(|node| fields.text(node, "`role`"));
    let deny = map.get("deny").and_then(|node| deny(node, fields));
    let by = map.get("by").and_then(|node| by(node, fields));
    let tags = map.get("tags").and_then(|node| expected_tags(node, fields));
    let certain = map.get("certain").and_then(|node| fields.flag(node, "`certain`"));
    let assumable = map.get("assumable").and_then(|node| fields.flag(node, "`assumable`"));
    if let Some(role) = role.as_ref().filter(|role| matches!(role.text.as_str(), "deny" | "uncertain")) {
        let message = format!("`{}` is no role; write `expect: {0}`", role.text);
        fields.report("wrong-kind", message, role.at);
    }
    if map.get("deny").is_some() {
        for key in ["role", "by", "tags", "assumable"].iter().filter(|key| map.get(key).is_some()) {
            fields.report("contradiction", format!("a denial has no `{key}`"), place(map, key));
        }
    }
    if fields.problems.len() > problems {
        return None;
    }
    let outcome = match (role, deny) {
        (Some(role), _) => Expected::Role(role),
        (None, Some(denial)) => denial,
        (None, None) => Expected::Any,
    };
    let expects_nothing = by.is_none() && tags.is_none() && certain.is_none() && assumable.is_none();
    if outcome == Expected::Any && expects_nothing {
        fields.report("missing-key", "this expects nothing; give it a `role` or `deny`", map.at);
        return None;
    }
    Some(Expectation { outcome, by, tags, certain, assumable, at: map.at })
}

/// The users of several logins of one request.
fn logins(node: &Node, fields: &mut Fields) -> Option<Vec<Written>> {
    let wrong = match &node.value {
        Value::List(logins) => logins.iter().find(|login| login.is_map()),
        _ => Some(node),
    };
    if let Some(wrong) = wrong {
        let message = format!("expected a list of users, such as `logins: [alice, partner]`, found {}", wrong.kind());
        fields.report("wrong-kind", message, wrong.at);
        return None;
    }
    fields.texts(node, "`logins`")
}

/// `deny: true`, or a reason.
fn deny(node: &Node, fields: &mut Fields) -> Option<Expected> {
    if node.value == Value::Bool(true) {
        return Some(Expected::Deny(None));
    }
    if node.value == Value::Bool(false) {
        fields.report("missing-key", "`deny: false` says nothing; name the role that is expected", node.at);
        return None;
    }
    let written = fields.text(node, "`deny`")?;
    let known = REASONS.iter().find(|known| **known == written.text);
    if known.is_none() {
        fields.problems.push(Problem::unknown("unknown-reason", "reason", &written.text, REASONS).at(written.at));
    }
    known.map(|known| Expected::Deny(Some(known)))
}

/// `rule 3`, a source, or `custom-role by rule 3`.
fn by(node: &Node, fields: &mut Fields) -> Option<By> {
    let written = fields.text(node, "`by`")?;
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    let found = match written.text.split(' ').collect::<Vec<_>>()[..] {
        ["rule", rule] => number(rule).map(By::Rule),
        ["custom-role", "by", "rule", rule] => number(rule).map(|rule| By::Source("custom-role", Some(rule))),
        [word] => SOURCES.iter().find(|known| **known == word).map(|known| By::Source(known, None)),
        _ => None,
    };
    if found.is_none() {
        let known = ["rule N"].into_iter().chain(SOURCES);
        fields.problems.push(Problem::unknown("unknown-source", "source", &written.text, known).at(written.at));
    }
    found
}

/// Tag key to value. A value is text, however YAML reads it.
fn expected_tags(node: &Node, fields: &mut Fields) -> Option<ExpectedTags> {
    if !node.is_map() {
        fields.wrong_kind(node, "`tags`", "a map of tag key to value");
        return None;
    }
    fields.unique(node);
    let mut expected = ExpectedTags { subset: false, tags: BTreeMap::new() };
    for entry in node.entries() {
        if entry.name == "$subset" {
            expected.subset = fields.flag(&entry.value, "`$subset`")?;
            continue;
        }
        if entry.name.starts_with('$') {
            let problem = Problem::unknown("unknown-key", "key of `tags`:", &entry.name, ["$subset"]);
            fields.problems.push(problem.at(entry.at));
        }
        let value = match &entry.value.value {
            Value::Null => None,
            Value::Text(text) | Value::Number(text) | Value::Unquoted(text) => Some(text.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => {
                fields.wrong_kind(&entry.value, &format!("tag {}", text::quoted(&entry.name)), "a string");
                continue;
            }
        };
        expected.tags.insert(entry.name.to_string(), value);
    }
    if expected.subset && expected.tags.is_empty() {
        fields.report("missing-key", "`$subset: true` without any tag expects nothing", node.at);
    }
    Some(expected)
}

/// An entry of `each`'s `expect`, without its `when`: an expectation's own keys, or `expect`.
pub(super) fn entry_expectation(entry: &Node, fields: &mut Fields) -> Option<Expectation> {
    let mut keys = vec!["when", "expect"];
    keys.extend(EXPECTATION_KEYS);
    let map = fields.map(entry, "an entry of `expect`", &keys)?;
    match map.get("expect") {
        Some(expect) => {
            for key in EXPECTATION_KEYS.iter().filter(|key| map.get(key).is_some()) {
                fields.report("contradiction", format!("`{key}` belongs into `expect`"), place(map, key));
            }
            expectation(expect, fields)
        }
        None => of_map(map, fields),
    }
}

/// A cell of a column that is not a claim.
pub(super) fn check_cell(column: &Column, node: &Node, fields: &mut Fields) -> Option<Cell> {
    match column {
        Column::Claim(name) => fields.cell(node, &text::quoted(name)),
        Column::Groups => {
            fields.texts(node, "`groups`")?;
            fields.cell(node, "`groups`")
        }
        Column::CustomRoleArn | Column::Provider if node.value == Value::Null => Some(None),
        Column::User | Column::CustomRoleArn | Column::Provider => {
            let written = fields.text(node, &format!("`{}`", column.heading()))?;
            Some(Some(crate::Claim::from(written.text)))
        }
    }
}
