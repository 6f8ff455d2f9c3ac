use efm_core::Augmented;
use efm_field::{Field, FieldValues};

use crate::equation::Course;
use crate::{Stop, TraceError, checked};

/// A line on its way. Its state and slopes are kept in the buffers of the [`Batch`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Index of its start.
    pub index: usize,
    /// Independent variable: at the start of the line, now, and at the end of the step being tried.
    pub t_start: f64,
    pub t: f64,
    pub t_next: f64,
    /// Height now, exact where t gives it only to rounding (gap forms).
    pub z: f64,
    /// Length of the next step; NaN until there is one.
    pub h: f64,
    /// Whether the step being tried ends the line.
    pub last: bool,
    /// What the step control remembers of the last good step.
    pub memory: f64,
    /// Whether the last step was rejected.
    pub rejected: bool,
    /// Whether the slope at the present state is known.
    pub has_slope: bool,
    /// What went wrong in the step being tried.
    pub fault: Option<Stop>,
    /// Set once the line has ended.
    pub stop: Option<Stop>,
    pub evaluations: u32,
    pub steps: u32,
    pub rejections: u32,
}

impl Line {
    /// Whether the step being tried goes on.
    pub fn is_running(&self) -> bool {
        self.fault.is_none() && self.stop.is_none()
    }
}

/// Which states slopes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// The present ones.
    States,
    /// Those being tried.
    Trials,
}

/// The lines that advance together, and memory that is reused from step to step.
///
/// All buffers hold `width` numbers per line, line after line.
#[derive(Debug)]
pub(super) struct Batch {
    pub width: usize,
    pub lines: Vec<Line>,
    pub states: Vec<f64>,
    pub trials: Vec<f64>,
    /// One buffer per stage.
    pub slopes: Vec<Vec<f64>>,
    asked: Vec<(usize, f64)>,
    points: Augmented,
    values: FieldValues,
    point: Vec<f64>,
    /// Room for a change of one line's state.
    pub change: Vec<f64>,
    /// Evaluations so far, in points.
    pub evaluations: u64,
}

impl Batch {
    pub fn new(dim: usize, width: usize, stages: usize) -> Self {
        Self {
            width,
            lines: Vec::new(),
            states: Vec::new(),
            trials: Vec::new(),
            slopes: vec![Vec::new(); stages],
            asked: Vec::new(),
            points: Augmented::new(dim),
            values: FieldValues::default(),
            point: vec![0.0; dim + 1],
            change: vec![0.0; width],
            evaluations: 0,
        }
    }

    /// Adds a line with the state `state`; call [`Batch::fit`] after the last one.
    pub fn push(&mut self, line: Line, state: &[f64]) {
        self.lines.push(line);
        self.states.extend_from_slice(state);
    }

    /// Makes all buffers as long as the states.
    pub fn fit(&mut self) {
        self.trials.resize(self.states.len(), 0.0);
        for slopes in &mut self.slopes {
            slopes.resize(self.states.len(), 0.0);
        }
    }

    /// The numbers of line `i` in a buffer.
    pub fn range(&self, i: usize) -> std::ops::Range<usize> {
        i * self.width..(i + 1) * self.width
    }

    /// Evaluates the field once for all lines to which `t_of` gives a t, and writes their slopes there into the buffer
    /// `into`. Where that fails, the line has a fault.
    pub fn evaluate(
        &mut self,
        field: &dyn Field,
        course: &Course,
        at: At,
        into: usize,
        t_of: impl Fn(&Line) -> Option<f64>,
    ) -> Result<(), TraceError> {
        self.points.clear();
        self.asked.clear();
        for i in 0..self.lines.len() {
            let Some(t) = t_of(&self.lines[i]) else { continue };
            let range = self.range(i);
            let state = if at == At::States { &self.states[range] } else { &self.trials[range] };
            course.place(t, state, &mut self.point);
            if self.point.iter().all(|value| value.is_finite()) {
                self.points.push_point(&self.point);
                self.asked.push((i, t));
            } else {
                self.lines[i].fault = Some(Stop::NotFinite);
            }
        }
        if self.asked.is_empty() {
            return Ok(());
        }
        checked::evaluate(field, &self.points, &mut self.values)?;
        self.evaluations += self.asked.len() as u64;
        for (row, &(i, t)) in self.asked.iter().enumerate() {
            let range = self.range(i);
            let line = &mut self.lines[i];
            line.evaluations += 1;
            if let Err(fault) = course.slope(t, self.values.directions.point(row), &mut self.slopes[into][range]) {
                line.fault = Some(fault);
            }
        }
        Ok(())
    }

    /// Writes y + h Σ_j a_j k_j into the trial of line `i`.
    pub fn combine(&mut self, i: usize, weights: &[f64]) {
        let range = self.range(i);
        let h = self.lines[i].t_next - self.lines[i].t;
        let trial = &mut self.trials[range.clone()];
        trial.copy_from_slice(&self.states[range.clone()]);
        for (weight, slopes) in weights.iter().zip(&self.slopes).filter(|(weight, _)| **weight != 0.0) {
            let factor = h * weight;
            for (to, slope) in trial.iter_mut().zip(&slopes[range.clone()]) {
                *to += factor * slope;
            }
        }
    }

    /// Drops the lines that have ended; the others keep their order, states and first slopes.
    pub fn compact(&mut self) {
        let mut kept = 0;
        for i in 0..self.lines.len() {
            if self.lines[i].stop.is_some() {
                continue;
            }
            if kept < i {
                let range = self.range(i);
                self.lines[kept] = self.lines[i];
                self.states.copy_within(range.clone(), kept * self.width);
                self.slopes[0].copy_within(range, kept * self.width);
            }
            kept += 1;
        }
        self.lines.truncate(kept);
        self.states.truncate(kept * self.width);
        self.fit();
    }
}
