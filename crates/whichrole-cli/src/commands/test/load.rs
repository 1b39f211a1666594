//! Finds suites and brings the files they need.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use whichrole::read::{ReadError, ReadOptions, Source, read};
use whichrole::suite::{Brought, NeedKind, Plan, Suite};
use whichrole::{Claim, Jwt, TokenLimits, text};

use crate::commands::test::inside;
use crate::failure::{Failure, Result};
use crate::input;
use crate::settings::Settings;

/// Bytes of one suite, and of one table.
const SUITE_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of one token.
const TOKEN_BYTES: usize = 64 * 1024;
/// The most suites of one run.
const MOST_SUITES: usize = 10_000;
/// The most entries of folders that are looked at for them.
const MOST_ENTRIES: usize = 1_000_000;

/// The endings of suites.
const ENDINGS: [&str; 3] = [".whichrole.yaml", ".whichrole.yml", ".whichrole.json"];

/// A suite that is ready, or what is wrong with it; with the texts that may be shown and the files it depends on.
pub struct Loaded {
    pub path: String,
    pub plan: std::result::Result<Plan, ReadError>,
    /// By the names that positions use; configurations and suites only.
    pub texts: BTreeMap<String, Arc<str>>,
    /// Every file that was looked at.
    pub files: Vec<PathBuf>,
    /// Their bytes.
    pub bytes: usize,
    /// What people should know.
    pub notes: Vec<String>,
}

/// Where to look for suites: what the command line says, else what `whichrole.toml` in the current folder says, else the current folder.
pub fn roots(paths: &[String]) -> Result<Roots> {
    if !paths.is_empty() {
        return Ok(Roots { paths: paths.to_vec(), settings: None });
    }
    let settings = Settings::here()?;
    match settings.paths {
        Some(paths) => Ok(Roots { paths, settings: settings.path }),
        None => Ok(Roots { paths: vec![".".to_owned()], settings: None }),
    }
}

/// Files and folders to look for suites in.
pub struct Roots {
    pub paths: Vec<String>,
    /// The settings that name them; `None`: the command line does, or nobody.
    pub settings: Option<String>,
}

/// The suites of some paths: files are taken as they are, folders are searched.
pub fn find(paths: &[String]) -> Result<Vec<String>> {
    let mut search = Search { found: Vec::new(), entries_left: MOST_ENTRIES };
    for path in paths {
        if path == "-" {
            let message = "a suite names files beside it, so it cannot come from standard input";
            return Err(Failure::new("usage", message));
        }
        let metadata = fs::metadata(path).map_err(|error| Failure::io(&error, "read", path))?;
        if metadata.is_dir() {
            search.folder(Path::new(path), 0)?;
        } else {
            search.found.push(path.clone());
        }
    }
    let mut found = search.found;
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|path| seen.insert(path.clone()));
    if found.is_empty() {
        let message = format!(
            "no suite was found in {}; suites are files called `*.whichrole.yaml`",
            text::alternatives(paths.iter().map(String::as_str))
        );
        return Err(Failure::new("no-suites", message));
    }
    Ok(found)
}

/// Whether a file of this name is looked at where a folder is searched.
pub fn is_suite(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// What the search of all folders has found, and how many entries it may still look at.
struct Search {
    found: Vec<String>,
    entries_left: usize,
}

impl Search {
    /// Collects the suites of a folder by name. Links to folders, hidden folders and folders of packages are passed over.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<()> {
        let shown = folder.to_string_lossy().into_owned();
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| Failure::io(&error, "read", &shown))? {
            let entry = entry.map_err(|error| Failure::io(&error, "read", &shown))?;
            let Some(left) = self.entries_left.checked_sub(1) else {
                let message = format!("more than {MOST_ENTRIES} files to look through; name the folder of the suites");
                return Err(Failure::new("too-many-files", message));
            };
            self.entries_left = left;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if is_folder && !name.starts_with('.') && name != "node_modules" && name != "target" {
                input::check_depth(&entry.path(), depth)?;
                names.push((entry.path(), true));
            } else if !is_folder && is_suite(&name) {
                names.push((entry.path(), false));
            }
        }
        names.sort();
        for (path, is_folder) in names {
            if is_folder {
                self.folder(&path, depth + 1)?;
                continue;
            }
            if self.found.len() >= MOST_SUITES {
                return Err(Failure::new("too-many-files", format!("more than {MOST_SUITES} suites")));
            }
            let shown = path.to_string_lossy();
            self.found.push(shown.strip_prefix("./").unwrap_or(&shown).to_owned());
        }
        Ok(())
    }
}

