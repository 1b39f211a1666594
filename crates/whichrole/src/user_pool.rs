//! Which groups a login's users can be members of: those of its own user pool (section 5).

use std::collections::BTreeMap;

use crate::claims::{Claim, Claims};
use crate::eval::Evaluator;
use crate::login::{LoginError, TokenForm};
use crate::pool::Group;
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::{Piece, Problem, pieces};
use crate::spelling::is_of_same_pool;
use crate::text;

/// What every login key of a user pool that is written out begins with.
const HOST: &str = "cognito-idp.";

impl ProviderKey {
    /// The login key of a user pool, of its id: ids begin with their region. A text that is a login key already, or a reference to one, is
    /// taken as it is.
    ///
    /// ```
    /// let key = whichrole::ProviderKey::of_user_pool("eu-west-1_Abc");
    /// assert_eq!(key.as_str(), "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc");
    /// assert_eq!(whichrole::ProviderKey::of_user_pool(key.as_str()), key);
    /// ```
    #[must_use]
    pub fn of_user_pool(id: &str) -> Self {
        if id.starts_with(HOST) || id.starts_with("${") {
            return Self::of_kind(ProviderKind::UserPool, id);
        }
        let region = id.split_once('_').map(|(region, _)| region).filter(|region| !region.contains("${"));
        let domain = if region.is_some_and(|region| region.starts_with("cn-")) { ".cn" } else { "" };
        let region = region.unwrap_or("${region}");
        Self::of_kind(ProviderKind::UserPool, format!("{HOST}{region}.amazonaws.com{domain}/{id}"))
    }

    /// What [`ProviderKey::of_user_pool`] makes this key of: the id, or the whole key where it does not show.
    pub(crate) fn user_pool_id(&self) -> &str {
        let id = id_in(self.login_key());
        if Self::of_user_pool(id).as_str() == self.as_str() { id } else { self.as_str() }
    }
}

/// The id of a user pool in its login key; a key that is nothing but a reference is its own id.
fn id_in(login: &str) -> &str {
    login.strip_prefix(HOST).and_then(|rest| rest.rsplit_once('/')).map_or(login, |(_, id)| id)
}

/// Whether the user pool of a group is that of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kin {
    /// It is another.
    Other,
    /// It may be: the group does not say, or a reference may stand for it.
    Open,
    Same,
}

impl Kin {
    fn of(user_pool: Option<&ProviderKey>, login: &ProviderKey) -> Self {
        let Some(user_pool) = user_pool else { return Self::Open };
        let (ours, theirs) = (user_pool.login_key(), login.login_key());
        if ours == theirs {
            return Self::Same;
        }
        let may_be = match (user_pool.is_login_symbolic(), login.is_login_symbolic()) {
            (false, false) => false,
            (true, false) => user_pool.could_be(login),
            (false, true) => login.could_be(user_pool),
            (true, true) => match login.kind() {
                // The region may be written in several ways, and the id tells all.
                ProviderKind::UserPool if id_in(ours) == id_in(theirs) || is_of_same_pool(user_pool, login) => {
                    return Self::Same;
                }
                ProviderKind::UserPool | ProviderKind::Unknown => could_be_one(ours, theirs),
                _ => false,
            },
        };
        if may_be { Self::Open } else { Self::Other }
    }

    /// The same of a login that is known by several names: each of them can show that it is another.
    fn of_all(user_pool: Option<&ProviderKey>, logins: &[ProviderKey]) -> Self {
        let kin = logins.iter().map(|login| Self::of(user_pool, login));
        match (kin.clone().min(), kin.max()) {
            (Some(Self::Other), _) => Self::Other,
            (_, Some(most)) => most,
            (_, None) => Self::Open,
        }
    }
}

/// Whether two texts with different references could come to the same. Two references of one kind, in the same place of texts that are
/// otherwise alike, are taken for two things: nobody gives one user pool two names so much alike.
fn could_be_one(one: &str, other: &str) -> bool {
    let (a, b) = (Pattern::of(one), Pattern::of(other));
    if a.literals == b.literals
        && a.references.iter().map(|name| Kind::of(name)).eq(b.references.iter().map(|name| Kind::of(name)))
    {
        return false;
    }
    if let (Some(a), Some(b)) = (a.references.last(), b.references.last())
        && let (Some(a), Some(b)) = (declared(a), declared(b))
        && a != b
    {
        return false;
    }
    let compatible = |a: &str, b: &str, fits: fn(&str, &str) -> bool| fits(a, b) || fits(b, a);
    compatible(a.first(), b.first(), |a, b| a.starts_with(b)) && compatible(a.last(), b.last(), |a, b| a.ends_with(b))
}

