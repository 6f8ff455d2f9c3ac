//! Laws of the measures of two sets: identity, symmetry, shifts, p-values, intervals, faults.
#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{normal, reversed, roll, shifted};
use efm_core::{Points, Seed, Stream};
use efm_eval::*;

fn stream() -> Stream {
    Seed(7).stream("test")
}

/// The same points in more dimensions than a tree takes: further coordinates are zero.
fn padded(points: &Points, dim: usize) -> Points {
    let value = |point: &[f32]| (0..dim).map(|axis| point.get(axis).copied().unwrap_or(0.0)).collect::<Vec<_>>();
    Points::from_values(dim, points.iter().flat_map(value).collect()).unwrap()
}

#[test]
fn kernel_distance_is_the_formula_over_all_pairs() {
    for dim in [1, 3, 30] {
        let (a, b) = (normal(40, dim, 1), shifted(&normal(60, dim, 2), &vec![0.5; dim]));
        let k = |x: &[f32], y: &[f32]| -> f64 {
            let product: f64 = x.iter().zip(y).map(|(p, q)| f64::from(*p) * f64::from(*q)).sum();
            (product / dim as f64 + 1.0).powi(3)
        };
        let sum = |x: &Points, y: &Points| -> f64 { x.iter().flat_map(|p| y.iter().map(move |q| k(p, q))).sum() };
        let own = |x: &Points| -> f64 { x.iter().map(|p| k(p, p)).sum() };
        let expected = (sum(&a, &a) - own(&a)) / (40.0 * 39.0) + (sum(&b, &b) - own(&b)) / (60.0 * 59.0)
            - 2.0 * sum(&a, &b) / 2400.0;
        let found = kernel_distance(&a, &b).unwrap();
        assert!((found - expected).abs() < 1e-10 * expected.abs().max(1.0), "D = {dim}: {found} {expected}");
        assert!((found - kernel_distance(&b, &reversed(&a)).unwrap()).abs() < 1e-10);
    }
    // Unbiased: over many pairs of draws of one law the mean is 0 within its standard error.
    let values: Vec<f64> =
        (0..200).map(|k| kernel_distance(&normal(30, 4, 2 * k + 1), &normal(30, 4, 2 * k + 2)).unwrap()).collect();
    let spread = Statistics::of(&values).unwrap();
    assert!(spread.mean.abs() < 4.0 * spread.std / 200.0_f64.sqrt(), "{spread:?}");
    assert!(kernel_distance(&normal(1, 2, 1), &normal(3, 2, 1)).is_err());
}

#[test]
fn balls_by_trees_and_by_pairs_agree() {
    for (a, b) in [(normal(300, 2, 1), roll(250, 1)), (normal(200, 8, 1), normal(210, 8, 2))] {
        for neighbours in [1, 3, 7] {
            let small = manifold(&a, &b, neighbours).unwrap();
            assert_eq!(small, manifold(&padded(&a, 20), &padded(&b, 20), neighbours).unwrap());
            let back = manifold(&b, &reversed(&a), neighbours).unwrap();
            assert_eq!((small.precision, small.recall), (back.recall, back.precision));
        }
    }
}

