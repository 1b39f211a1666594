//! A user directory of any size, made rather than stored: line `n` is always the same user, so files of equal length are equal.
//!
//! Users look like ID tokens of a user pool, about 800 bytes each, some with nested values, letters of other languages and escapes, in
//! names and values alike. The 25 [`rules`] test 11 claims; each of them decides some users, and some are left to be denied.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use whichrole::{IdentityPool, MappingRule, MatchType};

use crate::PROVIDER;

const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01";
const CLIENT: &str = "1example23456789abcdefghij";

/// What the rules test. `cognito:groups` comes late: what a rule does with an array is an open question, and only the users that no
/// earlier rule decided, one in ten, lean on it.
const RULES: [(&str, MatchType, &str, &str); 25] = [
    ("custom:department", MatchType::Equals, "security", "SecurityAudit"),
    ("custom:department", MatchType::Equals, "platform", "Platform"),
    ("email", MatchType::Contains, "@contractor.", "Contractor"),
    ("custom:teams", MatchType::Contains, "on-call", "OnCall"),
    ("custom:tenant", MatchType::StartsWith, "internal-", "Internal"),
    ("cognito:username", MatchType::StartsWith, "svc-", "Service"),
    ("custom:cost_center", MatchType::Equals, "cc-1042", "Capital"),
    ("custom:region", MatchType::Equals, "eu-central-1", "EuropeCentral"),
    ("custom:department", MatchType::StartsWith, "data-", "Data"),
    ("locale", MatchType::Equals, "de-CH", "Swiss"),
    ("zoneinfo", MatchType::StartsWith, "Asia/", "Asia"),
    ("custom:teams", MatchType::Contains, "payments", "Payments"),
    ("custom:tenant", MatchType::Equals, "tenant-0042", "Tenant42"),
    ("email", MatchType::Contains, "@subsidiary.", "Subsidiary"),
    ("custom:department", MatchType::Equals, "finance", "Finance"),
    ("custom:cost_center", MatchType::StartsWith, "cc-9", "Overhead"),
    ("cognito:username", MatchType::StartsWith, "corp_", "Corporate"),
    ("custom:region", MatchType::StartsWith, "us-gov-", "Government"),
    ("custom:department", MatchType::Equals, "légal", "Legal"),
    ("locale", MatchType::StartsWith, "pt", "Portuguese"),
    ("custom:level", MatchType::NotEqual, "standard", "Privileged"),
    ("custom:teams", MatchType::Contains, "warehouse", "Warehouse"),
    ("cognito:groups", MatchType::Contains, "administrators", "Administrator"),
    ("cognito:groups", MatchType::Contains, "_Okta", "Federated"),
    ("zoneinfo", MatchType::Equals, "Pacific/Auckland", "NewZealand"),
];

const DEPARTMENTS: [&str; 16] = [
    "security",
    "platform",
    "data-science",
    "data\\u002dplatform",
    "finance",
    "l\\u00e9gal",
    "légal",
    "engineering",
    "engineering",
    "engineering",
    "sales",
    "sales",
    "support",
    "support",
    "marketing",
    "people",
];
const DOMAINS: [&str; 16] = [
    "contractor.example.com",
    "subsidiary.example.net",
    "example.com",
    "example.com",
    "example.com",
    "example.com",
    "example.com",
    "example.org",
    "example.org",
    "example.org",
    "example.net",
    "example.net",
    "mail.example.com",
    "mail.example.com",
    "eu.example.com",
    "eu.example.com",
];
const TEAMS: [&str; 24] = [
    "on-call",
    "payments",
    "warehouse",
    "checkout",
    "ledger",
    "search",
    "mobile",
    "web",
    "identity",
    "billing",
    "catalog",
    "pricing",
    "orders",
    "returns",
    "shipping",
    "maps",
    "video",
    "ads",
    "storage",
    "network",
    "compilers",
    "docs",
    "design",
    "growth",
];
const REGIONS: [&str; 12] = [
    "eu-central-1",
    "us-gov-west-1",
    "us-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "us-west-2",
    "eu-west-1",
    "eu-west-1",
    "eu-north-1",
    "sa-east-1",
    "ca-central-1",
];
const LOCALES: [&str; 16] = [
    "de-CH", "pt-BR", "en-US", "en-US", "en-US", "en-US", "en-US", "en-GB", "en-GB", "de-DE", "fr-FR", "es-MX",
    "it-IT", "nl-NL", "sv-SE", "pl-PL",
];
const ZONES: [&str; 16] = [
    "Asia/Tokyo",
    "Pacific/Auckland",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "Europe/London",
    "America/New_York",
    "America/New_York",
    "America/New_York",
    "America/Chicago",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Los_Angeles",
    "America/Toronto",
    "America/Mexico_City",
];
const GROUPS: [&str; 12] = [
    "administrators",
    "us-east-1_Example01_Okta",
    "developers",
    "on-call",
    "eu-west",
    "payments-readers",
    "auditors",
    "viewers",
    "support-tier-2",
    "release-managers",
    "beta-testers",
    "everyone",
];
const GIVEN: [&str; 12] =
    ["Jane", "José", "Zoë", "Wei", "Ren\\u00e9e", "Ольга", "Ada", "Grace", "Mehmet", "\\u00c5sa", "Linus", "真由美"];
