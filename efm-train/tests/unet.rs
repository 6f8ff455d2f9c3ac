//! A U-Net trains like any network: with the same bits on any number of threads, with or without a stop, and it learns.

mod common;

use std::sync::Arc;

use common::{built, config, cpu, endless, go, newest};
use efm_core::Seed;
use efm_field::Law;
use efm_models::{Geometry, Head, NetworkConfig, UNetConfig};
use efm_train::config::TrainConfig;
use efm_train::{Checkpoints, Setup, Trainer};

const DIM: usize = 16 * 16;

fn geometry() -> Geometry {
    Geometry { dim: DIM, gap: 10.0, source_spread: 1.0, target_spread: 0.5, stretched: true, head: Head::Forward }
}

fn setup() -> Arc<Setup> {
    let (source, target) = ("kind = 'gaussian'\ndim = 256", "kind = 'gaussian'\ndim = 256\nstd = 0.5");
    Arc::new(Setup::new(endless(source), endless(target), Law::Mirror, geometry()).expect("two clouds"))
}

fn model() -> NetworkConfig {
    NetworkConfig::UNet(UNetConfig {
        channels: 4,
        multipliers: vec![1, 1],
        attention: vec![8],
        image: Some([1, 16, 16]),
        ..UNetConfig::default()
    })
}

fn trainer(config: &TrainConfig, setup: &Arc<Setup>) -> Trainer {
    built(config, &model(), setup)
}

/// Three shards of images per batch.
fn few() -> TrainConfig {
    TrainConfig { steps: 6, batch: 80, pool: 160, warmup: 2, ..config() }
}

#[test]
fn threads_and_stops_change_no_bit() {
    let (config, setup, folder) = (few(), setup(), tempfile::tempdir().unwrap());
    let on = |threads: usize, name: &str, stop: Option<usize>| {
        let checkpoints = Checkpoints::new(folder.path().join(name));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| go(&mut trainer(&config, &setup), &checkpoints, stop));
        checkpoints
    };
    let one = newest(&on(1, "one", None));
    assert!(newest(&on(3, "three", None)) == one, "one and three threads differ");
    let stopped = on(2, "stopped", Some(3));
    let (state, tensors) = newest(&stopped);
    go(&mut trainer(&config, &setup).resume(state, tensors, folder.path()).unwrap(), &stopped, None);
    assert!(newest(&stopped) == one, "a stop left a trace");
}

#[test]
fn the_loss_falls() {
    let config = TrainConfig { steps: 30, batch: 16, pool: 128, reuse: 8.0, learning_rate: 1e-2, warmup: 3, ..few() };
    let (setup, folder) = (setup(), tempfile::tempdir().unwrap());
    let (_, reports) = go(&mut trainer(&config, &setup), &Checkpoints::new(folder.path().to_path_buf()), None);
    let mean = |reports: &[efm_train::Report]| reports.iter().map(|r| r.loss).sum::<f64>() / reports.len() as f64;
    let (first, last) = (mean(&reports[..3]), mean(&reports[25..]));
    // A batch of 16 images of 256 pixels knows its mean loss to a few per cent, and most of the lateral field is a multiple
    // of x, which the gate alone can learn.
    assert!(last < 0.9 * first, "{first} {last}");
}

#[test]
fn dropout_depends_on_seed_and_step_alone() {
    let config = TrainConfig { steps: 4, ..few() };
    let (setup, folder) = (setup(), tempfile::tempdir().unwrap());
    let model = |dropout: f64| match model() {
        NetworkConfig::UNet(unet) => NetworkConfig::UNet(UNetConfig { dropout, ..unet }),
        other => other,
    };
    let trainer = |dropout: f64| built(&config, &model(dropout), &setup);
    let on = |threads: usize, name: &str, stop: Option<usize>, dropout: f64| {
        let checkpoints = Checkpoints::new(folder.path().join(name));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let (_, reports) = pool.install(|| go(&mut trainer(dropout), &checkpoints, stop));
        (checkpoints, reports.iter().map(|report| report.loss).collect::<Vec<_>>())
    };
    let (whole, losses) = on(1, "whole", None, 0.4);
    let (plain, without) = on(1, "plain", None, 0.0);
    // The first step has an output of zero, whatever is left out before it.
    assert_eq!(losses[0], without[0]);
    assert_ne!(losses[2..], without[2..], "nothing was left out");
    assert!(newest(&plain) != newest(&whole));
    let (halves, _) = on(3, "halves", Some(2), 0.4);
    let (state, tensors) = newest(&halves);
    go(&mut trainer(0.4).resume(state, tensors, folder.path()).unwrap(), &halves, None);
    assert!(newest(&halves) == newest(&whole), "threads or a stop left a trace");
    let refused = Trainer::builder(&config, setup).build_network(&model(1.0), Seed(1), &cpu());
    let error = refused.err().expect("a network that leaves everything out");
    assert!(error.to_string().contains("dropout"), "{error}");
}
