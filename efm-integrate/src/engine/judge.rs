//! A step that was tried is taken, shortened, or ends its line.

use std::sync::Arc;

use super::Engine;
use super::batch::Batch;
use super::dense::Dense;
use super::straight::go_straight;
use crate::event::{first_zero, zeros};
use crate::{Event, Stop, TraceError, Tried, Trigger, Verdict};

/// Steps below this share of the form's extent are lost in rounding.
const SMALLEST_STEP: f64 = 1e-12;
/// A trial step on which the line turns back or breaks down is repeated with this share of its length.
const RETREAT: f64 = 0.1;
/// Length of the dense output of a good step at unit speed, in lengths of the step, at most.
const LONGEST_ARC: f64 = 1.25;

impl Engine<'_> {
    /// Takes the tried step of line `i`, or shortens it.
    pub(super) fn judge(&mut self, i: usize) -> Result<(), TraceError> {
        let Self { course, batch, tableau, controller, tracer, recorder, .. } = self;
        let range = batch.range(i);
        let Batch { lines, states, trials, slopes, change, .. } = batch;
        let line = &mut lines[i];
        let h = line.t_next - line.t;
        if line.fault == Some(Stop::TurnedBack) && line.last && course.lies_flat_at(line.z, tracer.edge) {
            let slope = &slopes[0][range.clone()];
            let rest = (course.finish - line.z) / course.climb(line.t);
            change.iter_mut().zip(slope).for_each(|(change, slope)| *change = rest * slope);
            let state = &mut states[range.clone()];
            // What steps cannot resolve is left, or what the step control neglects.
            let near = rest.abs() * RETREAT < SMALLEST_STEP * course.extent();
            if near || controller.as_ref().is_none_or(|controller| controller.size(state, state, change) <= 1.0) {
                line.steps += 1;
                (line.fault, line.stop) = (None, Some(Stop::Landed));
                go_straight(course, line, course.finish, state, slope, recorder);
                return Ok(());
            }
        }
        let Some(controller) = controller else {
            match line.fault {
                Some(fault) => line.stop = Some(fault),
                None => self.accept(i),
            }
            return Ok(());
        };
        let (next, reason) = if let Some(fault) = line.fault.take() {
            (RETREAT * h.abs(), fault)
        } else {
            let (before, after) = (&states[range.clone()], &trials[range.clone()]);
            let (mut errors, mut error) = (&change[..0], f64::NAN);
            if !tableau.error.is_empty() {
                for (change, at) in change.iter_mut().zip(range) {
                    *change =
                        h * tableau.error.iter().zip(&*slopes).map(|(weight, slopes)| weight * slopes[at]).sum::<f64>();
                }
                error = controller.size(before, after, change);
                errors = change;
            }
            let (length, order, memory, again) = (h.abs(), tableau.order, line.memory, line.rejected);
            match controller.judge(&Tried { before, after, errors, error, length, order, memory, again }) {
                Verdict::Accept { next, memory } => {
                    (line.h, line.memory, line.rejected) = (usable(next)?, memory, false);
                    self.accept(i);
                    return Ok(());
                }
                Verdict::Reject { next } => (usable(next)?, Stop::StepTooSmall),
            }
        };
        line.rejections += 1;
        line.rejected = true;
        line.h = next;
        if line.h < SMALLEST_STEP * course.extent() {
            line.stop = Some(reason);
        }
        Ok(())
    }

    /// Moves line `i` to the end of its step, or to where it ends on the way, and writes down what it passed.
    fn accept(&mut self, i: usize) {
        let Self { course, batch, tableau, events, lines, recorder, .. } = self;
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
        let ending = happen(&dense, events, line.index, &mut lines.crossings, &mut self.point);
        let z = match ending {
            Some(Ending { on_plate: true, .. }) => course.finish,
            Some(Ending { theta, .. }) => dense.height(theta),
            None if line.last => course.clamp(course.finish),
            None => course.height(line.t_next, || dense.after[course.dim]),
        };
        let passed = |height: f64, found: &mut dyn FnMut(f64)| match ending {
            _ if course.in_gap() => {
                if course.passes(line.z, height, z) {
                    found(dense.fraction(height));
                }
            }
            Some(Ending { theta, on_plate: true, .. }) if height == course.finish => found(theta),
            _ => {
                let limit = ending.map_or(1.0, |ending| ending.theta);
                zeros(
                    |theta| dense.height(theta) - height,
                    Trigger::SignChange,
                    limit,
                    |theta| {
                        found(theta);
                        true
                    },
                );
            }
        };
        recorder.heights(line.index, passed, |theta, point| dense.point(theta, point));

        let Some(Ending { theta, stop, .. }) = ending else {
            return self.advance(i, z);
        };
        dense.point(theta, &mut self.point);
        self.point[course.dim] = z;
        line.t += theta * (line.t_next - line.t);
        (line.z, line.stop) = (z, Some(stop));
        recorder.step(line.index, line.steps, |to| to.copy_from_slice(&self.point));
        batch.states[range].copy_from_slice(&self.point[..batch.width]);
    }

    /// Moves line `i` to the end of its step, at height `z`, and on to the plate if that is where it ends.
    fn advance(&mut self, i: usize, z: f64) {
        let Self { course, batch, recorder, .. } = self;
        let range = batch.range(i);
        let line = &mut batch.lines[i];
        (line.t, line.z) = (line.t_next, z);
        line.has_slope = self.end_slope;
        let state = &mut batch.states[range.clone()];
        state.copy_from_slice(&batch.trials[range.clone()]);
        if let (true, [first, .., last]) = (self.end_slope, &mut batch.slopes[..]) {
            first[range.clone()].copy_from_slice(&last[range.clone()]);
        }
        recorder.step(line.index, line.steps, |point| course.put(line.t, state, z, point));
        if !line.last {
            return;
        }
        line.stop = Some(Stop::Landed);
        if z != course.finish {
            // Logit form: straight from the edge to the plate, with the slope at the edge.
            go_straight(course, line, course.finish, state, &batch.slopes[0][range], recorder);
        }
    }
}

