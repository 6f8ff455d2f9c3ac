//! `cargo xtask experiment --again`: measures of models that were trained before.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::shell;

/// Measures every run that the summary at `path` lists with its own model, and writes the summary anew. Times of training
/// stay those of the runs.
///
/// # Errors
/// When a model is gone or cannot be measured.
pub fn measure(binary: &Path, folder: &str, path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let old: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let mut runs = Vec::new();
    for run in old["runs"].as_array().context("no list `runs`")? {
        let run_folder = format!("{folder}/seed-{}", run["seed"]);
        println!("measuring {run_folder}");
        let text = shell::output(shell::program(binary).args(["eval", &run_folder, "--json"]))?;
        let mut again: Value = serde_json::from_str(&text).context("`efm eval --json` gave no JSON")?;
        again["seconds"]["train"] = run["seconds"]["train"].clone();
        runs.push(again);
    }
    let summary = summarise(runs);
    let text = serde_json::to_string_pretty(&summary).context("plain data")? + "\n";
    fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
    Ok(summary)
}

/// Means and standard deviations of every number all runs have.
fn summarise(runs: Vec<Value>) -> Value {
    let (mut means, mut stds) = (Map::new(), Map::new());
    let keys = runs.first().and_then(Value::as_object).map(|run| run.keys().cloned().collect::<Vec<_>>());
    for key in keys.unwrap_or_default() {
        let values: Option<Vec<f64>> = runs.iter().map(|run| run[&key].as_f64()).collect();
        let Some(values) = values else { continue };
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        means.insert(key.clone(), mean.into());
        stds.insert(key, if count > 1.0 { (square / (count - 1.0)).sqrt() } else { 0.0 }.into());
    }
    serde_json::json!({ "runs": runs, "mean": means, "std": stds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_runs_have_a_mean_and_a_deviation() {
        let runs = vec![
            serde_json::json!({"w2": 1.0, "method": "mirror", "mmd": 2.0}),
            serde_json::json!({"w2": 3.0, "method": "mirror", "mmd": null}),
        ];
        let summary = summarise(runs);
        assert_eq!((summary["mean"]["w2"].as_f64(), summary["std"]["w2"].as_f64()), (Some(2.0), Some(2.0_f64.sqrt())));
        assert!(summary["mean"].get("mmd").is_none() && summary["mean"].get("method").is_none());
        assert_eq!(summary["runs"].as_array().map(Vec::len), Some(2));
    }
}
