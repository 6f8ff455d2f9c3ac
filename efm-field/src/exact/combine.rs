//! From the sums of two plates to a direction and a strength.

use crate::Law;
use crate::kernels::PlateSum;
use crate::vector::{length, normalise};

/// Writes the unit direction of the whole field into `direction` and returns ln |sum|.
///
/// Without any contribution: +z and −∞.
pub fn combine(law: Law, plates: [PlateSum; 2], direction: &mut [f64]) -> f64 {
    let top = plates[0].ln_scale.max(plates[1].ln_scale);
    direction.fill(0.0);
    for PlateSum { ln_scale, vector } in plates {
        let factor = match law {
            Law::Published => {
                let norm = length(vector);
                if norm > 0.0 { 1.0 / norm } else { 0.0 }
            }
            _ if ln_scale == f64::NEG_INFINITY => 0.0,
            _ => (ln_scale - top).exp(),
        };
        if factor > 0.0 {
            for (sum, value) in direction.iter_mut().zip(vector) {
                *sum += factor * value;
            }
        }
    }
    let norm = normalise(direction);
    if norm > 0.0 { top + norm.ln() } else { f64::NEG_INFINITY }
}
