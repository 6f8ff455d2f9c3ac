use std::f64::consts::PI;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Check, Opened, normal, planar, uniform};

/// Two half circles that reach into each other, as in scikit-learn's `make_moons`.
///
/// With equal chances (cos a, sin a) or (1 − cos a, ½ − sin a), a uniform on [0, π), plus `noise` · N(0, I); then times
/// `scale` plus `shift`. The defaults 3 and −1 are those of the flow-matching toys (torchcfm).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Moons {
    /// Standard deviation of the noise, before scaling.
    pub noise: f64,
    /// Factor on both coordinates.
    pub scale: f64,
    /// What is added to both coordinates after scaling.
    pub shift: f64,
    /// D ≥ 2.
    pub dim: usize,
    /// Standard deviation of the coordinates beyond the second.
    pub padding_std: f64,
}

impl Default for Moons {
    fn default() -> Self {
        Self { noise: 0.05, scale: 3.0, shift: -1.0, dim: 2, padding_std: 0.1 }
    }
}

impl Moons {
    pub(crate) const NAME: &str = "moons";

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] names the field that is out of range.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.width("noise", self.noise)?;
        check.positive("scale", self.scale)?;
        check.place("shift", self.shift)?;
        planar::open(Self::NAME, self.clone(), self.dim, self.padding_std)
    }
}

impl planar::Shape for Moons {
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2] {
        let upper = uniform(generator) < 0.5;
        let (sin, cos) = (PI * uniform(generator)).sin_cos();
        let moon = if upper { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
        moon.map(|coordinate| (coordinate + self.noise * normal(generator)) * self.scale + self.shift)
    }
}
