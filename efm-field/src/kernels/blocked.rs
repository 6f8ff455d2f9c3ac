//! The kernel in f32 for D of ten or twenty: distances of a block of charges, weights, weighted sum.
//!
//! With 4 000 charges and 512 points it is 1.2, 1.9, 3.3, 2.0 and 1.5 times as fast as the better of `direct` and `product` at
//! D = 9, 12, 16, 20 and 32, with 20 000 charges and 256 points up to 4.7 times, and no faster than `direct` at D = 9 with few
//! charges (one thread of an AVX2 machine, the three interleaved in one run). Both sides of the borders at D = 8 and 32 stand in
//! `cargo bench -p efm-field -- field/`.
//!
//! As many coordinates as here do not fit into registers, so a query passes over a block three times, and what it leaves
//! behind fits into the L1 cache. Weights are relative to the nearest charge so far, which keeps every power in range.

use efm_core::{Capacitor, Side};
use pulp::{Arch, Simd, WithSimd};

use super::sums::share_left;
use super::{CANCELS, Coordinates, Each, Kernel, PlateSum, Tile};
use crate::Law;
use crate::images::Images;
use crate::simd::Real;

/// Largest D of this kernel: the product of matrices is not much slower there, and rounding grows with D.
pub const LARGEST: usize = 32;
/// Queries of a tile.
const TILE: usize = 32;
/// Charges of a block.
const BLOCK: usize = 256;
/// Vectors of charges that are worked on step by step together.
const ABREAST: usize = 4;
/// Squares that are summed on their own: rounding grows with the number of terms, and (D+1)/2 multiplies it.
const AXES: usize = 6;
/// Coordinate of a padding charge.
const OUT_OF_SIGHT: f32 = 1e17;
/// A squared distance beyond every other; still finite when squared with a number of the coordinates.
const HORIZON: f32 = 1e30;
/// Squared distances below this have lost digits.
const LEAST: f32 = 1e-30;

/// The two plates in blocks, coordinate after coordinate in each.
#[derive(Debug, Clone)]
pub struct Blocked {
    plates: [Vec<f32>; 2],
    charges: [f64; 2],
    dim: usize,
    law: Law,
    /// Square of the distance within a plate below which a point on it counts as on the charge.
    floor: f32,
    images: Images,
}

/// One query against one plate.
struct Sum {
    /// Place, rounded, and what rounding took.
    high: Vec<f32>,
    low: Vec<f32>,
    height: f64,
    floor: f32,
    /// Least r² so far.
    top2: f32,
    /// Relative to `top2`^{−(D+1)/2}.
    vector: Vec<f64>,
    weight: f64,
}

impl Blocked {
    /// Lays the charges out.
    pub fn new(capacitor: &Capacitor, coordinates: &Coordinates, law: Law, images: &Images) -> Self {
        let dim = capacitor.dim();
        let plates = Side::BOTH.map(|side| {
            let points = coordinates.plate::<f32>(capacitor, side);
            let mut blocks = vec![OUT_OF_SIGHT; capacitor.plate(side).len().next_multiple_of(BLOCK) * dim];
            for (index, point) in points.chunks_exact(dim).enumerate() {
                for (axis, &value) in point.iter().enumerate() {
                    blocks[(index / BLOCK * dim + axis) * BLOCK + index % BLOCK] = value;
                }
            }
            blocks
        });
        let rounding = 1.2e-7 * coordinates.extent;
        Self {
            plates,
            charges: Side::BOTH.map(|side| capacitor.charge(side)),
            dim,
            law,
            floor: (rounding * rounding * dim as f64) as f32,
            images: images.clone(),
        }
    }

    fn start(&self, place: &[f64], height: f64) -> Sum {
        Sum {
            high: place.iter().map(|&value| value as f32).collect(),
            low: place.iter().map(|&value| (value - f64::from(value as f32)) as f32).collect(),
            height,
            floor: if height == 0.0 { self.floor } else { 0.0 },
            top2: HORIZON,
            vector: vec![0.0; self.dim + 1],
            weight: 0.0,
        }
    }

