//! The kernel for any D: squared distances first, weights in log-space, then the weighted sum over charges that matter.
//!
//! Both plates share one maximum of ln w, so nothing overflows and the plates keep their relative strength. Squared
//! distances are summed in the scalar over at most 256 coordinates and in f64 from there on: their relative error is about
//! 3e-8 in F32, which (D+1)/2 multiplies in ln w. Per tile of queries one number per pair is kept, never D.

use efm_core::{Capacitor, Side};
use pulp::{Arch, Simd, WithSimd};

use super::frame::Frame;
use super::images::{ImageSum, Images};
use super::simd::Real;
use super::sums::PlateSum;
use crate::Law;

/// Charges weaker than this share of the strongest are left out of the vector sum.
const LN_NEGLIGIBLE: f64 = -32.3; // ln 1e-14
/// Coordinates summed before f64 takes over.
const CHUNK: usize = 256;
/// Queries whose distances to a charge are summed together, in registers.
const GROUP: usize = 8;
/// Scalars of charges that stay in the L2 cache while all queries of a tile pass over them.
const BLOCK: usize = 32_768;

/// The two plates, point after point.
#[derive(Debug, Clone)]
pub struct Large<T> {
    plates: [Vec<T>; 2],
    charges: [f64; 2],
    dim: usize,
    law: Law,
    images: Images,
}

impl<T: Real> Large<T> {
    /// Lays the charges out.
    pub fn new(capacitor: &Capacitor, frame: &Frame, law: Law, images: &Images) -> Self {
        Self {
            plates: Side::BOTH.map(|side| frame.plate(capacitor, side)),
            charges: Side::BOTH.map(|side| capacitor.charge(side)),
            dim: capacitor.dim(),
            law,
            images: images.clone(),
        }
    }

    /// How many queries to give to one call of [`Large::sums`]: distances of a tile take at most about 8 MB
    /// unless there are more than 125 000 charges.
    pub fn tile(&self) -> usize {
        let charges = (self.plates[0].len() + self.plates[1].len()) / self.dim;
        (1_000_000 / charges / GROUP).clamp(1, 4) * GROUP
    }

    /// Sums of both plates at the queries given by their places in the frame (D each) and heights above the plates,
    /// handed to `each` with the index of the query.
    pub fn sums(&self, places: &[f64], heights: &[[f64; 2]], mut each: impl FnMut(usize, [PlateSum; 2])) {
        let rounded: Vec<T> = places.iter().map(|&value| T::round(value)).collect();
        let distances: [Vec<f64>; 2] = [0, 1].map(|side| {
            let count = self.plates[side].len() / self.dim;
            let mut out = vec![0.0; count * heights.len()];
            let pass = Distances { charges: &self.plates[side], queries: &rounded, dim: self.dim, out: &mut out };
            Arch::new().dispatch(pass);
            out
        });
        for (index, height) in heights.iter().enumerate() {
            let place = &places[index * self.dim..(index + 1) * self.dim];
            let rho2 = [0, 1].map(|side| {
                let count = self.plates[side].len() / self.dim;
                &distances[side][index * count..(index + 1) * count]
            });
            each(index, self.plate_sums(place, *height, rho2));
        }
    }

    /// A and B of a charge relative to r^{−(D+1)} of its nearest image.
    fn pair(&self, rho2: f64, h: f64) -> ImageSum {
        match self.law {
            Law::Mirror => self.images.sum(rho2, h),
            Law::Coulomb | Law::Published => ImageSum { a: 1.0, b: h },
        }
    }

    fn plate_sums(&self, place: &[f64], heights: [f64; 2], rho2: [&[f64]; 2]) -> [PlateSum; 2] {
        let height2 = heights.map(|height| height * height);
        let nearest = [0, 1].map(|side| {
            let squares = rho2[side].iter().map(|rho2| rho2 + height2[side]);
            squares.filter(|&square| square > 0.0).fold(f64::INFINITY, f64::min)
        });
        [0, 1].map(|side| {
            // Weights are relative to the strongest of both plates, unless each plate is normalised on its own.
            let top2 = if self.law == Law::Published { nearest[side] } else { nearest[0].min(nearest[1]) };
            let mut sum = PlateSum::zero(self.dim);
            if !top2.is_finite() {
                return sum;
            }
            let power = (self.dim as f64 + 1.0) / 2.0;
            sum.ln_scale = -power * top2.ln();
            // Images can make a far charge up to √D ρ/L times heavier than its nearest image is.
            let slack = if self.law == Law::Mirror { 7.0 } else { 0.0 };
            let reach2 = top2 * ((slack - LN_NEGLIGIBLE) / power).exp();
            let (x, z) = sum.vector.split_at_mut(self.dim);
            let mut pulls = Vec::new();
            for (index, &rho2) in rho2[side].iter().enumerate() {
                let square = rho2 + height2[side];
                if square <= reach2 && square > 0.0 {
                    let pair = self.pair(rho2, heights[side]);
                    let weight = self.charges[side] * self.images.raise(top2 / square);
                    z[0] += weight * pair.b;
                    pulls.push((index, weight * pair.a));
                }
            }
            Arch::new().dispatch(Pull { charges: &self.plates[side], pulls: &pulls, place, x });
            sum
        })
    }

