use efm_core::streams;
use efm_core::{Points, Stream};

use crate::cloud::{check_pair, squared_distance};
use crate::{EvalError, assignment};

/// The transport cost of a map: mean over i of |startᵢ − endᵢ|², in squared data units.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], [`EvalError::Unpaired`].
pub fn transport_cost(start: &Points, end: &Points) -> Result<f64, EvalError> {
    check_pair(start, end)?;
    if start.len() != end.len() {
        return Err(EvalError::Unpaired { left: start.len(), right: end.len() });
    }
    let total: f64 = start.iter().zip(end.iter()).map(|(x, y)| squared_distance(x, y)).sum();
    Ok(total / start.len() as f64)
}

/// The least transport cost between the same starts and the same ends, over all ways to pair them; exact, within
/// `limit` bytes (see [`crate::assignment_memory`]). Never above [`transport_cost`].
///
/// # Errors
/// As [`transport_cost`], and [`EvalError::TooLarge`].
pub fn optimal_cost(start: &Points, end: &Points, limit: u64) -> Result<f64, EvalError> {
    let taken = transport_cost(start, end)?;
    // Sizes are equal, so nothing is drawn from the stream.
    let best = assignment(start, end, &unused_stream(), limit)?.mean_squared;
    Ok(best.min(taken))
}

fn unused_stream() -> Stream {
    efm_core::Seed(0).stream(streams::UNUSED)
}
