//! Parts of the sets drawn again and again: how much a figure would vary, and its floor.

use efm_core::streams;
use efm_core::{Points, Seed};

use super::Comparison;
use crate::cloud::shuffled;
use crate::floor::student;
use crate::{EvalError, Measure, Statistics};

/// A measure's figures on draws.
pub(super) struct Draws {
    /// Points of the draws of either set.
    pub(super) samples: [usize; 2],
    /// Points of the two draws of the target behind the floor.
    pub(super) floor_samples: [usize; 2],
    /// Of each figure its values between draws of the two sets, and between two disjoint draws of the target.
    values: Vec<(Vec<f64>, Vec<f64>)>,
    /// Standard deviation of a figure relative to that of its draws.
    factor: f64,
}

impl Draws {
    /// Sizes of the draws of two sets, if they are large enough to be halved.
    pub(super) fn sizes(measure: &dyn Measure, sets: [usize; 2], dim: usize, most: usize) -> Option<[usize; 2]> {
        let budget = measure.budget(dim);
        let sizes = sets.map(|set| (set / 2).min(budget.draw.min(most)));
        let sizes = if budget.equal { [sizes[0].min(sizes[1]); 2] } else { sizes };
        (sizes.iter().min() >= Some(&2)).then_some(sizes)
    }

    /// Draws without replacement: of the first set, and two disjoint ones of the second. `used` are the points behind the figure.
    pub(super) fn take(
        measure: &dyn Measure,
        sets: [&Points; 2],
        used: [usize; 2],
        options: &Comparison,
        mut done: impl FnMut(usize),
    ) -> Result<Option<Self>, EvalError> {
        let [a, b] = sets;
        let count = options.draws.min(measure.budget(a.dim()).draws);
        let lengths = sets.map(Points::len);
        let most = options.most.unwrap_or(usize::MAX);
        let Some([left, right]) = Self::sizes(measure, lengths, a.dim(), most) else { return Ok(None) };
        if count == 0 {
            return Ok(None);
        }
        let other = left.min(lengths[1] - right);
        let (of_a, of_b) = (options.seed.stream(streams::COMPARE_FIRST), options.seed.stream(streams::COMPARE_SECOND));
        let stream = options.seed.stream(streams::COMPARE);
        let mut values = vec![(Vec::new(), Vec::new()); measure.labels().len()];
        for draw in 0..count {
            let first = a.select(&shuffled(a.len(), left, &mut of_a.at(draw as u64)));
            let chosen = shuffled(b.len(), right + other, &mut of_b.at(draw as u64));
            let (second, third) = (b.select(&chosen[..right]), b.select(&chosen[right..]));
            let taken = (measure.values(&first, &second, &stream), measure.values(&third, &second, &stream));
            let (between, within) = match taken {
                (Ok(between), Ok(within)) => (between, within),
                // Halves may be too small where the sets were not; where memory is short they may be larger than what it held.
                (Err(error), _) | (_, Err(error)) if error.leaves_out() => return Ok(None),
                (Err(error), _) | (_, Err(error)) => return Err(error),
            };
            for (list, (between, within)) in values.iter_mut().zip(between.into_iter().zip(within)) {
                list.0.push(between);
                list.1.push(within);
            }
            done(draw + 1);
        }
        let factor = (0..2).map(|set| scale(lengths[set], used[set], [left, right][set])).fold(0.0, f64::max);
        Ok(Some(Self { samples: [left, right], floor_samples: [other, right], values, factor }))
    }

    /// Values of a figure between draws of the sets, and its floor.
    pub(super) fn statistics(&self, figure: usize) -> Option<(Statistics, Statistics)> {
        let (between, within) = self.values.get(figure)?;
        Some((Statistics::of(between)?, Statistics::of(within)?))
    }

    /// Half the length of the 95 % interval of a figure; none for a single draw.
    pub(super) fn half_interval(&self, figure: usize) -> Option<f64> {
        let (between, _) = self.statistics(figure)?;
        Some(student(between.count)? * between.std * self.factor)
    }
}

/// Standard deviation of a mean over `used` points relative to that of means over `drawn` of the `all` points there are,
/// drawn without replacement: √((1/used)/(1/drawn − 1/all)).
fn scale(all: usize, used: usize, drawn: usize) -> f64 {
    let [all, used, drawn] = [all, used, drawn].map(|count| count as f64);
    (1.0 / used / (1.0 / drawn - 1.0 / all)).sqrt()
}

/// The points a figure is taken on: all, or so many of them.
pub(super) fn chosen(points: &Points, count: usize, seed: Seed, set: u64) -> Points {
    crate::subsample(points, count, &seed.stream(streams::COMPARE_SAMPLE), set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_vary_as_the_whole_does() {
        // Of n points halves have variance σ²/(n/2) (1 − ½) = σ²/n, that of the whole.
        assert!((scale(100, 100, 50) - 1.0).abs() < 1e-15);
        // Of very many points draws are independent: √(drawn/used).
        assert!((scale(1 << 40, 400, 100) - 0.5).abs() < 1e-9);
    }
}
