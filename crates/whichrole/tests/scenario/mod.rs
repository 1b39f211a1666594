//! Random pools, tokens and requests, from words few enough that they often meet.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use whichrole::{
    AmbiguousRoleResolution, Choice, Claims, Clock, Evaluator, Group, GroupClaims, IdentityPool, IdentityProvider,
    Login, MappingRule, MatchType, OpenPreferredRole, PrincipalTagMap, ProviderKey, Question, Request, RoleArn,
    RoleMapping, RoleMappingType, Roles, Semantics, TokenForm,
};

const POOL_KEY: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_A";

/// The keys of role mappings: two clients of one pool, references, and one key of each other kind.
const KEYS: [&str; 8] = [
    "cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web",
    "cognito-idp.us-east-1.amazonaws.com/us-east-1_A:mobile",
    "${Users.ProviderName}:${Web}",
    "cognito-idp.us-east-1.amazonaws.com/${Users}:web",
    "accounts.google.com",
    "arn:aws:iam::111122223333:oidc-provider/login.example.com",
    "arn:aws:iam::111122223333:saml-provider/corp",
    "www.amazon.com",
];
const CLAIM_NAMES: [&str; 6] =
    ["dept", "Dept", "cognito:groups", "cognito:preferred_role", "cognito:roles", "email_verified"];
const WORDS: [&str; 11] = ["", "a", "A", "ab", "Ab", "true", "1", "1.0", "İ", "[a, ab]", "x|y"];
pub const ROLES: [&str; 4] = [
    "arn:aws:iam::111122223333:role/A",
    "arn:aws:iam::111122223333:role/B",
    "arn:aws:iam::111122223333:role/C",
    "${D.Arn}",
];

/// One login as a person would give it.
#[derive(Debug, Clone)]
pub struct Given {
    pub provider: Option<&'static str>,
    pub json: String,
    pub form: TokenForm,
    pub groups: Vec<Group>,
}

/// One request and everything that answers it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub pool: IdentityPool,
    pub given: Vec<Given>,
    pub custom_role: Option<&'static str>,
    pub clock: Option<Clock>,
    pub assumed: Vec<Choice>,
}

impl Scenario {
    pub fn semantics(&self) -> Semantics {
        self.assumed.iter().fold(Semantics::default(), |semantics, choice| semantics.assume(*choice))
    }

    pub fn evaluator(&self) -> Evaluator {
        Evaluator::new(self.pool.clone(), self.semantics())
    }

    /// The claims of each login, with what its groups add.
    pub fn claims(&self) -> Vec<(Claims<'static>, Option<OpenPreferredRole>)> {
        let claims = |given: &'_ Given| {
            let mut claims = Claims::from_json(&given.json).expect("the claims are JSON").into_owned();
            let groups: Vec<&Group> = given.groups.iter().collect();
            let open = if groups.is_empty() { None } else { GroupClaims::of(&groups).write_to(&mut claims) };
            (claims, open)
        };
        self.given.iter().map(claims).collect()
    }

    /// The logins whose provider can be told.
    pub fn logins<'a>(
        &self,
        evaluator: &'a Evaluator,
        claims: &'a [(Claims<'a>, Option<OpenPreferredRole>)],
    ) -> Vec<Login<'a>> {
        let login = |(given, (claims, open)): (&Given, &'a (Claims<'a>, Option<OpenPreferredRole>))| {
            let named = given.provider.map(ProviderKey::new);
            let login = evaluator.login(named.as_ref(), claims, given.form).ok()?;
            Some(login.with_open_preferred_role(open.as_ref()))
        };
        self.given.iter().zip(claims).filter_map(login).collect()
    }

    pub fn request<'a>(&self, logins: &'a [Login<'a>]) -> Request<'a> {
        Request::of(logins).choosing(self.custom_role).at(self.clock)
    }
}

/// Anything.
pub fn scenario() -> impl Strategy<Value = Scenario> {
    (pool(), vec(given(), 0..3), option::weighted(0.3, select(&ROLES[..])), option::weighted(0.2, clock()), assumed())
        .prop_map(|(pool, given, custom_role, clock, assumed)| Scenario { pool, given, custom_role, clock, assumed })
}

