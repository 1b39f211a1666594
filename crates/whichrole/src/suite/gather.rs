//! Brings a suite and the files it names together, and finds everything that the two do not agree on.

use std::collections::{BTreeMap, BTreeSet};

use crate::claims::{Claim, Claims};
use crate::eval::Evaluator;
use crate::login::{LoginError, TokenForm};
use crate::pool::Group;
use crate::provider::ProviderKey;
use crate::read::{Configuration, Definition, Position, Problem, ReadError};
use crate::semantics::{Choice, Semantics};
use crate::text;
use crate::trust::TrustPolicies;

use super::coverage::Items;
use super::fields::Fields;
use super::model::{By, Column, Expected, NeedKind, PropertyClaim, Suite, User, Written};
use super::people::{Tokens, decode, people};
use super::plan::{Case, Plan, Target};
use super::read_tests::{Expectations, check_login};
use super::roles::Roles;
use super::{idle, table, users};

/// How many problems are told; the rest is counted.
const MOST_PROBLEMS: usize = 500;

/// What the caller brings: the contents of the files that a suite needs, by the paths the suite has written.
#[derive(Debug, Default)]
pub struct Brought {
    configs: BTreeMap<String, Configuration>,
    groups: BTreeMap<String, Configuration>,
    tokens: BTreeMap<String, String>,
    tables: BTreeMap<String, String>,
    faults: BTreeMap<(NeedKind, String), Problem>,
}

impl Brought {
    /// A configuration, with whatever is wrong with it.
    pub fn config(&mut self, path: impl Into<String>, configuration: Configuration) {
        self.configs.insert(path.into(), configuration);
    }

    /// A file of groups.
    pub fn groups(&mut self, path: impl Into<String>, configuration: Configuration) {
        self.groups.insert(path.into(), configuration);
    }

    /// The text of a token: a compact JWT or a claims object.
    pub fn token(&mut self, path: impl Into<String>, text: String) {
        self.tokens.insert(path.into(), text);
    }

    /// The text of a CSV table.
    pub fn table(&mut self, path: impl Into<String>, text: String) {
        self.tables.insert(path.into(), text);
    }

    /// Why a file could not be brought; the plan reports it where the suite names the file.
    pub fn fault(&mut self, kind: NeedKind, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.faults.insert((kind, path.into()), Problem::new(code, message));
    }
}

impl Suite {
    /// Brings everything together.
    ///
    /// # Errors
    /// All problems at once: of the suite's text, of the files it names, and of what the two do not agree on, such as a role that the
    /// configuration does not have.
    pub fn plan(mut self, brought: Brought) -> Result<Plan, ReadError> {
        let mut planner = Planner {
            names: vec![self.name.clone()],
            fields: Fields::after(std::mem::take(&mut self.problems)),
            notes: Vec::new(),
            brought,
        };
        planner.tables(&mut self);
        let tokens = planner.tokens(&self);
        let (semantics, semantics_of) = semantics(&self);
        let groups = planner.groups_file(&self);

        let mut targets = Vec::new();
        let mut parts = 0_usize;
        for config in self.configs.clone() {
            let Some((definition, first_source)) = planner.configuration(&config.path, self.pool.as_ref()) else {
                continue;
            };
            let groups = groups.clone().or_else(|| definition.groups.clone());
            let evaluator = Evaluator::new(definition.pool.clone(), Semantics::default());
            let around = planner.brought.configs.get(&config.path.text).map(|known| &known.surroundings);
            let mut target = Target {
                evaluators: semantics.iter().map(|semantics| evaluator.under(*semantics)).collect(),
                users: BTreeMap::new(),
                roles: Roles::of(&definition, groups.as_deref(), around),
                label: config.label,
                path: config.path.text.clone(),
                definition,
                first_source,
                has_user_pools: groups.iter().flatten().any(|group| group.user_pool.is_some()),
                groups,
                policies: None,
            };
            // A table may have brought its expectations only now.
            if self.expectations.iter().any(|expectation| expectation.assumable.is_some())
                && let Some(configuration) = planner.brought.configs.get(&target.path)
            {
                target.policies = Some(TrustPolicies::of(configuration, &target.definition));
            }
            parts = parts.saturating_add(PARTS_OF_A_CONFIGURATION).saturating_add(target.parts());
            if parts > MOST_PARTS && targets.len() > 1 {
                let message = "the configurations are too large together; one suite for each of them has room";
                planner.fields.report("too-large", message, config.path.at);
                break;
            }
            planner.check_guests(&self, &target);
            planner.resolve_roles(&self, &mut target);
            planner.check_groups(&self, &target);
            planner.check_providers(&self, &target);
            // What is too large is told, and not made.
            if !planner.fields.problems.iter().any(|problem| problem.code == "too-large") {
                target.users = people(&self, &target, &tokens);
            }
            targets.push(target);
        }
        let mut others = BTreeMap::new();
        for property in &self.properties {
            if let PropertyClaim::EquivalentTo(path) = &property.claim
                && let Some((definition, _)) = planner.configuration(path, self.pool.as_ref())
            {
                others.insert(path.text.clone(), definition);
            }
        }

        planner.check_rules(&self, &targets);
        let Planner { names, mut fields, mut notes, .. } = planner;
        idle::check(&self, &targets, &mut fields, &mut notes);
        let rows: usize = self.tests.iter().map(|test| test.rows.len()).sum();
        if rows.saturating_mul(targets.len()) > MOST_CASES {
            let message = format!("more than {MOST_CASES} cases: each row for each configuration");
            fields.problems = vec![Problem::new("too-large", message).at(Position::new(0, 1, 1))];
        }
        if !fields.problems.is_empty() {
            fields.problems.sort_by(|a, b| (a.at, &a.message).cmp(&(b.at, &b.message)));
            fields.problems.dedup();
            let more = fields.problems.len().saturating_sub(MOST_PROBLEMS);
            if more > 0 {
                fields.problems.truncate(MOST_PROBLEMS);
                fields.problems.push(Problem::new(
                    "too-many-problems",
                    format!("and {}", text::counted(more, "more problem", "more problems")),
                ));
            }
            return Err(ReadError { problems: fields.problems, names });
        }
        let cases = cases(&self, targets.len());
        let items = Items::of(&targets);
        Ok(Plan { suite: self, targets, semantics_of, cases, items, others, names, notes })
    }
}

