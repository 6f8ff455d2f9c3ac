//! Pools for networks that know a flux tube.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Augmented;
use efm_field::ExactField;
use efm_models::{EndParts, FluxTube, TubeParts};

use super::Pool;
use crate::TrainError;

/// Slopes that differ from the expected ones by many times as much as usual count by their relative error; one of these must not
/// carry a whole step. That far out they hardly vary with the charges that were drawn, so no bias comes in.
const OUTLIER: f64 = 5.0;

/// Slopes beyond this are cut, so that they stay numbers.
const STEEPEST: f64 = 1e6;

impl Pool {
    /// Points of a tube that are worked on at once.
    pub const AT_ONCE: usize = 1_024;

    /// The expected ends on source and target: from where, at the slope in the field of the plate alone, a line would come straight. And
    /// the weights of their errors, in what the network corrects and by the plate's share of the flux.
    pub(super) fn of_ends(
        field: &ExactField,
        points: &Augmented,
        tube: &FluxTube,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let dim = points.dim();
        let mut pool = Self::at(points);
        for rows in pieces(points.len()) {
            let mut at = Augmented::zeros(dim, rows.len());
            for (row, index) in rows.clone().enumerate() {
                at.point_mut(row).copy_from_slice(points.point(index));
            }
            let plates = field.per_plate(&at)?;
            let [source, target] =
                pool.known(&rows, tube, device).ends.map(|EndParts { share, slope, width, .. }| {
                    Ok::<_, TrainError>([numbers(share)?, numbers(slope)?, numbers(width)?])
                });
            let known = [source?, target?];
            for row in 0..rows.len() {
                for ((plate, sign), [_, slope, _]) in plates.iter().zip([1.0, -1.0]).zip(&known) {
                    let n = plate.directions.point(row);
                    let distance = sign / (f64::from(slope[row]) * n[dim].max(f64::MIN_POSITIVE));
                    let ends = at.x(row).iter().zip(n).map(|(x, n)| (x - distance * n).clamp(-STEEPEST, STEEPEST));
                    pool.target.extend(ends.map(|end| end as f32));
                }
                pool.weight.extend(known.iter().map(|[share, _, width]| share[row] / width[row].powi(2)));
            }
        }
        Ok(pool)
    }

    /// E_x/E_z, and the weights of errors across and along x, by what the network corrects.
    pub(super) fn of_slopes(
        directions: &Augmented,
        points: &Augmented,
        tube: &FluxTube,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let dim = points.dim();
        let mut pool = Self::at(points);
        for rows in pieces(points.len()) {
            let TubeParts { linear, rest, radial, .. } = pool.known(&rows, tube, device);
            let (linear, rest, radial) = (numbers(linear)?, numbers(rest)?, numbers(radial)?);
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
                pool.target.extend(slopes.map(|slope| slope.clamp(-STEEPEST, STEEPEST) as f32));
                let weights = [weight(all - along, rest[row]), weight(along, radial[row])];
                pool.weight.extend(weights.map(|weight| weight as f32));
            }
        }
        Ok(pool)
    }

    /// What is known at these of its points.
    fn known(&self, rows: &Range<usize>, tube: &FluxTube, device: &Device) -> TubeParts {
        let part = |values: &[f32], width: usize| {
            let values = values[rows.start * width..rows.end * width].to_vec();
            Tensor::<2>::from_data(TensorData::new(values, [rows.len(), width]), device)
        };
        tube.parts(&part(&self.x, self.dim), &part(&self.z, 1))
    }
}

fn pieces(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(Pool::AT_ONCE).map(move |first| first..count.min(first + Pool::AT_ONCE))
}

fn numbers(tensor: Tensor<2>) -> Result<Vec<f32>, TrainError> {
    tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))
}
