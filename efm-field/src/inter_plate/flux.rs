//! Points that follow the flux: x ~ |E_z(·, z)|, and the charge that each was drawn from.

use std::f64::consts::FRAC_1_SQRT_2;

use efm_core::{Capacitor, Side};
use rand::{Rng, RngExt};
use statrs::function::erf::erfc;

use super::{InterPlate, normal};
use crate::Law;
use crate::exit_time::{brownian_exit, exit_probability};

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
    let (side, scale) = noise(capacitor, law, z, generator);
    around_a_charge(capacitor, side, scale, generator, x)
}

/// As [`on_flux`], of the part of the flux that leaves a charge between two cones: `angles` are the shares of its flux inside of
/// either.
pub(super) fn in_tube(
    capacitor: &Capacitor,
    law: Law,
    z: f64,
    angles: [f64; 2],
    generator: &mut impl Rng,
    x: &mut [f64],
) -> Origin {
    let gap = capacitor.gap();
    // A thousandth of the flux, the least a tube may have, is hit by one draw in a thousand.
    let mut drawn = noise(capacitor, law, z, generator);
    for _ in 0..100_000 {
        let (side, scale) = drawn;
        let inside = match law {
            Law::Mirror => exit_probability(z, gap, scale * scale),
            Law::Coulomb | Law::Published => erfc((z - side.height(gap)).abs() / scale * FRAC_1_SQRT_2),
        };
        if (angles[0]..=angles[1]).contains(&inside) {
            break;
        }
        drawn = noise(capacitor, law, z, generator);
    }
    around_a_charge(capacitor, drawn.0, drawn.1, generator, x)
}

/// The plate that a point of ρ_z comes from, and the standard deviation of the normal noise that is added to one of its charges.
fn noise(capacitor: &Capacitor, law: Law, z: f64, generator: &mut impl Rng) -> (Side, f64) {
    let gap = capacitor.gap();
    match law {
        Law::Mirror => {
            let (side, time) = brownian_exit(z, gap, generator);
            (side, time.sqrt())
        }
        Law::Coulomb | Law::Published => {
            let side = if generator.random::<bool>() { Side::Source } else { Side::Target };
            // A Cauchy of scale s is s·N(0, I)/|N(0, 1)|.
            (side, (z - side.height(gap)).abs() / normal(generator).abs().max(f64::MIN_POSITIVE))
        }
    }
}

fn around_a_charge(capacitor: &Capacitor, side: Side, scale: f64, generator: &mut impl Rng, x: &mut [f64]) -> Origin {
    let plate = capacitor.plate(side);
    let charge = generator.random_range(0..plate.len());
    for (value, &place) in x.iter_mut().zip(plate.point(charge)) {
        *value = f64::from(place) + scale * normal(generator);
    }
    Origin { side, charge }
}

impl InterPlate {
    /// A height by the rule of [`InterPlate::Flux`], [`InterPlate::Tube`] or [`InterPlate::Around`]; `spread` as the tube wants it.
    pub(super) fn height(&self, gap: f64, spread: f64, generator: &mut impl Rng) -> f64 {
        match *self {
            Self::Around { margin, edge, behind, reach } => {
                if generator.random::<f64>() >= behind {
                    return height(gap, [margin; 2], edge, generator);
                }
                let distance = gap * margin * (reach / margin).powf(generator.random());
                if generator.random() { -distance } else { gap + distance }
            }
            Self::Flux { margin, edge, .. } => height(gap, [margin; 2], edge, generator),
            Self::Tube { margins, edge, focus, .. } => {
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
            _ => gap * generator.random::<f64>(),
        }
    }
}

/// Mean and standard deviation of ln(distance/spread) in the focus. In the middle of a tube noise is 1.5 times as wide as the distance, so
/// these are noises of three quarters of a spread to eight: higher than those at which Karras et al. (2022, arXiv 2206.00364, §5) train,
/// since the widest directions of images are that many spreads wide.
const FOCUS: [f64; 2] = [0.5, 1.2];

/// Draws this many widths from the axis are never dropped.
pub(super) const TAIL: f64 = 5.0;

/// Root mean square coordinate of the charges of these plates, each plate counting the same.
pub(super) fn spread(capacitor: &Capacitor, sides: &[Side]) -> f64 {
    let square = |&side: &Side| {
        let values = capacitor.plate(side).as_slice();
        values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / values.len() as f64
    };
    (sides.iter().map(square).sum::<f64>() / sides.len() as f64).sqrt()
}

/// Root mean square coordinate of x in widths of ρ_z: those of the charges, and those of the median Cauchy or exit time,
/// whose variance at distance d from a plate is d²/0.455; d = z(L − z)/L.
pub(super) fn widths(x: &[f64], z: f64, gap: f64, spread: f64) -> f64 {
    let distance = z * (gap - z) / gap;
    let square = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    (square / (spread * spread + distance * distance / 0.455)).sqrt()
}

/// A height by the rule of [`InterPlate::Flux`], those shares of the gap away from source and target.
fn height(gap: f64, margins: [f64; 2], edge: f64, generator: &mut impl Rng) -> f64 {
    let [low, high] = [margins[0].clamp(1e-12, 0.5), 1.0 - margins[1].clamp(1e-12, 0.5)];
    let share: f64 = generator.random();
    if generator.random::<f64>() < edge {
        let logit = |share: f64| (share / (1.0 - share)).ln();
        gap / (1.0 + (-(logit(low) + (logit(high) - logit(low)) * share)).exp())
    } else {
        gap * (low + (high - low) * share)
    }
}
