use std::sync::Arc;

use efm_core::streams;
use efm_core::{Points, Seed, Stream};

use crate::cloud::check_pair;
use crate::compare::different;
use crate::{
    DEFAULT_DIRECTIONS, DEFAULT_MEMORY_LIMIT, EnergyDistance, EvalError, KsMax, Label, Measure, Metrics, Mmd, SlicedW2,
    Statistics, W2, W2PerMode, disjoint_halves, mode_shares, optimal_cost, subsample, transport_cost,
};

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
    /// Measures of one's own, beside W2, sliced W2, W2 per mode, energy distance, MMD and KS; see [`Metrics::own`].
    pub own: Vec<Arc<dyn Measure>>,
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
            own: Vec::new(),
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
/// caller's. A measure too large for the memory limit, or that these points do not have, stays `None`.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], [`EvalError::Unpaired`], [`EvalError::SameName`], and what `draw` and
/// measures of one's own return.
pub fn evaluate(
    start: Option<&Points>,
    transported: &Points,
    target: &Points,
    draw: Option<&mut dyn FnMut(u64) -> Result<Points, EvalError>>,
    options: &Evaluation,
) -> Result<Metrics, EvalError> {
    check_pair(transported, target)?;
    let measures = Measures::new(options, target)?;
    let fresh = subsample(target, transported.len(), &options.seed.stream(streams::EVALUATE_TARGET), 0);
    let values = measures.take(transported, &fresh)?;
    let floors = measures.floors(transported.len(), target, draw, options)?;
    let mut metrics = Metrics { samples: transported.len(), dim: transported.dim(), ..Metrics::default() };
    for ((label, value), floor) in measures.labels.iter().zip(values).zip(&floors) {
        metrics.put(label, value, floor.map(|floor| floor.mean));
    }
    let names = || measures.labels.iter().map(|label| label.name().to_owned());
    metrics.floors = names().zip(floors).filter_map(|(name, floor)| Some((name, floor?))).collect();
    if let Some(start) = start.filter(|start| options.before && start.dim() == target.dim()) {
        let before = names().zip(measures.take(start, &fresh)?);
        metrics.before = before.filter_map(|(name, value)| Some((name, value?))).collect();
    }
    if let Some(centres) = &options.centres {
        metrics.mode_shares = Some(mode_shares(transported, centres)?);
    }
    if let Some(start) = start {
        metrics.transport_cost = Some(transport_cost(start, transported)?);
        metrics.optimal_cost = if_there(optimal_cost(start, transported, options.memory_limit))?;
    }
    Ok(metrics)
}

/// What is measured, made for the target.
struct Measures {
    all: Vec<Arc<dyn Measure>>,
    labels: Vec<Label>,
    stream: Stream,
}

impl Measures {
    fn new(options: &Evaluation, target: &Points) -> Result<Self, EvalError> {
        let memory_limit = options.memory_limit;
        let w2 = W2 { most: usize::MAX, memory_limit, shrink: false, one_to_one: true };
        let mut all: Vec<Arc<dyn Measure>> = vec![Arc::new(w2), Arc::new(SlicedW2 { directions: options.directions })];
        if let Some(centres) = options.centres.clone() {
            all.push(Arc::new(W2PerMode { centres, memory_limit }));
        }
        let others: [Arc<dyn Measure>; 3] = [Arc::new(EnergyDistance), Arc::new(Mmd::default()), Arc::new(KsMax)];
        all.extend(others);
        all.extend(options.own.iter().cloned());
        let all: Vec<_> = all.into_iter().map(|measure| measure.for_target(target).unwrap_or(measure)).collect();
        let labels: Vec<Label> = all.iter().flat_map(|measure| measure.labels()).collect();
        different(labels.iter())?;
        Ok(Self { all, labels, stream: options.seed.stream(streams::EVALUATE) })
    }

    /// A value for each label, where there is one.
    fn take(&self, a: &Points, b: &Points) -> Result<Vec<Option<f64>>, EvalError> {
        let mut values = Vec::with_capacity(self.labels.len());
        for measure in &self.all {
            let count = measure.labels().len();
            let mut found = if_there(measure.values(a, b, &self.stream))?.unwrap_or_default().into_iter();
            values.extend((0..count).map(|_| found.next()));
        }
        Ok(values)
    }

    /// A floor for each label, from pairs of fresh draws or else from disjoint halves of the target.
    fn floors(
        &self,
        size: usize,
        target: &Points,
        draw: Option<&mut dyn FnMut(u64) -> Result<Points, EvalError>>,
        options: &Evaluation,
    ) -> Result<Vec<Option<Statistics>>, EvalError> {
        let mut lists = vec![Vec::new(); self.labels.len()];
        let mut collect = |a: &Points, b: &Points| -> Result<(), EvalError> {
            for (list, value) in lists.iter_mut().zip(self.take(a, b)?) {
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
                let halves = options.seed.stream(streams::EVALUATE_HALVES);
                for repeat in 0..repeats {
                    let (first, second) = disjoint_halves(target, size, &halves, repeat)?;
                    collect(&first, &second)?;
                }
            }
            None => {}
        }
        Ok(lists.iter().map(|list| Statistics::of(list)).collect())
    }
}

/// A measure that needs too much memory, or that is not defined, is not taken; other errors stay errors.
fn if_there<T>(result: Result<T, EvalError>) -> Result<Option<T>, EvalError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(EvalError::TooLarge { .. } | EvalError::Undefined { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
