use std::f64::consts::PI;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Check, Opened, normal, planar, uniform};

/// The Swiss roll in the plane: t = 1.5 π (1 + 2u) with u uniform on [0, 1), the point (t cos t, t sin t), plus
/// `noise` · N(0, I), all divided by `scale`.
///
/// The defaults are the published toy target: scikit-learn's `make_swiss_roll` with noise 0.8, coordinates 0 and 2,
/// divided by 5. Without noise the radius runs from 0.94 to 2.83.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SwissRoll {
    /// Standard deviation of the noise, before the division.
    pub noise: f64,
    /// What the coordinates are divided by.
    pub scale: f64,
    /// D ≥ 2.
    pub dim: usize,
    /// Standard deviation of the coordinates beyond the second.
    pub padding_std: f64,
}

impl Default for SwissRoll {
    fn default() -> Self {
        Self { noise: 0.8, scale: 5.0, dim: 2, padding_std: 0.1 }
    }
}

impl SwissRoll {
    pub(crate) const NAME: &str = "swiss-roll";

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] names the field that is out of range.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.width("noise", self.noise)?;
        check.positive("scale", self.scale)?;
        planar::open(Self::NAME, self.clone(), self.dim, self.padding_std)
    }
}

impl planar::Shape for SwissRoll {
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2] {
        let t = 1.5 * PI * (1.0 + 2.0 * uniform(generator));
        [t * t.cos(), t * t.sin()].map(|coordinate| (coordinate + self.noise * normal(generator)) / self.scale)
    }
}
