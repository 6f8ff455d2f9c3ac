//! `efm eval A B`: every measure of two sets.

use std::borrow::Cow;
use std::path::Path;

use efm::{Estimate, Host};
use efm_core::{Points, Seed};
use efm_eval::{
    Comparison, Figure, MeasureKind, MeasureSettings, Metrics, Skipped, compare, optimal_cost, space_table,
    transport_cost,
};
use efm_train::write_atomically;
use serde::Serialize;

use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::say;
use crate::sets::{Pixels, Set, in_one_frame, shape_of_run};
use crate::terminal::Terminal;

/// Seconds of work from which on a bar is shown, and from which on it is said how long it may take.
const LONG: f64 = 3.0;
const VERY_LONG: f64 = 600.0;

/// Coordinates in which two sets are compared.
pub(super) struct Space<'a> {
    /// What they are: `data`, or the name of features.
    pub name: String,
    /// What is measured in it unless told otherwise.
    pub measures: &'static [MeasureKind],
    pub first: Cow<'a, Points>,
    pub second: Cow<'a, Points>,
}

/// The figures of a space.
#[derive(Serialize)]
pub(super) struct Compared {
    pub space: String,
    pub dim: usize,
    pub figures: Vec<Figure>,
    pub skipped: Vec<Skipped>,
}

/// One of the sets, for the record.
#[derive(Serialize)]
struct Described {
    what: String,
    points: usize,
    dim: usize,
    /// `[channels, height, width]` of images.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<[usize; 3]>,
}

/// What `--json` prints: the keys of `metrics.json`, and behind them what is known of each.
#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    metrics: Metrics,
    sets: [Described; 2],
    spaces: Vec<Compared>,
}

/// Compares the two sets that the arguments name.
pub fn run(args: &EvalArgs, second: &Path, host: &Terminal) -> Result<(), Failure> {
    if let Some(out) = &args.out {
        check_place("--out", out)?;
    }
    let shape = shape_of_run(&args.first).or_else(|| shape_of_run(second));
    let pixels = Pixels { side: args.image, shape, ..Pixels::default() };
    let mut sets = [Set::read(&args.first, pixels, host)?, Set::read(second, pixels, host)?];
    if args.start.is_none() {
        let [first, second] = &mut sets;
        in_one_frame([first, second], host)?;
    }
    let start = args.start.as_deref().map(|start| Set::read(start, pixels, host)).transpose()?;
    if let [Set { image: Some(one), .. }, Set { image: Some(other), .. }] = &sets
        && one != other
    {
        return Err(Failure::usage(
            format!("images of {one} cannot be compared with images of {other}"),
            "--image SIZE brings both to one size and to colour",
        ));
    }
    let described = sets.each_ref().map(describe);
    let mut compared = Vec::new();
    for space in spaces(&sets) {
        compared.push(measure(&space, args, host)?);
    }
    let mut metrics = metrics(&sets, &compared[0].figures, args.seed);
    if let Some(start) = &start {
        metrics.transport_cost = Some(transport_cost(&start.points, &sets[0].points)?);
        let limit = efm_eval::assignment_memory(MeasureSettings::default().exact).min(host.memory_for_rows());
        metrics.optimal_cost = optimal_cost(&start.points, &sets[0].points, limit).ok();
    }
    let text = tables(&described, &compared, &metrics);
    let output = Output { metrics, sets: described, spaces: compared };
    let json = serde_json::to_string_pretty(&output).expect("plain data");
    if let Some(out) = &args.out {
        write_atomically(out, (json.clone() + "\n").as_bytes())?;
    }
    say::out(if args.json { json } else { text });
    Ok(())
}

/// Refuses to work for minutes for a file that no one can write.
pub(super) fn check_place(option: &str, file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if file.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(Failure::usage(
            format!("{option} {}: no file can be there", file.display()),
            "name a file in a folder that is there",
        ));
    }
    Ok(())
}

/// The spaces to compare the sets in: that of their coordinates.
fn spaces(sets: &[Set; 2]) -> Vec<Space<'_>> {
    let [first, second] = sets.each_ref().map(|set| Cow::Borrowed(&set.points));
    vec![Space { name: "data".to_owned(), measures: &MeasureKind::OF_POINTS, first, second }]
}

fn describe(set: &Set) -> Described {
    Described {
        what: set.what.clone(),
        points: set.points.len(),
        dim: set.points.dim(),
        image: set.image.map(|shape| [shape.channels, shape.height, shape.width]),
    }
}