/// A text with references, taken apart: a literal, perhaps empty, before, between and after them.
struct Pattern<'t> {
    literals: Vec<&'t str>,
    references: Vec<&'t str>,
}

impl<'t> Pattern<'t> {
    fn of(text: &'t str) -> Self {
        let (mut literals, mut references, mut literal) = (Vec::new(), Vec::new(), "");
        for piece in pieces(text) {
            match piece {
                Piece::Literal(text) => literal = text,
                Piece::Name(name) => {
                    literals.push(std::mem::take(&mut literal));
                    references.push(name);
                }
            }
        }
        literals.push(literal);
        Self { literals, references }
    }

    fn first(&self) -> &'t str {
        self.literals.first().copied().unwrap_or_default()
    }

    fn last(&self) -> &'t str {
        self.literals.last().copied().unwrap_or_default()
    }
}

/// What kind of thing a reference names.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'t> {
    /// A variable, a parameter or a resource by itself.
    Name,
    /// What another stack or module gives.
    Output,
    /// An attribute, by its name.
    Attribute(&'t str),
}

impl<'t> Kind<'t> {
    fn of(name: &'t str) -> Self {
        match name.rsplit_once('.') {
            None | Some(("var" | "local", _)) => Self::Name,
            Some((owner, _)) if owner.ends_with(".Outputs") => Self::Output,
            Some((owner, _)) if owner.starts_with("module.") && !owner.contains(USER_POOL) => Self::Output,
            Some((_, attribute)) => Self::Attribute(attribute),
        }
    }
}

const USER_POOL: &str = "aws_cognito_user_pool.";

/// The user pool or the module whose attribute a reference of Terraform is: two of them are two.
fn declared(name: &str) -> Option<&str> {
    let (owner, _) = name.rsplit_once('.')?;
    let is_declared =
        owner.starts_with(USER_POOL) || owner.contains(&format!(".{USER_POOL}")) && !owner.contains("data.");
    let is_module = owner.starts_with("module.") && owner.matches('.').count() == 1;
    (is_declared || is_module).then_some(owner)
}

impl Group {
    /// Whether users who log in with this key may be members: the group is of their user pool, or that does not show.
    #[must_use]
    pub fn could_be_of(&self, login: &ProviderKey) -> bool {
        Kin::of(self.user_pool.as_ref(), login) != Kin::Other
    }
}

impl Evaluator {
    /// Every name that is known of a login's provider, by which its groups are found: that of the configuration, and where this is a
    /// reference, the one given and the token's issuer.
    ///
    /// # Errors
    /// As [`Evaluator::login`].
    pub fn login_names(
        &self,
        named: Option<&ProviderKey>,
        claims: &Claims<'_>,
        form: TokenForm,
    ) -> Result<Vec<ProviderKey>, LoginError> {
        let login = self.login(named, claims, form)?;
        let Some(known) = login.provider() else { return Ok(Vec::new()) };
        let mut names = vec![known.clone()];
        if known.is_login_symbolic() {
            names.extend(named.filter(|named| !named.is_login_symbolic()).cloned());
            names.extend(claims.get("iss").and_then(Claim::as_text).map(ProviderKey::of_issuer));
        }
        Ok(names)
    }
}

