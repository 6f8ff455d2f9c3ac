//! The kernel for many dimensions in f32 (for the mirror D > 13, else D > 32): two matrix products, with weights in f64 between them.
//!
//! |x − y|² = |x|² + |y|² − 2x·y loses digits where the point is close to a charge compared with their distance from the
//! centre, and the exponent (D+1)/2 multiplies what is lost. So charges whose weight is large enough for that to show are
//! taken out of the product, and their distance and pull are summed again in f64. What is left over is estimated for each
//! point; a point that fails is not trusted.
//!
//! Queries are worked on in tiles and charges in rounds of 8192, which bounds the memory; each query's sums run in an order
//! that depends on nothing but the charges.

mod gemm;
mod panels;
mod weights;

use efm_core::{Capacitor, Side};
use pulp::Arch;

use super::{Coordinates, Each, Kernel, PlateSum, Tile};
use crate::Law;
use crate::images::{ImageSum, Images, Nodes, Profile};
use crate::simd::widely;
use crate::vector::length;
use gemm::{Dots, Pulls};
use panels::{Column, DEPTH, GROUP, PANEL, Panels};
use weights::{Doubtful, ROUNDING, Range, Squares, Store, Weigh};

/// Queries of a tile, at most.
const TILE: usize = 8 * GROUP;
/// Charges whose weights are kept at a time.
const ROUND: usize = 8192;
/// Share of |x|² + |y|² below which r² is summed again before anything else.
const DOUBT: f64 = 1e-4;
/// Error of the direction, estimated, above which a single charge is summed again in f64.
const CHARGE_ERROR: f64 = 2e-7;
/// Error of the direction, estimated, above which a query is handed back.
const QUERY_ERROR: f64 = 3e-6;
/// Weights below this share of the largest, divided by the number of charges, are left out.
const NEGLIGIBLE: f64 = 1e-9;

/// Both plates in panels.
#[derive(Debug, Clone)]
pub struct Product {
    panels: Panels,
    /// |y|², ∞ for padding.
    norms: Vec<f64>,
    /// Largest |y|.
    extent: f64,
    /// Mean square of each coordinate of the charges.
    moments: Vec<f64>,
    /// Where the target plate begins.
    split: usize,
    charges: [f64; 2],
    law: Law,
    images: Images,
    nodes: Nodes,
}

/// What is summed for one query, relative to `top2`^{−(D+1)/2}.
struct Sum<'a> {
    /// In f64, padded with zeros to whole strips.
    place: Vec<f64>,
    /// |x|², x rounded as in the product.
    square: f64,
    heights: [f64; 2],
    /// Least r² so far.
    top2: f64,
    /// √Σ x²⟨y²⟩: how large x·y is if signs are random.
    walk: f64,
    /// Σ|w|.
    total: f64,
    /// Σ (w δr²)² over what is in the product.
    noise: f64,
    /// Σ w and Σ w² over what is in the product.
    product: [f64; 2],
    rise: f64,
    /// Σ w y over the product − Σ w(x − y) over the rest.
    vector: &'a mut [f64],
}

/// Room for one round of one query.
struct Scratch {
    squares: Vec<f64>,
    values: Vec<f64>,
}

impl Product {
    /// Lays out the charges of these plates.
    pub fn new(capacitor: &Capacitor, coordinates: &Coordinates, law: Law, images: &Images, sides: &[Side]) -> Self {
        let dim = capacitor.dim();
        let lay = |side| if sides.contains(&side) { coordinates.plate::<f32>(capacitor, side) } else { Vec::new() };
        let plates = Side::BOTH.map(lay);
        let panels = Panels::new(dim, &[&plates[0], &plates[1]]);
        let mut moments = vec![0.0; dim];
        for plate in &plates {
            let share = dim as f64 / plate.len().max(1) as f64 / sides.len() as f64;
            for point in plate.chunks_exact(dim) {
                moments.iter_mut().zip(point).for_each(|(sum, &y)| *sum += share * f64::from(y) * f64::from(y));
            }
        }
        let counts = plates.map(|plate| plate.len() / dim);
        let split = counts[0].next_multiple_of(PANEL);
        let norms = panels.squares(|point| (counts[0]..split).contains(&point) || point >= split + counts[1]);
        let extent = norms.iter().copied().filter(|norm| norm.is_finite()).fold(0.0, f64::max).sqrt();
        let charges = Side::BOTH.map(|side| capacitor.charge(side));
        Self { panels, norms, extent, moments, split, charges, law, images: images.clone(), nodes: Nodes::new() }
    }

