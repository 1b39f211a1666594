//! `diff --users FILE`: real users, a line each, counted by what they got and get.
//!
//! A line is a claims object, a compact JWT, or a user of a groups export: the output of `admin-list-groups-for-user`
//! (`{"Groups": [{"GroupName": …}], "UserAttributes": […]}`), or `{"user": …, "groups": […], "claims": {…}}`. The tokens of an export's
//! users are made from the groups of each side, so that a group whose role changes shows.

use std::ffi::OsStr;

use serde::Serialize;
use serde_json::Value;
use whichrole::analysis::{Diff, Judged};
use whichrole::{
    Claim, Claims, Group, GroupClaims, PREFERRED_ROLE, ProviderKey, Semantics, TokenLimits, find_group, text,
};

use crate::counts::{Count, Counts, Fault};
use crate::failure::{Failure, Report, Result};
use crate::lines::{Block, Lines, split};
use crate::output::Output;
use crate::{input, request};

/// The largest line of a file of users.
const LINE_BYTES: usize = 65_536;
/// Lines that cannot be read and are named one by one.
const SENTENCES: usize = 20;

/// How many users of a file are in each class.
#[derive(Debug, Serialize)]
pub struct Users {
    /// Those that were compared.
    pub total: usize,
    pub changed: usize,
    /// Lines that could not be read.
    pub unread: usize,
    pub classes: Vec<Class>,
    /// Users in classes beyond those.
    pub others: usize,
    pub errors: Vec<Fault>,
}

/// Users who got the one and get the other: a role, or the reason of a denial.
#[derive(Debug, Serialize)]
pub struct Class {
    pub before: String,
    pub after: String,
    pub tags_differ: bool,
    pub users: usize,
    /// The line of the first of them.
    pub line: usize,
}

/// What was before, what is after, and whether both are roles, with different tags.
type Outcome = (String, String, bool);

/// What the lines came to, so far.
#[derive(Default)]
struct Seen {
    compared: usize,
    classes: Counts<Outcome>,
    errors: Counts<String>,
}

/// Puts each user of a file to both configurations. A line that cannot be read is said and counted, and the others are compared.
pub fn count(
    file: &OsStr,
    provider: Option<&ProviderKey>,
    found: &Diff,
    semantics: &Semantics,
    output: &Output,
) -> Result<Users> {
    let name = input::shown(file);
    let mut seen = Seen::default();
    let mut lines = Lines::new(input::open(file)?, LINE_BYTES);
    let mut buffer = Vec::new();
    loop {
        match lines.next(&mut buffer) {
            Block::End => break,
            Block::TooLong(number) => seen.unread(too_long(), number, &name, output),
            Block::Unreadable(_, error) => return Err(Failure::io(&error, "read", &name)),
            Block::Lines { first, length } => {
                let block = buffer.get(..length).unwrap_or_default();
                for (number, place) in split(block, first) {
                    let line = block.get(place).unwrap_or_default();
                    if line.len() > LINE_BYTES {
                        seen.unread(too_long(), number, &name, output);
                    } else if !line.iter().all(u8::is_ascii_whitespace) {
                        match judge(line, provider, found, semantics) {
                            Ok(judged) => seen.add(&judged, number),
                            Err(report) => seen.unread(*report, number, &name, output),
                        }
                    }
                }
            }
        }
    }
    let unread = seen.errors.total();
    if unread > SENTENCES {
        let more = text::counted(unread - SENTENCES, "more line", "more lines");
        output.error(&format!("and {more} that could not be read"));
    }
    Ok(seen.into())
}

fn too_long() -> Report {
    Report::new("too-large", format!("the line is longer than {LINE_BYTES} bytes"))
}

/// What a line comes to, or why it cannot be read.
type Read<T> = std::result::Result<T, Box<Report>>;

/// What the user of a line got and gets.
fn judge(line: &[u8], provider: Option<&ProviderKey>, found: &Diff, semantics: &Semantics) -> Read<[Judged; 2]> {
    let [before, after] = tokens(line, provider, found, semantics)?;
    let judged = found.judge(provider, &before, &after);
    judged.map_err(|error| Box::new(Report::new(error.code(), error.to_string())))
}

impl Seen {
    fn add(&mut self, [before, after]: &[Judged; 2], number: usize) {
        self.compared += 1;
        let got = |judged: &Judged| {
            judged.role.clone().unwrap_or_else(|| format!("denied ({})", judged.deny.unwrap_or_default()))
        };
        // A denial has no tags: what matters there is the denial.
        let has_role = |judged: &Judged| judged.role.is_some();
        let tags_differ = has_role(before) && has_role(after) && before.tags != after.tags;
        let (was, is) = (got(before), got(after));
        if was != is || tags_differ {
            self.classes.add(&(was, is, tags_differ), number);
        }
    }

    fn unread(&mut self, report: Report, number: usize, name: &str, output: &Output) {
        self.errors.add(report.code.as_str(), number);
        if self.errors.total() <= SENTENCES {
            let report = Report { file: Some(text::visible(name)), line: Some(number), ..report };
            output.error(&format!("error: {}", report.sentence()));
        }
    }
}

impl From<Seen> for Users {
    fn from(seen: Seen) -> Self {
        let class = |((before, after, tags_differ), count): (&Outcome, &Count)| Class {
            before: before.clone(),
            after: after.clone(),
            tags_differ: *tags_differ,
            users: count.lines,
            line: count.first(),
        };
        Self {
            total: seen.compared,
            changed: seen.classes.total(),
            unread: seen.errors.total(),
            classes: seen.classes.sorted().into_iter().map(class).collect(),
            others: seen.classes.others,
            errors: seen.errors.faults(),
        }
    }
}

