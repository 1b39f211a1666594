//! Writes the user directory that `batch` is measured with: `directory claims|tokens LINES`, or `directory pool` for the pool whose 25 rules
//! decide it, as API JSON.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "run by hand")]

use std::io::{BufWriter, Write, stdout};

use whichrole_benches::directory;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut out = BufWriter::with_capacity(1 << 20, stdout().lock());
    let mut write = |write_line: fn(&mut String, u64), lines: &str| {
        let mut line = String::new();
        for number in 0..lines.parse().unwrap() {
            line.clear();
            write_line(&mut line, number);
            line.push('\n');
            out.write_all(line.as_bytes()).unwrap();
        }
    };
    match args.as_slice() {
        ["claims", lines] => write(directory::write_line, lines),
        ["tokens", lines] => write(directory::write_token, lines),
        ["pool"] => out.write_all(directory::pool_json().as_bytes()).unwrap(),
        _ => {
            eprintln!("directory claims LINES, directory tokens LINES, or directory pool");
            std::process::exit(2);
        }
    }
    out.flush().unwrap();
}
