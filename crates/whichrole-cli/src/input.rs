//! Reads files, standard input and environment variables, each within its limit.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use whichrole::read::{Configuration, Definition, ReadOptions, Source, read};
use whichrole::text;

use crate::args::ConfigArgs;
use crate::failure::{Failure, Report, Result};
use crate::output::Output;

/// Bytes of one configuration file.
const CONFIG_BYTES: usize = 16 * 1024 * 1024;
/// Files of one configuration folder.
const CONFIG_FILES: usize = 10_000;
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
        let sources = sources(&args.config)?;
        let configuration = read(&sources, &options(args)?);
        Ok(Self { configuration, texts: sources.into_iter().map(|source| source.text).collect() })
    }

    /// The pool that is asked for, if nothing is wrong with the configuration.
    pub fn definition(&self, pool: Option<&str>, output: &Output) -> Result<&Definition> {
        for note in &self.configuration.notes {
            output.detail(&format!("note: {}", Report::of_problem(note, &self.configuration.names).sentence()));
        }
        if !self.configuration.problems.is_empty() {
            return Err(self.failure(&self.configuration.problems));
        }
        self.configuration.choose(pool).map_err(|error| self.failure(&error.problems))
    }

    pub fn failure(&self, problems: &[whichrole::read::Problem]) -> Failure {
        Failure::of_problems(problems, &self.configuration.names, &self.texts)
    }
}

/// How a configuration is to be read.
fn options(args: &ConfigArgs) -> Result<ReadOptions> {
    let mut options = ReadOptions::default();
    for (flag, what, given, values) in [
        ("--param", "parameter", &args.parameters, &mut options.parameters),
        ("--var", "variable", &args.variables, &mut options.variables),
    ] {
        for given in given {
            let Some((name, value)) = given.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                let message = format!("expected `{flag} NAME=VALUE`, found {}", text::quoted(given));
                return Err(Failure::new("usage", message));
            };
            if values.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(Failure::new("usage", format!("the {what} {} is given twice", text::quoted(name))));
            }
        }
    }
    Ok(options)
}

/// The texts of a configuration: one file, every file of a folder, or standard input.
pub fn sources(config: &str) -> Result<Vec<Source>> {
    if config == "-" {
        return Ok(vec![Source {
            name: "standard input".to_owned(),
            text: text_of(io::stdin(), config, CONFIG_BYTES)?,
        }]);
    }
    refuse_token(config)?;
    let path = Path::new(config);
    let metadata = fs::metadata(path).map_err(|error| Failure::io(&error, "read", config))?;
    if !metadata.is_dir() {
        return Ok(vec![Source { name: config.to_owned(), text: file(config, CONFIG_BYTES)? }]);
    }
    let mut files = Vec::new();
    walk(path, 0, &mut files)?;
    if files.is_empty() {
        let message = format!("{} has no configuration files in it", text::quoted(config));
        return Err(Failure::new("no-configuration", message));
    }
    files
        .into_iter()
        .map(|path| {
            let name = path.to_string_lossy().into_owned();
            Ok(Source { text: text_of(open(&path, &name)?, &name, CONFIG_BYTES)?, name })
        })
        .collect()
}

/// Collects the files of a folder by name. Folders inside it count for Terraform modules and nested cloud assemblies only.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let shown = folder.to_string_lossy().into_owned();
    let entries = fs::read_dir(folder).map_err(|error| Failure::io(&error, "read", &shown))?;
    let mut paths: Vec<PathBuf> = entries
        .collect::<io::Result<Vec<_>>>()
        .map_err(|error| Failure::io(&error, "read", &shown))?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            if depth < 16 {
                walk(&path, depth + 1, files)?;
            }
            continue;
        }
        let is_terraform = [".tf", ".tf.json", ".tfvars", ".tofu"].iter().any(|ending| name.ends_with(ending));
        let in_assembly = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("assembly-"));
        let is_suite = name.ends_with(".whichrole.yaml") || name.ends_with(".whichrole.yml");
        let wanted = CONFIG_ENDINGS.iter().any(|ending| name.ends_with(ending)) && !is_suite;
        if wanted && (depth == 0 || is_terraform || in_assembly) {
            files.push(path);
        }
        if files.len() > CONFIG_FILES {
            let message = format!("{} has more than {CONFIG_FILES} files in it", text::quoted(&shown));
            return Err(Failure::new("too-many-files", message));
        }
    }
    Ok(())
}

/// The text of a file of at most `limit` bytes.
pub fn file(name: &str, limit: usize) -> Result<String> {
    text_of(open(Path::new(name), name)?, name, limit)
}

/// The bytes of a file or of standard input (`-`), at most one more than `limit`.
pub fn bytes(name: &str, limit: usize) -> Result<Vec<u8>> {
    if name == "-" { bounded(io::stdin(), name, limit) } else { bounded(open(Path::new(name), name)?, name, limit) }
}

fn open(path: &Path, name: &str) -> Result<File> {
    File::open(path).map_err(|error| Failure::io(&error, "read", name))
}

fn bounded(reader: impl Read, name: &str, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut bytes).map_err(|error| Failure::io(&error, "read", name))?;
    Ok(bytes)
}

fn text_of(reader: impl Read, name: &str, limit: usize) -> Result<String> {
    let bytes = bounded(reader, name, limit)?;
    let shown = if name == "-" { "standard input" } else { name };
    if bytes.len() > limit {
        return Err(Failure::new("too-large", format!("{} is larger than {limit} bytes", text::quoted(shown))));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new("not-utf8", format!("{} is not UTF-8 text", text::quoted(shown))))?;
    if text.trim().is_empty() {
        return Err(Failure::new("empty", format!("{} is empty", text::quoted(shown))));
    }
    Ok(text)
}

/// A token on the command line can be seen by everyone on the machine; its text is not repeated.
pub fn refuse_token(argument: &str) -> Result<()> {
    let looks_like_token = argument.starts_with("eyJ")
        || argument.starts_with("Bearer ")
        || (argument.len() > 300 && argument.matches('.').count() == 2);
    if looks_like_token && !Path::new(argument).exists() {
        let message = "a token on the command line is visible to others; use a file, `-` or `--token-env`";
        return Err(Failure::new("token-on-command-line", message));
    }
    Ok(())
}
