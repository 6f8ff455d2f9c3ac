use efm_core::{Capacitor, Side, Stream};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::height::height;
use super::on_flux::on_flux;
use super::parameter::{ParameterError, margin, share};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// Where the field lines run: x ~ ρ_z = E_z(·, z) of the law in use.
///
/// Coulomb (and published): a fair coin picks x₊ + z·C or x₋ + (L − z)·C, C the standard Cauchy of R^D. Mirror: a Brownian
/// motion from z leaves (0, L) after time τ at one of the plates; x is a point of that plate plus √τ·N(0, I). Exact draws in
/// any D.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Flux {
    /// Heights keep this share of L away from either plate. Default 0.001.
    pub margin: f64,
    /// Share of draws whose ln(z/(L − z)) is uniform, which resolves both plates; the others have uniform z. Default 0.25; 0
    /// makes (x, z) uniform in z, ρ_z in x.
    pub edge: f64,
    /// Share of the draws in the bulk that are dropped for others, so that tails count more: a draw q widths of ρ_z away from
    /// the axis is kept with probability max(1 − thinning, q/5), at most 1. This depends on the place alone, so the best
    /// direction to learn stays that of the field. Default 0.
    pub thinning: f64,
}

/// Draws this many widths from the axis are never dropped.
const TAIL: f64 = 5.0;

impl Default for Flux {
    fn default() -> Self {
        Self { margin: 1e-3, edge: 0.25, thinning: 0.0 }
    }
}

impl PointSampler for Flux {
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        let Self { margin, edge, thinning } = *self;
        let gap = capacitor.gap();
        let spread = if thinning > 0.0 { spread(capacitor, &Side::BOTH) } else { 0.0 };
        Ok(Drawn::one_by_one_with_origins(capacitor.dim(), stream, first, count, |generator, x, z| {
            let mut left = 1000;
            loop {
                *z = height(gap, [margin; 2], edge, generator);
                let origin = on_flux(capacitor, law, *z, generator, x);
                left -= 1;
                let kept = |x: &[f64], z| (1.0 - thinning).max(widths(x, z, gap, spread) / TAIL);
                if thinning <= 0.0 || left == 0 || generator.random::<f64>() < kept(x, *z) {
                    return origin;
                }
            }
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        margin("margin", self.margin)?;
        share("edge", self.edge)?;
        let holds = (0.0..1.0).contains(&self.thinning);
        ParameterError::unless(holds, "thinning", self.thinning, "from 0 to below 1")
    }

    fn has_origins(&self) -> bool {
        true
    }
}

/// Root mean square coordinate of the charges of these plates, each plate counting the same.
pub(super) fn spread(capacitor: &Capacitor, sides: &[Side]) -> f64 {
    let square = |&side: &Side| capacitor.plate(side).mean_square();
    (sides.iter().map(square).sum::<f64>() / sides.len() as f64).sqrt()
}

/// Root mean square coordinate of x in widths of ρ_z: those of the charges, and those of the median Cauchy or exit time,
/// whose variance at distance d from a plate is d²/0.455; d = z(L − z)/L.
fn widths(x: &[f64], z: f64, gap: f64, spread: f64) -> f64 {
    let distance = z * (gap - z) / gap;
    let square = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    (square / (spread * spread + distance * distance / 0.455)).sqrt()
}
