//! `cargo xtask digits`: the 1 797 handwritten digits of 8 × 8 pixels that scikit-learn brings along, as files.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{python, shell};

/// Make the input of the digits experiment: target/data/digits.npy and digits.csv
#[derive(clap::Args)]
pub struct Args {
    /// Python that makes the virtual environment
    #[arg(long, default_value = "python3")]
    python: String,
}

const SCRIPT: &str = r#"
import os, sys
import numpy as np
from sklearn.datasets import load_digits

folder = sys.argv[1]
rows = load_digits().data.astype(np.float32)
assert rows.shape == (1797, 64) and rows.min() == 0 and rows.max() == 16, rows.shape
with open(os.path.join(folder, "digits.npy.part"), "wb") as file:
    np.save(file, rows)
np.savetxt(os.path.join(folder, "digits.csv.part"), rows, fmt="%d", delimiter=",")
for name in ("digits.npy", "digits.csv"):
    os.replace(os.path.join(folder, name + ".part"), os.path.join(folder, name))
"#;

/// Writes the files unless they are there.
///
/// # Errors
/// Without Python, its venv module, or a package index that answers.
pub fn run(args: &Args) -> Result<()> {
    let target = shell::target_dir()?;
    let data = target.join("data");
    let files = [data.join("digits.npy"), data.join("digits.csv")];
    if files.iter().all(|file| file.is_file()) {
        println!("already there: {} and {}; remove them to make them anew", files[0].display(), files[1].display());
        return Ok(());
    }
    let python =
        python::environment(&target.join("digits-venv"), &args.python, &["numpy", "scikit-learn"], "numpy, sklearn")?;
    fs::create_dir_all(&data).with_context(|| format!("could not make {}", data.display()))?;
    // Not through `shell::run`: nobody wants to read the script again.
    let status = shell::program(&python).args(["-c", SCRIPT]).arg(&data).status().context("could not start Python")?;
    ensure!(status.success(), "Python could not write the digits: {status}");
    println!("written: {} and {} (1797 rows of 64 values from 0 to 16)", files[0].display(), files[1].display());
    Ok(())
}
