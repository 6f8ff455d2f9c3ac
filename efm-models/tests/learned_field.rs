//! A learned field keeps the promises of `Field`.

mod common;

use burn::tensor::Tensor;
use common::{GAP, between_plates, cpu, field, forward, geometry, network};
use efm_core::{Augmented, Seed};
use efm_field::{Field, FieldError};
use efm_models::{Condition, FieldNet, Geometry, Head, LearnedField, MlpConfig, ModelError, NetworkConfig};

#[test]
fn directions_are_finite_unit_vectors_that_point_forward() {
    for dim in [1, 2, 7] {
        let values = field(dim, 1).evaluate(&between_plates(dim, 100, 5.0)).unwrap();
        assert_eq!(values.directions.len(), 100);
        assert!(values.ln_strengths.is_empty(), "a network knows no strength");
        for n in values.directions.iter() {
            let norm = n.iter().map(|v| v * v).sum::<f64>().sqrt();
            // The norm is taken in f64 from the f32 values: only f64 rounding is left.
            assert!((norm - 1.0).abs() < 1e-14, "{n:?}");
            assert!(n[dim] > 0.0, "{n:?}");
        }
    }
}

#[test]
fn dimension_and_gap_are_those_of_the_geometry() {
    let field = field(3, 1);
    assert_eq!((field.dim(), field.gap()), (3, GAP));
}

#[test]
fn no_points_no_values() {
    assert!(field(2, 1).evaluate(&Augmented::new(2)).unwrap().directions.is_empty());
}

#[test]
fn points_of_another_dimension_are_refused() {
    let error = field(2, 1).evaluate(&between_plates(3, 4, 1.0)).unwrap_err();
    assert_eq!(error, FieldError::DimensionMismatch { query_dim: 3, field_dim: 2 });
}

#[test]
fn a_network_for_points_of_another_dimension_is_refused() {
    let field = LearnedField::new(&network(3, 1), geometry(2), &cpu());
    let error = field.evaluate(&between_plates(2, 4, 1.0)).unwrap_err();
    assert_eq!(error, FieldError::DimensionMismatch { query_dim: 2, field_dim: 3 });
}

#[test]
fn a_network_with_values_for_another_head_is_refused() {
    // D + 1 values of a field are no velocity of D.
    let velocity = Geometry { head: Head::Velocity, ..geometry(2) };
    let error = LearnedField::new(&network(2, 1), velocity, &cpu()).evaluate(&between_plates(2, 4, 1.0)).unwrap_err();
    let expected = ModelError::Values { head: Head::Velocity, given: [4, 3], expected: [4, 2] };
    assert_eq!(error.to_string(), expected.to_string());
}

#[test]
fn conditions_that_do_not_fit_are_refused() {
    let config = NetworkConfig::Mlp(MlpConfig { classes: 3, ..MlpConfig::default() });
    let network = config.init(geometry(2), &Seed(1).stream("weights"), &cpu()).unwrap();
    let field = || LearnedField::new(&network, geometry(2), &cpu());
    assert!(field().under(Condition::class(3, &cpu())).is_ok(), "the class after the last is none");
    let error = field().under(Condition::class(4, &cpu())).unwrap_err();
    assert_eq!(error, ModelError::NoClass { class: 4, classes: 3 });
    // One row for all points, not one for each of two.
    let error = field().under(Condition::of_classes(&[0, 1], &cpu())).unwrap_err();
    assert!(matches!(error, ModelError::Shape { .. }), "{error}");
    // The same before a network is asked for a batch.
    let tensor = |shape: [usize; 2]| Tensor::<2>::zeros(shape, &cpu());
    let check =
        |x, z, classes: &[u32]| network.check(&tensor(x), &tensor(z), Some(&Condition::of_classes(classes, &cpu())));
    assert!(check([2, 2], [2, 1], &[0, 2]).is_ok());
    for (x, z, classes) in [([2, 3], [2, 1], &[0, 1][..]), ([2, 2], [3, 1], &[0, 1]), ([2, 2], [2, 1], &[0])] {
        let error = check(x, z, classes).unwrap_err();
        assert!(matches!(error, ModelError::Shape { .. }), "{error}");
    }
}

#[test]
fn a_point_that_is_no_point_is_named() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for coordinate in 0..3 {
            let mut at = between_plates(2, 9, 1.0);
            at.point_mut(5)[coordinate] = bad;
            let error = field(2, 1).evaluate(&at).unwrap_err();
            assert_eq!(error, FieldError::NonFiniteQuery { point: 5 });
        }
    }
}