    /// (Σw)²/Σw² over all charges of both plates, w = |field of the charge|, for each query.
    pub fn effective_charges(&self, places: &[f64], heights: &[[f64; 2]]) -> Vec<f64> {
        let rounded: Vec<T> = places.iter().map(|&value| T::round(value)).collect();
        let power = (self.dim as f64 + 1.0) / 2.0;
        let mut result = Vec::with_capacity(heights.len());
        for (query, height) in rounded.chunks_exact(self.dim).zip(heights) {
            let mut logs = Vec::new();
            for ((charges, charge), &height) in self.plates.iter().zip(self.charges).zip(height) {
                let mut rho2 = vec![0.0; charges.len() / self.dim];
                let pass = Distances { charges, queries: query, dim: self.dim, out: &mut rho2 };
                Arch::new().dispatch(pass);
                let ln_charge = charge.abs().ln();
                logs.extend(rho2.iter().map(|&rho2| {
                    let pair = self.pair(rho2, height);
                    ln_charge - power * (rho2 + height * height).ln() + (pair.a * rho2.sqrt()).hypot(pair.b).ln()
                }));
            }
            let top = logs.iter().copied().filter(|value| !value.is_nan()).fold(f64::NEG_INFINITY, f64::max);
            let (mut first, mut second) = (0.0, 0.0);
            for weight in logs.iter().map(|value| (value - top).exp()).filter(|weight| weight.is_finite()) {
                first += weight;
                second += weight * weight;
            }
            result.push(if second > 0.0 { first * first / second } else { 0.0 });
        }
        result
    }
}

/// |x − x_i|² for all queries × charges, query after query.
struct Distances<'a, T> {
    charges: &'a [T],
    queries: &'a [T],
    dim: usize,
    out: &'a mut [f64],
}

impl<T: Real> WithSimd for Distances<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { charges, queries, dim, out } = self;
        let count = charges.len() / dim;
        let mut outs: Vec<&mut [f64]> = out.chunks_exact_mut(count).collect();
        let block = (BLOCK / dim).max(1);
        for start in (0..count).step_by(block) {
            let end = (start + block).min(count);
            let charges = charges[start * dim..end * dim].chunks_exact(dim);
            for (group, outs) in queries.chunks(GROUP * dim).zip(outs.chunks_mut(GROUP)) {
                if outs.len() == GROUP {
                    let rows: [&[T]; GROUP] = std::array::from_fn(|row| &group[row * dim..(row + 1) * dim]);
                    for (index, charge) in (start..end).zip(charges.clone()) {
                        for (out, value) in outs.iter_mut().zip(distances(simd, rows, charge)) {
                            out[index] = value;
                        }
                    }
                } else {
                    for (row, out) in group.chunks_exact(dim).zip(outs) {
                        for (index, charge) in (start..end).zip(charges.clone()) {
                            out[index] = distances(simd, [row], charge)[0];
                        }
                    }
                }
            }
        }
    }
}

/// Σ pull·(x − x_i) over the charges that matter, in f64.
struct Pull<'a, T> {
    charges: &'a [T],
    pulls: &'a [(usize, f64)],
    place: &'a [f64],
    x: &'a mut [f64],
}

impl<T: Real> WithSimd for Pull<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // An elementwise loop: the compiler vectorises it for the instructions of `S`.
        simd.vectorize(
            #[inline(always)]
            || {
                let dim = self.place.len();
                for &(index, pull) in self.pulls {
                    let charge = &self.charges[index * dim..(index + 1) * dim];
                    for ((slot, &at), &from) in self.x.iter_mut().zip(self.place).zip(charge) {
                        *slot += pull * (at - from.widen());
                    }
                }
            },
        );
    }
}

/// Squared distances of R queries to one charge; each is summed in the same order whatever R is.
#[inline(always)]
fn distances<T: Real, S: Simd, const R: usize>(simd: S, rows: [&[T]; R], charge: &[T]) -> [f64; R] {
    let mut totals = [0.0; R];
    let mut start = 0;
    while start < charge.len() {
        let end = (start + CHUNK).min(charge.len());
        let theirs = T::vectors::<S>(&charge[start..end]);
        let ours = rows.map(|row| T::vectors::<S>(&row[start..end]));
        let mut sums = [T::splat(simd, T::round(0.0)); R];
        for (index, &place) in theirs.iter().enumerate() {
            for row in 0..R {
                let step = T::sub(simd, ours[row][index], place);
                sums[row] = T::fma(simd, step, step, sums[row]);
            }
        }
        // What does not fill a vector.
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let whole = start + theirs.len() * lanes;
        for row in 0..R {
            totals[row] += T::sum(simd, sums[row]).widen();
            for axis in whole..end {
                let step = rows[row][axis].widen() - charge[axis].widen();
                totals[row] += step * step;
            }
        }
        start = end;
    }
    totals
}
