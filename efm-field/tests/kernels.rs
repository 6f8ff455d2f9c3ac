//! The fast kernels against the readable reference.

mod common;

use common::{capacitor, distance, queries};
use efm_field::{ExactField, Field, Law, Precision, reference};

/// Worst error of direction and of ln |E| over a few points.
fn worst(dim: usize, len: usize, gap: f64, law: Law, precision: Precision) -> (f64, f64) {
    let capacitor = capacitor(dim, len, gap, 5);
    let at = queries(dim, 20, gap, 6);
    let field = ExactField::new(capacitor.clone(), law).with_precision(precision);
    let values = field.evaluate(&at).expect("valid queries");
    let mut worst = (0.0_f64, 0.0_f64);
    for index in 0..at.len() {
        let truth = reference::field(&capacitor, law, at.point(index));
        worst.0 = worst.0.max(distance(values.directions.point(index), &truth.direction));
        if law != Law::Published {
            worst.1 = worst.1.max((values.ln_strengths[index] - truth.ln_strength).abs());
        }
    }
    worst
}

#[test]
fn batch_agrees_with_the_reference() {
    for (dim, len) in [(1, 700), (2, 700), (3, 300), (7, 300), (8, 300), (64, 100), (784, 40), (12_288, 8)] {
        for law in [Law::Coulomb, Law::Mirror, Law::Published] {
            for gap in [0.3, 3.0, 30.0] {
                for precision in [Precision::F32, Precision::F64] {
                    let (direction, strength) = worst(dim, len, gap, law, precision);
                    // F32: rounding of a difference next to a charge and of r², times the exponent (D+1)/2; the errors of
                    // D coordinates partly cancel. F64: the polynomial of the mirror (D ≤ 8), else rounding.
                    let tolerance = match precision {
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
            let mut at = efm_core::Augmented::new(2);
            at.push(&[0.6 * r, -0.8 * r], 0.3);
            let direction = field.evaluate(&at).expect("valid").directions;
            let truth = reference::field(&capacitor, law, at.point(0)).direction;
            let error = distance(direction.point(0), &truth);
            assert!(error < 1e-5 + 1e-14 * r, "{law:?} at {r:e}: {error:e}");
        }
    }
}