#[test]
fn balls_of_a_set_hold_the_set() {
    let a = normal(100, 2, 1);
    for set in [a.clone(), padded(&a, 30), normal(50, 1, 1), Points::from_values(2, vec![1.0; 40]).unwrap()] {
        let own = manifold(&set, &reversed(&set), 5).unwrap();
        assert_eq!((own.precision, own.recall, own.coverage), (1.0, 1.0, 1.0));
        // Each ball holds its centre, the neighbours inside and (but for rounding) the one at its edge; of equal points all.
        assert!(own.density >= 1.0 - 1e-12);
        let moved: Vec<f32> = vec![1e3; set.dim()];
        let apart = manifold(&shifted(&set, &moved), &set, 5).unwrap();
        assert_eq!(apart, Manifold { precision: 0.0, recall: 0.0, density: 0.0, coverage: 0.0 });
    }
    // By hand, on a line, k = 1: balls of target [0, 1, 3] reach 1, 1 and 2.
    let line = |values: &[f32]| Points::from_values(1, values.to_vec()).unwrap();
    let found = manifold(&line(&[0.5, 2.5, 9.0]), &line(&[0.0, 1.0, 3.0]), 1).unwrap();
    assert!((found.precision - 2.0 / 3.0).abs() < 1e-12 && (found.coverage - 1.0).abs() < 1e-12);
    // 0.5 lies in the first two, 2.5 in the last.
    assert!((found.density - 1.0).abs() < 1e-12);
    // Balls of the cloud reach 2, 2 and 6.5.
    assert_eq!(found.recall, 1.0);
    assert!(matches!(manifold(&a, &normal(5, 2, 1), 5), Err(EvalError::TooSmall { .. })));
    assert!(matches!(manifold(&a, &a, 0), Err(EvalError::TooSmall { .. })));
    assert!(matches!(manifold(&a, &normal(9, 3, 1), 1), Err(EvalError::DimensionMismatch { .. })));
}

#[test]
fn a_classifier_tells_what_differs() {
    let (a, b) = (normal(300, 2, 1), normal(300, 2, 2));
    let apart = classifier_test(&a, &shifted(&b, &[50.0, 0.0]), 5, 99, &stream()).unwrap();
    assert_eq!((apart.accuracy, apart.p_value, apart.points), (1.0, Some(0.01), 300));
    // N(0, I) against N((2, 0), I): nobody does better than Φ(1) = 0.841, and k = 25 comes near it.
    let near = classifier_test(&a, &shifted(&b, &[2.0, 0.0]), 25, 99, &stream()).unwrap();
    assert!((near.accuracy - 0.841).abs() < 0.06, "{near:?}");
    // Copies: the nearest point is the same one of the other cloud.
    let copies = classifier_test(&a, &reversed(&a), 1, 99, &stream()).unwrap();
    assert_eq!((copies.accuracy, copies.p_value), (0.0, Some(1.0)));
    // Trees and pairs find the same neighbours.
    let far = classifier_test(&padded(&a, 12), &padded(&shifted(&b, &[2.0, 0.0]), 12), 25, 99, &stream()).unwrap();
    assert_eq!(near, far);
    let uneven = classifier_test(&normal(40, 2, 1), &b, 5, 9, &stream()).unwrap();
    assert_eq!(uneven.points, 40);
    assert!(classifier_test(&normal(1, 2, 1), &normal(1, 2, 2), 5, 9, &stream()).is_err());
    assert!(classifier_test(&a, &b, 0, 9, &stream()).is_err());
}

/// Greatest distance of the distribution of p-values from the uniform one; 1.63/√n is reached once in a hundred times.
fn from_uniform(mut p: Vec<f64>) -> f64 {
    p.sort_unstable_by(f64::total_cmp);
    let n = p.len() as f64;
    p.iter().enumerate().map(|(k, p)| (p - k as f64 / n).abs().max((p - (k + 1) as f64 / n).abs())).fold(0.0, f64::max)
}

#[test]
fn p_values_are_uniform_where_nothing_differs() {
    let pair = |k: u64| (normal(40, 2, 2 * k + 1), normal(40, 2, 2 * k + 2));
    let classifier = |k: u64| {
        let (a, b) = pair(k);
        classifier_test(&a, &b, 5, 199, &Seed(k).stream("p")).unwrap().p_value.unwrap()
    };
    // An accuracy takes few values, and ties count against the test: the p-values are never too small.
    let p: Vec<f64> = (0..400).map(classifier).collect();
    for level in [0.01, 0.05, 0.1, 0.3, 0.5] {
        let below = p.iter().filter(|&&p| p <= level).count() as f64 / 400.0;
        let noise = 3.0 * (level * (1.0 - level) / 400.0_f64).sqrt();
        assert!(below <= level + noise, "{below} of the p-values are below {level}");
        assert!(below >= level - noise - 0.07, "{below} of the p-values are below {level}");
    }
    // The exact Kolmogorov–Smirnov p-values of 40 against 40 points take 40 values.
    let exact = |k: u64| {
        let (a, b) = pair(k);
        let test = ks_per_marginal(&a, &b).unwrap()[0];
        ks_exact_p_value(test.statistic, 40, 40).unwrap()
    };
    assert!(from_uniform((0..400).map(exact).collect()) < 1.63 / 20.0 + 0.1);
}

