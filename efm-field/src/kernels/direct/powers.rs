//! Powers of distances that the number of coordinates fixes when the program is compiled.

use pulp::Simd;

use crate::simd::Real;

/// r^{−(D+1)} from r².
///
/// For even D: a guess y of 1/r is off by u = r²y² − 1, and r^{−(D+1)} = y^{D+1} (1+u)^{−(D+1)/2} by its series: with |u| < 2^{−10.4}
/// (AVX) the terms left out are below 2e-8.
#[inline(always)]
pub fn fall<T: Real, S: Simd, const D: usize, const N: usize>(simd: S, r2: [T::Vector<S>; N]) -> [T::Vector<S>; N] {
    let fill = |value: f64| T::splat(simd, T::round(value));
    let one = fill(1.0);
    let m = (D as f64 + 1.0) / 2.0;
    let mut out = [one; N];
    let mut y2 = [one; N];
    for part in 0..N {
        // A division is no slower than the series where no root is asked for.
        match if D.is_multiple_of(2) { T::root_guess(simd, r2[part]) } else { None } {
            Some(y) => (out[part], y2[part]) = (y, T::mul(simd, y, y)),
            None => out[part] = half_power::<T, S, D>(simd, T::div(simd, one, r2[part])),
        }
    }
    if D % 2 == 1 || T::root_guess(simd, one).is_none() {
        return out;
    }
    for part in 0..N {
        for _ in 0..D / 2 {
            out[part] = T::mul(simd, out[part], y2[part]);
        }
    }
    let mut u = y2;
    for part in 0..N {
        u[part] = T::fma(simd, r2[part], y2[part], fill(-1.0));
    }
    for u in &mut u {
        let slope = T::fma(simd, *u, fill(0.5 * m * (m + 1.0)), fill(-m));
        *u = T::fma(simd, *u, slope, one);
    }
    for part in 0..N {
        out[part] = T::mul(simd, out[part], u[part]);
    }
    out
}

/// y^{(D+1)/2}.
#[inline(always)]
fn half_power<T: Real, S: Simd, const D: usize>(simd: S, y: T::Vector<S>) -> T::Vector<S> {
    let mut result = if D.is_multiple_of(2) { T::sqrt(simd, y) } else { y };
    for _ in 0..D / 2 {
        result = T::mul(simd, result, y);
    }
    result
}

/// u^D from u and u².
#[inline(always)]
pub fn power<T: Real, S: Simd, const D: usize>(simd: S, u: T::Vector<S>, u2: T::Vector<S>) -> T::Vector<S> {
    let mut result = if D.is_multiple_of(2) { u2 } else { u };
    let done = if D.is_multiple_of(2) { 2 } else { 1 };
    for _ in 0..(D - done) / 2 {
        result = T::mul(simd, result, u2);
    }
    result
}
