//! Maps that need no training: samples sent through the exact field of all charges.

use std::path::PathBuf;

use efm_core::streams;
use efm_core::{Capacitor, Points, Seed, Side};
use efm_eval::Metrics;
use efm_field::{ExactField, Field};
use efm_integrate::Stop;
use efm_integrate::maps::{MapKind, spacing};
use efm_train::write_atomically;
use rand::seq::index::sample;

use crate::config::{Charges, Method, RunConfig};
use crate::run::write_ends;
use crate::{
    Drawn, Error, Estimate, Finished, Host, NamedDevice, Origin, Plates, Prepared, Provenance, Rule, RunDir,
    Transported, Way, draw, estimate, exact, fresh, keep, measure, prepare, repeats, sample_count, send, summed_on,
    transport,
};

/// A map through the exact field, by the name that it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExactMap {
    /// In the field of the map's own law.
    Along(MapKind),
    /// Forward in the field of the published code.
    Published,
    /// No field: a random charge of the target for every sample. The control.
    Random,
}

impl Default for ExactMap {
    fn default() -> Self {
        Self::Along(MapKind::Mirror)
    }
}

impl ExactMap {
    /// All of them, the default first.
    pub const ALL: [Self; 7] = [
        Self::Along(MapKind::Mirror),
        Self::Along(MapKind::Loops),
        Self::Along(MapKind::Charges),
        Self::Along(MapKind::Accept),
        Self::Along(MapKind::Forward),
        Self::Published,
        Self::Random,
    ];

    /// The name the command line and records use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Along(kind) => kind.name(),
            Self::Published => "published",
            Self::Random => "random",
        }
    }

    /// One line on what it is.
    pub fn about(self) -> &'static str {
        match self {
            Self::Along(kind) => kind.about(),
            Self::Published => {
                "the published code: forward, each plate's field normalised on its own, fixed Euler steps"
            }
            Self::Random => "no field: a random charge of the target for every sample; the control",
        }
    }

    /// The method whose defaults make the field of this map.
    pub fn method(self) -> Method {
        match self {
            Self::Along(MapKind::Mirror) => Method::Mirror,
            Self::Published => Method::Published,
            Self::Along(_) | Self::Random => Method::Forward,
        }
    }
}

/// A map to be made: which, of what, and where it is kept.
#[derive(Debug, Clone)]
pub struct MapJob {
    /// Which map.
    pub map: ExactMap,
    /// Charges of each plate.
    pub charges: Charges,
    /// Largest relative error of the field, for sums by trees; f32 sums over all charges without it.
    pub accuracy: Option<f64>,
    /// The folder of the results.
    pub folder: PathBuf,
    /// Whether what is in the folder may be replaced.
    pub replace: bool,
    /// The command that asked for the map, for the record.
    pub origin: Origin,
}

impl MapJob {
    /// Transports fresh samples through the exact field, measures and draws them, and keeps everything in the folder.
    ///
    /// # Errors
    /// [`Error::Used`] and [`Error::Locked`] for a folder that is not free, and those of the stages.
    pub fn run(&self, config: RunConfig, device: &NamedDevice, host: &dyn Host) -> Result<Finished, Error> {
        let prepared = prepare(config, host)?;
        host.check_memory(&estimate(&prepared, self.charges))?;
        let field = exact(&prepared, self.charges, self.accuracy)?;
        let run = RunDir::open(&self.folder)?;
        run.check_free(self.replace)?;
        let transported = transport_exact(self.map, &prepared, &field, device, host)?;
        // Only now is there something to put in the place of what was there.
        run.clear()?;
        write_atomically(&run.config(), prepared.config.to_toml().as_bytes())?;
        Provenance::of(&prepared.config, device.name(), &self.origin)?.write(&run)?;
        write_ends(&run, &transported.starts, &transported.ends)?;
        let metrics = measure(&prepared, &transported, device.name(), None)?;
        let metrics = Metrics { method: format!("map {}", self.map.name()), ..metrics };
        metrics.write(run.metrics())?;
        draw(&run, &prepared, None, &transported, &metrics)?;
        keep(&run, &prepared, None, &transported)?;
        Ok(Finished { folder: self.folder.clone(), train_seconds: 0.0, points_per_second: 0.0, metrics: Some(metrics) })
    }
}

/// What the charges, as kernels and trees keep them, and the lines through their field take.
fn estimate(prepared: &Prepared, charges: Charges) -> Estimate {
    let plates = [prepared.setup.source(), prepared.setup.target()];
    estimate::charges(plates, charges, "charges", "lower the number of charges").and(estimate::evaluation(prepared))
}

/// Fresh samples of a run sent through the exact `field` of charges, which `device` sums where it can.
///
/// # Errors
/// Of the field and of its lines; too many lost lines.
pub fn transport_exact(
    map: ExactMap,
    prepared: &Prepared,
    field: &ExactField,
    device: &NamedDevice,
    host: &dyn Host,
) -> Result<Transported, Error> {
    let plates = field.capacitor();
    let summed = summed_on(field, device);
    let summed: &dyn Field = summed.as_deref().unwrap_or(field);
    let rule = |kind| {
        // Nearer than the neighbours the field is that of separate atoms; a plate as thick as the gap is none.
        let spacing = Side::BOTH.map(|side| spacing(plates.plate(side))).into_iter().fold(0.0, f64::max);
        Rule { kind, height: spacing.min(0.1 * plates.gap()), plates: Plates::Samples(plates) }
    };
    let way = |kind| Way::new(summed, &prepared.scalers, &prepared.config.solver, Some(rule(kind)), prepared.seed());
    let count = repeats(prepared) * sample_count(prepared);
    match map {
        ExactMap::Along(kind @ MapKind::Charges) => {
            let starts = some_charges(prepared, plates, Side::Source, count)?;
            send(way(kind), starts, prepared, host)
        }
        ExactMap::Along(kind @ MapKind::Accept) => {
            // Half of the lines are kept.
            let starts = some_charges(prepared, plates, Side::Source, 2 * count)?;
            let transported = send(way(kind), starts, prepared, host)?;
            Ok(Transported { paired: false, ..transported })
        }
        ExactMap::Along(kind @ MapKind::Loops) => send(way(kind), fresh(prepared)?, prepared, host),
        ExactMap::Along(_) | ExactMap::Published => transport(prepared, summed, host),
        ExactMap::Random => {
            let ends = some_charges(prepared, plates, Side::Target, count)?;
            Ok(Transported {
                starts: fresh(prepared)?,
                ends,
                tally: [("landed".to_owned(), count as u64)].into(),
                landed: 1.0,
                evaluations: 0.0,
                seconds: 0.0,
                paired: true,
                drawn: Drawn::default(),
                stops: vec![Stop::Landed; count],
                each_evaluations: vec![0; count],
                classes: Vec::new(),
            })
        }
    }
}

/// Charges of a plate in data units, in random order; more than there are come again in another order.
fn some_charges(prepared: &Prepared, plates: &Capacitor, side: Side, count: usize) -> Result<Points, Error> {
    let charges = plates.plate(side);
    let stream = Seed(prepared.config.seed).stream(&streams::map_order_of(side));
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        let wanted = (count - rows.len()).min(charges.len());
        rows.extend(sample(&mut stream.at(rows.len() as u64), charges.len(), wanted));
    }
    Ok(prepared.scalers.plate(side).undo(&charges.select(&rows))?)
}
