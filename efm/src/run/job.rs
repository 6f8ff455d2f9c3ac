//! All stages of a run in a folder.

use std::path::PathBuf;

use efm_core::Points;
use efm_data::{write_column, write_points};
use efm_eval::{Metrics, Seconds};
use efm_train::write_atomically;

use crate::config::RunConfig;
use crate::{
    Error, Host, NamedDevice, Partners, Prepared, Provenance, RunDir, draw, estimate, keep, measure, prepare, resume,
    start, train, trainer, transport_learned,
};

/// A run to be made: where, how far, and what to say of where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// The folder of the run.
    pub folder: PathBuf,
    /// Whether to go on from the newest checkpoint in the folder.
    pub resume: bool,
    /// Whether what is in the folder may be replaced.
    pub replace: bool,
    /// Whether to end after the training.
    pub train_only: bool,
    /// The step after which to stop with a checkpoint, as the host may ask at any time.
    pub stop_after: Option<usize>,
    /// The command that asked for the run, for the record.
    pub origin: Origin,
}

/// The commands of a run, for `provenance.json`; empty where there were none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The command as it was typed.
    pub typed: String,
    /// A command that does the same from the configuration in the folder of the run.
    pub again: String,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The folder of the run.
    pub folder: PathBuf,
    /// Wall time of this part of the training.
    pub train_seconds: f64,
    /// Points trained on per second.
    pub points_per_second: f64,
    /// Measures of the transported samples; `None` for a run that only trained.
    pub metrics: Option<Metrics>,
}

/// The data and all else that a run needs, if there is memory for it.
///
/// # Errors
/// As [`prepare`], and [`Kind::Resource`](crate::Kind::Resource).
pub fn ready(config: RunConfig, train_only: bool, host: &dyn Host) -> Result<Prepared, Error> {
    let prepared = prepare(config, host)?;
    host.check_memory(&estimate::run(&prepared, !train_only))?;
    Ok(prepared)
}

impl Job {
    /// Trains, transports fresh samples, measures and draws them, and keeps everything in the folder.
    ///
    /// # Errors
    /// Data, configuration and checkpoints are checked before anything is written. [`Error::Used`] and [`Error::Locked`] for a
    /// folder that is not free, [`Error::Stopped`] where the host asked for an end, and those of all the stages.
    pub fn run(&self, config: RunConfig, device: &NamedDevice, host: &dyn Host) -> Result<Finished, Error> {
        let prepared = ready(config, self.train_only, host)?;
        let partners = Partners::of(&prepared)?;
        let mut trainer = trainer(&prepared, device)?;
        if !self.resume {
            trainer = start(trainer, &prepared, device, host)?;
        }
        let run = RunDir::open(&self.folder)?;
        if self.resume {
            trainer = resume(trainer, &prepared, &run, device, host)?;
        } else {
            run.check_free(self.replace)?;
            run.clear()?;
        }
        write_atomically(&run.config(), prepared.config.to_toml().as_bytes())?;
        Provenance::of(&prepared.config, device.name(), &self.origin)?.write(&run)?;
        let trained = train(&prepared, trainer, &run, device, self.stop_after, host)?;
        let finished = Finished {
            folder: self.folder.clone(),
            train_seconds: trained.seconds,
            points_per_second: trained.rate,
            metrics: None,
        };
        if self.train_only {
            return Ok(finished);
        }
        let field = trained.model.field(device);
        let transported = transport_learned(&prepared, &trained.model, device, host)?;
        write_ends(&run, &transported.starts, &transported.ends)?;
        if !transported.classes.is_empty() {
            let classes: Vec<_> = transported.classes.iter().map(|&class| class as f64).collect();
            write_column(&run.file("classes.npy"), "class", &classes)?;
        }
        let metrics = measure(&prepared, &transported, device.name(), Some(trained.seconds))?;
        let seconds = Seconds { points_per_second: Some(trained.rate), ..metrics.seconds };
        let measured = |partners: &Partners| partners.measure(&run, &prepared, &trained.model, device, host);
        let pairs = partners.as_ref().map(measured).transpose()?;
        let metrics = Metrics { seconds, pairs, ..metrics };
        metrics.write(run.metrics())?;
        draw(&run, &prepared, Some(&trained), &transported, &metrics)?;
        keep(&run, &prepared, Some(&field), &transported)?;
        Ok(Finished { metrics: Some(metrics), ..finished })
    }
}

/// Writes where lines began and where they ended.
pub(crate) fn write_ends(run: &RunDir, starts: &Points, ends: &Points) -> Result<(), Error> {
    write_points(&run.file("source.npy"), starts)?;
    Ok(write_points(&run.file("transported.npy"), ends)?)
}
