//! Which role and which provider of one configuration is which of another: by text, by what was said to be equal, by name where that is
//! unique, and by what a reference may stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::pool::{Group, IdentityPool, RoleArn};
use crate::provider::{ProviderKey, fits};
use crate::read::{Role, RoleName, Surroundings};
use crate::spelling::is_other_spelling;

/// One configuration: a pool and the groups that are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'p> {
    pub(crate) pool: &'p IdentityPool,
    pub(crate) groups: &'p [Group],
    /// What stands around the pool, as far as it is known.
    pub(crate) around: Option<&'p Surroundings>,
}

/// Two configurations that call one role by one name.
#[derive(Debug)]
pub(crate) struct Paired {
    pub(crate) before: (IdentityPool, Vec<Group>),
    pub(crate) after: (IdentityPool, Vec<Group>),
    /// Reference to literal, where a name decided.
    pub(crate) matched: BTreeMap<String, String>,
    /// The references among these whose literals only look like a name made of theirs.
    pub(crate) guessed: BTreeSet<String>,
}

/// Writes for each reference what it stands for, in both configurations.
pub(crate) fn paired(before: Part<'_>, after: Part<'_>, equal: &[(String, String)]) -> Paired {
    let said =
        |text: &str| equal.iter().fold(text.to_owned(), |text, (reference, literal)| text.replace(reference, literal));
    let (before_around, after_around) = (before.around, after.around);
    let part = |part: Part<'_>| rewritten((part.pool.clone(), part.groups.to_vec()), &said, &said);
    let (before, after) = (part(before), part(after));
    let [old, new] = [&before, &after].map(|part| super::space::roles_of(&part.0, &part.1));
    let [old, new] = [(&old, before_around), (&new, after_around)].map(|(all, around)| Roles { all, around });
    let Matches { matched, guessed } = match_by_name(old, new);
    let named = |text: &str| matched.get(text).cloned().unwrap_or_else(|| text.to_owned());
    let same = |text: &str| text.to_owned();
    let (before, after) = (rewritten(before, &named, &same), rewritten(after, &named, &same));
    Paired { before, after, matched, guessed }
}

/// What is taken for what.
#[derive(Debug, Default, PartialEq, Eq)]
struct Matches {
    matched: BTreeMap<String, String>,
    guessed: BTreeSet<String>,
}

/// The roles of a configuration, and what its files say of their names.
#[derive(Clone, Copy)]
struct Roles<'r> {
    all: &'r BTreeSet<Arc<str>>,
    around: Option<&'r Surroundings>,
}

