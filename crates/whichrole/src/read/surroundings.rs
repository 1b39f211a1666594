//! What stands around an identity pool in the same files: IAM roles with their trust policies, user pools, their clients and identity
//! providers. None of it decides which role a login gets; all of it decides whether that is what its author meant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{Node, Value};
use super::position::Position;

/// Everything around the pools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// IAM roles; [`Surroundings::role`] finds one.
    roles: Vec<Role>,
    /// IAM policies, by what refers to them: `${aws_iam_policy.admin.arn}`.
    pub policies: BTreeSet<String>,
    /// User pools.
    pub user_pools: Vec<UserPool>,
    /// Clients of user pools.
    pub clients: Vec<UserPoolClient>,
    /// Invariant: which of `roles` have an ARN or name, for each of theirs. Two templates may use one logical id.
    by_arn: BTreeMap<Arc<str>, Numbers>,
    by_name: BTreeMap<Arc<str>, Numbers>,
    /// Whether there were more roles than are kept.
    pub(super) too_many_roles: bool,
}

/// The first of some roles, by its number, and whether it is the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbers {
    first: usize,
    is_only: bool,
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What it goes by in messages: a logical id, an address, a name.
    pub label: String,
    /// What refers to its ARN: `${Admin.Arn}`, or the ARN itself.
    pub arns: Vec<Arc<str>>,
    /// What refers to its name, which is no ARN: `${Admin}`.
    pub names: Vec<Arc<str>>,
    /// The name it has or will have in its account.
    pub name: RoleName,
    /// The path before its name in its ARN, `/` where the file gives none. `None`: it could not be known before it is deployed.
    pub path: Option<String>,
    /// Its trust policy, as far as it is known.
    pub trust: Option<Node>,
    /// Where it stands.
    pub at: Position,
}

impl Role {
    /// The path of a role whose file declares this one.
    pub(crate) fn declared_path(declared: Option<&Node>) -> Option<String> {
        match declared.map(|path| &path.value) {
            None | Some(Value::Null) => Some("/".to_owned()),
            Some(_) => declared.and_then(Node::as_text).filter(|path| !path.contains("${")).map(str::to_owned),
        }
    }

    /// Whether a literal ARN can be this role's, as far as its path tells. `None`: the path is not known.
    pub(crate) fn has_path_of(&self, arn: &str) -> Option<bool> {
        Some(crate::RoleArn::path_in(arn) == Some(self.path.as_deref()?))
    }
}

/// What a file says of a role's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleName {
    /// This one.
    Literal(String),
    /// None, so CloudFormation makes one of the logical id: `Stack-AdminRole-1A2B3C4D5E6F`.
    FromLogicalId,
    /// Nothing that could be known before it is deployed.
    Unknown,
}

impl RoleName {
    /// The name where it is written out.
    pub(crate) fn written(name: Option<String>) -> Self {
        name.filter(|name| !name.contains("${")).map_or(Self::Unknown, Self::Literal)
    }
}

/// A user pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPool {
    /// What refers to its id: `${Users}`, or the id.
    pub ids: Vec<String>,
    /// The attributes of its schema that are listed. `None`: the file does not say.
    pub attributes: Option<Vec<Attribute>>,
    /// The names of its identity providers (G9).
    pub identity_providers: BTreeSet<String>,
    /// The attributes that an identity provider fills in; these must be writable.
    pub mapped_attributes: BTreeSet<String>,
    /// Where it stands.
    pub at: Position,
}

/// An attribute of a user pool's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name as a claim has it: `custom:dept`.
    pub name: String,
    /// Whether it can change after sign-up. `None`: the file does not say, which means it can.
    pub mutable: Option<bool>,
}

/// A client of a user pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPoolClient {
    /// What refers to its id: `${Web}`, or the id.
    pub ids: Vec<String>,
    /// What refers to its user pool.
    pub user_pool: Option<String>,
    /// The attributes that a signed-in user may change through it, with their places.
    pub write_attributes: WriteAttributes,
    /// Where it stands.
    pub at: Position,
}

/// Which attributes a signed-in user may change through a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteAttributes {
    /// The client does not say: all that can change.
    All,
    /// These.
    Listed(Vec<(String, Position)>),
    /// Nobody knows yet.
    Unknown,
}

impl UserPoolClient {
    /// The `WriteAttributes` of a client.
    pub(crate) fn writes(list: Option<&Node>) -> WriteAttributes {
        match list.map(|list| &list.value) {
            None | Some(Value::Null) => WriteAttributes::All,
            // An empty list is the same as none.
            Some(Value::List(elements)) if elements.is_empty() => WriteAttributes::All,
            Some(Value::List(elements)) => {
                let listed: Option<Vec<_>> =
                    elements.iter().map(|element| Some((element.as_text()?.to_owned(), element.at))).collect();
                listed.map_or(WriteAttributes::Unknown, WriteAttributes::Listed)
            }
            Some(_) => WriteAttributes::Unknown,
        }
    }
}

