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
    let tokens = file("tokens", &(0..5000).map(|n| directory::token(n).into_bytes()).collect::<Vec<_>>());
    for reader in TOKENS {
        assert_eq!(roles(reader, &tokens), expected, "{reader}");
    }
}

#[test]
fn a_last_line_without_an_end_is_a_line() {
    let path = std::env::temp_dir().join(format!("whichrole-peers-{}-last", std::process::id()));
    std::fs::write(&path, r#"{"email":"a@contractor.b"}"#).unwrap();
    assert_eq!(roles("by hand", &path), ["arn:aws:iam::111122223333:role/Contractor"]);
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

/// The scanner by hand is strict: it takes what `serde_json` takes where it builds every value, and finds the same role. (Where `serde_json`
/// skips a value, it lets lone surrogates in it pass.) Where whichrole refuses a line that both take, a name stands there twice.
#[test]
fn the_scanner_by_hand_refuses_what_serde_json_refuses() {
    let rules = Rules::new(&directory::rules());
    let evaluator = Evaluator::new(directory::pool(), Semantics::default());
    let lines: Vec<Vec<u8>> = (0..60_000)
        .map(|n| damaged(&directory::line(n % 500), &mut Dice::of(n)))
        .filter(|line| !line.is_empty())
        .collect();
    let path = file("damaged", &lines);
    let different = roles("by hand", &path).into_iter().zip(roles("serde_json Value", &path)).zip(&lines);
    let different =
        different.filter(|((by_hand, strict), _)| by_hand != strict).map(|(_, line)| String::from_utf8_lossy(line));
    assert_eq!(different.collect::<Vec<_>>(), [""; 0]);
    let mut scanner = Scanner::new(&rules);
    let mut refused = 0;
    for line in &lines {
        let mut buffer = vec![0; PADDING];
        buffer.extend_from_slice(line);
        buffer.push(b'\n');
        buffer.resize(buffer.len() + PADDING, 0);
        let by_hand = scanner.decide(&buffer, PADDING, PADDING + line.len());
        match std::str::from_utf8(line).ok().and_then(|text| whichrole(&evaluator, text)) {
            // Damage to `iss` or `aud` changes the mapping; the scanner by hand checks no login.
            Some(number) if number > 0 => assert_eq!(by_hand, Some(number)),
            Some(_) => assert!(by_hand.is_some()),
            None => refused += 1,
        }
    }
    assert!(refused > lines.len() / 4, "{refused} of {} are refused", lines.len());
}
