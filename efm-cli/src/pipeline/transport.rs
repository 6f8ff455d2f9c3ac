use std::collections::BTreeMap;
use std::ops::ControlFlow;

use burn::tensor::Device;
use efm_core::{Augmented, Points, Seed, Side};
use efm_integrate::maps::{Forward, Map, Noise};
use efm_integrate::{Heading, Lines, Save};
use efm_train::TrainedModel;

use crate::failure::{Exit, Failure};
use crate::pipeline::Prepared;
use crate::progress::Progress;
use crate::signals::Signals;

/// Samples that went from plate to plate.
pub struct Transported {
    /// Where lines started, in data units.
    pub starts: Points,
    /// Where they ended, in data units, in the order of the starts; lines that did not arrive included.
    pub ends: Points,
    /// Lines per stop reason.
    pub tally: BTreeMap<String, u64>,
    /// Share of the lines that landed.
    pub landed: f64,
    /// Field evaluations per line.
    pub evaluations: f64,
    /// Wall time.
    pub seconds: f64,
    /// Some lines with all their steps, in scaled units.
    pub drawn: Vec<Augmented>,
}

/// Carries `starts` (data units) through the model's field.
pub fn carry(
    model: &TrainedModel,
    starts: &Points,
    reverse: bool,
    device: &Device,
    signals: &Signals,
) -> Result<(Points, Lines, f64), Failure> {
    let from = if reverse { Side::Target } else { Side::Source };
    let scaled = model.scalers.plate(from).apply(starts)?;
    let field = model.field(device);
    let map = map(model, reverse, Save::Ends);
    let mut progress = Progress::new("transport", scaled.len());
    // The map is deterministic; the stream only matters to maps that draw.
    let noise = Noise::from(Seed(0).stream("transport"));
    let lines = map.transport_with(&field, &scaled, noise, &mut |now| {
        progress.set(now.finished, || format!("{} evaluations", now.evaluations));
        if signals.received().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let seconds = progress.finish();
    if let Some(exit) = signals.received() {
        return Err(Failure::new(exit, "stopped while transporting; nothing was written", "run the command again"));
    }
    let ends = model.scalers.plate(from.other()).undo(&lines.ends.to_points()?)?;
    Ok((ends, lines, seconds))
}

/// Too many lost lines are a failure; fewer are reported.
pub fn check_losses(lines: &Lines, allowed: f64) -> Result<(), Failure> {
    let lost = 1.0 - lines.landed_share();
    if lost > allowed {
        let tally: Vec<_> = lines.tally().iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        return Err(Failure::new(
            Exit::Numerical,
            format!("{:.1} % of the lines did not land: {}", 100.0 * lost, tally.join(", ")),
            "train longer, raise solver.max_evaluations, or allow more with solver.lost_share",
        ));
    }
    Ok(())
}

/// Transports fresh source samples of a run.
pub fn transport(
    prepared: &Prepared,
    model: &TrainedModel,
    device: &Device,
    signals: &Signals,
) -> Result<Transported, Failure> {
    let config = &prepared.config;
    let count = sample_count(prepared);
    let starts = prepared.source.points(Seed(config.seed), "eval/source", 0, count);
    let (ends, lines, seconds) = carry(model, &starts, false, device, signals)?;
    check_losses(&lines, config.solver.lost_share)?;
    let tally = lines.tally().into_iter().map(|(reason, count)| (reason.to_owned(), count as u64)).collect();
    let drawn = some_lines(model, &starts, config.eval.lines, device)?;
    Ok(Transported {
        starts,
        ends,
        tally,
        landed: lines.landed_share(),
        evaluations: lines.evaluations_mean(),
        seconds,
        drawn,
    })
}

/// As many samples as asked for, or as both held-out sets have.
fn sample_count(prepared: &Prepared) -> usize {
    [prepared.source.limit(), prepared.target.limit()]
        .into_iter()
        .flatten()
        .fold(prepared.config.eval.samples, usize::min)
}

/// Traces the first few lines again, keeping every step, for the picture.
fn some_lines(model: &TrainedModel, starts: &Points, count: usize, device: &Device) -> Result<Vec<Augmented>, Failure> {
    let rows: Vec<_> = (0..count.min(starts.len())).collect();
    let scaled = model.scalers.plate(Side::Source).apply(&starts.select(&rows))?;
    let gap = model.geometry.gap;
    let heights = (0..=DRAWN_HEIGHTS).map(|i| gap * i as f64 / DRAWN_HEIGHTS as f64).collect();
    let map = map(model, false, Save::Heights(heights));
    let lines = map.transport(&model.field(device), &scaled, &Seed(0).stream("transport"))?;
    let Some(paths) = &lines.path else { return Ok(Vec::new()) };
    let path = |line| {
        let mut points = Augmented::new(starts.dim());
        for point in paths.line(line) {
            points.push_point(point);
        }
        points
    };
    Ok((0..paths.len()).map(path).collect())
}

/// Points per drawn line.
const DRAWN_HEIGHTS: usize = 60;

fn map(model: &TrainedModel, reverse: bool, save: Save) -> Forward {
    let mut tracer = model.solver.tracer();
    tracer.save = save;
    if reverse {
        tracer.heading = Heading::Reverse;
    }
    let start_height = model.solver.start_height.min(0.5 * model.geometry.gap);
    Forward { tracer, start_height, lift: model.solver.lift, ..Forward::default() }
}
