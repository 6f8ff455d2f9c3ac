mod classes;
mod inverse;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_data::DataError;
use efm_field::Field;
use efm_integrate::maps::{Accept, FluxRule, Forward, Lift, Map, MapKind, Noise};
use efm_integrate::{Form, Heading, Lines, Save, Solver, Stop, Tracer};
use efm_train::PlateData;

use crate::config::{Charges, SolverConfig};
use crate::{Error, Host, Kind, Prepared, Scalers, TrainedModel};

pub use classes::{class_field, transport_to_classes};
pub use inverse::{lifted, round_trip, without_noise};

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
    /// Whether an end is where its start went, or just a draw.
    pub paired: bool,
    /// Some lines with points on the way.
    pub drawn: Drawn,
    /// The class that each start was sent to; empty where there are none.
    pub classes: Vec<usize>,
    /// Why each line ended, those of starts that were not kept included.
    pub stops: Vec<Stop>,
    /// Evaluations of the field that each line took.
    pub each_evaluations: Vec<u32>,
}

/// Lines to be drawn, in scaled units.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// Points (x, z) of each line, in the order they were passed.
    pub lines: Vec<Augmented>,
    /// Why each line ended.
    pub stops: Vec<Stop>,
    /// Whether z never falls along a line.
    pub forward: bool,
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
    /// By which rule; absent: forward from plate to plate, from the height of the solver.
    pub rule: Option<Rule<'a>>,
    /// What lines draw from.
    noise: Noise,
}

impl<'a> Way<'a> {
    /// Lines whose lifts and coins draw from the stream `transport` of `seed`.
    pub fn new(
        field: &'a dyn Field,
        scalers: &'a Scalers,
        solver: &'a SolverConfig,
        rule: Option<Rule<'a>>,
        seed: Seed,
    ) -> Self {
        let noise = Noise::from(seed.stream(streams::TRANSPORT));
        Self { field, scalers, solver, rule, noise }
    }

    /// The `part`-th of several groups of up to `most` lines that make one result.
    #[must_use]
    pub fn part(self, part: usize, most: usize) -> Self {
        let first = self.noise.first + (part * most) as u64;
        Self { noise: Noise { first, ..self.noise }, ..self }
    }
}

/// A map that needs more than the lines of the gap, with the data it needs.
#[derive(Clone, Copy)]
pub struct Rule<'a> {
    /// Which map.
    pub kind: MapKind,
    /// Half the thickness of the plates, in scaled units: about the distance of neighbours in the field of samples, as small as
    /// the network resolves in a learned one.
    pub height: f64,
    /// What makes the field.
    pub plates: Plates<'a>,
}

