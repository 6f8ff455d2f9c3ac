use efm_core::{Points, Stream};

use crate::cloud::{check_pair, squared_distance, subsample};
use crate::{Budget, DEFAULT_MEMORY_LIMIT, EvalError, Label, Measure, assignment, assignment_memory};

/// W2 inside each mode of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct ModeDistances {
    /// Mean of W2 over the modes that both clouds reach, in data units; none when there is no such mode.
    pub mean: Option<f64>,
    /// W2 inside each mode; none where a cloud has no point there.
    pub per_mode: Vec<Option<f64>>,
    /// Share of the transported points in each mode; sums to 1.
    pub shares: Vec<f64>,
    /// Share of the target points in each mode.
    pub target_shares: Vec<f64>,
}

/// W2 inside each mode: every point belongs to its nearest centre (the first one on a tie); inside a mode the larger side
/// is subsampled without replacement (generators 2k and 2k+1 of `stream` for mode k) and W2 is taken.
///
/// The W2 of whole clouds hides this behind the imbalance of two random draws. A mode that one side misses has no W2 and
/// shows in the shares only, so read both.
///
/// # Errors
/// [`EvalError::Empty`] (also for no centres), [`EvalError::DimensionMismatch`], [`EvalError::TooLarge`].
pub fn w2_per_mode(
    transported: &Points,
    target: &Points,
    centres: &Points,
    stream: &Stream,
) -> Result<ModeDistances, EvalError> {
    w2_per_mode_within(transported, target, centres, stream, DEFAULT_MEMORY_LIMIT)
}

/// [`w2_per_mode`] within a memory limit in bytes.
pub(crate) fn w2_per_mode_within(
    transported: &Points,
    target: &Points,
    centres: &Points,
    stream: &Stream,
    limit: u64,
) -> Result<ModeDistances, EvalError> {
    check_pair(transported, target)?;
    if centres.is_empty() {
        return Err(EvalError::Empty { what: "the list of mode centres" });
    }
    check_pair(target, centres)?;
    let ours = members(transported, centres);
    let theirs = members(target, centres);
    let mut per_mode = Vec::with_capacity(centres.len());
    for (mode, (left, right)) in ours.iter().zip(&theirs).enumerate() {
        let size = left.len().min(right.len());
        if size == 0 {
            per_mode.push(None);
            continue;
        }
        let left = subsample(&transported.select(left), size, stream, 2 * mode as u64);
        let right = subsample(&target.select(right), size, stream, 2 * mode as u64 + 1);
        per_mode.push(Some(assignment(&left, &right, stream, limit)?.w2()));
    }
    let found: Vec<f64> = per_mode.iter().copied().flatten().collect();
    let shares = |lists: &[Vec<usize>], total: usize| -> Vec<f64> {
        lists.iter().map(|list| list.len() as f64 / total as f64).collect()
    };
    Ok(ModeDistances {
        mean: (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64),
        per_mode,
        shares: shares(&ours, transported.len()),
        target_shares: shares(&theirs, target.len()),
    })
}

/// Share of the points nearest to each centre; sums to 1.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`].
pub fn mode_shares(points: &Points, centres: &Points) -> Result<Vec<f64>, EvalError> {
    check_pair(points, centres)?;
    Ok(members(points, centres).iter().map(|list| list.len() as f64 / points.len() as f64).collect())
}

/// Indices of the points nearest to each centre.
fn members(points: &Points, centres: &Points) -> Vec<Vec<usize>> {
    let mut lists = vec![Vec::new(); centres.len()];
    for (index, point) in points.iter().enumerate() {
        let mut nearest = (f64::INFINITY, 0);
        for (mode, centre) in centres.iter().enumerate() {
            let squared = squared_distance(point, centre);
            if squared < nearest.0 {
                nearest = (squared, mode);
            }
        }
        lists[nearest.1].push(index);
    }
    lists
}

/// The mean of [`w2_per_mode`] as a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct W2PerMode {
    /// Centres of the modes.
    pub centres: Points,
    /// Bytes that matching the points of a mode may take.
    pub memory_limit: u64,
}

impl Measure for W2PerMode {
    fn name(&self) -> &str {
        "w2_per_mode"
    }

    fn value(&self, a: &Points, b: &Points, stream: &Stream) -> Result<f64, EvalError> {
        let found = w2_per_mode_within(a, b, &self.centres, stream, self.memory_limit)?;
        found.mean.ok_or(EvalError::Undefined { what: "W2 inside the modes where no mode has points of both clouds" })
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("w2_per_mode").titled("W2 per mode")]
    }

    fn budget(&self, _: usize) -> Budget {
        Budget { most: 5_000, draw: 1_000, ..Budget::of_all() }
    }

    fn memory(&self, points: [usize; 2], _: usize) -> u64 {
        // At worst all points are in one mode.
        assignment_memory(points[0].min(points[1])).min(self.memory_limit)
    }
}
