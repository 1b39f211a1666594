//! The arguments of `batch`.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use super::request::ChoiceArgs;
use super::{ConfigArgs, LIMITS, bytes};

#[derive(Debug, ClapArgs)]
pub struct BatchArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The lines; standard input if left out or `-`
    #[arg(value_name = "FILE")]
    pub lines: Option<OsString>,
    /// Where in each line the token or claims object is, such as `/request/token`; the line may then hold anything else
    #[arg(long, value_name = "JSON POINTER")]
    pub pointer: Option<String>,
    /// Print just these, separated by tabs: line, decision, role, source, rule, reason, certain, provider
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', conflicts_with_all = ["summary", "against"])]
    pub fields: Vec<String>,
    /// Print how many lines get each role, source and reason and lean on each open question, with an example of each
    #[arg(long, conflicts_with = "against")]
    pub summary: bool,
    /// Print how many lines get something else under this configuration, and which
    #[arg(long, value_name = "CONFIG")]
    pub against: Option<OsString>,
    /// Decide as many lines at once [default: as many as the machine can]
    #[arg(long, value_name = "NUMBER", value_parser = threads)]
    pub threads: Option<usize>,
    /// The largest line in bytes; a longer one is skipped and reported
    #[arg(long, value_name = "BYTES", default_value_t = 65_536, value_parser = bytes, allow_negative_numbers = true, help_heading = LIMITS)]
    pub max_line_bytes: usize,
    #[command(flatten)]
    pub choices: ChoiceArgs,
}

fn threads(written: &str) -> Result<usize, String> {
    written.parse().ok().filter(|number| (1..=256).contains(number)).ok_or_else(|| "expected 1–256 threads".to_owned())
}
