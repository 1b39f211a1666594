//! One key for one provider, however a template spells it.

use super::super::interpolation::{Piece, pieces};
use super::resolve::Resolver;
use crate::provider::{ProviderKey, ProviderKind};
use crate::regions;

impl Resolver<'_, '_> {
    /// The key of a provider, from resolved text, as the template of its identity pool sees it.
    pub(super) fn provider(&self, text: &str, pool: usize) -> ProviderKey {
        let written = self.normalised(text);
        let text = self.seen_from(pool, &written);
        let parts = pieces(&written);
        let [Piece::Name(name)] = parts.as_slice() else { return ProviderKey::new(text) };
        let (id, attribute) = name.split_once('.').unwrap_or((name, ""));
        let kind = match (self.kind_of(id), attribute) {
            (Some("AWS::IAM::OIDCProvider"), _) => ProviderKind::Oidc,
            (Some("AWS::IAM::SAMLProvider"), _) => ProviderKind::Saml,
            (Some("AWS::Cognito::UserPool"), _) | (_, "ProviderURL") => ProviderKind::UserPool,
            _ => return ProviderKey::new(text),
        };
        ProviderKey::of_kind(kind, text)
    }

    /// References to this template's resources as another template, or this one, sees them, so that each resource has one name there.
    pub(super) fn seen_from(&self, other: usize, text: &str) -> String {
        let mut seen = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Literal(literal) => seen.push_str(literal),
                Piece::Name(name) => {
                    let home = self.home_of(name).filter(|(home, id)| {
                        let home = self.world.templates.get(*home);
                        home.is_some_and(|home| home.resource(before_dot(id)).is_some())
                    });
                    match (home, self.template()) {
                        (Some((home, id)), _) if home == other => seen.extend(["${", id, "}"]),
                        (Some((home, id)), Some(template)) if home == self.number => {
                            seen.extend(["${", &template.stem, ":", id, "}"]);
                        }
                        _ => seen.extend(["${", name, "}"]),
                    }
                }
            }
        }
        seen
    }

    /// `cognito-idp.${AWS::Region}.amazonaws.com/${Users}:${Web}` is `${Users.ProviderName}:${Web}`.
    fn normalised(&self, text: &str) -> String {
        self.pool_by_name(text).or_else(|| self.pool_by_id(text)).unwrap_or_else(|| {
            let suffix = if text.starts_with("cognito-idp.cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            text.replace("${AWS::URLSuffix}", suffix)
        })
    }

    /// A user pool whose id is known has one key, however much of it the template leaves open: the id begins with its region (Q2).
    fn pool_by_id(&self, text: &str) -> Option<String> {
        let (id, rest) = if let Some((name, rest)) = reference(text) {
            let (home, id) = self.home_of(name.strip_suffix(".ProviderName")?)?;
            let is_pool = self.world.templates.get(home)?.kind_of(id) == Some("AWS::Cognito::UserPool");
            (if is_pool { self.world.given(id)? } else { return None }, rest)
        } else {
            let rest = after_domain(text.strip_prefix("cognito-idp.${AWS::Region}.")?)?;
            rest.split_at_checked(rest.find(':').unwrap_or(rest.len()))?
        };
        let (region, own) = id.split_once('_')?;
        let is_id = regions::is_written_as_one(region) && own.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let login = user_pool_login(region, id).filter(|_| is_id && !own.is_empty())?;
        (rest.is_empty() || rest.starts_with(':')).then(|| format!("{login}{rest}"))
    }

    fn pool_by_name(&self, text: &str) -> Option<String> {
        let rest = text.strip_prefix("cognito-idp.")?;
        let (region, rest) = match (reference(rest), rest.find('.')?) {
            (Some((_, rest)), _) => (None, rest),
            (None, end) => (rest.get(..end), rest.get(end..)?),
        };
        let rest = rest.strip_prefix('.')?;
        let rest = after_domain(rest)?;
        let (name, rest) = reference(rest)?;
        let is_pool = match self.kind_of(name) {
            Some(kind) => {
                kind == "AWS::Cognito::UserPool" && region.is_none_or(|region| self.is_own_region(region, name))
            }
            // A part of a template may leave the pool out; a parameter or an attribute is something else.
            None => {
                !name.contains('.')
                    && !self.template().is_some_and(|t| t.parameters.contains_key(name))
                    && region.is_none_or(|region| self.world.given("AWS::Region") == Some(region))
            }
        };
        (is_pool && (rest.is_empty() || rest.starts_with(':'))).then(|| format!("${{{name}.ProviderName}}{rest}"))
    }

    /// Whether a region that is spelled out is that of the stack with this user pool: the one that was given, or else any, since the
    /// pool is nowhere else. One stack is not in two regions.
    fn is_own_region(&self, region: &str, pool: &str) -> bool {
        if let Some(given) = self.world.given("AWS::Region") {
            return given == region;
        }
        if let Some((home, _)) = self.home_of(pool) {
            self.world.note_region(home, region);
        }
        true
    }

    /// The type of a resource of this template, or of another (`Auth:Users`).
    pub(super) fn kind_of(&self, name: &str) -> Option<&str> {
        let (template, id) = self.home_of(name)?;
        self.world.templates.get(template)?.kind_of(id)
    }

    /// The template that a reference points into, by number, and the logical id there.
    pub(super) fn home_of<'t>(&self, name: &'t str) -> Option<(usize, &'t str)> {
        match name.split_once(':') {
            None => Some((self.number(), name)),
            Some((stem, id)) => {
                let number = self.world.templates.iter().position(|template| template.stem == stem)?;
                Some((number, id))
            }
        }
    }
}

/// What follows the domain of AWS.
fn after_domain(text: &str) -> Option<&str> {
    ["amazonaws.com/", "amazonaws.com.cn/", "${AWS::URLSuffix}/"].iter().find_map(|domain| text.strip_prefix(domain))
}

/// The login key of a user pool in a region whose domain is known here (Q2).
pub(super) fn user_pool_login(region: &str, id: &str) -> Option<String> {
    let domain = match regions::partition(region)? {
        "aws" | "aws-us-gov" => "amazonaws.com",
        "aws-cn" => "amazonaws.com.cn",
        _ => return None,
    };
    Some(format!("cognito-idp.{region}.{domain}/{id}"))
}

fn before_dot(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The name of the reference that a text begins with, and what follows it.
pub(super) fn reference(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("${")?.split_once('}')
}