const FAMILY: [&str; 12] = [
    "Doe",
    "Müller",
    "O'Neill",
    "Nu\\u00f1ez",
    "Smith",
    "Иванова",
    "Tanaka",
    "\\\"Bob\\\" Jones",
    "Kowalska",
    "Nguyen",
    "García",
    "Øst",
];
const STREETS: [&str; 4] = ["1 Example Street\\nFloor 3", "Beispielweg 12", "42\\/2 Rue de l'Exemple", "7 Sample Road"];

/// The 25 rules.
#[must_use]
pub fn rules() -> Vec<MappingRule> {
    let rule = |&(claim, operator, value, role): &(&str, MatchType, &str, &str)| {
        MappingRule::new(claim, operator, value, format!("arn:aws:iam::111122223333:role/{role}"))
    };
    RULES.iter().map(rule).collect()
}

/// A pool with these rules for its only provider, and `Deny` where none matches.
#[must_use]
pub fn pool() -> IdentityPool {
    crate::pool(rules())
}

/// The same pool as the JSON that AWS prints and every command reads.
#[must_use]
pub fn pool_json() -> String {
    let pool = pool();
    let mut text = format!(
        "{{\n  \"IdentityPoolId\": \"us-east-1:11111111-2222-4333-8444-555555555555\",\n  \"Roles\": {{\"authenticated\": {:?}}},\n  \"RoleMappings\": {{\n    {PROVIDER:?}: {{\n      \"Type\": \"Rules\",\n      \"AmbiguousRoleResolution\": \"Deny\",\n      \"RulesConfiguration\": {{\"Rules\": [\n",
        pool.roles.authenticated.map(|role| role.to_string()).unwrap_or_default(),
    );
    let lines: Vec<String> = RULES
        .iter()
        .map(|(claim, operator, value, role)| {
            format!(
                "        {{\"Claim\": \"{claim}\", \"MatchType\": \"{operator:?}\", \"Value\": \"{value}\", \"RoleARN\": \"arn:aws:iam::111122223333:role/{role}\"}}"
            )
        })
        .collect();
    text += &lines.join(",\n");
    text + "\n      ]}\n    }\n  }\n}\n"
}

/// Writes the claims of user `n` to the end of `line`, without a line end.
pub fn write_line(line: &mut String, n: u64) {
    let mut dice = Dice::of(n);
    let department = dice.pick(&DEPARTMENTS);
    // One name in 128 is written with an escape that nobody needs; it is the same name.
    let department_claim = if dice.one_in(128) { "custom\\u003adepartment" } else { "custom:department" };
    let (given, family) = (dice.pick(&GIVEN), dice.pick(&FAMILY));
    let username = match dice.below(20) {
        0 => "svc-build",
        1 => "corp_user",
        _ => "user",
    };
    let tenant = match dice.below(16) {
        0 => "internal-tools".to_owned(),
        1 => "tenant-0042".to_owned(),
        _ => format!("tenant-{:04}", 1000 + dice.below(9000)),
    };
    let cost_center = if dice.one_in(16) { 1042 } else { 1000 + dice.below(8500) };
    let level = if dice.one_in(16) { "elevated" } else { "standard" };
    let at = 1_767_225_600 + dice.below(86_400);

    let mut write = |text: std::fmt::Arguments<'_>| line.write_fmt(text).unwrap_or_default();
    write(format_args!("{{\"sub\":\"{}\",\"cognito:groups\":[", dice.uuid()));
    for at in 0..dice.below(4) {
        write(format_args!("{}\"{}\"", if at == 0 { "" } else { "," }, dice.pick(&GROUPS)));
    }
    write(format_args!("],\"email_verified\":{},\"iss\":\"{ISSUER}\"", !dice.one_in(8)));
    write(format_args!(",\"cognito:username\":\"{username}.{n}\",\"given_name\":\"{given}\""));
    write(format_args!(",\"{department_claim}\":\"{department}\",\"custom:tenant\":\"{tenant}\""));
    write(format_args!(",\"aud\":\"{CLIENT}\""));
    write(format_args!(",\"custom:cost_center\":\"cc-{cost_center}\",\"custom:region\":\"{}\"", dice.pick(&REGIONS)));
    if dice.one_in(4) {
        write(format_args!(
            ",\"identities\":[{{\"userId\":\"{n}\",\"providerName\":\"Okta\",\"primary\":true,\"dateCreated\":{at}000}}]"
        ));
    } else {
        write(format_args!(
            ",\"address\":{{\"street_address\":\"{}\",\"locality\":\"Exampleville\"}}",
            dice.pick(&STREETS)
        ));
    }
    write(format_args!(",\"token_use\":\"id\",\"auth_time\":{at},\"name\":\"{given} {family}\""));
    write(format_args!(",\"custom:teams\":\"[{}, {}]\"", dice.pick(&TEAMS), dice.pick(&TEAMS)));
    write(format_args!(",\"custom:level\":\"{level}\",\"phone_number\":\"+1555{:07}\"", dice.below(10_000_000)));
    write(format_args!(",\"exp\":{},\"iat\":{at},\"family_name\":\"{family}\"", at + 3600));
    write(format_args!(",\"locale\":\"{}\",\"zoneinfo\":\"{}\"", dice.pick(&LOCALES), dice.pick(&ZONES)));
    write(format_args!(",\"jti\":\"{}\",\"email\":\"{username}.{n}@{}\"}}", dice.uuid(), dice.pick(&DOMAINS)));
}

