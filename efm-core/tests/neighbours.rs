//! Searches for the nearest against a look at all points.

use efm_core::Points;
use efm_core::neighbours::{Neighbours, Shortlist};

fn cloud(dim: usize, count: usize, value: impl Fn(usize, usize) -> f32) -> Points {
    let values = (0..count).flat_map(|index| (0..dim).map(move |axis| (index, axis)));
    Points::from_values(dim, values.map(|(index, axis)| value(index, axis)).collect()).unwrap()
}

fn squares(points: &Points, x: &[f64]) -> Vec<f64> {
    let square = |point: &[f32]| point.iter().zip(x).map(|(&p, x)| (f64::from(p) - x).powi(2)).sum();
    points.iter().map(square).collect()
}

/// Clouds that trees find hard: on one axis, on two places, on a grid with many equal points and equal distances.
fn hard(dim: usize, count: usize) -> [Points; 3] {
    [
        cloud(dim, count, |index, axis| if axis + 1 == dim { index as f32 } else { 5.0 }),
        cloud(dim, count, |index, axis| if axis == 0 { (index % 2) as f32 } else { -1.0 }),
        cloud(dim, count, |index, axis| ((index * dim + axis).pow(2) % 13) as f32 * 0.123),
    ]
}

#[test]
fn the_nearest_are_those_that_a_look_at_all_finds() {
    for dim in [1, 2, 3, 8, 9, 20] {
        for points in hard(dim, 500) {
            let neighbours = Neighbours::new(&points);
            assert_eq!((neighbours.len(), neighbours.dim()), (500, dim));
            for step in 0..60 {
                let x: Vec<f64> = (0..dim).map(|axis| 8.6 * f64::from(step) - 3.0 * axis as f64).collect();
                let squares = squares(&points, &x);
                let mut sorted = squares.clone();
                sorted.sort_by(f64::total_cmp);
                // Sums in another order: a few ulps.
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b;
                let (index, square) = neighbours.nearest(&x).unwrap();
                assert!(close(square, sorted[0]) && close(square, squares[index]), "D = {dim}");
                let few = neighbours.few(&x, 7, None);
                assert!(few.iter().zip(&sorted).all(|(found, square)| close(found.1, *square)), "D = {dim}");
                assert!(few.iter().all(|&(index, square)| close(square, squares[index])));
                let without = neighbours.few(&x, 500, Some(index));
                assert!(without.len() == 499 && without.iter().all(|found| found.0 != index));
            }
        }
    }
}

#[test]
fn balls_hold_what_they_hold() {
    for dim in [1, 2, 5, 9] {
        for points in hard(dim, 400) {
            let neighbours = Neighbours::new(&points);
            for (index, centre) in points.iter().enumerate().step_by(37) {
                let centre: Vec<f64> = centre.iter().map(|&x| f64::from(x)).collect();
                let square = (index as f64 / 50.0).powi(2);
                for touching in [true, false] {
                    let mut found = Vec::new();
                    neighbours.visit(&centre, square, touching, |index, _| {
                        found.push(index);
                        square
                    });
                    found.sort_unstable();
                    let inside = |other: &f64| *other < square || (touching && *other == square);
                    let all = squares(&points, &centre);
                    let all: Vec<_> = (0..points.len()).filter(|&other| inside(&all[other])).collect();
                    assert_eq!(found, all, "D = {dim}, radius² {square}");
                }
            }
        }
    }
}

#[test]
fn every_size_is_searched() {
    for count in 0..600 {
        let neighbours = Neighbours::new(&cloud(1, count, |_, _| 1.0));
        assert_eq!(neighbours.nearest(&[3.0]).map(|found| found.1), (count > 0).then_some(4.0));
        assert_eq!(neighbours.few(&[1.0], 20, None).len(), count.min(20));
    }
    let neighbours = Neighbours::new(&cloud(2, 5, |index, _| index as f32));
    assert_eq!((neighbours.nearest(&[0.0]), neighbours.few(&[], 3, None)), (None, vec![]));
    assert!(neighbours.few(&[0.0, 0.0], 0, None).is_empty());
}

#[test]
fn a_shortlist_keeps_the_nearest_and_of_equal_ones_the_first() {
    let mut list = Shortlist::new(2);
    assert_eq!(list.bound(), f64::INFINITY);
    for (square, index) in [(4.0, 0), (1.0, 1), (1.0, 2), (9.0, 3)] {
        list.offer(square, index);
    }
    assert_eq!((list.bound(), list.into_found()), (1.0, vec![(1, 1.0), (2, 1.0)]));
}
