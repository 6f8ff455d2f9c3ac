//! The oldest compiler that is promised, against what the dependencies ask for.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell;

/// Holds `rust-version` of every crate of the workspace against those of all dependencies, as Cargo.lock has them, and against the
/// compiler at work. Lints see to our own code: clippy's `incompatible_msrv` must not be switched off.
///
/// # Errors
/// When a dependency asks for more than is promised, or this compiler is older; when cargo cannot read the workspace.
pub fn run() -> Result<()> {
    let version = shell::output(shell::program("rustc").arg("-vV"))?;
    let line = |key: &str| version.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let host = line("host:").context("rustc tells no host")?;
    // What this machine builds: to look at crates for other systems they would have to be downloaded.
    let metadata = shell::output(&mut shell::cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        host,
    ]))?;
    let metadata = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let compiler = line("release:").and_then(parse).context("rustc tells no release")?;
    let Needs { promised, most, names, wrong } = needs(&metadata)?;
    if !wrong.is_empty() {
        bail!("Rust {} is promised, but not enough for {}", shown(promised), wrong.join(", "));
    }
    if compiler < promised {
        bail!("this is Rust {}, and {} is promised to do", shown(compiler), shown(promised));
    }
    let lints = std::fs::read_to_string(shell::root().join("Cargo.toml"))?;
    check_lint(&lints)?;
    println!(
        "Rust {} is promised; {} ask for {}; checked with {}",
        shown(promised),
        names,
        shown(most),
        shown(compiler)
    );
    Ok(())
}

type Version = (u64, u64, u64);

#[derive(Debug, PartialEq)]
struct Needs {
    promised: Version,
    /// The newest that a dependency asks for, and how many ask for that.
    most: Version,
    names: String,
    /// Dependencies that ask for more than is promised.
    wrong: Vec<String>,
}

fn needs(metadata: &Value) -> Result<Needs> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let members = metadata["workspace_members"].as_array().context("cargo metadata lists no members")?;
    let version = |package: &Value| package["rust_version"].as_str().and_then(parse);
    let (ours, others): (Vec<_>, Vec<_>) = packages.iter().partition(|package| members.contains(&package["id"]));
    let promised = ours
        .iter()
        .map(|package| version(package).with_context(|| format!("{} has no rust-version", package["name"])))
        .collect::<Result<Vec<_>>>()?;
    let promised = promised.into_iter().min().context("a workspace without crates")?;
    let named = |package: &Value| {
        format!("{} {}", package["name"].as_str().unwrap_or("?"), package["version"].as_str().unwrap_or("?"))
    };
    let most = others.iter().filter_map(|package| version(package)).max().unwrap_or_default();
    let names: Vec<_> =
        others.iter().filter(|package| version(package) == Some(most)).map(|package| named(package)).collect();
    let wrong = others
        .iter()
        .filter_map(|package| {
            version(package)
                .filter(|&version| version > promised)
                .map(|version| format!("{} ({})", named(package), shown(version)))
        })
        .collect();
    Ok(Needs { promised, most, names: names.join(", "), wrong })
}

/// The lint is one of `clippy::all` as long as nobody lowers it.
fn check_lint(manifest: &str) -> Result<()> {
    let manifest: toml::Table = manifest.parse()?;
    let lints = &manifest["workspace"]["lints"]["clippy"];
    if lints.get("all").is_none() || lints.get("incompatible_msrv").is_some() {
        bail!("clippy's incompatible_msrv must be on, with `all` in [workspace.lints.clippy] and no line of its own");
    }
    Ok(())
}

/// `1.95`, `1.95.0`, `1.97.0-nightly`.
fn parse(text: &str) -> Option<Version> {
    let mut numbers = text.split('-').next()?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?))
}

fn shown((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: Option<&str>) -> Value {
        serde_json::json!({ "name": name, "version": "0.1.0", "id": name, "rust_version": version })
    }

    #[test]
    fn a_dependency_that_asks_for_more_than_is_promised_is_named() {
        let metadata = |theirs| {
            serde_json::json!({
                "packages": [package("ours", Some("1.95")), package("old", None), package("new", Some(theirs))],
                "workspace_members": ["ours"],
            })
        };
        let found = needs(&metadata("1.95.0")).unwrap();
        assert_eq!((found.promised, found.most, found.wrong.len()), ((1, 95, 0), (1, 95, 0), 0));
        let found = needs(&metadata("1.95.1")).unwrap();
        assert_eq!(found.wrong, ["new 0.1.0 (1.95.1)"]);
        let nothing = serde_json::json!({ "packages": [package("ours", None)], "workspace_members": ["ours"] });
        assert!(needs(&nothing).is_err(), "a promise that is missing");
    }

    #[test]
    fn versions_are_read_and_the_lint_is_missed() {
        assert_eq!(parse("1.97.0-nightly"), Some((1, 97, 0)));
        assert_eq!(parse("1"), None);
        assert!(check_lint("[workspace.lints.clippy]\nall = 'warn'\n").is_ok());
        assert!(check_lint("[workspace.lints.clippy]\nall = 'warn'\nincompatible_msrv = 'allow'\n").is_err());
    }
}
