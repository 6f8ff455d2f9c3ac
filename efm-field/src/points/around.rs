use efm_core::{Capacitor, Stream};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::height::height;
use super::on_flux::on_flux;
use super::parameter::{ParameterError, margin, share};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// As [`Flux`](super::Flux) in the gap of two plates, and behind both of them, where the loops run: x of the density
/// p*C_|z| + q*C_|L−z|, which is 2|E_z| of either plate on its own. In a mirror capacitor nothing is behind.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Around {
    /// As that of [`Flux`](super::Flux), and the least distance behind a plate, in L. Default 0.001.
    pub margin: f64,
    /// As that of [`Flux`](super::Flux). Default 0.25.
    pub edge: f64,
    /// Share of draws behind the plates, half of them behind either. Their distance is log-uniform. Default 0.4.
    pub behind: f64,
    /// Largest distance behind a plate, in L. Default 30.
    pub reach: f64,
}

impl Default for Around {
    fn default() -> Self {
        Self { margin: 1e-3, edge: 0.25, behind: 0.4, reach: 30.0 }
    }
}

impl Around {
    fn height(&self, gap: f64, generator: &mut impl Rng) -> f64 {
        let Self { margin, edge, behind, reach } = *self;
        if generator.random::<f64>() >= behind {
            return height(gap, [margin; 2], edge, generator);
        }
        let distance = gap * margin * (reach / margin).powf(generator.random());
        if generator.random() { -distance } else { gap + distance }
    }
}

impl PointSampler for Around {
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        Ok(Drawn::one_by_one_with_origins(capacitor.dim(), stream, first, count, |generator, x, z| {
            *z = self.height(capacitor.gap(), generator);
            on_flux(capacitor, law, *z, generator, x)
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        let Self { behind, reach, .. } = *self;
        margin("margin", self.margin)?;
        share("edge", self.edge)?;
        ParameterError::unless((0.0..1.0).contains(&behind), "behind", behind, "from 0 to below 1")?;
        let holds = reach.is_finite() && reach > self.margin;
        ParameterError::unless(holds, "reach", reach, "finite and above the margin")
    }

    fn has_origins(&self) -> bool {
        true
    }

    fn reaches_behind(&self) -> bool {
        true
    }
}