/// What makes the field of a [`Rule`].
#[derive(Clone, Copy)]
pub enum Plates<'a> {
    /// Samples: lines end on these charges.
    Samples(&'a Capacitor),
    /// Densities, known to a network; with points of both plates where the map draws from them.
    Densities(Option<&'a Capacitor>),
}

impl<'a> Rule<'a> {
    /// That of a learned field, if it is not to go forward only. `data` are points of both plates, where they are at hand.
    ///
    /// # Errors
    /// [`Error::Refused`] for a map that needs points which are not at hand.
    pub fn learned(solver: &SolverConfig, data: Option<&'a Capacitor>) -> Result<Option<Self>, Error> {
        let rule = Self { kind: solver.rule, height: 0.5 * solver.start_height, plates: Plates::Densities(data) };
        match (solver.rule, data) {
            (MapKind::Loops, _) | (MapKind::Accept, Some(_)) => Ok(Some(rule)),
            (MapKind::Accept, None) => Err(Error::config(
                "this model draws points by solver.rule = \"accept\", and its lines start on the target's data too",
                "`efm eval RUN` draws and measures again; train with the method mirror or loops to transport points",
            )),
            _ => Ok(None),
        }
    }

    fn map(self, tracer: Tracer) -> Box<dyn Map> {
        let Self { kind, height, plates } = self;
        match (plates, kind) {
            // Faces of plates of samples have the density p*C_h: that of charges under the Cauchy lift.
            (Plates::Samples(plates), _) => kind.map(tracer, height, Lift::Cauchy, plates),
            (Plates::Densities(Some(plates)), MapKind::Accept) => {
                Box::new(Accept::new(tracer, height, plates.clone()).fainter_is_none(FAINTEST))
            }
            (Plates::Densities(_), _) => {
                Box::new(FluxRule { tracer, height, faintest: FAINTEST, ..FluxRule::default() })
            }
        }
    }
}

/// The same lines in so many steps of Heun's method between heights that are close near the plates, as few as they may be
/// (Karras et al. 2022, arXiv 2206.00364, Algorithm 1); as they were for none.
pub fn few_steps(solver: &SolverConfig, steps: Option<usize>) -> SolverConfig {
    match steps {
        Some(steps) => SolverConfig { method: Solver::Heun, form: Form::Graded, steps, ..solver.clone() },
        None => solver.clone(),
    }
}

impl Way<'_> {
    /// Forward from plate to plate, keeping what `save` says; or back.
    pub fn forward(self, reverse: bool, save: Save) -> Forward {
        let heading = if reverse { Heading::Reverse } else { Heading::Forward };
        let tracer = Tracer { save, heading, batch: Some(together()), ..self.solver.tracer() };
        let start_height = self.solver.start_height.min(0.5 * self.field.gap());
        Forward { tracer, start_height, lift: self.solver.lift, ..Forward::default() }
    }

    fn map(self, save: Save) -> Box<dyn Map> {
        match self.rule {
            None => Box::new(self.forward(false, save)),
            Some(rule) => {
                let mut tracer = Tracer { save, batch: Some(together()), ..self.solver.tracer() };
                if tracer.save == Save::Steps {
                    // To be drawn: steps as short as a picture shows.
                    tracer.step = tracer.step.at_most(self.field.gap() / DRAWN_HEIGHTS as f64);
                    tracer.max_evaluations = tracer.max_evaluations.saturating_mul(10);
                }
                rule.map(tracer)
            }
        }
    }
}

/// Smallest share of the flux that a network's field is taken to end on a plate: several times what it is wrong by.
const FAINTEST: f64 = 0.01;

/// Lines that advance side by side: as many as networks take at once on every core. More would take more memory and let a signal
/// wait longer, which is heard between their steps.
pub fn together() -> usize {
    16_384 * rayon::current_num_threads()
}

