//! Plates in closed form, and how far a cloud is from the law of one of them.
#![allow(dead_code)] // every user needs its own part

use std::f64::consts::PI;

use efm_core::{Augmented, Points, Seed, Side, Stream};
use efm_field::oracle::{Blob, PoissonPlates};
use efm_field::{Field, FieldError, FieldValues};
use efm_integrate::Lines;
use rand_distr::{Distribution, StandardNormal};

/// Mixtures of unequal Cauchy laws in R^`dim`: a third to the left and two thirds to the right, against three elsewhere.
pub fn plates(dim: usize, gap: f64) -> PoissonPlates {
    let blob = |weight, scale, first: f64, others: f64| {
        let mut middle = vec![others; dim];
        middle[0] = first;
        Blob { weight, scale, middle }
    };
    let source = vec![blob(1.0, 0.6, -2.0, 0.0), blob(2.0, 1.0, 1.0, 0.5)];
    let target = vec![blob(3.0, 0.5, 0.0, -1.0), blob(2.0, 1.5, 4.0, 1.0), blob(1.0, 0.3, -4.0, 0.0)];
    PoissonPlates::new(dim, source, target, gap).unwrap()
}

/// The mirror capacitor of such plates by images up to 200 units or 80 gaps away: what starts farther out is some
/// thousandths of a Cauchy law. Directions only.
#[derive(Debug)]
pub struct MirrorPlates {
    dim: usize,
    gap: f64,
    /// Middles, each with the heights and charges of its images.
    blobs: Vec<(Vec<f64>, Vec<[f64; 2]>)>,
}

impl MirrorPlates {
    pub fn new(plates: &PoissonPlates) -> Self {
        let gap = plates.gap();
        let most = (100.0 / gap).ceil().max(40.0) as i64;
        let of = |side: Side| plates.blobs(side).iter().map(move |blob| (side, blob));
        let images = |side: Side, blob: &Blob| {
            let image = |k: i64| {
                let plate = side.height(gap) + 2.0 * k as f64 * gap;
                // In the gap, plates below are seen from above: their charges lie below them.
                let z = if plate <= 0.0 { plate - blob.scale } else { plate + blob.scale };
                // The two outermost alternating images weigh half: the middle of the last two partial sums.
                let outermost = plate.abs().max((gap - plate).abs()) > 2.0 * most as f64 * gap;
                [z, side.charge() * blob.weight * if outermost { 0.5 } else { 1.0 }]
            };
            (-most..=most).map(image).collect()
        };
        let blobs = Side::BOTH.into_iter().flat_map(of).map(|(side, blob)| (blob.middle.clone(), images(side, blob)));
        Self { dim: plates.dim(), gap, blobs: blobs.collect() }
    }
}

impl Field for MirrorPlates {
    fn dim(&self) -> usize {
        self.dim
    }
    fn gap(&self) -> f64 {
        self.gap
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        out.prepare(self.dim, at.len(), false);
        for index in 0..at.len() {
            let (x, z) = (at.x(index), at.z(index));
            let n = out.directions.point_mut(index);
            n.fill(0.0);
            for (middle, images) in &self.blobs {
                let lateral: f64 = x.iter().zip(middle).map(|(x, m)| (x - m).powi(2)).sum();
                let (mut pull, mut lift) = (0.0, 0.0);
                for [height, charge] in images {
                    let dz = z - height;
                    let square = lateral + dz * dz;
                    let root = if self.dim.is_multiple_of(2) { square.sqrt() } else { 1.0 };
                    // r^{−(D+1)}
                    let weight = charge / (square.powi((self.dim as i32 + 1) / 2) * root);
                    pull += weight;
                    lift += weight * dz;
                }
                n.iter_mut().zip(x.iter().zip(middle)).for_each(|(n, (x, m))| *n += pull * (x - m));
                n[self.dim] += lift;
            }
            let length = n.iter().map(|n| n * n).sum::<f64>().sqrt();
            n.iter_mut().for_each(|n| *n /= length);
        }
        Ok(())
    }
}