    /// Adds what is still due to the sum and returns ln of its scale; none where f32 does not suffice.
    fn finish(&self, sum: &mut Sum, side: usize) -> Option<f64> {
        if sum.top2 == HORIZON {
            return Some(f64::NEG_INFINITY);
        }
        sum.vector[self.dim] = sum.weight * sum.height;
        for (value, low) in sum.vector.iter_mut().zip(&sum.low) {
            *value += sum.weight * f64::from(*low);
        }
        sum.vector.iter_mut().for_each(|value| *value *= self.charges[side]);
        (sum.top2 > LEAST).then(|| -0.5 * (self.dim as f64 + 1.0) * f64::from(sum.top2).ln())
    }
}

impl Kernel for Blocked {
    fn name(&self) -> &'static str {
        "blocked"
    }

    fn tile(&self) -> usize {
        TILE
    }

    fn sums(&self, tile: &Tile, each: &mut Each) {
        let [mut sources, mut targets] = [0, 1].map(|side| {
            let mut sums: Vec<Sum> = tile.queries().map(|(place, heights)| self.start(place, heights[side])).collect();
            for block in self.plates[side].chunks_exact(BLOCK * self.dim) {
                Arch::new().dispatch(Block { charges: block, dim: self.dim, images: &self.images, sums: &mut sums });
            }
            sums
        });
        for (query, (source, target)) in sources.iter_mut().zip(&mut targets).enumerate() {
            let scales = [self.finish(source, 0), self.finish(target, 1)];
            let plates = match scales {
                [Some(at_source), Some(at_target)] => Some([
                    PlateSum { ln_scale: at_source, vector: &source.vector },
                    PlateSum { ln_scale: at_target, vector: &target.vector },
                ]),
                _ => None,
            };
            each(query, plates.filter(|&plates| self.law == Law::Published || share_left(plates) > CANCELS[0]));
        }
    }
}

/// One block of charges against all queries of a tile.
struct Block<'a> {
    charges: &'a [f32],
    dim: usize,
    images: &'a Images,
    sums: &'a mut [Sum],
}

impl WithSimd for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut values = [0.0_f32; BLOCK];
        for sum in self.sums {
            let nearest = distances(simd, self.charges, sum, &mut values);
            if nearest == HORIZON {
                continue;
            }
            if nearest < sum.top2 {
                let factor = self.images.raise(f64::from(nearest) / f64::from(sum.top2));
                sum.vector.iter_mut().for_each(|value| *value *= factor);
                sum.weight *= factor;
                sum.top2 = nearest;
            }
            sum.weight += f64::from(weights(simd, self.dim, 1.0 / sum.top2, &mut values));
            pull(simd, self.charges, sum, &values);
        }
    }
}

/// r² of all charges of a block, [`HORIZON`] where they are on the query; returns the least.
#[inline(always)]
fn distances<S: Simd>(simd: S, charges: &[f32], sum: &Sum, out: &mut [f32; BLOCK]) -> f32 {
    let height2 = simd.splat_f32s((sum.height * sum.height) as f32);
    let (floor, horizon) = (simd.splat_f32s(sum.floor), simd.splat_f32s(HORIZON));
    let mut least = [horizon; ABREAST];
    let out = S::as_mut_simd_f32s(out).0.as_chunks_mut::<ABREAST>().0;
    for (index, out) in out.iter_mut().enumerate() {
        let mut r2 = [height2; ABREAST];
        let places = sum.high.chunks(AXES).zip(sum.low.chunks(AXES));
        for (axes, (high, low)) in charges.as_chunks::<BLOCK>().0.chunks(AXES).zip(places) {
            let mut partial = [simd.splat_f32s(0.0); ABREAST];
            for ((axis, &high), &low) in axes.iter().zip(high).zip(low) {
                let axis = S::as_simd_f32s(axis).0.as_chunks::<ABREAST>().0[index];
                let (high, low) = (simd.splat_f32s(high), simd.splat_f32s(low));
                for part in 0..ABREAST {
                    let step = simd.add_f32s(simd.sub_f32s(high, axis[part]), low);
                    partial[part] = simd.mul_add_e_f32s(step, step, partial[part]);
                }
            }
            for part in 0..ABREAST {
                r2[part] = simd.add_f32s(r2[part], partial[part]);
            }
        }
        for part in 0..ABREAST {
            let away = simd.greater_than_f32s(r2[part], floor);
            out[part] = simd.min_f32s(simd.select_f32s(away, r2[part], horizon), horizon);
            least[part] = simd.min_f32s(least[part], out[part]);
        }
    }
    least.into_iter().map(|least| simd.reduce_min_f32s(least)).fold(HORIZON, f32::min)
}

