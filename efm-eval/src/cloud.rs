//! Checks and random choices that every measure shares.

use efm_core::{Points, Stream};
use rand::{Rng, RngExt};

use crate::EvalError;

/// Both clouds hold points of the same D.
pub(crate) fn check_pair(a: &Points, b: &Points) -> Result<(), EvalError> {
    if a.is_empty() {
        return Err(EvalError::Empty { what: "the first cloud" });
    }
    if b.is_empty() {
        return Err(EvalError::Empty { what: "the second cloud" });
    }
    if a.dim() != b.dim() {
        return Err(EvalError::DimensionMismatch { left: a.dim(), right: b.dim() });
    }
    Ok(())
}

/// `count` different indices below `len` in random order (Fisher–Yates, stopped early); all of them when
/// `count ≥ len`.
pub(crate) fn shuffled(len: usize, count: usize, generator: &mut impl Rng) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..len).collect();
    for place in 0..count.min(len) {
        indices.swap(place, generator.random_range(place..len));
    }
    indices.truncate(count);
    indices
}

/// `count` different random indices below `len`, rising; all of them, and nothing drawn, when `count ≥ len`.
pub(crate) fn choose(len: usize, count: usize, generator: &mut impl Rng) -> Vec<usize> {
    if count >= len {
        return (0..len).collect();
    }
    let mut indices = shuffled(len, count, generator);
    indices.sort_unstable();
    indices
}

/// `count` points drawn without replacement by generator `index` of the stream; the cloud itself, in its order, when it
/// holds no more than that.
pub fn subsample(points: &Points, count: usize, stream: &Stream, index: u64) -> Points {
    if count >= points.len() {
        return points.clone();
    }
    points.select(&choose(points.len(), count, &mut stream.at(index)))
}

/// Coordinate `axis` of every point, in f64.
pub(crate) fn coordinate(points: &Points, axis: usize) -> Vec<f64> {
    points.iter().map(|point| f64::from(point[axis])).collect()
}

/// |a − b|² in f64; eight lanes, so that the compiler can use wide registers.
#[inline(always)]
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            let difference = f64::from(x[lane]) - f64::from(y[lane]);
            lanes[lane] += difference * difference;
        }
    }
    let mut sum: f64 = lanes.iter().sum();
    for (&x, &y) in a_rest.iter().zip(b_rest) {
        let difference = f64::from(x) - f64::from(y);
        sum += difference * difference;
    }
    sum
}
