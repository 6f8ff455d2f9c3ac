//! Two sets, every measure: figures with sample sizes, intervals and floors.

mod draws;
mod measure;
mod table;

use std::collections::BTreeMap;

use efm_core::{Points, Seed};
use serde::Serialize;

use self::draws::{Draws, chosen};
use self::measure::Family;
use crate::cloud::check_pair;
use crate::*;

pub use measure::Measure;
pub use table::space_table;

/// What [`compare`] measures, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Seed of everything random.
    pub seed: Seed,
    /// What to measure.
    pub measures: Vec<Measure>,
    /// A measure that cannot be taken is an error; otherwise it is skipped, and an assignment too large for the memory takes
    /// fewer points.
    pub strict: bool,
    /// Points of each set in any figure, at most; `None` lets each measure take what is done in about a minute.
    pub most: Option<usize>,
    /// Points of each set in the exact W2, at most, for D > 1.
    pub exact: usize,
    /// Draws behind each floor and interval; 0 leaves them out.
    pub draws: usize,
    /// k of nearest neighbours.
    pub neighbours: usize,
    /// Directions of the sliced distance.
    pub directions: usize,
    /// Relabellings behind the p-value of the classifier test.
    pub relabellings: usize,
    /// Bytes an exact assignment may take.
    pub memory_limit: u64,
}

impl Default for Comparison {
    /// Seed 0, measures of points, 5 000 points in the exact W2, 20 draws, 5 neighbours, 256 directions, 999 relabellings, 2 GiB.
    fn default() -> Self {
        Self {
            seed: Seed(0),
            measures: Measure::OF_POINTS.to_vec(),
            strict: false,
            most: None,
            exact: 5_000,
            draws: 20,
            neighbours: DEFAULT_NEIGHBOURS,
            directions: DEFAULT_DIRECTIONS,
            relabellings: DEFAULT_RELABELLINGS,
            memory_limit: DEFAULT_MEMORY_LIMIT,
        }
    }
}

/// One measure of two sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Which measure.
    pub measure: Measure,
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
    pub details: BTreeMap<&'static str, f64>,
}

impl Figure {
    /// The mean over draws relative to the mean floor, both on as many points; none where that says nothing.
    pub fn ratio(&self) -> Option<f64> {
        let (draws, floor) = (self.draws?.mean, self.floor?.mean);
        (self.measure.has_ratio() && floor > 0.0).then(|| draws / floor)
    }
}

/// A measure that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Which.
    pub measure: Measure,
    /// Why.
    pub reason: String,
}

/// The measures of two sets, in the order of [`Measure::ALL`], and those that could not be taken.
///
/// The second set is the target: kernels and balls are made from it, and floors are those of its law. Larger sets than a measure can
/// take are subsampled without replacement. Intervals come from draws of half of each set (or fewer points) without
/// replacement: the standard deviation of a measure over these, scaled to the size of the figure, times Student's t (the
/// delete-d jackknife; Shao and Wu, Annals of Statistics 17, 1989). `progress` hears which share of the work is done, and
/// what comes next.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`]; with `strict` also [`EvalError::TooSmall`] and [`EvalError::TooLarge`].
pub fn compare(
    a: &Points,
    b: &Points,
    options: &Comparison,
    progress: &mut dyn FnMut(f64, Measure),
) -> Result<(Vec<Figure>, Vec<Skipped>), EvalError> {
    check_pair(a, b)?;
    let kernel = match options.measures.contains(&Measure::Mmd) {
        true => RbfMixture::from_target(b),
        false => RbfMixture::new(1.0),
    };
    let mut measures: Vec<_> = Measure::ALL.into_iter().filter(|measure| options.measures.contains(measure)).collect();
    measures.dedup_by_key(|measure| measure.family());
    let plans: Vec<Plan> = measures.iter().map(|measure| Plan::new(*measure, a, b, options)).collect();
    let all: f64 = plans.iter().map(|plan| plan.cost + plan.draws_cost).sum();
    let (mut figures, mut skipped, mut done) = (Vec::new(), Vec::new(), 0.0);
    for plan in &plans {
        progress(done / all, plan.first);
        let result = plan.run(a, b, &kernel, options, &mut |share| {
            progress((done + plan.cost + share * plan.draws_cost) / all, plan.first);
        });
        let wanted =
            Measure::ALL.into_iter().filter(|other| other.family() == plan.family && options.measures.contains(other));
        match result {
            Ok(found) => figures.extend(found.into_iter().filter(|figure| options.measures.contains(&figure.measure))),
            Err(error @ (EvalError::TooSmall { .. } | EvalError::TooLarge { .. })) if !options.strict => {
                skipped.extend(wanted.map(|measure| Skipped { measure, reason: error.to_string() }));
            }
            Err(error) => return Err(error),
        }
        done += plan.cost + plan.draws_cost;
    }
    figures.sort_by_key(|figure| figure.measure);
    Ok((figures, skipped))
}

