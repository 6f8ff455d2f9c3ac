//! W2 and its relatives against closed forms, brute force, and the noise floors of the Swiss roll.
#![allow(missing_docs)]

mod common;

use common::{normal, reversed, roll, shifted};
use efm_core::{Points, Seed, Stream};
use efm_eval::*;
use proptest::prelude::*;

fn stream() -> Stream {
    Seed(7).stream("test")
}

#[test]
fn a_shift_costs_its_length() {
    for dim in [1, 2, 3, 17] {
        let a = normal(300, dim, 1);
        let v: Vec<f32> = (0..dim).map(|k| 3.0 - k as f32).collect();
        let length = v.iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt();
        let found = w2(&a, &shifted(&a, &v), &stream()).unwrap();
        assert!((found - length).abs() < 1e-5 * length, "D = {dim}: {found} against {length}");
    }
}

#[test]
fn a_permutation_costs_nothing() {
    for dim in [1, 2, 5] {
        let a = normal(500, dim, 2);
        assert!(w2(&a, &reversed(&a), &stream()).unwrap() < 1e-6);
        let found = assignment(&a, &reversed(&a), &stream(), DEFAULT_MEMORY_LIMIT).unwrap();
        assert!(found.pairs.iter().all(|&(i, j)| i + j == 499), "the pairs undo the permutation");
    }
}

#[test]
fn it_is_a_metric_whatever_the_order() {
    let (a, b, c) = (normal(200, 2, 1), roll(200, 2), shifted(&normal(200, 2, 3), &[4.0, -1.0]));
    let d = |x: &Points, y: &Points| w2(x, y, &stream()).unwrap();
    assert!((d(&a, &b) - d(&b, &a)).abs() < 1e-9);
    assert!((d(&a, &b) - d(&reversed(&a), &b)).abs() < 1e-9);
    assert!(d(&a, &c) <= d(&a, &b) + d(&b, &c) + 1e-9);
}

#[test]
fn far_clusters_and_huge_values_stay_exact() {
    let near = normal(100, 2, 1);
    let mut indices: Vec<f32> = near.as_slice().to_vec();
    indices.extend(shifted(&near, &[1e6, 0.0]).as_slice());
    let two = Points::from_values(2, indices).unwrap();
    assert!(w2(&two, &reversed(&two), &stream()).unwrap() < 1e-3);
    let huge = Points::from_values(2, vec![f32::MAX, f32::MIN, f32::MIN, f32::MAX, 0.0, 1.0]).unwrap();
    assert!(w2(&huge, &reversed(&huge), &stream()).unwrap().is_finite());
    assert!(w2(&huge, &normal(3, 2, 1), &stream()).unwrap().is_finite());
}

#[test]
fn ties_and_single_points_end() {
    let same = Points::from_values(2, vec![1.0; 1_200]).unwrap();
    assert_eq!(w2(&same, &same, &stream()).unwrap(), 0.0);
    let to_roll = w2(&same, &roll(600, 1), &stream()).unwrap();
    let closed: f64 =
        roll(600, 1).iter().map(|p| f64::from(p[0] - 1.0).powi(2) + f64::from(p[1] - 1.0).powi(2)).sum::<f64>();
    assert!((to_roll - (closed / 600.0).sqrt()).abs() < 1e-6);
    let one = normal(1, 3, 1);
    assert_eq!(w2(&one, &one, &stream()).unwrap(), 0.0);
    assert!(w2(&one, &normal(5, 3, 2), &stream()).unwrap() > 0.0);
}

#[test]
fn on_a_line_sorting_and_assignment_agree() {
    let (a, b) = (normal(300, 1, 1), normal(300, 1, 2));
    let flat = |p: &Points| Points::from_values(2, p.as_slice().iter().flat_map(|&x| [x, 0.0]).collect()).unwrap();
    let by_assignment = w2(&flat(&a), &flat(&b), &stream()).unwrap();
    assert!((w2(&a, &b, &stream()).unwrap() - by_assignment).abs() < 1e-9);
    let unequal = w2_1d(&[0.0, 1.0], &[0.0, 0.5, 1.0]).unwrap();
    // Sixths of the quantile functions: 0 0 0 1 1 1 against 0 0 ½ ½ 1 1.
    assert!((unequal - (0.5_f64 / 6.0).sqrt()).abs() < 1e-12);
}

#[test]
fn memory_is_estimated_and_refused() {
    let (a, b) = (normal(100, 2, 1), normal(100, 2, 2));
    let needed = assignment_memory(100);
    assert!(needed >= 80_000);
    assert!(assignment(&a, &b, &stream(), needed).is_ok());
    assert!(matches!(assignment(&a, &b, &stream(), needed - 1), Err(EvalError::TooLarge { points: 100, .. })));
    assert!(assignment_memory(usize::MAX / 2) > 1 << 60);
    assert!(matches!(w2(&a, &normal(0, 2, 1), &stream()), Err(EvalError::Empty { .. })));
    assert!(matches!(w2(&a, &normal(3, 3, 1), &stream()), Err(EvalError::DimensionMismatch { .. })));
}

