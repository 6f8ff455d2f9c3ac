use burn::tensor::Tensor;
use efm_field::{Law, PointSampler};
use efm_models::{FieldNet, Head};

use super::losses::shares_and_slopes;
use super::{Objective, PlateTargets, PoolDraw, misfit};
use crate::{BatchTensors, Misfit, Pool, TrainError};

/// What [`super::Posterior`] learns, from the sums over all charges of a pool: the posterior without the noise of its draws.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shares;

impl Objective for Shares {
    fn name(&self) -> &str {
        "shares"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Plates
    }

    fn check(&self, law: Law, _: &dyn PointSampler) -> Result<(), Misfit> {
        two_plates(self, law)
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (capacitor, points) = draw.charges_and_points()?;
        let targets = PlateTargets::summed(&draw.exact(capacitor), &points, &draw.geometry())?;
        Pool::new(&points, targets.values, targets.weights)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(shares_and_slopes(batch.values(network), &batch.target, &batch.weight))
    }
}

/// Shares of either plate are those of two plates without images.
pub(super) fn two_plates(objective: &dyn Objective, law: Law) -> Result<(), Misfit> {
    match law {
        Law::Coulomb => Ok(()),
        _ => Err(misfit(objective, "it needs two plates without images: plates.law = \"coulomb\"")),
    }
}
