//! `cargo xtask experiment`: runs presets over several seeds and makes a table of their measures.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{again, maps, shell, table};

/// Run presets over several seeds and print a table of their measures
#[derive(clap::Args)]
pub struct Args {
    /// Presets in experiments/, `toys` for the five toy transports, `maps` for the exact maps of two of them at several
    /// gaps beside the learned one, or `list` to see what there is
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Seeds, both ends included
    #[arg(long, value_name = "FIRST..LAST", default_value = "1..5")]
    pub seeds: String,
    /// Run the published method as well, in rows of its own
    #[arg(long)]
    published: bool,
    /// Take the results of earlier runs where there are some, and run the others only
    #[arg(long)]
    pub reuse: bool,
    /// Transport and measure again with the models of earlier runs, without training them again
    #[arg(long)]
    again: bool,
    /// Put the table into FILE, between `<!-- table:NAME -->` and `<!-- /table -->`, NAME being the names joined by +
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

const TOYS: [&str; 5] = [
    "gaussian-to-swiss-roll",
    "gaussian-to-mixture",
    "gaussian-to-moons",
    "gaussian-to-eight-gaussians",
    "gaussian-to-checkerboard",
];

const HEAD: [&str; 11] = [
    "preset",
    "W2",
    "floor",
    "ratio",
    "sliced W2",
    "floor",
    "ratio",
    "W2 per mode / floor",
    "evaluations",
    "landed",
    "training, s",
];

/// Builds the binary, runs every preset and prints the table.
///
/// # Errors
/// When a run fails or its summary cannot be read.
pub fn run(args: &Args) -> Result<()> {
    if args.names.iter().any(|name| name == "list") {
        return list();
    }
    let binary = build()?;
    if args.names == ["maps"] {
        return maps::run(&binary, args);
    }
    let mut rows = Vec::new();
    for name in presets(&args.names) {
        rows.push(one(&binary, name, args, None)?);
        if args.published {
            rows.push(one(&binary, name, args, Some("published"))?);
        }
    }
    publish(&HEAD, &rows, &args.names.join("+"), args.write.as_deref())
}

/// Builds the binary as the tests do; gives its place.
pub fn build() -> Result<PathBuf> {
    // `--examples` builds next to nothing and makes cargo resolve the features the tests have, so that burn is not
    // built a second time.
    shell::run(&mut shell::cargo(&["build", "--release", "--workspace", "--bin", "efm", "--examples"]))?;
    Ok(shell::target_dir()?.join("release").join(format!("efm{}", std::env::consts::EXE_SUFFIX)))
}

/// Prints a table, and puts it into a document where its name has a place there.
pub fn publish(head: &[&str], rows: &[Vec<String>], name: &str, document: Option<&Path>) -> Result<()> {
    let text = table::markdown(head, rows);
    println!("\n{text}");
    if let Some(file) = document {
        let path = shell::root().join(file);
        let document = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        let document = table::replace(&document, name, &text)
            .with_context(|| format!("could not put the table into {}", path.display()))?;
        fs::write(&path, document).with_context(|| format!("could not write {}", path.display()))?;
        println!("table written into {}", path.display());
    }
    Ok(())
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
    println!("toys: {}", TOYS.join(", "));
    println!("maps: {} through the exact field", maps::PRESETS.join(", "));
    Ok(())
}

fn presets(names: &[String]) -> Vec<&str> {
    names.iter().flat_map(|name| if name == "toys" { TOYS.to_vec() } else { vec![name.as_str()] }).collect()
}

/// Runs one preset with one method; gives its row.
fn one(binary: &Path, name: &str, args: &Args, method: Option<&str>) -> Result<Vec<String>> {
    let label = method.map_or(name.to_owned(), |method| format!("{name}, {method}"));
    let summary = summary(binary, name, args, method)?;
    row(&label, &summary).with_context(|| format!("could not understand the results of {label}"))
}

/// Means, deviations and runs of a preset over the seeds; taken from an earlier run where that is wanted.
pub(super) fn summary(binary: &Path, name: &str, args: &Args, method: Option<&str>) -> Result<Value> {
    let folder = method.map_or(format!("runs/{name}"), |method| format!("runs/{name}-{method}"));
    let path = shell::root().join(&folder).join("seeds.json");
    if args.again && path.is_file() {
        return again::measure(binary, &folder, &path);
    }
    if !(args.reuse && path.is_file()) {
        let mut command = shell::program(binary);
        command.args(["run", name, "--seeds", &args.seeds, "--out", &folder, "--force"]);
        command.args(method.map(|method| ["--method", method]).iter().flatten());
        shell::run(&mut command)?;
    }
    let text = fs::read_to_string(&path).with_context(|| format!("the run left no {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// A row of the table: means over the seeds, ± standard deviations where they matter, ratios to the noise floor.
fn row(label: &str, summary: &Value) -> Result<Vec<String>> {
    let runs = summary["runs"].as_array().context("no list `runs`")?;
    if runs.is_empty() {
        bail!("`runs` is empty");
    }
    let mean = |key: &str| summary["mean"][key].as_f64();
    let std = |key: &str| summary["std"][key].as_f64();
    let measured = |key: &str| match (mean(key), std(key)) {
        (Some(mean), Some(std)) => format!("{mean:.3} ± {std:.3}"),
        (Some(mean), None) => format!("{mean:.3}"),
        _ => "–".into(),
    };
    let number = |value: Option<f64>, digits: usize| value.map_or("–".into(), |value| format!("{value:.digits$}"));
    let ratio = |key: &str, floor: &str| number(mean(key).zip(mean(floor)).map(|(value, floor)| value / floor), 2);
    let over_runs = |value: &dyn Fn(&Value) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = runs.iter().map(value).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let landed = over_runs(&landed_share).map(|share| 100.0 * share);
    let landed = landed.map_or("–".into(), |percent| format!("{percent:.1} %"));
    Ok(vec![
        label.to_owned(),
        measured("w2"),
        number(mean("w2_floor"), 3),
        ratio("w2", "w2_floor"),
        measured("sliced_w2"),
        number(mean("sliced_w2_floor"), 3),
        ratio("sliced_w2", "sliced_w2_floor"),
        ratio("w2_per_mode", "w2_per_mode_floor"),
        number(mean("evaluations_mean"), 0),
        landed,
        number(over_runs(&|run| run["seconds"]["train"].as_f64()), 0),
    ])
}

/// Share of the lines of some runs that did not arrive, in per cent; lines a map drops on purpose count neither way.
pub(super) fn lost(runs: &[Value]) -> String {
    let count = |name: &str| -> f64 { runs.iter().filter_map(|run| run["lines"][name].as_f64()).sum() };
    let lines = runs.iter().filter_map(|run| run["lines"].as_object()).flat_map(|lines| lines.values());
    let all: f64 = lines.filter_map(Value::as_f64).sum::<f64>() - count("rejected");
    let arrived = count("landed") + count("captured");
    if all > 0.0 { format!("{:.2} %", 100.0 * (1.0 - arrived / all)) } else { "–".into() }
}

/// Share of a run's lines that landed on the target plate.
fn landed_share(run: &Value) -> Option<f64> {
    let lines = run["lines"].as_object()?;
    let all: f64 = lines.values().filter_map(Value::as_f64).sum();
    let landed = lines.get("landed").and_then(Value::as_f64).unwrap_or(0.0);
    (all > 0.0).then_some(landed / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_means_ratios_and_the_share_that_landed() {
        let summary = serde_json::json!({
            "runs": [
                {"lines": {"landed": 900, "left": 100}, "seconds": {"train": 10.0, "transport": 1.0}},
                {"lines": {"landed": 1000}, "seconds": {"train": 20.0, "transport": 1.0}},
            ],
            "mean": {"w2": 0.3, "w2_floor": 0.15, "sliced_w2": 0.09, "sliced_w2_floor": 0.06, "w2_per_mode": 0.36,
                     "w2_per_mode_floor": 0.18, "evaluations_mean": 63.7},
            "std": {"w2": 0.012, "sliced_w2": 0.004},
        });
        assert_eq!(
            row("roll", &summary).unwrap(),
            ["roll", "0.300 ± 0.012", "0.150", "2.00", "0.090 ± 0.004", "0.060", "1.50", "2.00", "64", "95.0 %", "15"]
        );
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let summary = serde_json::json!({"runs": [{}], "mean": {"w2": 0.3}, "std": {}});
        let row = row("digits", &summary).unwrap();
        assert_eq!(row.len(), HEAD.len());
        assert_eq!(row[1], "0.300");
        assert!(row[2..].iter().all(|cell| cell == "–"), "{row:?}");
    }

    #[test]
    fn a_summary_without_runs_is_an_error() {
        assert!(row("x", &serde_json::json!({"mean": {}})).is_err());
        assert!(row("x", &serde_json::json!({"runs": []})).is_err());
    }

    #[test]
    fn toys_stands_for_the_five_presets() {
        let names = ["digits".to_owned(), "toys".to_owned()];
        assert_eq!(presets(&names).len(), 6);
    }
}
