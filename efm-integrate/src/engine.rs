use std::sync::Arc;

use efm_core::Augmented;
use efm_field::Field;

use crate::batch::{At, Batch, Line};
use crate::dense::Dense;
use crate::event::{first_zero, zeros};
use crate::form::Course;
use crate::save::Log;
use crate::step::Controller;
use crate::tracer::{Progress, Watch};
use crate::{Event, Form, Lines, Save, StepControl, Stop, Tableau, TraceError, Tracer, Trigger};

/// Steps below this share of the form's extent are lost in rounding.
const SMALLEST_STEP: f64 = 1e-12;
/// A trial step on which the line turns back or breaks down is repeated with this share of its length.
const RETREAT: f64 = 0.1;
/// Steps that fall short of the end by no more than this share reach it.
const STRETCH: f64 = 1.0 + 1e-9;

/// One trace: settings with all choices made, lines on their way, results so far.
///
/// Lines advance side by side, one step per round, every stage of all of them in one evaluation of the field; each has
/// its own t and its own step.
pub(crate) struct Engine<'a> {
    tracer: &'a Tracer,
    field: &'a dyn Field,
    course: Course,
    events: Vec<Arc<dyn Event>>,
    tableau: &'static Tableau,
    controller: Option<Controller>,
    /// Whether the slope at the end of a step is computed with it: FSAL methods, and whenever dense output is needed.
    end_slope: bool,
    batch: Batch,
    lines: Lines,
    log: Log,
    point: Vec<f64>,
    finished: usize,
}

