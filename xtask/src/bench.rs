//! `cargo xtask bench`: runs the benches, and lets Criterion say how they changed against a baseline.

use anyhow::Result;

use crate::shell;

/// Run the benches and compare them with a baseline of Criterion's, or with their last run
#[derive(clap::Args)]
pub struct Args {
    /// Keep the times under this name
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
    /// Compare with the times kept under this name; benches that it lacks are run all the same
    #[arg(long, value_name = "NAME", conflicts_with = "save")]
    baseline: Option<String>,
    /// Run only the benches whose name contains this
    filter: Option<String>,
}

/// Runs and compares.
///
/// # Errors
/// When a bench fails.
pub fn run(args: &Args) -> Result<()> {
    // The release profile and the whole workspace, as in the tests: nothing is compiled a second time. Only crates
    // that have benches are built.
    let mut command = shell::cargo(&["bench", "--profile", "release", "--workspace", "--bench", "*", "--"]);
    command.args(args.filter.iter());
    for (option, name) in [("--save-baseline", &args.save), ("--baseline-lenient", &args.baseline)] {
        command.args(name.iter().flat_map(|name| [option, name]));
    }
    shell::run(&mut command).map(|_| ())
}
