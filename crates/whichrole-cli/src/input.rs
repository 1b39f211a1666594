//! Reads files, standard input and environment variables, each within its limit.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use whichrole::analysis::find_role;
use whichrole::read::{Configuration, Definition, Problem, ReadOptions, Source, read};
use whichrole::{Group, IdentityPool, TokenLimits, looks_like_token, text};

use crate::args::{ConfigArgs, ReadArgs, TokenLimitArgs};
use crate::failure::{Failure, Report, Result};
use crate::git;
use crate::named;
use crate::output::Output;

/// Files of one configuration folder.
pub const CONFIG_FILES: usize = 10_000;
/// Folders inside each other, where a folder is searched.
const DEEPEST: usize = 64;
/// Notes about a configuration that are shown without `-v`.
const NOTES: usize = 10;
/// The code of a file that is not text.
const NOT_UTF8: &str = "not-utf8";
/// The endings of files that can be part of a configuration.
const CONFIG_ENDINGS: &[&str] =
    &[".json", ".yaml", ".yml", ".template", ".tf", ".tf.json", ".tfvars", ".tfvars.json", ".tfstate", ".tofu"];

/// A configuration with the texts it was read from.
pub struct Loaded {
    pub configuration: Configuration,
    pub texts: Vec<String>,
}

impl Loaded {
    /// Reads all of a file, a folder or standard input.
    pub fn read(args: &ConfigArgs) -> Result<Self> {
        Self::of(&args.config, &args.read.options()?)
    }

    /// Reads a configuration as the options say.
    pub fn of(config: impl AsRef<OsStr>, options: &ReadOptions) -> Result<Self> {
        Self::of_texts(config.as_ref(), options, &mut Err)
    }

    /// The same, where the caller may go on without what is no text.
    pub fn of_texts(config: &OsStr, options: &ReadOptions, not_text: NotText<'_>) -> Result<Self> {
        let options = ReadOptions { folders_are_whole: Path::new(config).is_dir(), ..options.clone() };
        Ok(Self::of_sources(texts(config, &options, not_text)?, &options))
    }

    /// Reads a configuration, of the working tree or of a revision.
    pub fn of_revision(config: &OsStr, options: &ReadOptions) -> Result<Self> {
        match git::parse(config) {
            Some((revision, path)) => Ok(Self::of_sources(git::sources(revision, path, options)?, options)),
            None => Self::of(config, options),
        }
    }

    /// Reads texts that are here already.
    pub fn of_sources(sources: Vec<Source>, options: &ReadOptions) -> Self {
        let configuration = read(&sources, options);
        Self { configuration, texts: sources.into_iter().map(|source| source.text).collect() }
    }

    /// The pool that is asked for, if nothing is wrong with the configuration.
    pub fn definition(&self, pool: Option<&str>, output: &Output) -> Result<&Definition> {
        show_notes(&[self], output);
        self.choose(pool)
    }

    /// The same without a word of what else is worth knowing.
    pub fn choose(&self, pool: Option<&str>) -> Result<&Definition> {
        if !self.configuration.problems.is_empty() {
            return Err(self.failure(&self.configuration.problems));
        }
        self.configuration.choose(pool).map_err(|error| self.failure(&error.problems))
    }

    /// The pool that is asked for, by itself: the files and the other pools can be large.
    pub fn take(&mut self, pool: Option<&str>) -> Result<Definition> {
        let wanted = std::ptr::from_ref(self.choose(pool)?);
        let all = &mut self.configuration.definitions;
        let at = all.iter().position(|one| std::ptr::eq(one, wanted));
        Ok(all.swap_remove(at.unwrap_or_default()))
    }

    /// The role of a pool that a person means.
    pub fn find_role(&self, pool: &IdentityPool, groups: &[Group], written: &str) -> Result<String> {
        find_role(pool, groups, &self.configuration.surroundings, written)
            .map_err(|problem| Failure::new(problem.code, problem.message))
    }

    /// Refuses a question about guests where it is not known whether they are allowed.
    pub fn refuse_unknown_guests(&self, definition: &Definition) -> Result<()> {
        definition.unknown_guests.as_ref().map_or(Ok(()), |why| Err(self.failure(std::slice::from_ref(why))))
    }