#[test]
fn exact_p_values_by_counting() {
    // Of the 6 orders of two and two points, 2 keep the samples apart: statistic 1.
    assert!((ks_exact_p_value(1.0, 2, 2).unwrap() - 1.0 / 3.0).abs() < 1e-12);
    // Every order has a statistic of ½ or more.
    assert!((ks_exact_p_value(0.5, 2, 2).unwrap() - 1.0).abs() < 1e-12);
    // Of the 10 orders of two and three points, 2 have statistic 1.
    assert!((ks_exact_p_value(1.0, 2, 3).unwrap() - 0.2).abs() < 1e-12);
    assert_eq!(ks_exact_p_value(0.0, 5, 9).unwrap(), 1.0);
    // Large samples: the asymptotic value, which knows no steps; half of one is 0.6 % of this statistic, and p goes with
    // its sixth power here.
    let line = |shift: f64| (0..2_000).map(|k| f64::from(k) + shift).collect::<Vec<_>>();
    let far = ks(&line(0.0), &line(80.5)).unwrap();
    assert!((ks_exact_p_value(far.statistic, 2_000, 2_000).unwrap() / far.p_value - 1.0).abs() < 0.04);
    assert!(ks_exact_p_value(0.5, 0, 3).is_err());
}

#[test]
fn directions_may_be_given() {
    let (a, b) = (normal(200, 2, 1), shifted(&normal(150, 2, 2), &[1.0, 2.0]));
    let axis = Points::from_values(2, vec![0.0, 1.0]).unwrap();
    let along: Vec<Vec<f64>> = [&a, &b].map(|set| set.iter().map(|point| f64::from(point[1])).collect()).into();
    let found = sliced_w2_along(&a, &b, &axis).unwrap();
    assert!((found - w2_1d(&along[0], &along[1]).unwrap()).abs() < 1e-12);
    let many = sliced(&a, &b, 4_096, &stream()).unwrap();
    let few = sliced(&a, &b, 64, &stream()).unwrap();
    assert_eq!(few.value, sliced_w2(&a, &b, 64, &stream()).unwrap());
    assert!((few.value - many.value).abs() < 4.0 * few.error && few.error > 4.0 * many.error);
}

fn everything(draws: usize) -> Comparison {
    let settings = MeasureSettings { relabellings: 99, directions: 32, ..MeasureSettings::default() };
    Comparison { measures: settings.of(&MeasureKind::ALL), draws, ..Comparison::default() }
}

fn name(figure: &Figure) -> &str {
    figure.measure.name()
}

/// The value of a measure of this name.
fn value(figures: &[Figure], kind: MeasureKind) -> f64 {
    figures.iter().find(|figure| name(figure) == kind.key()).unwrap().value
}

