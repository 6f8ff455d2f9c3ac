//! A node's series at a vector of queries.

use pulp::Simd;

use super::moments::{Layout, MOST, components, growth, raised};
use crate::exact::simd::Real;

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
        let sigma5 = T::mul(simd, T::mul(simd, sigma2, sigma2), sigma);
        // 1 − κσ
        let left = T::fma(simd, T::splat(simd, T::round(-growth(D))), sigma, one);
        let tail = T::div(simd, T::mul(simd, sigma5, number(layout.tail)), left);
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
        let number = |at: usize| T::splat(simd, row[at]);
        let fill = |value: f64| T::splat(simd, T::round(value));
        let m = (D as f64 + 1.0) / 2.0;
        let read2 = |at: usize| self.read::<2>(simd, row, at);
        // Order 2.
        let v2 = self.contracted::<1>(simd, &read2(layout.second[1]));
        let w2 = T::fma(simd, fill(-(m + 1.0)), self.dot(simd, &v2), number(layout.second[0]));
        // Order 3.
        let trace3 = self.read::<1>(simd, row, layout.third[0]);
        let cube = self.contracted::<2>(simd, &self.read::<3>(simd, row, layout.third[1]));
        let v3 = self.contracted::<1>(simd, &cube);
        let w3 = T::mul(simd, fill(-2.0 / 3.0 * (m + 2.0)), self.dot(simd, &v3));
        let w3 = T::fma(simd, fill(-2.0 * (m + 1.0)), self.dot(simd, &trace3), w3);
        // Order 4.
        let trace4 = self.contracted::<1>(simd, &read2(layout.fourth[1]));
        let fourth = self.contracted::<3>(simd, &self.read::<4>(simd, row, layout.fourth[2]));
        let v4 = self.contracted::<1>(simd, &self.contracted::<2>(simd, &fourth));
        let w4 = T::fma(simd, fill(-0.5 * (m + 3.0)), self.dot(simd, &v4), number(layout.fourth[0]));
        let w4 = T::fma(simd, fill(-(m + 2.0)), self.dot(simd, &trace4), w4);

        let sigma2 = T::mul(simd, self.sigma, self.sigma);
        let series = |two, three, four| {
            let inner = T::fma(simd, self.sigma, four, three);
            T::mul(simd, sigma2, T::fma(simd, self.sigma, inner, two))
        };
        let strength = T::mul(simd, self.fall, taken);
        let w = T::add(simd, series(w2, w3, w4), number(layout.mass));
        let w = T::mul(simd, w, strength);
        let mut along = self.unit;
        for axis in 0..D {
            let three = T::add(simd, v3[axis], trace3[axis]);
            let four = T::add(simd, v4[axis], trace4[axis]);
            let v = series(v2[axis], three, four);
            along[axis] = T::fma(simd, self.unit[axis], w, T::mul(simd, v, strength));
        }
        (along, T::mul(simd, self.rise, w))
    }

    /// A symmetric tensor in every lane.
    #[inline(always)]
    fn read<const RANK: usize>(&self, simd: S, row: &[T], at: usize) -> [T::Vector<S>; MOST] {
        let mut tensor = [T::splat(simd, T::round(0.0)); MOST];
        for part in 0..const { components(RANK, D) } {
            tensor[part] = T::splat(simd, row[at + part]);
        }
        tensor
    }

    /// tensor·R̂ of rank RANK.
    #[inline(always)]
    fn contracted<const RANK: usize>(&self, simd: S, tensor: &[T::Vector<S>; MOST]) -> [T::Vector<S>; MOST] {
        let mut result = [T::splat(simd, T::round(0.0)); MOST];
        for part in 0..const { components(RANK, D) } {
            let mut sum = T::mul(simd, tensor[part], self.unit[0]);
            for axis in 1..D {
                sum = T::fma(simd, tensor[raised(part, axis, D)], self.unit[axis], sum);
            }
            result[part] = sum;
        }
        result
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