    /// Sums over the plates that are laid out, handed to `each` with the position of the query; none where f32 does not suffice.
    fn sum(&self, tile: &Tile, mut each: impl FnMut(usize, Option<PlateSum>)) {
        let Tile { places, heights, .. } = tile;
        let (dim, arch) = (self.panels.dim, Arch::new());
        let width = self.panels.strips() * PANEL;
        let groups = heights.len().div_ceil(GROUP);
        let mut left: Vec<Column> = vec![[0.0; GROUP]; groups * dim];
        let mut vectors = vec![0.0; groups * GROUP * width];
        let mut sums: Vec<Sum> = places
            .chunks_exact(dim)
            .zip(vectors.chunks_exact_mut(width))
            .zip(heights)
            .enumerate()
            .map(|(index, ((place, vector), &heights))| {
                let (mut square, mut walk) = (0.0, 0.0);
                for ((column, &x), moment) in left[index / GROUP * dim..].iter_mut().zip(place).zip(&self.moments) {
                    column[index % GROUP] = x as f32;
                    square += f64::from(x as f32).powi(2);
                    walk += x * x * moment;
                }
                let walk = f64::sqrt(walk);
                let mut place = place.to_vec();
                place.resize(width, 0.0);
                let top2 = f64::INFINITY;
                Sum { place, square, heights, top2, walk, total: 0.0, noise: 0.0, product: [0.0; 2], rise: 0.0, vector }
            })
            .collect();
        let stride = self.panels.padded.min(ROUND);
        let mut weights = vec![0.0_f32; groups * GROUP * stride];
        let mut scratch = Scratch { squares: vec![0.0; stride], values: vec![0.0; stride] };
        for start in (0..self.panels.padded).step_by(ROUND) {
            let round = start..(start + ROUND).min(self.panels.padded);
            arch.dispatch(Dots { panels: &self.panels, left: &left, round: round.clone(), stride, out: &mut weights });
            for (row, sum) in weights.chunks_exact_mut(stride).zip(&mut sums) {
                self.weigh(arch, sum, round.clone(), &mut row[..round.len()], &mut scratch);
            }
            arch.dispatch(Pulls {
                panels: &self.panels,
                weights: &weights,
                start,
                len: round.len(),
                stride,
                sums: &mut sums,
            });
        }
        let mut vector = vec![0.0; dim + 1];
        for (query, sum) in sums.into_iter().enumerate() {
            let ln_scale = self.finish(sum, &mut vector);
            each(query, ln_scale.map(|ln_scale| PlateSum { ln_scale, vector: &vector }));
        }
    }

    /// Writes the field from the sums and returns ln of its scale, if f32 sufficed.
    fn finish(&self, sum: Sum, vector: &mut [f64]) -> Option<f64> {
        let dim = self.panels.dim;
        if sum.top2 == f64::INFINITY {
            vector.fill(0.0);
            return Some(f64::NEG_INFINITY);
        }
        let power = (dim as f64 + 1.0) / 2.0;
        for ((slot, x), pull) in vector.iter_mut().zip(&sum.place[..dim]).zip(sum.vector) {
            *slot = x * sum.product[0] - *pull;
        }
        vector[dim] = sum.rise;
        let (distance, spread) = (sum.square.sqrt(), sum.product[1].sqrt());
        let of_weights = power * sum.noise.sqrt() / sum.top2.sqrt();
        let of_sums = ROUNDING * (4.0 * self.extent * spread + distance * sum.product[0].abs());
        (of_weights + of_sums <= QUERY_ERROR * length(vector)).then(|| -power * sum.top2.ln())
    }

