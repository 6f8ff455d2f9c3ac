//! What a node of the tree knows of its charges: the moments about their centre up to the fourth, and what is left out.
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
//! 1/r in Legendre polynomials). Successive coefficients grow by less than κ = (P+1+D)/(P+2), so that all orders above P = 4
//! together are at most C(P+D, D−1) Σ|y_i|^5/|R|^{5+D}/(1 − κσ): a bound, not an estimate.

use super::order::Entry;

/// Highest order kept, P.
pub const ORDER: usize = 4;
/// Largest σ = radius/distance at which a node may stand for its charges: κσ < 1 for D ≤ 3.
const WIDEST: f64 = 0.6;
/// Closer than this many units of the frame a node is opened, so that no power leaves the range of f32.
const CLOSEST: f64 = 1e-9;
/// Most components of a symmetric tensor here.
pub const MOST: usize = 15;

/// Number of components of a symmetric tensor of a rank in R^D.
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
    const ROW: [usize; 15] = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4];
    match (axis, dim) {
        (0, _) => component,
        (_, 2) => component + 1,
        _ => component + ROW[component] + axis,
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
    /// C(P+D, D−1) Σ (|y_i|/s)^{P+1}.
    pub tail: usize,
    /// Number of charges.
    pub mass: usize,
    /// Order 2: trace, matrix.
    pub second: [usize; 2],
    /// Order 3: trace, tensor.
    pub third: [usize; 2],
    /// Order 4: double trace, trace, tensor.
    pub fourth: [usize; 3],
    /// Numbers in a row.
    pub width: usize,
}

impl Layout {
    /// The layout in R^D.
    pub const fn new(dim: usize) -> Self {
        let near = 2 * dim;
        let second = near + 4;
        let third = second + 1 + components(2, dim);
        let fourth = third + components(1, dim) + components(3, dim);
        let last = fourth + 1 + components(2, dim);
        Self {
            centre: 0,
            near,
            radius: near + 1,
            tail: near + 2,
            mass: near + 3,
            second: [second, second + 1],
            third: [third, third + components(1, dim)],
            fourth: [fourth, fourth + 1, last],
            width: last + components(4, dim),
        }
    }
}

/// Mean place of the charges.
pub fn centre<const D: usize>(charges: &[Entry<D>]) -> [f64; D] {
    let mut sum = [0.0; D];
    for charge in charges {
        for axis in 0..D {
            sum[axis] += charge.place[axis];
        }
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
    let mut fifth = 0.0;
    for charge in charges {
        let y = offset(charge).map(|y| y * per_radius);
        let square = square(&y);
        fifth += square * square * square.sqrt();
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
    let m = (D as f64 + 1.0) / 2.0;
    let (first, second, third) = (-m, m * (m + 1.0), -m * (m + 1.0) * (m + 2.0));
    let traces = [trace::<D>(&moments[2], 0), trace::<D>(&moments[3], 1), trace::<D>(&moments[4], 2)];
    row[layout.near] = (radius / WIDEST).max(CLOSEST).powi(2);
    row[layout.radius] = radius;
    row[layout.tail] = binomial(ORDER + D, D - 1) * fifth;
    row[layout.mass] = charges.len() as f64;
    let mut put = |at: usize, rank: usize, factor: f64, tensor: &[f64; MOST]| {
        for part in 0..components(rank, D) {
            row[at + part] = factor * tensor[part];
        }
    };
    put(layout.second[0], 0, first, &traces[0]);
    put(layout.second[1], 2, 2.0 * first, &moments[2]);
    put(layout.third[0], 1, -first, &traces[1]);
    put(layout.third[1], 3, -2.0 * second, &moments[3]);
    put(layout.fourth[0], 0, 0.5 * second, &trace::<D>(&traces[2], 0));
    put(layout.fourth[1], 2, 2.0 * second, &traces[2]);
    put(layout.fourth[2], 4, 4.0 / 3.0 * third, &moments[4]);
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
