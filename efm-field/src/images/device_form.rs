//! The sums over mirror images in a form that a kernel elsewhere, on a GPU say, can evaluate with few numbers.

use super::Images;
use super::table::{FEW, TURN, Table};
use crate::Precision;

/// How to sum the mirror images of a charge in R^{D+1}. Lengths are in units of L: ρ is the distance within the plate,
/// h ∈ [−1, 1] the height above the nearest image, and E_x = A·(x − x_i), E_z = B.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageForm {
    /// Small D. Images other than the nearest add u^D Σ_j T_j(2h² − 1) Σ_i c_ji T_i(2u − 1) to A, u = c/√(ρ² + c²), and
    /// the same with other coefficients, times h, to B. Below 2e-6 of the field.
    Polynomial {
        /// c.
        turn: f32,
        /// c_ji of A, j < 13, then of B; for each j the 19 of i.
        coefficients: Vec<f32>,
    },
    /// Larger D: weights fall fast, so images h − 2k are added one by one. Farther than `far` they make a wall of even
    /// charge, A = e^{`ln_mean`} ρ^{−D} and B = 0, to 2e-7 of the field.
    OneByOne {
        /// ρ beyond which the images are even.
        far: f32,
        /// ln of the factor there.
        ln_mean: f32,
    },
}

impl ImageForm {
    /// The form for D = `dim`.
    pub fn new(dim: usize) -> Self {
        let images = Images::new(dim);
        if dim <= FEW {
            let coefficients = Table::shared(dim, &images, Precision::F32).coefficients().map(|&value| value as f32);
            return Self::Polynomial { turn: TURN as f32, coefficients: coefficients.collect() };
        }
        let (far, ln_mean) = images.wall();
        Self::OneByOne { far: far as f32, ln_mean: ln_mean as f32 }
    }
}