/// The distribution function of ⟨u, x⟩ on a plate: a projection of C_s is the Cauchy law of scale s on the line.
pub fn below(plates: &PoissonPlates, side: Side, smear: f64, u: &[f64], value: f64) -> f64 {
    let blob = |blob: &Blob| {
        let middle: f64 = blob.middle.iter().zip(u).map(|(m, u)| m * u).sum();
        blob.weight * (0.5 + ((value - middle) / (blob.scale + smear)).atan() / PI)
    };
    plates.blobs(side).iter().map(blob).sum()
}

/// Largest distance of the empirical distribution function of `values` from `law`, after Kolmogorov and Smirnov.
pub fn distance(mut values: Vec<f64>, law: impl Fn(f64) -> f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len() as f64;
    let off = |(index, &value): (usize, &f64)| {
        let law = law(value);
        (law - index as f64 / count).abs().max(((index + 1) as f64 / count - law).abs())
    };
    values.iter().enumerate().map(off).fold(0.0, f64::max)
}

/// How far points are from a plate's density: by marginals, and by projections on 32 directions.
#[derive(Debug, Clone, Copy)]
pub struct Score {
    /// Largest Kolmogorov-Smirnov distance of a marginal.
    pub marginal: f64,
    /// Root mean square of the Kolmogorov-Smirnov distances along the directions.
    pub sliced: f64,
}

pub fn score(plates: &PoissonPlates, side: Side, points: &[&[f64]]) -> Score {
    let dim = points[0].len();
    let along = |u: &[f64]| {
        let values = points.iter().map(|x| x.iter().zip(u).map(|(x, u)| x * u).sum()).collect();
        distance(values, |value| below(plates, side, 0.0, u, value))
    };
    let axis = |axis: usize| (0..dim).map(|other| f64::from(u8::from(axis == other))).collect::<Vec<_>>();
    let direction = |index: u64| {
        let mut random = Seed(9).stream("directions").at(index);
        let u: Vec<f64> = (0..dim).map(|_| StandardNormal.sample(&mut random)).collect();
        let length = u.iter().map(|u: &f64| u * u).sum::<f64>().sqrt();
        u.into_iter().map(|u| u / length).collect::<Vec<_>>()
    };
    let squares: f64 = (0..32).map(|index| along(&direction(index)).powi(2)).sum();
    Score { marginal: (0..dim).map(|index| along(&axis(index))).fold(0.0, f64::max), sliced: (squares / 32.0).sqrt() }
}

/// The score that `share` of all fresh clouds of `count` points stay below, from 100 of them.
pub fn noise(plates: &PoissonPlates, side: Side, count: usize, share: f64) -> Score {
    let clouds = (0..100).map(|cloud| {
        let stream = Seed(cloud).stream("noise");
        let points: Vec<Vec<f64>> =
            (0..count).map(|index| plates.sample(side, 0.0, &mut stream.at(index as u64))).collect();
        score(plates, side, &points.iter().map(Vec::as_slice).collect::<Vec<_>>())
    });
    let scores: Vec<Score> = clouds.collect();
    let quantile = |part: fn(&Score) -> f64| {
        let mut values: Vec<f64> = scores.iter().map(part).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[((share * 100.0) as usize).min(99)]
    };
    Score { marginal: quantile(|score| score.marginal), sliced: quantile(|score| score.sliced) }
}

/// x of the lines that arrived.
pub fn arrivals(lines: &Lines) -> Vec<&[f64]> {
    lines.arrived().map(|line| lines.ends.x(line)).collect()
}

/// Draws from a plate.
pub fn draws(plates: &PoissonPlates, side: Side, name: &str, count: usize) -> Points {
    plates.points(side, &stream(name), count).unwrap()
}

pub fn stream(name: &str) -> Stream {
    Seed(4).stream(name)
}

/// Heights of all ends.
pub fn heights(ends: &Augmented) -> Vec<f64> {
    (0..ends.len()).map(|index| ends.z(index)).collect()
}
