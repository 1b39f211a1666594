//! R2 to R10, and that every way to compare says the same.

use super::*;

fn claim(json: &str) -> Claim<'_> {
    Claim::from_json(json).unwrap()
}

fn choice(question: &str, choice: &str) -> Semantics {
    Semantics::default().assume(crate::semantics::Choice::parse(question, choice).unwrap())
}

/// Every operator against one claim: the first letter of each that matches, as `ECSN`.
fn marks(value: &str, json: &str, semantics: &Semantics) -> String {
    MatchType::ALL
        .iter()
        .map(|op| if Test::new(*op, value).matches(&claim(json), semantics) { &op.name()[..1] } else { "-" })
        .collect()
}

#[test]
fn each_choice_compares_arrays_as_the_table_says() {
    let array = r#"["eng","ops-lead",12,{"a":[1]}]"#;
    for (name, value, expected) in [
        ("contains-element", "ops", "-C--"),
        ("contains-element", "eng", "-C--"),
        ("membership", "ops", "----"),
        ("membership", "eng", "-C--"),
        ("per-element", "ops", "-CSN"),
        ("per-element", "eng", "ECS-"),
        ("per-element", "12", "---N"),
        ("json-text", r#"["eng","ops"#, "-CSN"),
        ("json-text", r#"["eng","ops-lead",12,{"a":[1]}]"#, "ECS-"),
        ("list-text", "[eng, ops-lead, 12", "-CSN"),
        ("list-text", r#"[eng, ops-lead, 12, {"a":[1]}]"#, "ECS-"),
    ] {
        assert_eq!(marks(value, array, &choice("array-claims", name)), expected, "{name} {value}");
    }
}

#[test]
fn each_choice_compares_other_kinds_as_the_table_says() {
    for (name, json, value, expected) in [
        ("text", "1.0", "1.0", "ECS-"),
        ("text", "1.0", "1", "-CSN"),
        ("text", "true", "true", "ECS-"),
        ("text", "null", "null", "----"),
        ("text", r#"{"a":1}"#, r#"{"a":1}"#, "----"),
        ("never", "true", "false", "----"),
        ("json-text", "null", "null", "ECS-"),
        ("json-text", r#"{"a": 1}"#, r#"{"a":1}"#, "ECS-"),
    ] {
        assert_eq!(marks(value, json, &choice("non-string-claims", name)), expected, "{name} {json}");
    }
}

/// Letter case is looked for only by who asks for it, and touched only where it matters.
#[test]
fn a_test_touches_the_questions_that_its_claim_raises() {
    fn touched<const ASK: bool>(json: &str, semantics: &Semantics) -> Vec<&'static str> {
        let mut touched = Questions::NONE;
        let test = Test::new(MatchType::Contains, "Admin");
        let claim = claim(json);
        let matched = test.matches_asking::<ASK>(Value::of(&claim), None, semantics, &mut touched);
        assert_eq!(matched, test.matches(&claim, semantics), "{json}");
        touched.ids()
    }
    let open = Semantics::default();
    for (json, asked) in [
        ("\"Admin\"", vec![]),
        ("\"other\"", vec![]),
        ("\"admin\"", vec!["letter-case"]),
        ("[\"Admin\"]", vec!["array-claims"]),
        ("[\"admin\"]", vec!["array-claims", "letter-case"]),
        ("1", vec!["non-string-claims"]),
    ] {
        assert_eq!(touched::<true>(json, &open), asked, "{json}");
        let others: Vec<&str> = asked.into_iter().filter(|id| *id != "letter-case").collect();
        assert_eq!(touched::<false>(json, &open), others, "{json}");
        assert_eq!(touched::<false>(json, &choice("letter-case", "insensitive")), others, "{json}");
    }
    let test = Test::new(MatchType::StartsWith, "Admin");
    assert_eq!((test.match_type(), test.value()), (MatchType::StartsWith, "Admin"));
}

#[test]
fn letter_case_is_touched_only_where_it_changes_the_outcome() {
    let touched =
        |op, value: &str, json: &str| Test::new(op, value).differs_by_case(&claim(json), &Semantics::default());
    assert!(touched(MatchType::Equals, "Admin", "\"admin\""));
    assert!(!touched(MatchType::Equals, "admin", "\"admin\""));
    assert!(touched(MatchType::NotEqual, "Admin", "\"admin\""));
    assert!(touched(MatchType::Contains, "ADM", "[\"xadmin\"]"));
    assert!(!touched(MatchType::Contains, "adm", "[\"ADMIN\",\"admin\"]"), "another element matches anyway");
    assert!(touched(MatchType::Equals, "i\u{307}", "\"\u{130}\""), "İ lower-cased is i and a dot");
    assert!(touched(MatchType::Equals, "1E5", "1e5"));
    assert!(!touched(MatchType::Contains, "", "\"x\""));
}

#[test]
fn the_cheap_look_never_hides_a_difference() {
    for value in ["a", "A", "ab", "aB", "", "b-A"] {
        for text in ["", "a", "A", "xAB", "ab", "B-a", "b-A b-a"] {
            for op in MatchType::ALL {
                let test = Test::new(op, value);
                let claim = Claim::from(text);
                let differs = test.matches(&claim, &Semantics::default())
                    != test.matches(&claim, &choice("letter-case", "insensitive"));
                assert_eq!(test.differs_by_case(&claim, &Semantics::default()), differs, "{op} {value:?} {text:?}");
            }
        }
    }
}

/// R6, R7, R10, in as few words as they can be said.
fn plainly(op: MatchType, text: &str, value: &str) -> bool {
    match op {
        MatchType::Equals => text == value,
        MatchType::NotEqual => text != value,
        MatchType::StartsWith => text.starts_with(value),
        MatchType::Contains => text.contains(value),
    }
}

#[test]
fn every_way_to_compare_a_text_says_the_same() {
    let mut texts: Vec<String> = [
        "",
        "a",
        "A",
        "b",
        "ab",
        "AB",
        "aB",
        "Ba",
        "xab",
        "abx",
        "xAb",
        "aba",
        "abab",
        "b-A b-a",
        "1",
        "1a",
        "@",
        "`",
        "[",
        "{",
        "é",
        "É",
        "éa",
        "aÉ",
        "k",
        "K",
        "\u{212a}",
        "x\u{212a}",
        "i\u{307}",
        "\u{130}",
        "ß",
        "ſ",
        "s",
        "a\0b",
        "\0",
    ]
    .map(str::to_owned)
    .to_vec();
    // As long as a text may be that is searched for both answers at once, and longer.
    texts.extend([1022, 1023, 1024].map(|length| format!("{}aB", "x".repeat(length))));
    for value in texts.iter().filter(|value| value.len() < 8) {
        for text in &texts {
            let (lower_text, lower_value) = (text.to_lowercase(), value.to_lowercase());
            for op in MatchType::ALL {
                let test = Test::new(op, value);
                let expected =
                    ByCase { sensitive: plainly(op, text, value), insensitive: plainly(op, &lower_text, &lower_value) };
                let case = format!("{op} {value:?} {text:?}");
                let claim = Claim::from(text.as_str());
                let matches = |case: &str| test.matches(&claim, &choice("letter-case", case));
                assert_eq!(test.holds_for(text), expected.sensitive, "{case}");
                assert_eq!(test.both(text), expected, "{case}");
                assert_eq!(test.both_of(text, text.is_ascii()), expected, "{case}");
                assert!(
                    !text.is_ascii() || !test.is_far(text, || Letters::of(text)) || expected == ByCase::NEITHER,
                    "{case}"
                );
                assert_eq!(
                    (matches("sensitive"), matches("insensitive")),
                    (expected.sensitive, expected.insensitive),
                    "{case}"
                );
                let equal = ByCase { sensitive: text == value, insensitive: lower_text == lower_value };
                assert_eq!(test.both_equal(text), equal, "{case}");
            }
        }
    }
}

#[test]
fn both_answers_are_joined_and_turned_each_by_itself() {
    let by_case = |sensitive, insensitive| ByCase { sensitive, insensitive };
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        for (c, d) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_eq!(by_case(a, b).or(by_case(c, d)), by_case(a || c, b || d));
        }
        assert_eq!(by_case(a, b).not(), by_case(!a, !b));
    }
}

/// R8 and R10 together.
#[test]
fn an_element_is_compared_in_the_letter_case_in_force() {
    let marks = |array: &str, case: &str, value: &str| {
        let case = crate::semantics::Choice::parse("letter-case", case).unwrap();
        marks(value, r#"["ENG","x"]"#, &choice("array-claims", array).assume(case))
    };
    assert_eq!(marks("membership", "sensitive", "eng"), "----");
    assert_eq!(marks("membership", "insensitive", "eng"), "-C--");
    assert_eq!(marks("per-element", "insensitive", "eng"), "ECS-");
    assert_eq!(marks("per-element", "insensitive", "en"), "-CSN");
}

/// That is what makes it worth asking; that it never hides a match is held against the statement above.
#[test]
fn a_text_is_far_from_a_value_where_it_takes_no_call_to_see() {
    let far = |op, value: &str, text: &str| Test::new(op, value).is_far(text, || Letters::of(text));
    for (op, value, text, why) in [
        (MatchType::Equals, "ops", "opsx", "another length"),
        (MatchType::Equals, "ops", "xps", "another first letter"),
        (MatchType::Equals, "ops", "opx", "another last letter"),
        (MatchType::StartsWith, "ops", "op", "it is shorter"),
        (MatchType::StartsWith, "ops", "xps", "another first letter"),
        (MatchType::Contains, "ops", "op", "it is shorter"),
        (MatchType::Contains, "ops", "xpsxps", "it lacks a letter"),
    ] {
        assert!(far(op, value, text), "{op} {text}: {why}");
        assert!(!far(op, value, "OPS") && !far(op, "é", text), "{op} {text}");
    }
    assert!(!far(MatchType::NotEqual, "ops", "x"));
}

/// What is not compared because of it would not be the same in any letter case.
#[test]
fn a_foreign_character_is_not_ascii_in_lower_case_either() {
    for c in ('\u{80}'..=char::MAX).map(String::from) {
        assert_eq!(is_foreign(&c), !c.to_lowercase().is_ascii(), "{c:?}");
    }
    assert!(!is_foreign("Az 09") && is_foreign("Az 09 é"));
    let kelvin = |op| Test::new(op, "k").both("\u{212a}");
    assert_eq!(kelvin(MatchType::Equals), ByCase { sensitive: false, insensitive: true });
    assert_eq!(kelvin(MatchType::NotEqual), ByCase { sensitive: true, insensitive: false });
    assert_eq!(Test::new(MatchType::NotEqual, "k").both("é"), ByCase::NEITHER.not());
}

/// A third of the length of a text, and half as much again, are how short and how long its lower case can be. `matches_text` relies on it.
#[test]
fn lower_case_is_neither_much_shorter_nor_much_longer() {
    for c in '\0'..=char::MAX {
        let (length, lower) = (c.len_utf8(), c.to_lowercase().map(char::len_utf8).sum::<usize>());
        assert!(lower * 3 >= length && lower * 2 <= length * 3, "{c:?}");
    }
}

/// However long text and value are, and wherever they stop being alike: what the standard library makes lower case of decides.
#[test]
fn insensitive_is_comparing_in_lower_case() {
    let insensitive = choice("letter-case", "insensitive");
    let odd = [
        "", "a", "A", "b", "é", "É", "\u{212a}", "k", "İ", "i\u{307}", "ß", "ẞ", "Σ", "σ", "ς", "ΑΣ", "ας", "Σa", "σA",
    ];
    let long = ["", "x", "Xy"].map(|word| word.repeat(700));
    let texts: Vec<String> =
        long.iter().flat_map(|long| odd.map(|odd| [format!("{long}{odd}"), format!("{odd}{long}")]).concat()).collect();
    for value in &texts {
        for op in MatchType::ALL {
            let test = Test::new(op, value);
            for text in texts.iter().chain([&format!("{value}é"), &format!("É{value}"), &value.to_uppercase()]) {
                let (lower, wanted) = (text.to_lowercase(), value.to_lowercase());
                let expected = match op {
                    MatchType::Equals => lower == wanted,
                    MatchType::NotEqual => lower != wanted,
                    MatchType::StartsWith => lower.starts_with(&wanted),
                    MatchType::Contains => lower.contains(&wanted),
                };
                let shown = (op, value.len(), text.len(), value.chars().next_back(), text.chars().next_back());
                assert_eq!(test.matches(&Claim::from(text.clone()), &insensitive), expected, "{shown:?}");
                assert_eq!(test.both(text).insensitive, expected, "{shown:?}");
                assert_eq!(test.both(text).sensitive, test.matches(&Claim::from(text.clone()), &Semantics::default()));
            }
        }
    }
}
