//! Splits are disjoint, complete, keyed, and leave enough on both sides.

use efm_core::{Points, Seed};
use efm_data::{DataError, split};
use proptest::prelude::*;

/// Points that carry their index.
fn numbered(count: usize) -> Points {
    Points::from_values(2, (0..2 * count).map(|value| (value / 2) as f32).collect()).unwrap()
}

fn rows(points: &Points) -> Vec<usize> {
    points.iter().map(|point| point[0] as usize).collect()
}

proptest! {
    #[test]
    fn disjoint_complete_and_in_order(count in 0_usize..200, fraction in 0.001_f64..0.999, seed: u64) {
        let stream = Seed(seed).stream("split");
        let (train, test) = split(&numbered(count), fraction, &stream).unwrap();
        let mut all = [rows(&train), rows(&test)].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        prop_assert!(rows(&train).is_sorted() && rows(&test).is_sorted());
        if count >= 3 {
            prop_assert!(train.len() >= 2 && !test.is_empty());
            prop_assert!((test.len() as f64 - fraction * count as f64).abs() <= 2.0);
        } else {
            prop_assert!(test.is_empty());
        }
        prop_assert_eq!(split(&numbered(count), fraction, &stream).unwrap(), (train, test));
    }
}

#[test]
fn every_row_has_the_same_chance() {
    let mut hits = [0_u32; 10];
    for seed in 0..2000 {
        let (_, test) = split(&numbered(10), 0.3, &Seed(seed).stream("split")).unwrap();
        rows(&test).into_iter().for_each(|row| hits[row] += 1);
    }
    // 600 expected, standard deviation 20.5.
    assert!(hits.iter().all(|count| count.abs_diff(600) < 103), "{hits:?}");
}

#[test]
fn a_fraction_outside_zero_to_one_is_refused() {
    for fraction in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
        let error = split(&numbered(9), fraction, &Seed(1).stream("split")).unwrap_err();
        assert!(matches!(error, DataError::BadParameter { field: "test_fraction", .. }), "{error}");
    }
}