/// Reads a suite and everything it needs; its configurations as the options say.
pub fn load(path: &str, options: &ReadOptions) -> Result<Loaded> {
    // A pipe would keep us waiting, and a device never ends.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let message = format!("{} is not a regular file", text::quoted_whole(path));
        return Err(Failure::new("not-a-regular-file", message));
    }
    let source = Source { name: path.to_owned(), text: input::file(path, SUITE_BYTES)? };
    let mut files = vec![PathBuf::from(path)];
    let suite = Suite::read(&source);
    let mut bytes = source.text.len();
    let mut texts = BTreeMap::from([(source.name, Arc::from(source.text))]);
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();

    let mut brought = Brought::default();
    let mut notes = Vec::new();
    for need in suite.needs() {
        let written = need.path.text.as_str();
        let beside = PathBuf::from(named(&folder.join(written)));
        files.push(beside.clone());
        match need.kind {
            NeedKind::Config | NeedKind::Groups => {
                // A pipe would keep everybody waiting; only regular files and folders are configurations of suites.
                if fs::metadata(&beside).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
                    brought.fault(need.kind, written, "not-a-regular-file", "this is not a regular file or a folder");
                    continue;
                }
                let sources = match input::sources(&beside, options) {
                    Ok(sources) => sources,
                    Err(failure) => {
                        brought.fault(need.kind, written, "unreadable-file", failure.report.message);
                        continue;
                    }
                };
                files.extend(sources.iter().map(|source| PathBuf::from(&source.name)));
                bytes += sources.iter().map(|source| source.text.len()).sum::<usize>();
                let of_groups = ReadOptions { format: None, ..options.clone() };
                let options = if need.kind == NeedKind::Config { options } else { &of_groups };
                let configuration = read(&sources, options);
                texts.extend(sources.into_iter().map(|source| (source.name, Arc::from(source.text))));
                if need.kind == NeedKind::Config {
                    brought.config(written, configuration);
                } else {
                    brought.groups(written, configuration);
                }
            }
            NeedKind::Token | NeedKind::Table => {
                let limit = if need.kind == NeedKind::Token { TOKEN_BYTES } else { SUITE_BYTES };
                match inside::text(&folder, written, limit) {
                    Ok(text) if need.kind == NeedKind::Token => {
                        if looks_alive(&text) {
                            notes.push(format!(
                                "note: {} looks like a token that is still good; keep such tokens out of repositories",
                                text::quoted(&beside.to_string_lossy())
                            ));
                        }
                        brought.token(written, text);
                    }
                    Ok(text) => {
                        bytes += text.len();
                        brought.table(written, text);
                    }
                    Err((code, message)) => brought.fault(need.kind, written, code, message),
                }
            }
        }
    }
    Ok(Loaded { path: path.to_owned(), plan: suite.plan(brought), texts, files, bytes, notes })
}

/// Whether a JWT has a user pool's issuer and has not expired.
fn looks_alive(token: &str) -> bool {
    let Ok(jwt) = Jwt::decode(token, &TokenLimits::default()) else { return false };
    let issuer = jwt.claims().get("iss").and_then(Claim::as_text).unwrap_or_default();
    let expires = match jwt.claims().get("exp") {
        Some(Claim::Number(seconds)) => seconds.parse().unwrap_or(0),
        _ => 0,
    };
    issuer.contains("cognito-idp.") && expires > jiff::Timestamp::now().as_second()
}

/// A path for messages and for opening: as short as it can be without leading elsewhere, and never an option or standard input.
pub fn named(path: &Path) -> String {
    let mut short = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(short.components().next_back(), Some(Component::Normal(_))) => {
                short.pop();
            }
            other => short.push(other),
        }
    }
    // Where the way leads through a link, `..` is not the way back.
    let same =
        fs::canonicalize(&short).ok().is_some_and(|real| fs::canonicalize(path).is_ok_and(|other| other == real));
    let shown = if same { short.to_string_lossy() } else { path.to_string_lossy() };
    if shown.starts_with('-') { format!("./{shown}") } else { shown.into_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Search;

    /// A million files take minutes to make; the count is what matters, and all folders share it.
    #[test]
    fn the_entries_of_all_folders_together_have_a_limit() {
        let folder = std::env::temp_dir().join(format!("whichrole-entries-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        for name in ["a.txt", "b.whichrole.yaml", "inner/c.whichrole.yaml", "inner/d.txt"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let search = |entries_left| {
            let mut search = Search { found: Vec::new(), entries_left };
            search.folder(&folder, 0).map(|()| search.found.len())
        };
        let (enough, short) = (search(5), search(4));
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(enough.unwrap(), 2);
        assert_eq!(short.unwrap_err().report.code, "too-many-files");
    }
}
