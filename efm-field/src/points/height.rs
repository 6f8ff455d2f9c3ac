//! Heights of points, and the normal numbers that all draws are made of.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// A height by the rule of [`Flux`](super::Flux), those shares of the gap away from source and target.
pub fn height(gap: f64, margins: [f64; 2], edge: f64, generator: &mut impl Rng) -> f64 {
    let [low, high] = [margins[0].clamp(1e-12, 0.5), 1.0 - margins[1].clamp(1e-12, 0.5)];
    let share: f64 = generator.random();
    if generator.random::<f64>() < edge {
        let logit = |share: f64| (share / (1.0 - share)).ln();
        gap / (1.0 + (-(logit(low) + (logit(high) - logit(low)) * share)).exp())
    } else {
        gap * (low + (high - low) * share)
    }
}

/// Sets z = |N(0, σ²)| (1+τ)^m below L and returns (1+τ)^m.
pub fn grown_height(gap: f64, sigma: f64, steps: f64, tau: f64, generator: &mut impl Rng, z: &mut f64) -> f64 {
    let mut growth = 1.0;
    for _ in 0..1000 {
        growth = (1.0 + tau).powf(steps * generator.random::<f64>());
        *z = sigma * normal(generator).abs() * growth;
        if *z < gap {
            return growth;
        }
    }
    *z = gap * generator.random::<f64>();
    growth
}

/// A draw from N(0, 1).
pub fn normal(generator: &mut impl Rng) -> f64 {
    StandardNormal.sample(generator)
}
