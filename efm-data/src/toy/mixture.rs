use efm_core::{Points, Stream};
use serde::{Deserialize, Serialize};

use super::density::{ln_normal, ln_sum};
use super::{Check, Opened, normal, uniform};
use crate::{DataError, Modes, Sampler, sampler::each_point};

/// A mixture of isotropic normal distributions of one width, Σ wₖ N(cₖ, `std`² I), in R^D.
///
/// The default is the two-mode target of the published toy experiment, ½ N((8, 0), I) + ½ N((−8, 0), I)
/// (Kolesov et al., ICML 2025).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mixture {
    /// The centres, each D numbers, in data units.
    pub centres: Vec<Vec<f64>>,
    /// Standard deviation around each centre, in data units.
    pub std: f64,
    /// Share of each centre; any positive sum, empty means equal shares.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
}

impl Default for Mixture {
    fn default() -> Self {
        Self { centres: vec![vec![8.0, 0.0], vec![-8.0, 0.0]], std: 1.0, weights: Vec::new() }
    }
}

impl Mixture {
    pub(crate) const NAME: &str = "mixture";

    /// D: the length of the first centre.
    pub fn dim(&self) -> usize {
        self.centres.first().map_or(0, Vec::len)
    }

    /// Checks the parameters and opens the distribution.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] for no centres, centres of different length, weights that are negative, all
    /// zero or not one per centre, and numbers that are not finite.
    pub fn sampler(&self) -> Opened {
        let check = Check(Self::NAME);
        check.width("std", self.std)?;
        if self.centres.is_empty() {
            return check.fail("centres", "is empty; it needs at least one centre".to_owned());
        }
        let dim = self.dim();
        check.dim(dim, 1)?;
        if let Some(other) = self.centres.iter().position(|centre| centre.len() != dim) {
            let length = self.centres[other].len();
            return check
                .fail("centres", format!("differ in length: the first has {dim} numbers, no {other} {length}"));
        }
        for value in self.centres.iter().flatten() {
            check.place("centres", *value)?;
        }
        let weights = self.shares(&check)?;
        let values = self.centres.iter().flatten().map(|value| *value as f32).collect();
        let centres = Points::from_values(dim, values).or_else(|error| check.fail("centres", error.to_string()))?;
        Ok(Box::new(Normals { modes: Modes::new(centres, weights), std: self.std }))
    }

    fn shares(&self, check: &Check) -> Result<Vec<f64>, DataError> {
        let count = self.centres.len();
        if self.weights.is_empty() {
            return Ok(vec![1.0 / count as f64; count]);
        }
        if self.weights.len() != count {
            return check.fail("weights", format!("has {} numbers for {count} centres", self.weights.len()));
        }
        for weight in &self.weights {
            check.width("weights", *weight)?;
        }
        let total: f64 = self.weights.iter().sum();
        if total <= 0.0 {
            return check.fail("weights", "are all zero; one must be positive".to_owned());
        }
        Ok(self.weights.iter().map(|weight| weight / total).collect())
    }
}

struct Normals {
    modes: Modes,
    std: f64,
}

impl Normals {
    /// The mode in which `share` of the mass comes before; never one of weight zero.
    fn pick(&self, share: f64) -> usize {
        let mut left = share;
        let mut last = 0;
        for (mode, weight) in self.modes.weights().iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            last = mode;
            if left < *weight {
                break;
            }
            left -= weight;
        }
        last
    }
}

impl Sampler for Normals {
    fn dim(&self) -> usize {
        self.modes.centres().dim()
    }

    fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        each_point(stream, first, self.dim(), out, |generator, point| {
            let centre = self.modes.centres().point(self.pick(uniform(generator)));
            for (coordinate, middle) in point.iter_mut().zip(centre) {
                *coordinate = (f64::from(*middle) + self.std * normal(generator)) as f32;
            }
        });
        Ok(())
    }

    fn modes(&self) -> Option<&Modes> {
        Some(&self.modes)
    }

    /// Every mode is a class.
    fn classes(&self) -> Vec<String> {
        (0..self.modes.centres().len()).map(|mode| mode.to_string()).collect()
    }

    fn of_class(&self, class: usize) -> Option<Box<dyn Sampler>> {
        let centres = self.modes.centres();
        let modes = (class < centres.len()).then(|| Modes::equal(centres.select(&[class])))?;
        Some(Box::new(Self { modes, std: self.std }))
    }

    fn ln_density(&self, point: &[f64]) -> Option<f64> {
        self.ln_density_smeared(point, &vec![0.0; self.dim()])
    }

    fn ln_density_smeared(&self, point: &[f64], variances: &[f64]) -> Option<f64> {
        let width = self.std * self.std;
        let mode = |(centre, weight): (&[f32], &f64)| {
            let middle = centre.iter().map(|&middle| f64::from(middle));
            Some(weight.ln() + ln_normal(point, middle, variances.iter().map(|variance| width + variance))?)
        };
        let modes: Option<Vec<f64>> = self.modes.centres().iter().zip(self.modes.weights()).map(mode).collect();
        Some(ln_sum(&modes?))
    }
}
