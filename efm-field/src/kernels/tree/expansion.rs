//! A node's series at a vector of queries.

// Iterators over vector registers are not always inlined, which halves the speed.
#![allow(clippy::needless_range_loop)]

use pulp::Simd;

use super::moments::{Layout, MOST, ORDER, components, growth, raised};
use crate::simd::Real;

/// A vector of queries seen from a node's centre.
pub struct Sight<T: Real, S: Simd, const D: usize> {
    /// (R/|R|) within the plate.
    unit: [T::Vector<S>; D],
    /// Height/|R|.
    rise: T::Vector<S>,
    /// σ, 0 where the node is too near.
    sigma: T::Vector<S>,
    /// |R|^{−D}, 0 where the node is too near.
    fall: T::Vector<S>,
    /// `active` where the node is far enough for its series.
    pub far: T::Vector<S>,
    /// Bound of what the series leaves out.
    pub error: T::Vector<S>,
    /// Number of charges/|R|^D.
    pub weight: T::Vector<S>,
}

impl<T: Real, S: Simd, const D: usize> Sight<T, S, D> {
    /// Looks from queries at `leading` + `rest`, `height` above the plate, at the node of `row`.
    #[inline(always)]
    pub fn new(
        simd: S,
        row: &[T],
        leading: [T::Vector<S>; D],
        rest: [T::Vector<S>; D],
        height: T::Vector<S>,
        active: T::Vector<S>,
    ) -> Self {
        let layout = const { Layout::new(D) };
        let one = T::splat(simd, T::round(1.0));
        let number = |at: usize| T::splat(simd, row[at]);
        let mut square = T::mul(simd, height, height);
        let mut away = leading;
        for axis in 0..D {
            let high = T::sub(simd, leading[axis], number(layout.centre + axis));
            let low = T::sub(simd, rest[axis], number(layout.centre + D + axis));
            away[axis] = T::add(simd, high, low);
            square = T::fma(simd, away[axis], away[axis], square);
        }
        let near = number(layout.near);
        let inverse2 = T::keep_above(simd, square, near, T::div(simd, one, square));
        let inverse = T::sqrt(simd, inverse2);
        let sigma = T::mul(simd, number(layout.radius), inverse);
        let fall = match D {
            1 => inverse,
            2 => inverse2,
            _ => T::mul(simd, inverse2, inverse),
        };
        let sigma2 = T::mul(simd, sigma, sigma);
        let mut sigma_p = sigma;
        for _ in 0..ORDER / 2 {
            sigma_p = T::mul(simd, sigma_p, sigma2);
        }
        // 1 − κσ
        let left = T::fma(simd, T::splat(simd, T::round(-growth(D))), sigma, one);
        let tail = T::div(simd, T::mul(simd, sigma_p, number(layout.tail)), left);
        Self {
            unit: away.map(|away| T::mul(simd, away, inverse)),
            rise: T::mul(simd, height, inverse),
            sigma,
            fall,
            far: T::keep_above(simd, square, near, active),
            error: T::mul(simd, tail, fall),
            weight: T::mul(simd, number(layout.mass), fall),
        }
    }

    /// The field of the node where `taken` is 1: along the plate, and up.
    #[inline(always)]
    pub fn field(&self, simd: S, row: &[T], taken: T::Vector<S>) -> ([T::Vector<S>; D], T::Vector<S>) {
        let layout = const { Layout::new(D) };
        let zero = T::splat(simd, T::round(0.0));
        // Horner in σ from the highest order down.
        let (mut along, mut w) = ([zero; D], zero);
        macro_rules! order {
            ($($order:literal)*) => {$(
                let (v, rise) = self.order::<$order>(simd, row);
                for axis in 0..D {
                    along[axis] = T::fma(simd, along[axis], self.sigma, v[axis]);
                }
                w = T::fma(simd, w, self.sigma, rise);
            )*};
        }
        order!(6 5 4 3 2);
        let sigma2 = T::mul(simd, self.sigma, self.sigma);
        let strength = T::mul(simd, self.fall, taken);
        let w = T::mul(simd, T::fma(simd, w, sigma2, T::splat(simd, row[layout.mass])), strength);
        let v_strength = T::mul(simd, sigma2, strength);
        for axis in 0..D {
            along[axis] = T::fma(simd, self.unit[axis], w, T::mul(simd, along[axis], v_strength));
        }
        (along, T::mul(simd, self.rise, w))
    }

    /// V and W of order N over σ^N.
    #[inline(always)]
    fn order<const N: usize>(&self, simd: S, row: &[T]) -> ([T::Vector<S>; D], T::Vector<S>) {
        let layout = const { Layout::new(D) };
        let m = (D as f64 + 1.0) / 2.0;
        let zero = T::splat(simd, T::round(0.0));
        let (mut v, mut w) = ([zero; D], zero);
        // Literals: every loop below has a known end and unrolls.
        macro_rules! term {
            ($($traces:literal)*) => {$(
                if N > 2 * $traces {
                    let rank = N - 2 * $traces;
                    let part = self.vector(simd, row, layout.terms[N][$traces], rank);
                    let ratio = -2.0 * (m + (rank + $traces) as f64 - 1.0) / rank as f64;
                    w = T::fma(simd, T::splat(simd, T::round(ratio)), self.dot(simd, &part), w);
                    for axis in 0..D {
                        v[axis] = T::add(simd, v[axis], part[axis]);
                    }
                }
            )*};
        }
        term!(0 1 2);
        if N.is_multiple_of(2) {
            w = T::add(simd, w, T::splat(simd, row[layout.terms[N][N / 2]]));
        }
        (v, w)
    }

    /// The symmetric tensor of `rank` at `at`, contracted with R̂ until a vector is left. Written for a known rank: loops unroll.
    #[inline(always)]
    fn vector(&self, simd: S, row: &[T], at: usize, rank: usize) -> [T::Vector<S>; MOST] {
        let mut tensor = [T::splat(simd, T::round(0.0)); MOST];
        for part in 0..components(rank, D) {
            tensor[part] = T::splat(simd, row[at + part]);
        }
        macro_rules! contract {
            ($($rank:literal)*) => {$(
                if rank > $rank {
                    for part in 0..const { components($rank, D) } {
                        let mut sum = T::mul(simd, tensor[part], self.unit[0]);
                        for axis in 1..D {
                            sum = T::fma(simd, tensor[raised(part, axis, D)], self.unit[axis], sum);
                        }
                        tensor[part] = sum;
                    }
                }
            )*};
        }
        contract!(5 4 3 2 1);
        tensor
    }

    /// vector·R̂.
    #[inline(always)]
    fn dot(&self, simd: S, vector: &[T::Vector<S>; MOST]) -> T::Vector<S> {
        let mut sum = T::mul(simd, vector[0], self.unit[0]);
        for axis in 1..D {
            sum = T::fma(simd, vector[axis], self.unit[axis], sum);
        }
        sum
    }
}
