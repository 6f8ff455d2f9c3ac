//! Scaling: what each rule promises, the way back, and data without spread.

use efm_core::{Points, Seed};
use efm_data::{ColourWeight, DataError, Scaler, Scaling, toy::Gaussian};
use proptest::prelude::*;

const RULES: [Scaling; 4] = [Scaling::None, Scaling::Joint, Scaling::PerCoordinate, Scaling::Range];

fn clouds() -> (Points, Points) {
    let stream = Seed(3).stream("scaler");
    let draw = |mean: Vec<f64>, std, count| {
        Gaussian { dim: None, std, mean }.sampler().unwrap().draw(&stream, 0, count).unwrap()
    };
    (draw(vec![1.0, -5.0, 100.0], 2.0, 300), draw(vec![4.0, -5.0, 90.0], 0.5, 70))
}

fn column(points: &Points, row: usize) -> Vec<f64> {
    points.iter().map(|point| f64::from(point[row])).collect()
}

/// Mean and mean square of a coordinate, each cloud with weight one half.
fn moments(source: &Points, target: &Points, row: usize) -> (f64, f64) {
    let half = |points: &Points, power| {
        let values = column(points, row);
        0.5 * values.iter().map(|value| value.powi(power)).sum::<f64>() / values.len() as f64
    };
    (half(source, 1) + half(target, 1), half(source, 2) + half(target, 2))
}

