use std::collections::BTreeMap;

use efm_core::Augmented;

use crate::{Paths, Stop};

/// Traced lines, in the order of their starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// Where each line ended. Not only for lines that arrived: the others stand where they were last seen.
    pub ends: Augmented,
    /// Why each line ended.
    pub stops: Vec<Stop>,
    /// Evaluations of the field each line used, those of rejected steps included.
    pub evaluations: Vec<u32>,
    /// Accepted steps of each line.
    pub steps: Vec<u32>,
    /// Rejected steps of each line.
    pub rejections: Vec<u32>,
    /// How often each of the tracer's events happened, event after event, then line after line.
    pub crossings: Vec<Vec<u32>>,
    /// States on the way, if [`crate::Save`] asked for them.
    pub path: Option<Paths>,
}

impl Lines {
    /// Number of lines.
    pub fn len(&self) -> usize {
        self.stops.len()
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.stops.is_empty()
    }

    /// How many lines ended for this reason.
    pub fn count(&self, stop: Stop) -> usize {
        self.stops.iter().filter(|&&other| other == stop).count()
    }

    /// How many lines ended for each reason that occurred, by name; rejected lines too.
    pub fn tally(&self) -> BTreeMap<&str, usize> {
        let mut tally = BTreeMap::new();
        for stop in &self.stops {
            *tally.entry(stop.name()).or_insert(0) += 1;
        }
        tally
    }

    /// Indices of the lines that arrived.
    pub fn arrived(&self) -> impl Iterator<Item = usize> + '_ {
        self.stops.iter().enumerate().filter(|(_, stop)| stop.arrived()).map(|(line, _)| line)
    }

    /// How many lines should have arrived and did not, see [`Stop::is_lost`].
    pub fn lost(&self) -> usize {
        self.stops.iter().filter(|stop| stop.is_lost()).count()
    }

    /// Share of the lines that arrived, see [`Stop::arrived`], among those a map did not reject on arrival: 1 minus the
    /// share of lost lines. 1 if there are no such lines.
    pub fn landed_share(&self) -> f64 {
        let (arrived, lost) = (self.arrived().count(), self.lost());
        if arrived + lost == 0 { 1.0 } else { arrived as f64 / (arrived + lost) as f64 }
    }

    /// Turns the capacitor around: z becomes L − z.
    pub(crate) fn reflect(&mut self, gap: f64) {
        for points in [Some(&mut self.ends), self.path.as_mut().map(Paths::points_mut)].into_iter().flatten() {
            for index in 0..points.len() {
                points.set_z(index, gap - points.z(index));
            }
        }
    }

    /// Mean number of field evaluations per line; 0 if there are no lines.
    pub fn evaluations_mean(&self) -> f64 {
        let total: u64 = self.evaluations.iter().map(|&count| u64::from(count)).sum();
        total as f64 / self.len().max(1) as f64
    }
}
