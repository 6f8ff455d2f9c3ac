use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Check, Opened, normal, planar, uniform};

/// Archimedean spirals that start at the origin, their arms spread evenly round it.
///
/// The angle is a = 2π · `turns` · √u with u uniform on [0, 1), the radius a / `scale`, plus `noise` · N(0, I). The square
/// root makes the density even along the arm. Two arms of 1.5 turns divided by 3 follow the FFJORD toy `2spirals`
/// (Grathwohl et al., ICLR 2019), which adds a further jitter left out here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spiral {
    /// Number of arms.
    pub arms: usize,
    /// Turns of each arm round the origin.
    pub turns: f64,
    /// What the radius is divided by.
    pub scale: f64,
    /// Standard deviation of the noise, after the division.
    pub noise: f64,
    /// D ≥ 2.
    pub dim: usize,
    /// Standard deviation of the coordinates beyond the second.
    pub padding_std: f64,
}

impl Default for Spiral {
    fn default() -> Self {
        Self { arms: 2, turns: 1.5, scale: 3.0, noise: 0.1, dim: 2, padding_std: 0.1 }
    }
}

impl Spiral {
    pub(crate) const NAME: &str = "spiral";

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] names the field that is out of range.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.count("arms", self.arms, 1, 1024)?;
        check.positive("turns", self.turns)?;
        check.positive("scale", self.scale)?;
        check.width("noise", self.noise)?;
        planar::open(Self::NAME, self.clone(), self.dim, self.padding_std)
    }
}

impl planar::Shape for Spiral {
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2] {
        let turn = TAU * generator.random_range(0..self.arms) as f64 / self.arms as f64;
        let angle = TAU * self.turns * uniform(generator).sqrt();
        let (sin, cos) = (angle + turn).sin_cos();
        let radius = angle / self.scale;
        [radius * cos, radius * sin].map(|coordinate| coordinate + self.noise * normal(generator))
    }
}
