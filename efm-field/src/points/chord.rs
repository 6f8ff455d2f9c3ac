use efm_core::{Capacitor, Side, Stream};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::height::normal;
use super::parameter::{ParameterError, not_negative};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// The paper's points: x = t x₊ + (1 − t) x₋ + noise at z = (1 − t) L, t uniform.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Chord {
    /// σ (data units) of the radius |N(L/2, σ²)| of the noise, whose direction in R^D is uniform. 0, the default: no noise at
    /// all, as in the published code.
    pub noise: f64,
}

impl PointSampler for Chord {
    fn draw(
        &self,
        capacitor: &Capacitor,
        _law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        let gap = capacitor.gap();
        Ok(Drawn::one_by_one(capacitor.dim(), stream, first, count, |generator, x, z| {
            let t: f64 = generator.random();
            *z = (1.0 - t) * gap;
            on_chord(capacitor, *z, generator, x);
            if self.noise > 0.0 {
                let radius = (0.5 * gap + self.noise * normal(generator)).abs();
                add_direction(x, radius, generator);
            }
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        not_negative("noise", self.noise)
    }
}

/// A point of the segment between two random charges, at height `z`.
pub(super) fn on_chord(capacitor: &Capacitor, z: f64, generator: &mut impl Rng, x: &mut [f64]) {
    let share = z / capacitor.gap();
    x.fill(0.0);
    add_point(capacitor, Side::Source, 1.0 - share, generator, x);
    add_point(capacitor, Side::Target, share, generator, x);
}

/// Adds `weight` times a random charge's place.
pub(super) fn add_point(capacitor: &Capacitor, side: Side, weight: f64, generator: &mut impl Rng, x: &mut [f64]) {
    let plate = capacitor.plate(side);
    let charge = plate.point(generator.random_range(0..plate.len()));
    for (value, &place) in x.iter_mut().zip(charge) {
        *value += weight * f64::from(place);
    }
}

/// Adds a vector of length `radius` in a uniform direction.
pub(super) fn add_direction(x: &mut [f64], radius: f64, generator: &mut impl Rng) {
    let mut direction: Vec<f64> = x.iter().map(|_| normal(generator)).collect();
    let norm = crate::vector::normalise(&mut direction);
    if norm > 0.0 {
        for (value, part) in x.iter_mut().zip(&direction) {
            *value += radius * part;
        }
    }
}
