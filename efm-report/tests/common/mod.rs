//! Clouds for the tests.
#![allow(dead_code)]

use efm_core::{Points, Seed};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

pub fn normal(n: usize, dim: usize, seed: u64) -> Points {
    let mut generator = Seed(seed).stream("normal").at(0);
    Points::from_values(dim, (0..n * dim).map(|_| StandardNormal.sample(&mut generator)).collect()).unwrap()
}

/// Swiss roll, noise 0.8, two coordinates over 5.
pub fn roll(n: usize, seed: u64) -> Points {
    let mut generator = Seed(seed).stream("roll").at(0);
    let mut values = Vec::new();
    for _ in 0..n {
        let u: f32 = generator.random();
        let t = 1.5 * std::f32::consts::PI * (1.0 + 2.0 * u);
        let (a, b): (f32, f32) = (StandardNormal.sample(&mut generator), StandardNormal.sample(&mut generator));
        values.extend([(t * t.cos() + 0.8 * a) / 5.0, (t * t.sin() + 0.8 * b) / 5.0]);
    }
    Points::from_values(2, values).unwrap()
}

pub fn shifted(points: &Points, shift: &[f32]) -> Points {
    let values =
        points.iter().flat_map(|point| point.iter().zip(shift).map(|(x, v)| x + v).collect::<Vec<_>>()).collect();
    Points::from_values(points.dim(), values).unwrap()
}

pub fn reversed(points: &Points) -> Points {
    points.select(&(0..points.len()).rev().collect::<Vec<_>>())
}
