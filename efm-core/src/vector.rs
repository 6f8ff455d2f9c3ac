//! Lengths and distances.

/// Square of the distance between a point of a cloud and any other one: |a − b|² in f64.
///
/// In eight sums side by side, which the compiler turns into vectors. What one slice has more than the other is left out.
#[inline(always)]
pub fn square_distance(point: &[f32], x: &[f64]) -> f64 {
    const LANES: usize = 8;
    let (points, point_rest) = point.as_chunks::<LANES>();
    let (values, rest) = x.as_chunks::<LANES>();
    let rest: f64 = point_rest.iter().zip(rest).map(|(&p, x)| (f64::from(p) - x).powi(2)).sum();
    let mut sums = [0.0; LANES];
    for (points, values) in points.iter().zip(values) {
        for ((sum, &p), x) in sums.iter_mut().zip(points).zip(values) {
            let step = f64::from(p) - x;
            *sum += step * step;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Length of a vector, for coordinates whose squares neither overflow nor underflow.
pub fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Makes `vector` a unit vector; along its last coordinate if it is zero.
pub fn normalise(vector: &mut [f64]) {
    let length = length(vector);
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    } else if let Some(last) = vector.last_mut() {
        *last = 1.0;
    }
}
