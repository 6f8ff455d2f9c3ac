/// A zero of `g` between `a` and `b`, where g(a) = `ga` and g(b) = `gb` differ in sign or one of them is zero.
///
/// Brent's method (R. P. Brent, Algorithms for Minimization without Derivatives, 1973, ch. 4): inverse quadratic
/// interpolation or secant while they shrink the bracket fast, bisection otherwise. Never leaves the bracket, so a
/// g that is not smooth, or not finite inside, costs time and nothing else.
pub(crate) fn bracketed_zero(mut g: impl FnMut(f64) -> f64, (a, ga): (f64, f64), (b, gb): (f64, f64)) -> f64 {
    // `best` has the smallest |g| seen, `other` lies across the zero, `old` was best before.
    let ((mut best, mut at_best), (mut other, mut at_other)) =
        if gb.abs() <= ga.abs() { ((b, gb), (a, ga)) } else { ((a, ga), (b, gb)) };
    let (mut old, mut at_old) = (other, at_other);
    let (mut step, mut step_before) = (other - best, other - best);
    for _ in 0..MAX_ITERATIONS {
        let tolerance = f64::EPSILON * best.abs().max(f64::EPSILON);
        let half = 0.5 * (other - best);
        if at_best == 0.0 || half.abs() <= tolerance {
            return best;
        }
        let trial = interpolate([(best, at_best), (other, at_other), (old, at_old)]);
        // Interpolation must fall into the bracket near the best end and at least halve the step before last.
        let inside = trial * half > 0.0 && trial.abs() < 1.5 * half.abs();
        (step, step_before) =
            if inside && trial.abs() < 0.5 * step_before.abs() { (trial, step) } else { (half, half) };
        (old, at_old) = (best, at_best);
        best += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        at_best = g(best);
        if (at_best > 0.0) == (at_other > 0.0) {
            // The zero now lies between the new point and the old best one.
            (other, at_other) = (old, at_old);
            (step, step_before) = (best - old, best - old);
        }
        if at_other.abs() < at_best.abs() {
            (old, at_old) = (best, at_best);
            ((best, at_best), (other, at_other)) = ((other, at_other), (best, at_best));
        }
    }
    best
}

/// Bisection alone needs 52 on the unit interval; Brent's bound is its square, which no event comes near.
const MAX_ITERATIONS: usize = 200;

/// Step from the first point to the zero of the interpolating (inverse) polynomial; NaN where there is none.
fn interpolate([(best, at_best), (other, at_other), (old, at_old)]: [(f64, f64); 3]) -> f64 {
    let s = at_best / at_old;
    if old == other {
        return (other - best) * s / (s - 1.0);
    }
    let (q, r) = (at_old / at_other, at_best / at_other);
    let numerator = s * ((other - best) * q * (q - r) - (best - old) * (r - 1.0));
    -numerator / ((q - 1.0) * (r - 1.0) * (s - 1.0))
}

#[cfg(test)]
mod tests {
    use super::bracketed_zero;

    fn zero_of(g: impl Fn(f64) -> f64, a: f64, b: f64) -> (f64, usize) {
        let mut calls = 0;
        let zero = bracketed_zero(
            |x| {
                calls += 1;
                g(x)
            },
            (a, g(a)),
            (b, g(b)),
        );
        (zero, calls)
    }

    #[test]
    fn zeros_are_found_to_the_last_bits() {
        for (g, a, b, zero) in [
            (Box::new(|x: f64| x * x - 2.0) as Box<dyn Fn(f64) -> f64>, 0.0, 2.0, 2.0_f64.sqrt()),
            (Box::new(|x: f64| x.cos() - x), 0.0, 1.0, 0.739_085_133_215_160_6),
            (Box::new(|x: f64| (x - 0.25).powi(3)), 0.0, 1.0, 0.25),
            (Box::new(|x: f64| x - 1.0), 0.0, 1.0, 1.0),
            (Box::new(|x: f64| 1e-9 - x), 0.0, 1.0, 1e-9),
        ] {
            let (found, calls) = zero_of(g, a, b);
            // A triple zero is flat: (1e-5)³ is already rounding noise, so ask for that much only.
            assert!((found - zero).abs() < 1e-5, "{found} {zero}");
            assert!(calls < 160, "{calls}");
        }
        let (found, calls) = zero_of(|x| x * x - 2.0, 0.0, 2.0);
        assert!((found - 2.0_f64.sqrt()).abs() <= 4.0 * f64::EPSILON && calls < 15, "{found} after {calls}");
    }

    #[test]
    fn a_jump_is_bracketed() {
        let (found, _) = zero_of(|x| if x < 0.3 { -1.0 } else { 1.0 }, 0.0, 1.0);
        assert!((found - 0.3).abs() < 1e-15);
    }
}
