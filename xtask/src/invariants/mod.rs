//! What ARCHITECTURE.md promises, checked. Its tables are read from the document itself, so text and check agree.

mod architecture;
mod manifests;
mod sources;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::shell;
use architecture::Architecture;
use sources::Source;

/// Checks everything and lists every violation.
///
/// # Errors
/// When anything is violated, or the workspace cannot be read.
pub fn run() -> Result<()> {
    let promised = read_architecture()?;
    let sources = read_sources()?;
    let members = manifests::members(&shell::metadata()?)?;

    let mut wrong = manifests::arrows(&promised, &members);
    wrong.extend(manifests::lints_and_license(&members));
    for name in promised.without_burn() {
        let tree = shell::output(&mut shell::cargo(&[
            "tree",
            "--locked",
            "--package",
            &name,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]))?;
        wrong.extend(manifests::burn_in(&name, &tree));
    }
    wrong.extend(manifests::newer_compiler(&shell::resolved()?));
    wrong.extend(sources::lengths(&sources));
    wrong.extend(sources::machine_paths(&sources));

    if !wrong.is_empty() {
        bail!("broken promises: {}\n  {}", wrong.len(), wrong.join("\n  "));
    }
    println!("{} crates and {} files keep their promises", members.len(), sources.len());
    Ok(())
}

/// The crates whose dependencies never reach burn, as ARCHITECTURE.md says.
///
/// # Errors
/// When the document cannot be read.
pub fn crates_without_burn() -> Result<BTreeSet<String>> {
    Ok(read_architecture()?.without_burn().collect())
}

fn read_architecture() -> Result<Architecture> {
    let path = shell::root().join("ARCHITECTURE.md");
    let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    Architecture::parse(&text)
}

/// Every text file that is in the repository or would be at the next `git add`.
fn read_sources() -> Result<Vec<Source>> {
    let mut git = shell::program("git");
    // A checkout may belong to another user than the one who checks it.
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = shell::output(&mut git).context("the invariants are checked in a git checkout")?;
    let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    let root: PathBuf = shell::root();
    // A file may be deleted and not yet committed, and a picture is no text: neither is read.
    Ok(paths
        .into_iter()
        .filter_map(|path| Some(Source { path: path.to_owned(), text: fs::read_to_string(root.join(path)).ok()? }))
        .collect())
}
