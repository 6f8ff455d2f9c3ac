//! What a node of the tree knows of its charges: the moments about their centre up to order six, and what is left out.
//!
//! With R = r − c, y_i = r_i − c in the plane of the plate, u = |R|² and m = (D+1)/2, the field Σ (R − y_i)/|R − y_i|^{2m} is
//! half the gradient of Σ G(|R − y_i|²), G′(u) = u^{−m}. Taylor's series of G in y, order n, is
//!
//!   Σ_{l+2j=n} (−2)^l/(j! l!) (tr^j M_n : R^l) G^{(l+j)}(u),   M_n = Σ y_i ⊗ … ⊗ y_i.
//!
//! With R̂ = R/|R|, y in units of the node's radius s, σ = s/|R| and κ_k = (−1)^k m(m+1)…(m+k−1), its gradient makes the field
//!
//!   |R|^{−D} (R̂ W + V),   W = Σ σ^n κ_k c_{lj} (tr^j M_n : R̂^l),   V = Σ σ^n ½ κ_{k−1} c_{lj} l (tr^j M_n : R̂^{l−1}),   k = l + j.
//!
//! The coefficients of V are stored; those of W are −2(m+k−1)/l times as large. About the centre of its charges a node has no dipole.
//!
//! A charge's term of order n is at most C(n+D−1, D−1) |y|^n/|R|^{n+D}, its value on the axis y ∥ R (for D = 2 the degree-n term of
//! 1/r in Legendre polynomials). Successive coefficients grow by less than κ = (P+1+D)/(P+2), so that all orders above P
//! together are at most C(P+D, D−1) Σ|y_i|^{P+1}/|R|^{P+1+D}/(1 − κσ): a bound, not an estimate.

use super::order::Entry;

/// Highest order kept, P.
pub const ORDER: usize = 6;
/// Largest σ = radius/distance at which a node may stand for its charges: κσ < 1 for D ≤ 3.
const WIDEST: f64 = 0.6;
/// Closer than this many units of the coordinates a node is opened: there the rounding of its centre would tell.
const CLOSEST: f64 = 1e-5;
/// Most components of a symmetric tensor here.
pub const MOST: usize = components(ORDER, 3);

/// Number of components of a symmetric tensor of a rank in R^D.
#[inline(always)]
pub const fn components(rank: usize, dim: usize) -> usize {
    match dim {
        1 => 1,
        2 => rank + 1,
        _ => (rank + 1) * (rank + 2) / 2,
    }
}

/// Component with one index `axis` more: components are numbered by their indices other than 0, so this depends on no rank.
#[inline(always)]
pub const fn raised(component: usize, axis: usize, dim: usize) -> usize {
    // Number of indices other than 0, D = 3.
    const OTHERS: [usize; 28] = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6];
    match (axis, dim) {
        (0, _) => component,
        (_, 2) => component + 1,
        _ => component + OTHERS[component] + axis,
    }
}

/// κ of the bound.
pub const fn growth(dim: usize) -> f64 {
    (ORDER + 1 + dim) as f64 / (ORDER + 2) as f64
}

/// Where a node's numbers lie in its row.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The centre, D leading parts; then D remainders that the scalar rounded away.
    pub centre: usize,
    /// Squared distance above which the series may be used.
    pub near: usize,
    /// s.
    pub radius: usize,
    /// C(P+D, D−1) Σ (|y_i|/s)^P, above the same with P + 1.
    pub tail: usize,
    /// Number of charges.
    pub mass: usize,
    /// The j-fold trace of order n at `[n][j]`.
    pub terms: [[usize; ORDER / 2 + 1]; ORDER + 1],
    /// Numbers in a row.
    pub width: usize,
}

