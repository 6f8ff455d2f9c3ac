use efm_core::{Points, Stream};

use crate::cloud::{check_pair, coordinate};
use crate::lengths::mean_distance;
use crate::pairwise::{FEW, mean_over_pairs, mean_within};
use crate::{Budget, EvalError, Measure};

/// From so many points on distances are f32: rounding averages out over a billion pairs.
const MANY: usize = 30_000;

/// The energy distance 2 E|X−Y| − E|X−X′| − E|Y−Y′| of two clouds, in data units.
///
/// All means run over all pairs, a point with itself included (the V-statistic), so the result is that of the two
/// empirical measures: zero exactly when they are equal, never negative. It is not the square root that some packages
/// return. O(N²) and threaded, memory of a few blocks; for D = 1 by sorting, from 2 ∫ (F − G)² dx. (Székely and Rizzo,
/// J. Stat. Plan. Inference 143, 2013.)
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`].
pub fn energy_distance(a: &Points, b: &Points) -> Result<f64, EvalError> {
    check_pair(a, b)?;
    if a.dim() == 1 {
        return Ok(energy_1d(coordinate(a, 0), coordinate(b, 0)));
    }
    let (between, within_a, within_b) = if a.dim() <= FEW && a.len().max(b.len()) > MANY && spread_in_f32(a, b) {
        (mean_distance(a, Some(b)), mean_distance(a, None), mean_distance(b, None))
    } else {
        (mean_over_pairs(a, b, f64::sqrt), mean_within(a, f64::sqrt), mean_within(b, f64::sqrt))
    };
    Ok((2.0 * between - within_a - within_b).max(0.0))
}

/// Whether squares of distances are numbers of f32, neither infinite nor without digits.
fn spread_in_f32(a: &Points, b: &Points) -> bool {
    let most = a.as_slice().iter().chain(b.as_slice()).fold(0.0_f32, |most, value| most.max(value.abs()));
    (1e-12..1e17).contains(&most)
}

/// 2 ∫ (F − G)² dx of the two empirical distribution functions.
fn energy_1d(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    let mut here = a[0].min(b[0]);
    while i < a.len() || j < b.len() {
        let next = match (a.get(i), b.get(j)) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) => x,
            (None, Some(&y)) => y,
            (None, None) => break,
        };
        let gap = i as f64 / a.len() as f64 - j as f64 / b.len() as f64;
        sum += gap * gap * (next - here);
        here = next;
        while a.get(i) == Some(&next) {
            i += 1;
        }
        while b.get(j) == Some(&next) {
            j += 1;
        }
    }
    2.0 * sum
}

/// [`energy_distance`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnergyDistance;

impl Measure for EnergyDistance {
    fn name(&self) -> &str {
        "energy_distance"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        energy_distance(a, b)
    }

    fn budget(&self, dim: usize) -> Budget {
        let budget = Budget::of_pairs(dim);
        // On a line it sorts.
        if dim == 1 { Budget { most: usize::MAX, ..budget } } else { budget }
    }
}
