//! Points that follow the flux: x ~ |E_z(·, z)|, and the charge that each was drawn from.

use efm_core::{Capacitor, Side};
use rand::{Rng, RngExt};

use super::{InterPlate, normal};
use crate::Law;
use crate::exit_time::brownian_exit;

/// The charge from which a point was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its plate. Given the point, the source with probability E_z of the source's charges over E_z of all.
    pub side: Side,
    /// Its index there.
    pub charge: usize,
}

/// Draws x from ρ_z of `law` at height `z` (physics: x₊ or x₋ plus noise), D coordinates. Behind two plates it is
/// p*C_|z| + q*C_|L−z|, over 2.
pub fn on_flux(capacitor: &Capacitor, law: Law, z: f64, generator: &mut impl Rng, x: &mut [f64]) -> Origin {
    let gap = capacitor.gap();
    let (side, scale) = match law {
        Law::Mirror => {
            let (side, time) = brownian_exit(z, gap, generator);
            (side, time.sqrt())
        }
        Law::Coulomb | Law::Published => {
            let side = if generator.random::<bool>() { Side::Source } else { Side::Target };
            // A Cauchy of scale s is s·N(0, I)/|N(0, 1)|.
            (side, (z - side.height(gap)).abs() / normal(generator).abs().max(f64::MIN_POSITIVE))
        }
    };
    let plate = capacitor.plate(side);
    let charge = generator.random_range(0..plate.len());
    for (value, &place) in x.iter_mut().zip(plate.point(charge)) {
        *value = f64::from(place) + scale * normal(generator);
    }
    Origin { side, charge }
}

impl InterPlate {
    /// A height by the rule of [`InterPlate::Flux`] or [`InterPlate::Around`].
    pub(super) fn height(&self, gap: f64, generator: &mut impl Rng) -> f64 {
        match *self {
            Self::Around { margin, edge, behind, reach } => {
                if generator.random::<f64>() >= behind {
                    return height(gap, margin, edge, generator);
                }
                let distance = gap * margin * (reach / margin).powf(generator.random());
                if generator.random() { -distance } else { gap + distance }
            }
            Self::Flux { margin, edge, .. } => height(gap, margin, edge, generator),
            _ => gap * generator.random::<f64>(),
        }
    }
}

/// Draws this many widths from the axis are never dropped.
pub(super) const TAIL: f64 = 5.0;

/// Root mean square coordinate of all charges.
pub(super) fn spread(capacitor: &Capacitor) -> f64 {
    let squares = Side::BOTH.map(|side| {
        let values = capacitor.plate(side).as_slice();
        values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / values.len() as f64
    });
    (0.5 * (squares[0] + squares[1])).sqrt()
}

/// Root mean square coordinate of x in widths of ρ_z: those of the charges, and those of the median Cauchy or exit time,
/// whose variance at distance d from a plate is d²/0.455; d = z(L − z)/L.
pub(super) fn widths(x: &[f64], z: f64, gap: f64, spread: f64) -> f64 {
    let distance = z * (gap - z) / gap;
    let square = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    (square / (spread * spread + distance * distance / 0.455)).sqrt()
}

/// A height by the rule of [`InterPlate::Flux`].
fn height(gap: f64, margin: f64, edge: f64, generator: &mut impl Rng) -> f64 {
    let margin = margin.clamp(1e-12, 0.5);
    let share: f64 = generator.random();
    if generator.random::<f64>() < edge {
        let reach = ((1.0 - margin) / margin).ln();
        gap / (1.0 + (reach * (1.0 - 2.0 * share)).exp())
    } else {
        gap * (margin + (1.0 - 2.0 * margin) * share)
    }
}
