use std::f64::consts::FRAC_PI_4;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::density::{ln_normal, ln_sum};
use super::{Check, Opened, normal, planar};

/// Eight normal distributions of equal weight on a circle, at multiples of 45 degrees.
///
/// Radius 5 and width 0.5 are close to the flow-matching toys (torchcfm: radius 5, width 0.56).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EightGaussians {
    /// Radius of the circle of centres.
    pub radius: f64,
    /// Standard deviation around each centre.
    pub std: f64,
    /// D ≥ 2.
    pub dim: usize,
    /// Standard deviation of the coordinates beyond the second.
    pub padding_std: f64,
}

impl Default for EightGaussians {
    fn default() -> Self {
        Self { radius: 5.0, std: 0.5, dim: 2, padding_std: 0.1 }
    }
}

impl EightGaussians {
    pub(crate) const NAME: &str = "eight-gaussians";

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] names the field that is out of range.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.width("radius", self.radius)?;
        check.width("std", self.std)?;
        planar::open(Self::NAME, self.clone(), self.dim, self.padding_std)
    }

    fn centre(&self, mode: u32) -> [f64; 2] {
        let (sin, cos) = (FRAC_PI_4 * f64::from(mode)).sin_cos();
        [self.radius * cos, self.radius * sin]
    }
}

impl planar::Shape for EightGaussians {
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2] {
        self.centre(generator.random_range(0..8)).map(|middle| middle + self.std * normal(generator))
    }

    fn centres(&self) -> Vec<[f64; 2]> {
        (0..8).map(|mode| self.centre(mode)).collect()
    }

    fn ln_density(&self, point: [f64; 2], variances: [f64; 2]) -> Option<f64> {
        let width = variances.map(|variance| self.std * self.std + variance);
        let modes: Option<Vec<f64>> = (0..8).map(|mode| ln_normal(&point, self.centre(mode), width)).collect();
        Some(ln_sum(&modes?) - 8.0_f64.ln())
    }
}
