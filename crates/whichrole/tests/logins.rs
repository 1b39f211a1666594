//! Which provider and which mapping a token belongs to (Q2 to Q5b), where getting it wrong would give a wrong role.

#![expect(clippy::unwrap_used, reason = "a test says what it expects in the shortest way")]

use whichrole::{Claims, Evaluator, IdentityPool, ProviderKey, Request, Semantics, TokenForm, read};

const POOL: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC";

/// A pool whose every mapping gives a role named after it, `Auth` being the default role.
fn pool(mappings: &[(&str, &str)], more: &str) -> IdentityPool {
    let mappings: Vec<String> = mappings
        .iter()
        .map(|(key, role)| {
            format!(
                r#""{key}":{{"Type":"Rules","AmbiguousRoleResolution":"AuthenticatedRole","RulesConfiguration":{{"Rules":[
                {{"Claim":"sub","MatchType":"NotEqual","Value":"zzz","RoleARN":"{role}"}}]}}}}"#
            )
        })
        .collect();
    let text = format!(r#"{{"Roles":{{"authenticated":"Auth"}},"RoleMappings":{{{}}}{more}}}"#, mappings.join(","));
    read::api_json(&text).unwrap()
}

/// The role of claims, or the code of the error, or the reason of the denial.
fn role(pool: &IdentityPool, provider: &str, claims: &str) -> String {
    let evaluator = Evaluator::new(pool.clone(), Semantics::default());
    let claims = Claims::from_json(claims).unwrap();
    let named = (!provider.is_empty()).then(|| ProviderKey::new(provider));
    let login = match evaluator.login(named.as_ref(), &claims, TokenForm::Claims) {
        Ok(login) => login,
        Err(error) => return error.code().to_owned(),
    };
    let logins = [login];
    let decision = evaluator.evaluate(&Request::of(&logins));
    decision.role().map_or_else(|| decision.denial().unwrap().reason().to_owned(), str::to_owned)
}

