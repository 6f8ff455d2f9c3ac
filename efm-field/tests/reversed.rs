//! The capacitor seen from its target plate.

use efm_core::Augmented;
use efm_field::oracle::{Blob, PoissonPlates};
use efm_field::{Field, Reversed};

#[test]
fn a_reversed_field_is_that_of_the_plates_exchanged() {
    // Swapping the plates by hand is the same as looking from the other side, to rounding of f64 sums in another order.
    let blob = |weight, scale, x: f64| Blob { weight, scale, middle: vec![x, 0.5 * x] };
    let (p, q) = (vec![blob(1.0, 0.5, 0.0), blob(2.0, 1.0, 1.0)], vec![blob(1.0, 0.7, 3.0)]);
    let field = Reversed(PoissonPlates::new(2, p.clone(), q.clone(), 2.0).unwrap());
    let swapped = PoissonPlates::new(2, q, p, 2.0).unwrap();
    let mut at = Augmented::new(2);
    for z in [-3.0, -0.1, 0.3, 1.0, 1.9, 2.5, 40.0] {
        at.push(&[0.4, -1.0], z);
        at.push(&[5.0, 2.0], z);
    }
    let (one, other) = (field.evaluate(&at).unwrap(), swapped.evaluate(&at).unwrap());
    for (a, b) in one.directions.as_slice().iter().zip(other.directions.as_slice()) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
    for (a, b) in one.ln_strengths.iter().zip(&other.ln_strengths) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
}
