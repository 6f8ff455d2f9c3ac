use efm_core::{Capacitor, Side, Stream};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::flux::spread;
use super::height::{height, normal};
use super::on_flux::in_tube;
use super::parameter::{ParameterError, margin, share};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// As [`Flux`](super::Flux), but only of the part of every charge's flux that leaves it between two cones.
///
/// In many dimensions lines stay in such a tube from plate to plate: the noise of a point, √τ·N(0, I), has a length of √(τD)
/// and hardly any spread. A network that only sees the tube learns one amount of noise per height and not all of them; lines
/// have to start in the tube as well, at its middle where they leave at the median angle. Lines of a tube alone do not carry
/// p to q exactly.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Tube {
    /// Heights keep these shares of L away from the source and from the target. The first one is best a little less than
    /// where lines start, for above a plate of samples there is nothing to learn but single charges. Default [0.001, 0.001].
    pub margins: [f64; 2],
    /// As that of [`Flux`](super::Flux).
    pub edge: f64,
    /// Share of draws where the noise of the lines is about as wide as the data of the target: there images get their
    /// shapes, and most is to be learned. ln(distance from the target/spread of a coordinate) is normal about 0.5, with a
    /// standard deviation of 1.2. Default 0.
    pub focus: f64,
    /// Shares of the flux of a charge inside the inner and the outer cone, from 0, upright, to 1, flat. Default [0.15, 0.85].
    pub angles: [f64; 2],
}

/// Mean and standard deviation of ln(distance/spread) in the focus. In the middle of a tube noise is 1.5 times as wide as the
/// distance, so these are noises of three quarters of a spread to eight: higher than those at which Karras et al. (2022, arXiv
/// 2206.00364, §5) train, since the widest directions of images are that many spreads wide.
const FOCUS: [f64; 2] = [0.5, 1.2];

impl Default for Tube {
    fn default() -> Self {
        Self { margins: [1e-3; 2], edge: 0.25, focus: 0.0, angles: [0.15, 0.85] }
    }
}

impl Tube {
    fn height(&self, gap: f64, spread: f64, generator: &mut impl Rng) -> f64 {
        let Self { margins, edge, focus, .. } = *self;
        if focus > 0.0 && generator.random::<f64>() < focus {
            for _ in 0..100 {
                let z = gap - spread * (FOCUS[0] + FOCUS[1] * normal(generator)).exp();
                if (gap * margins[0]..=gap * (1.0 - margins[1])).contains(&z) {
                    return z;
                }
            }
        }
        height(gap, margins, edge, generator)
    }
}

impl PointSampler for Tube {
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        let spread = if self.focus > 0.0 { spread(capacitor, &[Side::Target]) } else { 0.0 };
        Ok(Drawn::one_by_one_with_origins(capacitor.dim(), stream, first, count, |generator, x, z| {
            *z = self.height(capacitor.gap(), spread, generator);
            in_tube(capacitor, law, *z, self.angles, generator, x)
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        let [inner, outer] = self.angles;
        self.margins.into_iter().try_for_each(|value| margin("margins", value))?;
        share("edge", self.edge)?;
        share("focus", self.focus)?;
        ParameterError::unless((0.0..1.0).contains(&inner), "angles", inner, "from 0 to below 1")?;
        let holds = outer - inner >= 0.001 && outer <= 1.0;
        ParameterError::unless(holds, "angles", outer, "above the first by 0.001, at most 1")
    }

    fn has_origins(&self) -> bool {
        true
    }
}