/// Carries `starts` (data units) along a way; gives the ends in data units, the lines and the wall time.
pub fn carry(way: Way<'_>, starts: &Points, reverse: bool, host: &dyn Host) -> Result<(Points, Lines, f64), Error> {
    let from = if reverse { Side::Target } else { Side::Source };
    let scaled = way.scalers.plate(from).apply(starts)?;
    let map = way.map(Save::Ends);
    let started = host.seconds();
    let mut progress = host.progress("transport", scaled.len());
    // The forward map is deterministic but for its lift; the stream matters to maps that draw.
    let noise = way.noise;
    let mut watch = |now: efm_integrate::Progress| {
        progress.set(now.finished, &|| format!("{} evaluations", now.evaluations));
        if host.stop().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let lines = if reverse {
        map.transport_back_with(way.field, &scaled, noise, &mut watch)?
    } else {
        map.transport_with(way.field, &scaled, noise, &mut watch)?
    };
    drop(progress);
    let seconds = host.seconds() - started;
    if let Some(kind) = host.stop() {
        return Err(host.stopped(kind, "stopped while transporting; nothing was written", None));
    }
    let ends = way.scalers.plate(from.other()).undo(&lines.ends.to_points()?)?;
    Ok((ends, lines, seconds))
}

/// The mean ends of `count` lines from every start, each with noise of its own: the barycentre of where the flux of a start goes.
/// `first` and `lines` are what [`carry`] gave for the first line of each; gives the lines lost on the other ways, and their wall time, too.
/// Lines that did not arrive are left out where others did.
pub fn mean_ends(
    way: Way<'_>,
    starts: &Points,
    first: Points,
    lines: &Lines,
    count: usize,
    host: &dyn Host,
) -> Result<(Points, usize, f64), Error> {
    let dim = first.dim();
    let (mut sums, mut arrived) = (vec![0.0; first.as_slice().len()], vec![0.0; first.len()]);
    let mut add = |ends: &Points, lines: &Lines| {
        for line in lines.arrived() {
            arrived[line] += 1.0;
            let sum = &mut sums[line * dim..(line + 1) * dim];
            sum.iter_mut().zip(ends.point(line)).for_each(|(sum, &end)| *sum += f64::from(end));
        }
    };
    add(&first, lines);
    let (mut lost, mut seconds) = (0, 0.0);
    for part in 1..count {
        let (ends, lines, spent) = carry(way.part(part, starts.len()), starts, false, host)?;
        check_losses(&lines, way.solver.lost_share)?;
        add(&ends, &lines);
        lost += lines.lost();
        seconds += spent;
    }
    let mut means = first.as_slice().to_vec();
    for (line, count) in arrived.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        let row = line * dim..(line + 1) * dim;
        means[row.clone()].iter_mut().zip(&sums[row]).for_each(|(mean, sum)| *mean = (sum / count) as f32);
    }
    Ok((Points::from_values(dim, means)?, lost, seconds))
}

/// Too many lost lines are a failure; fewer are reported.
pub fn check_losses(lines: &Lines, allowed: f64) -> Result<(), Error> {
    let lost = 1.0 - lines.landed_share();
    if lost > allowed {
        let tally: Vec<_> = lines.tally().iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        return Err(Error::new(
            Kind::Numerical,
            format!("{:.1} % of the lines did not land: {}", 100.0 * lost, tally.join(", ")),
            "train longer, raise solver.max_evaluations, or allow more with solver.lost_share",
        ));
    }
    Ok(())
}

/// Transports fresh source samples of a run through `field`, forward.
pub fn transport(prepared: &Prepared, field: &dyn Field, host: &dyn Host) -> Result<Transported, Error> {
    let way = Way::new(field, &prepared.scalers, &prepared.config.solver, None, prepared.seed());
    send(way, fresh(prepared)?, prepared, host)
}

/// Transports fresh source samples of a run through its learned field, by the rule it was learned for; where it has classes,
/// to one after the other.
pub fn transport_learned(
    prepared: &Prepared,
    model: &TrainedModel,
    device: &Device,
    host: &dyn Host,
) -> Result<Transported, Error> {
    if !model.classes.is_empty() {
        return transport_to_classes(prepared, model, device, host);
    }
    let field = &model.field(device);
    let solver = &prepared.config.solver;
    if solver.rule != MapKind::Accept {
        let way = Way::new(field, &prepared.scalers, solver, Rule::learned(solver, None)?, prepared.seed());
        return send(way, fresh(prepared)?, prepared, host);
    }
    let stream = prepared.seed().stream(streams::ACCEPT);
    let plate = |data: &PlateData| data.charges(Charges::All, &stream, 0);
    let (source, target) = (plate(prepared.setup.source())?, plate(prepared.setup.target())?);
    let data = Capacitor::new(source, target, prepared.setup.gap())?;
    let way = Way::new(field, &prepared.scalers, solver, Rule::learned(solver, Some(&data))?, prepared.seed());
    // Half of the lines are kept.
    let count = 2 * repeats(prepared) * sample_count(prepared);
    let starts = prepared.source.points(prepared.seed(), streams::EVAL_SOURCE, 0, count)?;
    let transported = send(way, starts, prepared, host)?;
    Ok(Transported { paired: false, ..transported })
}