/// Takes the measures of a space, with a bar where that takes long.
pub(super) fn measure(space: &Space<'_>, args: &EvalArgs, host: &Terminal) -> Result<Compared, Failure> {
    let asked = !args.measures.is_empty();
    let usual = MeasureSettings::default();
    let settings = MeasureSettings {
        // What is asked for is done on all points or refused; otherwise it should not take long.
        exact: if asked { usize::MAX } else { usual.exact },
        memory_limit: if asked { u64::MAX } else { usual.memory_limit.min(host.memory_for_rows()) },
        shrink: !asked,
        neighbours: args.neighbours,
        directions: args.directions,
        ..usual
    };
    let options = Comparison {
        seed: Seed(args.seed),
        measures: settings.of(if asked { &args.measures } else { space.measures }),
        strict: asked,
        most: args.max,
        draws: args.draws,
    };
    let (first, second) = (space.first.as_ref(), space.second.as_ref());
    if first.dim() == second.dim() {
        let bytes = options.bytes(first, second) as f64;
        let points = first.len().max(second.len());
        let part = format!("the measures of up to {points} points in D = {}", first.dim());
        let remedy =
            "--max takes fewer points; the sliced W2 and the energy distance take all, the exact W2 8 bytes per pair";
        host.check_memory(&Estimate::default().with(part, bytes, remedy))?;
    }
    let seconds = if first.dim() == second.dim() { options.seconds(first, second) } else { 0.0 };
    if seconds > VERY_LONG {
        let minutes = seconds / 60.0;
        say::note(format!(
            "about {minutes:.0} minutes of one core; --max takes fewer points, the sliced W2 is quicker"
        ));
    }
    let mut bar = (seconds > LONG).then(|| host.progress("measuring", 1_000));
    let (figures, skipped) = compare(first, second, &options, &mut |share, title| {
        if let Some(bar) = &mut bar {
            bar.set((1_000.0 * share) as usize, &|| title.to_owned());
        }
    })?;
    drop(bar);
    Ok(Compared { space: space.name.clone(), dim: first.dim(), figures, skipped })
}

/// The figures under the keys of `metrics.json`.
fn metrics(sets: &[Set; 2], figures: &[Figure], seed: u64) -> Metrics {
    let find = |kind: MeasureKind| figures.iter().find(|figure| figure.measure.name() == kind.key());
    let value = |kind| find(kind).map(|figure| figure.value);
    let floor = |kind| find(kind).and_then(|figure| figure.floor).map(|floor| floor.mean);
    Metrics {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        method: "files".to_owned(),
        seed,
        samples: sets[0].points.len(),
        dim: sets[0].points.dim(),
        w2: value(MeasureKind::W2),
        w2_floor: floor(MeasureKind::W2),
        sliced_w2: value(MeasureKind::SlicedW2),
        sliced_w2_floor: floor(MeasureKind::SlicedW2),
        energy_distance: value(MeasureKind::EnergyDistance),
        energy_distance_floor: floor(MeasureKind::EnergyDistance),
        mmd: value(MeasureKind::Mmd),
        mmd_floor: floor(MeasureKind::Mmd),
        ks_max: value(MeasureKind::KsMax),
        ks_max_floor: floor(MeasureKind::KsMax),
        floors: figures.iter().filter_map(|figure| Some((figure.measure.name().to_owned(), figure.floor?))).collect(),
        ..Metrics::default()
    }
}

/// How the tables are read.
pub(super) const READING: &str =
    "; draws and floor are of as many points each: compare these; docs/metrics.md says how";

fn tables(sets: &[Described; 2], compared: &[Compared], metrics: &Metrics) -> String {
    let mut text = String::new();
    for (set, name) in sets.iter().zip(["first ", "second"]) {
        text += &format!("{name}  {}: {} points, D = {}\n", set.what, set.points, set.dim);
    }
    for space in compared {
        let name = if compared.len() > 1 { space.space.as_str() } else { "" };
        text += &space_table(name, &space.figures, &space.skipped);
    }
    if let Some(cost) = metrics.transport_cost {
        text += &format!("  transport cost {cost:.4}");
        if let Some(best) = metrics.optimal_cost {
            text += &format!(", least possible {best:.4}");
        }
        text += "\n";
    }
    text + "seed " + &metrics.seed.to_string() + READING
}
