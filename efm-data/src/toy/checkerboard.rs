use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Check, Opened, planar, uniform};

/// Uniform on the dark fields of a checkerboard over [−`half_width`, `half_width`]².
///
/// Field (column, row), counted from the lower left, is dark when column + row is even. The defaults, 4 × 4 fields on
/// [−4, 4]², are those of the FFJORD toys (Grathwohl et al., ICLR 2019).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Checkerboard {
    /// Half the side of the board.
    pub half_width: f64,
    /// Fields along one side; even, so that every column holds the same mass.
    pub fields: usize,
    /// D ≥ 2.
    pub dim: usize,
    /// Standard deviation of the coordinates beyond the second.
    pub padding_std: f64,
}

impl Default for Checkerboard {
    fn default() -> Self {
        Self { half_width: 4.0, fields: 4, dim: 2, padding_std: 0.1 }
    }
}

impl Checkerboard {
    pub(crate) const NAME: &str = "checkerboard";

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] names the field that is out of range.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.positive("half_width", self.half_width)?;
        check.count("fields", self.fields, 2, 1024)?;
        if !self.fields.is_multiple_of(2) {
            return check.fail("fields", format!("is {}; it must be even", self.fields));
        }
        planar::open(Self::NAME, self.clone(), self.dim, self.padding_std)
    }
}

impl planar::Shape for Checkerboard {
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2] {
        let column = generator.random_range(0..self.fields);
        let row = 2 * generator.random_range(0..self.fields / 2) + column % 2;
        let side = 2.0 * self.half_width / self.fields as f64;
        [column, row].map(|field| (field as f64 + uniform(generator)) * side - self.half_width)
    }

    fn ln_density(&self, point: [f64; 2], variances: [f64; 2]) -> Option<f64> {
        if variances != [0.0; 2] {
            return None;
        }
        let side = 2.0 * self.half_width / self.fields as f64;
        let [column, row] = point.map(|place| ((place + self.half_width) / side).floor());
        let inside = [column, row].iter().all(|field| (0.0..self.fields as f64).contains(field));
        let dark = inside && (column + row) % 2.0 == 0.0;
        // Half of the board is dark.
        Some(if dark { -(2.0 * self.half_width * self.half_width).ln() } else { f64::NEG_INFINITY })
    }
}
