use efm_core::{Capacitor, Stream};
use serde::{Deserialize, Serialize};

use super::chord::on_chord;
use super::height::grown_height;
use super::parameter::{ParameterError, not_negative, positive};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// Published ("uniform mixing"): the chord x = (1 − z/L) x₊ + (z/L) x₋ at the heights of [`Radial`](super::Radial).
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Mixing {
    /// σ, in data units.
    pub sigma: f64,
    /// Largest m.
    pub steps: f64,
    /// τ.
    pub tau: f64,
}

impl PointSampler for Mixing {
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
        Ok(Drawn::one_by_one(capacitor.dim(), stream, first, count, |generator, x, z| {
            grown_height(capacitor.gap(), sigma, steps, tau, generator, z);
            on_chord(capacitor, *z, generator, x);
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        positive("sigma", self.sigma)?;
        not_negative("steps", self.steps)?;
        not_negative("tau", self.tau)
    }
}
