//! Measures of images: the Fréchet distance in closed form, and how well colours are kept.

use efm_core::{Points, Seed};
use efm_eval::{EvalError, ImageShape, colour_correlation, frechet_distance};
use rand_distr::{Distribution, StandardNormal};

fn normal(count: usize, std: [f64; 3], shift: f64, name: &str) -> Points {
    let stream = Seed(7).stream(name);
    let values = (0..count as u64).flat_map(|index| {
        let mut random = stream.at(index);
        std.map(|std| {
            let value: f64 = StandardNormal.sample(&mut random);
            (shift + std * value) as f32
        })
    });
    Points::from_values(3, values.collect()).unwrap()
}

#[test]
fn frechet_distance_of_normal_laws_is_their_squared_w2() {
    // Commuting covariances: Σ (m₁ − m₂)² + (σ₁ − σ₂)².
    let (a, b) = (normal(40_000, [1.0, 2.0, 0.5], 0.0, "a"), normal(40_000, [1.5, 1.0, 0.5], 1.0, "b"));
    let exact = 3.0 + 0.25 + 1.0;
    // Means err by σ√(2/n) ≈ 0.015 each, twice the shift times three of them.
    assert!((frechet_distance(&a, &b).unwrap() - exact).abs() < 0.1);
    assert!(frechet_distance(&a, &a).unwrap() < 1e-9, "rounding of sums of order one");
    let (there, back) = (frechet_distance(&a, &b).unwrap(), frechet_distance(&b, &a).unwrap());
    assert!((there - back).abs() < 1e-9);
}

#[test]
fn frechet_distance_bears_constant_and_dependent_coordinates() {
    let flat = Points::from_values(3, vec![1.0, 2.0, 2.0, 1.0, 4.0, 4.0]).unwrap();
    assert!(frechet_distance(&flat, &flat).unwrap() < 1e-9);
    let one = Points::from_values(3, vec![1.0, 2.0, 3.0]).unwrap();
    assert!(matches!(frechet_distance(&flat, &one), Err(EvalError::TooSmall { .. })));
}

const SHAPE: ImageShape = ImageShape { height: 1, width: 2, channels: 3 };

#[test]
fn colours_that_stay_correlate_fully_whatever_the_shapes_do() {
    // Mean colours (1, 0, 0), (0, 1, 0) and (0, 0, 1); the ends have them at other pixels, twice as bright.
    let starts = vec![2., 0., 0., 0., 0., 0., 0., 0., 2., 0., 0., 0., 0., 0., 0., 0., 2., 0.];
    let ends: Vec<f32> = starts.chunks(2).flat_map(|pair| [2.0 * pair[1], 2.0 * pair[0]]).collect();
    let starts = Points::from_values(6, starts).unwrap();
    let ends = Points::from_values(6, ends).unwrap();
    let full = colour_correlation(&starts, &ends, SHAPE).unwrap().unwrap();
    assert!((full - 1.0).abs() < 1e-12, "{full}");
    // Handed on cyclically: each image has a colour of another; Σ over (1 − 1/3, −1/3, −1/3) against its shift is −1/2.
    let turned = ends.select(&[1, 2, 0]);
    let half = colour_correlation(&starts, &turned, SHAPE).unwrap().unwrap();
    assert!((half + 0.5).abs() < 1e-12, "{half}");
}

#[test]
fn one_colour_has_no_correlation_and_other_shapes_are_refused() {
    let grey = Points::from_values(6, vec![0.5; 12]).unwrap();
    assert_eq!(colour_correlation(&grey, &grey, SHAPE).unwrap(), None);
    let wrong = ImageShape { width: 3, ..SHAPE };
    assert!(matches!(colour_correlation(&grey, &grey, wrong), Err(EvalError::NotAnImage { .. })));
}

/// The numbers of benches/features.py: uniform in [−1, 1) from index and key.
fn numbers(key: u32, count: usize) -> Vec<f32> {
    let hashed = |index: usize| {
        let mut x = (index as u32).wrapping_mul(0x9E37_79B1).wrapping_add(key.wrapping_mul(0x85EB_CA77));
        for (shift, factor) in [(15, 0x2C1B_3C6D), (12, 0x297A_2D39)] {
            x = (x ^ (x >> shift)).wrapping_mul(factor);
        }
        (f64::from(x ^ (x >> 15)) / 2_f64.powi(31) - 1.0) as f32
    };
    (0..count).map(hashed).collect()
}

#[test]
fn frechet_distance_does_not_see_dimensions_that_nothing_fills() {
    // Cosines of different frequency are orthogonal: an isometry from R^3 to R^300, where 40 points are fewer than dimensions.
    let wide = |points: &Points| {
        let basis = |i: usize, k: usize| {
            (2.0_f64 / 300.0).sqrt() * (std::f64::consts::PI * (i as f64 + 0.5) * (k as f64 + 1.0) / 300.0).cos()
        };
        let row = |point: &[f32]| -> Vec<f32> {
            (0..300).map(|i| (0..3).map(|k| f64::from(point[k]) * basis(i, k)).sum::<f64>() as f32).collect()
        };
        Points::from_values(300, points.iter().flat_map(row).collect()).unwrap()
    };
    let (a, b) = (normal(40, [1.0, 2.0, 0.5], 0.0, "a"), normal(40, [1.5, 1.0, 0.5], 1.0, "b"));
    let (narrow, wide) = (frechet_distance(&a, &b).unwrap(), frechet_distance(&wide(&a), &wide(&b)).unwrap());
    // f32 coordinates of order one, whose rounding fills 40 directions with 1e-7 each.
    assert!((narrow - wide).abs() < 1e-4, "{narrow} {wide}");
}

#[test]
fn frechet_distances_are_those_of_published_code() {
    // `python3 benches/features.py --golden`; the first two by pytorch-fid 0.3.0, the last, of fewer points than dimensions, by
    // singular values, since the root of a singular product is not defined.
    for (dim, counts, expected) in
        [(3, [50, 40], 1.054_464_823_3), (20, [200, 150], 7.520_445_267_0), (8, [6, 5], 8.410_953_496_1)]
    {
        let first = Points::from_values(dim, numbers(1, counts[0] * dim)).unwrap();
        let second = numbers(2, counts[1] * dim).into_iter().map(|value| 0.5 + 1.5 * value).collect();
        let second = Points::from_values(dim, second).unwrap();
        let found = frechet_distance(&first, &second).unwrap();
        // f32 rounding of the arrays; and roots of eigenvalues that rounding keeps from zero.
        assert!((found / expected - 1.0).abs() < 1e-6, "D = {dim}: {found}, not {expected}");
    }
}
