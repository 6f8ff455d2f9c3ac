use efm_models::Geometry;

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
    /// The target at the point (x, z) where the field has the unit direction `n`, z last.
    pub fn target(self, n: &[f64], x: &[f64], z: f64, geometry: &Geometry) -> Target {
        let dim = x.len();
        let unit = geometry.axial_unit(x, z);
        match self {
            // E/S and S/E_z of the stretched field (E_x, E_z/unit), S² = (E_z/unit)² + |E_x|²/D; both follow from the
            // direction alone. The unit depends on the place only, so that no bias comes in.
            Self::Flux => {
                let axial = n[dim] / unit;
                let lateral: f64 = n[..dim].iter().map(|n| n * n).sum();
                let size = (axial * axial + lateral / dim as f64).sqrt();
                let weight = if axial > 0.0 { (size / axial).min(LARGEST_WEIGHT) } else { LARGEST_WEIGHT };
                Target { scale: 1.0 / size, unit, weight }
            }
            Self::Direction => Target { scale: ((dim + 1) as f64).sqrt(), unit, weight: 1.0 },
        }
    }
}
