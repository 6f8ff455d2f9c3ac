use efm_core::{Points, Stream};

use crate::cloud::{check_pair, coordinate};
use crate::{Budget, EvalError, Label, Measure, Reading};

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

/// The greatest statistic of [`ks_per_marginal`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KsMax;

/// Pairs of points whose p-value is exact.
const EXACT_P: f64 = 1e8;

/// The coordinate of the greatest statistic, the last one on a tie, and how many coordinates there are.
fn worst(a: &Points, b: &Points) -> Result<(usize, KolmogorovSmirnov, usize), EvalError> {
    let tests = ks_per_marginal(a, b)?;
    let count = tests.len();
    let worst = tests.into_iter().enumerate().max_by(|(_, x), (_, y)| x.statistic.total_cmp(&y.statistic));
    let (axis, test) = worst.ok_or(EvalError::Undefined { what: "a coordinate of points without coordinates" })?;
    Ok((axis, test, count))
}

impl Measure for KsMax {
    fn name(&self) -> &str {
        "ks_max"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        Ok(worst(a, b)?.1.statistic)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("ks_max").titled("KS, worst axis").within(0.0, 1.0)]
    }

    fn reading(&self, a: &Points, b: &Points, _: &Stream) -> Result<Reading, EvalError> {
        let (axis, worst, count) = worst(a, b)?;
        let exact = a.len() as f64 * b.len() as f64 <= EXACT_P && worst.p_value > 1e-10;
        let one = if exact { ks_exact_p_value(worst.statistic, a.len(), b.len())? } else { worst.p_value };
        let reading = Reading::of(vec![worst.statistic]).with("axis", axis as f64).with("p_value_of_axis", one);
        // Bonferroni: the worst of D tests.
        Ok(reading.with_p_value(Some((one * count as f64).min(1.0))))
    }

    fn budget(&self, _: usize) -> Budget {
        Budget::of_all()
    }

    fn work(&self, [n, m]: [usize; 2], dim: usize) -> f64 {
        dim as f64 * (n as f64 + m as f64) * 60.0
    }
}
