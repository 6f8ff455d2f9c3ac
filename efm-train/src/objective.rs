//! What a network should give at a point: from sums over all charges, or from the charge a point was drawn from.

use efm_core::{Augmented, Capacitor, Side};
use efm_field::{ExactField, Field, FieldError, InterPlate, Origin};
use efm_models::{Geometry, Head};

use crate::config::Objective;

/// What the network should give at one point, and how much the point counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Factor from the stretched direction (n_x, n_z/unit) to the regressed vector.
    pub scale: f64,
    /// The unit of the axial part, [`Geometry::axial_unit`].
    pub unit: f64,
    /// Weight of the squared error.
    pub weight: f64,
}

/// Largest weight of a point. Weights grow where a line runs almost parallel to the plates; those points are rare, and
/// one of them must not carry a whole step.
const LARGEST_WEIGHT: f64 = 20.0;

impl Objective {
    /// The head a network needs for this objective at these points.
    pub fn head(self, points: &InterPlate) -> Head {
        match self {
            Self::Posterior | Self::Shares => Head::Plates,
            Self::FlowMatching => Head::Velocity,
            Self::Slope => Head::Slope,
            Self::Ends => Head::Ends,
            Self::Flux | Self::Direction | Self::Isotropic => match points {
                InterPlate::Around { .. } => Head::Free,
                _ => Head::Forward,
            },
        }
    }

    /// The target at the point (x, z) where the field has the unit direction `n`, z last, and the charges of both plates
    /// have |E_z| adding up to `flux` of the strength |E|. Between the plates that is n_z.
    pub fn target(self, n: &[f64], flux: f64, x: &[f64], z: f64, geometry: &Geometry) -> Target {
        let dim = x.len();
        let unit = geometry.axial_unit(x, z);
        match self {
            // E/S and S/|E_z| of the stretched field (E_x, E_z/unit), S² = (E_z/unit)² + |E_x|²/D. The points have the
            // density |E_z| of the two plates; its product with weight and target is E, which is linear in the charges,
            // so that no bias comes in.
            Self::Flux => {
                let axial = n[dim] / unit;
                let lateral: f64 = n[..dim].iter().map(|n| n * n).sum();
                let size = (axial * axial + lateral / dim as f64).sqrt();
                let flux = flux / unit;
                let weight = if flux > 0.0 { (size / flux).min(LARGEST_WEIGHT) } else { LARGEST_WEIGHT };
                Target { scale: 1.0 / size, unit, weight }
            }
            _ => Target { scale: ((dim + 1) as f64).sqrt(), unit, weight: 1.0 },
        }
    }
}

/// The targets of [`Head::Plates`] at N points: for each the share of the source in |E_z|, and E_x over |E_z| of both plates;
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

/// As [`directions`] between the plates, where E_z is that of both plates; any field will do.
///
/// # Errors
/// When the field fails.
pub fn gap_directions(field: &dyn Field, points: &Augmented) -> Result<(Augmented, Vec<f64>), FieldError> {
    let values = field.evaluate(points)?;
    let flux = values.directions.iter().map(|direction| direction[points.dim()]).collect();
    Ok((values.directions, flux))
}

/// Unit directions of the whole field and, for each point, |E_z| of both plates over |E|.
///
/// # Errors
/// When the field fails.
pub fn directions(
    field: &ExactField,
    points: &Augmented,
    everywhere: bool,
) -> Result<(Augmented, Vec<f64>), FieldError> {
    if !everywhere {
        return gap_directions(field, points);
    }
    let dim = points.dim();
    let plates = field.per_plate(points)?;
    let mut directions = Augmented::zeros(dim, points.len());
    let flux = (0..points.len())
        .map(|index| {
            let ln = [plates[0].ln_strengths[index], plates[1].ln_strengths[index]];
            let top = ln[0].max(ln[1]);
            let total = directions.point_mut(index);
            let mut flux = 0.0;
            for (plate, ln) in plates.iter().zip(ln) {
                let weight = (ln - top).exp();
                let n = plate.directions.point(index);
                total.iter_mut().zip(n).for_each(|(sum, n)| *sum += weight * n);
                flux += weight * n[dim].abs();
            }
            let norm = total.iter().fold(0.0_f64, |norm, part| norm.hypot(*part)).max(f64::MIN_POSITIVE);
            total.iter_mut().for_each(|part| *part /= norm);
            flux / norm
        })
        .collect();
    Ok((directions, flux))
}
