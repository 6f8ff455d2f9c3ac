use efm_core::{Points, Stream};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::EvalError;
use crate::cloud::{check_pair, coordinate};
use crate::wasserstein::squared_w2_sorted;

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
    check_pair(a, b)?;
    if directions == 0 {
        return Err(EvalError::TooSmall { what: "the number of directions", value: 0, least: 1 });
    }
    if a.dim() == 1 {
        let sorted = |cloud| {
            let mut values = coordinate(cloud, 0);
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        return Ok(squared_w2_sorted(&sorted(a), &sorted(b)).sqrt());
    }
    let squares: Vec<f64> = (0..directions as u64)
        .into_par_iter()
        .map(|index| {
            let direction = unit_direction(a.dim(), stream, index);
            squared_w2_sorted(&project(a, &direction), &project(b, &direction))
        })
        .collect();
    Ok((squares.iter().sum::<f64>() / directions as f64).sqrt())
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
