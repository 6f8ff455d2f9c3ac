//! Charges laid out for matrix products, and the product of a few rows with a panel of 32 columns, in registers.
//!
//! The sum over the inner index runs in one order, whichever rows are computed together: a row's bits depend on nothing
//! but the row.

use pulp::Simd;

/// Columns of a panel.
pub const PANEL: usize = 32;
/// Rows that are multiplied together.
pub const GROUP: usize = 12;
/// Terms summed in f32 before the result is added to what is there.
pub const DEPTH: usize = 256;

/// A row of a panel.
pub type Row = [f32; PANEL];
/// One entry of each row of a group.
pub type Column = [f32; GROUP];

/// Σ_k left[k][r] · right[k][c] for the rows r of a group and the columns c of a panel.
#[inline(always)]
pub fn product<'a, S: Simd>(
    simd: S,
    terms: impl Iterator<Item = (&'a Column, &'a Row)> + Clone,
    out: &mut [Row; GROUP],
) {
    // As many accumulators as the registers hold: 24 of 32, or 12 of 16.
    match lanes::<S>() {
        16 => tile::<S, 12, 2>(simd, terms, 0, 0, out),
        8 => {
            for first in [0, 6] {
                for column in [0, 2] {
                    tile::<S, 6, 2>(simd, terms.clone(), first, column, out);
                }
            }
        }
        lanes => {
            for first in [0, 4, 8] {
                for column in (0..PANEL / lanes).step_by(2) {
                    tile::<S, 4, 2>(simd, terms.clone(), first, column, out);
                }
            }
        }
    }
}

/// Scalars in a vector.
#[inline(always)]
fn lanes<S: Simd>() -> usize {
    size_of::<S::f32s>() / size_of::<f32>()
}

/// R rows from `first` on, V vectors of columns from `column` on.
#[inline(always)]
fn tile<'a, S: Simd, const R: usize, const V: usize>(
    simd: S,
    terms: impl Iterator<Item = (&'a Column, &'a Row)>,
    first: usize,
    column: usize,
    out: &mut [Row; GROUP],
) {
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    for (left, right) in terms {
        let right = S::as_simd_f32s(right).0;
        let right: [S::f32s; V] = std::array::from_fn(|vector| right[column + vector]);
        for row in 0..R {
            let factor = simd.splat_f32s(left[first + row]);
            for vector in 0..V {
                sums[row][vector] = simd.mul_add_e_f32s(factor, right[vector], sums[row][vector]);
            }
        }
    }
    for row in 0..R {
        let to = S::as_mut_simd_f32s(&mut out[first + row]).0;
        to[column..column + V].copy_from_slice(&sums[row]);
    }
}

/// Points, both as columns and as rows of panels.
#[derive(Debug, Clone)]
pub struct Panels {
    /// D.
    pub dim: usize,
    /// Points, padded to whole panels.
    pub padded: usize,
    /// `columns[panel · D + axis]`: a coordinate of 32 points.
    pub columns: Vec<Row>,
    /// `rows[strip · padded + point]`: 32 coordinates of a point, padded with zeros.
    pub rows: Vec<Row>,
}

impl Panels {
    /// Lays out the given plates, point after point, each padded to whole panels with points at the origin.
    pub fn new(dim: usize, plates: &[&[f32]]) -> Self {
        use rayon::prelude::*;
        let padded: usize = plates.iter().map(|plate| (plate.len() / dim).next_multiple_of(PANEL)).sum();
        let strips = dim.div_ceil(PANEL);
        // Where the points of each panel are.
        let panels: Vec<&[f32]> = plates.iter().flat_map(|plate| plate.chunks(PANEL * dim)).collect();
        let mut columns = vec![[0.0; PANEL]; padded * dim / PANEL];
        columns.par_chunks_mut(dim).zip(&panels).for_each(|(columns, points)| {
            for (slot, point) in points.chunks_exact(dim).enumerate() {
                for (column, &value) in columns.iter_mut().zip(point) {
                    column[slot] = value;
                }
            }
        });
        let mut rows = vec![[0.0; PANEL]; padded * strips];
        rows.par_chunks_mut(padded).enumerate().for_each(|(strip, rows)| {
            for (rows, points) in rows.chunks_exact_mut(PANEL).zip(&panels) {
                for (row, point) in rows.iter_mut().zip(points.chunks_exact(dim)) {
                    let part = &point[strip * PANEL..dim.min((strip + 1) * PANEL)];
                    row[..part.len()].copy_from_slice(part);
                }
            }
        });
        Self { dim, padded, columns, rows }
    }

    /// Strips of 32 coordinates.
    pub fn strips(&self) -> usize {
        self.dim.div_ceil(PANEL)
    }

    /// |y|² of every point, ∞ for those `missing` says are padding.
    pub fn squares(&self, missing: impl Fn(usize) -> bool) -> Vec<f64> {
        let one = |point: usize| {
            let rows = self.rows.iter().skip(point).step_by(self.padded);
            rows.flatten().map(|&value| f64::from(value) * f64::from(value)).sum()
        };
        (0..self.padded).map(|point| if missing(point) { f64::INFINITY } else { one(point) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, Scalar, WithSimd};

    struct Work<'a>(&'a [Column], &'a [Row]);

    impl WithSimd for Work<'_> {
        type Output = [Row; GROUP];
        fn with_simd<S: Simd>(self, simd: S) -> [Row; GROUP] {
            let mut out = [[0.0; PANEL]; GROUP];
            product(simd, self.0.iter().zip(self.1), &mut out);
            out
        }
    }

    #[test]
    fn every_width_of_vectors_gives_the_product() {
        // Small whole numbers: every order of summation is exact.
        let left: Vec<Column> = (0..9).map(|k| std::array::from_fn(|row| ((7 * k + 3 * row) % 11) as f32)).collect();
        let right: Vec<Row> = (0..9).map(|k| std::array::from_fn(|column| ((5 * k + column) % 13) as f32)).collect();
        let truth: [Row; GROUP] = std::array::from_fn(|row| {
            std::array::from_fn(|column| left.iter().zip(&right).map(|(left, right)| left[row] * right[column]).sum())
        });
        assert_eq!(Work(&left, &right).with_simd(Scalar::new()), truth);
        assert_eq!(Arch::new().dispatch(Work(&left, &right)), truth);
    }

    #[test]
    fn panels_hold_every_point_twice() {
        let dim = 35;
        let plates = [3, 40].map(|count| (0..count * dim).map(|value| value as f32).collect::<Vec<f32>>());
        let panels = Panels::new(dim, &[&plates[0], &plates[1]]);
        assert_eq!((panels.padded, panels.strips()), (32 + 64, 2));
        for (start, plate) in [(0, &plates[0]), (32, &plates[1])] {
            for (index, point) in plate.chunks_exact(dim).enumerate() {
                let at = start + index;
                for (axis, &value) in point.iter().enumerate() {
                    assert_eq!(panels.columns[at / PANEL * dim + axis][at % PANEL], value);
                    assert_eq!(panels.rows[axis / PANEL * panels.padded + at][axis % PANEL], value);
                }
            }
        }
    }
}
