//! What configuration to read, and how.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use super::{LIMITS, bytes, depth};

/// The configuration to read.
#[derive(Debug, ClapArgs)]
pub struct ConfigArgs {
    /// A file or folder (API JSON, a template, Terraform), or `-` for standard input
    #[arg(value_name = "CONFIG")]
    pub config: OsString,
    /// The pool, if there are several
    #[arg(long, value_name = "NAME")]
    pub pool: Option<String>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// How a configuration is read.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct ReadArgs {
    /// The format of the configuration, where it does not show: api-json, cloudformation, terraform, terraform-plan or pulumi
    #[arg(long, value_name = "FORMAT", value_parser = input_format)]
    pub input_format: Option<whichrole::read::Format>,
    /// A parameter of a template, or anything else that only its deployment knows (`AWS::Region`, `Admin.Arn`)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// A variable of the Terraform root module: text, or an expression where its type asks for one (`groups=["a","b"]`)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    #[command(flatten)]
    pub limits: ConfigLimitArgs,
}

impl ReadArgs {
    /// These arguments as they are written.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = |name: &str, value: &str| words.extend([format!("--{name}"), value.to_owned()]);
        if let Some(format) = self.input_format {
            word("input-format", format.name());
        }
        self.parameters.iter().for_each(|value| word("param", value));
        self.variables.iter().for_each(|value| word("var", value));
        if let Some(bytes) = self.limits.max_config_bytes {
            word("max-config-bytes", &bytes.to_string());
        }
        if let Some(depth) = self.limits.max_config_depth {
            word("max-config-depth", &depth.to_string());
        }
        words
    }
}

/// How large a configuration may be.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct ConfigLimitArgs {
    /// The largest configuration file in bytes [default: 16777216]
    #[arg(long, value_name = "BYTES", value_parser = bytes, allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_config_bytes: Option<usize>,
    /// How deep a configuration may nest, 1 to 512 [default: 128 in JSON, 64 in YAML]
    #[arg(long, value_name = "LEVELS", value_parser = depth, help_heading = LIMITS)]
    pub max_config_depth: Option<usize>,
}

/// A format of configurations, by its name.
fn input_format(written: &str) -> Result<whichrole::read::Format, String> {
    whichrole::read::Format::named(written).ok_or_else(|| {
        let names = whichrole::read::Format::ALL.map(whichrole::read::Format::name);
        format!("expected {}", whichrole::text::alternatives(names))
    })
}
