//! `cargo xtask variants`: one preset with one thing changed at a time, to see what the defaults are worth.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::experiment::summary;
use crate::{shell, table};

/// Run one preset with one setting changed at a time and print a table of ratios to the noise floor
#[derive(clap::Args)]
pub struct Args {
    /// The preset
    #[arg(default_value = "gaussian-to-eight-gaussians")]
    preset: String,
    /// Change the map and what is learned instead
    #[arg(long)]
    learning: bool,
    /// Take the results of earlier runs where there are some
    #[arg(long)]
    reuse: bool,
    /// Put the table into FILE, between `<!-- table:variants -->` (or `table:learning`) and `<!-- /table -->`
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// What is changed; nothing at first.
const VARIANTS: &[&[&str]] = &[
    &[],
    &["model.octaves=0"],
    &["solver.lift=straight"],
    &["solver.lift=straight", "solver.start_height=0.0"],
    &["plates.gap=3"],
    &["plates.gap=10"],
    &["data.align=false"],
    &["train.batch=1024", "train.steps=4000"],
];

/// Maps and objectives; those that learn the field behind the plates by its direction need plates of some thickness.
const LEARNING: &[&[&str]] = &[
    &[],
    &["train.objective=isotropic"],
    &["method=accept"],
    &["method=accept", "train.objective=posterior"],
    &["method=flux"],
    &["method=flux", "train.objective=posterior"],
    &["method=flux", "train.objective=field", "solver.start_height=0.02"],
    &["method=flux", "train.objective=isotropic", "solver.start_height=0.02"],
    &["method=forward"],
    &["method=published"],
];

/// Builds the binary, runs the variants and prints the table.
///
/// # Errors
/// When a run fails or its metrics cannot be read.
pub fn run(args: &Args) -> Result<()> {
    let binary = shell::efm()?;
    let mut rows = Vec::new();
    for &settings in if args.learning { LEARNING } else { VARIANTS } {
        let name = if settings.is_empty() { "defaults".to_owned() } else { settings.join("+") };
        let folder = format!("runs/variants/{}/{name}", args.preset);
        let path = shell::root().join(&folder).join("metrics.json");
        if !(args.reuse && path.is_file()) {
            let mut command = shell::program(&binary);
            command.args(["run", &args.preset, "--out", &folder, "--force"]);
            // Lost lines belong into the table.
            command.args(["--set", "solver.lost_share=1"]);
            command.args(settings.iter().flat_map(|setting| ["--set", setting]));
            shell::run(&mut command)?;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("the run left no {}", path.display()))?;
        let metrics = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        rows.push(row(settings, &metrics));
    }
    let head = ["settings", "W2", "sliced W2", "W2 per mode", "KS", "cost / optimal", "evaluations", "lost"];
    table::publish(&head, &rows, if args.learning { "learning" } else { "variants" }, args.write.as_deref())
}

/// Ratios of the measures to their floors.
fn row(settings: &[&str], metrics: &Value) -> Vec<String> {
    let ratio = |key: &str| {
        let floor = metrics[format!("{key}_floor")].as_f64();
        metrics[key].as_f64().zip(floor).map_or("–".into(), |(value, floor)| format!("{:.2}", value / floor))
    };
    let label = if settings.is_empty() {
        "the defaults".to_owned()
    } else {
        settings.iter().map(|setting| format!("`{setting}`")).collect::<Vec<_>>().join(" ")
    };
    let evaluations = metrics["evaluations_mean"].as_f64().map_or("–".into(), |mean| format!("{mean:.0}"));
    let cost = metrics["transport_cost"].as_f64().zip(metrics["optimal_cost"].as_f64());
    let cost = cost.map_or("–".into(), |(cost, optimal)| format!("{:.3}", cost / optimal));
    vec![
        label,
        ratio("w2"),
        ratio("sliced_w2"),
        ratio("w2_per_mode"),
        ratio("ks_max"),
        cost,
        evaluations,
        summary::lost(std::slice::from_ref(metrics)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_ratios_and_names_what_changed() {
        let metrics = serde_json::json!({"w2": 0.3, "w2_floor": 0.2, "sliced_w2": 0.1, "evaluations_mean": 55.6});
        assert_eq!(row(&[], &metrics), ["the defaults", "1.50", "–", "–", "–", "–", "56", "–"]);
        assert_eq!(row(&["a=1", "b=2"], &metrics)[0], "`a=1` `b=2`");
    }
}
