//! `cargo xtask fuzz`: damaged input by the million, on the stable toolchain.

use anyhow::Result;

use crate::shell;

/// Feed mutations of good files to a reader, the configuration or the files of a run; docs/reliability.md lists the targets
#[derive(clap::Args)]
pub struct Args {
    /// The target, or `all`
    #[arg(default_value = "all")]
    target: String,
    /// Inputs for each target
    #[arg(long, default_value_t = 1_000_000)]
    executions: u64,
    /// Number of the first input; the same number is the same input on every machine
    #[arg(long, default_value_t = 0)]
    first: u64,
}

/// Runs the executions asked for; what they find is kept in a folder that is named.
///
/// # Errors
/// When something is found, or the tests do not build.
pub fn run(args: &Args) -> Result<()> {
    let mut command = shell::cargo(&["test", "--release", "--workspace", "--test", "mutations", "--", "--nocapture"]);
    command.arg("mutations_of_good_files_never_panic");
    command.env("EFM_FUZZ_TARGET", &args.target);
    command.env("EFM_FUZZ_EXECUTIONS", args.executions.to_string());
    command.env("EFM_FUZZ_FIRST", args.first.to_string());
    shell::run(&mut command).map(|_| ())
}
