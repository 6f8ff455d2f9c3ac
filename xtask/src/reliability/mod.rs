//! `cargo xtask reliability`: what takes too long for the usual tests, or needs more than a stable toolchain promises.

mod clients;
mod sanitize;
mod soak;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::shell;

/// Faults injected into the binary, kills by the hundred, and runs that are watched for long
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Every fault, with what each refusal took in time and memory
    Faults,
    /// SIGKILL at random moments of a training run; each time it must resume to the bits of an undisturbed run
    Kills {
        /// How many
        #[arg(long, default_value_t = 200)]
        count: usize,
    },
    /// A training run and `efm watch` on it, with clients of every kind: memory and open files must not grow
    Soak {
        /// For how long
        #[arg(long, default_value_t = 30.0)]
        minutes: f64,
        /// Watch this binary; by default the one that is built for it
        #[arg(long)]
        binary: Option<PathBuf>,
    },
    /// Tests of kernels and readers under the address sanitizer
    Sanitize {
        /// Crates; by default all that do not link burn
        packages: Vec<String>,
    },
}

/// Runs the checks asked for.
///
/// # Errors
/// When one of them does not hold.
pub fn run(args: &Args) -> Result<()> {
    match args.what {
        What::Faults => faults(&[], ""),
        What::Kills { count } => faults(&[("EFM_KILLS", count.to_string())], "kills::"),
        What::Soak { minutes, ref binary } => soak::run(Duration::from_secs_f64(60.0 * minutes), binary.as_deref()),
        What::Sanitize { ref packages } => sanitize::run(packages),
    }
}

/// The tests of the binary whose names begin like this.
fn faults(env: &[(&str, String)], names: &str) -> Result<()> {
    let mut command = shell::cargo(&["test", "--release", "--workspace", "--test", "faults", "--", "--nocapture"]);
    command.arg(names).envs(env.iter().map(|(name, value)| (name, value)));
    shell::run(&mut command).map(|_| ())
}
