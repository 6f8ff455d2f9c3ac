//! `cargo xtask experiment maps`: maps through the exact field at several gaps, beside the learned one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::summary::{Runs, lost, mean, over_seeds};
use crate::{shell, table};

/// What is transported: one target without modes, one with.
pub const PRESETS: [&str; 2] = ["gaussian-to-swiss-roll", "gaussian-to-mixture"];

/// Distances between the plates, in units of the data as they are scaled.
const GAPS: [&str; 3] = ["2", "6", "30"];

/// `efm map --map …`, the scaling of the data, and whether the gap matters. The mirror capacitor wants plates that share
/// centre and widths, see docs/training.md; the other maps are shown in data units.
const MAPS: [(&str, &str, bool); 7] = [
    ("random", "none", false),
    ("charges", "none", true),
    ("loops", "none", true),
    ("accept", "none", true),
    ("mirror", "per-coordinate", true),
    ("forward", "none", true),
    ("published", "none", true),
];

/// Maps a network learns: `efm run --method …`, and the default.
const LEARNED: [Option<&str>; 2] = [None, Some("loops")];

/// Charges per plate.
const CHARGES: &str = "10000";

const HEAD: [&str; 10] = [
    "map",
    "L",
    "roll: W2 / floor",
    "sliced / floor",
    "cost / optimal",
    "mixture: W2 per mode / floor",
    "cost / optimal",
    "share of random",
    "evaluations",
    "lost",
];

/// Runs every map of both presets at every gap and prints the table.
///
/// # Errors
/// When a run fails or its figures cannot be read.
pub fn run(binary: &Path, options: &Runs, document: Option<&Path>) -> Result<()> {
    let mut rows = Vec::new();
    let mut random = None;
    for (map, scaling, by_gap) in MAPS {
        for gap in if by_gap { &GAPS[..] } else { &GAPS[..1] } {
            let [roll, mixture] =
                [PRESETS[0], PRESETS[1]].map(|preset| exact(binary, preset, map, scaling, gap, options));
            let (roll, mixture) = (roll?, mixture?);
            if map == "random" {
                random = excess(&mixture);
            }
            rows.push(row(map, if by_gap { gap } else { "–" }, &roll, &mixture, random));
        }
    }
    for method in LEARNED {
        let learned = PRESETS.map(|preset| over_seeds(binary, preset, options, method));
        let [roll, mixture] = learned;
        let [roll, mixture] = [roll?, mixture?].map(|summary| summary["runs"].as_array().cloned().unwrap_or_default());
        rows.push(row(&format!("{}, learned", method.unwrap_or("mirror")), "auto", &roll, &mixture, random));
    }
    table::publish(&HEAD, &rows, "maps", document)
}

/// The metrics of one map, seed by seed.
fn exact(binary: &Path, preset: &str, map: &str, scaling: &str, gap: &str, options: &Runs) -> Result<Vec<Value>> {
    let mut runs = Vec::new();
    for seed in seeds(&options.seeds)? {
        let seed = seed.to_string();
        let folder = format!("runs/maps/{preset}-{map}-{gap}-{seed}");
        let path = shell::root().join(&folder).join("metrics.json");
        if !(options.reuse && path.is_file()) {
            let mut command = shell::program(binary);
            command.args(["map", preset, "--map", map, "--gap", gap, "--charges", CHARGES, "--seed", &seed]);
            let scaling = format!("data.scaling={scaling}");
            // Lost lines are counted in the table.
            for setting in [&scaling, "eval.floor_repeats=4", "eval.lines=0", "solver.lost_share=1"] {
                command.args(["--set", setting]);
            }
            command.args(["--out", &folder, "--force"]);
            shell::run(&mut command)?;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("the run left no {}", path.display()))?;
        runs.push(serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?);
    }
    Ok(runs)
}

/// `1..5`, both ends included, or one number.
fn seeds(text: &str) -> Result<std::ops::RangeInclusive<u64>> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => bail!("--seeds {text}: write FIRST..LAST, both ends included"),
    }
}

fn ratio(runs: &[Value], key: &str, to: &str) -> String {
    let ratio = mean(runs, key).zip(mean(runs, to)).map(|(value, to)| value / to);
    ratio.map_or("–".into(), |ratio| format!("{ratio:.2}"))
}

/// Transport cost above the optimal one.
fn excess(runs: &[Value]) -> Option<f64> {
    mean(runs, "transport_cost").zip(mean(runs, "optimal_cost")).map(|(cost, optimal)| cost - optimal)
}

fn row(map: &str, gap: &str, roll: &[Value], mixture: &[Value], random: Option<f64>) -> Vec<String> {
    let both: Vec<Value> = roll.iter().chain(mixture).cloned().collect();
    let evaluations = mean(&both, "evaluations_mean").map_or("–".into(), |count| format!("{count:.0}"));
    vec![
        map.to_owned(),
        gap.to_owned(),
        ratio(roll, "w2", "w2_floor"),
        ratio(roll, "sliced_w2", "sliced_w2_floor"),
        ratio(roll, "transport_cost", "optimal_cost"),
        ratio(mixture, "w2_per_mode", "w2_per_mode_floor"),
        ratio(mixture, "transport_cost", "optimal_cost"),
        excess(mixture)
            .zip(random)
            .map_or("–".into(), |(excess, random)| format!("{:.0} %", 100.0 * excess / random)),
        evaluations,
        lost(&both),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_with_both_ends() {
        assert_eq!(seeds("2..4").unwrap().collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(seeds("7").unwrap().collect::<Vec<_>>(), [7]);
        assert!(seeds("5..1").is_err() && seeds("a..b").is_err());
    }

    #[test]
    fn a_row_holds_ratios_of_means_and_the_share_that_was_lost() {
        let run = |w2: f64, landed: u64| {
            serde_json::json!({
                "w2": w2, "w2_floor": 0.1, "sliced_w2": 0.2, "sliced_w2_floor": 0.1, "transport_cost": 3.0,
                "optimal_cost": 2.0, "w2_per_mode": 0.3, "w2_per_mode_floor": 0.2, "evaluations_mean": 50.0,
                "landed_share": landed as f64 / 10.0,
            })
        };
        let runs = [run(0.1, 10), run(0.3, 9)];
        assert_eq!(
            row("loops", "6", &runs, &runs, Some(4.0)),
            ["loops", "6", "2.00", "2.00", "1.50", "1.50", "1.50", "25 %", "50", "5.00 %"]
        );
    }
}
