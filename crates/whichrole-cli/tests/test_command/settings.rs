//! `whichrole.toml` says what is tested where nobody else does.

use std::fs;

use crate::harness::Folder;

const SUITE: &str =
    "version: 1\nconfig: ../pool.json\ntests:\n  - { name: t, claims: { \"custom:dept\": eng }, expect: Staff }\n";

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    for part in ["one", "two"] {
        fs::create_dir(folder.0.join(part)).unwrap();
        folder.write(&format!("{part}/a.whichrole.yaml"), SUITE);
    }
    folder
}

#[test]
fn the_paths_of_the_settings_are_for_runs_without_any() {
    let folder = folder("settings");
    assert_eq!(folder.run(&[]).out, "ok: 2 passed in 2 suites\n");
    folder.write("whichrole.toml", "paths = [\"one\"]\n");
    let ran = folder.run(&[]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, "ok: 1 passed in 1 suite\n"));
    assert_eq!(ran.err, "note: `whichrole.toml` says to test `one`\n", "it is said once");
    assert_eq!(folder.run(&["-q"]).err, "");
    let ran = folder.run(&["two"]);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("ok: 1 passed in 1 suite\n", ""));
    // Settings of a parent are somebody else's.
    let inner = Folder(folder.0.join("two"));
    assert_eq!(inner.run(&[]).err, "");
}

#[test]
fn settings_that_are_faulty_or_hostile_are_two() {
    let folder = folder("bad-settings");
    let not_toml = "the settings are not TOML, or have something in them other than `paths` (a list), `fail-on` (`info`, `warning` or `error`) and `allow` with `lint`, `place` and `because`";
    for (settings, expected) in [
        ("paths = []", "whichrole.toml:1: `paths` is empty, so there would be nothing to test".to_owned()),
        (
            "\npaths = [\"one\", \"../two\"]",
            "whichrole.toml:2: `../two` leads out of the folder of these settings".to_owned(),
        ),
        ("paths = [\"/etc\"]", "whichrole.toml:1: `/etc` leads out of the folder of these settings".to_owned()),
        ("paths = [\"~\"]", "whichrole.toml:1: `~` leads out of the folder of these settings".to_owned()),
        ("paths = \"one\"", format!("whichrole.toml:1: {not_toml}")),
        ("path = [\"one\"]", format!("whichrole.toml:1: {not_toml}")),
        ("run = \"touch canary\"", format!("whichrole.toml:1: {not_toml}")),
        ("paths = [\"one\"", format!("whichrole.toml:1: {not_toml}")),
        ("\u{1b}[31m", format!("whichrole.toml:1: {not_toml}")),
    ] {
        folder.write("whichrole.toml", settings);
        assert_eq!(folder.run(&[]).error(), format!("error: {expected}"), "{settings}");
    }
    folder.write("whichrole.toml", "paths = [\"three\"]");
    let ran = folder.run(&[]);
    assert!(ran.exit == 2 && ran.err.contains("error: cannot read `three`: there is no such file"), "{}", ran.err);
    assert!(!folder.0.join("canary").exists());
}

#[cfg(unix)]
#[test]
fn settings_are_a_regular_file() {
    let folder = folder("odd-settings");
    let path = folder.0.join("whichrole.toml");
    let expected = "error: `whichrole.toml` is not a regular file";
    fs::create_dir(&path).unwrap();
    assert_eq!(folder.run(&[]).error(), expected);
    fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink("nothing", &path).unwrap();
    assert_eq!(folder.run(&[]).error(), expected);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    assert_eq!(folder.run(&[]).error(), expected);
}
