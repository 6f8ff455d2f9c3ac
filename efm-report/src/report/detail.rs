use serde_json::Value;

/// How much of each run a page shows: with more runs, fewer points and lines of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Detail {
    share: f64,
}

/// Runs that are shown in full.
const IN_FULL: f64 = 4.0;

impl Detail {
    pub(crate) fn of(runs: usize) -> Self {
        Self { share: (IN_FULL / runs.max(1) as f64).min(1.0) }
    }

    /// So many of `full` things.
    pub(crate) fn of_full(self, full: usize) -> usize {
        ((full as f64 * self.share) as usize).max(1)
    }
}

/// A number to five significant digits, which no picture shows the end of; `null` where it is none.
pub(crate) fn rounded(value: f64) -> Value {
    // Written and read again: rounding of the decimal form, not of the binary one.
    format!("{value:.4e}").parse::<f64>().map_or(Value::Null, Value::from)
}

/// Numbers to five significant digits.
pub(crate) fn rounded_all(values: impl IntoIterator<Item = f64>) -> Value {
    values.into_iter().map(rounded).collect()
}