/// The claims of user `n`.
#[must_use]
pub fn line(n: u64) -> String {
    let mut line = String::new();
    write_line(&mut line, n);
    line
}

/// User `n` as a compact JWT.
#[must_use]
pub fn token(n: u64) -> String {
    let mut token = String::new();
    write_token(&mut token, n);
    token
}

/// Writes user `n` as a compact JWT to the end of `line`. Its signature has the right length and is nobody's.
pub fn write_token(line: &mut String, n: u64) {
    const HEADER: &str = r#"{"kid":"exampleKeyIdExampleKeyIdExampleKeyIdExample=","alg":"RS256"}"#;
    let mut dice = Dice::of(!n);
    let signature: Vec<u8> = (0..32).flat_map(|_| dice.roll().to_le_bytes()).collect();
    BASE64_URL_SAFE_NO_PAD.encode_string(HEADER, line);
    line.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(self::line(n), line);
    line.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, line);
}

/// Numbers that look random and are the same on every machine (`SplitMix64`).
pub struct Dice(u64);

impl Dice {
    /// The dice of number `n`, unrelated to those of `n + 1`.
    #[must_use]
    pub fn of(n: u64) -> Self {
        let mut dice = Self(n.wrapping_mul(0xA076_1D64_78BD_642F));
        Self(dice.roll())
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len() as u64);
        usize::try_from(at).ok().and_then(|at| from.get(at)).copied().unwrap_or_default()
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.roll(), self.roll());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use whichrole::{Claims, Evaluator, Jwt, Request, Semantics, Source, TokenForm, TokenLimits, read};

    use super::*;

    #[test]
    fn every_rule_decides_somebody_and_one_in_ten_leans_on_groups() {
        let evaluator = Evaluator::new(pool(), Semantics::default());
        let mut counts: BTreeMap<Option<usize>, u32> = BTreeMap::new();
        let mut uncertain = 0;
        for n in 0..10_000 {
            let text = line(n);
            let claims = Claims::from_json(&text).unwrap();
            let logins = [evaluator.login(None, &claims, TokenForm::Claims).unwrap()];
            let answer = evaluator.answer(&Request::of(&logins));
            *counts.entry(answer.decision.source().and_then(Source::rule)).or_default() += 1;
            uncertain += u32::from(!answer.assumptions.is_empty());
        }
        assert_eq!(counts.len(), 26, "25 rules and the denied: {counts:?}");
        assert!((500..2000).contains(&uncertain), "{uncertain} of 10,000");
    }

    #[test]
    fn a_user_has_about_800_bytes() {
        let bytes: usize = (0..1000).map(|n| line(n).len()).sum();
        assert!((790..830).contains(&(bytes / 1000)), "{}", bytes / 1000);
    }

    #[test]
    fn the_jwt_has_the_same_claims() {
        let token = token(7);
        let jwt = Jwt::decode(&token, &TokenLimits::default()).unwrap();
        assert_eq!(jwt.claims(), &Claims::from_json(&line(7)).unwrap());
    }

    #[test]
    fn the_json_is_the_same_pool() {
        let read = read::api_json(&pool_json()).unwrap();
        assert_eq!(read.role_mappings, pool().role_mappings);
        assert_eq!(read.roles, pool().roles);
    }
}
