//! `diff --users FILE`: real users, a line each, counted by what they got and get.
//!
//! A line is a claims object, a compact JWT, or a user of a groups export: the output of `admin-list-groups-for-user`
//! (`{"Groups": [{"GroupName": …}], "UserAttributes": […]}`), or `{"user": …, "groups": […], "claims": {…}}`. The tokens of an export's
//! users are made from the groups of each side, so that a group whose role changes shows.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, Read as _};

use serde::Serialize;
use serde_json::Value;
use whichrole::analysis::{Diff, Judged};
use whichrole::read::Problem;
use whichrole::{Claim, Claims, Group, GroupClaims, PREFERRED_ROLE, ProviderKey, Semantics, TokenLimits, text};

use crate::failure::{Failure, Report, Result};
use crate::{input, request};

/// The largest line of a file of users.
const LINE_BYTES: usize = 65_536;

/// How many users of a file are in each class.
#[derive(Debug, Default, Serialize)]
pub struct Users {
    pub total: usize,
    pub changed: usize,
    pub classes: Vec<Class>,
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

/// Puts each user of a file to both configurations.
pub fn count(file: &OsStr, provider: Option<&ProviderKey>, found: &Diff, semantics: &Semantics) -> Result<Users> {
    let mut users = Users::default();
    let mut classes: BTreeMap<(String, String, bool), (usize, usize)> = BTreeMap::new();
    let mut reader = std::io::BufReader::new(input::open(file)?);
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        // The bytes that a line may have, and its end: a longer one is refused before all of it is in memory.
        let mut bounded = reader.by_ref().take(LINE_BYTES as u64 + 2);
        let read = bounded.read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::io(&error, "read", &input::shown(file)))? == 0 {
            break;
        }
        if line.pop_if(|last| *last == b'\n').is_some() {
            line.pop_if(|last| *last == b'\r');
        }
        if line.len() <= LINE_BYTES && line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let fault_of = |code: &'static str, what: String| {
            let mut report = Report::new(code, what);
            report.file = Some(text::visible(&input::shown(file)));
            report.line = Some(number);
            Failure::of(report)
        };
        let fault = |what: String| fault_of("users", what);
        if line.len() > LINE_BYTES {
            return Err(fault_of("too-large", format!("the line is longer than {LINE_BYTES} bytes")));
        }
        let [before, after] = tokens(&line, &found.groups, semantics).map_err(fault)?;
        let [before, after] = found.judge(provider, &before, &after).map_err(|error| fault(error.to_string()))?;
        users.total += 1;
        let got = |judged: &Judged| {
            judged.role.clone().unwrap_or_else(|| format!("denied ({})", judged.deny.unwrap_or_default()))
        };
        let (was, is, tags_differ) = (got(&before), got(&after), before.tags != after.tags);
        if was != is || tags_differ {
            users.changed += 1;
            classes.entry((was, is, tags_differ)).or_insert((0, number)).0 += 1;
        }
    }
    users.classes = classes
        .into_iter()
        .map(|((before, after, tags_differ), (users, line))| Class { before, after, tags_differ, users, line })
        .collect();
    users.classes.sort_by_key(|class| (std::cmp::Reverse(class.users), class.line));
    Ok(users)
}

/// The claims that the user of a line has on either side.
fn tokens(
    line: &[u8],
    groups: &[Vec<Group>; 2],
    semantics: &Semantics,
) -> std::result::Result<[Claims<'static>; 2], String> {
    if let Some(user) = Exported::of(line)? {
        let [old, new] = groups;
        return Ok([user.claims(old, semantics)?, user.claims(new, semantics)?]);
    }
    let token = request::parse_token(line, &TokenLimits::default()).map_err(|error| error.to_string())?;
    Ok([token.claims.clone(), token.claims])
}

/// A user of a groups export.
struct Exported {
    groups: Vec<Group>,
    claims: Claims<'static>,
}

impl Exported {
    /// `None`: the line is a token.
    fn of(line: &[u8]) -> std::result::Result<Option<Self>, String> {
        let Ok(Value::Object(members)) = serde_json::from_slice(line) else { return Ok(None) };
        let is_own = members.contains_key("user")
            && members.keys().all(|key| matches!(key.as_str(), "user" | "groups" | "claims"));
        let written = match (members.get("Groups"), members.get("groups")) {
            (Some(Value::Array(groups)), _) => groups,
            (None, Some(Value::Array(groups))) if is_own => groups,
            _ => return Ok(None),
        };
        let group = |value: &Value| match value {
            Value::String(name) => Some(Group { name: name.clone(), role_arn: None, precedence: None }),
            Value::Object(group) => Some(Group {
                name: group.get("GroupName")?.as_str()?.to_owned(),
                role_arn: group.get("RoleArn").and_then(Value::as_str).map(Into::into),
                precedence: group.get("Precedence").and_then(Value::as_u64),
            }),
            _ => None,
        };
        let groups = written.iter().map(group).collect::<Option<Vec<Group>>>();
        let groups = groups.ok_or("expected the groups as names, or as objects with a `GroupName`")?;
        let mut claims = Claims::default();
        for (name, value) in members.get("claims").and_then(Value::as_object).into_iter().flatten() {
            let json = value.to_string();
            let value = Claim::from_json(&json).map_err(|error| error.to_string())?;
            claims.set(name.clone(), value.into_owned());
        }
        let attributes = members.get("UserAttributes").or(members.get("Attributes")).and_then(Value::as_array);
        for attribute in attributes.into_iter().flatten() {
            let part = |name: &str| attribute.get(name).and_then(Value::as_str);
            let (Some(name), Some(value)) = (part("Name"), part("Value")) else {
                return Err("expected attributes as objects with `Name` and `Value`".to_owned());
            };
            claims.set(name.to_owned(), value.to_owned());
        }
        Ok(Some(Self { groups, claims }))
    }

    /// The claims of a token for this user. A group is what the configuration says of it, else what the export does; where the configuration
    /// has groups, a mere name has to be one of them.
    fn claims(&self, known: &[Group], semantics: &Semantics) -> std::result::Result<Claims<'static>, String> {
        let mut groups: Vec<&Group> = Vec::new();
        for group in &self.groups {
            match known.iter().find(|known| known.name == group.name) {
                Some(known) => groups.push(known),
                None if known.is_empty() || group.role_arn.is_some() || group.precedence.is_some() => {
                    groups.push(group);
                }
                None => {
                    let names = known.iter().map(|group| group.name.as_str());
                    return Err(Problem::unknown("unknown-group", "group", &group.name, names).message);
                }
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
