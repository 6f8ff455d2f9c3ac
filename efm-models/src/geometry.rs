use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::FluxTube;
use crate::Head;

/// What a network has to know of the capacitor to see coordinates of order one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    /// Number of coordinates of the data, D.
    pub dim: usize,
    /// Distance between the plates, L.
    pub gap: f64,
    /// Root mean square distance of a source coordinate from zero.
    pub source_spread: f64,
    /// Root mean square distance of a target coordinate from zero.
    pub target_spread: f64,
    /// Whether networks give axial parts in units of [`Geometry::axial_unit`] rather than plain.
    pub stretched: bool,
    /// What the values of a network stand for.
    #[serde(default, skip_serializing_if = "Head::is_forward")]
    pub head: Head,
}

impl Geometry {
    /// Variance of a coordinate where field lines run at height z: that of the data at the plates, wider in between, where
    /// lines bulge like a Brownian bridge (variance z(L − z), the mean exit time of §2.5 of the physics notes). Behind a
    /// plate, where loops are as wide as they are high, the square of the distance is added. On the straight paths of
    /// [`Head::Velocity`] it is that of (1 − t) x₀ + t x₁. A [`FluxTube`] knows better.
    pub fn variance(&self, z: f64) -> f64 {
        let height = (z / self.gap).clamp(0.0, 1.0);
        if self.head == Head::Velocity {
            let mixed = ((1.0 - height) * self.source_spread).powi(2) + (height * self.target_spread).powi(2);
            return mixed.max(SMALLEST_SPREAD.powi(2));
        }
        let behind = z - height * self.gap;
        let data = (1.0 - height) * self.source_spread.powi(2) + height * self.target_spread.powi(2);
        data.max(SMALLEST_SPREAD.powi(2)) + height * (1.0 - height) * self.gap.powi(2) + behind * behind
    }

    /// What the axial part of a field is measured in at a point, in units of the lateral one.
    ///
    /// 1 where the data are. Far outside lines are rays from the plates, dx/ds ≈ x with s = ln(z/(L − z)), so that
    /// E_z is smaller than E_x by (z(L − z)/L)/|x|; measured in that unit it is of order one again, and a network that
    /// gets it right to a few per cent gets the slope E_x/E_z right to a few per cent, there as well.
    pub fn axial_unit(&self, x: &[f64], z: f64) -> f64 {
        if !self.stretched || !(0.0..=self.gap).contains(&z) {
            return 1.0;
        }
        let square = x.iter().map(|x| x * x).sum::<f64>() / self.dim as f64;
        let outside = (square / self.variance(z) / OUTSIDE.powi(2)).powi(3);
        let share = if outside.is_finite() { outside / (1.0 + outside) } else { 1.0 };
        let height = (z / self.gap).clamp(NEAREST, 1.0 - NEAREST);
        let ray = (square.sqrt() / (self.gap * height * (1.0 - height))).min(FLATTEST);
        1.0 / (1.0 + share * ray * ray).sqrt()
    }
}

/// Largest ratio of E_x to E_z that the axial unit allows for.
const FLATTEST: f64 = 1e4;

/// Distance from the axis, in widths of the lines, at which a point counts as outside the data.
const OUTSIDE: f64 = 2.0;

/// Nearer to a plate than this share of the gap, heights count as this far from it: lines are straight from there.
const NEAREST: f64 = 0.001;

/// Spreads below this are those of clouds without any width.
pub(crate) const SMALLEST_SPREAD: f64 = 1e-6;
