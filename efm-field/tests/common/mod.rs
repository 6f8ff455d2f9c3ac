//! Clouds and points the tests share.
#![allow(dead_code)]

use efm_core::{Augmented, Capacitor, Points, Seed};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// `len` normal points of R^`dim` shifted by `shift` along every axis.
pub fn cloud(dim: usize, len: usize, shift: f64, seed: u64) -> Points {
    let mut generator = Seed(seed).stream("cloud").at(0);
    let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
    let values = (0..dim * len).map(|_| (normal() + shift) as f32).collect();
    Points::from_values(dim, values).expect("finite")
}

/// A capacitor of two normal clouds.
pub fn capacitor(dim: usize, len: usize, gap: f64, seed: u64) -> Capacitor {
    Capacitor::new(cloud(dim, len, 0.0, seed), cloud(dim, len + 3, 0.5, seed + 1), gap).expect("valid")
}

/// Points in the gap, around the charges.
pub fn queries(dim: usize, len: usize, gap: f64, seed: u64) -> Augmented {
    let x = cloud(dim, len, 0.25, seed + 99);
    let mut generator = Seed(seed).stream("heights").at(0);
    let mut at = Augmented::lift(&x, 0.0);
    for index in 0..len {
        at.set_z(index, gap * generator.random_range(0.02..0.98));
    }
    at
}

/// Euclidean distance.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
