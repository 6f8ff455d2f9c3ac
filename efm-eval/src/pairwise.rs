//! All pairs of two clouds, a row of distances at a time: what energy distance, kernels and nearest neighbours are made of.

use std::ops::Range;

use efm_core::Points;
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::cloud::coordinate;
use crate::wide::{Loop, widely};

/// Points of the first cloud that one thread takes together, and points of the second that they meet at once.
pub(crate) const ROWS: usize = 128;
const TILE: usize = 256;

/// Up to this D differences are taken coordinate by coordinate; beyond it products of matrices are faster.
pub(crate) const FEW: usize = 16;

/// Squared distances below this share of the squared norms are rounding of a product, that of f32 data included: none.
const NONE: f64 = 1e-13;

/// What is computed of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// |x − y|².
    Squares,
    /// ⟨x, y⟩.
    Products,
}

/// Part of a row of pairs: one point of the first cloud and consecutive points of the second.
pub(crate) struct Row<'a> {
    /// Index of the point of the first cloud.
    pub(crate) index: usize,
    /// Index of the first of the points of the second cloud.
    pub(crate) first: usize,
    /// The form, one value for each of them.
    pub(crate) values: &'a [f64],
    /// 2 where the pairs stand for those below the diagonal too.
    pub(crate) weight: f64,
}

/// Shows `visit` all pairs of a point of `a` and a point of `b`; without `b` all pairs within `a`, those beside the diagonal
/// once, with weight 2. Threaded: every block of rows has a state of its own; they are returned in order, so that results
/// do not depend on the number of threads. f64; memory is that of a few blocks, and 8 D N bytes for D ≤ 16.
pub(crate) fn scan<T: Send>(
    a: &Points,
    b: Option<&Points>,
    form: Form,
    start: impl Fn() -> T + Sync,
    visit: impl Fn(&mut T, Row<'_>) + Sync,
) -> Vec<T> {
    let columns = b.unwrap_or(a);
    let coordinates: Vec<Vec<f64>> = match a.dim() {
        ..=FEW => (0..a.dim()).map(|axis| coordinate(columns, axis)).collect(),
        _ => Vec::new(),
    };
    let centre = match form {
        // Distances do not change, and their rounding is that of the spread alone.
        Form::Squares => columns.mean(),
        Form::Products => vec![0.0; a.dim()],
    };
    let block = |block: usize| {
        let mut state = start();
        let rows = block * ROWS..((block + 1) * ROWS).min(a.len());
        let factor = coordinates.is_empty().then(|| Factor::new(a, columns, &centre, form, rows.clone()));
        for (tile, weight) in tiles(&rows, columns.len(), b.is_some(), TILE) {
            if let Some(factor) = &factor {
                let (values, rows) = (factor.values(&tile), factor.rows.clone());
                widely(Given { values, rows, tile, weight, state: &mut state, visit: &visit });
            } else {
                let (rows, coordinates) = (rows.clone(), &coordinates[..]);
                widely(Direct { a, coordinates, rows, tile, form, weight, state: &mut state, visit: &visit });
            }
        }
        state
    };
    (0..a.len().div_ceil(ROWS)).into_par_iter().map(block).collect()
}

/// The columns that the rows of a block meet, and the weight of these pairs: all, or (within one cloud) those not before the
/// block.
pub(crate) fn tiles(rows: &Range<usize>, columns: usize, all: bool, length: usize) -> Vec<(Range<usize>, f64)> {
    let (from, weight) = if all { (0, 1.0) } else { (rows.end, 2.0) };
    let diagonal = (!all).then(|| (rows.clone(), 1.0));
    let others = (from..columns).step_by(length).map(|at| (at..(at + length).min(columns), weight));
    diagonal.into_iter().chain(others).collect()
}

/// Few coordinates: one after the other.
struct Direct<'a, T, V> {
    a: &'a Points,
    coordinates: &'a [Vec<f64>],
    rows: Range<usize>,
    tile: Range<usize>,
    form: Form,
    weight: f64,
    state: &'a mut T,
    visit: &'a V,
}

impl<T, V: Fn(&mut T, Row<'_>)> Loop for Direct<'_, T, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut values = [0.0; TILE];
        let values = &mut values[..self.tile.len()];
        for index in self.rows {
            for (axis, (&x, column)) in self.a.point(index).iter().zip(self.coordinates).enumerate() {
                let x = f64::from(x);
                for (value, &y) in values.iter_mut().zip(&column[self.tile.clone()]) {
                    let term = match self.form {
                        Form::Squares => (x - y) * (x - y),
                        Form::Products => x * y,
                    };
                    *value = if axis == 0 { term } else { *value + term };
                }
            }
            (self.visit)(self.state, Row { index, first: self.tile.start, values, weight: self.weight });
        }
    }
}

/// Many coordinates: the rows of a block as a factor of a product of matrices.
struct Factor<'a> {
    columns: &'a Points,
    centre: &'a [f64],
    form: Form,
    rows: Range<usize>,
    /// One row a point, without the centre.
    matrix: DMatrix<f64>,
    norms: Vec<f64>,
}

impl<'a> Factor<'a> {
    fn new(a: &Points, columns: &'a Points, centre: &'a [f64], form: Form, rows: Range<usize>) -> Self {
        let value = |k: usize, axis: usize| f64::from(a.point(rows.start + k)[axis]) - centre[axis];
        let matrix = DMatrix::from_fn(rows.len(), a.dim(), value);
        let norms = matrix.row_iter().map(|row| row.norm_squared()).collect();
        Self { columns, centre, form, rows, matrix, norms }
    }

