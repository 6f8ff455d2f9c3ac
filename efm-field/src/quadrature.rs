use std::f64::consts::PI;

/// Nodes and weights of the Gauss–Legendre rule of `order` nodes on (0, 1), exact for polynomials of degree 2·`order` − 1; by Newton's method on the Legendre recurrence.
pub fn gauss_legendre(order: usize) -> Vec<(f64, f64)> {
    (0..order)
        .map(|index| {
            let mut x = (PI * (index as f64 + 0.75) / (order as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut value) = (1.0, x);
                for degree in 2..=order {
                    let n = degree as f64;
                    (before, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n);
                }
                slope = order as f64 * (x * value - before) / (x * x - 1.0);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (0.5 * (x + 1.0), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}
