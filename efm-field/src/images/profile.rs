//! The mirror images of a charge as a polynomial, for one query and one plate.
//!
//! At a fixed height the sums over images are functions of ρ² alone, and only charges inside a window of ρ² matter: the
//! weights fall as r^{−(D+1)}. The sums are computed at Chebyshev nodes of that window, many nodes at once, and
//! interpolated. The coefficients tell whether that worked: if the last ones are not small, there is no profile.

use std::f64::consts::PI;

use pulp::Arch;

use super::{ImageSum, Images};
use crate::simd::widely;

/// Nodes, and most coefficients.
pub const NODES: usize = 32;
/// Coefficients below this share of the largest value are dropped.
const DROPPED: f64 = 1e-8;
/// The last coefficients must be below this share.
const CONVERGED: f64 = 5e-8;

/// What the polynomials are in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Variable {
    /// t²/r², t the distance of the nearest charge: good for narrow windows, and at hand.
    Ratio,
    /// 1/√(ρ² + 1): good for wide windows.
    Turn,
}

/// A and B of [`ImageSum`] as polynomials.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Of what.
    pub variable: Variable,
    /// Middle of the window.
    pub middle: f64,
    /// 1/half of the window's width.
    pub per_half: f64,
    /// Coefficients of A·f, f = 1, √ratio or 1/√(ρ²+1), in powers of (variable − middle)/half; see [`Profile::new`].
    pub a: [f64; NODES],
    /// Of B·f.
    pub b: [f64; NODES],
    /// Coefficients in use.
    pub len: usize,
}

/// The Chebyshev nodes and polynomials.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// `cosines[degree][node]`: values at the nodes.
    cosines: Vec<[f64; NODES]>,
    /// `powers[degree][power]`: coefficients in powers of x.
    powers: Vec<[f64; NODES]>,
}

impl Nodes {
    /// The 32 Chebyshev nodes.
    pub fn new() -> Self {
        let cosine = |degree: usize, node: usize| (PI * degree as f64 * (node as f64 + 0.5) / NODES as f64).cos();
        let mut powers = vec![[0.0; NODES]; NODES];
        (powers[0][0], powers[1][1]) = (1.0, 1.0);
        for degree in 2..NODES {
            for power in 0..=degree {
                let shifted = if power > 0 { powers[degree - 1][power - 1] } else { 0.0 };
                powers[degree][power] = 2.0 * shifted - powers[degree - 2][power];
            }
        }
        let cosines = (0..NODES).map(|degree| std::array::from_fn(|node| cosine(degree, node))).collect();
        Self { cosines, powers }
    }
}

impl Profile {
    /// The profile at height `h` for ρ² + h² from `near2` to `far2`, the ratio being `top2`/r².
    ///
    /// In the variable [`Variable::Ratio`] with even D, A and B carry the factor √ratio that belongs to the weight.
    pub fn new(images: &Images, nodes: &Nodes, h: f64, near2: f64, far2: f64, top2: f64) -> Option<Self> {
        let variable = if far2 < 8.0 * near2 { Variable::Ratio } else { Variable::Turn };
        let ends = match variable {
            Variable::Ratio => [top2 / far2, top2 / near2],
            Variable::Turn => [far2, near2].map(|r2| 1.0 / ((r2 - h * h).max(0.0) + 1.0).sqrt()),
        };
        let middle = 0.5 * (ends[0] + ends[1]);
        let half = (0.5 * (ends[1] - ends[0])).max(1e-9 * middle);
        let at: [f64; NODES] = std::array::from_fn(|node| middle + half * nodes.cosines[1][node]);
        let rho2 = at.map(|value| match variable {
            Variable::Ratio => (top2 / value - h * h).max(0.0),
            Variable::Turn => (1.0 / (value * value) - 1.0).max(0.0),
        });
        let (mut a, mut b) = images.sums(&rho2, h);
        for node in 0..NODES {
            let factor = match variable {
                Variable::Ratio if images.is_even() => at[node].sqrt(),
                Variable::Ratio => 1.0,
                Variable::Turn => at[node],
            };
            a[node] *= factor;
            b[node] *= factor;
        }
        let arch = Arch::new();
        let (a, b) = widely(
            arch,
            #[inline(always)]
            || (nodes.coefficients(&a), nodes.coefficients(&b)),
        );
        let most = |values: &[f64]| values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let (limit_a, limit_b) = (most(&a), most(&b).max(most(&a)));
        let small = |share: f64, degree: usize| a[degree].abs() < share * limit_a && b[degree].abs() < share * limit_b;
        let len = (1..NODES).rev().find(|&degree| !small(DROPPED, degree)).unwrap_or(0) + 1;
        let fits = len < NODES - 1 || (small(CONVERGED, NODES - 1) && small(CONVERGED, NODES - 2));
        // In powers one product per coefficient does; what that loses, 2.4^k ε of coefficient k, stays below 1e-11.
        fits.then(|| {
            let (a, b) = widely(
                arch,
                #[inline(always)]
                || (nodes.in_powers(&a[..len]), nodes.in_powers(&b[..len])),
            );
            Self { variable, middle, per_half: 1.0 / half, a, b, len }
        })
    }
}

impl Profile {
    /// A and B at one r²; `None` outside of the window.
    pub fn at(&self, images: &Images, h: f64, r2: f64, top2: f64) -> Option<ImageSum> {
        let (variable, factor) = match self.variable {
            Variable::Ratio => (top2 / r2, if images.is_even() { (r2 / top2).sqrt() } else { 1.0 }),
            Variable::Turn => {
                let root = ((r2 - h * h).max(0.0) + 1.0).sqrt();
                (1.0 / root, root)
            }
        };
        let x = (variable - self.middle) * self.per_half;
        let sum = |values: &[f64]| values.iter().rev().fold(0.0, |sum, value| sum * x + value);
        // Rounding may put an end of the window just outside.
        (x.abs() <= 1.001)
            .then(|| ImageSum { a: factor * sum(&self.a[..self.len]), b: factor * sum(&self.b[..self.len]) })
    }
}

impl Nodes {
    /// Chebyshev coefficients of the polynomial through `values`.
    #[inline(always)]
    fn coefficients(&self, values: &[f64; NODES]) -> [f64; NODES] {
        let mut out = [0.0; NODES];
        for (degree, (slot, cosines)) in out.iter_mut().zip(&self.cosines).enumerate() {
            let mut parts = [0.0; 8];
            for (values, cosines) in values.chunks_exact(8).zip(cosines.chunks_exact(8)) {
                for lane in 0..8 {
                    parts[lane] += values[lane] * cosines[lane];
                }
            }
            let norm = if degree == 0 { 1.0 } else { 2.0 } / NODES as f64;
            *slot = norm * parts.iter().sum::<f64>();
        }
        out
    }

    /// From Chebyshev coefficients to coefficients in powers.
    #[inline(always)]
    fn in_powers(&self, coefficients: &[f64]) -> [f64; NODES] {
        let mut out = [0.0; NODES];
        for (&coefficient, powers) in coefficients.iter().zip(&self.powers) {
            out.iter_mut().zip(powers).for_each(|(out, power)| *out += coefficient * power);
        }
        out
    }
}
