//! Running other programs from the root of the workspace.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Root of the workspace: the folder above this crate.
pub fn root() -> PathBuf {
    // `cargo run` sets the variable; the compiled-in value serves a binary that is started by hand.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A program that will start in the root of the workspace and gets no input.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that runs this xtask, with these arguments.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

/// Whether cargo has set this for `cargo xtask` itself. Build scripts that look at such variables (ring's does) would be run
/// again, and what depends on them built again, at every change between `cargo xtask` and cargo.
fn is_of_this_package(variable: &str) -> bool {
    ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|start| variable.starts_with(start))
        || ["CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&variable)
}

/// The command line a person would type.
pub fn command_line(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(key, value)| Some(format!("{}={:?}", key.to_string_lossy(), value?.to_string_lossy())))
        .collect();
    let program = Path::new(command.get_program());
    words.push(program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned());
    for arg in command.get_args() {
        let arg = arg.to_string_lossy();
        let plain = !arg.is_empty() && !arg.contains(|c: char| c.is_whitespace() || "*\"'$;&|<>()\\".contains(c));
        words.push(if plain { arg.into_owned() } else { format!("'{}'", arg.replace('\'', r"'\''")) });
    }
    words.join(" ")
}

/// Runs a command with its output shown, prints what it is and how long it took.
///
/// # Errors
/// When it cannot start or does not succeed.
pub fn run(command: &mut Command) -> Result<Duration> {
    let line = command_line(command);
    println!("$ {line}");
    let start = Instant::now();
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    let took = start.elapsed();
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    println!("  {:.1} s", took.as_secs_f64());
    Ok(took)
}

/// Runs a command quietly and gives its standard output.
///
/// # Errors
/// When it cannot start, does not succeed (what it said is in the message) or its output is not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command.output().with_context(|| format!("could not start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{line}` is not UTF-8"))
}

/// What cargo knows about the members of the workspace, dependencies as written in their manifests.
///
/// # Errors
/// When cargo cannot read the workspace.
pub fn metadata() -> Result<Value> {
    let text = output(&mut cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    serde_json::from_str(&text).context("cargo metadata is not JSON")
}

/// What cargo knows about every package that Cargo.lock has for this machine.
///
/// # Errors
/// When cargo cannot read the workspace, or a package is not at hand and cannot be downloaded.
pub fn resolved() -> Result<Value> {
    let version = output(program("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc tells no host")?;
    let text = output(&mut cargo(&["metadata", "--format-version", "1", "--locked", "--filter-platform", host]))?;
    serde_json::from_str(&text).context("cargo metadata is not JSON")
}

/// Folder of build products.
///
/// # Errors
/// As [`metadata`].
pub fn target_dir() -> Result<PathBuf> {
    let metadata = metadata()?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into())
}

/// Builds the binary `efm` as the tests do; gives its place.
///
/// # Errors
/// When it does not build.
pub fn efm() -> Result<PathBuf> {
    // `--examples` builds next to nothing and makes cargo resolve the features the tests have, so that burn is not
    // built a second time.
    run(&mut cargo(&["build", "--release", "--workspace", "--bin", "efm", "--examples"]))?;
    Ok(target_dir()?.join("release").join(format!("efm{}", std::env::consts::EXE_SUFFIX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let mut command = Command::new("cargo");
        command.args(["bench", "--bench", "*", "it's"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(command_line(&command), r#"RUSTDOCFLAGS="-D warnings" cargo bench --bench '*' 'it'\''s'"#);
    }

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        assert!(root().join("Cargo.lock").is_file());
    }
}
