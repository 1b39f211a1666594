//! The JSON Schema of suites, which editors use: every good suite is as it says, and suites whose shape is wrong are not.

use std::fs;
use std::path::{Path, PathBuf};

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

use crate::harness::{testdata, whichrole};
use crate::schema;

/// YAML as an editor's language server sees it: no anchors, no tags, the types of YAML 1.2.
fn json_of(yaml: &str) -> Value {
    let mut open: Vec<(Vec<Value>, bool)> = vec![(Vec::new(), false)];
    for event in Parser::new_from_str(yaml) {
        let value = match event.unwrap().0 {
            Event::Scalar(text, ScalarStyle::Plain, ..) => match text.as_ref() {
                "" | "~" | "null" => Value::Null,
                "true" | "false" => Value::Bool(text == "true"),
                number if number.parse::<f64>().is_ok() => serde_json::from_str(number).unwrap_or(json!(number)),
                other => json!(other),
            },
            Event::Scalar(text, ..) => json!(text),
            Event::SequenceStart(..) => {
                open.push((Vec::new(), false));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Vec::new(), true));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (values, is_map) = open.pop().unwrap();
                let name = |name: &Value| name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                if is_map {
                    Value::Object(values.chunks(2).map(|pair| (name(&pair[0]), pair[1].clone())).collect::<Map<_, _>>())
                } else {
                    Value::Array(values)
                }
            }
            Event::Alias(_) => panic!("the suites of the test data have no aliases"),
            _ => continue,
        };
        open.last_mut().unwrap().0.push(value);
    }
    open.remove(0).0.remove(0)
}

fn suites_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            suites_below(&path, found);
        } else if path.to_string_lossy().ends_with(".whichrole.yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_suite_of_the_test_data_is_as_the_schema_says() {
    let mut suites = Vec::new();
    suites_below(Path::new(&testdata("cases")), &mut suites);
    assert!(suites.len() >= 18, "{suites:?}");
    for suite in suites {
        schema::check("suite", &json_of(&fs::read_to_string(suite).unwrap()));
    }
}

#[test]
fn a_first_suite_is_as_the_schema_says_and_names_the_schema_in_the_repository() {
    let url = "https://raw.githubusercontent.com/whichrole/whichrole/main/";
    for config in ["pools/api", "cases/configs/rules.json", "cases/configs/token.json", "cases/configs/symbolic.json"] {
        let init = whichrole(["test", "--init", config]).run();
        let text = &init.exits(0).stdout;
        schema::check("suite", &json_of(text));
        let named = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
        let file = testdata("..").join(named.strip_prefix(url).unwrap());
        assert_eq!(
            serde_json::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap(),
            schema::printed("suite")
        );
    }
}

#[test]
fn a_suite_of_a_wrong_shape_is_not_as_the_schema_says() {
    let schema = schema::printed("suite");
    let fits = |yaml: &str| schema::fits(&json_of(yaml), &schema, &schema).is_ok();
    let test = |test: &str| format!("version: 1\nconfig: pool.json\ntests:\n  - {test}");
    assert!(fits(&test("{ name: t, user: eng, expect: { role: Staff, by: rule 2, tags: { $subset: true, a: b } } }")));
    assert!(fits(&test("{ name: t, user: eng, table: [[custom:dept, expect], [eng, Staff]] }")));
    for wrong in [
        "{ name: t, user: eng }",
        "{ name: t, expect: Staff }",
        "{ user: eng, expect: Staff }",
        "{ name: t, usr: eng, expect: Staff }",
        "{ name: t, user: eng, expect: {} }",
        "{ name: t, user: eng, expect: ~ }",
        "{ name: t, user: eng, expect: { rolle: Staff } }",
        "{ name: t, user: eng, expect: { role: deny } }",
        "{ name: t, user: eng, expect: { role: Staff, deny: true } }",
        "{ name: t, user: eng, expect: { deny: resolution-denied } }",
        "{ name: t, user: eng, expect: { role: Staff, by: rule 0 } }",
        "{ name: t, user: eng, expect: { role: Staff, by: rule two } }",
        "{ name: t, user: eng, expect: { role: Staff, tags: { $subset: true } } }",
        "{ name: t, user: eng, expect: { role: Staff, tags: { $subst: true, a: b } } }",
        "{ name: t, user: eng, assume: { array-claim: membership }, expect: Staff }",
        "{ name: t, user: eng, skip: true, expect: Staff }",
        "{ name: t, user: eng, skip: why, todo: why, expect: Staff }",
        "{ name: t, user: eng, table: [] }",
        "{ name: t, user: eng, table: [[a, expect]] }",
        "{ name: t, user: eng, table: [[a, expects], [b, Staff]] }",
        "{ name: t, user: eng, table: [[a, a, expect], [b, b, Staff]] }",
        "{ name: t, each: { user: [] }, expect: Staff }",
        "{ name: t, each: { user: [eng, eng] }, expect: Staff }",
        "{ name: t, each: { user: [eng] }, expect: [{ role: Staff }] }",
        "{ name: t, each: { user: [eng] } }",
        "{ name: t, logins: [], expect: deny }",
    ] {
        assert!(!fits(&test(wrong)), "{wrong}");
    }
    let test = test("{ name: t, user: eng, expect: Staff }");
    for wrong in [
        "version: 1\nconfig: pool.json",
        "version: 1\nconfig: {}\nsnapshot: true\nusers: {}",
        &test.replace("version: 1", "version: 2"),
        &test.replace("config: pool.json", "confgi: pool.json"),
        &format!("{test}\nroles: {{ deny: Staff }}"),
        &format!("{test}\ncoverage: {{ rules: 101 }}"),
        &format!("{test}\nusers: {{ g: {{ guest: true, claims: {{ a: b }} }} }}"),
        &format!("{test}\nproperties: [{{ name: p, live: al }}]"),
        &format!("{test}\nproperties: [{{ name: p, always: Staff, unless: a present }}]"),
    ] {
        assert!(!fits(wrong), "{wrong}");
    }
}
