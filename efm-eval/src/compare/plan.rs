//! A measure and the points it is taken on.

use std::sync::Arc;

use efm_core::Points;
use efm_core::streams;

use super::draws::{Draws, chosen};
use super::{Comparison, Figure};
use crate::{EvalError, Label, Measure};

pub(super) struct Plan {
    measure: Arc<dyn Measure>,
    pub(super) labels: Vec<Label>,
    /// Points of each set behind the figure.
    samples: [usize; 2],
    /// Nanoseconds of the figure, and of the draws.
    figure: f64,
    draws: f64,
}

impl Plan {
    pub(super) fn new(measure: Arc<dyn Measure>, a: &Points, b: &Points, options: &Comparison) -> Self {
        let (dim, lengths) = (a.dim(), [a.len(), b.len()]);
        let budget = measure.budget(dim);
        let asked = options.most.unwrap_or(budget.most);
        let most = if budget.firm { asked.min(budget.most) } else { asked };
        let samples = lengths.map(|length| length.min(most));
        let samples = if budget.equal { [samples[0].min(samples[1]); 2] } else { samples };
        // Each draw is measured against one of the other set and one of its own.
        let draws = Draws::sizes(&*measure, lengths, dim, options.most.unwrap_or(usize::MAX));
        let each = draws.map_or(0.0, |sizes| 2.0 * measure.work(sizes, dim));
        Self {
            labels: measure.labels(),
            samples,
            figure: measure.work(samples, dim),
            draws: options.draws.min(budget.draws) as f64 * each,
            measure,
        }
    }

    /// Nanoseconds of all.
    pub(super) fn work(&self) -> f64 {
        self.figure + self.draws
    }

    /// Nanoseconds of the figure and of a share of the draws.
    pub(super) fn done(&self, share: f64) -> f64 {
        self.figure + share * self.draws
    }

    pub(super) fn memory(&self, dim: usize) -> u64 {
        self.measure.memory(self.samples, dim)
    }

    pub(super) fn run(
        &self,
        a: &Points,
        b: &Points,
        options: &Comparison,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Figure>, EvalError> {
        let first = chosen(a, self.samples[0], options.seed, 0);
        let second = chosen(b, self.samples[1], options.seed, 1);
        let measure = self.measure.for_target(b).unwrap_or_else(|| self.measure.clone());
        let reading = measure.reading(&first, &second, &options.seed.stream(streams::COMPARE))?;
        progress(0.0);
        let count = options.draws.min(measure.budget(a.dim()).draws).max(1) as f64;
        let draws = Draws::take(&*measure, [a, b], self.samples, options, |draw| progress(draw as f64 / count))?;
        let figure = |(place, (label, &value)): (usize, (&Label, &f64))| {
            let spread = draws.as_ref().and_then(|draws| draws.statistics(place));
            let half = draws.as_ref().and_then(|draws| draws.half_interval(place));
            let (least, most) = label.range();
            Figure {
                measure: label.clone(),
                value,
                low: half.map(|half| (value - half).max(least)),
                high: half.map(|half| (value + half).min(most)),
                samples: self.samples,
                seed: options.seed.0,
                draws: spread.map(|(draws, _)| draws),
                draw_samples: draws.as_ref().map(|draws| draws.samples),
                floor: spread.map(|(_, floor)| floor),
                floor_samples: draws.as_ref().map(|draws| draws.floor_samples),
                p_value: reading.p_value,
                details: reading.details.clone(),
            }
        };
        Ok(self.labels.iter().zip(&reading.values).enumerate().map(figure).collect())
    }
}
