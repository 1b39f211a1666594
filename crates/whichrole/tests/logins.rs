//! Which provider and which mapping a token belongs to (Q2 to Q5b), where getting it wrong would give a wrong role.

#![expect(clippy::unwrap_used, reason = "a test says what it expects in the shortest way")]

use whichrole::{Claims, Evaluator, IdentityPool, ProviderKey, ProviderKind, Request, Semantics, TokenForm, read};

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
    let access = r#"{"sub":"a","token_use":"access"}"#;
    assert_eq!(role(&clients, "", access), "invalid-token", "L1: whichever of them is meant");
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

/// Q2: the most exact reading of a name counts.
#[test]
fn a_name_is_a_mapping_key_a_login_key_or_what_exists_without_a_configuration() {
    let oidc = format!("arn:aws:iam::1:oidc-provider/{POOL}");
    let users = format!("{POOL}:c1");
    let both = pool(&[(&oidc, "Oidc"), (&users, "C1")], "");
    assert_eq!(role(&both, &format!("{POOL}:c9"), r#"{"sub":"a"}"#), "Auth", "of the same kind, and of another client");
    assert_eq!(role(&both, &format!("arn:aws:iam::2:oidc-provider/{POOL}"), r#"{"sub":"a"}"#), "Oidc");
    let one = pool(&[(&users, "C1"), ("accounts.google.com", "Google")], "");
    assert_eq!(role(&one, &oidc, r#"{"sub":"a"}"#), "C1", "the only one with this login key");
    assert_eq!(role(&one, "graph.facebook.com", r#"{"sub":"a"}"#), "Auth");
    assert_eq!(role(&one, "login.example.com", r#"{"sub":"a"}"#), "unknown-provider");
    assert_eq!(role(&one, "${U.ProviderName}:c1", r#"{"sub":"a"}"#), "unknown-provider");
    let none = pool(&[], "");
    assert_eq!(role(&none, "login.example.com", r#"{"sub":"a"}"#), "Auth");
    assert_eq!(role(&none, "${U.ProviderName}", r#"{"sub":"a"}"#), "unknown-provider");
    let reference = pool(&[("${U.ProviderName}:${Web}", "Sym"), ("accounts.google.com", "Google")], "");
    assert_eq!(role(&reference, &users, r#"{"sub":"a"}"#), "Sym");
    assert_eq!(role(&reference, "login.example.com", r#"{"sub":"a"}"#), "unknown-provider");
    let mut written = pool(&[("arn:aws:iam::1:oidc-provider/users.example", "Oidc")], "");
    assert_eq!(role(&written, "users.example", r#"{"sub":"a"}"#), "Oidc");
    written.other_providers.push(ProviderKey::of_kind(ProviderKind::UserPool, "users.example"));
    assert_eq!(role(&written, "users.example", r#"{"sub":"a"}"#), "Auth", "the one that is written so");
}

#[test]
fn a_login_that_is_not_found_says_which_there_are() {
    let listed = format!(r#","CognitoIdentityProviders":[{{"ProviderName":"{POOL}","ClientId":"c1"}}]"#);
    let evaluator =
        Evaluator::new(pool(&[("accounts.google.com", "G"), ("x.example", "X")], &listed), Semantics::default());
    let claims = Claims::from_json("{}").unwrap();
    let error = evaluator.login(None, &claims, TokenForm::Claims).unwrap_err();
    assert_eq!((error.code(), error.keys()), ("several-providers", &evaluator.provider_keys()[..]));
    assert_eq!(evaluator.provider_keys(), ["accounts.google.com", "x.example", POOL]);
}

#[test]
fn an_issuer_that_nobody_knows_is_wrong_where_that_is_checked() {
    let token = r#"{"sub":"a","iss":"https://evil.example"}"#;
    let google = pool(&[("accounts.google.com", "Google")], "");
    assert_eq!(role(&google, "", token), "unknown-issuer", "nothing would check it (L2)");
    assert_eq!(role(&google, "", r#"{"sub":"a"}"#), "Google");
    let users = pool(&[(&format!("{POOL}:c1"), "C1")], "");
    assert_eq!(role(&users, "", token), "invalid-token");
    let oidc = pool(&[("arn:aws:iam::1:oidc-provider/x.example", "Oidc")], "");
    assert_eq!(role(&oidc, "", token), "invalid-token");
    let several = pool(&[("arn:aws:iam::1:oidc-provider/x.example", "Oidc"), ("accounts.google.com", "Google")], "");
    assert_eq!(role(&several, "", token), "unknown-issuer");
}

/// Q5b.
#[test]
fn a_reference_stands_for_what_its_kind_and_its_literal_parts_allow() {
    let oidc = "arn:aws:iam::${AWS::AccountId}:oidc-provider/${Host}";
    let listed = format!(r#","CognitoIdentityProviders":[{{"ProviderName":"{POOL}","ClientId":"c1"}}]"#);
    let other_kind = pool(&[(oidc, "Oidc")], &listed);
    assert_eq!(role(&other_kind, POOL, r#"{"sub":"a"}"#), "Auth", "no OIDC provider is a user pool");
    let two_kinds = pool(&[(oidc, "Oidc"), ("${U.ProviderName}:${Web}", "Sym")], "");
    assert_eq!(role(&two_kinds, "", r#"{"sub":"a","iss":"https://x.example"}"#), "Oidc");
    let tags = r#","PrincipalTagMaps":[{"IdentityProviderName":"${U.ProviderName}","PrincipalTags":{"a":"sub"}}]"#;
    let two_pools = pool(&[("${V.ProviderName}:${Web}", "V")], tags);
    assert_eq!(role(&two_pools, "${U.ProviderName}", r#"{"sub":"a"}"#), "Auth", "two references are two providers");
    let clients = pool(&[("${U.ProviderName}:web", "Web"), ("${U.ProviderName}:${X}", "X")], "");
    assert_eq!(role(&clients, "", r#"{"sub":"a","aud":"web"}"#), "Web", "the mapping that names the client");
    assert_eq!(role(&clients, "", r#"{"sub":"a","aud":"app"}"#), "X");
    let parts = pool(&[("${U.ProviderName}:a-${X}", "A"), ("${U.ProviderName}:b-${X}", "B")], "");
    assert_eq!(role(&parts, "${U.ProviderName}:a-${X}", r#"{"sub":"a","aud":"b-1"}"#), "B", "its aud decides");
    assert_eq!(role(&parts, "${U.ProviderName}:a-${X}", r#"{"sub":"a","aud":"a-1"}"#), "A");
    assert_eq!(role(&parts, "${U.ProviderName}:a-${X}", r#"{"sub":"a","aud":"c-1"}"#), "Auth");
}

/// L1, L3.
#[test]
fn a_pool_accepts_the_clients_that_it_lists_for_that_user_pool() {
    let listed = |providers: &str| {
        let more = format!(r#","CognitoIdentityProviders":[{providers}]"#);
        let key = format!("{POOL}:c1");
        role(&pool(&[(&key, "C1")], &more), &key, r#"{"sub":"a","aud":"c1"}"#)
    };
    let entry = |name: &str, client: &str| format!(r#"{{"ProviderName":"{name}","ClientId":"{client}"}}"#);
    assert_eq!(listed(&entry(POOL, "c1")), "C1");
    assert_eq!(listed(&entry(POOL, "${Web}")), "C1");
    assert_eq!(listed(&entry("${U.ProviderName}", "c1")), "C1");
    assert_eq!(listed(&entry(POOL, "c2")), "invalid-token");
    assert_eq!(listed(&entry("cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", "c1")), "invalid-token");
    assert_eq!(listed(""), "invalid-token");
    let unknown = pool(&[("${Anything}", "R")], "");
    assert_eq!(role(&unknown, "${Anything}", r#"{"sub":"a"}"#), "R");
    assert_eq!(role(&unknown, "${Anything}", r#"{"sub":"a","token_use":"access"}"#), "invalid-token");
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
    let other = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Other";
    let others = pool(&[(&users, "C1")], &maps(&[tags(other, "other")]));
    assert_eq!(made(&others, &token), "", "it is another user pool's");
    let arn = pool(&[("arn:aws:iam::1:oidc-provider/x.example", "X")], &maps(&[tags("x.example", "x")]));
    assert_eq!(made(&arn, r#"{"sub":"a"}"#), "x", "the key of a login is that of its provider");
    let kind =
        pool(&[("arn:aws:iam::1:oidc-provider/x.example", "X")], &maps(&[tags("arn:aws:iam::1:saml-provider/x", "x")]));
    assert_eq!(made(&kind, r#"{"sub":"a","iss":"https://x.example"}"#), "");
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

#[test]
fn groups_that_are_no_list_are_odd_in_a_user_pool_alone() {
    let key = format!("{POOL}:c1");
    let pool = pool(&[(&key, "C1"), ("accounts.google.com", "Google")], "");
    let evaluator = Evaluator::new(pool, Semantics::default());
    let odd = |provider: &str, claims: &str| {
        let claims = Claims::from_json(claims).unwrap();
        evaluator.login(Some(&ProviderKey::new(provider)), &claims, TokenForm::Claims).unwrap().odd_groups()
    };
    let oddity = "`cognito:groups` is not a list, as it is in every token of a user pool (G1)";
    assert_eq!(odd(&key, r#"{"cognito:groups":"admins"}"#), Some(oddity));
    assert_eq!(odd(&key, r#"{"cognito:groups":["admins"]}"#), None);
    assert_eq!(odd(&key, r#"{"sub":"a"}"#), None);
    assert_eq!(odd("accounts.google.com", r#"{"cognito:groups":"admins"}"#), None);
}
