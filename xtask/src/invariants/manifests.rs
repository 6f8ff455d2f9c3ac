//! Promises about crates and what they depend on.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::architecture::Architecture;

/// What a member of the workspace says about itself.
#[derive(Debug, Default, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The dependencies it is built with; those of its tests are free.
    pub depends_on: BTreeSet<String>,
    /// Whether it names a license.
    pub licensed: bool,
    /// Whether it takes the lints of the workspace.
    pub lints: bool,
}

/// The members of the workspace from cargo's metadata and their manifests.
///
/// # Errors
/// When either is not as expected.
pub fn members(metadata: &Value) -> Result<Vec<Member>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    packages
        .iter()
        .map(|package| {
            let path = package["manifest_path"].as_str().context("a package without a manifest")?;
            let manifest = fs::read_to_string(path).with_context(|| format!("could not read {path}"))?;
            member(package, &manifest).with_context(|| format!("could not understand {path}"))
        })
        .collect()
}

fn member(package: &Value, manifest: &str) -> Result<Member> {
    let manifest: toml::Table = manifest.parse()?;
    let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
    let dependencies = package["dependencies"].as_array().context("no list of dependencies")?;
    Ok(Member {
        name: package["name"].as_str().context("no name")?.to_owned(),
        depends_on: dependencies
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect(),
        licensed: package["license"].is_string(),
        lints: lints == Some(true),
    })
}

/// Crates depend on each other along the arrows of the document only.
pub fn arrows(promised: &Architecture, members: &[Member]) -> Vec<String> {
    let names: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut wrong: Vec<String> = promised
        .crates
        .iter()
        .flat_map(|(name, promise)| [name].into_iter().chain(&promise.may_depend_on))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|name| !names.contains(name.as_str()))
        .map(|name| format!("{name} is drawn in ARCHITECTURE.md and is no crate of the workspace"))
        .collect();
    for member in members {
        let Some(promise) = promised.crates.get(&member.name) else {
            wrong.push(format!("{} is missing in the table of arrows of ARCHITECTURE.md", member.name));
            continue;
        };
        let inside = member.depends_on.iter().filter(|name| names.contains(name.as_str()));
        for name in inside.filter(|&name| !promise.may_depend_on.contains(name)) {
            wrong.push(format!("{} depends on {name}; ARCHITECTURE.md draws no such arrow", member.name));
        }
    }
    wrong
}

/// Every crate takes the lints of the workspace and names its license.
pub fn lints_and_license(members: &[Member]) -> Vec<String> {
    let mut wrong = Vec::new();
    for member in members {
        if !member.lints {
            wrong.push(format!("{}: its manifest lacks `[lints] workspace = true`", member.name));
        }
        if !member.licensed {
            wrong.push(format!("{}: its manifest lacks `license.workspace = true`", member.name));
        }
    }
    wrong
}

/// Crates of burn in the output of `cargo tree --prefix none` for a crate that keeps clear of it.
pub fn burn_in(name: &str, tree: &str) -> Vec<String> {
    let found: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|package| package.starts_with("burn") || package.starts_with("cubecl"))
        .collect();
    found.into_iter().map(|package| format!("{name} must do without burn and reaches {package}")).collect()
}

/// Dependencies that ask for a newer compiler than the workspace promises. Cargo prefers those that do not when it writes
/// Cargo.lock (resolver 3), and takes others where a manifest demands them; `metadata` is of all packages, as Cargo.lock has them.
pub fn newer_compiler(metadata: &Value) -> Vec<String> {
    let version = |package: &Value| -> Option<Vec<u64>> {
        package["rust_version"].as_str()?.split('.').map(|number| number.parse().ok()).collect()
    };
    let packages: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    let member =
        |package: &Value| metadata["workspace_members"].as_array().is_some_and(|ids| ids.contains(&package["id"]));
    let Some(promised) = packages.iter().filter(|package| member(package)).filter_map(|package| version(package)).min()
    else {
        return vec!["no crate of the workspace has a rust-version".to_owned()];
    };
    let newer = packages.iter().filter(|package| version(package).is_some_and(|version| version > promised));
    let say = |package: &&Value| {
        format!("{} asks for Rust {}, more than is promised", package["id"], package["rust_version"])
    };
    newer.map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::super::architecture::tests::two_crates;
    use super::*;

    fn named(name: &str, depends_on: &[&str]) -> Member {
        let depends_on = depends_on.iter().map(ToString::to_string).collect();
        Member { name: name.to_owned(), depends_on, licensed: true, lints: true }
    }

    #[test]
    fn a_manifest_is_read() {
        let package = serde_json::json!({
            "name": "up",
            "license": "MIT",
            "dependencies": [{"name": "down", "kind": null}, {"name": "cc", "kind": "build"}, {"name": "t", "kind": "dev"}],
        });
        let read = member(&package, "[package]\nname = \"up\"\n[lints]\nworkspace = true\n").unwrap();
        assert_eq!(read, named("up", &["cc", "down"]));
        let bare = serde_json::json!({"name": "up", "license": null, "dependencies": []});
        let read = member(&bare, "[package]\nname = \"up\"\n").unwrap();
        assert_eq!(lints_and_license(&[read]).len(), 2);
    }

    #[test]
    fn arrows_that_are_drawn_may_be_used() {
        let members = [named("down", &["serde"]), named("up", &["down", "serde"])];
        assert_eq!(arrows(&two_crates(), &members), [""; 0]);
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_found() {
        let wrong = arrows(&two_crates(), &[named("down", &["up"]), named("up", &[])]);
        assert_eq!(wrong, ["down depends on up; ARCHITECTURE.md draws no such arrow"]);
    }

    #[test]
    fn table_and_workspace_hold_the_same_crates() {
        let wrong = arrows(&two_crates(), &[named("down", &[]), named("side", &[])]);
        assert!(wrong[0].starts_with("up is drawn"), "{wrong:?}");
        assert!(wrong[1].starts_with("side is missing"), "{wrong:?}");
    }

    #[test]
    fn a_dependency_that_asks_for_a_newer_compiler_is_named() {
        let metadata = |theirs: &str| {
            let package = |name: &str, version: &str| serde_json::json!({ "id": name, "rust_version": version });
            let old = serde_json::json!({ "id": "old", "rust_version": null });
            serde_json::json!({ "packages": [package("ours", "1.95"), package("theirs", theirs), old], "workspace_members": ["ours"] })
        };
        assert_eq!(newer_compiler(&metadata("1.95")), [""; 0]);
        assert_eq!(newer_compiler(&metadata("1.8.2")), [""; 0]);
        assert!(newer_compiler(&metadata("1.95.1"))[0].contains("theirs"));
        assert_eq!(newer_compiler(&serde_json::json!({"packages": []})).len(), 1, "a promise that is missing");
    }

    #[test]
    fn burn_is_found_under_each_of_its_names() {
        let tree = "down v0.1.0 (folder)\nserde v1.0.0\nburn-flex v0.22.1\ncubecl v0.11.0\nserde v1.0.0 (*)\n";
        let wrong = burn_in("down", tree);
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].ends_with("burn-flex") && wrong[1].ends_with("cubecl"), "{wrong:?}");
        assert_eq!(burn_in("down", "down v0.1.0\nserde v1.0.0\n"), [""; 0]);
    }
}