    /// One round of one query: x·y in, weights out.
    fn weigh(&self, arch: Arch, sum: &mut Sum, round: std::ops::Range<usize>, row: &mut [f32], scratch: &mut Scratch) {
        let power = (self.panels.dim as f64 + 1.0) / 2.0;
        let ranges = [round.start..round.end.min(self.split), round.start.max(self.split)..round.end];
        // Nearest and farthest charge of each plate.
        let mut ends = [(f64::INFINITY, 0.0); 2];
        for (side, range) in ranges.iter().enumerate().filter(|(_, range)| !range.is_empty()) {
            let local = range.start - round.start..range.end - round.start;
            let norms = &self.norms[range.clone()];
            let square = sum.square + sum.heights[side].powi(2);
            let squares = &mut scratch.squares[local.clone()];
            arch.dispatch(Squares { dots: &row[local], norms, square, out: squares });
            let (mut near2, mut far2, doubt) = arch.dispatch(Range { squares, norms, square, doubt: DOUBT });
            if doubt {
                for (index, r2) in squares.iter_mut().enumerate() {
                    if *r2 <= DOUBT * (norms[index] + square) && norms[index].is_finite() {
                        let exact = self.distance2(arch, sum, range.start + index) + sum.heights[side].powi(2);
                        // A charge at the query contributes nothing.
                        *r2 = if exact > 0.0 { exact } else { f64::INFINITY };
                    }
                }
                (near2, far2, _) = arch.dispatch(Range { squares, norms, square, doubt: 0.0 });
            }
            ends[side] = (near2, far2);
        }
        row.fill(0.0);
        let top2 = sum.top2.min(ends[0].0).min(ends[1].0);
        if top2 == f64::INFINITY {
            return;
        }
        if top2 < sum.top2 && sum.top2 < f64::INFINITY {
            sum.scale(self.images.raise(top2 / sum.top2));
        }
        sum.top2 = top2;
        // Images can make a far charge up to √D ρ/L times heavier than its nearest image is.
        let slack = if self.law == Law::Mirror { 7.0 } else { 0.0 };
        let share = (self.norms.len() as f64 / NEGLIGIBLE).ln();
        let reach2 = top2 * ((slack + share) / power).exp();
        let mut profiles = [None, None];
        let mut rises = [0.0; 2];
        for (side, range) in ranges.iter().enumerate().filter(|(_, range)| !range.is_empty()) {
            let local = range.start - round.start..range.end - round.start;
            let (near2, far2) = ends[side];
            let values = &mut scratch.values[local.clone()];
            if near2 > reach2 {
                values.fill(0.0);
                continue;
            }
            let squares = &scratch.squares[local];
            let (h, dim) = (sum.heights[side], self.panels.dim);
            if self.law == Law::Mirror {
                profiles[side] = Profile::new(&self.images, &self.nodes, h, near2, far2.min(reach2), top2);
            }
            let profile = profiles[side].as_ref();
            let weighed = if self.law == Law::Mirror && profile.is_none() {
                self.weigh_one_by_one(squares, values, h, top2, reach2)
            } else {
                let weighed = arch.dispatch(Weigh { squares, values, profile, h, top2, reach2, dim });
                [weighed.weight, weighed.rise]
            };
            sum.total += self.charges[side].abs() * weighed[0];
            rises[side] = weighed[1];
        }
        for (side, range) in ranges.iter().enumerate().filter(|(_, range)| !range.is_empty()) {
            let local = range.start - round.start..range.end - round.start;
            let charge = self.charges[side];
            let values = &mut scratch.values[local.clone()];
            let limit = CHARGE_ERROR * sum.total / charge.abs() / power;
            let norms = &self.norms[range.clone()];
            let squares = &scratch.squares[local.clone()];
            let height = sum.heights[side];
            let (square, walk, rounding) = (sum.square + height * height, sum.walk, self.rounding());
            let pass = Doubtful { values, squares, norms, square, walk, rounding, limit };
            let (doubtful, noise) = arch.dispatch(pass);
            sum.noise += charge * charge * noise;
            let profile = profiles[side].as_ref();
            for index in doubtful {
                let exact = self.distance2(arch, sum, range.start + index) + height * height;
                let (before, _) = self.pair(profile, squares[index], height, top2);
                let (pair, weight) = self.pair(profile, exact, height, top2);
                let old = if before.a > 0.0 { values[index] / before.a * before.b } else { 0.0 };
                rises[side] += weight * pair.b - old;
                values[index] = 0.0;
                self.pull(arch, sum, range.start + index, charge * weight * pair.a);
            }
            let stored = arch.dispatch(Store { values, charge, out: &mut row[local] });
            sum.product[0] += stored[0];
            sum.product[1] += stored[1];
            sum.rise += charge * rises[side];
        }
    }

