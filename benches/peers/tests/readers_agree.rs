//! Whoever is compared with whichrole has to do the same work: the same roles, and the same lines refused.

use std::io::Write;
use std::path::{Path, PathBuf};

use whichrole::{Claims, Evaluator, Request, Semantics, Source, TokenForm};
use whichrole_benches::directory::{self, Dice};
use whichrole_peers::readers::{self, OBJECTS, TOKENS};
use whichrole_peers::rules::Rules;
use whichrole_peers::scan::{PADDING, Scanner};

fn file(name: &str, lines: &[Vec<u8>]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("whichrole-peers-{}-{name}", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    for line in lines {
        file.write_all(line).unwrap();
        file.write_all(b"\n").unwrap();
    }
    path
}

/// What a reader says of each line of a file.
fn roles(reader: &str, path: &Path) -> Vec<String> {
    let mut out = Vec::new();
    readers::run(reader, path, &directory::pool(), &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

fn whichrole(evaluator: &Evaluator, line: &str) -> Option<usize> {
    let claims = Claims::from_json(line).ok()?;
    let logins = [evaluator.login(None, &claims, TokenForm::Claims).ok()?];
    Some(evaluator.evaluate(&Request::of(&logins)).source().and_then(Source::rule).unwrap_or(0))
}

#[test]
fn every_reader_gives_the_roles_that_whichrole_gives() {
    let rules = Rules::new(&directory::rules());
    let evaluator = Evaluator::new(directory::pool(), Semantics::default());
    let lines: Vec<String> = (0..5000).map(directory::line).collect();
    let expected: Vec<&str> = lines.iter().map(|line| rules.role(whichrole(&evaluator, line).unwrap())).collect();
    let objects = file("objects", &lines.iter().map(|line| line.clone().into_bytes()).collect::<Vec<_>>());
    for reader in OBJECTS.into_iter().filter(|reader| *reader != "reading alone") {
        assert_eq!(roles(reader, &objects), expected, "{reader}");
    }
    std::fs::remove_file(objects).unwrap();
    let tokens = file("tokens", &(0..5000).map(|n| directory::token(n).into_bytes()).collect::<Vec<_>>());
    for reader in TOKENS {
        assert_eq!(roles(reader, &tokens), expected, "{reader}");
    }
    std::fs::remove_file(tokens).unwrap();
}

#[test]
fn a_last_line_without_an_end_is_a_line() {
    let path = std::env::temp_dir().join(format!("whichrole-peers-{}-last", std::process::id()));
    std::fs::write(&path, r#"{"email":"a@contractor.b"}"#).unwrap();
    assert_eq!(roles("by hand", &path), ["arn:aws:iam::111122223333:role/Contractor"]);
    std::fs::remove_file(path).unwrap();
}

/// Bytes changed, taken out and put in, so that most lines are broken in one place.
fn damaged(line: &str, dice: &mut Dice) -> Vec<u8> {
    const PIECES: [&str; 24] = [
        "\"",
        "\\",
        "\\u",
        "\\ud800",
        "\\ud83d\\ude00",
        "\\udc00",
        "\\u00e9",
        "\\x",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\t",
        "0",
        "01",
        "-",
        "1.5e3",
        "null",
        "true",
        "\u{1}",
        "\\u0063ustom",
    ];
    let mut line = line.as_bytes().to_vec();
    for _ in 0..dice.below(3) {
        let at = usize::try_from(dice.below(line.len() as u64)).unwrap();
        match dice.below(4) {
            0 => drop(line.remove(at)),
            1 => line[at] = u8::try_from(dice.below(256)).unwrap(),
            2 => line.truncate(at),
            _ => drop(line.splice(at..at, dice.pick(&PIECES).bytes())),
        }
        if line.is_empty() {
            break;
        }
    }
    line.retain(|byte| *byte != b'\n');
    line
}

/// The scanner by hand is as strict as whichrole, but for names given twice, which no damage here makes. (No other reader can judge it: where
/// `serde_json` skips a value it lets lone surrogates pass, and where it builds one it refuses numbers that no `f64` holds.)
#[test]
fn the_scanner_by_hand_refuses_what_whichrole_refuses() {
    let rules = Rules::new(&directory::rules());
    let evaluator = Evaluator::new(directory::pool(), Semantics::default());
    let mut scanner = Scanner::new(&rules);
    let mut refused = 0;
    for n in 0..60_000 {
        let line = damaged(&directory::line(n % 500), &mut Dice::of(n));
        let buffer = [&[0; PADDING], line.as_slice(), b"\n", &[0; PADDING]].concat();
        let by_hand = scanner.decide(&buffer, PADDING, PADDING + line.len());
        let shown = String::from_utf8_lossy(&line);
        match std::str::from_utf8(&line).ok().and_then(|text| whichrole(&evaluator, text)) {
            // Damage to `iss` or `aud` denies the login; the scanner by hand checks no login.
            Some(0) => assert!(by_hand.is_some(), "{shown}"),
            Some(number) => assert_eq!(by_hand, Some(number), "{shown}"),
            None => {
                assert_eq!(by_hand, None, "{shown}");
                refused += 1;
            }
        }
    }
    assert!(refused > 15_000, "{refused} of 60,000 are refused");
}
