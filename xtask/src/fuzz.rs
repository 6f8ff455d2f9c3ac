//! `cargo xtask fuzz`: the fuzzers of `fuzz`, which follow coverage, on the stable toolchain.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Feed a reader, the configuration or the files of a run with what libFuzzer makes up; docs/reliability.md lists the targets
#[derive(clap::Args)]
pub struct Args {
    /// The target, or `all`
    #[arg(default_value = "all")]
    target: String,
    /// Inputs for each target
    #[arg(long, default_value_t = 1_000_000)]
    executions: u64,
}

/// Runs one target after the other through cargo-fuzz, which `cargo install cargo-fuzz` brings. What reaches new code is gathered
/// below the folder of build products; the corpus in the repository is where a run begins, and is replayed by the tests.
///
/// # Errors
/// When something is found, a target does not exist, or the fuzzers do not build.
pub fn run(args: &Args) -> Result<()> {
    let Args { target, executions } = args;
    let targets = targets()?;
    let chosen: Vec<_> = targets.iter().filter(|name| target == "all" || target == *name).collect();
    if chosen.is_empty() {
        bail!("no target that follows coverage is called `{target}`; there are {}", targets.join(", "));
    }
    let build = shell::target_dir()?.join("fuzz");
    for name in chosen {
        let (found, begin) = (build.join("corpus").join(name), shell::root().join("fuzz/corpus").join(name));
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&begin)?;
        // No code of efm is unsafe; that below it is met by the tests under the address sanitizer, see `reliability sanitize`.
        let mut command = shell::cargo(&["fuzz", "run", "--sanitizer", "none", "--target-dir"]);
        command.arg(&build).arg(name).args([&found, &begin]);
        command.args(["--", &format!("-runs={executions}"), "-max_len=4096", "-timeout=10", "-rss_limit_mb=1024"]);
        command.args(["-print_final_stats=1", "-verbosity=0"]);
        // The counters and checks are not stable options; the compiler is.
        command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_BUILD_BUILD_DIR", &build);
        shell::run(&mut command)?;
    }
    Ok(())
}

/// Names of the fuzzers that follow coverage, from their files.
fn targets() -> Result<Vec<String>> {
    let folder = shell::root().join("fuzz/targets");
    let entries = fs::read_dir(&folder).with_context(|| format!("no folder {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}
