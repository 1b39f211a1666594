use super::*;

const POOL: &str = "us-east-1:11111111-2222-3333-4444-555555555555";

/// What STS says, in one word and the kinds of the objections.
fn ask(policy: &str, caller: Caller<'_>, session_tags: bool, pool: &str) -> String {
    let node = crate::read::policy(policy).unwrap_or_else(|error| panic!("{error}: {policy}"));
    let not_the_pool = BTreeSet::from(["${Users}".to_owned(), "us-east-1_AbC".to_owned()]);
    let mut document = node;
    references(&mut document);
    let call = AssumeCall { pool: Some(pool), not_the_pool: &not_the_pool, role: None, caller, session_tags };
    word(&assume(&document, &call))
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::Unknown(_) => "unknown".to_owned(),
        Verdict::Refused(objections) => {
            let kinds: Vec<String> = objections.iter().map(|objection| format!("{:?}", objection.kind)).collect();
            format!("refused: {}", kinds.join(", "))
        }
    }
}

/// Makes references of texts with `${…}`, as readers do.
fn references(node: &mut Node) {
    match &mut node.value {
        Value::Text(text) if text.contains("${") => {
            let text = std::mem::take(text);
            node.value = Value::reference(text, "");
        }
        Value::List(elements) => elements.iter_mut().for_each(references),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| references(&mut entry.value)),
        _ => {}
    }
}

fn user(policy: &str) -> String {
    ask(policy, Caller::User(None), false, POOL)
}

fn guest(policy: &str) -> String {
    ask(policy, Caller::Guest, false, POOL)
}

fn tagged(policy: &str) -> String {
    ask(policy, Caller::User(None), true, POOL)
}

/// A policy with one statement, whose parts can be put in other words.
fn statement(principal: &str, action: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(",\"Condition\":{{{condition}}}") };
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{principal},\"Action\":{action}{condition}}}]}}"
    )
}

const COGNITO: &str = r#"{"Federated":"cognito-identity.amazonaws.com"}"#;
const WEB: &str = r#""sts:AssumeRoleWithWebIdentity""#;

fn aud_amr(aud: &str, amr: &str) -> String {
    format!(
        "\"StringEquals\":{{\"cognito-identity.amazonaws.com:aud\":\"{aud}\"}},\
         \"ForAnyValue:StringLike\":{{\"cognito-identity.amazonaws.com:amr\":\"{amr}\"}}"
    )
}