/// A length that can be stepped.
fn usable(length: f64) -> Result<f64, TraceError> {
    if length.is_finite() && length > 0.0 { Ok(length) } else { Err(TraceError::BadStep { length }) }
}

/// Where on a step a line ends, and why.
#[derive(Debug, Clone, Copy)]
struct Ending {
    /// Fraction of the step.
    theta: f64,
    stop: Stop,
    /// Whether it is the plate the line was headed for, and not an event of the caller.
    on_plate: bool,
}

/// Counts the events on a step of line `line`, and finds the first one that ends it.
fn happen(
    dense: &Dense<'_>,
    events: &[Arc<dyn Event>],
    line: usize,
    crossings: &mut [Vec<u32>],
    point: &mut [f64],
) -> Option<Ending> {
    let mut ending = None;
    if !dense.course.in_gap() {
        let above = |theta| dense.height(theta) - dense.course.finish;
        let landing = first_zero(above, Trigger::SignChange, 1.0);
        ending = landing.map(|theta| Ending { theta, stop: Stop::Landed, on_plate: true });
    }
    let limit = |ending: Option<Ending>| ending.map_or(1.0, |ending| ending.theta);
    let mut value = |event: &dyn Event, theta: f64| {
        dense.point(theta, point);
        event.value(point)
    };
    let mut ended_by = None;
    for (index, event) in events.iter().enumerate() {
        let Some(stop) = event.stop() else { continue };
        if !dense.course.in_gap() && event.clearance(dense.before) > LONGEST_ARC * dense.h.abs() {
            continue;
        }
        if let Some(theta) = first_zero(|theta| value(&**event, theta), event.trigger(), limit(ending)) {
            ending = Some(Ending { theta, stop, on_plate: false });
            ended_by = Some(index);
        }
    }
    for (index, event) in events.iter().enumerate() {
        let mut count = |_| {
            crossings[index][line] += 1;
            true
        };
        if event.stop().is_none() {
            zeros(|theta| value(&**event, theta), event.trigger(), limit(ending), count);
        } else if ended_by == Some(index) {
            count(1.0);
        }
    }
    ending
}
