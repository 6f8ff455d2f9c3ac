//! The fast kernel for D ≤ 8, for the mirror D ≤ 13: charges as a structure of arrays, one pass, no logarithm or power per pair.
//!
//! Weights are not scaled per query here: a query whose sum leaves the safe range of the scalar or cancels between the plates is
//! not trusted (decided for that query alone).

mod powers;

use std::fmt::Debug;
use std::sync::Arc;

use efm_core::{Capacitor, Side};
use pulp::{Arch, Simd, WithSimd};

use super::sums::PlateSum;
use super::{CANCELS, Coordinates, Each, Kernel, SAFE, Tile};
use crate::Law;
use crate::images::{MOST, Slice, TURN, Table};
use crate::simd::Real;
use crate::vector::length;
use powers::{fall, power};

/// Largest D of this kernel.
pub const LARGEST: usize = 8;
/// Largest D for the mirror, where polynomials take most of the time, not coordinates, so that matrix products help later.
pub const MIRRORED: usize = crate::images::LARGEST;
/// Sums of a plate: E_x at 0..D, E_z last.
type Vector = [f64; MIRRORED + 1];
/// Queries per tile.
const TILE: usize = 16;
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
pub struct Direct<T> {
    plates: [Vec<T>; 2],
    padded: [usize; 2],
    charges: [f64; 2],
    law: Law,
    /// Least share of the plates' strengths that their sum may be.
    cancels: f64,
    table: Option<&'static Table>,
    /// Square of the distance within a plate below which a point on it counts as on the charge.
    floor: f64,
}

impl<T: Real> Direct<T> {
    /// Lays the charges out.
    pub fn new(capacitor: &Capacitor, coordinates: &Coordinates, law: Law, table: Option<&'static Table>) -> Self {
        let dim = capacitor.dim();
        let lay = |side: Side| {
            let points = coordinates.plate::<T>(capacitor, side);
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
        let is_f32 = size_of::<T>() == 4;
        let rounding = if is_f32 { 1.2e-7 * coordinates.extent } else { 0.0 };
        Self {
            plates: [source.0, target.0],
            padded: [source.1, target.1],
            charges: Side::BOTH.map(|side| capacitor.charge(side)),
            law,
            cancels: if is_f32 { CANCELS[0] } else { CANCELS[1] },
            table,
            floor: rounding * rounding * dim as f64,
        }
    }

    /// Sums of both plates, of which those are handed on that `trusts` accepts.
    fn sum(&self, tile: &Tile, trusts: impl Fn([PlateSum; 2]) -> bool, each: &mut Each) {
        let Tile { dim, places, heights } = tile;
        let mut sums: Vec<[Vector; 2]> = vec![Default::default(); tile.len()];
        let out = &mut sums[..];
        macro_rules! by_dim {
            ($($d:literal)*) => {
                match dim {
                    $($d => Arch::new().dispatch(Pass::<T, $d> { plates: self, places, heights, out }),)*
                    _ => {}
                }
            };
        }
        by_dim!(1 2 3 4 5 6 7 8 9 10 11 12 13);
        for (query, sums) in sums.iter_mut().enumerate() {
            sums.iter_mut().for_each(|sum| sum[*dim] = sum[MIRRORED]);
            let plates = sums.each_ref().map(|sum| PlateSum { ln_scale: 0.0, vector: &sum[..=*dim] });
            each(query, trusts(plates).then_some(plates));
        }
    }

    /// Whether no sum has left the scalar's range and the plates do not cancel.
    fn trusts(&self, plates: [PlateSum; 2]) -> bool {
        let lengths = plates.map(|plate| length(plate.vector));
        if self.law == Law::Published {
            return lengths.iter().all(|length| SAFE.contains(length));
        }
        let pairs = plates[0].vector.iter().zip(plates[1].vector);
        let total = pairs.map(|(source, target)| (source + target).powi(2)).sum::<f64>().sqrt();
        SAFE.contains(&total) && total > self.cancels * (lengths[0] + lengths[1])
    }
}

impl<T: Real + Debug> Kernel for Direct<T> {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn tile(&self) -> usize {
        TILE
    }

    fn sums(&self, tile: &Tile, each: &mut Each) {
        self.sum(tile, |plates| self.trusts(plates), each);
    }
}

/// The same sums, of which each plate's is trusted on its own.
#[derive(Debug, Clone)]
pub struct EachPlate<T>(pub Arc<Direct<T>>);

impl<T: Real + Debug> Kernel for EachPlate<T> {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn tile(&self) -> usize {
        TILE
    }

    fn sums(&self, tile: &Tile, each: &mut Each) {
        self.0.sum(tile, |plates| plates.iter().all(|plate| SAFE.contains(&length(plate.vector))), each);
    }
}

/// One tile of queries against all charges.
struct Pass<'a, T, const D: usize> {
    plates: &'a Direct<T>,
    places: &'a [f64],
    heights: &'a [[f64; 2]],
    out: &'a mut [[Vector; 2]],
}

impl<T: Real, const D: usize> WithSimd for Pass<'_, T, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plates: direct, places, heights, out } = self;
        for side in 0..2 {
            let padded = direct.padded[side];
            let arrays: [&[T]; D] =
                std::array::from_fn(|axis| &direct.plates[side][axis * padded..(axis + 1) * padded]);
            let queries: Vec<Query<T, S, D>> = (0..heights.len())
                .map(|index| {
                    let place = std::array::from_fn(|axis| places[index * D + axis]);
                    Query::new(simd, place, heights[index][side], direct.floor)
                })
                .collect();
            let slices: Option<Vec<Polynomials<T, S>>> = direct
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
                to[side] = total.map(|value| value * direct.charges[side]);
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
struct Running<V, const D: usize> {
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
        let mut sums = Running { x: [T::splat(simd, T::round(0.0)); D], weights: T::splat(simd, T::round(0.0)) };
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
        sums: &mut Running<T::Vector<S>, D>,
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
        sums: &mut Running<T::Vector<S>, D>,
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
