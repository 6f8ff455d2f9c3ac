use efm_core::{Points, Seed};

use crate::cloud::check_pair;
use crate::modes::w2_per_mode_within;
use crate::*;

/// What [`evaluate`] measures, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Seed of everything random in the measures.
    pub seed: Seed,
    /// Directions of the sliced distance.
    pub directions: usize,
    /// Pairs of fresh draws behind each floor; 0 leaves the floors out.
    pub floor_repeats: usize,
    /// Bytes an exact assignment may take; above that W2 and the optimal cost are left out.
    pub memory_limit: u64,
    /// Centres of the modes of the target, if it has any.
    pub centres: Option<Points>,
    /// Whether the starts are measured as well.
    pub before: bool,
}

impl Default for Evaluation {
    /// Seed 0, 256 directions, 10 pairs, 2 GiB, no modes, starts as well.
    fn default() -> Self {
        Self {
            seed: Seed(0),
            directions: DEFAULT_DIRECTIONS,
            floor_repeats: 10,
            memory_limit: DEFAULT_MEMORY_LIMIT,
            centres: None,
            before: true,
        }
    }
}

/// Takes every measure of a transported cloud against the target, with floors.
///
/// `start` is where the transported points came from, in the same order; without it there is no transport cost.
/// `target` should be a draw that training did not see, of the size of `transported` or more; it is subsampled to that
/// size, so that values and floors are of equal sizes. `draw(k)` gives fresh draws of the target for the floors, of the
/// same size; `None` takes disjoint halves of `target` (of all of it) instead.
///
/// Fills the measures of [`Metrics`], `samples` and `dim`; method, seed, device, gap, lines, seconds and version are the
/// caller's. A measure too large for the memory limit stays `None`.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], [`EvalError::Unpaired`], and what `draw` returns.
pub fn evaluate(
    start: Option<&Points>,
    transported: &Points,
    target: &Points,
    draw: Option<&mut dyn FnMut(u64) -> Result<Points, EvalError>>,
    options: &Evaluation,
) -> Result<Metrics, EvalError> {
    check_pair(transported, target)?;
    let stream = options.seed.stream("evaluate");
    let kernel = RbfMixture::from_target(target);
    let fresh = subsample(target, transported.len(), &options.seed.stream("evaluate target"), 0);
    let measures = |a: &Points, b: &Points| -> Result<[Option<f64>; 6], EvalError> {
        let exact = within_limit(assignment(a, b, &stream, options.memory_limit))?.map(|found| found.w2());
        let per_mode = match &options.centres {
            Some(centres) => within_limit(w2_per_mode_within(a, b, centres, &stream, options.memory_limit))?
                .and_then(|found| found.mean),
            None => None,
        };
        let ks = ks_per_marginal(a, b)?.iter().map(|test| test.statistic).fold(0.0, f64::max);
        Ok([
            exact,
            Some(sliced_w2(a, b, options.directions, &stream)?),
            per_mode,
            Some(energy_distance(a, b)?),
            Some(mmd(a, b, &kernel)?),
            Some(ks),
        ])
    };
    let [w2, sliced_w2, w2_per_mode, energy_distance, mmd, ks_max] = measures(transported, &fresh)?;

    let mut values: [Vec<f64>; 6] = Default::default();
    let mut collect = |a: &Points, b: &Points| -> Result<(), EvalError> {
        for (list, value) in values.iter_mut().zip(measures(a, b)?) {
            list.extend(value);
        }
        Ok(())
    };
    let repeats = options.floor_repeats as u64;
    match draw {
        Some(draw) => {
            for repeat in 0..repeats {
                collect(&draw(2 * repeat)?, &draw(2 * repeat + 1)?)?;
            }
        }
        None if target.len() >= 2 => {
            let halves = options.seed.stream("evaluate halves");
            for repeat in 0..repeats {
                let (first, second) = disjoint_halves(target, transported.len(), &halves, repeat)?;
                collect(&first, &second)?;
            }
        }
        None => {}
    }
    let floors = values.map(|list| Statistics::of(&list));
    let mut metrics = Metrics {
        samples: transported.len(),
        dim: transported.dim(),
        w2,
        sliced_w2,
        w2_per_mode,
        energy_distance,
        mmd,
        ks_max,
        w2_floor: floors[0].map(|floor| floor.mean),
        sliced_w2_floor: floors[1].map(|floor| floor.mean),
        w2_per_mode_floor: floors[2].map(|floor| floor.mean),
        energy_distance_floor: floors[3].map(|floor| floor.mean),
        mmd_floor: floors[4].map(|floor| floor.mean),
        ks_max_floor: floors[5].map(|floor| floor.mean),
        ..Metrics::default()
    };
    let keys = metrics.distances().map(|measured| measured.key);
    // The order of the measures above is w2, sliced, per mode, energy, MMD, KS: that of the tables.
    metrics.floors = keys.iter().zip(floors).filter_map(|(key, floor)| Some(((*key).to_owned(), floor?))).collect();
    if let Some(start) = start.filter(|start| options.before && start.dim() == target.dim()) {
        let before = keys.iter().zip(measures(start, &fresh)?);
        metrics.before = before.filter_map(|(key, value)| Some(((*key).to_owned(), value?))).collect();
    }
    if let Some(centres) = &options.centres {
        metrics.mode_shares = Some(mode_shares(transported, centres)?);
    }
    if let Some(start) = start {
        metrics.transport_cost = Some(transport_cost(start, transported)?);
        metrics.optimal_cost = within_limit(optimal_cost(start, transported, options.memory_limit))?;
    }
    Ok(metrics)
}

/// A measure that needs too much memory is not taken; other errors stay errors.
fn within_limit<T>(result: Result<T, EvalError>) -> Result<Option<T>, EvalError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(EvalError::TooLarge { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
