use std::hint::black_box;
use std::time::Instant;

use burn::tensor::{Device, Tensor};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::{ExactField, Field, FieldError, FieldValues, Law, reference};
use efm_models::device;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use crate::args::{BenchAction, BenchArgs, FieldBenchArgs, LawArg};
use crate::failure::{Exit, Failure};
use crate::say;

/// D, points, charges of both plates together.
const SHAPES: [(usize, usize, usize); 26] = [
    (2, 1024, 2048),
    (2, 2048, 10_000),
    (3, 2048, 10_000),
    (4, 2048, 6000),
    (5, 2048, 6000),
    (6, 2048, 6000),
    (7, 2048, 6000),
    (8, 2048, 3000),
    (9, 2048, 3000),
    (12, 2048, 3000),
    (16, 2048, 3000),
    (20, 2048, 3000),
    (24, 2048, 3000),
    (28, 2048, 3000),
    (32, 2048, 3000),
    (33, 2048, 3000),
    (40, 2048, 3000),
    (48, 2048, 3000),
    (64, 2048, 3000),
    (96, 1024, 3000),
    (128, 1024, 3000),
    (192, 1024, 3000),
    (256, 1024, 3000),
    (784, 256, 4096),
    (3072, 64, 1024),
    (3072, 256, 8192),
];
/// Points and charges where D is none of those above.
const USUAL: (usize, usize) = (1024, 3000);
/// Distance of the plates; the clouds have unit variance.
const GAP: f64 = 3.0;
/// Points at which the error is measured, at most.
const CHECKED: usize = 24;
/// Coordinates of pairs up to which the reference is asked.
const PAIRS_CHECKED: usize = 50_000_000;
/// Numbers in the clouds, at most.
const NUMBERS: usize = 1 << 28;
/// Side of the square matrices whose product is timed: large enough for the full rate, and a call is over in milliseconds,
/// as those of the field are.
const SIDE: usize = 768;

/// One row: what `--json` prints.
#[derive(Debug, Serialize)]
struct Row {
    /// D.
    dim: usize,
    points: usize,
    /// Of both plates together.
    charges: usize,
    kernel: String,
    pairs_per_s: f64,
    /// Counting 4(D+1) operations per pair.
    gflops: f64,
    /// Worst distance of a direction from the reference in f64.
    error_max: f64,
    /// 10⁹ operations per second of an f32 product of two matrices.
    matmul_gflops: f64,
}

/// `efm bench`.
pub fn run(args: &BenchArgs) -> Result<(), Failure> {
    let BenchAction::Field(args) = &args.action;
    let device = device::parse("cpu")?;
    let shapes = shapes(args)?;
    if !args.json {
        say::out("   D points charges kernel              Mpairs/s  GFLOP/s    error  product   share");
    }
    for shape in shapes {
        for &law in laws(args.law) {
            let row = measure(shape, law, if args.quick { 0.2 } else { 1.5 }, &device)?;
            say::out(if args.json { serde_json::to_string(&row).expect("plain data") } else { line(&row) });
        }
    }
    Ok(())
}

fn laws(law: Option<LawArg>) -> &'static [Law] {
    match law {
        None => &[Law::Coulomb, Law::Mirror],
        Some(LawArg::Coulomb) => &[Law::Coulomb],
        Some(LawArg::Mirror) => &[Law::Mirror],
        Some(LawArg::Published) => &[Law::Published],
    }
}

/// Every shape there is, or those of the given D.
fn shapes(args: &FieldBenchArgs) -> Result<Vec<(usize, usize, usize)>, Failure> {
    let mut shapes = SHAPES.to_vec();
    if !args.dim.is_empty() {
        let of = |&dim: &usize| {
            let known: Vec<_> = SHAPES.into_iter().filter(|shape| shape.0 == dim).collect();
            if known.is_empty() { vec![(dim, USUAL.0, USUAL.1)] } else { known }
        };
        shapes = args.dim.iter().flat_map(of).collect();
    }
    for shape in &mut shapes {
        (shape.1, shape.2) = (args.points.unwrap_or(shape.1), args.charges.unwrap_or(shape.2));
    }
    shapes.dedup();
    let Some(&(dim, points, charges)) = shapes.iter().find(|&&(dim, points, charges)| {
        // Plates of equal size, and something to sum.
        dim == 0 || points == 0 || charges < 2 || !charges.is_multiple_of(2) || numbers(dim, points, charges).is_none()
    }) else {
        return Ok(shapes);
    };
    if dim > 0 && points > 0 && charges >= 2 && charges.is_multiple_of(2) {
        let message = format!("{points} points and {charges} charges in D = {dim} are more than {NUMBERS} numbers");
        return Err(Failure::new(Exit::Resource, message, "take fewer"));
    }
    let message = format!("D = {dim}, {points} points, {charges} charges: nothing to measure");
    Err(Failure::usage(message, "D and --points start at 1, --charges is even: half of them are on each plate"))
}

