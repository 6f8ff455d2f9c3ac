use efm_core::{Points, Stream};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::cloud::check_pair;
use crate::measure::values;
use crate::wasserstein::squared_w2_sorted;
use crate::{Budget, EvalError, Label, Measure, Reading, Statistics};

/// Directions that [`sliced_w2`] averages over unless told otherwise.
pub const DEFAULT_DIRECTIONS: usize = 256;

/// The sliced 2-Wasserstein distance, in data units: SW2² = mean over directions θ of W2²(⟨θ, x⟩, ⟨θ, y⟩).
///
/// Direction k is uniform on the unit sphere of R^D, from generator k of `stream`; on each the distance is exact, also
/// for clouds of unequal size (see [`crate::w2_1d`]). For clouds that differ by a shift v, E SW2² = |v|²/D. For D = 1
/// every direction is the same and the result is W2. (Rabin, Peyré, Delon and Bernot, SSVM 2011.)
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], [`EvalError::TooSmall`] for no directions.
pub fn sliced_w2(a: &Points, b: &Points, directions: usize, stream: &Stream) -> Result<f64, EvalError> {
    Ok(sliced(a, b, directions, stream)?.value)
}

/// A sliced distance and how far the choice of directions may have moved it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sliced {
    /// SW2, in data units.
    pub value: f64,
    /// Standard error of `value` over the choice of directions; 0 for D = 1 and for a single direction.
    pub error: f64,
}

/// [`sliced_w2`] with its standard error over the choice of directions.
///
/// # Errors
/// As [`sliced_w2`].
pub fn sliced(a: &Points, b: &Points, directions: usize, stream: &Stream) -> Result<Sliced, EvalError> {
    check_pair(a, b)?;
    if directions == 0 {
        return Err(EvalError::TooSmall { what: "the number of directions", value: 0, least: 1 });
    }
    if a.dim() == 1 {
        return Ok(Sliced { value: squared_on(a, b, &[1.0]).sqrt(), error: 0.0 });
    }
    let squares: Vec<f64> = (0..directions as u64)
        .into_par_iter()
        .map(|index| squared_on(a, b, &unit_direction(a.dim(), stream, index)))
        .collect();
    let spread = Statistics::of(&squares).expect("at least one direction");
    let value = spread.mean.sqrt();
    // The root halves a relative error.
    let error = if value > 0.0 { spread.std / (squares.len() as f64).sqrt() / (2.0 * value) } else { 0.0 };
    Ok(Sliced { value, error })
}

/// [`sliced_w2`] on given directions, one unit vector a point.
///
/// # Errors
/// As [`sliced_w2`].
pub fn sliced_w2_along(a: &Points, b: &Points, directions: &Points) -> Result<f64, EvalError> {
    check_pair(a, b)?;
    check_pair(a, directions)?;
    let on = |direction: &[f32]| -> f64 {
        squared_on(a, b, &direction.iter().map(|&value| f64::from(value)).collect::<Vec<_>>())
    };
    Ok((directions.iter().map(on).sum::<f64>() / directions.len() as f64).sqrt())
}

/// W2² of the projections on a direction.
fn squared_on(a: &Points, b: &Points, direction: &[f64]) -> f64 {
    squared_w2_sorted(&project(a, direction), &project(b, direction))
}

/// A direction uniform on the unit sphere: a normal vector over its length.
fn unit_direction(dim: usize, stream: &Stream, index: u64) -> Vec<f64> {
    let mut generator = stream.at(index);
    loop {
        let direction: Vec<f64> = (0..dim).map(|_| StandardNormal.sample(&mut generator)).collect();
        let length = direction.iter().map(|value| value * value).sum::<f64>().sqrt();
        if length > 1e-150 {
            return direction.into_iter().map(|value| value / length).collect();
        }
    }
}

/// ⟨θ, x⟩ of every point, sorted.
fn project(points: &Points, direction: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = points
        .iter()
        .map(|point| point.iter().zip(direction).map(|(&x, &weight)| f64::from(x) * weight).sum())
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// [`sliced_w2`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlicedW2 {
    /// Directions it is a mean over.
    pub directions: usize,
}

impl Default for SlicedW2 {
    /// [`DEFAULT_DIRECTIONS`] directions.
    fn default() -> Self {
        Self { directions: DEFAULT_DIRECTIONS }
    }
}

impl Measure for SlicedW2 {
    fn name(&self) -> &str {
        "sliced_w2"
    }

    fn value(&self, a: &Points, b: &Points, stream: &Stream) -> Result<f64, EvalError> {
        sliced_w2(a, b, self.directions, stream)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("sliced_w2").titled("sliced W2")]
    }

    fn reading(&self, a: &Points, b: &Points, stream: &Stream) -> Result<Reading, EvalError> {
        let found = sliced(a, b, self.directions, stream)?;
        Ok(Reading::of(vec![found.value])
            .with("directions", self.directions as f64)
            .with("monte_carlo_error", found.error))
    }

    fn budget(&self, _: usize) -> Budget {
        Budget::of_all()
    }

    fn work(&self, [n, m]: [usize; 2], dim: usize) -> f64 {
        self.directions as f64 * (n as f64 + m as f64) * (40.0 + dim as f64)
    }

    fn memory(&self, points: [usize; 2], _: usize) -> u64 {
        values(points, 64)
    }
}
