use efm_core::{Augmented, Capacitor, Side, Stream};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::FieldError;

/// What a [`PointSampler`](super::PointSampler) drew.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Drawn {
    /// The points, (x, z) each.
    pub points: Augmented,
    /// The charge that each point was drawn from, for distributions that are made of charges.
    pub origins: Option<Vec<Origin>>,
}

/// The charge from which a point was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its plate. Given the point, the source with probability E_z of the source's charges over E_z of all.
    pub side: Side,
    /// Its index there.
    pub charge: usize,
}

impl Drawn {
    /// Points that belong to no charge.
    pub fn new(points: Augmented) -> Self {
        Self { points, origins: None }
    }

    /// Points, each with the charge that it was drawn from.
    pub fn with_origins(points: Augmented, origins: Vec<Origin>) -> Self {
        Self { points, origins: Some(origins) }
    }

    /// Draws number `first` to `first + count − 1` of D = `dim`, on all threads: `one` writes x (D coordinates) and z of draw i with
    /// the generator `stream.at(i)`. A coordinate that is not finite becomes 0.
    pub fn one_by_one(
        dim: usize,
        stream: &Stream,
        first: u64,
        count: usize,
        one: impl Fn(&mut ChaCha8Rng, &mut [f64], &mut f64) + Sync,
    ) -> Self {
        let mut points = Augmented::zeros(dim, count);
        points.as_mut_slice().par_chunks_mut(dim + 1).enumerate().for_each(|(index, point)| {
            draw(stream, first, index, point, &one);
        });
        Self::new(points)
    }

    /// As [`Drawn::one_by_one`]; `one` returns the charge as well.
    pub fn one_by_one_with_origins(
        dim: usize,
        stream: &Stream,
        first: u64,
        count: usize,
        one: impl Fn(&mut ChaCha8Rng, &mut [f64], &mut f64) -> Origin + Sync,
    ) -> Self {
        let mut points = Augmented::zeros(dim, count);
        let mut origins = Vec::new();
        let each = points.as_mut_slice().par_chunks_mut(dim + 1).enumerate();
        each.map(|(index, point)| draw(stream, first, index, point, &one)).collect_into_vec(&mut origins);
        Self::with_origins(points, origins)
    }

    /// Checks that these are `count` finite points of the capacitor's space, and that their charges exist.
    pub(super) fn check(&self, capacitor: &Capacitor, count: usize) -> Result<(), FieldError> {
        FieldError::check_shape((capacitor.dim(), count), (self.points.dim(), self.points.len()))?;
        if let Some(bad) = self.points.as_slice().iter().position(|value| !value.is_finite()) {
            return Err(FieldError::NonFinitePoint { point: bad / (capacitor.dim() + 1) });
        }
        let Some(origins) = &self.origins else { return Ok(()) };
        let there = origins.iter().filter(|origin| origin.charge < capacitor.plate(origin.side).len()).count();
        if there == count && origins.len() == count {
            Ok(())
        } else {
            Err(FieldError::Origins { points: count, origins: there })
        }
    }
}

fn draw<R>(
    stream: &Stream,
    first: u64,
    index: usize,
    point: &mut [f64],
    one: impl Fn(&mut ChaCha8Rng, &mut [f64], &mut f64) -> R,
) -> R {
    let mut generator = stream.at(first.wrapping_add(index as u64));
    let (z, x) = point.split_last_mut().expect("a point has at least z");
    let result = one(&mut generator, x, z);
    for value in point.iter_mut().filter(|value| !value.is_finite()) {
        *value = 0.0;
    }
    result
}
