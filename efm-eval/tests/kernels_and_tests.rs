//! Energy distance, MMD and Kolmogorov–Smirnov against their formulas.
#![allow(missing_docs)]

mod common;

use common::{normal, reversed, roll, shifted};
use efm_core::Points;
use efm_eval::*;

fn mean_pairs(a: &Points, b: &Points, f: impl Fn(f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for x in a.iter() {
        for y in b.iter() {
            sum += f(x.iter().zip(y).map(|(p, q)| (f64::from(*p) - f64::from(*q)).powi(2)).sum());
        }
    }
    sum / (a.len() * b.len()) as f64
}

#[test]
fn energy_distance_is_the_formula_over_all_pairs() {
    for dim in [1, 2, 9, 20] {
        let (a, b) = (normal(70, dim, 1), shifted(&normal(90, dim, 2), &vec![0.5; dim]));
        let expected =
            2.0 * mean_pairs(&a, &b, f64::sqrt) - mean_pairs(&a, &a, f64::sqrt) - mean_pairs(&b, &b, f64::sqrt);
        let found = energy_distance(&a, &b).unwrap();
        assert!((found - expected).abs() < 1e-12 + 1e-9 * expected, "D = {dim}: {found} against {expected}");
        assert!((found - energy_distance(&b, &a).unwrap()).abs() < 1e-12);
        assert!((found - energy_distance(&reversed(&a), &b).unwrap()).abs() < 1e-12);
        assert!(energy_distance(&a, &reversed(&a)).unwrap() < 1e-12);
    }
    // Two single points at distance h: 2h.
    let point = |x| Points::from_values(1, vec![x]).unwrap();
    assert_eq!(energy_distance(&point(0.0), &point(3.0)).unwrap(), 6.0);
}

#[test]
fn mmd_is_the_formula_over_all_pairs() {
    let (a, b) = (normal(60, 3, 1), shifted(&normal(80, 3, 2), &[1.0, 0.0, 0.0]));
    let kernel = RbfMixture::new(1.5);
    let k = |s: f64| [0.5_f64, 1.0, 2.0].iter().map(|c| (-s / (2.0 * c * c * 2.25)).exp()).sum::<f64>() / 3.0;
    let expected = (mean_pairs(&a, &a, k) + mean_pairs(&b, &b, k) - 2.0 * mean_pairs(&a, &b, k)).sqrt();
    let found = mmd(&a, &b, &kernel).unwrap();
    assert!((found - expected).abs() < 1e-10);
    assert!((found - mmd(&b, &reversed(&a), &kernel).unwrap()).abs() < 1e-10);
    assert!(mmd(&a, &reversed(&a), &kernel).unwrap() < 1e-7);
    let far = mmd(&a, &shifted(&a, &[1e4, 0.0, 0.0]), &kernel).unwrap();
    assert!((far * far - 2.0 * mean_pairs(&a, &a, k)).abs() < 1e-4);
}

#[test]
fn the_median_sets_the_width() {
    // |x − x′|² of two independent standard normal points of R^2 is 2 χ²₂: median 4 ln 2.
    let width = RbfMixture::from_target(&normal(1_000, 2, 1)).width();
    assert!((width * width - 4.0 * 2.0_f64.ln()).abs() < 0.2, "{width}");
    assert_eq!(RbfMixture::from_target(&Points::from_values(2, vec![3.0; 20]).unwrap()).width(), 1.0);
    assert_eq!(RbfMixture::from_target(&normal(1, 2, 1)).width(), 1.0);
}

#[test]
fn ks_by_hand() {
    let test = ks(&[1.0, 2.0, 3.0, 4.0], &[2.5, 3.5, 4.5, 5.5]).unwrap();
    assert!((test.statistic - 0.5).abs() < 1e-12);
    assert_eq!(ks(&[1.0, 2.0], &[5.0]).unwrap().statistic, 1.0);
    let same = ks(&[1.0; 9], &[1.0; 4]).unwrap();
    assert_eq!((same.statistic, same.p_value), (0.0, 1.0));
    // Asymptotic tail at λ: n = m = 20 000, so that the correction does not matter; P(K > 1.358) = 0.05.
    let n = 20_000;
    let shift = (1.358 / (n as f64 / 2.0).sqrt() * n as f64).round();
    let a: Vec<f64> = (0..n).map(f64::from).collect();
    let b: Vec<f64> = a.iter().map(|x| x + shift).collect();
    assert!((ks(&a, &b).unwrap().p_value - 0.05).abs() < 0.002);
}

#[test]
fn ks_p_values_are_uniform_without_a_difference() {
    let mut p: Vec<f64> = (0..400)
        .flat_map(|k| ks_per_marginal(&normal(150, 1, 2 * k + 1), &normal(250, 1, 2 * k + 2)).unwrap())
        .map(|test| test.p_value)
        .collect();
    p.sort_unstable_by(f64::total_cmp);
    let worst = p.iter().enumerate().map(|(i, p)| (p - (i as f64 + 0.5) / 400.0).abs()).fold(0.0, f64::max);
    assert!(worst < 0.08, "p-values stray {worst} from uniform");
    let shifted = ks_per_marginal(&normal(300, 2, 1), &shifted(&normal(300, 2, 2), &[0.0, 1.0])).unwrap();
    assert!(shifted[0].p_value > 1e-3 && shifted[1].p_value < 1e-6);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (a, b) = (roll(333, 1), normal(222, 2, 1));
    let run = |threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let stream = efm_core::Seed(1).stream("t");
            (
                energy_distance(&a, &b).unwrap(),
                mmd(&a, &b, &RbfMixture::from_target(&b)).unwrap(),
                sliced_w2(&a, &b, 64, &stream).unwrap(),
                w2(&a, &b, &stream).unwrap(),
            )
        })
    };
    assert_eq!(run(1), run(3));
}