/// Symbolic roles of either side that have the name of exactly one literal role of the other, which has no other namesake. Names that
/// are written out come first; what they leave may be guessed from names that CloudFormation makes.
fn match_by_name(before: Roles<'_>, after: Roles<'_>) -> Matches {
    let mut found = Matches::default();
    for (here, there) in [(before, after), (after, before)] {
        let symbolic: Vec<(&Arc<str>, Shown<'_>)> = here
            .all
            .iter()
            .filter(|role| role.contains("${") && !there.all.contains(*role))
            .map(|role| (role, Shown::of(role, here.around)))
            .collect();
        let accounts = accounts(here.all, there.all);
        let literal: Vec<&Arc<str>> = there
            .all
            .iter()
            .filter(|role| {
                !role.contains("${") && RoleArn::account_in(role).is_none_or(|account| accounts.contains(account))
            })
            .collect();
        for is_guess in [false, true] {
            // A role that has been found is no longer one to be guessed.
            let taken: BTreeSet<String> = found.matched.values().cloned().collect();
            let is_open = |role: &str| !is_guess || (!taken.contains(role) && !here.all.contains(role));
            for (reference, shown) in symbolic.iter().filter(|(_, shown)| shown.is_guess() == is_guess) {
                let mut namesakes = literal.iter().filter(|role| is_open(role) && shown.is_name_of(role));
                let (Some(only), None) = (namesakes.next(), namesakes.next()) else { continue };
                let claims =
                    |(_, other): &&(&Arc<str>, Shown<'_>)| other.is_guess() == is_guess && other.is_name_of(only);
                if symbolic.iter().filter(claims).count() == 1 {
                    found.matched.insert(reference.to_string(), only.to_string());
                    if is_guess {
                        found.guessed.insert(reference.to_string());
                    }
                }
            }
        }
    }
    found
}

/// The accounts in which the roles may be that one side refers to: those of its own literal roles. Where it has none, the account of the
/// other side's, unless these are of several: any could then be the wrong one.
fn accounts<'r>(here: &'r BTreeSet<Arc<str>>, there: &'r BTreeSet<Arc<str>>) -> BTreeSet<&'r str> {
    let own: BTreeSet<&str> = here.iter().filter_map(|role| RoleArn::account_in(role)).collect();
    if !own.is_empty() {
        return own;
    }
    let other: BTreeSet<&str> = there.iter().filter_map(|role| RoleArn::account_in(role)).collect();
    if other.len() == 1 { other } else { BTreeSet::new() }
}

/// What a reference tells of the role that it stands for.
enum Shown<'r> {
    /// The ARN, which may have references in it, but not in the name: `arn:aws:iam::${AWS::AccountId}:role/Admin`.
    Arn(&'r str),
    /// The name that the files give the role.
    Name(&'r str, &'r Role),
    /// The logical id of a CloudFormation resource whose name is not written out, and the resource if it is known.
    LogicalId(&'r str, Option<&'r Role>),
    Nothing,
}

impl<'r> Shown<'r> {
    fn of(reference: &'r str, around: Option<&'r Surroundings>) -> Self {
        if let Some((_, path)) = reference.split_once(":role/") {
            return if path.contains("${") { Self::Nothing } else { Self::Arn(reference) };
        }
        let role = around.and_then(|around| around.role(reference));
        // What is deployed knows its ARN.
        if let Some(arn) = role.and_then(|role| role.arns.iter().find(|arn| !arn.contains("${"))) {
            return Self::Arn(arn);
        }
        match role.map(|role| (&role.name, role)) {
            Some((RoleName::Literal(name), role)) => Self::Name(name, role),
            Some((RoleName::FromLogicalId, _)) | None => {
                logical_id(reference).map_or(Self::Nothing, |id| Self::LogicalId(id, role))
            }
            Some((RoleName::Unknown, _)) => Self::Nothing,
        }
    }

    /// A name alone is not the whole of an ARN: there is the path, too.
    fn is_guess(&self) -> bool {
        match self {
            Self::Name(_, role) => role.path.is_none(),
            Self::LogicalId(..) => true,
            Self::Arn(_) | Self::Nothing => false,
        }
    }

    fn is_name_of(&self, literal: &str) -> bool {
        let Some(name) = RoleArn::name_in(literal) else { return false };
        match self {
            Self::Arn(arn) => fits(arn, literal),
            Self::Name(given, role) => name == *given && role.has_path_of(literal) != Some(false),
            Self::LogicalId(id, role) => {
                let path_fits = role.and_then(|role| role.has_path_of(literal)) != Some(false);
                path_fits && (name == *id || is_generated(name, id))
            }
            Self::Nothing => false,
        }
    }
}

/// `AdminRole` of `${AdminRole.Arn}` and `${template:AdminRole.Arn}`. Other tools write their references in other ways.
fn logical_id(reference: &str) -> Option<&str> {
    let inner = reference.strip_prefix("${")?.strip_suffix(".Arn}")?;
    let id = inner.rsplit_once(':').map_or(inner, |(_, id)| id);
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(id)
}

/// The fewest characters that are taken for what CloudFormation adds to a name; it adds twelve or so.
const SUFFIX: usize = 4;

/// Whether a name is one that CloudFormation may have made of a logical id: `Stack-AdminRole-1A2B3C4D5E6F`.
fn is_generated(name: &str, id: &str) -> bool {
    let Some((rest, suffix)) = name.rsplit_once('-') else { return false };
    let is_suffix =
        suffix.len() >= SUFFIX && suffix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_suffix && rest.strip_suffix(id).and_then(|stack| stack.strip_suffix('-')).is_some_and(|stack| !stack.is_empty())
}

fn rewritten(
    (mut pool, groups): (IdentityPool, Vec<Group>),
    role: &dyn Fn(&str) -> String,
    provider: &dyn Fn(&str) -> String,
) -> (IdentityPool, Vec<Group>) {
    let arn = |written: &RoleArn| RoleArn::from(role(written.as_str()));
    let key = |written: &ProviderKey| match provider(written.as_str()) {
        text if text == written.as_str() => written.clone(),
        text if text.contains("${") => ProviderKey::of_kind(written.kind(), text),
        text => ProviderKey::new(text),
    };
    pool.roles.authenticated = pool.roles.authenticated.as_ref().map(arn);
    pool.roles.unauthenticated = pool.roles.unauthenticated.as_ref().map(arn);
    for listed in pool.providers.iter_mut().flatten() {
        listed.provider_name = key(&listed.provider_name);
        listed.client_id = listed.client_id.as_deref().map(provider);
    }
    pool.other_providers = pool.other_providers.iter().map(key).collect();
    pool.principal_tags = pool.principal_tags.into_iter().map(|(of, map)| (key(&of), map)).collect();
    pool.role_mappings = pool
        .role_mappings
        .into_iter()
        .map(|(of, mut mapping)| {
            if let crate::RoleMappingType::Rules(rules) = &mut mapping.mapping_type {
                for rule in rules {
                    rule.role_arn = arn(&rule.role_arn);
                }
            }
            (key(&of), mapping)
        })
        .collect();
    let groups = groups.into_iter().map(|group| Group {
        role_arn: group.role_arn.as_ref().map(arn),
        user_pool: group.user_pool.as_ref().map(key),
        ..group
    });
    (pool, groups.collect())
}

/// The key by which the other side knows a mapping: the same text, or the only one that fits it and nothing else here.
pub(crate) fn counterpart<'k>(
    key: &ProviderKey,
    here: &[&ProviderKey],
    there: &[&'k ProviderKey],
) -> Option<&'k ProviderKey> {
    if let Some(same) = there.iter().find(|other| other.as_str() == key.as_str()) {
        return Some(same);
    }
    if let Some(same) = there.iter().find(|other| is_other_spelling(key, other)) {
        return Some(same);
    }
    // One of the two may have references where the other has what they stand for.
    let fits_in = |a: &ProviderKey, b: &ProviderKey| {
        a.could_be(b) && fits(a.client().unwrap_or_default(), b.client().unwrap_or_default())
    };
    let could_be = |a: &ProviderKey, b: &ProviderKey| a.as_str() != b.as_str() && (fits_in(a, b) || fits_in(b, a));
    let free_there = there.iter().filter(|other| !here.iter().any(|known| known.as_str() == other.as_str()));
    let mut fitting = free_there.filter(|other| could_be(key, other));
    let (Some(only), None) = (fitting.next(), fitting.next()) else { return None };
    let free_here = here.iter().filter(|known| !there.iter().any(|other| other.as_str() == known.as_str()));
    (free_here.filter(|known| could_be(known, only)).count() == 1).then_some(*only)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "arn:aws:iam::111122223333:role/Prod-AdminRole-1A2B3C";

    fn matches(before: &[&str], after: &[&str], around: Option<&Surroundings>) -> Matches {
        let set = |roles: &[&str]| roles.iter().map(|role| Arc::from(*role)).collect::<BTreeSet<Arc<str>>>();
        match_by_name(Roles { all: &set(before), around }, Roles { all: &set(after), around: None })
    }

    fn declared(reference: &str, name: RoleName, path: Option<&str>) -> Surroundings {
        let mut around = Surroundings::default();
        let at = crate::read::Position::new(0, 1, 1);
        let (label, arns) = (reference.to_owned(), vec![reference.into()]);
        let path = path.map(str::to_owned);
        around.add_role(Role { label, arns, names: Vec::new(), name, path, trust: None, at });
        around
    }

    #[test]
    fn a_logical_id_is_guessed_from_a_name_made_of_it() {
        let found = matches(&["${AdminRole.Arn}", "${UserRole.Arn}"], &[ADMIN], None);
        assert_eq!(found.matched, BTreeMap::from([("${AdminRole.Arn}".to_owned(), ADMIN.to_owned())]));
        assert!(found.guessed.contains("${AdminRole.Arn}"));
        let two = [ADMIN, "arn:aws:iam::111122223333:role/Dev-AdminRole-4D5E6F"];
        assert_eq!(matches(&["${AdminRole.Arn}"], &two, None), Matches::default(), "two namesakes");
        for name in ["not-AdminRole-readonly", "AdminRole-1A2B3C", "Prod-AdminRole-x-1A2B3C", "Prod-AdminRole-"] {
            let role = format!("arn:aws:iam::111122223333:role/{name}");
            assert_eq!(matches(&["${AdminRole.Arn}"], &[&role], None), Matches::default(), "{name}");
        }
    }

    #[test]
    fn only_cloudformation_makes_names_of_logical_ids() {
        for reference in ["${aws_iam_role.AdminRole.arn}", "${AdminRole.arn}", "${module.a.AdminRole}", "${AdminRole}"]
        {
            for role in [ADMIN, "arn:aws:iam::111122223333:role/AdminRole"] {
                assert_eq!(matches(&[reference], &[role], None), Matches::default(), "{reference}");
            }
        }
    }

    #[test]
    fn a_name_that_is_written_out_decides_both_ways() {
        for reference in ["${AdminRole.Arn}", "${aws_iam_role.admin.arn}"] {
            let around = declared(reference, RoleName::Literal("photo-boss".to_owned()), Some("/team/"));
            let boss = "arn:aws:iam::111122223333:role/team/photo-boss";
            let found = matches(&[reference], &[boss, ADMIN], Some(&around));
            assert_eq!(found.matched, BTreeMap::from([(reference.to_owned(), boss.to_owned())]));
            assert!(found.guessed.is_empty(), "a name is no guess");
            assert_eq!(matches(&[reference], &[ADMIN], Some(&around)), Matches::default());
            let unknown = declared(reference, RoleName::Unknown, Some("/"));
            assert_eq!(matches(&[reference], &[ADMIN], Some(&unknown)), Matches::default());
        }
    }

    #[test]
    fn a_role_of_another_path_is_another_role() {
        let admin = |path: &str| format!("arn:aws:iam::111122223333:role{path}Admin");
        for (name, id) in [(RoleName::Literal("Admin".to_owned()), "X"), (RoleName::FromLogicalId, "Admin")] {
            let reference = format!("${{{id}.Arn}}");
            for (declared_path, deployed, is_same) in
                [("/", "/", true), ("/app/", "/app/", true), ("/app/", "/", false), ("/", "/app/", false)]
            {
                let around = declared(&reference, name.clone(), Some(declared_path));
                let found = matches(&[&reference], &[&admin(deployed)], Some(&around));
                assert_eq!(found.matched.len(), usize::from(is_same), "{name:?} {declared_path} {deployed}");
                assert_eq!(found.guessed.is_empty(), !is_same || name != RoleName::FromLogicalId);
            }
            let unknown = declared(&reference, name, None);
            let found = matches(&[&reference], &[&admin("/app/")], Some(&unknown));
            assert_eq!((found.matched.len(), found.guessed.len()), (1, 1), "of a path that nobody knows it is a guess");
        }
    }

    #[test]
    fn a_role_of_another_account_is_another_role() {
        let (reader, other) =
            ("arn:aws:iam::111122223333:role/R", "arn:aws:iam::999999999999:role/Prod-AdminRole-1A2B3C");
        assert_eq!(matches(&["${AdminRole.Arn}", reader], &[other, reader], None), Matches::default());
        assert_eq!(matches(&["${AdminRole.Arn}", "${R.Arn}"], &[other, reader], None), Matches::default());
        assert_eq!(matches(&["${AdminRole.Arn}", reader], &[ADMIN, reader], None).matched.len(), 1);
        let template = "arn:aws:iam::${AWS::AccountId}:role/Prod-AdminRole-1A2B3C";
        assert_eq!(matches(&[template, reader], &[other, reader], None), Matches::default());
        assert!(matches(&[template, reader], &[ADMIN, reader], None).guessed.is_empty());
    }

    #[test]
    fn a_symbolic_provider_is_matched_by_what_fits_it() {
        let symbolic = ProviderKey::new("${Users.ProviderName}:${Web}");
        let literal = ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web");
        let other = ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_A:app");
        assert_eq!(counterpart(&symbolic, &[&symbolic], &[&literal]), Some(&literal));
        assert_eq!(counterpart(&literal, &[&literal], &[&symbolic]), Some(&symbolic));
        assert_eq!(counterpart(&symbolic, &[&symbolic], &[&literal, &other]), None, "either could be meant");
    }
}
