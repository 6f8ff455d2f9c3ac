//! The mirror images of a charge as a polynomial, for small D.
//!
//! In units of L the images other than the nearest one sum to R(ρ, h) = u^D G(u, h²), u = c/√(ρ² + c²) ∈ (0, 1]; for
//! E_z there is a factor h besides. G is smooth: its nearest singularity in h² is at 4, and towards u = 0 (far away)
//! it tends to the constant of the plate averaged over z. It is interpolated once at Chebyshev nodes in u and h².
//! A query contracts h away and is left with two short polynomials in u for each plate.
//! Measured against [`Images`], errors relative to the whole field of the pair: degree 18 in u below 2e-6 for every D ≤ 8
//! (below 2e-7 for D ≤ 3), degree 22 below 8e-7 up to D = 12 and degree 24 below 8e-7 for D = 13.

use std::f64::consts::PI;
use std::sync::OnceLock;

use super::Images;
use crate::Precision;

/// c in u = c/√(ρ² + c²), in units of L.
pub const TURN: f64 = 1.4;
/// Largest D that has a table.
pub const LARGEST: usize = 13;
/// Largest D whose table in f32 is of the degree that devices take.
pub const FEW: usize = 8;
/// Degree in h².
const HEIGHT_DEGREE: usize = 12;
/// Most coefficients in u.
pub const MOST: usize = 49;

/// Chebyshev coefficients of the remainder of one dimension.
#[derive(Debug, Clone)]
pub struct Table {
    degree: usize,
    /// `a[j][i]`: degree i in u, j in h².
    a: Vec<Vec<f64>>,
    b: Vec<Vec<f64>>,
}

/// Coefficients in u at one height: degree 0 first.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    /// Of E_x/(x − x_i).
    pub a: [f64; MOST],
    /// Of E_z.
    pub b: [f64; MOST],
    /// How many are in use.
    pub len: usize,
}

/// One table for each D and precision serves every capacitor.
static SHARED: [[OnceLock<Table>; 2]; LARGEST + 1] = [const { [const { OnceLock::new() }; 2] }; LARGEST + 1];

impl Table {
    /// The table of a dimension up to [`LARGEST`], computed at its first use.
    pub fn shared(dim: usize, images: &Images, precision: Precision) -> &'static Self {
        let degree = match precision {
            Precision::F32 if dim <= FEW => 18,
            Precision::F32 if dim <= 12 => 22,
            Precision::F32 => 24,
            Precision::F64 => MOST - 1,
        };
        SHARED[dim][precision as usize].get_or_init(|| Self::new(dim, images, degree))
    }

    /// Interpolates the remainder to `degree` in u.
    fn new(dim: usize, images: &Images, degree: usize) -> Self {
        let (rows, columns) = (HEIGHT_DEGREE + 1, degree + 1);
        let node = |index: usize, count: usize| 0.5 * ((PI * (index as f64 + 0.5) / count as f64).cos() + 1.0);
        let mut values = (vec![vec![0.0; columns]; rows], vec![vec![0.0; columns]; rows]);
        for j in 0..rows {
            let h = node(j, rows).sqrt();
            for i in 0..columns {
                let u = node(i, columns);
                // R/u^D with u = c/√s, s = ρ² + c², and m = (D + 1)/2: R s^m c^{−D} s^{−1/2}.
                let s = TURN * TURN / (u * u);
                let (a, b) = images.remainder(s - TURN * TURN, h, s);
                let scale = TURN.powi(-(dim as i32)) / s.sqrt();
                values.0[j][i] = a * scale;
                values.1[j][i] = b * scale / h;
            }
        }
        Self { degree, a: transform(&values.0), b: transform(&values.1) }
    }

    /// All coefficients of A, then of B: for each degree in h² those in u.
    pub fn coefficients(&self) -> impl Iterator<Item = &f64> {
        self.a.iter().chain(&self.b).flatten()
    }

    /// The polynomials in u at height `h` ∈ [−1, 1] above the nearest image.
    pub fn slice(&self, h: f64) -> Slice {
        let (mut a, mut b) = ([0.0; MOST], [0.0; MOST]);
        let x = 2.0 * h * h - 1.0;
        let (mut before, mut now) = (x, 1.0);
        for (row_a, row_b) in self.a.iter().zip(&self.b) {
            for i in 0..=self.degree {
                a[i] += now * row_a[i];
                b[i] += now * h * row_b[i];
            }
            (before, now) = (now, 2.0 * x * now - before);
        }
        Slice { a, b, len: self.degree + 1 }
    }
}

/// Values at the nodes to Chebyshev coefficients, in both directions.
fn transform(values: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (rows, columns) = (values.len(), values[0].len());
    let basis = |degree: usize, index: usize, count: usize| {
        let norm = if degree == 0 { 1.0 } else { 2.0 } / count as f64;
        norm * (PI * degree as f64 * (index as f64 + 0.5) / count as f64).cos()
    };
    let mut half = vec![vec![0.0; columns]; rows];
    for (to, from) in half.iter_mut().zip(values) {
        for (degree, slot) in to.iter_mut().enumerate() {
            *slot = (0..columns).map(|i| basis(degree, i, columns) * from[i]).sum();
        }
    }
    (0..rows)
        .map(|degree| (0..columns).map(|i| (0..rows).map(|j| basis(degree, j, rows) * half[j][i]).sum()).collect())
        .collect()
}
