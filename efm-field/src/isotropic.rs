//! The isotropic step: points whose pulls average to the field, without any sum (§2.6 of the physics notes).

use efm_core::{Capacitor, Side};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use crate::Law;
use crate::exact::normalise;

/// Share of steps whose length is uniform; the others are log-uniform and resolve both plates.
const UNIFORM: f64 = 0.5;

/// A step away from a random charge of either plate: writes the point it leads to (z last) and a pull at it, with
/// E[pull | point] ∝ E at the point.
///
/// The length ρ has the density r(ρ) on (`least`, `most`), the direction u is uniform on the sphere of R^{D+1}. Given the charge
/// a point then has the density r(ρ)/(S_D ρ^D), which is r(ρ) times the charge's field; the pull ±u/r(ρ), scaled by a
/// constant so that it is at most two long, weighs it back. Fields of charges farther than `most` are left out.
///
/// In the mirror capacitor images are steps beyond the plates folded back into the gap: every reflection turns u_z.
pub fn isotropic_step(
    capacitor: &Capacitor,
    law: Law,
    [least, most]: [f64; 2],
    generator: &mut impl Rng,
    point: &mut [f64],
    pull: &mut [f64],
) {
    let dim = capacitor.dim();
    let gap = capacitor.gap();
    let side = if generator.random() { Side::Source } else { Side::Target };
    let plate = capacitor.plate(side);
    let charge = plate.point(generator.random_range(0..plate.len()));
    let share: f64 = generator.random();
    let octaves = (most / least).ln();
    let length = match generator.random::<f64>() < UNIFORM {
        true => least + (most - least) * share,
        false => least * (octaves * share).exp(),
    };
    pull.iter_mut().for_each(|part| *part = StandardNormal.sample(generator));
    normalise(pull);
    for ((to, &from), &part) in point.iter_mut().zip(charge).zip(&pull[..dim]) {
        *to = f64::from(from) + length * part;
    }
    let mut z = side.height(gap) + length * pull[dim];
    if law == Law::Mirror {
        z = z.rem_euclid(2.0 * gap);
        if z > gap {
            z = 2.0 * gap - z;
            pull[dim] = -pull[dim];
        }
    }
    point[dim] = z;
    // r(ρ)·most with r = UNIFORM/(most − least) + (1 − UNIFORM)/(ρ·octaves): at least UNIFORM.
    let density = UNIFORM * most / (most - least) + (1.0 - UNIFORM) * most / (length * octaves);
    pull.iter_mut().for_each(|part| *part *= side.charge() / density);
}
