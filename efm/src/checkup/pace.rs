use std::ops::ControlFlow;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;
use efm_core::Seed;
use efm_core::streams;
use efm_field::Field;
use efm_train::{Checkpoints, Trainer};
use serde::Serialize;

use crate::config::{Charges, TrainConfig};
use crate::{Error, Host, Kind, Prepared, estimate};

/// What a training would take on this machine, extrapolated from a few steps.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Pace {
    /// One optimiser step.
    pub step_seconds: f64,
    /// One pool of training targets: the exact field at all its points.
    pub pool_seconds: f64,
    /// The whole training, pools included.
    pub training_seconds: f64,
    /// Numbers in the network.
    pub parameters: usize,
    /// What the data, the pools, the network and its gradients take together, about.
    pub memory_bytes: f64,
}

/// Steps that are timed, after those that warm up.
const STEPS: usize = 12;
const WARM: usize = 4;

/// Points of the exact field that are timed.
const POINTS: usize = 512;

/// Takes a few steps and evaluates `field`, the exact field of the charges of one pool, at some points.
pub fn pace(prepared: &Prepared, field: &dyn Field, device: &Device, host: &dyn Host) -> Result<Pace, Error> {
    let config = &prepared.config.train;
    let brief = TrainConfig {
        steps: WARM + STEPS,
        pool: config.batch,
        reuse: (WARM + STEPS) as f64,
        validate_every: 0,
        checkpoint_every: 0,
        charges: Charges::Count(16),
        ..config.clone()
    };
    let seed = Seed(prepared.config.seed);
    let model = &prepared.config.model;
    let mut trainer = Trainer::builder(&brief, Arc::clone(&prepared.setup)).build_network(model, seed, device)?;
    let scratch = tempfile::tempdir().map_err(|error| {
        Error::new(Kind::Io, format!("no temporary folder: {error}"), "set TMPDIR to a folder with room")
    })?;
    let mut started = host.seconds();
    let mut step_seconds = 0.0;
    trainer.run(&Checkpoints::new(scratch.path().join("checkpoints")), &mut |report| {
        if report.step == WARM {
            started = host.seconds();
        }
        step_seconds = (host.seconds() - started) / report.step.saturating_sub(WARM).max(1) as f64;
        ControlFlow::Continue(())
    })?;
    let parameters = trainer.network().num_params();

    let points = efm_core::Augmented::lift(&representatives(prepared)?, 0.5 * field.gap());
    let started = host.seconds();
    field.evaluate(&points)?;
    let pool_seconds = (host.seconds() - started) * config.pool as f64 / points.len() as f64;
    let pools = (config.steps as f64 * config.batch as f64 / (config.pool as f64 * config.reuse)).ceil();
    let validation = if config.validate_every > 0 { pool_seconds } else { 0.0 };
    Ok(Pace {
        step_seconds,
        pool_seconds,
        training_seconds: config.steps as f64 * step_seconds + pools * pool_seconds + validation,
        parameters,
        memory_bytes: host.memory_in_use().unwrap_or(0) as f64 + estimate::run(prepared, true).bytes(),
    })
}

/// Points of the source plate.
fn representatives(prepared: &Prepared) -> Result<efm_core::Points, Error> {
    Ok(prepared.setup.source().draw(&Seed(prepared.config.seed).stream(streams::DOCTOR_PACE), 0, POINTS)?)
}
