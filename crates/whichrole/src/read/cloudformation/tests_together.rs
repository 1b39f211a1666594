//! Templates that belong together: exports, nested stacks.

use super::tests::{one_rule, read_texts, shown};

/// The role of the only rule in a template that imports it, read together with others.
fn imported(others: &[(&str, &str)], parameters: &[(&str, &str)]) -> String {
    let app = one_rule("", ["c", "Equals", "v", "!ImportValue editors"]);
    let mut sources = vec![("app.yaml", app.as_str())];
    sources.extend(others);
    let configuration = read_texts(&sources, parameters).usable().unwrap();
    let mapping = configuration.definitions[0].pool.role_mappings.values().next().unwrap();
    mapping.mapping_rules()[0].role_arn.as_str().to_owned()
}

const STAGED: &str = "
Parameters: {Stage: {Type: String}}
Conditions: {Live: !Equals [!Ref Stage, live], Trial: !Not [!Condition Live]}
Resources: {Topic: {Type: AWS::SNS::Topic}}
Outputs:
  L: {Condition: Live, Value: live-role, Export: {Name: editors}}
  T: {Condition: Trial, Value: trial-role, Export: {Name: editors}}
";

#[test]
fn an_export_is_there_only_under_its_condition() {
    let roles = |stage| imported(&[("roles.yaml", STAGED)], &[("Stage", stage)]);
    assert_eq!((roles("live"), roles("trial")), ("live-role".into(), "trial-role".into()));
    assert_eq!(imported(&[("roles.yaml", STAGED)], &[]), "${ImportValue editors}", "nobody knows which");
    let never = STAGED.replace("!Not [!Condition Live]", "!Equals [a, b]");
    assert_eq!(imported(&[("roles.yaml", &never)], &[("Stage", "x")]), "${ImportValue editors}");
}

#[test]
fn an_import_whose_export_is_not_known_says_what_would_make_it_known() {
    let app = one_rule("", ["c", "Equals", "!ImportValue editors", "r"]);
    let told = |roles: &str, parameters: &[(&str, &str)]| {
        shown(&read_texts(&[("app.yaml", &app), ("roles.yaml", roles)], parameters).problems)
    };
    let problem = "16:24 unresolved-value `Value` is `${ImportValue editors}`, which is not known here; ";
    assert_eq!(told(STAGED, &[]), [format!("{problem}pass `--param Stage=…`")]);
    let never = STAGED.replace("!Not [!Condition Live]", "!Equals [a, b]");
    let unmet = "the template here that exports it does not under the conditions given; add the one that does, or pass";
    assert_eq!(told(&never, &[("Stage", "x")]), [format!("{problem}{unmet} `--param editors=…`")]);
}

#[test]
fn two_exports_of_one_name_are_one_value_only_where_they_agree() {
    let exporting = |value: &str| {
        format!(
            "Resources: {{T: {{Type: AWS::SNS::Topic}}}}\nOutputs: {{R: {{Value: {value}, Export: {{Name: editors}}}}}}\n"
        )
    };
    let of =
        |trial: &str, live: &str| imported(&[("live.yaml", &exporting(live)), ("trial.yaml", &exporting(trial))], &[]);
    assert_eq!(of("a", "a"), "a");
    assert_eq!(of("a", "b"), "${ImportValue editors}");
    assert_eq!(of("!GetAtt R.Arn", "!GetAtt R.Arn"), "${ImportValue editors}", "each is of its own stack");
    let others = [("live.yaml", exporting("a")), ("trial.yaml", exporting("b"))];
    let others = others.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(imported(&others, &[("editors", "c")]), "c");
}