/// The group of this name in the user pool of a login, which may be known by several names; by none, in any user pool.
///
/// # Errors
/// There is no such group (`unknown-group`), or several user pools that may be the login's have one, and they are not the same
/// (`ambiguous-group`).
pub fn find_group<'g>(groups: &'g [Group], name: &str, logins: &[ProviderKey]) -> Result<&'g Group, Problem> {
    let called = || groups.iter().filter(|group| group.name == name);
    let kin = |group: &&Group| Kin::of_all(group.user_pool.as_ref(), logins);
    if let Some(same) = called().find(|group| kin(group) == Kin::Same) {
        return Ok(same);
    }
    let mut open = called().filter(|group| kin(group) == Kin::Open);
    let Some(first) = open.next() else { return Err(unknown(groups, name, logins)) };
    if open.clone().all(|other| first.is_like(other)) {
        return Ok(first);
    }
    let of: Vec<&str> = std::iter::once(first).chain(open).map(user_pool_of).collect();
    let message = format!(
        "several user pools have a group {}, and which of them is the login's does not show: {}",
        text::quoted(name),
        text::alternatives(of)
    );
    Err(Problem::new("ambiguous-group", message))
}

fn user_pool_of(group: &Group) -> &str {
    group.user_pool.as_ref().map_or("one that is not named", ProviderKey::as_str)
}

/// A group that the login's user pool does not have; another may.
fn unknown(groups: &[Group], name: &str, logins: &[ProviderKey]) -> Problem {
    let Some(elsewhere) = groups.iter().find(|group| group.name == name) else {
        let own = groups.iter().filter(|group| Kin::of_all(group.user_pool.as_ref(), logins) != Kin::Other);
        return Problem::unknown("unknown-group", "group", name, own.map(|group| group.name.as_str()));
    };
    let message = format!(
        "unknown group {} in the login's user pool; {} has one",
        text::quoted(name),
        text::quoted_whole(user_pool_of(elsewhere))
    );
    Problem::new("unknown-group", message)
}

