use burn::tensor::Tensor;
use efm_field::PointSampler;
use efm_models::{FieldNet, Geometry, Head};

use super::losses::weighted_squared_error;
use super::{Objective, PoolDraw, Target, of_directions, sums};
use crate::{BatchTensors, Pool, TrainError};

/// E/S with weight S/E_z at points drawn with density E_z: the optimum is ⟨E⟩/⟨S⟩ over draws of the charges, so its
/// direction is that of the population's field whatever the number of charges. S² = E_z² + |E_x|²/D keeps every
/// component of order one in any dimension.
#[derive(Debug, Clone, Copy, Default)]
pub struct Field;

/// Largest weight of a point. Weights grow where a line runs almost parallel to the plates; those points are rare, and
/// one of them must not carry a whole step.
const LARGEST_WEIGHT: f64 = 20.0;

impl Field {
    /// The target at the point (x, z) where the field has the unit direction `n`, z last, and the charges of both plates
    /// have |E_z| adding up to `flux` of the strength |E|. Between the plates that is n_z.
    ///
    /// E/S and S/|E_z| of the stretched field (E_x, E_z/unit), S² = (E_z/unit)² + |E_x|²/D. The points have the density
    /// |E_z| of the two plates; its product with weight and target is E, which is linear in the charges, so that no bias
    /// comes in.
    pub fn target(n: &[f64], flux: f64, x: &[f64], z: f64, geometry: &Geometry) -> Target {
        let dim = x.len();
        let unit = geometry.axial_unit(x, z);
        let axial = n[dim] / unit;
        let lateral: f64 = n[..dim].iter().map(|n| n * n).sum();
        let size = (axial * axial + lateral / dim as f64).sqrt();
        let flux = flux / unit;
        let weight = if flux > 0.0 { (size / flux).min(LARGEST_WEIGHT) } else { LARGEST_WEIGHT };
        Target { scale: 1.0 / size, unit, weight }
    }
}

impl Objective for Field {
    fn name(&self) -> &str {
        "field"
    }

    fn head(&self, points: &dyn PointSampler) -> Head {
        of_directions(points)
    }

    fn stretched(&self) -> bool {
        true
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        sums::pool(draw, Self::target)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(weighted_squared_error(batch.values(network), &batch.target, &batch.weight))
    }
}
