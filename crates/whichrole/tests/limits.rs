//! Every limit of `docs/limits.md` that the library holds: what is exactly as large is read, and what is one larger is refused, with the code
//! that the document says and the place where reading stopped.
//!
//! The limits of a single number that lies in a constant are held exactly beside that constant as well, with smaller figures. Files, folders
//! and flags are in the tests of the command.

#![cfg(all(feature = "hcl", feature = "yaml"))]

use std::ops::Range;

use whichrole::read::{Configuration, ReadOptions, Source, read};
use whichrole::{Claims, Jwt, TokenError, TokenLimits};

const MIB: usize = 1024 * 1024;

fn files(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(name, text)| Source { name: (*name).into(), text: (*text).into() }).collect()
}

fn file(name: &str, text: &str) -> Configuration {
    read(&files(&[(name, text)]), &ReadOptions::default())
}

/// `line:column code: message` for each problem.
fn problems(configuration: &Configuration) -> Vec<String> {
    let problems = configuration.problems.iter().map(|problem| {
        let place = problem.at.map_or(String::new(), |at| format!("{}:{} ", at.line(), at.column()));
        format!("{place}{}: {}", problem.code, problem.message)
    });
    problems.collect()
}

/// A text for each number.
fn each(numbers: Range<usize>, text: impl Fn(usize) -> String) -> String {
    numbers.map(text).collect::<Vec<_>>().concat()
}

/// What fits has no problem; what is larger has one, and nothing else is said about it.
#[track_caller]
fn holds(what: &str, fits: &Configuration, larger: &Configuration, refusal: &str) {
    assert_eq!((problems(fits), problems(larger)), (Vec::new(), vec![refusal.to_owned()]), "{what}");
}

/// The same of one file, which a number makes larger.
#[track_caller]
fn holds_at(limit: usize, name: &str, text: impl Fn(usize) -> String, refusal: &str) {
    holds(name, &file(name, &text(limit)), &file(name, &text(limit + 1)), refusal);
}

mod tokens {
    use super::*;

    fn claims(text: &str) -> Result<(), String> {
        Claims::from_json(text).map(|_| ()).map_err(|error| told(&error))
    }

    fn told(error: &TokenError) -> String {
        let place = error.position().map_or(String::new(), |(line, column)| format!("{line}:{column} "));
        format!("{place}{}: {error}", error.code())
    }

    /// A text that a number makes larger.
    type Text<'t> = &'t dyn Fn(usize) -> String;

    /// A JWT of so many bytes: its signature is as long as it takes.
    fn jwt(bytes: usize) -> String {
        let begin = "e30.e30.";
        format!("{begin}{}", "A".repeat(bytes - begin.len()))
    }

    #[test]
    fn a_token_has_50000_bytes() {
        let decode = |text: &str| Jwt::decode(text, &TokenLimits::default()).map(|_| ()).map_err(|error| told(&error));
        assert_eq!(decode(&format!(" {}\n", jwt(50_000))), Ok(()), "blanks around it do not count");
        assert_eq!(decode(&jwt(50_001)), Err("token-too-large: the token is larger than 50000 bytes".to_owned()));
    }

    #[test]
    fn a_claims_object_has_65536_bytes_32_levels_10000_members_and_elements() {
        let padded = |bytes: usize| format!("{{}}{}", " ".repeat(bytes - 2));
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        // So many members have room in as many bytes only if their names are short: 26 in each of many objects, and one for all of them.
        let object =
            |count: usize| ('a'..='z').take(count).map(|name| format!("\"{name}\":0")).collect::<Vec<_>>().join(",");
        let members = |count: usize| {
            let full = format!("{{{}}},", object(26)).repeat((count - 1) / 26);
            format!("{{\"a\":[{full}{{{}}}]}}", object((count - 1) % 26))
        };
        let elements = |count: usize| format!("{{\"a\":[[{}0]]}}", "0,".repeat(count - 2));
        let named = |bytes: usize| format!("{{\"{}\":1}}", "\\u0041".repeat(bytes));
        let number = |digits: usize| format!("{{\"a\":-{}}}", "1".repeat(digits - 1));
        let rows: [(usize, Text<'_>, &str); 6] = [
            (65_536, &padded, "token-too-large: the claims are larger than 65536 bytes"),
            (32, &nested, "1:37 token-too-large: claims: nested deeper than 32"),
            (10_000, &members, "1:60770 token-too-large: claims: more than 10000 members"),
            (10_000, &elements, "1:20006 token-too-large: claims: more than 10000 members"),
            (1_024, &named, "1:2 token-too-large: claims: a name longer than 1024 bytes"),
            (1_024, &number, "1:6 token-too-large: claims: a number longer than 1024 characters"),
        ];
        for (limit, text, refusal) in rows {
            assert_eq!((claims(&text(limit)), claims(&text(limit + 1))), (Ok(()), Err(refusal.to_owned())), "{limit}");
        }
    }
}

/// Configurations in JSON and YAML.
mod trees {
    use super::*;

