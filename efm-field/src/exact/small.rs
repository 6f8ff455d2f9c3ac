//! The fast kernel for D ≤ 8, for the mirror D ≤ 13: charges as a structure of arrays, one pass, no logarithm or power per pair.
//!
//! Weights are not scaled per query here: coordinates are in units of the frame, and a query whose sum leaves the safe
//! range of the scalar or cancels between the plates goes to the reference instead (decided for that query alone).

use efm_core::{Capacitor, Side};
use pulp::{Arch, Simd, WithSimd};

use super::frame::Frame;
use super::simd::Real;
use super::table::{MOST, Slice, TURN, Table};

/// Largest D of this kernel.
pub const LARGEST: usize = 8;
/// Largest D for the mirror, where polynomials take most of the time, not coordinates, so that matrix products help later.
pub const MIRRORED: usize = 13;
/// Sums of a plate: E_x at 0..D, E_z last.
pub type Vector = [f64; MIRRORED + 1];
/// Charges per block: their coordinates stay in the L1 cache, and a lane adds at most 64 terms before f64 takes over.
const BLOCK: usize = 512;
/// Arrays are padded to a multiple of this with charges out of sight.
const PAD: usize = 16;
/// Vectors whose polynomials are evaluated side by side.
const ABREAST: usize = 2;
/// Vectors of charges that are worked on step by step together.
const SIDE_BY_SIDE: usize = 4;
/// Square of a height above which r² is positive in any precision.
const OFF_PLATE: f64 = 1e-30;
/// Coordinate of a padding charge.
const OUT_OF_SIGHT: f64 = 1e18;
/// Squared distance beyond which a charge is padding.
const HORIZON: f64 = 1e30;

/// The two plates, coordinate after coordinate.
#[derive(Debug, Clone)]
pub struct Small<T> {
    plates: [Vec<T>; 2],
    padded: [usize; 2],
    charges: [f64; 2],
    table: Option<&'static Table>,
    /// Square of the distance within a plate below which a point on it counts as on the charge.
    floor: f64,
}

impl<T: Real> Small<T> {
    /// Lays the charges out.
    pub fn new(capacitor: &Capacitor, frame: &Frame, table: Option<&'static Table>) -> Self {
        let dim = capacitor.dim();
        let lay = |side: Side| {
            let points = frame.plate::<T>(capacitor, side);
            let padded = capacitor.plate(side).len().next_multiple_of(PAD);
            let mut arrays = vec![T::round(OUT_OF_SIGHT); padded * dim];
            for (index, point) in points.chunks_exact(dim).enumerate() {
                for (axis, &value) in point.iter().enumerate() {
                    arrays[axis * padded + index] = value;
                }
            }
            (arrays, padded)
        };
        let [source, target] = Side::BOTH.map(lay);
        // A query is kept to twice the scalar's digits, a charge to once: on the plate itself they may differ by rounding.
        let rounding = if size_of::<T>() == 4 { 1.2e-7 * frame.extent } else { 0.0 };
        Self {
            plates: [source.0, target.0],
            padded: [source.1, target.1],
            charges: Side::BOTH.map(|side| capacitor.charge(side)),
            table,
            floor: rounding * rounding * dim as f64,
        }
    }

    /// Sums of both plates at the queries given by their places in the frame (D each) and heights above the plates.
    /// `out` holds a [`Vector`] of each plate per query.
    pub fn sums(&self, dim: usize, places: &[f64], heights: &[[f64; 2]], out: &mut [[Vector; 2]]) {
        macro_rules! by_dim {
            ($($d:literal)*) => {
                match dim {
                    $($d => Arch::new().dispatch(Tile::<T, $d> { plates: self, places, heights, out }),)*
                    _ => {}
                }
            };
        }
        by_dim!(1 2 3 4 5 6 7 8 9 10 11 12 13);
    }
}

/// One tile of queries against all charges.
struct Tile<'a, T, const D: usize> {
    plates: &'a Small<T>,
    places: &'a [f64],
    heights: &'a [[f64; 2]],
    out: &'a mut [[Vector; 2]],
}

impl<T: Real, const D: usize> WithSimd for Tile<'_, T, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plates: small, places, heights, out } = self;
        for side in 0..2 {
            let padded = small.padded[side];
            let arrays: [&[T]; D] = std::array::from_fn(|axis| &small.plates[side][axis * padded..(axis + 1) * padded]);
            let queries: Vec<Query<T, S, D>> = (0..heights.len())
                .map(|index| {
                    let place = std::array::from_fn(|axis| places[index * D + axis]);
                    Query::new(simd, place, heights[index][side], small.floor)
                })
                .collect();
            let slices: Option<Vec<Polynomials<T, S>>> = small
                .table
                .map(|table| heights.iter().map(|height| Polynomials::new(simd, table.slice(height[side]))).collect());
            let mut totals = vec![[0.0; MIRRORED + 1]; queries.len()];
            for start in (0..padded).step_by(BLOCK) {
                let end = (start + BLOCK).min(padded);
                let block = arrays.map(|array| T::vectors::<S>(&array[start..end]));
                for (index, (query, total)) in queries.iter().zip(&mut totals).enumerate() {
                    match &slices {
                        None => query.coulomb(simd, &block, total),
                        Some(slices) => query.mirror(simd, &slices[index], &block, total),
                    }
                }
            }
            for (to, total) in out.iter_mut().zip(totals) {
                to[side] = total.map(|value| value * small.charges[side]);
            }
        }
    }
}

