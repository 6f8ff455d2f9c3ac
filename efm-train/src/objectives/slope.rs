use burn::tensor::Tensor;
use efm_field::{Law, PointSampler};
use efm_models::{FieldNet, Head, TubeParts};

use super::losses::across_and_along;
use super::{Objective, PoolDraw, gap_directions, tube};
use crate::{BatchTensors, Misfit, Pool, TrainError};

/// E_x/E_z at points drawn with density E_z: the optimum is ⟨E_x⟩/⟨E_z⟩ over draws of the charges, the slope of the population's
/// lines. In units of what is left of the slope when the linear part for normal clouds is taken off (see
/// [`efm_models::FluxTube`]), so that noise ends as noise of the size of the data and not of the gap. For points of one flux
/// tube, whose slopes are bounded, in the mirror capacitor.
#[derive(Debug, Clone, Copy, Default)]
pub struct Slope;

/// Slopes that differ from the expected ones by many times as much as usual count by their relative error; one of these must not
/// carry a whole step. That far out they hardly vary with the charges that were drawn, so no bias comes in.
const OUTLIER: f64 = 5.0;

impl Objective for Slope {
    fn name(&self) -> &str {
        "slope"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Slope
    }

    fn check(&self, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
        tube::check(self, law, points)
    }

    /// The slopes, and the weights of their errors across and along x, by what the network corrects.
    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (capacitor, points) = draw.charges_and_points()?;
        let directions = gap_directions(&*draw.field(capacitor), &points)?.0;
        let dim = points.dim();
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for rows in tube::chunks(points.len()) {
            let TubeParts { linear, rest, radial, .. } = draw.known(&points, &rows)?;
            let (linear, rest, radial) = (tube::numbers(linear)?, tube::numbers(rest)?, tube::numbers(radial)?);
            for (row, index) in rows.enumerate() {
                let x = points.x(index);
                let axial = directions.z(index).max(f64::MIN_POSITIVE);
                let slopes = directions.x(index).iter().map(|n| n / axial);
                let left = slopes.clone().zip(x).map(|(slope, x)| slope - f64::from(linear[row]) * x);
                let all = left.clone().map(|left| left * left).sum::<f64>();
                let square = x.iter().map(|x| x * x).sum::<f64>().max(f64::MIN_POSITIVE);
                let along = left.zip(x).map(|(left, x)| left * x).sum::<f64>().powi(2) / square;
                let weight =
                    |square: f64, unit: f32| 1.0 / (f64::from(unit).powi(2) + square / (dim as f64 * OUTLIER.powi(2)));
                targets.extend(slopes.map(|slope| slope.clamp(-tube::STEEPEST, tube::STEEPEST) as f32));
                let both = [weight(all - along, rest[row]), weight(along, radial[row])];
                weights.extend(both.map(|weight| weight as f32));
            }
        }
        Pool::new(&points, targets, weights)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(across_and_along(batch.values(network), &batch.target, &batch.weight, &batch.x))
    }
}
