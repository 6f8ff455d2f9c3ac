//! Flow matching on linear paths, the yardstick: no field, pairs of independent points.

use efm_core::{Augmented, Points, Stream};
use rand::RngExt;

/// Points (x, z) on straight paths from `source` to `target`, row by row, and their velocities dx/dt = x₁ − x₀, N · D numbers:
/// x = (1 − t) x₀ + t x₁ at z = t·`gap`, t uniform, drawn from `stream.at(first + row)` (Lipman et al. 2023, arXiv 2210.02747, with
/// σ_min = 0; Liu et al. 2023, arXiv 2209.03003). The mean of the velocities at a place is that of the flow from source to target.
pub(crate) fn paths(source: &Points, target: &Points, gap: f64, stream: &Stream, first: u64) -> (Augmented, Vec<f32>) {
    let mut points = Augmented::new(source.dim());
    let mut velocities = Vec::with_capacity(source.len() * source.dim());
    let mut x = vec![0.0; source.dim()];
    for (row, (start, end)) in source.iter().zip(target.iter()).enumerate() {
        let t: f64 = stream.at(first.wrapping_add(row as u64)).random();
        for (x, (&start, &end)) in x.iter_mut().zip(start.iter().zip(end)) {
            *x = (1.0 - t) * f64::from(start) + t * f64::from(end);
            velocities.push(end - start);
        }
        points.push(&x, t * gap);
    }
    (points, velocities)
}