    /// Why nothing is said of guests, where it is not known whether they are allowed.
    pub fn note_on_guests(&self, definition: &Definition) -> Option<String> {
        let sentence = Report::of_problem(definition.unknown_guests.as_ref()?, &self.configuration.names).sentence();
        Some(format!("note: nothing is said of guests: {sentence}"))
    }

    /// The variables and parameters of the command line that nothing refers to.
    pub fn unused_options(&self) -> impl Iterator<Item = &Problem> {
        self.configuration.notes.iter().filter(|note| is_unused_option(note))
    }

    pub fn failure(&self, problems: &[Problem]) -> Failure {
        Failure::of_problems(problems, &self.configuration.names, &self.texts)
    }
}

/// The codes of notes about `--param` and `--var`.
const UNUSED_PARAMETER: &str = "unused-parameter";
const UNKNOWN_VARIABLE: &str = "unknown-variable";

/// Says what is worth knowing of configurations that the same command line is for. That nothing refers to a variable or parameter of it is said
/// once, and not where another of them does. What was passed over in silence is said with `-v` only: in a folder that can be most of its files.
pub fn show_notes(all: &[&Loaded], output: &Output) {
    let mut said = BTreeSet::new();
    let is_used = |code: &str, name: &str| {
        let used = all.iter().map(|one| &one.configuration.used);
        used.into_iter()
            .any(|used| (if code == UNUSED_PARAMETER { &used.parameters } else { &used.variables }).contains(name))
    };
    let mut is_news = |note: &Problem| {
        let name = option_of(note);
        !is_unused_option(note) || (!is_used(note.code, name) && said.insert((note.code, name.to_owned())))
    };
    let notes = all.iter().flat_map(|one| one.configuration.notes.iter().map(|note| (*one, note)));
    let (quiet, loud): (Vec<_>, Vec<_>) =
        notes.filter(|(_, note)| is_news(note)).partition(|(_, note)| note.code == "not-recognised");
    let sentence = |(one, note): &(&Loaded, &Problem)| {
        format!("note: {}", Report::of_problem(note, &one.configuration.names).sentence())
    };
    for (n, note) in loud.iter().enumerate() {
        if n < NOTES { output.note(&sentence(note)) } else { output.detail(&sentence(note)) }
    }
    if loud.len() > NOTES && !output.is_verbose() {
        let more = loud.len() - NOTES;
        let them = if more == 1 { "it" } else { "them" };
        output.note(&format!("note: {}; `-v` shows {them}", text::counted(more, "more note", "more notes")));
    }
    for note in &quiet {
        output.detail(&sentence(note));
    }
}

fn is_unused_option(note: &Problem) -> bool {
    matches!(note.code, UNKNOWN_VARIABLE | UNUSED_PARAMETER)
}

/// The name of the variable or parameter that a note says is not used: the first one in it. What it is near to differs from file to file.
fn option_of(note: &Problem) -> &str {
    note.message.split('`').nth(1).unwrap_or_default()
}

/// The values of `--param` or `--var`.
pub fn values(flag: &str, what: &str, written: &[String]) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for given in written {
        let Some((name, value)) = given.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            let message = format!("expected `{flag} NAME=VALUE`, found {}", text::quoted(given));
            return Err(Failure::new("usage", message));
        };
        if values.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::new("usage", format!("the {what} {} is given twice", text::quoted(name))));
        }
    }
    Ok(values)
}

impl ReadArgs {
    /// How the library is to read a configuration.
    pub fn options(&self) -> Result<ReadOptions> {
        let mut options = ReadOptions {
            format: self.input_format,
            parameters: values("--param", "parameter", &self.parameters)?,
            variables: values("--var", "variable", &self.variables)?,
            ..ReadOptions::default()
        };
        if let Some(bytes) = self.limits.max_config_bytes {
            options.json = options.json.with_bytes(bytes);
            options.yaml.bytes = bytes;
        }
        if let Some(depth) = self.limits.max_config_depth {
            options.json.depth = depth;
            options.yaml.depth = depth;
        }
        Ok(options)
    }
}

impl TokenLimitArgs {
    /// How tokens are read within these limits.
    pub fn limits(&self) -> TokenLimits {
        let mut limits = TokenLimits::default();
        if let Some(bytes) = self.max_token_bytes {
            limits.bytes = bytes;
            limits.json.bytes = bytes;
        }
        if let Some(depth) = self.max_token_depth {
            limits.json.depth = depth;
        }
        limits
    }
}