/// Polynomials of a query in vector registers.
struct Polynomials<T: Real, S: Simd> {
    a: [T::Vector<S>; MOST],
    b: [T::Vector<S>; MOST],
    len: usize,
}

impl<T: Real, S: Simd> Polynomials<T, S> {
    #[inline(always)]
    fn new(simd: S, slice: Slice) -> Self {
        let Slice { a, b, len } = slice;
        Self {
            a: a.map(|value| T::splat(simd, T::round(value))),
            b: b.map(|value| T::splat(simd, T::round(value))),
            len,
        }
    }
}

/// Lane by lane, over the charges of a block.
struct Sums<V, const D: usize> {
    x: [V; D],
    weights: V,
}

/// One query against one plate.
struct Query<T: Real, S: Simd, const D: usize> {
    high: [T::Vector<S>; D],
    low: [T::Vector<S>; D],
    height: T::Vector<S>,
    height2: T::Vector<S>,
    floor: T::Vector<S>,
    dz: f64,
    /// So far from the plate that no charge can be at the query.
    off_plate: bool,
}

impl<T: Real, S: Simd, const D: usize> Query<T, S, D> {
    #[inline(always)]
    fn new(simd: S, place: [f64; D], height: f64, floor: f64) -> Self {
        let fill = |value: f64| T::splat(simd, T::round(value));
        Self {
            high: place.map(fill),
            low: place.map(|value| fill(value - T::round(value).widen())),
            height: fill(height),
            height2: fill(height * height),
            floor: fill(if height == 0.0 { floor } else { 0.0 }),
            dz: T::round(height).widen(),
            off_plate: height * height > OFF_PLATE,
        }
    }

    /// Differences to the charges of one vector and their squared length within the plate.
    #[inline(always)]
    fn differences(&self, simd: S, block: &[&[T::Vector<S>]; D], index: usize) -> ([T::Vector<S>; D], T::Vector<S>) {
        let mut square = T::splat(simd, T::round(0.0));
        let mut difference = self.high;
        for axis in 0..D {
            let step = T::add(simd, T::sub(simd, self.high[axis], block[axis][index]), self.low[axis]);
            difference[axis] = step;
            square = T::fma(simd, step, step, square);
        }
        (difference, square)
    }

    #[inline(always)]
    fn coulomb(&self, simd: S, block: &[&[T::Vector<S>]; D], total: &mut Vector) {
        let mut sums = Sums { x: [T::splat(simd, T::round(0.0)); D], weights: T::splat(simd, T::round(0.0)) };
        if self.off_plate {
            self.coulomb_block::<false>(simd, block, &mut sums);
        } else {
            self.coulomb_block::<true>(simd, block, &mut sums);
        }
        for (total, &sum) in total.iter_mut().zip(&sums.x) {
            *total += T::sum(simd, sum).widen();
        }
        total[MIRRORED] += T::sum(simd, sums.weights).widen() * self.dz;
    }

    #[inline(always)]
    fn coulomb_block<const MASKED: bool>(
        &self,
        simd: S,
        block: &[&[T::Vector<S>]; D],
        sums: &mut Sums<T::Vector<S>, D>,
    ) {
        let len = block[0].len();
        let whole = len - len % SIDE_BY_SIDE;
        for index in (0..whole).step_by(SIDE_BY_SIDE) {
            self.coulomb_part::<MASKED, SIDE_BY_SIDE>(simd, block, index, sums);
        }
        for index in whole..len {
            self.coulomb_part::<MASKED, 1>(simd, block, index, sums);
        }
    }

    /// N vectors of charges side by side, step by step: the schedulers of a processor see too little of the loop to
    /// overlap them by themselves.
    #[inline(always)]
    fn coulomb_part<const MASKED: bool, const N: usize>(
        &self,
        simd: S,
        block: &[&[T::Vector<S>]; D],
        index: usize,
        sums: &mut Sums<T::Vector<S>, D>,
    ) {
        let mut r2 = [self.height2; N];
        for (axis, charges) in block.iter().enumerate() {
            let charges = &charges[index..index + N];
            for part in 0..N {
                let step = T::add(simd, T::sub(simd, self.high[axis], charges[part]), self.low[axis]);
                r2[part] = T::fma(simd, step, step, r2[part]);
            }
        }
        let mut weights = fall::<T, S, D, N>(simd, r2);
        for part in 0..N {
            if MASKED {
                weights[part] = T::keep_above(simd, r2[part], self.floor, weights[part]);
            }
            sums.weights = T::add(simd, sums.weights, weights[part]);
        }
        for (axis, charges) in block.iter().enumerate() {
            let charges = &charges[index..index + N];
            for part in 0..N {
                let step = T::add(simd, T::sub(simd, self.high[axis], charges[part]), self.low[axis]);
                sums.x[axis] = T::fma(simd, weights[part], step, sums.x[axis]);
            }
        }
    }

