//! Measures of any two sets of points.

use efm_core::{Points, Seed};
use efm_eval::{
    Comparison, DEFAULT_DIRECTIONS, DEFAULT_NEIGHBOURS, Figure, MeasureKind, MeasureSettings, Metrics, Skipped,
    compare, optimal_cost, transport_cost,
};
use serde::Serialize;

use crate::{Error, Estimate, Host, Set};

/// Seconds of work from which on progress is shown, and from which on it is said how long it may take.
const LONG: f64 = 3.0;
const VERY_LONG: f64 = 600.0;

/// How two sets are compared.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// What to measure, on all points or not at all; without names the usual measures, as far as they do not take long.
    pub measures: Vec<MeasureKind>,
    /// Points of each set in a measure, at most.
    pub most: Option<usize>,
    /// Draws behind each floor and confidence interval.
    pub draws: usize,
    /// Neighbours that make precision, recall, density, coverage and the classifier.
    pub neighbours: usize,
    /// Directions of the sliced W2.
    pub directions: usize,
    /// Seed of the measures' randomness.
    pub seed: Seed,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            measures: Vec::new(),
            most: None,
            draws: 20,
            neighbours: DEFAULT_NEIGHBOURS,
            directions: DEFAULT_DIRECTIONS,
            seed: Seed(1),
        }
    }
}

/// The figures of two clouds in one space.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// What the coordinates are: `data`, or the name of a network whose features they are.
    pub space: String,
    /// Number of coordinates.
    pub dim: usize,
    /// The measures that were taken.
    pub figures: Vec<Figure>,
    /// Those that were not, and why.
    pub skipped: Vec<Skipped>,
}

/// One of two sets, for the record.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    /// The set in a few words.
    pub what: String,
    /// Number of points.
    pub points: usize,
    /// Number of coordinates.
    pub dim: usize,
    /// `[channels, height, width]` of images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 3]>,
}

/// Two sets compared: the keys of `metrics.json`, and behind them what is known of each figure.
#[derive(Debug, Clone, Serialize)]
pub struct SetComparison {
    /// The figures under the keys of a run's measures.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// The two sets.
    pub sets: [Described; 2],
    /// The spaces they were compared in.
    pub spaces: Vec<Compared>,
}

/// Compares two sets in the space of their coordinates; `start` is where the points of the first came from, row by row.
///
/// # Errors
/// [`Error::Argument`] for images of different sizes; [`Error::Eval`], and [`Kind::Resource`](crate::Kind::Resource).
pub fn compare_sets(
    sets: &[Set; 2],
    start: Option<&Points>,
    options: &CompareOptions,
    host: &dyn Host,
) -> Result<SetComparison, Error> {
    let [first, second] = sets;
    if let (Some(one), Some(other)) = (first.image, second.image)
        && one != other
    {
        let message = format!("images of {one} cannot be compared with images of {other}");
        return Err(Error::argument("image", "", message, "one size for both, in colour, makes them comparable"));
    }
    let compared = compare_points("data", [&first.points, &second.points], &MeasureKind::OF_POINTS, options, host)?;
    let mut metrics = metrics(&first.points, &compared.figures, options.seed);
    if let Some(start) = start {
        metrics.transport_cost = Some(transport_cost(start, &first.points)?);
        let limit = efm_eval::assignment_memory(MeasureSettings::default().exact).min(host.memory_for_rows());
        metrics.optimal_cost = optimal_cost(start, &first.points, limit).ok();
    }
    Ok(SetComparison { metrics, sets: sets.each_ref().map(Described::of), spaces: vec![compared] })
}

impl Described {
    fn of(set: &Set) -> Self {
        Self {
            what: set.what.clone(),
            points: set.points.len(),
            dim: set.points.dim(),
            image: set.image.map(|shape| [shape.channels, shape.height, shape.width]),
        }
    }
}

/// Takes the measures of two clouds, with progress where that takes long; `usual` are those taken unless others are asked for.
///
/// # Errors
/// [`Error::Eval`] for clouds that cannot be compared, and [`Kind::Resource`](crate::Kind::Resource).
pub fn compare_points(
    space: &str,
    [first, second]: [&Points; 2],
    usual: &[MeasureKind],
    options: &CompareOptions,
    host: &dyn Host,
) -> Result<Compared, Error> {
    let asked = !options.measures.is_empty();
    let defaults = MeasureSettings::default();
    let settings = MeasureSettings {
        // What is asked for is done on all points or refused; otherwise it should not take long.
        exact: if asked { usize::MAX } else { defaults.exact },
        memory_limit: if asked { u64::MAX } else { defaults.memory_limit.min(host.memory_for_rows()) },
        shrink: !asked,
        neighbours: options.neighbours,
        directions: options.directions,
        ..defaults
    };
    let comparison = Comparison {
        seed: options.seed,
        measures: settings.of(if asked { &options.measures } else { usual }),
        strict: asked,
        most: options.most,
        draws: options.draws,
    };
    let mut seconds = 0.0;
    if first.dim() == second.dim() {
        let bytes = comparison.bytes(first, second) as f64;
        let points = first.len().max(second.len());
        let part = format!("the measures of up to {points} points in D = {}", first.dim());
        let remedy = "take fewer points; the sliced W2 and the energy distance take all, the exact W2 8 bytes per pair";
        host.check_memory(&Estimate::default().with(part, bytes, remedy))?;
        seconds = comparison.seconds(first, second);
    }
    if seconds > VERY_LONG {
        let minutes = seconds / 60.0;
        host.note(&format!(
            "about {minutes:.0} minutes of one core; fewer points take less, and the sliced W2 is quicker"
        ));
    }
    let mut bar = (seconds > LONG).then(|| host.progress("measuring", 1_000));
    let (figures, skipped) = compare(first, second, &comparison, &mut |share, title| {
        if let Some(bar) = &mut bar {
            bar.set((1_000.0 * share) as usize, &|| title.to_owned());
        }
    })?;
    drop(bar);
    Ok(Compared { space: space.to_owned(), dim: first.dim(), figures, skipped })
}

/// The figures under the keys of `metrics.json`.
fn metrics(first: &Points, figures: &[Figure], seed: Seed) -> Metrics {
    let find = |kind: MeasureKind| figures.iter().find(|figure| figure.measure.name() == kind.key());
    let value = |kind| find(kind).map(|figure| figure.value);
    let floor = |kind| find(kind).and_then(|figure| figure.floor).map(|floor| floor.mean);
    Metrics {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        method: "files".to_owned(),
        seed: seed.0,
        samples: first.len(),
        dim: first.dim(),
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
