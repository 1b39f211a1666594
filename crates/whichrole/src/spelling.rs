//! A user pool of a template has two names: one that leaves its region open and one that says it. People may use either.

use std::borrow::Cow;

use crate::eval::Evaluator;
use crate::provider::ProviderKey;

impl Evaluator {
    /// The key by which the configuration knows a provider that a person named, where it spells the region of that user pool out:
    /// `${Users.ProviderName}:${Web}` may be its `cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}`. Any other name stays as it is.
    pub(crate) fn spelled_here<'k>(&self, named: &'k ProviderKey) -> Cow<'k, ProviderKey> {
        let pool = self.pool();
        let is_open = named.login_key().ends_with(".ProviderName}");
        if !is_open || pool.keys().any(|key| key.login_key() == named.login_key()) {
            return Cow::Borrowed(named);
        }
        let known = pool.keys().find(|key| login_in_any_region(key).as_deref() == Some(named.login_key()));
        known.map_or(Cow::Borrowed(named), |known| {
            let rest = named.as_str().get(named.login_key().len()..).unwrap_or_default();
            Cow::Owned(ProviderKey::of_kind(known.kind(), format!("{}{rest}", known.login_key())))
        })
    }
}

/// Whether two keys are of one user pool and one client, of which the one says the region and the other leaves it open.
pub(crate) fn is_other_spelling(a: &ProviderKey, b: &ProviderKey) -> bool {
    a.client() == b.client() && is_of_same_pool(a, b)
}

/// The same, whatever their clients.
pub(crate) fn is_of_same_pool(a: &ProviderKey, b: &ProviderKey) -> bool {
    let is = |said: &ProviderKey, open: &ProviderKey| login_in_any_region(said).as_deref() == Some(open.login_key());
    is(a, b) || is(b, a)
}

/// The login key of a user pool that only a deployment knows, without the region that is spelled out in it:
/// `cognito-idp.us-east-1.amazonaws.com/${Users}` is `${Users.ProviderName}`.
fn login_in_any_region(key: &ProviderKey) -> Option<String> {
    if !key.is_symbolic() {
        return None;
    }
    let (region, rest) = key.login_key().strip_prefix("cognito-idp.")?.split_once('.')?;
    let pool = ["amazonaws.com/", "amazonaws.com.cn/"].iter().find_map(|domain| rest.strip_prefix(domain))?;
    let name = pool.strip_prefix("${")?.strip_suffix('}')?;
    (!region.contains('$') && !name.contains(['$', '{', '}', '.'])).then(|| format!("${{{name}.ProviderName}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdentityPool, RoleMapping, Semantics};

    #[test]
    fn a_region_that_is_spelled_out_can_be_left_out_of_a_name() {
        let mut pool = IdentityPool::default();
        for key in ["cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}", "${Others.ProviderName}:${Web}"] {
            pool.role_mappings.insert(ProviderKey::new(key), RoleMapping::token());
        }
        let evaluator = Evaluator::new(pool, Semantics::default());
        let spelled = |named: &str| evaluator.spelled_here(&ProviderKey::new(named)).as_str().to_owned();
        let said = "cognito-idp.us-east-1.amazonaws.com/${Users}";
        assert_eq!(spelled("${Users.ProviderName}:${Web}"), format!("{said}:${{Web}}"));
        assert_eq!(spelled("${Users.ProviderName}"), said);
        for other in ["${Others.ProviderName}:${Web}", "${Nobody.ProviderName}", "accounts.google.com", said] {
            assert_eq!(spelled(other), other);
        }
    }

    #[test]
    fn a_name_that_the_configuration_has_stays_beside_its_other_spelling() {
        let mut pool = IdentityPool::default();
        for key in ["cognito-idp.us-east-1.amazonaws.com/${Users}:${Web}", "${Users.ProviderName}:${App}"] {
            pool.role_mappings.insert(ProviderKey::new(key), RoleMapping::token());
        }
        let evaluator = Evaluator::new(pool, Semantics::default());
        let named = ProviderKey::new("${Users.ProviderName}:${Web}");
        assert_eq!(*evaluator.spelled_here(&named), named);
    }

    #[test]
    fn only_a_user_pool_by_its_own_name_in_a_known_region_has_another_spelling() {
        let without_region = |key: &str| login_in_any_region(&ProviderKey::new(key));
        assert_eq!(
            without_region("cognito-idp.us-east-1.amazonaws.com/${Users}").as_deref(),
            Some("${Users.ProviderName}")
        );
        for other in [
            "cognito-idp.${Region}.amazonaws.com/${Users}",
            "cognito-idp.us-east-1.amazonaws.com/${Stack.Outputs}",
            "cognito-idp.us-east-1.amazonaws.com/${A}${B}",
        ] {
            assert_eq!(without_region(other), None, "{other}");
        }
    }

    #[test]
    fn two_spellings_are_of_one_pool_and_one_client() {
        let is = |a: &str, b: &str| is_other_spelling(&ProviderKey::new(a), &ProviderKey::new(b));
        let said = "cognito-idp.cn-north-1.amazonaws.com.cn/${Auth:Users}:${Web}";
        assert!(is(said, "${Auth:Users.ProviderName}:${Web}") && is("${Auth:Users.ProviderName}:${Web}", said));
        for other in
            ["${Auth:Users.ProviderName}:${App}", "${Users.ProviderName}:${Web}", "${Auth:Users.ProviderName}", said]
        {
            assert!(!is(said, other), "{other}");
        }
    }
}
