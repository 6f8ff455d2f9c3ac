use burn::tensor::Tensor;
use efm_field::{Law, PointSampler, isotropic_steps};
use efm_models::{FieldNet, Head};

use super::losses::weighted_squared_error;
use super::{Objective, PoolDraw, misfit, of_directions};
use crate::{BatchTensors, Misfit, Pool, TrainError};

/// The signed direction of an isotropic step away from a random charge, whose mean at a point is along the field; no
/// sum at all, valid behind the plates too. The points say only whether they reach behind the plates; where points lie,
/// the steps decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct Isotropic;

/// Isotropic steps have at least this share of the gap, which resolves both plates, and at most this many sizes of the
/// capacitor: what is learned is the field of the charges within that distance.
const STEPS: [f64; 2] = [0.003, 4.0];

impl Objective for Isotropic {
    fn name(&self) -> &str {
        "isotropic"
    }

    fn head(&self, points: &dyn PointSampler) -> Head {
        of_directions(points)
    }

    fn check(&self, law: Law, _: &dyn PointSampler) -> Result<(), Misfit> {
        match law {
            Law::Published => {
                Err(misfit(self, "it needs a plates.law whose charges add up: \"mirror\" or \"coulomb\""))
            }
            _ => Ok(()),
        }
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (capacitor, geometry) = (draw.charges()?, draw.geometry());
        let size = geometry.gap + geometry.source_spread.max(geometry.target_spread);
        let range = [STEPS[0] * geometry.gap, STEPS[1] * size];
        let steps = isotropic_steps(&capacitor, draw.law(), range, draw.stream(), draw.first(), draw.count())?;
        let scale = (capacitor.dim() as f64 + 1.0).sqrt();
        let targets = steps.pulls.as_slice().iter().map(|pull| (scale * pull) as f32).collect();
        Pool::new(&steps.points, targets, vec![1.0; draw.count()])
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(weighted_squared_error(batch.values(network), &batch.target, &batch.weight))
    }
}