    #[inline(always)]
    fn mirror(&self, simd: S, slice: &Polynomials<T, S>, block: &[&[T::Vector<S>]; D], total: &mut Vector) {
        let zero = T::splat(simd, T::round(0.0));
        let (mut sums, mut rises) = ([zero; D], zero);
        let len = block[0].len();
        let mut index = 0;
        while index + ABREAST <= len {
            self.mirrored::<ABREAST>(simd, slice, block, index, &mut sums, &mut rises);
            index += ABREAST;
        }
        while index < len {
            self.mirrored::<1>(simd, slice, block, index, &mut sums, &mut rises);
            index += 1;
        }
        for axis in 0..D {
            total[axis] += T::sum(simd, sums[axis]).widen();
        }
        total[MIRRORED] += T::sum(simd, rises).widen();
    }

    /// N vectors of charges side by side, so that their recurrences overlap.
    #[inline(always)]
    fn mirrored<const N: usize>(
        &self,
        simd: S,
        slice: &Polynomials<T, S>,
        block: &[&[T::Vector<S>]; D],
        index: usize,
        sums: &mut [T::Vector<S>; D],
        rises: &mut T::Vector<S>,
    ) {
        let fill = |value: f64| T::splat(simd, T::round(value));
        let (zero, two, four) = (fill(0.0), fill(2.0), fill(4.0));
        let (turn2, horizon) = (fill(TURN * TURN), fill(HORIZON));
        let (a, b) = (&slice.a[..slice.len], &slice.b[..slice.len]);
        let (mut nearest, mut envelope, mut x) = ([zero; N], [zero; N], [zero; N]);
        for part in 0..N {
            let (_, rho2) = self.differences(simd, block, index + part);
            let r2 = T::add(simd, rho2, self.height2);
            nearest[part] = T::keep_above(simd, r2, self.floor, fall::<T, S, D, 1>(simd, [r2])[0]);
            // u = c/√(ρ² + c²) and the Clenshaw recurrences in 2u − 1.
            let u2 = T::keep_above(simd, horizon, rho2, T::div(simd, turn2, T::add(simd, rho2, turn2)));
            let u = T::sqrt(simd, u2);
            envelope[part] = power::<T, S, D>(simd, u, u2);
            x[part] = T::sub(simd, T::mul(simd, four, u), two);
        }
        let (mut a1, mut a2, mut b1, mut b2) = ([zero; N], [zero; N], [zero; N], [zero; N]);
        for (&a, &b) in a[1..].iter().zip(&b[1..]).rev() {
            for part in 0..N {
                let next_a = T::fma(simd, x[part], a1[part], T::sub(simd, a, a2[part]));
                let next_b = T::fma(simd, x[part], b1[part], T::sub(simd, b, b2[part]));
                (a1[part], a2[part], b1[part], b2[part]) = (next_a, a1[part], next_b, b1[part]);
            }
        }
        for part in 0..N {
            let half_x = T::mul(simd, x[part], fill(0.5));
            let rest_a = T::fma(simd, half_x, a1[part], T::sub(simd, a[0], a2[part]));
            let rest_b = T::fma(simd, half_x, b1[part], T::sub(simd, b[0], b2[part]));
            let weight = T::fma(simd, envelope[part], rest_a, nearest[part]);
            let rise = T::fma(simd, envelope[part], rest_b, T::mul(simd, nearest[part], self.height));
            *rises = T::add(simd, *rises, rise);
            // Cheaper again than kept: the recurrences need the registers.
            let (difference, _) = self.differences(simd, block, index + part);
            for axis in 0..D {
                sums[axis] = T::fma(simd, weight, difference[axis], sums[axis]);
            }
        }
    }
}

/// r^{−(D+1)} from r².
///
/// For even D: a guess y of 1/r is off by u = r²y² − 1, and r^{−(D+1)} = y^{D+1} (1+u)^{−(D+1)/2} by its series: with |u| < 2^{−10.4}
/// (AVX) the terms left out are below 2e-8.
#[inline(always)]
fn fall<T: Real, S: Simd, const D: usize, const N: usize>(simd: S, r2: [T::Vector<S>; N]) -> [T::Vector<S>; N] {
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
fn power<T: Real, S: Simd, const D: usize>(simd: S, u: T::Vector<S>, u2: T::Vector<S>) -> T::Vector<S> {
    let mut result = if D.is_multiple_of(2) { u2 } else { u };
    let done = if D.is_multiple_of(2) { 2 } else { 1 };
    for _ in 0..(D - done) / 2 {
        result = T::mul(simd, result, u2);
    }
    result
}
