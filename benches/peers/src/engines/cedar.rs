//! Cedar: one `permit` for each rule. Cedar has no order, so it evaluates all of them, and the first that permitted is the answer.

use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, RestrictedExpression,
};
use whichrole::MatchType;

use super::Engine;
use crate::rules::Rules;

/// An authorizer and a parsed policy set.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    user: EntityUid,
    action: EntityUid,
    pool: EntityUid,
    /// The names of the claims in the context.
    names: Vec<String>,
}

impl Engine for Cedar {
    type Request<'c> = Request;

    fn prepare(rules: &Rules) -> Self {
        let policies = rules.rules.iter().enumerate().map(|(at, rule)| {
            let claim = format!("c{}", rule.slot);
            assert!(!rule.value.contains(['*', '\\', '"']), "the value would have to be escaped");
            let test = match rule.operator {
                MatchType::Equals => format!("context.{claim} == {:?}", rule.value),
                MatchType::NotEqual => format!("context.{claim} != {:?}", rule.value),
                MatchType::StartsWith => format!("context.{claim} like \"{}*\"", rule.value),
                MatchType::Contains => format!("context.{claim} like \"*{}*\"", rule.value),
            };
            let policy = format!("permit(principal, action, resource) when {{ context has {claim} && {test} }};");
            Policy::parse(Some(PolicyId::new((at + 1).to_string())), policy).expect("the policy is valid")
        });
        let uid = |text: &str| text.parse::<EntityUid>().expect("a name");
        Self {
            policies: PolicySet::from_policies(policies).expect("the names are distinct"),
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
            user: uid(r#"User::"someone""#),
            action: uid(r#"Action::"assume""#),
            pool: uid(r#"Pool::"pool""#),
            names: (0..rules.claims.len()).map(|slot| format!("c{slot}")).collect(),
        }
    }

    fn request(&self, texts: &[Option<&str>]) -> Request {
        let pairs = self
            .names
            .iter()
            .zip(texts)
            .filter_map(|(name, text)| Some((name.clone(), RestrictedExpression::new_string((*text)?.to_owned()))));
        let context = Context::from_pairs(pairs).expect("distinct names");
        Request::new(self.user.clone(), self.action.clone(), self.pool.clone(), context, None).expect("a request")
    }

    fn decide(&mut self, request: &mut Request) -> usize {
        let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        let number = |id: &PolicyId| AsRef::<str>::as_ref(id).parse().expect("a rule's number");
        response.diagnostics().reason().map(number).min().unwrap_or(0)
    }
}