/// r² to (top²/r²)^{(D+1)/2}; returns the sum.
#[inline(always)]
fn weights<S: Simd>(simd: S, dim: usize, per_top2: f32, values: &mut [f32; BLOCK]) -> f32 {
    let fill = |value: f64| simd.splat_f32s(value as f32);
    let m = (dim as f64 + 1.0) / 2.0;
    let (one, minus, slope) = (fill(1.0), fill(-1.0), fill(-m));
    let (bend, twist) = (fill(m * (m + 1.0) / 2.0), fill(-m * (m + 1.0) * (m + 2.0) / 6.0));
    let (per_top2, horizon) = (simd.splat_f32s(per_top2), simd.splat_f32s(HORIZON));
    let mut total = [fill(0.0); ABREAST];
    for r2 in S::as_mut_simd_f32s(values).0.as_chunks_mut::<ABREAST>().0 {
        let ratio = r2.map(|r2| simd.min_f32s(simd.mul_f32s(r2, per_top2), horizon));
        let (mut root, mut base) = ([one; ABREAST], [one; ABREAST]);
        let mut correction = [one; ABREAST];
        for part in 0..ABREAST {
            // As in the kernel for small D: y guessed, u = r²y² − 1, and a series in u.
            match f32::root_guess(simd, ratio[part]) {
                Some(y) => {
                    base[part] = simd.mul_f32s(y, y);
                    root[part] = if dim.is_multiple_of(2) { y } else { one };
                    let u = simd.mul_add_e_f32s(ratio[part], base[part], minus);
                    let series = simd.mul_add_e_f32s(simd.mul_add_e_f32s(twist, u, bend), u, slope);
                    correction[part] = simd.mul_add_e_f32s(series, u, one);
                }
                None => {
                    base[part] = simd.div_f32s(one, ratio[part]);
                    root[part] = if dim.is_multiple_of(2) { simd.sqrt_f32s(base[part]) } else { one };
                }
            }
        }
        let mut left = dim.div_ceil(2);
        loop {
            if left % 2 == 1 {
                for part in 0..ABREAST {
                    root[part] = simd.mul_f32s(root[part], base[part]);
                }
            }
            left /= 2;
            if left == 0 {
                break;
            }
            for base in &mut base {
                *base = simd.mul_f32s(*base, *base);
            }
        }
        for part in 0..ABREAST {
            r2[part] = simd.mul_f32s(root[part], correction[part]);
            total[part] = simd.add_f32s(total[part], r2[part]);
        }
    }
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(total[0], total[1]), simd.add_f32s(total[2], total[3])))
}

/// Adds Σ weight·(place − charge), the place rounded.
#[inline(always)]
fn pull<S: Simd>(simd: S, charges: &[f32], sum: &mut Sum, weights: &[f32; BLOCK]) {
    let weights = S::as_simd_f32s(weights).0.as_chunks::<ABREAST>().0;
    for ((axis, &high), out) in charges.as_chunks::<BLOCK>().0.iter().zip(&sum.high).zip(&mut sum.vector) {
        let high = simd.splat_f32s(high);
        let mut totals = [simd.splat_f32s(0.0); ABREAST];
        for (axis, weights) in S::as_simd_f32s(axis).0.as_chunks::<ABREAST>().0.iter().zip(weights) {
            for part in 0..ABREAST {
                totals[part] = simd.mul_add_e_f32s(weights[part], simd.sub_f32s(high, axis[part]), totals[part]);
            }
        }
        let [a, b, c, d] = totals;
        *out += f64::from(simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d))));
    }
}
