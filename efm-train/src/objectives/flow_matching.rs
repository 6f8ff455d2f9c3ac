use burn::tensor::Tensor;
use efm_core::{Augmented, Points, Stream};
use efm_field::PointSampler;
use efm_models::{FieldNet, Head};
use rand::RngExt;

use super::losses::weighted_squared_error;
use super::{Objective, PoolDraw};
use crate::{BatchTensors, Pool, TrainError};

/// The yardstick, no field at all: the velocity x₁ − x₀ at (1 − t) x₀ + t x₁, t = z/L, of independent points x₀ of the
/// source and x₁ of the target (flow matching on linear paths; Lipman et al. 2023, arXiv 2210.02747; Liu et al. 2023,
/// arXiv 2209.03003). Neither the points between the plates nor the number of charges matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlowMatching;

impl Objective for FlowMatching {
    fn name(&self) -> &str {
        "flow-matching"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Velocity
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (source, target) = draw.pairs()?;
        let (points, velocities) = paths(&source, &target, draw.geometry().gap, draw.stream(), draw.first());
        Pool::new(&points, velocities, vec![1.0; draw.count()])
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(weighted_squared_error(batch.values(network), &batch.target, &batch.weight))
    }
}

/// Points (x, z) on straight paths from `source` to `target`, row by row, and their velocities dx/dt = x₁ − x₀, N · D numbers:
/// x = (1 − t) x₀ + t x₁ at z = t·`gap`, t uniform, drawn from `stream.at(first + row)` (Lipman et al. 2023, arXiv 2210.02747, with
/// σ_min = 0; Liu et al. 2023, arXiv 2209.03003). The mean of the velocities at a place is that of the flow from source to target.
fn paths(source: &Points, target: &Points, gap: f64, stream: &Stream, first: u64) -> (Augmented, Vec<f32>) {
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
