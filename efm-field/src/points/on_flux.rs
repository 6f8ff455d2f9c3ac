//! Points that follow the flux: x ~ |E_z(·, z)|, and the charge that each was drawn from.

use std::f64::consts::FRAC_1_SQRT_2;

use efm_core::{Capacitor, Side};
use rand::{Rng, RngExt};
use statrs::function::erf::erfc;

use super::Origin;
use super::height::normal;
use crate::Law;
use crate::exit_time::{brownian_exit, exit_probability};

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
