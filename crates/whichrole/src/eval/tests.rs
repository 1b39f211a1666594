//! What deciding says beside the decision, and that every way to ask for one gives the same. The statements have their cases in
//! `testdata/cases`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::*;
use crate::claims::Claim;
use crate::groups::{OpenPreferredRole, token_roles};
use crate::pool::{MappingRule, MatchType};
use crate::semantics::Choice;
use crate::{ClaimsScanner, TokenLimits, read};

const USERS: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_A";
const GOOGLE: &str = "accounts.google.com";

/// A pool with rules for a client of a user pool and for Google, a token mapping for Facebook, and tags for the user pool.
fn pool() -> IdentityPool {
    let rule = |claim: &str, operator: &str, value: &str, role: &str| {
        format!(r#"{{"Claim":"{claim}","MatchType":"{operator}","Value":"{value}","RoleARN":"{role}"}}"#)
    };
    let rules = |rules: &[String]| {
        format!(
            r#"{{"Type":"Rules","AmbiguousRoleResolution":"AuthenticatedRole","RulesConfiguration":{{"Rules":[{}]}}}}"#,
            rules.join(",")
        )
    };
    let users = rules(&[
        rule("dept", "Equals", "Ops", "Ops"),
        rule("groups", "Contains", "admin", "Admin"),
        rule("cognito:preferred_role", "Equals", "mine", "Mine"),
        rule("team", "StartsWith", "a", "Ops"),
    ]);
    let google = rules(&[rule("dept", "Equals", "Ops", "Ops")]);
    read::api_json(&format!(
        r#"{{"Roles":{{"authenticated":"Auth","unauthenticated":"Guest"}},
            "RoleMappings":{{"{USERS}:web":{users},"{GOOGLE}":{google},"graph.facebook.com":{{"Type":"Token"}}}},
            "PrincipalTagMaps":[{{"IdentityProviderName":"{USERS}","PrincipalTags":{{"mail":"email"}}}}]}}"#
    ))
    .unwrap()
}

fn evaluator(assumed: &[(&str, &str)]) -> Evaluator {
    // Most claims here lack what the tag is made of.
    let assumed = assumed.iter().chain(&[("tag-missing-claim", "omit")]);
    let choices = assumed.map(|(question, choice)| Choice::parse(question, choice).unwrap());
    Evaluator::new(pool(), choices.fold(Semantics::default(), Semantics::assume))
}

/// The role and what chose it, or why there is none; and the questions that were touched.
fn said(answer: &Answer<'_>) -> String {
    let decision = &answer.decision;
    let what = match (decision.role(), decision.source()) {
        (Some(role), Some(source)) => format!("{role} {} {}", source.id(), source.rule().unwrap_or(0)),
        _ => decision.denial().unwrap().reason().to_owned(),
    };
    format!("{what} {{{}}}", answer.assumptions.ids().join(", "))
}

/// What a request gets; deciding alone must give the same.
fn asked<'a>(evaluator: &'a Evaluator, request: &Request<'a>) -> String {
    let answer = evaluator.answer(request);
    assert_eq!(evaluator.evaluate(request), answer.decision);
    assert_eq!(evaluator.decide::<true>(request, evaluator.semantics(), 0).decision, answer.decision);
    said(&answer)
}

fn one(evaluator: &Evaluator, provider: &str, claims: &str, custom: Option<&str>) -> String {
    let claims = Claims::from_json(claims).unwrap();
    let logins = [evaluator.login(Some(&provider.into()), &claims, TokenForm::Claims).unwrap()];
    asked(evaluator, &Request::of(&logins).choosing(custom))
}

