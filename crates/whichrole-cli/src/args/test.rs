//! The arguments of `test`.

use clap::Args as ClapArgs;

use super::ReadArgs;

/// What to test, and how.
#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct TestArgs {
    /// Suites, or folders to search for them; left out, the `paths` of `whichrole.toml`, or else the current folder
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Run only cases and tests of this name (`*` any text, `?` any character); may be repeated
    #[arg(long, value_name = "GLOB")]
    pub filter: Vec<String>,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Run again whenever a file changes that matters
    #[arg(long, conflicts_with_all = ["update", "list", "init"])]
    pub watch: bool,
    /// Show what is covered, and a token for whatever is not
    #[arg(long)]
    pub coverage: bool,
    /// Fail if less than this percentage of rules, outcomes or tags is covered
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub threshold: Option<u8>,
    /// Change the configuration one small thing at a time and see whether the suite notices
    #[arg(long)]
    pub mutants: bool,
    /// Write snapshots; refused where CI is set
    #[arg(long)]
    pub update: bool,
    /// Print the names of all cases
    #[arg(long)]
    pub list: bool,
    /// Print a first suite for this configuration, with the answers of today
    #[arg(long, value_name = "CONFIG", conflicts_with_all = ["paths", "filter", "list", "update"])]
    pub init: Option<String>,
    /// With --init: as few tests as can be that notice every small change of the configuration
    #[arg(long, requires = "init")]
    pub complete: bool,
    /// The pool for --init, if there are several
    #[arg(long, value_name = "NAME", requires = "init")]
    pub pool: Option<String>,
    /// Exit with 3 when a case passes whose answer depends on an open question
    #[arg(long)]
    pub strict: bool,
    /// How many threads judge cases; left out, as many as the machine has
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=256))]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub read: ReadArgs,
}
