//! `cargo xtask experiment`: runs presets over several seeds and makes a table of their measures.

mod again;
mod maps;
pub mod summary;
mod toys;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::shell;
use summary::Runs;

/// Run presets over several seeds and print a table of their measures
#[derive(clap::Args)]
pub struct Args {
    /// Presets in experiments/, `toys` for the five toy transports, `maps` for the exact maps of two of them at several
    /// gaps beside the learned one, or `list` to see what there is
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    runs: Runs,
    /// Run the published method as well, in rows of its own
    #[arg(long)]
    published: bool,
    /// Put the table into FILE, between `<!-- table:NAME -->` and `<!-- /table -->`, NAME being the names joined by +
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Builds the binary, runs every preset and prints the table.
///
/// # Errors
/// When a run fails or its summary cannot be read.
pub fn run(args: &Args) -> Result<()> {
    if args.names.iter().any(|name| name == "list") {
        return list();
    }
    let binary = shell::efm()?;
    if args.names == ["maps"] {
        return maps::run(&binary, &args.runs, args.write.as_deref());
    }
    toys::run(&binary, &args.names, &args.runs, args.published, args.write.as_deref())
}

fn list() -> Result<()> {
    let folder = shell::root().join("experiments");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    println!("{}", names.join("\n"));
    println!("toys: {}", toys::TOYS.join(", "));
    println!("maps: {} through the exact field", maps::PRESETS.join(", "));
    Ok(())
}
