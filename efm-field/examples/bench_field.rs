//! Pairs per second of the exact field beside the machine's matrix-product rate, and its error: one row per law and size.
//!
//! `cargo run --release -p efm-field --example bench_field -- [--json] [--quick] [LAW] [DIM ...]`

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_field::{ExactField, Field, FieldValues, Law, reference};
use rand_distr::{Distribution, StandardNormal};

/// D, points, charges of both plates together.
const SIZES: [(usize, usize, usize); 16] = [
    (2, 1024, 2048),
    (2, 2048, 10_000),
    (3, 2048, 10_000),
    (4, 2048, 6000),
    (8, 2048, 3000),
    (9, 2048, 3000),
    (12, 2048, 3000),
    (16, 2048, 3000),
    (24, 2048, 3000),
    (32, 2048, 3000),
    (64, 2048, 3000),
    (128, 1024, 3000),
    (256, 1024, 3000),
    (784, 256, 4096),
    (3072, 64, 1024),
    (3072, 256, 8192),
];
/// Points at which the error is measured.
const CHECKED: usize = 24;
/// Charges up to which the reference is asked.
const PAIRS_CHECKED: usize = 50_000_000;

fn cloud(dim: usize, len: usize, shift: f32, name: &str) -> Points {
    let mut generator = Seed(7).stream(name).at(0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut generator) };
    let values = (0..dim * len).map(|_| normal() + shift).collect();
    Points::from_values(dim, values).expect("normal numbers are finite")
}

/// Best seconds of one call over about half a second of them.
fn seconds(quick: bool, mut work: impl FnMut()) -> f64 {
    work();
    let (mut best, begin) = (f64::INFINITY, Instant::now());
    let limit = if quick { 0.15 } else { 0.8 };
    let mut calls = 0;
    while calls < 3 || begin.elapsed().as_secs_f64() < limit {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
        calls += 1;
    }
    best
}

/// GFLOP/s of an f32 product of two square matrices with rayon's threads.
fn matrix_product(quick: bool) -> f64 {
    const SIDE: usize = 1536;
    let (a, b) = (vec![0.5_f32; SIDE * SIDE], vec![0.25_f32; SIDE * SIDE]);
    let mut c = vec![0.0_f32; SIDE * SIDE];
    let best = seconds(quick, || {
        // SAFETY: the three buffers hold SIDE² numbers each, c is not aliased, and the strides stay inside of them.
        unsafe {
            gemm::gemm(
                SIDE,
                SIDE,
                SIDE,
                c.as_mut_ptr(),
                SIDE as isize,
                1,
                false,
                a.as_ptr(),
                SIDE as isize,
                1,
                b.as_ptr(),
                SIDE as isize,
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::Rayon(0),
            );
        }
        black_box(&c);
    });
    2.0 * (SIDE as f64).powi(3) / best / 1e9
}

/// Worst distance of a direction from the reference in f64.
fn error(field: &ExactField, at: &Augmented, values: &FieldValues) -> f64 {
    let charges = field.capacitor().plate(efm_core::Side::Source).len() * 2;
    let most = (PAIRS_CHECKED / charges / at.dim()).clamp(4, CHECKED);
    let step = (at.len() / most).max(1);
    (0..at.len())
        .step_by(step)
        .map(|index| {
            let truth = reference::field(field.capacitor(), field.law(), at.point(index)).direction;
            let direction = values.directions.point(index);
            truth.iter().zip(direction).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        })
        .fold(0.0, f64::max)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let (json, quick) = (has("--json"), has("--quick"));
    let dims: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if !json {
        println!("   D points charges law     kernel      Mpairs/s  GFLOP/s    error  product   share");
    }
    for (dim, points, charges) in SIZES {
        if !dims.is_empty() && !dims.contains(&dim) {
            continue;
        }
        let gap = 3.0;
        let capacitor =
            Capacitor::new(cloud(dim, charges / 2, 0.0, "p"), cloud(dim, charges / 2, 0.3, "q"), gap).expect("valid");
        let mut at = Augmented::lift(&cloud(dim, points, 0.15, "x"), 0.0);
        for index in 0..points {
            at.set_z(index, gap * (index as f64 + 0.5) / points as f64);
        }
        for (law, name) in [(Law::Coulomb, "coulomb"), (Law::Mirror, "mirror")] {
            if has("coulomb") && law != Law::Coulomb || has("mirror") && law != Law::Mirror {
                continue;
            }
            let matmul = matrix_product(quick);
            let field = ExactField::new(capacitor.clone(), law);
            let mut out = FieldValues::default();
            let best = seconds(quick, || field.evaluate_into(black_box(&at), &mut out).expect("valid"));
            let rate = (points * charges) as f64 / best;
            let gflops = rate * 4.0 * (dim as f64 + 1.0) / 1e9;
            let worst = error(&field, &at, &out);
            let kernel = field.kernel_name();
            if json {
                println!(
                    "{{\"dim\":{dim},\"points\":{points},\"charges\":{charges},\"kernel\":\"{kernel}\",\"law\":\"{name}\",\
                     \"pairs_per_s\":{rate:.0},\"gflops\":{gflops:.2},\"error_max\":{worst:.2e},\"matmul_gflops\":{matmul:.1}}}"
                );
            } else {
                println!(
                    "{dim:4} {points:6} {charges:7} {name:7} {kernel:10} {:9.1} {gflops:8.1} {worst:8.1e} {matmul:8.1} {:7.2}",
                    rate / 1e6,
                    gflops / matmul
                );
            }
        }
    }
}