/// The claims that the user of a line has on either side.
fn tokens(
    line: &[u8],
    provider: Option<&ProviderKey>,
    found: &Diff,
    semantics: &Semantics,
) -> Read<[Claims<'static>; 2]> {
    if let Some(user) = Exported::of(line)? {
        let [old, new] = &found.groups;
        let [was, is] = found.login_names(provider, &user.claims);
        return Ok([user.claims(old, &was, semantics)?, user.claims(new, &is, semantics)?]);
    }
    let token = request::parse_token(line, &TokenLimits::default()).map_err(|error| request::in_line(&error))?;
    Ok([token.claims.clone(), token.claims])
}

/// The members of a user.
const OWN: [&str; 3] = ["user", "groups", "claims"];
/// Claims that show that a line is claims, as does any with a colon in its name: some of them are in every token.
const OF_TOKENS: [&str; 6] = ["sub", "iss", "aud", "exp", "iat", "token_use"];

/// What is wrong with a user of a groups export.
fn invalid(what: &str) -> Report {
    Report::new("invalid-user", what)
}

/// A user of a groups export.
struct Exported {
    groups: Vec<Group>,
    claims: Claims<'static>,
}

impl Exported {
    /// `None`: the line is a token.
    fn of(line: &[u8]) -> Read<Option<Self>> {
        let Ok(Value::Object(members)) = serde_json::from_slice(line) else { return Ok(None) };
        let is_known = |key: &String| OWN.contains(&key.as_str());
        let is_near = |key: &String| is_known(key) || text::nearest(key, OWN).is_some();
        let of_token = |key: &String| OF_TOKENS.contains(&key.as_str()) || key.contains(':');
        // A member that is missing or misspelt does not make claims of a user: the answer would be another user's.
        let is_export = matches!(members.get("Groups"), Some(Value::Array(_)));
        let is_like_own = members.keys().any(is_known) || (!members.is_empty() && members.keys().all(is_near));
        let is_own = is_like_own && !is_export && !members.keys().any(of_token);
        let is_right = members.contains_key("user")
            && members.keys().all(is_known)
            && matches!(members.get("groups"), Some(Value::Array(_)))
            && matches!(members.get("claims"), None | Some(Value::Object(_)));
        if is_own && !is_right {
            let what = "expected a user as `{\"user\": …, \"groups\": […], \"claims\": {…}}`; \
                        claims of such names need the `sub` of their token beside them";
            return Err(invalid(what).into());
        }
        let written = match (members.get("Groups"), members.get("groups")) {
            (Some(Value::Array(groups)), _) => groups,
            (None, Some(Value::Array(groups))) if is_own => groups,
            _ => return Ok(None),
        };
        let group = |value: &Value| match value {
            Value::String(name) => Some(Group::named(name)),
            Value::Object(group) => Some(Group {
                name: group.get("GroupName")?.as_str()?.to_owned(),
                role_arn: group.get("RoleArn").and_then(Value::as_str).map(Into::into),
                precedence: group.get("Precedence").and_then(Value::as_u64),
                user_pool: group.get("UserPoolId").and_then(Value::as_str).map(ProviderKey::of_user_pool),
            }),
            _ => None,
        };
        let groups = written.iter().map(group).collect::<Option<Vec<Group>>>();
        let groups = groups.ok_or_else(|| invalid("expected the groups as names, or as objects with a `GroupName`"))?;
        let mut claims = Claims::default();
        for (name, value) in members.get("claims").and_then(Value::as_object).into_iter().flatten() {
            let json = value.to_string();
            let value = Claim::from_json(&json).map_err(|error| Report::new(error.code(), error.to_string()))?;
            claims.set(name.clone(), value.into_owned());
        }
        let attributes = members.get("UserAttributes").or(members.get("Attributes")).and_then(Value::as_array);
        for attribute in attributes.into_iter().flatten() {
            let part = |name: &str| attribute.get(name).and_then(Value::as_str);
            let (Some(name), Some(value)) = (part("Name"), part("Value")) else {
                return Err(invalid("expected attributes as objects with `Name` and `Value`").into());
            };
            claims.set(name.to_owned(), value.to_owned());
        }
        Ok(Some(Self { groups, claims }))
    }

    /// The claims of a token for this user, whose login goes by these names. A group is what the configuration says of it, else what the
    /// export does; where the configuration has groups, a mere name has to be one of them.
    fn claims(&self, known: &[Group], logins: &[ProviderKey], semantics: &Semantics) -> Read<Claims<'static>> {
        let mut groups: Vec<&Group> = Vec::new();
        for group in &self.groups {
            let says_enough = known.is_empty() || group.role_arn.is_some() || group.precedence.is_some();
            let is_foreign = logins.iter().any(|login| !group.could_be_of(login));
            let names: Vec<ProviderKey> = logins.iter().chain(&group.user_pool).cloned().collect();
            match find_group(known, &group.name, &names) {
                Ok(known) => groups.push(known),
                Err(problem) if problem.code == "unknown-group" && says_enough && !is_foreign => groups.push(group),
                Err(problem) => return Err(Box::new(Report::of_problem(&problem, &[]))),
            }
        }
        let mut claims = self.claims.clone();
        let open = GroupClaims::of(&groups).write_to(&mut claims);
        if let Some(role) = open.as_ref().and_then(|open| open.resolve(semantics)) {
            claims.set(PREFERRED_ROLE, role.clone());
        }
        Ok(claims)
    }
}
