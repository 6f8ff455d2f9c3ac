//! Means and spreads: one meaning each.

use crate::Points;

/// Moments. All sums run in f64, point after point; a cloud without points has 0 for each.
impl Points {
    /// Mean of each coordinate, D numbers.
    pub fn mean(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.dim()];
        for point in self.iter() {
            sums.iter_mut().zip(point).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        let count = self.len().max(1) as f64;
        sums.iter_mut().for_each(|sum| *sum /= count);
        sums
    }

    /// Mean square distance of each coordinate from its mean, D numbers: variances, with N below the line.
    pub fn variances(&self) -> Vec<f64> {
        let mean = self.mean();
        let mut sums = vec![0.0; self.dim()];
        for point in self.iter() {
            for ((sum, &x), mean) in sums.iter_mut().zip(point).zip(&mean) {
                *sum += (f64::from(x) - mean).powi(2);
            }
        }
        let count = self.len().max(1) as f64;
        sums.iter_mut().for_each(|sum| *sum /= count);
        sums
    }

    /// Root mean square distance of a coordinate from its mean: the size of the cloud wherever it lies.
    pub fn spread(&self) -> f64 {
        (self.variances().iter().fold(0.0, |sum, variance| sum + variance) / self.dim() as f64).sqrt()
    }

    /// Mean square of all coordinates.
    pub fn mean_square(&self) -> f64 {
        let sum: f64 = self.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum();
        sum / self.as_slice().len().max(1) as f64
    }

    /// Root mean square of all coordinates: how far out the cloud lies, seen from zero. Unlike [`Points::spread`] it counts the
    /// mean.
    pub fn rms(&self) -> f64 {
        self.mean_square().sqrt()
    }
}

/// The middle value in order of size, of an even number the upper one of two: always one of the values. `None` of none.
///
/// Reorders the values. NaN counts as larger than all others.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_cloud_that_fits_on_a_line_of_paper() {
        // (1, 5), (3, 5): mean (2, 5), variances (1, 0).
        let points = Points::from_values(2, vec![1.0, 5.0, 3.0, 5.0]).unwrap();
        assert_eq!((points.mean(), points.variances()), (vec![2.0, 5.0], vec![1.0, 0.0]));
        assert_eq!(points.spread(), 0.5_f64.sqrt());
        assert_eq!((points.mean_square(), points.rms()), (15.0, 15.0_f64.sqrt()));
        let nothing = Points::from_values(3, vec![]).unwrap();
        assert_eq!((nothing.mean(), nothing.spread(), nothing.rms()), (vec![0.0; 3], 0.0, 0.0));
    }

    #[test]
    fn spread_and_mean_make_up_the_mean_square() {
        // Steiner: mean square = spread² + |mean|²/D, for any cloud.
        let values: Vec<f32> = (0..3_000).map(|k| ((k * k) % 97) as f32 / 7.0 - 3.0).collect();
        let points = Points::from_values(3, values).unwrap();
        let mean = points.mean().iter().map(|mean| mean * mean).sum::<f64>() / 3.0;
        assert!((points.mean_square() - points.spread().powi(2) - mean).abs() < 1e-12 * points.mean_square());
    }

    #[test]
    fn far_from_zero_the_spread_keeps_its_digits() {
        // Eighths are f32 values in both places.
        let near: Vec<f32> = (0..100).map(|k| k as f32 / 8.0).collect();
        let far = near.iter().map(|x| x + 65_536.0).collect();
        let [near, far] = [near, far].map(|values| Points::from_values(1, values).unwrap());
        assert!((near.spread() - far.spread()).abs() < 1e-12);
    }

    #[test]
    fn medians_are_values() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(3.0));
        assert_eq!(median(&mut [f64::NAN, 1.0, f64::INFINITY]), Some(f64::INFINITY));
    }
}
