//! A suite as it was written: plain data with positions. What it means is decided in `gather.rs` and `run.rs`.

use std::collections::BTreeMap;

use crate::Claim;
use crate::analysis::Condition;
use crate::read::{Position, Problem};
use crate::semantics::Choice;

use super::cells::Cells;

/// A text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Where it begins.
    pub at: Position,
}

/// One suite: a file that says what some tokens get from one or more configurations.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The name of the file, for messages.
    pub name: String,
    /// The configurations; the whole suite runs once for each.
    pub configs: Vec<ConfigPath>,
    /// The pool, where a configuration has several.
    pub pool: Option<Written>,
    /// The provider of every login that does not name its own.
    pub provider: Option<Written>,
    /// The frozen clock, in seconds since 1970.
    pub now: Option<i64>,
    /// Choices for open questions.
    pub assume: Vec<Choice>,
    /// A file of groups, instead of those in the configuration.
    pub groups: Option<Written>,
    /// Aliases of roles.
    pub roles: BTreeMap<String, Written>,
    /// The users, in the order written.
    pub users: Vec<User>,
    /// The tests, in the order written.
    pub tests: Vec<Test>,
    /// What must hold for all tokens.
    pub properties: Vec<Property>,
    /// Whether a table of users, roles and tags is kept beside the suite, and where the suite says so.
    pub snapshot: Option<Position>,
    /// What must be covered.
    pub coverage: CoverageGoals,
    /// All expectations; tests refer to them by number.
    pub expectations: Vec<Expectation>,
    /// What is wrong with the text. A suite with problems never becomes a [`Plan`](super::Plan).
    pub problems: Vec<Problem>,
}

/// The path of a configuration, as written, and its label where there are several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigPath {
    /// `dev` in `{dev: …, prod: …}`; it ends the names of cases, after `@`.
    pub label: Option<String>,
    /// The path, from the suite's folder.
    pub path: Written,
}

/// A user: claims that tests share.
#[derive(Debug, Clone)]
pub struct User {
    /// Its name.
    pub name: Written,
    /// The user whose claims come first.
    pub extends: Option<Written>,
    /// Claims to set, and (`None`) claims to take out.
    pub claims: Vec<(String, Cell)>,
    /// Names of groups, which become `cognito:*` claims.
    pub groups: Option<Vec<Written>>,
    /// A file with a compact JWT, or with a claims object.
    pub jwt: Option<Written>,
    /// Whether this is a guest, and where the suite says so.
    pub guest: Option<Position>,
    /// The provider of this user's login.
    pub provider: Option<Written>,
}

/// A claim's value; `None`: the claim is absent.
pub type Cell = Option<Claim<'static>>;

/// A test: one case, or one for each row.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name.
    pub name: Written,
    /// The users that sign in; several are several logins of one request.
    pub logins: Vec<Written>,
    /// Claims on top of the user's, or of none.
    pub claims: Option<Vec<(String, Cell)>>,
    /// Groups instead of the user's.
    pub groups: Option<Vec<Written>>,
    /// The provider, instead of the user's.
    pub provider: Option<Written>,
    /// The role that the request chooses.
    pub custom_role_arn: Option<Written>,
    /// Choices on top of the suite's.
    pub assume: Vec<Choice>,
    /// What each cell of a row sets, from the left.
    pub columns: Vec<Column>,
    /// The rows; a plain test has one, without cells.
    pub rows: Vec<Row>,
    /// The cells of the rows, each setting what its column says.
    pub cells: Cells,
    /// A CSV file that holds the rows, until it has been read.
    pub file: Option<Written>,
    /// Whether the rows come from `table` or `each`, so that cases are named after their cells.
    pub many: bool,
    /// The expectation for rows that bring none.
    pub expect: Option<usize>,
    /// Why the test is not run.
    pub skip: Option<Written>,
    /// Why the test is expected to fail for now.
    pub todo: Option<Written>,
}

/// What the cells of one column set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The user.
    User,
    /// The role that the request chooses.
    CustomRoleArn,
    /// The groups.
    Groups,
    /// The provider.
    Provider,
    /// A claim.
    Claim(String),
}

/// One row of a table, or one cell of `each`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Where it stands.
    pub at: Position,
    /// Where its expectation stands.
    pub expect_at: Position,
    /// Its expectation, by number.
    pub expect: usize,
}

