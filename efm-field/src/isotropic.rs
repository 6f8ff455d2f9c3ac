//! The isotropic step: points whose pulls average to the field, without any sum (§2.6 of the physics notes).

use efm_core::{Augmented, Capacitor, Side, Stream};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::vector::normalise;
use crate::{FieldError, Law, ParameterError};

/// Share of steps whose length is uniform; the others are log-uniform and resolve both plates.
const UNIFORM: f64 = 0.5;

/// Points around charges, and a pull at each.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IsotropicSteps {
    /// Where the steps lead.
    pub points: Augmented,
    /// D + 1 coordinates each, at most two long: E\[pull | point\] ∝ E at the point.
    pub pulls: Augmented,
}

/// Steps number `first` to `first + count − 1` away from random charges of either plate; step i uses the generator `stream.at(i)`.
///
/// The length ρ has the density r(ρ) on (`least`, `most`), the direction u is uniform on the sphere of R^{D+1}. Given the charge
/// a point then has the density r(ρ)/(S_D ρ^D), which is r(ρ) times the charge's field; the pull ±u/r(ρ), scaled by a
/// constant so that it is at most two long, weighs it back. Fields of charges farther than `most` are left out.
///
/// In the mirror capacitor images are steps beyond the plates folded back into the gap: every reflection turns u_z. The
/// published law has no such steps, since its charges do not add up; it gets those of Coulomb's.
///
/// # Errors
/// [`ParameterError`] unless 0 < `least` < `most`, both finite.
pub fn isotropic_steps(
    capacitor: &Capacitor,
    law: Law,
    [least, most]: [f64; 2],
    stream: &Stream,
    first: u64,
    count: usize,
) -> Result<IsotropicSteps, FieldError> {
    ParameterError::unless(least > 0.0 && least.is_finite(), "least", least, "finite and above 0")?;
    ParameterError::unless(most > least && most.is_finite(), "most", most, "finite and above the least")?;
    let width = capacitor.dim() + 1;
    let mut points = Augmented::zeros(capacitor.dim(), count);
    let mut pulls = points.clone();
    let both = points.as_mut_slice().par_chunks_mut(width).zip(pulls.as_mut_slice().par_chunks_mut(width));
    both.enumerate().for_each(|(index, (point, pull))| {
        let mut generator = stream.at(first.wrapping_add(index as u64));
        step(capacitor, law, [least, most], &mut generator, point, pull);
    });
    Ok(IsotropicSteps { points, pulls })
}

/// One step; `point` and `pull` have D + 1 coordinates.
fn step(
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
