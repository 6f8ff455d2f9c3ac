//! The kernel for any D: squared distances first, weights in log-space, then the weighted sum over charges that matter.
//!
//! Both plates share one maximum of ln w, so nothing overflows and the plates keep their relative strength. Squared
//! distances are summed in f64. Per tile of queries one number per pair is kept, never D.

use efm_core::{Capacitor, Side};
use pulp::{Arch, Simd, WithSimd};

use super::{Coordinates, Each, Kernel, PlateSum, Tile};
use crate::Law;
use crate::images::{ImageSum, Images};

/// Charges weaker than this share of the strongest are left out of the vector sum.
const LN_NEGLIGIBLE: f64 = -32.3; // ln 1e-14
/// Coordinates whose lanes are summed before the next ones.
const CHUNK: usize = 256;
/// Queries whose distances to a charge are summed together, in registers.
const GROUP: usize = 8;
/// Scalars of charges that stay in the L2 cache while all queries of a tile pass over them.
const BLOCK: usize = 32_768;

/// The two plates, point after point.
#[derive(Debug, Clone)]
pub struct Pairwise {
    plates: [Vec<f64>; 2],
    charges: [f64; 2],
    dim: usize,
    law: Law,
    images: Images,
}

impl Pairwise {
    /// Lays the charges out.
    pub fn new(capacitor: &Capacitor, coordinates: &Coordinates, law: Law, images: &Images) -> Self {
        Self {
            plates: Side::BOTH.map(|side| coordinates.plate(capacitor, side)),
            charges: Side::BOTH.map(|side| capacitor.charge(side)),
            dim: capacitor.dim(),
            law,
            images: images.clone(),
        }
    }

    /// A and B of a charge relative to r^{−(D+1)} of its nearest image.
    fn pair(&self, rho2: f64, h: f64) -> ImageSum {
        match self.law {
            Law::Mirror => self.images.sum(rho2, h),
            Law::Coulomb | Law::Published => ImageSum { a: 1.0, b: h },
        }
    }

    /// The sums of both plates at a query, from squared distances within the plates: ln of the scale, and the vector.
    fn sum(&self, (place, heights): (&[f64], [f64; 2]), rho2: [&[f64]; 2]) -> [(f64, Vec<f64>); 2] {
        let height2 = heights.map(|height| height * height);
        let nearest = [0, 1].map(|side| {
            let squares = rho2[side].iter().map(|rho2| rho2 + height2[side]);
            squares.filter(|&square| square > 0.0).fold(f64::INFINITY, f64::min)
        });
        [0, 1].map(|side| {
            // Weights are relative to the strongest of both plates, unless each plate is normalised on its own.
            let top2 = if self.law == Law::Published { nearest[side] } else { nearest[0].min(nearest[1]) };
            let mut vector = vec![0.0; self.dim + 1];
            if !top2.is_finite() {
                return (f64::NEG_INFINITY, vector);
            }
            let power = (self.dim as f64 + 1.0) / 2.0;
            // Images can make a far charge up to √D ρ/L times heavier than its nearest image is.
            let slack = if self.law == Law::Mirror { 7.0 } else { 0.0 };
            let reach2 = top2 * ((slack - LN_NEGLIGIBLE) / power).exp();
            let (x, z) = vector.split_at_mut(self.dim);
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
            (-power * top2.ln(), vector)
        })
    }

    /// (Σw)²/Σw² over all charges of both plates, w = |field of the charge|, for each query.
    pub fn effective_charges(&self, tile: &Tile) -> Vec<f64> {
        let power = (self.dim as f64 + 1.0) / 2.0;
        let mut result = Vec::with_capacity(tile.len());
        for (query, height) in tile.queries() {
            let mut logs = Vec::new();
            for ((charges, charge), height) in self.plates.iter().zip(self.charges).zip(height) {
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

impl Kernel for Pairwise {
    fn name(&self) -> &'static str {
        "pairwise"
    }

    /// Distances of a tile take at most about 8 MB unless there are more than 125 000 charges.
    fn tile(&self) -> usize {
        let charges = (self.plates[0].len() + self.plates[1].len()) / self.dim;
        (1_000_000 / charges / GROUP).clamp(1, 4) * GROUP
    }

    fn sums(&self, tile: &Tile, each: &mut Each) {
        let distances: [Vec<f64>; 2] = [0, 1].map(|side| {
            let count = self.plates[side].len() / self.dim;
            let mut out = vec![0.0; count * tile.len()];
            let charges = &self.plates[side];
            Arch::new().dispatch(Distances { charges, queries: &tile.places, dim: self.dim, out: &mut out });
            out
        });
        for (index, query) in tile.queries().enumerate() {
            let rho2 = [0, 1].map(|side| {
                let count = self.plates[side].len() / self.dim;
                &distances[side][index * count..(index + 1) * count]
            });
            let sums = self.sum(query, rho2);
            each(index, Some(sums.each_ref().map(|(ln_scale, vector)| PlateSum { ln_scale: *ln_scale, vector })));
        }
    }
}

/// |x − x_i|² for all queries × charges, query after query.
struct Distances<'a> {
    charges: &'a [f64],
    queries: &'a [f64],
    dim: usize,
    out: &'a mut [f64],
}

impl WithSimd for Distances<'_> {
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
                    let rows: [&[f64]; GROUP] = std::array::from_fn(|row| &group[row * dim..(row + 1) * dim]);
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
struct Pull<'a> {
    charges: &'a [f64],
    pulls: &'a [(usize, f64)],
    place: &'a [f64],
    x: &'a mut [f64],
}

impl WithSimd for Pull<'_> {
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
                        *slot += pull * (at - from);
                    }
                }
            },
        );
    }
}

/// Squared distances of R queries to one charge; each is summed in the same order whatever R is.
#[inline(always)]
fn distances<S: Simd, const R: usize>(simd: S, rows: [&[f64]; R], charge: &[f64]) -> [f64; R] {
    let mut totals = [0.0; R];
    let mut start = 0;
    while start < charge.len() {
        let end = (start + CHUNK).min(charge.len());
        let theirs = S::as_simd_f64s(&charge[start..end]).0;
        let ours = rows.map(|row| S::as_simd_f64s(&row[start..end]).0);
        let mut sums = [simd.splat_f64s(0.0); R];
        for (index, &place) in theirs.iter().enumerate() {
            for row in 0..R {
                let step = simd.sub_f64s(ours[row][index], place);
                sums[row] = simd.mul_add_e_f64s(step, step, sums[row]);
            }
        }
        // What does not fill a vector.
        let lanes = size_of::<S::f64s>() / size_of::<f64>();
        let whole = start + theirs.len() * lanes;
        for row in 0..R {
            totals[row] += simd.reduce_sum_f64s(sums[row]);
            for axis in whole..end {
                let step = rows[row][axis] - charge[axis];
                totals[row] += step * step;
            }
        }
        start = end;
    }
    totals
}
