use burn::tensor::Tensor;
use efm_field::PointSampler;
use efm_models::{FieldNet, Geometry, Head};

use super::losses::weighted_squared_error;
use super::{Objective, PoolDraw, Target, of_directions, sums};
use crate::{BatchTensors, Pool, TrainError};

/// √(D+1) E/|E| with weight one: the paper's regression, biased unless the sum runs over all charges.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direction;

impl Direction {
    /// As [`super::Field::target`], for this objective.
    pub fn target(_: &[f64], _: f64, x: &[f64], z: f64, geometry: &Geometry) -> Target {
        Target { scale: ((x.len() + 1) as f64).sqrt(), unit: geometry.axial_unit(x, z), weight: 1.0 }
    }
}

impl Objective for Direction {
    fn name(&self) -> &str {
        "direction"
    }

    fn head(&self, points: &dyn PointSampler) -> Head {
        of_directions(points)
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        sums::pool(draw, Self::target)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(weighted_squared_error(batch.values(network), &batch.target, &batch.weight))
    }
}