    /// δr²/(|x·y| + walk): a sum of n products in f32 is off by √n roundings of its partial sums.
    fn rounding(&self) -> f64 {
        1.2 * ROUNDING * (self.panels.dim.min(DEPTH) as f64).sqrt()
    }

    /// A, B and weight of a charge; nothing at the query itself.
    fn pair(&self, profile: Option<&Profile>, r2: f64, h: f64, top2: f64) -> (ImageSum, f64) {
        if r2.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
            return (ImageSum::default(), 0.0);
        }
        let pair = match self.law {
            Law::Mirror => profile
                .and_then(|profile| profile.at(&self.images, h, r2, top2))
                .unwrap_or_else(|| self.images.sum((r2 - h * h).max(0.0), h)),
            Law::Coulomb | Law::Published => ImageSum { a: 1.0, b: h },
        };
        (pair, self.images.raise(top2 / r2))
    }

    /// As [`Weigh`], without a profile.
    fn weigh_one_by_one(&self, squares: &[f64], values: &mut [f64], h: f64, top2: f64, reach2: f64) -> [f64; 2] {
        let (mut total, mut rise) = (0.0, 0.0);
        for (value, &r2) in values.iter_mut().zip(squares) {
            let (pair, weight) = if r2 <= reach2 { self.pair(None, r2, h, top2) } else { Default::default() };
            *value = weight * pair.a;
            total += *value;
            rise += weight * pair.b;
        }
        [total, rise]
    }

    /// |x − y|² in f64.
    fn distance2(&self, arch: Arch, sum: &Sum, charge: usize) -> f64 {
        let rows = self.panels.rows[charge..].iter().step_by(self.panels.padded);
        widely(
            arch,
            #[inline(always)]
            || {
                let mut parts = [0.0; PANEL];
                for (row, place) in rows.zip(sum.place.chunks_exact(PANEL)) {
                    for lane in 0..PANEL {
                        let step = place[lane] - f64::from(row[lane]);
                        parts[lane] += step * step;
                    }
                }
                parts.iter().sum()
            },
        )
    }

    /// Adds `weight`·(x − y), in f64.
    fn pull(&self, arch: Arch, sum: &mut Sum, charge: usize, weight: f64) {
        let rows = self.panels.rows[charge..].iter().step_by(self.panels.padded);
        let Sum { place, vector, .. } = sum;
        widely(
            arch,
            #[inline(always)]
            || {
                for ((row, place), out) in rows.zip(place.chunks_exact(PANEL)).zip(vector.chunks_exact_mut(PANEL)) {
                    for lane in 0..PANEL {
                        out[lane] -= weight * (place[lane] - f64::from(row[lane]));
                    }
                }
            },
        );
    }
}

impl Kernel for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn tile(&self) -> usize {
        TILE
    }

    /// Both plates are in the sum of the source.
    fn sums(&self, tile: &Tile, each: &mut Each) {
        self.sum(tile, |query, sum| each(query, sum.map(|sum| [sum, PlateSum::NOTHING])));
    }
}

/// The kernel of source and target, each plate laid out on its own.
#[derive(Debug, Clone)]
pub struct Apart(pub [Product; 2]);

impl Kernel for Apart {
    fn name(&self) -> &'static str {
        "product"
    }

    fn tile(&self) -> usize {
        TILE
    }

    fn sums(&self, tile: &Tile, each: &mut Each) {
        let mut sources = Vec::with_capacity(tile.len());
        self.0[0].sum(tile, |_, sum| sources.push(sum.map(|sum| (sum.ln_scale, sum.vector.to_vec()))));
        self.0[1].sum(tile, |query, target| {
            let source = sources[query].as_ref().map(|(ln_scale, vector)| PlateSum { ln_scale: *ln_scale, vector });
            each(query, source.zip(target).map(|(source, target)| [source, target]));
        });
    }
}

impl AsMut<[f64]> for Sum<'_> {
    fn as_mut(&mut self) -> &mut [f64] {
        self.vector
    }
}

impl Sum<'_> {
    /// Multiplies everything by `factor`.
    fn scale(&mut self, factor: f64) {
        self.total *= factor;
        self.product[0] *= factor;
        self.product[1] *= factor * factor;
        self.noise *= factor * factor;
        self.rise *= factor;
        self.vector.iter_mut().for_each(|value| *value *= factor);
    }
}
