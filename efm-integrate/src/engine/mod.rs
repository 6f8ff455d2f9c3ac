//! Follows lines side by side, step by step.

mod batch;
mod dense;
mod judge;
mod step;
mod straight;

use std::sync::Arc;

use efm_core::Augmented;
use efm_field::Field;

use self::batch::{At, Batch, Line};
use self::straight::go_straight;
use crate::equation::Course;
use crate::save::Recorder;
use crate::{Event, Form, Lines, Progress, Save, StepController, Stop, Tableau, TraceError, Tracer, Trigger, Watch};

/// One trace: settings with all choices made, lines on their way, results so far.
///
/// Lines advance side by side, one step per round, every stage of all of them in one evaluation of the field; each has
/// its own t and its own step.
pub(crate) struct Engine<'a> {
    tracer: &'a Tracer,
    field: &'a dyn Field,
    course: Course,
    events: Vec<Arc<dyn Event>>,
    tableau: &'a Tableau,
    /// The rule that judges steps; `None` for equal ones.
    controller: Option<Arc<dyn StepController>>,
    /// Whether the slope at the end of a step is computed with it: FSAL methods, and whenever dense output is needed.
    end_slope: bool,
    batch: Batch,
    lines: Lines,
    recorder: Recorder<'a>,
    point: Vec<f64>,
    finished: usize,
}

impl<'a> Engine<'a> {
    pub fn new(
        tracer: &'a Tracer,
        field: &'a dyn Field,
        course: Course,
        events: Vec<Arc<dyn Event>>,
        controller: Option<Arc<dyn StepController>>,
    ) -> Self {
        let tableau = tracer.tableau.tableau();
        let dense = course.form != Form::Z || !events.is_empty() || matches!(tracer.save, Save::Heights(_));
        let end_slope = tableau.fsal() || dense;
        let stages = tableau.stages() + usize::from(end_slope && !tableau.fsal());
        let lines = Lines {
            ends: Augmented::new(course.dim),
            stops: Vec::new(),
            evaluations: Vec::new(),
            steps: Vec::new(),
            rejections: Vec::new(),
            crossings: vec![Vec::new(); events.len()],
            path: None,
        };
        Self {
            batch: Batch::new(course.dim, course.width(), stages),
            recorder: Recorder::new(&tracer.save, course.dim),
            point: vec![0.0; course.dim + 1],
            finished: 0,
            tracer,
            field,
            course,
            events,
            tableau,
            controller,
            end_slope,
            lines,
        }
    }

    /// Follows all lines, at most [`Tracer::batch`] at a time.
    pub fn run(mut self, starts: &Augmented, watch: &mut Watch<'_>) -> Result<Lines, TraceError> {
        let count = starts.len();
        self.lines.ends = starts.clone();
        self.lines.stops = vec![Stop::Cancelled; count];
        for counts in [&mut self.lines.evaluations, &mut self.lines.steps, &mut self.lines.rejections] {
            *counts = vec![0; count];
        }
        for counts in &mut self.lines.crossings {
            *counts = vec![0; count];
        }
        let chunk = self.tracer.batch.unwrap_or(count).max(1);
        let mut cancelled = false;
        for first in (0..count).step_by(chunk) {
            if cancelled {
                break; // the rest is as it was set up: cancelled at the start
            }
            for index in first..count.min(first + chunk) {
                self.start(index, starts.point(index));
            }
            self.batch.fit();
            self.enter()?;
            while self.retire() {
                let progress = Progress { lines: count, finished: self.finished, evaluations: self.batch.evaluations };
                cancelled = watch(progress).is_break();
                if cancelled {
                    self.batch.lines.iter_mut().for_each(|line| line.stop = Some(Stop::Cancelled));
                } else {
                    self.round()?;
                }
            }
        }
        self.lines.path = self.recorder.into_paths(count);
        Ok(self.lines)
    }

    /// Puts a line into the batch, or ends it at once.
    fn start(&mut self, index: usize, point: &[f64]) {
        let z = point[self.course.dim];
        self.recorder.start(index, point);
        let mut stop = None;
        for (event, counts) in self.events.iter().zip(&mut self.lines.crossings) {
            if event.trigger() == Trigger::Entry && event.value(point) <= 0.0 {
                counts[index] += 1;
                stop = stop.or(event.stop());
            }
        }
        if self.course.in_gap() && z == self.course.finish {
            stop = stop.or(Some(Stop::Landed));
        }
        if let Some(stop) = stop {
            self.lines.stops[index] = stop;
            self.finished += 1;
            return;
        }
        let t = self.course.variable(self.course.clamp(z));
        let first = self.controller.as_ref().and_then(|controller| controller.first());
        let line = Line {
            index,
            t_start: t,
            t,
            t_next: t,
            z,
            h: first.unwrap_or(f64::NAN),
            last: false,
            memory: 1.0,
            rejected: false,
            has_slope: false,
            fault: None,
            stop: None,
            evaluations: 0,
            steps: 0,
            rejections: 0,
        };
        self.batch.push(line, &point[..self.course.width()]);
    }

    /// Forms with edges: straight from the plate to the edge, with the slope at the edge.
    fn enter(&mut self) -> Result<(), TraceError> {
        let Self { course, batch, field, tracer, recorder, .. } = self;
        let outside = |line: &Line| course.sign * (course.clamp(line.z) - line.z) > 0.0;
        if !course.has_edges() || !batch.lines.iter().any(outside) {
            return Ok(());
        }
        for line in &mut batch.lines {
            if outside(line) && tracer.max_evaluations == 0 {
                line.stop = Some(Stop::TooManyEvaluations);
            }
        }
        batch.evaluate(*field, course, At::States, 0, |line| (line.is_running() && outside(line)).then_some(line.t))?;
        for i in 0..batch.lines.len() {
            let range = batch.range(i);
            let line = &mut batch.lines[i];
            if !outside(line) || line.stop.is_some() {
                continue;
            }
            if line.fault.is_some() {
                line.stop = line.fault;
                continue;
            }
            let (state, slope) = (&mut batch.states[range.clone()], &batch.slopes[0][range]);
            let edge = course.clamp(line.z);
            if course.passes(line.z, course.finish, edge) {
                line.stop = Some(Stop::Landed);
                go_straight(course, line, course.finish, state, slope, recorder);
            } else {
                go_straight(course, line, edge, state, slope, recorder);
            }
        }
        Ok(())
    }

    /// Writes down the lines that have ended; whether any are left.
    fn retire(&mut self) -> bool {
        let Self { course, batch, lines, .. } = self;
        for i in 0..batch.lines.len() {
            let line = &batch.lines[i];
            let Some(stop) = line.stop else { continue };
            let end = lines.ends.point_mut(line.index);
            course.put(line.t, &batch.states[batch.range(i)], line.z, end);
            lines.stops[line.index] = stop;
            lines.evaluations[line.index] = line.evaluations;
            lines.steps[line.index] = line.steps;
            lines.rejections[line.index] = line.rejections;
            self.finished += 1;
        }
        batch.compact();
        !batch.lines.is_empty()
    }

    /// One step of every line, taken or rejected.
    fn round(&mut self) -> Result<(), TraceError> {
        self.check_budget();
        self.first_slopes()?;
        self.propose();
        self.stages()?;
        for i in 0..self.batch.lines.len() {
            if self.batch.lines[i].stop.is_none() {
                self.judge(i)?;
            }
        }
        Ok(())
    }
}