    /// The form of all pairs with a tile, row after row.
    fn values(&self, tile: &Range<usize>) -> DMatrix<f64> {
        let mut right = DMatrix::zeros(self.matrix.ncols(), tile.len());
        for (mut column, index) in right.column_iter_mut().zip(tile.clone()) {
            for ((place, &value), centre) in column.iter_mut().zip(self.columns.point(index)).zip(self.centre) {
                *place = f64::from(value) - centre;
            }
        }
        let mut values = (&self.matrix * &right).transpose();
        if self.form == Form::Squares {
            let norms: Vec<f64> = right.column_iter().map(|column| column.norm_squared()).collect();
            for (mut row, own) in values.column_iter_mut().zip(&self.norms) {
                for (value, norm) in row.iter_mut().zip(&norms) {
                    let square = norm + own - 2.0 * *value;
                    *value = if square > NONE * (norm + own) { square } else { 0.0 };
                }
            }
        }
        values
    }
}

/// Values that were computed before.
struct Given<'a, T, V> {
    values: DMatrix<f64>,
    rows: Range<usize>,
    tile: Range<usize>,
    weight: f64,
    state: &'a mut T,
    visit: &'a V,
}

impl<T, V: Fn(&mut T, Row<'_>)> Loop for Given<'_, T, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (index, values) in self.rows.zip(self.values.as_slice().chunks_exact(self.tile.len())) {
            (self.visit)(self.state, Row { index, first: self.tile.start, values, weight: self.weight });
        }
    }
}

/// Sum of f over values, in eight lanes, so that the compiler can use wide registers.
#[inline(always)]
pub(crate) fn lane_sum(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            lanes[lane] += f(chunk[lane]);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&value| f(value)).sum::<f64>()
}

/// Sum of f(form) over all pairs of a point of `a` and a point of `b`, or of two points of `a`, a point with itself included.
pub(crate) fn sum_over_pairs(a: &Points, b: Option<&Points>, form: Form, f: impl Fn(f64) -> f64 + Sync) -> f64 {
    // What is not inlined is compiled for narrow registers.
    scan(
        a,
        b,
        form,
        || 0.0,
        #[inline(always)]
        |sum, row| *sum += row.weight * lane_sum(row.values, &f),
    )
    .iter()
    .sum()
}

/// Mean of f(|x − y|²) over all pairs of a point of `a` and a point of `b`.
pub(crate) fn mean_over_pairs(a: &Points, b: &Points, f: impl Fn(f64) -> f64 + Sync) -> f64 {
    sum_over_pairs(a, Some(b), Form::Squares, f) / a.len() as f64 / b.len() as f64
}

/// Mean of f(|x − x′|²) over all pairs of points of `a`, a point with itself included.
pub(crate) fn mean_within(a: &Points, f: impl Fn(f64) -> f64 + Sync) -> f64 {
    sum_over_pairs(a, None, Form::Squares, f) / a.len() as f64 / a.len() as f64
}

/// eˣ for x ≤ 0 to 4e-16 of itself; below −708 that of −708. Made of operations that wide registers have.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    // Added to a number, this rounds it to an integer, which then stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    // ln 2 in two parts, the first with 32 zero bits at its end: its products with whole numbers are exact.
    const HIGH: f64 = 0.693_147_180_369_123_8;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x > -708.0 { x } else { -708.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * HIGH) - whole * LOW;
    // Taylor's series: |r| ≤ ln 2 / 2, and the term after the last is below 2e-16.
    let mut sum = 1.0 / 479_001_600.0;
    for factor in [
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        sum = sum * r + factor;
    }
    sum * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::squared_distance;

    fn cloud(count: usize, dim: usize, offset: f32) -> Points {
        let value = |k: usize| ((k * 7_919 % 1_000) as f32 / 250.0 - 2.0) + offset;
        Points::from_values(dim, (0..count * dim).map(|k| value(k + count)).collect()).unwrap()
    }

    #[test]
    fn every_pair_is_seen_once() {
        for (dim, offset) in [(1, 0.0), (3, 0.0), (17, 0.0), (40, 1_000.0)] {
            let (a, b) = (cloud(301, dim, offset), cloud(270, dim, offset));
            let plain = |a: &Points, b: &Points, f: &dyn Fn(&[f32], &[f32]) -> f64| -> f64 {
                a.iter().flat_map(|x| b.iter().map(move |y| f(x, y))).sum()
            };
            let product = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(p, q)| f64::from(*p) * f64::from(*q)).sum();
            for (form, f) in
                [(Form::Squares, &squared_distance as &dyn Fn(&[f32], &[f32]) -> f64), (Form::Products, &product)]
            {
                // Sums of some 10⁵ terms in f64, and a product form whose rounding is 1e-16 of the squared norms.
                let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-10 * y.abs(), "{form:?}, D = {dim}: {x}, {y}");
                close(sum_over_pairs(&a, Some(&b), form, |v| v), plain(&a, &b, f));
                close(sum_over_pairs(&a, None, form, |v| v), plain(&a, &a, f));
            }
        }
    }

    #[test]
    fn a_point_has_no_distance_from_itself() {
        for dim in [2, 30] {
            let a = cloud(200, dim, 500.0);
            assert_eq!(mean_over_pairs(&a.select(&[3]), &a.select(&[3]), f64::sqrt), 0.0);
        }
    }

    #[test]
    fn exponentials_are_those_of_the_library() {
        for k in 0..70_000 {
            let x = -f64::from(k) / 100.0;
            assert!((exp(x) - x.exp()).abs() <= 4e-16 * x.exp(), "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e300) < 1e-300 && exp(f64::NEG_INFINITY) < 1e-300);
    }
}