#[test]
fn the_first_rule_that_matches_decides_whoever_asks_and_under_every_choice() {
    let insensitive: &[(&str, &str)] = &[("letter-case", "insensitive")];
    let per_element: &[(&str, &str)] = &[("array-claims", "per-element"), ("letter-case", "sensitive")];
    for (assumed, claims, expected) in [
        (&[][..], r#"{"dept":"Ops","groups":["admin"],"team":"a"}"#, "Ops rule 1 {}"),
        (&[], r#"{"dept":"ops","team":"a"}"#, "Ops rule 4 {letter-case}"),
        (&[], r#"{"dept":"dev","groups":["admins"]}"#, "Admin rule 2 {array-claims}"),
        (&[], r#"{"dept":"dev","groups":"x","team":"b"}"#, "Auth role-resolution 0 {}"),
        (&[], r#"{"cognito:preferred_role":"mine"}"#, "Mine rule 3 {}"),
        (insensitive, r#"{"dept":"ops","team":"a"}"#, "Ops rule 1 {}"),
        (insensitive, r#"{"dept":"dev","team":"A"}"#, "Ops rule 4 {}"),
        (per_element, r#"{"dept":["dev","Ops"]}"#, "Ops rule 1 {}"),
    ] {
        assert_eq!(one(&evaluator(assumed), USERS, claims, None), expected, "{assumed:?} {claims}");
    }
}

/// R5.
#[test]
fn a_chosen_role_is_given_by_the_first_rule_of_that_role() {
    for (how, claims, custom, expected) in [
        ("matching-rule", r#"{"dept":"Ops","team":"a"}"#, "Ops", "Ops custom-role 1 {}"),
        ("matching-rule", r#"{"groups":"admin","team":"a"}"#, "Ops", "Ops custom-role 4 {}"),
        ("matching-rule", r#"{"dept":"Ops"}"#, "Admin", "custom-role-not-allowed {}"),
        ("any-rule", r#"{"dept":"x"}"#, "Ops", "Ops custom-role 1 {}"),
        ("any-rule", r#"{"dept":"x"}"#, "Admin", "Admin custom-role 2 {}"),
        ("refuse", r#"{"dept":"Ops"}"#, "Ops", "custom-role-not-allowed {}"),
    ] {
        let evaluator = evaluator(&[("rules-custom-role", how)]);
        assert_eq!(one(&evaluator, USERS, claims, Some(custom)), expected, "{how} {claims} {custom}");
    }
}

/// T1 to T8.
#[test]
fn a_token_names_its_roles_in_an_array_or_between_commas() {
    let token = |claims: &str, custom: Option<&str>| one(&evaluator(&[]), "graph.facebook.com", claims, custom);
    assert_eq!(token(r#"{"cognito:roles":["A","B"]}"#, Some("B")), "B custom-role 0 {}");
    assert_eq!(token(r#"{"cognito:roles":"A, B ,"}"#, Some("B")), "B custom-role 0 {}");
    assert_eq!(token(r#"{"cognito:roles":["A","B"]}"#, Some("C")), "custom-role-not-allowed {}");
    let undecided = "role-resolution-denied {missing-role-resolution, sole-role}";
    assert_eq!(token(r#"{"cognito:roles":["A","A"]}"#, None), undecided);
    let sole = evaluator(&[("sole-role", "use-it")]);
    assert_eq!(one(&sole, "graph.facebook.com", r#"{"cognito:roles":["A","A"]}"#, None), "A sole-role 0 {}");
    assert_eq!(token(r#"{"cognito:roles":["A","B"]}"#, None), "role-resolution-denied {missing-role-resolution}");
    assert_eq!(token(r#"{"cognito:preferred_role":""}"#, None), "role-resolution-denied {missing-role-resolution}");
    assert_eq!(token(r#"{"cognito:preferred_role":"P","cognito:roles":"A"}"#, None), "P preferred-role 0 {}");
    let roles = |json: &str| {
        let claim = Claim::from_json(json).unwrap();
        token_roles(Some(&claim)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(roles(r#"["A",1,"B, C",""]"#), ["A", "B, C", ""]);
    assert_eq!(roles(r#"" A,,B , ""#), ["A", "B"]);
    assert!(roles("1").is_empty());
    assert_eq!(token_roles(None).count(), 0);
}

/// The role is then what the choice in force gives, for who decides as for who asks.
#[test]
fn a_preferred_role_that_is_open_is_tested_in_place_of_the_token_s() {
    let claims = Claims::from_json(r#"{"cognito:preferred_role":"other","team":"a"}"#).unwrap();
    let open = OpenPreferredRole { question: Question::NullPrecedence, role: Some(Claim::from("mine")) };
    for (choice, expected) in [("set", "Mine rule 3 {}"), ("unset", "Ops rule 4 {}")] {
        let evaluator = evaluator(&[("null-precedence", choice)]);
        let login = evaluator.login(Some(&USERS.into()), &claims, TokenForm::Claims).unwrap();
        let logins = [login.with_open_preferred_role(Some(&open))];
        assert_eq!(asked(&evaluator, &Request::of(&logins)), expected);
    }
    let evaluator = evaluator(&[]);
    let login = evaluator.login(Some(&USERS.into()), &claims, TokenForm::Claims).unwrap();
    let logins = [login.with_open_preferred_role(Some(&open))];
    assert_eq!(asked(&evaluator, &Request::of(&logins)), "Mine rule 3 {null-precedence}");
}

/// So it is where a tag is made of it.
#[test]
fn a_preferred_role_that_is_open_becomes_a_tag_in_place_of_the_token_s() {
    let claims = Claims::from_json(r#"{"dept":"Ops","cognito:preferred_role":"other","email":"e"}"#).unwrap();
    let open = OpenPreferredRole { question: Question::NullPrecedence, role: Some(Claim::from("open")) };
    let mut pool = pool();
    for map in pool.principal_tags.values_mut() {
        map.tags.insert("role".to_owned(), PREFERRED_ROLE.to_owned());
    }
    for (open, role, asked_about) in [(None, "other", &[][..]), (Some(&open), "open", &[Question::NullPrecedence])] {
        let evaluator = Evaluator::new(pool.clone(), Semantics::default());
        let login = evaluator.login(Some(&USERS.into()), &claims, TokenForm::Claims).unwrap();
        let logins = [login.with_open_preferred_role(open)];
        let answer = evaluator.answer(&Request::of(&logins));
        assert_eq!(answer.decision.tags, [("mail", "e".into()), ("role", role.into())].into());
        assert_eq!(answer.assumptions, asked_about.iter().copied().collect());
    }

    // No tag is made of it here.
    let evaluator = evaluator(&[]);
    let login = evaluator.login(Some(&USERS.into()), &claims, TokenForm::Claims).unwrap();
    let logins = [login.with_open_preferred_role(Some(&open))];
    assert_eq!(asked(&evaluator, &Request::of(&logins)), "Ops rule 1 {}");
}

/// Q1.
#[test]
fn several_logins_touch_their_question_and_one_of_them_answers() {
    let [ops, dev] = [r#"{"dept":"Ops"}"#, r#"{"dept":"dev"}"#].map(|claims| Claims::from_json(claims).unwrap());
    let ask = |assumed: &[(&str, &str)], users: &Claims<'_>, google: &Claims<'_>, twitter: bool| {
        let evaluator = evaluator(assumed);
        let login = |key: &str, claims| evaluator.login(Some(&key.into()), claims, TokenForm::Claims).unwrap();
        let mut logins = vec![login(USERS, users), login(GOOGLE, google)];
        if twitter {
            logins.remove(1);
            logins.push(login("api.twitter.com", google));
        }
        let request = Request::of(&logins);
        let answer = evaluator.answer(&request);
        let answering = request.answering(&answer).and_then(Login::provider).map(|key| key.as_str().to_owned());
        assert_eq!(answering.as_deref(), answer.provider.or(Some(logins[0].provider().unwrap().as_str())));
        format!("{} by {}", asked(&evaluator, &request), answering.unwrap())
    };
    assert_eq!(ask(&[], &ops, &ops, false), format!("Ops rule 1 {{several-logins}} by {GOOGLE}"));
    assert_eq!(ask(&[], &ops, &dev, false), format!("logins-disagree {{several-logins}} by {USERS}:web"));
    assert_eq!(
        ask(&[("several-logins", "any-one")], &ops, &dev, false),
        format!("Auth role-resolution 0 {{}} by {GOOGLE}")
    );
    assert_eq!(ask(&[], &ops, &dev, true), format!("Ops rule 1 {{}} by {USERS}:web"));

    // The tags count, too; and a question that one of them touched was touched.
    let mail = Claims::from_json(r#"{"dept":"Ops","email":"a@example.com"}"#).unwrap();
    assert_eq!(ask(&[], &mail, &ops, false), format!("logins-disagree {{several-logins}} by {USERS}:web"));
    let lower = Claims::from_json(r#"{"dept":"ops","team":"a"}"#).unwrap();
    assert_eq!(ask(&[], &lower, &ops, false), format!("Ops rule 1 {{letter-case, several-logins}} by {GOOGLE}"));
    let any_one: &[_] = &[("several-logins", "any-one")];
    assert_eq!(ask(any_one, &lower, &ops, false), format!("Ops rule 1 {{letter-case}} by {GOOGLE}"));

    let expired = Claims::from_json(r#"{"dept":"Ops","exp":5}"#).unwrap();
    let evaluator = evaluator(&[]);
    let login = |key: &str, claims| evaluator.login(Some(&key.into()), claims, TokenForm::Claims).unwrap();
    let logins = [login(USERS, &expired), login(GOOGLE, &ops)];
    let request = Request::of(&logins).at(Some(Clock { now: 5, leeway: 0 }));
    assert_eq!(asked(&evaluator, &request), "invalid-token {}");
    let answer = evaluator.answer(&request);
    assert_eq!(answer.provider, Some(format!("{USERS}:web").as_str()), "whose token it is that fails");
    assert!(Request::guest().answering(&evaluator.answer(&Request::guest())).is_none());
}

#[test]
fn an_evaluator_says_which_claims_it_reads() {
    let evaluator = evaluator(&[]);
    let read: Vec<&str> = evaluator.claims_read().collect();
    for name in ["iss", "aud", "token_use", "exp", "dept", "groups", "team", "email", "sub", saml::ROLE_ATTRIBUTE] {
        assert!(read.contains(&name), "{name}");
        assert!(evaluator.names_read().number(name).is_some(), "{name}");
    }
    assert!(read.iter().all(|name| evaluator.names_read().number(name).is_some()));
    assert_eq!(evaluator.names_read().number("nickname"), None);
    assert_eq!((evaluator.pool(), evaluator.semantics().assumed().ids()), (&pool(), vec!["tag-missing-claim"]));
}

#[test]
fn a_login_has_the_mapping_and_the_tags_of_its_provider() {
    let evaluator = evaluator(&[]);
    let claims = Claims::from_json("{}").unwrap();
    let of = |key: &str| {
        let login = evaluator.login(Some(&key.into()), &claims, TokenForm::Claims).unwrap();
        let mapping = evaluator.mapping_of(&login).map(|(key, mapping)| (key.as_str(), mapping.mapping_rules().len()));
        (mapping, evaluator.tag_map_of(&login).map(|map| map.tags.len()))
    };
    let web = format!("{USERS}:web");
    assert_eq!(of(USERS), (Some((web.as_str(), 4)), Some(1)));
    assert_eq!(of(GOOGLE), (Some((GOOGLE, 1)), None));
    assert_eq!(of("api.twitter.com"), (None, None));
}

#[test]
fn the_same_login_may_have_other_claims() {
    let evaluator = evaluator(&[]);
    let first = r#"{"dept":"Ops","token_use":"access"}"#;
    let mut scanner = ClaimsScanner::new([&evaluator], TokenLimits::default());
    let scanned = scanner.read(first).unwrap();
    let [first, second] = [first, r#"{"dept":"dev","cognito:preferred_role":"x","team":"a"}"#]
        .map(|text| Claims::from_json(text).unwrap());
    let open = OpenPreferredRole { question: Question::NullPrecedence, role: Some(Claim::from("mine")) };
    for login in [
        evaluator.login(Some(&USERS.into()), &first, TokenForm::Claims).unwrap(),
        evaluator.login_of(Some(&USERS.into()), &scanned).unwrap(),
    ] {
        let logins = [login.with_open_preferred_role(Some(&open))];
        assert_eq!(asked(&evaluator, &Request::of(&logins)), "invalid-token {}");
        let logins = [evaluator.with_claims(&logins[0], &second)];
        assert_eq!(logins[0].claims(), &second);
        assert_eq!(logins[0].value("dept", evaluator.semantics()).and_then(Value::as_text), Some("dev"));
        assert_eq!(asked(&evaluator, &Request::of(&logins)), "Ops rule 4 {}");
    }
}

/// L1: a JWT of a user pool has an `aud`, however it was read.
#[test]
fn a_scanned_token_is_checked_in_the_form_it_came_in() {
    let evaluator = evaluator(&[]);
    let claims = r#"{"dept":"Ops"}"#;
    let jwt = format!("e30.{}.", BASE64_URL_SAFE_NO_PAD.encode(claims));
    let mut scanner = ClaimsScanner::new([&evaluator], TokenLimits::default());
    for (text, expected) in [(claims, "Ops rule 1 {}"), (jwt.as_str(), "invalid-token {}")] {
        let scanned = scanner.read(text).unwrap();
        let logins = [evaluator.login_of(Some(&USERS.into()), &scanned).unwrap()];
        assert_eq!(asked(&evaluator, &Request::of(&logins)), expected);
    }
}

/// A token that was foreseen belongs where every token of its kind does, and is checked as they are.
#[test]
fn what_is_foreseen_is_what_is_found() {
    let mut more = pool();
    let mapping = more.role_mappings.values().next().cloned().unwrap();
    let other = "cognito-idp.us-east-1.amazonaws.com/us-east-1_B";
    for key in
        [format!("{USERS}:app"), format!("{other}:web"), format!("{other}:${{App}}"), "${Users.ProviderName}:x".into()]
    {
        more.role_mappings.insert(ProviderKey::new(key), mapping.clone());
    }
    let foreseeing = Evaluator::new(more, Semantics::default());
    assert_eq!(foreseeing.foreseen.len(), 3, "the clients that are literal, each of a literal user pool");
    let issuer = format!("https://{USERS}");
    let usual = |is_access_token| Says { issuer: Some(&issuer), audience: Some("web"), is_access_token };
    assert!(foreseeing.foreseen.iter().any(|foreseen| foreseen.says(usual(false))));
    assert!(!foreseeing.foreseen.iter().any(|foreseen| foreseen.says(usual(true))), "L1");
    let bare = Evaluator { foreseen: Vec::new(), ..foreseeing.clone() };
    let mut roles = std::collections::BTreeSet::new();
    for issuer in [None, Some(USERS), Some(other), Some("evil.example"), Some("${Users.ProviderName}")] {
        for audience in [None, Some("web"), Some("app"), Some("x"), Some("${App}")] {
            for token_use in [None, Some("id"), Some("access")] {
                for scheme in ["https://", ""] {
                    let mut claims = Claims::from_json(r#"{"dept":"Ops","email":"e"}"#).unwrap();
                    let members = [
                        ("iss", issuer.map(|issuer| format!("{scheme}{issuer}"))),
                        ("aud", audience.map(str::to_owned)),
                        ("token_use", token_use.map(str::to_owned)),
                    ];
                    for (name, value) in members {
                        if let Some(value) = value {
                            claims.set(name, value);
                        }
                    }
                    let [one, two] = [&foreseeing, &bare].map(|evaluator| {
                        let login =
                            evaluator.login(None, &claims, TokenForm::Jwt).map_err(|error| error.to_string())?;
                        let key = login.provider().map(ProviderKey::as_str).unwrap_or_default().to_owned();
                        let request = [login];
                        Ok::<_, String>((key, said(&evaluator.answer(&Request::of(&request)))))
                    });
                    assert_eq!(one, two, "{}", claims.to_json());
                    roles.insert(one);
                }
            }
        }
    }
    assert!(roles.len() > 8, "{roles:?}");
}

/// However many claims rules test, and however many a token has.
#[test]
fn a_claim_is_found_wherever_it_stands() {
    for tested in [1, 6, 7, 58, 59, 300] {
        let rules =
            (0..tested).map(|n| MappingRule::new(format!("claim-{n}"), MatchType::Equals, "x", format!("Role{n}")));
        let mut pool = IdentityPool::default();
        pool.role_mappings.insert(format!("{USERS}:web").as_str().into(), RoleMapping::rules(rules));
        let evaluator = Evaluator::new(pool, Semantics::default());
        for count in [1, 254, 255, 256, 400] {
            for last in [0, tested - 1] {
                let mut claims = Claims::default();
                for n in 1..count {
                    claims.set(format!("other-{n}"), "x");
                }
                claims.set(format!("claim-{last}"), "x");
                let logins = [evaluator.login(None, &claims, TokenForm::Claims).unwrap()];
                let answer = evaluator.answer(&Request::of(&logins));
                assert_eq!(
                    answer.decision.role(),
                    Some(format!("Role{last}").as_str()),
                    "{tested} tested, {count} claims"
                );
                assert_eq!(evaluator.evaluate(&Request::of(&logins)), answer.decision);
            }
        }
    }
}
