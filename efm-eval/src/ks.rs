use efm_core::Points;

use crate::EvalError;
use crate::cloud::{check_pair, coordinate};

/// Result of a two-sample Kolmogorov–Smirnov test.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KolmogorovSmirnov {
    /// sup |F − G| of the two empirical distribution functions, 0 to 1.
    pub statistic: f64,
    /// Probability of a statistic at least as large when both samples come from one continuous law.
    pub p_value: f64,
}

/// The two-sample Kolmogorov–Smirnov test on each coordinate, D results.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`].
pub fn ks_per_marginal(a: &Points, b: &Points) -> Result<Vec<KolmogorovSmirnov>, EvalError> {
    check_pair(a, b)?;
    (0..a.dim()).map(|axis| ks(&coordinate(a, axis), &coordinate(b, axis))).collect()
}

/// The two-sample Kolmogorov–Smirnov test on a line.
///
/// The p-value is asymptotic, with Stephens' correction: Q((√m + 0.12 + 0.11/√m) D), m = n₁n₂/(n₁+n₂),
/// Q(λ) = 2 Σ (−1)^{k−1} exp(−2k²λ²); good for m above about 4. With ties it is conservative.
///
/// # Errors
/// [`EvalError::Empty`].
pub fn ks(a: &[f64], b: &[f64]) -> Result<KolmogorovSmirnov, EvalError> {
    if a.is_empty() {
        return Err(EvalError::Empty { what: "the first sample" });
    }
    if b.is_empty() {
        return Err(EvalError::Empty { what: "the second sample" });
    }
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut statistic) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let next = if a[i].total_cmp(&b[j]).is_le() { a[i] } else { b[j] };
        while i < a.len() && a[i].total_cmp(&next).is_le() {
            i += 1;
        }
        while j < b.len() && b[j].total_cmp(&next).is_le() {
            j += 1;
        }
        statistic = statistic.max((i as f64 / n - j as f64 / m).abs());
    }
    let root = (n * m / (n + m)).sqrt();
    Ok(KolmogorovSmirnov { statistic, p_value: kolmogorov_tail((root + 0.12 + 0.11 / root) * statistic) })
}

/// P(statistic ≥ `statistic`) when samples of `n` and `m` points come from one continuous law, exactly: the share of the
/// orders of n + m points whose two distribution functions stay nearer than that. O(n m); below 1e-12 it is rounding.
///
/// # Errors
/// [`EvalError::Empty`] for n = 0 or m = 0.
pub fn ks_exact_p_value(statistic: f64, n: usize, m: usize) -> Result<f64, EvalError> {
    if n == 0 || m == 0 {
        return Err(EvalError::Empty { what: "one of the samples" });
    }
    // Statistics are multiples of 1/(n m); half of one keeps rounding from deciding.
    let reach = statistic - 0.5 / n as f64 / m as f64;
    let inside = |i: usize, j: usize| (i as f64 / n as f64 - j as f64 / m as f64).abs() < reach;
    // The share of the ways to (i, j) that stayed inside: the last step came from (i − 1, j) in i of i + j cases.
    let mut shares = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            shares[j] = match (i, j) {
                _ if !inside(i, j) => 0.0,
                (0, 0) => 1.0,
                (_, 0) => shares[0],
                (0, _) => shares[j - 1],
                _ => (i as f64 * shares[j] + j as f64 * shares[j - 1]) / (i + j) as f64,
            };
        }
    }
    Ok((1.0 - shares[m]).clamp(0.0, 1.0))
}

/// P(K > λ) of the Kolmogorov distribution.
fn kolmogorov_tail(lambda: f64) -> f64 {
    // Below 0.2 the tail is 1 to 12 digits, and the series converges slowly.
    if lambda < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..=100 {
        let k = f64::from(k);
        let term = (-2.0 * k * k * lambda * lambda).exp();
        sum += if k % 2.0 == 1.0 { term } else { -term };
        if term < 1e-16 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}
