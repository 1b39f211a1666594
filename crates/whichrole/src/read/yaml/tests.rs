//! The rows HI-68 to HI-76 of the list of hostile inputs, and what ordinary YAML means.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Node, Vec<Problem>> {
    from_yaml(text, 0, &YamlLimits::CONFIG)
}

/// Code, message, line and column of the only problem.
fn fault(text: &str) -> (&'static str, String, u32, u32) {
    let problems = read(text).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let at = problems[0].at.unwrap();
    (problems[0].code, problems[0].message.clone(), at.line(), at.column())
}

/// A tree in one line, for comparison.
fn flat(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Unquoted(text) => format!("?{text}"),
        Value::Reference(reference) => reference.text.clone(),
        Value::List(elements) => format!("[{}]", elements.iter().map(flat).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|entry| format!("{}:{}", entry.name, flat(&entry.value))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, flat(&tagged.node)),
    }
}

fn tree(text: &str) -> String {
    flat(&read(text).unwrap())
}

#[test]
fn ordinary_documents_become_trees() {
    assert_eq!(
        tree("a: 1\nb: 'x'\nc:\n  - true\n  - \"1\"\n  -\nd: {e: f}\n"),
        r#"{a:1,b:"x",c:[true,"1",null],d:{e:"f"}}"#
    );
    assert_eq!(tree("--- |\n  two\n  lines\n"), r#""two\nlines\n""#);
    assert_eq!(tree(""), "null");
    assert_eq!(tree("# only a comment\n"), "null");
    assert_eq!(tree("yes: 1\n010: 2\n"), "{yes:1,010:2}");
    assert_eq!(tree("%YAML 1.1\n---\na: yes\n"), "{a:?yes}");
    assert_eq!(tree(r#"{"é": "😀"}"#), r#"{é:"😀"}"#);
}

#[test]
fn every_value_knows_its_place_in_characters() {
    let node = read("é: {ü: 1, b: !Ref X}\nlist:\n  - !GetAtt\n    - A\n    - Arn\n").unwrap();
    let place = |node: &Node| (node.at.line(), node.at.column());
    let flow = node.get("é").unwrap();
    assert_eq!(place(flow), (1, 4));
    assert_eq!(place(flow.get("ü").unwrap()), (1, 8));
    assert_eq!((flow.entries()[1].at.column(), place(flow.get("b").unwrap())), (11, (1, 14)));
    let element = &node.get("list").unwrap().elements()[0];
    assert_eq!(place(element), (3, 5));
    let Value::Tagged(tagged) = &element.value else { panic!("{element:?}") };
    assert_eq!((tagged.tag.as_str(), place(&tagged.node.elements()[1])), ("!GetAtt", (5, 7)));
}

#[test]
fn tags_of_cloudformation_are_kept_on_every_kind_of_node() {
    assert_eq!(
        tree("a: !Ref 010\nb: !Join [',', [x]]\nc: !Transform {Name: m}\nd: !Sub ${x}\ne: !If [C, !Ref A, !Ref B]"),
        r#"{a:!Ref "010",b:!Join [",",["x"]],c:!Transform {Name:"m"},d:!Sub "${x}",e:!If ["C",!Ref "A",!Ref "B"]}"#
    );
    assert_eq!(tree("[!!str 5, !!int '5', !!null '', ! yes, !!bool true]"), r#"["5",5,null,"yes",true]"#);
}

#[test]
fn hi_68_expansion_is_limited() {
    for levels in [5, 7, 9] {
        let mut text = String::from("a0: &a0 lol\n");
        for n in 1..=levels {
            let aliases = vec![format!("*a{}", n - 1); 9].join(",");
            writeln!(text, "a{n}: &a{n} [{aliases}]").unwrap();
        }
        let (code, message, ..) = fault(&text);
        assert_eq!((code, message.as_str()), ("too-large", "aliases expand to more than 10 times the text"));
    }
    let long = format!("a: &a {}\nb: [{}*a]", "x".repeat(10_000), "*a,".repeat(30));
    assert_eq!(fault(&long).0, "too-large");
    let nested = format!("{}{}{}", "&x [".repeat(60), "y,".repeat(5000), "]".repeat(60));
    assert_eq!(fault(&nested).0, "too-large", "copies for anchors count as well");
}

#[test]
fn hi_69_an_anchor_cannot_hold_itself() {
    assert_eq!(fault("a: &a [*a]"), ("unreadable", "an alias stands inside what it refers to".into(), 1, 8));
    assert_eq!(fault("&a {<<: *a}").1, "an alias stands inside what it refers to");
    assert_eq!(fault("a: *b\nb: &b 1").1, "an alias refers to an anchor that does not stand before it");
}

#[test]
fn hi_70_nesting_is_limited() {
    for text in
        ["[".repeat(1_000_000), "{a: ".repeat(200_000), "- ".repeat(20_000), "? ".repeat(20_000), "[{a: ".repeat(9000)]
    {
        assert_eq!((fault(&text).0, fault(&text).1.as_str()), ("too-large", "nested deeper than 64"));
    }
    assert!(read(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_ok());
    assert_eq!(fault(&format!("{}{}", "[".repeat(65), "]".repeat(65))).0, "too-large");
    let mut text = String::from("a0: &a0 []\n");
    for n in 1..100 {
        writeln!(text, "a{n}: &a{n} [*a{}]", n - 1).unwrap();
    }
    assert_eq!(fault(&text).1, "nested deeper than 64");
}

#[test]
fn hi_71_sizes_are_limited_and_large_documents_are_read() {
    let anchors = (0..60_000).map(|n| format!("- &a{n} x")).collect::<Vec<_>>().join("\n");
    assert_eq!(fault(&anchors), ("too-large", "more than 1000 anchors".into(), 1001, 10));
    let aliases = format!("- &a x\n{}", "- *a\n".repeat(1001));
    assert_eq!(fault(&aliases).1, "more than 1000 aliases");
    assert_eq!(fault(&"x".repeat(16 * 1024 * 1024 + 1)).1, "larger than 16777216 bytes");
    assert_eq!(fault(&"- \n".repeat(2_000_000)).1, "more than 2000000 nodes");
    let keys = (0..20_000).map(|n| format!("k{n}: v")).collect::<Vec<_>>().join("\n");
    assert_eq!(read(&keys).unwrap().entries().len(), 20_000);
    assert_eq!(tree(&format!("{}a: b", "# a comment\n".repeat(100_000))), r#"{a:"b"}"#);
}

/// Each limit lets through what has its size, and nothing that is one larger.
#[test]
fn every_limit_is_held_exactly() {
    let limits = YamlLimits { bytes: 60, depth: 3, nodes: 8, filled: 3, anchors: 2, aliases: 3, expansion: 10 };
    let read = |text: &str, limits: &YamlLimits| {
        from_yaml(text, 0, limits)
            .map(|_| ())
            .map_err(|problems| format!("{}: {}", problems[0].code, problems[0].message))
    };
    let too = |what: &str| Err(format!("too-large: {what}"));
    for (fits, one_more, what) in [
        (format!("a: {}", "x".repeat(57)), format!("a: {}", "x".repeat(58)), "larger than 60 bytes"),
        ("[[[]]]".to_owned(), "[[[[]]]]".to_owned(), "nested deeper than 3"),
        ("- - - 1".to_owned(), "- - - - 1".to_owned(), "nested deeper than 3"),
        ("a: {b: {c: 1}}".to_owned(), "a: {b: {c: {}}}".to_owned(), "nested deeper than 3"),
        ("- &a [[]]\n- 1".to_owned(), "- &a [[]]\n- [*a]".to_owned(), "nested deeper than 3"),
        ("[1,2,3,4,5,6,7]".to_owned(), "[1,2,3,4,5,6,7,8]".to_owned(), "more than 8 nodes"),
        ("[&a [1,2],*a,3]".to_owned(), "[&a [1,2],*a,3,4]".to_owned(), "more than 8 nodes"),
        ("[[],[1],[2]]".to_owned(), "[[1],[2],[3]]".to_owned(), "more than 3 lists, maps and functions"),
        ("[!Ref a,!Ref b]".to_owned(), "[!Ref a,!Ref b,!Ref c]".to_owned(), "more than 3 lists, maps and functions"),
        ("[!Ref [a]]".to_owned(), "[!Ref [a],[b]]".to_owned(), "more than 3 lists, maps and functions"),
        ("[&a [1],*a]".to_owned(), "[&a [1],*a,*a]".to_owned(), "more than 3 lists, maps and functions"),
        ("[&a 1,&b 2]".to_owned(), "[&a 1,&b 2,&c 3]".to_owned(), "more than 2 anchors"),
        ("[&a 1,*a,*a,*a]".to_owned(), "[&a 1,*a,*a,*a,*a]".to_owned(), "more than 3 aliases"),
    ] {
        assert_eq!((read(&fits, &limits), read(&one_more, &limits)), (Ok(()), too(what)), "{fits} and {one_more}");
    }
    let YamlLimits { bytes, depth, nodes, filled, anchors, aliases, expansion } = YamlLimits::CONFIG;
    assert_eq!((bytes, depth, nodes, filled), (16_777_216, 64, 2_000_000, 750_000));
    assert_eq!((anchors, aliases, expansion), (1_000, 1_000, 10));
}

#[test]
fn hi_72_names_given_twice_are_all_reported() {
    let problems = read("a: 1\nb: {c: 1, c: 2}\n'a': 3\n").unwrap_err();
    let seen: Vec<_> = problems.iter().map(|p| (p.code, p.message.as_str(), p.at.unwrap().line())).collect();
    assert_eq!(seen, [("duplicate-key", "`c` is given twice", 2), ("duplicate-key", "`a` is given twice", 3)]);
    let many = (0..40).map(|n| format!("k{n}: 0")).collect::<Vec<_>>().join("\n");
    assert_eq!(fault(&format!("{many}\nk7: 1\n")), ("duplicate-key", "`k7` is given twice".into(), 41, 1));
    assert_eq!(fault("x: &x {a: 1}\ny: {<<: *x, <<: *x}").0, "duplicate-key");
}

#[test]
fn hi_72_in_a_merge_own_entries_win_and_then_the_first_map() {
    let maps = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\n";
    assert!(tree(&format!("{maps}z: {{<<: *x, b: 3}}")).ends_with("z:{b:3,a:1}}"));
    assert!(tree(&format!("{maps}z: {{b: 3, <<: [*x, *y]}}")).ends_with("z:{b:3,a:1,c:2}}"));
    assert!(tree(&format!("{maps}z: {{'<<': *x}}")).ends_with("z:{<<:{a:1,b:1}}}"), "quoted, it is a name");
    assert_eq!(fault("z: {<<: [1]}").1, "`<<` takes a map or a list of maps");
}

#[test]
fn hi_73_disputed_words_are_neither_text_nor_value() {
    assert_eq!(
        tree("[no, yes, 010, 0x10, 1e3, 12:30, ~, 2024-01-01, 'no', 12]"),
        r#"[?no,?yes,?010,?0x10,?1e3,?12:30,null,?2024-01-01,"no",12]"#
    );
}

#[test]
fn hi_74_other_tags_are_problems() {
    let problems =
        read("a: !!binary aGk=\nb: !!python/object:os.system x\nc: !include /etc/passwd\nd: !ref X\ne: !!int x\n")
            .unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "unknown tag `!!binary`",
            "unknown tag `!!python/object:os.system`",
            "unknown tag `!include`",
            "unknown tag `!ref`, did you mean `!Ref`?",
            "this text cannot be tagged `!!int`",
        ]
    );
    assert!(problems.iter().zip(1..).all(|(problem, line)| problem.at.unwrap().line() == line));
}

#[test]
fn hi_75_one_document_only() {
    assert_eq!(fault("a: 1\n---\nb: 1\n"), ("unreadable", "a second YAML document begins, expected one".into(), 2, 1));
    assert_eq!(tree("---\na: 1\n...\n"), "{a:1}");
}

#[test]
fn hi_76_characters_and_versions_that_yaml_does_not_have() {
    for (text, line, column) in [
        ("a:\n\tb: 1", 2, 2),
        ("\u{feff}a: 1", 1, 1),
        ("é: \u{0}", 1, 4),
        ("a: b\u{2028}c", 1, 5),
        ("a: \u{9b}31m", 1, 4),
        ("%YAML 9.9\n---\na: 1", 1, 1),
        ("%YAML 1.9\n---\na: 1", 2, 1),
        ("a: 'b", 1, 4),
        ("a: [b", 1, 4),
        ("a: b: c", 1, 5),
        ("a: @b", 1, 4),
        ("a: \"\\ud800\"", 1, 4),
    ] {
        let (code, message, ..) = fault(text);
        assert_eq!(code, "unreadable", "{text:?}");
        assert!(!message.contains("not YAML") || text.starts_with('%'), "{text:?} {message}");
        let found = fault(text);
        assert_eq!((found.2, found.3), (line, column), "{text:?}: {message}");
    }
}

proptest! {
    #[test]
    fn random_text_never_panics(text in "[ -~\n\t]{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn random_yaml_like_text_never_panics(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ", "!Ref ", "|\n", "'", "\"", "#", "? ", "---\n"]),
            0..40,
        )
    ) {
        let _ = read(&pieces.concat());
    }
}
