//! `cargo xtask cells`: blood cells in 50 principal components, from the wheel of scanpy, as files.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{python, shell};

/// Make the input of the cells experiment: target/data/t-cells.npy and dendritic-cells.npy
#[derive(clap::Args)]
pub struct Args {
    /// Python that makes the virtual environment
    #[arg(long, default_value = "python3")]
    python: String,
}

/// scanpy itself is not installed, which would bring a hundred megabytes: its wheel is unpacked.
const SCRIPT: &str = r#"
import glob, io, os, subprocess, sys, tempfile, zipfile
import h5py
import numpy as np

folder = sys.argv[1]
with tempfile.TemporaryDirectory() as place:
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, "scanpy>=1.10,<2"], check=True)
    with zipfile.ZipFile(glob.glob(os.path.join(place, "scanpy-*.whl"))[0]) as wheel:
        file = h5py.File(io.BytesIO(wheel.read("scanpy/datasets/10x_pbmc68k_reduced.h5ad")), "r")
names = np.array([name.decode() if isinstance(name, bytes) else name for name in file["uns/bulk_labels_categories"][:]])
kinds = names[file["obs"]["bulk_labels"]]
cells = file["obsm"]["X_pca"].astype(np.float32)
assert cells.shape == (700, 50), cells.shape
chosen = {
    "t-cells": np.array([kind.startswith(("CD4+", "CD8+")) for kind in kinds]),
    "dendritic-cells": kinds == "Dendritic",
}
for name, rows in chosen.items():
    with open(os.path.join(folder, name + ".npy.part"), "wb") as out:
        np.save(out, cells[rows])
    os.replace(os.path.join(folder, name + ".npy.part"), os.path.join(folder, name + ".npy"))
    print(name, *cells[rows].shape)
"#;

/// Writes the files unless they are there.
///
/// # Errors
/// Without Python, its venv module, or a package index that answers.
pub fn run(args: &Args) -> Result<()> {
    let target = shell::target_dir()?;
    let data = target.join("data");
    let files = [data.join("t-cells.npy"), data.join("dendritic-cells.npy")];
    if files.iter().all(|file| file.is_file()) {
        println!("already there: {} and {}; remove them to make them anew", files[0].display(), files[1].display());
        return Ok(());
    }
    let python = python::environment(&target.join("cells-venv"), &args.python, &["numpy", "h5py"], "numpy, h5py")?;
    fs::create_dir_all(&data).with_context(|| format!("could not make {}", data.display()))?;
    let status = shell::program(&python).args(["-c", SCRIPT]).arg(&data).status().context("could not start Python")?;
    ensure!(status.success(), "Python could not write the cells: {status}");
    println!("written: {} and {}", files[0].display(), files[1].display());
    Ok(())
}