    const KNOWN: &str = "\"Groups\": []";

    #[test]
    fn a_file_has_16_mib() {
        let json = |bytes: usize| format!("{{{KNOWN}}}{}", " ".repeat(bytes - KNOWN.len() - 2));
        holds_at(16 * MIB, "p.json", json, "1:1 too-large: larger than 16777216 bytes");
        let yaml = |bytes: usize| format!("Groups: [] #{}", "x".repeat(bytes - 12));
        holds_at(16 * MIB, "p.yaml", yaml, "1:1 too-large: larger than 16777216 bytes");
    }

    #[test]
    fn json_has_128_levels_762600_members_names_of_64_kib_and_numbers_of_1024_characters() {
        let nested =
            |levels: usize| format!("{{{KNOWN}, \"_x\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        holds_at(128, "p.json", nested, "1:148 too-large: nested deeper than 128");
        let elements = |count: usize| format!("{{{KNOWN}, \"_x\":[{}0]}}", "0,".repeat(count - 1));
        holds_at(762_600, "p.json", elements, "1:1525222 too-large: more than 762600 members");
        let named = |bytes: usize| format!("{{{KNOWN}, \"_{}\":0}}", "x".repeat(bytes - 1));
        holds_at(65_536, "p.json", named, "1:16 too-large: a name longer than 65536 bytes");
        let number = |digits: usize| format!("{{{KNOWN}, \"_x\":{}}}", "1".repeat(digits));
        holds_at(1_024, "p.json", number, "1:21 too-large: a number longer than 1024 characters");
    }

    #[test]
    fn yaml_has_64_levels_1000_anchors_1000_aliases_and_one_document() {
        let block = |levels: usize| format!("Groups: []\n_x:\n  {}", "- ".repeat(levels - 1));
        holds_at(64, "p.yaml", block, "3:129 too-large: nested deeper than 64");
        let flow = |levels: usize| format!("Groups: []\n_x: {}{}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        holds_at(64, "p.yaml", flow, "2:68 too-large: nested deeper than 64");
        // Two million nodes take a build without optimization seconds: they are counted beside the reader, with a smaller limit.
        let anchors = |count: usize| format!("Groups: []\n_x:\n{}", "- &a 1\n".repeat(count));
        holds_at(1_000, "p.yaml", anchors, "1003:6 too-large: more than 1000 anchors");
        let aliases = |count: usize| format!("Groups: []\n_x:\n- &a 1\n{}", "- *a\n".repeat(count));
        holds_at(1_000, "p.yaml", aliases, "1004:3 too-large: more than 1000 aliases");
        let documents = |count: usize| "Groups: []\n---\n".repeat(count - 1) + "Groups: []\n";
        holds_at(1, "p.yaml", documents, "2:1 unreadable: a second YAML document begins, expected one");
    }

    #[test]
    fn yaml_aliases_add_ten_times_the_text() {
        // Quotes or line ends count as two bytes of each text. A text below 4,096 bytes counts as 4,096: 40 times 1,023 and 40 are ten times that.
        let text = |last: usize| {
            let (long, last) = ("x".repeat(1_021), "y".repeat(last - 40_922));
            format!("Groups: []\n_x:\n- &a {long}\n{}- &b {last}\n", "- *a\n".repeat(39))
        };
        holds_at(40_960, "p.yaml", text, "43:6 too-large: aliases expand to more than 10 times the text");
    }
}

mod references {
    use super::*;

    /// A template of exactly so many bytes, with these sections and providers.
    fn template(bytes: usize, sections: &str, providers: &str) -> String {
        let text = format!(
            "{sections}\nResources:\n  P:\n    Type: AWS::Cognito::IdentityPool\n    Properties:\n      SamlProviderARNs: [{providers}]\n#"
        );
        format!("{text}{}", "x".repeat(bytes - text.len()))
    }

    #[test]
    fn templates_expand_to_ten_times_their_text_and_1_mib() {
        // Of 20,000 bytes: 124 times 10,000 and what remains.
        let text = |produced: usize| {
            let (long, rest) = ("x".repeat(10_000), "y".repeat(produced - 1_240_000));
            let parameters =
                format!("Parameters:\n  L: {{Type: String, Default: {long}}}\n  R: {{Type: String, Default: {rest}}}");
            template(20_000, &parameters, &format!("{}!Ref R", "!Ref L,".repeat(124)))
        };
        holds_at(
            200_000 + MIB,
            "template.yaml",
            text,
            "8:894 too-large: references produce more than 1248576 bytes of text",
        );
    }

    #[test]
    fn conditions_of_templates_stand_on_each_other_64_deep() {
        let text = |count: usize| {
            let others = each(1..count, |n| format!("  C{}: !Not [!Condition C{n}]\n", n - 1));
            template(10_000, &format!("Conditions:\n{others}  C{}: !Equals [a, a]", count - 1), "!If [C0, a, b]")
        };
        holds_at(64, "template.yaml", text, "66:8 too-large: more than 64 conditions stand on each other");
    }

    fn program(variables: &str, providers: &str) -> String {
        format!(
            "variables:\n{variables}resources:\n  p:\n    type: aws:cognito:IdentityPool\n    properties:\n      \
             identityPoolName: p\n      samlProviderArns: [{providers}]\n"
        )
    }

    #[test]
    fn variables_of_pulumi_stand_on_each_other_8_deep_and_make_4_mib() {
        let chain = |count: usize| {
            let others = each(1..count, |n| format!("  v{}: ${{v{n}}}\n", n - 1));
            program(&format!("{others}  v{}: x\n", count - 1), "\"${v0}\"")
        };
        holds_at(8, "Pulumi.yaml", chain, "9:7 too-large: more than 8 variables stand on each other");
        // Each text and one byte more; so is what stands for the pool.
        let made = |bytes: usize| {
            let (long, rest) = ("x".repeat(99_999), "y".repeat(bytes - 4_100_000 - 1 - "${p.id}".len() - 1));
            program(&format!("  l: {long}\n  r: {rest}\n"), &format!("{}\"${{r}}\"", "\"${l}\",".repeat(41)))
        };
        holds_at(4 * MIB, "Pulumi.yaml", made, "5:3 too-large: references produce more than 4194304 bytes of text");
    }

    /// Groups that `list-groups` printed are of every pool that may take their logins.
    #[test]
    fn groups_are_shared_by_pools_100000_times() {
        let pools = each(0..1_000, |n| format!("  P{n}: {{Type: AWS::Cognito::IdentityPool}}\n"));
        let pools = format!("Resources:\n{pools}");
        let shared = |groups: usize| {
            let groups: Vec<String> = (0..groups).map(|n| format!("{{\"GroupName\": \"g{n}\"}}")).collect();
            let groups = format!("{{\"Groups\": [{}]}}", groups.join(","));
            read(&files(&[("template.yaml", &pools), ("groups.json", &groups)]), &ReadOptions::default())
        };
        holds("shared groups", &shared(100), &shared(101), "too-large: 101 groups for each of 1000 pools are too many");
    }
}

/// What takes more memory than its text: rules, tags, providers, pools and groups.
mod parts {
    use super::*;

    const RULE: &str = r#"{"Claim":"c","MatchType":"Equals","Value":"v","RoleARN":"r"}"#;

    fn parts_hold(what: &str, text: impl Fn(usize) -> String, most: usize, refusal: &str) {
        let read = |count| read(&files(&[("p.json", &text(count))]), &ReadOptions::default());
        holds(what, &read(most), &read(most + 1), refusal);
    }

    #[test]
    fn rules_tags_providers_and_pools_are_10000_together() {
        let list = |element: &str, count: usize| vec![element; count].join(",");
        let refusal = |at: &str| format!("{at}too-large: more than 10000 rules, principal tags, providers and pools");
        let mapping =
            |rules: usize| format!(r#"{{"Type":"Rules","RulesConfiguration":{{"Rules":[{}]}}}}"#, list(RULE, rules));
        // The pool nobody names is none; the two mappings count.
        let rules = |count: usize| format!(r#"{{"RoleMappings":{{"p":{},"q":{}}}}}"#, mapping(5_000), mapping(count));
        parts_hold("rules", rules, 4_998, &refusal("1:305122 "));
        let tags = |count: usize| {
            let tags: Vec<String> = (0..count).map(|n| format!("\"t{n}\":\"c\"")).collect();
            format!(r#"{{"IdentityProviderName":"p","PrincipalTags":{{{}}}}}"#, tags.join(","))
        };
        parts_hold("tags", tags, 9_999, &refusal("1:1 "));
        let providers =
            |count: usize| format!(r#"{{"CognitoIdentityProviders":[{}]}}"#, list(r#"{"ProviderName":"p"}"#, count));
        parts_hold("providers", providers, 10_000, &refusal("1:29 "));
        let others =
            |count: usize| format!(r#"{{"RoleMappings":{{}},"SamlProviderARNs":[{}]}}"#, list(r#""a""#, count));
        parts_hold("other providers", others, 10_000, &refusal("1:39 "));
        let pools = |count: usize| {
            let pools: Vec<String> =
                (0..count).map(|n| format!(r#"{{"IdentityPoolId":"{n}","Roles":{{}}}}"#)).collect();
            format!("[{}]", pools.join(","))
        };
        parts_hold("pools", pools, 10_000, &refusal(""));
        let resources = |count: usize| {
            let pools: Vec<String> =
                (0..count).map(|n| format!(r#""P{n}":{{"Type":"AWS::Cognito::IdentityPool"}}"#)).collect();
            format!(r#"{{"Resources":{{{}}}}}"#, pools.join(","))
        };
        parts_hold("pools of a template", resources, 10_000, &refusal(""));
    }

    #[test]
    fn resources_of_pulumi_are_50000() {
        let clients = |count: usize| each(0..count, |n| format!(" c{n}: {{type: \"aws:cognito:UserPoolClient\"}}\n"));
        let program = |count: usize| {
            format!(
                "name: a\nruntime: yaml\nresources:\n p: {{type: \"aws:cognito:IdentityPool\"}}\n{}",
                clients(count - 1)
            )
        };
        holds_at(50_000, "Pulumi.yaml", program, "50004:2 too-large: more than 50000 resources that matter");
        let client = |n: usize| format!(r#"{{"urn":"urn::c{n}","type":"aws:cognito/userPoolClient:UserPoolClient"}},"#);
        let state = |count: usize| {
            let pool = r#"{"urn":"urn::p","type":"aws:cognito/identityPool:IdentityPool","id":"p"}"#;
            format!(r#"{{"deployment":{{"resources":[{}{pool}]}}}}"#, each(1..count, client))
        };
        holds_at(50_000, "stack.json", state, "1:3638923 too-large: more than 50000 resources that matter");
    }

    #[test]
    fn roles_are_20000() {
        let roles = |count: usize| {
            let roles = each(0..count, |n| format!(r#","R{n}":{{"Type":"AWS::IAM::Role"}}"#));
            format!(r#"{{"Resources":{{"P":{{"Type":"AWS::Cognito::IdentityPool"}}{roles}}}}}"#)
        };
        parts_hold("roles", roles, 20_000, "too-large: more than 20000 roles");
    }

    #[test]
    fn the_texts_of_rules_are_as_long_as_the_files_and_8_mib() {
        let key = format!("accounts.{}.com", "x".repeat(50_000));
        let rules = vec![r#"{"Claim":"c","MatchType":"Equals","Value":"v","RoleARN":"r"}"#; 200].join(",");
        let text =
            format!(r#"{{"RoleMappings":{{"{key}":{{"Type":"Rules","RulesConfiguration":{{"Rules":[{rules}]}}}}}}}}"#);
        // Each rule has three letters and its provider. Blanks make the file larger, and nothing else.
        let bytes = 200 * (3 + key.len());
        let padded = |size: usize| format!("{text}{}", " ".repeat(size - text.len()));
        let found = |size: usize| problems(&file("p.json", &padded(size)));
        assert_eq!(found(bytes - 8 * MIB), Vec::<String>::new());
        let last = text.rfind('{').unwrap() + 1;
        let what = "bytes of text in rules, principal tags and groups, each with its provider and pool";
        assert_eq!(found(bytes - 8 * MIB - 1), [format!("1:{last} too-large: more than {} {what}", bytes - 1)]);
    }

    #[test]
    fn groups_are_30000() {
        let groups = |count: usize| {
            let groups: Vec<String> = (0..count).map(|n| format!(r#"{{"GroupName":"g{n}"}}"#)).collect();
            format!(r#"{{"Groups":[{}]}}"#, groups.join(","))
        };
        parts_hold(
            "groups",
            groups,
            30_000,
            "1:678902 too-large: more than 30000 groups, counted in each pool of theirs",
        );
    }

    #[test]
    fn a_template_has_250000_values_to_resolve_and_a_name_that_nobody_knows_counts_for_ten() {
        let template = |statements: String| {
            format!(
                r#"{{"Resources":{{"P":{{"Type":"AWS::Cognito::IdentityPool"}},"R":{{"Type":"AWS::IAM::Role","Properties":{{"AssumeRolePolicyDocument":{{"Statement":[{statements}]}}}}}}}}}}"#
            )
        };
        // The policy is one, its list is one, and so is each map that refers.
        let names = |count: usize| template(vec![r#"{"Ref":"A"}"#; count].join(","));
        parts_hold(
            "names",
            names,
            22_727,
            "1:272865 too-large: more than 250000 values in templates have to be resolved",
        );
    }
}

mod terraform {
    use super::*;
    use whichrole::read::HclLimits;

    const POOL: &str = "resource \"aws_cognito_identity_pool\" \"p\" {\n}\n";

    /// A pool whose role is this expression, in the last line but one.
    fn role(locals: &str, expression: &str) -> String {
        format!(
            "{POOL}locals {{\n{locals}\n}}\nresource \"aws_cognito_identity_pool_roles_attachment\" \"a\" {{\n \
             identity_pool_id = aws_cognito_identity_pool.p.id\n roles = {{ authenticated = {expression} }}\n}}\n"
        )
    }

    #[test]
    fn a_file_has_4_mib_64_levels_and_250000_nodes() {
        let bytes = |bytes: usize| format!("{POOL}#{}", "x".repeat(bytes - POOL.len() - 1));
        holds_at(4 * MIB, "main.tf", bytes, "1:1 too-large: larger than 4194304 bytes");
        // The block and the innermost value are levels, too.
        let nested = |levels: usize| {
            format!("{POOL}locals {{\n a = {}1{}\n}}\n", "[".repeat(levels - 2), "]".repeat(levels - 2))
        };
        holds_at(64, "main.tf", nested, "4:69 too-large: nested deeper than 64");
        // The pool with its two labels, the block, the argument and the list.
        let nodes = |nodes: usize| format!("{POOL}locals {{\n a = [{}]\n}}\n", "1,".repeat(nodes - 6));
        holds_at(250_000, "main.tf", nodes, "4:499995 too-large: more than 250000 arguments and values");
        // The same in JSON: `resource`, its type, the pool, `locals`, `a`.
        let json = |nodes: usize| {
            format!(
                "{{\"resource\": {{\"aws_cognito_identity_pool\": {{\"p\": {{}}}}}}, \"locals\": {{\"a\": [{}0]}}}}",
                "0,".repeat(nodes - 6)
            )
        };
        holds_at(250_000, "main.tf.json", json, "1:500063 too-large: more than 250000 arguments and values");
    }

    #[test]
    fn evaluating_takes_500000_steps() {
        let within = |steps: usize, text: &str| {
            let hcl = HclLimits { steps, ..HclLimits::default() };
            read(&files(&[("main.tf", text)]), &ReadOptions { hcl, ..ReadOptions::default() })
        };
        // Nearly all of them for a table of 407 times 407, and one for each number of a list.
        let text = |steps: usize| {
            let table = "a = [for n in range(407) : [for m in range(407) : m]]";
            let rest = format!("length([{}])", "1,".repeat(steps - 499_405));
            role(table, &format!("length(local.a) == {rest} ? \"x\" : \"y\""))
        };
        let refusal = |column: usize, limit: usize| {
            vec![format!("8:{column} too-large: evaluating the configuration takes more than {limit} steps")]
        };
        assert_eq!(problems(&within(499_999, &text(500_000))), refusal(1_256, 499_999));
        holds_at(500_000, "main.tf", text, &refusal(1_258, 500_000).concat());
    }

    #[test]
    fn what_arguments_have_from_elsewhere_is_copied_at_16_bytes_a_step() {
        // A policy of 16 KiB takes a thousand steps for each role that has it.
        let text = |roles: usize| {
            let policy = "x".repeat(16 * 1024 - 1);
            let locals = format!("{POOL}locals {{\n a = \"{policy}{{\"\n}}\n");
            format!("{locals}resource \"aws_iam_role\" \"r\" {{\n count = {roles}\n assume_role_policy = local.a\n}}\n")
        };
        let told = |roles: usize| {
            let read = read(&files(&[("main.tf", &text(roles))]), &ReadOptions::default());
            assert!(read.problems.is_empty(), "policies decide nothing");
            read.notes.iter().any(|note| note.message == "evaluating the configuration takes more than 500000 steps")
        };
        assert!(!told(480) && told(490));
    }

    /// A name is one of them, and what stands behind it is the next.
    #[test]
    fn values_stand_on_each_other_180_levels() {
        // An object with a name in it, 89 locals, each with the next in it but for the last, a text; and perhaps functions between.
        let text = |levels: usize| {
            let chain = each(1..89, |n| format!("l{} = local.l{n}\n", n - 1));
            let calls = levels - 180;
            let role_text = format!("{}local.l0{}", "try(".repeat(calls), ")".repeat(calls));
            role(&format!("{chain}l88 = \"x\""), &role_text)
        };
        holds_at(180, "main.tf", text, "92:7 too-large: values depend on each other more than 180 levels deep");
    }

    #[test]
    fn one_value_has_64_levels() {
        let text = |levels: usize| {
            let others = each(1..levels / 2, |n| format!("l{} = [[local.l{n}]]\n", n - 1));
            let odd = if levels % 2 == 1 { "[[local.l0]]" } else { "[local.l0]" };
            role(&format!("{others}l{} = [1]\n", levels / 2 - 1), &format!("length({odd}) == 1 ? \"x\" : \"y\""))
        };
        holds_at(64, "main.tf", text, "40:35 too-large: a value is nested deeper than 64");
    }

    #[test]
    fn texts_of_1_mib_are_put_together() {
        let template = |bytes: usize| {
            role(
                &format!("a = \"{}\"", "x".repeat(MIB / 2)),
                &format!("\"${{local.a}}${{local.a}}{}\"", "x".repeat(bytes - MIB)),
            )
        };
        holds_at(MIB, "main.tf", template, "8:28 too-large: a text is put together that is longer than 1048576 bytes");
        let joined = |bytes: usize| {
            role(
                &format!("a = \"{}\"", "x".repeat(MIB / 2)),
                &format!("join(\"{}\", [local.a, local.a])", "x".repeat(bytes - MIB)),
            )
        };
        holds_at(MIB, "main.tf", joined, "8:28 too-large: a text is put together that is longer than 1048576 bytes");
    }

    #[test]
    fn modules_are_1000_and_20_inside_each_other() {
        let nested = |depth: usize| {
            let mut modules: Vec<(String, String)> = (0..depth)
                .map(|n| (format!("m{n}/main.tf"), format!("module \"m\" {{\n source = \"../m{}\"\n}}\n", n + 1)))
                .collect();
            modules.push((format!("m{depth}/main.tf"), POOL.to_owned()));
            let modules: Vec<(&str, &str)> = modules.iter().map(|(name, text)| (&**name, &**text)).collect();
            read(&files(&modules), &ReadOptions::default())
        };
        holds(
            "modules inside each other",
            &nested(20),
            &nested(21),
            "1:1 too-large: more than 20 modules inside each other",
        );
        let calls = |count: usize| {
            let main = format!("module \"m\" {{\n source = \"./m\"\n count = {count}\n}}\n");
            read(&files(&[("main.tf", &main), ("m/main.tf", POOL)]), &ReadOptions::default())
        };
        assert_eq!(calls(1_000).definitions.len(), 1_000);
        holds("modules", &calls(1_000), &calls(1_001), "1:1 too-large: more than 1000 modules");
    }

    #[test]
    fn a_resource_has_10000_instances() {
        let counted = |count: usize| POOL.replace("{\n", &format!("{{\n count = {count}\n"));
        assert_eq!(file("main.tf", &counted(10_000)).definitions.len(), 10_000);
        holds_at(10_000, "main.tf", counted, "2:10 too-large: more than 10000 instances");
        let each = |count: usize| {
            POOL.replace("{\n", &format!("{{\n for_each = toset([for n in range({count}) : tostring(n)])\n"))
        };
        holds_at(10_000, "main.tf", each, "2:13 too-large: more than 10000 instances");
    }
}

mod suites {
    use super::*;
    use whichrole::suite::{Brought, Suite};

    /// What is wrong with a suite, as far as it is about its size.
    fn too_large(suite: &str) -> Vec<String> {
        let suite = Suite::read(&Source { name: "s.whichrole.yaml".into(), text: suite.into() });
        suite.problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
    }

    #[test]
    fn a_suite_has_10000_users() {
        let suite = |users: usize| {
            let users: Vec<String> = (0..users).map(|n| format!("u{n}: {{}}")).collect();
            let users = users.join(", ");
            format!("version: 1\nconfig: p.json\nusers: {{{users}}}\ntests: [{{name: t, user: u0, expect: deny}}]\n")
        };
        assert_eq!(too_large(&suite(10_000)), Vec::<String>::new());
        assert_eq!(too_large(&suite(10_001)), ["too-large: more than 10000 users"]);
    }

    #[test]
    fn the_users_of_a_suite_have_200000_claims_and_the_cells_of_each_32_mib() {
        let users = |count: usize| {
            let claims: Vec<String> = (0..200).map(|n| format!("a{n}: b")).collect();
            let base = format!("u0: {{claims: {{{}}}}}", claims.join(", "));
            let others = each(1..1_000, |n| format!(", u{n}: {{extends: u0}}"));
            let more = if count > 200_000 { ", v: {claims: {a: b}}" } else { "" };
            format!(
                "version: 1\nconfig: p.json\nusers: {{{base}{others}{more}}}\ntests: [{{name: t, user: u1, expect: deny}}]\n"
            )
        };
        assert_eq!(too_large(&users(200_000)), Vec::<String>::new());
        let refusal = "too-large: the users have more than 200000 claims, those that they extend included";
        assert_eq!(too_large(&users(200_001)), [refusal]);
        // Two times a hundred values with their quotes, and 32 bytes for each: 10,000 cells of twice as many bytes.
        let cells = |bytes: usize| {
            let values = |long: usize| {
                let others: Vec<String> = (0..99).map(|n| format!("{n:0>1610}")).collect();
                format!(
                    "[{}, {}]",
                    others.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", "),
                    "x".repeat(long)
                )
            };
            format!(
                "version: 1\nconfig: p.json\ntests:\n- {{name: t, each: {{a: {}, b: {}}}, expect: deny}}\n",
                values(1_610),
                values(bytes)
            )
        };
        // 10,000 cells are a hundred times the values of both: 200 × 1,644 bytes, and what remains up to 335,544 for the last.
        let last = 335_544 - 199 * 1_644 - 34;
        assert_eq!(too_large(&cells(last)), Vec::<String>::new());
        assert_eq!(too_large(&cells(last + 1)), ["too-large: the cells of `each` are more than 33554432 bytes"]);
    }

    /// What is wrong with a plan, as far as it is about its size.
    fn plan_too_large(suite: &str, csv: String) -> Vec<String> {
        let suite = Suite::read(&Source { name: "s.whichrole.yaml".into(), text: suite.into() });
        let mut brought = Brought::default();
        brought.config("p.json", file("p.json", r#"{"Roles":{"authenticated":"arn:aws:iam::111122223333:role/R"}}"#));
        brought.table("t.csv", csv);
        let problems = suite.plan(brought).err().map(|error| error.problems).unwrap_or_default();
        problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
    }

    #[test]
    fn csv_tables_have_1000_columns_and_2000000_cells() {
        let found = |columns: usize, cells: usize| {
            let heads = each(0..columns, |n| format!("c{n},"));
            let rows = each(0..cells / columns, |n| format!("{n}{}deny\n", ",".repeat(columns)));
            let suite = "version: 1\nconfig: p.json\nprovider: accounts.google.com\ntests: [{name: t, table: t.csv}]\n";
            plan_too_large(suite, format!("{heads}expect\n{rows}"))
        };
        assert_eq!(found(999, 999), Vec::<String>::new());
        assert_eq!(found(1_000, 1_000), ["too-large: a row of more than 1000 cells"]);
        assert_eq!(found(40, 2_000_000), Vec::<String>::new());
        assert_eq!(found(40, 2_000_040), ["too-large: more than 2000000 cells of tables"]);
    }

    #[test]
    fn users_extend_16_mib_of_claims() {
        let suite = |bytes: usize| {
            let others = each(0..1_024, |n| format!(", u{n}: {{extends: base}}"));
            let base = format!("base: {{claims: {{a: {}}}}}", "v".repeat(bytes / 1_024 - 1));
            format!(
                "version: 1\nconfig: p.json\nusers: {{{base}{others}}}\ntests: [{{name: t, user: base, expect: deny}}]\n"
            )
        };
        assert_eq!(too_large(&suite(16 * MIB)), Vec::<String>::new());
        let refusal = "too-large: the users extend more than 16777216 bytes of claims, each counted for every user";
        assert_eq!(too_large(&suite(16 * MIB + 1_024)), [refusal]);
    }

    #[test]
    fn the_configurations_of_a_suite_have_25000_parts_together() {
        let suite = |configs: usize| {
            let configs: Vec<String> = (0..configs).map(|n| format!("l{n}: p.json")).collect();
            let configs = configs.join(", ");
            format!("version: 1\nconfig: {{{configs}}}\ntests: [{{name: t, claims: {{a: b}}, expect: deny}}]\n")
        };
        // Each counts for eight, besides what is in it.
        assert_eq!(plan_too_large(&suite(3_125), String::new()), Vec::<String>::new());
        let refusal = "too-large: the configurations are too large together; one suite for each of them has room";
        assert_eq!(plan_too_large(&suite(3_126), String::new()), [refusal]);
    }

    #[test]
    fn a_suite_has_25000_tests() {
        let suite = |tests: usize| {
            let tests = each(0..tests, |n| format!("- {{name: t{n}, user: u, expect: deny}}\n"));
            format!("version: 1\nconfig: p.json\nusers: {{u: {{}}}}\ntests:\n{tests}")
        };
        assert_eq!(too_large(&suite(25_000)), Vec::<String>::new());
        let refusal = "too-large: more than 25000 tests; many that are alike go into a table";
        assert_eq!(too_large(&suite(25_001)), [refusal]);
    }

    #[test]
    fn the_tables_of_a_suite_have_100000_rows() {
        let suite = |rows: usize| {
            let table = |name: &str, rows: Range<usize>| {
                format!("- name: {name}\n  table:\n  - [a, expect]\n{}", each(rows, |n| format!("  - [t{n},deny]\n")))
            };
            let tables = table("first", 0..50_000) + &table("second", 50_000..rows);
            format!("version: 1\nconfig: p.json\ntests:\n{tables}")
        };
        assert_eq!(too_large(&suite(100_000)), Vec::<String>::new());
        assert_eq!(too_large(&suite(100_001)), ["too-large: more than 100000 rows of tables and cells of `each`"]);
    }
}
