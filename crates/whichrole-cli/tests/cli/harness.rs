//! Runs the command and looks at what it did.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The client and the user pool of the test data.
pub const PROVIDER: &str = "cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1:1example23456789";
pub const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";

/// A call of the command in the making.
pub struct Call {
    command: Command,
    input: Vec<u8>,
}

/// What a call did.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

pub fn whichrole<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Call {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
    command.args(arguments).current_dir(testdata("")).env_clear().env("LC_ALL", "C.UTF-8");
    Call { command, input: Vec::new() }
}

impl Call {
    /// Ends it where it takes more memory (in bytes) or more processor time (in seconds) than this; the address space that threads only
    /// set aside is not counted. Where the system has no such limits, nothing is limited.
    pub fn within(mut self, memory: usize, seconds: u64) -> Self {
        if cfg!(target_os = "linux") {
            let script = format!("ulimit -d {} && ulimit -t {seconds} && exec \"$0\" \"$@\"", memory / 1024);
            let mut limited = Command::new("/bin/sh");
            limited.args(["-c", &script]).arg(self.command.get_program()).args(self.command.get_args()).env_clear();
            limited.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            limited.current_dir(self.command.get_current_dir().unwrap());
            self.command = limited;
        }
        self
    }

    /// Runs it in another folder than that of the test data.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, arguments: I) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn run(self) -> Outcome {
        let outcome = self.outcome();
        outcome.is_clean();
        outcome
    }

    /// Runs it with annotations wanted: lines that begin with `::` are ours then, and the caller looks at them.
    pub fn annotations(self) -> Outcome {
        let outcome = self.outcome();
        outcome.shows_nothing_hidden();
        outcome
    }

    fn outcome(mut self) -> Outcome {
        let begun = Instant::now();
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that has read enough closes its end; that is its right.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&self.input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let outcome = Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took: begun.elapsed(),
        };
        assert!(matches!(outcome.code, Some(0..=3)), "ended with {:?}: {}", output.status, outcome.stderr);
        outcome
    }
}

/// Whether git is installed. Where it is not, what needs it is left out and says so; CI installs it.
pub fn has_git() -> bool {
    let found = Command::new("git").arg("--version").output().is_ok();
    if !found {
        let _ = writeln!(std::io::stderr(), "git is missing: this test was left out");
    }
    found
}

/// Runs git in a folder, as somebody.
pub fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
    assert!(git.output().unwrap().status.success(), "{arguments:?}");
}

impl Outcome {
    /// What holds for every call: nothing in its output can act on a terminal or a build server.
    fn is_clean(&self) {
        self.shows_nothing_hidden();
        for text in [&self.stdout, &self.stderr] {
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        }
    }

    fn shows_nothing_hidden(&self) {
        let is_hidden = |c: char| {
            c.is_control() && c != '\n' && c != '\t'
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}'
                    | '\u{e0000}'..='\u{e0fff}')
        };
        for text in [&self.stdout, &self.stderr] {
            if !text.contains("\u{1b}[0m") {
                assert!(!text.contains(is_hidden), "{text:?}");
            }
            assert!(!text.contains("##["), "{text}");
        }
    }

    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    pub fn prints(&self, stdout: &str) -> &Self {
        assert_eq!(self.stdout, stdout, "stderr: {}", self.stderr);
        self
    }

    /// The whole of stderr.
    pub fn says(&self, stderr: &str) -> &Self {
        assert_eq!(self.stderr.trim_end(), stderr);
        self
    }

    pub fn mentions(&self, part: &str) -> &Self {
        assert!(self.stderr.contains(part), "{part:?} is not in: {}", self.stderr);
        self
    }

    /// Exit code 2, nothing on stdout, an error that begins like this.
    pub fn refuses(&self, error: &str) -> &Self {
        self.exits(2).prints("");
        let line = self.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(line.strip_prefix("error: ").is_some_and(|line| line.starts_with(error)), "{error}: {}", self.stderr);
        self
    }

    /// At most this long; an unoptimized build on a busy machine is given ten times the second that a user is promised.
    pub fn at_once(&self) -> &Self {
        assert!(self.took < Duration::from_secs(10), "{:?}", self.took);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A path in the repository's test data.
pub fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path)
}

/// A folder of one test, taken away at its end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    pub fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Unpadded base64url.
pub fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63]));
        }
    }
    out
}

/// A compact JWT that nobody signed.
pub fn jwt(header: &str, claims: impl AsRef<[u8]>) -> String {
    format!("{}.{}.c2lnbmF0dXJl", base64url(header.as_bytes()), base64url(claims.as_ref()))
}

/// `eval` of the example pool with these claims on standard input.
pub fn eval(input: impl AsRef<[u8]>) -> Outcome {
    whichrole(["eval", "pools/api/app-pool.json", "-"]).input(input).run()
}

/// API JSON of a pool with one mapping for the provider of the test data.
pub fn pool_of(mapping: &str) -> String {
    format!(
        r#"{{"RoleMappings":{{"{PROVIDER}":{mapping}}},"Roles":{{"authenticated":"arn:aws:iam::111122223333:role/Reader"}}}}"#
    )
}

/// API JSON of a pool with these rules.
pub fn pool_with_rules(rules: &str) -> String {
    pool_of(&format!(
        r#"{{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{{"Rules":[{rules}]}}}}"#
    ))
}
