//! The trees against sums over every charge: the error stays below the bound that was asked for.

mod common;

use common::{cloud, distance, queries};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::flux::Surface;
use efm_field::points::Flux;
use efm_field::{ExactField, Field, Law, ParameterError, PointSampler, Precision, Summation, reference};
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// How charges lie on a plate.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Normal,
    /// Ten heaps a thousand times as narrow as their distance.
    Heaps,
    /// Cauchy tails: a few charges thousands of widths away.
    Tails,
    /// All on one line through the plate.
    Line,
    /// Every place is taken many times.
    Lattice,
    /// All in one place.
    Point,
}

const SHAPES: [Shape; 6] = [Shape::Normal, Shape::Heaps, Shape::Tails, Shape::Line, Shape::Lattice, Shape::Point];

fn shaped(shape: Shape, dim: usize, len: usize, seed: u64) -> Points {
    let mut generator = Seed(seed).stream("shape").at(0);
    let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
    let mut values = Vec::with_capacity(dim * len);
    for index in 0..len {
        let along = normal();
        let cauchy = 1.0 / normal().abs().max(1e-3);
        for axis in 0..dim {
            let heap = ((index % 10) as f64 * (axis as f64 + 1.3)).sin() * 3.0;
            values.push(match shape {
                Shape::Normal => normal(),
                Shape::Heaps => heap + 1e-3 * normal(),
                Shape::Tails => cauchy * normal(),
                Shape::Line => along * (axis as f64 + 1.0),
                Shape::Lattice => normal().round(),
                Shape::Point => 0.7,
            } as f32);
        }
    }
    Points::from_values(dim, values).expect("finite")
}

/// Points in the gap, next to charges, on plates, behind them and far away.
fn everywhere(capacitor: &Capacitor, seed: u64) -> Augmented {
    let (dim, gap) = (capacitor.dim(), capacitor.gap());
    let mut at = queries(dim, 12, gap, seed);
    let mut generator = Seed(seed).stream("everywhere").at(0);
    for index in 0..30 {
        let side = Side::BOTH[index % 2];
        let plate = capacitor.plate(side);
        let charge = plate.point(generator.random_range(0..plate.len()));
        let reach = 10.0_f64.powf(generator.random_range(-5.0..2.0));
        let x: Vec<f64> = charge.iter().map(|&x| f64::from(x) + reach * generator.random_range(-1.0..1.0)).collect();
        let away = if index % 5 == 0 { 0.0 } else { reach * generator.random_range(-1.0..1.0) };
        at.push(&x, side.height(gap) + away);
    }
    at
}

/// Largest |ΔE|/|E| over the bound plus what rounding does to the reference, too, where terms cancel.
fn worst(field: &ExactField, at: &Augmented, bound: f64) -> f64 {
    let values = field.evaluate(at).expect("valid");
    let capacitor = field.capacitor();
    let of_side = |side: Side, point: &[f64]| {
        // Mean strength of the charges.
        let offset = |charge: &[f32]| -> f64 {
            let height = point[capacitor.dim()] - side.height(capacitor.gap());
            let square: f64 = charge.iter().zip(point).map(|(&a, x)| (x - f64::from(a)).powi(2)).sum();
            (square + height * height).powf(-0.5 * capacitor.dim() as f64)
        };
        capacitor.plate(side).iter().map(offset).filter(|value| value.is_finite()).sum::<f64>()
            / capacitor.plate(side).len() as f64
    };
    (0..at.len())
        .map(|index| {
            let point = at.point(index);
            let truth = reference::field(capacitor, Law::Coulomb, point).expect("finite");
            let ratio = (values.ln_strengths[index] - truth.ln_strength).exp();
            let ours: Vec<f64> = values.directions.point(index).iter().map(|value| value * ratio).collect();
            let error = distance(&ours, &truth.direction);
            // Both sums are in f64, of terms that may cancel to |E|.
            let terms: f64 = Side::BOTH.iter().map(|&side| of_side(side, point)).sum();
            let strength = (truth.ln_strength + efm_field::ln_sphere_area(capacitor.dim())).exp();
            error / (bound + 1e-12 * terms / strength)
        })
        .fold(0.0, f64::max)
}

fn tree(capacitor: Capacitor, error: f64) -> ExactField {
    ExactField::new(capacitor, Law::Coulomb).with_summation(Summation::Tree { error }).expect("in range")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn error_stays_below_the_bound(
        dim in 1_usize..4,
        shapes in (0_usize..6, 0_usize..6),
        sizes in (2_usize..2500, 2_usize..2500),
        gap in prop::sample::select(vec![0.05, 1.0, 20.0]),
        digits in 1.0_f64..8.9,
        seed in 0_u64..1000,
    ) {
        let p = shaped(SHAPES[shapes.0], dim, sizes.0, seed);
        let q = shaped(SHAPES[shapes.1], dim, sizes.1, seed + 1);
        let capacitor = Capacitor::new(p, q, gap).expect("valid");
        let at = everywhere(&capacitor, seed);
        let bound = 10.0_f64.powf(-digits);
        let ratio = worst(&tree(capacitor, bound), &at, bound);
        prop_assert!(ratio <= 1.0, "{ratio} of the allowed error");
    }
}

