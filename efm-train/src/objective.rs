use efm_field::FieldValues;
use efm_models::Geometry;

use crate::config::Objective;

/// What the network should give at one point, and how much the point counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Factor from the field's unit direction to the regressed vector.
    pub scale: f64,
    /// Weight of the squared error.
    pub weight: f64,
}

/// Largest weight of a point. Weights grow where a line runs almost parallel to the plates; those points are rare, and
/// one of them must not carry a whole step.
const LARGEST_WEIGHT: f64 = 20.0;

/// Largest dx/ds that is regressed, root mean square over the coordinates, in spreads of the data. Larger ones belong to
/// lines that a weak far field drives out of all proportion; they are rare and would carry the loss.
const LARGEST_SPEED: f64 = 4.0;

impl Objective {
    /// The target of a point at height `z`, from the unit direction of the field there, which is number `index` of
    /// `values`.
    pub fn target(self, values: &FieldValues, index: usize, z: f64, geometry: &Geometry) -> Target {
        let dim = values.directions.dim();
        match self {
            // (dx/ds, dz/ds) is the direction stretched so that its axial part is z(L − z)/L.
            Self::Slope => {
                let axial = values.directions.z(index);
                let lateral: f64 = values.directions.x(index).iter().map(|n| n * n).sum();
                let stretch = if axial > 0.0 { geometry.logit_speed(z) / axial } else { f64::INFINITY };
                let spread = geometry.source_spread.max(geometry.target_spread);
                let limit = LARGEST_SPEED * spread * (dim as f64 / lateral).sqrt();
                let weight = geometry.typical_speed(z).powi(-2);
                Target { scale: stretch.min(limit).min(f64::from(f32::MAX)), weight }
            }
            // E/S and S/E_z with S² = E_z² + |E_x|²/D; both follow from the direction alone.
            Self::Flux => {
                let axial = values.directions.z(index);
                let lateral: f64 = values.directions.x(index).iter().map(|n| n * n).sum();
                let size = (axial * axial + lateral / dim as f64).sqrt();
                let weight = if axial > 0.0 { (size / axial).min(LARGEST_WEIGHT) } else { LARGEST_WEIGHT };
                Target { scale: 1.0 / size, weight }
            }
            Self::Direction => Target { scale: ((dim + 1) as f64).sqrt(), weight: 1.0 },
        }
    }
}
