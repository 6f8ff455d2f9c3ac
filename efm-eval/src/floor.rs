use efm_core::{Points, Stream};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::EvalError;
use crate::cloud::shuffled;

/// Mean, spread and range of repeated measurements.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Statistics {
    /// Mean.
    pub mean: f64,
    /// Standard deviation over the repeats (divisor n − 1); 0 for one repeat.
    pub std: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Number of repeats.
    pub count: usize,
}

impl Statistics {
    /// Statistics of these values; none for no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len();
        if values.iter().all(|value| *value == values[0]) {
            // Rounding of the mean must not look like spread.
            return Some(Self { mean: values[0], std: 0.0, min: values[0], max: values[0], count });
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            mean,
            std: if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 },
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            count,
        })
    }

    /// Half of the 95 % confidence interval of the mean, by Student's t; none for a single value.
    pub fn half_interval(&self) -> Option<f64> {
        Some(student(self.count)? * self.std / (self.count as f64).sqrt())
    }
}

/// The 97.5 % point of Student's t with a degree of freedom less than there are values; none for fewer than two of them.
pub(crate) fn student(values: usize) -> Option<f64> {
    let freedom = values.checked_sub(1)? as f64;
    StudentsT::new(0.0, 1.0, freedom).ok().map(|law| law.inverse_cdf(0.975))
}

/// The noise floor of a measure: its value between two fresh draws of the target, over `repeats` pairs of draws.
///
/// `draw(k)` gives the k-th draw, of the size that the measure will see; pair r uses the draws 2r and 2r + 1. No
/// transported cloud can be expected below the floor; results are read as ratios to its mean.
///
/// # Errors
/// [`EvalError::TooSmall`] for no repeats, and what `draw` and `measure` return.
pub fn floor(
    repeats: usize,
    mut draw: impl FnMut(u64) -> Result<Points, EvalError>,
    mut measure: impl FnMut(&Points, &Points) -> Result<f64, EvalError>,
) -> Result<Statistics, EvalError> {
    let mut values = Vec::with_capacity(repeats);
    for repeat in 0..repeats as u64 {
        let (first, second) = (draw(2 * repeat)?, draw(2 * repeat + 1)?);
        values.push(measure(&first, &second)?);
    }
    Statistics::of(&values).ok_or(EvalError::TooSmall { what: "the number of repeats", value: 0, least: 1 })
}

/// Two disjoint random parts of a finite cloud, `size` points each, or half of the cloud each where that is less.
///
/// Generator `repeat` of the stream draws them. With fewer than 2 · `size` points the parts are smaller than asked and
/// a floor from them is too high.
///
/// # Errors
/// [`EvalError::TooSmall`] for fewer than two points or `size` = 0.
pub fn disjoint_halves(
    points: &Points,
    size: usize,
    stream: &Stream,
    repeat: u64,
) -> Result<(Points, Points), EvalError> {
    if points.len() < 2 {
        return Err(EvalError::TooSmall { what: "the number of points to halve", value: points.len(), least: 2 });
    }
    if size == 0 {
        return Err(EvalError::TooSmall { what: "the size of a half", value: 0, least: 1 });
    }
    let size = size.min(points.len() / 2);
    let chosen = shuffled(points.len(), 2 * size, &mut stream.at(repeat));
    Ok((points.select(&chosen[..size]), points.select(&chosen[size..])))
}

/// The noise floor of a measure from finite data: its value between two disjoint halves, see [`disjoint_halves`].
///
/// # Errors
/// As [`disjoint_halves`] and [`floor`].
pub fn floor_of_halves(
    points: &Points,
    size: usize,
    repeats: usize,
    stream: &Stream,
    mut measure: impl FnMut(&Points, &Points) -> Result<f64, EvalError>,
) -> Result<Statistics, EvalError> {
    let mut values = Vec::with_capacity(repeats);
    for repeat in 0..repeats as u64 {
        let (first, second) = disjoint_halves(points, size, stream, repeat)?;
        values.push(measure(&first, &second)?);
    }
    Statistics::of(&values).ok_or(EvalError::TooSmall { what: "the number of repeats", value: 0, least: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_students() {
        // Abramowitz and Stegun, table 26.10, three digits after the point.
        for (freedom, value) in [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (19, 2.093), (1_000_000, 1.960)] {
            assert!((student(freedom + 1).unwrap() - value).abs() < 6e-4, "{freedom}");
        }
        // Four values 1, 2, 3, 4: s = √(5/3).
        let found = Statistics::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        let half = 3.182_446_305 * (5.0_f64 / 3.0).sqrt() / 2.0;
        assert!((found.half_interval().unwrap() - half).abs() < 1e-8);
        assert_eq!(Statistics::of(&[1.0]).unwrap().half_interval(), None);
    }
}
