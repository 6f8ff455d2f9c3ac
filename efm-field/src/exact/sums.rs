//! From the sums of two plates to a direction and a strength.

use crate::Law;

/// Σ c_i (A_i (x − x_i), B_i) over the charges of one plate, relative to e^{ln_scale}.
#[derive(Debug, Clone, Default)]
pub struct PlateSum {
    /// Logarithm of the common factor; −∞ when nothing contributes.
    pub ln_scale: f64,
    /// D + 1 coordinates.
    pub vector: Vec<f64>,
}

impl PlateSum {
    /// Nothing contributes.
    pub fn zero(dim: usize) -> Self {
        Self { ln_scale: f64::NEG_INFINITY, vector: vec![0.0; dim + 1] }
    }
}

/// Writes the unit direction of the whole field into `direction` and returns ln |sum|.
///
/// Without any contribution: +z and −∞.
pub fn combine(law: Law, plates: [(f64, &[f64]); 2], direction: &mut [f64]) -> f64 {
    let top = plates[0].0.max(plates[1].0);
    direction.fill(0.0);
    for (ln_scale, vector) in plates {
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

/// Euclidean length, safe from overflow and underflow.
pub fn length(vector: &[f64]) -> f64 {
    let top = vector.iter().fold(0.0_f64, |top, value| top.max(value.abs()));
    if top == 0.0 || !top.is_finite() {
        return if top == 0.0 { 0.0 } else { f64::INFINITY };
    }
    top * vector.iter().map(|value| (value / top).powi(2)).sum::<f64>().sqrt()
}

/// Makes the vector a unit vector and returns its length; +z and 0 for a zero vector.
pub fn normalise(vector: &mut [f64]) -> f64 {
    let norm = length(vector);
    if norm > 0.0 && norm.is_finite() {
        // Divide by the largest coordinate first: 1/norm may overflow.
        let top = vector.iter().fold(0.0_f64, |top, value| top.max(value.abs()));
        let rest = norm / top;
        vector.iter_mut().for_each(|value| *value = *value / top / rest);
        norm
    } else {
        vector.fill(0.0);
        if let Some(last) = vector.last_mut() {
            *last = 1.0;
        }
        0.0
    }
}