/// One login under a mapping of rules, with nothing else in the way.
pub fn by_rules() -> impl Strategy<Value = Scenario> {
    (vec(rule(), 1..7), option::of(select(&AmbiguousRoleResolution::ALL[..])), members(), assumed()).prop_map(
        |(rules, resolution, members, assumed)| {
            let mut pool = IdentityPool::default();
            pool.roles.authenticated = Some(ROLES[0].into());
            let mapping =
                RoleMapping { ambiguous_role_resolution: resolution, mapping_type: RoleMappingType::Rules(rules) };
            pool.role_mappings.insert(KEYS[0].into(), mapping);
            let json = object(&members);
            let given = vec![Given { provider: None, json, form: TokenForm::Claims, groups: Vec::new() }];
            Scenario { pool, given, custom_role: None, clock: None, assumed }
        },
    )
}

pub fn pool() -> impl Strategy<Value = IdentityPool> {
    let providers =
        vec((select(&[POOL_KEY, "${Users.ProviderName}"][..]), option::of(select(&["web", "${Web}"][..]))), 0..3);
    let others = subsequence(vec!["accounts.google.com", KEYS[5], KEYS[6], "cognito-identity.amazonaws.com"], 0..3);
    (
        option::weighted(0.7, any::<bool>()),
        option::weighted(0.2, providers),
        others,
        (option::weighted(0.8, role()), option::of(role())),
        (subsequence(KEYS.to_vec(), 0..4), vec(mapping(), 4)),
        (subsequence(vec![POOL_KEY, "${Users.ProviderName}", KEYS[4], KEYS[5], KEYS[6]], 0..3), vec(tag_map(), 3)),
    )
        .prop_map(|(guests, providers, others, (authenticated, unauthenticated), mappings, tags)| IdentityPool {
            id: Some("us-east-1:11111111-2222-3333-4444-555555555555".to_owned()),
            allow_unauthenticated_identities: guests,
            guests_depend_on: None,
            allow_classic_flow: None,
            providers: providers.map(|providers| {
                let provider = |(name, client): (&str, Option<&str>)| IdentityProvider {
                    provider_name: name.into(),
                    client_id: client.map(str::to_owned),
                };
                providers.into_iter().map(provider).collect()
            }),
            other_providers: others.into_iter().map(ProviderKey::new).collect(),
            roles: Roles { authenticated, unauthenticated },
            role_mappings: mappings.0.into_iter().map(ProviderKey::new).zip(mappings.1).collect(),
            principal_tags: tags.0.into_iter().map(ProviderKey::new).zip(tags.1).collect(),
        })
}

fn mapping() -> impl Strategy<Value = RoleMapping> {
    let mapping_type = prop_oneof![
        1 => Just(RoleMappingType::Token),
        3 => vec(rule(), 1..5).prop_map(RoleMappingType::Rules),
    ];
    (mapping_type, option::weighted(0.8, select(&AmbiguousRoleResolution::ALL[..])))
        .prop_map(|(mapping_type, ambiguous_role_resolution)| RoleMapping { mapping_type, ambiguous_role_resolution })
}

pub fn rule() -> impl Strategy<Value = MappingRule> {
    let value = prop_oneof![5 => select(&WORDS[..]), 1 => select(&ROLES[..])];
    (select(&CLAIM_NAMES[..]), select(&MatchType::ALL[..]), value, role())
        .prop_map(|(claim, match_type, value, role)| MappingRule::new(claim, match_type, value, role))
}

fn role() -> impl Strategy<Value = RoleArn> {
    select(&ROLES[..]).prop_map(RoleArn::from)
}

fn tag_map() -> impl Strategy<Value = PrincipalTagMap> {
    let claims = prop_oneof![select(&CLAIM_NAMES[..]), select(&["sub", "aud", "nothing"][..])];
    (any::<bool>(), btree_map(select(&["team", "Team", "username", "dept"][..]), claims, 0..3)).prop_map(
        |(use_defaults, tags)| {
            let tags = tags.into_iter().map(|(key, claim)| (key.to_owned(), claim.to_owned())).collect();
            PrincipalTagMap { use_defaults, tags }
        },
    )
}

fn given() -> impl Strategy<Value = Given> {
    let provider = prop_oneof![
        select(&KEYS[..]),
        select(&[POOL_KEY, "cognito-identity.amazonaws.com", "graph.facebook.com", "not a provider", "${Nobody}"][..]),
    ];
    (
        option::weighted(0.6, provider),
        members(),
        standard_members(),
        prop_oneof![3 => Just(TokenForm::Claims), 1 => Just(TokenForm::Jwt)],
        prop_oneof![4 => Just(Vec::new()), 1 => groups()],
    )
        .prop_map(|(provider, mut members, standard, form, groups)| {
            members.extend(standard);
            Given { provider, json: object(&members), form, groups }
        })
}