impl Attribute {
    /// An attribute of a schema: those that are not standard go by `custom:` in claims.
    pub(crate) fn of_schema(name: &str, mutable: Option<bool>) -> Self {
        let has_prefix = name.starts_with("custom:") || name.starts_with("dev:");
        let name = if has_prefix || STANDARD.contains(&name) { name.to_owned() } else { format!("custom:{name}") };
        Self { name, mutable }
    }
}

/// The standard attributes of a user pool.
pub(crate) const STANDARD: &[&str] = &[
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "sub",
    "updated_at",
    "website",
    "zoneinfo",
];

/// How many roles may stand around the pools of a configuration. Each takes much more memory than its text.
pub(super) const MOST_ROLES: usize = 20_000;

impl Surroundings {
    /// All IAM roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The role that an ARN, or a reference to one, names.
    #[must_use]
    pub fn role(&self, arn: &str) -> Option<&Role> {
        // Which of several is meant is not guessed.
        let only = |found: &Numbers| if found.is_only { self.roles.get(found.first) } else { None };
        if let Some(found) = self.by_arn.get(arn) {
            return only(found);
        }
        // A literal ARN of a role whose name alone is known, and perhaps its path.
        let named = only(self.by_name.get(crate::RoleArn::name_in(arn)?)?)?;
        (named.has_path_of(arn) != Some(false)).then_some(named)
    }

    /// What a role goes by: [`RoleArn::names`](crate::RoleArn::names), and the name that its file gives it.
    #[must_use]
    pub fn names_of<'r>(&'r self, role: &'r crate::RoleArn) -> Vec<&'r str> {
        let mut names = role.names();
        if let Some(Role { name: RoleName::Literal(name), .. }) = self.role(role.as_str())
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
        names
    }

    /// The role whose name, rather than its ARN, this reference is.
    #[must_use]
    pub fn role_by_name(&self, name: &str) -> Option<&Role> {
        self.by_name.get(name).filter(|_| name.contains("${")).and_then(|found| self.roles.get(found.first))
    }

    /// The user pool that a reference names.
    #[must_use]
    pub fn user_pool(&self, id: &str) -> Option<&UserPool> {
        self.user_pools.iter().find(|pool| pool.ids.iter().any(|known| known == id))
    }

    /// The client that a reference names.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<&UserPoolClient> {
        self.clients.iter().find(|client| client.ids.iter().any(|known| known == id))
    }

    /// The user pool whose logins a key is for: `${Users.ProviderName}:${Web}`, `cognito-idp.<region>.amazonaws.com/<id>:<client>`.
    #[must_use]
    pub fn user_pool_of(&self, key: &crate::ProviderKey) -> Option<&UserPool> {
        let login = key.login_key();
        let is_of = |id: &str| match id.strip_prefix("${").and_then(|id| id.strip_suffix('}')) {
            Some(name) => {
                let stem = name.strip_suffix(".id").unwrap_or(name);
                login.contains(&format!("${{{stem}.ProviderName}}"))
                    || login.contains(&format!("${{{stem}.endpoint}}"))
                    || login.ends_with(&format!("/{id}"))
            }
            None => login.ends_with(&format!("/{id}")),
        };
        let by_client = || {
            let client = key.client().and_then(|client| self.client(client))?;
            client.user_pool.as_deref().and_then(|id| self.user_pool(id))
        };
        self.user_pools.iter().find(|pool| pool.ids.iter().any(|id| is_of(id))).or_else(by_client)
    }

    /// References that are something else than an identity pool's id.
    #[must_use]
    pub fn not_identity_pools(&self) -> BTreeSet<String> {
        let ids = self.user_pools.iter().flat_map(|pool| &pool.ids);
        ids.chain(self.clients.iter().flat_map(|client| &client.ids)).cloned().collect()
    }

    /// Adds a role, unless it is there.
    pub(crate) fn add_role(&mut self, role: Role) {
        let known = role.arns.first().and_then(|arn| self.by_arn.get(arn));
        if known.and_then(|known| self.roles.get(known.first)).is_some_and(|known| known.arns == role.arns) {
            return;
        }
        let number = self.roles.len();
        if number >= MOST_ROLES {
            self.too_many_roles = true;
            return;
        }
        for (texts, numbers) in [(&role.arns, &mut self.by_arn), (&role.names, &mut self.by_name)] {
            for text in texts {
                let found = numbers.entry(Arc::clone(text));
                found.and_modify(|found| found.is_only = false).or_insert(Numbers { first: number, is_only: true });
            }
        }
        self.roles.push(role);
    }
}
