use efm_core::Augmented;
use efm_field::Field;

use crate::save::Kept;
use crate::tracer::Route;
use crate::{Lines, Progress, Save, Stop, TraceError, Tracer, Watch};

/// Lines that are traced leg by leg, with totals over the legs.
///
/// Between legs the map moves `lines.ends` and decides; a leg begins where its lines stand.
#[derive(Debug)]
pub(crate) struct Journey {
    pub lines: Lines,
    path: Option<Kept>,
    /// Lines that will not be traced any more, for the progress.
    pub settled: usize,
    /// Whether there is one leg only, with which lines are settled.
    pub single: bool,
    cancelled: bool,
}

impl Journey {
    /// Nothing traced yet: all lines stand at `starts`, cancelled.
    pub fn new(tracer: &Tracer, starts: Augmented) -> Self {
        let count = starts.len();
        let lines = Lines {
            stops: vec![Stop::Cancelled; count],
            evaluations: vec![0; count],
            steps: vec![0; count],
            rejections: vec![0; count],
            crossings: vec![vec![0; count]; tracer.events.len()],
            path: None,
            ends: starts,
        };
        let path = (tracer.save != Save::Ends).then(|| Kept::new(lines.ends.dim()));
        Self { lines, path, settled: 0, single: false, cancelled: false }
    }

    /// Follows the lines `active` one leg further. After a cancelled leg those of all later ones are cancelled too.
    ///
    /// # Errors
    /// As [`Tracer::trace`].
    pub fn leg(
        &mut self,
        tracer: &Tracer,
        field: &dyn Field,
        route: &Route,
        active: &[usize],
        watch: &mut Watch<'_>,
    ) -> Result<(), TraceError> {
        if self.cancelled || active.is_empty() {
            active.iter().for_each(|&line| self.lines.stops[line] = Stop::Cancelled);
            return Ok(());
        }
        let spent: u64 = self.lines.evaluations.iter().map(|&count| u64::from(count)).sum();
        let (lines, settled, single) = (self.lines.len(), self.settled, self.single);
        let starts = self.standing(active);
        let cancelled = &mut self.cancelled;
        let mut watch = |leg: Progress| {
            let finished = settled + if single { leg.finished } else { 0 };
            let flow = watch(Progress { lines, finished, evaluations: spent + leg.evaluations });
            *cancelled = flow.is_break();
            flow
        };
        let leg = tracer.follow(field, &starts, route, &mut watch)?;
        for (row, &line) in active.iter().enumerate() {
            if let (Some(path), Some(kept)) = (&leg.path, &mut self.path) {
                // Steps are numbered through, heights keep their index.
                let before = if tracer.save == Save::Steps { self.lines.steps[line] } else { 0 };
                for (point, mark) in path.line(row).zip(path.marks(row)) {
                    kept.keep(line, before + mark, point);
                }
            }
            self.lines.ends.point_mut(line).copy_from_slice(leg.ends.point(row));
            self.lines.stops[line] = leg.stops[row];
            self.lines.evaluations[line] += leg.evaluations[row];
            self.lines.steps[line] += leg.steps[row];
            self.lines.rejections[line] += leg.rejections[row];
            for (total, counts) in self.lines.crossings.iter_mut().zip(&leg.crossings) {
                total[line] += counts[row];
            }
        }
        Ok(())
    }

    /// Where the lines `which` stand.
    pub fn standing(&self, which: &[usize]) -> Augmented {
        let mut points = Augmented::new(self.lines.ends.dim());
        which.iter().for_each(|&line| points.push_point(self.lines.ends.point(line)));
        points
    }

    /// Those of the lines `among` that landed.
    pub fn landed(&self, among: &[usize]) -> Vec<usize> {
        among.iter().copied().filter(|&line| self.lines.stops[line] == Stop::Landed).collect()
    }

    /// Moves lines to the height `z`.
    pub fn raise(&mut self, which: &[usize], z: f64) {
        which.iter().for_each(|&line| self.lines.ends.set_z(line, z));
    }

    /// Counts evaluations outside of legs.
    pub fn charge(&mut self, which: &[usize], evaluations: u32) {
        which.iter().for_each(|&line| self.lines.evaluations[line] += evaluations);
    }

    /// Adds a point to a path of steps.
    pub fn mark(&mut self, tracer: &Tracer, line: usize, point: &[f64]) {
        if let (Some(kept), Save::Steps) = (&mut self.path, &tracer.save) {
            kept.keep(line, self.lines.steps[line], point);
        }
    }

    /// The lines with all their legs.
    pub fn finish(mut self) -> Lines {
        self.lines.path = self.path.map(|kept| kept.into_paths(self.lines.stops.len()));
        self.lines
    }
}
