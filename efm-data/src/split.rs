use efm_core::{Points, Stream};
use rand::Rng;

use crate::DataError;

/// Splits rows into a training and a test part: disjoint, together complete, each in the order of the input.
///
/// Each row draws a key from `stream` at its index, and the rows of the smallest keys are the test part. From N = 3 on
/// at least 2 rows stay for training and at least 1 goes to the test; below that all rows are training rows. The test
/// part holds `test_fraction · N` rows, rounded, within these bounds.
///
/// # Errors
/// [`DataError::BadParameter`] unless 0 < `test_fraction` < 1.
pub fn split(points: &Points, test_fraction: f64, stream: &Stream) -> Result<(Points, Points), DataError> {
    if !(test_fraction > 0.0 && test_fraction < 1.0) {
        return Err(DataError::BadParameter {
            place: "split",
            field: "test_fraction",
            problem: format!("is {test_fraction}; it must lie between 0 and 1"),
        });
    }
    let count = points.len();
    let tests = if count < 3 { 0 } else { ((test_fraction * count as f64).round() as usize).clamp(1, count - 2) };
    let mut order: Vec<(u64, usize)> = (0..count).map(|row| (stream.at(row as u64).next_u64(), row)).collect();
    order.sort_unstable();
    let mut is_test = vec![false; count];
    for (_, row) in &order[..tests] {
        is_test[*row] = true;
    }
    let (test, train): (Vec<usize>, Vec<usize>) = (0..count).partition(|row| is_test[*row]);
    Ok((points.select(&train), points.select(&test)))
}