#[test]
fn the_policy_of_the_console_lets_its_own_kind_in() {
    let authenticated = statement(COGNITO, r#"["sts:AssumeRoleWithWebIdentity"]"#, &aud_amr(POOL, "authenticated"));
    assert_eq!(user(&authenticated), "allowed");
    assert_eq!(guest(&authenticated), "refused: Amr");
    assert_eq!(tagged(&authenticated), "refused: TagSession");
    let guests = statement(COGNITO, WEB, &aud_amr(POOL, "unauthenticated"));
    assert_eq!(guest(&guests), "allowed");
    assert_eq!(user(&guests), "refused: Amr");
    let tags =
        statement(COGNITO, r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession"]"#, &aud_amr(POOL, "authenticated"));
    assert_eq!(tagged(&tags), "allowed");
}

#[test]
fn a_single_statement_and_single_texts_are_lists_of_one() {
    let policy = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Federated":["cognito-identity.amazonaws.com"]}},
        "Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{{"StringEquals":{{"cognito-identity.amazonaws.com:aud":["x:y","{POOL}"]}}}}}}}}"#
    );
    assert_eq!(user(&policy), "allowed");
}

#[test]
fn the_classic_mistakes_are_refused_for_what_they_are() {
    let good = aud_amr(POOL, "authenticated");
    for (principal, action, condition, expected) in [
        (COGNITO, r#""sts:AssumeRole""#, good.as_str(), "refused: Action"),
        (COGNITO, r#"["sts:AssumeRole","sts:TagSession"]"#, &good, "refused: Action"),
        (r#"{"Service":"cognito-identity.amazonaws.com"}"#, WEB, &good, "refused: Principal"),
        (r#"{"Federated":"cognito-identity.amazon.com"}"#, WEB, &good, "refused: Principal"),
        (r#"{"Federated":"cognito-idp.amazonaws.com"}"#, WEB, &good, "refused: Principal"),
        (r#"{"Service":"lambda.amazonaws.com"}"#, r#""sts:AssumeRole""#, "", "refused: Principal, Action"),
        (r#"{"Federated":"accounts.google.com"}"#, WEB, "", "refused: Principal"),
        (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, WEB, "", "refused: Principal"),
        (COGNITO, WEB, &aud_amr("us-east-1_AbC", "authenticated"), "refused: Audience"),
        (COGNITO, WEB, &aud_amr("${Users}", "authenticated"), "refused: Audience"),
        (
            COGNITO,
            WEB,
            &aud_amr("us-east-1:00000000-0000-0000-0000-000000000000", "authenticated"),
            "refused: Audience",
        ),
        (COGNITO, WEB, &aud_amr(POOL, "unauthenticated"), "refused: Amr"),
        (COGNITO, WEB, &aud_amr("us-east-1_AbC", "unauthenticated"), "refused: Audience, Amr"),
        (
            COGNITO,
            WEB,
            r#""ForAnyValue:StringLike":{"cognito-identity.amazon.com:amr":"authenticated"}"#,
            "refused: Amr",
        ),
        (COGNITO, WEB, r#""StringEquals":{"accounts.google.com:aud":"x"}"#, "refused: Audience"),
        (COGNITO, WEB, r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, "refused: SourceIp"),
        (COGNITO, WEB, r#""StringEquals":{"sts:ExternalId":"x"}"#, "refused: Condition"),
    ] {
        assert_eq!(user(&statement(principal, action, condition)), expected, "{principal} {action} {condition}");
    }
}

#[test]
fn operators_compare_as_iam_does() {
    let aud = "cognito-identity.amazonaws.com:aud";
    let amr = "cognito-identity.amazonaws.com:amr";
    for (condition, expected) in [
        (format!(r#""StringLike":{{"{aud}":"us-east-1:*"}}"#), "allowed"),
        (format!(r#""StringEquals":{{"{aud}":"us-east-1:*"}}"#), "refused: Audience"),
        (format!(r#""StringLike":{{"{aud}":"us-east-?:1111*"}}"#), "allowed"),
        (format!(r#""StringNotEquals":{{"{aud}":"{POOL}"}}"#), "refused: Audience"),
        (format!(r#""StringNotEquals":{{"{aud}":["a:b","c:d"]}}"#), "allowed"),
        (format!(r#""StringNotLike":{{"{aud}":"us-west-2:*"}}"#), "allowed"),
        (
            format!(r#""StringEqualsIgnoreCase":{{"{aud}":"US-EAST-1:11111111-2222-3333-4444-555555555555"}}"#),
            "allowed",
        ),
        (
            format!(r#""StringNotEqualsIgnoreCase":{{"{aud}":"US-EAST-1:11111111-2222-3333-4444-555555555555"}}"#),
            "refused: Audience",
        ),
        (format!(r#""StringEquals":{{"COGNITO-identity.amazonaws.com:AUD":"{POOL}"}}"#), "allowed"),
        (format!(r#""stringequals":{{"{aud}":"{POOL}"}}"#), "allowed"),
        (format!(r#""ForAnyValue:StringEquals":{{"{amr}":["authenticated"]}}"#), "allowed"),
        (format!(r#""ForAnyValue:StringLike":{{"{amr}":"*authenticated"}}"#), "allowed"),
        (format!(r#""ForAnyValue:StringNotEquals":{{"{amr}":"unauthenticated"}}"#), "allowed"),
        (format!(r#""ForAllValues:StringNotEquals":{{"{amr}":"unauthenticated"}}"#), "allowed"),
        (format!(r#""ForAllValues:StringEquals":{{"{amr}":"authenticated"}}"#), "refused: Amr"),
        (format!(r#""ForAllValues:StringLike":{{"{amr}":["authenticated","*"]}}"#), "allowed"),
        (
            format!(r#""ForAnyValue:StringLike":{{"{amr}":"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC"}}"#),
            "unknown",
        ),
        (format!(r#""StringEquals":{{"{amr}":"authenticated"}}"#), "unknown"),
        (r#""StringEqualsIfExists":{"accounts.google.com:aud":"x"}"#.to_owned(), "allowed"),
        (r#""StringNotEquals":{"accounts.google.com:aud":"x"}"#.to_owned(), "allowed"),
        (r#""ForAllValues:StringEquals":{"accounts.google.com:amr":"x"}"#.to_owned(), "allowed"),
        (r#""ForAnyValue:StringEquals":{"accounts.google.com:amr":"x"}"#.to_owned(), "refused: Amr"),
        (r#""ForAnyValue:StringEqualsIfExists":{"accounts.google.com:amr":"x"}"#.to_owned(), "unknown"),
        (r#""ForAllValues:StringNotEquals":{"accounts.google.com:amr":"x"}"#.to_owned(), "allowed"),
        (r#""ForAnyValue:StringNotEquals":{"accounts.google.com:amr":"x"}"#.to_owned(), "refused: Amr"),
        (r#""StringLike":{"accounts.google.com:aud":"*"}"#.to_owned(), "refused: Audience"),
        (r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#.to_owned(), "refused: SourceIp"),
        (r#""IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}"#.to_owned(), "unknown"),
        (r#""NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#.to_owned(), "unknown"),
        (r#""Null":{"accounts.google.com:aud":"true"}"#.to_owned(), "allowed"),
        (r#""Null":{"accounts.google.com:aud":"false"}"#.to_owned(), "refused: Audience"),
        (format!(r#""Null":{{"{aud}":"false"}}"#), "allowed"),
        (format!(r#""Null":{{"{aud}":true}}"#), "refused: Audience"),
        (r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#.to_owned(), "refused: Condition"),
        (r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#.to_owned(), "allowed"),
        (r#""Bool":{"aws:SecureTransport":"true"}"#.to_owned(), "unknown"),
        (r#""StringEquals":{"aws:RequestTag/team":"x"}"#.to_owned(), "refused: Condition"),
        (r#""DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}"#.to_owned(), "unknown"),
        (r#""StringEquals":{"cognito-identity.amazonaws.com:sub":"us-east-1:x"}"#.to_owned(), "unknown"),
        (r#""StringLike":{"cognito-identity.amazonaws.com:sub":"*"}"#.to_owned(), "allowed"),
        (r#""StringEquals":{"cognito-identity.amazonaws.com:sub":"someone"}"#.to_owned(), "refused: Condition"),
        (format!(r#""StringEquals":{{"{aud}":"${{Pool}}"}}"#), "unknown"),
    ] {
        assert_eq!(user(&statement(COGNITO, WEB, &condition)), expected, "{condition}");
    }
}

#[test]
fn amr_names_the_provider_of_a_user() {
    let key = ProviderKey::new("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:web");
    let condition =
        |value: &str| format!(r#""ForAnyValue:StringLike":{{"cognito-identity.amazonaws.com:amr":"{value}"}}"#);
    for (value, expected) in [
        ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", "allowed"),
        ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:CognitoSignIn:*", "allowed"),
        ("cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", "refused: Amr"),
        ("accounts.google.com", "refused: Amr"),
        ("cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:CognitoSignIn:someone", "unknown"),
    ] {
        let policy = statement(COGNITO, WEB, &condition(value));
        assert_eq!(ask(&policy, Caller::User(Some(&key)), false, POOL), expected, "{value}");
    }
    let symbolic = ProviderKey::new("${Users.ProviderName}:${Web}");
    let google = statement(COGNITO, WEB, &condition("accounts.google.com"));
    assert_eq!(ask(&google, Caller::User(Some(&symbolic)), false, POOL), "refused: Amr");
}

#[test]
fn principals_may_be_written_in_many_ways() {
    let good = aud_amr(POOL, "authenticated");
    for (principal, expected) in [
        (r#""*""#, "allowed"),
        (r#"{"Federated":["accounts.google.com","cognito-identity.amazonaws.com"]}"#, "allowed"),
        (r#"{"Service":"ec2.amazonaws.com","Federated":"cognito-identity.amazonaws.com"}"#, "allowed"),
        (r#"{"AWS":"*"}"#, "allowed"),
        (r#"{"Federated":"*"}"#, "unknown"),
        (r#"{"Federated":" cognito-identity.amazonaws.com "}"#, "refused: Principal"),
        (r#"{"Federated":"${Idp}"}"#, "unknown"),
        (r#"{"Federated":"${aws_iam_openid_connect_provider.x.arn}"}"#, "refused: Principal"),
        (r#"{"Federated":"cognito-identity-us-gov.amazonaws.com"}"#, "refused: Principal"),
        (r#"{"Federated":"cognito-identity.cn-north-1.amazonaws.com.cn"}"#, "refused: Principal"),
        (r#"{"Federated":"cognito-identity.${AWS::URLSuffix}"}"#, "allowed"),
    ] {
        assert_eq!(user(&statement(principal, WEB, &good)), expected, "{principal}");
    }
}

#[test]
fn cognito_has_a_name_in_each_partition() {
    let policy = |host: &str, pool: &str| {
        let condition = aud_amr(pool, "authenticated").replace("cognito-identity.amazonaws.com", host);
        statement(&format!("{{\"Federated\":\"{host}\"}}"), WEB, &condition)
    };
    let (usual, west) = ("cognito-identity.amazonaws.com", "cognito-identity-us-gov.amazonaws.com");
    let (east, north) =
        ("cognito-identity.us-gov-east-1.amazonaws.com", "cognito-identity.cn-north-1.amazonaws.com.cn");
    let refused = "refused: Principal, Audience, Amr";
    for (pool, host, expected) in [
        ("eu-west-1:1", usual, "allowed"),
        ("eu-west-1:1", west, refused),
        ("eu-west-1:1", east, refused),
        ("eu-west-1:1", north, refused),
        ("us-gov-west-1:1", west, "allowed"),
        ("us-gov-west-1:1", east, refused),
        ("us-gov-east-1:1", east, "allowed"),
        ("us-gov-east-1:1", usual, "unknown"),
        ("cn-north-1:1", north, "allowed"),
        ("cn-northwest-1:1", north, refused),
        // What Cognito is called there is not written down.
        ("us-iso-east-1:1", usual, "unknown"),
        ("eusc-de-east-1:1", usual, "unknown"),
        ("us-isob-east-1:1", west, refused),
        ("${Pool}", usual, "allowed"),
        ("${Pool}", north, "allowed"),
    ] {
        assert_eq!(ask(&policy(host, pool), Caller::User(None), false, pool), expected, "{host} for {pool}");
    }
    // The role's ARN tells where the pool's id does not.
    let not_the_pool = BTreeSet::new();
    for (role, host, expected) in [
        ("arn:aws:iam::111122223333:role/R", north, refused),
        ("arn:aws:iam::111122223333:role/R", usual, "allowed"),
        ("arn:aws-cn:iam::111122223333:role/R", north, "allowed"),
        ("arn:aws-us-gov:iam::111122223333:role/R", east, "allowed"),
        ("arn:aws-iso-e:iam::111122223333:role/R", usual, "unknown"),
        ("${Role.Arn}", north, "allowed"),
    ] {
        let mut document = crate::read::policy(&policy(host, "${Pool}")).unwrap();
        references(&mut document);
        let (pool, caller) = (Some("${Pool}"), Caller::User(None));
        let call = AssumeCall { pool, not_the_pool: &not_the_pool, role: Some(role), caller, session_tags: false };
        assert_eq!(word(&assume(&document, &call)), expected, "{host} for {role}");
    }
}

#[test]
fn a_statement_that_neither_allows_nor_denies_leaves_the_answer_open() {
    let good = statement(COGNITO, WEB, &aud_amr(POOL, "authenticated"));
    for effect in
        ["\"Effect\":\"allow\",", "\"Effect\":\"Alow\",", "\"Effect\":\"${Effect}\",", "\"Effect\":\"deny\",", ""]
    {
        assert_eq!(user(&good.replace("\"Effect\":\"Allow\",", effect)), "unknown", "{effect}");
    }
    let beside = |other: &str| good.replace("\"Statement\":[", &format!("\"Statement\":[{other},"));
    assert_eq!(user(&beside(r#"{"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#)), "unknown");
    let open = r#"{"Effect":"${E}","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    assert_eq!(user(&beside(open)), "allowed", "either way it is for somebody else");
    assert_eq!(guest(&good.replace("\"Allow\"", "\"Alow\"")), "refused: Amr");
}

#[test]
fn what_is_refused_for_certain_is_not_open() {
    let open = r#""Bool":{"aws:SecureTransport":"true"}"#;
    assert_eq!(user(&statement(COGNITO, WEB, open)), "unknown");
    assert_eq!(tagged(&statement(COGNITO, WEB, open)), "refused: TagSession");
    assert_eq!(tagged(&statement(COGNITO, r#""sts:*""#, open)), "unknown");
    assert_eq!(user(&statement(COGNITO, WEB, open).replace("Allow", "Deny")), "refused: Unreadable");
}

#[test]
fn actions_may_be_wildcards_or_what_is_left_out() {
    let good = aud_amr(POOL, "authenticated");
    for (action, expected) in [
        (r#""sts:*""#, "allowed"),
        (r#""*""#, "allowed"),
        (r#""STS:assumerolewithwebidentity""#, "refused: TagSession"),
        (r#""sts:AssumeRole*""#, "refused: TagSession"),
        (r#"["sts:AssumeRoleWithWebIdentity","sts:Tag*"]"#, "allowed"),
        (r#""sts:TagSession""#, "refused: Action"),
        (r#""${Action}""#, "unknown"),
    ] {
        assert_eq!(tagged(&statement(COGNITO, action, &good)), expected, "{action}");
    }
    let not = statement(COGNITO, WEB, &good).replace("\"Action\"", "\"NotAction\"");
    assert_eq!(user(&not), "refused: Action");
    assert_eq!(user(&not.replace("AssumeRoleWithWebIdentity", "AssumeRole")), "allowed");
}

#[test]
fn the_tag_session_action_may_stand_in_a_statement_of_its_own() {
    let two = format!(
        r#"{{"Statement":[
        {{"Effect":"Allow","Principal":{COGNITO},"Action":{WEB},"Condition":{{{}}}}},
        {{"Effect":"Allow","Principal":{COGNITO},"Action":"sts:TagSession"}}]}}"#,
        aud_amr(POOL, "authenticated")
    );
    assert_eq!(tagged(&two), "allowed");
}

#[test]
fn a_denial_beats_whatever_allows() {
    let with_denial = |denial: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{COGNITO},"Action":{WEB},"Condition":{{{}}}}},{denial}]}}"#,
            aud_amr(POOL, "authenticated")
        )
    };
    for (denial, expected) in [
        (r#"{"Effect":"Deny","Principal":"*","Action":"*"}"#, "refused: Denied"),
        (r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}"#, "allowed"),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}}"#,
            "allowed",
        ),
        (r#"{"Effect":"Deny","NotPrincipal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"*"}"#, "allowed"),
        (
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*"}"#,
            "refused: Denied",
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            "unknown",
        ),
        (r#"{"Effect":"Deny","Principal":"*","NotAction":"sts:AssumeRoleWithWebIdentity"}"#, "allowed"),
    ] {
        assert_eq!(user(&with_denial(denial)), expected, "{denial}");
    }
}

#[test]
fn references_that_decide_are_said() {
    let policy = statement(COGNITO, WEB, &aud_amr("${Pool}", "authenticated"));
    assert_eq!(ask(&policy, Caller::User(None), false, "${Pool}"), "allowed");
    assert_eq!(ask(&policy, Caller::User(None), false, "${Other}"), "unknown");
    assert_eq!(
        ask(&statement(COGNITO, WEB, &aud_amr("us-east-1_AbC", "authenticated")), Caller::User(None), false, "${Pool}"),
        "refused: Audience"
    );
    assert_eq!(user("{\"Statement\":\"${Fn::If x}\"}"), "unknown");
    assert_eq!(user("{}"), "unknown");
    assert_eq!(user("{\"Statement\":[]}"), "refused: Unreadable");
}

#[test]
fn what_a_statement_should_test_and_does_not() {
    let kinds = |policy: &str| -> Vec<ObjectionKind> {
        untested(&crate::read::policy(policy).unwrap()).into_iter().map(|objection| objection.kind).collect()
    };
    assert_eq!(kinds(&statement(COGNITO, WEB, &aud_amr(POOL, "authenticated"))), []);
    assert_eq!(kinds(&statement(COGNITO, WEB, "")), [ObjectionKind::Condition]);
    let only_aud = format!(r#""StringEquals":{{"cognito-identity.amazonaws.com:aud":"{POOL}"}}"#);
    assert_eq!(kinds(&statement(COGNITO, WEB, &only_aud)), [ObjectionKind::Amr]);
    let only_amr = r#""ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}"#;
    assert_eq!(kinds(&statement(COGNITO, WEB, only_amr)), [ObjectionKind::Audience]);
    assert_eq!(kinds(&statement(r#"{"Service":"ec2.amazonaws.com"}"#, r#""sts:AssumeRole""#, "")), []);
}

#[test]
fn hostile_policies_are_answered() {
    let many = "\"a\",".repeat(2_000);
    let long = format!(r#""StringLike":{{"cognito-identity.amazonaws.com:aud":[{many}"{}"]}}"#, "*?".repeat(20_000));
    assert_eq!(user(&statement(COGNITO, WEB, &long)), "unknown");
    for odd in [
        r#"{"Statement":[1,2]}"#,
        r#"{"Statement":[{}]}"#,
        r#"{"Statement":[{"Effect":[],"Principal":[],"Action":{}}]}"#,
    ] {
        let _ = user(odd);
    }
}
