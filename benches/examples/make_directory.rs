//! Writes the user directory that `batch` is measured with: `make_directory FOLDER LINES` makes `users.ndjson`, `tokens.txt` (the same
//! users as compact JWTs) and `pool.json`, whose 25 rules decide them.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "run by hand, with two arguments")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use whichrole_benches::directory;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, lines] = args.as_slice() else {
        eprintln!("make_directory FOLDER LINES");
        std::process::exit(2);
    };
    let (folder, lines) = (Path::new(folder), lines.parse().unwrap());
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("pool.json"), directory::pool_json()).unwrap();
    write(&folder.join("users.ndjson"), lines, directory::write_claims);
    write(&folder.join("tokens.txt"), lines, directory::write_jwt);
}

fn write(path: &Path, lines: u64, write_line: fn(&mut String, u64)) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let mut line = String::new();
    for n in 0..lines {
        line.clear();
        write_line(&mut line, n);
        line.push('\n');
        file.write_all(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}