#[test]
fn every_measure_comes_with_floor_and_interval() {
    let (a, b) = (normal(200, 2, 1), shifted(&normal(300, 2, 2), &[0.3, 0.0]));
    let mut heard = Vec::new();
    let (figures, skipped) = compare(&a, &b, &everything(5), &mut |share, _| heard.push(share)).unwrap();
    assert!(skipped.is_empty());
    assert_eq!(figures.iter().map(name).collect::<Vec<_>>(), MeasureKind::ALL.map(MeasureKind::key));
    assert!(
        heard.is_sorted_by(|x, y| *x <= y + 1e-12) && heard.iter().all(|share| (0.0..=1.0 + 1e-12).contains(share))
    );
    for figure in &figures {
        let (low, high) = (figure.low.unwrap(), figure.high.unwrap());
        assert!(low <= figure.value && figure.value <= high, "{figure:?}");
        assert_eq!((figure.draws.unwrap().count, figure.floor.unwrap().count, figure.seed), (5, 5, 0));
        let exact = name(figure) == "w2";
        assert_eq!(figure.samples, if exact { [200, 200] } else { [200, 300] });
        assert_eq!(figure.draw_samples.unwrap(), if exact { [100, 100] } else { [100, 150] });
        assert_eq!(figure.floor_samples.unwrap(), if exact { [100, 100] } else { [100, 150] });
        let tests = ["ks_max", "c2st"].contains(&name(figure));
        assert_eq!(figure.p_value.is_some(), tests);
    }
    assert_eq!(figures, compare(&a, &b, &everything(5), &mut |_, _| ()).unwrap().0, "the seed decides");
    let other = Comparison { seed: Seed(1), ..everything(5) };
    assert_ne!(figures, compare(&a, &b, &other, &mut |_, _| ()).unwrap().0);
    let table = space_table("", &figures, &skipped);
    assert!(figures.iter().all(|figure| table.contains(figure.measure.title())), "{table}");
}

#[test]
fn names_of_the_face_are_those_of_the_measures() {
    for kind in MeasureKind::ALL {
        let measures = MeasureSettings::default().of(&[kind]);
        let labels: Vec<_> = measures.iter().flat_map(|measure| measure.labels()).collect();
        assert_eq!(labels.iter().map(Label::name).collect::<Vec<_>>(), [kind.key()]);
        assert_eq!(kind.key().replace('_', "-").parse(), Ok(kind));
    }
    assert_eq!("fid".parse(), Ok(MeasureKind::Frechet));
    assert!("fit".parse::<MeasureKind>().unwrap_err().contains("kernel_distance"));
}

#[test]
fn few_points_are_measured_as_far_as_they_go() {
    for count in [1, 2, 3, 5, 6] {
        for dim in [1, 2, 12] {
            let a = normal(count, dim, 1);
            let (figures, skipped) = compare(&a, &normal(count, dim, 2), &everything(3), &mut |_, _| ()).unwrap();
            assert_eq!(figures.len() + skipped.len(), 12);
            assert!(figures.iter().all(|figure| figure.value.is_finite()), "{figures:?}");
            assert!(skipped.iter().any(|skipped| skipped.measure.name() == "precision") == (count < 6));
        }
    }
    let recall = MeasureSettings::default().of(&[MeasureKind::Recall]);
    let strict = Comparison { strict: true, measures: recall, ..Comparison::default() };
    assert!(matches!(
        compare(&normal(4, 2, 1), &normal(9, 2, 1), &strict, &mut |_, _| ()),
        Err(EvalError::TooSmall { value: 4, least: 6, .. })
    ));
    let w2 = |shrink| Arc::new(W2 { memory_limit: 1_000, shrink, ..W2::default() });
    let exact = Comparison { strict: true, measures: vec![w2(false)], ..Comparison::default() };
    assert!(matches!(
        compare(&normal(40, 2, 1), &normal(90, 2, 1), &exact, &mut |_, _| ()),
        Err(EvalError::TooLarge { points: 40, .. })
    ));
    let lenient = Comparison { strict: false, measures: vec![w2(true)], ..exact };
    let (figures, _) = compare(&normal(40, 2, 1), &normal(90, 2, 1), &lenient, &mut |_, _| ()).unwrap();
    assert!(figures[0].samples[0] < 40 && assignment_memory(figures[0].samples[0]) <= 1_000);
}

