//! Values that nobody asked for must not show, plain or encoded: every command, every format, every kind of error (HI-146, HI-147).

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::harness::{Folder, Outcome, PROVIDER, base64url, jwt, pool_of, pool_with_rules, whichrole};

pub const CANARY: &str = "c4n4ryV4lue-9";

/// A text as it is, and as a careless program might write it.
pub fn spellings(text: &str) -> Vec<String> {
    let each = |write: &dyn Fn(&mut String, u8)| {
        text.bytes().fold(String::new(), |mut out, byte| {
            write(&mut out, byte);
            out
        })
    };
    let hex = each(&|out, byte| write!(out, "{byte:02x}").unwrap());
    let mut all = vec![
        text.to_owned(),
        text.to_uppercase(),
        text.to_lowercase(),
        text.chars().rev().collect(),
        hex.to_uppercase(),
        hex,
        each(&|out, byte| write!(out, "%{byte:02X}").unwrap()),
        each(&|out, byte| write!(out, "\\x{byte:02x}").unwrap()),
        each(&|out, byte| write!(out, "{byte}, ").unwrap()),
        text.chars().flat_map(|c| [c, ' ']).collect(),
    ];
    // In base64 the same bytes look different at each of three offsets; the outer letters mix with what surrounds them.
    for offset in 0..3 {
        let encoded = base64url(format!("{}{text}", "x".repeat(offset)).as_bytes());
        let inner = encoded[4..encoded.len() - 4].to_owned();
        all.push(inner.replace('-', "+").replace('_', "/"));
        all.push(inner.chars().rev().collect());
        all.push(inner);
    }
    all.retain(|spelling| spelling.len() > 5);
    all
}

/// Neither stream has a spelling of the text in it.
pub fn is_absent(text: &str, outcome: &Outcome, about: &str) {
    for spelling in spellings(text) {
        for (name, stream) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
            assert!(!stream.contains(&spelling), "{about}: {spelling} on {name}: {stream}");
        }
    }
}

const HEADER: &str = r#"{"alg":"RS256","kid":"example-id-tokens"}"#;

