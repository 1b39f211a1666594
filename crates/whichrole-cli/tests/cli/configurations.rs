//! Hostile and faulty API JSON through the command (HI-55 to HI-67), files that are none, and the limits.

use crate::harness::{Folder, Outcome, PROVIDER, pool_of, pool_with_rules, testdata, whichrole};

fn eval(pool: impl AsRef<[u8]>) -> Outcome {
    whichrole(["eval", "-", "--claim", "dept=x"]).input(pool).run()
}

fn rule(claim: &str, match_type: &str, value: &str, role: &str) -> String {
    format!(r#"{{"Claim":"{claim}","MatchType":"{match_type}","Value":"{value}","RoleARN":"{role}"}}"#)
}

const ROLE: &str = "arn:aws:iam::111122223333:role/Editor";

#[test]
fn hi_55_a_misspelled_field_is_found_with_its_right_spelling() {
    let misspelled = |from: &str, to: &str| {
        let pool = pool_with_rules(&rule("dept", "Equals", "x", ROLE));
        assert!(pool.contains(from));
        eval(pool.replacen(from, to, 1))
    };
    misspelled("MatchType", "MatchTyp")
        .exits(2)
        .mentions("unknown field of a rule: `MatchTyp`, did you mean `MatchType`?");
    misspelled("MatchType", "matchtype").exits(2).mentions("did you mean `MatchType`?");
    misspelled("\"Equals\"", "\"equals\"").exits(2).mentions("unknown match type `equals`, did you mean `Equals`?");
    misspelled("\"Rules\":[", "\"Rulez\":[").exits(2).mentions("did you mean `Rules`?");
    misspelled("\"Rules\":[{", "\"Rules\":[[{").exits(2);
    misspelled("\"Rules\":[{", "\"Rules\":[[]],\"x\":[{").exits(2).mentions("a rule is a list, expected a map");
}

#[test]
fn a_misspelled_property_of_a_template_is_no_other_pool() {
    let template = std::fs::read_to_string(testdata("pools/cloudformation/plain.yaml")).unwrap();
    for (right, wrong) in [
        ("RoleMappings", "RoleMapings"),
        ("RoleArn", "RolArn"),
        ("AllowUnauthenticatedIdentities", "AllowUnauthenticatedIdentites"),
        ("PrincipalTags:", "PrincipalTag:"),
    ] {
        assert!(template.contains(right), "{right}");
        let hint = format!("did you mean `{}`?", right.trim_end_matches(':'));
        eval(template.replace(right, wrong)).exits(2).mentions(&hint);
    }
}

#[test]
fn a_wanted_role_goes_by_its_name_too() {
    let pool = testdata("pools/api");
    let want = |role: &str| whichrole(["explain", "--claim", "custom:dept=news", "--want", role]).arg(&pool).run();
    assert!(want("Admin").exits(0).stdout.contains("smallest change of claims: claim `cognito:groups`"));
    want("Admn").exits(2).mentions("unknown role `Admn`, did you mean `Admin`?");
}

#[test]
fn hi_56_to_58_what_aws_would_refuse_is_evaluated_all_the_same() {
    eval(pool_with_rules("")).exits(1);
    for rules in [26, 400] {
        let rules: Vec<String> = (1..rules).map(|_| rule("dept", "Equals", "y", ROLE)).collect();
        eval(pool_with_rules(&format!("{},{}", rules.join(","), rule("dept", "Equals", "x", ROLE)))).exits(0);
    }
    for (claim, value) in [("", ""), (&*"c".repeat(65), &*"v".repeat(129)), ("a b\\u001b", "\\u0000")] {
        eval(pool_with_rules(&rule(claim, "NotEqual", value, ROLE))).exits(1).at_once();
    }
    for (role, shown) in [
        ("arn:aws:iam::1:r/x", "arn:aws:iam::1:r/x"),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::*:role/*"),
        ("arn:aws:iam::111122223333:role/A\\n", "arn:aws:iam::111122223333:role/A\\u{a}"),
        ("::add-mask::x", "\\u{3a}:add-mask::x"),
        (&*"r".repeat(2049), &*"r".repeat(2049)),
    ] {
        eval(pool_with_rules(&rule("dept", "Equals", "x", role))).exits(0).prints(&format!("{shown}\n"));
    }
}

#[test]
fn hi_59_unknown_words_are_refused() {
    for (written, kind) in [("\"Regex\"", ""), ("null", "null"), ("[]", "a list"), ("1", "a number")] {
        let rule = rule("dept", "Equals", "x", ROLE).replace("\"Equals\"", written);
        eval(pool_with_rules(&rule)).exits(2).mentions("atch").mentions(kind);
    }
    eval(pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"Allow"}"#))
        .exits(2)
        .mentions("unknown role resolution `Allow`, expected `AuthenticatedRole` or `Deny`");
    eval(pool_of(r#"{"Type":"Rule"}"#)).exits(2).mentions("unknown mapping type `Rule`, did you mean `Rules`?");
    assert!(eval(pool_of(r#"{"Type":"Token"}"#)).code.is_some_and(|code| code < 2), "a missing resolution is T8");
}

#[test]
fn hi_60_a_key_given_twice_is_refused() {
    let twice = format!(r#"{{"RoleMappings":{{"{PROVIDER}":{{"Type":"Token"}},"{PROVIDER}":{{"Type":"Token"}}}}}}"#);
    eval(&twice).exits(2).mentions("is given twice");
    let json = whichrole(["eval", "-", "--guest", "--format", "json"]).input(&twice).run();
    assert_eq!(json.exits(2).json()["error"]["code"], "duplicate-key");
    let rules = pool_with_rules("").replace("\"Rules\":[]", "\"Rules\":[],\"Rules\":[]");
    eval(rules).exits(2).mentions("`Rules` is given twice");
    let twice: Vec<String> = (0..40_000).map(|n| format!("\"p{n}\":1,\"p{n}\":1")).collect();
    eval(format!("{{{}}}", twice.join(",\n"))).exits(2).mentions("… and more than").at_once();
}

#[test]
fn hi_63_values_are_compared_exactly() {
    for value in ["X", "x ", "x\\u200b", "\\u0445", "x\\u0301"] {
        eval(pool_with_rules(&rule("dept", "Equals", value, ROLE))).exits(1).prints("");
    }
}

#[test]
fn hi_64_what_is_no_configuration_is_said_to_be_none() {
    let folder = Folder::new();
    let eval = |name: &str, content: &[u8]| {
        let file = folder.file(name, content);
        whichrole(["eval", "--guest"]).arg(&file).run()
    };
    eval("empty.json", b"").exits(2).mentions("is empty");
    eval("blank.json", b" \n").exits(2).mentions("is empty");
    eval("null.json", b"null")
        .refuses("")
        .mentions("null.json:1:1: no known member or resource was found in the configuration");
    eval("one.json", b"1").refuses("").mentions("no known member or resource was found");
    eval("elf", b"\x7fELF\x02\x01\x01\0\xff").exits(2).mentions("is not UTF-8 text");
    eval("gzip", b"\x1f\x8b\x08\0\0\0\0\0").exits(2).mentions("is not UTF-8 text");
    eval("utf16.json", b"\xff\xfe{\0}\0").exits(2).mentions("is not UTF-8 text");
    eval("deep.json", "{\"a\":".repeat(1_000_000).as_bytes()).exits(2).mentions("nested deeper than 128").at_once();
    eval("large.json", &vec![b' '; 16 * 1024 * 1024 + 1]).exits(2).mentions("is larger than 16777216 bytes");
    whichrole(["eval", "--guest", "/dev/zero"]).run().refuses("`/dev/zero` is larger than 16777216 bytes").at_once();
    whichrole(["eval", "pools/api", "--guest", "--max-config-bytes", "100"])
        .run()
        .exits(2)
        .mentions("is larger than 100 bytes");
    whichrole(["eval", "pools/api", "--guest", "--max-config-depth", "2"])
        .run()
        .exits(2)
        .mentions("nested deeper than 2");
}

#[test]
fn the_depth_that_a_flag_allows_does_not_end_the_stack() {
    let deep = |open: &str, close: &str| format!("{{\"x\":{}1{}}}", open.repeat(511), close.repeat(511));
    for text in [deep("[", "]"), deep("{\"a\":", "}")] {
        let show = |flags: &[&str]| whichrole(["show", "-"]).args(flags).input(&text).run();
        show(&["--max-config-depth", "512"]).refuses("standard input:1:1: no known member or resource");
        show(&[]).exits(2).mentions("nested deeper than 128");
        show(&["--max-config-depth", "513"]).exits(2).mentions("expected 1–512 levels");
    }
    let yaml = format!("x: {}{}", "[".repeat(511), "]".repeat(511));
    let show = whichrole(["show", "-", "--max-config-depth", "512"]).input(yaml).run();
    show.refuses("standard input:1:1: no known member or resource");
}

#[test]
fn a_folder_is_read_without_walking_in_circles() {
    let folder = Folder::new();
    whichrole(["eval", "--guest"]).arg(folder.path("")).run().exits(2).mentions("has no configuration files in it");
    let inner = folder.path("inner");
    std::fs::create_dir(&inner).unwrap();
    whichrole(["eval", "--guest"]).arg(folder.path("")).run().exits(2).mentions("has no configuration files in it");
    #[cfg(unix)]
    for name in ["a", "b", "c", "d"] {
        std::os::unix::fs::symlink("..", inner.join(name)).unwrap();
    }
    let outcome = whichrole(["eval", "--guest"]).arg(folder.path("")).run();
    outcome.exits(2).mentions("has no configuration files in it").at_once();
    folder.file("pool.json", r#"{"Roles":{"unauthenticated":"arn:aws:iam::111122223333:role/Guest"}}"#);
    folder.file("x.whichrole.yaml", "not: [read");
    std::fs::create_dir(folder.path("folder.json")).unwrap();
    whichrole(["eval", "--guest"]).arg(folder.path("")).run().exits(0);
}

const CHILD: &str = "Resources:
  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: true}}
  Att: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool,
    Roles: {unauthenticated: 'arn:aws:iam::111122223333:role/Guest'}}}
";

fn stack(url: &str) -> String {
    format!("Resources: {{Login: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}}}\n")
}

#[test]
fn a_folder_has_the_files_of_inner_folders_that_its_templates_name() {
    let folder = Folder::new();
    for inner in ["infra/nested/deep", "infra/other", "beside"] {
        std::fs::create_dir_all(folder.path(inner)).unwrap();
    }
    folder.file("infra/other/unrelated.yaml", CHILD);
    folder.file("beside/child.yaml", CHILD);
    let root = folder.file("infra/root.yaml", stack("./nested/middle.yaml"));
    let guest = || whichrole(["eval", "--guest"]).arg(folder.path("infra")).run();
    let missing = "the template of the nested stack `Login` is not here; read a folder that has both this one and";
    guest().exits(2).mentions(&format!("{missing} `./nested/middle.yaml`"));
    folder.file("infra/nested/middle.yaml", stack("deep/child.yaml"));
    guest().exits(2).mentions(&format!("{missing} `deep/child.yaml`"));
    folder.file("infra/nested/deep/child.yaml", CHILD);
    assert_eq!(guest().exits(0).stdout, "arn:aws:iam::111122223333:role/Guest\n");
    whichrole(["eval", "--guest"]).arg(&root).run().exits(2).mentions(&format!("{missing} `./nested/middle.yaml`"));

    // A configuration opens no file outside the folder.
    for outside in ["../beside/child.yaml", "nested/../../beside/child.yaml"] {
        folder.file("infra/root.yaml", stack(outside));
        guest().exits(2).mentions(&format!("{missing} `{outside}`"));
    }
    folder.file("infra/root.yaml", stack(folder.path("beside/child.yaml").to_str().unwrap()));
    guest().exits(2).mentions(missing);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../beside", folder.path("infra/link")).unwrap();
        folder.file("infra/root.yaml", stack("link/child.yaml"));
        guest().exits(2).mentions("link` is a symbolic link, and a template names what it leads to");
    }
    folder.file("infra/root.yaml", stack("nested/deep/child.yaml"));
    folder.file("infra/nested/deep/child.yaml", format!("{CHILD}# {}", "x".repeat(2000)));
    let limited = whichrole(["eval", "--guest", "--max-config-bytes", "1000"]).arg(folder.path("infra")).run();
    limited.exits(2).mentions("is larger than 1000 bytes");
}

#[test]
fn a_serverless_file_has_the_resources_that_it_brings_in() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("resources")).unwrap();
    folder.file("serverless.yml", "service: x\nresources:\n  - ${file(resources/login.yml)}\n");
    let guest = || whichrole(["eval", "--guest"]).arg(folder.path("")).run();
    guest().exits(2).mentions("what `${file(resources/login.yml)}` brings is not here");
    folder.file("resources/login.yml", CHILD);
    assert_eq!(guest().exits(0).stdout, "arn:aws:iam::111122223333:role/Guest\n");
}

#[test]
fn hi_66_unknown_members_are_noted_at_the_top_and_refused_further_in() {
    let pool = pool_of(r#"{"Type":"Token","AmbiguousRoleResolution":"AuthenticatedRole"}"#);
    let future = pool.replacen('{', "{\"Future\\u001b\":{\"x\":1},", 1);
    eval(&future).exits(0).says("note: standard input:1:2: `Future\\u{1b}` was passed over");
    whichrole(["eval", "-", "--claim", "dept=x", "-q"]).input(&future).run().exits(0).says("");
    let many = (0..50).map(|n| format!("\"x{n}\":1,")).collect::<Vec<_>>().concat();
    let noted = eval(pool.replacen('{', &format!("{{{many}"), 1));
    assert_eq!(noted.exits(0).stderr.lines().count(), 11);
    noted.mentions("note: 40 more notes; `-v` shows them");
}

#[test]
fn hi_67_one_of_several_pools_is_to_be_chosen() {
    let pool = |id: &str| format!(r#"{{"IdentityPoolId":"{id}","Roles":{{"unauthenticated":"{ROLE}"}}}}"#);
    let pools = format!("[{},{}]", pool("us-east-1:a"), pool("us-east-1:b\\u001b"));
    let eval = |flags: &[&str]| whichrole(["eval", "-", "--guest"]).args(flags).input(&pools).run();
    eval(&[]).refuses("there are several pools; choose with `--pool`: `us-east-1:a` or `us-east-1:b\\u{1b}`");
    eval(&["--pool", "us-east-1:a"]).exits(0).prints(&format!("{ROLE}\n"));
    eval(&["--pool", "us-east-1:c"]).refuses("unknown pool `us-east-1:c`, did you mean `us-east-1:a`?");
}

#[test]
fn many_problems_are_counted_not_listed_without_end() {
    let fields: Vec<String> = (0..20_000).map(|n| format!("\"f{n}\":1")).collect();
    let pool = pool_of(&format!("{{\"Type\":\"Token\",{}}}", fields.join(",")));
    let text = eval(&pool);
    text.exits(2).mentions("… and more than").at_once();
    let json = whichrole(["eval", "-", "--guest", "--format", "json"]).input(&pool).run();
    assert_eq!(json.exits(2).json()["error"]["problems"].as_array().unwrap().len(), 101);
}

#[test]
fn hi_109_odd_file_names_are_names_and_nothing_else() {
    let folder = Folder::new();
    let pool = r#"{"Roles":{"unauthenticated":"arn:aws:iam::111122223333:role/Guest"}}"#;
    let reads = |name: &std::path::Path| {
        let file = folder.file(name, pool);
        whichrole(["show"]).arg(&file).run().exits(0).says("");
        std::fs::write(&file, "{").unwrap();
        whichrole(["show"]).arg(&file).run().exits(2);
        whichrole(["show", "--format", "json"]).arg(&file).run().exits(2).says("");
    };
    for name in ["a\nb.json", "\u{1b}[2J.json", "::error::x.json", "%0A.json", "-x.json", &"n".repeat(255)] {
        reads(name.as_ref());
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        reads(std::ffi::OsStr::from_bytes(b"\xff.json").as_ref());
        let bytes = std::ffi::OsStr::from_bytes(b"no\xffwhere");
        whichrole(["eval", "pools/api"])
            .arg(bytes)
            .run()
            .refuses("cannot read `no\u{fffd}where`: there is no such file");
        whichrole(["eval", "--evil"]).arg(bytes).run().exits(2);
        whichrole(["eval", "--evil", "--format", "json"]).arg(bytes).run().exits(2).says("");
    }
    whichrole(["show", "a\n\u{1b}[2J::error::"])
        .run()
        .refuses("cannot read `a\\u{a}\\u{1b}[2J::error::`: there is no such file");
    whichrole(["show", "--a\n::error::b"]).run().refuses("unexpected argument '--a\\u{a}::error::b' found");
}

#[test]
fn folders_are_not_files() {
    whichrole(["eval", "pools/api", "pools"]).run().refuses("cannot read `pools`: it is a directory");
    whichrole(["batch", "pools/api", "pools"]).run().exits(2);
    whichrole(["token", "verify", "tokens/alice.id.jwt", "--now", "now", "--jwks", "pools"])
        .run()
        .refuses("cannot read `pools`");
    whichrole(["eval", "pools/api", "--guest", "-o", "pools"])
        .run()
        .exits(2)
        .mentions("cannot write `pools`: it is a directory");
}

#[test]
fn groups_come_from_a_sound_configuration_or_not_at_all() {
    let make = |flag: &str, content: &str| {
        let folder = Folder::new();
        let file = folder.file("x.json", content);
        whichrole(["token", "make", "--member", "admins", flag]).arg(&file).run()
    };
    for flag in ["--groups", "--config"] {
        make(flag, r#"{"Groups":[{"GroupName":"admins"}]}"#)
            .exits(0)
            .prints("{\n  \"cognito:groups\": [\"admins\"]\n}\n");
        make(flag, "{").exits(2).prints("");
        make(flag, r#"{"Roles":{}}"#).exits(2).mentions("has no groups in it");
    }
}

#[test]
fn groups_are_those_of_one_pool() {
    let folder = Folder::new();
    let pool = |number: u8| {
        format!(
            r#"{{"IdentityPoolId":"us-east-1:{number}","Groups":[{{"GroupName":"admins","Precedence":{number}}}]}}"#
        )
    };
    let file = folder.file("pools.json", format!("[{},{}]", pool(1), pool(2)));
    let make = |flag: &str| whichrole(["token", "make", "--member", "admins", flag]).arg(&file);
    make("--groups").run().exits(2).mentions("is about several pools; give a file with the groups of one");
    make("--config").run().refuses("there are several pools; choose with `--pool`: `us-east-1:1` or `us-east-1:2`");
    make("--config").arg("--pool=us-east-1:2").run().exits(0);
}
