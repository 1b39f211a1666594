//! Every small mapping against every small token, beside the ten lines that the statements R1 to R7 come to for text.

#![expect(clippy::unwrap_used, reason = "the helpers here are tests, too")]

use whichrole::{
    AmbiguousRoleResolution, Claims, Evaluator, IdentityPool, MappingRule, MatchType, Request, RoleMapping, Semantics,
    Source, TokenForm,
};

const CLAIMS: [&str; 2] = ["a", "b"];
/// What rules compare with: the empty text, single letters, a text that has them in it, one of another case.
const VALUES: [&str; 5] = ["", "x", "y", "xy", "X"];
/// What a token has; `None`: it has no such claim.
const STATES: [Option<&str>; 7] = [None, Some(""), Some("x"), Some("y"), Some("xy"), Some("yx"), Some("X")];

type Rule = (&'static str, MatchType, &'static str);
/// What a token has for each claim, and its JSON.
type Token = ([(&'static str, Option<&'static str>); 2], String);

/// R1 to R7 for claims that are text: the number of the rule that decides.
fn naive(rules: &[Rule], token: &[(&str, Option<&str>)]) -> Option<usize> {
    let matches = |(claim, operator, value): &Rule| {
        let Some(text) = token.iter().find(|(name, _)| name == claim).and_then(|(_, text)| *text) else { return false };
        match operator {
            MatchType::Equals => text == *value,
            MatchType::NotEqual => text != *value,
            MatchType::StartsWith => text.len() >= value.len() && text[..value.len()] == **value,
            MatchType::Contains => {
                (0..=text.len()).any(|at| text[at..].len() >= value.len() && text[at..at + value.len()] == **value)
            }
        }
    };
    rules.iter().position(matches).map(|at| at + 1)
}

fn all_rules() -> Vec<Rule> {
    let of_claim = |claim| MatchType::ALL.into_iter().flat_map(move |op| VALUES.map(|value| (claim, op, value)));
    CLAIMS.into_iter().flat_map(of_claim).collect()
}

/// One mapping against all tokens; how many tokens that were.
fn check(rules: &[Rule], tokens: &[Token]) -> usize {
    let role = |number: usize| format!("arn:aws:iam::111122223333:role/Role{number}");
    let mapping = RoleMapping::rules(
        rules.iter().zip(1..).map(|((claim, op, value), number)| MappingRule::new(*claim, *op, *value, role(number))),
    );
    for resolution in AmbiguousRoleResolution::ALL {
        let mut pool = IdentityPool::default();
        pool.roles.authenticated = Some("arn:aws:iam::111122223333:role/Reader".into());
        pool.role_mappings.insert("accounts.google.com".into(), mapping.clone().resolving(resolution));
        let evaluator = Evaluator::new(pool, Semantics::default());
        for (token, json) in tokens {
            let claims = Claims::from_json(json).unwrap();
            let logins = [evaluator.login(None, &claims, TokenForm::Claims).unwrap()];
            let decision = evaluator.evaluate(&Request::of(&logins));
            let got = (decision.role(), decision.source(), decision.denial().map(whichrole::Denial::reason));
            let expected = naive(rules, token);
            let deciding = expected.map(role);
            let expected = match (expected, resolution) {
                (Some(number), _) => (deciding.as_deref(), Some(Source::Rule(number)), None),
                (None, AmbiguousRoleResolution::Deny) => (None, None, Some("role-resolution-denied")),
                (None, AmbiguousRoleResolution::AuthenticatedRole) => {
                    (Some("arn:aws:iam::111122223333:role/Reader"), Some(Source::RoleResolution), None)
                }
            };
            assert_eq!(got, expected, "{rules:?} {json}");
        }
    }
    tokens.len()
}

#[test]
fn every_mapping_of_up_to_two_rules_decides_every_token_as_the_statements_say() {
    let json = |token: &[(&str, Option<&str>)]| {
        let members: Vec<String> =
            token.iter().filter_map(|(name, text)| Some(format!("\"{name}\":\"{}\"", (*text)?))).collect();
        format!("{{{}}}", members.join(","))
    };
    let tokens: Vec<Token> = STATES
        .into_iter()
        .flat_map(|a| STATES.map(|b| [("a", a), ("b", b)]))
        .map(|token| (token, json(&token)))
        .collect();
    let rules = all_rules();
    let mut checked = check(&[], &tokens);
    for first in &rules {
        checked += check(&[*first], &tokens);
        for second in &rules {
            checked += check(&[*first, *second], &tokens);
        }
    }
    assert_eq!(checked, (1 + 40 + 40 * 40) * 49);
}
