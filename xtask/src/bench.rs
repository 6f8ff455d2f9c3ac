//! `cargo xtask bench`: runs the benches and says how they changed against a baseline.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{shell, table};

/// Run the benches and compare them with a baseline
#[derive(clap::Args)]
pub struct Args {
    /// Compare with target/bench/NAME.json, or with a file when NAME ends in .json; written when it does not exist yet
    #[arg(long, value_name = "NAME", default_value = "last")]
    baseline: String,
    /// Put the new times in place of the baseline after comparing
    #[arg(long)]
    save: bool,
    /// Run only the benches whose name contains this
    filter: Option<String>,
}

/// Median nanoseconds of an iteration per bench.
type Times = BTreeMap<String, f64>;

/// Runs, prints and saves.
///
/// # Errors
/// When a bench fails, or a file cannot be read or written.
pub fn run(args: &Args) -> Result<()> {
    let target = shell::target_dir()?;
    let criterion = target.join("criterion");
    let begun = SystemTime::now();
    // The release profile and the whole workspace, as in the tests: nothing is compiled a second time. Only crates
    // that have benches are built.
    let mut command = shell::cargo(&["bench", "--profile", "release", "--workspace", "--bench", "*"]);
    command.env("CRITERION_HOME", &criterion);
    shell::run(command.args(args.filter.as_ref().map(|filter| ["--", filter]).iter().flatten()))?;

    let mut times = Times::new();
    collect(&criterion, begun, &mut times)?;
    if times.is_empty() {
        bail!(
            "no bench ran; the names are printed by `cargo bench --profile release --workspace --bench '*' -- --list`"
        );
    }
    let path = baseline_path(&target, &args.baseline);
    let before = if path.is_file() { read(&path)? } else { Times::new() };
    println!("\nagainst {}:\n{}", path.display(), compare(&before, &times));
    if before.is_empty() || args.save {
        // Benches that did not run this time keep their old times.
        let mut all = before;
        all.extend(times);
        write(&path, &all)?;
        println!("baseline written: {}", path.display());
    }
    Ok(())
}

fn baseline_path(target: &Path, name: &str) -> PathBuf {
    if Path::new(name).extension().is_some_and(|ending| ending == "json") {
        shell::root().join(name)
    } else {
        target.join("bench").join(format!("{name}.json"))
    }
}

/// Reads the medians Criterion wrote below `folder` since `begun`; older ones are of benches that did not run.
fn collect(folder: &Path, begun: SystemTime, times: &mut Times) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let estimates = path.join("estimates.json");
        if path.ends_with("new") && estimates.is_file() && fs::metadata(&estimates)?.modified()? >= begun {
            let name = read_json(&path.join("benchmark.json"))?["full_id"].as_str().map(str::to_owned);
            let name = name.unwrap_or_else(|| folder.display().to_string());
            times.insert(name, median(&read_json(&estimates)?).with_context(|| estimates.display().to_string())?);
        } else if path.is_dir() {
            collect(&path, begun, times)?;
        }
    }
    Ok(())
}

fn median(estimates: &Value) -> Result<f64> {
    estimates["median"]["point_estimate"].as_f64().context("no median in these estimates")
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

fn read(path: &Path) -> Result<Times> {
    let value = read_json(path)?;
    let object = value.as_object().with_context(|| format!("{} is no baseline", path.display()))?;
    Ok(object.iter().filter_map(|(name, time)| Some((name.clone(), time.as_f64()?))).collect())
}

fn write(path: &Path, times: &Times) -> Result<()> {
    let object: serde_json::Map<_, _> = times.iter().map(|(name, &time)| (name.clone(), time.into())).collect();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    let text = serde_json::to_string_pretty(&Value::Object(object))?;
    fs::write(path, text + "\n").with_context(|| format!("could not write {}", path.display()))
}

/// Table of the times and their ratio to the baseline: below 1 is faster.
fn compare(before: &Times, now: &Times) -> String {
    let rows: Vec<_> = now
        .iter()
        .map(|(name, &time)| {
            let old = before.get(name).copied();
            let cells = old.map_or(["–".into(), "new".into()], |old| [human(old), format!("{:.2}", time / old)]);
            let [old, ratio] = cells;
            vec![name.clone(), old, human(time), ratio]
        })
        .collect();
    table::markdown(&["bench", "baseline", "now", "now / baseline"], &rows)
}

fn human(nanoseconds: f64) -> String {
    let (scale, unit) = match nanoseconds {
        t if t >= 1e9 => (1e9, "s"),
        t if t >= 1e6 => (1e6, "ms"),
        t if t >= 1e3 => (1e3, "µs"),
        _ => (1.0, "ns"),
    };
    format!("{:.3} {unit}", nanoseconds / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_twice_as_fast_has_the_ratio_one_half() {
        let before = Times::from([("kernel".to_owned(), 2e6), ("gone".to_owned(), 1.0)]);
        let now = Times::from([("kernel".to_owned(), 1e6), ("other".to_owned(), 5.0)]);
        let table = compare(&before, &now);
        assert!(table.contains("| kernel | 2.000 ms | 1.000 ms | 0.50"), "{table}");
        assert!(table.contains("| other  | –        | 5.000 ns | new"), "{table}");
    }

    #[test]
    fn the_median_is_taken_from_the_estimates() {
        let estimates = serde_json::json!({"mean": {"point_estimate": 3.0}, "median": {"point_estimate": 2.5}});
        assert_eq!(median(&estimates).unwrap(), 2.5);
        assert!(median(&serde_json::json!({})).is_err());
    }

    #[test]
    fn a_baseline_is_a_name_or_a_file() {
        assert_eq!(baseline_path(Path::new("target"), "last"), Path::new("target/bench/last.json"));
        assert_eq!(baseline_path(Path::new("target"), "docs/a.json"), shell::root().join("docs/a.json"));
    }
}