/// Members that rules and tags look at: names and JSON texts.
fn members() -> impl Strategy<Value = Vec<(String, String)>> {
    (subsequence(CLAIM_NAMES.to_vec(), 0..6), vec(value(), 6))
        .prop_map(|(names, values)| names.into_iter().map(str::to_owned).zip(values).collect())
}

/// Members that say whose token this is, often oddly.
fn standard_members() -> impl Strategy<Value = Vec<(String, String)>> {
    let choices = |name: &'static str, weight: f64, values: &'static [&'static str]| {
        option::weighted(weight, select(values)).prop_map(move |value| Some((name.to_owned(), value?.to_owned())))
    };
    let issuers = &[
        r#""https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A""#,
        r#""https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_A""#,
        r#""https://accounts.google.com""#,
        r#""login.example.com""#,
        r#""https://evil.example.com/${Users}""#,
        "7",
    ];
    (
        choices("iss", 0.3, issuers),
        choices("aud", 0.5, &[r#""web""#, r#""mobile""#, r#"["web","mobile"]"#, "[1]", "null", r#""""#]),
        choices("token_use", 0.2, &[r#""id""#, r#""access""#, "1"]),
        choices("exp", 0.3, &["100", "1e3", "99999999999999999999", r#""100""#, "-1"]),
        choices("sub", 0.6, &[r#""1111-2222""#, r#""a|b""#, r#""aws:me""#, "5", "[]", r#"["a"]"#]),
        choices(
            "https://aws.amazon.com/SAML/Attributes/Role",
            0.1,
            &[
                r#""arn:aws:iam::111122223333:role/A,arn:aws:iam::111122223333:saml-provider/corp""#,
                r#"["arn:aws:iam::1:saml-provider/x,arn:aws:iam::1:role/A","arn:aws:iam::1:role/B,arn:aws:iam::1:saml-provider/x"]"#,
                "[]",
            ],
        ),
    )
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().collect())
}

/// The JSON text of a claim, compact.
pub fn value() -> impl Strategy<Value = String> {
    let text = prop_oneof![4 => select(&WORDS[..]), 1 => select(&ROLES[..])].prop_map(string);
    let scalar = prop_oneof![
        6 => text,
        1 => select(&["1", "1.0", "-0", "1e5", "12345678901234567890"][..]).prop_map(str::to_owned),
        1 => select(&["true", "false", "null"][..]).prop_map(str::to_owned),
    ];
    let array = |of: BoxedStrategy<String>| vec(of, 0..4).prop_map(|items| format!("[{}]", items.join(",")));
    let boxed = scalar.boxed();
    prop_oneof![
        6 => boxed.clone(),
        3 => array(boxed.clone()),
        1 => (array(boxed.clone()), boxed).prop_map(|(a, b)| format!(r#"{{"b":{a},"a":{b}}}"#)),
    ]
}

pub fn groups() -> impl Strategy<Value = Vec<Group>> {
    vec((select(&["a", "ab", "B", "c"][..]), option::weighted(0.7, role()), option::of(0_u64..3)), 0..4).prop_map(
        |groups| {
            let mut groups: Vec<Group> = groups
                .into_iter()
                .map(|(name, role_arn, precedence)| Group { role_arn, precedence, ..Group::named(name) })
                .collect();
            groups.sort_by(|a, b| a.name.cmp(&b.name));
            groups.dedup_by(|a, b| a.name == b.name);
            groups
        },
    )
}

fn clock() -> impl Strategy<Value = Clock> {
    (select(&[0_i64, 99, 100, 1_000_000][..]), select(&[0_u16, 300][..]))
        .prop_map(|(now, leeway)| Clock { now, leeway })
}

fn assumed() -> impl Strategy<Value = Vec<Choice>> {
    let all: Vec<Choice> = Question::ALL.iter().flat_map(|question| Choice::all_of(*question)).collect();
    prop_oneof![3 => Just(Vec::new()), 1 => vec(select(all), 1..4)]
}

/// A JSON object of members given as names and JSON texts.
pub fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", string(name))).collect();
    format!("{{{}}}", members.join(","))
}

pub fn string(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}
