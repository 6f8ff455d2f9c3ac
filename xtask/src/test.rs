//! `cargo xtask test`: the tests alone, in the one profile and feature set of the workspace.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{invariants, shell};

/// Run the tests of the workspace, or of one crate
#[derive(clap::Args)]
pub struct Args {
    /// Run the tests of this crate only
    #[arg(short, long, value_name = "CRATE")]
    package: Option<String>,
    /// Arguments of the test programs, after `--`
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds and runs the tests asked for.
///
/// # Errors
/// For a crate nobody knows, code that does not build and tests that fail.
pub fn run(args: &Args) -> Result<()> {
    let Some(package) = &args.package else {
        let mut command = shell::cargo(&["test", "--release", "--workspace"]);
        return shell::run(with_rest(&mut command, &args.rest)).map(|_| ());
    };
    let crates = invariants::crates_without_burn()?;
    if crates.contains(package) {
        let mut command = shell::cargo(&["test", "--release", "--package", package]);
        return shell::run(with_rest(&mut command, &args.rest)).map(|_| ());
    }
    run_built_for_workspace(package, &args.rest)
}

fn with_rest<'a>(command: &'a mut std::process::Command, rest: &[String]) -> &'a mut std::process::Command {
    if rest.is_empty() { command } else { command.arg("--").args(rest) }
}

/// Builds all tests and runs those of `package`. `cargo test -p` would resolve features for that crate alone, find
/// some of them different below burn, and build burn again.
fn run_built_for_workspace(package: &str, rest: &[String]) -> Result<()> {
    let metadata = shell::metadata()?;
    let known = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let Some(member) = known.iter().find(|member| member["name"] == package) else {
        let names: Vec<_> = known.iter().filter_map(|member| member["name"].as_str()).collect();
        bail!("no crate is called `{package}`; there are {}", names.join(", "));
    };
    let id = member["id"].as_str().context("a package without an id")?;
    let folder = member["manifest_path"].as_str().and_then(|path| Path::new(path).parent()).context("no manifest")?;

    let mut build = shell::cargo(&["test", "--release", "--workspace", "--no-run"]);
    build.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    println!("$ {}", shell::command_line(&build));
    let programs = test_programs(&shell::output(&mut build)?, id);
    for program in programs {
        shell::run(shell::program(program).args(rest).current_dir(folder).env("CARGO_MANIFEST_DIR", folder))?;
    }
    println!("doctests are not part of this: cargo test --release --workspace --doc");
    Ok(())
}

/// The test programs of a package among cargo's build messages.
fn test_programs(messages: &str, package_id: &str) -> Vec<String> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["package_id"] == package_id && message["profile"]["test"] == true)
        .filter_map(|message| message["executable"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_test_programs_of_the_package_are_run() {
        let messages = r#"{"reason":"compiler-artifact","package_id":"a","profile":{"test":true},"executable":"a-1"}
{"reason":"compiler-artifact","package_id":"a","profile":{"test":false},"executable":"bin"}
{"reason":"compiler-artifact","package_id":"a","profile":{"test":true},"executable":null}
not json
{"reason":"compiler-artifact","package_id":"b","profile":{"test":true},"executable":"b-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(test_programs(messages, "a"), ["a-1"]);
    }
}
