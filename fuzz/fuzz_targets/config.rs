//! A configuration in a file `x.json`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whichrole::read::ReadOptions;

fuzz_target!(|text: &str| {
    whichrole_fuzz::read_named("x.json", text, &ReadOptions::default());
});
