//! What roles are called: by an alias, an ARN, a reference, or a name that is unique in the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::pool::{Group, RoleArn, RoleMapping};
use crate::read::{Definition, Surroundings};
use crate::text;

use super::fields::Fields;
use super::model::Written;

/// The roles of one configuration, and what a suite calls them.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// Every role of the configuration, by each of its names.
    by_name: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Alias to role.
    aliases: BTreeMap<String, String>,
    /// Everything that the suite has written, resolved.
    resolved: BTreeMap<String, String>,
}

impl Roles {
    /// The roles of rules, defaults and groups, with the names that their files give them.
    pub(super) fn of(definition: &Definition, groups: Option<&[Group]>, around: Option<&Surroundings>) -> Self {
        let pool = &definition.pool;
        let rules = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| &rule.role_arn);
        let defaults = pool.roles.authenticated.iter().chain(&pool.roles.unauthenticated);
        let groups = groups.into_iter().flatten().filter_map(|group| group.role_arn.as_ref());
        let mut known_roles = Self::default();
        for role in rules.chain(defaults).chain(groups) {
            for name in around.map_or_else(|| role.names(), |around| around.names_of(role)) {
                // Names can be long, and there can be thousands.
                let is_whole = name == role.as_str();
                let name = if is_whole { role.shared_text() } else { Arc::from(name) };
                let known = known_roles.by_name.entry(name).or_default();
                if known.iter().all(|known| **known != *role.as_str()) {
                    known.push(role.shared_text());
                }
            }
        }
        known_roles
    }

    /// Adds an alias.
    pub(super) fn alias(&mut self, alias: &str, role: &Written, fields: &mut Fields) {
        // One that is not found has been reported; whoever uses it is not wrong too.
        let arn = self.find(role, fields).unwrap_or_else(|| role.text.clone());
        self.aliases.insert(alias.to_owned(), arn);
    }

    /// Resolves a role once and for all.
    pub(super) fn learn(&mut self, role: &Written, fields: &mut Fields) {
        if self.resolved.contains_key(&role.text) {
            return;
        }
        let arn = match self.aliases.get(&role.text) {
            Some(arn) => Some(arn.clone()),
            None => self.find(role, fields),
        };
        if let Some(arn) = arn {
            self.resolved.insert(role.text.clone(), arn);
        }
    }

    /// The role that the suite has written like this.
    pub(super) fn get(&self, written: &str) -> Option<&str> {
        self.resolved.get(written).map(String::as_str)
    }

    /// Whether the configuration has this role.
    pub(super) fn has(&self, arn: &str) -> bool {
        self.by_name.contains_key(arn)
    }

    /// A role for people: its ARN or reference, the alias beside it.
    pub(super) fn shown(&self, arn: &str) -> String {
        let alias = self.aliases.iter().find(|(_, known)| *known == arn);
        match alias {
            Some((alias, _)) => format!("{} ({})", text::visible(arn), text::visible(alias)),
            None => text::visible(arn),
        }
    }

    /// The shortest unambiguous name of a role.
    pub(super) fn short_name(&self, arn: &str) -> String {
        let role = RoleArn::from(arn);
        // What these words say in a suite is no role.
        let is_its_own = |name: &&str| {
            !matches!(*name, "deny" | "uncertain") && {
                let roles = self.by_name.get(*name).map(Vec::as_slice);
                matches!(roles, Some([only]) if **only == *arn)
            }
        };
        let shortest = role.names().into_iter().filter(is_its_own).min_by_key(|name| (name.chars().count(), *name));
        shortest.unwrap_or(arn).to_owned()
    }

    fn find(&self, role: &Written, fields: &mut Fields) -> Option<String> {
        match self.by_name.get(role.text.as_str()).map(Vec::as_slice) {
            Some([only]) => Some(only.to_string()),
            Some(several) => {
                let several = text::alternatives(several.iter().map(|role| &**role));
                let message = format!("several roles are called {}: {several}", text::quoted(&role.text));
                fields.report("ambiguous-role", message, role.at);
                None
            }
            None if role.text.starts_with("arn:") => Some(role.text.clone()),
            None if self.by_name.is_empty() => {
                let message = format!("unknown role {}; the configuration names none", text::quoted(&role.text));
                fields.report("unknown-role", message, role.at);
                None
            }
            None if !fields.can_compare() => {
                fields.unknown("unknown-role", "role", &role.text, &[], role.at);
                None
            }
            None => {
                // The full ARNs would drown the names that people write.
                let names = self.aliases.keys().map(String::as_str).chain(self.by_name.keys().map(|name| &**name));
                let short: Vec<&str> = names.filter(|name| !name.starts_with("arn:")).collect();
                // The CDK puts words before what people write and a hash after it.
                let written = role.text.to_lowercase();
                let mut longer =
                    short.iter().filter(|name| !name.contains("${") && name.to_lowercase().contains(&written));
                match (longer.next(), longer.next()) {
                    (Some(only), None) if written.len() > 2 => {
                        let message =
                            format!("unknown role {}, did you mean {}?", text::quoted(&role.text), text::quoted(only));
                        fields.report("unknown-role", message, role.at);
                    }
                    _ => fields.unknown("unknown-role", "role", &role.text, &short, role.at),
                }
                None
            }
        }
    }
}

