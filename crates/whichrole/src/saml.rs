//! The roles that a SAML assertion names itself (S9).

use crate::claims::{Claim, Claims, Value};

/// The attribute that names roles.
pub(crate) const ROLE_ATTRIBUTE: &str = "https://aws.amazon.com/SAML/Attributes/Role";

/// The distinct roles of the assertion's `role,provider` pairs, which come in either order; `None` where there is no usable pair.
pub(crate) fn roles<'a>(claims: &'a Claims<'a>) -> Option<Vec<&'a str>> {
    claims.get(ROLE_ATTRIBUTE).map(Value::of).and_then(roles_of)
}

/// The same from the value of the attribute.
pub(crate) fn roles_of(attribute: Value<'_>) -> Option<Vec<&str>> {
    let mut roles: Vec<&str> = match attribute {
        Value::Text(pair) => role_of(pair).into_iter().collect(),
        Value::Other(Claim::Array(elements)) => {
            elements.iter().filter_map(Claim::as_text).filter_map(role_of).collect()
        }
        Value::Other(_) => Vec::new(),
    };
    let mut seen = std::collections::BTreeSet::new();
    roles.retain(|role| seen.insert(*role));
    (!roles.is_empty()).then_some(roles)
}

/// The role of a pair: the part that is not a SAML provider's ARN.
fn role_of(pair: &str) -> Option<&str> {
    let parts: Vec<&str> = pair.split(',').map(str::trim).collect();
    let is_provider = |part: &str| part.contains(":saml-provider/");
    match parts.as_slice() {
        [role, provider] | [provider, role] if is_provider(provider) && !is_provider(role) && !role.is_empty() => {
            Some(role)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_in_either_order() {
        let json = r#"{"https://aws.amazon.com/SAML/Attributes/Role":["arn:aws:iam::1:role/A,arn:aws:iam::1:saml-provider/p",
            "arn:aws:iam::1:saml-provider/p , arn:aws:iam::1:role/B","nonsense",7]}"#;
        assert_eq!(
            roles(&Claims::from_json(json).unwrap()).unwrap(),
            ["arn:aws:iam::1:role/A", "arn:aws:iam::1:role/B"]
        );
    }
}
