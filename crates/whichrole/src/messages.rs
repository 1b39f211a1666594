//! Cognito's opaque error messages and what usually causes them (section 9 of the semantics).

use serde::Serialize;

/// A message that matches, with its causes, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The message as the service words it.
    pub message: &'static str,
    /// The exception that carries it.
    pub error: &'static str,
    /// The causes.
    pub causes: &'static [Cause],
}

/// One cause of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What is wrong.
    pub text: &'static str,
    /// What to look at.
    pub check: &'static str,
    /// The statement it rests on.
    pub statement: &'static str,
}

const fn cause(text: &'static str, check: &'static str, statement: &'static str) -> Cause {
    Cause { text, check, statement }
}

/// A known message: words that tell it, in lower case, and its causes.
struct Known {
    tells: &'static [&'static str],
    message: &'static str,
    error: &'static str,
    causes: &'static [Cause],
}

const NOT_AUTHORIZED: &str = "NotAuthorizedException";
const INVALID_PARAMETER: &str = "InvalidParameterException";

const KNOWN: &[Known] = &[
    Known {
        tells: &["invalid identity pool configuration", "check assigned iam roles"],
        message: "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        error: "InvalidIdentityPoolConfigurationException",
        causes: &[
            cause(
                "the role for this state is not set: `Roles.authenticated` for users, `Roles.unauthenticated` for guests",
                "run `whichrole explain`: its reason is `role-not-configured`",
                "S6",
            ),
            cause(
                "the role's trust policy does not let this pool in: wrong principal, `sts:AssumeRole` for `sts:AssumeRoleWithWebIdentity`, wrong `aud` (it is the identity pool's id), wrong `amr`",
                "read the role's trust policy; `amr` is `authenticated` for users and `unauthenticated` for guests",
                "A1",
            ),
            cause(
                "principal tags are mapped and the trust policy lacks `sts:TagSession`",
                "add `sts:TagSession` to every role that can be chosen",
                "P10",
            ),
            cause(
                "a tag's value is longer than 256 characters or has a character that session tags forbid",
                "run `whichrole explain`: its reason is `tags-rejected`",
                "P7",
            ),
            cause("the role was deleted, or its name is misspelled", "look the role up: `aws iam get-role`", "A6"),
            cause(
                "the trust policy demands `aws:SourceIp`, which never matches in the enhanced flow",
                "take the condition out",
                "A5",
            ),
        ],
    },
    Known {
        tells: &["ambiguous role mapping rules"],
        message: "The ambiguous role mapping rules denied this request",
        error: NOT_AUTHORIZED,
        causes: &[
            cause(
                "no rule matches the token, and the role resolution is `Deny`",
                "run `whichrole explain`: it shows near misses",
                "R4",
            ),
            cause(
                "a mapping of type Token, and the token has neither `cognito:preferred_role` nor one usable role",
                "run `whichrole explain`; two groups of equal precedence with different roles leave it unset",
                "T8",
            ),
            cause(
                "the user joined the group after the token was issued",
                "sign in again: groups reach only new tokens",
                "G10",
            ),
        ],
    },
    Known {
        tells: &["unauthenticated access is not supported"],
        message: "Unauthenticated access is not supported for this identity pool.",
        error: NOT_AUTHORIZED,
        causes: &[
            cause("the pool takes no guests", "`AllowUnauthenticatedIdentities` is false", "S1"),
            cause(
                "the request had no logins: the login map was lost on the way",
                "log the `Logins` that the SDK sends",
                "Q1",
            ),
        ],
    },
    Known {
        tells: &["not from a supported provider"],
        message: "Token is not from a supported provider of this identity pool.",
        error: NOT_AUTHORIZED,
        causes: &[cause(
            "the pool does not list this user pool with the app client of the token's `aud`",
            "compare `aud` with `CognitoIdentityProviders[].ClientId`",
            "L3",
        )],
    },
    Known {
        tells: &["issuer doesn't match providername", "issuer doesnt match providername"],
        message: "Invalid login token. Issuer doesn't match providerName",
        error: NOT_AUTHORIZED,
        causes: &[cause(
            "the login's key is not the token's issuer: another region, a bare pool id, or `:` for `.`",
            "the key is `iss` without `https://`",
            "L2",
        )],
    },
    Known {
        tells: &["missing a required claim: aud"],
        message: "Invalid login token. Missing a required claim: aud",
        error: NOT_AUTHORIZED,
        causes: &[cause("an access token was sent", "send the ID token: its `token_use` is `id`", "L1")],
    },
    Known {
        tells: &["token expired", "token is expired"],
        message: "Invalid login token. Token expired: …",
        error: NOT_AUTHORIZED,
        causes: &[cause("the ID token has expired", "refresh it; look at the clock of the machine", "L4")],
    },
    Known {
        tells: &["logins don't match", "logins dont match"],
        message: "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        error: NOT_AUTHORIZED,
        causes: &[cause(
            "the identity belongs to another login",
            "forget the cached identity id, or call GetId with these logins",
            "Q1",
        )],
    },
    Known {
        tells: &["not a valid rolemapping providername", "is not a configured provider"],
        message: "(<key>) is not a valid RoleMapping ProviderName or is not a configured provider.",
        error: INVALID_PARAMETER,
        causes: &[
            cause(
                "the key of the mapping lacks `:<appClientId>`",
                "`cognito-idp.<region>.amazonaws.com/<poolId>:<appClientId>`",
                "Q3",
            ),
            cause("the key begins with `https://`, or is a ProviderURL", "take the scheme away", "Q3"),
            cause("the pool does not list this provider and app client", "add it to `CognitoIdentityProviders`", "L3"),
            cause("it is a developer provider, which cannot have a mapping", "use the default role", "Q3"),
        ],
    },
    Known {
        tells: &["basic (classic) flow is not supported", "classic flow is not supported"],
        message: "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.",
        error: INVALID_PARAMETER,
        causes: &[cause(
            "GetOpenIdToken was called on a pool with role mappings",
            "call GetCredentialsForIdentity",
            "P11",
        )],
    },
    Known {
        tells: &["is forbidden", "access to role"],
        message: "Access to Role '<arn>' is forbidden.",
        error: "AccessDeniedException",
        causes: &[cause("the caller lacks `iam:PassRole` for the role", "allow it to whoever deploys the pool", "A6")],
    },
];

/// The messages that a text holds. A message inside a stack trace or with other words around it is found too.
///
/// ```
/// let found = whichrole::messages::causes("NotAuthorizedException: Unauthenticated access is not supported for this identity pool.");
/// assert_eq!(found[0].causes[0].statement, "S1");
/// ```
#[must_use]
pub fn causes(text: &str) -> Vec<Match> {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    KNOWN
        .iter()
        .filter(|known| match known.tells {
            // The one message whose words are too common to tell it alone.
            [forbidden, role] if *forbidden == "is forbidden" => text.contains(forbidden) && text.contains(role),
            tells => tells.iter().any(|tell| text.contains(tell)),
        })
        .map(|known| Match { message: known.message, error: known.error, causes: known.causes })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_finds_itself_alone() {
        for known in KNOWN {
            let found = causes(known.message);
            assert_eq!(found.len(), 1, "{}", known.message);
            assert_eq!(found[0].message, known.message);
        }
        assert!(causes("something else is forbidden").is_empty());
    }

    #[test]
    fn the_wording_that_names_the_provider_is_known_too() {
        let text = "The ambiguous role mapping rules for: cognito-idp.us-east-1.amazonaws.com/us-east-1_A denied this request.";
        assert_eq!(causes(text)[0].causes[0].statement, "R4");
    }
}