/// A way to be wrong, or to be denied, and an input that has the canary in a claim's value or in the token.
fn wrongs() -> Vec<(&'static str, String)> {
    let good = format!(
        r#"{{"sub":"{CANARY}","iss":"https://{CANARY}","aud":"{CANARY}","exp":"{CANARY}","custom:dept":"{CANARY}",
            "cognito:groups":["{CANARY}"],"email":"{CANARY}@example.com","token_use":"{CANARY}"}}"#
    );
    let token = jwt(HEADER, &good);
    let header = |members: &str| jwt(&format!("{{{members}}}"), &good);
    vec![
        ("denied", format!(r#"{{"custom:dept":"{CANARY}","cognito:groups":["{CANARY}"]}}"#)),
        ("refused by a login check", good.clone()),
        ("a token that does not verify", token.clone()),
        ("four parts", format!("{token}.{CANARY}")),
        ("five parts", format!("{token}.{CANARY}.x")),
        ("two tokens", format!("{token}\n{token}")),
        ("two parts", token.replacen('.', "", 1)),
        ("padding", format!("{token}=")),
        ("cut short", token[..token.len() - 40].to_owned()),
        ("crit", header(&format!(r#""alg":"RS256","crit":["{CANARY}"]"#))),
        ("a key in the header", header(&format!(r#""alg":"RS256","jku":"https://{CANARY}/","kid":"{CANARY}""#))),
        ("alg of a wrong type", header(&format!(r#""alg":["{CANARY}"]"#))),
        ("header given twice", header(&format!(r#""alg":"{CANARY}","alg":"x""#))),
        ("header no object", jwt(&format!("\"{CANARY}\""), &good)),
        ("claims no object", jwt(HEADER, format!("[\"{CANARY}\"]"))),
        ("claims not UTF-8", jwt(HEADER, [good.as_bytes(), b"\xff"].concat())),
        ("something follows", format!("{good} {CANARY}")),
        ("a comma too many", good.replace(",\"aud", ",,\"aud")),
        ("no end", good.replace("\"}", "")),
        ("a claim given twice", good.replace("\"aud\"", "\"iss\"")),
        ("a name without quotes", good.replace("\"aud\"", CANARY)),
        ("no JSON value", good.replace("\"sub\":", &format!("\"sub\":{CANARY}"))),
        ("half of a surrogate pair", good.replace("\"}", "\\ud800\"}")),
        ("a list", format!("[\"{CANARY}\"]")),
        ("a text", format!("\"{CANARY}\"")),
        ("a word", CANARY.to_owned()),
        ("too deep", format!("{{\"a\":{}\"{CANARY}\"", "[".repeat(40))),
        ("too large", format!("{{\"a\":\"{CANARY}{}\"}}", "x".repeat(70_000))),
        ("a number too long", format!("{{\"a\":\"{CANARY}\",\"n\":{}}}", "1".repeat(2000))),
    ]
}

/// Every command that takes a token, with each of its formats. `{}` is the file of the token.
const COMMANDS: &[&str] = &[
    "eval pool.json {}",
    "eval pool.json {} --custom-role-arn arn:aws:iam::111122223333:role/Admin",
    "eval pool.json {} --now 2026-01-01T00:30:00Z",
    "eval pool.json {} --jwks jwks.json --now 2026-01-01T00:30:00Z",
    "eval pool.json {} {} --provider accounts.google.com",
    "eval pool.json --token-env T",
    "eval nowhere.json {}",
    "eval pool.json {} -o nowhere/out",
    "batch pool.json {}",
    "batch pool.json {} --fields line,decision,role,source,rule,reason,certain,provider",
    "batch pool.json {} --now 2026-01-01T00:30:00Z --strict",
    "diff pool.json token.json --users {}",
    "token verify {} --jwks jwks.json --now 2026-01-01T00:30:00Z",
    "token verify --token-env T --jwks jwks.json --now 2026-01-01T00:30:00Z",
    "token verify id.jwt --now now --jwks {}",
    "test s.whichrole.yaml",
];

#[test]
fn hi_146_nothing_of_a_token_shows_that_was_not_asked_for() {
    let folder = Folder::new();
    let root = furnished(&folder);
    let mut runs = 0;
    for (number, (what, input)) in wrongs().iter().enumerate() {
        let name = format!("{number}.t");
        folder.file(&name, input);
        // A suite that reads this token, and is told nothing of it.
        let suite = format!(
            "version: 1\nconfig: pool.json\nusers: {{ u: {{ jwt: {name} }} }}\ntests:\n  - {{ name: t, user: u, expect: deny }}\n"
        );
        folder.file("s.whichrole.yaml", suite);
        for command in COMMANDS {
            for format in formats(command) {
                let line = command.replace("{}", &name);
                let call = whichrole(line.split(' ')).arg(format).arg("-vvv").folder(&root).env("T", input.trim());
                let call = call.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("DEBUG", "1");
                let outcome = if format.ends_with("github") { call.annotations() } else { call.run() };
                is_absent(CANARY, &outcome, &format!("{what}: {line} {format}"));
                runs += 1;
            }
        }
    }
    assert!(runs > 500, "{runs}");
}

/// Every command that takes a configuration or groups. `{}` is the file that is none.
const CONFIGURATIONS: &[&str] = &[
    "eval {} pool.json",
    "eval {} --claim sub=1 --input-format terraform",
    "eval pool.json --groups {} --member a",
    "explain {} pool.json",
    "explain pool.json --groups {} --member a",
    "batch {} pool.json",
    "who {}",
    "lint {}",
    "lint {} --input-format cloudformation",
    "show {}",
    "show {} --input-format api-json",
    "show {} --input-format pulumi",
    "show {} --input-format terraform-plan",
    "diff {} pool.json",
    "diff pool.json {}",
    "token make --config {} --member a",
    "token make --groups {} --member a",
    "test {}",
    "test s.whichrole.yaml",
    "test groups.whichrole.yaml",
    "test --init {}",
];

/// Whatever is put where a configuration belongs.
fn misplaced() -> Vec<(&'static str, String)> {
    let keys = format!(r#"{{"keys":[{{"kty":"RSA","kid":"{CANARY}","n":"{CANARY}","e":"AQAB"}}]}}"#);
    let mut all = wrongs();
    let token = all[2].1.clone();
    all.extend([
        ("Bearer", format!("Bearer {token}")),
        ("in quotes", format!("\"{token}\"\n")),
        ("what a login answers", format!(r#"{{"AuthenticationResult":{{"IdToken":"{token}","TokenType":"Bearer"}}}}"#)),
        ("a token in YAML", format!("# {CANARY}\nalice: {token}\n")),
        ("lines of claims", format!("{{\"sub\":\"{CANARY}\"}}\n{{\"sub\":\"{CANARY}\"}}\n")),
        ("claims in YAML", format!("sub: {CANARY}\nemail: {CANARY}\n\tx: y\n")),
        ("own claims alone", format!(r#"{{"tenant":"{CANARY}"}}"#)),
        ("claims with the names of a configuration", format!(r#"{{"sub":"{CANARY}","exp":1,"Roles":["{CANARY}"]}}"#)),
        ("a configuration in a claim", format!(r#"{{"email":"{CANARY}","x":"{{\"RoleMappings\":{{}}}}"}}"#)),
        ("keys", keys.clone()),
        ("broken keys", keys.replace("]}", "")),
        ("one key", format!(r#"{{"kty":"oct","k":"{CANARY}"}}"#)),
        ("a key in PEM", format!("-----BEGIN PUBLIC KEY-----\n{CANARY}=\n-----END PUBLIC KEY-----\n")),
        ("variables of an environment", format!("PASSWORD={CANARY}\n")),
    ]);
    all
}

/// HI-08: two arguments are soon swapped.
#[test]
fn nothing_of_a_token_claims_or_keys_shows_in_place_of_a_configuration() {
    let folder = Folder::new();
    let root = furnished(&folder);
    for (number, (what, input)) in misplaced().iter().enumerate() {
        let name = format!("{number}.json");
        folder.file(&name, input);
        folder.file("s.whichrole.yaml", suite(&format!("config: {name}")));
        folder.file("groups.whichrole.yaml", suite(&format!("config: pool.json\ngroups: {name}")));
        for command in CONFIGURATIONS {
            let line = command.replace("{}", &name);
            let runs = formats(command).iter().map(|format| (*format, line.clone(), false));
            for (format, line, piped) in runs.chain([("-v", command.replace("{}", "-"), true)]) {
                let call = whichrole(line.split(' ')).arg(format).arg("-vvv").folder(&root);
                let call = if piped { call.input(input) } else { call };
                let outcome = if format.ends_with("github") { call.annotations() } else { call.run() };
                let about = format!("{what}: {line} {format}");
                is_absent(CANARY, &outcome, &about);
                for part in input.split_whitespace().filter(|part| part.len() > 20) {
                    // What precedes the canary in a token, too.
                    let shown = format!("{}{}", outcome.stdout, outcome.stderr);
                    assert!(!shown.contains(&part[..20]), "{about}: {shown}");
                }
            }
        }
    }
}

fn suite(about: &str) -> String {
    format!("version: 1\n{about}\ntests:\n  - {{ name: t, claims: {{ sub: x }}, expect: deny }}\n")
}

/// The files that the commands name; the folder.
fn furnished(folder: &Folder) -> PathBuf {
    for (name, from) in
        [("pool.json", "pools/api/app-pool.json"), ("jwks.json", "tokens/jwks.json"), ("id.jwt", "tokens/alice.id.jwt")]
    {
        folder.file(name, std::fs::read(crate::harness::testdata(from)).unwrap());
    }
    folder.file("token.json", pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"Deny"}"#));
    folder.path(".")
}

/// The formats of a command.
fn formats(command: &str) -> &'static [&'static str] {
    match command.split(' ').next() {
        Some("test") => &[
            "--format=text",
            "--format=json",
            "--format=junit",
            "--format=tap",
            "--format=github",
            "--format=markdown",
        ],
        Some("diff") => &["--format=text", "--format=json", "--format=markdown"],
        Some("lint") => &["--format=text", "--format=json", "--format=github", "--format=sarif"],
        _ => &["--format=text", "--format=json"],
    }
}

/// HI-147: what explains an answer shows the claims that a rule or a tag read, and no other.
#[test]
fn hi_147_only_claims_that_were_read_are_shown() {
    let folder = Folder::new();
    let root = furnished(&folder);
    let other = "unr34dV4lue-7";
    let claims = format!(r#"{{"custom:dept":"{CANARY}","sub":"{other}","name":"{other}","custom:x":["{other}"]}}"#);
    folder.file("t", &claims);
    folder.file(
        "t.jwt",
        jwt(HEADER, claims.replace("\"name\"", &format!("\"aud\":\"{}\",\"name\"", "1example23456789"))),
    );
    let suite = "version: 1\nconfig: pool.json\nusers: { u: { jwt: t.jwt } }\ntests:\n  - { name: t, user: u, expect: Admin }\n";
    folder.file("s.whichrole.yaml", suite);
    for command in [
        "explain pool.json t",
        "explain pool.json t --want Admin",
        "test s.whichrole.yaml",
        "test s.whichrole.yaml --coverage",
    ] {
        for format in formats(command) {
            let call = whichrole(command.split(' ')).arg(format).arg("-vvv").folder(&root);
            let outcome = if format.ends_with("github") { call.annotations() } else { call.run() };
            is_absent(other, outcome.exits(1), &format!("{command} {format}"));
        }
    }
    let explained = whichrole(["explain", "pool.json", "t"]).folder(&root).run();
    assert!(explained.stdout.contains(CANARY), "explain shows what the rules read");
}

/// The values of tags are claims: they are part of the answer, since they were asked for; of a denial they are not.
#[test]
fn a_rejected_tag_is_not_shown_with_its_value() {
    let folder = Folder::new();
    let root = furnished(&folder);
    let pool = pool_with_rules("").replace(
        "\"RoleMappings\"",
        &format!(
            r#""PrincipalTags":{{"{}":{{"dept":"custom:dept"}}}},"RoleMappings""#,
            PROVIDER.split(':').next().unwrap()
        ),
    );
    folder.file("tags.json", pool.replace("\"Deny\"", "\"AuthenticatedRole\""));
    folder.file("t", format!(r#"{{"custom:dept":"{CANARY}|","sub":"x","aud":"1example23456789"}}"#));
    for command in ["eval tags.json t", "batch tags.json t"] {
        for format in formats(command) {
            is_absent(CANARY, &whichrole(command.split(' ')).arg(format).folder(&root).run(), command);
        }
    }
}
