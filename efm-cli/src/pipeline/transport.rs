use std::collections::BTreeMap;
use std::ops::ControlFlow;

use efm_core::{Augmented, Points, Seed, Side};
use efm_field::Field;
use efm_integrate::maps::{Forward, Map, Noise};
use efm_integrate::{Heading, Lines, Save};
use efm_train::Scalers;
use efm_train::config::SolverConfig;

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

/// A field, learned or exact, with what is needed to send points in data units through it.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// The field, in scaled units.
    pub field: &'a dyn Field,
    /// From data units to scaled units.
    pub scalers: &'a Scalers,
    /// How lines are traced.
    pub solver: &'a SolverConfig,
}

/// Carries `starts` (data units) along a way; gives the ends in data units, the lines and the wall time.
pub fn carry(way: Way<'_>, starts: &Points, reverse: bool, signals: &Signals) -> Result<(Points, Lines, f64), Failure> {
    let from = if reverse { Side::Target } else { Side::Source };
    let scaled = way.scalers.plate(from).apply(starts)?;
    let map = way.map(reverse, Save::Ends);
    let mut progress = Progress::new("transport", scaled.len());
    // The map is deterministic; the stream only matters to maps that draw.
    let noise = Noise::from(Seed(0).stream("transport"));
    let lines = map.transport_with(way.field, &scaled, noise, &mut |now| {
        progress.set(now.finished, || format!("{} evaluations", now.evaluations));
        if signals.received().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let seconds = progress.finish();
    if let Some(exit) = signals.received() {
        return Err(Failure::new(exit, "stopped while transporting; nothing was written", "run the command again"));
    }
    let ends = way.scalers.plate(from.other()).undo(&lines.ends.to_points()?)?;
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

/// Transports fresh source samples of a run through `field`.
pub fn transport(prepared: &Prepared, field: &dyn Field, signals: &Signals) -> Result<Transported, Failure> {
    let config = &prepared.config;
    let way = Way { field, scalers: &prepared.scalers, solver: &config.solver };
    let count = sample_count(prepared);
    let starts = prepared.source.points(Seed(config.seed), "eval/source", 0, count);
    let (ends, lines, seconds) = carry(way, &starts, false, signals)?;
    check_losses(&lines, config.solver.lost_share)?;
    let tally = lines.tally().into_iter().map(|(reason, count)| (reason.to_owned(), count as u64)).collect();
    let drawn = some_lines(way, &starts, config.eval.lines)?;
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
fn some_lines(way: Way<'_>, starts: &Points, count: usize) -> Result<Vec<Augmented>, Failure> {
    let rows: Vec<_> = (0..count.min(starts.len())).collect();
    let scaled = way.scalers.plate(Side::Source).apply(&starts.select(&rows))?;
    let gap = way.field.gap();
    let heights = (0..=DRAWN_HEIGHTS).map(|i| gap * i as f64 / DRAWN_HEIGHTS as f64).collect();
    let map = way.map(false, Save::Heights(heights));
    let lines = map.transport(way.field, &scaled, &Seed(0).stream("transport"))?;
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

impl Way<'_> {
    /// The map of this way, which keeps what `save` says.
    pub fn map(self, reverse: bool, save: Save) -> Forward {
        let mut tracer = self.solver.tracer();
        tracer.save = save;
        if reverse {
            tracer.heading = Heading::Reverse;
        }
        let start_height = self.solver.start_height.min(0.5 * self.field.gap());
        Forward { tracer, start_height, lift: self.solver.lift, ..Forward::default() }
    }
}
