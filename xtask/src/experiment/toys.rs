//! Presets, one row each: what they measure over the seeds.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::summary::{self, Runs};
use crate::table;

/// What `toys` stands for.
pub const TOYS: [&str; 5] = [
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

/// Runs every preset and prints the table.
///
/// # Errors
/// When a run fails or its summary cannot be read.
pub fn run(binary: &Path, names: &[String], runs: &Runs, published: bool, document: Option<&Path>) -> Result<()> {
    let mut rows = Vec::new();
    for name in presets(names) {
        rows.push(one(binary, name, runs, None)?);
        if published {
            rows.push(one(binary, name, runs, Some("published"))?);
        }
    }
    table::publish(&HEAD, &rows, &names.join("+"), document)
}

fn presets(names: &[String]) -> Vec<&str> {
    names.iter().flat_map(|name| if name == "toys" { TOYS.to_vec() } else { vec![name.as_str()] }).collect()
}

/// Runs one preset with one method; gives its row.
fn one(binary: &Path, name: &str, runs: &Runs, method: Option<&str>) -> Result<Vec<String>> {
    let label = method.map_or(name.to_owned(), |method| format!("{name}, {method}"));
    let summary = summary::over_seeds(binary, name, runs, method)?;
    row(&label, &summary).with_context(|| format!("could not understand the results of {label}"))
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
    let landed = summary::landed_share(runs).map_or("–".into(), |share| format!("{:.1} %", 100.0 * share));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_means_ratios_and_the_share_that_landed() {
        let summary = serde_json::json!({
            "runs": [
                {"landed_share": 0.9, "seconds": {"train": 10.0, "transport": 1.0}},
                {"landed_share": 1.0, "seconds": {"train": 20.0, "transport": 1.0}},
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
