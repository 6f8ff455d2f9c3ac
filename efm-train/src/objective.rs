use efm_field::FieldValues;

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

impl Objective {
    /// The target of point `index`, from the unit direction of the field there.
    pub fn target(self, values: &FieldValues, index: usize) -> Target {
        let dim = values.directions.dim();
        match self {
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