impl<'a> Engine<'a> {
    pub fn new(tracer: &'a Tracer, field: &'a dyn Field, course: Course, events: Vec<Arc<dyn Event>>) -> Self {
        let tableau = tracer.method.tableau();
        let controller = match tracer.step {
            StepControl::Adaptive { rtol, atol, .. } => {
                Some(Controller { rtol, atol, order: f64::from(tableau.order) })
            }
            StepControl::Fixed { .. } => None,
        };
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
            log: Log::new(course.dim),
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
            for index in first..count.min(first + chunk) {
                self.start(index, starts.point(index));
            }
            self.batch.fit();
            self.enter()?;
            while self.retire() {
                let progress = Progress { lines: count, finished: self.finished, evaluations: self.batch.evaluations };
                cancelled = cancelled || watch(progress).is_break();
                if cancelled {
                    self.batch.lines.iter_mut().for_each(|line| line.stop = Some(Stop::Cancelled));
                } else {
                    self.round()?;
                }
            }
        }
        if self.tracer.save != Save::Ends {
            self.lines.path = Some(self.log.into_paths(count));
        }
        Ok(self.lines)
    }

    /// Puts a line into the batch, or ends it at once.
    fn start(&mut self, index: usize, point: &[f64]) {
        let z = point[self.course.dim];
        match &self.tracer.save {
            Save::Ends => {}
            Save::Steps => self.log.push(index, 0, point),
            Save::Heights(heights) => {
                for mark in (0..heights.len()).filter(|&mark| heights[mark] == z) {
                    self.log.push(index, mark as u32, point);
                }
            }
        }
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
        let h = match self.tracer.step {
            StepControl::Adaptive { first, .. } => first.unwrap_or(f64::NAN),
            StepControl::Fixed { .. } => f64::NAN,
        };
        let line = Line {
            index,
            t_start: t,
            t,
            t_next: t,
            z,
            h,
            last: false,
            error: 1.0,
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

    /// Logit form: straight from the plate to the edge, with the slope at the edge.
    fn enter(&mut self) -> Result<(), TraceError> {
        let Self { course, batch, field, tracer, .. } = self;
        let outside = |line: &Line| course.sign * (course.clamp(line.z) - line.z) > 0.0;
        if course.form != Form::LogitZ || !batch.lines.iter().any(outside) {
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
            let from = line.z;
            line.z = course.clamp(from);
            let slope = &batch.slopes[0][range.clone()];
            let state = &mut batch.states[range];
            straight(course, line, (from, line.z), state, slope, &tracer.save, &mut self.log, &mut self.point);
            if tracer.save == Save::Steps {
                course.place(line.t, state, &mut self.point);
                self.point[course.dim] = line.z;
                self.log.push(line.index, 0, &self.point);
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
            course.place(line.t, &batch.states[batch.range(i)], end);
            if course.in_gap() {
                end[course.dim] = line.z;
            }
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
                self.judge(i);
            }
        }
        Ok(())
    }

    /// Ends the lines that cannot pay for another step.
    fn check_budget(&mut self) {
        let stages = self.batch.slopes.len() as u32;
        let probes = self.controller.is_some();
        for line in &mut self.batch.lines {
            let cost = stages - u32::from(line.has_slope) + u32::from(probes && line.h.is_nan());
            if cost > self.tracer.max_evaluations.saturating_sub(line.evaluations) {
                line.stop = Some(Stop::TooManyEvaluations);
            }
        }
    }

    /// Slopes at the present states, k₁, and first steps where there are none yet.
    fn first_slopes(&mut self) -> Result<(), TraceError> {
        let Self { course, batch, field, .. } = self;
        let unknown = |line: &Line| (line.is_running() && !line.has_slope).then_some(line.t);
        batch.evaluate(*field, course, At::States, 0, unknown)?;
        for line in batch.lines.iter_mut().filter(|line| line.stop.is_none()) {
            line.has_slope = true;
            line.stop = line.fault;
        }
        let Some(controller) = self.controller else { return Ok(()) };
        let new = |line: &Line| line.stop.is_none() && line.h.is_nan();
        if !batch.lines.iter().any(new) {
            return Ok(());
        }
        let extent = course.extent();
        for i in 0..batch.lines.len() {
            if new(&batch.lines[i]) {
                let range = batch.range(i);
                let guess = controller.guess(&batch.states[range.clone()], &batch.slopes[0][range], extent);
                let line = &mut batch.lines[i];
                line.t_next = line.t + course.sign * guess.min((course.last() - line.t).abs());
                batch.combine(i, &[1.0]);
            }
        }
        let probe = batch.slopes.len() - 1;
        batch.evaluate(*field, course, At::Trials, probe, |line| new(line).then_some(line.t_next))?;
        for i in 0..batch.lines.len() {
            if new(&batch.lines[i]) {
                let range = batch.range(i);
                let guess = (batch.lines[i].t_next - batch.lines[i].t).abs();
                batch.lines[i].h = match batch.lines[i].fault.take() {
                    Some(_) => guess,
                    None => controller.refine(
                        guess,
                        &batch.states[range.clone()],
                        &batch.slopes[0][range.clone()],
                        &batch.slopes[probe][range],
                        extent,
                    ),
                };
            }
        }
        Ok(())
    }

    /// The end t of each line's next step: what the control wants, within what events allow and the line has left.
    fn propose(&mut self) {
        let Self { course, batch, tracer, events, point, .. } = self;
        let t_last = course.last();
        for i in 0..batch.lines.len() {
            let range = batch.range(i);
            let line = &mut batch.lines[i];
            if line.stop.is_some() {
                continue;
            }
            let longest = match tracer.step {
                StepControl::Fixed { steps } if course.in_gap() => {
                    let taken = f64::from(line.steps + 1) / steps as f64;
                    line.last = line.steps as usize + 1 >= steps;
                    line.t_next = if line.last { t_last } else { line.t_start + (t_last - line.t_start) * taken };
                    continue;
                }
                StepControl::Fixed { steps } => course.gap / steps as f64,
                StepControl::Adaptive { max, .. } => line.h.min(max.unwrap_or(f64::INFINITY)),
            };
            course.place(line.t, &batch.states[range.clone()], point);
            let reach = events.iter().map(|event| event.reach(point)).fold(f64::INFINITY, f64::min);
            let h = if reach < f64::INFINITY {
                longest.min(reach / course.speed(line.t, &batch.slopes[0][range]))
            } else {
                longest
            };
            line.last = h * STRETCH >= (t_last - line.t).abs();
            line.t_next = if line.last { t_last } else { line.t + course.sign * h };
        }
    }

    /// k₂ … k_s and y₁, which lands in the trials.
    fn stages(&mut self) -> Result<(), TraceError> {
        let Self { course, batch, field, tableau, end_slope, .. } = self;
        for stage in 1..batch.slopes.len() {
            let beyond = stage == tableau.stages(); // the slope at y₁ of a method that is not FSAL
            let (node, row) = if beyond { (1.0, tableau.weights) } else { (tableau.nodes[stage], tableau.rows[stage]) };
            for i in 0..batch.lines.len() {
                if batch.lines[i].is_running() {
                    batch.combine(i, row);
                }
            }
            batch.evaluate(*field, course, At::Trials, stage, |line| {
                let t = if node == 1.0 { line.t_next } else { line.t + node * (line.t_next - line.t) };
                line.is_running().then_some(t)
            })?;
        }
        if !*end_slope {
            for i in 0..batch.lines.len() {
                if batch.lines[i].is_running() {
                    batch.combine(i, tableau.weights);
                    let range = batch.range(i);
                    if !batch.trials[range].iter().all(|value| value.is_finite()) {
                        batch.lines[i].fault = Some(Stop::NotFinite);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the tried step of line `i`, or shortens it.
    fn judge(&mut self, i: usize) {
        let Self { course, batch, tableau, .. } = self;
        let range = batch.range(i);
        let line = &mut batch.lines[i];
        let h = line.t_next - line.t;
        let Some(controller) = self.controller else {
            match line.fault {
                Some(fault) => line.stop = Some(fault),
                None => self.accept(i),
            }
            return;
        };
        let (factor, reason) = if let Some(fault) = line.fault.take() {
            (RETREAT, fault)
        } else {
            let slopes = &batch.slopes;
            let errors = range.clone().map(|at| {
                h * tableau.error.iter().zip(slopes).map(|(weight, slopes)| weight * slopes[at]).sum::<f64>()
            });
            let error = controller.norm(&batch.states[range.clone()], &batch.trials[range], errors);
            if error <= 1.0 {
                let error = error.max(1e-10);
                let factor = controller.grow(error, line.error);
                line.h = h.abs() * if line.rejected { factor.min(1.0) } else { factor };
                line.error = error.max(1e-4);
                line.rejected = false;
                self.accept(i);
                return;
            }
            (controller.shrink(error), Stop::StepTooSmall)
        };
        line.rejections += 1;
        line.rejected = true;
        line.h = h.abs() * factor;
        if line.h < SMALLEST_STEP * course.extent() {
            line.stop = Some(reason);
        }
    }

    /// Moves line `i` to the end of its step, or to where it ends on the way, and writes down what it passed.
    fn accept(&mut self, i: usize) {
        let Self { course, batch, tableau, events, lines, tracer, log, point, .. } = self;
        let range = batch.range(i);
        let line = &mut batch.lines[i];
        line.steps += 1;
        let dense = Dense {
            course,
            tableau,
            t: line.t,
            h: line.t_next - line.t,
            before: &batch.states[range.clone()],
            after: &batch.trials[range.clone()],
            slopes: &batch.slopes,
            offset: range.start,
        };
        let ending = happen(&dense, events, line.index, &mut lines.crossings, point);
        let limit = ending.map_or(1.0, |(theta, _)| theta);
        let z = match ending {
            Some((_, Stop::Landed)) => course.finish,
            Some((theta, _)) => dense.height(theta),
            None if line.last => course.clamp(course.finish),
            None => course.height(line.t_next, || dense.after[course.dim]),
        };
        if let Save::Heights(heights) = &tracer.save {
            for (mark, &height) in heights.iter().enumerate() {
                let mut keep = |theta: f64| {
                    dense.point(theta, point);
                    point[course.dim] = height;
                    log.push(line.index, mark as u32, point);
                    true
                };
                if course.in_gap() {
                    if passes(course, line.z, height, z) {
                        keep(dense.fraction(height));
                    }
                } else if height == z && ending.is_some_and(|(_, stop)| stop == Stop::Landed) {
                    keep(limit);
                } else {
                    zeros(|theta| dense.height(theta) - height, Trigger::SignChange, limit, keep);
                }
            }
        }

        if let Some((theta, stop)) = ending {
            dense.point(theta, point);
            point[course.dim] = z;
            let t = line.t + theta * (line.t_next - line.t);
            let width = batch.width;
            batch.states[range].copy_from_slice(&point[..width]);
            (line.t, line.z, line.stop) = (t, z, Some(stop));
        } else {
            batch.states[range.clone()].copy_from_slice(&batch.trials[range.clone()]);
            (line.t, line.z) = (line.t_next, z);
            line.has_slope = self.end_slope;
            if self.end_slope {
                let (first, rest) = batch.slopes.split_at_mut(1);
                if let Some(last) = rest.last() {
                    first[0][range.clone()].copy_from_slice(&last[range.clone()]);
                }
            }
            if line.last {
                line.stop = Some(Stop::Landed);
            }
        }
        if tracer.save == Save::Steps {
            let range = i * batch.width..(i + 1) * batch.width;
            course.place(line.t, &batch.states[range], point);
            point[course.dim] = z;
            log.push(line.index, line.steps, point);
        }
        if ending.is_none() && line.last && line.z != course.finish {
            // Logit form: straight from the edge to the plate, with the slope at the edge.
            let range = i * batch.width..(i + 1) * batch.width;
            let (slope, state) = (&batch.slopes[0][range.clone()], &mut batch.states[range]);
            let from = line.z;
            line.z = course.finish;
            straight(course, line, (from, line.z), state, slope, &tracer.save, log, point);
            if tracer.save == Save::Steps {
                course.place(line.t, state, point);
                point[course.dim] = line.z;
                log.push(line.index, line.steps, point);
            }
        }
    }
}

/// Counts the events on a step of line `line`; the fraction at which the first one ends it, and the reason.
fn happen(
    dense: &Dense<'_>,
    events: &[Arc<dyn Event>],
    line: usize,
    crossings: &mut [Vec<u32>],
    point: &mut [f64],
) -> Option<(f64, Stop)> {
    let mut ending = None;
    if !dense.course.in_gap() {
        let above = |theta| dense.height(theta) - dense.course.finish;
        ending = first_zero(above, Trigger::SignChange, 1.0).map(|theta| (theta, Stop::Landed));
    }
    let mut value = |event: &dyn Event, theta: f64| {
        dense.point(theta, point);
        event.value(point)
    };
    let mut ended_by = None;
    for (index, event) in events.iter().enumerate() {
        let Some(stop) = event.stop() else { continue };
        let limit = ending.map_or(1.0, |(theta, _)| theta);
        if let Some(theta) = first_zero(|theta| value(&**event, theta), event.trigger(), limit) {
            ending = Some((theta, stop));
            ended_by = Some(index);
        }
    }
    let limit = ending.map_or(1.0, |(theta, _)| theta);
    for (index, event) in events.iter().enumerate() {
        if event.stop().is_none() {
            zeros(
                |theta| value(&**event, theta),
                event.trigger(),
                limit,
                |_| {
                    crossings[index][line] += 1;
                    true
                },
            );
        } else if ended_by == Some(index) {
            crossings[index][line] += 1;
        }
    }
    ending
}

/// Whether a line that goes from `from` to `to` passes `height`, which may be its new end but not its old one.
fn passes(course: &Course, from: f64, height: f64, to: f64) -> bool {
    (height - from) * course.sign > 0.0 && (to - height) * course.sign >= 0.0
}

/// Moves the state of a gap form straight from one height to another along `slope`, which is per unit of t.
#[allow(clippy::too_many_arguments)]
fn straight(
    course: &Course,
    line: &Line,
    (from, to): (f64, f64),
    state: &mut [f64],
    slope: &[f64],
    save: &Save,
    log: &mut Log,
    point: &mut [f64],
) {
    let per_height = 1.0 / course.climb(line.t);
    if let Save::Heights(heights) = save {
        for (mark, &height) in heights.iter().enumerate().filter(|&(_, &height)| passes(course, from, height, to)) {
            for ((x, start), slope) in point.iter_mut().zip(&*state).zip(slope) {
                *x = start + (height - from) * slope * per_height;
            }
            point[course.dim] = height;
            log.push(line.index, mark as u32, point);
        }
    }
    for (value, slope) in state.iter_mut().zip(slope) {
        *value += (to - from) * slope * per_height;
    }
}