/// How many rules, tags and groups all configurations of a suite may have, one that is there twice counted twice; and as how many each
/// configuration counts besides. One or two may always be as large as any.
const MOST_PARTS: usize = 25_000;
const PARTS_OF_A_CONFIGURATION: usize = 8;

/// How many cases a suite may have: every row of every test for every configuration.
const MOST_CASES: usize = 300_000;

/// Test by test, configuration by configuration, row by row.
fn cases(suite: &Suite, targets: usize) -> Vec<Case> {
    let numbers = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
    let mut cases = Vec::new();
    for (test, rows) in numbers(suite.tests.len()).zip(suite.tests.iter().map(|test| test.rows.len())) {
        for target in numbers(targets) {
            cases.extend(numbers(rows).map(|row| Case { test, row, target }));
        }
    }
    cases
}

/// The distinct sets of choices, and which of them each test runs under.
fn semantics(suite: &Suite) -> (Vec<Semantics>, Vec<usize>) {
    let assume = |base: Semantics, choices: &[Choice]| choices.iter().fold(base, |all, choice| all.assume(*choice));
    let base = assume(Semantics::default(), &suite.assume);
    let mut distinct = vec![base];
    let mut of = Vec::with_capacity(suite.tests.len());
    for test in &suite.tests {
        let wanted = assume(base, &test.assume);
        let number = distinct.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            distinct.push(wanted);
            distinct.len() - 1
        });
        of.push(number);
    }
    (distinct, of)
}

/// Everything that may still be wrong once the suite has been read.
struct Planner {
    names: Vec<String>,
    fields: Fields,
    notes: Vec<Problem>,
    brought: Brought,
}

impl Planner {
    /// Reports why a file is not there.
    fn missing(&mut self, kind: NeedKind, path: &Written) {
        let problem = self.brought.faults.get(&(kind, path.text.clone())).cloned();
        let problem = problem.unwrap_or_else(|| Problem::new("missing-file", "this file was not brought"));
        self.fields.problems.push(problem.at(path.at));
    }

    /// Reads the CSV files into their tests.
    fn tables(&mut self, suite: &mut Suite) {
        let mut expectations = Expectations::after(std::mem::take(&mut suite.expectations));
        let by_name: BTreeMap<&str, &User> = suite.users.iter().map(|user| (user.name.text.as_str(), user)).collect();
        for test in &mut suite.tests {
            let Some(path) = test.file.clone() else { continue };
            let Some(csv) = self.brought.tables.get(&path.text) else {
                self.missing(NeedKind::Table, &path);
                continue;
            };
            let source = self.names.len();
            self.names.push(beside(&suite.name, &path.text));
            if let Some(table) = table::from_csv(csv, source, test.expect, &mut self.fields, &mut expectations) {
                (test.columns, test.rows, test.cells) = table;
                check_login(test, &mut self.fields);
                users::check_rows(test, &by_name, &mut self.fields);
            }
        }
        suite.expectations = expectations.all;
    }

