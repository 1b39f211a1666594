//! `--help`, man pages and completions.

use std::process::Command;

use crate::harness::{Folder, whichrole};

const COMMANDS: &[&[&str]] = &[
    &[],
    &["eval"],
    &["explain"],
    &["batch"],
    &["show"],
    &["token"],
    &["token", "make"],
    &["token", "decode"],
    &["token", "verify"],
    &["decode"],
    &["schema"],
    &["completions"],
    &["man"],
];

fn help(command: &[&str]) -> String {
    whichrole(command).args(["--help"]).env("COLUMNS", "100").run().exits(0).says("").stdout.clone()
}

#[test]
fn help_is_what_it_was() {
    for command in COMMANDS {
        let name = if command.is_empty() { "help".to_owned() } else { format!("help_{}", command.join("_")) };
        insta::assert_snapshot!(name, help(command));
    }
}

#[test]
fn help_begins_with_examples() {
    for command in COMMANDS {
        let text = help(command);
        assert!(text.starts_with("Examples:\n  "), "{command:?}: {text}");
        assert!(text.is_ascii(), "{command:?}");
    }
}

#[test]
fn every_option_is_documented() {
    for command in COMMANDS {
        let text = help(command);
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let Some(option) = line.trim_start().strip_prefix('-').filter(|rest| !rest.starts_with(' ')) else {
                continue;
            };
            // Beside the option, or on the line below it.
            let beside = option.split_once("  ").is_some_and(|(_, text)| !text.trim().is_empty());
            let below = lines.get(n + 1).is_some_and(|next| next.starts_with("          ") && !next.trim().is_empty());
            assert!(beside || below, "{command:?}: -{option}");
        }
    }
}

#[test]
fn short_and_long_help_and_the_help_command_agree() {
    for command in COMMANDS.iter().filter(|command| !command.is_empty()) {
        let run = |arguments: &[&str]| whichrole(arguments).env("COLUMNS", "100").run().exits(0).stdout.clone();
        assert_eq!(run(&[&["help"], *command].concat()), help(command));
        assert!(run(&[*command, &["-h"]].concat()).starts_with("Examples:\n"));
    }
}

#[test]
fn every_command_has_a_man_page() {
    let folder = Folder::new();
    whichrole(["man"]).arg(folder.path("")).run().exits(0).prints("").says("");
    for command in COMMANDS {
        let name = ["whichrole"].iter().chain(*command).copied().collect::<Vec<_>>().join("-");
        let page = std::fs::read_to_string(folder.path(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}");
    }
}

#[test]
fn completions_are_scripts_that_their_shells_read() {
    let folder = Folder::new();
    for (shell, check) in
        [("bash", Some("bash")), ("zsh", Some("zsh")), ("fish", Some("fish")), ("powershell", None), ("elvish", None)]
    {
        let script = whichrole(["completions", shell]).run();
        script.exits(0).says("");
        assert!(script.stdout.contains("whichrole") && script.stdout.contains("custom-role-arn"), "{shell}");
        let file = folder.file(format!("whichrole.{shell}"), &script.stdout);
        // Shells that are not installed cannot be asked.
        if let Some(Ok(output)) = check.map(|shell| Command::new(shell).arg("-n").arg(&file).output()) {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn the_version_is_the_packages() {
    whichrole(["--version"]).run().exits(0).prints(concat!("whichrole ", env!("CARGO_PKG_VERSION"), "\n"));
}
