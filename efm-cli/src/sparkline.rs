//! A curve in one line of text.

/// Letters of a curve, and how many it has at most.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WIDTH: usize = 24;

/// A curve of positive values over a known length of work, drawn on a logarithmic scale.
#[derive(Debug, Default)]
pub struct Sparkline {
    /// Sum and number of the logarithms in each part of the work.
    parts: [(f64, u32); WIDTH],
}

impl Sparkline {
    /// Adds a value at `done` of `total`; values without a logarithm are passed over.
    pub fn add(&mut self, done: u64, total: u64, value: f64) {
        let ln = value.ln();
        if !ln.is_finite() || total == 0 {
            return;
        }
        let part = done.saturating_sub(1).min(total - 1) as u128 * WIDTH as u128 / u128::from(total);
        let (sum, count) = &mut self.parts[part as usize];
        *sum += ln;
        *count += 1;
    }

    /// The curve so far: one letter for each part of the work that has values, the highest for the largest.
    pub fn text(&self) -> String {
        let means: Vec<f64> =
            self.parts.iter().filter(|(_, count)| *count > 0).map(|(sum, count)| sum / f64::from(*count)).collect();
        let low = means.iter().copied().fold(f64::INFINITY, f64::min);
        let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // A cast from NaN, where all are equal, gives 0.
        let letter = |mean: &f64| BARS[(((mean - low) / (high - low) * 7.0).round() as usize).min(7)];
        means.iter().map(letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_falls_by_powers_falls_evenly() {
        let mut curve = Sparkline::default();
        (1..=240).for_each(|step| curve.add(step, 240, 10.0_f64.powf(-(step as f64) / 60.0)));
        let text = curve.text();
        assert_eq!((text.chars().count(), text.chars().next(), text.chars().last()), (24, Some('█'), Some('▁')));
        let heights: Vec<_> = text.chars().map(|letter| BARS.iter().position(|bar| *bar == letter).unwrap()).collect();
        assert!(heights.windows(2).all(|pair| pair[0] >= pair[1] && pair[0] - pair[1] <= 1), "{text}");
    }

    #[test]
    fn what_has_no_logarithm_leaves_no_trace() {
        let mut curve = Sparkline::default();
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            curve.add(1, 10, value);
        }
        curve.add(1, 0, 1.0);
        assert_eq!(curve.text(), "");
        curve.add(u64::MAX, 10, 1.0);
        assert_eq!(curve.text(), "▁");
    }
}