    /// Decodes the tokens of users.
    fn tokens(&mut self, suite: &Suite) -> Tokens {
        let mut tokens = Tokens::new();
        for need in suite.needs().iter().filter(|need| need.kind == NeedKind::Token) {
            let Some(text) = self.brought.tokens.get(&need.path.text) else {
                self.missing(NeedKind::Token, need.path);
                continue;
            };
            match decode(text) {
                Ok(token) => {
                    tokens.insert(need.path.text.clone(), token);
                }
                Err(error) => {
                    let message = format!("{}: {error}", text::quoted(&need.path.text));
                    self.fields.report(error.code(), message, need.path.at);
                }
            }
        }
        tokens
    }

    fn groups_file(&mut self, suite: &Suite) -> Option<Vec<Group>> {
        let path = suite.groups.as_ref()?;
        let Some(configuration) = self.brought.groups.remove(&path.text) else {
            self.missing(NeedKind::Groups, path);
            return None;
        };
        if self.adopt(&configuration) {
            return None;
        }
        let file = text::quoted(&path.text);
        let mut with_groups: Vec<Definition> = configuration.definitions;
        with_groups.retain(|definition| definition.groups.is_some());
        if let ([_, _, ..], Some(pool)) = (with_groups.as_slice(), &suite.pool) {
            with_groups.retain(|definition| definition.is_called(&pool.text));
        }
        match with_groups.as_slice() {
            [] => self.fields.report("no-groups", format!("no group was found in {file}"), path.at),
            [_] => {}
            several => {
                let names = text::alternatives(several.iter().map(|definition| definition.name.as_str()));
                let message = format!("{file} has groups of several pools; choose with `pool`: {names}");
                self.fields.report("several-pools", message, path.at);
            }
        }
        with_groups.into_iter().next()?.groups
    }

    /// The pool of a configuration, and the number of its first source.
    fn configuration(&mut self, path: &Written, pool: Option<&Written>) -> Option<(Definition, usize)> {
        let Some(configuration) = self.brought.configs.get(&path.text).cloned() else {
            self.missing(NeedKind::Config, path);
            return None;
        };
        let first_source = self.names.len();
        if self.adopt(&configuration) {
            return None;
        }
        let names: Vec<&str> = configuration.definitions.iter().map(|definition| definition.name.as_str()).collect();
        let found = match (pool, configuration.definitions.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => {
                let message = format!("there are several pools; choose with `pool`: {}", text::alternatives(names));
                self.fields.report("several-pools", message, path.at);
                None
            }
            (Some(pool), definitions) => {
                let found = definitions.iter().find(|definition| definition.is_called(&pool.text));
                if found.is_none() {
                    let problem = Problem::unknown("unknown-pool", "pool", &pool.text, names.iter().copied());
                    self.fields.problems.push(problem.at(pool.at));
                }
                found
            }
        };
        found.map(|definition| (definition.clone(), first_source))
    }

    /// Takes over the names and problems of a configuration; says whether there are any problems.
    fn adopt(&mut self, configuration: &Configuration) -> bool {
        let first = self.names.len();
        let moved = |problem: &Problem| Problem { at: problem.at.map(|at| at.after_sources(first)), ..problem.clone() };
        self.fields.problems.extend(configuration.problems.iter().map(moved));
        self.notes.extend(configuration.notes.iter().map(moved));
        self.names.extend(configuration.names.iter().cloned());
        !configuration.problems.is_empty()
    }

    /// There is no answer for a guest where it is not known whether guests are allowed.
    fn check_guests(&mut self, suite: &Suite, target: &Target) {
        let Some(why) = &target.definition.unknown_guests else { return };
        if users::asks_for_guests(suite) {
            self.fields.problems.push(Problem { at: why.at.map(|at| target.place(at)), ..why.clone() });
        }
    }

