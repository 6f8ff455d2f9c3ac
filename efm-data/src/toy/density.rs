//! Closed forms of densities, in logarithms.

use std::f64::consts::TAU;

/// ln of the normal density with this mean and these variances at `point`; `None` where a variance is 0.
pub(super) fn ln_normal<'a>(
    point: &[f64],
    mean: impl IntoIterator<Item = f64>,
    variances: impl IntoIterator<Item = f64> + 'a,
) -> Option<f64> {
    let mut sum = 0.0;
    for ((x, mean), variance) in point.iter().zip(mean).zip(variances) {
        if variance <= 0.0 {
            return None;
        }
        sum -= 0.5 * ((x - mean).powi(2) / variance + (TAU * variance).ln());
    }
    Some(sum)
}

/// ln Σ exp, without overflow; −∞ for no terms.
pub(super) fn ln_sum(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + terms.iter().map(|term| (term - largest).exp()).sum::<f64>().ln()
}
