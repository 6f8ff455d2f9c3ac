use efm_core::Stream;
use serde::{Deserialize, Serialize};

use super::density::ln_normal;
use super::{Check, Opened, normal};
use crate::{DataError, Sampler, sampler::each_point};

/// The isotropic normal distribution N(`mean`, `std`² I) in R^D.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gaussian {
    /// D. Left out: the length of `mean`, or 2 where that is empty too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dim: Option<usize>,
    /// Standard deviation of every coordinate, in data units; 0 puts all points on the mean.
    pub std: f64,
    /// The mean, D numbers; empty means the origin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f64>,
}

impl Default for Gaussian {
    fn default() -> Self {
        Self { dim: None, std: 1.0, mean: Vec::new() }
    }
}

impl Gaussian {
    pub(crate) const NAME: &str = "gaussian";

    /// N(0, I) in R^`dim`.
    pub fn standard(dim: usize) -> Self {
        Self { dim: Some(dim), ..Self::default() }
    }

    /// The D these parameters ask for.
    pub fn dim(&self) -> usize {
        self.dim.unwrap_or(if self.mean.is_empty() { 2 } else { self.mean.len() })
    }

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`crate::DataError::BadParameter`] for D = 0, a mean of another length, or numbers that are not finite.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        let dim = self.dim();
        check.dim(dim, 1)?;
        check.width("std", self.std)?;
        if !self.mean.is_empty() && self.mean.len() != dim {
            return check.fail("mean", format!("has {} numbers; with dim = {dim} it needs {dim}", self.mean.len()));
        }
        for value in &self.mean {
            check.place("mean", *value)?;
        }
        let mean = if self.mean.is_empty() { vec![0.0; dim] } else { self.mean.clone() };
        Ok(Box::new(Normal { mean, std: self.std }))
    }
}

struct Normal {
    mean: Vec<f64>,
    std: f64,
}

impl Sampler for Normal {
    fn dim(&self) -> usize {
        self.mean.len()
    }

    fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        each_point(stream, first, self.dim(), out, |generator, point| {
            for (coordinate, mean) in point.iter_mut().zip(&self.mean) {
                *coordinate = (mean + self.std * normal(generator)) as f32;
            }
        });
        Ok(())
    }

    fn ln_density(&self, point: &[f64]) -> Option<f64> {
        self.ln_density_smeared(point, &vec![0.0; self.dim()])
    }

    fn ln_density_smeared(&self, point: &[f64], variances: &[f64]) -> Option<f64> {
        ln_normal(point, self.mean.iter().copied(), variances.iter().map(|variance| self.std * self.std + variance))
    }
}