    /// Finds every role that the suite names anywhere.
    fn resolve_roles(&mut self, suite: &Suite, target: &mut Target) {
        for (alias, role) in &suite.roles {
            target.roles.alias(alias, role, &mut self.fields);
        }
        let expected = suite.expectations.iter().map(|expectation| &expectation.outcome);
        let proved = suite.properties.iter().filter_map(|property| match &property.claim {
            PropertyClaim::Never { role, .. } | PropertyClaim::Always { role, .. } => Some(role),
            PropertyClaim::LiveAll(_) | PropertyClaim::EquivalentTo(_) => None,
        });
        let roles = expected.filter_map(|outcome| match outcome {
            Expected::Role(role) => Some(role),
            Expected::Any | Expected::Deny(_) => None,
        });
        for role in roles.chain(proved).chain(suite.tests.iter().filter_map(|test| test.custom_role_arn.as_ref())) {
            target.roles.learn(role, &mut self.fields);
        }
        for (role, at) in cells(suite, &Column::CustomRoleArn) {
            if let Claim::Text(role) = role {
                target.roles.learn(&Written { text: role.into_owned(), at }, &mut self.fields);
            }
        }
    }

    /// A rule that no configuration has can decide nothing.
    fn check_rules(&mut self, suite: &Suite, targets: &[Target]) {
        let mappings = targets.iter().flat_map(|target| target.definition.pool.role_mappings.values());
        let most = mappings.map(|mapping| mapping.mapping_rules().len()).max().unwrap_or_default();
        // Where no configuration could be read, nothing is known of rules.
        if targets.is_empty() {
            return;
        }
        for expectation in &suite.expectations {
            let Some(By::Rule(rule) | By::Source(_, Some(rule))) = expectation.by else { continue };
            if rule > most {
                let rules = match most {
                    0 => "no mapping by rules is there".to_owned(),
                    1 => "a provider has 1 rule".to_owned(),
                    _ => format!("a provider has at most {most} rules"),
                };
                let message = format!("there is no rule {rule}; {rules}");
                self.fields.report("unknown-rule", message, expectation.at);
            }
        }
    }

    /// Where groups are known, a name that is none of them is a mistake.
    fn check_groups(&mut self, suite: &Suite, target: &Target) {
        let Some(groups) = &target.groups else { return };
        let known: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        let list: Vec<&str> = known.iter().copied().collect();
        let mut check = |name: &str, at: Position| {
            if !known.contains(name) {
                self.fields.unknown("unknown-group", "group", name, &list, at);
            }
        };
        let of_users = suite.users.iter().filter_map(|user| user.groups.as_ref());
        let of_tests = suite.tests.iter().filter_map(|test| test.groups.as_ref());
        of_users.chain(of_tests).flatten().for_each(|group| check(&group.text, group.at));
        for (groups, at) in cells(suite, &Column::Groups) {
            if let Claim::Array(names) = groups {
                names.iter().filter_map(Claim::as_text).for_each(|name| check(name, at));
            }
        }
    }

    /// A provider that the configuration could not mean is a mistake of the suite, whatever the token.
    fn check_providers(&mut self, suite: &Suite, target: &Target) {
        let Some(evaluator) = target.evaluators.first() else { return };
        let mut check = |name: &str, at: Position| {
            let claims = Claims::default();
            if let Err(error @ LoginError::UnknownProvider { .. }) =
                evaluator.login(Some(&ProviderKey::new(name)), &claims, TokenForm::Claims)
            {
                self.fields.report(error.code(), error.to_string(), at);
            }
        };
        let of_users = suite.users.iter().filter_map(|user| user.provider.as_ref());
        let of_tests = suite.tests.iter().filter_map(|test| test.provider.as_ref());
        suite.provider.iter().chain(of_users).chain(of_tests).for_each(|key| check(&key.text, key.at));
        for (key, at) in cells(suite, &Column::Provider) {
            if let Some(key) = key.as_text() {
                check(key, at);
            }
        }
    }
}

/// The distinct values of a column over all tests, each where it first stands.
fn cells<'s>(suite: &'s Suite, column: &Column) -> Vec<(Claim<'s>, Position)> {
    let mut found = BTreeMap::new();
    for test in &suite.tests {
        let Some(number) = test.columns.iter().position(|known| known == column) else { continue };
        for (place, row) in test.rows.iter().enumerate() {
            if let Some(value) = test.cells.get(place, number) {
                found.entry(value.to_json()).or_insert((value, row.at));
            }
        }
    }
    found.into_values().collect()
}

/// A path that is relative to a file's folder, for people.
fn beside(file: &str, path: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}