#[test]
fn before_training_lines_go_to_the_target_plate() {
    // Every line moves forward from the start; none is flat, so the plate is reached after a finite way.
    for seed in 1..=5 {
        let places = between_plates(2, 200, 3.0);
        let values = field(2, seed).evaluate(&places).unwrap();
        for (n, place) in values.directions.iter().zip(places.iter()) {
            assert!(n[2] > 0.05 * geometry(2).axial_unit(&place[..2], place[2]), "seed {seed}: {n:?}");
        }
    }
}

#[test]
fn far_and_huge_points_stay_finite() {
    let field = field(2, 1);
    for size in [1e2, 1e6, 1e12, 1e18, 1e19, 1e30, 3e38, 1e39, 1e300] {
        let mut at = Augmented::new(2);
        for (x, y, z) in [(1.0, 0.0, 0.5), (-1.0, 1.0, 0.5), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (1.0, -1.0, 1.0)] {
            at.push(&[x * size, y * size], if z == 0.5 { z * GAP } else { z * size });
        }
        let values = field.evaluate(&at).unwrap_or_else(|error| panic!("at {size:e}: {error}"));
        for n in values.directions.iter() {
            let norm = n.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!((norm - 1.0).abs() < 1e-12, "at {size:e}: {n:?}");
        }
    }
}

#[test]
fn plates_and_denormals_are_ordinary_places() {
    let mut at = Augmented::new(2);
    for z in [0.0, -0.0, GAP, f64::MIN_POSITIVE, 1e-40, GAP * (1.0 - f64::EPSILON), -0.1, GAP + 0.1] {
        at.push(&[1e-42, -0.0], z);
    }
    for n in field(2, 1).evaluate(&at).unwrap().directions.iter() {
        assert!(n.iter().all(|v| v.is_finite()) && n[2] > 0.0, "{n:?}");
    }
}

#[test]
fn a_point_does_not_depend_on_its_batch() {
    for dim in [1, 2, 3, 8, 64] {
        let all = between_plates(dim, 700, 3.0);
        let together = field(dim, 1).evaluate(&all).unwrap().directions;
        let mut worst = 0.0_f64;
        for count in [1, 2, 3, 4, 5, 7, 8, 13, 16, 31, 33, 64, 100, 257] {
            for first in [0, 1, 350] {
                let mut part = Augmented::new(dim);
                (first..first + count).for_each(|index| part.push_point(all.point(index)));
                let alone = field(dim, 1).evaluate(&part).unwrap().directions;
                for index in 0..count {
                    for (a, b) in alone.point(index).iter().zip(together.point(first + index)) {
                        worst = worst.max((a - b).abs());
                    }
                }
            }
        }
        // Bit for bit: burn-flex sums a row of a product in an order that the other rows have no part in.
        assert!(worst == 0.0, "D = {dim}: {worst:e}");
    }
}

#[test]
fn a_point_does_not_depend_on_its_batch_at_the_usual_size() {
    let config = NetworkConfig::Mlp(MlpConfig::default());
    let network = config.init(geometry(2), &Seed(1).stream("weights"), &cpu()).unwrap();
    let field = LearnedField::new(&network, geometry(2), &cpu());
    let all = between_plates(2, 5_000, 3.0);
    let together = field.evaluate(&all).unwrap().directions;
    for count in [1, 6, 48, 1_000] {
        let mut part = Augmented::new(2);
        (0..count).for_each(|index| part.push_point(all.point(index)));
        let alone = field.evaluate(&part).unwrap().directions;
        assert_eq!(alone.as_slice(), &together.as_slice()[..3 * count], "the first {count} of 5000");
    }
}

#[test]
fn behind_a_plate_the_field_is_that_at_the_plate() {
    let mut at = Augmented::new(2);
    [-1.0, 0.0, GAP, GAP + 1.0].into_iter().for_each(|z| at.push(&[0.3, -0.4], z));
    let n = field(2, 1).evaluate(&at).unwrap().directions;
    assert_eq!(n.point(0), n.point(1));
    assert_eq!(n.point(2), n.point(3));
}

#[test]
fn more_points_than_go_to_the_device_at_once() {
    let few = between_plates(2, 20_000, 3.0);
    let values = field(2, 1).evaluate(&few).unwrap().directions;
    let direct = forward(&network(2, 1), &few);
    for index in [0, 16_383, 16_384, 19_999] {
        let mut value: Vec<_> = direct[3 * index..3 * index + 3].iter().map(|&v| f64::from(v)).collect();
        value[2] *= geometry(2).axial_unit(few.x(index), few.z(index));
        let norm = value.iter().map(|v| v * v).sum::<f64>().sqrt();
        for (n, v) in values.point(index).iter().zip(value) {
            // Rounding of two f32 products of this size.
            assert!((n - v / norm).abs() < 1e-6, "point {index}");
        }
    }
}
