use efm_data::Scaling;
use efm_field::Law;
use efm_integrate::maps::Lift;
use serde::Serialize;

use super::{Checkup, CloudCheck};
use crate::config::{Charges, RunConfig};

/// Something about the data or the settings that may spoil the result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// What was found.
    pub finding: String,
    /// What to do about it.
    pub advice: String,
}

/// Fewer points than this are separate atoms to a network, not a density.
const FEW: usize = 200;

/// Share of repeated points above which the field has charges of several weights.
const MANY_REPEATED: f64 = 0.01;

/// Coordinates whose spreads differ by more than this hide the small ones from every distance.
const UNEVEN: f64 = 30.0;

/// Gaps below this many bias lengths leave forward-only transport visibly biased: Kolmogorov-Smirnov distances of 0.05 and
/// more were measured up to twenty.
const UNBIASED: f64 = 20.0;

/// With fewer effective charges the field is that of single pairs.
const SINGLE: f64 = 3.0;

pub(super) fn conclude(checkup: &Checkup, config: &RunConfig) -> Vec<Advice> {
    let mut found = Vec::new();
    let mut say = |finding: String, advice: &str| found.push(Advice { finding, advice: advice.to_owned() });
    for (name, cloud) in [("source", &checkup.source), ("target", &checkup.target)] {
        about_cloud(name, cloud, config, &mut say);
    }
    about_gap(checkup, config, &mut say);
    about_field(checkup, config, &mut say);
    found
}

fn about_cloud(name: &str, cloud: &CloudCheck, config: &RunConfig, say: &mut dyn FnMut(String, &str)) {
    if let Some(rows) = cloud.rows.filter(|rows| *rows < FEW) {
        say(
            format!("the {name} has {rows} rows"),
            "expect a field of separate atoms: bring more rows, or smooth them with noise of the neighbour distance",
        );
    }
    if !cloud.constant_columns.is_empty() {
        let shown: Vec<_> = cloud.constant_columns.iter().take(6).map(usize::to_string).collect();
        let more = if cloud.constant_columns.len() > 6 { ", …" } else { "" };
        say(
            format!(
                "{} of {} columns of the {name} never vary: {}{more}",
                cloud.constant_columns.len(),
                cloud.dim,
                shown.join(", ")
            ),
            "drop columns that are constant on both plates; each costs the network one coordinate",
        );
    }
    if cloud.repeated > MANY_REPEATED {
        say(
            format!("{:.1} % of the rows of the {name} repeat an earlier one", 100.0 * cloud.repeated),
            "repeated rows carry several charges: remove them unless they are meant as weights",
        );
    } else if cloud.crowded > MANY_REPEATED {
        say(
            format!("{:.1} % of the points of the {name} have a neighbour at distance 0", 100.0 * cloud.crowded),
            "look for rows that differ in rounding only, and remove them",
        );
    }
    if cloud.anisotropy > UNEVEN && config.data.scaling != Scaling::PerCoordinate {
        say(
            format!("columns of the {name} differ in spread by factors of {:.0}", cloud.anisotropy),
            "set data.scaling = \"per-coordinate\", or small columns do not count",
        );
    }
}

fn about_gap(checkup: &Checkup, config: &RunConfig, say: &mut dyn FnMut(String, &str)) {
    let ratio = checkup.gap_in_use / checkup.gap.gap;
    if ratio < 0.4 {
        say(
            format!("the gap is {ratio:.2} of the automatic one"),
            "lines of the tails run along the plates: leave plates.gap at \"auto\"",
        );
    }
    if ratio > 3.0 {
        say(
            format!("the gap is {ratio:.1} times the automatic one"),
            "lines spread far beyond the data and forget where they started: leave plates.gap at \"auto\"",
        );
    }
    let lengths = checkup.gap_in_use / checkup.lines.bias_length;
    if config.plates.law != Law::Mirror && lengths < UNBIASED {
        say(
            format!("forward-only transport is biased: L is {lengths:.1} times √2 σ D^(−1/4), unbiased far above that"),
            "use the method mirror, which is exact for every gap, or a larger plates.gap",
        );
    }
}

fn about_field(checkup: &Checkup, config: &RunConfig, say: &mut dyn FnMut(String, &str)) {
    let midway = checkup.lines.effective.iter().min_by(|a, b| {
        let from_middle = |height: f64| (height - 0.5 * checkup.gap_in_use).abs();
        from_middle(a.height).total_cmp(&from_middle(b.height))
    });
    if let Some(midway) = midway.filter(|midway| midway.median < SINGLE) {
        say(
            format!("midway the field is that of {:.1} charges, not of a density", midway.median),
            "raise train.charges, or bring fewer coordinates; a network may still average over pools",
        );
    }
    let height = checkup.start_height;
    let near = checkup.source.neighbour_distance;
    let at_start = checkup.lines.effective.iter().find(|effective| effective.height == height);
    let atoms = at_start.is_some_and(|effective| effective.median < SINGLE);
    if atoms && matches!(config.solver.lift, Lift::Along | Lift::Straight) {
        say(
            format!(
                "where lines start, z = {height:.3}, the field is that of single source charges; neighbours are {near:.3} apart"
            ),
            "raise solver.start_height towards that distance, with solver.lift = \"brownian\" in many dimensions",
        );
    }
    if let (Charges::Count(count), Some(rows)) = (config.train.charges, checkup.target.rows)
        && rows > 20 * count
    {
        say(
            format!("each pool sees {count} of {rows} rows of the target"),
            "raise train.charges if rare parts of the target matter",
        );
    }
}
