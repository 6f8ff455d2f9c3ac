//! Sums of distances over very many pairs of points of few coordinates.

use std::ops::Range;

use efm_core::Points;
use rayon::prelude::*;

use crate::pairwise::{ROWS, tiles};
use crate::wide::{Loop, widely};

/// Points of the second cloud that a block of the first meets at once.
const TILE: usize = 512;

/// Mean of |x − y| over all pairs, D ≤ 16; without `b` over all pairs within `a`, a point with itself included.
///
/// Distances are f32, off by at most 1e-7 of themselves and in random directions, their sums f64: of 10⁹ pairs and more
/// the mean is as exact as one of f64, in a quarter of the time.
pub(crate) fn mean_distance(a: &Points, b: Option<&Points>) -> f64 {
    let columns = b.unwrap_or(a);
    let coordinates: Vec<Vec<f32>> =
        (0..a.dim()).map(|axis| columns.iter().map(|point| point[axis]).collect()).collect();
    let block = |block: usize| {
        let rows = block * ROWS..((block + 1) * ROWS).min(a.len());
        let tiles = tiles(&rows, columns.len(), b.is_some(), TILE);
        widely(Block { a, coordinates: &coordinates, rows, tiles })
    };
    let sums: Vec<f64> = (0..a.len().div_ceil(ROWS)).into_par_iter().map(block).collect();
    sums.iter().sum::<f64>() / a.len() as f64 / columns.len() as f64
}

struct Block<'a> {
    a: &'a Points,
    coordinates: &'a [Vec<f32>],
    rows: Range<usize>,
    tiles: Vec<(Range<usize>, f64)>,
}

impl Loop for Block<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (mut squares, mut sum) = ([0.0_f32; TILE], 0.0);
        for (tile, weight) in self.tiles {
            let squares = &mut squares[..tile.len()];
            for index in self.rows.clone() {
                for (axis, (&x, column)) in self.a.point(index).iter().zip(self.coordinates).enumerate() {
                    for (square, &y) in squares.iter_mut().zip(&column[tile.clone()]) {
                        let term = (x - y) * (x - y);
                        *square = if axis == 0 { term } else { *square + term };
                    }
                }
                sum += weight * f64::from(lengths(squares));
            }
        }
        sum
    }
}

/// Sum of the roots, in lanes: each adds up a few dozen of them.
#[inline(always)]
fn lengths(squares: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (chunks, rest) = squares.as_chunks::<16>();
    for chunk in chunks {
        for lane in 0..16 {
            lanes[lane] += chunk[lane].sqrt();
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|square| square.sqrt()).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::{mean_over_pairs, mean_within};

    #[test]
    fn rounding_averages_out() {
        for dim in [1, 2, 5] {
            let value = |k: usize| (k as f32 * 0.618_034).fract() * 3.0 + (k % 7) as f32;
            let cloud =
                |count: usize| Points::from_values(dim, (0..count * dim).map(|k| value(k * k + count)).collect());
            let (a, b) = (cloud(700).unwrap(), cloud(640).unwrap());
            // Of 4·10⁵ pairs an error of 1e-7 each leaves 2e-10, and sums of 32 in f32 ten times as much.
            let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-8 * y, "D = {dim}: {x} {y}");
            close(mean_distance(&a, Some(&b)), mean_over_pairs(&a, &b, f64::sqrt));
            close(mean_distance(&a, None), mean_within(&a, f64::sqrt));
        }
    }
}