#[test]
fn providers_that_share_a_login_key_stay_apart() {
    let oidc = format!("arn:aws:iam::1:oidc-provider/{POOL}");
    let users = format!("{POOL}:c1");
    let listed = format!(r#","CognitoIdentityProviders":[{{"ProviderName":"{POOL}","ClientId":"c1"}}]"#);
    let both = pool(&[(&oidc, "Oidc"), (&users, "C1")], &listed);
    let token = format!(r#"{{"sub":"a","iss":"https://{POOL}","aud":"c1"}}"#);
    assert_eq!(role(&both, &users, &token), "C1");
    assert_eq!(role(&both, &oidc, &token), "Oidc");
    assert_eq!(role(&both, "", &token), "several-providers");
    assert_eq!(role(&both, &users, r#"{"sub":"a","aud":"other","token_use":"access"}"#), "invalid-token");

    let accounts = ["arn:aws:iam::1:oidc-provider/x.example", "arn:aws:iam::2:oidc-provider/x.example"];
    let two = pool(&[(accounts[0], "One"), (accounts[1], "Two")], "");
    assert_eq!(role(&two, accounts[0], r#"{"sub":"a"}"#), "One");
    assert_eq!(role(&two, accounts[1], r#"{"sub":"a"}"#), "Two");
    assert_eq!(role(&two, "", r#"{"sub":"a","iss":"https://x.example"}"#), "several-mappings");

    let google =
        pool(&[("accounts.google.com", "Google"), ("arn:aws:iam::1:oidc-provider/accounts.google.com", "Arn")], "");
    assert_eq!(role(&google, "accounts.google.com", r#"{"sub":"a"}"#), "Google");
    assert_eq!(role(&google, "arn:aws:iam::1:oidc-provider/accounts.google.com", r#"{"sub":"a"}"#), "Arn");
}

#[test]
fn a_token_cannot_name_a_reference() {
    let clients = pool(&[("${U.ProviderName}:${Web}", "Web"), ("${U.ProviderName}:${Mobile}", "Mobile")], "");
    assert_eq!(role(&clients, "", r#"{"sub":"a","aud":"${Web}"}"#), "several-mappings");
    assert_eq!(role(&clients, "", r#"{"sub":"a","aud":"abc"}"#), "several-mappings");
    assert_eq!(role(&clients, "${U.ProviderName}:${Web}", r#"{"sub":"a","aud":"abc"}"#), "Web");
    let pools = pool(&[("${U.ProviderName}:${Web}", "U"), ("${V.ProviderName}:${Web}", "V")], "");
    assert_eq!(role(&pools, "", r#"{"sub":"a","iss":"https://${U.ProviderName}"}"#), "unknown-issuer");
    let literal = pool(&[(&format!("{POOL}:c1"), "C1")], "");
    assert_eq!(role(&literal, "", r#"{"sub":"a","aud":"${x}"}"#), "Auth", "S3: another client");
}

#[test]
fn a_mapping_with_references_fits_what_it_could_be() {
    let mixed = pool(&[(&format!("{POOL}:c1"), "C1"), ("${U.ProviderName}:${Web}", "Sym")], "");
    let token = |aud: &str| format!(r#"{{"sub":"a","iss":"https://{POOL}","aud":"{aud}"}}"#);
    assert_eq!(role(&mixed, "", &token("c1")), "C1");
    assert_eq!(role(&mixed, "", &token("other")), "Sym");
    let one = pool(&[("${U.ProviderName}:${Web}", "Sym")], "");
    assert_eq!(role(&one, "${U.ProviderName}:client9", r#"{"sub":"a"}"#), "Sym");
    assert_eq!(role(&one, "${U.ProviderName}:${Typo}", r#"{"sub":"a"}"#), "unknown-provider");
}

#[test]
fn the_literal_parts_of_a_key_are_checked() {
    let key = "arn:aws:iam::${AWS::AccountId}:oidc-provider/x.example";
    let oidc = pool(&[(key, "Oidc")], "");
    assert_eq!(role(&oidc, "", r#"{"sub":"a","iss":"https://x.example"}"#), "Oidc");
    assert_eq!(role(&oidc, key, r#"{"sub":"a","iss":"https://evil.example"}"#), "invalid-token");
}

#[test]
fn an_issuer_finds_its_provider() {
    let facebook = pool(&[("graph.facebook.com", "Facebook")], "");
    assert_eq!(role(&facebook, "", r#"{"sub":"a","iss":"https://www.facebook.com"}"#), "Facebook");
    let none = pool(&[], "");
    let saml = r#"{"iss":"arn:aws:iam::1:saml-provider/x","https://aws.amazon.com/SAML/Attributes/Role":"arn:aws:iam::1:saml-provider/x,Evil"}"#;
    assert_eq!(role(&none, "", saml), "Auth", "claims do not make a login a SAML login");
    let china = pool(&[("cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A:c", "China")], "");
    let newer = r#"{"sub":"a","aud":"c","iss":"https://issuer-cognito-idp.cn-north-1.amazonaws.com/cn-north-1_A"}"#;
    assert_eq!(role(&china, "", newer), "China");
}

#[test]
fn a_tag_map_belongs_to_one_provider() {
    let tags =
        |key: &str, tag: &str| format!(r#"{{"IdentityProviderName":"{key}","PrincipalTags":{{"{tag}":"sub"}}}}"#);
    let made = |pool: &IdentityPool, claims: &str| -> String {
        let evaluator = Evaluator::new(pool.clone(), Semantics::default());
        let claims = Claims::from_json(claims).unwrap();
        let login = match evaluator.login(None, &claims, TokenForm::Claims) {
            Ok(login) => login,
            Err(error) => return error.code().to_owned(),
        };
        let logins = [login];
        evaluator.evaluate(&Request::of(&logins)).tags.keys().copied().collect::<Vec<_>>().join(" ")
    };
    let maps = |maps: &[String]| format!(r#","PrincipalTagMaps":[{}]"#, maps.join(","));
    let users = format!("{POOL}:c1");
    let token = format!(r#"{{"sub":"a","iss":"https://{POOL}","aud":"c1"}}"#);
    let exact = pool(&[(&users, "C1")], &maps(&[tags(POOL, "right"), tags("${B.ProviderName}", "wrong")]));
    assert_eq!(made(&exact, &token), "right");
    let either = pool(&[(&users, "C1")], &maps(&[tags("${A.ProviderName}", "a"), tags("${B.ProviderName}", "b")]));
    assert_eq!(made(&either, &token), "several-providers");
    let taken = pool(&[(&users, "C1"), ("${B.ProviderName}:${Web}", "B")], &maps(&[tags("${B.ProviderName}", "b")]));
    assert_eq!(made(&taken, &token), "", "it is the other provider's");
    let clients = pool(&[(&users, "C1")], &maps(&[tags(&format!("{POOL}:c2"), "c2")]));
    assert_eq!(made(&clients, &token), "", "a tag map has no client (Q4)");
}

#[test]
fn a_developer_login_has_no_mapping() {
    let odd = pool(&[("cognito-identity.amazonaws.com", "Developer"), (&format!("{POOL}:c1"), "C1")], "");
    assert_eq!(role(&odd, "cognito-identity.amazonaws.com", r#"{"sub":"a"}"#), "Auth");
}

#[test]
fn a_pair_of_a_saml_assertion_has_two_parts() {
    let key = "arn:aws:iam::1:saml-provider/p";
    let saml = pool(&[], &format!(r#","SamlProviderARNs":["{key}"]"#));
    let assertion = |pairs: &str| format!(r#"{{"https://aws.amazon.com/SAML/Attributes/Role":"{pairs}"}}"#);
    assert_eq!(role(&saml, key, &assertion("arn:aws:iam::1:saml-provider/p,X")), "X");
    assert_eq!(role(&saml, key, &assertion("arn:aws:iam::1:saml-provider/p,X,Y")), "Auth");
}

#[test]
fn hostile_claims_are_decided_in_bounded_time() {
    let rules: Vec<String> = (0..100)
        .map(|n| format!(r#"{{"Claim":"g","MatchType":"Contains","Value":"none{n}","RoleARN":"R"}}"#))
        .collect();
    let mapping = format!(r#"{{"Type":"Rules","RulesConfiguration":{{"Rules":[{}]}}}}"#, rules.join(","));
    let other = "arn:aws:iam::1:oidc-provider/x.example";
    let text = format!(r#"{{"RoleMappings":{{"{POOL}:c1":{mapping},"{other}":{mapping}}}}}"#);
    let evaluator = Evaluator::new(read::api_json(&text).unwrap(), Semantics::default());
    let groups = vec![r#""group""#; 2_000].join(",");
    let claims = Claims::from_json(&format!(r#"{{"g":[{groups}]}}"#)).unwrap().into_owned();
    let logins = [format!("{POOL}:c1"), other.to_owned()]
        .map(|key| evaluator.login(Some(&ProviderKey::new(key)), &claims, TokenForm::Claims).unwrap());
    // Not a measurement: before each login was worked out once, this took minutes.
    let answer = evaluator.answer(&Request::of(&logins));
    assert!(answer.decision.role().is_none());
}