/// Is told of a file that is not text; an error ends the reading.
pub type NotText<'n> = &'n mut dyn FnMut(Failure) -> Result<()>;

/// The texts of a configuration: one file, every file of a folder, or standard input.
pub fn sources(config: impl AsRef<OsStr>, options: &ReadOptions) -> Result<Vec<Source>> {
    texts(config.as_ref(), options, &mut Err)
}

fn texts(config: &OsStr, options: &ReadOptions, not_text: NotText<'_>) -> Result<Vec<Source>> {
    let limit = options.json.bytes;
    let path = Path::new(config);
    if config == "-" || !path.is_dir() {
        return match file(config, limit) {
            Ok(text) => Ok(vec![Source { name: shown(config), text }]),
            Err(failure) if failure.report.code == NOT_UTF8 => not_text(failure).map(|()| Vec::new()),
            Err(failure) => Err(failure),
        };
    }
    let mut files = Vec::new();
    walk(path, 0, &mut files)?;
    if files.is_empty() {
        let message = format!("{} has no configuration files in it", text::quoted_whole(&shown(config)));
        return Err(Failure::new("no-configuration", message));
    }
    let mut sources = Vec::new();
    let mut empty = None;
    for path in files {
        match file(&path, limit) {
            Ok(text) => sources.push(Source { name: shown(path.as_os_str()), text }),
            // Modules have empty files, such as an `outputs.tf` for later.
            Err(failure) if failure.report.code == "empty" => empty = Some(failure),
            Err(failure) if failure.report.code == NOT_UTF8 => not_text(failure)?,
            Err(failure) => return Err(failure),
        }
    }
    if let (true, Some(failure)) = (sources.is_empty(), empty) {
        return Err(failure);
    }
    named::add(&mut sources, &shown(path.join("").as_os_str()), options, |inner| named::open(path, inner, limit))?;
    Ok(sources)
}

/// Collects the files of a folder by name. Folders inside it count for Terraform modules and nested cloud assemblies, and for what templates
/// name; links to folders
/// are not followed, since they may lead in circles.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: &io::Error| Failure::io(error, "read", &shown(folder.as_os_str()));
    let entries = fs::read_dir(folder).map_err(|error| failed(&error))?;
    let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(|error| failed(&error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "node_modules" {
            continue;
        }
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            check_depth(&path, depth)?;
            walk(&path, depth + 1, files)?;
            continue;
        }
        let in_assembly = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("assembly-"));
        let wanted = is_configuration(&name, depth, in_assembly);
        if !wanted {
            continue;
        }
        // What cannot be looked at is not left out: the answer would be about a part of the configuration.
        let metadata = fs::metadata(&path).map_err(|error| Failure::io(&error, "read", &shown(path.as_os_str())))?;
        // A pipe or device among the files would keep us waiting.
        if metadata.is_file() {
            files.push(path);
        }
        if files.len() > CONFIG_FILES {
            let message =
                format!("{} has more than {CONFIG_FILES} files in it", text::quoted_whole(&shown(folder.as_os_str())));
            return Err(Failure::new("too-many-files", message));
        }
    }
    Ok(())
}

/// Refuses a folder that is too deep inside the one that was asked for: what is in it is not left out in silence.
pub fn check_depth(folder: &Path, outer: usize) -> Result<()> {
    if outer < DEEPEST {
        return Ok(());
    }
    let message = format!("{} is more than {DEEPEST} folders deep", text::quoted_whole(&shown(folder.as_os_str())));
    Err(Failure::new("too-many-files", message))
}

/// Whether a file of a folder, so many levels down, can be part of its configuration.
pub fn is_configuration(name: &str, depth: usize, in_assembly: bool) -> bool {
    let is_terraform =
        [".tf", ".tf.json", ".tfvars", ".tofu", ".tofu.json"].iter().any(|ending| name.ends_with(ending));
    let is_suite = name.ends_with(".whichrole.yaml") || name.ends_with(".whichrole.yml");
    CONFIG_ENDINGS.iter().any(|ending| name.ends_with(ending))
        && !is_suite
        && (depth == 0 || is_terraform || in_assembly)
}

