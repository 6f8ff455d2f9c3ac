//! How fast and how exact a machine sums the field: what `efm bench field` prints.

use std::hint::black_box;

use burn::tensor::{Device, Tensor};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::{ExactField, Field, FieldError, FieldValues, Law, reference};
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use crate::{Error, Host, Kind, NamedDevice, summed_on};

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

/// A field that was summed for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchRow {
    /// D.
    pub dim: usize,
    /// Points at which it was summed.
    pub points: usize,
    /// Charges of both plates together.
    pub charges: usize,
    /// What summed it.
    pub kernel: String,
    /// Pairs of a point and a charge per second.
    pub pairs_per_s: f64,
    /// Counting 4(D+1) operations per pair.
    pub gflops: f64,
    /// Worst distance of a direction from the reference in f64.
    pub error_max: f64,
    /// 10⁹ operations per second of an f32 product of two matrices.
    pub matmul_gflops: f64,
}

/// What is to be summed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BenchOptions {
    /// Only these D; without any 2 to 3072.
    pub dims: Vec<usize>,
    /// Points at which the field is summed.
    pub points: Option<usize>,
    /// Charges of both plates together, an even number.
    pub charges: Option<usize>,
    /// Only this law; without one Coulomb's and the mirror.
    pub law: Option<Law>,
    /// Whether a row takes a fifth of a second in place of one and a half.
    pub quick: bool,
}

/// Sums fields of growing D on `device`, where that has a kernel for them, or on the host; `tell` is given each row as it is done.
///
/// # Errors
/// [`Error::Refused`] for shapes that are none or too large, and for a host that keeps no time.
pub fn bench_field(
    options: &BenchOptions,
    device: &NamedDevice,
    host: &dyn Host,
    tell: &mut dyn FnMut(&BenchRow),
) -> Result<(), Error> {
    let limit = if options.quick { 0.2 } else { 1.5 };
    let laws = options.law.map_or_else(|| vec![Law::Coulomb, Law::Mirror], |law| vec![law]);
    for shape in shapes(options)? {
        for &law in &laws {
            tell(&measure(shape, law, limit, device, host)?);
        }
    }
    Ok(())
}

/// Every shape there is, or those of the given D.
fn shapes(options: &BenchOptions) -> Result<Vec<(usize, usize, usize)>, Error> {
    let mut shapes = SHAPES.to_vec();
    if !options.dims.is_empty() {
        let of = |&dim: &usize| {
            let known: Vec<_> = SHAPES.into_iter().filter(|shape| shape.0 == dim).collect();
            if known.is_empty() { vec![(dim, USUAL.0, USUAL.1)] } else { known }
        };
        shapes = options.dims.iter().flat_map(of).collect();
    }
    for shape in &mut shapes {
        (shape.1, shape.2) = (options.points.unwrap_or(shape.1), options.charges.unwrap_or(shape.2));
    }
    shapes.dedup();
    // Plates of equal size, and something to sum.
    let makes_sense =
        |dim: usize, points: usize, charges: usize| dim > 0 && points > 0 && charges >= 2 && charges.is_multiple_of(2);
    for &(dim, points, charges) in &shapes {
        if !makes_sense(dim, points, charges) {
            let message = format!("D = {dim}, {points} points, {charges} charges: nothing to measure");
            return Err(Error::config(
                message,
                "D and points start at 1; charges are even, half of them on each plate",
            ));
        }
        if numbers(dim, points, charges).is_none() {
            let message = format!("{points} points and {charges} charges in D = {dim} are more than {NUMBERS} numbers");
            return Err(Error::new(Kind::Resource, message, "take fewer"));
        }
    }
    Ok(shapes)
}

/// Numbers in the clouds, if they are not too many.
fn numbers(dim: usize, points: usize, charges: usize) -> Option<usize> {
    points.checked_add(charges)?.checked_mul(dim.checked_add(1)?).filter(|&numbers| numbers <= NUMBERS)
}

fn cloud(dim: usize, len: usize, shift: f32, name: &str) -> Result<Points, Error> {
    let mut generator = Seed(7).stream(name).at(0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut generator) };
    Ok(Points::from_values(dim, (0..dim * len).map(|_| normal() + shift).collect())?)
}

fn measure(
    (dim, points, charges): (usize, usize, usize),
    law: Law,
    limit: f64,
    device: &NamedDevice,
    host: &dyn Host,
) -> Result<BenchRow, Error> {
    let [source, target] = [cloud(dim, charges / 2, 0.0, "p")?, cloud(dim, charges / 2, 0.3, "q")?];
    let capacitor = Capacitor::new(source, target, GAP)?;
    let mut at = Augmented::lift(&cloud(dim, points, 0.15, "x")?, 0.0);
    for index in 0..points {
        at.set_z(index, GAP * (index as f64 + 0.5) / points as f64);
    }
    let exact = ExactField::new(capacitor, law);
    let there = summed_on(&exact, device);
    let field: &dyn Field = there.as_deref().unwrap_or(&exact);
    let kernel = if there.is_some() { device.name() } else { exact.kernel_name() };
    let mut out = FieldValues::default();
    field.evaluate_into(&at, &mut out)?;
    let device: &Device = device;
    let square = |value: f32| Tensor::<2>::full([SIDE, SIDE], value, device);
    let (a, b) = (square(0.5), square(0.25));
    let sum = &mut || {
        let _ = field.evaluate_into(black_box(&at), &mut out);
    };
    let product = &mut || {
        black_box(a.clone().matmul(b.clone()).into_data());
    };
    let [field_seconds, product_seconds] = best(limit, [sum, product], host)?;
    let rate = (points * charges) as f64 / field_seconds;
    Ok(BenchRow {
        dim,
        points,
        charges,
        kernel: match law {
            Law::Coulomb => kernel.to_owned(),
            Law::Mirror => format!("{kernel}-mirror"),
            Law::Published => format!("{kernel}-published"),
        },
        pairs_per_s: rate,
        gflops: rate * 4.0 * (dim as f64 + 1.0) / 1e9,
        error_max: error(&exact, &at, &out)?,
        matmul_gflops: 2.0 * (SIDE as f64).powi(3) / product_seconds / 1e9,
    })
}

/// Least seconds of a call of either, called in turns so that a machine with other work to do slows both.
fn best(limit: f64, mut work: [&mut dyn FnMut(); 2], host: &dyn Host) -> Result<[f64; 2], Error> {
    let (mut best, begin) = ([f64::INFINITY; 2], host.seconds());
    let mut calls = 0;
    while calls < 3 || host.seconds() - begin < limit {
        for (best, work) in best.iter_mut().zip(&mut work) {
            // Short calls are repeated, and the best of them counts.
            let turn = host.seconds();
            while host.seconds() - turn < 0.03 {
                let start = host.seconds();
                work();
                *best = best.min(host.seconds() - start);
                if host.seconds() == turn {
                    return Err(Error::config("the host keeps no time", "take a host whose seconds go on"));
                }
            }
        }
        calls += 1;
    }
    Ok(best)
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
