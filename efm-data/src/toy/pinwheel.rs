use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Check, Opened, normal, planar};

/// A wheel of bent blades (Johnson et al., NeurIPS 2016; scaled by 2 as in FFJORD).
///
/// A blade is N((1, 0), diag(`radial_std`², `tangential_std`²)) turned by 2πk / `blades` + `rate` · exp(r), where r is the
/// radial coordinate before turning; then all is multiplied by `scale`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pinwheel {
    /// Number of blades.
    pub blades: usize,
    /// Standard deviation along a blade, at most 10.
    pub radial_std: f64,
    /// Standard deviation across a blade.
    pub tangential_std: f64,
    /// How fast the blades bend, in radians.
    pub rate: f64,
    /// Factor on both coordinates.
    pub scale: f64,
    /// D ≥ 2.
    pub dim: usize,
    /// Standard deviation of the coordinates beyond the second.
    pub padding_std: f64,
}

impl Default for Pinwheel {
    fn default() -> Self {
        Self { blades: 5, radial_std: 0.3, tangential_std: 0.1, rate: 0.25, scale: 2.0, dim: 2, padding_std: 0.1 }
    }
}

impl Pinwheel {
    pub(crate) const NAME: &str = "pinwheel";

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] names the field that is out of range.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.count("blades", self.blades, 1, 1024)?;
        check.within("radial_std", self.radial_std, 0.0, 10.0)?;
        check.width("tangential_std", self.tangential_std)?;
        check.within("rate", self.rate, -1e6, 1e6)?;
        check.positive("scale", self.scale)?;
        planar::open(Self::NAME, self.clone(), self.dim, self.padding_std)
    }
}

impl planar::Shape for Pinwheel {
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2] {
        let blade = generator.random_range(0..self.blades) as f64;
        let radial = 1.0 + self.radial_std * normal(generator);
        let tangential = self.tangential_std * normal(generator);
        let (sin, cos) = (TAU * blade / self.blades as f64 + self.rate * radial.exp()).sin_cos();
        [radial * cos - tangential * sin, radial * sin + tangential * cos].map(|coordinate| coordinate * self.scale)
    }
}
