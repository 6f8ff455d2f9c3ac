//! Targets of networks with [`efm_models::Head::Plates`].

use efm_core::{Augmented, Capacitor, Side};
use efm_field::{ExactField, FieldError, Origin};
use efm_models::Geometry;

/// The targets of [`efm_models::Head::Plates`] at N points: for each the share of the source in |E_z|, and E_x over |E_z| of both plates;
/// and the weights of these two.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlateTargets {
    /// N · (D + 1) numbers.
    pub values: Vec<f32>,
    /// N · 2 numbers.
    pub weights: Vec<f32>,
}

/// Slopes count in full up to this size, and by their relative error beyond.
const STEEP: f64 = 4.0;

/// Below this share of the spread above a plate of samples slopes are those of single charges, and count less.
const GRAIN: f64 = 0.03;

impl PlateTargets {
    /// From the exact field of all charges: what [`PlateTargets::drawn`] gives on average.
    ///
    /// # Errors
    /// When the field fails.
    pub fn summed(field: &ExactField, points: &Augmented, geometry: &Geometry) -> Result<Self, FieldError> {
        let plates = field.per_plate(points)?;
        let dim = points.dim();
        let mut targets = Self::default();
        let mut slopes = vec![0.0; dim];
        for index in 0..points.len() {
            let n = [plates[0].directions.point(index), plates[1].directions.point(index)];
            let ln = |side: usize| plates[side].ln_strengths[index] + n[side][dim].abs().max(f64::MIN_POSITIVE).ln();
            let share = 1.0 / (1.0 + (ln(1) - ln(0)).exp());
            let parts = [share, 1.0 - share].map(|share| share.max(f64::MIN_POSITIVE));
            for (axis, slope) in slopes.iter_mut().enumerate() {
                let of = |side: usize| parts[side] * n[side][axis] / n[side][dim].abs().max(f64::MIN_POSITIVE);
                *slope = of(0) + of(1);
            }
            // Weights that depend on the sums have no bias where these hardly vary with the charges that were drawn, which
            // is where slopes are steep: in the voids of a plate.
            let square = slopes.iter().map(|slope| slope * slope).sum::<f64>() / dim as f64;
            let near = Near::of(points.z(index), geometry);
            targets.push(
                share,
                &slopes,
                near.distance / (near.distance + GRAIN * near.spread) / (1.0 + square / STEEP.powi(2)),
            );
        }
        Ok(targets)
    }

    /// From the charge each point was drawn from: the two-plate posterior (§2.6 of the physics notes). Needs no field.
    pub fn drawn(capacitor: &Capacitor, points: &Augmented, origins: &[Origin], geometry: &Geometry) -> Self {
        let dim = points.dim();
        let mut targets = Self::default();
        for (index, origin) in origins.iter().enumerate() {
            let (x, z) = (points.x(index), points.z(index));
            let charge = capacitor.plate(origin.side).point(origin.charge);
            let distance = (z - origin.side.height(capacitor.gap())).abs().max(f64::MIN_POSITIVE);
            let (share, sign) = if origin.side == Side::Source { (1.0, 1.0) } else { (0.0, -1.0) };
            let slopes: Vec<f64> = x.iter().zip(charge).map(|(x, &y)| sign * (x - f64::from(y)) / distance).collect();
            // By the place alone, or there would be a bias. Near a plate the variance is that of its spread over the
            // distance; far out slopes are those of rays from both plates.
            let near = Near::of(z, geometry);
            let square = x.iter().map(|x| x * x).sum::<f64>() / dim as f64;
            let ray = 4.0 * square / (z.abs() + (z - geometry.gap).abs()).powi(2);
            targets.push(share, &slopes, near.distance / (near.distance + near.spread) / (1.0 + ray));
        }
        targets
    }

    fn push(&mut self, share: f64, slopes: &[f64], weight: f64) {
        self.values.push(share as f32);
        self.values.extend(slopes.iter().map(|&slope| slope as f32));
        self.weights.extend([1.0, weight as f32]);
    }
}

/// The nearer plate.
struct Near {
    distance: f64,
    spread: f64,
}

impl Near {
    fn of(z: f64, geometry: &Geometry) -> Self {
        let plates = [(0.0, geometry.source_spread), (geometry.gap, geometry.target_spread)];
        let [source, target] =
            plates.map(|(height, spread)| Self { distance: (z - height).abs(), spread: spread.max(1e-6) });
        if source.distance <= target.distance { source } else { target }
    }
}