/// Numbers in the clouds, if they are not too many.
fn numbers(dim: usize, points: usize, charges: usize) -> Option<usize> {
    points.checked_add(charges)?.checked_mul(dim.checked_add(1)?).filter(|&numbers| numbers <= NUMBERS)
}

fn cloud(dim: usize, len: usize, shift: f32, name: &str) -> Result<Points, Failure> {
    let mut generator = Seed(7).stream(name).at(0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut generator) };
    Ok(Points::from_values(dim, (0..dim * len).map(|_| normal() + shift).collect())?)
}

fn measure(shape: (usize, usize, usize), law: Law, limit: f64, device: &Device) -> Result<Row, Failure> {
    let (dim, points, charges) = shape;
    let plates = [cloud(dim, charges / 2, 0.0, "p")?, cloud(dim, charges / 2, 0.3, "q")?];
    let [source, target] = plates;
    let capacitor = Capacitor::new(source, target, GAP)?;
    let mut at = Augmented::lift(&cloud(dim, points, 0.15, "x")?, 0.0);
    for index in 0..points {
        at.set_z(index, GAP * (index as f64 + 0.5) / points as f64);
    }
    let field = ExactField::new(capacitor, law);
    let mut out = FieldValues::default();
    field.evaluate_into(&at, &mut out)?;
    let square = |value: f32| Tensor::<2>::full([SIDE, SIDE], value, device);
    let (a, b) = (square(0.5), square(0.25));
    let [field_seconds, product_seconds] = best(
        limit,
        [
            &mut || {
                let _ = field.evaluate_into(black_box(&at), &mut out);
            },
            &mut || {
                black_box(a.clone().matmul(b.clone()).into_data());
            },
        ],
    );
    let rate = (points * charges) as f64 / field_seconds;
    Ok(Row {
        dim,
        points,
        charges,
        kernel: match law {
            Law::Coulomb => field.kernel_name().to_owned(),
            Law::Mirror => format!("{}-mirror", field.kernel_name()),
            Law::Published => format!("{}-published", field.kernel_name()),
        },
        pairs_per_s: rate,
        gflops: rate * 4.0 * (dim as f64 + 1.0) / 1e9,
        error_max: error(&field, &at, &out).map_err(efm_train::TrainError::from)?,
        matmul_gflops: 2.0 * (SIDE as f64).powi(3) / product_seconds / 1e9,
    })
}

/// Least seconds of a call of either, called in turns so that a machine with other work to do slows both.
fn best(limit: f64, mut work: [&mut dyn FnMut(); 2]) -> [f64; 2] {
    let (mut best, begin) = ([f64::INFINITY; 2], Instant::now());
    let mut calls = 0;
    while calls < 3 || begin.elapsed().as_secs_f64() < limit {
        for (best, work) in best.iter_mut().zip(&mut work) {
            // Short calls are repeated, and the best of them counts.
            let turn = Instant::now();
            while turn.elapsed().as_secs_f64() < 0.03 {
                let start = Instant::now();
                work();
                *best = best.min(start.elapsed().as_secs_f64());
            }
        }
        calls += 1;
    }
    best
}

/// Worst distance of a direction from the reference in f64.
fn error(field: &ExactField, at: &Augmented, values: &FieldValues) -> Result<f64, FieldError> {
    let charges = Side::BOTH.iter().map(|&side| field.capacitor().plate(side).len()).sum::<usize>();
    let most = (PAIRS_CHECKED / charges / at.dim()).clamp(4, CHECKED);
    (0..at.len())
        .step_by((at.len() / most).max(1))
        .map(|index| {
            let truth = reference::field(field.capacitor(), field.law(), at.point(index))?.direction;
            let direction = values.directions.point(index);
            Ok(truth.iter().zip(direction).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt())
        })
        .try_fold(0.0, |worst, error: Result<f64, FieldError>| Ok(f64::max(worst, error?)))
}

fn line(row: &Row) -> String {
    let Row { dim, points, charges, kernel, pairs_per_s, gflops, error_max, matmul_gflops } = row;
    format!(
        "{dim:4} {points:6} {charges:7} {kernel:18} {:9.1} {gflops:8.1} {error_max:8.1e} {matmul_gflops:8.1} {:7.2}",
        pairs_per_s / 1e6,
        gflops / matmul_gflops
    )
}