impl Layout {
    /// The layout in R^D.
    pub const fn new(dim: usize) -> Self {
        let near = 2 * dim;
        let mut terms = [[0; ORDER / 2 + 1]; ORDER + 1];
        let (mut width, mut order) = (near + 4, 2);
        while order <= ORDER {
            let mut traces = 0;
            while traces <= order / 2 {
                terms[order][traces] = width;
                width += components(order - 2 * traces, dim);
                traces += 1;
            }
            order += 1;
        }
        Self { centre: 0, near, radius: near + 1, tail: near + 2, mass: near + 3, terms, width }
    }
}

/// Mean place of the charges.
pub fn centre<const D: usize>(charges: &[Entry<D>]) -> [f64; D] {
    let mut sum = [0.0; D];
    for charge in charges {
        sum.iter_mut().zip(charge.place).for_each(|(sum, place)| *sum += place);
    }
    sum.map(|value| value / charges.len() as f64)
}

/// Fills the row of a node, all but the centre, with what its charges are about `centre`.
pub fn fill<const D: usize>(charges: &[Entry<D>], centre: &[f64; D], row: &mut [f64]) {
    let offset = |charge: &Entry<D>| -> [f64; D] { std::array::from_fn(|axis| charge.place[axis] - centre[axis]) };
    let square = |y: &[f64; D]| y.iter().map(|y| y * y).sum::<f64>();
    let radius = charges.iter().map(|charge| square(&offset(charge))).fold(0.0, f64::max).sqrt();
    let per_radius = if radius > 0.0 { 1.0 / radius } else { 0.0 };
    let mut moments = [[0.0; MOST]; ORDER + 1];
    // Σ(|y_i|/s)^P, which is no less than with P + 1.
    let mut left_out = 0.0;
    for charge in charges {
        let y = offset(charge).map(|y| y * per_radius);
        left_out += square(&y).powi(ORDER as i32 / 2);
        let mut power = [0.0; MOST];
        power[0] = 1.0;
        for (rank, moment) in moments.iter_mut().enumerate().skip(1) {
            power = times(&power, &y, rank);
            for part in 0..components(rank, D) {
                moment[part] += power[part];
            }
        }
    }
    let layout = Layout::new(D);
    row[layout.near] = (radius / WIDEST).max(CLOSEST).powi(2);
    row[layout.radius] = radius;
    row[layout.tail] = binomial(ORDER + D, D - 1) * left_out;
    row[layout.mass] = charges.len() as f64;
    let m = (D as f64 + 1.0) / 2.0;
    let kappa = |k: usize| (0..k).fold(1.0, |product, step| -product * (m + step as f64));
    let factorial = |n: usize| (1..=n).fold(1.0, |product, factor| product * factor as f64);
    for order in 2..=ORDER {
        let mut tensor = moments[order];
        for traces in 0..=order / 2 {
            let rank = order - 2 * traces;
            let taylor = (-2.0_f64).powi(rank as i32) / (factorial(traces) * factorial(rank));
            let factor = match rank {
                0 => taylor * kappa(traces),
                _ => 0.5 * taylor * kappa(rank + traces - 1) * rank as f64,
            };
            for part in 0..components(rank, D) {
                row[layout.terms[order][traces] + part] = factor * tensor[part];
            }
            if rank > 1 {
                tensor = trace::<D>(&tensor, rank - 2);
            }
        }
    }
}

/// y ⊗ … ⊗ y of `rank` from that of one rank less.
fn times<const D: usize>(power: &[f64; MOST], y: &[f64; D], rank: usize) -> [f64; MOST] {
    let mut next = [0.0; MOST];
    for part in 0..components(rank - 1, D) {
        for axis in 0..D {
            next[raised(part, axis, D)] = power[part] * y[axis];
        }
    }
    next
}

/// Trace over two indices; `rank` is that of the result.
fn trace<const D: usize>(tensor: &[f64; MOST], rank: usize) -> [f64; MOST] {
    let mut result = [0.0; MOST];
    for (part, result) in result.iter_mut().enumerate().take(components(rank, D)) {
        *result = (0..D).map(|axis| tensor[raised(raised(part, axis, D), axis, D)]).sum();
    }
    result
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, step| product * (n - step) as f64 / (step + 1) as f64)
}
