use std::collections::HashSet;

use efm_core::neighbours::Neighbours;
use efm_core::streams;
use efm_core::{Points, Seed};
use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;

/// What is worth knowing of one cloud before it becomes charges.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CloudCheck {
    /// Rows of a file; absent for a distribution that can be drawn from without end.
    pub rows: Option<usize>,
    /// Points looked at.
    pub examined: usize,
    /// Number of coordinates, D.
    pub dim: usize,
    /// Root mean square distance of a coordinate from the mean, in data units.
    pub spread: f64,
    /// Smallest and largest standard deviation of a coordinate that varies at all, in data units; absent if none does.
    pub columns: Option<[f64; 2]>,
    /// Ratio of the spreads of a wide and of a narrow coordinate: nine of ten are not wider than the one, three of four not
    /// narrower than the other. 1 if none varies.
    pub anisotropy: f64,
    /// Mean distance of two points, in data units.
    pub mean_distance: f64,
    /// (tr C)²/tr C² of the covariance C in scaled units: D if all directions are alike, 1 on a straight line.
    pub effective_dimensions: f64,
    /// Coordinates that never vary, counted from 0.
    pub constant_columns: Vec<usize>,
    /// Share of the points that repeat an earlier one exactly.
    pub repeated: f64,
    /// Share of the points whose nearest neighbour is closer than a millionth of the mean distance.
    pub crowded: f64,
    /// Median distance of a point to its nearest neighbour, in scaled units; repeated points left out.
    pub neighbour_distance: f64,
    /// Mean distance of two points, in scaled units.
    pub scaled_distance: f64,
}

/// Pairs drawn for a mean distance.
const PAIRS: usize = 20_000;

/// Most products of coordinates that the search for neighbours and the covariance may take each.
const EFFORT: usize = 1 << 30;

/// Below this share of the mean distance two points count as the same: the rounding of f32.
const SAME: f64 = 1e-6;

impl CloudCheck {
    /// Looks at the same points in data units and scaled; `rows` says how many a file has.
    ///
    /// # Panics
    /// If there are no points, or not as many of both.
    pub fn of(rows: Option<usize>, raw: &Points, scaled: &Points, seed: Seed) -> Self {
        assert!(!raw.is_empty() && raw.len() == scaled.len(), "the same points twice, at least one");
        let deviations = deviations(raw);
        let mut varying: Vec<f64> = deviations.iter().copied().filter(|deviation| *deviation > 0.0).collect();
        varying.sort_by(f64::total_cmp);
        let rank = |share: f64| varying.get((share * varying.len() as f64) as usize).copied();
        let columns = varying.first().zip(varying.last()).map(|(smallest, largest)| [*smallest, *largest]);
        let anisotropy = rank(0.25).zip(rank(0.9)).map_or(1.0, |(narrow, wide)| wide / narrow);
        let constant = deviations.iter().enumerate().filter(|(_, deviation)| **deviation == 0.0).map(|(j, _)| j);
        let scaled_distance = mean_distance(scaled, seed);
        let neighbours = neighbours(scaled);
        let near = neighbours.iter().filter(|distance| **distance <= SAME * scaled_distance).count();
        let mut apart: Vec<f64> = neighbours.iter().copied().filter(|d| *d > SAME * scaled_distance).collect();
        Self {
            rows,
            examined: raw.len(),
            dim: raw.dim(),
            spread: raw.spread(),
            columns,
            anisotropy,
            mean_distance: mean_distance(raw, seed),
            effective_dimensions: effective_dimensions(scaled),
            constant_columns: constant.collect(),
            repeated: repeated(raw),
            crowded: near as f64 / neighbours.len() as f64,
            neighbour_distance: median(&mut apart),
            scaled_distance,
        }
    }
}

/// The middle one; 0 of none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    efm_core::stats::median(values).unwrap_or(0.0)
}

/// Standard deviation of each coordinate; exactly 0 where all values are equal.
fn deviations(points: &Points) -> Vec<f64> {
    let count = points.len() as f64;
    let deviation = |j: usize| {
        let values = || points.iter().map(|point| f64::from(point[j]));
        let first = values().next().unwrap_or(0.0);
        if values().all(|value| value == first) {
            return 0.0;
        }
        let mean = values().sum::<f64>() / count;
        (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    (0..points.dim()).into_par_iter().map(deviation).collect()
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>().sqrt()
}

/// Over random pairs.
fn mean_distance(points: &Points, seed: Seed) -> f64 {
    let mut random = seed.stream(streams::CHECKUP_PAIRS).at(0);
    let count = points.len();
    let pairs = PAIRS.min(EFFORT / points.dim().max(1)).max(100);
    let sum: f64 = (0..pairs)
        .map(|_| distance(points.point(random.random_range(0..count)), points.point(random.random_range(0..count))))
        .sum();
    sum / pairs as f64
}

/// (tr C)²/tr C² without the matrix: over pairs of different centred points, the mean of (x·x')² is tr C² without bias.
fn effective_dimensions(points: &Points) -> f64 {
    let dim = points.dim();
    let count = points.len().min(((EFFORT / dim) as f64).sqrt() as usize).clamp(2.min(points.len()), 1_000);
    let mean = points.mean();
    let stride = points.len() / count.max(1);
    let centred: Vec<Vec<f64>> = (0..count)
        .map(|i| points.point(i * stride).iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean).collect())
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let trace = centred.iter().map(|x| dot(x, x)).sum::<f64>() / count as f64;
    let squares: f64 =
        (1..count).into_par_iter().map(|i| (0..i).map(|j| dot(&centred[i], &centred[j]).powi(2)).sum::<f64>()).sum();
    let square = squares / (0.5 * (count * (count.max(2) - 1)) as f64);
    if square > 0.0 { (trace * trace / square).clamp(1.0, dim as f64) } else { 0.0 }
}

/// Share of the rows that repeat an earlier one.
fn repeated(points: &Points) -> f64 {
    let mut seen = HashSet::with_capacity(points.len());
    // −0 and 0 are one place.
    let twice =
        points.iter().filter(|point| !seen.insert(point.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<_>>()));
    twice.count() as f64 / points.len() as f64
}

/// Distance of some points, evenly chosen, to the nearest other one.
fn neighbours(points: &Points) -> Vec<f64> {
    let count = points.len();
    let queries = (EFFORT / (count * points.dim())).clamp(50, 1_000).min(count);
    let search = Neighbours::new(points);
    let nearest = |query: usize| {
        let row = query * count / queries;
        let x: Vec<_> = points.point(row).iter().map(|&x| f64::from(x)).collect();
        search.few(&x, 1, Some(row)).first().map_or(f64::INFINITY, |(_, square)| square.sqrt())
    };
    (0..queries).into_par_iter().map(nearest).collect()
}
