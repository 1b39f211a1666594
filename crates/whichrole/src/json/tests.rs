//! Strictly RFC 8259, exactly within the limits.

use super::*;

fn fault(text: &str) -> (usize, String) {
    let errors = parse(text, &JsonLimits::CLAIMS).unwrap_err();
    (errors[0].at, errors[0].kind.to_string())
}

#[test]
fn agrees_with_serde_json_on_what_is_json() {
    for text in [
        "{}",
        "[]",
        "[1,2.5,-0,1e5,1E-7]",
        r#"{"a":"b\n\u00e9\ud83d\ude00"}"#,
        " null ",
        "true",
        "false",
        "\"x\"",
        "[[],{}]",
        "[1,]",
        "{,}",
        "{\"a\"}",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "nul",
        "tru e",
        "'a'",
        "[1 2]",
        "NaN",
        "\"\\x\"",
        "\"\u{1}\"",
        "{\"a\":1}x",
        "",
        " ",
        "[",
        "{\"a\":",
        "\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "-",
        "0x10",
        "/*a*/1",
        "1a",
    ] {
        let theirs = serde_json::from_str::<serde_json::Value>(text);
        assert_eq!(parse(text, &JsonLimits::CLAIMS).is_ok(), theirs.is_ok(), "{text}");
    }
}

#[test]
fn reads_what_serde_json_reads() {
    for text in [
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0000\u001F\u00e9\uABCD\uefFF\uffff""#,
        r#""\ud800\udc00 \uDBFF\uDFFF \ud83d\ude00 \ue000""#,
        r#""plain, \u0041 and plain again""#,
        "[0,-0,10,-12.50,907,1e5,1E+5,2e-07,0.0E0]",
        "[true,false,null]",
        " {\"a\" : [ 1 ,\t{ } , [ ] ] ,\r\n\"b\":\"\"} ",
        "\"no escape before the end\"",
    ] {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let ours = crate::Claim::from(parse(text, &JsonLimits::CLAIMS).unwrap()).to_json();
        assert_eq!(value(&ours), value(text), "{text}");
    }
}

#[test]
fn every_character_is_written_as_serde_json_writes_it() {
    for c in ('\0'..='\u{100}').chain(['漢', '\u{10ffff}']) {
        for text in [format!("{c}"), format!("{c}a{c}{c}"), format!("aa{c}"), format!("a{c}b{c}")] {
            let mut written = String::from("before ");
            write_string(&text, &mut written);
            assert_eq!(written, format!("before {}", serde_json::to_string(&text).unwrap()));
        }
    }
}

#[test]
fn a_string_is_plain_up_to_the_first_byte_that_is_not() {
    for length in 0..40 {
        for at in 0..length {
            for byte in [b'"', b'\\', 0, 9, 0x1f] {
                for around in [b'!', b' ', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xff] {
                    let mut bytes = vec![around; length];
                    bytes[at] = byte;
                    assert_eq!(plain_end(&bytes, 0), at);
                    assert_eq!(plain_end(&bytes, at + 1), length);
                }
            }
        }
    }
}

#[test]
fn names_the_place_of_a_fault() {
    for (text, at, what) in [
        ("{\"a\" 1}", 5, "expected `:` after the member name"),
        ("{\"a\":1 \"b\"", 7, "expected `,` or `}`"),
        ("{\"a\":1,}", 7, "expected a member name in double quotes"),
        ("[1 2]", 3, "expected `,` or `]`"),
        ("[1,x]", 3, "expected a JSON value"),
        ("[nul]", 1, "expected a JSON value"),
        ("[1", 2, "the JSON text ends in the middle"),
        ("{\"a\":", 5, "the JSON text ends in the middle"),
        ("{\"a\"", 4, "the JSON text ends in the middle"),
        ("\"a", 2, "the JSON text ends in the middle"),
        ("\"\\na", 4, "the JSON text ends in the middle"),
        ("\"\\", 2, "the JSON text ends in the middle"),
        ("[] x", 3, "something follows the end of the JSON value"),
        ("\u{feff}{}", 0, "begins with a byte order mark"),
        ("\"a\nb\"", 2, "a control character inside a string must be escaped"),
        ("\"\\\"a\nb\"", 4, "a control character inside a string must be escaped"),
        ("[1,\"\\q\"]", 4, "not a JSON escape"),
        ("\"a\\u12g4\"", 2, "not a JSON escape"),
        ("\"a\\u123", 2, "not a JSON escape"),
        ("\"\\ud800x\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\ud800\\n\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\ud800xudc00\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\ud800\\ud800\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\ud800\\ue000\"", 1, "half of a surrogate pair stands alone"),
        ("\"a\\udc00\"", 2, "half of a surrogate pair stands alone"),
        ("[ -]", 2, "not a JSON number"),
        ("[1.]", 1, "not a JSON number"),
        ("[1e+]", 1, "not a JSON number"),
        ("[01]", 1, "not a JSON number"),
    ] {
        assert_eq!(fault(text), (at, what.to_owned()), "{text}");
    }
    let text = "{\n\"é\": x}";
    assert_eq!(line_and_column(text, fault(text).0), (2, 6));
    assert_eq!(line_and_column("x", 0), (1, 1));
    assert_eq!(line_and_column("\n\n", 2), (3, 1));
}

