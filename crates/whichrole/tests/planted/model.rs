//! A correct configuration, apart from how it is written.

/// Numbers that look random, the same ones from the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub fn pick<'e, T>(&mut self, elements: &'e [T]) -> &'e T {
        &elements[self.below(elements.len())]
    }
}

/// A role, a user pool or a client of the configuration, or any text.
#[derive(Clone, PartialEq)]
pub enum Named {
    Role(String),
    /// Names the role where its ARN belongs.
    RoleName(String),
    Literal(String),
    Undeclared,
    Elsewhere,
}

#[derive(Clone)]
pub enum Provider {
    Client(&'static str),
    WithoutClient,
    Url,
    Literal(String),
}

#[derive(Clone)]
pub struct Rule {
    pub claim: String,
    pub match_type: String,
    pub value: Named,
    pub role: Named,
    /// What the role's field is called, if not what it should be.
    pub role_field: Option<&'static str>,
    pub claim_twice: bool,
}

#[derive(Clone)]
pub struct Mapping {
    pub provider: Provider,
    pub kind: String,
    pub resolution: Option<String>,
    pub rules: Vec<Rule>,
    /// Something else in the place of the rules.
    pub instead: bool,
}

#[derive(Clone)]
pub struct Group {
    pub name: String,
    pub precedence: Option<u32>,
    pub role: Option<Named>,
}

#[derive(Clone)]
pub struct Role {
    pub name: String,
    pub principal: &'static str,
    pub actions: Vec<&'static str>,
    pub aud: Option<&'static str>,
    pub amr: Option<&'static str>,
    pub source_ip: bool,
    pub condition: bool,
}

#[derive(Clone)]
pub struct Tags {
    pub provider: Provider,
    pub use_defaults: bool,
    pub pairs: Vec<(String, String)>,
}

#[derive(Clone)]
pub struct Model {
    pub mappings: Vec<Mapping>,
    pub groups: Vec<Group>,
    pub roles: Vec<Role>,
    pub authenticated: Named,
    pub authenticated_key: &'static str,
    pub unauthenticated: Option<Named>,
    pub guests: bool,
    pub classic: bool,
    pub tags: Option<Tags>,
    pub write_attributes: Vec<&'static str>,
    /// Clients that the identity pool takes beside `web`.
    pub more_clients: usize,
    pub second_attachment: bool,
    pub attachment_type: Option<&'static str>,
    pub comment: Option<&'static str>,
    /// Resources that have nothing to do with any of it, before and after the others.
    pub fillers: (usize, usize),
}

/// Words of which none is a part of another.
const WORDS: &[&str] = &[
    "admins", "billing", "cardio", "dentists", "editors", "finance", "guides", "hosts", "interns", "judges", "kitchen",
    "legal",
];

pub const REGION: &str = "us-east-1";
pub const USERS: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123";

pub fn rule(claim: &str, match_type: &str, value: &str, role: &str) -> Rule {
    Rule {
        claim: claim.to_owned(),
        match_type: match_type.to_owned(),
        value: Named::Literal(value.to_owned()),
        role: Named::Role(role.to_owned()),
        role_field: None,
        claim_twice: false,
    }
}

impl Model {
    pub fn random(random: &mut Random) -> Self {
        let count = 1 + random.below(4);
        let role = |name: String, amr| Role {
            name,
            principal: "cognito-identity.amazonaws.com",
            actions: vec!["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            aud: Some("pool"),
            amr: Some(amr),
            source_ip: false,
            condition: true,
        };
        let roles: Vec<Role> =
            (0..=count).map(|n| role(format!("Role{}", ["A", "B", "C", "D", "E"][n]), "authenticated")).collect();
        let first = random.below(WORDS.len());
        let words: Vec<&str> = (0..=random.below(8)).map(|n| WORDS[(first + n) % WORDS.len()]).collect();
        let mut rules: Vec<Rule> = Vec::new();
        for word in &words {
            let role = &random.pick(&roles[1..]).name;
            rules.push(match random.below(4) {
                0 => rule("custom:dept", "Equals", word, role),
                1 => rule("custom:dept", "StartsWith", word, role),
                _ => rule("cognito:groups", "Contains", word, role),
            });
        }
        let resolution = *random.pick(&["Deny", "AuthenticatedRole"]);
        let mapping = Mapping {
            provider: Provider::Client("web"),
            kind: "Rules".to_owned(),
            resolution: Some(resolution.to_owned()),
            rules,
            instead: false,
        };
        let tags = Tags {
            provider: Provider::WithoutClient,
            use_defaults: false,
            pairs: vec![("dept".to_owned(), "custom:dept".to_owned()), ("who".to_owned(), "sub".to_owned())],
        };
        Self {
            mappings: vec![mapping],
            groups: words
                .iter()
                .map(|word| Group { name: (*word).to_owned(), precedence: Some(1), role: None })
                .collect(),
            roles,
            authenticated: Named::Role("RoleA".to_owned()),
            authenticated_key: "authenticated",
            unauthenticated: None,
            guests: false,
            classic: false,
            tags: (random.below(2) == 0).then_some(tags),
            write_attributes: vec!["name"],
            more_clients: 0,
            second_attachment: false,
            attachment_type: None,
            comment: None,
            fillers: (random.below(30), random.below(30)),
        }
    }

    pub fn mapping(&mut self) -> &mut Mapping {
        &mut self.mappings[0]
    }

    /// Some rule, with its number.
    pub fn any_rule(&mut self, random: &mut Random) -> (usize, &mut Rule) {
        let rules = &mut self.mappings[0].rules;
        let n = random.below(rules.len());
        (n + 1, &mut rules[n])
    }

    /// Tags, which every role admits.
    pub fn tag(&mut self, tag: &str, claim: &str) -> String {
        let mut tags = Tags { provider: Provider::WithoutClient, use_defaults: false, pairs: Vec::new() };
        tags.pairs.push(("who".to_owned(), "sub".to_owned()));
        tags.pairs.push((tag.to_owned(), claim.to_owned()));
        self.tags = Some(tags);
        format!("tag {tag}")
    }

    /// Makes the mapping one of type Token.
    pub fn by_token(&mut self) {
        let mapping = self.mapping();
        "Token".clone_into(&mut mapping.kind);
        mapping.rules.clear();
    }

    /// A role that some rule gives, with its number.
    pub fn used_role(&mut self, random: &mut Random) -> (String, &mut Role) {
        let Named::Role(name) = self.any_rule(random).1.role.clone() else { unreachable!() };
        let role = self.roles.iter_mut().find(|role| role.name == name).unwrap();
        (name, role)
    }
}
