//! A CloudFormation template or a Pulumi program, in YAML or JSON, with a value for a parameter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whichrole::read::{Format, ReadOptions};

fuzz_target!(|input: (bool, bool, &str)| {
    let (is_pulumi, is_yaml, text) = input;
    let mut options = ReadOptions {
        format: Some(if is_pulumi { Format::Pulumi } else { Format::CloudFormation }),
        ..ReadOptions::default()
    };
    options.parameters.insert("Stage".to_owned(), "prod".to_owned());
    whichrole_fuzz::read_named(if is_yaml { "x.yaml" } else { "x.json" }, text, &options);
});
