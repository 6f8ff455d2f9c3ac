//! `cargo xtask frozen`: what a binary computes, as hashes and figures, to hold another build of it against.

mod cases;
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell;
use record::Record;

/// Write down what a binary computes in small runs, or check that another one computes the same, bit for bit
///
/// Freeze with the binary before a change, check with the one after it. Rounding depends on the instructions that a processor
/// has, so a file holds on the machine that wrote it and does not belong into the repository.
#[derive(clap::Args)]
pub struct Args {
    /// The binary `efm`; built from this checkout when left out
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Write down what the binary computes
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    write: Option<PathBuf>,
    /// Compare what the binary computes with what a file says
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    check: Option<PathBuf>,
    /// Take the cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

/// What was computed, by the name of the case.
type Records = BTreeMap<String, Record>;

/// Runs every case, and writes or compares.
///
/// # Errors
/// When a case fails or a file cannot be read or written; when a result differs.
pub fn run(args: &Args) -> Result<()> {
    let binary = match &args.binary {
        Some(path) => path.canonicalize().with_context(|| format!("no binary {}", path.display()))?,
        None => shell::efm()?,
    };
    let before = args.check.as_deref().map(read).transpose()?;
    let folder = shell::target_dir()?.join("frozen");
    let names = cases::names(&binary)?;
    let mut records = Records::new();
    for case in cases::all(&names).iter().filter(|case| case.name.contains(&args.only)) {
        println!("{}", case.name);
        records.insert(case.name.clone(), case.run(&binary, &folder)?);
    }
    if let Some(path) = &args.write {
        let text = serde_json::to_string_pretty(&records).context("plain data")? + "\n";
        fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
        println!("{} cases written to {}", records.len(), path.display());
    }
    let Some(mut before) = before else { return Ok(()) };
    before.retain(|name, _| name.contains(&args.only));
    let different = differences(&before, &records);
    if !different.is_empty() {
        bail!("{} differences:\n  {}", different.len(), different.join("\n  "));
    }
    println!("{} cases are the same, bit for bit", records.len());
    Ok(())
}

fn read(path: &Path) -> Result<Records> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} was not written by `cargo xtask frozen`", path.display()))
}

/// Every result of `before` that is another one now, or gone. What is new is no difference.
fn differences(before: &Records, now: &Records) -> Vec<String> {
    let mut different = Vec::new();
    for (name, record) in before {
        match now.get(name) {
            Some(other) => {
                different.extend(record.differences(other).into_iter().map(|what| format!("{name}: {what}")))
            }
            None => different.push(format!("{name}: this case was not run")),
        }
    }
    different
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_is_gone_differs_and_a_new_one_does_not() {
        let one = Records::from([("a".to_owned(), Record::default())]);
        let two = Records::from([("a".to_owned(), Record::default()), ("b".to_owned(), Record::default())]);
        assert!(differences(&one, &two).is_empty());
        assert_eq!(differences(&two, &one), ["b: this case was not run"]);
    }
}