#[test]
fn unequal_clouds_are_subsampled_by_the_stream() {
    let (a, b) = (roll(100, 1), roll(250, 2));
    let first = assignment(&a, &b, &stream(), DEFAULT_MEMORY_LIMIT).unwrap();
    assert_eq!(first, assignment(&a, &b, &stream(), DEFAULT_MEMORY_LIMIT).unwrap());
    assert_eq!(first.pairs.len(), 100);
    let mut used: Vec<_> = first.pairs.iter().map(|pair| pair.1).collect();
    used.sort_unstable();
    used.dedup();
    assert_eq!(used.len(), 100);
}

#[test]
fn sliced_w2_of_a_shift_is_its_length_over_root_d() {
    for dim in [2, 5] {
        let a = normal(200, dim, 3);
        let mut v = vec![0.0; dim];
        v[0] = 3.0;
        let found = sliced_w2(&a, &shifted(&a, &v), 4_096, &stream()).unwrap();
        let expected = 3.0 / (dim as f64).sqrt();
        assert!((found - expected).abs() < 0.03 * expected, "{found} against {expected}");
        assert!(found <= w2(&a, &shifted(&a, &v), &stream()).unwrap());
    }
    let (a, b) = (normal(100, 1, 1), normal(100, 1, 2));
    assert_eq!(sliced_w2(&a, &b, 3, &stream()).unwrap(), w2(&a, &b, &stream()).unwrap());
}

#[test]
fn the_floors_of_the_swiss_roll_are_those_of_other_code() {
    let draw = |index| Ok(roll(2_000, 100 + index));
    let exact = floor(10, draw, |a, b| w2(a, b, &stream())).unwrap();
    assert!((0.117..0.186).contains(&exact.mean), "{exact:?}");
    let sliced = floor(10, draw, |a, b| sliced_w2(a, b, DEFAULT_DIRECTIONS, &stream())).unwrap();
    assert!((0.039..0.088).contains(&sliced.mean), "{sliced:?}");
    assert!(exact.min <= exact.mean && exact.mean <= exact.max && exact.count == 10 && exact.std > 0.0);
    let halves = floor_of_halves(&roll(4_000, 5), 2_000, 3, &stream(), |a, b| w2(a, b, &stream())).unwrap();
    assert!((0.08..0.25).contains(&halves.mean), "{halves:?}");
}

#[test]
fn halves_are_disjoint_and_mixed() {
    let line = Points::from_values(1, (0..11_u8).map(f32::from).collect()).unwrap();
    for (size, expected) in [(3, 3), (5, 5), (100, 5)] {
        let (a, b) = disjoint_halves(&line, size, &stream(), 0).unwrap();
        let mut all: Vec<_> = a.as_slice().iter().chain(b.as_slice()).map(|x| *x as u32).collect();
        assert_eq!((a.len(), b.len()), (expected, expected));
        assert!(!all.is_sorted());
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * expected);
    }
    assert!(disjoint_halves(&normal(1, 1, 1), 1, &stream(), 0).is_err());
}

#[test]
fn costs_of_a_map() {
    let a = normal(300, 2, 1);
    let b = shifted(&a, &[3.0, 4.0]);
    assert!((transport_cost(&a, &b).unwrap() - 25.0).abs() < 1e-4);
    assert!((optimal_cost(&a, &b, DEFAULT_MEMORY_LIMIT).unwrap() - 25.0).abs() < 1e-4);
    let crossed = reversed(&b);
    assert!(transport_cost(&a, &crossed).unwrap() > 26.0);
    assert!((optimal_cost(&a, &crossed, DEFAULT_MEMORY_LIMIT).unwrap() - 25.0).abs() < 1e-4);
    assert!(matches!(transport_cost(&a, &normal(3, 2, 1)), Err(EvalError::Unpaired { .. })));
}

#[test]
fn modes_are_measured_apart() {
    let centres = Points::from_values(2, vec![-8.0, 0.0, 8.0, 0.0]).unwrap();
    let (left, right) = (shifted(&normal(100, 2, 1), &[-8.0, 0.0]), shifted(&normal(300, 2, 2), &[8.0, 0.0]));
    let join = |a: &Points, b: &Points| {
        Points::from_values(2, a.as_slice().iter().chain(b.as_slice()).copied().collect()).unwrap()
    };
    let both = join(&left, &right);
    let found = w2_per_mode(&join(&shifted(&left, &[0.0, 1.0]), &right), &both, &centres, &stream()).unwrap();
    assert!((found.per_mode[0].unwrap() - 1.0).abs() < 1e-4 && found.per_mode[1].unwrap() < 1e-6);
    assert!((found.mean.unwrap() - 0.5).abs() < 1e-4);
    assert_eq!(found.shares, [0.25, 0.75]);
    let lost = w2_per_mode(&right, &both, &centres, &stream()).unwrap();
    assert_eq!((lost.per_mode[0], lost.shares[0], lost.target_shares[0]), (None, 0.0, 0.25));
}

