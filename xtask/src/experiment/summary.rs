//! What a preset measures over several seeds, and figures that all tables share.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::again;
use crate::shell;

/// Which runs are made.
#[derive(clap::Args)]
pub struct Runs {
    /// Seeds, both ends included
    #[arg(long, value_name = "FIRST..LAST", default_value = "1..5")]
    pub seeds: String,
    /// Take the results of earlier runs where there are some, and run the others only
    #[arg(long)]
    pub reuse: bool,
    /// Transport and measure again with the models of earlier runs, without training them again
    #[arg(long)]
    again: bool,
}

/// Means, deviations and runs of a preset over the seeds; taken from an earlier run where that is wanted.
pub fn over_seeds(binary: &Path, name: &str, runs: &Runs, method: Option<&str>) -> Result<Value> {
    let folder = method.map_or(format!("runs/{name}"), |method| format!("runs/{name}-{method}"));
    let path = shell::root().join(&folder).join("seeds.json");
    if runs.again && path.is_file() {
        return again::measure(binary, &folder, &path);
    }
    if !(runs.reuse && path.is_file()) {
        let mut command = shell::program(binary);
        command.args(["run", name, "--seeds", &runs.seeds, "--out", &folder, "--force"]);
        command.args(method.map(|method| ["--method", method]).iter().flatten());
        shell::run(&mut command)?;
    }
    let text = fs::read_to_string(&path).with_context(|| format!("the run left no {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// Share of the lines that arrived among those that were to, as each run records it: the mean over the runs. What arrives, and
/// what counts neither way, is defined where lines end, in efm-integrate.
pub fn landed_share(runs: &[Value]) -> Option<f64> {
    mean(runs, "landed_share")
}

/// Share of the lines that were to arrive and did not, in per cent.
pub fn lost(runs: &[Value]) -> String {
    landed_share(runs).map_or("–".into(), |share| format!("{:.2} %", 100.0 * (1.0 - share)))
}

/// Mean of a figure that every run has.
pub fn mean(runs: &[Value], key: &str) -> Option<f64> {
    let values: Option<Vec<f64>> = runs.iter().map(|run| run[key].as_f64()).collect();
    values.filter(|values| !values.is_empty()).map(|values| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_lines_arrived_and_rejected_ones_are_not_lost() {
        // As a run of the accepting map writes it, and one that follows lines from charge to charge: 8 of 10 and all.
        let accept = serde_json::json!({"landed_share": 0.8, "lines": {"landed": 8, "rejected": 10, "escaped": 2}});
        let charges = serde_json::json!({"landed_share": 1.0, "lines": {"captured": 20}});
        assert_eq!(landed_share(std::slice::from_ref(&charges)), Some(1.0));
        assert_eq!(lost(std::slice::from_ref(&accept)), "20.00 %");
        assert_eq!(lost(&[accept, charges]), "10.00 %");
    }

    #[test]
    fn a_run_that_records_no_share_has_none() {
        assert_eq!(landed_share(&[serde_json::json!({"landed_share": null})]), None);
        assert_eq!(lost(&[]), "–");
    }
}