/// The text of a file or of standard input (`-`), of at most `limit` bytes.
pub fn file(name: impl AsRef<OsStr>, limit: usize) -> Result<String> {
    let name = name.as_ref();
    let bytes = bytes(name, limit)?;
    let name = shown(name);
    if bytes.len() > limit {
        return Err(Failure::new("too-large", format!("{} is larger than {limit} bytes", text::quoted_whole(&name))));
    }
    text_of(bytes, &name)
}

/// The text that these bytes of a file are, unless there is none in them.
pub fn text_of(bytes: Vec<u8>, name: &str) -> Result<String> {
    let quoted = text::quoted_whole(name);
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let before = String::from_utf8_lossy(before);
        Failure::of(Report {
            file: Some(text::visible(name)),
            line: Some(before.matches('\n').count() + 1),
            column: Some(before.chars().rev().take_while(|c| *c != '\n').count() + 1),
            ..Report::new(NOT_UTF8, format!("{quoted} is not UTF-8 text"))
        })
    })?;
    if text.trim().is_empty() {
        return Err(Failure::new("empty", format!("{quoted} is empty")));
    }
    Ok(text)
}

/// The bytes of a file or of standard input (`-`), at most one more than `limit`.
pub fn bytes(name: &OsStr, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = open(name)?.take(most).read_to_end(&mut bytes);
    read.map_err(|error| Failure::io(&error, "read", &shown(name)))?;
    Ok(bytes)
}

/// Opens a file or standard input (`-`).
pub fn open(name: &OsStr) -> Result<Box<dyn Read + Send>> {
    if name == "-" {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(name) {
        Ok(file) => Ok(Box::new(file)),
        // What is meant to be read, but was put where a name belongs, is not repeated.
        Err(_) if name.to_string_lossy().trim_start().starts_with(['{', '[']) => {
            let message = "claims or a configuration on the command line; use a file, `-` or `--claim NAME=VALUE`";
            Err(Failure::new("usage", message))
        }
        Err(error) => Err(Failure::io(&error, "read", &shown(name))),
    }
}

/// The bytes of a file, where it is one.
pub fn length(name: &OsStr) -> Option<u64> {
    let file = if name == "-" { None } else { fs::metadata(name).ok() };
    file.filter(fs::Metadata::is_file).map(|file| file.len())
}

/// The name of a file for people.
pub fn shown(name: &OsStr) -> String {
    if name == "-" { "standard input".to_owned() } else { name.to_string_lossy().into_owned() }
}

/// A path that has no way up or out, on any system. `..` is refused even where it would come back: what lies between may be a link.
pub fn inside(written: &str) -> Option<PathBuf> {
    let foreign = written.starts_with('~') || written.contains(['\\', '\0']) || written.get(1..2) == Some(":");
    if foreign || written.is_empty() {
        return None;
    }
    let path = Path::new(written);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    stays.then(|| path.to_owned())
}

/// Standard input can be read only once.
pub fn refuse_two_stdins<'n>(names: impl IntoIterator<Item = &'n OsStr>) -> Result<()> {
    if names.into_iter().filter(|name| *name == "-").count() > 1 {
        return Err(Failure::new("usage", "`-` is given twice, and standard input can be read only once"));
    }
    Ok(())
}

/// A token on the command line can be seen by everyone on the machine; its text is not repeated.
pub fn refuse_tokens(words: &[OsString]) -> Result<()> {
    let is_token = |word: &OsString| {
        let text = word.to_string_lossy();
        // `--token=eyJ…` too, but a claim may hold what it likes.
        let value = match text.split_once('=') {
            Some((option, value)) if option.starts_with("--") && option != "--claim" => value,
            _ => &text,
        };
        looks_like_token(value) && !Path::new(word).exists()
    };
    if words.iter().skip(1).any(is_token) {
        let message = "a token on the command line is visible to others; use a file, `-` or `--token-env`";
        return Err(Failure::new("token-on-command-line", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_stay_are_looked_at() {
        for outside in [
            "../x",
            "a/../../x",
            "a/../b",
            "/etc/passwd",
            "~/.aws/credentials",
            "C:\\x",
            "c:x",
            "\\\\host\\share",
            "",
            "a\0",
        ] {
            assert_eq!(inside(outside), None, "{outside:?}");
        }
        assert_eq!(inside("./fixtures/a.jwt"), Some("./fixtures/a.jwt".into()));
    }
}