/// The groups that users of a login may be members of, each name once. Names of which nobody can tell whose group it is are left out.
pub(crate) fn groups_of<'g>(groups: &'g [Group], login: &ProviderKey) -> Vec<&'g Group> {
    let mut by_name: BTreeMap<&str, Option<(Kin, &Group)>> = BTreeMap::new();
    let of_login = |group: &&Group| Kin::of(group.user_pool.as_ref(), login);
    for group in groups {
        let kin = of_login(&group);
        if kin == Kin::Other {
            continue;
        }
        let known = by_name.entry(&group.name).or_insert(Some((kin, group)));
        match known {
            Some((Kin::Open, first)) if kin == Kin::Open && !first.is_like(group) => *known = None,
            None | Some((Kin::Open, _)) if kin == Kin::Same => *known = Some((kin, group)),
            _ => {}
        }
    }
    let is_chosen = |group: &&Group| {
        let chosen = by_name.get(group.name.as_str()).copied().flatten();
        chosen.is_some_and(|(_, chosen)| std::ptr::eq(chosen, *group))
    };
    groups.iter().filter(is_chosen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdentityPool, RoleMapping, Semantics};

    const A: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_A";
    const B: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_B";

    fn group(name: &str, role: &str, user_pool: Option<&str>) -> Group {
        Group { role_arn: Some(role.into()), user_pool: user_pool.map(ProviderKey::of_user_pool), ..Group::named(name) }
    }

    fn kin(user_pool: &str, login: &str) -> Kin {
        Kin::of(Some(&ProviderKey::of_user_pool(user_pool)), &login.into())
    }

    #[test]
    fn an_id_and_its_login_key_name_one_user_pool() {
        for (id, key) in [
            ("us-east-1_A", A),
            ("cn-north-1_A", "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A"),
            ("odd", "cognito-idp.${region}.amazonaws.com/odd"),
            ("${Users.ProviderName}", "${Users.ProviderName}"),
        ] {
            let made = ProviderKey::of_user_pool(id);
            assert_eq!((made.as_str(), made.user_pool_id()), (key, id));
        }
        let key = ProviderKey::of_user_pool("cognito-idp.us-east-1.amazonaws.com/${Users}");
        assert_eq!(key.user_pool_id(), key.as_str(), "the id alone would leave the region open");
    }

    #[test]
    fn written_out_a_user_pool_is_the_logins_or_another() {
        assert_eq!(kin("us-east-1_A", A), Kin::Same);
        assert_eq!(kin("us-east-1_A", &format!("{A}:client")), Kin::Same);
        assert_eq!(kin("us-east-1_A", B), Kin::Other);
        assert_eq!(kin("us-east-1_A", "accounts.google.com"), Kin::Other);
        assert_eq!(kin("odd", "cognito-idp.us-east-1.amazonaws.com/odd"), Kin::Open);
        assert_eq!(Kin::of(None, &A.into()), Kin::Open);
    }

    #[test]
    fn a_reference_may_stand_for_a_user_pool_and_for_nothing_else() {
        assert_eq!(kin("${Users.ProviderName}", &format!("{A}:c")), Kin::Open);
        assert_eq!(kin("us-east-1_A", "${Users.ProviderName}:${Web}"), Kin::Open);
        assert_eq!(kin("us-east-1_A", "cognito-idp.eu-west-1.amazonaws.com/${Users}:${Web}"), Kin::Other);
        assert_eq!(kin("${Users.ProviderName}", "accounts.google.com"), Kin::Other);
        assert_eq!(kin("us-east-1_A", "${aws_iam_openid_connect_provider.x.arn}"), Kin::Other);
    }

    #[test]
    fn two_references_written_alike_are_two_user_pools() {
        for (one, other, expected) in [
            ("${UA.ProviderName}", "${UA.ProviderName}:${CA}", Kin::Same),
            ("${UA.ProviderName}", "${UB.ProviderName}:${CB}", Kin::Other),
            ("${Auth:UA.ProviderName}", "${UA.ProviderName}", Kin::Other),
            ("cognito-idp.us-east-1.amazonaws.com/${UA}", "cognito-idp.us-east-1.amazonaws.com/${UB}", Kin::Other),
            ("cognito-idp.us-east-1.amazonaws.com/${UA}", "${UA.ProviderName}", Kin::Same),
            ("cognito-idp.${region}.amazonaws.com/${var.a}", "cognito-idp.${var.r}.amazonaws.com/${var.a}", Kin::Same),
            ("cognito-idp.${region}.amazonaws.com/${var.a}", "cognito-idp.${var.r}.amazonaws.com/${var.b}", Kin::Other),
            ("cognito-idp.${AWS::Region}.amazonaws.com/${P}", "${UA.ProviderName}", Kin::Open),
            (
                "cognito-idp.us-east-1.amazonaws.com/${P}",
                "cognito-idp.eu-west-1.amazonaws.com/${Q.Outputs.Id}",
                Kin::Other,
            ),
            ("${N.Outputs.A}", "${N.Outputs.B}", Kin::Other),
            ("cognito-idp.${r}.amazonaws.com/${module.a.id}", "${module.b.endpoint}", Kin::Other),
            ("cognito-idp.${r}.amazonaws.com/${module.a.id}", "${module.a.endpoint}", Kin::Open),
            ("${aws_cognito_user_pool.a.endpoint}", "${aws_cognito_user_pool.b.endpoint}:c", Kin::Other),
            ("${var.endpoint}", "${aws_cognito_user_pool.b.endpoint}:c", Kin::Open),
        ] {
            assert_eq!(kin(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn what_a_reference_names_shows_in_its_words() {
        for (name, kind, owner) in [
            ("Users", Kind::Name, None),
            ("var.pool_id", Kind::Name, None),
            ("N.Outputs.Id", Kind::Output, None),
            ("UA.ProviderName", Kind::Attribute("ProviderName"), None),
            ("aws_iam_role.a.arn", Kind::Attribute("arn"), None),
            ("module.a.id", Kind::Output, Some("module.a")),
            ("module.a.b.id", Kind::Output, None),
            ("aws_cognito_user_pool.a.endpoint", Kind::Attribute("endpoint"), Some("aws_cognito_user_pool.a")),
            ("module.m.aws_cognito_user_pool.a.id", Kind::Attribute("id"), Some("module.m.aws_cognito_user_pool.a")),
            ("data.aws_cognito_user_pool.a.id", Kind::Attribute("id"), None),
        ] {
            assert_eq!((Kind::of(name), declared(name)), (kind, owner), "{name}");
        }
    }

    #[test]
    fn texts_around_references_tell_two_things_apart() {
        assert!(could_be_one("x${a}", "x${b.c}2") && could_be_one("x${a}1", "${b.c}1"));
        assert!(!could_be_one("x${a}1", "x${b.c}2") && !could_be_one("x${a}1", "y${b.c}1"));
    }

    #[test]
    fn a_name_means_the_group_of_the_logins_own_user_pool() {
        let groups = [
            group("admins", "A", Some("us-east-1_A")),
            group("admins", "B", Some("us-east-1_B")),
            group("only-b", "B", Some("us-east-1_B")),
            group("any", "X", None),
        ];
        let role = |name: &str, logins: &[&str]| {
            let logins: Vec<ProviderKey> = logins.iter().map(|key| ProviderKey::new(*key)).collect();
            match find_group(&groups, name, &logins) {
                Ok(group) => group.role_arn.as_ref().unwrap().as_str().to_owned(),
                Err(problem) => format!("{}: {}", problem.code, problem.message),
            }
        };
        assert_eq!([role("admins", &[A]), role("admins", &[B])], ["A", "B"]);
        assert_eq!([role("any", &[A]), role("any", &[B]), role("any", &[])], ["X"; 3]);
        assert_eq!(
            role("only-b", &[A]),
            "unknown-group: unknown group `only-b` in the login's user pool; \
             `cognito-idp.us-east-1.amazonaws.com/us-east-1_B` has one"
        );
        assert_eq!(role("admin", &[A]), "unknown-group: unknown group `admin`, did you mean `admins`?");
        assert_eq!(
            role("only-c", &[A]),
            "unknown-group: unknown group `only-c`, expected `admins` or `any`",
            "no group of others is proposed"
        );
        let [of_a, of_b] = [A, B].map(|login| groups[0].could_be_of(&login.into()));
        assert!(of_a && !of_b);
        assert_eq!(
            role("admins", &["${Users.ProviderName}"]),
            "ambiguous-group: several user pools have a group `admins`, and which of them is the login's does not show: \
             `cognito-idp.us-east-1.amazonaws.com/us-east-1_A` or `cognito-idp.us-east-1.amazonaws.com/us-east-1_B`"
        );
        assert_eq!(role("admins", &["${Users.ProviderName}", B]), "B", "the token says whose it is");
        assert_eq!(role("only-b", &["${Users.ProviderName}"]), "B", "nothing else has this name");
    }

    #[test]
    fn the_groups_of_a_login_have_each_name_once_and_agree_with_those_found_one_by_one() {
        let pools =
            [None, Some("us-east-1_A"), Some("us-east-1_B"), Some("${UA.ProviderName}"), Some("${UB.ProviderName}")];
        let logins = [A, B, "${UA.ProviderName}", "${UB.ProviderName}", "${P}", "accounts.google.com"];
        // Every choice of three groups of one name.
        for number in 0..pools.len().pow(3) {
            let digits = [number % 5, number / 5 % 5, number / 25];
            let groups: Vec<Group> =
                digits.iter().zip(["X", "Y", "Z"]).map(|(pool, role)| group("g", role, pools[*pool])).collect();
            for login in logins.map(ProviderKey::new) {
                let one = find_group(&groups, "g", std::slice::from_ref(&login)).ok();
                let all = groups_of(&groups, &login);
                assert_eq!(all.first().copied(), one, "{groups:?} {login}");
                assert!(all.len() < 2);
                assert!(one.is_none_or(|group| group.could_be_of(&login)));
            }
        }
    }

    #[test]
    fn a_login_that_the_configuration_only_refers_to_is_known_by_what_it_says() {
        let mut pool = IdentityPool::default();
        pool.role_mappings.insert("${Users.ProviderName}:${Web}".into(), RoleMapping::rules([]));
        let evaluator = Evaluator::new(pool, Semantics::default());
        let names = |named: Option<&str>, claims: &str| -> Vec<String> {
            let named = named.map(ProviderKey::new);
            let claims = Claims::from_json(claims).unwrap();
            let names = evaluator.login_names(named.as_ref(), &claims, TokenForm::Claims).unwrap();
            names.iter().map(|name| name.login_key().to_owned()).collect()
        };
        assert_eq!(names(None, "{}"), ["${Users.ProviderName}"]);
        assert_eq!(names(Some(A), "{}"), ["${Users.ProviderName}", A]);
        assert_eq!(names(None, &format!(r#"{{"iss":"https://{B}"}}"#)), ["${Users.ProviderName}", B]);
    }
}
