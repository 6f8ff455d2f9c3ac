//! Virtual environments for the data sets that come as Python packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell;

/// The Python of a virtual environment in `folder` with these `packages`, of which it can `import` those named; made by
/// `python` when it is not there.
///
/// # Errors
/// Without Python, its venv module, or a package index that answers.
pub fn environment(folder: &Path, python: &str, packages: &[&str], import: &str) -> Result<PathBuf> {
    let inside = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if works(shell::program(&inside).args(["-c", &format!("import {import}")])) {
        return Ok(inside);
    }
    ensure!(
        works(shell::program(python).arg("--version")),
        "`{python}` does not run; install Python 3.9 or later, or name one with --python"
    );
    shell::run(shell::program(python).args(["-m", "venv", "--clear"]).arg(folder))
        .with_context(|| format!("`{python}` could not make {}; is python3-venv installed?", folder.display()))?;
    shell::run(shell::program(&inside).args(["-m", "pip", "install", "--quiet"]).args(packages)).with_context(
        || format!("pip could not install {}; is a package index within reach?", packages.join(" and ")),
    )?;
    Ok(inside)
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_python_is_named_with_a_hint() {
        let error = environment(Path::new("no-such-folder"), "no-such-python", &[], "sys").unwrap_err().to_string();
        assert!(error.contains("`no-such-python`") && error.contains("--python"), "{error}");
    }
}
