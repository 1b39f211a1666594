//! Runs `whichrole test` in a folder of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

pub const POOL: &str = r#"{"Roles": {"authenticated": "arn:aws:iam::111122223333:role/Staff"},
"RoleMappings": {"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:client1": {"Type": "Rules",
  "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [
    {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "admins", "RoleARN": "arn:aws:iam::111122223333:role/Admin"},
    {"Claim": "custom:dept", "MatchType": "Equals", "Value": "eng", "RoleARN": "arn:aws:iam::111122223333:role/Staff"}]}}}}"#;

/// A folder of its own for each test, gone at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("whichrole-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("pool.json", POOL);
        folder
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// A suite of these tests.
    pub fn suite(&self, rest: &str) {
        self.write("a.whichrole.yaml", &format!("version: 1\nconfig: pool.json\n{rest}"));
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    pub fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whichrole"));
        command.arg("test").args(args).current_dir(&self.0).env_remove("CI").env_remove("GITHUB_STEP_SUMMARY");
        Ran::of(command.envs(env.iter().copied()).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Ran {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { exit: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn error(&self) -> &str {
        assert_eq!((self.exit, self.out.as_str()), (2, ""), "{}", self.err);
        self.err.lines().next().unwrap()
    }
}