/// What a case must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The role or the denial.
    pub outcome: Expected,
    /// What must have chosen the role.
    pub by: Option<By>,
    /// The principal tags.
    pub tags: Option<ExpectedTags>,
    /// Whether the answer must be certain, or must not be.
    pub certain: Option<bool>,
    /// Whether STS must let Cognito assume the role, by the role's trust policy, or must not.
    pub assumable: Option<bool>,
    /// Where it stands.
    pub at: Position,
}

/// The role or the denial that is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is said about it.
    Any,
    /// This role, as written: an alias, an ARN, a reference or a name.
    Role(Written),
    /// A denial, and its reason if one is named.
    Deny(Option<&'static str>),
}

/// What must have chosen the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// This rule, counted from 1.
    Rule(usize),
    /// A source, by the word of the decision object; for `custom-role` perhaps through this rule.
    Source(&'static str, Option<usize>),
}

/// The principal tags that are expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedTags {
    /// Whether other tags may be there too (`$subset: true`).
    pub subset: bool,
    /// Tag key to value; `None`: there is no such tag.
    pub tags: BTreeMap<String, Option<String>>,
}

/// Something that must hold for every token.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name.
    pub name: Written,
    /// What must hold.
    pub claim: PropertyClaim,
}

/// What a property says.
#[derive(Debug, Clone)]
pub enum PropertyClaim {
    /// No token gets this role, but those that meet the condition.
    Never {
        /// The role, as written.
        role: Written,
        /// Tokens that may get it.
        unless: Option<Condition>,
    },
    /// Every token gets this role, or every token that meets the condition.
    Always {
        /// The role, as written.
        role: Written,
        /// The tokens meant.
        when: Option<Condition>,
    },
    /// Every rule decides for some token.
    LiveAll(Position),
    /// Every token gets the same from another configuration.
    EquivalentTo(Written),
}

/// What must be covered, in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoverageGoals {
    /// Rules that decided some case.
    pub rules: Option<u8>,
    /// Outcomes that some case had.
    pub outcomes: Option<u8>,
    /// Tags that some case got.
    pub tags: Option<u8>,
    /// Changed configurations that the suite notices.
    pub mutants: Option<u8>,
    /// Where the suite says so.
    pub at: Option<Position>,
}

/// A file that a suite needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need<'s> {
    /// What is in it.
    pub kind: NeedKind,
    /// Its path, from the suite's folder.
    pub path: &'s Written,
}

/// What is in a file that a suite needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedKind {
    /// A configuration: a file or a folder, anywhere.
    Config,
    /// Groups, anywhere.
    Groups,
    /// A token: a file inside the suite's folder.
    Token,
    /// A CSV table: a file inside the suite's folder.
    Table,
}

impl Suite {
    /// The files that the suite needs, each once for each kind.
    #[must_use]
    pub fn needs(&self) -> Vec<Need<'_>> {
        let configs = self.configs.iter().map(|config| &config.path);
        let others = self.properties.iter().filter_map(|property| match &property.claim {
            PropertyClaim::EquivalentTo(path) => Some(path),
            _ => None,
        });
        let all = configs
            .chain(others)
            .map(|path| (NeedKind::Config, path))
            .chain(self.groups.iter().map(|path| (NeedKind::Groups, path)))
            .chain(self.users.iter().filter_map(|user| Some((NeedKind::Token, user.jwt.as_ref()?))))
            .chain(self.tests.iter().filter_map(|test| Some((NeedKind::Table, test.file.as_ref()?))));
        let mut seen = std::collections::BTreeSet::new();
        all.filter(|(kind, path)| seen.insert((*kind, path.text.as_str())))
            .map(|(kind, path)| Need { kind, path })
            .collect()
    }
}

impl Column {
    /// The heading that names this column.
    #[must_use]
    pub fn heading(&self) -> &str {
        match self {
            Self::User => "user",
            Self::CustomRoleArn => "custom_role_arn",
            Self::Groups => "groups",
            Self::Provider => "provider",
            Self::Claim(name) => name,
        }
    }

    /// The column that a heading names.
    pub(super) fn of(heading: &str) -> Self {
        match heading {
            "user" => Self::User,
            "custom_role_arn" => Self::CustomRoleArn,
            "groups" => Self::Groups,
            "provider" => Self::Provider,
            claim => Self::Claim(claim.to_owned()),
        }
    }
}
