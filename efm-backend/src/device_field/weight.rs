//! From squared distances to weights, relative to a squared distance nearby so that nothing leaves the range of f32.

use cubecl::prelude::*;

use super::shape::{DEGREES, HEIGHTS};

/// ln(1 + q), q > −½. The exponent (D+1)/2 multiplies its error, and charges that matter in high D have small q: there
/// the series 2 artanh(q/(2+q)) is good to the last digit, which ln(1 + q) is not.
#[cube]
pub fn ln_one_plus(q: f32) -> f32 {
    if q < 0.5 {
        let s = q / (q + 2.0);
        let t = s * s;
        let tail = t * (0.333_333_34 + t * (0.2 + t * (0.142_857_15 + t * (0.111_111_11 + t * 0.090_909_09))));
        2.0 * (s + s * tail)
    } else {
        (q + 1.0).ln()
    }
}

/// (1 + q)^{−power}, 0 where that is below e^{−80}. Where q has overflowed it is 0 as well.
#[cube]
pub fn fall(q: f32, power: f32) -> f32 {
    let exponent = power * ln_one_plus(clamp_max(q, 1e30));
    let mut result = 0.0f32;
    if exponent < 80.0 {
        result = (-exponent).exp();
    }
    result
}

#[cube]
fn clamp_max(value: f32, most: f32) -> f32 {
    let mut result = value;
    if value > most {
        result = most;
    }
    result
}

/// How many times stronger the images of a charge make it, and its E_z, at r² = ρ² + h² from the nearest image at height
/// h ∈ [−1, 1] (units of L): A of `efm_field`'s image sums times r^{D+1}. Images t_k = h − 2k are added one by one,
/// r_k² = r² + 4k(k − h), until they are negligible. Beyond `far2` the sum over images is the field of a wall of that
/// charge, A = e^{ln_mean} ρ^{−D}, and E_z has died away.
#[cube]
pub fn one_by_one(r2: f32, h: f32, far2: f32, ln_mean: f32, #[comptime] dim: usize) -> (f32, f32) {
    let power = comptime!((dim as f32 + 1.0) / 2.0);
    let half = comptime!(dim as f32 / 2.0);
    let mut pull = 1.0f32;
    let mut rise = h;
    if r2 > far2 {
        pull = r2.sqrt() * (ln_mean - half * ln_one_plus(-h * h / r2)).exp();
        rise = 0.0f32;
    } else {
        let mut k = 1.0f32;
        let mut go_on = true;
        while go_on {
            let above = fall(4.0 * k * (k - h) / r2, power);
            let below = fall(4.0 * k * (k + h) / r2, power);
            pull += above + below;
            rise += (h - 2.0 * k) * above + (h + 2.0 * k) * below;
            k += 1.0;
            go_on = above + below > 1e-9 && k < 200.0;
        }
    }
    (pull, rise)
}

/// The same for small D from a polynomial in u = c/√(ρ² + c²), c² = `turn2`: the images other than the nearest sum to
/// u^D G(u), and `slices[from..]` has the Chebyshev coefficients of G at this height, first for A, then for B.
#[cube]
pub fn by_polynomial(
    r2: f32,
    h: f32,
    slices: &Shared<[f32]>,
    from: usize,
    turn2: f32,
    #[comptime] dim: usize,
) -> (f32, f32) {
    let mut rho2 = r2 - h * h;
    if rho2 < 0.0 {
        rho2 = 0.0f32;
    }
    let u2 = turn2 / (rho2 + turn2);
    let x = 4.0 * u2.sqrt() - 2.0;
    let mut a = 0.0f32;
    let mut b = 0.0f32;
    let mut a_before = 0.0f32;
    let mut b_before = 0.0f32;
    // Clenshaw's recurrence.
    for step in 1..DEGREES {
        let degree = DEGREES - step;
        let a_next = slices[from + degree] + x * a - a_before;
        let b_next = slices[from + DEGREES + degree] + x * b - b_before;
        a_before = a;
        b_before = b;
        a = a_next;
        b = b_next;
    }
    a = slices[from] + 0.5 * x * a - a_before;
    b = slices[from + DEGREES] + 0.5 * x * b - b_before;
    // r^{D+1} u^D.
    let base = r2 * u2;
    let mut factor = r2.sqrt();
    #[unroll]
    for _ in 0..comptime!(dim / 2) {
        factor *= base;
    }
    if comptime!(dim % 2 == 1) {
        factor *= base.sqrt();
    }
    (1.0 + factor * a, h + factor * b)
}

/// Coefficient `index` of the polynomials at height `h`: the sum over degrees in h² of the table `[2, HEIGHTS, DEGREES]`.
#[cube]
pub fn slice(table: &Tensor<f32>, h: f32, index: usize) -> f32 {
    let which = index / DEGREES;
    let from = which * HEIGHTS * DEGREES + index % DEGREES;
    let x = 2.0 * h * h - 1.0;
    let mut before = x;
    let mut now = 1.0f32;
    let mut sum = 0.0f32;
    for row in 0..HEIGHTS {
        sum += now * table[from + row * DEGREES];
        let next = 2.0 * x * now - before;
        before = now;
        now = next;
    }
    if which == 1 {
        sum *= h;
    }
    sum
}
