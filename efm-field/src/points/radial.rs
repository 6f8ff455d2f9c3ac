use efm_core::{Capacitor, Side, Stream};
use serde::{Deserialize, Serialize};

use super::chord::{add_direction, add_point};
use super::height::{grown_height, normal};
use super::parameter::{ParameterError, not_negative, positive};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// Published, after Poisson flow generative models: z = |N(0, σ²)| (1+τ)^m with m ~ U(0, steps), and
/// x = x₊ + u |σ N(0, I_D)| (1+τ)^m in a uniform direction u. Heights at or above L are drawn again.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Radial {
    /// σ, in data units.
    pub sigma: f64,
    /// Largest m.
    pub steps: f64,
    /// τ.
    pub tau: f64,
}

impl PointSampler for Radial {
    fn draw(
        &self,
        capacitor: &Capacitor,
        _law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        let Self { sigma, steps, tau } = *self;
        let dim = capacitor.dim();
        Ok(Drawn::one_by_one(dim, stream, first, count, |generator, x, z| {
            let growth = grown_height(capacitor.gap(), sigma, steps, tau, generator, z);
            add_point(capacitor, Side::Source, 1.0, generator, x);
            // |σ N(0, I_D)| is the length of D normals, independent of the direction.
            let length = (0..dim).map(|_| normal(generator).powi(2)).sum::<f64>().sqrt();
            add_direction(x, sigma * length * growth, generator);
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        positive("sigma", self.sigma)?;
        not_negative("steps", self.steps)?;
        not_negative("tau", self.tau)
    }
}