impl Comparison {
    /// Seconds that [`compare`] will take on one core, roughly.
    pub fn seconds(&self, a: &Points, b: &Points) -> f64 {
        let mut measures: Vec<_> = Measure::ALL.into_iter().filter(|measure| self.measures.contains(measure)).collect();
        measures.dedup_by_key(|measure| measure.family());
        measures
            .iter()
            .map(|&measure| Plan::new(measure, a, b, self))
            .map(|plan| plan.cost + plan.draws_cost)
            .sum::<f64>()
            * 1e-9
    }

    /// Bytes that [`compare`] will take beside the sets themselves, roughly.
    pub fn bytes(&self, a: &Points, b: &Points) -> f64 {
        let of = |measure: &Measure| {
            let plan = Plan::new(*measure, a, b, self);
            let points = plan.samples.iter().sum::<usize>() as f64;
            let values = points * a.dim() as f64;
            match plan.family {
                Family::W2 if a.dim() > 1 => assignment_memory(plan.samples[0]) as f64,
                Family::Frechet => 8.0 * values + 64.0 * (a.dim() as f64).powi(2),
                Family::Sliced => 64.0 * points,
                Family::Classifier => 8.0 * values + 300.0 * points,
                Family::Manifold => 8.0 * values + 200.0 * points,
                _ => 12.0 * values,
            }
        };
        self.measures.iter().map(of).fold(0.0, f64::max)
    }
}

/// A family of measures and the points it is taken on.
struct Plan {
    first: Measure,
    family: Family,
    samples: [usize; 2],
    cost: f64,
    draws_cost: f64,
}

impl Plan {
    fn new(first: Measure, a: &Points, b: &Points, options: &Comparison) -> Self {
        let (family, dim) = (first.family(), a.dim());
        let lengths = [a.len(), b.len()];
        let usual = family.usual_most(dim, options);
        // The size of an assignment is asked for by itself.
        let most = if family == Family::W2 && dim > 1 {
            usual.min(options.most.unwrap_or(usize::MAX))
        } else {
            options.most.unwrap_or(usual)
        };
        let mut samples = lengths.map(|length| length.min(most));
        if family == Family::W2 && dim > 1 {
            let fits = if options.strict { usize::MAX } else { fitting(options.memory_limit) };
            samples = [samples[0].min(samples[1]).min(fits); 2];
        }
        let draws = Draws::sizes(family, lengths, dim, options.most.unwrap_or(usize::MAX));
        let each = draws.map_or(0.0, |[left, right]| {
            family.cost(left, right, dim, options) + family.cost(left, right, dim, options)
        });
        Self {
            first,
            family,
            samples,
            cost: family.cost(samples[0], samples[1], dim, options),
            draws_cost: family.draws(dim, options.draws) as f64 * each,
        }
    }

    fn run(
        &self,
        a: &Points,
        b: &Points,
        kernel: &RbfMixture,
        options: &Comparison,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Figure>, EvalError> {
        let first = chosen(a, self.samples[0], options.seed, 0);
        let second = chosen(b, self.samples[1], options.seed, 1);
        let stream = options.seed.stream("compare");
        let taken = self.family.take(&first, &second, kernel, &stream, options, true)?;
        progress(0.0);
        let count = self.family.draws(a.dim(), options.draws).max(1) as f64;
        let draws =
            Draws::take(self.family, [a, b], self.samples, kernel, options, |draw| progress(draw as f64 / count))?;
        let figure = |(measure, value): (Measure, f64)| {
            let spread = draws.as_ref().and_then(|draws| draws.statistics(measure));
            let half = draws.as_ref().and_then(|draws| draws.half_interval(measure));
            let (least, most) = measure.range();
            Figure {
                measure,
                value,
                low: half.map(|half| (value - half).max(least)),
                high: half.map(|half| (value + half).min(most)),
                samples: self.samples,
                seed: options.seed.0,
                draws: spread.map(|(draws, _)| draws),
                draw_samples: draws.as_ref().map(|draws| draws.samples),
                floor: spread.map(|(_, floor)| floor),
                floor_samples: draws.as_ref().map(|draws| draws.floor_samples),
                p_value: taken.p_value,
                details: taken.details.clone(),
            }
        };
        Ok(taken.values.iter().copied().map(figure).collect())
    }
}

/// Points of an assignment that fits into so many bytes.
fn fitting(limit: u64) -> usize {
    let mut count = ((limit / 8) as f64).sqrt() as usize;
    while count > 0 && assignment_memory(count) > limit {
        count -= 1 + count / 1_000;
    }
    count
}
