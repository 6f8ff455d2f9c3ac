//! A tiny run in the plane, shared by the tests.
#![allow(dead_code)] // every test program uses a part

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Device;
use efm_core::Seed;
use efm_data::{DataSpec, Scaler};
use efm_field::Law;
use efm_models::{Geometry, Head, MlpConfig, NetworkConfig, device};
use efm_train::config::{Charges, TrainConfig};
use efm_train::{Checkpoints, Cloud, Ended, Plates, Report, State, Tensors, Trainer};

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

/// N(0, I) and two moons.
pub fn plates() -> Plates {
    let cloud = |toml: &str| {
        let spec: DataSpec = toml::from_str(toml).expect("a toy");
        Cloud::Endless { sampler: spec.open(Path::new("")).expect("a toy"), scaler: Scaler::identity(2) }
    };
    Plates {
        source: cloud("kind = 'gaussian'"),
        target: cloud("kind = 'moons'"),
        gap: GAP,
        law: Law::Mirror,
        geometry: geometry(),
        classes: Vec::new(),
        middles: Vec::new(),
    }
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
pub fn trainer<'a>(config: &'a TrainConfig, plates: &'a Plates) -> Trainer<'a> {
    Trainer::new(config, &model(8), plates, geometry(), Seed(1), &cpu(), "tiny".to_owned()).expect("a small network")
}

/// Trains on to the end, or to a stop after `stop` steps; gives every report.
pub fn go(trainer: &mut Trainer<'_>, checkpoints: &Checkpoints, stop: Option<usize>) -> (Ended, Vec<Report>) {
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
    let plates = plates();
    let checkpoints = Checkpoints::new(folder.to_path_buf());
    go(&mut trainer(config, &plates), &checkpoints, None);
    newest(&checkpoints)
}
