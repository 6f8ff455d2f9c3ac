//! Two sets, every measure: figures with sample sizes, intervals and floors.

mod draws;
mod plan;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use efm_core::{Points, Seed};
use serde::Serialize;

use self::plan::Plan;
use crate::cloud::check_pair;
use crate::{EvalError, Label, Measure, MeasureKind, MeasureSettings, Statistics};

pub use table::space_table;

/// What [`compare`] measures, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Seed of everything random.
    pub seed: Seed,
    /// What to measure: [`MeasureSettings::of`] makes those of this crate, and anyone else's stand beside them.
    pub measures: Vec<Arc<dyn Measure>>,
    /// A measure that cannot be taken is an error; otherwise it is skipped.
    pub strict: bool,
    /// Points of each set in any figure, at most; `None` lets each measure take what is done in about a minute.
    pub most: Option<usize>,
    /// Draws behind each floor and interval; 0 leaves them out.
    pub draws: usize,
}

impl Default for Comparison {
    /// Seed 0, measures of points with their usual settings, 20 draws.
    fn default() -> Self {
        Self {
            seed: Seed(0),
            measures: MeasureSettings::default().of(&MeasureKind::OF_POINTS),
            strict: false,
            most: None,
            draws: 20,
        }
    }
}

/// One measure of two sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What it is.
    pub measure: Label,
    /// Its value on `samples` points.
    pub value: f64,
    /// Ends of the 95 % interval of `value`: what it might have been on other points of the same laws, as many. Null for sets
    /// too small to be halved.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// Points of the first and of the second set behind `value`.
    pub samples: [usize; 2],
    /// Seed of everything random in it.
    pub seed: u64,
    /// The measure between draws of the two sets, of `draw_samples` points: what to hold against `floor`.
    pub draws: Option<Statistics>,
    /// Points of each set in such a draw.
    pub draw_samples: Option<[usize; 2]>,
    /// The measure between two disjoint draws of the second set, of `floor_samples` points: what its law itself would get.
    pub floor: Option<Statistics>,
    /// Points in these two.
    pub floor_samples: Option<[usize; 2]>,
    /// Probability of a value as large if both sets came from one law, for tests.
    pub p_value: Option<f64>,
    /// What else belongs to the measure: directions, neighbours, width of a kernel.
    pub details: BTreeMap<String, f64>,
}

impl Figure {
    /// The mean over draws relative to the mean floor, both on as many points; none where that says nothing.
    pub fn ratio(&self) -> Option<f64> {
        let (draws, floor) = (self.draws?.mean, self.floor?.mean);
        (self.measure.has_ratio() && floor > 0.0).then(|| draws / floor)
    }
}

/// A measure that was not taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Skipped {
    /// Which.
    pub measure: Label,
    /// Why.
    pub reason: String,
}

/// The measures of two sets, in the order of `options.measures`, and those that could not be taken.
///
/// The second set is the target: kernels and balls are made from it, and floors are those of its law. Larger sets than a measure can
/// take are subsampled without replacement. Intervals come from draws of half of each set (or fewer points) without
/// replacement: the standard deviation of a measure over these, scaled to the size of the figure, times Student's t (the
/// delete-d jackknife; Shao and Wu, Annals of Statistics 17, 1989). `progress` hears which share of the work is done, and
/// what comes next, as tables call it.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], [`EvalError::SameName`], and what a measure returns; only with `strict`
/// [`EvalError::TooSmall`], [`EvalError::TooLarge`] and [`EvalError::Undefined`].
pub fn compare(
    a: &Points,
    b: &Points,
    options: &Comparison,
    progress: &mut dyn FnMut(f64, &str),
) -> Result<(Vec<Figure>, Vec<Skipped>), EvalError> {
    check_pair(a, b)?;
    let plans = options.plans(a, b);
    different(plans.iter().flat_map(|plan| &plan.labels))?;
    let all: f64 = plans.iter().map(Plan::work).sum();
    let (mut figures, mut skipped, mut done) = (Vec::new(), Vec::new(), 0.0);
    for plan in &plans {
        let title = plan.labels.first().map_or("", Label::title);
        progress(done / all, title);
        match plan.run(a, b, options, &mut |share| progress((done + plan.done(share)) / all, title)) {
            Ok(found) => figures.extend(found),
            Err(error) if error.leaves_out() && !options.strict => {
                let reason = error.to_string();
                skipped
                    .extend(plan.labels.iter().map(|label| Skipped { measure: label.clone(), reason: reason.clone() }));
            }
            Err(error) => return Err(error),
        }
        done += plan.work();
    }
    Ok((figures, skipped))
}

/// Refuses two labels of one name.
pub(crate) fn different<'a>(labels: impl Iterator<Item = &'a Label>) -> Result<(), EvalError> {
    let mut seen = std::collections::BTreeSet::new();
    for label in labels {
        if !seen.insert(label.name()) {
            return Err(EvalError::SameName { name: label.name().to_owned() });
        }
    }
    Ok(())
}

impl Comparison {
    /// Seconds that [`compare`] will take on one core, roughly.
    pub fn seconds(&self, a: &Points, b: &Points) -> f64 {
        self.plans(a, b).iter().map(Plan::work).sum::<f64>() * 1e-9
    }

    /// Bytes that [`compare`] will take beside the sets themselves, roughly.
    pub fn bytes(&self, a: &Points, b: &Points) -> u64 {
        self.plans(a, b).iter().map(|plan| plan.memory(a.dim())).max().unwrap_or(0)
    }

    fn plans(&self, a: &Points, b: &Points) -> Vec<Plan> {
        self.measures.iter().map(|measure| Plan::new(measure.clone(), a, b, self)).collect()
    }
}