/// Fresh source samples of a run, in data units: as many as are measured.
///
/// # Errors
/// A source that cannot be drawn from.
pub fn fresh(prepared: &Prepared) -> Result<Points, DataError> {
    let count = repeats(prepared) * sample_count(prepared);
    prepared.source.points(prepared.seed(), streams::EVAL_SOURCE, 0, count)
}

/// Transports `starts` (data units) along a way.
pub fn send(way: Way<'_>, starts: Points, prepared: &Prepared, host: &dyn Host) -> Result<Transported, Error> {
    let config = &prepared.config;
    let (ends, lines, seconds) = carry(way, &starts, false, host)?;
    check_losses(&lines, config.solver.lost_share)?;
    let tally = lines.tally().into_iter().map(|(reason, count)| (reason.to_owned(), count as u64)).collect();
    let drawn = some_lines(way, &starts, config.eval.lines)?;
    let (landed, evaluations) = (lines.landed_share(), lines.evaluations_mean());
    let (starts, ends) = if lines.count(Stop::Rejected) > 0 {
        let kept: Vec<_> = (0..lines.len()).filter(|&line| lines.stops[line] != Stop::Rejected).collect();
        (starts.select(&kept), ends.select(&kept))
    } else {
        (starts, ends)
    };
    let Lines { stops, evaluations: each_evaluations, .. } = lines;
    let classes = Vec::new();
    Ok(Transported {
        starts,
        ends,
        tally,
        landed,
        evaluations,
        seconds,
        paired: true,
        drawn,
        stops,
        each_evaluations,
        classes,
    })
}

/// Draws of so many samples, each measured on its own: one where there are no more rows than a draw takes.
pub fn repeats(prepared: &Prepared) -> usize {
    match (prepared.source.limit(), prepared.target.limit()) {
        (None, None) => prepared.config.eval.repeats,
        _ => 1,
    }
}

/// Samples of one draw: as many as asked for, or as both held-out sets have.
pub fn sample_count(prepared: &Prepared) -> usize {
    [prepared.source.limit(), prepared.target.limit()]
        .into_iter()
        .flatten()
        .fold(prepared.config.eval.samples, usize::min)
}

/// Traces the first few lines again, keeping points on the way, for the picture.
pub fn some_lines(way: Way<'_>, starts: &Points, count: usize) -> Result<Drawn, Error> {
    let rows: Vec<_> = (0..count.min(starts.len())).collect();
    let scaled = way.scalers.plate(Side::Source).apply(&starts.select(&rows))?;
    let gap = way.field.gap();
    let save = match way.rule {
        None => Save::Heights((0..=DRAWN_HEIGHTS).map(|i| gap * i as f64 / DRAWN_HEIGHTS as f64).collect()),
        // Such lines may pass a height more than once.
        Some(_) => Save::Steps,
    };
    let lines = way.map(save).transport_with(way.field, &scaled, way.noise, &mut |_| ControlFlow::Continue(()))?;
    let Some(paths) = &lines.path else { return Ok(Drawn::default()) };
    let path = |line| {
        let mut points = Augmented::new(starts.dim());
        for (index, point) in paths.line(line).enumerate() {
            // Far loops are not seen; a point now and then tells that the line was there.
            let z = point[starts.dim()];
            if (-gap..2.0 * gap).contains(&z) || index % FAR_POINTS == 0 {
                points.push_point(point);
            }
        }
        points
    };
    let drawn = (0..paths.len()).map(path).collect();
    Ok(Drawn { lines: drawn, stops: lines.stops, forward: way.rule.is_none() })
}

/// Points per drawn line of the gap.
const DRAWN_HEIGHTS: usize = 60;

/// Of points far behind the plates one in so many is kept.
const FAR_POINTS: usize = 50;
