//! One step of all lines up to the point where each is judged.

use super::Engine;
use super::batch::{At, Batch, Line};
use super::straight::go_straight;
use crate::controller::{guess, refine};
use crate::{StepControl, Stop, TraceError};

/// Steps that fall short of the end by no more than this share reach it.
const STRETCH: f64 = 1.0 + 1e-9;

impl Engine<'_> {
    /// Ends the lines that cannot pay for another step.
    pub(super) fn check_budget(&mut self) {
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
    pub(super) fn first_slopes(&mut self) -> Result<(), TraceError> {
        let Self { course, batch, field, .. } = self;
        let unknown = |line: &Line| (line.is_running() && !line.has_slope).then_some(line.t);
        batch.evaluate(*field, course, At::States, 0, unknown)?;
        for line in batch.lines.iter_mut().filter(|line| line.stop.is_none()) {
            line.has_slope = true;
            line.stop = line.fault;
        }
        self.leave();
        let Self { course, batch, field, tableau, controller, .. } = self;
        let Some(controller) = controller.as_deref() else { return Ok(()) };
        let new = |line: &Line| line.stop.is_none() && line.h.is_nan();
        if !batch.lines.iter().any(new) {
            return Ok(());
        }
        let extent = course.extent();
        for i in 0..batch.lines.len() {
            if new(&batch.lines[i]) {
                let range = batch.range(i);
                let guess = guess(controller, &batch.states[range.clone()], &batch.slopes[0][range], extent);
                let line = &mut batch.lines[i];
                line.t_next = line.t + course.sign * guess.min((course.last() - line.t).abs());
                batch.combine(i, &[1.0]);
            }
        }
        // A method of one stage has no slope to spare for a second look; its first guess stands.
        let probe = batch.slopes.len() - 1;
        if probe == 0 {
            for line in batch.lines.iter_mut().filter(|line| new(line)) {
                line.h = (line.t_next - line.t).abs();
            }
            return Ok(());
        }
        batch.evaluate(*field, course, At::Trials, probe, |line| new(line).then_some(line.t_next))?;
        for i in 0..batch.lines.len() {
            if new(&batch.lines[i]) {
                let range = batch.range(i);
                let Batch { lines, states, slopes, change, .. } = &mut *batch;
                let line = &mut lines[i];
                let guess = (line.t_next - line.t).abs();
                line.h = match line.fault.take() {
                    Some(_) => guess,
                    None => {
                        let (slope, there) = (&slopes[0][range.clone()], &slopes[probe][range.clone()]);
                        change.iter_mut().zip(there.iter().zip(slope)).for_each(|(turn, (to, from))| *turn = to - from);
                        refine(controller, (guess, tableau.order), &states[range], slope, &*change, extent)
                    }
                };
            }
        }
        Ok(())
    }

    /// Forms with edges: lines that start between the edge and their plate go there straight.
    fn leave(&mut self) {
        let Self { course, batch, recorder, .. } = self;
        for i in 0..batch.lines.len() {
            let range = batch.range(i);
            let line = &mut batch.lines[i];
            if line.stop.is_none() && line.t == course.last() {
                let (state, slope) = (&mut batch.states[range.clone()], &batch.slopes[0][range]);
                go_straight(course, line, course.finish, state, slope, recorder);
                line.stop = Some(Stop::Landed);
            }
        }
    }

    /// The end t of each line's next step: what the control wants, within what events allow and the line has left.
    pub(super) fn propose(&mut self) {
        let Self { course, batch, tracer, events, point, controller, .. } = self;
        let t_last = course.last();
        let most = controller.as_ref().and_then(|controller| controller.longest()).unwrap_or(f64::INFINITY);
        for i in 0..batch.lines.len() {
            let range = batch.range(i);
            let line = &mut batch.lines[i];
            if line.stop.is_some() {
                continue;
            }
            let longest = match &tracer.step {
                &StepControl::Fixed { steps } if course.in_gap() => {
                    let taken = f64::from(line.steps + 1) / steps as f64;
                    line.last = line.steps as usize + 1 >= steps;
                    line.t_next = if line.last { t_last } else { course.after(line.t_start, taken) };
                    continue;
                }
                &StepControl::Fixed { steps } => course.gap / steps as f64,
                StepControl::Adaptive { .. } | StepControl::Own(_) => line.h.min(most),
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
    pub(super) fn stages(&mut self) -> Result<(), TraceError> {
        let Self { course, batch, field, tableau, end_slope, .. } = self;
        for stage in 1..batch.slopes.len() {
            let beyond = stage == tableau.stages(); // the slope at y₁ of a method that is not FSAL
            let (node, row) =
                if beyond { (1.0, &tableau.weights) } else { (tableau.nodes[stage], &tableau.rows[stage]) };
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
                    batch.combine(i, &tableau.weights);
                    let range = batch.range(i);
                    if !batch.trials[range].iter().all(|value| value.is_finite()) {
                        batch.lines[i].fault = Some(Stop::NotFinite);
                    }
                }
            }
        }
        Ok(())
    }
}