/// A pairing is optimal exactly when no cycle of exchanges lowers its cost: no negative cycle in the graph whose edge
/// i → k costs c(i, partner of k) − c(i, partner of i).
fn gain_of_the_best_cycle(a: &Points, b: &Points, pairs: &[(usize, usize)]) -> f64 {
    let n = pairs.len();
    let cost = |i: usize, j: usize| -> f64 {
        a.point(i).iter().zip(b.point(j)).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum()
    };
    let mut paths: Vec<f64> = pairs
        .iter()
        .flat_map(|&(i, j)| pairs.iter().map(move |&(_, other)| (i, j, other)))
        .map(|(i, j, other)| cost(i, other) - cost(i, j))
        .collect();
    for middle in 0..n {
        for i in 0..n {
            let to_middle = paths[i * n + middle];
            for k in 0..n {
                let through = to_middle + paths[middle * n + k];
                // Rounding alone must not make a cycle: it would double at every step.
                if through < paths[i * n + k] - 1e-11 {
                    paths[i * n + k] = through;
                }
            }
        }
    }
    (0..n).map(|i| -paths[i * n + i]).fold(0.0, f64::max)
}

#[test]
fn no_cycle_of_exchanges_improves_the_assignment() {
    let worse: Vec<_> = (0..50).map(|i| (i, 49 - i)).collect();
    assert!(gain_of_the_best_cycle(&normal(50, 2, 1), &normal(50, 2, 2), &worse) > 0.1, "the check sees a bad pairing");
    let grid = |n: usize, m: usize| {
        Points::from_values(2, (0..n).flat_map(|k| [(k % m) as f32, (k / 3 % m) as f32]).collect()).unwrap()
    };
    for (a, b) in [
        (normal(200, 2, 1), roll(200, 1)),
        (roll(200, 2), roll(200, 3)),
        (normal(150, 20, 1), normal(150, 20, 2)),
        (normal(150, 2, 1), shifted(&normal(150, 2, 2), &[50.0, 0.0])),
        (grid(160, 5), grid(160, 4)),
        (grid(160, 5), normal(160, 2, 1)),
        (grid(100, 1), roll(100, 1)),
    ] {
        let found = assignment(&a, &b, &stream(), DEFAULT_MEMORY_LIMIT).unwrap();
        let gain = gain_of_the_best_cycle(&a, &b, &found.pairs);
        assert!(gain < 1e-9, "a cycle of {} points in R^{} gains {gain}", a.len(), a.dim());
    }
}

fn arbitrary_clouds() -> impl Strategy<Value = (usize, Vec<f32>, Vec<f32>)> {
    (1..=7_usize, 1..=3_usize).prop_flat_map(|(n, dim)| {
        // Small integers make ties likely.
        let values = prop_oneof![
            proptest::collection::vec(-100.0_f32..100.0, n * dim),
            proptest::collection::vec((-2..3_i8).prop_map(f32::from), n * dim)
        ];
        (Just(dim), values.clone(), values)
    })
}

fn brute_force(a: &Points, b: &Points) -> f64 {
    fn best(a: &Points, b: &Points, row: usize, used: &mut Vec<bool>) -> f64 {
        if row == a.len() {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for column in 0..b.len() {
            if !used[column] {
                used[column] = true;
                let here: f64 = a
                    .point(row)
                    .iter()
                    .zip(b.point(column))
                    .map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2))
                    .sum();
                least = least.min(here + best(a, b, row + 1, used));
                used[column] = false;
            }
        }
        least
    }
    best(a, b, 0, &mut vec![false; b.len()]) / a.len() as f64
}

proptest! {
    #[test]
    fn the_assignment_is_the_best_permutation((dim, a, b) in arbitrary_clouds()) {
        let (a, b) = (Points::from_values(dim, a).unwrap(), Points::from_values(dim, b).unwrap());
        let found = assignment(&a, &b, &stream(), DEFAULT_MEMORY_LIMIT).unwrap();
        let expected = brute_force(&a, &b);
        prop_assert!((found.mean_squared - expected).abs() <= 1e-9 * (1.0 + expected));
        let mut columns: Vec<_> = found.pairs.iter().map(|pair| pair.1).collect();
        columns.sort_unstable();
        prop_assert_eq!(columns, (0..a.len()).collect::<Vec<_>>());
    }
}
