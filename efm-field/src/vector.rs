//! Length and direction of a vector of any number of coordinates.

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
