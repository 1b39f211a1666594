//! What `benches/measure.py` runs; it prints numbers for it, as JSON, or roles.
//!
//! - `peers verify TIMES`: everything that decides, asked about random claims
//! - `peers decisions TURNS`: one decision, in turns
//! - `peers repeat NAME WORK start|end|none TIMES`: one piece of it, for whoever counts instructions
//! - `peers batch READER FILE POOL`: a role for each line of a file

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use whichrole::read;
use whichrole_benches::Match;
use whichrole_peers::one_decision::{self, Scene};
use whichrole_peers::readers;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["verify", times] => one_decision::verify(number(times)),
        ["decisions", turns] => decisions(usize::try_from(number(turns)).expect("a number of turns"))?,
        ["repeat", name, work, matching, times] => {
            let matching = Match::ALL.into_iter().find(|one| one.name() == *matching).expect("start, end or none");
            let scene = Scene::new(matching);
            let mut contenders = scene.contenders();
            let contender = contenders.iter_mut().find(|one| one.name == *name && one.work == *work);
            (contender.expect("a contender").repeat)(number(times));
        }
        ["batch", reader, file, pool] => {
            let pool = read::api_json(&std::fs::read_to_string(pool)?).expect("a pool");
            readers::run(reader, Path::new(file), &pool, &mut io::stdout().lock())?;
        }
        _ => panic!("peers verify|decisions|repeat|batch …"),
    }
    Ok(())
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

/// One line a contender: `{"match", "name", "work", "ns"}`.
fn decisions(turns: usize) -> io::Result<()> {
    for matching in Match::ALL {
        let scene = Scene::new(matching);
        let mut contenders = scene.contenders();
        let medians = one_decision::in_turns(&mut contenders, turns, Duration::from_micros(200));
        for (contender, ns) in contenders.iter().zip(medians) {
            let line = serde_json::json!({
                "match": matching.name(), "name": contender.name, "work": contender.work, "ns": ns,
            });
            writeln!(io::stdout(), "{line}")?;
        }
    }
    Ok(())
}
