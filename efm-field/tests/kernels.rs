//! The fast kernels against the readable reference.

mod common;

use common::{capacitor, cloud, distance, queries};
use efm_core::{Augmented, Capacitor, Points, Side};
use efm_field::{ExactField, Field, Law, Precision, reference};

/// Worst error of direction and of ln |E| over a few points.
fn worst(dim: usize, len: usize, gap: f64, law: Law, precision: Precision) -> (f64, f64) {
    let capacitor = capacitor(dim, len, gap, 5);
    let at = queries(dim, 20, gap, 6);
    let field = ExactField::new(capacitor.clone(), law).with_precision(precision);
    let values = field.evaluate(&at).expect("valid queries");
    let mut worst = (0.0_f64, 0.0_f64);
    for index in 0..at.len() {
        let truth = reference::field(&capacitor, law, at.point(index)).expect("finite");
        worst.0 = worst.0.max(distance(values.directions.point(index), &truth.direction));
        if law != Law::Published {
            worst.1 = worst.1.max((values.ln_strengths[index] - truth.ln_strength).abs());
        }
    }
    worst
}

#[test]
fn batch_agrees_with_the_reference() {
    for (dim, len) in [
        (1, 700),
        (2, 700),
        (3, 300),
        (7, 300),
        (8, 300),
        (9, 300),
        (32, 300),
        (33, 100),
        (64, 100),
        (784, 40),
        (12_288, 8),
    ] {
        for law in [Law::Coulomb, Law::Mirror, Law::Published] {
            for gap in [0.3, 3.0, 30.0] {
                for precision in [Precision::F32, Precision::F64] {
                    let (direction, strength) = worst(dim, len, gap, law, precision);
                    // F32: rounding of a difference next to a charge and of r², times the exponent (D+1)/2; the errors of
                    // D coordinates partly cancel. The product form corrects what it estimates above 3e-6. F64: the polynomial of the mirror (D ≤ 8), else rounding.
                    let tolerance = match precision {
                        Precision::F32 if dim > 8 => 1e-5,
                        Precision::F32 => 5e-6 * (1.0 + dim as f64 / 8.0).sqrt(),
                        Precision::F64 => 2e-10,
                    };
                    assert!(direction < tolerance, "D {dim} {law:?} L {gap} {precision:?}: direction {direction:e}");
                    assert!(strength < tolerance, "D {dim} {law:?} L {gap} {precision:?}: ln |E| {strength:e}");
                }
            }
        }
    }
}

#[test]
fn far_away_where_the_plates_cancel() {
    // Along a ray from 1 to 1e9: past f32, past f64, past the kernels. The reference itself cancels there: its rounding,
    // relative to what is left, is 1e-16·distance/L.
    for law in [Law::Coulomb, Law::Mirror] {
        let capacitor = capacitor(2, 50, 1.0, 9);
        let field = ExactField::new(capacitor.clone(), law);
        for step in 0..19 {
            let r = 10.0_f64.powf(0.5 * f64::from(step));
            let mut at = Augmented::new(2);
            at.push(&[0.6 * r, -0.8 * r], 0.3);
            let direction = field.evaluate(&at).expect("valid").directions;
            let truth = reference::field(&capacitor, law, at.point(0)).expect("finite").direction;
            let error = distance(direction.point(0), &truth);
            assert!(error < 1e-5 + 1e-14 * r, "{law:?} at {r:e}: {error:e}");
        }
    }
}

#[test]
fn digits_are_kept_where_squares_cancel() {
    // |x|² + |y|² − 2x·y is worst where a point is close to charges and all of them are far from the centre: two tight
    // heaps on each plate, 30 or 1000 of their widths apart, seen from inside a heap, from the gap and from next to a charge.
    for dim in [9, 10, 31, 64, 300] {
        for apart in [0.0, 30.0, 1000.0] {
            let heap = |seed| {
                let values = cloud(dim, 40, 0.0, seed);
                let shifted = values.iter().enumerate().flat_map(|(index, point)| {
                    let side = if index % 2 == 0 { apart } else { -apart };
                    point.iter().enumerate().map(move |(axis, x)| if axis == 1 { x + side as f32 } else { *x })
                });
                Points::from_values(dim, shifted.collect()).expect("finite")
            };
            let gap = 1.5;
            let capacitor = Capacitor::new(heap(1), heap(2), gap).expect("valid");
            let mut at = queries(dim, 12, gap, 3);
            for (index, side) in (0..12).map(|index| (index, if index % 2 == 0 { apart } else { -apart })) {
                at.x_mut(index)[1] += side;
            }
            for index in 0..10 {
                let near = 10.0_f64.powi(-index);
                let charge: Vec<f64> =
                    capacitor.plate(Side::Source).point(0).iter().map(|&x| f64::from(x) + near).collect();
                at.push(&charge, 0.3 * near);
            }
            for law in [Law::Coulomb, Law::Mirror] {
                let values = ExactField::new(capacitor.clone(), law).evaluate(&at).expect("valid");
                for index in 0..at.len() {
                    let truth = reference::field(&capacitor, law, at.point(index)).expect("finite");
                    let error = distance(values.directions.point(index), &truth.direction);
                    // Charges are kept in f32 relative to the centre: the rounding of their places, in units of the
                    // distance to the nearest, is what any f32 layout loses.
                    let nearest = Side::BOTH.iter().flat_map(|&side| {
                        let height = at.z(index) - side.height(gap);
                        let x = at.x(index);
                        let away =
                            move |y: &[f32]| -> f64 { x.iter().zip(y).map(|(x, &y)| (x - f64::from(y)).powi(2)).sum() };
                        capacitor.plate(side).iter().map(move |charge| (away(charge) + height * height).sqrt())
                    });
                    let nearest = nearest.fold(f64::INFINITY, f64::min);
                    let place = 6e-8 * (apart + 4.0) * (dim as f64).sqrt() / nearest;
                    assert!(
                        error < 1e-5 + place,
                        "D {dim} {law:?} apart {apart} point {index}: {error:e}, place {place:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn sums_go_in_rounds_and_blocks() {
    // More charges than are weighed at a time, the strongest ones in the last round; more points than a tile holds.
    let gap = 2.0;
    for dim in [9, 40] {
        let far = cloud(dim, 9000, 3.0, 1);
        let near = cloud(dim, 300, 0.0, 2);
        let both = Points::from_values(dim, [far.as_slice(), near.as_slice()].concat()).expect("finite");
        let capacitor = Capacitor::new(both, cloud(dim, 9100, 0.5, 3), gap).expect("valid");
        let at = queries(dim, 130, gap, 4);
        for law in [Law::Coulomb, Law::Mirror, Law::Published] {
            let field = ExactField::new(capacitor.clone(), law);
            let values = field.evaluate(&at).expect("valid");
            for index in [0, 7, 95, 96, 129] {
                let truth = reference::field(&capacitor, law, at.point(index)).expect("finite");
                let error = distance(values.directions.point(index), &truth.direction);
                assert!(error < 5e-6, "{law:?} point {index}: {error:e}");
                if law != Law::Published {
                    let strength = (values.ln_strengths[index] - truth.ln_strength).abs();
                    assert!(strength < 5e-6, "{law:?} point {index}: ln |E| {strength:e}");
                }
                let mut alone = Augmented::new(dim);
                alone.push_point(at.point(index));
                assert_eq!(field.evaluate(&alone).expect("valid").directions.point(0), values.directions.point(index));
            }
        }
    }
}