/// The shortest name of a role, of whatever configuration.
pub(super) fn called(role: &RoleArn) -> &str {
    role.names().into_iter().min_by_key(|name| (name.chars().count(), *name)).unwrap_or_default()
}

/// Short names that tell roles apart: a role's name, with path and account as far as several have that name.
pub(super) fn told_apart<'r>(roles: impl IntoIterator<Item = &'r RoleArn>) -> BTreeMap<&'r RoleArn, &'r str> {
    let names = |role: &'r RoleArn| {
        let after_colons = |colons: usize| role.as_str().splitn(colons + 1, ':').nth(colons);
        // `Admin`, `role/team/Admin`, `111122223333:role/team/Admin`; what is no ARN has nothing between the first and the last.
        [Some(called(role)), after_colons(5), after_colons(4), Some(role.as_str())].into_iter().flatten()
    };
    let roles: BTreeSet<&RoleArn> = roles.into_iter().collect();
    let mut owners: BTreeMap<&str, BTreeSet<&RoleArn>> = BTreeMap::new();
    for role in &roles {
        for name in names(role) {
            owners.entry(name).or_default().insert(role);
        }
    }
    let is_its_own = |name: &&str| owners.get(name).is_none_or(|owners| owners.len() == 1);
    roles.into_iter().map(|role| (role, names(role).find(is_its_own).unwrap_or(role.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::told_apart;
    use crate::RoleArn;

    #[test]
    fn roles_of_one_name_are_told_apart_by_path_and_account() {
        let roles = [
            "arn:aws:iam::111122223333:role/Reader",
            "arn:aws:iam::111122223333:role/A",
            "arn:aws:iam::111122223333:role/team/A",
            "arn:aws:iam::111122223333:role/ops/B",
            "arn:aws:iam::444455556666:role/ops/B",
            "${C.Arn}",
            "arn:aws:iam::111122223333:role/C",
            "arn:aws:iam::111122223333:role/D",
            "arn:aws-cn:iam::111122223333:role/D",
        ]
        .map(RoleArn::from);
        let names = told_apart(&roles);
        assert_eq!(
            roles.each_ref().map(|role| names[role]),
            [
                "Reader",
                "role/A",
                "role/team/A",
                "111122223333:role/ops/B",
                "444455556666:role/ops/B",
                "${C.Arn}",
                "role/C",
                "arn:aws:iam::111122223333:role/D",
                "arn:aws-cn:iam::111122223333:role/D"
            ]
        );
    }

    #[test]
    fn a_role_goes_by_the_last_part_of_what_it_is_written_as() {
        let names =
            |role: &str| -> Vec<String> { RoleArn::from(role).names().into_iter().map(str::to_owned).collect() };
        assert_eq!(names("arn:aws:iam::1:role/path/Admin"), ["arn:aws:iam::1:role/path/Admin", "Admin"]);
        assert_eq!(names("${AdminRole.Arn}"), ["${AdminRole.Arn}", "AdminRole"]);
        assert_eq!(names("${aws_iam_role.admin.arn}"), ["${aws_iam_role.admin.arn}", "aws_iam_role.admin", "admin"]);
        assert_eq!(names("arn:aws:iam::${A}:role/${B}"), ["arn:aws:iam::${A}:role/${B}"]);
    }
}
