//! A tiny run in the plane, shared by the tests.
#![allow(dead_code)] // every test program uses a part

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use efm_core::Seed;
use efm_data::{DataSpec, Scaler};
use efm_field::Law;
use efm_models::{Geometry, Head, MlpConfig, NetworkConfig, TrainableNet, device};
use efm_train::config::{Charges, TrainConfig};
use efm_train::{Checkpoints, Ended, PlateData, Report, Setup, State, Tensors, Trainer};

pub const GAP: f64 = 2.0;

pub fn cpu() -> Device {
    device::parse("cpu").expect("the default build has the CPU")
}

pub fn geometry() -> Geometry {
    Geometry { dim: 2, gap: GAP, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward }
}

pub fn model(width: usize) -> NetworkConfig {
    NetworkConfig::Mlp(MlpConfig { width, depth: 1, ..MlpConfig::default() })
}

/// A toy distribution as it is.
pub fn endless(toml: &str) -> PlateData {
    let spec: DataSpec = toml::from_str(toml).expect("a toy");
    let sampler = spec.open(Path::new("")).expect("a toy");
    PlateData::Endless { scaler: Scaler::identity(sampler.dim()), sampler: sampler.into() }
}

/// N(0, I) and two moons under a law, with this geometry.
pub fn moons(law: Law, geometry: Geometry) -> Arc<Setup> {
    let (source, target) = (endless("kind = 'gaussian'"), endless("kind = 'moons'"));
    Arc::new(Setup::new(source, target, law, geometry).expect("two clouds in the plane"))
}

/// N(0, I) and two moons.
pub fn setup() -> Arc<Setup> {
    moons(Law::Mirror, geometry())
}

/// 20 steps that need more than one pool.
pub fn config() -> TrainConfig {
    TrainConfig {
        steps: 20,
        batch: 64,
        pool: 128,
        reuse: 4.0,
        charges: Charges::Count(50),
        warmup: 5,
        validate_every: 0,
        checkpoint_every: 0,
        log_every: 1,
        patience: 0,
        ..TrainConfig::default()
    }
}

/// A fresh trainer of a network eight wide.
pub fn trainer(config: &TrainConfig, setup: &Arc<Setup>) -> Trainer {
    built(config, &model(8), setup)
}

/// A fresh trainer of seed 1 on the CPU.
pub fn built(config: &TrainConfig, model: &NetworkConfig, setup: &Arc<Setup>) -> Trainer {
    Trainer::builder(config, Arc::clone(setup)).build_network(model, Seed(1), &cpu()).expect("a network")
}

/// Trains on to the end, or to a stop after `stop` steps; gives every report.
pub fn go<N: TrainableNet>(
    trainer: &mut Trainer<N>,
    checkpoints: &Checkpoints,
    stop: Option<usize>,
) -> (Ended, Vec<Report>) {
    let mut reports = Vec::new();
    let ended = trainer.run(checkpoints, &mut |report| {
        reports.push(*report);
        if stop == Some(report.step) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (ended.expect("training a tiny network"), reports)
}

/// The newest checkpoint, which has to be whole.
pub fn newest(checkpoints: &Checkpoints) -> (State, Tensors) {
    let (found, broken) = checkpoints.newest().expect("the folder can be listed");
    assert!(broken.is_empty(), "{broken:?}");
    found.expect("a checkpoint")
}

/// Trains `config` in `folder` without a stop; its last checkpoint.
pub fn train(config: &TrainConfig, folder: &Path) -> (State, Tensors) {
    let checkpoints = Checkpoints::new(folder.to_path_buf());
    go(&mut trainer(config, &setup()), &checkpoints, None);
    newest(&checkpoints)
}