#[test]
fn equal_sets_are_at_no_distance() {
    for set in [normal(60, 1, 1), roll(80, 1), normal(60, 20, 1), Points::from_values(3, vec![2.0; 90]).unwrap()] {
        let (figures, skipped) = compare(&set, &reversed(&set), &everything(3), &mut |_, _| ()).unwrap();
        assert!(skipped.is_empty());
        let value = |kind| value(&figures, kind);
        for measure in [MeasureKind::W2, MeasureKind::SlicedW2, MeasureKind::EnergyDistance, MeasureKind::KsMax] {
            assert!(value(measure) < 1e-6, "{measure:?}: {}", value(measure));
        }
        // The root of a rounding of 1e-15; eigenvalues of a covariance are known to 1e-15 of the largest.
        assert!(value(MeasureKind::Mmd) < 1e-7 && value(MeasureKind::Frechet) < 1e-6);
        for measure in [MeasureKind::Precision, MeasureKind::Recall, MeasureKind::Coverage] {
            assert_eq!(value(measure), 1.0);
        }
        assert!(value(MeasureKind::C2st) < 0.6 && value(MeasureKind::KernelDistance) < 1e-9);
        assert!(figures.iter().all(|figure| figure.value.is_finite() && figure.low.is_none_or(f64::is_finite)));
    }
}

#[test]
fn moving_both_sets_changes_nothing() {
    // Whole numbers over 64: moving them by 32 rounds nothing.
    let grid = |points: Points| {
        Points::from_values(2, points.as_slice().iter().map(|x| (x * 64.0).round() / 64.0).collect()).unwrap()
    };
    let (a, b) = (grid(normal(120, 2, 1)), grid(roll(120, 2)));
    let (moved_a, moved_b) = (shifted(&a, &[32.0, -32.0]), shifted(&b, &[32.0, -32.0]));
    let options = everything(0);
    let (one, _) = compare(&a, &b, &options, &mut |_, _| ()).unwrap();
    let (other, _) = compare(&moved_a, &moved_b, &options, &mut |_, _| ()).unwrap();
    for (one, other) in one.iter().zip(&other).filter(|(one, _)| name(one) != "kernel_distance") {
        // Projections and covariances are rounded at the size of the shift.
        assert!((one.value - other.value).abs() < 1e-9 * one.value.max(1.0), "{one:?} {other:?}");
    }
}

#[test]
fn intervals_hold_what_they_promise() {
    // Sets of 200 points of N(0, I) and N((1, 0), I); what each figure estimates is its mean over many such pairs.
    let pair = |k: u64| (normal(200, 2, 2 * k + 1), shifted(&normal(200, 2, 2 * k + 2), &[1.0, 0.0]));
    let kinds = [
        MeasureKind::W2,
        MeasureKind::SlicedW2,
        MeasureKind::EnergyDistance,
        MeasureKind::KsMax,
        MeasureKind::Coverage,
        MeasureKind::C2st,
    ];
    let settings = MeasureSettings { relabellings: 0, directions: 16, ..MeasureSettings::default() };
    let options = |draws| Comparison { measures: settings.of(&kinds), draws, ..Comparison::default() };
    let figures: Vec<_> = (0..60)
        .map(|k| {
            let (a, b) = pair(k);
            compare(&a, &b, &Comparison { seed: Seed(k), ..options(10) }, &mut |_, _| ()).unwrap().0
        })
        .collect();
    for (place, kind) in kinds.iter().enumerate() {
        let of: Vec<_> =
            figures.iter().map(|all| all.iter().find(|figure| name(figure) == kind.key()).unwrap()).collect();
        let mean = Statistics::of(&of.iter().map(|figure| figure.value).collect::<Vec<_>>()).unwrap().mean;
        let held = of.iter().filter(|figure| (figure.low.unwrap()..=figure.high.unwrap()).contains(&mean)).count();
        // 95 % of 60 are 57, with a standard deviation of 1.7.
        assert!(held >= 50, "{place}: {kind:?}: {held} of 60 intervals hold the mean");
    }
}