#[test]
fn finds_every_duplicate_however_it_is_spelled() {
    let duplicates = |text: &str| -> Vec<(usize, String)> {
        let errors = parse(text, &JsonLimits::CLAIMS).unwrap_err();
        errors.into_iter().map(|error| (error.at, error.kind.to_string())).collect()
    };
    let twice = |name: &str, at: usize| (at, format!("`{name}` is given twice"));
    let text = r#"{"role":1,"r\u006fle":2,"x":{"y":1,"y":1}}"#;
    assert_eq!(duplicates(text), [twice("y", 35), twice("role", 10)], "inner objects come first");
    // Many members are looked at in another way than few.
    let many = (0..40).map(|n| format!("\"k{n:02}\":0")).collect::<Vec<_>>().join(",");
    let text = format!(r#"{{{many},"k07":1,"k03":1,"k07":2}}"#);
    assert_eq!(duplicates(&text), [twice("k07", 321), twice("k03", 329), twice("k07", 337)]);
    let all = format!("[{}]", vec![r#"{"a":1,"a":1,"a":1}"#; MANY].join(","));
    assert_eq!(duplicates(&all).len(), MANY + 1, "one more than are shown, so that it shows that there are more");
}

/// Comparing each of so many names with each other would take minutes.
#[test]
fn many_members_take_no_longer_than_their_count_explains() {
    let many = (0..100_000).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(",");
    assert!(parse(&format!("{{{many}}}"), &JsonLimits::CONFIG).is_ok());
}

#[test]
fn a_string_is_read_where_it_stands() {
    assert_eq!(string_at(r#"{"a":"b\n", "c":1}"#, 5), Some(("b\n".to_owned(), 10)));
    assert_eq!(string_at(r#"{"a":"b"}"#, 1), Some(("a".to_owned(), 4)));
    assert_eq!(string_at(r#"{"a":"b"#, 5), None);
}

#[test]
fn the_limits_are_those_of_the_documentation() {
    let JsonLimits { bytes, depth, members, name, number } = JsonLimits::CLAIMS;
    assert_eq!((bytes, depth, members, name, number), (65_536, 32, 10_000, 1_024, 1_024));
    let JsonLimits { bytes, depth, members, name, number } = JsonLimits::CONFIG;
    assert_eq!((bytes, depth, members, name, number), (16_777_216, 128, 762_600, 65_536, 1_024));
    let small = JsonLimits::CONFIG.with_bytes(100);
    assert_eq!((small.bytes, small.members), (100, 762_600));
    assert_eq!(JsonLimits::CONFIG.with_bytes(64 * 1024 * 1024).members, 3_050_402);
}

/// Each limit lets through what has its size, and nothing that is one larger.
#[test]
fn holds_its_limits() {
    let limits = JsonLimits { bytes: 40, depth: 3, members: 4, name: 5, number: 6 };
    for text in [
        "\"23456789012345678901234567890123456789\"",
        "[[[]]]",
        "[{\"a\":{}},[],[[]]]",
        "[1,2,3,4]",
        "[[1,2],[]]",
        "{\"a\":1,\"b\":{\"c\":1,\"d\":1}}",
        "[1,2,{\"a\":1,\"b\":2,\"c\":3,\"d\":4}]",
        "{\"12345\":123456}",
        "{\"é1\\u00e9\":-1.5e3}",
    ] {
        assert!(parse(text, &limits).is_ok(), "{text}");
    }
    for (text, at, what) in [
        ("\"234567890123456789012345678901234567890\"", 0, "larger than 40 bytes"),
        ("[[[[]]]]", 3, "nested deeper than 3"),
        ("{\"a\":[{\"b\":{}}]}", 11, "nested deeper than 3"),
        ("[1,2,3,4,5]", 9, "more than 4 members"),
        ("[[1,2],[3]]", 8, "more than 4 members"),
        ("{\"a\":1,\"b\":{\"c\":1,\"d\":1,\"e\":1}}", 24, "more than 4 members"),
        ("{\"a\":1,\"123456\":1}", 7, "a name longer than 5 bytes"),
        ("{\"é1234\":1}", 1, "a name longer than 5 bytes"),
        ("[1,1234567]", 3, "a number longer than 6 characters"),
        ("1234567", 0, "a number longer than 6 characters"),
    ] {
        let errors = parse(text, &limits).unwrap_err();
        let [JsonError { at: found, kind }] = &errors[..] else { panic!("{text}: {errors:?}") };
        assert_eq!((*found, kind.to_string().as_str(), kind.is_limit()), (at, what, true), "{text}");
    }
    assert!(!JsonErrorKind::Trailing.is_limit());
    assert_eq!(fault(&"[".repeat(60_000)).1, "nested deeper than 32");
}
