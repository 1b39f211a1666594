//! Opens files that a suite names and that must stay inside its folder: tokens and tables.
//!
//! A suite may come from a pull request, so a path in it must not become a way to read the rest of the machine. The path is checked as
//! written, then as the file system resolves it, then once more on the file that was opened.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::input;

/// Why a file is not read. Nothing outside the folder can be told apart by it, not even whether it is there.
const OUTSIDE: (&str, &str) = ("outside-folder", "this path leads out of the suite's folder");
const NOT_REGULAR: (&str, &str) = ("not-a-regular-file", "this is not a regular file");
const LINKED: (&str, &str) =
    ("outside-folder", "this file has another name too (a hard link), so it may be outside the suite's folder");

type Refusal = (&'static str, String);

/// The text of a file inside a folder, of at most `limit` bytes.
pub fn text(folder: &Path, written: &str, limit: usize) -> Result<String, Refusal> {
    let own = |(code, message): (&'static str, &str)| (code, message.to_owned());
    let path = input::inside(written).ok_or_else(|| own(OUTSIDE))?;
    let file = open(folder, &path).map_err(own)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if file.take(most).read_to_end(&mut bytes).is_err() {
        return Err(("io", "this file cannot be read".to_owned()));
    }
    if bytes.len() > limit {
        return Err(("too-large", format!("this file is larger than {limit} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| ("not-utf8", "this file is not UTF-8 text".to_owned()))
}

fn open(folder: &Path, path: &Path) -> Result<File, (&'static str, &'static str)> {
    let missing = ("missing-file", "there is no such file in the suite's folder");
    let folder = fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let folder = folder.map_err(|_| missing)?;
    let real = match fs::canonicalize(folder.join(path)) {
        Ok(real) => real,
        // Whether the end of a link exists is nobody's business.
        Err(_) if has_link(&folder, path) => return Err(OUTSIDE),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(("io", "this file cannot be read: permission denied"));
        }
        Err(_) => return Err(missing),
    };
    if !real.starts_with(&folder) {
        return Err(OUTSIDE);
    }
    // Opening a pipe would wait for its other end.
    if !fs::symlink_metadata(&real).is_ok_and(|metadata| metadata.is_file()) {
        return Err(NOT_REGULAR);
    }
    let file = File::open(&real).map_err(|_| ("io", "this file cannot be read"))?;
    let metadata = file.metadata().map_err(|_| NOT_REGULAR)?;
    if !metadata.is_file() {
        return Err(NOT_REGULAR);
    }
    // Between the check and the opening the path may have been swapped.
    let still = fs::canonicalize(&real).is_ok_and(|again| again == real)
        && fs::symlink_metadata(&real).is_ok_and(|named| is_same(&named, &metadata));
    if !still {
        return Err(OUTSIDE);
    }
    if has_other_names(&metadata) { Err(LINKED) } else { Ok(file) }
}

/// Whether any step of the way is a link.
fn has_link(folder: &Path, path: &Path) -> bool {
    let mut at = folder.to_owned();
    path.components().any(|part| {
        at.push(part);
        fs::symlink_metadata(&at).is_ok_and(|metadata| metadata.is_symlink())
    })
}

#[cfg(unix)]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(unix)]
fn has_other_names(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.nlink() > 1
}

#[cfg(not(unix))]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    a.len() == b.len() && a.modified().ok() == b.modified().ok() && a.created().ok() == b.created().ok()
}

#[cfg(not(unix))]
fn has_other_names(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_and_special_files_are_refused_alike() {
        use std::os::unix::fs::symlink;
        let base = std::env::temp_dir().join(format!("whichrole-inside-{}", std::process::id()));
        let folder = base.join("suite");
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(base.join("secret"), "secret").unwrap();
        fs::write(folder.join("good"), "good").unwrap();
        symlink("good", folder.join("inner")).unwrap();
        symlink("../secret", folder.join("outer")).unwrap();
        symlink("../nothing", folder.join("dangling")).unwrap();
        symlink("loop", folder.join("loop")).unwrap();
        symlink("/dev/zero", folder.join("zero")).unwrap();
        fs::hard_link(base.join("secret"), folder.join("hard")).unwrap();
        let read = |path: &str| text(&folder, path, 100).map_err(|(code, _)| code);

        assert_eq!(read("good"), Ok("good".to_owned()));
        assert_eq!(read("inner"), Ok("good".to_owned()));
        for path in ["outer", "dangling", "loop", "zero", "hard", "../secret"] {
            assert_eq!(read(path), Err("outside-folder"), "{path}");
        }
        assert_eq!(read("sub"), Err("not-a-regular-file"));
        assert_eq!(read("none"), Err("missing-file"));
        assert_eq!(text(&folder, "good", 3).map_err(|(code, _)| code), Err("too-large"));
        fs::remove_dir_all(&base).unwrap();
    }
}
