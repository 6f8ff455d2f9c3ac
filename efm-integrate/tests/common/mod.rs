//! Starts and tracers shared by the tests.
#![allow(dead_code)] // every test file uses its own part

use efm_core::{Augmented, Seed};
use efm_integrate::{Form, Solver, StepControl, Tracer};
use rand_distr::{Distribution, Uniform};

/// `count` points with x uniform in [−size, size]^D at height `z`.
pub fn cloud(dim: usize, count: usize, z: f64, size: f64) -> Augmented {
    let mut random = Seed(7).stream("cloud").at(dim as u64);
    let uniform = Uniform::new(-size, size).unwrap();
    let mut points = Augmented::new(dim);
    for _ in 0..count {
        let x: Vec<f64> = (0..dim).map(|_| uniform.sample(&mut random)).collect();
        points.push(&x, z);
    }
    points
}

/// Points of D = 1 at height `z`.
pub fn start(xs: &[f64], z: f64) -> Augmented {
    let mut points = Augmented::new(1);
    for &x in xs {
        points.push(&[x], z);
    }
    points
}

/// Dormand–Prince at 1e-12: as exact as f64 sums allow.
pub fn tight(form: Form) -> Tracer {
    Tracer {
        tableau: Solver::Dopri5,
        step: StepControl::tolerances(1e-12, 1e-12),
        form,
        max_evaluations: 1_000_000,
        ..Tracer::default()
    }
}
