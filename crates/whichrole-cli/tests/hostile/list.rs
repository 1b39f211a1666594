//! The list in `testdata/hostile/README.md` is whole: every line names a row of the table or a test that exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::harness::testdata;
use crate::rows::rows;

/// The numbers that the list jumps over: they belonged to commands that were never made.
const UNUSED: &[usize] = &[85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 139, 140, 143];

#[test]
fn every_line_of_the_list_is_tested() {
    let list = fs::read_to_string(testdata("hostile/README.md")).unwrap();
    let lines: BTreeMap<&str, &str> = list
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| HI-")?.split(" | ");
            Some((&line[2..2 + 3 + cells.next()?.len()], line))
        })
        .collect();
    let numbers: BTreeSet<usize> = lines.keys().map(|id| id[3..].parse().unwrap()).collect();
    let wanted: BTreeSet<usize> =
        (1..=150).filter(|number| !UNUSED.contains(number) && !(117..=135).contains(number)).collect();
    assert_eq!(numbers, wanted);

    let rows = rows();
    let in_table: BTreeSet<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    for id in &in_table {
        assert!(lines.contains_key(id), "{id} is a row that the list does not have");
    }
    for (id, line) in lines {
        let mut named = 0;
        for word in line.split('`').skip(1).step_by(2).filter(|word| word.contains("::")) {
            let (file, test) = word.rsplit_once("::").unwrap();
            let path = testdata("../crates").join(file);
            let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{id}: {file}: {error}"));
            assert!(source.contains(&format!("fn {test}(")), "{id}: {file} has no test {test}");
            named += 1;
        }
        assert!(named > 0 || in_table.contains(id), "{id} has neither a row nor a test");
    }
}
