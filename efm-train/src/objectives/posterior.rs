use burn::tensor::Tensor;
use efm_field::{Law, PointSampler};
use efm_models::{FieldNet, Head};

use super::losses::shares_and_slopes;
use super::shares::two_plates;
use super::{Objective, PlateTargets, PoolDraw, misfit};
use crate::{BatchTensors, Misfit, Pool, TrainError};

/// The two-plate posterior: from which plate the point came, and the mean of the charges it came from, learned from
/// the charge each point was drawn from. Bounded, unbiased, no field sum at all; two plates without images.
#[derive(Debug, Clone, Copy, Default)]
pub struct Posterior;

/// What is said where points do not tell their charges.
const ORIGINS: &str =
    "it needs points that tell the charge they were drawn from: kind \"flux\", \"tube\" or \"around\"";

impl Objective for Posterior {
    fn name(&self) -> &str {
        "posterior"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Plates
    }

    fn check(&self, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
        two_plates(self, law)?;
        if points.has_origins() { Ok(()) } else { Err(misfit(self, ORIGINS)) }
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let capacitor = draw.charges()?;
        let drawn = draw.points(&capacitor)?;
        let origins = drawn.origins.ok_or_else(|| misfit(self, ORIGINS))?;
        let targets = PlateTargets::drawn(&capacitor, &drawn.points, &origins, &draw.geometry());
        Pool::new(&drawn.points, targets.values, targets.weights)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(shares_and_slopes(batch.values(network), &batch.target, &batch.weight))
    }
}
