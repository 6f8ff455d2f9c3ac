//! Toy distributions against closed forms. Tolerances are 5 standard errors, taken from the closed second or fourth
//! moments or from bounds on the range.

use std::f64::consts::PI;

use efm_core::{Points, Seed, Stream};
use efm_data::{
    DataSpec, Sampler,
    toy::{Checkerboard, EightGaussians, Gaussian, Mixture, Moons, Pinwheel, Spiral, SwissRoll},
};

const COUNT: usize = 40_000;

fn stream() -> Stream {
    Seed(20_250_202).stream("toy")
}

/// Mean over the points of `rule`, and its standard error.
fn mean(points: &Points, rule: impl Fn(&[f64]) -> f64) -> (f64, f64) {
    let values: Vec<f64> =
        points.iter().map(|point| rule(&point.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

fn check(name: &str, points: &Points, expected: f64, rule: impl Fn(&[f64]) -> f64) {
    let (found, error) = mean(points, rule);
    let tolerance = 5.0 * error + 1e-6 * (1.0 + expected.abs());
    assert!((found - expected).abs() <= tolerance, "{name}: {found} ± {error}, expected {expected}");
}

fn draw(sampler: impl Sampler) -> Points {
    sampler.draw(&stream(), 0, COUNT).unwrap()
}

fn radius(point: &[f64]) -> f64 {
    point[0].hypot(point[1])
}

#[test]
fn gaussian_has_its_moments_and_independent_coordinates() {
    let mean = vec![1.0, -2.0, 3.0, 0.0, 0.5];
    let points = draw(Gaussian { dim: Some(5), std: 2.0, mean: mean.clone() }.sampler().unwrap());
    for (row, middle) in mean.iter().enumerate() {
        check("mean", &points, *middle, |point| point[row]);
        check("variance", &points, 4.0, |point| (point[row] - middle).powi(2));
        check("fourth moment", &points, 3.0 * 16.0, |point| (point[row] - middle).powi(4));
        let next = (row + 1) % 5;
        check("covariance", &points, 0.0, |point| (point[row] - middle) * (point[next] - mean[next]));
    }
}

#[test]
fn mixture_has_its_moments_and_shares() {
    let points = draw(Mixture::default().sampler().unwrap());
    check("mean", &points, 0.0, |point| point[0]);
    check("second moment across", &points, 65.0, |point| point[0].powi(2));
    check("second moment along", &points, 1.0, |point| point[1].powi(2));

    let three = Mixture {
        centres: vec![vec![0.0, 0.0, 9.0], vec![9.0, 0.0, 0.0], vec![0.0, 9.0, 0.0]],
        std: 0.5,
        weights: vec![1.0, 0.0, 3.0],
    };
    let sampler = three.sampler().unwrap();
    let modes = sampler.modes().expect("a mixture has modes");
    assert_eq!(modes.weights(), [0.25, 0.0, 0.75]);
    let counts = modes.counts(&draw(&sampler));
    assert_eq!(counts[1], 0);
    let spread = (0.25 * 0.75 * COUNT as f64).sqrt();
    assert!((counts[0] as f64 - 0.25 * COUNT as f64).abs() < 5.0 * spread, "{counts:?}");
}

#[test]
fn swiss_roll_has_the_moments_of_its_curve() {
    // t is uniform on [1.5π, 4.5π]: E[t cos t] = 2, E[t sin t] = 2/(3π), E[t²] = 9.75 π².
    let points = draw(SwissRoll::default().sampler().unwrap());
    check("mean of t cos t", &points, 2.0 / 5.0, |point| point[0]);
    check("mean of t sin t", &points, 2.0 / (3.0 * PI) / 5.0, |point| point[1]);
    check("squared radius", &points, (9.75 * PI * PI + 2.0 * 0.64) / 25.0, |point| radius(point).powi(2));

    let clean = draw(SwissRoll { noise: 0.0, scale: 1.0, ..SwissRoll::default() }.sampler().unwrap());
    for point in clean.iter() {
        let t = f64::from(point[0]).hypot(f64::from(point[1]));
        assert!((1.5 * PI - 1e-4..4.5 * PI + 1e-4).contains(&t), "{t}");
        assert!((t * t.cos() - f64::from(point[0])).abs() < 1e-3, "{point:?} is off the roll");
        assert!((t * t.sin() - f64::from(point[1])).abs() < 1e-3, "{point:?} is off the roll");
    }
    check("radius", &clean, 3.0 * PI, radius);
}

#[test]
fn moons_lie_on_two_half_circles() {
    let plain = Moons { noise: 0.0, scale: 1.0, shift: 0.0, ..Moons::default() };
    let points = draw(plain.sampler().unwrap());
    // Upper: mean (0, 2/π); lower: (1, ½ − 2/π).
    check("mean x", &points, 0.5, |point| point[0]);
    check("mean y", &points, 0.25, |point| point[1]);
    for point in points.iter() {
        let (x, y) = (f64::from(point[0]), f64::from(point[1]));
        let upper = (x.hypot(y) - 1.0).abs() < 1e-5 && y > -1e-5;
        let lower = ((x - 1.0).hypot(y - 0.5) - 1.0).abs() < 1e-5 && y < 0.5 + 1e-5;
        assert!(upper || lower, "{point:?}");
    }
    let scaled = draw(Moons::default().sampler().unwrap());
    check("scaled mean x", &scaled, 0.5, |point| point[0]);
    check("scaled mean y", &scaled, -0.25, |point| point[1]);
    // Var x = ½·(½) + ½·(½) + ¼ (between the moons) + noise², times 9.
    check("scaled variance x", &scaled, 9.0 * (0.75 + 0.0025), |point| (point[0] - 0.5).powi(2));
}

#[test]
fn eight_gaussians_share_a_circle() {
    let sampler = EightGaussians::default().sampler().unwrap();
    let points = draw(&sampler);
    check("mean x", &points, 0.0, |point| point[0]);
    check("squared radius", &points, 25.0 + 2.0 * 0.25, |point| radius(point).powi(2));
    let modes = sampler.modes().expect("eight modes");
    assert_eq!(modes.centres().len(), 8);
    let spread = (0.125 * 0.875 * COUNT as f64).sqrt();
    for count in modes.counts(&points) {
        assert!((count as f64 - COUNT as f64 / 8.0).abs() < 5.0 * spread, "{count}");
    }
}

#[test]
fn checkerboard_covers_every_dark_field_evenly() {
    let points = draw(Checkerboard::default().sampler().unwrap());
    let mut counts = [[0_u32; 4]; 4];
    for point in points.iter() {
        assert!(point.iter().all(|value| (-4.0..=4.0).contains(value)), "{point:?}");
        let [column, row] = [point[0], point[1]].map(|value| ((value + 4.0) / 2.0).floor().min(3.0) as usize);
        counts[column][row] += 1;
    }
    let spread = (0.125 * 0.875 * COUNT as f64).sqrt();
    for (column, rows) in counts.iter().enumerate() {
        for (row, count) in rows.iter().enumerate() {
            if (column + row) % 2 == 0 {
                assert!((f64::from(*count) - COUNT as f64 / 8.0).abs() < 5.0 * spread, "{counts:?}");
            } else {
                // A coordinate just below a border may round onto it.
                assert!(*count <= 2, "{counts:?}");
            }
        }
    }
    check("second moment", &points, 16.0 / 3.0, |point| point[0].powi(2));
}

#[test]
fn spiral_has_the_moments_of_its_curve() {
    // With a = 3π√u the radius is π√u: E[r] = 2π/3, E[r²] = π²/2.
    let points = draw(Spiral { noise: 0.0, ..Spiral::default() }.sampler().unwrap());
    check("radius", &points, 2.0 * PI / 3.0, radius);
    check("squared radius", &points, PI * PI / 2.0, |point| radius(point).powi(2));
    check("two arms are symmetric", &points, 0.0, |point| point[0]);
    for point in points.iter() {
        let (x, y) = (f64::from(point[0]), f64::from(point[1]));
        let angle = 3.0 * x.hypot(y);
        let off = (x * angle.sin() - y * angle.cos()).abs();
        assert!(off < 1e-4, "{point:?} is off the arms by {off}");
    }
    let noisy = draw(Spiral::default().sampler().unwrap());
    check("noise", &noisy, PI * PI / 2.0 + 2.0 * 0.01, |point| radius(point).powi(2));
}

#[test]
fn pinwheel_has_the_moments_of_a_blade() {
    // Turning keeps the radius: E[r²] = scale² (1 + radial² + tangential²); five blades balance.
    let points = draw(Pinwheel::default().sampler().unwrap());
    check("squared radius", &points, 4.0 * (1.0 + 0.09 + 0.01), |point| radius(point).powi(2));
    check("mean x", &points, 0.0, |point| point[0]);
    check("mean y", &points, 0.0, |point| point[1]);
    // Five-fold symmetry: the angle of a blade, times five, is the same for all blades.
    let rigid = Pinwheel { radial_std: 0.0, tangential_std: 0.0, ..Pinwheel::default() };
    let bend = 0.25_f64.mul_add(1.0_f64.exp(), 0.0);
    for point in draw(rigid.sampler().unwrap()).iter() {
        let angle = f64::from(point[1]).atan2(f64::from(point[0]));
        assert!(((5.0 * (angle - bend)).cos() - 1.0).abs() < 1e-4, "{point:?}");
    }
}

/// Every kind, with its defaults and in a higher dimension where it takes one.
fn arbitrary_kinds() -> Vec<DataSpec> {
    let dim = 5;
    vec![
        DataSpec::Gaussian(Gaussian::default()),
        DataSpec::Gaussian(Gaussian::standard(7)),
        DataSpec::Mixture(Mixture::default()),
        DataSpec::SwissRoll(SwissRoll { dim, ..SwissRoll::default() }),
        DataSpec::Moons(Moons { dim, ..Moons::default() }),
        DataSpec::EightGaussians(EightGaussians { dim, ..EightGaussians::default() }),
        DataSpec::Checkerboard(Checkerboard { dim, ..Checkerboard::default() }),
        DataSpec::Spiral(Spiral { dim, ..Spiral::default() }),
        DataSpec::Pinwheel(Pinwheel { dim, ..Pinwheel::default() }),
    ]
}

#[test]
fn a_point_depends_on_stream_and_index_only() {
    for spec in arbitrary_kinds() {
        let sampler = spec.open(".".as_ref()).unwrap();
        let whole = sampler.draw(&stream(), 0, 100).unwrap();
        assert_eq!(whole.dim(), sampler.dim());
        assert_eq!(sampler.len(), None);
        for (first, count) in [(0, 1), (3, 50), (99, 1), (17, 0)] {
            let part = sampler.draw(&stream(), first as u64, count).unwrap();
            for (offset, point) in part.iter().enumerate() {
                assert_eq!(point, whole.point(first + offset), "{spec}");
            }
        }
        assert_ne!(sampler.draw(&Seed(1).stream("toy"), 0, 100).unwrap(), whole, "{spec}");
        assert_ne!(sampler.draw(&stream(), 100, 100).unwrap(), whole, "{spec}");
        // The last index there is, and the one after it, are no trouble.
        assert_eq!(sampler.draw(&stream(), u64::MAX, 2).unwrap().point(1), whole.point(0), "{spec}");
    }
}

#[test]
fn padding_is_small_normal_noise_and_keeps_the_shape() {
    for spec in &arbitrary_kinds()[3..] {
        let sampler = spec.open(".".as_ref()).unwrap();
        let points = sampler.draw(&stream(), 0, COUNT).unwrap();
        for row in 2..5 {
            check("mean", &points, 0.0, |point| point[row]);
            check("variance", &points, 0.01, |point| point[row].powi(2));
        }
        if let Some(modes) = sampler.modes() {
            assert_eq!(modes.centres().dim(), 5);
        }
    }
}

#[test]
fn pointers_to_samplers_are_samplers() {
    fn draws(sampler: impl Sampler) -> Points {
        sampler.draw(&stream(), 5, 3).unwrap()
    }
    let sampler = Mixture::default().sampler().unwrap();
    let expected = draws(&sampler);
    let shared: std::sync::Arc<dyn Sampler> = sampler.into();
    assert_eq!(draws(&*shared), expected);
    assert_eq!(shared.modes().map(|modes| modes.centres().len()), Some(2));
    assert_eq!(draws(shared), expected);
}