#[test]
fn joint_scaling_centres_and_keeps_ratios_of_distances() {
    let (source, target) = clouds();
    let scaler = Scaling::Joint.fit(&source, &target).unwrap();
    let (small_source, small_target) = (scaler.apply(&source).unwrap(), scaler.apply(&target).unwrap());
    let mut mean_square = 0.0;
    for row in 0..3 {
        let (mean, square) = moments(&small_source, &small_target, row);
        assert!(mean.abs() < 1e-5, "{mean}");
        mean_square += square / 3.0;
    }
    assert!((mean_square - 1.0).abs() < 1e-5, "{mean_square}");
    assert!(scaler.stretch().windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn scaling_per_coordinate_gives_each_unit_spread() {
    let (source, target) = clouds();
    let scaler = Scaling::PerCoordinate.fit(&source, &target).unwrap();
    let (source, target) = (scaler.apply(&source).unwrap(), scaler.apply(&target).unwrap());
    for row in 0..3 {
        let (mean, square) = moments(&source, &target, row);
        assert!(mean.abs() < 1e-5 && (square - 1.0).abs() < 1e-4, "{mean} {square}");
    }
}

#[test]
fn range_fills_minus_one_to_one() {
    let (source, target) = clouds();
    let scaler = Scaling::Range.fit(&source, &target).unwrap();
    let (source, target) = (scaler.apply(&source).unwrap(), scaler.apply(&target).unwrap());
    for row in 0..3 {
        let all = [column(&source, row), column(&target, row)].concat();
        let (low, high) = all.iter().fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
        assert!((low + 1.0).abs() < 1e-6 && (high - 1.0).abs() < 1e-6, "{low} {high}");
    }
}

#[test]
fn the_larger_cloud_has_no_larger_say() {
    let few = Points::from_values(1, vec![-1.0, 1.0]).unwrap();
    let many = Points::from_values(1, [9.0, 11.0].repeat(500)).unwrap();
    assert_eq!(Scaling::Joint.fit(&few, &many).unwrap().shift(), [5.0]);
}

#[test]
fn data_without_spread_stays_finite() {
    for value in [0.0, 0.1, -1e30, f32::MAX, f32::MIN_POSITIVE / 4.0] {
        let points = Points::from_values(2, vec![value, 1.0, value, 2.0, value, 4.0]).unwrap();
        let same = Points::from_values(2, vec![value; 6]).unwrap();
        for rule in RULES {
            for cloud in [&points, &same] {
                let scaler = rule.fit(cloud, cloud).unwrap();
                let scaled = scaler.apply(cloud).unwrap();
                let back = scaler.undo(&scaled).unwrap();
                assert_eq!(column(&back, 0)[0], f64::from(value), "{rule:?}");
            }
        }
    }
}

#[test]
fn misuse_is_an_error() {
    let (source, target) = clouds();
    let plane = Points::from_values(2, vec![0.0; 4]).unwrap();
    let empty = Points::from_values(3, Vec::new()).unwrap();
    let unequal = Scaling::Joint.fit(&source, &plane).unwrap_err();
    assert_eq!(unequal.to_string(), "scaler: the source has D = 3 and the target D = 2");
    assert!(matches!(Scaling::Joint.fit(&source, &empty), Err(DataError::TooFewPoints { .. })));
    let scaler = Scaling::Joint.fit(&source, &target).unwrap();
    assert!(matches!(scaler.apply(&plane), Err(DataError::DimensionMismatch { found: 2, expected: 3, .. })));
    let far = Points::from_values(3, vec![f32::MAX; 3]).unwrap();
    assert!(matches!(scaler.undo(&far), Err(DataError::OutOfRange { .. })));
    assert_eq!(Scaler::identity(3).apply(&far).unwrap(), far);
}

#[test]
fn given_numbers_make_a_scaler() {
    let scaler = Scaler::given(vec![10.0, -1.0], vec![2.0, 0.5]).unwrap();
    let points = Points::from_values(2, vec![12.0, -1.0, 10.0, 0.0]).unwrap();
    assert_eq!(scaler.apply(&points).unwrap().as_slice(), [1.0, 0.0, 0.0, 2.0]);
    assert_eq!(scaler.undo(&scaler.apply(&points).unwrap()).unwrap(), points);
    // (x − shift) / stretch shrinks volumes by the product of the stretches, here 1.
    assert_eq!(scaler.ln_volume(), 0.0);
    for (shift, stretch, field) in [
        (vec![], vec![], "stretch"),
        (vec![0.0], vec![1.0, 1.0], "stretch"),
        (vec![f64::NAN], vec![1.0], "shift"),
        (vec![0.0], vec![0.0], "stretch"),
        (vec![0.0, 0.0], vec![1.0, -1.0], "stretch"),
        (vec![0.0], vec![f64::INFINITY], "stretch"),
        // A subnormal number has lost digits, and its reciprocal is infinite.
        (vec![0.0], vec![1e-310], "stretch"),
    ] {
        let error = Scaler::given(shift, stretch).unwrap_err();
        assert!(matches!(error, DataError::BadParameter { field: found, .. } if found == field), "{error}");
    }
}

#[test]
fn a_scaler_is_stored_and_checked_when_read() {
    let (source, target) = clouds();
    for rule in RULES {
        let scaler = rule.fit(&source, &target).unwrap();
        // Without its feature `float_roundtrip`, serde_json may be off by one unit in the last place of an f64.
        let read: Scaler = serde_json::from_str(&serde_json::to_string(&scaler).unwrap()).unwrap();
        for (read, written) in
            read.stretch().iter().chain(read.shift()).zip(scaler.stretch().iter().chain(scaler.shift()))
        {
            assert!((read - written).abs() <= written.abs() * f64::EPSILON, "{read} {written}");
        }
        assert_eq!(toml::from_str::<Scaler>(&toml::to_string(&scaler).unwrap()).unwrap(), scaler);
    }
    for bad in [
        r#"{"scaling":"joint","shift":[0.0],"stretch":[0.0]}"#,
        r#"{"scaling":"joint","shift":[0.0],"stretch":[-1.0]}"#,
        r#"{"scaling":"joint","shift":[0.0, 1.0],"stretch":[1.0]}"#,
        r#"{"scaling":"joint","shift":[],"stretch":[]}"#,
        r#"{"scaling":"often","shift":[0.0],"stretch":[1.0]}"#,
    ] {
        assert!(serde_json::from_str::<Scaler>(bad).is_err(), "{bad}");
    }
    assert_eq!(serde_json::to_string(&Scaling::PerCoordinate).unwrap(), "\"per-coordinate\"");
}

/// Two clouds of one D, of very different size and place.
fn arbitrary_clouds() -> impl Strategy<Value = (Points, Points)> {
    (1_usize..5, 1_usize..20, 1_usize..20, -12_i32..12).prop_flat_map(|(dim, left, right, power)| {
        let values = |count| prop::collection::vec((-1.0_f32..1.0).prop_map(move |v| v * 10_f32.powi(power)), count);
        (values(dim * left), values(dim * right))
            .prop_map(move |(a, b)| (Points::from_values(dim, a).unwrap(), Points::from_values(dim, b).unwrap()))
    })
}

proptest! {
    #[test]
    fn undo_returns_what_was_applied_up_to_rounding((source, target) in arbitrary_clouds()) {
        for rule in RULES {
            let scaler = rule.fit(&source, &target).unwrap();
            let scaled = scaler.apply(&source).unwrap();
            let back = scaler.undo(&scaled).unwrap();
            for (point, (old, new)) in source.iter().zip(back.iter()).enumerate() {
                for row in 0..source.dim() {
                    // Half a unit in the last place of the scaled number, times the stretch, and half of the result.
                    let size = f64::from(scaled.point(point)[row]).abs() * scaler.stretch()[row] + f64::from(old[row].abs());
                    let tolerance = size * f64::from(f32::EPSILON) + f64::from(f32::MIN_POSITIVE);
                    let off = (f64::from(old[row]) - f64::from(new[row])).abs();
                    prop_assert!(off <= tolerance, "{rule:?}: {} became {}", old[row], new[row]);
                }
            }
        }
    }
}

/// Two planes of four pixels.
fn planes() -> (Points, Points) {
    let stream = Seed(5).stream("planes");
    let draw = |mean: f64| {
        Gaussian { dim: None, std: 1.0, mean: vec![mean; 8] }
            .sampler()
            .unwrap()
            .draw(&stream, mean.to_bits(), 200)
            .unwrap()
    };
    (draw(1.0), draw(-2.0))
}

#[test]
fn weighed_colours_are_multiplied_and_the_rest_is_not() {
    let (source, target) = planes();
    let plain = Scaling::Joint.fit(&source, &target).unwrap();
    let weighed = plain.clone().weighing(ColourWeight { area: 4, weight: 5.0 }, &source, &target).unwrap();
    let (before, after) = (plain.apply(&source).unwrap(), weighed.apply(&source).unwrap());
    let parts = |points: &Points, row: usize| {
        let plane: Vec<f64> = points.point(row)[4..].iter().map(|&value| f64::from(value)).collect();
        let mean = plane.iter().sum::<f64>() / 4.0;
        (mean, plane[0] - mean)
    };
    let shrunk = plain.stretch()[0] / weighed.stretch()[0];
    for row in 0..10 {
        let ((colour, shape), (weighed, kept)) = (parts(&before, row), parts(&after, row));
        // f32 coordinates of order one.
        assert!((weighed - 5.0 * shrunk * colour).abs() < 1e-5 && (kept - shrunk * shape).abs() < 1e-5);
    }
    let square = |points: &Points| {
        let sum: f64 = points.as_slice().iter().map(|&value| f64::from(value).powi(2)).sum();
        sum / points.as_slice().len() as f64
    };
    let joint = 0.5 * (square(&after) + square(&weighed.apply(&target).unwrap()));
    assert!((joint - 1.0).abs() < 1e-5, "{joint}");
    let back = weighed.undo(&after).unwrap();
    assert!(back.as_slice().iter().zip(source.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5));
    // Each of the two planes is longer by the weight along one direction.
    let volumes = plain.ln_volume() - weighed.ln_volume();
    assert!((volumes - 2.0 * 5.0_f64.ln() - 8.0 * shrunk.ln()).abs() < 1e-9, "{volumes}");
    let text = toml::to_string(&weighed).unwrap();
    assert_eq!(toml::from_str::<Scaler>(&text).unwrap(), weighed);
    assert!(toml::from_str::<Scaler>(&text.replace("area = 4", "area = 3")).is_err());
}

#[test]
fn weights_that_make_no_sense_are_refused() {
    let (source, target) = planes();
    for (area, weight) in [(3, 2.0), (0, 2.0), (4, 0.0), (4, f64::NAN), (4, -1.0)] {
        let scaler = Scaling::Joint.fit(&source, &target).unwrap();
        let found = scaler.weighing(ColourWeight { area, weight }, &source, &target);
        assert!(matches!(found, Err(DataError::BadParameter { field: "colour", .. })), "{area} {weight}");
    }
}
