use efm_core::{Augmented, CoreError};
use statrs::function::beta::beta_reg;

use super::{Term, evaluate};
use crate::vector::normalise;
use crate::{Field, FieldError, FieldValues};

/// A charge +1 at (a, 0) and a charge −1 at (b, L): the capacitor of one point per plate, with lines in closed form.
#[derive(Debug, Clone)]
pub struct Dipole {
    source: Vec<f64>,
    target: Vec<f64>,
    gap: f64,
}

impl Dipole {
    /// Charges above `source` and `target`, `gap` apart in z.
    ///
    /// # Errors
    /// [`FieldError::Core`] for no coordinates, different D, or a gap that is not a positive finite length;
    /// [`FieldError::NonFinitePoint`] with 0 for the source, 1 for the target.
    pub fn new(source: Vec<f64>, target: Vec<f64>, gap: f64) -> Result<Self, FieldError> {
        if source.is_empty() {
            return Err(CoreError::NoCoordinates.into());
        }
        if source.len() != target.len() {
            return Err(CoreError::DimensionMismatch { source_dim: source.len(), target_dim: target.len() }.into());
        }
        for (point, place) in [&source, &target].into_iter().enumerate() {
            if !place.iter().all(|value| value.is_finite()) {
                return Err(FieldError::NonFinitePoint { point });
            }
        }
        if !(gap.is_finite() && gap > 0.0) {
            return Err(CoreError::BadGap { gap }.into());
        }
        Ok(Self { source, target, gap })
    }

    /// What stays the same along a field line: the share of all lines that run nearer to the axis.
    ///
    /// With u(θ) the share of a sphere S^D within angle θ of its pole, and θ₊, θ₋ the angles at the two charges between
    /// the axis (towards the other charge) and `point`, it is u(θ₊) + u(θ₋): flux through the disc that the point draws
    /// around the axis. A line leaves the charge at angle α with u(α) = this share and arrives at the same angle.
    ///
    /// # Errors
    /// [`FieldError::Coordinates`] or [`FieldError::NonFinitePoint`].
    pub fn share(&self, point: &[f64]) -> Result<f64, FieldError> {
        let dim = self.source.len();
        FieldError::check_point(dim, point)?;
        let mut axis: Vec<f64> = self.target.iter().zip(&self.source).map(|(b, a)| b - a).collect();
        axis.push(self.gap);
        normalise(&mut axis);
        let share = |middle: &[f64], height: f64, sign: f64| {
            let mut arm: Vec<f64> = point.iter().zip(middle).map(|(x, m)| x - m).collect();
            arm.push(point[dim] - height);
            // A charge lies on the axis.
            let cos = match normalise(&mut arm) {
                0.0 => 1.0,
                _ => sign * arm.iter().zip(&axis).map(|(a, b)| a * b).sum::<f64>(),
            };
            cap(dim, cos)
        };
        Ok(share(&self.source, 0.0, 1.0) + share(&self.target, self.gap, -1.0))
    }
}

/// Share of S^D within the angle of this cosine of the pole: ½ I_{sin²θ}(D/2, ½) on the near half (Li, 2011).
fn cap(dim: usize, cos: f64) -> f64 {
    let sin2 = (1.0 - cos * cos).clamp(0.0, 1.0);
    let near = 0.5 * beta_reg(dim as f64 / 2.0, 0.5, sin2);
    if cos >= 0.0 { near } else { 1.0 - near }
}

impl Field for Dipole {
    fn dim(&self) -> usize {
        self.source.len()
    }

    fn gap(&self) -> f64 {
        self.gap
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        evaluate(self.dim(), at, out, |z| {
            [
                Term { charge: 1.0, middle: &self.source, dz: z },
                Term { charge: -1.0, middle: &self.target, dz: z - self.gap },
            ]
            .into_iter()
        })
    }
}