#[test]
fn many_charges_along_the_lines_and_behind_the_plates() {
    for dim in 1..=3 {
        let capacitor = Capacitor::new(cloud(dim, 20_000, 0.0, 1), cloud(dim, 20_001, 0.5, 2), 3.0).expect("valid");
        let mut at = Flux::default().draw(&capacitor, Law::Coulomb, &Seed(3).stream("x"), 0, 60).expect("valid").points;
        let behind = cloud(dim, 20, 0.2, 5);
        for (index, x) in behind.iter().enumerate() {
            let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
            let away = 10.0_f64.powf(index as f64 / 5.0 - 2.0);
            at.push(&x, if index % 2 == 0 { -away } else { 3.0 + away });
        }
        for bound in [1e-2, 1e-3, 1e-6] {
            let ratio = worst(&tree(capacitor.clone(), bound), &at, bound);
            assert!(ratio <= 1.0, "D {dim}, bound {bound:e}: {ratio} of it");
        }
    }
}

#[test]
fn values_depend_on_the_point_alone() {
    for dim in 1..=3 {
        let capacitor = Capacitor::new(cloud(dim, 5000, 0.0, 1), cloud(dim, 4000, 0.5, 2), 2.0).expect("valid");
        let at = Flux::default().draw(&capacitor, Law::Coulomb, &Seed(4).stream("x"), 0, 700).expect("valid").points;
        for error in [1e-3, 1e-7] {
            let field = tree(capacitor.clone(), error);
            let all = field.evaluate(&at).expect("valid");
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                assert_eq!(pool.install(|| field.evaluate(&at)).expect("valid"), all, "{threads} threads");
            }
            // Backwards and without every third, so that other points share a packet; then alone.
            let rows: Vec<usize> = (0..at.len()).rev().filter(|row| row % 3 != 0).collect();
            let mut some = Augmented::new(dim);
            rows.iter().for_each(|&row| some.push_point(at.point(row)));
            let some = field.evaluate(&some).expect("valid");
            for (place, &row) in rows.iter().enumerate() {
                assert_eq!(some.directions.point(place), all.directions.point(row));
                assert_eq!(some.ln_strengths[place], all.ln_strengths[row]);
            }
            for row in [0, 17, 699] {
                let mut alone = Augmented::new(dim);
                alone.push_point(at.point(row));
                let alone = field.evaluate(&alone).expect("valid");
                assert_eq!(alone.directions.point(0), all.directions.point(row));
                assert_eq!(alone.ln_strengths[0], all.ln_strengths[row]);
            }
        }
    }
}

#[test]
fn extreme_points_are_finite() {
    for dim in 1..=3 {
        for shape in SHAPES {
            for len in [2, 3, 33, 2000] {
                let p = shaped(shape, dim, len, 1);
                let capacitor = Capacitor::new(p.clone(), p, 0.5).expect("valid");
                let mut at = everywhere(&capacitor, 2);
                let charge: Vec<f64> = capacitor.plate(Side::Source).point(1).iter().map(|&x| f64::from(x)).collect();
                for z in [0.0, 0.5, 0.25, -1e300, 1e300, f64::MIN_POSITIVE] {
                    at.push(&charge, z);
                    at.push(&vec![1e200; dim], z);
                }
                let values = tree(capacitor, 1e-3).evaluate(&at).expect("valid");
                for index in 0..at.len() {
                    let norm = values.directions.point(index).iter().map(|value| value * value).sum::<f64>();
                    assert!((norm - 1.0).abs() < 1e-12, "D {dim} {shape:?} {len}, {:?}: {norm}", at.point(index));
                    assert!(!values.ln_strengths[index].is_nan());
                }
            }
        }
    }
}

#[test]
fn flux_is_conserved() {
    let error = 1e-4;
    for dim in 1..=3 {
        // A sphere around the source alone: Gauss's law. On it |E| is nowhere twice the mean of its outward part.
        let far = Capacitor::new(cloud(dim, 2000, 0.0, 1), cloud(dim, 2000, 0.5, 2), 30.0).expect("valid");
        let flux =
            Surface::sphere(&vec![0.0; dim + 1], 12.0, 14).expect("D ≥ 1").flux(&tree(far, error)).expect("a strength");
        assert!((flux - 1.0).abs() < 2.0 * error, "D {dim}, sphere: {flux}");
    }
    for dim in 1..=2 {
        // A slice of the gap; |E|/E_z is about 1 where most of the flux is, and grows with the distance only.
        let capacitor = Capacitor::new(cloud(dim, 2000, 0.0, 1), cloud(dim, 2000, 0.5, 2), 2.0).expect("valid");
        let slice = Surface::slice(&vec![0.25; dim], 1.0, 3.0, 60).expect("there is a rule");
        let flux = slice.flux(&tree(capacitor, error)).expect("a strength");
        assert!((flux - 1.0).abs() < 4.0 * error, "D {dim}, slice: {flux}");
    }
}

#[test]
fn choice_by_charges_and_error() {
    let field = |dim, len| {
        let p = cloud(dim, len, 0.0, 1);
        ExactField::new(Capacitor::new(p.clone(), p, 1.0).expect("valid"), Law::Coulomb)
    };
    let name = |field: ExactField, summation| field.with_summation(summation).expect("in range").kernel_name();
    let within = Summation::Within { error: 1e-3 };
    assert_eq!(field(2, 500).kernel_name(), "direct");
    assert_eq!(name(field(2, 500), within), "direct");
    assert_eq!(name(field(2, 20_000), within), "tree");
    assert_eq!(name(field(2, 20_000), Summation::Direct), "direct");
    assert_eq!(field(1, 100_000).kernel_name(), "tree");
    assert_eq!(name(field(3, 2), Summation::Tree { error: 1e-3 }), "tree");
    assert_eq!(field(1, 100_000).with_precision(Precision::F64).kernel_name(), "direct");
    assert_eq!(name(field(4, 500), Summation::Tree { error: 1e-3 }), "direct");
    for error in [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY] {
        let refused: Result<_, ParameterError> = field(2, 10).with_summation(Summation::Within { error });
        assert!(refused.is_err(), "{error}");
    }
}
